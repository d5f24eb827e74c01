//! Rows that the chain runs if nobody else does.

use crate::{mock::*, Error, Rows};
use frame_support::{assert_noop, assert_ok};
use fusion_calling_list_primitives::{Reason, RowState, Tier};

fn guaranteed(registration: crate::Registration) -> crate::Registration {
	with(registration, |terms| terms.tier = Tier::Guaranteed)
}

#[test]
fn row_should_be_run_by_the_chain_when_nobody_comes() {
	build_and_execute(|| {
		let id = register(guaranteed(every_blocks(3, 20)));
		run_to(2 + DELAY);
		assert_eq!(called(id), Vec::<u32>::new());
		run_to(3 + DELAY);
		assert_eq!(called(id), vec![3 + DELAY]);
		assert_eq!(reasons(id), vec![Reason::Ran]);
		assert_eq!(balance(trigger_account()), 0);
	});
}

#[test]
fn row_should_be_run_with_the_time_of_the_block_when_the_chain_stood_still() {
	build_and_execute(|| {
		let id = register(guaranteed(every_blocks(3, 20)));
		run_to(2 + DELAY);
		Now::set(&(Now::get() + 3_600));
		let then = Now::get() + 6;
		run_to(3 + DELAY);
		assert_eq!(called(id), vec![3 + DELAY]);
		assert_eq!(Times::get(), vec![then]);
	});
}

#[test]
fn row_should_be_run_once_when_somebody_comes() {
	build_and_execute(|| {
		let id = register(guaranteed(every_blocks(3, 20)));
		run_to(4);
		assert_eq!(trigger(id), Reason::Ran);
		run_to(15);
		assert_eq!(called(id), vec![4]);
	});
}

#[test]
fn chain_should_get_what_a_sender_would_have_but_no_reward() {
	build_and_execute(|| {
		Target::set(&Behaviour::Works { gas: 40_000, storage: 700 });
		let by_sender = register(guaranteed(at_block(3)));
		let by_chain = register(guaranteed(at_block(3)));
		run_to(3);
		let before = balance(Treasury::get());
		let cost = trigger_as(SENDER, by_sender).cost;
		let fee = (cost - 700) * 5 / 6;
		run_to(4);
		let premium = balance(Treasury::get()) - before - 2 * parameters().upkeep;
		assert!(premium > fee / 4 && premium < fee);
		let before = balance(Treasury::get());
		run_to(3 + DELAY);
		assert_eq!(called(by_chain), vec![3 + DELAY]);
		// What it got is paid out in the same block.
		let got = balance(Treasury::get()) - before;
		assert!(got > fee && got < fee + premium + 2, "{got} {fee} {premium}");
		assert_eq!(balance(STORED), 1_400);
	});
}

#[test]
fn rows_should_be_run_in_order_as_the_weight_allows() {
	build_and_execute(|| {
		Target::set(&Behaviour::Works { gas: 800_000, storage: 0 });
		let heavy = |registration| {
			let mut registration =
				with(guaranteed(registration), |terms| terms.gas_limit = 900_000);
			registration.deposit = 10 * DEPOSIT;
			registration
		};
		let ids: Vec<_> = (0..5).map(|_| register(heavy(at_block(3)))).collect();
		let mut block = 3 + DELAY;
		let mut of_each = Vec::new();
		while Calls::get().len() < ids.len() {
			let before = Calls::get().len();
			run_to(block);
			of_each.push(Calls::get().len() - before);
			block += 1;
			assert!(block < 100);
		}
		let order: Vec<_> = Calls::get().into_iter().map(|call| call.0).collect();
		assert_eq!(order, ids);
		// A row may take a good part of what there is, so they cannot all be run in one block.
		assert!(of_each.len() > 1, "{of_each:?}");
	});
}

#[test]
fn storage_that_a_run_frees_should_go_to_the_chain() {
	build_and_execute(|| {
		Target::set(&Behaviour::Works { gas: 1, storage: 9_000 });
		let id = register(guaranteed(every_blocks(3, 10)));
		run_to(3 + DELAY);
		assert_eq!(balance(STORED), 9_000);
		Target::set(&Behaviour::Frees { storage: 8_000 });
		run_to(13 + DELAY);
		assert_eq!(called(id).len(), 2);
		assert_eq!(balance(STORED), 1_000);
		assert_eq!(balance(trigger_account()), 0);
	});
}

#[test]
fn row_should_wait_when_gas_costs_more_than_it_pays() {
	build_and_execute(|| {
		let id = register(guaranteed(every_blocks(3, 100)));
		run_to(4);
		Price::set(&101);
		assert_eq!(trigger(id), Reason::PriceTooHigh);
		run_to(3 + DELAY);
		assert_eq!(reasons(id), vec![Reason::PriceTooHigh]);
		Price::set(&10);
		run_to(40);
		assert_eq!(called(id).len(), 1);
	});
}

#[test]
fn row_should_be_paused_when_the_chain_cannot_run_it() {
	build_and_execute(|| {
		EngineBroken::set(&true);
		let id = register(guaranteed(every_blocks(3, 100)));
		run_to(3 + DELAY);
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::Trapped });
		assert_eq!(balance(trigger_account()), 0);
	});
}

#[test]
fn guarantee_should_be_refused_when_the_chain_could_not_keep_it() {
	build_and_execute(|| {
		let mut ids = Vec::new();
		let row = || with(guaranteed(every_blocks(90, 100)), |terms| terms.gas_limit = 1_000_000);
		for _ in 0..20 {
			ids.push(register(row()));
		}
		assert_noop!(CallingList::do_register(OWNER, row()), Error::<Test>::GuaranteesTaken);
		// Best effort is not limited by it, and a cancelled row makes room.
		register(every_blocks(90, 100));
		assert_ok!(CallingList::do_cancel(&OWNER, ids[3]));
		register(row());
	});
}

#[test]
fn premium_should_grow_with_what_is_guaranteed() {
	build_and_execute(|| {
		let cost = || CallingList::cost_of(100_000, 0, Tier::Guaranteed, false);
		let best_effort = CallingList::cost_of(100_000, 0, Tier::BestEffort, false);
		let first = cost() - best_effort;
		for _ in 0..20 {
			register(with(guaranteed(at_block(90)), |terms| terms.gas_limit = 1_000_000));
		}
		let last = cost() - best_effort;
		assert_eq!(last, 4 * first);
	});
}

#[test]
fn rows_should_not_be_held_up_by_others_however_many_there_are() {
	build_and_execute(|| {
		// Rows of others in the same blocks, that can never be run.
		let others: Vec<_> = (0..45)
			.map(|number| {
				let times = fusion_calling_list_primitives::schedule::Schedule::AtTime(
					Now::get() + 6 * (1 + number % 2),
				);
				let time = when(fusion_calling_list_primitives::Condition::Time(times));
				let registration = if number % 3 == 0 { time } else { at_block(3) };
				register(with(registration, |terms| terms.max_gas_price = 0))
			})
			.collect();
		let id = register(guaranteed(at_block(3)));
		run_to(3 + DELAY);
		assert_eq!(called(id), vec![3 + DELAY]);
		assert!(others.iter().any(|id| matches!(row(*id).state, RowState::Waiting { .. })));
		// Nor later, when the chain looks after those.
		let id = register(guaranteed(at_block(3 + DELAY + PATIENCE)));
		run_to(3 + 2 * DELAY + PATIENCE);
		assert_eq!(called(id), vec![3 + 2 * DELAY + PATIENCE]);
	});
}

#[test]
fn rows_should_not_be_run_while_the_list_is_paused() {
	build_and_execute(|| {
		let id = register(guaranteed(at_block(3)));
		crate::Paused::<Test>::put(true);
		run_to(20);
		assert_eq!(called(id), Vec::<u32>::new());
		assert_eq!(trigger(id), Reason::ListPaused);
		crate::Paused::<Test>::put(false);
		run_to(21);
		assert_eq!(called(id), vec![21]);
		assert_eq!(Rows::<Test>::get(id), None);
	});
}
