//! Members vote out who is silent.

use std::collections::BTreeSet;

use frame_support::{assert_ok, traits::Hooks};
use fusion_dcrm_primitives::{DcrmMessage, MemberIndex, MemberSigned};
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;

use super::{
	driver::Table,
	moves::{reshare, Committee, Move},
};
use crate::{
	mock::*, Commitments, Ejections, Error, Event, Handovers, Nodes, SilenceVotes, Stakes,
	EJECTION_DELAY, VOTE_WINDOW,
};

/// A group of the nodes 1 to `count`, whose key can be handed over cheaply.
fn settled(count: u8) -> Committee {
	let committee = Committee::new(count);
	idle(u32::from(count) + 2);
	assert!(Commitments::<Test>::contains_key(committee.group));
	committee
}

/// Node `by` says that the member is silent.
fn vote(by: u8, member: MemberIndex) -> Result<(), Rejected> {
	send(word(by, member)).map(drop)
}

/// What node `by` says of the member in this block.
fn word(by: u8, member: MemberIndex) -> MemberSigned<DcrmMessage> {
	let (attempt, since) = (view(0).attempt, System::block_number());
	signed(&pair(by), DcrmMessage::Silent { group: 0, attempt, member, since })
}

/// Goes on until it is drawn who replaces a member that was voted out.
fn draw() {
	go_to(System::block_number() + EJECTION_DELAY);
}

fn stake(number: u8) -> Option<u64> {
	let stakes = Stakes::<Test>::get().into_iter();
	stakes.filter(|(node, _)| *node == account(number)).map(|(_, stake)| stake).next()
}

fn failures() -> usize {
	let failed = |event| matches!(event, RuntimeEvent::Dcrm(Event::EjectionFailed { .. }));
	System::events().into_iter().filter(|record| failed(record.event.clone())).count()
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
		assert!(has_event(Event::VotedOut { group: 0, member: 3 }));
		go_to(System::block_number() + EJECTION_DELAY - 1);
		assert!(view(0).handover.is_none());
		go_to(System::block_number() + 1);
		let (ejected, replacement) = (account(3), account(6));
		assert!(has_event(Event::Ejecting { group: 0, member: ejected, replacement }));
		// The others keep their places; nobody is fined.
		let next = view(0).handover.unwrap();
		assert_eq!(next.members, [1, 2, 6, 4, 5].map(member).to_vec());
		assert!(convicted().is_empty());

		// The group goes on, without the one that is down.
		let mut under_way = Move { nodes: vec![1, 2, 6, 4, 5], ..taken_over(committee) };
		under_way.play_out(&[1, 2, 4, 5, 6]);
		let (_, new) = under_way.finish();
		assert_eq!(view(0).epoch, 1);
		assert!(new.can_sign(&[6, 1, 4, 5]));
		assert!(view(0).silent.is_empty());
		assert_ok!(Dcrm::deregister_node(RuntimeOrigin::signed(account(3))));
	});
}

#[test]
fn ejected_node_should_not_be_drawn_when_it_has_not_said_that_it_is_there() {
	build_and_execute(6, || {
		let _ = settled(4);
		let origin = || RuntimeOrigin::signed(account(3));
		assert_ok!(Dcrm::bond_extra(origin(), 10));
		for by in [1, 2, 4] {
			vote(by, 3).unwrap();
		}
		assert_eq!(stake(3), Some(BOND + 10));
		draw();
		assert!(has_event(Event::Benched { node: account(3) }));
		assert_eq!(stake(3), None);
		for seed in 0..20 {
			let drawn = Dcrm::draw_nodes(H256::from_low_u64_be(seed), 5, &[]).unwrap();
			assert!(!drawn.contains(&account(3)));
		}
		assert_eq!(Dcrm::draw_nodes(H256::zero(), 6, &[]), None);
		assert_ok!(Dcrm::bond_extra(origin(), 0));
		assert_eq!((stake(3), bond(3)), (Some(BOND + 10), BOND + 10));
	});
}

#[test]
fn replacement_should_not_be_known_when_the_last_vote_is_cast() {
	let mut replacements = BTreeSet::new();
	for seed in 1..=8 {
		build_and_execute(10, || {
			let _ = settled(4);
			for by in [1, 2, 4] {
				vote(by, 3).unwrap();
			}
			go_to(System::block_number() + EJECTION_DELAY - 1);
			assert!(!Handovers::<Test>::contains_key(0));
			// Nothing that was known until now decides.
			Beacon::set(H256::repeat_byte(seed));
			let next = System::block_number() + 1;
			System::set_block_number(next);
			let drawn = Dcrm::draw_nodes(Dcrm::draw_seed(b"replace", 0), 1, &accounts(4)).unwrap();
			Dcrm::on_initialize(next);
			let (member, replacement) = (account(3), drawn[0].clone());
			assert!(has_event(Event::Ejecting {
				group: 0,
				member,
				replacement: replacement.clone()
			}));
			replacements.insert(replacement);
		});
	}
	assert!(replacements.len() > 1);
}

#[test]
fn vote_should_be_refused_when_somebody_repeats_it_later() {
	build_and_execute(6, || {
		let _ = settled(4);
		let said = System::block_number();
		let words: Vec<_> = [1, 2].map(|by| word(by, 3)).into();
		for word in &words {
			send(word.clone()).unwrap();
		}
		// Before it is void, it is heard once; then never again.
		go_to(said + VOTE_WINDOW - 1);
		for word in &words {
			assert_eq!(send(word.clone()), refused(InvalidTransaction::Stale));
		}
		go_to(said + VOTE_WINDOW);
		assert!(view(0).silent.is_empty());
		for word in &words {
			assert_eq!(send(word.clone()), refused(InvalidTransaction::Stale));
		}
		vote(4, 3).unwrap();
		draw();
		assert!(!Handovers::<Test>::contains_key(0));
		assert_eq!(view(0).silent, vec![(3, 4)]);
	});
}

#[test]
fn vote_should_be_refused_when_it_is_of_another_time() {
	build_and_execute(6, || {
		let _ = settled(4);
		let attempt = view(0).attempt;
		let say =
			|since| speak(1, DcrmMessage::Silent { group: 0, attempt, member: 2, since }).map(drop);
		go_to(VOTE_WINDOW + 50);
		assert_eq!(say(VOTE_WINDOW + 51), refused(InvalidTransaction::Future));
		assert_eq!(say(u32::MAX), refused(InvalidTransaction::Future));
		for old in [0, 1, 50] {
			assert_eq!(say(old), refused(InvalidTransaction::Stale));
		}
		say(51).unwrap();
	});
}

#[test]
fn votes_should_not_begin_a_handover_again_when_one_was_given_up() {
	build_and_execute(6, || {
		let _ = settled(4);
		let words: Vec<_> = [1, 2, 4].map(|by| word(by, 3)).into();
		for word in &words {
			send(word.clone()).unwrap();
		}
		draw();
		assert!(Handovers::<Test>::contains_key(0));
		assert_ok!(Dcrm::cancel_handover(RuntimeOrigin::root(), 0));
		let given_up = System::block_number();
		for block in [given_up, given_up + VOTE_WINDOW - 1] {
			go_to(block);
			for word in &words {
				assert!(send(word.clone()).is_err());
			}
			for by in [1, 2, 4] {
				assert!(vote(by, 3).is_err());
			}
			assert_eq!(vote(3, 1), refused(InvalidTransaction::Future), "nor about another one");
		}
		go_to(given_up + VOTE_WINDOW);
		for word in &words {
			assert_eq!(send(word.clone()), refused(InvalidTransaction::Stale));
		}
		for by in [1, 2, 4] {
			vote(by, 3).unwrap();
		}
		draw();
		assert!(Handovers::<Test>::contains_key(0));
	});
}

#[test]
fn votes_should_be_void_when_everything_stood_still_since() {
	build_and_execute(6, || {
		let _ = settled(4);
		let pause = |paused| {
			assert_ok!(Dcrm::set_paused(RuntimeOrigin::signed(GUARD), paused));
		};
		let words: Vec<_> = [1, 2].map(|by| word(by, 3)).into();
		for word in &words {
			send(word.clone()).unwrap();
		}
		pause(true);
		go_to(System::block_number() + 1);
		pause(false);
		assert!(view(0).silent.is_empty());
		for word in &words {
			assert_eq!(send(word.clone()), refused(InvalidTransaction::Stale));
		}
		vote(4, 3).unwrap();
		assert_eq!(view(0).silent, vec![(3, 4)]);
		// Nor is anybody replaced who was voted out before.
		vote(1, 3).unwrap();
		vote(2, 3).unwrap();
		pause(true);
		go_to(System::block_number() + 5);
		assert!(Ejections::<Test>::exists());
		pause(false);
		go_to(System::block_number() + 1);
		let error = Error::<Test>::TooLate.into();
		assert!(has_event(Event::EjectionFailed { group: 0, member: 3, error }));
		assert!(!Ejections::<Test>::exists() && !Handovers::<Test>::contains_key(0));
	});
}

#[test]
fn nobody_should_be_replaced_when_the_members_change_first() {
	build_and_execute(6, || {
		let _ = settled(4);
		for by in [1, 2, 4] {
			vote(by, 3).unwrap();
		}
		reshare(0, &[1, 2, 4, 5]).unwrap();
		draw();
		let error = Error::<Test>::HandoverUnderWay.into();
		assert!(has_event(Event::EjectionFailed { group: 0, member: 3, error }));
		assert_eq!(view(0).handover.unwrap().members, [1, 2, 4, 5].map(member).to_vec());
	});
}

#[test]
fn one_member_should_be_replaced_in_a_block_when_several_groups_vote() {
	build_and_execute(9, || {
		let groups: Vec<_> = (0..3).map(|_| Committee::new(4).group).collect();
		idle(20);
		for group in &groups {
			for by in [1, 2, 4] {
				let (attempt, since) = (view(*group).attempt, System::block_number());
				speak(by, DcrmMessage::Silent { group: *group, attempt, member: 3, since })
					.unwrap();
			}
		}
		go_to(System::block_number() + EJECTION_DELAY - 1);
		for under_way in 0..=3 {
			assert_eq!(Handovers::<Test>::iter().count(), under_way);
			go_to(System::block_number() + 1);
		}
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
		draw();
		assert!(Handovers::<Test>::contains_key(0));
	});
}

#[test]
fn vote_should_be_refused_when_it_is_not_a_members_about_another_one_of_this_epoch() {
	build_and_execute(6, || {
		let committee = settled(4);
		let attempt = view(0).attempt;
		let say = |by: u8, group, attempt, member| {
			let since = System::block_number();
			speak(by, DcrmMessage::Silent { group, attempt, member, since }).map(drop)
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
		let silent = DcrmMessage::Silent { group: table.group, attempt: 0, member: 2, since: 1 };
		assert_eq!(speak(1, silent).map(drop), refused(InvalidTransaction::Future));
	});
}

#[test]
fn member_should_stay_when_there_is_nobody_to_replace_it() {
	build_and_execute(4, || {
		let _ = settled(4);
		let words: Vec<_> = [1, 2, 4].map(|by| word(by, 3)).into();
		let counted = System::block_number();
		for word in &words {
			send(word.clone()).unwrap();
		}
		draw();
		let error = Error::<Test>::TooFewCandidates.into();
		assert!(has_event(Event::EjectionFailed { group: 0, member: 3, error }));
		assert!(!Handovers::<Test>::contains_key(0));
		assert!(!Nodes::<Test>::get(account(3)).unwrap().benched);
		// They can say it again when there is, but not at once, nor can anybody for them.
		assert_ok!(Dcrm::register_node(RuntimeOrigin::signed(account(5))));
		for block in [counted + EJECTION_DELAY, counted + VOTE_WINDOW - 1] {
			go_to(block);
			for word in &words {
				assert_eq!(send(word.clone()), refused(InvalidTransaction::Stale));
			}
			for by in [1, 2, 4] {
				assert_eq!(vote(by, 3), refused(InvalidTransaction::Stale));
			}
			assert_eq!(vote(1, 2), refused(InvalidTransaction::Future));
		}
		go_to(counted + VOTE_WINDOW);
		for word in &words {
			assert_eq!(send(word.clone()), refused(InvalidTransaction::Stale));
		}
		for by in [1, 2, 4] {
			vote(by, 3).unwrap();
		}
		assert_eq!(failures(), 1);
		draw();
		assert!(Handovers::<Test>::contains_key(0));
	});
}
