//! The runtime API that nodes read.

use alloc::vec::Vec;
use fusion_dcrm_primitives::{GroupId, MemberId, MemberSigned};

use crate::{
	Amount, BatchId, BatchView, DepositIndex, Destination, Observation, OutPoint, Reserves,
};

sp_api::decl_runtime_apis! {
	/// What nodes that watch Bitcoin read from the chain, and how they speak to it.
	pub trait BitcoinMappingApi {
		/// The group whose members witness.
		fn witnesses() -> Option<GroupId>;
		/// How many confirmations a transaction needs (1: it is in a block).
		fn confirmations() -> u32;
		/// Deposits below this are not witnessed.
		fn minimum_deposit() -> Amount;
		/// Deposit destinations from number `from` on, at most `limit` (and at most 1,000) of them.
		fn watched(from: DepositIndex, limit: u32) -> Vec<(DepositIndex, Destination)>;
		/// Whether the chain still wants to hear of this deposit from this member.
		fn wants_deposit(outpoint: OutPoint, member: MemberId) -> bool;
		/// Whether the chain still wants to hear from this member that the batch is settled.
		fn wants_settled(batch: BatchId, member: MemberId) -> bool;
		/// Batches that are not settled, oldest first.
		fn open_batches() -> Vec<BatchView>;
		/// A batch that is not settled.
		fn batch(id: BatchId) -> Option<BatchView>;
		/// Proof of reserves.
		fn reserves() -> Reserves;
		/// Address of a deposit, as people write it (UTF-8).
		fn deposit_address(index: DepositIndex) -> Option<Vec<u8>>;
		/// Wraps a member's observation into a transaction for the pool.
		fn observation_transaction(observation: MemberSigned<Observation>) -> Vec<u8>;
	}
}
