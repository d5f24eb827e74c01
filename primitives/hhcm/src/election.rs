//! Who is in which virtual group, and in which order its members may act.
//!
//! Everything is drawn anew for each slot, from the parent's seed: a slot whose winners are offline is
//! lost at most, and the next one has other winners.
//!
//! ## Assembly
//!
//! The *assembly order* lists all bookkeeping nodes: first the winners of the transaction groups, then the
//! guerrilla group's, then all second ranks, and so on. The first [`ASSEMBLERS`] of it may assemble a
//! block, and as many more for each slot that has been missed since the parent. That number is what makes
//! the race safe: if a node with the share `s` of the draws won every race it takes part in, it would
//! author `1 - (1 - s)³ ≤ 3s` of the blocks, whatever its hash power; and a slot is lost only if all three
//! are offline, which at a fifth of the nodes offline is 0.8 % of the slots.
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

/// How many nodes of the assembly order may assemble a block when no slot has been missed.
pub const ASSEMBLERS: u32 = 3;
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

/// The election for one slot on top of one parent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Election {
	groups: GroupId,
	assemblers: u32,
	/// Members of each virtual group by rank.
	rankings: Vec<Vec<AuthorityIndex>>,
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
		let rankings = (0..)
			.zip(members)
			.map(|(group, members)| ranking(round.seed, slot, group, members))
			.collect();
		let mut order: Vec<_> = (0..groups)
			.map(|group| (hash(b"hhcm/group/order", &(round.seed, slot, group)), group))
			.collect();
		order.sort_unstable();
		let extra = round.missed_slots(slot).saturating_mul(ASSEMBLERS.into());
		Self {
			groups,
			assemblers: u32::try_from(extra).unwrap_or(u32::MAX).saturating_add(ASSEMBLERS),
			rankings,
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

	/// All nodes in the assembly order.
	pub fn assembly_order(&self) -> impl Iterator<Item = Candidate> + '_ {
		let ranks = self.rankings.iter().map(Vec::len).max().unwrap_or(0);
		// The order of the transaction groups; guerrillas come last among equal ranks.
		let groups = self.order.iter().copied().chain(core::iter::once(self.groups));
		(0..=Rank::MAX).take(ranks).flat_map(move |rank| {
			groups.clone().filter_map(move |group| {
				let index = *self.ranking(group).get(usize::from(rank))?;
				Some(Candidate { index, group, rank })
			})
		})
	}

	/// How many nodes of the assembly order may assemble.
	pub fn assemblers(&self) -> u32 {
		self.assemblers
	}

	/// The nodes that may assemble a block, in the assembly order.
	pub fn may_assemble(&self) -> impl Iterator<Item = Candidate> + '_ {
		self.assembly_order().take(usize::try_from(self.assemblers).unwrap_or(usize::MAX))
	}

	/// A node's position in the assembly order, from 0.
	pub fn assembly_position(&self, index: AuthorityIndex) -> Option<u32> {
		let position = self.assembly_order().position(|candidate| candidate.index == index)?;
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

/// Ranks the members of a group: successive draws without replacement, each weighted by stake.
fn ranking(
	seed: H256,
	slot: Slot,
	group: GroupId,
	mut members: Vec<(AuthorityIndex, u64)>,
) -> Vec<AuthorityIndex> {
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
		ranked.push(index);
	}
	ranked
}
