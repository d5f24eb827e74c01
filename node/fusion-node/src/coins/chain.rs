//! What is asked of a node, over JSON-RPC.
//!
//! The node is believed: so it should be one's own. What can be checked is checked: that it is on a chain that this
//! program signs for, and that deposit addresses are derived from the key of the group.

use std::time::Duration;

use codec::{Decode, Encode};
use fusion_bitcoin_primitives::Network;
use fusion_runtime::{AccountId, BlockNumber, Hash, Header, Nonce, RuntimeEvent, VERSION};
use jsonrpsee::{
	core::{
		client::{ClientT, Error as RpcError, Subscription, SubscriptionClientT},
		params::ArrayParams,
	},
	rpc_params,
	ws_client::{PingConfig, WsClient, WsClientBuilder},
};
use pallet_revive::frame_system::EventRecord;
use sc_transaction_pool_api::TransactionStatus;
use serde::{de::DeserializeOwned, Deserialize};
use sp_core::{
	crypto::Ss58Codec,
	storage::{StorageChangeSet, StorageKey},
	Bytes,
};
use sp_crypto_hashing::twox_128;

use super::{error::Failure, explain, NodeParams};

#[cfg(test)]
mod tests;

/// How long a node may take to take up a connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(20);
/// How long it may take for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer, in bytes: more than a node gives without being told to.
const MAX_ANSWER: u32 = 32 << 20;
/// Most that is asked for at once.
const PAGE: usize = 500;

/// What happens in a block.
pub type Events = Vec<EventRecord<RuntimeEvent, Hash>>;
/// What becomes of a transaction.
pub type Fate = Subscription<TransactionStatus<Hash, Hash>>;

/// The version of a runtime, as far as transactions are signed for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
	spec_name: String,
	spec_version: u32,
	transaction_version: u32,
}

/// A block's transactions.
#[derive(Deserialize)]
struct SignedBlock {
	block: Body,
}

#[derive(Deserialize)]
struct Body {
	extrinsics: Vec<Bytes>,
}

/// A chain, through one of its nodes.
pub struct Chain {
	client: WsClient,
	/// Its first block, which stands for the chain.
	pub genesis: Hash,
	/// Which Bitcoin its bitcoin come from.
	pub network: Network,
}

impl Chain {
	/// Connects to a node, and checks that it is on a chain that this program knows.
	///
	/// # Errors
	///
	/// [`Failure::NotWebSocket`], [`Failure::Unreachable`], [`Failure::OtherRuntime`], [`Failure::OtherChain`], and
	/// what goes wrong with calls.
	pub async fn connect(params: &NodeParams) -> Result<Self, Failure> {
		if let Some(warning) = check_url(&params.url)? {
			eprintln!("warning: {warning}");
		}
		let client = WsClientBuilder::new()
			.connection_timeout(CONNECTION_TIMEOUT)
			.request_timeout(ANSWER_TIMEOUT)
			.max_response_size(MAX_ANSWER)
			.enable_ws_ping(PingConfig::new())
			.build(&params.url)
			.await
			.map_err(|error| Failure::Unreachable {
				url: params.url.clone(),
				why: error.to_string(),
			})?;
		let mut chain = Self { client, genesis: Hash::zero(), network: Network::Main };
		chain.genesis = chain.block_hash(0).await?;
		if let Some(wanted) = params.genesis.filter(|wanted| *wanted != chain.genesis) {
			return Err(Failure::OtherChain { found: chain.genesis, wanted });
		}
		check_version(&chain.request("state_getRuntimeVersion", rpc_params![]).await?)?;
		let best = chain.best().await?;
		chain.network = chain.call(best, "NetworksApi_bitcoin_network", ()).await?;
		Ok(chain)
	}

	async fn request<R: DeserializeOwned>(
		&self,
		method: &str,
		params: ArrayParams,
	) -> Result<R, Failure> {
		self.client.request(method, params).await.map_err(|error| refused(method, &error))
	}

	/// The newest block.
	pub async fn best(&self) -> Result<Hash, Failure> {
		self.request("chain_getBlockHash", rpc_params![]).await
	}

	/// The newest block that is final.
	pub async fn finalized(&self) -> Result<Hash, Failure> {
		self.request("chain_getFinalizedHead", rpc_params![]).await
	}

	/// The block with this number.
	pub async fn block_hash(&self, number: BlockNumber) -> Result<Hash, Failure> {
		let found: Option<Hash> = self.request("chain_getBlockHash", rpc_params![number]).await?;
		found.ok_or_else(|| unreadable("chain_getBlockHash", format!("it has no block {number}")))
	}

	/// The number of a block.
	pub async fn number(&self, block: Hash) -> Result<BlockNumber, Failure> {
		let found: Option<Header> = self.request("chain_getHeader", rpc_params![block]).await?;
		found
			.map(|header| header.number)
			.ok_or_else(|| unreadable("chain_getHeader", format!("it has no block {block:?}")))
	}

	/// Headers of blocks as they become final. Not each one: of several at once, the last.
	pub async fn finality(&self) -> Result<Subscription<Header>, Failure> {
		let method = "chain_subscribeFinalizedHeads";
		self.client
			.subscribe(method, rpc_params![], "chain_unsubscribeFinalizedHeads")
			.await
			.map_err(|error| refused(method, &error))
	}

	/// Calls a runtime API: `method` is `Trait_function`, `arguments` is a tuple.
	pub async fn call<R: Decode>(
		&self,
		at: Hash,
		method: &str,
		arguments: impl Encode,
	) -> Result<R, Failure> {
		let bytes = Bytes(arguments.encode());
		let answer: Bytes = self.request("state_call", rpc_params![method, bytes, at]).await?;
		// A result may be followed by what is not asked about: see `transaction::try_out`.
		R::decode(&mut &answer[..]).map_err(|error| unreadable(method, error))
	}

	/// A value of the state.
	pub async fn value<V: Decode>(&self, at: Hash, key: &[u8]) -> Result<Option<V>, Failure> {
		let key = StorageKey(key.to_vec());
		let found: Option<Bytes> = self.request("state_getStorage", rpc_params![key, at]).await?;
		found.map(|bytes| decode(&bytes)).transpose()
	}

	/// The values of several keys, those without a value left out.
	pub async fn values<V: Decode>(
		&self,
		at: Hash,
		keys: &[Vec<u8>],
	) -> Result<Vec<(Vec<u8>, V)>, Failure> {
		let mut all = Vec::new();
		for page in keys.chunks(PAGE) {
			let page: Vec<_> = page.iter().cloned().map(StorageKey).collect();
			let sets: Vec<StorageChangeSet<Hash>> =
				self.request("state_queryStorageAt", rpc_params![page, at]).await?;
			for (key, data) in sets.into_iter().flat_map(|set| set.changes) {
				if let Some(data) = data {
					all.push((key.0, decode(&data.0)?));
				}
			}
		}
		Ok(all)
	}

	/// All keys that begin like that.
	pub async fn keys(&self, at: Hash, prefix: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
		let mut all: Vec<Vec<u8>> = Vec::new();
		loop {
			let start = all.last().cloned().map(StorageKey);
			let prefix = StorageKey(prefix.to_vec());
			let params = rpc_params![prefix, PAGE, start, at];
			let page: Vec<StorageKey> = self.request("state_getKeysPaged", params).await?;
			let is_last = page.len() < PAGE;
			all.extend(page.into_iter().map(|key| key.0));
			if is_last {
				return Ok(all);
			}
		}
	}

	/// The number of the account's next transaction, those that wait in the node's pool counted.
	pub async fn nonce(&self, account: &AccountId) -> Result<Nonce, Failure> {
		self.request("system_accountNextIndex", rpc_params![account.to_ss58check()]).await
	}

	/// What happened in a block.
	pub async fn events(&self, block: Hash) -> Result<Events, Failure> {
		let found = self.value(block, &plain_key("System", "Events")).await?;
		found
			.ok_or_else(|| unreadable("state_getStorage", format!("block {block:?} has no events")))
	}

	/// The transactions of a block, encoded.
	pub async fn extrinsics(&self, block: Hash) -> Result<Vec<Bytes>, Failure> {
		let found: Option<SignedBlock> = self.request("chain_getBlock", rpc_params![block]).await?;
		found
			.map(|signed| signed.block.extrinsics)
			.ok_or_else(|| unreadable("chain_getBlock", format!("it has no block {block:?}")))
	}

	/// Hands a transaction in, and listens to what becomes of it.
	///
	/// # Errors
	///
	/// [`Failure::NotTaken`] if the node refuses it.
	pub async fn submit(&self, transaction: &Bytes) -> Result<Fate, Failure> {
		let method = "author_submitAndWatchExtrinsic";
		self.client
			.subscribe(method, rpc_params![transaction], "author_unwatchExtrinsic")
			.await
			.map_err(|error| match error {
				RpcError::Call(said) => {
					let data = said.data().map(|data| data.get());
					Failure::NotTaken(explain::pool(said.code(), said.message(), data))
				},
				other => refused(method, &other),
			})
	}
}

fn refused(method: &str, error: &RpcError) -> Failure {
	Failure::Rpc { method: method.into(), why: error.to_string() }
}

fn unreadable(what: impl Into<String>, why: impl ToString) -> Failure {
	Failure::Unreadable { what: what.into(), why: why.to_string() }
}

fn decode<V: Decode>(bytes: &[u8]) -> Result<V, Failure> {
	V::decode(&mut &bytes[..]).map_err(|error| unreadable("state_getStorage", error))
}

/// The key of a value that stands by itself in a pallet.
pub fn plain_key(pallet: &str, item: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

/// Whether transactions that this program signs mean on that chain what they mean here.
fn check_version(found: &Version) -> Result<(), Failure> {
	let is_ours = found.spec_name == VERSION.spec_name
		&& found.spec_version == VERSION.spec_version
		&& found.transaction_version == VERSION.transaction_version;
	if is_ours {
		return Ok(());
	}
	let Version { spec_name, spec_version, transaction_version } = found;
	Err(Failure::OtherRuntime {
		found: format!(
			"{spec_name} version {spec_version}, transaction version {transaction_version}"
		),
	})
}

/// Checks the address of a node. A warning if what goes there can be read and changed on its way.
fn check_url(url: &str) -> Result<Option<String>, Failure> {
	if url.starts_with("wss://") {
		return Ok(None);
	}
	let Some(rest) = url.strip_prefix("ws://") else {
		return Err(Failure::NotWebSocket(url.into()));
	};
	let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
	let host = match authority.rsplit_once('@').map_or(authority, |(_, host)| host) {
		bracketed if bracketed.starts_with('[') => {
			bracketed.split_inclusive(']').next().unwrap_or_default()
		},
		plain => plain.split(':').next().unwrap_or_default(),
	};
	let is_local = matches!(host, "localhost" | "[::1]") || {
		let ip = host.parse::<std::net::Ipv4Addr>();
		ip.is_ok_and(|ip| ip.is_loopback())
	};
	Ok((!is_local).then(|| {
		format!(
			"what passes between here and {host} is not encrypted, and a deposit address could be changed on its way: use \
			 wss://, or a tunnel"
		)
	}))
}
