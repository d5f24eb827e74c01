//! Batches: one transaction of the external chain for many intents, from making it to its settlement.
//!
//! Every `BatchInterval` blocks a batch may be made (`plan.rs` says of what), and an attempt at one may be replaced
//! (`replace.rs`).

use crate::{
	ext,
	plan::{ChangeKey, Coins, Plan, Planning},
	AccountIdOf, Attempt, AttemptOf, Attempts, Batch, Batches, Change, Config, Error, Event,
	Intent, IntentKind, Intents, NextBatch, Owed, Pallet, Queue, SkipReason, StuckReason, Utxo,
	WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{ensure, storage::with_storage_layer, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{
	chain::{ExternalChain, Input, Output},
	Amount, AttemptIndex, BatchId, BatchState, IntentId, OutPoint,
};
use fusion_dcrm_primitives::{
	traits::{KeyGroups, OnSignature},
	GroupId, KeyPath, Purpose, RequestId, SchnorrSignature,
};
use sp_runtime::{
	traits::{One, Zero},
	DispatchError, DispatchResult,
};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Weight of the most that a block does by itself: a batch and a replacement, both of the largest size.
	pub(crate) fn max_batch_weight() -> Weight {
		let (inputs, intents) = (T::Chain::MAX_INPUTS, T::MaxBatchIntents::get());
		T::WeightInfo::make_batch(inputs, intents)
			.saturating_add(T::WeightInfo::replace(inputs, intents))
	}

	/// Checks the reserves, makes a batch and replaces an attempt, if it is time and there is something to do. Gives
	/// its weight.
	pub(crate) fn batch_tick(now: BlockNumberFor<T>) -> Weight {
		let interval = T::BatchInterval::get().max(One::one());
		if !(now % interval).is_zero() {
			return Weight::zero();
		}
		Self::check_reserves();
		let mut weight = T::WeightInfo::batch_idle();
		if Self::paused().lock_out {
			return weight;
		}
		// Groups that stand still would only refuse, each time.
		if let Some(id) = Self::to_replace(now) {
			weight.saturating_accrue(T::WeightInfo::replace(
				T::Chain::MAX_INPUTS,
				T::MaxBatchIntents::get(),
			));
			let outcome = with_storage_layer(|| Self::replace(id));
			if outcome.is_err() {
				// Or it would be the first one again, and the others had no turn.
				Self::note_stuck(id, StuckReason::Failed);
			}
			Self::report_failure(outcome);
		}
		let waiting = Queue::<T, I>::decode_len().unwrap_or(0) > 0;
		let active = ext::keys::active::<T, I>().filter(|group| T::KeyGroups::accepts_work(*group));
		if let Some(group) =
			active.filter(|_| waiting && Batches::<T, I>::count() < T::MaxOpenBatches::get())
		{
			weight.saturating_accrue(T::WeightInfo::make_batch(
				T::Chain::MAX_INPUTS,
				T::MaxBatchIntents::get(),
			));
			Self::report_failure(with_storage_layer(|| Self::try_make_batch(group)));
		}
		weight
	}

	fn report_failure(result: DispatchResult) {
		if let Err(error) = result {
			log::warn!(target: crate::LOG_TARGET, "no batch could be made or replaced: {error:?}");
			Self::deposit_event(Event::BatchFailed { error });
		}
	}

	/// Plans a batch and makes it, and says which intents are left behind.
	pub(crate) fn try_make_batch(group: GroupId) -> DispatchResult {
		let change_key = Self::change_key(group)?;
		let Planning { skipped, throttled, plan } = Self::plan_batch(group, &change_key)?;
		Self::leave_behind(&skipped)?;
		if let Some(id) = throttled {
			Self::note_skip(id, SkipReason::Throttled);
		}
		match plan {
			Some((plan, coins)) => Self::make_batch(group, plan, coins, &change_key),
			None => Ok(()),
		}
	}

	/// Puts intents at the end of the queue, and says why, once for each reason.
	fn leave_behind(skipped: &[(IntentId, SkipReason)]) -> DispatchResult {
		if skipped.is_empty() {
			return Ok(());
		}
		let mut queue = Queue::<T, I>::get();
		queue.retain(|id| !skipped.iter().any(|(behind, _)| behind == id));
		for (id, reason) in skipped.iter().copied() {
			queue.try_push(id).map_err(|_| Error::<T, I>::TooManyOpenIntents)?;
			Self::note_skip(id, reason);
		}
		Queue::<T, I>::put(queue);
		Ok(())
	}

	fn note_skip(id: IntentId, reason: SkipReason) {
		let Some(mut intent) = Intents::<T, I>::get(id) else { return };
		if intent.skipped != Some(reason) {
			intent.skipped = Some(reason);
			Intents::<T, I>::insert(id, intent);
			Self::deposit_event(Event::LockOutSkipped { intent: id, reason });
		}
	}

	/// Reserves the coins, takes the intents, and makes the first attempt.
	fn make_batch(
		group: GroupId,
		plan: Plan<AccountIdOf<T>>,
		coins: Coins,
		change_key: &ChangeKey,
	) -> DispatchResult {
		let id = NextBatch::<T, I>::get();
		NextBatch::<T, I>::put(id.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		let intents = Self::take_intents(id, &plan.intents)?;
		let inputs = Self::reserve_coins(id, &coins)?;
		let (total, fee_each) = (plan.total, plan.fee_each);
		let batch = Batch { group, inputs, intents: intents.clone(), attempts: 1, stuck: None };
		Batches::<T, I>::insert(id, batch);
		Self::note_outflow(total);
		let txid = Self::add_attempt(id, 0, group, &coins, plan, change_key)?;
		Self::deposit_event(Event::BatchCreated { batch: id, txid, intents, fee_each });
		Ok(())
	}

	/// Builds the transaction of an attempt and asks for its signatures. Gives its id.
	pub(crate) fn add_attempt(
		id: BatchId,
		attempt: AttemptIndex,
		group: GroupId,
		coins: &[(OutPoint, Utxo)],
		plan: Plan<AccountIdOf<T>>,
		change_key: &ChangeKey,
	) -> Result<[u8; 32], DispatchError> {
		let Plan { intents, total, fee_each, change, size, rate } = plan;
		let inputs: Vec<_> = coins
			.iter()
			.map(|(outpoint, coin)| Input {
				outpoint: *outpoint,
				amount: coin.amount,
				output_key: coin.output_key,
			})
			.collect();
		let mut outputs = Vec::with_capacity(intents.len().saturating_add(1));
		let mut ids = Vec::with_capacity(intents.len());
		let mut fee: Amount = 0;
		for (id, intent) in intents {
			let amount = intent.amount.checked_sub(fee_each).ok_or(Error::<T, I>::Overflow)?;
			fee = fee.checked_add(fee_each).ok_or(Error::<T, I>::Overflow)?;
			outputs.push(Output { amount, destination: intent.destination });
			ids.push(id);
		}
		let change = if change > 0 {
			let vout = u32::try_from(outputs.len()).map_err(|_| Error::<T, I>::Overflow)?;
			outputs.push(Output { amount: change, destination: change_key.destination.clone() });
			Some(Change { vout, amount: change, output_key: change_key.output_key })
		} else {
			None
		};
		let template =
			T::Chain::template(&inputs, &outputs).ok_or(Error::<T, I>::TemplateRejected)?;
		let txid = T::Chain::txid(&template);
		let sighashes = T::Chain::sighashes(&template);
		ensure!(sighashes.len() == coins.len(), Error::<T, I>::TemplateRejected);

		let mut requests = Vec::with_capacity(coins.len());
		for (input, ((_, coin), sighash)) in (0u32..).zip(coins.iter().zip(sighashes)) {
			let purpose =
				Purpose::Batch { instance: T::InstanceId::get(), batch: id, attempt, input };
			requests.push(T::KeyGroups::request_signature(group, coin.path, sighash, purpose)?);
		}
		let signatures = coins.iter().map(|_| None).collect::<Vec<_>>();
		let made: AttemptOf<T, I> = Attempt {
			state: BatchState::Signing,
			template,
			txid,
			intents: ids.try_into().map_err(|_| Error::<T, I>::TooManyOpenIntents)?,
			change,
			total,
			fee,
			size,
			rate,
			requests: requests.try_into().map_err(|_| Error::<T, I>::TemplateRejected)?,
			signatures: signatures.try_into().map_err(|_| Error::<T, I>::TemplateRejected)?,
			signed: None,
		};
		Attempts::<T, I>::insert(id, attempt, made);
		Ok(txid)
	}

	/// The intents belong to the batch from now on.
	fn take_intents(
		batch: BatchId,
		intents: &[(IntentId, Intent<AccountIdOf<T>>)],
	) -> Result<frame_support::BoundedVec<IntentId, T::MaxBatchIntents>, DispatchError> {
		let mut ids = Vec::with_capacity(intents.len());
		for (id, intent) in intents {
			ensure!(intent.batch.is_none(), Error::<T, I>::AlreadyBatched);
			let taken = Intent { batch: Some(batch), skipped: None, ..intent.clone() };
			Intents::<T, I>::insert(id, taken);
			ids.push(*id);
		}
		Queue::<T, I>::mutate(|queue| queue.retain(|id| !ids.contains(id)));
		ids.try_into().map_err(|_| Error::<T, I>::TooManyOpenIntents.into())
	}

	/// The batch spends these coins.
	fn reserve_coins(
		batch: BatchId,
		coins: &[(OutPoint, Utxo)],
	) -> Result<frame_support::BoundedVec<OutPoint, crate::MaxInputs<T::Chain>>, DispatchError> {
		let mut outpoints = Vec::with_capacity(coins.len());
		for (outpoint, _) in coins {
			Self::reserve_coin(outpoint, batch)?;
			outpoints.push(*outpoint);
		}
		outpoints.try_into().map_err(|_| Error::<T, I>::TemplateRejected.into())
	}

	/// A signature of an attempt has arrived.
	pub(crate) fn note_signature(
		id: BatchId,
		number: AttemptIndex,
		input: u32,
		signature: SchnorrSignature,
	) {
		let Some(mut attempt) = Attempts::<T, I>::get(id, number) else { return };
		let position = usize::try_from(input).unwrap_or(usize::MAX);
		match attempt.signatures.get_mut(position) {
			Some(slot) if slot.is_none() => *slot = Some(signature),
			_ => return,
		}
		let complete = attempt.signatures.iter().all(Option::is_some);
		if complete {
			attempt.state = BatchState::Signed;
			attempt.signed = Some(frame_system::Pallet::<T>::block_number());
		}
		let txid = attempt.txid;
		Attempts::<T, I>::insert(id, number, attempt);
		if complete {
			Self::deposit_event(Event::BatchSigned { batch: id, attempt: number, txid });
		}
	}

	/// Enough members witnessed an attempt's transaction: its coins are spent, its change is ours, its
	/// intents are paid, and what was locked for them is burnt. No other attempt can be confirmed any more, so
	/// intents that this one does not pay wait for another batch.
	pub(crate) fn settle(
		id: BatchId,
		number: AttemptIndex,
		txid: [u8; 32],
		height: u32,
	) -> DispatchResult {
		let batch = Batches::<T, I>::take(id).ok_or(Error::<T, I>::UnknownBatch)?;
		let attempt = Attempts::<T, I>::get(id, number).ok_or(Error::<T, I>::UnknownBatch)?;
		ensure!(attempt.state == BatchState::Signed, Error::<T, I>::BatchNotSigned);
		ensure!(attempt.txid == txid, Error::<T, I>::WrongTransaction);
		Self::forget_attempts(id, batch.attempts);
		for outpoint in &batch.inputs {
			// What was spent was there.
			Self::restore_coin(outpoint, Some(id))?;
			Self::spend_coin(outpoint, id)?;
		}
		if let Some(Change { vout, amount, output_key }) = attempt.change {
			let coin = Utxo {
				amount,
				group: batch.group,
				path: KeyPath::Group,
				output_key,
				height,
				episode: 0,
				reserved: None,
			};
			Self::add_coin(OutPoint { txid, vout }, coin)?;
		}
		let burnt = Self::pay_intents(&attempt.intents, attempt.total, txid)?;
		ext::assets::burn::<T, I>(burnt)?;
		Self::requeue(batch.intents.iter().filter(|intent| !attempt.intents.contains(intent)))?;
		// Coins that were gone may have come back with this.
		Self::reduce_deficit();
		Self::deposit_event(Event::BatchSettled { batch: id, attempt: number, txid, burnt });
		Ok(())
	}

	/// The intents are paid. Gives how many mapped coins are to be burnt for them.
	fn pay_intents(
		intents: &[IntentId],
		total: Amount,
		txid: [u8; 32],
	) -> Result<Amount, DispatchError> {
		let mut paid: Amount = 0;
		let mut burnt: Amount = 0;
		for intent in intents.iter().copied() {
			let Intent { who, amount, kind, .. } =
				Intents::<T, I>::get(intent).ok_or(Error::<T, I>::UnknownIntent)?;
			paid = paid.checked_add(amount).ok_or(Error::<T, I>::Overflow)?;
			match kind {
				IntentKind::LockOut => {
					burnt = burnt.checked_add(amount).ok_or(Error::<T, I>::Overflow)?;
					Self::forget_intent(intent, amount)?;
					Self::deposit_event(Event::LockOutSettled { intent, who, amount, txid });
				},
				IntentKind::Refund => {
					let owed = Owed::<T, I>::get()
						.checked_sub(amount.into())
						.ok_or(Error::<T, I>::Overflow)?;
					Owed::<T, I>::put(owed);
					Self::forget_refund(intent);
					Self::deposit_event(Event::RefundSettled { intent, who, amount, txid });
				},
			}
		}
		ensure!(paid == total, Error::<T, I>::UnknownIntent);
		Ok(burnt)
	}

	/// Intents that are in no batch any more wait again, before all others.
	pub(crate) fn requeue<'a>(intents: impl Iterator<Item = &'a IntentId>) -> DispatchResult {
		let mut queue = Vec::new();
		for id in intents {
			let intent = Intents::<T, I>::get(id).ok_or(Error::<T, I>::UnknownIntent)?;
			Intents::<T, I>::insert(id, Intent { batch: None, ..intent });
			queue.push(*id);
			Self::deposit_event(Event::LockOutReturned { intent: *id });
		}
		if !queue.is_empty() {
			queue.extend(Queue::<T, I>::get());
			let queue = queue.try_into().map_err(|_| Error::<T, I>::TooManyOpenIntents)?;
			Queue::<T, I>::put::<frame_support::BoundedVec<_, T::MaxOpenIntents>>(queue);
		}
		Ok(())
	}

	/// The attempts at a batch are over. What is not signed of them is not to be: members would refuse, for they find no
	/// attempt, and the group would owe it for ever.
	pub(crate) fn forget_attempts(id: BatchId, attempts: AttemptIndex) {
		// All but the last one are signed in full, or they would not have been replaced.
		let Some(last) = attempts.checked_sub(1) else { return };
		for number in 0..last {
			Attempts::<T, I>::remove(id, number);
		}
		let Some(attempt) = Attempts::<T, I>::take(id, last) else { return };
		for (request, signature) in attempt.requests.into_iter().zip(attempt.signatures) {
			if signature.is_none() {
				T::KeyGroups::withdraw_request(request);
			}
		}
	}
}

impl<T: Config<I>, I: 'static> OnSignature for Pallet<T, I> {
	fn on_signature(purpose: Purpose, _: RequestId, signature: SchnorrSignature) {
		match purpose {
			Purpose::Batch { instance, batch, attempt, input }
				if instance == T::InstanceId::get() =>
			{
				Self::note_signature(batch, attempt, input, signature);
			},
			_ => {},
		}
	}
}
