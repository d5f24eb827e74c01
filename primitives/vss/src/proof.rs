//! Proof that a member has its share, without showing it.
//!
//! Schnorr's proof of knowledge of a discrete logarithm (C. P. Schnorr, *Efficient Signature Generation by Smart
//! Cards*, Journal of Cryptology 4 (1991)), made non-interactive by A. Fiat and A. Shamir (CRYPTO '86). For the
//! share `x` with the verifying share `X = x·G`:
//!
//! ```text
//! prover     k random, not 0;  R = k·G;  e = hash(X, R) mod q;  s = k + e·x
//! verifier   s·G = R + e·X
//! ```
//!
//! The hash is the caller's, who binds it to whatever the proof is for: a proof says nothing more than its hash
//! covers. It must have a domain of its own. A signature with the same share (FROST's part of one is one) is
//! challenged by another hash, so that neither can be made of the other.

use core::fmt;

use group::Group;
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::{
	curve::{decode_point, encode_point, random_nonzero, read_scalar, reduce, write_scalar},
	Curve, Error, KeyCommitments, KeyShare, POINT_LENGTH, SCALAR_LENGTH,
};

/// Length of an encoded [`ShareProof`].
pub const PROOF_LENGTH: usize = POINT_LENGTH + SCALAR_LENGTH;

/// A proof that somebody has a share. Public.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShareProof {
	/// `R`.
	commitment: [u8; POINT_LENGTH],
	/// `s`, big endian.
	response: [u8; SCALAR_LENGTH],
}

impl ShareProof {
	/// `R` followed by `s`.
	pub fn to_bytes(&self) -> [u8; PROOF_LENGTH] {
		let mut bytes = [0; PROOF_LENGTH];
		for (to, from) in bytes.iter_mut().zip(self.commitment.iter().chain(&self.response)) {
			*to = *from;
		}
		bytes
	}

	/// The proof that [`Self::to_bytes`] wrote. Whether it is one is for the verification to say.
	pub fn from_bytes(bytes: &[u8; PROOF_LENGTH]) -> Self {
		let mut proof = Self { commitment: [0; POINT_LENGTH], response: [0; SCALAR_LENGTH] };
		let parts = proof.commitment.iter_mut().chain(&mut proof.response);
		for (to, from) in parts.zip(bytes) {
			*to = *from;
		}
		proof
	}
}

impl fmt::Debug for ShareProof {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("ShareProof").finish_non_exhaustive()
	}
}

impl<C: Curve> KeyShare<C> {
	/// A proof that somebody has this share.
	///
	/// `hash` gives the 32 bytes of the challenge for the verifying share and the commitment `R`, in this order;
	/// they are taken modulo the order of the curve. It has to cover both, and all that the proof is for.
	/// Takes a time that does not depend on the share or on the random number.
	///
	/// The random number has to be as good as those that keys are made of: two proofs with the same one give the
	/// share away.
	pub fn prove(
		&self,
		hash: impl FnOnce(&[u8; POINT_LENGTH], &[u8; POINT_LENGTH]) -> [u8; SCALAR_LENGTH],
		rng: &mut (impl RngCore + CryptoRng),
	) -> ShareProof {
		let nonce = Zeroizing::new(random_nonzero::<C>(rng));
		let commitment = encode_point::<C>(&(C::Point::generator() * *nonce));
		let challenge = reduce::<C>(&hash(&self.verifying_share(), &commitment));
		let mut response = [0; SCALAR_LENGTH];
		write_scalar::<C>(&(*nonce + challenge * self.secret), &mut response);
		ShareProof { commitment, response }
	}
}

impl<C: Curve> KeyCommitments<C> {
	/// Whether this proves that somebody has the share of the member with this index. `hash` is what it was
	/// [made](KeyShare::prove) with.
	///
	/// Takes two multiplications, besides the evaluation of the commitments.
	///
	/// # Errors
	///
	/// [`Error::InvalidIndex`] if there is no such member; [`Error::BadPoint`], [`Error::IdentityPoint`] or
	/// [`Error::BadScalar`] if the proof is malformed; [`Error::ProofMismatch`] if it proves something else.
	pub fn verify_proof(
		&self,
		index: u16,
		proof: &ShareProof,
		hash: impl FnOnce(&[u8; POINT_LENGTH], &[u8; POINT_LENGTH]) -> [u8; SCALAR_LENGTH],
	) -> Result<(), Error> {
		let public = self.evaluate(index)?;
		let commitment = decode_point::<C>(&proof.commitment, 0)?;
		let response = read_scalar::<C>(&proof.response)?;
		let challenge = reduce::<C>(&hash(&encode_point::<C>(&public), &proof.commitment));
		if C::Point::generator() * response == commitment + public * challenge {
			Ok(())
		} else {
			Err(Error::ProofMismatch)
		}
	}
}
