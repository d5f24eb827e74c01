//! How large a group has to be.
//!
//! A group of `n` members with the threshold `t = ⌊2n/3⌋ + 1` can sign while at least `t` of them are up. If each
//! is up with the probability `p`, and they fail independently of each other, it cannot with the probability
//!
//! ```text
//! Σ_{k < t} C(n, k) · p^k · (1 - p)^(n - k)
//! ```
//!
//! which is to stay under a bound that governance sets. `p` is what liveness challenges measure. The sum is
//! computed with fixed-point numbers that are rounded up: it is never below the exact value, and above it by less
//! than 10⁻¹⁵.

use sp_core::U256;

use crate::{Availability, MAX_MEMBERS};

/// Fewest members of a group.
pub const MIN_MEMBERS: u32 = 4;

/// What 1 is in the fixed-point numbers below. The square of it times the largest binomial coefficient that there
/// is (C(32, 16), about 2³⁰) is below 2²⁵⁶.
const ONE: u128 = 10u128.pow(30);
/// Parts of a billion, in which probabilities are given.
pub const BILLION: u32 = 1_000_000_000;

/// The threshold of a group of so many members: `⌊2n/3⌋ + 1`.
pub fn threshold_of(members: u32) -> u16 {
	let threshold = members.saturating_mul(2) / 3 + 1;
	u16::try_from(threshold).unwrap_or(u16::MAX)
}

/// `a·b`, rounded up. Neither is above [`ONE`].
fn times(a: U256, b: U256) -> U256 {
	let one = U256::from(ONE);
	a.saturating_mul(b).saturating_add(one).saturating_sub(U256::one()) / one
}

/// The probability, in parts of a billion and rounded up, that fewer members than the threshold of a group of
/// `members` are up, if each of them is up with the probability `up` in `of`.
///
/// From 0 to a billion. A billion for groups that there cannot be (of fewer members than 4, or more than 32) and
/// if `of` is 0; `up` counts as `of` at most.
pub fn outage(members: u32, up: u64, of: u64) -> u32 {
	if !(MIN_MEMBERS..=MAX_MEMBERS).contains(&members) || of == 0 {
		return BILLION;
	}
	let up = up.min(of);
	let one = U256::from(ONE);
	let probability = |part: u64| {
		let exact = one.saturating_mul(part.into());
		exact.saturating_add(of.into()).saturating_sub(U256::one()) / U256::from(of)
	};
	let (is_up, is_down) = (probability(up), probability(of.saturating_sub(up)));
	let power = |base: U256, exponent: u32| (0..exponent).fold(one, |power, _| times(power, base));

	let mut sum = U256::zero();
	let mut ways = U256::one();
	for k in 0..u32::from(threshold_of(members)) {
		let down = members.saturating_sub(k);
		let each = times(power(is_up, k), power(is_down, down));
		sum = sum.saturating_add(ways.saturating_mul(each));
		// C(n, k + 1) = C(n, k) · (n - k) / (k + 1), without a rest.
		ways = ways.saturating_mul(down.into()) / U256::from(k.saturating_add(1));
	}
	let parts = sum.saturating_mul(BILLION.into()).saturating_add(one).saturating_sub(U256::one());
	u32::try_from(parts / one).unwrap_or(BILLION).min(BILLION)
}

/// The fewest members with which a group is unable to sign with at most the probability `bound`, in parts of a
/// billion. `None` if not even the largest group would do.
///
/// Before anything was measured the availability is taken for 1 in 2, and it approaches what is measured:
/// `(passed + 1) / (passed + missed + 2)`, as Laplace's rule of succession has it.
pub fn group_size(measured: Availability, bound: u32) -> Option<u32> {
	let up = measured.passed.saturating_add(1);
	let of = up.saturating_add(measured.missed).saturating_add(1);
	(MIN_MEMBERS..=MAX_MEMBERS).find(|members| outage(*members, up, of) <= bound)
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The same by counting all ways in which members can be up, in floating point.
	fn by_counting(members: u32, p: f64) -> f64 {
		let threshold = u32::from(threshold_of(members));
		(0u32..1 << members)
			.filter(|up| up.count_ones() < threshold)
			.map(|up| {
				let up = up.count_ones() as i32;
				p.powi(up) * (1.0 - p).powi(members as i32 - up)
			})
			.sum()
	}

	/// The same by adding one member after the other: the chance that so many of the first ones are up.
	fn by_adding(members: u32, p: f64) -> f64 {
		let mut chances = vec![1.0];
		for _ in 0..members {
			let mut next = vec![0.0; chances.len() + 1];
			for (up, chance) in chances.iter().enumerate() {
				next[up] += chance * (1.0 - p);
				next[up + 1] += chance * p;
			}
			chances = next;
		}
		chances[..usize::from(threshold_of(members))].iter().sum()
	}

	fn close(parts: u32, exact: f64) -> bool {
		let parts = f64::from(parts);
		// Rounded up, by less than one part, and floating point has its own errors.
		parts >= exact * 1e9 - 1e-3 && parts <= exact * 1e9 + 1.001
	}

	#[test]
	fn outage_should_be_what_counting_gives_when_groups_are_small() {
		for members in 4..=13 {
			for up in [0, 1, 50, 80, 90, 95, 99, 100] {
				let exact = by_counting(members, up as f64 / 100.0);
				let parts = outage(members, up, 100);
				assert!(close(parts, exact), "{members} members, {up} %: {parts}, not {exact}");
			}
		}
	}

	#[test]
	fn outage_should_be_what_adding_gives_when_groups_are_of_any_size() {
		for members in 4..=32 {
			for up in [1, 333, 700, 900, 985, 999] {
				let exact = by_adding(members, up as f64 / 1000.0);
				let parts = outage(members, up, 1000);
				assert!(close(parts, exact), "{members} members, {up} ‰: {parts}, not {exact}");
			}
		}
	}

	/// Computed with fractions, apart from this code.
	#[test]
	fn outage_should_stay_what_it_is() {
		assert_eq!(outage(4, 99, 100), 592_030);
		assert_eq!(outage(5, 99, 100), 980_150);
		assert_eq!(outage(21, 95, 100), 48_714);
		assert_eq!(outage(32, 9, 10), 174_136);
		assert_eq!(outage(21, 8, 10), 108_512_454);
		assert_eq!(outage(4, 1, 1), 0);
		assert_eq!(outage(4, 0, 1), BILLION);
	}

	#[test]
	fn outage_should_be_certain_when_there_is_no_such_group_or_nothing_was_measured() {
		assert_eq!(outage(3, 1, 1), BILLION);
		assert_eq!(outage(33, 1, 1), BILLION);
		assert_eq!(outage(4, 1, 0), BILLION);
		assert_eq!(outage(4, u64::MAX, 1), 0);
		assert!(outage(32, u64::MAX - 1, u64::MAX) <= 1);
	}

	/// What is measured, so that Laplace's rule makes it `up` in `of`.
	fn measured(up: u64, of: u64) -> Availability {
		Availability { passed: up - 1, missed: of - up - 1 }
	}

	#[test]
	fn size_should_be_the_smallest_that_is_good_enough() {
		for (up, of, bound, size) in [
			(999, 1000, 1_000_000, Some(4)),
			(99, 100, 1_000_000, Some(4)),
			(99, 100, 100_000, Some(7)),
			(99, 100, 10_000, Some(10)),
			(95, 100, 1_000_000, Some(13)),
			(95, 100, 100_000, Some(16)),
			(90, 100, 10_000_000, Some(13)),
			(90, 100, 1_000_000, Some(22)),
			(80, 100, 100_000_000, Some(13)),
			(70, 100, 100_000_000, None),
		] {
			assert_eq!(group_size(measured(up, of), bound), size, "{up} in {of} under {bound}");
		}
	}

	#[test]
	fn size_should_not_be_known_when_nothing_was_measured() {
		assert_eq!(group_size(Availability::default(), 1_000_000), None);
		assert_eq!(group_size(Availability { passed: u64::MAX, missed: 0 }, 1_000_000), Some(4));
		assert_eq!(group_size(Availability { passed: 0, missed: u64::MAX }, 1_000_000), None);
	}
}
