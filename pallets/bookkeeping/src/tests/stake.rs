//! Stake and its age: the arithmetic, whatever the numbers.

use proptest::prelude::*;

use crate::{
	stake::{displaces, mul_div, weight, Stake},
	Balance,
};

const FSN: Balance = 1_000_000_000_000_000_000;
const SUPPLY: Balance = 81_920_000 * FSN;
/// Ninety days.
const CAP: u32 = 1_296_000;
/// A thousandth of a coin, held for one block.
const UNIT: Balance = FSN / 1_000;

#[test]
fn age_should_grow_up_to_the_cap() {
	let stake = Stake::new(7, 100);
	assert_eq!(stake.age(100, 50), 0);
	assert_eq!(stake.age(120, 50), 20);
	assert_eq!(stake.age(150, 50), 50);
	assert_eq!(stake.age(1_000, 50), 50);
	assert_eq!(stake.coin_age(1_000, 50), 350);
	// A block from the past, as nothing asks for.
	assert_eq!(stake.age(99, 50), 0);
}

#[test]
fn age_should_become_the_mean_when_stake_is_added() {
	let mut stake = Stake::new(100, 0);
	stake.add(300, 40, 1_000);
	assert_eq!(stake, Stake { amount: 400, age_start: 30 });
	assert_eq!(stake.coin_age(40, 1_000), 100 * 40);
}

#[test]
fn age_above_the_cap_should_not_help_when_stake_is_added() {
	let mut stake = Stake::new(100, 0);
	// Ten times the cap: with the true age nine times as much stake would be fully aged at once.
	stake.add(900, 1_000, 100);
	assert_eq!(stake.age(1_000, 100), 10);
}

#[test]
fn nothing_should_gain_age_when_it_is_added_to_nothing() {
	let mut stake = Stake::new(100, 0);
	stake.take(100);
	stake.add(50, 70, 100);
	assert_eq!(stake, Stake::new(50, 70));
	stake.take(51);
	assert_eq!(stake.amount, 0);
	stake.add(0, 80, 100);
	assert_eq!(stake.age(80, 100), 0);
}

#[test]
fn weight_of_the_whole_supply_should_fit() {
	let heaviest = weight(Stake::new(SUPPLY, 0).coin_age(u32::MAX, CAP), UNIT);
	assert_eq!(heaviest, 106_168_320_000_000_000);
	assert!(heaviest < u64::MAX / 170);
	assert_eq!(weight(1, 0), 0);
	assert_eq!(weight(u128::MAX, 1), u64::MAX);
}

#[test]
fn stake_should_take_the_place_of_other_stake_when_it_is_larger_by_a_tenth() {
	assert!(displaces(110, 100));
	assert!(!displaces(109, 100));
	// Rounded up, so that it is always larger.
	assert!(!displaces(1, 1));
	assert!(displaces(2, 1));
	assert!(!displaces(111, 101));
	assert!(displaces(112, 101));
	assert!(displaces(u128::MAX, SUPPLY));
	assert!(!displaces(SUPPLY, u128::MAX));
}

fn amount() -> impl Strategy<Value = Balance> {
	prop_oneof![1..SUPPLY, 1..1_000 * FSN, 1u128..1_000, Just(SUPPLY)]
}

fn stake_and_now() -> impl Strategy<Value = (Stake, u32)> {
	(amount(), 0u32..10_000_000, 0u32..5_000_000)
		.prop_map(|(amount, start, later)| (Stake { amount, age_start: start }, start + later))
}

proptest! {
	#[test]
	fn coin_age_should_be_kept_up_to_one_block_when_stake_is_added(
		(stake, now) in stake_and_now(),
		added in amount(),
	) {
		let mut after = stake;
		after.add(added, now, CAP);
		prop_assert_eq!(after.amount, stake.amount + added);
		let (before, after_) = (stake.coin_age(now, CAP), after.coin_age(now, CAP));
		prop_assert!(after_ <= before);
		prop_assert!(before - after_ < after.amount, "more than a block of age was lost");
		prop_assert!(after.age(now, CAP) <= stake.age(now, CAP));
	}

	#[test]
	fn splitting_should_not_give_more_weight_than_one_addition(
		(stake, now) in stake_and_now(),
		parts in prop::collection::vec(1..1_000_000 * FSN, 1..8),
		later in 0u32..2 * CAP,
	) {
		let mut at_once = stake;
		at_once.add(parts.iter().sum(), now, CAP);
		let mut split = stake;
		parts.iter().for_each(|part| split.add(*part, now, CAP));
		prop_assert_eq!(split.amount, at_once.amount);
		prop_assert!(split.coin_age(now + later, CAP) <= at_once.coin_age(now + later, CAP));
	}

	#[test]
	fn adding_should_not_give_more_weight_than_a_stake_of_its_own(
		(stake, now) in stake_and_now(),
		added in amount(),
		later in 0u32..2 * CAP,
	) {
		let mut joined = stake;
		joined.add(added, now, CAP);
		let then = now + later;
		let apart = stake.coin_age(then, CAP) + Stake::new(added, now).coin_age(then, CAP);
		// Up to the cap, both grow by one per coin and block. After it, the old stake alone would not.
		let uncapped = now + later.min(CAP.saturating_sub(stake.age(now, CAP)));
		let early = stake.coin_age(uncapped, CAP) + Stake::new(added, now).coin_age(uncapped, CAP);
		prop_assert!(joined.coin_age(uncapped, CAP) <= early);
		prop_assert!(joined.coin_age(then, CAP) <= joined.amount * u128::from(CAP));
		prop_assert!(apart <= joined.amount * u128::from(CAP));
	}

	#[test]
	fn withdrawing_should_not_change_the_weight_of_a_coin(
		(stake, now) in stake_and_now(),
		part in 0u32..=1_000,
		later in 0u32..2 * CAP,
	) {
		let mut after = stake;
		after.take(stake.amount / 1_000 * u128::from(part));
		let then = now + later;
		prop_assert_eq!(after.age(then, CAP), stake.age(then, CAP));
		prop_assert!(after.coin_age(then, CAP) <= stake.coin_age(then, CAP));
		// Coin age per coin, multiplied out.
		if after.amount > 0 {
			let per_coin = |one: &Stake| one.coin_age(then, CAP) / one.amount;
			prop_assert_eq!(per_coin(&after), per_coin(&stake));
		}
	}

	#[test]
	fn taking_out_and_putting_back_should_never_pay(
		(stake, now) in stake_and_now(),
		part in 1u32..=1_000,
		pause in 0u32..CAP,
		later in 0u32..CAP,
	) {
		let out = stake.amount / 1_000 * u128::from(part);
		let mut moved = stake;
		moved.take(out);
		moved.add(out, now + pause, CAP);
		let then = now + pause + later;
		prop_assert!(moved.coin_age(then, CAP) <= stake.coin_age(then, CAP));
	}

	#[test]
	fn weight_should_grow_with_time_and_respect_the_cap(
		(stake, now) in stake_and_now(),
		later in 0u32..3 * CAP,
	) {
		let weigh = |at| weight(stake.coin_age(at, CAP), UNIT);
		prop_assert!(weigh(now) <= weigh(now + later));
		prop_assert!(stake.coin_age(now + later, CAP) <= stake.amount * u128::from(CAP));
		prop_assert_eq!(weigh(u32::MAX), weight(stake.amount * u128::from(CAP), UNIT));
	}

	#[test]
	fn division_should_be_exact_when_the_result_fits(a in any::<u64>(), b in any::<u64>(), c in 1..u64::MAX) {
		let (a, b, c) = (u128::from(a), u128::from(b), u128::from(c));
		prop_assert_eq!(mul_div(a, b, c), Some(a * b / c));
		prop_assert_eq!(mul_div(a, b, 0), None);
		prop_assert_eq!(mul_div(u128::MAX, c, c), Some(u128::MAX));
	}
}
