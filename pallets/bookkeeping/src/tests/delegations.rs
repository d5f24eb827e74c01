//! Delegations: how they come, change and go.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::TokenError;

use crate::{mock::*, DelegatedTo, Delegations, Error, Event, UnbondingView};

fn stake_of(who: AccountId, node: AccountId) -> Option<crate::Stake> {
	let backers = Delegations::<Test>::get(node);
	backers.iter().find(|backer| backer.who == who).map(|backer| backer.stake)
}

#[test]
fn stake_should_be_held_when_it_is_delegated() {
	build_and_execute(|| {
		register(5);
		assert_ok!(Bookkeeping::delegate(signed(20), 5, 100 * FSN));
		assert_eq!(held(20), 100 * FSN);
		assert_eq!(candidate(5).delegated, 100 * FSN);
		assert!(has_event(Event::Delegated { who: 20, node: 5, amount: 100 * FSN }));
		go_to(31);
		// What is added may be less than a delegation, and makes it younger.
		assert_ok!(Bookkeeping::delegate(signed(20), 5, 50 * FSN));
		let stake = stake_of(20, 5).unwrap();
		assert_eq!((stake.amount, stake.age(31, 100)), (150 * FSN, 20));
		assert_eq!(candidate(5).own.age(31, 100), 30, "the node's own bond is as old as before");
		assert_eq!(DelegatedTo::<Test>::get(20).into_inner(), vec![5]);
	});
}

#[test]
fn delegation_should_be_refused_when_it_makes_no_sense() {
	build_and_execute(|| {
		register(5);
		let delegate = |who, node, amount| Bookkeeping::delegate(signed(who), node, amount);
		assert_noop!(delegate(20, 5, 0), Error::<Test>::NothingToDo);
		assert_noop!(delegate(20, 5, 100 * FSN - 1), Error::<Test>::DelegationTooSmall);
		assert_noop!(delegate(20, 6, 100 * FSN), Error::<Test>::NotCandidate);
		// An invulnerable that is no candidate has no use for stake.
		assert_noop!(delegate(20, 1, 100 * FSN), Error::<Test>::NotCandidate);
		assert_noop!(delegate(5, 5, 100 * FSN), Error::<Test>::SelfDelegation);
		assert_noop!(delegate(20, 5, ENDOWMENT), TokenError::FundsUnavailable);
	});
}

#[test]
fn candidate_should_be_able_to_delegate_to_another() {
	build_and_execute(|| {
		register(5);
		register(6);
		delegate(5, 6, 100);
		assert_eq!(held(5), BOND + 100 * FSN);
		assert_ok!(Bookkeeping::leave(signed(5)));
		go_to(3);
		assert_eq!(held(5), BOND + 100 * FSN);
		assert_eq!(stake_of(5, 6).unwrap().amount, 100 * FSN);
	});
}

#[test]
fn delegations_of_one_account_should_be_bounded() {
	build_and_execute(|| {
		(5..10).for_each(register);
		(5..9).for_each(|node| delegate(20, node, 100));
		assert_noop!(
			Bookkeeping::delegate(signed(20), 9, 100 * FSN),
			Error::<Test>::TooManyDelegations
		);
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 100 * FSN));
		delegate(20, 9, 100);
	});
}

#[test]
fn smallest_delegation_should_be_displaced_when_a_larger_one_comes() {
	build_and_execute(|| {
		register(5);
		(20..30).for_each(|who| delegate(who, 5, 200));
		delegate(24, 5, 1);
		// Nobody is smaller by a tenth.
		assert_noop!(
			Bookkeeping::delegate(signed(30), 5, 220 * FSN - 1),
			Error::<Test>::NodeIsFull
		);
		go_to(15);
		Bookkeeping::note_block(&5, &[(5, 1)], 0);
		let earned = claimable(29);
		assert!(earned > 0);
		// Of several equal ones the last.
		assert_ok!(Bookkeeping::delegate(signed(30), 5, 220 * FSN));
		assert!(has_event(Event::Displaced { who: 29, node: 5 }));
		assert_eq!(stake_of(29, 5), None);
		assert_eq!(claimable(29), earned, "its reward is safe");
		let chunk = UnbondingView { node: 5, amount: 200 * FSN, available: 1 + UNBONDING };
		assert_eq!(Bookkeeping::unbonding(&29), vec![chunk]);
		assert_eq!(candidate(5).delegated, 2_021 * FSN);
		// Whoever is in the list may add without displacing anybody.
		assert_ok!(Bookkeeping::delegate(signed(20), 5, 1));
		assert_eq!(Delegations::<Test>::get(5).len(), 10);
	});
}

#[test]
fn delegation_should_keep_its_age_when_a_part_is_unbonded() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 300);
		go_to(51);
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 200 * FSN));
		let stake = stake_of(20, 5).unwrap();
		assert_eq!((stake.amount, stake.age(51, 100)), (100 * FSN, 50));
		assert_eq!(held(20), 300 * FSN);
		assert_noop!(Bookkeeping::unbond(signed(20), 5, 1), Error::<Test>::DelegationTooSmall);
		assert_noop!(
			Bookkeeping::unbond(signed(20), 5, 100 * FSN + 1),
			Error::<Test>::NotEnoughStake
		);
		assert_noop!(Bookkeeping::unbond(signed(21), 5, 1), Error::<Test>::NoStake);
		assert_noop!(Bookkeeping::unbond(signed(20), 6, 1), Error::<Test>::NotCandidate);
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 100 * FSN));
		assert_eq!(stake_of(20, 5), None);
		assert!(!Delegations::<Test>::contains_key(5));
		assert!(!DelegatedTo::<Test>::contains_key(20));
	});
}

#[test]
fn others_should_not_be_able_to_change_the_age_of_a_stake() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		go_to(61);
		let before = Bookkeeping::node(&5).unwrap().weight;
		// A large delegation comes and goes: the node weighs what it did.
		delegate(21, 5, 500_000);
		assert_eq!(Bookkeeping::node(&5).unwrap().weight, before);
		assert_ok!(Bookkeeping::unbond(signed(21), 5, 500_000 * FSN));
		assert_eq!(Bookkeeping::node(&5).unwrap().weight, before);
		assert_eq!(stake_of(20, 5).unwrap().age(61, 100), 60);
	});
}
