//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_slices::{Seconds, Slices};
use scale_info::TypeInfo;

pub use fusion_slices::{Coin, PledgeId};

/// An amount of any coin, in its smallest unit.
pub type Balance = u128;

/// Most boundaries that a list of slices may have.
pub const MAX_BOUNDARIES: u32 = 64;

/// Most boundaries up to which others may make a list longer. The rest of the room is for its owner.
pub const MAX_PUSHED: u32 = MAX_BOUNDARIES / 2;

/// What an account has of a coin, at each instant.
pub type AccountSlices = Slices<MAX_BOUNDARIES>;

/// A list of slices, and what is held for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Entry {
	/// The slices.
	pub slices: AccountSlices,
	/// How much FSN of the account is held for the list.
	pub deposit: Balance,
}

/// What a spender may move of another's slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Allowance {
	/// How much, over any interval. Each transfer of slices takes its amount from it, unless it is the
	/// largest amount there is.
	pub amount: Balance,
	/// How much FSN of the owner is held for it.
	pub deposit: Balance,
}

/// The word of a title's owner that a user may bond FSN, and that the owner bears slashes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Consent {
	/// How much may still be bonded.
	pub amount: Balance,
	/// What is bonded ends by then.
	pub until: Seconds,
	/// How much FSN of the owner is held for it.
	pub deposit: Balance,
}

/// FSN that is bonded to a bookkeeping node by somebody who has its use only. It is staked by an account of its
/// own, which has no key, so that it shares no slash with other stake.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Pledge<AccountId> {
	/// Who had the use until `end`, and gets the rewards.
	pub user: AccountId,
	/// Who had the title, and gets the coins.
	pub owner: AccountId,
	/// The bookkeeping node.
	pub node: AccountId,
	/// How much was bonded.
	pub amount: Balance,
	/// When the use ends.
	pub end: Seconds,
	/// Whether it was asked to be unbonded.
	pub unbonding: bool,
	/// The hour since 1970 on whose agenda it is.
	pub due: Option<u64>,
	/// How much FSN of the user is held for it.
	pub deposit: Balance,
}
