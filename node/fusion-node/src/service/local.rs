//! A local network: several processes with real networking and no relay chain.
//!
//! Authors take turns by Aura on the wall's clock; the relay chain is made up from the same clock
//! ([`mock_relay`]). Finality is a stand-in for development: every node takes a block for final that has
//! [`FINALITY_DEPTH`] blocks on top of it. Only a relay chain gives real finality.

use std::{sync::Arc, time::Duration};

use cumulus_client_parachain_inherent::MockValidationDataInherentDataProvider;
use fusion_runtime::{opaque::Block, Hash, PARACHAIN_ID, SLOT_DURATION};
use futures::{channel::mpsc, StreamExt};
use sc_client_api::{BlockchainEvents, Finalizer, HeaderBackend, StorageProof};
use sc_consensus::{BlockImportParams, LongestChain};
use sc_consensus_manual_seal::{ConsensusDataProvider, EngineCommand, ManualSealParams};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{error::Error, Configuration, PartialComponents, TaskManager};
use sp_api::ProvideRuntimeApi;
use sp_consensus::SyncOracle;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthoritySignature},
	AuraApi, Slot, AURA_ENGINE_ID,
};
use sp_core::crypto::{key_types::AURA, ByteArray};
use sp_inherents::InherentData;
use sp_keystore::KeystorePtr;
use sp_runtime::{Digest, DigestItem};
use sp_timestamp::TimestampInherentData;

use crate::{
	chain_spec::Mode,
	cli::FusionParams,
	eth_rpc, members, mock_relay,
	service::{self, FullClient},
};

/// A block is taken for final when it has so many blocks on top of it.
pub const FINALITY_DEPTH: u32 = 2;

type InherentError = Box<dyn std::error::Error + Send + Sync>;

/// Makes a block ours: the slot before, the seal after.
struct AuraSeal {
	client: Arc<FullClient>,
	keystore: KeystorePtr,
}

fn failed(reason: impl Into<String>) -> sc_consensus_manual_seal::Error {
	sc_consensus_manual_seal::Error::StringError(reason.into())
}

impl ConsensusDataProvider<Block> for AuraSeal {
	fn create_digest(
		&self,
		_parent: &fusion_runtime::Header,
		inherents: &InherentData,
	) -> Result<Digest, sc_consensus_manual_seal::Error> {
		let timestamp = inherents
			.timestamp_inherent_data()
			.ok()
			.flatten()
			.ok_or_else(|| failed("the block has no time"))?;
		let slot = Slot::from_timestamp(timestamp, mock_relay::slot_duration());
		let slot = <DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(slot);
		Ok(Digest { logs: vec![slot] })
	}

	fn append_block_import(
		&self,
		parent: &fusion_runtime::Header,
		params: &mut BlockImportParams<Block>,
		_inherents: &InherentData,
		_proof: StorageProof,
	) -> Result<(), sc_consensus_manual_seal::Error> {
		let slot = sc_consensus_aura::find_pre_digest::<Block, AuthoritySignature>(&params.header)
			.map_err(|error| failed(format!("the block has no slot: {error}")))?;
		let author = our_turn(&self.client, &self.keystore, parent.hash(), slot)
			.ok_or_else(|| failed(format!("slot {slot:?} is not ours")))?;
		let signature = self
			.keystore
			.sr25519_sign(AURA, author.as_ref(), params.header.hash().as_ref())
			.map_err(|error| failed(format!("the block could not be sealed: {error}")))?
			.ok_or_else(|| failed("the block could not be sealed: the author's key is gone"))?;
		params.post_digests.push(DigestItem::Seal(AURA_ENGINE_ID, signature.0.to_vec()));
		Ok(())
	}
}

/// Whose turn it is on top of `parent` in `slot`, if it is ours.
fn our_turn(
	client: &FullClient,
	keystore: &KeystorePtr,
	parent: Hash,
	slot: Slot,
) -> Option<AuthorityId> {
	let authorities = client
		.runtime_api()
		.authorities(parent)
		.map_err(|error| log::warn!("the authors at {parent} are not known: {error}"))
		.ok()?;
	let turn = (*slot).checked_rem(authorities.len() as u64)?;
	let author = authorities.get(usize::try_from(turn).ok()?)?.clone();
	keystore.has_keys(&[(author.to_raw_vec(), AURA)]).then_some(author)
}

/// Waits for the next slot to begin.
async fn next_slot() -> Slot {
	let now = *sp_timestamp::InherentDataProvider::from_system_time();
	let rest = SLOT_DURATION - now.as_millis() % SLOT_DURATION;
	// A little later, so that every clock of the network is in the slot.
	tokio::time::sleep(Duration::from_millis(rest + 50)).await;
	mock_relay::slot_now()
}

/// Asks for a block in every slot that is ours.
async fn watch_slots(
	client: Arc<FullClient>,
	keystore: KeystorePtr,
	mut commands: mpsc::Sender<EngineCommand<Hash>>,
	is_syncing: impl Fn() -> bool,
) {
	loop {
		let slot = next_slot().await;
		if is_syncing() {
			continue;
		}
		let parent = client.info().best_hash;
		match mock_relay::slot_of(&client, parent) {
			Ok(Some(last)) if last >= slot => continue,
			Ok(_) => {},
			Err(error) => {
				log::warn!("slot {slot:?} is skipped: {error}");
				continue;
			},
		}
		if our_turn(&client, &keystore, parent, slot).is_some() {
			// A full channel means that the author is behind: this slot is lost.
			let _ = commands.try_send(EngineCommand::SealNewBlock {
				create_empty: true,
				finalize: false,
				parent_hash: Some(parent),
				sender: None,
			});
		}
	}
}

/// Starts it.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	config: Configuration,
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
	} = service::new_partial(&config, Mode::Local)?;
	let eth_settings = eth_rpc::Settings::new(params, &config);
	let authority = config.role.is_authority();

	let mut net_config = FullNetworkConfiguration::<_, _, Net>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let (dcrm_protocol, dcrm_requests) = fusion_dcrm::network::protocol_config::<Block, Net>();
	net_config.add_request_response_protocol(dcrm_protocol);
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

	if authority {
		let proposer = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			config.prometheus_registry(),
			telemetry.as_ref().map(|telemetry| telemetry.handle()),
		);
		let keystore = keystore_container.keystore();
		let (commands, commands_stream) = mpsc::channel::<EngineCommand<Hash>>(1);
		let sync = sync_service.clone();
		task_manager.spawn_essential_handle().spawn(
			"slots",
			Some("block-authoring"),
			watch_slots(client.clone(), keystore.clone(), commands, move || {
				sync.is_major_syncing()
			}),
		);
		let create_inherent_data_providers = {
			let client = client.clone();
			move |parent: Hash, ()| {
				futures::future::ready(inherents(&client, parent, mock_relay::slot_now()))
			}
		};
		task_manager.spawn_essential_handle().spawn_blocking(
			"aura",
			Some("block-authoring"),
			sc_consensus_manual_seal::run_manual_seal(ManualSealParams {
				block_import: client.clone(),
				env: proposer,
				client: client.clone(),
				pool: transaction_pool.clone(),
				commands_stream,
				select_chain: LongestChain::new(backend.clone()),
				consensus_data_provider: Some(Box::new(AuraSeal {
					client: client.clone(),
					keystore,
				})),
				create_inherent_data_providers,
			}),
		);
	}
	finalize_at_depth(&client, &task_manager);

	let sync = sync_service.clone();
	members::start(
		members::Params {
			fusion: params,
			base_path: config.base_path.path().join("members"),
			development: true,
			// The account of `--alice` and the like is a member as well.
			seeds: config.dev_key_seed.iter().cloned().collect(),
			keystore: keystore_container.keystore(),
			client: client.clone(),
			pool: transaction_pool.clone(),
			way: members::Way::Network { network: network.clone(), requests: dcrm_requests },
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

fn inherents(
	client: &Arc<FullClient>,
	parent: Hash,
	slot: Slot,
) -> Result<
	(sp_timestamp::InherentDataProvider, MockValidationDataInherentDataProvider<()>),
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

/// Takes blocks for final that are deep enough in the best chain.
fn finalize_at_depth(client: &Arc<FullClient>, task_manager: &TaskManager) {
	let client = client.clone();
	let mut imports = client.import_notification_stream();
	task_manager.spawn_handle().spawn("finality-at-depth", None, async move {
		while let Some(notification) = imports.next().await {
			if !notification.is_new_best {
				continue;
			}
			let info = client.info();
			let Some(number) = info.best_number.checked_sub(FINALITY_DEPTH) else { continue };
			if number <= info.finalized_number {
				continue;
			}
			match client.hash(number) {
				Ok(Some(hash)) => {
					if let Err(error) = client.finalize_block(hash, None, true) {
						log::warn!("block {number} ({hash}) could not be finalized: {error}");
					}
				},
				Ok(None) => log::warn!("block {number} is not in the best chain"),
				Err(error) => log::warn!("block {number} could not be looked up: {error}"),
			}
		}
	});
}
