//! Executing the transactions of packages, on a thread of its own.

use std::{
	collections::{HashMap, HashSet},
	sync::Arc,
	time::Instant,
};

use fusion_hhcm_primitives::{api::HhcmApi, GroupId, Package, Packages};
use sc_block_builder::BlockBuilderApi;
use sc_transaction_pool_api::TxInvalidityReportMap;
use sp_api::{ApiError, CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_inherents::InherentData;
use sp_runtime::{traits::Block as BlockT, Digest};

use super::{AuthorError, BlockLimits};
use crate::{
	execution::{number_of, Building, Built, Pushed, Refusal, Transaction},
	grouping::Grouping,
	mining::Stop,
	round::SlotView,
	LOG_TARGET,
};

/// After so many transactions in a row for which there was no room, a package's share is full.
const MAX_SKIPPED: u32 = 8;

/// What a block is built with.
pub(super) struct Assembly<Block: BlockT, Client> {
	pub client: Arc<Client>,
	pub grouping: Arc<Grouping>,
	pub view: SlotView,
	pub packages: Packages,
	pub inherents: InherentData,
	pub digest: Digest,
	/// The pool's transactions.
	pub ready: Vec<Transaction<Block>>,
	pub limits: BlockLimits,
	pub stop: Stop,
}

/// A block without its seal, and what was learnt on the way.
pub(super) struct Assembled<Block: BlockT> {
	pub built: Built<Block>,
	pub transactions: usize,
	/// Transactions that are not valid on top of the parent.
	pub invalid: TxInvalidityReportMap<H256>,
}

/// Transactions of packages by hash, with their groups.
type Listed<Block> = HashMap<H256, (GroupId, Arc<<Block as BlockT>::Extrinsic>)>;

/// How the transactions went.
#[derive(Default)]
struct Tally {
	included: usize,
	/// In a package, and not in our pool.
	missing: usize,
	/// In the package of a group that is not theirs: the block would be invalid with them.
	misplaced: usize,
	invalid: TxInvalidityReportMap<H256>,
}

/// How much of the block and of the time a package may take.
struct Share {
	size: usize,
	until: Instant,
}

/// The packages that have any transactions, in the order of their groups in the block.
pub(super) fn in_order<'a>(order: &[GroupId], packages: &'a [Package]) -> Vec<&'a Package> {
	order
		.iter()
		.filter_map(|group| packages.iter().find(|package| package.group == *group))
		.filter(|package| !package.transactions.is_empty())
		.collect()
}

impl<Block, Client> Assembly<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + CallApiAt<Block> + HeaderBackend<Block> + 'static,
	Client::Api: HhcmApi<Block> + BlockBuilderApi<Block>,
{
	pub fn assemble(mut self) -> Result<Assembled<Block>, AuthorError> {
		let parent = self.view.parent().hash;
		let number = number_of::<Block, Client>(&self.client, parent)?;
		let digest = std::mem::take(&mut self.digest);
		let inherents = std::mem::take(&mut self.inherents);
		let mut building = Building::<Block, Client>::begin(&self.client, parent, number, digest)?;
		building.apply_inherents(inherents)?;
		let mut tally = Tally::default();
		if building.takes_transactions() {
			let listed = self.listed()?;
			self.execute(&mut building, &listed, &mut tally)?;
		}
		if tally.missing > 0 || tally.misplaced > 0 {
			log::debug!(
				target: LOG_TARGET,
				"of the packages' transactions {} are not in our pool, and {} are of other groups",
				tally.missing,
				tally.misplaced,
			);
		}
		let built = building.finish()?;
		Ok(Assembled { built, transactions: tally.included, invalid: tally.invalid })
	}

	/// The pool's transactions that are in any package, with their groups.
	fn listed(&self) -> Result<Listed<Block>, ApiError> {
		let named: HashSet<_> =
			self.packages.iter().flat_map(|package| package.transactions.iter()).collect();
		let listed: Vec<Transaction<Block>> =
			self.ready.iter().filter(|(hash, _)| named.contains(hash)).cloned().collect();
		let parent = self.view.parent().hash;
		let keys = self.grouping.keys::<Block, Client>(&self.client, parent, &listed)?;
		let with_group = |(hash, data): Transaction<Block>| {
			let group = self.view.transaction_group(*keys.get(&hash)?);
			Some((hash, (group, data)))
		};
		Ok(listed.into_iter().filter_map(with_group).collect())
	}

	/// Each package gets an equal share of what those before it have left, so that the first one does not
	/// take it all.
	fn execute(
		&self,
		building: &mut Building<'_, Block, Client>,
		listed: &Listed<Block>,
		tally: &mut Tally,
	) -> Result<(), AuthorError> {
		let packages = in_order(self.view.election().order(), &self.packages);
		let count = u32::try_from(packages.len()).unwrap_or(u32::MAX);
		for (package, packages_left) in packages.into_iter().zip((1..=count).rev()) {
			let now = Instant::now();
			let time = self.limits.execute_until.saturating_duration_since(now) / packages_left;
			let taken = building.size();
			let room = self.limits.size.saturating_sub(taken) / packages_left as usize;
			let share = Share { size: taken.saturating_add(room), until: now + time };
			self.execute_package(building, package, listed, &share, tally)?;
		}
		Ok(())
	}

	/// Executes a package's transactions one after the other. Those that fail are left out: a block has a
	/// subsequence of each package.
	fn execute_package(
		&self,
		building: &mut Building<'_, Block, Client>,
		package: &Package,
		listed: &Listed<Block>,
		share: &Share,
		tally: &mut Tally,
	) -> Result<(), AuthorError> {
		let mut skipped = 0u32;
		for hash in &package.transactions {
			if self.stop.is_stopped() {
				return Err(AuthorError::Stopped);
			}
			if skipped >= MAX_SKIPPED || Instant::now() >= share.until {
				break;
			}
			let Some((group, transaction)) = listed.get(hash) else {
				tally.missing = tally.missing.saturating_add(1);
				continue;
			};
			if *group != package.group {
				tally.misplaced = tally.misplaced.saturating_add(1);
				continue;
			}
			match building.push(transaction, share.size) {
				Pushed::Included => {
					tally.included = tally.included.saturating_add(1);
					skipped = 0;
				},
				Pushed::Full => skipped = skipped.saturating_add(1),
				// Something before it was left out, or is in the block already.
				Pushed::Refused(Refusal::OutOfOrder) => (),
				Pushed::Refused(Refusal::Invalid(error)) => {
					tally.invalid.insert(*hash, Some(error));
				},
				Pushed::Refused(Refusal::Failed(error)) => {
					log::warn!(target: LOG_TARGET, "transaction {hash:?} fails: {error}");
					tally.invalid.insert(*hash, None);
				},
			}
		}
		Ok(())
	}
}
