//! How many share a secret, and how many it takes to use it.

use crate::Error;

/// Number of members, and how many of them it takes to use the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
	members: u16,
	threshold: u16,
}

impl Params {
	/// `threshold` of `members`. Fails unless `1 <= threshold <= members`.
	pub fn new(members: u16, threshold: u16) -> Result<Self, Error> {
		if threshold == 0 || threshold > members {
			return Err(Error::InvalidParams { members, threshold });
		}
		Ok(Self { members, threshold })
	}

	/// Number of members, `n`.
	pub fn members(&self) -> u16 {
		self.members
	}

	/// How many members it takes, `t`. Polynomials have this many coefficients.
	pub fn threshold(&self) -> u16 {
		self.threshold
	}

	/// Fails unless there is a member with this index.
	pub(crate) fn check_index(&self, index: u16) -> Result<(), Error> {
		if index == 0 || index > self.members {
			return Err(Error::InvalidIndex { index, members: self.members });
		}
		Ok(())
	}
}
