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
mod properties;
mod refunds;
mod replacement;
mod settlement;
mod story;
mod views;
mod votes;
mod witnessed;
