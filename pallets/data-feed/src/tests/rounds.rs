//! When rounds are opened, and how long they last.

use fusion_data_feed_primitives::{Kind, Margin, Rules};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

use crate::{mock::*, *};

const STALE: Result<(), TransactionValidityError> =
	Err(TransactionValidityError::Invalid(InvalidTransaction::Stale));
const FUTURE: Result<(), TransactionValidityError> =
	Err(TransactionValidityError::Invalid(InvalidTransaction::Future));

#[test]
fn answer_should_be_the_median_when_all_have_revealed() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[10_000, 10_050, 10_020, 99_999]);
		assert_eq!(fresh(feed), Some(10_020));
		assert_eq!(
			events(),
			vec![
				Event::FeedAdded { feed },
				Event::RoundOpened { feed, round: 1, by: 1, due: true },
				Event::Answered {
					feed,
					round: 1,
					value: fusion_data_feed_primitives::Value::Number(10_020),
					reports: 4,
					outliers: 1,
					unrevealed: 0,
					expires_at: START + 1_200,
				},
			]
		);
		// All were fast: the round took as many blocks as it has to.
		assert_eq!(System::block_number(), 3);
	});
}

#[test]
fn round_should_last_as_long_as_it_may_when_somebody_is_silent() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		for seed in 1..=3 {
			assert_eq!(commit(seed, feed, 100), Ok(()));
		}
		let round = RoundOf::<Test>::get(feed).unwrap();
		assert_eq!((round.reveal_from, round.closes_at), (1 + COMMIT, 1 + COMMIT + REVEAL));
		run_to(1 + COMMIT);
		assert_eq!(reveal(1, feed, 100), Ok(()));
		assert_eq!(reveal(2, feed, 100), Ok(()));
		run_to(COMMIT + REVEAL);
		assert!(RoundOf::<Test>::contains_key(feed));
		assert_eq!(reveal(3, feed, 100), Ok(()));
		next_block();
		assert_eq!(fresh(feed), Some(100));
	});
}

#[test]
fn nothing_should_be_done_when_nothing_changes() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100, 100, 100, 100]);
		let said = events().len();
		// No round, no event, and a block looks at nothing but the empty agenda.
		for _ in 0..50 {
			let number = System::block_number();
			next_block();
			let weight = DataFeed::close_due(number);
			assert_eq!(weight, <Test as Config>::WeightInfo::close_nothing());
		}
		assert_eq!(events().len(), said);
	});
}

#[test]
fn round_should_be_opened_when_the_heartbeat_is_due_even_if_the_feeder_is_benched() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[10_000; 4]);
		run_to_time(START + 60);
		// Nothing has changed, and still feeder 1 opens a round.
		play(feed, &[10_000; 4]);
		let benched = Records::<Test>::get(1);
		assert_eq!(benched.false_alarms, 1);
		assert_eq!(benched.benched_until, START + 60 + 600);
		run_to_time(START + 126);
		assert_eq!(commit(1, feed, 20_000), STALE);
		run_to_time(START + 60 + 600 - BLOCK_TIME);
		assert_eq!(commit(1, feed, 20_000), STALE);
		run_to_time(START + 60 + 600);
		assert_eq!(commit(1, feed, 20_000), Ok(()));
		assert_eq!(RoundOf::<Test>::get(feed).unwrap().early, None);
	});
}

#[test]
fn round_should_be_opened_early_when_the_value_has_changed() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[10_000; 4]);
		run_to_time(START + 60);
		play(feed, &[10_101; 4]);
		assert_eq!(fresh(feed), Some(10_101));
		assert_eq!(Records::<Test>::get(1).false_alarms, 0);
		assert_eq!(Records::<Test>::get(1).benched_until, 0);
		assert!(events().contains(&Event::RoundOpened { feed, round: 2, by: 1, due: false }));
	});
}

#[test]
fn round_should_not_be_opened_within_the_interval() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[10_000; 4]);
		run_to_time(START + 60 - BLOCK_TIME);
		assert_eq!(commit(1, feed, 20_000), FUTURE);
		next_block();
		assert_eq!(commit(1, feed, 20_000), Ok(()));
	});
}

#[test]
fn opener_should_be_benched_when_nobody_joins_an_early_round() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[10_000; 4]);
		run_to_time(START + 60);
		assert_eq!(commit(4, feed, 20_000), Ok(()));
		run_to(System::block_number() + COMMIT + REVEAL);
		assert!(events().contains(&Event::FalseAlarm {
			feed,
			round: 2,
			feeder: 4,
			until: START + 660,
		}));
		run_to_time(START + 150);
		assert_eq!(commit(4, feed, 20_000), STALE);
		// Others may.
		assert_eq!(commit(3, feed, 20_000), Ok(()));
	});
}

#[test]
fn value_around_zero_should_change_by_the_absolute_margin() {
	build_and_execute(|| {
		let margin = Margin { relative: 0, absolute: 5 };
		let kind = Kind::Integer { min: -100, max: 100 };
		let feed = add_feed(Rules { kind, deviation: margin, tolerance: margin, ..rules() });
		play(feed, &[0, -1, 1, 2]);
		assert_eq!(fresh(feed), Some(0));
		run_to_time(START + 60);
		play(feed, &[-6; 4]);
		assert_eq!(Records::<Test>::get(1).false_alarms, 0);
		run_to_time(START + 120);
		play(feed, &[-2; 4]);
		assert_eq!(Records::<Test>::get(1).false_alarms, 1);
	});
}
