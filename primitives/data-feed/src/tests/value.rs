use proptest::prelude::*;

use crate::{
	value::{parse_decimal, MAX_SCALE},
	Kind, Text, Value, ValueError,
};

const PRICE: Kind = Kind::Decimal { scale: 8, min: 1, max: 10_000_000_000_000_000 };

#[test]
fn decimal_should_be_exact_when_it_is_read() {
	for (text, scale, number) in [
		("0", 8, 0),
		("-0", 8, 0),
		("1", 8, 100_000_000),
		("64123.45", 8, 6_412_345_000_000),
		("-64123.45", 2, -6_412_345),
		("0.1", 18, 100_000_000_000_000_000),
		("0.123456785", 8, 12_345_679),
		("0.123456784999", 8, 12_345_678),
		("-0.5", 0, -1),
		("0.49", 0, 0),
		("0.05", 0, 0),
		("5e-1", 0, 1),
		("5e-2", 0, 0),
		("9.99", 1, 100),
		("1e3", 2, 100_000),
		("1.5E+2", 0, 150),
		("12345e-3", 2, 1_235),
		("00012", 0, 12),
		("0e999999999999", 18, 0),
		("170141183460469231731687303715884105727", 0, i128::MAX),
	] {
		assert_eq!(parse_decimal(text, scale), Ok(number), "{text} with {scale} decimals");
	}
}

#[test]
fn text_should_be_refused_when_it_is_no_number() {
	for text in [
		"", "-", "+1", " 1", "1 ", "1.", ".5", "1.2.3", "1,5", "0x10", "1e", "1e+", "NaN",
		"Infinity", "1_000", "--1", "1e5e5", "٣",
	] {
		assert_eq!(parse_decimal(text, 2), Err(ValueError::NotANumber), "{text}");
	}
	assert_eq!(parse_decimal(&"1".repeat(81), 0), Err(ValueError::NotANumber));
}

#[test]
fn number_should_be_refused_when_it_does_not_fit() {
	for text in ["170141183460469231731687303715884105728", "1e39", "1e99999", "999e38"] {
		assert_eq!(parse_decimal(text, 0), Err(ValueError::Overflow), "{text}");
	}
	assert_eq!(parse_decimal("1e38", 18), Err(ValueError::Overflow));
	assert_eq!(parse_decimal("1e-99999", 18), Ok(0));
}

#[test]
fn value_should_be_refused_when_it_is_out_of_bounds_or_of_another_type() {
	assert_eq!(PRICE.read_number("0"), Err(ValueError::OutOfBounds));
	assert_eq!(PRICE.read_number("-3"), Err(ValueError::OutOfBounds));
	assert_eq!(PRICE.read_number("1e9"), Err(ValueError::OutOfBounds));
	assert_eq!(PRICE.read_number("2.5"), Ok(Value::Number(250_000_000)));
	assert_eq!(PRICE.read_text("2.5"), Ok(Value::Number(250_000_000)));
	assert_eq!(PRICE.read_text("two"), Err(ValueError::NotANumber));
	assert_eq!(PRICE.read_boolean(true), Err(ValueError::OtherType));
	assert_eq!(PRICE.check(&Value::Boolean(true)), Err(ValueError::OtherType));

	let whole = Kind::Integer { min: -5, max: 5 };
	assert_eq!(whole.read_number("-5"), Ok(Value::Number(-5)));
	assert_eq!(whole.read_number("2.0"), Ok(Value::Number(2)));
	assert_eq!(whole.read_number("2.5"), Err(ValueError::NotWhole));
	assert_eq!(whole.read_number("6"), Err(ValueError::OutOfBounds));

	let text = Kind::Text { longest: 5 };
	let value = |text: &str| Value::Text(Text::try_from(text.as_bytes().to_vec()).unwrap());
	assert_eq!(text.read_text("won"), Ok(value("won")));
	assert_eq!(text.read_text(""), Err(ValueError::Length));
	assert_eq!(text.read_text("too long"), Err(ValueError::Length));
	assert_eq!(text.read_text(&"x".repeat(65)), Err(ValueError::Length));
	assert_eq!(text.read_text("a\nb"), Err(ValueError::NotText));
	assert_eq!(text.read_number("1"), Err(ValueError::OtherType));
	let bytes = Value::Text(Text::try_from(vec![0xff, 0xfe]).unwrap());
	assert_eq!(text.check(&bytes), Err(ValueError::NotText));

	assert_eq!(Kind::Boolean.read_boolean(true), Ok(Value::Boolean(true)));
	assert_eq!(Kind::Boolean.read_text("true"), Err(ValueError::OtherType));
}

#[test]
fn kinds_should_be_comparable_when_type_and_scale_are_the_same() {
	let scaled = |scale| Kind::Decimal { scale, min: 0, max: 1 };
	assert!(scaled(2).is_comparable(&Kind::Decimal { scale: 2, min: -7, max: 7 }));
	assert!(!scaled(2).is_comparable(&scaled(3)));
	assert!(!scaled(0).is_comparable(&Kind::Integer { min: 0, max: 1 }));
	assert!(!Kind::Boolean.is_comparable(&Kind::Text { longest: 1 }));
}

proptest! {
	/// What is written with all its decimals is read as it is, with an exponent or without.
	#[test]
	fn decimal_should_be_read_as_it_was_written(number: i64, scale in 0..=MAX_SCALE, shift in 0usize..20) {
		let digits = format!("{:0width$}", number.unsigned_abs(), width = usize::from(scale) + 1);
		let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
		let sign = if number < 0 { "-" } else { "" };
		let point = if fraction.is_empty() { "" } else { "." };
		let plain = format!("{sign}{whole}{point}{fraction}");
		prop_assert_eq!(parse_decimal(&plain, scale), Ok(i128::from(number)));
		let zeros = "0".repeat(shift);
		let exponent = format!("{sign}{digits}{zeros}e-{}", usize::from(scale) + shift);
		prop_assert_eq!(parse_decimal(&exponent, scale), Ok(i128::from(number)));
	}

	/// Fewer decimals are at most half a unit away.
	#[test]
	fn decimal_should_be_rounded_to_the_nearest(number in -1_000_000_000i128..1_000_000_000, scale in 0u8..6) {
		let sign = if number < 0 { "-" } else { "" };
		let size = number.unsigned_abs();
		let text = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
		let unit = 10i128.pow(u32::from(6 - scale));
		let rounded = parse_decimal(&text, scale).unwrap() * unit;
		prop_assert!(rounded.abs_diff(number) * 2 <= unit as u128, "{} became {}", text, rounded);
	}

	/// Nothing panics, whatever comes in.
	#[test]
	fn text_should_be_read_or_refused(text in ".{0,90}", scale: u8) {
		let _ = parse_decimal(&text, scale);
		let _ = Kind::Text { longest: 64 }.read_text(&text);
	}
}
