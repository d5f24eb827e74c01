//! Coins that are gone, the deficit, and pauses by the pallet itself.

use crate::{
	flows::BUCKETS, mock::*, Batches, Deficit, DepositOutcome, Deposits, Error, Event, GoneCoins,
	HaltReason, Halted, Intents, PausedDirections, Queue, Utxos,
};
use frame_support::{assert_noop, assert_ok};
use fusion_asset_mapping_primitives::{Observation, OutPoint, Reserves};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};

const FEE: u64 = 5_000;
const STALE: Result<(), TransactionValidityError> =
	Err(TransactionValidityError::Invalid(InvalidTransaction::Stale));

fn gone(outpoint: OutPoint, episode: u32) -> Observation {
	Observation::Gone { outpoint, episode }
}

fn back(outpoint: OutPoint, episode: u32) -> Observation {
	Observation::Back { outpoint, episode }
}

fn resume() -> sp_runtime::DispatchResult {
	AssetMapping::resume(RuntimeOrigin::signed(GUARD))
}

#[test]
fn deficit_should_be_recorded_and_all_be_paused_when_a_coin_is_gone() {
	build_and_execute(|| {
		let lost = lock_in(ALICE, 50_000);
		lock_in(BOB, 30_000);
		witness(&gone(lost, 0), 0..2);
		assert_eq!(AssetMapping::reserves().held, 80_000, "two of three that it takes");
		witness(&gone(lost, 0), 2..3);
		let expected =
			Reserves { held: 30_000, deficit: 50_000, issued: 80_000, ..Default::default() };
		assert_eq!(AssetMapping::reserves(), expected);
		assert_eq!(Halted::<Test>::get(), Some(HaltReason::CoinGone));
		let reported = Event::CoinGone { outpoint: lost, amount: 50_000, deficit: 50_000 };
		assert!(events().contains(&reported));
		assert!(events().contains(&Event::Halted { reason: HaltReason::CoinGone }));
		assert_eq!(AssetMapping::coins(None, 10).len(), 1);
		assert_eq!(AssetMapping::gone_coins(None, 10)[0].outpoint, lost);

		// Nothing goes on.
		assert_eq!(AssetMapping::paused(), PausedDirections { lock_in: true, lock_out: true });
		assert_noop!(
			AssetMapping::do_request_lock_in(ALICE, address(1).as_bytes(), u32::MAX),
			Error::<Test>::DirectionPaused
		);
		assert_noop!(
			AssetMapping::do_request_lock_out(BOB, 10_000, address(1).as_bytes(), FEE),
			Error::<Test>::DirectionPaused
		);
		assert!(submit(signed(0, deposit(0, 5_000))).is_err());
		assert_eq!(submit(signed(3, gone(lost, 0))), STALE);
	});
}

#[test]
fn things_should_go_on_when_governance_says_so() {
	build_and_execute(|| {
		assert_noop!(resume(), Error::<Test>::NotHalted);
		let lost = lock_in(ALICE, 50_000);
		lock_in(BOB, 30_000);
		lock_out(BOB, 10_000, FEE);
		witness(&gone(lost, 0), 0..3);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		assert_noop!(AssetMapping::resume(RuntimeOrigin::signed(ALICE)), DispatchError::BadOrigin);
		assert_ok!(resume());
		assert_eq!(events().last(), Some(&Event::Resumed));
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 1);
		// The deficit stays on record.
		assert_eq!(Deficit::<Test>::get(), 50_000);
	});
}

#[test]
fn what_governance_paused_should_stay_paused_when_the_pallet_resumes() {
	build_and_execute(|| {
		let lost = lock_in(ALICE, 50_000);
		let paused = PausedDirections { lock_in: false, lock_out: true };
		AssetMapping::set_paused(RuntimeOrigin::signed(GUARD), paused).unwrap();
		witness(&gone(lost, 0), 0..3);
		assert_ok!(resume());
		assert_eq!(AssetMapping::paused(), paused);
	});
}

#[test]
fn fee_reserve_should_make_up_first_when_a_coin_is_gone() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		for _ in 0..3 {
			witness(&deposit(index, 900), 0..3);
		}
		assert_eq!(AssetMapping::reserves().surplus(), 2_700);
		let lost = lock_in(ALICE, 50_000);
		witness(&gone(lost, 0), 0..3);
		assert_eq!(Deficit::<Test>::get(), 47_300);
		assert_eq!(AssetMapping::reserves().surplus(), 0);
	});
}

#[test]
fn coin_should_return_to_the_ledger_when_it_is_back() {
	build_and_execute(|| {
		let lost = lock_in(ALICE, 50_000);
		assert_eq!(submit(signed(0, back(lost, 0))), STALE, "it is there");
		witness(&gone(lost, 0), 0..3);
		// It is no new deposit.
		assert!(submit(signed(0, deposit_at(lost, 0, 50_000))).is_err());
		witness(&back(lost, 0), 0..3);
		let expected = Reserves { held: 50_000, issued: 50_000, ..Default::default() };
		assert_eq!(AssetMapping::reserves(), expected);
		assert_eq!(balance(ALICE), 50_000);
		assert_eq!(Utxos::<Test>::get(lost).unwrap().episode, 1);
		assert_eq!(GoneCoins::<Test>::iter().count(), 0);
		// Old words cannot be said again by others.
		assert_eq!(submit(signed(0, gone(lost, 0))), STALE);
		witness(&gone(lost, 1), 0..3);
		assert_eq!(submit(signed(0, back(lost, 0))), STALE);
		assert_eq!(Deficit::<Test>::get(), 50_000);
		witness(&back(lost, 1), 0..3);
		assert_ok!(resume());
		lock_out(ALICE, 50_000, FEE);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 1);
	});
}

#[test]
fn gone_should_be_refused_when_it_is_of_no_coin_of_ours_or_of_no_member() {
	build_and_execute(|| {
		let coin = lock_in(ALICE, 50_000);
		assert_eq!(submit(signed(0, gone(new_outpoint(), 0))), STALE);
		assert_eq!(submit(signed(0, gone(coin, 1))), STALE);
		assert_eq!(
			submit(signed(MEMBERS, gone(coin, 0))),
			Err(InvalidTransaction::BadSigner.into())
		);
	});
}

#[test]
fn deficit_should_go_down_when_mapped_coins_are_burnt_for_it() {
	build_and_execute(|| {
		let cover = |who, amount| AssetMapping::cover_deficit(RuntimeOrigin::signed(who), amount);
		let lost = lock_in(ALICE, 50_000);
		lock_in(BOB, 70_000);
		assert_noop!(cover(BOB, 1), Error::<Test>::NoDeficit);
		witness(&gone(lost, 0), 0..3);
		assert_noop!(cover(CHARLIE, 1), Error::<Test>::NotEnoughMappedCoins);
		assert_ok!(cover(BOB, 20_000));
		assert_eq!(Deficit::<Test>::get(), 30_000);
		let covered = Event::DeficitCovered { who: BOB, amount: 20_000, deficit: 30_000 };
		assert_eq!(events().last(), Some(&covered));
		// Not more than is missing.
		assert_ok!(cover(BOB, u64::MAX));
		assert_eq!(balance(BOB), 20_000);
		assert_eq!(Deficit::<Test>::get(), 0);
		assert_eq!((issued(), AssetMapping::reserves().held), (70_000, 70_000));
	});
}

#[test]
fn deficit_should_go_down_when_coins_come_in_for_the_reserves() {
	build_and_execute(|| {
		let lost = lock_in(ALICE, 50_000);
		witness(&gone(lost, 0), 0..3);
		assert_noop!(
			AssetMapping::request_reserve_address(RuntimeOrigin::signed(GUARD)),
			DispatchError::BadOrigin
		);
		assert_ok!(AssetMapping::request_reserve_address(RuntimeOrigin::root()));
		let index = 1;
		// While everything else waits.
		assert!(submit(signed(0, deposit(0, 5_000))).is_err());
		let outpoint = new_outpoint();
		witness(&deposit_at(outpoint, index, 20_000), 0..3);
		assert_eq!(Deposits::<Test>::get(outpoint).unwrap().outcome, DepositOutcome::Reserve);
		assert_eq!((Deficit::<Test>::get(), issued()), (30_000, 50_000));
		// What is too small elsewhere counts here, and what is more than is missing is a reserve.
		witness(&deposit(index, 1), 0..3);
		witness(&deposit(index, 40_000), 0..3);
		assert_eq!(Deficit::<Test>::get(), 0);
		assert_eq!(AssetMapping::reserves().surplus(), 10_001);
		assert_eq!(balance(AssetMapping::account_id()), 0);
		assert_eq!(Halted::<Test>::get(), Some(HaltReason::CoinGone));
		assert_ok!(resume());
	});
}

#[test]
fn delayed_deposit_should_not_be_credited_when_its_coin_is_gone() {
	build_and_execute(|| {
		crate::Params::<Test>::mutate(|parameters| {
			parameters.maximum_deposit = Some(50_000);
			parameters.deposits_per_window = Some(50_000);
		});
		lock_in(ALICE, 50_000);
		let delayed = lock_in(BOB, 40_000);
		assert_eq!(Deposits::<Test>::get(delayed).unwrap().outcome, DepositOutcome::Delayed);
		witness(&gone(delayed, 0), 0..3);
		assert_ok!(resume());
		run_to(BUCKET * BUCKETS);
		let claim = || AssetMapping::claim_deposit(RuntimeOrigin::signed(BOB), delayed);
		assert_noop!(claim(), Error::<Test>::DepositGone);
		assert_eq!((balance(BOB), Deficit::<Test>::get()), (0, 40_000));
		witness(&back(delayed, 0), 0..3);
		assert_ok!(claim());
		assert_eq!((balance(BOB), Deficit::<Test>::get()), (40_000, 0));
	});
}

#[test]
fn refund_should_wait_when_the_coin_of_its_deposit_is_gone() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let index = request_lock_in(BOB);
		let late = new_outpoint();
		witness(&deposit_when(late, index, 30_000, u32::MAX), 0..3);
		let refund = 0;
		let lock_out = lock_out(ALICE, 20_000, FEE);
		witness(&gone(late, 0), 0..3);
		assert_ok!(resume());
		run_to_batch();
		// Others go before it, which are paid by the coins that are there.
		assert_eq!(attempt_at(0, 0).intents.to_vec(), vec![lock_out]);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![refund]);
		let reason = crate::SkipReason::DepositGone;
		assert!(events().contains(&Event::LockOutSkipped { intent: refund, reason }));
		sign_all();
		witness(&settlement(0), 0..3);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		AssetMapping::do_try_state().unwrap();

		witness(&back(late, 0), 0..3);
		run_to_batch();
		assert_eq!(attempt_at(1, 0).intents.to_vec(), vec![refund]);
	});
}

/// A signed batch that spends two coins, of which the first is gone.
fn broken_batch() -> (OutPoint, OutPoint) {
	let lost = lock_in(ALICE, 30_000);
	let other = lock_in(ALICE, 20_000);
	lock_out(ALICE, 40_000, FEE);
	run_to_batch();
	sign_all();
	assert_eq!(Batches::<Test>::get(0).unwrap().inputs.to_vec(), vec![lost, other]);
	witness(&gone(lost, 0), 0..3);
	AssetMapping::do_try_state().unwrap();
	(lost, other)
}

#[test]
fn batch_should_be_given_up_when_governance_says_that_its_coin_was_double_spent() {
	build_and_execute(|| {
		let give_up = |origin| AssetMapping::give_up_batch(origin, 0);
		let (_, other) = broken_batch();
		assert_noop!(give_up(RuntimeOrigin::signed(GUARD)), DispatchError::BadOrigin);
		assert_ok!(give_up(RuntimeOrigin::root()));
		assert_eq!(Utxos::<Test>::get(other).unwrap().reserved, None);
		assert_eq!(Intents::<Test>::get(0).unwrap().batch, None);
		assert_eq!(Queue::<Test>::get().to_vec(), vec![0]);
		assert!(events().contains(&Event::BatchGivenUp { batch: 0 }));
		assert_noop!(give_up(RuntimeOrigin::root()), Error::<Test>::UnknownBatch);
		AssetMapping::do_try_state().unwrap();
		// It waits until coins come in for what is missing, or gets its mapped coins back.
		assert_ok!(resume());
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 0);
		assert_ok!(cancel(ALICE, 0));
		assert_eq!(balance(ALICE), 50_000);
	});
}

#[test]
fn batch_should_not_be_given_up_when_it_can_be_confirmed() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		assert_noop!(
			AssetMapping::give_up_batch(RuntimeOrigin::root(), 0),
			Error::<Test>::BatchNotBroken
		);
	});
}

#[test]
fn batch_should_be_settled_when_its_coin_was_there_after_all() {
	build_and_execute(|| {
		broken_batch();
		assert_eq!(Deficit::<Test>::get(), 30_000);
		witness(&settlement(0), 0..3);
		let expected = Reserves { held: 10_000, issued: 10_000, ..Default::default() };
		assert_eq!(AssetMapping::reserves(), expected);
		assert_eq!(GoneCoins::<Test>::iter().count(), 0);
	});
}

#[test]
fn coin_should_belong_to_its_batch_again_when_it_is_back() {
	build_and_execute(|| {
		let (lost, _) = broken_batch();
		witness(&back(lost, 0), 0..3);
		assert_eq!(Utxos::<Test>::get(lost).unwrap().reserved, Some(0));
		AssetMapping::do_try_state().unwrap();
		witness(&settlement(0), 0..3);
		assert_eq!(AssetMapping::reserves().held, 10_000);
	});
	build_and_execute(|| {
		let (lost, _) = broken_batch();
		assert_ok!(AssetMapping::give_up_batch(RuntimeOrigin::root(), 0));
		witness(&back(lost, 0), 0..3);
		assert_eq!(Utxos::<Test>::get(lost).unwrap().reserved, None);
	});
}

#[test]
fn broken_batch_should_not_be_replaced_when_the_fee_rate_has_risen() {
	build_and_execute(|| {
		broken_batch();
		assert_ok!(resume());
		crate::Params::<Test>::mutate(|parameters| parameters.fee_rate = 30);
		run_to(System::block_number() + 2 * PARAMETERS.replace_after);
		assert_eq!(Batches::<Test>::get(0).unwrap().attempts, 1);
		let stuck = Event::BatchStuck { batch: 0, reason: crate::StuckReason::CoinGone };
		assert!(events().contains(&stuck));
	});
}

#[test]
fn pallet_should_pause_when_its_reserves_are_short() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		run_to_batch();
		assert_eq!(Halted::<Test>::get(), None);
		// It cannot happen but by a fault: coins are minted out of nothing.
		crate::ext::assets::mint::<Test, ()>(&BOB, 1).unwrap();
		run_to_batch();
		assert_eq!(Halted::<Test>::get(), Some(HaltReason::ReservesShort));
		assert!(events().contains(&Event::ReservesShort { missing: 1, deficit: 1 }));
		let once = events().len();
		run_to_batch();
		assert_eq!((Deficit::<Test>::get(), events().len()), (1, once), "it is known by now");
		// More of it, which nobody has noted yet.
		crate::ext::assets::mint::<Test, ()>(&BOB, 2).unwrap();
		assert_noop!(resume(), Error::<Test>::ReservesShort);
		run_to_batch();
		assert_eq!(Deficit::<Test>::get(), 3);
	});
}

#[test]
fn pallet_should_go_on_when_what_its_reserves_lacked_is_made_up_for() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		crate::ext::assets::mint::<Test, ()>(&BOB, 30_000).unwrap();
		run_to_batch();
		assert_eq!(Deficit::<Test>::get(), 30_000);
		assert_ok!(AssetMapping::cover_deficit(RuntimeOrigin::signed(BOB), 20_000));
		assert_ok!(AssetMapping::request_reserve_address(RuntimeOrigin::root()));
		witness(&deposit(1, 10_000), 0..3);
		assert_eq!(Deficit::<Test>::get(), 0);
		assert_ok!(resume());
		run_to_batch();
		assert_eq!(Halted::<Test>::get(), None);
		lock_out(ALICE, 20_000, FEE);
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), 1);
	});
}
