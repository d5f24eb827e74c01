//! An old value is never given as a new one.

use fusion_data_feed_primitives::Reading;

use crate::{mock::*, *};

#[test]
fn answer_should_be_stale_when_its_lifetime_is_over() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		let answer = AnswerOf::<Test>::get(feed).unwrap();
		assert_eq!(answer.started_at, START);
		assert_eq!(answer.expires_at, START + 1_200);
		set_time(START + 1_199);
		assert_eq!(read(feed), Reading::Fresh(answer.clone()));
		set_time(START + 1_200);
		assert_eq!(read(feed), Reading::Stale(answer));
		assert_eq!(fresh(feed), None);
	});
}

#[test]
fn answer_should_be_stale_after_an_hour_without_blocks() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		// One block later, by height.
		next_block_at(now() + 3_600);
		assert_eq!(fresh(feed), None);
		// And the next round is due at once.
		play(feed, &[200; 4]);
		assert_eq!(fresh(feed), Some(200));
	});
}

#[test]
fn round_should_have_no_answer_when_there_were_no_blocks_in_the_middle_of_it() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		for seed in 1..=4 {
			assert_eq!(commit(seed, feed, 100), Ok(()));
		}
		// What was committed to before the hour is revealed behind it.
		next_block_at(now() + 3_600);
		for seed in 1..=4 {
			assert_eq!(reveal(seed, feed, 100), Ok(()));
		}
		next_block();
		assert_eq!(AnswerOf::<Test>::get(feed), None);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::RoundFailed { reason: Failure::Expired, .. })));
	});
}

#[test]
fn opener_should_not_be_benched_when_an_early_round_expired() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		run_to_time(START + 60);
		for seed in 1..=4 {
			assert_eq!(commit(seed, feed, 200), Ok(()));
		}
		next_block_at(now() + 3_600);
		for seed in 1..=4 {
			assert_eq!(reveal(seed, feed, 200), Ok(()));
		}
		next_block();
		assert_eq!(Records::<Test>::get(1).false_alarms, 0);
	});
}

#[test]
fn age_should_count_from_the_opening_when_reveals_take_long() {
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
		let answer = AnswerOf::<Test>::get(feed).unwrap();
		assert_eq!(answer.started_at, START);
		assert!(answer.updated_at > START);
		assert_eq!(answer.expires_at, START + 1_200);
	});
}
