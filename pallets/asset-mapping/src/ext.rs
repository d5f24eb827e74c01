//! What the pallet needs of others: the mapped coins, and keys of the groups.

use crate::{AccountIdOf, Config, Error, HoldReason, NativeBalanceOf};
use frame_support::{
	ensure,
	traits::{
		fungible::hold::Mutate as _,
		fungibles::{Inspect as _, Mutate as _},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
};
use fusion_asset_mapping_primitives::{chain::ExternalChain, Amount};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, KeyPath};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchError, DispatchResult,
};

/// The mapped coins.
pub(crate) mod assets {
	use super::*;

	/// The account in which locked coins sit. It has no key.
	pub(crate) fn vault<T: Config<I>, I: 'static>() -> AccountIdOf<T> {
		T::PalletId::get().into_account_truncating()
	}

	/// Mapped coins in existence.
	pub(crate) fn issued<T: Config<I>, I: 'static>() -> u128 {
		T::Assets::total_issuance(T::AssetId::get())
	}

	/// Mints to an account.
	pub(crate) fn mint<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: Amount,
	) -> DispatchResult {
		T::Assets::mint_into(T::AssetId::get(), who, amount.into()).map(|_| ())
	}

	/// Moves coins of an account under lock.
	pub(crate) fn lock<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: Amount,
	) -> DispatchResult {
		// What the asset itself would say of this depends on how it finds out.
		let free = T::Assets::reducible_balance(
			T::AssetId::get(),
			who,
			Preservation::Expendable,
			Fortitude::Polite,
		);
		ensure!(free >= amount.into(), Error::<T, I>::NotEnoughMappedCoins);
		transfer::<T, I>(who, &vault::<T, I>(), amount)
	}

	/// Gives locked coins back to an account.
	pub(crate) fn unlock<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: Amount,
	) -> DispatchResult {
		transfer::<T, I>(&vault::<T, I>(), who, amount)
	}

	/// Burns locked coins.
	pub(crate) fn burn<T: Config<I>, I: 'static>(amount: Amount) -> DispatchResult {
		T::Assets::burn_from(
			T::AssetId::get(),
			&vault::<T, I>(),
			amount.into(),
			Preservation::Expendable,
			Precision::Exact,
			Fortitude::Force,
		)
		.map(|_| ())
	}

	fn transfer<T: Config<I>, I: 'static>(
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: Amount,
	) -> DispatchResult {
		T::Assets::transfer(T::AssetId::get(), from, to, amount.into(), Preservation::Expendable)
			.map(|_| ())
	}
}

/// The native token.
pub(crate) mod native {
	use super::*;

	/// Holds the deposit for an address.
	pub(crate) fn hold_address_deposit<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: NativeBalanceOf<T, I>,
	) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::hold(&HoldReason::<I>::DepositAddress.into(), who, amount)
			.map_err(|_| Error::<T, I>::AddressDepositUnpaid.into())
	}

	/// Holds the deposit for a lock-out.
	pub(crate) fn hold_lock_out_deposit<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: NativeBalanceOf<T, I>,
	) -> DispatchResult {
		T::Currency::hold(&HoldReason::<I>::LockOut.into(), who, amount)
			.map_err(|_| Error::<T, I>::LockOutDepositUnpaid.into())
	}

	/// Gives it back. A payment is settled whether or not that is possible.
	pub(crate) fn release_lock_out_deposit<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: NativeBalanceOf<T, I>,
	) {
		let reason = HoldReason::<I>::LockOut.into();
		let released = T::Currency::release(&reason, who, amount, Precision::BestEffort);
		if let Err(error) = released {
			log::error!(
				target: crate::LOG_TARGET,
				"the deposit for a lock-out of {who:?} stays held: {error:?}",
			);
		}
	}

	/// Gives the deposit for an address back.
	pub(crate) fn release_address_deposit<T: Config<I>, I: 'static>(
		who: &AccountIdOf<T>,
		amount: NativeBalanceOf<T, I>,
	) -> DispatchResult {
		T::Currency::release(
			&HoldReason::<I>::DepositAddress.into(),
			who,
			amount,
			Precision::BestEffort,
		)
		.map(|_| ())
	}
}

/// Keys of the groups.
pub(crate) mod keys {
	use super::*;

	/// The group that new addresses belong to, whose coins are spent, and whose members witness.
	pub(crate) fn active<T: Config<I>, I: 'static>() -> Option<GroupId> {
		T::KeyGroups::active()
	}

	/// The key of a group at `path`, as the external chain knows it.
	pub(crate) fn output_key<T: Config<I>, I: 'static>(
		group: GroupId,
		path: &KeyPath,
	) -> Result<[u8; 32], DispatchError> {
		let master = T::KeyGroups::key(group).ok_or(Error::<T, I>::KeyUnavailable)?;
		let tweak = T::KeyGroups::tweak(group, path).ok_or(Error::<T, I>::KeyUnavailable)?;
		T::Chain::output_key(&master, &tweak).map_err(|_| Error::<T, I>::KeyUnavailable.into())
	}
}
