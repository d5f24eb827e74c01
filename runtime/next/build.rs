//! Builds the wasm runtime that upgrades are tested with.

use std::{env, path::PathBuf};

fn main() {
	// Without `..`: the builder looks for this path among those that cargo tells it.
	let mut runtime = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
	runtime.pop();
	// It is compiled without lints: the runtime's own crate has been looked at natively.
	env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	// The same settings as those of the runtime itself, so that both share all dependencies.
	substrate_wasm_builder::WasmBuilder::new()
		.with_project(runtime.join("Cargo.toml"))
		.expect("the runtime is in the folder above")
		.import_memory()
		.export_heap_base()
		.enable_feature("next-version")
		.set_file_name("fusion_runtime_next")
		.build();
}
