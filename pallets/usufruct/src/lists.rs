//! Lists of slices, and the deposits for them.

use crate::{
	ext, AccountIdOf, AccountSlices, Balance, Coin, Config, Entry, Error, Event, Held, HoldReason,
	Lists, Pallet, MAX_PUSHED,
};
use core::cmp::Ordering;
use frame_support::{ensure, traits::Get};
use fusion_slices::{Error as SlicesError, Interval, Seconds, FOREVER};
use sp_runtime::{DispatchError, DispatchResult};

/// A list that is changed: what is stored, without the past, and for whom.
pub(crate) struct List<'a, T: Config> {
	who: &'a AccountIdOf<T>,
	coin: Coin,
	/// What it is before and after.
	pub(crate) slices: AccountSlices,
	/// How long it was before.
	length: u32,
	/// What is held for it.
	deposit: Balance,
}

impl<'a, T: Config> List<'a, T> {
	/// Reads a list. What has ended is gone.
	pub(crate) fn of(who: &'a AccountIdOf<T>, coin: Coin, now: Seconds) -> Self {
		let Entry { mut slices, deposit } = Lists::<T>::get(who, coin).unwrap_or_default();
		slices.forget_before(now);
		let length = slices.len();
		Self { who, coin, slices, length, deposit }
	}

	/// Adds a slice.
	pub(crate) fn add(&mut self, interval: Interval, amount: Balance) -> DispatchResult {
		self.slices.add(interval, amount).map_err(refused::<T>)
	}

	/// Takes a slice.
	pub(crate) fn sub(&mut self, interval: Interval, amount: Balance) -> DispatchResult {
		self.slices.sub(interval, amount).map_err(refused::<T>)
	}

	/// Refuses it if somebody else makes the list so long that little room is left for its owner.
	pub(crate) fn ensure_polite(&self, by: &AccountIdOf<T>) -> DispatchResult {
		let length = self.slices.len();
		let polite = by == self.who || length <= self.length || length <= MAX_PUSHED;
		ensure!(polite, Error::<T>::ReceiverFull);
		Ok(())
	}

	/// Stores the list. What it takes of a deposit beyond what is held is paid by `payer`; what it does not take
	/// any more is released to whom the list belongs.
	pub(crate) fn put(self, payer: &AccountIdOf<T>) -> DispatchResult {
		let Self { who, coin, slices, deposit: held, .. } = self;
		let deposit = list_deposit::<T>(slices.len());
		match deposit.cmp(&held) {
			Ordering::Greater => ext::deposits::hold::<T>(
				HoldReason::List,
				payer,
				who,
				deposit.saturating_sub(held),
			)?,
			Ordering::Less => {
				ext::deposits::release::<T>(HoldReason::List, who, held.saturating_sub(deposit))?;
			},
			Ordering::Equal => {},
		}
		if slices.is_empty() {
			Lists::<T>::remove(who, coin);
		} else {
			Lists::<T>::insert(who, coin, Entry { slices, deposit });
		}
		Ok(())
	}
}

/// What is held for a list with so many boundaries.
pub(crate) fn list_deposit<T: Config>(boundaries: u32) -> Balance {
	let Some(others) = boundaries.checked_sub(1) else { return 0 };
	T::BoundaryDeposit::get().saturating_mul(others.into()).saturating_add(T::ListDeposit::get())
}

/// Why the pallet refuses what the algebra refuses.
pub(crate) fn refused<T: Config>(error: SlicesError) -> DispatchError {
	match error {
		SlicesError::EmptyInterval { .. } => Error::<T>::EmptyInterval,
		SlicesError::NotEnough { .. } => Error::<T>::NotEnough,
		SlicesError::Overflow { .. } => Error::<T>::Overflow,
		SlicesError::TooManyBoundaries { .. } => Error::<T>::TooManyBoundaries,
	}
	.into()
}

/// `[start, end)`, of which nothing is in the past. A start of 0 is now.
pub(crate) fn interval<T: Config>(
	now: Seconds,
	start: Seconds,
	end: Seconds,
) -> Result<Interval, DispatchError> {
	let start = if start == 0 { now } else { start };
	ensure!(end > now, Error::<T>::EndInPast);
	ensure!(start >= now, Error::<T>::StartInPast);
	Interval::new(start, end).map_err(refused::<T>)
}

/// From an instant on, without end.
pub(crate) fn from<T: Config>(start: Seconds) -> Result<Interval, DispatchError> {
	Interval::new(start, FOREVER).map_err(refused::<T>)
}

impl<T: Config> Pallet<T> {
	/// More of a coin is in slices.
	pub(crate) fn grow(coin: Coin, amount: Balance) -> DispatchResult {
		Held::<T>::try_mutate(coin, |held| {
			*held = held.checked_add(amount).ok_or(Error::<T>::Overflow)?;
			Ok(())
		})
	}

	/// Less of a coin is in slices.
	pub(crate) fn shrink(coin: Coin, amount: Balance) -> DispatchResult {
		Held::<T>::try_mutate_exists(coin, |held| {
			let left = held.unwrap_or_default().checked_sub(amount).ok_or(Error::<T>::Overflow)?;
			*held = (left > 0).then_some(left);
			Ok(())
		})
	}

	/// Frees a list of what has ended. See [`Call::poke`](crate::Call::poke).
	///
	/// # Errors
	///
	/// [`Error::NothingEnded`] if it would be as long as before.
	pub fn do_poke(coin: Coin, who: &AccountIdOf<T>) -> DispatchResult {
		let before = Lists::<T>::get(who, coin).map_or(0, |entry| entry.slices.len());
		let list = List::<T>::of(who, coin, ext::now::<T>());
		let boundaries = list.slices.len();
		ensure!(boundaries < before, Error::<T>::NothingEnded);
		// It is not longer: nobody pays.
		list.put(who)?;
		Self::deposit_event(Event::Poked { coin, who: who.clone(), boundaries });
		Ok(())
	}
}
