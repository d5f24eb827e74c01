//! What signatures and ceremonies cost, beside the library alone in the same run: `scripts/bench-dcrm`.
//!
//! Members are in one thread, with what they say to each other and to the chain, but without a network, so that
//! times are processor time of all of them together. Only the latency is that of whole members, which seal their
//! messages and run on threads of their own.

use std::{
	cell::Cell,
	collections::BTreeMap,
	rc::Rc,
	time::{Duration, Instant},
};

use codec::Encode;
use frost_secp256k1_tr::{
	self as frost,
	keys::{KeyPackage, PublicKeyPackage},
	SigningPackage,
};
use fusion_dcrm_primitives::{GroupState, MemberSignature};
use fusion_vss::{KeyShare, Secp256k1};
use rand::rngs::OsRng;
use sp_core::{sr25519, H256};

use super::{
	counted_sum,
	worker::{is_active, quick, Network},
	world::World,
};
use crate::{
	effect::{Timing, PRECOMMITMENTS},
	engine::{self, GroupKeys},
	wire::{Body, Envelope, Header, Session},
};

/// Groups that are measured: members and threshold.
const GROUPS: [(u16, u16); 2] = [(5, 4), (21, 15)];
/// Signatures of which the time is taken together.
const SIGNATURES: u16 = 200;
/// Signatures of whole members.
const LATENCIES: u8 = 20;
/// Longer than any ceremony takes, in blocks of simulated time.
const BLOCKS: u64 = 600;

fn timing(precommit: u16) -> Timing {
	Timing { precommit, ..Timing::default() }
}

fn per(time: Duration, count: u16) -> f64 {
	time.as_secs_f64() * 1_000.0 / f64::from(count)
}

/// The signers of a group, as the library has them.
struct Library {
	packages: Vec<KeyPackage>,
	keys: PublicKeyPackage,
}

impl Library {
	/// The first `threshold` members of a world, each with its own share.
	fn new(world: &World) -> Self {
		let threshold = usize::from(world.sim.view.threshold);
		let records: Vec<_> =
			world.nodes.iter().filter_map(|node| node.records.last()).take(threshold).collect();
		let keys = GroupKeys {
			threshold: records[0].threshold,
			key: records[0].key,
			verifying_shares: records[0].verifying_shares.clone(),
		};
		let package = |record: &&crate::store::ShareRecord| {
			let share = KeyShare::<Secp256k1>::from_bytes(record.index, &record.secret).unwrap();
			engine::key_package(&share, &keys, &[0; 32]).unwrap()
		};
		let indices: Vec<u16> = records.iter().map(|record| record.index).collect();
		Self {
			packages: records.iter().map(package).collect(),
			keys: engine::public_keys(&keys, &[0; 32], indices.iter()).unwrap(),
		}
	}

	/// A signature, by all signers one after the other. It is verified.
	fn sign(&self, message: &[u8]) {
		let mut nonces = BTreeMap::new();
		let mut commitments = BTreeMap::new();
		for package in &self.packages {
			let (own, committed) = frost::round1::commit(package.signing_share(), &mut OsRng);
			nonces.insert(*package.identifier(), own);
			commitments.insert(*package.identifier(), committed);
		}
		let signing = SigningPackage::new(commitments, message);
		let mut shares = BTreeMap::new();
		for package in &self.packages {
			let own = &nonces[package.identifier()];
			let share = frost::round2::sign_with_tweak(&signing, own, package, None).unwrap();
			shares.insert(*package.identifier(), share);
		}
		frost::aggregate_with_tweak(&signing, &shares, &self.keys, None).unwrap();
	}
}

/// Counts the bytes that members send each other, and say on chain.
fn count_bytes(world: &mut World) -> (Rc<Cell<usize>>, Rc<Cell<usize>>) {
	let (sent, said) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
	let envelope = Envelope {
		header: Header::request(
			H256::zero(),
			0,
			Session::Signing { request: 0, shares: 0, attempt: 0 },
			sr25519::Public::from_raw([0; 32]).into(),
			sr25519::Public::from_raw([0; 32]).into(),
		),
		body: Body::Received,
		signature: MemberSignature::from(sr25519::Signature::from_raw([0; 64])),
	};
	let around = envelope.encoded_size() - Body::Received.encoded_size();
	let add = move |sum: &Cell<usize>, body: &Body| {
		sum.set(sum.get() + around + body.encoded_size());
		true
	};
	let sum = sent.clone();
	world.on_request = Box::new(move |_, _, body| add(&sum, body));
	let sum = sent.clone();
	world.on_reply = Box::new(move |_, _, body| add(&sum, body));
	let sum = said.clone();
	world.on_say = Box::new(move |_, message| {
		// With the member and its signature.
		sum.set(sum.get() + message.encoded_size() + 32 + 64);
		true
	});
	(sent, said)
}

/// How long so many signatures take that are all open at once.
fn sign_many(world: &mut World) -> Duration {
	let ids: Vec<_> = (0..SIGNATURES)
		.map(|number| {
			let mut message = [1; 32];
			message[1..3].copy_from_slice(&number.to_le_bytes());
			world.request(message)
		})
		.collect();
	let begun = Instant::now();
	assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
	begun.elapsed()
}

fn signatures(count: u16, threshold: u16) {
	let mut world = World::active_with(count, threshold, 0, timing(PRECOMMITMENTS));
	world.run(4);
	let library = Library::new(&world);
	let begun = Instant::now();
	for number in 0..SIGNATURES {
		library.sign(&number.to_le_bytes());
	}
	let alone = per(begun.elapsed(), SIGNATURES);

	let (sent, _) = count_bytes(&mut world);
	let one = per(sign_many(&mut world), SIGNATURES);
	let one_bytes = sent.get() / usize::from(SIGNATURES);
	let mut world = World::active_with(count, threshold, 0, timing(0));
	let (sent, _) = count_bytes(&mut world);
	let two = per(sign_many(&mut world), SIGNATURES);
	let two_bytes = sent.get() / usize::from(SIGNATURES);
	// What a member computes: all members share the time, and each has a core of its own.
	let rate = |time: f64| 1_000.0 * f64::from(count) / time;
	println!(
		"| {threshold} of {count} | {alone:.2} | {one:.2} | {:.2} | {two:.2} | {:.2} | {:.0} | {one_bytes} | {two_bytes} |",
		one / alone,
		two / alone,
		rate(one),
	);
}

fn ceremonies(count: u16, threshold: u16) {
	let mut world =
		World::with(count, threshold, timing(0), std::sync::Arc::new(super::world::check));
	let (sent, said) = count_bytes(&mut world);
	let begun = Instant::now();
	assert!(world.run_until(BLOCKS, |w| w.sim.view.state == GroupState::Active));
	let members = usize::from(count);
	let row = |what: &str, time: Duration, blocks: u32, sent: usize, said: usize| {
		println!(
			"| {what}, {threshold} of {count} | {:.0} | {blocks} | {} | {} |",
			per(time, count),
			sent / members,
			said / members,
		);
	};
	row("key generation", begun.elapsed(), world.sim.block, sent.replace(0), said.replace(0));

	world.run(2);
	sent.set(0);
	said.set(0);
	let numbers: Vec<u16> = (1..=count).rev().collect();
	let block = world.sim.block;
	world.reshare(&numbers);
	let begun = Instant::now();
	assert!(world.run_until(BLOCKS, |w| w.sim.view.handover.is_none()));
	let blocks = world.sim.block - block;
	row("resharing", begun.elapsed(), blocks, sent.get(), said.get());
}

/// Milliseconds from when a leader sees a request until it has the signature, on average over whole members.
async fn latency(count: u16, threshold: u16, precommit: u16) -> f64 {
	let network = Network::start_with(count, threshold, Timing { precommit, ..quick() });
	network.wait("key", is_active).await;
	tokio::time::sleep(Duration::from_secs(3)).await;
	let name = "fusion_dcrm_signing_seconds";
	let before = counted_sum(&network.registry, name);
	for message in 0..LATENCIES {
		network.sign([message; 32]).await;
	}
	let after = counted_sum(&network.registry, name);
	1_000.0 * (after.0 - before.0) / (after.1 - before.1)
}

#[test]
#[ignore = "a benchmark: scripts/bench-dcrm runs it"]
fn cost_of_dcrm() {
	println!("\nSignatures: milliseconds of processor time of all members together, beside the library alone");
	println!("(all signers in one thread); ratios; signatures a second if each member has a core; bytes between members.\n");
	println!("| group | library | one round | ratio | two rounds | ratio | a second | bytes, one round | bytes, two rounds |");
	println!("|---|---|---|---|---|---|---|---|---|");
	for (count, threshold) in GROUPS {
		signatures(count, threshold);
	}

	println!("\nLatency: milliseconds until the leader has the signature, whole members over a loopback on this machine.\n");
	println!("| group | one round | two rounds | ratio |");
	println!("|---|---|---|---|");
	let runtime = tokio::runtime::Runtime::new().unwrap();
	for (count, threshold) in GROUPS {
		let one = runtime.block_on(latency(count, threshold, PRECOMMITMENTS));
		let two = runtime.block_on(latency(count, threshold, 0));
		println!("| {threshold} of {count} | {one:.1} | {two:.1} | {:.2} |", one / two);
	}

	println!("\nCeremonies: milliseconds of processor time of one member; blocks if nobody is late; bytes of one member,");
	println!("to others and on chain.\n");
	println!("| what | ms | blocks | bytes to others | bytes on chain |");
	println!("|---|---|---|---|---|");
	for (count, threshold) in GROUPS {
		ceremonies(count, threshold);
	}
}
