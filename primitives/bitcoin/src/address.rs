//! Addresses: bech32 and bech32m (BIP-173, BIP-350) by the `bech32` crate; base58check here, since it
//! is short and the version byte, the length and the checksum are checked in one place.

use alloc::{string::String, vec::Vec};
use bech32::{primitives::decode::SegwitHrpstring, segwit, Fe32, Hrp};
use fusion_asset_mapping_primitives::{chain::AddressError, Destination};
use sha2::{Digest, Sha256};

use crate::{
	keys,
	script::{self, Kind},
	Network,
};

/// No address is longer (BIP-173).
const MAX_TEXT: usize = 90;
/// A version byte, a hash of 20 bytes, and 4 bytes of checksum.
const BASE58_BYTES: usize = 25;
/// Digits that 25 bytes take at most: 25·log(256)/log(58), rounded up.
const BASE58_DIGITS: usize = 35;
const BASE58_ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const P2PKH_MAIN: u8 = 0x00;
const P2SH_MAIN: u8 = 0x05;
const P2PKH_TEST: u8 = 0x6f;
const P2SH_TEST: u8 = 0xc4;

impl Network {
	/// The part before the `1` of a segwit address.
	fn hrp(self) -> Hrp {
		match self {
			Network::Main => bech32::hrp::BC,
			Network::Test | Network::Signet => bech32::hrp::TB,
			Network::Regtest => bech32::hrp::BCRT,
		}
	}
}

/// Writes a destination as an address. `None` if that kind of destination has none.
pub(crate) fn format(destination: &[u8], network: Network) -> Option<String> {
	let main = network == Network::Main;
	match script::kind(destination)? {
		Kind::P2pkh(hash) => Some(to_base58check(if main { P2PKH_MAIN } else { P2PKH_TEST }, hash)),
		Kind::P2sh(hash) => Some(to_base58check(if main { P2SH_MAIN } else { P2SH_TEST }, hash)),
		Kind::Witness { version, program } => {
			segwit::encode(network.hrp(), Fe32::try_from(version).ok()?, program).ok()
		},
	}
}

/// Reads an address of the network.
///
/// Of witness programs, those of version 0 and taproot keys are taken. Programs whose spending rules
/// are not yet known could be spent by anybody, and nobody can spend from a taproot "key" that is not
/// the x-coordinate of a point: what is paid there is lost, so both are refused as unsupported.
pub(crate) fn parse(text: &str, network: Network) -> Result<Destination, AddressError> {
	if text.len() > MAX_TEXT {
		return Err(AddressError::Malformed);
	}
	match SegwitHrpstring::new(text) {
		Ok(segwit) => from_segwit(&segwit, network),
		Err(_) => from_base58check(text, network),
	}
}

fn from_segwit(
	segwit: &SegwitHrpstring<'_>,
	network: Network,
) -> Result<Destination, AddressError> {
	let hrp = segwit.hrp();
	if hrp != network.hrp() {
		let known = [bech32::hrp::BC, bech32::hrp::TB, bech32::hrp::BCRT].contains(&hrp);
		return Err(if known { AddressError::WrongNetwork } else { AddressError::Malformed });
	}
	let version = segwit.witness_version().to_u8();
	let program: Vec<u8> = segwit.byte_iter().collect();
	if is_supported(version, &program) {
		Ok(script::witness(version, &program))
	} else {
		Err(AddressError::Unsupported)
	}
}

/// Whether a witness program is one that we pay to.
fn is_supported(version: u8, program: &[u8]) -> bool {
	match (version, program) {
		(0, hash) => matches!(hash.len(), 20 | 32),
		(1, key) => key.try_into().is_ok_and(keys::is_x_coordinate),
		_ => false,
	}
}

/// Whether a destination is one whose address [`parse`] would take.
pub(crate) fn is_payable(destination: &[u8]) -> bool {
	match script::kind(destination) {
		Some(Kind::P2pkh(_) | Kind::P2sh(_)) => true,
		Some(Kind::Witness { version, program }) => is_supported(version, program),
		None => false,
	}
}

fn from_base58check(text: &str, network: Network) -> Result<Destination, AddressError> {
	let bytes = from_base58(text).ok_or(AddressError::Malformed)?;
	let (payload, checksum) = bytes.split_at(BASE58_BYTES - 4);
	if checksum_of(payload) != checksum {
		return Err(AddressError::Malformed);
	}
	let (version, hash) = payload.split_first().ok_or(AddressError::Malformed)?;
	let hash: &[u8; 20] = hash.try_into().map_err(|_| AddressError::Malformed)?;
	let (main, destination) = match *version {
		P2PKH_MAIN => (true, script::p2pkh(hash)),
		P2SH_MAIN => (true, script::p2sh(hash)),
		P2PKH_TEST => (false, script::p2pkh(hash)),
		P2SH_TEST => (false, script::p2sh(hash)),
		_ => return Err(AddressError::Malformed),
	};
	if main == (network == Network::Main) {
		Ok(destination)
	} else {
		Err(AddressError::WrongNetwork)
	}
}

/// Decodes base58 text that stands for exactly 25 bytes, in the one way to write them.
fn from_base58(text: &str) -> Option<[u8; BASE58_BYTES]> {
	if text.len() > BASE58_DIGITS {
		return None;
	}
	let mut bytes = [0u8; BASE58_BYTES];
	for character in text.bytes() {
		let digit = BASE58_ALPHABET.iter().position(|c| *c == character)?;
		let mut carry = u32::try_from(digit).ok()?;
		for byte in bytes.iter_mut().rev() {
			// At most 255·58 + 255.
			carry = u32::from(*byte).saturating_mul(58).saturating_add(carry);
			*byte = carry.to_le_bytes()[0];
			carry >>= 8;
		}
		if carry != 0 {
			return None;
		}
	}
	// Each zero byte in front is written as one `1`.
	let ones = text.bytes().take_while(|c| *c == b'1').count();
	let zeros = bytes.iter().take_while(|b| **b == 0).count();
	(ones == zeros).then_some(bytes)
}

fn to_base58check(version: u8, hash: &[u8; 20]) -> String {
	let mut bytes = Vec::with_capacity(BASE58_BYTES);
	bytes.push(version);
	bytes.extend_from_slice(hash);
	bytes.extend_from_slice(&checksum_of(&bytes));

	// Most significant digit first.
	let mut digits = [0u8; BASE58_DIGITS];
	for byte in &bytes {
		let mut carry = u32::from(*byte);
		for digit in digits.iter_mut().rev() {
			// At most 57·256 + 255.
			carry = u32::from(*digit).saturating_mul(256).saturating_add(carry);
			*digit = (carry % 58).to_le_bytes()[0];
			carry /= 58;
		}
	}
	let zeros = bytes.iter().take_while(|b| **b == 0).count();
	core::iter::repeat_n(&0, zeros)
		.chain(digits.iter().skip_while(|d| **d == 0))
		.filter_map(|d| BASE58_ALPHABET.get(usize::from(*d)))
		.map(|c| char::from(*c))
		.collect()
}

/// The first 4 bytes of the double SHA-256.
fn checksum_of(payload: &[u8]) -> [u8; 4] {
	let hash: [u8; 32] = Sha256::digest(Sha256::digest(payload)).into();
	let [a, b, c, d, ..] = hash;
	[a, b, c, d]
}
