//! What accounts, wallets and explorers are shown of slices.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{Amount, Interval, Seconds, Slices};

/// Number of a pledge. Counts up from 0 and is never used again.
pub type PledgeId = u64;

/// A coin of which there can be slices.
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
)]
pub enum Coin {
	/// The native token.
	#[codec(index = 0)]
	Fsn,
	/// A mapped coin, by its number.
	#[codec(index = 1)]
	Mapped(u32),
}

/// A slice: an amount over an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SliceView {
	/// How much.
	pub amount: Amount,
	/// Its first second.
	pub start: Seconds,
	/// The first second after it; [`FOREVER`](crate::FOREVER) if there is none.
	pub end: Seconds,
}

impl From<(Interval, Amount)> for SliceView {
	fn from((interval, amount): (Interval, Amount)) -> Self {
		Self { amount, start: interval.start(), end: interval.end() }
	}
}

/// An instant at which an account has the use of more or less than before, if nobody does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ChangeView {
	/// When, in seconds since 1970.
	pub at: Seconds,
	/// How much the account has the use of until then.
	pub before: Amount,
	/// And from then on. What is more comes to it, or back; what is less has ended.
	pub after: Amount,
}

/// FSN that is bonded to a bookkeeping node by whom it was lent to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PledgeView<AccountId> {
	/// Its number.
	pub pledge: PledgeId,
	/// Who had the use until `end`, and gets the rewards.
	pub user: AccountId,
	/// Who had the title, and gets the coins.
	pub owner: AccountId,
	/// The bookkeeping node.
	pub node: AccountId,
	/// How much was bonded, in the smallest unit of FSN.
	pub amount: Amount,
	/// When the use ends, in seconds since 1970.
	pub end: Seconds,
	/// Whether it was asked to be unbonded.
	pub unbonding: bool,
}

impl<const MAX: u32> Slices<MAX> {
	/// When there is more or less than before, after an instant, in the order of time.
	pub fn changes_after(&self, now: Seconds) -> Vec<ChangeView> {
		let mut before = self.value(now);
		self.steps()
			.iter()
			.filter(|step| step.at > now)
			.map(|step| {
				let change = ChangeView { at: step.at, before, after: step.amount };
				before = step.amount;
				change
			})
			.collect()
	}
}
