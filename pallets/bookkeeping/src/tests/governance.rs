//! What governance decides.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::BadOrigin, Perbill};

use crate::{mock::*, Error, Event, Invulnerables, LastActive, MaxNodes, MinBond};

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

fn set_invulnerables(nodes: Vec<AccountId>) -> frame_support::dispatch::DispatchResult {
	Bookkeeping::set_invulnerables(root(), nodes.try_into().unwrap())
}

#[test]
fn calls_of_governance_should_be_refused_to_others() {
	build_and_execute(|| {
		let bound = Perbill::from_percent(10);
		assert_noop!(
			Bookkeeping::set_invulnerables(signed(1), vec![1].try_into().unwrap()),
			BadOrigin
		);
		assert_noop!(Bookkeeping::set_max_nodes(signed(1), 3), BadOrigin);
		assert_noop!(Bookkeeping::set_min_bond(signed(1), 3), BadOrigin);
		assert_noop!(Bookkeeping::set_commission_bounds(signed(1), bound, bound), BadOrigin);
	});
}

#[test]
fn invulnerables_should_be_elected_when_they_are_set() {
	build_and_execute(|| {
		(3..=4).for_each(set_keys);
		Bookkeeping::note_block(&1, &[], 0);
		assert_ok!(set_invulnerables(vec![4, 2, 3]));
		assert_eq!(Invulnerables::<Test>::get().into_inner(), vec![2, 3, 4]);
		assert!(has_event(Event::InvulnerablesSet { nodes: vec![2, 3, 4] }));
		assert_eq!(LastActive::<Test>::get(1), None);
		go_to_session(2);
		assert_eq!(active(), vec![2, 3, 4]);
	});
}

#[test]
fn invulnerables_should_be_refused_when_they_are_wrong() {
	build_and_execute(|| {
		assert_noop!(set_invulnerables(vec![1, 2, 1]), Error::<Test>::DuplicateInvulnerable);
		assert_noop!(set_invulnerables(vec![1, 2, 3]), Error::<Test>::KeysNotRegistered);
		assert_noop!(set_invulnerables(vec![1]), Error::<Test>::TooFewNodes);
		register(5);
		assert_ok!(set_invulnerables(vec![1]));
		assert_noop!(set_invulnerables(vec![5]), Error::<Test>::TooFewNodes);
		register(6);
		assert_ok!(set_invulnerables(vec![]));
		go_to_session(2);
		assert_eq!(active(), vec![5, 6]);
	});
}

#[test]
fn limits_should_hold_when_they_are_set() {
	build_and_execute(|| {
		assert_ok!(Bookkeeping::set_max_nodes(root(), 8));
		assert!(has_event(Event::MaxNodesSet { nodes: 8 }));
		assert_noop!(Bookkeeping::set_max_nodes(root(), 9), Error::<Test>::TooManyNodes);
		assert_ok!(Bookkeeping::set_max_nodes(root(), 0));
		assert_eq!(MaxNodes::<Test>::get(), 0);
		assert_ok!(Bookkeeping::set_min_bond(root(), 7));
		assert!(has_event(Event::MinBondSet { bond: 7 }));
		assert_noop!(Bookkeeping::set_min_bond(root(), 0), Error::<Test>::BondTooSmall);
		assert_eq!(MinBond::<Test>::get(), 7);
		let (low, high) = (Perbill::from_percent(1), Perbill::from_percent(2));
		assert_ok!(Bookkeeping::set_commission_bounds(root(), low, high));
		assert!(has_event(Event::CommissionBoundsSet { min: low, max: high }));
		assert_noop!(
			Bookkeeping::set_commission_bounds(root(), high, low),
			Error::<Test>::BoundsReversed
		);
	});
}

#[test]
fn nodes_should_be_refused_when_there_are_not_enough_seats() {
	build_and_execute(|| {
		(3..=4).for_each(set_keys);
		// Ten seats, of which the invulnerables have two.
		assert_ok!(Bookkeeping::set_max_nodes(root(), 8));
		assert_noop!(set_invulnerables(vec![1, 2, 3]), Error::<Test>::TooManyNodes);
		assert_ok!(Bookkeeping::set_max_nodes(root(), 7));
		assert_ok!(set_invulnerables(vec![1, 2, 3]));
		assert_noop!(Bookkeeping::set_max_nodes(root(), 8), Error::<Test>::TooManyNodes);
		assert_noop!(set_invulnerables(vec![1, 2, 3, 4]), Error::<Test>::TooManyNodes);
	});
}

#[test]
fn seats_should_not_be_taken_away_when_there_would_be_too_few() {
	genesis(vec![], vec![5, 6]).execute_with(|| {
		assert_noop!(Bookkeeping::set_max_nodes(root(), 1), Error::<Test>::TooFewNodes);
		assert_ok!(Bookkeeping::set_max_nodes(root(), 2));
	});
}
