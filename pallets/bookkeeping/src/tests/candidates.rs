//! Candidates: how they come, change and go.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::{Perbill, TokenError};

use crate::{
	mock::*, weights::SubstrateWeight, Candidates, Error, Event, NodeState, StandingCount,
	UnbondingView, WeightInfo, DISSOLVING_BESIDE,
};

const TEN: Perbill = Perbill::from_percent(10);

#[test]
fn bond_should_be_held_when_a_candidate_registers() {
	build_and_execute(|| {
		set_keys(5);
		assert_ok!(Bookkeeping::register(signed(5), BOND + 1, TEN));
		assert_eq!(held(5), BOND + 1);
		assert_eq!(free(5), ENDOWMENT - BOND - 1);
		assert_eq!(state(5), Some(NodeState::Standing));
		assert_eq!(StandingCount::<Test>::get(), 1);
		assert!(has_event(Event::Registered { node: 5, bond: BOND + 1, commission: TEN }));
		assert_noop!(Bookkeeping::register(signed(5), BOND, TEN), Error::<Test>::AlreadyCandidate);
	});
}

#[test]
fn registration_should_be_refused_when_something_is_missing() {
	build_and_execute(|| {
		let register = |who, bond, commission| {
			Bookkeeping::register(signed(who), bond, Perbill::from_percent(commission))
		};
		assert_noop!(register(5, BOND, 10), Error::<Test>::KeysNotRegistered);
		set_keys(5);
		assert_noop!(register(5, BOND - 1, 10), Error::<Test>::BondTooSmall);
		assert_noop!(register(5, BOND, 4), Error::<Test>::CommissionOutOfBounds);
		assert_noop!(register(5, BOND, 51), Error::<Test>::CommissionOutOfBounds);
		// All of it cannot be held: the account has to live on.
		assert_noop!(register(5, ENDOWMENT, 10), TokenError::FundsUnavailable);
		assert_ok!(register(5, ENDOWMENT - 1, 5));
	});
}

#[test]
fn registration_should_be_refused_when_all_places_are_taken() {
	build_and_execute(|| {
		(10..18).for_each(register);
		set_keys(18);
		// A bond that is larger than others by less than a tenth.
		assert_noop!(
			Bookkeeping::register(signed(18), BOND + BOND / 10 - 1, TEN),
			Error::<Test>::TooManyCandidates
		);
		assert_noop!(Bookkeeping::register(signed(17), BOND, TEN), Error::<Test>::AlreadyCandidate);
		assert_ok!(Bookkeeping::leave(signed(10)));
		// It dissolves still, but has left its place.
		assert_ok!(Bookkeeping::register(signed(18), BOND, TEN));
		set_keys(19);
		assert_noop!(
			Bookkeeping::register(signed(19), BOND, TEN),
			Error::<Test>::TooManyCandidates
		);
		go_to(2);
		assert_eq!(Candidates::<Test>::count(), 8);
	});
}

#[test]
fn least_candidate_should_make_room_when_a_larger_bond_comes() {
	build_and_execute(|| {
		(10..18).for_each(register);
		go_to_session(2);
		assert_eq!(active(), vec![1, 2, 10, 11, 12]);
		(13..17).for_each(|node| delegate(20, node, 100));
		let least = BOND + BOND / 10;
		(18..20).for_each(set_keys);
		assert_noop!(
			Bookkeeping::register(signed(18), least - 1, TEN),
			Error::<Test>::TooManyCandidates
		);
		// Those that are elected have no more, but are needed.
		let info = Bookkeeping::register(signed(18), least, TEN).unwrap();
		type W = SubstrateWeight<Test>;
		assert_eq!(info.actual_weight, Some(W::register().saturating_add(W::displace(8))));
		assert!(has_event(Event::Outbid { node: 17, by: 18 }));
		assert_eq!(
			(state(17), state(18)),
			(Some(NodeState::Dissolving), Some(NodeState::Standing))
		);
		assert_eq!(held(17), BOND);
		check();
		// What others have staked with a node counts as well, and of equal ones the first account goes.
		assert_noop!(
			Bookkeeping::register(signed(19), 5_610 * FSN - 1, TEN),
			Error::<Test>::TooManyCandidates
		);
		assert_ok!(Bookkeeping::register(signed(19), 5_610 * FSN, TEN));
		assert!(has_event(Event::Outbid { node: 13, by: 19 }));
		go_to(22);
		assert_eq!((state(13), state(17), Candidates::<Test>::count()), (None, None, 8));
		// Nothing is lost but age.
		pass_sessions(UNBONDING);
		for who in [13, 17] {
			assert_ok!(Bookkeeping::withdraw(signed(who), who));
			assert_eq!((held(who), free(who)), (0, ENDOWMENT));
		}
	});
}

#[test]
fn youngest_candidate_should_make_room_when_all_have_the_same_stake() {
	build_and_execute(|| {
		(10..17).for_each(register);
		go_to(5);
		register(17);
		register_with(18, 2 * BOND);
		assert!(has_event(Event::Outbid { node: 17, by: 18 }));
	});
}

#[test]
fn candidates_should_be_displaced_no_faster_than_they_dissolve() {
	build_and_execute(|| {
		(10..18).for_each(register);
		let most = u64::from(DISSOLVING_BESIDE);
		(0..most).for_each(|number| register_with(30 + number, BOND + BOND / 10));
		check();
		assert_eq!(Candidates::<Test>::count(), 8 + DISSOLVING_BESIDE);
		set_keys(50);
		let register = || Bookkeeping::register(signed(50), 2 * BOND, TEN);
		assert_noop!(register(), Error::<Test>::TooManyCandidates);
		go_to(2);
		assert_ok!(register());
	});
}

#[test]
fn everybody_should_keep_its_place_when_all_others_are_elected_too() {
	build_and_execute(|| {
		assert_ok!(Bookkeeping::set_max_nodes(RuntimeOrigin::root(), 8));
		(10..18).for_each(register);
		go_to_session(2);
		set_keys(18);
		assert_noop!(
			Bookkeeping::register(signed(18), 10 * BOND, TEN),
			Error::<Test>::TooManyCandidates
		);
	});
}

#[test]
fn bond_should_grow_and_lose_age_when_it_is_extended() {
	build_and_execute(|| {
		register(5);
		go_to(41);
		assert_ok!(Bookkeeping::bond_extra(signed(5), BOND));
		assert_eq!(held(5), 2 * BOND);
		assert_eq!(candidate(5).own.age(41, 100), 20);
		assert!(has_event(Event::BondExtended { node: 5, bond: 2 * BOND }));
		assert_noop!(Bookkeeping::bond_extra(signed(5), 0), Error::<Test>::NothingToDo);
		assert_noop!(Bookkeeping::bond_extra(signed(6), 1), Error::<Test>::NotCandidate);
		assert_noop!(Bookkeeping::bond_extra(signed(5), ENDOWMENT), TokenError::FundsUnavailable);
	});
}

#[test]
fn bond_should_shrink_to_the_least_bond_when_it_is_unbonded() {
	build_and_execute(|| {
		register_with(5, 3 * BOND);
		go_to(41);
		assert_ok!(Bookkeeping::unbond(signed(5), 5, BOND));
		assert_eq!(candidate(5).own.amount, 2 * BOND);
		assert_eq!(candidate(5).own.age(41, 100), 40);
		assert_eq!(held(5), 3 * BOND, "it is held until it is withdrawn");
		let chunk = UnbondingView { node: 5, amount: BOND, available: 4 + UNBONDING };
		assert_eq!(Bookkeeping::unbonding(&5), vec![chunk]);
		assert_noop!(Bookkeeping::unbond(signed(5), 5, BOND + 1), Error::<Test>::BondTooSmall);
		assert_noop!(
			Bookkeeping::unbond(signed(5), 5, 2 * BOND + 1),
			Error::<Test>::NotEnoughStake
		);
		assert_noop!(Bookkeeping::unbond(signed(5), 5, 0), Error::<Test>::NothingToDo);
		assert_noop!(Bookkeeping::unbond(signed(6), 6, 1), Error::<Test>::NotCandidate);
	});
}

#[test]
fn stake_should_unbond_at_once_when_a_candidate_leaves_that_is_not_elected() {
	build_and_execute(|| {
		register(5);
		(20..30).for_each(|who| delegate(who, 5, 100));
		assert_ok!(Bookkeeping::leave(signed(5)));
		assert_eq!(state(5), Some(NodeState::Dissolving));
		assert!(has_event(Event::Leaving { node: 5 }));
		assert!(has_event(Event::Dissolving { node: 5 }));
		assert_noop!(Bookkeeping::leave(signed(5)), Error::<Test>::IsLeaving);
		assert_noop!(Bookkeeping::bond_extra(signed(5), 1), Error::<Test>::IsLeaving);
		assert_noop!(Bookkeeping::unbond(signed(20), 5, FSN), Error::<Test>::IsLeaving);
		// Eight in a block.
		go_to(2);
		assert_eq!(candidate(5).delegated, 200 * FSN);
		go_to(3);
		assert_eq!(state(5), None);
		assert!(has_event(Event::Left { node: 5 }));
		for who in 20..30 {
			let chunk = UnbondingView { node: 5, amount: 100 * FSN, available: UNBONDING };
			assert_eq!(Bookkeeping::unbonding(&who), vec![chunk]);
			assert_eq!(Bookkeeping::delegations(&who), vec![]);
		}
		go_to_session(UNBONDING);
		assert_ok!(Bookkeeping::withdraw(signed(5), 5));
		assert_eq!((held(5), free(5)), (0, ENDOWMENT));
	});
}

#[test]
fn candidate_should_serve_its_sessions_when_it_leaves() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		// Planned for session 2 when session 1 begins, and then again for session 3.
		go_to_session(2);
		assert_eq!(active(), vec![1, 2, 5]);
		assert_ok!(Bookkeeping::leave(signed(5)));
		assert_eq!(state(5), Some(NodeState::Leaving));
		assert_noop!(Bookkeeping::delegate(signed(21), 5, BOND), Error::<Test>::NotStanding);
		assert_noop!(Bookkeeping::set_commission(signed(5), TEN), Error::<Test>::IsLeaving);
		// It works on, and its delegators earn.
		Bookkeeping::note_block(&5, &[(5, 1)], 0);
		assert!(claimable(20) > 0);
		go_to_session(3);
		assert_eq!(active(), vec![1, 2, 5]);
		assert_eq!(state(5), Some(NodeState::Leaving));
		// A delegator need not wait for it.
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 100 * FSN));
		go_to_session(4);
		assert_eq!(active(), vec![1, 2]);
		assert_eq!(state(5), None, "it has dissolved in this block");
		let chunk = UnbondingView { node: 5, amount: BOND, available: 4 + UNBONDING };
		assert_eq!(Bookkeeping::unbonding(&5), vec![chunk]);
	});
}

#[test]
fn leaving_should_be_refused_when_too_few_nodes_would_be_left() {
	genesis(vec![1], vec![5, 6]).execute_with(|| {
		assert_ok!(Bookkeeping::leave(signed(5)));
		assert_noop!(Bookkeeping::leave(signed(6)), Error::<Test>::TooFewNodes);
		assert_noop!(Bookkeeping::leave(signed(1)), Error::<Test>::NotCandidate);
		// An invulnerable keeps its seat, so it may end its candidacy.
		register(1);
		assert_noop!(Bookkeeping::leave(signed(6)), Error::<Test>::TooFewNodes);
		assert_ok!(Bookkeeping::leave(signed(1)));
		register(7);
		assert_ok!(Bookkeeping::leave(signed(6)));
		check();
	});
}

#[test]
fn bond_should_come_back_when_an_invulnerable_ends_its_candidacy() {
	build_and_execute(|| {
		register(1);
		delegate(20, 1, 1_000);
		go_to_session(2);
		assert_ok!(Bookkeeping::leave(signed(1)));
		assert_eq!(state(1), Some(NodeState::Dissolving), "it is elected for good");
		next_block();
		assert_eq!(state(1), None);
		pass_sessions(UNBONDING);
		for who in [1, 20] {
			assert_ok!(Bookkeeping::withdraw(signed(who), who));
			assert_eq!((held(who), free(who)), (0, ENDOWMENT));
		}
		assert_eq!(Bookkeeping::session_weights(), vec![(1, SEAT), (2, SEAT)]);
	});
}

#[test]
fn bond_should_come_back_when_a_node_gets_a_seat_after_it_has_left() {
	build_and_execute(|| {
		register(5);
		go_to_session(2);
		assert_ok!(Bookkeeping::leave(signed(5)));
		assert_eq!(state(5), Some(NodeState::Leaving));
		let seats = vec![1, 2, 5].try_into().unwrap();
		assert_ok!(Bookkeeping::set_invulnerables(RuntimeOrigin::root(), seats));
		go_to_session(3);
		assert_eq!(state(5), None);
		pass_sessions(UNBONDING);
		assert_ok!(Bookkeeping::withdraw(signed(5), 5));
		assert_eq!((held(5), free(5)), (0, ENDOWMENT));
		assert!(active().contains(&5));
	});
}

#[test]
fn account_should_be_able_to_register_again_when_it_has_left() {
	build_and_execute(|| {
		register(5);
		assert_ok!(Bookkeeping::leave(signed(5)));
		go_to(2);
		assert_eq!(state(5), None);
		register(5);
		assert_eq!(held(5), 2 * BOND);
		assert_eq!(candidate(5).own.age(2, 100), 0, "age is not kept");
	});
}

#[test]
fn commission_should_fall_at_once_and_rise_with_notice() {
	build_and_execute(|| {
		register(5);
		let percent = Perbill::from_percent;
		let now = || Bookkeeping::node(&5).unwrap().commission;
		assert_ok!(Bookkeeping::set_commission(signed(5), percent(8)));
		assert_eq!(now(), percent(8));
		assert_ok!(Bookkeeping::set_commission(signed(5), percent(20)));
		let event = Event::CommissionSet { node: 5, commission: percent(20), from: UNBONDING };
		assert!(has_event(event));
		assert_eq!(Bookkeeping::node(&5).unwrap().next_commission, Some((UNBONDING, percent(20))));
		go_to_session(UNBONDING - 1);
		assert_eq!(now(), percent(8));
		go_to_session(UNBONDING);
		assert_eq!(now(), percent(20));
		assert_eq!(Bookkeeping::node(&5).unwrap().next_commission, None);
		// A lower one takes an announced one back.
		assert_ok!(Bookkeeping::set_commission(signed(5), percent(50)));
		assert_ok!(Bookkeeping::set_commission(signed(5), percent(15)));
		pass_sessions(2 * UNBONDING);
		assert_eq!(now(), percent(15));
		assert_noop!(
			Bookkeeping::set_commission(signed(5), percent(51)),
			Error::<Test>::CommissionOutOfBounds
		);
		assert_noop!(
			Bookkeeping::set_commission(signed(6), percent(9)),
			Error::<Test>::NotCandidate
		);
	});
}

#[test]
fn candidate_should_be_evicted_only_when_places_are_wanted() {
	build_and_execute(|| {
		(10..17).for_each(register);
		assert_ok!(Bookkeeping::set_min_bond(RuntimeOrigin::root(), 2 * BOND));
		assert_noop!(Bookkeeping::evict(signed(50), 10), Error::<Test>::NotEvictable);
		register_with(17, 2 * BOND);
		assert_noop!(Bookkeeping::evict(signed(50), 17), Error::<Test>::NotEvictable);
		assert_noop!(Bookkeeping::evict(signed(50), 18), Error::<Test>::NotCandidate);
		assert_ok!(Bookkeeping::evict(signed(50), 10));
		assert_eq!(state(10), Some(NodeState::Dissolving));
		assert_noop!(Bookkeeping::evict(signed(50), 10), Error::<Test>::NotEvictable);
		go_to(2);
		assert_eq!(Candidates::<Test>::count(), 7);
		assert_noop!(Bookkeeping::evict(signed(50), 11), Error::<Test>::NotEvictable);
	});
}
