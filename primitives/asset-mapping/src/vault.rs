//! What the pallet that maps coins of a vault and the nodes that watch the vault agree on. The vault is a
//! contract on an account chain (`contracts/src/vault`); see [`account`](crate::account).

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_dcrm_primitives::GroupId;
use scale_info::TypeInfo;

use crate::{BatchId, DepositIndex};

/// A log of the vault.
///
/// Its place is the one among the logs of its *transaction*, from 0, and not that in the block which nodes call
/// `logIndex`: so the event of a transaction that comes into another block by a reorganization stays the same one.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct EventId {
	/// Hash of the transaction.
	pub transaction: [u8; 32],
	/// Place among the logs of the transaction.
	pub log: u32,
}

/// What a member says of the vault's chain. Amounts are in the asset's smallest unit.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum VaultObservation {
	/// The vault collected what was at a deposit address (`Deposited`), at enough confirmations.
	Deposited {
		/// The log.
		event: EventId,
		/// The request whose address it is.
		index: DepositIndex,
		/// The mapped asset.
		asset: u32,
		/// How much.
		amount: u128,
		/// Hash of the block that holds it.
		block: [u8; 32],
	},
	/// The vault executed a batch (`Executed`), at enough confirmations.
	Executed {
		/// The batch.
		batch: BatchId,
		/// The fee that it paid: that of the batch, or nothing.
		fee: u128,
		/// The payments that failed (`Unpaid`): bit `i` stands for payment `i`.
		unpaid: u64,
		/// Hash of the transaction.
		transaction: [u8; 32],
		/// Hash of the block that holds it.
		block: [u8; 32],
	},
	/// A block that is *final* on that chain has a time after the deadline of a batch, and the batch was not executed
	/// up to it: it never can be.
	Expired {
		/// The batch.
		batch: BatchId,
	},
	/// A payment that had failed was made after all (`Claimed`), at enough confirmations.
	Claimed {
		/// Its batch.
		batch: BatchId,
		/// Its place in the batch, from 0.
		index: u32,
		/// Hash of the block that holds it.
		block: [u8; 32],
	},
	/// The vault executed an order (`Ordered`), at enough confirmations.
	Ordered {
		/// Its number.
		nonce: u64,
		/// Hash of the block that holds it.
		block: [u8; 32],
	},
	/// What one pays now for a unit of gas, for a transaction that is to be included soon. Each member's word stands
	/// for itself.
	GasPrice {
		/// In the smallest unit of native coin (wei).
		price: u64,
		/// The block of Fusion at which this is said: an old word must not be said again by others.
		at: u32,
	},
	/// A deposit that was counted is not there any more: the block that held it was replaced.
	Gone {
		/// The log.
		event: EventId,
		/// How often it was gone before: an old word must not be said again by others.
		episode: u32,
	},
	/// A deposit that was gone is there again, at enough confirmations.
	Back {
		/// The log.
		event: EventId,
		/// How often it was gone before this time.
		episode: u32,
	},
}

/// The kind of payload that [`VaultObservation`]s of an instance are signed as.
pub fn vault_observation_domain(instance: u8) -> Vec<u8> {
	(b"vault-mapping", instance).encode()
}

/// The vault.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VaultView {
	/// Chain id (EIP-155).
	pub chain_id: u64,
	/// The contract.
	pub address: [u8; 20],
	/// The group whose key it has, and whose members witness.
	pub group: GroupId,
	/// The key: an x-coordinate.
	pub key: [u8; 32],
	/// How many confirmations a log needs (1: it is in a block).
	pub confirmations: u32,
}

/// A mapped asset.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct AssetView {
	/// Its number among the mapped coins.
	pub asset: u32,
	/// The ERC-20, or zero for native coin.
	pub token: [u8; 20],
	/// Deposits below this are not witnessed.
	pub minimum_deposit: u128,
}

/// A deposit address. It takes every asset.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VaultDepositView {
	/// The number of the request.
	pub index: DepositIndex,
	/// Its salt, by which the vault's events name it.
	pub salt: [u8; 32],
	/// Where coins have to go.
	pub address: [u8; 20],
}

/// A batch that is not settled.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VaultBatchView {
	/// Its number.
	pub id: BatchId,
	/// The group that signs it.
	pub group: GroupId,
	/// The encoded template ([`AccountChain::Template`](crate::account::AccountChain::Template)).
	pub template: Vec<u8>,
	/// What is signed. Nodes compute it anew from `template`.
	pub digest: [u8; 32],
	/// The signature, once there is one.
	pub signature: Option<[u8; 64]>,
}

/// What the vault is told next.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VaultOrderView {
	/// Its number.
	pub nonce: u64,
	/// Number of the attempt.
	pub attempt: u32,
	/// The group that signs it.
	pub group: GroupId,
	/// The encoded order.
	pub order: Vec<u8>,
	/// What is signed. Nodes compute it anew from `order`.
	pub digest: [u8; 32],
	/// Calldata with which anybody has the vault execute it, once it is signed.
	pub calldata: Option<Vec<u8>>,
}
