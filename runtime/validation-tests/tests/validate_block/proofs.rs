//! What validators have of the state: only what a block brings along.

use fusion_runtime::Runtime;
use sp_state_machine::StorageProof;

use crate::{
	draft::Built,
	genesis::{FIRST_SLOT, SENDERS},
	scene::{assert_says, Scene},
};

/// What the check of the seal reads.
fn read_by_seal() -> [(&'static str, Vec<u8>); 2] {
	[
		("authorities", pallet_hhcm::Authorities::<Runtime>::hashed_key().to_vec()),
		("round", pallet_hhcm::CurrentRound::<Runtime>::hashed_key().to_vec()),
	]
}

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_refused_when_its_proof_is_false() {
	let scene = Scene::usual();
	proof_should_have_what_the_seal_is_checked_with(&scene);
	block_should_be_refused_when_its_proof_lacks_what_its_seal_is_checked_with(&scene);
	block_should_be_refused_when_its_proof_is_of_another_state(&scene);
}

fn proof_should_have_what_the_seal_is_checked_with(scene: &Scene) {
	let extrinsics = &scene.built.extrinsics;
	let read = scene.chain.attempt(&scene.draft.header(), extrinsics).read;
	for (what, key) in read_by_seal() {
		let value = scene.chain.stored(&key).expect("it is in the state");
		assert!(read.contains(&key), "executing a block does not read the {what}");
		assert!(
			scene.built.proof.iter_nodes().any(|node| *node == value),
			"the {what} are not in the proof of a block"
		);
	}
	// The proof is what the block needs, and no more: nothing of the runtime's code, above all.
	let size: usize = scene.built.proof.iter_nodes().map(Vec::len).sum();
	assert!(size < 64 * 1024, "the proof of a small block has {size} bytes");
}

fn block_should_be_refused_when_its_proof_lacks_what_its_seal_is_checked_with(scene: &Scene) {
	let Scene { chain, draft, built } = scene;
	let sealed = draft.seal(&built.header);
	// Nothing but the check of the seal gets as far as to see that it is another's.
	let other = draft.election.ranking(draft.claim.group)[1];
	let forged = draft.seal_by(other, &built.header, draft.nonce());
	for (what, key) in read_by_seal() {
		let value = chain.stored(&key).expect("it is in the state");
		let rest = built.proof.iter_nodes().filter(|node| **node != value).cloned();
		let proof = StorageProof::new(rest.collect::<Vec<_>>());
		assert_eq!(proof.len() + 1, built.proof.len());
		let without = Built { proof, ..built.clone() };
		let what = format!("its proof lacks the {what}");
		let reason = "Externalities not allowed to fail within runtime";
		for header in [&sealed, &forged] {
			let refusal = draft.submit(&without, header.clone()).refusal(&what);
			assert_says(&refusal, reason, "validators", &what);
			assert!(!refusal.says("hhcm: "), "{refusal}");
		}
	}
	// With it, the forged seal is found.
	let what = "another node has sealed it";
	let refusal = draft.submit(built, forged).refusal(what);
	assert_says(&refusal, "the seal is not signed by the author", "validators", what);
	draft.submit(built, sealed).assert_accepted();
}

fn block_should_be_refused_when_its_proof_is_of_another_state(scene: &Scene) {
	let Scene { chain, draft, built } = scene;
	let honest = draft.submit(built, draft.seal(&built.header));
	let reason = "Compact proof decoding failure";
	for (what, key) in read_by_seal() {
		let value = chain.stored(&key).expect("it is in the state");
		let mut forged = honest.clone();
		let nodes = &mut forged.proof.encoded_nodes;
		let node = nodes.iter_mut().find(|node| **node == value).expect("it is in the proof");
		*node.last_mut().expect("it is not empty") ^= 1;
		let what = format!("the {what} in its proof are others");
		assert_says(&forged.refusal(&what), reason, "validators", &what);
	}

	// That of a block before.
	let mut later = chain.clone();
	let before = later.advance(FIRST_SLOT + 1, 0..SENDERS);
	let after = later.advance(FIRST_SLOT + 2, 0..SENDERS);
	let mut older = after.clone();
	older.proof = before.proof;
	let what = "its proof is of an older state";
	assert_says(&older.refusal(what), reason, "validators", what);
	after.assert_accepted();

	let mut empty = after;
	empty.proof.encoded_nodes.clear();
	let what = "it has no proof";
	assert_says(&empty.refusal(what), reason, "validators", what);
}
