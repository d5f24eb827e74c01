//! Identifiers, phases and views.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

use crate::MemberId;

/// Most members that a key group may have.
pub const MAX_MEMBERS: u32 = 32;

/// A list with at most one entry a member (or a coefficient).
pub type PerMember<T> = BoundedVec<T, ConstU32<MAX_MEMBERS>>;

/// Number of a key group. Counts up from 0 and is never used again.
pub type GroupId = u32;
/// Number of a signing request. Counts up from 0 and is never used again.
pub type RequestId = u64;
/// Number of an attempt at a ceremony. Counts up from 0.
pub type Attempt = u32;
/// A member's number in its group: its x-coordinate in the secret sharing, from 1 to n.
pub type MemberIndex = u16;
/// A compressed (SEC1) point of secp256k1.
pub type PublicKey = [u8; 33];
/// A BIP-340 signature.
pub type SchnorrSignature = [u8; 64];
/// A libp2p peer id, as bytes of its multihash.
pub type PeerIdBytes = BoundedVec<u8, ConstU32<64>>;

/// What a group's key signs with.
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
	Serialize,
	Deserialize,
)]
pub enum Algorithm {
	/// Schnorr on secp256k1 as in BIP-340, with the taproot key tweak of BIP-341 without scripts.
	Secp256k1Taproot,
}

/// What a derived key is for.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub enum KeyPath {
	/// The group's own key: signs the test message, and receives change and consolidated coins.
	Group,
	/// The deposit address with this number, of the asset-mapping instance with this number.
	Deposit(u8, u64),
}

/// Where the ceremony that makes a group's key stands. Each phase ends as soon as everybody has
/// spoken, or at its deadline.
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
pub enum Phase {
	/// Members publish Pedersen commitments and send each other their shares.
	Dealing,
	/// Members publish a verdict on the shares that they received.
	Verdicts,
	/// Dealers who were complained about publish the shares in question.
	Answers,
	/// Qualified dealers publish Feldman commitments.
	Revealing,
	/// Members confirm that their share fits the public key and is safely stored.
	Confirming,
	/// The group signs a test message with the new key.
	Testing,
}

/// State of a key group.
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
pub enum GroupState {
	/// Its key is being made.
	Generating(Phase),
	/// Its key is in use.
	Active,
	/// No key could be made; the group is dead.
	Failed,
}

/// What nodes need to know of a key group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct GroupView {
	/// Its number.
	pub id: GroupId,
	/// Its members; member `i` of this list has [`MemberIndex`] `i + 1`.
	pub members: Vec<MemberId>,
	/// How many members it takes to sign.
	pub threshold: u16,
	/// What it signs with.
	pub algorithm: Algorithm,
	/// Where it stands.
	pub state: GroupState,
	/// Attempt at key generation that is under way, or that succeeded.
	pub attempt: Attempt,
	/// Block in which the present phase ends at the latest.
	pub deadline: u32,
	/// Its master public key, once known.
	pub key: Option<PublicKey>,
	/// Pedersen commitments by dealer, one point a coefficient.
	pub pedersen: Vec<(MemberIndex, Vec<PublicKey>)>,
	/// Feldman commitments by dealer, one point a coefficient.
	pub feldman: Vec<(MemberIndex, Vec<PublicKey>)>,
	/// Dealers whose dealing counts.
	pub qualified: Vec<MemberIndex>,
	/// Open complaints: (accuser, dealer). The dealer has to answer.
	pub complaints: Vec<(MemberIndex, MemberIndex)>,
	/// Answers: (accuser, dealer, share), where the share was found right. The accuser uses it.
	pub answers: Vec<(MemberIndex, MemberIndex, [u8; 64])>,
	/// Who has spoken in the present phase.
	pub spoken: Vec<MemberIndex>,
}

/// What a signature is asked for. Nodes rebuild the message from this and from finalized state, and
/// refuse to sign what they did not find so.
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
pub enum Purpose {
	/// A test of a new key: the message is [`test_message`].
	Test,
	/// Input `input` of batch `batch` of the asset-mapping instance `instance`.
	Batch {
		/// Number of the asset-mapping instance.
		instance: u8,
		/// Number of the batch.
		batch: u64,
		/// Number of the input in the batch's transaction.
		input: u32,
	},
}

/// The message that a group signs to show that its new key works.
pub fn test_message(genesis: H256, group: GroupId, attempt: Attempt, key: &PublicKey) -> [u8; 32] {
	crate::tagged_hash(b"fusion/dcrm/test/1", &(genesis, group, attempt, key).encode())
}

/// A request for a signature.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SigningRequest {
	/// The group that has to sign.
	pub group: GroupId,
	/// Which of its keys.
	pub path: KeyPath,
	/// The 32 bytes to sign.
	pub message: [u8; 32],
	/// What for.
	pub purpose: Purpose,
	/// The block in which it was asked for.
	pub created: u32,
}
