//! Who is in which virtual group, and in which order its members may act.
//!
//! Everything is drawn anew for each slot, from the parent's seed: a slot whose winners are offline is
//! lost at most, and the next one has other winners.
//!
//! ## Assembly
//!
//! For the right to assemble, nodes are drawn one after another, each with a chance equal to its share of the
//! stake, and *with* replacement: [`ASSEMBLERS`] draws, and as many more for each slot that has been missed
//! since the parent. A draw picks a virtual group by the weight of its members; then it either hits one that
//! was drawn before, and is lost, or the group's next rank. Since a group's ranking is made in the same way,
//! this is the same as drawing nodes by their stake. So groups' winners come first, and however stake is
//! spread over nodes and groups, a node with the share `s` of the stake is among the assemblers with the
//! chance `1 - (1 - s)³ ≤ 3s`. That bounds its share of the blocks, whatever its hash power. And a slot is
//! lost only if all draws hit nodes that are offline: with a fifth of the stake offline, 0.8 % of the slots.
//!
//! The *assembly order* lists all nodes in the order in which they are first drawn.
//!
//! ## Packages
//!
//! A group's transactions are packaged by its winner, or by a stand-in: one of its next ranks, or a
//! guerrilla of one of the first ranks. Nobody can prove on chain that a winner was silent, so packages of
//! stand-ins are always valid, and worth less ([`package_weight`]).

use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

use crate::{
	draw, hash, Authority, AuthorityId, AuthorityIndex, GroupId, Rank, Round, Slot, MAX_GROUPS,
};

/// How many nodes are drawn, with replacement, that may assemble a block when no slot has been missed.
pub const ASSEMBLERS: u32 = 3;
/// From this draw on, nodes that were drawn before are not drawn again, so that in the end all nodes may
/// assemble, with a bounded number of draws. That is when 64 slots have been missed.
pub const DRAWS_WITH_REPLACEMENT: u32 = 64 * ASSEMBLERS;
/// Ranks from 0 that may package a group's transactions.
pub const PACKAGERS: Rank = 3;
/// The handicap of a rank doubles up to this one.
const LAST_DOUBLING: Rank = 4;

/// A node's place in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
	/// Its virtual group.
	pub group: GroupId,
	/// Its rank there.
	pub rank: Rank,
}

/// A node in the assembly order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
	/// Its place in the list of bookkeeping nodes.
	pub index: AuthorityIndex,
	/// Its virtual group.
	pub group: GroupId,
	/// Its rank there.
	pub rank: Rank,
}

/// How many virtual groups there are for so many transaction groups: a guerrilla group more, as soon as
/// there are two.
pub const fn virtual_groups(groups: GroupId) -> GroupId {
	if groups < 2 {
		1
	} else {
		groups.saturating_add(1)
	}
}

/// The virtual group of a node: `H(seed ‖ slot ‖ public key) mod groups` (whitepaper, "determination of
/// grouping", with the seed in place of the previous block's hash, which its author could grind).
pub fn group_of(seed: H256, slot: Slot, id: &AuthorityId, groups: GroupId) -> GroupId {
	let drawn = draw(&hash(b"hhcm/node/group/", &(seed, slot, id)), virtual_groups(groups).into());
	// Below 17.
	drawn as GroupId
}

/// The transaction group that transactions with this key belong to: all of a signer's are in one group, so
/// that their nonces stay in order. Never the guerrilla group.
pub fn transaction_group(seed: H256, slot: Slot, key: H256, groups: GroupId) -> GroupId {
	let drawn = draw(&hash(b"hhcm/tx/group///", &(seed, slot, key)), groups.max(1).into());
	// Below 16.
	drawn as GroupId
}

/// Whether this is the number of the guerrilla group, for so many transaction groups.
pub const fn is_guerrilla(group: GroupId, groups: GroupId) -> bool {
	groups >= 2 && group == groups
}

/// By what the difficulty is multiplied for a node of this rank: twice as much for each rank up to the
/// fifth, and twice as much for guerrillas.
pub const fn handicap(rank: Rank, guerrilla: bool) -> u64 {
	let doublings = if rank < LAST_DOUBLING { rank } else { LAST_DOUBLING };
	(1 << doublings) << (guerrilla as u32)
}

/// What the package of a packager of this rank is worth to a block, from 16 for the winner's.
pub const fn package_weight(rank: Rank, guerrilla: bool) -> u64 {
	16 / handicap(rank, guerrilla)
}

/// What the package of a group's winner is worth.
pub const GROUP_WEIGHT: u64 = package_weight(0, false);

/// The election for one slot on top of one parent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Election {
	seed: H256,
	slot: Slot,
	groups: GroupId,
	draws: u32,
	/// Members of each virtual group by rank.
	rankings: Vec<Vec<AuthorityIndex>>,
	/// Their weights, in the same order.
	weights: Vec<Vec<u64>>,
	/// Transaction groups in the order in which a block has their transactions.
	order: Vec<GroupId>,
}

impl Election {
	/// Draws groups and rankings. Nodes beyond the 65,536th are left out.
	pub fn new(round: &Round, slot: Slot, authorities: &[Authority]) -> Self {
		let groups = round.groups.clamp(1, MAX_GROUPS);
		let mut members: Vec<Vec<(AuthorityIndex, u64)>> =
			(0..virtual_groups(groups)).map(|_| Vec::new()).collect();
		for (index, authority) in (0..=AuthorityIndex::MAX).zip(authorities) {
			let group = group_of(round.seed, slot, &authority.id, groups);
			if let Some(group) = members.get_mut(usize::from(group)) {
				group.push((index, authority.weight.max(1)));
			}
		}
		let (rankings, weights) = (0..)
			.zip(members)
			.map(|(group, members)| {
				ranking(round.seed, slot, group, members)
					.into_iter()
					.unzip::<_, _, Vec<_>, Vec<_>>()
			})
			.unzip();
		let mut order: Vec<_> = (0..groups)
			.map(|group| (hash(b"hhcm/group/order", &(round.seed, slot, group)), group))
			.collect();
		order.sort_unstable();
		let extra = round.missed_slots(slot).saturating_mul(ASSEMBLERS.into());
		Self {
			seed: round.seed,
			slot,
			groups,
			draws: u32::try_from(extra).unwrap_or(u32::MAX).saturating_add(ASSEMBLERS),
			rankings,
			weights,
			order: order.into_iter().map(|(_, group)| group).collect(),
		}
	}

	/// How many transaction groups there are.
	pub fn groups(&self) -> GroupId {
		self.groups
	}

	/// Whether this is the guerrilla group.
	pub fn is_guerrilla(&self, group: GroupId) -> bool {
		is_guerrilla(group, self.groups)
	}

	/// Members of a virtual group, the winner first. Empty if there is no such group.
	pub fn ranking(&self, group: GroupId) -> &[AuthorityIndex] {
		self.rankings.get(usize::from(group)).map_or(&[], Vec::as_slice)
	}

	/// The transaction groups in the order in which a block has their transactions.
	pub fn order(&self) -> &[GroupId] {
		&self.order
	}

	/// Where a node is.
	pub fn place_of(&self, index: AuthorityIndex) -> Option<Place> {
		(0..).zip(&self.rankings).find_map(|(group, ranking)| {
			let rank = ranking.iter().position(|member| *member == index)?;
			Some(Place { group, rank: Rank::try_from(rank).ok()? })
		})
	}

	/// Draws nodes one after another: each node once, with the number of the draw that hit it first.
	fn all_draws(&self) -> Draws<'_> {
		let total = self.weights.iter().flatten().map(|weight| u128::from(*weight)).sum();
		Draws {
			election: self,
			groups: self
				.weights
				.iter()
				.map(|weights| GroupDraws {
					drawn: 0,
					drawn_weight: 0,
					weight: weights.iter().map(|weight| u128::from(*weight)).sum(),
				})
				.collect(),
			total,
			left: total,
			number: 0,
		}
	}

	/// All nodes in the assembly order.
	pub fn assembly_order(&self) -> impl Iterator<Item = Candidate> + '_ {
		self.all_draws().map(|(_, candidate)| candidate)
	}

	/// How many draws there are for the right to assemble.
	pub fn draws(&self) -> u32 {
		self.draws
	}

	/// The nodes that may assemble a block, in the assembly order. At least one if there are any nodes, at
	/// most [`Self::draws`].
	pub fn may_assemble(&self) -> impl Iterator<Item = Candidate> + '_ {
		self.all_draws()
			.take_while(|(number, _)| *number < self.draws)
			.map(|(_, candidate)| candidate)
	}

	/// Which of those that may assemble a block a node is, from 0. `None` if it may not.
	pub fn assembly_position(&self, index: AuthorityIndex) -> Option<u32> {
		let position = self.may_assemble().position(|candidate| candidate.index == index)?;
		u32::try_from(position).ok()
	}

	/// By what the difficulty is multiplied for a node at this place.
	pub fn handicap(&self, place: Place) -> u64 {
		handicap(place.rank, self.is_guerrilla(place.group))
	}

	/// What a package of this node for this transaction group is worth. `None` if it may not package it.
	pub fn package_weight(&self, group: GroupId, packager: AuthorityIndex) -> Option<u64> {
		if group >= self.groups {
			return None;
		}
		let place = self.place_of(packager)?;
		let guerrilla = self.is_guerrilla(place.group);
		let allowed = (place.group == group || guerrilla) && place.rank < PACKAGERS;
		allowed.then(|| package_weight(place.rank, guerrilla))
	}
}

/// What has been drawn of one virtual group.
struct GroupDraws {
	/// How many of its members, from the first rank on.
	drawn: usize,
	/// What they weigh.
	drawn_weight: u128,
	/// What all members weigh.
	weight: u128,
}

/// Draws for the right to assemble, one after another.
struct Draws<'a> {
	election: &'a Election,
	groups: Vec<GroupDraws>,
	/// What all nodes weigh.
	total: u128,
	/// What those weigh that were not drawn yet.
	left: u128,
	/// The number of the next draw.
	number: u32,
}

impl Draws<'_> {
	/// The virtual group whose next rank this draw hits. `None` if it hits a node that was drawn before.
	fn hit(&self, number: u32) -> Option<usize> {
		let Election { seed, slot, .. } = self.election;
		let repeats = number < DRAWS_WITH_REPLACEMENT;
		let bound = if repeats { self.total } else { self.left };
		let mut rest = draw(&hash(b"hhcm/node/turn//", &(seed, slot, number)), bound);
		for (position, group) in self.groups.iter().enumerate() {
			let gone = if repeats { group.drawn_weight } else { 0 };
			let all = if repeats { group.weight } else { group.weight - group.drawn_weight };
			if rest < all {
				return (rest >= gone).then_some(position);
			}
			rest -= all;
		}
		None
	}
}

impl Iterator for Draws<'_> {
	type Item = (u32, Candidate);

	fn next(&mut self) -> Option<Self::Item> {
		while self.left > 0 {
			let number = self.number;
			self.number = number.checked_add(1)?;
			let Some(position) = self.hit(number) else { continue };
			let group = self.groups.get_mut(position)?;
			let rank = group.drawn;
			let index = *self.election.rankings.get(position)?.get(rank)?;
			let weight = u128::from(*self.election.weights.get(position)?.get(rank)?);
			group.drawn += 1;
			group.drawn_weight += weight;
			self.left -= weight;
			let candidate = Candidate {
				index,
				group: GroupId::try_from(position).ok()?,
				rank: Rank::try_from(rank).ok()?,
			};
			return Some((number, candidate));
		}
		None
	}
}

/// Ranks the members of a group: successive draws without replacement, each weighted by stake.
fn ranking(
	seed: H256,
	slot: Slot,
	group: GroupId,
	mut members: Vec<(AuthorityIndex, u64)>,
) -> Vec<(AuthorityIndex, u64)> {
	let mut total: u128 = members.iter().map(|(_, weight)| u128::from(*weight)).sum();
	let mut ranked = Vec::with_capacity(members.len());
	for rank in 0..=Rank::MAX {
		let mut rest = draw(&hash(b"hhcm/node/rank//", &(seed, slot, group, rank)), total);
		let Some(position) = members.iter().position(|(_, weight)| {
			let hit = rest < u128::from(*weight);
			rest = rest.saturating_sub((*weight).into());
			hit
		}) else {
			break;
		};
		let (index, weight) = members.remove(position);
		total = total.saturating_sub(weight.into());
		ranked.push((index, weight));
	}
	ranked
}
