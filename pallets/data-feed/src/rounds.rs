//! Rounds: how they are opened, and what they end with.

use alloc::vec::Vec;
use frame_support::{
	dispatch::DispatchClass,
	pallet_prelude::{DispatchError, Weight},
	traits::{Get, OnTimestampSet},
};
use fusion_data_feed_primitives::{
	aggregate::quorum,
	agree, score,
	traits::{Feeders, OnAnswer},
	Answer, FeedId, Value,
};

use crate::{pallet::*, AccountIdOf, Failure, Feed, Report, Round, WeightInfo, HISTORY};

/// What feeders have said in a round.
type ReportsOf<T> = Vec<(AccountIdOf<T>, Report)>;

/// A block has said its time: rounds whose time is up are closed now. With the time of the block before, one would be
/// accepted, and paid for, that is stale.
impl<T: Config, Moment> OnTimestampSet<Moment> for Pallet<T> {
	fn on_timestamp_set(_: Moment) {
		let weight = Self::close_due(Self::block());
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			weight,
			DispatchClass::Mandatory,
		);
	}
}

impl<T: Config> Pallet<T> {
	/// Opens a round.
	pub(crate) fn open_round(
		id: FeedId,
		mut feed: Feed,
		by: &AccountIdOf<T>,
		due: bool,
	) -> Result<Round<AccountIdOf<T>>, DispatchError> {
		let block = Self::block();
		let started_at = Self::now();
		let number = feed.next_round;
		let reveal_from = block.saturating_add(T::CommitPhase::get());
		let closes_at = reveal_from.saturating_add(T::RevealPhase::get());
		feed.next_round = number.checked_add(1).ok_or(Error::<T>::TooLate)?;
		feed.last_opened = started_at;
		FeedOf::<T>::insert(id, feed);
		Agenda::<T>::mutate(|agenda| Self::put_on(agenda, closes_at, id));
		Self::deposit_event(Event::RoundOpened { feed: id, round: number, by: by.clone(), due });
		Ok(Round {
			number,
			opened_at: block,
			started_at,
			reveal_from,
			closes_at,
			feeders: T::Feeders::count(),
			commits: 0,
			reveals: 0,
			early: (!due).then(|| by.clone()),
		})
	}

	/// The round closes so many blocks from now, if that is earlier than it would.
	pub(crate) fn reschedule(id: FeedId, round: &mut Round<AccountIdOf<T>>, blocks: u32) {
		let closes_at = Self::block().saturating_add(blocks);
		if closes_at >= round.closes_at {
			return;
		}
		round.closes_at = closes_at;
		Agenda::<T>::mutate(|agenda| {
			agenda.retain(|(_, other)| *other != id);
			Self::put_on(agenda, closes_at, id);
		});
	}

	/// Puts a feed on the agenda, which stays in order. There is room: each feed is on it at most once.
	fn put_on(
		agenda: &mut frame_support::BoundedVec<(u32, FeedId), T::MaxFeeds>,
		at: u32,
		id: FeedId,
	) {
		let position = agenda.partition_point(|entry| *entry < (at, id));
		if agenda.try_insert(position, (at, id)).is_err() {
			log::error!(target: crate::LOG_TARGET, "there are more open rounds than feeds");
		}
	}

	/// Closes rounds whose time is up: at most [`Config::MaxClosings`], those first that ended first. Gives the weight.
	pub(crate) fn close_due(block: u32) -> Weight {
		let mut agenda = Agenda::<T>::get();
		let most = usize::try_from(T::MaxClosings::get()).unwrap_or(usize::MAX);
		let due = agenda.iter().take(most).take_while(|(at, _)| *at <= block).count();
		let mut weight = T::WeightInfo::close_nothing();
		if due == 0 {
			return weight;
		}
		let feeds: Vec<FeedId> = agenda.drain(..due).map(|(_, feed)| feed).collect();
		Agenda::<T>::put(agenda);
		for feed in feeds {
			weight = weight.saturating_add(Self::close_round(feed));
		}
		weight
	}

	/// The weight of closing a round in which so many have spoken.
	pub(crate) fn weight_to_close(reports: u32) -> Weight {
		T::WeightInfo::close_round(reports).saturating_add(T::OnAnswer::weight())
	}

	/// What feeders have said, which is forgotten. At most [`Config::MaxReports`].
	pub(crate) fn take_reports(id: FeedId) -> ReportsOf<T> {
		Reports::<T>::drain_prefix(id).collect()
	}

	/// Closes the round of a feed. Gives the weight.
	fn close_round(id: FeedId) -> Weight {
		let (Some(round), Some(feed)) = (RoundOf::<T>::take(id), FeedOf::<T>::get(id)) else {
			log::error!(target: crate::LOG_TARGET, "the round of feed {id} is not there to close");
			return T::WeightInfo::close_nothing();
		};
		let reports = Self::take_reports(id);
		let before = AnswerOf::<T>::get(id).map(|answer| answer.value);
		let outcome = Self::outcome(&feed, &round, &reports);
		let changed = match (&outcome, &before) {
			(Ok(value), Some(before)) => !feed.rules.deviation.covers(before, value),
			(Ok(_), None) => true,
			(Err(_), _) => false,
		};
		// Nobody is paid for a round that was needless, or else feeders would open such rounds.
		let paid = changed || round.early.is_none();
		// That there were no blocks for a while is nobody's fault.
		let needless = !paid && outcome != Err(Failure::Expired);
		let unrevealed = Self::count_unrevealed(&reports);
		match outcome {
			Ok(value) => {
				let outliers = Self::settle_reports(&feed, &round, &reports, &value, paid);
				Self::answer(id, &feed, &round, value, before, outliers, unrevealed);
			},
			Err(reason) => Self::deposit_event(Event::RoundFailed {
				feed: id,
				round: round.number,
				reason,
				reports: round.reveals,
				unrevealed,
			}),
		}
		if needless {
			Self::note_false_alarm(id, &feed, &round);
		}
		Self::weight_to_close(round.commits)
	}

	/// What a round ends with.
	fn outcome(
		feed: &Feed,
		round: &Round<AccountIdOf<T>>,
		reports: &[(AccountIdOf<T>, Report)],
	) -> Result<Value, Failure> {
		let values: Vec<Value> =
			reports.iter().filter_map(|(_, report)| report.value.clone()).collect();
		if round.reveals < quorum(round.feeders, &feed.rules) {
			return Err(Failure::NoQuorum);
		}
		if Self::now() >= round.started_at.saturating_add(feed.rules.lifetime.into()) {
			return Err(Failure::Expired);
		}
		agree(&values, values.len(), &feed.rules.tolerance).ok_or(Failure::NoAgreement)
	}

	/// Counts those who have revealed nothing, each with itself as well.
	fn count_unrevealed(reports: &[(AccountIdOf<T>, Report)]) -> u32 {
		let mut count: u32 = 0;
		for (account, _) in reports.iter().filter(|(_, report)| report.value.is_none()) {
			count = count.saturating_add(1);
			Records::<T>::mutate(account, |record| {
				record.unrevealed = record.unrevealed.saturating_add(1);
			});
		}
		count
	}

	/// Notes for each feeder how its value was, and what it earns with it. Gives how many were outliers.
	fn settle_reports(
		feed: &Feed,
		round: &Round<AccountIdOf<T>>,
		reports: &[(AccountIdOf<T>, Report)],
		answer: &Value,
		paid: bool,
	) -> u32 {
		let budget = if paid { Self::budget(feed.rules.reward) } else { 0 };
		let each = budget.checked_div(round.feeders.max(round.commits).into()).unwrap_or(0);
		let mut outliers: u32 = 0;
		let mut sum = 0;
		for (account, report) in reports {
			let Some(value) = &report.value else { continue };
			let good = feed.rules.tolerance.covers(answer, value);
			let window = T::CommitPhase::get();
			let score = score(answer, value, &feed.rules.tolerance, report.delay, window);
			let earned = Self::share(each, score);
			sum = earned.saturating_add(sum);
			Records::<T>::mutate(account, |record| {
				let count = if good { &mut record.good } else { &mut record.outliers };
				*count = count.saturating_add(1);
				record.owed = record.owed.saturating_add(earned);
			});
			if !good {
				outliers = outliers.saturating_add(1);
			}
		}
		if sum > 0 {
			Owed::<T>::mutate(|owed| *owed = owed.saturating_add(sum));
		}
		outliers
	}

	fn answer(
		id: FeedId,
		feed: &Feed,
		round: &Round<AccountIdOf<T>>,
		value: Value,
		before: Option<Value>,
		outliers: u32,
		unrevealed: u32,
	) {
		let answer = Answer {
			round: round.number,
			value,
			reports: round.reveals,
			started_at: round.started_at,
			updated_at: Self::now(),
			expires_at: round.started_at.saturating_add(feed.rules.lifetime.into()),
		};
		AnswerOf::<T>::insert(id, &answer);
		History::<T>::insert(id, Self::slot(round.number), &answer);
		T::OnAnswer::on_answer(id, &answer, before.as_ref());
		Self::deposit_event(Event::Answered {
			feed: id,
			round: answer.round,
			value: answer.value,
			reports: answer.reports,
			outliers,
			unrevealed,
			expires_at: answer.expires_at,
		});
	}

	/// Where the answer of a round is in [`History`].
	pub(crate) fn slot(round: u64) -> u32 {
		// Less than `HISTORY`.
		round.checked_rem(HISTORY.into()).unwrap_or(0) as u32
	}

	/// Who opened a round without need opens no other one so before the heartbeat.
	fn note_false_alarm(id: FeedId, feed: &Feed, round: &Round<AccountIdOf<T>>) {
		let Some(feeder) = round.early.clone() else { return };
		let until = round.started_at.saturating_add(feed.rules.heartbeat.into());
		Records::<T>::mutate(&feeder, |record| {
			record.false_alarms = record.false_alarms.saturating_add(1);
			record.benched_until = record.benched_until.max(until);
		});
		Self::deposit_event(Event::FalseAlarm { feed: id, round: round.number, feeder, until });
	}
}
