//! How the number of groups and the difficulty follow the load and the missed slots, once a session.

use sp_runtime::Permill;

use crate::{
	ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
	GroupId, MAX_GROUPS,
};

/// Above this mean fullness of blocks, a group is added.
pub const FULL: Permill = Permill::from_percent(75);
/// Below this mean fullness of blocks, a group is taken away.
pub const EMPTY: Permill = Permill::from_percent(25);
/// So many nodes there must be for each virtual group.
pub const NODES_PER_GROUP: u32 = 3;

/// The number of transaction groups of the next session: one more or one less than now at most, between 1
/// and [`MAX_GROUPS`], and no more than the nodes suffice for.
pub fn groups(now: GroupId, fullness: Permill, nodes: u32) -> GroupId {
	let wanted = if fullness > FULL {
		now.saturating_add(1)
	} else if fullness < EMPTY {
		now.saturating_sub(1)
	} else {
		now
	};
	// With two groups or more, guerrillas are a group too.
	let virtual_groups = nodes / NODES_PER_GROUP;
	let most = GroupId::try_from(virtual_groups.saturating_sub(1)).unwrap_or(GroupId::MAX);
	wanted.clamp(1, most.clamp(1, MAX_GROUPS))
}

/// The difficulty of the next session, from how many of the last session's slots had a block: an eighth
/// lower if more than a twentieth of them had none, an eighth higher if less than a hundredth had none.
/// Within `bounds`, which are in turn within [`MIN_DIFFICULTY`] and [`MAX_DIFFICULTY`].
pub fn difficulty(now: u64, filled: u64, missed: u64, bounds: (u64, u64)) -> u64 {
	let slots = filled.saturating_add(missed);
	let wanted = if missed.saturating_mul(20) > slots {
		now.saturating_sub((now / 8).max(1))
	} else if missed.saturating_mul(100) < slots {
		now.saturating_add((now / 8).max(1))
	} else {
		now
	};
	let low = bounds.0.clamp(MIN_DIFFICULTY, MAX_DIFFICULTY);
	let high = bounds.1.clamp(low, MAX_DIFFICULTY);
	wanted.clamp(low, high)
}
