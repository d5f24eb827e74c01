//! When rows with a condition of time are due.

use crate::{cron::Cron, At, Clock};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Most times that are counted one by one.
const MAX_COUNT: u32 = 64;

/// The times at which a row is due.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Schedule {
	/// At a block.
	AtBlock(u32),
	/// At a time, in seconds since 1970.
	AtTime(u64),
	/// At block `first`, and every `every` blocks after it.
	EveryBlocks {
		/// The first block.
		first: u32,
		/// Blocks from one to the next. At least 1.
		every: u32,
	},
	/// At time `first`, and every `every` seconds after it.
	EverySeconds {
		/// The first time, in seconds since 1970.
		first: u64,
		/// Seconds from one to the next. At least 1.
		every: u64,
	},
	/// By a cron expression.
	Cron(Cron),
}

impl Schedule {
	/// The clock that it goes by.
	pub fn clock(&self) -> Clock {
		match self {
			Self::AtBlock(_) | Self::EveryBlocks { .. } => Clock::Block,
			Self::AtTime(_) | Self::EverySeconds { .. } | Self::Cron(_) => Clock::Time,
		}
	}

	/// Whether it may be due more than once.
	pub fn is_periodic(&self) -> bool {
		!matches!(self, Self::AtBlock(_) | Self::AtTime(_))
	}

	/// The first time after `after` (exclusive, by its own clock) at which the row is due. `None` if there is none.
	pub fn next(&self, after: u64) -> Option<At> {
		let value = match *self {
			Self::AtBlock(at) => Some(u64::from(at)).filter(|at| *at > after),
			Self::AtTime(at) => Some(at).filter(|at| *at > after),
			Self::EveryBlocks { first, every } => {
				next_of(first.into(), every.into(), after).filter(|block| *block <= u32::MAX.into())
			},
			Self::EverySeconds { first, every } => next_of(first, every, after),
			Self::Cron(ref cron) => cron.next(after),
		}?;
		Some(At { clock: self.clock(), value })
	}

	/// How many times at which the row is due are after `from` (exclusive) and not after `to`. Those of a cron
	/// expression are counted to 64 only.
	pub fn count(&self, from: u64, to: u64) -> u32 {
		let (first, every) = match *self {
			Self::EveryBlocks { first, every } => (first.into(), every.into()),
			Self::EverySeconds { first, every } => (first, every),
			Self::AtBlock(_) | Self::AtTime(_) | Self::Cron(_) => {
				let mut count = 0;
				let mut at = from;
				while count < MAX_COUNT {
					match self.next(at) {
						Some(next) if next.value <= to => at = next.value,
						_ => break,
					}
					count += 1;
				}
				return count;
			},
		};
		let until = |end: u64| match end.checked_sub(first) {
			Some(passed) => passed.checked_div(every).unwrap_or_default().saturating_add(1),
			None => 0,
		};
		u32::try_from(until(to).saturating_sub(until(from))).unwrap_or(u32::MAX)
	}
}

fn next_of(first: u64, every: u64, after: u64) -> Option<u64> {
	let Some(passed) = after.checked_sub(first) else {
		return Some(first);
	};
	passed.checked_div(every)?.checked_add(1)?.checked_mul(every)?.checked_add(first)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn next_should_be_none_when_the_only_time_has_passed() {
		assert_eq!(Schedule::AtBlock(5).next(4), Some(At { clock: Clock::Block, value: 5 }));
		assert_eq!(Schedule::AtBlock(5).next(5), None);
		assert_eq!(Schedule::AtTime(5).next(6), None);
	}

	#[test]
	fn next_should_be_none_when_numbers_end() {
		let every = Schedule::EveryBlocks { first: 1, every: u32::MAX };
		assert_eq!(every.next(1), None);
		let every = Schedule::EverySeconds { first: 1, every: u64::MAX };
		assert_eq!(every.next(1), None);
		assert_eq!(Schedule::EverySeconds { first: 1, every: 0 }.next(1), None);
	}

	proptest! {
		#[test]
		fn count_should_be_the_number_of_steps(
			first in 0..100_u32,
			every in 1..20_u32,
			from in 0..200_u64,
			length in 0..200_u64,
		) {
			let schedule = Schedule::EveryBlocks { first, every };
			let to = from + length;
			let walked = (from + 1..=to)
				.filter(|at| *at >= first.into() && (at - u64::from(first)) % u64::from(every) == 0)
				.count();
			prop_assert_eq!(schedule.count(from, to) as usize, walked);
			let next = schedule.next(from).unwrap().value;
			prop_assert!(next > from);
			prop_assert_eq!(schedule.count(from, next), 1);
			prop_assert_eq!(schedule.count(from, next - 1), 0);
		}
	}
}
