//! Answers of data feeds make rows due.
//!
//! Each row that waits for a feed stands in an order of that feed at each number from which on an answer changes
//! something for it ([`FeedRule::bounds`]): *rising*, lowest first, and *falling*, highest first. So those that an
//! answer reaches are the first of each order. Rows for which every answer counts, or the next one whatever it says,
//! stand in a third order, by the round of that.

use crate::{
	watches::{FeedPlace, Ordinal, Side, Subject, Watch, WatchedFeed},
	Config, Error, Event, FeedOrders, Pallet, Rows, WatchedFeeds, Watches, LOG_TARGET,
};
use frame_support::ensure;
use fusion_calling_list_primitives::{
	feed::{FeedAnswer, FeedId, FeedRule, Stand},
	traits::DataFeeds,
	Condition, Missed, Reason, RowId,
};
use sp_runtime::DispatchResult;

/// A feed's orders.
const SIDES: [Side; 3] = [Side::Round, Side::Falling, Side::Rising];

impl<T: Config> Pallet<T> {
	/// A feed has an answer. To be called once for each, in their order. Takes the same whoever waits for it.
	pub fn feed_answered(feed: FeedId, answer: FeedAnswer) {
		let Some(mut watched) = WatchedFeeds::<T>::get(feed) else { return };
		if watched.gone {
			// Nobody is to be told any more.
			return;
		}
		if watched.news.try_push(answer).is_err() {
			// The last one is what counts in the end.
			if let Some(last) = watched.news.last_mut() {
				let lost = core::mem::replace(last, answer);
				Self::deposit_event(Event::AnswerLost { feed, round: lost.round });
			}
		}
		Self::tell_feed(feed, watched);
	}

	/// A feed was removed, or its values cannot be compared with those before any more: all rows that wait for it are
	/// paused.
	pub fn feed_forgotten(feed: FeedId) {
		let Some(mut watched) = WatchedFeeds::<T>::get(feed) else { return };
		watched.news.clear();
		watched.gone = true;
		Self::tell_feed(feed, watched);
	}

	/// There is something new of a feed.
	fn tell_feed(feed: FeedId, mut watched: WatchedFeed) {
		if watched.queued.is_none() {
			watched.queued = Some(Self::enqueue(Subject::Feed(feed)));
		}
		WatchedFeeds::<T>::insert(feed, watched);
	}

	/// A feed's turn is another one.
	pub(crate) fn feed_waits_until(feed: FeedId, turn: Ordinal) {
		WatchedFeeds::<T>::mutate_extant(feed, |watched| watched.queued = Some(turn));
	}

	/// Takes one row on that a feed's oldest news reaches, or is done with that.
	pub(crate) fn step_feed(feed: FeedId, turn: Ordinal) {
		let Some(mut watched) = WatchedFeeds::<T>::get(feed) else {
			log::error!(target: LOG_TARGET, "there is news of feed {feed}, which no row waits for");
			return Self::dequeue(turn);
		};
		if watched.gone {
			match Self::first_of(feed, |_, _| true) {
				Some((side, place)) => Self::lose_feed(feed, side, place),
				None => {
					log::error!(target: LOG_TARGET, "rows of feed {feed} are not to be found");
					WatchedFeeds::<T>::remove(feed);
					Self::dequeue(turn);
				},
			}
			return;
		}
		if let Some(answer) = watched.news.first().copied() {
			let now = Self::seconds();
			if T::Feeds::feed(feed).is_some_and(|state| state.stands_by(&answer, now)) {
				if let Some((side, place)) = Self::first_reached(feed, &answer) {
					return Self::judge(feed, side, place, &answer);
				}
			} else {
				Self::deposit_event(Event::AnswerLost { feed, round: answer.round });
			}
			watched.news.remove(0);
		}
		if watched.news.is_empty() {
			Self::dequeue(turn);
			watched.queued = None;
		}
		WatchedFeeds::<T>::insert(feed, watched);
	}

	/// The first row of a feed's orders that is so.
	fn first_of(
		feed: FeedId,
		is_so: impl Fn(Side, &FeedPlace) -> bool,
	) -> Option<(Side, FeedPlace)> {
		SIDES.into_iter().find_map(|side| {
			let place = FeedOrders::<T>::iter_key_prefix((feed, side)).next()?;
			is_so(side, &place).then_some((side, place))
		})
	}

	/// The first row that an answer reaches.
	pub(crate) fn first_reached(feed: FeedId, answer: &FeedAnswer) -> Option<(Side, FeedPlace)> {
		Self::first_of(feed, |side, place| {
			let at = place.at(side);
			match side {
				Side::Round => at <= i128::from(answer.round),
				Side::Falling => answer.number.is_some_and(|number| number <= at),
				Side::Rising => answer.number.is_some_and(|number| number >= at),
			}
		})
	}

	/// An answer reaches a row: it stands elsewhere from now on, and may be due.
	pub(crate) fn judge(feed: FeedId, side: Side, place: FeedPlace, answer: &FeedAnswer) {
		let id = place.id();
		let Some((rule, watch)) = Self::watch_of(id) else {
			return Self::lost_place(feed, side, place);
		};
		let (stand, due) = rule.judge(watch.stand, answer.number);
		Self::leave_orders(feed, id, &rule, &watch);
		let next = answer.round.saturating_add(1);
		let round = (stand == Stand::New).then_some(next);
		let watch = Watch { stand, round, ..watch };
		Self::enter_orders(feed, id, &rule, &watch);
		Watches::<T>::insert(id, watch);
		if due {
			Self::heard(id);
		}
	}

	/// The feed of a row is gone.
	fn lose_feed(feed: FeedId, side: Side, place: FeedPlace) {
		let id = place.id();
		match Rows::<T>::get(id) {
			Some(mut row) if row.is_live() => {
				Self::note(id, Reason::ConditionGone, 1);
				Self::halt(id, &mut row, Reason::ConditionGone);
				Rows::<T>::insert(id, row);
			},
			_ => Self::lost_place(feed, side, place),
		}
	}

	/// An order has a row that does not belong there. That would be a mistake of the pallet; it must not stand in the
	/// way.
	fn lost_place(feed: FeedId, side: Side, place: FeedPlace) {
		log::error!(target: LOG_TARGET, "row {} does not wait for feed {feed}", place.id());
		FeedOrders::<T>::remove((feed, side), place);
	}

	/// How a row waits for its feed.
	fn watch_of(id: RowId) -> Option<(FeedRule, Watch)> {
		let watch = Watches::<T>::get(id).filter(|watch| watch.active)?;
		match Rows::<T>::get(id)?.condition {
			Condition::Feed { rule, .. } => Some((rule, watch)),
			_ => None,
		}
	}

	/// Where a row stands in the orders of its feed.
	pub(crate) fn feed_places(
		id: RowId,
		rule: &FeedRule,
		watch: &Watch,
	) -> [Option<(Side, FeedPlace)>; 2] {
		let place = |side, at| (side, FeedPlace::new(side, at, id));
		if let Some(round) = watch.round {
			return [Some(place(Side::Round, i128::from(round))), None];
		}
		let (rising, falling) = rule.bounds(watch.stand);
		[rising.map(|at| place(Side::Rising, at)), falling.map(|at| place(Side::Falling, at))]
	}

	pub(crate) fn enter_orders(feed: FeedId, id: RowId, rule: &FeedRule, watch: &Watch) {
		for (side, place) in Self::feed_places(id, rule, watch).into_iter().flatten() {
			FeedOrders::<T>::insert((feed, side), place, ());
		}
	}

	fn leave_orders(feed: FeedId, id: RowId, rule: &FeedRule, watch: &Watch) {
		for (side, place) in Self::feed_places(id, rule, watch).into_iter().flatten() {
			FeedOrders::<T>::remove((feed, side), place);
		}
	}

	/// A row begins to wait for its feed: from the answer after the last one on.
	pub(crate) fn watch_feed(id: RowId, feed: FeedId, rule: &FeedRule) -> DispatchResult {
		ensure!(rule.can_be_met(), Error::<T>::NeverDue);
		let state = T::Feeds::feed(feed).ok_or(Error::<T>::UnknownFeed)?;
		ensure!(state.numeric || !rule.needs_numbers(), Error::<T>::FeedHasNoNumbers);
		let mut watched = WatchedFeeds::<T>::get(feed).unwrap_or_default();
		ensure!(!watched.gone, Error::<T>::FeedChanged);
		// A threshold must not come to mean something else while its row is paused.
		let before = Watches::<T>::get(id);
		ensure!(before.is_none_or(|watch| watch.unit == state.unit), Error::<T>::FeedChanged);
		let stand = rule.begin(state.fresh(Self::seconds()));
		// Answers that wait to be judged are of before.
		let behind = !watched.news.is_empty();
		let next = state.last.map_or(0, |last| last.round.saturating_add(1));
		let round = (behind || stand == Stand::New).then_some(next);
		let watch = Watch { unit: state.unit, stand, round, active: true };
		Self::enter_orders(feed, id, rule, &watch);
		Watches::<T>::insert(id, watch);
		watched.rows = watched.rows.saturating_add(1);
		WatchedFeeds::<T>::insert(feed, watched);
		Ok(())
	}

	/// A row ends to wait for its feed. What its numbers were told in is remembered, as long as there is the row.
	pub(crate) fn unwatch_feed(id: RowId, feed: FeedId, rule: &FeedRule) {
		let Some(watch) = Watches::<T>::get(id).filter(|watch| watch.active) else { return };
		Self::leave_orders(feed, id, rule, &watch);
		Watches::<T>::insert(id, Watch { active: false, ..watch });
		let Some(mut watched) = WatchedFeeds::<T>::get(feed) else { return };
		watched.rows = watched.rows.saturating_sub(1);
		if watched.rows > 0 {
			return WatchedFeeds::<T>::insert(feed, watched);
		}
		if let Some(turn) = watched.queued {
			Self::dequeue(turn);
		}
		WatchedFeeds::<T>::remove(feed);
	}

	/// Whether a row that is due would run for an answer that does not hold any more, and skips that.
	pub(crate) fn answer_has_passed(condition: &Condition, missed: Missed) -> bool {
		let Condition::Feed { feed, rule } = condition else { return false };
		if missed != Missed::Skip {
			return false;
		}
		let now = Self::seconds();
		match T::Feeds::feed(*feed).and_then(|state| state.fresh(now)) {
			Some(answer) => !rule.holds(answer.number),
			None => true,
		}
	}
}
