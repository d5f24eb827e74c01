//! Dealers and receivers who are silent, or lie: they are left out, and the others are not.

use std::rc::Rc;

use fusion_dcrm_primitives::{DcrmMessage, GroupState, PerMember, Phase, PublicKey};
use fusion_vss::{Dealing, Params, Secp256k1};
use rand::rngs::OsRng;

use super::{
	assert_any_threshold_signs, assert_signs_a_request, combinations, finish, holders, is_over,
	record_in, record_of, sign, BLOCKS,
};
use crate::{
	effect::Timing,
	tests::{
		keygen::spoilt,
		sim::GROUP,
		world::{NodeNumber, World},
	},
	wire::Body,
};

const FIVE: [NodeNumber; 5] = [1, 2, 3, 4, 5];

/// What dealers do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
	/// They deal nothing.
	Silent,
	/// They crash when they have dealt, and come back without their dealings.
	LosesDealing,
	/// All shares that they send are wrong.
	WrongShares,
	/// They send one receiver a wrong share, and are silent when it complains.
	NoAnswer,
	/// They send one receiver a wrong share, and a wrong one again when it complains.
	WrongAnswer,
	/// They do not reveal.
	NoReveal,
	/// They reveal another polynomial, whose constant is right.
	AnotherReveal,
	/// They reveal another polynomial, whose constant is wrong too.
	ForeignReveal,
}

fn spoil(body: &mut Body) {
	if let Body::Share(pair) = body {
		*pair = spoilt(pair);
	}
}

/// Replaces all but the first points.
fn replace(commitments: &mut PerMember<PublicKey>, keep: usize) {
	let threshold = u16::try_from(commitments.len()).unwrap();
	let params = Params::new(threshold, threshold).unwrap();
	let other = Dealing::<Secp256k1>::random(params, &mut OsRng).feldman().to_bytes();
	let mut points = commitments.to_vec();
	points[keep..].copy_from_slice(&other[keep..]);
	*commitments = PerMember::truncate_from(points);
}

/// The nodes `culprits` spoil what they send. With `only`, what they send to this one.
fn spoil_shares(world: &mut World, culprits: &Rc<[NodeNumber]>, only: Option<NodeNumber>) {
	let spoils = |culprits: Rc<[NodeNumber]>| {
		move |from: NodeNumber, to: NodeNumber, body: &mut Body| {
			if culprits.contains(&from) && only.is_none_or(|only| to == only) {
				spoil(body);
			}
			true
		}
	};
	world.on_request = Box::new(spoils(culprits.clone()));
	world.on_reply = Box::new(spoils(culprits.clone()));
}

/// Let these nodes have their fault in the handover that has just begun.
fn let_fail(world: &mut World, fault: Fault, culprits: &[NodeNumber]) {
	let culprits: Rc<[NodeNumber]> = culprits.into();
	let of = culprits.clone();
	let honest = FIVE.into_iter().find(|number| !culprits.contains(number));
	match fault {
		Fault::Silent | Fault::NoReveal => {},
		Fault::LosesDealing => {
			world.run(1);
			culprits.iter().for_each(|number| world.restart(*number));
		},
		Fault::WrongShares => spoil_shares(world, &culprits, None),
		Fault::NoAnswer | Fault::WrongAnswer => spoil_shares(world, &culprits, honest),
		Fault::AnotherReveal | Fault::ForeignReveal => {},
	}
	world.on_say = Box::new(move |from, message| {
		if !of.contains(&from) {
			return true;
		}
		match (fault, message) {
			(Fault::Silent, DcrmMessage::Deal { .. })
			| (Fault::NoAnswer, DcrmMessage::Answer { .. })
			| (Fault::NoReveal, DcrmMessage::Reveal { .. }) => return false,
			(Fault::WrongAnswer, DcrmMessage::Answer { share, .. }) => share[20] ^= 1,
			(Fault::AnotherReveal, DcrmMessage::Reveal { commitments, .. }) => {
				replace(commitments, 1);
			},
			(Fault::ForeignReveal, DcrmMessage::Reveal { commitments, .. }) => {
				replace(commitments, 0);
			},
			_ => {},
		}
		true
	});
}

/// Every one and every two of five, who have the same fault: they are left out, and nobody else. Everybody,
/// they too, gets a new share.
fn culprits_should_be_left_out(fault: Fault) {
	// The pallet's threshold would allow for one. Two have it harder to be told apart.
	let base = World::active_with(5, 3, 0, Timing::default());
	let key = base.sim.view.key;
	for size in 1..=2 {
		for culprits in combinations(&FIVE, size) {
			let what = format!("{fault:?} by {culprits:?}");
			let mut world = base.branch();
			world.run(2);
			world.reshare_to(&[2, 3, 4, 5, 1], 3);
			let_fail(&mut world, fault, &culprits);
			finish(&mut world);
			let (view, handovers) = (&world.sim.view, &world.sim.handovers);
			assert_eq!((view.epoch, view.attempt, view.key), (1, 1, key), "{what}");
			assert_eq!(handovers.left_out_in(1), culprits, "{what}");
			assert!(handovers.refuted.is_empty(), "{what}: {:?}", handovers.refuted);
			let mut counts = view.qualified.clone();
			counts.sort_unstable();
			let honest = FIVE.into_iter().filter(|number| !culprits.contains(number));
			assert_eq!(counts, honest.collect::<Vec<_>>(), "{what}");
			assert_eq!(holders(&world), vec![2, 3, 4, 5, 1], "{what}");
			// With the culprits and without them.
			assert_eq!(sign(&world, &[1, 2, 3]), Ok(()), "{what}");
			assert_eq!(sign(&world, &[3, 4, 5]), Ok(()), "{what}");
		}
	}
}

#[test]
fn dealers_should_be_left_out_when_they_are_silent() {
	culprits_should_be_left_out(Fault::Silent);
}

#[test]
fn dealers_should_be_left_out_when_they_lose_their_dealings() {
	culprits_should_be_left_out(Fault::LosesDealing);
}

#[test]
fn dealers_should_be_left_out_when_they_send_wrong_shares() {
	culprits_should_be_left_out(Fault::WrongShares);
}

#[test]
fn dealers_should_be_left_out_when_they_do_not_answer() {
	culprits_should_be_left_out(Fault::NoAnswer);
}

#[test]
fn dealers_should_be_left_out_when_they_answer_wrongly() {
	culprits_should_be_left_out(Fault::WrongAnswer);
}

#[test]
fn dealers_should_be_left_out_when_they_do_not_reveal() {
	culprits_should_be_left_out(Fault::NoReveal);
}

#[test]
fn dealers_should_be_left_out_when_they_reveal_another_polynomial() {
	culprits_should_be_left_out(Fault::AnotherReveal);
}

#[test]
fn dealers_should_be_left_out_when_they_reveal_another_constant() {
	culprits_should_be_left_out(Fault::ForeignReveal);
}

#[test]
fn dealer_should_complain_about_itself_when_its_dealing_is_lost() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.reshare(&[5, 4, 3, 2, 1]);
	world.run(1);
	world.restart(2);
	finish(&mut world);
	assert_eq!(world.who_logged("restarted after dealing"), vec![2]);
	// It is dealer 2, and receiver 4.
	let id = world.node(2).id.clone();
	let mut verdicts =
		world.sim.handovers.heard.iter().filter_map(|(from, message)| match message {
			DcrmMessage::Verdict { against, .. } if *from == id => Some(against.to_vec()),
			_ => None,
		});
	assert_eq!(verdicts.next(), Some(vec![2]));
	assert_eq!(verdicts.next(), None);
	assert_eq!(world.sim.handovers.left_out_in(1), vec![2]);
	assert!(record_of(&world, 2).is_some());
	assert_any_threshold_signs(&world);
}

#[test]
fn accusers_should_be_heard_when_they_lack_another_dealers_share() {
	// Node 1 has lost what it was sent, and its own dealing, when the lie of dealer 3 is revealed. It has
	// revealed, so its own dealing stands; but it can still say what it knows of others.
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.reshare(&[1, 2, 3, 4, 5]);
	world.on_say = Box::new(|from, message| {
		if let (3, DcrmMessage::Reveal { commitments, .. }) = (from, &mut *message) {
			replace(commitments, 1);
		}
		// Nobody else accuses.
		from == 1 || !matches!(message, DcrmMessage::Accuse { .. })
	});
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(Phase::Revealing)));
	world.restart(1);
	finish(&mut world);
	assert_eq!(world.who_logged("accusing dealer 3").first(), Some(&1));
	assert_eq!(world.sim.handovers.left_out_in(1), vec![3]);
	assert_eq!(holders(&world), vec![2, 3, 4, 5]);
	assert_eq!(sign(&world, &[2, 3, 4, 5]), Ok(()));
}

#[test]
fn dealers_should_stay_when_complaints_about_them_are_false() {
	for liars in combinations(&FIVE, 2) {
		let mut world = World::active_with(5, 3, 0, Timing::default());
		world.reshare_to(&FIVE, 3);
		let of = liars.clone();
		world.on_say = Box::new(move |from, message| {
			if let (true, DcrmMessage::Verdict { against, .. }) = (of.contains(&from), message) {
				let others = FIVE.into_iter().filter(|number| *number != from);
				*against = PerMember::truncate_from(others.collect());
			}
			true
		});
		finish(&mut world);
		let handovers = &world.sim.handovers;
		assert_eq!((world.sim.view.epoch, world.sim.view.attempt), (1, 1));
		assert!(handovers.left_out.is_empty(), "{liars:?}: {:?}", handovers.left_out);
		let words = handovers.heard.iter();
		let answers = words.filter(|(_, word)| matches!(word, DcrmMessage::Answer { .. }));
		assert_eq!(answers.count(), 8, "{liars:?}");
		assert_eq!(holders(&world).len(), 5);
		assert_eq!(sign(&world, &[1, 3, 5]), Ok(()));
	}
}

#[test]
fn dealer_should_stay_when_the_accusation_is_false() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.reshare(&[2, 3, 4, 5, 1]);
	world.on_say = Box::new(|from, message| {
		if let (5, DcrmMessage::Accept { group, attempt }) = (from, &mut *message) {
			let (group, attempt) = (*group, *attempt);
			*message = DcrmMessage::Accuse { group, attempt, dealer: 2, share: [7; 64] };
		}
		true
	});
	finish(&mut world);
	let handovers = &world.sim.handovers;
	assert_eq!(handovers.refuted, vec![(4, 2)]);
	assert!(handovers.left_out.is_empty());
	// Who lies is not left out of the new epoch for that.
	assert_eq!(holders(&world).len(), 5);
	assert_any_threshold_signs(&world);
}

#[test]
fn handover_should_succeed_when_as_many_receivers_are_silent_as_may_be() {
	let base = World::active_with(5, 3, 0, Timing::default());
	for size in 1..=2 {
		for silent in combinations(&FIVE, size) {
			let mut world = base.branch();
			world.run(2);
			world.reshare_to(&[4, 5, 1, 2, 3], 3);
			let of = silent.clone();
			world.on_say = Box::new(move |from, message| {
				!of.contains(&from)
					|| matches!(message, DcrmMessage::Deal { .. } | DcrmMessage::Reveal { .. })
			});
			finish(&mut world);
			assert_eq!((world.sim.view.epoch, world.sim.view.attempt), (1, 1), "{silent:?}");
			assert!(world.sim.handovers.left_out.is_empty(), "{silent:?}");
			assert_eq!(sign(&world, &[1, 2, 3]), Ok(()), "{silent:?}");
		}
	}
}

#[test]
fn handover_should_succeed_when_joiners_do_not_exist() {
	// Five of seven receivers are there, and it takes five.
	let mut world = World::active_with(5, 4, 2, Timing::default());
	world.kill(6);
	world.kill(7);
	world.reshare(&[6, 1, 2, 3, 7, 4, 5]);
	finish(&mut world);
	assert_eq!((world.sim.view.epoch, world.sim.view.attempt), (1, 1));
	assert_eq!(sign(&world, &FIVE), Ok(()));
}

#[test]
fn handover_should_be_given_up_when_too_many_joiners_do_not_exist() {
	// Five of eight receivers are there, and it takes six.
	let mut world = World::active_with(5, 4, 3, Timing::default());
	let before = world.sim.view.clone();
	(6..=8).for_each(|number| world.kill(number));
	world.reshare(&[1, 2, 3, 4, 5, 6, 7, 8]);
	finish(&mut world);
	let (view, handovers) = (&world.sim.view, &world.sim.handovers);
	assert_eq!((view.state, view.epoch, view.attempt), (GroupState::Active, 0, 0));
	assert_eq!((&view.members, view.key), (&before.members, before.key));
	assert_eq!(handovers.given_up, 1);
	let expected: Vec<_> = (1..=4_u32).map(|attempt| (attempt, "not confirmed")).collect();
	assert_eq!(handovers.failed, expected);
	// The group has what it had, and uses it.
	assert!(FIVE.into_iter().all(|number| record_in(&world, number, 0).is_some()));
	assert_any_threshold_signs(&world);
	assert_signs_a_request(&mut world);
	// The next one does not use the numbers of those attempts again.
	world.reshare(&[5, 4, 3, 2, 1]);
	finish(&mut world);
	assert_eq!((world.sim.view.epoch, world.sim.view.attempt), (1, 5));
	assert_eq!(world.sim.view.key, before.key);
	assert_any_threshold_signs(&world);
	// What was stored in the attempts that failed is gone as well.
	assert!(world.nodes.iter().all(|node| node.records.iter().all(|r| r.attempt == 5)));
}

#[test]
fn handover_should_be_given_up_when_too_many_dealers_are_silent() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.on_say =
		Box::new(|from, message| from > 2 || !matches!(message, DcrmMessage::Deal { .. }));
	world.reshare(&FIVE);
	finish(&mut world);
	assert_eq!((world.sim.view.epoch, world.sim.handovers.given_up), (0, 1));
	let expected: Vec<_> = (1..=4_u32).map(|attempt| (attempt, "too few dealers")).collect();
	assert_eq!(world.sim.handovers.failed, expected);
	assert_any_threshold_signs(&world);
}

#[test]
fn next_attempt_should_succeed_when_the_dealers_are_back() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	let key = world.sim.view.key;
	world.kill(1);
	world.kill(2);
	world.reshare(&FIVE);
	let attempt = |w: &World| w.sim.view.handover.as_ref().map(|next| next.attempt);
	assert!(world.run_until(BLOCKS, |w| attempt(w) == Some(2)));
	world.restart(1);
	world.restart(2);
	finish(&mut world);
	let view = &world.sim.view;
	assert_eq!((view.epoch, view.attempt, view.key), (1, 2, key));
	assert_eq!(world.sim.handovers.left_out_in(2), Vec::<u16>::new());
	assert_any_threshold_signs(&world);
}

#[test]
fn next_attempt_should_have_new_shares_when_the_test_is_not_signed() {
	let mut world = World::active_with(4, 3, 0, Timing::default());
	world.on_reply = Box::new(|_, _, body| !matches!(body, Body::SignShare { .. }));
	world.reshare(&[1, 2, 3, 4]);
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(Phase::Testing)));
	let first = record_in(&world, 1, 1).unwrap().clone();
	assert!(world.run_until(BLOCKS, |w| !w.sim.handovers.failed.is_empty()));
	assert_eq!(world.sim.handovers.failed, vec![(1, "not signed")]);
	world.on_reply = Box::new(|_, _, _| true);
	finish(&mut world);
	assert_eq!((world.sim.view.epoch, world.sim.view.attempt), (1, 2));
	let second = record_of(&world, 1).unwrap();
	assert_eq!(second.key, first.key);
	assert!(second.secret != first.secret);
	// Shares of the attempt that failed are as secret as others, and are erased as soon as it has.
	assert!(world.nodes.iter().all(|node| node.records.len() == 1));
	assert_eq!(world.node(1).erased, vec![(1, 0), (0, 2)]);
	assert_any_threshold_signs(&world);
}

#[test]
fn member_should_be_silent_as_a_dealer_when_it_has_no_share() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.node(3).records.clear();
	world.restart(3);
	world.run(2);
	world.reshare(&[5, 4, 3, 2, 1]);
	finish(&mut world);
	assert_eq!(world.who_logged("no share of the key here: silent as a dealer"), vec![3]);
	assert_eq!(world.sim.handovers.left_out_in(1), vec![3]);
	// It has one now.
	assert_eq!(holders(&world).len(), 5);
	assert!(world.node(3).member.signer(GROUP).is_some());
	assert_any_threshold_signs(&world);
}

#[test]
fn member_should_be_silent_as_a_dealer_when_its_share_is_not_of_the_key() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	let other = world.node(2).records[0].secret.clone();
	world.node(3).records[0].secret = other;
	world.restart(3);
	world.run(2);
	world.reshare(&[5, 4, 3, 2, 1]);
	finish(&mut world);
	assert_eq!(world.who_logged("cannot deal"), vec![3]);
	assert_eq!(world.sim.handovers.left_out_in(1), vec![3]);
	assert_eq!(holders(&world).len(), 5);
	assert_any_threshold_signs(&world);
}

#[test]
fn receiver_should_not_confirm_when_its_share_cannot_be_stored() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.node(4).disk_is_full = true;
	world.reshare(&FIVE);
	finish(&mut world);
	let id = world.node(4).id.clone();
	let mut heard = world.sim.handovers.heard.iter();
	assert!(!heard.any(|(from, m)| *from == id && matches!(m, DcrmMessage::Confirm { .. })));
	assert_eq!(world.who_logged("could not be stored"), vec![4]);
	assert_eq!(holders(&world), vec![1, 2, 3, 5]);
	assert_eq!(sign(&world, &[1, 2, 3, 5]), Ok(()));
}

#[test]
fn members_should_go_on_as_before_when_the_handover_is_cancelled() {
	for phase in [Phase::Dealing, Phase::Verdicts, Phase::Revealing, Phase::Confirming] {
		let mut world = World::active_with(5, 4, 1, Timing::default());
		world.reshare(&[2, 3, 4, 5, 6]);
		assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(phase)));
		world.sim.give_up_handover();
		world.run(2);
		assert!(is_over(&world));
		assert_any_threshold_signs(&world);
		assert_signs_a_request(&mut world);
	}
}
