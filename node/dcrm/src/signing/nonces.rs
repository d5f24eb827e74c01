//! The nonces that wait for round 2.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{MemberIndex, RequestId};

use crate::{effect::Millis, engine::Nonces};

/// Most nonces that wait for one leader at a time.
pub const MAX_NONCES_PER_LEADER: usize = 64;

/// Which attempt nonces are for. The leader comes first, so that one leader's are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Nonces of this member by attempt. What is taken out never comes back.
#[derive(Default)]
pub(super) struct NonceTable {
	waiting: BTreeMap<NonceKey, Waiting>,
}

impl NonceTable {
	/// Whether there is room for nonces with this key.
	pub fn has_room(&self, key: &NonceKey) -> bool {
		let count = self.waiting.keys().filter(|other| other.leader == key.leader).count();
		self.waiting.contains_key(key) || count < MAX_NONCES_PER_LEADER
	}

	/// Keep nonces. Older ones with the same key are destroyed unused: the leader has restarted.
	pub fn insert(&mut self, key: NonceKey, waiting: Waiting) {
		self.waiting.insert(key, waiting);
	}

	/// Take nonces out, for good.
	pub fn take(&mut self, key: &NonceKey) -> Option<Waiting> {
		self.waiting.remove(key)
	}

	/// Destroy what was not used in time.
	pub fn expire(&mut self, now: Millis) {
		self.waiting.retain(|_, waiting| now < waiting.expires);
	}

	/// Destroy all nonces of a request.
	pub fn forget(&mut self, request: RequestId) {
		self.waiting.retain(|key, _| key.request != request);
	}
}
