//! Members show that they have their shares.

use frame_support::{
	assert_ok,
	traits::{fungible::Inspect, Hooks},
	weights::Weight,
};
use fusion_dcrm_primitives::{
	holding_hash, Availability, Challenge, DcrmMessage, GroupId, MemberIndex, Phase,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;

use super::{
	driver::Outcome,
	moves::{ask, reshare, Committee, Move},
};
use crate::{
	mock::*, Commitments, Conducts, Earnings, Event, Feldman, Groups, Measured, MemberSet, Owed,
	Params, Settlements, Watches, AVAILABILITY_MEMORY, CHALLENGE_WINDOW,
};

const STALE: Rejected = Rejected::ByPool(InvalidTransaction::Stale);

fn fund(amount: u64) {
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), Dcrm::pot(), amount + 1));
}

/// Goes on until the commitments to the group's key are known.
fn settle(group: GroupId) {
	let known = || {
		let attempt = Groups::<Test>::get(group).unwrap().attempt;
		Commitments::<Test>::get(group).is_some_and(|known| known.attempt == attempt)
	};
	for _ in 0..80 {
		if known() {
			return;
		}
		idle(1);
	}
	panic!("the dealings were not added up");
}

/// A group of the nodes 1 to `count`, whose members can be challenged.
fn settled(count: u8) -> Committee {
	let committee = Committee::new(count);
	settle(committee.group);
	committee
}

/// Goes on until a challenge is open.
fn challenged(group: GroupId) -> u32 {
	while Watches::<Test>::get(group).open.is_none() {
		go_to(System::block_number() + 1);
	}
	Watches::<Test>::get(group).number
}

/// What the challenge that is open asks of this member.
fn question(group: GroupId, member: MemberIndex) -> Challenge {
	let watched = Watches::<Test>::get(group);
	let open = watched.open.unwrap();
	Challenge { group, attempt: open.attempt, number: watched.number, nonce: open.nonce, member }
}

/// A member's answer to this question, made with the share of `holder`.
fn answer(committee: &Committee, holder: u8, question: &Challenge) -> [u8; 65] {
	let hash = |public: &_, commitment: &_| holding_hash(GENESIS, question, public, commitment);
	let mut rng = ChaCha20Rng::seed_from_u64(holder.into());
	committee.shares[&holder].prove(hash, &mut rng).to_bytes()
}

/// This node answers the challenge that is open.
fn hold(committee: &Committee, node: u8) -> Outcome {
	let question = question(committee.group, committee.index(node));
	let proof = answer(committee, node, &question);
	speak(node, DcrmMessage::Hold { group: committee.group, number: question.number, proof })
}

/// These nodes answer, and the challenge is closed.
fn round(committee: &Committee, nodes: &[u8]) {
	challenged(committee.group);
	for node in nodes {
		hold(committee, *node).unwrap();
	}
	while Watches::<Test>::get(committee.group).open.is_some() {
		go_to(System::block_number() + 1);
	}
}

/// What is kept of the member with this index: passed, missed, missed in a row.
fn conduct(group: GroupId, index: MemberIndex) -> (u32, u32, u32) {
	let conduct = Conducts::<Test>::get(group).get(index);
	(conduct.passed, conduct.missed, conduct.missed_in_a_row)
}

#[test]
fn commitments_should_be_known_when_the_dealings_of_a_new_key_were_added_up() {
	build_and_execute(5, || {
		let committee = Committee::new(5);
		let group = committee.group;
		assert_eq!(Feldman::<Test>::iter_prefix(group).count(), 5);
		// Begun in the next block, one dealing in each.
		idle(1);
		assert!(Settlements::<Test>::exists());
		idle(4);
		assert_eq!(Settlements::<Test>::get().unwrap().added.len(), 4);
		assert!(Commitments::<Test>::get(group).is_none());
		idle(1);
		let known = Commitments::<Test>::get(group).unwrap();
		assert_eq!(known.points.into_inner(), committee.commitments.to_bytes());
		assert_eq!((known.attempt, known.members), (0, 5));
		assert!(!Settlements::<Test>::exists());
		assert_eq!(Feldman::<Test>::iter_prefix(group).count(), 0);
	});
}

#[test]
fn commitments_should_be_known_when_the_dealings_of_a_handover_were_added_up() {
	build_and_execute(6, || {
		let (_, new) = Move::new(Committee::new(4), &[3, 5, 1, 6, 2]).succeed();
		settle(new.group);
		let known = Commitments::<Test>::get(new.group).unwrap();
		assert_eq!(known.points.into_inner(), new.commitments.to_bytes());
		// And the key can be handed over from there.
		let (_, last) = Move::new(new, &[1, 2, 3, 4]).succeed();
		assert!(last.can_sign(&[2, 3, 4]));
		settle(last.group);
	});
}

#[test]
fn adding_up_should_stop_when_a_handover_does_it_at_once() {
	build_and_execute(6, || {
		let committee = Committee::new(4);
		idle(3);
		assert!(Settlements::<Test>::exists());
		reshare(committee.group, &[1, 2, 3, 5]).unwrap();
		let known = Commitments::<Test>::get(committee.group).unwrap();
		assert_eq!(known.points.into_inner(), committee.commitments.to_bytes());
		idle(1);
		assert!(!Settlements::<Test>::exists());
	});
}

#[test]
fn adding_up_should_wait_when_a_block_has_no_room() {
	build_and_execute(4, || {
		Committee::new(4);
		go_to(3);
		assert!(Settlements::<Test>::exists());
		let before = Settlements::<Test>::get();
		for room in [Weight::zero(), Weight::from_parts(1_000_000_000, 20_000)] {
			assert!(Dcrm::on_idle(3, room).all_lte(room));
			assert_eq!(Settlements::<Test>::get(), before);
		}
	});
}

#[test]
fn members_should_be_paid_when_they_show_that_they_have_their_shares() {
	build_and_execute(4, || {
		fund(1_000);
		let committee = settled(4);
		let number = challenged(0);
		assert!(has_event(Event::ChallengeOpened { group: 0, number }));
		let seen = view(0).challenge.unwrap();
		assert_eq!((seen.number, seen.nonce, seen.spoken), (1, Beacon::get(), vec![]));
		for node in 1..=4 {
			hold(&committee, node).unwrap();
		}
		assert_eq!(view(0).challenge.unwrap().spoken, vec![1, 2, 3, 4]);
		// Nobody is left to wait for.
		go_to(System::block_number() + 1);
		assert!(has_event(Event::ChallengeClosed { group: 0, number, passed: MemberSet::all(4) }));
		assert_eq!(view(0).challenge, None);
		assert_eq!(Owed::<Test>::get(), 4 * HOLDING);
		assert_eq!(Earnings::<Test>::get(0, 0).unwrap().amounts.get(3), HOLDING);
		assert_eq!((1..=4).map(|index| conduct(0, index)).collect::<Vec<_>>(), vec![(1, 0, 0); 4]);
		assert_eq!(Measured::<Test>::get(), Availability { passed: 4, missed: 0 });
	});
}

#[test]
fn silence_should_be_counted_and_not_paid_when_a_challenge_is_over() {
	build_and_execute(4, || {
		fund(1_000);
		let committee = settled(4);
		challenged(0);
		let opened = System::block_number();
		for node in [1, 2, 4] {
			hold(&committee, node).unwrap();
		}
		go_to(opened + CHALLENGE_WINDOW - 1);
		assert!(view(0).challenge.is_some());
		go_to(opened + CHALLENGE_WINDOW);
		assert!(view(0).challenge.is_none());
		assert_eq!((conduct(0, 1), conduct(0, 3)), ((1, 0, 0), (0, 1, 1)));
		assert_eq!(Owed::<Test>::get(), 3 * HOLDING);
		assert_eq!(view(0).missed, vec![0, 0, 1, 0]);
		round(&committee, &[1, 2, 4]);
		assert_eq!(conduct(0, 3), (0, 2, 2));
		round(&committee, &[1, 2, 3]);
		assert_eq!((conduct(0, 3), conduct(0, 4)), ((1, 2, 0), (2, 1, 1)));
		assert_eq!(Measured::<Test>::get(), Availability { passed: 9, missed: 3 });
	});
}

#[test]
fn nobody_should_be_found_missing_when_hardly_anybody_answers() {
	build_and_execute(4, || {
		fund(1_000);
		let committee = settled(4);
		round(&committee, &[1, 2, 4]);
		let (before, owed) = (Measured::<Test>::get(), Owed::<Test>::get());
		// Nothing was finalized, so most did not see the question.
		round(&committee, &[1, 3]);
		let passed = [1, 3].into_iter().collect();
		assert!(has_event(Event::ChallengeClosed { group: 0, number: 2, passed }));
		assert_eq!(Measured::<Test>::get(), before);
		assert_eq!(
			(conduct(0, 1), conduct(0, 2), conduct(0, 3)),
			((2, 0, 0), (1, 0, 0), (1, 1, 0))
		);
		assert_eq!(view(0).missed, vec![0; 4]);
		assert_eq!(Owed::<Test>::get(), owed + 2 * HOLDING);
	});
}

#[test]
fn signatures_should_not_pay_a_member_when_it_has_missed_its_last_challenge() {
	build_and_execute(4, || {
		let committee = settled(4);
		round(&committee, &[1, 2, 4]);
		fund(1_000);
		let request = ask(0, 1);
		committee.deliver(&[1, 2, 4], request).unwrap();
		let earned = |index| Earnings::<Test>::get(0, 0).unwrap().amounts.get(index);
		// The part of the silent one stays in the pot: it is not for the others to gain.
		assert_eq!((1..=4).map(earned).collect::<Vec<_>>(), vec![40, 20, 0, 20]);
		assert_eq!(Owed::<Test>::get(), 80);
		// Without challenges it could never make good for it.
		Params::<Test>::mutate(|parameters| parameters.challenge_interval = 0);
		let request = ask(0, 2);
		committee.deliver(&[1, 2, 4], request).unwrap();
		assert_eq!((1..=4).map(earned).collect::<Vec<_>>(), vec![80, 40, 20, 40]);
	});
}

#[test]
fn challenge_should_come_again_when_the_interval_is_over() {
	build_and_execute(4, || {
		let committee = settled(4);
		challenged(0);
		let first = System::block_number();
		round(&committee, &[1, 2, 3, 4]);
		go_to(first + INTERVAL - 1);
		assert!(view(0).challenge.is_none());
		go_to(first + INTERVAL);
		assert_eq!(view(0).challenge.unwrap().number, 2);
		// Governance turns them off.
		round(&committee, &[1, 2, 3, 4]);
		Params::<Test>::mutate(|parameters| parameters.challenge_interval = 0);
		go_to(first + 5 * INTERVAL);
		assert_eq!(Watches::<Test>::get(0).number, 2);
	});
}

#[test]
fn answer_should_count_as_none_when_it_proves_something_else() {
	build_and_execute(13, || {
		let committee = settled(13);
		let number = challenged(0);
		let say = |node: u8, proof| speak(node, DcrmMessage::Hold { group: 0, number, proof });
		// Another's share; another's answer; another question; nothing.
		say(1, answer(&committee, 2, &question(0, 1))).unwrap();
		say(2, answer(&committee, 3, &question(0, 3))).unwrap();
		let foreseen = Challenge { nonce: H256::zero(), ..question(0, 3) };
		say(3, answer(&committee, 3, &foreseen)).unwrap();
		say(4, [0; 65]).unwrap();
		for by in 1..=4 {
			assert!(has_event(Event::HoldingRefused { group: 0, number, by }));
			// It has spoken, and is not heard again.
			assert_eq!(hold(&committee, by as u8), Err(STALE));
		}
		for node in 5..=13 {
			hold(&committee, node).unwrap();
		}
		go_to(System::block_number() + 1);
		let passed = (5..=13).collect();
		assert!(has_event(Event::ChallengeClosed { group: 0, number, passed }));
		assert_eq!((conduct(0, 4), conduct(0, 5)), ((0, 1, 1), (1, 0, 0)));
	});
}

#[test]
fn answer_should_be_refused_when_nobody_asks_for_it() {
	build_and_execute(5, || {
		let committee = settled(4);
		let say = |node: u8, group, number| {
			speak(node, DcrmMessage::Hold { group, number, proof: [1; 65] }).map(drop)
		};
		let refused = |why| Err(Rejected::ByPool(why));
		let number = challenged(0);
		assert_eq!(say(1, 0, number + 1), refused(InvalidTransaction::Future));
		assert_eq!(say(1, 0, number - 1), refused(InvalidTransaction::Stale));
		assert_eq!(say(5, 0, number), refused(InvalidTransaction::BadSigner));
		assert_eq!(say(1, 1, number), refused(InvalidTransaction::Call));
		round(&committee, &[1, 2, 3, 4]);
		assert_eq!(say(1, 0, number), refused(InvalidTransaction::Stale));
		assert_eq!(conduct(0, 1), (1, 0, 0));
	});
}

#[test]
fn challenge_should_be_void_when_the_key_is_handed_over_meanwhile() {
	build_and_execute(5, || {
		let committee = settled(4);
		let mut next = Move::new(committee, &[1, 2, 3, 5]);
		next.play_until(Phase::Testing);
		challenged(0);
		// Members still have their shares while the key is handed over.
		hold(&next.old, 1).unwrap();
		let (_, new) = next.succeed();
		assert_eq!(view(0).challenge, None);
		go_to(System::block_number() + 1);
		assert_eq!(Watches::<Test>::get(0).open, None);
		assert_eq!(Measured::<Test>::get(), Availability::default());
		assert_eq!(conduct(0, 1), (0, 0, 0));
		// The members of the next epoch are asked for their new shares.
		settle(0);
		round(&new, &[1, 2, 3, 5]);
		assert_eq!(conduct(0, 4), (1, 0, 0));
		assert_eq!(Watches::<Test>::get(0).number, 2);
	});
}

#[test]
fn pay_should_be_shared_when_the_pot_is_short() {
	build_and_execute(4, || {
		fund(10);
		let committee = settled(4);
		round(&committee, &[1, 2, 3, 4]);
		// Two for each; what does not divide stays.
		assert_eq!(Owed::<Test>::get(), 8);
		assert_eq!(Balances::balance(&Dcrm::pot()), 11);
	});
}

#[test]
fn groups_should_all_be_challenged_when_there_are_many() {
	build_and_execute(4, || {
		let committees: Vec<_> = (0..5).map(|_| Committee::new(4)).collect();
		let groups: Vec<GroupId> = committees.iter().map(|committee| committee.group).collect();
		for group in &groups {
			settle(*group);
		}
		go_to(System::block_number() + 2 * groups.len() as u32);
		for group in groups {
			assert_eq!(Watches::<Test>::get(group).number, 1);
		}
	});
}

#[test]
fn old_results_should_count_half_when_there_are_many_new_ones() {
	build_and_execute(4, || {
		let committee = settled(4);
		let passed = AVAILABILITY_MEMORY - 10;
		Measured::<Test>::put(Availability { passed, missed: 10 });
		round(&committee, &[1, 2, 3]);
		let expected = Availability { passed: passed / 2 + 3, missed: 5 + 1 };
		assert_eq!(Measured::<Test>::get(), expected);
	});
}
