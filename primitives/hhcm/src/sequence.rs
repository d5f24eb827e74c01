//! Whether the transactions of a block are those of its packages, in the right order.
//!
//! Every transaction is in the package of its group. The groups' transactions follow one another in the
//! order that is drawn for the round ([`Election::order`](crate::Election::order)), so that no group is
//! always first. Within a group the order is the package's. An assembler may leave out transactions, for
//! instance such that have become invalid, but may not add or move any.

use alloc::{vec, vec::Vec};
use core::fmt;
use sp_core::H256;

use crate::{GroupId, Package};

/// Why a transaction may not stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceError {
	/// There is no package of the transaction's group.
	NoPackage {
		/// The group.
		group: GroupId,
	},
	/// Transactions of groups that come later are before it.
	GroupOrder {
		/// The group.
		group: GroupId,
	},
	/// The group's package does not have it.
	Unlisted {
		/// The group.
		group: GroupId,
	},
	/// The group's package has it only before transactions that are before it here, or has it less often.
	PackageOrder {
		/// The group.
		group: GroupId,
	},
}

impl fmt::Display for SequenceError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::NoPackage { group } => write!(f, "there is no package of its group {group}"),
			Self::GroupOrder { group } => {
				write!(f, "it is after transactions of groups that come after its group {group}")
			},
			Self::Unlisted { group } => {
				write!(f, "it is not in the package of its group {group}")
			},
			Self::PackageOrder { group } => {
				write!(f, "it is not where the package of its group {group} has it")
			},
		}
	}
}

/// Follows the transactions of a block.
#[derive(Clone, Debug)]
pub struct Sequence<'a> {
	order: &'a [GroupId],
	packages: &'a [Package],
	/// How many transactions of each package there were.
	counts: Vec<u32>,
	/// Where in the order of groups the last transaction was.
	place: usize,
	/// The rest of the present group's package.
	rest: &'a [H256],
	/// Whether there has been a transaction.
	begun: bool,
}

impl<'a> Sequence<'a> {
	/// The block's packages, and the order of the groups.
	pub fn new(order: &'a [GroupId], packages: &'a [Package]) -> Self {
		Self { order, packages, counts: vec![0; packages.len()], place: 0, rest: &[], begun: false }
	}

	/// Takes the next transaction: its group, and the hash by which packages name it.
	pub fn push(&mut self, group: GroupId, transaction: H256) -> Result<(), SequenceError> {
		let (at, package) = self
			.packages
			.iter()
			.enumerate()
			.find(|(_, package)| package.group == group)
			.ok_or(SequenceError::NoPackage { group })?;
		let place = self
			.order
			.iter()
			.position(|other| *other == group)
			.ok_or(SequenceError::NoPackage { group })?;
		if place < self.place {
			return Err(SequenceError::GroupOrder { group });
		}
		if place > self.place || !self.begun {
			self.place = place;
			self.rest = &package.transactions;
			self.begun = true;
		}
		let found = self.rest.iter().position(|listed| *listed == transaction);
		let Some(position) = found else {
			return Err(if package.transactions.contains(&transaction) {
				SequenceError::PackageOrder { group }
			} else {
				SequenceError::Unlisted { group }
			});
		};
		self.rest = self.rest.get(position.saturating_add(1)..).unwrap_or_default();
		if let Some(count) = self.counts.get_mut(at) {
			*count = count.saturating_add(1);
		}
		Ok(())
	}

	/// Whether there has been a transaction.
	pub fn has_begun(&self) -> bool {
		self.begun
	}

	/// How many transactions of each package there were, in the order of the packages.
	pub fn counts(&self) -> &[u32] {
		&self.counts
	}
}
