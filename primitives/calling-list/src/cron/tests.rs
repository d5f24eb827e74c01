//! Cron expressions: by hand, and against a model that walks minute by minute.

use super::*;
use proptest::prelude::*;

fn cron(text: &str) -> Cron {
	Cron::parse(text.as_bytes()).expect("it is one")
}

/// 2026-11-27 00:56:54, a Friday.
const NOW: u64 = 1_795_741_014;

#[test]
fn next_should_be_the_first_match_when_written_by_hand() {
	for (text, expected) in [
		("* * * * *", 1_795_741_020),
		// 01:00 the same day.
		("0 * * * *", 1_795_741_200),
		// 09:30 on the same Friday.
		("30 9 * * 1-5", 1_795_771_800),
		// Midnight of 1 January 2027.
		("0 0 1 1 *", 1_798_761_600),
		// 29 February 2028.
		("0 0 29 2 *", 1_835_395_200),
		// Sunday by both its numbers.
		("0 0 * * 0", 1_795_910_400),
		("0 0 * * 7", 1_795_910_400),
		// The 13th or a Friday, whatever comes first.
		("0 0 13 * 5", 1_796_342_400),
	] {
		assert_eq!(cron(text).next(NOW), Some(expected), "{text}");
	}
}

#[test]
fn next_should_be_later_than_a_match() {
	let every_hour = cron("0 * * * *");
	assert_eq!(every_hour.next(1_795_741_200), Some(1_795_744_800));
	assert_eq!(every_hour.next(1_795_741_199), Some(1_795_741_200));
}

#[test]
fn next_should_be_none_when_there_is_no_such_day() {
	assert_eq!(cron("0 0 31 2 *").next(NOW), None);
	assert_eq!(cron("0 0 30,31 2 *").next(NOW), None);
	assert_eq!(cron("0 0 31 4,6,9,11 *").next(NOW), None);
}

#[test]
fn next_should_find_the_leap_day_when_eight_years_pass_without_one() {
	// From March 2096 to 29 February 2104.
	let march_2096 = 3_981_830_400;
	assert_eq!(cron("0 0 29 2 *").next(march_2096), Some(4_233_686_400));
}

#[test]
fn next_should_be_none_at_the_end_of_time() {
	assert_eq!(cron("* * * * *").next(u64::MAX), None);
	assert_eq!(cron("0 0 1 1 *").next(253_402_300_799), None);
	assert_eq!(cron("59 23 31 12 *").next(253_402_300_000), Some(253_402_300_740));
}

#[test]
fn reason_should_be_given_when_the_text_is_no_expression() {
	for (text, error) in [
		("* * * *", CronError::NotFiveFields),
		("* * * * * *", CronError::NotFiveFields),
		("", CronError::NotFiveFields),
		("60 * * * *", CronError::OutOfRange),
		("* 24 * * *", CronError::OutOfRange),
		("* * 0 * *", CronError::OutOfRange),
		("* * * 13 *", CronError::OutOfRange),
		("* * * * 8", CronError::OutOfRange),
		("100 * * * *", CronError::OutOfRange),
		("30-10 * * * *", CronError::OutOfRange),
		("*/0 * * * *", CronError::BadStep),
		("5/10 * * * *", CronError::BadStep),
		("a * * * *", CronError::Malformed),
		("1,,2 * * * *", CronError::Malformed),
		("1- * * * *", CronError::Malformed),
		("-1 * * * *", CronError::Malformed),
		("*/ * * * *", CronError::Malformed),
		("** * * * *", CronError::Malformed),
	] {
		assert_eq!(Cron::parse(text.as_bytes()), Err(error), "{text}");
	}
	let long = format!("{}* * * * *", " ".repeat(MAX_EXPRESSION));
	assert_eq!(Cron::parse(long.as_bytes()), Err(CronError::TooLong));
}

#[test]
fn days_should_be_those_of_the_calendar() {
	for (day, date) in [
		(0, (1970, 1, 1)),
		(58, (1970, 2, 28)),
		(59, (1970, 3, 1)),
		(11_016, (2000, 2, 29)),
		(20_784, (2026, 11, 27)),
		(47_541, (2100, 3, 1)),
		(2_932_896, (9999, 12, 31)),
	] {
		assert_eq!(civil(day), Some(date), "{day}");
	}
	assert_eq!(civil(2_932_897), None);
}

/// The calendar, walked day by day.
struct Walk {
	day: u64,
	year: u64,
	month: u64,
	of_month: u64,
}

impl Walk {
	fn step(&mut self) {
		let leap = if self.year.is_multiple_of(100) {
			self.year.is_multiple_of(400)
		} else {
			self.year.is_multiple_of(4)
		};
		let february = if leap { 29 } else { 28 };
		let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
		self.day += 1;
		self.of_month += 1;
		if self.of_month > lengths[self.month as usize - 1] {
			(self.month, self.of_month) = (self.month + 1, 1);
		}
		if self.month > 12 {
			(self.year, self.month) = (self.year + 1, 1);
		}
	}
}

#[test]
fn days_should_be_those_of_the_walk() {
	let mut walk = Walk { day: 0, year: 1970, month: 1, of_month: 1 };
	for _ in 0..200_000 {
		assert_eq!(civil(walk.day), Some((walk.year, walk.month, walk.of_month)));
		walk.step();
	}
}

/// A field as text and as the set of its values.
fn field(low: u64, high: u64) -> impl Strategy<Value = (String, Vec<u64>)> {
	let part = prop_oneof![
		3 => Just(("*".to_string(), (low..=high).collect::<Vec<_>>())),
		2 => (low..=high).prop_map(|value| (value.to_string(), vec![value])),
		1 => (low..=high, low..=high).prop_map(|(a, b)| {
			let (a, b) = (a.min(b), a.max(b));
			(format!("{a}-{b}"), (a..=b).collect())
		}),
		1 => (low..=high, 1..=20_u64).prop_map(move |(from, step)| {
			let values = (from..=high).filter(|value| (value - from) % step == 0).collect();
			(format!("{from}-{high}/{step}"), values)
		}),
	];
	proptest::collection::vec(part, 1..3).prop_map(|parts| {
		let text = parts.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>().join(",");
		(text, parts.into_iter().flat_map(|(_, values)| values).collect())
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	/// What is found is what a walk over every day and minute finds.
	#[test]
	fn next_should_be_what_the_walk_finds(
		minutes in field(0, 59),
		hours in field(0, 23),
		days in field(1, 31),
		months in field(1, 12),
		weekdays in field(0, 7),
		after in 0..5_000_000_000_u64,
	) {
		let text =
			format!("{} {} {} {} {}", minutes.0, hours.0, days.0, months.0, weekdays.0);
		let found = cron(&text).next(after);

		let either = !days.0.starts_with('*') && !weekdays.0.starts_with('*');
		let mut walk = Walk { day: 0, year: 1970, month: 1, of_month: 1 };
		let mut expected = None;
		'days: for _ in 0..(after / 86_400 + 3_000) {
			let by_day = days.1.contains(&walk.of_month);
			let weekday = (walk.day + 4) % 7;
			let by_weekday = weekdays.1.iter().any(|day| day % 7 == weekday);
			let fits = if either { by_day || by_weekday } else { by_day && by_weekday };
			if walk.day * 86_400 + 86_400 > after && months.1.contains(&walk.month) && fits {
				for minute in 0..1_440 {
					let at = (walk.day * 1_440 + minute) * 60;
					if at > after
						&& hours.1.contains(&(minute / 60))
						&& minutes.1.contains(&(minute % 60))
					{
						expected = Some(at);
						break 'days;
					}
				}
			}
			walk.step();
		}
		prop_assert_eq!(found, expected, "{}", text);
	}

	/// No text makes it panic.
	#[test]
	fn parse_should_not_panic(text in proptest::collection::vec(any::<u8>(), 0..40), after: u64) {
		if let Ok(cron) = Cron::parse(&text) {
			let _ = cron.next(after);
		}
	}
}

#[test]
fn text_should_be_what_people_write() {
	for text in [
		"* * * * *",
		"30 9 1 * *",
		"*/15 * * * 1-5",
		"0 0 13 * 5",
		"0,30 8-17 * 1,4,8 *",
		// A day must match one of both, although one of them is every day.
		"0 0 1-31 * 5",
		"0 0 5 * 0-6",
		// And both of these.
		"0 0 */2 * 1-5",
		"0 0 */10,5 * 5-6",
	] {
		assert_eq!(cron(text).to_string(), text);
	}
	assert_eq!(cron("0 0 * * 7").to_string(), "0 0 * * 0");
	assert_eq!(cron("0-59 00 01 */1 */7,1-2").to_string(), "* 0 */31 * 0-2");
}

/// A part of a field, as text.
fn written_part(low: u8, high: u8) -> impl Strategy<Value = String> {
	prop_oneof![
		Just("*".to_string()),
		(1..=high).prop_map(|step| format!("*/{step}")),
		(low..=high).prop_map(|value| value.to_string()),
		(low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
		(low..=high, low..=high, 1..=high).prop_map(|(a, b, step)| format!(
			"{}-{}/{step}",
			a.min(b),
			a.max(b)
		)),
	]
}

/// A field, as text.
fn written_field(low: u8, high: u8) -> impl Strategy<Value = String> {
	proptest::collection::vec(written_part(low, high), 1..4).prop_map(|parts| parts.join(","))
}

proptest! {
	#[test]
	fn text_should_be_read_as_the_same_expression(
		fields in (
			written_field(0, 59),
			written_field(0, 23),
			written_field(1, 31),
			written_field(1, 12),
			written_field(0, 7),
		),
	) {
		let (minutes, hours, days, months, weekdays) = fields;
		let written = format!("{minutes} {hours} {days} {months} {weekdays}");
		let expression = cron(&written);
		let text = expression.to_string();
		let again = Cron::parse(text.as_bytes());
		prop_assert_eq!(again, Ok(expression), "{} became {}", written, text);
	}
}
