//! Makes packages and blocks: in every slot by the wall's clock, or on command.
//!
//! A slot of a network of several nodes, on top of the best block:
//!
//! ```text
//!  0 ms      the winner of each group packages its transactions
//!  300 ms    a stand-in packages, if nothing as good was heard; the next one at 600 ms
//!  800 ms    the first of the assembly order begins its block, or before if all winners were heard
//!  1100 ms   the second one, if no block of the slot was imported; the third at 1400 ms
//! ```
//!
//! Whoever imports a block of the slot gives up its own, unless its own would be better: heavier, or as heavy
//! and of a node that comes before in the assembly order. If another block becomes the best before (a block of
//! the slot before that was late), the slot begins anew on top of it, with what is left of it.

use std::{
	sync::Arc,
	time::{Duration, Instant},
};

use fusion_hhcm_primitives::{api::HhcmApi, Package, Slot};
use futures::{Stream, StreamExt};
use sc_block_builder::BlockBuilderApi;
use sc_consensus::{BlockImport, BoxBlockImport, ForkChoiceStrategy, ImportResult};
use sc_transaction_pool_api::TransactionPool;
use sp_api::{CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_keystore::KeystorePtr;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};

use crate::{
	author::{Assignment, Author, AuthorError, Authored, BlockLimits},
	claim::{next_assembly, packaging_turns, AssemblyTurn, PackagingTurn},
	evidence::Reporter,
	gossip::Exchange,
	grouping::Grouping,
	guard::Guard,
	metrics::Metrics,
	mining::Stop,
	packager::{PackageLimits, Packager, PackagerError},
	round::{Parent, SlotView},
	signing::our_keys,
	timing::{Clock, Timing},
	CreateInherents, LOG_TARGET,
};

mod slots;

/// Everything that a worker works with.
pub struct Params<Block: BlockT, Client, Pool> {
	/// The client.
	pub client: Arc<Client>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// Where this node's keys are.
	pub keystore: KeystorePtr,
	/// Sees to it that nothing is signed twice.
	pub guard: Arc<Guard>,
	/// Imports this node's blocks.
	pub import: BoxBlockImport<Block>,
	/// Where packages are exchanged.
	pub exchange: Exchange,
	/// Makes what inherents are made from, for a parent and a slot.
	pub inherents: CreateInherents,
	/// The slots.
	pub clock: Clock,
	/// When in a slot what is done.
	pub timing: Timing,
	/// Most bytes of a block with its proof.
	pub block_size: usize,
	/// Is given evidence against nodes.
	pub report: Reporter<Block::Header>,
	/// What operators see.
	pub metrics: Metrics,
}

/// Makes packages and blocks.
pub struct Worker<Block: BlockT, Client, Pool> {
	client: Arc<Client>,
	keystore: KeystorePtr,
	import: BoxBlockImport<Block>,
	exchange: Exchange,
	inherents: CreateInherents,
	clock: Clock,
	timing: Timing,
	block_size: usize,
	report: Reporter<Block::Header>,
	metrics: Metrics,
	packager: Packager<Block, Client, Pool>,
	author: Author<Block, Client, Pool>,
}

/// A block of this node that was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
	/// Its hash.
	pub hash: H256,
	/// Its slot.
	pub slot: Slot,
	/// How many transactions it has, beside inherents.
	pub transactions: usize,
}

impl<Block, Client, Pool> Worker<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client:
		ProvideRuntimeApi<Block> + CallApiAt<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: HhcmApi<Block> + BlockBuilderApi<Block>,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// Works with these.
	pub fn new(params: Params<Block, Client, Pool>) -> Self {
		let Params { client, pool, keystore, guard, metrics, .. } = params;
		let grouping = Arc::new(Grouping::default());
		let packager = Packager::new(
			client.clone(),
			pool.clone(),
			keystore.clone(),
			guard.clone(),
			grouping.clone(),
			metrics.clone(),
		);
		let author = Author::new(client.clone(), pool, keystore.clone(), guard, grouping);
		Self {
			client,
			keystore,
			import: params.import,
			exchange: params.exchange,
			inherents: params.inherents,
			clock: params.clock,
			timing: params.timing,
			block_size: params.block_size,
			report: params.report,
			metrics,
			packager,
			author,
		}
	}

	/// Makes a block for each command. `finalize`: takes it for final, as its node is the only one.
	pub async fn run_on(self, commands: impl Stream<Item = ()> + Send, finalize: bool) {
		let mut commands = std::pin::pin!(commands);
		while commands.next().await.is_some() {
			if let Err(error) = self.author_now(finalize).await {
				self.metrics.block_lost(error.label());
				log::error!(target: LOG_TARGET, "no block was made: {error}");
			}
		}
	}

	/// Makes a block on top of the best one, at once: in the slot that the clock shows, or the next after the
	/// best block's, or the first after it in which this node may assemble. `finalize`: take it for final.
	pub async fn author_now(&self, finalize: bool) -> Result<Imported, AuthorError> {
		let parent = self.parent(self.client.info().best_hash)?;
		let earliest = self.clock.now().max(parent.round.last_slot.saturating_add(1u64));
		let ours = our_keys(&*self.keystore);
		let (view, turn) = next_assembly(&parent, earliest, &ours).ok_or(AuthorError::NoTurn)?;
		self.exchange.open(&view);
		for turn in packaging_turns(&view, &ours) {
			self.make_package(&view, &turn).await;
		}
		let stop = Stop::default();
		let slot_ends = Instant::now() + self.clock.slot_duration();
		let authored = self.assemble(&view, &turn, slot_ends, stop).await?;
		self.import(authored, finalize).await
	}

	fn parent(&self, hash: H256) -> Result<Parent, AuthorError> {
		Parent::read::<Block, Client>(&self.client, hash)
			.map_err(|error| AuthorError::Client(error.into()))
	}

	/// Makes a package, and gives it to the exchange.
	async fn make_package(&self, view: &SlotView, turn: &PackagingTurn) {
		let began = Instant::now();
		let limits = PackageLimits {
			pool_wait: self.timing.pool,
			until: began + self.timing.packaging,
			size: self.block_size / usize::from(view.election().groups().max(1)),
		};
		match self.packager.package(view, turn, Some(&self.inherents), limits).await {
			Ok(package) => self.give(view, package, began.elapsed()),
			Err(error) => self.not_packaged(view, turn, &error),
		}
	}

	fn give(&self, view: &SlotView, package: Package, took: Duration) {
		let (group, transactions) = (package.group, package.transactions.len());
		let verdict = self.exchange.give(&view.context(), package);
		log::debug!(
			target: LOG_TARGET,
			"slot {}: packaged {transactions} transactions of group {group} in {} us: {verdict:?}",
			view.slot(),
			took.as_micros(),
		);
	}

	fn not_packaged(&self, view: &SlotView, turn: &PackagingTurn, error: &PackagerError) {
		log::warn!(
			target: LOG_TARGET,
			"slot {}: group {} was not packaged: {error}",
			view.slot(),
			turn.group,
		);
	}

	/// Makes a block of the best packages.
	async fn assemble(
		&self,
		view: &SlotView,
		turn: &AssemblyTurn,
		slot_ends: Instant,
		stop: Stop,
	) -> Result<Authored<Block>, AuthorError> {
		let packages = self.exchange.best(&view.context());
		let missing = usize::from(view.election().groups()).saturating_sub(packages.len());
		self.metrics.packages_missed(missing as u64);
		let inherents = (self.inherents)(view.parent().hash, view.slot())
			.await
			.map_err(AuthorError::Inherents)?;
		let began = Instant::now();
		let solve_until = slot_ends.checked_sub(self.timing.margin).unwrap_or(slot_ends);
		let limits = BlockLimits {
			pool_wait: self.timing.pool,
			execute_until: (began + self.timing.execution).min(solve_until),
			solve_until,
			size: self.block_size,
		};
		let assignment = Assignment {
			view: view.clone(),
			turn: turn.clone(),
			packages,
			inherents,
			digest: vec![],
			limits,
			stop,
		};
		let authored = Box::pin(self.author.author(assignment)).await?;
		log::debug!(
			target: LOG_TARGET,
			"slot {}: assembled {} transactions in {} us",
			view.slot(),
			authored.transactions,
			began.elapsed().as_micros(),
		);
		Ok(authored)
	}

	async fn import(
		&self,
		authored: Authored<Block>,
		finalize: bool,
	) -> Result<Imported, AuthorError> {
		let Authored { mut params, block, hash, claim, transactions, solved_in, .. } = authored;
		params.finalized = finalize;
		// An import that knows better sets another one.
		params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
		match self.import.import_block(params).await {
			Ok(ImportResult::Imported(_) | ImportResult::AlreadyInChain) => (),
			Ok(other) => return Err(AuthorError::Import(format!("{other:?}"))),
			Err(error) => return Err(AuthorError::Import(error.to_string())),
		}
		self.metrics.slot_won(claim.rank, solved_in);
		log::info!(
			target: LOG_TARGET,
			"assembled block {} ({hash}) in slot {}, group {} rank {}: {transactions} transactions, \
			 ticket solved in {} ms",
			block.header().number(),
			claim.slot,
			claim.group,
			claim.rank,
			solved_in.as_millis(),
		);
		Ok(Imported { hash, slot: claim.slot, transactions })
	}

	/// Hands on the evidence that was found.
	fn report_evidence(&self) {
		for evidence in self.exchange.take_evidence() {
			self.metrics.equivocation();
			(self.report)(evidence.into_proof());
		}
	}
}
