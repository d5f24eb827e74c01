//! The invariants.

use crate::{
	ext, types::CoinKey, AttemptOf, Attempts, Available, BatchOf, Batches, Config,
	DepositAddresses, DepositOutcome, Deposits, DepositsByDestination, FeeReports, GoneCoins, Held,
	HeldBy, IntentKind, Intents, LockOutDeposits, Locked, NextBatch, NextDeposit, NextIntent,
	OpenRefunds, OpenVotes, Owed, Pallet, Params, Queue, Tallies, Utxos,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungibles::Inspect, Get},
};
use fusion_asset_mapping_primitives::{chain::ExternalChain, BatchId, BatchState, OutPoint};
use fusion_dcrm_primitives::GroupId;
use sp_runtime::TryRuntimeError;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Checks everything that must hold between blocks.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_asset()?;
		Self::check_reports()?;
		Self::check_ledger()?;
		Self::check_batches()?;
		Self::check_intents()?;
		Self::check_addresses()?;
		Self::check_votes()
	}

	fn check_asset() -> Result<(), TryRuntimeError> {
		let asset = T::AssetId::get();
		ensure!(T::Assets::asset_exists(asset), "the mapped asset does not exist");
		ensure!(
			T::Assets::minimum_balance(asset) == 1,
			"the mapped asset has a minimum balance that is not 1"
		);
		ensure!(Params::<T, I>::get().is_valid(), "a parameter is out of its range");
		let reserves = Self::reserves();
		ensure!(reserves.covered(), "mapped coins are not covered by coins held");
		ensure!(
			reserves.deficit == 0 || reserves.surplus() == 0,
			"there is a deficit beside a surplus"
		);
		Ok(())
	}

	/// A member has one report.
	fn check_reports() -> Result<(), TryRuntimeError> {
		let reports = FeeReports::<T, I>::get();
		let members: BTreeSet<_> = reports.iter().map(|report| report.member.clone()).collect();
		ensure!(members.len() == reports.len(), "a member has two reports of the fee rate");
		ensure!(reports.iter().all(|report| report.rate > 0), "a reported fee rate is zero");
		Ok(())
	}

	/// The sum fits, and exactly the coins that are not reserved are available.
	fn check_ledger() -> Result<(), TryRuntimeError> {
		let mut held: u128 = 0;
		let mut by_group = BTreeMap::<GroupId, u128>::new();
		let mut free: usize = 0;
		for (outpoint, coin) in Utxos::<T, I>::iter() {
			held = held.checked_add(coin.amount.into()).ok_or("the ledger overflows")?;
			let theirs = by_group.entry(coin.group).or_default();
			*theirs = theirs.saturating_add(coin.amount.into());
			let key = CoinKey::new(coin.amount, &outpoint);
			let available = Available::<T, I>::contains_key(coin.group, key);
			ensure!(
				available == coin.reserved.is_none(),
				"a coin is both reserved and available, or neither"
			);
			if coin.reserved.is_none() {
				free = free.saturating_add(1);
			}
		}
		ensure!(held == Held::<T, I>::get(), "the sum of the ledger is wrong");
		ensure!(
			by_group == HeldBy::<T, I>::iter().collect(),
			"the sum of a group's part of the ledger is wrong"
		);
		ensure!(
			free == Available::<T, I>::iter().count(),
			"a coin is available that is not in the ledger"
		);
		Ok(())
	}

	/// Reserved coins and batches belong to each other one to one.
	fn check_batches() -> Result<(), TryRuntimeError> {
		let mut spent = BTreeSet::<OutPoint>::new();
		let mut open: u32 = 0;
		let mut attempts: usize = 0;
		for (id, batch) in Batches::<T, I>::iter() {
			open = open.saturating_add(1);
			ensure!(id < NextBatch::<T, I>::get(), "a batch has a number that was not given out");
			ensure!(
				batch.attempts >= 1 && batch.attempts <= T::MaxAttempts::get().max(1),
				"a batch has no or too many attempts"
			);
			ensure!(
				Attempts::<T, I>::iter_key_prefix(id).count()
					== usize::try_from(batch.attempts).unwrap_or(0),
				"an attempt at a batch is missing"
			);
			attempts = attempts.saturating_add(usize::try_from(batch.attempts).unwrap_or(0));
			let mut inputs: u128 = 0;
			for outpoint in &batch.inputs {
				let coin = Utxos::<T, I>::get(outpoint)
					.or_else(|| GoneCoins::<T, I>::get(outpoint))
					.ok_or("a batch spends a coin unknown")?;
				ensure!(coin.reserved == Some(id), "a batch spends a coin that it did not reserve");
				ensure!(coin.group == batch.group, "a batch spends a coin of another group");
				ensure!(spent.insert(*outpoint), "a coin is spent twice");
				inputs = inputs.saturating_add(coin.amount.into());
			}
			for intent in &batch.intents {
				let intent =
					Intents::<T, I>::get(intent).ok_or("a batch pays an unknown intent")?;
				ensure!(intent.batch == Some(id), "a batch pays an intent of another batch");
			}
			Self::check_attempts(id, &batch, inputs)?;
		}
		ensure!(open == Batches::<T, I>::count(), "batches are counted wrongly");
		ensure!(open <= T::MaxOpenBatches::get(), "too many batches are open");
		ensure!(attempts == Attempts::<T, I>::iter().count(), "an attempt has no batch");
		let reserved = Utxos::<T, I>::iter().filter(|(_, coin)| coin.reserved.is_some()).count();
		let there = spent.iter().filter(|outpoint| Utxos::<T, I>::contains_key(outpoint)).count();
		ensure!(reserved == there, "a coin is reserved by no batch");
		Ok(())
	}

	/// All attempts at a batch spend all of its coins, pay some of its intents no less than they allow, and each
	/// more than the one before. All but the last are signed.
	fn check_attempts(
		id: BatchId,
		batch: &BatchOf<T, I>,
		inputs: u128,
	) -> Result<(), TryRuntimeError> {
		let mut before: Option<AttemptOf<T, I>> = None;
		for number in 0..batch.attempts {
			let attempt = Attempts::<T, I>::get(id, number).ok_or("an attempt is missing")?;
			ensure!(
				attempt.txid == T::Chain::txid(&attempt.template),
				"an attempt has another transaction than its template"
			);
			ensure!(
				attempt.signatures.len() == batch.inputs.len()
					&& attempt.requests.len() == batch.inputs.len()
					&& T::Chain::sighashes(&attempt.template).len() == batch.inputs.len(),
				"an attempt has more or fewer signatures, or requests for them, than inputs"
			);
			let complete = attempt.signatures.iter().all(Option::is_some);
			let expected = if complete { BatchState::Signed } else { BatchState::Signing };
			ensure!(attempt.state == expected, "an attempt is in a state that its signatures deny");
			ensure!(attempt.signed.is_some() == complete, "an attempt was signed at no time");
			let change = attempt.change.map_or(0, |change| u128::from(change.amount));
			ensure!(
				inputs == u128::from(attempt.total).saturating_add(change),
				"an attempt spends something else than it pays"
			);
			let mut total: u128 = 0;
			let mut allowed: u128 = 0;
			for intent in &attempt.intents {
				ensure!(batch.intents.contains(intent), "an attempt pays an intent of no batch");
				let intent = Intents::<T, I>::get(intent).ok_or("an intent is unknown")?;
				total = total.saturating_add(intent.amount.into());
				allowed = allowed.saturating_add(intent.max_fee.into());
			}
			ensure!(total == attempt.total.into(), "the total of an attempt is wrong");
			ensure!(u128::from(attempt.fee) <= allowed, "an attempt takes more than is allowed");
			if number == 0 {
				ensure!(attempt.intents == batch.intents, "the first attempt does not pay all");
			}
			if let Some(before) = before {
				ensure!(before.state == BatchState::Signed, "an unsigned attempt was replaced");
				ensure!(
					attempt.intents.iter().all(|intent| before.intents.contains(intent)),
					"an attempt pays an intent that the one before did not pay"
				);
				let least = T::Chain::replacement_fee(before.fee, before.size, attempt.size);
				ensure!(
					least.is_some_and(|least| attempt.fee >= least),
					"an attempt pays too little to replace the one before"
				);
			}
			before = Some(attempt);
		}
		Ok(())
	}

	/// What is locked is there, and every intent is either in the queue or in one batch.
	fn check_intents() -> Result<(), TryRuntimeError> {
		let queue = Queue::<T, I>::get();
		let queued: BTreeSet<_> = queue.iter().copied().collect();
		ensure!(queued.len() == queue.len(), "an intent waits twice");
		let mut locked: u128 = 0;
		let mut refunds: u128 = 0;
		let mut open: u32 = 0;
		let mut lock_outs: u32 = 0;
		let mut waiting: usize = 0;
		for (id, intent) in Intents::<T, I>::iter() {
			open = open.saturating_add(1);
			let sum = match intent.kind {
				IntentKind::LockOut => &mut locked,
				IntentKind::Refund => &mut refunds,
			};
			let refunds_it = |deposit: OutPoint| {
				Deposits::<T, I>::get(deposit)
					.is_some_and(|found| found.outcome == DepositOutcome::Refunding(id))
			};
			ensure!(
				match intent.kind {
					IntentKind::LockOut => intent.deposit.is_none(),
					IntentKind::Refund => intent.deposit.is_some_and(refunds_it),
				},
				"an intent pays back a deposit that is not its own, or a refund pays back none"
			);
			*sum = sum.saturating_add(intent.amount.into());
			if intent.kind == IntentKind::LockOut {
				lock_outs = lock_outs.saturating_add(1);
			}
			ensure!(id < NextIntent::<T, I>::get(), "an intent has a number not given out");
			ensure!(
				intent.batch.is_none() == queued.contains(&id),
				"an intent is both in a batch and in the queue, or in neither"
			);
			match intent.batch {
				None => waiting = waiting.saturating_add(1),
				Some(batch) => {
					let batch = Batches::<T, I>::get(batch).ok_or("an intent's batch is gone")?;
					ensure!(batch.intents.contains(&id), "a batch does not pay its intent");
				},
			}
		}
		ensure!(waiting == queue.len(), "the queue has an intent that is not open");
		ensure!(open == Intents::<T, I>::count(), "intents are counted wrongly");
		let refunding = OpenRefunds::<T, I>::get();
		ensure!(open.checked_sub(lock_outs) == Some(refunding), "refunds are counted wrongly");
		ensure!(
			lock_outs <= Self::places(IntentKind::LockOut)
				&& refunding <= Self::places(IntentKind::Refund),
			"too many intents are open"
		);
		ensure!(
			LockOutDeposits::<T, I>::iter_keys().all(|id| Intents::<T, I>::get(id)
				.is_some_and(|intent| intent.kind == IntentKind::LockOut)),
			"a deposit is held for no lock-out"
		);
		ensure!(locked == Locked::<T, I>::get(), "the sum of the intents is wrong");
		let waiting: u128 = Deposits::<T, I>::iter()
			.filter(|(_, deposit)| {
				matches!(
					deposit.outcome,
					DepositOutcome::Delayed | DepositOutcome::RefundDelayed(_)
				)
			})
			.map(|(_, deposit)| u128::from(deposit.amount))
			.sum();
		ensure!(
			refunds.saturating_add(waiting) == Owed::<T, I>::get(),
			"the sum of what is owed is wrong"
		);
		let vault = ext::assets::vault::<T, I>();
		ensure!(
			T::Assets::balance(T::AssetId::get(), &vault) >= locked,
			"locked coins are missing from the account of the pallet"
		);
		Ok(())
	}

	/// Addresses can be found both ways, and every deposit went to one.
	fn check_addresses() -> Result<(), TryRuntimeError> {
		let next = NextDeposit::<T, I>::get();
		let mut known: u64 = 0;
		for (index, address) in DepositAddresses::<T, I>::iter() {
			known = known.saturating_add(1);
			ensure!(index < next, "a deposit address has a number not given out");
			ensure!(
				DepositsByDestination::<T, I>::get(&address.destination) == Some(index),
				"a deposit address cannot be found by its destination"
			);
			ensure!(
				address.destination == T::Chain::destination(&address.output_key),
				"a deposit address does not fit its key"
			);
		}
		let by_destination = u64::try_from(DepositsByDestination::<T, I>::iter().count());
		ensure!(by_destination == Ok(known), "a destination belongs to no deposit address");
		for (_, deposit) in Deposits::<T, I>::iter() {
			ensure!(
				DepositAddresses::<T, I>::get(deposit.index).is_some_and(|to| to.deposits > 0),
				"a deposit went to an unknown address"
			);
		}
		Ok(())
	}

	/// Votes are undecided, one a member, and noted with the member. Some may be of members who have left since:
	/// they go with the next vote, and do not count.
	fn check_votes() -> Result<(), TryRuntimeError> {
		for (subject, tally) in Tallies::<T, I>::iter() {
			let members: BTreeSet<_> = tally.votes.iter().map(|vote| vote.member.clone()).collect();
			ensure!(!members.is_empty(), "a tally without votes");
			ensure!(members.len() == tally.votes.len(), "a member voted twice");
			for vote in &tally.votes {
				ensure!(
					OpenVotes::<T, I>::get(&vote.member).iter().any(|(open, _)| *open == subject),
					"a vote is not noted with its member"
				);
			}
		}
		for (_, open) in OpenVotes::<T, I>::iter() {
			ensure!(
				open.iter().zip(open.iter().skip(1)).all(|((_, a), (_, b))| a <= b),
				"a member's votes are not in order"
			);
		}
		Ok(())
	}
}
