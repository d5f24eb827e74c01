//! The vault, what is mapped, and what governance sets for it.

use crate::{
	ext, Asset, AssetOf, AssetText, Config, Error, Event, Limits, Pallet, Paused, PausedDirections,
	RegisteredVault, Registry, TheVault,
};
use frame_support::{ensure, traits::Get};
use fusion_dcrm_primitives::GroupId;
use fusion_ethereum_primitives::{Address, Call as VaultCall, Vault};
use sp_runtime::{DispatchError, DispatchResult};

/// More decimals than any amount of 128 bits can have.
const MAX_DECIMALS: u8 = 36;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// See [`Call::register_vault`](crate::Call::register_vault).
	pub(crate) fn do_register_vault(
		vault: Vault,
		group: GroupId,
		maximum_fee: u128,
	) -> DispatchResult {
		ensure!(!TheVault::<T, I>::exists(), Error::<T, I>::VaultRegistered);
		ensure!(vault.address.is_payable(), Error::<T, I>::BadContract);
		ensure!(maximum_fee > 0, Error::<T, I>::InvalidParameters);
		let key = ext::keys::vault_key::<T, I>(group)?;
		TheVault::<T, I>::put(RegisteredVault { vault, group, key, maximum_fee });
		let Vault { chain_id, address } = vault;
		Self::deposit_event(Event::VaultRegistered { chain_id, address, group, key });
		Ok(())
	}

	/// See [`Call::register_asset`](crate::Call::register_asset).
	pub(crate) fn do_register_asset(
		asset: u32,
		token: Address,
		(name, symbol, decimals): (AssetText, AssetText, u8),
		limits: Limits,
	) -> DispatchResult {
		let vault = Self::the_vault()?.vault;
		let is_native = token == Address::ZERO;
		ensure!(
			is_native || (token.is_payable() && token != vault.address),
			Error::<T, I>::BadContract
		);
		ensure!(limits.is_valid(), Error::<T, I>::InvalidParameters);
		let is_text = |text: &AssetText| !text.is_empty() && core::str::from_utf8(text).is_ok();
		ensure!(
			is_text(&name) && is_text(&symbol) && decimals <= MAX_DECIMALS,
			Error::<T, I>::BadMetadata
		);
		ensure!(
			!AssetOf::<T, I>::contains_key(token) && !ext::assets::exists::<T, I>(asset),
			Error::<T, I>::AssetRegistered
		);
		ensure!(Registry::<T, I>::count() < T::MaxAssets::get(), Error::<T, I>::TooManyAssets);

		ext::assets::create::<T, I>(asset, name, symbol, decimals)?;
		let paused = PausedDirections::default();
		let registered = Asset { token, decimals, price: None, limits, paused };
		Registry::<T, I>::insert(asset, registered);
		AssetOf::<T, I>::insert(token, asset);
		Self::deposit_event(Event::AssetRegistered { asset, token });
		if !is_native {
			Self::queue_order(VaultCall::AcceptToken { token, accept: true })?;
		}
		Ok(())
	}

	/// See [`Call::set_limits`](crate::Call::set_limits).
	pub(crate) fn do_set_limits(asset: u32, limits: Limits) -> DispatchResult {
		ensure!(limits.is_valid(), Error::<T, I>::InvalidParameters);
		let registered = Self::registered(asset)?;
		Registry::<T, I>::insert(asset, Asset { limits, ..registered });
		Self::deposit_event(Event::LimitsSet { asset, limits });
		Ok(())
	}

	/// See [`Call::set_price`](crate::Call::set_price).
	pub(crate) fn do_set_price(asset: u32, price: Option<u128>) -> DispatchResult {
		let registered = Self::registered(asset)?;
		Registry::<T, I>::insert(asset, Asset { price, ..registered });
		Self::deposit_event(Event::PriceSet { asset, price });
		Ok(())
	}

	/// See [`Call::set_paused`](crate::Call::set_paused).
	pub(crate) fn do_set_paused(asset: Option<u32>, paused: PausedDirections) -> DispatchResult {
		match asset {
			None => Paused::<T, I>::put(paused),
			Some(asset) => {
				let registered = Self::registered(asset)?;
				Registry::<T, I>::insert(asset, Asset { paused, ..registered });
			},
		}
		Self::deposit_event(Event::PausedSet { asset, paused });
		Ok(())
	}

	/// The vault.
	pub(crate) fn the_vault() -> Result<RegisteredVault, DispatchError> {
		TheVault::<T, I>::get().ok_or_else(|| Error::<T, I>::NoVault.into())
	}

	/// A mapped asset.
	pub(crate) fn registered(asset: u32) -> Result<Asset, DispatchError> {
		Registry::<T, I>::get(asset).ok_or_else(|| Error::<T, I>::UnknownAsset.into())
	}

	/// The number of the mapped native coin, in which fees are paid.
	pub(crate) fn native() -> Result<u32, DispatchError> {
		AssetOf::<T, I>::get(Address::ZERO).ok_or_else(|| Error::<T, I>::NoNativeAsset.into())
	}
}
