//! Deposits that are gone, and deficits.

use crate::{
	mock::*, DepositOutcome, Deposits, Error, Event, HaltReason, Halted, Limits, PausedDirections,
};
use frame_support::{assert_noop, assert_ok};
use fusion_asset_mapping_primitives::vault::{EventId, VaultObservation};
use sp_runtime::transaction_validity::InvalidTransaction;

fn gone(event: EventId, episode: u32) -> VaultObservation {
	VaultObservation::Gone { event, episode }
}

fn back(event: EventId, episode: u32) -> VaultObservation {
	VaultObservation::Back { event, episode }
}

fn resume() {
	assert_ok!(VaultMapping::resume(RuntimeOrigin::signed(GUARD)));
}

#[test]
fn deficit_should_be_recorded_and_everything_paused_when_a_deposit_is_gone() {
	build_and_execute(|| {
		lock_in(&BOB, ETH, 5_000);
		let event = lock_in(&ALICE, ETH, 3_000);
		decide(&gone(event, 0));
		assert_eq!(sums(ETH), (5_000, 3_000, 0, 0));
		assert_eq!(balance(ETH, &ALICE), 3_000, "she may have sold them");
		assert_eq!(Halted::<Test>::get(), Some(HaltReason::DepositGone));
		let both = PausedDirections { lock_in: true, lock_out: true };
		assert_eq!(VaultMapping::paused(), both);
		let said = Event::DepositGone { event, asset: ETH, amount: 3_000, deficit: 3_000 };
		assert!(events().contains(&said));
		resume();
		assert_eq!(VaultMapping::paused(), PausedDirections::default());
		assert_noop!(VaultMapping::resume(RuntimeOrigin::signed(GUARD)), Error::<Test>::NotHalted);
	});
}

#[test]
fn deficit_should_end_when_the_deposit_is_back() {
	build_and_execute(|| {
		let event = lock_in(&ALICE, ETH, 3_000);
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, back(event, 0))), stale);
		assert_eq!(submit(signed(0, gone(event, 1))), stale);
		decide(&gone(event, 0));
		assert_eq!(submit(signed(3, gone(event, 0))), stale);
		decide(&back(event, 0));
		assert_eq!(sums(ETH), (3_000, 0, 0, 0));
		let said = Event::DepositBack { event, asset: ETH, amount: 3_000, deficit: 0 };
		assert!(events().contains(&said));
		// Words of the first time are of no use the next time.
		assert_eq!(submit(signed(0, gone(event, 0))), stale);
		decide(&gone(event, 1));
		assert_eq!(sums(ETH), (0, 3_000, 0, 0));
	});
}

#[test]
fn what_covers_nothing_should_make_up_for_a_deficit_when_there_is_some() {
	build_and_execute(|| {
		let index = request_lock_in(&BOB);
		decide(&deposit(index, ETH, 900));
		let event = lock_in(&ALICE, ETH, 3_000);
		decide(&gone(event, 0));
		assert_eq!(sums(ETH), (900, 2_100, 0, 0));
		resume();
		decide(&deposit(index, ETH, 600));
		assert_eq!(sums(ETH), (1_500, 1_500, 0, 0));
	});
}

#[test]
fn deficit_should_go_down_when_somebody_burns_coins_for_it() {
	build_and_execute(|| {
		lock_in(&BOB, ETH, 5_000);
		let event = lock_in(&ALICE, ETH, 3_000);
		let bob = || RuntimeOrigin::signed(BOB);
		assert_noop!(VaultMapping::cover_deficit(bob(), ETH, 1), Error::<Test>::NoDeficit);
		assert_noop!(VaultMapping::cover_deficit(bob(), 9, 1), Error::<Test>::UnknownAsset);
		decide(&gone(event, 0));
		assert_ok!(VaultMapping::cover_deficit(bob(), ETH, 1_000));
		assert_eq!((sums(ETH), balance(ETH, &BOB)), ((5_000, 2_000, 0, 0), 4_000));
		// No more than are missing.
		assert_ok!(VaultMapping::cover_deficit(bob(), ETH, 4_000));
		assert_eq!((sums(ETH), balance(ETH, &BOB)), ((5_000, 0, 0, 0), 2_000));
		let said = Event::DeficitCovered { who: BOB, asset: ETH, amount: 2_000, deficit: 0 };
		assert!(events().contains(&said));
	});
}

#[test]
fn nothing_should_be_missing_when_a_deposit_that_waits_is_gone() {
	build_and_execute(|| {
		let limits = Limits { maximum_issued: Some(0), ..LIMITS };
		assert_ok!(VaultMapping::set_limits(RuntimeOrigin::root(), ETH, limits));
		let event = lock_in(&ALICE, ETH, 3_000);
		assert_eq!(sums(ETH), (3_000, 0, 0, 3_000));
		decide(&gone(event, 0));
		assert_eq!(sums(ETH), (0, 0, 0, 0));
		resume();
		assert_ok!(VaultMapping::set_limits(RuntimeOrigin::root(), ETH, LIMITS));
		assert_noop!(
			VaultMapping::claim_deposit(RuntimeOrigin::signed(BOB), event),
			Error::<Test>::NothingToClaim
		);
		decide(&back(event, 0));
		assert_ok!(VaultMapping::claim_deposit(RuntimeOrigin::signed(BOB), event));
		assert_eq!((sums(ETH), balance(ETH, &ALICE)), ((3_000, 0, 0, 0), 3_000));
		assert_eq!(Deposits::<Test>::get(event).unwrap().outcome, DepositOutcome::Credited);
	});
}

#[test]
fn sums_should_stay_right_when_the_coins_were_paid_out_before_the_deposit_is_gone() {
	build_and_execute(|| {
		let event = lock_in(&ALICE, ETH, 500_000);
		lock_in(&ALICE, USD, 5_000);
		lock_out(&ALICE, ETH, 400_000, 1);
		run_to_batch();
		decide(&executed(0, fee_of(0), 0));
		let rest = 100_000 - LONE_FEE;
		assert_eq!(sums(ETH), (rest, 0, 0, 0));
		decide(&gone(event, 0));
		// All that she has is missing.
		assert_eq!(sums(ETH), (0, rest, 0, 0));
		decide(&back(event, 0));
		assert_eq!(sums(ETH), (rest, 0, 0, 0));
	});
}

#[test]
fn payment_should_settle_a_deficit_when_the_coins_were_there_after_all() {
	build_and_execute(|| {
		let event = lock_in(&ALICE, ETH, 500_000);
		lock_out(&ALICE, ETH, 400_000, 1);
		run_to_batch();
		let fee = fee_of(0);
		decide(&gone(event, 0));
		assert_eq!(sums(ETH), (0, 500_000, 400_000 + MAX_FEE, 0));
		decide(&executed(0, fee, 0));
		assert_eq!(sums(ETH), (0, 100_000 - LONE_FEE, 0, 0));
		assert_eq!(issued(ETH), 100_000 - LONE_FEE);
	});
}
