//! What nodes read.

use crate::{
	mock::*, views::MAX_LISTED, DepositAddresses, HaltReason, Halted, Paused, PausedDirections,
};
use codec::Encode;
use fusion_asset_mapping_primitives::{chain::ExternalChain, BatchState, Observation, Wanted};
use fusion_bitcoin_primitives::{Bitcoin, Network};

fn wanted(observation: &Observation, i: u8) -> Wanted {
	AssetMapping::wants(observation, &member(i))
}

fn wants(observation: &Observation, i: u8) -> bool {
	wanted(observation, i) == Wanted::Now
}

#[test]
fn destinations_should_be_listed_in_pages_when_asked_for() {
	build_and_execute(|| {
		assert_eq!(AssetMapping::watched(0, 10), vec![]);
		for _ in 0..5 {
			request_lock_in(ALICE);
		}
		let all: Vec<_> =
			(0..5).map(|i| (i, DepositAddresses::<Test>::get(i).unwrap().destination)).collect();
		assert_eq!(AssetMapping::watched(0, u32::MAX), all);
		assert_eq!(AssetMapping::watched(0, MAX_LISTED), all);
		assert_eq!(AssetMapping::watched(1, 2), all[1..3]);
		assert_eq!(AssetMapping::watched(4, 2), all[4..]);
		assert_eq!(AssetMapping::watched(5, 2), vec![]);
		assert_eq!(AssetMapping::watched(u64::MAX, 2), vec![]);
	});
}

#[test]
fn time_should_be_that_of_the_block_when_asked_for() {
	build_and_execute(|| {
		run_to(9);
		assert_eq!(AssetMapping::time(), u64::from(9 * BLOCK_TIME));
	});
}

#[test]
fn address_text_should_lead_to_the_destination_when_parsed() {
	build_and_execute(|| {
		request_lock_in(ALICE);
		let text = String::from_utf8(AssetMapping::deposit_address(0).unwrap()).unwrap();
		let destination = Bitcoin::parse_address(&text, Network::Regtest).unwrap();
		assert_eq!(AssetMapping::watched(0, 1), vec![(0, destination)]);
		assert_eq!(AssetMapping::deposit_address(1), None);
	});
}

#[test]
fn deposit_should_be_wanted_until_it_is_said_or_decided() {
	build_and_execute(|| {
		assert_eq!(AssetMapping::witnesses(), Some(0));
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		assert!(wants(&observation, 0));
		assert!(!wants(&observation, MEMBERS), "not of a stranger");
		witness(&observation, 0..1);
		assert!(!wants(&observation, 0), "not twice");
		assert!(wants(&observation, 1));
		run_to(System::block_number() + VOTE_LIFETIME);
		assert!(wants(&observation, 0), "again after a while");
		witness(&observation, 1..3);
		for i in 0..4 {
			assert!(!wants(&observation, i), "not once decided");
		}
	});
}

#[test]
fn deposit_should_be_wanted_later_when_it_is_undecided_but_not_wanted_now() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		assert_eq!(wanted(&observation, 0), Wanted::Now);
		assert_eq!(wanted(&observation, MEMBERS), Wanted::Later, "no witness yet");
		let paused = PausedDirections { lock_in: true, lock_out: false };
		Paused::<Test>::put(paused);
		assert_eq!(wanted(&observation, 0), Wanted::Later, "paused");
		Paused::<Test>::kill();
		Halted::<Test>::put(HaltReason::CoinGone);
		assert_eq!(wanted(&observation, 0), Wanted::Later, "halted");
		Halted::<Test>::kill();
		ActiveGroup::set(&None);
		assert_eq!(wanted(&observation, 0), Wanted::Later, "no group");
		ActiveGroup::set(&Some(0));
		witness(&observation, 0..1);
		assert_eq!(wanted(&observation, 0), Wanted::Later, "said already");
		for _ in 0..MAX_OPEN_VOTES {
			witness(&deposit(index, 6_000), 1..2);
		}
		assert_eq!(wanted(&observation, 1), Wanted::Later, "too many open votes");
		witness(&observation, 2..4);
		for i in [0, 1, MEMBERS] {
			assert_eq!(wanted(&observation, i), Wanted::Never, "decided");
		}
		// Not even a pause makes it wanted later.
		Paused::<Test>::put(paused);
		assert_eq!(wanted(&observation, 0), Wanted::Never);
		let unknown = deposit(index + 1, 5_000);
		assert_eq!(wanted(&unknown, 0), Wanted::Never, "no such address");
		assert_eq!(wanted(&deposit(index, 0), 0), Wanted::Never, "nothing");
	});
}

#[test]
fn settlement_should_be_wanted_from_signed_to_settled() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		lock_out(ALICE, 20_000, 5_000);
		run_to_batch();
		let observation = settlement(0);
		assert_eq!(wanted(&observation, 0), Wanted::Later, "not before it is signed");
		sign_all();
		assert!(wants(&observation, 0));
		assert!(!wants(&observation, MEMBERS));
		witness(&observation, 0..1);
		assert!(!wants(&observation, 0));
		assert!(wants(&observation, 1));
		witness(&observation, 1..3);
		assert_eq!(wanted(&observation, 3), Wanted::Never);
	});
}

#[test]
fn open_batches_should_be_listed_oldest_first_when_there_are_several() {
	build_and_execute(|| {
		for _ in 0..2 {
			lock_in(ALICE, 20_000);
			lock_out(ALICE, 20_000, 5_000);
			run_to_batch();
		}
		let views = AssetMapping::open_batches();
		assert_eq!(views.iter().map(|view| view.id).collect::<Vec<_>>(), vec![0, 1]);
		for view in views {
			let batch = attempt_at(view.id, view.attempt);
			assert_eq!(view.state, BatchState::Signing);
			assert_eq!(view.txid, Bitcoin::txid(&batch.template));
			assert_eq!(view.template, batch.template.encode());
			assert_eq!(view.sighashes, Bitcoin::sighashes(&batch.template));
			assert_eq!(view.transaction, None);
			assert_eq!(AssetMapping::batch(view.id, view.attempt), Some(view));
		}
	});
}
