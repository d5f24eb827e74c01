//! The sums of each asset, and locked coins.

use crate::{ext, AccountIdOf, Asset, Book, Books, Config, Error, Pallet, Registry, TheVault};
use fusion_asset_mapping_primitives::{vault::AssetView, Reserves};
use fusion_dcrm_primitives::{
	traits::{Holdings, KeyGroups},
	GroupId,
};
use sp_core::U256;
use sp_runtime::DispatchResult;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Proof of reserves of an asset: what the vault holds, and what was issued against it. `None` if it is not
	/// mapped.
	pub fn reserves(asset: u32) -> Option<Reserves> {
		Registry::<T, I>::contains_key(asset).then(|| Self::sums(asset))
	}

	/// The account in which locked coins sit.
	pub fn account_id() -> AccountIdOf<T> {
		ext::assets::account::<T, I>()
	}

	/// What is mapped.
	pub fn mapped_assets() -> alloc::vec::Vec<AssetView> {
		Registry::<T, I>::iter()
			.map(|(asset, registered)| AssetView {
				asset,
				token: registered.token.0,
				minimum_deposit: registered.limits.minimum_deposit,
			})
			.collect()
	}

	/// Whether a group may be given more coins: all that it holds, here and by other pallets, is worth less than it may
	/// hold. Without any price it always may.
	pub fn has_capacity(group: GroupId) -> bool {
		let has_price = Registry::<T, I>::iter_values().any(|asset| asset.price.is_some());
		!has_price || {
			let worth =
				<Self as Holdings>::worth(group).saturating_add(T::OtherHoldings::worth(group));
			worth < T::KeyGroups::capacity(group)
		}
	}

	/// What coins held of an asset are worth. It rounds up.
	fn worth_of(held: u128, asset: &Asset) -> u128 {
		let Some(price) = asset.price else { return 0 };
		// Of two numbers of 128 bits.
		let worth = U256::from(held).saturating_mul(price.into());
		let unit = U256::from(10u128.saturating_pow(asset.decimals.into()));
		let more = worth.checked_rem(unit).is_some_and(|rest| !rest.is_zero());
		let whole = worth.checked_div(unit).unwrap_or(worth);
		u128::try_from(whole).unwrap_or(u128::MAX).saturating_add(u128::from(more))
	}

	/// The sums of a mapped asset.
	pub(crate) fn sums(asset: u32) -> Reserves {
		let Book { held, deficit, locked, owed } = Books::<T, I>::get(asset);
		Reserves { held, deficit, issued: ext::assets::issued::<T, I>(asset), locked, owed }
	}

	/// Changes the sums of an asset. `None` is an overflow.
	pub(crate) fn book(asset: u32, change: impl FnOnce(&mut Book) -> Option<()>) -> DispatchResult {
		Books::<T, I>::try_mutate(asset, |book| {
			change(book).ok_or_else(|| Error::<T, I>::Overflow.into())
		})
	}

	/// Locks coins of an account.
	pub(crate) fn lock(asset: u32, who: &AccountIdOf<T>, amount: u128) -> DispatchResult {
		ext::assets::lock::<T, I>(asset, who, amount)?;
		Self::book(asset, |book| {
			book.locked = book.locked.checked_add(amount)?;
			Some(())
		})
	}

	/// Gives locked coins back.
	pub(crate) fn unlock(asset: u32, who: &AccountIdOf<T>, amount: u128) -> DispatchResult {
		ext::assets::unlock::<T, I>(asset, who, amount)?;
		Self::book(asset, |book| {
			book.locked = book.locked.checked_sub(amount)?;
			Some(())
		})
	}

	/// The vault has paid locked coins out: they are burnt.
	pub(crate) fn settle_locked(asset: u32, amount: u128) -> DispatchResult {
		ext::assets::burn::<T, I>(asset, amount)?;
		Self::book(asset, |book| {
			book.locked = book.locked.checked_sub(amount)?;
			// Less is held only if deposits were gone, and then this was a part of the deficit that was none.
			book.held = book.held.saturating_sub(amount);
			Some(())
		})?;
		Self::reduce_deficit(asset);
		Ok(())
	}

	/// What covers nothing makes up for a deficit.
	pub(crate) fn reduce_deficit(asset: u32) {
		let surplus = Self::sums(asset).surplus();
		Books::<T, I>::mutate(asset, |book| book.deficit = book.deficit.saturating_sub(surplus));
	}

	/// What is not covered is recorded as a deficit.
	pub(crate) fn raise_deficit(asset: u32) -> DispatchResult {
		let sums = Self::sums(asset);
		let short = sums.liabilities().saturating_sub(sums.held.saturating_add(sums.deficit));
		Self::book(asset, |book| {
			book.deficit = book.deficit.checked_add(short)?;
			Some(())
		})
	}
}

impl<T: Config<I>, I: 'static> Holdings for Pallet<T, I> {
	fn worth(group: GroupId) -> u128 {
		if TheVault::<T, I>::get().is_none_or(|vault| vault.group != group) {
			return 0;
		}
		Registry::<T, I>::iter()
			.map(|(number, asset)| Self::worth_of(Books::<T, I>::get(number).held, &asset))
			.fold(0, u128::saturating_add)
	}
}
