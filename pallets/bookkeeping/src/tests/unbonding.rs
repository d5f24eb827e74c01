//! Stake on its way back to its owner.

use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Error, Event, Unbonding};

#[test]
fn stake_should_come_back_when_the_time_is_over() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 300);
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 100 * FSN));
		pass_sessions(1);
		assert_ok!(Bookkeeping::unbond(signed(20), 5, 200 * FSN));
		go_to_session(UNBONDING - 1);
		assert_noop!(Bookkeeping::withdraw(signed(20), 20), Error::<Test>::NothingDue);
		go_to_session(UNBONDING);
		assert_ok!(Bookkeeping::withdraw(signed(20), 20));
		assert!(has_event(Event::Withdrawn { who: 20, amount: 100 * FSN }));
		assert_eq!(held(20), 200 * FSN);
		assert_noop!(Bookkeeping::withdraw(signed(20), 20), Error::<Test>::NothingDue);
		pass_sessions(1);
		// By anybody.
		assert_ok!(Bookkeeping::withdraw(signed(50), 20));
		assert_eq!((held(20), free(20)), (0, ENDOWMENT));
		assert!(!Unbonding::<Test>::contains_key(20));
		assert_noop!(Bookkeeping::withdraw(signed(50), 21), Error::<Test>::NothingDue);
	});
}

#[test]
fn chunks_should_be_joined_when_they_began_in_the_same_session() {
	build_and_execute(|| {
		register(5);
		register(6);
		delegate(20, 5, 300);
		delegate(20, 6, 300);
		for _ in 0..20 {
			assert_ok!(Bookkeeping::unbond(signed(20), 5, 10 * FSN));
		}
		assert_ok!(Bookkeeping::unbond(signed(20), 6, 10 * FSN));
		let amounts: Vec<_> =
			Bookkeeping::unbonding(&20).iter().map(|chunk| (chunk.node, chunk.amount)).collect();
		assert_eq!(amounts, vec![(5, 200 * FSN), (6, 10 * FSN)]);
	});
}

#[test]
fn room_should_be_kept_for_everything_that_is_staked() {
	build_and_execute(|| {
		(5..9).for_each(register);
		(5..9).for_each(|node| delegate(20, node, 1_000));
		// Eight places: four are for the delegations.
		for _ in 0..4 {
			assert_ok!(Bookkeeping::unbond(signed(20), 5, FSN));
			pass_sessions(1);
		}
		assert_noop!(Bookkeeping::unbond(signed(20), 5, FSN), Error::<Test>::TooManyChunks);
		set_keys(20);
		assert_noop!(
			Bookkeeping::register(signed(20), BOND, sp_runtime::Perbill::from_percent(10)),
			Error::<Test>::TooManyChunks
		);
		// To end one for good is always possible.
		assert_ok!(Bookkeeping::unbond(signed(20), 8, 1_000 * FSN));
		assert_noop!(
			Bookkeeping::delegate(signed(20), 8, 1_000 * FSN),
			Error::<Test>::TooManyChunks
		);
		// And so is everything that others do.
		for node in [5, 6, 7] {
			assert_ok!(Bookkeeping::leave(signed(node)));
		}
		pass_sessions(3);
		assert_eq!(Bookkeeping::delegations(&20), vec![]);
		assert_eq!(held(20), 4_000 * FSN);
		assert_ok!(Bookkeeping::withdraw(signed(20), 20));
		pass_sessions(UNBONDING);
		assert_ok!(Bookkeeping::withdraw(signed(20), 20));
		assert_eq!(held(20), 0);
	});
}
