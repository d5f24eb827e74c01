//! A node without a relay chain: what development nodes and nodes of local networks have in common.
//!
//! The relay chain is made up from the clock ([`mock_relay`]). When blocks are made and what makes them final
//! is for the kind of node to say: [`dev`](super::dev) and [`local`](super::local).

use std::sync::Arc;

use fusion_dcrm::conduct::Conduct;
use fusion_hhcm::{
	gossip::{self, ClientLookup, Exchange},
	guard::Guard,
	timing::Timing,
	worker::Params,
	CreateInherents,
};
use fusion_hhcm_primitives::Slot;
use fusion_runtime::{opaque::Block, Hash, PARACHAIN_ID};
use futures::FutureExt;
use sc_client_api::HeaderBackend;
use sc_consensus::BoxBlockImport;
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{error::Error, Configuration, PartialComponents, SpawnTasksParams, TaskManager};
use sp_consensus::SyncOracle;
use sp_inherents::InherentDataProvider;

use crate::{
	chain_spec::Mode,
	cli::FusionParams,
	eth_rpc, feeds, members, mock_relay,
	service::{self, triggers, FullClient, Others, Pool},
};

/// Why a block cannot be made.
pub type InherentError = Box<dyn std::error::Error + Send + Sync>;

/// Whether a node is syncing with others.
pub type IsSyncing = Arc<dyn Fn() -> bool + Send + Sync>;

/// Whom a node speaks with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peers {
	/// Nobody: it makes all blocks, and all members of the first key group are within it.
	Nobody,
	/// The other nodes of its network, with whom it shares the blocks and the key groups.
	Others,
}

/// What packages and blocks are made with.
pub type WorkerParams = Params<Block, FullClient, Pool>;

/// Starts the making of packages and blocks on a local network.
pub type LocalAuthor = fn(Parts<'_>);

/// The parts of a node that the making of blocks needs.
pub struct Parts<'a> {
	/// The client.
	pub client: &'a Arc<FullClient>,
	/// The transaction pool.
	pub pool: &'a Arc<Pool>,
	/// Whether the node is still catching up with the chain.
	pub is_syncing: IsSyncing,
	/// Runs the node's tasks.
	pub task_manager: &'a TaskManager,
	/// What packages and blocks are made with. `None` if the node is to make none.
	pub worker: Option<WorkerParams>,
}

/// Most bytes of a block with its proof.
const BLOCK_SIZE: usize = 4 * 1024 * 1024;

/// Makes the inherents of a child of `parent` in `slot`.
fn create_inherents(client: Arc<FullClient>) -> CreateInherents {
	Arc::new(move |parent: Hash, slot: Slot| {
		let providers = inherents(&client, parent, slot);
		async move { Ok(providers?.create_inherent_data().await?) }.boxed()
	})
}

/// What a child of `parent` that is made in `slot` says of the time and of the relay chain.
pub fn inherents(
	client: &Arc<FullClient>,
	parent: Hash,
	slot: Slot,
) -> Result<
	(
		sp_timestamp::InherentDataProvider,
		cumulus_client_parachain_inherent::MockValidationDataInherentDataProvider<()>,
	),
	InherentError,
> {
	let timestamp = slot
		.timestamp(mock_relay::slot_duration())
		.ok_or_else(|| format!("slot {slot:?} is out of range"))?;
	Ok((
		sp_timestamp::InherentDataProvider::new(timestamp),
		mock_relay::validation_data(client, PARACHAIN_ID.into(), parent, slot)?,
	))
}

/// Starts a node. `author` is called once, to start what makes its blocks and what makes them final. `member` is
/// what its members of key groups do differently from honest ones.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	mut config: Configuration,
	params: &FusionParams,
	peers: Peers,
	member: Option<Arc<dyn Conduct>>,
	author: impl FnOnce(Parts<'_>),
) -> Result<TaskManager, Error> {
	let mode = match peers {
		Peers::Nobody => Mode::Dev,
		Peers::Others => Mode::Local,
	};
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain: (),
		transaction_pool,
		other: Others { heaviest, clock, metrics, report, inbox, announcements, mut telemetry, .. },
	} = service::new_partial(&config, mode)?;
	let eth_settings = eth_rpc::Settings::new(params, &config);

	if peers == Peers::Nobody {
		config.network.default_peers_set.in_peers = 0;
		config.network.default_peers_set.out_peers = 0;
	}
	let mut net_config = FullNetworkConfiguration::<_, _, Net>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let dcrm_requests = match peers {
		Peers::Nobody => None,
		Peers::Others => {
			let (protocol, requests) = fusion_dcrm::network::protocol_config::<Block, Net>();
			net_config.add_request_response_protocol(protocol);
			Some(requests)
		},
	};
	let notifications = Net::register_notification_metrics(config.prometheus_registry());
	let genesis = client.info().genesis_hash;
	let gossip_service = match peers {
		Peers::Nobody => None,
		Peers::Others => {
			let (protocol, service) = gossip::protocol_config::<Block, Net>(
				genesis,
				notifications.clone(),
				net_config.peer_store_handle(),
			);
			net_config.add_notification_protocol(protocol);
			Some(service)
		},
	};
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: Some(Box::new(move |_| {
				Box::new(announcements) as Box<_>
			})),
			warp_sync_config: None,
			block_relay: None,
			metrics: notifications,
			gap_sync_body_policy: None,
		})?;

	service::spawn_offchain_workers(
		&config,
		&task_manager,
		&client,
		&backend,
		keystore_container.keystore(),
		&transaction_pool,
		network.clone(),
	)?;

	let sync = sync_service.clone();
	let is_syncing: IsSyncing = Arc::new(move || sync.is_major_syncing());
	// All nodes of a network pass packages on, also those that make none.
	let exchange = match gossip_service {
		None => Exchange::alone(genesis, metrics.clone()),
		Some(service) => {
			let (exchange, gossip) = gossip::connect::<Block, _, _>(
				genesis,
				network.clone(),
				sync_service.clone(),
				service,
				ClientLookup::<Block, _>::new(client.clone(), clock),
				metrics.clone(),
				config.prometheus_registry(),
			);
			task_manager.spawn_essential_handle().spawn("hhcm-gossip", Some("networking"), gossip);
			exchange
		},
	};
	if peers == Peers::Others {
		service::spawn_reports(
			&task_manager,
			&client,
			&transaction_pool,
			inbox,
			exchange.clone(),
			clock,
			metrics.clone(),
		);
	}
	let (guard, import): (_, BoxBlockImport<Block>) = match peers {
		// Nobody else has its keys, and it makes no fork.
		Peers::Nobody => (Guard::volatile(), Box::new(client.clone())),
		Peers::Others => (
			Guard::open(&config.base_path.path().join("hhcm"), genesis)
				.map_err(|error| Error::Application(Box::new(error)))?,
			Box::new(heaviest),
		),
	};
	let is_author = peers == Peers::Nobody || config.role.is_authority();
	let worker = is_author.then(|| Params {
		client: client.clone(),
		pool: transaction_pool.clone(),
		keystore: keystore_container.keystore(),
		guard: Arc::new(guard),
		import,
		exchange,
		inherents: create_inherents(client.clone()),
		clock,
		timing: Timing::for_slots(clock.slot_duration()),
		block_size: BLOCK_SIZE,
		report,
		metrics,
	});
	author(Parts {
		client: &client,
		pool: &transaction_pool,
		is_syncing: is_syncing.clone(),
		task_manager: &task_manager,
		worker,
	});

	triggers::start(
		triggers::Params {
			fusion: params,
			seed: config.dev_key_seed.as_deref(),
			client: client.clone(),
			pool: transaction_pool.clone(),
			keystore: keystore_container.keystore(),
			is_syncing: is_syncing.clone(),
		},
		&task_manager,
	)?;

	members::start(
		members::Params {
			fusion: params,
			base_path: config.base_path.path().join("members"),
			development: true,
			seeds: member_seeds(&config, peers),
			keystore: keystore_container.keystore(),
			client: client.clone(),
			pool: transaction_pool.clone(),
			way: match dcrm_requests {
				None => members::Way::Loopback,
				Some(requests) => members::Way::Network { network: network.clone(), requests },
			},
			is_syncing: is_syncing.clone(),
			metrics: fusion_dcrm::metrics::Metrics::new(config.prometheus_registry()),
			conduct: member,
		},
		&task_manager,
	)?;

	if peers == Peers::Nobody || params.feeds {
		feeds::start(
			feeds::Params {
				fusion: params,
				folder: config.base_path.path().join("feeds"),
				development: true,
				keystore: keystore_container.keystore(),
				client: client.clone(),
				pool: transaction_pool.clone(),
				is_syncing,
			},
			&task_manager,
		)?;
	}

	service::spawn_tasks(SpawnTasksParams {
		rpc_builder: service::rpc_builder(&client, &transaction_pool),
		network,
		client,
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool,
		backend,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	service::spawn_eth_rpc(eth_settings, &task_manager);
	Ok(task_manager)
}

/// The development keys that a node has as a member of key groups.
fn member_seeds(config: &Configuration, peers: Peers) -> Vec<String> {
	match peers {
		Peers::Nobody => members::DEVELOPMENT_MEMBERS.map(String::from).to_vec(),
		// The account of `--alice` and the like is a member as well.
		Peers::Others => config.dev_key_seed.iter().cloned().collect(),
	}
}
