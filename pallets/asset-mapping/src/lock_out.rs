//! Lock-out: intents, until a batch takes them.

use crate::{
	ext, AccountIdOf, Config, Error, Event, Intent, Intents, Locked, NextIntent, Pallet, Params,
	Paused, Queue,
};
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::{chain::ExternalChain, Amount, Destination, IntentId};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Locks `amount` of the mapped coin of `who` for a lock-out; gives its number. See
	/// [`Call::request_lock_out`](crate::Call::request_lock_out).
	pub fn do_request_lock_out(
		who: AccountIdOf<T>,
		amount: Amount,
		destination: &[u8],
		max_fee: Amount,
	) -> Result<IntentId, DispatchError> {
		ensure!(!Paused::<T, I>::get().lock_out, Error::<T, I>::DirectionPaused);
		let destination = Self::parse_address(destination)?;
		let least = T::Chain::dust_limit(&destination)
			.checked_add(max_fee)
			.ok_or(Error::<T, I>::Overflow)?;
		ensure!(amount >= least, Error::<T, I>::AmountTooSmall);
		// Who cannot pay for the smallest transaction would only stand in the queue.
		ensure!(max_fee >= Self::lone_fee(&destination)?, Error::<T, I>::MaxFeeTooLow);
		ensure!(
			Intents::<T, I>::count() < T::MaxOpenIntents::get(),
			Error::<T, I>::TooManyOpenIntents
		);

		let intent = NextIntent::<T, I>::get();
		let next = intent.checked_add(1).ok_or(Error::<T, I>::Overflow)?;
		let locked =
			Locked::<T, I>::get().checked_add(amount.into()).ok_or(Error::<T, I>::Overflow)?;
		ext::assets::lock::<T, I>(&who, amount)?;
		NextIntent::<T, I>::put(next);
		Locked::<T, I>::put(locked);
		Queue::<T, I>::try_append(intent).map_err(|_| Error::<T, I>::TooManyOpenIntents)?;
		Intents::<T, I>::insert(
			intent,
			Intent {
				who: who.clone(),
				amount,
				destination: destination.clone(),
				max_fee,
				batch: None,
				skipped: None,
			},
		);
		Self::deposit_event(Event::LockOutRequested { intent, who, amount, destination, max_fee });
		Ok(intent)
	}

	/// Cancels a lock-out that is in no batch; gives its amount. See
	/// [`Call::cancel_lock_out`](crate::Call::cancel_lock_out).
	pub fn do_cancel_lock_out(
		who: &AccountIdOf<T>,
		intent: IntentId,
	) -> Result<Amount, DispatchError> {
		let found = Intents::<T, I>::get(intent).ok_or(Error::<T, I>::UnknownIntent)?;
		ensure!(found.who == *who, Error::<T, I>::NotOwner);
		ensure!(found.batch.is_none(), Error::<T, I>::AlreadyBatched);
		ext::assets::unlock::<T, I>(who, found.amount)?;
		Self::forget_intent(intent, found.amount)?;
		Queue::<T, I>::mutate(|queue| queue.retain(|waiting| *waiting != intent));
		Self::deposit_event(Event::LockOutCancelled {
			intent,
			who: found.who,
			amount: found.amount,
		});
		Ok(found.amount)
	}

	/// An intent is over: its coins are locked no more.
	pub(crate) fn forget_intent(intent: IntentId, amount: Amount) -> DispatchResult {
		let locked =
			Locked::<T, I>::get().checked_sub(amount.into()).ok_or(Error::<T, I>::Overflow)?;
		Locked::<T, I>::put(locked);
		Intents::<T, I>::remove(intent);
		Ok(())
	}

	/// What a transaction with one input, this output and change costs at the present rate.
	fn lone_fee(destination: &Destination) -> Result<Amount, DispatchError> {
		// Only the size matters: every key of ours has a destination of the same kind.
		let change = T::Chain::destination(&[0; 32]);
		Self::fee(1, &[destination.clone(), change]).ok_or_else(|| Error::<T, I>::Overflow.into())
	}

	/// What a transaction costs at the present rate.
	pub(crate) fn fee(inputs: u32, outputs: &[Destination]) -> Option<Amount> {
		T::Chain::size(inputs, outputs).checked_mul(Params::<T, I>::get().fee_rate)
	}
}
