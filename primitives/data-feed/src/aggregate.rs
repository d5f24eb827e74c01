//! One value of many, and how far values are apart. Integers only.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

use crate::{Rules, Value};

/// A millionth is the unit of relative margins.
pub const MILLION: u32 = 1_000_000;

/// The score of a value that is as fast and as close as can be.
pub const FULL_SCORE: u32 = 1_000;
/// What of it is for being fast. The rest is for being close.
const SPEED: u32 = 500;

/// How far two numbers may be apart.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Margin {
	/// In millionths of the number that is compared with.
	pub relative: u32,
	/// In the feed's smallest unit. For numbers around zero, of which a part is nothing.
	pub absolute: u128,
}

impl Margin {
	/// How far another number may be from this one: the larger of the two margins.
	pub fn around(&self, reference: i128) -> u128 {
		let size = reference.unsigned_abs();
		let million = u128::from(MILLION);
		let relative = u128::from(self.relative);
		let whole = size.checked_div(million).unwrap_or(0).saturating_mul(relative);
		let rest = size.checked_rem(million).unwrap_or(0).saturating_mul(relative);
		let part = whole.saturating_add(rest.checked_div(million).unwrap_or(0));
		part.max(self.absolute)
	}

	/// Whether `value` is within the margin around `reference`. Texts, and yes and no, are only if they are the same.
	pub fn covers(&self, reference: &Value, value: &Value) -> bool {
		match (reference, value) {
			(Value::Number(reference), Value::Number(value)) => {
				reference.abs_diff(*value) <= self.around(*reference)
			},
			_ => reference == value,
		}
	}
}

/// The lower median: of numbers in order the one in the middle, and of two in the middle the smaller one. So it is always
/// one that was said.
pub fn median(numbers: impl IntoIterator<Item = i128>) -> Option<i128> {
	let mut numbers: Vec<i128> = numbers.into_iter().collect();
	numbers.sort_unstable();
	let middle = numbers.len().checked_sub(1)?.checked_div(2)?;
	numbers.get(middle).copied()
}

/// What most agree on.
///
/// For numbers the median, for others what is said most often; and only if more than half of `total` are within the
/// margin around it. `total` is how many could have said something, at least as many as did: with sources, those that
/// gave no answer count as not agreeing. So the result is right whenever more than half are, and there is none when too
/// many are silent or lie for that to be known.
pub fn agree(values: &[Value], total: usize, tolerance: &Margin) -> Option<Value> {
	let middle = match values.first()? {
		Value::Number(_) => Value::Number(median(values.iter().filter_map(Value::number))?),
		Value::Text(_) | Value::Boolean(_) => most_frequent(values)?.clone(),
	};
	let near = values.iter().filter(|value| tolerance.covers(&middle, value)).count();
	(near.saturating_mul(2) > total.max(values.len())).then_some(middle)
}

/// The value that is there most often: of several, the first.
fn most_frequent(values: &[Value]) -> Option<&Value> {
	let mut best: Option<(&Value, usize)> = None;
	for value in values {
		let count = values.iter().filter(|other| *other == value).count();
		if best.is_none_or(|(_, most)| count > most) {
			best = Some((value, count));
		}
	}
	best.map(|(value, _)| value)
}

/// What a value that was said is worth, from 0 to [`FULL_SCORE`]: half for being committed early, half for being close to
/// what was agreed on. 0 for an outlier.
///
/// - `delay`: blocks from the opening of the round to the commitment;
/// - `window`: blocks of the commit phase.
pub fn score(answer: &Value, value: &Value, tolerance: &Margin, delay: u32, window: u32) -> u32 {
	if !tolerance.covers(answer, value) {
		return 0;
	}
	let left = window.saturating_sub(delay);
	let speed = SPEED.saturating_mul(left).checked_div(window).unwrap_or(0);
	let most = FULL_SCORE.saturating_sub(SPEED);
	let close = match (answer, value) {
		(Value::Number(answer), Value::Number(value)) => {
			let allowed = tolerance.around(*answer);
			let free = allowed.saturating_sub(answer.abs_diff(*value));
			proportion(most, free, allowed)
		},
		_ => most,
	};
	speed.saturating_add(close)
}

/// `most · part / whole`, rounded down. `most` if `whole` is 0.
fn proportion(most: u32, part: u128, whole: u128) -> u32 {
	if whole == 0 {
		return most;
	}
	// Small enough to be multiplied.
	let shift = whole.ilog2().saturating_sub(64);
	let (part, whole) = (part >> shift, whole >> shift);
	let share = u128::from(most).saturating_mul(part).checked_div(whole).unwrap_or(0);
	u32::try_from(share).unwrap_or(most).min(most)
}

/// How many of so many feeders have to reveal a value.
pub fn quorum(feeders: u32, rules: &Rules) -> u32 {
	let part = feeders.saturating_mul(u32::from(rules.quorum)).div_ceil(100);
	part.max(rules.min_reports).max(1)
}
