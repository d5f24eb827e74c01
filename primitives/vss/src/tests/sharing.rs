//! One dealing: shares, and what they are checked against.

use alloc::{format, vec, vec::Vec};

use ff::Field;
use group::Group;

use super::{interpolate, on_both_curves, params, rng, scalar};
use crate::{Curve, Dealing, Error, Params, SharePair};

fn share<C: Curve>(dealing: &Dealing<C>, index: u16) -> C::Scalar {
	scalar::<C>(&dealing.share_for(index).unwrap().to_bytes()[..32])
}

/// The pair with one of its halves, or both, off by one.
fn tampered<C: Curve>(pair: &SharePair<C>, share: bool, blinding: bool) -> SharePair<C> {
	let add = |value: C::Scalar, add: bool| if add { value + C::Scalar::ONE } else { value };
	SharePair { share: add(pair.share, share), blinding: add(pair.blinding, blinding) }
}

#[test]
fn params_should_be_refused_when_the_threshold_is_impossible() {
	assert_eq!(Params::new(4, 0), Err(Error::InvalidParams { members: 4, threshold: 0 }));
	assert_eq!(Params::new(4, 5), Err(Error::InvalidParams { members: 4, threshold: 5 }));
	assert_eq!(Params::new(0, 0), Err(Error::InvalidParams { members: 0, threshold: 0 }));
	for (members, threshold) in [(1, 1), (4, 3), (21, 15), (u16::MAX, u16::MAX)] {
		let params = Params::new(members, threshold).unwrap();
		assert_eq!((params.members(), params.threshold()), (members, threshold));
	}
}

fn secret_should_be_determined_by_any_threshold_of_shares<C: Curve>() {
	let dealing = Dealing::<C>::random(params(5, 3), &mut rng(1));
	for chosen in [[1, 2, 3], [1, 3, 5], [5, 2, 4], [3, 4, 5]] {
		let points: Vec<_> = chosen.iter().map(|j| (*j, share(&dealing, *j))).collect();
		let secret = interpolate::<C>(&points);
		assert_eq!(C::Point::generator() * secret, dealing.feldman().constant());
	}
}

fn secret_should_be_open_when_a_share_is_missing<C: Curve>() {
	// f(z) + c·(1 - z)(1 - z/2) has the same shares 1 and 2 for every c, but another secret.
	let params = params(4, 3);
	let half = C::Scalar::from(2).invert().unwrap();
	let mut rng = rng(2);
	let f: Vec<C::Scalar> = (0..3).map(|_| C::Scalar::random(&mut rng)).collect();
	let c = C::Scalar::random(&mut rng);
	let g = vec![f[0] + c, f[1] - c - c * half, f[2] + c * half];
	let dealing = |f: Vec<C::Scalar>| Dealing::<C>::from_coefficients(params, f.clone(), f);
	let (one, other) = (dealing(f), dealing(g));
	for index in 1..=2 {
		assert_eq!(share(&one, index), share(&other, index));
	}
	assert_ne!(share(&one, 3), share(&other, 3));
	assert_ne!(one.feldman().constant(), other.feldman().constant());
	// And interpolating the two shares alone gives something else than the secret.
	let two: Vec<_> = (1..=2).map(|j| (j, share(&one, j))).collect();
	assert_ne!(C::Point::generator() * interpolate::<C>(&two), one.feldman().constant());
}

fn share_should_be_accepted_when_it_fits<C: Curve>() {
	for (members, threshold) in [(1, 1), (2, 1), (4, 3), (21, 15), (300, 2)] {
		let dealing = Dealing::<C>::random(params(members, threshold), &mut rng(3));
		let (pedersen, feldman) = (dealing.pedersen(), dealing.feldman());
		for index in [1, members.div_ceil(2), members] {
			let pair = dealing.share_for(index).unwrap();
			assert_eq!(pedersen.verify(index, &pair), Ok(()));
			assert_eq!(feldman.verify(index, &pair), Ok(()));
		}
	}
}

fn share_should_be_refused_when_it_does_not_fit<C: Curve>() {
	let dealing = Dealing::<C>::random(params(4, 3), &mut rng(4));
	let (pedersen, feldman) = (dealing.pedersen(), dealing.feldman());
	let pair = dealing.share_for(2).unwrap();
	for (share, blinding) in [(true, false), (false, true), (true, true)] {
		let wrong = tampered(&pair, share, blinding);
		assert_eq!(pedersen.verify(2, &wrong), Err(Error::ShareMismatch));
	}
	assert_eq!(feldman.verify(2, &tampered(&pair, true, false)), Err(Error::ShareMismatch));
	// Feldman commitments say nothing of the blinding share.
	assert_eq!(feldman.verify(2, &tampered(&pair, false, true)), Ok(()));
	// Right, but somebody else's.
	assert_eq!(pedersen.verify(3, &pair), Err(Error::ShareMismatch));
	assert_eq!(feldman.verify(3, &pair), Err(Error::ShareMismatch));
	// Of another dealing.
	let other = Dealing::<C>::random(params(4, 3), &mut rng(5));
	assert_eq!(other.pedersen().verify(2, &pair), Err(Error::ShareMismatch));
	assert_eq!(other.feldman().verify(2, &pair), Err(Error::ShareMismatch));
}

fn dealer_should_be_convicted_when_its_two_commitments_differ<C: Curve>() {
	// It reveals another polynomial than the one it committed to: the pair fits one, not the other.
	let params = params(4, 3);
	let committed = Dealing::<C>::random(params, &mut rng(6));
	let revealed = Dealing::<C>::random(params, &mut rng(7));
	let pair = committed.share_for(1).unwrap();
	assert_eq!(committed.pedersen().verify(1, &pair), Ok(()));
	assert_eq!(revealed.feldman().verify(1, &pair), Err(Error::ShareMismatch));
}

fn index_should_be_refused_when_nobody_has_it<C: Curve>() {
	let dealing = Dealing::<C>::random(params(4, 3), &mut rng(8));
	let pair = dealing.share_for(1).unwrap();
	for index in [0, 5, u16::MAX] {
		let error = Error::InvalidIndex { index, members: 4 };
		assert_eq!(dealing.share_for(index).unwrap_err(), error);
		assert_eq!(dealing.pedersen().verify(index, &pair), Err(error));
		assert_eq!(dealing.feldman().verify(index, &pair), Err(error));
	}
}

fn pedersen_commitments_should_not_show_the_feldman_ones<C: Curve>() {
	let dealing = Dealing::<C>::random(params(4, 3), &mut rng(9));
	let feldman = dealing.feldman().to_bytes();
	assert!(dealing.pedersen().to_bytes().iter().all(|point| !feldman.contains(point)));
}

fn dealings_should_differ_when_made_one_after_the_other<C: Curve>() {
	let mut rng = rng(10);
	let one = Dealing::<C>::random(params(4, 3), &mut rng);
	let other = Dealing::<C>::random(params(4, 3), &mut rng);
	assert_ne!(one.feldman(), other.feldman());
	assert_ne!(one.pedersen(), other.pedersen());
}

fn debug_output_should_hold_no_secret<C: Curve>() {
	let dealing = Dealing::<C>::random(params(4, 3), &mut rng(11));
	let pair = dealing.share_for(1).unwrap();
	let share = crate::KeyShare::combine(1, core::slice::from_ref(&pair)).unwrap();
	assert_eq!(
		format!("{dealing:?}"),
		"Dealing { params: Params { members: 4, threshold: 3 }, .. }"
	);
	assert_eq!(format!("{pair:?}"), "SharePair { .. }");
	assert_eq!(format!("{share:?}"), "KeyShare { index: 1, .. }");
}

on_both_curves!(
	secret_should_be_determined_by_any_threshold_of_shares,
	secret_should_be_open_when_a_share_is_missing,
	share_should_be_accepted_when_it_fits,
	share_should_be_refused_when_it_does_not_fit,
	dealer_should_be_convicted_when_its_two_commitments_differ,
	index_should_be_refused_when_nobody_has_it,
	pedersen_commitments_should_not_show_the_feldman_ones,
	dealings_should_differ_when_made_one_after_the_other,
	debug_output_should_hold_no_secret,
);
