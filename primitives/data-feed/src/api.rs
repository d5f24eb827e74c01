//! The runtime API that nodes read.

use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

use crate::{
	Answer, Balance, Definition, FeedId, FeederId, Reading, RoundId, Rules, Seconds, SignedWord,
	Value,
};

/// A feed, for everybody to see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct FeedView {
	/// Its number.
	pub id: FeedId,
	/// What governance says of it.
	pub definition: Definition,
	/// How often governance has changed that: who has read its sources needs not read them again while it stays.
	pub version: u32,
	/// Whether governance has paused it.
	pub paused: bool,
}

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Phase {
	/// Feeders commit to their values.
	Commit,
	/// They reveal them.
	Reveal,
	/// Time is up: it is closed in one of the next blocks.
	Closing,
}

/// A round that is open, for everybody to see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RoundView {
	/// Its number.
	pub number: RoundId,
	/// Where it stands.
	pub phase: Phase,
	/// When it was opened.
	pub started_at: Seconds,
	/// The first block in which values can be revealed.
	pub reveal_from: u32,
	/// The first block in which they cannot any more.
	pub closes_at: u32,
	/// How many feeders there were when it was opened.
	pub feeders: u32,
	/// How many of them have to reveal a value.
	pub quorum: u32,
	/// How many have committed.
	pub commits: u32,
	/// How many have revealed.
	pub reveals: u32,
}

/// What a feeder may do in a feed's next round, or has to do in the one that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Action {
	/// Nothing, before this time: then it may look at the sources.
	Wait {
		/// When a round may be opened at the earliest.
		until: Seconds,
	},
	/// Look at the sources, and open the round by a commitment if the value has changed by more than the deviation.
	Watch,
	/// Commit: the round is open, or its heartbeat is due.
	Commit,
	/// Reveal what it has committed to by this, from that block on and before the other.
	Reveal {
		/// The commitment.
		commitment: H256,
		/// The first block in which it can be revealed.
		from: u32,
		/// The first block in which it cannot any more.
		before: u32,
	},
	/// Nothing: it has revealed, the round is closing, or the feeder may not open one before the heartbeat.
	Done,
}

/// What a feeder has to do for one feed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Duty {
	/// The feed.
	pub feed: FeedId,
	/// The version of its definition.
	pub version: u32,
	/// By what rules it is fed.
	pub rules: Rules,
	/// The round that it is about: the open one, or the next.
	pub round: RoundId,
	/// What its last answer says, fresh or not.
	pub last: Option<Value>,
	/// What is to be done.
	pub action: Action,
}

/// How a feeder has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RecordView {
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

sp_api::decl_runtime_apis! {
	/// What feeds say, and what feeders have to do.
	pub trait DataFeedApi<AccountId>
	where
		AccountId: Codec,
	{
		/// All feeds, in ascending order.
		fn feeds() -> Vec<FeedView>;
		/// A feed.
		fn feed(feed: FeedId) -> Option<FeedView>;
		/// What a feed says now.
		fn latest(feed: FeedId) -> Reading;
		/// The last answers of a feed, the newest first.
		fn history(feed: FeedId) -> Vec<Answer>;
		/// The round of a feed that is open.
		fn open_round(feed: FeedId) -> Option<RoundView>;
		/// What a feeder has to do now, for each feed that is not paused. Empty if it is no feeder, and has nothing left to
		/// reveal.
		fn duties(feeder: FeederId) -> Vec<Duty>;
		/// How a feeder has done so far.
		fn record(account: AccountId) -> Option<RecordView>;
		/// Wraps a feeder's word into a transaction for the pool.
		fn word_transaction(word: SignedWord) -> Vec<u8>;
	}
}
