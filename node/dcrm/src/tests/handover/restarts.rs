//! Nodes that crash while a key is handed over, and come back or not.

use std::{cell::Cell, rc::Rc};

use fusion_dcrm_primitives::{DcrmMessage, MemberId, PerMember, Phase};

use super::{combinations, finish, holders, record_of, sign, BLOCKS};
use crate::{
	effect::Timing,
	tests::world::{delayed, NodeNumber, World},
};

const PHASES: [Phase; 7] = [
	Phase::Dealing,
	Phase::Verdicts,
	Phase::Answers,
	Phase::Revealing,
	Phase::Accusing,
	Phase::Confirming,
	Phase::Testing,
];
/// Node 1 leaves: it only deals. Node 6 joins: it only receives. The others do both.
const RECEIVERS: [NodeNumber; 5] = [3, 2, 6, 5, 4];

/// A handover from nodes 1 to 5 to [`RECEIVERS`] that has reached this phase. All that can be said in it has been
/// said, but for dealings (it has just begun) and signatures.
fn in_phase(base: &World, phase: Phase) -> World {
	let mut world = base.branch();
	world.run(2);
	world.reshare(&RECEIVERS);
	if phase == Phase::Answers {
		// Without a complaint there would be no such phase.
		world.on_say = Box::new(|from, message| {
			if let (3, DcrmMessage::Verdict { against, .. }) = (from, &mut *message) {
				*against = PerMember::truncate_from(vec![2]);
			}
			true
		});
	}
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(phase)), "{phase:?}");
	world
}

/// The handover was the first attempt's, and this node alone was left out, if anybody.
fn assert_succeeded(world: &World, victim: NodeNumber, what: &str) {
	let handovers = &world.sim.handovers;
	assert_eq!((world.sim.view.epoch, world.sim.view.attempt), (1, 1), "{what}");
	assert!(handovers.failed.is_empty(), "{what}: {:?}", handovers.failed);
	let left_out = handovers.left_out_in(1);
	assert!(left_out.iter().all(|dealer| *dealer == victim), "{what}: {left_out:?}");
	// Everybody else has a share, and any four have the key.
	let holders = holders(world);
	let others = RECEIVERS.into_iter().filter(|number| *number != victim);
	assert!(others.into_iter().all(|number| holders.contains(&number)), "{what}: {holders:?}");
	for signers in combinations(&holders, 4) {
		assert_eq!(sign(world, &signers), Ok(()), "{what}: {signers:?}");
	}
}

#[test]
fn handover_should_succeed_when_any_node_restarts_in_any_phase() {
	let base = World::active_with(5, 4, 1, delayed());
	for phase in PHASES {
		for victim in 1..=6 {
			let what = format!("{phase:?}, node {victim}");
			let mut world = in_phase(&base, phase);
			world.restart(victim);
			finish(&mut world);
			assert_succeeded(&world, victim, &what);
			// A dealing that is lost before it is revealed does not count.
			let loses = matches!(phase, Phase::Verdicts | Phase::Answers) && victim != 6;
			let expected = if loses { vec![victim] } else { vec![] };
			assert_eq!(world.sim.handovers.left_out_in(1), expected, "{what}");
			// One that was revealed counts, and nobody can tell the dealer again what it dealt to itself.
			let without = matches!(phase, Phase::Revealing | Phase::Accusing) && victim != 6;
			let has_share = victim != 1 && !without;
			assert_eq!(record_of(&world, victim).is_some(), has_share, "{what}");
			// Old shares are gone all the same.
			let records = &world.node(victim).records;
			assert!(records.iter().all(|record| record.attempt == 1), "{what}");
		}
	}
}

#[test]
fn handover_should_succeed_when_any_node_crashes_for_good_in_any_phase() {
	let base = World::active_with(5, 4, 1, delayed());
	for phase in PHASES {
		for victim in 1..=6 {
			let what = format!("{phase:?}, node {victim}");
			let mut world = in_phase(&base, phase);
			world.kill(victim);
			finish(&mut world);
			assert_succeeded(&world, victim, &what);
		}
	}
}

#[test]
fn dealer_should_deal_anew_when_it_restarts_before_its_dealing_was_heard() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.reshare(&[3, 4, 5, 1, 2]);
	let lost = Rc::new(Cell::new(false));
	let is_lost = lost.clone();
	world.on_say = Box::new(move |from, message| {
		let loses = from == 2 && !is_lost.get() && matches!(message, DcrmMessage::Deal { .. });
		if loses {
			is_lost.set(true);
		}
		!loses
	});
	// Its shares have arrived: the receivers keep them until they see what they belong to.
	assert!(world.run_until(5, |_| lost.get()));
	assert_eq!(world.handover_phase(), Some(Phase::Dealing));
	world.restart(2);
	finish(&mut world);
	assert_eq!(world.who_logged("dealt, sending shares to 4 members"), vec![1, 2, 3, 4, 5]);
	assert!(world.sim.handovers.left_out.is_empty());
	assert_eq!(holders(&world).len(), 5);
	assert_eq!(sign(&world, &[2, 3, 4, 5]), Ok(()));
}

#[test]
fn receiver_should_confirm_again_when_it_restarted_after_storing() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	let id = world.node(1).id.clone();
	world.reshare(&[5, 4, 3, 2, 1]);
	world.on_say =
		Box::new(|from, message| from != 1 || !matches!(message, DcrmMessage::Confirm { .. }));
	assert!(world.run_until(BLOCKS, |w| w.nodes[0].records.len() == 2));
	world.restart(1);
	world.on_say = Box::new(|_, _| true);
	finish(&mut world);
	let heard = world.sim.handovers.heard.iter();
	let is_it = |from: &MemberId, word: &DcrmMessage| {
		*from == id && matches!(word, DcrmMessage::Confirm { .. })
	};
	assert_eq!(heard.filter(|(from, word)| is_it(from, word)).count(), 1);
	assert_eq!(holders(&world).len(), 5);
}

#[test]
fn everybody_should_go_on_when_all_restart_at_once() {
	for phase in [Phase::Dealing, Phase::Confirming, Phase::Testing] {
		let mut world = in_phase(&World::active_with(5, 4, 1, delayed()), phase);
		(1..=6).for_each(|number| world.restart(number));
		finish(&mut world);
		assert_succeeded(&world, 0, &format!("{phase:?}"));
	}
	// When the dealings are lost, it takes another attempt.
	for phase in [Phase::Verdicts, Phase::Revealing, Phase::Accusing] {
		let mut world = in_phase(&World::active_with(5, 4, 1, delayed()), phase);
		let key = world.sim.view.key;
		(1..=6).for_each(|number| world.restart(number));
		finish(&mut world);
		let view = &world.sim.view;
		assert_eq!((view.epoch, view.attempt, view.key), (1, 2, key), "{phase:?}");
		assert_eq!(holders(&world).len(), 5);
		assert_eq!(sign(&world, &[2, 3, 4, 6]), Ok(()));
	}
}
