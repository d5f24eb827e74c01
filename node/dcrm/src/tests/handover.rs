//! Handovers: to the same members, to others, and what a leaver or a thief is left with.

mod faults;
mod laggards;
mod restarts;
mod schedules;
mod secrecy;
mod sessions;

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{derive_tweak, Attempt, DcrmMessage, GroupState, KeyPath, Phase};
use fusion_vss::{KeyShare, Secp256k1};
use rand::rngs::OsRng;

use super::{
	sim::{threshold_of, GROUP},
	world::{delayed, NodeNumber, World},
};
use crate::{
	effect::Timing,
	engine::{self, EngineError, GroupKeys},
	store::ShareRecord,
	wire::Body,
};

const BLOCKS: u64 = 400;
const MESSAGE: [u8; 32] = [9; 32];

fn is_over(world: &World) -> bool {
	world.sim.view.handover.is_none()
}

/// Run until the handover is over, and everybody has seen it.
fn finish(world: &mut World) {
	assert!(world.run_until(BLOCKS, is_over), "still in {:?}", world.handover_phase());
	world.run(2);
}

/// A node's share of an attempt.
fn record_in(world: &World, number: NodeNumber, attempt: Attempt) -> Option<&ShareRecord> {
	let node = &world.nodes[usize::from(number) - 1];
	node.records.iter().find(|record| record.attempt == attempt)
}

/// A node's share of the present epoch.
fn record_of(world: &World, number: NodeNumber) -> Option<&ShareRecord> {
	record_in(world, number, world.sim.view.attempt)
}

/// Those who have a share of the present epoch.
fn holders(world: &World) -> Vec<NodeNumber> {
	let committee = world.committee().into_iter();
	committee.filter(|number| record_of(world, *number).is_some()).collect()
}

/// Sign with these shares, as members do, and verify it.
fn sign_with(world: &World, records: &[&ShareRecord]) -> Result<(), EngineError> {
	let view = &world.sim.view;
	let key = view.key.unwrap();
	let tweak = derive_tweak(world.sim.genesis, GROUP, view.algorithm, &key, &KeyPath::Group);
	let keys = |record: &ShareRecord| GroupKeys {
		threshold: record.threshold,
		key: record.key,
		verifying_shares: record.verifying_shares.clone(),
	};
	let share = |record: &ShareRecord| {
		KeyShare::<Secp256k1>::from_bytes(record.index, &record.secret).unwrap()
	};
	let mut commitments = BTreeMap::new();
	let mut signers = Vec::new();
	for record in records.iter().copied() {
		let (nonces, own) = engine::commit(&share(record), &keys(record), &tweak, &mut OsRng)?;
		commitments.insert(record.index, own);
		signers.push((record, nonces));
	}
	let mut shares = BTreeMap::new();
	for (record, nonces) in signers {
		let (share, keys) = (share(record), keys(record));
		let signed = engine::sign(&share, &keys, &tweak, nonces, &commitments, &MESSAGE)?;
		shares.insert(record.index, signed);
	}
	let signature = engine::aggregate(&keys(records[0]), &tweak, &commitments, &shares, &MESSAGE)?;
	engine::verify(&key, &tweak, &MESSAGE, &signature)
}

/// Sign with the shares of these nodes.
fn sign(world: &World, signers: &[NodeNumber]) -> Result<(), EngineError> {
	let records: Vec<_> = signers.iter().map(|number| record_of(world, *number).unwrap()).collect();
	sign_with(world, &records)
}

/// All ways to choose so many of these.
fn combinations(of: &[NodeNumber], size: usize) -> Vec<Vec<NodeNumber>> {
	if size == 0 {
		return vec![Vec::new()];
	}
	let mut found = Vec::new();
	for (position, first) in of.iter().enumerate() {
		for mut rest in combinations(&of[position + 1..], size - 1) {
			rest.insert(0, *first);
			found.push(rest);
		}
	}
	found
}

/// Any threshold of the members can sign, and fewer cannot.
fn assert_any_threshold_signs(world: &World) {
	let threshold = usize::from(world.sim.view.threshold);
	let committee = world.committee();
	for signers in combinations(&committee, threshold) {
		assert_eq!(sign(world, &signers), Ok(()), "{signers:?} of {committee:?}");
	}
	for signers in combinations(&committee, threshold - 1) {
		assert!(sign(world, &signers).is_err(), "{signers:?} of {committee:?}");
	}
	for number in &committee {
		let (first, record) = (record_of(world, committee[0]), record_of(world, *number));
		assert_eq!(record.unwrap().verifying_shares, first.unwrap().verifying_shares);
	}
}

/// The members sign a request by the protocol.
fn assert_signs_a_request(world: &mut World) {
	let id = world.request(MESSAGE);
	assert!(world.run_until(60, |w| w.is_signed(id)));
}

#[test]
fn shares_should_change_and_the_key_stay_when_it_is_refreshed() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	let key = world.sim.view.key;
	let old: Vec<_> = world.nodes.iter().map(|node| node.records[0].clone()).collect();
	world.reshare(&[1, 2, 3, 4, 5]);
	finish(&mut world);
	let view = &world.sim.view;
	assert_eq!((view.state, view.epoch, view.attempt), (GroupState::Active, 1, 1));
	assert_eq!((view.key, view.threshold), (key, 4));
	assert_eq!(view.qualified, vec![1, 2, 3, 4, 5]);
	assert!(world.sim.handovers.failed.is_empty());
	assert!(world.sim.handovers.left_out.is_empty());
	for (node, old) in world.nodes.iter().zip(&old) {
		assert_eq!(node.records.len(), 1);
		assert_eq!((node.records[0].attempt, Some(node.records[0].key)), (1, key));
		assert_ne!(node.records[0].secret, old.secret);
		assert_eq!(node.erased, vec![(0, 1)]);
	}
	assert_any_threshold_signs(&world);
	// Old shares and new ones do not fit each other.
	let mut mixed: Vec<_> = (2..=4).map(|number| record_of(&world, number).unwrap()).collect();
	mixed.insert(0, &old[0]);
	assert!(sign_with(&world, &mixed).is_err());
	assert_signs_a_request(&mut world);
	world.assert_nonces_were_used_once();
	// It is early: nobody waited for a deadline.
	assert!(world.sim.block < 60, "took {} blocks", world.sim.block);
}

#[test]
fn key_should_stay_when_it_goes_from_five_to_seven_to_four() {
	let mut world = World::active_with(5, 4, 3, Timing::default());
	let key = world.sim.view.key;
	// Nobody keeps its index, and node 1 leaves.
	for (epoch, committee) in [(1, vec![8, 3, 2, 6, 5, 7, 4]), (2, vec![6, 1, 2, 8])] {
		world.reshare(&committee);
		finish(&mut world);
		let view = &world.sim.view;
		assert_eq!((view.epoch, view.key), (epoch, key));
		assert_eq!(view.threshold, threshold_of(committee.len()));
		assert_eq!(world.committee(), committee);
		for number in 1..=8 {
			let records = &world.nodes[usize::from(number) - 1].records;
			let is_member = committee.contains(&number);
			assert_eq!(records.len(), usize::from(is_member), "node {number}, epoch {epoch}");
			assert_eq!(record_of(&world, number).is_some(), is_member);
		}
		assert_any_threshold_signs(&world);
		assert_signs_a_request(&mut world);
	}
	// The chain knows what everybody has.
	let known = world.sim.key_commitments();
	for (index, share) in &record_of(&world, 1).unwrap().verifying_shares {
		assert_eq!(known.verifying_share(*index).unwrap(), *share);
	}
}

#[test]
fn key_should_stay_when_nobody_stays() {
	let mut world = World::active_with(4, 3, 4, Timing::default());
	let key = world.sim.view.key;
	world.reshare(&[5, 6, 7, 8]);
	finish(&mut world);
	assert_eq!((world.sim.view.epoch, world.sim.view.key), (1, key));
	assert!(world.nodes[..4].iter().all(|node| node.records.is_empty()));
	assert_any_threshold_signs(&world);
	assert_signs_a_request(&mut world);
	// And back again.
	world.reshare(&[1, 2, 3, 4]);
	finish(&mut world);
	assert_eq!((world.sim.view.epoch, world.sim.view.key), (2, key));
	assert_any_threshold_signs(&world);
}

#[test]
fn old_shares_should_be_erased_only_when_the_switch_is_final() {
	let mut world = World::active_with(5, 4, 2, delayed());
	// Nodes 1 and 2 leave, nodes 6 and 7 join.
	world.reshare(&[3, 4, 5, 6, 7]);
	let olds_are_there = |w: &World| (1..=5).all(|number| record_in(w, number, 0).is_some());
	assert!(world.run_until(BLOCKS, |w| {
		assert!(olds_are_there(w));
		w.handover_phase() == Some(Phase::Testing)
	}));
	assert!((3..=7).all(|number| record_in(&world, number, 1).is_some()));
	assert!(world.run_until(BLOCKS, |w| {
		assert!(olds_are_there(w));
		is_over(w)
	}));
	// The chain has switched. The members see it with the next block.
	assert_eq!(world.sim.view.attempt, 1);
	world.run(2);
	for number in 1..=7 {
		assert!(record_in(&world, number, 0).is_none(), "node {number}");
		assert_eq!(record_in(&world, number, 1).is_some(), number > 2, "node {number}");
	}
	for node in &world.nodes[..5] {
		assert_eq!(node.erased, vec![(0, 1)]);
	}
	assert!(world.nodes[5..].iter().all(|node| node.erased.is_empty()));
}

#[test]
fn old_shares_should_be_erased_when_a_leaver_comes_back_later() {
	let mut world = World::active_with(5, 4, 1, Timing::default());
	world.reshare(&[2, 3, 4, 5, 6]);
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(Phase::Accusing)));
	world.kill(1);
	finish(&mut world);
	assert_eq!(world.node(1).records.len(), 1);
	world.restart(1);
	world.run(2);
	assert!(world.node(1).records.is_empty());
	assert_eq!(world.node(1).erased, vec![(0, 1)]);
}

#[test]
fn share_should_stay_when_an_older_block_is_seen() {
	// A node that syncs anew sees the chain as it was before its share was made.
	let mut world = World::active_with(4, 3, 0, Timing::default());
	let past = world.sim.view.clone();
	world.reshare(&[1, 2, 3, 4]);
	finish(&mut world);
	world.restart(1);
	let (block, now) = (world.sim.block, world.now);
	world.node(1).member.on_groups(vec![past], block, now);
	world.run(1);
	assert!(record_of(&world, 1).is_some());
}

#[test]
fn request_should_be_signed_by_the_old_members_when_a_handover_is_under_way() {
	let mut world = World::active_with(5, 4, 5, Timing::default());
	world.reshare(&[6, 7, 8, 9, 10]);
	// A dealer that does not reveal makes the others wait.
	world.on_say =
		Box::new(|from, message| from != 1 || !matches!(message, DcrmMessage::Reveal { .. }));
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(Phase::Revealing)));
	let id = world.request(MESSAGE);
	assert!(world.run_until(10, |w| w.is_signed(id)));
	assert_eq!(world.handover_phase(), Some(Phase::Revealing));
	let leaders = world.who_logged(&format!("signing request {id}: signed"));
	assert!(!leaders.is_empty() && leaders.iter().all(|number| *number <= 5), "{leaders:?}");
	finish(&mut world);
	assert_eq!(world.sim.view.epoch, 1);
}

#[test]
fn request_should_be_signed_by_the_new_members_when_it_is_open_over_the_switch() {
	let mut world = World::active_with(5, 4, 5, Timing::default());
	// The old members cannot reach each other to sign.
	world.on_request = Box::new(|from, _, body| from > 5 || !matches!(body, Body::SignCommit));
	let id = world.request(MESSAGE);
	world.reshare(&[6, 7, 8, 9, 10]);
	finish(&mut world);
	assert_eq!(world.sim.view.epoch, 1);
	assert!(world.run_until(60, |w| w.is_signed(id)));
	let leaders = world.who_logged(&format!("signing request {id}: signed"));
	assert!(!leaders.is_empty() && leaders.iter().all(|number| *number > 5), "{leaders:?}");
}

#[test]
fn requests_should_all_be_signed_when_they_come_all_the_time() {
	let mut world = World::active_with(5, 4, 2, delayed());
	world.reshare(&[7, 5, 6, 4, 3]);
	let mut ids = Vec::new();
	while !is_over(&world) {
		ids.push(world.request([u8::try_from(ids.len()).unwrap(); 32]));
		world.run(1);
		assert!(ids.len() < 150);
	}
	ids.push(world.request(MESSAGE));
	assert!(world.run_until(120, |w| ids.iter().all(|id| w.is_signed(*id))));
	assert_eq!(world.sim.view.epoch, 1);
}
