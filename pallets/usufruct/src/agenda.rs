//! What the chain does by itself: pledges are unbonded in time, and settled when they end.

use crate::{
	ext, Agenda, Config, Event, NextHour, Pallet, Pledge, PledgeId, Pledges, Staking, WeightInfo,
	LOG_TARGET,
};
use frame_support::{
	defensive,
	pallet_prelude::{DispatchResult, Get, Weight},
	storage::with_storage_layer,
};
use fusion_slices::Seconds;

/// Seconds of an agenda.
pub(crate) const HOUR: Seconds = 3_600;

/// How many hours are tried for a place.
pub(crate) const TRIES: u64 = 24;

impl<T: Config> Pallet<T> {
	/// Looks after pledges that are due, some in each block. An idle block reads one number, and two more while
	/// there are pledges.
	pub(crate) fn tick() -> Weight {
		if Pledges::<T>::count() == 0 {
			return T::WeightInfo::idle();
		}
		let now = ext::now::<T>();
		let hour = NextHour::<T>::get();
		if hour > now.div_euclid(HOUR) {
			return T::WeightInfo::idle();
		}
		let mut due = Agenda::<T>::take(hour);
		// Before they are looked after: whatever has to wait gets a later hour.
		NextHour::<T>::put(hour.saturating_add(1));
		let mut looked_after: u32 = 0;
		while looked_after < T::DuePerBlock::get() {
			let Some(pledge) = due.pop() else { break };
			looked_after = looked_after.saturating_add(1);
			Self::look_after(pledge, now);
		}
		if !due.is_empty() {
			Agenda::<T>::insert(hour, due);
			NextHour::<T>::put(hour);
		}
		Self::tick_weight(looked_after)
	}

	/// What a block takes in which so many pledges are due.
	pub(crate) fn tick_weight(due: u32) -> Weight {
		// To unbond; to withdraw, ask and claim.
		let staking = T::Staking::weight().saturating_mul(4).saturating_mul(due.into());
		T::WeightInfo::on_initialize(due).saturating_add(staking)
	}

	/// What [`Call::bond`](crate::Call::bond) takes.
	pub fn weight_of_bond() -> Weight {
		T::WeightInfo::bond(crate::MAX_BOUNDARIES).saturating_add(T::Staking::weight())
	}

	/// What [`Call::unbond`](crate::Call::unbond) takes.
	pub fn weight_of_unbond() -> Weight {
		T::WeightInfo::unbond().saturating_add(T::Staking::weight())
	}

	/// What [`Call::reward`](crate::Call::reward) takes.
	pub fn weight_of_reward() -> Weight {
		T::WeightInfo::reward().saturating_add(T::Staking::weight())
	}

	/// What [`Call::settle`](crate::Call::settle) takes.
	pub fn weight_of_settle() -> Weight {
		T::WeightInfo::settle(crate::MAX_BOUNDARIES)
			.saturating_add(T::Staking::weight().saturating_mul(3))
	}

	/// Nothing is on the agenda while there are no pledges: it begins now.
	pub(crate) fn open_agenda(now: Seconds) {
		if Pledges::<T>::count() == 0 {
			NextHour::<T>::put(now.div_euclid(HOUR));
		}
	}

	/// Puts a pledge on the agenda of the first hour that begins at `at` or later, is not done, and has a place; gives
	/// the hour.
	pub(crate) fn schedule(pledge: PledgeId, at: Seconds) -> Option<u64> {
		let first = at.div_ceil(HOUR).max(NextHour::<T>::get());
		let last = first.saturating_add(TRIES);
		(first..last).find(|hour| Agenda::<T>::try_append(hour, pledge).is_ok())
	}

	/// Does what is due with a pledge. What cannot be done leaves nothing behind, and is tried again in an hour.
	fn look_after(pledge: PledgeId, now: Seconds) {
		let Some(mut details) = Pledges::<T>::get(pledge) else {
			defensive!("what is settled is on no agenda");
			return;
		};
		details.due = None;
		Pledges::<T>::insert(pledge, &details);
		let end = details.end;
		if let Err(error) = Self::do_what_is_due(pledge, details, now) {
			Self::deposit_event(Event::Postponed { pledge, error });
		}
		let Some(mut details) = Pledges::<T>::get(pledge) else { return };
		// If it is unbonding, nothing is to be done until it ends.
		let at = if details.unbonding { end.max(now) } else { now };
		details.due = Self::schedule(pledge, at);
		if details.due.is_none() {
			log::warn!(target: LOG_TARGET, "no place on the agenda for pledge {pledge} after {at}");
			Self::deposit_event(Event::Unattended { pledge });
		}
		Pledges::<T>::insert(pledge, details);
	}

	fn do_what_is_due(
		pledge: PledgeId,
		details: Pledge<T::AccountId>,
		now: Seconds,
	) -> DispatchResult {
		let end = details.end;
		with_storage_layer(|| Self::begin_unbonding(pledge, details))?;
		if now >= end {
			with_storage_layer(|| Self::do_settle(None, pledge))?;
		}
		Ok(())
	}
}
