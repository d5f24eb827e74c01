//! The check of a block before its import.
//!
//! Everything that the seal and the claim say is checked before anything is executed, so that a flood of
//! blocks costs its sender more than us. That the claim's packages are those in the block, and that the
//! transactions are theirs, is checked when the block is executed: by every node, and by the validators of
//! the relay chain. The time of a block is bound to its slot there as well.
//!
//! ```text
//!  announcement ──▶ Announcements ──▶ sync ──▶ queue: Gate::check_block ──▶ Verifier ──▶ Gate::import_block
//!   (a header)      seal, claim,     (body)           too old to be          seal,          execution
//!                   siblings                          final, or failed       claim,
//!                                                     to execute before      siblings
//! ```
//!
//! On a network without a relay chain, announcements are checked as well ([`Verifier::announcements`]): what is
//! refused there is not even asked for. An author's siblings beyond [`MAX_SIBLINGS`] are refused there, but for
//! those that another author has built on: else two halves of a network that were given different ones would
//! never agree again.

use std::{collections::VecDeque, sync::Arc};

use codec::Encode;
use fusion_hhcm_primitives::{
	api::HhcmApi,
	check::{self, ClaimError, SealError},
	digest::{Claim, DigestError, Seal},
	equivocation, Authority, AuthorityIndex, Round, Slot, MAX_HEADER_SIZE,
};
use parking_lot::Mutex;
use sc_consensus::{
	import_queue::{BasicQueue, BoxBlockImport, Verifier as VerifierT},
	BlockImportParams, ForkChoiceStrategy,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_consensus::BlockOrigin;
use sp_core::{traits::SpawnEssentialNamed, H256};
use sp_runtime::{
	traits::{Block as BlockT, Header as HeaderT},
	DigestItem,
};
use substrate_prometheus_endpoint::Registry;

use crate::{evidence::Reporter, metrics::Metrics, round::Parent, timing::Clock};

mod announcements;
mod gate;
mod siblings;
#[cfg(test)]
mod tests;

pub use announcements::Announcements;
pub use siblings::{MAX_OF_AUTHOR, MAX_SIBLINGS};

use gate::Gate;
use siblings::{Children, Excuse, Key, Siblings};

/// Parents whose elections are remembered.
const PARENTS: usize = 16;

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
	/// The seed of its children.
	pub seed: H256,
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
	/// The header is too large.
	#[error("its header has {0} bytes, more than {MAX_HEADER_SIZE}")]
	TooLarge(usize),
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
			Self::TooLarge(_) => "size",
		}
	}
}

/// Checks what a sealed header says, against what its parent's state says and the latest slot that anybody may
/// be in now ([`Clock::latest`]). The rules are those that the chain has ([`check`]); what is cheap to check,
/// and dear to forge, comes first.
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
	if slot > now {
		return Err(Reason::Future { slot, now });
	}
	let author =
		authorities.get(usize::from(claim.author)).ok_or(Reason::UnknownAuthor(claim.author))?;
	check::seal(&seal, header.hash(), parent, &claim, &author.id, round).map_err(Reason::Seal)?;
	let accepted = check::claim(&claim, round, authorities).map_err(Reason::Claim)?;
	let position = accepted.election.assembly_position(claim.author).unwrap_or(u32::MAX);
	Ok(Checked { header, seal: seal.to_item(), claim, position, seed: accepted.seed })
}

/// Why a block is not imported.
#[derive(Debug, thiserror::Error)]
enum Refusal {
	/// Nothing can be said about it.
	#[error("cannot be checked, as its election is not known: {0}")]
	Unknown(#[from] ApiError),
	/// It is wrong.
	#[error("is refused: {0}")]
	Wrong(#[from] Reason),
}

/// From where a block comes to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
	/// It was announced. It is not there yet.
	Announced,
	/// It was asked for.
	Queue,
	/// The relay chain wants it, whatever else there is.
	RelayChain,
}

/// What the checks of announcements, of blocks, and of imports share.
struct Shared<Block: BlockT, Client> {
	client: Arc<Client>,
	clock: Clock,
	siblings: Siblings<Block::Header>,
	/// The last parents. What is known of one does not change.
	parents: Mutex<VecDeque<Parent>>,
	report: Reporter<Block::Header>,
	metrics: Metrics,
}

impl<Block, Client> Shared<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	Client::Api: HhcmApi<Block>,
{
	/// What the block with this hash says about its children.
	fn parent(&self, hash: H256) -> Result<Parent, ApiError> {
		let known = self.parents.lock().iter().find(|parent| parent.hash == hash).cloned();
		if let Some(parent) = known {
			return Ok(parent);
		}
		let parent = Parent::read::<Block, Client>(&self.client, hash)?;
		let mut parents = self.parents.lock();
		if parents.len() >= PARENTS {
			parents.pop_front();
		}
		parents.push_back(parent.clone());
		Ok(parent)
	}

	/// Checks a header whose parent is known, and counts it among its siblings.
	fn check(
		&self,
		sealed: &Block::Header,
		source: Source,
	) -> Result<Checked<Block::Header>, Refusal> {
		let checked = self.judge(sealed, source);
		if let Err(Refusal::Wrong(reason)) = &checked {
			self.metrics.block_refused(reason.label());
		}
		checked
	}

	fn judge(
		&self,
		sealed: &Block::Header,
		source: Source,
	) -> Result<Checked<Block::Header>, Refusal> {
		let excuse = match source {
			Source::Announced => Excuse::None,
			// Whoever was away asks for what has happened since.
			Source::Queue => Excuse::Late(self.clock.now()),
			Source::RelayChain => Excuse::Chosen,
		};
		let size = sealed.encoded_size();
		if size > MAX_HEADER_SIZE && excuse != Excuse::Chosen {
			return Err(Reason::TooLarge(size).into());
		}
		let claim = Claim::find(sealed.digest()).map_err(Reason::NoClaim)?;
		let key = Key { parent: *sealed.parent_hash(), slot: claim.slot, author: claim.author };
		// A flood costs no more than a look.
		if excuse != Excuse::Chosen && self.siblings.is_flooded(&key, sealed.hash(), excuse) {
			return Err(Reason::TooManySiblings.into());
		}
		let parent = self.parent(key.parent)?;
		let now = self.clock.latest();
		let checked = check_header(sealed.clone(), &parent.round, &parent.authorities, now)?;
		self.count(sealed, &checked, &parent, excuse)?;
		Ok(checked)
	}

	/// Counts a block that was checked.
	fn count(
		&self,
		sealed: &Block::Header,
		checked: &Checked<Block::Header>,
		parent: &Parent,
		excuse: Excuse,
	) -> Result<(), Reason> {
		let children = Children {
			round: Round { seed: checked.seed, last_slot: checked.claim.slot, ..parent.round },
			authorities: parent.authorities.clone(),
		};
		let content = checked.header.hash();
		let noted = self.siblings.note(&checked.claim, content, sealed, children, excuse);
		if let Some((first, second)) = noted.evidence.map(|pair| *pair) {
			self.metrics.equivocation();
			(self.report)(equivocation::Proof::Blocks { first, second });
		}
		if noted.is_too_many {
			return Err(Reason::TooManySiblings);
		}
		Ok(())
	}
}

/// Checks blocks before their import.
pub struct Verifier<Block: BlockT, Client>(Arc<Shared<Block, Client>>);

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
		Self(Arc::new(Shared {
			client,
			clock,
			siblings: Siblings::default(),
			parents: Mutex::default(),
			report,
			metrics,
		}))
	}

	/// Checks announcements of blocks, and shares with this verifier what it knows of siblings. For a network
	/// without a relay chain.
	pub fn announcements(&self) -> Announcements<Block, Client> {
		Announcements::new(self.0.clone())
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
		let source = if params.origin == BlockOrigin::ConsensusBroadcast {
			Source::RelayChain
		} else {
			Source::Queue
		};
		let checked = self
			.0
			.check(&params.header, source)
			.map_err(|refusal| format!("block {hash:?} {refusal}"))?;
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
	let gate = Gate::new(import, verifier.0.clone());
	BasicQueue::new(verifier, Box::new(gate), None, spawner, registry)
}
