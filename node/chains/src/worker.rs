//! Drives the connector, for ever.

use std::{
	collections::BTreeMap,
	path::PathBuf,
	sync::Arc,
	time::{Duration, Instant},
};

use bitcoin::{consensus::encode::deserialize, hashes::Hash, Transaction};
use fusion_asset_mapping_primitives::{
	Amount, AttemptIndex, BatchId, BatchState, BatchView, DepositIndex, Observation, Wanted,
};
use fusion_bitcoin_primitives::Network;
use log::{debug, error, info, warn};
use parking_lot::Mutex;

use crate::{
	advance::{advance, Event, Progress},
	audit::Audit,
	cursor::{CursorError, CursorFile, SavePoint},
	mapping::{ChainError, MappingChain},
	pending::Pending,
	rpc::{BitcoinRpc, Broadcast, ChainInfo, RpcError},
	scanner::{output_key, Scanner, Sighting},
	LOG_TARGET,
};

/// Deposit destinations that are asked for at once.
const PAGE: u32 = 1_000;
/// Most blocks looked at before Fusion is asked and told again.
const BLOCKS_PER_ROUND: u32 = 200;
/// Most observations submitted in a round.
const SUBMISSIONS_PER_ROUND: usize = 200;
/// Within how many blocks a transaction should be confirmed, for the fee rate that is reported.
const FEE_TARGET: u16 = 3;
/// What Bitcoin Core says of a transaction that spends what is spent.
const SPENT: &str = "missingorspent";
/// How often a trouble that lasts is said again in the log.
const SAY_AGAIN: Duration = Duration::from_secs(5 * 60);

/// Settings of a [`Worker`].
#[derive(Clone, Debug)]
pub struct Config {
	/// The network that the Bitcoin node must be on, and that Fusion must map coins of.
	pub network: Network,
	/// Time between two looks at both chains.
	pub poll: Duration,
	/// After that time an observation is submitted again if Fusion still wants it.
	pub submit_again: Duration,
	/// After that time a batch is broadcast again if it is still open.
	pub broadcast_again: Duration,
	/// The first block to look at, if there is no cursor yet. By default
	/// [`FIRST_WINDOW`](crate::scanner::FIRST_WINDOW) blocks before the tip.
	pub start: Option<u32>,
	/// Path of the file that the cursor is kept in.
	pub cursor: PathBuf,
}

impl Config {
	/// The default settings for a network, with the cursor at that path.
	pub fn new(network: Network, cursor: impl Into<PathBuf>) -> Self {
		// Blocks are ten minutes apart, but for the network where they are made at will.
		let seconds = if network == Network::Regtest { 1 } else { 10 };
		Self {
			network,
			poll: Duration::from_secs(seconds),
			submit_again: Duration::from_secs(seconds.saturating_mul(6)),
			broadcast_again: Duration::from_secs(seconds.saturating_mul(6)),
			start: None,
			cursor: cursor.into(),
		}
	}
}

/// A trouble that may last, so that not every round writes it into the log.
#[derive(Default)]
struct Trouble {
	said: Option<(String, Instant)>,
}

impl Trouble {
	/// Whether to say now that there is this trouble. Another one is always said.
	fn comes(&mut self, what: &str, now: Instant) -> bool {
		let new = match &self.said {
			Some((said, at)) => said != what || now.saturating_duration_since(*at) >= SAY_AGAIN,
			None => true,
		};
		if new {
			self.said = Some((what.to_owned(), now));
		}
		new
	}

	/// Whether there was any.
	fn goes(&mut self) -> bool {
		self.said.take().is_some()
	}
}

/// What is known of a broadcast.
#[derive(Default)]
struct Sent {
	again: Option<Instant>,
	/// Whether the log says already that it was broadcast.
	told: bool,
	trouble: Trouble,
}

/// What Fusion said at the beginning of a round.
struct Wishes {
	network: Network,
	confirmations: u32,
	minimum: Amount,
	batches: Vec<BatchView>,
}

/// Watches Bitcoin for Fusion, and broadcasts what Fusion has signed.
pub struct Worker<C, R> {
	pub(crate) fusion: Arc<C>,
	bitcoin: Arc<R>,
	pub(crate) config: Config,
	file: CursorFile,
	saved: Option<SavePoint>,
	pub(crate) scanner: Arc<Mutex<Scanner>>,
	pending: Pending,
	next_index: DepositIndex,
	sent: BTreeMap<(BatchId, AttemptIndex), Sent>,
	pub(crate) audit: Audit,
	/// When Fusion is asked next whether it wants a report of the fee rate.
	fee_again: Option<Instant>,
	/// Height of Bitcoin's tip when it was last known.
	tip: Option<u32>,
	fusion_trouble: Trouble,
	bitcoin_trouble: Trouble,
	scan_trouble: Trouble,
	fee_trouble: Trouble,
	file_trouble: Trouble,
}

impl<C: MappingChain, R: BitcoinRpc> Worker<C, R> {
	/// A worker between Fusion and a Bitcoin node. Reads the cursor, but asks neither of the two yet.
	///
	/// A damaged cursor is said in the log and not used: what it saves is only time. One of another
	/// network, or one that may not be read, is an error: something is set wrongly.
	pub fn new(fusion: Arc<C>, bitcoin: Arc<R>, config: Config) -> Result<Self, CursorError> {
		let file = CursorFile::new(&config.cursor, config.network);
		let saved = match file.load() {
			Ok(saved) => saved,
			Err(error @ CursorError::Damaged { .. }) => {
				error!(target: LOG_TARGET, "Starting anew, since {error}");
				None
			},
			Err(error) => return Err(error),
		};
		let scanner = Scanner::new(saved.clone(), config.start);
		Ok(Self {
			fusion,
			bitcoin,
			file,
			saved,
			scanner: Arc::new(Mutex::new(scanner)),
			pending: Pending::new(config.submit_again),
			config,
			next_index: 0,
			sent: BTreeMap::new(),
			audit: Audit::default(),
			fee_again: None,
			tip: None,
			fusion_trouble: Trouble::default(),
			bitcoin_trouble: Trouble::default(),
			scan_trouble: Trouble::default(),
			fee_trouble: Trouble::default(),
			file_trouble: Trouble::default(),
		})
	}

	/// Works for ever. It may be dropped at any point, and started again.
	pub async fn run(mut self) {
		loop {
			if self.round(Instant::now()).await == Progress::Done {
				tokio::time::sleep(self.config.poll).await;
			}
		}
	}

	/// Looks at both chains once, and does what there is to do. Trouble is written into the log, and
	/// the next round tries again.
	pub async fn round(&mut self, now: Instant) -> Progress {
		let wishes = match self.ask_fusion().await {
			Ok(Some(wishes)) => wishes,
			Ok(None) => {
				if self.fusion_trouble.comes("old", now) {
					info!(
						target: LOG_TARGET,
						"This node's finalized state of Fusion is old. Until it has caught up, it witnesses and \
						 broadcasts nothing",
					);
				}
				return Progress::Done;
			},
			Err(error) => {
				if self.fusion_trouble.comes(&error.0, now) {
					warn!(target: LOG_TARGET, "Fusion cannot be asked (trying again): {error}");
				}
				return Progress::Done;
			},
		};
		if wishes.network != self.config.network {
			let trouble = format!(
				"Fusion maps coins of Bitcoin's network {:?}, but this node is set to {:?}",
				wishes.network, self.config.network
			);
			if self.fusion_trouble.comes(&trouble, now) {
				error!(
					target: LOG_TARGET,
					"{trouble}. Until that is put right, this node witnesses and broadcasts nothing",
				);
			}
			return Progress::Done;
		}
		self.fusion_trouble.goes();

		let mut progress = Progress::Done;
		if let Some(info) = self.ask_bitcoin(now).await {
			self.tip = Some(info.blocks);
			self.broadcast(&wishes.batches, now).await;
			progress = self.scan(&info, &wishes, now).await;
			if progress == Progress::Done {
				self.audit(&info, wishes.confirmations, now).await;
			}
			self.report_fee_rate(now).await;
		}
		if let Some(tip) = self.tip {
			self.submit(tip, wishes.confirmations, now).await;
		}
		self.save(now).await;
		progress
	}

	/// Reads what Fusion wants. Destinations and batches that are new are looked for in the last blocks
	/// at once. `None` if what can be read is not of now.
	async fn ask_fusion(&mut self) -> Result<Option<Wishes>, ChainError> {
		if !self.fusion.is_current().await? {
			return Ok(None);
		}
		let network = self.fusion.network().await?;
		let confirmations = self.fusion.confirmations().await?;
		let minimum = self.fusion.minimum_deposit().await?;
		loop {
			let from = self.next_index;
			let page = self.fusion.watched(from, PAGE).await?;
			let Some((last, _)) = page.last() else { break };
			if page.iter().any(|(index, _)| *index < from || index > last) {
				return Err(ChainError(format!(
					"destinations from number {from} on are not in order: {:?}",
					page.iter().map(|(index, _)| index).collect::<Vec<_>>()
				)));
			}
			let next = last.saturating_add(1);
			let keys =
				page.iter().filter_map(|(index, destination)| match output_key(destination) {
					Some(key) => Some((key, *index)),
					None => {
						error!(
							target: LOG_TARGET,
							"Deposit destination {index} is no taproot output and is not watched: {:?}",
							hex::encode(destination),
						);
						None
					},
				});
			let seen = self.scanner.lock().watch(keys);
			self.add(seen, minimum);
			self.next_index = next;
		}
		let batches = self.fusion.open_batches().await?;
		let seen = self
			.scanner
			.lock()
			.watch_batches(batches.iter().map(|batch| (batch.txid, (batch.id, batch.attempt))));
		self.add(seen, minimum);
		Ok(Some(Wishes { network, confirmations, minimum, batches }))
	}

	/// Asks the Bitcoin node where it stands. `None` if it is not there, or on another network.
	async fn ask_bitcoin(&mut self, now: Instant) -> Option<ChainInfo> {
		let trouble = match self.call(|bitcoin| bitcoin.chain_info()).await {
			Ok(info) if is_on(&info.chain, self.config.network) => {
				if self.bitcoin_trouble.goes() {
					info!(target: LOG_TARGET, "Bitcoin Core is back, at block {}", info.blocks);
				}
				return Some(info);
			},
			Ok(info) => format!(
				"Bitcoin Core is on network `{}`, but this node is set to {:?}",
				info.chain, self.config.network
			),
			Err(error) => error.to_string(),
		};
		if self.bitcoin_trouble.comes(&trouble, now) {
			error!(
				target: LOG_TARGET,
				"{trouble}. Until that is put right, this node witnesses and broadcasts nothing",
			);
		}
		None
	}

	/// Broadcasts what is signed in full: of each batch the last attempt, which pays most.
	async fn broadcast(&mut self, batches: &[BatchView], now: Instant) {
		self.sent.retain(|key, _| batches.iter().any(|batch| (batch.id, batch.attempt) == *key));
		let is_signed = |batch: &&BatchView| batch.state == BatchState::Signed;
		for batch in batches.iter().filter(is_signed) {
			let is_later =
				|other: &BatchView| other.id == batch.id && other.attempt > batch.attempt;
			let is_replaced = batches.iter().filter(is_signed).any(is_later);
			// Once it has enough confirmations, Bitcoin has it.
			if is_replaced || self.pending.has_batch(batch.id) {
				continue;
			}
			let Some(transaction) = &batch.transaction else { continue };
			let key = (batch.id, batch.attempt);
			let sent = self.sent.entry(key).or_default();
			if sent.again.is_some_and(|again| again > now) {
				continue;
			}
			sent.again = now.checked_add(self.config.broadcast_again);
			let outcome = self.send(batch, transaction.clone()).await;
			let sent = self.sent.entry(key).or_default();
			match outcome {
				Ok(outcome) => {
					sent.trouble.goes();
					if outcome == Broadcast::Sent && !sent.told {
						sent.told = true;
						info!(
							target: LOG_TARGET,
							"Batch {}, attempt {}, is broadcast: {}",
							batch.id,
							batch.attempt,
							show(batch),
						);
					} else {
						debug!(target: LOG_TARGET, "Batch {} is with Bitcoin Core", batch.id);
					}
				},
				// Another attempt is in a block, and will be settled or replaced by a reorg.
				Err(trouble) if batch.attempt > 0 && trouble.contains(SPENT) => {
					debug!(target: LOG_TARGET, "Another attempt at batch {} is in a block", batch.id);
				},
				Err(trouble) => {
					sent.again = None;
					if sent.trouble.comes(&trouble, now) {
						warn!(
							target: LOG_TARGET,
							"Batch {}, attempt {} ({}), cannot be broadcast (trying again): {trouble}",
							batch.id,
							batch.attempt,
							show(batch),
						);
					}
				},
			}
		}
	}

	async fn send(&self, batch: &BatchView, transaction: Vec<u8>) -> Result<Broadcast, String> {
		let decoded: Transaction = deserialize(&transaction)
			.map_err(|error| format!("Fusion's transaction cannot be decoded: {error}"))?;
		let txid = decoded.compute_txid();
		if txid.to_byte_array() != batch.txid {
			return Err(format!("Fusion's transaction has another id: {txid}"));
		}
		self.call(move |bitcoin| bitcoin.broadcast(&transaction))
			.await
			.map_err(|error| error.to_string())
	}

	/// Looks at the blocks that have enough confirmations by now.
	async fn scan(&mut self, info: &ChainInfo, wishes: &Wishes, now: Instant) -> Progress {
		if self.is_too_early(info) {
			if self.scan_trouble.comes("new", now) {
				warn!(
					target: LOG_TARGET,
					"Bitcoin Core is new and is catching up: waiting to know where its chain ends",
				);
			}
			return Progress::Done;
		}
		let (scanner, bitcoin) = (self.scanner.clone(), self.bitcoin.clone());
		let (tip, confirmations) = (info.blocks, wishes.confirmations);
		let task = tokio::task::spawn_blocking(move || {
			let mut events = Vec::new();
			let mut scanner = scanner.lock();
			let outcome =
				advance(&mut scanner, &*bitcoin, tip, confirmations, BLOCKS_PER_ROUND, &mut events);
			(events, outcome, scanner.next(), scanner.is_ahead())
		});
		let (events, outcome, next, is_ahead) = match task.await {
			Ok(done) => done,
			Err(error) => {
				if self.scan_trouble.comes(&error.to_string(), now) {
					error!(target: LOG_TARGET, "Looking at blocks was interrupted: {error}");
				}
				return Progress::Done;
			},
		};
		self.take(events, wishes);
		self.pending.tidy(next.unwrap_or_default());

		let next = next.unwrap_or_default();
		match outcome {
			Err(error) => {
				let error = error.to_string();
				if self.scan_trouble.comes(&error, now) {
					warn!(target: LOG_TARGET, "Cannot go on from block {next} (trying again): {error}");
				}
				Progress::Done
			},
			Ok(_) if is_ahead => {
				if self.scan_trouble.comes("behind", now) {
					warn!(
						target: LOG_TARGET,
						"Bitcoin Core is at block {tip}, but this node has looked at blocks up to {}: \
						 waiting until it has caught up. (If that network was made anew, remove {})",
						next.saturating_sub(1),
						self.file.path().display(),
					);
				}
				Progress::Done
			},
			Ok(progress) => {
				if self.scan_trouble.goes() {
					info!(target: LOG_TARGET, "Looking at blocks again, up to {}", next.saturating_sub(1));
				}
				progress
			},
		}
	}

	/// Whether the first block to look at depends on where Bitcoin ends, and the node does not know yet.
	/// A private network never ends elsewhere than where the node is.
	fn is_too_early(&self, info: &ChainInfo) -> bool {
		info.initial_block_download
			&& self.config.network != Network::Regtest
			&& self.config.start.is_none()
			&& self.scanner.lock().next().is_none()
	}

	/// Takes what the scanner found.
	fn take(&mut self, events: Vec<Event>, wishes: &Wishes) {
		let mut replaced = 0u32;
		let mut dropped = 0usize;
		for event in events {
			match event {
				Event::Replaced { from, blocks } => {
					replaced = replaced.saturating_add(blocks);
					dropped = dropped.saturating_add(self.pending.drop_from(from));
				},
				Event::Seen(sighting) => self.add([sighting], wishes.minimum),
			}
		}
		if replaced > 0 {
			self.audit.after_reorg(self.tip.unwrap_or_default(), wishes.confirmations);
			error!(
				target: LOG_TARGET,
				"Bitcoin has reorganized {replaced} blocks that had {} confirmations. What Fusion has \
				 accepted of them may be void. Dropped {dropped} observations that it had not accepted",
				wishes.confirmations,
			);
		}
	}

	/// Adds what was seen, but for deposits that are too small.
	fn add(&mut self, sightings: impl IntoIterator<Item = Sighting>, minimum: Amount) {
		for sighting in sightings {
			match &sighting.observation {
				Observation::Deposit { amount, index, .. } if *amount < minimum => {
					debug!(
						target: LOG_TARGET,
						"{amount} sat to deposit address {index} are below the minimum of {minimum}",
					);
					continue;
				},
				Observation::Deposit { amount, index, height, .. } => info!(
					target: LOG_TARGET,
					"Seen: {amount} sat to deposit address {index}, in block {height}",
				),
				Observation::Settled { batch, attempt, height, .. } => {
					info!(
						target: LOG_TARGET,
						"Seen: batch {batch}, by attempt {attempt}, in block {height}",
					);
				},
				Observation::FeeRate { .. }
				| Observation::Gone { .. }
				| Observation::Back { .. } => {},
			}
			self.pending.add(sighting);
		}
	}

	/// Tells Fusion what it wants to hear.
	async fn submit(&mut self, tip: u32, confirmations: u32, now: Instant) {
		for (key, observation) in self.pending.due(now, tip, confirmations, SUBMISSIONS_PER_ROUND) {
			match self.tell(observation).await {
				Ok(wanted) => self.pending.asked(&key, wanted, now),
				Err(error) => {
					// It is still wanted for all that we know, and its time will come again.
					self.pending.asked(&key, Wanted::Later, now);
					warn!(target: LOG_TARGET, "{key:?} was not submitted (trying again): {error}");
					// The others have their turn in the next round.
					return;
				},
			}
		}
	}

	/// Whether an attempt at the batch was seen in a block, and Fusion has not heard of it yet.
	pub(crate) fn has_seen(&self, batch: BatchId) -> bool {
		self.pending.has_batch(batch)
	}

	/// Tells Fusion something if it waits for it. Gives whether it does.
	pub(crate) async fn tell(&self, observation: Observation) -> Result<Wanted, ChainError> {
		let wanted = self.fusion.wants(&observation).await?;
		if wanted == Wanted::Now {
			self.fusion.submit(observation).await?;
		}
		Ok(wanted)
	}

	/// Reports the fee rate if Fusion wants to hear it.
	async fn report_fee_rate(&mut self, now: Instant) {
		if self.fee_again.is_some_and(|again| again > now) {
			return;
		}
		self.fee_again = now.checked_add(self.config.submit_again);
		match self.try_report_fee_rate().await {
			Ok(()) => {
				self.fee_trouble.goes();
			},
			Err(trouble) => {
				if self.fee_trouble.comes(&trouble, now) {
					warn!(target: LOG_TARGET, "No fee rate is reported (trying again): {trouble}");
				}
			},
		}
	}

	async fn try_report_fee_rate(&self) -> Result<(), String> {
		let wanted = self.fusion.wants_fee_rate().await.map_err(|error| error.to_string())?;
		let Some(at) = wanted else { return Ok(()) };
		let rate = self
			.call(|bitcoin| bitcoin.fee_rate(FEE_TARGET))
			.await
			.map_err(|error| error.to_string())?;
		let Some(rate) = rate else {
			debug!(target: LOG_TARGET, "Bitcoin Core has seen too little to estimate fees");
			return Ok(());
		};
		debug!(target: LOG_TARGET, "Reporting a fee rate of {rate} sat/vB");
		let report = Observation::FeeRate { rate, at };
		self.fusion.submit(report).await.map_err(|error| error.to_string())
	}

	/// Writes the cursor if it has moved.
	async fn save(&mut self, now: Instant) {
		let point = self.scanner.lock().save_point(self.pending.first_wanted());
		let Some(point) = point.filter(|point| self.saved.as_ref() != Some(point)) else { return };
		let (file, to_save) = (self.file.clone(), point.clone());
		let outcome = match tokio::task::spawn_blocking(move || file.save(&to_save)).await {
			Ok(outcome) => outcome.map_err(|error| error.to_string()),
			Err(error) => Err(error.to_string()),
		};
		match outcome {
			Ok(()) => {
				self.file_trouble.goes();
				self.saved = Some(point);
			},
			Err(error) => {
				if self.file_trouble.comes(&error, now) {
					error!(target: LOG_TARGET, "The cursor cannot be written: {error}");
				}
			},
		}
	}

	/// Calls the Bitcoin node where blocking does no harm.
	pub(crate) async fn call<T: Send + 'static>(
		&self,
		call: impl FnOnce(&R) -> Result<T, RpcError> + Send + 'static,
	) -> Result<T, RpcError> {
		let bitcoin = self.bitcoin.clone();
		tokio::task::spawn_blocking(move || call(&bitcoin)).await.unwrap_or_else(|error| {
			Err(RpcError::Unexpected { method: "any", reason: error.to_string() })
		})
	}
}

/// Whether Bitcoin Core's name for a network stands for that network.
fn is_on(chain: &str, network: Network) -> bool {
	match network {
		Network::Main => chain == "main",
		Network::Test => chain == "test" || chain == "testnet4",
		Network::Signet => chain == "signet",
		Network::Regtest => chain == "regtest",
	}
}

/// A batch's id as explorers show it.
fn show(batch: &BatchView) -> bitcoin::Txid {
	bitcoin::Txid::from_byte_array(batch.txid)
}

#[cfg(test)]
mod tests;
