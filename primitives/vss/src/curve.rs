//! The groups in which secrets are shared.

use core::fmt::Debug;

use ff::{Field, PrimeField};
use group::{Group, GroupEncoding};
use k256::elliptic_curve::sec1::FromEncodedPoint;
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroize;

use crate::{Error, POINT_LENGTH, SCALAR_LENGTH};

/// A group of prime order, with two generators of which nobody knows how they are related.
///
/// Scalars are encoded as 32 big-endian bytes ([`PrimeField::to_repr`]), points as 33 bytes of
/// compressed SEC1 ([`GroupEncoding::to_bytes`]). Scalar arithmetic and multiplication of points must
/// take constant time.
///
/// # The second generator
///
/// Whoever knows `h` with `H = h·G` can open a Pedersen commitment to any value. So `H` is derived
/// where nobody can choose it: for `counter` = 0, 1, 2 ... (four bytes, big endian) take
/// `SHA-256(label ‖ counter)` as the x-coordinate of a point with an even y-coordinate; the first one
/// on the curve is `H`. As this costs square roots, the result is written down as a constant; a test
/// derives it again.
pub trait Curve: Copy + Clone + Debug + PartialEq + Eq + Send + Sync + 'static {
	/// Numbers modulo the order of the group.
	type Scalar: PrimeField + Zeroize;
	/// Elements of the group. Its [`Group::generator`] is `G`.
	type Point: Group<Scalar = Self::Scalar> + GroupEncoding;
	/// The label that the second generator is derived from.
	const LABEL: &'static [u8];

	/// `H`.
	fn second_generator() -> Self::Point;
}

/// The curve of Bitcoin and Ethereum (SEC 2, secp256k1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secp256k1;

impl Secp256k1 {
	/// x-coordinate of the second generator: `SHA-256(LABEL ‖ 00000002)`.
	const H_X: [u8; 32] = [
		0x88, 0x9a, 0xc2, 0x61, 0x3a, 0x19, 0xd3, 0x16, 0xd6, 0x51, 0x50, 0xd4, 0xfe, 0x2f, 0xa2,
		0x7b, 0xe8, 0xff, 0xb9, 0x31, 0x28, 0xe0, 0x76, 0xbc, 0x8c, 0xb1, 0x9e, 0x1c, 0x6c, 0xb8,
		0x2b, 0xb0,
	];
	/// Its even y-coordinate.
	const H_Y: [u8; 32] = [
		0x5b, 0x3e, 0xdb, 0xdf, 0x32, 0x21, 0x80, 0xb8, 0x9b, 0x57, 0x0f, 0xf1, 0x95, 0xc9, 0x03,
		0x67, 0xe6, 0xa7, 0x5c, 0x38, 0x6c, 0x6c, 0x43, 0x46, 0xeb, 0xf6, 0xa3, 0x97, 0x07, 0x86,
		0x79, 0x0e,
	];
}

impl Curve for Secp256k1 {
	type Scalar = k256::Scalar;
	type Point = k256::ProjectivePoint;
	const LABEL: &'static [u8] = b"fusion/vss/second-generator/1/secp256k1";

	fn second_generator() -> Self::Point {
		let encoded = k256::EncodedPoint::from_affine_coordinates(
			&Self::H_X.into(),
			&Self::H_Y.into(),
			false,
		);
		// The constants are on the curve (a test says so), so the other arm is never taken. If it
		// were, no commitment with a blinding part would verify.
		Option::<k256::AffinePoint>::from(k256::AffinePoint::from_encoded_point(&encoded))
			.map_or(k256::ProjectivePoint::IDENTITY, Into::into)
	}
}

/// The 33 bytes of a point. The identity, which no caller encodes, is all zeros.
pub(crate) fn encode_point<C: Curve>(point: &C::Point) -> [u8; POINT_LENGTH] {
	let mut bytes = [0; POINT_LENGTH];
	let repr = point.to_bytes();
	for (to, from) in bytes.iter_mut().zip(repr.as_ref()) {
		*to = *from;
	}
	bytes
}

/// The point of 33 bytes. `position` is for the error.
///
/// Refuses the identity, and every encoding but the compressed one (SEC1 has a "compact" one of the
/// same length), so that a point has exactly one encoding.
pub(crate) fn decode_point<C: Curve>(
	bytes: &[u8; POINT_LENGTH],
	position: usize,
) -> Result<C::Point, Error> {
	match bytes.first() {
		Some(2 | 3) => (),
		Some(0) if bytes.iter().all(|byte| *byte == 0) => {
			return Err(Error::IdentityPoint { position })
		},
		_ => return Err(Error::BadPoint { position }),
	}
	let mut repr = <C::Point as GroupEncoding>::Repr::default();
	for (to, from) in repr.as_mut().iter_mut().zip(bytes) {
		*to = *from;
	}
	let point = Option::<C::Point>::from(C::Point::from_bytes(&repr))
		.ok_or(Error::BadPoint { position })?;
	if bool::from(point.is_identity()) {
		return Err(Error::IdentityPoint { position });
	}
	Ok(point)
}

/// A number of 32 big-endian bytes, modulo the order of the group: byte after byte, as the traits know
/// no reduction of their own. For what is public.
pub(crate) fn reduce<C: Curve>(bytes: &[u8; SCALAR_LENGTH]) -> C::Scalar {
	let base = C::Scalar::from(256);
	bytes
		.iter()
		.fold(C::Scalar::ZERO, |value, byte| value * base + C::Scalar::from(u64::from(*byte)))
}

/// Writes the 32 big-endian bytes of a scalar.
pub(crate) fn write_scalar<C: Curve>(scalar: &C::Scalar, bytes: &mut [u8]) {
	let mut repr = scalar.to_repr();
	for (to, from) in bytes.iter_mut().zip(repr.as_ref()) {
		*to = *from;
	}
	repr.as_mut().zeroize();
}

/// The scalar of 32 big-endian bytes. Refuses the order of the group and all above it.
pub(crate) fn read_scalar<C: Curve>(bytes: &[u8]) -> Result<C::Scalar, Error> {
	if bytes.len() != SCALAR_LENGTH {
		return Err(Error::BadScalar);
	}
	let mut repr = <C::Scalar as PrimeField>::Repr::default();
	for (to, from) in repr.as_mut().iter_mut().zip(bytes) {
		*to = *from;
	}
	let scalar = Option::<C::Scalar>::from(C::Scalar::from_repr(repr)).ok_or(Error::BadScalar);
	repr.as_mut().zeroize();
	scalar
}

/// A random scalar that is not zero: a commitment to zero would be the identity, which is refused.
pub(crate) fn random_nonzero<C: Curve>(rng: &mut (impl RngCore + CryptoRng)) -> C::Scalar {
	loop {
		let scalar = C::Scalar::random(&mut *rng);
		if !bool::from(scalar.is_zero()) {
			return scalar;
		}
	}
}
