//! One file for each behaviour.

mod allowances;
mod attacks;
mod deposits;
mod lending;
mod model;
mod pledges;
mod state;
