//! Whose turn a row is.
//!
//! For each row and each time that it becomes due, the bookkeeping nodes of the session form a queue, which is the same
//! for all of them: virtual groups take turns, and within a group its nodes do. The first sends the trigger at once; the
//! others wait a block longer each, up to [`MOST_WAITING`] blocks, from where on all go together. A node that is down or
//! idle so costs a row a block.

use fusion_calling_list_primitives::DueRow;

/// The most blocks that a node waits for others.
pub const MOST_WAITING: u32 = 4;

/// A node's place among those of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
	/// Its index in the list of the session's nodes. `None`: it is not one of them, and goes last.
	pub index: Option<u32>,
	/// How many there are.
	pub nodes: u32,
	/// Number of virtual groups. A node belongs to the group whose number is its index modulo this.
	pub groups: u32,
}

impl Place {
	/// Blocks that the node waits for others before it triggers a row.
	pub fn wait(&self, row: &DueRow) -> u32 {
		let Some(index) = self.index else { return MOST_WAITING };
		let (nodes, groups) = (self.nodes.max(1), self.groups.clamp(1, self.nodes.max(1)));
		let draw = row.id.wrapping_add(row.since.into());
		let draw = u32::try_from(draw % u64::from(u32::MAX)).unwrap_or_default();
		// Which group goes first, and who in it.
		let group = (index % groups + groups - draw % groups) % groups;
		let in_group = nodes.div_ceil(groups);
		let member = (index / groups + in_group - (draw / groups) % in_group) % in_group;
		group.saturating_mul(in_group).saturating_add(member).min(MOST_WAITING)
	}

	/// Whether the node triggers a row in block `next`.
	pub fn is_on(&self, row: &DueRow, next: u32) -> bool {
		next >= row.since.saturating_add(self.wait(row))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn row(id: u64, since: u32) -> DueRow {
		DueRow { id, since, gas: 1, checked: false }
	}

	#[test]
	fn one_node_should_go_first_for_each_row_and_each_in_its_turn() {
		for (nodes, groups) in [(1, 1), (4, 1), (4, 2), (5, 2), (9, 4), (100, 16)] {
			let mut first = vec![0; nodes as usize];
			for id in 0..(nodes * 20) {
				let place = |index| Place { index: Some(index), nodes, groups };
				let waits: Vec<_> = (0..nodes).map(|i| place(i).wait(&row(id.into(), 7))).collect();
				let at_once = waits.iter().filter(|wait| **wait == 0).count();
				// In groups of unequal size there is a turn that nobody has: the next goes a block later.
				assert!(at_once <= 1, "{waits:?}");
				if let Some(index) = waits.iter().position(|wait| *wait == 0) {
					first[index] += 1;
				}
				assert!(waits.iter().all(|wait| *wait <= MOST_WAITING));
			}
			assert!(first.iter().all(|turns| *turns > 0), "{nodes} {groups}: {first:?}");
		}
	}

	#[test]
	fn node_should_wait_for_those_before_it() {
		let place = Place { index: Some(1), nodes: 4, groups: 1 };
		let row = row(0, 100);
		assert_eq!(place.wait(&row), 1);
		assert!(!place.is_on(&row, 100));
		assert!(place.is_on(&row, 101));
	}

	#[test]
	fn node_that_keeps_no_books_should_go_last() {
		let place = Place { index: None, nodes: 4, groups: 1 };
		assert_eq!(place.wait(&row(5, 5)), MOST_WAITING);
		// And with nobody else there, all the same.
		let alone = Place { index: None, nodes: 0, groups: 0 };
		assert_eq!(alone.wait(&row(5, 5)), MOST_WAITING);
	}
}
