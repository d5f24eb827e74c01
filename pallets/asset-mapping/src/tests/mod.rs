//! One file a behaviour.

mod batches;
mod capacity;
mod fees;
mod governance;
mod halts;
mod limits;
mod lock_in;
mod lock_out;
mod model;
mod pay;
mod proof;
mod properties;
mod refunds;
mod replacement;
mod rotation;
mod settlement;
mod story;
mod upkeep;
mod views;
mod votes;
