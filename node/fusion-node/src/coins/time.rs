//! Times as people read them.

/// Seconds in a day.
const DAY: u64 = 24 * 60 * 60;

/// Writes seconds since 1970 as a date and a time of the day (UTC).
pub fn utc(seconds: u64) -> String {
	let (year, month, day) = date(seconds / DAY);
	let rest = seconds % DAY;
	let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
	format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar ("civil_from_days", Howard Hinnant,
/// "chrono-compatible low-level date algorithms"). Years begin in March there, so that the leap day is the last one.
fn date(days: u64) -> (u64, u64, u64) {
	// Days since the first of March of the year 0, and from there by eras of 400 years.
	let days = days.saturating_add(719_468);
	let (era, of_era) = (days / 146_097, days % 146_097);
	let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
	let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	let march_month = (5 * of_year + 2) / 153;
	let day = of_year - (153 * march_month + 2) / 5 + 1;
	let (month, next) = if march_month < 10 { (march_month + 3, 0) } else { (march_month - 9, 1) };
	(era.saturating_mul(400).saturating_add(year_of_era).saturating_add(next), month, day)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_written_as_dates() {
		for (seconds, text) in [
			(0, "1970-01-01 00:00:00 UTC"),
			(951_782_399, "2000-02-28 23:59:59 UTC"),
			(951_782_400, "2000-02-29 00:00:00 UTC"),
			(951_868_800, "2000-03-01 00:00:00 UTC"),
			(1_234_567_890, "2009-02-13 23:31:30 UTC"),
			(1_709_164_800, "2024-02-29 00:00:00 UTC"),
			(1_735_689_599, "2024-12-31 23:59:59 UTC"),
			(u64::from(u32::MAX), "2106-02-07 06:28:15 UTC"),
			// Not a leap year.
			(4_107_542_400, "2100-03-01 00:00:00 UTC"),
		] {
			assert_eq!(utc(seconds), text);
		}
		// It does not panic.
		utc(u64::MAX);
	}

	#[test]
	fn days_follow_one_another() {
		let mut last = date(0);
		for days in 1..200_000 {
			let next = date(days);
			assert!(next > last, "{next:?} after {last:?}");
			last = next;
		}
	}
}
