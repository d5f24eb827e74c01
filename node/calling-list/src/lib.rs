//! The calling list for people: its JSON-RPC, and the command `calling-list` that shows it in a terminal.
//!
//! ```text
//!  fusion-node calling-list ──▶ JSON-RPC ──▶ rpc ──▶ runtime API CallingListApi ──▶ pallet-calling-list
//!   (cli)          explorers, wallets ──┘
//! ```
//!
//! - [`json`]: rows and all else as JSON has them. The server writes it, and the command reads it.
//! - [`rpc`]: the methods `callingList_*` of a node.
//! - [`cli`]: the command. It needs the URL of a node, and nothing else.
//!
//! Nodes that run rows are another crate, `fusion-triggers`.
#![forbid(unsafe_code)]

pub mod cli;
pub mod json;
pub mod rpc;

#[cfg(test)]
mod tests;
