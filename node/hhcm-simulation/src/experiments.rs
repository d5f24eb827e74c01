//! What is asked, and how it is answered. Each experiment is in a file of its own.

use fusion_hhcm_primitives::{Election, GroupId, Round, Slot};

use crate::{
	contest::{Assemblers, Conditions, Race, Tactics, DIFFICULTY},
	network::Network,
	random,
	statistics::Proportion,
};

pub mod forks;
pub mod hashing;
pub mod offline;
pub mod runs;
pub mod seeds;
pub mod shares;

/// Nodes of most experiments.
pub const NODES: u16 = 60;
/// Transaction groups of experiments in which their number matters little.
pub const GROUPS: GroupId = 4;
/// The largest share of hash power that an attacker is given.
pub const MOST_POWER: f64 = 0.9;

/// What came out of slots that have nothing to do with each other.
#[derive(Clone, Debug)]
pub struct Sample {
	/// In how many of them the attacker may assemble.
	pub takes_part: Proportion,
	/// For each of the tactics, how many of the blocks are the attacker's.
	pub authored: Vec<Proportion>,
	/// For each of the tactics, whether each block is the attacker's.
	pub sequences: Vec<Vec<bool>>,
}

/// Runs slots in which nobody is offline, each with a seed of its own: what a chain is to somebody who cannot
/// choose seeds. All tactics are tried in each.
pub fn sample(
	network: &Network,
	groups: GroupId,
	assemblers: Assemblers,
	tactics: &[Tactics],
	rounds: u32,
	name: &str,
) -> Sample {
	let mut random = random::source(name);
	let mut takes_part = Proportion::default();
	let mut sequences: Vec<Vec<bool>> = vec![vec![]; tactics.len()];
	for _ in 0..rounds {
		let round = Round {
			seed: random::seed(&mut random),
			last_slot: Slot::from(100),
			groups,
			difficulty: DIFFICULTY,
		};
		let election = Election::new(&round, Slot::from(101), network.authorities());
		let race = Race::new(&election, network, assemblers);
		takes_part.count(race.has_attacker());
		for (tactics, sequence) in tactics.iter().zip(&mut sequences) {
			let contest = race.run(DIFFICULTY, &Conditions::IDEAL, tactics, &mut random);
			sequence.extend(contest.winner.map(|winner| winner.attacking));
		}
	}
	let authored = sequences
		.iter()
		.map(|sequence| Proportion {
			hits: sequence.iter().filter(|is_theirs| **is_theirs).count() as u64,
			of: sequence.len() as u64,
		})
		.collect();
	Sample { takes_part, authored, sequences }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sample_should_be_the_same_when_it_is_taken_again() {
		let network = Network::of_equals(20, 0.2);
		let tactics = [network.tactics(0.2), network.tactics(0.9)];
		let take = |name| sample(&network, 2, Assemblers::Rules, &tactics, 40, name);
		let (one, again, other) = (take("one"), take("one"), take("other"));
		assert_eq!(one.sequences, again.sequences);
		assert_ne!(one.sequences, other.sequences);
		assert_eq!(one.authored[0].of, 40);
		// The attacker authors no block of a race that it is not in.
		assert!(one.authored.iter().all(|authored| authored.hits <= one.takes_part.hits));
	}

	#[test]
	fn share_should_follow_stake_when_power_does_and_races_when_power_is_overwhelming() {
		let network = Network::of_equals(20, 0.2);
		let tactics = [network.tactics(0.2), network.tactics(0.99)];
		let sample = sample(&network, 1, Assemblers::Rules, &tactics, 2_000, "test shares");
		// Not exactly: the attacker has the power of all its nodes for one ticket, and never gives up.
		let share = sample.authored[0].value();
		assert!(share > 0.2 && share < 0.5, "{share}");
		// With nearly all power it wins the races that it is in, unless an honest node is drawn before it, and is in
		// time.
		assert!(sample.authored[1].value() > share);
		assert!(sample.authored[1].value() < sample.takes_part.value());
	}
}
