//! Services of a node: what all kinds of node share, and a module for each kind.

pub mod collator;
pub mod dev;
pub mod local;
pub mod para;
pub mod standalone;
pub mod triggers;

use std::{path::PathBuf, sync::Arc, time::Duration};

use codec::Decode;
use cumulus_client_consensus_common::ParachainBlockImport;
use fusion_hhcm::{
	evidence::{self, Inbox, MakeReport, Reporter},
	gossip::Exchange,
	heaviest::HeaviestChain,
	metrics::Metrics,
	timing::Clock,
	verifier::{import_queue, Announcements, Verifier},
	BoxError,
};
use fusion_hhcm_primitives::{api::HhcmApi, equivocation::Proof};
use fusion_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	Hash, Header, RuntimeApi, SLOT_DURATION,
};
use jsonrpsee::RpcModule;
use sc_consensus::{BoxBlockImport, DefaultImportQueue};
use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_service::{
	config::Configuration, error::Error, PartialComponents, SpawnTasksParams, TFullBackend,
	TFullClient,
};
use sc_telemetry::{Telemetry, TelemetryWorker, TelemetryWorkerHandle};
use sc_transaction_pool::TransactionPoolHandle;
use sp_api::ProvideRuntimeApi;

use crate::{chain_spec::Mode, explaining_pool::ExplainingPool};

/// Host functions that the runtime may call.
pub type HostFunctions = cumulus_client_service::ParachainHostFunctions;

/// The client.
pub type FullClient = TFullClient<Block, RuntimeApi, WasmExecutor<HostFunctions>>;
/// The database behind it.
pub type FullBackend = TFullBackend<Block>;
/// The transaction pool.
pub type Pool = TransactionPoolHandle<Block, FullClient>;
/// Imports blocks whose fate the relay chain decides.
pub type ParaImport = ParachainBlockImport<Block, Arc<FullClient>, FullBackend>;

/// Imports blocks where no relay chain says which chain is the best.
pub type Heaviest = HeaviestChain<Block, FullClient, Arc<FullClient>>;

/// Parts of a node that are Fusion's own.
pub struct Others {
	/// Imports blocks whose fate the relay chain decides.
	pub para_import: ParaImport,
	/// Imports blocks of a local network.
	pub heaviest: Heaviest,
	/// The slots.
	pub clock: Clock,
	/// What operators see of HHCM.
	pub metrics: Metrics,
	/// What is done with evidence of equivocation.
	pub report: Reporter<Header>,
	/// Evidence on its way to the chain ([`spawn_reports`]).
	pub inbox: Inbox<Header>,
	/// Checks announcements of blocks, where there is no relay chain.
	pub announcements: Announcements<Block, FullClient>,
	/// Telemetry.
	pub telemetry: Option<Telemetry>,
	/// The telemetry's worker.
	pub telemetry_worker_handle: Option<TelemetryWorkerHandle>,
}

/// Parts of a node that a command can do with.
pub type Partial =
	PartialComponents<FullClient, FullBackend, (), DefaultImportQueue<Block>, Pool, Others>;

/// Builds the parts that all kinds of node share.
pub fn new_partial(config: &Configuration, mode: Mode) -> Result<Partial, Error> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let heap_pages =
		config.executor.default_heap_pages.map_or(DEFAULT_HEAP_ALLOC_STRATEGY, |pages| {
			HeapAllocStrategy::Static { extra_pages: pages as _ }
		});
	let mut executor = WasmExecutor::<HostFunctions>::builder()
		.with_execution_method(config.executor.wasm_method)
		.with_onchain_heap_alloc_strategy(heap_pages)
		.with_offchain_heap_alloc_strategy(heap_pages)
		.with_max_runtime_instances(config.executor.max_runtime_instances)
		.with_runtime_cache_size(config.executor.runtime_cache_size);
	if let Some(folder) = compiled_code_folder(config) {
		executor = executor.with_cache_path(folder);
	}
	let executor = executor.build();

	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts_record_import::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			true,
			Default::default(),
		)?;
	let client = Arc::new(client);

	let telemetry_worker_handle = telemetry.as_ref().map(|(worker, _)| worker.handle());
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let para_import = ParachainBlockImport::new(client.clone(), backend.clone());
	let heaviest = Heaviest::new(client.clone(), client.clone());
	// With a relay chain, it says which block is the best. Without one, the heaviest chain is; alone, there is
	// only one.
	let block_import: BoxBlockImport<Block> = match mode {
		Mode::Parachain => Box::new(para_import.clone()),
		Mode::Local => Box::new(heaviest.clone()),
		Mode::Dev => Box::new(client.clone()),
	};
	let clock = Clock::new(Duration::from_millis(SLOT_DURATION));
	let metrics = Metrics::new(config.prometheus_registry());
	let (report, inbox) = evidence::inbox::<Header>();
	let verifier =
		Verifier::<Block, _>::new(client.clone(), clock, report.clone(), metrics.clone());
	let announcements = verifier.announcements();
	let import_queue = import_queue(
		verifier,
		block_import,
		&task_manager.spawn_essential_handle(),
		config.prometheus_registry(),
	);

	Ok(PartialComponents {
		backend,
		client,
		import_queue,
		keystore_container,
		task_manager,
		transaction_pool,
		select_chain: (),
		other: Others {
			para_import,
			heaviest,
			clock,
			metrics,
			report,
			inbox,
			announcements,
			telemetry,
			telemetry_worker_handle,
		},
	})
}

/// Reports to the chain, as long as the node runs, what nodes signed twice.
pub fn spawn_reports(
	task_manager: &sc_service::TaskManager,
	client: &Arc<FullClient>,
	pool: &Arc<Pool>,
	inbox: Inbox<Header>,
	exchange: Exchange,
	clock: Clock,
	metrics: Metrics,
) {
	let chain = client.clone();
	let make = move |at: Hash, proof: Proof<Header>| -> Result<_, BoxError> {
		let report = chain.runtime_api().equivocation_report(at, proof)?;
		Ok(report.map(|bytes| UncheckedExtrinsic::decode(&mut bytes.as_slice())).transpose()?)
	};
	let make: MakeReport<Block> = Arc::new(make);
	let (client, pool) = (client.clone(), pool.clone());
	task_manager.spawn_handle().spawn(
		"hhcm-reports",
		Some("hhcm"),
		evidence::report(evidence::Params { client, pool, clock, make, inbox, exchange, metrics }),
	);
}

/// Where compiled runtimes are kept, so that not every start compiles the runtime anew (which takes a
/// minute of processor time). Nodes of development networks on one machine share the folder.
fn compiled_code_folder(config: &Configuration) -> Option<PathBuf> {
	if !crate::chain_spec::is_development(&*config.chain_spec) {
		return std::path::absolute(config.base_path.path().join("compiled")).ok();
	}
	let cache = std::env::var_os("XDG_CACHE_HOME")
		.map(PathBuf::from)
		.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
	cache.is_absolute().then(|| cache.join("fusion").join("compiled"))
}

/// Runs offchain workers, if they are wanted.
pub fn spawn_offchain_workers<N>(
	config: &Configuration,
	task_manager: &sc_service::TaskManager,
	client: &Arc<FullClient>,
	backend: &Arc<FullBackend>,
	keystore: sp_keystore::KeystorePtr,
	pool: &Arc<Pool>,
	network: N,
) -> Result<(), Error>
where
	N: sc_offchain::NetworkProvider + Send + Sync + 'static,
{
	use futures::FutureExt;
	use sc_client_api::Backend;

	if !config.offchain_worker.enabled {
		return Ok(());
	}
	let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
		runtime_api_provider: client.clone(),
		keystore: Some(keystore),
		offchain_db: backend.offchain_storage(),
		transaction_pool: Some(sc_transaction_pool_api::OffchainTransactionPoolFactory::new(
			pool.clone(),
		)),
		network_provider: Arc::new(network),
		is_validator: config.role.is_authority(),
		enable_http_requests: false,
		custom_extensions: |_| vec![],
	})?;
	task_manager.spawn_handle().spawn(
		"offchain-workers-runner",
		"offchain-worker",
		workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
	);
	Ok(())
}

/// Builds a node's JSON-RPC methods.
pub type RpcBuilder = Box<dyn Fn(sc_rpc::SubscriptionTaskExecutor) -> Result<RpcModule<()>, Error>>;

/// What builds the methods beside those that every node has.
pub fn rpc_builder(client: &Arc<FullClient>, pool: &Arc<Pool>) -> RpcBuilder {
	let client = client.clone();
	let pool = pool.clone();
	Box::new(move |_| crate::rpc::create(client.clone(), pool.clone()))
}

/// Starts the tasks that every kind of node runs, and its JSON-RPC: with a pool that tells Ethereum's tools
/// why it refuses a transaction. All other parts of the node use the pool itself.
pub fn spawn_tasks(
	params: SpawnTasksParams<'_, Block, FullClient, Pool, (), FullBackend>,
) -> Result<(), Error> {
	let SpawnTasksParams {
		config,
		client,
		backend,
		task_manager,
		keystore,
		transaction_pool,
		rpc_builder,
		network,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		telemetry,
		tracing_execute_block,
	} = params;
	sc_service::spawn_tasks(SpawnTasksParams {
		config,
		transaction_pool: Arc::new(ExplainingPool::new(client.clone(), transaction_pool)),
		client,
		backend,
		task_manager,
		keystore,
		rpc_builder,
		network,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		telemetry,
		tracing_execute_block,
	})?;
	Ok(())
}

/// Starts the Ethereum JSON-RPC, if it is wanted.
pub fn spawn_eth_rpc(
	settings: Option<crate::eth_rpc::Settings>,
	task_manager: &sc_service::TaskManager,
) {
	if let Some(settings) = settings {
		task_manager.spawn_handle().spawn("eth-rpc", None, crate::eth_rpc::keep_running(settings));
	}
}
