//! Orders: what the group tells the vault itself. The vault executes them one after the other by their numbers, so one
//! is open at a time, and others wait.
//!
//! An order whose deadline is over is signed again with a later one, under the same number: both say the same. Another
//! order takes the number only if the first one can never be executed: that is a recall whose payment was made
//! meanwhile, which reverts.

use crate::{
	ext, Config, Error, Event, NextAttempt, NextOrder, OpenOrder, Orders, Pallet, RegisteredVault,
	TheOrder, Unpaid, UnpaidPayout,
};
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::BatchId;
use fusion_dcrm_primitives::{traits::KeyGroups, Purpose, SchnorrSignature};
use fusion_ethereum_primitives::{Call as VaultCall, Order, PAUSE_IN, PAUSE_OUT};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Tells the vault something, when it is its turn.
	pub(crate) fn queue_order(call: VaultCall) -> DispatchResult {
		Orders::<T, I>::try_append(call).map_err(|_| Error::<T, I>::TooManyOrders)?;
		Self::deposit_event(Event::OrderQueued { call });
		Ok(())
	}

	/// See [`Call::send_order`](crate::Call::send_order).
	pub(crate) fn do_send_order(call: VaultCall) -> DispatchResult {
		Self::the_vault()?;
		match call {
			VaultCall::Pause(directions) => {
				ensure!(directions <= PAUSE_OUT | PAUSE_IN, Error::<T, I>::InvalidParameters);
			},
			VaultCall::AcceptToken { .. } => {},
			_ => return Err(Error::<T, I>::OrderNotSupported.into()),
		}
		Self::queue_order(call)
	}

	/// Asks for a payment that has failed to be taken back. See [`Call::recall`](crate::Call::recall).
	pub fn do_recall(who: &T::AccountId, batch: BatchId, index: u32) -> DispatchResult {
		let unpaid = Unpaid::<T, I>::get(batch, index).ok_or(Error::<T, I>::UnknownPayout)?;
		ensure!(unpaid.who == *who, Error::<T, I>::NotOwner);
		ensure!(!unpaid.recalling, Error::<T, I>::AlreadyRecalled);
		Self::queue_order(VaultCall::Recall { batch, index, payout: unpaid.payout })?;
		Unpaid::<T, I>::insert(batch, index, UnpaidPayout { recalling: true, ..unpaid });
		Self::deposit_event(Event::RecallRequested { batch, index });
		Ok(())
	}

	/// Whether there is an order to be made: the next one, or the present one with a later deadline.
	pub(crate) fn wants_order() -> bool {
		match TheOrder::<T, I>::get() {
			Some(open) => Self::is_over(open.order.deadline),
			None => Orders::<T, I>::decode_len().unwrap_or(0) > 0,
		}
	}

	/// Makes the order, and asks for its signature.
	pub(crate) fn make_order(vault: &RegisteredVault) -> DispatchResult {
		let call = match TheOrder::<T, I>::get() {
			Some(open) => open.order.call,
			None => Self::next_call()?,
		};
		let nonce = NextOrder::<T, I>::get();
		let attempt = NextAttempt::<T, I>::get();
		NextAttempt::<T, I>::put(attempt.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		let deadline = Self::deadline();
		let order = Order { vault: vault.vault, nonce, epoch: 0, deadline, call };
		T::KeyGroups::request_signature(
			vault.group,
			ext::keys::path::<T, I>(),
			order.digest(),
			Purpose::VaultOrder { instance: T::InstanceId::get(), nonce, attempt },
		)?;
		TheOrder::<T, I>::put(OpenOrder { order, attempt, signature: None });
		Self::deposit_event(Event::OrderCreated { nonce, call, deadline });
		Ok(())
	}

	/// Takes the first of those that wait.
	fn next_call() -> Result<VaultCall, DispatchError> {
		Orders::<T, I>::mutate(|waiting| {
			let first = waiting.first().copied().ok_or(Error::<T, I>::ObservationNotWanted)?;
			waiting.remove(0);
			Ok(first)
		})
	}

	/// A payment was made, so taking it back is pointless, and would revert.
	pub(crate) fn drop_recall(batch: BatchId, index: u32) {
		let is_it = |call: &VaultCall| match call {
			VaultCall::Recall { batch: other, index: place, .. } => {
				(*other, *place) == (batch, index)
			},
			_ => false,
		};
		let open = TheOrder::<T, I>::get().map(|open| open.order.call).filter(|call| is_it(call));
		if open.is_some() {
			TheOrder::<T, I>::kill();
		}
		let waiting = Orders::<T, I>::get().into_iter().find(|call| is_it(call));
		if waiting.is_some() {
			Orders::<T, I>::mutate(|waiting| waiting.retain(|call| !is_it(call)));
		}
		if let Some(call) = open.or(waiting) {
			Self::deposit_event(Event::OrderDropped { call });
		}
	}

	/// Enough members witnessed that the vault executed the order.
	pub(crate) fn accept_ordered(nonce: u64) -> DispatchResult {
		let open = TheOrder::<T, I>::take().ok_or(Error::<T, I>::ObservationNotWanted)?;
		ensure!(open.order.nonce == nonce, Error::<T, I>::ObservationNotWanted);
		NextOrder::<T, I>::put(nonce.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		let call = open.order.call;
		Self::deposit_event(Event::OrderExecuted { nonce, call });
		if let VaultCall::Recall { batch, index, .. } = call {
			let unpaid = Unpaid::<T, I>::take(batch, index).ok_or(Error::<T, I>::UnknownPayout)?;
			Self::unlock(unpaid.asset, &unpaid.who, unpaid.payout.amount)?;
			Self::deposit_event(Event::PayoutRecalled { batch, index, intent: unpaid.intent });
		}
		Ok(())
	}

	/// The signature of an attempt at the order has arrived.
	pub(crate) fn note_order_signature(nonce: u64, attempt: u32, signature: SchnorrSignature) {
		let Some(mut open) = TheOrder::<T, I>::get() else { return };
		let is_it = open.order.nonce == nonce && open.attempt == attempt;
		if is_it && open.signature.is_none() {
			open.signature = Some(signature);
			TheOrder::<T, I>::put(open);
			Self::deposit_event(Event::OrderSigned { nonce });
		}
	}
}
