//! What the pallet needs of others.

use fusion_dcrm_primitives::{PublicKey, SchnorrSignature};

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
