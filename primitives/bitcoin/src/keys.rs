//! Public keys: derivation, BIP-341 output keys, BIP-340 verification.

use fusion_dcrm_primitives::{tagged_hash, PublicKey};
use k256::{
	elliptic_curve::{
		ops::Reduce,
		point::{AffineCoordinates, DecompressPoint},
		subtle::Choice,
		Group, PrimeField,
	},
	schnorr::{Signature, VerifyingKey},
	AffinePoint, FieldBytes, ProjectivePoint, Scalar, U256,
};

/// The output key of `master + tweak·G`: that point with an even y-coordinate, plus the BIP-341 tweak
/// for a key without scripts (BIP-341, "Constructing and spending Taproot outputs").
///
/// `tweak` is used modulo the order of the curve. `None` if `master` is not a compressed point, or for
/// sums and hashes that nobody can find (the point at infinity, a hash beyond the order).
pub(crate) fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Option<[u8; 32]> {
	let delta = <Scalar as Reduce<U256>>::reduce_bytes(&FieldBytes::from(*tweak));
	let child = compressed_point(master)? + ProjectivePoint::GENERATOR * delta;
	let internal = x_coordinate(&child)?;

	let hash = tagged_hash(b"TapTweak", &internal);
	let tap_tweak: Scalar = Option::from(Scalar::from_repr(FieldBytes::from(hash)))?;
	x_coordinate(&(point_with(&internal, false)? + ProjectivePoint::GENERATOR * tap_tweak))
}

/// Whether the bytes are the x-coordinate of a point, so that somebody may be able to sign for them.
pub(crate) fn is_x_coordinate(x: &[u8; 32]) -> bool {
	point_with(x, false).is_some()
}

/// BIP-340 verification of a signature over exactly these 32 bytes.
pub(crate) fn verify(output_key: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool {
	let Ok(key) = VerifyingKey::from_bytes(output_key) else { return false };
	let Ok(signature) = Signature::try_from(signature.as_slice()) else { return false };
	key.verify_raw(message, &signature).is_ok()
}

/// The point that 33 bytes of SEC1's compressed form stand for.
fn compressed_point(bytes: &PublicKey) -> Option<ProjectivePoint> {
	let (odd, x) = match bytes {
		[2, x @ ..] => (false, x),
		[3, x @ ..] => (true, x),
		_ => return None,
	};
	point_with(x, odd)
}

/// The point with this x-coordinate and this parity of y.
fn point_with(x: &[u8; 32], odd: bool) -> Option<ProjectivePoint> {
	let point: Option<AffinePoint> =
		AffinePoint::decompress(&FieldBytes::from(*x), Choice::from(u8::from(odd))).into();
	point.map(ProjectivePoint::from)
}

/// `None` for the point at infinity.
fn x_coordinate(point: &ProjectivePoint) -> Option<[u8; 32]> {
	(!bool::from(point.is_identity())).then(|| point.to_affine().x().into())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hex32(text: &str) -> [u8; 32] {
		hex::decode(text).unwrap().try_into().unwrap()
	}

	// BIP-341, wallet-test-vectors.json, scriptPubKey[0].
	#[test]
	fn output_key_should_be_that_of_bip341_when_there_is_no_script() {
		let internal = hex32("d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d");
		let output = hex32("53a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343");
		for tag in [2, 3] {
			let mut master = [tag; 33];
			master[1..].copy_from_slice(&internal);
			assert_eq!(output_key(&master, &[0; 32]), Some(output));
		}
	}

	#[test]
	fn output_key_should_be_refused_when_the_master_key_is_not_a_compressed_point() {
		let x = hex32("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
		// SEC1's tags for the point at infinity, uncompressed, hybrid and compact points, and others.
		for tag in [0, 1, 4, 5, 6, 7, 0x82, 0xff] {
			let mut master = [tag; 33];
			master[1..].copy_from_slice(&x);
			assert_eq!(output_key(&master, &[1; 32]), None, "tag {tag}");
		}
		// x = 5 is not on the curve; the last is beyond the field.
		let mut five = [0; 33];
		(five[0], five[32]) = (2, 5);
		assert_eq!(output_key(&five, &[1; 32]), None);
		let mut beyond = [0xff; 33];
		beyond[0] = 2;
		assert_eq!(output_key(&beyond, &[1; 32]), None);
	}

	#[test]
	fn output_key_should_be_refused_when_the_child_is_the_point_at_infinity() {
		// -G + 1·G
		let mut master = [3; 33];
		master[1..].copy_from_slice(&hex32(
			"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
		));
		let mut one = [0; 32];
		one[31] = 1;
		assert_eq!(output_key(&master, &one), None);
		master[0] = 2;
		assert!(output_key(&master, &one).is_some());
	}

	#[test]
	fn tweak_should_be_used_modulo_the_order_when_it_is_beyond_it() {
		let mut master = [2; 33];
		master[1..].copy_from_slice(&hex32(
			"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
		));
		let order = hex32("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
		let mut order_plus_2 = order;
		order_plus_2[31] += 2;
		let mut two = [0; 32];
		two[31] = 2;
		assert_eq!(output_key(&master, &order), output_key(&master, &[0; 32]));
		assert_eq!(output_key(&master, &order_plus_2), output_key(&master, &two));
		assert_ne!(output_key(&master, &two), output_key(&master, &[0; 32]));
	}
}
