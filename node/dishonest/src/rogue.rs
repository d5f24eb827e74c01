//! Packages and blocks of a collator that does not keep to the rules.

use std::{
	collections::BTreeMap,
	sync::Arc,
	time::{Duration, Instant},
};

use fusion_hhcm::{
	author::{Assignment, Author, AuthorError, Authored, BlockLimits},
	claim::{assembly_turns, packaging_turns, AssemblyTurn, PackagingTurn},
	gossip::Exchange,
	grouping::Grouping,
	guard::Guard,
	metrics::Metrics,
	mining::Stop,
	packager::{PackageLimits, Packager},
	round::{Parent, SlotView},
	signing::our_keys,
	timing::{Clock, Timing},
	worker::Params,
	CreateInherents,
};
use fusion_hhcm_primitives::{AuthorityId, AuthorityIndex, Package, Packages, Seal, Slot};
use fusion_node::{FullClient, Pool};
use fusion_runtime::opaque::{Block, Header, UncheckedExtrinsic};
use sc_client_api::HeaderBackend;
use sc_consensus::{
	import_queue::BoxBlockImport, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
	StateAction,
};
use sp_consensus::BlockOrigin;
use sp_core::H256;
use sp_keystore::KeystorePtr;
use sp_runtime::{
	traits::{Block as _, Header as _},
	DigestItem,
};

use crate::{
	conduct::{Conduct, Source},
	forge::{Fault, Forger},
};

/// Marks the second one of two sound blocks, so that it is another one.
const MARK: sp_runtime::ConsensusEngineId = *b"twin";
/// How often it is looked whether all winners' packages are there.
const LOOK: Duration = Duration::from_millis(25);
/// Time between two siblings of a flood: announcements that come faster than they are looked at are dropped.
const BETWEEN: Duration = Duration::from_millis(20);
/// Of so many siblings of a flood, one claims other packages.
const RECLAIM: u32 = 8;

/// Any error: nothing is to be done about one but to write it into the log.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// The collator.
pub struct Rogue {
	client: Arc<FullClient>,
	pool: Arc<Pool>,
	keystore: KeystorePtr,
	import: BoxBlockImport<Block>,
	exchange: Exchange,
	inherents: CreateInherents,
	clock: Clock,
	timing: Timing,
	block_size: usize,
	metrics: Metrics,
	grouping: Arc<Grouping>,
	conduct: Source,
	/// How many headers with faults it has sealed.
	forged: usize,
}

/// A slot in which it works.
struct Work {
	view: SlotView,
	/// The number of the blocks on top of the parent.
	number: u32,
	began: Instant,
	ends: Instant,
	/// Its key, and its place in the list of bookkeeping nodes.
	key: AuthorityId,
	index: AuthorityIndex,
}

impl Rogue {
	/// Works with what an honest worker would work with, but for its signing guard.
	pub fn new(params: Params<Block, FullClient, Pool>, conduct: Source) -> Self {
		Self {
			client: params.client,
			pool: params.pool,
			keystore: params.keystore,
			import: params.import,
			exchange: params.exchange,
			inherents: params.inherents,
			clock: params.clock,
			timing: params.timing,
			block_size: params.block_size,
			metrics: params.metrics,
			grouping: Arc::default(),
			conduct,
			forged: 0,
		}
	}

	/// Works in every slot, for ever. Slots are let pass while `is_syncing`.
	pub async fn run(mut self, is_syncing: impl Fn() -> bool + Send) {
		let mut last = None;
		loop {
			let (slot, ends) = self.clock.next(last).await;
			last = Some(slot);
			self.metrics.slot_seen();
			let conduct = self.conduct.now();
			if is_syncing() {
				continue;
			}
			if let Err(error) = Box::pin(self.act(slot, ends, conduct)).await {
				log::warn!("{conduct} failed in slot {slot}: {error}");
			}
		}
	}

	async fn act(&mut self, slot: Slot, ends: Instant, conduct: Conduct) -> Result<(), Error> {
		let Some(work) = self.look_at(slot, ends)? else { return Ok(()) };
		self.exchange.open(&work.view);
		match conduct {
			Conduct::Claim => self.forge(&work, conduct, &Fault::CLAIMS).await?,
			Conduct::Break => self.forge(&work, conduct, &Fault::RULES).await?,
			_ => (),
		}
		let kept = self.package(&work, conduct).await;
		let ours = our_keys(&*self.keystore);
		let Some(turn) = assembly_turns(&work.view, &ours).into_iter().next() else {
			return Ok(());
		};
		self.metrics.slot_claimed();
		let is_polite = matches!(conduct, Conduct::Honest | Conduct::Claim | Conduct::Break);
		self.wait(&work, if is_polite { turn.position } else { 0 }).await;
		let packages = self.choose(&work, conduct, kept);
		match conduct {
			Conduct::EquivocateBlocks => self.equivocate(&work, &turn, packages).await,
			Conduct::Flood => self.flood(&work, &turn, packages).await,
			Conduct::Swap => self.swap(&work, &turn, packages).await,
			_ if is_polite && self.is_filled(&work)? => Ok(()),
			_ => self.assemble_one(&work, &turn, packages, conduct).await,
		}
	}

	/// The slot on top of the best block. `None` if it is too late, or this node is not elected.
	fn look_at(&self, slot: Slot, ends: Instant) -> Result<Option<Work>, Error> {
		let info = self.client.info();
		let parent = Parent::read::<Block, FullClient>(&self.client, info.best_hash)?;
		if parent.round.last_slot >= slot {
			return Ok(None);
		}
		let ours = our_keys(&*self.keystore);
		let mut nodes = (0u16..).zip(parent.authorities.iter());
		let found = nodes
			.find(|(_, authority)| ours.contains(&authority.id))
			.map(|(index, authority)| (index, authority.id.clone()));
		let Some((index, key)) = found else { return Ok(None) };
		Ok(Some(Work {
			view: parent.at(slot),
			number: info.best_number.saturating_add(1),
			began: Instant::now(),
			ends,
			key,
			index,
		}))
	}

	fn forger<'a>(&'a self, work: &'a Work) -> Forger<'a> {
		Forger { keystore: &*self.keystore, view: &work.view, key: &work.key, index: work.index }
	}

	// --- Packages ---

	/// Makes the packages that this node may make. Returns those that it keeps to itself.
	async fn package(&self, work: &Work, conduct: Conduct) -> Vec<Package> {
		let context = work.view.context();
		let ours = our_keys(&*self.keystore);
		let mut kept = Vec::new();
		for turn in packaging_turns(&work.view, &ours) {
			let when = work.began + self.timing.stand_in_wait(turn.steps());
			if when >= work.began + self.timing.assembly {
				break;
			}
			tokio::time::sleep_until(when.into()).await;
			let best = self.exchange.best_weight(&context, turn.group);
			if best.is_some_and(|best| best >= turn.weight) {
				continue;
			}
			let package = match self.make_package(work, &turn).await {
				Ok(package) => package,
				Err(error) => {
					log::warn!("group {} was not packaged: {error}", turn.group);
					continue;
				},
			};
			match conduct {
				Conduct::Withhold => {
					act(conduct, work, &format!("kept the package of group {}", turn.group));
					kept.push(package);
				},
				Conduct::EquivocatePackages => self.give_two(work, package),
				_ => {
					self.exchange.give(&context, package);
				},
			}
		}
		kept
	}

	async fn make_package(&self, work: &Work, turn: &PackagingTurn) -> Result<Package, Error> {
		let packager = Packager::<Block, FullClient, Pool>::new(
			self.client.clone(),
			self.pool.clone(),
			self.keystore.clone(),
			Arc::new(Guard::volatile()),
			self.grouping.clone(),
			self.metrics.clone(),
		);
		let limits = PackageLimits {
			pool_wait: self.timing.pool,
			until: Instant::now() + self.timing.packaging,
			size: self.block_size / usize::from(work.view.election().groups().max(1)),
		};
		Ok(packager.package(&work.view, turn, Some(&self.inherents), limits).await?)
	}

	/// Sends two packages where there may be one.
	fn give_two(&self, work: &Work, first: Package) {
		let context = work.view.context();
		let group = first.group;
		match self.forger(work).second_package(&context, &first) {
			Ok(second) => {
				self.exchange.give(&context, first.clone());
				self.exchange.forward(&context, first);
				self.exchange.forward(&context, second);
				let what = format!("signed two packages of group {group}");
				act(Conduct::EquivocatePackages, work, &what);
			},
			Err(error) => log::warn!("no second package was signed: {error}"),
		}
	}

	/// Waits for packages, and as long as this position of the assembly order does.
	async fn wait(&self, work: &Work, position: u32) {
		let context = work.view.context();
		let begin = work.began + self.timing.assembly;
		while Instant::now() < begin && !self.exchange.is_complete(&context) {
			tokio::time::sleep(LOOK).await;
		}
		tokio::time::sleep(self.timing.wait_of(position)).await;
	}

	/// The packages that a block is made of.
	fn choose(&self, work: &Work, conduct: Conduct, kept: Vec<Package>) -> Packages {
		let best = self.exchange.best(&work.view.context());
		let mut chosen: BTreeMap<_, _> =
			best.into_iter().chain(kept).map(|package| (package.group, package)).collect();
		if conduct == Conduct::Omit {
			// Rather another one's than its own.
			let foreign = chosen.values().find(|package| package.packager != work.index);
			let omitted = foreign.or(chosen.values().next()).map(|package| package.group);
			if let Some(group) = omitted {
				chosen.remove(&group);
				act(conduct, work, &format!("left out group {group}"));
			}
		}
		Packages::truncate_from(chosen.into_values().collect())
	}

	// --- Blocks ---

	/// Makes a sound block. `mark` makes it another one.
	async fn assemble(
		&self,
		work: &Work,
		turn: &AssemblyTurn,
		packages: Packages,
		mark: Option<u8>,
	) -> Result<Authored<Block>, Error> {
		// A guard that has never signed anything.
		let author = Author::<Block, FullClient, Pool>::new(
			self.client.clone(),
			self.pool.clone(),
			self.keystore.clone(),
			Arc::new(Guard::volatile()),
			self.grouping.clone(),
		);
		let inherents = (self.inherents)(work.view.parent().hash, work.view.slot())
			.await
			.map_err(AuthorError::Inherents)?;
		let assignment = Assignment {
			view: work.view.clone(),
			turn: turn.clone(),
			packages,
			inherents,
			digest: mark.map(|mark| DigestItem::PreRuntime(MARK, vec![mark])).into_iter().collect(),
			limits: BlockLimits {
				pool_wait: self.timing.pool,
				execute_until: (Instant::now() + self.timing.execution).min(work.ends),
				solve_until: work.ends,
				size: self.block_size,
			},
			stop: Stop::default(),
		};
		Ok(Box::pin(author.author(assignment)).await?)
	}

	async fn assemble_one(
		&self,
		work: &Work,
		turn: &AssemblyTurn,
		packages: Packages,
		conduct: Conduct,
	) -> Result<(), Error> {
		let authored = self.assemble(work, turn, packages, None).await?;
		let hash = self.import(authored).await?;
		if matches!(conduct, Conduct::Withhold | Conduct::Omit) {
			act(conduct, work, &format!("made block {hash:?}"));
		}
		Ok(())
	}

	/// Two sound blocks.
	async fn equivocate(
		&self,
		work: &Work,
		turn: &AssemblyTurn,
		packages: Packages,
	) -> Result<(), Error> {
		let first = self.assemble(work, turn, packages.clone(), None).await?;
		let second = self.assemble(work, turn, packages, Some(1)).await?;
		let (first, second) = (self.import(first).await?, self.import(second).await?);
		act(Conduct::EquivocateBlocks, work, &format!("made block {first:?} and block {second:?}"));
		Ok(())
	}

	/// A sound block, and many that only look sound. None of these is executed here.
	async fn flood(
		&self,
		work: &Work,
		turn: &AssemblyTurn,
		packages: Packages,
	) -> Result<(), Error> {
		let authored = self.assemble(work, turn, packages, None).await?;
		let (claim, body) = (authored.claim.clone(), authored.block.extrinsics().to_vec());
		let mut unsealed = authored.block.header().clone();
		let nonce = Seal::take(unsealed.digest_mut())?.nonce();
		self.import(authored).await?;
		let siblings = self.conduct.siblings;
		for number in 0..siblings {
			let reclaims = number % RECLAIM == RECLAIM - 1;
			let sibling =
				self.forger(work).sibling(&unsealed, &claim, nonce, u64::from(number), reclaims)?;
			let hash = self.plant(sibling, body.clone()).await?;
			act(Conduct::Flood, work, &format!("sibling {hash:?}"));
			tokio::time::sleep(BETWEEN).await;
		}
		act(Conduct::Flood, work, &format!("made {siblings} siblings"));
		Ok(())
	}

	/// A block that is not made of the packages that it claims.
	async fn swap(
		&self,
		work: &Work,
		turn: &AssemblyTurn,
		packages: Packages,
	) -> Result<(), Error> {
		let authored = self.assemble(work, turn, packages, None).await?;
		let mut unsealed = authored.block.header().clone();
		Seal::take(unsealed.digest_mut())?;
		let swapped = self.forger(work).swapped(&unsealed, &authored.claim)?;
		let hash = self.plant(swapped, authored.block.extrinsics().to_vec()).await?;
		act(Conduct::Swap, work, &format!("made block {hash:?}"));
		Ok(())
	}

	/// A header with the next of these faults.
	async fn forge(
		&mut self,
		work: &Work,
		conduct: Conduct,
		faults: &[Fault],
	) -> Result<(), Error> {
		let Some(fault) = faults.get(self.forged % faults.len().max(1)).copied() else {
			return Ok(());
		};
		self.forged = self.forged.wrapping_add(1);
		let header = self.forger(work).header(fault, work.number)?;
		let hash = self.plant(header, vec![]).await?;
		act(conduct, work, &format!("{fault:?}, block {hash:?}"));
		Ok(())
	}

	/// Whether the slot has a block.
	fn is_filled(&self, work: &Work) -> Result<bool, Error> {
		let best = self.client.info().best_hash;
		let parent = Parent::read::<Block, FullClient>(&self.client, best)?;
		Ok(parent.round.last_slot >= work.view.slot())
	}

	/// Imports a sound block.
	async fn import(&self, authored: Authored<Block>) -> Result<H256, Error> {
		let Authored { mut params, hash, claim, solved_in, .. } = authored;
		params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
		match self.import.import_block(params).await? {
			ImportResult::Imported(_) | ImportResult::AlreadyInChain => {
				self.metrics.slot_won(claim.rank, solved_in);
				Ok(hash)
			},
			other => Err(format!("block {hash:?} was not imported: {other:?}").into()),
		}
	}

	/// Puts a block into the database without a look at it, so that it is announced and can be asked for.
	async fn plant(&self, sealed: Header, body: Vec<UncheckedExtrinsic>) -> Result<H256, Error> {
		let hash = sealed.hash();
		let mut header = sealed;
		let seal = header.digest_mut().pop();
		let mut params = BlockImportParams::<Block>::new(BlockOrigin::Own, header);
		params.post_digests.extend(seal);
		params.post_hash = Some(hash);
		params.body = Some(body);
		params.state_action = StateAction::Skip;
		params.fork_choice = Some(ForkChoiceStrategy::Custom(false));
		match self.client.import_block(params).await? {
			ImportResult::Imported(_) | ImportResult::AlreadyInChain => Ok(hash),
			other => Err(format!("block {hash:?} was not planted: {other:?}").into()),
		}
	}
}

/// Says what was done, for the test.
fn act(conduct: Conduct, work: &Work, what: &str) {
	log::info!("act: {conduct} in slot {}: {what}", work.view.slot());
}
