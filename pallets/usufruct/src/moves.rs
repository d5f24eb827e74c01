//! Slices that are made, change hands, and go.

use crate::{
	ext,
	lists::{from, interval, List},
	AccountIdOf, Balance, Coin, Config, Error, Event, Pallet,
};
use frame_support::ensure;
use fusion_slices::{Interval, Seconds, FOREVER};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// See [`Call::deposit`](crate::Call::deposit).
	///
	/// # Errors
	///
	/// [`Error::ZeroAmount`], [`Error::UnknownCoin`], [`Error::NotEnoughPlainCoins`],
	/// [`Error::TooManyBoundaries`], [`Error::DepositUnpaid`].
	pub fn do_deposit(who: &AccountIdOf<T>, coin: Coin, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let now = ext::now::<T>();
		ext::coins::take::<T>(coin, who, amount)?;
		Self::grow(coin, amount)?;
		let mut list = List::<T>::of(who, coin, now);
		list.add(from::<T>(now)?, amount)?;
		list.put(who)?;
		Self::deposit_event(Event::Deposited { coin, who: who.clone(), amount });
		Ok(())
	}

	/// See [`Call::withdraw`](crate::Call::withdraw).
	///
	/// # Errors
	///
	/// [`Error::ZeroAmount`]; [`Error::NotEnough`] unless the account has title and use of that much.
	pub fn do_withdraw(who: &AccountIdOf<T>, coin: Coin, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let now = ext::now::<T>();
		let mut list = List::<T>::of(who, coin, now);
		list.sub(from::<T>(now)?, amount)?;
		Self::shrink(coin, amount)?;
		ext::coins::give::<T>(coin, who, amount)?;
		list.put(who)?;
		Self::deposit_event(Event::Withdrawn { coin, who: who.clone(), amount });
		Ok(())
	}

	/// See [`Call::lend`](crate::Call::lend).
	///
	/// # Errors
	///
	/// Those of [`Pallet::do_deposit`] and [`Pallet::do_transfer`]; [`Error::NeedsEnd`] if it would never come
	/// back, [`Error::ToSelf`].
	pub fn do_lend(
		who: &AccountIdOf<T>,
		coin: Coin,
		to: &AccountIdOf<T>,
		amount: Balance,
		end: Seconds,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		ensure!(who != to, Error::<T>::ToSelf);
		ensure!(end < FOREVER, Error::<T>::NeedsEnd);
		let now = ext::now::<T>();
		let lent = interval::<T>(now, now, end)?;
		ext::coins::take::<T>(coin, who, amount)?;
		Self::grow(coin, amount)?;
		let mut lender = List::<T>::of(who, coin, now);
		lender.add(from::<T>(end)?, amount)?;
		lender.put(who)?;
		let mut borrower = List::<T>::of(to, coin, now);
		borrower.add(lent, amount)?;
		borrower.ensure_polite(who)?;
		borrower.put(who)?;
		Self::deposit_event(Event::Deposited { coin, who: who.clone(), amount });
		Self::transferred(coin, who, to, amount, lent);
		Ok(())
	}

	/// Moves a slice of `from` for `caller`; gives the interval. See [`Call::transfer`](crate::Call::transfer)
	/// and [`Call::transfer_from`](crate::Call::transfer_from).
	///
	/// # Errors
	///
	/// [`Error::ZeroAmount`]; [`Error::StartInPast`], [`Error::EndInPast`], [`Error::EmptyInterval`];
	/// [`Error::NotAllowed`] if the caller is another and has no allowance; [`Error::NotEnough`];
	/// [`Error::TooManyBoundaries`], [`Error::ReceiverFull`], [`Error::DepositUnpaid`].
	pub fn do_transfer(
		caller: &AccountIdOf<T>,
		from: &AccountIdOf<T>,
		coin: Coin,
		to: &AccountIdOf<T>,
		amount: Balance,
		start: Seconds,
		end: Seconds,
	) -> Result<Interval, DispatchError> {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let now = ext::now::<T>();
		let interval = interval::<T>(now, start, end)?;
		if caller != from {
			Self::spend_allowance(from, coin, caller, amount)?;
		}
		Self::move_slice(caller, from, coin, to, amount, interval, now)?;
		Ok(interval)
	}

	/// Moves the title; gives the first instant of the slice. See
	/// [`Call::transfer_title`](crate::Call::transfer_title).
	///
	/// # Errors
	///
	/// [`Error::ZeroAmount`]; [`Error::NotEnough`] if the account does not have the title to that much;
	/// [`Error::TooManyBoundaries`], [`Error::ReceiverFull`], [`Error::DepositUnpaid`].
	pub fn do_transfer_title(
		who: &AccountIdOf<T>,
		coin: Coin,
		to: &AccountIdOf<T>,
		amount: Balance,
	) -> Result<Seconds, DispatchError> {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let now = ext::now::<T>();
		let list = List::<T>::of(who, coin, now);
		let start = list.slices.title_start(amount).ok_or(Error::<T>::NotEnough)?;
		Self::move_slice(who, who, coin, to, amount, from::<T>(start)?, now)?;
		Ok(start)
	}

	/// See [`Call::give_back`](crate::Call::give_back).
	///
	/// # Errors
	///
	/// Those of [`Pallet::do_transfer`]; [`Error::NeedsEnd`]; [`Error::NotNext`] if the receiver will not have
	/// that much at the end.
	pub fn do_give_back(
		who: &AccountIdOf<T>,
		coin: Coin,
		to: &AccountIdOf<T>,
		amount: Balance,
		end: Seconds,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		ensure!(who != to, Error::<T>::ToSelf);
		ensure!(end < FOREVER, Error::<T>::NeedsEnd);
		let now = ext::now::<T>();
		let interval = interval::<T>(now, now, end)?;
		let next = List::<T>::of(to, coin, now).slices.value(end);
		ensure!(next >= amount, Error::<T>::NotNext);
		Self::move_slice(who, who, coin, to, amount, interval, now)
	}

	/// Moves a slice. The caller may, and the interval is not in the past.
	fn move_slice(
		caller: &AccountIdOf<T>,
		from: &AccountIdOf<T>,
		coin: Coin,
		to: &AccountIdOf<T>,
		amount: Balance,
		interval: Interval,
		now: Seconds,
	) -> DispatchResult {
		let mut giver = List::<T>::of(from, coin, now);
		if from == to {
			// As with an ERC-20: nothing changes, but it has to be there.
			ensure!(giver.slices.min(interval) >= amount, Error::<T>::NotEnough);
		} else {
			giver.sub(interval, amount)?;
			giver.put(caller)?;
			let mut receiver = List::<T>::of(to, coin, now);
			receiver.add(interval, amount)?;
			receiver.ensure_polite(caller)?;
			receiver.put(caller)?;
		}
		Self::transferred(coin, from, to, amount, interval);
		Ok(())
	}

	fn transferred(
		coin: Coin,
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: Balance,
		interval: Interval,
	) {
		Self::deposit_event(Event::SliceTransferred {
			coin,
			from: from.clone(),
			to: to.clone(),
			amount,
			start: interval.start(),
			end: interval.end(),
		});
	}
}
