//! A local network: several processes with real networking and no relay chain.
//!
//! Authors take turns by Aura on the wall's clock; the relay chain is made up from the same clock
//! ([`mock_relay`]). Finality is a stand-in for development: every node takes a block for final that has
//! [`FINALITY_DEPTH`] blocks on top of it. Only a relay chain gives real finality.

use std::{sync::Arc, time::Duration};

use fusion_runtime::{opaque::Block, Hash, SLOT_DURATION};
use futures::{channel::mpsc, StreamExt};
use parking_lot::Mutex;
use sc_client_api::{BlockchainEvents, Finalizer, HeaderBackend, StorageProof};
use sc_consensus::BlockImportParams;
use sc_consensus_manual_seal::{ConsensusDataProvider, EngineCommand};
use sc_network::NetworkBackend;
use sc_service::{error::Error, Configuration, TaskManager};
use sp_api::ProvideRuntimeApi;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthoritySignature},
	AuraApi, Slot, AURA_ENGINE_ID,
};
use sp_core::crypto::{key_types::AURA, ByteArray};
use sp_inherents::InherentData;
use sp_keystore::KeystorePtr;
use sp_runtime::{Digest, DigestItem};

use crate::{
	cli::FusionParams,
	mock_relay,
	service::{
		standalone::{self, InherentError, IsSyncing, Parts, Peers},
		FullClient,
	},
};

/// A block is taken for final when it has so many blocks on top of it.
pub const FINALITY_DEPTH: u32 = 2;

/// A slot that is ours to make a block in, on top of `parent`.
struct Turn {
	parent: Hash,
	slot: Slot,
	author: AuthorityId,
}

/// The turn whose block is being made: set by the command to make it, taken by the seal. So nobody asks a
/// second time whose turn it is, and no turn makes two blocks.
#[derive(Clone, Default)]
struct CurrentTurn(Arc<Mutex<Option<Turn>>>);

impl CurrentTurn {
	/// Begins with a turn: the command to make its block.
	fn begin(&self, turn: Turn) -> EngineCommand<Hash> {
		let parent_hash = Some(turn.parent);
		*self.0.lock() = Some(turn);
		EngineCommand::SealNewBlock {
			create_empty: true,
			finalize: false,
			parent_hash,
			sender: None,
		}
	}

	/// The slot of the block.
	fn slot(&self) -> Result<Slot, String> {
		let turn = self.0.lock();
		turn.as_ref().map(|turn| turn.slot).ok_or_else(|| "it is nobody's turn".into())
	}

	/// The slot of the block, if it is not over: the block would only be a fork of those made since.
	fn slot_in_time(&self) -> Result<Slot, InherentError> {
		let slot = self.slot()?;
		if mock_relay::slot_now() > slot {
			return Err(format!("slot {slot:?} was over before its block was begun").into());
		}
		Ok(slot)
	}
}

/// Makes a block ours: the slot before, the seal after.
struct AuraSeal {
	turn: CurrentTurn,
	keystore: KeystorePtr,
}

fn failed(reason: impl Into<String>) -> sc_consensus_manual_seal::Error {
	sc_consensus_manual_seal::Error::StringError(reason.into())
}

impl ConsensusDataProvider<Block> for AuraSeal {
	fn create_digest(
		&self,
		_parent: &fusion_runtime::Header,
		_inherents: &InherentData,
	) -> Result<Digest, sc_consensus_manual_seal::Error> {
		let slot = self.turn.slot().map_err(failed)?;
		let slot = <DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(slot);
		Ok(Digest { logs: vec![slot] })
	}

	fn append_block_import(
		&self,
		_parent: &fusion_runtime::Header,
		params: &mut BlockImportParams<Block>,
		_inherents: &InherentData,
		_proof: StorageProof,
	) -> Result<(), sc_consensus_manual_seal::Error> {
		let turn = self.turn.0.lock().take().ok_or_else(|| failed("it is nobody's turn"))?;
		let signature = self
			.keystore
			.sr25519_sign(AURA, turn.author.as_ref(), params.header.hash().as_ref())
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
	mut turns: mpsc::Sender<Turn>,
	is_syncing: IsSyncing,
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
		if let Some(author) = our_turn(&client, &keystore, parent, slot) {
			// A full channel means that the author is behind: this slot is lost.
			let _ = turns.try_send(Turn { parent, slot, author });
		}
	}
}

/// Starts it.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	config: Configuration,
	params: &FusionParams,
) -> Result<TaskManager, Error> {
	standalone::start::<Net>(config, params, Peers::Others, |node| {
		if node.config.role.is_authority() {
			author(node);
		}
		finalize_at_depth(node.client, node.task_manager);
	})
}

/// Starts making blocks in our turns.
fn author(node: &Parts<'_>) {
	let (sender, turns) = mpsc::channel::<Turn>(1);
	node.task_manager.spawn_essential_handle().spawn(
		"slots",
		Some("block-authoring"),
		watch_slots(node.client.clone(), node.keystore.clone(), sender, node.is_syncing.clone()),
	);
	let turn = CurrentTurn::default();
	// A turn begins when the author takes it from the channel, so that the block before has its own turn
	// until it is sealed.
	let commands = {
		let current = turn.clone();
		turns.map(move |turn| current.begin(turn))
	};
	let seal = AuraSeal { turn: turn.clone(), keystore: node.keystore.clone() };
	node.seal("aura", commands, seal, move |_parent| turn.slot_in_time());
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
