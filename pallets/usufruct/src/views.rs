//! What can be asked of slices.

use crate::{
	ext, lists::interval, AccountIdOf, AccountSlices, Balance, Coin, Config, Lists, Pallet,
};
use alloc::vec::Vec;
use fusion_slices::{Interval, Seconds, FOREVER};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// The clock by which slices begin and end, in seconds since 1970.
	pub fn now() -> Seconds {
		ext::now::<T>()
	}

	fn present(coin: Coin, who: &AccountIdOf<T>) -> (AccountSlices, Seconds) {
		let now = ext::now::<T>();
		let mut slices = Lists::<T>::get(who, coin).unwrap_or_default().slices;
		slices.forget_before(now);
		(slices, now)
	}

	/// The slices that an account has of a coin from now on, in the order of time. They do not overlap.
	pub fn slices_of(coin: Coin, who: &AccountIdOf<T>) -> Vec<(Interval, Balance)> {
		Self::present(coin, who).0.iter().collect()
	}

	/// How much of a coin, in slices, an account has the use of now.
	pub fn use_of(coin: Coin, who: &AccountIdOf<T>) -> Balance {
		let (slices, now) = Self::present(coin, who);
		slices.value(now)
	}

	/// How much of a coin, in slices, an account has the title to.
	pub fn title_of(coin: Coin, who: &AccountIdOf<T>) -> Balance {
		Self::present(coin, who).0.title()
	}

	/// How much an account has at every instant of `[start, end)`: what it could transfer. A start of 0 is now.
	///
	/// # Errors
	///
	/// As transferring it: the interval is empty, or in part in the past.
	pub fn balance_over(
		coin: Coin,
		who: &AccountIdOf<T>,
		start: Seconds,
		end: Seconds,
	) -> Result<Balance, DispatchError> {
		let (slices, now) = Self::present(coin, who);
		Ok(slices.min(interval::<T>(now, start, end)?))
	}

	/// How much an account has both title and use of from now on: what it could withdraw.
	pub fn whole_of(coin: Coin, who: &AccountIdOf<T>) -> Balance {
		let (slices, now) = Self::present(coin, who);
		Interval::new(now, FOREVER).map_or(0, |ever| slices.min(ever))
	}
}
