//! The nonces that wait for round 2.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{MemberIndex, RequestId};

use crate::{effect::Millis, engine::Nonces};

/// Most nonces that wait for one leader at a time.
pub const MAX_NONCES_PER_LEADER: usize = 64;

/// Which attempt nonces are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NonceKey {
	pub leader: MemberIndex,
	pub request: RequestId,
	pub attempt: u32,
}

/// Nonces and what was said of them.
pub(super) struct Waiting {
	pub nonces: Nonces,
	pub commitments: Vec<u8>,
	pub expires: Millis,
}

/// Nonces of this member. What is taken out never comes back.
///
/// A leader makes one attempt after the other at a request, so there is one entry for each leader and
/// request: that of its last attempt.
#[derive(Default)]
pub(super) struct NonceTable {
	waiting: BTreeMap<(MemberIndex, RequestId), (u32, Waiting)>,
}

impl NonceTable {
	/// Whether there is room for nonces with this key.
	pub fn has_room(&self, key: &NonceKey) -> bool {
		let count = self.waiting.keys().filter(|(leader, _)| *leader == key.leader).count();
		self.waiting.contains_key(&(key.leader, key.request)) || count < MAX_NONCES_PER_LEADER
	}

	/// Keep nonces. Those of the leader's last attempt at the request are destroyed unused.
	pub fn insert(&mut self, key: NonceKey, waiting: Waiting) {
		self.waiting.insert((key.leader, key.request), (key.attempt, waiting));
	}

	/// Take nonces out, for good.
	pub fn take(&mut self, key: &NonceKey) -> Option<Waiting> {
		let place = (key.leader, key.request);
		if self.waiting.get(&place).map(|(attempt, _)| *attempt) != Some(key.attempt) {
			return None;
		}
		self.waiting.remove(&place).map(|(_, waiting)| waiting)
	}

	/// Destroy what was not used in time.
	pub fn expire(&mut self, now: Millis) {
		self.waiting.retain(|_, (_, waiting)| now < waiting.expires);
	}

	/// Destroy all nonces of a request.
	pub fn forget(&mut self, id: RequestId) {
		self.waiting.retain(|(_, request), _| *request != id);
	}
}
