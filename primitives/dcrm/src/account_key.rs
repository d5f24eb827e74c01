//! Keys of accounts (of contracts, above all), and what they may sign.
//!
//! An account asks for a key of the group that new work is given to. It is derived like all others, by a path that
//! names the account and the key's number ([`KeyPath::Account`](crate::KeyPath::Account)), so no other purpose, no
//! other account and no other chain has it. The account may then have it sign, but never 32 bytes of its own choice:
//! these could be the hash of a transaction that spends what is not the account's, or of a message that somebody else
//! would have to have said. It says *what* is to be signed ([`Subject`]), and chain and nodes make the 32 bytes of that
//! themselves:
//!
//! | subject | what is signed |
//! |---|---|
//! | [`Subject::Message`] | [`message_hash`]: a tagged hash of this chain, the account and the message. No hash that Bitcoin signs has this tag, nor has anything else that a group signs |
//! | [`Subject::Spend`] | BIP-341's hash of a transaction that spends one coin of *this key* |
//!
//! The transaction is made by what knows the other chain (`fusion-bitcoin-primitives`), for chain and nodes alike.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

use crate::{GroupId, SchnorrSignature};

/// Number of a key of an account. Counts up from 0 and is never used again.
pub type AccountKeyId = u64;

/// Most bytes of a message that an account has signed.
pub const MAX_PAYLOAD: u32 = 1_024;
/// Most payments of a transaction that an account has signed.
pub const MAX_PAYMENTS: u32 = 8;
/// Most bytes of a `scriptPubKey`.
pub const MAX_SCRIPT: u32 = 64;

/// The bytes of a message that an account has signed.
pub type Payload = BoundedVec<u8, ConstU32<MAX_PAYLOAD>>;
/// A `scriptPubKey`.
pub type Script = BoundedVec<u8, ConstU32<MAX_SCRIPT>>;

/// What an account wants to have signed.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Subject {
	/// A message to whoever knows the key.
	Message(Payload),
	/// A payment of coins of the key.
	Spend(Spend),
}

/// A transaction of Bitcoin that spends one coin, which belongs to the key that signs.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Spend {
	/// Id of the transaction that made the coin, in the order of bytes in which it is hashed (explorers show it
	/// reversed).
	pub txid: [u8; 32],
	/// Number of the output in that transaction.
	pub vout: u32,
	/// How much the coin holds, in satoshi. The signature commits to it: it is of no use if that is wrong.
	pub amount: u64,
	/// What is paid. What is left is the fee.
	pub payments: BoundedVec<Payment, ConstU32<MAX_PAYMENTS>>,
}

/// An output of a [`Spend`].
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Payment {
	/// Satoshi.
	pub amount: u64,
	/// To whom.
	pub script: Script,
}

/// What is signed for the message of an account: the hash of `genesis ‖ account ‖ payload`, tagged as in BIP-340 with
/// `Fusion/account/message/1`. The first two have 32 bytes each, so no two triples have the same bytes.
pub fn message_hash(genesis: H256, account: &[u8; 32], payload: &[u8]) -> [u8; 32] {
	let mut data = Vec::with_capacity(payload.len().saturating_add(64));
	data.extend_from_slice(genesis.as_bytes());
	data.extend_from_slice(account);
	data.extend_from_slice(payload);
	crate::tagged_hash(b"Fusion/account/message/1", &data)
}

/// A key of an account, for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccountKeyView {
	/// Whose it is.
	pub account: [u8; 32],
	/// The group that signs with it.
	pub group: GroupId,
	/// The x-coordinate that signatures verify under (BIP-340): BIP-341's output key.
	pub public_key: [u8; 32],
	/// Its address, as Bitcoin's wallets take it.
	pub address: Vec<u8>,
}

/// A signature that an account has asked for, for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccountRequestView {
	/// Whose key signs.
	pub account: [u8; 32],
	/// The number of the key.
	pub key: AccountKeyId,
	/// What is signed.
	pub subject: Subject,
	/// The signature, once it is there.
	pub signature: Option<SchnorrSignature>,
	/// From this block on anybody may have the request forgotten.
	pub expires: u32,
}

#[cfg(test)]
mod tests {
	use super::*;

	const GENESIS: H256 = H256::repeat_byte(1);
	const ACCOUNT: [u8; 32] = [2; 32];

	/// Computed apart from this code, and by the contract library as well.
	#[test]
	fn message_hash_should_stay_what_it_is() {
		let hash = message_hash(GENESIS, &ACCOUNT, b"pay the bearer");
		assert_eq!(sp_core::hexdisplay::HexDisplay::from(&hash).to_string(), HASH);
	}

	#[test]
	fn message_hash_should_differ_when_anything_differs() {
		let mut hashes = [
			message_hash(GENESIS, &ACCOUNT, b"a"),
			message_hash(H256::repeat_byte(3), &ACCOUNT, b"a"),
			message_hash(GENESIS, &[3; 32], b"a"),
			message_hash(GENESIS, &ACCOUNT, b"b"),
			message_hash(GENESIS, &ACCOUNT, b""),
			message_hash(GENESIS, &ACCOUNT, b"a\0"),
			// The same bytes with another tag: that of Bitcoin's hashes, and of what groups sign else.
			crate::tagged_hash(b"TapSighash", &[GENESIS.as_bytes(), &ACCOUNT, b"a"].concat()),
			crate::tagged_hash(
				b"fusion/dcrm/test/1",
				&[GENESIS.as_bytes(), &ACCOUNT, b"a"].concat(),
			),
		];
		hashes.sort_unstable();
		assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
	}

	const HASH: &str = "c43defa9d51614411ef21391695bb27b116e4cf05cec417e754048db26bbfde3";
}
