//! What rows can wait for on other chains.
//!
//! It is what the witnesses of asset mapping confirm: coins that come to a deposit address, and payments of lock-outs.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The number of a mapped chain: that of its instance of asset mapping. 0 is Bitcoin.
pub type ChainId = u8;

/// What is to happen.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ForeignEvent {
	/// A deposit of at least so much is credited. The row is due for each.
	#[codec(index = 0)]
	Deposit {
		/// Number of the deposit address, by which one lock-in request has one.
		index: u64,
		/// How much one deposit has to be at least, in that chain's smallest unit.
		least: u128,
	},
	/// The payment of a lock-out is confirmed. The row is due once.
	#[codec(index = 1)]
	LockOut {
		/// Number of the lock-out.
		intent: u64,
	},
}

/// What it happens to.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ForeignItem {
	/// The deposit address of a number.
	#[codec(index = 0)]
	Address(u64),
	/// The lock-out of a number.
	#[codec(index = 1)]
	LockOut(u64),
}

/// An item of a chain.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ForeignKey {
	/// The chain.
	pub chain: ChainId,
	/// The item.
	pub item: ForeignItem,
}

impl ForeignKey {
	/// A deposit address.
	pub const fn address(chain: ChainId, index: u64) -> Self {
		Self { chain, item: ForeignItem::Address(index) }
	}

	/// A lock-out.
	pub const fn lock_out(chain: ChainId, intent: u64) -> Self {
		Self { chain, item: ForeignItem::LockOut(intent) }
	}
}

impl ForeignEvent {
	/// What it happens to.
	pub fn key(&self, chain: ChainId) -> ForeignKey {
		match *self {
			Self::Deposit { index, .. } => ForeignKey::address(chain, index),
			Self::LockOut { intent } => ForeignKey::lock_out(chain, intent),
		}
	}

	/// Whether it can happen once only.
	pub fn is_once(&self) -> bool {
		matches!(self, Self::LockOut { .. })
	}

	/// Whether so much is enough.
	pub fn is_met(&self, amount: u128) -> bool {
		match *self {
			Self::Deposit { least, .. } => amount >= least,
			Self::LockOut { .. } => true,
		}
	}
}
