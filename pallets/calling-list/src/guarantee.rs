//! What guaranteed rows keep others from, and pay for that.
//!
//! The gas of all guaranteed rows that are not paused is limited ([`Parameters::max_load`](crate::Parameters)). A row takes
//! its part when it is registered or resumed, gives it up when it is paused or removed, and pays rent for it, a period
//! in advance.

use crate::{
	types::{Agenda, Row, LOAD_OF_ROW, RENTS_PER_BLOCK, RENT_PERIOD},
	AccountIdOf, Config, Error, Load, Pallet, Params, Rows, WeightInfo,
};
use frame_support::{ensure, weights::Weight};
use fusion_calling_list_primitives::{Balance, Reason, RowId, Tier};
use sp_runtime::{DispatchResult, Perbill};

impl<T: Config> Pallet<T> {
	/// Gas by which a row counts among those that are guaranteed. Beside its limits it counts what any run takes, so that
	/// there are not many that take little.
	pub(crate) fn load_of(row: &Row<AccountIdOf<T>>) -> u64 {
		if row.terms.tier == Tier::BestEffort || !row.is_live() {
			return 0;
		}
		let contracts = if row.is_checked() { 2 } else { 1 };
		row.terms.gas_limit.saturating_mul(contracts).saturating_add(LOAD_OF_ROW)
	}

	/// How much of what can be guaranteed is taken.
	pub(crate) fn filled() -> Perbill {
		Perbill::from_rational(Load::<T>::get(), Params::<T>::get().max_load.max(1))
	}

	/// What so much gas costs for a period: up to four times as much as the guarantees fill up.
	pub(crate) fn rent(load: u64) -> Balance {
		let base = Params::<T>::get().rent.saturating_mul(load.into());
		base.saturating_add(Self::filled().mul_floor(base.saturating_mul(3)))
	}

	/// A row that is not paused is guaranteed from now on, if it is to be. Takes the rent of a period from its deposit,
	/// unless that was paid. Changes nothing if it refuses. The caller stores the row.
	pub(crate) fn begin_guarantee(id: RowId, row: &mut Row<AccountIdOf<T>>) -> DispatchResult {
		let more = Self::load_of(row);
		if more == 0 {
			return Ok(());
		}
		let load = Load::<T>::get().checked_add(more).ok_or(Error::<T>::Overflow)?;
		ensure!(load <= Params::<T>::get().max_load, Error::<T>::GuaranteesTaken);
		let now = Self::block();
		if row.paid_until <= now {
			let rent = Self::rent(more);
			row.deposit = row.deposit.checked_sub(rent).ok_or(Error::<T>::DepositTooLow)?;
			row.paid_until = now.saturating_add(RENT_PERIOD);
			Self::collect(rent);
		}
		Load::<T>::put(load);
		Self::enter(Agenda::Rent, row.paid_until.into(), id);
		Ok(())
	}

	/// A row is about to be paused or removed: what it took is free for others.
	pub(crate) fn end_guarantee(id: RowId, row: &Row<AccountIdOf<T>>) {
		let load = Self::load_of(row);
		if load > 0 {
			Load::<T>::mutate(|all| *all = all.saturating_sub(load));
			Self::strike(Agenda::Rent, row.paid_until.into(), id);
		}
	}

	/// Takes the rent of rows whose period is over.
	pub(crate) fn collect_rents(now: u32) -> Weight {
		let mut done: u32 = 0;
		while done < RENTS_PER_BLOCK {
			let Some(id) = Self::head(Agenda::Rent, now.into()) else { break };
			done = done.saturating_add(1);
			match Rows::<T>::get(id) {
				Some(row) => Self::pay_rent(id, row),
				None => Self::lost(Agenda::Rent, id),
			}
		}
		T::WeightInfo::promote().saturating_mul(done.saturating_add(1).into())
	}

	fn pay_rent(id: RowId, mut row: Row<AccountIdOf<T>>) {
		let load = Self::load_of(&row);
		if load == 0 {
			return Self::lost(Agenda::Rent, id);
		}
		let rent = Self::rent(load);
		match row.deposit.checked_sub(rent) {
			Some(left) => {
				row.deposit = left;
				Self::collect(rent);
				Self::strike(Agenda::Rent, row.paid_until.into(), id);
				row.paid_until = row.paid_until.saturating_add(RENT_PERIOD);
				Self::enter(Agenda::Rent, row.paid_until.into(), id);
			},
			None => {
				Self::note(id, Reason::DepositTooLow, 1);
				Self::halt(id, &mut row, Reason::DepositTooLow);
			},
		}
		Rows::<T>::insert(id, row);
	}
}
