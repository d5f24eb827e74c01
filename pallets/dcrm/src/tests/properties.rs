//! Whatever `n - t` members do, the others make a key that they can sign with.

use fusion_dcrm_primitives::{
	traits::KeyGroups, DcrmMessage, GroupState, KeyPath, MemberIndex, Phase, PublicKey, Purpose,
};
use fusion_vss::{Dealing, Secp256k1};
use proptest::prelude::*;
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};

use super::driver::{bounded, Table};
use crate::{mock::*, taproot};

/// A number below `below`.
fn pick(rng: &mut ChaCha20Rng, below: usize) -> usize {
	usize::try_from(rng.next_u32()).unwrap() % below
}

/// Points: none, some, too many, bad ones, or of a dealing of the right size.
fn points(table: &Table, rng: &mut ChaCha20Rng) -> Vec<PublicKey> {
	let other = Dealing::<Secp256k1>::random(table.params(), rng);
	let mut points =
		if pick(rng, 2) == 0 { other.feldman().to_bytes() } else { other.pedersen().to_bytes() };
	match pick(rng, 6) {
		0 => points.clear(),
		1 => points.push([2; 33]),
		2 => points[0] = [0; 33],
		3 => rng.fill_bytes(&mut points[0]),
		_ => (),
	}
	points
}

/// A share: zeros, noise, somebody's, or one that the member was given.
fn share(table: &Table, member: u8, dealer: MemberIndex, rng: &mut ChaCha20Rng) -> [u8; 64] {
	let players = &table.players;
	let given = |index: usize| players[index].shares.get(&dealer).copied().unwrap_or([3; 64]);
	match pick(rng, 4) {
		0 => [0; 64],
		1 => {
			let mut noise = [0; 64];
			rng.fill_bytes(&mut noise);
			noise
		},
		2 => given(pick(rng, players.len())),
		_ => given(usize::from(member) - 1),
	}
}

/// A random list of members, mostly well-formed.
fn members(table: &Table, except: u8, rng: &mut ChaCha20Rng) -> Vec<MemberIndex> {
	let mut list: Vec<MemberIndex> = (1..=table.players.len() as u16)
		.filter(|index| *index != u16::from(except) && pick(rng, 2) == 0)
		.collect();
	if pick(rng, 8) == 0 {
		list.reverse();
	}
	list
}

/// A member that may do anything does something. What the chain says to it does not matter.
fn misbehave(table: &mut Table, me: u8, signers: &[u8], rng: &mut ChaCha20Rng) {
	let (group, attempt) = (table.group, table.attempt());
	let size = table.players.len();
	let somebody = MemberIndex::try_from(pick(rng, size) + 1).unwrap();
	let outcome = match (phase(group), pick(rng, 8)) {
		// Silence, and honesty.
		(_, 0) => return,
		(Phase::Dealing, 1) => table.deal(me),
		(Phase::Verdicts, 1) => table.say_verdict(me, vec![]),
		(Phase::Revealing, 1) if table.players[usize::from(me) - 1].dealing.is_some() => {
			table.reveal(me)
		},
		(Phase::Confirming, 1) => table.confirm(me),
		// It deals, but not to everybody what it should.
		(Phase::Dealing, 2..=5) => {
			let outcome = table.deal(me);
			for player in &mut table.players {
				match pick(rng, 3) {
					0 => _ = player.shares.insert(me.into(), [5; 64]),
					1 => _ = player.shares.remove(&me.into()),
					_ => (),
				}
			}
			outcome
		},
		// It takes over what another has published.
		(Phase::Dealing | Phase::Revealing, 6) => {
			let now = view(group);
			let theirs = if phase(group) == Phase::Dealing { now.pedersen } else { now.feldman };
			let Some((_, copied)) = theirs.first().cloned() else { return };
			match phase(group) {
				Phase::Dealing => table.say_deal(me, copied),
				_ => table.say_reveal(me, copied),
			}
		},
		(Phase::Dealing, _) => table.say_deal(me, points(table, rng)),
		(Phase::Verdicts, _) => table.say_verdict(me, members(table, me, rng)),
		(Phase::Answers, _) => {
			for (accuser, dealer) in view(group).complaints {
				if dealer != MemberIndex::from(me) {
					continue;
				}
				// Answers only as long as the phase lasts: a wrong answer may end it.
				if phase(group) != Phase::Answers || table.attempt() != attempt {
					return;
				}
				let answer = share(table, me, dealer, rng);
				let dealt = table.players[usize::from(me) - 1].dealing.is_some();
				drop(if dealt && pick(rng, 2) == 0 {
					table.answer(me, accuser)
				} else {
					table.say_answer(me, accuser, answer)
				});
			}
			return;
		},
		(Phase::Revealing, _) => table.say_reveal(me, points(table, rng)),
		// Key generations have no such phase.
		(Phase::Accusing, _) => return,
		(Phase::Confirming, _) => table.say_accuse(me, somebody, share(table, me, somebody, rng)),
		(Phase::Testing, _) => {
			let request = table.oldest_request();
			let mut signature = table.sign(signers, request);
			signature[pick(rng, 64)] ^= 1;
			speak(me, DcrmMessage::Signature { request, signature })
		},
	};
	// And something out of place.
	drop(outcome);
	let noise = DcrmMessage::Verdict { group, attempt, against: bounded(vec![]) };
	if pick(rng, 8) == 0 {
		drop(speak(me, noise));
	}
}

/// Plays until the group has a key or is dead, with the dishonest members first or last in each phase.
fn play(table: &mut Table, honest: &[u8], dishonest: &[u8], rng: &mut ChaCha20Rng) {
	loop {
		let before = view(table.group);
		if !matches!(before.state, GroupState::Generating(_)) {
			return;
		}
		let same = |table: &Table| {
			let now = view(table.group);
			(now.state, now.attempt) == (before.state, before.attempt)
		};
		let first = pick(rng, 2) == 0;
		for turn in [first, !first] {
			if !same(table) {
				break;
			}
			if turn {
				table.step(honest);
				continue;
			}
			for index in dishonest {
				if same(table) {
					misbehave(table, *index, honest, rng);
				}
			}
		}
		if same(table) {
			time_out(table.group);
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn honest_members_should_be_able_to_sign_when_the_others_do_anything(
		size in prop::sample::select(vec![4u8, 5, 7]),
		seed in any::<u64>(),
	) {
		build_and_execute(size, || {
			let mut rng = ChaCha20Rng::seed_from_u64(seed);
			let mut table = Table::new(size);
			table.rng = ChaCha20Rng::seed_from_u64(seed.wrapping_add(1));
			let threshold = usize::from(view(table.group).threshold);
			// `n - t` members, anywhere among the others.
			let mut honest = table.everybody();
			let mut dishonest = Vec::new();
			while honest.len() > threshold {
				dishonest.push(honest.remove(pick(&mut rng, honest.len())));
			}
			play(&mut table, &honest, &dishonest, &mut rng);

			// Nobody honest is convicted of anything.
			let convicts = convicted();
			assert!(convicts.iter().all(|(number, _)| dishonest.contains(number)), "{convicts:?}");
			settle_fines();
			assert!(honest.iter().all(|number| bond(*number) == BOND));

			// Each of the dishonest can make one attempt fail, and there are more attempts than that.
			let done = view(table.group);
			assert_eq!(done.state, GroupState::Active, "{dishonest:?} prevented it");
			// An honest member has no confirmed key that its shares do not fit.
			let key = taproot::public_key(&table.secret(&honest));
			assert_eq!(done.key, Some(key));
			let purpose = Purpose::Batch { instance: 0, batch: seed, attempt: 0, input: 0 };
			let path = KeyPath::Deposit(0, seed);
			let request =
				<Dcrm as KeyGroups>::request_signature(table.group, path, [6; 32], purpose).unwrap();
			let signature = table.sign(&honest, request);
			speak(honest[0], DcrmMessage::Signature { request, signature }).unwrap();
			assert_eq!(Delivered::get(), vec![(purpose, request, signature)]);
		});
	}
}
