//! Metadata of the Fusion runtime, for the code that `pallet-revive-eth-rpc` generates from it.
//!
//! That crate's build script asks a crate called `revive-dev-runtime` for the metadata of its runtime, and
//! nothing else. The original is a whole runtime: as a build dependency it means second copies of some two
//! hundred crates, and its metadata is that of another chain. This crate takes its place (see
//! `[patch.crates-io]` in the workspace's manifest) and answers with ours, from a file that
//! `runtime/examples/eth_metadata` writes. The file holds only what the Ethereum JSON-RPC uses, because code
//! is generated and compiled for all that is in it. A test of that example fails when the runtime has changed
//! in what is used.

/// Stands for the runtime.
#[derive(Clone, Copy, Debug)]
pub struct Runtime;

impl Runtime {
	/// The metadata, as version 16, which is the only one there is: encoded with its prefix, and no length.
	pub fn metadata_at_version(version: u32) -> Option<Vec<u8>> {
		(version == 16).then(|| include_bytes!("../revive_chain.scale").to_vec())
	}
}
