//! Key generation: honest, silent, lying and restarted members.

use std::{
	cell::{Cell, RefCell},
	collections::BTreeMap,
	rc::Rc,
};

use fusion_dcrm_primitives::{DcrmMessage, GroupState, MemberIndex, PerMember, Phase, PublicKey};
use fusion_vss::{Dealing, Params, Secp256k1};
use k256::{elliptic_curve::sec1::ToEncodedPoint, ProjectivePoint};

use super::{
	sim::GROUP,
	world::{delayed, World},
};
use crate::{
	effect::Timing,
	wire::{Body, SecretPair},
};

const BLOCKS: u64 = 300;

fn is_active(world: &World) -> bool {
	world.sim.view.state == GroupState::Active
}

pub(super) fn spoilt(pair: &SecretPair) -> SecretPair {
	let mut bytes = *pair.bytes();
	bytes[20] ^= 1;
	SecretPair::new(bytes)
}

#[test]
fn keygen_should_activate_the_group_when_all_are_honest() {
	let mut world = World::new(4, 3);
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.view.attempt, 0);
	assert_eq!(world.sim.view.qualified, vec![1, 2, 3, 4]);
	// Everybody has stored its share of this very key, and the shares differ.
	let key = world.sim.view.key.unwrap();
	for (position, node) in world.nodes.iter().enumerate() {
		assert_eq!(node.records.len(), 1);
		assert_eq!(node.records[0].key, key);
		assert_eq!(usize::from(node.records[0].index), position + 1);
		assert_eq!(node.records[0].verifying_shares, world.nodes[0].records[0].verifying_shares);
	}
	assert_ne!(*world.nodes[0].records[0].secret, *world.nodes[1].records[0].secret);
	// It is early: nobody waited for a deadline.
	assert!(world.sim.block < 20, "took {} blocks", world.sim.block);
	world.assert_nonces_were_used_once();
}

#[test]
fn keygen_should_activate_larger_groups_when_all_are_honest() {
	for (count, threshold) in [(1, 1), (2, 2), (5, 4), (7, 5)] {
		let mut world = World::new(count, threshold);
		assert!(world.run_until(BLOCKS, is_active), "{threshold} of {count}");
		assert_eq!(world.sim.view.attempt, 0);
	}
}

/// In which phase something is said on chain. What active groups say comes last.
fn stage(message: &DcrmMessage) -> u8 {
	match message {
		DcrmMessage::Announce { .. } | DcrmMessage::Deal { .. } => 0,
		DcrmMessage::Verdict { .. } => 1,
		DcrmMessage::Answer { .. } => 2,
		DcrmMessage::Reveal { .. } => 3,
		DcrmMessage::Confirm { .. } | DcrmMessage::Accuse { .. } | DcrmMessage::Accept { .. } => 4,
		DcrmMessage::Signature { .. } | DcrmMessage::Hold { .. } | DcrmMessage::Silent { .. } => 5,
	}
}

/// Member 4 is gone from the moment on in which it would have spoken in this phase.
fn with_4_silent_from(first: u8) -> World {
	let mut world = World::new(4, 3);
	let gone = Rc::new(Cell::new(false));
	let flag = gone.clone();
	world.on_say = Box::new(move |from, message| {
		if from == 4 && stage(message) >= first {
			flag.set(true);
		}
		from != 4 || !flag.get()
	});
	let flag = gone.clone();
	world.on_request = Box::new(move |from, to, body| {
		if to == 4 && matches!(body, Body::SignCommit) {
			flag.set(true);
		}
		(from != 4 && to != 4) || !flag.get()
	});
	world.on_reply = Box::new(move |from, _, _| from != 4 || !gone.get());
	world
}

#[test]
fn keygen_should_activate_the_group_when_one_falls_silent_in_any_phase() {
	// A dealer that counts and does not reveal costs an attempt; anybody else costs time.
	for (first, attempts) in [(0, 0), (1, 1), (3, 1), (4, 0), (5, 0)] {
		let mut world = with_4_silent_from(first);
		assert!(world.run_until(BLOCKS, is_active), "silent from stage {first}");
		assert_eq!(world.sim.view.attempt, attempts, "silent from stage {first}");
		let heard = world.sim.heard.iter().filter(|(from, _)| *from == 4);
		assert!(heard.clone().all(|(_, message)| stage(message) < first));
		assert_eq!(heard.count() > 0, first > 0);
		world.assert_nonces_were_used_once();
	}
}

#[test]
fn keygen_should_not_begin_to_confirm_when_two_of_four_are_silent() {
	let mut world = World::new(4, 3);
	world.kill(3);
	world.kill(4);
	assert!(!world.run_until(BLOCKS, |w| is_active(w) || w.phase() == Some(Phase::Confirming)));
	assert_eq!(world.sim.view.state, GroupState::Failed);
}

#[test]
fn share_should_be_asked_for_again_when_it_was_lost_on_the_way() {
	let mut world = World::new(4, 3);
	let lost = Rc::new(RefCell::new(0));
	let counter = lost.clone();
	// The dealer's own sending never arrives; only asking helps.
	world.on_request = Box::new(move |from, to, body| {
		let drop = (from, to) == (2, 3) && matches!(body, Body::Share(_));
		*counter.borrow_mut() += u32::from(drop);
		!drop
	});
	assert!(world.run_until(BLOCKS, is_active));
	assert!(*lost.borrow() > 0);
	assert_eq!(world.sim.view.attempt, 0);
	assert!(!world.sim.heard.iter().any(|(_, m)| matches!(m, DcrmMessage::Answer { .. })));
}

/// Dealer 2 never gives member 3 a right share directly.
fn with_bad_shares_for_3() -> World {
	let mut world = World::new(4, 3);
	world.on_request = Box::new(|from, to, body| {
		if let (2, 3, Body::Share(pair)) = (from, to, &mut *body) {
			*pair = spoilt(pair);
		}
		true
	});
	world.on_reply = Box::new(|from, to, body| {
		if let (2, 3, Body::Share(pair)) = (from, to, &mut *body) {
			*pair = spoilt(pair);
		}
		true
	});
	world
}

#[test]
fn dealer_should_stay_qualified_when_it_answers_a_complaint_rightly() {
	let mut world = with_bad_shares_for_3();
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.view.attempt, 0);
	assert_eq!(world.sim.view.qualified, vec![1, 2, 3, 4]);
	assert_eq!(world.who_logged("dealer 2 sent a wrong share"), vec![3]);
	assert_eq!(world.who_logged("answering member 3's complaint"), vec![2]);
	// The accuser used the published share: it has the key as well.
	assert_eq!(world.node(3).records.len(), 1);
}

#[test]
fn dealer_should_be_disqualified_when_it_answers_a_complaint_wrongly() {
	let mut world = with_bad_shares_for_3();
	world.on_say = Box::new(|from, message| {
		if let (2, DcrmMessage::Answer { share, .. }) = (from, &mut *message) {
			share[20] ^= 1;
		}
		true
	});
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.view.attempt, 0);
	assert_eq!(world.sim.view.qualified, vec![1, 3, 4]);
	// It is still a member, with a share of the others' key.
	assert_eq!(world.node(2).records.len(), 1);
}

#[test]
fn dealer_should_be_disqualified_when_it_does_not_answer() {
	let mut world = with_bad_shares_for_3();
	world.on_say = Box::new(|_, message| !matches!(message, DcrmMessage::Answer { .. }));
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.view.qualified, vec![1, 3, 4]);
}

#[test]
fn dealer_should_publish_nothing_more_when_complaints_would_reveal_its_dealing() {
	// Members 3 and 4 complain about dealer 2; only n - t = 1 answer is safe. The rule is the chain's:
	// here it is broken on purpose, and the dealer keeps to it by itself.
	let mut world = World::new(4, 3);
	world.on_say = Box::new(|from, message| {
		if let DcrmMessage::Verdict { against, .. } = &mut *message {
			*against = PerMember::truncate_from(if from == 3 { vec![2] } else { vec![] });
		}
		true
	});
	assert!(world.run_until(BLOCKS, |w| w.phase() == Some(Phase::Answers)));
	world.sim.view.complaints = vec![(3, 2), (4, 2), (1, 2)];
	world.run(10);
	let answers =
		world.sim.heard.iter().filter(|(_, m)| matches!(m, DcrmMessage::Answer { .. })).count();
	assert_eq!(answers, 1);
	assert_eq!(world.who_logged("would publish the dealing"), vec![2]);
}

#[test]
fn dealer_should_be_accused_when_its_feldman_commitments_are_of_another_dealing() {
	let mut world = World::new(4, 3);
	world.on_say = Box::new(|from, message| {
		if let (2, DcrmMessage::Reveal { commitments, .. }) = (from, &mut *message) {
			let params = Params::new(4, 3).unwrap();
			let other = Dealing::<Secp256k1>::random(params, &mut rand::rngs::OsRng);
			*commitments = PerMember::truncate_from(other.feldman().to_bytes());
		}
		true
	});
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.excluded.iter().copied().collect::<Vec<_>>(), vec![2]);
	assert_eq!(world.sim.view.attempt, 1);
	assert_eq!(world.sim.view.qualified, vec![1, 3, 4]);
	assert!(!world.who_logged("accusing dealer 2").is_empty());
	// Nobody stored a share of the key that was made with the lie.
	let honest = world.nodes.iter().enumerate().filter(|(position, _)| *position != 1);
	for (_, node) in honest {
		assert!(node.records.iter().all(|record| record.attempt == 1));
	}
}

#[test]
fn dealer_should_be_accused_when_its_feldman_commitments_leave_no_key() {
	let mut world = World::new(4, 3);
	let first_attempt =
		|message: &DcrmMessage| matches!(message, DcrmMessage::Reveal { attempt: 0, .. });
	let seen: Rc<RefCell<BTreeMap<MemberIndex, PublicKey>>> = Rc::default();
	let lied = Rc::new(RefCell::new(false));
	// Member 4 sees what the others reveal before it is in a block, and is heard before member 3.
	world.on_say = Box::new(move |from, message| {
		if !first_attempt(message) {
			return true;
		}
		let DcrmMessage::Reveal { commitments, .. } = message else { return true };
		let mut seen = seen.borrow_mut();
		let mut lied = lied.borrow_mut();
		if from != 4 {
			seen.insert(from, commitments[0]);
			return from != 3 || *lied;
		}
		let constants: Vec<_> = seen.values().map(point_of).collect();
		if constants.len() < 3 {
			return false;
		}
		let sum: ProjectivePoint = constants.into_iter().sum();
		commitments[0] = (-sum).to_affine().to_encoded_point(true).as_bytes().try_into().unwrap();
		*lied = true;
		true
	});
	let without_key = Rc::new(Cell::new(false));
	let seen = without_key.clone();
	world.on_block = Box::new(move |sim| {
		let confirming = sim.view.state == GroupState::Generating(Phase::Confirming);
		if confirming && sim.view.key.is_none() {
			seen.set(true);
		}
	});
	assert!(world.run_until(BLOCKS, is_active));
	assert!(without_key.get(), "it did leave no key");
	// Who is proven to have lied is out, and not who was heard last.
	assert_eq!(world.sim.excluded.iter().copied().collect::<Vec<_>>(), vec![4]);
	assert_eq!((world.sim.view.attempt, world.sim.view.qualified.clone()), (1, vec![1, 2, 3]));
	assert!(!world.who_logged("accusing dealer 4").is_empty());
	assert!(world.who_logged("the key on chain is refused").is_empty());
}

fn point_of(bytes: &PublicKey) -> ProjectivePoint {
	k256::PublicKey::from_sec1_bytes(bytes).unwrap().to_projective()
}

#[test]
fn member_should_not_confirm_when_the_share_cannot_be_stored() {
	let mut world = World::new(4, 3);
	world.node(4).disk_is_full = true;
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.who_logged("could not be stored"), vec![4]);
	let confirmed: Vec<_> = world
		.sim
		.heard
		.iter()
		.filter(|(_, m)| matches!(m, DcrmMessage::Confirm { .. }))
		.map(|(from, _)| *from)
		.collect();
	assert!(!confirmed.contains(&4), "{confirmed:?}");
	assert!(world.node(4).member.signer(GROUP).is_none());
}

#[test]
fn member_should_not_confirm_when_the_chain_has_another_key() {
	let mut world = World::new(4, 3);
	let mut done = false;
	world.on_block = Box::new(move |sim| {
		if let (false, Some(key)) = (done, sim.view.key.as_mut()) {
			key[32] ^= 1;
			done = true;
		}
	});
	assert!(world.run_until(BLOCKS, |w| w.phase() == Some(Phase::Confirming)));
	world.run(5);
	assert!(!world.sim.heard.iter().any(|(_, m)| matches!(m, DcrmMessage::Confirm { .. })));
	assert_eq!(world.who_logged("the key on chain is refused"), vec![1, 2, 3, 4]);
}

#[test]
fn member_should_stay_silent_as_a_dealer_when_it_restarted_after_dealing() {
	let mut world = World::new(4, 3);
	assert!(world.run_until(BLOCKS, |w| w.phase() == Some(Phase::Verdicts)));
	world.restart(2);
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.who_logged("restarted after dealing"), vec![2]);
	// It dealt once in attempt 0, could not reveal, and dealt again in attempt 1.
	assert_eq!(world.sim.view.attempt, 1);
	let deals: Vec<_> = world
		.sim
		.heard
		.iter()
		.filter_map(|(from, m)| match m {
			DcrmMessage::Deal { attempt, .. } if *from == 2 => Some(*attempt),
			_ => None,
		})
		.collect();
	assert_eq!(deals, vec![0, 1]);
}

#[test]
fn member_should_get_its_shares_again_when_it_restarted_and_does_not_count_as_a_dealer() {
	let mut world = World::new(4, 3);
	// Member 2 never deals, so it loses nothing by which the attempt would fail.
	world.on_say =
		Box::new(|from, message| from != 2 || !matches!(message, DcrmMessage::Deal { .. }));
	assert!(world.run_until(BLOCKS, |w| w.phase() == Some(Phase::Verdicts)));
	world.restart(2);
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.view.attempt, 0);
	assert_eq!(world.node(2).records.len(), 1);
}

#[test]
fn member_should_confirm_again_when_it_restarted_after_storing() {
	let mut world = World::new(4, 3);
	// The confirmation of member 1 is lost until it has restarted.
	world.on_say =
		Box::new(|from, message| from != 1 || !matches!(message, DcrmMessage::Confirm { .. }));
	assert!(world.run_until(BLOCKS, |w| w.nodes[0].records.len() == 1));
	world.restart(1);
	world.on_say = Box::new(|_, _| true);
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(world.sim.view.attempt, 0);
	assert_eq!(world.node(1).records.len(), 1);
	let confirmed =
		|(from, m): &&(u16, DcrmMessage)| *from == 1 && matches!(m, DcrmMessage::Confirm { .. });
	assert_eq!(world.sim.heard.iter().filter(confirmed).count(), 1);
}

#[test]
fn member_should_say_its_word_again_when_the_chain_did_not_hear_it() {
	let mut world = World::new(4, 3);
	let lost = Rc::new(RefCell::new(0));
	let counter = lost.clone();
	world.on_say = Box::new(move |from, message| {
		let first =
			from == 3 && matches!(message, DcrmMessage::Deal { .. }) && *counter.borrow() == 0;
		*counter.borrow_mut() += u32::from(first);
		!first
	});
	assert!(world.run_until(BLOCKS, is_active));
	assert_eq!(*lost.borrow(), 1);
	assert_eq!(world.sim.view.qualified.len(), 4);
}

#[test]
fn share_should_be_refused_when_it_is_of_another_attempt_or_of_oneself() {
	use crate::wire::Session;
	let mut world = World::with(4, 3, delayed(), std::sync::Arc::new(super::world::check));
	world.run(1);
	let ids: Vec<_> = world.nodes.iter().map(|node| node.id.clone()).collect();
	let share = || Body::Share(SecretPair::new([1; 64]));
	let mut ask = |from: usize, attempt: u32| {
		let session = Session::KeyGeneration { attempt };
		world.node(1).member.on_request(&ids[from], GROUP, session, share(), 0)
	};
	assert!(matches!(ask(1, 5), Body::Refused { .. }));
	assert!(matches!(ask(0, 0), Body::Refused { .. }));
}

#[test]
fn timing_should_leave_room_for_retries_by_default() {
	let timing = Timing::default();
	assert!(timing.share * 2 < timing.patience);
	assert!(timing.retry * 2 < timing.round);
	assert!(timing.round < timing.turn);
	assert!(timing.round_delay.is_zero());
}
