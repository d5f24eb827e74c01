//! [`ChainAccess`] for a Substrate client.

use std::{marker::PhantomData, sync::Arc};

use codec::Decode;
use fusion_dcrm_primitives::{
	api::DcrmApi,
	message::{signing_bytes, DCRM_DOMAIN},
	DcrmMessage, GroupId, GroupView, MemberId, MemberSigned, PeerIdBytes, RequestId,
	SigningRequest,
};
use futures::{stream::BoxStream, StreamExt};
use sc_client_api::BlockchainEvents;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	TransactionPool, TransactionSource,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::{traits::Block as BlockT, SaturatedConversion};

use crate::{
	identity::Identity,
	worker::{BlockRef, ChainAccess, ChainError},
};

/// The chain as this node's client and transaction pool see it.
pub struct SubstrateChain<Block, Client, Pool> {
	client: Arc<Client>,
	pool: Arc<Pool>,
	identity: Identity,
	peer: Option<PeerIdBytes>,
	is_syncing: Box<dyn Fn() -> bool + Send + Sync>,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client, Pool> SubstrateChain<Block, Client, Pool> {
	/// For the member `identity`, which is reached at `peer` (`None`: do not announce it).
	/// `is_syncing` says whether the node is still catching up.
	pub fn new(
		client: Arc<Client>,
		pool: Arc<Pool>,
		identity: Identity,
		peer: Option<PeerIdBytes>,
		is_syncing: impl Fn() -> bool + Send + Sync + 'static,
	) -> Self {
		Self { client, pool, identity, peer, is_syncing: Box::new(is_syncing), _block: PhantomData }
	}
}

fn failed(error: ApiError) -> ChainError {
	ChainError(format!("the runtime's DCRM API failed: {error}"))
}

#[async_trait::async_trait]
impl<Block, Client, Pool> ChainAccess for SubstrateChain<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ BlockchainEvents<Block>
		+ Send
		+ Sync
		+ 'static,
	Client::Api: DcrmApi<Block>,
	Pool: TransactionPool<Block = Block> + 'static,
{
	fn genesis(&self) -> H256 {
		self.client.info().genesis_hash
	}

	fn finalized(&self) -> BlockRef {
		let info = self.client.info();
		BlockRef {
			hash: info.finalized_hash,
			number: info.finalized_number.saturated_into::<u32>(),
		}
	}

	fn is_syncing(&self) -> bool {
		(self.is_syncing)()
	}

	fn finality(&self) -> BoxStream<'static, ()> {
		self.client.finality_notification_stream().map(|_| ()).boxed()
	}

	fn groups_of(&self, at: H256, member: &MemberId) -> Result<Vec<GroupId>, ChainError> {
		self.client.runtime_api().groups_of(at, member.clone()).map_err(failed)
	}

	fn group(&self, at: H256, id: GroupId) -> Result<Option<GroupView>, ChainError> {
		self.client.runtime_api().group(at, id).map_err(failed)
	}

	fn peer(&self, at: H256, member: &MemberId) -> Result<Option<(PeerIdBytes, u64)>, ChainError> {
		self.client.runtime_api().peer(at, member.clone()).map_err(failed)
	}

	fn open_requests(
		&self,
		at: H256,
		group: GroupId,
		limit: u32,
	) -> Result<Vec<(RequestId, SigningRequest)>, ChainError> {
		self.client.runtime_api().open_requests(at, group, limit).map_err(failed)
	}

	fn our_peer(&self) -> Option<PeerIdBytes> {
		self.peer.clone()
	}

	async fn submit(&self, message: DcrmMessage) -> Result<(), ChainError> {
		let (at, extrinsic) = self.transaction(message)?;
		match self.pool.submit_one(at, TransactionSource::Local, extrinsic).await {
			Ok(_) => Ok(()),
			Err(error) => match error.into_pool_error() {
				// The pool has this word of ours already (signatures differ, the word does not).
				Ok(PoolError::AlreadyImported(_) | PoolError::TooLowPriority { .. }) => Ok(()),
				Ok(error) => Err(ChainError(error.to_string())),
				Err(error) => Err(ChainError(error.to_string())),
			},
		}
	}
}

impl<Block, Client, Pool> SubstrateChain<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	Client::Api: DcrmApi<Block>,
{
	/// The transaction that says `message`, for the best block.
	fn transaction(&self, message: DcrmMessage) -> Result<(H256, Block::Extrinsic), ChainError> {
		let info = self.client.info();
		let bytes = signing_bytes(info.genesis_hash, DCRM_DOMAIN, &message);
		let signature =
			self.identity.sign(&bytes).map_err(|error| ChainError(error.to_string()))?;
		let signed =
			MemberSigned { member: self.identity.id().clone(), payload: message, signature };
		let encoded = self
			.client
			.runtime_api()
			.message_transaction(info.best_hash, signed)
			.map_err(failed)?;
		let extrinsic = Block::Extrinsic::decode(&mut encoded.as_slice())
			.map_err(|error| ChainError(format!("the runtime made a bad transaction: {error}")))?;
		Ok((info.best_hash, extrinsic))
	}
}
