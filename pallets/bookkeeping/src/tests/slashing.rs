//! What a proven offence costs.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::Perbill;

use crate::{
	mock::*, Active, Error, Event, Invulnerables, NodeState, Planned, SlashReason,
	OFFENCES_PER_SESSION, SLASHES_KEPT,
};

const TENTH: Perbill = Perbill::from_percent(10);

fn slash(node: AccountId, session: u32) -> Result<u128, sp_runtime::DispatchError> {
	let taken = Bookkeeping::slash(&node, session, TENTH, Some(&50), SlashReason::DoubleBlock);
	check();
	taken
}

/// Waits until everything can be withdrawn, and withdraws.
fn withdraw_all(accounts: impl IntoIterator<Item = AccountId>) {
	pass_sessions(UNBONDING);
	for who in accounts {
		assert_ok!(Bookkeeping::withdraw(signed(who), who));
		assert_eq!(held(who), 0);
	}
	check();
}

#[test]
fn offender_should_lose_its_part_and_be_put_out() {
	build_and_execute(|| {
		register(5);
		go_to_session(2);
		assert!(active().contains(&5));
		let supply = Balances::total_issuance();
		assert_eq!(slash(5, 2), Ok(BOND / 10));
		assert_eq!(held(5), BOND * 9 / 10);
		assert_eq!(state(5), Some(NodeState::Dissolving));
		// Half to the treasury, a tenth to the reporter, the rest is burnt.
		let lost = BOND / 10;
		assert_eq!(free(TREASURY), lost / 2);
		assert_eq!(free(50), ENDOWMENT + lost / 10);
		assert_eq!(Balances::total_issuance(), supply - lost * 4 / 10);
		assert!(has_event(Event::StakeLost { who: 5, node: 5, amount: lost }));
		let reason = SlashReason::DoubleBlock;
		let event = Event::Slashed { node: 5, session: 2, fraction: TENTH, reason, taken: lost };
		assert!(has_event(event));
		// It is elected for two more sessions, and worth nothing in them.
		assert_eq!(Bookkeeping::session_weight(&5), 0);
		assert_eq!(Planned::<Test>::get().1.last(), Some(&(5, 0)));
		go_to_session(3);
		assert_eq!(Told::get(), vec![(1, SEAT), (2, SEAT), (5, 0)]);
		go_to_session(4);
		assert_eq!(active(), vec![1, 2]);
		withdraw_all([5]);
		assert_eq!(free(5), ENDOWMENT - lost);
	});
}

#[test]
fn delegations_should_lose_the_same_part() {
	build_and_execute(|| {
		register(5);
		(20..30).for_each(|who| delegate(who, 5, 1_000));
		assert_ok!(slash(5, 0));
		// Eight in the next block, two in the one after it.
		go_to(2);
		assert_eq!(held(29), 900 * FSN);
		assert_eq!(held(20), 1_000 * FSN);
		assert_eq!(candidate(5).delegated, 2_000 * FSN);
		go_to(3);
		assert_eq!(state(5), None);
		for who in 20..30 {
			assert_eq!(held(who), 900 * FSN);
			assert_eq!(Bookkeeping::unbonding(&who)[0].amount, 900 * FSN);
		}
		// The reporter has a part of the offender's own stake only.
		assert_eq!(free(50), ENDOWMENT + BOND / 100);
		assert_eq!(free(TREASURY), (BOND + 10_000 * FSN) / 20);
		withdraw_all(20..30);
		assert_eq!(free(20), ENDOWMENT - 100 * FSN);
	});
}

#[test]
fn unbonding_stake_should_be_slashed_when_it_counted_in_the_session() {
	build_and_execute(|| {
		register_with(5, 4 * BOND);
		for who in 20..23 {
			delegate(who, 5, 1_000);
		}
		go_to_session(1);
		// Not there any more when session 3 was planned in session 2, and so without part in its offence.
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 1_000 * FSN));
		assert_ok!(Bookkeeping::unbond(signed(5), 5, BOND));
		go_to_session(2);
		assert_ok!(Bookkeeping::unbond(signed(21), 5, 1_000 * FSN));
		assert_ok!(Bookkeeping::unbond(signed(5), 5, BOND));
		go_to_session(3);
		assert_eq!(slash(5, 3), Ok(3 * BOND / 10));
		assert_eq!(Bookkeeping::unbonding(&20)[0].amount, 1_000 * FSN);
		assert_eq!(Bookkeeping::unbonding(&21)[0].amount, 900 * FSN);
		assert_eq!(held(21), 1_000 * FSN, "until it is withdrawn");
		let own: Vec<_> = Bookkeeping::unbonding(&5).iter().map(|chunk| chunk.amount).collect();
		assert_eq!(own, vec![BOND, BOND * 9 / 10, 2 * BOND * 9 / 10]);
		let treasury = free(TREASURY);
		withdraw_all([5, 20, 21, 22]);
		assert_eq!(free(5), ENDOWMENT - 3 * BOND / 10);
		assert_eq!(free(20), ENDOWMENT);
		assert_eq!(free(21), ENDOWMENT - 100 * FSN);
		assert_eq!(free(22), ENDOWMENT - 100 * FSN);
		assert_eq!(free(TREASURY), treasury + 100 * FSN);
	});
}

#[test]
fn every_offence_should_cost_something_up_to_a_limit_for_each_session() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		go_to_session(3);
		assert_eq!(slash(5, 2), Ok(BOND / 10));
		assert_eq!(slash(5, 2), Ok(BOND * 9 / 100));
		// The delegation is one that dissolves, and then a chunk.
		go_to(32);
		assert_eq!(held(20), 810 * FSN);
		assert_eq!(slash(5, 2), Ok(BOND * 81 / 1_000));
		assert_eq!(Bookkeeping::unbonding(&20)[0].amount, 729 * FSN);
		assert_eq!(OFFENCES_PER_SESSION, 3);
		assert_noop!(
			Bookkeeping::slash(&5, 2, TENTH, None, SlashReason::DoubleBlock),
			Error::<Test>::AlreadySlashed
		);
		// Those of another session are not among them.
		assert_eq!(slash(5, 3), Ok(BOND * 729 / 10_000));
		withdraw_all([5, 20]);
		assert_eq!(free(5), ENDOWMENT - BOND * 3_439 / 10_000);
		assert_eq!(free(20), ENDOWMENT - 343 * FSN - 9 * FSN / 10);
	});
}

#[test]
fn bond_of_an_invulnerable_should_be_slashed_when_it_has_just_ended_its_candidacy() {
	build_and_execute(|| {
		register_with(1, 100 * BOND);
		go_to_session(2);
		assert_ok!(Bookkeeping::leave(signed(1)));
		// The bond counted for this session.
		go_to_session(3);
		assert!(Bookkeeping::session_weight(&1) > SEAT);
		assert_eq!(slash(1, 3), Ok(10 * BOND));
	});
}

#[test]
fn offences_of_two_sessions_should_be_slashed_apart() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		go_to_session(3);
		assert_ok!(slash(5, 2));
		assert_noop!(slash(5, 4), Error::<Test>::FutureOffence);
		go_to(32);
		// The delegation has become a chunk by now, and is slashed again when it is withdrawn.
		assert_eq!(held(20), 900 * FSN);
		assert_eq!(slash(5, 3), Ok(BOND * 9 / 100));
		assert_eq!(held(5), BOND * 81 / 100);
		assert_eq!(Bookkeeping::unbonding(&20)[0].amount, 810 * FSN);
		withdraw_all([5, 20]);
		assert_eq!(free(20), ENDOWMENT - 190 * FSN);
	});
}

#[test]
fn delegations_should_be_slashed_twice_when_the_second_slash_comes_while_the_node_dissolves() {
	build_and_execute(|| {
		register(5);
		(20..30).for_each(|who| delegate(who, 5, 1_000));
		go_to_session(1);
		assert_ok!(slash(5, 0));
		go_to(11);
		assert_eq!(candidate(5).delegated, 2_000 * FSN);
		assert_ok!(slash(5, 1));
		go_to(12);
		withdraw_all((20..30).chain([5]));
		for who in 20..30 {
			assert_eq!(free(who), ENDOWMENT - 190 * FSN);
		}
		assert_eq!(free(5), ENDOWMENT - BOND * 19 / 100);
	});
}

#[test]
fn everything_can_be_lost() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		let all = Perbill::one();
		let reason = SlashReason::DoublePackage;
		assert_eq!(Bookkeeping::slash(&5, 0, all, None, reason), Ok(BOND));
		go_to(3);
		assert_eq!((held(5), held(20)), (0, 0));
		assert_eq!(Bookkeeping::unbonding(&5), vec![]);
		assert_eq!(Bookkeeping::unbonding(&20), vec![]);
		assert_eq!(free(TREASURY), (BOND + 1_000 * FSN) / 2);
	});
}

#[test]
fn offender_should_stay_out_while_it_is_chilled() {
	build_and_execute(|| {
		register(5);
		assert_ok!(slash(5, 0));
		go_to(3);
		let register_again = || Bookkeeping::register(signed(5), BOND, Perbill::from_percent(10));
		assert_noop!(register_again(), Error::<Test>::Chilled);
		go_to_session(UNBONDING - 1);
		assert_noop!(register_again(), Error::<Test>::Chilled);
		go_to_session(UNBONDING);
		assert_ok!(register_again());
		delegate(20, 5, 1_000);
		// The old slash is not applied to the new stake.
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 500 * FSN));
		assert_ok!(Bookkeeping::leave(signed(5)));
		pass_sessions(2);
		withdraw_all([5, 20]);
		assert_eq!(free(20), ENDOWMENT);
		assert_eq!(free(5), ENDOWMENT - BOND / 10);
	});
}

#[test]
fn invulnerable_should_lose_its_seat() {
	build_and_execute(|| {
		Bookkeeping::note_block(&1, &[(1, 1)], 0);
		let earned = claimable(1);
		assert_eq!(slash(1, 0), Ok(0));
		assert_eq!(Invulnerables::<Test>::get().into_inner(), vec![2]);
		assert_eq!(Active::<Test>::get().to_vec(), vec![(1, 0), (2, SEAT)]);
		go_to(2);
		// It works for the treasury now.
		let treasury = free(TREASURY);
		Bookkeeping::note_block(&1, &[(2, 1), (1, 1)], 0);
		assert_eq!(claimable(1), earned);
		assert_eq!(free(TREASURY), treasury + REWARD * 3 / 10 + REWARD * 7 / 20);
		go_to_session(3);
		assert_eq!(active(), vec![2]);
		// Unless governance wants it to have one.
		assert_ok!(Bookkeeping::set_invulnerables(
			RuntimeOrigin::root(),
			vec![1, 2].try_into().unwrap()
		));
		go_to_session(5);
		assert_eq!(active(), vec![1, 2]);
	});
}

#[test]
fn rewards_of_an_offender_should_go_to_the_treasury_and_earlier_ones_stay() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, BOND / FSN);
		Bookkeeping::note_block(&5, &[(5, 1)], 0);
		let (node, delegator) = (claimable(5), claimable(20));
		assert_ok!(slash(5, 0));
		System::set_block_number(2);
		Bookkeeping::note_block(&5, &[(5, 1)], 0);
		check();
		assert_eq!(free(TREASURY), BOND / 20 + REWARD);
		go_to(4);
		assert_eq!((claimable(5), claimable(20)), (node, delegator));
	});
}

#[test]
fn reporter_should_be_paid_when_its_account_is_new() {
	build_and_execute(|| {
		register(5);
		let reason = SlashReason::Equivocation;
		assert_eq!(Bookkeeping::slash(&5, 0, TENTH, Some(&2_000), reason), Ok(BOND / 10));
		assert_eq!(free(2_000), BOND / 100);
		check();
	});
}

#[test]
fn old_slashes_should_be_forgotten_when_there_are_many() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 1_000);
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 500 * FSN));
		go_to_session(26);
		for session in 0..26 {
			assert_ok!(slash(5, session));
		}
		assert_eq!(crate::Slashes::<Test>::get(5).count, SLASHES_KEPT + 2);
		// Of the chunk's time are the sessions 0 and 1, and only those are applied that are still known.
		assert_eq!(Bookkeeping::unbonding(&20)[0].amount, 500 * FSN);
		go_to(265);
		check();
	});
}
