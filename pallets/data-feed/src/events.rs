//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A feed was added.
		FeedAdded {
			/// Its number.
			feed: FeedId,
		},
		/// What a feed is was changed.
		FeedChanged {
			/// The feed.
			feed: FeedId,
			/// How often it has been changed.
			version: u32,
		},
		/// A feed was removed.
		FeedRemoved {
			/// The feed.
			feed: FeedId,
		},
		/// A feed was paused, or goes on.
		PausedSet {
			/// The feed.
			feed: FeedId,
			/// Whether it is paused.
			paused: bool,
		},
		/// A round was opened.
		RoundOpened {
			/// The feed.
			feed: FeedId,
			/// The round.
			round: RoundId,
			/// Whose commitment opened it.
			by: T::AccountId,
			/// Whether the heartbeat is due. If not, the feeder says that the value has changed.
			due: bool,
		},
		/// A round ended with an answer.
		Answered {
			/// The feed.
			feed: FeedId,
			/// The round.
			round: RoundId,
			/// What was agreed on.
			value: Value,
			/// How many revealed a value.
			reports: u32,
			/// How many of these were outliers.
			outliers: u32,
			/// How many committed and revealed nothing.
			unrevealed: u32,
			/// When it expires.
			expires_at: Seconds,
		},
		/// A round ended without an answer. The answer before goes on to expire.
		RoundFailed {
			/// The feed.
			feed: FeedId,
			/// The round.
			round: RoundId,
			/// Why.
			reason: Failure,
			/// How many revealed a value.
			reports: u32,
			/// How many committed and revealed nothing.
			unrevealed: u32,
		},
		/// A feeder opened a round before the heartbeat, and nothing had changed. Until then it opens no other one so.
		FalseAlarm {
			/// The feed.
			feed: FeedId,
			/// The round.
			round: RoundId,
			/// The feeder.
			feeder: T::AccountId,
			/// Until when.
			until: Seconds,
		},
		/// A feeder was paid.
		Paid {
			/// The feeder.
			feeder: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// The record of an account that feeds no more was taken out.
		RecordForgotten {
			/// The account.
			feeder: T::AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such feed.
		UnknownFeed,
		/// There are as many feeds as there may be: remove one first.
		TooManyFeeds,
		/// The description has to be 1 to 64 printable ASCII characters.
		BadDescription,
		/// A feed needs at least three sources.
		TooFewSources,
		/// Two sources have the same URL.
		SourceTwice,
		/// A URL has to begin with `https://`, have a host without user name, and only known placeholders behind it.
		BadUrl,
		/// A JSON pointer is empty, or begins with `/` (RFC 6901).
		BadPointer,
		/// The bounds of the value make no sense, or it has too many decimals or bytes.
		BadKind,
		/// It has to be: 1 ≤ interval ≤ heartbeat < lifetime ≤ four weeks, in seconds.
		BadTimes,
		/// A margin is more than all, or numbers have no tolerance.
		BadMargin,
		/// The quorum has to be 51 to 100 percent, and at least one report.
		BadQuorum,
		/// The feed is paused already, or is not.
		NoChange,
		/// The feed is paused.
		Paused,
		/// Who speaks is no feeder of this session.
		NotAFeeder,
		/// There are fewer feeders than have to reveal a value.
		TooFewFeeders,
		/// The round, or its phase, has not begun.
		TooEarly,
		/// The round, or its phase, is over.
		TooLate,
		/// The feeder has said this already, or was not asked: it has not committed, or may not open a round now.
		NotAsked,
		/// As many feeders were heard as can be.
		RoundFull,
		/// Value and salt do not fit the commitment.
		CommitmentMismatch,
		/// The value is of another type than the feed, or out of its bounds.
		BadValue,
		/// The signature is not the feeder's, or for another chain.
		BadSignature,
		/// The feeder has earned nothing that was not paid.
		NothingEarned,
		/// There is no record, or it is that of a feeder, or something is owed.
		RecordInUse,
	}

	impl<T> From<DefinitionError> for Error<T> {
		fn from(error: DefinitionError) -> Self {
			match error {
				DefinitionError::Description => Error::BadDescription,
				DefinitionError::TooFewSources => Error::TooFewSources,
				DefinitionError::SourceTwice => Error::SourceTwice,
				DefinitionError::Url(_) => Error::BadUrl,
				DefinitionError::Pointer => Error::BadPointer,
				DefinitionError::Kind => Error::BadKind,
				DefinitionError::Times => Error::BadTimes,
				DefinitionError::Margin => Error::BadMargin,
				DefinitionError::Quorum => Error::BadQuorum,
			}
		}
	}
}
