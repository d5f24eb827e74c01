//! The order of transactions in a block.

use codec::Encode;
use fusion_hhcm_primitives::GroupId;

use super::driver::{assert_says, hash_of, Chain, Draft};
use crate::{mock::*, Grouping, GroupingKey};

/// Fails if the changed draft is not refused with this message.
#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Draft), expected: &str) {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let mut draft = chain.draft(FIRST_SLOT + 1);
	change(&mut draft);
	assert_says(&chain.refused(&draft), expected);
	assert_says(&chain.refused_unsealed(&draft), expected);
	assert_says(&chain.refused_to_author(&draft), expected);
}

/// How many transactions of each group the draft has, in the order of groups.
fn counts(draft: &Draft) -> Vec<usize> {
	draft
		.election
		.order()
		.iter()
		.map(|group| draft.noted[0][usize::from(*group)].transactions.len())
		.collect()
}

/// A signer, other than those of the draft, whose transactions are in this group.
fn other_signer(draft: &Draft, group: GroupId) -> AccountId {
	(100..).find(|signer| draft.group_of(*signer) == group).expect("there is one")
}

#[test]
fn block_should_be_refused_when_a_transaction_is_in_no_package() {
	// At the end, of the last group.
	let added = |draft: &mut Draft| {
		let last = *draft.election.order().last().unwrap();
		draft.transactions.push(transaction(other_signer(draft, last), 0));
	};
	assert_refused(
		added,
		"hhcm: extrinsic 32 is out of place: it is not in the package of its group",
	);
	// Instead of one that is listed.
	let exchanged = |draft: &mut Draft| {
		let first = draft.election.order()[0];
		draft.transactions[0] = transaction(other_signer(draft, first), 0);
	};
	assert_refused(
		exchanged,
		"hhcm: extrinsic 2 is out of place: it is not in the package of its group",
	);
	// Another transaction of a signer that has one.
	let changed = |draft: &mut Draft| {
		let signer = (1..=30)
			.find(|signer| hash_of(&transaction(*signer, 0)) == hash_of(&draft.transactions[0]));
		draft.transactions[0] = transaction(signer.unwrap(), 1);
	};
	assert_refused(
		changed,
		"hhcm: extrinsic 2 is out of place: it is not in the package of its group",
	);
}

#[test]
fn block_should_be_refused_when_a_transaction_has_no_package() {
	let missing = |draft: &mut Draft| {
		let first = draft.election.order()[0];
		draft.with_packages(|packages| packages.retain(|package| package.group != first));
	};
	assert_refused(missing, "hhcm: extrinsic 2 is out of place: there is no package of its group");
}

#[test]
fn block_should_be_refused_when_a_transaction_is_in_the_package_of_another_group() {
	// A packager lists what is not its group's: the block may not have it.
	let stray = |draft: &mut Draft| {
		let order = draft.election.order().to_vec();
		let stray = transaction(other_signer(draft, order[0]), 0);
		let packager = draft.election.ranking(order[2])[0];
		let key = draft.key(packager).clone();
		let context = draft.context();
		draft.with_packages(|packages| {
			let own = packages.iter_mut().find(|package| package.group == order[2]).unwrap();
			let mut list = own.transactions.to_vec();
			list.push(hash_of(&stray));
			*own = super::driver::package(&key, &context, order[2], packager, list);
		});
		draft.transactions.push(stray);
	};
	assert_refused(
		stray,
		"hhcm: extrinsic 32 is out of place: it is after transactions of groups that come after",
	);
}

#[test]
fn block_should_be_refused_when_groups_are_out_of_order() {
	let swapped = |draft: &mut Draft| {
		let counts = counts(draft);
		assert!(counts.iter().all(|count| *count > 1));
		draft.transactions.rotate_left(counts[0]);
	};
	assert_refused(swapped, "it is after transactions of groups that come after its group");
	let mixed = |draft: &mut Draft| {
		let counts = counts(draft);
		draft.transactions.swap(counts[0] - 1, counts[0]);
	};
	assert_refused(mixed, "it is after transactions of groups that come after its group");
}

#[test]
fn block_should_be_refused_when_a_package_is_out_of_order() {
	for group in 0..3 {
		let swapped = |draft: &mut Draft| {
			let counts = counts(draft);
			let start: usize = counts[..group].iter().sum();
			draft.transactions.swap(start, start + 1);
		};
		assert_refused(swapped, "it is not where the package of its group");
	}
	let twice = |draft: &mut Draft| draft.transactions.insert(1, draft.transactions[0].clone());
	assert_refused(twice, "hhcm: extrinsic 3 is out of place: it is not where the package");
}

#[test]
fn block_should_be_refused_when_there_are_transactions_but_no_packages() {
	let none = |draft: &mut Draft| draft.with_packages(|packages| packages.clear());
	assert_refused(none, "hhcm: extrinsic 2 is out of place: there is no package of its group");
}

#[test]
fn block_should_be_refused_when_an_extrinsic_belongs_to_no_group() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let message = {
		let mut copy = sp_io::TestExternalities::new_empty();
		copy.backend = chain.ext.as_backend();
		let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
			copy.execute_with(|| {
				Executive::initialize_block(&draft.header());
				for extrinsic in &draft.extrinsics()[..2] {
					Executive::apply_extrinsic(extrinsic.clone()).unwrap().unwrap();
				}
				System::note_extrinsic(vec![1, 2, 3]);
				System::set_extrinsic_index(3);
				Executive::finalize_block();
			});
		}));
		*outcome.unwrap_err().downcast::<String>().unwrap()
	};
	assert_says(&message, "hhcm: extrinsic 2 belongs to no group");
}

#[test]
fn transactions_should_be_grouped_by_signer_when_they_have_one() {
	let key = |number: u8| Keys::grouping(&transaction(7, number).encode());
	assert_eq!(key(0), Some(Grouping::Key(key_of(&7))));
	assert_eq!(key(0), key(1));
	assert_ne!(key(0), Keys::grouping(&transaction(8, 0).encode()));
	assert_eq!(Keys::grouping(&[]), None);
}
