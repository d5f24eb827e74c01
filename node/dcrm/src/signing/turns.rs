//! Whose turn it is to lead a request, and how patient everybody is with it meanwhile.
//!
//! In a *lap* each member leads once. If nobody has finished in a lap, then either too many members are down, or all
//! are too slow for what they are asked: and then it would make it worse to ask for more all the time. So turns and
//! rounds take twice as long in the next lap, and so on, up to [`MOST_PATIENT`] times. (As with view changes of
//! Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI 1999, §4.5.2.)

use crate::effect::Millis;

/// After so many laps turns do not become longer any more.
const LAPS: u32 = 3;
/// How many times as long as at first turns and rounds last at most.
pub const MOST_PATIENT: u64 = 1 << LAPS;

/// A turn of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
	/// Its number, from 0 on.
	pub number: u64,
	/// How many times as long as at first turns and rounds last, from 1 to [`MOST_PATIENT`].
	pub patience: u64,
}

impl Turn {
	/// The turn when a request has been seen for `elapsed` milliseconds, of a group of `members`; `length` is that of
	/// the first turns, in milliseconds. Neither is taken for less than 1.
	pub fn after(elapsed: Millis, length: Millis, members: u64) -> Self {
		let (length, members) = (length.max(1), members.max(1));
		let mut left = elapsed;
		let mut number = 0_u64;
		let mut patience = 1;
		for lap in 0..=LAPS {
			patience = 1_u64.checked_shl(lap).unwrap_or(MOST_PATIENT);
			let turn = length.saturating_mul(patience);
			let all = turn.saturating_mul(members);
			if left < all || lap == LAPS {
				number = number.saturating_add(left.checked_div(turn).unwrap_or(0));
				break;
			}
			left = left.saturating_sub(all);
			number = number.saturating_add(members);
		}
		Self { number, patience }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn turns_should_be_twice_as_long_in_each_lap() {
		// Four members, turns of 10.
		let at = |elapsed| Turn::after(elapsed, 10, 4);
		for (elapsed, number, patience) in [
			(0, 0, 1),
			(9, 0, 1),
			(10, 1, 1),
			(39, 3, 1),
			(40, 4, 2),
			(59, 4, 2),
			(60, 5, 2),
			(119, 7, 2),
			(120, 8, 4),
			(279, 11, 4),
			(280, 12, 8),
			(359, 12, 8),
			(360, 13, 8),
			// From here on all are as long.
			(600, 16, 8),
			(680, 17, 8),
		] {
			assert_eq!(at(elapsed), Turn { number, patience }, "after {elapsed}");
		}
	}

	proptest! {
		#[test]
		fn turns_should_follow_one_another_without_a_gap(length in 1_u64..5_000, members in 1_u64..50) {
			let mut begin = 0;
			for number in 0..5 * members {
				let turn = Turn::after(begin, length, members);
				prop_assert_eq!(turn.number, number);
				let end = begin + length * turn.patience;
				prop_assert_eq!(Turn::after(end - 1, length, members), turn);
				begin = end;
			}
		}

		#[test]
		fn nothing_should_overflow(elapsed: u64, length: u64, members: u64) {
			let Turn { patience, .. } = Turn::after(elapsed, length, members);
			prop_assert!((1..=MOST_PATIENT).contains(&patience));
		}
	}
}
