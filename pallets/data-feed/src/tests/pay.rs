//! What feeders earn.

use frame_support::{assert_noop, assert_ok};
use fusion_data_feed_primitives::Rules;

use crate::{mock::*, *};

fn owed(feeder: u64) -> u128 {
	Records::<Test>::get(feeder).owed
}

#[test]
fn feeder_should_earn_more_when_it_is_faster_and_closer() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		// In the first block, exact; then close; then later.
		assert_eq!(commit(1, feed, 10_000), Ok(()));
		assert_eq!(commit(2, feed, 9_950), Ok(()));
		next_block();
		assert_eq!(commit(3, feed, 10_000), Ok(()));
		next_block();
		assert_eq!(commit(4, feed, 30_000), Ok(()));
		next_block();
		for (seed, number) in [(1, 10_000), (2, 9_950), (3, 10_000), (4, 30_000)] {
			assert_eq!(reveal(seed, feed, number), Ok(()));
		}
		next_block();
		assert_eq!(fresh(feed), Some(10_000));
		// A thousand each: half for speed, half for being close.
		assert_eq!(owed(1), 1_000);
		assert_eq!(owed(2), 750);
		assert_eq!(owed(3), 833);
		assert_eq!(owed(4), 0);
		assert_eq!(Records::<Test>::get(4).outliers, 1);
		assert_eq!(Records::<Test>::get(1).good, 1);
		assert_eq!(Owed::<Test>::get(), 2_583);
	});
}

#[test]
fn others_should_not_earn_more_when_one_is_silent() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		for seed in 1..=3 {
			assert_eq!(commit(seed, feed, 100), Ok(()));
		}
		run_to(1 + COMMIT);
		for seed in 1..=3 {
			assert_eq!(reveal(seed, feed, 100), Ok(()));
		}
		next_block();
		assert_eq!(owed(1), 1_000);
		assert_eq!(Owed::<Test>::get(), 3_000);
	});
}

#[test]
fn nobody_should_earn_when_a_round_was_needless() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		let before = Owed::<Test>::get();
		run_to_time(START + 60);
		play(feed, &[100; 4]);
		assert_eq!(Owed::<Test>::get(), before);
		// The answer is new all the same.
		assert_eq!(AnswerOf::<Test>::get(feed).unwrap().round, 2);
		run_to_time(START + 660);
		play(feed, &[100; 4]);
		assert_eq!(Owed::<Test>::get(), before + REWARD);
	});
}

#[test]
fn feeder_should_be_paid_what_it_earned_once() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		assert_ok!(DataFeed::claim_pay(RuntimeOrigin::signed(50), 2));
		assert_eq!(Balances::free_balance(2), 1_000);
		assert_eq!(Balances::free_balance(DataFeed::pot()), POT - 1_000);
		assert_eq!(events().last(), Some(&Event::Paid { feeder: 2, amount: 1_000 }));
		assert_noop!(
			DataFeed::claim_pay(RuntimeOrigin::signed(2), 2),
			Error::<Test>::NothingEarned
		);
		assert_noop!(
			DataFeed::claim_pay(RuntimeOrigin::signed(2), 77),
			Error::<Test>::NothingEarned
		);
	});
}

#[test]
fn pot_should_never_owe_more_than_it_has() {
	build_and_execute(|| {
		let pot = DataFeed::pot();
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), pot, 6_001));
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		assert_eq!(Owed::<Test>::get(), 4_000);
		run_to_time(START + 600);
		play(feed, &[100; 4]);
		assert_eq!(Owed::<Test>::get(), 6_000);
		run_to_time(START + 1_200);
		play(feed, &[100; 4]);
		assert_eq!(Owed::<Test>::get(), 6_000);
		for feeder in 1..=4 {
			assert_ok!(DataFeed::claim_pay(RuntimeOrigin::signed(1), feeder));
			assert_eq!(Balances::free_balance(feeder), 1_500);
		}
		assert_eq!(Balances::free_balance(pot), 1);
	});
}

#[test]
fn feed_should_be_fed_when_it_pays_nothing() {
	build_and_execute(|| {
		let feed = add_feed(Rules { reward: 0, ..rules() });
		play(feed, &[100; 4]);
		assert_eq!(fresh(feed), Some(100));
		assert_eq!(Owed::<Test>::get(), 0);
	});
}

#[test]
fn record_should_be_forgotten_when_its_account_feeds_no_more_and_is_owed_nothing() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		let forget = |account| DataFeed::forget_record(RuntimeOrigin::signed(50), account);
		assert_noop!(forget(4), Error::<Test>::RecordInUse);
		seat(3);
		assert_noop!(forget(4), Error::<Test>::RecordInUse);
		assert_ok!(DataFeed::claim_pay(RuntimeOrigin::signed(50), 4));
		assert_ok!(forget(4));
		assert_eq!(DataFeed::record(&4), None);
		assert_noop!(forget(4), Error::<Test>::RecordInUse);
		assert_eq!(DataFeed::record(&3).map(|record| record.owed), Some(1_000));
	});
}
