//! Why the chain refuses: its errors, in words that say what to do.

use fusion_runtime::{BitcoinInstance, Runtime, RuntimeError};
use pallet_asset_mapping::Error as MappingError;
use sp_runtime::{DispatchError, TokenError};

#[cfg(test)]
mod tests;

/// Code of JSON-RPC for a transaction that the runtime refuses (`sc_rpc_api::author::error`).
const INVALID_TRANSACTION: i32 = 1_010;
/// Code for a transaction with the nonce of one that waits already.
const TOO_LOW_PRIORITY: i32 = 1_014;

/// Why a call failed.
pub fn dispatch(error: DispatchError) -> String {
	match RuntimeError::from_dispatch_error(error) {
		Some(RuntimeError::BitcoinMapping(error)) => mapping(&error),
		Some(other) => format!("{other:?}"),
		None if matches!(error, DispatchError::Token(TokenError::FundsUnavailable)) => {
			"the account does not have enough FSN: send it some".into()
		},
		None => format!("{error:?}"),
	}
}

/// Why asset mapping refuses.
fn mapping(error: &MappingError<Runtime, BitcoinInstance>) -> String {
	use MappingError as E;
	let why = match error {
		E::DirectionPaused => {
			"this direction is paused, by governance or because a coin is gone: try again when `fusion-node coins` \
			 shows it open"
		},
		E::GroupPaused => {
			"the key groups stand still, by a decision of governance or the committee: try again when it is over"
		},
		E::NoActiveGroup => {
			"no key group is active yet, so there is no key to deposit to: try again when `fusion-node coins` shows \
			 one (a new chain takes some minutes)"
		},
		E::AboveCapacity => {
			"the key group holds as much as its members' bonds allow: try again when some coins have left, or another \
			 group is active"
		},
		E::AddressDepositUnpaid => {
			"the account does not have the FSN that are held for a deposit address: send it some"
		},
		E::NotEnoughMappedCoins => {
			"the account has fewer mapped bitcoin than that: look with `fusion-node coins --account`"
		},
		E::TooManyOpenIntents => "too many lock-outs are open: try again when some are paid",
		E::DeadlinePassed => {
			"the deadline is not in the future of the chain's clock: give more hours (`--deadline-hours`)"
		},
		E::AmountTooSmall => {
			"after the highest fee, too little would be left for an output: lock out more, or allow a lower fee"
		},
		E::MaxFeeTooLow => {
			"fees have risen above the one that was allowed: allow more (`--max-fee`), or wait"
		},
		E::FeeAboveCeiling => {
			"the fee would be too large a part of the amount: lock out more, or wait until fees are lower"
		},
		E::BelowMinimum => "the amount is below the minimum: lock out more",
		E::AboveMaximum => "the amount is above the maximum: ask for several smaller ones",
		E::AddressMalformed | E::AddressOfOtherNetwork | E::AddressUnsupported => {
			"the address is not one that the chain pays to: take another"
		},
		// What a request cannot meet, or nobody can do anything about.
		_ => "see the documentation of the pallet asset-mapping",
	};
	format!("{error:?}: {why}")
}

/// Why the node did not take a transaction: `code`, `message` and `data` of its answer.
pub fn pool(code: i32, message: &str, data: Option<&str>) -> String {
	let data = data.unwrap_or_default().trim_matches('"');
	let said = if data.is_empty() { message.to_string() } else { format!("{message} ({data})") };
	let hint = match code {
		INVALID_TRANSACTION if data.contains("pay some fees") => {
			"the account does not have the FSN that the transaction costs: send it some"
		},
		INVALID_TRANSACTION if data.contains("bad signature") => {
			"the node's chain does not know this kind of signature, or is another one than it says"
		},
		INVALID_TRANSACTION if data.contains("outdated") => {
			"another transaction of this account was faster: ask again"
		},
		TOO_LOW_PRIORITY => {
			"another transaction of this account waits with the same number: ask again when it is in a block"
		},
		_ => return said,
	};
	format!("{said}: {hint}")
}
