//! A collator or full node of the parachain, with a relay chain.

use std::{sync::Arc, time::Duration};

use cumulus_client_cli::CollatorOptions;
use cumulus_client_service::{
	build_network, build_relay_chain_interface, prepare_node_config, start_relay_chain_tasks,
	BuildNetworkParams, DARecoveryProfile, ParachainTracingExecuteBlock,
	StartRelayChainTasksParams,
};
use cumulus_primitives_core::ParaId;
use fusion_dcrm::conduct::Conduct;
use fusion_hhcm::{
	gossip::{self, ClientLookup},
	guard::Guard,
};
use fusion_runtime::{opaque::Block, Hash, RELAY_CHAIN_SLOT_DURATION_MILLIS};
use sc_client_api::HeaderBackend;
use sc_consensus::ImportQueue;
use sc_network::{
	config::FullNetworkConfiguration, NetworkBackend, NetworkBlock, NetworkStateInfo,
};
use sc_service::{Configuration, PartialComponents, SpawnTasksParams, TaskManager};
use sc_sysinfo::HwBench;
use sp_consensus::SyncOracle;

use crate::{
	chain_spec::{self, Extensions, Mode},
	cli::FusionParams,
	eth_rpc, feeds, members,
	service::{
		self,
		collator::{self, Params, Tamper},
		triggers, Others,
	},
};

fn application(error: impl std::error::Error + Send + Sync + 'static) -> sc_service::Error {
	sc_service::Error::Application(Box::new(error))
}

/// Starts it.
pub async fn start<Net: NetworkBackend<Block, Hash>>(
	config: Configuration,
	relay_config: Configuration,
	collator_options: CollatorOptions,
	hwbench: Option<HwBench>,
	params: &FusionParams,
	tamper: Option<Tamper>,
	member: Option<Arc<dyn Conduct>>,
) -> Result<TaskManager, sc_service::Error> {
	let config = prepare_node_config(config);
	let para_id = ParaId::from(
		Extensions::try_get(&*config.chain_spec)
			.ok_or("the chain specification does not say the parachain's id (`para_id`)")?
			.para_id,
	);
	let eth_settings = eth_rpc::Settings::new(params, &config);

	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain: (),
		transaction_pool,
		other:
			Others {
				para_import,
				clock,
				metrics,
				report,
				inbox,
				mut telemetry,
				telemetry_worker_handle,
				..
			},
	} = service::new_partial(&config, Mode::Parachain)?;

	let (relay_chain_interface, collator_key, relay_chain_network, _paranode_requests) =
		build_relay_chain_interface(
			relay_config,
			&config,
			telemetry_worker_handle,
			&mut task_manager,
			collator_options,
			hwbench.clone(),
		)
		.await
		.map_err(application)?;

	let validator = config.role.is_authority();
	let prometheus_registry = config.prometheus_registry().cloned();
	let import_queue_service = import_queue.service();
	let mut net_config =
		FullNetworkConfiguration::<_, _, Net>::new(&config.network, prometheus_registry.clone());
	let (dcrm_protocol, dcrm_requests) = fusion_dcrm::network::protocol_config::<Block, Net>();
	net_config.add_request_response_protocol(dcrm_protocol);
	let notifications = Net::register_notification_metrics(prometheus_registry.as_ref());
	let genesis = client.info().genesis_hash;
	let (hhcm_protocol, hhcm_service) = gossip::protocol_config::<Block, Net>(
		genesis,
		notifications.clone(),
		net_config.peer_store_handle(),
	);
	net_config.add_notification_protocol(hhcm_protocol);

	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		build_network(BuildNetworkParams {
			parachain_config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			para_id,
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			relay_chain_interface: relay_chain_interface.clone(),
			import_queue,
			metrics: notifications,
			gap_sync_body_policy: None,
		})
		.await?;

	service::spawn_offchain_workers(
		&config,
		&task_manager,
		&client,
		&backend,
		keystore_container.keystore(),
		&transaction_pool,
		network.clone(),
	)?;

	let (exchange, gossip) = gossip::connect::<Block, _, _>(
		genesis,
		network.clone(),
		sync_service.clone(),
		hhcm_service,
		ClientLookup::<Block, _>::new(client.clone(), clock),
		metrics.clone(),
		prometheus_registry.as_ref(),
	);
	task_manager.spawn_essential_handle().spawn("hhcm-gossip", Some("networking"), gossip);
	service::spawn_reports(
		&task_manager,
		&client,
		&transaction_pool,
		inbox,
		exchange.clone(),
		clock,
		metrics.clone(),
	);

	let sync = sync_service.clone();
	let is_syncing: Arc<dyn Fn() -> bool + Send + Sync> = Arc::new(move || sync.is_major_syncing());
	let hhcm_folder = config.base_path.path().join("hhcm");
	let development = chain_spec::is_development(&*config.chain_spec);
	triggers::start(
		triggers::Params {
			fusion: params,
			seed: config.dev_key_seed.as_deref().filter(|_| development),
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
			development,
			seeds: config.dev_key_seed.iter().filter(|_| development).cloned().collect(),
			keystore: keystore_container.keystore(),
			client: client.clone(),
			pool: transaction_pool.clone(),
			way: members::Way::Network { network: network.clone(), requests: dcrm_requests },
			is_syncing,
			metrics: fusion_dcrm::metrics::Metrics::new(prometheus_registry.as_ref()),
			conduct: member,
		},
		&task_manager,
	)?;

	if params.feeds {
		let sync = sync_service.clone();
		feeds::start(
			feeds::Params {
				fusion: params,
				folder: config.base_path.path().join("feeds"),
				development,
				keystore: keystore_container.keystore(),
				client: client.clone(),
				pool: transaction_pool.clone(),
				is_syncing: Arc::new(move || sync.is_major_syncing()),
			},
			&task_manager,
		)?;
	}

	service::spawn_tasks(SpawnTasksParams {
		rpc_builder: service::rpc_builder(&client, &transaction_pool),
		client: client.clone(),
		transaction_pool: transaction_pool.clone(),
		task_manager: &mut task_manager,
		config,
		keystore: keystore_container.keystore(),
		backend: backend.clone(),
		network,
		sync_service: sync_service.clone(),
		system_rpc_tx,
		tx_handler_controller,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: Some(Arc::new(ParachainTracingExecuteBlock::new(client.clone()))),
	})?;

	if let Some(hwbench) = hwbench {
		sc_sysinfo::print_hwbench(&hwbench);
		if validator {
			if let Err(error) =
				frame_benchmarking_cli::SUBSTRATE_REFERENCE_HARDWARE.check_hardware(&hwbench, false)
			{
				log::warn!("this machine is weaker than a collator should be: {error}");
			}
		}
	}

	let announce_block = {
		let sync_service = sync_service.clone();
		Arc::new(move |hash, data| sync_service.announce_block(hash, data))
	};
	let relay_chain_slot_duration =
		Duration::from_millis(u64::from(RELAY_CHAIN_SLOT_DURATION_MILLIS));
	let overseer_handle = relay_chain_interface.overseer_handle().map_err(application)?;

	start_relay_chain_tasks(StartRelayChainTasksParams {
		client: client.clone(),
		announce_block: announce_block.clone(),
		para_id,
		relay_chain_interface: relay_chain_interface.clone(),
		task_manager: &mut task_manager,
		da_recovery_profile: if validator {
			DARecoveryProfile::Collator
		} else {
			DARecoveryProfile::FullNode
		},
		import_queue: import_queue_service,
		relay_chain_slot_duration,
		recovery_handle: Box::new(overseer_handle.clone()),
		sync_service,
		prometheus_registry: prometheus_registry.as_ref(),
	})?;

	if validator {
		let collator = collator::run(Params {
			client,
			backend,
			import: para_import,
			pool: transaction_pool,
			keystore: keystore_container.keystore(),
			guard: Arc::new(Guard::open(&hhcm_folder, genesis).map_err(application)?),
			exchange,
			metrics,
			report,
			relay: relay_chain_interface,
			overseer: overseer_handle,
			relay_slot: relay_chain_slot_duration,
			para_id,
			collator_key: collator_key.ok_or(
				"a collator needs a collator key, which the relay chain node did not make",
			)?,
			peer: relay_chain_network.local_peer_id(),
			announce: announce_block,
			tamper,
		});
		task_manager.spawn_essential_handle().spawn("collator", Some("block-authoring"), collator);
	}

	service::spawn_eth_rpc(eth_settings, &task_manager);
	Ok(task_manager)
}
