//! Slots: of the block, of its timestamp, of the relay chain.

use cumulus_pallet_parachain_system::{
	consensus_hook::ConsensusHook, relay_state_snapshot::RelayChainStateProof,
};
use cumulus_test_relay_sproof_builder::RelayStateSproofBuilder;
use fusion_hhcm_primitives::Slot;

use super::driver::{assert_says, Chain};
use crate::{mock::*, RelaySlot, RelaySlotHook};

type Hook = RelaySlotHook<Test, 6_000, 1, 3>;

/// The relay chain's state in a slot.
fn proof(slot: u64) -> RelayChainStateProof {
	let builder = RelayStateSproofBuilder { current_slot: slot.into(), ..Default::default() };
	let para = builder.para_id;
	let (root, proof) = builder.into_state_root_and_proof();
	RelayChainStateProof::new(para, root, proof).expect("it is its root")
}

/// What a hook says within a block of the given slot. `None` if it accepts the block.
fn said<Hook: ConsensusHook>(slot: u64, before: Option<(u64, u32)>, relay: u64) -> Option<String> {
	let mut chain = Chain::new();
	let draft = chain.draft(slot);
	let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
		chain.ext.execute_with(|| {
			RelaySlot::<Test>::set(before.map(|(slot, count)| (slot.into(), count)));
			Executive::initialize_block(&draft.header());
			let (_, capacity) = Hook::on_state_proof(&proof(relay));
			assert_eq!(capacity, std::num::NonZeroU32::new(3).unwrap().into());
			let count = match before {
				Some((slot, count)) if slot == relay => count + 1,
				_ => 1,
			};
			assert_eq!(RelaySlot::<Test>::get(), Some((relay.into(), count)));
		});
	}));
	outcome.err().map(|panic| *panic.downcast::<String>().expect("it has a message"))
}

#[test]
fn slot_should_be_the_relay_chains_when_both_last_equally_long() {
	assert_eq!(said::<Hook>(FIRST_SLOT, None, FIRST_SLOT), None);
	assert_eq!(said::<Hook>(FIRST_SLOT, Some((FIRST_SLOT - 1, 1)), FIRST_SLOT), None);
	for relay in [FIRST_SLOT - 1, FIRST_SLOT + 1, 0] {
		let message = said::<Hook>(FIRST_SLOT, None, relay).unwrap();
		let expected = format!(
			"hhcm: the author claims slot {FIRST_SLOT}, but the relay chain's slot {relay}"
		);
		assert_says(&message, &expected);
	}
}

#[test]
fn slot_should_be_refused_when_the_relay_chain_goes_backwards() {
	let message = said::<Hook>(FIRST_SLOT, Some((FIRST_SLOT + 1, 1)), FIRST_SLOT).unwrap();
	assert_says(&message, "hhcm: the relay chain's slot 1000 is before that of the parent, 1001");
}

#[test]
fn slot_should_be_refused_when_there_are_as_many_blocks_as_may_be() {
	let message = said::<Hook>(FIRST_SLOT, Some((FIRST_SLOT, 1)), FIRST_SLOT).unwrap();
	assert_says(&message, "hhcm: there are 1 blocks in the relay chain's slot 1000 already");
	type Three = RelaySlotHook<Test, 6_000, 3, 3>;
	assert_eq!(said::<Three>(FIRST_SLOT, Some((FIRST_SLOT, 2)), FIRST_SLOT), None);
	assert!(said::<Three>(FIRST_SLOT, Some((FIRST_SLOT, 3)), FIRST_SLOT).is_some());
}

#[test]
fn slot_should_overlap_the_relay_chains_when_they_last_differently() {
	// A slot of the relay chain has three of ours.
	type Longer = RelaySlotHook<Test, 18_000, 3, 3>;
	let relay = FIRST_SLOT / 3;
	for slot in relay * 3..relay * 3 + 3 {
		assert_eq!(said::<Longer>(slot, None, relay), None);
	}
	assert!(said::<Longer>(relay * 3 - 1, None, relay).is_some());
	assert!(said::<Longer>(relay * 3 + 3, None, relay).is_some());
	// One of ours has three of the relay chain's.
	type Shorter = RelaySlotHook<Test, 2_000, 1, 3>;
	for relay in FIRST_SLOT * 3..FIRST_SLOT * 3 + 3 {
		assert_eq!(said::<Shorter>(FIRST_SLOT, None, relay), None);
	}
	assert!(said::<Shorter>(FIRST_SLOT, None, FIRST_SLOT * 3 - 1).is_some());
	assert!(said::<Shorter>(FIRST_SLOT, None, FIRST_SLOT * 3 + 3).is_some());
}

#[test]
fn hook_should_refuse_when_no_block_is_executed() {
	let mut chain = Chain::new();
	let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
		chain.ext.execute_with(|| Hook::on_state_proof(&proof(FIRST_SLOT)));
	}));
	assert_says(
		outcome.unwrap_err().downcast_ref::<&str>().expect("it has a message"),
		"hhcm: there is no claim",
	);
}

#[test]
fn block_may_follow_when_its_slot_is_later_and_has_room() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	chain.ext.execute_with(|| {
		let may = |slot: u64, millis: u32, velocity: u32| {
			Hhcm::may_follow(Slot::from(slot), millis, velocity)
		};
		assert!(!may(FIRST_SLOT - 1, 6_000, 1));
		assert!(!may(FIRST_SLOT, 6_000, 1));
		assert!(may(FIRST_SLOT + 1, 6_000, 1));
		RelaySlot::<Test>::put((Slot::from(FIRST_SLOT), 1));
		assert!(may(FIRST_SLOT + 1, 6_000, 1));
		// Slot 1,001 is in the same slot of the relay chain as 1,000, slot 1,002 is not.
		RelaySlot::<Test>::put((Slot::from(FIRST_SLOT / 3), 1));
		assert!(!may(FIRST_SLOT + 1, 18_000, 1));
		assert!(may(FIRST_SLOT + 2, 18_000, 1));
		assert!(may(FIRST_SLOT + 1, 18_000, 2));
	});
}

#[test]
fn timestamp_should_be_in_the_slot_when_set() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let begin = FIRST_SLOT * SLOT_MILLIS;
	for timestamp in [begin, begin + 1, begin + SLOT_MILLIS - 1] {
		let mut draft = draft.clone();
		draft.timestamp = timestamp;
		chain.build(&draft);
	}
	for timestamp in [begin - 1, begin + SLOT_MILLIS, 1] {
		let mut draft = draft.clone();
		draft.timestamp = timestamp;
		let expected = format!("hhcm: the timestamp {timestamp} is in slot");
		assert_says(&chain.refused(&draft), &expected);
		assert_says(&chain.refused_to_author(&draft), &expected);
	}
}
