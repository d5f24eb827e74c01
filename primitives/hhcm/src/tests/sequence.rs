//! The order of transactions in a block.

use proptest::prelude::*;
use sp_core::H256;

use super::{context, package};
use crate::{
	sequence::{Sequence, SequenceError},
	GroupId, Package,
};

/// The transaction with this number.
fn tx(number: u8) -> H256 {
	H256::repeat_byte(number)
}

fn packages(lists: &[(GroupId, &[u8])]) -> Vec<Package> {
	lists
		.iter()
		.map(|(group, list)| {
			let list: Vec<_> = list.iter().map(|number| tx(*number)).collect();
			package(&context(), *group, 1, &list)
		})
		.collect()
}

/// Puts these transactions in, and says how many of each package there were.
fn run(
	order: &[GroupId],
	packages: &[Package],
	transactions: &[(GroupId, u8)],
) -> Result<Vec<u32>, (usize, SequenceError)> {
	let mut sequence = Sequence::new(order, packages);
	for (position, (group, number)) in transactions.iter().enumerate() {
		sequence.push(*group, tx(*number)).map_err(|error| (position, error))?;
		assert!(sequence.has_begun());
	}
	Ok(sequence.counts().to_vec())
}

const ORDER: [GroupId; 3] = [2, 0, 1];

fn three() -> Vec<Package> {
	packages(&[(0, &[1, 2, 3]), (1, &[4, 5]), (2, &[6, 7])])
}

#[test]
fn transactions_should_be_accepted_when_in_the_order_of_groups_and_packages() {
	let all = [(2, 6), (2, 7), (0, 1), (0, 2), (0, 3), (1, 4), (1, 5)];
	assert_eq!(run(&ORDER, &three(), &all), Ok(vec![3, 2, 2]));
	assert_eq!(run(&ORDER, &three(), &[]), Ok(vec![0, 0, 0]));
	assert!(!Sequence::new(&ORDER, &three()).has_begun());
}

#[test]
fn transactions_should_be_accepted_when_some_are_left_out() {
	assert_eq!(run(&ORDER, &three(), &[(2, 7), (0, 1), (0, 3), (1, 5)]), Ok(vec![2, 1, 1]));
	assert_eq!(run(&ORDER, &three(), &[(1, 4)]), Ok(vec![0, 1, 0]));
	assert_eq!(run(&ORDER, &three()[1..2], &[(1, 4)]), Ok(vec![1]));
}

#[test]
fn transactions_should_be_refused_when_their_group_has_no_package() {
	let error = SequenceError::NoPackage { group: 0 };
	assert_eq!(run(&ORDER, &three()[1..], &[(2, 6), (0, 1)]), Err((1, error)));
	assert_eq!(run(&ORDER, &[], &[(0, 1)]), Err((0, error)));
	// A group that is not in the order is none.
	let guerrilla = packages(&[(3, &[1])]);
	assert_eq!(run(&ORDER, &guerrilla, &[(3, 1)]), Err((0, SequenceError::NoPackage { group: 3 })));
}

#[test]
fn transactions_should_be_refused_when_not_in_the_package() {
	let error = SequenceError::Unlisted { group: 0 };
	assert_eq!(run(&ORDER, &three(), &[(0, 1), (0, 9)]), Err((1, error)));
	// In the package of another group.
	assert_eq!(run(&ORDER, &three(), &[(0, 4)]), Err((0, error)));
}

#[test]
fn transactions_should_be_refused_when_groups_are_out_of_order() {
	let error = SequenceError::GroupOrder { group: 2 };
	assert_eq!(run(&ORDER, &three(), &[(0, 1), (2, 6)]), Err((1, error)));
	assert_eq!(run(&ORDER, &three(), &[(2, 6), (0, 1), (2, 7)]), Err((2, error)));
	let error = SequenceError::GroupOrder { group: 0 };
	assert_eq!(run(&ORDER, &three(), &[(1, 4), (0, 1)]), Err((1, error)));
}

#[test]
fn transactions_should_be_refused_when_a_package_is_out_of_order() {
	let error = SequenceError::PackageOrder { group: 0 };
	assert_eq!(run(&ORDER, &three(), &[(0, 2), (0, 1)]), Err((1, error)));
	assert_eq!(run(&ORDER, &three(), &[(0, 3), (0, 3)]), Err((1, error)));
	assert_eq!(run(&ORDER, &three(), &[(0, 1), (0, 3), (0, 2)]), Err((2, error)));
}

#[test]
fn transactions_should_be_accepted_as_often_as_they_are_listed() {
	let twice = packages(&[(0, &[1, 2, 1])]);
	assert_eq!(run(&ORDER, &twice, &[(0, 1), (0, 1)]), Ok(vec![2]));
	let error = SequenceError::PackageOrder { group: 0 };
	assert_eq!(run(&ORDER, &twice, &[(0, 1), (0, 1), (0, 1)]), Err((2, error)));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// The rule, said in another way: the sequence is accepted exactly if it can be got from the packages,
	/// one after the other in the order of groups, by leaving out.
	#[test]
	fn sequence_should_be_accepted_exactly_when_it_is_left_over_by_leaving_out(
		order in Just(ORDER.to_vec()).prop_shuffle(),
		lists in prop::collection::vec(prop::collection::vec(0..4u8, 0..5), 3),
		picks in prop::collection::vec((0..3u8, 0..4u8), 0..6),
	) {
		let packages: Vec<_> = (0..)
			.zip(&lists)
			.flat_map(|(group, list)| packages(&[(group, list)]))
			.collect();
		let mut all = Vec::new();
		for group in &order {
			all.extend(lists[usize::from(*group)].iter().map(|number| (*group, *number)));
		}
		let mut rest = all.iter();
		let expected = picks.iter().all(|pick| rest.any(|other| other == pick));
		prop_assert_eq!(run(&order, &packages, &picks).is_ok(), expected);
		prop_assert!(run(&order, &packages, &all).is_ok());
	}
}
