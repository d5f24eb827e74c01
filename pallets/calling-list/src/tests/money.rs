//! What rows pay.

use crate::{mock::*, Fees, TotalDeposits};
use frame_support::assert_noop;
use fusion_calling_list_primitives::{Reason, RowState, Terms};

#[test]
fn sender_should_be_paid_what_a_run_took_and_a_reward() {
	build_and_execute(|| {
		Target::set(&Behaviour::Works { gas: 40_000, storage: 3_000 });
		let id = register(every_blocks(2, 1));
		run_to(2);
		let before = (balance(SENDER), row(id).deposit);
		let tried = trigger_as(SENDER, id);
		let overhead: u128 = CallingList::overhead().ref_time().into();
		let fee = (40_000 + overhead / u128::from(WEIGHT_OF_GAS)) * 10;
		assert_eq!(tried.cost, fee + fee / 5 + 3_000);
		// It has paid the storage itself.
		assert_eq!(balance(SENDER), before.0 + tried.cost - 3_000);
		assert_eq!(row(id).deposit, before.1 - tried.cost);
	});
}

#[test]
fn freed_storage_should_be_taken_off_what_the_row_pays() {
	build_and_execute(|| {
		Target::set(&Behaviour::Works { gas: 40_000, storage: 9_000 });
		let id = register(every_blocks(2, 1));
		run_to(2);
		let charged = trigger_as(SENDER, id).cost - 9_000;
		Target::set(&Behaviour::Frees { storage: 9_000 });
		run_to(3);
		let before = balance(SENDER);
		let tried = trigger_as(SENDER, id);
		// The target took 40,000 gas less; it pays for that and the reward on it.
		assert_eq!(tried.cost, charged - 40_000 * 12 - 9_000);
		assert_eq!(balance(SENDER), before + tried.cost + 9_000);
	});
}

#[test]
fn row_should_pay_for_becoming_due() {
	build_and_execute(|| {
		let id = register(at_block(3));
		run_to(3);
		assert_eq!(row(id).deposit, DEPOSIT - parameters().upkeep);
		assert_eq!(Fees::<Test>::get(), 0);
		assert_eq!(balance(Treasury::get()), parameters().upkeep);
	});
}

#[test]
fn row_should_pay_each_time_that_it_is_looked_after() {
	build_and_execute(|| {
		let id = register(at_block(2));
		run_to(2 + PATIENCE);
		assert_eq!(row(id).deposit, DEPOSIT - 2 * parameters().upkeep);
		run_to(2 + 3 * PATIENCE);
		assert_eq!(row(id).deposit, DEPOSIT - 3 * parameters().upkeep);
	});
}

#[test]
fn row_should_be_paused_when_its_deposit_does_not_pay_for_a_run() {
	build_and_execute(|| {
		let cost = CallingList::run_cost(&terms(), false);
		let with_deposit = |deposit| {
			let mut registration = every_blocks(2, 1);
			registration.deposit = deposit;
			register(registration)
		};
		let enough = with_deposit(cost + parameters().upkeep);
		let too_little = with_deposit(cost + parameters().upkeep - 1);
		run_to(2);
		assert_eq!(row(too_little).state, RowState::Paused { reason: Reason::DepositTooLow });
		assert_eq!(reasons(too_little), vec![Reason::DepositTooLow]);
		assert_eq!(trigger(enough), Reason::Ran);
	});
}

#[test]
fn row_should_become_due_and_run_when_its_deposit_is_what_a_run_is_said_to_cost() {
	build_and_execute(|| {
		let Terms { gas_limit, storage_limit, tier, .. } = terms();
		let cost = CallingList::cost_of(gas_limit, storage_limit, tier, false);
		let mut registration = at_block(3);
		registration.deposit = cost;
		let id = register(registration);
		let mut short = at_block(3);
		short.deposit = cost - 1;
		let short = register(short);
		run_to(3);
		assert_eq!(row(short).state, RowState::Paused { reason: Reason::DepositTooLow });
		// What is missing is added, and it goes on: at once, as its time has come.
		CallingList::do_top_up(&OWNER, short, 1).unwrap();
		assert_ne!(row(short).state, RowState::Paused { reason: Reason::DepositTooLow });
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn row_should_be_paused_when_gas_has_become_too_dear_for_its_deposit() {
	build_and_execute(|| {
		let mut registration = every_blocks(2, 1);
		registration.deposit = CallingList::run_cost(&terms(), false) + parameters().upkeep;
		let id = register(registration);
		run_to(2);
		Price::set(&11);
		assert_eq!(trigger(id), Reason::DepositTooLow);
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::DepositTooLow });
	});
}

#[test]
fn row_should_be_refused_when_its_owner_cannot_pay() {
	build_and_execute(|| {
		let mut registration = at_block(3);
		registration.deposit = ENDOWMENT;
		assert_noop!(
			CallingList::do_register(OWNER, registration),
			crate::Error::<Test>::DepositUnpaid
		);
		let mut registration = at_block(3);
		registration.deposit = u128::MAX;
		assert_noop!(CallingList::do_register(OWNER, registration), crate::Error::<Test>::Overflow);
		assert_eq!(TotalDeposits::<Test>::get(), 0);
	});
}
