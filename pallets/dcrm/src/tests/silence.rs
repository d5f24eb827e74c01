//! Members vote out who is silent.

use frame_support::assert_ok;
use fusion_dcrm_primitives::{DcrmMessage, MemberIndex};
use sp_runtime::transaction_validity::InvalidTransaction;

use super::{
	driver::Table,
	moves::{reshare, Committee, Move},
};
use crate::{mock::*, Commitments, Error, Event, Handovers, SilenceVotes, VOTE_WINDOW};

/// A group of the nodes 1 to `count`, whose key can be handed over cheaply.
fn settled(count: u8) -> Committee {
	let committee = Committee::new(count);
	idle(u32::from(count) + 2);
	assert!(Commitments::<Test>::contains_key(committee.group));
	committee
}

/// Node `by` says that the member is silent.
fn vote(by: u8, member: MemberIndex) -> Result<(), Rejected> {
	let attempt = view(0).attempt;
	speak(by, DcrmMessage::Silent { group: 0, attempt, member }).map(drop)
}

fn refused<T>(why: InvalidTransaction) -> Result<T, Rejected> {
	Err(Rejected::ByPool(why))
}

#[test]
fn member_should_be_replaced_when_enough_say_that_it_is_silent() {
	build_and_execute(6, || {
		let committee = settled(5);
		for (by, votes) in [(1, 1), (2, 2), (4, 3)] {
			vote(by, 3).unwrap();
			let by = by.into();
			assert!(has_event(Event::SilenceVoted { group: 0, member: 3, by, votes }));
			assert!(view(0).handover.is_none());
		}
		assert_eq!(view(0).silent, vec![(3, 1), (3, 2), (3, 4)]);
		vote(5, 3).unwrap();
		let (ejected, replacement) = (account(3), account(6));
		assert!(has_event(Event::Ejecting { group: 0, member: ejected, replacement }));
		// The others keep their places; nobody is fined.
		let next = view(0).handover.unwrap();
		assert_eq!(next.members, [1, 2, 6, 4, 5].map(member).to_vec());
		assert!(view(0).silent.is_empty());
		assert!(convicted().is_empty());

		// The group goes on, without the one that is down.
		let mut under_way = Move { nodes: vec![1, 2, 6, 4, 5], ..taken_over(committee) };
		under_way.play_out(&[1, 2, 4, 5, 6]);
		let (_, new) = under_way.finish();
		assert_eq!(view(0).epoch, 1);
		assert!(new.can_sign(&[6, 1, 4, 5]));
		assert_ok!(Dcrm::deregister_node(RuntimeOrigin::signed(account(3))));
	});
}

/// The handover that is under way, as its members know it.
fn taken_over(old: Committee) -> Move {
	use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
	Move {
		group: old.group,
		old,
		nodes: Vec::new(),
		dealings: Default::default(),
		pairs: Default::default(),
		shares: Default::default(),
		settled: None,
		rng: ChaCha20Rng::seed_from_u64(44),
	}
}

#[test]
fn member_should_stay_when_fewer_than_the_threshold_vote() {
	build_and_execute(9, || {
		let _ = settled(7);
		// Four of seven are one too few, whatever they say and however often.
		for member in 5..=7 {
			for by in 1..=4 {
				vote(by, member).unwrap();
				assert_eq!(vote(by, member), refused(InvalidTransaction::Stale));
			}
		}
		assert!(!Handovers::<Test>::contains_key(0));
		go_to(System::block_number() + VOTE_WINDOW + 1);
		assert!(view(0).silent.is_empty());
		for by in 1..=4 {
			vote(by, 5).unwrap();
		}
		assert!(!Handovers::<Test>::contains_key(0));
	});
}

#[test]
fn votes_should_be_forgotten_when_they_are_old() {
	build_and_execute(6, || {
		let _ = settled(4);
		vote(1, 3).unwrap();
		let first = System::block_number();
		go_to(first + 100);
		vote(2, 3).unwrap();
		go_to(first + VOTE_WINDOW - 1);
		assert_eq!(view(0).silent.len(), 2);
		go_to(first + VOTE_WINDOW);
		// The window of the first vote is over for all of them; they may say it again.
		assert!(view(0).silent.is_empty());
		vote(4, 3).unwrap();
		assert!(!Handovers::<Test>::contains_key(0));
		vote(2, 3).unwrap();
		vote(1, 3).unwrap();
		assert!(Handovers::<Test>::contains_key(0));
	});
}

#[test]
fn vote_should_be_refused_when_it_is_not_a_members_about_another_one_of_this_epoch() {
	build_and_execute(6, || {
		let committee = settled(4);
		let attempt = view(0).attempt;
		let say = |by: u8, group, attempt, member| {
			speak(by, DcrmMessage::Silent { group, attempt, member }).map(drop)
		};
		assert_eq!(say(1, 1, attempt, 2), refused(InvalidTransaction::Call));
		assert_eq!(say(6, 0, attempt, 2), refused(InvalidTransaction::BadSigner));
		assert_eq!(say(1, 0, attempt, 1), refused(InvalidTransaction::Call), "about itself");
		for nobody in [0, 5, 99] {
			assert_eq!(say(1, 0, attempt, nobody), refused(InvalidTransaction::Call));
		}
		assert_eq!(say(1, 0, attempt + 1, 2), refused(InvalidTransaction::Future));
		vote(1, 2).unwrap();

		reshare(0, &[1, 2, 3, 5]).unwrap();
		assert_eq!(vote(3, 2), refused(InvalidTransaction::Stale), "members change already");
		assert_ok!(Dcrm::cancel_handover(RuntimeOrigin::root(), 0));
		Move::new(committee, &[1, 2, 3, 5]).succeed();
		// Votes do not outlive the epoch, and are not counted before the new one is settled.
		assert!(!SilenceVotes::<Test>::contains_key(0));
		assert_eq!(say(3, 0, attempt, 2), refused(InvalidTransaction::Stale));
		assert_eq!(vote(3, 2), refused(InvalidTransaction::Future));
		idle(6);
		vote(3, 2).unwrap();
	});
}

#[test]
fn vote_should_be_refused_when_the_group_has_no_key() {
	build_and_execute(6, || {
		let table = Table::new(4);
		let silent = DcrmMessage::Silent { group: table.group, attempt: 0, member: 2 };
		assert_eq!(speak(1, silent).map(drop), refused(InvalidTransaction::Future));
	});
}

#[test]
fn member_should_stay_when_there_is_nobody_to_replace_it() {
	build_and_execute(4, || {
		let _ = settled(4);
		for by in [1, 2, 4] {
			vote(by, 3).unwrap();
		}
		let error = Error::<Test>::TooFewCandidates.into();
		assert!(has_event(Event::EjectionFailed { group: 0, member: 3, error }));
		assert!(!Handovers::<Test>::contains_key(0));
		// They can say it again when there is.
		assert_ok!(Dcrm::register_node(RuntimeOrigin::signed(account(5))));
		for by in [1, 2, 4] {
			vote(by, 3).unwrap();
		}
		assert!(Handovers::<Test>::contains_key(0));
	});
}
