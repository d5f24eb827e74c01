//! What is kept of what rows wait for, other than a block or a time.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use fusion_calling_list_primitives::{
	feed::{FeedAnswer, FeedId, Stand, Unit},
	foreign::ForeignKey,
	RowId,
};
use scale_info::TypeInfo;

/// Most answers of a feed that wait to be judged.
pub const MAX_ANSWERS: u32 = 4;

/// How a row waits for its feed.
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
pub struct Watch {
	/// What the feed's numbers were told in when the row began.
	pub unit: Unit,
	/// How it stands to the feed.
	pub stand: Stand,
	/// If it is set, the answer of that round is what it waits for, or the next one after it, whatever it says.
	pub round: Option<u64>,
	/// Whether it waits. It does not while it is paused.
	pub active: bool,
}

/// A feed that rows wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct WatchedFeed {
	/// How many rows.
	pub rows: u32,
	/// Answers that are not judged yet, oldest first.
	pub news: BoundedVec<FeedAnswer, ConstU32<MAX_ANSWERS>>,
	/// Whether it was removed, or has other values now, and rows are being paused for that.
	pub gone: bool,
	/// When it is its turn, if there is something new.
	pub queued: Option<Ordinal>,
}

/// The orders in which rows wait for a feed.
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
pub enum Side {
	/// By the round whose answer they wait for, whatever it says.
	#[codec(index = 0)]
	Round,
	/// By the number that an answer has to be at most, highest first.
	#[codec(index = 1)]
	Falling,
	/// By the number that an answer has to be at least, lowest first.
	#[codec(index = 2)]
	Rising,
}

/// A place in such an order. Bytes are in the order of numbers: first by the number, then by the row.
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
pub struct FeedPlace([u8; 16], [u8; 8]);

impl FeedPlace {
	/// Where a row stands that waits for a number.
	pub fn new(side: Side, at: i128, id: RowId) -> Self {
		Self(Self::turned(side, at).to_be_bytes(), id.to_be_bytes())
	}

	/// The number.
	pub fn at(&self, side: Side) -> i128 {
		Self::turned(side, i128::from_be_bytes(self.0))
	}

	/// The row.
	pub fn id(&self) -> RowId {
		u64::from_be_bytes(self.1)
	}

	/// Negative numbers come before the others, and the other way round if the highest is first.
	fn turned(side: Side, number: i128) -> i128 {
		let number = number ^ i128::MIN;
		match side {
			Side::Round | Side::Rising => number,
			Side::Falling => !number,
		}
	}
}

/// Most that has happened to an item and that rows were not told of yet.
pub const MAX_HAPPENED: u32 = 16;

/// What has happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ForeignNews {
	/// How much was credited. 0 for lock-outs.
	pub amount: u128,
	/// The last row that there was then: later ones are not told.
	pub upto: RowId,
}

/// An item of another chain that rows wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct WatchedItem {
	/// How many rows.
	pub rows: u32,
	/// What has happened, oldest first.
	pub news: BoundedVec<ForeignNews, ConstU32<MAX_HAPPENED>>,
	/// The last row that was told of the oldest. 0: none was.
	pub told: RowId,
	/// Whether nothing can happen any more, so that rows are being paused.
	pub gone: bool,
	/// When it is its turn, if there is something new.
	pub queued: Option<Ordinal>,
}

/// How a row stands to what it waits for on another chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Standing {
	/// It is on the list of that.
	#[codec(index = 0)]
	Waits,
	/// It has happened, and does not happen again.
	#[codec(index = 1)]
	Happened,
	/// It cannot happen any more.
	#[codec(index = 2)]
	Gone,
}

/// What something can happen to that rows wait for.
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
pub enum Subject {
	/// A data feed.
	#[codec(index = 0)]
	Feed(FeedId),
	/// An item of another chain.
	#[codec(index = 1)]
	Foreign(ForeignKey),
}

/// A number, a row's or a turn's. Bytes are in the order of numbers.
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
pub struct Ordinal([u8; 8]);

impl Ordinal {
	/// The number's.
	pub fn new(number: u64) -> Self {
		Self(number.to_be_bytes())
	}

	/// The number.
	pub fn number(&self) -> u64 {
		u64::from_be_bytes(self.0)
	}
}

/// The queue of subjects with news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Outline {
	/// The next turn.
	pub next: u64,
	/// How many wait.
	pub waiting: u32,
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn places_should_be_in_the_order_in_which_answers_reach_them(
			a in any::<i128>(),
			b in any::<i128>(),
			id in any::<u64>(),
		) {
			for side in [Side::Round, Side::Falling, Side::Rising] {
				let [first, second] = [a, b].map(|at| FeedPlace::new(side, at, id));
				prop_assert_eq!((first.at(side), first.id()), (a, id));
				let order = if side == Side::Falling { b.cmp(&a) } else { a.cmp(&b) };
				prop_assert_eq!(first.encode().cmp(&second.encode()), order);
			}
			let [early, late] = [id, id.saturating_add(1)].map(|id| FeedPlace::new(Side::Rising, a, id));
			prop_assert!(early.encode() <= late.encode());
		}
	}
}
