use frame_support::{assert_noop, assert_ok};
use fusion_data_feed_primitives::{Kind, Margin, Reading, Rules, Value};
use sp_runtime::DispatchError;

use crate::{mock::*, *};

#[test]
fn feed_should_be_added_when_the_admin_says_so() {
	build_and_execute(|| {
		assert_noop!(
			DataFeed::add_feed(RuntimeOrigin::signed(1), definition(rules())),
			DispatchError::BadOrigin
		);
		assert_eq!(read(0), Reading::Unknown);
		assert_eq!(add_feed(rules()), 0);
		assert_eq!(add_feed(rules()), 1);
		assert_eq!(events(), vec![Event::FeedAdded { feed: 0 }, Event::FeedAdded { feed: 1 }]);
		assert_eq!(read(0), Reading::Empty);
		assert_eq!(DataFeed::feeds().len(), 2);
		assert_eq!(DataFeed::feed(1).unwrap().definition, definition(rules()));
	});
}

#[test]
fn feed_should_be_refused_when_it_is_not_sound() {
	build_and_execute(|| {
		let refused = |change: fn(&mut Rules), error: Error<Test>| {
			let mut rules = rules();
			change(&mut rules);
			assert_noop!(DataFeed::add_feed(RuntimeOrigin::root(), definition(rules)), error);
		};
		refused(|rules| rules.quorum = 50, Error::BadQuorum);
		refused(|rules| rules.lifetime = rules.heartbeat, Error::BadTimes);
		refused(|rules| rules.tolerance = Margin::default(), Error::BadMargin);
		refused(|rules| rules.kind = Kind::Text { longest: 65 }, Error::BadKind);
		let mut two = definition(rules());
		two.sources.pop();
		assert_noop!(DataFeed::add_feed(RuntimeOrigin::root(), two), Error::<Test>::TooFewSources);
	});
}

#[test]
fn feeds_should_be_bounded() {
	build_and_execute(|| {
		for _ in 0..MAX_FEEDS {
			add_feed(rules());
		}
		assert_noop!(
			DataFeed::add_feed(RuntimeOrigin::root(), definition(rules())),
			Error::<Test>::TooManyFeeds
		);
		assert_ok!(DataFeed::remove_feed(RuntimeOrigin::root(), 2));
		// A number is never used again.
		assert_eq!(add_feed(rules()), MAX_FEEDS);
	});
}

#[test]
fn nothing_should_be_left_when_a_feed_is_removed() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100, 100, 100, 100]);
		run_to_time(now() + 600);
		assert_eq!(commit(1, feed, 200), Ok(()));
		assert_noop!(
			DataFeed::remove_feed(RuntimeOrigin::signed(GUARD), feed),
			DispatchError::BadOrigin
		);
		assert_ok!(DataFeed::remove_feed(RuntimeOrigin::root(), feed));
		assert_eq!(read(feed), Reading::Unknown);
		assert_eq!(DataFeed::history(feed), vec![]);
		assert_eq!(Reports::<Test>::iter().count(), 0);
		assert_eq!(Agenda::<Test>::get().len(), 0);
		assert_eq!(Forgotten::get(), vec![feed]);
		assert!(events().contains(&Event::RoundFailed {
			feed,
			round: 2,
			reason: Failure::GivenUp,
			reports: 0,
			unrevealed: 1,
		}));
		assert_noop!(
			DataFeed::remove_feed(RuntimeOrigin::root(), feed),
			Error::<Test>::UnknownFeed
		);
		// Nobody is blamed for what governance did.
		assert_eq!(Records::<Test>::get(1).unrevealed, 0);
	});
}

#[test]
fn feed_should_have_no_value_and_no_round_while_it_is_paused() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100, 100, 100, 100]);
		run_to_time(now() + 60);
		assert_eq!(commit(1, feed, 200), Ok(()));
		assert_noop!(
			DataFeed::set_paused(RuntimeOrigin::signed(1), feed, true),
			DispatchError::BadOrigin
		);
		assert_ok!(DataFeed::set_paused(RuntimeOrigin::signed(GUARD), feed, true));
		assert_eq!(read(feed), Reading::Paused);
		assert_eq!(RoundOf::<Test>::get(feed), None);
		assert!(commit(2, feed, 200).is_err());
		assert_noop!(
			DataFeed::set_paused(RuntimeOrigin::signed(GUARD), feed, true),
			Error::<Test>::NoChange
		);
		assert_ok!(DataFeed::set_paused(RuntimeOrigin::signed(GUARD), feed, false));
		assert_eq!(fresh(feed), Some(100));
	});
}

#[test]
fn answer_should_stay_when_new_rules_can_be_compared_and_go_when_not() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100, 100, 100, 100]);
		let change = |change: fn(&mut Rules)| {
			let mut rules = rules();
			change(&mut rules);
			assert_ok!(DataFeed::change_feed(RuntimeOrigin::root(), feed, definition(rules)));
		};
		let started = AnswerOf::<Test>::get(feed).unwrap().started_at;
		change(|rules| rules.lifetime = 5_000);
		assert_eq!(AnswerOf::<Test>::get(feed).unwrap().expires_at, started + 5_000);
		assert_eq!(fresh(feed), Some(100));
		assert_eq!(Forgotten::get(), Vec::<u32>::new());
		// The same bytes would be another value.
		change(|rules| rules.kind = Kind::Decimal { scale: 3, min: 1, max: 1_000_000 });
		assert_eq!(read(feed), Reading::Empty);
		assert_eq!(DataFeed::history(feed), vec![]);
		assert_eq!(Forgotten::get(), vec![feed]);
		assert_eq!(DataFeed::feed(feed).unwrap().version, 2);
		assert_noop!(
			DataFeed::change_feed(RuntimeOrigin::root(), 9, definition(rules())),
			Error::<Test>::UnknownFeed
		);
	});
}

#[test]
fn answer_should_go_when_it_is_out_of_new_bounds() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		play(feed, &[100, 100, 100, 100]);
		let mut tight = rules();
		tight.kind = Kind::Decimal { scale: 2, min: 101, max: 200 };
		assert_ok!(DataFeed::change_feed(RuntimeOrigin::root(), feed, definition(tight)));
		assert_eq!(read(feed), Reading::Empty);
	});
}

#[test]
fn round_should_be_given_up_when_the_feed_is_changed() {
	build_and_execute(|| {
		let feed = add_feed(rules());
		assert_eq!(commit(1, feed, 100), Ok(()));
		assert_ok!(DataFeed::change_feed(RuntimeOrigin::root(), feed, definition(rules())));
		assert_eq!(RoundOf::<Test>::get(feed), None);
		// What was committed to in it cannot be revealed in the next.
		let value = Value::Number(100);
		assert!(say(1, reveal_word(1, feed, 1, &value)).is_err());
		assert!(say(1, commit_word(1, feed, 1, &value)).is_err());
	});
}
