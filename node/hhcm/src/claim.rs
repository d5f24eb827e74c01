//! What this node may do in a slot.

use std::collections::BTreeSet;

use fusion_hhcm_primitives::{
	digest::Claim,
	election::{ASSEMBLERS, DRAWS_WITH_REPLACEMENT},
	AuthorityId, AuthorityIndex, GroupId, Place, Slot,
};
use sp_core::H256;
use sp_keystore::Keystore;

use crate::{
	round::{Parent, SlotView},
	signing::{vrf, SigningError},
};

/// One of our nodes may assemble the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssemblyTurn {
	/// Its place in the list of bookkeeping nodes.
	pub index: AuthorityIndex,
	/// Its key.
	pub key: AuthorityId,
	/// Its virtual group, and its rank there.
	pub place: Place,
	/// Its position in the assembly order, from 0.
	pub position: u32,
}

/// One of our nodes may package a group's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagingTurn {
	/// The transaction group.
	pub group: GroupId,
	/// The node's place in the list of bookkeeping nodes.
	pub index: AuthorityIndex,
	/// Its key.
	pub key: AuthorityId,
	/// Its virtual group, and its rank there.
	pub place: Place,
	/// Whether it is a guerrilla.
	pub guerrilla: bool,
	/// What its package is worth to a block.
	pub weight: u64,
}

impl PackagingTurn {
	/// How many others it waits for before it stands in: none if it is the group's winner. Equal worth waits
	/// equally long.
	pub fn steps(&self) -> u32 {
		u32::from(self.place.rank).saturating_add(u32::from(self.guerrilla))
	}
}

/// Our turns to assemble, the best first.
pub fn assembly_turns(view: &SlotView, ours: &BTreeSet<AuthorityId>) -> Vec<AssemblyTurn> {
	(0..)
		.zip(view.election().may_assemble())
		.filter_map(|(position, candidate)| {
			let key = view.authority(candidate.index).filter(|key| ours.contains(*key))?;
			let place = Place { group: candidate.group, rank: candidate.rank };
			Some(AssemblyTurn { index: candidate.index, key: key.clone(), place, position })
		})
		.collect()
}

/// Our turns to package: the best of our nodes for each group, and those first that need not wait long.
pub fn packaging_turns(view: &SlotView, ours: &BTreeSet<AuthorityId>) -> Vec<PackagingTurn> {
	let election = view.election();
	let nodes: Vec<_> = (0..=AuthorityIndex::MAX)
		.zip(view.parent().authorities.iter())
		.filter(|(_, authority)| ours.contains(&authority.id))
		.filter_map(|(index, authority)| Some((index, &authority.id, election.place_of(index)?)))
		.collect();
	let mut turns: Vec<_> = (0..election.groups())
		.filter_map(|group| {
			nodes
				.iter()
				.filter_map(|(index, key, place)| {
					Some(PackagingTurn {
						group,
						index: *index,
						key: AuthorityId::clone(key),
						place: *place,
						guerrilla: election.is_guerrilla(place.group),
						weight: election.package_weight(group, *index)?,
					})
				})
				.max_by_key(|turn| turn.weight)
		})
		.collect();
	turns.sort_by_key(PackagingTurn::steps);
	turns
}

/// Our claim to a block that is made of the packages with this root.
pub fn make_claim(
	keystore: &dyn Keystore,
	view: &SlotView,
	turn: &AssemblyTurn,
	packages_root: H256,
) -> Result<Claim, SigningError> {
	let slot = view.slot();
	Ok(Claim {
		slot,
		author: turn.index,
		group: turn.place.group,
		rank: turn.place.rank,
		packages_root,
		vrf: vrf(keystore, &turn.key, view.parent().round.seed, slot)?,
	})
}

/// The first slot, from `from` on, in which one of these nodes may assemble, and its turn there. There always
/// is one, if any of them is elected: with each slot that is missed, more nodes may.
pub fn next_assembly(
	parent: &Parent,
	from: Slot,
	ours: &BTreeSet<AuthorityId>,
) -> Option<(SlotView, AssemblyTurn)> {
	let nodes = u64::try_from(parent.authorities.len()).unwrap_or(u64::MAX);
	// So many draws hit every node, for the last of them hit none twice.
	let draws = nodes.saturating_add(DRAWS_WITH_REPLACEMENT.into());
	(0..=draws / u64::from(ASSEMBLERS)).find_map(|later| {
		let view = parent.at(from.saturating_add(later));
		let turn = assembly_turns(&view, ours).into_iter().next()?;
		Some((view, turn))
	})
}

#[cfg(test)]
mod tests;
