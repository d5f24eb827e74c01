//! What HHCM costs where the relay chain validates a block.
//!
//! The same block without HHCM would need another runtime. What is measured instead, all of it in
//! `validate_block` of the real one and in one run, is:
//!
//! - The validation of whole blocks, of the largest chain (16 groups, 100 nodes) and of the smallest one (one
//!   group, one node).
//! - The validation of blocks that are refused at known points. What lies between two such points is what the
//!   checks between them take: the seal, the claim (election and VRF), the packages' signatures, the places of
//!   the transactions.
//! - What none of these has, mainly reading, decoding and storing, by difference: by how much more the whole
//!   block of the largest chain takes than that of the smallest, less what the checks between the points take
//!   more. It includes what packagers are paid, which is no check.
//! - For Aura, no more than a signature of a package takes: Aura checks one signature. That it also reads and
//!   decodes its authorities is left out, in its favour.
//!
//! The size of the proof is told from the keys that the block reads and writes: it is proven with and without
//! those of the pallet, and with what Aura has in their place: its authorities in `pallet-aura` and again in
//! `cumulus-pallet-aura-ext`, and a slot in each.

use std::{collections::BTreeSet, time::Duration};

use codec::Encode;
use fusion_hhcm_primitives::package::Context;
use fusion_runtime::{Hash, Hashing, VERSION};
use polkadot_parachain_primitives::primitives::ValidationParams;
use sp_io::hashing::twox_128;
use sp_state_machine::{prove_read_on_trie_backend, InMemoryBackend};

use crate::{
	chain::{Attempt, Chain},
	draft::{note_packages, transfer, Draft},
	genesis::{vrf, Genesis, FIRST_SLOT},
	scene::{assert_says, Scene, BAD_MANDATORY},
	wasm::wasm,
};

/// How often each block is validated.
const ROUNDS: usize = 41;

/// What checks may take more than Aura's, in milliseconds.
const GOAL_TIME: f64 = 5.0;

/// By how many bytes the proof may be larger than with Aura.
const GOAL_PROOF: f64 = 10.0 * 1024.0;

/// Milliseconds that parts of a validation take, in the order in which they come.
#[derive(Clone, Copy, Debug)]
struct Cost {
	/// All of it.
	whole: f64,
	/// Authorities and round are read, the work and a signature are checked.
	seal: f64,
	/// The election is held, the VRF output is checked.
	claim: f64,
	/// The packages' places and signatures.
	packages: f64,
	/// Groups and places of transactions.
	transactions: f64,
}

impl Cost {
	/// The checks that were measured one by one.
	fn checks(&self) -> f64 {
		self.seal + self.claim + self.packages + self.transactions
	}
}

/// The second block of a chain, with so many transactions.
fn scene(genesis: &Genesis, transactions: u32) -> Scene {
	let mut chain = Chain::new(genesis);
	chain.advance(FIRST_SLOT, 0..transactions);
	Scene::of(chain, FIRST_SLOT + 1, 0..transactions)
}

/// Exchanges a transaction for another one of its sender's.
fn exchange(chain: &Chain, draft: &mut Draft, place: usize) {
	let count = u32::try_from(draft.transactions.len()).expect("they are few");
	let shared = &*draft;
	let sender = shared
		.election
		.order()
		.iter()
		.flat_map(|group| (0..count).filter(move |sender| shared.group_of(*sender) == *group))
		.nth(place)
		.expect("everybody sends one");
	draft.transactions[place] = transfer(draft.genesis, sender, chain.nonce(sender), 1);
}

/// What validators are given of a changed block, which they refuse for this reason.
fn refused(scene: &Scene, change: impl FnOnce(&mut Draft), reason: &str) -> ValidationParams {
	let (draft, built) = scene.broken(change);
	let submission = draft.submit(&built, draft.seal(&built.header));
	assert_says(&submission.refusal(reason), reason, "validators", reason);
	submission.params()
}

/// The block, and copies of it that are refused at one point after the other.
fn points(scene: &Scene) -> Vec<ValidationParams> {
	let Scene { draft, built, .. } = scene;
	let mut points = vec![draft.submit(built, draft.seal(&built.header)).params()];

	let unsealed = draft.submit(built, built.header.clone());
	let reason = "no seal at the end of the header";
	assert_says(&unsealed.refusal(reason), reason, "validators", reason);
	points.push(unsealed.params());

	let mut forged = built.header.clone();
	forged.number += 1;
	let mut header = built.header.clone();
	header.digest.logs.extend(draft.seal(&forged).digest.logs.pop());
	let forged = draft.submit(built, header);
	let reason = "the seal is not signed by the author";
	assert_says(&forged.refusal(reason), reason, "validators", reason);
	points.push(forged.params());

	let slot = |draft: &mut Draft| draft.claim.slot = FIRST_SLOT.into();
	points.push(refused(scene, slot, "is not later than the parent's"));
	let output = |draft: &mut Draft| {
		let key = draft.key(draft.claim.author);
		draft.claim.vrf = vrf(key, Hash::zero(), draft.claim.slot);
	};
	points.push(refused(scene, output, "the VRF output is not the author's"));

	let root = |draft: &mut Draft| draft.claim.packages_root = Hash::repeat_byte(1);
	points.push(refused(scene, root, BAD_MANDATORY));
	let signature = |draft: &mut Draft| {
		let last = draft.packages.last().expect("there is a package");
		let (group, packager) = (last.group, last.packager);
		let elsewhere = Context { parent: Hash::zero(), ..draft.context() };
		draft.repackage(group, packager, &elsewhere);
	};
	points.push(refused(scene, signature, BAD_MANDATORY));

	if let Some(last) = draft.transactions.len().checked_sub(1) {
		for place in [0, last] {
			let reason = "it is not in the package of its group";
			points.push(refused(scene, |draft| exchange(&scene.chain, draft, place), reason));
		}
	}
	points
}

/// The median of how long the validation of each takes, in milliseconds. They take turns, so that whatever
/// else the machine does strikes all of them alike.
fn medians(all: &[ValidationParams]) -> Vec<f64> {
	let mut took: Vec<Vec<Duration>> = vec![Vec::new(); all.len()];
	for _ in 0..ROUNDS {
		for (params, took) in all.iter().zip(&mut took) {
			took.push(wasm().validate(params).1);
		}
	}
	let median = |mut took: Vec<Duration>| {
		took.sort_unstable();
		took[ROUNDS / 2].as_secs_f64() * 1_000.0
	};
	took.into_iter().map(median).collect()
}

/// What the parts of both validations take.
fn measure(scenes: [&Scene; 2]) -> [Cost; 2] {
	let points = scenes.map(points);
	let all: Vec<_> = points.iter().flatten().cloned().collect();
	let medians = medians(&all);
	let (one, other) = medians.split_at(points[0].len());
	[one, other].map(|took| {
		let between = |from: usize, to: usize| match (took.get(from), took.get(to)) {
			(Some(from), Some(to)) => to - from,
			_ => 0.0,
		};
		Cost {
			whole: took[0],
			seal: between(1, 2),
			claim: between(3, 4),
			packages: between(5, 6),
			transactions: between(7, 8),
		}
	})
}

/// Bytes of a proof of these keys.
fn proof_size(state: &InMemoryBackend<Hashing>, keys: &BTreeSet<Vec<u8>>) -> f64 {
	let proof = prove_read_on_trie_backend(state, keys).expect("the state is whole");
	let size = proof.encoded_compact_size::<Hashing>(*state.root());
	size.expect("it is a proof of this state") as f64
}

/// The key of a value of a pallet.
fn key(pallet: &str, value: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(value.as_bytes())].concat()
}

/// A line of a table.
fn line(what: &str, number: f64, decimals: usize) {
	println!("| {what} | {number:.decimals$} |");
}

/// A line about a goal.
fn verdict(what: &str, number: f64, goal: f64, unit: &str) {
	let met = if number <= goal { "met" } else { "missed" };
	println!("\ngoal: {what} of {goal} {unit} at most: {met} ({number:.2})\n");
}

/// Prints how long it takes to validate a block, and what of it is due to HHCM.
fn print_time(large: Cost, small: Cost, packages: usize, transactions: u32) {
	let rest = (large.whole - small.whole) - (large.checks() - small.checks());
	let signature = large.packages / packages as f64;
	let hhcm = large.checks() + rest.max(0.0);
	let more = hhcm - signature;
	println!("\n{transactions} transactions in {packages} packages, median of {ROUNDS} runs\n");
	println!("| `validate_block` | ms |\n|---|---|");
	line("whole block, 16 groups and 100 nodes", large.whole, 2);
	line("whole block, 1 group and 1 node", small.whole, 2);
	line("seal: authorities and round read, work and signature", large.seal, 2);
	line("claim: election and VRF", large.claim, 2);
	line("packages: places and signatures", large.packages, 2);
	line("transactions: groups and places", large.transactions, 2);
	line("all else that grows with groups and nodes, pay included", rest, 2);
	line("HHCM, all together", hhcm, 2);
	line("Aura: one signature", signature, 2);
	line("more than Aura", more, 2);
	line(
		"the block to the same with Aura's seal, as a ratio",
		large.whole / (large.whole - more),
		3,
	);
	verdict("HHCM takes more than Aura", more, GOAL_TIME, "ms");
}

/// Prints how large the proof is, and what of it is due to HHCM.
fn print_proof(scene: &Scene, transactions: u32) {
	let Scene { chain, draft, built } = scene;
	let Attempt { outcome, read, .. } = chain.attempt(&draft.header(), &built.extrinsics);
	let (_, changes) = outcome.expect("it was built before");
	let mut keys = read;
	keys.extend(changes.main_storage_changes.into_iter().map(|(key, _)| key));
	let with = proof_size(&chain.state, &keys);

	let ours = twox_128(b"Hhcm");
	keys.retain(|key| !key.starts_with(&ours));
	let without = proof_size(&chain.state, &keys);

	let authorities = vec![[7u8; 32]; draft.keys.len()].encode();
	let values = [
		(key("Aura", "Authorities"), authorities.clone()),
		(key("Aura", "CurrentSlot"), FIRST_SLOT.encode()),
		(key("AuraExt", "Authorities"), authorities),
		(key("AuraExt", "RelaySlotInfo"), (FIRST_SLOT, 1u32).encode()),
	];
	keys.extend(values.iter().map(|(key, _)| key.clone()));
	let values = values.into_iter().map(|(key, value)| (key, Some(value))).collect();
	let state = chain.state.update([(None, values)], VERSION.state_version());
	let aura = proof_size(&state, &keys);

	let submission = draft.submit(built, draft.seal(&built.header));
	println!("\n{transactions} transactions\n");
	println!("| proof | bytes |\n|---|---|");
	line("as the block brings it along", submission.proof.encoded_size() as f64, 0);
	line("of all keys that it reads or writes", with, 0);
	line("without those of HHCM", without, 0);
	line("with those of Aura in their place", aura, 0);
	line("more than Aura", with - aura, 0);
	let inherent = note_packages(draft.packages.clone()).encoded_size();
	line("beside the proof: the packages, in the body", inherent as f64, 0);
	verdict("the proof is larger than with Aura", with - aura, GOAL_PROOF, "bytes");
}

#[test]
#[ignore = "it measures, for some minutes: run it alone, and look at what it prints"]
fn cost_of_validation_should_be_known_when_there_are_sixteen_groups_and_a_hundred_nodes() {
	let mut largest = Vec::new();
	for transactions in [0, 64, 512] {
		let large = scene(&Genesis::largest(), transactions);
		let small = scene(&Genesis::smallest(), transactions);
		assert_eq!(large.draft.keys.len(), 100);
		assert_eq!(large.draft.packages.len(), 16);
		let [large_cost, small_cost] = measure([&large, &small]);
		print_time(large_cost, small_cost, large.draft.packages.len(), transactions);
		largest.push((large, transactions));
	}
	for (scene, transactions) in &largest {
		print_proof(scene, *transactions);
	}
}
