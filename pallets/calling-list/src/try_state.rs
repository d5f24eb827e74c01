//! The invariants.

use crate::{
	types::{Agenda, Place, Row},
	AccountIdOf, Agendas, Calldata, Config, Fees, Heads, History, KeyOfNode, Listeners, Load,
	LogFilters, NextRow, Pallet, Params, RowCount, Rows, RowsListening, RowsOf, Running,
	TotalDeposits, TriggerKeys,
};
use alloc::collections::{BTreeMap, BTreeSet};
#[cfg(test)]
use frame_support::traits::Get;
use frame_support::{ensure, traits::fungible::Inspect};
use fusion_calling_list_primitives::{Condition, RowId, RowState};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks everything that must hold between transactions.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(!Running::<T>::exists(), "a row runs between transactions");
		ensure!(Params::<T>::get().is_valid(), "a parameter is out of its range");
		Self::check_money()?;
		Self::check_agendas()?;
		Self::check_listeners()?;
		Self::check_owners()?;
		Self::check_keys()
	}

	/// Deposits are what rows have put down, and they are there.
	fn check_money() -> Result<(), TryRuntimeError> {
		let mut sum: u128 = 0;
		let mut load: u64 = 0;
		for (id, row) in Rows::<T>::iter() {
			let all = row.deposit.checked_add(row.stored).ok_or("a deposit overflows")?;
			sum = sum.checked_add(all).ok_or("deposits overflow")?;
			load = load.checked_add(Self::load_of(&row)).ok_or("guarantees overflow")?;
			ensure!(id > 0 && id <= NextRow::<T>::get(), "a row has a number that was not given");
			let stored = Self::storage_cost(Calldata::<T>::get(id).len());
			ensure!(stored == row.stored, "a row has paid for other data than it has");
		}
		ensure!(sum == TotalDeposits::<T>::get(), "the sum of deposits is wrong");
		ensure!(load == Load::<T>::get(), "the sum of guarantees is wrong");
		let owed = sum.checked_add(Fees::<T>::get()).ok_or("deposits and fees overflow")?;
		ensure!(
			T::Currency::total_balance(&Self::pot()) >= owed,
			"the pot has less than rows have put down"
		);
		// On a chain somebody may have sent it something, which the next run makes a fee.
		#[cfg(test)]
		ensure!(
			T::Currency::total_balance(&T::TriggerAccount::get()) == 0,
			"the account that runs rows holds something"
		);
		Ok(())
	}

	/// Each row stands exactly where its state says.
	fn check_agendas() -> Result<(), TryRuntimeError> {
		let mut expected = BTreeSet::<(u8, u64, RowId)>::new();
		for (id, row) in Rows::<T>::iter() {
			Self::check_row(&row)?;
			match row.state {
				RowState::Waiting { at } => {
					let agenda = Agenda::waiting(at.clock, row.terms.tier);
					expected.insert((agenda as u8, at.value, id));
				},
				RowState::Due { since, deadline, .. } => {
					expected.insert((Agenda::Due as u8, since.into(), id));
					if let Some(deadline) = deadline {
						let agenda = Agenda::deadline(row.terms.tier);
						expected.insert((agenda as u8, deadline.into(), id));
					}
				},
				RowState::Listening | RowState::Paused { .. } => {},
			}
			if Self::load_of(&row) > 0 {
				expected.insert((Agenda::Rent as u8, row.paid_until.into(), id));
			}
			if let Some(at) = row.terms.expires_at {
				expected.insert((Agenda::Expiry as u8, at.into(), id));
			}
		}
		let mut heads = Heads::<T>::get();
		let mut found = 0_usize;
		for (agenda, place, ()) in Agendas::<T>::iter() {
			ensure!(
				expected.contains(&(agenda as u8, place.at(), place.id())),
				"an agenda has a row that does not belong there"
			);
			if let Some(head) = heads.of(agenda) {
				ensure!(*head <= place.at(), "an agenda begins before its head");
			}
			ensure!(Place::new(place.at(), place.id()) == place, "a place is no place");
			found = found.saturating_add(1);
		}
		ensure!(found == expected.len(), "a row is missing in an agenda");
		Ok(())
	}

	fn check_row(row: &Row<AccountIdOf<T>>) -> Result<(), TryRuntimeError> {
		let fits = match (&row.condition, &row.state) {
			(_, RowState::Due { .. } | RowState::Paused { .. }) => true,
			// That of a retry, or of further logs, is a block.
			(Condition::Log { .. }, RowState::Waiting { .. } | RowState::Listening) => true,
			(Condition::Time(_) | Condition::Check { .. }, RowState::Waiting { .. }) => true,
			(Condition::Time(_) | Condition::Check { .. }, RowState::Listening) => false,
		};
		ensure!(fits, "a row's state does not fit its condition");
		ensure!(
			row.terms.max_runs.is_none_or(|most| row.runs < most),
			"a row has run more often than it may"
		);
		ensure!(
			row.failures <= u32::from(row.terms.retries) || !row.is_live(),
			"a row has failed more often than it may"
		);
		Ok(())
	}

	/// Rows listen as long as they are not paused, and are counted.
	fn check_listeners() -> Result<(), TryRuntimeError> {
		let mut expected = BTreeSet::new();
		for (id, row) in Rows::<T>::iter() {
			if let (Condition::Log { emitter, topic0 }, true) = (row.condition, row.is_live()) {
				expected.insert((emitter, topic0, id));
			}
		}
		let mut by_emitter = BTreeMap::new();
		let mut found: u32 = 0;
		for ((emitter, topic0), id, ()) in LogFilters::<T>::iter() {
			let id = RowId::from_be_bytes(id);
			ensure!(expected.contains(&(emitter, topic0, id)), "a row listens that must not");
			found = found.saturating_add(1);
			let count: &mut u32 = by_emitter.entry(emitter).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(found as usize == expected.len(), "a row does not listen");
		ensure!(found == Listeners::<T>::get(), "listeners are counted wrong");
		let counted: BTreeMap<_, _> = RowsListening::<T>::iter().collect();
		ensure!(counted == by_emitter, "listeners to a contract are counted wrong");
		Ok(())
	}

	fn check_owners() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<_, u32>::new();
		for (owner, id, ()) in RowsOf::<T>::iter() {
			let row = Rows::<T>::get(id).ok_or("an account has a row that there is not")?;
			ensure!(row.owner == owner, "a row is another account's");
			let key = codec::Encode::encode(&owner);
			let count = counts.entry(key).or_default();
			*count = count.saturating_add(1);
		}
		let all: u32 = counts.values().sum();
		ensure!(all == Rows::<T>::count(), "a row is no account's");
		let mut accounts = 0_usize;
		for (owner, count) in RowCount::<T>::iter() {
			let key = codec::Encode::encode(&owner);
			ensure!(counts.get(&key) == Some(&count), "rows of an account are counted wrong");
			accounts = accounts.saturating_add(1);
		}
		ensure!(accounts == counts.len(), "rows of an account are not counted");
		for id in Calldata::<T>::iter_keys().chain(History::<T>::iter_keys()) {
			ensure!(Rows::<T>::contains_key(id), "something is left of a row");
		}
		Ok(())
	}

	fn check_keys() -> Result<(), TryRuntimeError> {
		let mut keys = 0_usize;
		for (key, node) in TriggerKeys::<T>::iter() {
			ensure!(KeyOfNode::<T>::get(node) == Some(key), "a trigger key is not its node's");
			keys = keys.saturating_add(1);
		}
		ensure!(KeyOfNode::<T>::iter().count() == keys, "a node's trigger key is unknown");
		Ok(())
	}
}
