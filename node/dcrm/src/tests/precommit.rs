//! Nonces that are committed to in advance: one round, restarts, bounds, and leaders that want to use one twice.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use fusion_dcrm_primitives::{MemberIndex, RequestId};
use rand::{rngs::StdRng, Rng, SeedableRng};

use super::{
	signing::{ask, first_leader, BLOCKS, MESSAGE},
	world::{World, BLOCK},
};
use crate::{
	effect::{Bad, Fact, Timing},
	signing::MAX_GIVEN_PER_LEADER,
	wire::{Body, Commitments, Package, Session, SignatureShare, MAX_PRECOMMITMENTS},
};

/// Few, so that a pool runs dry.
const STOCK: u16 = 4;

fn timing() -> Timing {
	Timing { precommit: STOCK, ..Timing::default() }
}

/// A group of 4 with threshold 3, whose members have committed to nonces for each other.
fn stocked() -> World {
	stocked_with(4, 3)
}

fn stocked_with(count: u16, threshold: u16) -> World {
	let mut world = World::active_with(count, threshold, 0, timing());
	world.run(2);
	for number in 1..=count {
		let others = usize::from(count - 1);
		let held = world.node(number).member.status().precommitments_held;
		assert!(held >= others * usize::from(STOCK) / 2, "member {number} holds {held}");
	}
	world
}

/// Counts the messages that members send each other, by their names.
fn count_messages(world: &mut World) -> Rc<RefCell<BTreeMap<&'static str, usize>>> {
	let counts = Rc::new(RefCell::new(BTreeMap::new()));
	let counter = counts.clone();
	world.on_request = Box::new(move |_, _, body| {
		*counter.borrow_mut().entry(body.name()).or_default() += 1;
		true
	});
	counts
}

/// Whether the leader has made the signature in one round.
fn was_signed_at_once(world: &mut World, leader: MemberIndex) -> bool {
	let facts = &world.node(leader).facts;
	facts.iter().any(|fact| matches!(fact, Fact::Signed { at_once: true, .. }))
}

#[test]
fn request_should_be_signed_in_one_round_when_members_have_committed_in_advance() {
	let mut world = stocked();
	let counts = count_messages(&mut world);
	let id = world.request(MESSAGE);
	assert!(world.run_until(2, |w| w.is_signed(id)));
	// Two others sign, and all three others hear of the signature.
	assert_eq!(counts.borrow().get("SignAtOnce"), Some(&2));
	assert_eq!(counts.borrow().get("SignCommit"), None);
	assert_eq!(counts.borrow().get("SignPackage"), None);
	assert!(was_signed_at_once(&mut world, first_leader(id)));
	world.assert_nonces_were_used_once();
}

#[test]
fn pool_should_be_filled_again_when_it_runs_low() {
	let mut world = stocked();
	for round in 0..6_u8 {
		let ids: Vec<_> = (0..8).map(|i| world.request([round * 8 + i; 32])).collect();
		assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
		world.run(6);
		let held = world.node(1).member.status().precommitments_held;
		assert!(held >= 3 * usize::from(STOCK) / 2, "round {round}: {held}");
	}
	world.assert_nonces_were_used_once();
}

#[test]
fn two_rounds_should_be_taken_when_the_pool_is_empty() {
	let mut world = World::active(timing());
	world.on_request = Box::new(|_, _, body| !matches!(body, Body::Precommit { .. }));
	// Whatever there is since the group became active is used up.
	for round in 0..12_u8 {
		let ids: Vec<_> = (0..4).map(|i| world.request([round * 4 + i; 32])).collect();
		assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
	}
	let id = world.request(MESSAGE);
	let counts = Rc::new(RefCell::new(0));
	let counter = counts.clone();
	world.on_request = Box::new(move |_, _, body| {
		*counter.borrow_mut() += usize::from(matches!(body, Body::SignCommit));
		!matches!(body, Body::Precommit { .. })
	});
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert!(*counts.borrow() >= 2);
	world.assert_nonces_were_used_once();
}

#[test]
fn two_rounds_should_follow_when_signers_were_started_again() {
	let mut world = stocked();
	let id = next_request(&world);
	let leader = first_leader(id);
	// The leader keeps what it was given, and is given nothing new.
	world.on_request = Box::new(|_, _, body| !matches!(body, Body::Precommit { .. }));
	for other in (1..=4).filter(|other| *other != leader) {
		world.restart(other);
	}
	world.run(3);
	assert_eq!(world.request(MESSAGE), id);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	let line = format!("signing request {id}: attempt 0 failed: member");
	assert_eq!(world.who_logged(&line), vec![leader]);
	assert_eq!(world.who_logged("has those nonces no more; two rounds follow"), vec![leader]);
	assert_eq!(world.who_logged(&format!("signing request {id}: signed, attempt 1")), vec![leader]);
	// Nobody is blamed for having been started again.
	assert!(!world.node(leader).facts.iter().any(|fact| matches!(fact, Fact::Bad { .. })));
	world.assert_nonces_were_used_once();
}

#[test]
fn signer_should_be_asked_again_when_it_does_not_see_the_request_yet() {
	let mut world = stocked();
	let id = next_request(&world);
	let leader = first_leader(id);
	// All others see it a block later.
	world.blind = (1..=4).filter(|number| *number != leader).collect();
	assert_eq!(world.request(MESSAGE), id);
	world.run(1);
	assert!(!world.is_signed(id));
	world.blind.clear();
	assert!(world.run_until(2, |w| w.is_signed(id)));
	assert_eq!(world.who_logged(&format!("signing request {id}: signed, attempt 0")), vec![leader]);
	assert!(was_signed_at_once(&mut world, leader));
	world.assert_nonces_were_used_once();
}

#[test]
fn two_rounds_should_follow_when_signers_do_not_see_the_request_in_time() {
	let mut world = stocked_with(5, 3);
	let id = next_request(&world);
	let leader = MemberIndex::try_from(id % 5).unwrap() + 1;
	// Two others see it, and two do not. By chance those are asked who do: then there is nothing to wait for.
	let others: Vec<_> = (1..=5).filter(|number| *number != leader).collect();
	world.blind = others[..2].to_vec();
	assert_eq!(world.request(MESSAGE), id);
	assert!(world.run_until(5, |w| w.is_signed(id)));
	assert!(!world
		.nodes
		.iter()
		.any(|node| { node.facts.iter().any(|fact| matches!(fact, Fact::Bad { .. })) }));
	// The next one is signed at once: the leader knows who was late.
	let ids: Vec<_> = (0..5).map(|i| world.request([20 + i; 32])).collect();
	assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
	world.assert_nonces_were_used_once();
}

#[test]
fn two_rounds_should_follow_when_a_signer_refuses() {
	let mut world = stocked();
	let id = next_request(&world);
	let leader = first_leader(id);
	let mut refused = false;
	world.on_reply = Box::new(move |_, _, body| {
		if matches!(body, Body::SignShare { .. }) && !std::mem::replace(&mut refused, true) {
			*body = Body::refused("request is not open in finalized state");
		}
		true
	});
	assert_eq!(world.request(MESSAGE), id);
	assert!(world.run_until(2, |w| w.is_signed(id)));
	assert_eq!(world.who_logged("cannot sign yet"), vec![leader]);
	assert_eq!(world.who_logged(&format!("signing request {id}: signed, attempt 1")), vec![leader]);
}

#[test]
fn next_attempt_should_be_made_at_once_without_those_who_are_down() {
	// 4 of 7: three may be down.
	let mut world = stocked_with(7, 4);
	let id = next_request(&world);
	let leader = MemberIndex::try_from(id % 7).unwrap() + 1;
	let down: Vec<_> = (1..=7).filter(|index| *index != leader).take(3).collect();
	for index in &down {
		world.kill(*index);
	}
	assert_eq!(world.request(MESSAGE), id);
	assert!(world.run_until(3, |w| w.is_signed(id)));
	assert!(was_signed_at_once(&mut world, leader));
	// From now on it is known who is down. No attempt fails any more.
	let ids: Vec<_> = (0..14_u8).map(|i| world.request([i; 32])).collect();
	world.run(20);
	for id in &ids {
		assert!(world.is_signed(*id));
	}
	let before = failures(&world);
	let more: Vec<_> = (0..14_u8).map(|i| world.request([50 + i; 32])).collect();
	assert!(world.run_until(BLOCKS, |w| more.iter().all(|id| w.is_signed(*id))));
	assert_eq!(failures(&world), before);
	world.assert_nonces_were_used_once();
}

#[test]
fn liar_should_be_named_counted_and_left_out_when_it_sends_bad_shares() {
	let mut world = stocked();
	let id = next_request(&world);
	let leader = first_leader(id);
	let liar = (1..=4).find(|index| *index != leader).unwrap();
	world.on_reply = Box::new(move |from, _, body| {
		if let (true, Body::SignShare { share }) = (from == liar, &mut *body) {
			// A well-formed scalar.
			*share = SignatureShare::truncate_from(vec![7; 32]);
		}
		true
	});
	// Each member leads often enough to have met the liar once.
	for round in 0..10_u8 {
		let ids: Vec<_> = (0..4).map(|i| world.request([round * 4 + i; 32])).collect();
		assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
		world.run(4);
	}
	let liar_id = world.node(liar).id.clone();
	let blamed = Fact::Bad { member: liar_id, what: Bad::Share };
	let mut counted = 0;
	for number in (1..=4).filter(|number| *number != liar) {
		let facts = &world.node(number).facts;
		let bad: Vec<_> = facts.iter().filter(|fact| matches!(fact, Fact::Bad { .. })).collect();
		assert!(bad.iter().all(|fact| **fact == blamed), "member {number} blames {bad:?}");
		counted += bad.len();
	}
	assert!(counted > 0);
	// Once it is known, it is asked last, and so not at all.
	world.run(20);
	let before = failures_of_others(&world, liar);
	let ids: Vec<_> = (0..8_u8).map(|i| world.request([100 + i; 32])).collect();
	assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
	assert_eq!(failures_of_others(&world, liar), before);
	world.assert_nonces_were_used_once();
}

#[test]
fn member_that_claims_a_false_signature_should_be_left_out_when_it_does() {
	let mut world = stocked();
	let id = next_request(&world);
	let leader = first_leader(id);
	world.on_reply = Box::new(move |from, _, body| {
		if from == 1 + leader % 4 && matches!(body, Body::SignShare { .. }) {
			*body = Body::Signed { signature: [5; 64] };
		}
		true
	});
	assert_eq!(world.request(MESSAGE), id);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	world.assert_nonces_were_used_once();
}

/// The number of the next request.
fn next_request(world: &World) -> RequestId {
	let signed = world.sim.signatures.keys().chain(world.sim.open.keys()).max();
	signed.map_or(0, |last| last + 1)
}

fn failures(world: &World) -> usize {
	let failed = |fact: &&Fact| matches!(fact, Fact::AttemptFailed { .. });
	world.nodes.iter().map(|node| node.facts.iter().filter(failed).count()).sum()
}

fn failures_of_others(world: &World, liar: MemberIndex) -> usize {
	let failed = |fact: &&Fact| matches!(fact, Fact::AttemptFailed { .. });
	let nodes = (1..).zip(&world.nodes).filter(|(number, _)| *number != liar);
	nodes.map(|(_, node)| node.facts.iter().filter(failed).count()).sum()
}

/// Two requests that all members know and nobody leads, as all messages are lost.
fn with_open_requests() -> (World, [RequestId; 2]) {
	let mut world = World::active(Timing::default());
	world.on_request = Box::new(|_, _, _| false);
	let ids = [world.request(MESSAGE), world.request([10; 32])];
	world.run(2);
	(world, ids)
}

fn precommitting(world: &World) -> Session {
	Session::Precommitting { attempt: world.sim.view.attempt }
}

fn signing(request: RequestId, attempt: u32) -> Session {
	Session::Signing { request, shares: 0, attempt }
}

/// Commitments that member `asked` makes for leader 2.
fn commitments_of(world: &mut World, asked: MemberIndex, count: u16) -> Vec<Vec<u8>> {
	let session = precommitting(world);
	match ask(world, 2, asked, session, Body::Precommit { count }) {
		Body::Precommitted { commitments, .. } => {
			commitments.into_iter().map(|bytes| bytes.into_inner()).collect()
		},
		other => panic!("no commitments: {other:?}"),
	}
}

/// A package of members 1, 2 and 3, led by 2. Its own commitments are made by member 4 for it, which is as good here.
fn package(world: &mut World) -> Package {
	let mut list: Vec<(MemberIndex, Commitments)> = Vec::new();
	for (signer, asked) in [(1, 1), (2, 4), (3, 3)] {
		let commitments = commitments_of(world, asked, 1).remove(0);
		list.push((signer, commitments.try_into().unwrap()));
	}
	list.try_into().unwrap()
}

fn at_once(commitments: &Package) -> Body {
	Body::SignAtOnce { commitments: commitments.clone() }
}

#[test]
fn nonces_should_be_used_once_when_the_package_comes_twice() {
	let (mut world, [id, _]) = with_open_requests();
	let package = package(&mut world);
	let first = ask(&mut world, 2, 1, signing(id, 0), at_once(&package));
	assert!(matches!(first, Body::SignShare { .. }), "{first:?}");
	for attempt in [0, 1] {
		let again = ask(&mut world, 2, 1, signing(id, attempt), at_once(&package));
		assert!(matches!(again, Body::Stale { .. }), "{again:?}");
	}
	world.assert_nonces_were_used_once();
}

#[test]
fn nonces_should_be_used_once_when_the_leader_wants_two_messages_signed_with_them() {
	let (mut world, [first, second]) = with_open_requests();
	let package = package(&mut world);
	let reply = ask(&mut world, 2, 1, signing(first, 0), at_once(&package));
	assert!(matches!(reply, Body::SignShare { .. }), "{reply:?}");
	let reply = ask(&mut world, 2, 1, signing(second, 0), at_once(&package));
	assert!(matches!(reply, Body::Stale { .. }), "{reply:?}");
	// Nor with other commitments of the others.
	let mut other = self::package(&mut world);
	other[0].1 = package[0].1.clone();
	let reply = ask(&mut world, 2, 1, signing(first, 1), at_once(&other));
	assert!(matches!(reply, Body::Stale { .. }), "{reply:?}");
	world.assert_nonces_were_used_once();
}

#[test]
fn nonces_should_be_gone_when_a_package_was_refused() {
	let (mut world, [id, _]) = with_open_requests();
	let mut short = package(&mut world);
	short.pop();
	let mut twice = package(&mut world);
	twice[2] = twice[0].clone();
	for bad in [short, twice] {
		let refused = ask(&mut world, 2, 1, signing(id, 0), at_once(&bad));
		assert!(matches!(refused, Body::Refused { .. }), "{refused:?}");
		let again = ask(&mut world, 2, 1, signing(id, 0), at_once(&bad));
		assert!(matches!(again, Body::Stale { .. }), "{again:?}");
	}
}

#[test]
fn nonces_should_wait_when_the_request_is_not_seen_yet() {
	let (mut world, [id, _]) = with_open_requests();
	let package = package(&mut world);
	let not_yet = ask(&mut world, 2, 1, signing(999, 0), at_once(&package));
	assert_eq!(not_yet, Body::NotYet);
	let share = ask(&mut world, 2, 1, signing(id, 0), at_once(&package));
	assert!(matches!(share, Body::SignShare { .. }), "{share:?}");
	let again = ask(&mut world, 2, 1, signing(id, 0), at_once(&package));
	assert!(matches!(again, Body::Stale { .. }), "{again:?}");
	world.assert_nonces_were_used_once();
}

#[test]
fn nonces_should_stay_when_another_leader_names_them() {
	let (mut world, [id, _]) = with_open_requests();
	let package = package(&mut world);
	let stolen = ask(&mut world, 3, 1, signing(id, 0), at_once(&package));
	assert!(matches!(stolen, Body::Stale { .. }), "{stolen:?}");
	// Two rounds do not find them either.
	let body = Body::SignPackage { commitments: package.clone() };
	assert!(matches!(ask(&mut world, 2, 1, signing(id, 0), body), Body::Refused { .. }));
	// They wait for the one whom they were made for.
	let share = ask(&mut world, 2, 1, signing(id, 0), at_once(&package));
	assert!(matches!(share, Body::SignShare { .. }), "{share:?}");
}

#[test]
fn nonces_should_be_gone_when_the_member_was_started_again() {
	let (mut world, [id, _]) = with_open_requests();
	let session = precommitting(&world);
	let run = |body: Body| match body {
		Body::Precommitted { run, .. } | Body::Stale { run } => run,
		other => panic!("no run: {other:?}"),
	};
	let package = package(&mut world);
	let before = run(ask(&mut world, 2, 1, session, Body::Precommit { count: 1 }));
	world.restart(1);
	world.run(2);
	let stale = ask(&mut world, 2, 1, signing(id, 0), at_once(&package));
	let after = run(stale);
	assert_ne!(before, after);
	assert_eq!(after, run(ask(&mut world, 2, 1, session, Body::Precommit { count: 1 })));
}

#[test]
fn commitments_should_be_refused_when_they_are_for_other_shares_or_a_strange_reason() {
	let (mut world, [id, _]) = with_open_requests();
	let other = Session::Precommitting { attempt: world.sim.view.attempt + 1 };
	let reply = ask(&mut world, 2, 1, other, Body::Precommit { count: 1 });
	assert!(matches!(reply, Body::Refused { .. }), "{reply:?}");
	let session = precommitting(&world);
	for body in [Body::SignCommit, Body::Precommit { count: 0 }, Body::Received] {
		let reply = ask(&mut world, 2, 1, session, body);
		assert!(matches!(reply, Body::Refused { .. }), "{reply:?}");
	}
	let reply = ask(&mut world, 2, 1, signing(id, 0), Body::Precommit { count: 1 });
	assert!(matches!(reply, Body::Refused { .. }), "{reply:?}");
	// Of itself a member wants none.
	let reply = ask(&mut world, 1, 1, session, Body::Precommit { count: 1 });
	assert!(matches!(reply, Body::Refused { .. }), "{reply:?}");
}

#[test]
fn nonces_should_be_bounded_when_a_leader_asks_for_ever_more() {
	let (mut world, [id, _]) = with_open_requests();
	let session = precommitting(&world);
	let most = usize::try_from(MAX_PRECOMMITMENTS).unwrap();
	let first = commitments_of(&mut world, 1, u16::MAX);
	assert_eq!(first.len(), most);
	// In one moment only so many.
	let mut given = first.len();
	let more = Body::Precommit { count: u16::MAX };
	while let Body::Precommitted { commitments, .. } = ask(&mut world, 2, 1, session, more.clone())
	{
		given += commitments.len();
	}
	assert_eq!(given, MAX_GIVEN_PER_LEADER);
	// Another leader has room of its own.
	let reply = ask(&mut world, 3, 1, session, Body::Precommit { count: 1 });
	assert!(matches!(reply, Body::Precommitted { .. }), "{reply:?}");
	// Later there are more, but no more of them at once: the oldest make room.
	world.now += 2 * BLOCK;
	assert_eq!(commitments_of(&mut world, 1, 1).len(), 1);
	assert_eq!(world.node(1).member.status().precommitments_given, MAX_GIVEN_PER_LEADER + 1);
	let mut package = package(&mut world);
	package[0].1 = first[0].clone().try_into().unwrap();
	let stale = ask(&mut world, 2, 1, signing(id, 0), at_once(&package));
	assert!(matches!(stale, Body::Stale { .. }), "{stale:?}");
}

#[test]
fn nonces_should_be_gone_when_the_key_was_handed_over() {
	let mut world = stocked();
	let session = precommitting(&world);
	let package = package(&mut world);
	world.reshare(&[4, 3, 2, 1]);
	assert!(world.run_until(200, |w| w.sim.view.handover.is_none()));
	world.run(2);
	let reply = ask(&mut world, 2, 1, session, Body::Precommit { count: 1 });
	assert!(matches!(reply, Body::Refused { .. }), "{reply:?}");
	let id = world.request(MESSAGE);
	let request = signing(id, 1_000);
	world.on_request = Box::new(|_, _, _| false);
	world.run(2);
	let reply = ask(&mut world, 2, 1, request, at_once(&package));
	assert!(matches!(reply, Body::Stale { .. } | Body::Refused { .. }), "{reply:?}");
	// And the new shares sign in one round as well.
	world.on_request = Box::new(|_, _, _| true);
	world.run(20);
	let counts = count_messages(&mut world);
	let id = world.request(MESSAGE);
	assert!(world.run_until(BLOCKS, |w| w.is_signed(id)));
	assert_eq!(counts.borrow().get("SignAtOnce"), Some(&2));
}

/// Members whose messages are lost and refused at random, that are killed and come back; and leaders that send again
/// what they have sent, for the same request or another. The seed is printed.
fn adversarial(seed: u64) {
	let mut world = stocked_with(5, 3);
	let random = Rc::new(RefCell::new(StdRng::seed_from_u64(seed)));
	let packages: Rc<RefCell<Vec<(MemberIndex, MemberIndex, Package)>>> = Rc::default();
	let (dice, seen) = (random.clone(), packages.clone());
	world.on_request = Box::new(move |from, to, body| {
		if let Body::SignAtOnce { commitments } = body {
			seen.borrow_mut().push((from, to, commitments.clone()));
		}
		!dice.borrow_mut().gen_bool(0.15)
	});
	let dice = random.clone();
	world.on_reply = Box::new(move |from, _, body| {
		let mut dice = dice.borrow_mut();
		if dice.gen_bool(0.1) {
			*body = Body::refused("no");
		}
		// Member 5 lies now and then: 2 of 5 may be down or lie.
		if let (5, true, Body::SignShare { share }) = (from, dice.gen_bool(0.5), &mut *body) {
			*share = SignatureShare::truncate_from(vec![9; 32]);
		}
		!dice.gen_bool(0.1)
	});
	let mut ids = Vec::new();
	for round in 0..12_u8 {
		let number = random.borrow_mut().gen_range(1..=4);
		if random.borrow_mut().gen_bool(0.5) {
			world.kill(number);
		}
		ids.extend((0..3).map(|i| world.request([round * 3 + i; 32])));
		let blocks = random.borrow_mut().gen_range(1..4);
		world.run(blocks);
		// Replays, also of what was lost, for any request and attempt.
		let replays = packages.take();
		for (from, to, commitments) in replays {
			let request = ids[random.borrow_mut().gen_range(0..ids.len())];
			let attempt = random.borrow_mut().gen_range(0..3);
			for _ in 0..2 {
				if world.node(to).is_alive {
					ask(&mut world, from, to, signing(request, attempt), at_once(&commitments));
				}
			}
		}
		if !world.node(number).is_alive {
			world.restart(number);
		}
		world.run(1);
		world.assert_nonces_were_used_once();
	}
	let done = world.run_until(4 * BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id)));
	assert!(done, "seed {seed}: not all are signed");
	world.assert_nonces_were_used_once();
	let liar = world.node(5).id.clone();
	for node in &world.nodes {
		for fact in &node.facts {
			if let Fact::Bad { member, .. } = fact {
				assert_eq!(*member, liar, "seed {seed}: an honest member is blamed: {fact:?}");
			}
		}
	}
}

#[test]
fn requests_should_be_signed_and_nonces_used_once_in_any_schedule() {
	for seed in 0..24 {
		println!("seed {seed}");
		adversarial(seed);
	}
}
