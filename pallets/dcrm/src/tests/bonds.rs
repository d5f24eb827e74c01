//! Bonds: more of them, less of them, and draws by them.

use std::collections::BTreeMap;

use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use fusion_dcrm_primitives::{Algorithm::Secp256k1Taproot, GroupState};
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult, TokenError};

use super::driver::Table;
use crate::{mock::*, Error, Event, Fine, Fines, HoldReason, Nodes, Offence, Stakes, Unbonding};

fn held(number: u8) -> u64 {
	Balances::balance_on_hold(&HoldReason::NodeBond.into(), &account(number))
}

fn origin(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

fn draw(size: u32) -> DispatchResult {
	Dcrm::draw_group(RuntimeOrigin::root(), size, Secp256k1Taproot)
}

/// The numbers of the members of a group.
fn members(group: u32) -> Vec<u8> {
	let number = |id| (1..=40).find(|number| member(*number) == id).unwrap();
	view(group).members.into_iter().map(number).collect()
}

fn stake(number: u8) -> Option<u64> {
	let stakes = Stakes::<Test>::get().into_iter();
	stakes.filter(|(node, _)| *node == account(number)).map(|(_, stake)| stake).next()
}

#[test]
fn bond_should_grow_when_more_is_bonded() {
	build_and_execute(2, || {
		assert_ok!(Dcrm::bond_extra(origin(1), 500));
		assert_eq!((bond(1), held(1), stake(1)), (BOND + 500, BOND + 500, Some(BOND + 500)));
		assert!(has_event(Event::Bonded { node: account(1), amount: 500 }));
		assert_noop!(Dcrm::bond_extra(origin(3), 1), Error::<Test>::NotRegistered);
		assert_noop!(Dcrm::bond_extra(origin(1), ENDOWMENT), TokenError::FundsUnavailable);
	});
}

#[test]
fn bond_should_come_back_when_the_time_is_over() {
	build_and_execute(1, || {
		assert_ok!(Dcrm::bond_extra(origin(1), 500));
		assert_noop!(Dcrm::unbond(origin(1), 501), Error::<Test>::BondTooLow);
		assert_ok!(Dcrm::unbond(origin(1), 300));
		assert_eq!((bond(1), held(1), stake(1)), (BOND + 200, BOND + 500, Some(BOND + 200)));
		let available = 1 + UNBONDING;
		assert!(has_event(Event::Unbonding { node: account(1), amount: 300, available }));
		go_to(available - 1);
		assert_noop!(Dcrm::withdraw_unbonded(origin(1)), Error::<Test>::NothingUnbonded);
		// What follows waits with what is waiting.
		assert_ok!(Dcrm::unbond(origin(1), 200));
		go_to(available);
		assert_noop!(Dcrm::withdraw_unbonded(origin(1)), Error::<Test>::NothingUnbonded);
		go_to(available - 1 + UNBONDING);
		assert_ok!(Dcrm::withdraw_unbonded(origin(1)));
		assert_eq!((bond(1), held(1)), (BOND, BOND));
		assert!(has_event(Event::Withdrawn { node: account(1), amount: 500 }));
		assert_noop!(Dcrm::withdraw_unbonded(origin(1)), Error::<Test>::NothingUnbonded);
		assert_noop!(Dcrm::withdraw_unbonded(origin(2)), Error::<Test>::NothingUnbonded);
	});
}

#[test]
fn bond_should_stay_when_its_node_is_in_a_group_or_to_be_fined() {
	build_and_execute(5, || {
		for number in [1, 5] {
			assert_ok!(Dcrm::bond_extra(origin(number), 500));
		}
		create_group(4);
		assert_noop!(Dcrm::unbond(origin(1), 1), Error::<Test>::InGroup);
		// More can be bonded there.
		assert_ok!(Dcrm::bond_extra(origin(1), 1));
		let fine = Fine { node: account(5), offence: Offence::WrongAnswer };
		Fines::<Test>::mutate(|fines| fines.try_push(fine).unwrap());
		assert_noop!(Dcrm::unbond(origin(5), 1), Error::<Test>::FinePending);
		settle_fines();
		assert_ok!(Dcrm::unbond(origin(5), 1));
	});
}

#[test]
fn node_should_be_fit_again_when_it_makes_good_for_a_fine() {
	build_and_execute(5, || {
		let mut table = Table::new(4);
		table.say_deal(2, vec![]).unwrap();
		table.play_out(&[1, 3, 4]);
		assert_eq!(bond(2), BOND - FRAUD);
		let again = || {
			Dcrm::create_group(
				RuntimeOrigin::root(),
				accounts(4).try_into().unwrap(),
				Secp256k1Taproot,
			)
		};
		assert_eq!(again(), Err(Error::<Test>::BondTooLow.into()));
		assert_eq!(stake(2), None);
		assert_ok!(Dcrm::bond_extra(origin(2), FRAUD));
		assert_eq!(stake(2), Some(BOND));
		assert_ok!(again());
	});
}

#[test]
fn node_should_register_again_when_its_old_bond_is_still_on_hold() {
	build_and_execute(1, || {
		assert_ok!(Dcrm::deregister_node(origin(1)));
		assert_eq!(stake(1), None);
		assert_ok!(Dcrm::register_node(origin(1)));
		assert_eq!((bond(1), held(1)), (BOND, 2 * BOND));
		go_to(1 + UNBONDING);
		assert_ok!(Dcrm::withdraw_unbonded(origin(1)));
		assert_eq!((bond(1), held(1)), (BOND, BOND));
		assert!(!Unbonding::<Test>::contains_key(account(1)));
	});
}

#[test]
fn group_should_be_drawn_when_the_admin_wants_one_of_a_size() {
	build_and_execute(12, || {
		assert_noop!(Dcrm::draw_group(origin(1), 4, Secp256k1Taproot), DispatchError::BadOrigin);
		for size in [0, 3, 33, u32::MAX] {
			assert_noop!(draw(size), Error::<Test>::WrongGroupSize);
		}
		assert_noop!(draw(13), Error::<Test>::TooFewCandidates);
		assert_ok!(draw(5));
		let first = members(0);
		assert_eq!(first.len(), 5);
		assert!(matches!(view(0).state, GroupState::Generating(_)));
		// The same block and the same seed, but another group.
		assert_ok!(draw(5));
		assert_ne!(members(1), first);
		// Another seed.
		Beacon::set(H256::repeat_byte(4));
		assert_ok!(draw(12));
		let mut all = members(2);
		all.sort_unstable();
		assert_eq!(all, (1..=12).collect::<Vec<_>>());
	});
}

#[test]
fn nodes_should_be_drawn_more_often_when_they_have_bonded_more() {
	build_and_execute(10, || {
		assert_ok!(Dcrm::bond_extra(origin(10), 3 * BOND));
		let mut times = BTreeMap::<_, u32>::new();
		for number in 0..600u64 {
			let seed = H256::from_low_u64_be(number);
			for node in Dcrm::draw_nodes(seed, 1, &[]).unwrap() {
				*times.entry(node).or_default() += 1;
			}
		}
		// 4 in 13 of 600 are 185, with a standard deviation of 11; 1 in 13 are 46, with one of 7.
		assert!((140..230).contains(&times[&account(10)]), "{times:?}");
		assert!((20..80).contains(&times[&account(1)]), "{times:?}");
	});
}

#[test]
fn node_should_not_be_drawn_when_a_fine_has_cut_its_bond() {
	build_and_execute(5, || {
		let fine = Fine { node: account(3), offence: Offence::WrongAnswer };
		Fines::<Test>::mutate(|fines| fines.try_push(fine).unwrap());
		settle_fines();
		assert_eq!(Nodes::<Test>::get(account(3)).unwrap().bond, BOND - FRAUD);
		for seed in 0..30 {
			let seed = H256::from_low_u64_be(seed);
			let drawn = Dcrm::draw_nodes(seed, 4, &[]).unwrap();
			assert!(!drawn.contains(&account(3)));
			assert_eq!(Dcrm::draw_nodes(seed, 5, &[]), None);
			let others = [account(1), account(2)];
			let drawn = Dcrm::draw_nodes(seed, 2, &others).unwrap();
			assert!(drawn.iter().all(|node| [account(4), account(5)].contains(node)));
		}
	});
}
