//! What a node signs with its key, which is in its keystore.

use std::collections::BTreeSet;

use fusion_hhcm_primitives::{seed, AuthorityId, AuthoritySignature, Slot, KEY_TYPE};
use sp_core::{sr25519::vrf::VrfSignature, H256};
use sp_keystore::Keystore;

use crate::guard::{Guard, GuardError, Statement};

/// Why something was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
	/// The key is not ours, or not ours any more.
	#[error("the key {0} is not in the keystore")]
	NoKey(AuthorityId),
	/// The keystore failed.
	#[error("the keystore failed: {0}")]
	Keystore(String),
	/// The signing guard forbids it.
	#[error(transparent)]
	Guard(#[from] GuardError),
}

impl From<sp_keystore::Error> for SigningError {
	fn from(error: sp_keystore::Error) -> Self {
		Self::Keystore(error.to_string())
	}
}

/// The keys in the keystore that a bookkeeping node can author with.
pub fn our_keys(keystore: &dyn Keystore) -> BTreeSet<AuthorityId> {
	keystore.sr25519_public_keys(KEY_TYPE).into_iter().map(AuthorityId::from).collect()
}

/// Signs `payload`, which says `statement`, unless another statement was signed in its place.
///
/// Writes to the disk first, so it may take some milliseconds.
pub fn sign(
	keystore: &dyn Keystore,
	guard: &Guard,
	statement: &Statement,
	payload: &[u8],
) -> Result<AuthoritySignature, SigningError> {
	guard.allow(statement)?;
	let key = &statement.author;
	let signature = keystore.sr25519_sign(KEY_TYPE, key.as_ref(), payload)?;
	signature.map(AuthoritySignature::from).ok_or_else(|| SigningError::NoKey(key.clone()))
}

/// Our VRF output for a seed and a slot, with its proof. There is only one that is valid, so nothing has to
/// be guarded.
pub fn vrf(
	keystore: &dyn Keystore,
	key: &AuthorityId,
	seed: H256,
	slot: Slot,
) -> Result<VrfSignature, SigningError> {
	let data = seed::sign_data(seed, slot);
	keystore
		.sr25519_vrf_sign(KEY_TYPE, key.as_ref(), &data)?
		.ok_or_else(|| SigningError::NoKey(key.clone()))
}

#[cfg(test)]
mod tests;
