//! Writes the file of `node/eth-metadata` anew: what `pallet-revive-eth-rpc` uses of the runtime's metadata.
//!
//! ```text
//! cargo build --release --workspace --example eth_metadata
//! ~/.cache/fusion/target/release/examples/eth_metadata node/eth-metadata/revive_chain.scale
//! ```
//!
//! The whole workspace, because a build of one package alone selects other features.

mod strip;

use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};

/// What the file has to be, with the runtime as it is now: metadata of version 16, with its prefix.
fn metadata() -> Vec<u8> {
	let whole = sp_io::TestExternalities::default()
		.execute_with(|| fusion_runtime::Runtime::metadata_at_version(16))
		.expect("the runtime has metadata of version 16");
	let whole: RuntimeMetadataPrefixed =
		codec::Decode::decode(&mut &whole[..]).expect("the runtime's metadata decodes");
	let RuntimeMetadata::V16(whole) = whole.1 else {
		panic!("the runtime has answered with metadata of another version than 16")
	};
	strip::to_bytes(whole)
}

fn main() {
	let Some(path) = std::env::args().nth(1) else {
		eprintln!("usage: eth_metadata FILE");
		std::process::exit(2);
	};
	if let Err(error) = std::fs::write(&path, metadata()) {
		eprintln!("{path} cannot be written: {error}");
		std::process::exit(1);
	}
}

#[cfg(test)]
mod tests {
	/// Byte for byte: nothing is in the file but what the Ethereum JSON-RPC is made from.
	#[test]
	fn file_should_be_what_the_runtime_says() {
		let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../node/eth-metadata/revive_chain.scale");
		let file = std::fs::read(path).expect("the file is in the repository");
		assert!(
			file == super::metadata(),
			"what the Ethereum JSON-RPC uses of the runtime has changed: write {path} anew, as \
			 runtime/examples/eth_metadata/main.rs says",
		);
	}
}
