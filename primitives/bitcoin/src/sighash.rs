//! BIP-341 signature hashes for key-path spending.

use alloc::vec::Vec;
use fusion_dcrm_primitives::tagged_hash;
use sha2::{Digest, Sha256};

use crate::{
	script,
	transaction::{put_outpoint, put_output, put_script, LOCK_TIME, SEQUENCE, VERSION},
	Template,
};

/// First byte of everything that is hashed (BIP-341, "Signature validation rules").
const EPOCH: u8 = 0x00;
/// `SIGHASH_DEFAULT`: the signature commits to all inputs and outputs.
const SIGHASH_DEFAULT: u8 = 0x00;
/// Key path, no annex.
const SPEND_TYPE: u8 = 0x00;

/// What the sighashes of all inputs of a transaction commit to.
struct Common {
	version: u32,
	lock_time: u32,
	prevouts: [u8; 32],
	amounts: [u8; 32],
	scripts: [u8; 32],
	sequences: [u8; 32],
	outputs: [u8; 32],
}

impl Common {
	fn of(template: &Template) -> Self {
		let mut prevouts = Vec::new();
		let mut amounts = Vec::new();
		let mut scripts = Vec::new();
		let mut sequences = Vec::new();
		for input in &template.inputs {
			put_outpoint(&mut prevouts, &input.outpoint);
			amounts.extend_from_slice(&input.amount.to_le_bytes());
			put_script(&mut scripts, &script::p2tr(&input.output_key));
			sequences.extend_from_slice(&SEQUENCE.to_le_bytes());
		}
		let mut outputs = Vec::new();
		for output in &template.outputs {
			put_output(&mut outputs, output);
		}
		Self {
			version: VERSION,
			lock_time: LOCK_TIME,
			prevouts: Sha256::digest(prevouts).into(),
			amounts: Sha256::digest(amounts).into(),
			scripts: Sha256::digest(scripts).into(),
			sequences: Sha256::digest(sequences).into(),
			outputs: Sha256::digest(outputs).into(),
		}
	}

	/// What the key of input `index` signs.
	fn sighash(&self, index: u32) -> [u8; 32] {
		let mut message = Vec::with_capacity(175);
		message.extend_from_slice(&[EPOCH, SIGHASH_DEFAULT]);
		message.extend_from_slice(&self.version.to_le_bytes());
		message.extend_from_slice(&self.lock_time.to_le_bytes());
		message.extend_from_slice(&self.prevouts);
		message.extend_from_slice(&self.amounts);
		message.extend_from_slice(&self.scripts);
		message.extend_from_slice(&self.sequences);
		message.extend_from_slice(&self.outputs);
		message.push(SPEND_TYPE);
		message.extend_from_slice(&index.to_le_bytes());
		tagged_hash(b"TapSighash", &message)
	}
}

/// What the key of each input signs, in order.
pub(crate) fn sighashes(template: &Template) -> Vec<[u8; 32]> {
	let common = Common::of(template);
	(0u32..).zip(&template.inputs).map(|(index, _)| common.sighash(index)).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hex32(text: &str) -> [u8; 32] {
		hex::decode(text).unwrap().try_into().unwrap()
	}

	// BIP-341, wallet-test-vectors.json, keyPathSpending[0]: the input with the default sighash type.
	#[test]
	fn sighash_should_be_that_of_bip341_when_the_type_is_the_default() {
		let common = Common {
			version: 2,
			lock_time: 500_000_000,
			prevouts: hex32("e3b33bb4ef3a52ad1fffb555c0d82828eb22737036eaeb02a235d82b909c4c3f"),
			amounts: hex32("58a6964a4f5f8f0b642ded0a8a553be7622a719da71d1f5befcefcdee8e0fde6"),
			scripts: hex32("23ad0f61ad2bca5ba6a7693f50fce988e17c3780bf2b1e720cfbb38fbdd52e21"),
			sequences: hex32("18959c7221ab5ce9e26c3cd67b22c24f8baa54bac281d8e6b05e400e6c3a957e"),
			outputs: hex32("a2e6dab7c1f0dcd297c8d61647fd17d821541ea69c3cc37dcbad7f90d4eb4bc5"),
		};
		assert_eq!(
			common.sighash(4),
			hex32("4f900a0bae3f1446fd48490c2958b5a023228f01661cda3496a11da502a7f7ef")
		);
	}
}
