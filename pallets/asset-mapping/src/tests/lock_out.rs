//! Lock-outs, until a batch takes them.

use crate::{mock::*, Error, Event, HoldReason, Intents, Queue};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use fusion_asset_mapping_primitives::{chain::ExternalChain, AddressText};
use fusion_bitcoin_primitives::{Bitcoin, Network};
use sp_runtime::DispatchResult;

const FEE: u64 = 5_000;

fn request(who: u64, amount: u64, destination: &str, max_fee: u64) -> DispatchResult {
	let destination: AddressText = destination.as_bytes().to_vec().try_into().unwrap();
	AssetMapping::request_lock_out(RuntimeOrigin::signed(who), amount, destination, max_fee)
}

fn dust(destination: &str) -> u64 {
	Bitcoin::dust_limit(&Bitcoin::parse_address(destination, Network::Regtest).unwrap())
}

#[test]
fn coins_should_be_locked_when_a_lock_out_is_requested() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		assert_ok!(request(ALICE, 20_000, &address(9), FEE));
		assert_eq!(balance(ALICE), 30_000);
		assert_eq!(balance(AssetMapping::account_id()), 20_000);
		assert_eq!(AssetMapping::reserves().locked, 20_000);
		assert_eq!(issued(), 50_000);
		let destination = Bitcoin::parse_address(&address(9), Network::Regtest).unwrap();
		let requested = Event::LockOutRequested {
			intent: 0,
			who: ALICE,
			amount: 20_000,
			destination,
			max_fee: FEE,
		};
		assert_eq!(events().last(), Some(&requested));
	});
}

#[test]
fn all_coins_should_be_locked_when_all_are_asked_for() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		assert_ok!(request(ALICE, 50_000, &address(9), FEE));
		assert_eq!(balance(ALICE), 0);
	});
}

#[test]
fn request_should_be_refused_when_the_destination_is_no_address_of_this_network() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let mut mistyped = address(9);
		mistyped.pop();
		for malformed in
			["", "lock it out", mistyped.as_str(), "0x00a329c0648769a73afac7f9381e08fb43dbea72"]
		{
			assert_noop!(request(ALICE, 20_000, malformed, FEE), Error::<Test>::AddressMalformed);
		}
		for other in [
			"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
			"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
		] {
			assert_noop!(request(ALICE, 20_000, other, FEE), Error::<Test>::AddressOfOtherNetwork);
		}
	});
}

#[test]
fn request_should_be_refused_when_the_amount_leaves_dust_after_the_fee() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let least = dust(&address(9)) + FEE;
		for amount in [0, 1, FEE, least - 1] {
			assert_noop!(request(ALICE, amount, &address(9), FEE), Error::<Test>::AmountTooSmall);
		}
		assert_ok!(request(ALICE, least, &address(9), FEE));
	});
}

#[test]
fn request_should_be_refused_when_the_fee_overflows() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		assert_noop!(request(ALICE, u64::MAX, &address(9), u64::MAX), Error::<Test>::Overflow);
	});
}

#[test]
fn request_should_be_refused_when_it_is_more_than_the_balance() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		for (who, amount) in [(ALICE, 50_001), (BOB, 20_000)] {
			assert_noop!(
				request(who, amount, &address(9), FEE),
				Error::<Test>::NotEnoughMappedCoins
			);
		}
		assert_eq!(balance(ALICE), 50_000);
		assert_eq!(Intents::<Test>::count(), 0);
		assert_eq!(AssetMapping::reserves().locked, 0);
	});
}

#[test]
fn request_should_be_refused_when_the_highest_fee_pays_for_no_transaction() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		// 142 vB at 10 a byte.
		assert_noop!(request(ALICE, 20_000, &address(9), 1_419), Error::<Test>::MaxFeeTooLow);
		assert_ok!(request(ALICE, 20_000, &address(9), 1_420));
		run_to_batch();
		assert!(AssetMapping::batch(0, 0).is_some());
	});
}

#[test]
fn request_should_be_refused_when_too_many_are_open() {
	build_and_execute(|| {
		lock_in(ALICE, 1_000_000);
		for _ in 0..MAX_OPEN_LOCK_OUTS {
			lock_out(ALICE, 10_000, FEE);
		}
		assert_noop!(request(ALICE, 10_000, &address(9), FEE), Error::<Test>::TooManyOpenIntents);
		// Being in a batch does not make room; being settled does.
		run_to_batch();
		assert_noop!(request(ALICE, 10_000, &address(9), FEE), Error::<Test>::TooManyOpenIntents);
		sign_all();
		witness(&settlement(0), 0..3);
		assert_ok!(request(ALICE, 10_000, &address(9), FEE));
	});
}

fn held(who: u64) -> u128 {
	let reason = RuntimeHoldReason::AssetMapping(HoldReason::LockOut);
	Balances::balance_on_hold(&reason, &who)
}

#[test]
fn deposit_should_be_held_until_a_lock_out_is_over_when_half_of_the_places_are_taken() {
	build_and_execute(|| {
		lock_in(ALICE, 1_000_000);
		for _ in 0..5 {
			lock_out(ALICE, 10_000, FEE);
		}
		assert_eq!(held(ALICE), 0, "there is room");
		let sixth = lock_out(ALICE, 10_000, FEE);
		lock_out(ALICE, 10_000, FEE);
		assert_eq!(held(ALICE), 2 * LOCK_OUT_DEPOSIT);
		cancel(ALICE, sixth).unwrap();
		assert_eq!(held(ALICE), LOCK_OUT_DEPOSIT);
		AssetMapping::do_try_state().unwrap();
		for batch in 0..2 {
			run_to_batch();
			sign_all();
			witness(&settlement(batch), 0..3);
		}
		assert_eq!((held(ALICE), Intents::<Test>::count()), (0, 0));
	});
}

#[test]
fn request_should_be_refused_when_the_deposit_for_it_cannot_be_paid() {
	build_and_execute(|| {
		lock_in(ALICE, 1_000_000);
		assert_ok!(pallet_assets::Pallet::<Test>::transfer(
			RuntimeOrigin::signed(ALICE),
			BTC,
			PAUPER,
			500_000
		));
		for _ in 0..5 {
			lock_out(PAUPER, 10_000, FEE);
		}
		assert_noop!(
			request(PAUPER, 10_000, &address(9), FEE),
			Error::<Test>::LockOutDepositUnpaid
		);
		cancel(PAUPER, 0).unwrap();
		assert_ok!(request(PAUPER, 10_000, &address(9), FEE));
	});
}

#[test]
fn coins_should_come_back_when_a_waiting_lock_out_is_cancelled() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let first = lock_out(ALICE, 20_000, FEE);
		let second = lock_out(ALICE, 10_000, FEE);
		assert_ok!(cancel(ALICE, first));
		assert_eq!(balance(ALICE), 40_000);
		assert_eq!(AssetMapping::reserves().locked, 10_000);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![second]);
		let cancelled = Event::LockOutCancelled { intent: first, who: ALICE, amount: 20_000 };
		assert_eq!(events().last(), Some(&cancelled));
		assert_noop!(cancel(ALICE, first), Error::<Test>::UnknownIntent);
		run_to_batch();
		assert_eq!(crate::Batches::<Test>::get(0).unwrap().intents.to_vec(), vec![second]);
	});
}

#[test]
fn cancelling_should_be_refused_when_it_is_somebody_elses() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let intent = lock_out(ALICE, 20_000, FEE);
		assert_noop!(cancel(BOB, intent), Error::<Test>::NotOwner);
		assert_noop!(cancel(ALICE, intent + 1), Error::<Test>::UnknownIntent);
	});
}

#[test]
fn cancelling_should_be_refused_when_a_batch_pays_it() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let intent = lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		assert_noop!(cancel(ALICE, intent), Error::<Test>::AlreadyBatched);
		sign_all();
		assert_noop!(cancel(ALICE, intent), Error::<Test>::AlreadyBatched);
		witness(&settlement(0), 0..3);
		assert_noop!(cancel(ALICE, intent), Error::<Test>::UnknownIntent);
	});
}

#[test]
fn mapped_coins_should_stay_covered_when_somebody_sends_them_to_the_pallet() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		assert_ok!(pallet_assets::Pallet::<Test>::transfer(
			RuntimeOrigin::signed(ALICE),
			BTC,
			AssetMapping::account_id(),
			10_000
		));
		lock_out(ALICE, 40_000, FEE);
		run_to_batch();
		sign_all();
		witness(&settlement(0), 0..3);
		let reserves = AssetMapping::reserves();
		assert_eq!((reserves.held, reserves.issued, reserves.locked), (10_000, 10_000, 0));
	});
}
