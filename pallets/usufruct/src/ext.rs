//! What the pallet needs of others: the clock, coins, deposits of FSN, and stake.

use crate::{AccountIdOf, Balance, Coin, Config, Error, HoldReason, Pallet, PledgeId};
use frame_support::{
	ensure,
	pallet_prelude::Weight,
	traits::{
		fungible::{Inspect as _, Mutate as _, MutateHold as _},
		fungibles::{Inspect as _, Mutate as _},
		tokens::{Fortitude, Precision, Preservation},
		Get, UnixTime,
	},
};
use fusion_slices::Seconds;
use sp_runtime::{traits::AccountIdConversion, DispatchResult};

/// Stake with bookkeeping nodes, as accounts of the pallet have it. An account stakes with one node, once.
pub trait Staking<AccountId> {
	/// Stakes plain FSN of `who` with a node.
	///
	/// # Errors
	///
	/// Those of whoever keeps the stake, for instance if the node is none or takes no more.
	fn bond(who: &AccountId, node: &AccountId, amount: Balance) -> DispatchResult;

	/// Begins to unbond everything that `who` has staked. Does nothing if nothing is left to unbond.
	///
	/// # Errors
	///
	/// Those of whoever keeps the stake.
	fn unbond(who: &AccountId) -> DispatchResult;

	/// Makes what is due plain FSN of `who` again. Does nothing if nothing is due.
	fn withdraw(who: &AccountId);

	/// Pays what `who` has earned to it, as plain FSN. Does nothing if it has earned nothing.
	fn claim(who: &AccountId);

	/// How much of `who` is staked or unbonding. It is not plain until it is 0 again.
	fn staked(who: &AccountId) -> Balance;

	/// What any of these takes at most.
	fn weight() -> Weight;
}

/// What benchmarks need of the runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// Sets the clock, in seconds.
	fn set_time(now: Seconds);
	/// Gives an account plain mapped coins, and says which.
	fn mapped_coins(who: &AccountId, amount: Balance) -> Coin;
	/// Makes a node that can be bonded to.
	fn node() -> AccountId;
	/// Makes everything that `who` has unbonding due.
	fn make_due(who: &AccountId);
}

/// The clock of the chain, in seconds. A fraction of a second is left out: what ends at a second has ended
/// when that second begins.
pub(crate) fn now<T: Config>() -> Seconds {
	T::Time::now().as_secs()
}

/// Coins, inside and outside.
pub(crate) mod coins {
	use super::*;

	/// The account in which coins sit that are in slices. It has no key.
	pub(crate) fn vault<T: Config>() -> AccountIdOf<T> {
		T::PalletId::get().into_account_truncating()
	}

	/// Moves plain coins of an account in.
	pub(crate) fn take<T: Config>(
		coin: Coin,
		from: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		let (expendable, polite) = (Preservation::Expendable, Fortitude::Polite);
		// What the coins themselves would say of this depends on how they find out.
		let free = match coin {
			Coin::Fsn => T::Currency::reducible_balance(from, expendable, polite),
			Coin::Mapped(asset) => {
				ensure!(T::Assets::asset_exists(asset), Error::<T>::UnknownCoin);
				T::Assets::reducible_balance(asset, from, expendable, polite)
			},
		};
		ensure!(free >= amount, Error::<T>::NotEnoughPlainCoins);
		transfer::<T>(coin, from, &vault::<T>(), amount)
	}

	/// Moves coins out.
	pub(crate) fn give<T: Config>(
		coin: Coin,
		to: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		transfer::<T>(coin, &vault::<T>(), to, amount)
	}

	/// How much sits in the account of the pallet: what is held for slices, and what others sent there.
	#[cfg(any(test, feature = "try-runtime"))]
	pub(crate) fn in_vault<T: Config>(coin: Coin) -> Balance {
		match coin {
			Coin::Fsn => T::Currency::balance(&vault::<T>()),
			Coin::Mapped(asset) => T::Assets::balance(asset, &vault::<T>()),
		}
	}

	pub(crate) fn transfer<T: Config>(
		coin: Coin,
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		match coin {
			Coin::Fsn => T::Currency::transfer(from, to, amount, Preservation::Expendable),
			Coin::Mapped(asset) => {
				T::Assets::transfer(asset, from, to, amount, Preservation::Expendable)
			},
		}
		.map(|_| ())
	}
}

/// Deposits of FSN.
pub(crate) mod deposits {
	use super::*;

	/// Holds a deposit of `who`, which `payer` pays. If they are not the same, it is a gift.
	pub(crate) fn hold<T: Config>(
		reason: HoldReason,
		payer: &AccountIdOf<T>,
		who: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		if payer != who {
			// Nothing can be held of an account that is not there.
			let least = T::Currency::minimum_balance();
			let gap = least.saturating_sub(T::Currency::balance(who));
			let gift = amount.saturating_add(gap);
			T::Currency::transfer(payer, who, gift, Preservation::Preserve)
				.map_err(|_| Error::<T>::DepositUnpaid)?;
		}
		T::Currency::hold(&reason.into(), who, amount).map_err(|_| Error::<T>::DepositUnpaid.into())
	}

	/// Releases a deposit of `who`.
	pub(crate) fn release<T: Config>(
		reason: HoldReason,
		who: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		T::Currency::release(&reason.into(), who, amount, Precision::Exact).map(|_| ())
	}
}

/// Stake of pledges.
pub(crate) mod stake {
	use super::*;

	/// The account that stakes for a pledge. It has no key.
	pub(crate) fn account<T: Config>(pledge: PledgeId) -> AccountIdOf<T> {
		// With the number alone, that of pledge 0 would be the vault.
		T::PalletId::get().into_sub_account_truncating((*b"pledge", pledge))
	}
}

impl<T: Config> Pallet<T> {
	/// The account in which coins sit that are in slices. Nobody has a key to it.
	pub fn vault() -> AccountIdOf<T> {
		coins::vault::<T>()
	}

	/// The account that stakes for a pledge. Nobody has a key to it.
	pub fn pledge_account(pledge: PledgeId) -> AccountIdOf<T> {
		stake::account::<T>(pledge)
	}
}
