//! What a feed says, and until when.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{RoundId, Seconds, Value};

/// What a round ended with.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Answer {
	/// The round.
	pub round: RoundId,
	/// What feeders agreed on.
	pub value: Value,
	/// How many revealed a value.
	pub reports: u32,
	/// When the round was opened: no value was committed to earlier, so this is what its age is counted from.
	pub started_at: Seconds,
	/// When the round was closed.
	pub updated_at: Seconds,
	/// From then on it is stale.
	pub expires_at: Seconds,
}

/// What reading a feed gives: a value that may be used, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Reading {
	/// There is no such feed.
	Unknown,
	/// It has had no answer yet.
	Empty,
	/// Governance has paused it: its answer is not to be used, however new it is.
	Paused,
	/// Its answer has expired.
	Stale(Answer),
	/// This is what it says.
	Fresh(Answer),
}

impl Reading {
	/// The reading of an answer at that time.
	pub fn of(answer: Option<Answer>, paused: bool, now: Seconds) -> Self {
		match answer {
			_ if paused => Reading::Paused,
			None => Reading::Empty,
			Some(answer) if now >= answer.expires_at => Reading::Stale(answer),
			Some(answer) => Reading::Fresh(answer),
		}
	}

	/// The answer, if it may be used.
	pub fn fresh(self) -> Option<Answer> {
		match self {
			Reading::Fresh(answer) => Some(answer),
			Reading::Unknown | Reading::Empty | Reading::Paused | Reading::Stale(_) => None,
		}
	}
}
