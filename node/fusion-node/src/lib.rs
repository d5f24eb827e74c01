//! The Fusion node.
//!
//! A library, so that tests can start a node that makes packages and blocks in a way of its own
//! ([`run_with`]). The binary `fusion-node` is [`run`], and nothing else.
//!
//! One binary for everything that a node of Fusion does: collator or full node of the parachain, member of
//! DCRM key groups, witness of other chains, Ethereum JSON-RPC (`fusion-node eth-rpc`, which a running node
//! starts by itself), and the tools of a Substrate node.
//!
//! ```text
//!  cli ──▶ command ──▶ service/mod (client, pool, import queue: the same for all)
//!                        ├── service/standalone   a node without a relay chain
//!                        │     ├── service/dev      --dev: one process, blocks sealed on demand or by a clock
//!                        │     └── service/local    --chain local: several processes
//!                        └── service/para         collator or full node of a relay chain's parachain
//!                      each with ──▶ rpc (over explaining_pool), eth_rpc (child process),
//!                                    members (DCRM, external chains)
//!               └──▶ coins (clients of a node that runs: lock-in, lock-out, how things stand)
//! ```
#![allow(unused_qualifications)]
#![allow(
	clippy::result_large_err,
	reason = "the errors of the SDK are as large as they are, and none of them is in a hot path"
)]

#[cfg(test)]
mod alerts;
mod chain_spec;
mod cli;
mod coins;
mod command;
mod dcrm_cmd;
mod eth_rpc;
mod explaining_pool;
mod feeds;
mod members;
mod mock_relay;
mod overhead;
mod refusal;
mod rpc;
mod service;
mod try_runtime;

pub use command::{run, run_with, Behaviour};
pub use service::{
	collator::Tamper,
	standalone::{IsSyncing, LocalAuthor, Parts, WorkerParams},
	FullClient, Pool,
};
