//! What has to be known of a chain family that has accounts and contracts instead of coins.
//!
//! [`ExternalChain`](crate::chain::ExternalChain) is made for chains of coins (UTXOs), and an account
//! chain does not fit it:
//!
//! | there | here |
//! |---|---|
//! | `Input`s: coins, each with a key that signs for it | one vault, one key, one signature a batch |
//! | a deposit address is a key's, and nothing else has to be known | it is the vault's, with a salt |
//! | attempts at a batch exclude each other by a coin that all of them spend | by the number of the batch, which the vault takes once |
//! | the fee is what inputs leave over | a number in the template, paid to whoever brings it |
//! | one asset | native coin and tokens |
//! | `Amount` has 64 bits | 128: 2⁶⁴ − 1 wei are 18 ether |
//! | the id of the transaction is known before it is sent | it is not: who brings it signs it; logs say what happened |
//! | a transaction succeeds as a whole | a payment of a batch can fail alone, and be paid or taken back later |
//! | `Network` decides how an address is written | addresses are written alike on all chains of the family |

use alloc::{string::String, vec::Vec};
use codec::{Codec, MaxEncodedLen};
use core::fmt::Debug;
use fusion_dcrm_primitives::PublicKey;
use scale_info::TypeInfo;

use crate::{chain::AddressError, BatchId, Destination};

/// A payment of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout<Asset> {
	/// What is paid.
	pub asset: Asset,
	/// Whereto.
	pub destination: Destination,
	/// How much, in the asset's smallest unit.
	pub amount: u128,
}

/// What is signed of a batch besides its payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
	/// Its number. A vault executes one batch with a number, whatever else was signed with it: so the
	/// next attempt, with another fee or deadline, has the same one.
	pub id: BatchId,
	/// How many keys the vault had before the one that signs.
	pub epoch: u64,
	/// Last second (Unix time) at which the vault executes it. When this is past, at a block that is
	/// final, the payments may move to another batch.
	pub deadline: u64,
	/// What whoever brings it to the vault earns, in the smallest unit of native coin.
	pub fee: u128,
}

/// A chain family with accounts, where the group's coins are in a contract (*vault*) that checks its
/// signatures: pure functions that the chain and the nodes share.
pub trait AccountChain {
	/// Which vault: its chain and its address.
	type Vault: Codec + TypeInfo + MaxEncodedLen + Clone + Debug + PartialEq;
	/// An asset: native coin or a token.
	type Asset: Codec + TypeInfo + MaxEncodedLen + Clone + Debug + PartialEq;
	/// A batch without its signature, with all that its message commits to.
	type Template: Codec + TypeInfo + MaxEncodedLen + Clone + Debug + PartialEq;

	/// Most payments in a template.
	const MAX_PAYOUTS: u32;

	/// The key that the vault knows for the child `master + tweak·G`: the x-coordinate of the output
	/// key that the group signs with.
	fn signing_key(master: &PublicKey, tweak: &[u8; 32]) -> Result<[u8; 32], AddressError>;
	/// The vault's deposit address with this salt.
	fn deposit_address(vault: &Self::Vault, salt: &[u8; 32]) -> Destination;
	/// A destination as people write it. `None` for what is none.
	fn address(destination: &Destination) -> Option<String>;
	/// Reads an address that can be paid to.
	fn parse_address(text: &str) -> Result<Destination, AddressError>;
	/// Builds a template. `None` if there are too many payments, or one could never be made.
	fn template(
		vault: &Self::Vault,
		terms: &Terms,
		payouts: &[Payout<Self::Asset>],
	) -> Option<Self::Template>;
	/// What the key signs.
	fn message(template: &Self::Template) -> [u8; 32];
	/// Whether `signature` is `key`'s over `message`.
	fn verify(key: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool;
	/// Calldata with which anybody has the vault execute the batch; the fee goes to `fee_to`. `None`
	/// if that is no destination.
	fn assemble(
		template: &Self::Template,
		signature: &[u8; 64],
		fee_to: &Destination,
	) -> Option<Vec<u8>>;
}
