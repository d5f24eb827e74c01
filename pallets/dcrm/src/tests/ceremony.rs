//! Key generation with honest, silent and clumsy members.

use fusion_dcrm_primitives::{GroupState, Phase, PublicKey};

use super::driver::Table;
use crate::{
	mock::*, taproot, ActiveGroup, Answers, Ceremonies, Event, Failure, Feldman, MemberSet, Nodes,
	Pedersen,
};

fn set(members: &[u16]) -> MemberSet {
	members.iter().copied().collect()
}

#[test]
fn group_should_become_active_when_all_are_honest() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		assert_eq!(phase(table.group), Phase::Dealing);
		assert_eq!(view(table.group).threshold, 3);
		let everybody = table.everybody();
		for (now, next) in [
			(Phase::Dealing, Phase::Verdicts),
			// Nobody complains, so nobody has to answer.
			(Phase::Verdicts, Phase::Revealing),
			(Phase::Revealing, Phase::Confirming),
			(Phase::Confirming, Phase::Testing),
		] {
			assert_eq!(phase(table.group), now);
			table.step(&everybody);
			assert_eq!(phase(table.group), next);
		}
		assert_eq!(ActiveGroup::<Test>::get(), None);
		table.step(&everybody);

		// All of it in one block: phases end as soon as everybody has spoken.
		assert_eq!(System::block_number(), 1);
		let done = view(table.group);
		assert_eq!(done.state, GroupState::Active);
		assert_eq!(done.qualified, vec![1, 2, 3, 4]);
		assert_eq!(done.attempt, 0);
		assert_eq!(ActiveGroup::<Test>::get(), Some(table.group));
		let key = done.key.unwrap();
		assert!(has_event(Event::GroupActivated { group: table.group, key }));
		// Every three members have the key of it.
		for three in [[1, 2, 3], [1, 2, 4], [1, 3, 4], [2, 3, 4]] {
			assert_eq!(taproot::public_key(&table.secret(&three)), key);
		}
	});
}

#[test]
fn ceremony_should_be_forgotten_when_the_group_is_active() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(Ceremonies::<Test>::iter().count(), 0);
		assert_eq!(Pedersen::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		// Members compute each other's verifying shares of these.
		assert_eq!(Feldman::<Test>::iter_prefix(table.group).count(), 4);
		assert_eq!(view(table.group).deadline, 0);
	});
}

#[test]
fn dealer_should_be_left_out_when_it_deals_nothing() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		for dealer in [1, 2, 4] {
			table.deal(dealer).unwrap();
		}
		assert_eq!(phase(table.group), Phase::Dealing);
		time_out(table.group);
		assert_eq!(phase(table.group), Phase::Verdicts);
		assert_eq!(view(table.group).qualified, vec![1, 2, 4]);
		// It still gets a share, and takes part.
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(table.group).state, GroupState::Active);
		assert_eq!(view(table.group).attempt, 0);
		assert_eq!(taproot::public_key(&table.secret(&[2, 3, 4])), view(table.group).key.unwrap());
	});
}

#[test]
fn attempt_should_fail_when_too_few_deal() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		table.deal(1).unwrap();
		table.deal(2).unwrap();
		time_out(table.group);
		let (group, reason, blamed) = (table.group, Failure::TooFewDealers, set(&[]));
		assert!(has_event(Event::AttemptFailed { group, attempt: 0, reason, blamed }));
		assert_eq!((table.attempt(), phase(group)), (1, Phase::Dealing));
		assert_eq!(view(group).qualified, vec![1, 2, 3, 4]);
		assert!(view(group).pedersen.is_empty());
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(group).state, GroupState::Active);
	});
}

#[test]
fn dealer_should_be_out_when_its_points_are_bad_or_of_a_wrong_number() {
	build_and_execute(4, || {
		type Spoil = fn(&mut Vec<PublicKey>);
		let spoils: [Spoil; 4] = [
			|points| points[1] = [0xff; 33],
			|points| points[0] = [0; 33],
			|points| points.truncate(2),
			|points| points.push(points[0]),
		];
		for spoil in spoils {
			let mut table = Table::new(4);
			table.make_dealing(3);
			let mut points = table.dealing(3).pedersen().to_bytes();
			spoil(&mut points);
			table.say_deal(3, points).unwrap();
			assert_eq!(view(table.group).qualified, vec![1, 2, 4]);
			assert_eq!(view(table.group).spoken, vec![3]);
			// It has spoken: there is no second chance.
			assert!(table.deal(3).is_err());
			for dealer in [1, 2, 4] {
				table.deal(dealer).unwrap();
			}
			assert_eq!(phase(table.group), Phase::Verdicts);
			table.play_out(&[1, 2, 3, 4]);
			assert_eq!(view(table.group).state, GroupState::Active);
			assert_eq!(view(table.group).qualified, vec![1, 2, 4]);
		}
	});
}

#[test]
fn attempt_should_fail_at_once_when_too_many_deal_badly() {
	build_and_execute(4, || {
		let table = Table::new(4);
		table.say_deal(1, vec![]).unwrap();
		assert_eq!(table.attempt(), 0);
		table.say_deal(2, vec![]).unwrap();
		assert_eq!((table.attempt(), phase(table.group)), (1, Phase::Dealing));
	});
}

#[test]
fn dealer_should_stay_qualified_when_it_answers_rightly() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		for dealer in 1..=4 {
			table.deal(dealer).unwrap();
		}
		// Member 4 got a wrong share from dealer 2, and none from dealer 3.
		table.player(4).shares.insert(2, [1; 64]);
		table.player(4).shares.remove(&3);
		assert_eq!(table.wrong_dealers(4), vec![2, 3]);
		table.step(&[1, 2, 3, 4]);
		assert_eq!(phase(table.group), Phase::Answers);
		assert_eq!(view(table.group).complaints, vec![(4, 2), (4, 3)]);

		table.answer(2, 4).unwrap();
		assert_eq!(view(table.group).complaints, vec![(4, 3)]);
		assert_eq!(view(table.group).spoken, vec![2]);
		assert!(table.answer(2, 4).is_err(), "it is not asked again");
		assert!(table.answer(2, 1).is_err(), "it was not asked that");
		table.answer(3, 4).unwrap();
		assert_eq!(phase(table.group), Phase::Revealing);
		assert_eq!(view(table.group).qualified, vec![1, 2, 3, 4]);
		assert_eq!(view(table.group).answers.len(), 2);

		// The accuser works with the answers.
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(table.group).state, GroupState::Active);
		assert_eq!(taproot::public_key(&table.secret(&[1, 2, 4])), view(table.group).key.unwrap());
	});
}

#[test]
fn dealer_should_be_out_when_its_answer_is_wrong() {
	build_and_execute(4, || {
		for wrong in [[1; 64], [0; 64], [0xff; 64]] {
			let mut table = Table::new(4);
			for dealer in 1..=4 {
				table.deal(dealer).unwrap();
			}
			table.player(1).shares.insert(2, wrong);
			table.step(&[1, 2, 3, 4]);
			assert_eq!(view(table.group).complaints, vec![(1, 2)]);
			table.say_answer(2, 1, wrong).unwrap();
			assert_eq!(phase(table.group), Phase::Revealing);
			assert_eq!(view(table.group).qualified, vec![1, 3, 4]);
			assert!(view(table.group).answers.is_empty());
			let (group, attempt) = (table.group, 0);
			assert!(has_event(Event::DealerDisqualified { group, attempt, dealer: 2 }));
			table.play_out(&[1, 2, 3, 4]);
			assert_eq!(view(group).state, GroupState::Active);
			assert_eq!(taproot::public_key(&table.secret(&[1, 2, 3])), view(group).key.unwrap());
		}
	});
}

#[test]
fn dealer_should_be_out_when_it_answers_somebody_elses_share() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![2]).unwrap();
		for index in 2..=4 {
			table.say_verdict(index, vec![]).unwrap();
		}
		let share = *table.dealing(2).share_for(3).unwrap().to_bytes();
		table.say_answer(2, 1, share).unwrap();
		assert_eq!(view(table.group).qualified, vec![1, 3, 4]);
	});
}

#[test]
fn dealer_should_be_out_when_it_does_not_answer() {
	build_and_execute(4, || {
		let mut table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(3, vec![4]).unwrap();
		for index in [1, 2, 4] {
			table.say_verdict(index, vec![]).unwrap();
		}
		time_out(table.group);
		assert_eq!(phase(table.group), Phase::Revealing);
		assert_eq!(view(table.group).qualified, vec![1, 2, 3]);
		table.play_out(&[1, 2, 3]);
		assert_eq!(view(table.group).state, GroupState::Active);
	});
}

#[test]
fn dealer_should_be_out_at_once_when_too_many_complain() {
	build_and_execute(4, || {
		let mut table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![3]).unwrap();
		assert_eq!(view(table.group).qualified, vec![1, 2, 3, 4]);
		// One complaint more than n - t = 1: answering both would be a step towards its polynomial.
		table.say_verdict(2, vec![3]).unwrap();
		assert_eq!(view(table.group).qualified, vec![1, 2, 4]);
		assert!(view(table.group).complaints.is_empty());
		// Who finds out a little later is not refused.
		table.say_verdict(4, vec![3]).unwrap();
		assert!(view(table.group).complaints.is_empty());
		table.say_verdict(3, vec![]).unwrap();
		assert_eq!(phase(table.group), Phase::Revealing);
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(table.group).state, GroupState::Active);
		assert_eq!(view(table.group).qualified, vec![1, 2, 4]);
	});
}

#[test]
fn attempt_should_fail_when_complaints_leave_too_few_dealers() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![2, 3]).unwrap();
		table.say_verdict(4, vec![2, 3]).unwrap();
		let (group, reason, blamed) = (table.group, Failure::TooFewDealers, set(&[]));
		assert!(has_event(Event::AttemptFailed { group, attempt: 0, reason, blamed }));
		assert_eq!((table.attempt(), phase(group)), (1, Phase::Dealing));
	});
}

#[test]
fn group_should_become_active_when_one_member_is_silent_throughout() {
	build_and_execute(4, || {
		for silent in 1..=4 {
			let mut table = Table::new(4);
			let others = table.all_but(silent);
			table.play_out(&others);
			let done = view(table.group);
			assert_eq!(done.state, GroupState::Active);
			assert_eq!(done.attempt, 0);
			assert_eq!(taproot::public_key(&table.secret(&others)), done.key.unwrap());
		}
	});
}

#[test]
fn group_should_become_active_when_one_member_is_silent_from_any_phase_on() {
	let phases = [Phase::Verdicts, Phase::Revealing, Phase::Confirming, Phase::Testing];
	for from in phases {
		build_and_execute(4, || {
			let mut table = Table::new(4);
			table.play_until(from);
			table.play_out(&[1, 3, 4]);
			let done = view(table.group);
			assert_eq!(done.state, GroupState::Active);
			// A qualified dealer that reveals nothing costs an attempt, in the thin protocol.
			assert_eq!(done.attempt, u32::from(matches!(from, Phase::Verdicts | Phase::Revealing)));
			let key = done.key.unwrap();
			assert_eq!(taproot::public_key(&table.secret(&[1, 3, 4])), key);
		});
	}
}

#[test]
fn silence_should_count_as_no_complaint_when_verdicts_are_due() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		time_out(table.group);
		assert_eq!(phase(table.group), Phase::Revealing);
		assert_eq!(view(table.group).qualified, vec![1, 2, 3, 4]);
	});
}

#[test]
fn member_should_not_deal_again_when_it_has_revealed_nothing() {
	build_and_execute(4, || {
		let mut table = Table::in_phase(4, Phase::Revealing);
		for dealer in [1, 2, 4] {
			table.reveal(dealer).unwrap();
		}
		time_out(table.group);
		let (group, reason, blamed) = (table.group, Failure::NotRevealed, set(&[3]));
		assert!(has_event(Event::AttemptFailed { group, attempt: 0, reason, blamed }));
		assert_eq!(view(group).qualified, vec![1, 2, 4]);
		assert!(view(group).feldman.is_empty());
		assert!(table.deal(3).is_err());
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(group).state, GroupState::Active);
	});
}

#[test]
fn everybody_should_deal_again_when_too_few_would_be_left() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Revealing);
		table.reveal(1).unwrap();
		table.reveal(2).unwrap();
		time_out(table.group);
		assert_eq!(table.attempt(), 1);
		assert_eq!(view(table.group).qualified, vec![1, 2, 3, 4]);
	});
}

#[test]
fn attempt_should_fail_when_too_few_confirm() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Confirming);
		table.confirm(1).unwrap();
		table.confirm(2).unwrap();
		time_out(table.group);
		let (group, reason, blamed) = (table.group, Failure::NotConfirmed, set(&[]));
		assert!(has_event(Event::AttemptFailed { group, attempt: 0, reason, blamed }));
		assert_eq!(view(group).key, None);
	});
}

#[test]
fn test_should_begin_when_enough_have_confirmed_by_the_deadline() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Confirming);
		for index in [1, 2, 4] {
			table.confirm(index).unwrap();
		}
		assert_eq!(phase(table.group), Phase::Confirming);
		time_out(table.group);
		assert_eq!(phase(table.group), Phase::Testing);
	});
}

#[test]
fn attempt_should_fail_when_the_test_is_not_signed() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Testing);
		assert_eq!(Dcrm::open_requests(table.group, 10).len(), 1);
		time_out(table.group);
		let (group, reason, blamed) = (table.group, Failure::NotSigned, set(&[]));
		assert!(has_event(Event::AttemptFailed { group, attempt: 0, reason, blamed }));
		assert!(Dcrm::open_requests(group, 10).is_empty());
		let tweak = Dcrm::tweak(group, &fusion_dcrm_primitives::KeyPath::Group);
		assert_eq!(tweak, None, "the key that was tested is no more");
	});
}

#[test]
fn group_should_fail_when_its_attempts_are_used_up() {
	build_and_execute(4, || {
		let table = Table::new(4);
		for attempt in 0..ATTEMPTS {
			assert_eq!(table.attempt(), attempt);
			assert_eq!(Nodes::<Test>::get(account(1)).unwrap().groups, 1);
			time_out(table.group);
		}
		assert_eq!(view(table.group).state, GroupState::Failed);
		assert_eq!(view(table.group).attempt, ATTEMPTS - 1);
		assert!(has_event(Event::GroupFailed { group: table.group }));
		assert_eq!(ActiveGroup::<Test>::get(), None);
		// Its members are free to leave.
		assert_eq!(Nodes::<Test>::get(account(1)).unwrap().groups, 0);
		let before = System::block_number();
		go_to(before + 3 * PHASE);
		assert_eq!(view(table.group).state, GroupState::Failed);
	});
}

#[test]
fn ceremonies_should_not_disturb_each_other_when_they_share_members() {
	build_and_execute(7, || {
		let mut first = Table::new(4);
		let mut second = Table::new(7);
		let all = second.everybody();
		while view(first.group).state != GroupState::Active {
			first.step(&[1, 2, 3, 4]);
			second.step(&all);
		}
		second.play_out(&all);
		assert_eq!(view(second.group).state, GroupState::Active);
		assert_eq!(view(second.group).threshold, 5);
		assert_ne!(view(first.group).key, view(second.group).key);
		// The first one that was ready is the one that is used.
		assert_eq!(ActiveGroup::<Test>::get(), Some(first.group));
		let secret = second.secret(&[1, 3, 5, 6, 7]);
		assert_eq!(taproot::public_key(&secret), view(second.group).key.unwrap());
	});
}
