//! What asset mapping's witnesses have confirmed on other chains makes rows due.
//!
//! Each item of another chain (a deposit address, a lock-out) has a list of the rows that wait for it. A row is on it
//! until it is removed, or until what it waits for has happened for good; that it is paused does not matter: what
//! happens once only is remembered, and it is due for that when it goes on.

use crate::{
	watches::{ForeignNews, Ordinal, Standing, Subject, WatchedItem},
	Config, Error, Event, ForeignRows, ItemRows, NextRow, Pallet, Rows, WatchedItems, LOG_TARGET,
};
use frame_support::ensure;
use fusion_calling_list_primitives::{
	foreign::{ChainId, ForeignEvent, ForeignKey},
	traits::MappedChains,
	Condition, Reason, RowId,
};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Something was confirmed of an item: of a deposit address that so much was credited, of a lock-out that it was
	/// paid. Takes the same whoever waits for it.
	pub fn foreign_happened(key: ForeignKey, amount: u128) {
		let Some(mut watched) = WatchedItems::<T>::get(key) else { return };
		let news = ForeignNews { amount, upto: NextRow::<T>::get() };
		if watched.news.try_push(news).is_err() {
			if let Some(last) = watched.news.last_mut() {
				last.amount = last.amount.max(amount);
				last.upto = news.upto;
			}
			Self::deposit_event(Event::ForeignMerged { key, amount });
		}
		Self::tell_item(key, watched);
	}

	/// Nothing will happen to an item any more: rows that wait for it are paused.
	pub fn foreign_gone(key: ForeignKey) {
		let Some(mut watched) = WatchedItems::<T>::get(key) else { return };
		watched.gone = true;
		Self::tell_item(key, watched);
	}

	fn tell_item(key: ForeignKey, mut watched: WatchedItem) {
		if watched.queued.is_none() {
			watched.queued = Some(Self::enqueue(Subject::Foreign(key)));
		}
		WatchedItems::<T>::insert(key, watched);
	}

	/// An item's turn is another one.
	pub(crate) fn item_waits_until(key: ForeignKey, turn: Ordinal) {
		WatchedItems::<T>::mutate_extant(key, |watched| watched.queued = Some(turn));
	}

	/// Tells one row of an item's oldest news, or is done with that.
	pub(crate) fn step_item(key: ForeignKey, turn: Ordinal) {
		let Some(mut watched) = WatchedItems::<T>::get(key) else {
			log::error!(target: LOG_TARGET, "there is news of {key:?}, which no row waits for");
			return Self::dequeue(turn);
		};
		let next = Self::next_on_list(key, watched.told);
		match (watched.news.first().copied(), next) {
			(Some(news), Some(id)) if id <= news.upto => {
				watched.told = id;
				WatchedItems::<T>::insert(key, watched);
				return Self::tell_row(id, key, news.amount);
			},
			(Some(_), _) => {
				watched.news.remove(0);
				watched.told = 0;
			},
			(None, Some(id)) if watched.gone => return Self::lose_item(id, key),
			(None, _) => {},
		}
		// When nobody is left of those that are to be paused, nothing is to be done any more either.
		if watched.news.is_empty() && (!watched.gone || next.is_none()) {
			Self::dequeue(turn);
			watched.queued = None;
		}
		WatchedItems::<T>::insert(key, watched);
	}

	/// What a row may wait for has happened.
	pub(crate) fn tell_row(id: RowId, key: ForeignKey, amount: u128) {
		match Rows::<T>::get(id).map(|row| row.condition) {
			Some(Condition::Foreign { event, .. }) => {
				if event.is_once() {
					ForeignRows::<T>::insert(id, Standing::Happened);
					Self::take_off(id, key);
				}
				if event.is_met(amount) {
					Self::heard(id);
				}
			},
			_ => {
				log::error!(target: LOG_TARGET, "row {id} does not wait for {key:?}");
				Self::take_off(id, key);
			},
		}
	}

	/// What a row waits for cannot happen any more.
	fn lose_item(id: RowId, key: ForeignKey) {
		Self::take_off(id, key);
		ForeignRows::<T>::insert(id, Standing::Gone);
		let Some(mut row) = Rows::<T>::get(id).filter(|row| row.is_live()) else { return };
		Self::note(id, Reason::ConditionGone, 1);
		Self::halt(id, &mut row, Reason::ConditionGone);
		Rows::<T>::insert(id, row);
	}

	/// A row that is new begins to wait for something, from now on.
	pub(crate) fn watch_item(id: RowId, chain: ChainId, event: &ForeignEvent) -> DispatchResult {
		let key = event.key(chain);
		ensure!(T::Chains::can_happen(&key), Error::<T>::NothingToWaitFor);
		let mut watched = WatchedItems::<T>::get(key).unwrap_or_default();
		ensure!(!watched.gone, Error::<T>::NothingToWaitFor);
		watched.rows = watched.rows.saturating_add(1);
		WatchedItems::<T>::insert(key, watched);
		ItemRows::<T>::insert(key, Ordinal::new(id), ());
		ForeignRows::<T>::insert(id, Standing::Waits);
		Ok(())
	}

	/// A row is removed.
	pub(crate) fn unwatch_item(id: RowId, chain: ChainId, event: &ForeignEvent) {
		if ForeignRows::<T>::take(id) == Some(Standing::Waits) {
			Self::take_off(id, event.key(chain));
		}
	}

	/// The first row on the list of an item that comes after another.
	fn next_on_list(key: ForeignKey, after: RowId) -> Option<RowId> {
		let from = ItemRows::<T>::hashed_key_for(key, Ordinal::new(after));
		ItemRows::<T>::iter_key_prefix_from(key, from).next().map(|id| id.number())
	}

	/// Takes a row off the list of an item.
	fn take_off(id: RowId, key: ForeignKey) {
		if ItemRows::<T>::take(key, Ordinal::new(id)).is_none() {
			return;
		}
		let Some(mut watched) = WatchedItems::<T>::get(key) else { return };
		watched.rows = watched.rows.saturating_sub(1);
		if watched.rows > 0 {
			return WatchedItems::<T>::insert(key, watched);
		}
		if let Some(turn) = watched.queued {
			Self::dequeue(turn);
		}
		WatchedItems::<T>::remove(key);
	}
}
