//! What members say, and when it counts.

use crate::{
	mock::*,
	votes::{refusal, OBSERVATION_PRIORITY},
	Event, OpenVotes, Subject, Tallies,
};
use frame_support::{assert_noop, assert_ok};
use fusion_asset_mapping_primitives::Observation;
use sp_core::H256;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};

fn refused(reason: InvalidTransaction) -> Result<(), TransactionValidityError> {
	Err(reason.into())
}

fn subject(observation: &Observation) -> Subject {
	crate::votes::subject_of(observation).expect("it is voted on")
}

#[test]
fn nothing_should_be_minted_when_too_few_witnessed() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		witness(&observation, 0..2);
		assert_eq!(issued(), 0);
		assert_eq!(AssetMapping::reserves().held, 0);
		let witnessed =
			Event::Witnessed { member: member(1), subject: subject(&observation), votes: 2 };
		assert_eq!(events().last(), Some(&witnessed));
		witness(&observation, 2..3);
		assert_eq!(issued(), 5_000);
		assert_eq!(Tallies::<Test>::iter().count(), 0);
		assert_eq!(OpenVotes::<Test>::iter().count(), 0);
	});
}

#[test]
fn nothing_should_be_minted_when_those_who_witnessed_have_left_the_group() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		witness(&observation, 0..2);
		Leavers::set(&vec![member(0), member(1)]);
		witness(&observation, 2..4);
		assert_eq!(issued(), 0);
		// They are back.
		Leavers::set(&Vec::new());
		witness(&observation, 0..1);
		assert_eq!(issued(), 5_000);
		assert_eq!(Tallies::<Test>::iter().count(), 0);
	});
}

#[test]
fn nothing_should_be_minted_when_witnesses_disagree() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		witness(&deposit_at(outpoint, index, 5_000), 0..2);
		witness(&deposit_at(outpoint, index, 5_001), 2..4);
		assert_eq!(issued(), 0);
	});
}

#[test]
fn majority_should_win_when_one_witness_lies() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		witness(&deposit_at(outpoint, index, 5_000_000), 0..1);
		witness(&deposit_at(outpoint, index, 5_000), 1..4);
		assert_eq!(balance(ALICE), 5_000);
		assert_eq!(OpenVotes::<Test>::iter().count(), 0);
	});
}

#[test]
fn vote_should_be_refused_when_the_member_has_a_standing_one() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		let observation = deposit_at(outpoint, index, 5_000);
		witness(&observation, 0..1);
		let other = deposit_at(outpoint, index, 6_000);
		for again in [&observation, &other] {
			assert_eq!(submit(signed(0, again.clone())), refused(InvalidTransaction::Stale));
		}
		witness(&observation, 1..2);
		assert_eq!(issued(), 0, "two members are not three");
	});
}

#[test]
fn vote_should_be_replaced_when_it_has_expired() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		let observation = deposit_at(outpoint, index, 5_000);
		let mistaken = deposit_at(outpoint, index, 6_000);
		witness(&observation, 0..2);
		witness(&mistaken, 2..4);
		let start = System::block_number();
		run_to(start + VOTE_LIFETIME - 1);
		assert_eq!(submit(signed(2, observation.clone())), refused(InvalidTransaction::Stale));
		run_to(start + VOTE_LIFETIME);
		// Saying the same again does not count twice.
		witness(&observation, 0..1);
		assert_eq!(issued(), 0);
		witness(&observation, 2..3);
		assert_eq!(issued(), 5_000);
	});
}

#[test]
fn vote_should_be_refused_when_it_is_a_strangers() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		for stranger in [MEMBERS, MEMBERS * 2, 15] {
			assert_eq!(
				submit(signed(stranger, observation.clone())),
				refused(InvalidTransaction::BadSigner)
			);
		}
	});
}

#[test]
fn vote_should_be_refused_when_its_signature_is_for_something_else() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		let other_chain = signed_for(0, observation.clone(), H256([5; 32]), INSTANCE);
		let other_instance = signed_for(0, observation.clone(), genesis(), INSTANCE + 1);
		let mut other_payload = signed(0, observation.clone());
		other_payload.payload = deposit(index, 6_000);
		let mut other_member = signed(0, observation);
		other_member.member = member(1);
		for wrong in [other_chain, other_instance, other_payload, other_member] {
			assert_eq!(submit(wrong), refused(InvalidTransaction::BadProof));
		}
		assert_eq!(Tallies::<Test>::iter().count(), 0);
	});
}

#[test]
fn deposit_should_be_refused_when_its_address_is_unknown_or_it_is_empty() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		assert_eq!(
			submit(signed(0, deposit(index + 1, 5_000))),
			refused(InvalidTransaction::Custom(refusal::UNKNOWN_DEPOSIT_ADDRESS))
		);
		assert_eq!(
			submit(signed(0, deposit(index, 0))),
			refused(InvalidTransaction::Custom(refusal::ZERO_AMOUNT))
		);
	});
}

#[test]
fn vote_should_be_refused_when_no_group_is_active() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		ActiveGroup::set(&None);
		assert_eq!(
			submit(signed(0, deposit(index, 5_000))),
			refused(InvalidTransaction::Custom(refusal::NOT_NOW))
		);
	});
}

#[test]
fn pool_should_keep_one_word_a_member_and_subject_when_it_is_told_several() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		let validity =
			|i, observation: &Observation| validate(signed(i, observation.clone())).unwrap();
		let first = validity(0, &deposit_at(outpoint, index, 5_000));
		assert_eq!(first.priority, OBSERVATION_PRIORITY);
		assert!(first.propagate);
		assert_eq!(first.provides.len(), 1);
		assert!(first.requires.is_empty());
		let contrary = validity(0, &deposit_at(outpoint, index, 6_000));
		assert_eq!(first.provides, contrary.provides);
		let other_member = validity(1, &deposit_at(outpoint, index, 5_000));
		assert_ne!(first.provides, other_member.provides);
		let other_subject = validity(0, &deposit(index, 5_000));
		assert_ne!(first.provides, other_subject.provides);
	});
}

#[test]
fn free_votes_should_be_bounded_when_a_member_invents_deposits() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let invented: Vec<_> = (0..MAX_OPEN_VOTES).map(|_| deposit(index, 5_000)).collect();
		for observation in &invented {
			witness(observation, 3..4);
		}
		let full = refused(InvalidTransaction::Custom(refusal::TOO_MANY_OPEN_VOTES));
		let real = deposit(index, 7_000);
		assert_eq!(submit(signed(3, real.clone())), full);
		// It harms nobody else.
		witness(&real, 0..3);
		assert_eq!(balance(ALICE), 7_000);

		// After a while, a new word takes the place of the oldest one.
		run_to(System::block_number() + VOTE_LIFETIME);
		witness(&deposit(index, 5_000), 3..4);
		assert_eq!(Tallies::<Test>::iter().count() as u32, MAX_OPEN_VOTES);
		assert!(Tallies::<Test>::get(subject(&invented[0])).is_none());
		assert_eq!(OpenVotes::<Test>::get(member(3)).len() as u32, MAX_OPEN_VOTES);
	});
}

#[test]
fn votes_should_be_open_no_more_when_the_subject_is_decided() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		for _ in 0..2 * MAX_OPEN_VOTES {
			witness(&deposit(index, 1_000), 0..3);
		}
		assert_eq!(balance(ALICE), 12_000);
	});
}

#[test]
fn votes_of_an_earlier_group_should_not_count_when_another_is_active() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		witness(&observation, 0..2);
		ActiveGroup::set(&Some(1));
		assert_eq!(submit(signed(2, observation.clone())), refused(InvalidTransaction::BadSigner));
		witness(&observation, 4..6);
		assert_eq!(issued(), 0);
		witness(&observation, 6..7);
		assert_eq!(issued(), 5_000);
		// The coin still belongs to the group that made the address.
		assert_eq!(crate::Utxos::<Test>::iter().next().unwrap().1.group, 0);
	});
}

#[test]
fn votes_should_stand_when_the_decision_cannot_be_acted_on() {
	build_and_execute(|| {
		let freezer = RuntimeOrigin::signed(0xfeed);
		lock_in(ALICE, 5_000);
		assert_ok!(pallet_assets::Pallet::<Test>::block(freezer.clone(), BTC, ALICE));
		let observation = deposit(0, 7_000);
		witness(&observation, 0..3);
		assert_eq!(issued(), 5_000);
		assert_eq!(AssetMapping::reserves().held, 5_000);
		assert!(matches!(events().last(), Some(Event::DecisionFailed { .. })));
		AssetMapping::do_try_state().unwrap();

		assert_ok!(pallet_assets::Pallet::<Test>::thaw(freezer, BTC, ALICE));
		witness(&observation, 3..4);
		assert_eq!(balance(ALICE), 12_000);
	});
}

#[test]
fn call_should_be_refused_when_it_comes_from_an_account() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = signed(0, deposit(index, 5_000));
		for origin in [RuntimeOrigin::signed(ALICE), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(
				AssetMapping::observe(origin, observation.clone()),
				DispatchError::BadOrigin
			);
		}
	});
}
