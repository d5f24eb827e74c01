//! What Fusion's chain and nodes have to know of Bitcoin: addresses, transactions and sighashes.
//!
//! The runtime and every node compute the same address for a key, the same transaction for a batch
//! and the same bytes to sign for it, because both call this crate. It does no I/O and keeps no state.
//!
//! # Terms
//!
//! - *P2TR key path*: a taproot output (BIP-341) that commits to no script and is spent with one
//!   BIP-340 signature of its *output key*. All coins of Fusion are held so: a key group signs with
//!   an ordinary threshold Schnorr signature, and nobody can tell it from a single signer.
//! - *Destination*: a `scriptPubKey`.
//! - *Template*: a transaction that only lacks its signatures, with all that its sighashes commit to.
//! - *vsize*: weight divided by 4 and rounded up (BIP-141): the size that fees are paid for.
//!
//! # Goals
//!
//! - Small: only what lock-in and lock-out need, in code that can be read in one sitting. The tests
//!   compare every part of it with `rust-bitcoin` and with the vectors of the BIPs.
//! - Total: no input makes it panic, and every input and output is bounded.
//!
//! # Modules
//!
//! | module | holds |
//! |---|---|
//! | `keys` | BIP-32-like public derivation, BIP-341 output keys, BIP-340 verification |
//! | `script` | kinds of `scriptPubKey`, dust |
//! | `address` | bech32, bech32m and base58check addresses |
//! | `transaction` | templates, ids, sizes, serialization |
//! | `sighash` | BIP-341 signature hashes |
//! | `account` | what keys of accounts sign |
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod account;
mod address;
mod keys;
mod script;
mod sighash;
mod transaction;

pub use account::{account_message, check_account_request, spend_template};
pub use transaction::{
	Template, TemplateInput, TemplateOutput, INCREMENTAL_RATE, LOCK_TIME, MAX_INPUTS, MAX_MONEY,
	MAX_OUTPUTS, SEQUENCE, VERSION,
};

use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_asset_mapping_primitives::{
	chain::{AddressError, ExternalChain, Input, Output},
	Amount, Destination,
};
use fusion_dcrm_primitives::PublicKey;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A network of Bitcoin's family. It decides how addresses are written.
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
#[serde(rename_all = "lowercase")]
pub enum Network {
	/// The network whose coins are worth something.
	Main,
	/// A public test network (testnet3 or testnet4: they write addresses alike).
	Test,
	/// The public test network whose blocks are signed. Its addresses are written as those of `Test`.
	Signet,
	/// A private test network, whose blocks are made at will.
	Regtest,
}

/// Bitcoin, with all of our coins in P2TR outputs that are spent by key path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitcoin;

impl ExternalChain for Bitcoin {
	type Network = Network;
	type Template = Template;

	const MAX_INPUTS: u32 = MAX_INPUTS;
	const MAX_OUTPUTS: u32 = MAX_OUTPUTS;

	fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Result<[u8; 32], AddressError> {
		keys::output_key(master, tweak).ok_or(AddressError::BadKey)
	}

	fn destination(output_key: &[u8; 32]) -> Destination {
		script::p2tr(output_key)
	}

	fn address(destination: &Destination, network: Network) -> Option<String> {
		address::format(destination, network)
	}

	fn parse_address(text: &str, network: Network) -> Result<Destination, AddressError> {
		address::parse(text, network)
	}

	fn dust_limit(destination: &Destination) -> Amount {
		script::dust_limit(destination)
	}

	fn size(inputs: u32, outputs: &[Destination]) -> u64 {
		transaction::vsize(inputs, outputs)
	}

	fn replacement_fee(replaced: Amount, replaced_size: u64, size: u64) -> Option<Amount> {
		transaction::replacement_fee(replaced, replaced_size, size)
	}

	fn template(inputs: &[Input], outputs: &[Output]) -> Option<Template> {
		Template::new(inputs, outputs)
	}

	fn txid(template: &Template) -> [u8; 32] {
		template.txid()
	}

	fn sighashes(template: &Template) -> Vec<[u8; 32]> {
		sighash::sighashes(template)
	}

	fn verify(output_key: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool {
		keys::verify(output_key, message, signature)
	}

	fn assemble(template: &Template, signatures: &[[u8; 64]]) -> Option<Vec<u8>> {
		template.assemble(signatures)
	}
}
