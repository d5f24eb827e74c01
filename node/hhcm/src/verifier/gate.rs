//! What is looked at before a block is checked, and after it was executed.

use std::{
	collections::VecDeque,
	sync::Arc,
	time::{Duration, Instant},
};

use parking_lot::Mutex;
use sc_consensus::{
	import_queue::BoxBlockImport, BlockCheckParams, BlockImport, BlockImportParams, ImportResult,
};
use sp_blockchain::HeaderBackend;
use sp_consensus::Error;
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};

use super::Shared;

/// Most blocks that are remembered because they failed.
const MAX_FAILED: usize = 256;
/// How long they are. Whoever offers one again meanwhile is not believed.
const FAILED_FOR: Duration = Duration::from_secs(60);

/// Blocks whose execution failed. Sync would ask for them again and again.
#[derive(Debug, Default)]
pub(super) struct Failed(VecDeque<(H256, Instant)>);

impl Failed {
	pub(super) fn note(&mut self, hash: H256, now: Instant) {
		if self.0.len() >= MAX_FAILED {
			self.0.pop_front();
		}
		self.0.push_back((hash, now));
	}

	pub(super) fn contains(&mut self, hash: H256, now: Instant) -> bool {
		self.0.retain(|(_, since)| now.saturating_duration_since(*since) < FAILED_FOR);
		self.0.iter().any(|(failed, _)| *failed == hash)
	}
}

/// Keeps out blocks that are not worth their execution.
pub(super) struct Gate<Block: BlockT, Client> {
	inner: BoxBlockImport<Block>,
	shared: Arc<Shared<Block, Client>>,
	failed: Mutex<Failed>,
}

impl<Block: BlockT, Client> Gate<Block, Client> {
	pub(super) fn new(inner: BoxBlockImport<Block>, shared: Arc<Shared<Block, Client>>) -> Self {
		Self { inner, shared, failed: Mutex::default() }
	}

	fn has_failed(&self, hash: H256) -> bool {
		self.failed.lock().contains(hash, Instant::now())
	}
}

#[async_trait::async_trait]
impl<Block, Client> BlockImport<Block> for Gate<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: HeaderBackend<Block> + Send + Sync,
{
	type Error = Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Error> {
		let (hash, number) = (block.hash, block.number);
		// Not for what is wanted whatever it is.
		let is_ordinary =
			!block.import_existing && !block.allow_missing_state && !block.allow_missing_parent;
		let result = self.inner.check_block(block).await?;
		if !matches!(result, ImportResult::Imported(_)) {
			return Ok(result);
		}
		if self.has_failed(hash) {
			self.shared.metrics.block_ignored("failed");
			return Ok(ImportResult::KnownBad);
		}
		let info = self.shared.client.info();
		if is_ordinary && info.block_gap.is_none() && number <= info.finalized_number {
			// The client would find that out as well, but only after it has executed the block.
			self.shared.metrics.block_ignored("final");
			return Ok(ImportResult::MissingState);
		}
		Ok(result)
	}

	async fn import_block(&self, params: BlockImportParams<Block>) -> Result<ImportResult, Error> {
		let (hash, number) = (params.post_hash(), *params.header.number());
		let result = self.inner.import_block(params).await;
		// A block that came too late did not fail.
		let is_final = number <= self.shared.client.info().finalized_number;
		if matches!(result, Err(Error::ClientImport(_))) && !is_final {
			self.failed.lock().note(hash, Instant::now());
		}
		result
	}
}
