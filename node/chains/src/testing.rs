//! A Bitcoin node and a Fusion chain that exist in memory only.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use bitcoin::{
	absolute::LockTime,
	block::{Header, Version},
	consensus::encode::{deserialize, serialize},
	hashes::Hash,
	key::TapTweak,
	secp256k1::{Keypair, Secp256k1, SecretKey},
	transaction::Version as TransactionVersion,
	Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
	TxMerkleNode, TxOut, Txid, Witness,
};
use codec::Encode;
use fusion_asset_mapping_primitives::{
	chain::{Input, Output},
	AttemptIndex, BatchId, BatchState, BatchView, CoinView, DepositIndex, Destination, Observation,
	OutPoint as OurOutPoint, Wanted,
};
use fusion_bitcoin_primitives::{Network, Template};
use parking_lot::Mutex;

use crate::{
	mapping::{ChainError, MappingChain},
	pending::Key,
	rpc::{BitcoinRpc, Broadcast, ChainInfo, HeaderInfo, RpcError, Unspent},
};

/// An output key of ours, made of a number.
pub fn key(number: u8) -> [u8; 32] {
	let secp = Secp256k1::new();
	let secret = SecretKey::from_slice(&[number.max(1); 32]).unwrap();
	Keypair::from_secret_key(&secp, &secret).x_only_public_key().0.serialize()
}

fn script(key: &[u8; 32]) -> ScriptBuf {
	let key = bitcoin::XOnlyPublicKey::from_slice(key).unwrap();
	ScriptBuf::new_p2tr_tweaked(key.dangerous_assume_tweaked())
}

/// The destination of an output key.
pub fn destination(key: &[u8; 32]) -> Destination {
	script(key).to_bytes().try_into().unwrap()
}

/// A transaction that spends that coin to these output keys.
pub fn spend(coin: OurOutPoint, outputs: &[([u8; 32], u64)]) -> Transaction {
	transaction(OutPoint::new(Txid::from_byte_array(coin.txid), coin.vout), 0, outputs)
}

/// A transaction that spends something (different for every `salt`) to these output keys.
pub fn pay(salt: u32, outputs: &[([u8; 32], u64)]) -> Transaction {
	let mut spent = [7; 32];
	spent[..4].copy_from_slice(&salt.to_le_bytes());
	transaction(OutPoint::new(Txid::from_byte_array(spent), 0), salt, outputs)
}

fn transaction(input: OutPoint, salt: u32, outputs: &[([u8; 32], u64)]) -> Transaction {
	Transaction {
		version: TransactionVersion::TWO,
		lock_time: LockTime::from_consensus(salt),
		input: vec![TxIn {
			previous_output: input,
			script_sig: ScriptBuf::new(),
			sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
			witness: Witness::new(),
		}],
		output: outputs
			.iter()
			.map(|(key, amount)| TxOut {
				value: Amount::from_sat(*amount),
				script_pubkey: script(key),
			})
			.collect(),
	}
}

struct Node {
	chain: String,
	is_new: bool,
	blocks: HashMap<BlockHash, (u32, Block)>,
	best: Vec<BlockHash>,
	pool: Vec<Transaction>,
	salt: u32,
	/// Calls that are still answered. `None`: all.
	calls: Option<u32>,
	broadcasts: u32,
	/// Transactions that it does not take.
	refused: BTreeSet<Txid>,
	fee_rate: Option<u64>,
}

/// A Bitcoin node in memory.
pub struct FakeBitcoin(Mutex<Node>);

impl FakeBitcoin {
	/// A chain of one block.
	pub fn new() -> Self {
		let node = Self(Mutex::new(Node {
			chain: "regtest".into(),
			is_new: false,
			blocks: HashMap::new(),
			best: Vec::new(),
			pool: Vec::new(),
			salt: 0,
			calls: None,
			broadcasts: 0,
			refused: BTreeSet::new(),
			fee_rate: None,
		}));
		node.mine();
		node
	}

	/// Height of the tip.
	pub fn tip(&self) -> u32 {
		self.0.lock().best.len() as u32 - 1
	}

	/// Mines a block with what is in the pool.
	pub fn mine(&self) {
		let pool = std::mem::take(&mut self.0.lock().pool);
		self.mine_with(pool);
	}

	/// Mines so many blocks.
	pub fn mine_many(&self, count: u32) {
		(0..count).for_each(|_| self.mine());
	}

	/// Mines a block with these transactions. Gives its height.
	pub fn mine_with(&self, transactions: Vec<Transaction>) -> u32 {
		self.mine_to(&key(250), transactions)
	}

	/// Mines a block with these transactions, whose reward goes to that key. Gives its height.
	pub fn mine_to(&self, miner: &[u8; 32], transactions: Vec<Transaction>) -> u32 {
		let mut node = self.0.lock();
		let parent = node.best.last().copied().unwrap_or_else(BlockHash::all_zeros);
		node.salt += 1;
		let block = block(parent, node.salt, miner, transactions);
		let height = node.best.len() as u32;
		let hash = block.block_hash();
		node.blocks.insert(hash, (height, block));
		node.best.push(hash);
		height
	}

	/// Takes the block at that height, and all on top of it, out of the best chain. Gives their
	/// transactions, without rewards.
	pub fn invalidate(&self, height: u32) -> Vec<Transaction> {
		let mut node = self.0.lock();
		let gone = node.best.split_off(height as usize);
		gone.iter().flat_map(|hash| node.blocks[hash].1.txdata[1..].to_vec()).collect()
	}

	/// Puts another block in the place of the one at that height, as a node would that lies.
	pub fn replace(&self, height: u32, change: impl FnOnce(&mut Block), also_hash: bool) {
		let mut node = self.0.lock();
		let hash = node.best[height as usize];
		let mut block = node.blocks[&hash].1.clone();
		change(&mut block);
		let to = if also_hash { block.block_hash() } else { hash };
		node.blocks.insert(to, (height, block));
		node.best[height as usize] = to;
	}

	/// What the best chain pays to these keys: outpoint, height and block.
	pub fn payments(&self, keys: &BTreeSet<[u8; 32]>) -> Vec<(OurOutPoint, u32, [u8; 32])> {
		let node = self.0.lock();
		let scripts: BTreeSet<ScriptBuf> = keys.iter().map(script).collect();
		let mut found = Vec::new();
		for hash in &node.best {
			let (height, block) = &node.blocks[hash];
			for t in &block.txdata {
				for (vout, output) in t.output.iter().enumerate() {
					if scripts.contains(&output.script_pubkey) {
						let txid = t.compute_txid().to_byte_array();
						let outpoint = OurOutPoint { txid, vout: vout as u32 };
						found.push((outpoint, *height, hash.to_byte_array()));
					}
				}
			}
		}
		found
	}

	/// Hash of the block at that height.
	pub fn hash(&self, height: u32) -> BlockHash {
		self.0.lock().best[height as usize]
	}

	/// Answers so many more calls, and then none. `None`: answers all.
	pub fn answer(&self, calls: Option<u32>) {
		self.0.lock().calls = calls;
	}

	/// Calls itself a node of that network.
	pub fn set_chain(&self, chain: &str) {
		self.0.lock().chain = chain.into();
	}

	/// Says that it is still catching up with its network, or that it is not.
	pub fn set_new(&self, is_new: bool) {
		self.0.lock().is_new = is_new;
	}

	/// Estimates that fee rate.
	pub fn set_fee_rate(&self, rate: Option<u64>) {
		self.0.lock().fee_rate = rate;
	}

	/// How often something was broadcast to it.
	pub fn broadcasts(&self) -> u32 {
		self.0.lock().broadcasts
	}

	/// Does not take that transaction, as if its coins were not there.
	pub fn refuse(&self, txid: Txid) {
		self.0.lock().refused.insert(txid);
	}

	/// Whether that transaction is in its pool.
	pub fn in_pool(&self, txid: Txid) -> bool {
		self.0.lock().pool.iter().any(|t| t.compute_txid() == txid)
	}

	fn called(&self) -> Result<parking_lot::MutexGuard<'_, Node>, RpcError> {
		let mut node = self.0.lock();
		match &mut node.calls {
			None => {},
			Some(0) => {
				return Err(RpcError::Unreachable { url: "fake".into(), reason: "down".into() })
			},
			Some(calls) => *calls -= 1,
		}
		Ok(node)
	}
}

fn block(parent: BlockHash, salt: u32, miner: &[u8; 32], transactions: Vec<Transaction>) -> Block {
	let mut txdata = vec![transaction(OutPoint::null(), salt, &[(*miner, 5_000_000_000)])];
	txdata.extend(transactions);
	let mut block = Block {
		header: Header {
			version: Version::TWO,
			prev_blockhash: parent,
			merkle_root: TxMerkleNode::all_zeros(),
			time: salt,
			bits: CompactTarget::from_consensus(0x207f_ffff),
			nonce: 0,
		},
		txdata,
	};
	block.header.merkle_root = block.compute_merkle_root().unwrap();
	block
}

fn no_such_block(method: &'static str) -> RpcError {
	RpcError::Refused { method, code: -5, message: "Block not found".into() }
}

impl BitcoinRpc for FakeBitcoin {
	fn chain_info(&self) -> Result<ChainInfo, RpcError> {
		let node = self.called()?;
		Ok(ChainInfo {
			chain: node.chain.clone(),
			blocks: node.best.len() as u32 - 1,
			initial_block_download: node.is_new,
		})
	}

	fn block_hash(&self, height: u32) -> Result<Option<BlockHash>, RpcError> {
		Ok(self.called()?.best.get(height as usize).copied())
	}

	fn header(&self, hash: BlockHash) -> Result<HeaderInfo, RpcError> {
		let node = self.called()?;
		let (height, _) = node.blocks.get(&hash).ok_or_else(|| no_such_block("getblockheader"))?;
		let is_best = node.best.get(*height as usize) == Some(&hash);
		let confirmations = if is_best { node.best.len() as u32 - height } else { 0 };
		Ok(HeaderInfo { height: *height, confirmations, median_time: *height })
	}

	fn block(&self, hash: BlockHash) -> Result<Block, RpcError> {
		let node = self.called()?;
		node.blocks.get(&hash).map(|(_, b)| b.clone()).ok_or_else(|| no_such_block("getblock"))
	}

	fn unspent(&self, outpoint: OutPoint, in_pool: bool) -> Result<Option<Unspent>, RpcError> {
		let node = self.called()?;
		let mined = node.best.iter().flat_map(|hash| {
			let (height, block) = &node.blocks[hash];
			let confirmations = node.best.len() as u32 - height;
			block.txdata.iter().map(move |t| (t, confirmations))
		});
		let pool = node.pool.iter().filter(|_| in_pool).map(|t| (t, 0));
		let mut found = None;
		for (t, confirmations) in mined.chain(pool) {
			if t.input.iter().any(|input| input.previous_output == outpoint) {
				return Ok(None);
			}
			let has_it = t.output.len() > outpoint.vout as usize;
			if t.compute_txid() == outpoint.txid && has_it {
				found = Some(Unspent { confirmations });
			}
		}
		Ok(found)
	}

	fn fee_rate(&self, _: u16) -> Result<Option<u64>, RpcError> {
		Ok(self.called()?.fee_rate)
	}

	fn broadcast(&self, bytes: &[u8]) -> Result<Broadcast, RpcError> {
		let mut node = self.called()?;
		node.broadcasts += 1;
		let t: Transaction = deserialize(bytes).unwrap();
		let spends_same = |other: &Transaction| {
			other
				.input
				.iter()
				.any(|i| t.input.iter().any(|j| i.previous_output == j.previous_output))
		};
		let mined = || node.best.iter().flat_map(|hash| &node.blocks[hash].1.txdata);
		if mined().any(|other| *other == t) || node.pool.contains(&t) {
			return Ok(Broadcast::Known);
		}
		if mined().any(spends_same) || node.refused.contains(&t.compute_txid()) {
			let message = "bad-txns-inputs-missingorspent".into();
			return Err(RpcError::Refused { method: "sendrawtransaction", code: -25, message });
		}
		// As if it paid more than what it replaces.
		let replaced: Vec<Txid> =
			node.pool.iter().filter(|o| spends_same(o)).map(Transaction::compute_txid).collect();
		node.pool.retain(|other| !replaced.contains(&other.compute_txid()));
		node.pool.push(t);
		Ok(Broadcast::Sent)
	}
}

/// What a [`FakeFusion`] is made of.
pub struct FusionState {
	pub network: Network,
	pub confirmations: u32,
	pub minimum: u64,
	pub destinations: Vec<(DepositIndex, Destination)>,
	pub batches: Vec<BatchView>,
	/// Coins of its ledger.
	pub coins: Vec<CoinView>,
	/// Coins that are gone.
	pub gone: Vec<CoinView>,
	/// The block that a report of the fee rate has to name, if it wants one.
	pub wants_fee_rate: Option<u32>,
	/// What it has accepted.
	pub heard: Vec<Observation>,
	/// How often something was submitted to it.
	pub submissions: u32,
	/// How many of the next submissions get lost.
	pub lose: u32,
	/// Whether submissions fail with an error.
	pub refuses: bool,
	/// Whether it wants to hear of what it has not heard yet.
	pub wants: Wanted,
	/// Whether it can be asked.
	pub is_up: bool,
	/// Whether what it says is of now.
	pub is_current: bool,
	/// Most destinations on a page.
	pub page: usize,
}

/// A Fusion chain in memory, on which every observation is final at once.
pub struct FakeFusion(pub Mutex<FusionState>);

impl FakeFusion {
	/// Wants everything, at so many confirmations.
	pub fn new(confirmations: u32) -> Self {
		Self(Mutex::new(FusionState {
			network: Network::Regtest,
			confirmations,
			minimum: 0,
			destinations: Vec::new(),
			batches: Vec::new(),
			coins: Vec::new(),
			gone: Vec::new(),
			wants_fee_rate: None,
			heard: Vec::new(),
			submissions: 0,
			lose: 0,
			refuses: false,
			wants: Wanted::Now,
			is_up: true,
			is_current: true,
			page: 1_000,
		}))
	}

	/// Watches a destination from now on. Gives its number.
	pub fn watch(&self, key: &[u8; 32]) -> DepositIndex {
		let mut state = self.0.lock();
		let index = state.destinations.len() as DepositIndex;
		state.destinations.push((index, destination(key)));
		index
	}

	/// Opens a batch whose transaction is signed.
	pub fn sign(&self, id: BatchId, t: &Transaction) {
		self.sign_attempt(id, 0, t);
	}

	/// Signs another attempt at a batch.
	pub fn sign_attempt(&self, id: BatchId, attempt: AttemptIndex, t: &Transaction) {
		self.0.lock().batches.push(BatchView {
			id,
			attempt,
			state: BatchState::Signed,
			txid: t.compute_txid().to_byte_array(),
			sighashes: Vec::new(),
			template: template(t).encode(),
			transaction: Some(serialize(t)),
		});
	}

	/// What it has accepted.
	pub fn heard(&self) -> Vec<Observation> {
		self.0.lock().heard.clone()
	}

	/// How often something was submitted to it.
	pub fn submissions(&self) -> u32 {
		self.0.lock().submissions
	}

	fn asked(&self) -> Result<parking_lot::MutexGuard<'_, FusionState>, ChainError> {
		let state = self.0.lock();
		if state.is_up {
			Ok(state)
		} else {
			Err(ChainError("Fusion is down".into()))
		}
	}
}

#[async_trait]
impl MappingChain for FakeFusion {
	async fn network(&self) -> Result<Network, ChainError> {
		Ok(self.asked()?.network)
	}

	async fn is_current(&self) -> Result<bool, ChainError> {
		Ok(self.asked()?.is_current)
	}

	async fn confirmations(&self) -> Result<u32, ChainError> {
		Ok(self.asked()?.confirmations)
	}

	async fn minimum_deposit(&self) -> Result<u64, ChainError> {
		Ok(self.asked()?.minimum)
	}

	async fn watched(
		&self,
		from: DepositIndex,
		limit: u32,
	) -> Result<Vec<(DepositIndex, Destination)>, ChainError> {
		let state = self.asked()?;
		let most = state.page.min(limit as usize);
		let page = state.destinations.iter().filter(|(index, _)| *index >= from).take(most);
		Ok(page.cloned().collect())
	}

	async fn open_batches(&self) -> Result<Vec<BatchView>, ChainError> {
		Ok(self.asked()?.batches.clone())
	}

	async fn coins(
		&self,
		after: Option<OurOutPoint>,
		limit: u32,
	) -> Result<Vec<CoinView>, ChainError> {
		Ok(list(&self.asked()?.coins, after, limit))
	}

	async fn gone_coins(
		&self,
		after: Option<OurOutPoint>,
		limit: u32,
	) -> Result<Vec<CoinView>, ChainError> {
		Ok(list(&self.asked()?.gone, after, limit))
	}

	async fn wants(&self, observation: &Observation) -> Result<Wanted, ChainError> {
		let state = self.asked()?;
		let key = Key::of(observation);
		let is_heard = state.heard.iter().any(|o| Key::of(o) == key);
		Ok(if is_heard { Wanted::Never } else { state.wants })
	}

	async fn wants_fee_rate(&self) -> Result<Option<u32>, ChainError> {
		Ok(self.asked()?.wants_fee_rate)
	}

	async fn submit(&self, observation: Observation) -> Result<(), ChainError> {
		let mut state = self.asked()?;
		state.submissions += 1;
		if state.refuses {
			return Err(ChainError("the pool is full".into()));
		}
		if state.lose > 0 {
			state.lose -= 1;
			return Ok(());
		}
		let key = Key::of(&observation);
		assert!(!state.heard.iter().any(|o| Key::of(o) == key), "heard twice: {observation:?}");
		match &observation {
			Observation::Settled { batch, .. } => {
				state.batches.retain(|open| open.id != *batch);
			},
			Observation::Gone { outpoint, .. } => move_coin(&mut state, outpoint, true),
			Observation::Back { outpoint, .. } => move_coin(&mut state, outpoint, false),
			Observation::FeeRate { .. } => state.wants_fee_rate = None,
			Observation::Deposit { .. } => {},
		}
		state.heard.push(observation);
		Ok(())
	}
}

/// What Fusion has of a transaction.
fn template(t: &Transaction) -> Template {
	let outputs: Vec<_> = t
		.output
		.iter()
		.map(|output| Output {
			amount: output.value.to_sat(),
			destination: output.script_pubkey.to_bytes().try_into().unwrap(),
		})
		.collect();
	// Nothing depends on what comes in, but it has to be enough.
	let amount = outputs.iter().map(|output| output.amount).sum();
	let inputs: Vec<_> = t
		.input
		.iter()
		.map(|input| {
			let OutPoint { txid, vout } = input.previous_output;
			let outpoint = OurOutPoint { txid: txid.to_byte_array(), vout };
			Input { outpoint, amount, output_key: [0; 32] }
		})
		.collect();
	Template::new(&inputs, &outputs).unwrap()
}

fn list(coins: &[CoinView], after: Option<OurOutPoint>, limit: u32) -> Vec<CoinView> {
	let mut coins = coins.to_vec();
	coins.sort_unstable_by_key(|coin| coin.outpoint);
	let rest = coins.into_iter().filter(|coin| after.is_none_or(|after| coin.outpoint > after));
	rest.take(limit as usize).collect()
}

/// A coin leaves the ledger, or comes back to it.
fn move_coin(state: &mut FusionState, outpoint: &OurOutPoint, is_gone: bool) {
	let FusionState { coins, gone, .. } = state;
	let (from, to) = if is_gone { (coins, gone) } else { (gone, coins) };
	let position = from.iter().position(|coin| coin.outpoint == *outpoint).expect("it was there");
	to.push(from.remove(position));
}
