//! The check of a block before its import.
//!
//! Everything that the seal and the claim say is checked before anything is executed, so that a flood of
//! blocks costs its sender more than us. That the claim's packages are those in the block, and that the
//! transactions are theirs, is checked when the block is executed: by every node, and by the validators of
//! the relay chain. The time of a block is bound to its slot there as well.

use std::sync::Arc;

use fusion_hhcm_primitives::{
	api::HhcmApi,
	check::{self, ClaimError, SealError},
	digest::{Claim, DigestError, Seal},
	equivocation, Authority, AuthorityIndex, Round, Slot,
};
use sc_consensus::{
	import_queue::{BasicQueue, BoxBlockImport, Verifier as VerifierT},
	BlockImportParams, ForkChoiceStrategy,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::BlockOrigin;
use sp_core::{traits::SpawnEssentialNamed, H256};
use sp_runtime::{
	traits::{Block as BlockT, Header as HeaderT},
	DigestItem,
};
use substrate_prometheus_endpoint::Registry;

use crate::{
	evidence::Reporter, metrics::Metrics, packages::SLOT_DRIFT, round::Parent, timing::Clock,
};

mod siblings;
#[cfg(test)]
mod tests;

pub use siblings::{Sibling, Siblings, MAX_SIBLINGS};

/// A header that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<Header> {
	/// Without the seal.
	pub header: Header,
	/// The seal.
	pub seal: DigestItem,
	/// What it says about its author.
	pub claim: Claim,
	/// The author's position in the assembly order, from 0.
	pub position: u32,
}

/// Why a block is refused before it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
	/// The header has no seal that can be read.
	#[error("the seal: {0}")]
	NoSeal(DigestError),
	/// The header has no claim that can be read.
	#[error("the claim: {0}")]
	NoClaim(DigestError),
	/// Its slot has not begun.
	#[error("its slot {slot} has not begun, it is slot {now}")]
	Future {
		/// Its slot.
		slot: Slot,
		/// The slot that the clock shows.
		now: Slot,
	},
	/// There is no such bookkeeping node.
	#[error("there is no bookkeeping node {0}")]
	UnknownAuthor(AuthorityIndex),
	/// The seal is wrong.
	#[error("{0}")]
	Seal(SealError),
	/// The claim is wrong.
	#[error("{0}")]
	Claim(ClaimError),
	/// The author sealed too many blocks for this parent and slot.
	#[error("its author has sealed too many blocks for this parent and slot")]
	TooManySiblings,
}

impl Reason {
	/// What the metrics call it.
	pub fn label(&self) -> &'static str {
		match self {
			Self::NoSeal(_) | Self::NoClaim(_) => "digest",
			Self::Future { .. } => "future",
			Self::UnknownAuthor(_) => "unknown_author",
			Self::Seal(SealError::Signature) => "signature",
			Self::Seal(_) => "ticket",
			Self::Claim(_) => "claim",
			Self::TooManySiblings => "siblings",
		}
	}
}

/// Checks what a sealed header says, against what its parent's state says and the slot that the clock shows.
/// The rules are those that the chain has ([`check`]); what is cheap to check, and dear to forge, comes first.
pub fn check_header<Header: HeaderT<Hash = H256>>(
	mut header: Header,
	round: &Round,
	authorities: &[Authority],
	now: Slot,
) -> Result<Checked<Header>, Reason> {
	let parent = *header.parent_hash();
	let seal = Seal::take(header.digest_mut()).map_err(Reason::NoSeal)?;
	let claim = Claim::find(header.digest()).map_err(Reason::NoClaim)?;
	let slot = claim.slot;
	if slot > now.saturating_add(SLOT_DRIFT) {
		return Err(Reason::Future { slot, now });
	}
	let author =
		authorities.get(usize::from(claim.author)).ok_or(Reason::UnknownAuthor(claim.author))?;
	check::seal(&seal, header.hash(), parent, &claim, &author.id, round).map_err(Reason::Seal)?;
	let accepted = check::claim(&claim, round, authorities).map_err(Reason::Claim)?;
	let position = accepted.election.assembly_position(claim.author).unwrap_or(u32::MAX);
	Ok(Checked { header, seal: seal.to_item(), claim, position })
}

/// Checks blocks before their import.
pub struct Verifier<Block: BlockT, Client> {
	client: Arc<Client>,
	clock: Clock,
	siblings: Siblings<Block::Header>,
	report: Reporter<Block::Header>,
	metrics: Metrics,
}

impl<Block, Client> Verifier<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	Client::Api: HhcmApi<Block>,
{
	/// Checks blocks against the state of this client. Evidence against authors goes to `report`.
	pub fn new(
		client: Arc<Client>,
		clock: Clock,
		report: Reporter<Block::Header>,
		metrics: Metrics,
	) -> Self {
		Self { client, clock, siblings: Siblings::default(), report, metrics }
	}

	/// Counts a block that was checked. `is_chosen` if the relay chain wants it, whatever else there is.
	fn count(
		&self,
		sealed: Block::Header,
		checked: &Checked<Block::Header>,
		is_chosen: bool,
	) -> Result<(), Reason> {
		match self.siblings.note(&checked.claim, checked.header.hash(), sealed) {
			Sibling::Fine => Ok(()),
			Sibling::Evidence { first, second } => {
				self.metrics.equivocation();
				(self.report)(equivocation::Proof::Blocks { first: *first, second: *second });
				Ok(())
			},
			Sibling::TooMany if is_chosen => Ok(()),
			Sibling::TooMany => Err(Reason::TooManySiblings),
		}
	}

	fn check(
		&self,
		sealed: Block::Header,
		is_chosen: bool,
	) -> Result<Checked<Block::Header>, String> {
		let (hash, parent) = (sealed.hash(), *sealed.parent_hash());
		let parent = Parent::read::<Block, Client>(&self.client, parent).map_err(|error| {
			format!("block {hash:?} cannot be checked, as its election is not known: {error}")
		})?;
		let checked =
			check_header(sealed.clone(), &parent.round, &parent.authorities, self.clock.now())
				.and_then(|checked| {
					self.count(sealed, &checked, is_chosen)?;
					Ok(checked)
				});
		checked.map_err(|reason| {
			self.metrics.block_refused(reason.label());
			format!("block {hash:?} is refused: {reason}")
		})
	}
}

#[async_trait::async_trait]
impl<Block, Client> VerifierT<Block> for Verifier<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync,
	Client::Api: HhcmApi<Block>,
{
	async fn verify(
		&self,
		mut params: BlockImportParams<Block>,
	) -> Result<BlockImportParams<Block>, String> {
		// Nothing can be checked: there is no state of the parent. Whoever chose the block has checked it.
		if params.state_action.skip_execution_checks() || params.with_state() {
			params.fork_choice = Some(ForkChoiceStrategy::Custom(params.with_state()));
			return Ok(params);
		}
		let hash = params.header.hash();
		// What the relay chain has made of a block comes this way.
		let is_chosen = params.origin == BlockOrigin::ConsensusBroadcast;
		let checked = self.check(params.header.clone(), is_chosen)?;
		params.header = checked.header;
		params.post_digests.push(checked.seal);
		params.post_hash = Some(hash);
		params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
		Ok(params)
	}
}

/// A queue in which blocks are checked, and then given to `import`.
pub fn import_queue<Block, Client>(
	verifier: Verifier<Block, Client>,
	import: BoxBlockImport<Block>,
	spawner: &impl SpawnEssentialNamed,
	registry: Option<&Registry>,
) -> BasicQueue<Block>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: HhcmApi<Block>,
{
	BasicQueue::new(verifier, import, None, spawner, registry)
}
