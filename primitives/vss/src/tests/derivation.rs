//! One key more for every tweak.

use alloc::vec;

use ff::{Field, PrimeField};
use group::Group;
use k256::elliptic_curve::ops::Reduce;
use proptest::prelude::*;

use super::{key_of, on_both_curves, params, properties::run, resharing::Epoch, P256};
use crate::{
	curve::{encode_point, reduce},
	Curve, Error, KeyCommitments, KeyShare, Secp256k1,
};

/// 32 big-endian bytes.
fn bytes<C: Curve>(scalar: C::Scalar) -> [u8; 32] {
	scalar.to_repr().as_ref().try_into().unwrap()
}

/// What everybody knows of the key with this secret, of which each of three members has it all.
fn key_with_secret<C: Curve>(secret: C::Scalar) -> KeyCommitments<C> {
	let point = encode_point::<C>(&(C::Point::generator() * secret));
	KeyCommitments::from_bytes(params(3, 1), &[point]).unwrap()
}

fn shares_should_be_of_the_derived_key<C: Curve>() {
	let master = Epoch::<C>::first(params(4, 3), 500);
	let mut keys = vec![master.key()];
	for tweak in [[1; 32], [0x80; 32], [0xff; 32]] {
		let child = master.derive(&tweak);
		assert_eq!(child.commitments.params(), params(4, 3));
		for share in &child.shares {
			let public = child.commitments.verifying_share(share.index());
			assert_eq!(Ok(share.verifying_share()), public);
		}
		for enough in [[1u16, 2, 3], [4, 2, 1]] {
			assert_eq!(key_of::<C>(&child.points(&enough)), child.key());
		}
		assert_ne!(key_of::<C>(&child.points(&[1, 2])), child.key());
		assert!(!keys.contains(&child.key()));
		keys.push(child.key());
	}
}

fn key_should_be_moved_by_the_tweak<C: Curve>() {
	let five = C::Scalar::from(5);
	let twelve = C::Scalar::from(12);
	let tweak = bytes::<C>(C::Scalar::from(7));
	let derived = key_with_secret::<C>(five).derive(&tweak).unwrap();
	assert_eq!(derived, key_with_secret::<C>(twelve));
	let share = KeyShare::<C>::from_bytes(2, &bytes::<C>(five)).unwrap().derive(&tweak).unwrap();
	assert_eq!((share.index(), *share.to_bytes()), (2, bytes::<C>(twelve)));
}

fn tweak_should_be_used_modulo_the_order<C: Curve>() {
	let master = Epoch::<C>::first(params(3, 2), 510);
	// The bytes of the order: one more than those of the largest scalar, whose last byte is not 255.
	let mut order = bytes::<C>(-C::Scalar::ONE);
	order[31] += 1;
	let mut order_and_two = order;
	order_and_two[31] += 2;
	for (tweak, same) in [(order, [0; 32]), (order_and_two, bytes::<C>(C::Scalar::from(2)))] {
		let (one, other) = (master.derive(&tweak), master.derive(&same));
		assert_eq!(one.commitments, other.commitments);
		assert_eq!(one.share(3).to_bytes(), other.share(3).to_bytes());
	}
	assert_eq!(master.derive(&order).commitments, master.commitments);
}

fn tweaks_should_add_up<C: Curve>() {
	run(any::<([u8; 32], [u8; 32])>(), |(one, other)| {
		let master = Epoch::<C>::first(params(2, 2), 520);
		let both = bytes::<C>(reduce::<C>(&one) + reduce::<C>(&other));
		let (at_once, in_steps) = (master.derive(&both), master.derive(&one).derive(&other));
		prop_assert_eq!(&at_once.commitments, &in_steps.commitments);
		prop_assert_eq!(at_once.share(1).to_bytes(), in_steps.share(1).to_bytes());
		Ok(())
	});
}

fn derivation_should_be_refused_when_nothing_is_left<C: Curve>() {
	let five = C::Scalar::from(5);
	let tweak = bytes::<C>(-five);
	assert_eq!(key_with_secret::<C>(five).derive(&tweak), Err(Error::IdentityKey));
	let share = KeyShare::<C>::from_bytes(1, &bytes::<C>(five)).unwrap();
	assert_eq!(share.derive(&tweak).unwrap_err(), Error::BadScalar);
}

#[test]
fn reduction_should_agree_with_that_of_the_curves() {
	run(any::<[u8; 32]>(), |bytes| {
		let expected = <k256::Scalar as Reduce<k256::U256>>::reduce_bytes(&bytes.into());
		prop_assert_eq!(reduce::<Secp256k1>(&bytes), expected);
		let expected = <p256::Scalar as Reduce<k256::U256>>::reduce_bytes(&bytes.into());
		prop_assert_eq!(reduce::<P256>(&bytes), expected);
		Ok(())
	});
}

on_both_curves!(
	shares_should_be_of_the_derived_key,
	key_should_be_moved_by_the_tweak,
	tweak_should_be_used_modulo_the_order,
	tweaks_should_add_up,
	derivation_should_be_refused_when_nothing_is_left,
);
