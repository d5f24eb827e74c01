//! What has to be known of a chain family.

use alloc::{string::String, vec::Vec};
use codec::{Codec, MaxEncodedLen};
use core::fmt::Debug;
use fusion_dcrm_primitives::PublicKey;
use scale_info::TypeInfo;

use crate::{Amount, Destination, OutPoint};

/// An input of a transaction that pays out: one of our coins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
	/// Where it is.
	pub outpoint: OutPoint,
	/// How much it holds.
	pub amount: Amount,
	/// The key that it belongs to: the x-coordinate of the output key that the chain knows.
	pub output_key: [u8; 32],
}

/// An output of a transaction that pays out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
	/// How much.
	pub amount: Amount,
	/// Whereto.
	pub destination: Destination,
}

/// Why a text is not an address that we can pay to, or a key has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
	/// It cannot be read as an address at all.
	Malformed,
	/// It belongs to another network of that chain (a mainnet address on a test network, say).
	WrongNetwork,
	/// It is an address, but of a kind that we do not pay to.
	Unsupported,
	/// A key could not be computed. It does not happen with keys of a key group.
	BadKey,
}

/// A chain family whose coins can be mapped: pure functions that the chain and the nodes share.
pub trait ExternalChain {
	/// Network of the chain (main, test, …): part of addresses.
	type Network: Copy;
	/// A transaction without signatures, with all that its sighashes commit to.
	type Template: Codec + TypeInfo + MaxEncodedLen + Clone + Debug + PartialEq;

	/// Most inputs in a template.
	const MAX_INPUTS: u32;
	/// Most outputs in a template.
	const MAX_OUTPUTS: u32;

	/// The key that the chain knows for the child `master + tweak·G`: its x-coordinate after every
	/// further tweak that the chain prescribes.
	fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Result<[u8; 32], AddressError>;
	/// Where coins for that key are paid to.
	fn destination(output_key: &[u8; 32]) -> Destination;
	/// A destination as people write it. `None` for what has no address.
	fn address(destination: &Destination, network: Self::Network) -> Option<String>;
	/// Reads an address.
	fn parse_address(text: &str, network: Self::Network) -> Result<Destination, AddressError>;
	/// The smallest output that nodes of that chain relay.
	fn dust_limit(destination: &Destination) -> Amount;
	/// Size that the fee is paid for, in virtual bytes, of a transaction with so many of our inputs and
	/// with these outputs.
	fn size(inputs: u32, outputs: &[Destination]) -> u64;
	/// The least fee of a transaction of that size (as of [`size`](Self::size)) that nodes of the chain take in the
	/// place of one of size `replaced_size` that spends one of its coins and pays `replaced` (Bitcoin: BIP-125,
	/// rules 3, 4 and 6). `None` if it overflows.
	fn replacement_fee(replaced: Amount, replaced_size: u64, size: u64) -> Option<Amount>;
	/// Builds a template. `None` if there are too many inputs or outputs, or they do not add up (more
	/// going out than coming in, an overflow).
	fn template(inputs: &[Input], outputs: &[Output]) -> Option<Self::Template>;
	/// Id of the template's transaction: signatures do not change it.
	fn txid(template: &Self::Template) -> [u8; 32];
	/// What the key of each input signs, in order.
	fn sighashes(template: &Self::Template) -> Vec<[u8; 32]>;
	/// Whether `signature` is `output_key`'s over `message`.
	fn verify(output_key: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool;
	/// The transaction with its signatures, as nodes of that chain take it. `None` if their number is
	/// not that of the inputs.
	fn assemble(template: &Self::Template, signatures: &[[u8; 64]]) -> Option<Vec<u8>>;
}
