//! One file a behaviour.

mod batches;
mod capacity;
mod chain;
mod fees;
mod governance;
mod halts;
mod limits;
mod lock_in;
mod lock_out;
mod orders;
mod properties;
mod unpaid;
mod views;
mod votes;
