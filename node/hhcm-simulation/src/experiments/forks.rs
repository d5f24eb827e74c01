//! Whether an attacker that builds a chain in secret can outweigh the public one.
//!
//! Both begin at the same block. In public there are the honest nodes, and the attacker's are silent. In
//! secret there are only the attacker's, with nearly all hash power: it authors whenever one of its nodes may
//! assemble, and each slot that it misses lets three more. What a chain weighs is the sum of its blocks, and
//! what a block weighs is what its packages are worth, and packages are signed for one parent: the secret
//! chain has none of honest nodes.

use super::{GROUPS, MOST_POWER, NODES};
use crate::{
	chain::Chain,
	contest::{Conditions, Tactics, DIFFICULTY},
	network::{Network, Role},
	parallel,
	random::{self, Random},
	statistics::Proportion,
	Effort,
};

/// Shares of stake that are tried.
pub const STAKES: [f64; 5] = [0.1, 0.2, 0.33, 0.4, 0.45];
/// After how many slots the chains are compared.
pub const LENGTHS: [u32; 8] = [1, 2, 3, 5, 8, 12, 16, 20];

/// How secret chains of one length fared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fork {
	/// The attacker's share of the stake.
	pub stake: f64,
	/// Slots from the fork on.
	pub slots: u32,
	/// How often the secret chain was the heavier one.
	pub heavier: Proportion,
	/// How often it had more blocks.
	pub longer: Proportion,
}

/// What a chain has come to.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
	weight: u64,
	blocks: u64,
}

/// What a chain has come to after each of so many slots.
fn grow(mut chain: Chain<'_>, tactics: &Tactics, random: &mut Random) -> Vec<Standing> {
	let mut standing = Standing::default();
	let most = LENGTHS.iter().copied().max().unwrap_or_default();
	(0..most)
		.map(|_| {
			if let Some(winner) = chain.step(&Conditions::REAL, tactics, random).winner {
				standing.weight += winner.weight;
				standing.blocks += 1;
			}
			standing
		})
		.collect()
}

/// For all stakes and lengths.
pub fn run(effort: Effort) -> Vec<Fork> {
	let forks = parallel::map(&STAKES, |stake| forks(*stake, effort.of(1_000)));
	forks.into_iter().flatten().collect()
}

fn forks(stake: f64, trials: u32) -> Vec<Fork> {
	let network = Network::of_equals(NODES, stake);
	let (public, secret) = (network.only(Role::Honest), network.only(Role::Attacking));
	let tactics = network.tactics(MOST_POWER);
	let mut random = random::source(&format!("forks: {stake}"));
	let none = Proportion::default();
	let mut forks =
		LENGTHS.map(|slots| Fork { stake, slots, heavier: none, longer: none }).to_vec();
	for _ in 0..trials {
		let seed = random::seed(&mut random);
		let begin = |network| Chain::new(network, GROUPS, DIFFICULTY, seed);
		let public = grow(begin(&public), &Tactics::NONE, &mut random);
		let secret = grow(begin(&secret), &tactics, &mut random);
		for fork in &mut forks {
			let place = fork.slots as usize - 1;
			let (theirs, ours) = (secret[place], public[place]);
			fork.heavier.count(theirs.weight > ours.weight);
			fork.longer.count(theirs.blocks > ours.blocks);
		}
	}
	forks
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn secret_chain_should_lose_when_it_has_little_stake_and_win_when_it_has_nearly_all() {
		let last = |stake| *forks(stake, 30).last().expect("there are lengths");
		let little = last(0.1);
		assert_eq!(little.slots, 20);
		assert_eq!((little.heavier.hits, little.longer.hits), (0, 0));
		let most = last(0.9);
		assert_eq!(most.heavier.hits, 30);
	}

	#[test]
	fn weight_should_grow_with_every_block_when_all_are_online() {
		let network = Network::honest(30);
		let chain = Chain::new(&network, 4, 1 << 10, random::seed(&mut random::source("test")));
		let standings = grow(chain, &Tactics::NONE, &mut random::source("test growth of weight"));
		assert_eq!(standings.len(), 20);
		for (number, standing) in (1..).zip(&standings) {
			assert_eq!(standing.blocks, number);
			// All packages of winners, and one for the block; less if a group has no member.
			assert!(standing.weight <= number * 65 && standing.weight > number * 40);
		}
	}
}
