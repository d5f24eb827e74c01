//! Seals that are refused: by the relay chain's validators. Importers see to them before they execute a block,
//! with the same function.

use fusion_hhcm_primitives::{ticket, Candidate, Seal, ENGINE_ID, MAX_HEADER_SIZE};
use fusion_runtime::{Hash, Header};
use sp_runtime::{
	traits::{Block as _, Header as _},
	DigestItem,
};

use crate::{
	draft::{sign_seal, Built, Draft},
	genesis::{handicap_of, FIRST_SLOT, SENDERS},
	scene::{assert_says, Scene},
};

/// Takes the seal off, and puts another one there.
fn reseal(header: &mut Header, make: impl FnOnce(Hash) -> Seal) {
	header.digest_mut().pop();
	let seal = make(header.hash());
	header.digest_mut().push(seal.to_item());
}

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_refused_when_its_seal_is_false() {
	let scene = Scene::usual();
	block_should_be_refused_when_it_has_not_exactly_one_seal_at_its_end(&scene);
	block_should_be_refused_when_its_header_is_too_large(&scene);
	block_should_be_refused_when_its_author_has_not_signed_it(&scene);
	block_should_be_refused_when_it_was_sealed_with_too_little_work(&scene);
	block_should_be_refused_when_its_header_is_false_although_it_was_sealed_so(&scene);
	block_should_be_refused_when_its_work_was_done_for_another_parent(&scene);
}

fn block_should_be_refused_when_it_has_not_exactly_one_seal_at_its_end(scene: &Scene) {
	let missing = "hhcm: no seal at the end of the header: there is no such item";
	scene.assert_digest_refused("it has no seal", |logs| drop(logs.pop()), missing);
	scene.assert_digest_refused("its seal is not at the end", |logs| logs.rotate_right(1), missing);
	scene.assert_digest_refused(
		"something follows its seal",
		|logs| logs.push(DigestItem::Other(vec![1])),
		missing,
	);
	scene.assert_digest_refused("it has no digest", |logs| logs.clear(), missing);
	let foreign = |logs: &mut Vec<DigestItem>| {
		logs.pop();
		logs.push(DigestItem::Seal(*b"aura", vec![0; 64]));
	};
	scene.assert_digest_refused("its seal is of another engine", foreign, missing);

	let several = "hhcm: no seal at the end of the header: there is more than one such item";
	let twice = |logs: &mut Vec<DigestItem>| logs.extend(logs.last().cloned());
	scene.assert_digest_refused("it has its seal twice", twice, several);
	for place in 0..3 {
		scene.assert_digest_refused(
			"it has a seal of another engine, too",
			|logs| logs.insert(place, DigestItem::Seal(*b"aura", Vec::new())),
			several,
		);
	}

	let malformed = "hhcm: no seal at the end of the header: the item cannot be decoded";
	let honest = scene.draft.seal(&scene.built.header);
	let Some(DigestItem::Seal(ENGINE_ID, bytes)) = honest.digest().logs().last() else {
		panic!("an honest block ends with a seal of ours")
	};
	let mut longer = bytes.clone();
	longer.push(0);
	let mut other_version = bytes.clone();
	other_version[0] = 2;
	for changed in [Vec::new(), bytes[1..].to_vec(), longer, other_version] {
		let replace = |logs: &mut Vec<DigestItem>| {
			logs.pop();
			logs.push(DigestItem::Seal(ENGINE_ID, changed));
		};
		scene.assert_digest_refused("its seal is malformed", replace, malformed);
	}
}

fn block_should_be_refused_when_its_header_is_too_large(scene: &Scene) {
	let reason = "bytes, more than 16384";
	let large = |draft: &Draft, header: &mut Header| {
		header.digest_mut().logs.insert(0, DigestItem::Other(vec![0; MAX_HEADER_SIZE]));
		let author = draft.key(draft.claim.author).clone();
		reseal(header, |pre_hash| sign_seal(&author, pre_hash, draft.nonce()));
	};
	scene.assert_header_refused("its header is larger than evidence may be", large, reason);
}

fn block_should_be_refused_when_its_author_has_not_signed_it(scene: &Scene) {
	let refused = "hhcm: the seal is refused: the seal is not signed by the author";
	let author = |draft: &Draft| draft.key(draft.claim.author).clone();
	let forged = |draft: &Draft, header: &mut Header| {
		let other = draft.key(draft.election.ranking(draft.claim.group)[1]);
		reseal(header, |pre_hash| sign_seal(other, pre_hash, draft.nonce()));
	};
	scene.assert_header_refused("another node has sealed it", forged, refused);
	let elsewhere = |draft: &Draft, header: &mut Header| {
		reseal(header, |_| sign_seal(&author(draft), Hash::zero(), draft.nonce()));
	};
	scene.assert_header_refused("its seal is for another block", elsewhere, refused);
	// Another nonce solves the ticket too, but was not signed.
	let exchanged = |draft: &Draft, header: &mut Header| {
		let first = draft.nonce();
		let second = draft.solution(first + 1).expect("there are many");
		reseal(header, |pre_hash| {
			let signature = sign_seal(&author(draft), pre_hash, first).signature().clone();
			Seal::V1 { nonce: second, signature }
		});
	};
	scene.assert_header_refused("its nonce was exchanged", exchanged, refused);

	// What was changed after it was sealed.
	scene.assert_header_refused(
		"its state root was changed afterwards",
		|_, header| header.state_root = Hash::zero(),
		refused,
	);
	scene.assert_header_refused(
		"its extrinsics root was changed afterwards",
		|_, header| header.extrinsics_root = Hash::zero(),
		refused,
	);
	scene.assert_digest_refused(
		"its digest was changed afterwards",
		|logs| logs.insert(0, DigestItem::PreRuntime(*b"aura", vec![1])),
		refused,
	);
	scene.assert_body_refused(
		"its last transaction was taken away afterwards",
		|extrinsics| drop(extrinsics.pop()),
		"must match that calculated",
	);
}

fn block_should_be_refused_when_it_was_sealed_with_too_little_work(scene: &Scene) {
	let difficulty = scene.draft.round.difficulty;
	let limit = ticket::nonce_limit(difficulty);
	assert_eq!(scene.draft.handicap(), 1);
	let with_nonce = |draft: &Draft, header: &mut Header, nonce: u64| {
		let author = draft.key(draft.claim.author);
		reseal(header, |pre_hash| sign_seal(author, pre_hash, nonce));
	};
	let unsolved = |draft: &Draft, header: &mut Header| {
		let fails = |nonce: &u64| !draft.ticket().is_solved_by(*nonce, difficulty, 1);
		let nonce = (0..limit).find(fails).expect("most nonces solve nothing");
		with_nonce(draft, header, nonce);
	};
	let reason = "does not solve the author's ticket";
	scene.assert_header_refused("its nonce solves nothing", unsolved, reason);

	// Beyond the limit there are solutions again: the limit is what refuses them.
	let late = |draft: &Draft, header: &mut Header| {
		let target = ticket::target(difficulty, 1);
		let solves = |nonce: &u64| draft.ticket().draw(*nonce) <= target;
		let nonce = (limit..).find(solves).expect("there are many");
		with_nonce(draft, header, nonce);
	};
	let reason = format!("is not below the limit {limit}");
	scene.assert_header_refused("its nonce is beyond the limit", late, &reason);
	let largest = |draft: &Draft, header: &mut Header| with_nonce(draft, header, u64::MAX);
	scene.assert_header_refused("its nonce is the largest", largest, &reason);

	// A guerrilla or a later rank, of whom more work is wanted.
	let other = scene.vary(FIRST_SLOT + 1, |draft| {
		let handicapped = |candidate: &Candidate| handicap_of(&draft.election, *candidate) > 1;
		let other = draft.election.may_assemble().find(handicapped);
		draft.claim_for(other.expect("one of the three is"));
	});
	let handicap = other.draft.handicap();
	assert!(handicap > 1);
	let cheap = |draft: &Draft, header: &mut Header| {
		let solves = |nonce: &u64| {
			draft.ticket().is_solved_by(*nonce, difficulty, 1)
				&& !draft.ticket().is_solved_by(*nonce, difficulty, handicap)
		};
		let nonce = (0..limit).find(solves).expect("there are some");
		with_nonce(draft, header, nonce);
	};
	let reason = "does not solve the author's ticket";
	other.assert_header_refused("it took as little work as a winner's", cheap, reason);
}

fn block_should_be_refused_when_its_header_is_false_although_it_was_sealed_so(scene: &Scene) {
	let sealed = |change: &dyn Fn(&mut Header)| {
		let mut header = scene.built.header.clone();
		change(&mut header);
		scene.draft.seal(&header)
	};
	for (what, reason, header) in [
		(
			"its state root is another",
			"Storage root must match that calculated",
			sealed(&|header: &mut Header| header.state_root = Hash::zero()),
		),
		(
			"its extrinsics root is another",
			"Transaction trie root must be valid",
			sealed(&|header: &mut Header| header.extrinsics_root = Hash::zero()),
		),
		(
			"its digest has an item more",
			"Number of digest items must match that calculated",
			sealed(&|header: &mut Header| header.digest_mut().push(DigestItem::Other(vec![1]))),
		),
	] {
		scene.assert_header_refused(what, |_, old| *old = header, reason);
	}
}

fn block_should_be_refused_when_its_work_was_done_for_another_parent(scene: &Scene) {
	// Work, signatures and all that is in the second block once more, on top of it.
	let mut chain = scene.chain.clone();
	let again = chain.advance(FIRST_SLOT + 1, 0..SENDERS);
	let (mut header, extrinsics) = again.block.deconstruct();
	header.number += 1;
	header.parent_hash = chain.head.hash();
	let draft = chain.draft(FIRST_SLOT + 2, 0..SENDERS);
	let (built, _) = chain.build(&draft);
	let built = Built { extrinsics, ..built };
	let what = "it is the block before, on top of itself";
	let submission = draft.submit(&built, header);
	assert_says(&submission.refusal(what), "hhcm: the seal is refused", "validators", what);

	// A block of the same slot that was sealed on top of the parent of its parent.
	let sealed = scene.draft.seal(&scene.built.header);
	let mut elsewhere = scene.draft.submit(&scene.built, sealed);
	elsewhere.parent = chain.head;
	let what = "it is on top of another block";
	let reason = "Parachain head needs to be the parent of the first block";
	assert_says(&elsewhere.refusal(what), reason, "validators", what);
}
