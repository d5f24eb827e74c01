//! Lock-out: intents, until a batch takes them.

use crate::{
	AccountIdOf, Config, Error, Event, Intent, Intents, NextIntent, Pallet, Queue, RegisteredVault,
};
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::{
	account::{AccountChain, Payout, Terms},
	chain::AddressError,
	IntentId,
};
use fusion_ethereum_primitives::{Address, Ethereum};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Locks coins of `who` for a lock-out; gives its number. See
	/// [`Call::request_lock_out`](crate::Call::request_lock_out).
	pub fn do_request_lock_out(
		who: AccountIdOf<T>,
		asset: u32,
		amount: u128,
		destination: &[u8],
		max_fee: u128,
	) -> Result<IntentId, DispatchError> {
		let vault = Self::the_vault()?;
		let registered = Self::registered(asset)?;
		ensure!(!Self::paused_for(&registered).lock_out, Error::<T, I>::DirectionPaused);
		let limits = registered.limits;
		ensure!(amount >= limits.minimum_lock_out, Error::<T, I>::BelowMinimum);
		ensure!(
			limits.maximum_lock_out.is_none_or(|most| amount <= most),
			Error::<T, I>::AboveMaximum
		);
		let to = Self::parse_address(destination)?;
		// Who could not be paid would keep others in its batch from being paid.
		Self::check_payable(&vault, registered.token, to, amount)?;
		// Who cannot pay for a batch would only stand in the queue.
		let fee = Self::lone_fee(&limits);
		ensure!(max_fee >= fee, Error::<T, I>::MaxFeeTooLow);
		ensure!(fee <= vault.maximum_fee, Error::<T, I>::FeeAboveCeiling);
		ensure!(
			Intents::<T, I>::count() < T::MaxOpenIntents::get(),
			Error::<T, I>::TooManyOpenIntents
		);

		Self::lock(asset, &who, amount)?;
		Self::lock(Self::native()?, &who, max_fee)?;
		let intent = NextIntent::<T, I>::get();
		NextIntent::<T, I>::put(intent.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		Queue::<T, I>::try_append(intent).map_err(|_| Error::<T, I>::TooManyOpenIntents)?;
		let made =
			Intent { who: who.clone(), asset, amount, to, max_fee, batch: None, skipped: None };
		Intents::<T, I>::insert(intent, made);
		Self::deposit_event(Event::LockOutRequested { intent, who, asset, amount, to, max_fee });
		Ok(intent)
	}

	/// Cancels a lock-out that is in no batch. See
	/// [`Call::cancel_lock_out`](crate::Call::cancel_lock_out).
	pub fn do_cancel_lock_out(who: &AccountIdOf<T>, intent: IntentId) -> DispatchResult {
		let found = Intents::<T, I>::get(intent).ok_or(Error::<T, I>::UnknownIntent)?;
		ensure!(found.who == *who, Error::<T, I>::NotOwner);
		ensure!(found.batch.is_none(), Error::<T, I>::AlreadyBatched);
		Self::unlock(found.asset, who, found.amount)?;
		Self::unlock(Self::native()?, who, found.max_fee)?;
		Intents::<T, I>::remove(intent);
		Queue::<T, I>::mutate(|queue| queue.retain(|waiting| *waiting != intent));
		Self::deposit_event(Event::LockOutCancelled { intent });
		Ok(())
	}

	/// Whether a batch with this payment can be built.
	fn check_payable(
		vault: &RegisteredVault,
		token: Address,
		to: Address,
		amount: u128,
	) -> DispatchResult {
		let terms = Terms { id: 0, epoch: 0, deadline: 0, fee: 0 };
		let payout = Payout { asset: token, destination: to.to_destination(), amount };
		ensure!(
			Ethereum::template(&vault.vault, &terms, &[payout]).is_some(),
			Error::<T, I>::AddressUnsupported
		);
		Ok(())
	}

	/// Reads an address of the vault's chain.
	pub(crate) fn parse_address(text: &[u8]) -> Result<Address, DispatchError> {
		let text = core::str::from_utf8(text).map_err(|_| Error::<T, I>::AddressMalformed)?;
		let destination = Ethereum::parse_address(text).map_err(|error| match error {
			AddressError::Unsupported => Error::<T, I>::AddressUnsupported,
			_ => Error::<T, I>::AddressMalformed,
		})?;
		Address::from_destination(&destination)
			.ok_or_else(|| Error::<T, I>::AddressMalformed.into())
	}
}
