//! The relay chain's clock: in which slots there may be blocks, and how many may wait for inclusion.

use core::{marker::PhantomData, num::NonZeroU32};
use cumulus_pallet_parachain_system::{
	self as parachain_system,
	consensus_hook::{ConsensusHook, UnincludedSegmentCapacity},
	relay_state_snapshot::RelayChainStateProof,
};
use frame_support::{pallet_prelude::Get, weights::Weight};
use fusion_hhcm_primitives::Slot;

use crate::pallet::*;

/// Binds the slots of blocks to those of the relay chain, whose present one is in the state proof that
/// every block brings along.
///
/// - `RELAY_SLOT_MILLIS`: milliseconds from slot to slot of the relay chain;
/// - `V`: how many blocks there may be in one slot of the relay chain;
/// - `C`: how many blocks may wait for inclusion.
///
/// A block's slot has to overlap the relay chain's: if both last equally long, they are the same. Zeros
/// count as ones.
pub struct RelaySlotHook<T, const RELAY_SLOT_MILLIS: u32, const V: u32, const C: u32>(
	PhantomData<T>,
);

impl<T: Config, const RELAY_SLOT_MILLIS: u32, const V: u32, const C: u32> ConsensusHook
	for RelaySlotHook<T, RELAY_SLOT_MILLIS, V, C>
{
	/// Called in the inherent `set_validation_data`, when the claim was checked.
	fn on_state_proof(state_proof: &RelayChainStateProof) -> (Weight, UnincludedSegmentCapacity) {
		let relay = state_proof
			.read_slot()
			.unwrap_or_else(|error| panic!("hhcm: no slot in the relay chain's state: {error:?}"));
		Pallet::<T>::note_relay_slot(relay, RELAY_SLOT_MILLIS, V);
		let capacity = NonZeroU32::new(C).unwrap_or(NonZeroU32::MIN);
		// The relay chain's slot, and the claim, which never leaves the overlay.
		(T::DbWeight::get().reads_writes(1, 1), capacity.into())
	}
}

impl<
		T: Config + parachain_system::Config,
		const RELAY_SLOT_MILLIS: u32,
		const V: u32,
		const C: u32,
	> RelaySlotHook<T, RELAY_SLOT_MILLIS, V, C>
{
	/// Whether there may be a block in this slot on top of the present one, if `included_hash` is the last
	/// block that the relay chain has included. For the runtime API of that name, asked by collators.
	pub fn can_build_upon(included_hash: T::Hash, slot: Slot) -> bool {
		let waiting = parachain_system::Pallet::<T>::unincluded_segment_size_after(included_hash);
		waiting < C.max(1) && Pallet::<T>::may_follow(slot, RELAY_SLOT_MILLIS, V)
	}
}

impl<T: Config> Pallet<T> {
	/// The first and the last slot that overlap a slot of the relay chain.
	fn slots_within(relay: Slot, relay_slot_millis: u32) -> (u64, u64) {
		let length = u64::from(relay_slot_millis.max(1));
		let begin = u64::from(relay).saturating_mul(length);
		let end = begin.saturating_add(length.saturating_sub(1));
		let slot_of = |time: u64| time.checked_div(T::SlotDuration::get()).unwrap_or_default();
		(slot_of(begin), slot_of(end))
	}

	/// Checks the relay chain's slot, and counts the block in it.
	pub(crate) fn note_relay_slot(relay: Slot, relay_slot_millis: u32, velocity: u32) {
		let now = u64::from(relay);
		let before = match RelaySlot::<T>::get() {
			Some((last, _)) if relay < last => panic!(
				"hhcm: the relay chain's slot {now} is before that of the parent, {}",
				u64::from(last)
			),
			Some((last, count)) if relay == last => count,
			_ => 0,
		};
		assert!(
			before < velocity.max(1),
			"hhcm: there are {before} blocks in the relay chain's slot {now} already"
		);
		let slot = u64::from(Self::turn().claim.slot);
		let (first, last) = Self::slots_within(relay, relay_slot_millis);
		assert!(
			first <= slot && slot <= last,
			"hhcm: the author claims slot {slot}, but the relay chain's slot {now} has slots {first} \
			to {last}"
		);
		RelaySlot::<T>::put((relay, before.saturating_add(1)));
	}

	/// Whether there may be a block in this slot on top of the last one.
	pub(crate) fn may_follow(slot: Slot, relay_slot_millis: u32, velocity: u32) -> bool {
		if slot <= Self::round().last_slot {
			return false;
		}
		// In the relay chain's slot of the last block there has to be room for another.
		match RelaySlot::<T>::get() {
			None => true,
			Some((last, count)) => {
				let (_, end) = Self::slots_within(last, relay_slot_millis);
				let slot = u64::from(slot);
				slot > end || count < velocity.max(1)
			},
		}
	}
}
