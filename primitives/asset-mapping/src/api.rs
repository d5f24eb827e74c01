//! The runtime API that nodes read.

use alloc::vec::Vec;
use fusion_dcrm_primitives::{GroupId, MemberId, MemberSigned};

use crate::{
	Amount, AttemptIndex, BatchId, BatchView, CoinView, DepositIndex, Destination, Observation,
	OutPoint, Reserves, Wanted,
};

sp_api::decl_runtime_apis! {
	/// What nodes that watch Bitcoin read from the chain, and how they speak to it.
	pub trait BitcoinMappingApi {
		/// The group whose members witness.
		fn witnesses() -> Option<GroupId>;
		/// The time of the block that is read, in seconds since 1970.
		fn time() -> u64;
		/// How many confirmations a transaction needs (1: it is in a block).
		fn confirmations() -> u32;
		/// Deposits below this are not witnessed.
		fn minimum_deposit() -> Amount;
		/// Deposit destinations from number `from` on, at most `limit` (and at most 1,000) of them.
		fn watched(from: DepositIndex, limit: u32) -> Vec<(DepositIndex, Destination)>;
		/// Whether the chain waits for this observation of this member.
		fn wants(observation: Observation, member: MemberId) -> Wanted;
		/// The number of the block that a member's report of a fee rate has to name, if one is wanted of it.
		fn wants_fee_rate(member: MemberId) -> Option<u32>;
		/// What lock-outs pay for one virtual byte now, in the external chain's smallest unit.
		fn fee_rate() -> u64;
		/// All attempts at batches that are not settled, oldest batch first, and in a batch oldest attempt first.
		fn open_batches() -> Vec<BatchView>;
		/// An attempt at a batch that is not settled.
		fn batch(id: BatchId, attempt: AttemptIndex) -> Option<BatchView>;
		/// Coins of the ledger, after the one given (`None`: from the first on), at most `limit` (and at most
		/// 1,000) of them, in no particular order.
		fn coins(after: Option<OutPoint>, limit: u32) -> Vec<CoinView>;
		/// The same, of coins that are gone.
		fn gone_coins(after: Option<OutPoint>, limit: u32) -> Vec<CoinView>;
		/// Proof of reserves.
		fn reserves() -> Reserves;
		/// Address of a deposit, as people write it (UTF-8).
		fn deposit_address(index: DepositIndex) -> Option<Vec<u8>>;
		/// Wraps a member's observation into a transaction for the pool.
		fn observation_transaction(observation: MemberSigned<Observation>) -> Vec<u8>;
	}
}
