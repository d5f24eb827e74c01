//! Which offences are known, and when to report which.

use std::collections::VecDeque;

use codec::Encode;
use fusion_hhcm_primitives::{equivocation::Proof, AuthorityIndex, Package, Slot};
use sp_core::H256;
use sp_runtime::traits::Header as HeaderT;

use super::offence_of;

/// Most offences that are reported at a time.
pub const MAX_OPEN: usize = 64;
/// Most offences that are remembered because they need not be reported any more.
pub const MAX_CLOSED: usize = 1_024;
/// After so many slots a report is offered again.
pub const RETRY: u64 = 4;

/// What the chain punishes once: whatever a node signs twice in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offence {
	/// The slot.
	pub slot: Slot,
	/// The node's place in the list of its session.
	pub offender: AuthorityIndex,
}

impl std::fmt::Display for Offence {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "node {} signed two things in slot {}", self.offender, self.slot)
	}
}

#[derive(Clone, Debug)]
struct Case<Header> {
	offence: Offence,
	proof: Proof<Header>,
	/// In which slot it is looked at again.
	due: Slot,
}

/// The offences that are to be reported, and those that need not be any more. Both are bounded: of too many,
/// those of the earliest slots are forgotten.
#[derive(Clone, Debug)]
pub struct Docket<Header> {
	open: Vec<Case<Header>>,
	closed: VecDeque<Offence>,
}

impl<Header> Default for Docket<Header> {
	fn default() -> Self {
		Self { open: Vec::new(), closed: VecDeque::new() }
	}
}

impl<Header: HeaderT<Hash = H256>> Docket<Header> {
	/// Notes evidence, which is sound. Returns what it proves, if that was not known.
	pub fn file(&mut self, proof: Proof<Header>) -> Option<Offence> {
		let (slot, offender) = offence_of(&proof)?;
		let offence = Offence { slot, offender };
		let is_open = self.open.iter().any(|case| case.offence == offence);
		if is_open || self.closed.contains(&offence) {
			return None;
		}
		if self.open.len() >= MAX_OPEN {
			let (at, earliest) =
				self.open.iter().enumerate().min_by_key(|(_, case)| case.offence.slot)?;
			if slot < earliest.offence.slot {
				return None;
			}
			self.open.swap_remove(at);
		}
		self.open.push(Case { offence, proof: ordered(proof), due: Slot::default() });
		Some(offence)
	}

	/// The offences that are to be looked at in this slot.
	pub fn due(&self, now: Slot) -> Vec<Offence> {
		self.open.iter().filter(|case| case.due <= now).map(|case| case.offence).collect()
	}

	/// The proof of one that is open. Its halves are in the same order on all nodes, so that their reports are
	/// the same.
	pub fn proof(&self, offence: &Offence) -> Option<&Proof<Header>> {
		self.open.iter().find(|case| case.offence == *offence).map(|case| &case.proof)
	}

	/// Notes that one was looked at in this slot. `is_closed`: it need not be any more.
	pub fn note(&mut self, offence: &Offence, is_closed: bool, now: Slot) {
		let Some(at) = self.open.iter().position(|case| case.offence == *offence) else { return };
		if !is_closed {
			if let Some(case) = self.open.get_mut(at) {
				// In the slot of the offence itself nothing can be reported yet.
				let wait = if now > offence.slot { RETRY } else { 1 };
				case.due = now.saturating_add(wait);
			}
			return;
		}
		self.open.swap_remove(at);
		if self.closed.len() >= MAX_CLOSED {
			self.closed.pop_front();
		}
		self.closed.push_back(*offence);
	}

	/// How many are open.
	pub fn len(&self) -> usize {
		self.open.len()
	}

	/// Whether none is open.
	pub fn is_empty(&self) -> bool {
		self.open.is_empty()
	}
}

/// The same proof, whoever has seen which half first.
fn ordered<Header: HeaderT<Hash = H256>>(proof: Proof<Header>) -> Proof<Header> {
	match proof {
		Proof::Blocks { first, second } if second.hash() < first.hash() => {
			Proof::Blocks { first: second, second: first }
		},
		Proof::Packages { context, first, second } if bytes(&second) < bytes(&first) => {
			Proof::Packages { context, first: second, second: first }
		},
		proof => proof,
	}
}

fn bytes(package: &Package) -> Vec<u8> {
	package.encode()
}
