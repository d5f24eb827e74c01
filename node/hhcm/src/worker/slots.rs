//! Working in every slot by the wall's clock.

use std::{
	collections::BTreeSet,
	pin::pin,
	time::{Duration, Instant},
};

use fusion_hhcm_primitives::{api::HhcmApi, digest::Claim, AuthorityId, Slot};
use futures::{
	future::{pending, select, Either},
	FutureExt, StreamExt,
};
use parking_lot::Mutex;
use sc_block_builder::BlockBuilderApi;
use sc_client_api::{BlockBackend, BlockchainEvents, ImportNotifications};
use sc_transaction_pool_api::TransactionPool;
use sp_api::{CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};

use super::Worker;
use crate::{
	author::AuthorError,
	claim::{assembly_turns, packaging_turns, AssemblyTurn, PackagingTurn},
	heaviest::{block_weight, full_weight, packages_in, Entrant},
	mining::Stop,
	round::SlotView,
	signing::our_keys,
	LOG_TARGET,
};

/// How often it is looked whether all winners' packages are there.
const LOOK: Duration = Duration::from_millis(25);

/// What happened while this node worked on a slot.
enum Event {
	/// Its own block was imported, or will not be.
	Finished(Result<H256, AuthorError>),
	/// Another one's block of the slot was imported.
	Outrun(H256),
	/// Another block is the best: this slot has to be begun anew.
	NewParent,
	/// The slot is over.
	Over,
}

/// A slot on top of a parent, and when it was begun and ends here.
struct Work<'a> {
	view: &'a SlotView,
	began: Instant,
	ends: Instant,
	/// The best of the others' blocks of the slot that was seen so far.
	rival: Mutex<Option<Entrant>>,
}

impl Work<'_> {
	/// Notes another one's block.
	fn note(&self, rival: Entrant) {
		let mut best = self.rival.lock();
		if best.is_none_or(|best| rival.beats(&best)) {
			*best = Some(rival);
		}
	}
}

async fn sleep_until(time: Instant) {
	tokio::time::sleep_until(time.into()).await;
}

impl<Block, Client, Pool> Worker<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block>
		+ CallApiAt<Block>
		+ HeaderBackend<Block>
		+ BlockchainEvents<Block>
		+ BlockBackend<Block>
		+ Send
		+ Sync
		+ 'static,
	Client::Api: HhcmApi<Block> + BlockBuilderApi<Block>,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// Works in every slot, for ever. Slots are let pass while `is_syncing`.
	pub async fn run(self, is_syncing: impl Fn() -> bool + Send) {
		let mut imports = self.client.every_import_notification_stream();
		let mut last = None;
		loop {
			let (slot, ends) = self.clock.next(last).await;
			last = Some(slot);
			self.metrics.slot_seen();
			if is_syncing() {
				// Else they would pile up.
				while imports.next().now_or_never().flatten().is_some() {}
				continue;
			}
			while self.begin(slot, ends, &mut imports).await {}
			self.report_evidence();
		}
	}

	/// Works on a slot, on top of the block that is the best now. `true` if that was another one in the end.
	async fn begin(
		&self,
		slot: Slot,
		ends: Instant,
		imports: &mut ImportNotifications<Block>,
	) -> bool {
		while imports.next().now_or_never().flatten().is_some() {}
		let ours = our_keys(&*self.keystore);
		let (view, rival) = match self.look_at(slot, &ours) {
			Ok(Some(found)) => found,
			Ok(None) => return false,
			Err(error) => {
				log::warn!(target: LOG_TARGET, "slot {slot} is let pass: {error}");
				return false;
			},
		};
		let assembly = assembly_turns(&view, &ours).into_iter().next();
		let packaging = packaging_turns(&view, &ours);
		if assembly.is_some() {
			self.metrics.slot_claimed();
		}
		let stop = Stop::default();
		let work = Work { view: &view, began: Instant::now(), ends, rival: Mutex::new(rival) };
		if rival.is_some_and(|rival| !self.would_beat(&work, assembly.as_ref(), &rival)) {
			return false;
		}
		self.exchange.open(&view);

		let event = tokio::select! {
			biased;
			event = self.work(&work, packaging, assembly.as_ref(), stop.clone()) => event,
			event = self.watch(&work, assembly.as_ref(), imports) => event,
			() = sleep_until(ends) => Event::Over,
		};
		// What is still going on elsewhere ends soon.
		stop.stop();
		self.note(slot, assembly.is_some(), &event);
		matches!(event, Event::NewParent)
	}

	/// What to work on in a slot: on top of the block that is the best now. If that is of this slot already,
	/// because somebody's clock is a little ahead, or is said to be, on top of its parent, as if it had come
	/// later: who is early does not win the race. `None` if there is nothing to do.
	fn look_at(
		&self,
		slot: Slot,
		ours: &BTreeSet<AuthorityId>,
	) -> Result<Option<(SlotView, Option<Entrant>)>, AuthorError> {
		let best = self.client.info().best_hash;
		let parent = self.parent(best)?;
		if parent.round.last_slot < slot {
			return Ok(Some((parent.at(slot), None)));
		}
		let Some(header) = self.client.header(best)? else { return Ok(None) };
		let Ok(claim) = Claim::find(header.digest()) else { return Ok(None) };
		if claim.slot != slot {
			return Ok(None);
		}
		let view = self.parent(*header.parent_hash())?.at(slot);
		if view.authority(claim.author).is_some_and(|author| ours.contains(author)) {
			return Ok(None);
		}
		let rival = self.entrant(&view, best, &claim);
		Ok(Some((view, Some(rival))))
	}

	/// Says how a slot ended.
	fn note(&self, slot: Slot, claimed: bool, event: &Event) {
		let lost = match event {
			Event::Finished(Ok(_)) => return,
			Event::Finished(Err(error @ AuthorError::Stopped)) => {
				log::debug!(target: LOG_TARGET, "slot {slot}: no block was made: {error}");
				error.label()
			},
			Event::Finished(Err(error)) => {
				log::warn!(target: LOG_TARGET, "slot {slot}: no block was made: {error}");
				error.label()
			},
			Event::Outrun(hash) => {
				log::debug!(target: LOG_TARGET, "slot {slot}: block {hash} was first");
				"outrun"
			},
			Event::NewParent => "new_parent",
			Event::Over => "late",
		};
		if claimed {
			self.metrics.block_lost(lost);
		}
	}

	/// Does what this node may do in a slot. Ends when its block is imported, or failed.
	async fn work(
		&self,
		work: &Work<'_>,
		packaging: Vec<PackagingTurn>,
		assembly: Option<&AssemblyTurn>,
		stop: Stop,
	) -> Event {
		let block = pin!(async move {
			match assembly {
				Some(turn) => self.assemble_in_turn(work, turn, stop).await,
				None => pending().await,
			}
		});
		let packages = pin!(self.package_in_turn(work, packaging));
		let result = match select(block, packages).await {
			// With a block there, no packages are wanted any more.
			Either::Left((Ok(hash), _)) => Ok(hash),
			// They may be of use to another one's block.
			Either::Left((Err(error), packages)) => {
				packages.await;
				Err(error)
			},
			Either::Right(((), block)) => block.await,
		};
		Event::Finished(result)
	}

	/// Makes the packages that this node may make, each when it is its turn and nothing as good was heard.
	async fn package_in_turn(&self, work: &Work<'_>, turns: Vec<PackagingTurn>) {
		let context = work.view.context();
		for turn in turns {
			sleep_until(work.began + self.timing.stand_in_wait(turn.steps())).await;
			let best = self.exchange.best_weight(&context, turn.group);
			if best.is_none_or(|best| best < turn.weight) {
				self.make_package(work.view, &turn).await;
			}
		}
	}

	/// Assembles the block when it is this node's turn.
	async fn assemble_in_turn(
		&self,
		work: &Work<'_>,
		turn: &AssemblyTurn,
		stop: Stop,
	) -> Result<H256, AuthorError> {
		let context = work.view.context();
		let begin = work.began + self.timing.assembly;
		while Instant::now() < begin && !self.exchange.is_complete(&context) {
			tokio::time::sleep(LOOK).await;
		}
		tokio::time::sleep(self.timing.wait_of(turn.position)).await;
		let rival = *work.rival.lock();
		if rival.is_some_and(|rival| !self.would_beat(work, Some(turn), &rival)) {
			return Err(AuthorError::Stopped);
		}
		let authored = self.assemble(work.view, turn, work.ends, stop).await?;
		Ok(self.import(authored, false).await?.hash)
	}

	/// Waits until there is no sense any more in working on a slot.
	async fn watch(
		&self,
		work: &Work<'_>,
		turn: Option<&AssemblyTurn>,
		imports: &mut ImportNotifications<Block>,
	) -> Event {
		let view = work.view;
		while let Some(notification) = imports.next().await {
			let header = &notification.header;
			let claim = Claim::find(header.digest()).ok();
			match claim.filter(|claim| claim.slot == view.slot()) {
				Some(claim) if *header.parent_hash() == view.parent().hash => {
					let rival = self.entrant(view, notification.hash, &claim);
					work.note(rival);
					if !self.would_beat(work, turn, &rival) {
						return Event::Outrun(notification.hash);
					}
				},
				// Of this slot, on a parent that is not the best.
				Some(_) => (),
				None if notification.is_new_best => return Event::NewParent,
				None => (),
			}
		}
		pending().await
	}

	/// Another one's block of a slot.
	fn entrant(&self, view: &SlotView, hash: H256, claim: &Claim) -> Entrant {
		let body = self.client.block_body(hash).ok().flatten().unwrap_or_default();
		let packages = packages_in(&body, claim.packages_root).unwrap_or_default();
		Entrant {
			weight: block_weight(view.election(), &packages),
			position: view.election().assembly_position(claim.author).unwrap_or(u32::MAX),
		}
	}

	/// Whether this node's block would be better than another one's. Whoever leaves out packages to be the
	/// first does not win the race, nor does who is faster than a node before it in the assembly order.
	///
	/// As long as packages are made, all of them may still come.
	fn would_beat(&self, work: &Work<'_>, turn: Option<&AssemblyTurn>, rival: &Entrant) -> bool {
		let election = work.view.election();
		let weight = if Instant::now() < work.began + self.timing.assembly {
			full_weight(election)
		} else {
			block_weight(election, &self.exchange.best(&work.view.context()))
		};
		let position = turn.map_or(u32::MAX, |turn| turn.position);
		Entrant { weight, position }.beats(rival)
	}
}
