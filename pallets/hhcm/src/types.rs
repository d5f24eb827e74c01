//! What the pallet keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::BoundedVec;
use fusion_hhcm_primitives::{
	digest::Claim,
	ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
	Authority, AuthorityId, AuthorityWeight, Election, GroupId, Slot, MAX_GROUPS,
};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::Permill;

/// Most reports that are remembered.
pub const MAX_REPORTS: u32 = 256;

/// A bookkeeping node of the session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AuthorityInfo<AccountId> {
	/// Who is paid and punished.
	pub account: AccountId,
	/// The key that it works with.
	pub id: AuthorityId,
	/// Its weight in draws. 0, which counts as 1, once it was proven to have signed two things where it may
	/// sign one.
	pub weight: AuthorityWeight,
}

impl<AccountId> AuthorityInfo<AccountId> {
	/// What elections need of it.
	pub fn authority(&self) -> Authority {
		Authority { id: self.id.clone(), weight: self.weight }
	}
}

/// Within what the chain adjusts itself.
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
pub struct Limits {
	/// The smallest difficulty.
	pub lowest_difficulty: u64,
	/// The largest difficulty.
	pub highest_difficulty: u64,
	/// Most transaction groups.
	pub most_groups: GroupId,
	/// Whether groups and difficulty follow load and missed slots. If not, they stay as they are, within
	/// the limits.
	pub adjusting: bool,
}

impl Limits {
	/// Whether there is something within them.
	pub fn are_sound(&self) -> bool {
		MIN_DIFFICULTY <= self.lowest_difficulty
			&& self.lowest_difficulty <= self.highest_difficulty
			&& self.highest_difficulty <= MAX_DIFFICULTY
			&& (1..=MAX_GROUPS).contains(&self.most_groups)
	}
}

/// What has happened in the session so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Tally {
	/// Slots with a block.
	pub filled: u64,
	/// Slots without one.
	pub missed: u64,
	/// The sum of the blocks' fullness, in millionths.
	pub fullness: u64,
}

impl Tally {
	/// Counts a block.
	pub fn note(&mut self, missed: u64, fullness: Permill) {
		self.filled = self.filled.saturating_add(1);
		self.missed = self.missed.saturating_add(missed);
		self.fullness = self.fullness.saturating_add(fullness.deconstruct().into());
	}

	/// The mean fullness of the blocks.
	pub fn mean_fullness(&self) -> Permill {
		let mean = self.fullness.checked_div(self.filled).unwrap_or_default();
		Permill::from_parts(u32::try_from(mean).unwrap_or(u32::MAX))
	}
}

/// What a block's author claims, once it was found to be true. Kept while the block is executed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Turn {
	/// The claim.
	pub claim: Claim,
	/// The election that the author won.
	pub election: Election,
	/// The seed of the block's children.
	pub seed: H256,
}

/// Which offences were punished, so that none is punished twice. Whatever is older than what it remembers
/// cannot be reported any more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ReportLog<AccountId> {
	/// Offences in slots before this one are not remembered, and not punished any more.
	pub since: Slot,
	/// Offenders by slot, in the order of slots.
	pub entries: BoundedVec<(Slot, AccountId), ConstU32<MAX_REPORTS>>,
}

impl<AccountId> Default for ReportLog<AccountId> {
	fn default() -> Self {
		Self { since: Slot::default(), entries: BoundedVec::new() }
	}
}

/// Why an offence is not punished (again).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpunished {
	/// It is too long ago.
	TooOld,
	/// It has been punished.
	Known,
}

impl<AccountId: PartialEq> ReportLog<AccountId> {
	/// Forgets what was before a slot.
	fn forget_before(&mut self, slot: Slot) {
		self.since = self.since.max(slot);
		let since = self.since;
		self.entries.retain(|(slot, _)| *slot >= since);
	}

	/// Remembers an offence, unless it was punished before or is older than `oldest`. If there is no place
	/// left, the oldest ones are forgotten, and cannot be reported any more.
	pub fn note(
		&mut self,
		slot: Slot,
		offender: AccountId,
		oldest: Slot,
	) -> Result<(), Unpunished> {
		self.forget_before(oldest);
		if slot < self.since {
			return Err(Unpunished::TooOld);
		}
		let entry = (slot, offender);
		if self.entries.contains(&entry) {
			return Err(Unpunished::Known);
		}
		if self.entries.is_full() {
			let first = self.entries.first().map(|(slot, _)| *slot).unwrap_or_default();
			self.forget_before(first.saturating_add(1u64));
			if slot < self.since {
				return Err(Unpunished::TooOld);
			}
		}
		let at = self.entries.partition_point(|(other, _)| *other <= slot);
		// There is a place now.
		self.entries.try_insert(at, entry).map_err(|_| Unpunished::TooOld)
	}
}
