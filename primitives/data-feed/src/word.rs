//! What feeders say on chain, and how it is signed.
//!
//! A feeder first commits to its value, and reveals it when nobody can commit any more. A commitment is bound to the
//! chain, the feed, the round and the feeder: who copies another one's cannot reveal anything for it.
//!
//! Words are in transactions that carry no account's signature and pay no fee. A word is only valid while the chain waits
//! for it, so it is bounded, cannot be repeated, and needs no nonce.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_io::{crypto::sr25519_verify, hashing::blake2_256};

use crate::{FeedId, FeederId, FeederSignature, RoundId, Value};

/// What is before everything that a feeder signs. No header's hash begins with it, nor a package's: these are what the
/// key signs beside.
const WORD_TAG: &[u8; 16] = b"fusion/feed/word";
/// What is before everything that is hashed to a commitment.
const COMMITMENT_TAG: &[u8; 16] = b"fusion/feed/comm";

/// What makes a commitment hide its value: 32 random bytes, used once.
pub type Salt = [u8; 32];

/// A feeder's word.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum FeedWord {
	/// "I have a value, and will not change it." Opens the round if nobody has yet.
	Commit {
		/// The feed.
		feed: FeedId,
		/// The round.
		round: RoundId,
		/// [`commitment`] to the value.
		commitment: H256,
	},
	/// "This was it."
	Reveal {
		/// The feed.
		feed: FeedId,
		/// The round.
		round: RoundId,
		/// The value.
		value: Value,
		/// What the commitment was made with.
		salt: Salt,
	},
}

impl FeedWord {
	/// The feed and the round that it is about.
	pub fn subject(&self) -> (FeedId, RoundId) {
		match self {
			FeedWord::Commit { feed, round, .. } | FeedWord::Reveal { feed, round, .. } => {
				(*feed, *round)
			},
		}
	}
}

/// A word with the signature of the feeder who says it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SignedWord {
	/// Who says it.
	pub feeder: FeederId,
	/// What is said.
	pub word: FeedWord,
	/// The signature of `feeder` over [`signing_bytes`].
	pub signature: FeederSignature,
}

/// The bytes that a feeder signs: the chain, by the hash of its first block, and the word.
pub fn signing_bytes(genesis: H256, word: &FeedWord) -> Vec<u8> {
	(WORD_TAG, genesis, word).encode()
}

impl SignedWord {
	/// Whether the signature is the feeder's, for this chain.
	pub fn verify(&self, genesis: H256) -> bool {
		sr25519_verify(&self.signature, &signing_bytes(genesis, &self.word), &self.feeder)
	}
}

/// A feeder's commitment to a value: a hash (BLAKE2b-256) that says nothing of it as long as the salt is secret.
pub fn commitment(
	genesis: H256,
	feed: FeedId,
	round: RoundId,
	feeder: &FeederId,
	value: &Value,
	salt: &Salt,
) -> H256 {
	blake2_256(&(COMMITMENT_TAG, genesis, feed, round, feeder, value, salt).encode()).into()
}
