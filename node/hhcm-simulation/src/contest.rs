//! One slot: who solves a ticket when, who publishes a block, and which block stays.
//!
//! The rules decide who may take part, how hard each ticket is, and what each block weighs. How many hashes a
//! ticket takes is drawn by chance.
//!
//! Honest nodes do as the node in `node/hhcm` does: each position of the assembly order begins a little later
//! than the one before, and whoever sees a block of the slot gives up its own if that one is the better one. Of the
//! blocks that are published, the heaviest stays, and of those that weigh the same the one whose author comes
//! first in the assembly order. The attacker waits for nobody, has all its hash power for one ticket at a time,
//! never gives up, and builds its blocks in no time.

use std::cmp::Reverse;

use fusion_hhcm_primitives::{
	election::{package_weight, PACKAGERS},
	ticket::{nonce_limit, target},
	AuthorityIndex, Candidate, Election, GroupId, Place,
};

use crate::{
	network::{Network, Role, HASH_RATE},
	random::{uniform, Random},
};

/// The difficulty of most experiments, in hashes: the largest that the runtime lets the chain come to. A
/// ticket without handicap then takes an honest node a second.
pub const DIFFICULTY: u64 = 1 << 22;

/// How long things take in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
	/// Seconds from the begin of mining until a block is of no use any more.
	pub window: f64,
	/// Seconds from when a block is published until everybody has it.
	pub delay: f64,
}

impl Conditions {
	/// Blocks are everywhere at once, which is the best case for an attacker with much hash power: whoever
	/// has not solved its ticket yet, and would have the worse block, gives up. In a slot of 6 s mining begins
	/// after 0.8 s, and nothing is finished in the last 0.1 s.
	pub const IDEAL: Self = Self { window: 5.1, delay: 0.0 };
	/// As before, in a network that takes a fifth of a second.
	pub const REAL: Self = Self { window: 5.1, delay: 0.2 };
}

/// Seconds that an honest node waits for each node before it in the assembly order.
const POLITENESS: f64 = 0.3;
/// Seconds that an honest node waits for the nodes before it at most.
const MOST_POLITE: f64 = 3.0;

/// Who may assemble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assemblers {
	/// As the rules have it.
	Rules,
	/// The winner of each group, and the first block of a slot stays, as the whitepaper has it: a rule that breaks
	/// the bound.
	EveryGroupsWinner,
}

/// What an attacker does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tactics {
	/// Its hash power, in hashes per second.
	pub power: f64,
	/// Whether it keeps the packages of its nodes from others. Its own blocks are the heavier ones then.
	pub secret_packages: bool,
}

impl Tactics {
	/// For networks in which nobody attacks.
	pub const NONE: Self = Self { power: 0.0, secret_packages: false };
}

/// How a search for a nonce ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
	/// How many hashes it takes.
	pub hashes: f64,
	/// Whether the last one solves the ticket. Else it is a blank.
	pub solved: bool,
}

/// The chance that a hash solves a ticket of this difficulty and handicap.
pub fn chance_of_a_hash(difficulty: u64, handicap: u64) -> f64 {
	/// 2⁶⁴.
	const WHOLE: f64 = 18_446_744_073_709_551_616.0;
	((target(difficulty, handicap) >> 192u32).low_u64() as f64 + 1.0) / WHOLE
}

/// Mines a ticket: draws the number of the first hash that solves it, without making any.
pub fn mine(difficulty: u64, handicap: u64, random: &mut Random) -> Search {
	let misses = (-chance_of_a_hash(difficulty, handicap)).ln_1p();
	let needed = (uniform(random).ln() / misses).floor() + 1.0;
	let limit = nonce_limit(difficulty) as f64;
	Search { hashes: needed.min(limit), solved: needed <= limit }
}

/// A node that may assemble.
#[derive(Clone, Copy, Debug)]
struct Runner {
	position: u32,
	index: AuthorityIndex,
	handicap: u64,
}

/// A block that is being made.
#[derive(Clone, Copy, Debug)]
struct Attempt {
	runner: Runner,
	attacking: bool,
	/// What it weighs.
	weight: u64,
	/// When its ticket is solved, or found to be a blank, in seconds.
	ends: f64,
	/// Seconds before it was begun.
	waits: f64,
	solved: bool,
}

impl Attempt {
	/// What is less for the better one of two blocks.
	fn place(&self) -> (Reverse<u64>, u32) {
		(Reverse(self.weight), self.runner.position)
	}
}

/// The block that stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Winner {
	/// Its author.
	pub index: AuthorityIndex,
	/// Whether that is the attacker.
	pub attacking: bool,
	/// What it adds to the weight of its chain.
	pub weight: u64,
	/// When its ticket was solved, in seconds.
	pub solved_after: f64,
}

/// How a slot ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contest {
	/// The block that stays. `None` if the slot has none.
	pub winner: Option<Winner>,
	/// How many blocks were published.
	pub published: usize,
	/// How many hashes all together made.
	pub hashes: f64,
}

/// What the rules say about one slot.
#[derive(Clone, Debug)]
pub struct Race {
	honest: Vec<Runner>,
	attacking: Vec<Runner>,
	/// What the best packages of all nodes that are there are worth.
	worth: u64,
	/// The same without the attacker's.
	worth_of_honest: u64,
}

/// What the best packages of these nodes are worth to a block.
fn worth(election: &Election, packs: impl Fn(AuthorityIndex) -> bool) -> u64 {
	// What the best of those is worth who are in this virtual group.
	let best = |group: GroupId, guerrilla: bool| {
		(0..PACKAGERS)
			.zip(election.ranking(group))
			.find(|(_, index)| packs(**index))
			.map_or(0, |(rank, _)| package_weight(rank, guerrilla))
	};
	let guerrillas = best(election.groups(), true);
	(0..election.groups()).map(|group| best(group, false).max(guerrillas)).sum()
}

impl Race {
	/// Who takes part in the race that an election leads to.
	pub fn new(election: &Election, network: &Network, assemblers: Assemblers) -> Self {
		let is = |index: AuthorityIndex, role: Role| network.role(index) == role;
		let mut race = Self {
			honest: vec![],
			attacking: vec![],
			worth: worth(election, |index| !is(index, Role::Offline)),
			worth_of_honest: worth(election, |index| is(index, Role::Honest)),
		};
		let candidates: Vec<Candidate> = match assemblers {
			Assemblers::Rules => election.may_assemble().collect(),
			Assemblers::EveryGroupsWinner => {
				election.assembly_order().filter(|candidate| candidate.rank == 0).collect()
			},
		};
		for (position, candidate) in (0u32..).zip(candidates) {
			let Candidate { index, group, rank } = candidate;
			let handicap = election.handicap(Place { group, rank });
			let position = if assemblers == Assemblers::Rules { position } else { 0 };
			let runner = Runner { position, index, handicap };
			match network.role(index) {
				Role::Honest => race.honest.push(runner),
				Role::Attacking => race.attacking.push(runner),
				Role::Offline => (),
			}
		}
		race
	}

	/// Whether the attacker takes part.
	pub fn has_attacker(&self) -> bool {
		!self.attacking.is_empty()
	}

	/// Lets them race.
	pub fn run(
		&self,
		difficulty: u64,
		conditions: &Conditions,
		tactics: &Tactics,
		random: &mut Random,
	) -> Contest {
		let known = if tactics.secret_packages { self.worth_of_honest } else { self.worth };
		let mut attempts: Vec<_> = self
			.honest
			.iter()
			.map(|runner| {
				let search = mine(difficulty, runner.handicap, random);
				let waits = (POLITENESS * f64::from(runner.position)).min(MOST_POLITE);
				Attempt {
					runner: *runner,
					attacking: false,
					weight: known + 1,
					ends: waits + search.hashes / HASH_RATE,
					waits,
					solved: search.solved,
				}
			})
			.collect();
		attempts.extend(self.attack(difficulty, tactics, random));
		attempts.sort_by(|one, other| one.ends.total_cmp(&other.ends));

		let published = publish(&attempts, conditions);
		let winner = published.iter().min_by_key(|block| block.place()).map(|block| Winner {
			index: block.runner.index,
			attacking: block.attacking,
			weight: block.weight,
			solved_after: block.ends,
		});
		let hashes = attempts
			.iter()
			.map(|attempt| {
				let power = if attempt.attacking { tactics.power } else { HASH_RATE };
				// Until it is solved, the slot ends, or a better block arrives.
				let better = published.iter().filter(|block| block.place() < attempt.place());
				let stops = better.map(|block| block.ends + conditions.delay);
				let end = stops.fold(attempt.ends.min(conditions.window), f64::min);
				(end - attempt.waits).max(0.0) * power
			})
			.sum();
		Contest { winner, published: published.len(), hashes }
	}

	/// The attacker's attempt: one ticket after the other, until one is solved.
	fn attack(&self, difficulty: u64, tactics: &Tactics, random: &mut Random) -> Option<Attempt> {
		let mut ends = 0.0;
		for runner in &self.attacking {
			let search = mine(difficulty, runner.handicap, random);
			ends += search.hashes / tactics.power;
			if search.solved {
				return Some(Attempt {
					runner: *runner,
					attacking: true,
					weight: self.worth + 1,
					ends,
					waits: 0.0,
					solved: true,
				});
			}
		}
		None
	}
}

/// The blocks that are published, of attempts in the order in which they end.
fn publish(attempts: &[Attempt], conditions: &Conditions) -> Vec<Attempt> {
	let mut published: Vec<Attempt> = Vec::with_capacity(attempts.len());
	for attempt in attempts {
		if !attempt.solved || attempt.ends > conditions.window {
			continue;
		}
		let is_outrun = published.iter().any(|block| {
			block.ends + conditions.delay <= attempt.ends && block.place() <= attempt.place()
		});
		if attempt.attacking || !is_outrun {
			published.push(*attempt);
		}
	}
	published
}

#[cfg(test)]
mod tests;
