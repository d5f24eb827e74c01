//! Dealings that are added up one after the other.

use alloc::{collections::BTreeMap, vec::Vec};

use super::{honest_ceremony, on_both_curves, params, resharing::Epoch, rng};
use crate::{
	Curve, Dealing, Error, FeldmanCommitments, KeyCommitments, Params, Resharing, Settling,
};

/// As who keeps the sum as bytes in between.
fn kept<C: Curve>(params: Params, sum: Settling<C>) -> Settling<C> {
	Settling::from_bytes(params, &sum.to_bytes()).unwrap()
}

fn sum_should_be_the_key_when_all_dealings_were_added<C: Curve>() {
	let params = params(5, 4);
	let (dealings, _) = honest_ceremony::<C>(params, 1);
	let mut sum = Settling::new(params);
	for dealing in dealings.iter().rev() {
		sum.add(dealing).unwrap();
		sum = kept(params, sum);
	}
	assert_eq!(sum.finish(), KeyCommitments::from_dealings(&dealings));
}

fn sum_should_be_that_of_a_resharing_when_its_dealings_were_added<C: Curve>() {
	let (old, new) = (Epoch::<C>::first(params(5, 4), 1), params(4, 3));
	let resharing = Resharing::new(old.commitments.clone(), new);
	let dealers = [5, 1, 4, 3];
	let dealings: BTreeMap<u16, FeldmanCommitments<C>> = dealers
		.iter()
		.map(|dealer| {
			let dealing = resharing.deal(old.share(*dealer), &mut rng((*dealer).into())).unwrap();
			(*dealer, dealing.feldman())
		})
		.collect();
	let mut sum = Settling::new(new);
	for dealer in dealers {
		sum.add_reshared(dealer, &dealers, &dealings[&dealer]).unwrap();
		sum = kept(new, sum);
	}
	let made = sum.finish().unwrap();
	assert_eq!(made, *resharing.settle(dealings).unwrap().commitments());
	assert_eq!(made.key(), old.key());
}

fn sum_should_pass_through_the_identity_when_two_dealers_deal_opposites<C: Curve>() {
	let params = params(3, 2);
	let numbers = |numbers: [u64; 2]| numbers.map(C::Scalar::from).to_vec();
	let of = |coefficients: Vec<C::Scalar>| {
		Dealing::<C>::from_coefficients(params, coefficients, numbers([1, 1])).feldman()
	};
	let opposite = of(numbers([3, 4]).into_iter().map(|number| -number).collect());
	let mut sum = Settling::new(params);
	sum.add(&of(numbers([3, 4]))).unwrap();
	sum.add(&opposite).unwrap();
	assert_eq!(sum.to_bytes(), [[0; 33]; 2]);
	assert_eq!(sum.clone().finish(), Err(Error::IdentityKey));
	sum = kept(params, sum);
	sum.add(&of(numbers([5, 6]))).unwrap();
	assert_eq!(sum.finish().unwrap().to_bytes(), of(numbers([5, 6])).to_bytes());
}

fn dealing_should_be_refused_when_it_does_not_belong_to_the_sum<C: Curve>() {
	let (three, four) = (params(3, 2), params(4, 3));
	let dealing = Dealing::<C>::random(three, &mut rng(1)).feldman();
	let mixed = Err(Error::MixedParams { position: 0 });
	assert_eq!(Settling::new(four).add(&dealing), mixed);
	assert_eq!(Settling::new(four).add_reshared(1, &[1, 2], &dealing), mixed);
	let mut sum = Settling::new(three);
	let stranger = Err(Error::InvalidIndex { index: 3, members: u16::MAX });
	assert_eq!(sum.add_reshared(3, &[1, 2], &dealing), stranger);
	let twice = Err(Error::RepeatedIndex { index: 1 });
	assert_eq!(sum.add_reshared(1, &[1, 2, 1], &dealing), twice);
	assert_eq!(sum, Settling::new(three), "nothing was added");
	let short = Err(Error::WrongLength { expected: 3, got: 2 });
	assert_eq!(Settling::<C>::from_bytes(four, &[[2; 33]; 2]), short);
	let bad = Err(Error::BadPoint { position: 1 });
	assert_eq!(Settling::<C>::from_bytes(three, &[[0; 33], [4; 33]]), bad);
}

on_both_curves!(
	sum_should_be_the_key_when_all_dealings_were_added,
	sum_should_be_that_of_a_resharing_when_its_dealings_were_added,
	sum_should_pass_through_the_identity_when_two_dealers_deal_opposites,
	dealing_should_be_refused_when_it_does_not_belong_to_the_sum,
);
