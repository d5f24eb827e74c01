//! Logs of contracts make rows due: they are collected at the end of a block, and matched at the beginning of the next.

use crate::{
	types::{LogKey, PendingLog, MAX_TOPICS_PER_EMITTER, ROWS_OF_A_LOG},
	Config, Event, Listeners, LogFilters, Pallet, PendingLogs, Rows, RowsListening, WeightInfo,
};
use alloc::{
	collections::{BTreeMap, BTreeSet, VecDeque},
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
			looked && Self::is_listened_to(key)
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
			// What waits already makes its rows due once for both, unless some have been told.
			let untold = |log: &&PendingLog| log.after == 0;
			let before: BTreeSet<LogKey> =
				pending.iter().filter(untold).map(|log| log.key).collect();
			for key in keys.into_iter().filter(|key| !before.contains(key)) {
				if pending.try_push(PendingLog { key, after: 0 }).is_err() {
					let (emitter, topic0) = key;
					Self::deposit_event(Event::LogLost { emitter, topic0 });
				}
			}
		});
	}

	/// Makes the rows due that wait for logs of blocks before. What does not fit into this block is left to the next.
	pub(crate) fn match_logs() -> Weight {
		let mut pending = VecDeque::from(PendingLogs::<T>::take().into_inner());
		let most = T::DuePerBlock::get();
		let (mut looked_up, mut due) = (0_u32, 0_u32);
		while looked_up < T::LogsPerBlock::get() && due < most {
			let Some(log) = pending.pop_front() else { break };
			looked_up = looked_up.saturating_add(1);
			let (told, rest) = Self::tell(log, ROWS_OF_A_LOG.min(most.saturating_sub(due)));
			due = due.saturating_add(told);
			// It is the turn of others first.
			pending.extend(rest);
		}
		if !pending.is_empty() {
			// There were as many before.
			PendingLogs::<T>::put(BoundedVec::truncate_from(pending.into()));
		}
		T::WeightInfo::match_logs(looked_up)
			.saturating_add(T::WeightInfo::promote().saturating_mul(due.into()))
	}

	/// Tells some of the rows that wait for a log. Gives how many, and what is left to be done if there are more.
	fn tell(log: PendingLog, most: u32) -> (u32, Option<PendingLog>) {
		let after = LogFilters::<T>::hashed_key_for(log.key, log.after.to_be_bytes());
		let mut rows = LogFilters::<T>::iter_key_prefix_from(log.key, after);
		let mut last = None;
		let mut told: u32 = 0;
		// As many at once: what becomes of a row may end that it listens.
		let first: Vec<_> = rows.by_ref().take(usize::try_from(most).unwrap_or_default()).collect();
		let more = rows.next().is_some();
		for id in first.into_iter().map(RowId::from_be_bytes) {
			told = told.saturating_add(1);
			last = Some(id);
			Self::heard(id);
		}
		let rest = last.filter(|_| more).map(|after| PendingLog { after, ..log });
		(told, rest)
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

	/// Rows that wait for a log.
	pub fn listeners(emitter: H160, topic0: H256) -> Vec<RowId> {
		LogFilters::<T>::iter_key_prefix((emitter, topic0)).map(RowId::from_be_bytes).collect()
	}

	/// Whether there are any.
	fn is_listened_to(key: &LogKey) -> bool {
		LogFilters::<T>::iter_key_prefix(key).next().is_some()
	}
}
