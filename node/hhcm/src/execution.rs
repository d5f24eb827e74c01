//! Executing transactions on top of a parent: what packagers and assemblers have in common.

use std::{sync::Arc, time::Duration};

use codec::Encode;
use sc_block_builder::{BlockBuilder, BlockBuilderApi, BlockBuilderBuilder};
use sc_transaction_pool_api::{InPoolTransaction, TransactionPool};
use sp_api::{CallApiAt, ProofRecorder, ProvideRuntimeApi, StorageChanges};
use sp_blockchain::{ApplyExtrinsicFailed, Error, HeaderBackend};
use sp_core::H256;
use sp_externalities::Extensions;
use sp_inherents::InherentData;
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	Digest, ExtrinsicInclusionMode,
};
use sp_trie::{proof_size_extension::ProofSizeExt, StorageProof};

/// A transaction with its hash.
pub(crate) type Transaction<Block> = (H256, Arc<<Block as BlockT>::Extrinsic>);

/// The transactions that the pool has ready on top of a block, in the order in which they can be executed,
/// at most `limit`. The pool is given `wait` to be done with the block.
pub(crate) async fn ready_transactions<Block, Pool>(
	pool: &Pool,
	at: H256,
	wait: Duration,
	limit: usize,
) -> Vec<Transaction<Block>>
where
	Block: BlockT<Hash = H256>,
	Pool: TransactionPool<Block = Block, Hash = H256>,
{
	let ready = pool.ready_at_with_timeout(at, wait).await;
	ready.take(limit).map(|transaction| (*transaction.hash(), transaction.data().clone())).collect()
}

/// The number of a block.
pub(crate) fn number_of<Block, Client>(
	client: &Client,
	hash: H256,
) -> Result<NumberFor<Block>, Error>
where
	Block: BlockT<Hash = H256>,
	Client: HeaderBackend<Block>,
{
	client.number(hash)?.ok_or_else(|| Error::UnknownBlock(format!("{hash:?}")))
}

/// What became of a transaction.
pub(crate) enum Pushed {
	/// It is in the block.
	Included,
	/// There is no room for it.
	Full,
	/// It cannot be in this block.
	Refused(Refusal),
}

/// Why a transaction cannot be in a block.
pub(crate) enum Refusal {
	/// Its nonce does not fit: something before it is missing, or has been replaced.
	OutOfOrder,
	/// It is invalid.
	Invalid(TransactionValidityError),
	/// The runtime failed.
	Failed(Error),
}

/// A block that is being built.
pub(crate) struct Building<'a, Block, Client>
where
	Block: BlockT,
	Client: ProvideRuntimeApi<Block>,
{
	builder: BlockBuilder<'a, Block, Client>,
	recorder: ProofRecorder<Block>,
}

/// A block without its seal.
pub(crate) struct Built<Block: BlockT> {
	/// The block.
	pub block: Block,
	/// What it changes.
	pub changes: StorageChanges<Block>,
	/// What of its parent's state it read.
	pub proof: StorageProof,
}

impl<'a, Block, Client> Building<'a, Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + CallApiAt<Block> + 'a,
	Client::Api: BlockBuilderApi<Block>,
{
	/// Begins a block.
	///
	/// The proof is recorded, also where nobody asks for it: what a transaction costs depends on it.
	pub fn begin(
		client: &'a Client,
		parent: H256,
		parent_number: NumberFor<Block>,
		digest: Digest,
	) -> Result<Self, Error> {
		let recorder = ProofRecorder::<Block>::default();
		let mut extensions = Extensions::new();
		extensions.register(ProofSizeExt::new(recorder.clone()));
		let builder = BlockBuilderBuilder::<Block, Client>::new(client)
			.on_parent_block(parent)
			.with_parent_block_number(parent_number)
			.with_proof_recorder(recorder.clone())
			.with_inherent_digests(digest)
			.with_extra_extensions(extensions)
			.build()?;
		Ok(Self { builder, recorder })
	}

	/// Executes the inherents that the runtime makes of `data`. All of ours are mandatory, so the first error
	/// is the end of the block.
	pub fn apply_inherents(&mut self, data: InherentData) -> Result<(), Error> {
		for inherent in self.builder.create_inherents(data)? {
			self.builder.push(inherent)?;
		}
		Ok(())
	}

	/// Whether the block may have transactions. It may not while the chain migrates.
	pub fn takes_transactions(&self) -> bool {
		self.builder.extrinsic_inclusion_mode() == ExtrinsicInclusionMode::AllExtrinsics
	}

	/// Bytes of the block so far, with its proof.
	pub fn size(&self) -> usize {
		self.builder.estimate_block_size()
	}

	/// Bytes of the proof so far.
	pub fn proof_size(&self) -> usize {
		self.recorder.estimate_encoded_size()
	}

	/// Executes a transaction, if the block has no more than `size_limit` bytes with it.
	pub fn push(&mut self, transaction: &Block::Extrinsic, size_limit: usize) -> Pushed {
		if self.size().saturating_add(transaction.encoded_size()) > size_limit {
			return Pushed::Full;
		}
		match self.builder.push(transaction.clone()) {
			Ok(()) => Pushed::Included,
			Err(Error::ApplyExtrinsicFailed(ApplyExtrinsicFailed::Validity(error))) => judge(error),
			Err(error) => Pushed::Refused(Refusal::Failed(error)),
		}
	}

	/// Ends the block.
	pub fn finish(self) -> Result<Built<Block>, Error> {
		let (block, changes) = self.builder.build()?.into_inner();
		Ok(Built { block, changes, proof: self.recorder.drain_storage_proof() })
	}
}

fn judge(error: TransactionValidityError) -> Pushed {
	if error.exhausted_resources() {
		return Pushed::Full;
	}
	Pushed::Refused(match error {
		TransactionValidityError::Invalid(
			InvalidTransaction::Future | InvalidTransaction::Stale,
		) => Refusal::OutOfOrder,
		error => Refusal::Invalid(error),
	})
}
