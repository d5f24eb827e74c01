//! Tests of what this node may do.

use std::collections::BTreeMap;

use fusion_hhcm_primitives::{election::PACKAGERS, seed, Round};

use super::*;
use crate::testing::{keystore, pair, parent, view, SLOT};
use sp_core::Pair;

fn keys(nodes: &[usize]) -> BTreeSet<AuthorityId> {
	nodes.iter().map(|index| pair(*index).public()).collect()
}

fn all(nodes: usize) -> BTreeSet<AuthorityId> {
	keys(&(0..nodes).collect::<Vec<_>>())
}

#[test]
fn our_keys_should_be_those_of_the_keystore() {
	assert_eq!(crate::signing::our_keys(&keystore(&[1, 3])), keys(&[1, 3]));
	assert!(crate::signing::our_keys(&keystore(&[])).is_empty());
}

#[test]
fn assembly_turns_should_be_in_the_assembly_order() {
	let view = view(20, 3);
	let turns = assembly_turns(&view, &all(20));
	let order: Vec<_> = view.election().may_assemble().collect();
	assert_eq!(turns.len(), order.len());
	assert!((1..=ASSEMBLERS as usize).contains(&turns.len()));
	for (position, (turn, candidate)) in turns.iter().zip(&order).enumerate() {
		assert_eq!(turn.position as usize, position);
		assert_eq!(turn.index, candidate.index);
		assert_eq!(turn.place, Place { group: candidate.group, rank: candidate.rank });
		assert_eq!(turn.key, pair(turn.index.into()).public());
		assert_eq!(view.election().place_of(turn.index), Some(turn.place));
	}
	// One key sees its own turn only, at the same position.
	for turn in &turns {
		assert_eq!(
			assembly_turns(&view, &keys(&[turn.index.into()])).as_slice(),
			std::slice::from_ref(turn)
		);
	}
	assert!(assembly_turns(&view, &keys(&[99])).is_empty());
}

#[test]
fn assembly_turns_should_be_more_when_slots_were_missed() {
	let parent = parent(20, 3);
	for missed in 0..100u64 {
		let view = parent.at(Slot::from(SLOT + missed));
		let turns = assembly_turns(&view, &all(20)).len();
		assert_eq!(turns, view.election().may_assemble().count());
		assert!((1..=view.election().draws() as usize).contains(&turns));
	}
	// With as many draws, everybody may.
	assert_eq!(assembly_turns(&parent.at(Slot::from(SLOT + 100)), &all(20)).len(), 20);
}

#[test]
fn packaging_turns_should_be_the_best_of_each_group() {
	for groups in 1..=4 {
		let view = view(20, groups);
		let election = view.election();
		let turns = packaging_turns(&view, &all(20));
		let by_group: BTreeMap<_, _> = turns.iter().map(|turn| (turn.group, turn)).collect();
		assert_eq!(by_group.len(), turns.len());
		for (group, turn) in by_group {
			let best = (0..20).filter_map(|index| election.package_weight(group, index)).max();
			assert_eq!(Some(turn.weight), best);
			assert_eq!(election.package_weight(group, turn.index), Some(turn.weight));
		}
		assert!(turns.windows(2).all(|pair| pair[0].steps() <= pair[1].steps()));
	}
}

#[test]
fn packaging_turns_should_wait_longer_when_they_are_worth_less() {
	let view = view(40, 3);
	for index in 0..40 {
		for turn in packaging_turns(&view, &keys(&[index])) {
			assert_eq!(turn.weight, 16u64 >> turn.steps());
			assert!(turn.place.rank < PACKAGERS);
			assert!(turn.guerrilla || turn.place.group == turn.group);
		}
	}
}

#[test]
fn claim_should_be_valid_for_its_slot_only() {
	let view = view(5, 1);
	let turn = assembly_turns(&view, &all(5)).remove(0);
	let root = H256::repeat_byte(9);
	let claim = make_claim(&keystore(&[turn.index.into()]), &view, &turn, root).unwrap();
	assert_eq!(claim.slot, Slot::from(SLOT));
	assert_eq!((claim.author, claim.group, claim.rank), (turn.index, turn.place.group, 0));
	assert_eq!(claim.packages_root, root);
	let Round { seed, .. } = view.parent().round;
	assert!(seed::next(seed, claim.slot, &turn.key, &claim.vrf).is_some());
	assert!(seed::next(seed, claim.slot + 1u64, &turn.key, &claim.vrf).is_none());
	assert!(seed::next(H256::zero(), claim.slot, &turn.key, &claim.vrf).is_none());

	let error = make_claim(&keystore(&[99]), &view, &turn, root).unwrap_err();
	assert!(matches!(error, SigningError::NoKey(key) if key == turn.key));
}

#[test]
fn next_assembly_should_be_found_when_the_node_is_elected() {
	let parent = parent(20, 3);
	let from = Slot::from(SLOT);
	for index in 0..20 {
		let (view, turn) = next_assembly(&parent, from, &keys(&[index])).unwrap();
		assert!(view.slot() >= from);
		// The first slot in which it may.
		let earlier = (u64::from(from)..u64::from(view.slot())).map(|slot| parent.at(slot.into()));
		assert!(earlier.into_iter().all(|view| assembly_turns(&view, &keys(&[index])).is_empty()));
		assert_eq!(usize::from(turn.index), index);
		assert!(turn.position < view.election().draws());
	}
	assert!(next_assembly(&parent, from, &keys(&[20])).is_none());
	assert!(next_assembly(&crate::testing::parent(0, 1), from, &all(1)).is_none());
}
