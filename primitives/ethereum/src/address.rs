//! Addresses, and how they are written (EIP-55).

use alloc::string::String;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use fusion_asset_mapping_primitives::Destination;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::keccak_256;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// An address: of an account with a key, or of a contract.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Address(pub [u8; 20]);

impl Address {
	/// Nobody's. As an asset it stands for native coin.
	pub const ZERO: Self = Self([0; 20]);

	/// Whether coins that are paid there can have an owner: not for the addresses up to `0xffff`, the first
	/// of which is nobody's and the others of which are kept for precompiles (EIP-1352).
	pub fn is_payable(&self) -> bool {
		self.0.iter().rev().skip(2).any(|byte| *byte != 0)
	}

	/// Reads `0x` and 40 digits. Digits of both cases must be those of EIP-55; digits of one case carry no
	/// checksum, and are taken.
	pub fn parse(text: &str) -> Option<Self> {
		let digits = text.strip_prefix("0x")?.as_bytes();
		if digits.len() != 40 {
			return None;
		}
		let mut bytes = [0u8; 20];
		for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
			let [high, low] = pair else { return None };
			*byte = value(*high)? << 4 | value(*low)?;
		}
		let address = Self(bytes);
		let has = |range: core::ops::RangeInclusive<u8>| digits.iter().any(|d| range.contains(d));
		let both = has(b'a'..=b'f') && has(b'A'..=b'F');
		(!both || address.to_checksum() == text).then_some(address)
	}

	/// As people write it: `0x` and 40 digits, with the checksum of EIP-55 in their case.
	pub fn to_checksum(&self) -> String {
		let mut plain = [0u8; 40];
		for (pair, byte) in plain.chunks_exact_mut(2).zip(self.0) {
			if let [high, low] = pair {
				(*high, *low) = (digit(byte >> 4), digit(byte & 0xf));
			}
		}
		let hash = keccak_256(&plain);
		let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
		let cased = plain.iter().zip(nibbles).map(|(digit, nibble)| {
			char::from(if nibble >= 8 { digit.to_ascii_uppercase() } else { *digit })
		});
		"0x".chars().chain(cased).collect()
	}

	/// The 20 bytes, as a destination.
	pub fn to_destination(&self) -> Destination {
		Destination::truncate_from(self.0.to_vec())
	}

	/// `None` for what does not have 20 bytes.
	pub fn from_destination(destination: &Destination) -> Option<Self> {
		destination.as_slice().try_into().ok().map(Self)
	}
}

impl fmt::Display for Address {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.to_checksum())
	}
}

impl fmt::Debug for Address {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

/// The digit of a number below 16.
fn digit(nibble: u8) -> u8 {
	DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0')
}

fn value(digit: u8) -> Option<u8> {
	// Below 16.
	char::from(digit).to_digit(16).map(|value| value as u8)
}
