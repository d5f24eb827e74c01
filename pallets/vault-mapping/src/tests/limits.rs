//! Limits: what waits, and until when.

use crate::{
	flows::BUCKETS, mock::*, DepositOutcome, Deposits, Error, Event, Intents, Limits, SkipReason,
};
use frame_support::{assert_noop, assert_ok};

fn limit(asset: u32, limits: Limits) {
	assert_ok!(VaultMapping::set_limits(RuntimeOrigin::root(), asset, limits));
}

fn claim(event: fusion_asset_mapping_primitives::vault::EventId) -> sp_runtime::DispatchResult {
	frame_support::storage::with_storage_layer(|| {
		VaultMapping::claim_deposit(RuntimeOrigin::signed(BOB), event)
	})
}

#[test]
fn deposit_should_wait_when_the_window_is_full() {
	build_and_execute(|| {
		limit(ETH, Limits { deposits_per_window: Some(10_000), ..LIMITS });
		lock_in(&ALICE, ETH, 8_000);
		let event = lock_in(&ALICE, ETH, 3_000);
		assert_eq!(Deposits::<Test>::get(event).unwrap().outcome, DepositOutcome::Delayed);
		assert_eq!((balance(ETH, &ALICE), sums(ETH)), (8_000, (11_000, 0, 0, 3_000)));
		assert_eq!(claim(event), Err(Error::<Test>::Throttled.into()));
		// Another asset has a window of its own.
		lock_in(&ALICE, USD, 50_000);
		assert_eq!(balance(USD, &ALICE), 50_000);

		run_to(System::block_number() + BUCKETS * BUCKET);
		assert_ok!(claim(event));
		assert_eq!((balance(ETH, &ALICE), sums(ETH)), (11_000, (11_000, 0, 0, 0)));
		assert_eq!(claim(event), Err(Error::<Test>::NothingToClaim.into()));
	});
}

#[test]
fn deposit_should_wait_when_more_would_be_issued_than_may_be() {
	build_and_execute(|| {
		limit(ETH, Limits { maximum_issued: Some(10_000), ..LIMITS });
		lock_in(&ALICE, ETH, 10_000);
		let event = lock_in(&BOB, ETH, 5_000);
		assert_eq!((issued(ETH), sums(ETH).3), (10_000, 5_000));
		assert_eq!(claim(event), Err(Error::<Test>::Throttled.into()));
		limit(ETH, Limits { maximum_issued: Some(15_000), ..LIMITS });
		assert_ok!(claim(event));
		assert_eq!(balance(ETH, &BOB), 5_000);
	});
}

#[test]
fn lock_out_should_be_refused_when_it_is_beyond_the_limits() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 1_000_000);
		limit(ETH, Limits { maximum_lock_out: Some(500), ..LIMITS });
		let to = payee(1).to_checksum();
		let ask = |amount| try_lock_out(&ALICE, ETH, amount, &to, MAX_FEE);
		assert_eq!(ask(9), Err(Error::<Test>::BelowMinimum.into()));
		assert_eq!(ask(501), Err(Error::<Test>::AboveMaximum.into()));
		assert_ok!(ask(10));
		assert_ok!(ask(500));
	});
}

#[test]
fn lock_outs_should_wait_in_order_when_the_window_is_full() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 10_000_000);
		lock_in(&ALICE, USD, 10_000_000);
		let limits =
			Limits { maximum_lock_out: Some(1_000), lock_outs_per_window: Some(1_000), ..LIMITS };
		limit(ETH, limits);
		let first = lock_out(&ALICE, ETH, 600, 1);
		let second = lock_out(&ALICE, ETH, 600, 2);
		// It would fit, but came later.
		let third = lock_out(&ALICE, ETH, 100, 3);
		let other = lock_out(&ALICE, USD, 5_000, 4);
		run_to_batch();
		let batched = |id| Intents::<Test>::get(id).unwrap().batch;
		assert_eq!([first, second, third, other].map(batched), [Some(0), None, None, Some(0)]);
		for intent in [second, third] {
			let skipped = Event::LockOutSkipped { intent, reason: SkipReason::Throttled };
			assert_eq!(events().iter().filter(|event| **event == skipped).count(), 1);
		}
		run_to_batch();
		assert_eq!(batched(second), None);
		run_to(System::block_number() + BUCKETS * BUCKET);
		assert_eq!([second, third].map(batched), [Some(1), Some(1)]);
	});
}

#[test]
fn deposit_should_not_be_claimed_when_its_direction_is_paused() {
	build_and_execute(|| {
		limit(ETH, Limits { maximum_issued: Some(0), ..LIMITS });
		let event = lock_in(&ALICE, ETH, 5_000);
		limit(ETH, LIMITS);
		let paused = crate::PausedDirections { lock_in: true, lock_out: false };
		let guard = || RuntimeOrigin::signed(GUARD);
		assert_ok!(VaultMapping::set_paused(guard(), Some(ETH), paused));
		assert_noop!(
			VaultMapping::claim_deposit(RuntimeOrigin::signed(BOB), event),
			Error::<Test>::DirectionPaused
		);
	});
}
