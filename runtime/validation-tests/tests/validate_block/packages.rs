//! Packages that are refused.

use fusion_hhcm_primitives::{package::Context, AuthorityIndex, GroupId};
use fusion_runtime::Hash;
use sp_runtime::Weight;

use crate::{
	draft::{note_packages, sign_package, Draft},
	genesis::FIRST_SLOT,
	scene::{Scene, BAD_MANDATORY, INHERENTS},
};

/// Adds a package without transactions, signed by its packager.
fn add(draft: &mut Draft, at: usize, group: GroupId, packager: AuthorityIndex) {
	let key = draft.key(packager);
	let package = sign_package(key, &draft.context(), group, packager, Vec::new());
	draft.with_packages(|packages| packages.insert(at, package));
}

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_refused_when_its_packages_are_false() {
	let scene = Scene::usual();
	block_should_be_refused_when_it_has_not_exactly_one_inherent_with_packages(&scene);
	block_should_be_refused_when_its_packages_are_not_those_of_the_claim(&scene);
	block_should_be_refused_when_its_packages_are_out_of_order(&scene);
	block_should_be_refused_when_a_packager_may_not_package(&scene);
	block_should_be_refused_when_a_package_is_not_signed_by_its_packager_for_here(&scene);
}

fn block_should_be_refused_when_it_has_not_exactly_one_inherent_with_packages(scene: &Scene) {
	let honest = scene.built.extrinsics.clone();
	let missing = "hhcm: the block has not noted its packages: the inherent is missing";
	let without = |draft: &mut Draft| {
		let mut all = honest.clone();
		all.remove(INHERENTS - 1);
		draft.extrinsics = Some(all);
	};
	scene.assert_refused("it notes no packages", without, missing);
	let empty = |draft: &mut Draft| draft.extrinsics = Some(honest[..INHERENTS - 1].to_vec());
	scene.assert_refused("it notes no packages, and has no transactions", empty, missing);

	// The runtime says which extrinsic it was.
	let second = format!("Transaction({INHERENTS}) failed due to");
	for packages in [scene.draft.packages.clone(), Vec::new()] {
		let twice = |draft: &mut Draft| {
			let mut all = honest.clone();
			all.insert(INHERENTS, note_packages(packages));
			draft.extrinsics = Some(all);
		};
		scene.assert_refused_for("it notes packages twice", twice, BAD_MANDATORY, &second);
	}

	let late = |draft: &mut Draft| {
		let mut all = honest.clone();
		all.swap(INHERENTS - 1, INHERENTS);
		draft.extrinsics = Some(all);
	};
	let position = format!("Invalid inherent position for extrinsic at index {INHERENTS}");
	scene.assert_refused("it notes its packages after a transaction", late, &position);
}

fn block_should_be_refused_when_its_packages_are_not_those_of_the_claim(scene: &Scene) {
	let reason = "the packages are not those that the author claimed";
	let root = |draft: &mut Draft| draft.claim.packages_root = Hash::repeat_byte(1);
	scene.assert_packages_refused("its claim has another root", root, reason);
	let fewer = |draft: &mut Draft| drop(draft.packages.pop());
	scene.assert_packages_refused("a package is missing", fewer, reason);
	let none = |draft: &mut Draft| draft.packages.clear();
	scene.assert_packages_refused("all packages are missing", none, reason);
	let resigned = |draft: &mut Draft| {
		let old = draft.packages[0].clone();
		let list = old.transactions.to_vec();
		let key = draft.key(old.packager);
		draft.packages[0] =
			sign_package(key, &draft.context(), old.group, old.packager, list[1..].to_vec());
	};
	scene.assert_packages_refused("a package was exchanged", resigned, reason);
}

fn block_should_be_refused_when_its_packages_are_out_of_order(scene: &Scene) {
	let of_group =
		|group: GroupId| format!("the package of group {group} is out of order, or the second one");
	scene.assert_packages_refused(
		"its packages are in another order",
		|draft| draft.with_packages(|packages| packages.swap(0, 1)),
		&of_group(0),
	);
	scene.assert_packages_refused(
		"it has a package twice",
		|draft| draft.with_packages(|packages| packages.insert(1, packages[0].clone())),
		&of_group(0),
	);
	// Both are signed by nodes that may.
	let second = scene.draft.election.ranking(0)[1];
	let both = |draft: &mut Draft| add(draft, 1, 0, second);
	scene.assert_packages_refused("it has two packages of one group", both, &of_group(0));
}

fn block_should_be_refused_when_a_packager_may_not_package(scene: &Scene) {
	let may_not = |group: GroupId, packager: AuthorityIndex| {
		format!("node {packager} may not package group {group}")
	};
	let groups = scene.draft.election.groups();
	let ranking = |group: GroupId| scene.draft.election.ranking(group);
	let unknown = scene.draft.keys.len() as AuthorityIndex;
	for (what, group, packager) in [
		("a packager has won another group", 0, ranking(1)[0]),
		("a packager has won another group", 1, ranking(0)[0]),
		("a packager is the fourth of its group", 0, ranking(0)[3]),
		("a packager is the last of its group", 1, *ranking(1).last().expect("it has members")),
		("a packager is the fourth guerrilla", 0, ranking(groups)[3]),
		("a packager is not in office", 0, unknown),
		("a packager is not in office", 1, AuthorityIndex::MAX),
	] {
		let change = |draft: &mut Draft| {
			let context = draft.context();
			draft.repackage(group, packager, &context);
		};
		scene.assert_packages_refused(what, change, &may_not(group, packager));
	}
	// Guerrillas have no transactions, and there is no group after them.
	for group in [groups, groups + 1, GroupId::MAX] {
		let (at, packager) = (scene.draft.packages.len(), ranking(groups)[0]);
		scene.assert_packages_refused(
			"a package is of a group without transactions",
			|draft| add(draft, at, group, packager),
			&may_not(group, packager),
		);
	}
}

fn block_should_be_refused_when_a_package_is_not_signed_by_its_packager_for_here(scene: &Scene) {
	let winner = scene.draft.election.ranking(0)[0];
	let reason = format!("the package of group 0 is not signed by node {winner} for here");
	let forged = |draft: &mut Draft| {
		let other = draft.key(draft.election.ranking(0)[1]).clone();
		let context = draft.context();
		draft.with_packages(|packages| {
			let list = packages[0].transactions.to_vec();
			packages[0].signature = sign_package(&other, &context, 0, winner, list).signature;
		});
	};
	scene.assert_packages_refused("another node has signed a package", forged, &reason);
	let longer = |draft: &mut Draft| {
		draft.with_packages(|packages| {
			packages[0].transactions.try_push(Hash::zero()).expect("there is room");
		});
	};
	scene.assert_packages_refused("a transaction was added to a package", longer, &reason);
	let shorter = |draft: &mut Draft| {
		draft.with_packages(|packages| {
			packages[0].transactions.pop();
		});
	};
	scene.assert_packages_refused("a transaction was taken out of a package", shorter, &reason);
	let reordered = |draft: &mut Draft| {
		draft.with_packages(|packages| {
			let mut list = packages[0].transactions.to_vec();
			list.swap(0, 1);
			packages[0].transactions = list.try_into().expect("they are as many as before");
		});
	};
	scene.assert_packages_refused("a package was reordered", reordered, &reason);
	let lighter = |draft: &mut Draft| {
		draft.with_packages(|packages| packages[0].measured = Weight::zero());
	};
	scene.assert_packages_refused("a package's weight was changed", lighter, &reason);

	let here = scene.draft.context();
	for (what, context) in [
		("a package is of another chain", Context { genesis: Hash::zero(), ..here }),
		("a package is for another parent", Context { parent: Hash::zero(), ..here }),
		("a package is for an earlier slot", Context { slot: FIRST_SLOT.into(), ..here }),
	] {
		let elsewhere = |draft: &mut Draft| draft.repackage(0, winner, &context);
		scene.assert_packages_refused(what, elsewhere, &reason);
	}
}
