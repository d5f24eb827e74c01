//! What others are told.

use crate::{mock::*, Params};
use frame_support::assert_ok;
use fusion_asset_mapping_primitives::witness::Witnessed;

const FEE: u64 = 5_000;

#[test]
fn deposit_should_be_told_when_it_is_credited() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let seen = deposit(index, 50_000);
		witness(&seen, 0..2);
		assert_eq!(Told::get(), vec![]);
		witness(&seen, 2..3);
		assert_eq!(Told::get(), vec![Witnessed::Credited { index, amount: 50_000 }]);
		// Nothing is minted for these.
		witness(&deposit(index, 1), 0..3);
		run_to(500);
		witness(&deposit(index, 50_000), 0..3);
		assert_eq!(Told::get().len(), 1);
		// A refund that is paid is no lock-out.
		run_to_batch();
		sign_all();
		witness(&settlement(0), 0..3);
		assert_eq!(Told::get().len(), 1);
	});
}

#[test]
fn deposit_should_be_told_when_it_is_claimed_after_it_was_delayed() {
	build_and_execute(|| {
		Params::<Test>::mutate(|parameters| {
			parameters.maximum_deposit = Some(50_000);
			parameters.deposits_per_window = Some(50_000);
		});
		let index = request_lock_in(ALICE);
		lock_in(BOB, 40_000);
		Told::take();
		let outpoint = new_outpoint();
		witness(&deposit_at(outpoint, index, 20_000), 0..3);
		assert_eq!(Told::get(), vec![]);
		Params::<Test>::mutate(|parameters| parameters.deposits_per_window = None);
		assert_ok!(AssetMapping::claim_deposit(RuntimeOrigin::signed(CHARLIE), outpoint));
		assert_eq!(Told::get(), vec![Witnessed::Credited { index, amount: 20_000 }]);
	});
}

#[test]
fn lock_out_should_be_told_when_its_payment_is_confirmed_or_it_is_cancelled() {
	build_and_execute(|| {
		lock_in(ALICE, 90_000);
		Told::take();
		let paid = lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		sign_all();
		let cancelled = lock_out(ALICE, 30_000, FEE);
		assert_ok!(cancel(ALICE, cancelled));
		assert_eq!(Told::take(), vec![Witnessed::Cancelled { intent: cancelled }]);
		let seen = settlement(0);
		witness(&seen, 0..2);
		assert_eq!(Told::get(), vec![]);
		witness(&seen, 2..3);
		assert_eq!(Told::get(), vec![Witnessed::Paid { intent: paid }]);
	});
}

#[test]
fn address_should_be_told_when_it_is_closed() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		run_to(1_000);
		assert_ok!(AssetMapping::close_lock_in(RuntimeOrigin::signed(ALICE), index));
		assert_eq!(Told::get(), vec![Witnessed::Closed { index }]);
	});
}
