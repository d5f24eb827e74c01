//! Which words are let in.

use fusion_data_feed_primitives::{commitment, FeedWord, Kind, Rules, SignedWord, Text, Value};
use sp_core::H256;
use sp_runtime::transaction_validity::{
	InvalidTransaction::{self, BadProof, BadSigner, Custom, Future, Stale},
	TransactionValidityError,
};

use crate::{mock::*, words::refusal, *};

fn refused(reason: InvalidTransaction) -> Result<(), TransactionValidityError> {
	Err(TransactionValidityError::Invalid(reason))
}

/// Feed 0, whose round 1 is open: feeders 1 to 3 have committed to 100.
fn three_committed() {
	add_feed(rules());
	for seed in 1..=3 {
		assert_eq!(commit(seed, 0, 100), Ok(()));
	}
}

#[test]
fn commitment_should_be_taken_once() {
	build_and_execute(|| {
		three_committed();
		assert_eq!(commit(1, 0, 100), refused(Stale));
		assert_eq!(commit(1, 0, 200), refused(Stale));
		assert_eq!(RoundOf::<Test>::get(0).unwrap().commits, 3);
	});
}

#[test]
fn word_should_be_refused_when_a_stranger_says_it() {
	build_and_execute(|| {
		three_committed();
		assert_eq!(commit(9, 0, 100), refused(BadSigner));
		run_to(1 + COMMIT);
		assert_eq!(reveal(9, 0, 100), refused(BadSigner));
		// A feeder that has not committed.
		assert_eq!(reveal(4, 0, 100), refused(Stale));
	});
}

#[test]
fn word_should_be_refused_when_it_is_signed_by_another_or_for_another_chain() {
	build_and_execute(|| {
		add_feed(rules());
		let word = commit_word(1, 0, 1, &Value::Number(100));
		let elsewhere = signed_for(1, word.clone(), H256::repeat_byte(1));
		assert_eq!(submit(elsewhere), refused(BadProof));
		let by_two = signed_for(2, word.clone(), genesis());
		assert_eq!(submit(SignedWord { feeder: key(1), ..by_two }), refused(BadProof));
		assert_eq!(say(1, word), Ok(()));
	});
}

#[test]
fn word_should_be_refused_when_it_is_for_another_round_or_feed() {
	build_and_execute(|| {
		three_committed();
		let value = Value::Number(100);
		assert_eq!(say(4, commit_word(4, 0, 0, &value)), refused(Stale));
		assert_eq!(say(4, commit_word(4, 0, 2, &value)), refused(Future));
		assert_eq!(say(4, commit_word(4, 7, 1, &value)), refused(Custom(refusal::UNKNOWN_FEED)));
		run_to(1 + COMMIT);
		assert_eq!(say(1, reveal_word(1, 0, 0, &value)), refused(Stale));
		assert_eq!(say(1, reveal_word(1, 0, 2, &value)), refused(Future));
		assert_eq!(say(1, reveal_word(1, 7, 1, &value)), refused(Custom(refusal::UNKNOWN_FEED)));
		// The same round of another feed.
		let other = add_feed(rules());
		assert_eq!(say(1, reveal_word(1, other, 1, &value)), refused(Future));
		assert_eq!(reveal(1, 0, 100), Ok(()));
	});
}

#[test]
fn commitment_should_be_worth_nothing_when_it_is_copied() {
	build_and_execute(|| {
		add_feed(rules());
		let value = Value::Number(100);
		let FeedWord::Commit { commitment: seen, .. } = commit_word(1, 0, 1, &value) else {
			panic!("it is one");
		};
		// Feeder 2 sees it in the pool, and is even faster.
		assert_eq!(say(2, FeedWord::Commit { feed: 0, round: 1, commitment: seen }), Ok(()));
		for seed in [1, 3, 4] {
			assert_eq!(commit(seed, 0, 100), Ok(()));
		}
		next_block();
		assert_eq!(reveal(1, 0, 100), Ok(()));
		// It sees what is revealed, and still cannot: what it copied is bound to feeder 1.
		let copied = FeedWord::Reveal { feed: 0, round: 1, value: value.clone(), salt: salt(1, 1) };
		assert_eq!(say(2, copied), refused(Custom(refusal::COMMITMENT_MISMATCH)));
		assert_ne!(seen, commitment(genesis(), 0, 1, &key(2), &value, &salt(1, 1)));
		for seed in [3, 4] {
			assert_eq!(reveal(seed, 0, 100), Ok(()));
		}
		run_to(System::block_number() + REVEAL);
		assert_eq!(fresh(0), Some(100));
		let record = Records::<Test>::get(2);
		assert_eq!((record.good, record.unrevealed, record.owed), (0, 1, 0));
	});
}

#[test]
fn value_should_not_be_changed_after_the_commitment() {
	build_and_execute(|| {
		three_committed();
		run_to(1 + COMMIT);
		assert_eq!(reveal(1, 0, 101), refused(Custom(refusal::COMMITMENT_MISMATCH)));
		assert_eq!(reveal(1, 0, 100), Ok(()));
		assert_eq!(reveal(1, 0, 100), refused(Stale));
	});
}

#[test]
fn value_should_be_refused_when_it_is_early_or_late() {
	build_and_execute(|| {
		three_committed();
		// While others can still commit.
		for _ in 0..COMMIT {
			assert_eq!(reveal(1, 0, 100), refused(Future));
			next_block();
		}
		// Nobody can commit any more who has seen a value.
		assert_eq!(reveal(1, 0, 100), Ok(()));
		assert_eq!(commit(4, 0, 100), refused(Stale));
		run_to(1 + COMMIT + REVEAL);
		assert_eq!(say(2, reveal_word(2, 0, 1, &Value::Number(100))), refused(Stale));
		assert_eq!(Records::<Test>::get(2).unrevealed, 1);
	});
}

#[test]
fn value_should_be_refused_when_it_is_late_though_the_round_waits_to_be_closed() {
	build_and_execute(|| {
		// Three feeds end in the same block, and two rounds are closed in one.
		for feed in 0..3 {
			add_feed(rules());
			assert_eq!(commit(1, feed, 100), Ok(()));
		}
		run_to(1 + COMMIT + REVEAL);
		assert_eq!(RoundOf::<Test>::iter().count(), 1);
		assert_eq!(reveal(1, 2, 100), refused(Stale));
		next_block();
		assert_eq!(RoundOf::<Test>::get(2), None);
	});
}

#[test]
fn value_should_be_refused_when_it_is_out_of_bounds_or_of_another_type() {
	build_and_execute(|| {
		add_feed(rules());
		let text = Value::Text(Text::try_from(b"100".to_vec()).unwrap());
		let values = [Value::Number(0), Value::Number(1_000_000_001), text, Value::Boolean(true)];
		for (seed, value) in (1..).zip(&values) {
			assert_eq!(say(seed, commit_word(seed, 0, 1, value)), Ok(()));
		}
		next_block();
		for (seed, value) in (1..).zip(&values) {
			let outcome = say(seed, reveal_word(seed, 0, 1, value));
			assert_eq!(outcome, refused(Custom(refusal::BAD_VALUE)), "{value:?}");
		}
		run_to(System::block_number() + REVEAL);
		assert_eq!(AnswerOf::<Test>::get(0), None);
		assert_eq!(Records::<Test>::get(1).unrevealed, 1);
	});
}

#[test]
fn word_should_be_refused_when_there_are_too_few_feeders() {
	build_and_execute(|| {
		add_feed(Rules { min_reports: 5, ..rules() });
		assert_eq!(commit(1, 0, 100), refused(Custom(refusal::TOO_FEW_FEEDERS)));
		seat(5);
		assert_eq!(commit(1, 0, 100), Ok(()));
	});
}

#[test]
fn feeder_should_reveal_when_a_session_without_it_has_begun_and_speak_once_with_a_new_key() {
	build_and_execute(|| {
		three_committed();
		LastSession::set(&Session::get());
		// Feeder 1 has a new key, 2 is gone, 3 and 4 stay, 5 is new.
		Session::set(&vec![(11, 1), (3, 3), (4, 4), (5, 5)]);
		assert_eq!(commit(11, 0, 100), refused(Stale), "it has committed with its old key");
		assert_eq!(commit(2, 0, 100), refused(BadSigner));
		assert_eq!(commit(5, 0, 100), Ok(()));
		next_block();
		for seed in [1, 2, 3, 5] {
			assert_eq!(reveal(seed, 0, 100), Ok(()), "feeder {seed}");
		}
		next_block();
		assert_eq!(fresh(0), Some(100));
	});
}

#[test]
fn pool_should_know_a_word_by_feeder_feed_round_and_phase() {
	build_and_execute(|| {
		add_feed(rules());
		let tags = |seed, number| {
			let word = commit_word(seed, 0, 1, &Value::Number(number));
			let valid = validate(signed_for(seed, word, genesis())).unwrap();
			assert!(valid.propagate && valid.longevity <= 5);
			valid.provides
		};
		assert_eq!(tags(1, 100), tags(1, 200), "only one of them has room");
		assert_ne!(tags(1, 100), tags(2, 100));
	});
}

#[test]
fn round_should_hear_no_more_feeders_than_it_can_hold() {
	build_and_execute(|| {
		seat(MAX_REPORTS as u8 + 1);
		add_feed(rules());
		for seed in 1..=MAX_REPORTS as u8 {
			assert_eq!(commit(seed, 0, 100), Ok(()));
		}
		let last = MAX_REPORTS as u8 + 1;
		assert_eq!(commit(last, 0, 100), refused(Custom(refusal::ROUND_FULL)));
	});
}

#[test]
fn texts_and_booleans_should_be_agreed_on() {
	build_and_execute(|| {
		let text = add_feed(Rules { kind: Kind::Text { longest: 9 }, ..rules() });
		let value = |text: &str| Value::Text(Text::try_from(text.as_bytes().to_vec()).unwrap());
		let said = ["home", "home", "away", "home"].map(value);
		for (seed, value) in (1..).zip(&said) {
			assert_eq!(say(seed, commit_word(seed, text, 1, value)), Ok(()));
		}
		next_block();
		for (seed, value) in (1..).zip(&said) {
			assert_eq!(say(seed, reveal_word(seed, text, 1, value)), Ok(()));
		}
		next_block();
		assert_eq!(AnswerOf::<Test>::get(text).unwrap().value, value("home"));
		assert_eq!(Records::<Test>::get(3).outliers, 1);
		assert_eq!(Records::<Test>::get(3).owed, 0);
	});
}
