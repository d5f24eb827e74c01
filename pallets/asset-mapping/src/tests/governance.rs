//! Parameters and pauses.

use crate::{
	mock::*, votes::refusal, Error, Event, Parameters, Params, Paused, PausedDirections,
	MAX_FEE_RATE,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{transaction_validity::InvalidTransaction, DispatchError};

fn pause(lock_in: bool, lock_out: bool) {
	assert_ok!(AssetMapping::set_paused(
		RuntimeOrigin::signed(GUARD),
		PausedDirections { lock_in, lock_out }
	));
}

#[test]
fn parameters_should_be_set_when_governance_says_so() {
	build_and_execute(|| {
		assert_eq!(Params::<Test>::get(), PARAMETERS);
		let parameters =
			Parameters { confirmations: 3, minimum_deposit: 7, fee_rate: 20, ..PARAMETERS };
		assert_noop!(
			AssetMapping::set_parameters(RuntimeOrigin::signed(GUARD), parameters),
			DispatchError::BadOrigin
		);
		assert_ok!(AssetMapping::set_parameters(RuntimeOrigin::root(), parameters));
		assert_eq!(Params::<Test>::get(), parameters);
		assert_eq!(events().last(), Some(&Event::ParametersSet { parameters }));
		assert_eq!(AssetMapping::confirmations(), 3);
		assert_eq!(AssetMapping::minimum_deposit(), 7);
	});
}

#[test]
fn parameters_should_be_refused_when_they_are_out_of_range() {
	build_and_execute(|| {
		for parameters in [
			Parameters { confirmations: 0, ..PARAMETERS },
			Parameters { minimum_deposit: 0, ..PARAMETERS },
			Parameters { fee_rate: 0, ..PARAMETERS },
			Parameters { fee_rate: PARAMETERS.maximum_fee_rate + 1, ..PARAMETERS },
			Parameters { minimum_fee_rate: 0, ..PARAMETERS },
			Parameters { minimum_fee_rate: 11, ..PARAMETERS },
			Parameters { maximum_fee_rate: MAX_FEE_RATE + 1, ..PARAMETERS },
			Parameters { maximum_deposit: Some(999), ..PARAMETERS },
			Parameters { minimum_lock_out: 2, maximum_lock_out: Some(1), ..PARAMETERS },
			// What is larger than the window could never pass.
			Parameters { deposits_per_window: Some(5_000), ..PARAMETERS },
			Parameters {
				maximum_deposit: Some(5_001),
				deposits_per_window: Some(5_000),
				..PARAMETERS
			},
			Parameters {
				maximum_deposit: Some(5_001),
				maximum_lock_out: Some(5_000),
				lock_outs_per_window: Some(5_000),
				..PARAMETERS
			},
			Parameters {
				maximum_deposit: Some(5_000),
				maximum_lock_out: Some(5_001),
				lock_outs_per_window: Some(5_000),
				..PARAMETERS
			},
		] {
			assert_noop!(
				AssetMapping::set_parameters(RuntimeOrigin::root(), parameters),
				Error::<Test>::InvalidParameters
			);
		}
		let highest = Parameters {
			fee_rate: MAX_FEE_RATE,
			maximum_fee_rate: MAX_FEE_RATE,
			maximum_deposit: Some(5_000),
			deposits_per_window: Some(5_000),
			maximum_lock_out: Some(5_000),
			lock_outs_per_window: Some(5_000),
			..PARAMETERS
		};
		assert_ok!(AssetMapping::set_parameters(RuntimeOrigin::root(), highest));
	});
}

#[test]
fn default_parameters_should_be_valid_when_genesis_says_nothing() {
	assert!(Parameters::default().is_valid());
	assert_eq!(Parameters::default().confirmations, 6);
}

#[test]
fn pause_should_be_refused_when_the_origin_may_not() {
	build_and_execute(|| {
		for origin in [RuntimeOrigin::signed(ALICE), RuntimeOrigin::root()] {
			assert_noop!(
				AssetMapping::set_paused(origin, PausedDirections::default()),
				DispatchError::BadOrigin
			);
		}
		pause(true, false);
		let paused = PausedDirections { lock_in: true, lock_out: false };
		assert_eq!(Paused::<Test>::get(), paused);
		assert_eq!(events().last(), Some(&Event::PausedSet { paused }));
	});
}

#[test]
fn deposit_should_be_credited_later_when_lock_ins_are_paused() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		witness(&observation, 0..2);
		pause(true, false);
		assert_eq!(
			submit(signed(2, observation.clone())),
			Err(InvalidTransaction::Custom(refusal::NOT_NOW).into())
		);
		assert_noop!(
			AssetMapping::do_request_lock_in(ALICE, address(9).as_bytes(), 50),
			Error::<Test>::DirectionPaused
		);
		pause(false, false);
		witness(&observation, 2..3);
		assert_eq!(balance(ALICE), 5_000);
	});
}

#[test]
fn lock_out_should_be_refused_and_cancellable_when_lock_outs_are_paused() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let intent = lock_out(ALICE, 20_000, 5_000);
		pause(false, true);
		assert_noop!(
			AssetMapping::do_request_lock_out(ALICE, 20_000, address(9).as_bytes(), 5_000),
			Error::<Test>::DirectionPaused
		);
		run_to_batch();
		assert!(AssetMapping::batch(0, 0).is_none());
		// Lock-ins go on.
		lock_in(BOB, 5_000);
		assert_eq!(balance(BOB), 5_000);
		assert_ok!(cancel(ALICE, intent));
		assert_eq!(balance(ALICE), 50_000);
	});
}

#[test]
fn nothing_should_begin_and_witnesses_be_heard_when_the_groups_stand_still() {
	build_and_execute(|| {
		let index = request_lock_in(BOB);
		lock_in(ALICE, 50_000);
		lock_out(ALICE, 20_000, 5_000);
		StandStill::set(&true);
		assert_noop!(
			AssetMapping::do_request_lock_in(ALICE, address(9).as_bytes(), 1_000),
			Error::<Test>::GroupPaused
		);
		run_to_batch();
		run_to_batch();
		assert!(AssetMapping::batch(0, 0).is_none());
		let failed = |event: &Event<Test>| matches!(event, Event::BatchFailed { .. });
		assert!(!events().iter().any(failed));
		// Coins that were sent are there all the same.
		witness(&deposit(index, 5_000), 0..3);
		assert_eq!(balance(BOB), 5_000);
		StandStill::set(&false);
		run_to_batch();
		assert!(AssetMapping::batch(0, 0).is_some());
		request_lock_in(ALICE);
	});
}
