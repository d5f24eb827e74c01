//! The best chain where there is no relay chain to say it: the heaviest one.
//!
//! A block weighs 1, and as much again for each group of which it has a package ([`GROUP_WEIGHT`]): a block
//! that leaves out the packages of others loses against one that has them. Of two blocks of one slot on one
//! parent that weigh the same, the one whose author comes first in the assembly order is better, so that all
//! nodes build on the same one in the next slot. That order is drawn by stake; nothing of it can be tried out.
//! Else the block that was there first stays the best.
//!
//! A stand-in's package counts as much as the winner's. Else a winner that keeps its package to itself, and
//! makes a block of it, would beat all who had to take a stand-in's: it would author as often as it is among
//! the assemblers, and not as often as it comes first. What ranks differ in is pay.
//!
//! The weight of each chain is kept beside its last block, under [`WEIGHT_KEY`] and the block's hash, until
//! [`KEPT_DEPTH`] blocks after it are final.

use std::{marker::PhantomData, sync::Arc};

use codec::{Decode, DecodeAll, Encode};
use fusion_hhcm_primitives::{
	api::HhcmApi, digest::Claim, election::GROUP_WEIGHT, package, Election, Package, Packages, Slot,
};
use futures::lock::Mutex;
use sc_client_api::{utils::is_descendent_of, AuxStore};
use sc_consensus::{
	BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::{HeaderBackend, HeaderMetadata};
use sp_consensus::Error;
use sp_core::H256;
use sp_runtime::{
	traits::{Block as BlockT, CheckedSub, Header as HeaderT},
	SaturatedConversion,
};

use crate::round::Parent;

#[cfg(test)]
mod tests;

/// What the keys of weights begin with.
pub const WEIGHT_KEY: &[u8] = b"hhcm:weight:";
/// The weight of a block is forgotten that is so far below the last final one: no block is built on it any
/// more.
pub const KEPT_DEPTH: u32 = 64;
/// So many extrinsics of a block are looked at for its packages: inherents come first.
const MAX_INHERENTS: usize = 16;
/// Versions of an extrinsic without signature, by its first byte.
const BARE: [u8; 2] = [4, 5];

/// What is known of a chain, beside its last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
	/// Weight of all blocks.
	pub weight: u128,
	/// Parent of the last block.
	pub parent: H256,
	/// Slot of the last block.
	pub slot: Slot,
	/// Its author's position in the assembly order.
	pub position: u32,
}

impl Standing {
	/// Whether a chain is better than one that was there before it.
	pub fn beats(&self, before: &Self) -> bool {
		let siblings = (self.parent, self.slot) == (before.parent, before.slot);
		self.weight > before.weight
			|| self.weight == before.weight && siblings && self.position < before.position
	}
}

/// What decides between the blocks of one slot on one parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrant {
	/// What the block adds to its chain.
	pub weight: u128,
	/// Its author's position in the assembly order.
	pub position: u32,
}

impl Entrant {
	/// Whether its block will be the better one.
	pub fn beats(&self, other: &Self) -> bool {
		self.weight > other.weight || self.weight == other.weight && self.position < other.position
	}
}

/// What a block adds to its chain. Packages of nodes that may not make them count nothing: the runtime refuses
/// the block.
pub fn block_weight(election: &Election, packages: &[Package]) -> u128 {
	let packaged = packages
		.iter()
		.filter(|package| election.package_weight(package.group, package.packager).is_some());
	weight_with(packaged.count())
}

/// What a block with packages of all groups adds to its chain.
pub fn full_weight(election: &Election) -> u128 {
	weight_with(usize::from(election.groups()))
}

fn weight_with(groups: usize) -> u128 {
	(groups as u128).saturating_mul(GROUP_WEIGHT.into()).saturating_add(1)
}

/// The packages of a block, whose claim says their root. `None` if they are not in it.
///
/// The runtime's extrinsics are not known here. An inherent is a byte for its version, two for its call, and
/// the call's argument; that the argument is the packages, their root proves.
pub fn packages_in<Extrinsic: Encode>(body: &[Extrinsic], root: H256) -> Option<Packages> {
	body.iter().take(MAX_INHERENTS).find_map(|extrinsic| {
		let bytes = Vec::<u8>::decode(&mut extrinsic.encode().as_slice()).ok()?;
		let [version, _pallet, _call, argument @ ..] = bytes.as_slice() else { return None };
		if !BARE.contains(version) {
			return None;
		}
		let packages = Packages::decode_all(&mut &argument[..]).ok()?;
		(package::root(&packages) == root).then_some(packages)
	})
}

fn weight_key(hash: H256) -> Vec<u8> {
	[WEIGHT_KEY, hash.as_bytes()].concat()
}

/// Sets the fork choice of each block, and gives it to the import behind. All blocks of a node have to go
/// through one, or copies of it.
pub struct HeaviestChain<Block, Client, Inner> {
	client: Arc<Client>,
	inner: Inner,
	/// Held during an import, so that the best block stays the same from the choice to the import.
	importing: Arc<Mutex<()>>,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client, Inner: Clone> Clone for HeaviestChain<Block, Client, Inner> {
	fn clone(&self) -> Self {
		Self {
			client: self.client.clone(),
			inner: self.inner.clone(),
			importing: self.importing.clone(),
			_block: PhantomData,
		}
	}
}

fn failed(error: impl std::fmt::Display) -> Error {
	Error::ChainLookup(error.to_string())
}

impl<Block, Client, Inner> HeaviestChain<Block, Client, Inner>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ HeaderMetadata<Block, Error = sp_blockchain::Error>
		+ AuxStore,
	Client::Api: HhcmApi<Block>,
{
	/// Chooses among the blocks of `client`, and gives them to `inner`.
	pub fn new(client: Arc<Client>, inner: Inner) -> Self {
		Self { client, inner, importing: Arc::default(), _block: PhantomData }
	}

	/// What is known of a chain that is there. If nothing is kept of it, it weighs as little as a chain of its
	/// length can.
	fn standing(&self, hash: H256) -> Result<Standing, Error> {
		let kept = self.client.get_aux(&weight_key(hash)).map_err(failed)?;
		if let Some(standing) =
			kept.and_then(|bytes| Standing::decode_all(&mut bytes.as_slice()).ok())
		{
			return Ok(standing);
		}
		let header = self.client.expect_header(hash).map_err(failed)?;
		let slot = Claim::find(header.digest()).map(|claim| claim.slot).unwrap_or_default();
		Ok(Standing {
			weight: (*header.number()).saturated_into::<u64>().into(),
			parent: *header.parent_hash(),
			slot,
			position: u32::MAX,
		})
	}

	/// What the chain will be with this block.
	fn standing_with(&self, params: &BlockImportParams<Block>) -> Result<Standing, Error> {
		let claim = Claim::find(params.header.digest()).map_err(failed)?;
		let parent = *params.header.parent_hash();
		let view =
			Parent::read::<Block, Client>(&self.client, parent).map_err(failed)?.at(claim.slot);
		let packages = params
			.body
			.as_deref()
			.and_then(|body| packages_in(body, claim.packages_root))
			.unwrap_or_default();
		let weight = block_weight(view.election(), &packages);
		Ok(Standing {
			weight: self.standing(parent)?.weight.saturating_add(weight),
			parent,
			slot: claim.slot,
			position: view.election().assembly_position(claim.author).unwrap_or(u32::MAX),
		})
	}

	/// The block whose weight is forgotten now.
	fn forgotten(&self) -> Option<H256> {
		let number = self.client.info().finalized_number.checked_sub(&KEPT_DEPTH.into())?;
		self.client.hash(number).ok().flatten()
	}

	/// Whether the chain with this block will be the best.
	fn is_best(&self, hash: H256, standing: &Standing) -> Result<bool, Error> {
		let info = self.client.info();
		if info.best_hash == standing.parent {
			return Ok(true);
		}
		let final_hash = info.finalized_hash;
		let current = Some((hash, standing.parent));
		let extends_final = is_descendent_of::<Block, Client>(&self.client, current);
		if !extends_final(&final_hash, &hash).map_err(failed)? {
			return Ok(false);
		}
		Ok(standing.beats(&self.standing(info.best_hash)?))
	}
}

#[async_trait::async_trait]
impl<Block, Client, Inner> BlockImport<Block> for HeaviestChain<Block, Client, Inner>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ HeaderMetadata<Block, Error = sp_blockchain::Error>
		+ AuxStore
		+ Send
		+ Sync,
	Client::Api: HhcmApi<Block>,
	Inner: BlockImport<Block, Error = Error> + Send + Sync,
{
	type Error = Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Error> {
		self.inner.check_block(block).await
	}

	async fn import_block(
		&self,
		mut params: BlockImportParams<Block>,
	) -> Result<ImportResult, Error> {
		// Whoever imports a block without executing it has chosen it.
		if params.with_state() || params.state_action.skip_execution_checks() {
			return self.inner.import_block(params).await;
		}
		let _importing = self.importing.lock().await;
		let hash = params.post_hash();
		let standing = self.standing_with(&params)?;
		let is_best = self.is_best(hash, &standing)?;
		params.fork_choice = Some(ForkChoiceStrategy::Custom(is_best));
		params.auxiliary.push((weight_key(hash), Some(standing.encode())));
		params.auxiliary.extend(self.forgotten().map(|old| (weight_key(old), None)));
		self.inner.import_block(params).await
	}
}
