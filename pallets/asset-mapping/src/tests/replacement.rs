//! Replacement by fee: attempts at a batch.

use crate::{
	mock::*, Attempts, Batches, Event, Intents, Parameters, Params, Queue, StuckReason, Utxos,
};
use fusion_asset_mapping_primitives::{
	chain::ExternalChain, AttemptIndex, BatchState, IntentId, Observation, OutPoint,
};
use fusion_bitcoin_primitives::Bitcoin;
use fusion_dcrm_primitives::{traits::OnSignature, Purpose};
use sp_runtime::transaction_validity::InvalidTransaction;

const COIN: u64 = 200_000;
const AMOUNT: u64 = 30_000;

fn set_fee_rate(fee_rate: u64) {
	Params::<Test>::mutate(|parameters| parameters.fee_rate = fee_rate);
}

fn attempts() -> AttemptIndex {
	Batches::<Test>::get(0).expect("the batch is open").attempts
}

/// A signed batch for two lock-outs with these limits, spending one coin.
fn signed_batch(max_fees: [u64; 2]) -> [IntentId; 2] {
	lock_in(ALICE, COIN);
	let intents = max_fees.map(|max_fee| lock_out(ALICE, AMOUNT, max_fee));
	run_to_batch();
	sign_all();
	assert_eq!(attempt_at(0, 0).intents.to_vec(), intents);
	intents
}

/// So much time passes that a batch may be replaced, if it was signed.
fn wait() {
	run_to(System::block_number() + PARAMETERS.replace_after + INTERVAL);
}

fn stuck() -> Vec<StuckReason> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::BatchStuck { batch: 0, reason } => Some(reason),
			_ => None,
		})
		.collect()
}

#[test]
fn batch_should_be_replaced_when_the_fee_rate_has_risen() {
	build_and_execute(|| {
		let intents = signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		wait();
		assert_eq!(attempts(), 2);
		let (first, second) = (attempt_at(0, 0), attempt_at(0, 1));
		assert_eq!(first.template.inputs, second.template.inputs, "they spend the same");
		assert_ne!(first.txid, second.txid);
		assert_eq!(second.intents.to_vec(), intents);
		assert_eq!(second.change.unwrap().amount, first.change.unwrap().amount);
		assert_eq!((first.fee, second.fee), (first.size * 10, first.size * 20));
		for (position, output) in second.template.outputs.iter().take(2).enumerate() {
			assert_eq!(output.amount, AMOUNT - second.fee / 2);
			assert_eq!(output.destination, first.template.outputs[position].destination);
		}
		// Members are asked to sign exactly this attempt.
		let requests = Requests::get();
		assert_eq!(requests.len(), 1);
		let request = &requests[0].1;
		assert_eq!(
			request.purpose,
			Purpose::Batch { instance: INSTANCE, batch: 0, attempt: 1, input: 0 }
		);
		assert_eq!(request.message, Bitcoin::sighashes(&second.template)[0]);
		let replaced = Event::BatchReplaced {
			batch: 0,
			attempt: 1,
			txid: second.txid,
			fee_each: second.fee / 2,
		};
		assert!(events().contains(&replaced));
		// Nodes see both, and both can be broadcast once they are signed.
		let views = AssetMapping::open_batches();
		let seen: Vec<_> = views.iter().map(|view| (view.id, view.attempt, view.state)).collect();
		assert_eq!(seen, vec![(0, 0, BatchState::Signed), (0, 1, BatchState::Signing)]);
		sign_all();
		assert!(AssetMapping::batch(0, 1).unwrap().transaction.is_some());
		assert_eq!(AssetMapping::batch(0, 2), None);
	});
}

#[test]
fn batch_should_not_be_replaced_when_it_is_too_soon_or_not_signed_or_the_rate_is_about_the_same() {
	build_and_execute(|| {
		lock_in(ALICE, COIN);
		lock_out(ALICE, AMOUNT, 9_000);
		run_to_batch();
		set_fee_rate(40);
		wait();
		assert_eq!(attempts(), 1, "it is not signed");
		sign_all();
		run_to(System::block_number() + PARAMETERS.replace_after - 1);
		assert_eq!(attempts(), 1, "it is too soon");
		// 12 is less than a quarter more than 10.
		set_fee_rate(12);
		wait();
		assert_eq!(attempts(), 1, "the rate is about the same");
		set_fee_rate(13);
		wait();
		assert_eq!(attempts(), 2);
		// Nor is the new attempt replaced before it is signed.
		set_fee_rate(50);
		wait();
		assert_eq!(attempts(), 2);
		assert_eq!(stuck(), vec![]);
	});
}

#[test]
fn batch_should_not_be_replaced_when_lock_outs_are_paused_or_groups_stand_still() {
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		crate::Paused::<Test>::mutate(|paused| paused.lock_out = true);
		wait();
		assert_eq!(attempts(), 1);
		crate::Paused::<Test>::kill();
		StandStill::set(&true);
		wait();
		assert_eq!(attempts(), 1);
		StandStill::set(&false);
		run_to_batch();
		assert_eq!(attempts(), 2);
	});
}

#[test]
fn batch_should_be_replaced_by_its_own_group_when_another_is_active_by_now() {
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		ActiveGroup::set(&Some(1));
		set_fee_rate(20);
		wait();
		assert_eq!(attempts(), 2);
		assert_eq!(Requests::get()[0].1.group, 0);
	});
}

#[test]
fn intent_should_be_left_out_and_paid_later_when_the_attempt_without_it_is_confirmed() {
	build_and_execute(|| {
		let [poor, rich] = signed_batch([1_450, 20_000]);
		set_fee_rate(30);
		wait();
		let second = attempt_at(0, 1);
		assert_eq!(second.intents.to_vec(), vec![rich]);
		assert_eq!(second.change.unwrap().amount, COIN - AMOUNT);
		assert!(events().contains(&Event::LockOutLeftOut { intent: poor, batch: 0, attempt: 1 }));
		// It stays with the batch: the first attempt may still be confirmed.
		assert_eq!(Intents::<Test>::get(poor).unwrap().batch, Some(0));
		assert!(cancel(ALICE, poor).is_err());
		assert!(Queue::<Test>::get().is_empty());
		AssetMapping::do_try_state().unwrap();

		sign_all();
		witness(&settlement_by(0, 1), 0..3);
		assert!(Intents::<Test>::get(rich).is_none());
		assert_eq!(issued(), u128::from(COIN - AMOUNT));
		assert_eq!(Queue::<Test>::get().to_vec(), vec![poor]);
		assert_eq!(Intents::<Test>::get(poor).unwrap().batch, None);
		assert!(events().contains(&Event::LockOutReturned { intent: poor }));
		AssetMapping::do_try_state().unwrap();

		set_fee_rate(5);
		run_to_batch();
		assert_eq!(attempt_at(1, 0).intents.to_vec(), vec![poor]);
		sign_all();
		witness(&settlement(1), 0..3);
		assert_eq!(issued(), u128::from(COIN - 2 * AMOUNT));
	});
}

#[test]
fn all_intents_should_be_paid_once_when_the_first_attempt_is_confirmed_after_all() {
	build_and_execute(|| {
		let intents = signed_batch([1_450, 20_000]);
		set_fee_rate(30);
		wait();
		sign_all();
		let first = attempt_at(0, 0);
		witness(&settlement_by(0, 0), 0..3);
		for intent in intents {
			assert!(Intents::<Test>::get(intent).is_none());
		}
		assert!(Queue::<Test>::get().is_empty());
		assert_eq!(issued(), u128::from(COIN - 2 * AMOUNT));
		// The change is that of the attempt that was confirmed.
		let coins: Vec<_> = Utxos::<Test>::iter().map(|(at, coin)| (at, coin.amount)).collect();
		assert_eq!(coins, vec![(OutPoint { txid: first.txid, vout: 2 }, COIN - 2 * AMOUNT)]);
		assert_eq!(Attempts::<Test>::iter().count(), 0);
	});
}

#[test]
fn batch_should_be_settled_once_when_members_name_several_attempts() {
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		wait();
		// Nobody can have mined what is not signed.
		let second = settlement_by(0, 1);
		assert_eq!(submit(signed(0, second.clone())), Err(InvalidTransaction::Future.into()));
		sign_all();
		// Two of the three that it takes, for each.
		witness(&settlement_by(0, 0), 0..2);
		witness(&second, 2..4);
		assert_eq!(Batches::<Test>::count(), 1);
		run_to(System::block_number() + VOTE_LIFETIME);
		witness(&second, 0..1);
		assert_eq!(Batches::<Test>::count(), 0);
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(1, second)), stale);
		assert_eq!(issued(), u128::from(COIN - 2 * AMOUNT));
	});
}

#[test]
fn signatures_should_count_for_the_attempt_that_they_name_only() {
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		wait();
		let before = (attempt_at(0, 0), attempt_at(0, 1));
		for attempt in [0, 2, u32::MAX] {
			let purpose = Purpose::Batch { instance: INSTANCE, batch: 0, attempt, input: 0 };
			AssetMapping::on_signature(purpose, 0, [7; 64]);
			assert_eq!((attempt_at(0, 0), attempt_at(0, 1)), before);
		}
		sign_all();
		assert_eq!(attempt_at(0, 1).state, BatchState::Signed);
	});
}

#[test]
fn three_bumps_in_a_row_should_each_replace_the_last_when_fees_keep_rising() {
	build_and_execute(|| {
		let [poor, rich] = signed_batch([4_000, 28_000]);
		for (number, rate) in [(1, 20), (2, 40), (3, 80)] {
			set_fee_rate(rate);
			wait();
			assert_eq!(attempts(), number + 1);
			let (before, attempt) = (attempt_at(0, number - 1), attempt_at(0, number));
			let least = Bitcoin::replacement_fee(before.fee, before.size, attempt.size).unwrap();
			assert!(attempt.fee >= least && attempt.fee >= attempt.size * rate);
			assert_eq!(attempt.template.inputs, before.template.inputs);
			sign_all();
		}
		assert_eq!(attempt_at(0, 1).intents.to_vec(), vec![poor, rich]);
		assert_eq!(attempt_at(0, 3).intents.to_vec(), vec![rich]);
		// There are no more attempts than there may be.
		set_fee_rate(160);
		wait();
		wait();
		assert_eq!(attempts(), MAX_ATTEMPTS);
		assert_eq!(stuck(), vec![StuckReason::NoAttemptsLeft], "it is said once");
		witness(&settlement_by(0, 2), 0..3);
		assert_eq!(Attempts::<Test>::iter().count(), 0);
	});
}

#[test]
fn batch_should_stay_as_it_is_when_nobody_allows_a_higher_fee() {
	build_and_execute(|| {
		signed_batch([1_500, 1_500]);
		set_fee_rate(40);
		wait();
		wait();
		assert_eq!(attempts(), 1);
		assert_eq!(stuck(), vec![StuckReason::MaxFeesTooLow]);
		assert_eq!(Requests::get().len(), 0);
		witness(&settlement(0), 0..3);
	});
}

#[test]
fn replacement_should_pay_up_to_the_ceiling_and_not_beyond() {
	build_and_execute(|| {
		signed_batch([20_000, 20_000]);
		let first = attempt_at(0, 0);
		let ceiling = first.fee + first.size;
		Params::<Test>::mutate(|parameters| parameters.maximum_batch_fee = ceiling);
		set_fee_rate(500);
		wait();
		assert_eq!(attempt_at(0, 1).fee, ceiling.div_ceil(2) * 2);
		sign_all();
		wait();
		assert_eq!(attempts(), 2);
		assert_eq!(stuck(), vec![StuckReason::FeeAboveCeiling]);
		// It goes on when governance allows more.
		Params::<Test>::put(Parameters { fee_rate: 100, ..PARAMETERS });
		wait();
		assert_eq!(attempts(), 3);
		assert_eq!(attempt_at(0, 2).fee, first.size * 100);
	});
}

#[test]
fn batch_should_not_be_made_when_its_fee_is_above_the_ceiling() {
	build_and_execute(|| {
		lock_in(ALICE, COIN);
		let first = lock_out(ALICE, AMOUNT, 9_000);
		let second = lock_out(ALICE, AMOUNT, 9_000);
		// Enough for one, not for two.
		Params::<Test>::mutate(|parameters| parameters.maximum_batch_fee = 1_500);
		run_to_batch();
		assert_eq!(attempt_at(0, 0).intents.to_vec(), vec![first]);
		sign_all();
		witness(&settlement(0), 0..3);
		Params::<Test>::mutate(|parameters| parameters.maximum_batch_fee = 1_400);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		let skipped = crate::SkipReason::FeeAboveCeiling;
		assert!(events().contains(&Event::LockOutSkipped { intent: second, reason: skipped }));
		assert!(cancel(ALICE, second).is_ok());
	});
}

#[test]
fn nothing_should_change_when_the_signatures_of_a_replacement_cannot_be_requested() {
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		RequestsLeft::set(&0);
		wait();
		assert_eq!(attempts(), 1);
		assert_eq!(Attempts::<Test>::iter().count(), 1);
		RequestsLeft::set(&u32::MAX);
		run_to_batch();
		assert_eq!(attempts(), 2);
	});
}

#[test]
fn hook_should_stay_within_its_bound_when_it_makes_and_replaces_at_once() {
	use frame_support::traits::Hooks;
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		lock_in(BOB, COIN);
		lock_out(BOB, AMOUNT, 9_000);
		// Not in a block of batches, so that both are due in the next one.
		let now = (System::block_number() + 4 * PARAMETERS.replace_after) / INTERVAL * INTERVAL;
		System::set_block_number(now);
		let weight = AssetMapping::on_initialize(now);
		assert_eq!((attempts(), Batches::<Test>::count()), (2, 2));
		let bound = AssetMapping::max_batch_weight()
			.saturating_add(<() as crate::WeightInfo>::batch_idle());
		assert!(weight.all_lte(bound), "{weight:?} exceeds {bound:?}");
	});
}

#[test]
fn requests_should_be_withdrawn_when_an_earlier_attempt_is_confirmed() {
	build_and_execute(|| {
		signed_batch([9_000, 9_000]);
		set_fee_rate(20);
		wait();
		assert_eq!((attempts(), Requests::get().len()), (2, 1));
		check_requests();
		witness(&settlement_by(0, 0), 0..3);
		assert_eq!(Requests::get(), vec![]);
	});
}

#[test]
fn only_requests_that_are_open_should_be_withdrawn_when_some_signatures_are_there() {
	build_and_execute(|| {
		let lost = lock_in(ALICE, 30_000);
		lock_in(ALICE, 20_000);
		lock_out(ALICE, 40_000, 9_000);
		run_to_batch();
		let (first, second) = (Requests::get()[0].clone(), Requests::get()[1].clone());
		assert_eq!(attempt_at(0, 0).requests.to_vec(), vec![first.0, second.0]);
		AssetMapping::on_signature(first.1.purpose, first.0, Groups::sign(&first.1));
		Requests::set(&vec![second]);
		check_requests();
		let gone = Observation::Gone { outpoint: lost, episode: 0 };
		witness(&gone, 0..3);
		AssetMapping::give_up_batch(RuntimeOrigin::root(), 0).unwrap();
		assert_eq!(Requests::get(), vec![]);
	});
}

#[test]
fn others_should_be_replaced_when_one_batch_cannot_be() {
	build_and_execute(|| {
		// Two coins, so two signatures; and one.
		lock_in(ALICE, 30_000);
		lock_in(ALICE, 20_000);
		lock_out(ALICE, 40_000, 20_000);
		run_to_batch();
		lock_in(BOB, 60_000);
		lock_out(BOB, AMOUNT, 20_000);
		run_to_batch();
		sign_all();
		set_fee_rate(20);
		// The group has room for one.
		RequestsLeft::set(&1);
		wait();
		wait();
		let of = |batch: u64| Batches::<Test>::get(batch).unwrap();
		assert_eq!((of(0).attempts, of(0).stuck), (1, Some(StuckReason::Failed)));
		assert_eq!((of(1).attempts, of(1).stuck), (2, None));
		assert_eq!(stuck(), vec![StuckReason::Failed], "it is said once");
		check_requests();
		// It is tried again, and no more is lost than time.
		RequestsLeft::set(&2);
		run_to_batch();
		assert_eq!((of(0).attempts, of(0).stuck), (2, None));
	});
}

#[test]
fn batches_should_have_turns_when_all_of_them_are_stuck() {
	build_and_execute(|| {
		signed_batch([1_450, 1_450]);
		lock_in(BOB, COIN);
		lock_out(BOB, AMOUNT, 20_000);
		run_to_batch();
		sign_all();
		// Nobody who is paid by the first one allows so much, and the group has no room for the second one.
		set_fee_rate(30);
		RequestsLeft::set(&0);
		wait();
		wait();
		let of = |batch: u64| Batches::<Test>::get(batch).unwrap();
		assert_eq!(of(0).stuck, Some(StuckReason::MaxFeesTooLow));
		assert_eq!(of(1).stuck, Some(StuckReason::Failed));
		RequestsLeft::set(&u32::MAX);
		run_to(System::block_number() + 2 * INTERVAL);
		assert_eq!(of(0).stuck, Some(StuckReason::MaxFeesTooLow));
		assert_eq!((of(1).attempts, of(1).stuck), (2, None));
	});
}
