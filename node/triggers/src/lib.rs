//! Sends the triggers of rows of the calling list that are due (whitepaper, "cryptofinancial smart contracts": the
//! bookkeeping node that finds a condition true sends the trigger transaction).
//!
//! ```text
//!  best block ──▶ rows due in the next one ──▶ is it our turn? ──▶ trial ──▶ trigger transaction ──▶ pool
//!                 (runtime API)                (turns)             (API)     (our own key)
//! ```
//!
//! - [`turns`]: which node goes first for a row, so that a trigger is sent once and not by each node.
//! - [`planner`]: what to try and to send. It knows nothing of clients and pools.
//! - [`key`]: the key that triggers are signed with. It is the node's own, and its account needs little: rows pay back
//!   what they cost.
//! - [`transaction`]: the Ethereum transaction.
//! - [`worker`]: asks the chain, and does what the planner says; [`substrate`] is the chain.
//!
//! A trigger that turns out to be late (another node was faster, the row was cancelled) costs its sender what a
//! transaction without rows costs. So every row is tried in the runtime first, as it would run in the next block.
#![forbid(unsafe_code)]

pub mod key;
pub mod planner;
pub mod substrate;
pub mod transaction;
pub mod turns;
pub mod worker;

/// Where this crate logs to.
pub(crate) const LOG_TARGET: &str = "triggers";
