//! Random operations, against one number a second.

use super::*;
use crate::{Error, FOREVER};
use codec::{DecodeAll, Encode};
use proptest::prelude::*;

/// Seconds that the oracle keeps. The last one stands for everything after it.
const LAST: u64 = 40;

/// How much there is at each second.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Oracle([u128; LAST as usize + 1]);

impl Oracle {
	fn new() -> Self {
		Self([0; LAST as usize + 1])
	}

	fn over(interval: Interval) -> impl Iterator<Item = usize> {
		(0..=LAST).filter(move |second| interval.contains(*second)).map(|second| second as usize)
	}

	/// Whether it could be done. If not, nothing is.
	fn add(&mut self, interval: Interval, amount: u128) -> bool {
		let fits = Self::over(interval).all(|second| self.0[second].checked_add(amount).is_some());
		if fits {
			Self::over(interval).for_each(|second| self.0[second] += amount);
		}
		fits
	}

	fn sub(&mut self, interval: Interval, amount: u128) -> bool {
		let has = Self::over(interval).all(|second| self.0[second] >= amount);
		if has {
			Self::over(interval).for_each(|second| self.0[second] -= amount);
		}
		has
	}

	fn min(&self, interval: Interval) -> u128 {
		Self::over(interval).map(|second| self.0[second]).min().unwrap()
	}

	fn forget_before(&mut self, now: u64) {
		self.0.iter_mut().take(now as usize).for_each(|amount| *amount = 0);
	}

	/// Since when there is at least so much without end.
	fn title_start(&self, amount: u128) -> Option<u64> {
		(0..=LAST).find(|start| (*start..=LAST).all(|second| self.0[second as usize] >= amount))
	}

	/// How often the amount changes.
	fn changes(&self) -> usize {
		let before = [0].into_iter().chain(self.0);
		before.zip(self.0).filter(|(before, now)| before != now).count()
	}

	fn assert_is(&self, slices: &Ample) {
		for second in 0..=LAST {
			assert_eq!(slices.value(second), self.0[second as usize], "at {second}");
		}
		assert_eq!(slices.value(FOREVER - 1), self.0[LAST as usize]);
		assert_eq!(slices.title(), self.0[LAST as usize]);
		assert_eq!(slices.len() as usize, self.changes(), "{slices:?}");
	}
}

/// Ends on seconds that the oracle keeps, or never.
fn any_interval() -> impl Strategy<Value = Interval> {
	(0..LAST, 1..=LAST, prop::bool::weighted(0.25)).prop_map(|(start, length, forever)| {
		let end = if forever || start + length > LAST { FOREVER } else { start + length };
		interval(start, end)
	})
}

fn amount() -> impl Strategy<Value = u128> {
	// Few, so that amounts meet again and boundaries go; some too large.
	prop_oneof![8 => 0..4u128, 1 => Just(u128::MAX / 2), 1 => Just(u128::MAX)]
}

#[derive(Clone, Debug)]
enum Operation {
	Add(Interval, u128),
	Sub(Interval, u128),
	ForgetBefore(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
	prop_oneof![
		4 => (any_interval(), amount()).prop_map(|(when, amount)| Operation::Add(when, amount)),
		4 => (any_interval(), amount()).prop_map(|(when, amount)| Operation::Sub(when, amount)),
		1 => (0..LAST).prop_map(Operation::ForgetBefore),
	]
}

fn build(operations: &[Operation]) -> (Ample, Oracle) {
	let (mut slices, mut oracle) = (Ample::new(), Oracle::new());
	for operation in operations {
		match *operation {
			Operation::Add(when, amount) => {
				let done = slices.add(when, amount);
				assert_eq!(done.is_ok(), oracle.add(when, amount), "{done:?}");
			},
			Operation::Sub(when, amount) => {
				let done = slices.sub(when, amount);
				assert_eq!(done.is_ok(), oracle.sub(when, amount), "{done:?}");
				if let Err(Error::NotEnough { at, available }) = done {
					assert!(when.contains(at) && available < amount);
					assert_eq!(available, oracle.0[at as usize]);
				}
			},
			Operation::ForgetBefore(now) => {
				let before = slices.len();
				slices.forget_before(now);
				oracle.forget_before(now);
				assert!(slices.len() <= before);
			},
		}
		oracle.assert_is(&slices);
	}
	(slices, oracle)
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
	prop::collection::vec(operation(), 0..24)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1_000))]

	#[test]
	fn slices_should_be_what_one_number_a_second_says(operations in operations()) {
		build(&operations);
	}

	#[test]
	fn minimum_should_be_what_can_be_taken(operations in operations(), when in any_interval()) {
		let (mut slices, oracle) = build(&operations);
		let least = slices.min(when);
		prop_assert_eq!(least, oracle.min(when));
		if let Some(more) = least.checked_add(1) {
			prop_assert!(slices.clone().sub(when, more).is_err());
		}
		prop_assert!(slices.sub(when, least).is_ok());
	}

	#[test]
	fn split_then_merge_should_be_the_identity(
		operations in operations(),
		when in any_interval(),
		amount in amount(),
	) {
		let (mut slices, oracle) = build(&operations);
		let before = slices.clone();
		if let Ok(part) = slices.split(when, amount) {
			for second in 0..=LAST {
				prop_assert_eq!(slices.value(second) + part.value(second), oracle.0[second as usize]);
			}
			slices.merge(&part).unwrap();
		}
		prop_assert_eq!(slices, before);
	}

	#[test]
	fn nothing_should_be_made_or_lost_when_slices_change_hands(
		operations in operations(),
		moves in prop::collection::vec((0..3usize, 0..3usize, any_interval(), amount()), 0..24),
	) {
		let (first, oracle) = build(&operations);
		let mut hands = [first, Ample::new(), Ample::new()];
		for (from, to, when, amount) in moves {
			if let Ok(part) = hands[from].split(when, amount) {
				hands[to].merge(&part).unwrap();
			}
			for second in 0..=LAST {
				let sum: u128 = hands.iter().map(|hand| hand.value(second)).sum();
				prop_assert_eq!(sum, oracle.0[second as usize]);
			}
		}
		// In one hand it is again what it was.
		let [mut one, two, three] = hands;
		one.merge(&two).unwrap();
		one.merge(&three).unwrap();
		oracle.assert_is(&one);
	}

	#[test]
	fn form_should_be_one_for_each_function(operations in operations()) {
		let (slices, oracle) = build(&operations);
		// The same function, made in another way: second by second, from the end.
		let mut other = Ample::new();
		for second in (0..=LAST).rev() {
			let end = if second == LAST { FOREVER } else { second + 1 };
			other.add(interval(second, end), oracle.0[second as usize]).unwrap();
		}
		prop_assert_eq!(&other, &slices);
		prop_assert_eq!(other.encode(), slices.encode());
		// And by its own slices.
		let mut third = Ample::new();
		for (when, amount) in slices.iter() {
			third.add(when, amount).unwrap();
		}
		prop_assert_eq!(&third, &slices);
		prop_assert_eq!(Ample::decode_all(&mut &slices.encode()[..]), Ok(slices));
	}

	#[test]
	fn bytes_should_be_read_only_if_they_are_what_is_written(
		steps in prop::collection::vec((0..6u64, 0..3u128), 0..6),
	) {
		let bytes = steps.encode();
		if let Ok(slices) = Slices::<64>::decode_all(&mut &bytes[..]) {
			prop_assert_eq!(slices.encode(), bytes);
			let mut same = Ample::new();
			for (when, amount) in slices.iter() {
				same.add(when, amount).unwrap();
			}
			prop_assert_eq!(same, slices);
		}
	}

	#[test]
	fn title_should_start_when_there_is_enough_for_ever(
		operations in operations(),
		amount in amount(),
	) {
		let (slices, oracle) = build(&operations);
		prop_assert_eq!(slices.title_start(amount), oracle.title_start(amount));
	}

	#[test]
	fn intersection_should_have_the_instants_of_both(
		one in any_interval(),
		other in any_interval(),
	) {
		let both = one.intersection(&other);
		for second in 0..=LAST {
			let expected = one.contains(second) && other.contains(second);
			prop_assert_eq!(both.is_some_and(|both| both.contains(second)), expected);
		}
	}
}
