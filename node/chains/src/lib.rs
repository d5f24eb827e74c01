//! Connectors of Fusion's nodes to the chains whose coins are mapped. The first one is Bitcoin.
//!
//! Members of a key group watch Bitcoin through a Bitcoin Core node of their own, and tell Fusion what
//! they see there: deposits, and batches of lock-outs that are settled. Any node broadcasts batches
//! that are signed in full.
//!
//! ```text
//!                    finalized state                          blocks, hashes
//!   Fusion  ──────────────────────────►  ┌──────────┐  ◄─────────────────────  Bitcoin Core
//!  (mapping)                             │  worker  │                            (rpc)
//!   Fusion  ◄──────────────────────────  └──────────┘  ─────────────────────►  Bitcoin Core
//!                     observations         │  ▲   ▲        signed transactions
//!                       (pending)          ▼  │   │
//!                                      scanner    cursor ◄──► file
//! ```
//!
//! # Terms
//!
//! - *k confirmations*: a block has one when it is the tip, and one more for each block on top.
//! - *sighting*: an observation together with what has to be true before it is submitted.
//! - *cursor*: what is kept on disk: which blocks were looked at.
//!
//! # Modules
//!
//! - [`rpc`]: what is asked of a Bitcoin node, and a client of Bitcoin Core's JSON-RPC;
//! - [`mapping`]: what is asked of Fusion;
//! - [`scanner`]: looks for our outputs and transactions in blocks; a state machine without I/O;
//! - [`advance`]: lets the scanner ask a Bitcoin node;
//! - `audit`: whether the coins that Fusion counts on are there;
//! - [`pending`]: what was seen and Fusion has not yet heard;
//! - [`cursor`]: the file;
//! - [`worker`]: drives all of this, for ever.
//!
//! # What can go wrong, and what happens then
//!
//! | what | then |
//! |---|---|
//! | Bitcoin Core is unreachable, starting, or behind | said in the log once (and again every few minutes); everything goes on when it is back |
//! | a reorg of blocks with fewer than k confirmations | nothing: they were not looked at yet |
//! | a reorg of blocks with k confirmations or more | said in the log as an error; what was seen in those blocks is dropped if it was not yet accepted on Fusion, and the new blocks are looked at; what Fusion had accepted is looked up, and Fusion is told of coins that are gone, and when they are back |
//! | a batch is not confirmed because its fee is too low | members report the fee rate, Fusion signs another attempt at the batch, and that is broadcast; whichever attempt is mined is witnessed |
//! | the process dies at any point | it starts [`scanner::REWIND`] blocks before the first block that still matters; Fusion says what it has heard already |
//! | Bitcoin Core, or Fusion, is on another network than this node is set to | said in the log as an error; nothing is witnessed or broadcast until that is put right |
//! | this node is catching up with Fusion, or its finalized state is old | said in the log; no block of Bitcoin is looked at before it has caught up, and then all of them are, from where it was |
//! | an address or batch becomes known later than a block that pays it | the last [`scanner::REWIND`] blocks are looked at again |
//! | an observation is lost on its way to Fusion | it is submitted again until Fusion does not want it any more |
//! | Fusion does not want deposits now (lock-in is paused, or this node is no witness yet) | they are kept, across restarts too, until it does |
//! | Bitcoin Core hands out blocks that do not fit each other | they are refused, with an error in the log |
#![forbid(unsafe_code)]

pub mod advance;
mod audit;
pub mod cursor;
pub mod mapping;
pub mod pending;
pub mod rpc;
pub mod scanner;
pub mod worker;

#[cfg(test)]
mod testing;

pub use mapping::MappingChain;
pub use rpc::{Auth, BitcoinCore, BitcoinRpc};
pub use worker::{Config, Worker};

/// Where this crate's log lines say they come from.
pub(crate) const LOG_TARGET: &str = "bitcoin";
