//! A node that breaks the rules of HHCM and of key groups, for tests of what honest ones do about it.
//!
//! It is the Fusion node in everything but the making of packages and blocks on a local network
//! (`--chain local`, or a specification with that identifier): there it follows `conduct::Conduct`, which the
//! environment says, and signs whatever it likes. As a collator of a relay chain's parachain it knows one misdeed,
//! `break`: it offers validators blocks that break a rule (`offer`), in the place of sound ones. Production binaries
//! have no part of this: they do not depend on this crate, and the node has no option that leads here.
//!
//! ```text
//! FUSION_CONDUCT=omit            how it behaves: see conduct::Conduct
//! FUSION_CONDUCT_FILE=path       a file with the same word, read anew in every slot
//! FUSION_SIBLINGS=64             how many siblings a flood has
//! ```
//!
//! As a member of key groups it changes what it says, see `liar`.
//!
//! Each misdeed is a line in the log that begins with `act: `, then what it was, the slot, and the blocks.
#![forbid(unsafe_code)]
#![allow(
	clippy::result_large_err,
	reason = "the errors of the SDK are as large as they are, and none of them is in a hot path"
)]

mod conduct;
mod forge;
mod liar;
mod offer;
mod rogue;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use fusion_hhcm::round::SlotView;
use fusion_node::{Behaviour, Parts};
use fusion_runtime::opaque::Block;
use sp_keystore::Keystore;

use conduct::Source;
use liar::Liar;
use offer::Spoiler;
use rogue::Rogue;

fn main() -> sc_cli::Result<()> {
	let spoiler = Spoiler::new(conduct());
	let tamper = move |keystore: &dyn Keystore, view: &SlotView, block: &Block| {
		spoiler.tamper(keystore, view, block)
	};
	fusion_node::run_with(Behaviour {
		author,
		tamper: Some(Arc::new(tamper)),
		member: Some(Arc::new(member())),
	})
}

/// Who says how to behave. Ends the program if nobody does.
fn conduct() -> Source {
	Source::from_environment(|name| std::env::var(name).ok()).unwrap_or_else(end)
}

/// How to behave as a member of key groups: as one should, if nobody says anything.
fn member() -> Liar {
	Liar::from_environment(|name| std::env::var(name).ok()).unwrap_or_else(end)
}

fn end<T>(error: impl std::error::Error) -> T {
	eprintln!("{error}");
	std::process::exit(2)
}

/// Starts what makes packages and blocks in place of the honest worker.
fn author(node: Parts<'_>) {
	let Some(params) = node.worker else { return };
	let is_syncing = node.is_syncing;
	let rogue = Rogue::new(params, conduct());
	node.task_manager.spawn_essential_handle().spawn_blocking(
		"dishonest",
		Some("block-authoring"),
		rogue.run(move || is_syncing()),
	);
}
