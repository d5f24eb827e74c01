//! Members and strangers that send messages which are well formed and make no sense.

use fusion_dcrm_primitives::MemberIndex;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{signing::BLOCKS, sim::GROUP, wire::bodies, world::World};
use crate::{
	effect::{Fact, Timing},
	wire::{Body, Kind, Session},
};

const MESSAGES: usize = 3_000;
/// A node that is no member of the group.
const STRANGER: MemberIndex = 5;

/// Sessions that are under way, mostly.
fn sessions() -> impl Strategy<Value = Session> {
	prop_oneof![
		(0..6_u64, 0..2_u32, 0..3_u32).prop_map(|(request, shares, attempt)| Session::Signing {
			request,
			shares,
			attempt
		}),
		(0..2_u32).prop_map(|attempt| Session::Precommitting { attempt }),
		(0..2_u32).prop_map(|attempt| Session::KeyGeneration { attempt }),
	]
}

fn kinds() -> impl Strategy<Value = Kind> {
	prop::sample::select(vec![
		Kind::Share,
		Kind::ShareRequest,
		Kind::SignCommit,
		Kind::SignPackage,
		Kind::Signed,
		Kind::Precommit,
		Kind::SignAtOnce,
	])
}

#[test]
fn members_should_go_on_when_others_send_what_makes_no_sense() {
	let timing = Timing { precommit: 4, ..Timing::default() };
	let mut world = World::active_with(4, 3, 1, timing);
	world.run(2);
	// Some are open while it comes, and their messages are lost.
	world.on_request = Box::new(|_, _, _| false);
	let ids: Vec<_> = (0..4_u8).map(|i| world.request([i; 32])).collect();
	world.run(1);

	let mut runner = TestRunner::deterministic();
	let message = (bodies(), sessions(), kinds(), 1..=STRANGER, 1..STRANGER, any::<bool>());
	for _ in 0..MESSAGES {
		let (body, session, kind, from, to, is_reply) =
			message.new_tree(&mut runner).unwrap().current();
		let sender = world.node(from).id.clone();
		let now = world.now;
		let member = &mut world.node(to).member;
		if is_reply {
			member.on_reply(&sender, GROUP, session, kind, Ok(body), now);
		} else {
			let what = body.name();
			let reply = member.on_request(&sender, GROUP, session, body, now);
			if from == STRANGER || from == to {
				assert!(matches!(reply, Body::Refused { .. }), "{what} of {from}: {reply:?}");
			}
		}
	}
	let stranger = world.node(STRANGER).id.clone();
	for node in &world.nodes {
		let blames = |fact: &Fact| matches!(fact, Fact::Bad { member, .. } if *member == stranger);
		assert!(!node.facts.iter().any(blames));
	}

	world.on_request = Box::new(|_, _, _| true);
	assert!(world.run_until(BLOCKS, |w| ids.iter().all(|id| w.is_signed(*id))));
	let more: Vec<_> = (10..14_u8).map(|i| world.request([i; 32])).collect();
	assert!(world.run_until(BLOCKS, |w| more.iter().all(|id| w.is_signed(*id))));
	world.assert_nonces_were_used_once();
}
