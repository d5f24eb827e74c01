//! Builds the wasm runtime with benchmarks and checks, if it is asked for.

use std::{env, path::PathBuf};

fn main() {
	println!("cargo:rerun-if-env-changed=FUSION_BUILD_INSTRUMENTS");
	println!("cargo:rerun-if-changed=build.rs");
	if env::var("FUSION_BUILD_INSTRUMENTS").as_deref() != Ok("1") {
		return;
	}
	// Without `..`: the builder looks for this path among those that cargo tells it.
	let mut runtime = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
	runtime.pop();
	// It is compiled without lints: the runtime's own crate has been looked at natively.
	env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	// The same settings as those of the runtime itself, so that both share their dependencies.
	substrate_wasm_builder::WasmBuilder::new()
		.with_project(runtime.join("Cargo.toml"))
		.expect("the runtime is in the folder above")
		.import_memory()
		.export_heap_base()
		.enable_feature("runtime-benchmarks")
		.enable_feature("try-runtime")
		.set_file_name("fusion_runtime_instruments")
		.build();
}
