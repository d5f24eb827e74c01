//! A development node: one process that makes all blocks by itself.

use std::{sync::Arc, time::Duration};

use fusion_runtime::{opaque::Block, Hash, PARACHAIN_ID};
use futures::{channel::mpsc, StreamExt};
use sc_consensus::LongestChain;
use sc_consensus_manual_seal::{
	consensus::aura::AuraConsensusDataProvider, EngineCommand, ManualSealParams,
};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{error::Error, Configuration, PartialComponents, TaskManager};
use sc_transaction_pool_api::TransactionPool;
use sp_consensus::SyncOracle;
use sp_consensus_aura::Slot;

use crate::{
	chain_spec::Mode,
	cli::{FusionParams, DEFAULT_BLOCK_TIME},
	eth_rpc, members, mock_relay,
	service::{self, FullClient},
};

type InherentError = Box<dyn std::error::Error + Send + Sync>;

/// Inherents of a child of `parent`: its slot is the wall clock's, or the next after its parent's where
/// blocks are made faster than slots pass. So a chain's time never goes back, also over a restart.
fn inherents(
	client: &Arc<FullClient>,
	parent: Hash,
) -> Result<
	(
		sp_timestamp::InherentDataProvider,
		cumulus_client_parachain_inherent::MockValidationDataInherentDataProvider<()>,
	),
	InherentError,
> {
	let now = mock_relay::slot_now();
	let slot = match mock_relay::slot_of(client, parent)? {
		Some(last) if last >= now => Slot::from(*last + 1),
		_ => now,
	};
	let timestamp = slot
		.timestamp(mock_relay::slot_duration())
		.ok_or_else(|| format!("slot {slot:?} is out of range"))?;
	Ok((
		sp_timestamp::InherentDataProvider::new(timestamp),
		mock_relay::validation_data(client, PARACHAIN_ID.into(), parent, slot)?,
	))
}

/// Starts it.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	mut config: Configuration,
	params: &FusionParams,
) -> Result<TaskManager, Error> {
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain: (),
		transaction_pool,
		other: (_, mut telemetry, _),
	} = service::new_partial(&config, Mode::Dev)?;
	let eth_settings = eth_rpc::Settings::new(params, &config);

	// It makes its blocks alone: it has no peers.
	config.network.default_peers_set.in_peers = 0;
	config.network.default_peers_set.out_peers = 0;
	let net_config = FullNetworkConfiguration::<_, _, Net>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
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

	// Records the proof of each block as a collator does, so that unused proof size is reclaimed here as
	// it is there.
	let proposer = sc_basic_authorship::ProposerFactory::new(
		task_manager.spawn_handle(),
		client.clone(),
		transaction_pool.clone(),
		config.prometheus_registry(),
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	);
	let digests =
		AuraConsensusDataProvider::<Block>::new_with_slot_duration(mock_relay::slot_duration());
	let create_inherent_data_providers = {
		let client = client.clone();
		move |parent: Hash, ()| {
			let inherents = inherents(&client, parent);
			async move { inherents }
		}
	};

	let commands_stream = if params.instant_seal {
		transaction_pool.import_notification_stream().map(|_| seal()).boxed()
	} else {
		block_clock(
			Duration::from_millis(params.block_time.unwrap_or(DEFAULT_BLOCK_TIME)),
			&task_manager,
		)
		.boxed()
	};
	task_manager.spawn_essential_handle().spawn_blocking(
		"manual-seal",
		Some("block-authoring"),
		sc_consensus_manual_seal::run_manual_seal(ManualSealParams {
			block_import: client.clone(),
			env: proposer,
			client: client.clone(),
			pool: transaction_pool.clone(),
			commands_stream,
			select_chain: LongestChain::new(backend.clone()),
			consensus_data_provider: Some(Box::new(digests)),
			create_inherent_data_providers,
		}),
	);

	let sync = sync_service.clone();
	members::start(
		members::Params {
			fusion: params,
			base_path: config.base_path.path().join("members"),
			development: true,
			seeds: members::DEVELOPMENT_MEMBERS.map(String::from).to_vec(),
			keystore: keystore_container.keystore(),
			client: client.clone(),
			pool: transaction_pool.clone(),
			way: members::Way::Loopback,
			is_syncing: Arc::new(move || sync.is_major_syncing()),
		},
		&task_manager,
	)?;

	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		Box::new(move |_| crate::rpc::create(client.clone(), pool.clone()))
	};
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		network,
		client,
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool,
		rpc_builder,
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

/// The command to make a block. It is final at once: its author is the only one.
fn seal() -> EngineCommand<Hash> {
	EngineCommand::SealNewBlock {
		create_empty: true,
		finalize: true,
		parent_hash: None,
		sender: None,
	}
}

/// A stream of commands, one every `block_time`.
fn block_clock(
	block_time: Duration,
	task_manager: &TaskManager,
) -> mpsc::Receiver<EngineCommand<Hash>> {
	let (mut commands, stream) = mpsc::channel(1);
	task_manager.spawn_essential_handle().spawn(
		"block-clock",
		Some("block-authoring"),
		async move {
			let mut clock = tokio::time::interval(block_time);
			clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
			loop {
				clock.tick().await;
				// A full channel means that the author is behind: the next tick will do.
				let _ = commands.try_send(seal());
			}
		},
	);
	stream
}
