//! Upkeep: transactions of the groups' own. They pay no intents; their one output is the active group's own address.
//!
//! - *Consolidation*: small coins of the active group become one, when there are many of them and fees are low. Later
//!   lock-outs then need fewer coins, at fees that may be higher.
//! - *Rotation*: `rotation.rs`.
//!
//! They are batches like all others, with an anchor and attempts that spend the same coins. What differs is who pays:
//! the *fee reserve*, which is what covers nothing ([`Reserves::surplus`]). The fee is set aside when an attempt is
//! made, as a liability, so that nothing else can use it up; coins that are owed never pay. What is not spent in the end
//! goes back to the reserve. While the reserve is short, nothing is done.
//!
//! [`Reserves::surplus`]: fusion_asset_mapping_primitives::Reserves::surplus

use crate::{
	ext,
	plan::{ChangeKey, Coins, Plan, Planned},
	types::CoinKey,
	AccountIdOf, AttemptOf, Available, BatchOf, Config, Error, Event, LastConsolidation, Pallet,
	Params, Pledged, StuckReason, Upkeep, UpkeepParams, Upkeeps, Utxo, Utxos, WeightInfo,
	MAX_COUNTED,
};
use alloc::{vec, vec::Vec};
use frame_support::{storage::with_storage_layer, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{
	chain::ExternalChain,
	upkeep::{RotationWait, UpkeepKind},
	Amount, BatchId, OutPoint,
};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId};
use sp_runtime::{traits::One, DispatchError, DispatchResult, SaturatedConversion};

/// Most transactions of the groups' own that are open. They have places beside those of lock-outs, so that neither
/// waits for the other.
pub const MAX_OPEN_UPKEEPS: u32 = 2;

/// Sum of coins.
pub(crate) fn sum_of(coins: &[(OutPoint, Utxo)]) -> Option<Amount> {
	coins.iter().try_fold(0, |sum: Amount, (_, coin)| sum.checked_add(coin.amount))
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Weight of the most that a block does for upkeep.
	pub(crate) fn max_upkeep_weight() -> Weight {
		let inputs = T::Chain::MAX_INPUTS;
		T::WeightInfo::upkeep_idle()
			.saturating_add(T::WeightInfo::plan_upkeep(inputs))
			.saturating_add(T::WeightInfo::plan_upkeep(MAX_COUNTED))
			.saturating_add(T::WeightInfo::make_upkeep(inputs))
	}

	/// Makes a transaction of a group's own, if it is time and there is one to make. Gives the weight. Its turn is half an
	/// interval after that of lock-outs.
	pub(crate) fn upkeep_tick(now: BlockNumberFor<T>) -> Weight {
		let interval = T::BatchInterval::get().max(One::one());
		if now % interval != interval / BlockNumberFor::<T>::from(2u32) {
			return Weight::zero();
		}
		let mut weight = T::WeightInfo::upkeep_idle();
		let Some(active) = ext::keys::active::<T, I>() else { return weight };
		let retiring = Self::note_rotations(active);
		if Self::paused().lock_out || Upkeeps::<T, I>::count() >= MAX_OPEN_UPKEEPS {
			return weight;
		}
		// One group at a time: one that cannot do anything must not keep the others from their turn.
		let turn = usize::try_from((now / interval).saturated_into::<u32>()).unwrap_or_default();
		let from = turn.checked_rem(retiring.len()).and_then(|turn| retiring.get(turn)).copied();
		let mut made = None;
		if let Some(from) = from {
			weight.saturating_accrue(T::WeightInfo::plan_upkeep(T::Chain::MAX_INPUTS));
			let planned = Self::plan_move(from, active).ok();
			made = planned.map(|planned| (UpkeepKind::Rotation, from, planned));
		}
		if made.is_none() && Self::may_consolidate(active) {
			weight.saturating_accrue(T::WeightInfo::plan_upkeep(MAX_COUNTED));
			let planned = Self::plan_consolidation(active);
			made = planned.map(|planned| (UpkeepKind::Consolidation, active, planned));
		}
		if let Some((kind, group, (planned, home))) = made {
			weight.saturating_accrue(T::WeightInfo::make_upkeep(T::Chain::MAX_INPUTS));
			Self::report_failure(with_storage_layer(|| {
				Self::make_upkeep(kind, group, planned, &home)
			}));
		}
		weight
	}

	/// Whether it is time for it, and fees are low by what members report.
	fn may_consolidate(active: GroupId) -> bool {
		let terms = UpkeepParams::<T, I>::get();
		let is_time = LastConsolidation::<T, I>::get()
			.is_none_or(|last| Self::now().saturating_sub(last) >= terms.interval);
		terms.small > 0
			&& is_time
			&& T::KeyGroups::accepts_work(active)
			&& Self::reported_fee_rate(active).is_some()
			&& Self::fee_rate() <= terms.fee_rate
			&& !Self::owes_signatures(active)
	}

	/// What makes small coins of the group one, if there are too many of them.
	pub(crate) fn plan_consolidation(
		active: GroupId,
	) -> Option<(Planned<AccountIdOf<T>>, ChangeKey)> {
		let home = Self::change_key(active).ok()?;
		let coins = Self::small_coins(active);
		let planned = Self::plan_upkeep(coins, &home, 2).ok()?;
		Some((planned, home))
	}

	/// Small coins of the group that are worth more than spending them costs now, largest first: as many as one
	/// transaction takes. None if the group may have as many as there are.
	fn small_coins(group: GroupId) -> Coins {
		let terms = UpkeepParams::<T, I>::get();
		let above = usize::try_from(terms.above.min(MAX_COUNTED)).unwrap_or(usize::MAX);
		let most = usize::try_from(terms.most.min(T::Chain::MAX_INPUTS)).unwrap_or(usize::MAX);
		let cost = Self::input_cost();
		// Behind the last place that a coin which is not small could have.
		let last = OutPoint { txid: [u8::MAX; 32], vout: u32::MAX };
		let from = Available::<T, I>::hashed_key_for(group, CoinKey::new(terms.small, &last));
		let keys: Vec<_> = Available::<T, I>::iter_key_prefix_from(group, from)
			.take(above.saturating_add(1))
			.take_while(|key| key.amount() > cost)
			.collect();
		if keys.len() <= above {
			return Vec::new();
		}
		keys.into_iter()
			.take(most)
			.filter_map(|key| {
				let outpoint = key.outpoint();
				Utxos::<T, I>::get(outpoint).map(|coin| (outpoint, coin))
			})
			.collect()
	}

	/// What one more coin in a transaction costs now.
	pub(crate) fn input_cost() -> Amount {
		// Only sizes matter: every key of ours has a destination of the same kind.
		let outputs = [T::Chain::destination(&[0; 32])];
		T::Chain::size(2, &outputs)
			.saturating_sub(T::Chain::size(1, &outputs))
			.saturating_mul(Self::fee_rate())
	}

	/// A transaction of these coins, largest first, with one output. If its fee would be more than a transaction may
	/// pay, or than the fee reserve has, it takes fewer of them, but not fewer than `least`.
	pub(crate) fn plan_upkeep(
		mut coins: Coins,
		home: &ChangeKey,
		least: usize,
	) -> Result<Planned<AccountIdOf<T>>, RotationWait> {
		let rate = Self::fee_rate();
		let ceiling = Params::<T, I>::get().maximum_batch_fee;
		let reserve = Self::reserves().surplus();
		let mut wait = RotationWait::FeesTooHigh;
		while coins.len() >= least.max(1) {
			let (size, fee) = Self::upkeep_fee(&coins, home, rate)?;
			let change = sum_of(&coins)
				.and_then(|sum| sum.checked_sub(fee))
				.filter(|change| *change >= home.dust);
			match change {
				Some(change) if fee <= ceiling && u128::from(fee) <= reserve => {
					return Ok((upkeep_plan(fee, change, size, rate), coins));
				},
				Some(_) if fee <= ceiling => wait = RotationWait::ReserveShort,
				_ => wait = RotationWait::FeesTooHigh,
			}
			coins.pop();
		}
		Err(wait)
	}

	fn upkeep_fee(
		coins: &[(OutPoint, Utxo)],
		home: &ChangeKey,
		rate: u64,
	) -> Result<(u64, Amount), RotationWait> {
		let inputs = u32::try_from(coins.len()).map_err(|_| RotationWait::FeesTooHigh)?;
		let size = T::Chain::size(inputs, core::slice::from_ref(&home.destination));
		let fee = size.checked_mul(rate).ok_or(RotationWait::FeesTooHigh)?;
		Ok((size, fee))
	}

	/// Sets the fee aside, and makes the batch.
	pub(crate) fn make_upkeep(
		kind: UpkeepKind,
		group: GroupId,
		(plan, coins): Planned<AccountIdOf<T>>,
		home: &ChangeKey,
	) -> DispatchResult {
		let batch = crate::NextBatch::<T, I>::get();
		let (fee, moved) = (plan.own_fee, plan.change);
		Upkeeps::<T, I>::insert(batch, Upkeep { kind, pledged: 0 });
		Self::pledge(batch, fee)?;
		if kind == UpkeepKind::Consolidation {
			LastConsolidation::<T, I>::put(Self::now());
		}
		Self::make_batch(group, plan, coins, home)?;
		Self::deposit_event(Event::UpkeepStarted {
			batch,
			kind,
			from: group,
			to: home.group,
			amount: moved,
			fee,
		});
		Ok(())
	}

	/// So much of the fee reserve is set aside for the batch, if it is one of a group's own.
	pub(crate) fn pledge(batch: BatchId, fee: Amount) -> DispatchResult {
		let Some(upkeep) = Upkeeps::<T, I>::get(batch) else { return Ok(()) };
		let pledged = Pledged::<T, I>::get()
			.checked_sub(upkeep.pledged.into())
			.and_then(|rest| rest.checked_add(fee.into()))
			.ok_or(Error::<T, I>::Overflow)?;
		Pledged::<T, I>::put(pledged);
		Upkeeps::<T, I>::insert(batch, Upkeep { pledged: fee, ..upkeep });
		Ok(())
	}

	/// The batch is over: nothing is set aside for it any more.
	pub(crate) fn end_upkeep(batch: BatchId) -> DispatchResult {
		Self::pledge(batch, 0)?;
		Upkeeps::<T, I>::remove(batch);
		Ok(())
	}

	/// What the next attempt at a transaction of a group's own pays: more, out of the fee reserve and of the same
	/// coins.
	pub(crate) fn plan_dearer_upkeep(
		upkeep: &Upkeep,
		batch: &BatchOf<T, I>,
		last: &AttemptOf<T, I>,
		home: &ChangeKey,
	) -> Result<Result<Planned<AccountIdOf<T>>, StuckReason>, DispatchError> {
		let coins = match Self::coins_to_replace(batch) {
			Ok(coins) => coins,
			Err(reason) => return Ok(Err(reason)),
		};
		let (rate, ceiling) = (Self::fee_rate(), Params::<T, I>::get().maximum_batch_fee);
		let (size, wanted) =
			Self::upkeep_fee(&coins, home, rate).map_err(|_| Error::<T, I>::Overflow)?;
		let least =
			T::Chain::replacement_fee(last.fee, last.size, size).ok_or(Error::<T, I>::Overflow)?;
		let fee = wanted.min(ceiling).max(least);
		if fee > ceiling {
			return Ok(Err(StuckReason::FeeAboveCeiling));
		}
		if u128::from(fee.saturating_sub(upkeep.pledged)) > Self::reserves().surplus() {
			return Ok(Err(StuckReason::ReserveShort));
		}
		let sum = sum_of(&coins).ok_or(Error::<T, I>::Overflow)?;
		let Some(change) = sum.checked_sub(fee).filter(|change| *change >= home.dust) else {
			return Ok(Err(StuckReason::ChangeBelowDust));
		};
		let rate = fee.checked_div(size).unwrap_or(rate);
		Ok(Ok((upkeep_plan(fee, change, size, rate), coins)))
	}

	/// What is set aside belongs to open batches that pay no intents, and all such batches have something set aside.
	#[cfg(any(test, feature = "try-runtime"))]
	pub(crate) fn check_upkeep() -> Result<(), sp_runtime::TryRuntimeError> {
		use crate::{Attempts, Batches, Retiring};
		use frame_support::ensure;
		let mut pledged: u128 = 0;
		let mut open: u32 = 0;
		for (id, upkeep) in Upkeeps::<T, I>::iter() {
			let batch = Batches::<T, I>::get(id).ok_or("upkeep has no batch")?;
			ensure!(batch.intents.is_empty(), "upkeep pays intents");
			for number in 0..batch.attempts {
				let attempt = Attempts::<T, I>::get(id, number).ok_or("an attempt is missing")?;
				ensure!(attempt.fee <= upkeep.pledged, "a fee of upkeep is not set aside");
				ensure!(attempt.total == 0, "upkeep pays something");
			}
			pledged = pledged.saturating_add(upkeep.pledged.into());
			open = open.saturating_add(1);
		}
		ensure!(pledged == Pledged::<T, I>::get(), "the sum of what is set aside is wrong");
		ensure!(open == Upkeeps::<T, I>::count(), "upkeep is counted wrongly");
		ensure!(open <= MAX_OPEN_UPKEEPS, "there is too much upkeep");
		let without = Batches::<T, I>::iter_values().filter(|batch| batch.intents.is_empty());
		ensure!(
			u32::try_from(without.count()) == Ok(open),
			"a batch pays no intents, and is no upkeep"
		);
		ensure!(UpkeepParams::<T, I>::get().is_valid(), "a parameter of upkeep is out of range");
		let retiring = Retiring::<T, I>::get();
		ensure!(
			retiring.iter().zip(retiring.iter().skip(1)).all(|(a, b)| a < b),
			"groups whose coins move are not in order"
		);
		Ok(())
	}
}

/// A plan without intents.
fn upkeep_plan<AccountId>(
	own_fee: Amount,
	change: Amount,
	size: u64,
	rate: u64,
) -> Plan<AccountId> {
	Plan { intents: vec![], total: 0, fee_each: 0, own_fee, change, size, rate }
}
