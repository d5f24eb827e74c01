//! Spenders.

use crate::{mock::*, Allowances, Error, Event};
use frame_support::{assert_noop, assert_ok};
use fusion_slices::FOREVER;

fn approve(amount: u128) -> crate::Call<Test> {
	crate::Call::approve { coin: BTC, spender: BOB, amount }
}

#[test]
fn spender_should_move_as_much_as_is_approved() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 100));
		let when = (0, START + 100);
		let fetch = |amount| transfer_from(&BOB, BTC, &ALICE, &CHARLIE, amount, when);
		assert_noop!(fetch(1), Error::<Test>::NotAllowed);
		assert_ok!(call(&ALICE, approve(10)));
		assert_eq!(
			events().last(),
			Some(&Event::Approved { coin: BTC, owner: ALICE, spender: BOB, amount: 10 })
		);
		assert_eq!(held(&ALICE), LIST + ALLOWANCE);
		assert_ok!(fetch(6));
		assert_noop!(fetch(5), Error::<Test>::NotAllowed);
		// For another coin, or by another, it is worth nothing.
		let other = transfer_from(&BOB, FSN, &ALICE, &CHARLIE, 1, when);
		assert_noop!(other, Error::<Test>::NotAllowed);
		let other = transfer_from(&CHARLIE, BTC, &ALICE, &CHARLIE, 1, when);
		assert_noop!(other, Error::<Test>::NotAllowed);
		assert_ok!(fetch(4));
		assert!(!Allowances::<Test>::contains_key(ALICE, (BTC, BOB)));
		// The spender has paid for what made Alice's list longer.
		assert_eq!(held(&ALICE), LIST + BOUNDARY);
		assert_eq!(Usufruct::use_of(BTC, &CHARLIE), 10);
	});
}

#[test]
fn allowance_should_never_become_less_when_it_is_the_largest() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 100));
		assert_ok!(call(&ALICE, approve(u128::MAX)));
		assert_ok!(transfer_from(&BOB, BTC, &ALICE, &BOB, 60, (0, FOREVER)));
		assert_ok!(transfer_from(&BOB, BTC, &ALICE, &BOB, 40, (0, FOREVER)));
		assert_eq!(Allowances::<Test>::get(ALICE, (BTC, BOB)).unwrap().amount, u128::MAX);
		assert_ok!(call(&ALICE, approve(0)));
		assert_eq!(held(&ALICE), 0);
		assert_noop!(call(&BOB, approve(5)), Error::<Test>::ToSelf);
	});
}

#[test]
fn allowance_should_stay_when_the_transfer_fails() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 5));
		assert_ok!(call(&ALICE, approve(10)));
		assert_noop!(
			transfer_from(&BOB, BTC, &ALICE, &BOB, 6, (0, FOREVER)),
			Error::<Test>::NotEnough
		);
		assert_eq!(Allowances::<Test>::get(ALICE, (BTC, BOB)).unwrap().amount, 10);
		// To replace it costs nothing more.
		assert_ok!(call(&ALICE, approve(20)));
		assert_eq!(held(&ALICE), LIST + ALLOWANCE);
	});
}
