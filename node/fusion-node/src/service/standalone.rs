//! A node without a relay chain: what development nodes and nodes of local networks have in common.
//!
//! The relay chain is made up from the clock ([`mock_relay`]), and a block is made when there is a command
//! for it. Who gives the commands, which slot a block is of and what makes it final is for the kind of node
//! to say: [`dev`](super::dev) and [`local`](super::local).

use std::sync::Arc;

use fusion_runtime::{opaque::Block, Hash, PARACHAIN_ID};
use futures::Stream;
use sc_consensus::LongestChain;
use sc_consensus_manual_seal::{ConsensusDataProvider, EngineCommand, ManualSealParams};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{error::Error, Configuration, PartialComponents, SpawnTasksParams, TaskManager};
use sc_telemetry::{Telemetry, TelemetryHandle};
use sp_consensus::SyncOracle;
use sp_consensus_aura::Slot;
use sp_keystore::KeystorePtr;

use crate::{
	chain_spec::Mode,
	cli::FusionParams,
	eth_rpc, members, mock_relay,
	service::{self, FullBackend, FullClient, Pool},
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

/// The parts of a node that the making of blocks needs.
pub struct Parts<'a> {
	/// The node's configuration.
	pub config: &'a Configuration,
	/// The client.
	pub client: &'a Arc<FullClient>,
	/// The transaction pool.
	pub pool: &'a Arc<Pool>,
	/// The keystore.
	pub keystore: KeystorePtr,
	/// Whether the node is still catching up with the chain.
	pub is_syncing: IsSyncing,
	/// Runs the node's tasks.
	pub task_manager: &'a TaskManager,
	backend: &'a Arc<FullBackend>,
	telemetry: Option<TelemetryHandle>,
}

impl Parts<'_> {
	/// Starts the task `name`, which makes a block for each of `commands`: in the slot that `slot_on` says
	/// for a block on top of a parent, and with the digests of `digests`.
	pub fn seal(
		&self,
		name: &'static str,
		commands: impl Stream<Item = EngineCommand<Hash>> + Send + Unpin + 'static,
		digests: impl ConsensusDataProvider<Block> + 'static,
		slot_on: impl Fn(Hash) -> Result<Slot, InherentError> + Send + Sync + 'static,
	) {
		// Records the proof of each block as a collator does, so that unused proof size is reclaimed here as
		// it is there.
		let proposer = sc_basic_authorship::ProposerFactory::new(
			self.task_manager.spawn_handle(),
			self.client.clone(),
			self.pool.clone(),
			self.config.prometheus_registry(),
			self.telemetry.clone(),
		);
		let create_inherent_data_providers = {
			let client = self.client.clone();
			move |parent: Hash, ()| {
				futures::future::ready(
					slot_on(parent).and_then(|slot| inherents(&client, parent, slot)),
				)
			}
		};
		self.task_manager.spawn_essential_handle().spawn_blocking(
			name,
			Some("block-authoring"),
			sc_consensus_manual_seal::run_manual_seal(ManualSealParams {
				block_import: self.client.clone(),
				env: proposer,
				client: self.client.clone(),
				pool: self.pool.clone(),
				commands_stream: commands,
				select_chain: LongestChain::new(self.backend.clone()),
				consensus_data_provider: Some(Box::new(digests)),
				create_inherent_data_providers,
			}),
		);
	}
}

/// What a child of `parent` that is made in `slot` says of the time and of the relay chain.
fn inherents(
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

/// Starts a node. `author` is called once, to start what makes its blocks and what makes them final.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	mut config: Configuration,
	params: &FusionParams,
	peers: Peers,
	author: impl FnOnce(&Parts<'_>),
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
		other: (_, mut telemetry, _),
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
	let metrics = Net::register_notification_metrics(config.prometheus_registry());
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: None,
			block_relay: None,
			metrics,
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
	author(&Parts {
		config: &config,
		client: &client,
		pool: &transaction_pool,
		keystore: keystore_container.keystore(),
		is_syncing: is_syncing.clone(),
		task_manager: &task_manager,
		backend: &backend,
		telemetry: telemetry.as_ref().map(Telemetry::handle),
	});

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
			is_syncing,
		},
		&task_manager,
	)?;

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
