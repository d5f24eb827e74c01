//! Transactions that are not where they belong.

use fusion_hhcm_primitives::GroupId;

use crate::{
	draft::{hash_of, sign_package, transfer, Draft},
	genesis::{SENDERS, USERS},
	scene::{Scene, INHERENTS},
};

/// Somebody whose transactions are in this group, and who has sent none yet.
fn other_sender(draft: &Draft, group: GroupId) -> u32 {
	(SENDERS..USERS).find(|sender| draft.group_of(*sender) == group).expect("there is one")
}

/// Adds a transaction to the end of a group's package.
fn list(draft: &mut Draft, group: GroupId, transaction: fusion_runtime::Hash) {
	let packager = draft.election.ranking(group)[0];
	let (key, context) = (draft.key(packager).clone(), draft.context());
	draft.with_packages(|packages| {
		let package = &mut packages[usize::from(group)];
		let mut list = package.transactions.to_vec();
		list.push(transaction);
		*package = sign_package(&key, &context, group, packager, list);
	});
}

/// The message about an extrinsic, from 0, that is out of place.
fn out_of_place(transaction: usize, reason: &str) -> String {
	format!("hhcm: extrinsic {} is out of place: {reason}", INHERENTS + transaction)
}

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_refused_when_its_transactions_are_misplaced() {
	let scene = Scene::usual();
	block_should_be_refused_when_a_transaction_is_not_in_its_groups_package(&scene);
	block_should_be_refused_when_a_transaction_is_in_the_package_of_another_group(&scene);
	block_should_be_refused_when_its_transactions_are_out_of_order(&scene);
}

fn block_should_be_refused_when_a_transaction_is_not_in_its_groups_package(scene: &Scene) {
	let order = scene.draft.election.order().to_vec();
	let (first, last) = (order[0], order[1]);
	let size = scene.draft.transactions.len();
	let unlisted = |group: GroupId| format!("it is not in the package of its group {group}");
	let new = |draft: &Draft, group| scene.chain.transfer(other_sender(draft, group));

	let added = |draft: &mut Draft| {
		let new = new(draft, last);
		draft.transactions.push(new);
	};
	let reason = out_of_place(size, &unlisted(last));
	scene.assert_refused("a transaction was added", added, &reason);
	let exchanged = |draft: &mut Draft| draft.transactions[0] = new(draft, first);
	let reason = out_of_place(0, &unlisted(first));
	scene.assert_refused("a transaction was exchanged", exchanged, &reason);
	let changed = |draft: &mut Draft| {
		let sender = (0..SENDERS).find(|sender| draft.group_of(*sender) == first);
		let sender = sender.expect("each group has some");
		let nonce = scene.chain.nonce(sender);
		draft.transactions[0] = transfer(draft.genesis, sender, nonce, 1_000_000);
	};
	scene.assert_refused("a sender's transaction is another than listed", changed, &reason);

	// The whole block's transactions, and no package that could have them.
	let none = |draft: &mut Draft| draft.with_packages(|packages| packages.clear());
	let reason = out_of_place(0, &format!("there is no package of its group {first}"));
	scene.assert_refused("it has transactions, and no packages", none, &reason);
	let one_missing = |draft: &mut Draft| {
		draft.with_packages(|packages| packages.retain(|package| package.group != first));
	};
	scene.assert_refused("the package of a group is missing", one_missing, &reason);
	let counts = scene.draft.counts();
	let other_missing = |draft: &mut Draft| {
		draft.with_packages(|packages| packages.retain(|package| package.group != last));
	};
	let reason = out_of_place(counts[0], &format!("there is no package of its group {last}"));
	scene.assert_refused("the package of the other group is missing", other_missing, &reason);
}

fn block_should_be_refused_when_a_transaction_is_in_the_package_of_another_group(scene: &Scene) {
	let order = scene.draft.election.order().to_vec();
	let (first, last) = (order[0], order[1]);
	let counts = scene.draft.counts();
	// The winner of the last group lists a transaction of the first, and it stands where it is listed.
	let late = |draft: &mut Draft| {
		let stray = scene.chain.transfer(other_sender(draft, first));
		list(draft, last, hash_of(&stray));
		draft.transactions.push(stray);
	};
	let reason = format!("it is after transactions of groups that come after its group {first}");
	let reason = out_of_place(scene.draft.transactions.len(), &reason);
	scene.assert_refused("the second group has a transaction of the first", late, &reason);
	// And the other way round.
	let early = |draft: &mut Draft| {
		let stray = scene.chain.transfer(other_sender(draft, last));
		list(draft, first, hash_of(&stray));
		draft.transactions.insert(counts[0], stray);
	};
	let reason = format!("it is not in the package of its group {last}");
	let reason = out_of_place(counts[0], &reason);
	scene.assert_refused("the first group has a transaction of the second", early, &reason);
	// To list it alone does no harm.
	let listed = |draft: &mut Draft| {
		let stray = scene.chain.transfer(other_sender(draft, first));
		list(draft, last, hash_of(&stray));
	};
	scene.vary(u64::from(scene.draft.claim.slot), listed);
}

fn block_should_be_refused_when_its_transactions_are_out_of_order(scene: &Scene) {
	let order = scene.draft.election.order().to_vec();
	let counts = scene.draft.counts();
	let after =
		format!("it is after transactions of groups that come after its group {}", order[0]);
	let groups = |draft: &mut Draft| draft.transactions.rotate_left(counts[0]);
	let reason = out_of_place(counts[1], &after);
	scene.assert_refused("its groups are in another order", groups, &reason);
	let mixed = |draft: &mut Draft| draft.transactions.swap(counts[0] - 1, counts[0]);
	let reason = out_of_place(counts[0], &after);
	scene.assert_refused("its groups are mixed", mixed, &reason);

	for (place, start) in [(0, 0), (1, counts[0])] {
		let moved = |group| format!("it is not where the package of its group {group} has it");
		let swapped = |draft: &mut Draft| draft.transactions.swap(start, start + 1);
		let reason = out_of_place(start + 1, &moved(order[place]));
		scene.assert_refused("a group's transactions are in another order", swapped, &reason);
		let end = start + counts[place];
		let last_first = |draft: &mut Draft| draft.transactions[start..end].rotate_right(1);
		scene.assert_refused("a group's last transaction is its first", last_first, &reason);
	}
}
