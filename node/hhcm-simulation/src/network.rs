//! Who takes part: nodes, their stake, and what each of them does.

use codec::Encode;
use fusion_hhcm_primitives::{adjust, Authority, AuthorityId, AuthorityIndex, GroupId, MAX_GROUPS};
use sp_core::sr25519;
use sp_crypto_hashing::blake2_256;

use crate::{contest::Tactics, random::SEED};

/// Hashes per second of an honest node: about what one core does.
pub const HASH_RATE: f64 = 4.0e6;
/// Weight of an honest node in draws. Others are measured by it.
const HONEST_WEIGHT: u64 = 1_000_000_000;

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
	/// What it is meant to do.
	Honest,
	/// What is good for the attacker, whose node it is.
	Attacking,
	/// Nothing.
	Offline,
}

/// The elected nodes of a session.
#[derive(Clone, Debug)]
pub struct Network {
	authorities: Vec<Authority>,
	roles: Vec<Role>,
}

/// A node with a key that nobody has.
fn authority(number: u16, weight: u64) -> Authority {
	let key = (SEED, "key", number).using_encoded(blake2_256);
	Authority { id: AuthorityId::from(sr25519::Public::from_raw(key)), weight }
}

impl Network {
	/// So many honest nodes that all weigh the same.
	pub fn honest(nodes: u16) -> Self {
		Self {
			authorities: (0..nodes).map(|number| authority(number, HONEST_WEIGHT)).collect(),
			roles: vec![Role::Honest; usize::from(nodes)],
		}
	}

	/// Honest nodes that all weigh the same, and an attacker with this share of all stake, in equal parts at
	/// so many nodes. `stake` is from 0 to below 1.
	pub fn attacked(honest: u16, attacking: u16, stake: f64) -> Self {
		let mut network = Self::honest(honest);
		let others = f64::from(honest) * HONEST_WEIGHT as f64;
		let weight = others * stake / (1.0 - stake) / f64::from(attacking);
		// Rounded: an error of 10⁻⁹ of a node.
		let weight = weight.round() as u64;
		network.authorities.extend((0..attacking).map(|number| authority(honest + number, weight)));
		network.roles.resize(network.authorities.len(), Role::Attacking);
		network
	}

	/// So many nodes, of which the attacker has as many as its stake makes up, but at least one: all nodes
	/// weigh nearly the same.
	pub fn of_equals(nodes: u16, stake: f64) -> Self {
		let attacking = (f64::from(nodes) * stake).round().max(1.0) as u16;
		Self::attacked(nodes - attacking, attacking, stake)
	}

	/// So many honest nodes, and others of the same weight that are offline.
	pub fn partly_offline(nodes: u16, offline: u16) -> Self {
		let mut network = Self::honest(nodes);
		for role in network.roles.iter_mut().take(usize::from(offline)) {
			*role = Role::Offline;
		}
		network
	}

	/// The same nodes as one part of them sees it for whom all others are gone.
	pub fn only(&self, kept: Role) -> Self {
		let roles = self.roles.iter();
		let roles = roles.map(|role| if *role == kept { kept } else { Role::Offline }).collect();
		Self { authorities: self.authorities.clone(), roles }
	}

	/// The nodes, as the rules want them.
	pub fn authorities(&self) -> &[Authority] {
		&self.authorities
	}

	/// What a node does.
	pub fn role(&self, index: AuthorityIndex) -> Role {
		self.roles.get(usize::from(index)).copied().unwrap_or(Role::Offline)
	}

	/// The attacker's share of all stake.
	pub fn attackers_stake(&self) -> f64 {
		let (mut attacking, mut total) = (0.0, 0.0);
		for (authority, role) in self.authorities.iter().zip(&self.roles) {
			total += authority.weight as f64;
			if *role == Role::Attacking {
				attacking += authority.weight as f64;
			}
		}
		attacking / total
	}

	/// What an attacker does that has this share (below 1) of all hash power, and keeps to the rules in all
	/// else.
	pub fn tactics(&self, power_share: f64) -> Tactics {
		let honest = self.roles.iter().filter(|role| **role == Role::Honest).count();
		let power = honest as f64 * HASH_RATE * power_share / (1.0 - power_share);
		Tactics { power, secret_packages: false }
	}

	/// The largest number of transaction groups that the chain would have with these nodes.
	pub fn most_groups(&self) -> GroupId {
		let nodes = u32::try_from(self.authorities.len()).unwrap_or(u32::MAX);
		// At this fullness groups are neither added nor taken away, unless there are too few nodes for them.
		adjust::groups(MAX_GROUPS, adjust::FULL, nodes)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn stake_should_be_as_asked_for_when_it_is_split() {
		for (honest, attacking) in [(59, 1), (54, 6), (60, 40)] {
			let network = Network::attacked(honest, attacking, 0.1);
			assert_eq!(network.authorities().len(), usize::from(honest + attacking));
			assert!((network.attackers_stake() - 0.1).abs() < 1e-8);
		}
		for stake in [0.01, 0.1, 0.33, 0.5] {
			let network = Network::of_equals(60, stake);
			assert_eq!(network.authorities().len(), 60);
			assert!((network.attackers_stake() - stake).abs() < 1e-8);
		}
		assert!(Network::honest(5).attackers_stake().abs() < f64::EPSILON);
	}

	#[test]
	fn keys_should_all_differ() {
		let network = Network::attacked(60, 40, 0.1);
		let mut keys: Vec<_> = network.authorities().iter().map(|node| node.id.encode()).collect();
		keys.sort();
		keys.dedup();
		assert_eq!(keys.len(), 100);
	}

	#[test]
	fn power_should_be_the_share_of_all_when_the_honest_have_the_rest() {
		let network = Network::of_equals(60, 0.1);
		let honest = 54.0 * HASH_RATE;
		let power = network.tactics(0.9).power;
		assert!((power / (power + honest) - 0.9).abs() < 1e-9);
		assert!(network.tactics(0.0).power.abs() < f64::EPSILON);
	}

	#[test]
	fn others_should_be_offline_when_only_some_are_kept() {
		let network = Network::attacked(2, 1, 0.3);
		let honest = network.only(Role::Honest);
		assert_eq!(
			[0, 1, 2].map(|index| honest.role(index)),
			[Role::Honest, Role::Honest, Role::Offline]
		);
		let attacking = network.only(Role::Attacking);
		assert_eq!(
			[0, 1, 2].map(|index| attacking.role(index)),
			[Role::Offline, Role::Offline, Role::Attacking]
		);
		assert_eq!(network.role(3), Role::Offline);
		let partly = Network::partly_offline(3, 1);
		assert_eq!(
			[0, 1, 2].map(|index| partly.role(index)),
			[Role::Offline, Role::Honest, Role::Honest]
		);
	}

	#[test]
	fn groups_should_be_as_many_as_the_rules_permit() {
		assert_eq!(Network::honest(3).most_groups(), 1);
		assert_eq!(Network::honest(9).most_groups(), 2);
		assert_eq!(Network::honest(60).most_groups(), MAX_GROUPS);
	}
}
