//! Builds the wasm runtime with benchmarks and checks, if it is asked for.

#[path = "../variant.rs"]
mod variant;

fn main() {
	println!("cargo:rerun-if-env-changed=FUSION_BUILD_INSTRUMENTS");
	println!("cargo:rerun-if-changed=build.rs");
	if std::env::var("FUSION_BUILD_INSTRUMENTS").as_deref() == Ok("1") {
		variant::build("fusion_runtime_instruments", &["runtime-benchmarks", "try-runtime"]);
	}
}
