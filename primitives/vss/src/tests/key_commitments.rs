//! What everybody knows of a key.

use alloc::{vec, vec::Vec};

use ff::Field;

use super::{honest_ceremony, on_both_curves, params, rng};
use crate::{
	group_key, verifying_share, Curve, Dealing, Error, FeldmanCommitments, KeyCommitments,
};

fn key_and_verifying_shares_should_be_those_of_the_dealings<C: Curve>() {
	for (members, threshold) in [(1, 1), (4, 3), (7, 5)] {
		let (feldman, shares) = honest_ceremony::<C>(params(members, threshold), 70);
		let commitments = KeyCommitments::from_dealings(&feldman).unwrap();
		assert_eq!(commitments.params(), params(members, threshold));
		assert_eq!(Ok(commitments.key()), group_key(&feldman));
		assert_eq!(commitments.to_bytes().len(), usize::from(threshold));
		for share in &shares {
			let public = commitments.verifying_share(share.index());
			assert_eq!(public, verifying_share(&feldman, share.index()));
			assert_eq!(public, Ok(share.verifying_share()));
		}
	}
}

fn commitments_should_survive_encoding<C: Curve>() {
	let (feldman, _) = honest_ceremony::<C>(params(4, 3), 71);
	let commitments = KeyCommitments::from_dealings(&feldman).unwrap();
	let bytes = commitments.to_bytes();
	assert_eq!(KeyCommitments::from_bytes(params(4, 3), &bytes), Ok(commitments));
	for got in [0, 2] {
		let error = Error::WrongLength { expected: 3, got };
		assert_eq!(KeyCommitments::<C>::from_bytes(params(4, 3), &bytes[..got]), Err(error));
	}
	for position in 0..3 {
		let mut bytes = bytes.clone();
		bytes[position] = [0; 33];
		let error = Error::IdentityPoint { position };
		assert_eq!(KeyCommitments::<C>::from_bytes(params(4, 3), &bytes), Err(error));
	}
}

fn verifying_share_should_be_refused_when_there_is_none<C: Curve>() {
	let (feldman, _) = honest_ceremony::<C>(params(4, 3), 72);
	let commitments = KeyCommitments::from_dealings(&feldman).unwrap();
	for index in [0, 5] {
		let error = Error::InvalidIndex { index, members: 4 };
		assert_eq!(commitments.verifying_share(index), Err(error));
	}
	// 2 - z is zero for member 2.
	let f = vec![C::Scalar::from(2), -C::Scalar::ONE];
	let dealing = Dealing::<C>::from_coefficients(params(3, 2), f.clone(), f);
	let bytes = dealing.feldman().to_bytes();
	let commitments = KeyCommitments::<C>::from_bytes(params(3, 2), &bytes).unwrap();
	assert_eq!(commitments.verifying_share(2), Err(Error::IdentityKey));
	assert!(commitments.verifying_share(1).is_ok());
}

fn dealings_should_be_refused_when_they_make_no_key<C: Curve>() {
	let (mut feldman, _) = honest_ceremony::<C>(params(4, 3), 73);
	let error = Err(Error::NotEnough { needed: 3, got: 2 });
	assert_eq!(KeyCommitments::from_dealings(&feldman[..2]), error);
	feldman[1] = Dealing::<C>::random(params(4, 2), &mut rng(74)).feldman();
	let error = Err(Error::MixedParams { position: 1 });
	assert_eq!(KeyCommitments::from_dealings(&feldman), error);

	let feldman = |coefficients: [i8; 2]| -> FeldmanCommitments<C> {
		let scalar = |number: i8| {
			let absolute = C::Scalar::from(u64::from(number.unsigned_abs()));
			if number < 0 {
				-absolute
			} else {
				absolute
			}
		};
		let f: Vec<_> = coefficients.into_iter().map(scalar).collect();
		Dealing::from_coefficients(params(2, 2), f.clone(), f).feldman()
	};
	let no_key = [feldman([5, 1]), feldman([-5, 1])];
	assert_eq!(KeyCommitments::from_dealings(&no_key), Err(Error::IdentityKey));
	let too_simple = [feldman([5, 1]), feldman([5, -1])];
	let error = Err(Error::IdentityPoint { position: 1 });
	assert_eq!(KeyCommitments::from_dealings(&too_simple), error);
}

on_both_curves!(
	key_and_verifying_shares_should_be_those_of_the_dealings,
	commitments_should_survive_encoding,
	verifying_share_should_be_refused_when_there_is_none,
	dealings_should_be_refused_when_they_make_no_key,
);
