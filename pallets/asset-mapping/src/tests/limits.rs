//! Limits of lock-outs and the throttle.

use crate::{
	flows::BUCKETS, mock::*, Batches, Error, Event, Parameters, Params, Queue, SkipReason,
};
use frame_support::{assert_noop, assert_ok};

const FEE: u64 = 5_000;

fn set(change: impl FnOnce(&mut Parameters)) {
	Params::<Test>::mutate(change);
	assert!(Params::<Test>::get().is_valid());
}

fn request(amount: u64) -> Result<u64, sp_runtime::DispatchError> {
	AssetMapping::do_request_lock_out(ALICE, amount, address(9).as_bytes(), FEE)
}

#[test]
fn lock_out_should_be_refused_when_it_is_out_of_its_limits() {
	build_and_execute(|| {
		lock_in(ALICE, 200_000);
		set(|parameters| {
			parameters.minimum_lock_out = 20_000;
			parameters.maximum_lock_out = Some(30_000);
		});
		assert_noop!(request(19_999), Error::<Test>::BelowMinimum);
		assert_noop!(request(30_001), Error::<Test>::AboveMaximum);
		assert_ok!(request(20_000));
		assert_ok!(request(30_000));
	});
}

fn throttle() {
	set(|parameters| {
		parameters.maximum_deposit = Some(50_000);
		parameters.maximum_lock_out = Some(50_000);
		parameters.lock_outs_per_window = Some(60_000);
	});
}

#[test]
fn lock_outs_should_wait_in_order_when_the_throttle_does_not_let_them_through() {
	build_and_execute(|| {
		for _ in 0..4 {
			lock_in(ALICE, 50_000);
		}
		throttle();
		let first = lock_out(ALICE, 40_000, FEE);
		let second = lock_out(ALICE, 30_000, FEE);
		let third = lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		let started = System::block_number();
		assert_eq!(attempt_at(0, 0).intents.to_vec(), vec![first]);
		run_to_batch();
		// A smaller one that would fit does not go before an older one.
		assert_eq!(Batches::<Test>::count(), 1);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![second, third]);
		let waits = Event::LockOutSkipped { intent: second, reason: SkipReason::Throttled };
		run_to_batch();
		assert_eq!(events().iter().filter(|event| **event == waits).count(), 1, "it is said once");
		assert_eq!(AssetMapping::outflow_room(), 20_000);

		// It can be cancelled, and then the next one goes.
		cancel(ALICE, second).unwrap();
		run_to_batch();
		assert_eq!(attempt_at(1, 0).intents.to_vec(), vec![third]);
		assert_eq!(AssetMapping::outflow_room(), 0);
		sign_all();
		witness(&settlement(0), 0..3);
		witness(&settlement(1), 0..3);

		let fourth = lock_out(ALICE, 50_000, FEE);
		run_to((started / BUCKET + BUCKETS) * BUCKET - 1);
		assert_eq!(Batches::<Test>::count(), 0);
		run_to((started / BUCKET + BUCKETS + 2) * BUCKET);
		assert_eq!(attempt_at(2, 0).intents.to_vec(), vec![fourth]);
	});
}

#[test]
fn refund_above_the_throttle_should_go_when_nothing_else_has_gone_for_a_window() {
	build_and_execute(|| {
		throttle();
		lock_in(ALICE, 50_000);
		let index = request_lock_in(BOB);
		// More than a deposit may be, and than all that goes out in a window.
		witness(&deposit(index, 90_000), 0..3);
		let refund = 0;
		assert_eq!(Queue::<Test>::get().to_vec(), vec![refund]);
		let behind = lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		let started = System::block_number();
		assert_eq!(attempt_at(0, 0).intents.to_vec(), vec![refund]);
		assert_eq!(AssetMapping::outflow_room(), 0);
		sign_all();
		witness(&settlement(0), 0..3);
		run_to_batch();
		assert_eq!(Queue::<Test>::get().to_vec(), vec![behind], "it fills a window");

		run_to((started / BUCKET + BUCKETS + 1) * BUCKET);
		assert_eq!(attempt_at(1, 0).intents.to_vec(), vec![behind]);
		// And it waits for one in which nothing has gone.
		witness(&deposit(index, 90_000), 0..3);
		let again = 2;
		run_to_batch();
		assert_eq!(Queue::<Test>::get().to_vec(), vec![again]);
		assert_eq!(AssetMapping::outflow_room(), 40_000);
	});
}

#[test]
fn lock_out_should_go_when_the_throttle_was_lowered_below_it() {
	build_and_execute(|| {
		lock_in(ALICE, 80_000);
		let first = lock_out(ALICE, 70_000, FEE);
		throttle();
		run_to_batch();
		assert_eq!(attempt_at(0, 0).intents.to_vec(), vec![first]);
	});
}

#[test]
fn throttle_should_not_be_used_up_when_lock_outs_are_cancelled() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		lock_in(ALICE, 50_000);
		throttle();
		for _ in 0..10 {
			let intent = lock_out(ALICE, 50_000, FEE);
			cancel(ALICE, intent).unwrap();
		}
		assert_eq!(AssetMapping::outflow_room(), 60_000);
	});
}

#[test]
fn throttle_should_count_once_when_a_batch_is_replaced() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		throttle();
		lock_out(ALICE, 50_000, FEE);
		run_to_batch();
		sign_all();
		set(|parameters| parameters.fee_rate = 20);
		run_to(System::block_number() + 2 * PARAMETERS.replace_after);
		assert_eq!(Batches::<Test>::get(0).unwrap().attempts, 2);
		assert_eq!(AssetMapping::outflow_room(), 10_000);
	});
}
