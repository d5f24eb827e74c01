//! Small coins become one.

use crate::{
	mock::*, Attempts, Batches, Error, Event, Parameters, Params, Pledged, StuckReason,
	UpkeepParameters, UpkeepParams, Upkeeps, Utxos, WeightInfo, MAX_COUNTED, MAX_OPEN_UPKEEPS,
};
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use fusion_asset_mapping_primitives::{
	chain::ExternalChain,
	upkeep::{RotationWait, UpkeepKind},
	BatchId, Observation,
};
use fusion_bitcoin_primitives::Bitcoin;
use fusion_dcrm_primitives::KeyPath;
use sp_runtime::DispatchError;

const SMALL: u64 = 20_000;
const RATE: u64 = 3;

const TERMS: UpkeepParameters =
	UpkeepParameters { small: SMALL, above: 4, most: 3, fee_rate: RATE, interval: 20 };

fn set_terms(parameters: UpkeepParameters) {
	assert_ok!(AssetMapping::set_upkeep(RuntimeOrigin::root(), parameters));
}

/// All members of group 0 report the fee rate.
fn report(rate: u64) {
	let next = System::block_number() + REPORT_INTERVAL;
	run_to(next);
	witness(&Observation::FeeRate { rate, at: next }, 0..4);
}

/// Coins that cover nothing.
fn fill_reserve(amount: u64) {
	assert_ok!(AssetMapping::request_reserve_address(RuntimeOrigin::root()));
	let index = crate::NextDeposit::<Test>::get() - 1;
	witness(&deposit(index, amount), 0..3);
}

/// So many small coins, a large one, and a fee reserve.
fn small_coins(count: u64) {
	for number in 0..count {
		lock_in(ALICE, 5_000 + number);
	}
	lock_in(ALICE, 300_000);
	fill_reserve(50_000);
}

/// Blocks pass until it is the turn of upkeep.
fn run_to_upkeep() {
	let turn = INTERVAL / 2;
	let now = System::block_number();
	run_to((now + INTERVAL - turn) / INTERVAL * INTERVAL + turn);
	assert!(System::block_number() > now);
}

fn inputs(batch: BatchId) -> Vec<u64> {
	let batch = Batches::<Test>::get(batch).expect("the batch is open");
	batch.inputs.iter().map(|input| Utxos::<Test>::get(input).unwrap().amount).collect()
}

fn size(inputs: u32) -> u64 {
	Bitcoin::size(inputs, &[Bitcoin::destination(&[0; 32])])
}

#[test]
fn small_coins_should_become_one_when_there_are_many_and_fees_are_low() {
	build_and_execute(|| {
		set_terms(TERMS);
		small_coins(5);
		report(RATE);
		let before = AssetMapping::reserves();
		run_to_upkeep();
		assert_eq!(Batches::<Test>::count(), 1);
		assert_eq!(inputs(0), vec![5_004, 5_003, 5_002], "the largest of them");
		let attempt = attempt_at(0, 0);
		let fee = size(3) * RATE;
		assert_eq!((attempt.fee, attempt.size), (fee, size(3)));
		assert_eq!(attempt.template.outputs.len(), 1);
		assert_eq!(attempt.template.outputs[0].amount, 15_009 - fee);
		let own = AssetMapping::change_key(0).unwrap().destination;
		assert_eq!(attempt.template.outputs[0].destination, own);
		assert!(events().contains(&Event::UpkeepStarted {
			batch: 0,
			kind: UpkeepKind::Consolidation,
			from: 0,
			to: 0,
			amount: 15_009 - fee,
			fee,
		}));
		// The fee is set aside at once: it is not there for anything else.
		let during = AssetMapping::reserves();
		assert_eq!((during.held, during.issued), (before.held, before.issued));
		assert_eq!(during.surplus(), before.surplus() - u128::from(fee));
		assert_eq!(during.fees, fee.into());
		AssetMapping::do_try_state().unwrap();

		sign_all();
		witness(&settlement(0), 0..3);
		let after = AssetMapping::reserves();
		assert_eq!(after.held, before.held - u128::from(fee));
		assert_eq!((after.issued, after.owed, after.fees), (before.issued, before.owed, 0));
		assert_eq!(after.surplus(), before.surplus() - u128::from(fee));
		assert_eq!((Upkeeps::<Test>::count(), Pledged::<Test>::get()), (0, 0));
		let made = Utxos::<Test>::iter().find(|(_, coin)| coin.amount == 15_009 - fee).unwrap().1;
		assert_eq!((made.group, made.path, made.reserved), (0, KeyPath::Group, None));
	});
}

#[test]
fn nothing_should_become_one_when_a_condition_does_not_hold() {
	let made = |prepare: &dyn Fn()| {
		let mut count = 0;
		build_and_execute(|| {
			set_terms(TERMS);
			small_coins(5);
			report(RATE);
			prepare();
			run_to_upkeep();
			run_to_upkeep();
			count = Batches::<Test>::count();
		});
		count
	};
	assert_eq!(made(&|| ()), 1);
	assert_eq!(made(&|| set_terms(UpkeepParameters { above: 5, ..TERMS })), 0);
	assert_eq!(made(&|| set_terms(UpkeepParameters { small: 0, ..TERMS })), 0);
	assert_eq!(made(&|| set_terms(UpkeepParameters { small: 5_004, ..TERMS })), 0);
	assert_eq!(made(&|| set_terms(UpkeepParameters { small: 5_005, ..TERMS })), 1);
	assert_eq!(made(&|| set_terms(UpkeepParameters { fee_rate: RATE - 1, ..TERMS })), 0);
	assert_eq!(made(&|| crate::Paused::<Test>::mutate(|paused| paused.lock_out = true)), 0);
	assert_eq!(made(&|| StandStill::set(&true)), 0);
	assert_eq!(made(&|| ActiveGroup::set(&None)), 0);
	// Nobody has reported, and what governance says is not what members say.
	assert_eq!(
		made(&|| {
			crate::FeeReports::<Test>::kill();
		}),
		0
	);
	// A transaction may cost less than this one does.
	assert_eq!(
		made(&|| Params::<Test>::mutate(|parameters| parameters.maximum_batch_fee = 300)),
		0
	);
}

#[test]
fn coins_should_be_left_alone_when_spending_them_costs_what_they_are_worth() {
	build_and_execute(|| {
		set_terms(UpkeepParameters { fee_rate: 100, ..TERMS });
		small_coins(5);
		report(90);
		assert!(AssetMapping::input_cost() > 5_004);
		run_to_upkeep();
		assert_eq!(Batches::<Test>::count(), 0);
	});
}

#[test]
fn nothing_should_become_one_when_the_fee_reserve_is_short() {
	build_and_execute(|| {
		set_terms(TERMS);
		for number in 0..5 {
			lock_in(ALICE, 5_000 + number);
		}
		report(RATE);
		assert_eq!(AssetMapping::reserves().surplus(), 0);
		run_to_upkeep();
		assert_eq!(Batches::<Test>::count(), 0, "coins that are owed do not pay");
		// As many as the reserve pays for, but at least two.
		fill_reserve(size(2) * RATE - 1);
		report(RATE);
		run_to_upkeep();
		assert_eq!(Batches::<Test>::count(), 0);
		fill_reserve(1);
		report(RATE);
		run_to_upkeep();
		assert_eq!(inputs(0).len(), 2);
		assert_eq!(AssetMapping::reserves().surplus(), 0);
	});
}

#[test]
fn interval_should_pass_before_more_small_coins_become_one() {
	build_and_execute(|| {
		set_terms(TERMS);
		small_coins(9);
		report(RATE);
		run_to_upkeep();
		let first = System::block_number();
		sign_all();
		while Upkeeps::<Test>::count() < 2 {
			report(RATE);
			run_to_upkeep();
		}
		assert!(System::block_number() >= first + TERMS.interval);
		assert_eq!(inputs(1).len(), 3);
		sign_all();
		// There are as many as there may be.
		assert_eq!(MAX_OPEN_UPKEEPS, 2);
		lock_in(ALICE, 5_000);
		lock_in(ALICE, 5_000);
		run_to(System::block_number() + TERMS.interval);
		report(RATE);
		run_to_upkeep();
		assert_eq!(Upkeeps::<Test>::count(), 2);
		// Lock-outs have places of their own.
		for _ in 0..MAX_OPEN_BATCHES {
			lock_out(ALICE, 20_000, 5_000);
			run_to_batch();
			sign_all();
			lock_in(ALICE, 40_000);
		}
		assert_eq!(Batches::<Test>::count(), 2 + MAX_OPEN_BATCHES);
	});
}

#[test]
fn upkeep_should_be_replaced_when_fees_rise_and_the_reserve_pays_for_it() {
	build_and_execute(|| {
		set_terms(TERMS);
		small_coins(5);
		report(RATE);
		run_to_upkeep();
		sign_all();
		let surplus = AssetMapping::reserves().surplus();
		run_to(System::block_number() + PARAMETERS.replace_after);
		report(2 * RATE);
		run_to_batch();
		let (first, second) = (attempt_at(0, 0), attempt_at(0, 1));
		assert_eq!(first.template.inputs, second.template.inputs, "they spend the same");
		assert_eq!(second.fee, size(3) * 2 * RATE);
		assert_eq!(second.change.unwrap().amount, 15_009 - second.fee);
		assert_eq!(Pledged::<Test>::get(), second.fee.into());
		let more = u128::from(second.fee - first.fee);
		assert_eq!(AssetMapping::reserves().surplus(), surplus - more);
		AssetMapping::do_try_state().unwrap();
		sign_all();
		// The first one is confirmed after all: what was set aside beyond it is free again.
		witness(&settlement_by(0, 0), 0..3);
		assert_eq!(AssetMapping::reserves().surplus(), surplus);
		assert_eq!(Attempts::<Test>::iter().count(), 0);
	});
}

#[test]
fn upkeep_should_be_said_to_be_stuck_when_the_reserve_does_not_pay_for_more() {
	build_and_execute(|| {
		set_terms(TERMS);
		for number in 0..5 {
			lock_in(ALICE, 5_000 + number);
		}
		fill_reserve(size(3) * RATE);
		report(RATE);
		run_to_upkeep();
		sign_all();
		run_to(System::block_number() + PARAMETERS.replace_after);
		report(4 * RATE);
		run_to_batch();
		run_to_batch();
		let stuck = Event::BatchStuck { batch: 0, reason: StuckReason::ReserveShort };
		assert_eq!(events().into_iter().filter(|event| *event == stuck).count(), 1);
		assert_eq!(Batches::<Test>::get(0).unwrap().attempts, 1);
		// Somebody fills the reserve.
		fill_reserve(50_000);
		report(4 * RATE);
		run_to_batch();
		assert_eq!(Batches::<Test>::get(0).unwrap().attempts, 2);
	});
}

#[test]
fn reserve_should_be_free_again_when_upkeep_is_given_up() {
	build_and_execute(|| {
		set_terms(TERMS);
		small_coins(5);
		report(RATE);
		run_to_upkeep();
		sign_all();
		let gone = Batches::<Test>::get(0).unwrap().inputs[0];
		witness(&Observation::Gone { outpoint: gone, episode: 0 }, 0..3);
		AssetMapping::do_try_state().unwrap();
		assert_ok!(AssetMapping::give_up_batch(RuntimeOrigin::root(), 0));
		assert_eq!((Pledged::<Test>::get(), Upkeeps::<Test>::count()), (0, 0));
		assert_eq!(AssetMapping::reserves().deficit, 0, "the reserve made up for it");
	});
}

#[test]
fn deficit_should_be_lower_when_what_was_set_aside_is_free_again() {
	build_and_execute(|| {
		set_terms(TERMS);
		for number in 0..5 {
			lock_in(ALICE, 5_000 + number);
		}
		fill_reserve(size(3) * RATE);
		report(RATE);
		run_to_upkeep();
		let fee = attempt_at(0, 0).fee;
		let gone = Batches::<Test>::get(0).unwrap().inputs[0];
		witness(&Observation::Gone { outpoint: gone, episode: 0 }, 0..3);
		assert_eq!(AssetMapping::reserves().deficit, 5_004, "the reserve is set aside");
		assert_ok!(AssetMapping::give_up_batch(RuntimeOrigin::root(), 0));
		assert_eq!(AssetMapping::reserves().deficit, 5_004 - u128::from(fee));
	});
}

#[test]
fn small_coins_should_become_one_when_a_rotation_cannot_go_on() {
	build_and_execute(|| {
		set_terms(TERMS);
		lock_in(ALICE, 40_000);
		lock_in(ALICE, 40_000);
		let others = MEMBERS..2 * MEMBERS;
		ActiveGroup::set(&Some(1));
		// Group 0 does not sign this.
		lock_out(ALICE, 40_000, 5_000);
		run_to_batch();
		assert_eq!(Batches::<Test>::get(0).unwrap().group, 0);
		for number in 0..5 {
			let index = request_lock_in(ALICE);
			witness(&deposit(index, 5_000 + number), others.clone().take(3));
		}
		assert_ok!(AssetMapping::request_reserve_address(RuntimeOrigin::root()));
		let index = crate::NextDeposit::<Test>::get() - 1;
		witness(&deposit(index, 50_000), others.clone().take(3));
		witness(&Observation::FeeRate { rate: RATE, at: System::block_number() }, others);
		run_to_upkeep();
		assert_eq!(Upkeeps::<Test>::get(1).unwrap().kind, UpkeepKind::Consolidation);
		assert_eq!(Batches::<Test>::get(1).unwrap().group, 1);
	});
}

#[test]
fn terms_should_be_set_when_the_admin_sets_good_ones() {
	build_and_execute(|| {
		assert_noop!(
			AssetMapping::set_upkeep(RuntimeOrigin::signed(GUARD), TERMS),
			DispatchError::BadOrigin
		);
		for bad in [
			UpkeepParameters { above: 0, ..TERMS },
			UpkeepParameters { above: MAX_COUNTED + 1, ..TERMS },
			UpkeepParameters { most: 1, ..TERMS },
			UpkeepParameters { interval: 0, ..TERMS },
		] {
			assert_noop!(
				AssetMapping::set_upkeep(RuntimeOrigin::root(), bad),
				Error::<Test>::InvalidParameters
			);
		}
		set_terms(UpkeepParameters { above: MAX_COUNTED, most: u32::MAX, ..TERMS });
		assert_eq!(UpkeepParams::<Test>::get().above, MAX_COUNTED);
		assert!(UpkeepParameters::default().is_valid());
	});
}

#[test]
fn plan_should_take_fewer_coins_when_a_transaction_may_not_cost_as_much() {
	build_and_execute(|| {
		small_coins(5);
		let home = AssetMapping::change_key(0).unwrap();
		let coins = AssetMapping::largest_coins(0);
		assert_eq!(coins.len(), 7);
		let ceiling = size(4) * PARAMETERS.fee_rate;
		Params::<Test>::put(Parameters { maximum_batch_fee: ceiling, ..PARAMETERS });
		let (plan, taken) = AssetMapping::plan_upkeep(coins.clone(), &home, 1).unwrap();
		assert_eq!((plan.own_fee, taken.len()), (ceiling, 4));
		assert_eq!(taken[..], coins[..4], "the largest");
		assert_eq!(
			AssetMapping::plan_upkeep(coins, &home, 5).err(),
			Some(RotationWait::FeesTooHigh)
		);
	});
}

#[test]
fn hook_should_stay_within_its_bound_when_upkeep_is_made() {
	build_and_execute(|| {
		set_terms(TERMS);
		small_coins(5);
		report(RATE);
		let block = (System::block_number() / INTERVAL + 1) * INTERVAL + INTERVAL / 2;
		System::set_block_number(block);
		let weight = AssetMapping::on_initialize(block);
		assert_eq!(Upkeeps::<Test>::count(), 1);
		assert!(weight.all_lte(AssetMapping::max_upkeep_weight()), "{weight:?}");
		assert!(weight.all_gt(<() as WeightInfo>::upkeep_idle()), "{weight:?}");
	});
}

#[test]
fn sums_should_be_found_wrong_when_they_are_damaged() {
	new_test_ext().execute_with(|| {
		set_terms(TERMS);
		small_coins(5);
		report(RATE);
		run_to_upkeep();
		Pledged::<Test>::mutate(|sum| *sum -= 1);
		assert_eq!(
			AssetMapping::do_try_state(),
			Err("the sum of what is set aside is wrong".into())
		);
		Pledged::<Test>::mutate(|sum| *sum += 1);
		AssetMapping::do_try_state().unwrap();
		Upkeeps::<Test>::remove(0);
		Pledged::<Test>::kill();
		assert_eq!(
			AssetMapping::do_try_state(),
			Err("a batch pays no intents, and is no upkeep".into())
		);
	});
}
