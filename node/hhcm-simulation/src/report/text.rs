//! Markdown, and numbers as people read them.

use crate::{
	report::CHARTS,
	svg::{plain, thousands},
};

/// Most characters of a line of a paragraph.
const WIDTH: usize = 120;

/// A page that is being written.
#[derive(Clone, Debug, Default)]
pub struct Document(String);

impl Document {
	/// A heading, of level 1 for the page's own.
	pub fn heading(&mut self, level: usize, text: &str) {
		self.block(&format!("{} {text}", "#".repeat(level)));
	}

	/// A paragraph.
	pub fn paragraph(&mut self, text: &str) {
		self.block(&wrap(text, WIDTH, ""));
	}

	/// A list.
	pub fn list(&mut self, items: &[String]) {
		let items: Vec<_> =
			items.iter().map(|item| format!("- {}", wrap(item, WIDTH - 2, "  "))).collect();
		self.block(&items.join("\n"));
	}

	/// A chart.
	pub fn image(&mut self, what: &str, file: &str) {
		self.block(&format!("![{what}]({CHARTS}/{file})"));
	}

	/// A table. Each row has as many cells as the head has.
	pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
		let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
		let head: Vec<_> = head.iter().map(|cell| cell.to_string()).collect();
		let rule = format!("|{}", "---|".repeat(head.len()));
		let lines: Vec<_> =
			[line(&head), rule].into_iter().chain(rows.iter().map(|row| line(row))).collect();
		self.block(&lines.join("\n"));
	}

	fn block(&mut self, text: &str) {
		if !self.0.is_empty() {
			self.0.push('\n');
		}
		self.0.push_str(text);
		self.0.push('\n');
	}

	/// The page.
	pub fn finish(self) -> String {
		self.0
	}
}

/// Whether a word may not begin a line: a sign there could begin a list or a heading, and a unit belongs to
/// its number.
fn sticks(word: &str) -> bool {
	let begins_text =
		word.starts_with(|first: char| first.is_alphanumeric() || "*[(`\"".contains(first));
	let begins_item = word == "*"
		|| word
			.strip_suffix('.')
			.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
	!begins_text || begins_item
}

/// Text in lines of so many characters at most, if no word is longer. Lines after the first are indented.
fn wrap(text: &str, width: usize, indent: &str) -> String {
	let mut lines: Vec<String> = vec![];
	let mut line = String::new();
	let mut words = text.split_whitespace().peekable();
	while let Some(word) = words.next() {
		let mut piece = word.to_string();
		while let Some(next) = words.next_if(|next| sticks(next)) {
			piece.push(' ');
			piece.push_str(next);
		}
		let length = line.chars().count() + 1 + piece.chars().count();
		if !line.is_empty() && length > width {
			lines.push(std::mem::take(&mut line));
		}
		if !line.is_empty() {
			line.push(' ');
		}
		line.push_str(&piece);
	}
	lines.push(line);
	lines.join(&format!("\n{indent}"))
}

/// A part of one in percent: two digits that say something, or one after the point if it is large.
pub fn percent(part: f64) -> String {
	let value = part * 100.0;
	if value == 0.0 {
		return "0 %".into();
	}
	let digits =
		if value >= 1.0 { 1 } else { (1.0 - value.log10().floor()).clamp(1.0, 6.0) as usize };
	let rounded = format!("{value:.digits$}");
	let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
	if trimmed == "0" {
		"below 0.0001 %".into()
	} else {
		format!("{trimmed} %")
	}
}

/// A number with three digits that say something.
pub fn number(value: f64) -> String {
	if value == 0.0 {
		return "0".into();
	}
	let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 6.0) as usize;
	let unit = 10f64.powi(i32::try_from(digits).unwrap_or(0));
	plain((value * unit).round() / unit)
}

/// A whole number.
pub fn count(value: u64) -> String {
	thousands(i64::try_from(value).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn percents_should_have_two_digits_that_say_something() {
		for (part, text) in [
			(0.0, "0 %"),
			(1.0, "100 %"),
			(0.9, "90 %"),
			(0.2837, "28.4 %"),
			(0.0312, "3.1 %"),
			(0.00312, "0.31 %"),
			(0.000_031_2, "0.0031 %"),
			(1e-12, "below 0.0001 %"),
		] {
			assert_eq!(percent(part), text);
		}
	}

	#[test]
	fn numbers_should_have_three_digits_that_say_something() {
		for (value, text) in [
			(0.0, "0"),
			(2.345_6, "2.35"),
			(0.012_345, "0.0123"),
			(192.0, "192"),
			(5_722.0, "5,722"),
		] {
			assert_eq!(number(value), text);
		}
		assert_eq!(count(4_194_304), "4,194,304");
	}

	#[test]
	fn lines_should_be_short_and_begin_with_words_when_wrapped() {
		let text = "it is 12 % of them - and that is 7 % more";
		assert_eq!(wrap(text, 10, ""), "it is 12 %\nof them -\nand that\nis 7 %\nmore");
		assert_eq!(wrap("one two", 3, "  "), "one\n  two");
		// Else it would be a numbered list.
		assert_eq!(wrap("it is 1. And", 6, ""), "it\nis 1.\nAnd");
		assert_eq!(wrap("", 10, ""), "");
	}

	#[test]
	fn blocks_should_be_apart_when_there_are_several() {
		let mut document = Document::default();
		document.heading(2, "Head");
		document.paragraph("Text.");
		document.list(&["one".into(), "two".into()]);
		document.table(&["a", "b"], &[vec!["1".into(), "2".into()]]);
		document.image("Chart", "chart.svg");
		assert_eq!(
			document.finish(),
			"## Head\n\nText.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
			 ![Chart](simulation/chart.svg)\n"
		);
	}
}
