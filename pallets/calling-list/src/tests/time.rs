//! Rows that wait for a block or a time.

use crate::{mock::*, types::Removal, Error, Event, Rows};
use frame_support::{assert_noop, assert_ok};
use fusion_calling_list_primitives::{
	cron::Cron, schedule::Schedule, At, Condition, Missed, Reason, RowState,
};

#[test]
fn row_should_run_once_when_its_block_comes() {
	build_and_execute(|| {
		let id = register(at_block(5));
		run_to(4);
		assert_eq!(trigger(id), Reason::NotDue);
		run_to(5);
		assert_eq!(row(id).state, RowState::Due { since: 5, deadline: Some(11), waits: 0 });
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(Calls::get(), vec![(id, b"data".to_vec(), 5)]);
		assert_eq!(Rows::<Test>::get(id), None);
		assert_eq!(trigger(id), Reason::NotLive);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::Removed { why: Removal::Finished, .. })));
	});
}

#[test]
fn row_should_run_in_its_block_when_the_chain_has_not_come_to_it() {
	build_and_execute(|| {
		// One more than a block makes due.
		let ids: Vec<_> = (0..=DUE_PER_BLOCK).map(|_| register(at_block(3))).collect();
		run_to(3);
		let last = *ids.last().unwrap();
		assert!(matches!(row(last).state, RowState::Waiting { .. }));
		assert_eq!(trigger(last), Reason::Ran);
		run_to(4);
		for id in &ids[..ids.len() - 1] {
			assert_eq!(trigger(*id), Reason::Ran);
		}
	});
}

#[test]
fn rows_should_become_due_in_order_when_there_are_more_than_fit() {
	build_and_execute(|| {
		let late: Vec<_> = (0..4).map(|_| register(at_block(4))).collect();
		let early: Vec<_> = (0..4).map(|_| register(at_block(3))).collect();
		let more: Vec<_> = (0..4).map(|_| register(at_block(4))).collect();
		run_to(4);
		let since = |id: u64| match row(id).state {
			RowState::Due { since, .. } => since,
			_ => 0,
		};
		assert!(early.iter().all(|id| since(*id) == 3));
		assert!(late.iter().all(|id| since(*id) == 4));
		assert_eq!(more.iter().map(|id| since(*id)).collect::<Vec<_>>(), vec![4, 0, 0, 0]);
		run_to(5);
		assert_eq!(more.iter().map(|id| since(*id)).collect::<Vec<_>>(), vec![4, 5, 5, 5]);
	});
}

#[test]
fn row_should_be_due_when_its_time_comes() {
	build_and_execute(|| {
		let now = Now::get();
		let id = register(when(Condition::Time(Schedule::AtTime(now + 13))));
		run_to(3);
		assert_eq!(Now::get(), now + 12);
		assert_eq!(trigger(id), Reason::NotDue);
		run_to(4);
		// The block's own time is enough.
		assert!(matches!(row(id).state, RowState::Due { since: 4, .. }));
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn row_should_run_again_and_again_when_it_is_periodic() {
	build_and_execute(|| {
		let id = register(every_blocks(3, 4));
		for block in [3, 7, 11] {
			run_to(block);
			assert_eq!(trigger(id), Reason::Ran);
			assert_eq!(trigger(id), Reason::NotDue);
		}
		assert_eq!(called(id), vec![3, 7, 11]);
		assert_eq!(row(id).occurrence, At::block(15));
		assert_eq!(row(id).runs, 3);
		assert_eq!(reasons(id), vec![Reason::Ran; 3]);
	});
}

#[test]
fn row_should_follow_its_cron_expression() {
	build_and_execute(|| {
		// 1970-01-12 13:46:40.
		assert_eq!(Now::get(), 1_000_000);
		let cron = Cron::parse(b"*/2 * * * *").unwrap();
		let id = register(when(Condition::Time(Schedule::Cron(cron))));
		assert_eq!(row(id).occurrence.value, 1_000_080);
		while Now::get() < 1_000_080 {
			assert_eq!(trigger(id), Reason::NotDue);
			run_to(System::block_number() + 1);
		}
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(row(id).occurrence.value, 1_000_200);
	});
}

#[test]
fn row_should_be_refused_when_it_would_never_be_due() {
	build_and_execute(|| {
		let refuse = |schedule, error: Error<Test>| {
			let registration = when(Condition::Time(schedule));
			assert_noop!(CallingList::do_register(OWNER, registration), error);
		};
		refuse(Schedule::AtBlock(1), Error::NeverDue);
		refuse(Schedule::AtTime(Now::get()), Error::NeverDue);
		refuse(Schedule::Cron(Cron::parse(b"0 0 31 2 *").unwrap()), Error::NeverDue);
		refuse(Schedule::EveryBlocks { first: 5, every: 0 }, Error::TooOften);
		refuse(Schedule::EverySeconds { first: 5, every: 5 }, Error::TooOften);
	});
}

/// Runs a row every 2 blocks from block 3 on, whose chain stands still (for it) until block 14.
fn after_a_pause(missed: Missed) -> u64 {
	let id = register(with(every_blocks(3, 2), |terms| terms.missed = missed));
	run_to(14);
	id
}

#[test]
fn missed_times_should_be_skipped_when_the_row_says_so() {
	build_and_execute(|| {
		let id = after_a_pause(Missed::Skip);
		// Nobody came until its deadline, in block 9: it was late by then.
		assert_eq!(reasons(id)[..2], [Reason::NoTrigger, Reason::Late]);
		run_to(15);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(called(id), vec![15]);
	});
}

#[test]
fn missed_times_should_be_merged_when_the_row_runs_once_for_them() {
	build_and_execute(|| {
		let id = after_a_pause(Missed::Once);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(trigger(id), Reason::NotDue);
		let merged = CallingList::history(id).pop().unwrap();
		// 5, 7, 9, 11, 13.
		assert_eq!((merged.reason, merged.count), (Reason::Merged, 5));
		assert_eq!(row(id).occurrence, At::block(15));
	});
}

#[test]
fn missed_times_should_all_be_run_when_the_row_says_so() {
	build_and_execute(|| {
		let id = after_a_pause(Missed::All);
		let mut runs = 0;
		while trigger(id) == Reason::Ran {
			runs += 1;
		}
		// 3, 5, 7, 9, 11, 13.
		assert_eq!(runs, 6);
		assert_eq!(row(id).occurrence, At::block(15));
	});
}

#[test]
fn row_should_not_be_late_when_it_runs_in_time() {
	build_and_execute(|| {
		let id = register(with(every_blocks(3, 1), |terms| terms.missed = Missed::Skip));
		for block in 4..12 {
			run_to(block);
			assert_eq!(trigger(id), Reason::Ran, "block {block}");
		}
	});
}

#[test]
fn row_should_end_when_it_has_run_as_often_as_it_may() {
	build_and_execute(|| {
		let id = register(with(every_blocks(2, 1), |terms| terms.max_runs = Some(2)));
		run_to(2);
		assert_eq!(trigger(id), Reason::Ran);
		run_to(3);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(Rows::<Test>::get(id), None);
	});
}

#[test]
fn row_should_be_removed_when_it_expires() {
	build_and_execute(|| {
		let before = balance(OWNER);
		let waits = register(with(at_block(90), |terms| terms.expires_at = Some(4)));
		let listens = register(with(on_log(), |terms| terms.expires_at = Some(4)));
		run_to(3);
		assert!(Rows::<Test>::contains_key(waits));
		run_to(4);
		assert_eq!(Rows::<Test>::get(waits), None);
		assert_eq!(Rows::<Test>::get(listens), None);
		assert_eq!(balance(OWNER), before);
		assert_noop!(
			CallingList::do_register(OWNER, with(at_block(90), |terms| terms.expires_at = Some(4))),
			Error::<Test>::ExpiryPassed
		);
	});
}

#[test]
fn row_should_say_that_nobody_came_and_give_up_in_the_end() {
	build_and_execute(|| {
		let id = register(at_block(2));
		run_to(2 + PATIENCE);
		assert_eq!(reasons(id), vec![Reason::NoTrigger]);
		assert!(matches!(row(id).state, RowState::Due { waits: 1, .. }));
		let mut block = System::block_number();
		while row(id).is_live() {
			block += 1;
			run_to(block);
		}
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::NoTrigger });
		assert_eq!(*reasons(id).last().unwrap(), Reason::NoTrigger);
		// Its time has passed, but it has not run: it is due at once.
		assert_ok!(CallingList::do_resume(&OWNER, id));
		assert_eq!(trigger(id), Reason::Ran);
	});
}
