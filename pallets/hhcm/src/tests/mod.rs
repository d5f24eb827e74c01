//! Tests, one file a behaviour. Blocks are really built, sealed and executed; the state is checked after
//! each.

mod claims;
mod clock;
mod driver;
mod honest;
mod limits;
mod packages;
mod proof;
mod reports;
mod seals;
mod sessions;
mod state;
mod transactions;
