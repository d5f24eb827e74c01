//! What governance sets.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Highest gas price that can be set, in wei: a slip of some zeros must not burn users' coins as fees.
pub const MAX_GAS_PRICE: u64 = 10_000_000_000_000;

/// Most gas of a payment: the vault gives a token's `transfer` 200,000, and does something around it.
pub const MAX_PAYOUT_GAS: u32 = 300_000;

/// What governance sets for the vault. Gas prices are in the smallest unit of native coin (wei) for a unit of gas.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
	/// How many confirmations a log of the vault needs before members witness it (1: it is in a block). At least 1.
	pub confirmations: u32,
	/// Gas of a batch without payments. From 21,000, which every transaction costs, to 1,000,000.
	pub batch_gas: u32,
	/// The gas price when too few members report one. From [`Self::minimum_gas_price`] to
	/// [`Self::maximum_gas_price`].
	pub gas_price: u64,
	/// The gas price is not below this, whatever members report. At least 1.
	pub minimum_gas_price: u64,
	/// The gas price is not above this, whatever members report. At most [`MAX_GAS_PRICE`].
	pub maximum_gas_price: u64,
	/// For how many seconds a batch or an order can be executed once it was made. When a batch was not, its lock-outs
	/// wait for another one, with the fee of that time. From a minute to a week.
	pub lifetime: u32,
}

impl Default for Parameters {
	fn default() -> Self {
		Self {
			// Two epochs: what is older is final.
			confirmations: 64,
			// Measured: 57,450.
			batch_gas: 60_000,
			gas_price: 20_000_000_000,
			minimum_gas_price: 100_000_000,
			maximum_gas_price: 500_000_000_000,
			lifetime: 2 * 60 * 60,
		}
	}
}

impl Parameters {
	/// Whether every value is in its range.
	pub fn is_valid(&self) -> bool {
		self.confirmations >= 1
			&& (21_000..=1_000_000).contains(&self.batch_gas)
			&& self.minimum_gas_price >= 1
			&& self.maximum_gas_price <= MAX_GAS_PRICE
			&& (self.minimum_gas_price..=self.maximum_gas_price).contains(&self.gas_price)
			&& (60..=7 * 24 * 60 * 60).contains(&self.lifetime)
	}
}

/// Limits of an asset, in its smallest unit.
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
pub struct Limits {
	/// Deposits below this are not witnessed, and mint nothing. At least 1. Whoever brings a sweep pays its gas, so it
	/// should be worth well above that.
	pub minimum_deposit: u128,
	/// Most that is issued. A deposit that would be more waits. `None`: there is no such limit.
	pub maximum_issued: Option<u128>,
	/// Most that is credited in a window of [`BUCKETS`](crate::flows::BUCKETS) times `FlowBucket` blocks. What is more
	/// waits, until there is room or governance raises the limit. `None`: there is no such limit.
	pub deposits_per_window: Option<u128>,
	/// Lock-outs below this are refused. At least 1.
	pub minimum_lock_out: u128,
	/// Lock-outs above this are refused. `None`: there is no such limit. At least [`Self::minimum_lock_out`].
	pub maximum_lock_out: Option<u128>,
	/// Most that batches pay out in a window; what is more waits. `None`: there is no such limit. Needs
	/// [`Self::maximum_lock_out`], and is at least that.
	pub lock_outs_per_window: Option<u128>,
	/// Gas that a payment of this asset takes at worst, which its lock-out pays for. If it is less, somebody whose payments
	/// take more could make batches that do not pay for being brought, and delay others for nothing. From 1 to
	/// [`MAX_PAYOUT_GAS`].
	pub payout_gas: u32,
}

impl Limits {
	/// Whether every value is in its range.
	pub fn is_valid(&self) -> bool {
		self.minimum_deposit >= 1
			&& self.minimum_lock_out >= 1
			&& self.maximum_lock_out.is_none_or(|most| most >= self.minimum_lock_out)
			&& self
				.lock_outs_per_window
				.is_none_or(|window| self.maximum_lock_out.is_some_and(|most| most <= window))
			&& (1..=MAX_PAYOUT_GAS).contains(&self.payout_gas)
	}
}
