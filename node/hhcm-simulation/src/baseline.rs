//! Proof of work alone, and proof of stake alone, in their plainest forms. They are so simple that there are
//! formulas for what HHCM has to be simulated for.
//!
//! - *Work*: all nodes mine all the time; a block is found every slot in the mean, at any time. A node with
//!   the share h of the hash power authors each block with the chance h.
//! - *Stake*: one leader a slot, drawn by stake from a chain of VRF outputs. A node with the share s of the
//!   stake authors each block with the chance s.

/// Seconds from slot to slot.
pub const SLOT: f64 = 6.0;

/// The chance of k blocks in a row for whoever authors each with the chance `share`.
pub fn in_a_row(share: f64, k: usize) -> f64 {
	share.powi(i32::try_from(k).unwrap_or(i32::MAX))
}

/// The part of slots with at least one block, if blocks come by work alone. It does not depend on who is
/// offline, once the difficulty has followed.
pub fn filled_by_work() -> f64 {
	1.0 - (-1.0f64).exp()
}

/// The part of slots that have a block, if there is one leader a slot.
pub fn filled_by_stake(offline: f64) -> f64 {
	1.0 - offline
}

/// Hashes per block, if all nodes mine all the time with this rate each.
pub fn hashes_by_work(nodes: f64, rate: f64) -> f64 {
	nodes * rate * SLOT
}

/// The chance to lead the next slot too, for a leader that gives up its block if that block's seed does not
/// make it so: it then leads by the old seed, with the same chance once more.
pub fn next_by_stake(stake: f64) -> f64 {
	1.0 - (1.0 - stake) * (1.0 - stake)
}

/// The chance to have more than half of so many blocks, each with the chance `share`: that a secret chain
/// outgrows the public one, where the longest counts.
pub fn majority(blocks: u32, share: f64) -> f64 {
	let (all, share) = (f64::from(blocks), share.clamp(0.0, 1.0));
	let mut choose = 1.0;
	let mut chance = 0.0;
	for hits in 0..=blocks {
		let misses = blocks - hits;
		if hits > misses {
			chance += choose * share.powf(hits.into()) * (1.0 - share).powf(misses.into());
		}
		choose *= (all - f64::from(hits)) / (f64::from(hits) + 1.0);
	}
	chance
}

#[cfg(test)]
mod tests {
	use fusion_hhcm_primitives::{Election, Round, Slot};

	use super::*;
	use crate::{
		network::{Network, Role},
		random::{seed, source},
		statistics::Proportion,
	};

	fn close(one: f64, other: f64) -> bool {
		(one - other).abs() < 1e-9
	}

	#[test]
	fn majority_should_be_as_counted_by_hand_when_blocks_are_few() {
		assert!(close(majority(1, 0.3), 0.3));
		// Two of two: one each is no majority.
		assert!(close(majority(2, 0.3), 0.09));
		assert!(close(majority(3, 0.3), 0.3f64.powi(3) + 3.0 * 0.09 * 0.7));
		assert!(close(majority(20, 1.0), 1.0));
		assert!(close(majority(20, 0.0), 0.0));
		// Odd numbers of fair coins.
		assert!(close(majority(21, 0.5), 0.5));
	}

	#[test]
	fn formulas_should_be_right_at_their_ends() {
		assert!(close(in_a_row(0.5, 3), 0.125));
		assert!(close(in_a_row(0.5, 0), 1.0));
		assert!(close(filled_by_stake(0.2), 0.8));
		assert!(close(next_by_stake(0.0), 0.0) && close(next_by_stake(1.0), 1.0));
		assert!(close(hashes_by_work(10.0, 2.0), 120.0));
		assert!(filled_by_work() > 0.63 && filled_by_work() < 0.64);
	}

	#[test]
	fn leader_should_be_drawn_by_stake_when_there_is_one_group() {
		// Proof of stake alone is what HHCM's ranking would be if only rank 0 of one group could author.
		let network = Network::attacked(27, 3, 0.2);
		let mut random = source("test leader");
		let mut leads = Proportion::default();
		for _ in 0..4_000 {
			let round = Round {
				seed: seed(&mut random),
				last_slot: Slot::from(0),
				groups: 1,
				difficulty: 1,
			};
			let election = Election::new(&round, Slot::from(1), network.authorities());
			leads.count(network.role(election.ranking(0)[0]) == Role::Attacking);
		}
		assert!((leads.value() - 0.2).abs() < 5.0 * leads.error(), "{leads:?}");
	}
}
