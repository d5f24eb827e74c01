//! Rows that wait for data feeds.

use crate::{
	mock::*, types::Removal, weights::WeightInfo, Config, Error, Event, FeedOrders, News,
	NewsOutline, WatchedFeeds, Watches,
};
use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};
use fusion_calling_list_primitives::{
	feed::{FeedAnswer, FeedRule, FeedState},
	traits::DataFeeds,
	Missed, Reason, RowId, RowState, Tier,
};
use proptest::prelude::*;

/// A test with a feed.
fn with_feed(test: impl FnOnce()) {
	build_and_execute(|| {
		add_feed(FEED);
		test();
	});
}

fn is_due(id: RowId) -> bool {
	matches!(row(id).state, RowState::Due { .. })
}

fn next_block() {
	run_to(System::block_number() + 1);
}

#[test]
fn row_should_be_due_in_the_block_after_the_answer_that_crosses_its_threshold() {
	with_feed(|| {
		answer(9);
		let id = register(on_feed(FeedRule::AtLeast(10)));
		run_to(3);
		assert_eq!(row(id).state, RowState::Listening);
		answer(10);
		assert_eq!(trigger(id), Reason::NotDue);
		run_to(4);
		assert_eq!(trigger(id), Reason::Ran);
		assert_eq!(row(id).state, RowState::Listening);
		assert_eq!(called(id), vec![4]);
	});
}

#[test]
fn row_should_be_due_again_only_when_the_threshold_was_left() {
	with_feed(|| {
		let id = register(on_feed(FeedRule::AtMost(10)));
		let mut due = Vec::new();
		for number in [11, 10, 9, 10, 11, 10] {
			answer(number);
			next_block();
			due.push(trigger(id) == Reason::Ran);
		}
		assert_eq!(due, vec![false, true, false, false, false, true]);
	});
}

#[test]
fn row_should_not_be_due_when_its_threshold_is_met_from_the_start() {
	with_feed(|| {
		answer(20);
		let id = register(on_feed(FeedRule::AtLeast(10)));
		next_block();
		answer(21);
		next_block();
		assert_eq!(trigger(id), Reason::NotDue);
		answer(9);
		next_block();
		answer(10);
		next_block();
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn row_should_be_due_by_moves_and_by_each_answer() {
	with_feed(|| {
		let moved = register(on_feed(FeedRule::Moved(5)));
		let each = register(on_feed(FeedRule::Each));
		let mut due = Vec::new();
		for number in [100, 104, 95, 99, 100] {
			answer(number);
			next_block();
			due.push(trigger(moved) == Reason::Ran);
			assert_eq!(trigger(each), Reason::Ran);
		}
		assert_eq!(due, vec![false, false, true, false, true]);
		next_block();
		assert_eq!(trigger(each), Reason::NotDue);
	});
}

#[test]
fn text_should_make_those_due_that_wait_for_each_answer() {
	with_feed(|| {
		let state = Feeds::feed(FEED).unwrap();
		set_feed(FEED, Some(FeedState { numeric: false, ..state }));
		let number = on_feed(FeedRule::AtLeast(1));
		assert_noop!(CallingList::do_register(OWNER, number), Error::<Test>::FeedHasNoNumbers);
		let id = register(on_feed(FeedRule::Each));
		answer_of(FEED, None);
		next_block();
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn stale_answer_should_not_be_taken_as_fresh() {
	with_feed(|| {
		answer(20);
		// It has expired when the row comes: the threshold is not met.
		Now::set(&(Now::get() + LIFETIME));
		next_block();
		let id = register(on_feed(FeedRule::AtLeast(10)));
		// It has expired when it would be judged: the chain stood still.
		answer(21);
		Now::set(&(Now::get() + LIFETIME));
		System::reset_events();
		next_block();
		assert_eq!(row(id).state, RowState::Listening);
		assert!(events().contains(&Event::AnswerLost { feed: FEED, round: 2 }));
		answer(22);
		next_block();
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn answer_should_not_count_when_governance_has_paused_or_taken_it_back() {
	with_feed(|| {
		let id = register(on_feed(FeedRule::AtLeast(10)));
		for back in [
			|state: FeedState| FeedState { paused: true, ..state },
			|state: FeedState| FeedState { last: None, ..state },
		] {
			answer(21);
			let state = Feeds::feed(FEED).unwrap();
			set_feed(FEED, Some(back(state)));
			next_block();
			assert_eq!(row(id).state, RowState::Listening);
			set_feed(FEED, Some(state));
		}
		assert!(News::<Test>::iter().next().is_none());
		answer(22);
		next_block();
		assert!(is_due(id));
	});
}

#[test]
fn row_should_not_run_for_what_has_passed_when_it_skips_that() {
	with_feed(|| {
		let rule = FeedRule::AtLeast(10);
		let skips = register(with(on_feed(rule), |terms| terms.missed = Missed::Skip));
		let runs = register(on_feed(rule));
		answer(10);
		next_block();
		assert!(is_due(skips) && is_due(runs));
		answer(9);
		// Nobody has judged it yet, and it is what the feed says.
		assert_eq!(trigger(skips), Reason::Late);
		assert_eq!(trigger(runs), Reason::Ran);
		assert_eq!(reasons(skips), vec![Reason::Late]);
		assert_eq!(row(skips).state, RowState::Listening);
		next_block();
		answer(11);
		next_block();
		assert_eq!(trigger(skips), Reason::Ran);
	});
}

#[test]
fn row_should_not_run_when_its_answer_has_expired_and_it_skips_that() {
	with_feed(|| {
		let rule = FeedRule::Moved(1);
		answer(1);
		let skips = register(with(on_feed(rule), |terms| terms.missed = Missed::Skip));
		let guaranteed = register(with(on_feed(rule), |terms| {
			terms.missed = Missed::Skip;
			terms.tier = Tier::Guaranteed;
		}));
		answer(2);
		next_block();
		assert!(is_due(skips) && is_due(guaranteed));
		Now::set(&(Now::get() + LIFETIME));
		// Neither by a trigger, nor by the chain, nor when it is looked after.
		run_to(System::block_number() + PATIENCE);
		assert_eq!(called(guaranteed), Vec::<u32>::new());
		assert_eq!(reasons(guaranteed), vec![Reason::Late]);
		assert_eq!(reasons(skips), vec![Reason::NoTrigger, Reason::Late]);
		assert_eq!(row(skips).state, RowState::Listening);
	});
}

#[test]
fn chain_should_run_a_guaranteed_row_when_nobody_comes() {
	with_feed(|| {
		let rule = FeedRule::AtMost(10);
		let id = register(with(on_feed(rule), |terms| terms.tier = Tier::Guaranteed));
		answer(3);
		run_to(1 + DELAY);
		assert_eq!(called(id), Vec::<u32>::new());
		run_to(2 + DELAY);
		assert_eq!(called(id), vec![2 + DELAY]);
	});
}

#[test]
fn crossings_should_be_run_for_one_by_one_or_merged_as_the_row_says() {
	with_feed(|| {
		let rule = FeedRule::AtLeast(10);
		let all = register(with(on_feed(rule), |terms| terms.missed = Missed::All));
		let once = register(on_feed(rule));
		for number in [10, 9, 10, 9, 10] {
			answer(number);
			next_block();
		}
		assert_eq!(row(all).pending, 2);
		assert_eq!(reasons(once), vec![Reason::Merged, Reason::Merged]);
		for _ in 0..3 {
			assert_eq!(trigger(all), Reason::Ran);
			next_block();
		}
		assert_eq!(trigger(all), Reason::NotDue);
		assert_eq!(trigger(once), Reason::Ran);
		assert_eq!(trigger(once), Reason::NotDue);
	});
}

#[test]
fn rows_should_be_carried_over_in_the_order_of_their_thresholds() {
	with_feed(|| {
		// Registered in another order than that of their thresholds.
		let rows: Vec<_> = [30, -10, 20, 0, 10, 40]
			.into_iter()
			.map(|threshold| register(on_feed(FeedRule::AtLeast(threshold))))
			.collect();
		let due = || rows.iter().map(|id| is_due(*id)).collect::<Vec<_>>();
		answer(35);
		next_block();
		// Four steps a block.
		assert_eq!(due(), vec![false, true, true, true, true, false]);
		next_block();
		assert_eq!(due(), vec![true, true, true, true, true, false]);
		assert_eq!(NewsOutline::<Test>::get().waiting, 0);
	});
}

#[test]
fn feeds_should_take_turns_when_there_is_more_than_fits() {
	with_feed(|| {
		add_feed(FEED + 1);
		for _ in 0..20 {
			register(on_feed(FeedRule::AtLeast(1)));
		}
		let mut other = on_feed(FeedRule::AtLeast(1));
		other.condition = fusion_calling_list_primitives::Condition::Feed {
			feed: FEED + 1,
			rule: FeedRule::AtLeast(1),
		};
		let other = register(other);
		answer(1);
		answer_of(FEED + 1, Some(1));
		next_block();
		assert!(!is_due(other));
		next_block();
		assert!(is_due(other));
	});
}

#[test]
fn answers_should_be_judged_one_by_one_when_the_list_is_behind() {
	with_feed(|| {
		let rows: Vec<_> = (0..6).map(|_| register(on_feed(FeedRule::AtLeast(10)))).collect();
		// All within a block: up and down.
		answer(10);
		answer(9);
		answer(10);
		// This one comes when the threshold is met, and answers before it do not concern it.
		let late = register(on_feed(FeedRule::AtLeast(10)));
		run_to(30);
		for id in rows {
			assert_eq!(reasons(id), vec![Reason::Merged, Reason::NoTrigger, Reason::NoTrigger]);
		}
		assert_eq!(row(late).state, RowState::Listening);
		answer(9);
		answer(10);
		run_to(40);
		assert!(is_due(late));
	});
}

#[test]
fn newest_answers_should_stay_when_there_are_too_many() {
	with_feed(|| {
		let id = register(on_feed(FeedRule::AtLeast(10)));
		for number in [1, 2, 3, 10, 4] {
			answer(number);
		}
		assert!(events().contains(&Event::AnswerLost { feed: FEED, round: 4 }));
		run_to(10);
		assert_eq!(row(id).state, RowState::Listening);
		answer(10);
		next_block();
		assert!(is_due(id));
	});
}

#[test]
fn rows_should_be_paused_when_their_feed_is_gone() {
	with_feed(|| {
		let rows: Vec<_> = [
			FeedRule::AtLeast(1),
			FeedRule::AtMost(-1),
			FeedRule::Each,
			FeedRule::Moved(3),
			FeedRule::AtLeast(5),
			FeedRule::AtLeast(0),
		]
		.into_iter()
		.map(|rule| register(on_feed(rule)))
		.collect();
		answer(1);
		// What was not judged yet is not judged any more.
		CallingList::feed_forgotten(FEED);
		set_feed(FEED, None);
		next_block();
		let gone = RowState::Paused { reason: Reason::ConditionGone };
		let paused = |rows: &[RowId]| rows.iter().filter(|id| row(**id).state == gone).count();
		assert_eq!(paused(&rows), NEWS_PER_BLOCK as usize);
		next_block();
		assert_eq!(paused(&rows), rows.len());
		assert_eq!(WatchedFeeds::<Test>::iter().count() + FeedOrders::<Test>::iter().count(), 0);
		for id in &rows {
			assert_eq!(reasons(*id), vec![Reason::ConditionGone]);
			assert_noop!(CallingList::do_resume(&OWNER, *id), Error::<Test>::UnknownFeed);
			assert_eq!(CallingList::do_cancel(&OWNER, *id), Ok(DEPOSIT));
		}
		assert_eq!(Watches::<Test>::iter().count(), 0);
	});
}

#[test]
fn threshold_should_not_come_to_mean_something_else() {
	with_feed(|| {
		let paused = register(on_feed(FeedRule::AtLeast(10)));
		let waits = register(on_feed(FeedRule::AtLeast(10)));
		assert_ok!(CallingList::do_pause(&OWNER, paused));
		// The same number with two decimals more.
		let state = Feeds::feed(FEED).unwrap();
		set_feed(FEED, Some(FeedState { unit: UNIT + 2, ..state }));
		CallingList::feed_forgotten(FEED);
		// Rows that wait are not paused yet.
		let another = on_feed(FeedRule::AtLeast(1_000));
		assert_noop!(CallingList::do_register(OWNER, another.clone()), Error::<Test>::FeedChanged);
		answer(900);
		next_block();
		assert_eq!(row(waits).state, RowState::Paused { reason: Reason::ConditionGone });
		for id in [paused, waits] {
			assert_noop!(CallingList::do_resume(&OWNER, id), Error::<Test>::FeedChanged);
		}
		let id = register(another);
		answer(1_000);
		next_block();
		assert!(is_due(id));
	});
}

#[test]
fn row_should_be_refused_when_its_rule_can_never_be_met() {
	with_feed(|| {
		let refuse = |registration, error: Error<Test>| {
			assert_noop!(CallingList::do_register(OWNER, registration), error);
		};
		refuse(on_feed(FeedRule::Moved(0)), Error::NeverDue);
		refuse(on_feed(FeedRule::AtLeast(i128::MIN)), Error::NeverDue);
		set_feed(FEED, None);
		refuse(on_feed(FeedRule::Each), Error::UnknownFeed);
	});
}

#[test]
fn row_should_begin_anew_when_it_was_paused() {
	with_feed(|| {
		answer(1);
		let id = register(on_feed(FeedRule::AtLeast(10)));
		assert_ok!(CallingList::do_pause(&OWNER, id));
		assert_eq!(WatchedFeeds::<Test>::iter().count(), 0);
		answer(10);
		next_block();
		assert_ok!(CallingList::do_resume(&OWNER, id));
		// Met already.
		answer(11);
		next_block();
		assert_eq!(row(id).state, RowState::Listening);
	});
}

#[test]
fn row_should_be_paused_when_an_answer_reaches_it_and_it_cannot_pay() {
	with_feed(|| {
		let mut poor = on_feed(FeedRule::AtLeast(10));
		poor.deposit = 10;
		let id = register(poor);
		answer(10);
		next_block();
		assert_eq!(row(id).state, RowState::Paused { reason: Reason::DepositTooLow });
		assert_eq!(News::<Test>::iter().count(), 0);
		assert_ok!(CallingList::do_top_up(&OTHER, id, DEPOSIT));
		assert_eq!(row(id).state, RowState::Listening);
	});
}

#[test]
fn row_should_be_removed_when_it_has_run_as_often_as_it_may_or_expires() {
	with_feed(|| {
		let rule = FeedRule::Each;
		let once = register(with(on_feed(rule), |terms| terms.max_runs = Some(1)));
		let expires = register(with(on_feed(rule), |terms| terms.expires_at = Some(5)));
		answer(1);
		next_block();
		assert_eq!(trigger(once), Reason::Ran);
		assert!(events().iter().any(|event| matches!(
			event,
			Event::Removed { id, why: Removal::RunsUsed, .. } if *id == once
		)));
		run_to(5);
		assert_eq!(trigger(expires), Reason::NotLive);
		assert_eq!(FeedOrders::<Test>::iter().count() + Watches::<Test>::iter().count(), 0);
	});
}

#[test]
fn answer_should_cost_the_same_however_many_rows_wait_that_it_does_not_reach() {
	let proof = |rows: i128| {
		let mut ext = new_test_ext();
		ext.execute_with(|| {
			add_feed(FEED);
			answer(0);
			for threshold in 1..=rows {
				let who = if threshold % 2 == 0 { OWNER } else { OTHER };
				let far = on_feed(FeedRule::AtLeast(1_000 * threshold));
				CallingList::do_register(who, far).unwrap();
			}
		});
		ext.commit_all().expect("it can be written");
		let (weight, proof) = ext.execute_and_prove(|| {
			answer(500);
			System::set_block_number(2);
			CallingList::on_initialize(2)
		});
		(weight, proof.encoded_size())
	};
	let (few, many) = (proof(5), proof(100));
	assert_eq!(few.0, many.0);
	// A deeper trie. A scan of a hundred rows would take 20 KB more.
	assert!(many.1 < few.1 + 4_000, "{} and {} bytes of proof", few.1, many.1);
	let expected: Weight =
		<Test as Config>::WeightInfo::idle() + <Test as Config>::WeightInfo::news_step() * 2;
	assert_eq!(few.0, expected);
}

/// What happens to a feed and its rows.
#[derive(Clone, Debug)]
enum Step {
	Register(FeedRule),
	Answer(i128),
	Blocks(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let rule = prop_oneof![
		(-6..6_i128).prop_map(FeedRule::AtLeast),
		(-6..6_i128).prop_map(FeedRule::AtMost),
		(1..6_u128).prop_map(FeedRule::Moved),
		Just(FeedRule::Each),
	];
	prop_oneof![
		2 => rule.prop_map(Step::Register),
		4 => (-8..8_i128).prop_map(Step::Answer),
		1 => (1..4_u32).prop_map(Step::Blocks),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	/// A row is due as often as a plain reading of its rule says, however far the list is behind.
	#[test]
	fn crossings_should_be_those_of_a_naive_scan(
		steps in prop::collection::vec(step(), 1..40),
	) {
		with_feed(|| {
			let mut model = Vec::<(RowId, FeedRule, _, u32)>::new();
			for step in steps {
				match step {
					Step::Register(rule) => {
						let id = register(with(on_feed(rule), |terms| terms.missed = Missed::All));
						let fresh: Option<FeedAnswer> =
							Feeds::feed(FEED).and_then(|state| state.fresh(Now::get()));
						model.push((id, rule, rule.begin(fresh), 0));
					},
					Step::Answer(number) => {
						// As many as can wait.
						while WatchedFeeds::<Test>::get(FEED)
							.is_some_and(|watched| watched.news.is_full())
						{
							next_block();
						}
						answer(number);
						for (_, rule, stand, count) in &mut model {
							let (next, due) = rule.judge(*stand, Some(number));
							*stand = next;
							*count += u32::from(due);
						}
					},
					Step::Blocks(count) => run_to(System::block_number() + count),
				}
				CallingList::do_try_state().expect("the invariants hold");
			}
			while NewsOutline::<Test>::get().waiting > 0 {
				next_block();
			}
			for (id, rule, _, count) in model {
				let row = row(id);
				assert_eq!(u32::from(is_due(id)) + row.pending, count, "{rule:?}");
			}
		});
	}
}
