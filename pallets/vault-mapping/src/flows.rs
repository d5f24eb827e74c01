//! How much of an asset has come in and gone out of late, for the throttle.
//!
//! A window is [`BUCKETS`] buckets of `FlowBucket` blocks each. What happens is added to the newest bucket, and a
//! bucket falls out of the window as a whole: so what counts is between one bucket less than a window and a
//! window old.

use crate::{Config, Inflow, Limits, Outflow, Pallet};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::traits::Get;
use scale_info::TypeInfo;
use sp_runtime::SaturatedConversion;

/// Buckets in a window.
pub const BUCKETS: u32 = 24;

/// How much has passed in the last buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Flow {
	/// Number of the newest bucket.
	newest: u32,
	/// What passed in each; that of bucket `n` is at place `n` modulo [`BUCKETS`].
	amounts: [u128; BUCKETS as usize],
}

impl Flow {
	/// Time has come to this bucket: what is older than a window is forgotten.
	fn advance(&mut self, bucket: u32) {
		let behind = bucket.saturating_sub(self.newest).min(BUCKETS);
		for back in 0..behind {
			if let Some(amount) = self.place(bucket.saturating_sub(back)) {
				*amount = 0;
			}
		}
		self.newest = self.newest.max(bucket);
	}

	fn place(&mut self, bucket: u32) -> Option<&mut u128> {
		self.amounts.get_mut(usize::try_from(bucket % BUCKETS).ok()?)
	}

	fn sum(&self) -> u128 {
		self.amounts.iter().fold(0, |sum, amount| sum.saturating_add(*amount))
	}

	fn add(&mut self, amount: u128) {
		if let Some(place) = self.place(self.newest) {
			*place = place.saturating_add(amount);
		}
	}
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	fn bucket() -> u32 {
		Self::now() / T::FlowBucket::get().saturated_into::<u32>().max(1)
	}

	fn room(mut flow: Flow, limit: Option<u128>) -> u128 {
		flow.advance(Self::bucket());
		limit.map_or(u128::MAX, |limit| limit.saturating_sub(flow.sum()))
	}

	/// How much of an asset may be credited now, by the throttle.
	pub(crate) fn inflow_room(asset: u32, limits: &Limits) -> u128 {
		Self::room(Inflow::<T, I>::get(asset), limits.deposits_per_window)
	}

	/// How much of an asset may be paid out now.
	pub(crate) fn outflow_room(asset: u32, limits: &Limits) -> u128 {
		Self::room(Outflow::<T, I>::get(asset), limits.lock_outs_per_window)
	}

	/// So much was credited.
	pub(crate) fn note_inflow(asset: u32, amount: u128) {
		Inflow::<T, I>::mutate(asset, |flow| {
			flow.advance(Self::bucket());
			flow.add(amount);
		});
	}

	/// A batch pays so much out.
	pub(crate) fn note_outflow(asset: u32, amount: u128) {
		Outflow::<T, I>::mutate(asset, |flow| {
			flow.advance(Self::bucket());
			flow.add(amount);
		});
	}

	/// The number of the present block, as external words name it.
	pub(crate) fn now() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into::<u32>()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sum_should_forget_a_bucket_when_a_window_has_passed() {
		let mut flow = Flow::default();
		flow.add(5);
		flow.advance(1);
		flow.add(7);
		assert_eq!(flow.sum(), 12);
		flow.advance(BUCKETS - 1);
		assert_eq!(flow.sum(), 12);
		flow.advance(BUCKETS);
		assert_eq!(flow.sum(), 7);
		flow.add(1);
		flow.advance(BUCKETS + 1);
		assert_eq!(flow.sum(), 1);
		flow.advance(3 * BUCKETS);
		assert_eq!(flow.sum(), 0);
	}

	#[test]
	fn sum_should_not_overflow_when_amounts_are_as_large_as_can_be() {
		let mut flow = Flow::default();
		for bucket in 0..2 * BUCKETS {
			flow.advance(bucket);
			flow.add(u128::MAX);
			flow.add(1);
		}
		assert_eq!(flow.sum(), u128::MAX);
		flow.advance(u32::MAX);
		assert_eq!(flow.sum(), 0);
	}
}
