//! What guaranteed rows pay for being so.

use crate::{mock::*, types::RENT_PERIOD, Error, Load, Params};
use frame_support::{assert_noop, assert_ok, traits::OnTimestampSet};
use fusion_calling_list_primitives::{Reason, RowState, Tier};

fn guaranteed(registration: crate::Registration) -> crate::Registration {
	with(registration, |terms| terms.tier = Tier::Guaranteed)
}

fn set_rent(rent: u128) {
	Params::<Test>::mutate(|params| params.rent = rent);
}

/// What the chain does in a block, without those before it.
fn go_to(block: u32) {
	System::set_block_number(block);
	CallingList::on_timestamp_set(Now::get());
	CallingList::do_try_state().expect("the invariants hold");
}

#[test]
fn row_should_pay_rent_as_long_as_it_is_guaranteed() {
	build_and_execute(|| {
		set_rent(10);
		let waits = register(guaranteed(at_block(u32::MAX)));
		let load = Load::<Test>::get();
		// Its gas, and 100,000 for any run.
		assert_eq!(load, 200_000);
		assert_eq!(row(waits).deposit, DEPOSIT - 10 * 200_000);
		let listens = register(guaranteed(on_log()));
		assert_eq!(Load::<Test>::get(), 2 * load);
		for period in 1..10 {
			let before = (row(waits).deposit, row(listens).deposit);
			go_to(period * RENT_PERIOD);
			assert_eq!((row(waits).deposit, row(listens).deposit), before);
			go_to(period * RENT_PERIOD + 1);
			// As much more as the guarantees are filled.
			let rent = CallingList::rent(load);
			assert!(rent > 10 * 200_000 && rent < 11 * 200_000, "{rent}");
			assert_eq!(
				(row(waits).deposit, row(listens).deposit),
				(before.0 - rent, before.1 - rent)
			);
		}
	});
}

#[test]
fn rent_should_be_four_times_as_much_when_all_is_taken() {
	build_and_execute(|| {
		set_rent(10);
		let first = CallingList::rent(1_000);
		assert_eq!(first, 10_000);
		Load::<Test>::put(parameters().max_load);
		assert_eq!(CallingList::rent(1_000), 4 * first);
		Load::<Test>::put(0);
	});
}

#[test]
fn row_should_give_up_its_guarantee_when_it_cannot_pay_the_rent() {
	build_and_execute(|| {
		set_rent(2_400);
		let id = register(guaranteed(at_block(u32::MAX)));
		assert_eq!(row(id).deposit, DEPOSIT - 2_400 * 200_000);
		go_to(RENT_PERIOD + 1);
		assert!(row(id).is_live());
		go_to(2 * RENT_PERIOD + 1);
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::DepositTooLow });
		assert_eq!(reasons(id), vec![Reason::DepositTooLow]);
		assert_eq!(Load::<Test>::get(), 0);
		// It is guaranteed again when it has paid again.
		let left = row(id).deposit;
		assert_ok!(CallingList::do_top_up(&OTHER, id, DEPOSIT));
		assert!(row(id).is_live());
		assert_eq!(Load::<Test>::get(), 200_000);
		assert_eq!(row(id).deposit, left + DEPOSIT - 2_400 * 200_000);
	});
}

#[test]
fn paused_row_should_take_nothing_from_others() {
	build_and_execute(|| {
		set_rent(1);
		let large =
			|| with(guaranteed(every_blocks(9_999, 1)), |terms| terms.gas_limit = 1_000_000);
		let ids: Vec<_> = (0..20).map(|_| register(large())).collect();
		assert_noop!(CallingList::do_register(OWNER, large()), Error::<Test>::GuaranteesTaken);
		assert_ok!(CallingList::do_pause(&OWNER, ids[0]));
		let other = register(large());
		// And has to wait until there is room.
		assert_noop!(CallingList::do_resume(&OWNER, ids[0]), Error::<Test>::GuaranteesTaken);
		assert_ok!(CallingList::do_cancel(&OWNER, other));
		let before = row(ids[0]).deposit;
		assert_ok!(CallingList::do_resume(&OWNER, ids[0]));
		assert_eq!(row(ids[0]).deposit, before, "this period is paid");
	});
}

#[test]
fn row_should_stay_as_it_is_when_it_cannot_be_guaranteed_again() {
	build_and_execute(|| {
		let id = register(guaranteed(on_log()));
		let mut poor = row(id);
		poor.deposit = 0;
		crate::Rows::<Test>::insert(id, poor);
		crate::TotalDeposits::<Test>::mutate(|total| *total -= DEPOSIT);
		crate::Fees::<Test>::mutate(|fees| *fees += DEPOSIT);
		assert_ok!(CallingList::do_pause(&OWNER, id));
		set_rent(1);
		System::set_block_number(RENT_PERIOD + 2);
		assert_noop!(CallingList::do_resume(&OWNER, id), Error::<Test>::DepositTooLow);
		assert!(CallingList::listeners(EMITTER, TOPIC).is_empty());
	});
}

#[test]
fn guarantee_should_be_refused_when_the_deposit_does_not_pay_for_a_run() {
	build_and_execute(|| {
		set_rent(1);
		let mut registration = guaranteed(at_block(5));
		let run = CallingList::run_cost(&registration.terms, false);
		let least = run + parameters().upkeep + 200_000;
		registration.deposit = least - 1;
		assert_noop!(
			CallingList::do_register(OWNER, registration.clone()),
			Error::<Test>::DepositTooLow
		);
		// Rents and premiums grow with what is taken, and so by this row.
		registration.deposit = least + least / 10;
		register(registration);
	});
}
