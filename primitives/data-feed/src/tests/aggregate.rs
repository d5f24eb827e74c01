use proptest::prelude::*;

use crate::{
	aggregate::quorum, agree, median, score, Kind, Margin, Rules, Text, Value, FULL_SCORE,
};

const PERCENT: Margin = Margin { relative: 10_000, absolute: 0 };

fn numbers(numbers: &[i128]) -> Vec<Value> {
	numbers.iter().copied().map(Value::Number).collect()
}

fn text(text: &str) -> Value {
	Value::Text(Text::try_from(text.as_bytes().to_vec()).unwrap())
}

fn rules(percent: u8, min_reports: u32) -> Rules {
	Rules {
		kind: Kind::Boolean,
		interval: 1,
		heartbeat: 1,
		lifetime: 2,
		deviation: Margin::default(),
		tolerance: PERCENT,
		quorum: percent,
		min_reports,
		reward: 0,
	}
}

#[test]
fn median_should_be_the_one_in_the_middle() {
	assert_eq!(median([]), None);
	assert_eq!(median([7]), Some(7));
	assert_eq!(median([9, 1]), Some(1));
	assert_eq!(median([5, -100, 1_000_000]), Some(5));
	assert_eq!(median([4, 1, 3, 2]), Some(2));
	assert_eq!(median([i128::MAX, i128::MIN, 0]), Some(0));
}

#[test]
fn sources_should_agree_when_more_than_half_of_them_do() {
	let price = |sources: &[i128], total| agree(&numbers(sources), total, &PERCENT);
	// One lies.
	assert_eq!(price(&[10_000, 10_010, 99_999], 3), Some(Value::Number(10_010)));
	// One lies, one is down: it cannot be known which one of the other two is right.
	assert_eq!(price(&[10_000, 99_999], 3), None);
	// One is down.
	assert_eq!(price(&[10_000, 10_050], 3), Some(Value::Number(10_000)));
	// All but one are.
	assert_eq!(price(&[10_000], 3), None);
	assert_eq!(price(&[], 3), None);
	// Half of them is not more than half.
	assert_eq!(price(&[10_000, 10_000, 1, 99_999], 4), None);
	assert_eq!(price(&[10_000, 10_000], 4), None);
	// A total that is too small helps nobody.
	assert_eq!(price(&[10_000, 10_000, 1, 99_999], 0), None);
}

#[test]
fn texts_should_agree_when_more_than_half_are_the_same() {
	let won = [text("home"), text("away"), text("home")];
	assert_eq!(agree(&won, 3, &PERCENT), Some(text("home")));
	assert_eq!(agree(&won, 4, &PERCENT), None);
	let yes = [Value::Boolean(false), Value::Boolean(true), Value::Boolean(true)];
	assert_eq!(agree(&yes, 3, &PERCENT), Some(Value::Boolean(true)));
	assert_eq!(agree(&yes[..2], 2, &PERCENT), None);
}

#[test]
fn margin_should_be_the_larger_one() {
	let margin = Margin { relative: 5_000, absolute: 10 };
	assert_eq!(margin.around(100), 10);
	assert_eq!(margin.around(-1_000_000), 5_000);
	assert_eq!(margin.around(0), 10);
	assert_eq!(PERCENT.around(i128::MIN), (1u128 << 127) / 100);
	assert!(PERCENT.covers(&Value::Number(1_000), &Value::Number(1_010)));
	assert!(!PERCENT.covers(&Value::Number(1_000), &Value::Number(1_011)));
	assert!(!PERCENT.covers(&Value::Number(1), &Value::Boolean(true)));
}

#[test]
fn score_should_be_full_when_fast_and_close_and_nothing_for_an_outlier() {
	let of =
		|value, delay| score(&Value::Number(10_000), &Value::Number(value), &PERCENT, delay, 4);
	assert_eq!(of(10_000, 0), FULL_SCORE);
	assert_eq!(of(10_000, 2), 750);
	assert_eq!(of(10_050, 0), 750);
	assert_eq!(of(9_900, 4), 0);
	assert_eq!(of(10_101, 0), 0);
	assert_eq!(score(&text("a"), &text("a"), &PERCENT, 0, 4), FULL_SCORE);
	assert_eq!(score(&text("a"), &text("b"), &PERCENT, 0, 4), 0);
	assert_eq!(score(&text("a"), &text("a"), &PERCENT, 0, 0), 500);
	let wide = Margin { relative: 0, absolute: u128::MAX };
	let far = score(&Value::Number(i128::MIN), &Value::Number(i128::MAX), &wide, 0, 1);
	assert_eq!(far, 500);
}

#[test]
fn quorum_should_be_rounded_up_and_never_below_the_least() {
	assert_eq!(quorum(100, &rules(67, 1)), 67);
	assert_eq!(quorum(4, &rules(67, 1)), 3);
	assert_eq!(quorum(1, &rules(67, 1)), 1);
	assert_eq!(quorum(0, &rules(67, 1)), 1);
	assert_eq!(quorum(3, &rules(67, 4)), 4);
	assert_eq!(quorum(u32::MAX, &rules(51, 1)), 42_949_673);
}

proptest! {
	/// However many lie, as long as they are fewer than half of all, what comes out is what an honest one said, or lies
	/// between two that were.
	#[test]
	fn agreement_should_be_right_when_fewer_than_half_lie(
		honest in prop::collection::vec(99_800i128..=100_200, 1..20),
		lies in prop::collection::vec(any::<i128>(), 0..20),
		silent in 0usize..10,
	) {
		let total = honest.len() + lies.len() + silent;
		let all: Vec<_> = honest.iter().chain(&lies).copied().map(Value::Number).collect();
		let agreed = agree(&all, total, &PERCENT);
		if (lies.len() + silent) * 2 < total {
			let number = agreed.and_then(|value| value.number());
			let number = number.expect("honest ones are within the margin, and more than half");
			prop_assert!((99_800..=100_200).contains(&number), "{}", number);
		} else if honest.len() * 2 <= total && lies.len() * 2 <= total {
			// It may be that lies agree with the honest ones. If they do not, there is no answer.
			let near = |lie: &i128| (90_000..=110_000).contains(lie);
			let alike = lies.windows(2).any(|pair| pair[0].abs_diff(pair[1]) <= PERCENT.around(pair[0]));
			if !lies.iter().any(near) && !alike {
				prop_assert_eq!(agreed, None);
			}
		}
	}

	/// The order in which values come makes no difference for numbers.
	#[test]
	fn agreement_should_not_depend_on_the_order(mut values in prop::collection::vec(-50i128..50, 1..15)) {
		let tolerance = Margin { relative: 0, absolute: 20 };
		let one = agree(&numbers(&values), values.len(), &tolerance);
		values.reverse();
		prop_assert_eq!(agree(&numbers(&values), values.len(), &tolerance), one);
	}

	#[test]
	fn score_should_be_at_most_full_and_fall_with_distance(
		answer: i128, near in 0u128..1_000, more in 0u128..1_000, delay: u32, window: u32,
		relative in 0u32..=1_000_000,
	) {
		let tolerance = Margin { relative, absolute: 500 };
		let at = |distance: u128| {
			let value = answer.saturating_add(distance as i128);
			score(&Value::Number(answer), &Value::Number(value), &tolerance, delay, window)
		};
		prop_assert!(at(near) <= FULL_SCORE);
		prop_assert!(at(near + more) <= at(near));
	}

	#[test]
	fn margin_should_not_overflow(reference: i128, relative: u32, absolute: u128) {
		let margin = Margin { relative, absolute };
		prop_assert!(margin.around(reference) >= absolute);
	}
}
