//! Batches: many lock-outs that the vault pays together, from making one to its end.
//!
//! There is one attempt at a batch: its number, its deadline and its fee are signed once. If nobody brings it until
//! its deadline, because the fee is too low for the gas price of that time, members say that it has expired, and its
//! lock-outs wait for another batch, with the fee of then. The vault refuses the first one from then on, so an intent
//! is paid at most once. *Expired* is said only of a deadline that has passed in a block which is final on the vault's
//! chain: before, the batch might still be executed.

use crate::{
	ext, AccountIdOf, Asset, BatchedIntent, Batches, Config, Error, Event, Intent, Intents,
	NextBatch, OpenBatch, Pallet, Params, Queue, RegisteredVault, SkipReason, TheVault, Unpaid,
	UnpaidPayout, WeightInfo,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{Get, UnixTime},
	weights::Weight,
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{
	account::{AccountChain, Payout, Terms},
	BatchId, IntentId,
};
use fusion_dcrm_primitives::{
	traits::{KeyGroups, OnSignature},
	Purpose, RequestId, SchnorrSignature,
};
use fusion_ethereum_primitives::{Address, Ethereum};
use sp_runtime::{
	traits::{One, Zero},
	DispatchError, DispatchResult, SaturatedConversion,
};

/// An intent with what is known of its asset.
struct Candidate<AccountId> {
	id: IntentId,
	intent: Intent<AccountId>,
	token: Address,
	gas: u32,
}

/// Intents that may be paid, and those that stay behind.
type Candidates<AccountId> = (Vec<Candidate<AccountId>>, Vec<(IntentId, SkipReason)>);

/// What a batch is made of.
struct Plan<AccountId> {
	/// The intents, and what each pays for the fee.
	paid: Vec<(Candidate<AccountId>, u128)>,
	/// The sum of the fees.
	fee: u128,
	/// Who stays behind, and why.
	skipped: Vec<(IntentId, SkipReason)>,
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Weight of the most that a block does by itself.
	pub(crate) fn max_tick_weight() -> Weight {
		T::WeightInfo::idle()
			.saturating_add(T::WeightInfo::make_order())
			.saturating_add(T::WeightInfo::make_batch(T::MaxBatchIntents::get()))
	}

	/// Checks the reserves, and makes a batch and an order, if it is time and there is something to do. Gives the
	/// weight.
	pub(crate) fn tick(now: BlockNumberFor<T>) -> Weight {
		let interval = T::BatchInterval::get().max(One::one());
		if !(now % interval).is_zero() {
			return Weight::zero();
		}
		Self::check_reserves();
		let mut weight = T::WeightInfo::idle();
		// A group that stands still would only refuse, each time.
		let Some(vault) =
			TheVault::<T, I>::get().filter(|vault| T::KeyGroups::accepts_work(vault.group))
		else {
			return weight;
		};
		if Self::wants_order() {
			weight.saturating_accrue(T::WeightInfo::make_order());
			Self::report_failure(with_storage_layer(|| Self::make_order(&vault)));
		}
		let waiting = Queue::<T, I>::decode_len().unwrap_or(0) > 0;
		let is_full = Batches::<T, I>::count() >= T::MaxOpenBatches::get();
		if waiting && !is_full && !Self::paused().lock_out {
			weight.saturating_accrue(T::WeightInfo::make_batch(T::MaxBatchIntents::get()));
			Self::report_failure(with_storage_layer(|| Self::try_make_batch(&vault)));
		}
		weight
	}

	fn report_failure(result: DispatchResult) {
		if let Err(error) = result {
			log::warn!(target: crate::LOG_TARGET, "no batch or order could be made: {error:?}");
			Self::deposit_event(Event::WorkFailed { error });
		}
	}

	/// A time from which on what is made now cannot be executed.
	pub(crate) fn deadline() -> u64 {
		T::Time::now().as_secs().saturating_add(Params::<T, I>::get().lifetime.into())
	}

	/// Plans a batch and makes it, and says which intents are left behind.
	pub(crate) fn try_make_batch(vault: &RegisteredVault) -> DispatchResult {
		let plan = Self::plan(vault)?;
		Self::leave_behind(&plan.skipped)?;
		if plan.paid.is_empty() {
			return Ok(());
		}
		Self::make_batch(vault, plan)
	}

	/// The first intents of the queue that can be paid together.
	fn plan(vault: &RegisteredVault) -> Result<Plan<AccountIdOf<T>>, DispatchError> {
		let (candidates, mut skipped) = Self::candidates()?;
		let price = Self::gas_price();
		let mut paid = candidates;
		loop {
			let payments = u32::try_from(paid.len()).unwrap_or(u32::MAX);
			let fee_of = |candidate: &Candidate<AccountIdOf<T>>| {
				Self::fee_in(payments, candidate.gas, price)
			};
			// Who does not pay in a larger batch does not in a smaller one, whose parts are larger.
			let (staying, leaving): (Vec<_>, Vec<_>) = paid
				.into_iter()
				.partition(|candidate| candidate.intent.max_fee >= fee_of(candidate));
			paid = staying;
			if !leaving.is_empty() {
				let reason = SkipReason::MaxFeeTooLow;
				skipped.extend(leaving.into_iter().map(|candidate| (candidate.id, reason)));
				continue;
			}
			let fee = paid.iter().fold(0, |sum: u128, one| sum.saturating_add(fee_of(one)));
			if fee > vault.maximum_fee {
				// The last one waits for the next batch; who is alone has to wait for cheaper gas.
				if let Some(last) = paid.pop().filter(|_| paid.is_empty()) {
					skipped.push((last.id, SkipReason::FeeAboveCeiling));
				}
				continue;
			}
			let paid = paid
				.into_iter()
				.map(|candidate| {
					let fee = fee_of(&candidate);
					(candidate, fee)
				})
				.collect();
			return Ok(Plan { paid, fee, skipped });
		}
	}

	/// The first intents of the queue that are neither paused nor throttled, and those of them that are.
	fn candidates() -> Result<Candidates<AccountIdOf<T>>, DispatchError> {
		let most = usize::try_from(T::MaxBatchIntents::get()).unwrap_or(usize::MAX);
		let (mut candidates, mut skipped) = (Vec::new(), Vec::new());
		let mut planned = BTreeMap::<u32, u128>::new();
		let mut throttled = BTreeSet::<u32>::new();
		for id in Queue::<T, I>::get().into_iter().take(most) {
			let intent = Intents::<T, I>::get(id).ok_or(Error::<T, I>::UnknownIntent)?;
			let asset = intent.asset;
			let Asset { token, limits, paused, .. } = Self::registered(asset)?;
			if paused.lock_out {
				skipped.push((id, SkipReason::AssetPaused));
				continue;
			}
			let sum = planned.entry(asset).or_default();
			let more = sum.saturating_add(intent.amount);
			// Later ones of the asset do not pass one that waits.
			if throttled.contains(&asset) || more > Self::outflow_room(asset, &limits) {
				throttled.insert(asset);
				skipped.push((id, SkipReason::Throttled));
				continue;
			}
			*sum = more;
			candidates.push(Candidate { id, intent, token, gas: limits.payout_gas });
		}
		Ok((candidates, skipped))
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
			let intent = Intents::<T, I>::get(id).ok_or(Error::<T, I>::UnknownIntent)?;
			if intent.skipped != Some(reason) {
				Intents::<T, I>::insert(id, Intent { skipped: Some(reason), ..intent });
				Self::deposit_event(Event::LockOutSkipped { intent: id, reason });
			}
		}
		Queue::<T, I>::put(queue);
		Ok(())
	}

	/// Takes the intents, and asks for the signature.
	fn make_batch(vault: &RegisteredVault, plan: Plan<AccountIdOf<T>>) -> DispatchResult {
		let id = NextBatch::<T, I>::get();
		NextBatch::<T, I>::put(id.checked_add(1).ok_or(Error::<T, I>::Overflow)?);
		let terms = Terms { id, epoch: 0, deadline: Self::deadline(), fee: plan.fee };
		let mut payouts = Vec::with_capacity(plan.paid.len());
		let mut batched = Vec::with_capacity(plan.paid.len());
		for (Candidate { id: intent, intent: found, token, .. }, fee) in plan.paid {
			ensure!(found.batch.is_none(), Error::<T, I>::AlreadyBatched);
			payouts.push(Payout {
				asset: token,
				destination: found.to.to_destination(),
				amount: found.amount,
			});
			batched.push(BatchedIntent { intent, fee });
			Self::note_outflow(found.asset, found.amount);
			let taken = Intent { batch: Some(id), skipped: None, ..found };
			Intents::<T, I>::insert(intent, taken);
		}
		let intents: Vec<_> = batched.iter().map(|batched| batched.intent).collect();
		Queue::<T, I>::mutate(|queue| queue.retain(|waiting| !intents.contains(waiting)));
		let template = Ethereum::template(&vault.vault, &terms, &payouts)
			.ok_or(Error::<T, I>::TemplateRejected)?;
		T::KeyGroups::request_signature(
			vault.group,
			ext::keys::path::<T, I>(),
			Ethereum::message(&template),
			Purpose::VaultBatch { instance: T::InstanceId::get(), batch: id },
		)?;
		let batch = OpenBatch {
			template,
			intents: batched.try_into().map_err(|_| Error::<T, I>::TemplateRejected)?,
			signature: None,
		};
		Batches::<T, I>::insert(id, batch);
		let Terms { fee, deadline, .. } = terms;
		Self::deposit_event(Event::BatchCreated { batch: id, intents, fee, deadline });
		Ok(())
	}

	/// Whether a batch can have ended like that.
	pub(crate) fn check_outcome(id: BatchId, fee: u128, unpaid: u64) -> Result<(), Error<T, I>> {
		let OpenBatch { template, .. } =
			Batches::<T, I>::get(id).ok_or(Error::<T, I>::UnknownBatch)?;
		// There are at most 50 payments, so no bit is lost.
		let beyond = unpaid.checked_shr(template.payouts.len().saturated_into::<u32>());
		ensure!((fee == 0 || fee == template.fee) && beyond.unwrap_or(0) == 0, Error::WrongOutcome);
		Ok(())
	}

	/// Enough members witnessed that the vault executed a batch.
	///
	/// It need not be signed here: the vault has seen the signature, though nobody may have brought it to this chain.
	pub(crate) fn accept_executed(
		id: BatchId,
		fee: u128,
		unpaid: u64,
		transaction: [u8; 32],
	) -> DispatchResult {
		Self::check_outcome(id, fee, unpaid)?;
		let batch = Batches::<T, I>::take(id).ok_or(Error::<T, I>::UnknownBatch)?;
		let native = Self::native()?;
		for (index, (batched, payout)) in
			(0u32..).zip(batch.intents.into_iter().zip(batch.template.payouts))
		{
			let intent = batched.intent;
			let Intent { who, asset, amount, max_fee, .. } =
				Intents::<T, I>::take(intent).ok_or(Error::<T, I>::UnknownIntent)?;
			// Who brought it may have wanted none.
			let charged = if fee == 0 { 0 } else { batched.fee };
			let rest = max_fee.checked_sub(charged).ok_or(Error::<T, I>::Overflow)?;
			Self::settle_locked(native, charged)?;
			Self::unlock(native, &who, rest)?;
			if unpaid.checked_shr(index).unwrap_or(0) & 1 == 0 {
				Self::settle_locked(asset, amount)?;
				Self::deposit_event(Event::LockOutSettled { intent, who, fee: charged });
			} else {
				let kept = UnpaidPayout { who, intent, asset, payout, recalling: false };
				Unpaid::<T, I>::insert(id, index, kept);
				Self::deposit_event(Event::PayoutFailed { intent, batch: id, index, fee: charged });
			}
		}
		Self::deposit_event(Event::BatchExecuted { batch: id, fee, transaction });
		Ok(())
	}

	/// Enough members witnessed that a batch never can be executed: its intents wait again, before all others.
	pub(crate) fn accept_expired(id: BatchId) -> DispatchResult {
		let batch = Batches::<T, I>::take(id).ok_or(Error::<T, I>::UnknownBatch)?;
		ensure!(Self::is_over(batch.template.deadline), Error::<T, I>::NotExpired);
		let mut queue = Vec::new();
		for BatchedIntent { intent, .. } in batch.intents {
			let found = Intents::<T, I>::get(intent).ok_or(Error::<T, I>::UnknownIntent)?;
			Intents::<T, I>::insert(intent, Intent { batch: None, ..found });
			queue.push(intent);
		}
		queue.extend(Queue::<T, I>::get());
		let queue: BoundedVec<_, T::MaxOpenIntents> =
			queue.try_into().map_err(|_| Error::<T, I>::TooManyOpenIntents)?;
		Queue::<T, I>::put(queue);
		Self::deposit_event(Event::BatchExpired { batch: id });
		Ok(())
	}

	/// Whether a deadline is over by the time of this chain.
	pub(crate) fn is_over(deadline: u64) -> bool {
		T::Time::now().as_secs() > deadline
	}

	/// Enough members witnessed that a payment was made that had failed.
	pub(crate) fn accept_claimed(id: BatchId, index: u32) -> DispatchResult {
		let unpaid = Unpaid::<T, I>::take(id, index).ok_or(Error::<T, I>::UnknownPayout)?;
		Self::settle_locked(unpaid.asset, unpaid.payout.amount)?;
		if unpaid.recalling {
			Self::drop_recall(id, index);
		}
		Self::deposit_event(Event::PayoutClaimed { batch: id, index, intent: unpaid.intent });
		Ok(())
	}

	/// The signature of a batch has arrived.
	pub(crate) fn note_batch_signature(id: BatchId, signature: SchnorrSignature) {
		let Some(mut batch) = Batches::<T, I>::get(id) else { return };
		if batch.signature.is_none() {
			batch.signature = Some(signature);
			Batches::<T, I>::insert(id, batch);
			Self::deposit_event(Event::BatchSigned { batch: id });
		}
	}
}

impl<T: Config<I>, I: 'static> OnSignature for Pallet<T, I> {
	fn on_signature(purpose: Purpose, _: RequestId, signature: SchnorrSignature) {
		match purpose {
			Purpose::VaultBatch { instance, batch } if instance == T::InstanceId::get() => {
				Self::note_batch_signature(batch, signature);
			},
			Purpose::VaultOrder { instance, nonce, attempt }
				if instance == T::InstanceId::get() =>
			{
				Self::note_order_signature(nonce, attempt, signature);
			},
			_ => {},
		}
	}
}
