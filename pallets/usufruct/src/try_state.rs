//! The invariants.

use crate::{
	ext, lists::list_deposit, AccountIdOf, Agenda, Allowances, Balance, Coin, Config, Consents,
	Held, HoldReason, Lists, NextHour, NextPledge, Pallet, Pledges, MAX_BOUNDARIES,
};
use alloc::collections::BTreeMap;
use codec::Encode;
use frame_support::{ensure, traits::fungible::InspectHold};
use fusion_slices::{Interval, Slices, FOREVER};
use sp_runtime::TryRuntimeError;

/// Lists of any number of accounts in one.
type Everything = Slices<{ u32::MAX }>;

impl<T: Config> Pallet<T> {
	/// Checks everything that must hold between blocks.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_slices()?;
		Self::check_deposits()?;
		Self::check_agenda()
	}

	/// From now on, at each instant, the slices of a coin add up to what is held for them, and the vault has it.
	fn check_slices() -> Result<(), TryRuntimeError> {
		let kept = frame_system::Pallet::<T>::providers(&ext::coins::vault::<T>()) > 0;
		ensure!(kept, "the account of the vault may go");
		let now = ext::now::<T>();
		let ever = Interval::new(now, FOREVER).map_err(|_| "the clock is at its end")?;
		let mut sums = BTreeMap::<Coin, Everything>::new();
		for (_, coin, entry) in Lists::<T>::iter() {
			ensure!(!entry.slices.is_empty(), "an empty list is stored");
			ensure!(entry.slices.len() <= MAX_BOUNDARIES, "a list is too long");
			let sum = sums.entry(coin).or_default();
			let mut slices = entry.slices;
			slices.forget_before(now);
			for (interval, amount) in slices.iter() {
				sum.add(interval, amount).map_err(|_| "the slices of a coin overflow")?;
			}
		}
		for (coin, held) in Held::<T>::iter() {
			ensure!(held > 0, "nothing is held, and that is stored");
			let expected = Everything::of(ever, held).map_err(|_| "one slice is too much")?;
			let sum = sums.remove(&coin).unwrap_or_default();
			ensure!(sum == expected, "at some instant, slices are not what is held for them");
			ensure!(ext::coins::in_vault::<T>(coin) >= held, "coins are missing from the vault");
		}
		ensure!(
			sums.values().all(Slices::is_empty),
			"there are slices of a coin of which nothing is held"
		);
		Ok(())
	}

	/// What is held of accounts is what their lists, allowances, consents and pledges say, and no list is longer
	/// than was paid for.
	fn check_deposits() -> Result<(), TryRuntimeError> {
		// By account, as bytes: accounts of every runtime have an order then.
		let mut expected = BTreeMap::<(alloc::vec::Vec<u8>, u8), (AccountIdOf<T>, Balance)>::new();
		let mut note = |who: AccountIdOf<T>, reason: u8, amount: Balance| {
			let sum = &mut expected.entry((who.encode(), reason)).or_insert((who, 0)).1;
			*sum = sum.saturating_add(amount);
		};
		for (who, _, entry) in Lists::<T>::iter() {
			ensure!(
				entry.deposit == list_deposit::<T>(entry.slices.len()),
				"the deposit for a list is not that for its length"
			);
			note(who, 0, entry.deposit);
		}
		for (who, _, allowance) in Allowances::<T>::iter() {
			ensure!(allowance.amount > 0, "an allowance of nothing is stored");
			note(who, 1, allowance.deposit);
		}
		for (who, _, consent) in Consents::<T>::iter() {
			ensure!(consent.amount > 0, "a consent to nothing is stored");
			note(who, 1, consent.deposit);
		}
		for (_, pledge) in Pledges::<T>::iter() {
			note(pledge.user, 2, pledge.deposit);
		}
		for ((_, reason), (who, amount)) in expected {
			let reason = match reason {
				0 => HoldReason::List,
				1 => HoldReason::Allowance,
				_ => HoldReason::Pledge,
			};
			ensure!(
				T::Currency::balance_on_hold(&reason.into(), &who) == amount,
				"a deposit is not held"
			);
		}
		Ok(())
	}

	/// Pledges and agendas say the same.
	fn check_agenda() -> Result<(), TryRuntimeError> {
		let mut places: usize = 0;
		for (hour, due) in Agenda::<T>::iter() {
			ensure!(!due.is_empty(), "an empty agenda is stored");
			ensure!(hour >= NextHour::<T>::get(), "an agenda is left behind");
			places = places.saturating_add(due.len());
		}
		let mut looked_after: usize = 0;
		for (number, pledge) in Pledges::<T>::iter() {
			ensure!(number < NextPledge::<T>::get(), "a pledge has a number not given out");
			ensure!(pledge.amount > 0 && pledge.user != pledge.owner, "a pledge of nothing");
			if let Some(hour) = pledge.due {
				looked_after = looked_after.saturating_add(1);
				ensure!(Agenda::<T>::get(hour).contains(&number), "a pledge is not on its agenda");
			}
		}
		ensure!(places == looked_after, "an agenda has a pledge that is not there");
		Ok(())
	}
}
