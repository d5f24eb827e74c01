//! The invariants.

use crate::{
	ext, types::CoinKey, Available, Batches, Config, DepositAddresses, Deposits,
	DepositsByDestination, Held, HeldBy, Intents, Locked, NextBatch, NextDeposit, NextIntent,
	OpenVotes, Pallet, Params, Queue, Tallies, Utxos,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungibles::Inspect, Get},
};
use fusion_asset_mapping_primitives::{chain::ExternalChain, BatchState, OutPoint};
use fusion_dcrm_primitives::GroupId;
use sp_runtime::TryRuntimeError;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Checks everything that must hold between blocks.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_asset()?;
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
		ensure!(Self::reserves().covered(), "mapped coins are not covered by coins held");
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

	/// Reserved coins and batches belong to each other one to one, and so do templates.
	fn check_batches() -> Result<(), TryRuntimeError> {
		let mut spent = BTreeSet::<OutPoint>::new();
		let mut open: u32 = 0;
		for (id, batch) in Batches::<T, I>::iter() {
			open = open.saturating_add(1);
			ensure!(id < NextBatch::<T, I>::get(), "a batch has a number that was not given out");
			ensure!(
				batch.txid == T::Chain::txid(&batch.template),
				"a batch has another transaction than its template"
			);
			ensure!(
				batch.signatures.len() == batch.inputs.len()
					&& T::Chain::sighashes(&batch.template).len() == batch.inputs.len(),
				"a batch has more or fewer signatures than inputs"
			);
			let complete = batch.signatures.iter().all(Option::is_some);
			let expected = if complete { BatchState::Signed } else { BatchState::Signing };
			ensure!(batch.state == expected, "a batch is in a state that its signatures deny");
			let mut inputs: u128 = 0;
			for outpoint in &batch.inputs {
				let coin = Utxos::<T, I>::get(outpoint).ok_or("a batch spends a coin unknown")?;
				ensure!(coin.reserved == Some(id), "a batch spends a coin that it did not reserve");
				ensure!(coin.group == batch.group, "a batch spends a coin of another group");
				ensure!(spent.insert(*outpoint), "a coin is spent twice");
				inputs = inputs.saturating_add(coin.amount.into());
			}
			let change = batch.change.map_or(0, |change| u128::from(change.amount));
			ensure!(
				inputs == u128::from(batch.total).saturating_add(change),
				"a batch spends something else than it pays"
			);
			let mut total: u128 = 0;
			for intent in &batch.intents {
				let intent =
					Intents::<T, I>::get(intent).ok_or("a batch pays an unknown intent")?;
				ensure!(intent.batch == Some(id), "a batch pays an intent of another batch");
				total = total.saturating_add(intent.amount.into());
			}
			ensure!(total == batch.total.into(), "the total of a batch is wrong");
		}
		ensure!(open == Batches::<T, I>::count(), "batches are counted wrongly");
		ensure!(open <= T::MaxOpenBatches::get(), "too many batches are open");
		let reserved = Utxos::<T, I>::iter().filter(|(_, coin)| coin.reserved.is_some()).count();
		ensure!(reserved == spent.len(), "a coin is reserved by no batch");
		Ok(())
	}

	/// What is locked is there, and every intent is either in the queue or in one batch.
	fn check_intents() -> Result<(), TryRuntimeError> {
		let queue = Queue::<T, I>::get();
		let queued: BTreeSet<_> = queue.iter().copied().collect();
		ensure!(queued.len() == queue.len(), "an intent waits twice");
		let mut locked: u128 = 0;
		let mut open: u32 = 0;
		let mut waiting: usize = 0;
		for (id, intent) in Intents::<T, I>::iter() {
			open = open.saturating_add(1);
			locked = locked.saturating_add(intent.amount.into());
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
		ensure!(open <= T::MaxOpenIntents::get(), "too many intents are open");
		ensure!(locked == Locked::<T, I>::get(), "the sum of the intents is wrong");
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
		ensure!(known == next, "a deposit address is missing");
		let by_destination = u64::try_from(DepositsByDestination::<T, I>::iter().count());
		ensure!(by_destination == Ok(known), "a destination belongs to no deposit address");
		for (_, deposit) in Deposits::<T, I>::iter() {
			ensure!(deposit.index < next, "a deposit went to an unknown address");
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
