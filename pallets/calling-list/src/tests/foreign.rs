//! Rows that wait for something on another chain.

use crate::{
	mock::*, types::Removal, watches::MAX_HAPPENED, Error, Event, ForeignRows, News, NewsOutline,
	WatchedItems,
};
use frame_support::{assert_noop, assert_ok};
use fusion_calling_list_primitives::{
	foreign::{ForeignEvent, ForeignKey},
	AfterFailure, Missed, Reason, RowId, RowState, Tier,
};

const ADDRESS: ForeignKey = ForeignKey::address(0, 5);
const LOCK_OUT: ForeignKey = ForeignKey::lock_out(0, 5);

/// A test with a deposit address and a lock-out, both of number 5.
fn with_items(test: impl FnOnce()) {
	build_and_execute(|| {
		set_possible(ADDRESS, true);
		set_possible(LOCK_OUT, true);
		test();
	});
}

fn on_deposit(least: u128) -> crate::Registration {
	on_foreign(ForeignEvent::Deposit { index: 5, least })
}

fn on_lock_out() -> crate::Registration {
	on_foreign(ForeignEvent::LockOut { intent: 5 })
}

fn is_due(id: RowId) -> bool {
	matches!(row(id).state, RowState::Due { .. })
}

fn next_block() {
	run_to(System::block_number() + 1);
}

#[test]
fn row_should_be_due_in_the_block_after_a_deposit_that_is_large_enough() {
	with_items(|| {
		let id = register(on_deposit(100));
		credit(5, 99);
		credit(6, 100);
		next_block();
		assert_eq!(row(id).state, RowState::Listening);
		credit(5, 100);
		assert_eq!(trigger(id), Reason::NotDue);
		next_block();
		assert_eq!(trigger(id), Reason::Ran);
		// And again by each further one.
		assert_eq!(row(id).state, RowState::Listening);
		credit(5, 500);
		next_block();
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(called(id), vec![3, 4]);
	});
}

#[test]
fn row_should_be_due_once_when_its_lock_out_is_paid() {
	with_items(|| {
		let id = register(on_lock_out());
		// An address of the same number is something else.
		credit(5, 100);
		next_block();
		assert_eq!(row(id).state, RowState::Listening);
		let before = balance(OWNER) + row(id).deposit + row(id).stored;
		pay(5);
		next_block();
		let paid = trigger_as(SENDER, id);
		assert_eq!(paid.reason, Reason::Ran);
		assert!(events().iter().any(|event| matches!(
			event,
			Event::Removed { id: removed, why: Removal::Finished, .. } if *removed == id
		)));
		// All that it did not use came back.
		assert_eq!(balance(OWNER), before - paid.cost - parameters().upkeep);
		assert_eq!(ForeignRows::<Test>::iter().count() + WatchedItems::<Test>::iter().count(), 0);
		assert_noop!(
			CallingList::do_register(OWNER, on_lock_out()),
			Error::<Test>::NothingToWaitFor
		);
	});
}

#[test]
fn chain_should_run_a_guaranteed_row_when_nobody_comes() {
	with_items(|| {
		let id = register(with(on_lock_out(), |terms| terms.tier = Tier::Guaranteed));
		pay(5);
		run_to(2 + DELAY);
		assert_eq!(called(id), vec![2 + DELAY]);
	});
}

#[test]
fn row_should_be_refused_when_there_is_nothing_to_wait_for() {
	with_items(|| {
		for event in
			[ForeignEvent::Deposit { index: 6, least: 0 }, ForeignEvent::LockOut { intent: 6 }]
		{
			assert_noop!(
				CallingList::do_register(OWNER, on_foreign(event)),
				Error::<Test>::NothingToWaitFor
			);
		}
	});
}

#[test]
fn nobody_should_be_locked_out_when_many_rows_wait_for_an_item() {
	with_items(|| {
		let first = register(on_deposit(0));
		for _ in 0..40 {
			CallingList::do_register(OTHER, on_deposit(0)).unwrap();
		}
		let last = register(on_deposit(0));
		assert_ok!(CallingList::do_cancel(&OTHER, 3));
		credit(5, 1);
		next_block();
		assert!(is_due(first));
		// Four in a block.
		run_to(12);
		assert!(is_due(last));
		assert_eq!(NewsOutline::<Test>::get().waiting, 0);
	});
}

#[test]
fn payment_should_not_be_forgotten_when_the_row_is_paused() {
	with_items(|| {
		let by_owner = register(on_lock_out());
		let mut poor = on_lock_out();
		poor.deposit = 10;
		let poor = register(poor);
		assert_ok!(CallingList::do_pause(&OWNER, by_owner));
		pay(5);
		next_block();
		assert_eq!(row(by_owner).state, RowState::Paused { reason: Reason::NotLive });
		assert_eq!(row(poor).state, RowState::Paused { reason: Reason::DepositTooLow });
		assert_eq!(News::<Test>::iter().count(), 0);
		run_to(5);
		assert_ok!(CallingList::do_resume(&OWNER, by_owner));
		assert_ok!(CallingList::do_top_up(&OTHER, poor, DEPOSIT));
		next_block();
		for id in [by_owner, poor] {
			assert_eq!(trigger(id), Reason::Ran);
			assert_eq!(trigger(id), Reason::NotLive);
		}
	});
}

#[test]
fn payment_should_not_be_forgotten_when_the_run_fails() {
	with_items(|| {
		let pauses = register(on_lock_out());
		let goes_on =
			register(with(on_lock_out(), |terms| terms.after_failure = AfterFailure::GoOn));
		Target::set(&Behaviour::Reverts { gas: 1_000 });
		pay(5);
		next_block();
		assert_eq!(trigger(pauses), Reason::Reverted);
		assert_eq!(trigger(goes_on), Reason::Reverted);
		// There is nothing to go on with.
		assert_eq!(trigger(goes_on), Reason::NotLive);
		Target::set(&Behaviour::Works { gas: 1_000, storage: 0 });
		assert_ok!(CallingList::do_resume(&OWNER, pauses));
		assert_eq!(trigger(pauses), Reason::Ran);
	});
}

#[test]
fn deposits_should_be_left_out_when_they_come_while_the_row_is_paused() {
	with_items(|| {
		let id = register(on_deposit(0));
		assert_ok!(CallingList::do_pause(&OWNER, id));
		credit(5, 100);
		next_block();
		assert_ok!(CallingList::do_resume(&OWNER, id));
		next_block();
		assert_eq!(row(id).state, RowState::Listening);
		credit(5, 100);
		next_block();
		assert!(is_due(id));
	});
}

#[test]
fn deposits_should_be_run_for_one_by_one_or_merged_as_the_row_says() {
	with_items(|| {
		let all = register(with(on_deposit(50), |terms| terms.missed = Missed::All));
		let once = register(on_deposit(0));
		for amount in [100, 20, 70] {
			credit(5, amount);
		}
		run_to(5);
		assert_eq!(row(all).pending, 1);
		assert_eq!(reasons(once), vec![Reason::Merged, Reason::Merged]);
		assert_eq!(trigger(all), Reason::Ran);
		next_block();
		assert_eq!(trigger(all), Reason::Ran);
		next_block();
		assert_eq!(trigger(all), Reason::NotDue);
	});
}

#[test]
fn row_should_not_hear_of_what_was_before_it() {
	with_items(|| {
		let early = register(on_deposit(0));
		credit(5, 100);
		let late = register(on_deposit(0));
		next_block();
		assert!(is_due(early));
		assert_eq!(row(late).state, RowState::Listening);
		credit(5, 100);
		next_block();
		assert!(is_due(late));
	});
}

#[test]
fn rows_should_be_paused_when_nothing_can_happen_any_more() {
	with_items(|| {
		let rows: Vec<_> = (0..4).map(|_| register(on_lock_out())).collect();
		assert_ok!(CallingList::do_pause(&OWNER, rows[0]));
		give_up(LOCK_OUT);
		run_to(4);
		assert_eq!(row(rows[0]).state, RowState::Paused { reason: Reason::NotLive });
		for id in &rows[1..] {
			assert_eq!(row(*id).state, RowState::Paused { reason: Reason::ConditionGone });
			assert_eq!(reasons(*id), vec![Reason::ConditionGone]);
		}
		assert_eq!(NewsOutline::<Test>::get().waiting, 0);
		for id in rows {
			assert_noop!(CallingList::do_resume(&OWNER, id), Error::<Test>::NothingToWaitFor);
			assert_eq!(CallingList::do_cancel(&OWNER, id), Ok(DEPOSIT));
		}
		assert_eq!(ForeignRows::<Test>::iter().count(), 0);
	});
}

#[test]
fn rows_should_be_carried_over_in_order_when_more_is_due_than_fits() {
	with_items(|| {
		let rows: Vec<_> = (0..4).map(|_| register(on_deposit(0))).collect();
		let other = register(on_lock_out());
		credit(5, 100);
		pay(5);
		next_block();
		// Four steps: one for each row.
		assert!(rows.iter().all(|id| is_due(*id)));
		assert_eq!(row(other).state, RowState::Listening);
		next_block();
		assert!(is_due(other));
	});
}

#[test]
fn deposits_should_be_merged_when_too_many_wait() {
	with_items(|| {
		let id = register(with(on_deposit(100), |terms| terms.missed = Missed::All));
		for _ in 0..MAX_HAPPENED {
			credit(5, 1);
		}
		credit(5, 100);
		assert!(events().contains(&Event::ForeignMerged { key: ADDRESS, amount: 100 }));
		run_to(20);
		assert!(is_due(id));
		assert_eq!(row(id).pending, 0);
	});
}

#[test]
fn nothing_should_be_left_when_rows_are_cancelled_while_there_is_news() {
	with_items(|| {
		let id = register(on_deposit(0));
		credit(5, 100);
		assert_ok!(CallingList::do_cancel(&OWNER, id));
		assert_eq!(News::<Test>::iter().count() + WatchedItems::<Test>::iter().count(), 0);
		// Nobody waits: nothing is kept.
		credit(5, 100);
		assert_eq!(News::<Test>::iter().count(), 0);
	});
}
