//! What the build scripts of the runtime's variants share.

use std::{env, path::PathBuf};

/// Builds the runtime for wasm with these features, under another name, beside the runtime's own.
pub fn build(name: &str, features: &[&str]) {
	// Without `..`: the builder looks for this path among those that cargo tells it.
	let mut runtime = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
	runtime.pop();
	// It is compiled without lints: the runtime's own crate has been looked at natively.
	env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	// The same settings as those of the runtime itself, so that both share their dependencies.
	let builder = substrate_wasm_builder::WasmBuilder::new()
		.with_project(runtime.join("Cargo.toml"))
		.expect("the runtime is in the folder above")
		.import_memory()
		.export_heap_base()
		.set_file_name(name);
	features.iter().fold(builder, |builder, feature| builder.enable_feature(*feature)).build();
}
