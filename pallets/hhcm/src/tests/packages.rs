//! Packages that are refused, each for its own reason.

use frame_support::{
	assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	inherent::ProvideInherent,
};
use fusion_hhcm_primitives::{
	package::{Context, INHERENT_IDENTIFIER},
	AuthorityIndex, GroupId, Package, Packages,
};
use sp_core::H256;
use sp_inherents::InherentData;
use sp_runtime::{BoundedVec, DispatchError};

use super::driver::{assert_says, package, Chain, Draft};
use crate::{mock::*, weights::SubstrateWeight, Call, Error, InherentError, WeightInfo};

/// What a mandatory call that fails makes of its block.
const BAD_MANDATORY: &str = "A call was labelled as mandatory, but resulted in an Error";

/// Fails if the changed draft is not refused, for this reason.
#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Draft), reason: Error<Test>) {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let mut draft = chain.draft(FIRST_SLOT + 1);
	change(&mut draft);
	assert_says(&chain.refused(&draft), BAD_MANDATORY);
	assert_says(&chain.refused_unsealed(&draft), BAD_MANDATORY);
	chain.ext.execute_with(|| {
		Executive::initialize_block(&draft.header());
		let noted: Result<Vec<_>, DispatchError> = draft
			.noted
			.iter()
			.map(|packages| Hhcm::note_packages(RuntimeOrigin::none(), packages.clone()))
			.collect();
		assert_eq!(noted, Err(reason.into()));
	});
}

/// Exchanges the package of a group for one that this node signs for there.
fn exchange(draft: &mut Draft, group: GroupId, packager: AuthorityIndex, context: &Context) {
	let key = draft.key(packager % NODES).clone();
	draft.with_packages(|packages| {
		let at = packages.iter().position(|package| package.group == group).unwrap();
		let list = packages[at].transactions.to_vec();
		packages[at] = package(&key, context, group, packager, list);
	});
}

#[test]
fn block_should_be_refused_when_the_inherent_is_missing() {
	let mut chain = Chain::new();
	let mut draft = chain.draft(FIRST_SLOT);
	draft.noted.clear();
	let expected = "hhcm: the block has not noted its packages: the inherent is missing";
	assert_says(&chain.refused(&draft), expected);
	assert_says(&chain.refused_unsealed(&draft), expected);
	assert_says(&chain.refused_to_author(&draft), expected);
	draft.transactions.clear();
	assert_says(&chain.refused(&draft), expected);
}

#[test]
fn block_should_be_refused_when_the_inherent_is_there_twice() {
	assert_refused(|draft| draft.noted.push(draft.noted[0].clone()), Error::AlreadyNoted);
	assert_refused(|draft| draft.noted.push(Packages::new()), Error::AlreadyNoted);
}

#[test]
fn block_should_be_refused_when_the_inherent_is_after_a_transaction() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let mut block = draft.sealed(draft.header());
	block.extrinsics.swap(1, 2);
	assert_says(&chain.refusal(block.clone()), "Invalid inherent position");
	// The author's own node finds it too, though it does not look at positions before.
	let expected = "hhcm: extrinsic 2 is an inherent after a transaction";
	let mut moved = draft;
	moved.noted.clear();
	moved.transactions = block.extrinsics[1..].to_vec();
	assert_says(&chain.refused_to_author(&moved), expected);
}

#[test]
fn packages_should_be_refused_when_they_are_not_those_of_the_claim() {
	let other_root = |draft: &mut Draft| draft.claim.packages_root = H256::repeat_byte(1);
	assert_refused(other_root, Error::WrongRoot);
	let one_fewer = |draft: &mut Draft| {
		draft.noted[0].pop();
	};
	assert_refused(one_fewer, Error::WrongRoot);
	let none = |draft: &mut Draft| draft.noted[0] = Packages::new();
	assert_refused(none, Error::WrongRoot);
}

#[test]
fn packages_should_be_refused_when_groups_are_out_of_order_or_twice() {
	assert_refused(
		|draft| draft.with_packages(|packages| packages.swap(0, 1)),
		Error::GroupsOutOfOrder,
	);
	assert_refused(
		|draft| draft.with_packages(|packages| packages.insert(1, packages[0].clone())),
		Error::GroupsOutOfOrder,
	);
	// Two packages of one group, both signed by nodes that may.
	let both = |draft: &mut Draft| {
		let second = draft.election.ranking(0)[1];
		let other = package(draft.key(second), &draft.context(), 0, second, Vec::new());
		draft.with_packages(|packages| packages.insert(1, other));
	};
	assert_refused(both, Error::GroupsOutOfOrder);
}

#[test]
fn packages_should_be_refused_when_the_packager_is_of_another_group() {
	let foreign = |draft: &mut Draft| {
		let (packager, context) = (draft.election.ranking(1)[0], draft.context());
		exchange(draft, 0, packager, &context);
	};
	assert_refused(foreign, Error::WrongPackager);
}

#[test]
fn packages_should_be_refused_when_the_packager_is_of_a_late_rank_or_unknown() {
	let late = |draft: &mut Draft| {
		let group = (0..3).find(|group| draft.election.ranking(*group).len() > 3).unwrap();
		let (packager, context) = (draft.election.ranking(group)[3], draft.context());
		exchange(draft, group, packager, &context);
	};
	assert_refused(late, Error::WrongPackager);
	let unknown = |draft: &mut Draft| {
		let context = draft.context();
		exchange(draft, 0, NODES, &context);
	};
	assert_refused(unknown, Error::WrongPackager);
}

#[test]
fn packages_should_be_refused_when_there_is_no_such_group() {
	for group in [3, 4, 255] {
		let guerrilla = |draft: &mut Draft| {
			let packager = draft.election.ranking(3)[0];
			let extra = package(draft.key(packager), &draft.context(), group, packager, Vec::new());
			draft.with_packages(|packages| packages.push(extra));
		};
		assert_refused(guerrilla, Error::WrongPackager);
	}
}

#[test]
fn packages_should_be_refused_when_not_signed_by_the_packager_for_here() {
	let forged = |draft: &mut Draft| {
		let other = draft.election.ranking(1)[0];
		let signature = package(draft.key(other), &draft.context(), 0, other, Vec::new()).signature;
		draft.with_packages(|packages| packages[0].signature = signature);
	};
	assert_refused(forged, Error::WrongPackageSignature);
	let longer = |draft: &mut Draft| {
		draft.with_packages(|packages| {
			let _ = packages[0].transactions.try_push(H256::zero());
		});
	};
	assert_refused(longer, Error::WrongPackageSignature);
	for which in 0..3 {
		let elsewhere = |draft: &mut Draft| {
			let mut context = draft.context();
			match which {
				0 => context.genesis = H256::zero(),
				1 => context.parent = H256::zero(),
				_ => context.slot = FIRST_SLOT.into(),
			}
			let packager = draft.election.ranking(0)[0];
			exchange(draft, 0, packager, &context);
		};
		assert_refused(elsewhere, Error::WrongPackageSignature);
	}
}

#[test]
fn call_should_be_refused_when_signed_or_outside_of_a_block() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	chain.ext.execute_with(|| {
		let packages = draft.noted[0].clone();
		let noted = Hhcm::note_packages(RuntimeOrigin::none(), packages.clone());
		assert_eq!(noted, Err(Error::<Test>::NoBlock.into()));
		Executive::initialize_block(&draft.header());
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::root()] {
			let noted = Hhcm::note_packages(origin, packages.clone());
			assert_eq!(noted, Err(DispatchError::BadOrigin));
		}
		assert_ok!(Hhcm::note_packages(RuntimeOrigin::none(), packages));
	});
}

#[test]
fn inherent_should_be_made_of_what_the_author_chose_when_there_is_something() {
	let mut chain = Chain::new();
	let packages = chain.draft(FIRST_SLOT).noted[0].clone();
	chain.ext.execute_with(|| {
		let mut data = InherentData::new();
		assert_eq!(Hhcm::create_inherent(&data), None);
		data.put_data(INHERENT_IDENTIFIER, &packages).unwrap();
		let call = Hhcm::create_inherent(&data).expect("there are packages");
		assert!(Hhcm::is_inherent(&call));
		assert_eq!(call, Call::note_packages { packages });
		assert_eq!(Hhcm::is_inherent_required(&data), Ok(Some(InherentError::Missing)));

		let mut data = InherentData::new();
		data.put_data(INHERENT_IDENTIFIER, &vec![1u8, 2, 3]).unwrap();
		assert_eq!(Hhcm::create_inherent(&data), None);
		let limits = crate::CurrentLimits::<Test>::get();
		assert!(!Hhcm::is_inherent(&Call::set_limits { limits }));
	});
}

#[test]
fn call_should_weigh_what_it_lists_when_it_is_mandatory() {
	let empty = Package {
		transactions: BoundedVec::new(),
		..package(&pair(0), &super::driver::context_of(H256::zero(), 1.into()), 0, 0, Vec::new())
	};
	let listing = |count: usize| Package {
		transactions: vec![H256::zero(); count].try_into().unwrap(),
		..empty.clone()
	};
	let weight_of = |packages: Vec<Package>| {
		let packages = packages.try_into().unwrap();
		let info = Call::<Test>::note_packages { packages }.get_dispatch_info();
		assert_eq!(info.class, DispatchClass::Mandatory);
		info.call_weight
	};
	let own = |packages: u32, listed: u32| {
		SubstrateWeight::<Test>::note_packages(packages, listed)
			.saturating_add(<Recorder as crate::OnBlockAuthored<_>>::weight(packages))
	};
	assert_eq!(weight_of(vec![]), own(0, 0));
	assert_eq!(weight_of(vec![listing(5), listing(0), listing(7)]), own(3, 12));
	assert_eq!(weight_of(vec![listing(4_096); 16]), own(16, 65_536));
}
