//! What is kept of how members behave, and what they can do wrong.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_dcrm_primitives::{Attempt, GroupId, MemberId, MemberIndex, PerMember, PublicKey};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::AccountId32;

use crate::{member_at, place_of, MemberSet};

/// One entry a member of a group, by index. Shorter lists go on with default entries.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PerGroup<E>(pub PerMember<E>);

impl<E> Default for PerGroup<E> {
	fn default() -> Self {
		Self(PerMember::default())
	}
}

impl<E: Clone + Default> PerGroup<E> {
	/// Changes the entry of a member.
	pub fn with(&mut self, index: MemberIndex, f: impl FnOnce(&mut E)) {
		let Some(position) = place_of(index) else { return };
		while self.0.len() <= position {
			if self.0.try_push(E::default()).is_err() {
				return;
			}
		}
		if let Some(entry) = self.0.get_mut(position) {
			f(entry);
		}
	}

	/// The entry of a member.
	pub fn get(&self, index: MemberIndex) -> E {
		member_at(&self.0, index).cloned().unwrap_or_default()
	}
}

/// What the members of a group have earned in one epoch, and was not paid out yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct EpochEarnings<Balance> {
	/// The members in that epoch, in the order of their indices.
	pub members: PerMember<MemberId>,
	/// What each of them has earned.
	pub amounts: PerGroup<Balance>,
}

/// How a member of a group has behaved since it is a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Conduct {
	/// How often it was to deal, and said nothing; or to answer or reveal, and most others were silent as well.
	pub absent: u32,
	/// How many liveness challenges it has passed.
	pub passed: u32,
	/// How many it has not.
	pub missed: u32,
	/// How many it has not passed since the last that it has.
	pub missed_in_a_row: u32,
}

/// What the members of a group say about who is silent, in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Silences {
	/// The attempt that the members' shares are of.
	pub attempt: Attempt,
	/// No vote is taken before this block: a member was voted out, or a handover was given up, not long ago.
	pub next_ejection: u32,
	/// What they say about each member.
	pub about: PerGroup<Silence>,
}

/// A member that was voted out, and is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ejection {
	/// The group.
	pub group: GroupId,
	/// The attempt that the members' shares were of.
	pub attempt: Attempt,
	/// The member.
	pub member: MemberIndex,
	/// The block of the deciding vote.
	pub voted: u32,
}

/// Who says that a member is silent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Silence {
	/// The block of the first vote. All are forgotten [`VOTE_WINDOW`](crate::VOTE_WINDOW) blocks later.
	pub since: u32,
	/// Who says it.
	pub voters: MemberSet,
}

/// A group's liveness challenges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Watched {
	/// How many there were: the number of the last one.
	pub number: u32,
	/// The block in which the last one was opened.
	pub opened: u32,
	/// The last one, if it is open.
	pub open: Option<OpenChallenge>,
}

/// A liveness challenge that is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OpenChallenge {
	/// The attempt that the shares in question are of.
	pub attempt: Attempt,
	/// What nobody could foresee.
	pub nonce: H256,
	/// Who has answered.
	pub spoken: MemberSet,
	/// Who has shown that it has its share.
	pub passed: MemberSet,
}

/// Commitments to a key, while they are added up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Settlement {
	/// The group.
	pub group: GroupId,
	/// The attempt that its dealings are of.
	pub attempt: Attempt,
	/// The dealers whose dealings were added.
	pub added: MemberSet,
	/// Their sum. The identity is all zeros.
	pub points: PerMember<PublicKey>,
}

/// Something that a dealer has done wrong, for everybody to see.
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
pub enum Offence {
	/// It has published Pedersen commitments of a wrong number, that are no points, or in a handover such to
	/// something else than its share.
	UnsoundDealing,
	/// Its answer to a complaint does not fit its own commitments.
	WrongAnswer,
	/// It has published Feldman commitments of a wrong number, that are no points, or in a handover such to
	/// something else than its share.
	UnsoundReveal,
	/// Its Feldman commitments do not fit what it dealt: a share of its dealing proves it.
	FalseReveal,
	/// It has accused a dealer with a share that proves nothing.
	FalseAccusation,
	/// It has dealt, and did not answer a complaint about that.
	Unanswered,
	/// It has dealt, and did not publish Feldman commitments.
	Unrevealed,
}

impl Offence {
	/// Whether nobody does that who follows the protocol. The others are silence, which has honest reasons as
	/// well.
	pub fn is_fraud(self) -> bool {
		match self {
			Self::UnsoundDealing
			| Self::WrongAnswer
			| Self::UnsoundReveal
			| Self::FalseReveal
			| Self::FalseAccusation => true,
			Self::Unanswered | Self::Unrevealed => false,
		}
	}
}

/// A fine that is to be taken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Fine {
	/// Who is fined.
	pub node: AccountId32,
	/// What for.
	pub offence: Offence,
}
