//! What nodes, wallets and contracts read.

use crate::{
	types::{Agenda, AgendaHeads},
	AccountIdOf, Agendas, Calldata, Config, Heads, History, Pallet, Params, Row, Rows, WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use fusion_calling_list_primitives::{
	shown::MAX_LISTED, traits::GasPrice, At, Condition, DueRow, Entry, RowId, RowState, RowView,
};

impl<T: Config> Pallet<T> {
	/// Rows that can be tried in the next block, in the order in which they became due: `limit`, and no more than 256.
	/// Rows that wait for a lower gas price, or that the list's pause holds up, are not among them.
	pub fn due(limit: u32) -> Vec<DueRow> {
		if crate::Paused::<T>::get() {
			return Vec::new();
		}
		let limit = usize::try_from(limit.min(MAX_LISTED)).unwrap_or_default();
		let next = u64::from(Self::block()).saturating_add(1);
		let then = Self::seconds().saturating_add(T::BlockSeconds::get());
		let coming = |agenda, until: u64| {
			Agendas::<T>::iter_key_prefix(agenda).take_while(move |place| place.at() <= until)
		};
		let price = T::Gas::price();
		Agendas::<T>::iter_key_prefix(Agenda::Due)
			.chain(coming(Agenda::Block, next))
			.chain(coming(Agenda::Time, then))
			.filter_map(|place| Some((place.id(), Rows::<T>::get(place.id())?)))
			.filter(|(_, row)| row.terms.max_gas_price >= price)
			.take(limit)
			.map(|(id, row)| DueRow {
				id,
				since: match row.state {
					RowState::Due { since, .. } => since,
					_ => Self::block().saturating_add(1),
				},
				gas: Self::trigger_gas(&row),
				checked: row.is_checked(),
			})
			.collect()
	}

	/// A row.
	pub fn row(id: RowId) -> Option<RowView<AccountIdOf<T>>> {
		Some(Self::shown(id, Rows::<T>::get(id)?))
	}

	/// What became of a row lately, oldest first.
	pub fn history(id: RowId) -> Vec<Entry> {
		History::<T>::get(id).into_inner()
	}

	/// When a condition is next met, if that depends on nothing but time.
	pub fn next_due(condition: &Condition) -> Option<At> {
		match condition {
			Condition::Time(_) => Self::first_occurrence(condition).ok(),
			Condition::Log { .. }
			| Condition::Check { .. }
			| Condition::Feed { .. }
			| Condition::Foreign { .. } => None,
		}
	}

	pub(crate) fn shown(id: RowId, row: Row<AccountIdOf<T>>) -> RowView<AccountIdOf<T>> {
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
		let logs = T::LogsPerBlock::get();
		T::WeightInfo::idle()
			.saturating_add(each(T::WeightInfo::expire()))
			.saturating_add(each(T::WeightInfo::promote()).saturating_mul(2))
			.saturating_add(T::WeightInfo::match_logs(logs))
			.saturating_add(T::WeightInfo::promote().saturating_mul(u64::from(Self::most_heard())))
			.saturating_add(
				T::WeightInfo::news_step()
					.saturating_mul(u64::from(T::NewsPerBlock::get()).saturating_add(1)),
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
