//! Stake that ages, and the weight that it gives.
//!
//! The *coin age* of a stake is its amount times its age in blocks, the age capped. When stake is added,
//! the coin age stays what it was: the age becomes the mean of the old stake's and of the new one's, which
//! is zero. When stake is taken away the age stays, so that the coin age shrinks in proportion. A *weight*
//! is the coin age of all stakes behind a node, in a coarser unit.
//!
//! With `S` staked at age `A` (capped already) and `x` added:
//!
//! ```text
//! A' = ⌊ S · A / (S + x) ⌋        so that  S · A - (S + x)  <  (S + x) · A'  ≤  S · A
//! ```
//!
//! The cap is applied *before* stake is added. Otherwise stake that has been held for ten times the cap
//! could lend the surplus to nine times as much new stake, which would then have full age at once.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

use crate::Balance;

/// An amount at stake, and since when, in the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Stake {
	/// How much.
	pub amount: Balance,
	/// The block from which its age counts.
	pub age_start: u32,
}

impl Stake {
	/// Fresh stake.
	pub fn new(amount: Balance, now: u32) -> Self {
		Self { amount, age_start: now }
	}

	/// For how many blocks it has been held, in the mean, and at most `cap`.
	pub fn age(&self, now: u32, cap: u32) -> u32 {
		now.saturating_sub(self.age_start).min(cap)
	}

	/// Amount times age.
	pub fn coin_age(&self, now: u32, cap: u32) -> u128 {
		// Does not saturate: no amount is above the supply, and the supply times 2³² fits
		// (`integrity_test`).
		self.amount.saturating_mul(self.age(now, cap).into())
	}

	/// Adds fresh stake. The coin age does not grow.
	pub fn add(&mut self, amount: Balance, now: u32, cap: u32) {
		let coin_age = self.coin_age(now, cap);
		self.amount = self.amount.saturating_add(amount);
		let age = coin_age.checked_div(self.amount).unwrap_or(0);
		// Not above the old age, which is a `u32`.
		self.age_start = now.saturating_sub(u32::try_from(age).unwrap_or(u32::MAX));
	}

	/// Takes stake away, at most what there is. Its age stays.
	pub fn take(&mut self, amount: Balance) {
		self.amount = self.amount.saturating_sub(amount);
	}
}

/// The weight of a coin age: how often `unit` was held for one block.
pub fn weight(coin_age: u128, unit: Balance) -> u64 {
	coin_age.checked_div(unit).unwrap_or(0).try_into().unwrap_or(u64::MAX)
}

/// Whether `new` stake may take the place of `old` stake: if it is larger by at least a tenth. Whoever is
/// displaced loses the age of its stake, and nobody shall lose it for a trifle.
pub fn displaces(new: Balance, old: Balance) -> bool {
	new >= old.saturating_add(old.div_ceil(10))
}

/// `⌊a · b / c⌋`. `None` if `c` is 0 or the result is too large.
pub fn mul_div(a: u128, b: u128, c: u128) -> Option<u128> {
	multiply_by_rational_with_rounding(a, b, c, Rounding::Down)
}
