//! The checks find what is wrong, and constants fit.

use crate::{mock::*, Held, Lists, NextHour, Pledges};
use frame_support::{assert_ok, traits::Hooks};
use fusion_slices::Interval;

fn wrong(break_it: impl FnOnce(), expected: &'static str) {
	new_test_ext().execute_with(|| {
		assert_ok!(deposit(&ALICE, BTC, 10));
		assert_ok!(transfer(&ALICE, BTC, &BOB, 4, START + 10, START + 20));
		check();
		break_it();
		let found = Usufruct::do_try_state().unwrap_err();
		assert_eq!(found, sp_runtime::TryRuntimeError::Other(expected));
	});
}

#[test]
fn try_state_should_fail_when_slices_and_coins_differ() {
	let sum = "at some instant, slices are not what is held for them";
	wrong(|| Held::<Test>::insert(BTC, 11), sum);
	// For one second only.
	let second = Interval::new(START + 15, START + 16).unwrap();
	wrong(
		|| {
			Lists::<Test>::mutate(BOB, BTC, |entry| {
				let entry = entry.as_mut().unwrap();
				entry.slices.sub(second, 1).unwrap();
			});
		},
		sum,
	);
	wrong(|| Lists::<Test>::remove(BOB, BTC), sum);
	wrong(|| Held::<Test>::remove(BTC), "there are slices of a coin of which nothing is held");
	wrong(
		|| {
			use frame_support::traits::{
				fungibles::Mutate,
				tokens::{Fortitude::Polite, Precision::Exact, Preservation::Expendable},
			};
			Assets::burn_from(1, &Usufruct::vault(), 1, Expendable, Exact, Polite).unwrap();
		},
		"coins are missing from the vault",
	);
}

#[test]
fn try_state_should_fail_when_a_deposit_is_wrong() {
	wrong(
		|| {
			Lists::<Test>::mutate(BOB, BTC, |entry| entry.as_mut().unwrap().deposit -= 1);
		},
		"the deposit for a list is not that for its length",
	);
	wrong(
		|| {
			use frame_support::traits::{fungible::MutateHold, tokens::Precision};
			Balances::release(&crate::HoldReason::List.into(), &BOB, 1, Precision::Exact).unwrap();
		},
		"a deposit is not held",
	);
}

#[test]
fn constants_should_fit() {
	new_test_ext().execute_with(Usufruct::integrity_test);
}

#[test]
fn idle_block_should_look_at_nothing() {
	build_and_execute(|| {
		assert_ok!(lend(&ALICE, BTC, &BOB, 4, START + 10));
		assert_eq!(Pledges::<Test>::count(), 0);
		let before = events();
		for _ in 0..10 {
			let hour = NextHour::<Test>::get();
			jump_to(Usufruct::now() + HOUR);
			assert_eq!(NextHour::<Test>::get(), hour);
		}
		assert_eq!(events(), before);
	});
}
