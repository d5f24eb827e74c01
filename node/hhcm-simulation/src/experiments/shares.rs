//! Which share of the blocks an attacker authors, by its stake and by its hash power.

use fusion_hhcm_primitives::GroupId;

use super::{sample, MOST_POWER, NODES};
use crate::{
	contest::{Assemblers, Tactics},
	network::Network,
	parallel,
	statistics::Proportion,
	Effort,
};

/// Shares of stake that are tried.
pub const STAKES: [f64; 12] = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33, 0.4, 0.45, 0.5];
/// Numbers of groups that they are tried with.
pub const GROUPS_BY_STAKE: [GroupId; 3] = [1, 4, 16];
/// Shares of hash power that are tried.
pub const POWERS: [f64; 13] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/// Numbers of groups that they are tried with.
pub const GROUPS_BY_POWER: [GroupId; 5] = [1, 2, 4, 8, 16];
/// The stake that they are tried with.
pub const STAKE: f64 = 0.1;
/// Shares of hash power with which packages are kept secret.
pub const SECRET_POWERS: [f64; 2] = [STAKE, MOST_POWER];

/// An attacker with some stake.
#[derive(Clone, Copy, Debug)]
pub struct ByStake {
	/// Its share of the stake.
	pub stake: f64,
	/// Transaction groups.
	pub groups: GroupId,
	/// In which part of the slots it may assemble: what it would author if it won every race.
	pub takes_part: Proportion,
	/// What it authors with the same share of hash power.
	pub like_stake: Proportion,
	/// What it authors with [`MOST_POWER`].
	pub most_power: Proportion,
}

/// An attacker with a tenth of the stake.
#[derive(Clone, Debug)]
pub struct ByPower {
	/// Transaction groups.
	pub groups: GroupId,
	/// In which part of the slots it may assemble.
	pub takes_part: Proportion,
	/// What it authors with each of [`POWERS`].
	pub open: Vec<Proportion>,
	/// What it authors with each of [`SECRET_POWERS`], if it keeps its packages from others.
	pub secret: Vec<Proportion>,
}

/// By stake.
pub fn by_stake(effort: Effort) -> Vec<ByStake> {
	let jobs: Vec<_> = GROUPS_BY_STAKE
		.into_iter()
		.flat_map(|groups| STAKES.map(|stake| (stake, groups)))
		.collect();
	parallel::map(&jobs, |(stake, groups)| {
		let (stake, groups) = (*stake, *groups);
		let network = Network::of_equals(NODES, stake);
		let tactics = [network.tactics(stake), network.tactics(MOST_POWER)];
		let name = format!("shares by stake: {stake}, {groups}");
		let rounds = effort.of(10_000);
		let sample = sample(&network, groups, Assemblers::Rules, &tactics, rounds, &name);
		let [like_stake, most_power] = [0, 1].map(|which: usize| sample.authored[which]);
		ByStake { stake, groups, takes_part: sample.takes_part, like_stake, most_power }
	})
}

/// By hash power.
pub fn by_power(effort: Effort) -> Vec<ByPower> {
	parallel::map(&GROUPS_BY_POWER, |groups| {
		let network = Network::of_equals(NODES, STAKE);
		let open = POWERS.map(|power| network.tactics(power));
		let secret =
			SECRET_POWERS.map(|power| Tactics { secret_packages: true, ..network.tactics(power) });
		let tactics = [&open[..], &secret[..]].concat();
		let name = format!("shares by power: {groups}");
		let rounds = effort.of(20_000);
		let sample = sample(&network, *groups, Assemblers::Rules, &tactics, rounds, &name);
		let (open, secret) = sample.authored.split_at(POWERS.len());
		ByPower {
			groups: *groups,
			takes_part: sample.takes_part,
			open: open.to_vec(),
			secret: secret.to_vec(),
		}
	})
}
