//! HHCM in the node: packages, authoring, mining, and the check of blocks before their import.
//!
//! The rules are in [`fusion_hhcm_primitives`], and the chain enforces them (`pallet-hhcm`). Here is what a
//! bookkeeping node does by them, and what a node checks before it spends time on a block.
//!
//! # The moving parts
//!
//! ```text
//!                     the parent's state                       transaction pool
//!                             |                                    |      |
//!   round      what the rules say about one slot                   |      |
//!                             |                                    |      |
//!   claim      what this node may do in it                         |      |
//!                   |                  |                           |      |
//!                   v                  v                           |      |
//!   packager   a group's          author   the block <-------------|------+
//!              transactions          |       |    \                |
//!                   |   ^            |       |     mining   the ticket, meanwhile
//!                   |   +------------|-------|---------------------+
//!                   v                |       v
//!   gossip     Exchange -- packages -+   guard   what is signed, on disk first
//!                 ^ |                        |
//!                 | v                        v
//!               network                   import <-- verifier <-- blocks of others
//! ```
//!
//! - [`round`], [`claim`]: from a parent's state to what this node may do. No I/O.
//! - [`packages`]: the packages that were heard of; a state machine without I/O. [`gossip`]: the network
//!   around it.
//! - [`packager`]: makes a package. [`author`]: makes a block; [`mining`]: solves its ticket meanwhile.
//!   [`grouping`]: which group a transaction is of.
//! - [`guard`], [`signing`]: nothing is signed twice, whatever happens.
//! - [`verifier`]: checks announcements, and blocks before they are executed. [`evidence`]: reports nodes that
//!   sign twice to the chain.
//! - [`heaviest`]: the best chain, where there is no relay chain to say it.
//! - [`worker`]: does all this in every slot, or on command. [`timing`]: when in a slot.
//! - [`metrics`]: what operators see.
//!
//! # Wiring
//!
//! All nodes check blocks: [`verifier::import_queue`] over a [`verifier::Verifier`]. On a network without a
//! relay chain, announcements are checked by [`verifier::Verifier::announcements`], and blocks go through
//! [`heaviest::HeaviestChain`] before the client, those of this node too. All nodes of a network pass packages
//! on: [`gossip::protocol_config`] before the network is built, then [`gossip::connect`], whose future runs as
//! a task. All report evidence: [`evidence::inbox`] for the verifier, and [`evidence::report`] as a task. A
//! bookkeeping node has a [`worker::Worker`]; a node that is alone has [`gossip::Exchange::alone`] and
//! [`worker::Worker::run_on`]. A collator of a relay chain takes [`packager::Packager`] and
//! [`author::Author`], and says itself when.
//!
//! # Log lines
//!
//! Target [`LOG_TARGET`]: `assembled block N (..) in slot S, group G rank R: ..` (info) for each block of this
//! node; `slot S: no block was made: ..` (warn); `equivocation, ..` (warn) for each offence that was seen, and
//! `.. is reported` (info) for each report that went into the pool. Details are on the debug level.
#![forbid(unsafe_code)]

use std::sync::Arc;

use fusion_hhcm_primitives::Slot;
use futures::future::BoxFuture;
use sp_core::H256;
use sp_inherents::InherentData;

pub mod author;
pub mod claim;
pub mod evidence;
mod execution;
pub mod gossip;
pub mod grouping;
pub mod guard;
pub mod heaviest;
pub mod metrics;
pub mod mining;
pub mod packager;
pub mod packages;
pub mod round;
pub mod signing;
#[cfg(test)]
mod testing;
pub mod timing;
pub mod verifier;
pub mod worker;

/// Log target of this crate.
pub const LOG_TARGET: &str = "hhcm";

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes what inherents are made from, for a parent and a slot: the time, and what the relay chain says.
/// Packages are added to it here.
pub type CreateInherents =
	Arc<dyn Fn(H256, Slot) -> BoxFuture<'static, Result<InherentData, BoxError>> + Send + Sync>;
