//! What can be asked of slices.

use crate::{
	ext, lists::interval, AccountIdOf, AccountSlices, Balance, Coin, Config, Lists, Pallet, Pledges,
};
use alloc::vec::Vec;
use fusion_slices::{ChangeView, Interval, PledgeView, Seconds, FOREVER};
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

	/// The coins of which an account has slices, from now on. For the runtime API: it reads all lists of the
	/// account.
	pub fn coins_of(who: &AccountIdOf<T>) -> Vec<Coin> {
		let now = ext::now::<T>();
		let mut coins: Vec<_> = Lists::<T>::iter_prefix(who)
			.filter_map(|(coin, mut entry)| {
				entry.slices.forget_before(now);
				(!entry.slices.is_empty()).then_some(coin)
			})
			.collect();
		coins.sort_unstable();
		coins
	}

	/// How much an account has the use of at an instant; 0 is now. `None` for an instant that is over, or that
	/// never is.
	pub fn use_at(coin: Coin, who: &AccountIdOf<T>, at: Seconds) -> Option<Balance> {
		let (slices, now) = Self::present(coin, who);
		Self::instant(at, now).map(|at| slices.value(at))
	}

	/// How much an account has title and use of from an instant on; 0 is now. `None` for an instant that is over,
	/// or that never is.
	pub fn whole_at(coin: Coin, who: &AccountIdOf<T>, at: Seconds) -> Option<Balance> {
		let (slices, now) = Self::present(coin, who);
		let ever = Interval::new(Self::instant(at, now)?, FOREVER).ok()?;
		Some(slices.min(ever))
	}

	fn instant(at: Seconds, now: Seconds) -> Option<Seconds> {
		let at = if at == 0 { now } else { at };
		(now <= at && at < FOREVER).then_some(at)
	}

	/// What comes to an account, comes back, or ends, and when, in the order of time.
	pub fn changes_of(coin: Coin, who: &AccountIdOf<T>) -> Vec<ChangeView> {
		let (slices, now) = Self::present(coin, who);
		slices.changes_after(now)
	}

	/// The pledges of which an account is user or owner, in the order of their numbers. For the runtime API: it
	/// reads all pledges.
	pub fn pledges_of(who: &AccountIdOf<T>) -> Vec<PledgeView<AccountIdOf<T>>> {
		let mut pledges: Vec<_> = Pledges::<T>::iter()
			.filter(|(_, found)| found.user == *who || found.owner == *who)
			.map(|(pledge, found)| PledgeView {
				pledge,
				user: found.user,
				owner: found.owner,
				node: found.node,
				amount: found.amount,
				end: found.end,
				unbonding: found.unbonding,
			})
			.collect();
		pledges.sort_unstable_by_key(|found| found.pledge);
		pledges
	}
}
