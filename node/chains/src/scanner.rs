//! Looks for our outputs and transactions in blocks. A state machine without I/O.
//!
//! A round goes like this: [`Scanner::begin`] with the height of the tip; then as long as
//! [`Scanner::request`] asks for something, it is given it by [`Scanner::hash`] or [`Scanner::block`].
//! The scanner first asks for the hash of the last block that it has seen: another hash there means
//! that Bitcoin has reorganized, and it goes back until the hashes are the same. Then it asks for one
//! block after the other that has enough confirmations.
//!
//! Of the last [`REWIND`] blocks it remembers all ids and taproot outputs. So destinations and batches
//! that it is told of later than a block are found in it all the same. After a restart it knows
//! nothing of those blocks and asks for them again.

use std::collections::{HashMap, VecDeque};

use bitcoin::{hashes::Hash, Block, BlockHash};
use fusion_asset_mapping_primitives::{
	Amount, AttemptIndex, BatchId, DepositIndex, Destination, Observation, OutPoint,
};

use crate::{cursor::SavePoint, rpc::HeaderInfo};

/// How many blocks back a destination or batch is looked for when it becomes known. On the main
/// network that is most of a day: much longer than Fusion takes to finalize what people then pay to, and than the
/// oldest state of Fusion that blocks are looked at with
/// ([`is_current`](crate::MappingChain::is_current)).
pub const REWIND: u32 = 100;
/// How many blocks before the tip a node starts that has no cursor: about a week on the main network.
pub const FIRST_WINDOW: u32 = 1_008;
/// How many hashes of blocks are kept, to find out where a reorg began.
pub const HASHES: usize = 1_008;
/// Confirmations from which on the outputs of a block reward can be spent (Bitcoin's consensus rule
/// `COINBASE_MATURITY`). A deposit that cannot be spent is none.
pub const COINBASE_MATURITY: u32 = 100;

/// Something that was seen in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
	/// What to tell Fusion.
	pub observation: Observation,
	/// The least confirmations that the block must have before Fusion is told, if that is more than it
	/// asks for anyway.
	pub confirmations: u32,
}

/// What the scanner wants to know next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
	/// The hash of the block at this height of the best chain.
	Hash {
		/// The height.
		height: u32,
	},
	/// The block at this height of the best chain.
	Block {
		/// The height.
		height: u32,
	},
	/// Nothing, until the chain has grown.
	Nothing,
}

/// What became of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
	/// Up to there nothing has changed.
	Same,
	/// The block at that height, and so all on top of it, were replaced.
	Replaced {
		/// Height of the lowest block that is known to be replaced.
		from: u32,
		/// How many blocks were forgotten.
		blocks: u32,
	},
}

/// Why a block was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
	/// It was not asked for.
	#[error("block {height} was not asked for")]
	NotAsked {
		/// Its height.
		height: u32,
	},
	/// It is another block.
	#[error("instead of block {asked} at height {height}, block {got} was given")]
	WrongBlock {
		/// Its height.
		height: u32,
		/// The hash that it should have.
		asked: BlockHash,
		/// The hash that it has.
		got: BlockHash,
	},
	/// Its transactions are not those of its header.
	#[error("the transactions of block {hash} at height {height} are not those of its header")]
	BadMerkleRoot {
		/// Its height.
		height: u32,
		/// Its hash.
		hash: BlockHash,
	},
	/// It does not stand on the block before.
	#[error(
		"block {hash} at height {height} stands on {parent}, but the block before is {expected}"
	)]
	NotConnected {
		/// Its height.
		height: u32,
		/// Its hash.
		hash: BlockHash,
		/// Hash of the block that it stands on.
		parent: BlockHash,
		/// Hash of the block that we know below it.
		expected: BlockHash,
	},
	/// It has too few confirmations by now.
	#[error(
		"block {hash} at height {height} has {got} confirmations by now, but {needed} are needed"
	)]
	TooFewConfirmations {
		/// Its height.
		height: u32,
		/// Its hash.
		hash: BlockHash,
		/// How many it has.
		got: u32,
		/// How many it takes.
		needed: u32,
	},
}

/// A taproot output in a block.
struct Taproot {
	key: [u8; 32],
	amount: Amount,
	/// Number of its transaction in the block.
	transaction: u32,
	vout: u32,
}

/// What is remembered of a block.
struct Digest {
	height: u32,
	/// Its median time past.
	time: u32,
	hash: [u8; 32],
	txids: Vec<[u8; 32]>,
	outputs: Vec<Taproot>,
}

/// Looks for our outputs and transactions.
pub struct Scanner {
	/// Where to start; only used until the height of the tip is known.
	start: Option<u32>,
	/// Height of the block to look at next.
	next: Option<u32>,
	/// Hashes of the last blocks before `next`, oldest first.
	hashes: VecDeque<BlockHash>,
	/// What was in the last blocks before `next`, oldest first.
	recent: VecDeque<Digest>,
	/// After a restart: the first block that still mattered, until the hashes were checked.
	resumed: Option<u32>,
	/// After a restart: where the last run was. Nothing is saved before that is reached again.
	warm_at: u32,
	/// Height of the tip.
	tip: u32,
	/// Confirmations that a block needs to be looked at.
	confirmations: u32,
	/// Whether the hashes were checked in this round.
	checked: bool,
	destinations: HashMap<[u8; 32], DepositIndex>,
	batches: HashMap<[u8; 32], Attempt>,
}

/// An attempt at a batch.
pub type Attempt = (BatchId, AttemptIndex);

/// The output key that a destination of ours pays to. `None` for what is no taproot output: deposit
/// addresses are nothing else.
pub fn output_key(destination: &Destination) -> Option<[u8; 32]> {
	key_of(destination.as_slice())
}

fn key_of(script: &[u8]) -> Option<[u8; 32]> {
	match script {
		[0x51, 0x20, key @ ..] => key.try_into().ok(),
		_ => None,
	}
}

impl Scanner {
	/// A scanner that goes on where the last run was, or else starts at the given height, or else
	/// [`FIRST_WINDOW`] blocks before the tip.
	pub fn new(saved: Option<SavePoint>, start: Option<u32>) -> Self {
		let mut scanner = Self {
			start,
			next: None,
			hashes: VecDeque::new(),
			recent: VecDeque::new(),
			resumed: None,
			warm_at: 0,
			tip: 0,
			confirmations: 1,
			checked: true,
			destinations: HashMap::new(),
			batches: HashMap::new(),
		};
		if let Some(saved) = saved {
			scanner.resumed = Some(saved.from.min(saved.next));
			scanner.warm_at = saved.next;
			scanner.next = Some(saved.next);
			scanner.hashes = saved.hashes.into();
		}
		scanner
	}

	/// Begins a round: the best chain is so high, and blocks with so many confirmations are looked at.
	pub fn begin(&mut self, tip: u32, confirmations: u32) {
		self.tip = tip;
		self.confirmations = confirmations.max(1);
		if self.next.is_none() {
			let first = self.start.unwrap_or_else(|| {
				tip.saturating_sub(self.confirmations).saturating_sub(FIRST_WINDOW)
			});
			self.next = Some(first);
		}
		self.checked = self.hashes.is_empty();
	}

	/// Height of the block to look at next, once known.
	pub fn next(&self) -> Option<u32> {
		self.next
	}

	/// Whether the best chain ends below the last block that was looked at: the node is behind.
	pub fn is_ahead(&self) -> bool {
		self.next.is_some_and(|next| next > self.tip.saturating_add(1))
	}

	/// What to ask for next.
	pub fn request(&self) -> Request {
		let Some(next) = self.next else { return Request::Nothing };
		if !self.checked {
			let height = self.tip.min(next.saturating_sub(1));
			return match self.hash_at(height) {
				Some(_) => Request::Hash { height },
				// The node is so far behind that nothing can be compared.
				None => Request::Nothing,
			};
		}
		if next.saturating_add(self.confirmations.saturating_sub(1)) <= self.tip {
			Request::Block { height: next }
		} else {
			Request::Nothing
		}
	}

	/// Takes a hash that was asked for.
	pub fn hash(&mut self, height: u32, hash: BlockHash) -> Checked {
		if self.checked {
			return Checked::Same;
		}
		if self.hash_at(height) == Some(hash) {
			self.checked = true;
			self.rewind_after_restart();
			return Checked::Same;
		}
		let blocks = self.next.unwrap_or(height).saturating_sub(height);
		self.forget_from(height);
		self.warm_at = self.warm_at.min(height);
		if self.hashes.is_empty() {
			// All that we know was replaced, and so probably was more.
			self.checked = true;
			self.resumed = None;
			self.forget_from(height.saturating_sub(REWIND));
		}
		Checked::Replaced { from: height, blocks }
	}

	/// Looks at a block that was asked for. `asked` is the hash that the best chain has at that height,
	/// and `header` what the node says of it by now.
	pub fn block(
		&mut self,
		height: u32,
		asked: BlockHash,
		header: &HeaderInfo,
		block: &Block,
	) -> Result<Vec<Sighting>, ScanError> {
		if self.request() != (Request::Block { height }) {
			return Err(ScanError::NotAsked { height });
		}
		let hash = block.block_hash();
		if hash != asked {
			return Err(ScanError::WrongBlock { height, asked, got: hash });
		}
		if !block.check_merkle_root() {
			return Err(ScanError::BadMerkleRoot { height, hash });
		}
		if let Some(expected) = self.hashes.back().copied() {
			let parent = block.header.prev_blockhash;
			if parent != expected {
				return Err(ScanError::NotConnected { height, hash, parent, expected });
			}
		}
		if header.confirmations < self.confirmations {
			let (got, needed) = (header.confirmations, self.confirmations);
			return Err(ScanError::TooFewConfirmations { height, hash, got, needed });
		}

		let digest = Digest::of(height, header.median_time, hash, block);
		let sightings = digest.sightings(&self.destinations, &self.batches);
		push_bounded(&mut self.recent, digest, REWIND as usize);
		push_bounded(&mut self.hashes, hash, HASHES);
		self.next = Some(height.saturating_add(1));
		Ok(sightings)
	}

	/// Watches more output keys. Gives what is found of them in the last blocks.
	pub fn watch(
		&mut self,
		keys: impl IntoIterator<Item = ([u8; 32], DepositIndex)>,
	) -> Vec<Sighting> {
		let new: HashMap<_, _> =
			keys.into_iter().filter(|(key, _)| !self.destinations.contains_key(key)).collect();
		let sightings = self.look_back(&new, &HashMap::new());
		self.destinations.extend(new);
		sightings
	}

	/// Watches exactly these attempts at batches, by the ids of their transactions. Gives what is found in the last
	/// blocks of those that are new.
	pub fn watch_batches(
		&mut self,
		batches: impl IntoIterator<Item = ([u8; 32], Attempt)>,
	) -> Vec<Sighting> {
		let batches: HashMap<_, _> = batches.into_iter().collect();
		let new = batches
			.iter()
			.filter(|(txid, attempt)| self.batches.get(*txid) != Some(attempt))
			.map(|(txid, attempt)| (*txid, *attempt))
			.collect();
		let sightings = self.look_back(&HashMap::new(), &new);
		self.batches = batches;
		sightings
	}

	/// What to write to disk, if the first block that still matters is the given one (or the next).
	/// `None` before there is anything to go on from, and after a restart until the last run is reached.
	pub fn save_point(&self, from: Option<u32>) -> Option<SavePoint> {
		let next = self.next.filter(|next| *next >= self.warm_at && !self.hashes.is_empty())?;
		Some(SavePoint {
			from: from.unwrap_or(next).min(next),
			next,
			hashes: self.hashes.iter().copied().collect(),
		})
	}

	fn look_back(
		&self,
		destinations: &HashMap<[u8; 32], DepositIndex>,
		batches: &HashMap<[u8; 32], Attempt>,
	) -> Vec<Sighting> {
		if destinations.is_empty() && batches.is_empty() {
			return Vec::new();
		}
		self.recent.iter().flat_map(|digest| digest.sightings(destinations, batches)).collect()
	}

	fn hash_at(&self, height: u32) -> Option<BlockHash> {
		let back = self.next?.checked_sub(height)?;
		let index = self.hashes.len().checked_sub(usize::try_from(back).ok()?)?;
		self.hashes.get(index).copied()
	}

	/// Forgets the block at that height and all on top of it, and looks there next.
	fn forget_from(&mut self, height: u32) {
		let next = self.next.unwrap_or(height);
		let forgotten = usize::try_from(next.saturating_sub(height)).unwrap_or(usize::MAX);
		self.hashes.truncate(self.hashes.len().saturating_sub(forgotten));
		while self.recent.back().is_some_and(|digest| digest.height >= height) {
			self.recent.pop_back();
		}
		self.next = Some(height);
	}

	/// After a restart nothing is known of what the last blocks held, and what was seen in the first
	/// block that still mattered, or later, may not have reached Fusion.
	fn rewind_after_restart(&mut self) {
		let Some((from, next)) = self.resumed.take().zip(self.next) else { return };
		self.forget_from(from.min(next).saturating_sub(REWIND));
	}
}

impl Digest {
	fn of(height: u32, time: u32, hash: BlockHash, block: &Block) -> Self {
		let txids = block.txdata.iter().map(|t| t.compute_txid().to_byte_array()).collect();
		let mut outputs = Vec::new();
		for (transaction, t) in (0u32..).zip(&block.txdata) {
			for (vout, output) in (0u32..).zip(&t.output) {
				if let Some(key) = key_of(output.script_pubkey.as_bytes()) {
					let amount = output.value.to_sat();
					outputs.push(Taproot { key, amount, transaction, vout });
				}
			}
		}
		Self { height, time, hash: hash.to_byte_array(), txids, outputs }
	}

	fn sightings(
		&self,
		destinations: &HashMap<[u8; 32], DepositIndex>,
		batches: &HashMap<[u8; 32], Attempt>,
	) -> Vec<Sighting> {
		let mut sightings = Vec::new();
		for output in &self.outputs {
			let Some(index) = destinations.get(&output.key) else { continue };
			let number = usize::try_from(output.transaction).unwrap_or(usize::MAX);
			let Some(txid) = self.txids.get(number).copied() else { continue };
			sightings.push(Sighting {
				observation: Observation::Deposit {
					outpoint: OutPoint { txid, vout: output.vout },
					index: *index,
					amount: output.amount,
					height: self.height,
					time: self.time,
					block: self.hash,
				},
				// The first transaction of a block is its reward.
				confirmations: if output.transaction == 0 { COINBASE_MATURITY } else { 0 },
			});
		}
		if !batches.is_empty() {
			for txid in &self.txids {
				let Some((batch, attempt)) = batches.get(txid).copied() else { continue };
				let (txid, height, block) = (*txid, self.height, self.hash);
				let observation = Observation::Settled { batch, attempt, txid, height, block };
				sightings.push(Sighting { observation, confirmations: 0 });
			}
		}
		sightings
	}
}

impl Sighting {
	/// Height of the block in which it was seen; 0 for what is seen in no block.
	pub fn height(&self) -> u32 {
		match &self.observation {
			Observation::Deposit { height, .. } | Observation::Settled { height, .. } => *height,
			Observation::FeeRate { .. } | Observation::Gone { .. } | Observation::Back { .. } => 0,
		}
	}
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
	queue.push_back(item);
	while queue.len() > most {
		queue.pop_front();
	}
}

#[cfg(test)]
mod tests;
