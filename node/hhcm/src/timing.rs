//! When in a slot what is done. Chain rules know nothing of this: it is what nodes do to leave each other
//! time.

use std::time::{Duration, Instant, SystemTime};

use fusion_hhcm_primitives::Slot;

/// The wall's clock, in slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
	/// Milliseconds of a slot, at least 1.
	slot: u64,
}

impl Clock {
	/// Slots of that length, since 1970.
	pub fn new(slot: Duration) -> Self {
		Self { slot: u64::try_from(slot.as_millis()).unwrap_or(u64::MAX).max(1) }
	}

	/// Length of a slot.
	pub fn slot_duration(&self) -> Duration {
		Duration::from_millis(self.slot)
	}

	/// The slot now.
	pub fn now(&self) -> Slot {
		self.slot_at(since_1970()).0
	}

	/// The latest slot that anybody may be in by now: where clocks are a little ahead of this one, it has begun
	/// already.
	pub fn latest(&self) -> Slot {
		self.slot_at(since_1970().saturating_add(self.slot_duration() / AHEAD)).0
	}

	/// The slot at that time since 1970, and how long it is going on by then.
	fn slot_at(&self, time: Duration) -> (Slot, Duration) {
		let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
		(Slot::from(millis / self.slot), Duration::from_millis(millis % self.slot))
	}

	/// Waits for a slot later than `last` to begin: which one, and when it ends. A slot that has just begun
	/// will do.
	pub async fn next(&self, last: Option<Slot>) -> (Slot, Instant) {
		loop {
			let (slot, begun) = self.slot_at(since_1970());
			let rest = self.slot_duration().saturating_sub(begun);
			if is_next(slot, last) && begun < self.slot_duration() / LATE {
				return (slot, Instant::now() + rest);
			}
			// A little later, so that every clock of the network is in the slot.
			tokio::time::sleep(rest + self.slot_duration() / SKEW).await;
		}
	}
}

/// Whether a slot is to be worked on after `last`. An earlier one is if the clock was set back: else a node
/// whose clock was ahead by a day for a moment would rest for a day.
fn is_next(slot: Slot, last: Option<Slot>) -> bool {
	last.is_none_or(|last| slot > last || slot.saturating_add(SET_BACK) < last)
}

/// A part of a slot after which it has not just begun any more.
const LATE: u32 = 4;
/// A part of a slot that other clocks may be ahead of this one: a second of a slot of 6 s.
const AHEAD: u32 = 6;
/// A clock that shows a slot earlier by more than this was set back.
const SET_BACK: u64 = 2;
/// A part of a slot that clocks of one network differ by.
const SKEW: u32 = 120;

fn since_1970() -> Duration {
	SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Lengths of time within a slot, all from its begin if not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
	/// How long a package may take to be made.
	pub packaging: Duration,
	/// How long a stand-in waits for each better package.
	pub stand_in: Duration,
	/// When blocks are begun, if not all winners' packages are there before.
	pub assembly: Duration,
	/// How much longer each position of the assembly order waits than the one before.
	pub politeness: Duration,
	/// How much longer any position waits at most.
	pub most_polite: Duration,
	/// How long a block's transactions may take to be executed, from when it is begun.
	pub execution: Duration,
	/// How long the transaction pool may take to be ready.
	pub pool: Duration,
	/// How long before the slot's end nothing is finished any more.
	pub margin: Duration,
}

impl Timing {
	/// For slots of that length. In slots of 6 s blocks are begun at 800 ms, and each position waits 300 ms.
	pub fn for_slots(slot: Duration) -> Self {
		Self {
			packaging: slot / 10,
			stand_in: slot / 20,
			assembly: slot * 2 / 15,
			politeness: slot / 20,
			most_polite: slot / 2,
			execution: slot / 4,
			pool: slot / 60,
			margin: slot / 60,
		}
	}

	/// How much longer a position of the assembly order waits than the first.
	pub fn wait_of(&self, position: u32) -> Duration {
		self.politeness.saturating_mul(position).min(self.most_polite)
	}

	/// How long a stand-in waits for so many better packages.
	pub fn stand_in_wait(&self, steps: u32) -> Duration {
		self.stand_in.saturating_mul(steps)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn slots_should_count_from_1970() {
		let clock = Clock::new(Duration::from_secs(6));
		for (millis, slot, begun) in
			[(0, 0u64, 0), (5_999, 0, 5_999), (6_000, 1, 0), (13_001, 2, 1_001)]
		{
			let at = clock.slot_at(Duration::from_millis(millis));
			assert_eq!(at, (Slot::from(slot), Duration::from_millis(begun)));
		}
	}

	#[test]
	fn clock_should_not_divide_by_zero_when_slots_have_no_length() {
		let clock = Clock::new(Duration::ZERO);
		assert_eq!(clock.slot_duration(), Duration::from_millis(1));
		assert!(u64::from(clock.now()) > 0);
	}

	#[test]
	fn latest_slot_should_be_the_next_one_when_this_one_ends() {
		let clock = Clock::new(Duration::from_secs(6));
		let (now, latest) = (clock.now(), clock.latest());
		assert!(latest == now || latest == now.saturating_add(1u64));
		// A slot of a millisecond has no sixth part.
		assert!(Clock::new(Duration::ZERO).latest() >= now);
	}

	#[test]
	fn slot_should_be_worked_on_when_the_clock_was_set_back() {
		let slot = |number: u64| Slot::from(number);
		assert!(is_next(slot(7), None));
		assert!(is_next(slot(7), Some(slot(6))));
		for number in 7..=9 {
			assert!(!is_next(slot(7), Some(slot(number))));
		}
		assert!(is_next(slot(7), Some(slot(10))));
	}

	#[test]
	fn waits_should_be_bounded_when_positions_are_high() {
		let timing = Timing::for_slots(Duration::from_secs(6));
		assert_eq!(timing.assembly, Duration::from_millis(800));
		assert_eq!(timing.wait_of(0), Duration::ZERO);
		assert_eq!(timing.wait_of(2), Duration::from_millis(600));
		assert_eq!(timing.wait_of(u32::MAX), Duration::from_secs(3));
		// The first assemblers finish within the slot, also if all three come to it.
		let latest = timing.assembly + timing.wait_of(2) + timing.execution + timing.margin;
		assert!(latest < Duration::from_secs(6));
	}

	#[tokio::test]
	async fn clock_should_wait_when_the_slot_was_worked_on() {
		let clock = Clock::new(Duration::from_millis(200));
		let (first, _) = clock.next(None).await;
		let (second, ends) = clock.next(Some(first)).await;
		assert!(second > first);
		assert!(ends > Instant::now() - Duration::from_millis(200));
	}
}
