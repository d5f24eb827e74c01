//! What somebody might try.

use crate::{mock::*, Error};
use frame_support::{assert_noop, assert_ok};
use fusion_slices::FOREVER;

const LATER: u64 = START + 100;

#[test]
fn attack_lend_what_is_lent() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_ok!(transfer(&ALICE, BTC, &BOB, 10, 0, LATER));
		for (start, end) in [(0, LATER), (START + 99, LATER + 1), (0, FOREVER)] {
			assert_noop!(transfer(&ALICE, BTC, &CHARLIE, 1, start, end), Error::<Test>::NotEnough);
		}
		// Nor are the plain coins there any more.
		assert_noop!(withdraw(&ALICE, BTC, 1), Error::<Test>::NotEnough);
		assert_noop!(lend(&ALICE, BTC, &CHARLIE, RICH, LATER), Error::<Test>::NotEnoughPlainCoins);
	});
}

#[test]
fn attack_outlive_the_term() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 10, LATER));
		assert_noop!(transfer(&BOB, BTC, &CHARLIE, 10, 0, LATER + 1), Error::<Test>::NotEnough);
		assert_noop!(transfer(&BOB, BTC, &CHARLIE, 10, 0, FOREVER), Error::<Test>::NotEnough);
		assert_noop!(withdraw(&BOB, BTC, 10), Error::<Test>::NotEnough);
		// Through other hands and back it is no longer either.
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 10, 0, LATER));
		assert_ok!(transfer(&CHARLIE, BTC, &BOB, 10, START + 1, LATER));
		assert_noop!(
			transfer(&BOB, BTC, &CHARLIE, 10, START + 1, LATER + 1),
			Error::<Test>::NotEnough
		);
	});
}

#[test]
fn attack_use_after_the_end() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 10, LATER));
		set_time(LATER);
		assert_noop!(transfer(&BOB, BTC, &CHARLIE, 10, 0, LATER + 1), Error::<Test>::NotEnough);
		assert_noop!(withdraw(&BOB, BTC, 1), Error::<Test>::NotEnough);
		assert_noop!(transfer(&BOB, BTC, &CHARLIE, 10, START, LATER), Error::<Test>::EndInPast);
	});
}

#[test]
fn attack_slices_in_the_past() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		set_time(LATER);
		let past = [(START, FOREVER), (1, LATER + 1), (LATER - 1, LATER + 5)];
		for (start, end) in past {
			assert_noop!(transfer(&ALICE, BTC, &BOB, 1, start, end), Error::<Test>::StartInPast);
		}
		for (start, end) in [(0, LATER), (START, LATER), (0, 1), (0, 0)] {
			assert_noop!(transfer(&ALICE, BTC, &BOB, 1, start, end), Error::<Test>::EndInPast);
		}
		assert_noop!(lend(&ALICE, BTC, &BOB, 1, LATER), Error::<Test>::EndInPast);
	});
}

#[test]
fn attack_rounding_within_a_second() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 10, LATER));
		// At each millisecond one of them has it, and never both.
		for (millis, bob) in [(LATER * 1_000 - 1, 10), (LATER * 1_000, 0), (LATER * 1_000 + 1, 0)] {
			Timestamp::set_timestamp(millis);
			assert_eq!(Usufruct::use_of(BTC, &BOB), bob);
			assert_eq!(Usufruct::use_of(BTC, &ALICE), 10 - bob);
		}
		// The smallest amounts are moved as they are.
		assert_ok!(transfer(&ALICE, BTC, &CHARLIE, 1, 0, LATER + 1));
		assert_eq!(Usufruct::use_of(BTC, &ALICE) + Usufruct::use_of(BTC, &CHARLIE), 10);
		check();
		set_time(LATER + 1);
		assert_ok!(withdraw(&ALICE, BTC, 10));
	});
}

#[test]
fn attack_fragment_a_victims_list() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 1));
		let before = plain(&ALICE, FSN) + held(&ALICE);
		let mut spent = 0;
		let mut slices = 0;
		// A million, if it were allowed.
		for number in 0..1_000_000u64 {
			let start = START + 10 + 20 * number;
			if transfer(&ALICE, BTC, &BOB, 1, start, start + 10).is_err() {
				break;
			}
			slices += 1;
			spent = before - plain(&ALICE, FSN) - held(&ALICE);
		}
		assert_eq!(slices, 16);
		assert_eq!(stored(&BOB, BTC).len(), crate::MAX_PUSHED);
		// The attacker paid all of it, and the victim has it.
		assert_eq!(spent, LIST + 31 * BOUNDARY);
		assert_eq!(held(&BOB), spent);
		assert_eq!(plain(&BOB, FSN), RICH);
		// The victim is not hindered in using its own coins.
		assert_ok!(deposit(&BOB, BTC, 100));
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 100, 0, START + 5));
		set_time(START + 5);
		assert_ok!(withdraw(&BOB, BTC, 100));
	});
}

#[test]
fn attack_overlapping_lends_by_two_spenders_in_one_block() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		for spender in [BOB, CHARLIE] {
			let approve = crate::Call::approve { coin: BTC, spender, amount: 10 };
			assert_ok!(call(&ALICE, approve));
		}
		assert_ok!(transfer_from(&BOB, BTC, &ALICE, &BOB, 7, (0, LATER)));
		let overlapping =
			transfer_from(&CHARLIE, BTC, &ALICE, &CHARLIE, 7, (START + 50, LATER + 50));
		assert_noop!(overlapping, Error::<Test>::NotEnough);
		assert_ok!(transfer_from(&CHARLIE, BTC, &ALICE, &CHARLIE, 3, (START + 50, LATER + 50)));
		// The one after the other: no overlap.
		assert_ok!(transfer_from(&CHARLIE, BTC, &ALICE, &CHARLIE, 7, (LATER, LATER + 50)));
		check();
	});
}

#[test]
fn attack_give_coins_to_the_vault() {
	build_and_execute(|| {
		// Plain coins that somebody sends to the vault are nobody's slices.
		let vault = Usufruct::vault();
		assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(BOB), vault.clone(), 50));
		assert_noop!(withdraw(&BOB, FSN, 50), Error::<Test>::NotEnough);
		assert_ok!(deposit(&ALICE, FSN, 10));
		assert_noop!(withdraw(&ALICE, FSN, 60), Error::<Test>::NotEnough);
		assert_ok!(withdraw(&ALICE, FSN, 10));
		assert_eq!(plain(&vault, FSN), 50);
	});
}

/// Gives an account a coin that somebody has made, which keeps the account alive.
fn give_a_coin_of_ones_own(who: &AccountId) {
	let origin = || RuntimeOrigin::signed(CHARLIE);
	let min_balance = 1;
	assert_ok!(Assets::create(origin(), 77, CHARLIE, min_balance));
	assert_ok!(Assets::mint(origin(), 77, who.clone(), 5));
}

#[test]
fn attack_keep_the_last_fsn_in_the_vault() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, FSN, 10));
		give_a_coin_of_ones_own(&Usufruct::vault());
		assert_ok!(withdraw(&ALICE, FSN, 10));
		assert_eq!(plain(&Usufruct::vault(), FSN), 0);
	});
}

#[test]
fn attack_keep_a_stake_by_gifts_to_the_account_of_its_pledge() {
	build_and_execute(|| {
		let (end, amount) = (START + 30 * DAY, 10_000);
		assert_ok!(lend(&ALICE, FSN, &BOB, amount, end));
		let consent = crate::Call::consent { user: BOB, amount, until: end };
		assert_ok!(call(&ALICE, consent));
		assert_ok!(call(&BOB, crate::Call::bond { owner: ALICE, node: NODE, amount, end }));
		let account = Usufruct::pledge_account(0);
		give_a_coin_of_ones_own(&account);
		assert_ok!(deposit(&CHARLIE, BTC, 5));
		assert_ok!(transfer(&CHARLIE, BTC, &account, 5, 0, FOREVER));
		let alice = plain(&ALICE, FSN);
		pass(30 * DAY + HOUR);
		assert!(!crate::Pledges::<Test>::contains_key(0));
		assert_eq!(plain(&ALICE, FSN), alice + amount);
		// What kept the account alive is still there, and nothing else.
		assert_eq!(plain(&account, FSN), 1);
	});
}
