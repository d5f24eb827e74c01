//! Lock-out: intents, until a batch takes them.

use crate::{
	ext, AccountIdOf, Config, Error, Event, Intent, IntentKind, Intents, LockOutDeposits, Locked,
	NativeBalanceOf, NextIntent, OpenRefunds, Pallet, Params, Queue,
};
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::{chain::ExternalChain, Amount, IntentId};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Locks `amount` of the mapped coin of `who` for a lock-out; gives its number. See
	/// [`Call::request_lock_out`](crate::Call::request_lock_out).
	pub fn do_request_lock_out(
		who: AccountIdOf<T>,
		amount: Amount,
		destination: &[u8],
		max_fee: Amount,
	) -> Result<IntentId, DispatchError> {
		ensure!(!Self::paused().lock_out, Error::<T, I>::DirectionPaused);
		let destination = Self::parse_address(destination)?;
		let least = T::Chain::dust_limit(&destination)
			.checked_add(max_fee)
			.ok_or(Error::<T, I>::Overflow)?;
		ensure!(amount >= least, Error::<T, I>::AmountTooSmall);
		let parameters = Params::<T, I>::get();
		ensure!(amount >= parameters.minimum_lock_out, Error::<T, I>::BelowMinimum);
		ensure!(
			parameters.maximum_lock_out.is_none_or(|most| amount <= most),
			Error::<T, I>::AboveMaximum
		);
		// Who cannot pay for the smallest transaction would only stand in the queue.
		let fee = Self::lone_fee(&destination)?;
		ensure!(max_fee >= fee, Error::<T, I>::MaxFeeTooLow);
		ensure!(fee <= Self::fee_ceiling(amount), Error::<T, I>::FeeAboveCeiling);

		let locked =
			Locked::<T, I>::get().checked_add(amount.into()).ok_or(Error::<T, I>::Overflow)?;
		ext::assets::lock::<T, I>(&who, amount)?;
		Locked::<T, I>::put(locked);
		let deposit = Self::lock_out_deposit();
		let intent = Self::queue_intent(Intent {
			who: who.clone(),
			kind: IntentKind::LockOut,
			amount,
			destination: destination.clone(),
			max_fee,
			deposit: None,
			batch: None,
			skipped: None,
		})?;
		if !deposit.is_zero() {
			ext::native::hold_lock_out_deposit::<T, I>(&who, deposit)?;
			LockOutDeposits::<T, I>::insert(intent, deposit);
		}
		Self::deposit_event(Event::LockOutRequested { intent, who, amount, destination, max_fee });
		Ok(intent)
	}

	/// Most intents of that kind that may be open.
	pub(crate) fn places(kind: IntentKind) -> u32 {
		let all = T::MaxOpenIntents::get();
		match kind {
			IntentKind::LockOut => all.saturating_sub(all / 4),
			IntentKind::Refund => all / 4,
		}
	}

	/// How many intents of that kind are open.
	fn open_intents(kind: IntentKind) -> u32 {
		let refunds = OpenRefunds::<T, I>::get();
		match kind {
			IntentKind::LockOut => Intents::<T, I>::count().saturating_sub(refunds),
			IntentKind::Refund => refunds,
		}
	}

	/// Whether there is a place for another intent of that kind.
	pub(crate) fn has_place(kind: IntentKind) -> bool {
		Self::open_intents(kind) < Self::places(kind)
	}

	/// What is held for a lock-out that is asked for now: nothing, while half of the places are free.
	fn lock_out_deposit() -> NativeBalanceOf<T, I> {
		let kind = IntentKind::LockOut;
		if Self::open_intents(kind).saturating_mul(2) < Self::places(kind) {
			NativeBalanceOf::<T, I>::zero()
		} else {
			T::LockOutDeposit::get()
		}
	}

	/// An intent waits from now on. Gives its number.
	pub(crate) fn queue_intent(intent: Intent<AccountIdOf<T>>) -> Result<IntentId, DispatchError> {
		ensure!(Self::has_place(intent.kind), Error::<T, I>::TooManyOpenIntents);
		if intent.kind == IntentKind::Refund {
			OpenRefunds::<T, I>::mutate(|open| *open = open.saturating_add(1));
		}
		let id = NextIntent::<T, I>::get();
		NextIntent::<T, I>::put(id.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		Queue::<T, I>::try_append(id).map_err(|_| Error::<T, I>::TooManyOpenIntents)?;
		Intents::<T, I>::insert(id, intent);
		Ok(id)
	}

	/// Cancels a lock-out that is in no batch; gives its amount. See
	/// [`Call::cancel_lock_out`](crate::Call::cancel_lock_out).
	pub fn do_cancel_lock_out(
		who: &AccountIdOf<T>,
		intent: IntentId,
	) -> Result<Amount, DispatchError> {
		let found = Intents::<T, I>::get(intent).ok_or(Error::<T, I>::UnknownIntent)?;
		ensure!(found.who == *who, Error::<T, I>::NotOwner);
		ensure!(found.kind == IntentKind::LockOut, Error::<T, I>::IsRefund);
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

	/// A lock-out is over: its coins are locked no more, and what is held for it goes back.
	pub(crate) fn forget_intent(intent: IntentId, amount: Amount) -> DispatchResult {
		let locked =
			Locked::<T, I>::get().checked_sub(amount.into()).ok_or(Error::<T, I>::Overflow)?;
		Locked::<T, I>::put(locked);
		let found = Intents::<T, I>::take(intent).ok_or(Error::<T, I>::UnknownIntent)?;
		if let Some(held) = LockOutDeposits::<T, I>::take(intent) {
			ext::native::release_lock_out_deposit::<T, I>(&found.who, held);
		}
		Ok(())
	}

	/// A refund is paid.
	pub(crate) fn forget_refund(intent: IntentId) {
		Intents::<T, I>::remove(intent);
		OpenRefunds::<T, I>::mutate(|open| *open = open.saturating_sub(1));
	}
}
