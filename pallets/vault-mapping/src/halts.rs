//! When the pallet pauses by itself, and deposits that are gone.
//!
//! A deposit is *gone* when members say that the block which held it was replaced, and the log is nowhere any more. That
//! takes a reorganization of the vault's chain deeper than the confirmations that were waited for. Its coins are not
//! held any more. What nothing else covers is recorded as a *deficit* of the asset, and both directions are paused
//! until governance lets them go on. A deficit goes down when the deposit comes back, when deposits below the minimum
//! come in, and when somebody burns mapped coins for it.

use crate::{
	ext, AccountIdOf, Asset, Config, DepositOutcome, Deposits, Error, Event, HaltReason, Halted,
	Pallet, Paused, PausedDirections, Registry,
};
use frame_support::ensure;
use fusion_asset_mapping_primitives::vault::EventId;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Which directions are paused for all assets, by governance or by the pallet itself.
	pub fn paused() -> PausedDirections {
		if Halted::<T, I>::exists() {
			return PausedDirections { lock_in: true, lock_out: true };
		}
		Paused::<T, I>::get()
	}

	/// Which directions are paused for an asset.
	pub(crate) fn paused_for(asset: &Asset) -> PausedDirections {
		let all = Self::paused();
		PausedDirections {
			lock_in: all.lock_in || asset.paused.lock_in,
			lock_out: all.lock_out || asset.paused.lock_out,
		}
	}

	/// Pauses both directions, until governance lets them go on.
	pub(crate) fn halt(reason: HaltReason) {
		if !Halted::<T, I>::exists() {
			log::error!(target: crate::LOG_TARGET, "vault mapping pauses by itself: {reason:?}");
			Halted::<T, I>::put(reason);
			Self::deposit_event(Event::Halted { reason });
		}
	}

	/// Whether all mapped coins are covered.
	pub(crate) fn all_covered() -> bool {
		Registry::<T, I>::iter_keys().all(|asset| Self::sums(asset).covered())
	}

	/// Pauses if the reserves are short.
	pub(crate) fn check_reserves() {
		if !Self::all_covered() {
			Self::halt(HaltReason::ReservesShort);
		}
	}

	/// Governance lets things go on after the pallet has paused by itself.
	pub(crate) fn do_resume() -> DispatchResult {
		ensure!(Halted::<T, I>::exists(), Error::<T, I>::NotHalted);
		ensure!(Self::all_covered(), Error::<T, I>::ReservesShort);
		Halted::<T, I>::kill();
		Self::deposit_event(Event::Resumed);
		Ok(())
	}

	/// Enough members say that a deposit is gone.
	pub(crate) fn accept_gone(event: EventId, episode: u32) -> DispatchResult {
		let mut record = Deposits::<T, I>::get(event).ok_or(Error::<T, I>::ObservationNotWanted)?;
		ensure!(
			record.gone.is_none() && record.episode == episode,
			Error::<T, I>::ObservationNotWanted
		);
		let (asset, amount) = (record.asset, record.amount);
		let mut taken = 0;
		Self::book(asset, |book| {
			// Less is held if the coins were paid out since: then others' coins paid for that.
			taken = book.held.min(amount);
			book.held = book.held.checked_sub(taken)?;
			if record.outcome == DepositOutcome::Delayed {
				book.owed = book.owed.checked_sub(amount)?;
			}
			Some(())
		})?;
		record.gone = Some(taken);
		Deposits::<T, I>::insert(event, record);
		Self::raise_deficit(asset)?;
		Self::reduce_deficit(asset);
		Self::halt(HaltReason::DepositGone);
		let deficit = Self::sums(asset).deficit;
		Self::deposit_event(Event::DepositGone { event, asset, amount, deficit });
		Ok(())
	}

	/// Enough members say that a deposit is there again.
	pub(crate) fn accept_back(event: EventId, episode: u32) -> DispatchResult {
		let mut record = Deposits::<T, I>::get(event).ok_or(Error::<T, I>::ObservationNotWanted)?;
		ensure!(record.episode == episode, Error::<T, I>::ObservationNotWanted);
		let taken = record.gone.take().ok_or(Error::<T, I>::ObservationNotWanted)?;
		let (asset, amount) = (record.asset, record.amount);
		Self::book(asset, |book| {
			book.held = book.held.checked_add(taken)?;
			if record.outcome == DepositOutcome::Delayed {
				book.owed = book.owed.checked_add(amount)?;
			}
			Some(())
		})?;
		record.episode = record.episode.saturating_add(1);
		Deposits::<T, I>::insert(event, record);
		Self::raise_deficit(asset)?;
		Self::reduce_deficit(asset);
		let deficit = Self::sums(asset).deficit;
		Self::deposit_event(Event::DepositBack { event, asset, amount, deficit });
		Ok(())
	}

	/// Burns mapped coins of an account for a deficit. Gives how many.
	pub fn do_cover_deficit(
		who: &AccountIdOf<T>,
		asset: u32,
		amount: u128,
	) -> Result<u128, DispatchError> {
		Self::registered(asset)?;
		let amount = amount.min(Self::sums(asset).deficit);
		ensure!(amount > 0, Error::<T, I>::NoDeficit);
		ext::assets::lock::<T, I>(asset, who, amount)?;
		ext::assets::burn::<T, I>(asset, amount)?;
		Self::reduce_deficit(asset);
		let deficit = Self::sums(asset).deficit;
		Self::deposit_event(Event::DeficitCovered { who: who.clone(), asset, amount, deficit });
		Ok(amount)
	}
}
