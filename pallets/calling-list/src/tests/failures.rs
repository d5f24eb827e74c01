//! Runs in vain.

use crate::{mock::*, types::Removal, Event, Rows};
use frame_support::{assert_ok, weights::Weight};
use fusion_calling_list_primitives::{AfterFailure, At, Reason, RowState};

#[test]
fn row_should_be_paused_when_its_target_fails() {
	for (behaviour, reason) in [
		(Behaviour::Reverts { gas: 10_000 }, Reason::Reverted),
		(Behaviour::Exhausts, Reason::Trapped),
		(Behaviour::Works { gas: 200_000, storage: 0 }, Reason::Trapped),
		(Behaviour::Works { gas: 0, storage: 10_001 }, Reason::Trapped),
		(Behaviour::Gone, Reason::NoCode),
	] {
		build_and_execute(|| {
			Target::set(&behaviour);
			let id = register(every_blocks(2, 1));
			run_to(2);
			let before = balance(SENDER);
			let tried = trigger_as(SENDER, id);
			assert_eq!(tried.reason, reason);
			// The sender has done its part, and is paid.
			assert!(tried.cost > 0);
			assert_eq!(balance(SENDER), before + tried.cost);
			assert_eq!(row(id).state, RowState::Paused { reason });
			assert_eq!(reasons(id), vec![reason]);

			Target::set(&Behaviour::Works { gas: 0, storage: 0 });
			assert_ok!(CallingList::do_resume(&OWNER, id));
			run_to(3);
			assert_eq!(trigger(id), Reason::Ran);
		});
	}
}

#[test]
fn contract_should_not_be_called_when_it_is_larger_than_the_row_pays_for() {
	build_and_execute(|| {
		let id = register(every_blocks(2, 1));
		let checked = register(on_check(1));
		run_to(2);
		CodeGas::set(&(parameters().load_gas + 1));
		let tried = trigger_as(SENDER, id);
		assert_eq!(tried.reason, Reason::Trapped);
		assert!(tried.cost > 0);
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::Trapped });
		assert_eq!(trigger_as(KEY, checked).reason, Reason::CheckFailed);
		assert_eq!(Calls::get(), vec![]);
	});
}

#[test]
fn run_should_be_tried_again_with_growing_pauses_when_it_fails() {
	build_and_execute(|| {
		Target::set(&Behaviour::Reverts { gas: 1 });
		let id = register(with(every_blocks(10, 50), |terms| {
			terms.retries = 3;
			terms.backoff = 2;
			terms.after_failure = AfterFailure::GoOn;
		}));
		let mut tried = Vec::new();
		for block in 2..70 {
			run_to(block);
			if trigger(id) == Reason::Reverted {
				tried.push(block);
			}
		}
		assert_eq!(tried, vec![10, 12, 16, 24, 60, 62, 66]);
		// It went on with its next time, and a run that succeeds begins anew.
		Target::set(&Behaviour::Works { gas: 1, storage: 0 });
		run_to(74);
		assert_eq!(row(id).failures, 3);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!((row(id).failures, row(id).occurrence), (0, At::block(110)));
	});
}

#[test]
fn row_should_be_removed_with_a_refund_when_it_fails_and_says_so() {
	build_and_execute(|| {
		Target::set(&Behaviour::Reverts { gas: 1 });
		let before = balance(OWNER);
		let id =
			register(with(every_blocks(2, 1), |terms| terms.after_failure = AfterFailure::Remove));
		run_to(2);
		let cost = trigger_as(SENDER, id).cost;
		assert_eq!(Rows::<Test>::get(id), None);
		assert_eq!(balance(OWNER), before - cost - parameters().upkeep);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::Removed { why: Removal::Failed, .. })));
	});
}

#[test]
fn failure_should_not_count_when_another_row_ran_before_in_the_transaction() {
	build_and_execute(|| {
		Target::set(&Behaviour::Reverts { gas: 1 });
		let id = register(every_blocks(2, 1));
		run_to(2);
		let before = row(id);
		let tried = CallingList::execute_row(id, &SENDER, &mut Env::new(SENDER), false);
		assert_eq!((tried.reason, tried.cost), (Reason::NotAlone, 0));
		assert_eq!(row(id), before);
		// A success does.
		Target::set(&Behaviour::Works { gas: 1, storage: 0 });
		let tried = CallingList::execute_row(id, &SENDER, &mut Env::new(SENDER), false);
		assert_eq!(tried.reason, Reason::Ran);
	});
}

#[test]
fn row_should_not_be_called_when_the_sender_has_too_little_gas_left() {
	build_and_execute(|| {
		let id = register(every_blocks(2, 1));
		run_to(2);
		let before = row(id);
		// The limit of the row and of loading it: 102,000 gas; with its storage limit 1,020,000 + 10,000 FSN.
		let mut too_light = Env::new(SENDER);
		too_light.weight_limit = Weight::from_parts(101_999 * WEIGHT_OF_GAS, u64::MAX);
		let mut too_poor = Env::new(SENDER);
		too_poor.funds_limit = 1_029_999;
		for env in [&mut too_light, &mut too_poor] {
			let tried = CallingList::execute_row(id, &SENDER, env, true);
			assert_eq!((tried.reason, tried.cost), (Reason::NotEnoughGas, 0));
			assert_eq!(row(id), before);
		}
		let mut enough = Env::new(SENDER);
		enough.weight_limit = Weight::from_parts(102_000 * WEIGHT_OF_GAS, u64::MAX);
		enough.funds_limit = 1_030_000;
		assert_eq!(CallingList::execute_row(id, &SENDER, &mut enough, true).reason, Reason::Ran);
	});
}

#[test]
fn target_should_not_reach_into_the_list_while_a_row_runs() {
	build_and_execute(|| {
		let id = register(every_blocks(2, 1));
		let other = register(at_block(50));
		Target::set(&Behaviour::Meddles { id: other });
		run_to(2);
		assert_eq!(trigger(id), Reason::Ran);
		let running = Err(crate::Error::<Test>::RowIsRunning.into());
		assert_eq!(Answers::get(), vec![running; 5]);
		assert_eq!(CallingList::current(), None);
	});
}
