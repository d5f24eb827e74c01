//! Making a package: which of a group's transactions can be executed on top of the parent, in which order,
//! and what that takes.
//!
//! A packager need not be one of the nodes that may assemble, but to execute anything it has to begin a
//! block, and the chain lets only assemblers do that. It begins one in the first slot, from the package's on,
//! in which it might assemble. The state is the same, the transactions are, and the block is thrown away.

use std::{
	collections::BTreeSet,
	marker::PhantomData,
	sync::Arc,
	time::{Duration, Instant},
};

use fusion_hhcm_primitives::{
	api::HhcmApi,
	package::{self, INHERENT_IDENTIFIER, MAX_TRANSACTIONS},
	Package, Packages,
};
use sc_block_builder::BlockBuilderApi;
use sc_transaction_pool_api::TransactionPool;
use sp_api::{ApiError, CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::{ConstU32, H256};
use sp_inherents::InherentData;
use sp_keystore::KeystorePtr;
use sp_runtime::{traits::Block as BlockT, BoundedVec, Digest};
use sp_weights::Weight;

use crate::{
	claim::{make_claim, next_assembly, AssemblyTurn, PackagingTurn},
	execution::{number_of, ready_transactions, Building, Pushed, Transaction},
	grouping::Grouping,
	guard::{Guard, Statement, Subject},
	metrics::Metrics,
	round::SlotView,
	signing::{sign, SigningError},
	CreateInherents, LOG_TARGET,
};

/// Most transactions of the pool that are looked at for a package.
const MAX_LOOKED_AT: usize = 32_768;
/// After so many transactions in a row for which there was no room, the package is full.
const MAX_SKIPPED: u32 = 8;
/// Picoseconds, the unit of weight, of a nanosecond.
const WEIGHT_OF_NANOSECOND: u64 = 1_000;

/// Why no package was made.
#[derive(Debug, thiserror::Error)]
pub enum PackagerError {
	/// The runtime did not tell the transactions' groups.
	#[error("the groups of transactions are not known: {0}")]
	Api(#[from] ApiError),
	/// It was not signed.
	#[error("the package was not signed: {0}")]
	Signing(#[from] SigningError),
	/// The work panicked.
	#[error("making the package failed: {0}")]
	Panicked(String),
}

/// What a package may take.
#[derive(Clone, Copy, Debug)]
pub struct PackageLimits {
	/// How long the pool may take to be ready.
	pub pool_wait: Duration,
	/// When executing ends.
	pub until: Instant,
	/// Most bytes of the block that it would fill, with its proof.
	pub size: usize,
}

/// Makes packages.
pub struct Packager<Block, Client, Pool> {
	client: Arc<Client>,
	pool: Arc<Pool>,
	keystore: KeystorePtr,
	guard: Arc<Guard>,
	metrics: Metrics,
	grouping: Arc<Grouping>,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client, Pool> Packager<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client:
		ProvideRuntimeApi<Block> + CallApiAt<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: HhcmApi<Block> + BlockBuilderApi<Block>,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// Makes packages from this pool.
	pub fn new(
		client: Arc<Client>,
		pool: Arc<Pool>,
		keystore: KeystorePtr,
		guard: Arc<Guard>,
		grouping: Arc<Grouping>,
		metrics: Metrics,
	) -> Self {
		Self { client, pool, keystore, guard, grouping, metrics, _block: PhantomData }
	}

	/// Makes a package and signs it.
	///
	/// `inherents` makes what the block that it is tried in begins with. If it fails, or is not given,
	/// transactions are tried without.
	pub async fn package(
		&self,
		view: &SlotView,
		turn: &PackagingTurn,
		inherents: Option<&CreateInherents>,
		limits: PackageLimits,
	) -> Result<Package, PackagerError> {
		let parent = view.parent().hash;
		let ready =
			ready_transactions::<Block, Pool>(&self.pool, parent, limits.pool_wait, MAX_LOOKED_AT)
				.await;
		let trial = next_assembly(view.parent(), view.slot(), &BTreeSet::from([turn.key.clone()]));
		let data = match (&trial, inherents) {
			(Some((trial, _)), Some(create)) => create(parent, trial.slot())
				.await
				.map_err(|error| log::debug!(target: LOG_TARGET, "no inherents: {error}"))
				.ok(),
			_ => None,
		};
		let work = Work {
			client: self.client.clone(),
			keystore: self.keystore.clone(),
			guard: self.guard.clone(),
			grouping: self.grouping.clone(),
			view: view.clone(),
			turn: turn.clone(),
			limits,
			_block: PhantomData::<fn() -> Block>,
		};
		let made = tokio::task::spawn_blocking(move || {
			let candidates = work.of_group(ready)?;
			let trial = trial.map(|(view, turn)| Trial { view, turn, data });
			let (transactions, measured) = work.execute(candidates, trial);
			work.sign(transactions, measured)
		});
		let package = made.await.map_err(|error| PackagerError::Panicked(error.to_string()))??;
		self.metrics.package_made();
		Ok(package)
	}
}

/// The block that a package is tried in.
struct Trial {
	view: SlotView,
	turn: AssemblyTurn,
	data: Option<InherentData>,
}

/// What a package is made with, on a thread of its own.
struct Work<Block, Client> {
	client: Arc<Client>,
	keystore: KeystorePtr,
	guard: Arc<Guard>,
	grouping: Arc<Grouping>,
	view: SlotView,
	turn: PackagingTurn,
	limits: PackageLimits,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client> Work<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + CallApiAt<Block> + HeaderBackend<Block> + 'static,
	Client::Api: HhcmApi<Block> + BlockBuilderApi<Block>,
{
	/// Those of the transactions that are of the package's group.
	fn of_group(
		&self,
		ready: Vec<Transaction<Block>>,
	) -> Result<Vec<Transaction<Block>>, ApiError> {
		let parent = self.view.parent().hash;
		let keys = self.grouping.keys::<Block, Client>(&self.client, parent, &ready)?;
		let is_ours = |hash: &H256| {
			keys.get(hash).is_some_and(|key| self.view.transaction_group(*key) == self.turn.group)
		};
		Ok(ready.into_iter().filter(|(hash, _)| is_ours(hash)).collect())
	}

	/// Those of the candidates that can be executed one after the other, and what that took.
	///
	/// If not even the trial can be begun, the pool is believed, which has validated each of them on top of
	/// the parent: better a package with some that cannot be executed than none.
	fn execute(
		&self,
		candidates: Vec<Transaction<Block>>,
		trial: Option<Trial>,
	) -> (Vec<H256>, Weight) {
		if candidates.is_empty() {
			return (vec![], Weight::zero());
		}
		match trial
			.ok_or("this node is not elected".to_string())
			.and_then(|trial| self.begin(trial).map_err(|error| error.to_string()))
		{
			Ok(building) => self.try_out(building, candidates),
			Err(error) => {
				log::warn!(
					target: LOG_TARGET,
					"the transactions of group {} are packaged without having been executed: {error}",
					self.turn.group,
				);
				let hashes = candidates.into_iter().map(|(hash, _)| hash);
				(hashes.take(MAX_TRANSACTIONS as usize).collect(), Weight::zero())
			},
		}
	}

	/// Begins the block that transactions are tried in.
	fn begin(&self, trial: Trial) -> Result<Building<'_, Block, Client>, sp_blockchain::Error> {
		let Trial { view, turn, data } = trial;
		let none = Packages::default();
		let claim = make_claim(&*self.keystore, &view, &turn, package::root(&none))
			.map_err(|error| sp_blockchain::Error::Application(Box::new(error)))?;
		let parent = view.parent().hash;
		let number = number_of::<Block, Client>(&self.client, parent)?;
		let digest = Digest { logs: vec![claim.to_item()] };
		let mut building = Building::<Block, Client>::begin(&self.client, parent, number, digest)?;
		if let Some(mut data) = data {
			data.replace_data(INHERENT_IDENTIFIER, &none);
			if let Err(error) = building.apply_inherents(data) {
				log::debug!(target: LOG_TARGET, "a package is tried without inherents: {error}");
			}
		}
		Ok(building)
	}

	fn try_out(
		&self,
		mut building: Building<'_, Block, Client>,
		candidates: Vec<Transaction<Block>>,
	) -> (Vec<H256>, Weight) {
		if !building.takes_transactions() {
			return (vec![], Weight::zero());
		}
		let (began, proof_before) = (Instant::now(), building.proof_size());
		let size_limit = building.size().saturating_add(self.limits.size);
		let mut executed = Vec::new();
		let mut skipped = 0u32;
		for (hash, transaction) in candidates {
			let full = executed.len() >= MAX_TRANSACTIONS as usize || skipped >= MAX_SKIPPED;
			if full || Instant::now() >= self.limits.until {
				break;
			}
			match building.push(&transaction, size_limit) {
				Pushed::Included => {
					executed.push(hash);
					skipped = 0;
				},
				Pushed::Full => skipped = skipped.saturating_add(1),
				Pushed::Refused(_) => (),
			}
		}
		let nanoseconds = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
		let proof = building.proof_size().saturating_sub(proof_before);
		let measured = Weight::from_parts(
			nanoseconds.saturating_mul(WEIGHT_OF_NANOSECOND),
			u64::try_from(proof).unwrap_or(u64::MAX),
		);
		(executed, measured)
	}

	fn sign(&self, transactions: Vec<H256>, measured: Weight) -> Result<Package, PackagerError> {
		let context = self.view.context();
		let PackagingTurn { group, index, key, .. } = &self.turn;
		// There are no more than fit.
		let transactions: BoundedVec<_, ConstU32<MAX_TRANSACTIONS>> =
			BoundedVec::truncate_from(transactions);
		let payload = package::payload(&context, *group, *index, &transactions, measured);
		let statement = Statement {
			author: key.clone(),
			parent: context.parent,
			slot: context.slot,
			subject: Subject::Package(*group),
			hash: payload.into(),
		};
		let signature = sign(&*self.keystore, &self.guard, &statement, &payload)?;
		Ok(Package { group: *group, packager: *index, transactions, measured, signature })
	}
}
