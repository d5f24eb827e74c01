use super::*;
use proptest::prelude::*;

#[test]
fn bitcoin_is_read_to_the_satoshi() {
	for (text, satoshi) in [
		("1", 100_000_000),
		("0.4", 40_000_000),
		("0.00000001", 1),
		("0.10000001", 10_000_001),
		("007.5", 750_000_000),
		// What a floating-point number would make 2_099_999_999_999_999.8 of.
		("20999999.99999999", 2_099_999_999_999_999),
		("21000000", MAX_MONEY),
		("21000000.00000000", MAX_MONEY),
	] {
		assert_eq!(parse_bitcoin(text), Ok(satoshi), "{text}");
	}
}

#[test]
fn bitcoin_is_refused_when_it_is_not_digits_with_a_point() {
	for text in [
		"", ".", "1.", ".5", "-1", "+1", "1e8", "1_000", "1,5", " 1", "1 ", "0x1", "1.2.3", "1.-2",
		"inf", "NaN", "١", "1.５",
	] {
		assert_eq!(parse_bitcoin(text), Err(AmountError::NotBitcoin(text.into())), "{text:?}");
	}
}

#[test]
fn bitcoin_is_refused_when_it_is_too_fine_too_much_or_nothing() {
	// Also when what is beyond the satoshi is nothing: who writes nine places may mean another unit.
	for text in ["0.000000001", "1.000000000"] {
		assert_eq!(parse_bitcoin(text), Err(AmountError::TooFine(text.into())));
	}
	for text in ["21000000.00000001", "184467440737.09551616", "99999999999999999999999"] {
		assert_eq!(parse_bitcoin(text), Err(AmountError::TooMuch(text.into())));
	}
	for text in ["0", "0.0", "000.00000000"] {
		assert_eq!(parse_bitcoin(text), Err(AmountError::Zero));
	}
}

#[test]
fn satoshi_are_whole_numbers() {
	assert_eq!(parse_satoshi("1"), Ok(1));
	assert_eq!(parse_satoshi("100000"), Ok(100_000));
	for text in ["", "1.0", "0.001", "-1", "+1", "1e3", "1 000"] {
		assert_eq!(parse_satoshi(text), Err(AmountError::NotSatoshi(text.into())), "{text:?}");
	}
	assert_eq!(parse_satoshi("0"), Err(AmountError::Zero));
	for text in ["2100000000000001", "18446744073709551616"] {
		assert_eq!(parse_satoshi(text), Err(AmountError::TooMuch(text.into())));
	}
}

#[test]
fn amounts_are_written_in_full() {
	assert_eq!(bitcoin(1u64), "0.00000001 BTC");
	assert_eq!(bitcoin(40_000_000u64), "0.40000000 BTC");
	assert_eq!(bitcoin(u128::MAX), "3402823669209384634633746074317.68211455 BTC");
	assert_eq!(fsn(FSN), "1 FSN");
	assert_eq!(fsn(0), "0 FSN");
	assert_eq!(fsn(FSN / 10 * 25), "2.5 FSN");
	assert_eq!(fsn(1), "0.000000000000000001 FSN");
}

proptest! {
	#[test]
	fn what_is_written_is_read(satoshi in 1..=MAX_MONEY) {
		let text = bitcoin(satoshi);
		let number = text.strip_suffix(" BTC").expect("the unit is written");
		prop_assert_eq!(parse_bitcoin(number), Ok(satoshi));
		prop_assert_eq!(parse_satoshi(&satoshi.to_string()), Ok(satoshi));
	}

	#[test]
	fn no_text_is_read_wrongly(text in "[0-9.eE+_ -]{0,24}") {
		if let Ok(satoshi) = parse_bitcoin(&text) {
			// Read again another way: the digits without the point, as many places as are missing added.
			let places = text.split_once('.').map_or(0, |(_, places)| places.len());
			let digits = format!("{}{}", text.replace('.', ""), "0".repeat(PLACES - places));
			prop_assert_eq!(digits.parse::<u128>(), Ok(u128::from(satoshi)));
		}
	}
}
