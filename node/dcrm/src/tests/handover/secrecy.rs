//! What shares of two epochs are worth together.

use std::collections::BTreeSet;

use fusion_dcrm_primitives::PublicKey;
use fusion_vss::{KeyShare, Secp256k1};
use k256::{elliptic_curve::PrimeField, Scalar};

use super::{combinations, finish, record_of};
use crate::{
	effect::Timing,
	store::ShareRecord,
	tests::world::{NodeNumber, World},
};

/// The public key of the secret that these shares interpolate to (Lagrange, at 0).
fn key_of(shares: &[&ShareRecord]) -> PublicKey {
	let x = |record: &ShareRecord| Scalar::from(u64::from(record.index));
	let mut secret = Scalar::ZERO;
	for record in shares.iter().copied() {
		let mut term = Scalar::from_repr((*record.secret).into()).unwrap();
		for other in shares.iter().copied().filter(|other| other.index != record.index) {
			term *= x(other) * (x(other) - x(record)).invert().unwrap();
		}
		secret += term;
	}
	KeyShare::<Secp256k1>::from_bytes(1, &secret.to_bytes().into()).unwrap().verifying_share()
}

fn are_distinct(shares: &[&ShareRecord]) -> bool {
	let indices: BTreeSet<_> = shares.iter().map(|record| record.index).collect();
	indices.len() == shares.len()
}

#[test]
fn key_should_not_be_known_when_leavers_conspire_with_too_few_members() {
	let mut world = World::active_with(5, 4, 5, Timing::default());
	let key = world.sim.view.key.unwrap();
	// Nodes 1 to 3 leave, one less than it takes, and keep their shares.
	let leavers: Vec<_> =
		(1..=3).map(|number| record_of(&world, number).unwrap().clone()).collect();
	let stayer = record_of(&world, 4).unwrap().clone();
	let olds: Vec<_> = leavers.iter().collect();
	let committee: [NodeNumber; 7] = [4, 5, 6, 7, 8, 9, 10];
	world.reshare(&committee);
	finish(&mut world);
	assert_eq!((world.sim.view.threshold, world.sim.view.key), (5, Some(key)));

	// Any five new shares are the key.
	for members in combinations(&committee, 5) {
		let news: Vec<_> = members.iter().map(|n| record_of(&world, *n).unwrap()).collect();
		assert_eq!(key_of(&news), key);
	}
	// Any four are not; nor with old shares, of which there are too few as well.
	let mut largest = 0;
	for members in combinations(&committee, 4) {
		let news: Vec<_> = members.iter().map(|n| record_of(&world, *n).unwrap()).collect();
		for count in 0..=3 {
			for chosen in combinations(&[0, 1, 2], count) {
				let mut all = news.clone();
				all.extend(chosen.iter().map(|position| olds[usize::from(*position)]));
				// Two values at one place are of two polynomials.
				if are_distinct(&all) {
					largest = largest.max(all.len());
					assert_ne!(key_of(&all), key, "{members:?} with {chosen:?}");
				}
			}
		}
	}
	// All of them at once, as if they were of one polynomial.
	assert_eq!(largest, 7);
	assert_ne!(key_of(&olds), key);
	// One old share more, and it is no matter what became of the key since.
	let mut enough = olds;
	enough.push(&stayer);
	assert_eq!(key_of(&enough), key);
}

#[test]
fn stolen_shares_should_be_worthless_when_the_key_was_refreshed_in_between() {
	// A thief has three shares of each of three epochs, and it takes four of one.
	let mut world = World::active_with(5, 4, 0, Timing::default());
	let key = world.sim.view.key.unwrap();
	let mut stolen: Vec<ShareRecord> = Vec::new();
	for victims in [[1, 2, 3], [3, 4, 5], [5, 1, 2]] {
		stolen.extend(victims.map(|number| record_of(&world, number).unwrap().clone()));
		world.reshare(&[1, 2, 3, 4, 5]);
		finish(&mut world);
	}
	assert_eq!((world.sim.view.epoch, world.sim.view.key), (3, Some(key)));
	let all: Vec<NodeNumber> = (0..9).collect();
	for size in 3..=5 {
		for chosen in combinations(&all, size) {
			let shares: Vec<_> = chosen.iter().map(|at| &stolen[usize::from(*at)]).collect();
			if are_distinct(&shares) {
				assert_ne!(key_of(&shares), key, "{chosen:?}");
			}
		}
	}
}
