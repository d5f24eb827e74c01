//! The keys that transactions' groups are drawn from. Only the runtime can tell them, as only it can decode a
//! transaction; here they are remembered.

use std::collections::{HashMap, HashSet};

use fusion_hhcm_primitives::api::HhcmApi;
use parking_lot::Mutex;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_core::H256;
use sp_runtime::traits::Block as BlockT;

use crate::execution::Transaction;

/// Transactions that the runtime is asked for at once.
const BATCH: usize = 256;
/// Most transactions whose key is remembered.
const MAX_REMEMBERED: usize = 65_536;

/// Remembers the grouping keys of transactions, by hash. `None` is the key of one that has none.
#[derive(Debug, Default)]
pub struct Grouping {
	keys: Mutex<HashMap<H256, Option<H256>>>,
}

impl Grouping {
	/// The keys of transactions, by the state after the block `at`. Those are left out that have none.
	pub(crate) fn keys<Block, Client>(
		&self,
		client: &Client,
		at: H256,
		transactions: &[Transaction<Block>],
	) -> Result<HashMap<H256, H256>, ApiError>
	where
		Block: BlockT<Hash = H256>,
		Client: ProvideRuntimeApi<Block>,
		Client::Api: HhcmApi<Block>,
	{
		let unknown: Vec<_> = {
			let keys = self.keys.lock();
			transactions.iter().filter(|(hash, _)| !keys.contains_key(hash)).collect()
		};
		for batch in unknown.chunks(BATCH) {
			let found = batch_keys::<Block, Client>(client, at, batch)?;
			self.keys.lock().extend(batch.iter().map(|(hash, _)| *hash).zip(found));
		}
		let mut keys = self.keys.lock();
		let known = transactions
			.iter()
			.filter_map(|(hash, _)| Some((*hash, (*keys.get(hash)?)?)))
			.collect();
		if keys.len() > MAX_REMEMBERED {
			let wanted: HashSet<_> = transactions.iter().map(|(hash, _)| *hash).collect();
			keys.retain(|hash, _| wanted.contains(hash));
		}
		Ok(known)
	}
}

/// Asks the runtime for the keys of transactions. If it fails because of one of them, that one has none, and
/// the others have theirs.
fn batch_keys<Block, Client>(
	client: &Client,
	at: H256,
	batch: &[&Transaction<Block>],
) -> Result<Vec<Option<H256>>, ApiError>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block>,
	Client::Api: HhcmApi<Block>,
{
	let ask = |part: &[&Transaction<Block>]| {
		let data = part.iter().map(|(_, data)| (**data).clone()).collect();
		client.runtime_api().grouping_keys(at, data)
	};
	let failed = match ask(batch) {
		Ok(found) => return Ok(found),
		// Without the state, or without the API, there is nothing to try.
		Err(error @ (ApiError::UnknownBlock(_) | ApiError::StateBackendIsNotTrie)) => {
			return Err(error);
		},
		Err(error) => error,
	};
	log::warn!(target: crate::LOG_TARGET, "the groups of transactions are asked for one by one: {failed}");
	let mut found = Vec::with_capacity(batch.len());
	for transaction in batch {
		found.push(ask(&[*transaction]).ok().and_then(|keys| keys.into_iter().next().flatten()));
	}
	// If it fails for all of them, it is not for one of them that it does.
	if found.iter().all(Option::is_none) {
		return Err(failed);
	}
	Ok(found)
}
