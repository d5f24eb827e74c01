//! Members drawn by stake.

use alloc::vec::Vec;
use codec::Encode;
use sp_core::{H256, U256};

/// Draws `count` places of this list, without putting any back, each with a chance in proportion to the stake at
/// it. The places come in the order in which they were drawn.
///
/// The same seed and stakes always give the same places, and no seed says anything about what another gives. The
/// stakes are used as if their sum were below 2¹²⁸, as all amounts of one currency are. Each draw costs one pass
/// over the list and, on average, less than two hashes.
///
/// `None` if fewer than `count` places have a stake.
pub fn draw(seed: H256, stakes: &[u128], count: usize) -> Option<Vec<usize>> {
	let mut left: Vec<u128> = stakes.to_vec();
	let mut drawn = Vec::with_capacity(count.min(left.len()));
	for number in 0..count {
		let total = left.iter().fold(0u128, |sum, stake| sum.saturating_add(*stake));
		let ticket = ticket(seed, number as u64, total)?;
		let mut passed = 0u128;
		let place = left.iter().position(|stake| {
			passed = passed.saturating_add(*stake);
			ticket < passed
		})?;
		drawn.push(place);
		if let Some(stake) = left.get_mut(place) {
			*stake = 0;
		}
	}
	Some(drawn)
}

/// A number from 0 to `below - 1`, each as likely as the others but for a difference of 2⁻¹²⁸ at most. `None` if
/// `below` is 0.
fn ticket(seed: H256, number: u64, below: u128) -> Option<u128> {
	// Twice as many bits as the range has: what is left over of it weighs nothing.
	let hash = crate::tagged_hash(b"fusion/dcrm/draw/1", &(seed, number).encode());
	let rest = U256::from_big_endian(&hash).checked_rem(below.into())?;
	rest.try_into().ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn seed(number: u64) -> H256 {
		H256::from_low_u64_be(number)
	}

	#[test]
	fn draw_should_be_the_same_when_repeated() {
		let stakes = [5, 1, 0, 9, 7, 2];
		let first = draw(seed(1), &stakes, 4).unwrap();
		assert_eq!(draw(seed(1), &stakes, 4), Some(first.clone()));
		// The first places do not depend on how many are drawn.
		assert_eq!(draw(seed(1), &stakes, 2).unwrap(), first[..2]);
		let others = (2..50).filter(|other| draw(seed(*other), &stakes, 4).unwrap() != first);
		assert!(others.count() > 40);
	}

	#[test]
	fn draw_should_give_every_staked_place_once_when_all_are_drawn() {
		let stakes = [5, 1, 0, 9, 7, 2];
		for number in 0..100 {
			let mut all = draw(seed(number), &stakes, 5).unwrap();
			all.sort_unstable();
			assert_eq!(all, vec![0, 1, 3, 4, 5]);
		}
	}

	#[test]
	fn draw_should_give_nothing_when_there_is_not_enough_to_draw_from() {
		assert_eq!(draw(seed(1), &[], 1), None);
		assert_eq!(draw(seed(1), &[0, 0], 1), None);
		assert_eq!(draw(seed(1), &[3, 0, 4], 3), None);
		assert_eq!(draw(seed(1), &[], 0), Some(vec![]));
	}

	#[test]
	fn draw_should_not_overflow_when_stakes_are_as_large_as_they_can_be() {
		let drawn = draw(seed(1), &[u128::MAX, 1, u128::MAX], 2).unwrap();
		assert_eq!(drawn.len(), 2);
	}

	/// `Σ (seen - expected)² / expected`.
	fn chi_squared(seen: &[u64], expected: &[f64]) -> f64 {
		seen.iter()
			.zip(expected)
			.map(|(seen, expected)| (*seen as f64 - expected).powi(2) / expected)
			.sum()
	}

	#[test]
	fn first_place_should_follow_the_stakes_when_drawn_often() {
		let stakes = [1u128, 2, 3, 4, 10, 30];
		let (rounds, total) = (20_000u64, 50.0);
		let mut seen = [0u64; 6];
		for number in 0..rounds {
			seen[draw(seed(number), &stakes, 1).unwrap()[0]] += 1;
		}
		let expected: Vec<f64> =
			stakes.iter().map(|stake| *stake as f64 / total * rounds as f64).collect();
		// Five degrees of freedom: 20.5 is passed once in a thousand times, and the seeds are fixed.
		let statistic = chi_squared(&seen, &expected);
		assert!(statistic < 20.5, "{statistic}: {seen:?}");
	}

	#[test]
	fn pairs_should_follow_the_stakes_when_drawn_without_putting_back() {
		let stakes = [1u128, 2, 5];
		let rounds = 20_000u64;
		let mut seen = [[0u64; 3]; 3];
		for number in 0..rounds {
			let drawn = draw(seed(number), &stakes, 2).unwrap();
			seen[drawn[0]][drawn[1]] += 1;
		}
		let (mut counts, mut expected) = (Vec::new(), Vec::new());
		for first in 0..3 {
			for second in (0..3).filter(|second| *second != first) {
				let (a, b) = (stakes[first] as f64, stakes[second] as f64);
				counts.push(seen[first][second]);
				expected.push(a / 8.0 * b / (8.0 - a) * rounds as f64);
			}
		}
		let statistic = chi_squared(&counts, &expected);
		assert!(statistic < 20.5, "{statistic}: {counts:?}");
	}

	/// Golden values, computed apart from this code.
	#[test]
	fn draw_should_stay_what_it_is() {
		assert_eq!(draw(seed(1), &[5, 1, 0, 9, 7, 2], 4), Some(vec![0, 4, 3, 1]));
		assert_eq!(
			draw(H256::repeat_byte(0xab), &[1 << 100, 3 << 99, 1, 7 << 98], 3),
			Some(vec![1, 3, 0])
		);
	}
}
