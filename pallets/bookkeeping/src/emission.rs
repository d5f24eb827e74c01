//! What is issued to bookkeeping nodes, and when.
//!
//! A block is worth `first`, half of it after `period` blocks, half of that after as many again, and so on
//! until nothing is left. Slots without a block issue nothing, so the sum over all blocks is a ceiling:
//!
//! ```text
//! Σ ⌊first / 2ᵏ⌋ · period  ≤  2 · first · period
//! ```

use crate::Balance;

/// A halving schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
	/// What one of the first blocks is worth.
	pub first: Balance,
	/// Blocks from halving to halving.
	pub period: u32,
}

impl Schedule {
	/// How often the reward has been halved before this block. Everything if the period is 0.
	fn halvings(&self, block: u32) -> u32 {
		block.checked_div(self.period).unwrap_or(u32::MAX)
	}

	/// The reward after so many halvings.
	fn after(&self, halvings: u32) -> Balance {
		self.first.checked_shr(halvings).unwrap_or(0)
	}

	/// What this block is worth.
	pub fn reward(&self, block: u32) -> Balance {
		self.after(self.halvings(block))
	}

	/// The block from which the next reward is lower than this one's. `None` if there is none.
	pub fn next_halving(&self, block: u32) -> Option<u32> {
		if self.reward(block) == 0 {
			return None;
		}
		self.halvings(block).checked_add(1)?.checked_mul(self.period)
	}

	/// What all blocks before this one are worth together. `None` if that is no `u128`.
	pub fn before(&self, block: u32) -> Option<Balance> {
		let halvings = self.halvings(block);
		let mut sum: Balance = 0;
		for halving in 0..halvings.min(Balance::BITS) {
			sum = sum.checked_add(self.after(halving).checked_mul(self.period.into())?)?;
		}
		let rest = block.checked_rem(self.period).unwrap_or(0);
		sum.checked_add(self.after(halvings).checked_mul(rest.into())?)
	}

	/// What all blocks that there can ever be are worth together. `None` if that is no `u128`.
	pub fn total(&self) -> Option<Balance> {
		let mut sum: Balance = 0;
		for halving in 0..Balance::BITS {
			sum = sum.checked_add(self.after(halving).checked_mul(self.period.into())?)?;
		}
		Some(sum)
	}
}
