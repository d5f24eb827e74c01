//! Signing: honest, dead, lying and restarted members.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use fusion_dcrm_primitives::{
	test_message, DcrmMessage, GroupState, KeyPath, MemberIndex, Purpose, RequestId,
};

use super::{
	sim::GROUP,
	world::{check, delayed, World, BLOCK},
};
use crate::{
	effect::Timing,
	wire::{Body, Commitments, Session, SignatureShare},
};

pub const BLOCKS: u64 = 60;
pub const MESSAGE: [u8; 32] = [9; 32];

/// Who leads a request first.
pub fn first_leader(id: RequestId) -> MemberIndex {
	MemberIndex::try_from(id % 4).unwrap() + 1
}

/// Run until round 1 is complete, and say who leads.
fn after_round_one(world: &mut World, id: RequestId) -> MemberIndex {
	let line = format!("signing request {id}: round 1 complete");
	assert!(world.run_until(BLOCKS, |w| !w.who_logged(&line).is_empty()));
	world.who_logged(&line)[0]
}

/// The first members but the leader: they answer first, so they are the other signers.
fn other_signers(leader: MemberIndex) -> Vec<MemberIndex> {
	(1..=4).filter(|index| *index != leader).take(2).collect()
}

#[test]
fn request_should_be_signed_in_one_attempt_when_all_are_honest() {
	let mut world = World::active(Timing::default());
	let id = world.request(MESSAGE);
	assert!(world.run_until(2, |w| w.is_signed(id)));
	assert_eq!(
		world.who_logged(&format!("signing request {id}: signed, attempt 0")),
		vec![first_leader(id)]
	);
	assert_eq!(
		world.who_logged(&format!("signing request {id}: round 1 sent")),
		vec![first_leader(id)]
	);
	// Nobody signs it again, although time passes.
	world.run(30);
	assert!(world.who_logged(&format!("signing request {id}: round 1 sent, attempt 1")).is_empty());
	world.assert_nonces_were_used_once();
}

#[test]
fn many_requests_should_all_be_signed_when_they_are_open_at_once() {
	let mut world = World::active(Timing::default());
	let ids: Vec<_> = (0..40_u8).map(|i| world.request([i; 32])).collect();
	assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_be_signed_when_a_signer_dies_between_the_rounds() {
	let mut world = World::active(delayed());
	let id = world.request(MESSAGE);
	let leader = after_round_one(&mut world, id);
	world.kill(other_signers(leader)[0]);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert!(!world.who_logged(&format!("signing request {id}: attempt 0 failed")).is_empty());
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_be_signed_when_the_leader_dies_between_the_rounds() {
	let mut world = World::active(delayed());
	let id = world.request(MESSAGE);
	let leader = after_round_one(&mut world, id);
	world.kill(leader);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert!(!world
		.who_logged(&format!("signing request {id}: leader {leader} did not finish in its turn"))
		.is_empty());
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_be_signed_when_any_one_member_is_dead() {
	for dead in 1..=4 {
		let mut world = World::active(Timing::default());
		world.kill(dead);
		let ids: Vec<_> = (0..4_u8).map(|i| world.request([i; 32])).collect();
		assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))), "{dead} dead");
	}
}

#[test]
fn request_should_wait_when_two_members_are_dead_and_be_signed_when_one_is_back() {
	let mut world = World::active(Timing::default());
	world.kill(1);
	world.kill(2);
	let id = world.request(MESSAGE);
	assert!(!world.run_until(BLOCKS, |w| w.is_signed(id)));
	world.restart(2);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_be_signed_without_the_liar_when_a_member_sends_garbage_shares() {
	for garbage in [vec![], vec![7; 5], vec![7; 37]] {
		let mut world = World::active(Timing::default());
		let id = world.request(MESSAGE);
		let liar = other_signers(first_leader(id))[0];
		world.on_reply = Box::new(move |from, _, body| {
			if let (true, Body::SignShare { share }) = (from == liar, &mut *body) {
				*share = SignatureShare::truncate_from(garbage.clone());
			}
			true
		});
		assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
		assert_eq!(
			world.who_logged(&format!("attempt 0 failed: members [{liar}] sent a bad share")),
			vec![first_leader(id)]
		);
		world.assert_nonces_were_used_once();
	}
}

#[test]
fn request_should_be_signed_without_the_liar_when_a_member_sends_anothers_share() {
	// A well-formed scalar that is wrong: the share of another signer.
	let mut world = World::active(Timing::default());
	let id = world.request(MESSAGE);
	let signers = other_signers(first_leader(id));
	let (honest, liar) = (signers[0], signers[1]);
	let seen = Rc::new(RefCell::new(None));
	world.on_reply = Box::new(move |from, _, body| {
		if let Body::SignShare { share } = &mut *body {
			if from == honest {
				*seen.borrow_mut() = Some(share.clone());
			}
			if let (true, Some(other)) = (from == liar, seen.borrow().as_ref()) {
				*share = other.clone();
			}
		}
		true
	});
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert_eq!(
		world.who_logged(&format!("members [{liar}] sent a bad share")),
		vec![first_leader(id)]
	);
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_be_signed_without_the_liar_when_a_member_sends_garbage_commitments() {
	let mut world = World::active(Timing::default());
	let id = world.request(MESSAGE);
	let liar = other_signers(first_leader(id))[0];
	world.on_reply = Box::new(move |from, _, body| {
		if let (true, Body::SignCommitted { commitments }) = (from == liar, &mut *body) {
			*commitments = Commitments::truncate_from(vec![3; 40]);
		}
		true
	});
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert_eq!(
		world.who_logged(&format!("member {liar} sent bad commitments")),
		vec![first_leader(id)]
	);
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_be_signed_when_a_member_claims_a_false_signature() {
	let mut world = World::active(Timing::default());
	let id = world.request(MESSAGE);
	let liar = other_signers(first_leader(id))[0];
	world.on_reply = Box::new(move |from, _, body| {
		if from == liar && matches!(body, Body::SignCommitted { .. }) {
			*body = Body::Signed { signature: [5; 64] };
		}
		true
	});
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
}

#[test]
fn signature_should_be_said_by_another_member_when_the_leaders_word_is_lost() {
	let mut world = World::active(Timing::default());
	let id = world.request(MESSAGE);
	let leader = first_leader(id);
	world.on_say = Box::new(move |from, message| {
		from != leader || !matches!(message, DcrmMessage::Signature { .. })
	});
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	// It was not made a second time.
	let begun: Vec<_> = world.who_logged(&format!("signing request {id}: round 1 sent"));
	assert_eq!(begun, vec![leader]);
	world.assert_nonces_were_used_once();
}

#[test]
fn request_should_not_be_signed_when_its_message_is_not_approved() {
	let mut world = World::active(Timing::default());
	let id = world.request([0xba; 32]);
	assert!(!world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert_eq!(
		world.who_logged(&format!("signing request {id}: not signed here: this is not")),
		vec![1, 2, 3, 4]
	);
	assert!(world.who_logged(&format!("signing request {id}: round 1 sent")).is_empty());
	// Nor when a member asks for it.
	let reply = ask(
		&mut world,
		2,
		1,
		Session::Signing { request: id, shares: 0, attempt: 0 },
		Body::SignCommit,
	);
	assert!(matches!(reply, Body::Refused { .. }));
}

#[test]
fn request_should_not_be_signed_when_it_only_says_to_be_a_test() {
	let mut world = World::active(Timing::default());
	let key = world.sim.view.key.unwrap();
	let wrong = world.sim.request(KeyPath::Group, MESSAGE, Purpose::Test);
	let message = test_message(world.sim.genesis, GROUP, 0, &key);
	let elsewhere = world.sim.request(KeyPath::Deposit(0, 1), message, Purpose::Test);
	let right = world.sim.request(KeyPath::Group, message, Purpose::Test);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(right)));
	world.run(20);
	assert!(!world.is_signed(wrong) && !world.is_signed(elsewhere));
}

/// Member `from` asks member `to` something.
pub fn ask(
	world: &mut World,
	from: MemberIndex,
	to: MemberIndex,
	session: Session,
	body: Body,
) -> Body {
	let sender = world.node(from).id.clone();
	let now = world.now;
	world.node(to).member.on_request(&sender, GROUP, session, body, now)
}

/// Asks for a signature for an account.
fn request_of_account(world: &mut World) -> RequestId {
	let path = KeyPath::Account([7; 32], 0);
	world.sim.request(path, MESSAGE, Purpose::Account { request: 0 })
}

#[test]
fn batch_should_be_led_at_once_when_accounts_ask_for_many_signatures() {
	let mut world = World::active(Timing::default());
	// Nobody answers, so that all members lead as many as they may.
	world.on_request = Box::new(|_, _, body| !matches!(body, Body::SignCommit));
	let of_accounts: Vec<_> = (0..80).map(|_| request_of_account(&mut world)).collect();
	world.run(1);
	let led = |world: &World, id| !world.who_logged(&format!("request {id}: round 1")).is_empty();
	let count = of_accounts.iter().filter(|id| led(&world, **id)).count();
	assert_eq!(count, 4 * crate::signing::MAX_LEADING_FOR_ACCOUNTS);
	let batches: Vec<_> = (0..4).map(|_| world.request(MESSAGE)).collect();
	world.run(1);
	assert!(batches.iter().all(|id| led(&world, *id)));
	// When they answer, batches are signed, and accounts get theirs as well.
	world.on_request = Box::new(|_, _, _| true);
	let some: Vec<_> = batches.iter().chain(&of_accounts[..4]).copied().collect();
	assert!(world.run_until(BLOCKS, |w| some.iter().all(|id| w.is_signed(*id))));
	world.assert_nonces_were_used_once();
}

#[test]
fn request_of_an_account_should_not_be_signed_when_it_is_not_approved() {
	let mut world = World::active(Timing::default());
	let path = KeyPath::Account([7; 32], 0);
	let id = world.sim.request(path, [0xba; 32], Purpose::Account { request: 0 });
	assert!(!world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert_eq!(world.who_logged(&format!("request {id}: not signed here")), vec![1, 2, 3, 4]);
}

/// A request that all members know, but that nobody leads: all messages are lost.
fn with_open_request() -> (World, Session) {
	let mut world = World::active(Timing::default());
	world.on_request = Box::new(|_, _, _| false);
	let id = world.request(MESSAGE);
	world.run(2);
	// An attempt that none of the leaders has used.
	(world, Session::Signing { request: id, shares: 0, attempt: 1_000 })
}

/// Round 1 of an attempt of member 2 with members 1 and 3. Its own commitments are made by member 4
/// for it, which is as good here.
fn package(world: &mut World, session: Session) -> Body {
	let mut commitments = Vec::new();
	for (signer, asked) in [(1, 1), (2, 4), (3, 3)] {
		match ask(world, 2, asked, session, Body::SignCommit) {
			Body::SignCommitted { commitments: bytes } => commitments.push((signer, bytes)),
			other => panic!("no commitments: {other:?}"),
		}
	}
	Body::SignPackage { commitments: commitments.try_into().unwrap() }
}

#[test]
fn nonces_should_be_used_once_when_the_package_comes_twice() {
	let (mut world, session) = with_open_request();
	let package = package(&mut world, session);
	let first = ask(&mut world, 2, 1, session, package.clone());
	assert!(matches!(first, Body::SignShare { .. }), "{first:?}");
	let second = ask(&mut world, 2, 1, session, package);
	assert!(matches!(second, Body::Refused { .. }), "{second:?}");
	world.assert_nonces_were_used_once();
}

#[test]
fn nonces_should_be_gone_when_a_package_was_refused() {
	let (mut world, session) = with_open_request();
	let good = package(&mut world, session);
	let Body::SignPackage { mut commitments } = good.clone() else { panic!("not a package") };
	// Without member 3 there are too few signers.
	commitments.pop();
	let refused = ask(&mut world, 2, 1, session, Body::SignPackage { commitments });
	assert!(matches!(refused, Body::Refused { .. }), "{refused:?}");
	let second = ask(&mut world, 2, 1, session, good);
	assert!(matches!(second, Body::Refused { .. }), "{second:?}");
}

#[test]
fn package_should_be_refused_when_it_does_not_have_our_commitments() {
	let (mut world, session) = with_open_request();
	let Body::SignPackage { mut commitments } = package(&mut world, session) else {
		panic!("not a package")
	};
	let other = commitments[2].1.clone();
	commitments[0].1 = other;
	let refused = ask(&mut world, 2, 1, session, Body::SignPackage { commitments });
	assert!(matches!(refused, Body::Refused { .. }), "{refused:?}");
}

#[test]
fn package_should_be_refused_when_another_leader_or_attempt_sends_it() {
	let (mut world, session) = with_open_request();
	let package = package(&mut world, session);
	let Session::Signing { request, shares, attempt } = session else { panic!("not a signing") };
	let next = Session::Signing { request, shares, attempt: attempt + 1 };
	assert!(matches!(ask(&mut world, 2, 1, next, package.clone()), Body::Refused { .. }));
	assert!(matches!(ask(&mut world, 3, 1, session, package.clone()), Body::Refused { .. }));
	// The nonces still wait for the one whom they were made for.
	assert!(matches!(ask(&mut world, 2, 1, session, package), Body::SignShare { .. }));
}

#[test]
fn package_should_be_refused_when_the_leader_has_begun_another_attempt() {
	let (mut world, session) = with_open_request();
	let package = package(&mut world, session);
	let Session::Signing { request, shares, attempt } = session else { panic!("not a signing") };
	let next = Session::Signing { request, shares, attempt: attempt + 1 };
	assert!(matches!(ask(&mut world, 2, 1, next, Body::SignCommit), Body::SignCommitted { .. }));
	assert!(matches!(ask(&mut world, 2, 1, session, package), Body::Refused { .. }));
}

#[test]
fn nonces_should_be_bounded_and_expire_when_a_leader_does_not_come_back() {
	let mut world = World::active(Timing::default());
	world.on_request = Box::new(|_, _, _| false);
	let most = crate::signing::MAX_NONCES_PER_LEADER;
	let ids: Vec<_> = (0..=most).map(|_| world.request(MESSAGE)).collect();
	world.run(2);
	let commit = |world: &mut World, from, request| {
		ask(
			world,
			from,
			1,
			Session::Signing { request, shares: 0, attempt: 1_000 },
			Body::SignCommit,
		)
	};
	for id in &ids[..most] {
		assert!(matches!(commit(&mut world, 2, *id), Body::SignCommitted { .. }));
	}
	assert!(matches!(commit(&mut world, 2, ids[most]), Body::Refused { .. }));
	// Another leader has room of its own, and another attempt takes the place of the last one.
	assert!(matches!(commit(&mut world, 3, ids[most]), Body::SignCommitted { .. }));
	assert!(matches!(commit(&mut world, 2, ids[0]), Body::SignCommitted { .. }));
	world.now += 60 * BLOCK;
	assert!(matches!(commit(&mut world, 2, ids[most]), Body::SignCommitted { .. }));
}

#[test]
fn commitments_should_be_refused_when_the_request_is_not_in_finalized_state() {
	let mut world = World::active(Timing::default());
	let session = Session::Signing { request: 999, shares: 0, attempt: 0 };
	let reply = ask(&mut world, 2, 1, session, Body::SignCommit);
	assert!(matches!(reply, Body::Refused { .. }));
}

#[test]
fn signer_should_be_refused_when_the_stored_share_is_of_another_member() {
	let mut world = World::active(Timing::default());
	let stolen = world.node(2).records.pop().unwrap();
	let node = world.node(1);
	node.records.clear();
	node.records.push(stolen);
	world.restart(1);
	world.run(3);
	assert!(world.node(1).member.signer(GROUP).is_none());
	assert_eq!(world.who_logged("does not fit what the chain says"), vec![1]);
}

#[test]
fn group_should_not_become_active_when_the_test_is_not_signed() {
	let mut world = World::with(4, 3, Timing::default(), Arc::new(check));
	world.on_reply = Box::new(|_, _, body| !matches!(body, Body::SignShare { .. }));
	assert!(world.run_until(60, |w| w.sim.view.attempt > 0));
	assert_ne!(world.sim.view.state, GroupState::Active);
}

#[test]
fn leader_should_not_try_in_a_busy_loop_when_every_attempt_fails_at_once() {
	let mut world = World::active(Timing::default());
	let id = world.request(MESSAGE);
	world.on_reply = Box::new(|_, _, body| !matches!(body, Body::SignShare { .. }));
	world.run(10);
	let attempts: usize = world
		.nodes
		.iter()
		.flat_map(|node| &node.logs)
		.filter(|line| line.text.starts_with(&format!("signing request {id}: round 1 sent")))
		.count();
	// Two attempts, and then a pause of half a second, in ten seconds.
	assert!((10..=42).contains(&attempts), "{attempts} attempts");
}
