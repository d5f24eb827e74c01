//! Borrowed FSN is bonded, and comes back.

use crate::{mock::*, Agenda, Consents, Error, Event, Held, NextHour, Pledges};
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use fusion_slices::FOREVER;

const END: u64 = START + 30 * DAY;
const AMOUNT: u128 = 10_000;

fn consent(amount: u128, until: u64) -> crate::Call<Test> {
	crate::Call::consent { user: BOB, amount, until }
}

fn bond(amount: u128, end: u64) -> crate::Call<Test> {
	crate::Call::bond { owner: ALICE, node: NODE, amount, end }
}

/// Alice lends Bob FSN, and he bonds it.
fn pledged() {
	assert_ok!(lend(&ALICE, FSN, &BOB, AMOUNT, END));
	assert_ok!(call(&ALICE, consent(AMOUNT, END)));
	assert_ok!(call(&BOB, bond(AMOUNT, END)));
}

#[test]
fn fsn_should_be_bonded_and_come_back_by_itself() {
	build_and_execute(|| {
		pledged();
		check();
		assert_eq!(plain(&BANK, FSN), AMOUNT + 1);
		assert_eq!(Held::<Test>::get(FSN), 0);
		assert_eq!(holdings(&ALICE, FSN), (0, 0, 0));
		assert_eq!(holdings(&BOB, FSN), (0, 0, 0));
		assert!(!Consents::<Test>::contains_key(ALICE, BOB));
		let alice = plain(&ALICE, FSN) + held(&ALICE);
		Nodes::earn(0, 77);
		// Nobody sends a transaction.
		pass(22 * DAY + HOUR);
		assert!(Pledges::<Test>::get(0).unwrap().unbonding);
		check();
		pass(8 * DAY);
		assert!(Pledges::<Test>::get(0).is_none());
		assert_eq!(plain(&ALICE, FSN) + held(&ALICE), alice + AMOUNT);
		assert_eq!(held(&BOB), 0);
		assert!(events().contains(&Event::Rewarded { pledge: 0, user: BOB, amount: 77 }));
		assert_eq!(
			events().last(),
			Some(&Event::Settled { pledge: 0, amount: AMOUNT, missing: 0 })
		);
		assert_eq!(Agenda::<Test>::iter().count(), 0);
	});
}

#[test]
fn attack_dodge_a_slash_by_transferring_the_title() {
	build_and_execute(|| {
		assert_ok!(deposit(&ALICE, FSN, AMOUNT / 2));
		pledged();
		let title = |amount| crate::Call::transfer_title { coin: FSN, to: CHARLIE, amount };
		// Only what is not bonded can go.
		assert_noop!(call(&ALICE, title(AMOUNT / 2 + 1)), Error::<Test>::NotEnough);
		assert_noop!(
			transfer(&ALICE, FSN, &CHARLIE, AMOUNT, END, FOREVER),
			Error::<Test>::NotEnough
		);
		assert_noop!(transfer(&BOB, FSN, &CHARLIE, 1, 0, END), Error::<Test>::NotEnough);
		assert_ok!(call(&ALICE, title(AMOUNT / 2)));
		let alice = plain(&ALICE, FSN) + held(&ALICE);
		Nodes::slash(0, 4_000);
		pass(30 * DAY + HOUR);
		// The slash is Alice's, and nobody else's.
		assert_eq!(plain(&ALICE, FSN) + held(&ALICE), alice + 6_000);
		assert_eq!(
			events().last(),
			Some(&Event::Settled { pledge: 0, amount: 6_000, missing: 4_000 })
		);
		assert_eq!(holdings(&CHARLIE, FSN), (AMOUNT / 2, AMOUNT / 2, AMOUNT / 2));
	});
}

#[test]
fn parts_should_be_slices_again_when_the_user_ends_early() {
	build_and_execute(|| {
		pledged();
		assert_noop!(call(&CHARLIE, crate::Call::unbond { pledge: 0 }), Error::<Test>::NotUser);
		assert_noop!(call(&ALICE, crate::Call::unbond { pledge: 0 }), Error::<Test>::NotUser);
		let settle = || crate::Call::settle { pledge: 0 };
		assert_noop!(call(&BOB, settle()), Error::<Test>::StillBonded);
		assert_ok!(call(&BOB, crate::Call::unbond { pledge: 0 }));
		assert_noop!(call(&BOB, settle()), Error::<Test>::StillBonded);
		Nodes::slash(0, 1_000);
		pass(7 * DAY);
		assert_noop!(call(&ALICE, settle()), Error::<Test>::NotUser);
		assert_ok!(call(&BOB, settle()));
		assert_eq!(holdings(&BOB, FSN), (9_000, 0, 0));
		assert_eq!(holdings(&ALICE, FSN), (0, 9_000, 0));
		assert_eq!(Held::<Test>::get(FSN), 9_000);
		assert_eq!(Agenda::<Test>::iter().count(), 0);
		assert_noop!(call(&BOB, settle()), Error::<Test>::UnknownPledge);
		pass(23 * DAY);
		assert_ok!(withdraw(&ALICE, FSN, 9_000));
	});
}

#[test]
fn bond_should_be_refused_with_its_reason() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, FSN, &BOB, AMOUNT, END));
		assert_noop!(call(&BOB, bond(AMOUNT, END)), Error::<Test>::NoConsent);
		assert_noop!(call(&ALICE, consent(1, START)), Error::<Test>::EndInPast);
		let own = crate::Call::consent { user: ALICE, amount: 1, until: END };
		assert_noop!(call(&ALICE, own), Error::<Test>::ToSelf);
		assert_ok!(call(&ALICE, consent(AMOUNT, END - 1)));
		assert_noop!(call(&BOB, bond(AMOUNT, END)), Error::<Test>::NoConsent);
		assert_ok!(call(&ALICE, consent(AMOUNT - 1, END)));
		assert_noop!(call(&BOB, bond(AMOUNT, END)), Error::<Test>::NoConsent);
		assert_ok!(call(&ALICE, consent(2 * AMOUNT, FOREVER)));
		// More than was lent, longer than it was lent, and too short to unbond in time.
		assert_noop!(call(&BOB, bond(AMOUNT + 1, END)), Error::<Test>::NotEnough);
		assert_noop!(call(&BOB, bond(AMOUNT, END + 1)), Error::<Test>::NotEnough);
		assert_noop!(call(&BOB, bond(AMOUNT, START + TERM)), Error::<Test>::TermTooShort);
		// The use is Bob's until then, but the title is Alice's only when he has given it back.
		assert_noop!(call(&BOB, bond(AMOUNT, END - 1)), Error::<Test>::NotEnough);
		assert_noop!(call(&BOB, bond(AMOUNT, FOREVER)), Error::<Test>::NeedsEnd);
		assert_noop!(call(&BOB, bond(0, END)), Error::<Test>::ZeroAmount);
		let none = crate::Call::bond { owner: ALICE, node: CHARLIE, amount: AMOUNT, end: END };
		assert_noop!(call(&BOB, none), sp_runtime::DispatchError::Other("no node"));
		let own = crate::Call::bond { owner: BOB, node: NODE, amount: AMOUNT, end: END };
		assert_noop!(call(&BOB, own), Error::<Test>::ToSelf);
		assert_ok!(call(&BOB, bond(AMOUNT, END)));
		assert_eq!(Consents::<Test>::get(ALICE, BOB).unwrap().amount, AMOUNT);
		assert_ok!(call(&ALICE, consent(0, 0)));
		assert_eq!(held(&ALICE), 0);
		let unknown = crate::Call::reward { pledge: 9 };
		assert_noop!(call(&BOB, unknown), Error::<Test>::UnknownPledge);
	});
}

#[test]
fn reward_should_go_to_the_user_while_it_is_bonded() {
	build_and_execute(|| {
		pledged();
		let before = plain(&BOB, FSN);
		Nodes::earn(0, 55);
		assert_ok!(call(&CHARLIE, crate::Call::reward { pledge: 0 }));
		assert_eq!(plain(&BOB, FSN), before + 55);
		assert_ok!(call(&CHARLIE, crate::Call::reward { pledge: 0 }));
		assert_eq!(plain(&BOB, FSN), before + 55);
	});
}

#[test]
fn anybody_should_unbond_and_settle_when_it_is_time() {
	build_and_execute(|| {
		pledged();
		// The chain stands still, so that nothing happens by itself.
		set_time(END - TERM);
		assert_ok!(call(&CHARLIE, crate::Call::unbond { pledge: 0 }));
		set_time(END);
		assert_ok!(call(&CHARLIE, crate::Call::settle { pledge: 0 }));
		assert_eq!(plain(&ALICE, FSN) + held(&ALICE), RICH - LIST - BOUNDARY);
	});
}

#[test]
fn chain_should_try_again_when_the_stake_is_late() {
	build_and_execute(|| {
		pledged();
		// It stands still until shortly before the end, so that unbonding is late.
		set_time(END - DAY);
		let hours = END / HOUR - NextHour::<Test>::get() + 10;
		for _ in 0..hours {
			jump_to(END - DAY);
		}
		assert!(Pledges::<Test>::get(0).unwrap().unbonding);
		pass(2 * DAY);
		assert!(Pledges::<Test>::get(0).is_some());
		let error = Error::<Test>::StillBonded.into();
		assert!(events().contains(&Event::Postponed { pledge: 0, error }));
		check();
		pass(5 * DAY + HOUR);
		assert!(Pledges::<Test>::get(0).is_none());
	});
}

#[test]
fn agenda_should_be_worked_off_in_bounded_steps() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, FSN, &BOB, AMOUNT, END));
		assert_ok!(call(&ALICE, consent(AMOUNT, END)));
		// Two of them fit into an hour, and hours later ones do.
		let mut bonded = 0;
		let refused = loop {
			let done = call(&BOB, bond(10, END));
			if done.is_err() {
				break done;
			}
			bonded += 1;
		};
		assert_noop!(refused, Error::<Test>::AgendaFull);
		assert_eq!(bonded, 2 * crate::agenda::TRIES as u32);
		check();
		// The clock jumps over all of it: each block does its part.
		set_time(END + DAY);
		let mut blocks = 0;
		while Pledges::<Test>::count() > 0 && blocks < 2_000 {
			let before = Pledges::<Test>::count();
			let weight = Usufruct::on_initialize(System::block_number());
			assert!(weight.all_lte(Usufruct::tick_weight(2)));
			assert!(before - Pledges::<Test>::count() <= 2);
			// A quarter of an hour.
			set_time(Usufruct::now() + HOUR / 4);
			check();
			blocks += 1;
		}
		assert_eq!(Pledges::<Test>::count(), 0);
		assert_eq!(plain(&BANK, FSN), 1);
	});
}

#[test]
fn dust_on_the_account_of_a_pledge_should_go_to_the_user() {
	build_and_execute(|| {
		pledged();
		let account = Usufruct::pledge_account(0);
		let origin = RuntimeOrigin::signed(CHARLIE);
		assert_ok!(Balances::transfer_allow_death(origin, account.clone(), 123));
		let (alice, bob) = (plain(&ALICE, FSN), plain(&BOB, FSN));
		pass(30 * DAY + HOUR);
		assert_eq!(plain(&ALICE, FSN), alice + AMOUNT);
		// With what kept the account alive, and the deposit.
		assert_eq!(plain(&BOB, FSN), bob + 123 + 1 + PLEDGE);
		assert_eq!(plain(&account, FSN), 0);
	});
}
