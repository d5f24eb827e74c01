//! A chain with blocks, a pool and double spends, but without signatures and the rules of fees.

use super::K;
use crate::mock::*;
use codec::Encode;
use fusion_asset_mapping_primitives::{Destination, OutPoint};
use sp_io::hashing::blake2_256;
use std::collections::{BTreeMap, BTreeSet};

/// Number of the outputs that come from outside.
pub(super) const FOREIGN: u32 = u32::MAX - 1;

/// A transaction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tx {
	pub(super) txid: [u8; 32],
	pub(super) inputs: Vec<OutPoint>,
	pub(super) outputs: Vec<(Destination, u64)>,
	/// Whether the pallet has settled a batch by it.
	pub(super) settled: bool,
}

/// A block, with its time.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
	pub(super) time: u32,
	pub(super) txs: Vec<Tx>,
}

/// What becomes of deposits in blocks that are replaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
	Pooled,
	Dropped,
	DoubleSpent,
}

/// The external chain.
#[derive(Default)]
pub(super) struct Chain {
	pub(super) blocks: Vec<Block>,
	pub(super) pool: Vec<Tx>,
	/// What a reorganization took out, and nobody has broadcast again.
	pub(super) dropped: Vec<Tx>,
	/// How many foreign coins there were.
	foreign: u64,
}

impl Chain {
	pub(super) fn txs(&self) -> impl Iterator<Item = (usize, &Tx)> {
		let tip = self.blocks.len();
		self.blocks
			.iter()
			.enumerate()
			.flat_map(move |(height, block)| block.txs.iter().map(move |tx| (tip - height, tx)))
	}

	/// Confirmations of an output that nobody has spent.
	pub(super) fn unspent(&self, outpoint: &OutPoint) -> Option<usize> {
		if self.txs().any(|(_, tx)| tx.inputs.contains(outpoint)) {
			return None;
		}
		let (confirmations, tx) = self.txs().find(|(_, tx)| tx.txid == outpoint.txid)?;
		(tx.outputs.len() > outpoint.vout as usize).then_some(confirmations)
	}

	pub(super) fn in_pool(&self, outpoint: &OutPoint) -> bool {
		self.pool.iter().any(|tx| tx.txid == outpoint.txid)
	}

	/// What comes from outside: it depends on nothing.
	fn foreign(&mut self) -> OutPoint {
		self.foreign += 1;
		OutPoint { txid: blake2_256(&self.foreign.to_le_bytes()), vout: FOREIGN }
	}

	pub(super) fn deposit(&mut self, outputs: Vec<(Destination, u64)>) {
		let input = self.foreign();
		let txid = blake2_256(&(input, &outputs).encode());
		self.pool.push(Tx { txid, inputs: vec![input], outputs, settled: false });
	}

	/// A block with what is in the pool, in the order given by `choice`; at most `most` transactions.
	pub(super) fn mine(&mut self, choice: usize, most: usize) {
		let mut waiting = std::mem::take(&mut self.pool);
		if !waiting.is_empty() {
			let start = choice % waiting.len();
			waiting.rotate_left(start);
		}
		waiting.sort_by_key(|tx| !tx.settled);
		let settled: BTreeSet<_> =
			waiting.iter().filter(|tx| tx.settled).flat_map(|tx| tx.inputs.clone()).collect();
		let mut spent: BTreeSet<_> = self.txs().flat_map(|(_, tx)| tx.inputs.clone()).collect();
		let mut made: BTreeSet<_> = self.txs().map(|(_, tx)| tx.txid).collect();
		let mut mined = Vec::new();
		for tx in waiting {
			let is_full = mined.len() >= most && !tx.settled;
			// See above: what was settled is mined again, and nothing else in its place.
			let is_other = !tx.settled && tx.inputs.iter().any(|input| settled.contains(input));
			let is_valid = !made.contains(&tx.txid)
				&& tx.inputs.iter().all(|input| {
					!spent.contains(input) && (input.vout == FOREIGN || made.contains(&input.txid))
				});
			if is_full || is_other || !is_valid {
				self.pool.push(tx);
				continue;
			}
			spent.extend(tx.inputs.iter().copied());
			made.insert(tx.txid);
			mined.push(tx);
		}
		self.blocks.push(Block { time: now(), txs: mined });
	}

	/// The last blocks are replaced. Transactions go back to the pool, but deposits may be double spent, or forgotten
	/// for a while.
	pub(super) fn reorg(&mut self, depth: usize, fate: Fate, choice: usize) {
		let depth = depth.min(self.blocks.len());
		let gone = self.blocks.split_off(self.blocks.len() - depth);
		let mut swap = Vec::new();
		for tx in gone.into_iter().flat_map(|block| block.txs) {
			let is_deposit = tx.inputs[0].vout == FOREIGN;
			if is_deposit && fate == Fate::Dropped {
				self.dropped.push(tx);
			} else if is_deposit && fate == Fate::DoubleSpent {
				let txid = blake2_256(&("other", tx.txid).encode());
				swap.push(Tx { txid, outputs: Vec::new(), ..tx });
			} else {
				self.pool.push(tx);
			}
		}
		let time = now();
		self.blocks.push(Block { time, txs: swap });
		for _ in 0..depth {
			self.mine(choice, 2);
		}
	}

	/// Whether another transaction spends what that one spends, deep enough.
	pub(super) fn is_double_spent(
		&self,
		outpoint: &OutPoint,
		history: &BTreeMap<[u8; 32], Tx>,
	) -> bool {
		let Some(tx) = history.get(&outpoint.txid) else { return false };
		self.txs().any(|(confirmations, other)| {
			confirmations > 2 * K
				&& other.txid != tx.txid
				&& other.inputs.iter().any(|input| tx.inputs.contains(input))
		})
	}
}
