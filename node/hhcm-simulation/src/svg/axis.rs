//! Axes: where a value is, and what is written beside it.

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
	/// Parts of one, which are shown in percent.
	Percent,
	/// Numbers.
	Number,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
	/// What it is called.
	pub label: String,
	/// What its values are.
	pub unit: Unit,
	/// Its first value.
	from: f64,
	/// Its last value.
	to: f64,
	logarithmic: bool,
}

/// About how many ticks a linear axis has.
const TICKS: f64 = 6.0;
/// Slack for values that are rounded.
const SLACK: f64 = 1e-9;

impl Axis {
	/// An axis on which equal differences are equally far apart. `from` is below `to`.
	pub fn linear(label: impl Into<String>, unit: Unit, from: f64, to: f64) -> Self {
		Self { label: label.into(), unit, from, to, logarithmic: false }
	}

	/// An axis on which equal ratios are equally far apart. `from` is above 0 and below `to`.
	pub fn logarithmic(label: impl Into<String>, unit: Unit, from: f64, to: f64) -> Self {
		Self { label: label.into(), unit, from, to, logarithmic: true }
	}

	fn scaled(&self, value: f64) -> f64 {
		if self.logarithmic {
			value.log10()
		} else {
			value
		}
	}

	/// Whether a value is on the axis.
	pub fn shows(&self, value: f64) -> bool {
		value.is_finite() && (-SLACK..=1.0 + SLACK).contains(&self.unbounded(value))
	}

	fn unbounded(&self, value: f64) -> f64 {
		let (from, to) = (self.scaled(self.from), self.scaled(self.to));
		(self.scaled(value) - from) / (to - from)
	}

	/// Where a value is, from 0 to 1. What is beyond an end is at it.
	pub fn position(&self, value: f64) -> f64 {
		self.unbounded(value).clamp(0.0, 1.0)
	}

	/// The values that are written beside it.
	pub fn ticks(&self) -> Vec<f64> {
		if self.logarithmic {
			let first = (self.from.log10() - SLACK).ceil() as i32;
			let last = (self.to.log10() + SLACK).floor() as i32;
			return (first..=last).map(|power| 10f64.powi(power)).collect();
		}
		let step = step((self.to - self.from) / TICKS);
		let first = (self.from / step - SLACK).ceil() as i32;
		let last = (self.to / step + SLACK).floor() as i32;
		(first..=last).map(|number| f64::from(number) * step).collect()
	}

	/// What is written beside a value.
	pub fn tick_label(&self, value: f64) -> String {
		match self.unit {
			Unit::Percent => format!("{} %", plain(value * 100.0)),
			Unit::Number => plain(value),
		}
	}
}

/// The first of 1, 2, 5, 10, 20, … (and 0.5, 0.2, …) that is not below a value, which is above 0.
fn step(value: f64) -> f64 {
	let power = 10f64.powf(value.log10().floor());
	let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= value * (1.0 - SLACK));
	factor.unwrap_or(10.0) * power
}

/// A number with as many digits as it needs, and marks between thousands.
pub fn plain(value: f64) -> String {
	if value.abs() >= 1_000.0 {
		return thousands(value.round() as i64);
	}
	let text = format!("{value:.6}");
	let text = text.trim_end_matches('0').trim_end_matches('.');
	if text == "-0" {
		"0".into()
	} else {
		text.into()
	}
}

/// A whole number with marks between thousands.
pub fn thousands(value: i64) -> String {
	let digits = value.unsigned_abs().to_string();
	let mut text = String::new();
	for (place, digit) in digits.chars().enumerate() {
		if place > 0 && (digits.len() - place).is_multiple_of(3) {
			text.push(',');
		}
		text.push(digit);
	}
	if value < 0 {
		text.insert(0, '-');
	}
	text
}
