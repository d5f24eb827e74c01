//! A model of the vault's chain: the vault, coins at deposit addresses, and payees of all kinds. It does what
//! `contracts/src/vault/Vault.sol` does, and checks the same signatures over the same digests.

use crate::mock::*;
use codec::Decode;
use fusion_asset_mapping_primitives::{
	account::AccountChain,
	vault::{EventId, VaultBatchView, VaultObservation, VaultOrderView},
	BatchId, DepositIndex,
};
use fusion_ethereum_primitives::{Address, Batch, Call as VaultCall, Ethereum, Order, VaultPayout};
use std::collections::{BTreeMap, BTreeSet};

/// How far the clock of that chain is behind ours, in seconds.
const LAG: u64 = 7;

/// By asset: what a log adds to the vault's coins, or takes from them.
type Delta = BTreeMap<u32, i128>;

/// A log, as honest members would witness it.
#[derive(Clone, Debug)]
pub struct Log {
	pub observation: VaultObservation,
	pub delta: Delta,
}

/// A deposit that was collected, as long as its block stands.
#[derive(Clone, Copy, Debug)]
pub struct Collected {
	pub event: EventId,
	pub asset: u32,
	pub amount: u128,
	pub episode: u32,
	pub gone: bool,
}

/// The chain.
#[derive(Default)]
pub struct Chain {
	/// The vault's coins.
	pub coins: BTreeMap<u32, u128>,
	/// What waits at deposit addresses.
	pub waiting: BTreeMap<(DepositIndex, u32), u128>,
	/// What the pallet should have seen, and has not yet.
	pub logs: Vec<Log>,
	/// All deposits that the pallet was told of.
	pub collected: Vec<Collected>,
	/// What each payee has received.
	pub paid: BTreeMap<Address, Vec<(Address, u128)>>,
	unpaid: BTreeMap<(BatchId, u32), VaultPayout>,
	executed: BTreeSet<BatchId>,
	accepted: BTreeSet<Address>,
	next_order: u64,
}

/// The number of an asset.
fn number(asset: &Address) -> u32 {
	if *asset == Address::ZERO {
		ETH
	} else {
		USD
	}
}

/// Whether a payee takes nothing: every third one is a contract that reverts.
pub fn refuses(to: &Address) -> bool {
	to.0[19] % 3 == 0
}

fn is_of_vault(digest: [u8; 32], signature: &[u8; 64]) -> bool {
	let key = VaultMapping::vault().expect("it is registered").key;
	Ethereum::verify(&key, &digest, signature)
}

impl Chain {
	/// The time there.
	fn time() -> u64 {
		now().saturating_sub(LAG)
	}

	fn coins_mut(&mut self, asset: u32) -> &mut u128 {
		self.coins.entry(asset).or_default()
	}

	/// Takes coins of the vault, if it has them.
	fn take(&mut self, asset: u32, amount: u128) -> bool {
		let coins = self.coins_mut(asset);
		match coins.checked_sub(amount) {
			Some(rest) => {
				*coins = rest;
				true
			},
			None => false,
		}
	}

	/// Somebody sends coins to a deposit address.
	pub fn send(&mut self, index: DepositIndex, asset: u32, amount: u128) {
		*self.waiting.entry((index, asset)).or_default() += amount;
	}

	/// Somebody has the vault sweep all that waits.
	pub fn sweep(&mut self) {
		for ((index, asset), amount) in std::mem::take(&mut self.waiting) {
			if asset == USD && !self.accepted.contains(&token()) {
				self.waiting.insert((index, asset), amount);
				continue;
			}
			*self.coins_mut(asset) += amount;
			// Honest members are silent of what is too little.
			if amount >= LIMITS.minimum_deposit {
				let event = new_event();
				self.collected.push(Collected { event, asset, amount, episode: 0, gone: false });
				let delta = Delta::from([(asset, amount as i128)]);
				self.logs.push(Log { observation: deposit_at(event, index, asset, amount), delta });
			}
		}
	}

	/// Somebody brings a batch, and wants the fee or not. Whether the vault takes it.
	pub fn execute(&mut self, view: &VaultBatchView, with_fee: bool) -> bool {
		let Some(signature) = view.signature else { return false };
		let batch = Batch::decode(&mut &view.template[..]).expect("a batch");
		let refused = self.executed.contains(&batch.id)
			|| Self::time() > batch.deadline
			|| batch.fee > VAULT_MAX_FEE
			|| !is_of_vault(batch.digest(), &signature);
		if refused {
			return false;
		}
		let fee = if with_fee { batch.fee } else { 0 };
		let before = self.coins.clone();
		let mut delta = Delta::new();
		let (mut failed, mut made) = (0u64, Vec::new());
		for (index, payout) in (0u32..).zip(batch.payouts.iter().copied()) {
			let asset = number(&payout.asset);
			if !refuses(&payout.to) && self.take(asset, payout.amount) {
				*delta.entry(asset).or_default() -= payout.amount as i128;
				made.push(payout);
			} else {
				failed |= 1 << index;
			}
		}
		if !self.take(ETH, fee) {
			self.coins = before;
			return false;
		}
		*delta.entry(ETH).or_default() -= fee as i128;
		self.executed.insert(batch.id);
		for payout in made {
			self.paid.entry(payout.to).or_default().push((payout.asset, payout.amount));
		}
		for (index, payout) in (0u32..).zip(batch.payouts.iter().copied()) {
			if failed & (1 << index) != 0 {
				self.unpaid.insert((batch.id, index), payout);
			}
		}
		self.logs.push(Log { observation: executed(batch.id, fee, failed), delta });
		true
	}

	/// The payee of a payment that has failed takes it, to another address of its own.
	pub fn claim(&mut self, choice: usize) {
		let Some((&(batch, index), &payout)) = self.unpaid.iter().nth(choice) else { return };
		let asset = number(&payout.asset);
		if self.take(asset, payout.amount) {
			self.unpaid.remove(&(batch, index));
			self.paid.entry(payout.to).or_default().push((payout.asset, payout.amount));
			let observation = VaultObservation::Claimed { batch, index, block: [5; 32] };
			let delta = Delta::from([(asset, -(payout.amount as i128))]);
			self.logs.push(Log { observation, delta });
		}
	}

	/// Somebody brings the order. Whether the vault takes it.
	pub fn order(&mut self, view: &VaultOrderView, signature: &[u8; 64]) -> bool {
		let order = Order::decode(&mut &view.order[..]).expect("an order");
		let refused = order.nonce != self.next_order
			|| Self::time() > order.deadline
			|| !is_of_vault(order.digest(), signature);
		if refused {
			return false;
		}
		match order.call {
			VaultCall::AcceptToken { token, accept: true } => {
				self.accepted.insert(token);
			},
			VaultCall::Recall { batch, index, payout } => {
				if self.unpaid.get(&(batch, index)) != Some(&payout) {
					return false;
				}
				self.unpaid.remove(&(batch, index));
			},
			_ => {},
		}
		self.next_order += 1;
		let observation = VaultObservation::Ordered { nonce: order.nonce, block: [6; 32] };
		self.logs.push(Log { observation, delta: Delta::new() });
		true
	}

	/// What members may say of a batch whose deadline is over in a block that is final, if it was not executed.
	pub fn expired(&self, view: &VaultBatchView) -> Option<VaultObservation> {
		let batch = Batch::decode(&mut &view.template[..]).expect("a batch");
		let over = Self::time() > batch.deadline && !self.executed.contains(&batch.id);
		over.then_some(VaultObservation::Expired { batch: batch.id })
	}

	/// A deep reorganization removes a deposit that was counted, or brings it back.
	pub fn reorganize(&mut self, choice: usize) {
		let Some(deposit) = self.collected.get(choice).copied() else { return };
		let Collected { event, asset, amount, episode, gone } = deposit;
		let is_known = crate::Deposits::<Test>::get(event)
			.is_some_and(|record| record.gone.is_some() == gone && record.episode == episode);
		if !is_known {
			return;
		}
		let (observation, delta) = if gone {
			*self.coins_mut(asset) += amount;
			(VaultObservation::Back { event, episode }, amount as i128)
		} else if self.take(asset, amount) {
			(VaultObservation::Gone { event, episode }, -(amount as i128))
		} else {
			return;
		};
		self.logs.push(Log { observation, delta: Delta::from([(asset, delta)]) });
		let kept = &mut self.collected[choice];
		kept.gone = !gone;
		kept.episode += u32::from(gone);
	}

	/// Forgets what the pallet has decided on.
	pub fn forget_decided(&mut self) {
		self.logs.retain(|log| !is_decided(&log.observation));
	}

	/// The vault's coins as the pallet should know them.
	pub fn witnessed(&self, asset: u32) -> i128 {
		let all = self.coins.get(&asset).copied().unwrap_or(0) as i128;
		let unseen = |log: &Log| log.delta.get(&asset).copied().unwrap_or(0);
		all - self.logs.iter().map(unseen).sum::<i128>()
	}

	/// Whether the pallet has heard of everything.
	pub fn is_settled(&self) -> bool {
		self.logs.is_empty()
	}
}

/// Whether the pallet has acted on what was observed.
fn is_decided(observation: &VaultObservation) -> bool {
	let presence = |event, wanted: bool, episode| {
		crate::Deposits::<Test>::get(event)
			.is_some_and(|record| record.gone.is_some() == wanted && record.episode == episode)
	};
	match observation {
		VaultObservation::Deposited { event, .. } => crate::Deposits::<Test>::contains_key(event),
		VaultObservation::Executed { batch, .. } | VaultObservation::Expired { batch } => {
			!crate::Batches::<Test>::contains_key(batch)
		},
		// The execution that it is of may not be known yet.
		VaultObservation::Claimed { batch, index, .. } => {
			!crate::Batches::<Test>::contains_key(batch)
				&& !crate::Unpaid::<Test>::contains_key(batch, index)
		},
		VaultObservation::Ordered { nonce, .. } => crate::NextOrder::<Test>::get() > *nonce,
		VaultObservation::GasPrice { .. } => true,
		VaultObservation::Gone { event, episode } => presence(*event, true, *episode),
		VaultObservation::Back { event, episode } => presence(*event, false, *episode + 1),
	}
}
