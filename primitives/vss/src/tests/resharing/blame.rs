//! Who spoils a resharing is named, and left out.

use alloc::{collections::BTreeMap, string::ToString, vec, vec::Vec};

use ff::Field;

use super::{Ceremony, Epoch};
use crate::{
	tests::{key_of, on_both_curves, params, rng, scalar},
	Curve, Dealing, Error, Fault, FeldmanCommitments, SharePair,
};

/// Four members, of whom three are needed, deal to five, of whom three will be.
fn setting<C: Curve>(seed: u64) -> (Epoch<C>, Ceremony<C>) {
	let old = Epoch::first(params(4, 3), seed);
	let ceremony = Ceremony::new(&old, &[1, 2, 3, 4], params(5, 3), seed + 1);
	(old, ceremony)
}

fn blamed(dealer: u16, error: Error) -> (Option<u16>, Error) {
	(Some(dealer), error)
}

fn parts(fault: Fault) -> (Option<u16>, Error) {
	(fault.culprit(), fault.error())
}

fn secret<C: Curve>(epoch: &Epoch<C>, index: u16) -> C::Scalar {
	scalar::<C>(&epoch.share(index).to_bytes()[..])
}

/// The pair with another share.
fn tampered<C: Curve>(pair: &SharePair<C>) -> SharePair<C> {
	SharePair { share: pair.share + C::Scalar::ONE, blinding: pair.blinding }
}

/// The key that the new members have if these dealers are the final set.
fn key_with<C: Curve>(ceremony: &Ceremony<C>, dealers: &[u16]) -> [u8; 33] {
	let reshared = ceremony.settle(dealers).unwrap();
	let params = reshared.commitments().params();
	let points: Vec<_> = (1..=params.threshold())
		.map(|member| {
			let share = reshared.share(member, &ceremony.pairs_for(member)).unwrap();
			(member, scalar::<C>(&share.to_bytes()[..]))
		})
		.collect();
	assert_eq!(key_of::<C>(&points), reshared.commitments().key());
	reshared.commitments().key()
}

fn dealer_should_be_named_when_it_shares_something_else<C: Curve>() {
	let (old, mut ceremony) = setting::<C>(200);
	ceremony.dealings.insert(2, Dealing::random(params(5, 3), &mut rng(202)));
	let fault = blamed(2, Error::WrongConstant);
	assert_eq!(parts(ceremony.pedersen(2).unwrap_err()), fault);
	assert_eq!(parts(ceremony.feldman(2).unwrap_err()), fault);
	// Nor does it help to have them read by somebody who does not look.
	let unchecked: BTreeMap<u16, FeldmanCommitments<C>> =
		ceremony.dealings.iter().map(|(dealer, dealing)| (*dealer, dealing.feldman())).collect();
	assert_eq!(parts(ceremony.resharing.settle(unchecked).unwrap_err()), fault);
	assert_eq!(key_with(&ceremony, &[1, 3, 4]), old.key());
}

fn dealer_should_be_named_when_it_deals_the_share_of_another<C: Curve>() {
	let (_, ceremony) = setting::<C>(210);
	let stolen = &ceremony.dealings[&1];
	let pedersen = ceremony.resharing.pedersen(2, &stolen.pedersen().to_bytes());
	assert_eq!(parts(pedersen.unwrap_err()), blamed(2, Error::WrongConstant));
	let feldman = ceremony.resharing.feldman(2, &stolen.feldman().to_bytes());
	assert_eq!(parts(feldman.unwrap_err()), blamed(2, Error::WrongConstant));
}

fn dealer_should_be_named_when_it_blinds_the_constant<C: Curve>() {
	let (old, mut ceremony) = setting::<C>(220);
	let mut coefficients = vec![C::Scalar::ONE; 3];
	coefficients[0] = secret(&old, 2);
	let blinding = vec![C::Scalar::ONE; 3];
	let blinded = Dealing::<C>::from_coefficients(params(5, 3), coefficients, blinding);
	ceremony.dealings.insert(2, blinded);
	assert_eq!(parts(ceremony.pedersen(2).unwrap_err()), blamed(2, Error::WrongConstant));
}

fn dealer_should_be_named_when_its_commitments_are_malformed<C: Curve>() {
	let (_, ceremony) = setting::<C>(230);
	let refusals = |bytes: &[[u8; 33]]| {
		[
			parts(ceremony.resharing.pedersen(3, bytes).unwrap_err()),
			parts(ceremony.resharing.feldman(3, bytes).unwrap_err()),
		]
	};
	let good = ceremony.dealings[&3].feldman().to_bytes();
	for got in [0, 1, 2, 4] {
		let mut bytes = good.clone();
		bytes.resize(got, good[0]);
		assert_eq!(refusals(&bytes), [blamed(3, Error::WrongLength { expected: 3, got }); 2]);
	}
	for position in 0..3 {
		let mut bytes = good.clone();
		bytes[position] = [0; 33];
		assert_eq!(refusals(&bytes), [blamed(3, Error::IdentityPoint { position }); 2]);
		bytes[position] = [0xff; 33];
		assert_eq!(refusals(&bytes), [blamed(3, Error::BadPoint { position }); 2]);
	}
}

fn dealer_should_be_named_when_it_is_no_member<C: Curve>() {
	let (_, ceremony) = setting::<C>(240);
	for index in [0, 5] {
		let fault = blamed(index, Error::InvalidIndex { index, members: 4 });
		let dealing = &ceremony.dealings[&1];
		let pedersen = ceremony.resharing.pedersen(index, &dealing.pedersen().to_bytes());
		assert_eq!(parts(pedersen.unwrap_err()), fault);
		let mut dealers: BTreeMap<_, _> = [1, 2, 3]
			.into_iter()
			.map(|dealer| (dealer, ceremony.feldman(dealer).unwrap()))
			.collect();
		dealers.insert(index, dealing.feldman());
		assert_eq!(parts(ceremony.resharing.settle(dealers).unwrap_err()), fault);
	}
}

fn dealer_should_be_named_when_it_dealt_for_other_parameters<C: Curve>() {
	let (old, ceremony) = setting::<C>(250);
	for other in [params(5, 2), params(6, 3)] {
		let strange = Ceremony::new(&old, &[3], other, 252);
		let mut dealers: BTreeMap<_, _> = [1, 2, 4]
			.into_iter()
			.map(|dealer| (dealer, ceremony.feldman(dealer).unwrap()))
			.collect();
		dealers.insert(3, strange.feldman(3).unwrap());
		let fault = ceremony.resharing.settle(dealers).unwrap_err();
		assert_eq!(parts(fault), blamed(3, Error::MixedParams { position: 2 }));
	}
}

fn complaint_should_be_settled_by_the_public_answer<C: Curve>() {
	let (old, ceremony) = setting::<C>(260);
	let pedersen = ceremony.pedersen(2).unwrap();
	// Dealer 2 sends member 4 a wrong pair, which member 4 notices.
	let right = ceremony.pairs_for(4).remove(&2).unwrap();
	let wrong = tampered(&right);
	assert_eq!(pedersen.verify(4, &wrong), Err(Error::ShareMismatch));

	// It answers with the right one: everybody sees that it is, and member 4 goes on with it.
	let answer = SharePair::<C>::from_bytes(&right.to_bytes()).unwrap();
	assert_eq!(pedersen.verify(4, &answer), Ok(()));
	let mut pairs = ceremony.pairs_for(4);
	pairs.insert(2, answer);
	let reshared = ceremony.settle(&[1, 2, 3, 4]).unwrap();
	let share = reshared.share(4, &pairs).unwrap();
	assert_eq!(Ok(share.verifying_share()), reshared.commitments().verifying_share(4));

	// Or with a wrong one again, as everybody sees too: it is out, and the others are enough.
	assert_eq!(pedersen.verify(4, &wrong), Err(Error::ShareMismatch));
	assert_eq!(key_with(&ceremony, &[1, 3, 4]), old.key());
}

/// `c·z·(1 - z)` added to a polynomial of three coefficients: the same at 0 and at 1.
fn bend<C: Curve>(polynomial: &[C::Scalar]) -> Vec<C::Scalar> {
	let c = C::Scalar::from(1000);
	vec![polynomial[0], polynomial[1] + c, polynomial[2] - c]
}

fn dealer_should_be_convicted_when_it_reveals_another_polynomial<C: Curve>() {
	let (old, mut ceremony) = setting::<C>(270);
	let dealt = vec![secret(&old, 3), C::Scalar::from(5), C::Scalar::from(6)];
	let blinding = vec![C::Scalar::ZERO, C::Scalar::from(7), C::Scalar::from(8)];
	let dealing = |f: &[C::Scalar]| {
		Dealing::<C>::from_coefficients(params(5, 3), f.to_vec(), blinding.clone())
	};
	ceremony.dealings.insert(3, dealing(&dealt));
	let revealed = dealing(&bend::<C>(&dealt)).feldman();

	// Its constant is right, so that it takes a receiver to notice.
	let pedersen = ceremony.pedersen(3).unwrap();
	let feldman = ceremony.resharing.feldman(3, &revealed.to_bytes()).unwrap();
	let mut dealers: BTreeMap<_, _> =
		[1, 2, 4].into_iter().map(|dealer| (dealer, ceremony.feldman(dealer).unwrap())).collect();
	dealers.insert(3, feldman.clone());
	let reshared = ceremony.resharing.settle(dealers).unwrap();
	// Two polynomials of three coefficients that agree at 0 agree at one more place at most: all but
	// one of the members have the evidence.
	assert!(reshared.share(1, &ceremony.pairs_for(1)).is_ok());
	for member in 2..=5 {
		let pairs = ceremony.pairs_for(member);
		let fault = reshared.share(member, &pairs).unwrap_err();
		assert_eq!(parts(fault), blamed(3, Error::ShareMismatch));
		assert!(feldman.contradicts(&pedersen, member, &pairs[&3]));
	}
	// The chain leaves it out, and the others are enough.
	assert_eq!(key_with(&ceremony, &[1, 2, 4]), old.key());
}

fn honest_dealer_should_not_be_convicted<C: Curve>() {
	let (_, ceremony) = setting::<C>(280);
	let (pedersen, feldman) = (ceremony.pedersen(2).unwrap(), ceremony.feldman(2).unwrap());
	let pairs = ceremony.pairs_for(4);
	let (right, foreign) = (&pairs[&2], &pairs[&3]);
	for (member, pair) in [(4, right), (3, right), (4, foreign), (0, right), (6, right)] {
		assert!(!feldman.contradicts(&pedersen, member, pair));
	}
	assert!(!feldman.contradicts(&pedersen, 4, &tampered(right)));
}

fn dealer_should_be_named_when_its_share_is_missing_or_wrong<C: Curve>() {
	let (_, ceremony) = setting::<C>(290);
	let reshared = ceremony.settle(&[1, 2, 3]).unwrap();
	let mut pairs = ceremony.pairs_for(5);
	let right = pairs.insert(2, tampered(&pairs[&2])).unwrap();
	assert_eq!(parts(reshared.share(5, &pairs).unwrap_err()), blamed(2, Error::ShareMismatch));
	pairs.remove(&2);
	assert_eq!(parts(reshared.share(5, &pairs).unwrap_err()), blamed(2, Error::MissingShare));
	// What came from a dealer that does not count does not matter.
	pairs.insert(2, right);
	pairs.insert(4, tampered(&pairs[&4]));
	assert!(reshared.share(5, &pairs).is_ok());
}

fn nobody_should_be_named_when_it_is_nobodys_fault<C: Curve>() {
	let (_, ceremony) = setting::<C>(300);
	let too_few: [&[u16]; 3] = [&[], &[3], &[1, 4]];
	for dealers in too_few {
		let got = dealers.len();
		let fault = ceremony.settle(dealers).unwrap_err();
		assert_eq!(parts(fault), (None, Error::NotEnough { needed: 3, got }));
	}
	let reshared = ceremony.settle(&[1, 2, 3]).unwrap();
	for index in [0, 6] {
		let fault = reshared.share(index, &ceremony.pairs_for(1)).unwrap_err();
		assert_eq!(parts(fault), (None, Error::InvalidIndex { index, members: 5 }));
	}
}

fn outcome_should_be_refused_when_a_sum_is_the_identity<C: Curve>() {
	// Two dealers have the weights 2 and -1. With 1 and 2 as their second coefficients nothing is left.
	let old = Epoch::<C>::first(params(2, 2), 310);
	let mut ceremony = Ceremony::new(&old, &[1, 2], params(3, 2), 311);
	for dealer in 1..=2 {
		let coefficients = vec![secret(&old, dealer), C::Scalar::from(u64::from(dealer))];
		let blinding = vec![C::Scalar::ZERO, C::Scalar::ONE];
		let dealing = Dealing::<C>::from_coefficients(params(3, 2), coefficients, blinding);
		ceremony.dealings.insert(dealer, dealing);
	}
	let fault = ceremony.settle(&[1, 2]).unwrap_err();
	assert_eq!(parts(fault), (None, Error::IdentityPoint { position: 1 }));
}

fn key_should_stay_when_dealers_cheat_in_every_way_there_is<C: Curve>() {
	let old = Epoch::<C>::first(params(7, 3), 320);
	// Dealer 7 is silent.
	let mut ceremony = Ceremony::new(&old, &[1, 2, 3, 4, 5, 6], params(5, 3), 321);
	let mut dealers = vec![1, 2, 3, 4, 5, 6];
	// Dealer 2 shares something else.
	ceremony.dealings.insert(2, Dealing::random(params(5, 3), &mut rng(322)));
	dealers.retain(|dealer| ceremony.pedersen(*dealer).is_ok());
	assert_eq!(dealers, [1, 3, 4, 5, 6]);

	// Dealers 3 and 4 send member 2 a wrong pair. Dealer 3 stays with it, dealer 4 corrects it.
	let sent = |dealer: u16, answered: bool| {
		let pair = ceremony.pairs_for(2).remove(&dealer).unwrap();
		let corrected = answered && dealer == 4;
		if matches!(dealer, 3 | 4) && !corrected {
			tampered(&pair)
		} else {
			pair
		}
	};
	let fits = |dealer: &u16, answered: bool| {
		ceremony.pedersen(*dealer).unwrap().verify(2, &sent(*dealer, answered)).is_ok()
	};
	let accused: Vec<u16> = dealers.iter().copied().filter(|dealer| !fits(dealer, false)).collect();
	assert_eq!(accused, [3, 4]);
	dealers.retain(|dealer| fits(dealer, true));
	assert_eq!(dealers, [1, 4, 5, 6]);

	// Dealer 5 reveals another polynomial, with the right constant.
	let other = Ceremony::new(&old, &[5], params(5, 3), 323);
	let revealed = |dealer: u16| {
		if dealer == 5 {
			other.feldman(5).unwrap()
		} else {
			ceremony.feldman(dealer).unwrap()
		}
	};
	dealers.retain(|dealer| {
		let pair = ceremony.pairs_for(2).remove(dealer).unwrap();
		!revealed(*dealer).contradicts(&ceremony.pedersen(*dealer).unwrap(), 2, &pair)
	});
	assert_eq!(dealers, [1, 4, 6]);
	assert_eq!(key_with(&ceremony, &dealers), old.key());
}

#[test]
fn faults_should_say_whose_they_are() {
	let fault = Fault::by(2)(Error::ShareMismatch);
	assert_eq!(fault.to_string(), "dealer 2: the share does not fit the dealer's commitments");
	let fault = Fault::from(Error::NotEnough { needed: 3, got: 2 });
	assert_eq!(fault.to_string(), "2 dealings, but it takes at least 3");
}

on_both_curves!(
	dealer_should_be_named_when_it_shares_something_else,
	dealer_should_be_named_when_it_deals_the_share_of_another,
	dealer_should_be_named_when_it_blinds_the_constant,
	dealer_should_be_named_when_its_commitments_are_malformed,
	dealer_should_be_named_when_it_is_no_member,
	dealer_should_be_named_when_it_dealt_for_other_parameters,
	complaint_should_be_settled_by_the_public_answer,
	dealer_should_be_convicted_when_it_reveals_another_polynomial,
	honest_dealer_should_not_be_convicted,
	dealer_should_be_named_when_its_share_is_missing_or_wrong,
	nobody_should_be_named_when_it_is_nobodys_fault,
	outcome_should_be_refused_when_a_sum_is_the_identity,
	key_should_stay_when_dealers_cheat_in_every_way_there_is,
);
