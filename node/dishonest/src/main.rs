//! A collator that breaks the rules of HHCM, for tests of what honest ones do about it.
//!
//! It is the Fusion node in everything but the making of packages and blocks on a local network
//! (`--chain local`, or a specification with that identifier): there it follows `conduct::Conduct`, which the
//! environment says, and signs whatever it likes. Production binaries have no part of this: they do not depend
//! on this crate, and the node has no option that leads here.
//!
//! ```text
//! FUSION_CONDUCT=omit            how it behaves: see conduct::Conduct
//! FUSION_CONDUCT_FILE=path       a file with the same word, read anew in every slot
//! FUSION_SIBLINGS=64             how many siblings a flood has
//! ```
//!
//! Each misdeed is a line in the log that begins with `act: `, then what it was, the slot, and the blocks.
#![forbid(unsafe_code)]
#![allow(
	clippy::result_large_err,
	reason = "the errors of the SDK are as large as they are, and none of them is in a hot path"
)]

mod conduct;
mod forge;
mod rogue;
#[cfg(test)]
mod testing;

use fusion_node::Parts;

use conduct::Source;
use rogue::Rogue;

fn main() -> sc_cli::Result<()> {
	fusion_node::run_with(author)
}

/// Starts what makes packages and blocks in place of the honest worker.
fn author(node: Parts<'_>) {
	let Some(params) = node.worker else { return };
	let conduct = match Source::from_environment(|name| std::env::var(name).ok()) {
		Ok(conduct) => conduct,
		Err(error) => {
			log::error!("{error}");
			std::process::exit(2);
		},
	};
	let is_syncing = node.is_syncing;
	let rogue = Rogue::new(params, conduct);
	node.task_manager.spawn_essential_handle().spawn_blocking(
		"dishonest",
		Some("block-authoring"),
		rogue.run(move || is_syncing()),
	);
}
