//! Members that have seen a handover end sign with new shares, others with old ones: nobody takes the others for liars.

use std::{cell::RefCell, rc::Rc};

use fusion_dcrm_primitives::{DcrmMessage, MemberId, Phase, RequestId};

use super::{finish, is_over, BLOCKS, MESSAGE};
use crate::{
	effect::Fact,
	tests::world::{delayed, NodeNumber, World},
};

/// A refresh of five shares that only lacks the signature over its test, which is `(who says it, what)`.
fn almost_over() -> (World, (MemberId, DcrmMessage)) {
	let mut world = World::active_with(5, 4, 0, delayed());
	world.reshare(&[1, 2, 3, 4, 5]);
	assert!(world.run_until(BLOCKS, |w| w.handover_phase() == Some(Phase::Testing)));
	let test = world.sim.handovers.test.unwrap();
	let said = Rc::new(RefCell::new(None));
	let heard = said.clone();
	world.on_say = Box::new(move |from, message| {
		let is_test = matches!(message, DcrmMessage::Signature { request, .. } if *request == test);
		if is_test {
			*heard.borrow_mut() = Some((from, message.clone()));
		}
		!is_test
	});
	assert!(world.run_until(BLOCKS, |_| said.borrow().is_some()));
	let (from, message) = said.borrow_mut().take().unwrap();
	let from = world.node(from).id.clone();
	(world, (from, message))
}

/// The chain hears the signature over the test: the new shares are in use. These nodes do not see it.
fn switch(world: &mut World, (from, message): (MemberId, DcrmMessage), blind: Vec<NodeNumber>) {
	world.blind = blind;
	world.sim.hear(&from, message).unwrap();
	assert!(is_over(world) && world.sim.view.attempt == 1);
}

/// Whom somebody has counted as a liar.
fn blamed(world: &World) -> Vec<MemberId> {
	let facts = world.nodes.iter().flat_map(|node| &node.facts);
	facts
		.filter_map(|fact| match fact {
			Fact::Bad { member, .. } => Some(member.clone()),
			_ => None,
		})
		.collect()
}

fn leader_of(world: &World, id: RequestId) -> NodeNumber {
	NodeNumber::try_from(id % u64::try_from(world.nodes.len()).unwrap()).unwrap() + 1
}

#[test]
fn nobody_should_be_blamed_when_the_shares_change_between_the_rounds() {
	let (mut world, test) = almost_over();
	let id = world.request(MESSAGE);
	let leader = leader_of(&world, id);
	let complete = format!("signing request {id}: round 1 complete, attempt 0");
	assert!(world.run_until(10, |w| !w.who_logged(&complete).is_empty()));
	assert_eq!(world.who_logged(&complete), vec![leader]);
	switch(&mut world, test, vec![leader]);
	// The leader goes on with its old shares for the whole of its turn.
	world.run(6);
	assert!(!world.is_signed(id));
	assert!(blamed(&world).is_empty());
	// The others have the new ones, and sign in their turn without it.
	assert!(world.run_until(30, |w| w.is_signed(id)));
	assert_ne!(world.who_logged(&format!("signing request {id}: signed")), vec![leader]);
	assert!(blamed(&world).is_empty());
	assert!(world.who_logged("sent a bad share").is_empty());
	// And with it, when it has seen the block.
	world.blind.clear();
	world.run(2);
	world.kill(leader % 5 + 1);
	let id = world.request(MESSAGE);
	assert!(world.run_until(60, |w| w.is_signed(id)));
	assert!(blamed(&world).is_empty());
	world.assert_nonces_were_used_once();
}

#[test]
fn laggard_should_not_be_blamed_when_a_leader_has_the_new_shares() {
	for laggard in 1..=5 {
		let (mut world, test) = almost_over();
		let id = world.request(MESSAGE);
		// Nobody but the laggard sees the request before the shares have changed.
		world.blind = (1..=5).filter(|number| *number != laggard).collect();
		world.run(1);
		switch(&mut world, test, vec![laggard]);
		assert!(world.run_until(30, |w| w.is_signed(id)), "{laggard} lags behind");
		assert!(blamed(&world).is_empty(), "{laggard} lags behind");
		assert!(world.who_logged("sent a bad share").is_empty());
	}
}

#[test]
fn nothing_should_be_signed_with_shares_of_two_epochs() {
	let (mut world, test) = almost_over();
	let id = world.request(MESSAGE);
	world.run(1);
	// Three have the new shares and two the old ones: neither are enough.
	switch(&mut world, test, vec![1, 2]);
	world.run(40);
	assert!(!world.is_signed(id));
	assert!(blamed(&world).is_empty());
	world.blind.clear();
	assert!(world.run_until(60, |w| w.is_signed(id)));
	assert!(blamed(&world).is_empty());
	// The next handover finds nobody excluded.
	world.reshare(&[5, 4, 3, 2, 1]);
	world.on_say = Box::new(|_, _| true);
	finish(&mut world);
	assert!(world.sim.handovers.left_out.is_empty());
}
