//! Groups: who may create them and of whom, and what others see of them.

use frame_support::{assert_noop, assert_ok};
use fusion_dcrm_primitives::{
	derive_tweak,
	traits::KeyGroups,
	Algorithm::{self, Secp256k1Taproot},
	Availability, GroupState, KeyPath, Phase, SizeAdvice,
};
use sp_runtime::{AccountId32, DispatchError, DispatchResult, Perbill};

use super::driver::{bounded, Table};
use crate::{
	mock::*, threshold_of, ActiveGroup, Error, Event, Groups, Measured, Params, MAX_CEREMONIES,
};

fn create(members: Vec<AccountId32>) -> DispatchResult {
	Dcrm::create_group(RuntimeOrigin::root(), bounded(members), Secp256k1Taproot)
}

#[test]
fn threshold_should_be_more_than_two_thirds_when_computed() {
	for (members, threshold) in [(4, 3), (5, 4), (6, 5), (7, 5), (21, 15), (31, 21), (32, 22)] {
		assert_eq!(threshold_of(members), threshold);
	}
}

#[test]
fn group_should_be_created_when_its_members_are_nodes() {
	build_and_execute(5, || {
		assert_ok!(create(accounts(5)));
		let group = view(0);
		assert_eq!(group.members, (1..=5).map(member).collect::<Vec<_>>());
		assert_eq!(group.threshold, 4);
		assert_eq!(group.algorithm, Algorithm::Secp256k1Taproot);
		assert_eq!(group.state, GroupState::Generating(Phase::Dealing));
		assert_eq!((group.attempt, group.deadline), (0, 1 + PHASE));
		assert_eq!(group.qualified, vec![1, 2, 3, 4, 5]);
		assert!(has_event(Event::GroupCreated { group: 0, members: 5, threshold: 4 }));
		assert_eq!(Dcrm::groups_of(&member(5)), vec![0]);
		assert!(Dcrm::groups_of(&member(6)).is_empty());
		assert_eq!(Dcrm::group_view(1), None);
	});
}

#[test]
fn group_should_be_refused_when_its_members_are_too_few_twice_there_or_no_nodes() {
	build_and_execute(4, || {
		assert_noop!(create(accounts(3)), Error::<Test>::WrongGroupSize);
		assert_noop!(create(accounts(5)), Error::<Test>::MemberNotRegistered);
		let mut twice = accounts(4);
		twice[3] = account(1);
		assert_noop!(create(twice), Error::<Test>::DuplicateMember);
	});
}

#[test]
fn group_should_be_refused_when_not_the_admin_asks() {
	build_and_execute(4, || {
		let nobody = RuntimeOrigin::signed(account(1));
		assert_noop!(
			Dcrm::create_group(nobody.clone(), bounded(accounts(4)), Secp256k1Taproot),
			DispatchError::BadOrigin
		);
		assert_noop!(Dcrm::set_active_group(nobody, 0), DispatchError::BadOrigin);
	});
}

#[test]
fn group_should_be_refused_when_too_many_ceremonies_are_under_way() {
	build_and_execute(4, || {
		for _ in 0..MAX_CEREMONIES {
			assert_ok!(create(accounts(4)));
		}
		assert_noop!(create(accounts(4)), Error::<Test>::TooManyCeremonies);
	});
}

#[test]
fn key_generation_should_begin_with_the_chain_when_genesis_has_a_group() {
	genesis(4, vec![accounts(4)]).execute_with(|| {
		assert_eq!(System::block_number(), 1);
		assert_eq!(phase(0), Phase::Dealing);
		assert_eq!(view(0).deadline, PHASE);
		check();
	});
}

#[test]
#[should_panic(expected = "has its bond in balances")]
fn genesis_should_be_refused_when_a_node_cannot_bond() {
	genesis_with(3, 4, Vec::new());
}

#[test]
fn active_group_should_change_when_the_admin_chooses_another() {
	build_and_execute(4, || {
		let mut first = Table::new(4);
		first.play_out(&[1, 2, 3, 4]);
		let mut second = Table::new(4);
		assert_noop!(
			Dcrm::set_active_group(RuntimeOrigin::root(), second.group),
			Error::<Test>::GroupNotActive
		);
		assert_noop!(Dcrm::set_active_group(RuntimeOrigin::root(), 9), Error::<Test>::UnknownGroup);
		second.play_out(&[1, 2, 3, 4]);
		assert_eq!(ActiveGroup::<Test>::get(), Some(first.group));
		assert_ok!(Dcrm::set_active_group(RuntimeOrigin::root(), second.group));
		assert_eq!(<Dcrm as KeyGroups>::active(), Some(second.group));
		assert_eq!(Dcrm::active(), Some(second.group));
		assert!(has_event(Event::ActiveGroupSet { group: second.group }));
		assert_eq!(Dcrm::groups_of(&member(1)), vec![0, 1]);
	});
}

#[test]
fn capacity_should_be_a_part_of_the_members_bonds_when_asked_for() {
	build_and_execute(5, || {
		let mut table = Table::new(4);
		table.play_out(&[1, 2, 3, 4]);
		// Sixty percent of what three of the four have bonded: as many as it takes.
		let capacity = <Dcrm as KeyGroups>::capacity;
		assert_eq!(capacity(0), u128::from(3 * BOND * 60 / 100));
		// Who has bonded more may not be among those who take it.
		assert_ok!(Dcrm::bond_extra(RuntimeOrigin::signed(account(1)), 500));
		assert_ok!(Dcrm::bond_extra(RuntimeOrigin::signed(account(5)), 500));
		assert_eq!(capacity(0), u128::from(3 * BOND * 60 / 100));
		assert_ok!(Dcrm::bond_extra(RuntimeOrigin::signed(account(2)), 500));
		assert_eq!(capacity(0), u128::from((3 * BOND + 500) * 60 / 100));
		// What is bonded for two groups is there once.
		let both = bounded(vec![account(1), account(3), account(4), account(5)]);
		assert_ok!(Dcrm::create_group(RuntimeOrigin::root(), both, Secp256k1Taproot));
		assert_eq!(capacity(0), u128::from((500 + 500 + 750) * 60 / 100_u64));
		assert_eq!(capacity(0), capacity(1));
		Params::<Test>::mutate(|parameters| parameters.reserves = Perbill::zero());
		assert_eq!((capacity(0), capacity(9)), (0, 0));
	});
}

#[test]
fn size_should_be_advised_when_availability_was_measured() {
	build_and_execute(0, || {
		let nothing = Availability::default();
		let advice = SizeAdvice { measured: nothing, bound: 1_000_000, members: None };
		assert_eq!(Dcrm::size_advice(), advice);
		// 95 in 100.
		let measured = Availability { passed: 9_499, missed: 499 };
		Measured::<Test>::put(measured);
		let advice = SizeAdvice { measured, bound: 1_000_000, members: Some(13) };
		assert_eq!(Dcrm::size_advice(), advice);
		Params::<Test>::mutate(|parameters| parameters.outage = 100_000);
		assert_eq!(Dcrm::size_advice().members, Some(16));
	});
}

#[test]
fn others_should_see_the_key_only_when_the_group_is_active() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		let id = table.group;
		let path = KeyPath::Deposit(0, 7);
		table.play_until(Phase::Testing);
		let key = view(id).key.unwrap();
		let tweak = derive_tweak(GENESIS, id, Secp256k1Taproot, &key, &path);
		// The nodes need it to sign the test, everybody else has to wait.
		assert_eq!(Dcrm::tweak(id, &path), Some(tweak));
		assert_eq!(<Dcrm as KeyGroups>::tweak(id, &path), None);
		assert_eq!(<Dcrm as KeyGroups>::key(id), None);
		assert_eq!(<Dcrm as KeyGroups>::active(), None);

		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(<Dcrm as KeyGroups>::tweak(id, &path), Some(tweak));
		assert_eq!(<Dcrm as KeyGroups>::key(id), Some(key));
		assert_eq!(<Dcrm as KeyGroups>::active(), Some(id));
		assert_eq!(<Dcrm as KeyGroups>::threshold(id), Some(3));
		assert!(<Dcrm as KeyGroups>::is_member(id, &member(4)));
		assert!(!<Dcrm as KeyGroups>::is_member(id, &member(5)));
		assert_eq!(<Dcrm as KeyGroups>::threshold(id + 1), None);
		assert!(!<Dcrm as KeyGroups>::is_member(id + 1, &member(4)));
		assert_eq!(Groups::<Test>::iter().count(), 1);
	});
}
