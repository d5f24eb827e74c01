//! Words of Ethereum's contract ABI (Solidity, "Contract ABI Specification").

use alloc::vec::Vec;
use sp_crypto_hashing::keccak_256;

use crate::Address;

/// 32 bytes: what every value takes, or its place or length.
pub(crate) type Word = [u8; 32];

/// An unsigned number, big endian.
pub(crate) fn number(value: impl Into<u128>) -> Word {
	let mut word = [0; 32];
	let (_, low) = word.split_at_mut(16);
	low.copy_from_slice(&value.into().to_be_bytes());
	word
}

/// An address: its bytes at the end of the word.
pub(crate) fn address(value: &Address) -> Word {
	let mut word = [0; 32];
	let (_, low) = word.split_at_mut(12);
	low.copy_from_slice(&value.0);
	word
}

/// A byte string, without its place: its length, its bytes, and zeros up to a whole word.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
	put(out, &[number(bytes.len() as u64)]);
	out.extend_from_slice(bytes);
	let padding = bytes.len().next_multiple_of(32).saturating_sub(bytes.len());
	out.resize(out.len().saturating_add(padding), 0);
}

/// Words, one after the other.
pub(crate) fn put(out: &mut Vec<u8>, words: &[Word]) {
	for word in words {
		out.extend_from_slice(word);
	}
}

/// Calldata of a function: its selector, and words.
pub(crate) fn call(signature: &str, words: &[Word]) -> Vec<u8> {
	let mut out = Vec::with_capacity(4 + 32 * words.len());
	out.extend(keccak_256(signature.as_bytes()).iter().take(4));
	put(&mut out, words);
	out
}

/// Hash of words.
pub(crate) fn hash(words: &[Word]) -> Word {
	let mut bytes = Vec::with_capacity(32 * words.len());
	put(&mut bytes, words);
	keccak_256(&bytes)
}

/// Both halves of a signature of 64 bytes.
pub(crate) fn halves(signature: &[u8; 64]) -> [Word; 2] {
	let (mut r, mut s) = ([0; 32], [0; 32]);
	let (first, second) = signature.split_at(32);
	r.copy_from_slice(first);
	s.copy_from_slice(second);
	[r, s]
}

/// The words of `bytes`, if there are exactly `N`.
pub(crate) fn words<const N: usize>(bytes: &[u8]) -> Option<[Word; N]> {
	if bytes.len() != N.checked_mul(32)? {
		return None;
	}
	let mut words = [[0; 32]; N];
	for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(32)) {
		word.copy_from_slice(chunk);
	}
	Some(words)
}

/// A number that fits 128 bits.
pub(crate) fn to_u128(word: &Word) -> Option<u128> {
	let (high, low) = word.split_at(16);
	let low: [u8; 16] = low.try_into().ok()?;
	high.iter().all(|byte| *byte == 0).then_some(u128::from_be_bytes(low))
}

/// A number that fits 64 bits.
pub(crate) fn to_u64(word: &Word) -> Option<u64> {
	to_u128(word)?.try_into().ok()
}

/// A number that fits 8 bits.
pub(crate) fn to_u8(word: &Word) -> Option<u8> {
	to_u128(word)?.try_into().ok()
}

/// A truth value.
pub(crate) fn to_bool(word: &Word) -> Option<bool> {
	match to_u128(word)? {
		0 => Some(false),
		1 => Some(true),
		_ => None,
	}
}

/// An address, with nothing before it.
pub(crate) fn to_address(word: &Word) -> Option<Address> {
	let (high, low) = word.split_at(12);
	let low = low.try_into().ok()?;
	high.iter().all(|byte| *byte == 0).then_some(Address(low))
}
