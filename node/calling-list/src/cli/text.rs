//! Tables, amounts and times for people.

use std::fmt::Write;

use super::watch::Change;
use crate::json::{ConditionView, Details, Entry, Estimate, Next, Page, Parameters, Row, When};

/// Decimals of FSN.
const DECIMALS: u32 = 18;
/// Decimals in tables.
const SHORT: usize = 6;
const SECONDS_OF_DAY: u64 = 86_400;

/// An amount of FSN, exactly.
pub(super) fn fsn(amount: u128) -> String {
	format!("{} FSN", scaled(amount, DECIMALS))
}

/// An amount of FSN for a table: digits beyond the sixth decimal are left out.
fn short_fsn(amount: u128) -> String {
	let exact = scaled(amount, DECIMALS);
	let Some((whole, decimals)) = exact.split_once('.') else { return exact };
	let kept = decimals.get(..SHORT).unwrap_or(decimals).trim_end_matches('0');
	match (whole, kept) {
		("0", "") => "<0.000001".into(),
		(_, "") => whole.into(),
		_ => format!("{whole}.{kept}"),
	}
}

/// A gas price.
fn gwei(price: u128) -> String {
	format!("{} gwei", scaled(price, 9))
}

/// A number with its decimal point moved to the left.
fn scaled(number: u128, decimals: u32) -> String {
	let unit = 10_u128.pow(decimals);
	let (whole, rest) = (number / unit, number % unit);
	if rest == 0 {
		return whole.to_string();
	}
	let width = usize::try_from(decimals).unwrap_or_default();
	format!("{whole}.{rest:0width$}").trim_end_matches('0').to_owned()
}

/// Reads an amount of FSN, such as `0.01`.
pub(super) fn parse_fsn(text: &str) -> Result<u128, String> {
	let wrong = || format!("'{text}' is no amount of FSN with at most {DECIMALS} decimals");
	let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
	let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
	let missing = usize::try_from(DECIMALS).unwrap_or_default().checked_sub(decimals.len());
	let (true, true, Some(missing)) = (is_number(whole), is_number(decimals), missing) else {
		return Err(wrong());
	};
	format!("{whole}{decimals}{}", "0".repeat(missing)).parse().map_err(|_| wrong())
}

/// A time in UTC.
pub(super) fn time(seconds: u64) -> String {
	let (days, rest) = (seconds / SECONDS_OF_DAY, seconds % SECONDS_OF_DAY);
	let Some((year, month, day)) = date(days) else { return format!("{seconds} s after 1970") };
	let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
	format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a day after 1 January 1970, up to the year 9999. By years that begin in March, as in "chrono-
/// Compatible Low-Level Date Algorithms" (H. Hinnant).
fn date(days: u64) -> Option<(u64, u64, u64)> {
	/// Days from 1 March of the year 0 to 1 January 1970.
	const EPOCH: u64 = 719_468;
	const DAYS_OF_ERA: u64 = 146_097;
	/// 1 January 10000.
	const LAST: u64 = 2_932_897;
	if days >= LAST {
		return None;
	}
	let since = days + EPOCH;
	let (era, of_era) = (since / DAYS_OF_ERA, since % DAYS_OF_ERA);
	let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
	let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	let shifted = (5 * of_year + 2) / 153;
	let day = of_year - (153 * shifted + 2) / 5 + 1;
	let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
	let year = year_of_era + era * 400 + u64::from(month <= 2);
	Some((year, month, day))
}

fn when(at: When) -> String {
	match at {
		When::Block(block) => format!("block {block}"),
		When::Time(seconds) => time(seconds),
	}
}

fn condition(condition: &ConditionView) -> String {
	match condition {
		ConditionView::AtBlock { block } => format!("at block {block}"),
		ConditionView::AtTime { time: at } => format!("at {}", time(*at)),
		ConditionView::EveryBlocks { first, every } => {
			format!("every {every} blocks from {first} on")
		},
		ConditionView::EverySeconds { first, every } => {
			format!("every {every} s from {} on", time(*first))
		},
		ConditionView::Cron { expression } => format!("cron {expression}"),
		ConditionView::Log { emitter, topic0 } => format!("log {topic0} of {emitter}"),
		ConditionView::Check { checker, every } => {
			format!("check of {checker} every {every} blocks")
		},
		ConditionView::Feed { feed, rule, value } => match value {
			Some(value) => format!("feed {feed} {rule} {value}"),
			None => format!("feed {feed} {rule}"),
		},
		ConditionView::Deposit { chain, index, least } => {
			format!("deposit of {least} at address {index} of chain {chain}")
		},
		ConditionView::LockOut { chain, intent } => format!("lock-out {intent} of chain {chain}"),
	}
}

/// The same, with addresses and hashes cut short.
fn short_condition(view: &ConditionView) -> String {
	condition(view).split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn short(word: &str) -> String {
	match (word.strip_prefix("0x"), word.get(..8), word.get(word.len().saturating_sub(4)..)) {
		(Some(_), Some(first), Some(last)) if word.len() > 20 => format!("{first}..{last}"),
		_ => word.to_owned(),
	}
}

/// Where a row stands.
fn state(row: &Row) -> String {
	match (row.waits_for, row.due_since, &row.paused_because) {
		(Some(at), _, _) => format!("waits for {}", when(at)),
		(_, Some(since), _) => format!("due since block {since}"),
		(_, _, Some(reason)) if reason == "notLive" => "paused by its owner".into(),
		(_, _, Some(reason)) => format!("paused: {reason}"),
		_ => row.state.clone(),
	}
}

fn owner(row: &Row) -> &str {
	row.owner_address.as_deref().unwrap_or(&row.owner)
}

/// A table: columns are as wide as what is in them.
fn table(header: &[&str], rows: &[Vec<String>]) -> String {
	let width = |column: usize| {
		let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
		cells.chain(header.get(column).map(|name| name.len())).max().unwrap_or_default()
	};
	let widths: Vec<usize> = (0..header.len()).map(width).collect();
	let mut text = line(header.iter().copied(), &widths);
	for row in rows {
		text.push_str(&line(row.iter().map(String::as_str), &widths));
	}
	text
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
	let padded = cells.zip(widths).map(|(cell, width)| format!("{cell:0$}", *width));
	format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
}

/// Names and values, one a line.
fn fields(fields: &[(&str, String)]) -> String {
	let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
	fields.iter().fold(String::new(), |mut text, (name, value)| {
		let _ = writeln!(text, "{name:width$}  {value}");
		text
	})
}

pub(super) fn page(page: &Page) -> String {
	let mut text = if page.rows.is_empty() {
		"no rows\n".to_owned()
	} else {
		let cells = |row: &Row| {
			vec![
				row.id.to_string(),
				state(row),
				short_condition(&row.condition),
				short(&row.target),
				short(owner(row)),
				row.runs.to_string(),
				row.failures.to_string(),
				short_fsn(row.deposit),
			]
		};
		let rows: Vec<_> = page.rows.iter().map(cells).collect();
		let header = ["ROW", "STATE", "CONDITION", "TARGET", "OWNER", "RUNS", "FAILED", "DEPOSIT"];
		table(&header, &rows)
	};
	if let Some(next) = page.next {
		let _ = writeln!(text, "more: --after {next}");
	}
	text
}

pub(super) fn upcoming(rows: &[Next]) -> String {
	if rows.is_empty() {
		return "no row is due or waits for a block or a time\n".into();
	}
	let cells = |next: &Next| {
		vec![
			time(next.expected),
			next.row.id.to_string(),
			state(&next.row),
			short_condition(&next.row.condition),
			short(&next.row.target),
			short_fsn(next.row.deposit),
		]
	};
	let rows: Vec<_> = rows.iter().map(cells).collect();
	table(&["EXPECTED", "ROW", "STATE", "CONDITION", "TARGET", "DEPOSIT"], &rows)
}

pub(super) fn details(details: &Details, history: &[Entry]) -> String {
	let Details { row, why_not } = details;
	let terms = &row.terms;
	let or = |value: Option<u32>, none: &str| value.map_or(none.into(), |value| value.to_string());
	let runs_now = match why_not.as_deref() {
		None => "yes, by the next trigger".into(),
		Some(reason) => format!("no: {reason}"),
	};
	let mut text = fields(&[
		("row", row.id.to_string()),
		("owner", owner(row).into()),
		("target", row.target.clone()),
		("data", row.data.clone()),
		("condition", condition(&row.condition)),
		("state", state(row)),
		("runs now", runs_now),
		("deposit", fsn(row.deposit)),
		("runs", format!("{} of {}", row.runs, or(terms.max_runs, "any number"))),
		("failures in a row", row.failures.to_string()),
		("gas limit", terms.gas_limit.to_string()),
		("storage limit", fsn(terms.storage_limit)),
		("highest gas price", gwei(terms.max_gas_price)),
		("tier", terms.tier.clone()),
		("missed times", terms.missed.clone()),
		("retries", format!("{}, the first after {} blocks", terms.retries, terms.backoff)),
		("after the last failure", terms.after_failure.clone()),
		("expires", terms.expires_at.map_or("never".into(), |block| format!("at block {block}"))),
	]);
	text.push('\n');
	if history.is_empty() {
		text.push_str("nothing has happened to it yet\n");
		return text;
	}
	let cells = |entry: &Entry| {
		vec![entry.block.to_string(), entry.reason.clone(), entry.count.to_string()]
	};
	let rows: Vec<_> = history.iter().map(cells).collect();
	text.push_str(&table(&["BLOCK", "WHAT HAPPENED", "TIMES"], &rows));
	text
}

pub(super) fn estimate(told: &Estimate) -> String {
	let mut text = fields(&[
		("gas price now", gwei(told.gas_price)),
		("execution", fsn(told.execution)),
		("reward of the sender", fsn(told.reward)),
		("guarantee", fsn(told.premium)),
		("storage", fsn(told.storage_limit)),
		("a run, at most", fsn(told.run_cost)),
		("each time it is due", fsn(told.upkeep)),
		("deposit for the runs", format!("{} ({} runs)", fsn(told.deposit), told.runs)),
		("held for the row", fsn(told.stored)),
		("all", fsn(told.total)),
	]);
	if let Some(reason) = &told.refused_because {
		let _ = writeln!(text, "\nsuch a row is refused: {reason}");
	}
	text
}

pub(super) fn parameters(told: &Parameters) -> String {
	let percent = |part: f64| {
		let exact = format!("{:.5}", part * 100.0);
		format!("{}%", exact.trim_end_matches('0').trim_end_matches('.'))
	};
	fields(&[
		("paused", if told.is_paused { "yes, by governance" } else { "no" }.into()),
		("rows", format!("{}, the last one is {}", told.rows, told.last_row)),
		("rows that wait for logs", told.listeners.to_string()),
		("deposits", fsn(told.deposits)),
		("gas that is guaranteed", format!("{} of {}", told.load, told.max_load)),
		("gas price now", gwei(told.gas_price)),
		("most gas of a run", told.max_gas.to_string()),
		("gas for loading code", told.load_gas.to_string()),
		("gas for a trigger", told.overhead_gas.to_string()),
		("reward of the sender", percent(told.reward)),
		("guarantee, at least", percent(told.premium)),
		("each time a row is due", fsn(told.upkeep)),
		("held for a row", fsn(told.storage_base)),
		("held for a byte of data", fsn(told.storage_per_byte)),
		("most bytes of data", told.max_data.to_string()),
		("most rows of an account", told.max_rows_per_account.to_string()),
		("shortest interval", format!("{} s", told.min_seconds)),
		("entries of a history", told.max_history.to_string()),
		("the chain runs it itself", format!("{} blocks after it was due", told.trigger_delay)),
		("others give up after", format!("{} blocks", told.patience)),
	])
}

/// A line about a change.
pub(super) fn change(change: &Change) -> String {
	match change {
		Change::Seen { row } => format!(
			"row {}: {}, {}, calls {}, has {}",
			row.id,
			state(row),
			condition(&row.condition),
			row.target,
			fsn(row.deposit)
		),
		Change::Entry { id, entry } => {
			let times =
				if entry.count > 1 { format!(" ({} times)", entry.count) } else { String::new() };
			format!("row {id}: {} in block {}{times}", entry.reason, entry.block)
		},
		Change::State { row } => format!("row {}: {}", row.id, state(row)),
		Change::Deposit { id, from, to } if to > from => {
			format!("row {id}: deposit is {} more, {}", fsn(to - from), fsn(*to))
		},
		Change::Deposit { id, from, to } => {
			format!("row {id}: has paid {}, is left with {}", fsn(from - to), fsn(*to))
		},
		Change::Removed { id } => format!("row {id}: removed"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn amounts_should_be_exact_or_short() {
		assert_eq!(fsn(0), "0 FSN");
		assert_eq!(fsn(1), "0.000000000000000001 FSN");
		assert_eq!(fsn(1_250_000_000_000_000_000), "1.25 FSN");
		assert_eq!(short_fsn(1), "<0.000001");
		assert_eq!(short_fsn(3_000_000_000_000_000_001), "3");
		assert_eq!(short_fsn(1_250_000_900_000_000_000), "1.25");
		assert_eq!(gwei(1_500_000_000), "1.5 gwei");
	}

	#[test]
	fn amounts_should_be_refused_when_they_are_none() {
		for text in ["", ".", "1.", ".5", "-1", "1e3", "1.0000000000000000001", "0x10", "1,5"] {
			assert!(parse_fsn(text).is_err(), "{text}");
		}
		assert!(parse_fsn(&"9".repeat(40)).is_err());
		assert_eq!(parse_fsn("0.01"), Ok(10_000_000_000_000_000));
		assert_eq!(parse_fsn("12"), Ok(12 * 10_u128.pow(18)));
	}

	#[test]
	fn times_should_be_those_of_the_calendar() {
		for (seconds, expected) in [
			(0, "1970-01-01 00:00:00 UTC"),
			(951_782_399, "2000-02-28 23:59:59 UTC"),
			(951_782_400, "2000-02-29 00:00:00 UTC"),
			(1_795_741_014, "2026-11-27 00:56:54 UTC"),
			(253_402_300_799, "9999-12-31 23:59:59 UTC"),
			(253_402_300_800, "253402300800 s after 1970"),
			(u64::MAX, "18446744073709551615 s after 1970"),
		] {
			assert_eq!(time(seconds), expected);
		}
	}

	proptest! {
		#[test]
		fn amounts_should_be_read_as_they_are_written(amount: u128) {
			prop_assert_eq!(parse_fsn(&scaled(amount, DECIMALS)), Ok(amount));
		}

		#[test]
		fn days_should_follow_one_another(day in 0..2_932_896_u64) {
			let (today, tomorrow) = (date(day).unwrap(), date(day + 1).unwrap());
			prop_assert!(tomorrow > today);
			let next_of_month = tomorrow == (today.0, today.1, today.2 + 1);
			prop_assert!(next_of_month || (tomorrow.2 == 1 && today.2 >= 28));
		}
	}
}
