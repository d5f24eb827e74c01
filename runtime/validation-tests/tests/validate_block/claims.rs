//! Claims that are refused.

use codec::Encode;
use fusion_hhcm_primitives::{
	digest::Claim, AuthorityIndex, Election, PreDigest, Round, ENGINE_ID,
};
use fusion_runtime::Hash;
use sp_runtime::DigestItem;

use crate::{
	draft::Draft,
	genesis::{handicap_of, vrf, FIRST_SLOT},
	scene::Scene,
};

/// The encoding of a draft's claim.
fn encoded(draft: &Draft) -> Vec<u8> {
	PreDigest::V1(draft.claim.clone()).encode()
}

/// Puts other bytes in place of the claim.
fn with_bytes(draft: &mut Draft, bytes: Vec<u8>) {
	draft.items = Some(vec![DigestItem::PreRuntime(ENGINE_ID, bytes)]);
}

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_refused_when_its_claim_is_false() {
	let scene = Scene::usual();
	block_should_be_refused_when_it_has_not_exactly_one_claim_of_the_known_version(&scene);
	block_should_be_refused_when_its_author_is_not_in_that_place(&scene);
	block_should_be_refused_when_a_stand_in_is_too_early(&scene);
	block_should_be_refused_when_its_vrf_output_is_not_its_authors_for_here(&scene);
}

fn block_should_be_refused_when_it_has_not_exactly_one_claim_of_the_known_version(scene: &Scene) {
	let missing = "hhcm: no claim in the header: there is no such item";
	scene.assert_refused("it has no claim", |draft| draft.items = Some(Vec::new()), missing);
	let foreign = |draft: &mut Draft| {
		draft.items = Some(vec![DigestItem::PreRuntime(*b"aura", encoded(draft))]);
	};
	scene.assert_refused("its claim is of another engine", foreign, missing);
	let late = |draft: &mut Draft| {
		draft.items = Some(vec![DigestItem::Consensus(ENGINE_ID, encoded(draft))]);
	};
	scene.assert_refused("its claim is an item of another kind", late, missing);

	let several = "hhcm: no claim in the header: there is more than one such item";
	let twice =
		|draft: &mut Draft| draft.items = Some(vec![draft.claim.to_item(), draft.claim.to_item()]);
	scene.assert_refused("it has the same claim twice", twice, several);
	let other = |draft: &mut Draft| {
		let second = Claim { rank: 7, ..draft.claim.clone() };
		draft.items = Some(vec![draft.claim.to_item(), second.to_item()]);
	};
	scene.assert_refused("it has another claim beside its own", other, several);

	let malformed = "hhcm: no claim in the header: the item cannot be decoded";
	let empty = |draft: &mut Draft| with_bytes(draft, Vec::new());
	scene.assert_refused("its claim is empty", empty, malformed);
	let shorter = |draft: &mut Draft| {
		let mut bytes = encoded(draft);
		bytes.pop();
		with_bytes(draft, bytes);
	};
	scene.assert_refused("its claim lacks a byte", shorter, malformed);
	let longer = |draft: &mut Draft| {
		let mut bytes = encoded(draft);
		bytes.push(0);
		with_bytes(draft, bytes);
	};
	scene.assert_refused("its claim has a byte too many", longer, malformed);
	for version in [0, 2, u8::MAX] {
		let other_version = |draft: &mut Draft| {
			let mut bytes = encoded(draft);
			bytes[0] = version;
			with_bytes(draft, bytes);
		};
		let what = format!("its claim is of version {version}");
		scene.assert_refused(&what, other_version, malformed);
	}
	// Items of other engines do no harm.
	scene.vary(FIRST_SLOT + 1, |draft| {
		let other = DigestItem::PreRuntime(*b"aura", vec![1, 2, 3]);
		draft.items = Some(vec![other, draft.claim.to_item()]);
	});
}

fn block_should_be_refused_when_its_author_is_not_in_that_place(scene: &Scene) {
	let nodes = scene.draft.keys.len() as AuthorityIndex;
	for index in [nodes, AuthorityIndex::MAX] {
		scene.assert_refused(
			"its author is not in office",
			|draft| draft.claim.author = index,
			&format!("there is no bookkeeping node {index}"),
		);
	}

	let drawn = scene.draft.claim.group;
	for claimed in (0..=scene.draft.election.groups() + 1).filter(|group| *group != drawn) {
		scene.assert_refused(
			&format!("its author claims group {claimed}"),
			|draft| draft.claim.group = claimed,
			&format!(
				"hhcm: the claim is refused: the author claims group {claimed}, but is in group {drawn}"
			),
		);
	}

	scene.assert_refused(
		"its author claims a lower rank",
		|draft| draft.claim.rank = 1,
		"hhcm: the claim is refused: the author claims rank 1, but has rank 0",
	);
	// A second rank that says it had won: with less work than it should do.
	let usurper = |draft: &mut Draft| {
		let second = draft.election.ranking(draft.claim.group)[1];
		draft.claim.author = second;
		draft.claim.vrf = vrf(draft.key(second), draft.round.seed, draft.claim.slot);
	};
	scene.assert_refused(
		"its author claims to have won",
		usurper,
		"hhcm: the claim is refused: the author claims rank 0, but has rank 1",
	);
}

fn block_should_be_refused_when_a_stand_in_is_too_early(scene: &Scene) {
	let not_drawn = |draws: u32| {
		format!(
			"hhcm: the claim is refused: the author is not among the nodes that {draws} draws let assemble"
		)
	};
	// The first one in the assembly order that may not.
	let next = |draft: &mut Draft| {
		let may = draft.election.may_assemble().count();
		let next = draft.election.assembly_order().nth(may).expect("not everybody may");
		draft.claim_for(next);
	};
	scene.assert_refused("no slot was missed, and its author was not drawn", next, &not_drawn(3));
	// The last of all whose ticket has a solution.
	let last = |draft: &mut Draft| {
		let all: Vec<_> = draft.election.assembly_order().collect();
		let solved = all.into_iter().rev().any(|candidate| {
			draft.claim_for(candidate);
			draft.solution(0).is_some()
		});
		assert!(solved, "some ticket has a solution");
	};
	scene.assert_refused("its author is one of the last", last, &not_drawn(3));

	// With slots missed, others may: the same ones, in the same slot, may not if none was.
	let (slot, stand_in) = (FIRST_SLOT + 2..FIRST_SLOT + 20)
		.find_map(|slot| {
			let (round, authorities, election) = scene.chain.election(slot);
			let filled = Round { last_slot: (slot - 1).into(), ..round };
			let without = Election::new(&filled, slot.into(), &authorities);
			let stand_in = election.may_assemble().find(|candidate| {
				without.assembly_position(candidate.index).is_none()
					&& handicap_of(&election, *candidate) <= 4
			});
			Some((slot, stand_in?))
		})
		.expect("soon enough somebody else is drawn");
	let later = scene.vary(slot, |draft| draft.claim_for(stand_in));
	let draws = later.draft.election.draws();
	assert_eq!(u64::from(draws), 3 * (slot - FIRST_SLOT));
	later.assert_refused("its author was not drawn with more draws", next, &not_drawn(draws));
}

fn block_should_be_refused_when_its_vrf_output_is_not_its_authors_for_here(scene: &Scene) {
	let refused = "hhcm: the claim is refused: the VRF output is not the author's";
	let foreign = |draft: &mut Draft| {
		let other = draft.election.ranking(draft.claim.group)[1];
		draft.claim.vrf = vrf(draft.key(other), draft.round.seed, draft.claim.slot);
	};
	scene.assert_refused("its VRF output is another node's", foreign, refused);
	let elsewhere = |draft: &mut Draft| {
		let key = draft.key(draft.claim.author);
		draft.claim.vrf = vrf(key, Hash::zero(), draft.claim.slot);
	};
	scene.assert_refused("its VRF output is for another seed", elsewhere, refused);
	let earlier = |draft: &mut Draft| {
		let key = draft.key(draft.claim.author);
		draft.claim.vrf = vrf(key, draft.round.seed, FIRST_SLOT.into());
	};
	scene.assert_refused("its VRF output is for another slot", earlier, refused);
	// The output with the proof of another one.
	let mixed = |draft: &mut Draft| {
		let key = draft.key(draft.claim.author);
		let other = vrf(key, Hash::zero(), draft.claim.slot);
		draft.claim.vrf.proof = other.proof;
	};
	scene.assert_refused("its VRF output is not proven", mixed, refused);
}
