//! How much a group may hold.

use crate::{mock::*, Error, Event, Registry};
use frame_support::{assert_noop, assert_ok};
use fusion_dcrm_primitives::traits::Holdings;
use sp_runtime::{DispatchError, DispatchResult};

fn set_price(asset: u32, price: Option<u128>) {
	assert_ok!(VaultMapping::set_price(RuntimeOrigin::root(), asset, price));
}

fn request() -> DispatchResult {
	VaultMapping::request_lock_in(RuntimeOrigin::signed(BOB))
}

fn worth() -> u128 {
	<VaultMapping as Holdings>::worth(0)
}

#[test]
fn price_should_be_set_when_the_admin_sets_it() {
	build_and_execute(|| {
		let alice = RuntimeOrigin::signed(ALICE);
		assert_noop!(VaultMapping::set_price(alice, ETH, Some(1)), DispatchError::BadOrigin);
		let unknown = VaultMapping::set_price(RuntimeOrigin::root(), 9, Some(1));
		assert_eq!(unknown, Err(Error::<Test>::UnknownAsset.into()));
		for price in [Some(7), None] {
			set_price(ETH, price);
			assert_eq!(Registry::<Test>::get(ETH).unwrap().price, price);
			assert_eq!(events().last(), Some(&Event::PriceSet { asset: ETH, price }));
		}
	});
}

#[test]
fn worth_should_be_of_whole_coins_when_prices_are_set() {
	build_and_execute(|| {
		// One and a half ether, and 2.000001 dollars.
		lock_in(&ALICE, ETH, 1_500_000_000_000_000_000);
		lock_in(&ALICE, USD, 2_000_001);
		assert_eq!(worth(), 0);
		set_price(ETH, Some(3_000));
		assert_eq!(worth(), 4_500);
		set_price(USD, Some(1));
		assert_eq!(worth(), 4_500 + 3, "rounded up");
		set_price(ETH, Some(u128::MAX));
		assert_eq!(worth(), u128::MAX);
		assert_eq!(<VaultMapping as Holdings>::worth(1), 0, "the vault is another group's");
	});
}

#[test]
fn addresses_should_be_refused_when_the_group_holds_as_much_as_it_may() {
	build_and_execute(|| {
		// Nothing is bonded, and nobody says that it has to be.
		lock_in(&ALICE, USD, 5_000_000);
		assert_ok!(request());
		set_price(USD, Some(100));
		assert_noop!(request(), Error::<Test>::AboveCapacity);
		Capacity::set(&500);
		assert_noop!(request(), Error::<Test>::AboveCapacity);
		Capacity::set(&501);
		assert_ok!(request());
		// Other pallets have given it something too.
		Others::set(&1);
		assert_noop!(request(), Error::<Test>::AboveCapacity);
		// Who has an address is credited all the same.
		decide(&deposit(0, USD, 1_000_000));
		assert_eq!(balance(USD, &ALICE), 6_000_000);
	});
}
