//! Rows that wait for feeds, against a plain reading of their rules.

use crate::{mock::*, NewsOutline, WatchedFeeds};
use fusion_calling_list_primitives::{
	feed::{FeedAnswer, FeedRule},
	traits::DataFeeds,
	Missed, RowId, RowState,
};
use proptest::prelude::*;

fn is_due(id: RowId) -> bool {
	matches!(row(id).state, RowState::Due { .. })
}

fn next_block() {
	run_to(System::block_number() + 1);
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
		build_and_execute(|| {
			add_feed(FEED);
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
