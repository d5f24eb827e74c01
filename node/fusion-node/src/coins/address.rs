//! Addresses: Bitcoin's, and accounts of this chain.

use fusion_asset_mapping_primitives::{
	chain::{AddressError, ExternalChain},
	Destination, OutPoint,
};
use fusion_bitcoin_primitives::{Bitcoin, Network};
use fusion_dcrm_primitives::{derive_tweak, Algorithm, GroupId, KeyPath, PublicKey};
use fusion_runtime::{AccountId, Hash, BITCOIN_INSTANCE};
use sp_core::crypto::Ss58Codec;

#[cfg(test)]
mod tests;

/// Networks whose addresses are written differently. Those of signet are written as those of `Test`.
const WRITTEN: [Network; 3] = [Network::Main, Network::Test, Network::Regtest];
/// What follows the 20 bytes of an Ethereum address in the account of its key.
const ETHEREUM_SUFFIX: [u8; 12] = [0xee; 12];

/// Why a text is not an address or an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
	/// Not an address at all.
	#[error(
		"`{0}` is not a Bitcoin address: a character may be missing or wrong. Copy it from the wallet again"
	)]
	Malformed(String),
	/// An address of another network.
	#[error(
		"`{text}` is an address of {found}, but the bitcoin of this chain are of {wanted}: coins sent there \
		 would not arrive. Take an address of {wanted}"
	)]
	OtherNetwork {
		/// What was given.
		text: String,
		/// Where it belongs to.
		found: &'static str,
		/// Where it should.
		wanted: &'static str,
	},
	/// A kind of address that is not paid to.
	#[error(
		"`{0}` is a Bitcoin address of a kind that is not paid to: take one that begins with bc1q or bc1p (tb1q, \
		 tb1p, bcrt1q, bcrt1p on test networks), or a legacy one"
	)]
	Unsupported(String),
	/// Not an account.
	#[error(
		"`{0}` is not an account: give an SS58 address (5Grw…), an account's 32 bytes or an Ethereum address \
		 (0x…)"
	)]
	Account(String),
	/// Not an output of a transaction.
	#[error("`{0}` is not an output of a Bitcoin transaction: give its id and the output's number, TXID:VOUT")]
	OutPoint(String),
}

/// What people call a network.
pub fn name(network: Network) -> &'static str {
	match network {
		Network::Main => "Bitcoin's main network",
		Network::Test => "a Bitcoin test network (testnet)",
		Network::Signet => "the Bitcoin test network signet",
		Network::Regtest => "a private Bitcoin test network (regtest)",
	}
}

/// Reads a Bitcoin address of that network.
///
/// # Errors
///
/// See [`TextError`].
pub fn parse_bitcoin(text: &str, network: Network) -> Result<Destination, TextError> {
	Bitcoin::parse_address(text, network).map_err(|error| match error {
		AddressError::WrongNetwork => TextError::OtherNetwork {
			text: text.into(),
			found: written_for(text).map_or("another Bitcoin network", name),
			wanted: name(network),
		},
		AddressError::Unsupported => TextError::Unsupported(text.into()),
		AddressError::Malformed | AddressError::BadKey => TextError::Malformed(text.into()),
	})
}

fn written_for(text: &str) -> Option<Network> {
	WRITTEN.into_iter().find(|network| {
		!matches!(
			Bitcoin::parse_address(text, *network),
			Err(AddressError::WrongNetwork | AddressError::Malformed)
		)
	})
}

/// Writes where coins are paid to as an address, or in hexadecimal if it has none.
pub fn bitcoin(destination: &Destination, network: Network) -> String {
	Bitcoin::address(destination, network).unwrap_or_else(|| hex::encode(destination))
}

/// The address of a lock-in, computed from the key of its group: what a node says is compared with it.
pub fn derived(
	genesis: Hash,
	group: GroupId,
	algorithm: Algorithm,
	master: &PublicKey,
	index: u64,
	network: Network,
) -> Option<String> {
	let path = KeyPath::Deposit(BITCOIN_INSTANCE, index);
	let tweak = derive_tweak(genesis, group, algorithm, master, &path);
	let output_key = Bitcoin::output_key(master, &tweak).ok()?;
	Bitcoin::address(&Bitcoin::destination(&output_key), network)
}

/// Reads an account: an SS58 address, 32 bytes in hexadecimal, or an Ethereum address.
///
/// # Errors
///
/// [`TextError::Account`].
pub fn parse_account(text: &str) -> Result<AccountId, TextError> {
	let account = match text.strip_prefix("0x") {
		Some(digits) => hex::decode(digits).ok().and_then(|bytes| from_bytes(&bytes)),
		None => AccountId::from_ss58check(text).ok(),
	};
	account.ok_or_else(|| TextError::Account(text.into()))
}

fn from_bytes(bytes: &[u8]) -> Option<AccountId> {
	if let Ok(account) = <[u8; 32]>::try_from(bytes) {
		return Some(account.into());
	}
	let ethereum = <[u8; 20]>::try_from(bytes).ok()?;
	let mut account = [0; 32];
	let (front, back) = account.split_at_mut(ethereum.len());
	front.copy_from_slice(&ethereum);
	back.copy_from_slice(&ETHEREUM_SUFFIX);
	Some(account.into())
}

/// Writes an account: that of an Ethereum key as its Ethereum address, others as SS58.
pub fn account(account: &AccountId) -> String {
	let bytes: &[u8; 32] = account.as_ref();
	match bytes.strip_suffix(&ETHEREUM_SUFFIX) {
		Some(ethereum) => format!("0x{}", hex::encode(ethereum)),
		None => account.to_ss58check(),
	}
}

/// Writes a transaction's id as explorers do: in the reverse order of bytes.
pub fn txid(bytes: &[u8; 32]) -> String {
	hex::encode(bytes.iter().rev().copied().collect::<Vec<_>>())
}

/// Reads an output, as explorers write its transaction: `TXID:VOUT`.
///
/// # Errors
///
/// [`TextError::OutPoint`].
pub fn parse_outpoint(text: &str) -> Result<OutPoint, TextError> {
	let read = || {
		let (txid, vout) = text.split_once(':')?;
		let mut txid = <[u8; 32]>::try_from(hex::decode(txid).ok()?).ok()?;
		txid.reverse();
		// `parse` would take a sign.
		let is_number = !vout.is_empty() && vout.bytes().all(|byte| byte.is_ascii_digit());
		is_number.then_some(())?;
		Some(OutPoint { txid, vout: vout.parse().ok()? })
	};
	read().ok_or_else(|| TextError::OutPoint(text.into()))
}
