//! A feeder on a chain that is as simple as can be, with servers that are real.

use std::{sync::Arc, time::Duration};

use fusion_data_feed_primitives::{
	api::{Action, Duty, FeedView},
	commitment, FeedId, FeedWord, FeederId, FeederSignature, SignedWord, Value,
};
use futures::{channel::mpsc, stream::BoxStream, StreamExt};
use sp_core::{sr25519, Pair, H256};
use std::sync::Mutex;

use super::{definition, rules, server::*};
use crate::{
	config::Config,
	sources::Sources,
	store::Store,
	worker::{Chain, ChainError, Worker},
};

const GENESIS: H256 = H256::repeat_byte(7);

/// A chain with one feed, whose round 1 is open.
struct OneRound {
	sources: Vec<String>,
	state: Mutex<State>,
}

#[derive(Default)]
struct State {
	block: u32,
	commitment: Option<H256>,
	revealed: Option<Value>,
	blocks: Vec<mpsc::UnboundedSender<()>>,
	syncing: bool,
}

fn pair() -> sr25519::Pair {
	sr25519::Pair::from_seed(&[1; 32])
}

impl OneRound {
	fn new(sources: Vec<String>) -> Arc<Self> {
		Arc::new(Self { sources, state: Mutex::default() })
	}

	fn next_block(&self) {
		let mut state = self.state.lock().unwrap();
		state.block += 1;
		state.blocks.retain(|sender| sender.unbounded_send(()).is_ok());
	}

	/// Blocks pass until it is so.
	async fn until(&self, done: impl Fn(&State) -> bool) -> bool {
		for _ in 0..100 {
			self.next_block();
			tokio::time::sleep(Duration::from_millis(100)).await;
			if done(&self.state.lock().unwrap()) {
				return true;
			}
		}
		false
	}
}

#[async_trait::async_trait]
impl Chain for OneRound {
	fn genesis(&self) -> H256 {
		GENESIS
	}

	fn keys(&self) -> Vec<FeederId> {
		vec![pair().public()]
	}

	fn is_syncing(&self) -> bool {
		self.state.lock().unwrap().syncing
	}

	fn blocks(&self) -> BoxStream<'static, ()> {
		let (sender, receiver) = mpsc::unbounded();
		self.state.lock().unwrap().blocks.push(sender);
		receiver.boxed()
	}

	fn best(&self) -> (H256, u32) {
		(GENESIS, self.state.lock().unwrap().block)
	}

	fn duties(&self, _: H256, feeder: &FeederId) -> Result<Vec<Duty>, ChainError> {
		assert_eq!(*feeder, pair().public());
		let state = self.state.lock().unwrap();
		let action = match (state.commitment, &state.revealed) {
			(None, _) => Action::Commit,
			(Some(commitment), None) => Action::Reveal { commitment, from: 0, before: u32::MAX },
			(Some(_), Some(_)) => Action::Done,
		};
		Ok(vec![Duty { feed: 0, version: 3, rules: rules(), round: 1, last: None, action }])
	}

	fn feed(&self, _: H256, id: FeedId) -> Result<Option<FeedView>, ChainError> {
		let definition = definition(&self.sources);
		Ok(Some(FeedView { id, definition, version: 3, paused: false }))
	}

	fn sign(&self, _: &FeederId, bytes: &[u8]) -> Result<FeederSignature, ChainError> {
		Ok(pair().sign(bytes))
	}

	async fn submit(&self, signed: SignedWord) -> Result<(), ChainError> {
		assert!(signed.verify(GENESIS), "the chain checks it");
		let mut state = self.state.lock().unwrap();
		match signed.word {
			FeedWord::Commit { commitment, .. } => state.commitment = Some(commitment),
			FeedWord::Reveal { feed, round, value, salt } => {
				let made = commitment(GENESIS, feed, round, &signed.feeder, &value, &salt);
				assert_eq!(Some(made), state.commitment);
				state.revealed = Some(value);
			},
		}
		Ok(())
	}
}

fn start(chain: &Arc<OneRound>, folder: &std::path::Path) -> tokio::task::JoinHandle<()> {
	let sources = Arc::new(Sources::new(Arc::new(fetcher()), &Config::default()));
	let (store, secrets) = Store::open(folder, GENESIS).unwrap();
	tokio::spawn(Worker::new(chain.clone(), sources, store, secrets).run())
}

async fn three_sources() -> Vec<String> {
	let mut urls = Vec::new();
	for behaviour in [price("100"), price("99999"), price("100.5")] {
		urls.push(serve(behaviour).await.url("/"));
	}
	urls
}

#[tokio::test]
async fn feeder_should_bring_a_value_onto_the_chain() {
	let folder = tempfile::tempdir().unwrap();
	let chain = OneRound::new(three_sources().await);
	let worker = start(&chain, folder.path());
	tokio::time::sleep(Duration::from_millis(100)).await;
	assert!(chain.until(|state| state.revealed.is_some()).await);
	assert_eq!(chain.state.lock().unwrap().revealed, Some(Value::Number(10_050)));
	worker.abort();
}

#[tokio::test]
async fn feeder_should_reveal_when_it_was_killed_after_it_had_committed() {
	let folder = tempfile::tempdir().unwrap();
	let chain = OneRound::new(three_sources().await);
	let worker = start(&chain, folder.path());
	tokio::time::sleep(Duration::from_millis(100)).await;
	assert!(chain.until(|state| state.commitment.is_some()).await);
	worker.abort();
	let _ = worker.await;
	chain.state.lock().unwrap().revealed = None;
	let worker = start(&chain, folder.path());
	tokio::time::sleep(Duration::from_millis(100)).await;
	assert!(chain.until(|state| state.revealed.is_some()).await);
	worker.abort();
}

#[tokio::test]
async fn feeder_should_say_nothing_when_it_cannot_keep_what_it_commits_to_or_is_syncing() {
	let folder = tempfile::tempdir().unwrap();
	let chain = OneRound::new(three_sources().await);
	chain.state.lock().unwrap().syncing = true;
	let worker = start(&chain, folder.path());
	tokio::time::sleep(Duration::from_millis(100)).await;
	for _ in 0..5 {
		chain.next_block();
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	assert_eq!(chain.state.lock().unwrap().commitment, None);
	// The disk is full.
	std::fs::create_dir(folder.path().join("commitments.new")).unwrap();
	chain.state.lock().unwrap().syncing = false;
	for _ in 0..10 {
		chain.next_block();
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	assert_eq!(chain.state.lock().unwrap().commitment, None);
	worker.abort();
}

#[tokio::test]
async fn feeder_should_say_nothing_when_sources_do_not_agree() {
	let folder = tempfile::tempdir().unwrap();
	let mut urls = Vec::new();
	for behaviour in [price("100"), price("200"), Behaviour::HangUp] {
		urls.push(serve(behaviour).await.url("/"));
	}
	let chain = OneRound::new(urls);
	let worker = start(&chain, folder.path());
	tokio::time::sleep(Duration::from_millis(100)).await;
	for _ in 0..10 {
		chain.next_block();
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	assert_eq!(chain.state.lock().unwrap().commitment, None);
	worker.abort();
}

#[tokio::test]
async fn worker_should_end_when_the_chain_does() {
	let folder = tempfile::tempdir().unwrap();
	let chain = OneRound::new(Vec::new());
	let worker = start(&chain, folder.path());
	tokio::time::sleep(Duration::from_millis(100)).await;
	chain.state.lock().unwrap().blocks.clear();
	tokio::time::timeout(Duration::from_secs(5), worker).await.unwrap().unwrap();
}
