//! Remembers the commit that the node is built from, for `--version`.

fn main() {
	substrate_build_script_utils::generate_cargo_keys();
}
