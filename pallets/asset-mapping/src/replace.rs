//! Replacement by fee (BIP-125): when a transaction is not confirmed and the fee rate has risen, another attempt at
//! its batch pays more.
//!
//! Every attempt spends the same coins as the first one, so whatever happens at most one of them is ever confirmed:
//! it would not be enough if each shared *some* coin with the one before it, as then the first and the third could
//! both be. An intent that does not allow the higher fee is not paid by the new attempt, but it stays with the batch:
//! an earlier attempt may still be confirmed and pay it. Only when an attempt that does not pay it is confirmed does
//! it leave, and wait for another batch.
//!
//! An attempt is replaced only when it is signed in full: so a group has signatures of at most one attempt at a batch
//! to make, and there are no gaps in what was broadcast.

use crate::{
	plan::{total_of, ChangeKey, Plan, Planned},
	AccountIdOf, AttemptOf, Attempts, BatchOf, Batches, Config, Error, Event, Intents, Pallet,
	Params, StuckReason, Utxos,
};
use alloc::vec::Vec;
use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{chain::ExternalChain, Amount, BatchId, BatchState};
use fusion_dcrm_primitives::traits::KeyGroups;
use sp_runtime::{traits::One, DispatchError, DispatchResult, SaturatedConversion, Saturating};

/// The fee rate must have risen by this part, in percent, before an attempt is replaced: attempts are few, and must
/// not be used up on small moves.
pub const LEAST_RISE: u64 = 25;

/// The least fee rate at which an attempt made for `rate` is replaced.
pub(crate) fn next_rate(rate: u64) -> u64 {
	let rise = rate.saturating_mul(LEAST_RISE).div_ceil(100).max(1);
	rate.saturating_add(rise)
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// The oldest batch whose last attempt is waiting for too long for what it pays, and that is not stuck. If all such
	/// batches are, they have turns.
	pub(crate) fn to_replace(now: BlockNumberFor<T>) -> Option<BatchId> {
		let rate = Self::fee_rate();
		let patience = Params::<T, I>::get().replace_after;
		let is_due = |id: BatchId, batch: &BatchOf<T, I>| {
			Self::last_attempt(id, batch).is_some_and(|attempt| {
				let waited = attempt.signed.map(|signed| now.saturating_sub(signed));
				attempt.state == BatchState::Signed
					&& waited.is_some_and(|waited| waited.saturated_into::<u32>() >= patience)
					&& rate >= next_rate(attempt.rate)
			})
		};
		let mut due: Vec<_> = Batches::<T, I>::iter()
			.filter(|(_, batch)| T::KeyGroups::accepts_work(batch.group))
			.filter(|(id, batch)| is_due(*id, batch))
			.map(|(id, batch)| (batch.stuck.is_some(), id))
			.collect();
		due.sort_unstable();
		// What stays stuck must not keep others from their turn.
		let turn: u64 = (now / T::BatchInterval::get().max(One::one())).saturated_into();
		let place = match due.first()? {
			(false, _) => 0,
			(true, _) => turn.checked_rem(u64::try_from(due.len()).ok()?)?,
		};
		due.get(usize::try_from(place).ok()?).map(|(_, id)| *id)
	}

	/// The last attempt at a batch.
	pub(crate) fn last_attempt(id: BatchId, batch: &BatchOf<T, I>) -> Option<AttemptOf<T, I>> {
		Attempts::<T, I>::get(id, batch.attempts.checked_sub(1)?)
	}

	/// Makes another attempt at a batch, or says why not, once for each reason.
	pub(crate) fn replace(id: BatchId) -> DispatchResult {
		let mut batch = Batches::<T, I>::get(id).ok_or(Error::<T, I>::UnknownBatch)?;
		let last = Self::last_attempt(id, &batch).ok_or(Error::<T, I>::UnknownBatch)?;
		let change_key = Self::change_key(batch.group)?;
		let number = batch.attempts;
		match Self::plan_replacement(&batch, &last, &change_key)? {
			Ok((plan, coins)) => {
				let left = last
					.intents
					.iter()
					.copied()
					.filter(|before| !plan.intents.iter().any(|(id, _)| id == before))
					.collect::<Vec<_>>();
				let (fee_each, group) = (plan.fee_each, batch.group);
				batch.attempts = number.checked_add(1).ok_or(Error::<T, I>::Overflow)?;
				batch.stuck = None;
				Batches::<T, I>::insert(id, batch);
				let txid = Self::add_attempt(id, number, group, &coins, plan, &change_key)?;
				Self::deposit_event(Event::BatchReplaced {
					batch: id,
					attempt: number,
					txid,
					fee_each,
				});
				for intent in left {
					Self::deposit_event(Event::LockOutLeftOut {
						intent,
						batch: id,
						attempt: number,
					});
				}
			},
			Err(reason) => Self::note_stuck(id, reason),
		}
		Ok(())
	}

	/// What the next attempt at a batch pays.
	fn plan_replacement(
		batch: &BatchOf<T, I>,
		last: &AttemptOf<T, I>,
		change_key: &ChangeKey,
	) -> Result<Result<Planned<AccountIdOf<T>>, StuckReason>, DispatchError> {
		if batch.attempts >= T::MaxAttempts::get().max(1) {
			return Ok(Err(StuckReason::NoAttemptsLeft));
		}
		let coins: Vec<_> = batch
			.inputs
			.iter()
			.filter_map(|outpoint| Utxos::<T, I>::get(outpoint).map(|coin| (*outpoint, coin)))
			.collect();
		if coins.len() != batch.inputs.len() {
			return Ok(Err(StuckReason::CoinGone));
		}
		let sum = coins
			.iter()
			.try_fold(0, |sum: Amount, (_, coin)| sum.checked_add(coin.amount))
			.ok_or(Error::<T, I>::Overflow)?;
		let mut intents: Vec<_> = last
			.intents
			.iter()
			.filter_map(|id| Intents::<T, I>::get(id).map(|intent| (*id, intent)))
			.collect();
		let (rate, ceiling) = (Self::fee_rate(), Params::<T, I>::get().maximum_batch_fee);

		// Each round takes one intent out, or ends it.
		while !intents.is_empty() {
			let total = total_of(&intents).ok_or(Error::<T, I>::Overflow)?;
			let change = sum.checked_sub(total).ok_or(Error::<T, I>::Overflow)?;
			if change > 0 && change < change_key.dust {
				return Ok(Err(StuckReason::ChangeBelowDust));
			}
			let size = Self::size_of(coins.len(), &intents, change, change_key)?;
			let least = T::Chain::replacement_fee(last.fee, last.size, size)
				.ok_or(Error::<T, I>::Overflow)?;
			let wanted = size.checked_mul(rate).ok_or(Error::<T, I>::Overflow)?;
			let fee = wanted.min(ceiling).max(least);
			if fee > ceiling {
				return Ok(Err(StuckReason::FeeAboveCeiling));
			}
			let fee_each = Self::split(fee, &intents);
			match Self::cheapest(&intents, fee_each) {
				Some(position) => {
					intents.remove(position);
				},
				None => {
					// What it comes to, if the ceiling or the rules of replacement make it another.
					let rate = fee.checked_div(size).unwrap_or(rate);
					return Ok(Ok((Plan { intents, total, fee_each, change, size, rate }, coins)));
				},
			}
		}
		Ok(Err(StuckReason::MaxFeesTooLow))
	}

	/// Says why a batch is not replaced, once for each reason.
	pub(crate) fn note_stuck(id: BatchId, reason: StuckReason) {
		let Some(mut batch) = Batches::<T, I>::get(id) else { return };
		if batch.stuck != Some(reason) {
			batch.stuck = Some(reason);
			Batches::<T, I>::insert(id, batch);
			Self::deposit_event(Event::BatchStuck { batch: id, reason });
		}
	}
}

#[cfg(test)]
mod tests {
	use super::next_rate;

	#[test]
	fn rate_should_rise_by_a_quarter_at_least_when_an_attempt_is_replaced() {
		assert_eq!(next_rate(1), 2);
		assert_eq!(next_rate(4), 5);
		assert_eq!(next_rate(10), 13);
		assert_eq!(next_rate(100), 125);
		assert_eq!(next_rate(u64::MAX), u64::MAX);
	}
}
