//! One file for each behaviour.

mod allowances;
mod attacks;
mod deposits;
mod lending;
mod model;
mod pledge_properties;
mod pledges;
mod state;
mod views;
