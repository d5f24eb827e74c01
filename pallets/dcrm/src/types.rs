//! What the pallet stores, and the reasons for which it does not listen.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::InvalidTransaction, BoundedVec};
pub use fusion_dcrm_primitives::{
	size::{threshold_of, MIN_MEMBERS},
	VOTE_WINDOW,
};
use fusion_dcrm_primitives::{
	Algorithm, Attempt, Epoch, GroupId, GroupState, MemberId, MemberIndex, PeerIdBytes, PerMember,
	Phase, PublicKey, RequestId, SigningRequest, MAX_MEMBERS,
};
use fusion_vss::Params;
use scale_info::TypeInfo;
use sp_core::{sr25519, ConstU32};
use sp_runtime::{transaction_validity::TransactionValidityError, AccountId32};

/// Most ceremonies that may be under way at the same time.
pub const MAX_CEREMONIES: u32 = 16;
/// Most ceremonies that are advanced in one block because their deadline is due. Others wait for the
/// next block.
pub const MAX_DUE_PER_BLOCK: u32 = 2;
/// Blocks that a node has to wait before it may announce another peer id: announcements are free, so
/// this is what bounds them.
pub const ANNOUNCE_INTERVAL: u32 = 10;
/// Blocks that a member's message may wait in the pool.
pub const LONGEVITY: u64 = 64;

/// Most fines that may wait to be taken.
pub const MAX_FINES: u32 = 128;
/// Most fines that are taken in one block.
pub const MAX_FINES_PER_BLOCK: u32 = 2;

/// Blocks that members have to answer a liveness challenge.
pub const CHALLENGE_WINDOW: u32 = 50;
/// After so many results of liveness challenges, earlier ones count half.
pub const AVAILABILITY_MEMORY: u64 = 100_000;

/// Blocks between the vote that decides that a member is replaced and the draw of its replacement. The seed of the
/// block after the vote is known to the author of the vote's block, that of the one after it is not.
pub const EJECTION_DELAY: u32 = 2;
/// Most ejections that may wait for their draws.
pub const MAX_EJECTIONS: u32 = MAX_CEREMONIES;

/// Answers of one dealer: who complained, and the share.
pub type DealerAnswers = BoundedVec<(MemberIndex, [u8; 64]), ConstU32<MAX_MEMBERS>>;

/// The account of a member.
pub(crate) fn account_of(member: &MemberId) -> AccountId32 {
	AccountId32::from(sr25519::Public::from(member.clone()))
}

/// The member that an account is.
pub(crate) fn member_of(account: &AccountId32) -> MemberId {
	let raw: &[u8; 32] = account.as_ref();
	MemberId::from(sr25519::Public::from(*raw))
}

/// A set of members of one group, by their index from 1 to [`MAX_MEMBERS`].
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct MemberSet(u32);

impl MemberSet {
	/// The bit of a member. No bit for an index that no member can have.
	fn bit(index: MemberIndex) -> u32 {
		index.checked_sub(1).and_then(|shift| 1u32.checked_shl(shift.into())).unwrap_or(0)
	}

	/// The members 1 to `n`.
	pub fn all(n: u16) -> Self {
		(1..=n).collect()
	}

	/// Whether the member is in the set.
	pub fn contains(self, index: MemberIndex) -> bool {
		self.0 & Self::bit(index) != 0
	}

	/// Adds a member.
	pub fn insert(&mut self, index: MemberIndex) {
		self.0 |= Self::bit(index);
	}

	/// Takes a member out.
	pub fn remove(&mut self, index: MemberIndex) {
		self.0 &= !Self::bit(index);
	}

	/// How many there are.
	pub fn len(self) -> u16 {
		// At most 32.
		self.0.count_ones() as u16
	}

	/// Whether there are none.
	pub fn is_empty(self) -> bool {
		self.0 == 0
	}

	/// Whether all of them are in `other`.
	pub fn is_subset(self, other: Self) -> bool {
		self.0 & !other.0 == 0
	}

	/// Those that are in both sets.
	pub fn intersection(self, other: Self) -> Self {
		Self(self.0 & other.0)
	}

	/// Those that are in one of the sets or in both.
	pub fn union(self, other: Self) -> Self {
		Self(self.0 | other.0)
	}

	/// Those that are not in `other`.
	pub fn without(self, other: Self) -> Self {
		Self(self.0 & !other.0)
	}

	/// The members, in ascending order.
	pub fn iter(self) -> impl Iterator<Item = MemberIndex> {
		(1..=MAX_MEMBERS as MemberIndex).filter(move |index| self.contains(*index))
	}
}

impl FromIterator<MemberIndex> for MemberSet {
	fn from_iter<I: IntoIterator<Item = MemberIndex>>(members: I) -> Self {
		let mut set = Self::default();
		members.into_iter().for_each(|index| set.insert(index));
		set
	}
}

/// A registered node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Node<Balance> {
	/// What it has bonded. It may differ from the present price of a bond.
	pub bond: Balance,
	/// How many groups that have not failed it is a member of, or is to become one of by a handover.
	pub groups: u32,
	/// Whether it is left out of draws, because it was voted out of a group as silent. It comes back when it
	/// [bonds more](crate::Call::bond_extra), or nothing, by that call.
	pub benched: bool,
}

/// A node's last announcement. It outlives the registration, or an old announcement could be
/// repeated by anyone after the node has registered again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Announcement {
	/// Where the node is reached. Empty if it is not registered any more.
	pub peer: PeerIdBytes,
	/// The number of the announcement.
	pub sequence: u64,
	/// The block in which it was made.
	pub block: u32,
}

/// What stays of a key group for good.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Group {
	/// Its members; member `i` of this list has index `i + 1`.
	pub members: PerMember<MemberId>,
	/// How many members it takes to sign.
	pub threshold: u16,
	/// What it signs with.
	pub algorithm: Algorithm,
	/// Where it stands.
	pub state: GroupState,
	/// The attempt at key generation that is under way, or that was the last; once there is a key, the attempt
	/// that the members' shares are of.
	pub attempt: Attempt,
	/// How many attempts there were, at key generation and at handovers: the number of the next one.
	pub attempts: Attempt,
	/// How often the key has been handed over.
	pub epoch: Epoch,
	/// While dealings are awaited: who may deal. Then: the dealers whose dealing counts. After a handover these
	/// are members of the epoch before, with their indices then. Nobody once [`KeyPoints`] are of this epoch.
	pub qualified: MemberSet,
	/// Its key, once known.
	pub key: Option<PublicKey>,
}

/// Commitments to the polynomial that shares a key in one epoch: one point a coefficient.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct KeyPoints {
	/// The attempt that the epoch's shares are of.
	pub attempt: Attempt,
	/// How many members there were.
	pub members: u16,
	/// The points, the key first.
	pub points: PerMember<PublicKey>,
}

/// A handover of a group's key, while it is under way.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Handover {
	/// Who will share the key; member `i` of this list has index `i + 1` then.
	pub members: PerMember<MemberId>,
	/// How many of them it will take to sign.
	pub threshold: u16,
	/// Where it stands.
	pub phase: Phase,
	/// The attempt that is under way.
	pub attempt: Attempt,
	/// How many attempts at this handover have begun.
	pub tries: u32,
	/// The dealers whose dealing counts, by their present index in the group.
	pub qualified: MemberSet,
}

impl Group {
	/// How many members it has.
	pub fn size(&self) -> u16 {
		// At most `MAX_MEMBERS`.
		self.members.len() as u16
	}

	/// All its members.
	pub fn everybody(&self) -> MemberSet {
		MemberSet::all(self.size())
	}

	/// The index of a member, if it is one.
	pub fn index_of(&self, member: &MemberId) -> Option<MemberIndex> {
		index_in(&self.members, member)
	}

	/// The parameters of its secret sharing.
	pub fn params(&self) -> Option<Params> {
		Params::new(self.size(), self.threshold).ok()
	}
}

/// The part of a ceremony that is forgotten when it is over.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ceremony {
	/// Block in which the phase ends at the latest.
	pub deadline: u32,
	/// Who made an earlier attempt at key generation fail, and therefore may not deal.
	pub excluded: MemberSet,
	/// Who has nothing left to say in this phase.
	pub spoken: MemberSet,
	/// Open complaints: by dealer, which receivers complain.
	pub complaints: PerMember<MemberSet>,
	/// Which receivers have confirmed the key.
	pub confirmed: MemberSet,
	/// The request for the test signature.
	pub test: Option<RequestId>,
}

impl Ceremony {
	/// The ceremony of so many dealers, before anybody has spoken.
	pub fn new(dealers: u16, excluded: MemberSet) -> Self {
		Self {
			deadline: 0,
			excluded,
			spoken: MemberSet::default(),
			complaints: BoundedVec::truncate_from(alloc::vec![
				MemberSet::default();
				usize::from(dealers)
			]),
			confirmed: MemberSet::default(),
			test: None,
		}
	}

	/// Who complains about a dealer.
	pub fn complaints_about(&self, dealer: MemberIndex) -> MemberSet {
		member_at(&self.complaints, dealer).copied().unwrap_or_default()
	}

	/// Changes the complaints about a dealer.
	pub fn with_complaints_about(&mut self, dealer: MemberIndex, f: impl FnOnce(&mut MemberSet)) {
		if let Some(set) = place_of(dealer).and_then(|at| self.complaints.get_mut(at)) {
			f(set);
		}
	}

	/// The dealers who are complained about.
	pub fn accused(&self) -> MemberSet {
		(1u16..)
			.zip(self.complaints.iter())
			.filter(|(_, accusers)| !accusers.is_empty())
			.map(|(dealer, _)| dealer)
			.collect()
	}
}

/// A group with its ceremony, taken out of storage to be worked on.
#[derive(Clone, Debug)]
pub(crate) struct Running {
	/// The group's number.
	pub id: GroupId,
	/// The group.
	pub group: Group,
	/// What its key is handed over to, if that is what the ceremony is for.
	pub handover: Option<Handover>,
	/// Its ceremony.
	pub ceremony: Ceremony,
	/// The deadline that the queue knows.
	pub queued: Option<u32>,
	/// Whether the attempt ended, well or badly, while it was worked on.
	pub ended: bool,
}

impl Running {
	/// The phase, if the ceremony is under way.
	pub fn phase(&self) -> Option<Phase> {
		match (&self.handover, self.group.state) {
			(Some(handover), _) => Some(handover.phase),
			(None, GroupState::Generating(phase)) => Some(phase),
			(None, GroupState::Active | GroupState::Failed) => None,
		}
	}

	/// Changes the phase.
	pub fn set_phase(&mut self, phase: Phase) {
		match &mut self.handover {
			Some(handover) => handover.phase = phase,
			None => self.group.state = GroupState::Generating(phase),
		}
	}

	/// The attempt.
	pub fn attempt(&self) -> Attempt {
		self.handover.as_ref().map_or(self.group.attempt, |handover| handover.attempt)
	}

	/// Who will share the key.
	pub fn receivers(&self) -> &[MemberId] {
		match &self.handover {
			Some(handover) => &handover.members,
			None => &self.group.members,
		}
	}

	/// All of them, by their indices.
	pub fn every_receiver(&self) -> MemberSet {
		// At most `MAX_MEMBERS`.
		MemberSet::all(self.receivers().len() as u16)
	}

	/// The index that a receiver will have.
	pub fn receiver(&self, member: &MemberId) -> Option<MemberIndex> {
		index_in(self.receivers(), member)
	}

	/// How many receivers it will take to sign. Every dealt polynomial has as many coefficients.
	pub fn threshold(&self) -> u16 {
		self.handover.as_ref().map_or(self.group.threshold, |handover| handover.threshold)
	}

	/// The parameters of the secret sharing that is made.
	pub fn params(&self) -> Option<Params> {
		Params::new(self.every_receiver().len(), self.threshold()).ok()
	}

	/// How many receivers may be down or dishonest; more complaints than that disqualify a dealer, since
	/// answering them would publish its polynomial.
	pub fn tolerated(&self) -> u16 {
		self.every_receiver().len().saturating_sub(self.threshold())
	}

	/// Whose dealing counts.
	pub fn qualified(&self) -> MemberSet {
		self.handover.as_ref().map_or(self.group.qualified, |handover| handover.qualified)
	}

	/// Changes whose dealing counts.
	pub fn set_qualified(&mut self, qualified: MemberSet) {
		match &mut self.handover {
			Some(handover) => handover.qualified = qualified,
			None => self.group.qualified = qualified,
		}
	}

	/// Whether too few dealers are left. It takes as many as have to sign now: fewer do not determine the
	/// key that is handed over, or could be dishonest all together.
	pub fn is_hopeless(&self) -> bool {
		self.qualified().len() < self.group.threshold
	}
}

/// The place of the member with this index in a list with one entry a member.
pub(crate) fn place_of(index: MemberIndex) -> Option<usize> {
	usize::from(index).checked_sub(1)
}

/// The entry of the member with this index in such a list.
pub(crate) fn member_at<E>(list: &[E], index: MemberIndex) -> Option<&E> {
	list.get(place_of(index)?)
}

/// As [`member_at`], to change the entry.
pub(crate) fn member_at_mut<E>(list: &mut [E], index: MemberIndex) -> Option<&mut E> {
	list.get_mut(place_of(index)?)
}

/// The index of a member in a list, from 1.
pub(crate) fn index_in(members: &[MemberId], member: &MemberId) -> Option<MemberIndex> {
	let position = members.iter().position(|other| other == member)?;
	MemberIndex::try_from(position).ok()?.checked_add(1)
}

/// A signature that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OpenRequest {
	/// What is asked for.
	pub request: SigningRequest,
	/// The attempt whose members have spoken. Members of a later epoch have not.
	pub attempt: Attempt,
	/// Members who sent a wrong signature. They are not listened to again.
	pub spoken: MemberSet,
}

/// Why an attempt at a ceremony failed.
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
pub enum Failure {
	/// Fewer dealers than the threshold are left.
	TooFewDealers,
	/// A qualified dealer did not publish sound Feldman commitments.
	NotRevealed,
	/// The revealed commitments make no key, and nobody has proven who revealed a lie.
	NoKey,
	/// A dealer's Feldman commitments do not fit its dealing.
	FalseReveal,
	/// Fewer members than the threshold confirmed the key.
	NotConfirmed,
	/// The test message was not signed.
	NotSigned,
}

/// Why a member's message is not listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
	/// Who speaks is no registered node, or no member of the group.
	Stranger,
	/// There is no such group.
	UnknownGroup,
	/// The message cannot be right whatever the state.
	Malformed,
	/// The phase or the attempt has not begun.
	TooEarly,
	/// The phase, the attempt or the request is over.
	TooLate,
	/// The member has said it already, or it is nothing that the member is asked.
	NotAsked,
	/// The signature of the message is not the member's, or for another chain.
	BadSignature,
	/// Everything stands still.
	Paused,
}

impl From<Refusal> for TransactionValidityError {
	fn from(refusal: Refusal) -> Self {
		Self::Invalid(match refusal {
			Refusal::Stranger => InvalidTransaction::BadSigner,
			Refusal::UnknownGroup | Refusal::Malformed => InvalidTransaction::Call,
			Refusal::TooEarly | Refusal::Paused => InvalidTransaction::Future,
			Refusal::TooLate | Refusal::NotAsked => InvalidTransaction::Stale,
			Refusal::BadSignature => InvalidTransaction::BadProof,
		})
	}
}
