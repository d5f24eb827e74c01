//! Amounts of bitcoin and of FSN, as people write them. No floating-point numbers: a satoshi is a satoshi.

use fusion_asset_mapping_primitives::Amount;
use fusion_bitcoin_primitives::MAX_MONEY;
use fusion_runtime::{Balance, FSN};

#[cfg(test)]
mod tests;

/// Decimal places of a bitcoin.
const PLACES: usize = 8;
/// Satoshi in a bitcoin.
const BITCOIN: Amount = 100_000_000;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
	/// Something else than digits and one point between them.
	#[error(
		"`{0}` is not an amount of bitcoin: write digits, with a point if there are decimal places (0.4)"
	)]
	NotBitcoin(String),
	/// Less than a satoshi somewhere.
	#[error(
		"`{0}` has more than 8 decimal places: a satoshi, 0.00000001 BTC, is the least there is"
	)]
	TooFine(String),
	/// Something else than digits.
	#[error("`{0}` is not a number of satoshi: write digits only (1 BTC is 100000000 satoshi)")]
	NotSatoshi(String),
	/// More than there can be.
	#[error("`{0}` is more than the 21,000,000 BTC that there can ever be")]
	TooMuch(String),
	/// Nothing.
	#[error("the amount is 0: give more")]
	Zero,
}

/// Reads an amount in bitcoin, with at most 8 decimal places. Gives satoshi, more than 0.
///
/// # Errors
///
/// See [`AmountError`]: signs, exponents, separators and spaces are refused rather than guessed at.
pub fn parse_bitcoin(text: &str) -> Result<Amount, AmountError> {
	let (whole, places) = match text.split_once('.') {
		Some((whole, places)) if is_digits(places) => (whole, places),
		None => (text, ""),
		Some(_) => return Err(AmountError::NotBitcoin(text.into())),
	};
	if !is_digits(whole) {
		return Err(AmountError::NotBitcoin(text.into()));
	}
	if places.len() > PLACES {
		return Err(AmountError::TooFine(text.into()));
	}
	let too_much = || AmountError::TooMuch(text.into());
	// Digits only: what cannot be read is too large.
	let whole: Amount = whole.parse().map_err(|_| too_much())?;
	let places: Amount = format!("{places:0<PLACES$}").parse().map_err(|_| too_much())?;
	let satoshi = whole
		.checked_mul(BITCOIN)
		.and_then(|satoshi| satoshi.checked_add(places))
		.filter(|satoshi| *satoshi <= MAX_MONEY)
		.ok_or_else(too_much)?;
	if satoshi == 0 {
		return Err(AmountError::Zero);
	}
	Ok(satoshi)
}

/// Reads a number of satoshi, more than 0.
///
/// # Errors
///
/// See [`AmountError`].
pub fn parse_satoshi(text: &str) -> Result<Amount, AmountError> {
	if !is_digits(text) {
		return Err(AmountError::NotSatoshi(text.into()));
	}
	match text.parse() {
		Ok(0) => Err(AmountError::Zero),
		Ok(satoshi) if satoshi <= MAX_MONEY => Ok(satoshi),
		_ => Err(AmountError::TooMuch(text.into())),
	}
}

fn is_digits(text: &str) -> bool {
	!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes satoshi as bitcoin, with all 8 decimal places, as Bitcoin Core does.
pub fn bitcoin(satoshi: impl Into<u128>) -> String {
	let satoshi = satoshi.into();
	let one = u128::from(BITCOIN);
	format!("{}.{:0PLACES$} BTC", satoshi / one, satoshi % one)
}

/// Writes an amount of FSN, with as many decimal places as it has.
pub fn fsn(amount: Balance) -> String {
	let places = format!("{:018}", amount % FSN);
	let places = places.trim_end_matches('0');
	let point = if places.is_empty() { "" } else { "." };
	format!("{}{point}{places} FSN", amount / FSN)
}
