//! Values, and how they are read from text.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// Most bytes of a text.
pub const MAX_TEXT: u32 = 64;
/// Most decimals of a number.
pub const MAX_SCALE: u8 = 18;
/// Most characters of a number that is read.
pub const MAX_DIGITS: usize = 80;
/// The largest exponent of a number that is read, and the negative of the smallest.
const MAX_EXPONENT: i32 = 1_000;

/// A text, in UTF-8.
pub type Text = BoundedVec<u8, ConstU32<MAX_TEXT>>;

/// What a feed can say.
#[derive(
	Clone,
	Debug,
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
pub enum Value {
	/// A number, times ten to the power of the feed's scale.
	Number(i128),
	/// A text.
	Text(Text),
	/// Yes or no.
	Boolean(bool),
}

impl Value {
	/// The number, if it is one.
	pub fn number(&self) -> Option<i128> {
		match self {
			Value::Number(number) => Some(*number),
			Value::Text(_) | Value::Boolean(_) => None,
		}
	}

	/// What it is compared by: the number, or 1 and 0 for yes and no. Texts cannot be compared.
	pub fn rank(&self) -> Option<i128> {
		match self {
			Value::Number(number) => Some(*number),
			Value::Boolean(yes) => Some((*yes).into()),
			Value::Text(_) => None,
		}
	}
}

/// What kind of value a feed has, and within which bounds.
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
	Serialize,
	Deserialize,
)]
pub enum Kind {
	/// A whole number.
	Integer {
		/// The smallest that is believed.
		min: i128,
		/// The largest that is believed.
		max: i128,
	},
	/// A number with decimals.
	Decimal {
		/// How many decimals are kept, at most [`MAX_SCALE`].
		scale: u8,
		/// The smallest that is believed, times 10^`scale`.
		min: i128,
		/// The largest that is believed, times 10^`scale`.
		max: i128,
	},
	/// A text.
	Text {
		/// Most bytes that it may have, 1 to [`MAX_TEXT`].
		longest: u8,
	},
	/// Yes or no.
	Boolean,
}

/// Why something is no value of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
	/// It is of another type than the feed.
	OtherType,
	/// It is no number, or one with more characters than [`MAX_DIGITS`].
	NotANumber,
	/// It has decimals, where the feed has whole numbers.
	NotWhole,
	/// It is too large or too small for what numbers are kept in.
	Overflow,
	/// It is a number, but out of the feed's bounds.
	OutOfBounds,
	/// The text is empty, or has more bytes than the feed allows.
	Length,
	/// The text is no UTF-8, or has control characters.
	NotText,
}

impl core::fmt::Display for ValueError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			ValueError::OtherType => "the value is of another type than the feed",
			ValueError::NotANumber => "the value is no number of at most 80 characters",
			ValueError::NotWhole => "the value has decimals, and the feed has whole numbers",
			ValueError::Overflow => "the value does not fit into 128 bits",
			ValueError::OutOfBounds => "the value is out of the feed's bounds",
			ValueError::Length => "the text is empty or too long",
			ValueError::NotText => "the text is no UTF-8, or has control characters",
		})
	}
}

impl Kind {
	/// How many decimals numbers have. 0 if the feed has none.
	pub fn scale(&self) -> u8 {
		match self {
			Kind::Decimal { scale, .. } => *scale,
			Kind::Integer { .. } | Kind::Text { .. } | Kind::Boolean => 0,
		}
	}

	/// Whether values of the one can be compared with values of the other: same type, same scale.
	pub fn is_comparable(&self, other: &Kind) -> bool {
		self.unit() == other.unit()
	}

	/// What values are told in: equal for kinds whose values can be compared. The type, and the scale in the lower byte.
	pub fn unit(&self) -> u16 {
		let kind: u8 = match self {
			Kind::Integer { .. } => 0,
			Kind::Decimal { .. } => 1,
			Kind::Text { .. } => 2,
			Kind::Boolean => 3,
		};
		u16::from_be_bytes([kind, self.scale()])
	}

	/// Whether the bounds make sense.
	pub fn is_valid(&self) -> bool {
		match self {
			Kind::Integer { min, max } => min <= max,
			Kind::Decimal { scale, min, max } => *scale <= MAX_SCALE && min <= max,
			Kind::Text { longest } => *longest > 0 && u32::from(*longest) <= MAX_TEXT,
			Kind::Boolean => true,
		}
	}

	/// Whether a value is one of this kind, within its bounds.
	///
	/// # Errors
	///
	/// What is wrong with it.
	pub fn check(&self, value: &Value) -> Result<(), ValueError> {
		match (self, value) {
			(
				Kind::Integer { min, max } | Kind::Decimal { min, max, .. },
				Value::Number(number),
			) => {
				if min <= number && number <= max {
					Ok(())
				} else {
					Err(ValueError::OutOfBounds)
				}
			},
			(Kind::Text { longest }, Value::Text(text)) => {
				if text.is_empty() || text.len() > usize::from(*longest) {
					return Err(ValueError::Length);
				}
				let text = core::str::from_utf8(text).map_err(|_| ValueError::NotText)?;
				if text.chars().any(char::is_control) {
					return Err(ValueError::NotText);
				}
				Ok(())
			},
			(Kind::Boolean, Value::Boolean(_)) => Ok(()),
			_ => Err(ValueError::OtherType),
		}
	}

	/// Reads a number of this kind, as JSON writes them (RFC 8259), and checks it.
	///
	/// # Errors
	///
	/// What is wrong with it.
	pub fn read_number(&self, text: &str) -> Result<Value, ValueError> {
		let number = match self {
			Kind::Integer { .. } => parse(text, 0, Rounding::Refuse)?,
			Kind::Decimal { scale, .. } => parse(text, *scale, Rounding::HalfAwayFromZero)?,
			Kind::Text { .. } | Kind::Boolean => return Err(ValueError::OtherType),
		};
		let value = Value::Number(number);
		self.check(&value)?;
		Ok(value)
	}

	/// Reads a string. Feeds of numbers take those that have one in it: many sources write prices so.
	///
	/// # Errors
	///
	/// What is wrong with it.
	pub fn read_text(&self, text: &str) -> Result<Value, ValueError> {
		match self {
			Kind::Integer { .. } | Kind::Decimal { .. } => self.read_number(text),
			Kind::Text { .. } => {
				let bytes = text.as_bytes().to_vec();
				let value = Value::Text(bytes.try_into().map_err(|_| ValueError::Length)?);
				self.check(&value)?;
				Ok(value)
			},
			Kind::Boolean => Err(ValueError::OtherType),
		}
	}

	/// Takes yes or no.
	///
	/// # Errors
	///
	/// If the feed is of another kind.
	pub fn read_boolean(&self, yes: bool) -> Result<Value, ValueError> {
		let value = Value::Boolean(yes);
		self.check(&value)?;
		Ok(value)
	}
}

/// What is done with decimals that are not kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
	Refuse,
	HalfAwayFromZero,
}

/// Reads a decimal number, with an exponent or without, exactly: no floating point is involved.
///
/// Gives the number times 10^`scale`, rounded half away from zero. Takes what JSON takes as a number (RFC 8259, section
/// 6), and besides that leading zeros.
///
/// # Errors
///
/// [`ValueError::NotANumber`] or [`ValueError::Overflow`].
pub fn parse_decimal(text: &str, scale: u8) -> Result<i128, ValueError> {
	parse(text, scale, Rounding::HalfAwayFromZero)
}

fn parse(text: &str, scale: u8, rounding: Rounding) -> Result<i128, ValueError> {
	if text.len() > MAX_DIGITS {
		return Err(ValueError::NotANumber);
	}
	let (negative, rest) = match text.strip_prefix('-') {
		Some(rest) => (true, rest),
		None => (false, text),
	};
	let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
		Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
		None => (rest, 0),
	};
	let (whole, fraction) = match mantissa.split_once('.') {
		Some((_, "")) => return Err(ValueError::NotANumber),
		Some((whole, fraction)) => (whole, fraction),
		None => (mantissa, ""),
	};
	if whole.is_empty() || !digits(whole) || !digits(fraction) {
		return Err(ValueError::NotANumber);
	}

	// The digits that are kept: those before the point, when it has moved by the scale and the exponent.
	let moved = i32::from(scale).saturating_add(exponent);
	let kept = i32::try_from(whole.len()).unwrap_or(i32::MAX).saturating_add(moved);
	let mut all = whole.bytes().chain(fraction.bytes());
	let mut number: u128 = 0;
	let mut dropped_first = None;
	let mut inexact = false;
	let mut place: i32 = 0;
	for digit in all.by_ref() {
		let digit = u128::from(digit.wrapping_sub(b'0'));
		if place < kept {
			number = number
				.checked_mul(10)
				.and_then(|number| number.checked_add(digit))
				.ok_or(ValueError::Overflow)?;
		} else {
			if place == kept {
				dropped_first = Some(digit);
			}
			inexact |= digit != 0;
		}
		place = place.saturating_add(1);
	}
	while place < kept && number != 0 {
		number = number.checked_mul(10).ok_or(ValueError::Overflow)?;
		place = place.saturating_add(1);
	}
	if inexact && rounding == Rounding::Refuse {
		return Err(ValueError::NotWhole);
	}
	// The first digit that is dropped stands right behind the kept ones, or, if the number is smaller, far behind.
	if kept >= 0 && dropped_first.is_some_and(|digit| digit >= 5) {
		number = number.checked_add(1).ok_or(ValueError::Overflow)?;
	}
	let number = i128::try_from(number).map_err(|_| ValueError::Overflow)?;
	Ok(if negative { number.saturating_neg() } else { number })
}

fn digits(text: &str) -> bool {
	text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_exponent(text: &str) -> Result<i32, ValueError> {
	let (negative, rest) = match text.as_bytes().first() {
		Some(b'-') => (true, text.get(1..).unwrap_or_default()),
		Some(b'+') => (false, text.get(1..).unwrap_or_default()),
		_ => (false, text),
	};
	if rest.is_empty() || !digits(rest) {
		return Err(ValueError::NotANumber);
	}
	let size = rest.bytes().fold(0i32, |sum, digit| {
		let digit = i32::from(digit.wrapping_sub(b'0'));
		sum.saturating_mul(10).saturating_add(digit).min(MAX_EXPONENT)
	});
	Ok(if negative { size.saturating_neg() } else { size })
}
