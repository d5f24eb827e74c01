//! What the asset-mapping pallet and the nodes that watch external chains agree on.
//!
//! *Asset mapping* (whitepaper, "asset mapping and DCRM"): a coin of another chain goes under the
//! control of a key group (*lock-in*) and an equal amount of a mapped coin is issued here; the mapped
//! coin is locked, the coin is paid out there, and the mapped coin is burnt (*lock-out*).
//!
//! - [`chain`]: what has to be known of a chain family ([`chain::ExternalChain`]);
//! - [`account`]: the same of a chain family with accounts ([`account::AccountChain`]);
//! - [`api`]: the runtime API that nodes read;
//! - this module: what members witness ([`Observation`]), and views.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod account;
pub mod api;
pub mod chain;

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// Number of a deposit address. Counts up from 0.
pub type DepositIndex = u64;
/// Number of a lock-out intent. Counts up from 0 and is never used again.
pub type IntentId = u64;
/// Number of a batch of lock-outs. Counts up from 0 and is never used again.
pub type BatchId = u64;
/// An amount in the smallest unit of the external chain (satoshi).
pub type Amount = u64;
/// Where coins of an external chain can be paid to, as that chain's nodes compare it (a Bitcoin
/// `scriptPubKey`: at most 34 bytes for every standard witness program and for P2PKH and P2SH).
pub type Destination = BoundedVec<u8, ConstU32<64>>;
/// An address as people write it.
pub type AddressText = BoundedVec<u8, ConstU32<128>>;

/// A transaction output of a UTXO chain.
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
	Serialize,
	Deserialize,
)]
pub struct OutPoint {
	/// Transaction id, in the order of bytes in which it is hashed (explorers show it reversed).
	pub txid: [u8; 32],
	/// Number of the output.
	pub vout: u32,
}

/// What a member witnessed on the external chain, at enough confirmations.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Observation {
	/// A deposit to one of our addresses.
	Deposit {
		/// The output that holds it.
		outpoint: OutPoint,
		/// The deposit address that it went to.
		index: DepositIndex,
		/// How much.
		amount: Amount,
		/// Height of the block that holds it.
		height: u32,
		/// Hash of that block, in the order of bytes in which it is hashed.
		block: [u8; 32],
	},
	/// The transaction of a batch.
	Settled {
		/// The batch.
		batch: BatchId,
		/// Its transaction's id, as in [`OutPoint::txid`].
		txid: [u8; 32],
		/// Height of the block that holds it.
		height: u32,
		/// Hash of that block.
		block: [u8; 32],
	},
}

/// The kind of payload that [`Observation`]s of an instance are signed as.
pub fn observation_domain(instance: u8) -> Vec<u8> {
	(b"asset-mapping", instance).encode()
}

/// Where a batch of lock-outs stands.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum BatchState {
	/// The group is signing it.
	Signing,
	/// It is signed in full: any node may broadcast it, and members watch for it.
	Signed,
	/// It was witnessed at enough confirmations.
	Settled,
}

/// What nodes need to know of a batch.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct BatchView {
	/// Its number.
	pub id: BatchId,
	/// Where it stands.
	pub state: BatchState,
	/// Its transaction's id, as in [`OutPoint::txid`].
	pub txid: [u8; 32],
	/// What each input's key signs, in order. Nodes compute it anew from `template`.
	pub sighashes: Vec<[u8; 32]>,
	/// The encoded template ([`chain::ExternalChain::Template`]).
	pub template: Vec<u8>,
	/// The transaction with its signatures, ready to broadcast, once signed in full.
	pub transaction: Option<Vec<u8>>,
}

/// Proof of reserves: what the invariant compares, in the external chain's smallest unit.
#[derive(
	Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug, Default, Serialize, Deserialize,
)]
pub struct Reserves {
	/// Coins in outputs that the group's keys control, as witnessed.
	pub held: u128,
	/// Coins that are known to be missing.
	pub deficit: u128,
	/// Mapped coins issued, locked ones included.
	pub issued: u128,
	/// Part of `issued` that is locked for lock-outs which are not settled yet.
	pub locked: u128,
}

impl Reserves {
	/// Whether every mapped coin is covered.
	pub fn covered(&self) -> bool {
		self.held.saturating_add(self.deficit) >= self.issued
	}
}
