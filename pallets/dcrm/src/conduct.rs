//! What is kept of how members behave, and what they can do wrong.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_dcrm_primitives::{MemberId, MemberIndex, PerMember};
use scale_info::TypeInfo;
use sp_runtime::AccountId32;

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
		let Some(position) = usize::from(index).checked_sub(1) else { return };
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
		usize::from(index)
			.checked_sub(1)
			.and_then(|position| self.0.get(position))
			.cloned()
			.unwrap_or_default()
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
	/// How often it was to deal, and said nothing.
	pub absent: u32,
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
