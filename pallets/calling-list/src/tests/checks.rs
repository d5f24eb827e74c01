//! Rows with a check.

use crate::{mock::*, WeightInfo};
use frame_support::assert_ok;
use fusion_calling_list_primitives::{traits::GasPrice, At, Reason, RowState, Tier};

#[test]
fn target_should_be_called_with_what_the_check_gives() {
	build_and_execute(|| {
		let id = register(on_check(3));
		run_to(2);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(Calls::get(), vec![(id, b"checked data".to_vec(), 2)]);
		// The next check.
		assert_eq!(row(id).occurrence, At::block(5));
		run_to(4);
		assert_eq!(trigger(id), Reason::NotDue);
		run_to(5);
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn row_should_wait_for_ever_when_its_check_says_no() {
	build_and_execute(|| {
		let id = register(on_check(1));
		Verdict::set(&Some(false));
		run_to(200);
		assert_eq!(row(id).state, RowState::Due { since: 2, deadline: None, waits: 0 });
		assert_eq!(reasons(id), vec![]);
		Verdict::set(&Some(true));
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn row_should_not_wait_for_ever_when_gas_is_too_dear_to_ask_its_check() {
	build_and_execute(|| {
		let id = register(on_check(1));
		let cheap = register(with(on_check(1), |terms| terms.max_gas_price = 0));
		Price::set(&101);
		run_to(2 + PATIENCE);
		assert_eq!(reasons(id), vec![Reason::PriceTooHigh]);
		// When it can be asked again, there is no hurry.
		Price::set(&100);
		run_to(2 + 3 * PATIENCE);
		assert_eq!(row(id).state, RowState::Due { since: 2, deadline: None, waits: 0 });
		assert_eq!(reasons(id), vec![Reason::PriceTooHigh]);
		assert_eq!(trigger(id), Reason::Ran);
		// Nobody looks for ever at what can never be run.
		let mut block = System::block_number();
		while row(cheap).is_live() {
			block += 1;
			run_to(block);
			assert!(block < 10_000);
		}
		assert_eq!(row(cheap).state, RowState::Paused { reason: Reason::PriceTooHigh });
		assert!(CallingList::due(None, 10).rows.iter().all(|row| row.id == id));
	});
}

#[test]
fn nothing_should_change_when_a_stranger_triggers_a_check_that_says_no() {
	build_and_execute(|| {
		let id = register(on_check(1));
		run_to(2);
		for verdict in [Some(false), None] {
			Verdict::set(&verdict);
			let before = (row(id), balance(SENDER));
			let tried = trigger_as(SENDER, id);
			assert_eq!((tried.cost, tried.called), (0, false));
			assert_eq!((row(id), balance(SENDER)), before);
			assert_eq!(reasons(id), vec![]);
		}
	});
}

#[test]
fn row_should_be_paused_when_its_check_says_no_to_several_nodes() {
	build_and_execute(|| {
		let id = register(on_check(2));
		Verdict::set(&Some(false));
		let mut block = 2;
		for key in [&[KEY][..], &KEYS[..]].concat() {
			run_to(block);
			assert!(row(id).is_live());
			let deposit = row(id).deposit;
			let before = balance(key);
			let tried = trigger_as(key, id);
			assert_eq!(tried.reason, Reason::CheckFalse);
			assert!(tried.cost > 0);
			assert_eq!(balance(key), before + tried.cost);
			assert_eq!(row(id).deposit, deposit - tried.cost);
			block += 2;
		}
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::CheckFalse });
		assert_ok!(CallingList::do_resume(&OWNER, id));
		run_to(block);
		assert!(trigger_as(KEY, id).cost > 0, "it begins anew");
	});
}

#[test]
fn row_should_neither_pay_nor_be_paused_when_the_same_node_says_again_that_its_check_says_no() {
	build_and_execute(|| {
		let id = register(on_check(1));
		Verdict::set(&Some(false));
		run_to(2);
		assert!(trigger_as(KEY, id).cost > 0);
		for block in 3..20 {
			run_to(block);
			let before = row(id);
			assert_eq!(trigger_as(KEY, id).cost, 0);
			assert_eq!(row(id), before);
		}
		// Not even by another key of the node.
		assert_ok!(CallingList::set_trigger_key(RuntimeOrigin::signed(NODE), Some(SENDER)));
		assert_eq!(trigger_as(SENDER, id).cost, 0);
		// After a run it is believed again.
		Verdict::set(&Some(true));
		assert_eq!(trigger(id), Reason::Ran);
		Verdict::set(&Some(false));
		run_to(20);
		assert!(trigger_as(SENDER, id).cost > 0);
	});
}

#[test]
fn nobody_should_earn_when_the_check_says_no() {
	build_and_execute(|| {
		let id = register(on_check(2));
		run_to(2);
		Verdict::set(&Some(false));
		let mut env = Env::new(KEY);
		let in_vain = CallingList::execute_row(id, &KEY, &mut env, true).cost;
		// What the precompile was charged, and no more.
		let charged = env.consumed.weight + <() as WeightInfo>::execute_row();
		assert_eq!(in_vain, Gas::fee(charged));
		run_to(4);
		Verdict::set(&Some(true));
		Target::set(&Behaviour::Works { gas: 0, storage: 0 });
		let overhead = Gas::fee(Gas::weight(parameters().overhead_gas));
		let fee = in_vain + overhead;
		assert_eq!(trigger_as(KEY, id).cost, fee + parameters().reward.mul_floor(fee));
	});
}

#[test]
fn node_that_keeps_no_books_any_more_should_not_be_paid_for_checks() {
	build_and_execute(|| {
		let id = register(on_check(1));
		run_to(2);
		Verdict::set(&Some(false));
		Elected::set(&vec![]);
		assert_eq!(trigger_as(KEY, id).cost, 0);
	});
}

#[test]
fn check_should_be_made_by_the_chain_at_each_interval_when_it_is_guaranteed() {
	build_and_execute(|| {
		let id = register(with(on_check(2), |terms| terms.tier = Tier::Guaranteed));
		Verdict::set(&Some(false));
		run_to(2 + DELAY);
		assert_eq!(reasons(id), vec![Reason::CheckFalse]);
		run_to(40);
		// It is not paused for that: the chain asks whether it is worth it or not.
		assert!(row(id).is_live());
		assert_eq!(reasons(id), vec![Reason::CheckFalse; HISTORY as usize]);
		Verdict::set(&Some(true));
		run_to(50);
		assert!(!called(id).is_empty());
	});
}

#[test]
fn row_should_not_run_when_the_checker_is_gone() {
	build_and_execute(|| {
		let id = register(on_check(1));
		run_to(2);
		Target::set(&Behaviour::Gone);
		assert_eq!(trigger_as(KEY, id).reason, Reason::CheckFailed);
	});
}
