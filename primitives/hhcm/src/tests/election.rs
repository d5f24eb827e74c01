//! Groups, ranks and orders: what holds in every round.

use proptest::prelude::*;
use std::collections::BTreeSet;

use super::{keyless, round};
use crate::{
	election::{
		group_of, handicap, is_guerrilla, package_weight, transaction_group, virtual_groups,
		Candidate, Place, ASSEMBLERS, PACKAGERS,
	},
	hash, Authority, AuthorityIndex, Election, GroupId, Round, Slot, MAX_GROUPS,
};

/// Everything that an election says, by its public face.
fn drawn(election: &Election) -> (Vec<Vec<AuthorityIndex>>, Vec<GroupId>, Vec<Candidate>) {
	let rankings = (0..virtual_groups(election.groups()))
		.map(|group| election.ranking(group).to_vec())
		.collect();
	(rankings, election.order().to_vec(), election.assembly_order().collect())
}

prop_compose! {
	fn any_round()(number in any::<u32>(), groups in 1..=MAX_GROUPS) -> Round {
		round(number, groups)
	}
}

fn any_nodes() -> impl Strategy<Value = Vec<Authority>> {
	let weight = prop_oneof![Just(0), 1..10u64, any::<u64>(), Just(u64::MAX)];
	prop::collection::vec(weight, 0..80).prop_map(|weights| keyless(&weights))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn every_node_should_be_in_one_group_with_one_rank_when_drawn(
		round in any_round(),
		after in 1..50u64,
		nodes in any_nodes(),
	) {
		let slot = Slot::from(100 + after);
		let election = Election::new(&round, slot, &nodes);
		let mut seen = BTreeSet::new();
		for group in 0..virtual_groups(round.groups) {
			for (rank, index) in (0..).zip(election.ranking(group)) {
				prop_assert!(seen.insert(*index), "node {} is in two places", index);
				prop_assert_eq!(election.place_of(*index), Some(Place { group, rank }));
				let id = &nodes[usize::from(*index)].id;
				prop_assert_eq!(group_of(round.seed, slot, id, round.groups), group);
			}
		}
		prop_assert_eq!(seen.len(), nodes.len());
		prop_assert!(election.ranking(virtual_groups(round.groups)).is_empty());
		prop_assert_eq!(election.place_of(u16::MAX), None);
	}

	#[test]
	fn assembly_order_should_have_every_node_once_and_winners_before_others_when_drawn(
		round in any_round(),
		after in 1..50u64,
		nodes in any_nodes(),
	) {
		let election = Election::new(&round, Slot::from(100 + after), &nodes);
		let order: Vec<_> = election.assembly_order().collect();
		let members: BTreeSet<_> = order.iter().map(|candidate| candidate.index).collect();
		prop_assert_eq!(members.len(), nodes.len());
		prop_assert_eq!(order.len(), nodes.len());
		let mut ranks = vec![0; usize::from(virtual_groups(round.groups))];
		for candidate in &order {
			let place = Place { group: candidate.group, rank: candidate.rank };
			prop_assert_eq!(election.place_of(candidate.index), Some(place));
			// Of each group in the order of its ranks.
			let next = &mut ranks[usize::from(candidate.group)];
			prop_assert_eq!(candidate.rank, *next);
			*next += 1;
		}
		let draws = ASSEMBLERS as usize * after as usize;
		prop_assert_eq!(election.draws() as usize, draws);
		let may: Vec<_> = election.may_assemble().collect();
		prop_assert!(may.len() <= draws);
		prop_assert_eq!(may.is_empty(), nodes.is_empty());
		prop_assert_eq!(&may[..], &order[..may.len()]);
		for (position, candidate) in (0u32..).zip(&order) {
			let expected = ((position as usize) < may.len()).then_some(position);
			prop_assert_eq!(election.assembly_position(candidate.index), expected);
		}
	}

	#[test]
	fn more_nodes_should_assemble_when_more_slots_are_missed(
		round in any_round(),
		nodes in any_nodes(),
	) {
		// The draws depend on the slot, not on the slots before it.
		let may = |last_slot: u64| -> Vec<_> {
			let round = Round { last_slot: last_slot.into(), ..round };
			Election::new(&round, 10_000.into(), &nodes).may_assemble().collect()
		};
		let mut before = may(9_999);
		for missed in 1..100 {
			let now = may(9_999 - missed);
			prop_assert_eq!(&now[..before.len()], &before[..]);
			before = now;
		}
		// With replacement up to 64 missed slots, then three more for each.
		prop_assert_eq!(before.len(), nodes.len());
	}

	#[test]
	fn order_of_groups_should_be_a_permutation_when_drawn(round in any_round(), slot in 101..u64::MAX) {
		let election = Election::new(&round, slot.into(), &[]);
		let groups: BTreeSet<_> = election.order().iter().copied().collect();
		prop_assert_eq!(groups, (0..round.groups).collect());
		prop_assert_eq!(election.order().len(), usize::from(round.groups));
	}

	#[test]
	fn election_should_be_the_same_when_its_inputs_are(
		round in any_round(),
		nodes in any_nodes(),
	) {
		let slot = Slot::from(101);
		let election = Election::new(&round, slot, &nodes);
		prop_assert_eq!(&election, &Election::new(&round, slot, &nodes));
		// Neither the difficulty nor the parent's slot changes who is drawn.
		let other = Round { difficulty: round.difficulty + 1, last_slot: 1.into(), ..round };
		prop_assert_eq!(drawn(&Election::new(&other, slot, &nodes)), drawn(&election));
	}

	#[test]
	fn transactions_should_be_split_completely_when_grouped(
		round in any_round(),
		slot in any::<u64>(),
		keys in prop::collection::vec(any::<[u8; 32]>(), 1..50),
	) {
		for key in keys {
			let group = transaction_group(round.seed, slot.into(), key.into(), round.groups);
			prop_assert!(group < round.groups);
			prop_assert!(!is_guerrilla(group, round.groups));
			// One key, one group: the groups share no transaction.
			let again = transaction_group(round.seed, slot.into(), key.into(), round.groups);
			prop_assert_eq!(group, again);
		}
	}

	#[test]
	fn packages_should_be_made_by_first_ranks_when_allowed(
		round in any_round(),
		nodes in any_nodes(),
	) {
		let election = Election::new(&round, 101.into(), &nodes);
		for index in 0..nodes.len() as u16 {
			let place = election.place_of(index).unwrap();
			let guerrilla = election.is_guerrilla(place.group);
			for group in 0..=MAX_GROUPS {
				let expected = (group < round.groups
					&& place.rank < PACKAGERS
					&& (guerrilla || place.group == group))
					.then(|| package_weight(place.rank, guerrilla));
				prop_assert_eq!(election.package_weight(group, index), expected);
			}
		}
		prop_assert_eq!(election.package_weight(0, nodes.len() as u16), None);
	}
}

#[test]
fn another_slot_should_draw_anew_when_a_slot_is_lost() {
	let nodes = keyless(&[1; 30]);
	let round = round(0, 4);
	let winners = |slot: u64| -> Vec<_> {
		Election::new(&round, slot.into(), &nodes).may_assemble().take(3).collect()
	};
	let all: BTreeSet<_> = (101..121).map(|slot| format!("{:?}", winners(slot))).collect();
	assert_eq!(all.len(), 20);
}

#[test]
fn guerrillas_should_be_there_when_there_are_two_groups() {
	assert_eq!((0..=4).map(virtual_groups).collect::<Vec<_>>(), [1, 1, 3, 4, 5]);
	assert!(!is_guerrilla(1, 1));
	assert!(is_guerrilla(2, 2));
	assert!(is_guerrilla(16, 16));
	assert!(!is_guerrilla(15, 16));
	assert!(!is_guerrilla(17, 16));
}

#[test]
fn handicap_should_double_with_the_rank_when_up_to_the_fifth() {
	let plain: Vec<_> = (0..7).map(|rank| handicap(rank, false)).collect();
	assert_eq!(plain, [1, 2, 4, 8, 16, 16, 16]);
	let guerrilla: Vec<_> = (0..7).map(|rank| handicap(rank, true)).collect();
	assert_eq!(guerrilla, [2, 4, 8, 16, 32, 32, 32]);
	assert_eq!(handicap(u16::MAX, true), 32);
	let worth: Vec<_> = (0..PACKAGERS).map(|rank| package_weight(rank, false)).collect();
	assert_eq!(worth, [16, 8, 4]);
	let worth: Vec<_> = (0..PACKAGERS).map(|rank| package_weight(rank, true)).collect();
	assert_eq!(worth, [8, 4, 2]);
}

#[test]
fn everybody_should_assemble_when_very_many_slots_were_missed() {
	let nodes = keyless(&[1; 40]);
	let election = Election::new(&round(3, 4), u64::MAX.into(), &nodes);
	assert_eq!(election.draws(), u32::MAX);
	assert_eq!(election.may_assemble().count(), 40);
}

#[test]
fn nothing_should_be_drawn_when_there_are_no_nodes() {
	let election = Election::new(&round(0, 0), 101.into(), &[]);
	assert_eq!(election.groups(), 1);
	assert_eq!(election.assembly_order().count(), 0);
	assert_eq!(election.may_assemble().count(), 0);
	let election = Election::new(&round(0, u8::MAX), 101.into(), &[]);
	assert_eq!(election.groups(), MAX_GROUPS);
}

#[test]
fn largest_set_should_be_ranked_when_all_are_in_one_group() {
	let nodes = keyless(&vec![u64::MAX; crate::MAX_AUTHORITIES as usize]);
	let election = Election::new(&round(0, 1), 101.into(), &nodes);
	let members: BTreeSet<_> = election.ranking(0).iter().copied().collect();
	assert_eq!(members.len(), nodes.len());
}

#[test]
fn group_should_depend_on_seed_slot_and_key_when_drawn() {
	let nodes = keyless(&[1; 64]);
	let groups = |number: u32, slot: u64| -> Vec<_> {
		let seed = round(number, 16).seed;
		nodes.iter().map(|node| group_of(seed, slot.into(), &node.id, 16)).collect()
	};
	let base = groups(0, 101);
	assert!(base.iter().collect::<BTreeSet<_>>().len() > 8);
	assert_ne!(base, groups(1, 101));
	assert_ne!(base, groups(0, 102));
	// Nodes and transactions are drawn apart, though from the same seed.
	let key = hash(b"tests/node/key//", &0u32);
	let apart = (0..64u32).any(|number| {
		let seed = round(number, 1).seed;
		let id = &nodes[0].id;
		let node = group_of(seed, 101.into(), id, 16);
		node != transaction_group(seed, 101.into(), key, 16)
	});
	assert!(apart);
}
