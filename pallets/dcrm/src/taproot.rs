//! BIP-340 and BIP-341 for tests and benchmarks: a signer that *has* the key, which outside of them
//! nobody ever does, and a verifier for tests to bind.

use fusion_dcrm_primitives::{tagged_hash, PublicKey, SchnorrSignature};
use k256::{
	elliptic_curve::{ops::Reduce, point::AffineCoordinates, sec1::ToEncodedPoint},
	schnorr::SigningKey,
	FieldBytes, ProjectivePoint, Scalar, U256,
};

/// A hash as a scalar.
fn scalar(bytes: &[u8; 32]) -> Scalar {
	<Scalar as Reduce<U256>>::reduce_bytes(FieldBytes::from_slice(bytes))
}

/// The x-coordinate of a point, and whether its y-coordinate is odd.
fn coordinates(point: &ProjectivePoint) -> ([u8; 32], bool) {
	let affine = point.to_affine();
	(affine.x().into(), affine.y_is_odd().into())
}

/// The public key of a secret one.
pub(crate) fn public_key(secret: &Scalar) -> PublicKey {
	let encoded = (ProjectivePoint::GENERATOR * secret).to_affine().to_encoded_point(true);
	encoded.as_bytes().try_into().expect("a compressed point other than infinity has 33 bytes")
}

/// Signs with the output key of the child that `tweak` leads to.
pub(crate) fn sign(secret: &Scalar, tweak: &[u8; 32], message: &[u8; 32]) -> SchnorrSignature {
	let child = *secret + scalar(tweak);
	let (x, odd) = coordinates(&(ProjectivePoint::GENERATOR * child));
	let even = if odd { -child } else { child };
	let output = even + scalar(&tagged_hash(b"TapTweak", &x));
	SigningKey::from_bytes(&output.to_bytes())
		.and_then(|key| key.sign_raw(message, &[0; 32]))
		.expect("the output key is not zero but with negligible probability")
		.to_bytes()
}

#[cfg(test)]
pub(crate) use verifier::Taproot;

#[cfg(test)]
mod verifier {
	use super::*;
	use crate::TaprootVerify;
	use k256::{
		elliptic_curve::Group,
		schnorr::{Signature, VerifyingKey},
	};

	/// The rules of BIP-341 for a key without scripts, on `k256`.
	pub struct Taproot;

	impl TaprootVerify for Taproot {
		fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Option<[u8; 32]> {
			let master = k256::PublicKey::from_sec1_bytes(master).ok()?.to_projective();
			let child = master + ProjectivePoint::GENERATOR * scalar(tweak);
			if child.is_identity().into() {
				return None;
			}
			let (x, odd) = coordinates(&child);
			let even = if odd { -child } else { child };
			let output = even + ProjectivePoint::GENERATOR * scalar(&tagged_hash(b"TapTweak", &x));
			(!bool::from(output.is_identity())).then(|| coordinates(&output).0)
		}

		fn verify(output: &[u8; 32], message: &[u8; 32], signature: &SchnorrSignature) -> bool {
			let key = VerifyingKey::from_bytes(output);
			let signature = Signature::try_from(&signature[..]);
			key.is_ok_and(|key| {
				signature.is_ok_and(|signature| key.verify_raw(message, &signature).is_ok())
			})
		}
	}
}
