//! One file a behaviour.

mod checks;
mod failures;
mod governance;
mod guaranteed;
mod logs;
mod money;
mod owners;
mod properties;
mod rent;
mod scale;
mod time;
mod views;
mod weights;
