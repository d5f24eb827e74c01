//! Tests of the heaviest chain.

use sp_runtime::OpaqueExtrinsic;

use super::*;
use crate::testing::{packagers, packages_inherent, signed_package, view};

fn standing(weight: u128, slot: u64, position: u32) -> Standing {
	Standing { weight, parent: H256::zero(), slot: slot.into(), position }
}

#[test]
fn chain_should_win_when_it_is_heavier() {
	assert!(standing(11, 5, 2).beats(&standing(10, 5, 0)));
	assert!(standing(11, 9, 0).beats(&standing(10, 5, 0)));
	assert!(!standing(10, 5, 0).beats(&standing(11, 5, 2)));
}

#[test]
fn chain_should_win_by_position_when_siblings_weigh_the_same() {
	assert!(standing(10, 5, 0).beats(&standing(10, 5, 1)));
	assert!(!standing(10, 5, 1).beats(&standing(10, 5, 0)));
	assert!(!standing(10, 5, 1).beats(&standing(10, 5, 1)));
	// Else the first stays.
	assert!(!standing(10, 5, 0).beats(&standing(10, 6, 1)));
	let other = Standing { parent: H256::repeat_byte(1), ..standing(10, 5, 1) };
	assert!(!standing(10, 5, 0).beats(&other));
}

#[test]
fn block_should_weigh_one_and_its_packages() {
	let view = view(20, 2);
	let context = view.context();
	assert_eq!(block_weight(view.election(), &[]), 1);
	let packages: Vec<_> = (0..2)
		.map(|group| signed_package(&context, group, packagers(&view, group)[0], vec![]))
		.collect();
	let best = u128::from(GROUP_WEIGHT);
	assert_eq!(block_weight(view.election(), &packages[..1]), 1 + best);
	assert_eq!(block_weight(view.election(), &packages), 1 + 2 * best);
	assert_eq!(full_weight(view.election()), 1 + 2 * best);
	// Of somebody who may not package: the runtime refuses the block.
	let others = (0..20).filter(|index| view.election().package_weight(0, *index).is_none());
	let bad: Vec<_> =
		others.map(|index| signed_package(&context, 0, index, vec![])).take(1).collect();
	assert_eq!(block_weight(view.election(), &bad), 1);
}

/// A winner that keeps its package to itself gains nothing by it.
#[test]
fn block_should_weigh_the_same_when_a_stand_in_has_packaged() {
	let view = view(20, 2);
	let context = view.context();
	let nodes = packagers(&view, 0);
	assert!(nodes.len() > 1);
	for packager in nodes {
		let package = signed_package(&context, 0, packager, vec![]);
		assert_eq!(block_weight(view.election(), &[package]), 1 + u128::from(GROUP_WEIGHT));
	}
}

#[test]
fn entrant_should_win_by_weight_and_then_by_position() {
	let entrant = |weight, position| Entrant { weight, position };
	assert!(entrant(33, 2).beats(&entrant(17, 0)));
	assert!(entrant(33, 0).beats(&entrant(33, 1)));
	assert!(!entrant(33, 1).beats(&entrant(33, 0)));
	assert!(!entrant(33, 1).beats(&entrant(33, 1)));
	assert!(!entrant(17, 0).beats(&entrant(33, 2)));
}

#[test]
fn packages_should_be_found_in_a_block() {
	let view = view(20, 2);
	let context = view.context();
	let packages: Vec<_> = (0..2)
		.map(|group| {
			let transactions = vec![H256::repeat_byte(group); 3];
			signed_package(&context, group, packagers(&view, group)[0], transactions)
		})
		.collect();
	let root = package::root(&packages);
	let noise = || OpaqueExtrinsic::from_blob(vec![5, 1, 2, 3]);
	let inherent = packages_inherent(&packages);
	let body = vec![OpaqueExtrinsic::from_blob(vec![]), noise(), inherent.clone(), noise()];
	assert_eq!(packages_in(&body, root).map(|found| found.into_inner()), Some(packages));

	assert_eq!(packages_in(&body, H256::zero()), None);
	assert_eq!(packages_in::<OpaqueExtrinsic>(&[], root), None);
	assert_eq!(packages_in(&[noise(), noise()], root), None);
	// Not after the inherents.
	let mut late = vec![noise(); MAX_INHERENTS];
	late.push(inherent);
	assert_eq!(packages_in(&late, root), None);

	let none = package::root(&[]);
	assert_eq!(packages_in(&[packages_inherent(&[])], none), Some(Packages::default()));
}

#[test]
fn standing_should_survive_its_encoding() {
	let standing = standing(u128::MAX, 7, 2);
	assert_eq!(Standing::decode_all(&mut standing.encode().as_slice()), Ok(standing));
	assert_eq!(weight_key(H256::repeat_byte(1)).len(), WEIGHT_KEY.len() + 32);
}
