//! The runtime APIs that nodes read.

use alloc::vec::Vec;
use fusion_dcrm_primitives::{GroupId, MemberId, MemberSigned};

use crate::{
	vault::{
		AssetView, VaultBatchView, VaultDepositView, VaultObservation, VaultOrderView, VaultView,
	},
	Amount, AttemptIndex, BatchId, BatchView, CoinView, DepositIndex, Destination, Observation,
	OutPoint, Reserves,
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
		/// Whether the chain waits for this observation of this member.
		fn wants(observation: Observation, member: MemberId) -> bool;
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

	/// What nodes and relayers of a vault read from the chain, and how members speak to it.
	pub trait VaultMappingApi {
		/// The vault, once governance has registered one.
		fn vault() -> Option<VaultView>;
		/// The key that a vault of this group has to be deployed with: the x-coordinate.
		fn vault_key(group: GroupId) -> Option<[u8; 32]>;
		/// What is mapped.
		fn assets() -> Vec<AssetView>;
		/// Deposit addresses from number `from` on, at most `limit` (and at most 1,000) of them.
		fn watched(from: DepositIndex, limit: u32) -> Vec<VaultDepositView>;
		/// Whether the chain waits for this observation of this member.
		fn wants(observation: VaultObservation, member: MemberId) -> bool;
		/// The number of the block that a member's report of a gas price has to name, if one is wanted of it.
		fn wants_gas_price(member: MemberId) -> Option<u32>;
		/// What lock-outs pay for a unit of gas now, in the smallest unit of native coin.
		fn gas_price() -> u64;
		/// Batches that are not settled, oldest first.
		fn open_batches() -> Vec<VaultBatchView>;
		/// A batch that is not settled.
		fn batch(id: BatchId) -> Option<VaultBatchView>;
		/// Calldata with which anybody has the vault execute a batch; the fee goes to `fee_to`. `None` if it is not
		/// signed, or not open.
		fn batch_calldata(id: BatchId, fee_to: [u8; 20]) -> Option<Vec<u8>>;
		/// The order that the vault has to execute next.
		fn order() -> Option<VaultOrderView>;
		/// Proof of reserves of an asset. `None` if it is not mapped.
		fn reserves(asset: u32) -> Option<Reserves>;
		/// Wraps a member's observation into a transaction for the pool.
		fn observation_transaction(observation: MemberSigned<VaultObservation>) -> Vec<u8>;
	}
}
