//! What the DCRM pallet, its users in the runtime and the DCRM nodes agree on.
//!
//! *Distributed control rights management* (whitepaper, "distributed control rights management"): a
//! *key group* of nodes generates, keeps and uses a key of another chain that none of them has. This
//! crate holds the words of that conversation, not the conversation itself:
//!
//! - [`types`]: identifiers, phases and views of groups, ceremonies and signing requests;
//! - [`message`]: what members say on chain ([`message::DcrmMessage`]) and how it is signed
//!   ([`message::MemberSigned`]);
//! - [`account_key`]: keys of accounts, and what they may sign;
//! - [`derive_tweak`]: the additive derivation of one key of the group for one purpose;
//! - [`holding_hash`]: what a member's proof that it has its share is bound to;
//! - [`draw`]: members drawn by stake;
//! - [`size`]: how large a group has to be;
//! - [`traits`]: what other pallets may ask of the key groups;
//! - [`api`]: the runtime API that nodes read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod account_key;
pub mod api;
pub mod draw;
pub mod message;
pub mod size;
pub mod traits;
pub mod types;

pub use message::{DcrmMessage, MemberSigned};
pub use types::*;

use codec::Encode;
use sp_core::H256;
use sp_io::hashing::sha2_256;

/// The key type under which a node keeps the key that it speaks with as a DCRM member.
pub const KEY_TYPE: sp_core::crypto::KeyTypeId = sp_core::crypto::KeyTypeId(*b"dcrm");

/// The sr25519 key of a member. Its public half is the member's account.
pub mod app {
	use sp_application_crypto::{app_crypto, sr25519};
	app_crypto!(sr25519, super::KEY_TYPE);

	impl codec::MaxEncodedLen for Signature {
		fn max_encoded_len() -> usize {
			64
		}
	}
}

/// Identifies a member: the public key that it signs with, which is its account as well.
pub type MemberId = app::Public;
/// A member's signature.
pub type MemberSignature = app::Signature;

/// A hash tagged as BIP-340 does: `SHA256(SHA256(tag) ‖ SHA256(tag) ‖ data)`.
pub fn tagged_hash(tag: &[u8], data: &[u8]) -> [u8; 32] {
	let tag = sha2_256(tag);
	let mut input = alloc::vec::Vec::with_capacity(64 + data.len());
	input.extend_from_slice(&tag);
	input.extend_from_slice(&tag);
	input.extend_from_slice(data);
	sha2_256(&input)
}

/// The scalar δ (big endian) that turns the master key of a group into the key for `path`: the
/// child key is `Y + δ·G`.
///
/// δ is a tagged hash of the chain, the group, the algorithm, the master key and the path, so that no
/// two chains, groups or purposes share a key. It is public, and derivation is not hardened: one
/// child *secret* and δ would give the master secret, so child keys are never exported or imported.
///
/// The value is used modulo the order of the curve; the chance of a hash that has to be reduced is
/// 2⁻¹²⁷ on secp256k1.
pub fn derive_tweak(
	genesis: H256,
	group: GroupId,
	algorithm: Algorithm,
	master: &PublicKey,
	path: &KeyPath,
) -> [u8; 32] {
	tagged_hash(b"fusion/dcrm/derive/1", &(genesis, group, algorithm, master, path).encode())
}

/// A liveness challenge to one member: to show that it has its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
	/// The group.
	pub group: GroupId,
	/// The attempt that the share is of. It says which epoch's share, as no two epochs have one in common.
	pub attempt: Attempt,
	/// The number of the challenge.
	pub number: u32,
	/// What the challenge could not be foreseen by.
	pub nonce: H256,
	/// The member's index.
	pub member: MemberIndex,
}

/// The challenge (in Fiat's and Shamir's sense) of the proof that a member has its share, for its verifying share
/// and the commitment of the proof: `fusion_vss::KeyShare::prove` takes it as a hash.
///
/// It is tagged, so that a proof is never a signature, nor a signature a proof; and it is bound to the chain, the
/// group, the epoch, the question and the member, so that no proof can be shown a second time.
pub fn holding_hash(
	genesis: H256,
	challenge: &Challenge,
	verifying_share: &PublicKey,
	commitment: &PublicKey,
) -> [u8; 32] {
	let Challenge { group, attempt, number, nonce, member } = challenge;
	let subject = (genesis, group, attempt, number, nonce, member);
	tagged_hash(b"fusion/dcrm/holds/1", &(subject, verifying_share, commitment).encode())
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Computed apart from this code: the verifying share is 55·G, the commitment 7·G.
	#[test]
	fn holding_hash_should_stay_what_it_is() {
		let nonce = H256::repeat_byte(8);
		let challenge = Challenge { group: 3, attempt: 5, number: 9, nonce, member: 2 };
		let hash = holding_hash(H256::repeat_byte(7), &challenge, &point(X), &point(R));
		assert_eq!(sp_core::hexdisplay::HexDisplay::from(&hash).to_string(), HASH);
	}

	#[test]
	fn holding_hash_should_differ_when_anything_differs() {
		let nonce = H256::repeat_byte(8);
		let genesis = H256::repeat_byte(7);
		let base = Challenge { group: 3, attempt: 5, number: 9, nonce, member: 2 };
		let others = [
			Challenge { group: 4, ..base },
			Challenge { attempt: 4, ..base },
			Challenge { number: 8, ..base },
			Challenge { nonce: genesis, ..base },
			Challenge { member: 1, ..base },
		];
		let (x, r) = (point(X), point(R));
		let mut hashes: Vec<_> =
			others.iter().map(|other| holding_hash(genesis, other, &x, &r)).collect();
		hashes.push(holding_hash(genesis, &base, &x, &r));
		hashes.push(holding_hash(nonce, &base, &x, &r));
		hashes.push(holding_hash(genesis, &base, &r, &x));
		hashes.push(holding_hash(genesis, &base, &x, &x));
		let count = hashes.len();
		hashes.sort_unstable();
		hashes.dedup();
		assert_eq!(hashes.len(), count);
	}

	const X: &str = "02caf754272dc84563b0352b7a14311af55d245315ace27c65369e15f7151d41d1";
	const R: &str = "025cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc";
	const HASH: &str = "caf8d5f479333aacc59888974e609dbf4f8fa3d8be007c423fb38a0f28c0b853";

	fn point(hex: &str) -> PublicKey {
		let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
		core::array::from_fn(|at| digits(2 * at))
	}
}
