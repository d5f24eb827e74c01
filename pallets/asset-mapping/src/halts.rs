//! When the pallet pauses by itself, and coins that are gone.
//!
//! A coin is *gone* when members say that the block which held it was replaced, and the coin is nowhere any more.
//! That takes a reorganization of the external chain deeper than the confirmations that were waited for. The coin
//! leaves the ledger. What the fee reserve (coins held that cover nothing) does not make up for is recorded as a
//! *deficit*, and both directions are paused until governance lets them go on. A deficit goes down when the coin comes
//! back, when coins come in to an address of the reserves, and when somebody burns mapped coins for it.

use crate::{
	ext, AccountIdOf, Batches, Config, Deficit, Error, Event, GoneCoins, HaltReason, Halted,
	Pallet, Paused, PausedDirections, Utxo, Utxos,
};
use frame_support::ensure;
use fusion_asset_mapping_primitives::{Amount, BatchId, OutPoint};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Which directions are paused, by governance or by the pallet itself.
	pub fn paused() -> PausedDirections {
		if Halted::<T, I>::exists() {
			return PausedDirections { lock_in: true, lock_out: true };
		}
		Paused::<T, I>::get()
	}

	/// Pauses both directions, until governance lets them go on.
	pub(crate) fn halt(reason: HaltReason) {
		if !Halted::<T, I>::exists() {
			log::error!(target: crate::LOG_TARGET, "asset mapping pauses by itself: {reason:?}");
			Halted::<T, I>::put(reason);
			Self::deposit_event(Event::Halted { reason });
		}
	}

	/// Pauses if the reserves are short. What is missing becomes a deficit, which can be made up for as any other.
	pub(crate) fn check_reserves() {
		let missing = Self::note_missing();
		if missing > 0 {
			let deficit = Deficit::<T, I>::get();
			Self::halt(HaltReason::ReservesShort);
			Self::deposit_event(Event::ReservesShort { missing, deficit });
		}
	}

	/// What is held and known to be missing does not cover becomes a deficit. Gives how much that is.
	fn note_missing() -> u128 {
		let reserves = Self::reserves();
		let missing =
			reserves.liabilities().saturating_sub(reserves.held.saturating_add(reserves.deficit));
		if missing > 0 {
			// At most all that is issued and owed, so it does not saturate.
			Deficit::<T, I>::mutate(|deficit| *deficit = deficit.saturating_add(missing));
		}
		missing
	}

	/// Governance lets things go on after the pallet has paused by itself.
	pub(crate) fn do_resume() -> DispatchResult {
		ensure!(Halted::<T, I>::exists(), Error::<T, I>::NotHalted);
		ensure!(Self::reserves().covered(), Error::<T, I>::ReservesShort);
		Halted::<T, I>::kill();
		Self::deposit_event(Event::Resumed);
		Ok(())
	}

	/// Enough members say that a coin is gone.
	pub(crate) fn accept_gone(outpoint: OutPoint, episode: u32) -> DispatchResult {
		let coin = Self::remove_coin(&outpoint)?;
		ensure!(coin.episode == episode, Error::<T, I>::ObservationNotWanted);
		let amount = coin.amount;
		GoneCoins::<T, I>::insert(outpoint, coin);
		Self::note_missing();
		let deficit = Deficit::<T, I>::get();
		Self::halt(HaltReason::CoinGone);
		Self::deposit_event(Event::CoinGone { outpoint, amount, deficit });
		Ok(())
	}

	/// Enough members say that a coin is there again.
	pub(crate) fn accept_back(outpoint: OutPoint, episode: u32) -> DispatchResult {
		let coin = GoneCoins::<T, I>::get(outpoint).ok_or(Error::<T, I>::CoinUnavailable)?;
		ensure!(coin.episode == episode, Error::<T, I>::ObservationNotWanted);
		let amount = coin.amount;
		// A batch that was given up meanwhile has no use for it.
		let reserved = coin.reserved.filter(|batch| Batches::<T, I>::contains_key(batch));
		Self::restore_coin(&outpoint, reserved)?;
		Self::reduce_deficit();
		let deficit = Deficit::<T, I>::get();
		Self::deposit_event(Event::CoinBack { outpoint, amount, deficit });
		Ok(())
	}

	/// Takes a coin back into the ledger if it is gone.
	pub(crate) fn restore_coin(outpoint: &OutPoint, reserved: Option<BatchId>) -> DispatchResult {
		let Some(coin) = GoneCoins::<T, I>::take(outpoint) else { return Ok(()) };
		let episode = coin.episode.saturating_add(1);
		Self::add_coin(*outpoint, Utxo { episode, reserved, ..coin })
	}

	/// What covers nothing makes up for a deficit.
	pub(crate) fn reduce_deficit() {
		let surplus = Self::reserves().surplus();
		Deficit::<T, I>::mutate(|deficit| *deficit = deficit.saturating_sub(surplus));
	}

	/// Burns mapped coins of an account for the deficit. Gives how many.
	pub fn do_cover_deficit(who: &AccountIdOf<T>, amount: Amount) -> Result<Amount, DispatchError> {
		let deficit = Deficit::<T, I>::get();
		let amount = amount.min(Amount::try_from(deficit).unwrap_or(Amount::MAX));
		ensure!(amount > 0, Error::<T, I>::NoDeficit);
		ext::assets::lock::<T, I>(who, amount)?;
		ext::assets::burn::<T, I>(amount)?;
		Self::reduce_deficit();
		let deficit = Deficit::<T, I>::get();
		Self::deposit_event(Event::DeficitCovered { who: who.clone(), amount, deficit });
		Ok(amount)
	}

	/// Gives up a batch that spends a coin which is gone: its other coins are free, its intents wait again.
	pub(crate) fn do_give_up_batch(id: BatchId) -> DispatchResult {
		let batch = Batches::<T, I>::take(id).ok_or(Error::<T, I>::UnknownBatch)?;
		let is_broken = batch.inputs.iter().any(|outpoint| !Utxos::<T, I>::contains_key(outpoint));
		ensure!(is_broken, Error::<T, I>::BatchNotBroken);
		for outpoint in &batch.inputs {
			if Utxos::<T, I>::contains_key(outpoint) {
				Self::release_coin(outpoint, id)?;
			}
		}
		Self::forget_attempts(id, batch.attempts);
		Self::requeue(batch.intents.iter())?;
		Self::deposit_event(Event::BatchGivenUp { batch: id });
		Ok(())
	}
}
