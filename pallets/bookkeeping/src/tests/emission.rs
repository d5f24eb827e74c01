//! Emission: a halving schedule under a ceiling.

use proptest::prelude::*;

use crate::{mock::*, Balance, Issued, Schedule};

const COIN: Balance = 1_000_000_000_000_000_000;

#[test]
fn reward_should_halve_after_each_period() {
	let schedule = Schedule { first: 8, period: 10 };
	let rewards: Vec<_> = (0..50).map(|block| schedule.reward(block)).collect();
	assert_eq!(rewards[..10], [8; 10]);
	assert_eq!(rewards[10..20], [4; 10]);
	assert_eq!(rewards[30..40], [1; 10]);
	assert_eq!(rewards[40..], [0; 10]);
	assert_eq!(schedule.reward(u32::MAX), 0);
	assert_eq!(schedule.next_halving(9), Some(10));
	assert_eq!(schedule.next_halving(10), Some(20));
	assert_eq!(schedule.next_halving(40), None);
	assert_eq!(schedule.total(), Some(150));
	assert_eq!(schedule.before(0), Some(0));
	assert_eq!(schedule.before(11), Some(84));
	assert_eq!(schedule.before(u32::MAX), Some(150));
}

#[test]
fn schedule_should_be_harmless_when_its_numbers_are_absurd() {
	let never = Schedule { first: 8, period: 0 };
	assert_eq!((never.reward(0), never.next_halving(0), never.total()), (0, None, Some(0)));
	let huge = Schedule { first: Balance::MAX, period: u32::MAX };
	assert_eq!((huge.total(), huge.before(u32::MAX)), (None, None));
	assert_eq!(huge.next_halving(0), Some(u32::MAX));
	assert_eq!(huge.next_halving(u32::MAX), None);
}

#[test]
fn suggested_schedule_should_stay_below_a_third_of_the_supply() {
	// 0.64 FSN a block of six seconds, halved every four years.
	let schedule = Schedule { first: COIN * 64 / 100, period: 21_024_000 };
	let total = schedule.total().unwrap();
	assert!(total <= 81_920_000 * COIN / 3);
	assert!(total >= 26_910_000 * COIN);
}

proptest! {
	#[test]
	fn sums_should_agree_with_adding_up_block_by_block(
		first in 0u128..5_000,
		period in 1u32..40,
		block in 0u32..700,
	) {
		let schedule = Schedule { first, period };
		let sum: Balance = (0..block).map(|block| schedule.reward(block)).sum();
		prop_assert_eq!(schedule.before(block), Some(sum));
		prop_assert!(sum <= schedule.total().unwrap());
		prop_assert!(schedule.total().unwrap() <= 2 * first * u128::from(period));
		if let Some(next) = schedule.next_halving(block) {
			prop_assert!(next > block);
			prop_assert_eq!(schedule.reward(next - 1), schedule.reward(block));
			prop_assert_eq!(schedule.reward(next), schedule.reward(block) / 2);
		}
	}
}

#[test]
fn emission_should_end_below_the_ceiling_when_every_block_is_noted() {
	build_and_execute(|| {
		let before = Balances::total_issuance();
		for _ in 0..900 {
			next_block();
			Bookkeeping::note_block(&1, &[(2, 1)], 0);
		}
		check();
		let issued = Issued::<Test>::get();
		assert_eq!(issued, Balances::total_issuance() - before);
		assert!(issued <= 1_000 * FSN);
		// The first block, number 1, was not noted.
		let scheduled = Bookkeeping::schedule().before(902).unwrap();
		assert_eq!(issued, scheduled - 2 * REWARD);
		assert_eq!(Bookkeeping::emission().issued, issued);
	});
}

#[test]
fn nothing_should_be_issued_when_a_slot_has_no_block_or_a_block_is_noted_twice() {
	build_and_execute(|| {
		go_to(20);
		assert_eq!(Issued::<Test>::get(), 0);
		Bookkeeping::note_block(&1, &[], 0);
		Bookkeeping::note_block(&1, &[], 0);
		assert_eq!(Issued::<Test>::get(), REWARD);
		go_to(100);
		Bookkeeping::note_block(&1, &[], 0);
		assert_eq!(Issued::<Test>::get(), REWARD + REWARD / 2);
	});
}

#[test]
fn issuing_should_stop_when_a_ceiling_is_reached() {
	build_and_execute(|| {
		let almost = 1_000 * FSN - 3;
		go_to(7);
		// As if it had been issued, so without a check of what the schedule allows.
		Issued::<Test>::put(almost);
		let before = Balances::total_issuance();
		Bookkeeping::note_block(&1, &[], 0);
		assert_eq!(Balances::total_issuance(), before + 3);
		System::set_block_number(8);
		Bookkeeping::note_block(&1, &[], 0);
		assert_eq!(Issued::<Test>::get(), 1_000 * FSN);
		assert_eq!(Bookkeeping::emission().reward, 0);

		// The ceiling of the supply holds as well.
		Issued::<Test>::put(0);
		let room = 81_920_000 * FSN - Balances::total_issuance();
		pay_fees(room - 2);
		System::set_block_number(9);
		Bookkeeping::note_block(&1, &[], 0);
		assert_eq!(Issued::<Test>::get(), 2);
		assert_eq!(Balances::total_issuance(), 81_920_000 * FSN);
	});
}
