//! What goes over the wire and onto the chain.

use alloc::{string::ToString, vec};

use ff::{Field, PrimeField};
use hex_literal::hex;

use super::{on_both_curves, params, rng};
use crate::{
	Curve, Dealing, Error, FeldmanCommitments, KeyShare, PedersenCommitments, Secp256k1, SharePair,
};

fn commitments_should_survive_encoding<C: Curve>() {
	let params = params(4, 3);
	let dealing = Dealing::<C>::random(params, &mut rng(40));
	let (pedersen, feldman) = (dealing.pedersen(), dealing.feldman());
	assert_eq!(PedersenCommitments::from_bytes(params, &pedersen.to_bytes()), Ok(pedersen));
	assert_eq!(FeldmanCommitments::from_bytes(params, &feldman.to_bytes()), Ok(feldman));
}

fn shares_should_survive_encoding<C: Curve>() {
	let dealing = Dealing::<C>::random(params(4, 3), &mut rng(41));
	let pair = dealing.share_for(4).unwrap();
	let again = SharePair::<C>::from_bytes(&pair.to_bytes()).unwrap();
	assert_eq!(again.to_bytes(), pair.to_bytes());
	let share = KeyShare::combine(4, &[pair]).unwrap();
	let again = KeyShare::<C>::from_bytes(4, &share.to_bytes()).unwrap();
	assert_eq!((again.index(), again.to_bytes()), (4, share.to_bytes()));
	assert_eq!(again.verifying_share(), share.verifying_share());
}

fn commitments_should_be_refused_when_their_number_is_not_the_threshold<C: Curve>() {
	let params = params(4, 3);
	let points = Dealing::<C>::random(super::params(5, 5), &mut rng(42)).feldman().to_bytes();
	for got in [0, 1, 2, 4, 5] {
		let error = Error::WrongLength { expected: 3, got };
		let bytes = &points[..got];
		assert_eq!(PedersenCommitments::<C>::from_bytes(params, bytes), Err(error));
		assert_eq!(FeldmanCommitments::<C>::from_bytes(params, bytes), Err(error));
	}
}

fn commitments_should_be_refused_when_one_is_the_identity<C: Curve>() {
	let params = params(4, 3);
	let good = Dealing::<C>::random(params, &mut rng(43)).feldman().to_bytes();
	for position in 0..3 {
		let mut bytes = good.clone();
		bytes[position] = [0; 33];
		let error = Error::IdentityPoint { position };
		assert_eq!(PedersenCommitments::<C>::from_bytes(params, &bytes), Err(error));
		assert_eq!(FeldmanCommitments::<C>::from_bytes(params, &bytes), Err(error));
	}
}

fn commitments_should_be_refused_when_one_is_no_point<C: Curve>() {
	let params = params(4, 3);
	let good = Dealing::<C>::random(params, &mut rng(44)).feldman().to_bytes();
	// SEC1's "compact", uncompressed, hybrid and identity tags; a tag that nobody knows; an
	// x-coordinate above the field.
	let tagged = |tag: u8| {
		let mut point = good[1];
		point[0] = tag;
		point
	};
	let mut too_large = [0xff; 33];
	too_large[0] = 2;
	for bad in [tagged(5), tagged(4), tagged(6), tagged(0), tagged(255), too_large] {
		let bytes = vec![good[0], bad, good[2]];
		let error = Error::BadPoint { position: 1 };
		assert_eq!(PedersenCommitments::<C>::from_bytes(params, &bytes), Err(error));
		assert_eq!(FeldmanCommitments::<C>::from_bytes(params, &bytes), Err(error));
	}
}

#[test]
fn commitments_should_be_refused_when_the_point_is_not_on_the_curve() {
	// 5³ + 7 is not a square modulo secp256k1's prime.
	let mut off = [0; 33];
	off[0] = 2;
	off[32] = 5;
	let error = Err(Error::BadPoint { position: 0 });
	assert_eq!(FeldmanCommitments::<Secp256k1>::from_bytes(params(1, 1), &[off]), error);
}

fn shares_should_be_refused_when_not_below_the_order<C: Curve>() {
	// The largest scalar is one below the order: a number in range, and the next one is not.
	let mut bytes = [0; 64];
	bytes[..32].copy_from_slice((-C::Scalar::ONE).to_repr().as_ref());
	bytes[32..].copy_from_slice((-C::Scalar::ONE).to_repr().as_ref());
	assert!(SharePair::<C>::from_bytes(&bytes).is_ok());
	for last in [31, 63] {
		let mut order = bytes;
		order[last] += 1;
		assert_eq!(SharePair::<C>::from_bytes(&order).unwrap_err(), Error::BadScalar);
		order = bytes;
		order[last - 31..=last].fill(0xff);
		assert_eq!(SharePair::<C>::from_bytes(&order).unwrap_err(), Error::BadScalar);
	}
}

fn key_share_should_be_refused_when_it_is_none<C: Curve>() {
	let zero_index = Error::InvalidIndex { index: 0, members: u16::MAX };
	assert_eq!(KeyShare::<C>::from_bytes(0, &[1; 32]).unwrap_err(), zero_index);
	assert_eq!(KeyShare::<C>::from_bytes(1, &[0; 32]).unwrap_err(), Error::BadScalar);
	assert_eq!(KeyShare::<C>::from_bytes(1, &[0xff; 32]).unwrap_err(), Error::BadScalar);
}

/// The formats are what members of different versions understand each other by. Computed apart from
/// this code, for `f = 1 + 2z` and `f' = 3 + 4z`.
#[test]
fn encoding_should_stay_what_it_is() {
	let dealing = Dealing::<Secp256k1>::from_coefficients(
		params(3, 2),
		vec![1u64.into(), 2u64.into()],
		vec![3u64.into(), 4u64.into()],
	);
	assert_eq!(
		dealing.pedersen().to_bytes(),
		[
			hex!("02f57419abe58f3207ed561ee20f6a759d4c05cb4a7b312ae97bff6448a1c8f1b1"),
			hex!("034706bce9f3e6f1505012f6b1bf375a476a11417223cd8af8ee85785e51e0cdca"),
		],
	);
	assert_eq!(
		dealing.feldman().to_bytes(),
		[
			hex!("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
			hex!("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"),
		],
	);
	let pair = dealing.share_for(2).unwrap();
	let mut expected = [0; 64];
	(expected[31], expected[63]) = (5, 11);
	assert_eq!(*pair.to_bytes(), expected);
	let share = KeyShare::combine(2, &[pair]).unwrap();
	assert_eq!(share.to_bytes()[..], expected[..32]);
	assert_eq!(
		share.verifying_share(),
		hex!("022f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4"),
	);
}

#[test]
fn errors_should_say_what_was_wrong_with_which_value() {
	for (error, expected) in [
		(
			Error::InvalidIndex { index: 9, members: 4 },
			"there is no member 9: indices are from 1 to 4",
		),
		(
			Error::WrongLength { expected: 3, got: 4 },
			"4 commitments, but the threshold asks for exactly 3",
		),
		(Error::BadPoint { position: 2 }, "commitment 2 is not a compressed point on the curve"),
		(Error::NotEnough { needed: 3, got: 2 }, "2 dealings, but it takes at least 3"),
		(Error::ForeignShare { index: 4 }, "the share of member 4 is not one of this key"),
		(Error::RepeatedIndex { index: 2 }, "index 2 is there more than once"),
	] {
		assert_eq!(error.to_string(), expected);
	}
}

on_both_curves!(
	commitments_should_survive_encoding,
	shares_should_survive_encoding,
	commitments_should_be_refused_when_their_number_is_not_the_threshold,
	commitments_should_be_refused_when_one_is_the_identity,
	commitments_should_be_refused_when_one_is_no_point,
	shares_should_be_refused_when_not_below_the_order,
	key_share_should_be_refused_when_it_is_none,
);
