//! Handovers with honest nodes: who has the key when, and who may ask for what.

use std::cmp::Ordering;

use frame_support::{assert_noop, assert_ok};
use fusion_dcrm_primitives::{
	traits::KeyGroups, Attempt, DcrmMessage, GroupId, GroupState, Phase, RequestId,
};
use sp_runtime::{transaction_validity::InvalidTransaction, DispatchError, DispatchResult};

use super::{
	driver::{bounded, interpolate},
	moves::{accounts_of, ask, reshare, Committee, Move},
};
use crate::{
	mock::*, taproot, Answers, Ceremonies, Deadlines, Error, Event, Feldman, Nodes, Pedersen,
	Requests, SigningWork, MAX_CEREMONIES,
};

/// The phases of a handover, in order. That of answers is left out if nobody complains.
const PHASES: [Phase; 7] = [
	Phase::Dealing,
	Phase::Verdicts,
	Phase::Answers,
	Phase::Revealing,
	Phase::Accusing,
	Phase::Confirming,
	Phase::Testing,
];
const STALE: Rejected = Rejected::ByPool(InvalidTransaction::Stale);
const STRANGER: Rejected = Rejected::ByPool(InvalidTransaction::BadSigner);

fn cancel(group: GroupId) -> DispatchResult {
	Dcrm::cancel_handover(RuntimeOrigin::root(), group)
}

/// In how many groups a node is, or is to be.
fn groups(number: u8) -> u32 {
	Nodes::<Test>::get(account(number)).unwrap().groups
}

fn is_open(request: RequestId) -> bool {
	Requests::<Test>::contains_key(request)
}

/// The word of a phase.
fn word(phase: Phase, group: GroupId, attempt: Attempt) -> DcrmMessage {
	match phase {
		Phase::Dealing => DcrmMessage::Deal { group, attempt, commitments: bounded(vec![]) },
		Phase::Verdicts => DcrmMessage::Verdict { group, attempt, against: bounded(vec![]) },
		Phase::Answers => DcrmMessage::Answer { group, attempt, accuser: 1, share: [1; 64] },
		Phase::Revealing => DcrmMessage::Reveal { group, attempt, commitments: bounded(vec![]) },
		Phase::Accusing => DcrmMessage::Accept { group, attempt },
		Phase::Confirming => DcrmMessage::Confirm { group, attempt, key: view(group).key.unwrap() },
		Phase::Testing => panic!("nothing but a signature is said then"),
	}
}

fn verdict_of_pool(number: u8, payload: DcrmMessage) -> Result<(), InvalidTransaction> {
	pool(signed(&pair(number), payload)).map(drop)
}

#[test]
fn key_should_stay_when_its_shares_are_refreshed() {
	build_and_execute(4, || {
		let old = Committee::new(4);
		let (group, key) = (old.group, view(old.group).key.unwrap());
		let mut next = Move::new(old, &[1, 2, 3, 4]);
		assert!(has_event(Event::HandoverStarted { group, members: 4, threshold: 3 }));
		let everybody = next.everybody();
		for (now, then) in [
			(Phase::Dealing, Phase::Verdicts),
			// Nobody complains, so nobody has to answer.
			(Phase::Verdicts, Phase::Revealing),
			(Phase::Revealing, Phase::Accusing),
			(Phase::Accusing, Phase::Confirming),
			(Phase::Confirming, Phase::Testing),
		] {
			assert_eq!(next.phase(), now);
			next.step(&everybody);
			assert_eq!(next.phase(), then);
			assert_eq!(view(group).state, GroupState::Active);
		}
		next.step(&everybody);

		// All of it in one block: phases end as soon as everybody has spoken.
		assert_eq!(System::block_number(), 1);
		let (old, new) = next.finish();
		let done = view(group);
		assert_eq!((done.state, done.key), (GroupState::Active, Some(key)));
		assert_eq!((done.attempt, done.epoch, done.threshold), (1, 1, 3));
		assert_eq!(done.qualified, vec![1, 2, 3, 4]);
		assert!(has_event(Event::HandedOver { group, epoch: 1, members: 4, threshold: 3 }));
		for three in [[1, 2, 3], [1, 2, 4], [1, 3, 4], [2, 3, 4]] {
			assert_eq!(taproot::public_key(&new.secret(&three)), key);
			assert!(new.can_sign(&three));
		}

		// An old share does not fit the new ones, nor the new commitments.
		for node in 1..=4 {
			let index = new.index(node);
			let known = new.commitments.verifying_share(index).unwrap();
			assert_eq!(new.shares[&node].verifying_share(), known);
			assert_ne!(old.shares[&node].verifying_share(), known);
			let others = (1..=4).filter(|other| *other != node).take(2);
			let mut points: Vec<_> = others.map(|other| new.point(other)).collect();
			points.push(old.point(node));
			assert_ne!(taproot::public_key(&interpolate(&points)), key);
		}
	});
}

#[test]
fn key_should_stay_when_members_and_threshold_change() {
	build_and_execute(12, || {
		let first = Committee::new(5);
		let (group, key) = (first.group, view(first.group).key);
		let secret = first.secret(&[1, 2, 3, 4]);
		assert_eq!(taproot::public_key(&secret), key.unwrap());

		let (_, second) = Move::new(first, &[9, 3, 6, 1, 7, 8, 2]).succeed();
		assert_eq!((view(group).key, view(group).threshold), (key, 5));
		assert_eq!((groups(4), groups(5), groups(3), groups(9)), (0, 0, 1, 1));
		for five in [[9, 3, 6, 1, 7], [8, 2, 7, 1, 6], [3, 6, 8, 2, 9]] {
			assert_eq!(second.secret(&five), secret);
			assert!(second.can_sign(&five));
		}
		// Four were enough before.
		assert_ne!(second.secret(&[9, 3, 6, 1]), secret);

		let (_, third) = Move::new(second, &[10, 11, 12, 7]).succeed();
		assert_eq!((view(group).key, view(group).threshold), (key, 3));
		// There were more dealers than there are members now.
		assert_eq!(view(group).qualified, (1..=7).collect::<Vec<u16>>());
		assert_eq!(view(group).feldman.len(), 7);
		for three in [[10, 11, 12], [7, 10, 12], [11, 7, 10]] {
			assert_eq!(third.secret(&three), secret);
			assert!(third.can_sign(&three));
		}

		let (_, fourth) = Move::new(third, &[12, 11, 10, 7]).succeed();
		assert_eq!((view(group).key, view(group).epoch, view(group).attempt), (key, 3, 3));
		assert_eq!(Feldman::<Test>::iter_prefix(group).count(), 4);
		assert!(fourth.can_sign(&[7, 12, 11]));
	});
}

#[test]
fn ceremony_should_be_forgotten_when_the_key_was_handed_over() {
	build_and_execute(6, || {
		let (_, new) = Move::new(Committee::new(4), &[3, 5, 1, 6]).succeed();
		assert_eq!(Ceremonies::<Test>::iter().count(), 0);
		assert_eq!(Pedersen::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		assert!(Deadlines::<Test>::get().is_empty());
		assert!(Dcrm::open_requests(new.group, 9).is_empty());
		assert_eq!((view(new.group).handover, view(new.group).deadline), (None, 0));
	});
}

#[test]
fn handover_should_be_seen_by_all_who_take_part_when_it_is_under_way() {
	build_and_execute(6, || {
		let old = Committee::new(4);
		let group = old.group;
		let key = view(group).key.unwrap();
		let next = Move::new(old, &[3, 5, 1, 6]);
		for number in 1..=6 {
			assert_eq!(Dcrm::groups_of(&member(number)), vec![group]);
			assert_eq!(<Dcrm as KeyGroups>::is_member(group, &member(number)), number <= 4);
		}
		let seen = next.view();
		assert_eq!(seen.members, [3, 5, 1, 6].map(member).to_vec());
		assert_eq!((seen.threshold, seen.attempt, seen.phase), (3, 1, Phase::Dealing));
		assert_eq!(seen.deadline, 1 + PHASE);
		assert_eq!(seen.commitments[0], key);
		assert_eq!(seen.qualified, vec![1, 2, 3, 4]);
		let present = view(group);
		assert_eq!((present.attempt, present.epoch, present.deadline), (0, 0, 0));
		let then = present.after_handover().unwrap();
		assert_eq!((then.attempt, then.epoch), (1, 1));

		let _ = next.succeed();
		let done = view(group);
		assert_eq!((done.members, done.threshold), (then.members, then.threshold));
		assert_eq!((done.attempt, done.epoch), (then.attempt, then.epoch));
		assert_eq!(Dcrm::groups_of(&member(2)), Vec::<GroupId>::new());
		assert_eq!(Dcrm::groups_of(&member(5)), vec![group]);
	});
}

#[test]
fn pending_request_should_be_signed_by_the_new_members_when_the_key_has_moved() {
	build_and_execute(7, || {
		let old = Committee::new(4);
		let group = old.group;
		let request = ask(group, 1);
		let wrong = DcrmMessage::Signature { request, signature: [1; 64] };
		for number in [1, 2] {
			speak(number, wrong.clone()).unwrap();
			assert_eq!(speak(number, wrong.clone()), Err(STALE));
		}

		let (old, new) = Move::new(old, &[5, 2, 6, 7]).succeed();
		assert!(is_open(request));
		// Who has left is not listened to, though its committee can make valid signatures as before.
		assert_eq!(old.deliver(&[3, 4, 1], request), Err(STRANGER));
		// Who stays may be wrong once more: it has another share now, and perhaps another index.
		speak(2, wrong.clone()).unwrap();
		assert_eq!(speak(2, wrong), Err(STALE));
		// The first member is another one than before, which has not spoken.
		new.deliver(&[5, 6, 7], request).unwrap();
		assert!(!is_open(request));
		assert_eq!(Delivered::get().len(), 1);
		assert!(has_event(Event::SignatureDelivered { request, group, by: 1 }));
		// Of those who act in a handover, node 2 is the first who can sign the test.
		let work = |number| SigningWork::<Test>::get(account(number));
		assert_eq!((work(5), work(2), work(6)), (1, 1, 0));
	});
}

#[test]
fn requests_should_be_signed_by_the_old_members_when_the_key_is_being_handed_over() {
	build_and_execute(6, || {
		let old = Committee::new(4);
		let group = old.group;
		let mut next = Move::new(old, &[3, 5, 1, 6]);
		for phase in PHASES {
			next.reach(phase);
			assert_eq!(next.phase(), phase);
			let request = ask(group, 5);
			let signature = next.old.sign(&[1, 2, 4], request);
			let joiner = speak(6, DcrmMessage::Signature { request, signature });
			assert_eq!(joiner, Err(STRANGER), "in {phase:?}");
			next.old.deliver(&[4, 3, 1], request).unwrap();
			assert!(!is_open(request));
		}

		// The test is for the receivers alone.
		let receivers = next.able(&[3, 5, 1, 6]);
		assert_eq!(next.deliver_test(2, &receivers[..3]), Err(STRANGER));
		let everybody = next.everybody();
		next.play_out(&everybody);
		let (_, new) = next.finish();
		let request = ask(group, 6);
		new.deliver(&[6, 5, 3], request).unwrap();
	});
}

#[test]
fn test_should_be_asked_for_when_the_group_owes_all_signatures_that_it_may() {
	build_and_execute(4, || {
		let old = Committee::new(4);
		let group = old.group;
		let requests = [ask(group, 1), ask(group, 2), ask(group, 3)];
		let mut next = Move::new(old, &[1, 2, 3, 4]);
		next.reach(Phase::Testing);
		assert_eq!(Dcrm::open_requests(group, 9).len(), 4);
		let everybody = next.everybody();
		next.play_out(&everybody);
		let (_, new) = next.finish();
		assert_eq!(view(group).attempt, 1);
		for request in requests {
			new.deliver(&[2, 3, 4], request).unwrap();
		}
	});
}

#[test]
fn word_should_be_refused_when_it_is_of_another_ceremony_attempt_or_phase() {
	build_and_execute(4, || {
		let mut next = Move::new(Committee::new(4), &[1, 2, 3, 4]);
		let group = next.group;
		// The key was made in attempt 0, and nothing is said in attempt 1.
		next.time_out();
		for (position, present) in PHASES.into_iter().enumerate() {
			next.reach(present);
			assert_eq!(next.stage(), Some((2, present)));
			for (other, spoken) in PHASES.into_iter().enumerate().take(6) {
				for attempt in 0..=3 {
					let expected = match (attempt, other).cmp(&(2, position)) {
						Ordering::Less => Err(InvalidTransaction::Stale),
						Ordering::Equal => Ok(()),
						Ordering::Greater => Err(InvalidTransaction::Future),
					};
					let said = verdict_of_pool(2, word(spoken, group, attempt));
					assert_eq!(said, expected, "{spoken:?} of {attempt} said in {present:?}");
				}
			}
		}
		let _ = next.succeed();
		for spoken in PHASES.into_iter().take(6) {
			for attempt in 0..=3 {
				let said = verdict_of_pool(2, word(spoken, group, attempt));
				assert_eq!(said, Err(InvalidTransaction::Stale), "{spoken:?} when it is over");
			}
		}
	});
}

#[test]
fn message_should_be_refused_when_it_is_repeated_in_the_next_attempt() {
	build_and_execute(4, || {
		let mut next = Move::new(Committee::new(4), &[1, 2, 3, 4]);
		let group = next.group;
		next.make_dealing(1);
		let commitments = bounded(next.dealings[&1].pedersen().to_bytes());
		let message = signed(&pair(1), DcrmMessage::Deal { group, attempt: 1, commitments });
		send(message.clone()).unwrap();
		assert_eq!(send(message.clone()), Err(STALE));
		next.time_out();
		assert_eq!(next.stage(), Some((2, Phase::Dealing)));
		assert_eq!(send(message), Err(STALE));
		assert!(next.view().pedersen.is_empty());
	});
}

#[test]
fn member_should_be_a_stranger_when_it_speaks_in_the_others_role() {
	build_and_execute(6, || {
		// Nodes 2 and 4 leave, nodes 5 and 6 join.
		let mut next = Move::new(Committee::new(4), &[3, 5, 1, 6]);
		for (phase, stranger) in [
			(Phase::Dealing, 5),
			(Phase::Verdicts, 4),
			(Phase::Answers, 6),
			(Phase::Revealing, 5),
			(Phase::Accusing, 2),
			(Phase::Confirming, 4),
		] {
			next.reach(phase);
			let said = verdict_of_pool(stranger, word(phase, next.group, 1));
			assert_eq!(said, Err(InvalidTransaction::BadSigner), "in {phase:?}");
		}
	});
}

#[test]
fn group_should_be_as_before_when_the_handover_is_cancelled_in_any_phase() {
	for phase in PHASES {
		build_and_execute(6, || {
			let old = Committee::new(4);
			let group = old.group;
			let before = view(group);
			let mut next = Move::new(old, &[1, 2, 5, 6]);
			next.reach(phase);
			assert_eq!((groups(1), groups(4), groups(5)), (1, 1, 1));
			assert_ok!(cancel(group));

			assert!(has_event(Event::HandoverFailed { group }));
			let now = view(group);
			assert_eq!((now.members, now.threshold), (before.members, before.threshold));
			assert_eq!((now.state, now.key), (before.state, before.key));
			assert_eq!((now.attempt, now.epoch, now.deadline), (0, 0, 0));
			assert_eq!(now.handover, None);
			assert_eq!((groups(1), groups(4), groups(5)), (1, 1, 0));
			assert!(Dcrm::groups_of(&member(5)).is_empty());
			assert_eq!(Ceremonies::<Test>::iter().count(), 0);
			assert_eq!(Pedersen::<Test>::iter().count(), 0);
			assert_eq!(Feldman::<Test>::iter().count(), 0);
			assert_eq!(Answers::<Test>::iter().count(), 0);
			assert!(Dcrm::open_requests(group, 9).is_empty());
			let old = next.undone();
			assert!(old.can_sign(&[4, 3, 2]));

			// The next one has an attempt of its own, and ends well.
			let next = Move::new(old, &[5, 6, 1, 3]);
			assert_eq!(next.attempt(), 2);
			let (_, new) = next.succeed();
			assert_eq!((view(group).key, view(group).epoch), (before.key, 1));
			assert!(new.can_sign(&[6, 5, 3]));
		});
	}
}

#[test]
fn cancelling_should_be_refused_when_there_is_no_handover_or_not_the_admin_asks() {
	build_and_execute(4, || {
		assert_noop!(cancel(0), Error::<Test>::UnknownGroup);
		let old = Committee::new(4);
		let group = old.group;
		assert_noop!(cancel(group), Error::<Test>::NoHandover);
		let young = create_group(4);
		assert_noop!(cancel(young), Error::<Test>::NoHandover);
		let next = Move::new(old, &[1, 2, 3, 4]);
		let nobody = RuntimeOrigin::signed(account(1));
		assert_noop!(Dcrm::cancel_handover(nobody, group), DispatchError::BadOrigin);
		assert_ok!(cancel(group));
		assert_noop!(cancel(group), Error::<Test>::NoHandover);
		let _ = next.undone();
	});
}

#[test]
fn handover_should_be_refused_when_its_members_or_the_group_are_not_fit() {
	build_and_execute(8, || {
		assert_noop!(reshare(0, &[1, 2, 3, 4]), Error::<Test>::UnknownGroup);
		let old = Committee::new(4);
		let group = old.group;
		let young = create_group(4);
		assert_noop!(reshare(young, &[1, 2, 3, 4]), Error::<Test>::GroupNotActive);
		assert_noop!(reshare(group, &[]), Error::<Test>::WrongGroupSize);
		assert_noop!(reshare(group, &[5, 6, 7]), Error::<Test>::WrongGroupSize);
		assert_noop!(reshare(group, &[5, 6, 7, 5]), Error::<Test>::DuplicateMember);
		assert_noop!(reshare(group, &[5, 6, 7, 9]), Error::<Test>::MemberNotRegistered);
		let nobody = RuntimeOrigin::signed(account(1));
		let members = bounded(accounts_of(&[1, 2, 3, 4]));
		assert_noop!(Dcrm::reshare(nobody, group, members), DispatchError::BadOrigin);

		let points = Feldman::<Test>::take(group, 3).unwrap();
		assert_noop!(reshare(group, &[1, 2, 3, 4]), Error::<Test>::NoCommitments);
		Feldman::<Test>::insert(group, 3, points);

		for _ in 1..MAX_CEREMONIES {
			create_group(4);
		}
		assert_noop!(reshare(group, &[1, 2, 3, 4]), Error::<Test>::TooManyCeremonies);
	});
}

#[test]
fn handover_should_be_refused_when_one_is_under_way() {
	build_and_execute(6, || {
		let next = Move::new(Committee::new(4), &[1, 2, 3, 5]);
		assert_noop!(reshare(next.group, &[1, 2, 3, 6]), Error::<Test>::HandoverUnderWay);
		let _ = next.succeed();
	});
}

#[test]
fn leaving_should_be_possible_only_when_the_node_has_no_part_in_the_key() {
	build_and_execute(6, || {
		let leave = |number| Dcrm::deregister_node(RuntimeOrigin::signed(account(number)));
		let mut next = Move::new(Committee::new(4), &[3, 5, 1, 6]);
		next.reach(Phase::Confirming);
		// Who stays, who leaves, who joins.
		for number in [1, 2, 5] {
			assert_noop!(leave(number), Error::<Test>::InGroup);
		}
		let _ = next.succeed();
		for number in [1, 5] {
			assert_noop!(leave(number), Error::<Test>::InGroup);
		}
		assert_ok!(leave(2));
		assert_ok!(leave(4));
	});
}

#[test]
fn secret_should_stay_unknown_when_too_few_shares_of_each_epoch_are_known() {
	build_and_execute(7, || {
		// Nodes 1 and 2 of the old members and 1, 2 and 3 of the new ones: one fewer than it takes.
		let (old, new) = Move::new(Committee::new(4), &[6, 7, 1, 2, 3]).succeed();
		let secret = old.secret(&[1, 2, 4]);
		let mut known = vec![old.point(1), old.point(2)];
		assert_ne!(interpolate(&known), secret);
		known.extend([new.point(1), new.point(2), new.point(3)]);
		assert_ne!(interpolate(&known), secret);
		assert_ne!(interpolate(&known[2..]), secret);
		// As many as it takes, but of two epochs.
		assert_ne!(interpolate(&known[..3]), secret);
		assert_ne!(interpolate(&known[..4]), secret);
		assert_ne!(interpolate(&known[1..]), secret);
		// One more of them does.
		known.push(new.point(6));
		assert_eq!(interpolate(&known[2..]), secret);
	});
}

#[test]
fn two_keys_should_be_handed_over_at_the_same_time_when_they_share_members() {
	build_and_execute(6, || {
		let mut first = Move::new(Committee::new(4), &[5, 2, 6, 1]);
		let mut second = Move::new(Committee::new(5), &[6, 5, 4, 3]);
		assert_eq!((groups(1), groups(5), groups(6)), (2, 2, 2));
		let everybody = first.everybody();
		while first.stage().is_some() {
			first.step(&everybody);
			if second.stage().is_some() {
				second.step(&everybody);
			}
		}
		second.play_out(&everybody);
		let ((_, first), (_, second)) = (first.finish(), second.finish());
		assert_eq!((groups(1), groups(3), groups(5), groups(6)), (1, 1, 2, 2));
		assert!(first.can_sign(&[5, 6, 2]));
		assert!(second.can_sign(&[3, 5, 6]));
	});
}
