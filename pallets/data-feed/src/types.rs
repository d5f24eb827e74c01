//! What the pallet keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::BoundedVec;
use fusion_data_feed_primitives::{
	definition::MAX_DESCRIPTION, Balance, FeederId, RoundId, Rules, Seconds, Sources, Value,
};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};

/// How many of a feed's rounds back answers can be looked up.
pub const HISTORY: u32 = 16;

/// A feed: what words are judged by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Feed {
	/// By what rules it is fed.
	pub rules: Rules,
	/// How often governance has changed what it is.
	pub version: u32,
	/// Whether it is paused.
	pub paused: bool,
	/// The number of the next round.
	pub next_round: RoundId,
	/// When the last round was opened, whatever it ended with. 0 if there was none.
	pub last_opened: Seconds,
}

/// What a feed is called, and where its value is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct About {
	/// What it says, for people.
	pub description: BoundedVec<u8, ConstU32<MAX_DESCRIPTION>>,
	/// Where on the web it is.
	pub sources: Sources,
}

/// A round that is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Round<AccountId> {
	/// Its number.
	pub number: RoundId,
	/// The block in which it was opened.
	pub opened_at: u32,
	/// When that was.
	pub started_at: Seconds,
	/// The first block in which values can be revealed, and no value can be committed to.
	pub reveal_from: u32,
	/// The first block in which they cannot be revealed any more.
	pub closes_at: u32,
	/// How many feeders there were when it was opened.
	pub feeders: u32,
	/// How many have committed.
	pub commits: u32,
	/// How many have revealed.
	pub reveals: u32,
	/// Who opened it before the heartbeat was due.
	pub early: Option<AccountId>,
}

/// What a feeder has said in a round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Report {
	/// The key that it has said it with.
	pub feeder: FeederId,
	/// Its commitment.
	pub commitment: H256,
	/// How many blocks after the opening it has committed.
	pub delay: u32,
	/// Its value, once it has revealed it.
	pub value: Option<Value>,
}

/// How a feeder has done so far. Numbers stay where they are when they are at their largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record {
	/// Values that were agreed with.
	pub good: u32,
	/// Values that were outliers.
	pub outliers: u32,
	/// Commitments that were not revealed.
	pub unrevealed: u32,
	/// Rounds that it opened before the heartbeat and in which nothing had changed.
	pub false_alarms: u32,
	/// Until then it opens no round before the heartbeat.
	pub benched_until: Seconds,
	/// What it has earned and was not paid yet.
	pub owed: Balance,
}

/// Why a round had no answer.
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
	/// Too few feeders revealed a value.
	NoQuorum,
	/// No more than half of them are within the tolerance of their median.
	NoAgreement,
	/// It took so long that the answer would be stale: there were no blocks for a while.
	Expired,
	/// Governance changed, paused or removed the feed.
	GivenUp,
}
