//! The chain of seeds.
//!
//! The whitepaper draws groups from the previous block's hash. Its author can try out as many hashes as it
//! likes, by the order of transactions or by a nonce. Here the seed of a block's children is a hash of the
//! block's own seed and of its author's VRF output for it, which is one value that only the author can
//! compute, anybody can verify, and nobody can choose. What is left to an author is to publish its block or
//! not: one bit for each block that it has won.

use sp_application_crypto::ByteArray;
use sp_core::{
	crypto::VrfPublic,
	sr25519::{
		self,
		vrf::{VrfSignData, VrfSignature, VrfTranscript},
	},
	H256,
};

use crate::{hash, AuthorityId, Slot};

/// What an author's VRF is evaluated on. For [`sp_core::sr25519::Pair`] and for keystores.
pub fn transcript(seed: H256, slot: Slot) -> VrfTranscript {
	VrfTranscript::new(
		b"fusion/hhcm/seed",
		&[(b"seed", seed.as_bytes()), (b"slot", &u64::from(slot).to_le_bytes())],
	)
}

/// What an author signs with its VRF.
pub fn sign_data(seed: H256, slot: Slot) -> VrfSignData {
	transcript(seed, slot).into()
}

/// The seed of the children of a block whose own seed is `seed`.
///
/// `None` if the VRF signature is not the author's, or not for this seed and slot.
pub fn next(seed: H256, slot: Slot, author: &AuthorityId, vrf: &VrfSignature) -> Option<H256> {
	let author = sr25519::Public::from_slice(author.as_slice()).ok()?;
	if !author.vrf_verify(&sign_data(seed, slot), vrf) {
		return None;
	}
	let output: [u8; 32] =
		author.make_bytes(b"fusion/hhcm/output", &transcript(seed, slot), &vrf.pre_output).ok()?;
	Some(hash(b"hhcm/seed/next//", &(seed, output)))
}
