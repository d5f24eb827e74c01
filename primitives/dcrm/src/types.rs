//! Identifiers, phases and views.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

use crate::{account_key::AccountKeyId, MemberId};

/// Most members that a key group may have.
pub const MAX_MEMBERS: u32 = 32;
/// Blocks within which members' words that another one is silent add up, and for which each of them is good.
pub const VOTE_WINDOW: u32 = 600;

/// A list with at most one entry a member (or a coefficient).
pub type PerMember<T> = BoundedVec<T, ConstU32<MAX_MEMBERS>>;

/// Number of a key group. Counts up from 0 and is never used again.
pub type GroupId = u32;
/// Number of a signing request. Counts up from 0 and is never used again.
pub type RequestId = u64;
/// Number of an attempt at a ceremony of a group. Counts up from 0, over all its ceremonies, and is never used
/// again: what was said in one attempt means nothing in another.
pub type Attempt = u32;
/// How often a group's key has been handed over.
pub type Epoch = u32;
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
	/// The key with this number, of the account with this public key: see [`account_key`](crate::account_key).
	Account([u8; 32], AccountKeyId),
	/// The key of the vault (`contracts/src/vault`) of the vault-mapping instance with this number. It signs batches
	/// and orders of that vault, and nothing else: no address of another chain has it.
	Vault(u8),
}

/// Where a ceremony stands: the one that makes a group's key, or one that hands it over. *Dealers* are the
/// group's members. *Receivers* are those who will share the key: the same, or in a handover the new members.
/// Each phase ends as soon as everybody has spoken, or at its deadline.
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
	/// Dealers publish Pedersen commitments and send the receivers their shares.
	Dealing,
	/// Receivers publish a verdict on the shares that they received.
	Verdicts,
	/// Dealers who were complained about publish the shares in question.
	Answers,
	/// Qualified dealers publish Feldman commitments.
	Revealing,
	/// In a handover only: receivers accept the Feldman commitments, or accuse who revealed something else than
	/// it dealt. Then it is settled whose dealings count.
	Accusing,
	/// Receivers confirm that their share fits the public key and is safely stored.
	Confirming,
	/// Receivers sign a test message with their new shares.
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
	/// Attempt at key generation that is under way; or the attempt, at that or at a handover, that the members'
	/// shares are of.
	pub attempt: Attempt,
	/// The number of the group's next attempt. Shares of earlier ones than that are of no use, but for those of
	/// [`Self::attempt`] and of the handover that is under way.
	pub attempts: Attempt,
	/// How often the key has been handed over.
	pub epoch: Epoch,
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
	/// The handover that is under way. Meanwhile the group is active, and its members sign.
	pub handover: Option<HandoverView>,
	/// The liveness challenge that is open.
	pub challenge: Option<ChallengeView>,
	/// How many liveness challenges each member has missed since the last that it has passed, in the order of
	/// their indices.
	pub missed: Vec<u32>,
	/// Who is said to be silent, and who says it.
	pub silent: Vec<(MemberIndex, MemberIndex)>,
}

/// A liveness challenge, as nodes see it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ChallengeView {
	/// Its number.
	pub number: u32,
	/// What could not be foreseen.
	pub nonce: H256,
	/// The members who have answered.
	pub spoken: Vec<MemberIndex>,
}

impl GroupView {
	/// The group as it will be if the handover that is under way succeeds.
	pub fn after_handover(&self) -> Option<Self> {
		let handover = self.handover.as_ref()?;
		Some(Self {
			members: handover.members.clone(),
			threshold: handover.threshold,
			attempt: handover.attempt,
			epoch: self.epoch.saturating_add(1),
			handover: None,
			challenge: None,
			missed: Vec::new(),
			silent: Vec::new(),
			..self.clone()
		})
	}
}

/// A handover, as nodes see it. Dealers have their index in the group, receivers in [`Self::members`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct HandoverView {
	/// The receivers.
	pub members: Vec<MemberId>,
	/// How many of them it will take to sign.
	pub threshold: u16,
	/// Where it stands.
	pub phase: Phase,
	/// The attempt that is under way.
	pub attempt: Attempt,
	/// Block in which the present phase ends at the latest.
	pub deadline: u32,
	/// Commitments to the polynomial that shares the key now: one point a coefficient.
	pub commitments: Vec<PublicKey>,
	/// Pedersen commitments by dealer.
	pub pedersen: Vec<(MemberIndex, Vec<PublicKey>)>,
	/// Feldman commitments by dealer.
	pub feldman: Vec<(MemberIndex, Vec<PublicKey>)>,
	/// Dealers whose dealing counts.
	pub qualified: Vec<MemberIndex>,
	/// Open complaints: (receiver, dealer).
	pub complaints: Vec<(MemberIndex, MemberIndex)>,
	/// Answers: (receiver, dealer, share), where the share was found right.
	pub answers: Vec<(MemberIndex, MemberIndex, [u8; 64])>,
	/// Who has spoken in the present phase: dealers or receivers, as it asks.
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
	/// A test of a new key, or of new shares: the message is [`test_message`].
	Test,
	/// Input `input` of the transaction of attempt `attempt` at batch `batch` of the asset-mapping instance
	/// `instance`.
	Batch {
		/// Number of the asset-mapping instance.
		instance: u8,
		/// Number of the batch.
		batch: u64,
		/// Number of the attempt: attempts at a batch differ in their fees.
		attempt: u32,
		/// Number of the input in the attempt's transaction.
		input: u32,
	},
	/// Something that an account wants to have signed with its key: see [`account_key`](crate::account_key).
	Account {
		/// The number of this request, under which the chain shows what is to be signed.
		request: RequestId,
	},
	/// A batch of payments of the vault of the vault-mapping instance `instance`.
	VaultBatch {
		/// Number of the vault-mapping instance.
		instance: u8,
		/// Number of the batch.
		batch: u64,
	},
	/// What the vault of the vault-mapping instance `instance` is told itself.
	VaultOrder {
		/// Number of the vault-mapping instance.
		instance: u8,
		/// Number of the order.
		nonce: u64,
		/// Number of the attempt: attempts at an order differ in their deadlines.
		attempt: u32,
	},
}

impl Purpose {
	/// Whether the key at `path` may sign for this: what one key signs is nothing for another one.
	pub fn fits(&self, path: &KeyPath) -> bool {
		match self {
			Self::Test => *path == KeyPath::Group,
			Self::Batch { .. } => matches!(path, KeyPath::Group | KeyPath::Deposit(..)),
			Self::Account { .. } => matches!(path, KeyPath::Account(..)),
			Self::VaultBatch { instance, .. } | Self::VaultOrder { instance, .. } => {
				*path == KeyPath::Vault(*instance)
			},
		}
	}
}

/// The message that the receivers of a ceremony sign to show that their shares work.
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

/// How large a group should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SizeAdvice {
	/// What was measured.
	pub measured: Availability,
	/// With which probability a group may be unable to sign, in parts of a billion.
	pub bound: u32,
	/// The fewest members with which it is not above that. `None` if there is no such group.
	pub members: Option<u32>,
}

/// How often members have passed liveness challenges, and how often they have not. Old results count less and
/// less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Availability {
	/// Challenges that were passed.
	pub passed: u64,
	/// Challenges that were not.
	pub missed: u64,
}
