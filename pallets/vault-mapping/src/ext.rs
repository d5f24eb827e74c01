//! What the pallet needs of others: the mapped coins, and keys of the groups.

use crate::{AccountIdOf, AssetText, Config, Error, HoldReason, NativeBalanceOf};
use frame_support::{
	ensure,
	traits::{
		fungible::hold::Mutate as _,
		fungibles::{metadata::Mutate as _, Create as _, Inspect as _, Mutate as _},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
};
use fusion_asset_mapping_primitives::account::AccountChain;
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, KeyPath};
use fusion_ethereum_primitives::Ethereum;
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	DispatchError, DispatchResult,
};

/// The mapped coins.
pub(crate) mod assets {
	use super::*;

	/// The account in which locked coins sit, and which owns the assets. It has no key.
	pub(crate) fn account<T: Config<I>, I: 'static>() -> AccountIdOf<T> {
		T::PalletId::get().into_account_truncating()
	}

	/// Whether there is such a coin.
	pub(crate) fn exists<T: Config<I>, I: 'static>(asset: u32) -> bool {
		T::Assets::asset_exists(asset)
	}

	/// Makes a mapped coin. It is sufficient for an account to exist, so that it can be minted to new ones.
	pub(crate) fn create<T: Config<I>, I: 'static>(
		asset: u32,
		name: AssetText,
		symbol: AssetText,
		decimals: u8,
	) -> DispatchResult {
		let account = account::<T, I>();
		T::Assets::create(asset, account.clone(), true, 1)?;
		T::Assets::set(asset, &account, name.into_inner(), symbol.into_inner(), decimals)
	}

	/// Mapped coins in existence.
	pub(crate) fn issued<T: Config<I>, I: 'static>(asset: u32) -> u128 {
		T::Assets::total_issuance(asset)
	}

	/// Mints to an account.
	pub(crate) fn mint<T: Config<I>, I: 'static>(
		asset: u32,
		who: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		T::Assets::mint_into(asset, who, amount).map(|_| ())
	}

	/// Moves coins of an account under lock.
	pub(crate) fn lock<T: Config<I>, I: 'static>(
		asset: u32,
		who: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		// What the asset itself would say of this depends on how it finds out.
		let free =
			T::Assets::reducible_balance(asset, who, Preservation::Expendable, Fortitude::Polite);
		ensure!(free >= amount, Error::<T, I>::NotEnoughMappedCoins);
		transfer::<T, I>(asset, who, &account::<T, I>(), amount)
	}

	/// Gives locked coins back to an account.
	pub(crate) fn unlock<T: Config<I>, I: 'static>(
		asset: u32,
		who: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		transfer::<T, I>(asset, &account::<T, I>(), who, amount)
	}

	/// Burns locked coins.
	pub(crate) fn burn<T: Config<I>, I: 'static>(asset: u32, amount: u128) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		T::Assets::burn_from(
			asset,
			&account::<T, I>(),
			amount,
			Preservation::Expendable,
			Precision::Exact,
			Fortitude::Force,
		)
		.map(|_| ())
	}

	fn transfer<T: Config<I>, I: 'static>(
		asset: u32,
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: u128,
	) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		T::Assets::transfer(asset, from, to, amount, Preservation::Expendable).map(|_| ())
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
}

/// Keys of the groups.
pub(crate) mod keys {
	use super::*;

	/// The path of the vault's key.
	pub(crate) fn path<T: Config<I>, I: 'static>() -> KeyPath {
		KeyPath::Vault(T::InstanceId::get())
	}

	/// The key of a group that its vault knows.
	pub(crate) fn vault_key<T: Config<I>, I: 'static>(
		group: GroupId,
	) -> Result<[u8; 32], DispatchError> {
		let master = T::KeyGroups::key(group).ok_or(Error::<T, I>::KeyUnavailable)?;
		let tweak =
			T::KeyGroups::tweak(group, &path::<T, I>()).ok_or(Error::<T, I>::KeyUnavailable)?;
		Ethereum::signing_key(&master, &tweak).map_err(|_| Error::<T, I>::KeyUnavailable.into())
	}
}
