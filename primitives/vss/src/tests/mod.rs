//! Every test runs on two curves.

mod ceremony;
mod derivation;
mod encoding;
mod generator;
mod interop;
mod key_commitments;
mod lagrange;
mod proof;
mod properties;
mod resharing;
mod settling;
mod sharing;
mod vectors;

use alloc::vec::Vec;

use ff::Field;
use group::{Group, GroupEncoding};
use hex_literal::hex;
use p256::elliptic_curve::sec1::FromEncodedPoint;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::{
	curve::encode_point, Curve, Dealing, FeldmanCommitments, KeyShare, Params, Secp256k1, SharePair,
};

/// NIST's curve, for tests only: shows that nothing depends on what is special about secp256k1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct P256;

impl Curve for P256 {
	type Scalar = p256::Scalar;
	type Point = p256::ProjectivePoint;
	const LABEL: &'static [u8] = b"fusion/vss/second-generator/1/p256";

	fn second_generator() -> Self::Point {
		let encoded = p256::EncodedPoint::from_affine_coordinates(
			&hex!("04fc5f80f8e56dd0015e3807e5d256951b479ccca20cda249a66d06a86c16891").into(),
			&hex!("fa630f800f1c05e04de4bb693edb89cc08d793253684b0b70d8b63aa0110204e").into(),
			false,
		);
		p256::AffinePoint::from_encoded_point(&encoded).unwrap().into()
	}
}

/// Makes a test on each curve of every function that is generic over one.
macro_rules! on_both_curves {
	($($test:ident),+ $(,)?) => {
		mod on_secp256k1 {
			$(#[test] fn $test() { super::$test::<crate::Secp256k1>() })+
		}
		mod on_p256 {
			$(#[test] fn $test() { super::$test::<crate::tests::P256>() })+
		}
	};
}
pub(crate) use on_both_curves;

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
	ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn params(members: u16, threshold: u16) -> Params {
	Params::new(members, threshold).unwrap()
}

/// The scalar in a share, by the only way out that there is.
pub(crate) fn scalar<C: Curve>(bytes: &[u8]) -> C::Scalar {
	crate::curve::read_scalar::<C>(bytes).unwrap()
}

/// The value at 0 of the polynomial through these points. Reconstructing a secret is for tests only.
pub(crate) fn interpolate<C: Curve>(points: &[(u16, C::Scalar)]) -> C::Scalar {
	let x = |index: u16| C::Scalar::from(u64::from(index));
	points.iter().fold(C::Scalar::ZERO, |sum, (j, y)| {
		let weight =
			points.iter().filter(|(m, _)| m != j).fold(C::Scalar::ONE, |weight, (m, _)| {
				weight * x(*m) * (x(*m) - x(*j)).invert().unwrap()
			});
		sum + weight * y
	})
}

/// The public key of the secret that these shares interpolate to.
pub(crate) fn key_of<C: Curve>(points: &[(u16, C::Scalar)]) -> [u8; 33] {
	encode_point::<C>(&(C::Point::generator() * interpolate::<C>(points)))
}

/// A ceremony in which everybody is honest: the dealers' commitments and all members' shares.
pub(crate) fn honest_ceremony<C: Curve>(
	params: Params,
	seed: u64,
) -> (Vec<FeldmanCommitments<C>>, Vec<KeyShare<C>>) {
	let mut rng = rng(seed);
	let dealings: Vec<_> =
		(0..params.members()).map(|_| Dealing::<C>::random(params, &mut rng)).collect();
	let pedersen: Vec<_> = dealings.iter().map(Dealing::pedersen).collect();
	let feldman: Vec<_> = dealings.iter().map(Dealing::feldman).collect();
	let shares = (1..=params.members())
		.map(|index| {
			let pairs: Vec<SharePair<C>> =
				dealings.iter().map(|dealing| dealing.share_for(index).unwrap()).collect();
			for (dealer, pair) in pairs.iter().enumerate() {
				pedersen[dealer].verify(index, pair).unwrap();
				feldman[dealer].verify(index, pair).unwrap();
			}
			KeyShare::combine(index, &pairs).unwrap()
		})
		.collect();
	(feldman, shares)
}

pub(crate) fn point_bytes<C: Curve>(point: &C::Point) -> Vec<u8> {
	point.to_bytes().as_ref().to_vec()
}

/// `secp256k1` has the generator of SEC 2, so that the vectors below are anybody's.
#[test]
fn secp256k1_should_be_the_curve_of_bitcoin() {
	assert_eq!(
		point_bytes::<Secp256k1>(&k256::ProjectivePoint::GENERATOR),
		hex!("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
	);
}
