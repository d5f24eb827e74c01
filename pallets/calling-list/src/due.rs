//! Rows that become due, and what becomes of them if nobody runs them.

use crate::{
	types::{Agenda, Removal, MAX_WAITS},
	AccountIdOf, Config, Event, Fees, Heads, History, Pallet, Params, PendingLogs, Row, Rows,
	WeightInfo,
};
use frame_support::{
	dispatch::DispatchClass,
	traits::{fungible::Inspect as _, Get, OnTimestampSet},
	weights::Weight,
};
use fusion_calling_list_primitives::{
	schedule::Schedule,
	traits::{ContractEngine, GasPrice},
	At, Clock, Condition, Entry, Missed, Reason, RowId, RowState, Tier,
};
use sp_runtime::traits::Zero;

/// A block has said its time: what is done before its transactions is done now. Not earlier: contracts would be run with
/// the time of the block before, for which nothing has expired that has since.
///
/// Not in `frame_system::Config::PostInherents` either: what contracts log there would be taken for logs of the first
/// transaction.
impl<T: Config, Moment> OnTimestampSet<Moment> for Pallet<T> {
	fn on_timestamp_set(_: Moment) {
		let weight = Self::begin_block();
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			weight,
			DispatchClass::Mandatory,
		);
	}
}

impl<T: Config> Pallet<T> {
	/// What a block does when its time is known and before its transactions: rows expire, become due, and are run by the
	/// chain if they are guaranteed and nobody has run them.
	pub(crate) fn begin_block() -> Weight {
		let (now, seconds) = (Self::block(), Self::seconds());
		let heads = Heads::<T>::get();
		let mut weight = T::WeightInfo::idle();
		let each = T::DuePerBlock::get();
		if heads.expiry <= now.into() {
			weight.saturating_accrue(Self::expire(now, each));
		}
		if heads.rent <= now.into() {
			weight.saturating_accrue(Self::collect_rents(now));
		}
		let guaranteed = T::GuaranteedPerBlock::get();
		for (agenda, head, reading, most) in [
			(Agenda::GuaranteedBlock, heads.guaranteed_block, now.into(), guaranteed),
			(Agenda::GuaranteedTime, heads.guaranteed_time, seconds, guaranteed),
			(Agenda::Block, heads.block, now.into(), each),
			(Agenda::Time, heads.time, seconds, each),
		] {
			if head <= reading {
				weight.saturating_accrue(Self::promote(agenda, reading, most));
			}
		}
		if PendingLogs::<T>::exists() {
			weight.saturating_accrue(Self::match_logs());
		}
		// Those whose deadline has come now are not yet there.
		let heads = Heads::<T>::get();
		let first = heads.guaranteed_deadline.min(heads.deadline);
		if first <= now.into() && !crate::Paused::<T>::get() {
			weight.saturating_accrue(Self::meet_deadlines(Tier::Guaranteed, now, guaranteed));
			weight.saturating_accrue(Self::meet_deadlines(Tier::BestEffort, now, each));
		}
		if Fees::<T>::get() >= T::Currency::minimum_balance().max(1) {
			Self::pay_fees();
			weight.saturating_accrue(T::WeightInfo::pay_fees());
		}
		if crate::Listeners::<T>::get() > 0 {
			// For the end of the block.
			weight.saturating_accrue(T::WeightInfo::collect_logs(T::LogsPerBlock::get()));
		}
		weight
	}

	/// Removes rows that have expired.
	fn expire(now: u32, limit: u32) -> Weight {
		let mut done = 0;
		while done < limit {
			let Some(id) = Self::head(Agenda::Expiry, now.into()) else { break };
			done = done.saturating_add(1);
			match Rows::<T>::get(id) {
				Some(row) => {
					Self::remove_row(id, row, Removal::Expired);
				},
				None => Self::lost(Agenda::Expiry, id),
			}
		}
		T::WeightInfo::expire().saturating_mul(done.saturating_add(1).into())
	}

	/// Makes rows due whose block or time has come, in their order.
	fn promote(agenda: Agenda, now: u64, limit: u32) -> Weight {
		let mut done = 0;
		while done < limit {
			let Some(id) = Self::head(agenda, now) else { break };
			done = done.saturating_add(1);
			match Rows::<T>::get(id) {
				Some(row) => {
					// Why it does not become due, if it does not, it has noted.
					let _ = Self::become_due(id, row);
				},
				None => Self::lost(agenda, id),
			}
		}
		T::WeightInfo::promote().saturating_mul(done.saturating_add(1).into())
	}

	/// An agenda has a row that is not there. That would be a mistake of the pallet; it must not stand in the way.
	pub(crate) fn lost(agenda: Agenda, id: RowId) {
		log::error!(target: crate::LOG_TARGET, "{agenda:?} has row {id}, which there is not");
		if let Some(place) = crate::Agendas::<T>::iter_key_prefix(agenda).next() {
			crate::Agendas::<T>::remove(agenda, place);
		}
	}

	/// Runs guaranteed rows that nobody has run, in their order and as far as the weight for it goes, and looks after
	/// others that nobody runs.
	fn meet_deadlines(tier: Tier, now: u32, limit: u32) -> Weight {
		let agenda = Agenda::deadline(tier);
		let (mut done, mut spent) = (0, Weight::zero());
		while done < limit {
			let Some(id) = Self::head(agenda, now.into()) else { break };
			let Some(mut row) = Rows::<T>::get(id) else {
				Self::lost(agenda, id);
				done = done.saturating_add(1);
				continue;
			};
			let high = T::Gas::price() > row.terms.max_gas_price;
			if row.terms.tier == Tier::Guaranteed && !high {
				let needed = Self::trigger_weight(&row.terms, row.is_checked());
				if spent.saturating_add(needed).any_gt(T::GuaranteedWeight::get()) {
					// The first one always fits: see `ensure_terms`. If governance has changed what gas weighs since, it
					// must not stand in the way of others.
					if !spent.is_zero() {
						break;
					}
					Self::halt(id, &mut row, Reason::NotEnoughGas);
					Self::note(id, Reason::NotEnoughGas, 1);
					Rows::<T>::insert(id, row);
				} else {
					spent.saturating_accrue(Self::trigger(id, &row, needed).min(needed));
				}
			} else if row.is_checked() && !high {
				Self::await_check(id, row);
			} else {
				let reason = if high { Reason::PriceTooHigh } else { Reason::NoTrigger };
				Self::left_alone(id, row, reason);
			}
			done = done.saturating_add(1);
		}
		T::WeightInfo::meet_deadline().saturating_mul(done.saturating_add(1).into()) + spent
	}

	/// The chain runs a row. If that does nothing to it, it is paused, since it would do nothing the next time.
	fn trigger(id: RowId, before: &Row<AccountIdOf<T>>, weight: Weight) -> Weight {
		let storage = before.terms.storage_limit;
		let funds = storage.saturating_add(T::Gas::fee(weight));
		let mut spent = Weight::zero();
		match Self::lend(storage) {
			Ok(()) => {
				spent = T::Engine::trigger(id, weight, funds);
				Self::take_back(storage);
			},
			Err(error) => {
				log::error!(target: crate::LOG_TARGET, "row {id}: storage cannot be lent: {error:?}");
			},
		}
		if let Some(mut row) = Rows::<T>::get(id) {
			if row.state == before.state {
				Self::halt(id, &mut row, Reason::Trapped);
				Self::note(id, Reason::Trapped, 1);
				Rows::<T>::insert(id, row);
			}
		}
		spent
	}

	/// Gas is cheap enough again for a row whose check nobody guarantees: it has no deadline any more.
	fn await_check(id: RowId, mut row: Row<AccountIdOf<T>>) {
		let RowState::Due { since, .. } = row.state else {
			return Self::lost(Agenda::Deadline, id);
		};
		Self::change(id, &mut row, RowState::Due { since, deadline: None, waits: 0 });
		Rows::<T>::insert(id, row);
	}

	/// Nobody runs a row that is due: it says so, pays for being looked after, and waits twice as long, but not for ever.
	pub(crate) fn left_alone(id: RowId, mut row: Row<AccountIdOf<T>>, reason: Reason) {
		let RowState::Due { since, waits, .. } = row.state else {
			return Self::lost(Agenda::deadline(row.terms.tier), id);
		};
		let upkeep = Params::<T>::get().upkeep.min(row.deposit);
		row.deposit = row.deposit.saturating_sub(upkeep);
		Self::collect(upkeep);
		Self::note(id, reason, 1);
		if let Some(at) = Self::skips_to(id, &row) {
			row.occurrence = at;
			Self::change(id, &mut row, RowState::Waiting { at });
		} else if waits >= MAX_WAITS {
			Self::halt(id, &mut row, reason);
		} else {
			let waits = waits.saturating_add(1);
			let pause = Self::patience(row.terms.tier)
				.saturating_mul(1_u32.checked_shl(waits.into()).unwrap_or(u32::MAX));
			let deadline = Some(Self::block().saturating_add(pause));
			Self::change(id, &mut row, RowState::Due { since, deadline, waits });
		}
		Rows::<T>::insert(id, row);
	}

	/// Blocks until the chain looks after a row that is due.
	fn patience(tier: Tier) -> u32 {
		match tier {
			Tier::Guaranteed => T::TriggerDelay::get(),
			Tier::BestEffort => T::Patience::get(),
		}
	}

	/// Whether a row that waits may become due.
	pub(crate) fn is_ripe(state: &RowState, block: u64, seconds: u64) -> bool {
		match state {
			RowState::Waiting { at } => match at.clock {
				Clock::Block => at.value <= block,
				Clock::Time => at.value <= seconds,
			},
			_ => false,
		}
	}

	/// The present reading of a clock.
	pub(crate) fn reading(clock: Clock) -> u64 {
		match clock {
			Clock::Block => Self::block().into(),
			Clock::Time => Self::seconds(),
		}
	}

	/// The next time of a row that came too late and skips what it has missed. Notes how much that is.
	fn skips_to(id: RowId, row: &Row<AccountIdOf<T>>) -> Option<At> {
		let Condition::Time(schedule) = &row.condition else { return None };
		// A retry is not late for its time.
		if row.terms.missed != Missed::Skip || row.failures > 0 {
			return None;
		}
		let (late, now) = match schedule.clock() {
			Clock::Block => (T::LateBlocks::get().into(), Self::block().into()),
			Clock::Time => (T::LateSeconds::get(), Self::seconds()),
		};
		let passed = schedule.next(row.occurrence.value)?;
		if passed.value > now || row.occurrence.value.saturating_add(late) > now {
			return None;
		}
		let next = schedule.next(now)?;
		let count = schedule.count(row.occurrence.value, now).saturating_add(1);
		Self::note(id, Reason::Late, count);
		Some(next)
	}

	/// A row becomes due, unless it has expired, came too late, or cannot pay. Gives the row if it is due.
	pub(crate) fn become_due(
		id: RowId,
		mut row: Row<AccountIdOf<T>>,
	) -> Result<Row<AccountIdOf<T>>, Reason> {
		let now = Self::block();
		if row.terms.expires_at.is_some_and(|at| at <= now) {
			Self::remove_row(id, row, Removal::Expired);
			return Err(Reason::Expired);
		}
		if let Some(at) = Self::skips_to(id, &row) {
			row.occurrence = at;
			Self::change(id, &mut row, RowState::Waiting { at });
			Rows::<T>::insert(id, row);
			return Err(Reason::Late);
		}
		let upkeep = Params::<T>::get().upkeep;
		if row.deposit < Self::due_cost(&row.terms, row.is_checked()) {
			Self::note(id, Reason::DepositTooLow, 1);
			Self::halt(id, &mut row, Reason::DepositTooLow);
			Rows::<T>::insert(id, row);
			return Err(Reason::DepositTooLow);
		}
		row.deposit = row.deposit.saturating_sub(upkeep);
		Self::collect(upkeep);
		// What nobody guarantees to check is left to those who look whether it is worth it. They cannot look at what gas is
		// too dear for.
		let dear = T::Gas::price() > row.terms.max_gas_price;
		let watched = row.terms.tier == Tier::Guaranteed || !row.is_checked() || dear;
		let deadline = watched.then(|| now.saturating_add(Self::patience(row.terms.tier)));
		Self::change(id, &mut row, RowState::Due { since: now, deadline, waits: 0 });
		Rows::<T>::insert(id, &row);
		Self::deposit_event(Event::BecameDue { id });
		Ok(row)
	}

	/// A row is through with a time, log or check, and waits for the next. The caller stores it, if it is still there.
	pub(crate) fn advance(id: RowId, mut row: Row<AccountIdOf<T>>) -> Option<Row<AccountIdOf<T>>> {
		row.failures = 0;
		let now = Self::block();
		match row.condition {
			Condition::Time(ref schedule) => {
				let Some(at) = Self::next_time(id, schedule, &row) else {
					Self::remove_row(id, row, Removal::Finished);
					return None;
				};
				row.occurrence = at;
				Self::change(id, &mut row, RowState::Waiting { at });
			},
			Condition::Log { .. } => {
				let state = match row.pending.checked_sub(1) {
					// It becomes due again in the next block.
					Some(left) => {
						row.pending = left;
						RowState::Waiting { at: At::block(now.saturating_add(1)) }
					},
					None => RowState::Listening,
				};
				Self::change(id, &mut row, state);
			},
			Condition::Check { every, .. } => {
				let at = At::block(now.saturating_add(every));
				row.occurrence = at;
				Self::change(id, &mut row, RowState::Waiting { at });
			},
		}
		Some(row)
	}

	/// The time after the one that a row is through with. What has passed meanwhile is merged into that, unless the row
	/// runs for each.
	fn next_time(id: RowId, schedule: &Schedule, row: &Row<AccountIdOf<T>>) -> Option<At> {
		let served = row.occurrence.value;
		if row.terms.missed == Missed::All {
			return schedule.next(served);
		}
		let now = Self::reading(schedule.clock()).max(served);
		let merged = schedule.count(served, now);
		if merged > 0 {
			Self::note(id, Reason::Merged, merged);
		}
		schedule.next(now)
	}

	/// Notes what happened to a row, for those who ask and for those who listen.
	pub(crate) fn note(id: RowId, reason: Reason, count: u32) {
		let entry = Entry { block: Self::block(), reason, count };
		History::<T>::mutate(id, |entries| {
			if entries.is_full() && !entries.is_empty() {
				entries.remove(0);
			}
			// There is room now, unless the bound is zero.
			let _ = entries.try_push(entry);
		});
		if !reason.was_tried() {
			Self::deposit_event(Event::DidNotRun { id, reason, count });
		}
	}
}
