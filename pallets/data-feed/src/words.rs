//! What feeders say: what is listened to, and what comes of it.
//!
//! Words are free, so all of them are bounded: each is good once, for one feeder, feed and round, in one phase of it. The
//! same checks are made before a word enters the pool, and again before it is dispatched.

use frame_support::{
	ensure,
	pallet_prelude::{
		DispatchResult, InvalidTransaction, TransactionPriority, TransactionSource,
		TransactionValidityError, TransactionValidityWithRefund, ValidTransaction, Weight,
	},
	traits::{Get, UnixTime},
};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_data_feed_primitives::{
	aggregate::quorum, commitment, traits::Feeders, word::Salt, FeedId, FeedWord, FeederId,
	RoundId, Seconds, SignedWord, Value,
};
use sp_core::H256;
use sp_runtime::{traits::Zero, SaturatedConversion};

use crate::{pallet::*, AccountIdOf, Feed, Report, Round};

/// Priority of words in the pool. There are few of them, they are worth something for some blocks only, and contracts wait
/// for them: they go before what pays fees.
pub const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// Codes of `InvalidTransaction::Custom` for words that are refused.
pub mod refusal {
	/// There is no such feed.
	pub const UNKNOWN_FEED: u8 = 1;
	/// The feed is paused.
	pub const PAUSED: u8 = 2;
	/// There are fewer feeders than have to reveal a value.
	pub const TOO_FEW_FEEDERS: u8 = 3;
	/// As many feeders were heard as can be.
	pub const ROUND_FULL: u8 = 4;
	/// Value and salt do not fit the commitment.
	pub const COMMITMENT_MISMATCH: u8 = 5;
	/// The value is of another type than the feed, or out of its bounds.
	pub const BAD_VALUE: u8 = 6;
}

/// A word that the chain waits for, with what was looked up to find that out.
pub(crate) enum Admitted<T: Config> {
	/// A commitment that opens a round.
	Opening { account: AccountIdOf<T>, feed: Feed, due: bool },
	/// A commitment in the round that is open.
	Commit { account: AccountIdOf<T>, round: Round<AccountIdOf<T>> },
	/// A reveal.
	Reveal { account: AccountIdOf<T>, round: Round<AccountIdOf<T>>, report: Report },
}

impl<T: Config> Pallet<T> {
	/// Whether the word may enter the pool and a block. See [`Call::speak`].
	pub(crate) fn authorize_speak(
		_: TransactionSource,
		signed: &SignedWord,
	) -> TransactionValidityWithRefund {
		// The signature is what costs most, so it comes last.
		Self::admit(&signed.feeder, &signed.word).map_err(Self::refusal)?;
		ensure!(signed.verify(Self::genesis()), Self::refusal(Error::BadSignature));
		let reveals = matches!(signed.word, FeedWord::Reveal { .. });
		let phases = T::CommitPhase::get().max(T::RevealPhase::get());
		let validity = ValidTransaction::with_tag_prefix("FusionDataFeed")
			.priority(PRIORITY)
			.and_provides((&signed.feeder, signed.word.subject(), reveals))
			.longevity(phases.into())
			.propagate(true)
			.build()?;
		Ok((validity, Weight::zero()))
	}

	/// What the pool is told.
	fn refusal(error: Error<T>) -> TransactionValidityError {
		let custom = match error {
			Error::NotAFeeder => return InvalidTransaction::BadSigner.into(),
			Error::TooLate | Error::NotAsked => return InvalidTransaction::Stale.into(),
			Error::TooEarly => return InvalidTransaction::Future.into(),
			Error::BadSignature => return InvalidTransaction::BadProof.into(),
			Error::UnknownFeed => refusal::UNKNOWN_FEED,
			Error::Paused => refusal::PAUSED,
			Error::TooFewFeeders => refusal::TOO_FEW_FEEDERS,
			Error::RoundFull => refusal::ROUND_FULL,
			Error::CommitmentMismatch => refusal::COMMITMENT_MISMATCH,
			Error::BadValue => refusal::BAD_VALUE,
			_ => return InvalidTransaction::Call.into(),
		};
		InvalidTransaction::Custom(custom).into()
	}

	/// Whether the chain waits for this word of this feeder.
	pub(crate) fn admit(feeder: &FeederId, word: &FeedWord) -> Result<Admitted<T>, Error<T>> {
		match word {
			FeedWord::Commit { feed, round, .. } => Self::admit_commit(feeder, *feed, *round),
			FeedWord::Reveal { feed, round, value, salt } => {
				Self::admit_reveal(feeder, *feed, *round, value, salt)
			},
		}
	}

	fn admit_commit(
		feeder: &FeederId,
		id: FeedId,
		number: RoundId,
	) -> Result<Admitted<T>, Error<T>> {
		let feed = FeedOf::<T>::get(id).ok_or(Error::UnknownFeed)?;
		ensure!(!feed.paused, Error::Paused);
		let account = T::Feeders::account(feeder).ok_or(Error::NotAFeeder)?;
		let Some(round) = RoundOf::<T>::get(id) else {
			ensure!(number >= feed.next_round, Error::TooLate);
			ensure!(number <= feed.next_round, Error::TooEarly);
			let due = Self::may_open(id, &feed, &account)?;
			return Ok(Admitted::Opening { account, feed, due });
		};
		ensure!(number >= round.number, Error::TooLate);
		ensure!(number <= round.number, Error::TooEarly);
		ensure!(Self::block() < round.reveal_from, Error::TooLate);
		ensure!(round.commits < T::MaxReports::get(), Error::RoundFull);
		ensure!(!Reports::<T>::contains_key(id, &account), Error::NotAsked);
		Ok(Admitted::Commit { account, round })
	}

	/// Whether a feeder may open a round now. Gives whether the heartbeat is due.
	pub(crate) fn may_open(
		id: FeedId,
		feed: &Feed,
		account: &AccountIdOf<T>,
	) -> Result<bool, Error<T>> {
		let feeders = T::Feeders::count();
		ensure!(quorum(feeders, &feed.rules) <= feeders, Error::TooFewFeeders);
		let now = Self::now();
		ensure!(now >= Self::earliest_round(feed), Error::TooEarly);
		let due = Self::is_heartbeat_due(id, feed, now);
		ensure!(due || now >= Records::<T>::get(account).benched_until, Error::NotAsked);
		Ok(due)
	}

	/// When the next round may be opened at the earliest.
	pub(crate) fn earliest_round(feed: &Feed) -> Seconds {
		feed.last_opened.saturating_add(feed.rules.interval.into())
	}

	/// Whether there is no answer whose heartbeat is not over.
	pub(crate) fn is_heartbeat_due(id: FeedId, feed: &Feed, now: Seconds) -> bool {
		AnswerOf::<T>::get(id).is_none_or(|answer| {
			now >= answer.started_at.saturating_add(feed.rules.heartbeat.into())
		})
	}

	fn admit_reveal(
		feeder: &FeederId,
		id: FeedId,
		number: RoundId,
		value: &Value,
		salt: &Salt,
	) -> Result<Admitted<T>, Error<T>> {
		let feed = FeedOf::<T>::get(id).ok_or(Error::UnknownFeed)?;
		let Some(round) = RoundOf::<T>::get(id) else {
			let over = number < feed.next_round;
			return Err(if over { Error::TooLate } else { Error::TooEarly });
		};
		ensure!(number >= round.number, Error::TooLate);
		ensure!(number <= round.number, Error::TooEarly);
		let block = Self::block();
		ensure!(block >= round.reveal_from, Error::TooEarly);
		ensure!(block < round.closes_at, Error::TooLate);
		let account = T::Feeders::recent_account(feeder).ok_or(Error::NotAFeeder)?;
		let report = Reports::<T>::get(id, &account).ok_or(Error::NotAsked)?;
		ensure!(report.value.is_none(), Error::NotAsked);
		let made = commitment(Self::genesis(), id, number, feeder, value, salt);
		ensure!(made == report.commitment, Error::CommitmentMismatch);
		ensure!(feed.rules.kind.check(value).is_ok(), Error::BadValue);
		Ok(Admitted::Reveal { account, round, report })
	}

	/// Takes a feeder's word. Its signature has been checked.
	pub(crate) fn do_speak(signed: SignedWord) -> DispatchResult {
		let SignedWord { feeder, word, .. } = signed;
		let (feed, _) = word.subject();
		match (Self::admit(&feeder, &word)?, word) {
			(
				Admitted::Opening { account, feed: state, due },
				FeedWord::Commit { commitment, .. },
			) => {
				let round = Self::open_round(feed, state, &account, due)?;
				Self::note_commit(feed, round, account, feeder, commitment);
			},
			(Admitted::Commit { account, round }, FeedWord::Commit { commitment, .. }) => {
				Self::note_commit(feed, round, account, feeder, commitment);
			},
			(Admitted::Reveal { account, round, report }, FeedWord::Reveal { value, .. }) => {
				Self::note_reveal(feed, round, account, Report { value: Some(value), ..report });
			},
			// What was admitted is what was said.
			_ => return Err(Error::<T>::NotAsked.into()),
		}
		Ok(())
	}

	fn note_commit(
		feed: FeedId,
		mut round: Round<AccountIdOf<T>>,
		account: AccountIdOf<T>,
		feeder: FeederId,
		commitment: H256,
	) {
		let block = Self::block();
		let delay = block.saturating_sub(round.opened_at);
		Reports::<T>::insert(feed, account, Report { feeder, commitment, delay, value: None });
		round.commits = round.commits.saturating_add(1);
		if round.commits >= round.feeders {
			// Nobody is left to wait for.
			round.reveal_from = block.saturating_add(1);
			Self::reschedule(feed, &mut round, T::RevealPhase::get().saturating_add(1));
		}
		RoundOf::<T>::insert(feed, round);
	}

	fn note_reveal(
		feed: FeedId,
		mut round: Round<AccountIdOf<T>>,
		account: AccountIdOf<T>,
		report: Report,
	) {
		Reports::<T>::insert(feed, account, report);
		round.reveals = round.reveals.saturating_add(1);
		if round.reveals >= round.commits {
			Self::reschedule(feed, &mut round, 1);
		}
		RoundOf::<T>::insert(feed, round);
	}

	/// The hash of the first block, by which words are bound to this chain.
	pub(crate) fn genesis() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// The number of the block.
	pub(crate) fn block() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// What time it is: that of the block, or, as long as it has not said, of the one before.
	pub fn now() -> Seconds {
		T::Clock::now().as_secs()
	}
}
