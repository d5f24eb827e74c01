//! Handovers in which chance decides who takes over, who is dishonest, what gets lost and who crashes.
//!
//! Everything but the cryptography follows from the seed, so a failure can be repeated.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use fusion_dcrm_primitives::{DcrmMessage, MemberIndex, PerMember};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

use super::{holders, is_over, record_of, sign, threshold_of, BLOCKS, MESSAGE};
use crate::{
	effect::Timing,
	tests::{
		keygen::spoilt,
		world::{NodeNumber, World},
	},
	wire::Body,
};

type Chance = Rc<RefCell<StdRng>>;

fn happens(chance: &Chance, percent: u32) -> bool {
	chance.borrow_mut().gen_range(0..100) < percent
}

/// Chooses who is dishonest: no more members of each committee than it can do without.
fn choose(
	chance: &Chance,
	committees: [&[NodeNumber]; 2],
	nodes: &[NodeNumber],
) -> Vec<NodeNumber> {
	let mut nodes = nodes.to_vec();
	nodes.shuffle(&mut *chance.borrow_mut());
	let mut chosen: Vec<NodeNumber> = Vec::new();
	for node in nodes {
		let fits = committees.iter().all(|committee| {
			let most = committee.len() - usize::from(threshold_of(committee.len()));
			let so_far = chosen.iter().filter(|other| committee.contains(other)).count();
			!committee.contains(&node) || so_far < most
		});
		if fits && happens(chance, 80) {
			chosen.push(node);
		}
	}
	chosen
}

/// The dishonest drop, spoil and make up what they say. Between the others, a message gets lost now and then, but
/// never twice in a row; what they say on chain arrives.
fn let_chance_rule(world: &mut World, chance: &Chance, dishonest: &Rc<[NodeNumber]>) {
	let last_lost: Rc<RefCell<BTreeSet<(NodeNumber, NodeNumber)>>> = Rc::default();
	let hook = || {
		let (chance, dishonest, last_lost) = (chance.clone(), dishonest.clone(), last_lost.clone());
		move |from: NodeNumber, to: NodeNumber, body: &mut Body| {
			if dishonest.contains(&from) || dishonest.contains(&to) {
				if let (Body::Share(pair), true) = (&mut *body, happens(&chance, 30)) {
					if dishonest.contains(&from) {
						*pair = spoilt(pair);
					}
				}
				return !happens(&chance, 30);
			}
			let pair = (from, to);
			let was_lost = last_lost.borrow_mut().remove(&pair);
			let is_lost = !was_lost && happens(&chance, 10);
			if is_lost {
				last_lost.borrow_mut().insert(pair);
			}
			!is_lost
		}
	};
	world.on_request = Box::new(hook());
	world.on_reply = Box::new(hook());

	let (chance, dishonest) = (chance.clone(), dishonest.clone());
	let dealers = MemberIndex::try_from(world.sim.view.members.len()).unwrap();
	world.on_say = Box::new(move |from, message| {
		if !dishonest.contains(&from) {
			return true;
		}
		match message {
			DcrmMessage::Verdict { against, .. } if happens(&chance, 50) => {
				let some = (1..=dealers).filter(|_| happens(&chance, 50)).collect();
				*against = PerMember::truncate_from(some);
			},
			DcrmMessage::Answer { share, .. } if happens(&chance, 30) => share[20] ^= 1,
			DcrmMessage::Deal { commitments, .. } | DcrmMessage::Reveal { commitments, .. }
				if happens(&chance, 20) =>
			{
				let last = commitments.len() - 1;
				let mut points = commitments.to_vec();
				points.swap(1, last);
				*commitments = PerMember::truncate_from(points);
			},
			DcrmMessage::Accept { group, attempt } if happens(&chance, 30) => {
				let (group, attempt) = (*group, *attempt);
				let dealer = chance.borrow_mut().gen_range(1..=dealers);
				*message = DcrmMessage::Accuse { group, attempt, dealer, share: [7; 64] };
			},
			_ => {},
		}
		!happens(&chance, 20)
	});
}

/// A handover from the group of `base` to `size` of the nodes that there are.
fn run_schedule(base: &World, size: usize, seed: u64) {
	let what = format!("seed {seed}");
	let chance: Chance = Rc::new(RefCell::new(StdRng::seed_from_u64(seed)));
	let mut world = base.branch();
	world.run(2);
	let key = world.sim.view.key;
	let dealers = world.committee();
	let everybody: Vec<NodeNumber> = (1..).zip(&world.nodes).map(|(number, _)| number).collect();
	let mut receivers = everybody.clone();
	receivers.shuffle(&mut *chance.borrow_mut());
	receivers.truncate(size);
	let dishonest = choose(&chance, [&dealers, &receivers], &everybody);
	let what = format!("{what}, to {receivers:?}, dishonest {dishonest:?}");

	let rc: Rc<[NodeNumber]> = dishonest.as_slice().into();
	let_chance_rule(&mut world, &chance, &rc);
	world.reshare(&receivers);
	let mut requests = Vec::new();
	for _ in 0..BLOCKS {
		if is_over(&world) {
			break;
		}
		world.run(1);
		for number in dishonest.iter().copied() {
			if happens(&chance, 5) {
				world.restart(number);
			}
		}
		if happens(&chance, 10) {
			requests.push(world.request(MESSAGE));
		}
	}
	world.run(2);

	let (view, handovers) = (&world.sim.view, &world.sim.handovers);
	assert_eq!((view.epoch, view.key), (1, key), "{what}: {:?}", handovers.failed);
	for (attempt, left_out) in &handovers.left_out {
		// In the first epoch, a dealer's index is its node's number.
		let honest: Vec<_> = left_out.iter().filter(|dealer| !dishonest.contains(dealer)).collect();
		assert!(honest.is_empty(), "{what}: {honest:?} left out in attempt {attempt}");
	}
	// All who are honest have a share. Any threshold of them sign; more of them are not needed.
	let honest: Vec<_> =
		receivers.iter().copied().filter(|number| !dishonest.contains(number)).collect();
	let holders = holders(&world);
	assert!(honest.iter().all(|number| holders.contains(number)), "{what}: {holders:?}");
	let threshold = usize::from(view.threshold);
	assert_eq!(sign(&world, &honest[..threshold]), Ok(()), "{what}");
	assert_eq!(sign(&world, &honest[honest.len() - threshold..]), Ok(()), "{what}");
	// Shares of dishonest members fit as well, if they have any.
	let shares = &record_of(&world, honest[0]).unwrap().verifying_shares;
	for number in &holders {
		assert_eq!(record_of(&world, *number).unwrap().verifying_shares, *shares, "{what}");
	}
	for node in &world.nodes {
		assert!(node.records.iter().all(|record| record.attempt == view.attempt), "{what}");
	}
	assert!(world.run_until(120, |w| requests.iter().all(|id| w.is_signed(*id))), "{what}");
}

#[test]
fn handover_should_succeed_in_random_schedules() {
	let base = World::active_with(7, 5, 4, Timing::default());
	for seed in 0..50 {
		let size = usize::try_from(4 + seed % 5).unwrap();
		run_schedule(&base, size, seed);
	}
}

#[test]
fn handover_should_succeed_in_random_schedules_when_it_goes_from_21_to_15() {
	let base = World::active_with(21, 15, 4, Timing::default());
	for seed in 0..2 {
		run_schedule(&base, 15, seed);
	}
}

#[test]
#[ignore = "takes minutes: cargo test --release -p fusion-dcrm schedules -- --ignored"]
fn handover_should_succeed_in_a_thousand_random_schedules() {
	let base = World::active_with(7, 5, 4, Timing::default());
	for seed in 1_000..2_000 {
		let size = usize::try_from(4 + seed % 5).unwrap();
		run_schedule(&base, size, seed);
	}
}

#[test]
#[ignore = "takes minutes: cargo test --release -p fusion-dcrm schedules -- --ignored"]
fn handover_should_succeed_in_many_random_schedules_when_it_goes_from_21_to_15() {
	let base = World::active_with(21, 15, 4, Timing::default());
	for seed in 1_000..1_050 {
		run_schedule(&base, 15, seed);
	}
}
