//! One file a behaviour.

mod checks;
mod failures;
mod feeds;
mod foreign;
mod governance;
mod guaranteed;
mod listing;
mod logs;
mod money;
mod owners;
mod properties;
mod time;
mod views;
mod weights;
