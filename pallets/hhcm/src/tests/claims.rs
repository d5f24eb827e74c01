//! Claims that are refused, each for its own reason: by the relay chain, by importers, and by the author's
//! own node.

use codec::Encode;
use fusion_hhcm_primitives::{digest::Claim, PreDigest, ENGINE_ID};
use sp_core::H256;
use sp_runtime::DigestItem;

use super::driver::{assert_says, vrf, Chain, Draft};
use crate::mock::*;

/// A chain with one block, and the draft of the next.
fn second_block() -> (Chain, Draft) {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let draft = chain.draft(FIRST_SLOT + 1);
	(chain, draft)
}

/// Fails if the changed draft is not refused with this message, by everybody who executes it.
#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Draft), expected: &str) {
	let (mut chain, mut draft) = second_block();
	change(&mut draft);
	assert_says(&chain.refused(&draft), expected);
	assert_says(&chain.refused_unsealed(&draft), expected);
	assert_says(&chain.refused_to_author(&draft), expected);
}

#[test]
fn block_should_be_accepted_when_nothing_is_changed() {
	let (mut chain, draft) = second_block();
	// Drafts have no state root: that is all that is wrong with them.
	assert_says(&chain.refused(&draft), "Storage root must match that calculated");
	assert_says(&chain.refused_unsealed(&draft), "Storage root must match that calculated");
	let block = chain.build(&draft);
	chain.import(block);
}

#[test]
fn block_should_be_refused_when_there_is_no_claim() {
	let missing = "hhcm: no claim in the header: there is no such item";
	assert_refused(|draft| draft.items = Some(Vec::new()), missing);
	let foreign = |draft: &mut Draft| {
		let bytes = PreDigest::V1(draft.claim.clone()).encode();
		draft.items = Some(vec![DigestItem::PreRuntime(*b"aura", bytes)]);
	};
	assert_refused(foreign, missing);
}

#[test]
fn block_should_be_refused_when_there_are_two_claims() {
	let several = "hhcm: no claim in the header: there is more than one such item";
	assert_refused(
		|draft| draft.items = Some(vec![draft.claim.to_item(), draft.claim.to_item()]),
		several,
	);
	let other = |draft: &mut Draft| {
		let second = Claim { slot: 1.into(), ..draft.claim.clone() };
		draft.items = Some(vec![draft.claim.to_item(), second.to_item()]);
	};
	assert_refused(other, several);
}

#[test]
fn block_should_be_refused_when_the_claim_is_malformed() {
	let malformed = "hhcm: no claim in the header: the item cannot be decoded";
	for bytes in [vec![], vec![1; 7], vec![2; 142]] {
		assert_refused(
			|draft| draft.items = Some(vec![DigestItem::PreRuntime(ENGINE_ID, bytes)]),
			malformed,
		);
	}
}

#[test]
fn block_should_be_refused_when_the_slot_is_not_later() {
	for slot in [0, 1, FIRST_SLOT - 1, FIRST_SLOT] {
		let (mut chain, mut draft) = second_block();
		draft.claim.slot = slot.into();
		let expected = format!("hhcm: the claim is refused: slot {slot} is not later");
		assert_says(&chain.refused(&draft), &expected);
		assert_says(&chain.refused_unsealed(&draft), &expected);
	}
}

#[test]
fn block_should_be_refused_when_the_author_is_unknown() {
	let unknown = "there is no bookkeeping node 99";
	assert_refused(|draft| draft.claim.author = 99, unknown);
	assert_refused(|draft| draft.claim.author = NODES, "there is no bookkeeping node 16");
}

#[test]
fn block_should_be_refused_when_the_group_is_another() {
	let (_, draft) = second_block();
	let drawn = draft.claim.group;
	for claimed in (0..=4).filter(|group| *group != drawn) {
		assert_refused(
			|draft| draft.claim.group = claimed,
			&format!(
				"hhcm: the claim is refused: the author claims group {claimed}, but is in group {drawn}"
			),
		);
	}
}

#[test]
fn block_should_be_refused_when_the_rank_is_another() {
	assert_refused(
		|draft| draft.claim.rank = 1,
		"hhcm: the claim is refused: the author claims rank 1, but has rank 0",
	);
	// A second rank that says it had won: with less work than it should do.
	let usurper = |draft: &mut Draft| {
		let (group, second) =
			(0..4).find_map(|group| Some((group, *draft.election.ranking(group).get(1)?))).unwrap();
		draft.claim.group = group;
		draft.claim.author = second;
		draft.claim.vrf = vrf(draft.key(second), draft.round.seed, draft.claim.slot);
	};
	assert_refused(usurper, "hhcm: the claim is refused: the author claims rank 0, but has rank 1");
}

#[test]
fn block_should_be_refused_when_a_stand_in_is_too_early() {
	let fourth = |draft: &mut Draft| {
		let fourth = draft.election.assembly_order().nth(3).unwrap();
		draft.claim_for(fourth);
	};
	assert_refused(
		fourth,
		"hhcm: the claim is refused: the author is not among the nodes that 3 draws let assemble",
	);
	// The last of all that has a ticket with a solution.
	let last = |draft: &mut Draft| {
		let all: Vec<_> = draft.election.assembly_order().collect();
		let solved = all.into_iter().rev().any(|candidate| {
			draft.claim_for(candidate);
			draft.solution().is_some()
		});
		assert!(solved);
	};
	assert_refused(last, "the author is not among the nodes that 3 draws let assemble");
}

#[test]
fn block_should_be_refused_when_the_vrf_is_not_the_authors_for_here() {
	let refused = "hhcm: the claim is refused: the VRF output is not the author's";
	let foreign = |draft: &mut Draft| {
		let other = (draft.claim.author + 1) % NODES;
		draft.claim.vrf = vrf(draft.key(other), draft.round.seed, draft.claim.slot);
	};
	assert_refused(foreign, refused);
	let elsewhere = |draft: &mut Draft| {
		draft.claim.vrf = vrf(draft.key(draft.claim.author), H256::zero(), draft.claim.slot);
	};
	assert_refused(elsewhere, refused);
	let earlier = |draft: &mut Draft| {
		let key = draft.key(draft.claim.author);
		draft.claim.vrf = vrf(key, draft.round.seed, FIRST_SLOT.into());
	};
	assert_refused(earlier, refused);
}

#[test]
fn block_should_be_refused_when_it_is_of_another_chain_with_the_same_nodes() {
	let (mut chain, _) = second_block();
	let mut other = Chain::with(genesis(H256::repeat_byte(200)));
	other.advance(FIRST_SLOT);
	let draft = other.draft(FIRST_SLOT + 1);
	let block = other.build(&draft);
	let message = chain.refusal(block);
	assert!(message.starts_with("hhcm: "), "{message}");
}
