//! Logs of contracts make rows due: they are collected at the end of a block, and matched at the beginning of the next.

use crate::{
	types::{LogKey, MAX_TOPICS_PER_EMITTER},
	Config, Event, Listeners, LogFilters, Pallet, PendingLogs, Rows, RowsListening, WeightInfo,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{traits::Get, weights::Weight, BoundedVec};
use fusion_calling_list_primitives::{traits::LogSource, At, Missed, Reason, RowId, RowState};
use sp_core::{H160, H256};

impl<T: Config> Pallet<T> {
	/// Remembers the logs of the block that a row waits for.
	///
	/// Each emitter is looked up, and each topic of those that any row waits for: `LogsPerBlock` in any case, and as many
	/// more as the block has room for.
	pub(crate) fn collect_logs() {
		if Listeners::<T>::get() == 0 {
			return;
		}
		let mut topics = BTreeMap::<H160, BTreeSet<H256>>::new();
		let mut emitters = Vec::new();
		let mut dropped: u32 = 0;
		for (emitter, topic0) in T::Logs::logs() {
			let seen = topics.entry(emitter).or_insert_with(|| {
				emitters.push(emitter);
				BTreeSet::new()
			});
			if seen.len() < MAX_TOPICS_PER_EMITTER || seen.contains(&topic0) {
				seen.insert(topic0);
			} else {
				dropped = dropped.saturating_add(1);
			}
		}
		let mut left = Self::lookups_left();
		let mut may_look = || match left.checked_sub(1) {
			Some(rest) => {
				left = rest;
				true
			},
			None => false,
		};
		let mut keys = Vec::<LogKey>::new();
		for emitter in emitters {
			let of_emitter = topics.remove(&emitter).unwrap_or_default();
			if !may_look() {
				let count = u32::try_from(of_emitter.len()).unwrap_or(u32::MAX);
				dropped = dropped.saturating_add(count);
			} else if RowsListening::<T>::contains_key(emitter) {
				keys.extend(of_emitter.into_iter().map(|topic0| (emitter, topic0)));
			}
		}
		keys.retain(|key| {
			let looked = may_look();
			if !looked {
				dropped = dropped.saturating_add(1);
			}
			looked && LogFilters::<T>::contains_key(key)
		});
		Self::remember(keys);
		if dropped > 0 {
			Self::deposit_event(Event::LogsDropped { count: dropped });
		}
	}

	/// How much can be looked up at the end of a block: what was counted at its beginning, and what there is room for.
	fn lookups_left() -> u64 {
		let one = T::WeightInfo::collect_logs(1).saturating_sub(T::WeightInfo::collect_logs(0));
		let room = frame_system::Pallet::<T>::remaining_block_weight().remaining();
		let more = room.checked_div_per_component(&one).unwrap_or_default();
		u64::from(T::LogsPerBlock::get()).saturating_add(more)
	}

	/// Logs that rows wait for wait to be matched.
	fn remember(keys: Vec<LogKey>) {
		if keys.is_empty() {
			return;
		}
		PendingLogs::<T>::mutate(|pending| {
			// What waits already makes its rows due once, in the same block.
			let before: BTreeSet<LogKey> = pending.iter().copied().collect();
			for (emitter, topic0) in keys {
				if !before.contains(&(emitter, topic0))
					&& pending.try_push((emitter, topic0)).is_err()
				{
					Self::deposit_event(Event::LogLost { emitter, topic0 });
				}
			}
		});
	}

	/// Makes the rows due that wait for logs of blocks before. What does not fit into this block is left to the next.
	pub(crate) fn match_logs() -> Weight {
		let mut pending = PendingLogs::<T>::take().into_inner();
		let (mut looked_up, mut due) = (0_u32, 0_u32);
		let mut left = 0;
		for (emitter, topic0) in &pending {
			let full = looked_up >= T::LogsPerBlock::get() || due >= T::DuePerBlock::get();
			if full {
				break;
			}
			looked_up = looked_up.saturating_add(1);
			left += 1;
			for id in LogFilters::<T>::get((*emitter, *topic0)) {
				due = due.saturating_add(1);
				Self::heard(id);
			}
		}
		let rest = pending.split_off(left);
		if !rest.is_empty() {
			PendingLogs::<T>::put(BoundedVec::truncate_from(rest));
		}
		T::WeightInfo::match_logs(looked_up)
			.saturating_add(T::WeightInfo::promote().saturating_mul(due.into()))
	}

	/// A row's log was there.
	fn heard(id: RowId) {
		let Some(mut row) = Rows::<T>::get(id) else { return };
		match row.state {
			RowState::Listening => {
				row.occurrence = At::block(Self::block());
				// Why it does not become due, if it does not, it has noted.
				let _ = Self::become_due(id, row);
			},
			RowState::Due { .. } | RowState::Waiting { .. } => {
				if row.terms.missed == Missed::All {
					row.pending = row.pending.saturating_add(1);
					Rows::<T>::insert(id, row);
				} else {
					Self::note(id, Reason::Merged, 1);
				}
			},
			RowState::Paused { .. } => {},
		}
	}

	/// The most rows that a block's logs can make due.
	pub(crate) fn most_heard() -> u32 {
		// The last filter that is looked at may be a full one.
		T::DuePerBlock::get().saturating_add(T::MaxListeners::get())
	}

	/// Rows that wait for a log.
	pub fn listeners(emitter: H160, topic0: H256) -> Vec<RowId> {
		LogFilters::<T>::get((emitter, topic0)).into_inner()
	}
}
