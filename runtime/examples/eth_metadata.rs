//! Writes the runtime's metadata to the file that is given, for `node/eth-metadata`.
//!
//! ```text
//! cargo run --release --workspace --example eth_metadata -- node/eth-metadata/revive_chain.scale
//! ```

fn main() {
	let Some(path) = std::env::args().nth(1) else {
		eprintln!("usage: eth_metadata FILE");
		std::process::exit(2);
	};
	let metadata = sp_io::TestExternalities::default()
		.execute_with(|| fusion_runtime::Runtime::metadata_at_version(16));
	let Some(metadata) = metadata else {
		eprintln!("the runtime has no metadata of version 16");
		std::process::exit(1);
	};
	if let Err(error) = std::fs::write(&path, &metadata[..]) {
		eprintln!("{path} cannot be written: {error}");
		std::process::exit(1);
	}
}
