//! The Fusion node: see the library of the same name.
#![allow(
	clippy::result_large_err,
	reason = "the errors of the SDK are as large as they are, and none of them is in a hot path"
)]

fn main() -> sc_cli::Result<()> {
	fusion_node::run()
}
