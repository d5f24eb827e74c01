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
/// Number of an attempt at a batch. Counts up from 0 in each batch.
pub type AttemptIndex = u32;
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

/// What a member says of the external chain. Blocks and transactions are named by their hashes, in the order
/// of bytes in which they are hashed.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Observation {
	/// A deposit to one of our addresses, at enough confirmations.
	Deposit {
		/// The output that holds it.
		outpoint: OutPoint,
		/// The deposit address that it went to.
		index: DepositIndex,
		/// How much.
		amount: Amount,
		/// Height of the block that holds it.
		height: u32,
		/// That chain's time at that block, in seconds since 1970. It never goes back from one block to the
		/// next (Bitcoin: the median time past of the block, BIP-113).
		time: u32,
		/// Hash of that block.
		block: [u8; 32],
	},
	/// The transaction of an attempt at a batch, at enough confirmations.
	Settled {
		/// The batch.
		batch: BatchId,
		/// The attempt.
		attempt: AttemptIndex,
		/// Its transaction's id.
		txid: [u8; 32],
		/// Height of the block that holds it.
		height: u32,
		/// Hash of that block.
		block: [u8; 32],
	},
	/// What that chain's nodes would pay now for a transaction that is to be confirmed soon. Each member's word
	/// stands for itself.
	FeeRate {
		/// In the external chain's smallest unit for one virtual byte.
		rate: u64,
		/// The block of Fusion at which this is said: an old word must not be said again by others.
		at: u32,
	},
	/// A coin of the ledger is not there any more, although nobody has spent it with our keys: the block that
	/// held it was replaced.
	Gone {
		/// The output that held it.
		outpoint: OutPoint,
		/// How often it was gone before: an old word must not be said again by others.
		episode: u32,
	},
	/// A coin that was gone is there again, at enough confirmations.
	Back {
		/// The output that holds it.
		outpoint: OutPoint,
		/// How often it was gone before this time.
		episode: u32,
	},
}

/// Whether the chain waits for an observation of a member.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum Wanted {
	/// It does.
	Now,
	/// It does not now, but what it is about is not decided, and it may be wanted later: this direction is paused, no
	/// group is active, the member is no witness (yet), has said it already, or has too many votes on other
	/// subjects. Who drops it may lose somebody's coins.
	Later,
	/// It was decided, or is about nothing that the chain knows.
	Never,
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
	/// It, or another attempt at the same batch, was witnessed at enough confirmations.
	Settled,
}

/// What nodes need to know of an attempt at a batch.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct BatchView {
	/// The batch.
	pub id: BatchId,
	/// Number of the attempt. All attempts spend the same coins, so at most one of them is ever confirmed.
	pub attempt: AttemptIndex,
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

/// A coin of the ledger, or one that is gone.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct CoinView {
	/// The output that holds it, or held it.
	pub outpoint: OutPoint,
	/// How much it is.
	pub amount: Amount,
	/// Height of the block in which it was witnessed.
	pub height: u32,
	/// How often it was gone before.
	pub episode: u32,
	/// Whether a batch spends it.
	pub reserved: bool,
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
	/// Coins that came in without a mapped coin being issued, and belong to somebody all the same: they are to
	/// be refunded, or wait to be credited.
	pub owed: u128,
}

impl Reserves {
	/// All that must be covered: mapped coins issued, and what is owed.
	pub fn liabilities(&self) -> u128 {
		self.issued.saturating_add(self.owed)
	}

	/// Whether every mapped coin, and all that is owed, is covered.
	pub fn covered(&self) -> bool {
		self.held.saturating_add(self.deficit) >= self.liabilities()
	}

	/// The fee reserve: coins held that cover nothing.
	pub fn surplus(&self) -> u128 {
		self.held.saturating_add(self.deficit).saturating_sub(self.liabilities())
	}
}
