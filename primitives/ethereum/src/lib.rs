//! What Fusion's chain and nodes have to know of Ethereum: addresses, and the vault that holds a key
//! group's coins there (`contracts/src/vault/Vault.sol`).
//!
//! The runtime and every node compute the same deposit address for a request and the same bytes to sign
//! for a batch, because both call this crate, and the vault computes them too: the tests of both read
//! the same vectors (`contracts/test/vectors/vault.json`). It does no I/O and keeps no state.
//!
//! # Terms
//!
//! - *Vault*: the contract. Its key is an output key of the group (BIP-340, an x-coordinate).
//! - *Batch*: payments that are signed together, under a number that the vault takes once.
//! - *Order*: what the group tells the vault itself: a new key, a pause, tokens, payments taken back.
//! - *Deposit address*: what the vault deploys by CREATE2 (EIP-1014) for a salt.
//! - *Digest*: EIP-712's hash of a batch or an order, the message of the signature.
//!
//! # Goals
//!
//! - Small: only what lock-in and lock-out need, in code that can be read in one sitting.
//! - Total: no input makes it panic, and every input and output is bounded. What comes from outside
//!   (logs, addresses) has one form only: what is accepted encodes to the same bytes again.
//!
//! # Modules
//!
//! | module | holds |
//! |---|---|
//! | `address` | addresses and EIP-55 |
//! | `abi` | words of the contract ABI |
//! | `vault` | deposit addresses, the EIP-712 domain |
//! | `batch` | templates of batches, their digests and calldata |
//! | `order` | orders, their digests and calldata |
//! | [`log`] | what the vault says happened |
//! | `request` | whether a request for a signature is what the chain shows of it |
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod abi;
mod address;
mod batch;
pub mod log;
mod order;
mod request;
mod vault;

pub use address::Address;
pub use batch::{Batch, VaultPayout, MAX_PAYOUTS};
pub use order::{Call, Order, PAUSE_IN, PAUSE_OUT};
pub use request::{check_batch_request, check_order_request};
pub use vault::{deposit_salt, Vault, DEPOSIT_CODE_HASH};

use alloc::{string::String, vec::Vec};
use fusion_asset_mapping_primitives::{
	account::{AccountChain, Payout, Terms},
	chain::{AddressError, ExternalChain},
	Destination,
};
use fusion_bitcoin_primitives::Bitcoin;
use fusion_dcrm_primitives::PublicKey;

/// Order of the group of secp256k1, big endian (SEC 2, 2.4.1).
const ORDER: [u8; 32] = [
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
	0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// Ethereum, and chains that do as it does, with all of our coins in a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ethereum;

impl AccountChain for Ethereum {
	type Vault = Vault;
	/// Address of the ERC-20. [`Address::ZERO`] is native coin.
	type Asset = Address;
	type Template = Batch;

	const MAX_PAYOUTS: u32 = MAX_PAYOUTS;

	/// The group signs with the same key for a path, whatever the chain: BIP-341's output key. The vault
	/// cannot hold one that is not below the order (it happens once in 2¹²⁷ keys): that is
	/// [`AddressError::BadKey`], like a `master` that is no point.
	fn signing_key(master: &PublicKey, tweak: &[u8; 32]) -> Result<[u8; 32], AddressError> {
		let key = Bitcoin::output_key(master, tweak)?;
		if key < ORDER {
			Ok(key)
		} else {
			Err(AddressError::BadKey)
		}
	}

	fn deposit_address(vault: &Vault, salt: &[u8; 32]) -> Destination {
		vault.deposit_address(salt).to_destination()
	}

	fn address(destination: &Destination) -> Option<String> {
		Address::from_destination(destination).map(|address| address.to_checksum())
	}

	/// `0x` and 40 digits. Digits of both cases must be those of EIP-55; digits of one case carry no
	/// checksum, and are taken. Addresses that no key and no contract has are
	/// [`AddressError::Unsupported`] (see [`Address::is_payable`]).
	fn parse_address(text: &str) -> Result<Destination, AddressError> {
		let address = Address::parse(text).ok_or(AddressError::Malformed)?;
		if address.is_payable() {
			Ok(address.to_destination())
		} else {
			Err(AddressError::Unsupported)
		}
	}

	fn template(vault: &Vault, terms: &Terms, payouts: &[Payout<Address>]) -> Option<Batch> {
		Batch::new(vault, terms, payouts)
	}

	fn message(template: &Batch) -> [u8; 32] {
		template.digest()
	}

	fn verify(key: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool {
		Bitcoin::verify(key, message, signature)
	}

	fn assemble(template: &Batch, signature: &[u8; 64], fee_to: &Destination) -> Option<Vec<u8>> {
		Some(template.calldata(signature, &Address::from_destination(fee_to)?))
	}
}
