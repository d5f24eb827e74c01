//! What the DCRM pallet, its users in the runtime and the DCRM nodes agree on.
//!
//! *Distributed control rights management* (whitepaper, "distributed control rights management"): a
//! *key group* of nodes generates, keeps and uses a key of another chain that none of them has. This
//! crate holds the words of that conversation, not the conversation itself:
//!
//! - [`types`]: identifiers, phases and views of groups, ceremonies and signing requests;
//! - [`message`]: what members say on chain ([`message::DcrmMessage`]) and how it is signed
//!   ([`message::MemberSigned`]);
//! - [`derive_tweak`]: the additive derivation of one key of the group for one purpose;
//! - [`traits`]: what other pallets may ask of the key groups;
//! - [`api`]: the runtime API that nodes read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;
pub mod message;
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
