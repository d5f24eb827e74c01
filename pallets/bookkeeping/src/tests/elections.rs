//! Elections: who, with which weight, and when.

use frame_support::assert_ok;
use proptest::prelude::*;
use sp_runtime::BoundedVec;

use crate::{mock::*, Event, Invulnerables, MaxNodes, Planned};

/// Weight of so many coins that were held for so many blocks.
fn weight(coins: u64, blocks: u64) -> u64 {
	coins * 1_000 * blocks
}

#[test]
fn first_nodes_should_be_known_with_their_weights_when_the_chain_begins() {
	genesis(vec![1, 2], vec![7, 3]).execute_with(|| {
		assert_eq!(Told::get(), vec![(1, SEAT), (2, SEAT), (3, 1), (7, 1)]);
		assert_eq!(Bookkeeping::session_weights(), Told::get());
		assert_eq!(Session::validators(), vec![1, 2, 3, 7]);
		assert_eq!(Planned::<Test>::get().0, 1);
		assert_eq!(Bookkeeping::session_weight(&7), 1);
		assert_eq!(Bookkeeping::session_weight(&8), 0);
		check();
	});
}

#[test]
fn weights_should_be_fixed_one_session_ahead() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		go_to_session(2);
		// Elected when session 1 began, in block 10, at the age of nine.
		let first = weight(6_000, 9);
		assert_eq!(Told::get(), vec![(1, SEAT), (2, SEAT), (5, first)]);
		assert_eq!(Bookkeeping::session_weight(&5), first);
		// What happens now counts for the session after the next.
		delegate(21, 5, 100_000);
		assert_eq!(Bookkeeping::session_weight(&5), first);
		go_to_session(3);
		let second = weight(6_000, 19);
		assert_eq!(Told::get(), vec![(1, SEAT), (2, SEAT), (5, second)]);
		go_to_session(4);
		let third = weight(6_000, 29) + weight(100_000, 10);
		assert_eq!(Told::get(), vec![(1, SEAT), (2, SEAT), (5, third)]);
		assert!(has_event(Event::SessionPlanned { session: 5, nodes: 3 }));
	});
}

#[test]
fn age_should_be_capped_for_each_stake_by_itself() {
	build_and_execute(|| {
		register(5);
		go_to(150);
		delegate(20, 5, 10_000);
		go_to(170);
		// The bond could lend age above the cap to the delegation, and must not.
		assert_eq!(Bookkeeping::node(&5).unwrap().weight, weight(5_000, 100) + weight(10_000, 20));
		go_to(400);
		assert_eq!(Bookkeeping::node(&5).unwrap().weight, weight(15_000, 100));
	});
}

#[test]
fn heaviest_should_be_elected_and_the_order_should_be_certain() {
	build_and_execute(|| {
		// Three seats. Weights are equal at first: the stake decides, then the account.
		for (who, bond) in [(14, 2 * BOND), (13, BOND), (12, BOND), (11, BOND), (10, BOND)] {
			register_with(who, bond);
		}
		go_to_session(2);
		assert_eq!(active(), vec![1, 2, 10, 11, 14]);
		// Less, but old: a tenth of a whole session's age makes little.
		register_with(15, 20 * BOND);
		go_to_session(3);
		assert_eq!(active(), vec![1, 2, 10, 11, 14]);
		go_to_session(5);
		assert_eq!(active(), vec![1, 2, 10, 14, 15]);
	});
}

#[test]
fn invulnerable_should_weigh_more_when_its_stake_does() {
	build_and_execute(|| {
		register_with(1, 100 * BOND);
		go_to_session(1);
		assert_eq!(Planned::<Test>::get().1.to_vec(), vec![(1, weight(500_000, 9)), (2, SEAT)]);
		// It takes none of the other seats.
		(5..8).for_each(register);
		go_to_session(3);
		assert_eq!(active(), vec![1, 2, 5, 6, 7]);
	});
}

#[test]
fn lightest_should_be_left_out_when_there_are_more_nodes_than_seats() {
	build_and_execute(|| {
		// The first account is the lightest.
		(0..8).for_each(|number| register_with(10 + number, BOND + u128::from(number) * FSN));
		// Governance cannot set that.
		MaxNodes::<Test>::put(9);
		Invulnerables::<Test>::put(BoundedVec::truncate_from(vec![1, 2, 3, 4]));
		(3..=4).for_each(set_keys);
		let elected = Bookkeeping::elect();
		let accounts: Vec<_> = elected.iter().map(|(who, _)| *who).collect();
		assert_eq!(accounts, vec![1, 2, 3, 4, 12, 13, 14, 15, 16, 17]);
		MaxNodes::<Test>::put(6);
	});
}

#[test]
fn node_should_not_be_elected_when_it_has_no_keys_or_too_little_bond() {
	build_and_execute(|| {
		(5..10).for_each(register);
		register_with(10, 2 * BOND);
		pallet_session::NextKeys::<Test>::remove(5);
		pallet_session::NextKeys::<Test>::remove(2);
		go_to_session(2);
		assert_eq!(active(), vec![1, 6, 7, 10]);
		set_keys(2);
		assert_ok!(Bookkeeping::set_min_bond(RuntimeOrigin::root(), 2 * BOND));
		go_to_session(4);
		assert_eq!(active(), vec![1, 2, 10]);
		// An invulnerable needs no bond.
		register_with(2, 2 * BOND);
		assert_ok!(Bookkeeping::bond_extra(signed(6), BOND));
		go_to_session(6);
		assert_eq!(active(), vec![1, 2, 6, 10]);
	});
}

#[test]
fn present_nodes_should_stay_when_nobody_can_be_elected() {
	genesis(vec![], vec![5, 6]).execute_with(|| {
		go_to_session(2);
		assert_ok!(Bookkeeping::set_min_bond(RuntimeOrigin::root(), BOND + 1));
		let weights = Told::get();
		go_to_session(5);
		assert!(has_event(Event::NobodyElected { session: 5 }));
		// The last election that found somebody was held when session 2 began.
		let last = Told::get();
		assert_eq!(Session::validators(), vec![5, 6]);
		assert!(last[0].1 > weights[0].1);
		assert_eq!(Bookkeeping::session_weights(), last);
		go_to_session(9);
		assert_eq!(Told::get(), last);
		// They are paid for it, whatever becomes of their candidacies.
		assert_ok!(Bookkeeping::slash(
			&6,
			9,
			sp_runtime::Perbill::from_percent(1),
			None,
			crate::SlashReason::DoubleBlock
		));
		go_to_session(11);
		assert_eq!(Session::validators(), vec![5, 6]);
		assert_eq!(Bookkeeping::session_weight(&6), 0);
		register_with(7, 2 * BOND);
		go_to_session(13);
		assert_eq!(Session::validators(), vec![7]);
	});
}

#[test]
fn chain_should_go_on_when_there_are_no_nodes_in_genesis() {
	let mut config = genesis_config(vec![], vec![]);
	config.session.keys = vec![(9, 9, Keys { dummy: sp_runtime::testing::UintAuthorityId(9) })];
	let storage = sp_runtime::BuildStorage::build_storage(&config).unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		go_to_session(3);
		assert_eq!(Session::validators(), vec![9]);
		assert_eq!(Told::get(), vec![(9, 0)]);
		pay_fees(1);
		Bookkeeping::note_block(&9, &[], 0);
		assert_eq!(claimable(9), REWARD * 3 / 10);
		check();
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn elected_should_be_the_heaviest_whatever_the_stakes(
		bonds in prop::collection::vec((1u128..20, 0u32..30), 1..8),
		seats in 0u32..6,
	) {
		build_and_execute(|| {
			assert_ok!(Bookkeeping::set_max_nodes(RuntimeOrigin::root(), seats));
			let mut due: Vec<_> = (10u64..).zip(bonds.clone()).collect();
			due.sort_by_key(|(_, (_, wait))| *wait);
			for (who, (bonds, wait)) in due {
				go_to(1 + wait);
				register_with(who, bonds * BOND);
			}
			go_to_session(4);
			let planned = Planned::<Test>::get();
			assert_eq!(planned.0, 5);
			let mut all: Vec<_> = Bookkeeping::nodes()
				.into_iter()
				.filter(|node| !node.invulnerable)
				.map(|node| (node.weight, node.own_stake, node.account))
				.collect();
			all.sort_by_key(|(weight, stake, who)| (u64::MAX - weight, u128::MAX - stake, *who));
			let mut expected: Vec<_> = all
				.into_iter()
				.take(seats as usize)
				.map(|(weight, _, who)| (who, weight))
				.chain([(1, SEAT), (2, SEAT)])
				.collect();
			expected.sort_unstable();
			assert_eq!(planned.1.to_vec(), expected);
		});
	}
}
