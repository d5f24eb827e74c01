//! Whatever some nodes do in a handover, the key stays, and those who have it can use it.

use fusion_dcrm_primitives::{DcrmMessage, GroupState, MemberIndex, Phase, PublicKey};
use fusion_vss::{Dealing, Secp256k1};
use proptest::prelude::*;
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};

use super::moves::{ask, Committee, Move};
use crate::{mock::*, taproot, Requests};

/// A number below `below`.
fn pick(rng: &mut ChaCha20Rng, below: usize) -> usize {
	usize::try_from(rng.next_u32()).unwrap() % below
}

/// So many of these, in a random order.
fn some(mut all: Vec<u8>, count: usize, rng: &mut ChaCha20Rng) -> Vec<u8> {
	(0..count).map(|_| all.remove(pick(rng, all.len()))).collect()
}

/// Points: none, too many, bad ones, or of a dealing of the right size.
fn points(next: &Move, rng: &mut ChaCha20Rng) -> Vec<PublicKey> {
	let mut points =
		Dealing::<Secp256k1>::random(next.resharing().params(), rng).pedersen().to_bytes();
	match pick(rng, 5) {
		0 => points.clear(),
		1 => points.push([2; 33]),
		2 => points[0] = [0; 33],
		3 => rng.fill_bytes(&mut points[0]),
		_ => (),
	}
	points
}

/// A pair: zeros, noise, or what somebody was given.
fn share(next: &Move, rng: &mut ChaCha20Rng) -> [u8; 64] {
	let mut noise = [0; 64];
	match pick(rng, 3) {
		0 => (),
		1 => rng.fill_bytes(&mut noise),
		_ if next.pairs.is_empty() => (),
		_ => noise = *next.pairs.values().nth(pick(rng, next.pairs.len())).unwrap(),
	}
	noise
}

/// A random list of dealers.
fn dealers(next: &Move, rng: &mut ChaCha20Rng) -> Vec<MemberIndex> {
	(1..=next.old.nodes.len() as u16).filter(|_| pick(rng, 2) == 0).collect()
}

/// A node that may do anything does something. What the chain says to it does not matter.
fn misbehave(next: &mut Move, me: u8, rng: &mut ChaCha20Rng) {
	let (deals, hears) = (next.old.nodes.contains(&me), next.nodes.contains(&me));
	let Some(before) = next.stage() else { return };
	let outcome = match (before.1, pick(rng, 8)) {
		// Silence, and honesty.
		(_, 0) => return,
		(Phase::Dealing, 1) if deals => next.deal(me),
		(Phase::Verdicts, 1) if hears => next.say_verdict(me, next.wrong_dealers(me)),
		(Phase::Revealing, 1) if next.dealings.contains_key(&me) => next.reveal(me),
		(Phase::Accusing, 1) => next.accept(me),
		(Phase::Confirming, 1..=4) if hears && next.compute(me) => next.say_confirm(me),
		// It deals its share, but not to everybody.
		(Phase::Dealing, 2..=5) if deals => {
			let outcome = next.deal(me);
			let dealer = next.old.index(me);
			for receiver in next.nodes.clone() {
				match pick(rng, 3) {
					0 => _ = next.pairs.insert((receiver, dealer), [5; 64]),
					1 => _ = next.pairs.remove(&(receiver, dealer)),
					_ => (),
				}
			}
			outcome
		},
		// It takes over what another has published.
		(Phase::Dealing, 6) => {
			let Some((_, copied)) = next.view().pedersen.first().cloned() else { return };
			next.say_deal(me, copied)
		},
		(Phase::Dealing, _) => next.say_deal(me, points(next, rng)),
		(Phase::Verdicts, _) => next.say_verdict(me, dealers(next, rng)),
		(Phase::Answers, _) => {
			for (accuser, _) in next.view().complaints {
				// A wrong answer may end the phase.
				if next.stage() != Some(before) {
					return;
				}
				let dealt = next.dealings.contains_key(&me);
				drop(if dealt && pick(rng, 2) == 0 {
					next.answer(me, accuser)
				} else {
					next.say_answer(me, accuser, share(next, rng))
				});
			}
			return;
		},
		(Phase::Revealing, 2..=5) if deals => next.false_reveal(me),
		(Phase::Revealing, _) => next.say_reveal(me, points(next, rng)),
		(Phase::Accusing, _) => {
			let size = next.old.nodes.len();
			let dealer = MemberIndex::try_from(pick(rng, size) + 1).unwrap();
			next.say_accuse(me, dealer, share(next, rng))
		},
		// It confirms whether or not it has a share.
		(Phase::Confirming, _) => next.say_confirm(me),
		(Phase::Testing, _) => {
			let mut signature = [0; 64];
			rng.fill_bytes(&mut signature);
			speak(me, DcrmMessage::Signature { request: next.test_request(), signature })
		},
	};
	drop(outcome);
	// And something out of place: what belongs to another phase or attempt.
	let (group, attempt) = (next.group, before.0);
	let out_of_place = match pick(rng, 16) {
		0 => DcrmMessage::Accept { group, attempt },
		1 => DcrmMessage::Confirm { group, attempt: attempt - 1, key: [2; 33] },
		2 => DcrmMessage::Accuse { group, attempt, dealer: 1, share: share(next, rng) },
		_ => return,
	};
	drop(speak(me, out_of_place));
}

/// Plays until the handover is over, with the faulty nodes first or last in each phase.
fn play(next: &mut Move, honest: &[u8], faulty: &[u8], rng: &mut ChaCha20Rng) {
	while let before @ Some(_) = next.stage() {
		let first = pick(rng, 2) == 0;
		for turn in [first, !first] {
			if next.stage() != before {
				break;
			}
			if turn {
				next.step(honest);
				continue;
			}
			for node in faulty {
				if next.stage() == before {
					misbehave(next, *node, rng);
				}
			}
		}
		if next.stage() == before {
			next.time_out();
		}
	}
}

/// Those of these nodes who are in the list.
fn among(nodes: &[u8], list: &[u8]) -> Vec<u8> {
	nodes.iter().copied().filter(|node| list.contains(node)).collect()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn key_should_be_of_use_to_honest_members_when_others_do_anything_in_a_handover(
		(from, to) in prop::sample::select(vec![(4u8, 4u8), (4, 5), (5, 4), (5, 7), (7, 4)]),
		faulty in 0usize..=4,
		seed in any::<u64>(),
	) {
		let nodes = from + to;
		build_and_execute(nodes, || {
			let mut rng = ChaCha20Rng::seed_from_u64(seed);
			let old = Committee::new(from);
			let (group, key) = (old.group, view(old.group).key.unwrap());
			let pending = ask(group, 1);
			let receivers = some((1..=nodes).collect(), to.into(), &mut rng);
			let mut next = Move::new(old, &receivers);
			next.rng = ChaCha20Rng::seed_from_u64(seed.wrapping_add(1));
			let everybody = next.everybody();
			let faulty = some(everybody.clone(), faulty, &mut rng);
			let honest: Vec<u8> =
				everybody.into_iter().filter(|node| !faulty.contains(node)).collect();
			let before = view(group);
			play(&mut next, &honest, &faulty, &mut rng);

			// Nobody honest is convicted of anything.
			let convicts = convicted();
			assert!(convicts.iter().all(|(number, _)| faulty.contains(number)), "{convicts:?}");
			settle_fines();
			assert!(honest.iter().all(|number| bond(*number) == BOND));

			// As many as there may be cannot even delay it.
			let dealers = among(&next.old.nodes, &honest);
			let heirs = among(&next.nodes, &honest);
			let (needed, wanted) = (next.old.threshold(), next.threshold());
			let done = view(group);
			if dealers.len() >= needed && heirs.len() >= wanted {
				assert_eq!((done.epoch, done.attempt), (1, 1), "{faulty:?} prevented it");
			}

			assert_eq!((done.state, done.key), (GroupState::Active, Some(key)));
			let (present, able) = if done.epoch == 1 {
				let (_, new) = next.finish();
				// An honest member has no confirmed share that does not fit.
				assert!(heirs.iter().all(|node| new.shares.contains_key(node)));
				(new, heirs)
			} else {
				assert_eq!((done.members, done.threshold), (before.members, before.threshold));
				assert_eq!((done.attempt, done.epoch), (before.attempt, before.epoch));
				(next.undone(), dealers)
			};
			// What was asked for before and after, by the first and by the last of them.
			let threshold = present.threshold();
			if able.len() < threshold {
				return;
			}
			assert_eq!(taproot::public_key(&present.secret(&able[..threshold])), key);
			present.deliver(&able, pending).unwrap();
			assert!(!Requests::<Test>::contains_key(pending));
			assert!(present.can_sign(&able[able.len() - threshold..]));
		});
	}
}
