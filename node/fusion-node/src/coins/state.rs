//! What the chain keeps of asset mapping, as this program reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use codec::Decode;
use fusion_asset_mapping_primitives::{Amount, AttemptIndex, BatchId, DepositIndex, IntentId};
use fusion_dcrm_primitives::{GroupId, GroupView};
use fusion_runtime::{
	AccountId, Balance, BitcoinInstance, Hash, MappedAssetsInstance, Runtime, BITCOIN_ASSET,
};
use pallet_asset_mapping::{
	AttemptOf, Attempts, BatchOf, Batches, DepositAddressOf, DepositAddresses, Halted, Intent,
	Intents, NextDeposit, NextIntent, Params, Paused, Price,
};
use pallet_revive::frame_system;

use super::{
	address,
	chain::{plain_key, Chain},
	checks::Rules,
	error::Failure,
};

/// A deposit address.
pub type LockIn = DepositAddressOf<Runtime, BitcoinInstance>;
/// A lock-out, or a refund.
pub type LockOut = Intent<AccountId>;
/// An attempt at a batch.
pub type Attempt = AttemptOf<Runtime, BitcoinInstance>;

/// So many lock-ins, the newest ones, are looked through for those of an account.
pub const LOOKED_THROUGH: u64 = 10_000;

/// The rules that hold at a block.
pub async fn rules(chain: &Chain, at: Hash) -> Result<Rules, Failure> {
	let parameters = chain.value(at, &Params::<Runtime, BitcoinInstance>::hashed_key()).await?;
	let paused = chain.value(at, &Paused::<Runtime, BitcoinInstance>::hashed_key()).await?;
	Ok(Rules {
		parameters: parameters.unwrap_or_default(),
		paused: paused.unwrap_or_default(),
		halted: chain.value(at, &Halted::<Runtime, BitcoinInstance>::hashed_key()).await?,
		fee_rate: chain.call(at, "BitcoinMappingApi_fee_rate", ()).await?,
	})
}

/// What a satoshi is worth, in the smallest unit of FSN, if governance has said it.
pub async fn price(chain: &Chain, at: Hash) -> Result<Option<u128>, Failure> {
	chain.value(at, &Price::<Runtime, BitcoinInstance>::hashed_key()).await
}

/// The chain's time, in seconds since 1970.
pub async fn now(chain: &Chain, at: Hash) -> Result<u64, Failure> {
	let milliseconds: Option<u64> = chain.value(at, &plain_key("Timestamp", "Now")).await?;
	Ok(milliseconds.unwrap_or_default() / 1_000)
}

/// This machine's time, in seconds since 1970.
pub fn our_now() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What an account has to spend, in the smallest unit of FSN.
pub async fn spendable(chain: &Chain, at: Hash, who: &AccountId) -> Result<Balance, Failure> {
	type Info = frame_system::AccountInfo<
		<Runtime as frame_system::Config>::Nonce,
		<Runtime as frame_system::Config>::AccountData,
	>;
	let key = frame_system::Account::<Runtime>::hashed_key_for(who);
	let info: Option<Info> = chain.value(at, &key).await?;
	Ok(info.map_or(0, |info| info.data.free.saturating_sub(info.data.frozen)))
}

/// The mapped bitcoin of an account, in satoshi.
pub async fn mapped(chain: &Chain, at: Hash, who: &AccountId) -> Result<u128, Failure> {
	/// The front of what the assets pallet keeps of an account (`AssetAccount`).
	#[derive(Decode)]
	struct Front {
		balance: Balance,
	}
	let key =
		pallet_assets::Account::<Runtime, MappedAssetsInstance>::hashed_key_for(BITCOIN_ASSET, who);
	let front: Option<Front> = chain.value(at, &key).await?;
	Ok(front.map_or(0, |front| front.balance))
}

/// A lock-in.
pub async fn lock_in(
	chain: &Chain,
	at: Hash,
	index: DepositIndex,
) -> Result<Option<LockIn>, Failure> {
	let key = DepositAddresses::<Runtime, BitcoinInstance>::hashed_key_for(index);
	chain.value(at, &key).await
}

/// How many lock-ins there have been.
pub async fn lock_in_count(chain: &Chain, at: Hash) -> Result<DepositIndex, Failure> {
	let key = NextDeposit::<Runtime, BitcoinInstance>::hashed_key();
	Ok(chain.value(at, &key).await?.unwrap_or_default())
}

/// The lock-ins of an account, of the newest [`LOOKED_THROUGH`].
pub async fn lock_ins_of(
	chain: &Chain,
	at: Hash,
	who: &AccountId,
) -> Result<Vec<(DepositIndex, LockIn)>, Failure> {
	let next = lock_in_count(chain, at).await?;
	let keys: Vec<_> = (next.saturating_sub(LOOKED_THROUGH)..next)
		.map(DepositAddresses::<Runtime, BitcoinInstance>::hashed_key_for)
		.collect();
	let found: Vec<(Vec<u8>, LockIn)> = chain.values(at, &keys).await?;
	Ok(numbered(found).filter(|(_, lock_in)| lock_in.who == *who).collect())
}

/// A lock-out that is not settled.
pub async fn lock_out(
	chain: &Chain,
	at: Hash,
	intent: IntentId,
) -> Result<Option<LockOut>, Failure> {
	chain.value(at, &Intents::<Runtime, BitcoinInstance>::hashed_key_for(intent)).await
}

/// How many lock-outs and refunds there have been.
pub async fn lock_out_count(chain: &Chain, at: Hash) -> Result<IntentId, Failure> {
	let key = NextIntent::<Runtime, BitcoinInstance>::hashed_key();
	Ok(chain.value(at, &key).await?.unwrap_or_default())
}

/// All lock-outs and refunds that are not settled: a thousand at most.
pub async fn lock_outs(chain: &Chain, at: Hash) -> Result<Vec<(IntentId, LockOut)>, Failure> {
	let prefix = Intents::<Runtime, BitcoinInstance>::map_storage_final_prefix();
	let keys = chain.keys(at, &prefix).await?;
	let found: Vec<(Vec<u8>, LockOut)> = chain.values(at, &keys).await?;
	let mut all: Vec<_> = numbered(found).collect();
	all.sort_unstable_by_key(|(id, _)| *id);
	Ok(all)
}

/// Keys that end with a number (`Twox64Concat`), as those of lock-ins and lock-outs do, by it.
fn numbered<V>(pairs: Vec<(Vec<u8>, V)>) -> impl Iterator<Item = (u64, V)> {
	pairs.into_iter().filter_map(|(key, value)| Some((number_of(&key)?, value)))
}

fn number_of(key: &[u8]) -> Option<u64> {
	key.last_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The attempts at a batch that is not settled, oldest first.
pub async fn attempts(chain: &Chain, at: Hash, batch: BatchId) -> Result<Vec<Attempt>, Failure> {
	let key = Batches::<Runtime, BitcoinInstance>::hashed_key_for(batch);
	let found: Option<BatchOf<Runtime, BitcoinInstance>> = chain.value(at, &key).await?;
	let count: AttemptIndex = found.map_or(0, |batch| batch.attempts);
	let mut all = Vec::new();
	for number in 0..count {
		let key = Attempts::<Runtime, BitcoinInstance>::hashed_key_for(batch, number);
		let found: Option<Attempt> = chain.value(at, &key).await?;
		all.extend(found);
	}
	Ok(all)
}

/// The group that deposit addresses are made with now.
pub async fn active_group(chain: &Chain, at: Hash) -> Result<Option<GroupView>, Failure> {
	let active: Option<GroupId> = chain.call(at, "DcrmApi_active_group", ()).await?;
	match active {
		Some(group) => chain.call(at, "DcrmApi_group", (group,)).await,
		None => Ok(None),
	}
}

/// Compares the address of a lock-in with the one that is derived from the key of its group.
///
/// # Errors
///
/// [`Failure::Distrusted`] if they differ, or there is no such lock-in or key.
pub async fn check_address(
	chain: &Chain,
	at: Hash,
	index: DepositIndex,
	text: &str,
) -> Result<LockIn, Failure> {
	let distrusted = |why: String| {
		Failure::Distrusted(format!(
			"do not send anything to {text}: {why}. The node may be out of order, or may lie: ask another one for lock-in \
			 {index} (`fusion-node coins --lock-in {index}`)"
		))
	};
	let found = lock_in(chain, at, index).await?;
	let found = found.ok_or_else(|| distrusted(format!("there is no lock-in {index}")))?;
	let group: Option<GroupView> = chain.call(at, "DcrmApi_group", (found.group,)).await?;
	let derived = group.and_then(|group| {
		let network = chain.network;
		let master = group.key?;
		address::derived(chain.genesis, found.group, group.algorithm, &master, index, network)
	});
	match derived {
		Some(derived) if derived == text => Ok(found),
		Some(derived) => {
			Err(distrusted(format!("the key of group {} makes it {derived}", found.group)))
		},
		None => Err(distrusted(format!("group {} has no key", found.group))),
	}
}

/// Amounts in satoshi that governance may leave out.
pub fn limit(limit: Option<Amount>) -> String {
	limit.map_or_else(|| "none".into(), super::amount::bitcoin)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_are_read_from_keys() {
		for number in [0, 1, 258, u64::MAX] {
			for key in [
				DepositAddresses::<Runtime, BitcoinInstance>::hashed_key_for(number),
				Intents::<Runtime, BitcoinInstance>::hashed_key_for(number),
			] {
				assert_eq!(number_of(&key), Some(number));
			}
		}
		assert_eq!(number_of(&[1, 2, 3]), None);
	}

	#[test]
	fn keys_are_where_the_runtime_keeps_values() {
		let mut state = sp_io::TestExternalities::default();
		state.execute_with(|| {
			NextDeposit::<Runtime, BitcoinInstance>::put(7);
			let key = plain_key("BitcoinMapping", "NextDeposit");
			assert_eq!(key, NextDeposit::<Runtime, BitcoinInstance>::hashed_key());
			assert_eq!(sp_io::storage::get(&key).as_deref(), Some(&7u64.to_le_bytes()[..]));

			sp_io::storage::set(&plain_key("Timestamp", "Now"), &5_000u64.to_le_bytes());
			assert_eq!(<fusion_runtime::Timestamp as pallet_revive::Time>::now(), 5_000);
		});
	}
}
