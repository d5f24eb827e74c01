//! The ledger: the coins that groups hold on the external chain.

use crate::{
	ext, types::CoinKey, AccountIdOf, Available, Config, Deficit, Error, GoneCoins, Held, HeldBy,
	Locked, Owed, Pallet, Price, Utxo, Utxos,
};
use alloc::vec::Vec;
use frame_support::ensure;
use fusion_asset_mapping_primitives::{chain::ExternalChain, BatchId, OutPoint, Reserves};
use fusion_dcrm_primitives::{
	traits::{Holdings, KeyGroups},
	GroupId,
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Proof of reserves: what the group holds, and what was issued against it.
	pub fn reserves() -> Reserves {
		Reserves {
			held: Held::<T, I>::get(),
			deficit: Deficit::<T, I>::get(),
			issued: ext::assets::issued::<T, I>(),
			locked: Locked::<T, I>::get(),
			owed: Owed::<T, I>::get(),
		}
	}

	/// The account in which locked coins sit.
	pub fn account_id() -> AccountIdOf<T> {
		ext::assets::vault::<T, I>()
	}

	/// A coin came in.
	pub(crate) fn add_coin(outpoint: OutPoint, coin: Utxo) -> DispatchResult {
		ensure!(
			!Utxos::<T, I>::contains_key(outpoint) && !GoneCoins::<T, I>::contains_key(outpoint),
			Error::<T, I>::CoinUnavailable
		);
		let held =
			Held::<T, I>::get().checked_add(coin.amount.into()).ok_or(Error::<T, I>::Overflow)?;
		let by_group = HeldBy::<T, I>::get(coin.group)
			.checked_add(coin.amount.into())
			.ok_or(Error::<T, I>::Overflow)?;
		Held::<T, I>::put(held);
		HeldBy::<T, I>::insert(coin.group, by_group);
		if coin.reserved.is_none() {
			Available::<T, I>::insert(coin.group, CoinKey::new(coin.amount, &outpoint), ());
		}
		Utxos::<T, I>::insert(outpoint, coin);
		Ok(())
	}

	/// A batch will spend the coin.
	pub(crate) fn reserve_coin(outpoint: &OutPoint, batch: BatchId) -> DispatchResult {
		let mut coin = Utxos::<T, I>::get(outpoint).ok_or(Error::<T, I>::CoinUnavailable)?;
		ensure!(coin.reserved.is_none(), Error::<T, I>::CoinUnavailable);
		Available::<T, I>::remove(coin.group, CoinKey::new(coin.amount, outpoint));
		coin.reserved = Some(batch);
		Utxos::<T, I>::insert(outpoint, coin);
		Ok(())
	}

	/// No batch will spend the coin.
	pub(crate) fn release_coin(outpoint: &OutPoint, batch: BatchId) -> DispatchResult {
		let mut coin = Utxos::<T, I>::get(outpoint).ok_or(Error::<T, I>::CoinUnavailable)?;
		ensure!(coin.reserved == Some(batch), Error::<T, I>::CoinUnavailable);
		coin.reserved = None;
		Available::<T, I>::insert(coin.group, CoinKey::new(coin.amount, outpoint), ());
		Utxos::<T, I>::insert(outpoint, coin);
		Ok(())
	}

	/// The batch spent the coin.
	pub(crate) fn spend_coin(outpoint: &OutPoint, batch: BatchId) -> DispatchResult {
		let coin = Utxos::<T, I>::get(outpoint).ok_or(Error::<T, I>::CoinUnavailable)?;
		ensure!(coin.reserved == Some(batch), Error::<T, I>::CoinUnavailable);
		Self::remove_coin(outpoint).map(|_| ())
	}

	/// The coin is not there any more.
	pub(crate) fn remove_coin(outpoint: &OutPoint) -> Result<Utxo, DispatchError> {
		let coin = Utxos::<T, I>::take(outpoint).ok_or(Error::<T, I>::CoinUnavailable)?;
		if coin.reserved.is_none() {
			Available::<T, I>::remove(coin.group, CoinKey::new(coin.amount, outpoint));
		}
		let held =
			Held::<T, I>::get().checked_sub(coin.amount.into()).ok_or(Error::<T, I>::Overflow)?;
		let by_group = HeldBy::<T, I>::get(coin.group)
			.checked_sub(coin.amount.into())
			.ok_or(Error::<T, I>::Overflow)?;
		Held::<T, I>::put(held);
		if by_group == 0 {
			HeldBy::<T, I>::remove(coin.group);
		} else {
			HeldBy::<T, I>::insert(coin.group, by_group);
		}
		Ok(coin)
	}

	/// Whether a group may be given more coins: all that it holds, here and by other pallets, is worth less than it may
	/// hold. Without a price it always may.
	pub fn has_room(group: GroupId) -> bool {
		!Price::<T, I>::exists() || {
			let worth =
				<Self as Holdings>::worth(group).saturating_add(T::OtherHoldings::worth(group));
			worth < T::KeyGroups::capacity(group)
		}
	}

	/// The largest coins of the group that are not reserved, largest first: as many as a transaction
	/// may spend.
	pub(crate) fn largest_coins(group: GroupId) -> Vec<(OutPoint, Utxo)> {
		let limit = usize::try_from(T::Chain::MAX_INPUTS).unwrap_or(usize::MAX);
		Available::<T, I>::iter_key_prefix(group)
			.take(limit)
			.filter_map(|key| {
				let outpoint = key.outpoint();
				Utxos::<T, I>::get(outpoint).map(|coin| (outpoint, coin))
			})
			.collect()
	}

	/// Whether the group has more coins that are not reserved than a transaction may spend.
	pub(crate) fn has_more_coins(group: GroupId) -> bool {
		let limit = usize::try_from(T::Chain::MAX_INPUTS).unwrap_or(usize::MAX);
		Available::<T, I>::iter_key_prefix(group).nth(limit).is_some()
	}
}

impl<T: Config<I>, I: 'static> Holdings for Pallet<T, I> {
	fn worth(group: GroupId) -> u128 {
		Price::<T, I>::get().map_or(0, |price| HeldBy::<T, I>::get(group).saturating_mul(price))
	}
}
