//! Blocks by the rules.

use codec::{Decode, Encode};
use fusion_hhcm_primitives::{AuthorityIndex, Candidate, Package, Slot};
use fusion_runtime::{Runtime, SESSION, SLOT_DURATION};
use polkadot_parachain_primitives::primitives::BlockData;
use sp_runtime::traits::Header as _;

use crate::{
	chain::Chain,
	draft::{assert_valid, hash_of, note_packages, Draft},
	genesis::{handicap_of, Genesis, FIRST_SLOT, SENDERS},
	scene::{Scene, INHERENTS},
};

const SLOT: u64 = FIRST_SLOT + 1;

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_accepted_when_it_is_by_the_rules() {
	let scene = Scene::usual();
	block_should_be_accepted_when_everything_is_by_the_rules(&scene);
	block_should_be_accepted_when_its_author_may_assemble(&scene);
	block_should_be_accepted_when_others_than_the_winners_have_packaged(&scene);
	block_should_be_accepted_when_it_leaves_packages_or_transactions_out(&scene);
	block_should_be_accepted_when_a_session_begins_in_it_and_in_the_one_before();
	block_should_be_accepted_when_its_timestamp_is_anywhere_in_its_slot(&scene);
}

fn block_should_be_accepted_when_everything_is_by_the_rules(scene: &Scene) {
	let Scene { chain, draft, built } = scene;
	// There is something in it that rules are about.
	assert_eq!(draft.election.groups(), 2);
	assert_eq!(draft.packages.len(), 2);
	assert_eq!(built.extrinsics.len(), INHERENTS + SENDERS as usize);
	let inherent = note_packages(draft.packages.clone());
	assert_eq!(built.extrinsics[INHERENTS - 1].encode(), inherent.encode());
	assert_ne!(built.header.state_root, draft.parent.state_root);
	let logs = built.header.digest().logs();
	assert_eq!(logs[0], draft.claim.to_item());
	assert!(logs.contains(&draft.relay.item()));

	// In both versions that relay chains take.
	let sealed = draft.seal(&built.header);
	let submission = draft.submit(built, sealed.clone());
	let mut params = submission.params();
	assert_valid(&params, &sealed);
	let older = submission.pov().as_v0().expect("there is one block");
	params.block_data = BlockData(older.encode());
	assert_valid(&params, &sealed);

	// And the chain goes on from it.
	let mut next = chain.clone();
	next.advance(SLOT, 0..SENDERS);
	next.advance(SLOT + 3, 0..SENDERS);
	assert_eq!(next.head.number, chain.head.number + 2);
}

fn block_should_be_accepted_when_its_author_may_assemble(scene: &Scene) {
	let mut accepted = 0;
	for slot in [SLOT, SLOT + 1, SLOT + 2] {
		let (_, _, election) = scene.chain.election(slot);
		// The tickets of some of the others have no solution.
		let often_solved = |candidate: &Candidate| handicap_of(&election, *candidate) <= 4;
		for candidate in election.may_assemble().filter(often_solved) {
			scene.vary(slot, |draft| draft.claim_for(candidate));
			accepted += 1;
		}
	}
	assert!(accepted > 4);
	// When many were missed, everybody may.
	scene.vary(SLOT + 100, |draft| {
		let nodes = draft.election.assembly_order().count();
		assert_eq!(draft.election.may_assemble().count(), nodes);
	});
}

fn block_should_be_accepted_when_others_than_the_winners_have_packaged(scene: &Scene) {
	let guerrillas = scene.draft.election.groups();
	// Group and rank of the packagers of both groups.
	for places in [
		[(0, 1), (1, 2)],
		[(0, 2), (1, 1)],
		[(guerrillas, 0), (1, 0)],
		[(guerrillas, 1), (guerrillas, 2)],
		[(guerrillas, 0), (guerrillas, 0)],
	] {
		scene.vary(SLOT, |draft| {
			let context = draft.context();
			for (group, (of, rank)) in (0..).zip(places) {
				let packager: AuthorityIndex = draft.election.ranking(of)[rank];
				draft.repackage(group, packager, &context);
			}
		});
	}
}

fn block_should_be_accepted_when_it_leaves_packages_or_transactions_out(scene: &Scene) {
	let keep = |draft: &mut Draft, kept: &dyn Fn(&Package) -> bool| {
		draft.with_packages(|packages| packages.retain(kept));
	};
	scene.vary(SLOT, |draft| draft.transactions.clear());
	scene.vary(SLOT, |draft| {
		draft.transactions.clear();
		keep(draft, &|_: &Package| false);
	});
	for group in 0..2 {
		scene.vary(SLOT, |draft| {
			let senders = (0..SENDERS).filter(|sender| draft.group_of(*sender) == group);
			let hashes = draft.packages[usize::from(group)].transactions.clone();
			assert_eq!(hashes.len(), senders.count());
			draft.transactions.retain(|transaction| hashes.contains(&hash_of(transaction)));
			keep(draft, &|package: &Package| package.group == group);
		});
	}
	for odd in [false, true] {
		let mut number = 0;
		scene.vary(SLOT, |draft| {
			draft.transactions.retain(|_| {
				number += 1;
				(number % 2 == 1) == odd
			});
		});
	}
}

/// In the last block of a session the next authorities are put in place of those that its seal was checked
/// with, and the first block of the next session is sealed by one of them.
fn block_should_be_accepted_when_a_session_begins_in_it_and_in_the_one_before() {
	let mut chain = Chain::at(&Genesis::usual(), SESSION - 1);
	// Electing the next nodes takes all that a block may: there is no room for transactions.
	chain.advance(FIRST_SLOT, 0..0);
	let key = pallet_hhcm::SessionSlots::<Runtime>::hashed_key();
	let stored = chain.stored(&key).expect("a session has begun");
	let (_, last) = <(Slot, Slot)>::decode(&mut &stored[..]).expect("it is two slots");
	assert_eq!(last, Slot::from(FIRST_SLOT));
	chain.advance(SLOT, 0..SENDERS);
	assert_eq!(chain.head.number(), &(SESSION + 1));
}

fn block_should_be_accepted_when_its_timestamp_is_anywhere_in_its_slot(scene: &Scene) {
	let begin = SLOT * SLOT_DURATION;
	for timestamp in [begin, begin + 1, begin + SLOT_DURATION - 1] {
		scene.vary(SLOT, |draft| draft.timestamp = timestamp);
	}
}
