//! What the runtime API shows.

use crate::mock::*;
use frame_support::assert_ok;
use fusion_slices::{ChangeView, PledgeView, FOREVER};

const LATER: u64 = START + 100;

#[test]
fn coins_should_be_those_that_an_account_has_slices_of() {
	build_and_execute(|| {
		assert_eq!(Usufruct::coins_of(&ALICE), []);
		assert_ok!(lend(&ALICE, crate::Coin::Mapped(2), &BOB, 4, LATER));
		assert_ok!(lend(&ALICE, FSN, &BOB, 4, LATER + 1));
		let both = [FSN, crate::Coin::Mapped(2)];
		assert_eq!(Usufruct::coins_of(&ALICE), both);
		assert_eq!(Usufruct::coins_of(&BOB), both);
		// What is over is still stored, and not shown.
		set_time(LATER);
		assert_eq!(Usufruct::coins_of(&BOB), [FSN]);
		assert_eq!(Usufruct::coins_of(&ALICE), both);
	});
}

#[test]
fn use_and_whole_should_be_shown_of_every_instant_to_come() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_ok!(transfer(&ALICE, BTC, &BOB, 4, START + 10, START + 20));
		set_time(START + 5);
		for (at, alice, bob) in [
			(0, 10, 0),
			(START + 5, 10, 0),
			(START + 9, 10, 0),
			(START + 10, 6, 4),
			(START + 19, 6, 4),
			(START + 20, 10, 0),
			(FOREVER - 1, 10, 0),
		] {
			assert_eq!(Usufruct::use_at(BTC, &ALICE, at), Some(alice), "Alice at {at}");
			assert_eq!(Usufruct::use_at(BTC, &BOB, at), Some(bob), "Bob at {at}");
		}
		for (at, alice) in [(0, 6), (START + 10, 6), (START + 19, 6), (START + 20, 10)] {
			assert_eq!(Usufruct::whole_at(BTC, &ALICE, at), Some(alice), "at {at}");
			assert_eq!(Usufruct::whole_at(BTC, &BOB, at), Some(0), "at {at}");
		}
		for at in [1, START + 4, FOREVER] {
			assert_eq!(Usufruct::use_at(BTC, &ALICE, at), None);
			assert_eq!(Usufruct::whole_at(BTC, &ALICE, at), None);
		}
		// What is promised for then can be withdrawn then.
		set_time(START + 20);
		assert_ok!(withdraw(&ALICE, BTC, 10));
	});
}

#[test]
fn changes_should_say_what_comes_back_when() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_ok!(transfer(&ALICE, BTC, &BOB, 4, 0, LATER));
		assert_ok!(transfer(&ALICE, BTC, &BOB, 3, LATER + 50, LATER + 60));
		let of = |at, before, after| ChangeView { at, before, after };
		assert_eq!(
			Usufruct::changes_of(BTC, &ALICE),
			[of(LATER, 6, 10), of(LATER + 50, 10, 7), of(LATER + 60, 7, 10)]
		);
		assert_eq!(
			Usufruct::changes_of(BTC, &BOB),
			[of(LATER, 4, 0), of(LATER + 50, 0, 3), of(LATER + 60, 3, 0)]
		);
		set_time(LATER);
		assert_eq!(Usufruct::changes_of(BTC, &BOB), [of(LATER + 50, 0, 3), of(LATER + 60, 3, 0)]);
		assert_eq!(Usufruct::changes_of(FSN, &BOB), []);
	});
}

#[test]
fn pledges_should_be_shown_to_user_and_owner() {
	build_and_execute(|| {
		let end = START + 30 * DAY;
		for (owner, user) in [(ALICE, BOB), (BOB, CHARLIE)] {
			assert_ok!(lend(&owner, FSN, &user, 1_000, end));
			let consent = crate::Call::consent { user: user.clone(), amount: 1_000, until: end };
			assert_ok!(call(&owner, consent));
			assert_ok!(call(&user, crate::Call::bond { owner, node: NODE, amount: 1_000, end }));
		}
		assert_ok!(call(&CHARLIE, crate::Call::unbond { pledge: 1 }));
		let first = PledgeView {
			pledge: 0,
			user: BOB,
			owner: ALICE,
			node: NODE,
			amount: 1_000,
			end,
			unbonding: false,
		};
		let second =
			PledgeView { pledge: 1, user: CHARLIE, owner: BOB, unbonding: true, ..first.clone() };
		assert_eq!(Usufruct::pledges_of(&ALICE), std::slice::from_ref(&first));
		assert_eq!(Usufruct::pledges_of(&CHARLIE), std::slice::from_ref(&second));
		assert_eq!(Usufruct::pledges_of(&BOB), [first, second]);
		assert_eq!(Usufruct::pledges_of(&PAUPER), []);
	});
}
