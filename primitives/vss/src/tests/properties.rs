//! What holds for every dealing.

use alloc::vec::Vec;

use ff::Field;
use group::Group;
use proptest::prelude::*;

use super::{honest_ceremony, key_of, on_both_curves, params, rng, scalar, P256};
use crate::{
	group_key, verifying_share, Curve, Dealing, Error, FeldmanCommitments, KeyCommitments,
	KeyShare, PedersenCommitments, Secp256k1, SharePair,
};

/// Number of members, threshold, and members in a random order.
pub(crate) fn groups() -> impl Strategy<Value = (u16, u16, Vec<u16>)> {
	(1u16..=7).prop_flat_map(|members| {
		let order = Just((1..=members).collect::<Vec<_>>()).prop_shuffle();
		(Just(members), 1..=members, order)
	})
}

pub(crate) fn run<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
	let config = ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() };
	proptest::test_runner::TestRunner::new(config).run(&strategy, test).unwrap();
}

fn any_threshold_of_members_should_determine_the_key<C: Curve>() {
	run((groups(), any::<u64>()), |((members, threshold, order), seed)| {
		let (feldman, shares) = honest_ceremony::<C>(params(members, threshold), seed);
		let key = group_key(&feldman).unwrap();
		let points: Vec<_> = order
			.iter()
			.map(|index| &shares[usize::from(*index) - 1])
			.map(|share| (share.index(), scalar::<C>(&share.to_bytes()[..])))
			.collect();
		prop_assert_eq!(key_of::<C>(&points[..threshold.into()]), key);
		prop_assert_eq!(key_of::<C>(&points), key);
		prop_assert_ne!(key_of::<C>(&points[..usize::from(threshold) - 1]), key);
		for share in &shares {
			let public = verifying_share(&feldman, share.index()).unwrap();
			prop_assert_eq!(share.verifying_share(), public);
		}
		Ok(())
	});
}

fn a_changed_share_should_never_fit<C: Curve>() {
	run((groups(), any::<[u64; 3]>()), |((members, threshold, order), [seed, one, other])| {
		let dealing = Dealing::<C>::random(params(members, threshold), &mut rng(seed));
		let index = order[0];
		let pair = dealing.share_for(index).unwrap();
		prop_assert_eq!(dealing.pedersen().verify(index, &pair), Ok(()));
		prop_assert_eq!(dealing.feldman().verify(index, &pair), Ok(()));
		let off = SharePair::<C> {
			share: pair.share + C::Scalar::from(one),
			blinding: pair.blinding + C::Scalar::from(other),
		};
		let fits = (one, other) == (0, 0);
		prop_assert_eq!(dealing.pedersen().verify(index, &off).is_ok(), fits);
		prop_assert_eq!(dealing.feldman().verify(index, &off).is_ok(), one == 0);
		Ok(())
	});
}

fn a_changed_commitment_should_never_fit<C: Curve>() {
	run((groups(), any::<[u64; 2]>(), any::<prop::sample::Index>()), |(group, seeds, which)| {
		let params = params(group.0, group.1);
		let dealing = Dealing::<C>::random(params, &mut rng(seeds[0]));
		let other = Dealing::<C>::random(params, &mut rng(seeds[1] ^ seeds[0] ^ 1));
		prop_assume!(seeds[1] != 1);
		let position = which.index(group.1.into());
		let mut pedersen = dealing.pedersen().to_bytes();
		pedersen[position] = other.pedersen().to_bytes()[position];
		let mut feldman = dealing.feldman().to_bytes();
		feldman[position] = other.feldman().to_bytes()[position];
		let pedersen = PedersenCommitments::<C>::from_bytes(params, &pedersen).unwrap();
		let feldman = FeldmanCommitments::<C>::from_bytes(params, &feldman).unwrap();
		for index in group.2 {
			let pair = dealing.share_for(index).unwrap();
			prop_assert_eq!(pedersen.verify(index, &pair), Err(Error::ShareMismatch));
			prop_assert_eq!(feldman.verify(index, &pair), Err(Error::ShareMismatch));
		}
		Ok(())
	});
}

fn evaluation_should_agree_with_powers_of_the_index<C: Curve>() {
	// The same sum, without Horner's rule and without doubling: Σ index^k·A_k.
	let indices = prop_oneof![1u16..40, any::<u16>().prop_map(|index| index.max(1))];
	run((indices, any::<u64>()), |(index, seed)| {
		let dealing = Dealing::<C>::random(params(u16::MAX, 4), &mut rng(seed));
		let x = C::Scalar::from(u64::from(index));
		let points = dealing.feldman().to_bytes();
		let sum = points.iter().enumerate().fold(C::Point::identity(), |sum, (k, point)| {
			let point = crate::curve::decode_point::<C>(point, k).unwrap();
			sum + point * x.pow_vartime([k as u64])
		});
		let share = scalar::<C>(&dealing.share_for(index).unwrap().to_bytes()[..32]);
		prop_assert_eq!(C::Point::generator() * share, sum);
		let pair = dealing.share_for(index).unwrap();
		prop_assert_eq!(dealing.feldman().verify(index, &pair), Ok(()));
		Ok(())
	});
}

/// Whatever is read from strangers is refused or read back as it was; nothing panics.
fn read_anything<C: Curve>(points: &[[u8; 33]], pair: &[u8; 64]) -> Result<(), TestCaseError> {
	let params = params(4, 2);
	if let Ok(commitments) = PedersenCommitments::<C>::from_bytes(params, points) {
		prop_assert_eq!(&commitments.to_bytes(), points);
	}
	if let Ok(commitments) = FeldmanCommitments::<C>::from_bytes(params, points) {
		prop_assert_eq!(&commitments.to_bytes(), points);
	}
	if let Ok(commitments) = KeyCommitments::<C>::from_bytes(params, points) {
		prop_assert_eq!(&commitments.to_bytes(), points);
	}
	if let Ok(pair_read) = SharePair::<C>::from_bytes(pair) {
		prop_assert_eq!(&*pair_read.to_bytes(), pair);
	}
	let secret: [u8; 32] = pair[..32].try_into().unwrap();
	if let Ok(share) = KeyShare::<C>::from_bytes(7, &secret) {
		prop_assert_eq!(&*share.to_bytes(), &secret);
	}
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

	#[test]
	fn bytes_of_strangers_should_be_read_back_or_refused(
		points in prop::collection::vec((0u8..8, any::<[u8; 32]>()), 0..4),
		pair in any::<([u8; 32], [u8; 32])>(),
	) {
		let points: Vec<[u8; 33]> = points
			.iter()
			.map(|(tag, x)| core::array::from_fn(|i| if i == 0 { *tag } else { x[i - 1] }))
			.collect();
		let pair = core::array::from_fn(|i| if i < 32 { pair.0[i] } else { pair.1[i - 32] });
		read_anything::<Secp256k1>(&points, &pair)?;
		read_anything::<P256>(&points, &pair)?;
	}
}

on_both_curves!(
	any_threshold_of_members_should_determine_the_key,
	a_changed_share_should_never_fit,
	a_changed_commitment_should_never_fit,
	evaluation_should_agree_with_powers_of_the_index,
);
