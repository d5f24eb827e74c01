//! What witnesses earn, and how it is paid.

use crate::{mock::*, Error, Event, PayOwed, PayParameters, Subject};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use fusion_asset_mapping_primitives::{upkeep::WorkPay, Observation};
use proptest::prelude::*;
use sp_runtime::DispatchError;

const TERMS: PayParameters<u128> = PayParameters { initiating: 50, confirming: 10, most: 100 };

fn set_terms(parameters: PayParameters<u128>) {
	assert_ok!(AssetMapping::set_pay(RuntimeOrigin::root(), parameters));
}

/// The account can pay so much, and stays alive.
fn fund(amount: u128) {
	let pot = AssetMapping::account_id();
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), pot, amount + 1));
}

fn balance_of(i: u8) -> u128 {
	Balances::balance(&member_account(i))
}

/// What the members have of (initiating, confirming), unpaid.
fn unpaid(members: std::ops::Range<u8>) -> Vec<(u128, u128)> {
	members
		.map(|i| AssetMapping::pay_of(&member_account(i)))
		.map(|pay| (pay.initiating.unpaid, pay.confirming.unpaid))
		.collect()
}

fn works(i: u8) -> (u64, u64) {
	let pay = AssetMapping::pay_of(&member_account(i));
	(pay.initiating.works, pay.confirming.works)
}

fn claim(i: u8) -> sp_runtime::DispatchResult {
	// Whoever wants to may ask for it.
	AssetMapping::claim_pay(RuntimeOrigin::signed(BOB), member_account(i))
}

#[test]
fn votes_that_decide_should_be_paid_when_a_deposit_is_witnessed() {
	build_and_execute(|| {
		set_terms(TERMS);
		fund(1_000);
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		witness(&observation, [2, 0]);
		assert_eq!(unpaid(0..4), vec![(0, 0); 4], "nothing is decided");
		witness(&observation, [1]);
		assert_eq!(unpaid(0..4), vec![(0, 10), (0, 10), (50, 10), (0, 0)]);
		assert_eq!([works(0), works(2), works(3)], [(0, 1), (1, 1), (0, 0)]);
		assert_eq!(PayOwed::<Test>::get(), 80);
		assert_eq!(AssetMapping::pay_pot(), 920);
		let Observation::Deposit { outpoint, .. } = observation else { unreachable!() };
		let subject = Subject::Deposit(outpoint);
		assert!(events().contains(&Event::WitnessesEarned { subject, amount: 80 }));
	});
}

#[test]
fn votes_should_be_paid_when_a_transaction_is_confirmed() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		lock_out(ALICE, 20_000, 5_000);
		run_to_batch();
		sign_all();
		set_terms(TERMS);
		fund(1_000);
		witness(&settlement(0), [3, 1, 0]);
		assert_eq!(unpaid(0..4), vec![(0, 10), (0, 10), (0, 0), (50, 10)]);
	});
}

#[test]
fn wrong_and_late_words_should_earn_nothing() {
	build_and_execute(|| {
		set_terms(TERMS);
		fund(1_000);
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		// The first one says something else than the others.
		witness(&deposit_at(outpoint, index, 5_001), [0]);
		witness(&deposit_at(outpoint, index, 5_000), 1..4);
		assert_eq!(unpaid(0..4), vec![(0, 0), (50, 10), (0, 10), (0, 10)]);
		// Decided is decided.
		let index = request_lock_in(ALICE);
		let other = deposit(index, 6_000);
		witness(&other, 0..3);
		assert!(submit(signed(3, other)).is_err());
		assert_eq!(works(3), (0, 1));
	});
}

#[test]
fn what_is_said_of_dust_and_of_coins_that_are_gone_should_not_be_paid() {
	build_and_execute(|| {
		set_terms(TERMS);
		fund(1_000);
		let index = request_lock_in(ALICE);
		witness(&deposit(index, PARAMETERS.minimum_deposit - 1), 0..3);
		assert_eq!(works(0), (0, 0));
		let outpoint = lock_in(ALICE, 5_000);
		assert_eq!(works(0), (1, 1));
		witness(&Observation::Gone { outpoint, episode: 0 }, 0..3);
		witness(&Observation::Back { outpoint, episode: 0 }, 0..3);
		assert_eq!(works(0), (1, 1));
		assert_eq!(PayOwed::<Test>::get(), 80);
	});
}

#[test]
fn no_more_should_be_paid_when_as_much_was_decided_in_a_bucket_as_is_paid() {
	build_and_execute(|| {
		set_terms(PayParameters { most: 2, ..TERMS });
		fund(1_000);
		run_to(BUCKET);
		for _ in 0..3 {
			lock_in(ALICE, 5_000);
		}
		assert_eq!(works(0), (3, 3), "all of it is counted");
		assert_eq!(unpaid(0..1), vec![(100, 20)]);
		run_to(2 * BUCKET - 1);
		lock_in(ALICE, 5_000);
		assert_eq!(unpaid(0..1), vec![(100, 20)]);
		run_to(2 * BUCKET);
		lock_in(ALICE, 5_000);
		assert_eq!(unpaid(0..1), vec![(150, 30)]);
	});
}

#[test]
fn less_should_be_earned_when_the_account_cannot_pay_it() {
	build_and_execute(|| {
		set_terms(TERMS);
		lock_in(ALICE, 5_000);
		assert_eq!(PayOwed::<Test>::get(), 0, "nothing is owed by an empty account");
		assert_eq!(works(0), (1, 1));
		fund(65);
		lock_in(ALICE, 5_000);
		assert_eq!(unpaid(0..4), vec![(50, 10), (0, 5), (0, 0), (0, 0)]);
		assert_eq!(AssetMapping::pay_pot(), 0);
	});
}

#[test]
fn account_should_be_paid_once_when_somebody_asks_for_it() {
	build_and_execute(|| {
		set_terms(TERMS);
		fund(1_000);
		assert_noop!(claim(0), Error::<Test>::NothingEarned);
		lock_in(ALICE, 5_000);
		assert_ok!(claim(0));
		assert_eq!(balance_of(0), 60);
		let paid = Event::WitnessPaid { who: member_account(0), initiating: 50, confirming: 10 };
		assert_eq!(events().last(), Some(&paid));
		assert_noop!(claim(0), Error::<Test>::NothingEarned);
		let pay = AssetMapping::pay_of(&member_account(0));
		assert_eq!(pay.initiating, WorkPay { works: 1, unpaid: 0 });
		assert_ok!(claim(1));
		assert_eq!((PayOwed::<Test>::get(), AssetMapping::pay_pot()), (10, 920));
		assert_noop!(
			AssetMapping::claim_pay(RuntimeOrigin::root(), member_account(2)),
			DispatchError::BadOrigin
		);
		assert_noop!(
			AssetMapping::set_pay(RuntimeOrigin::signed(GUARD), TERMS),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn sums_should_be_found_wrong_when_they_are_damaged() {
	new_test_ext().execute_with(|| {
		set_terms(TERMS);
		fund(1_000);
		lock_in(ALICE, 5_000);
		PayOwed::<Test>::put(79);
		assert_eq!(
			AssetMapping::do_try_state(),
			Err("the sum of what witnesses have earned is wrong".into())
		);
		PayOwed::<Test>::put(80);
		fund(0);
		assert_eq!(
			AssetMapping::do_try_state(),
			Err("what witnesses have earned is missing from the account of the pallet".into())
		);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn everybody_should_be_paid_what_was_earned_when_pots_and_prices_are_random(
		steps in prop::collection::vec(
			(0..4u8, 0..200u128, (0..100u128, 0..100u128, 0..4u32), 0..5u8),
			1..24,
		),
	) {
		build_and_execute(|| {
			let pot = AssetMapping::account_id();
			let mut given = 0;
			let mut paid = 0;
			for (kind, gift, (initiating, confirming, most), who) in steps {
				match kind {
					0 => {
						given += gift;
						let now = Balances::balance(&pot);
						let all = if now == 0 { gift + 1 } else { now + gift };
						assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), pot, all));
					},
					1 => set_terms(PayParameters { initiating, confirming, most }),
					2 => {
						lock_in(ALICE, 5_000);
						run_to(System::block_number() + u32::from(who));
					},
					_ => {
						let due = AssetMapping::pay_of(&member_account(who));
						let due = due.initiating.unpaid + due.confirming.unpaid;
						let before = balance_of(who);
						assert_eq!(claim(who).is_ok(), due > 0);
						assert_eq!(balance_of(who) - before, due);
						paid += due;
					},
				}
				assert!(paid + PayOwed::<Test>::get() <= given, "more than was given");
				AssetMapping::do_try_state().unwrap();
			}
		});
	}
}
