//! What governance sets.

use frame_support::{assert_noop, assert_ok, traits::Hooks};
use fusion_hhcm_primitives::{ticket::MAX_DIFFICULTY, MAX_GROUPS};
use sp_core::H256;
use sp_runtime::{BuildStorage, DispatchError};

use crate::{mock::*, CurrentLimits, CurrentRound, Error, Event, Limits};

const LIMITS: Limits =
	Limits { lowest_difficulty: 5, highest_difficulty: 50, most_groups: 4, adjusting: false };

#[test]
fn limits_should_be_those_of_the_runtime_when_nobody_has_set_others() {
	genesis(H256::zero()).execute_with(|| {
		let expected = Limits {
			lowest_difficulty: 2,
			highest_difficulty: 1_024,
			most_groups: MAX_GROUPS,
			adjusting: true,
		};
		assert_eq!(CurrentLimits::<Test>::get(), expected);
	});
}

#[test]
fn limits_should_be_set_when_governance_asks() {
	genesis(H256::zero()).execute_with(|| {
		System::set_block_number(1);
		let before = CurrentRound::<Test>::get();
		assert_ok!(Hhcm::set_limits(RuntimeOrigin::root(), LIMITS));
		assert_eq!(CurrentLimits::<Test>::get(), LIMITS);
		System::assert_last_event(Event::LimitsSet { limits: LIMITS }.into());
		// They hold from the next session on.
		assert_eq!(CurrentRound::<Test>::get(), before);
		check();
	});
}

#[test]
fn limits_should_be_refused_when_somebody_else_asks() {
	genesis(H256::zero()).execute_with(|| {
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(Hhcm::set_limits(origin, LIMITS), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn limits_should_be_refused_when_they_are_unsound() {
	genesis(H256::zero()).execute_with(|| {
		for unsound in [
			Limits { lowest_difficulty: 51, ..LIMITS },
			Limits { lowest_difficulty: 0, ..LIMITS },
			Limits { highest_difficulty: MAX_DIFFICULTY + 1, ..LIMITS },
			Limits { most_groups: 0, ..LIMITS },
			Limits { most_groups: MAX_GROUPS + 1, ..LIMITS },
		] {
			let set = Hhcm::set_limits(RuntimeOrigin::root(), unsound);
			assert_noop!(set, Error::<Test>::UnsoundLimits);
		}
		let one = Limits { lowest_difficulty: 7, highest_difficulty: 7, ..LIMITS };
		assert_ok!(Hhcm::set_limits(RuntimeOrigin::root(), one));
	});
}

#[test]
fn constants_should_fit_each_other_when_the_runtime_is_tested() {
	genesis(H256::zero()).execute_with(Hhcm::integrity_test);
}

#[test]
fn genesis_should_be_refused_when_there_are_no_groups_or_too_much_work() {
	let built = |groups, difficulty| {
		let config = crate::GenesisConfig::<Test> {
			seed: H256::zero(),
			groups,
			difficulty,
			_config: Default::default(),
		};
		std::panic::catch_unwind(|| config.build_storage().map(drop)).is_ok()
	};
	assert!(built(1, 1));
	assert!(built(MAX_GROUPS, MAX_DIFFICULTY));
	assert!(!built(0, 1));
	assert!(!built(MAX_GROUPS + 1, 1));
	assert!(!built(1, 0));
	assert!(!built(1, MAX_DIFFICULTY + 1));
	assert!(crate::GenesisConfig::<Test>::default().build_storage().is_ok());
}
