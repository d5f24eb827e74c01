//! Tests, one file a behaviour. Each checks the whole state after every block.

mod absence;
mod candidates;
mod config;
mod delegations;
mod elections;
mod emission;
mod governance;
mod model;
mod rewards;
mod slashing;
mod stake;
mod state;
mod unbonding;
mod views;
