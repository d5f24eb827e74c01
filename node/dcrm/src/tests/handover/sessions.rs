//! Who is answered, and what is not taken from whom.

use fusion_dcrm_primitives::{Attempt, DcrmMessage, MemberIndex, PerMember, Phase, RequestId};

use super::{finish, is_over, BLOCKS, MESSAGE};
use crate::{
	effect::Timing,
	tests::{
		sim::GROUP,
		world::{delayed, NodeNumber, World},
	},
	wire::{Body, SecretPair, Session},
};

/// A handover from nodes 1 to 5 to nodes 2 to 6. Node 7 has nothing to do with it.
fn under_way(timing: Timing) -> World {
	let mut world = World::active_with(5, 4, 2, timing);
	world.reshare(&[6, 2, 3, 4, 5]);
	world
}

/// Node `from` asks node `to` something.
fn ask(world: &mut World, from: NodeNumber, to: NodeNumber, session: Session, body: Body) -> Body {
	let sender = world.node(from).id.clone();
	let now = world.now;
	world.node(to).member.on_request(&sender, GROUP, session, body, now)
}

fn assert_refused(reply: Body, reason: &str) {
	let Body::Refused { reason: given } = reply else { panic!("not refused: {reply:?}") };
	let given = String::from_utf8(given.to_vec()).unwrap();
	assert!(given.contains(reason), "{given}");
}

fn share() -> Body {
	Body::Share(SecretPair::new([1; 64]))
}

#[test]
fn message_should_be_refused_when_it_is_of_another_session() {
	let mut world = under_way(Timing::default());
	world.run(1);
	for attempt in [0, 2, Attempt::MAX] {
		for body in [share(), Body::ShareRequest] {
			let session = Session::KeyGeneration { attempt };
			assert_refused(ask(&mut world, 1, 2, session, body), "is not under way here");
		}
	}
	let session = Session::KeyGeneration { attempt: 1 };
	for body in [Body::SignCommit, Body::Received] {
		assert_refused(ask(&mut world, 3, 2, session, body), "not a message of a ceremony");
	}
	let session = Session::Signing { request: 1, shares: 0, attempt: 1 };
	for body in [share(), Body::ShareRequest] {
		assert_refused(ask(&mut world, 3, 2, session, body), "not a message of a signing");
	}
}

#[test]
fn message_should_be_refused_when_its_sender_does_not_have_that_part() {
	let mut world = under_way(Timing::default());
	world.run(1);
	let session = Session::KeyGeneration { attempt: 1 };
	// Node 1 receives nothing, and node 6 deals nothing.
	assert_refused(ask(&mut world, 1, 2, session, Body::ShareRequest), "not another receiver");
	assert_refused(ask(&mut world, 6, 2, session, share()), "not another dealer");
	assert_refused(ask(&mut world, 2, 1, session, share()), "not a receiver");
	assert_refused(ask(&mut world, 2, 6, session, Body::ShareRequest), "not dealt yet");
	// Oneself.
	assert_refused(ask(&mut world, 2, 2, session, share()), "not another dealer");
	assert_refused(ask(&mut world, 2, 2, session, Body::ShareRequest), "not another receiver");
	// Strangers, on either side.
	assert_refused(ask(&mut world, 7, 2, session, Body::ShareRequest), "you are not a member");
	assert_refused(ask(&mut world, 2, 7, session, share()), "is not known here");
	let stranger = world.node(7).id.clone();
	let (leaver, joiner) = (world.node(1).id.clone(), world.node(6).id.clone());
	let node = world.node(3);
	assert!(!node.member.shares_group(GROUP, &stranger));
	assert!(node.member.shares_group(GROUP, &leaver) && node.member.shares_group(GROUP, &joiner));
	// Each receiver gets its own share, by its new index.
	let Body::Share(six) = ask(&mut world, 6, 1, session, Body::ShareRequest) else {
		panic!("not a share")
	};
	let Body::Share(two) = ask(&mut world, 2, 1, session, Body::ShareRequest) else {
		panic!("not a share")
	};
	assert!(six != two);
}

#[test]
fn share_should_be_refused_when_the_handover_is_over() {
	let mut world = under_way(Timing::default());
	finish(&mut world);
	let session = Session::KeyGeneration { attempt: 1 };
	for (from, to) in [(2, 3), (6, 2)] {
		let reply = ask(&mut world, from, to, session, Body::ShareRequest);
		assert_refused(reply, "is not under way here");
	}
	// Node 1 has left.
	assert_refused(ask(&mut world, 1, 2, session, Body::ShareRequest), "you are not a member");
	assert_refused(ask(&mut world, 2, 1, session, Body::ShareRequest), "is not known here");
}

/// The test of the new shares, and a request of the group, both of which nobody can lead.
fn in_testing() -> (World, RequestId, RequestId) {
	let mut world = under_way(delayed());
	world.on_request = Box::new(|_, _, body| !matches!(body, Body::SignCommit));
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(Phase::Testing)));
	let id = world.request(MESSAGE);
	world.run(2);
	let test = world.sim.handovers.test.unwrap();
	(world, test, id)
}

#[test]
fn test_should_be_signed_by_receivers_alone() {
	let (mut world, test, _) = in_testing();
	let session = Session::Signing { request: test, shares: 1, attempt: 1_000 };
	let reply = ask(&mut world, 6, 2, session, Body::SignCommit);
	assert!(matches!(reply, Body::SignCommitted { .. }), "{reply:?}");
	assert_refused(ask(&mut world, 1, 2, session, Body::SignCommit), "not another member");
	assert_refused(ask(&mut world, 2, 1, session, Body::SignCommit), "no share of attempt 1");
	// Nor with the shares of the present members.
	let session = Session::Signing { request: test, shares: 0, attempt: 1_000 };
	assert_refused(ask(&mut world, 3, 2, session, Body::SignCommit), "is not open");
}

#[test]
fn request_should_be_signed_by_present_members_alone() {
	let (mut world, _, id) = in_testing();
	let session = Session::Signing { request: id, shares: 0, attempt: 1_000 };
	let reply = ask(&mut world, 1, 2, session, Body::SignCommit);
	assert!(matches!(reply, Body::SignCommitted { .. }), "{reply:?}");
	assert_refused(ask(&mut world, 6, 2, session, Body::SignCommit), "not another member");
	assert_refused(ask(&mut world, 2, 6, session, Body::SignCommit), "no share of attempt 0");
	// Nor with shares that are only tested yet.
	let session = Session::Signing { request: id, shares: 1, attempt: 1_000 };
	assert_refused(ask(&mut world, 3, 2, session, Body::SignCommit), "is not open");
}

/// Every word in its phase, with whom it is refused from.
#[test]
fn word_should_be_refused_when_it_is_of_another_attempt_or_part() {
	let mut world = under_way(Timing::default());
	let key = world.sim.view.key.unwrap();
	let points = || PerMember::truncate_from(vec![key; 4]);
	let word = |phase: Phase, attempt: Attempt| match phase {
		Phase::Dealing => DcrmMessage::Deal { group: GROUP, attempt, commitments: points() },
		Phase::Verdicts => {
			DcrmMessage::Verdict { group: GROUP, attempt, against: PerMember::new() }
		},
		Phase::Revealing => DcrmMessage::Reveal { group: GROUP, attempt, commitments: points() },
		Phase::Accusing => DcrmMessage::Accept { group: GROUP, attempt },
		_ => DcrmMessage::Confirm { group: GROUP, attempt, key },
	};
	let phases = [
		(Phase::Dealing, 6),
		(Phase::Verdicts, 1),
		(Phase::Revealing, 6),
		(Phase::Accusing, 1),
		(Phase::Confirming, 1),
	];
	for (phase, without_part) in phases {
		assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(phase)));
		let ids = world.ids(&[2, without_part, 7]);
		for attempt in [0, 2] {
			assert!(world.sim.hear(&ids[0], word(phase, attempt)).is_err(), "{phase:?}");
		}
		for id in &ids[1..] {
			assert!(world.sim.hear(id, word(phase, 1)).is_err(), "{phase:?}");
		}
	}
	finish(&mut world);
	assert!(is_over(&world) && world.sim.handovers.left_out.is_empty());
}

#[test]
fn member_should_take_no_part_when_the_chains_commitments_are_of_another_key() {
	let mut world = World::active_with(5, 4, 0, Timing::default());
	world.reshare(&[5, 4, 3, 2, 1]);
	let generator = fusion_vss::KeyShare::<fusion_vss::Secp256k1>::from_bytes(1, &{
		let mut one = [0; 32];
		one[31] = 1;
		one
	})
	.unwrap()
	.verifying_share();
	world.sim.view.handover.as_mut().unwrap().commitments[0] = generator;
	world.run(3);
	assert!(world.sim.handovers.heard.is_empty());
	let everybody: Vec<MemberIndex> = (1..=5).collect();
	assert_eq!(world.who_logged("the commitments are to another key"), everybody);
}
