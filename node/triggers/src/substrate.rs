//! [`Chain`] for a Substrate client.

use std::{marker::PhantomData, sync::Arc};

use codec::{Codec, Decode};
use fusion_calling_list_primitives::{
	api::CallingListApi, DueCursor, DuePage, Reason, RowId, Sender,
};
use fusion_hhcm_primitives::{api::HhcmApi, KEY_TYPE};
use futures::{stream::BoxStream, StreamExt};
use sc_client_api::BlockchainEvents;
use sc_transaction_pool_api::{TransactionPool, TransactionSource};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_core::{H160, H256};
use sp_keystore::KeystorePtr;
use sp_runtime::{
	traits::{Block as BlockT, Header as _},
	SaturatedConversion,
};

use crate::{
	turns::Place,
	worker::{Best, Chain, ChainError},
};

/// The chain as this node's client and transaction pool see it.
pub struct SubstrateChain<Block, AccountId, Client, Pool> {
	client: Arc<Client>,
	pool: Arc<Pool>,
	keystore: KeystorePtr,
	is_syncing: Box<dyn Fn() -> bool + Send + Sync>,
	_block: PhantomData<fn() -> (Block, AccountId)>,
}

impl<Block, AccountId, Client, Pool> SubstrateChain<Block, AccountId, Client, Pool> {
	/// `keystore` has the keys by which the node is known as a bookkeeping node. `is_syncing` says whether the node is
	/// still catching up.
	pub fn new(
		client: Arc<Client>,
		pool: Arc<Pool>,
		keystore: KeystorePtr,
		is_syncing: impl Fn() -> bool + Send + Sync + 'static,
	) -> Self {
		Self { client, pool, keystore, is_syncing: Box::new(is_syncing), _block: PhantomData }
	}
}

fn failed(error: ApiError) -> ChainError {
	ChainError(format!("the runtime's calling list API failed: {error}"))
}

#[async_trait::async_trait]
impl<Block, AccountId, Client, Pool> Chain for SubstrateChain<Block, AccountId, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	AccountId: Codec + Send + Sync + 'static,
	Client: ProvideRuntimeApi<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
	Client::Api: CallingListApi<Block, AccountId> + HhcmApi<Block>,
	Pool: TransactionPool<Block = Block> + 'static,
{
	fn best_blocks(&self) -> BoxStream<'static, Best> {
		self.client
			.import_notification_stream()
			.filter_map(|block| async move {
				block.is_new_best.then(|| Best {
					hash: block.hash,
					number: (*block.header.number()).saturated_into(),
				})
			})
			.boxed()
	}

	fn is_syncing(&self) -> bool {
		(self.is_syncing)()
	}

	fn due(&self, at: H256, after: Option<DueCursor>, limit: u32) -> Result<DuePage, ChainError> {
		self.client.runtime_api().due(at, after, limit).map_err(failed)
	}

	fn trial(&self, at: H256, sender: H160, ids: Vec<RowId>) -> Result<Vec<Reason>, ChainError> {
		let trial = self.client.runtime_api().trial(at, sender, ids).map_err(failed)?;
		Ok(trial.reasons)
	}

	fn sender(&self, at: H256, address: H160) -> Result<Sender, ChainError> {
		self.client.runtime_api().sender(at, address).map_err(failed)
	}

	fn place(&self, at: H256) -> Result<Place, ChainError> {
		let api = self.client.runtime_api();
		let authorities = api.authorities(at).map_err(failed)?;
		let groups = api.round(at).map_err(failed)?.groups;
		let ours = self.keystore.sr25519_public_keys(KEY_TYPE);
		let is_ours = |id: &[u8]| ours.iter().any(|key| AsRef::<[u8]>::as_ref(key) == id);
		let index = authorities.iter().position(|authority| is_ours(authority.id.as_ref()));
		Ok(Place {
			index: index.map(|index| u32::try_from(index).unwrap_or(u32::MAX)),
			nodes: u32::try_from(authorities.len()).unwrap_or(u32::MAX),
			groups: groups.into(),
		})
	}

	async fn submit(&self, at: H256, payload: Vec<u8>) -> Result<(), ChainError> {
		let encoded = self.client.runtime_api().transaction(at, payload).map_err(failed)?;
		let extrinsic = Block::Extrinsic::decode(&mut encoded.as_slice())
			.map_err(|error| ChainError(format!("the runtime made a bad transaction: {error}")))?;
		self.pool
			.submit_one(at, TransactionSource::Local, extrinsic)
			.await
			.map(|_| ())
			.map_err(|error| ChainError(error.to_string()))
	}
}
