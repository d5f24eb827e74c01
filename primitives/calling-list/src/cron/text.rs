//! Cron expressions as text again: not letter by letter as they were written, but read again they are the same.

use super::{bit, Cron};
use core::fmt::{Display, Formatter, Result};

/// Fewer values than that are written as they are, not as a step.
const MIN_STEPS: u32 = 3;

/// Whether a field begins with `*`, which matters for days: see [`Cron`].
#[derive(Clone, Copy)]
enum Star {
	Never,
	Maybe,
	Must,
}

impl Display for Cron {
	fn fmt(&self, f: &mut Formatter<'_>) -> Result {
		let days = Field { bits: self.days.into(), low: 1, high: 31 };
		let weekdays = Field { bits: self.weekdays.into(), low: 0, high: 6 };
		let (of_days, of_weekdays) = if self.either {
			(Star::Never, Star::Never)
		} else if days.step().is_some() || weekdays.step().is_some() {
			(Star::Maybe, Star::Maybe)
		} else if bit(days.bits, days.low) {
			(Star::Must, Star::Maybe)
		} else {
			(Star::Maybe, Star::Must)
		};
		Field { bits: self.minutes, low: 0, high: 59 }.write(f, Star::Maybe)?;
		f.write_str(" ")?;
		Field { bits: self.hours.into(), low: 0, high: 23 }.write(f, Star::Maybe)?;
		f.write_str(" ")?;
		days.write(f, of_days)?;
		f.write_str(" ")?;
		Field { bits: self.months.into(), low: 1, high: 12 }.write(f, Star::Maybe)?;
		f.write_str(" ")?;
		weekdays.write(f, of_weekdays)
	}
}

/// A field of an expression.
struct Field {
	bits: u64,
	low: u64,
	high: u64,
}

impl Field {
	/// The values of `*/step`.
	fn steps(&self, step: usize) -> u64 {
		(self.low..=self.high).step_by(step).fold(0, |bits, value| bits | 1 << value)
	}

	/// Steps that there can be.
	fn all_steps(&self) -> impl Iterator<Item = usize> {
		1..=usize::try_from(self.high).unwrap_or_default().saturating_add(1)
	}

	/// The step, if the whole field can be written as `*` or `*/step`.
	fn step(&self) -> Option<usize> {
		let is_many = |step: &usize| *step == 1 || self.bits.count_ones() >= MIN_STEPS;
		self.all_steps().find(|step| self.steps(*step) == self.bits).filter(is_many)
	}

	fn write(&self, f: &mut Formatter<'_>, star: Star) -> Result {
		let step = match star {
			Star::Never => None,
			Star::Maybe => self.step(),
			Star::Must => self.all_steps().find(|step| self.steps(*step) & !self.bits == 0),
		};
		let Some(step) = step else { return self.write_list(f) };
		match step {
			1 => f.write_str("*")?,
			step => write!(f, "*/{step}")?,
		}
		let rest = Self { bits: self.bits & !self.steps(step), ..*self };
		if rest.bits != 0 {
			f.write_str(",")?;
			rest.write_list(f)?;
		}
		Ok(())
	}

	/// Writes numbers and ranges.
	fn write_list(&self, f: &mut Formatter<'_>) -> Result {
		if self.bits == 0 {
			// No text is read as that: only who makes an expression by other means has it.
			return f.write_str("never");
		}
		let has = |value: u64| value <= self.high && bit(self.bits, value);
		let mut separator = "";
		let mut value = self.low;
		while value <= self.high {
			let mut last = value;
			while has(value) && has(last.saturating_add(1)) {
				last = last.saturating_add(1);
			}
			if has(value) {
				write!(f, "{separator}{value}")?;
				if last > value {
					write!(f, "-{last}")?;
				}
				separator = ",";
			}
			value = last.saturating_add(1);
		}
		Ok(())
	}
}
