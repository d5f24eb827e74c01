//! Builds the wasm blob of the runtime (native builds only).

#[cfg(feature = "std")]
fn main() {
	// The wasm is compiled without lints: the same crates are looked at natively.
	std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	substrate_wasm_builder::WasmBuilder::build_using_defaults();
}

#[cfg(not(feature = "std"))]
fn main() {}
