//! What rounds end with.

use fusion_data_feed_primitives::{Rules, Value};

use crate::{mock::*, *};

/// The feeders that commit, and of these those that reveal.
fn partly(numbers: &[i128], revealing: u8) -> u32 {
	let feed = add_feed(rules());
	for (seed, number) in (1..).zip(numbers) {
		assert_eq!(commit(seed, feed, *number), Ok(()));
	}
	let from = RoundOf::<Test>::get(feed).unwrap().reveal_from;
	run_to(from);
	for (seed, number) in (1..=revealing).zip(numbers) {
		assert_eq!(reveal(seed, feed, *number), Ok(()));
	}
	run_to(from + REVEAL);
	assert_eq!(RoundOf::<Test>::get(feed), None);
	feed
}

fn failed(feed: u32, reason: Failure, reports: u32, unrevealed: u32) {
	let event = Event::RoundFailed { feed, round: 1, reason, reports, unrevealed };
	assert!(events().contains(&event), "{:?}", events());
	assert_eq!(AnswerOf::<Test>::get(feed), None);
	assert_eq!(Told::get(), vec![]);
}

#[test]
fn round_should_have_no_answer_when_too_few_reveal() {
	build_and_execute(|| {
		let feed = partly(&[100; 4], 2);
		failed(feed, Failure::NoQuorum, 2, 2);
		assert_eq!(Records::<Test>::get(3).unrevealed, 1);
		assert_eq!(Records::<Test>::get(1).unrevealed, 0);
		assert_eq!(Records::<Test>::get(1).owed, 0);
	});
}

#[test]
fn round_should_have_an_answer_when_just_enough_reveal() {
	build_and_execute(|| {
		let feed = partly(&[100; 4], 3);
		assert_eq!(fresh(feed), Some(100));
		assert_eq!(Records::<Test>::get(4).unrevealed, 1);
		assert_eq!(Told::get(), vec![(feed, Value::Number(100), None)]);
	});
}

#[test]
fn round_should_have_no_answer_when_feeders_do_not_agree() {
	build_and_execute(|| {
		let feed = partly(&[100, 200, 300, 400], 4);
		failed(feed, Failure::NoAgreement, 4, 0);
		// It cannot be known who is wrong.
		assert_eq!(Records::<Test>::get(1).outliers, 0);
	});
}

#[test]
fn quorum_should_be_of_the_feeders_at_the_opening() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		assert_eq!(commit(1, feed, 100), Ok(()));
		// Fewer feeders do not make it easier.
		seat(1);
		run_to(1 + COMMIT);
		assert_eq!(reveal(1, feed, 100), Ok(()));
		next_block();
		failed(feed, Failure::NoQuorum, 1, 0);
	});
}

#[test]
fn round_should_be_tried_again_when_it_failed() {
	build_and_execute(|| {
		let feed = partly(&[100; 4], 1);
		run_to_time(START + 60);
		assert_eq!(round_of(feed), 2);
		play(feed, &[100; 4]);
		assert_eq!(fresh(feed), Some(100));
	});
}

#[test]
fn answer_before_should_stay_when_a_round_fails() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		run_to_time(START + 600);
		assert_eq!(commit(1, feed, 200), Ok(()));
		run_to(System::block_number() + COMMIT + REVEAL);
		assert_eq!(fresh(feed), Some(100));
		run_to_time(START + 1_200);
		assert_eq!(fresh(feed), None);
	});
}

#[test]
fn rounds_should_be_closed_in_order_and_some_in_each_block() {
	build_and_execute(|| {
		for _ in 0..MAX_FEEDS {
			let feed = add_feed(rules());
			assert_eq!(commit(1, feed, 100), Ok(()));
		}
		run_to(COMMIT + REVEAL);
		for left in [5, 3, 1, 0] {
			assert_eq!(Agenda::<Test>::get().len(), left);
			next_block();
		}
		let closed: Vec<_> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::RoundFailed { feed, .. } => Some(feed),
				_ => None,
			})
			.collect();
		assert_eq!(closed, vec![0, 1, 2, 3, 4]);
	});
}

#[test]
fn others_should_be_told_of_the_answer_and_the_one_before() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100; 4]);
		run_to_time(START + 60);
		play(feed, &[150; 4]);
		let (first, second) = (Value::Number(100), Value::Number(150));
		assert_eq!(Told::get(), vec![(feed, first.clone(), None), (feed, second, Some(first))]);
	});
}

#[test]
fn single_feeder_should_do_when_the_rules_say_so_and_not_when_they_do_not() {
	build_and_execute(|| {
		seat(1);
		let feed = add_feed(rules());
		play(feed, &[100]);
		assert_eq!(fresh(feed), Some(100));
		let strict = add_feed(Rules { min_reports: 2, ..rules() });
		assert!(commit(1, strict, 100).is_err());
	});
}
