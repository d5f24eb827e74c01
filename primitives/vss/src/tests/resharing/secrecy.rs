//! What somebody learns who has fewer shares than the threshold before, and fewer after.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use ff::Field;

use super::Epoch;
use crate::{
	tests::{key_of, on_both_curves, params, rng, scalar},
	Curve, Dealing, KeyCommitments, KeyShare, Resharing, SharePair,
};

/// A polynomial, the constant coefficient first.
type Polynomial<C> = Vec<<C as Curve>::Scalar>;

fn random<C: Curve>(coefficients: usize, seed: u64) -> Polynomial<C> {
	let mut rng = rng(seed);
	(0..coefficients).map(|_| C::Scalar::random(&mut rng)).collect()
}

fn value<C: Curve>(polynomial: &[C::Scalar], index: u16) -> C::Scalar {
	let x = C::Scalar::from(u64::from(index));
	polynomial.iter().rev().fold(C::Scalar::ZERO, |value, a| value * x + a)
}

/// `(1 - z/i)·(1 - z/j)`: 1 at 0, and nothing at `i` and `j`.
fn vanishing<C: Curve>([i, j]: [u16; 2]) -> Polynomial<C> {
	let inverse = |index: u16| C::Scalar::from(u64::from(index)).invert().unwrap();
	vec![C::Scalar::ONE, -inverse(i) - inverse(j), inverse(i) * inverse(j)]
}

fn sum<C: Curve>(one: &[C::Scalar], other: &[C::Scalar], factor: C::Scalar) -> Polynomial<C> {
	one.iter().zip(other).map(|(a, b)| *a + *b * factor).collect()
}

/// A resharing of the key of the polynomial `old` to five members, by dealers with these polynomials:
/// the new epoch, and what the members with the indices `spied` are sent.
fn reshare<C: Curve>(
	old: &[C::Scalar],
	dealt: &BTreeMap<u16, Polynomial<C>>,
	spied: [u16; 2],
) -> (Epoch<C>, Vec<C::Scalar>) {
	let blinding = |constant: C::Scalar| vec![constant, C::Scalar::ONE, C::Scalar::ONE];
	let dealing = |members: u16, polynomial: &[C::Scalar], constant: C::Scalar| {
		let params = params(members, 3);
		Dealing::<C>::from_coefficients(params, polynomial.to_vec(), blinding(constant))
	};
	let commitments = dealing(4, old, C::Scalar::ONE).feldman().to_bytes();
	let commitments = KeyCommitments::<C>::from_bytes(params(4, 3), &commitments).unwrap();
	let resharing = Resharing::new(commitments, params(5, 3));
	let dealings: BTreeMap<u16, Dealing<C>> = dealt
		.iter()
		.map(|(dealer, polynomial)| (*dealer, dealing(5, polynomial, C::Scalar::ZERO)))
		.collect();
	let mut feldman = BTreeMap::new();
	for (dealer, dealing) in &dealings {
		resharing.pedersen(*dealer, &dealing.pedersen().to_bytes()).unwrap();
		feldman.insert(*dealer, dealing.feldman());
	}
	let reshared = resharing.settle(feldman).unwrap();

	let mut seen = Vec::new();
	let shares: Vec<KeyShare<C>> = (1..=5)
		.map(|member| {
			let pairs: BTreeMap<u16, SharePair<C>> = dealings
				.iter()
				.map(|(dealer, dealing)| (*dealer, dealing.share_for(member).unwrap()))
				.collect();
			if spied.contains(&member) {
				seen.extend(pairs.values().map(|pair| scalar::<C>(&pair.to_bytes()[..32])));
			}
			reshared.share(member, &pairs).unwrap()
		})
		.collect();
	(Epoch { commitments: reshared.commitments().clone(), shares }, seen)
}

/// Somebody has broken into old members 1 and 2, and knows their shares and all that they dealt. The
/// key is then reshared, and he breaks into the new members 2 and 4. For every key there is a course of
/// events in which he has seen just the same.
fn key_should_be_open_to_who_has_too_few_shares_before_and_after<C: Curve>() {
	let (before, after) = ([1, 2], [2, 4]);
	let old = random::<C>(3, 400);
	let mut dealt: BTreeMap<u16, Polynomial<C>> = BTreeMap::new();
	for dealer in 1..=4 {
		let mut polynomial = random::<C>(3, 400 + u64::from(dealer));
		polynomial[0] = value::<C>(&old, dealer);
		dealt.insert(dealer, polynomial);
	}
	let (epoch, seen) = reshare::<C>(&old, &dealt, after);
	assert_eq!(seen.len(), 8);

	for difference in [1, 2, u64::MAX] {
		let other_old = sum::<C>(&old, &vanishing::<C>(before), C::Scalar::from(difference));
		let other_dealt: BTreeMap<u16, Polynomial<C>> = dealt
			.iter()
			.map(|(dealer, polynomial)| {
				let change = value::<C>(&other_old, *dealer) - value::<C>(&old, *dealer);
				(*dealer, sum::<C>(polynomial, &vanishing::<C>(after), change))
			})
			.collect();
		let (other_epoch, other_seen) = reshare::<C>(&other_old, &other_dealt, after);

		// What he has of the old epoch,
		for member in before {
			assert_eq!(value::<C>(&other_old, member), value::<C>(&old, member));
			assert_eq!(other_dealt[&member], dealt[&member]);
		}
		// what he is sent, and what he makes of it.
		assert_eq!(other_seen, seen);
		assert_eq!(other_epoch.points(&after), epoch.points(&after));
		// The keys are different ones, and either is what its members have.
		assert_ne!(other_epoch.key(), epoch.key());
		for epoch in [&epoch, &other_epoch] {
			assert_eq!(key_of::<C>(&epoch.points(&[1, 3, 5])), epoch.key());
		}
	}
}

/// One share more, on either side, and there is nothing left to be open.
fn key_should_be_known_to_who_has_enough_shares_of_one_side<C: Curve>() {
	let old = Epoch::<C>::first(params(4, 3), 410);
	let new = old.reshare(&[1, 2, 3, 4], params(5, 3), 411);
	for (epoch, enough) in [(&old, [1u16, 2, 4]), (&new, [2, 4, 5])] {
		assert_eq!(key_of::<C>(&epoch.points(&enough)), old.key());
		assert_ne!(key_of::<C>(&epoch.points(&enough[..2])), old.key());
	}
}

on_both_curves!(
	key_should_be_open_to_who_has_too_few_shares_before_and_after,
	key_should_be_known_to_who_has_enough_shares_of_one_side,
);
