//! What the pallet needs of others.

use alloc::vec::Vec;
use fusion_dcrm_primitives::{
	account_key::{Script, Subject},
	PublicKey, SchnorrSignature,
};
use sp_core::H256;

/// The taproot rules that signatures are judged by. The runtime binds it to the code that makes the
/// addresses and transactions of the other chain, so that both follow one rule.
pub trait TaprootVerify {
	/// The x-only output key of the child key `master + tweak·G`: its even-Y form with BIP-341's tweak
	/// for a key without scripts. `None` if `master` is no point, `tweak` no scalar, or a sum is the
	/// point at infinity.
	fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Option<[u8; 32]>;
	/// Whether `signature` is a BIP-340 signature of `output_key` over `message`.
	fn verify(output_key: &[u8; 32], message: &[u8; 32], signature: &SchnorrSignature) -> bool;
}

/// What keys of accounts look like on the other chain, and what they sign. The runtime binds it to the code that
/// members check requests with.
pub trait AccountRules {
	/// The address of an output key, as wallets of the other chain take it.
	fn address(output_key: &[u8; 32]) -> Option<Vec<u8>>;
	/// Reads such an address. `None` if it is of another network, or we could not pay to it.
	fn script(address: &[u8]) -> Option<Script>;
	/// The 32 bytes that the output key signs for this account. `None` if the subject is a transaction that the other
	/// chain would not take.
	fn message(
		genesis: H256,
		account: &[u8; 32],
		output_key: &[u8; 32],
		subject: &Subject,
	) -> Option<[u8; 32]>;
}
