//! Slot after slot: each block on top of the last one, with the seed that it left.

use fusion_hhcm_primitives::{adjust, AuthorityIndex, Election, GroupId, Round, Slot};
use sp_core::H256;

use crate::{
	contest::{Assemblers, Conditions, Contest, Race, Tactics},
	network::Network,
	random::{next_seed, Random},
};

/// A chain that grows.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
	network: &'a Network,
	round: Round,
	slot: Slot,
}

impl<'a> Chain<'a> {
	/// A chain whose last block left this seed, in slot 0.
	pub fn new(network: &'a Network, groups: GroupId, difficulty: u64, seed: H256) -> Self {
		let slot = Slot::from(0);
		Self { network, round: Round { seed, last_slot: slot, groups, difficulty }, slot }
	}

	/// What the next election depends on.
	pub fn round(&self) -> &Round {
		&self.round
	}

	/// Goes on to the next slot, and tells who may do what in it.
	pub fn next_slot(&mut self) -> Election {
		self.slot = self.slot.saturating_add(1u64);
		self.election()
	}

	/// Who may do what in this slot.
	pub fn election(&self) -> Election {
		Election::new(&self.round, self.slot, self.network.authorities())
	}

	/// The chain with a block of this author in this slot.
	pub fn with_block(&self, author: AuthorityIndex) -> Self {
		let mut chain = self.clone();
		chain.append(author);
		chain
	}

	/// A block of this author in this slot. There is none if there is no such node.
	pub fn append(&mut self, author: AuthorityIndex) {
		if let Some(authority) = self.network.authorities().get(usize::from(author)) {
			self.round.seed = next_seed(self.round.seed, self.slot, &authority.id);
			self.round.last_slot = self.slot;
		}
	}

	/// The next slot, by the rules and the race.
	pub fn step(
		&mut self,
		conditions: &Conditions,
		tactics: &Tactics,
		random: &mut Random,
	) -> Contest {
		let election = self.next_slot();
		let race = Race::new(&election, self.network, Assemblers::Rules);
		let contest = race.run(self.round.difficulty, conditions, tactics, random);
		if let Some(winner) = contest.winner {
			self.append(winner.index);
		}
		contest
	}

	/// Ends a session in which so many slots had a block, and so many had none.
	pub fn end_session(&mut self, filled: u64, missed: u64, bounds: (u64, u64)) {
		self.round.difficulty = adjust::difficulty(self.round.difficulty, filled, missed, bounds);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{contest::DIFFICULTY, random::source};

	#[test]
	fn more_should_be_able_to_assemble_when_slots_are_missed() {
		let network = Network::partly_offline(30, 30);
		let mut chain = Chain::new(&network, 2, DIFFICULTY, H256::zero());
		let mut random = source("test missed slots");
		let mut assemblers = vec![];
		for _ in 0..3 {
			let contest = chain.step(&Conditions::REAL, &Tactics::NONE, &mut random);
			assert_eq!(contest.winner, None);
			assemblers.push(chain.election().draws());
		}
		assert_eq!(assemblers, [3, 6, 9]);
		assert_eq!(chain.round().seed, H256::zero());
	}

	#[test]
	fn seed_should_change_when_there_is_a_block_and_missed_slots_be_forgotten() {
		let network = Network::honest(30);
		let mut chain = Chain::new(&network, 4, DIFFICULTY, H256::zero());
		chain.next_slot();
		chain.next_slot();
		assert_eq!(chain.election().draws(), 6);
		let author = chain.election().may_assemble().next().expect("somebody may").index;
		let with_block = chain.with_block(author);
		assert_ne!(with_block.round().seed, chain.round().seed);
		chain.append(author);
		assert_eq!(chain.round(), with_block.round());
		assert_eq!(chain.next_slot().draws(), 3);
	}

	#[test]
	fn nothing_should_be_appended_when_there_is_no_such_author() {
		let network = Network::honest(3);
		let mut chain = Chain::new(&network, 1, DIFFICULTY, H256::zero());
		chain.next_slot();
		chain.append(3);
		assert_eq!(chain.round().seed, H256::zero());
		assert_eq!(chain.next_slot().draws(), 6);
	}

	#[test]
	fn blocks_should_be_of_nodes_that_may_assemble_when_the_chain_grows() {
		let network = Network::honest(30);
		let mut chain = Chain::new(&network, 4, 1 << 10, H256::zero());
		let mut random = source("test growth");
		for _ in 0..50 {
			let mut before = chain.clone();
			let contest = chain.step(&Conditions::REAL, &Tactics::NONE, &mut random);
			let author = contest.winner.expect("all are online").index;
			let election = before.next_slot();
			assert!(election.may_assemble().any(|candidate| candidate.index == author));
		}
	}

	#[test]
	fn difficulty_should_follow_the_missed_slots_when_a_session_ends() {
		let network = Network::honest(3);
		let mut chain = Chain::new(&network, 1, 800, H256::zero());
		chain.end_session(90, 10, (1, 1_000));
		assert_eq!(chain.round().difficulty, 700);
		chain.end_session(1_000, 0, (1, 750));
		assert_eq!(chain.round().difficulty, 750);
	}
}
