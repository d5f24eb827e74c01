//! Cron expressions: five fields in UTC, as POSIX's `crontab` has them.
//!
//! | field | values |
//! |---|---|
//! | minute | 0 to 59 |
//! | hour | 0 to 23 |
//! | day of the month | 1 to 31 |
//! | month | 1 to 12 |
//! | day of the week | 0 to 7, where 0 and 7 are Sunday |
//!
//! A field is a list of parts with commas between them; a part is `*`, a number, or a range `a-b`, and the first and
//! last of these may have a step: `*/15`, `10-40/5`. If both the day of the month and the day of the week are
//! restricted (do not start with `*`), a day has to match one of them; otherwise both (POSIX, `crontab`).
//!
//! Everything is done with integers, and every search is bounded.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Most bytes of an expression.
pub const MAX_EXPRESSION: usize = 128;
/// Seconds in a minute.
const MINUTE: u64 = 60;
/// Minutes in a day.
const DAY: u64 = 24 * 60;
/// The last year that is looked at.
const LAST_YEAR: u64 = 9_999;
/// Months that are looked at. Between one 29 February and the next there are eight years at most.
const MONTHS_AHEAD: u32 = 8 * 12 + 2;

/// Why a text is no cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronError {
	/// It is longer than [`MAX_EXPRESSION`].
	TooLong,
	/// It does not have five fields.
	NotFiveFields,
	/// A part of a field is neither `*`, nor a number, nor a range.
	Malformed,
	/// A number is too small or too large for its field, or a range ends before it begins.
	OutOfRange,
	/// A step is zero, or stands behind a single number.
	BadStep,
}

/// A cron expression: for each field the set of values, as bits.
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
pub struct Cron {
	minutes: u64,
	hours: u32,
	days: u32,
	months: u16,
	weekdays: u8,
	/// Whether a day has to match only one of `days` and `weekdays`.
	either: bool,
}

impl Cron {
	/// Reads an expression. Spaces around and between fields may be many.
	///
	/// # Errors
	///
	/// See [`CronError`].
	pub fn parse(text: &[u8]) -> Result<Self, CronError> {
		if text.len() > MAX_EXPRESSION {
			return Err(CronError::TooLong);
		}
		let mut fields = text.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
		let mut next = || fields.next().ok_or(CronError::NotFiveFields);
		let (minutes, hours, days, months, weekdays) =
			(next()?, next()?, next()?, next()?, next()?);
		if fields.next().is_some() {
			return Err(CronError::NotFiveFields);
		}
		let starred = |field: &[u8]| field.first() == Some(&b'*');
		let weekday_bits = parse_field(weekdays, 0, 7)?;
		// Sunday is 0 and 7.
		let weekday_bits = (weekday_bits | weekday_bits >> 7) & 0x7f;
		Ok(Self {
			minutes: parse_field(minutes, 0, 59)?,
			hours: truncate(parse_field(hours, 0, 23)?),
			days: truncate(parse_field(days, 1, 31)?),
			months: u16::try_from(parse_field(months, 1, 12)?)
				.map_err(|_| CronError::OutOfRange)?,
			weekdays: u8::try_from(weekday_bits).map_err(|_| CronError::OutOfRange)?,
			either: !starred(days) && !starred(weekdays),
		})
	}

	/// The first time after `after` (exclusive) that matches, both in seconds since 1970. `None` if there is none
	/// within eight years, and so none at all (such as 31 February), or beyond the year 9999.
	///
	/// Looks at less than 3,100 days, each in a few operations.
	pub fn next(&self, after: u64) -> Option<u64> {
		// The first whole minute after it.
		let minute = after.checked_div(MINUTE)?.checked_add(1)?;
		let (today, minute_of_day) = (minute.checked_div(DAY)?, minute.checked_rem(DAY)?);
		if self.matches_day(today)? {
			if let Some(found) = self.minute_from(minute_of_day) {
				return time(today, found);
			}
		}
		let first = self.minute_from(0)?;
		time(self.day_after(today)?, first)
	}

	/// The first matching minute of a day from `from` on.
	fn minute_from(&self, from: u64) -> Option<u64> {
		let (hour, minute) = (from.checked_div(60)?, from.checked_rem(60)?);
		if bit(self.hours.into(), hour) {
			let later = self.minutes.checked_shr(minute.try_into().ok()?)?;
			if later != 0 {
				return hour
					.checked_mul(60)?
					.checked_add(minute)?
					.checked_add(later.trailing_zeros().into());
			}
		}
		let hour = (hour.checked_add(1)?..24).find(|hour| bit(self.hours.into(), *hour))?;
		hour.checked_mul(60)?.checked_add(self.minutes.trailing_zeros().into())
	}

	/// The first matching day after a day.
	fn day_after(&self, today: u64) -> Option<u64> {
		let (mut year, mut month, mut day) = civil(today)?;
		let mut first_of_month = today.checked_sub(day.checked_sub(1)?)?;
		for _ in 0..MONTHS_AHEAD {
			let length = month_length(year, month);
			if bit(self.months.into(), month) {
				// Those that are left of the month.
				for candidate in day.checked_add(1)?..=length {
					let at = first_of_month.checked_add(candidate)?.checked_sub(1)?;
					if self.matches_day_of_month(candidate, at) {
						return Some(at);
					}
				}
			}
			first_of_month = first_of_month.checked_add(length)?;
			day = 0;
			(year, month) =
				if month == 12 { (year.checked_add(1)?, 1) } else { (year, month.checked_add(1)?) };
			if year > LAST_YEAR {
				return None;
			}
		}
		None
	}

	fn matches_day(&self, day: u64) -> Option<bool> {
		let (_, month, of_month) = civil(day)?;
		Some(bit(self.months.into(), month) && self.matches_day_of_month(of_month, day))
	}

	fn matches_day_of_month(&self, of_month: u64, day: u64) -> bool {
		let by_day = bit(self.days.into(), of_month);
		// 1 January 1970 was a Thursday.
		let weekday = day.wrapping_add(4).checked_rem(7).unwrap_or_default();
		let by_weekday = bit(self.weekdays.into(), weekday);
		if self.either {
			by_day || by_weekday
		} else {
			by_day && by_weekday
		}
	}
}

/// The time of a minute of a day.
fn time(day: u64, minute: u64) -> Option<u64> {
	day.checked_mul(DAY)?.checked_add(minute)?.checked_mul(MINUTE)
}

fn bit(bits: u64, index: u64) -> bool {
	u32::try_from(index).ok().and_then(|index| bits.checked_shr(index)).unwrap_or_default() & 1 == 1
}

/// Fields of at most 32 values.
fn truncate(bits: u64) -> u32 {
	u32::try_from(bits).unwrap_or(u32::MAX)
}

fn is_leap(year: u64) -> bool {
	year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_length(year: u64, month: u64) -> u64 {
	match month {
		2 if is_leap(year) => 29,
		2 => 28,
		4 | 6 | 9 | 11 => 30,
		_ => 31,
	}
}

/// Days from 1 January 1970 to 1 January of a year from 1970 on.
fn days_before(year: u64) -> Option<u64> {
	let past = year.checked_sub(1)?;
	// Leap days before the year, less those before 1970.
	let leaps = (past / 4).checked_sub(past / 100)?.checked_add(past / 400)?.checked_sub(477)?;
	year.checked_sub(1970)?.checked_mul(365)?.checked_add(leaps)
}

/// Year, month and day of the month of a day since 1 January 1970, up to the year 9999.
fn civil(day: u64) -> Option<(u64, u64, u64)> {
	// Not too late, and for years up to 9999 too early by six years at most.
	let mut year = 1970_u64.checked_add(day / 366)?;
	if year > LAST_YEAR {
		return None;
	}
	while days_before(year.checked_add(1)?)? <= day {
		year = year.checked_add(1)?;
	}
	if year > LAST_YEAR {
		return None;
	}
	let mut left = day.checked_sub(days_before(year)?)?;
	for month in 1..=12 {
		let length = month_length(year, month);
		if left < length {
			return Some((year, month, left.checked_add(1)?));
		}
		left = left.checked_sub(length)?;
	}
	None
}

/// Reads a field whose values are `low` to `high`, below 64.
fn parse_field(field: &[u8], low: u64, high: u64) -> Result<u64, CronError> {
	let mut bits = 0;
	for part in field.split(|byte| *byte == b',') {
		bits |= parse_part(part, low, high)?;
	}
	Ok(bits)
}

fn parse_part(part: &[u8], low: u64, high: u64) -> Result<u64, CronError> {
	let mut halves = part.splitn(2, |byte| *byte == b'/');
	let range = halves.next().unwrap_or_default();
	let step = halves.next().map(parse_number).transpose()?;
	let (from, to, single) = if range == b"*" {
		(low, high, false)
	} else {
		let mut ends = range.splitn(2, |byte| *byte == b'-');
		let from = parse_number(ends.next().unwrap_or_default())?;
		match ends.next() {
			Some(to) => (from, parse_number(to)?, false),
			None => (from, from, true),
		}
	};
	if from < low || to > high || from > to {
		return Err(CronError::OutOfRange);
	}
	let step = match step {
		None => 1,
		Some(0) => return Err(CronError::BadStep),
		Some(_) if single => return Err(CronError::BadStep),
		Some(step) => usize::try_from(step).map_err(|_| CronError::OutOfRange)?,
	};
	Ok((from..=to).step_by(step).fold(0, |bits, value| bits | 1_u64 << value))
}

/// Reads a number of one or two digits: there is no larger one in any field.
fn parse_number(digits: &[u8]) -> Result<u64, CronError> {
	if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
		return Err(CronError::Malformed);
	}
	if digits.len() > 2 {
		return Err(CronError::OutOfRange);
	}
	Ok(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests;
mod text;
