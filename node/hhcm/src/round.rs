//! What the rules say about one slot on top of one parent.

use std::sync::Arc;

use fusion_hhcm_primitives::{
	api::HhcmApi, election::transaction_group, package::Context, Authority, AuthorityId,
	AuthorityIndex, Election, GroupId, Round, Slot,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::traits::Block as BlockT;

/// What a block says about the slots after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
	/// Hash of the chain's first block.
	pub genesis: H256,
	/// Hash of the block.
	pub hash: H256,
	/// What the election of its children depends on.
	pub round: Round,
	/// Who may author them.
	pub authorities: Arc<[Authority]>,
}

impl Parent {
	/// Reads it from the state after the block `hash`.
	pub fn read<Block, Client>(client: &Client, hash: H256) -> Result<Self, ApiError>
	where
		Block: BlockT<Hash = H256>,
		Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
		Client::Api: HhcmApi<Block>,
	{
		let api = client.runtime_api();
		let round = api.round(hash)?;
		let authorities = api.authorities(hash)?.into();
		Ok(Self { genesis: client.info().genesis_hash, hash, round, authorities })
	}

	/// The slot `slot` on top of the block.
	pub fn at(&self, slot: Slot) -> SlotView {
		let election = Election::new(&self.round, slot, &self.authorities);
		SlotView { parent: self.clone(), slot, election }
	}
}

/// One slot on top of one parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
	parent: Parent,
	slot: Slot,
	election: Election,
}

impl SlotView {
	/// The parent.
	pub fn parent(&self) -> &Parent {
		&self.parent
	}

	/// The slot.
	pub fn slot(&self) -> Slot {
		self.slot
	}

	/// Who may do what.
	pub fn election(&self) -> &Election {
		&self.election
	}

	/// Where the packages of this slot belong.
	pub fn context(&self) -> Context {
		Context { genesis: self.parent.genesis, parent: self.parent.hash, slot: self.slot }
	}

	/// The group of a transaction with this grouping key.
	pub fn transaction_group(&self, key: H256) -> GroupId {
		transaction_group(self.parent.round.seed, self.slot, key, self.election.groups())
	}

	/// The key of a bookkeeping node.
	pub fn authority(&self, index: AuthorityIndex) -> Option<&AuthorityId> {
		self.parent.authorities.get(usize::from(index)).map(|authority| &authority.id)
	}
}
