//! Making batches.

use crate::{
	mock::*,
	plan::{select_coins, Selection},
	Batches, Error, Event, Intents, Parameters, Params, Paused, PausedDirections, Queue,
	SkipReason, Utxos, WeightInfo,
};
use frame_support::{traits::Hooks, weights::Weight};
use fusion_asset_mapping_primitives::{chain::ExternalChain, IntentId};
use fusion_bitcoin_primitives::Bitcoin;
use sp_runtime::{traits::Zero, DispatchError};

const FEE: u64 = 5_000;
/// Smallest change that gets an output.
const DUST: u64 = 330;

fn set_fee_rate(fee_rate: u64) {
	Params::<Test>::put(Parameters { fee_rate, ..PARAMETERS });
}

fn intents_of(batch: u64) -> Vec<IntentId> {
	Batches::<Test>::get(batch).expect("the batch is open").intents.to_vec()
}

fn input_amounts(batch: u64) -> Vec<u64> {
	let batch = Batches::<Test>::get(batch).expect("the batch is open");
	batch.inputs.iter().map(|input| Utxos::<Test>::get(input).unwrap().amount).collect()
}

fn skips() -> Vec<(IntentId, SkipReason)> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::LockOutSkipped { intent, reason } => Some((intent, reason)),
			_ => None,
		})
		.collect()
}

#[test]
fn coins_should_be_selected_largest_first_when_they_cover_the_total() {
	let select =
		|coins: &[u64], more, total| select_coins(coins.iter().copied(), more, total, DUST);
	let covered = |count, change| Selection::Covered { count, change };
	let coins = [50_000, 30_000, 10_000];
	assert_eq!(select(&coins, false, 50_000), covered(1, 0));
	assert_eq!(select(&coins, false, 50_000 - DUST), covered(1, DUST));
	assert_eq!(select(&coins, false, 50_001), covered(2, 29_999));
	assert_eq!(select(&coins, false, 90_000), covered(3, 0));
	// A change that is too small takes another coin.
	assert_eq!(select(&coins, false, 50_001 - DUST), covered(2, 29_999 + DUST));
	let dust = Selection::Impossible(SkipReason::ChangeBelowDust);
	assert_eq!(select(&coins, false, 89_999), dust);
	assert_eq!(select(&coins, true, 89_999), dust);
	assert_eq!(select(&coins, false, 90_001), Selection::Short);
	assert_eq!(select(&[], false, 1), Selection::Short);
	let many = Selection::Impossible(SkipReason::TooManyCoins);
	assert_eq!(select(&coins, true, 90_001), many);
	assert_eq!(select(&[u64::MAX, u64::MAX], false, 5), covered(1, u64::MAX - 5));
}

#[test]
fn batch_should_spend_the_largest_coins_when_they_cover_it() {
	build_and_execute(|| {
		for amount in [10_000, 50_000, 30_000, 50_000] {
			lock_in(ALICE, amount);
		}
		lock_out(ALICE, 110_000, FEE);
		run_to_batch();
		assert_eq!(input_amounts(0), vec![50_000, 50_000, 30_000]);
		assert_eq!(attempt_at(0, 0).change.unwrap().amount, 20_000);
		assert_eq!(Requests::get().len(), 3);
	});
}

#[test]
fn fee_should_be_split_evenly_when_a_batch_pays_several() {
	build_and_execute(|| {
		set_fee_rate(11);
		lock_in(ALICE, 200_000);
		for amount in [20_000, 30_000] {
			lock_out(ALICE, amount, FEE);
		}
		run_to_batch();
		let batch = attempt_at(0, 0);
		let destinations: Vec<_> =
			batch.template.outputs.iter().map(|output| output.destination.clone()).collect();
		let fee = Bitcoin::size(1, &destinations) * 11;
		assert_eq!(fee % 2, 1, "the test needs a fee that cannot be halved");
		let each = fee.div_ceil(2);
		let amounts: Vec<_> = batch.template.outputs.iter().map(|output| output.amount).collect();
		assert_eq!(amounts, vec![20_000 - each, 30_000 - each, 150_000]);
		assert_eq!(batch.total, 50_000);
	});
}

#[test]
fn batch_should_take_the_oldest_when_more_wait_than_it_can_pay() {
	build_and_execute(|| {
		for _ in 0..2 {
			lock_in(ALICE, 50_000);
		}
		let count = u64::from(MAX_BATCH_INTENTS) + 2;
		for _ in 0..count {
			lock_out(ALICE, 10_000, FEE);
		}
		run_to_batch();
		assert_eq!(intents_of(0), vec![0, 1, 2, 3]);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![4, 5]);
		run_to_batch();
		assert_eq!(intents_of(1), vec![4, 5]);
	});
}

#[test]
fn intent_should_be_left_behind_once_when_its_part_of_the_fee_is_too_high() {
	build_and_execute(|| {
		lock_in(ALICE, 200_000);
		let poor = lock_out(ALICE, 20_000, 1_420);
		let rich = lock_out(ALICE, 20_000, 19_000);
		set_fee_rate(100);
		run_to_batch();
		assert_eq!(intents_of(0), vec![rich]);
		assert_eq!(skips(), vec![(poor, SkipReason::MaxFeeTooLow)]);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![poor]);

		sign_all();
		witness(&settlement(0), 0..3);
		run_to_batch();
		run_to_batch();
		assert_eq!(skips().len(), 1, "it is said once");
		assert_eq!(Batches::<Test>::count(), 0);

		set_fee_rate(10);
		run_to_batch();
		assert_eq!(intents_of(1), vec![poor]);
	});
}

#[test]
fn intents_left_behind_should_not_block_the_queue_when_they_are_many() {
	build_and_execute(|| {
		lock_in(ALICE, 500_000);
		for _ in 0..MAX_BATCH_INTENTS {
			lock_out(ALICE, 20_000, 1_420);
		}
		let rich = lock_out(ALICE, 20_000, 19_000);
		set_fee_rate(100);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		run_to_batch();
		assert_eq!(intents_of(0), vec![rich]);
	});
}

#[test]
fn intents_should_wait_when_coins_are_in_an_open_batch() {
	build_and_execute(|| {
		lock_in(ALICE, 100_000);
		lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		let second = lock_out(ALICE, 30_000, FEE);
		run_to_batch();
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 1);
		assert_eq!(skips(), vec![]);
		sign_all();
		witness(&settlement(0), 0..3);
		run_to_batch();
		assert_eq!(intents_of(1), vec![second]);
	});
}

#[test]
fn batch_should_pay_the_oldest_when_coins_do_not_cover_all() {
	build_and_execute(|| {
		lock_in(ALICE, 100_000);
		lock_out(ALICE, 60_000, FEE);
		run_to_batch();
		lock_in(ALICE, 30_000);
		let small = lock_out(ALICE, 20_000, FEE);
		let large = lock_out(ALICE, 40_000, FEE);
		run_to_batch();
		assert_eq!(intents_of(1), vec![small]);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![large]);
	});
}

#[test]
fn intent_should_wait_when_it_would_leave_a_change_below_dust() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let intent = lock_out(ALICE, 50_000 - DUST + 1, FEE);
		run_to_batch();
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		assert_eq!(skips(), vec![(intent, SkipReason::ChangeBelowDust)]);

		lock_in(BOB, 1_000);
		run_to_batch();
		assert_eq!(intents_of(0), vec![intent]);
		let change = attempt_at(0, 0).change.unwrap();
		assert_eq!(change.amount, 1_000 + DUST - 1);
	});
}

#[test]
fn intent_should_be_left_behind_when_it_takes_too_many_coins() {
	build_and_execute(|| {
		let most = u64::from(Bitcoin::MAX_INPUTS);
		let index = request_lock_in(ALICE);
		for _ in 0..=most {
			witness(&deposit(index, 1_000), 0..3);
		}
		let large = lock_out(ALICE, most * 1_000 + 1, 10_000);
		run_to_batch();
		assert_eq!(skips(), vec![(large, SkipReason::TooManyCoins)]);
		cancel(ALICE, large).unwrap();

		let fits = lock_out(ALICE, most * 1_000, 15_000);
		run_to_batch();
		assert_eq!(intents_of(0), vec![fits]);
		assert_eq!(input_amounts(0).len() as u64, most);
	});
}

#[test]
fn batches_should_wait_when_too_many_are_open() {
	build_and_execute(|| {
		for _ in 0..=MAX_OPEN_BATCHES {
			lock_in(ALICE, 20_000);
			lock_out(ALICE, 20_000, FEE);
			run_to_batch();
		}
		assert_eq!(Batches::<Test>::count(), MAX_OPEN_BATCHES);
		assert_eq!(Queue::<Test>::get().len(), 1);
		sign_all();
		witness(&settlement(0), 0..3);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), MAX_OPEN_BATCHES);
		assert_eq!(Queue::<Test>::get().len(), 0);
	});
}

#[test]
fn no_batch_should_be_made_when_it_is_not_time_or_not_allowed() {
	build_and_execute(|| {
		lock_in(ALICE, 20_000);
		lock_out(ALICE, 20_000, FEE);
		run_to(INTERVAL - 1);
		assert_eq!(Batches::<Test>::count(), 0);

		Paused::<Test>::put(PausedDirections { lock_out: true, ..Default::default() });
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		Paused::<Test>::put(PausedDirections { lock_in: true, lock_out: false });

		ActiveGroup::set(&None);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);

		// Group 1 does not hold the coins of group 0, which does not take any work.
		ActiveGroup::set(&Some(1));
		StandStill::set(&true);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);

		StandStill::set(&false);
		ActiveGroup::set(&Some(0));
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 1);
	});
}

#[test]
fn nothing_should_change_when_signatures_cannot_be_requested() {
	build_and_execute(|| {
		lock_in(ALICE, 20_000);
		lock_in(ALICE, 20_000);
		let intent = lock_out(ALICE, 40_000, FEE);
		RequestsLeft::set(&1);
		run_to_batch();
		let failed = Event::BatchFailed { error: DispatchError::Exhausted };
		assert!(events().contains(&failed), "{:?}", events());
		assert_eq!(Batches::<Test>::count(), 0);
		assert_eq!(Requests::get().len(), 0);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![intent]);
		assert_eq!(Intents::<Test>::get(intent).unwrap().batch, None);
		AssetMapping::do_try_state().unwrap();

		RequestsLeft::set(&u32::MAX);
		run_to_batch();
		assert_eq!(intents_of(0), vec![intent]);
	});
}

#[test]
fn hook_should_stay_within_its_bound_when_a_batch_is_made() {
	build_and_execute(|| {
		let bound = <() as WeightInfo>::make_batch(Bitcoin::MAX_INPUTS, MAX_BATCH_INTENTS)
			.saturating_add(<() as WeightInfo>::batch_idle());
		let tick = |number: u32| {
			System::set_block_number(number);
			AssetMapping::on_initialize(number)
		};
		assert_eq!(tick(INTERVAL + 1), Weight::zero());
		assert_eq!(tick(2 * INTERVAL), <() as WeightInfo>::batch_idle());
		lock_in(ALICE, 20_000);
		lock_out(ALICE, 20_000, FEE);
		let weight = tick(3 * INTERVAL);
		assert_eq!(Batches::<Test>::count(), 1);
		assert!(!weight.is_zero() && weight.all_lte(bound), "{weight:?} exceeds {bound:?}");
		AssetMapping::integrity_test();
	});
}

#[test]
fn fee_should_fit_the_lowest_limit_when_requested_with_it() {
	build_and_execute(|| {
		lock_in(ALICE, 20_000);
		let lone = 142 * PARAMETERS.fee_rate;
		let too_low =
			AssetMapping::do_request_lock_out(ALICE, 10_000, address(9).as_bytes(), lone - 1);
		assert_eq!(too_low, Err(Error::<Test>::MaxFeeTooLow.into()));
		lock_out(ALICE, 10_000, lone);
		run_to_batch();
		assert_eq!(skips(), vec![]);
		assert_eq!(Batches::<Test>::count(), 1);
	});
}
