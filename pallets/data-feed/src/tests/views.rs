//! What is read.

use frame_support::assert_ok;
use fusion_data_feed_primitives::{
	api::{Action, Phase},
	Rules, Value,
};

use crate::{mock::*, *};

fn action(seed: u8, feed: u32) -> Option<Action> {
	let duty = DataFeed::duties(&key(seed)).into_iter().find(|duty| duty.feed == feed)?;
	assert_eq!(duty.round, round_of(feed));
	Some(duty.action)
}

#[test]
fn duties_should_lead_a_feeder_through_a_round() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		assert_eq!(action(1, feed), Some(Action::Commit));
		assert_eq!(action(9, feed), None);
		assert_eq!(commit(1, feed, 100), Ok(()));
		let commitment = Reports::<Test>::get(feed, 1).unwrap().commitment;
		let reveal_later =
			Action::Reveal { commitment, from: 1 + COMMIT, before: 1 + COMMIT + REVEAL };
		assert_eq!(action(1, feed), Some(reveal_later));
		assert_eq!(action(2, feed), Some(Action::Commit));
		for seed in 2..=3 {
			assert_eq!(commit(seed, feed, 100), Ok(()));
		}
		// A commitment would come too late for the next block.
		run_to(COMMIT);
		assert_eq!(action(4, feed), Some(Action::Done));
		next_block();
		assert_eq!(reveal(1, feed, 100), Ok(()));
		assert_eq!(action(1, feed), Some(Action::Done));
		for seed in 2..=3 {
			assert_eq!(reveal(seed, feed, 100), Ok(()));
		}
		next_block();
		assert_eq!(action(1, feed), Some(Action::Wait { until: START + 60 }));
		run_to_time(START + 60);
		assert_eq!(action(1, feed), Some(Action::Watch));
		let duty = DataFeed::duties(&key(1)).remove(0);
		assert_eq!((duty.last, duty.version), (Some(Value::Number(100)), 0));
		run_to_time(START + 600);
		assert_eq!(action(1, feed), Some(Action::Commit));
		assert_ok!(DataFeed::set_paused(RuntimeOrigin::signed(GUARD), feed, true));
		assert_eq!(action(1, feed), None);
	});
}

#[test]
fn duties_should_be_what_is_let_in() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[10_000; 4]);
		run_to_time(START + 60);
		play(feed, &[10_000; 4]);
		run_to_time(START + 126);
		// Benched, and not.
		assert_eq!(action(1, feed), Some(Action::Done));
		assert_eq!(action(2, feed), Some(Action::Watch));
		let strict = add_feed(Rules { min_reports: 5, ..rules() });
		assert_eq!(action(2, strict), Some(Action::Done));
	});
}

#[test]
fn feeder_should_only_have_reveals_to_do_when_its_session_is_over() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		let other = add_feed(rules());
		assert_eq!(commit(2, feed, 100), Ok(()));
		LastSession::set(&Session::get());
		seat(1);
		assert!(matches!(action(2, feed), Some(Action::Reveal { .. })));
		assert_eq!(action(2, other), None);
		assert_eq!(action(3, feed), None);
	});
}

#[test]
fn open_round_should_be_shown() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		assert_eq!(DataFeed::open_round_of(feed), None);
		assert_eq!(commit(1, feed, 100), Ok(()));
		let round = DataFeed::open_round_of(feed).unwrap();
		assert_eq!((round.number, round.phase), (1, Phase::Commit));
		assert_eq!((round.feeders, round.quorum, round.commits, round.reveals), (4, 3, 1, 0));
		run_to(COMMIT);
		assert_eq!(DataFeed::open_round_of(feed).unwrap().phase, Phase::Reveal);
		run_to(COMMIT + REVEAL);
		assert_eq!(DataFeed::open_round_of(feed).unwrap().phase, Phase::Closing);
	});
}

#[test]
fn past_answers_should_be_looked_up_by_round() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		let rounds = u64::from(HISTORY) + 3;
		for round in 1..=rounds {
			play(feed, &[100 + i128::from(round); 4]);
			run_to_time(now() + 600);
		}
		let past = DataFeed::history(feed);
		assert_eq!(past.len(), HISTORY as usize);
		assert_eq!(past[0].round, rounds);
		assert_eq!(past[0].value, Value::Number(100 + i128::from(rounds)));
		assert_eq!(DataFeed::answer_of(feed, rounds).as_ref(), Some(&past[0]));
		assert_eq!(DataFeed::answer_of(feed, 4).map(|answer| answer.round), Some(4));
		assert_eq!(DataFeed::answer_of(feed, 3), None);
		assert_eq!(DataFeed::answer_of(feed, rounds + 1), None);
	});
}
