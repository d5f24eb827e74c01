//! What owners do.

use crate::{mock::*, Error, Rows, TotalDeposits};
use frame_support::{assert_noop, assert_ok};
use fusion_calling_list_primitives::{Reason, RowState};
use sp_runtime::DispatchError;

#[test]
fn everything_should_come_back_when_a_row_is_cancelled() {
	build_and_execute(|| {
		let before = balance(OWNER);
		let id = register(at_block(5));
		let stored = STORAGE_BASE + 4 * STORAGE_BYTE;
		assert_eq!(balance(OWNER), before - DEPOSIT - stored);
		assert_eq!(TotalDeposits::<Test>::get(), DEPOSIT + stored);
		assert_eq!(CallingList::do_cancel(&OWNER, id), Ok(DEPOSIT));
		assert_eq!(balance(OWNER), before);
		run_to(6);
		assert_eq!(trigger(id), Reason::NotLive);
	});
}

#[test]
fn row_should_obey_its_owner_only() {
	build_and_execute(|| {
		let id = register(at_block(5));
		let refused = Error::<Test>::NotOwner;
		assert_noop!(CallingList::do_cancel(&OTHER, id), refused);
		assert_noop!(CallingList::do_pause(&OTHER, id), Error::<Test>::NotOwner);
		assert_noop!(CallingList::do_resume(&OTHER, id), Error::<Test>::NotOwner);
		assert_noop!(CallingList::do_cancel(&OWNER, 99), Error::<Test>::UnknownRow);
		assert_noop!(CallingList::do_top_up(&OWNER, 99, 1), Error::<Test>::UnknownRow);
	});
}

#[test]
fn row_should_not_run_while_its_owner_has_paused_it() {
	build_and_execute(|| {
		let id = register(every_blocks(3, 3));
		assert_noop!(CallingList::do_resume(&OWNER, id), Error::<Test>::NotPaused);
		assert_ok!(CallingList::do_pause(&OWNER, id));
		assert_noop!(CallingList::do_pause(&OWNER, id), Error::<Test>::AlreadyPaused);
		run_to(10);
		assert_eq!(trigger(id), Reason::NotLive);
		assert_ok!(CallingList::do_resume(&OWNER, id));
		// What has passed is left out.
		assert_eq!(trigger(id), Reason::NotDue);
		run_to(12);
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn anybody_should_add_to_a_deposit() {
	build_and_execute(|| {
		let id = register(at_block(5));
		let before = balance(OTHER);
		assert_ok!(CallingList::top_up(RuntimeOrigin::signed(OTHER), id, 77));
		assert_eq!(row(id).deposit, DEPOSIT + 77);
		assert_eq!(balance(OTHER), before - 77);
		assert_noop!(CallingList::do_top_up(&OTHER, id, ENDOWMENT), Error::<Test>::DepositUnpaid);
	});
}

#[test]
fn row_should_stay_paused_when_more_deposit_is_not_enough() {
	build_and_execute(|| {
		let mut registration = every_blocks(2, 1);
		registration.deposit = 0;
		let id = register(registration);
		run_to(2);
		assert_ok!(CallingList::do_top_up(&OWNER, id, 1));
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::DepositTooLow });
		assert_ok!(CallingList::do_top_up(&OWNER, id, DEPOSIT));
		run_to(3);
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn row_should_be_refused_when_it_cannot_be_right() {
	build_and_execute(|| {
		let refuse = |registration, error: Error<Test>| {
			assert_noop!(CallingList::do_register(OWNER, registration), error);
		};
		let mut precompile = at_block(5);
		precompile.target = PRECOMPILE;
		refuse(precompile, Error::TargetIsPrecompile);
		let mut long = at_block(5);
		long.data = vec![0; 65];
		refuse(long, Error::DataTooLong);
		refuse(with(at_block(5), |terms| terms.gas_limit = 0), Error::GasLimitOutOfRange);
		refuse(with(at_block(5), |terms| terms.gas_limit = 1_000_001), Error::GasLimitOutOfRange);
		refuse(with(at_block(5), |terms| terms.max_runs = Some(0)), Error::NoRuns);
		refuse(on_check(0), Error::TooOften);
	});
}

#[test]
fn account_should_have_a_limited_number_of_rows() {
	build_and_execute(|| {
		for _ in 0..50 {
			register(at_block(50));
		}
		assert_noop!(CallingList::do_register(OWNER, at_block(50)), Error::<Test>::TooManyRows);
		assert_ok!(CallingList::do_register(OTHER, at_block(50)));
	});
}

#[test]
fn calls_should_do_what_they_say() {
	build_and_execute(|| {
		let owner = RuntimeOrigin::signed(OWNER);
		let wanted = at_block(5);
		assert_ok!(CallingList::register(
			owner.clone(),
			wanted.target,
			wanted.data,
			wanted.condition,
			wanted.terms,
			wanted.deposit,
		));
		assert_ok!(CallingList::pause(owner.clone(), 1));
		assert_ok!(CallingList::resume(owner.clone(), 1));
		assert_ok!(CallingList::cancel(owner, 1));
		assert_eq!(Rows::<Test>::count(), 0);
		assert_noop!(CallingList::cancel(RuntimeOrigin::root(), 1), DispatchError::BadOrigin);
	});
}
