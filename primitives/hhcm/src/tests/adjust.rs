//! Groups and difficulty from session to session.

use proptest::prelude::*;
use sp_runtime::Permill;

use crate::{
	adjust::{difficulty, groups, EMPTY, FULL, NODES_PER_GROUP},
	election::virtual_groups,
	ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
	MAX_GROUPS,
};

const BOUNDS: (u64, u64) = (MIN_DIFFICULTY, MAX_DIFFICULTY);
const HALF_FULL: Permill = Permill::from_percent(50);

#[test]
fn groups_should_follow_the_load_when_there_are_nodes_enough() {
	let full = Permill::from_percent(76);
	let empty = Permill::from_percent(24);
	assert_eq!(groups(4, full, 100), 5);
	assert_eq!(groups(4, empty, 100), 3);
	for middle in [EMPTY, HALF_FULL, FULL] {
		assert_eq!(groups(4, middle, 100), 4);
	}
	assert_eq!(groups(MAX_GROUPS, full, 1_000), MAX_GROUPS);
	assert_eq!(groups(1, empty, 1_000), 1);
}

#[test]
fn groups_should_shrink_when_nodes_become_too_few() {
	assert_eq!(groups(16, HALF_FULL, 51), 16);
	assert_eq!(groups(16, HALF_FULL, 50), 15);
	assert_eq!(groups(16, HALF_FULL, 9), 2);
	assert_eq!(groups(16, HALF_FULL, 8), 1);
	for nodes in 0..9 {
		assert_eq!(groups(1, Permill::one(), nodes), 1);
	}
	assert_eq!(groups(1, Permill::one(), 9), 2);
}

#[test]
fn difficulty_should_fall_when_many_slots_are_missed_and_rise_when_almost_none_is() {
	assert_eq!(difficulty(800, 94, 6, BOUNDS), 700);
	assert_eq!(difficulty(800, 95, 5, BOUNDS), 800);
	assert_eq!(difficulty(800, 99, 1, BOUNDS), 800);
	assert_eq!(difficulty(800, 991, 9, BOUNDS), 900);
	assert_eq!(difficulty(800, 100, 0, BOUNDS), 900);
	assert_eq!(difficulty(800, 0, 0, BOUNDS), 800);
	assert_eq!(difficulty(800, 0, 100, BOUNDS), 700);
}

#[test]
fn difficulty_should_still_move_when_an_eighth_of_it_is_nothing() {
	assert_eq!(difficulty(3, 100, 0, BOUNDS), 4);
	assert_eq!(difficulty(3, 50, 50, BOUNDS), 2);
	assert_eq!(difficulty(1, 50, 50, BOUNDS), 1);
}

#[test]
fn bounds_should_hold_when_they_are_nonsense() {
	assert_eq!(difficulty(800, 97, 3, (900, 1_000)), 900);
	assert_eq!(difficulty(800, 97, 3, (0, 10)), 10);
	assert_eq!(difficulty(800, 97, 3, (0, 0)), MIN_DIFFICULTY);
	assert_eq!(difficulty(800, 97, 3, (1_000, 10)), 1_000);
	assert_eq!(difficulty(800, 97, 3, (u64::MAX, u64::MAX)), MAX_DIFFICULTY);
}

proptest! {
	#[test]
	fn groups_should_change_by_one_and_have_their_nodes_when_anything_is_asked(
		now in 0..=u8::MAX,
		fullness in 0..=1_000_000u32,
		nodes in 0..2_000u32,
	) {
		let next = groups(now, Permill::from_parts(fullness), nodes);
		prop_assert!((1..=MAX_GROUPS).contains(&next));
		prop_assert!(next <= now.saturating_add(1).max(1));
		prop_assert!(next == 1 || u32::from(virtual_groups(next)) * NODES_PER_GROUP <= nodes);
	}

	#[test]
	fn difficulty_should_stay_in_bounds_and_near_when_anything_is_asked(
		now in MIN_DIFFICULTY..=MAX_DIFFICULTY,
		filled in any::<u64>(),
		missed in any::<u64>(),
		one in MIN_DIFFICULTY..=MAX_DIFFICULTY,
		other in MIN_DIFFICULTY..=MAX_DIFFICULTY,
	) {
		let bounds = (one.min(other), one.max(other));
		let next = difficulty(now, filled, missed, bounds);
		prop_assert!(bounds.0 <= next && next <= bounds.1);
		let free = difficulty(now, filled, missed, BOUNDS);
		prop_assert!(free.abs_diff(now) <= (now / 8).max(1));
		prop_assert_eq!(next, free.clamp(bounds.0, bounds.1));
	}
}
