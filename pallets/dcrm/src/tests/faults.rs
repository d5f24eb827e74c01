//! Dealers who cheat when it is too late to disqualify them, and members who say that they did.

use fusion_dcrm_primitives::{DcrmMessage, GroupState, Phase, PublicKey};
use fusion_vss::{Dealing, Secp256k1};
use k256::Scalar;

use super::driver::{without_key, Table};
use crate::{mock::*, Event, Failure, MemberSet};

fn only(member: u16) -> MemberSet {
	[member].into_iter().collect()
}

fn failed(table: &Table, reason: Failure, culprit: u16) {
	let (group, blamed) = (table.group, only(culprit));
	assert!(has_event(Event::AttemptFailed { group, attempt: 0, reason, blamed }));
	assert_eq!((table.attempt(), phase(group)), (1, Phase::Dealing));
	assert!(!view(group).qualified.contains(&culprit), "it may not deal again");
}

/// Everybody has revealed; dealer 2 has revealed another polynomial than it dealt.
fn cheated() -> Table {
	let mut table = Table::in_phase(4, Phase::Revealing);
	let other = Dealing::<Secp256k1>::random(table.params(), &mut table.rng);
	table.say_reveal(2, other.feldman().to_bytes()).unwrap();
	for dealer in [1, 3, 4] {
		table.reveal(dealer).unwrap();
	}
	assert_eq!(phase(table.group), Phase::Confirming);
	table
}

#[test]
fn accusation_should_be_proven_when_the_reveal_does_not_fit_the_dealing() {
	build_and_execute(4, || {
		let mut table = cheated();
		assert_eq!(table.cheater(1), Some(2));
		// A confirmation of the false key saves nobody.
		table.confirm(2).unwrap();
		table.accuse(1, 2).unwrap();
		let (group, attempt) = (table.group, 0);
		assert!(has_event(Event::AccusationProven { group, attempt, accuser: 1, dealer: 2 }));
		failed(&table, Failure::FalseReveal, 2);
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(group).state, GroupState::Active);
		assert_eq!(view(group).qualified, vec![1, 3, 4]);
	});
}

#[test]
fn accusation_should_be_refused_when_the_share_is_not_the_dealers() {
	build_and_execute(4, || {
		let table = cheated();
		let stranger = *table.dealing(2).share_for(3).unwrap().to_bytes();
		for (accuser, share) in [(1, stranger), (3, [9; 64]), (4, [0xff; 64])] {
			table.say_accuse(accuser, 2, share).unwrap();
			let (group, attempt, accuser) = (table.group, 0, accuser.into());
			assert!(has_event(Event::AccusationRefused { group, attempt, accuser, dealer: 2 }));
		}
		assert_eq!(table.attempt(), 0);
	});
}

#[test]
fn accusation_should_be_refused_when_the_dealer_is_honest() {
	build_and_execute(4, || {
		let mut table = Table::in_phase(4, Phase::Confirming);
		table.accuse(4, 1).unwrap();
		let (group, attempt) = (table.group, 0);
		assert!(has_event(Event::AccusationRefused { group, attempt, accuser: 4, dealer: 1 }));
		assert_eq!((table.attempt(), phase(group)), (0, Phase::Confirming));
		// It has spoken: nobody has to listen to a second accusation.
		assert!(table.accuse(4, 2).is_err());
		assert!(table.confirm(4).is_err());
		for index in 1..=3 {
			table.confirm(index).unwrap();
		}
		assert_eq!(phase(group), Phase::Testing);
		table.play_out(&[1, 2, 3]);
		assert_eq!(view(group).state, GroupState::Active);
	});
}

#[test]
fn attempt_should_fail_when_all_accuse_falsely() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Confirming);
		table.accuse(1, 2).unwrap();
		table.accuse(2, 1).unwrap();
		table.confirm(3).unwrap();
		table.confirm(4).unwrap();
		assert_eq!((table.attempt(), phase(table.group)), (1, Phase::Dealing));
		assert_eq!(view(table.group).qualified, vec![1, 2, 3, 4]);
	});
}

#[test]
fn attempt_should_fail_when_revealed_points_are_bad_or_of_a_wrong_number() {
	build_and_execute(4, || {
		type Spoil = fn(&mut Vec<PublicKey>);
		let spoils: [Spoil; 4] = [
			|points| points[2] = [4; 33],
			|points| points[0] = [0; 33],
			|points| points.clear(),
			|points| points.push(points[0]),
		];
		for spoil in spoils {
			let table = Table::in_phase(4, Phase::Revealing);
			let mut points = table.dealing(3).feldman().to_bytes();
			spoil(&mut points);
			table.reveal(1).unwrap();
			table.say_reveal(3, points).unwrap();
			failed(&table, Failure::NotRevealed, 3);
			assert!(view(table.group).feldman.is_empty());
		}
	});
}

#[test]
fn liar_should_be_excluded_when_its_reveal_leaves_no_key() {
	build_and_execute(4, || {
		let mut table = without_key();
		let key = crate::taproot::public_key(&Scalar::ONE);
		let (group, attempt) = (table.group, 0);
		let confirm = DcrmMessage::Confirm { group, attempt, key };
		assert!(speak(1, confirm).is_err(), "there is nothing to confirm");
		// Each receiver has the proof, and knows of whom.
		for index in 1..=3 {
			assert_eq!(table.cheater(index), Some(4));
		}
		table.accuse(2, 4).unwrap();
		failed(&table, Failure::FalseReveal, 4);
		// Whoever revealed last was honest, and deals again.
		table.play_out(&[1, 2, 3]);
		let done = view(group);
		assert_eq!((done.state, done.attempt), (GroupState::Active, 1));
		assert_eq!(done.qualified, vec![1, 2, 3]);
	});
}

#[test]
fn nobody_should_be_excluded_when_there_is_no_key_and_no_proof_why() {
	build_and_execute(4, || {
		let mut table = without_key();
		// An accusation of an honest dealer proves nothing.
		table.accuse(4, 3).unwrap();
		time_out(table.group);
		let blamed = MemberSet::default();
		let reason = Failure::NoKey;
		assert!(has_event(Event::AttemptFailed { group: table.group, attempt: 0, reason, blamed }));
		assert_eq!((phase(table.group), table.attempt()), (Phase::Dealing, 1));
		assert_eq!(view(table.group).qualified, vec![1, 2, 3, 4]);
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(table.group).state, GroupState::Active);
	});
}

#[test]
fn dealing_of_a_cheater_should_not_be_in_the_key_when_the_next_attempt_succeeds() {
	build_and_execute(4, || {
		let mut table = cheated();
		table.accuse(3, 2).unwrap();
		table.play_out(&[1, 3, 4]);
		let done = view(table.group);
		assert_eq!(done.state, GroupState::Active);
		let dealers: Vec<u16> = done.feldman.iter().map(|(dealer, _)| *dealer).collect();
		assert_eq!(dealers, vec![1, 3, 4]);
		let key = crate::taproot::public_key(&table.secret(&[1, 3, 4]));
		assert_eq!(done.key, Some(key));
	});
}
