//! Builds the wasm runtime that upgrades are tested with.

#[path = "../variant.rs"]
mod variant;

fn main() {
	variant::build("fusion_runtime_next", &["next-version"]);
}
