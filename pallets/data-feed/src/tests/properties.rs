//! Random days of a chain with feeds: whatever feeders do, and whatever they leave undone.

use frame_support::assert_ok;
use fusion_data_feed_primitives::{Margin, Rules};
use proptest::prelude::*;

use crate::{mock::*, *};

#[derive(Clone, Debug)]
enum Step {
	Commit(u8, u32, i128),
	Reveal(u8, u32, i128),
	Blocks(u32),
	/// No blocks for so many seconds.
	Halt(u64),
	SetPaused(u32, bool),
	Change(u32),
	Seat(u8),
	Claim(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let seed = 1u8..7;
	let number = prop_oneof![4 => 9_990i128..10_010, 1 => 1i128..100_000];
	let step = prop_oneof![
		8 => (seed.clone(), 0u32..3, number.clone()).prop_map(|(s, f, n)| Step::Commit(s, f, n)),
		8 => (seed, 0u32..3, number).prop_map(|(s, f, n)| Step::Reveal(s, f, n)),
		6 => (1u32..4).prop_map(Step::Blocks),
		1 => (1u64..2_000).prop_map(Step::Halt),
		1 => (0u32..3, any::<bool>()).prop_map(|(f, p)| Step::SetPaused(f, p)),
		1 => (0u32..3).prop_map(Step::Change),
		1 => (1u8..7).prop_map(Step::Seat),
		1 => (1u64..7).prop_map(Step::Claim),
	];
	prop::collection::vec(step, 1..120)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	/// The invariants hold after every block; a fresh value was revealed by a feeder in its round, is as old as it says, and
	/// money is neither made nor lost.
	#[test]
	fn invariants_should_hold_whatever_happens(steps in steps()) {
		build_and_execute(|| {
			let mut short = rules();
			short.heartbeat = 90;
			short.lifetime = 150;
			for _ in 0..3 {
				add_feed(short);
			}
			let mut said = std::collections::BTreeSet::new();
			// What each feeder has committed to in each round: it reveals that, and sometimes tries something else.
			let mut plans = std::collections::BTreeMap::new();
			for step in steps {
				match step {
					Step::Commit(seed, feed, number) => {
						if commit(seed, feed, number).is_ok() {
							plans.insert((seed, feed, round_of(feed)), number);
						}
					},
					Step::Reveal(seed, feed, number) => {
						let round = round_of(feed);
						let plan = plans.get(&(seed, feed, round)).copied();
						if plan != Some(number) {
							prop_assert!(reveal(seed, feed, number).is_err());
						}
						if let Some(plan) = plan {
							if reveal(seed, feed, plan).is_ok() {
								said.insert((feed, round, plan));
							}
						}
					},
					Step::Blocks(count) => run_to(System::block_number() + count),
					Step::Halt(seconds) => next_block_at(now() + seconds),
					Step::SetPaused(feed, paused) => {
						let guard = RuntimeOrigin::signed(GUARD);
						let _ = DataFeed::set_paused(guard, feed, paused);
					},
					Step::Change(feed) => {
						assert_ok!(DataFeed::change_feed(RuntimeOrigin::root(), feed, definition(short)));
					},
					Step::Seat(count) => {
						LastSession::set(&Session::get());
						seat(count);
					},
					Step::Claim(feeder) => {
						let _ = DataFeed::claim_pay(RuntimeOrigin::signed(1), feeder);
					},
				}
				for feed in 0..3 {
					let Some(answer) = read(feed).fresh() else { continue };
					prop_assert!(now() < answer.started_at + 150);
					let number = answer.value.number().expect("it is a price");
					prop_assert!(said.contains(&(feed, answer.round, number)));
				}
			}
			let paid: u128 = (1..7).map(Balances::free_balance).sum();
			prop_assert_eq!(Balances::free_balance(DataFeed::pot()) + paid, POT);
			Ok(())
		})?;
	}

	/// With fewer than half of those that reveal lying, the answer is between what honest ones say; if honest ones reveal at
	/// all, and they are enough.
	#[test]
	fn answer_should_be_honest_when_most_are(
		honest in prop::collection::vec(9_960i128..=10_040, 3..6),
		lies in prop::collection::vec(1i128..1_000_000, 0..3),
		lies_first: bool,
	) {
		build_and_execute(|| {
			let all: Vec<i128> = if lies_first {
				lies.iter().chain(&honest).copied().collect()
			} else {
				honest.iter().chain(&lies).copied().collect()
			};
			seat(all.len() as u8);
			let tolerance = Margin { relative: 10_000, absolute: 0 };
			let feed = add_feed(Rules { tolerance, ..rules() });
			play(feed, &all);
			let answer = fresh(feed).expect("most are within the tolerance");
			prop_assert!((9_960..=10_040).contains(&answer), "{} of {:?}", answer, all);
			let best = Records::<Test>::iter_values().map(|record| record.owed).max();
			for (number, feeder) in all.iter().zip(1u64..) {
				let record = Records::<Test>::get(feeder);
				let far = answer.abs_diff(*number) > tolerance.around(answer);
				prop_assert_eq!(record.outliers == 1, far);
				prop_assert_eq!(record.owed == 0, far);
				if *number == answer {
					prop_assert_eq!(Some(record.owed), best, "nobody is closer");
				}
			}
			Ok(())
		})?;
	}
}
