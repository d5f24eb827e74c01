//! Assembling a block: executing the transactions of the packages, while the ticket is mined, and sealing.

use std::{
	marker::PhantomData,
	sync::Arc,
	time::{Duration, Instant},
};

use codec::{Encode, MaxEncodedLen};
use fusion_hhcm_primitives::{
	api::HhcmApi,
	digest::{Claim, Seal},
	package::{self, INHERENT_IDENTIFIER},
	ticket::seal_payload,
	Packages, Ticket, ENGINE_ID, MAX_HEADER_SIZE,
};
use sc_block_builder::BlockBuilderApi;
use sc_consensus::{BlockImportParams, StateAction, StorageChanges};
use sc_transaction_pool_api::{TransactionPool, TxInvalidityReportMap};
use sp_api::{ApiError, CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_consensus::BlockOrigin;
use sp_core::H256;
use sp_inherents::InherentData;
use sp_keystore::KeystorePtr;
use sp_runtime::{
	traits::{Block as BlockT, Header as HeaderT},
	Digest, DigestItem,
};
use sp_trie::StorageProof;

use crate::{
	claim::{make_claim, AssemblyTurn},
	execution::{ready_transactions, Built},
	grouping::Grouping,
	guard::{Guard, Statement, Subject},
	mining::{Mining, Search, Stop},
	round::SlotView,
	signing::{sign, SigningError},
};

mod build;
#[cfg(test)]
mod tests;

use build::{Assembled, Assembly};

/// Most transactions of the pool that are looked for in packages.
const MAX_LOOKED_AT: usize = 65_536;

/// Why there is no block.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
	/// It is not this node's turn.
	#[error("none of this node's keys may assemble a block now")]
	NoTurn,
	/// It was told to stop.
	#[error("the block was given up")]
	Stopped,
	/// No nonce solves the ticket.
	#[error("the ticket is a blank")]
	Blank,
	/// The ticket was not solved in time.
	#[error("the ticket was not solved in time")]
	TooLate,
	/// The inherents cannot be made.
	#[error("the inherents cannot be made: {0}")]
	Inherents(crate::BoxError),
	/// The runtime did not tell the transactions' groups.
	#[error("the groups of transactions are not known: {0}")]
	Groups(#[from] ApiError),
	/// The block cannot be built.
	#[error("the block cannot be built: {0}")]
	Client(#[from] sp_blockchain::Error),
	/// Its header is larger than others take.
	#[error("its header has {0} bytes, more than {MAX_HEADER_SIZE}")]
	TooLarge(usize),
	/// It was not signed.
	#[error("the block was not signed: {0}")]
	Signing(#[from] SigningError),
	/// It was not imported.
	#[error("the block was not imported: {0}")]
	Import(String),
	/// The work panicked.
	#[error("making the block failed: {0}")]
	Panicked(String),
}

impl AuthorError {
	/// What the metrics call it.
	pub fn label(&self) -> &'static str {
		match self {
			Self::NoTurn => "no_turn",
			Self::Stopped => "outrun",
			Self::Blank => "blank_ticket",
			Self::TooLate => "late",
			Self::Inherents(_) => "inherents",
			Self::Groups(_) | Self::Client(_) => "execution",
			Self::TooLarge(_) => "header_size",
			Self::Signing(_) => "signing",
			Self::Import(_) => "import",
			Self::Panicked(_) => "panic",
		}
	}
}

impl From<tokio::task::JoinError> for AuthorError {
	fn from(error: tokio::task::JoinError) -> Self {
		Self::Panicked(error.to_string())
	}
}

/// What a block may take.
#[derive(Clone, Copy, Debug)]
pub struct BlockLimits {
	/// How long the pool may take to be ready.
	pub pool_wait: Duration,
	/// When executing transactions ends.
	pub execute_until: Instant,
	/// When the ticket has to be solved.
	pub solve_until: Instant,
	/// Most bytes of the block with its proof.
	pub size: usize,
}

/// What a block is to be made of.
pub struct Assignment {
	/// The slot, on top of the parent.
	pub view: SlotView,
	/// By whose right.
	pub turn: AssemblyTurn,
	/// The packages. They are added to the inherent data.
	pub packages: Packages,
	/// What inherents are made from.
	pub inherents: InherentData,
	/// Items of the digest beside the claim: what a relay chain wants to know.
	pub digest: Vec<DigestItem>,
	/// What it may take.
	pub limits: BlockLimits,
	/// Tells to give up.
	pub stop: Stop,
}

/// A finished block.
pub struct Authored<Block: BlockT> {
	/// For the import. The fork choice is not set.
	pub params: BlockImportParams<Block>,
	/// The block, with its seal.
	pub block: Block,
	/// Its hash.
	pub hash: H256,
	/// What of its parent's state it reads.
	pub proof: StorageProof,
	/// What its header says about its author.
	pub claim: Claim,
	/// How many transactions it has, beside inherents.
	pub transactions: usize,
	/// How long it took to solve the ticket.
	pub solved_in: Duration,
}

/// Assembles blocks.
pub struct Author<Block, Client, Pool> {
	client: Arc<Client>,
	pool: Arc<Pool>,
	keystore: KeystorePtr,
	guard: Arc<Guard>,
	grouping: Arc<Grouping>,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client, Pool> Author<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client:
		ProvideRuntimeApi<Block> + CallApiAt<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: HhcmApi<Block> + BlockBuilderApi<Block>,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// Assembles blocks from this pool.
	pub fn new(
		client: Arc<Client>,
		pool: Arc<Pool>,
		keystore: KeystorePtr,
		guard: Arc<Guard>,
		grouping: Arc<Grouping>,
	) -> Self {
		Self { client, pool, keystore, guard, grouping, _block: PhantomData }
	}

	/// Makes a block and seals it. It is not imported.
	pub async fn author(&self, assignment: Assignment) -> Result<Authored<Block>, AuthorError> {
		let Assignment { view, turn, packages, mut inherents, digest, limits, stop } = assignment;
		let parent = view.parent().hash;
		let root = package::root(&packages);
		let claim = make_claim(&*self.keystore, &view, &turn, root)?;
		inherents.replace_data(INHERENT_IDENTIFIER, &packages);

		let ticket = Ticket::new(parent, view.slot(), &turn.key, turn.place.group, root);
		let handicap = view.election().handicap(turn.place);
		let mut mining =
			Mining::start(ticket, view.parent().round.difficulty, handicap, stop.clone());

		let mut logs = vec![claim.to_item()];
		logs.extend(digest);
		let ready =
			ready_transactions::<Block, Pool>(&self.pool, parent, limits.pool_wait, MAX_LOOKED_AT)
				.await;
		let assembly = Assembly {
			client: self.client.clone(),
			grouping: self.grouping.clone(),
			view: view.clone(),
			packages,
			inherents,
			digest: Digest { logs },
			ready,
			limits,
			stop,
		};
		let assembled = tokio::task::spawn_blocking(move || assembly.assemble()).await??;
		let Assembled { built, transactions, invalid } = assembled;
		self.report(parent, invalid).await;

		let left = limits.solve_until.saturating_duration_since(Instant::now());
		let search = tokio::time::timeout(left, mining.result())
			.await
			.map_err(|_| AuthorError::TooLate)??;
		let (nonce, solved_in) = match search {
			Search::Solved { nonce, took } => (nonce, took),
			Search::Blank => return Err(AuthorError::Blank),
			Search::Stopped => return Err(AuthorError::Stopped),
		};
		let mut sized = built.block.header().clone();
		sized.digest_mut().push(DigestItem::Seal(ENGINE_ID, vec![0; Seal::max_encoded_len()]));
		let size = sized.encoded_size();
		if size > MAX_HEADER_SIZE {
			return Err(AuthorError::TooLarge(size));
		}
		let seal = self.seal(&view, &turn, &built.block, nonce).await?;
		Ok(finish(built, seal, Summary { claim, transactions, solved_in }))
	}

	/// Tells the pool which transactions are invalid.
	async fn report(&self, parent: H256, invalid: TxInvalidityReportMap<H256>) {
		if !invalid.is_empty() {
			self.pool.report_invalid(Some(parent), invalid).await;
		}
	}

	async fn seal(
		&self,
		view: &SlotView,
		turn: &AssemblyTurn,
		block: &Block,
		nonce: u64,
	) -> Result<Seal, AuthorError> {
		let pre_hash = block.header().hash();
		let statement = Statement {
			author: turn.key.clone(),
			parent: view.parent().hash,
			slot: view.slot(),
			subject: Subject::Block,
			hash: pre_hash,
		};
		let (keystore, guard) = (self.keystore.clone(), self.guard.clone());
		let signature = tokio::task::spawn_blocking(move || {
			sign(&*keystore, &guard, &statement, &seal_payload(&pre_hash, nonce))
		})
		.await??;
		Ok(Seal::V1 { nonce, signature })
	}
}

/// What is known of a block beside itself.
struct Summary {
	claim: Claim,
	transactions: usize,
	solved_in: Duration,
}

/// Puts the seal on a block.
fn finish<Block: BlockT<Hash = H256>>(
	built: Built<Block>,
	seal: Seal,
	summary: Summary,
) -> Authored<Block> {
	let Built { block, changes, proof } = built;
	let Summary { claim, transactions, solved_in } = summary;
	let (header, body) = block.deconstruct();
	let seal = seal.to_item();
	let mut sealed = header.clone();
	sealed.digest_mut().push(seal.clone());
	let hash = sealed.hash();

	let mut params = BlockImportParams::new(BlockOrigin::Own, header);
	params.post_digests.push(seal);
	params.post_hash = Some(hash);
	params.body = Some(body.clone());
	params.state_action = StateAction::ApplyChanges(StorageChanges::Changes(changes));
	let block = Block::new(sealed, body);
	Authored { params, block, hash, proof, claim, transactions, solved_in }
}
