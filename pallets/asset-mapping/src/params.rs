//! What governance sets.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_asset_mapping_primitives::Amount;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::Perbill;

/// What governance sets. Amounts are in the external chain's smallest unit, fee rates in that for one virtual
/// byte.
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
	/// How many confirmations a transaction of the external chain needs before members witness it
	/// (1: it is in a block). At least 1.
	pub confirmations: u32,
	/// Deposits below this are not witnessed, and mint nothing. At least 1.
	pub minimum_deposit: Amount,
	/// Deposits above this are refunded. `None`: there is no such limit. At least [`Self::minimum_deposit`].
	pub maximum_deposit: Option<Amount>,
	/// Most that is credited in a window of [`BUCKETS`](crate::flows::BUCKETS) times `FlowBucket` blocks; what
	/// is more waits. `None`: there is no such limit. Needs [`Self::maximum_deposit`], and is at least that.
	pub deposits_per_window: Option<Amount>,
	/// Lock-outs below this are refused.
	pub minimum_lock_out: Amount,
	/// Lock-outs above this are refused. `None`: there is no such limit. At least [`Self::minimum_lock_out`].
	pub maximum_lock_out: Option<Amount>,
	/// Most that batches pay out in a window; what is more waits. `None`: there is no such limit. Needs
	/// [`Self::maximum_lock_out`] and [`Self::maximum_deposit`] (deposits may have to be refunded), and is at
	/// least both. What is more than that all the same (the refund of a deposit above the maximum, or a lock-out that
	/// was asked for under other limits) goes when nothing else has gone in a window.
	pub lock_outs_per_window: Option<Amount>,
	/// The fee rate when too few members report one. From [`Self::minimum_fee_rate`] to
	/// [`Self::maximum_fee_rate`].
	pub fee_rate: u64,
	/// The fee rate is not below this, whatever members report. At least 1.
	pub minimum_fee_rate: u64,
	/// The fee rate is not above this, whatever members report. At most [`MAX_FEE_RATE`].
	pub maximum_fee_rate: u64,
	/// Most that a transaction may pay for its fee.
	pub maximum_batch_fee: Amount,
	/// Most that a lock-out may pay for its fee, as a part of its amount.
	pub maximum_fee_part: Perbill,
	/// For how many blocks a signed transaction is waited for before one with a higher fee takes its place.
	pub replace_after: u32,
	/// For how many seconds after its deadline an address cannot be closed: as long, late deposits to it are
	/// refunded in any case.
	pub grace: u32,
}

/// Highest fee rate that can be set: a slip of some zeros must not burn users' coins as fees.
pub const MAX_FEE_RATE: u64 = 10_000;

impl Default for Parameters {
	fn default() -> Self {
		Self {
			confirmations: 6,
			minimum_deposit: 10_000,
			maximum_deposit: None,
			deposits_per_window: None,
			minimum_lock_out: 0,
			maximum_lock_out: None,
			lock_outs_per_window: None,
			fee_rate: 10,
			minimum_fee_rate: 1,
			maximum_fee_rate: 1_000,
			maximum_batch_fee: 1_000_000,
			maximum_fee_part: Perbill::from_percent(30),
			// Half an hour of blocks of six seconds.
			replace_after: 300,
			// Two weeks.
			grace: 14 * 24 * 60 * 60,
		}
	}
}

impl Parameters {
	/// Whether every value is in its range.
	pub fn is_valid(&self) -> bool {
		let at_most = |limit: Option<Amount>, window: Option<Amount>| match (limit, window) {
			(_, None) => true,
			(Some(limit), Some(window)) => limit <= window,
			(None, Some(_)) => false,
		};
		self.confirmations >= 1
			&& self.minimum_deposit >= 1
			&& self.maximum_deposit.is_none_or(|most| most >= self.minimum_deposit)
			&& self.maximum_lock_out.is_none_or(|most| most >= self.minimum_lock_out)
			&& at_most(self.maximum_deposit, self.deposits_per_window)
			&& at_most(self.maximum_lock_out, self.lock_outs_per_window)
			&& at_most(self.maximum_deposit, self.lock_outs_per_window)
			&& self.minimum_fee_rate >= 1
			&& self.maximum_fee_rate <= MAX_FEE_RATE
			&& (self.minimum_fee_rate..=self.maximum_fee_rate).contains(&self.fee_rate)
	}
}
