//! One file a behaviour.

mod batches;
mod capacity;
mod governance;
mod lock_in;
mod lock_out;
mod properties;
mod settlement;
mod story;
mod views;
mod votes;
