//! # Simulation of HHCM
//!
//! What HHCM does in the mean cannot be read off its rules. Here the rules themselves
//! ([`fusion_hhcm_primitives`]: groups, rankings, who may assemble, handicaps, targets, weights of packages,
//! adjustment of groups and difficulty) are run for some million slots, and what comes out is counted.
//!
//! ```text
//!   network ──▶ election (the rules) ──▶ race ──▶ fork choice ──▶ next seed
//!    stake        groups, ranks          hash       weight of
//!    power                               time       packages
//!    offline
//! ```
//!
//! Two things are modelled rather than done:
//!
//! - *Mining.* How many hashes a ticket takes is drawn from the distribution that its real target has
//!   ([`contest::mine`]), and how long they take follows from the miner's hash power.
//! - *VRF outputs.* They are slow to make, and to whoever does not know the key they are a hash. So a node's
//!   output is a hash of the seed, the slot and its public key ([`random::next_seed`]).
//!
//! - [`network`]: nodes, their stake, their part;
//! - [`contest`]: one slot: who solves a ticket when, and which block stays;
//! - [`chain`]: slot after slot, with those that nobody filled;
//! - [`experiments`]: what is asked, each with its answer;
//! - [`check`]: the bound that has to hold;
//! - [`baseline`]: proof of work alone and proof of stake alone, for comparison;
//! - [`report`], [`charts`], [`svg`]: what `docs/hhcm/simulation.md` is made of.
//!
//! All chance comes from [`random::SEED`]: two runs have the same results, on any number of processors.
#![forbid(unsafe_code)]

pub mod baseline;
pub mod chain;
pub mod charts;
pub mod check;
pub mod contest;
pub mod experiments;
pub mod network;
pub mod parallel;
pub mod random;
pub mod report;
pub mod statistics;
pub mod svg;

use experiments::{forks, hashing, offline, runs, seeds, shares};

/// How much is simulated, in percent of what the published report is made of. Fewer rounds are faster, and
/// less exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort(u32);

impl Effort {
	/// What the published report is made of.
	pub const FULL: Self = Self(100);
	/// Enough to see whether everything works.
	pub const QUICK: Self = Self(3);

	/// So many percent, at least 1.
	pub const fn percent(percent: u32) -> Self {
		Self(if percent == 0 { 1 } else { percent })
	}

	/// That part of a number of rounds, at least one.
	pub fn of(self, rounds: u32) -> u32 {
		let part = u64::from(rounds).saturating_mul(self.0.into()) / 100;
		u32::try_from(part).unwrap_or(u32::MAX).max(1)
	}
}

/// All answers.
#[derive(Clone, Debug)]
pub struct Results {
	/// Share of blocks by stake.
	pub by_stake: Vec<shares::ByStake>,
	/// Share of blocks by hash power, of a tenth of the stake.
	pub by_power: Vec<shares::ByPower>,
	/// The bound, for each way to split a tenth of the stake and each permitted number of groups.
	pub findings: Vec<check::Finding>,
	/// The same with a rule that is known to break the bound.
	pub wrong_rule: Vec<check::Finding>,
	/// Blocks in a row.
	pub runs: Vec<runs::Runs>,
	/// Slots filled, at fixed difficulties.
	pub offline: Vec<offline::Filled>,
	/// Slots filled, with the difficulty that the chain comes to.
	pub adjusted: Vec<offline::Adjusted>,
	/// Hashes per block.
	pub hashing: Vec<hashing::Hashing>,
	/// Bias of the next seed.
	pub seeds: Vec<seeds::Seeds>,
	/// Secret forks.
	pub forks: Vec<forks::Fork>,
}

/// Runs all experiments. `told` hears what is being done.
pub fn run(effort: Effort, told: impl Fn(&str)) -> Results {
	told("the bound");
	let findings = check::run(effort, &check::MAKEUPS, contest::Assemblers::Rules);
	told("the bound, with a wrong rule");
	let wrong_rule =
		check::run(effort, &check::MAKEUPS[..1], contest::Assemblers::EveryGroupsWinner);
	told("share of blocks by stake");
	let by_stake = shares::by_stake(effort);
	told("share of blocks by hash power");
	let by_power = shares::by_power(effort);
	told("blocks in a row");
	let runs = runs::run(effort);
	told("slots filled with nodes offline");
	let offline = offline::run(effort);
	told("slots filled at the difficulty that is adjusted");
	let adjusted = offline::adjusted(effort);
	told("hashes per block");
	let hashing = hashing::run(effort);
	told("bias of seeds");
	let seeds = seeds::run(effort);
	told("secret forks");
	let forks = forks::run(effort);
	Results {
		by_stake,
		by_power,
		findings,
		wrong_rule,
		runs,
		offline,
		adjusted,
		hashing,
		seeds,
		forks,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn effort_should_be_at_least_one_round_when_it_is_small() {
		assert_eq!(Effort::FULL.of(20_000), 20_000);
		assert_eq!(Effort::QUICK.of(1_000), 30);
		assert_eq!(Effort::percent(0).of(50), 1);
		assert_eq!(Effort::percent(u32::MAX).of(u32::MAX), u32::MAX);
	}
}
