//! Golden vectors: what the rules say for fixed inputs, in `vectors/*.json`. They pin the rules down, for a
//! change of them divides the chain, and are there for other implementations to be tested with.
//!
//! The files have inputs and outputs; bytes are in hexadecimal, numbers above 2⁵³ in decimal strings. To
//! write them anew: `cargo test -p fusion-hhcm-primitives -- --ignored write_vectors`.

use codec::{Decode, Encode};
use serde_json::{json, Value};
use sp_core::{crypto::Pair as _, sr25519::vrf::VrfSignature, H256};
use sp_weights::Weight;
use std::path::PathBuf;

use super::{context, hash, keyless, pair, round, vrf};
use crate::{
	digest::Claim,
	election::{group_of, transaction_group, virtual_groups},
	package::{payload, root},
	seed,
	ticket::{nonce_limit, seal_payload, target},
	AuthoritySignature, Election, Package, PreDigest, Round, Seal, Slot, Ticket,
};

fn hexed(bytes: impl AsRef<[u8]>) -> String {
	hex::encode(bytes)
}

fn big(number: u64) -> String {
	number.to_string()
}

fn encoded(value: &impl Encode) -> String {
	hexed(value.encode())
}

fn round_of(round: &Round, slot: u64) -> Value {
	json!({
		"seed": hexed(round.seed),
		"last_slot": u64::from(round.last_slot),
		"groups": round.groups,
		"difficulty": round.difficulty,
		"slot": slot,
	})
}

/// Groups, rankings, orders, and the groups of transactions.
fn elections() -> Value {
	let weights = [1, 2, 3, 50, 0, u64::MAX, 7, 7, 7, 1 << 40, 12, 1];
	let nodes = keyless(&weights);
	let case = |number: u32, groups: u8, slot: u64| {
		let round = round(number, groups);
		let election = Election::new(&round, slot.into(), &nodes);
		let keys: Vec<_> = (0..8u32).map(|number| hash(b"tests/signer////", &number)).collect();
		json!({
			"round": round_of(&round, slot),
			"groups": nodes
				.iter()
				.map(|node| group_of(round.seed, slot.into(), &node.id, groups))
				.collect::<Vec<_>>(),
			"rankings": (0..virtual_groups(groups))
				.map(|group| election.ranking(group))
				.collect::<Vec<_>>(),
			"order": election.order(),
			"assembly_order": election
				.assembly_order()
				.map(|candidate| candidate.index)
				.collect::<Vec<_>>(),
			"draws": election.draws(),
			"may_assemble": election.may_assemble().count(),
			"transactions": keys
				.iter()
				.map(|key| json!({
					"key": hexed(key),
					"group": transaction_group(round.seed, slot.into(), *key, groups),
				}))
				.collect::<Vec<_>>(),
		})
	};
	json!({
		"nodes": nodes
			.iter()
			.map(|node| json!({ "id": hexed(&node.id), "weight": big(node.weight) }))
			.collect::<Vec<_>>(),
		"cases": [case(0, 1, 101), case(1, 2, 101), case(2, 3, 104), case(3, 16, 101)],
	})
}

/// Draws and targets of tickets, and what a seal signs.
fn tickets() -> Value {
	let case = |number: u32, groups: u8, difficulty: u64, handicap: u64| {
		let parent = round(number, 1).seed;
		let root = hash(b"tests/packages//", &number);
		let author = keyless(&[1])[0].id.clone();
		let ticket = Ticket::new(parent, 101.into(), &author, groups, root);
		let nonce = ticket.mine(0, 5_000, difficulty, handicap);
		let draws = [0, 1, 1_000].map(|nonce| hexed(ticket.draw(nonce).to_big_endian()));
		json!({
			"parent": hexed(parent),
			"slot": 101,
			"author": hexed(author),
			"group": groups,
			"packages_root": hexed(root),
			"draws": draws,
			"difficulty": difficulty,
			"handicap": handicap,
			"target": hexed(target(difficulty, handicap).to_big_endian()),
			"nonce_limit": nonce_limit(difficulty),
			"first_solution": nonce,
			"seal_payload": hexed(seal_payload(&parent, nonce.unwrap_or_default())),
		})
	};
	json!([case(0, 0, 1, 1), case(1, 1, 100, 1), case(2, 2, 64, 4), case(3, 16, 1 << 26, 32)])
}

/// Payload and root of packages, and the encodings of what goes over the network.
fn packages() -> Value {
	let context = context();
	// A signature that is none, for those that are real are randomized.
	let signature = AuthoritySignature::from(sp_core::sr25519::Signature::from_raw([6; 64]));
	let made = |group: u8, packager: u16, count: u8| Package {
		group,
		packager,
		transactions: (0..count)
			.map(|number| hash(b"tests/tx////////", &number))
			.collect::<Vec<H256>>()
			.try_into()
			.unwrap(),
		measured: Weight::from_parts(1_000_000, 20_000),
		signature: signature.clone(),
	};
	let all = [made(0, 3, 0), made(2, 300, 1), made(15, 7, 3)];
	let cases: Vec<_> = all
		.iter()
		.map(|package| {
			let Package { group, packager, transactions, measured, .. } = package;
			json!({
				"group": group,
				"packager": packager,
				"transactions": transactions.iter().map(hexed).collect::<Vec<_>>(),
				"measured": [measured.ref_time(), measured.proof_size()],
				"signature": hexed(&signature),
				"payload": hexed(payload(&context, *group, *packager, transactions, *measured)),
				"encoded": encoded(package),
			})
		})
		.collect();
	json!({
		"context": {
			"genesis": hexed(context.genesis),
			"parent": hexed(context.parent),
			"slot": u64::from(context.slot),
		},
		"packages": cases,
		"root": hexed(root(&all)),
		"root_of_none": hexed(root(&[])),
		"seal": {
			"nonce": 77,
			"signature": hexed(&signature),
			"encoded": encoded(&Seal::V1 { nonce: 77, signature: signature.clone() }),
		},
	})
}

/// A step of the chain of seeds. VRF signatures are randomized, so that `signature` is an input.
fn seeds(signature: &VrfSignature) -> Value {
	let (author, slot, parent) = (pair(1), Slot::from(101), round(0, 1).seed);
	let claim = Claim {
		slot,
		author: 1,
		group: 2,
		rank: 3,
		packages_root: root(&[]),
		vrf: signature.clone(),
	};
	json!({
		"author": hexed(author.public()),
		"seed": hexed(parent),
		"slot": 101,
		"signature": encoded(signature),
		"next": seed::next(parent, slot, &author.public(), signature).map(hexed),
		"claim": encoded(&PreDigest::V1(claim)),
	})
}

/// The signature that the file has.
fn stored_signature(file: &Value) -> Option<VrfSignature> {
	let bytes = hex::decode(file.get("signature")?.as_str()?).ok()?;
	VrfSignature::decode(&mut &bytes[..]).ok()
}

fn path(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

fn read(name: &str) -> Value {
	let path = path(name);
	let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
	serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

#[test]
#[ignore = "writes the vectors: run it when a rule was changed on purpose"]
fn write_vectors() {
	let write = |name: &str, value: Value| {
		let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
		std::fs::write(path(name), text).unwrap();
	};
	write("election.json", elections());
	write("ticket.json", tickets());
	write("package.json", packages());
	write("seed.json", seeds(&vrf(&pair(1), round(0, 1).seed, 101.into())));
}

#[test]
fn elections_should_be_those_of_the_vectors() {
	assert_eq!(elections(), read("election.json"));
}

#[test]
fn tickets_should_be_those_of_the_vectors() {
	assert_eq!(tickets(), read("ticket.json"));
}

#[test]
fn packages_should_be_those_of_the_vectors() {
	assert_eq!(packages(), read("package.json"));
}

#[test]
fn seeds_should_be_those_of_the_vectors() {
	let file = read("seed.json");
	let signature = stored_signature(&file).expect("the file has a signature");
	assert_eq!(seeds(&signature), file);
	assert!(file.get("next").is_some_and(Value::is_string));
}
