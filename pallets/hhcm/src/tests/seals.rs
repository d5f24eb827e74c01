//! Seals that are refused: nobody but the author, with enough work, for this block.

use codec::Encode;
use fusion_hhcm_primitives::{Seal, Ticket, ENGINE_ID, MAX_HEADER_SIZE};
use sp_core::{Pair as _, H256};
use sp_runtime::{traits::Header as _, DigestItem};

use super::driver::{assert_says, seal, Chain, Draft};
use crate::mock::*;

/// A chain with one block, the draft of the next, and that block.
fn sealed() -> (Chain, Draft, Block) {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let draft = chain.draft(FIRST_SLOT + 1);
	let block = chain.build(&draft);
	(chain, draft, block)
}

/// Fails if the block is not refused with this message when its digest is changed.
#[track_caller]
fn assert_refused(change: impl FnOnce(&Draft, &mut Vec<DigestItem>), expected: &str) {
	let (mut chain, draft, mut block) = sealed();
	change(&draft, &mut block.header.digest_mut().logs);
	assert_says(&chain.refusal(block), expected);
}

/// Fails if the block is not refused with this message when it has another seal.
#[track_caller]
fn assert_seal_refused(make: impl FnOnce(&Draft, H256) -> Seal, expected: &str) {
	let (mut chain, draft, mut block) = sealed();
	block.header.digest_mut().pop();
	let seal = make(&draft, block.header.hash());
	block.header.digest_mut().push(seal.to_item());
	assert_says(&chain.refusal(block), expected);
}

fn ticket(draft: &Draft) -> Ticket {
	let author = draft.key(draft.claim.author).public();
	let claim = &draft.claim;
	Ticket::new(draft.parent, claim.slot, &author, claim.group, claim.packages_root)
}

#[test]
fn seal_should_be_taken_off_when_it_is_sound() {
	let (mut chain, _, block) = sealed();
	chain.import(block);
}

#[test]
fn seal_should_be_refused_when_it_is_missing_or_not_last() {
	let missing = "hhcm: no seal at the end of the header: there is no such item";
	assert_refused(|_, logs| drop(logs.pop()), missing);
	assert_refused(|_, logs| logs.swap(0, 1), missing);
	assert_refused(|_, logs| logs.push(DigestItem::Other(vec![1])), missing);
	let foreign = |_: &Draft, logs: &mut Vec<DigestItem>| {
		logs.pop();
		logs.push(DigestItem::Seal(*b"aura", vec![0; 64]));
	};
	assert_refused(foreign, missing);
	assert_refused(|_, logs| logs.clear(), missing);
}

#[test]
fn header_should_be_refused_when_it_is_too_large() {
	let (_, _, block) = sealed();
	let room = MAX_HEADER_SIZE - block.header.encoded_size();
	// An item takes a byte more for its kind and two for its length; it is not what the author has signed.
	assert_refused(
		|_, logs| logs.insert(0, DigestItem::Other(vec![0; room - 3])),
		"hhcm: the seal is refused",
	);
	assert_refused(
		|_, logs| logs.insert(0, DigestItem::Other(vec![0; room - 2])),
		"hhcm: the header has 16385 bytes, more than 16384",
	);
}

#[test]
fn seal_should_be_refused_when_there_are_two() {
	let several = "hhcm: no seal at the end of the header: there is more than one such item";
	assert_refused(|_, logs| logs.push(logs[1].clone()), several);
	assert_refused(|_, logs| logs.push(DigestItem::Seal(*b"aura", vec![])), several);
	assert_refused(|_, logs| logs.insert(0, DigestItem::Seal(*b"aura", vec![])), several);
}

#[test]
fn seal_should_be_refused_when_it_is_malformed() {
	let malformed = "hhcm: no seal at the end of the header: the item cannot be decoded";
	for bytes in [vec![], vec![1; 72], vec![0; 73], vec![1; 74]] {
		let replace = |_: &Draft, logs: &mut Vec<DigestItem>| {
			logs.pop();
			logs.push(DigestItem::Seal(ENGINE_ID, bytes));
		};
		assert_refused(replace, malformed);
	}
}

#[test]
fn seal_should_be_refused_when_it_is_not_signed_by_the_author() {
	let refused = "hhcm: the seal is refused: the seal is not signed by the author";
	let forged = |draft: &Draft, pre_hash| {
		let other = (draft.claim.author + 1) % NODES;
		seal(draft.key(other), pre_hash, draft.nonce())
	};
	assert_seal_refused(forged, refused);
	let elsewhere =
		|draft: &Draft, _| seal(draft.key(draft.claim.author), H256::zero(), draft.nonce());
	assert_seal_refused(elsewhere, refused);
}

#[test]
fn seal_should_be_refused_when_the_nonce_was_exchanged() {
	// Another nonce solves the ticket too, but was not signed.
	let exchanged = |draft: &Draft, pre_hash: H256| {
		let first = draft.nonce();
		let place = draft.election.place_of(draft.claim.author).unwrap();
		let handicap = draft.election.handicap(place);
		let second = ticket(draft)
			.mine(first + 1, u64::MAX, draft.round.difficulty, handicap)
			.expect("there are many");
		let signature = seal(draft.key(draft.claim.author), pre_hash, first).signature().clone();
		Seal::V1 { nonce: second, signature }
	};
	assert_seal_refused(exchanged, "the seal is not signed by the author");
}

#[test]
fn seal_should_be_refused_when_the_nonce_is_not_below_the_limit() {
	// Far enough beyond the limit there are solutions again: the limit is what refuses them.
	let late = |draft: &Draft, pre_hash| {
		let target = fusion_hhcm_primitives::ticket::target(draft.round.difficulty, 1);
		let nonce = (512..).find(|nonce| ticket(draft).draw(*nonce) <= target).unwrap();
		seal(draft.key(draft.claim.author), pre_hash, nonce)
	};
	assert_seal_refused(late, "is not below the limit 512");
	let huge = |draft: &Draft, pre_hash| seal(draft.key(draft.claim.author), pre_hash, u64::MAX);
	assert_seal_refused(huge, "is not below the limit 512");
}

#[test]
fn seal_should_be_refused_when_the_ticket_is_not_solved() {
	let unsolved = |draft: &Draft, pre_hash| {
		let nonce = (0..)
			.find(|nonce| !ticket(draft).is_solved_by(*nonce, draft.round.difficulty, 1))
			.unwrap();
		seal(draft.key(draft.claim.author), pre_hash, nonce)
	};
	assert_seal_refused(unsolved, "does not solve the author's ticket");
}

#[test]
fn seal_should_need_more_work_when_the_rank_is_lower() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let mut draft = chain.draft(FIRST_SLOT + 3);
	let stand_in = draft.election.may_assemble().find(|candidate| candidate.rank == 1).unwrap();
	draft.claim_for(stand_in);
	let block = chain.build(&draft);
	let handicap = draft.election.handicap(draft.election.place_of(stand_in.index).unwrap());
	assert!(handicap > 1);
	let difficulty = draft.round.difficulty;
	// A solution for a winner that is none for this rank.
	let easy = (0..512)
		.find(|nonce| {
			ticket(&draft).is_solved_by(*nonce, difficulty, 1)
				&& !ticket(&draft).is_solved_by(*nonce, difficulty, handicap)
		})
		.unwrap();
	let mut cheap = block.clone();
	cheap.header.digest_mut().pop();
	let seal = seal(draft.key(stand_in.index), cheap.header.hash(), easy);
	cheap.header.digest_mut().push(seal.to_item());
	assert_says(&chain.refusal(cheap), "does not solve the author's ticket");
	chain.import(block);
}

#[test]
fn seal_should_be_refused_when_the_header_was_changed_afterwards() {
	let (mut chain, _, mut block) = sealed();
	block.header.state_root = H256::zero();
	assert_says(&chain.refusal(block), "the seal is not signed by the author");
	let (mut chain, _, mut block) = sealed();
	block.header.digest_mut().logs.insert(0, DigestItem::PreRuntime(*b"aura", vec![1]));
	assert_says(&chain.refusal(block), "the seal is not signed by the author");
	// The extrinsics are in the header by their root.
	let (mut chain, _, mut block) = sealed();
	block.extrinsics.pop();
	assert_says(&chain.refusal(block), "must match that calculated");
}

#[test]
fn seal_should_be_refused_when_it_is_for_another_parent() {
	let (mut chain, _, block) = sealed();
	chain.import(block.clone());
	// The same work and signature again, on top of itself.
	let mut again = block;
	again.header.parent_hash = chain.parent;
	again.header.number += 1;
	let message = chain.refusal(again);
	assert!(message.starts_with("hhcm: the seal is refused"), "{message}");
}
