//! Batches: one transaction of the external chain for many lock-outs.
//!
//! Every `BatchInterval` blocks, the oldest waiting intents are paid by one transaction:
//!
//! - *Coins* are the largest ones that are not reserved, until they cover the amounts and leave no
//!   change at all, or enough for an output. A change too small for an output is never given away as
//!   a fee: those coins would be missing from the reserves.
//! - *Intents* are the oldest ones that the coins cover, in order. If they do not cover the oldest,
//!   all wait: for coins of open batches to come back, or for deposits.
//! - *Fee*: size × rate, split evenly over the intents and taken out of their amounts. An intent that
//!   would pay more than it allows is left behind, goes to the end of the queue, and says so once. So
//!   does one that would need too many coins, or cannot be paid without a change that is too small.
//!
//! All of this is decided by what is in storage, and nothing else.

use crate::{
	ext, AccountIdOf, Batch, BatchOf, Batches, Change, Config, Error, Event, Intent, Intents,
	NextBatch, Pallet, Paused, Queue, SkipReason, Utxo, WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{ensure, storage::with_storage_layer, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{
	chain::{ExternalChain, Input, Output},
	Amount, BatchId, BatchState, Destination, IntentId, OutPoint,
};
use fusion_dcrm_primitives::{
	traits::{KeyGroups, OnSignature},
	GroupId, KeyPath, Purpose, RequestId, SchnorrSignature,
};
use sp_runtime::{
	traits::{One, Zero},
	DispatchError, DispatchResult,
};

/// What a batch will be.
struct Plan<AccountId> {
	/// The coins that it spends.
	coins: Vec<(OutPoint, Utxo)>,
	/// The intents that it pays.
	intents: Vec<(IntentId, Intent<AccountId>)>,
	/// Sum of their amounts.
	total: Amount,
	/// What each of them pays for the fee.
	fee_each: Amount,
	/// What comes back to the group; 0 for no such output.
	change: Amount,
}

/// What planning a batch comes to.
struct Planning<AccountId> {
	/// Intents that are left behind.
	skipped: Vec<(IntentId, SkipReason)>,
	/// The batch, if there is something to pay that can be paid.
	plan: Option<Plan<AccountId>>,
}

/// The group's own key on the external chain, to which change goes.
struct ChangeKey {
	output_key: [u8; 32],
	destination: Destination,
	/// The smallest change that gets an output.
	dust: Amount,
}

/// Coins for an amount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
	/// The first `count` coins do, and leave `change`.
	Covered {
		/// How many coins.
		count: usize,
		/// What they leave: 0, or enough for an output.
		change: Amount,
	},
	/// There are not enough coins at hand.
	Short,
	/// There are, but not so that a transaction can be made of them.
	Impossible(SkipReason),
}

/// How many of `coins` (largest first) it takes to cover `total` and leave no change, or at least
/// `dust`. `more`: there are further coins, but a transaction may not spend more than these.
pub(crate) fn select_coins(
	coins: impl Iterator<Item = Amount>,
	more: bool,
	total: Amount,
	dust: Amount,
) -> Selection {
	let mut sum: Amount = 0;
	let mut covered = false;
	for (before, amount) in coins.enumerate() {
		let Some(next) = sum.checked_add(amount) else { break };
		sum = next;
		let Some(change) = sum.checked_sub(total) else { continue };
		covered = true;
		if change == 0 || change >= dust {
			return Selection::Covered { count: before.saturating_add(1), change };
		}
	}
	if covered {
		Selection::Impossible(SkipReason::ChangeBelowDust)
	} else if more {
		Selection::Impossible(SkipReason::TooManyCoins)
	} else {
		Selection::Short
	}
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Weight of making the largest batch.
	pub(crate) fn max_batch_weight() -> Weight {
		T::WeightInfo::make_batch(T::Chain::MAX_INPUTS, T::MaxBatchIntents::get())
	}

	/// Makes a batch if it is time and there is something to do. Gives its weight.
	pub(crate) fn batch_tick(now: BlockNumberFor<T>) -> Weight {
		let interval = T::BatchInterval::get().max(One::one());
		if !(now % interval).is_zero() {
			return Weight::zero();
		}
		let waiting = Queue::<T, I>::decode_len().unwrap_or(0) > 0;
		if !waiting
			|| Paused::<T, I>::get().lock_out
			|| Batches::<T, I>::count() >= T::MaxOpenBatches::get()
		{
			return T::WeightInfo::batch_idle();
		}
		// Groups that stand still would only refuse, each time.
		let active = ext::keys::active::<T, I>().filter(|group| T::KeyGroups::accepts_work(*group));
		let Some(group) = active else {
			return T::WeightInfo::batch_idle();
		};
		if let Err(error) = with_storage_layer(|| Self::try_make_batch(group)) {
			log::warn!(target: crate::LOG_TARGET, "no batch could be made: {error:?}");
			Self::deposit_event(Event::BatchFailed { error });
		}
		Self::max_batch_weight()
	}

	/// Plans a batch and makes it, and says which intents are left behind.
	pub(crate) fn try_make_batch(group: GroupId) -> DispatchResult {
		let output_key = ext::keys::output_key::<T, I>(group, &KeyPath::Group)?;
		let destination = T::Chain::destination(&output_key);
		let dust = T::Chain::dust_limit(&destination);
		let change = ChangeKey { output_key, destination, dust };

		let Planning { skipped, plan } = Self::plan_batch(group, &change)?;
		Self::leave_behind(&skipped)?;
		match plan {
			Some(plan) => Self::make_batch(group, plan, change),
			None => Ok(()),
		}
	}

	/// Picks intents and coins.
	fn plan_batch(
		group: GroupId,
		change_key: &ChangeKey,
	) -> Result<Planning<AccountIdOf<T>>, DispatchError> {
		let coins = Self::largest_coins(group);
		let more = Self::has_more_coins(group);
		let limit = usize::try_from(T::MaxBatchIntents::get()).unwrap_or(usize::MAX);
		let mut intents: Vec<_> = Queue::<T, I>::get()
			.into_iter()
			.take(limit)
			.filter_map(|id| Intents::<T, I>::get(id).map(|intent| (id, intent)))
			.collect();
		let mut skipped = Vec::new();

		// Each round takes one intent out, or ends it.
		while !intents.is_empty() {
			let total = intents
				.iter()
				.try_fold(0, |sum: Amount, (_, intent)| sum.checked_add(intent.amount))
				.ok_or(Error::<T, I>::Overflow)?;
			let amounts = coins.iter().map(|(_, coin)| coin.amount);
			match select_coins(amounts, more, total, change_key.dust) {
				Selection::Covered { count, change } => {
					let fee_each = Self::fee_each(count, &intents, change, change_key)?;
					match Self::cheapest(&intents, fee_each) {
						Some(position) => {
							let (id, _) = intents.remove(position);
							skipped.push((id, SkipReason::MaxFeeTooLow));
						},
						None => {
							let coins = coins.into_iter().take(count).collect();
							let plan = Plan { coins, intents, total, fee_each, change };
							return Ok(Planning { skipped, plan: Some(plan) });
						},
					}
				},
				Selection::Impossible(reason) if intents.len() == 1 => {
					skipped.extend(intents.pop().map(|(id, _)| (id, reason)));
				},
				Selection::Short | Selection::Impossible(_) => {
					intents.pop();
				},
			}
		}
		Ok(Planning { skipped, plan: None })
	}

	/// What each intent pays for a transaction with so many inputs: an even part, rounded up.
	fn fee_each(
		inputs: usize,
		intents: &[(IntentId, Intent<AccountIdOf<T>>)],
		change: Amount,
		change_key: &ChangeKey,
	) -> Result<Amount, DispatchError> {
		let mut outputs: Vec<_> =
			intents.iter().map(|(_, intent)| intent.destination.clone()).collect();
		if change > 0 {
			outputs.push(change_key.destination.clone());
		}
		let inputs = u32::try_from(inputs).map_err(|_| Error::<T, I>::Overflow)?;
		let payers = Amount::try_from(intents.len()).map_err(|_| Error::<T, I>::Overflow)?;
		let fee = Self::fee(inputs, &outputs).ok_or(Error::<T, I>::Overflow)?;
		Ok(fee.div_ceil(payers.max(1)))
	}

	/// The intent that allows the least, if that is less than `fee_each`. One at a time, because the
	/// others may need fewer coins without it.
	fn cheapest(intents: &[(IntentId, Intent<AccountIdOf<T>>)], fee_each: Amount) -> Option<usize> {
		intents
			.iter()
			.enumerate()
			.min_by_key(|(_, (_, intent))| intent.max_fee)
			.filter(|(_, (_, intent))| intent.max_fee < fee_each)
			.map(|(position, _)| position)
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
			let Some(mut intent) = Intents::<T, I>::get(id) else { continue };
			if intent.skipped != Some(reason) {
				intent.skipped = Some(reason);
				Intents::<T, I>::insert(id, intent);
				Self::deposit_event(Event::LockOutSkipped { intent: id, reason });
			}
		}
		Queue::<T, I>::put(queue);
		Ok(())
	}

	/// Builds the transaction, reserves its coins, takes its intents and asks for its signatures.
	fn make_batch(
		group: GroupId,
		plan: Plan<AccountIdOf<T>>,
		change_key: ChangeKey,
	) -> DispatchResult {
		let Plan { coins, intents, total, fee_each, change } = plan;
		let id = NextBatch::<T, I>::get();
		NextBatch::<T, I>::put(id.checked_add(1).ok_or(Error::<T, I>::Overflow)?);

		let inputs: Vec<_> = coins
			.iter()
			.map(|(outpoint, coin)| Input {
				outpoint: *outpoint,
				amount: coin.amount,
				output_key: coin.output_key,
			})
			.collect();
		let mut outputs = Vec::with_capacity(intents.len().saturating_add(1));
		for (_, intent) in &intents {
			let amount = intent.amount.checked_sub(fee_each).ok_or(Error::<T, I>::Overflow)?;
			outputs.push(Output { amount, destination: intent.destination.clone() });
		}
		let change = if change > 0 {
			let vout = u32::try_from(outputs.len()).map_err(|_| Error::<T, I>::Overflow)?;
			outputs.push(Output { amount: change, destination: change_key.destination });
			Some(Change { vout, amount: change, output_key: change_key.output_key })
		} else {
			None
		};
		let template =
			T::Chain::template(&inputs, &outputs).ok_or(Error::<T, I>::TemplateRejected)?;
		let txid = T::Chain::txid(&template);
		let sighashes = T::Chain::sighashes(&template);
		ensure!(sighashes.len() == coins.len(), Error::<T, I>::TemplateRejected);

		let ids = Self::take_intents(id, intents)?;
		let outpoints = Self::reserve_coins(id, &coins)?;
		let signatures = coins.iter().map(|_| None).collect::<Vec<_>>();
		let batch: BatchOf<T, I> = Batch {
			group,
			state: BatchState::Signing,
			template,
			txid,
			inputs: outpoints,
			intents: ids.clone(),
			change,
			total,
			signatures: signatures.try_into().map_err(|_| Error::<T, I>::TemplateRejected)?,
		};
		Batches::<T, I>::insert(id, batch);
		Self::deposit_event(Event::BatchCreated { batch: id, txid, intents: ids, fee_each });

		for (input, ((_, coin), sighash)) in (0u32..).zip(coins.iter().zip(sighashes)) {
			let purpose = Purpose::Batch { instance: T::InstanceId::get(), batch: id, input };
			T::KeyGroups::request_signature(group, coin.path, sighash, purpose)?;
		}
		Ok(())
	}

	/// The intents belong to the batch from now on, and for ever.
	fn take_intents(
		batch: BatchId,
		intents: Vec<(IntentId, Intent<AccountIdOf<T>>)>,
	) -> Result<frame_support::BoundedVec<IntentId, T::MaxBatchIntents>, DispatchError> {
		let mut ids = Vec::with_capacity(intents.len());
		for (id, mut intent) in intents {
			ensure!(intent.batch.is_none(), Error::<T, I>::AlreadyBatched);
			intent.batch = Some(batch);
			intent.skipped = None;
			Intents::<T, I>::insert(id, intent);
			ids.push(id);
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

	/// A signature of a batch has arrived.
	pub(crate) fn note_signature(id: BatchId, input: u32, signature: SchnorrSignature) {
		let Some(mut batch) = Batches::<T, I>::get(id) else { return };
		let position = usize::try_from(input).unwrap_or(usize::MAX);
		match batch.signatures.get_mut(position) {
			Some(slot) if slot.is_none() => *slot = Some(signature),
			_ => return,
		}
		let complete = batch.signatures.iter().all(Option::is_some);
		if complete {
			batch.state = BatchState::Signed;
		}
		let txid = batch.txid;
		Batches::<T, I>::insert(id, batch);
		if complete {
			Self::deposit_event(Event::BatchSigned { batch: id, txid });
		}
	}

	/// Enough members witnessed the batch's transaction: its coins are spent, its change is ours, its
	/// intents are paid, and what was locked for them is burnt.
	pub(crate) fn settle(id: BatchId, txid: [u8; 32]) -> DispatchResult {
		let batch = Batches::<T, I>::take(id).ok_or(Error::<T, I>::UnknownBatch)?;
		ensure!(batch.state == BatchState::Signed, Error::<T, I>::BatchNotSigned);
		ensure!(batch.txid == txid, Error::<T, I>::WrongTransaction);
		for outpoint in &batch.inputs {
			Self::spend_coin(outpoint, id)?;
		}
		if let Some(Change { vout, amount, output_key }) = batch.change {
			let coin = Utxo {
				amount,
				group: batch.group,
				path: KeyPath::Group,
				output_key,
				reserved: None,
			};
			Self::add_coin(OutPoint { txid, vout }, coin)?;
		}
		ext::assets::burn::<T, I>(batch.total)?;
		let mut paid: Amount = 0;
		for intent in batch.intents {
			let Intent { who, amount, .. } =
				Intents::<T, I>::get(intent).ok_or(Error::<T, I>::UnknownIntent)?;
			paid = paid.checked_add(amount).ok_or(Error::<T, I>::Overflow)?;
			Self::forget_intent(intent, amount)?;
			Self::deposit_event(Event::LockOutSettled { intent, who, amount, txid });
		}
		ensure!(paid == batch.total, Error::<T, I>::UnknownIntent);
		Self::deposit_event(Event::BatchSettled { batch: id, txid, burnt: batch.total });
		Ok(())
	}
}

impl<T: Config<I>, I: 'static> OnSignature for Pallet<T, I> {
	fn on_signature(purpose: Purpose, _: RequestId, signature: SchnorrSignature) {
		match purpose {
			Purpose::Batch { instance, batch, input } if instance == T::InstanceId::get() => {
				Self::note_signature(batch, input, signature);
			},
			_ => {},
		}
	}
}
