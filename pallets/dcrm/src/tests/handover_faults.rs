//! Handovers with silent, clumsy and dishonest nodes: whose fault it is, and what comes of it.

use frame_support::assert_ok;
use fusion_dcrm_primitives::{DcrmMessage, GroupState, MemberIndex, Phase, PublicKey};
use fusion_vss::{Dealing, Resharing, Secp256k1};
use sp_runtime::transaction_validity::InvalidTransaction;

use super::moves::{Committee, Move};
use crate::{mock::*, Event, Failure, MemberSet, Nodes};

const STALE: Rejected = Rejected::ByPool(InvalidTransaction::Stale);
const MALFORMED: Rejected = Rejected::ByPool(InvalidTransaction::Call);

/// The receivers: nodes 1 and 3 stay, and have other indices then; nodes 2 and 4 leave.
const RECEIVERS: [u8; 4] = [3, 5, 1, 6];

/// The key of the nodes 1 to 4 is being handed over; it takes three of them, before and after.
fn moving() -> Move {
	Move::new(Committee::new(4), &RECEIVERS)
}

/// The same, in the given phase.
fn moving_in(phase: Phase) -> Move {
	let mut next = moving();
	next.reach(phase);
	next
}

/// Gives it up, and begins anew.
fn again(next: Move) -> Move {
	assert_ok!(Dcrm::cancel_handover(RuntimeOrigin::root(), next.group));
	Move::new(next.undone(), &RECEIVERS)
}

/// The dealer has been left out, and the attempt goes on.
fn is_out(next: &Move, dealer: MemberIndex) {
	let (group, attempt) = (next.group, next.attempt());
	assert!(has_event(Event::DealerDisqualified { group, attempt, dealer }));
	let others: Vec<MemberIndex> = (1..=4).filter(|other| *other != dealer).collect();
	assert_eq!(next.view().qualified, others);
}

/// All go on honestly, and the key is handed over in the present attempt.
fn goes_well(mut next: Move) -> Committee {
	let (attempt, everybody) = (next.attempt(), next.everybody());
	next.play_out(&everybody);
	let (_, new) = next.finish();
	assert_eq!(view(new.group).attempt, attempt);
	for three in [[3, 5, 1], [5, 1, 6], [6, 3, 5]] {
		assert!(new.can_sign(&three));
	}
	new
}

/// The first attempt has failed, and everybody may deal again.
fn failed(next: &Move, reason: Failure) {
	let (group, blamed) = (next.group, MemberSet::default());
	assert!(has_event(Event::AttemptFailed { group, attempt: 1, reason, blamed }));
	assert_eq!(next.stage(), Some((2, Phase::Dealing)));
	assert_eq!(next.view().qualified, vec![1, 2, 3, 4]);
	let now = next.view();
	assert!(now.pedersen.is_empty() && now.feldman.is_empty() && now.answers.is_empty());
	assert_eq!((view(group).state, view(group).attempt), (GroupState::Active, 0));
}

/// The commitments that node 2 should publish.
fn own_points(next: &mut Move) -> Vec<PublicKey> {
	next.dealing_of(2).pedersen().to_bytes()
}

#[test]
fn dealer_should_be_out_at_once_when_it_deals_something_else_than_its_share() {
	build_and_execute(6, || {
		type Deal = fn(&mut Move) -> Vec<PublicKey>;
		let deals: [Deal; 7] = [
			// A secret of its own; the share of another; nothing.
			|next| {
				let params = next.resharing().params();
				Dealing::<Secp256k1>::random(params, &mut next.rng).pedersen().to_bytes()
			},
			|next| next.dealing_of(3).pedersen().to_bytes(),
			|_| vec![],
			// Its share, with points that are bad or of a wrong number.
			|next| {
				let mut points = own_points(next);
				points[1] = [0xff; 33];
				points
			},
			|next| {
				let mut points = own_points(next);
				points[0] = [0; 33];
				points
			},
			|next| own_points(next)[..2].to_vec(),
			|next| [own_points(next), vec![[2; 33]]].concat(),
		];
		let mut next = moving();
		for deal in deals {
			next = again(next);
			let points = deal(&mut next);
			next.say_deal(2, points).unwrap();
			is_out(&next, 2);
			assert_eq!(next.view().spoken, vec![2]);
			// It has spoken: there is no second chance.
			assert_eq!(next.deal(2), Err(STALE));
		}
		goes_well(next);
	});
}

#[test]
fn dealer_should_be_out_at_once_when_it_deals_a_share_of_an_earlier_epoch() {
	build_and_execute(6, || {
		let (old, new) = Move::new(Committee::new(4), &[1, 2, 3, 4]).succeed();
		let mut next = Move::new(new, &RECEIVERS);
		assert!(next.resharing().deal(&old.shares[&2], &mut next.rng).is_err());
		let outdated = Resharing::new(old.commitments.clone(), next.resharing().params());
		let dealing = outdated.deal(&old.shares[&2], &mut next.rng).unwrap();
		next.say_deal(2, dealing.pedersen().to_bytes()).unwrap();
		let (group, attempt) = (next.group, 2);
		assert!(has_event(Event::DealerDisqualified { group, attempt, dealer: 2 }));
		goes_well(next);
	});
}

#[test]
fn dealer_should_be_left_out_when_it_deals_nothing() {
	build_and_execute(6, || {
		let mut next = moving();
		for node in [1, 2, 4] {
			next.deal(node).unwrap();
		}
		assert_eq!(next.phase(), Phase::Dealing);
		next.time_out();
		assert_eq!(next.stage(), Some((1, Phase::Verdicts)));
		assert_eq!(next.view().qualified, vec![1, 2, 4]);
		// It gets a new share all the same.
		let new = goes_well(next);
		assert_eq!(view(new.group).qualified, vec![1, 2, 4]);
	});
}

#[test]
fn dealer_should_stay_when_it_answers_rightly() {
	build_and_execute(6, || {
		let mut next = moving_in(Phase::Verdicts);
		// Node 5 got a wrong pair from dealer 2, and none from dealer 3.
		next.pairs.insert((5, 2), [1; 64]);
		next.pairs.remove(&(5, 3));
		assert_eq!(next.wrong_dealers(5), vec![2, 3]);
		let everybody = next.everybody();
		next.step(&everybody);
		assert_eq!(next.phase(), Phase::Answers);
		assert_eq!(next.view().complaints, vec![(2, 2), (2, 3)]);

		next.answer(2, 2).unwrap();
		assert_eq!(next.view().complaints, vec![(2, 3)]);
		assert_eq!(next.answer(2, 2), Err(STALE), "it is not asked again");
		assert_eq!(next.answer(3, 1), Err(STALE), "it was not asked that");
		next.answer(3, 2).unwrap();
		assert_eq!(next.phase(), Phase::Revealing);
		assert_eq!(next.view().qualified, vec![1, 2, 3, 4]);
		assert_eq!(next.view().answers.len(), 2);
		// The accuser works with the answers.
		assert!(goes_well(next).shares.contains_key(&5));
	});
}

#[test]
fn dealer_should_be_out_when_its_answer_is_wrong_or_somebody_elses() {
	build_and_execute(6, || {
		let mut next = moving();
		for wrong in [Some([1; 64]), Some([0; 64]), Some([0xff; 64]), None] {
			next = again(next);
			next.reach(Phase::Answers);
			assert_eq!(next.view().complaints, vec![(1, 2)]);
			let another = *next.dealings[&2].share_for(2).unwrap().to_bytes();
			next.say_answer(2, 1, wrong.unwrap_or(another)).unwrap();
			assert_eq!(next.phase(), Phase::Revealing);
			is_out(&next, 2);
			assert!(next.view().answers.is_empty());
		}
		goes_well(next);
	});
}

#[test]
fn dealer_should_be_out_when_it_does_not_answer() {
	build_and_execute(6, || {
		let next = moving_in(Phase::Answers);
		next.time_out();
		assert_eq!(next.phase(), Phase::Revealing);
		is_out(&next, 2);
		goes_well(next);
	});
}

#[test]
fn dealer_should_be_out_at_once_when_too_many_complain() {
	build_and_execute(6, || {
		let next = moving_in(Phase::Verdicts);
		next.say_verdict(3, vec![2]).unwrap();
		assert_eq!(next.view().qualified, vec![1, 2, 3, 4]);
		// One complaint more than n' - t' = 1: answering both would be a step towards its share.
		next.say_verdict(5, vec![2]).unwrap();
		is_out(&next, 2);
		assert!(next.view().complaints.is_empty());
		// Who finds out a little later is not refused.
		next.say_verdict(1, vec![2]).unwrap();
		assert!(next.view().complaints.is_empty());
		next.say_verdict(6, vec![]).unwrap();
		assert_eq!(next.phase(), Phase::Revealing);
		goes_well(next);
	});
}

#[test]
fn receiver_should_be_heard_when_it_complains_about_its_own_dealing() {
	build_and_execute(6, || {
		// Node 3 is dealer 3 and receiver 1. It has lost what it dealt to itself.
		let mut next = moving_in(Phase::Verdicts);
		next.pairs.remove(&(3, 3));
		assert_eq!(next.wrong_dealers(3), vec![3]);
		// Dealer 1 is another node, though its index is the same.
		next.say_verdict(3, vec![1, 3]).unwrap();
		assert_eq!(next.view().complaints, vec![(1, 1), (1, 3)]);
		let new = goes_well(next);
		assert_eq!(view(new.group).qualified, vec![1, 2, 3, 4]);
		assert!(new.shares.contains_key(&3));
	});
}

#[test]
fn verdict_should_be_refused_when_its_list_is_malformed() {
	build_and_execute(6, || {
		let next = moving_in(Phase::Verdicts);
		// Twice, in disorder, nobody, and nobody again: there are four dealers.
		for against in [vec![2, 2], vec![3, 2], vec![0], vec![5]] {
			assert_eq!(next.say_verdict(3, against), Err(MALFORMED));
		}
		next.say_verdict(3, vec![2, 3]).unwrap();
	});
}

#[test]
fn dealer_should_be_out_at_once_when_its_reveal_is_unsound() {
	build_and_execute(6, || {
		type Spoil = fn(&mut Vec<PublicKey>, &mut Move);
		let spoils: [Spoil; 5] = [
			|points, _| points[2] = [4; 33],
			|points, _| points.clear(),
			|points, _| points.push(points[0]),
			// Of another dealer, and of a secret of its own.
			|points, next| *points = next.dealings[&1].feldman().to_bytes(),
			|points, next| {
				let params = next.resharing().params();
				*points = Dealing::<Secp256k1>::random(params, &mut next.rng).feldman().to_bytes();
			},
		];
		let mut next = moving();
		for spoil in spoils {
			next = again(next);
			next.reach(Phase::Revealing);
			let mut points = next.dealings[&2].feldman().to_bytes();
			spoil(&mut points, &mut next);
			next.reveal(1).unwrap();
			next.say_reveal(2, points).unwrap();
			is_out(&next, 2);
			assert_eq!(next.view().feldman.len(), 1);
			assert_eq!(next.reveal(2), Err(STALE));
		}
		goes_well(next);
	});
}

#[test]
fn dealer_should_be_out_when_it_reveals_nothing() {
	build_and_execute(6, || {
		let next = moving_in(Phase::Revealing);
		for node in [1, 3, 4] {
			next.reveal(node).unwrap();
		}
		assert_eq!(next.phase(), Phase::Revealing);
		next.time_out();
		assert_eq!(next.stage(), Some((1, Phase::Accusing)));
		is_out(&next, 2);
		goes_well(next);
	});
}

/// Everybody has revealed; these have revealed another polynomial than they dealt.
fn cheated(cheaters: &[u8]) -> Move {
	let mut next = moving_in(Phase::Revealing);
	for node in 1..=4 {
		let outcome =
			if cheaters.contains(&node) { next.false_reveal(node) } else { next.reveal(node) };
		outcome.unwrap();
	}
	assert_eq!(next.stage(), Some((1, Phase::Accusing)));
	next
}

#[test]
fn dealer_should_be_left_out_when_its_reveal_is_proven_false() {
	build_and_execute(6, || {
		let mut next = cheated(&[2]);
		let (group, attempt) = (next.group, 1);
		for node in RECEIVERS {
			assert_eq!(next.cheaters(node), vec![2]);
		}
		// That somebody accepts it saves nobody.
		next.accept(6).unwrap();
		next.accuse(5, 2).unwrap();
		assert!(has_event(Event::AccusationProven { group, attempt, accuser: 2, dealer: 2 }));
		is_out(&next, 2);
		assert_eq!(next.stage(), Some((1, Phase::Accusing)));
		// Who finds out a little later has not said anything wrong, and has the last word still.
		assert_eq!(next.accuse(3, 2), Err(STALE));
		assert_eq!(next.view().spoken, vec![4]);
		next.accept(5).unwrap();
		let new = goes_well(next);
		assert_eq!(view(group).qualified, vec![1, 3, 4]);
		assert_eq!(view(group).feldman.len(), 3);
		assert_eq!(new.shares.len(), 4);
	});
}

#[test]
fn attempt_should_fail_when_too_many_reveals_are_proven_false() {
	build_and_execute(6, || {
		let mut next = cheated(&[2, 4]);
		assert_eq!(next.cheaters(5), vec![2, 4]);
		next.accuse(5, 2).unwrap();
		is_out(&next, 2);
		next.accuse(5, 4).unwrap();
		failed(&next, Failure::TooFewDealers);
		goes_well(next);
	});
}

#[test]
fn accusation_should_be_refused_when_it_proves_nothing() {
	build_and_execute(6, || {
		let next = cheated(&[2]);
		let (group, attempt) = (next.group, 1);
		// Of a false reveal, with another's pair and with noise; of an honest dealer, with its pair.
		let another = next.pairs[&(6, 2)];
		let honest = next.pairs[&(1, 3)];
		for (node, accuser, dealer, share) in
			[(3, 1, 2, another), (5, 2, 2, [0xff; 64]), (1, 3, 3, honest)]
		{
			next.say_accuse(node, dealer, share).unwrap();
			assert!(has_event(Event::AccusationRefused { group, attempt, accuser, dealer }));
			// It has spoken: nobody has to listen to more.
			assert_eq!(next.accuse(node, 2), Err(STALE));
			assert_eq!(next.accept(node), Err(STALE));
		}
		assert_eq!(next.view().qualified, vec![1, 2, 3, 4]);
		// One is enough.
		next.accuse(6, 2).unwrap();
		is_out(&next, 2);
		next.accept(6).unwrap();
		assert_eq!(next.stage(), Some((1, Phase::Confirming)));
		goes_well(next);
	});
}

#[test]
fn accusation_should_be_refused_when_the_dealer_is_nobody_or_out() {
	build_and_execute(6, || {
		let mut next = moving();
		for node in [1, 2, 3] {
			next.deal(node).unwrap();
		}
		next.time_out();
		next.reach(Phase::Accusing);
		for dealer in [0, 5] {
			assert_eq!(next.say_accuse(3, dealer, [1; 64]), Err(MALFORMED));
		}
		assert_eq!(next.say_accuse(3, 4, [1; 64]), Err(STALE));
		next.accept(3).unwrap();
	});
}

#[test]
fn silence_should_count_as_acceptance_when_accusations_are_due() {
	build_and_execute(6, || {
		let next = moving_in(Phase::Accusing);
		next.accept(5).unwrap();
		next.time_out();
		assert_eq!(next.stage(), Some((1, Phase::Confirming)));
		goes_well(next);
	});
}

#[test]
fn attempt_should_fail_when_too_few_deal() {
	build_and_execute(6, || {
		let mut next = moving();
		next.deal(1).unwrap();
		next.deal(2).unwrap();
		next.time_out();
		failed(&next, Failure::TooFewDealers);
		goes_well(next);
	});
}

#[test]
fn attempt_should_fail_at_once_when_too_few_dealers_are_left() {
	build_and_execute(6, || {
		let next = moving();
		next.say_deal(1, vec![]).unwrap();
		is_out(&next, 1);
		next.say_deal(2, vec![]).unwrap();
		failed(&next, Failure::TooFewDealers);

		let mut next = again(next);
		next.reach(Phase::Verdicts);
		next.say_verdict(3, vec![1, 2]).unwrap();
		next.say_verdict(6, vec![1, 2]).unwrap();
		assert_eq!(next.stage(), Some((4, Phase::Dealing)));
		goes_well(next);
	});
}

#[test]
fn attempt_should_fail_when_too_few_confirm() {
	build_and_execute(6, || {
		let mut next = moving_in(Phase::Confirming);
		let (group, attempt) = (next.group, 1);
		let other = DcrmMessage::Confirm { group, attempt, key: [2; 33] };
		assert_eq!(speak(1, other), Err(MALFORMED));
		next.confirm(3).unwrap();
		next.confirm(5).unwrap();
		assert_eq!(next.confirm(5), Err(STALE));
		next.time_out();
		failed(&next, Failure::NotConfirmed);
		goes_well(next);
	});
}

#[test]
fn key_should_be_handed_over_when_one_receiver_is_silent_throughout() {
	build_and_execute(6, || {
		for silent in RECEIVERS {
			let mut next = moving();
			let others = next.all_but(silent);
			next.play_out(&others);
			let (_, new) = next.finish();
			assert_eq!(view(new.group).attempt, 1);
			let three: Vec<u8> =
				RECEIVERS.into_iter().filter(|receiver| *receiver != silent).collect();
			assert!(new.can_sign(&three));
		}
	});
}

#[test]
fn attempt_should_fail_when_the_test_is_not_signed() {
	build_and_execute(6, || {
		let mut next = moving_in(Phase::Testing);
		let group = next.group;
		let request = next.test_request();
		let right = next.sign(&[3, 5, 6], request);
		// The first of them is not listened to any more, about this.
		let wrong = DcrmMessage::Signature { request, signature: [1; 64] };
		speak(3, wrong.clone()).unwrap();
		assert!(has_event(Event::SignatureRefused { request, group, by: 1 }));
		assert_eq!(speak(3, wrong), Err(STALE));
		next.time_out();
		failed(&next, Failure::NotSigned);
		assert!(Dcrm::open_requests(group, 9).is_empty());

		// The next attempt has a test of its own: the signature of the last one is worth nothing.
		next.reach(Phase::Testing);
		assert_ne!(next.test_request(), request);
		let late = DcrmMessage::Signature { request, signature: right };
		assert_eq!(speak(5, late), Err(STALE));
		let repeated = DcrmMessage::Signature { request: next.test_request(), signature: right };
		speak(5, repeated).unwrap();
		let request = next.test_request();
		assert!(has_event(Event::SignatureRefused { request, group, by: 2 }));
		goes_well(next);
	});
}

#[test]
fn group_should_stay_as_it_is_when_all_attempts_fail() {
	build_and_execute(6, || {
		let next = moving();
		let group = next.group;
		let groups = |number| Nodes::<Test>::get(account(number)).unwrap().groups;
		for attempt in 1..=ATTEMPTS {
			assert_eq!(next.stage(), Some((attempt, Phase::Dealing)));
			assert_eq!((groups(1), groups(5)), (1, 1));
			next.time_out();
		}
		assert!(has_event(Event::HandoverFailed { group }));
		assert_eq!(next.stage(), None);
		assert_eq!((groups(1), groups(2), groups(5)), (1, 1, 0));
		for number in [5, 6] {
			assert_ok!(Dcrm::deregister_node(RuntimeOrigin::signed(account(number))));
		}
		let before = System::block_number();
		go_to(before + 3 * PHASE);
		let now = view(group);
		assert_eq!((now.state, now.epoch, now.attempt), (GroupState::Active, 0, 0));
		let old = next.undone();
		assert!(old.can_sign(&[4, 2, 1]));

		// The next handover has as many attempts as any, with numbers of their own.
		let next = Move::new(old, &[4, 3, 2, 1]);
		for attempt in 1..ATTEMPTS {
			assert_eq!(next.attempt(), ATTEMPTS + attempt);
			next.time_out();
		}
		let (_, new) = next.succeed();
		assert_eq!((view(group).epoch, view(group).attempt), (1, 2 * ATTEMPTS));
		assert!(new.can_sign(&[1, 2, 4]));
	});
}
