//! The invariants.

use crate::{
	ext, Asset, AssetOf, Batches, Books, Config, DepositAddresses, DepositOutcome, Deposits,
	GasReports, Intents, NextAttempt, NextBatch, NextDeposit, NextIntent, NextOrder, OpenVotes,
	Orders, Pallet, Params, Queue, Registry, Tallies, TheOrder, TheVault, Unpaid,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{
	ensure,
	traits::{fungibles::Inspect, Get},
};
use fusion_ethereum_primitives::{Address, Call as VaultCall};
use sp_runtime::TryRuntimeError;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Checks everything that must hold between blocks.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(Params::<T, I>::get().is_valid(), "a parameter is out of its range");
		Self::check_assets()?;
		Self::check_sums()?;
		Self::check_intents()?;
		Self::check_batches()?;
		Self::check_orders()?;
		Self::check_addresses()?;
		Self::check_reports()?;
		Self::check_votes()
	}

	/// Assets can be found both ways, and are covered.
	fn check_assets() -> Result<(), TryRuntimeError> {
		let mut count: u32 = 0;
		for (asset, Asset { token, limits, .. }) in Registry::<T, I>::iter() {
			count = count.saturating_add(1);
			ensure!(limits.is_valid(), "a limit is out of its range");
			ensure!(
				AssetOf::<T, I>::get(token) == Some(asset),
				"an asset is not that of its token"
			);
			ensure!(T::Assets::asset_exists(asset), "a mapped asset does not exist");
			ensure!(
				T::Assets::minimum_balance(asset) == 1,
				"a mapped asset has a minimum balance that is not 1"
			);
			let sums = Self::sums(asset);
			ensure!(sums.covered(), "mapped coins are not covered by coins held");
			ensure!(
				sums.deficit == 0 || sums.surplus() == 0,
				"there is a deficit beside a surplus"
			);
		}
		ensure!(count == Registry::<T, I>::count(), "assets are counted wrongly");
		ensure!(count <= T::MaxAssets::get(), "too many assets are mapped");
		ensure!(count == 0 || TheVault::<T, I>::exists(), "assets are mapped without a vault");
		ensure!(
			u32::try_from(AssetOf::<T, I>::iter().count()) == Ok(count),
			"a token belongs to no asset"
		);
		Ok(())
	}

	/// What is locked and owed is what intents, failed payments and waiting deposits say, and the locked coins are
	/// there.
	fn check_sums() -> Result<(), TryRuntimeError> {
		let mut locked = BTreeMap::<u32, u128>::new();
		let mut owed = BTreeMap::<u32, u128>::new();
		let add = |sums: &mut BTreeMap<u32, u128>, asset, amount| {
			let sum = sums.entry(asset).or_default();
			*sum = sum.saturating_add(amount);
		};
		for (_, intent) in Intents::<T, I>::iter() {
			let native = AssetOf::<T, I>::get(Address::ZERO).ok_or("fees in an unknown asset")?;
			add(&mut locked, intent.asset, intent.amount);
			add(&mut locked, native, intent.max_fee);
		}
		for (_, _, unpaid) in Unpaid::<T, I>::iter() {
			add(&mut locked, unpaid.asset, unpaid.payout.amount);
		}
		for (_, deposit) in Deposits::<T, I>::iter() {
			if deposit.outcome == DepositOutcome::Delayed && deposit.gone.is_none() {
				add(&mut owed, deposit.asset, deposit.amount);
			}
		}
		let account = ext::assets::account::<T, I>();
		for asset in Registry::<T, I>::iter_keys() {
			let book = Books::<T, I>::get(asset);
			let locked = locked.remove(&asset).unwrap_or(0);
			ensure!(book.locked == locked, "the sum of locked coins is wrong");
			ensure!(
				book.owed == owed.remove(&asset).unwrap_or(0),
				"the sum of what is owed is wrong"
			);
			ensure!(
				T::Assets::balance(asset, &account) >= locked,
				"locked coins are missing from the account of the pallet"
			);
		}
		ensure!(locked.is_empty() && owed.is_empty(), "something is due in an unknown asset");
		ensure!(
			Books::<T, I>::iter_keys().all(Registry::<T, I>::contains_key),
			"there are sums of an unknown asset"
		);
		Ok(())
	}

	/// Every intent is either in the queue or in one batch.
	fn check_intents() -> Result<(), TryRuntimeError> {
		let queue = Queue::<T, I>::get();
		let queued: BTreeSet<_> = queue.iter().copied().collect();
		ensure!(queued.len() == queue.len(), "an intent waits twice");
		let (mut open, mut waiting): (u32, usize) = (0, 0);
		for (id, intent) in Intents::<T, I>::iter() {
			open = open.saturating_add(1);
			ensure!(id < NextIntent::<T, I>::get(), "an intent has a number not given out");
			ensure!(
				intent.batch.is_none() == queued.contains(&id),
				"an intent is both in a batch and in the queue, or in neither"
			);
			match intent.batch {
				None => waiting = waiting.saturating_add(1),
				Some(batch) => {
					let batch = Batches::<T, I>::get(batch).ok_or("an intent's batch is gone")?;
					ensure!(
						batch.intents.iter().filter(|batched| batched.intent == id).count() == 1,
						"a batch does not pay its intent once"
					);
				},
			}
		}
		ensure!(waiting == queue.len(), "the queue has an intent that is not open");
		ensure!(open == Intents::<T, I>::count(), "intents are counted wrongly");
		ensure!(open <= T::MaxOpenIntents::get(), "too many intents are open");
		Ok(())
	}

	/// A batch pays exactly what its intents ask for, and takes no more than they allow.
	fn check_batches() -> Result<(), TryRuntimeError> {
		let mut open: u32 = 0;
		for (id, batch) in Batches::<T, I>::iter() {
			open = open.saturating_add(1);
			let vault = TheVault::<T, I>::get().ok_or("there is a batch without a vault")?;
			let template = &batch.template;
			ensure!(id < NextBatch::<T, I>::get(), "a batch has a number not given out");
			ensure!(template.id == id && template.vault == vault.vault, "a batch is for others");
			ensure!(template.fee <= vault.maximum_fee, "a fee is above what the vault pays");
			ensure!(
				!batch.intents.is_empty() && batch.intents.len() == template.payouts.len(),
				"a batch has another number of payments than of intents"
			);
			let mut fee: u128 = 0;
			for (batched, payout) in batch.intents.iter().zip(&template.payouts) {
				let intent =
					Intents::<T, I>::get(batched.intent).ok_or("a batch has an unknown intent")?;
				ensure!(intent.batch == Some(id), "a batch pays an intent that is not its own");
				let token = Registry::<T, I>::get(intent.asset).map(|asset| asset.token);
				ensure!(
					Some(payout.asset) == token
						&& payout.to == intent.to
						&& payout.amount == intent.amount,
					"a payment is not what its intent asks for"
				);
				ensure!(batched.fee <= intent.max_fee, "an intent pays more than it allows");
				fee = fee.saturating_add(batched.fee);
			}
			ensure!(fee == template.fee, "the fee of a batch is not the sum of its parts");
		}
		ensure!(open == Batches::<T, I>::count(), "batches are counted wrongly");
		ensure!(open <= T::MaxOpenBatches::get(), "too many batches are open");
		Ok(())
	}

	/// What is recalled has failed, and is recalled once.
	fn check_orders() -> Result<(), TryRuntimeError> {
		let open = TheOrder::<T, I>::get();
		if let Some(open) = &open {
			ensure!(open.order.nonce == NextOrder::<T, I>::get(), "the order is not the next one");
			ensure!(open.attempt < NextAttempt::<T, I>::get(), "an attempt has a number not given");
		}
		let calls = open.map(|open| open.order.call).into_iter().chain(Orders::<T, I>::get());
		let recalled: Vec<_> = calls
			.filter_map(|call| match call {
				VaultCall::Recall { batch, index, .. } => Some((batch, index)),
				_ => None,
			})
			.collect();
		let mut recalling: usize = 0;
		for (batch, index, unpaid) in Unpaid::<T, I>::iter() {
			ensure!(
				batch < NextBatch::<T, I>::get() && !Batches::<T, I>::contains_key(batch),
				"a payment failed of a batch that was not executed"
			);
			if unpaid.recalling {
				recalling = recalling.saturating_add(1);
				ensure!(recalled.contains(&(batch, index)), "a recall has no order");
			}
		}
		ensure!(recalling == recalled.len(), "an order recalls what is not unpaid, or twice");
		Ok(())
	}

	/// Addresses are those of the vault, and every deposit went to one.
	fn check_addresses() -> Result<(), TryRuntimeError> {
		let next = NextDeposit::<T, I>::get();
		for (index, found) in DepositAddresses::<T, I>::iter() {
			let vault = TheVault::<T, I>::get().ok_or("there is an address without a vault")?;
			ensure!(index < next, "a deposit address has a number not given out");
			ensure!(
				found.address == vault.vault.deposit_address(&Self::salt(&found.who, index)),
				"a deposit address is not that of its salt"
			);
		}
		for (_, deposit) in Deposits::<T, I>::iter() {
			ensure!(
				DepositAddresses::<T, I>::contains_key(deposit.index)
					&& Registry::<T, I>::contains_key(deposit.asset),
				"a deposit went to an unknown address, or is of an unknown asset"
			);
		}
		Ok(())
	}

	/// A member has one report.
	fn check_reports() -> Result<(), TryRuntimeError> {
		let reports = GasReports::<T, I>::get();
		let members: BTreeSet<_> = reports.iter().map(|report| report.member.clone()).collect();
		ensure!(members.len() == reports.len(), "a member has two reports of the gas price");
		ensure!(reports.iter().all(|report| report.price > 0), "a reported gas price is zero");
		Ok(())
	}

	/// Votes are undecided, one a member, and noted with the member. Some may be of members who have left since:
	/// they go with the next vote, and do not count.
	fn check_votes() -> Result<(), TryRuntimeError> {
		for (subject, votes) in Tallies::<T, I>::iter() {
			let members: BTreeSet<_> = votes.iter().map(|vote| vote.member.clone()).collect();
			ensure!(!members.is_empty(), "a tally without votes");
			ensure!(members.len() == votes.len(), "a member voted twice");
			for vote in &votes {
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
