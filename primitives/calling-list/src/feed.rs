//! When rows that wait for a data feed are due.
//!
//! A rule is about *crossings*: an answer meets it, and the one before did not. So of each row it is remembered how it
//! [stands](Stand), and from that follow the two numbers ([`FeedRule::bounds`]) between which answers change nothing: a
//! list that keeps rows in the order of these numbers has to look at no others when there is an answer.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The number of a data feed. It is never given to another one.
pub type FeedId = u32;
/// What a feed's numbers are told in. Those of equal units can be compared.
pub type Unit = u16;

/// When a feed's answers make a row due. Numbers are times ten to the power of the feed's decimals; yes and no are 1
/// and 0.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum FeedRule {
	/// An answer is this much or more, and the one before was less.
	#[codec(index = 0)]
	AtLeast(i128),
	/// An answer is this much or less, and the one before was more.
	#[codec(index = 1)]
	AtMost(i128),
	/// An answer is so much or more away from the one for which the row was due last, or that there was when it began.
	#[codec(index = 2)]
	Moved(u128),
	/// There is an answer.
	#[codec(index = 3)]
	Each,
}

/// How a row stands to its feed.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Stand {
	/// It is due when its threshold is met.
	#[codec(index = 0)]
	Armed,
	/// Its threshold is met, and was so before: it is armed again when an answer does not meet it.
	#[codec(index = 1)]
	Spent,
	/// It is due when an answer is far enough from this.
	#[codec(index = 2)]
	From(i128),
	/// The next answer is looked at, whatever it says.
	#[codec(index = 3)]
	New,
}

/// An answer of a feed.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct FeedAnswer {
	/// Its round. Later answers of the feed have higher ones.
	pub round: u64,
	/// What it says. None if that is a text.
	pub number: Option<i128>,
	/// From then on it is stale, in seconds since 1970.
	pub expires_at: u64,
}

/// A feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct FeedState {
	/// Whether it says numbers, or yes and no, and not texts.
	pub numeric: bool,
	/// What its numbers are told in.
	pub unit: Unit,
	/// Whether governance has paused it: then its answer is not to be used.
	pub paused: bool,
	/// Its last answer, fresh or stale.
	pub last: Option<FeedAnswer>,
}

impl FeedState {
	/// Its answer, if that may be used at a time, in seconds since 1970.
	pub fn fresh(&self, now: u64) -> Option<FeedAnswer> {
		self.last.filter(|answer| !self.paused && now < answer.expires_at)
	}

	/// Whether an answer that the feed gave may be used now: it has not expired, and was not taken back.
	pub fn stands_by(&self, answer: &FeedAnswer, now: u64) -> bool {
		let kept = self.last.is_some_and(|last| last.round >= answer.round);
		kept && !self.paused && now < answer.expires_at
	}
}

impl FeedRule {
	/// Whether it can ever be crossed.
	pub fn can_be_met(&self) -> bool {
		match *self {
			Self::AtLeast(threshold) => threshold > i128::MIN,
			Self::AtMost(threshold) => threshold < i128::MAX,
			Self::Moved(by) => by > 0 && by <= i128::MAX.unsigned_abs(),
			Self::Each => true,
		}
	}

	/// Whether it is about numbers.
	pub fn needs_numbers(&self) -> bool {
		!matches!(self, Self::Each)
	}

	/// Whether an answer meets the threshold. Rules without one are met by every answer.
	pub fn holds(&self, number: Option<i128>) -> bool {
		match *self {
			Self::AtLeast(threshold) => number.is_some_and(|number| number >= threshold),
			Self::AtMost(threshold) => number.is_some_and(|number| number <= threshold),
			Self::Moved(_) | Self::Each => true,
		}
	}

	/// How a row begins: with what its feed says, if that is fresh.
	pub fn begin(&self, fresh: Option<FeedAnswer>) -> Stand {
		let number = fresh.and_then(|answer| answer.number);
		match (self, number) {
			(Self::AtLeast(_) | Self::AtMost(_), _) if self.holds(number) => Stand::Spent,
			(Self::AtLeast(_) | Self::AtMost(_), _) => Stand::Armed,
			(Self::Moved(_), Some(number)) => Stand::From(number),
			(Self::Moved(_), None) | (Self::Each, _) => Stand::New,
		}
	}

	/// How a row stands after an answer, and whether it is due by it.
	pub fn judge(&self, stand: Stand, number: Option<i128>) -> (Stand, bool) {
		let Some(said) = number else {
			return (stand, matches!(self, Self::Each));
		};
		match (self, stand) {
			(Self::Each, _) => (stand, true),
			(Self::Moved(by), Stand::From(base)) if said.abs_diff(base) >= *by => {
				(Stand::From(said), true)
			},
			(Self::Moved(_), Stand::From(_)) => (stand, false),
			(Self::Moved(_), _) => (Stand::From(said), false),
			(_, Stand::Spent) if self.holds(number) => (Stand::Spent, false),
			(_, Stand::Spent) => (Stand::Armed, false),
			(_, _) if self.holds(number) => (Stand::Spent, true),
			(_, _) => (Stand::Armed, false),
		}
	}

	/// From which number upward, and from which downward, an answer changes how a row stands. Of a rule that
	/// [can be met](Self::can_be_met) and a stand that is not [`Stand::New`] there is at least one.
	pub fn bounds(&self, stand: Stand) -> (Option<i128>, Option<i128>) {
		match (*self, stand) {
			(Self::AtLeast(threshold), Stand::Armed) => (Some(threshold), None),
			(Self::AtLeast(threshold), Stand::Spent) => (None, threshold.checked_sub(1)),
			(Self::AtMost(threshold), Stand::Armed) => (None, Some(threshold)),
			(Self::AtMost(threshold), Stand::Spent) => (threshold.checked_add(1), None),
			(Self::Moved(by), Stand::From(base)) => {
				(base.checked_add_unsigned(by), base.checked_sub_unsigned(by))
			},
			_ => (None, None),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn answer(number: i128) -> FeedAnswer {
		FeedAnswer { round: 7, number: Some(number), expires_at: 100 }
	}

	/// Whether each of these answers makes a row due.
	fn due(rule: FeedRule, first: Option<i128>, numbers: &[i128]) -> Vec<bool> {
		let mut stand = rule.begin(first.map(answer));
		numbers
			.iter()
			.map(|number| {
				let (next, due) = rule.judge(stand, Some(*number));
				stand = next;
				due
			})
			.collect()
	}

	#[test]
	fn threshold_should_be_crossed_once_until_it_is_left() {
		let rule = FeedRule::AtLeast(10);
		let crossed = due(rule, Some(9), &[9, 10, 11, 10, 9, 12]);
		assert_eq!(crossed, vec![false, true, false, false, false, true]);
		let rule = FeedRule::AtMost(10);
		let crossed = due(rule, Some(11), &[11, 10, 3, 10, 11, 9]);
		assert_eq!(crossed, vec![false, true, false, false, false, true]);
	}

	#[test]
	fn threshold_should_have_to_be_left_first_when_it_is_met_from_the_start() {
		assert_eq!(due(FeedRule::AtLeast(10), Some(10), &[11, 9, 10]), vec![false, false, true]);
		// Nothing fresh meets nothing.
		assert_eq!(due(FeedRule::AtLeast(10), None, &[11, 12]), vec![true, false]);
	}

	#[test]
	fn moves_should_count_from_the_last_one() {
		let moved = due(FeedRule::Moved(5), Some(100), &[104, 105, 109, 110, 104]);
		assert_eq!(moved, vec![false, true, false, true, true]);
		// The first answer is where it begins.
		assert_eq!(due(FeedRule::Moved(5), None, &[100, 95]), vec![false, true]);
	}

	#[test]
	fn each_answer_should_count_when_it_is_a_text_too() {
		assert_eq!(due(FeedRule::Each, Some(1), &[1, 1]), vec![true, true]);
		assert_eq!(FeedRule::Each.judge(Stand::New, None), (Stand::New, true));
		assert_eq!(FeedRule::AtMost(1).judge(Stand::Armed, None), (Stand::Armed, false));
	}

	#[test]
	fn rule_should_be_refused_when_it_cannot_be_crossed() {
		assert!(!FeedRule::AtLeast(i128::MIN).can_be_met());
		assert!(!FeedRule::AtMost(i128::MAX).can_be_met());
		assert!(!FeedRule::Moved(0).can_be_met());
		assert!(!FeedRule::Moved(1 << 127).can_be_met());
		assert!(FeedRule::Moved((1 << 127) - 1).can_be_met());
	}

	#[test]
	fn answer_should_not_be_used_when_it_is_stale_paused_or_taken_back() {
		let state = FeedState { numeric: true, unit: 0, paused: false, last: Some(answer(1)) };
		assert_eq!(state.fresh(99), Some(answer(1)));
		assert_eq!(state.fresh(100), None);
		assert!(state.stands_by(&answer(1), 99));
		assert!(state.stands_by(&FeedAnswer { round: 6, ..answer(5) }, 99));
		assert!(!state.stands_by(&answer(1), 100));
		let paused = FeedState { paused: true, ..state };
		assert_eq!((paused.fresh(1), paused.stands_by(&answer(1), 1)), (None, false));
		let empty = FeedState { last: None, ..state };
		assert_eq!((empty.fresh(1), empty.stands_by(&answer(1), 1)), (None, false));
	}

	fn number() -> impl Strategy<Value = i128> {
		prop_oneof![
			-20..20_i128,
			any::<i128>(),
			Just(i128::MIN),
			Just(i128::MAX),
			Just(i128::MIN + 1),
			Just(i128::MAX - 1),
		]
	}

	fn rule() -> impl Strategy<Value = FeedRule> {
		prop_oneof![
			number().prop_map(FeedRule::AtLeast),
			number().prop_map(FeedRule::AtMost),
			(0..20_u128).prop_map(FeedRule::Moved),
			any::<u128>().prop_map(FeedRule::Moved),
		]
		.prop_filter("it can be crossed", FeedRule::can_be_met)
	}

	proptest! {
		#[test]
		fn bounds_should_be_where_an_answer_changes_something(
			rule in rule(),
			first in number(),
			said in number(),
		) {
			let stand = rule.begin(Some(answer(first)));
			let (rising, falling) = rule.bounds(stand);
			prop_assert!(rising.is_some() || falling.is_some());
			let (next, due) = rule.judge(stand, Some(said));
			let beyond = rising.is_some_and(|at| said >= at) || falling.is_some_and(|at| said <= at);
			prop_assert_eq!(beyond, due || next != stand);
			// The same answer does nothing more.
			prop_assert_eq!(rule.judge(next, Some(said)), (next, false));
			let (rising, falling) = rule.bounds(next);
			prop_assert!(rising.is_none_or(|at| said < at) && falling.is_none_or(|at| said > at));
		}
	}
}
