//! What is read: by contracts and other pallets, and by nodes through
//! [`DataFeedApi`](fusion_data_feed_primitives::api::DataFeedApi).

use alloc::vec::Vec;
use fusion_data_feed_primitives::{
	aggregate::quorum,
	api::{Action, Duty, FeedView, Phase, RecordView, RoundView},
	traits::{Feeders, Feeds},
	Answer, Definition, FeedId, FeederId, Reading, RoundId,
};

use crate::{pallet::*, About, AccountIdOf, Feed, Record};

impl<T: Config> Feeds for Pallet<T> {
	fn read(feed: FeedId) -> Reading {
		let Some(state) = FeedOf::<T>::get(feed) else { return Reading::Unknown };
		Reading::of(AnswerOf::<T>::get(feed), state.paused, Self::now())
	}
}

impl<T: Config> Pallet<T> {
	/// All feeds, in ascending order.
	pub fn feeds() -> Vec<FeedView> {
		let mut ids: Vec<FeedId> = FeedOf::<T>::iter_keys().collect();
		ids.sort_unstable();
		ids.into_iter().filter_map(Self::feed).collect()
	}

	/// A feed.
	pub fn feed(id: FeedId) -> Option<FeedView> {
		let Feed { rules, version, paused, .. } = FeedOf::<T>::get(id)?;
		let About { description, sources } = AboutOf::<T>::get(id)?;
		Some(FeedView {
			id,
			definition: Definition { description, sources, rules },
			version,
			paused,
		})
	}

	/// The answer of a round, if it had one and it is not too long ago.
	pub fn answer_of(feed: FeedId, round: RoundId) -> Option<Answer> {
		History::<T>::get(feed, Self::slot(round)).filter(|answer| answer.round == round)
	}

	/// The last answers of a feed, the newest first.
	pub fn history(feed: FeedId) -> Vec<Answer> {
		let mut answers: Vec<Answer> = History::<T>::iter_prefix_values(feed).collect();
		answers.sort_unstable_by_key(|answer| core::cmp::Reverse(answer.round));
		answers
	}

	/// The round of a feed that is open.
	pub fn open_round_of(id: FeedId) -> Option<RoundView> {
		let round = RoundOf::<T>::get(id)?;
		let feed = FeedOf::<T>::get(id)?;
		let next = Self::block().saturating_add(1);
		let phase = if next < round.reveal_from {
			Phase::Commit
		} else if next < round.closes_at {
			Phase::Reveal
		} else {
			Phase::Closing
		};
		Some(RoundView {
			number: round.number,
			phase,
			started_at: round.started_at,
			reveal_from: round.reveal_from,
			closes_at: round.closes_at,
			feeders: round.feeders,
			quorum: quorum(round.feeders, &feed.rules),
			commits: round.commits,
			reveals: round.reveals,
		})
	}

	/// What a feeder has to do in the next block, for each feed that is not paused.
	pub fn duties(feeder: &FeederId) -> Vec<Duty> {
		let Some(account) = T::Feeders::recent_account(feeder) else { return Vec::new() };
		let feeds = T::Feeders::account(feeder).is_some();
		let mut ids: Vec<FeedId> = FeedOf::<T>::iter_keys().collect();
		ids.sort_unstable();
		ids.into_iter().filter_map(|id| Self::duty(id, &account, feeds)).collect()
	}

	fn duty(id: FeedId, account: &AccountIdOf<T>, feeds: bool) -> Option<Duty> {
		let feed = FeedOf::<T>::get(id).filter(|feed| !feed.paused)?;
		let (round, action) = match RoundOf::<T>::get(id) {
			Some(round) => {
				let next = Self::block().saturating_add(1);
				let action = match Reports::<T>::get(id, account) {
					Some(report) if report.value.is_none() && next < round.closes_at => {
						Action::Reveal {
							commitment: report.commitment,
							from: round.reveal_from,
							before: round.closes_at,
						}
					},
					None if feeds && next < round.reveal_from => Action::Commit,
					_ => Action::Done,
				};
				(round.number, action)
			},
			None => (feed.next_round, Self::before_round(id, &feed, account, feeds)),
		};
		// Who does not feed any more has only something to reveal.
		if !feeds && !matches!(action, Action::Reveal { .. }) {
			return None;
		}
		Some(Duty {
			feed: id,
			version: feed.version,
			rules: feed.rules,
			round,
			last: AnswerOf::<T>::get(id).map(|answer| answer.value),
			action,
		})
	}

	/// What a feeder has to do while no round is open.
	fn before_round(id: FeedId, feed: &Feed, account: &AccountIdOf<T>, feeds: bool) -> Action {
		let until = Self::earliest_round(feed);
		if feeds && Self::now() < until {
			return Action::Wait { until };
		}
		match Self::may_open(id, feed, account) {
			Ok(true) => Action::Commit,
			Ok(false) => Action::Watch,
			Err(_) => Action::Done,
		}
	}

	/// How a feeder has done so far.
	pub fn record(account: &AccountIdOf<T>) -> Option<RecordView> {
		let record = Records::<T>::try_get(account).ok()?;
		let Record { good, outliers, unrevealed, false_alarms, benched_until, owed } = record;
		Some(RecordView { good, outliers, unrevealed, false_alarms, benched_until, owed })
	}
}
