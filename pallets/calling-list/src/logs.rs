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
	/// Remembers the logs of the block that a row may wait for.
	///
	/// Of `LogsPerBlock` emitters it is looked up whether any row waits for them; logs of further ones are remembered
	/// unseen.
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
		let looked_up = usize::try_from(T::LogsPerBlock::get()).unwrap_or(usize::MAX);
		let mut found = Vec::<LogKey>::new();
		for (index, emitter) in emitters.into_iter().enumerate() {
			if index >= looked_up || RowsListening::<T>::contains_key(emitter) {
				let of_emitter = topics.remove(&emitter).unwrap_or_default();
				found.extend(of_emitter.into_iter().map(|topic0| (emitter, topic0)));
			}
		}
		if !found.is_empty() {
			PendingLogs::<T>::mutate(|pending| {
				for key in found {
					// What waits already makes its rows due once, in the same block.
					if !pending.contains(&key) && pending.try_push(key).is_err() {
						dropped = dropped.saturating_add(1);
					}
				}
			});
		}
		if dropped > 0 {
			Self::deposit_event(Event::LogsDropped { count: dropped });
		}
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

	/// What a row listens to was there.
	pub(crate) fn heard(id: RowId) {
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
