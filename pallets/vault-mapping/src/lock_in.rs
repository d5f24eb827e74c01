//! Lock-in: deposit addresses, and what a witnessed deposit does.

use crate::{
	ext, AccountIdOf, Asset, Config, DepositAddress, DepositAddressOf, DepositAddresses,
	DepositOutcome, DepositRecord, Deposits, Error, Event, Limits, NextDeposit, Pallet,
};
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{vault::EventId, DepositIndex};
use fusion_dcrm_primitives::traits::KeyGroups;
use fusion_ethereum_primitives::{deposit_salt, Address};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Makes a deposit address for `who`; gives its number and itself. See
	/// [`Call::request_lock_in`](crate::Call::request_lock_in).
	pub fn do_request_lock_in(
		who: AccountIdOf<T>,
	) -> Result<(DepositIndex, Address), DispatchError> {
		ensure!(!Self::paused().lock_in, Error::<T, I>::DirectionPaused);
		let vault = Self::the_vault()?;
		ensure!(T::KeyGroups::accepts_work(vault.group), Error::<T, I>::GroupPaused);
		ensure!(Self::has_capacity(vault.group), Error::<T, I>::AboveCapacity);
		let index = NextDeposit::<T, I>::get();
		NextDeposit::<T, I>::put(index.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		let held = T::AddressDeposit::get();
		ext::native::hold_address_deposit::<T, I>(&who, held)?;
		let salt = Self::salt(&who, index);
		let address = vault.vault.deposit_address(&salt);
		let made = DepositAddress { who: who.clone(), address, held };
		DepositAddresses::<T, I>::insert(index, made);
		Self::deposit_event(Event::LockInRequested { index, who, address, salt });
		Ok((index, address))
	}

	/// The salt of a deposit address.
	pub(crate) fn salt(who: &AccountIdOf<T>, index: DepositIndex) -> [u8; 32] {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		deposit_salt(&genesis.0, who.as_ref(), index)
	}

	/// Enough members witnessed the deposit: the coins are held, and the deposit is remembered and is credited, waits,
	/// or is kept.
	pub(crate) fn accept_deposit(
		event: EventId,
		index: DepositIndex,
		asset: u32,
		amount: u128,
	) -> DispatchResult {
		ensure!(!Deposits::<T, I>::contains_key(event), Error::<T, I>::ObservationNotWanted);
		let address =
			DepositAddresses::<T, I>::get(index).ok_or(Error::<T, I>::UnknownDepositAddress)?;
		let Asset { limits, .. } = Self::registered(asset)?;
		Self::book(asset, |book| {
			book.held = book.held.checked_add(amount)?;
			Some(())
		})?;
		let outcome = if amount < limits.minimum_deposit {
			Self::reduce_deficit(asset);
			Self::deposit_event(Event::DepositBelowMinimum { index, asset, amount, event });
			DepositOutcome::BelowMinimum
		} else if Self::has_room(asset, &limits, amount) {
			Self::credit(index, &address, asset, amount, event)?;
			DepositOutcome::Credited
		} else {
			Self::book(asset, |book| {
				book.owed = book.owed.checked_add(amount)?;
				Some(())
			})?;
			Self::deposit_event(Event::DepositDelayed { index, asset, amount, event });
			DepositOutcome::Delayed
		};
		let record = DepositRecord { index, asset, amount, outcome, episode: 0, gone: None };
		Deposits::<T, I>::insert(event, record);
		Ok(())
	}

	/// Credits a deposit that waits. See [`Call::claim_deposit`](crate::Call::claim_deposit).
	pub fn do_claim_deposit(event: EventId) -> DispatchResult {
		let mut record = Deposits::<T, I>::get(event).ok_or(Error::<T, I>::NothingToClaim)?;
		ensure!(
			record.outcome == DepositOutcome::Delayed && record.gone.is_none(),
			Error::<T, I>::NothingToClaim
		);
		let DepositRecord { index, asset, amount, .. } = record;
		let registered = Self::registered(asset)?;
		ensure!(!Self::paused_for(&registered).lock_in, Error::<T, I>::DirectionPaused);
		ensure!(Self::has_room(asset, &registered.limits, amount), Error::<T, I>::Throttled);
		let address =
			DepositAddresses::<T, I>::get(index).ok_or(Error::<T, I>::UnknownDepositAddress)?;
		Self::book(asset, |book| {
			book.owed = book.owed.checked_sub(amount)?;
			Some(())
		})?;
		Self::credit(index, &address, asset, amount, event)?;
		record.outcome = DepositOutcome::Credited;
		Deposits::<T, I>::insert(event, record);
		Ok(())
	}

	/// Whether the limits let a deposit through now.
	fn has_room(asset: u32, limits: &Limits, amount: u128) -> bool {
		let issued = ext::assets::issued::<T, I>(asset).saturating_add(amount);
		amount <= Self::inflow_room(asset, limits)
			&& limits.maximum_issued.is_none_or(|most| issued <= most)
	}

	/// Mints to the owner of the address: all of it.
	fn credit(
		index: DepositIndex,
		address: &DepositAddressOf<T, I>,
		asset: u32,
		amount: u128,
		event: EventId,
	) -> DispatchResult {
		let who = address.who.clone();
		ext::assets::mint::<T, I>(asset, &who, amount)?;
		Self::note_inflow(asset, amount);
		Self::deposit_event(Event::DepositCredited { index, who, asset, amount, event });
		Ok(())
	}
}
