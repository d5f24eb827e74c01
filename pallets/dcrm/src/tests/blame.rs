//! What offences cost, and that honest members pay for nothing.

use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{Inspect, InspectHold},
};
use fusion_dcrm_primitives::{Algorithm::Secp256k1Taproot, GroupState, Phase};
use fusion_vss::{Dealing, Secp256k1};
use sp_runtime::{DispatchError, Perbill};

use super::{
	driver::{bounded, without_key, Table},
	moves::{reshare, Committee, Move},
};
use crate::{
	mock::*, Conducts, Error, Event, Fine, Fines, HoldReason, Nodes, Offence, Parameters, Params,
	MAX_FINES_PER_BLOCK,
};

fn treasury() -> u64 {
	Balances::balance(&TREASURY)
}

/// These nodes have lost so much each, nobody else has lost anything, and all of it is in the treasury.
fn costs(convicts: &[(u8, Offence)], fine: u64) {
	assert_eq!(convicted(), convicts);
	let issued = Balances::total_issuance();
	settle_fines();
	for number in 1..=Nodes::<Test>::count() as u8 {
		let times = convicts.iter().filter(|(convict, _)| *convict == number).count() as u64;
		assert_eq!(bond(number), BOND - times * fine, "node {number}");
		let held = Balances::balance_on_hold(&HoldReason::NodeBond.into(), &account(number));
		assert_eq!(held, bond(number));
	}
	assert_eq!(treasury(), convicts.len() as u64 * fine);
	assert_eq!(Balances::total_issuance(), issued);
	for (number, offence) in convicts {
		let (node, offence) = (account(*number), *offence);
		assert!(has_event(Event::NodeFined { node, offence, amount: fine }));
	}
}

#[test]
fn dealer_should_be_fined_when_its_commitments_are_unsound() {
	build_and_execute(4, || {
		let table = Table::new(4);
		table.say_deal(2, vec![[2; 33]]).unwrap();
		let node = account(2);
		let offence = Offence::UnsoundDealing;
		let group = table.group;
		assert!(has_event(Event::Convicted { group, attempt: 0, by: 2, node, offence }));
		assert_eq!(bond(2), BOND, "fines are taken in the next block");
		costs(&[(2, Offence::UnsoundDealing)], FRAUD);
	});
}

#[test]
fn dealer_should_be_fined_when_its_answer_is_wrong() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![2]).unwrap();
		for index in 2..=4 {
			table.say_verdict(index, vec![]).unwrap();
		}
		table.say_answer(2, 1, [1; 64]).unwrap();
		costs(&[(2, Offence::WrongAnswer)], FRAUD);
	});
}

#[test]
fn dealer_should_be_fined_less_when_it_does_not_answer() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![2]).unwrap();
		time_out(table.group);
		assert_eq!(phase(table.group), Phase::Answers);
		time_out(table.group);
		costs(&[(2, Offence::Unanswered)], SILENCE);
	});
}

/// How often each of four members was absent.
fn absences(group: u32) -> Vec<u32> {
	let conducts = Conducts::<Test>::get(group);
	(1..=4).map(|index| conducts.get(index).absent).collect()
}

#[test]
fn silence_should_cost_nothing_when_most_did_not_reveal() {
	for heard in [vec![], vec![1], vec![1, 4]] {
		build_and_execute(4, || {
			let table = Table::in_phase(4, Phase::Revealing);
			for dealer in &heard {
				table.reveal(*dealer).unwrap();
			}
			time_out(table.group);
			assert_eq!(table.attempt(), 1);
			costs(&[], 0);
			let expected = (1..=4).map(|dealer| u32::from(!heard.contains(&dealer)));
			assert_eq!(absences(table.group), expected.collect::<Vec<_>>());
		});
	}
	// It is theirs when the others were heard.
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Revealing);
		for dealer in [1, 2, 4] {
			table.reveal(dealer).unwrap();
		}
		time_out(table.group);
		costs(&[(3, Offence::Unrevealed)], SILENCE);
	});
}

#[test]
fn silence_should_cost_nothing_when_more_did_not_answer_than_may_be_down() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![2]).unwrap();
		table.say_verdict(2, vec![1]).unwrap();
		table.say_verdict(3, vec![]).unwrap();
		table.say_verdict(4, vec![]).unwrap();
		assert_eq!(phase(table.group), Phase::Answers);
		time_out(table.group);
		costs(&[], 0);
		assert_eq!(absences(table.group), vec![1, 1, 0, 0]);
	});
}

#[test]
fn honest_dealer_should_lose_nothing_when_it_is_accused_and_answers() {
	build_and_execute(7, || {
		let mut table = Table::in_phase(7, Phase::Verdicts);
		// As many as there may be of them accuse everybody else.
		table.say_verdict(1, vec![3, 4, 5, 6, 7]).unwrap();
		table.say_verdict(2, vec![3, 4, 5, 6, 7]).unwrap();
		for index in 3..=7 {
			table.say_verdict(index, vec![]).unwrap();
		}
		table.play_out(&[3, 4, 5, 6, 7]);
		assert_eq!(view(table.group).state, GroupState::Active);
		assert_eq!(view(table.group).qualified, vec![3, 4, 5, 6, 7]);
		// The two have dealt, and did not reveal; that was the first attempt's end.
		costs(&[(1, Offence::Unrevealed), (2, Offence::Unrevealed)], SILENCE);
	});
}

#[test]
fn dealer_should_lose_nothing_when_more_complain_than_may_be_answered() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		table.say_verdict(1, vec![2]).unwrap();
		table.say_verdict(3, vec![2]).unwrap();
		assert_eq!(view(table.group).qualified, vec![1, 3, 4]);
		costs(&[], 0);
	});
}

#[test]
fn dealer_should_be_fined_when_it_reveals_what_it_did_not_deal() {
	build_and_execute(4, || {
		let mut table = Table::in_phase(4, Phase::Revealing);
		let other = Dealing::<Secp256k1>::random(table.params(), &mut table.rng);
		table.say_reveal(2, other.feldman().to_bytes()).unwrap();
		for dealer in [1, 3, 4] {
			table.reveal(dealer).unwrap();
		}
		table.accuse(1, 2).unwrap();
		costs(&[(2, Offence::FalseReveal)], FRAUD);
	});
}

#[test]
fn accuser_should_be_fined_when_its_accusation_is_false() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Confirming);
		table.accuse(4, 1).unwrap();
		costs(&[(4, Offence::FalseAccusation)], FRAUD);
	});
}

#[test]
fn dealer_should_be_fined_when_its_reveal_is_unsound() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Revealing);
		table.say_reveal(3, vec![]).unwrap();
		costs(&[(3, Offence::UnsoundReveal)], FRAUD);
	});
}

#[test]
fn last_to_reveal_should_lose_nothing_when_somebody_else_leaves_no_key() {
	build_and_execute(4, || {
		let table = without_key();
		time_out(table.group);
		assert_eq!(table.attempt(), 1);
		costs(&[], 0);
	});
	build_and_execute(4, || {
		let table = without_key();
		table.accuse(3, 4).unwrap();
		costs(&[(4, Offence::FalseReveal)], FRAUD);
	});
}

#[test]
fn silence_should_be_counted_and_cost_nothing_when_a_member_never_dealt() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		table.play_out(&[1, 2, 4]);
		let conducts = Conducts::<Test>::get(table.group);
		let absent: Vec<u32> = (1..=4).map(|index| conducts.get(index).absent).collect();
		assert_eq!(absent, vec![0, 0, 1, 0]);
		costs(&[], 0);
		// It is forgotten when the group is.
		let failing = Table::new(4).group;
		while view(failing).state != GroupState::Failed {
			time_out(failing);
		}
		assert!(!Conducts::<Test>::contains_key(failing));
	});
}

#[test]
fn conduct_should_be_counted_anew_when_the_key_was_handed_over() {
	build_and_execute(5, || {
		let mut table = Table::new(4);
		table.play_out(&[1, 2, 4]);
		assert!(Conducts::<Test>::contains_key(table.group));
		let mut old = Committee::of(&table);
		old.shares.remove(&3);
		Move::new(old, &[1, 2, 4, 5]).succeed();
		assert!(!Conducts::<Test>::contains_key(table.group));
	});
}

#[test]
fn dealer_should_be_fined_when_it_hands_over_something_else_than_its_share() {
	build_and_execute(6, || {
		let mut next = Move::new(Committee::new(4), &[3, 5, 1, 6]);
		let other = Dealing::<Secp256k1>::random(next.resharing().params(), &mut next.rng);
		next.say_deal(2, other.pedersen().to_bytes()).unwrap();
		costs(&[(2, Offence::UnsoundDealing)], FRAUD);
	});
}

#[test]
fn dealer_should_be_fined_when_it_reveals_falsely_in_a_handover() {
	build_and_execute(6, || {
		let mut next = Move::new(Committee::new(4), &[3, 5, 1, 6]);
		next.reach(Phase::Revealing);
		next.false_reveal(2).unwrap();
		for node in [1, 3, 4] {
			next.reveal(node).unwrap();
		}
		// Receiver 2 is node 5; as a dealer, number 2 is another node.
		next.accuse(5, 2).unwrap();
		next.say_accuse(6, 1, [1; 64]).unwrap();
		costs(&[(2, Offence::FalseReveal), (6, Offence::FalseAccusation)], FRAUD);
	});
}

#[test]
fn honest_dealer_should_lose_nothing_when_the_phase_ends_before_it_could_answer() {
	build_and_execute(5, || {
		let table = Table::in_phase(5, Phase::Verdicts);
		// More than there may be are dishonest.
		table.say_verdict(1, vec![3]).unwrap();
		table.say_verdict(2, vec![]).unwrap();
		table.say_verdict(3, vec![1, 2]).unwrap();
		table.say_verdict(4, vec![]).unwrap();
		table.say_verdict(5, vec![]).unwrap();
		table.say_answer(1, 3, [1; 64]).unwrap();
		table.say_answer(2, 3, [1; 64]).unwrap();
		assert_eq!(table.attempt(), 1);
		costs(&[(1, Offence::WrongAnswer), (2, Offence::WrongAnswer)], FRAUD);
	});
}

#[test]
fn fines_should_be_taken_over_several_blocks_when_there_are_many() {
	build_and_execute(12, || {
		let table = Table::new(12);
		for number in 1..=10 {
			// Four of them make an attempt fail.
			table.say_deal(number, vec![]).unwrap();
		}
		let convicts = convicted().len();
		assert!(convicts > MAX_FINES_PER_BLOCK as usize);
		assert_eq!(treasury(), 0);
		go_to(2);
		assert_eq!(treasury(), FRAUD * u64::from(MAX_FINES_PER_BLOCK));
		settle_fines();
		assert_eq!(treasury(), FRAUD * convicts as u64);
	});
}

#[test]
fn node_should_not_leave_before_it_is_fined_when_it_is_to_be() {
	build_and_execute(1, || {
		let fine = Fine { node: account(1), offence: Offence::WrongAnswer };
		Fines::<Test>::mutate(|fines| fines.try_push(fine).unwrap());
		let origin = RuntimeOrigin::signed(account(1));
		assert_noop!(Dcrm::deregister_node(origin.clone()), Error::<Test>::FinePending);
		settle_fines();
		assert_ok!(Dcrm::deregister_node(origin));
	});
}

#[test]
fn node_should_not_get_into_another_group_when_its_bond_was_cut() {
	build_and_execute(5, || {
		let mut table = Table::new(4);
		table.say_deal(2, vec![]).unwrap();
		table.play_out(&[1, 3, 4]);
		assert_eq!(bond(2), BOND - FRAUD);
		let again =
			Dcrm::create_group(RuntimeOrigin::root(), bounded(accounts(4)), Secp256k1Taproot);
		assert_eq!(again, Err(Error::<Test>::BondTooLow.into()));
		// Where it is, it stays: shares can be refreshed.
		assert_ok!(reshare(table.group, &[1, 2, 3, 4]));
	});
}

#[test]
fn parameters_should_be_set_when_the_admin_sets_them() {
	build_and_execute(1, || {
		let initial = Params::<Test>::get();
		assert_eq!(initial.fraud, Perbill::from_percent(10));
		let parameters = Parameters { fraud: Perbill::from_percent(50), ..initial };
		assert_noop!(
			Dcrm::set_parameters(RuntimeOrigin::signed(account(1)), parameters),
			DispatchError::BadOrigin
		);
		let absurd = Parameters { silence: Perbill::from_percent(60), ..parameters };
		assert_noop!(
			Dcrm::set_parameters(RuntimeOrigin::root(), absurd),
			Error::<Test>::InvalidParameters
		);
		let uncovered = Parameters { reserves: Perbill::from_percent(91), ..parameters };
		assert_noop!(
			Dcrm::set_parameters(RuntimeOrigin::root(), uncovered),
			Error::<Test>::InvalidParameters
		);
		assert_ok!(Dcrm::set_parameters(RuntimeOrigin::root(), parameters));
		assert_eq!(Params::<Test>::get(), parameters);
		assert!(has_event(Event::ParametersSet { parameters }));
	});
}
