//! What an author can do to the next seed.
//!
//! A seed follows from the one before and its author's VRF output, which is one value. So an author chooses
//! only whether there is a block of it; and an attacker with several nodes in one race, which of them has it.
//! Here the attacker knows before each of its blocks which election each choice leads to, and wins every race
//! that it is in, as if its hash power were infinite.

use fusion_hhcm_primitives::{AuthorityIndex, Candidate, Election};

use super::{GROUPS, NODES};
use crate::{
	chain::Chain,
	contest::DIFFICULTY,
	network::{Network, Role},
	parallel, random,
	statistics::{self, Proportion},
	Effort,
};

/// Shares of stake that are tried.
pub const STAKES: [f64; 6] = [0.1, 0.2, 0.3, 0.33, 0.4, 0.45];
/// The longest run of blocks that is looked for.
pub const MOST: usize = 12;

/// What an attacker does that may assemble. What it wants is to assemble in the next slot too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
	/// Its first node publishes, whatever comes of it.
	Publish,
	/// Of its nodes in the race, one publishes whose seed gives it what it wants. If there is none, the first.
	Choose,
	/// As before, but if there is none, no node publishes: another author's seed may be better.
	Withhold,
}

/// All of them.
pub const STRATEGIES: [Strategy; 3] = [Strategy::Publish, Strategy::Choose, Strategy::Withhold];

/// What came of a strategy.
#[derive(Clone, Debug)]
pub struct Seeds {
	/// The attacker's share of the stake.
	pub stake: f64,
	/// What it does.
	pub strategy: Strategy,
	/// Of the slots in which it may assemble, those after which it may in the next slot too.
	pub again: Proportion,
	/// Of all blocks, those that are its.
	pub authored: Proportion,
	/// Slots with a block, of all.
	pub filled: Proportion,
	/// Its blocks in a row. The k-th entry is for k + 1 blocks.
	pub runs: Vec<Proportion>,
}

/// For all stakes and strategies.
pub fn run(effort: Effort) -> Vec<Seeds> {
	let jobs: Vec<_> =
		STAKES.into_iter().flat_map(|stake| STRATEGIES.map(|strategy| (stake, strategy))).collect();
	parallel::map(&jobs, |(stake, strategy)| seeds(*stake, *strategy, effort.of(20_000)))
}

/// Whether the attacker may assemble.
fn may(network: &Network, election: &Election) -> bool {
	election.may_assemble().any(|candidate| network.role(candidate.index) == Role::Attacking)
}

/// Who publishes, if anybody does, in a slot in which the attacker's nodes `ours` may assemble, and the honest
/// node `other`, if one may.
fn decide(
	chain: &Chain<'_>,
	network: &Network,
	strategy: Strategy,
	ours: &[Candidate],
	other: Option<Candidate>,
) -> Option<AuthorityIndex> {
	let first = ours.first().map(|candidate| candidate.index);
	if strategy == Strategy::Publish {
		return first;
	}
	let good = ours.iter().map(|candidate| candidate.index).find(|author| {
		let mut next = chain.with_block(*author);
		may(network, &next.next_slot())
	});
	if good.is_some() || strategy == Strategy::Choose {
		return good.or(first);
	}
	match other {
		// Whose output nobody knows yet.
		Some(other) => Some(other.index),
		// The slot would be missed. What the old seed leads to is known.
		None => {
			let mut next = chain.clone();
			first.filter(|_| !may(network, &next.next_slot()))
		},
	}
}

fn seeds(stake: f64, strategy: Strategy, slots: u32) -> Seeds {
	let network = Network::of_equals(NODES, stake);
	let mut random = random::source(&format!("seeds: {stake}"));
	let mut chain = Chain::new(&network, GROUPS, DIFFICULTY, random::seed(&mut random));
	let (mut again, mut filled) = (Proportion::default(), Proportion::default());
	let mut blocks = vec![];
	let mut may_before = false;
	for _ in 0..slots {
		let election = chain.next_slot();
		let (ours, others): (Vec<_>, Vec<_>) = election
			.may_assemble()
			.partition(|candidate| network.role(candidate.index) == Role::Attacking);
		if may_before {
			again.count(!ours.is_empty());
		}
		may_before = !ours.is_empty();
		let other = others.first().copied();
		let author = if ours.is_empty() {
			other.map(|other| other.index)
		} else {
			decide(&chain, &network, strategy, &ours, other)
		};
		filled.count(author.is_some());
		if let Some(author) = author {
			chain.append(author);
			blocks.push(network.role(author) == Role::Attacking);
		}
	}
	let hits = blocks.iter().filter(|is_theirs| **is_theirs).count() as u64;
	let authored = Proportion { hits, of: blocks.len() as u64 };
	Seeds { stake, strategy, again, authored, filled, runs: statistics::runs(&blocks, MOST) }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn author_should_gain_places_by_choosing_and_lose_blocks_by_withholding() {
		let [publish, choose, withhold] = STRATEGIES.map(|strategy| seeds(0.2, strategy, 5_000));
		assert!(choose.again.value() > publish.again.value());
		assert!(withhold.again.value() > choose.again.value() + 0.1);
		assert!(withhold.authored.value() < publish.authored.value());
		assert_eq!(publish.filled, Proportion { hits: 5_000, of: 5_000 });
		assert_eq!(choose.filled, publish.filled);
	}

	#[test]
	fn block_should_be_published_when_its_seed_is_good() {
		let network = Network::of_equals(12, 0.5);
		let mut chain =
			Chain::new(&network, 1, DIFFICULTY, random::seed(&mut random::source("test")));
		let mut withheld = 0;
		for _ in 0..40 {
			let election = chain.next_slot();
			let (ours, others): (Vec<_>, Vec<_>) = election
				.may_assemble()
				.partition(|candidate| network.role(candidate.index) == Role::Attacking);
			let other = others.first().copied();
			if !ours.is_empty() {
				let author = decide(&chain, &network, Strategy::Withhold, &ours, other);
				let is_good = |candidate: &Candidate| {
					may(&network, &chain.with_block(candidate.index).next_slot())
				};
				let has_good = ours.iter().any(is_good);
				let publishes = author.is_some_and(|who| network.role(who) == Role::Attacking);
				assert!(publishes || !has_good);
				withheld += u32::from(!publishes);
			}
			let author = ours.first().or(others.first()).expect("somebody may").index;
			chain.append(author);
		}
		assert!(withheld < 20, "half of the stake finds a good seed most times: {withheld}");
	}
}
