//! What holds after every block.

use frame_support::{
	ensure,
	traits::{fungible::Inspect, Get},
};
use fusion_data_feed_primitives::{Definition, FeedId};
use sp_runtime::TryRuntimeError;

use crate::{pallet::*, About, HISTORY};

impl<T: Config> Pallet<T> {
	/// Checks all invariants.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_feeds()?;
		Self::check_answers()?;
		Self::check_rounds()?;
		Self::check_pay()
	}

	/// Every feed is sound, has a number that was given out, and is described.
	fn check_feeds() -> Result<(), TryRuntimeError> {
		let mut count: u32 = 0;
		for (id, feed) in FeedOf::<T>::iter() {
			count = count.saturating_add(1);
			ensure!(id < NextFeed::<T>::get(), "a feed has a number that was not given out");
			ensure!(feed.next_round > 0, "rounds are numbered from one");
			let About { description, sources } =
				AboutOf::<T>::get(id).ok_or("a feed is not described")?;
			let definition = Definition { description, sources, rules: feed.rules };
			ensure!(definition.check().is_ok(), "a feed is not sound");
		}
		ensure!(count == FeedOf::<T>::count(), "feeds are counted wrongly");
		ensure!(count <= T::MaxFeeds::get(), "there are too many feeds");
		let described = AboutOf::<T>::iter_keys().count();
		ensure!(u32::try_from(described) == Ok(count), "something is described that is no feed");
		Ok(())
	}

	/// Answers are of rounds that were, of the right kind, and expire when the rules say.
	fn check_answers() -> Result<(), TryRuntimeError> {
		for (id, answer) in AnswerOf::<T>::iter() {
			let feed = FeedOf::<T>::get(id).ok_or("an answer belongs to no feed")?;
			ensure!(answer.round < feed.next_round, "an answer is of a round that was not");
			ensure!(feed.rules.kind.check(&answer.value).is_ok(), "an answer is out of bounds");
			let expires_at = answer.started_at.saturating_add(feed.rules.lifetime.into());
			ensure!(answer.expires_at == expires_at, "an answer expires at a wrong time");
			ensure!(answer.started_at <= answer.updated_at, "an answer is older than its round");
			ensure!(answer.started_at <= feed.last_opened, "an answer's round was not the last");
		}
		for (id, slot, answer) in History::<T>::iter() {
			let feed = FeedOf::<T>::get(id).ok_or("a past answer belongs to no feed")?;
			ensure!(slot < HISTORY && slot == Self::slot(answer.round), "an answer is misplaced");
			ensure!(answer.round < feed.next_round, "a past answer is of a round that was not");
		}
		Ok(())
	}

	/// Every open round is on the agenda, at its time, once; and counts what was said in it.
	fn check_rounds() -> Result<(), TryRuntimeError> {
		let agenda = Agenda::<T>::get();
		ensure!(
			agenda.iter().zip(agenda.iter().skip(1)).all(|(a, b)| a < b),
			"the agenda is not in order"
		);
		let mut open: usize = 0;
		let mut reports: usize = 0;
		for (id, round) in RoundOf::<T>::iter() {
			open = open.saturating_add(1);
			reports = reports.saturating_add(Self::check_round(id, &agenda)?);
			ensure!(round.opened_at < round.reveal_from, "nobody can commit in a round");
			ensure!(round.reveal_from < round.closes_at, "nobody can reveal in a round");
		}
		ensure!(open == agenda.len(), "the agenda has a round that is not open");
		ensure!(reports == Reports::<T>::iter().count(), "somebody spoke in a round that is over");
		Ok(())
	}

	/// Gives how many spoke.
	fn check_round(id: FeedId, agenda: &[(u32, FeedId)]) -> Result<usize, TryRuntimeError> {
		let round = RoundOf::<T>::get(id).ok_or("a round vanished")?;
		let feed = FeedOf::<T>::get(id).ok_or("a round belongs to no feed")?;
		ensure!(!feed.paused, "a paused feed has an open round");
		ensure!(
			round.number.checked_add(1) == Some(feed.next_round),
			"the open round is not the last one"
		);
		ensure!(feed.last_opened == round.started_at, "the last round was opened at another time");
		ensure!(agenda.contains(&(round.closes_at, id)), "an open round is not on the agenda");
		let mut commits: u32 = 0;
		let mut reveals: u32 = 0;
		for (_, report) in Reports::<T>::iter_prefix(id) {
			commits = commits.saturating_add(1);
			if let Some(value) = report.value {
				reveals = reveals.saturating_add(1);
				ensure!(feed.rules.kind.check(&value).is_ok(), "a value is out of bounds");
			}
		}
		ensure!(commits > 0, "a round was opened by nobody");
		ensure!(commits == round.commits, "commitments are counted wrongly");
		ensure!(reveals == round.reveals, "reveals are counted wrongly");
		ensure!(commits <= T::MaxReports::get(), "too many have spoken");
		Ok(usize::try_from(commits).unwrap_or(usize::MAX))
	}

	/// The pot has what it owes.
	fn check_pay() -> Result<(), TryRuntimeError> {
		let owed =
			Records::<T>::iter_values().fold(0u128, |sum, record| sum.saturating_add(record.owed));
		ensure!(owed == Owed::<T>::get(), "what is owed is summed up wrongly");
		ensure!(T::Currency::balance(&Self::pot()) >= owed, "the pot owes more than it has");
		Ok(())
	}
}
