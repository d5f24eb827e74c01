//! Rows that listen to logs.

use crate::{mock::*, types::MAX_TOPICS_PER_EMITTER, Event, LogFilters, PendingLogs};
use frame_support::assert_ok;
use fusion_calling_list_primitives::{Condition, Missed, Reason, RowState};
use sp_core::{H160, H256};

#[test]
fn row_should_be_due_in_the_block_after_its_log() {
	build_and_execute(|| {
		let id = register(on_log());
		run_to(3);
		assert_eq!(row(id).state, RowState::Listening);
		emit(EMITTER, TOPIC);
		assert_eq!(trigger(id), Reason::NotDue);
		run_to(4);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(row(id).state, RowState::Listening);
		run_to(6);
		assert_eq!(trigger(id), Reason::NotDue);
		emit(EMITTER, TOPIC);
		run_to(7);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(called(id), vec![4, 7]);
	});
}

#[test]
fn row_should_not_be_due_when_contract_or_topic_is_another() {
	build_and_execute(|| {
		let id = register(on_log());
		emit(EMITTER, H256::zero());
		emit(H160::zero(), TOPIC);
		run_to(3);
		assert_eq!(row(id).state, RowState::Listening);
		assert!(PendingLogs::<Test>::get().is_empty());
	});
}

#[test]
fn row_should_be_due_once_when_a_block_has_its_log_several_times() {
	build_and_execute(|| {
		let id = register(with(on_log(), |terms| terms.missed = Missed::All));
		emit(EMITTER, TOPIC);
		emit(EMITTER, TOPIC);
		run_to(2);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(row(id).state, RowState::Listening);
	});
}

#[test]
fn logs_should_be_run_for_one_by_one_when_the_row_says_so() {
	build_and_execute(|| {
		let id = register(with(on_log(), |terms| terms.missed = Missed::All));
		for block in 2..5 {
			emit(EMITTER, TOPIC);
			run_to(block);
		}
		assert_eq!(row(id).pending, 2);
		for block in 5..8 {
			assert_eq!(trigger(id), Reason::Ran);
			run_to(block);
		}
		assert_eq!(called(id), vec![4, 5, 6]);
		assert_eq!(row(id).state, RowState::Listening);
	});
}

#[test]
fn logs_should_be_merged_when_the_row_does_not_run_for_each() {
	build_and_execute(|| {
		let id = register(on_log());
		for block in 2..5 {
			emit(EMITTER, TOPIC);
			run_to(block);
		}
		assert_eq!(reasons(id), vec![Reason::Merged, Reason::Merged]);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(row(id).state, RowState::Listening);
	});
}

#[test]
fn chain_of_logs_should_go_on_block_by_block() {
	build_and_execute(|| {
		let first = register(on_log());
		let second = register(when(Condition::Log { emitter: CONTRACT, topic0: TOPIC }));
		emit(EMITTER, TOPIC);
		run_to(2);
		assert_eq!(trigger(first), Reason::Ran);
		// What the first one's target logs.
		emit(CONTRACT, TOPIC);
		assert_eq!(trigger(second), Reason::NotDue);
		run_to(3);
		assert_eq!(trigger(second), Reason::Ran);
	});
}

#[test]
fn logs_should_be_carried_over_in_order_when_there_are_more_than_fit() {
	build_and_execute(|| {
		// Three logs are looked up in a block.
		let topics: Vec<_> = (0..5).map(H256::from_low_u64_be).collect();
		let rows: Vec<_> = topics
			.iter()
			.map(|topic0| register(when(Condition::Log { emitter: EMITTER, topic0: *topic0 })))
			.collect();
		for topic in &topics {
			emit(EMITTER, *topic);
		}
		run_to(2);
		let due = |rows: &[u64]| -> Vec<bool> {
			rows.iter().map(|id| matches!(row(*id).state, RowState::Due { .. })).collect()
		};
		assert_eq!(due(&rows), vec![true, true, true, false, false]);
		run_to(3);
		assert_eq!(due(&rows), vec![true; 5]);
	});
}

#[test]
fn lost_logs_should_be_reported_when_too_many_wait() {
	build_and_execute(|| {
		// Eight of them can wait.
		for topic in 0..10 {
			let topic0 = H256::from_low_u64_be(topic);
			register(when(Condition::Log { emitter: EMITTER, topic0 }));
			emit(EMITTER, topic0);
		}
		run_to(2);
		for topic in [8, 9] {
			let lost = Event::LogLost { emitter: EMITTER, topic0: H256::from_low_u64_be(topic) };
			assert!(events().contains(&lost));
		}
	});
}

#[test]
fn dropped_logs_should_be_reported_when_a_contract_has_too_many_topics() {
	build_and_execute(|| {
		let id = register(on_log());
		for topic in 0..MAX_TOPICS_PER_EMITTER as u64 + 2 {
			emit(EMITTER, H256::from_low_u64_be(topic));
		}
		run_to(2);
		assert!(events().contains(&Event::LogsDropped { count: 2 }));
		assert_eq!(row(id).state, RowState::Listening);
		assert!(PendingLogs::<Test>::get().is_empty());
	});
}

#[test]
fn log_should_be_found_behind_those_of_many_contracts() {
	build_and_execute(|| {
		let id = register(on_log());
		// Somebody waits for another log of those.
		for other in 0..60_u64 {
			for topic in 0..MAX_TOPICS_PER_EMITTER as u64 {
				emit(H160::from_low_u64_be(other), H256::from_low_u64_be(topic));
			}
		}
		for other in 0..10_u64 {
			let emitter = H160::from_low_u64_be(other);
			register(when(Condition::Log { emitter, topic0: TOPIC }));
		}
		emit(EMITTER, TOPIC);
		run_to(2);
		assert!(matches!(row(id).state, RowState::Due { .. }));
		assert!(PendingLogs::<Test>::get().is_empty());
	});
}

#[test]
fn logs_should_be_looked_up_as_far_as_the_block_has_room() {
	build_and_execute(|| {
		let id = register(on_log());
		for other in 0..5_u64 {
			emit(H160::from_low_u64_be(other), TOPIC);
		}
		emit(EMITTER, TOPIC);
		let full = <Test as frame_system::Config>::BlockWeights::get().max_block;
		System::set_block_consumed_resources(full, 0);
		run_to(2);
		// Three are counted for at the beginning of a block.
		assert!(events().contains(&Event::LogsDropped { count: 3 }));
		assert_eq!(row(id).state, RowState::Listening);
	});
}

#[test]
fn logs_of_others_should_not_take_room_when_nobody_listens_to_them() {
	build_and_execute(|| {
		let id = register(on_log());
		for other in 0..2_u64 {
			for topic in 0..20 {
				emit(H160::from_low_u64_be(other), H256::from_low_u64_be(topic));
			}
		}
		emit(EMITTER, TOPIC);
		run_to(2);
		assert!(matches!(row(id).state, RowState::Due { .. }));
	});
}

#[test]
fn nobody_should_listen_any_more_when_rows_are_gone_or_paused() {
	build_and_execute(|| {
		let gone = register(on_log());
		let paused = register(on_log());
		assert_eq!(CallingList::listeners(EMITTER, TOPIC), vec![gone, paused]);
		assert_ok!(CallingList::do_cancel(&OWNER, gone));
		assert_ok!(CallingList::do_pause(&OWNER, paused));
		assert_eq!(LogFilters::<Test>::iter().count(), 0);
		emit(EMITTER, TOPIC);
		run_to(2);
		assert_ok!(CallingList::do_resume(&OWNER, paused));
		assert_eq!(trigger(paused), Reason::NotDue);
		emit(EMITTER, TOPIC);
		run_to(3);
		assert_eq!(trigger(paused), Reason::Ran);
	});
}

/// Whether rows are due.
fn are_due(rows: &[u64]) -> Vec<bool> {
	rows.iter().map(|id| matches!(row(*id).state, RowState::Due { .. })).collect()
}

#[test]
fn rows_should_be_told_in_order_when_many_wait_for_a_log() {
	build_and_execute(|| {
		let rows: Vec<_> = (0..12).map(|_| register(on_log())).collect();
		emit(EMITTER, TOPIC);
		run_to(2);
		assert_eq!(are_due(&rows), [vec![true; 5], vec![false; 7]].concat());
		run_to(3);
		assert_eq!(are_due(&rows), [vec![true; 10], vec![false; 2]].concat());
		run_to(4);
		assert_eq!(are_due(&rows), vec![true; 12]);
		run_to(8);
		// Once each.
		assert!(rows.iter().all(|id| !reasons(*id).contains(&Reason::Merged)));
		assert!(PendingLogs::<Test>::get().is_empty());
	});
}

#[test]
fn log_should_have_its_turn_when_many_wait_for_another() {
	build_and_execute(|| {
		let key = (H160::zero(), TOPIC);
		let many: Vec<_> = (0..40)
			.map(|_| register(when(Condition::Log { emitter: key.0, topic0: key.1 })))
			.collect();
		let id = register(on_log());
		emit(key.0, key.1);
		emit(EMITTER, TOPIC);
		run_to(2);
		assert!(matches!(row(id).state, RowState::Due { .. }));
		assert_eq!(are_due(&many), [vec![true; 4], vec![false; 36]].concat());
	});
}

#[test]
fn rows_should_be_told_of_each_log_when_another_comes_while_some_wait_for_their_turn() {
	build_and_execute(|| {
		let listens = || with(on_log(), |terms| terms.missed = Missed::All);
		let rows: Vec<_> = (0..12).map(|_| register(listens())).collect();
		emit(EMITTER, TOPIC);
		run_to(2);
		emit(EMITTER, TOPIC);
		run_to(12);
		assert_eq!(are_due(&rows), vec![true; 12]);
		assert!(rows.iter().all(|id| row(*id).pending == 1));
	});
}

#[test]
fn rows_should_be_told_when_one_of_them_is_gone_meanwhile() {
	build_and_execute(|| {
		let rows: Vec<_> = (0..8).map(|_| register(on_log())).collect();
		emit(EMITTER, TOPIC);
		run_to(2);
		// The last one that was told, and the next.
		assert_ok!(CallingList::do_cancel(&OWNER, rows[4]));
		assert_ok!(CallingList::do_cancel(&OWNER, rows[5]));
		run_to(3);
		assert_eq!(are_due(&rows[6..]), vec![true; 2]);
	});
}

#[test]
fn row_should_be_paused_when_its_log_comes_and_it_cannot_pay() {
	build_and_execute(|| {
		let mut poor = on_log();
		poor.deposit = 10;
		let id = register(poor);
		emit(EMITTER, TOPIC);
		run_to(2);
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::DepositTooLow });
		// It goes on when it can.
		assert_ok!(CallingList::do_top_up(&OTHER, id, DEPOSIT));
		assert_eq!(row(id).state, RowState::Listening);
	});
}
