//! What was seen and Fusion has not yet heard.
//!
//! A sighting stays here until Fusion will not want it any more. It is submitted, and after a while
//! again if it is still wanted: a transaction may get lost on its way. What Fusion does not want now, but may
//! later (deposits are paused, or this node is no witness yet), is asked about again for as long as that is so:
//! what is dropped is somebody's coins. What it never wants is asked about again as long as its block is among the
//! last [`REWIND`], and then dropped (Fusion's finalized state may lag behind what other nodes act upon).

use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};

use fusion_asset_mapping_primitives::{BatchId, Observation, OutPoint, Wanted};

use crate::scanner::{Sighting, REWIND};

/// What a sighting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
	/// A deposit.
	Deposit(OutPoint),
	/// A batch.
	Settled(BatchId),
	/// A coin that is gone.
	Gone(OutPoint),
	/// A coin that is back.
	Back(OutPoint),
	/// The fee rate.
	FeeRate,
}

impl Key {
	/// What an observation is about.
	pub fn of(observation: &Observation) -> Self {
		match observation {
			Observation::Deposit { outpoint, .. } => Key::Deposit(*outpoint),
			Observation::Settled { batch, .. } => Key::Settled(*batch),
			Observation::Gone { outpoint, .. } => Key::Gone(*outpoint),
			Observation::Back { outpoint, .. } => Key::Back(*outpoint),
			Observation::FeeRate { .. } => Key::FeeRate,
		}
	}
}

struct Entry {
	sighting: Sighting,
	/// When it is up next. `None`: now.
	at: Option<Instant>,
	/// Whether Fusion wanted it, or might later, when it was last asked, or was not asked yet.
	wanted: bool,
}

/// What was seen and Fusion has not yet heard.
pub struct Pending {
	entries: BTreeMap<Key, Entry>,
	again_after: Duration,
}

impl Pending {
	/// Nothing yet. Everything has its turn again after that time.
	pub fn new(again_after: Duration) -> Self {
		Self { entries: BTreeMap::new(), again_after }
	}

	/// Adds a sighting. One of the same thing, in a block that was replaced, makes way for it.
	pub fn add(&mut self, sighting: Sighting) {
		let key = Key::of(&sighting.observation);
		self.entries.insert(key, Entry { sighting, at: None, wanted: true });
	}

	/// Drops what was seen from that height on: its blocks were replaced. Gives how many that were.
	pub fn drop_from(&mut self, height: u32) -> usize {
		let before = self.entries.len();
		self.entries.retain(|_, entry| entry.sighting.height() < height);
		before.saturating_sub(self.entries.len())
	}

	/// Whether the batch was seen and is waiting here.
	pub fn has_batch(&self, batch: BatchId) -> bool {
		self.entries.contains_key(&Key::Settled(batch))
	}

	/// Up to `limit` observations whose turn it is, of blocks with enough confirmations.
	pub fn due(
		&self,
		now: Instant,
		tip: u32,
		confirmations: u32,
		limit: usize,
	) -> Vec<(Key, Observation)> {
		self.entries
			.iter()
			.filter(|(_, entry)| entry.at.is_none_or(|at| at <= now))
			.filter(|(_, Entry { sighting, .. })| {
				let has = tip.saturating_add(1).saturating_sub(sighting.height());
				has >= confirmations.max(sighting.confirmations)
			})
			.take(limit)
			.map(|(key, entry)| (*key, entry.sighting.observation.clone()))
			.collect()
	}

	/// Fusion was asked whether it wants this, and (if it does now) was told.
	pub fn asked(&mut self, key: &Key, wanted: Wanted, now: Instant) {
		if let Some(entry) = self.entries.get_mut(key) {
			entry.wanted = wanted != Wanted::Never;
			entry.at = now.checked_add(self.again_after);
		}
	}

	/// Drops what is never wanted and is no longer in the last [`REWIND`] blocks before `next`.
	pub fn tidy(&mut self, next: u32) {
		self.entries.retain(|_, entry| {
			entry.wanted || entry.sighting.height().saturating_add(REWIND) >= next
		});
	}

	/// Height of the first block with something that Fusion still wants, or may want.
	pub fn first_wanted(&self) -> Option<u32> {
		self.entries.values().filter(|e| e.wanted).map(|e| e.sighting.height()).min()
	}

	/// How many are still wanted.
	pub fn wanted(&self) -> usize {
		self.entries.values().filter(|entry| entry.wanted).count()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const AGAIN: Duration = Duration::from_secs(10);

	fn settled(batch: BatchId, height: u32) -> Sighting {
		let observation =
			Observation::Settled { batch, attempt: 0, txid: [1; 32], height, block: [2; 32] };
		Sighting { observation, confirmations: 0 }
	}

	fn due(pending: &Pending, now: Instant, tip: u32, confirmations: u32) -> Vec<Key> {
		pending.due(now, tip, confirmations, 100).into_iter().map(|(key, _)| key).collect()
	}

	#[test]
	fn sighting_should_be_due_again_when_it_is_still_wanted_after_a_while() {
		let mut pending = Pending::new(AGAIN);
		let now = Instant::now();
		pending.add(settled(1, 10));
		assert_eq!(due(&pending, now, 10, 1), [Key::Settled(1)]);
		pending.asked(&Key::Settled(1), Wanted::Now, now);
		assert_eq!(due(&pending, now + AGAIN / 2, 10, 1), []);
		assert_eq!(due(&pending, now + AGAIN, 10, 1), [Key::Settled(1)]);
		assert_eq!(pending.first_wanted(), Some(10));
	}

	#[test]
	fn sighting_should_stay_and_hold_the_cursor_when_it_may_be_wanted_later() {
		let mut pending = Pending::new(AGAIN);
		let now = Instant::now();
		pending.add(settled(1, 10));
		pending.asked(&Key::Settled(1), Wanted::Later, now);
		pending.tidy(1_000_000);
		assert_eq!(pending.first_wanted(), Some(10));
		assert_eq!(due(&pending, now + AGAIN / 2, 10, 1), []);
		assert_eq!(due(&pending, now + AGAIN, 10, 1), [Key::Settled(1)]);
	}

	#[test]
	fn sighting_should_be_asked_about_again_and_then_dropped_when_it_is_not_wanted() {
		let mut pending = Pending::new(AGAIN);
		let now = Instant::now();
		pending.add(settled(1, 10));
		pending.asked(&Key::Settled(1), Wanted::Never, now);
		assert_eq!(pending.first_wanted(), None);
		assert_eq!(due(&pending, now + AGAIN / 2, 10, 1), []);
		assert_eq!(due(&pending, now + AGAIN, 10, 1), [Key::Settled(1)]);
		pending.tidy(10 + REWIND);
		assert!(pending.has_batch(1));
		pending.tidy(11 + REWIND);
		assert!(!pending.has_batch(1));
	}

	#[test]
	fn sighting_should_stay_when_it_is_wanted_however_old_it_is() {
		let mut pending = Pending::new(AGAIN);
		pending.add(settled(1, 10));
		pending.tidy(1_000_000);
		assert!(pending.has_batch(1));
		assert_eq!(pending.wanted(), 1);
	}

	#[test]
	fn sighting_should_wait_when_its_block_has_too_few_confirmations() {
		let mut pending = Pending::new(AGAIN);
		let now = Instant::now();
		pending.add(Sighting { confirmations: 100, ..settled(1, 10) });
		pending.add(settled(2, 10));
		assert_eq!(due(&pending, now, 9, 1), []);
		assert_eq!(due(&pending, now, 11, 3), []);
		assert_eq!(due(&pending, now, 12, 3), [Key::Settled(2)]);
		assert_eq!(due(&pending, now, 108, 3), [Key::Settled(2)]);
		assert_eq!(due(&pending, now, 109, 3), [Key::Settled(1), Key::Settled(2)]);
		assert_eq!(pending.due(now, 109, 3, 1).len(), 1);
	}

	#[test]
	fn sighting_should_be_dropped_when_its_block_was_replaced() {
		let mut pending = Pending::new(AGAIN);
		(1..=3).for_each(|batch| pending.add(settled(batch, 10 + batch as u32)));
		assert_eq!(pending.drop_from(12), 2);
		assert!(pending.has_batch(1));
		assert!(!pending.has_batch(2));
	}
}
