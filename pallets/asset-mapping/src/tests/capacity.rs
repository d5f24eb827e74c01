//! How much a group may hold.

use crate::{mock::*, Error, Event, HeldBy, Price};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError, DispatchResult};

fn set_price(price: Option<u128>) {
	assert_ok!(AssetMapping::set_price(RuntimeOrigin::root(), price));
}

fn request(who: u64) -> DispatchResult {
	let refund = address(9).into_bytes().try_into().unwrap();
	AssetMapping::request_lock_in(RuntimeOrigin::signed(who), refund, 1_000)
}

#[test]
fn price_should_be_set_when_the_admin_sets_it() {
	build_and_execute(|| {
		assert_eq!(Price::<Test>::get(), None);
		assert_noop!(
			AssetMapping::set_price(RuntimeOrigin::signed(GUARD), Some(1)),
			DispatchError::BadOrigin
		);
		for price in [Some(7), None] {
			set_price(price);
			assert_eq!(Price::<Test>::get(), price);
			assert_eq!(events().last(), Some(&Event::PriceSet { price }));
		}
	});
}

#[test]
fn addresses_should_be_given_out_when_there_is_no_price() {
	build_and_execute(|| {
		// Nothing is bonded, and nobody says that it has to be.
		Capacity::set(&0);
		lock_in(ALICE, 50_000);
		assert_ok!(request(BOB));
	});
}

#[test]
fn addresses_should_be_refused_when_the_group_holds_as_much_as_it_may() {
	build_and_execute(|| {
		set_price(Some(10));
		Capacity::set(&0);
		assert_noop!(request(ALICE), Error::<Test>::AboveCapacity);
		Capacity::set(&500_000);
		assert_ok!(request(ALICE));
		lock_in(ALICE, 49_999);
		assert_eq!(HeldBy::<Test>::get(0), 49_999);
		assert_ok!(request(BOB));
		lock_in(ALICE, 1_000);
		assert_noop!(request(BOB), Error::<Test>::AboveCapacity);
		// More bonds, a lower price, or another group.
		Capacity::set(&509_991);
		assert_ok!(request(BOB));
		Capacity::set(&500_000);
		set_price(Some(9));
		assert_ok!(request(BOB));
		set_price(Some(u128::MAX));
		assert_noop!(request(BOB), Error::<Test>::AboveCapacity);
		ActiveGroup::set(&Some(1));
		assert_ok!(request(BOB));
	});
}

#[test]
fn deposit_should_be_credited_when_its_address_was_given_out_before() {
	build_and_execute(|| {
		set_price(Some(10));
		Capacity::set(&500_000);
		let index = request_lock_in(BOB);
		lock_in(ALICE, 60_000);
		assert!(!AssetMapping::has_room(0));
		witness(&deposit(index, 5_000), 0..3);
		assert_eq!(balance(BOB), 5_000);
		assert_eq!(HeldBy::<Test>::get(0), 65_000);
	});
}

#[test]
fn room_should_come_back_when_coins_are_paid_out() {
	build_and_execute(|| {
		set_price(Some(10));
		Capacity::set(&500_000);
		lock_in(ALICE, 60_000);
		assert_noop!(request(BOB), Error::<Test>::AboveCapacity);
		lock_out(ALICE, 20_000, 10_000);
		run_to_batch();
		sign_all();
		witness(&settlement(0), 0..3);
		assert!(HeldBy::<Test>::get(0) <= 40_000);
		assert_ok!(request(BOB));
	});
}

#[test]
fn sum_should_be_found_wrong_when_it_is_damaged() {
	new_test_ext().execute_with(|| {
		lock_in(ALICE, 5_000);
		HeldBy::<Test>::insert(0, 4_999);
		assert_eq!(
			AssetMapping::do_try_state(),
			Err("the sum of a group's part of the ledger is wrong".into())
		);
	});
}

#[test]
fn addresses_should_be_refused_when_the_group_holds_much_by_other_pallets() {
	build_and_execute(|| {
		Capacity::set(&500_000);
		Others::set(&600_000);
		lock_in(ALICE, 10_000);
		assert_ok!(request(BOB));
		set_price(Some(10));
		assert_noop!(request(BOB), Error::<Test>::AboveCapacity);
		Others::set(&400_000);
		assert_noop!(request(BOB), Error::<Test>::AboveCapacity);
		Others::set(&399_999);
		assert_ok!(request(BOB));
		assert_eq!(<AssetMapping as fusion_dcrm_primitives::traits::Holdings>::worth(0), 100_000);
	});
}
