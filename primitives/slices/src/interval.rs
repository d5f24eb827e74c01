//! Intervals of time.

use codec::{Decode, DecodeWithMemTracking, Encode, Error as CodecError, Input, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{Error, Seconds, FOREVER};

/// The instants from `start` on that are before `end`. There is at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, MaxEncodedLen, TypeInfo)]
pub struct Interval {
	start: Seconds,
	end: Seconds,
}

impl Interval {
	/// `[start, end)`, where an end of [`FOREVER`] is none.
	///
	/// # Errors
	///
	/// [`Error::EmptyInterval`] unless `start` is before `end`.
	pub fn new(start: Seconds, end: Seconds) -> Result<Self, Error> {
		if start < end {
			Ok(Self { start, end })
		} else {
			Err(Error::EmptyInterval { start, end })
		}
	}

	/// The first instant.
	pub fn start(&self) -> Seconds {
		self.start
	}

	/// The first instant after it; [`FOREVER`] if there is none.
	pub fn end(&self) -> Seconds {
		self.end
	}

	/// Whether it has no end.
	pub fn is_forever(&self) -> bool {
		self.end == FOREVER
	}

	/// Whether `at` is one of its instants.
	pub fn contains(&self, at: Seconds) -> bool {
		self.start <= at && at < self.end
	}

	/// What is in both, if anything.
	pub fn intersection(&self, other: &Self) -> Option<Self> {
		Self::new(self.start.max(other.start), self.end.min(other.end)).ok()
	}
}

impl Decode for Interval {
	fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
		let (start, end) = Decode::decode(input)?;
		Self::new(start, end).map_err(|_| "an interval ends before it starts".into())
	}
}

impl DecodeWithMemTracking for Interval {}
