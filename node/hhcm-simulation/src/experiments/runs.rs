//! How likely it is that an attacker authors several blocks in a row.

use super::{sample, GROUPS, MOST_POWER, NODES};
use crate::{
	contest::Assemblers,
	network::Network,
	parallel,
	statistics::{self, Proportion},
	Effort,
};

/// Shares of stake that are tried.
pub const STAKES: [f64; 6] = [0.1, 0.2, 0.3, 0.33, 0.4, 0.45];
/// The longest run that is looked for.
pub const MOST: usize = 12;

/// Runs of an attacker's blocks. The k-th entry is for k + 1 blocks.
#[derive(Clone, Debug)]
pub struct Runs {
	/// Its share of the stake.
	pub stake: f64,
	/// With the same share of hash power.
	pub like_stake: Vec<Proportion>,
	/// With [`MOST_POWER`].
	pub most_power: Vec<Proportion>,
}

/// For all stakes.
pub fn run(effort: Effort) -> Vec<Runs> {
	parallel::map(&STAKES, |stake| {
		let network = Network::of_equals(NODES, *stake);
		let tactics = [network.tactics(*stake), network.tactics(MOST_POWER)];
		let name = format!("runs: {stake}");
		let rounds = effort.of(80_000);
		let sample = sample(&network, GROUPS, Assemblers::Rules, &tactics, rounds, &name);
		let [like_stake, most_power] =
			[0, 1].map(|which: usize| statistics::runs(&sample.sequences[which], MOST));
		Runs { stake: *stake, like_stake, most_power }
	})
}
