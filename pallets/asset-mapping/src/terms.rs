//! Upkeep and pay: what governance sets for them, and what is stored of them.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_asset_mapping_primitives::{upkeep::UpkeepKind, Amount};
use scale_info::TypeInfo;
use sp_runtime::Saturating;

/// Most small coins that are counted. [`UpkeepParameters::above`] is not more.
pub const MAX_COUNTED: u32 = 60;

/// When small coins of the active group become one: all of it must hold. Amounts are in the external chain's smallest
/// unit.
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
pub struct UpkeepParameters {
	/// Coins below this are small. 0: none is, and nothing is consolidated.
	pub small: Amount,
	/// How many small coins that no batch spends the group may have. More of them are too many. From 1 to
	/// [`MAX_COUNTED`].
	pub above: u32,
	/// Most coins that one transaction makes one. At least 2; not more than the external chain allows are taken.
	pub most: u32,
	/// The fee rate that members report is not above this. In the external chain's smallest unit for one virtual byte.
	pub fee_rate: u64,
	/// So many blocks have passed since it was done last. At least 1.
	pub interval: u32,
}

impl Default for UpkeepParameters {
	fn default() -> Self {
		Self {
			// A hundredth of a bitcoin.
			small: 1_000_000,
			above: 40,
			most: 20,
			fee_rate: 5,
			// An hour of blocks of six seconds.
			interval: 600,
		}
	}
}

impl UpkeepParameters {
	/// Whether every value is in its range.
	pub fn is_valid(&self) -> bool {
		(1..=MAX_COUNTED).contains(&self.above) && self.most >= 2 && self.interval >= 1
	}
}

/// A batch that pays no intents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Upkeep {
	/// Why it is made.
	pub kind: UpkeepKind,
	/// What is set aside of the fee reserve for it: the fee of its dearest attempt, which is the last one.
	pub pledged: Amount,
}

/// What members earn for what they witness, in the smallest unit of the native token.
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
pub struct PayParameters<Balance> {
	/// For having been the first to say what was then decided.
	pub initiating: Balance,
	/// For each member whose vote was one of those that decided, the first one included.
	pub confirming: Balance,
	/// Most decisions that are paid in a bucket of `FlowBucket` blocks: whoever makes many deposits does not decide
	/// how much is paid.
	pub most: u32,
}

/// One kind of work of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Work<Balance> {
	/// How often it was done.
	pub works: u64,
	/// What was earned and not paid out yet.
	pub unpaid: Balance,
}

impl<Balance: Copy + Saturating> Work<Balance> {
	/// It was done once more, for so much.
	pub(crate) fn add(&mut self, earned: Balance) {
		self.works = self.works.saturating_add(1);
		self.unpaid = self.unpaid.saturating_add(earned);
	}
}

/// What an account has done as a witness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Witnessing<Balance> {
	/// It was the first to say what was then decided.
	pub initiating: Work<Balance>,
	/// Its vote was one of those that decided.
	pub confirming: Work<Balance>,
}
