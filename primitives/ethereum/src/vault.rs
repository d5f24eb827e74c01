//! Which vault, its deposit addresses, and what its signatures are bound to.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::keccak_256;

use crate::{
	abi::{self, Word},
	Address,
};

/// Hash of the code that a vault deploys a deposit address with (`contracts/src/vault/Deposit.sol`, as the
/// project's compiler and its settings make it). Vaults say it themselves: `DEPOSIT_CODE_HASH()`.
pub const DEPOSIT_CODE_HASH: [u8; 32] = [
	0x5a, 0x86, 0xb5, 0x9f, 0xc8, 0xf4, 0xf3, 0xbc, 0x42, 0x82, 0xb6, 0x53, 0xf8, 0xde, 0x11, 0x74,
	0x32, 0x27, 0x38, 0x94, 0xc5, 0x86, 0xa6, 0x00, 0x6e, 0xdd, 0x4a, 0x4b, 0xf2, 0x90, 0x49, 0x54,
];

/// EIP-712's type of a domain.
const DOMAIN_TYPE: &[u8] =
	b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const NAME: &[u8] = b"Fusion Vault";
const VERSION: &[u8] = b"1";

/// A vault of a key group.
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
pub struct Vault {
	/// Chain id (EIP-155).
	pub chain_id: u64,
	/// The contract.
	pub address: Address,
}

impl Vault {
	/// The deposit address with this salt (EIP-1014). Coins can be sent there before anything is deployed.
	pub fn deposit_address(&self, salt: &[u8; 32]) -> Address {
		let mut bytes = Vec::with_capacity(85);
		bytes.push(0xff);
		bytes.extend_from_slice(&self.address.0);
		bytes.extend_from_slice(salt);
		bytes.extend_from_slice(&DEPOSIT_CODE_HASH);
		let mut address = Address::ZERO;
		let hash = keccak_256(&bytes);
		let (_, low) = hash.split_at(12);
		address.0.copy_from_slice(low);
		address
	}

	/// EIP-712's domain separator: what is signed for one vault on one chain is nothing on others.
	pub fn domain(&self) -> [u8; 32] {
		abi::hash(&[
			keccak_256(DOMAIN_TYPE),
			keccak_256(NAME),
			keccak_256(VERSION),
			abi::number(self.chain_id),
			abi::address(&self.address),
		])
	}

	/// What a new key signs to show that it can: it is to be the one of `epoch`.
	pub fn key_digest(&self, epoch: u64, key: &[u8; 32]) -> [u8; 32] {
		let kind = keccak_256(b"Key(uint64 epoch,uint256 key)");
		self.digest(abi::hash(&[kind, abi::number(epoch), *key]))
	}

	/// EIP-712's digest of a structure with this hash.
	pub(crate) fn digest(&self, structure: Word) -> Word {
		let mut bytes = Vec::with_capacity(66);
		bytes.extend_from_slice(&[0x19, 0x01]);
		abi::put(&mut bytes, &[self.domain(), structure]);
		keccak_256(&bytes)
	}
}

/// The salt of a deposit address: of the chain of Fusion, an account on it and the number of that account's
/// request. It does not depend on the key, so an address stays good when the vault's key changes.
///
/// keccak256(`"fusion/vault/deposit/1"` ‖ genesis hash ‖ account ‖ index as eight bytes, big endian).
pub fn deposit_salt(genesis: &[u8; 32], account: &[u8; 32], index: u64) -> [u8; 32] {
	let mut bytes = Vec::with_capacity(96);
	bytes.extend_from_slice(b"fusion/vault/deposit/1");
	bytes.extend_from_slice(genesis);
	bytes.extend_from_slice(account);
	bytes.extend_from_slice(&index.to_be_bytes());
	keccak_256(&bytes)
}
