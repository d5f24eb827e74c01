//! Deposits that are not credited: late, too large, too much at a time; and closing addresses.

use crate::{
	flows::BUCKETS, mock::*, DepositAddresses, DepositOutcome, Deposits, DepositsByDestination,
	Error, Event, HoldReason, IntentKind, Intents, Owed, Parameters, Params, RefundReason,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use fusion_asset_mapping_primitives::{OutPoint, Reserves};
use sp_runtime::transaction_validity::InvalidTransaction;

fn set(change: impl FnOnce(&mut Parameters)) {
	Params::<Test>::mutate(change);
	assert!(Params::<Test>::get().is_valid());
}

fn deadline(index: u64) -> u32 {
	DepositAddresses::<Test>::get(index).unwrap().deadline
}

/// A deposit in a block of that time. Gives where it is.
fn deposit_in(index: u64, amount: u64, time: u32) -> OutPoint {
	let outpoint = new_outpoint();
	witness(&deposit_when(outpoint, index, amount, time), 0..3);
	outpoint
}

fn outcome(outpoint: OutPoint) -> DepositOutcome {
	Deposits::<Test>::get(outpoint).unwrap().outcome
}

fn claim(outpoint: OutPoint) -> sp_runtime::DispatchResult {
	AssetMapping::claim_deposit(RuntimeOrigin::signed(CHARLIE), outpoint)
}

#[test]
fn deposit_should_be_refunded_when_its_block_is_after_the_deadline() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		// What counts is the time of the external block, not when it is witnessed.
		run_to(500);
		deposit_in(index, 5_000, deadline(index));
		assert_eq!(balance(ALICE), 5_000);
		let late = deposit_in(index, 50_000, deadline(index) + 1);
		assert_eq!(balance(ALICE), 5_000);
		assert_eq!(outcome(late), DepositOutcome::Refunding(0));
		let queued = Event::RefundQueued {
			index,
			intent: 0,
			amount: 50_000,
			outpoint: late,
			reason: RefundReason::Late,
		};
		assert!(events().contains(&queued));
		let expected = Reserves { held: 55_000, issued: 5_000, owed: 50_000, ..Default::default() };
		assert_eq!(AssetMapping::reserves(), expected);
		AssetMapping::do_try_state().unwrap();

		// It is paid by the same batches.
		run_to_batch();
		let attempt = attempt_at(0, 0);
		let refund = DepositAddresses::<Test>::get(index).unwrap().refund;
		assert_eq!(attempt.template.outputs[0].destination, refund);
		assert_eq!(attempt.template.outputs[0].amount, 50_000 - attempt.fee);
		sign_all();
		witness(&settlement(0), 0..3);
		let settled =
			Event::RefundSettled { intent: 0, who: ALICE, amount: 50_000, txid: attempt.txid };
		assert!(events().contains(&settled));
		let expected = Reserves { held: 5_000, issued: 5_000, ..Default::default() };
		assert_eq!(AssetMapping::reserves(), expected);
		assert_eq!(
			submit(signed(3, deposit_when(late, index, 50_000, 1))),
			Err(InvalidTransaction::Stale.into())
		);
	});
}

#[test]
fn refund_should_be_paid_beside_lock_outs_when_both_wait() {
	build_and_execute(|| {
		lock_in(BOB, 100_000);
		let index = request_lock_in(ALICE);
		deposit_in(index, 50_000, u32::MAX);
		let lock_out = lock_out(BOB, 30_000, 5_000);
		run_to_batch();
		assert_eq!(attempt_at(0, 0).intents.to_vec(), vec![0, lock_out]);
		sign_all();
		witness(&settlement(0), 0..3);
		// Only the lock-out is burnt.
		assert_eq!(issued(), 70_000);
		assert_eq!(AssetMapping::reserves().held, 70_000);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::BatchSettled { burnt: 30_000, .. })));
	});
}

#[test]
fn refund_should_not_be_cancelled_when_its_owner_asks() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		deposit_in(index, 50_000, u32::MAX);
		assert_eq!(Intents::<Test>::get(0).unwrap().kind, IntentKind::Refund);
		assert_noop!(cancel(ALICE, 0), Error::<Test>::IsRefund);
	});
}

#[test]
fn late_deposit_should_be_kept_when_it_does_not_pay_for_its_refund() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		// 294 for an output, and 142 vB at 10 a byte.
		let small = deposit_in(index, 294 + 1_420 - 1, u32::MAX);
		assert_eq!(outcome(small), DepositOutcome::TooSmallToRefund);
		assert_eq!(Intents::<Test>::count(), 0);
		assert_eq!(AssetMapping::reserves().owed, 0);
		assert_eq!(AssetMapping::reserves().surplus(), 1_713);
		assert_noop!(claim(small), Error::<Test>::NothingToClaim);
		let large_enough = deposit_in(index, 294 + 1_420, u32::MAX);
		assert_eq!(outcome(large_enough), DepositOutcome::Refunding(0));
		run_to_batch();
		// Without change the transaction is smaller.
		let attempt = attempt_at(0, 0);
		assert_eq!((attempt.change, attempt.fee), (None, attempt.size * 10));
		assert_eq!(attempt.template.outputs[0].amount, 294 + 1_420 - attempt.fee);
	});
}

#[test]
fn deposit_should_be_kept_when_it_is_both_late_and_below_the_minimum() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let small = deposit_in(index, 999, u32::MAX);
		assert_eq!(outcome(small), DepositOutcome::BelowMinimum);
	});
}

#[test]
fn deposit_should_be_refunded_when_it_is_above_the_maximum() {
	build_and_execute(|| {
		set(|parameters| parameters.maximum_deposit = Some(50_000));
		let index = request_lock_in(ALICE);
		assert_eq!(outcome(deposit_in(index, 50_000, 1)), DepositOutcome::Credited);
		let above = deposit_in(index, 50_001, 1);
		assert_eq!(outcome(above), DepositOutcome::Refunding(0));
		assert_eq!(balance(ALICE), 50_000);
	});
}

#[test]
fn refund_should_wait_and_be_claimed_when_too_many_refunds_are_open() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		for _ in 0..MAX_OPEN_REFUNDS {
			deposit_in(index, 50_000, u32::MAX);
		}
		let late = deposit_in(index, 50_000, u32::MAX);
		assert_eq!(outcome(late), DepositOutcome::RefundDelayed(RefundReason::Late));
		assert_eq!(Owed::<Test>::get(), 200_000);
		AssetMapping::do_try_state().unwrap();
		assert_noop!(claim(late), Error::<Test>::TooManyOpenIntents);

		run_to_batch();
		sign_all();
		witness(&settlement(0), 0..3);
		// Nobody may choose a time when it would be kept.
		set(|parameters| parameters.fee_rate = 1_000);
		assert_noop!(claim(late), Error::<Test>::TooManyOpenIntents);
		set(|parameters| parameters.fee_rate = 10);
		assert_ok!(claim(late));
		assert!(matches!(outcome(late), DepositOutcome::Refunding(_)));
		assert_eq!(Owed::<Test>::get(), 50_000);
		assert_noop!(claim(late), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn refunds_and_lock_outs_should_have_places_of_their_own() {
	build_and_execute(|| {
		lock_in(BOB, 500_000);
		for _ in 0..MAX_OPEN_LOCK_OUTS {
			lock_out(BOB, 10_000, 5_000);
		}
		let index = request_lock_in(ALICE);
		for _ in 0..MAX_OPEN_REFUNDS {
			let late = deposit_in(index, 50_000, u32::MAX);
			assert!(matches!(outcome(late), DepositOutcome::Refunding(_)));
		}
		let late = deposit_in(index, 50_000, u32::MAX);
		assert_eq!(outcome(late), DepositOutcome::RefundDelayed(RefundReason::Late));
		let another = || {
			let to = address(9).into_bytes().try_into().unwrap();
			AssetMapping::request_lock_out(RuntimeOrigin::signed(BOB), 10_000, to, 5_000)
		};
		assert_noop!(another(), Error::<Test>::TooManyOpenIntents);
		cancel(BOB, 0).unwrap();
		assert_noop!(claim(late), Error::<Test>::TooManyOpenIntents);
		assert_ok!(another());
	});
}

#[test]
fn deposit_should_wait_and_be_credited_when_more_comes_in_than_the_throttle_lets_through() {
	build_and_execute(|| {
		set(|parameters| {
			parameters.maximum_deposit = Some(50_000);
			parameters.deposits_per_window = Some(80_000);
		});
		let index = request_lock_in(ALICE);
		deposit_in(index, 50_000, 1);
		let delayed = deposit_in(index, 40_000, 1);
		assert_eq!(outcome(delayed), DepositOutcome::Delayed);
		assert_eq!(balance(ALICE), 50_000);
		let expected =
			Reserves { held: 90_000, issued: 50_000, owed: 40_000, ..Default::default() };
		assert_eq!(AssetMapping::reserves(), expected);
		deposit_in(index, 30_000, 1);
		assert_eq!(balance(ALICE), 80_000, "a smaller one fits");
		assert_noop!(claim(delayed), Error::<Test>::Throttled);
		AssetMapping::do_try_state().unwrap();

		run_to(BUCKET * BUCKETS);
		assert_ok!(claim(delayed));
		assert_eq!(balance(ALICE), 120_000);
		assert_eq!(Owed::<Test>::get(), 0);
		assert_noop!(claim(delayed), Error::<Test>::NothingToClaim);
		let unknown = new_outpoint();
		assert_noop!(claim(unknown), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn address_should_be_closed_and_its_deposit_given_back_when_nothing_has_come() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let other = request_lock_in(ALICE);
		let close = |who| AssetMapping::close_lock_in(RuntimeOrigin::signed(who), index);
		let over = (deadline(index) + PARAMETERS.grace) / BLOCK_TIME;
		run_to(over);
		assert_noop!(close(ALICE), Error::<Test>::StillOpen);
		run_to(over + 1);
		assert_noop!(close(BOB), Error::<Test>::NotOwner);
		crate::Paused::<Test>::mutate(|paused| paused.lock_in = true);
		assert_noop!(close(ALICE), Error::<Test>::DirectionPaused);
		crate::Paused::<Test>::kill();
		let destination = DepositAddresses::<Test>::get(index).unwrap().destination;
		assert_ok!(close(ALICE));
		let reason = RuntimeHoldReason::AssetMapping(HoldReason::DepositAddress);
		assert_eq!(Balances::balance_on_hold(&reason, &ALICE), ADDRESS_DEPOSIT);
		assert_eq!(DepositsByDestination::<Test>::get(&destination), None);
		assert!(events().contains(&Event::LockInClosed { index, who: ALICE }));
		assert_noop!(close(ALICE), Error::<Test>::UnknownDepositAddress);
		// Nodes are told of the next one, although there is a gap.
		let watched: Vec<_> = AssetMapping::watched(0, 1).into_iter().map(|(i, _)| i).collect();
		assert_eq!(watched, vec![other]);
		// Numbers are not used again.
		assert_eq!(request_lock_in(ALICE), 2);
	});
}

#[test]
fn address_should_stay_open_when_something_has_come() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		deposit_in(index, 1, 1);
		run_to(1_000);
		assert_noop!(
			AssetMapping::close_lock_in(RuntimeOrigin::signed(ALICE), index),
			Error::<Test>::AddressUsed
		);
	});
}
