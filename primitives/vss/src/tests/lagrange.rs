//! From values of a polynomial to its value at 0.

use alloc::vec::Vec;

use ff::Field;

use super::{on_both_curves, rng};
use crate::{lagrange::weights, Curve, Error};

fn value_at<C: Curve>(polynomial: &[C::Scalar], index: u16) -> C::Scalar {
	let x = C::Scalar::from(u64::from(index));
	(0u64..).zip(polynomial).fold(C::Scalar::ZERO, |sum, (k, a)| sum + *a * x.pow_vartime([k]))
}

fn weights_should_give_the_value_at_zero<C: Curve>() {
	let mut rng = rng(50);
	let sets: [&[u16]; 5] = [&[1], &[7], &[2, 1], &[1, 2, 3, 4, 5], &[31, 4, 65535, 1, 300]];
	for indices in sets {
		for coefficients in 1..=indices.len() {
			let polynomial: Vec<C::Scalar> =
				(0..coefficients).map(|_| C::Scalar::random(&mut rng)).collect();
			let sum = weights::<C>(indices)
				.unwrap()
				.iter()
				.zip(indices)
				.fold(C::Scalar::ZERO, |sum, (weight, index)| {
					sum + *weight * value_at::<C>(&polynomial, *index)
				});
			assert_eq!(sum, polynomial[0]);
		}
	}
}

fn weights_should_be_of_use_for_that_many_coefficients_only<C: Curve>() {
	let mut rng = rng(51);
	let polynomial: Vec<C::Scalar> = (0..4).map(|_| C::Scalar::random(&mut rng)).collect();
	let weights = weights::<C>(&[1, 2, 3]).unwrap();
	let sum = (1u16..).zip(&weights).fold(C::Scalar::ZERO, |sum, (index, weight)| {
		sum + *weight * value_at::<C>(&polynomial, index)
	});
	assert_ne!(sum, polynomial[0]);
}

fn weights_should_be_refused_when_an_index_is_there_twice<C: Curve>() {
	for (indices, index) in [([1u16, 1, 2], 1), ([1, 2, 1], 1), ([3, 2, 2], 2)] {
		assert_eq!(weights::<C>(&indices), Err(Error::RepeatedIndex { index }));
	}
}

on_both_curves!(
	weights_should_give_the_value_at_zero,
	weights_should_be_of_use_for_that_many_coefficients_only,
	weights_should_be_refused_when_an_index_is_there_twice,
);
