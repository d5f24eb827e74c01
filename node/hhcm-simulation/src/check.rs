//! The bound: with a tenth of the stake and nine tenths of the hash power, nobody authors more than three
//! times its share of the stake, at any number of groups that the chain would have with these nodes, however
//! the stake is split over nodes. The attacker keeps its packages to itself, which helps it more than its power.

use fusion_hhcm_primitives::GroupId;

use crate::{
	contest::{Assemblers, Tactics},
	experiments::sample,
	network::Network,
	parallel,
	statistics::Proportion,
	Effort,
};

/// The attacker's share of the stake.
pub const STAKE: f64 = 0.1;
/// The attacker's share of the hash power.
pub const POWER: f64 = 0.9;
/// What it may author at most, as a multiple of its share of the stake.
pub const TIMES: f64 = 3.0;

/// A way to split the stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Makeup {
	/// What the report calls it.
	pub name: &'static str,
	/// Honest nodes, of equal weight.
	pub honest: u16,
	/// The attacker's nodes, of equal weight.
	pub attacking: u16,
}

/// Those that are tried. 100 nodes are as many as the runtime elects.
pub const MAKEUPS: [Makeup; 7] = [
	Makeup { name: "one large node among 60", honest: 59, attacking: 1 },
	Makeup { name: "6 nodes like the others, of 60", honest: 54, attacking: 6 },
	Makeup { name: "40 small nodes among 100", honest: 60, attacking: 40 },
	Makeup { name: "one large node among 20", honest: 19, attacking: 1 },
	Makeup { name: "2 nodes like the others, of 20", honest: 18, attacking: 2 },
	Makeup { name: "80 small nodes among 100", honest: 20, attacking: 80 },
	Makeup { name: "one against three large ones", honest: 3, attacking: 1 },
];

/// What came of one way to split the stake, with one number of groups.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
	/// How the stake is split.
	pub makeup: Makeup,
	/// Transaction groups.
	pub groups: GroupId,
	/// In which part of the slots the attacker may assemble: what infinite hash power would get it.
	pub takes_part: Proportion,
	/// Which part of the blocks it authors.
	pub authored: Proportion,
}

impl Finding {
	/// Whether the attacker authors more than it may.
	pub fn breaks_the_bound(&self) -> bool {
		self.authored.value() > TIMES * STAKE
	}
}

/// Tries all of these, each with every permitted number of groups.
pub fn run(effort: Effort, makeups: &[Makeup], assemblers: Assemblers) -> Vec<Finding> {
	let jobs: Vec<_> = makeups
		.iter()
		.flat_map(|makeup| {
			let network = Network::attacked(makeup.honest, makeup.attacking, STAKE);
			(1..=network.most_groups()).map(move |groups| (*makeup, groups))
		})
		.collect();
	parallel::map(&jobs, |(makeup, groups)| {
		try_out(*makeup, *groups, assemblers, effort.of(15_000))
	})
}

/// Tries one.
pub fn try_out(makeup: Makeup, groups: GroupId, assemblers: Assemblers, rounds: u32) -> Finding {
	let network = Network::attacked(makeup.honest, makeup.attacking, STAKE);
	// The heavier block stays. Where the first one does, that is of no use.
	let secret_packages = assemblers == Assemblers::Rules;
	let tactics = [Tactics { secret_packages, ..network.tactics(POWER) }];
	let name = format!("check: {}, {groups}, {assemblers:?}", makeup.name);
	let sample = sample(&network, groups, assemblers, &tactics, rounds, &name);
	Finding { makeup, groups, takes_part: sample.takes_part, authored: sample.authored[0] }
}

/// Those that break the bound.
pub fn broken(findings: &[Finding]) -> Vec<&Finding> {
	findings.iter().filter(|finding| finding.breaks_the_bound()).collect()
}

/// The one in which the attacker authors the most.
pub fn worst<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Option<&'a Finding> {
	findings
		.into_iter()
		.max_by(|one, other| one.authored.value().total_cmp(&other.authored.value()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bound_should_hold_when_the_rules_do() {
		let finding = try_out(MAKEUPS[0], 16, Assemblers::Rules, 6_000);
		assert!(!finding.breaks_the_bound(), "{:?}", finding.authored);
		assert!(finding.authored.value() > 0.05, "{:?}", finding.authored);
		assert!(broken(&[finding]).is_empty());
	}

	#[test]
	fn bound_should_be_broken_when_every_groups_winner_races() {
		let finding = try_out(MAKEUPS[0], 16, Assemblers::EveryGroupsWinner, 1_000);
		assert!(finding.breaks_the_bound(), "{:?}", finding.authored);
		assert_eq!(broken(&[finding]).len(), 1);
	}

	#[test]
	fn all_permitted_numbers_of_groups_should_be_tried_when_the_check_runs() {
		let findings = run(Effort::percent(1), &[MAKEUPS[3], MAKEUPS[4]], Assemblers::Rules);
		let tried: Vec<_> = findings.iter().map(|finding| finding.groups).collect();
		assert_eq!(tried, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
		assert!(findings.iter().all(|finding| (140..=150).contains(&finding.authored.of)));
	}

	#[test]
	fn worst_should_be_the_one_with_most_blocks() {
		let finding = |hits| Finding {
			makeup: MAKEUPS[0],
			groups: 1,
			takes_part: Proportion { hits: 50, of: 100 },
			authored: Proportion { hits, of: 100 },
		};
		let findings = [finding(30), finding(31), finding(29)];
		assert_eq!(worst(&findings).map(|finding| finding.authored.hits), Some(31));
		// Three times a tenth is still permitted.
		assert_eq!(broken(&findings).len(), 1);
		assert!(worst(&[]).is_none());
	}
}
