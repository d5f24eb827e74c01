//! Ties engine, sources and store to a chain.

use std::{
	collections::BTreeMap,
	sync::Arc,
	time::{Instant, SystemTime, UNIX_EPOCH},
};

use fusion_data_feed_primitives::{
	api::{Duty, FeedView},
	word::{signing_bytes, Salt},
	Definition, FeedId, FeedWord, FeederId, FeederSignature, SignedWord, Value,
};
use futures::{
	future::BoxFuture,
	stream::{BoxStream, FuturesUnordered},
	FutureExt, StreamExt,
};
use rand::{rngs::OsRng, RngCore};
use sp_core::H256;

use crate::{
	engine::{Effect, Engine},
	sources::Sources,
	store::{Secret, Store},
};

/// Why the chain did not do as it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ChainError(pub String);

/// The chain, as a feeder needs it.
#[async_trait::async_trait]
pub trait Chain: Send + Sync + 'static {
	/// The hash of its first block.
	fn genesis(&self) -> H256;

	/// The keys that this node can feed with: those in its keystore.
	fn keys(&self) -> Vec<FeederId>;

	/// Whether the node is still catching up with the chain.
	fn is_syncing(&self) -> bool;

	/// Tells of each new best block.
	fn blocks(&self) -> BoxStream<'static, ()>;

	/// The best block: its hash and its number.
	fn best(&self) -> (H256, u32);

	/// What a feeder has to do after a block.
	fn duties(&self, at: H256, feeder: &FeederId) -> Result<Vec<Duty>, ChainError>;

	/// A feed, after a block.
	fn feed(&self, at: H256, feed: FeedId) -> Result<Option<FeedView>, ChainError>;

	/// Signs with a key of the keystore.
	fn sign(&self, feeder: &FeederId, bytes: &[u8]) -> Result<FeederSignature, ChainError>;

	/// Hands a word to the transaction pool. That it is there already is no error.
	async fn submit(&self, word: SignedWord) -> Result<(), ChainError>;
}

/// A value that was asked for.
struct Arrived {
	feeder: FeederId,
	feed: FeedId,
	version: u32,
	value: Option<Value>,
}

/// Feeds.
pub struct Worker<C> {
	chain: Arc<C>,
	sources: Arc<Sources>,
	store: Store,
	/// What was on disk at the start.
	secrets: Vec<Secret>,
	engines: BTreeMap<FeederId, Engine>,
	definitions: BTreeMap<FeedId, (u32, Arc<Definition>)>,
	running: FuturesUnordered<BoxFuture<'static, Arrived>>,
}

fn random_salt() -> Salt {
	let mut salt = [0; 32];
	OsRng.fill_bytes(&mut salt);
	salt
}

fn unix_time() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl<C: Chain> Worker<C> {
	/// Feeds this chain from these sources. `secrets` are those that the store had when it was opened.
	pub fn new(chain: Arc<C>, sources: Arc<Sources>, store: Store, secrets: Vec<Secret>) -> Self {
		Self {
			chain,
			sources,
			store,
			secrets,
			engines: BTreeMap::new(),
			definitions: BTreeMap::new(),
			running: FuturesUnordered::new(),
		}
	}

	/// Feeds until the chain has no more blocks.
	pub async fn run(mut self) {
		let mut blocks = self.chain.blocks();
		loop {
			// With none running, the next one of them would be there at once, as none.
			let next = async {
				match self.running.next().await {
					Some(arrived) => arrived,
					None => futures::future::pending().await,
				}
			};
			tokio::select! {
				block = blocks.next() => match block {
					Some(()) => self.on_block().await,
					None => return,
				},
				arrived = next => self.on_value(arrived).await,
			}
		}
	}

	async fn on_block(&mut self) {
		if self.chain.is_syncing() {
			return;
		}
		let (hash, number) = self.chain.best();
		for feeder in self.chain.keys() {
			let duties = match self.chain.duties(hash, &feeder) {
				Ok(duties) => duties,
				Err(error) => {
					log::warn!(target: crate::LOG_TARGET, "what is to be fed is not known: {error}");
					return;
				},
			};
			if duties.is_empty() && !self.engines.contains_key(&feeder) {
				continue;
			}
			let effects = self.engine(feeder).on_block(number, duties, Instant::now());
			self.act(hash, feeder, effects).await;
		}
	}

	fn engine(&mut self, feeder: FeederId) -> &mut Engine {
		let (genesis, secrets) = (self.chain.genesis(), &self.secrets);
		self.engines
			.entry(feeder)
			.or_insert_with(|| Engine::new(genesis, feeder, secrets.clone(), random_salt))
	}

	async fn on_value(&mut self, arrived: Arrived) {
		let Arrived { feeder, feed, version, value } = arrived;
		let Some(engine) = self.engines.get_mut(&feeder) else { return };
		let effects = engine.on_value(feed, version, value, Instant::now());
		let (hash, _) = self.chain.best();
		self.act(hash, feeder, effects).await;
	}

	async fn act(&mut self, at: H256, feeder: FeederId, effects: Vec<Effect>) {
		for effect in effects {
			match effect {
				Effect::Fetch { feed, version } => self.fetch(at, feeder, feed, version),
				Effect::Keep => {
					let kept = self.keep();
					if let Some(engine) = self.engines.get_mut(&feeder) {
						engine.on_kept(kept.is_ok());
					}
					if let Err(error) = kept {
						log::error!(target: crate::LOG_TARGET, "{error}");
						return;
					}
				},
				Effect::Say(word) => say(self.chain.clone(), feeder, word).await,
				Effect::Lost { feed, round } => log::error!(
					target: crate::LOG_TARGET,
					"the chain has a commitment of ours to feed {feed}, round {round}, that this node did not make or has lost: \
					 it cannot be revealed. Does another node use the same key?"
				),
			}
		}
	}

	/// Writes what all engines have committed to, and what was on disk for keys that have no engine.
	fn keep(&self) -> Result<(), crate::store::StoreError> {
		let others =
			self.secrets.iter().filter(|secret| !self.engines.contains_key(&secret.feeder));
		let ours = self.engines.values().flat_map(Engine::secrets);
		let secrets: Vec<Secret> = others.chain(ours).cloned().collect();
		self.store.keep(&secrets)
	}

	fn fetch(&mut self, at: H256, feeder: FeederId, feed: FeedId, version: u32) {
		let definition = self.definition(at, feed, version);
		let sources = self.sources.clone();
		self.running.push(
			async move {
				let value = match definition {
					Some(definition) => {
						let gathered = sources.gather(feed, &definition, unix_time()).await;
						if gathered.value.is_none() {
							let missing = gathered
								.answers
								.iter()
								.filter(|answer| answer.value.is_err())
								.count();
							log::warn!(
								target: crate::LOG_TARGET,
								"the sources of feed {feed} do not agree, {missing} of {} have no value: this node says \
								 nothing (see the log of target `feeds` at level debug)",
								gathered.answers.len(),
							);
						}
						gathered.value
					},
					None => None,
				};
				Arrived { feeder, feed, version, value }
			}
			.boxed(),
		);
	}

	/// What governance says of a feed: read once for each version.
	fn definition(&mut self, at: H256, feed: FeedId, version: u32) -> Option<Arc<Definition>> {
		if let Some((known, definition)) = self.definitions.get(&feed) {
			if *known == version {
				return Some(definition.clone());
			}
		}
		match self.chain.feed(at, feed) {
			Ok(Some(view)) if view.version == version => {
				let definition = Arc::new(view.definition);
				self.definitions.insert(feed, (version, definition.clone()));
				Some(definition)
			},
			Ok(_) => None,
			Err(error) => {
				log::warn!(target: crate::LOG_TARGET, "feed {feed} cannot be read: {error}");
				None
			},
		}
	}
}

/// Signs a word and hands it to the pool.
async fn say<C: Chain>(chain: Arc<C>, feeder: FeederId, word: FeedWord) {
	let (feed, round) = word.subject();
	let bytes = signing_bytes(chain.genesis(), &word);
	let said = match chain.sign(&feeder, &bytes) {
		Ok(signature) => chain.submit(SignedWord { feeder, word, signature }).await,
		Err(error) => Err(error),
	};
	match said {
		Ok(()) => {
			log::debug!(target: crate::LOG_TARGET, "feed {feed}, round {round}: said our word");
		},
		// The chain may have gone on since: if it still waits for the word, it is said again.
		Err(error) => {
			log::debug!(target: crate::LOG_TARGET, "feed {feed}, round {round}: {error}");
		},
	}
}
