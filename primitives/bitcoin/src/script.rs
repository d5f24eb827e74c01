//! Kinds of `scriptPubKey`, and dust.

use alloc::vec::Vec;
use fusion_asset_mapping_primitives::{Amount, Destination};

const OP_0: u8 = 0x00;
const OP_1: u8 = 0x51;
const OP_16: u8 = 0x60;
const OP_RETURN: u8 = 0x6a;
const OP_DUP: u8 = 0x76;
const OP_EQUAL: u8 = 0x87;
const OP_EQUALVERIFY: u8 = 0x88;
const OP_HASH160: u8 = 0xa9;
const OP_CHECKSIG: u8 = 0xac;

/// Satoshi for a virtual byte: the rate at which Bitcoin Core judges what is dust
/// (`DUST_RELAY_TX_FEE`, 3,000 sat/kvB).
const DUST_RATE: u64 = 3;
/// Virtual bytes that Bitcoin Core takes for an input that spends a witness program: outpoint, length
/// of the script, a quarter of 107 bytes of witness, sequence.
const WITNESS_INPUT_SIZE: u64 = 32 + 4 + 1 + 107 / 4 + 4;
/// Bytes that Bitcoin Core takes for any other input.
const LEGACY_INPUT_SIZE: u64 = 32 + 4 + 1 + 107 + 4;

/// What has an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
	/// Pay to the hash of a public key.
	P2pkh(&'a [u8; 20]),
	/// Pay to the hash of a script.
	P2sh(&'a [u8; 20]),
	/// A witness program (BIP-141).
	Witness {
		/// From 0 to 16.
		version: u8,
		/// From 2 to 40 bytes.
		program: &'a [u8],
	},
}

/// Tells of which kind a `scriptPubKey` is. `None` for one without an address.
pub(crate) fn kind(script: &[u8]) -> Option<Kind<'_>> {
	match script {
		[OP_DUP, OP_HASH160, 20, hash @ .., OP_EQUALVERIFY, OP_CHECKSIG] => {
			hash.try_into().ok().map(Kind::P2pkh)
		},
		[OP_HASH160, 20, hash @ .., OP_EQUAL] => hash.try_into().ok().map(Kind::P2sh),
		[version, length, program @ ..]
			if usize::from(*length) == program.len() && (2..=40).contains(&program.len()) =>
		{
			let version = match *version {
				OP_0 => 0,
				opcode @ OP_1..=OP_16 => opcode.saturating_sub(OP_1).saturating_add(1),
				_ => return None,
			};
			Some(Kind::Witness { version, program })
		},
		_ => None,
	}
}

/// The `scriptPubKey` of a taproot output (BIP-341).
pub(crate) fn p2tr(output_key: &[u8; 32]) -> Destination {
	witness(1, output_key)
}

/// The `scriptPubKey` of a witness program of at most 40 bytes.
pub(crate) fn witness(version: u8, program: &[u8]) -> Destination {
	let opcode = if version == 0 { OP_0 } else { OP_1.saturating_add(version).saturating_sub(1) };
	let length = u8::try_from(program.len()).unwrap_or(u8::MAX);
	concat(&[&[opcode, length], program])
}

/// The `scriptPubKey` that pays to the hash of a public key.
pub(crate) fn p2pkh(hash: &[u8; 20]) -> Destination {
	concat(&[&[OP_DUP, OP_HASH160, 20], hash, &[OP_EQUALVERIFY, OP_CHECKSIG]])
}

/// The `scriptPubKey` that pays to the hash of a script.
pub(crate) fn p2sh(hash: &[u8; 20]) -> Destination {
	concat(&[&[OP_HASH160, 20], hash, &[OP_EQUAL]])
}

/// The smallest output of this kind that Bitcoin Core relays by default: what it costs to create and
/// spend it at 3 sat/vB (`GetDustThreshold` in its `policy.cpp`).
pub(crate) fn dust_limit(script: &[u8]) -> Amount {
	if script.first() == Some(&OP_RETURN) {
		return 0;
	}
	let input = match kind(script) {
		Some(Kind::Witness { .. }) => WITNESS_INPUT_SIZE,
		_ => LEGACY_INPUT_SIZE,
	};
	output_size(script).saturating_add(input).saturating_mul(DUST_RATE)
}

/// Serialized size of an output with this script.
pub(crate) fn output_size(script: &[u8]) -> u64 {
	let length = script.len() as u64;
	8u64.saturating_add(compact_size_len(length)).saturating_add(length)
}

/// Serialized size of a number in Bitcoin's variable-length form.
pub(crate) fn compact_size_len(value: u64) -> u64 {
	match value {
		0..=0xfc => 1,
		0xfd..=0xffff => 3,
		0x1_0000..=0xffff_ffff => 5,
		_ => 9,
	}
}

/// Joins parts of a script. None of the scripts above is longer than 42 bytes, so nothing is cut off.
fn concat(parts: &[&[u8]]) -> Destination {
	let mut script = Vec::with_capacity(42);
	parts.iter().for_each(|part| script.extend_from_slice(part));
	Destination::truncate_from(script)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn kind_should_be_found_when_a_script_is_built_here() {
		assert_eq!(kind(&p2pkh(&[7; 20])), Some(Kind::P2pkh(&[7; 20])));
		assert_eq!(kind(&p2sh(&[7; 20])), Some(Kind::P2sh(&[7; 20])));
		for version in 0..=16 {
			for length in 2..=40 {
				let program = vec![9; length];
				let script = witness(version, &program);
				assert_eq!(script.len(), length + 2);
				assert_eq!(kind(&script), Some(Kind::Witness { version, program: &program }));
			}
		}
	}

	#[test]
	fn kind_should_be_none_when_a_script_has_no_address() {
		let mut long_p2pkh = p2pkh(&[7; 20]).into_inner();
		long_p2pkh.insert(5, 0);
		let mut cut_p2sh = p2sh(&[7; 20]).into_inner();
		cut_p2sh.remove(5);
		let scripts: &[&[u8]] = &[
			&[],
			&[OP_RETURN, 2, 1, 1],
			&[OP_1],
			&[OP_1, 1, 1],
			&[OP_1, 3, 1, 1],
			&[OP_16 + 1, 2, 1, 1],
			&[0x4f, 2, 1, 1],
			&[0x50, 2, 1, 1],
			&long_p2pkh,
			&cut_p2sh,
		];
		for script in scripts {
			assert_eq!(kind(script), None, "{script:?}");
		}
	}

	#[test]
	fn dust_limit_should_be_that_of_bitcoin_core_when_the_kind_is_a_common_one() {
		assert_eq!(dust_limit(&p2pkh(&[0; 20])), 546);
		assert_eq!(dust_limit(&p2sh(&[0; 20])), 540);
		assert_eq!(dust_limit(&witness(0, &[0; 20])), 294);
		assert_eq!(dust_limit(&witness(0, &[0; 32])), 330);
		assert_eq!(dust_limit(&p2tr(&[0; 32])), 330);
		// Pay to anchor.
		assert_eq!(dust_limit(&witness(1, &[0x4e, 0x73])), 240);
		assert_eq!(dust_limit(&[OP_RETURN, 1, 1]), 0);
	}
}
