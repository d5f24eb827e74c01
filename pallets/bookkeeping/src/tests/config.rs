//! Constants that fit each other, genesis, and the weight of hooks.

use frame_support::{
	traits::{Get, Hooks},
	weights::Weight,
};
use sp_runtime::{BuildStorage, Perbill};

use crate::{
	mock::*, weights::SubstrateWeight, Config, WeightInfo, DISSOLVING_BESIDE, STEPS_PER_BLOCK,
};

#[test]
fn constants_should_fit_each_other() {
	Bookkeeping::check_config();
}

#[test]
fn hooks_should_stay_below_their_weight_when_everything_happens_at_once() {
	build_and_execute(|| {
		(5..13).for_each(register);
		(20..30).for_each(|who| delegate(who, 5, 1_000));
		Bookkeeping::leave(signed(5)).unwrap();
		System::set_block_number(2);
		let used = Bookkeeping::on_initialize(2);
		let most = SubstrateWeight::<Test>::on_initialize(STEPS_PER_BLOCK);
		assert!(used.all_lte(most));
		System::set_block_number(3);
		let less = Bookkeeping::on_initialize(3);
		assert!(less.all_lt(most), "two delegations are left");
		System::set_block_number(4);
		let idle = Bookkeeping::on_initialize(4);
		assert!(idle.all_lt(less), "and then none");
	});
}

#[test]
fn hooks_should_weigh_something_when_a_candidate_without_delegations_dissolves() {
	build_and_execute(|| {
		register(5);
		Bookkeeping::leave(signed(5)).unwrap();
		System::set_block_number(2);
		assert_eq!(Bookkeeping::on_initialize(2), SubstrateWeight::<Test>::on_initialize(1));
		assert_eq!(state(5), None);
		System::set_block_number(3);
		assert_eq!(Bookkeeping::on_initialize(3), SubstrateWeight::<Test>::on_initialize(0));
	});
}

#[test]
fn weights_should_fit_a_parachains_block_with_the_suggested_limits() {
	// Two seconds, and ten mebibytes of proof.
	let block = Weight::from_parts(2_000_000_000_000, 10 * 1024 * 1024);
	type W = SubstrateWeight<Test>;
	let often = W::on_initialize(STEPS_PER_BLOCK).saturating_add(W::note_block(16));
	assert!(often.all_lte(block.div(10)), "{often}");
	let most = 200 + DISSOLVING_BESIDE;
	let rarely = W::new_session(most).saturating_add(W::end_session(100));
	assert!(rarely.all_lte(block.div(2)), "{rarely}");
	let register = W::register().saturating_add(W::displace(most));
	assert!(register.all_lte(block.div(5)), "{register}");
	for call in [W::delegate(), W::unbond(), W::withdraw(32), W::claim(16), W::slash()] {
		assert!(call.all_lte(block.div(20)), "{call}");
	}
}

#[test]
fn default_genesis_should_be_sound() {
	let config = crate::GenesisConfig::<Test>::default();
	let storage = config.build_storage().unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		check();
		let places: u32 = <Test as Config>::MaxCandidates::get();
		assert_eq!(crate::MaxNodes::<Test>::get(), places);
	});
}

#[test]
#[should_panic(expected = "every invulnerable is listed once")]
fn genesis_should_be_refused_when_an_invulnerable_stands_twice() {
	genesis_config(vec![1, 1], vec![]).build_storage().unwrap();
}

#[test]
#[should_panic(expected = "at most `MaxSeats`")]
fn genesis_should_be_refused_when_there_are_more_nodes_than_seats() {
	let mut config = genesis_config(vec![1, 2, 3], vec![]);
	config.bookkeeping.max_nodes = 8;
	config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "at most `MaxCandidates` candidates")]
fn genesis_should_be_refused_when_there_are_more_candidates_than_places() {
	genesis_config(vec![], (10..19).collect()).build_storage().unwrap();
}

#[test]
#[should_panic(expected = "every candidate is listed once")]
fn genesis_should_be_refused_when_a_candidate_cannot_pay() {
	let mut config = genesis_config(vec![], vec![5]);
	config.bookkeeping.candidates = vec![(5, ENDOWMENT, Perbill::from_percent(10))];
	config.build_storage().unwrap();
}
