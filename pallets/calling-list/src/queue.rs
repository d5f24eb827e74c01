//! Rows in the order in which something is to be done about them.

use crate::{
	types::{Agenda, Place},
	AccountIdOf, Agendas, Config, Heads, LogFilters, Pallet, Row, RowsListening,
};
use fusion_calling_list_primitives::{Condition, RowId, RowState, Tier};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Adds a row to an agenda.
	pub(crate) fn enter(agenda: Agenda, at: u64, id: RowId) {
		Agendas::<T>::insert(agenda, Place::new(at, id), ());
		if !matches!(agenda, Agenda::Due) {
			Heads::<T>::mutate(|heads| {
				if let Some(head) = heads.of(agenda) {
					*head = (*head).min(at);
				}
			});
		}
	}

	/// Takes a row out of an agenda.
	pub(crate) fn strike(agenda: Agenda, at: u64, id: RowId) {
		Agendas::<T>::remove(agenda, Place::new(at, id));
	}

	/// The first row of an agenda, unless that is for after `now`. Remembers when to look again.
	pub(crate) fn head(agenda: Agenda, now: u64) -> Option<RowId> {
		let place = Agendas::<T>::iter_key_prefix(agenda).next();
		let at = place.map_or(u64::MAX, |place| place.at());
		Heads::<T>::mutate(|heads| {
			if let Some(head) = heads.of(agenda) {
				*head = at;
			}
		});
		place.filter(|_| at <= now).map(|place| place.id())
	}

	/// Where the state of a row has it stand.
	fn places(state: &RowState, tier: Tier) -> [Option<(Agenda, u64)>; 2] {
		match *state {
			RowState::Waiting { at } => [Some((Agenda::waiting(at.clock, tier), at.value)), None],
			RowState::Due { since, deadline, .. } => [
				Some((Agenda::Due, since.into())),
				deadline.map(|deadline| (Agenda::deadline(tier), deadline.into())),
			],
			RowState::Listening | RowState::Paused { .. } => [None, None],
		}
	}

	/// Enters a row where its state says.
	pub(crate) fn put_in(id: RowId, state: &RowState, tier: Tier) {
		for (agenda, at) in Self::places(state, tier).into_iter().flatten() {
			Self::enter(agenda, at, id);
		}
	}

	/// Strikes a row from where its state says.
	pub(crate) fn take_out(id: RowId, state: &RowState, tier: Tier) {
		for (agenda, at) in Self::places(state, tier).into_iter().flatten() {
			Self::strike(agenda, at, id);
		}
	}

	/// Changes the state of a row. The caller stores the row.
	pub(crate) fn change(id: RowId, row: &mut Row<AccountIdOf<T>>, state: RowState) {
		Self::take_out(id, &row.state, row.terms.tier);
		row.state = state;
		Self::put_in(id, &row.state, row.terms.tier);
	}

	/// A row with a log as its condition begins to listen.
	pub(crate) fn listen(id: RowId, condition: &Condition) -> DispatchResult {
		let Condition::Log { emitter, topic0 } = *condition else { return Ok(()) };
		LogFilters::<T>::insert((emitter, topic0), id.to_be_bytes(), ());
		RowsListening::<T>::mutate(emitter, |count| {
			*count = Some(count.unwrap_or_default().saturating_add(1));
		});
		crate::Listeners::<T>::mutate(|count| *count = count.saturating_add(1));
		Ok(())
	}

	/// And ends.
	pub(crate) fn stop_listening(id: RowId, condition: &Condition) {
		let Condition::Log { emitter, topic0 } = *condition else { return };
		if LogFilters::<T>::take((emitter, topic0), id.to_be_bytes()).is_some() {
			RowsListening::<T>::mutate_exists(emitter, |count| {
				*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
			});
			crate::Listeners::<T>::mutate(|count| *count = count.saturating_sub(1));
		}
	}
}
