//! Coins go in, are lent, come back, and go out.

use crate::{mock::*, Error, Event, Held, Lists};
use frame_support::{assert_noop, assert_ok};
use fusion_slices::{Interval, FOREVER};

const LATER: u64 = START + 100;

#[test]
fn coins_should_be_out_of_the_plain_balance_when_they_are_in_slices() {
	build_and_execute(|| {
		for coin in [FSN, BTC] {
			let before = plain(&ALICE, coin);
			assert_ok!(deposit(&ALICE, coin, 10));
			let deposits = if coin == FSN { LIST } else { 0 };
			assert_eq!(plain(&ALICE, coin), before - 10 - deposits);
			assert_eq!(holdings(&ALICE, coin), (10, 10, 10));
			assert_eq!(Held::<Test>::get(coin), 10);
			assert_eq!(plain(&Usufruct::vault(), coin), 10);
			assert_ok!(withdraw(&ALICE, coin, 10));
			assert_eq!(holdings(&ALICE, coin), (0, 0, 0));
			assert_eq!(plain(&Usufruct::vault(), coin), 0);
			assert!(!Held::<Test>::contains_key(coin));
			assert!(!Lists::<Test>::contains_key(ALICE, coin));
		}
		assert_eq!((plain(&ALICE, FSN), plain(&ALICE, BTC), held(&ALICE)), (RICH, RICH, 0));
	});
}

#[test]
fn use_should_come_back_by_itself_when_the_term_is_over() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		assert_eq!(plain(&ALICE, BTC), RICH - 6);
		assert_eq!(holdings(&ALICE, BTC), (0, 6, 0));
		assert_eq!(holdings(&BOB, BTC), (6, 0, 0));
		set_time(LATER - 1);
		assert_eq!(holdings(&BOB, BTC), (6, 0, 0));
		assert_noop!(withdraw(&ALICE, BTC, 6), Error::<Test>::NotEnough);
		// Nobody does anything.
		set_time(LATER);
		assert_eq!(holdings(&ALICE, BTC), (6, 6, 6));
		assert_eq!(holdings(&BOB, BTC), (0, 0, 0));
		assert_ok!(withdraw(&ALICE, BTC, 6));
		assert_eq!(plain(&ALICE, BTC), RICH);
	});
}

#[test]
fn events_should_say_what_changed_hands() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		let lent = |from, to, start, end| Event::SliceTransferred {
			coin: BTC,
			from,
			to,
			amount: 6,
			start,
			end,
		};
		assert_eq!(
			events(),
			[Event::Deposited { coin: BTC, who: ALICE, amount: 6 }, lent(ALICE, BOB, START, LATER)]
		);
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 6, START + 10, LATER));
		assert_eq!(events().last(), Some(&lent(BOB, CHARLIE, START + 10, LATER)));
	});
}

#[test]
fn use_should_be_lent_on_when_it_ends_no_later() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		assert_noop!(transfer(&BOB, BTC, &CHARLIE, 6, 0, LATER + 1), Error::<Test>::NotEnough);
		assert_noop!(transfer(&BOB, BTC, &CHARLIE, 7, 0, LATER), Error::<Test>::NotEnough);
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 4, START + 10, START + 20));
		assert_eq!(Usufruct::use_of(BTC, &BOB), 6);
		set_time(START + 10);
		assert_eq!(Usufruct::use_of(BTC, &BOB), 2);
		assert_eq!(Usufruct::use_of(BTC, &CHARLIE), 4);
		set_time(START + 20);
		assert_eq!(Usufruct::use_of(BTC, &BOB), 6);
		assert_eq!(Usufruct::use_of(BTC, &CHARLIE), 0);
	});
}

#[test]
fn title_should_be_sold_subject_to_the_use() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		let title = crate::Call::transfer_title { coin: BTC, to: CHARLIE, amount: 6 };
		assert_ok!(call(&ALICE, title));
		assert_eq!(holdings(&ALICE, BTC), (0, 0, 0));
		assert_eq!(holdings(&BOB, BTC), (6, 0, 0));
		assert_eq!(holdings(&CHARLIE, BTC), (0, 6, 0));
		set_time(LATER);
		assert_eq!(holdings(&CHARLIE, BTC), (6, 6, 6));
		let title = crate::Call::transfer_title { coin: BTC, to: BOB, amount: 7 };
		assert_noop!(call(&CHARLIE, title), Error::<Test>::NotEnough);
	});
}

#[test]
fn title_should_begin_when_all_of_it_is_back() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		assert_ok!(lend(&ALICE, BTC, &BOB, 4, LATER + 50));
		let title = |amount| crate::Call::transfer_title { coin: BTC, to: CHARLIE, amount };
		assert_ok!(call(&ALICE, title(10)));
		let slices = Usufruct::slices_of(BTC, &CHARLIE);
		assert_eq!(slices, [(Interval::new(LATER + 50, FOREVER).unwrap(), 10)]);
		// The six that come back before are Alice's for fifty seconds.
		let slices = Usufruct::slices_of(BTC, &ALICE);
		assert_eq!(slices, [(Interval::new(LATER, LATER + 50).unwrap(), 6)]);
	});
}

#[test]
fn parts_should_merge_when_they_meet_in_one_hand() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 6, START + 30, LATER));
		assert_ok!(transfer(&ALICE, BTC, &CHARLIE, 6, LATER, FOREVER));
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 6, 0, START + 30));
		assert_eq!(holdings(&CHARLIE, BTC), (6, 6, 6));
		assert_eq!(stored(&CHARLIE, BTC).len(), 1);
		assert!(!Lists::<Test>::contains_key(BOB, BTC));
		assert!(!Lists::<Test>::contains_key(ALICE, BTC));
		assert_ok!(withdraw(&CHARLIE, BTC, 6));
		assert_eq!(plain(&CHARLIE, BTC), RICH + 6);
	});
}

#[test]
fn use_should_be_given_back_early_to_whom_it_belongs_next() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 6, LATER));
		assert_ok!(transfer(&BOB, BTC, &CHARLIE, 6, 0, START + 50));
		let back = |to, amount, end| crate::Call::give_back { coin: BTC, to, amount, end };
		// At that time, it is Bob's.
		assert_noop!(call(&CHARLIE, back(ALICE, 6, START + 50)), Error::<Test>::NotNext);
		assert_noop!(call(&CHARLIE, back(BOB, 6, START + 51)), Error::<Test>::NotEnough);
		assert_noop!(call(&CHARLIE, back(BOB, 7, START + 50)), Error::<Test>::NotNext);
		assert_noop!(call(&CHARLIE, back(CHARLIE, 6, START + 50)), Error::<Test>::ToSelf);
		assert_noop!(call(&CHARLIE, back(BOB, 6, FOREVER)), Error::<Test>::NeedsEnd);
		assert_ok!(call(&CHARLIE, back(BOB, 6, START + 50)));
		assert_eq!(holdings(&BOB, BTC), (6, 0, 0));
		// A part of it; then the rest.
		assert_ok!(call(&BOB, back(ALICE, 2, LATER)));
		assert_eq!(holdings(&ALICE, BTC), (2, 6, 2));
		assert_ok!(withdraw(&ALICE, BTC, 2));
		assert_ok!(call(&BOB, back(ALICE, 4, LATER)));
		assert_ok!(withdraw(&ALICE, BTC, 4));
		assert_eq!((held(&BOB), held(&CHARLIE)), (0, 0));
	});
}

#[test]
fn coins_should_not_mix() {
	build_and_execute(|| {
		let other = crate::Coin::Mapped(2);
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_ok!(deposit(&ALICE, FSN, 20));
		assert_ok!(deposit(&ALICE, other, 30));
		assert_noop!(withdraw(&ALICE, BTC, 11), Error::<Test>::NotEnough);
		assert_ok!(transfer(&ALICE, other, &BOB, 30, 0, FOREVER));
		assert_eq!(holdings(&ALICE, BTC), (10, 10, 10));
		assert_eq!(holdings(&ALICE, FSN), (20, 20, 20));
		assert_ok!(withdraw(&BOB, other, 30));
		assert_eq!(plain(&BOB, other), 30);
	});
}

#[test]
fn call_should_be_refused_with_its_reason() {
	build_and_execute(|| {
		assert_noop!(deposit(&ALICE, BTC, 0), Error::<Test>::ZeroAmount);
		assert_noop!(withdraw(&ALICE, BTC, 0), Error::<Test>::ZeroAmount);
		assert_noop!(deposit(&ALICE, BTC, RICH + 1), Error::<Test>::NotEnoughPlainCoins);
		assert_noop!(deposit(&ALICE, FSN, RICH + 1), Error::<Test>::NotEnoughPlainCoins);
		let unknown = crate::Coin::Mapped(9);
		assert_noop!(deposit(&ALICE, unknown, 1), Error::<Test>::UnknownCoin);
		assert_noop!(lend(&ALICE, BTC, &ALICE, 1, LATER), Error::<Test>::ToSelf);
		assert_noop!(lend(&ALICE, BTC, &BOB, 1, FOREVER), Error::<Test>::NeedsEnd);
		assert_noop!(lend(&ALICE, BTC, &BOB, 0, LATER), Error::<Test>::ZeroAmount);
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_noop!(transfer(&ALICE, BTC, &BOB, 0, 0, LATER), Error::<Test>::ZeroAmount);
		assert_noop!(transfer(&ALICE, BTC, &BOB, 1, LATER, LATER), Error::<Test>::EmptyInterval);
		assert_noop!(
			transfer(&ALICE, BTC, &BOB, 1, LATER, LATER - 1),
			Error::<Test>::EmptyInterval
		);
		assert_noop!(transfer(&BOB, BTC, &ALICE, 1, 0, LATER), Error::<Test>::NotEnough);
		assert_noop!(
			call(&ALICE, crate::Call::poke { coin: BTC, who: ALICE }),
			Error::<Test>::NothingEnded
		);
	});
}

#[test]
fn nothing_should_change_when_a_slice_goes_to_its_owner() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		let before = stored(&ALICE, BTC);
		assert_ok!(transfer(&ALICE, BTC, &ALICE, 10, START + 5, LATER));
		assert_eq!(stored(&ALICE, BTC), before);
		assert_noop!(transfer(&ALICE, BTC, &ALICE, 11, 0, LATER), Error::<Test>::NotEnough);
	});
}

#[test]
fn balance_should_be_asked_for_over_an_interval() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_ok!(transfer(&ALICE, BTC, &BOB, 4, START + 10, START + 20));
		let over = |start, end| Usufruct::balance_over(BTC, &ALICE, start, end);
		assert_eq!(over(0, START + 10), Ok(10));
		assert_eq!(over(0, START + 11), Ok(6));
		assert_eq!(over(START + 20, FOREVER), Ok(10));
		assert_eq!(over(START - 1, FOREVER), Err(Error::<Test>::StartInPast.into()));
		assert_eq!(over(0, START), Err(Error::<Test>::EndInPast.into()));
	});
}
