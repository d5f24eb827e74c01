//! Slots: of the claim, of the timestamp, of the relay chain.

use fusion_runtime::SLOT_DURATION;

use crate::{
	chain::Chain,
	draft::{Draft, RelayParent},
	genesis::FIRST_SLOT,
	scene::{assert_says, Scene},
};

/// The slot of the block that is looked at.
const SLOT: u64 = FIRST_SLOT + 1;
/// Numbers of the relay chain's blocks are those of their slots in tests.
const NUMBER: u32 = SLOT as u32;

/// The relay chain's block with this number and slot.
fn relay(chain: &Chain, number: u32, slot: u64) -> RelayParent {
	RelayParent::new(number, slot, &chain.head)
}

/// One test for all: where tests are processes of their own, each has to prepare the wasm.
#[test]
fn block_should_be_refused_when_its_slot_or_time_is_false() {
	let scene = Scene::usual();
	block_should_be_refused_when_its_slot_is_not_later_than_its_parents(&scene);
	block_should_be_refused_when_its_slot_is_not_the_relay_chains(&scene);
	block_should_be_refused_when_its_timestamp_is_in_another_slot(&scene);
	block_should_be_refused_when_it_builds_on_a_relay_chain_that_it_has_made_up(&scene);
}

fn block_should_be_refused_when_its_slot_is_not_later_than_its_parents(scene: &Scene) {
	for slot in [0, 1, FIRST_SLOT - 1, FIRST_SLOT] {
		scene.assert_refused(
			"its slot is not later",
			|draft| {
				draft.claim.slot = slot.into();
				draft.relay = relay(&scene.chain, NUMBER, slot);
				draft.timestamp = slot * SLOT_DURATION;
			},
			&format!("hhcm: the claim is refused: slot {slot} is not later than the parent's"),
		);
	}
}

fn block_should_be_refused_when_its_slot_is_not_the_relay_chains(scene: &Scene) {
	let claimed = |slot: u64, relay: u64| {
		format!("hhcm: the author claims slot {slot}, but the relay chain's slot {relay} has slots")
	};
	for slot in [SLOT + 1, SLOT + 2, SLOT + 1_000] {
		scene.assert_refused(
			"the relay chain is in another slot",
			|draft| draft.relay = relay(&scene.chain, NUMBER, slot),
			&claimed(SLOT, slot),
		);
	}
	// A slot that is yet to come, claimed by somebody who may author in it, and it is its timestamp's too.
	let future = scene.vary(SLOT + 1, |_| ());
	future.assert_refused(
		"its slot is yet to come",
		|draft| draft.relay = relay(&scene.chain, NUMBER, SLOT),
		&claimed(SLOT + 1, SLOT),
	);
	scene.assert_refused(
		"there was a block in the relay chain's slot already",
		|draft| draft.relay = relay(&scene.chain, NUMBER, FIRST_SLOT),
		&format!("hhcm: there are 1 blocks in the relay chain's slot {FIRST_SLOT} already"),
	);
	// An older block of the relay chain once more.
	scene.assert_refused(
		"it builds on an older block of the relay chain",
		|draft| draft.relay = relay(&scene.chain, NUMBER - 2, FIRST_SLOT - 1),
		"Relay chain block number needs to monotonically increase",
	);
	scene.assert_refused(
		"it builds on a block of the relay chain whose slot is older than its parent's",
		|draft| draft.relay = relay(&scene.chain, NUMBER, FIRST_SLOT - 1),
		&format!(
			"hhcm: the relay chain's slot {} is before that of the parent, {FIRST_SLOT}",
			FIRST_SLOT - 1
		),
	);
	scene.assert_refused(
		"what it says of the relay chain's state is not proven",
		|draft| draft.relay.proof = relay(&scene.chain, NUMBER, SLOT + 1).proof,
		"Invalid relay chain state proof",
	);
}

fn block_should_be_refused_when_its_timestamp_is_in_another_slot(scene: &Scene) {
	let begin = SLOT * SLOT_DURATION;
	// Before the parent's time there is another rule.
	for timestamp in [begin - 1, begin + SLOT_DURATION, begin + 1_000 * SLOT_DURATION] {
		let slot = timestamp / SLOT_DURATION;
		scene.assert_refused(
			"its timestamp is in another slot",
			|draft| draft.timestamp = timestamp,
			&format!(
				"hhcm: the timestamp {timestamp} is in slot {slot}, but the author claims slot {SLOT}"
			),
		);
	}
}

/// Nobody but validators knows what the relay chain's state is: a block that makes one up is sound in itself.
fn block_should_be_refused_when_it_builds_on_a_relay_chain_that_it_has_made_up(scene: &Scene) {
	// Its author would like to have a slot before it comes.
	let early = scene.vary(SLOT + 1, |_| ());
	let draft: &Draft = &early.draft;
	let honest = draft.submit(&early.built, draft.seal(&early.built.header));
	let real = relay(&scene.chain, NUMBER, SLOT);

	let mut other_root = honest.clone();
	other_root.relay_root = real.root;
	let what = "the relay chain's state is another";
	let reason = "Relay parent storage root doesn't match";
	assert_says(&other_root.refusal(what), reason, "validators", what);

	let mut other_number = honest.clone();
	other_number.relay_number = real.number;
	let what = "the relay chain's block has another number";
	let reason = "Relay parent number doesn't match";
	assert_says(&other_number.refusal(what), reason, "validators", what);
	honest.assert_accepted();
}
