//! Several dealings make one key.

use alloc::{vec, vec::Vec};
use core::slice::from_ref;

use ff::Field;
use group::Group;

use super::{honest_ceremony, interpolate, on_both_curves, params, rng, scalar};
use crate::{
	curve::encode_point, group_key, verifying_share, Curve, Dealing, Error, FeldmanCommitments,
	KeyShare,
};

fn key_should_be_the_sum_of_the_dealers_constants<C: Curve>() {
	let (feldman, _) = honest_ceremony::<C>(params(4, 3), 20);
	let sum = feldman.iter().fold(C::Point::identity(), |sum, dealer| sum + dealer.constant());
	assert_eq!(group_key(&feldman).unwrap(), encode_point::<C>(&sum));
	// The order of the dealers does not matter.
	let reversed: Vec<_> = feldman.iter().rev().cloned().collect();
	assert_eq!(group_key(&reversed), group_key(&feldman));
	assert_eq!(verifying_share(&reversed, 2), verifying_share(&feldman, 2));
}

fn shares_should_be_of_the_key_when_all_are_honest<C: Curve>() {
	for (members, threshold) in [(1, 1), (4, 3), (7, 5)] {
		let (feldman, shares) = honest_ceremony::<C>(params(members, threshold), 21);
		let key = group_key(&feldman).unwrap();
		for share in &shares {
			assert_eq!(share.verifying_share(), verifying_share(&feldman, share.index()).unwrap());
		}
		let points: Vec<_> = shares
			.iter()
			.rev()
			.take(threshold.into())
			.map(|share| (share.index(), scalar::<C>(&share.to_bytes()[..])))
			.collect();
		let secret = interpolate::<C>(&points);
		assert_eq!(encode_point::<C>(&(C::Point::generator() * secret)), key);
	}
}

fn key_should_leave_out_dealers_who_do_not_qualify<C: Curve>() {
	let params = params(4, 3);
	let mut rng = rng(22);
	let dealings: Vec<_> = (0..4).map(|_| Dealing::<C>::random(params, &mut rng)).collect();
	// The second dealer is out: its commitments and the shares of it are left away by everybody.
	let qualified = [&dealings[0], &dealings[2], &dealings[3]];
	let feldman: Vec<_> = qualified.iter().map(|dealing| dealing.feldman()).collect();
	for index in 1..=4 {
		let pairs: Vec<_> =
			qualified.iter().map(|dealing| dealing.share_for(index).unwrap()).collect();
		let share = KeyShare::combine(index, &pairs).unwrap();
		assert_eq!(share.verifying_share(), verifying_share(&feldman, index).unwrap());
		// Who counts it in all the same notices.
		let all: Vec<_> = dealings.iter().map(|d| d.share_for(index).unwrap()).collect();
		let wrong = KeyShare::combine(index, &all).unwrap();
		assert_ne!(wrong.verifying_share(), verifying_share(&feldman, index).unwrap());
	}
	let all: Vec<_> = dealings.iter().map(Dealing::feldman).collect();
	assert_ne!(group_key(&feldman), group_key(&all));
}

fn key_should_be_refused_when_too_few_qualify<C: Curve>() {
	let (feldman, _) = honest_ceremony::<C>(params(4, 3), 23);
	let error = Err(Error::NotEnough { needed: 3, got: 2 });
	assert_eq!(group_key(&feldman[..2]), error);
	assert_eq!(verifying_share(&feldman[..2], 1), error);
	assert_eq!(group_key::<C>(&[]), Err(Error::NotEnough { needed: 1, got: 0 }));
}

fn key_should_be_refused_when_dealings_are_of_different_groups<C: Curve>() {
	let (mut feldman, _) = honest_ceremony::<C>(params(4, 3), 24);
	feldman[2] = Dealing::<C>::random(params(5, 3), &mut rng(25)).feldman();
	assert_eq!(group_key(&feldman), Err(Error::MixedParams { position: 2 }));
	feldman[2] = Dealing::<C>::random(params(4, 2), &mut rng(26)).feldman();
	assert_eq!(verifying_share(&feldman, 1), Err(Error::MixedParams { position: 2 }));
}

fn key_should_be_refused_when_it_is_the_identity<C: Curve>() {
	let params = params(2, 2);
	let feldman = |a: C::Scalar| -> FeldmanCommitments<C> {
		Dealing::from_coefficients(params, vec![a, C::Scalar::ONE], vec![C::Scalar::ONE; 2])
			.feldman()
	};
	let five = C::Scalar::from(5);
	assert_eq!(group_key(&[feldman(five), feldman(-five)]), Err(Error::IdentityKey));
}

fn verifying_share_should_be_refused_when_there_is_no_such_member<C: Curve>() {
	let (feldman, _) = honest_ceremony::<C>(params(4, 3), 27);
	for index in [0, 5] {
		let error = Err(Error::InvalidIndex { index, members: 4 });
		assert_eq!(verifying_share(&feldman, index), error);
	}
}

fn combining_should_be_refused_when_there_is_nothing_to_combine<C: Curve>() {
	let error = Error::NotEnough { needed: 1, got: 0 };
	assert_eq!(KeyShare::<C>::combine(1, &[]).unwrap_err(), error);
	let pair = Dealing::<C>::random(params(1, 1), &mut rng(28)).share_for(1).unwrap();
	let error = Error::InvalidIndex { index: 0, members: u16::MAX };
	assert_eq!(KeyShare::combine(0, from_ref(&pair)).unwrap_err(), error);
	// A share that cancels out is none.
	let opposite = crate::SharePair::<C> { share: -pair.share, blinding: pair.blinding };
	assert_eq!(KeyShare::combine(1, &[pair, opposite]).unwrap_err(), Error::BadScalar);
}

on_both_curves!(
	key_should_be_the_sum_of_the_dealers_constants,
	shares_should_be_of_the_key_when_all_are_honest,
	key_should_leave_out_dealers_who_do_not_qualify,
	key_should_be_refused_when_too_few_qualify,
	key_should_be_refused_when_dealings_are_of_different_groups,
	key_should_be_refused_when_it_is_the_identity,
	verifying_share_should_be_refused_when_there_is_no_such_member,
	combining_should_be_refused_when_there_is_nothing_to_combine,
);
