//! What owners do with rows: register, pay, pause, cancel.

use crate::{
	types::{Agenda, Registration, Removal, Row},
	AccountIdOf, Calldata, Config, Error, Event, History, NextRow, Pallet, Params, RowCount, Rows,
	RowsOf, Running, TotalDeposits,
};
use alloc::vec::Vec;
use frame_support::{ensure, storage::with_storage_layer, traits::Get, BoundedVec};
use fusion_calling_list_primitives::{
	schedule::Schedule, traits::ContractEngine, At, Balance, Clock, Condition, Reason, RowId,
	RowState, Terms, Tier,
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Registers a row. Takes its deposit, and what its storage costs, from the owner. Changes nothing if it refuses.
	pub fn do_register(
		owner: AccountIdOf<T>,
		registration: Registration,
	) -> Result<RowId, DispatchError> {
		with_storage_layer(|| Self::add_row(owner, registration))
	}

	fn add_row(owner: AccountIdOf<T>, registration: Registration) -> Result<RowId, DispatchError> {
		Self::ensure_open()?;
		let Registration { target, data, condition, terms, deposit } = registration;
		let now = Self::block();
		Self::ensure_target(target, &condition)?;
		Self::ensure_terms(&terms, &condition, now)?;
		let occurrence = Self::first_occurrence(&condition)?;
		let stored = Self::storage_cost(data.len());
		let data: BoundedVec<u8, T::MaxData> =
			data.try_into().map_err(|_| Error::<T>::DataTooLong)?;
		let count = RowCount::<T>::get(&owner);
		ensure!(count < Params::<T>::get().max_rows_per_account, Error::<T>::TooManyRows);

		let id = NextRow::<T>::get().checked_add(1).ok_or(Error::<T>::Overflow)?;
		let total = deposit.checked_add(stored).ok_or(Error::<T>::Overflow)?;
		Self::take(&owner, total)?;
		Self::listen(id, &condition)?;
		NextRow::<T>::put(id);
		RowCount::<T>::insert(&owner, count.saturating_add(1));
		RowsOf::<T>::insert(&owner, id, ());
		Calldata::<T>::insert(id, data);
		let state = Self::resting(&condition, occurrence);
		Self::put_in(id, &state, terms.tier);
		if let Some(at) = terms.expires_at {
			Self::enter(Agenda::Expiry, at.into(), id);
		}
		let mut row = Row {
			owner: owner.clone(),
			target,
			condition,
			terms,
			state,
			occurrence,
			deposit,
			stored,
			runs: 0,
			failures: 0,
			pending: 0,
			naysayers: BoundedVec::new(),
			paid_until: 0,
		};
		Self::begin_guarantee(id, &mut row)?;
		Self::ensure_run(&row)?;
		Rows::<T>::insert(id, row);
		Self::deposit_event(Event::Registered { id, owner, target, deposit });
		Ok(id)
	}

	/// Cancels a row of `who`. Gives back what is left of its deposit, and what was held for its storage.
	pub fn do_cancel(who: &AccountIdOf<T>, id: RowId) -> Result<Balance, DispatchError> {
		Self::ensure_idle()?;
		let row = Self::own_row(who, id)?;
		Ok(Self::remove_row(id, row, Removal::Cancelled))
	}

	/// Adds to the deposit of a row. If it was paused because that was too low, it goes on.
	pub fn do_top_up(who: &AccountIdOf<T>, id: RowId, amount: Balance) -> DispatchResult {
		Self::ensure_idle()?;
		let mut row = Rows::<T>::get(id).ok_or(Error::<T>::UnknownRow)?;
		row.deposit = row.deposit.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		Self::take(who, amount)?;
		Self::deposit_event(Event::ToppedUp { id, who: who.clone(), amount });
		if row.state == (RowState::Paused { reason: Reason::DepositTooLow })
			&& row.deposit >= Self::due_cost(&row.terms, row.is_checked())
		{
			// If it cannot go on (too much is guaranteed), its owner is told when it resumes it.
			let _ = Self::go_on(id, &mut row);
		}
		Rows::<T>::insert(id, row);
		Ok(())
	}

	/// Pauses a row of `who`.
	pub fn do_pause(who: &AccountIdOf<T>, id: RowId) -> DispatchResult {
		Self::ensure_idle()?;
		let mut row = Self::own_row(who, id)?;
		ensure!(row.is_live(), Error::<T>::AlreadyPaused);
		Self::halt(id, &mut row, Reason::NotLive);
		Rows::<T>::insert(id, row);
		Ok(())
	}

	/// Lets a paused row of `who` go on. Times that have passed meanwhile are left out.
	pub fn do_resume(who: &AccountIdOf<T>, id: RowId) -> DispatchResult {
		Self::ensure_open()?;
		let mut row = Self::own_row(who, id)?;
		ensure!(!row.is_live(), Error::<T>::NotPaused);
		Self::go_on(id, &mut row)?;
		Rows::<T>::insert(id, row);
		Ok(())
	}

	/// What is held for a row with so many bytes of data.
	pub fn storage_cost(bytes: usize) -> Balance {
		let bytes = Balance::try_from(bytes).unwrap_or(Balance::MAX);
		T::StoragePerByte::get().saturating_mul(bytes).saturating_add(T::StorageBase::get())
	}

	/// Refuses what would reach into the list while a row runs.
	pub(crate) fn ensure_idle() -> DispatchResult {
		ensure!(!Running::<T>::exists(), Error::<T>::RowIsRunning);
		Ok(())
	}

	fn ensure_open() -> DispatchResult {
		Self::ensure_idle()?;
		ensure!(!crate::Paused::<T>::get(), Error::<T>::ListPaused);
		Ok(())
	}

	fn own_row(who: &AccountIdOf<T>, id: RowId) -> Result<Row<AccountIdOf<T>>, DispatchError> {
		let row = Rows::<T>::get(id).ok_or(Error::<T>::UnknownRow)?;
		ensure!(row.owner == *who, Error::<T>::NotOwner);
		Ok(row)
	}

	fn ensure_target(target: sp_core::H160, condition: &Condition) -> DispatchResult {
		// Precompiles act for whoever calls them, and that would be the list.
		ensure!(!T::Engine::is_precompile(target), Error::<T>::TargetIsPrecompile);
		if let Condition::Check { checker, .. } = *condition {
			ensure!(!T::Engine::is_precompile(checker), Error::<T>::TargetIsPrecompile);
		}
		Ok(())
	}

	fn ensure_terms(terms: &Terms, condition: &Condition, now: u32) -> DispatchResult {
		let params = Params::<T>::get();
		ensure!(
			terms.gas_limit > 0 && terms.gas_limit <= params.max_gas,
			Error::<T>::GasLimitOutOfRange
		);
		ensure!(terms.max_runs != Some(0), Error::<T>::NoRuns);
		ensure!(terms.expires_at.is_none_or(|at| at > now), Error::<T>::ExpiryPassed);
		let seconds = u64::from(params.min_seconds);
		let often = match *condition {
			Condition::Time(Schedule::EveryBlocks { every, .. })
			| Condition::Check { every, .. } => every == 0,
			Condition::Time(Schedule::EverySeconds { every, .. }) => every < seconds,
			Condition::Time(_) | Condition::Log { .. } => false,
		};
		ensure!(!often, Error::<T>::TooOften);
		let guaranteed = terms.tier == Tier::Guaranteed;
		let checked = matches!(condition, Condition::Check { .. });
		ensure!(
			!guaranteed || Self::trigger_weight(terms, checked).all_lte(T::GuaranteedWeight::get()),
			Error::<T>::GasLimitOutOfRange
		);
		Ok(())
	}

	/// When a row with this condition is due first. For logs, the present block.
	pub(crate) fn first_occurrence(condition: &Condition) -> Result<At, DispatchError> {
		let now = Self::block();
		match condition {
			Condition::Time(schedule) => {
				let passed = match schedule.clock() {
					Clock::Block => now.into(),
					Clock::Time => Self::seconds(),
				};
				Ok(schedule.next(passed).ok_or(Error::<T>::NeverDue)?)
			},
			Condition::Log { .. } => Ok(At::block(now)),
			Condition::Check { .. } => Ok(At::block(now.saturating_add(1))),
		}
	}

	/// The state of a row with nothing to do before `at`.
	pub(crate) fn resting(condition: &Condition, at: At) -> RowState {
		match condition {
			Condition::Time(_) | Condition::Check { .. } => RowState::Waiting { at },
			Condition::Log { .. } => RowState::Listening,
		}
	}

	/// Refuses a guaranteed row that could not pay for one run.
	fn ensure_run(row: &Row<AccountIdOf<T>>) -> DispatchResult {
		let needed =
			Self::run_cost(&row.terms, row.is_checked()).saturating_add(Params::<T>::get().upkeep);
		let pays = row.terms.tier == Tier::BestEffort || row.deposit >= needed;
		ensure!(pays, Error::<T>::DepositTooLow);
		Ok(())
	}

	/// Lets a paused row go on. The caller stores it.
	fn go_on(id: RowId, row: &mut Row<AccountIdOf<T>>) -> DispatchResult {
		let occurrence = match (&row.condition, Self::first_occurrence(&row.condition)) {
			(_, Ok(at)) => at,
			// The only time has passed: it is due at once.
			(Condition::Time(schedule), Err(_)) if !schedule.is_periodic() => row.occurrence,
			(_, Err(error)) => return Err(error),
		};
		let mut live = row.clone();
		live.occurrence = occurrence;
		live.failures = 0;
		live.naysayers.clear();
		with_storage_layer(|| {
			Self::listen(id, &live.condition)?;
			let state = Self::resting(&live.condition, occurrence);
			Self::change(id, &mut live, state);
			Self::begin_guarantee(id, &mut live)
		})?;
		*row = live;
		Self::deposit_event(Event::Resumed { id });
		Ok(())
	}

	/// Pauses a row. The caller stores it.
	pub(crate) fn halt(id: RowId, row: &mut Row<AccountIdOf<T>>, reason: Reason) {
		Self::stop_listening(id, &row.condition);
		Self::end_guarantee(id, row);
		row.pending = 0;
		Self::change(id, row, RowState::Paused { reason });
		Self::deposit_event(Event::Paused { id, reason });
	}

	/// Removes a row. Gives back what is left of its deposit, and what was held for its storage; says how much of the
	/// former there was.
	pub(crate) fn remove_row(id: RowId, row: Row<AccountIdOf<T>>, why: Removal) -> Balance {
		Self::take_out(id, &row.state, row.terms.tier);
		Self::stop_listening(id, &row.condition);
		if let Some(at) = row.terms.expires_at {
			Self::strike(Agenda::Expiry, at.into(), id);
		}
		Self::end_guarantee(id, &row);
		Rows::<T>::remove(id);
		Calldata::<T>::remove(id);
		History::<T>::remove(id);
		RowsOf::<T>::remove(&row.owner, id);
		RowCount::<T>::mutate_exists(&row.owner, |count| {
			*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
		Self::give(&row.owner, row.deposit.saturating_add(row.stored));
		Self::deposit_event(Event::Removed { id, why, refund: row.deposit });
		row.deposit
	}

	/// The data of a row.
	pub(crate) fn calldata(id: RowId) -> Vec<u8> {
		Calldata::<T>::get(id).into_inner()
	}

	/// The sum of what rows have put down.
	pub fn total_deposits() -> Balance {
		TotalDeposits::<T>::get()
	}
}
