//! What it is for, and what it refuses.

use super::*;
use crate::{Error, Step, FOREVER};

#[test]
fn title_should_stay_when_use_is_lent() {
	let mut lender = Ample::of(interval(100, FOREVER), 10).unwrap();
	let borrowed = lender.split(interval(100, 200), 6).unwrap();
	assert_eq!(lender.value(150), 4);
	assert_eq!(lender.value(200), 10);
	assert_eq!(lender.title(), 10);
	assert_eq!(borrowed.value(150), 6);
	assert_eq!(borrowed.value(200), 0);
	assert_eq!(borrowed.title(), 0);
	lender.merge(&borrowed).unwrap();
	assert_eq!(lender, Ample::of(interval(100, FOREVER), 10).unwrap());
	assert_eq!(lender.len(), 1);
}

#[test]
fn slices_should_merge_as_in_the_picture_of_frc758() {
	// Its README: 10 over [3, 5), 2 over [2, 4) and 4 over [4, 6).
	let mut slices = Ample::of(interval(3, 5), 10).unwrap();
	slices.add(interval(2, 4), 2).unwrap();
	slices.add(interval(4, 6), 4).unwrap();
	let found: Vec<_> = slices.iter().collect();
	let expected =
		[(interval(2, 3), 2), (interval(3, 4), 12), (interval(4, 5), 14), (interval(5, 6), 4)];
	assert_eq!(found, expected);
}

#[test]
fn sub_should_change_nothing_when_there_is_a_gap() {
	let mut slices = Ample::of(interval(10, 20), 5).unwrap();
	slices.add(interval(21, 30), 5).unwrap();
	let before = slices.clone();
	let refused = slices.sub(interval(12, 25), 5);
	assert_eq!(refused, Err(Error::NotEnough { at: 20, available: 0 }));
	assert_eq!(slices.sub(interval(9, 11), 1), Err(Error::NotEnough { at: 9, available: 0 }));
	assert_eq!(slices.sub(interval(10, 20), 6), Err(Error::NotEnough { at: 10, available: 5 }));
	assert_eq!(slices, before);
	assert_eq!(slices.min(interval(12, 25)), 0);
	assert_eq!(slices.min(interval(12, 20)), 5);
}

#[test]
fn use_should_end_with_its_last_second() {
	let slices = Ample::of(interval(10, 20), 5).unwrap();
	assert_eq!((slices.value(9), slices.value(10)), (0, 5));
	assert_eq!((slices.value(19), slices.value(20)), (5, 0));
}

#[test]
fn boundaries_should_be_refused_when_there_is_no_room() {
	let mut slices = Slices::<4>::new();
	slices.add(interval(10, 20), 1).unwrap();
	slices.add(interval(30, 40), 1).unwrap();
	let before = slices.clone();
	let refused = slices.add(interval(50, 60), 1);
	assert_eq!(refused, Err(Error::TooManyBoundaries { needed: 6 }));
	// To cut a hole takes two more as well.
	let refused = slices.sub(interval(12, 14), 1);
	assert_eq!(refused, Err(Error::TooManyBoundaries { needed: 6 }));
	assert_eq!(slices, before);
	// What closes the gap takes none.
	slices.add(interval(20, 30), 1).unwrap();
	assert_eq!(slices, Slices::of(interval(10, 40), 1).unwrap());
	assert_eq!(Slices::<1>::of(interval(1, 2), 1), Err(Error::TooManyBoundaries { needed: 2 }));
}

#[test]
fn sum_should_be_refused_when_it_does_not_fit() {
	let mut slices = Ample::of(interval(10, FOREVER), u128::MAX).unwrap();
	let before = slices.clone();
	assert_eq!(slices.add(interval(5, 11), 1), Err(Error::Overflow { at: 10 }));
	assert_eq!(slices, before);
	slices.add(interval(5, 10), 1).unwrap();
}

#[test]
fn interval_should_be_refused_when_it_is_empty() {
	assert_eq!(Interval::new(5, 5), Err(Error::EmptyInterval { start: 5, end: 5 }));
	assert_eq!(Interval::new(6, 5), Err(Error::EmptyInterval { start: 6, end: 5 }));
	assert_eq!(
		Interval::new(FOREVER, FOREVER),
		Err(Error::EmptyInterval { start: FOREVER, end: FOREVER })
	);
	assert!(Interval::new(FOREVER - 1, FOREVER).unwrap().is_forever());
}

#[test]
fn nothing_should_be_left_of_the_past_when_it_is_forgotten() {
	let mut slices = Ample::of(interval(10, 20), 5).unwrap();
	slices.add(interval(30, FOREVER), 7).unwrap();
	slices.forget_before(15);
	assert_eq!(
		slices.steps(),
		[Step { at: 15, amount: 5 }, Step { at: 20, amount: 0 }, Step { at: 30, amount: 7 }]
	);
	slices.forget_before(20);
	assert_eq!(slices.steps(), [Step { at: 30, amount: 7 }]);
	slices.forget_before(31);
	assert_eq!(slices.steps(), [Step { at: 31, amount: 7 }]);
	let mut ended = Ample::of(interval(10, 20), 5).unwrap();
	ended.forget_before(20);
	assert!(ended.is_empty());
}

#[test]
fn errors_should_say_what_was_wrong() {
	assert_eq!(
		Error::NotEnough { at: 20, available: 3 }.to_string(),
		"there is not enough: only 3 at 20"
	);
	assert_eq!(
		Error::EmptyInterval { start: 6, end: 5 }.to_string(),
		"the interval is empty: it ends at 5, not after its start 6"
	);
}
