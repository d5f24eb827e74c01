//! What people are shown of the list: pages of rows, what comes next, what rows cost, and how full it is. Every answer is
//! bounded, however many rows there are.

use crate::{
	types::{plain_terms, Agenda},
	AccountIdOf, Agendas, Config, Listeners, Load, NextRow, Pallet, Params, Paused, Row, Rows,
	RowsOf, TotalDeposits,
};
use alloc::vec::Vec;
use frame_support::traits::Get;
use fusion_calling_list_primitives::{
	api::Filter,
	shown::{Estimate, Kind, Overview, Page, Upcoming, MAX_LISTED, MAX_LOOKED_AT},
	traits::GasPrice,
	Balance, Condition, RowId, Tier,
};

impl<T: Config> Pallet<T> {
	/// Rows with a number above `after`, in ascending order: `limit`, and no more than [`MAX_LISTED`]. The rows of an
	/// account are looked up; for what else is asked, [`MAX_LOOKED_AT`] numbers are looked at.
	pub fn rows(filter: Filter<AccountIdOf<T>>, after: RowId, limit: u32) -> Page<AccountIdOf<T>> {
		let limit = at_most(limit);
		let last = NextRow::<T>::get();
		let first = after.saturating_add(1);
		let (ids, seen): (Vec<RowId>, RowId) = match &filter {
			Filter::Owner(owner) => {
				// No more than `max_rows_per_account`.
				let mut ids: Vec<RowId> =
					RowsOf::<T>::iter_key_prefix(owner).filter(|id| *id > after).collect();
				ids.sort_unstable();
				(ids, last)
			},
			_ => {
				let seen = last.min(after.saturating_add(MAX_LOOKED_AT.into()));
				((first..=seen).collect(), seen)
			},
		};
		let mut rows = Vec::new();
		for id in ids {
			if rows.len() >= limit {
				// The last one that was taken is where to go on.
				let next = rows.last().map_or(after, |(id, _)| *id);
				return Self::page(rows, Some(next));
			}
			if let Some(row) = Rows::<T>::get(id).filter(|row| is_asked_for(&filter, row)) {
				rows.push((id, row));
			}
		}
		Self::page(rows, Some(seen).filter(|seen| *seen < last))
	}

	fn page(rows: Vec<(RowId, Row<AccountIdOf<T>>)>, next: Option<RowId>) -> Page<AccountIdOf<T>> {
		Page { rows: rows.into_iter().map(|(id, row)| Self::shown(id, row)).collect(), next }
	}

	/// Rows that are due, and then those that wait for a block or a time, the first first: `limit`, and no more than
	/// [`MAX_LISTED`].
	pub fn upcoming(limit: u32) -> Vec<Upcoming<AccountIdOf<T>>> {
		let limit = at_most(limit);
		let (block, now) = (u64::from(Self::block()), Self::seconds());
		let time_of = |number: u64| {
			let blocks = number.saturating_sub(block);
			now.saturating_add(blocks.saturating_mul(T::BlockSeconds::get()))
		};
		let due = Agendas::<T>::iter_key_prefix(Agenda::Due).map(|place| (now, place.id()));
		let of_blocks = Agendas::<T>::iter_key_prefix(Agenda::Block).take(limit);
		let of_times = Agendas::<T>::iter_key_prefix(Agenda::Time).take(limit);
		let mut waiting: Vec<(u64, RowId)> = of_blocks
			.map(|place| (time_of(place.at()), place.id()))
			.chain(of_times.map(|place| (place.at().max(now), place.id())))
			.collect();
		waiting.sort_unstable();
		due.chain(waiting)
			.take(limit)
			.filter_map(|(expected, id)| {
				let row = Self::shown(id, Rows::<T>::get(id)?);
				Some(Upcoming { expected, row })
			})
			.collect()
	}

	/// What a row costs at the present gas price, with so many bytes of data.
	pub fn estimate(
		gas_limit: u64,
		storage_limit: Balance,
		tier: Tier,
		checked: bool,
		bytes: u32,
	) -> Estimate {
		let terms = plain_terms(gas_limit, storage_limit, tier);
		let execution = Self::most_fee(&terms, checked);
		Estimate {
			gas_price: T::Gas::price(),
			execution,
			reward: Self::reward(execution),
			premium: Self::premium(tier, execution),
			storage_limit,
			run_cost: Self::run_cost(&terms, checked),
			upkeep: Params::<T>::get().upkeep,
			stored: Self::storage_cost(usize::try_from(bytes).unwrap_or(usize::MAX)),
			is_taken: Self::takes_gas(&terms, checked) && bytes <= T::MaxData::get(),
		}
	}

	/// How full the list is, and what is set.
	pub fn overview() -> Overview {
		let params = Params::<T>::get();
		Overview {
			is_paused: Paused::<T>::get(),
			rows: Rows::<T>::count(),
			last_row: NextRow::<T>::get(),
			listeners: Listeners::<T>::get(),
			deposits: TotalDeposits::<T>::get(),
			load: Load::<T>::get(),
			max_load: params.max_load,
			gas_price: T::Gas::price(),
			reward: params.reward,
			premium: params.premium,
			upkeep: params.upkeep,
			overhead_gas: params.overhead_gas,
			load_gas: params.load_gas,
			max_gas: params.max_gas,
			max_rows_per_account: params.max_rows_per_account,
			min_seconds: params.min_seconds,
			max_data: T::MaxData::get(),
			max_history: T::MaxHistory::get(),
			storage_base: T::StorageBase::get(),
			storage_per_byte: T::StoragePerByte::get(),
			trigger_delay: T::TriggerDelay::get(),
			patience: T::Patience::get(),
		}
	}
}

fn at_most(limit: u32) -> usize {
	usize::try_from(limit.min(MAX_LISTED)).unwrap_or_default()
}

fn is_asked_for<AccountId>(filter: &Filter<AccountId>, row: &Row<AccountId>) -> bool {
	match filter {
		// Those of an account were looked up.
		Filter::All | Filter::Owner(_) => true,
		Filter::Target(target) => row.target == *target,
		Filter::Emitter(wanted) => {
			matches!(row.condition, Condition::Log { emitter, .. } if emitter == *wanted)
		},
		Filter::Feed(wanted) => {
			matches!(row.condition, Condition::Feed { feed, .. } if feed == *wanted)
		},
		Filter::Foreign(wanted) => {
			matches!(row.condition, Condition::Foreign { chain, .. } if chain == *wanted)
		},
		Filter::Kind(kind) => Kind::from(&row.condition) == *kind,
	}
}
