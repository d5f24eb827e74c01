//! One file a behaviour.

mod checks;
mod failures;
mod feeds;
mod feeds_model;
mod foreign;
mod governance;
mod guaranteed;
mod logs;
mod money;
mod owners;
mod properties;
mod time;
mod views;
mod weights;
