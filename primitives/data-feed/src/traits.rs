//! What the pallet needs of others, and what it gives them.

use sp_runtime::Weight;

use crate::{Answer, FeedId, FeederId, Reading, Value};

/// Who feeds: the bookkeeping nodes of the session.
pub trait Feeders<AccountId> {
	/// The account of the feeder that speaks with this key. `None` if none does in this session.
	fn account(feeder: &FeederId) -> Option<AccountId>;
	/// The same for this session and the one before: who has committed may reveal when a session has begun in between.
	fn recent_account(feeder: &FeederId) -> Option<AccountId>;
	/// Whether the account is a feeder's in this session.
	fn is_feeder(account: &AccountId) -> bool;
	/// How many feeders there are.
	fn count() -> u32;
}

/// The feeds, as other pallets see them.
pub trait Feeds {
	/// What a feed says now.
	fn read(feed: FeedId) -> Reading;
}

/// Is told when a feed has a new answer, and when its answers are void.
pub trait OnAnswer {
	/// The feed has a new answer; `before` is what the answer before it said, if there was one of the same kind. Must not
	/// fail.
	fn on_answer(feed: FeedId, answer: &Answer, before: Option<&Value>);

	/// The feed's answers are void: it was removed, or what it says cannot be compared any more with what it said before.
	/// Must not fail.
	fn on_forgotten(feed: FeedId) {
		let _ = feed;
	}

	/// The most weight that one of the others takes.
	fn weight() -> Weight;
}

impl OnAnswer for () {
	fn on_answer(_: FeedId, _: &Answer, _: Option<&Value>) {}

	fn weight() -> Weight {
		Weight::zero()
	}
}
