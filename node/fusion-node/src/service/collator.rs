//! A collator: makes blocks for the relay chain's slots, and offers them to the validators that are assigned
//! to this parachain.
//!
//! Once for each new block of the relay chain that has a place for us:
//!
//! ```text
//!  relay chain block ──▶ parent to build on ──▶ packages ──▶ block ──▶ import, announce ──▶ validators
//!   (slot, our core)      (not yet included       (gossip)    (HHCM)
//!                          ones as well)
//! ```
//!
//! The relay chain's slot is the block's. Which of the blocks of a slot becomes part of the chain is for the
//! relay chain to say: it takes the first one that its validators back. What a collator does within a slot,
//! and when it leaves it to another one, is in [`slot`].

mod slot;

use std::{
	sync::Arc,
	time::{Duration, Instant},
};

use codec::Encode;
use cumulus_client_collator::service::{CollatorService, ServiceInterface};
use cumulus_client_consensus_common::{
	find_parent_for_building, get_relay_slot_and_timestamp, ParachainCandidate, ParentSearchParams,
};
use cumulus_client_parachain_inherent::ParachainInherentDataProvider;
use cumulus_primitives_aura::AuraUnincludedSegmentApi;
use cumulus_primitives_core::{
	relay_chain::BlockId as RelayBlockId, KeyToIncludeInRelayProof, ParaId, PersistedValidationData,
};
use cumulus_relay_chain_interface::{OverseerHandle, RelayChainInterface};
use fusion_hhcm::{
	author::{Author, Authored},
	evidence::Reporter,
	gossip::Exchange,
	grouping::Grouping,
	guard::Guard,
	metrics::Metrics,
	packager::Packager,
	round::{Parent, SlotView},
	timing::Timing,
};
use fusion_hhcm_primitives::Slot;
use fusion_runtime::{opaque::Block, Hash, Header};
use futures::{FutureExt, StreamExt};
use polkadot_node_primitives::{MaybeCompressedPoV, PoV, SegmentCollation, SubmitSegmentParams};
use polkadot_node_subsystem::messages::{CollationGenerationMessage, CollatorProtocolMessage};
use polkadot_parachain_primitives::primitives::BlockData;
use polkadot_primitives::{
	CandidateDescriptorVersion, CollatorPair, CoreIndex, Header as RelayHeader,
	OccupiedCoreAssumption, ValidationCode,
};
use sc_client_api::{Backend, StateBackend, TrieCacheContext};
use sc_consensus::{BlockImport, ForkChoiceStrategy, ImportResult};
use sp_api::ProvideRuntimeApi;
use sp_inherents::{InherentData, InherentDataProvider};
use sp_keystore::{Keystore, KeystorePtr};
use sp_runtime::BoundedVec;
use sp_timestamp::Timestamp;

use crate::service::{FullBackend, FullClient, ParaImport, Pool};

/// The target of the log.
const LOG: &str = "collator";
/// The part of the largest proof that a block may fill, in percent: the rest is for what the proof of a
/// finished block has beside what was measured while it was made.
const PROOF_PERCENT: u32 = 85;

/// Why there is no block of ours for a block of the relay chain.
#[derive(Debug, thiserror::Error)]
enum Skipped {
	/// As it should be.
	#[error("{0}")]
	Nothing(&'static str),
	/// Something failed.
	#[error("{0}")]
	Failed(String),
}

fn failed(error: impl std::fmt::Display) -> Skipped {
	Skipped::Failed(error.to_string())
}

/// Says which block is offered to validators in the place of a sound one, for tests of what they do about it. It is
/// given the keys, the slot and the sound block, which the node has imported. `None` if that one is offered.
pub type Tamper = Arc<dyn Fn(&dyn Keystore, &SlotView, &Block) -> Option<Block> + Send + Sync>;

/// What a collator works with.
pub struct Params {
	/// The client.
	pub client: Arc<FullClient>,
	/// Its database.
	pub backend: Arc<FullBackend>,
	/// Imports our blocks.
	pub import: ParaImport,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// Where our keys are.
	pub keystore: KeystorePtr,
	/// Sees to it that nothing is signed twice.
	pub guard: Arc<Guard>,
	/// Where packages are exchanged.
	pub exchange: Exchange,
	/// What operators see.
	pub metrics: Metrics,
	/// Is given evidence against nodes.
	pub report: Reporter<Header>,
	/// The relay chain.
	pub relay: Arc<dyn RelayChainInterface>,
	/// The relay chain node's subsystems.
	pub overseer: OverseerHandle,
	/// Length of the relay chain's slots.
	pub relay_slot: Duration,
	/// Which parachain we are.
	pub para_id: ParaId,
	/// Signs what we offer to validators.
	pub collator_key: CollatorPair,
	/// Where validators reach us.
	pub peer: sc_network::PeerId,
	/// Announces our blocks.
	pub announce: Arc<dyn Fn(Hash, Option<Vec<u8>>) + Send + Sync>,
	/// Offers something else, for tests.
	pub tamper: Option<Tamper>,
}

/// A collator at work.
struct Collator {
	client: Arc<FullClient>,
	backend: Arc<FullBackend>,
	import: ParaImport,
	keystore: KeystorePtr,
	exchange: Exchange,
	metrics: Metrics,
	report: Reporter<Header>,
	relay: Arc<dyn RelayChainInterface>,
	overseer: OverseerHandle,
	relay_slot: Duration,
	para_id: ParaId,
	peer: sc_network::PeerId,
	timing: Timing,
	service: CollatorService<Block, FullClient, FullClient>,
	packager: Packager<Block, FullClient, Pool>,
	author: Author<Block, FullClient, Pool>,
	/// Parent and slot of our last block: there is no second one.
	sealed: Option<(Hash, Slot)>,
	tamper: Option<Tamper>,
}

/// Where a block is to be made.
struct Place {
	relay_parent: RelayHeader,
	core: CoreIndex,
	slot: Slot,
	timestamp: Timestamp,
	parent: Header,
	validation_data: PersistedValidationData,
}

/// Collates until the relay chain node ends.
pub async fn run(params: Params) {
	let Params { client, pool, keystore, guard, metrics, mut overseer, .. } = params;
	cumulus_client_collator::initialize_collator_subsystems(
		&mut overseer,
		params.collator_key,
		params.para_id,
		false,
	)
	.await;
	// Any slot may be ours.
	overseer.send_msg(CollatorProtocolMessage::ConnectToBackingGroups, "Collator").await;
	let mut imports = match params.relay.import_notification_stream().await {
		Ok(imports) => imports,
		Err(error) => {
			log::error!(target: LOG, "blocks of the relay chain are not notified: {error}");
			return;
		},
	};
	let grouping = Arc::new(Grouping::default());
	let mut collator = Collator {
		packager: Packager::new(
			client.clone(),
			pool.clone(),
			keystore.clone(),
			guard.clone(),
			grouping.clone(),
			metrics.clone(),
		),
		author: Author::new(client.clone(), pool, keystore.clone(), guard, grouping),
		service: CollatorService::new(client.clone(), params.announce, client.clone()),
		timing: Timing::for_slots(params.relay_slot),
		client,
		backend: params.backend,
		import: params.import,
		keystore,
		exchange: params.exchange,
		metrics,
		report: params.report,
		relay: params.relay,
		overseer,
		relay_slot: params.relay_slot,
		para_id: params.para_id,
		peer: params.peer,
		sealed: None,
		tamper: params.tamper,
	};
	while let Some(mut relay_parent) = imports.next().await {
		// While we were at work, the relay chain may have gone on: only its newest block is of use.
		while let Some(Some(newer)) = imports.next().now_or_never() {
			relay_parent = newer;
		}
		let number = relay_parent.number;
		match Box::pin(collator.collate(relay_parent)).await {
			Ok(hash) => log::info!(target: LOG, "offered {hash} at relay chain block {number}"),
			Err(Skipped::Nothing(reason)) => {
				log::debug!(target: LOG, "no block at relay chain block {number}: {reason}");
			},
			Err(Skipped::Failed(reason)) => {
				log::warn!(target: LOG, "no block at relay chain block {number}: {reason}");
			},
		}
		collator.report_evidence();
	}
}

impl Collator {
	/// Makes a block for a block of the relay chain and offers it to validators.
	async fn collate(&mut self, relay_parent: RelayHeader) -> Result<Hash, Skipped> {
		let begun = Instant::now();
		let place = self.place(relay_parent).await?;
		let parent =
			Parent::read::<Block, FullClient>(&self.client, place.parent.hash()).map_err(failed)?;
		if place.slot <= parent.round.last_slot {
			return Err(Skipped::Nothing("the slot has its block"));
		}
		let view = parent.at(place.slot);
		if self.sealed == Some((view.parent().hash, view.slot())) {
			return Err(Skipped::Nothing("our block of this slot is made"));
		}
		self.exchange.open(&view);
		self.metrics.slot_seen();
		let (place, authored) = Box::pin(self.work(place, &view, begun)).await?;
		self.sealed = Some((view.parent().hash, view.slot()));

		let Authored { mut params, block, hash, proof, claim, transactions, solved_in } = authored;
		// The relay chain decides. Until it has, the longest chain is the best.
		params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
		match self.import.import_block(params).await.map_err(failed)? {
			ImportResult::Imported(_) | ImportResult::AlreadyInChain => (),
			other => return Err(failed(format!("our block was not imported: {other:?}"))),
		}
		self.metrics.slot_won(claim.rank, solved_in);
		log::info!(
			target: fusion_hhcm::LOG_TARGET,
			"assembled block {} ({hash}) in slot {}, group {} rank {}: {transactions} transactions, \
			 ticket solved in {} ms",
			block.header.number,
			claim.slot,
			claim.group,
			claim.rank,
			solved_in.as_millis(),
		);
		let other = self.tamper.as_ref().and_then(|tamper| tamper(&*self.keystore, &view, &block));
		if other.is_none() {
			// Others check it before they import it: nobody has to vouch for it.
			self.service.announce_block(hash, None);
		}
		self.offer(place, hash, ParachainCandidate { block, proof }, other).await?;
		Ok(hash)
	}

	/// Hands on the evidence that was found.
	fn report_evidence(&self) {
		for evidence in self.exchange.take_evidence() {
			self.metrics.equivocation();
			(self.report)(evidence.into_proof());
		}
	}

	/// Where to build on top of this block of the relay chain.
	async fn place(&self, relay_parent: RelayHeader) -> Result<Place, Skipped> {
		let at = relay_parent.hash();
		let core = self
			.relay
			.claim_queue(at)
			.await
			.map_err(failed)?
			.into_iter()
			.find_map(|(core, claims)| (claims.front() == Some(&self.para_id)).then_some(core))
			.ok_or(Skipped::Nothing("the relay chain has no place for us"))?;
		let PersistedValidationData { parent_head: pending, max_pov_size, .. } = self
			.relay
			.persisted_validation_data(at, self.para_id, OccupiedCoreAssumption::Included)
			.await
			.map_err(failed)?
			.ok_or(Skipped::Nothing("the relay chain does not know this parachain"))?;
		let found = find_parent_for_building::<Block>(
			&self.relay,
			&*self.backend,
			self.para_id,
			ParentSearchParams::V2 { scheduling_parent: at },
		)
		.await
		.map_err(failed)?
		.ok_or(Skipped::Nothing("there is no block to build on yet"))?;
		let parent = if pending.0 == found.best_parent_header.encode() {
			// The relay chain has chosen it.
			found.best_parent_header
		} else {
			self.best_of_its_slot(found.best_parent_header)
		};
		if !self.service.check_block_status(parent.hash(), &parent) {
			return Err(Skipped::Nothing("the block to build on is not there yet"));
		}
		let (slot, timestamp) = get_relay_slot_and_timestamp(&relay_parent, self.relay_slot)
			.ok_or(Skipped::Nothing("the relay chain's block has no slot"))?;
		let included = found.included_at_scheduling.hash();
		// The runtime does not know its own last block's hash: on top of the included one there is room.
		let room = parent.hash() == included
			|| self
				.client
				.runtime_api()
				.can_build_upon(parent.hash(), included, slot)
				.map_err(failed)?;
		if !room {
			return Err(Skipped::Nothing("enough blocks wait for inclusion, or the slot has one"));
		}
		let validation_data = PersistedValidationData {
			parent_head: parent.encode().into(),
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.state_root,
			max_pov_size,
		};
		Ok(Place { relay_parent, core, slot, timestamp, parent, validation_data })
	}

	/// Where to build, now that the relay chain has settled: two of its validators may have made a block for the
	/// same slot, and only one of these goes on.
	async fn settled(&self, place: Place) -> Result<Place, Skipped> {
		let best = self.relay.best_block_hash().await.map_err(failed)?;
		if best == place.relay_parent.hash() {
			return Ok(place);
		}
		let header = self
			.relay
			.header(RelayBlockId::Hash(best))
			.await
			.map_err(failed)?
			.ok_or_else(|| failed("the relay chain's best block is not known"))?;
		let other = self.place(header).await?;
		if other.slot == place.slot && other.parent.hash() == place.parent.hash() {
			Ok(other)
		} else {
			Err(Skipped::Nothing("the relay chain went on"))
		}
	}

	/// What the inherents are made from, but for the packages.
	async fn inherents(&self, place: &Place) -> Result<InherentData, Skipped> {
		let proof_request =
			self.client.runtime_api().keys_to_prove(place.parent.hash()).map_err(failed)?;
		let relay = ParachainInherentDataProvider::create_at(
			place.relay_parent.hash(),
			&self.relay,
			&place.validation_data,
			self.para_id,
			Vec::new(),
			proof_request,
			self.peer,
		)
		.await
		.ok_or_else(|| failed("the relay chain's state could not be read"))?;
		let mut data = InherentData::new();
		relay.provide_inherent_data(&mut data).await.map_err(failed)?;
		data.put_data(sp_timestamp::INHERENT_IDENTIFIER, &place.timestamp).map_err(failed)?;
		Ok(data)
	}

	/// Offers a block that has been imported, or in its place another one of the same messages.
	async fn offer(
		&mut self,
		place: Place,
		hash: Hash,
		candidate: ParachainCandidate<Block>,
		other: Option<Block>,
	) -> Result<(), Skipped> {
		let relay_parent = place.relay_parent.hash();
		let session_index =
			self.relay.session_index_for_child(relay_parent).await.map_err(failed)?;
		let validation_code_hash = self.code_of(place.parent.hash())?.hash();
		let (mut collation, mut data) = self
			.service
			.build_collation(&place.parent, hash, candidate, None)
			.ok_or_else(|| failed("the block cannot be made into a collation"))?;
		if let (Some(other), [block]) = (other, data.blocks_mut()) {
			*block = other;
			collation.head_data = block.header.encode().into();
			let block_data = BlockData(data.encode());
			collation.proof_of_validity = MaybeCompressedPoV::Raw(PoV { block_data });
		}
		data.log_size_info();
		let collation = SegmentCollation {
			relay_parent,
			collation,
			validation_code_hash,
			session_index,
			validation_data: place.validation_data,
		};
		let segment = SubmitSegmentParams {
			scheduling_parent: relay_parent,
			core_index: place.core,
			candidates_descriptor_version: CandidateDescriptorVersion::V2,
			collations: BoundedVec::truncate_from(vec![collation]),
		};
		self.overseer
			.send_msg(CollationGenerationMessage::SubmitSegment(segment), "Collator")
			.await;
		Ok(())
	}

	/// The runtime in the state after a block.
	fn code_of(&self, block: Hash) -> Result<ValidationCode, Skipped> {
		let state = self.backend.state_at(block, TrieCacheContext::Untrusted).map_err(failed)?;
		let code = state
			.storage(sp_core::storage::well_known_keys::CODE)
			.map_err(failed)?
			.ok_or_else(|| failed(format!("the state of {block} has no runtime")))?;
		Ok(ValidationCode::from(code))
	}
}
