//! The check of announcements: of a header, before its block is asked for.

use std::{error::Error, future::Future, pin::Pin, sync::Arc};

use fusion_hhcm_primitives::{api::HhcmApi, digest::Claim};
use futures::FutureExt;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::{BlockStatus, HeaderBackend};
use sp_consensus::block_validation::{BlockAnnounceValidator, Validation};
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};

use super::{check_header, Reason, Refusal, Shared, Source};

/// What a check of an announcement ends with.
type Outcome = Pin<Box<dyn Future<Output = Result<Validation, Box<dyn Error + Send>>> + Send>>;

/// It may be asked for.
const PASS: Validation = Validation::Success { is_new_best: false };

/// Checks announcements of blocks.
pub struct Announcements<Block: BlockT, Client>(Arc<Shared<Block, Client>>);

impl<Block, Client> Announcements<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	Client::Api: HhcmApi<Block>,
{
	pub(super) fn new(shared: Arc<Shared<Block, Client>>) -> Self {
		Self(shared)
	}

	/// What to do about a header.
	fn judge(&self, header: &Block::Header) -> Validation {
		let client = &self.0.client;
		let is_unknown = |hash| !matches!(client.status(hash), Ok(BlockStatus::InChain));
		// Every peer announces every block.
		if !is_unknown(header.hash()) {
			return PASS;
		}
		let info = client.info();
		if info.block_gap.is_none() && *header.number() <= info.finalized_number {
			self.0.metrics.block_ignored("final");
			// Whoever was away may be late.
			return Validation::Failure { disconnect: false };
		}
		if is_unknown(*header.parent_hash()) {
			self.note_child(header);
			return PASS;
		}
		match self.0.check(header, Source::Announced) {
			Ok(_) | Err(Refusal::Unknown(_)) => PASS,
			Err(Refusal::Wrong(reason)) => {
				let hash = header.hash();
				log::debug!(target: crate::LOG_TARGET, "announced block {hash:?} is refused: {reason}");
				// Nobody announces what it has not checked. But others may have seen other siblings, and
				// clocks differ.
				let is_doubtful = matches!(reason, Reason::TooManySiblings | Reason::Future { .. });
				Validation::Failure { disconnect: !is_doubtful }
			},
		}
	}

	/// Looks whether a block is built on a sibling that was one too many: that one is needed then.
	///
	/// The parent is not known, but what its children are checked against is the same for all of its siblings.
	fn note_child(&self, header: &Block::Header) {
		let Ok(claim) = Claim::find(header.digest()) else { return };
		let (siblings, now) = (&self.0.siblings, self.0.clock.latest());
		for (key, children) in siblings.floods_before(claim.slot) {
			let checked = check_header(header.clone(), &children.round, &children.authorities, now);
			if checked.is_ok() {
				siblings.want(&key, *header.parent_hash(), (claim.slot, claim.author));
			}
		}
	}
}

impl<Block, Client> BlockAnnounceValidator<Block> for Announcements<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync,
	Client::Api: HhcmApi<Block>,
{
	fn validate(&mut self, header: &Block::Header, data: &[u8]) -> Outcome {
		// No data belong to an announcement.
		let validation = if data.is_empty() {
			self.judge(header)
		} else {
			Validation::Failure { disconnect: true }
		};
		futures::future::ready(Ok(validation)).boxed()
	}
}
