//! Chances, by Pearson's chi-squared test. Seeds are fixed, so that a test that passes passes always; the
//! limits are those that chance exceeds once in a thousand.

use super::{keyless, round};
use crate::{
	election::{group_of, transaction_group, virtual_groups},
	hash, Authority, AuthorityIndex, Election,
};

/// Pearson's statistic.
fn chi_squared(observed: &[u32], expected: &[f64]) -> f64 {
	assert_eq!(observed.len(), expected.len());
	observed
		.iter()
		.zip(expected)
		.map(|(observed, expected)| {
			assert!(*expected >= 5.0, "too few draws for the test");
			(f64::from(*observed) - expected).powi(2) / expected
		})
		.sum()
}

/// The value that chance exceeds once in a thousand, by Wilson and Hilferty's approximation.
fn limit(degrees: usize) -> f64 {
	let k = degrees as f64;
	let z = 3.090_232;
	k * (1.0 - 2.0 / (9.0 * k) + z * (2.0 / (9.0 * k)).sqrt()).powi(3)
}

/// Fails if the counts cannot be by chance.
fn assert_likely(observed: &[u32], shares: &[f64]) {
	let draws: u32 = observed.iter().sum();
	let expected: Vec<_> = shares.iter().map(|share| share * f64::from(draws)).collect();
	let (statistic, limit) = (chi_squared(observed, &expected), limit(observed.len() - 1));
	assert!(statistic < limit, "{statistic} is above {limit}: {observed:?}, not {expected:?}");
}

fn assert_uniform(observed: &[u32]) {
	assert_likely(observed, &vec![1.0 / observed.len() as f64; observed.len()]);
}

#[test]
fn test_should_tell_a_loaded_die_when_it_sees_one() {
	assert!((limit(5) - 20.515).abs() < 0.5);
	assert!((limit(16) - 39.252).abs() < 0.5);
	let loaded = [1_100, 980, 980, 980, 980, 980];
	let expected = [1_000.0; 6];
	assert!(chi_squared(&loaded, &expected) < limit(5));
	let loaded = [1_200, 960, 960, 960, 960, 960];
	assert!(chi_squared(&loaded, &expected) > limit(5));
}

#[test]
fn chance_to_win_a_group_should_be_the_share_of_weight_when_all_are_in_it() {
	let weights = [1, 2, 3, 4, 10, 30];
	let total = 50.0;
	let nodes = keyless(&weights);
	let mut first = [0u32; 6];
	let mut second = [0u32; 6];
	for number in 0..12_000 {
		let election = Election::new(&round(number, 1), 101.into(), &nodes);
		first[usize::from(election.ranking(0)[0])] += 1;
		second[usize::from(election.ranking(0)[1])] += 1;
	}
	let shares = weights.map(|weight| weight as f64 / total);
	assert_likely(&first, &shares);
	// The second rank is drawn by weight of those that are left.
	let mut shares_of_second = [0.0; 6];
	for (winner, won) in shares.iter().enumerate() {
		for (index, share) in shares.iter().enumerate().filter(|(index, _)| *index != winner) {
			shares_of_second[index] += won * share / (1.0 - won);
		}
	}
	assert_likely(&second, &shares_of_second);
}

#[test]
fn chance_should_not_depend_on_the_unit_of_weight_when_weights_are_huge() {
	let unit = u64::MAX / 4;
	let nodes = keyless(&[unit, 3 * unit]);
	let mut first = [0u32; 2];
	for number in 0..6_000 {
		let election = Election::new(&round(number, 1), 101.into(), &nodes);
		first[usize::from(election.ranking(0)[0])] += 1;
	}
	assert_likely(&first, &[0.25, 0.75]);
}

#[test]
fn groups_should_be_equally_likely_when_nodes_are_drawn() {
	let nodes = keyless(&[1; 40]);
	for groups in [1, 2, 5, 16] {
		let mut counts = vec![0u32; usize::from(virtual_groups(groups))];
		for number in 0..200 {
			let seed = round(number, groups).seed;
			for node in &nodes {
				counts[usize::from(group_of(seed, 101.into(), &node.id, groups))] += 1;
			}
		}
		if groups > 1 {
			assert_uniform(&counts);
		}
	}
}

#[test]
fn groups_should_be_equally_likely_when_transactions_are_drawn() {
	for groups in [2, 3, 16] {
		let mut counts = vec![0u32; usize::from(groups)];
		let seed = round(9, groups).seed;
		for number in 0..8_000u32 {
			let key = hash(b"tests/signer////", &number);
			counts[usize::from(transaction_group(seed, 101.into(), key, groups))] += 1;
		}
		assert_uniform(&counts);
	}
}

#[test]
fn orders_of_groups_should_be_equally_likely_when_drawn() {
	let mut counts = [0u32; 6];
	for number in 0..6_000 {
		let election = Election::new(&round(number, 3), 101.into(), &[]);
		let order = election.order();
		let position = usize::from(order[0]) * 2 + usize::from(order[1] > order[2]);
		counts[position] += 1;
	}
	assert_uniform(&counts);
	let mut first = [0u32; 16];
	for number in 0..2_000 {
		let election = Election::new(&round(number, 16), 101.into(), &[]);
		first[usize::from(election.order()[0])] += 1;
	}
	assert_uniform(&first);
}

/// In how many of so many rounds one of these nodes may assemble.
fn may_assemble(
	nodes: &[Authority],
	groups: u8,
	rounds: u32,
	whose: impl Fn(AuthorityIndex) -> bool,
) -> f64 {
	let hits = (0..rounds)
		.filter(|number| {
			let election = Election::new(&round(*number, groups), 101.into(), nodes);
			let hit = election.may_assemble().any(|candidate| whose(candidate.index));
			hit
		})
		.count();
	hits as f64 / f64::from(rounds)
}

#[test]
fn tenth_of_the_stake_should_be_in_few_races_when_it_wins_all_of_them_by_hash_power() {
	let rounds = 800;
	// One node with a tenth of the weight, and the same as ten nodes, of 60 in either case. A race that it
	// is in is counted as won: as if its hash power were infinite.
	let mut whale = vec![9; 60];
	whale[0] = 59;
	let mut split = vec![9; 60];
	split[..10].fill(5);
	for groups in [1, 2, 4, 16] {
		for (name, weights, nodes) in [("one", &whale, 1), ("ten", &split, 10)] {
			let share = may_assemble(&keyless(weights), groups, rounds, |index| index < nodes);
			// Three standard deviations above 1 - 0.9³.
			let bound = 0.271 + 3.0 * (0.271f64 * 0.729 / f64::from(rounds)).sqrt();
			assert!(share < bound.min(0.32), "{name} node, {groups} groups: {share}");
		}
	}
}
