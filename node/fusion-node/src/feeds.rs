//! What a bookkeeping node does for data feeds: it fetches values from outside, commits to them and reveals them.
//!
//! It speaks with the key that it authors blocks with, of type `hhcm` in its keystore. A node without such a key, or whose
//! account keeps no books in this session, has nothing to do, and does nothing.

use std::{path::PathBuf, sync::Arc, time::Duration};

use codec::Decode;
use fusion_data_feed_primitives::{
	api::{DataFeedApi, Duty, FeedView},
	FeedId, FeederId, FeederSignature, SignedWord,
};
use fusion_feeds::{
	config::Config,
	fetch::{roots, Fetcher, Limits},
	sources::Sources,
	store::Store,
	worker::{Chain, ChainError, Worker},
};
use fusion_hhcm_primitives::KEY_TYPE;
use fusion_runtime::{opaque::Block, AccountId, Hash};
use futures::{stream::BoxStream, StreamExt};
use sc_client_api::BlockchainEvents;
use sc_service::TaskManager;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	TransactionPool, TransactionSource,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_keystore::KeystorePtr;

use crate::{
	cli::FusionParams,
	service::{FullClient, Pool},
};

/// A word waits for so long at most until the pool knows the block that it is for. It is said again anyway.
const POOL_PATIENCE: Duration = Duration::from_millis(500);

/// What feeding is started with.
pub struct Params<'a> {
	/// The command line.
	pub fusion: &'a FusionParams,
	/// Folder for commitments that are to be revealed.
	pub folder: PathBuf,
	/// Whether this is a network for development: sources may be on this machine.
	pub development: bool,
	/// The keystore.
	pub keystore: KeystorePtr,
	/// The client.
	pub client: Arc<FullClient>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// Whether the node is still catching up with the chain.
	pub is_syncing: Arc<dyn Fn() -> bool + Send + Sync>,
}

fn failed(error: impl std::fmt::Display) -> sc_service::Error {
	sc_service::Error::Other(error.to_string())
}

/// Starts feeding.
pub fn start(params: Params<'_>, task_manager: &TaskManager) -> Result<(), sc_service::Error> {
	let config = match &params.fusion.feeds_config {
		Some(path) => Config::read(path).map_err(failed)?,
		None => Config::default(),
	};
	let believed = match roots(config.certificates.as_deref()) {
		Ok(believed) => believed,
		// A development node feeds without being told to: it must not fail for what nobody may need.
		Err(error) if !params.fusion.feeds && params.fusion.feeds_config.is_none() => {
			log::warn!("this node feeds no data feeds: {error}");
			return Ok(());
		},
		Err(error) => return Err(failed(error)),
	};
	let private = config.allow_private_addresses || params.development;
	let proxy = config.proxy().map_err(failed)?;
	let fetcher = Fetcher::new(believed, proxy, private, Limits::default()).map_err(failed)?;
	let sources = Arc::new(Sources::new(Arc::new(fetcher), &config));
	let genesis = params.client.info().genesis_hash;
	let (store, secrets) = Store::open(&params.folder, genesis).map_err(failed)?;
	let chain = FusionFeeds {
		client: params.client,
		pool: params.pool,
		keystore: params.keystore,
		is_syncing: params.is_syncing,
	};
	let worker = Worker::new(Arc::new(chain), sources, store, secrets);
	task_manager.spawn_handle().spawn("data-feeds", Some("feeds"), worker.run());
	Ok(())
}

/// Fusion's feeds, as this node sees them.
struct FusionFeeds {
	client: Arc<FullClient>,
	pool: Arc<Pool>,
	keystore: KeystorePtr,
	is_syncing: Arc<dyn Fn() -> bool + Send + Sync>,
}

fn api_failed(error: ApiError) -> ChainError {
	ChainError(format!("the runtime's data-feed API failed: {error}"))
}

impl FusionFeeds {
	/// The transaction that says a word, for the best block.
	fn transaction(
		&self,
		word: SignedWord,
	) -> Result<(Hash, <Block as sp_runtime::traits::Block>::Extrinsic), ChainError> {
		let at = self.client.info().best_hash;
		let api = self.client.runtime_api();
		let encoded = DataFeedApi::<Block, AccountId>::word_transaction(&*api, at, word)
			.map_err(api_failed)?;
		let extrinsic = Decode::decode(&mut encoded.as_slice())
			.map_err(|error| ChainError(format!("the runtime made a bad transaction: {error}")))?;
		Ok((at, extrinsic))
	}
}

#[async_trait::async_trait]
impl Chain for FusionFeeds {
	fn genesis(&self) -> Hash {
		self.client.info().genesis_hash
	}

	fn keys(&self) -> Vec<FeederId> {
		self.keystore.sr25519_public_keys(KEY_TYPE)
	}

	fn is_syncing(&self) -> bool {
		(self.is_syncing)()
	}

	fn blocks(&self) -> BoxStream<'static, ()> {
		self.client.import_notification_stream().map(|_| ()).boxed()
	}

	fn best(&self) -> (Hash, u32) {
		let info = self.client.info();
		(info.best_hash, info.best_number)
	}

	fn duties(&self, at: Hash, feeder: &FeederId) -> Result<Vec<Duty>, ChainError> {
		let api = self.client.runtime_api();
		DataFeedApi::<Block, AccountId>::duties(&*api, at, *feeder).map_err(api_failed)
	}

	fn feed(&self, at: Hash, feed: FeedId) -> Result<Option<FeedView>, ChainError> {
		let api = self.client.runtime_api();
		DataFeedApi::<Block, AccountId>::feed(&*api, at, feed).map_err(api_failed)
	}

	fn sign(&self, feeder: &FeederId, bytes: &[u8]) -> Result<FeederSignature, ChainError> {
		match self.keystore.sr25519_sign(KEY_TYPE, feeder, bytes) {
			Ok(Some(signature)) => Ok(signature),
			Ok(None) => {
				Err(ChainError(format!("the key {feeder} is not in the keystore any more")))
			},
			Err(error) => Err(ChainError(format!("the keystore failed: {error}"))),
		}
	}

	async fn submit(&self, word: SignedWord) -> Result<(), ChainError> {
		let (at, extrinsic) = self.transaction(word)?;
		// The pool hears of a new block when we do. Until it has looked at it, it judges by the one before: a reveal that
		// may be in the next block is too early then.
		drop(self.pool.ready_at_with_timeout(at, POOL_PATIENCE).await);
		match self.pool.submit_one(at, TransactionSource::Local, extrinsic).await {
			Ok(_) => Ok(()),
			Err(error) => match error.into_pool_error() {
				// The pool has this word of ours already (signatures differ, the word does not).
				Ok(PoolError::AlreadyImported(_) | PoolError::TooLowPriority { .. }) => Ok(()),
				Ok(error) => Err(ChainError(error.to_string())),
				Err(error) => Err(ChainError(error.to_string())),
			},
		}
	}
}
