//! What a node does for key groups: it is a member of them, and a witness of Bitcoin.
//!
//! A node is a member if its keystore holds a key of type `dcrm` (`fusion-node key insert --key-type dcrm
//! --scheme sr25519`). It speaks with other members over the network, or, in a development node that is
//! four members at once, within the process.

use std::{
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, SystemTime, UNIX_EPOCH},
};

use codec::Decode;
use fusion_asset_mapping_primitives::{
	api::BitcoinMappingApi, chain::ExternalChain, observation_domain, Amount, BatchId, BatchView,
	CoinView, DepositIndex, Destination, Observation, OutPoint, Wanted,
};
use fusion_bitcoin_primitives::{check_account_request, Bitcoin, Network, Template};
use fusion_chains::{mapping::ChainError, Auth, BitcoinCore, MappingChain};
use fusion_dcrm::{
	conduct::Conduct,
	effect::{Timing, PRECOMMITMENTS},
	identity::Identity,
	metrics::Metrics,
	network::{serve, NetworkTransport, PeerBook},
	pool::Pool as Threads,
	signing::MessageCheck,
	store::{Argon2Profile, KeyStore},
	substrate::SubstrateChain,
	transport::Loopback,
	worker::{run_member, Setup},
};
use fusion_dcrm_primitives::{
	api::DcrmApi, message::signing_bytes, GroupView, MemberId, MemberSigned, PeerIdBytes,
	PublicKey, Purpose, RequestId, SigningRequest, KEY_TYPE,
};
use fusion_runtime::{networks::NetworksApi, opaque::Block, Hash, BITCOIN_INSTANCE};
use sc_network::config::IncomingRequest;
use sc_service::TaskManager;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	TransactionPool, TransactionSource,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_keystore::KeystorePtr;

use crate::{
	cli::FusionParams,
	service::{FullClient, Pool},
};

/// Password of key shares on development networks, where it protects nothing.
const DEVELOPMENT_PASSWORD: &[u8] = b"development";
/// How long Bitcoin Core may take for an answer.
const BITCOIN_TIMEOUT: Duration = Duration::from_secs(30);
/// How old the last finalized block may be for Bitcoin to be looked at by what it says. Finality takes less than a
/// minute.
const OLDEST_STATE: Duration = Duration::from_secs(10 * 60);

/// Names of the development accounts that make up the first key group.
pub const DEVELOPMENT_MEMBERS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// How members of this node reach the others.
pub enum Way {
	/// All are in this process.
	Loopback,
	/// Over the network.
	Network {
		/// The network.
		network: Arc<dyn sc_network::service::traits::NetworkService>,
		/// What others ask, as the network hands it over.
		requests: async_channel::Receiver<IncomingRequest>,
	},
}

/// What members are started with.
pub struct Params<'a> {
	/// The command line.
	pub fusion: &'a FusionParams,
	/// Folder for key shares and cursors.
	pub base_path: PathBuf,
	/// Whether this is a network for development.
	pub development: bool,
	/// Development keys that the node is to have.
	pub seeds: Vec<String>,
	/// The keystore.
	pub keystore: KeystorePtr,
	/// The client.
	pub client: Arc<FullClient>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// How members reach each other.
	pub way: Way,
	/// Whether the node is still catching up with the chain.
	pub is_syncing: Arc<dyn Fn() -> bool + Send + Sync>,
	/// What operators see of members.
	pub metrics: Metrics,
	/// What members do differently from honest ones. `None` but in tests.
	pub conduct: Option<Arc<dyn Conduct>>,
}

fn failed(what: impl std::fmt::Display) -> sc_service::Error {
	sc_service::Error::Other(what.to_string())
}

/// Starts the members whose keys this node has, and the connector to Bitcoin.
pub fn start(params: Params<'_>, task_manager: &TaskManager) -> Result<(), sc_service::Error> {
	for seed in &params.seeds {
		params
			.keystore
			.sr25519_generate_new(KEY_TYPE, Some(seed))
			.map_err(|error| failed(format!("the keystore takes no DCRM key: {error}")))?;
	}
	let mut members = Identity::all(&params.keystore);
	if matches!(params.way, Way::Network { .. }) && members.len() > 1 {
		return Err(failed(format!(
			"the keystore holds {} keys of type `dcrm`, but a node is one member: remove all but one \
			 of them from the keystore",
			members.len()
		)));
	}
	members.sort_by(|a, b| a.id().cmp(b.id()));

	start_witnesses(&params, &members, task_manager)?;
	if !members.is_empty() {
		start_members(params, members, task_manager)?;
	}
	Ok(())
}

/// A password of key shares, and what it costs to turn it into a key.
pub struct Secret(pub zeroize::Zeroizing<Vec<u8>>, pub Argon2Profile);

/// Where a node keeps its key shares.
pub fn store_folder(base_path: &Path) -> PathBuf {
	base_path.join("members").join("dcrm")
}

/// The password of the key shares: the first line's of the file, or that of development networks.
pub fn password(file: Option<&Path>, development: bool) -> Result<Secret, sc_service::Error> {
	let (password, profile) = match file {
		Some(path) => {
			let text =
				std::fs::read_to_string(path).map(zeroize::Zeroizing::new).map_err(|error| {
					failed(format!(
						"the password of the key shares cannot be read from {}: {error}",
						path.display()
					))
				})?;
			(zeroize::Zeroizing::new(text.trim_end().as_bytes().to_vec()), Argon2Profile::Standard)
		},
		None if development => {
			(zeroize::Zeroizing::new(DEVELOPMENT_PASSWORD.to_vec()), Argon2Profile::Development)
		},
		None => {
			return Err(failed(
				"this node is a DCRM member (its keystore holds a key of type `dcrm`) and needs a \
				 password for its key shares: give a file with --dcrm-password-file",
			))
		},
	};
	if password.is_empty() {
		return Err(failed("the password of the key shares is empty: write one into the file"));
	}
	Ok(Secret(password, profile))
}

fn open_store(params: &Params<'_>) -> Result<Arc<KeyStore>, sc_service::Error> {
	let folder = params.base_path.join("dcrm");
	let file = params.fusion.dcrm_password_file.as_deref();
	let Secret(password, profile) = password(file, params.development)?;
	KeyStore::open(&folder, &password, profile).map(Arc::new).map_err(|error| {
		failed(format!("the key shares in {} cannot be opened: {error}", folder.display()))
	})
}

fn start_members(
	params: Params<'_>,
	members: Vec<Identity>,
	task_manager: &TaskManager,
) -> Result<(), sc_service::Error> {
	let timing = Timing {
		round_delay: Duration::from_millis(params.fusion.dcrm_round_delay),
		precommit: PRECOMMITMENTS,
		..Timing::default()
	};
	let check: Arc<dyn MessageCheck> = Arc::new(RequestCheck { client: params.client.clone() });
	// A member computes one thing after the other: it has no use for more than one thread.
	let cores = std::thread::available_parallelism().map_or(1, usize::from);
	let threads = Threads::new(members.len().min(cores))
		.map_err(|error| failed(format!("there are no threads for DCRM: {error}")))?;
	let threads = Arc::new(threads);
	let shared = Shared { params: &params, timing, check, threads, task_manager };

	match &params.way {
		Way::Loopback => {
			let loopback = Loopback::new();
			for identity in members {
				let store = open_store_of(&params, identity.id())?;
				let (transport, inbound) = loopback.join(identity.id().clone());
				shared.spawn(identity, None, transport, inbound, PeerBook::default(), store);
			}
		},
		Way::Network { network, requests } => {
			let Some(identity) = members.into_iter().next() else { return Ok(()) };
			let store = open_store(&params)?;
			let peer = PeerIdBytes::try_from(network.local_peer_id().to_bytes())
				.map_err(|_| failed("this node's peer id is too long"))?;
			let peers = PeerBook::default();
			let (sender, inbound) = futures::channel::mpsc::channel(256);
			task_manager.spawn_handle().spawn(
				"dcrm-requests",
				Some("dcrm"),
				serve(requests.clone(), peers.clone(), sender, params.metrics.clone()),
			);
			let transport = NetworkTransport::new(network.clone(), peers.clone());
			shared.spawn(identity, Some(peer), transport, inbound, peers, store);
		},
	}
	Ok(())
}

/// The store of one of several members in a development node: each has a folder of its own.
fn open_store_of(
	params: &Params<'_>,
	member: &MemberId,
) -> Result<Arc<KeyStore>, sc_service::Error> {
	let inner: &sp_core::sr25519::Public = member.as_ref();
	let folder = params.base_path.join("dcrm").join(hex::encode(inner.0));
	KeyStore::open(&folder, DEVELOPMENT_PASSWORD, Argon2Profile::Development).map(Arc::new).map_err(
		|error| failed(format!("the key shares in {} cannot be opened: {error}", folder.display())),
	)
}

struct Shared<'a> {
	params: &'a Params<'a>,
	timing: Timing,
	check: Arc<dyn MessageCheck>,
	threads: Arc<Threads>,
	task_manager: &'a TaskManager,
}

impl Shared<'_> {
	fn spawn<T: fusion_dcrm::transport::Transport>(
		&self,
		identity: Identity,
		peer: Option<PeerIdBytes>,
		transport: T,
		inbound: futures::channel::mpsc::Receiver<fusion_dcrm::transport::Inbound>,
		peers: PeerBook,
		store: Arc<KeyStore>,
	) {
		let is_syncing = self.params.is_syncing.clone();
		let chain = SubstrateChain::<Block, _, _>::new(
			self.params.client.clone(),
			self.params.pool.clone(),
			identity.clone(),
			peer,
			move || is_syncing(),
		);
		let setup = Setup {
			identity,
			chain: Arc::new(chain),
			transport: Arc::new(transport),
			inbound,
			peers,
			store,
			check: self.check.clone(),
			timing: self.timing,
			pool: self.threads.clone(),
			metrics: self.params.metrics.clone(),
			conduct: self.params.conduct.clone(),
		};
		// Essential: a member that has stopped must not look like one that is well.
		self.task_manager.spawn_essential_handle().spawn("dcrm-member", Some("dcrm"), async move {
			if let Err(error) = run_member(setup).await {
				log::error!("{error}");
			}
		});
	}
}

/// Rebuilds what is to be signed from finalized state, and compares it with what is asked for.
struct RequestCheck {
	client: Arc<FullClient>,
}

impl MessageCheck for RequestCheck {
	fn approve(&self, request: &SigningRequest) -> Result<(), String> {
		match request.purpose {
			Purpose::Batch { instance: BITCOIN_INSTANCE, batch, attempt, input } => {
				self.approve_batch(request, batch, attempt, input)
			},
			Purpose::Account { request: id } => self.approve_for_account(request, id),
			purpose => Err(format!("nothing here knows the purpose {purpose:?}")),
		}
	}
}

fn fault(error: sp_api::ApiError) -> String {
	format!("the runtime's API failed: {error}")
}

impl RequestCheck {
	/// The group that is asked, and its master key.
	fn group(&self, request: &SigningRequest) -> Result<(GroupView, PublicKey), String> {
		let at = self.client.info().finalized_hash;
		let group = self
			.client
			.runtime_api()
			.group(at, request.group)
			.map_err(fault)?
			.ok_or_else(|| format!("group {} is not in finalized state", request.group))?;
		let master = group.key.ok_or_else(|| format!("group {} has no key", request.group))?;
		Ok((group, master))
	}

	/// What an account wants to have signed.
	fn approve_for_account(&self, request: &SigningRequest, id: RequestId) -> Result<(), String> {
		let info = self.client.info();
		let stated = self
			.client
			.runtime_api()
			.account_request(info.finalized_hash, id)
			.map_err(fault)?
			.ok_or_else(|| format!("no account's request {id} is in finalized state"))?;
		let (group, master) = self.group(request)?;
		check_account_request(info.genesis_hash, request, &stated, group.algorithm, &master)
			.map_err(|why| format!("an account's request {id}: {why}"))
	}

	/// An input of the transaction of a batch.
	fn approve_batch(
		&self,
		request: &SigningRequest,
		batch: BatchId,
		attempt: u32,
		input: u32,
	) -> Result<(), String> {
		let name = format!("attempt {attempt} at batch {batch}");
		let at = self.client.info().finalized_hash;
		let api = self.client.runtime_api();

		let view = api
			.batch(at, batch, attempt)
			.map_err(fault)?
			.ok_or_else(|| format!("{name} is not in finalized state"))?;
		let template = Template::decode(&mut view.template.as_slice())
			.map_err(|error| format!("{name} has an unreadable template: {error}"))?;
		let index = input as usize;
		let sighash = Bitcoin::sighashes(&template)
			.get(index)
			.copied()
			.ok_or_else(|| format!("{name} has no input {input}"))?;
		if sighash != request.message {
			return Err(format!("{name}, input {input}: the message is not its sighash"));
		}

		let (_, master) = self.group(request)?;
		let tweak = api
			.tweak(at, request.group, request.path)
			.map_err(fault)?
			.ok_or_else(|| format!("group {} has no key at {:?}", request.group, request.path))?;
		let key = Bitcoin::output_key(&master, &tweak).map_err(|error| {
			format!("the key at {:?} cannot be computed: {error:?}", request.path)
		})?;
		let owner = template.inputs.get(index).map(|input| input.output_key);
		if owner != Some(key) {
			return Err(format!(
				"{name}, input {input} does not belong to the key at {:?}",
				request.path
			));
		}
		Ok(())
	}
}

fn start_witnesses(
	params: &Params<'_>,
	members: &[Identity],
	task_manager: &TaskManager,
) -> Result<(), sc_service::Error> {
	let Some(url) = &params.fusion.bitcoin_rpc else {
		if !members.is_empty() {
			log::warn!(
				"this node is a DCRM member but sees no Bitcoin: it witnesses no deposits and \
				 broadcasts nothing. Give Bitcoin Core's RPC with --bitcoin-rpc"
			);
		}
		return Ok(());
	};
	let (url, auth) = bitcoin_endpoint(url, params.fusion.bitcoin_cookie.clone())?;
	// A node that is no member still broadcasts what is signed.
	let witnesses: Vec<Option<Identity>> =
		if members.is_empty() { vec![None] } else { members.iter().cloned().map(Some).collect() };
	let folder = params.base_path.join("chains");
	std::fs::create_dir_all(&folder).map_err(|error| {
		failed(format!("the folder {} cannot be made: {error}", folder.display()))
	})?;
	for (number, identity) in witnesses.into_iter().enumerate() {
		let fusion = FusionMapping {
			client: params.client.clone(),
			pool: params.pool.clone(),
			identity,
			is_syncing: params.is_syncing.clone(),
		};
		let config = fusion_chains::Config::new(
			params.fusion.bitcoin_network.into(),
			folder.join(format!("bitcoin-{number}.json")),
		);
		let bitcoin = BitcoinCore::new(url.clone(), auth.clone(), BITCOIN_TIMEOUT);
		let worker = fusion_chains::Worker::new(Arc::new(fusion), Arc::new(bitcoin), config)
			.map_err(failed)?;
		task_manager.spawn_handle().spawn("bitcoin", Some("chains"), worker.run());
	}
	Ok(())
}

/// Splits `http://user:password@host:port` into the address and the credentials.
fn bitcoin_endpoint(
	url: &str,
	cookie: Option<PathBuf>,
) -> Result<(String, Auth), sc_service::Error> {
	let explain = || {
		failed(
			"--bitcoin-rpc takes http://USER:PASSWORD@HOST:PORT, or http://HOST:PORT together with \
			 --bitcoin-cookie",
		)
	};
	let rest = url.strip_prefix("http://").ok_or_else(explain)?;
	match (rest.rsplit_once('@'), cookie) {
		(Some((credentials, host)), None) => {
			let (user, password) = credentials.split_once(':').ok_or_else(explain)?;
			let auth = Auth::Password { user: user.into(), password: password.into() };
			Ok((format!("http://{host}"), auth))
		},
		(None, Some(path)) => Ok((url.into(), Auth::Cookie(path))),
		_ => Err(explain()),
	}
}

/// Fusion's asset mapping for Bitcoin, as this node sees it.
struct FusionMapping {
	client: Arc<FullClient>,
	pool: Arc<Pool>,
	identity: Option<Identity>,
	is_syncing: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl FusionMapping {
	fn finalized(&self) -> Hash {
		self.client.info().finalized_hash
	}

	fn member(&self) -> Option<MemberId> {
		self.identity.as_ref().map(|identity| identity.id().clone())
	}
}

/// Whether a block of that time is not older than [`OLDEST_STATE`]. Both are in seconds since 1970.
fn is_recent(block: u64, now: u64) -> bool {
	now.saturating_sub(block) <= OLDEST_STATE.as_secs()
}

fn api_failed(error: sp_api::ApiError) -> ChainError {
	ChainError(format!("the runtime's asset-mapping API failed: {error}"))
}

fn network_unknown(error: sp_api::ApiError) -> ChainError {
	ChainError(format!("the runtime does not say which Bitcoin its coins come from: {error}"))
}

#[async_trait::async_trait]
impl MappingChain for FusionMapping {
	async fn network(&self) -> Result<Network, ChainError> {
		self.client.runtime_api().bitcoin_network(self.finalized()).map_err(network_unknown)
	}

	async fn is_current(&self) -> Result<bool, ChainError> {
		// A node that has just started knows of no peers, and so not that it is behind.
		if (self.is_syncing)() {
			return Ok(false);
		}
		let time = self.client.runtime_api().time(self.finalized()).map_err(api_failed)?;
		let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
		Ok(is_recent(time, now))
	}

	async fn confirmations(&self) -> Result<u32, ChainError> {
		self.client.runtime_api().confirmations(self.finalized()).map_err(api_failed)
	}

	async fn minimum_deposit(&self) -> Result<Amount, ChainError> {
		self.client.runtime_api().minimum_deposit(self.finalized()).map_err(api_failed)
	}

	async fn watched(
		&self,
		from: DepositIndex,
		limit: u32,
	) -> Result<Vec<(DepositIndex, Destination)>, ChainError> {
		self.client.runtime_api().watched(self.finalized(), from, limit).map_err(api_failed)
	}

	async fn open_batches(&self) -> Result<Vec<BatchView>, ChainError> {
		self.client.runtime_api().open_batches(self.finalized()).map_err(api_failed)
	}

	async fn coins(
		&self,
		after: Option<OutPoint>,
		limit: u32,
	) -> Result<Vec<CoinView>, ChainError> {
		self.client.runtime_api().coins(self.finalized(), after, limit).map_err(api_failed)
	}

	async fn gone_coins(
		&self,
		after: Option<OutPoint>,
		limit: u32,
	) -> Result<Vec<CoinView>, ChainError> {
		self.client.runtime_api().gone_coins(self.finalized(), after, limit).map_err(api_failed)
	}

	async fn wants(&self, observation: &Observation) -> Result<Wanted, ChainError> {
		let Some(member) = self.member() else { return Ok(Wanted::Never) };
		self.client
			.runtime_api()
			.wants(self.finalized(), observation.clone(), member)
			.map_err(api_failed)
	}

	async fn wants_fee_rate(&self) -> Result<Option<u32>, ChainError> {
		let Some(member) = self.member() else { return Ok(None) };
		self.client.runtime_api().wants_fee_rate(self.finalized(), member).map_err(api_failed)
	}

	async fn submit(&self, observation: Observation) -> Result<(), ChainError> {
		let Some(identity) = &self.identity else { return Ok(()) };
		let (at, extrinsic) = {
			let info = self.client.info();
			let domain = observation_domain(BITCOIN_INSTANCE);
			let bytes = signing_bytes(info.genesis_hash, &domain, &observation);
			let signature = identity.sign(&bytes).map_err(|error| ChainError(error.to_string()))?;
			let signed =
				MemberSigned { member: identity.id().clone(), payload: observation, signature };
			let encoded = self
				.client
				.runtime_api()
				.observation_transaction(info.best_hash, signed)
				.map_err(api_failed)?;
			let extrinsic =
				<Block as sp_runtime::traits::Block>::Extrinsic::decode(&mut encoded.as_slice())
					.map_err(|error| {
						ChainError(format!("the runtime made a bad transaction: {error}"))
					})?;
			(info.best_hash, extrinsic)
		};
		match self.pool.submit_one(at, TransactionSource::Local, extrinsic).await {
			Ok(_) => Ok(()),
			Err(error) => match error.into_pool_error() {
				// The pool has it already.
				Ok(PoolError::AlreadyImported(_) | PoolError::TooLowPriority { .. }) => Ok(()),
				Ok(error) => Err(ChainError(error.to_string())),
				Err(error) => Err(ChainError(error.to_string())),
			},
		}
	}
}

/// Networks of Bitcoin, as the command line names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BitcoinNetwork {
	/// The network whose coins are worth something.
	Main,
	/// A public test network.
	Test,
	/// The public test network whose blocks are signed.
	Signet,
	/// A private test network.
	Regtest,
}

impl From<BitcoinNetwork> for Network {
	fn from(network: BitcoinNetwork) -> Self {
		match network {
			BitcoinNetwork::Main => Network::Main,
			BitcoinNetwork::Test => Network::Test,
			BitcoinNetwork::Signet => Network::Signet,
			BitcoinNetwork::Regtest => Network::Regtest,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn state_should_be_recent_when_its_block_is_not_older_than_ten_minutes() {
		let now = 1_800_000_000;
		assert!(is_recent(now, now));
		assert!(is_recent(now - 600, now));
		assert!(!is_recent(now - 601, now));
		// A clock that is a little behind does no harm; the genesis block has no time.
		assert!(is_recent(now + 6, now));
		assert!(!is_recent(0, now));
	}

	#[test]
	fn endpoint_should_be_split_when_it_has_credentials() {
		let (url, auth) = bitcoin_endpoint("http://user:pa:ss@127.0.0.1:18443", None).unwrap();
		assert_eq!(url, "http://127.0.0.1:18443");
		assert!(
			matches!(auth, Auth::Password { user, password } if user == "user" && password == "pa:ss")
		);
	}

	#[test]
	fn endpoint_should_be_refused_when_it_says_no_or_two_ways_to_log_in() {
		assert!(bitcoin_endpoint("http://127.0.0.1:18443", None).is_err());
		assert!(bitcoin_endpoint("127.0.0.1:18443", Some("cookie".into())).is_err());
		assert!(bitcoin_endpoint("http://u:p@127.0.0.1:18443", Some("cookie".into())).is_err());
	}
}
