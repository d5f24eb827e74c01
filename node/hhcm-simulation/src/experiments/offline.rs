//! How many slots have a block while some nodes are offline.

use fusion_hhcm_primitives::{
	ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
	GroupId,
};

use super::{GROUPS, NODES};
use crate::{
	chain::Chain,
	contest::{Conditions, Tactics, DIFFICULTY},
	network::Network,
	parallel, random,
	statistics::{quantile, Proportion},
	Effort,
};

/// How many of [`NODES`] nodes are offline: none, a tenth, a fifth, a third.
pub const OFFLINE: [u16; 4] = [0, 6, 12, 20];
/// Numbers of groups that are tried.
pub const GROUPS_TRIED: [GroupId; 3] = [1, 4, 16];
/// Difficulties that are tried, in hashes: a quarter of a second of an honest node, and a second.
pub const DIFFICULTIES: [u64; 2] = [DIFFICULTY / 4, DIFFICULTY];
/// Slots of a session: six hours.
pub const SESSION: u32 = 3_600;
/// Sessions until the difficulty is taken to have come to rest.
pub const SESSIONS_BEFORE: u32 = 14;
/// Sessions that are counted then.
pub const SESSIONS_COUNTED: u32 = 8;
/// Within what the runtime lets the difficulty move.
pub const BOUNDS: (u64, u64) = (MIN_DIFFICULTY, MAX_DIFFICULTY >> 4);

/// Slots at a difficulty that stays the same.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
	/// Nodes that are offline, of [`NODES`].
	pub offline: u16,
	/// Transaction groups.
	pub groups: GroupId,
	/// The difficulty.
	pub difficulty: u64,
	/// Slots with a block, of all.
	pub filled: Proportion,
	/// Blocks that had a sibling, of all.
	pub contested: Proportion,
	/// The most slots in a row that had no block.
	pub longest_gap: u32,
	/// Seconds until the ticket of the block was solved: the median, and what one in a hundred exceeds.
	pub solved_after: (f64, f64),
}

/// Slots at the difficulty that the chain comes to.
#[derive(Clone, Copy, Debug)]
pub struct Adjusted {
	/// Nodes that are offline, of [`NODES`].
	pub offline: u16,
	/// Slots with a block, of all that are counted.
	pub filled: Proportion,
	/// The smallest and the largest difficulty of the sessions that are counted.
	pub difficulty: (u64, u64),
}

/// At difficulties that stay the same.
pub fn run(effort: Effort) -> Vec<Filled> {
	let mut jobs = vec![];
	for difficulty in DIFFICULTIES {
		for groups in GROUPS_TRIED {
			jobs.extend(OFFLINE.map(|offline| (offline, groups, difficulty)));
		}
	}
	parallel::map(&jobs, |(offline, groups, difficulty)| {
		filled(*offline, *groups, *difficulty, effort.of(20_000))
	})
}

fn filled(offline: u16, groups: GroupId, difficulty: u64, slots: u32) -> Filled {
	let network = Network::partly_offline(NODES, offline);
	let mut random = random::source(&format!("offline: {offline}, {groups}, {difficulty}"));
	let seed = random::seed(&mut random);
	let mut chain = Chain::new(&network, groups, difficulty, seed);
	let (mut filled, mut contested) = (Proportion::default(), Proportion::default());
	let (mut gap, mut longest_gap) = (0u32, 0u32);
	let mut times = vec![];
	for _ in 0..slots {
		let contest = chain.step(&Conditions::REAL, &Tactics::NONE, &mut random);
		filled.count(contest.winner.is_some());
		if let Some(winner) = contest.winner {
			contested.count(contest.published > 1);
			times.push(winner.solved_after);
			gap = 0;
		} else {
			gap += 1;
			longest_gap = longest_gap.max(gap);
		}
	}
	let solved_after = (quantile(&times, 0.5), quantile(&times, 0.99));
	Filled { offline, groups, difficulty, filled, contested, longest_gap, solved_after }
}

/// At the difficulty that the chain comes to, session after session, with [`GROUPS`] groups.
pub fn adjusted(effort: Effort) -> Vec<Adjusted> {
	parallel::map(&OFFLINE, |offline| {
		let network = Network::partly_offline(NODES, *offline);
		let mut random = random::source(&format!("adjusted: {offline}"));
		let seed = random::seed(&mut random);
		let mut chain = Chain::new(&network, GROUPS, DIFFICULTY / 4, seed);
		let mut counted = Proportion::default();
		let mut difficulties = vec![];
		for session in 0..SESSIONS_BEFORE + SESSIONS_COUNTED {
			let mut tally = Proportion::default();
			for _ in 0..effort.of(SESSION) {
				let contest = chain.step(&Conditions::REAL, &Tactics::NONE, &mut random);
				tally.count(contest.winner.is_some());
			}
			if session >= SESSIONS_BEFORE {
				counted.hits += tally.hits;
				counted.of += tally.of;
				difficulties.push(chain.round().difficulty);
			}
			chain.end_session(tally.hits, tally.of - tally.hits, BOUNDS);
		}
		let smallest = difficulties.iter().copied().min().unwrap_or_default();
		let largest = difficulties.iter().copied().max().unwrap_or_default();
		Adjusted { offline: *offline, filled: counted, difficulty: (smallest, largest) }
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn slots_should_be_filled_when_all_are_online_and_empty_when_none_is() {
		let all = filled(0, 4, 1 << 16, 200);
		assert_eq!(all.filled, Proportion { hits: 200, of: 200 });
		assert_eq!(all.longest_gap, 0);
		assert!(all.solved_after.0 > 0.0 && all.solved_after.0 < all.solved_after.1);
		let none = filled(NODES, 4, 1 << 16, 20);
		assert_eq!((none.filled.hits, none.longest_gap), (0, 20));
	}

	#[test]
	fn slots_should_be_missed_as_often_as_three_nodes_are_offline_when_tickets_are_easy() {
		let half = filled(30, 1, 1, 4_000);
		// After a missed slot there are six draws: fewer are missed than one in eight.
		let missed = 1.0 - half.filled.value();
		let at_once = 0.5f64.powi(3);
		assert!(missed < at_once + 5.0 * half.filled.error(), "{missed}");
		assert!(missed > 0.7 * at_once, "{missed}");
	}

	#[test]
	fn difficulty_should_rise_when_no_slots_are_missed() {
		let adjusted = adjusted(Effort::percent(1));
		let nobody_offline = adjusted.first().expect("there are some");
		assert!(nobody_offline.difficulty.1 > DIFFICULTY / 4);
		assert!(nobody_offline.difficulty.1 <= BOUNDS.1);
	}
}
