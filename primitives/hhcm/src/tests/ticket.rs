//! The proof of work: a lottery with a bounded number of draws.

use proptest::prelude::*;
use sp_core::{Pair as _, H256, U256};

use super::{pair, round};
use crate::{
	hash,
	ticket::{
		nonce_limit, seal_payload, target, MAX_DIFFICULTY, MIN_DIFFICULTY, NONCES_PER_DIFFICULTY,
	},
	Ticket,
};

fn ticket(number: u32) -> Ticket {
	let parent = round(number, 1).seed;
	let root = H256::repeat_byte(3);
	Ticket::new(parent, 101.into(), &pair(1).public(), 2, root)
}

#[test]
fn ticket_should_be_another_when_any_part_of_it_is() {
	let (parent, root) = (H256::repeat_byte(1), H256::repeat_byte(3));
	let base = Ticket::new(parent, 101.into(), &pair(1).public(), 2, root);
	for other in [
		Ticket::new(root, 101.into(), &pair(1).public(), 2, root),
		Ticket::new(parent, 102.into(), &pair(1).public(), 2, root),
		Ticket::new(parent, 101.into(), &pair(2).public(), 2, root),
		Ticket::new(parent, 101.into(), &pair(1).public(), 3, root),
		Ticket::new(parent, 101.into(), &pair(1).public(), 2, parent),
	] {
		assert_ne!(base, other);
		assert_ne!(base.draw(0), other.draw(0));
	}
	assert_eq!(base, Ticket::new(parent, 101.into(), &pair(1).public(), 2, root));
}

#[test]
fn nonce_should_be_refused_when_it_is_not_below_the_limit() {
	assert_eq!(nonce_limit(1), NONCES_PER_DIFFICULTY);
	assert_eq!(nonce_limit(MAX_DIFFICULTY), 1 << 32);
	assert_eq!(nonce_limit(u64::MAX), u64::MAX);
	assert_eq!(nonce_limit(0), 0);
	// With difficulty 1 every draw is a solution, so that the limit alone decides.
	let ticket = ticket(0);
	assert!(ticket.is_solved_by(NONCES_PER_DIFFICULTY - 1, 1, 1));
	assert!(!ticket.is_solved_by(NONCES_PER_DIFFICULTY, 1, 1));
	assert!(!ticket.is_solved_by(u64::MAX, 1, 1));
	assert_eq!(ticket.mine(NONCES_PER_DIFFICULTY, u64::MAX, 1, 1), None);
	assert_eq!(ticket.mine(NONCES_PER_DIFFICULTY - 1, u64::MAX, 1, 1), Some(63));
}

#[test]
fn limit_should_not_grow_with_the_handicap_when_a_place_is_worse() {
	// With the largest handicap, 32, a share of about e⁻² of the tickets has no solution at all.
	let unsolved =
		(0..400).filter(|number| ticket(*number).mine(0, u64::MAX, 4, 32).is_none()).count();
	// Binomial: mean 400·(1 - 1/128)²⁵⁶ = 53.7, deviation 6.8.
	assert!((30..=78).contains(&unsolved), "{unsolved}");
	// Without handicap nobody is left out.
	assert!((0..400).all(|number| ticket(number).mine(0, u64::MAX, 4, 1).is_some()));
}

#[test]
fn target_should_be_the_share_of_all_draws_when_divided() {
	assert_eq!(target(1, 1), U256::MAX);
	assert_eq!(target(2, 1), U256::MAX / 2);
	assert_eq!(target(3, 4), U256::MAX / 12);
	assert_eq!(target(0, 1), U256::MAX);
	assert_eq!(target(1, 0), U256::MAX);
	assert!(target(u64::MAX, u64::MAX) > U256::zero());
	assert!(target(MIN_DIFFICULTY, 1) > target(MAX_DIFFICULTY, 1));
}

/// The mean number of hashes to a solution.
fn mean_work(difficulty: u64, handicap: u64, tickets: u32) -> f64 {
	let total: u64 = (0..tickets)
		.map(|number| {
			let ticket = ticket(number);
			(0u64..).find(|nonce| ticket.draw(*nonce) <= target(difficulty, handicap)).unwrap() + 1
		})
		.sum();
	total as f64 / f64::from(tickets)
}

#[test]
fn work_should_be_difficulty_times_handicap_when_averaged() {
	let tickets = 300;
	for (difficulty, handicap) in [(16, 1), (16, 2), (16, 4), (32, 4), (8, 16)] {
		let expected = (difficulty * handicap) as f64;
		let mean = mean_work(difficulty, handicap, tickets);
		// A geometric distribution deviates by its mean: four standard errors.
		let error = 4.0 * expected / f64::from(tickets).sqrt();
		assert!((mean - expected).abs() < error, "{difficulty}·{handicap}: {mean}");
	}
}

#[test]
fn mining_should_be_possible_in_pieces_when_work_is_split() {
	for number in 0..20 {
		let ticket = ticket(number);
		let whole = ticket.mine(0, u64::MAX, 32, 2);
		let pieces = (0..64).find_map(|piece| ticket.mine(piece * 32, 32, 32, 2));
		assert_eq!(whole, pieces);
		if let Some(nonce) = whole {
			assert!(ticket.is_solved_by(nonce, 32, 2));
			assert_eq!(ticket.mine(0, nonce, 32, 2), None);
			assert_eq!(ticket.mine(nonce, 1, 32, 2), Some(nonce));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn solution_should_stay_one_when_the_handicap_is_smaller(
		number in any::<u32>(),
		difficulty in 1..64u64,
		handicap in 1..=32u64,
	) {
		let ticket = ticket(number);
		if let Some(nonce) = ticket.mine(0, 500, difficulty, handicap) {
			prop_assert!(ticket.is_solved_by(nonce, difficulty, handicap));
			for smaller in 1..handicap {
				prop_assert!(ticket.is_solved_by(nonce, difficulty, smaller));
			}
		}
	}

	#[test]
	fn nothing_should_overflow_when_numbers_are_extreme(
		from in any::<u64>(),
		nonce in any::<u64>(),
		difficulty in any::<u64>(),
		handicap in any::<u64>(),
	) {
		let ticket = ticket(0);
		ticket.mine(from, 3, difficulty, handicap);
		ticket.is_solved_by(nonce, difficulty, handicap);
	}
}

#[test]
fn seal_payload_should_be_another_when_hash_or_nonce_are() {
	let (one, other) = (H256::repeat_byte(1), H256::repeat_byte(2));
	let payload = seal_payload(&one, 1);
	assert_ne!(payload, seal_payload(&one, 2));
	assert_ne!(payload, seal_payload(&other, 1));
	assert_eq!(payload, hash(b"hhcm/block/seal/", &(one, 1u64)).0);
}
