//! # HHCM: the rules
//!
//! The *hierarchical hybrid consensus mechanism* (whitepaper, "hierarchical hybrid consensus mechanism")
//! decides who assembles a block and whose lists of transactions it is made of. Its rules are here, as
//! pure functions of what is on chain: the node asks them what it may do, the importer and the relay
//! chain's validators ask them whether it was done. Integers only, no I/O.
//!
//! One round is one slot on top of one parent:
//!
//! ```text
//!  seed, slot ──▶ virtual groups ──▶ ranking in each group ──▶ packages, one a group    (layer 1: stake)
//!                                          │
//!                                          ▼
//!                               three draws by stake ──▶ who is drawn races by PoW      (layer 2: work)
//!                                                             │
//!                                                             ▼
//!                                             block: VRF output ──▶ the next seed
//! ```
//!
//! - [`election`]: groups, rankings, who may assemble and who may package;
//! - [`seed`]: the chain of verifiable random outputs that elections are drawn from;
//! - [`ticket`]: the small proof of work for the right to assemble;
//! - [`digest`]: what a header says about its author;
//! - [`package`]: the signed list of a group's transactions;
//! - [`sequence`]: whether the transactions of a block are those of its packages, in order;
//! - [`check`]: what a block has to satisfy, all together;
//! - [`adjust`]: how the number of groups and the difficulty follow load and missed slots;
//! - [`equivocation`]: proofs that a node signed two things where it may sign one;
//! - [`api`]: the runtime API that nodes read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod adjust;
pub mod api;
pub mod check;
pub mod digest;
pub mod election;
pub mod equivocation;
pub mod package;
pub mod seed;
pub mod sequence;
#[cfg(test)]
mod tests;
pub mod ticket;

pub use digest::{PreDigest, Seal};
pub use election::{Candidate, Election, Place};
pub use package::{Package, Packages};
pub use sp_consensus_slots::Slot;
pub use ticket::Ticket;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::ConsensusEngineId;

/// Most bytes of an encoded header, its seal included. An honest one has some hundreds; evidence of two has to fit
/// into a transaction.
pub const MAX_HEADER_SIZE: usize = 16 * 1024;

/// Marks HHCM's items in a header's digest.
pub const ENGINE_ID: ConsensusEngineId = *b"hhcm";

/// The key type under which a bookkeeping node keeps the key that it authors with.
pub const KEY_TYPE: sp_core::crypto::KeyTypeId = sp_core::crypto::KeyTypeId(*b"hhcm");

/// The sr25519 key of a bookkeeping node: signs blocks and packages, and makes VRF outputs.
pub mod app {
	use sp_application_crypto::{app_crypto, sr25519};
	app_crypto!(sr25519, super::KEY_TYPE);

	impl codec::MaxEncodedLen for Signature {
		fn max_encoded_len() -> usize {
			64
		}
	}
}

/// The public key of a bookkeeping node.
pub type AuthorityId = app::Public;
/// A bookkeeping node's signature.
pub type AuthoritySignature = app::Signature;
/// A bookkeeping node's key pair.
#[cfg(feature = "std")]
pub type AuthorityPair = app::Pair;

/// A bookkeeping node's place in the list of those that are elected for the session.
pub type AuthorityIndex = u16;
/// Weight of a bookkeeping node in draws: stake times holding time, in a unit that the chain chooses
/// ([`election`] needs only that all weights are in the same one).
pub type AuthorityWeight = u64;
/// Number of a virtual group, from 0. The guerrilla group has the number after the last.
pub type GroupId = u8;
/// A node's rank in its virtual group. 0 is the winner.
pub type Rank = u16;

/// Most transaction groups that there can be.
pub const MAX_GROUPS: GroupId = 16;
/// Most bookkeeping nodes of a session.
pub const MAX_AUTHORITIES: u32 = 1_000;

/// An elected bookkeeping node.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Authority {
	/// Its key.
	pub id: AuthorityId,
	/// Its weight in draws. 0 counts as 1.
	pub weight: AuthorityWeight,
}

/// What elections of the children of a block depend on, beside its hash and the slot.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Round {
	/// What draws are made from ([`seed::next`]).
	pub seed: H256,
	/// The slot of the block. Its children have later ones.
	pub last_slot: Slot,
	/// Number of transaction groups, 1 to [`MAX_GROUPS`].
	pub groups: GroupId,
	/// Hashes that it takes in the mean to solve a ticket without handicap, at least 1.
	pub difficulty: u64,
}

impl Round {
	/// How many slots went by without a block between the parent and `slot`.
	pub fn missed_slots(&self, slot: Slot) -> u64 {
		u64::from(slot).saturating_sub(u64::from(self.last_slot)).saturating_sub(1)
	}
}

/// `blake2_256(tag ‖ SCALE(data))`. Tags have 16 bytes, so that no two uses share an input.
pub(crate) fn hash(tag: &[u8; 16], data: &impl Encode) -> H256 {
	let mut input = tag.to_vec();
	data.encode_to(&mut input);
	sp_io::hashing::blake2_256(&input).into()
}

/// A number from 0 to `bound - 1` from a hash. The bias is below `bound / 2^128`. 0 if `bound` is 0.
pub(crate) fn draw(hash: &H256, bound: u128) -> u128 {
	let mut bytes = [0u8; 16];
	bytes.copy_from_slice(&hash.as_bytes()[..16]);
	u128::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
}
