//! What members say besides: that they have their shares, and who is silent.

use fusion_dcrm_primitives::{
	holding_hash, Challenge, ChallengeView, DcrmMessage, MemberIndex, VOTE_WINDOW,
};
use fusion_vss::{FeldmanCommitments, KeyCommitments, Params, Secp256k1, ShareProof};
use sp_core::H256;

use super::world::World;
use crate::{
	duty::{Duty, MISSED_AT_MOST},
	effect::Timing,
};

/// The members who have answered challenges, with their answers.
fn answers(world: &World) -> Vec<(MemberIndex, u32, [u8; 65])> {
	let heard = world.sim.heard.iter();
	heard
		.filter_map(|(index, message)| match message {
			DcrmMessage::Hold { number, proof, .. } => Some((*index, *number, *proof)),
			_ => None,
		})
		.collect()
}

/// Who was said to be silent, and by whom.
fn votes(world: &World) -> Vec<(MemberIndex, MemberIndex)> {
	let heard = world.sim.heard.iter();
	heard
		.filter_map(|(index, message)| match message {
			DcrmMessage::Silent { member, .. } => Some((*member, *index)),
			_ => None,
		})
		.collect()
}

#[test]
fn members_should_prove_that_they_have_their_shares_when_the_chain_asks() {
	let mut world = World::active(Timing::default());
	world.kill(3);
	world.run(2);
	assert!(answers(&world).is_empty());
	let nonce = H256::repeat_byte(9);
	world.sim.view.challenge = Some(ChallengeView { number: 7, nonce, spoken: Vec::new() });
	assert!(world.run_until(10, |world| answers(world).len() == 3));
	// Nobody says it twice.
	world.run(20);
	let given = answers(&world);
	assert_eq!(given.len(), 3);

	let view = &world.sim.view;
	let params = Params::new(4, 3).unwrap();
	let dealings: Vec<_> = view
		.feldman
		.iter()
		.map(|(_, points)| FeldmanCommitments::<Secp256k1>::from_bytes(params, points).unwrap())
		.collect();
	let known = KeyCommitments::from_dealings(&dealings).unwrap();
	for (member, number, proof) in given {
		assert_ne!(member, 3);
		let challenge = Challenge { group: view.id, attempt: view.attempt, number, nonce, member };
		let genesis = world.sim.genesis;
		let hash = |public: &_, point: &_| holding_hash(genesis, &challenge, public, point);
		let proof = ShareProof::from_bytes(&proof);
		assert_eq!(known.verify_proof(member, &proof, hash), Ok(()), "member {member}");
	}
}

#[test]
fn members_should_say_who_is_silent_when_it_has_missed_several_challenges() {
	let mut world = World::active(Timing::default());
	world.sim.view.missed = vec![0, MISSED_AT_MOST + 1, MISSED_AT_MOST, 0];
	assert!(world.run_until(10, |world| votes(world).len() == 3));
	world.run(20);
	let mut said = votes(&world);
	said.sort_unstable();
	// Not about itself, nor about one that has missed fewer.
	assert_eq!(said, vec![(2, 1), (2, 3), (2, 4)]);
}

#[test]
fn member_should_not_vote_anew_when_its_vote_is_still_good() {
	let mut view = World::active(Timing::default()).sim.view;
	view.missed = vec![0, MISSED_AT_MOST + 1, 0, 0];
	let me = view.members[0].clone();
	let mut duty = Duty::default();
	let attempt = view.attempt;
	let mut say = |view: &fusion_dcrm_primitives::GroupView, block, now| {
		let since = |word: DcrmMessage| match word {
			DcrmMessage::Silent { group, attempt: of, member: 2, since } => {
				assert_eq!((group, of), (view.id, view.attempt));
				since
			},
			other => panic!("{other:?}"),
		};
		let words = duty.on_view(view, block, &me, None, 1_000, now);
		words.into_iter().map(since).collect::<Vec<u32>>()
	};
	assert_eq!(say(&view, 7, 0), vec![7]);
	assert!(say(&view, 8, 999).is_empty());
	// The chain did not hear it: the same again.
	assert_eq!(say(&view, 9, 1_000), vec![7]);
	// It has heard it, and then counted and forgotten it: the same again would be of no use, nor is it new.
	view.silent = vec![(2, 1)];
	assert!(say(&view, 10, 5_000).is_empty());
	view.silent.clear();
	assert_eq!(say(&view, 7 + VOTE_WINDOW - 1, 9_000), vec![7]);
	assert_eq!(say(&view, 7 + VOTE_WINDOW, 9_999), vec![7 + VOTE_WINDOW]);
	// Other members, or other shares.
	view.attempt = attempt + 1;
	assert_eq!(say(&view, 7 + VOTE_WINDOW + 1, 10_000), vec![7 + VOTE_WINDOW + 1]);
}
