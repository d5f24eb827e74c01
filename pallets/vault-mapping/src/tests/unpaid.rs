//! Payments that have failed: each comes to one of its ends.

use crate::{mock::*, Error, Event, Intents, Orders, TheOrder, Unpaid};
use frame_support::{assert_noop, assert_ok};
use fusion_asset_mapping_primitives::{vault::VaultObservation, BatchId};
use fusion_ethereum_primitives::Call as VaultCall;
use sp_runtime::transaction_validity::InvalidTransaction;

fn claimed(batch: BatchId, index: u32) -> VaultObservation {
	VaultObservation::Claimed { batch, index, block: [5; 32] }
}

fn ordered() -> VaultObservation {
	let nonce = TheOrder::<Test>::get().expect("there is an order").order.nonce;
	VaultObservation::Ordered { nonce, block: [6; 32] }
}

/// Alice's payment of 4,000 dollars is paid, Bob's of 7,000 wei has failed. The token's order is done.
fn fail() {
	lock_in(&ALICE, ETH, 1_000_000);
	lock_in(&ALICE, USD, 10_000);
	lock_in(&BOB, ETH, 1_000_000);
	lock_out(&ALICE, USD, 4_000, 1);
	lock_out(&BOB, ETH, 7_000, 2);
	run_to_batch();
	decide(&ordered());
	decide(&executed(0, fee_of(0), 0b10));
}

/// What each of the two has paid for the fee.
const FEE: u128 = 30_000;

fn recall(who: sp_runtime::AccountId32, index: u32) -> sp_runtime::DispatchResult {
	VaultMapping::recall(RuntimeOrigin::signed(who), 0, index)
}

#[test]
fn coins_should_stay_locked_when_a_payment_has_failed() {
	build_and_execute(|| {
		fail();
		assert_eq!(sums(USD), (6_000, 0, 0, 0));
		assert_eq!(sums(ETH), (2_000_000 - 2 * FEE, 0, 7_000, 0));
		assert_eq!(balance(ETH, &BOB), 1_000_000 - 7_000 - FEE, "the relayer has done its work");
		assert!(Intents::<Test>::iter().next().is_none());
		let unpaid = Unpaid::<Test>::get(0, 1).unwrap();
		assert_eq!((unpaid.who, unpaid.intent, unpaid.payout.amount), (BOB, 1, 7_000));
		let failed = Event::PayoutFailed { intent: 1, batch: 0, index: 1, fee: FEE };
		assert!(events().contains(&failed));
	});
}

#[test]
fn coins_should_be_burnt_when_a_failed_payment_is_claimed() {
	build_and_execute(|| {
		fail();
		decide(&claimed(0, 1));
		assert_eq!(sums(ETH), (2_000_000 - 2 * FEE - 7_000, 0, 0, 0));
		assert_eq!(Unpaid::<Test>::iter().count(), 0);
		let claim = Event::PayoutClaimed { batch: 0, index: 1, intent: 1 };
		assert!(events().contains(&claim));
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(3, claimed(0, 1))), stale);
		assert_noop!(recall(BOB, 1), Error::<Test>::UnknownPayout);
	});
}

#[test]
fn coins_should_go_back_when_a_failed_payment_is_recalled() {
	build_and_execute(|| {
		fail();
		assert_noop!(recall(ALICE, 1), Error::<Test>::NotOwner);
		assert_noop!(recall(ALICE, 0), Error::<Test>::UnknownPayout);
		assert_ok!(recall(BOB, 1));
		assert_noop!(recall(BOB, 1), Error::<Test>::AlreadyRecalled);
		assert_eq!(balance(ETH, &BOB), 1_000_000 - 7_000 - FEE, "not before the vault says so");
		run_to_batch();
		let open = TheOrder::<Test>::get().unwrap();
		let payout = Unpaid::<Test>::get(0, 1).unwrap().payout;
		assert_eq!(open.order.call, VaultCall::Recall { batch: 0, index: 1, payout });
		assert_eq!(open.order.nonce, 1);
		decide(&ordered());
		assert_eq!(balance(ETH, &BOB), 1_000_000 - FEE);
		assert_eq!(sums(ETH), (2_000_000 - 2 * FEE, 0, 0, 0));
		let recalled = Event::PayoutRecalled { batch: 0, index: 1, intent: 1 };
		assert!(events().contains(&recalled));
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, claimed(0, 1))), stale);
	});
}

#[test]
fn order_should_be_dropped_when_the_payment_is_claimed_before() {
	build_and_execute(|| {
		fail();
		assert_ok!(recall(BOB, 1));
		run_to_batch();
		let old = Requests::get();
		decide(&claimed(0, 1));
		assert!(TheOrder::<Test>::get().is_none());
		assert!(events().iter().any(|event| matches!(event, Event::OrderDropped { .. })));
		// Its number is used by the next one, and a signature of the old one is not taken for it.
		let pause = VaultCall::Pause(3);
		assert_ok!(VaultMapping::send_order(RuntimeOrigin::root(), pause));
		run_to_batch();
		let open = TheOrder::<Test>::get().unwrap();
		assert_eq!((open.order.nonce, open.order.call), (1, pause));
		for (id, request) in old {
			use fusion_dcrm_primitives::traits::OnSignature;
			VaultMapping::on_signature(request.purpose, id, Groups::sign(&request));
		}
		assert_eq!(TheOrder::<Test>::get().unwrap().signature, None);
		sign_all();
		assert!(TheOrder::<Test>::get().unwrap().signature.is_some());
	});
}

#[test]
fn waiting_order_should_be_dropped_when_the_payment_is_claimed_before() {
	build_and_execute(|| {
		fail();
		assert_ok!(VaultMapping::send_order(RuntimeOrigin::root(), VaultCall::Pause(0)));
		run_to_batch();
		assert_ok!(recall(BOB, 1));
		assert_eq!(Orders::<Test>::get().len(), 1);
		decide(&claimed(0, 1));
		assert!(Orders::<Test>::get().is_empty());
		assert_eq!(TheOrder::<Test>::get().unwrap().order.call, VaultCall::Pause(0));
	});
}
