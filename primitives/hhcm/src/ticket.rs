//! The small proof of work for the right to assemble a block.
//!
//! The work is on a *ticket*, which names neither the state root nor the extrinsics root: it can be mined
//! while the block is executed. A nonce may not exceed a limit, so that a ticket is a lottery with a bounded
//! number of draws: more hash power finds a solution sooner, it does not find more.

use codec::Encode;
use sp_core::{H256, U256};

use crate::{hash, AuthorityId, GroupId, Slot};

/// Most draws of a ticket, as a multiple of the difficulty. A ticket without handicap then fails with a
/// probability of e⁻⁶⁴, one with the largest handicap (32) of e⁻².
pub const NONCES_PER_DIFFICULTY: u64 = 64;
/// The smallest difficulty.
pub const MIN_DIFFICULTY: u64 = 1;
/// The largest difficulty: some tens of seconds on one core.
pub const MAX_DIFFICULTY: u64 = 1 << 26;

/// How many nonces a ticket has, from 0.
pub const fn nonce_limit(difficulty: u64) -> u64 {
	difficulty.saturating_mul(NONCES_PER_DIFFICULTY)
}

/// A ticket, ready to be mined or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(H256);

impl Ticket {
	/// The ticket of one author for one slot on top of one parent, with these packages.
	pub fn new(
		parent: H256,
		slot: Slot,
		author: &AuthorityId,
		group: GroupId,
		packages_root: H256,
	) -> Self {
		Self(hash(b"hhcm/pow/ticket/", &(parent, slot, author, group, packages_root)))
	}

	/// The draw that a nonce makes.
	pub fn draw(&self, nonce: u64) -> U256 {
		let mut input = [0u8; 40];
		input[..32].copy_from_slice(self.0.as_bytes());
		input[32..].copy_from_slice(&nonce.to_le_bytes());
		U256::from_big_endian(&sp_io::hashing::blake2_256(&input))
	}

	/// Whether a nonce solves the ticket.
	pub fn is_solved_by(&self, nonce: u64, difficulty: u64, handicap: u64) -> bool {
		nonce < nonce_limit(difficulty) && self.draw(nonce) <= target(difficulty, handicap)
	}

	/// The smallest nonce at or after `from` that solves the ticket, looking at `count` nonces at most.
	pub fn mine(&self, from: u64, count: u64, difficulty: u64, handicap: u64) -> Option<u64> {
		let target = target(difficulty, handicap);
		let end = from.saturating_add(count).min(nonce_limit(difficulty));
		(from..end).find(|nonce| self.draw(*nonce) <= target)
	}
}

/// The largest draw that solves a ticket.
pub fn target(difficulty: u64, handicap: u64) -> U256 {
	let divisor = U256::from(difficulty).saturating_mul(handicap.into());
	U256::MAX.checked_div(divisor).unwrap_or(U256::MAX)
}

/// What the author signs to seal a block: the hash of the header without the seal, and the nonce.
pub fn seal_payload(pre_hash: &impl Encode, nonce: u64) -> [u8; 32] {
	hash(b"hhcm/block/seal/", &(pre_hash, nonce)).0
}
