//! How many hashes a block takes of all nodes together, as there are more of them.

use fusion_hhcm_primitives::{
	election::ASSEMBLERS, ticket::NONCES_PER_DIFFICULTY, Election, GroupId, Round, Slot,
};

use crate::{
	contest::{Assemblers, Conditions, Race, Tactics, DIFFICULTY},
	network::Network,
	parallel, random,
	statistics::{mean, quantile},
	Effort,
};

/// Numbers of nodes that are tried.
pub const NODES: [u16; 7] = [10, 20, 50, 100, 200, 500, 1_000];
/// The most hashes of a block, as a multiple of the difficulty: every nonce of all who may assemble.
pub const BOUND: f64 = (ASSEMBLERS as u64 * NONCES_PER_DIFFICULTY) as f64;

/// Hashes per block, as multiples of the difficulty.
#[derive(Clone, Copy, Debug)]
pub struct Hashing {
	/// How many nodes there are.
	pub nodes: u16,
	/// Transaction groups.
	pub groups: GroupId,
	/// The mean.
	pub mean: f64,
	/// What one block in a hundred exceeds.
	pub one_in_hundred: f64,
	/// The most of all blocks.
	pub most: f64,
}

/// With one group, and with as many as the nodes permit.
pub fn run(effort: Effort) -> Vec<Hashing> {
	let jobs: Vec<_> = NODES
		.into_iter()
		.flat_map(|nodes| {
			let mut groups = vec![1, Network::honest(nodes).most_groups()];
			groups.dedup();
			groups.into_iter().map(move |groups| (nodes, groups))
		})
		.collect();
	parallel::map(&jobs, |(nodes, groups)| {
		// An election of a thousand nodes takes as long as ten of a hundred.
		let rounds = if *nodes > 100 { 800 } else { 4_000 };
		hashing(*nodes, *groups, effort.of(rounds))
	})
}

fn hashing(nodes: u16, groups: GroupId, rounds: u32) -> Hashing {
	let network = Network::honest(nodes);
	let mut random = random::source(&format!("hashing: {nodes}, {groups}"));
	let hashes: Vec<_> = (0..rounds)
		.map(|_| {
			let round = Round {
				seed: random::seed(&mut random),
				last_slot: Slot::from(100),
				groups,
				difficulty: DIFFICULTY,
			};
			let election = Election::new(&round, Slot::from(101), network.authorities());
			let race = Race::new(&election, &network, Assemblers::Rules);
			let contest = race.run(DIFFICULTY, &Conditions::REAL, &Tactics::NONE, &mut random);
			contest.hashes / DIFFICULTY as f64
		})
		.collect();
	Hashing {
		nodes,
		groups,
		mean: mean(&hashes),
		one_in_hundred: quantile(&hashes, 0.99),
		most: quantile(&hashes, 1.0),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hashes_should_not_grow_with_nodes_and_stay_below_the_bound() {
		let few = hashing(10, 1, 300);
		let many = hashing(200, 1, 300);
		assert!(few.most <= BOUND && many.most <= BOUND);
		assert!((many.mean / few.mean - 1.0).abs() < 0.3, "{} and {}", few.mean, many.mean);
		assert!(few.mean > 0.5 && few.mean < few.one_in_hundred && few.one_in_hundred <= few.most);
	}
}
