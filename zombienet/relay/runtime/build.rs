//! Builds the wasm blob.

/// Blocks of a session, instead of ten in the test runtime and six hundred in that of the live chain. The
/// validators' groups, and with them the first place for a parachain, are there from the second session on.
#[cfg(feature = "std")]
const SESSION: &str = "20";

#[cfg(feature = "std")]
fn main() {
	// Read when the runtime is compiled.
	std::env::set_var("ROCOCO_EPOCH_DURATION", SESSION);
	// The wasm is compiled without lints.
	std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	substrate_wasm_builder::WasmBuilder::init_with_defaults().enable_feature("blob").build();
}

#[cfg(not(feature = "std"))]
fn main() {}
