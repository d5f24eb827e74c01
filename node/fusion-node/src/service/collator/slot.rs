//! What a collator does in a slot: packages, and the block when it is its turn.
//!
//! It keeps to the times of [`fusion_hhcm::worker`], counted from when the relay chain's block was seen. Once
//! another one's block of the slot is there, and has packages that are worth as much as those that are known
//! here, it is left at that: a second one would only take the place of it before the validators.

use std::{
	cmp::Reverse,
	pin::pin,
	time::{Duration, Instant},
};

use cumulus_primitives_core::rpsr_digest::extract_relay_parent_storage_root;
use fusion_hhcm::{
	author::{Assignment, Authored, BlockLimits},
	claim::{assembly_turns, packaging_turns, AssemblyTurn, PackagingTurn},
	heaviest::{block_weight, packages_in},
	mining::Stop,
	packager::PackageLimits,
	round::{Parent, SlotView},
	signing::our_keys,
};
use fusion_hhcm_primitives::digest::Claim;
use fusion_runtime::{opaque::Block, Hash, Header};
use futures::{
	future::{pending, select, Either},
	StreamExt,
};
use sc_client_api::{Backend, BlockBackend, BlockchainEvents, ImportNotifications};
use sp_blockchain::Backend as _;
use sp_consensus::BlockOrigin;

use super::{failed, Collator, Place, Skipped, LOG, PROOF_PERCENT};
use crate::service::FullClient;

/// How often it is looked whether all winners' packages are there.
const LOOK: Duration = Duration::from_millis(25);

async fn sleep_until(time: Instant) {
	tokio::time::sleep_until(time.into()).await;
}

impl Collator {
	/// Does what this node may do in a slot, which began here at `begun`. Returns its block, not imported yet,
	/// and where it is built.
	pub(super) async fn work(
		&self,
		place: Place,
		view: &SlotView,
		begun: Instant,
	) -> Result<(Place, Authored<Block>), Skipped> {
		let ours = our_keys(&*self.keystore);
		let size = place.validation_data.max_pov_size as usize
			/ usize::from(view.election().groups().max(1));
		let packages = pin!(self.package_in_turn(view, packaging_turns(view, &ours), size, begun));
		let Some(turn) = assembly_turns(view, &ours).into_iter().next() else {
			packages.await;
			return Err(Skipped::Nothing("others assemble in this slot"));
		};
		self.metrics.slot_claimed();
		let blocks = self.client.every_import_notification_stream();
		let stop = Stop::default();
		let block = pin!(self.assemble_in_turn(place, view, turn, begun, stop.clone()));
		let both = async move {
			match select(block, packages).await {
				// With a block there, no packages are wanted any more.
				Either::Left((Ok(made), _)) => Ok(made),
				// They may be of use to another one's block.
				Either::Left((Err(reason), packages)) => {
					packages.await;
					Err(reason)
				},
				Either::Right(((), block)) => block.await,
			}
		};
		let made = tokio::select! {
			biased;
			made = both => made,
			() = self.outrun(view, blocks) => {
				self.metrics.block_lost("outrun");
				Err(Skipped::Nothing("another one's block of the slot is there"))
			},
			() = sleep_until(begun + self.relay_slot) => {
				self.metrics.block_lost("late");
				Err(Skipped::Failed("the slot is over".into()))
			},
		};
		// What is still going on elsewhere ends soon.
		stop.stop();
		made
	}

	/// Makes the packages that this node may make, each when it is its turn and nothing as good was heard.
	async fn package_in_turn(
		&self,
		view: &SlotView,
		turns: Vec<PackagingTurn>,
		size: usize,
		begun: Instant,
	) {
		let context = view.context();
		for turn in turns {
			sleep_until(begun + self.timing.stand_in_wait(turn.steps())).await;
			let best = self.exchange.best_weight(&context, turn.group);
			if best.is_some_and(|best| best >= turn.weight) {
				continue;
			}
			let limits = PackageLimits {
				pool_wait: self.timing.pool,
				until: Instant::now() + self.timing.packaging,
				size,
			};
			match self.packager.package(view, &turn, None, limits).await {
				Ok(package) => {
					let verdict = self.exchange.give(&context, package);
					log::debug!(target: LOG, "packaged group {}: {verdict:?}", turn.group);
				},
				Err(error) => {
					log::warn!(target: LOG, "group {} was not packaged: {error}", turn.group);
				},
			}
		}
	}

	/// Assembles the block when it is this node's turn.
	async fn assemble_in_turn(
		&self,
		place: Place,
		view: &SlotView,
		turn: AssemblyTurn,
		begun: Instant,
		stop: Stop,
	) -> Result<(Place, Authored<Block>), Skipped> {
		let context = view.context();
		// All winners' packages may be there at once, but the relay chain needs this long to settle.
		sleep_until(begun + self.timing.stand_in).await;
		while Instant::now() < begun + self.timing.assembly && !self.exchange.is_complete(&context)
		{
			tokio::time::sleep(LOOK).await;
		}
		tokio::time::sleep(self.timing.wait_of(turn.position)).await;
		log::debug!(
			target: LOG,
			"assembling the block of slot {}, as number {} of the order",
			view.slot(),
			turn.position,
		);
		let place = self.settled(place).await?;
		if self.is_filled(view, place.relay_parent.state_root)? {
			self.metrics.block_lost("outrun");
			return Err(Skipped::Nothing("another one's block of the slot was there before"));
		}
		let packages = self.exchange.best(&context);
		let missing = usize::from(view.election().groups()).saturating_sub(packages.len());
		self.metrics.packages_missed(missing as u64);
		let inherents = self.inherents(&place).await?;
		let solve_until = begun + self.relay_slot.saturating_sub(self.timing.margin);
		let limits = BlockLimits {
			pool_wait: self.timing.pool,
			execute_until: (Instant::now() + self.timing.execution).min(solve_until),
			solve_until,
			size: (place.validation_data.max_pov_size / 100 * PROOF_PERCENT) as usize,
		};
		let view = view.clone();
		let assignment =
			Assignment { view, turn, packages, inherents, digest: vec![], limits, stop };
		let authored = Box::pin(self.author.author(assignment)).await.map_err(|error| {
			self.metrics.block_lost(error.label());
			failed(error)
		})?;
		Ok((place, authored))
	}

	/// Waits until another one's block of this slot is imported with which the slot is settled.
	async fn outrun(&self, view: &SlotView, mut blocks: ImportNotifications<Block>) {
		while let Some(block) = blocks.next().await {
			if block.origin != BlockOrigin::Own && self.settles(view, block.hash, &block.header) {
				return;
			}
		}
		pending::<()>().await;
	}

	/// Whether there is a block with which this slot is settled, made with the relay chain's block whose state
	/// has this root. With another block of the relay chain, it might be one that cannot be backed any more.
	fn is_filled(&self, view: &SlotView, relay_root: Hash) -> Result<bool, Skipped> {
		for hash in self.backend.blockchain().children(view.parent().hash).map_err(failed)? {
			let Some(header) = self.client.header(hash).map_err(failed)? else { continue };
			let relay_parent = extract_relay_parent_storage_root(&header.digest);
			let is_alike = relay_parent.is_some_and(|(root, _)| root == relay_root);
			if is_alike && self.settles(view, hash, &header) {
				return Ok(true);
			}
		}
		Ok(false)
	}

	/// Whether a block is of this slot and parent, and worth no less than one of ours would be. One that leaves
	/// out packages to be the first does not settle the slot.
	fn settles(&self, view: &SlotView, hash: Hash, header: &Header) -> bool {
		let Ok(claim) = Claim::find(&header.digest) else { return false };
		if claim.slot != view.slot() || header.parent_hash != view.parent().hash {
			return false;
		}
		let ours = block_weight(view.election(), &self.exchange.best(&view.context()));
		self.weight(view, hash, &claim) >= ours
	}

	/// What the packages of a block are worth.
	fn weight(&self, view: &SlotView, hash: Hash, claim: &Claim) -> u128 {
		let body = self.client.block_body(hash).ok().flatten().unwrap_or_default();
		let packages = packages_in(&body, claim.packages_root).unwrap_or_default();
		block_weight(view.election(), &packages)
	}

	/// Of all blocks of a slot on top of one parent, the one that is to be built on. The search for a parent
	/// takes any of them, but collators have to agree.
	pub(super) fn best_of_its_slot(&self, found: Header) -> Header {
		let Ok(of) = Claim::find(&found.digest) else { return found };
		let before = Parent::read::<Block, FullClient>(&self.client, found.parent_hash);
		let Ok(view) = before.map(|parent| parent.at(of.slot)) else { return found };
		let relay_parent = extract_relay_parent_storage_root(&found.digest);
		let siblings = self.backend.blockchain().children(found.parent_hash).unwrap_or_default();
		siblings
			.into_iter()
			.filter_map(|hash| {
				let header = self.client.header(hash).ok().flatten()?;
				let claim = Claim::find(&header.digest).ok()?;
				let is_like = claim.slot == of.slot
					&& extract_relay_parent_storage_root(&header.digest) == relay_parent;
				is_like.then(|| {
					let position = view.election().assembly_position(claim.author);
					let weight = self.weight(&view, hash, &claim);
					((weight, Reverse(position.unwrap_or(u32::MAX))), header)
				})
			})
			.max_by_key(|(standing, _)| *standing)
			.map_or(found, |(_, header)| header)
	}
}
