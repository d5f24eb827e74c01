//! What nodes, wallets and contracts read.

use crate::{
	types::{Agenda, AgendaHeads, Place, RENTS_PER_BLOCK},
	AccountIdOf, Agendas, Calldata, Config, Heads, History, Pallet, Params, Row, Rows, RowsOf,
	WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use fusion_calling_list_primitives::{
	api::Filter, traits::GasPrice, At, Condition, DueCursor, DuePage, DueRow, Entry, RowId,
	RowState, RowView,
};

/// Most rows that are listed at once.
const MAX_LISTED: u32 = 256;
/// How many rows are looked at for each that is due and listed.
const LOOKED_AT_FOR_ONE: usize = 4;

impl<T: Config> Pallet<T> {
	/// Rows that can be tried in the next block, in the order in which they became due: `limit`, and no more than 256,
	/// from the first one on or after a place that a page before has given. Rows that wait for a lower gas price, or that
	/// the list's pause holds up, are not among them; four times as many rows as are listed are looked at, at most.
	pub fn due(after: Option<DueCursor>, limit: u32) -> DuePage {
		let mut page = DuePage::default();
		if crate::Paused::<T>::get() {
			return page;
		}
		let limit = usize::try_from(limit.clamp(1, MAX_LISTED)).unwrap_or(1);
		let mut left = limit.saturating_mul(LOOKED_AT_FOR_ONE);
		let next = u64::from(Self::block()).saturating_add(1);
		let then = Self::seconds().saturating_add(T::BlockSeconds::get());
		let orders = [
			(Agenda::Due, u64::MAX),
			(Agenda::GuaranteedBlock, next),
			(Agenda::GuaranteedTime, then),
			(Agenda::Block, next),
			(Agenda::Time, then),
		];
		for (order, (agenda, until)) in (0_u8..).zip(orders) {
			let places = match after {
				Some(after) if order < after.order => continue,
				Some(after) if order == after.order => {
					let place = Place::new(after.at, after.id);
					let key = Agendas::<T>::hashed_key_for(agenda, place);
					Agendas::<T>::iter_key_prefix_from(agenda, key)
				},
				_ => Agendas::<T>::iter_key_prefix(agenda),
			};
			for place in places.take_while(|place| place.at() <= until) {
				page.rows.extend(Self::shown_as_due(place.id()));
				left = left.saturating_sub(1);
				if left == 0 || page.rows.len() >= limit {
					page.next = Some(DueCursor { order, at: place.at(), id: place.id() });
					return page;
				}
			}
		}
		page
	}

	/// A row that is due, or will be in the next block, if gas is not too dear for it.
	fn shown_as_due(id: RowId) -> Option<DueRow> {
		let row = Rows::<T>::get(id).filter(|row| row.terms.max_gas_price >= T::Gas::price())?;
		let since = match row.state {
			RowState::Due { since, .. } => since,
			_ => Self::block().saturating_add(1),
		};
		Some(DueRow { id, since, gas: Self::trigger_gas(&row), checked: row.is_checked() })
	}

	/// A row.
	pub fn row(id: RowId) -> Option<RowView<AccountIdOf<T>>> {
		Some(Self::shown(id, Rows::<T>::get(id)?))
	}

	/// Rows with a number above `after`, in ascending order: `limit`, and no more than 256.
	pub fn rows(
		filter: Filter<AccountIdOf<T>>,
		after: RowId,
		limit: u32,
	) -> Vec<RowView<AccountIdOf<T>>> {
		let mut ids: Vec<RowId> = match &filter {
			Filter::Owner(owner) => RowsOf::<T>::iter_key_prefix(owner).collect(),
			_ => Rows::<T>::iter_keys().collect(),
		};
		ids.retain(|id| *id > after);
		ids.sort_unstable();
		ids.into_iter()
			.filter_map(|id| Some((id, Rows::<T>::get(id)?)))
			.filter(|(_, row)| match &filter {
				Filter::All | Filter::Owner(_) => true,
				Filter::Target(target) => row.target == *target,
				Filter::Emitter(wanted) => {
					matches!(row.condition, Condition::Log { emitter, .. } if emitter == *wanted)
				},
			})
			.take(usize::try_from(limit.min(MAX_LISTED)).unwrap_or_default())
			.map(|(id, row)| Self::shown(id, row))
			.collect()
	}

	/// What became of a row lately, oldest first.
	pub fn history(id: RowId) -> Vec<Entry> {
		History::<T>::get(id).into_inner()
	}

	/// When a condition is next met, if that depends on nothing but time.
	pub fn next_due(condition: &Condition) -> Option<At> {
		match condition {
			Condition::Time(_) => Self::first_occurrence(condition).ok(),
			Condition::Log { .. } | Condition::Check { .. } => None,
		}
	}

	fn shown(id: RowId, row: Row<AccountIdOf<T>>) -> RowView<AccountIdOf<T>> {
		RowView {
			id,
			owner: row.owner,
			target: row.target,
			data: Calldata::<T>::get(id).into_inner(),
			condition: row.condition,
			terms: row.terms,
			state: row.state,
			occurrence: row.occurrence,
			deposit: row.deposit,
			runs: row.runs,
			failures: row.failures,
		}
	}

	/// The most that a block spends on the list.
	pub fn most_per_block() -> Weight {
		let each = |weight: Weight| {
			weight.saturating_mul(u64::from(T::DuePerBlock::get()).saturating_add(1))
		};
		let guaranteed = |weight: Weight| {
			weight.saturating_mul(u64::from(T::GuaranteedPerBlock::get()).saturating_add(1))
		};
		let logs = T::LogsPerBlock::get();
		T::WeightInfo::idle()
			.saturating_add(each(T::WeightInfo::expire()))
			.saturating_add(
				T::WeightInfo::promote()
					.saturating_mul(u64::from(RENTS_PER_BLOCK).saturating_add(1)),
			)
			.saturating_add(each(T::WeightInfo::promote()).saturating_mul(2))
			.saturating_add(guaranteed(T::WeightInfo::promote()).saturating_mul(2))
			.saturating_add(guaranteed(T::WeightInfo::meet_deadline()))
			.saturating_add(T::WeightInfo::match_logs(logs))
			.saturating_add(
				T::WeightInfo::promote().saturating_mul(u64::from(T::DuePerBlock::get())),
			)
			.saturating_add(each(T::WeightInfo::meet_deadline()))
			.saturating_add(T::GuaranteedWeight::get())
			.saturating_add(T::WeightInfo::pay_fees())
			.saturating_add(T::WeightInfo::collect_logs(logs))
	}

	/// Where the agendas begin.
	pub fn heads() -> AgendaHeads {
		Heads::<T>::get()
	}

	/// What governance has set.
	pub fn parameters() -> crate::Parameters {
		Params::<T>::get()
	}
}
