//! The key that a member speaks with, in the node's keystore.

use fusion_dcrm_primitives::{app, MemberId, MemberSignature, KEY_TYPE};
use sp_core::sr25519;
use sp_keystore::KeystorePtr;

/// Why a member's key could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
	/// The keystore does not have the key.
	#[error(
		"the keystore has no DCRM key for {0}: insert it (key type `dcrm`, scheme sr25519) and \
		restart"
	)]
	Missing(MemberId),
	/// The keystore failed.
	#[error("the keystore failed to sign as {member}: {reason}")]
	Keystore {
		/// Who was to sign.
		member: MemberId,
		/// What the keystore said.
		reason: String,
	},
}

/// A member, and the keystore that holds its sr25519 key.
#[derive(Clone)]
pub struct Identity {
	id: MemberId,
	keystore: KeystorePtr,
}

impl Identity {
	/// All members whose keys are in the keystore.
	pub fn all(keystore: &KeystorePtr) -> Vec<Self> {
		keystore
			.sr25519_public_keys(KEY_TYPE)
			.into_iter()
			.map(|key| Self { id: key.into(), keystore: keystore.clone() })
			.collect()
	}

	/// The member `id`, if the keystore has its key.
	pub fn new(keystore: KeystorePtr, id: MemberId) -> Result<Self, IdentityError> {
		let inner: &sr25519::Public = id.as_ref();
		if keystore.sr25519_public_keys(KEY_TYPE).contains(inner) {
			Ok(Self { id, keystore })
		} else {
			Err(IdentityError::Missing(id))
		}
	}

	/// Who it is.
	pub fn id(&self) -> &MemberId {
		&self.id
	}

	/// Sign as this member.
	pub fn sign(&self, bytes: &[u8]) -> Result<MemberSignature, IdentityError> {
		let inner: &sr25519::Public = self.id.as_ref();
		match self.keystore.sr25519_sign(KEY_TYPE, inner, bytes) {
			Ok(Some(signature)) => Ok(signature.into()),
			Ok(None) => Err(IdentityError::Missing(self.id.clone())),
			Err(error) => {
				Err(IdentityError::Keystore { member: self.id.clone(), reason: error.to_string() })
			},
		}
	}
}

/// Whether `signature` is the member's over `bytes`.
pub fn verify(member: &MemberId, bytes: &[u8], signature: &MemberSignature) -> bool {
	<app::Pair as sp_core::Pair>::verify(signature, bytes, member)
}
