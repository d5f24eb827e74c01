//! Tests of the member as a whole, on a simulated chain.

mod handover;
mod keygen;
mod precommit;
mod signing;
mod sim;
mod wire;
mod worker;
pub(crate) mod world;
