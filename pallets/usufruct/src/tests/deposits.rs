//! What lists cost, who pays, and who gets it back.

use crate::{mock::*, Error, Lists, MAX_BOUNDARIES, MAX_PUSHED};
use frame_support::{assert_noop, assert_ok};
use fusion_slices::FOREVER;

#[test]
fn deposit_should_follow_the_length_of_a_list() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_eq!(held(&ALICE), LIST);
		assert_ok!(transfer(&ALICE, BTC, &BOB, 5, START + 10, START + 20));
		assert_eq!(stored(&ALICE, BTC).len(), 3);
		assert_eq!(held(&ALICE), LIST + 2 * BOUNDARY);
		assert_ok!(transfer(&BOB, BTC, &ALICE, 5, START + 10, START + 20));
		assert_eq!(stored(&ALICE, BTC).len(), 1);
		assert_eq!(held(&ALICE), LIST);
		assert_ok!(withdraw(&ALICE, BTC, 10));
		assert_eq!(held(&ALICE), 0);
	});
}

#[test]
fn lender_should_pay_for_the_list_of_a_borrower() {
	build_and_execute(|| {
		// Who has no FSN at all can borrow.
		assert_ok!(lend(&ALICE, BTC, &PAUPER, 6, START + 100));
		assert_eq!(held(&ALICE), LIST);
		assert_eq!(held(&PAUPER), LIST + BOUNDARY);
		// And what keeps the account alive.
		assert_eq!(plain(&PAUPER, FSN), 1);
		assert_eq!(plain(&ALICE, FSN), RICH - 2 * LIST - BOUNDARY - 1);
		// It is a gift: the borrower has it when the list goes.
		set_time(START + 100);
		assert_ok!(call(&CHARLIE, crate::Call::poke { coin: BTC, who: PAUPER }));
		assert_eq!((held(&PAUPER), plain(&PAUPER, FSN)), (0, LIST + BOUNDARY + 1));
		assert!(!Lists::<Test>::contains_key(PAUPER, BTC));
	});
}

#[test]
fn nothing_should_be_stored_when_the_deposit_cannot_be_paid() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &PAUPER, 6, START + 100));
		assert_noop!(
			transfer(&PAUPER, BTC, &CHARLIE, 1, START + 10, START + 20),
			Error::<Test>::DepositUnpaid
		);
		// Everything that the account has is in slices.
		assert_noop!(deposit(&CHARLIE, FSN, RICH), Error::<Test>::DepositUnpaid);
	});
}

#[test]
fn past_should_go_when_a_list_is_touched() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		for number in 0..5 {
			let start = START + 10 + 20 * number;
			assert_ok!(transfer(&ALICE, BTC, &BOB, 5, start, start + 10));
		}
		assert_eq!(stored(&ALICE, BTC).len(), 11);
		assert_eq!(stored(&BOB, BTC).len(), 10);
		set_time(START + 1_000);
		assert_ok!(deposit(&ALICE, BTC, 1));
		assert_eq!(stored(&ALICE, BTC).len(), 1);
		assert_eq!(held(&ALICE), LIST);
		// Bob does nothing: anybody may.
		assert_eq!(held(&BOB), LIST + 9 * BOUNDARY);
		assert_ok!(call(&CHARLIE, crate::Call::poke { coin: BTC, who: BOB }));
		assert_eq!(held(&BOB), 0);
	});
}

#[test]
fn others_should_fill_only_a_part_of_a_list() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 1_000));
		let slice = |number: u64| (START + 10 + 20 * number, START + 20 + 20 * number);
		let mut number = 0;
		while stored(&BOB, BTC).len() < MAX_PUSHED {
			let (start, end) = slice(number);
			assert_ok!(transfer(&ALICE, BTC, &BOB, 1, start, end));
			number += 1;
		}
		let (start, end) = slice(number);
		assert_noop!(transfer(&ALICE, BTC, &BOB, 1, start, end), Error::<Test>::ReceiverFull);
		// What makes the list no longer is welcome.
		let (start, end) = slice(0);
		assert_ok!(transfer(&ALICE, BTC, &BOB, 1, start, end));
		// Bob can fetch more himself.
		let approve = crate::Call::approve { coin: BTC, spender: BOB, amount: u128::MAX };
		assert_ok!(call(&ALICE, approve));
		let (start, end) = slice(number);
		assert_ok!(transfer_from(&BOB, BTC, &ALICE, &BOB, 1, (start, end)));
		assert_eq!(stored(&BOB, BTC).len(), MAX_PUSHED + 2);
		// And has what others paid for it, less what it paid for Alice's.
		assert_eq!(plain(&BOB, FSN) + held(&BOB), RICH + LIST + (31 - 2) * BOUNDARY);
	});
}

#[test]
fn list_should_be_bounded_when_its_owner_cuts_it_up() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 1_000));
		let mut number = 0;
		let refused = loop {
			let start = START + 10 + 20 * number;
			let to = if number % 2 == 0 { BOB } else { CHARLIE };
			let done = transfer(&ALICE, BTC, &to, 1, start, start + 10);
			if done.is_err() {
				break done;
			}
			number += 1;
		};
		assert_noop!(refused, Error::<Test>::TooManyBoundaries);
		assert!(stored(&ALICE, BTC).len() > MAX_BOUNDARIES - 2);
		// It can still be got rid of.
		set_time(START + 20 * number + 10);
		assert_ok!(transfer(&ALICE, BTC, &BOB, 1_000, 0, FOREVER));
		assert_eq!(held(&ALICE), 0);
	});
}
