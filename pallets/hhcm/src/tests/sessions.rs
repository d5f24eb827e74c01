//! New authorities, and what becomes of groups and difficulty.

use frame_support::{
	dispatch::DispatchClass,
	traits::{Get, OneSessionHandler, PostTransactions},
	weights::Weight,
};
use sp_core::{Pair as _, H256};

use super::driver::{assert_says, Chain};
use crate::{
	mock::*, Authorities, CurrentLimits, CurrentRound, Event, Limits, NextAuthorities,
	PreviousAuthorities, SessionTally, Tally,
};

fn numbers() -> Vec<u16> {
	Authorities::<Test>::get().iter().map(|info| (info.account - account(0)) as u16).collect()
}

#[test]
fn new_authorities_should_come_into_office_when_the_block_has_ended() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	// In the block in which the session begins, everything is checked against the old authorities.
	Rotating::set(Some((4..20).collect()));
	Weighing::set(77);
	let draft = chain.draft(FIRST_SLOT + 1);
	let block = chain.build(&draft);
	chain.import(block);
	Rotating::set(None);
	chain.ext.execute_with(|| {
		assert_eq!(numbers(), (4..20).collect::<Vec<_>>());
		let infos = Authorities::<Test>::get();
		assert!(infos.iter().all(|info| info.weight == 77));
		assert_eq!(infos[0], info(4));
		let before = PreviousAuthorities::<Test>::get();
		assert_eq!(before[0].account, account(0));
		assert_eq!(before[0].weight, 10);
		assert!(!NextAuthorities::<Test>::exists());
		let event = Event::SessionBegun { authorities: 16, groups: 2, difficulty: 9 };
		assert!(System::events().iter().any(|record| record.event == event.clone().into()));
	});
	// And from the next block on against the new ones: both have a node at each place, with other keys.
	for slot in 2..6 {
		let draft = chain.advance(FIRST_SLOT + slot);
		assert_eq!(draft.keys.len(), 16);
		let author = draft.key(draft.claim.author).public();
		assert_eq!(author, pair(draft.claim.author + 4).public());
	}
}

#[test]
fn block_should_be_refused_when_it_is_sealed_by_the_old_authorities_after_a_rotation() {
	let mut chain = Chain::new();
	Rotating::set(Some((100..116).collect()));
	chain.advance(FIRST_SLOT);
	Rotating::set(None);
	let mut draft = chain.draft(FIRST_SLOT + 1);
	draft.keys = (0..16).map(pair).collect();
	let message = chain.refused(&draft);
	assert!(message.starts_with("hhcm: the seal is refused"), "{message}");
}

#[test]
fn author_should_be_found_when_its_place_is_anothers_since() {
	use frame_support::traits::FindAuthor;
	let mut chain = Chain::new();
	Rotating::set(Some((100..116).collect()));
	let draft = chain.advance(FIRST_SLOT);
	Rotating::set(None);
	chain.ext.execute_with(|| {
		let digest = System::digest();
		let found: Option<AccountId> =
			Hhcm::find_author(digest.logs().iter().filter_map(|item| item.as_pre_runtime()));
		assert_eq!(found, Some(account(draft.claim.author)));
	});
}

#[test]
fn authorities_should_stay_when_a_session_has_no_validators() {
	let mut chain = Chain::new();
	Rotating::set(Some(Vec::new()));
	chain.advance(FIRST_SLOT);
	chain.ext.execute_with(|| {
		assert_eq!(numbers(), (0..16).collect::<Vec<_>>());
		assert_eq!(SessionTally::<Test>::get().filled, 1);
	});
}

#[test]
fn validators_should_be_left_out_when_there_are_too_many() {
	let mut chain = Chain::new();
	Rotating::set(Some((0..30).collect()));
	chain.advance(FIRST_SLOT);
	chain.ext.execute_with(|| assert_eq!(numbers(), (0..20).collect::<Vec<_>>()));
}

#[test]
fn weights_should_be_read_anew_when_the_validators_are_the_same() {
	let mut chain = Chain::new();
	chain.ext.execute_with(|| {
		Weighing::set(123);
		let validators = [(account(1), pair(1).public())];
		let list: Vec<_> = validators.iter().map(|(who, key)| (who, key.clone())).collect();
		Hhcm::on_new_session(false, list.clone().into_iter(), list.into_iter());
		assert_eq!(NextAuthorities::<Test>::take().unwrap()[0].weight, 123);
		Hhcm::on_disabled(0);
	});
}

/// What is left of a session with this tally, 30 authorities and this round.
fn after(tally: Tally, limits: Option<Limits>, groups: u8, difficulty: u64) -> (u8, u64) {
	let mut chain = Chain::with(genesis_with(H256::repeat_byte(3), groups, difficulty));
	Rotating::set(Some((0..18).collect()));
	chain.ext.execute_with(|| {
		SessionTally::<Test>::put(tally);
		if let Some(limits) = limits {
			CurrentLimits::<Test>::put(limits);
		}
	});
	let draft = chain.draft(FIRST_SLOT);
	let block = chain.build(&draft);
	chain.import(block);
	Rotating::set(None);
	chain.ext.execute_with(|| {
		assert_eq!(SessionTally::<Test>::get(), Tally::default());
		let round = CurrentRound::<Test>::get().unwrap();
		(round.groups, round.difficulty)
	})
}

fn tally(filled: u64, missed: u64, percent: u64) -> Tally {
	Tally { filled, missed, fullness: filled * percent * 10_000 }
}

const LIMITS: Limits =
	Limits { lowest_difficulty: 2, highest_difficulty: 1_024, most_groups: 16, adjusting: true };

#[test]
fn groups_and_difficulty_should_follow_load_and_missed_slots_when_a_session_ends() {
	// The last block counts too, and is almost empty.
	assert_eq!(after(tally(999, 20, 90), None, 3, 80), (4, 80));
	assert_eq!(after(tally(999, 100, 50), None, 3, 80), (3, 70));
	assert_eq!(after(tally(999, 0, 10), None, 3, 80), (2, 90));
	// As many as there are nodes for: 18 suffice for six virtual groups, of which one is the guerrillas'.
	assert_eq!(after(tally(999, 20, 90), None, 5, 80), (5, 80));
}

#[test]
fn groups_and_difficulty_should_stay_within_limits_when_they_are_adjusted() {
	let limits = Limits { highest_difficulty: 82, most_groups: 3, ..LIMITS };
	assert_eq!(after(tally(999, 0, 90), Some(limits), 3, 80), (3, 82));
	let limits = Limits { lowest_difficulty: 79, most_groups: 1, ..LIMITS };
	assert_eq!(after(tally(999, 100, 90), Some(limits), 3, 80), (1, 79));
}

#[test]
fn groups_and_difficulty_should_stay_when_adjustment_is_paused() {
	let limits = Limits { adjusting: false, ..LIMITS };
	assert_eq!(after(tally(999, 100, 90), Some(limits), 3, 80), (3, 80));
	assert_eq!(after(tally(999, 0, 10), Some(limits), 3, 80), (3, 80));
	// But nothing stays beyond the limits, and no group without nodes.
	let limits = Limits { lowest_difficulty: 90, highest_difficulty: 90, most_groups: 2, ..limits };
	assert_eq!(after(tally(999, 0, 50), Some(limits), 3, 80), (2, 90));
	let limits = Limits { adjusting: false, ..LIMITS };
	assert_eq!(after(tally(999, 0, 50), Some(limits), 9, 80), (5, 80));
}

#[test]
fn fullness_should_be_what_normal_transactions_use_when_a_block_ends() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let mut share = |class: DispatchClass| {
		let mut copy = sp_io::TestExternalities::new_empty();
		copy.backend = chain.ext.as_backend();
		copy.execute_with(|| {
			Executive::initialize_block(&draft.header());
			for extrinsic in &draft.extrinsics()[..2] {
				Executive::apply_extrinsic(extrinsic.clone()).unwrap().unwrap();
			}
			let limits: frame_system::limits::BlockWeights =
				<Test as frame_system::Config>::BlockWeights::get();
			let most = limits.get(DispatchClass::Normal).max_total.unwrap();
			let half = Weight::from_parts(most.ref_time() / 2, most.proof_size() / 4);
			System::register_extra_weight_unchecked(half, class);
			Executive::finalize_block();
			SessionTally::<Test>::get().fullness
		})
	};
	assert_eq!(share(DispatchClass::Normal), 500_000);
	assert_eq!(share(DispatchClass::Mandatory), 0);
}

#[test]
fn block_should_be_refused_when_the_transactions_are_not_checked() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let mut copy = sp_io::TestExternalities::new_empty();
	copy.backend = chain.ext.as_backend();
	let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
		copy.execute_with(|| {
			Executive::initialize_block(&draft.header());
			Hhcm::end_block();
		});
	}));
	let message = outcome.unwrap_err();
	let message = message.downcast_ref::<&str>().expect("it has a message");
	assert_says(message, "hhcm: the transactions were not checked: the pallet has to be Post");
	// What checks them is what the runtime calls.
	let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
		copy.execute_with(<Hhcm as PostTransactions>::post_transactions);
	}));
	assert!(outcome.is_err());
}
