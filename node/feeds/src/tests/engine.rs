use std::time::{Duration, Instant};

use fusion_data_feed_primitives::{
	api::{Action, Duty},
	commitment, FeedWord, FeederId, Value,
};
use sp_core::H256;

use super::rules;
use crate::{
	engine::{Effect, Engine},
	store::Secret,
};

const GENESIS: H256 = H256::repeat_byte(7);

fn feeder() -> FeederId {
	FeederId::from_raw([1; 32])
}

fn engine(secrets: Vec<Secret>) -> Engine {
	let mut number = 0u8;
	Engine::new(GENESIS, feeder(), secrets, move || {
		number += 1;
		[number; 32]
	})
}

fn duty(round: u64, action: Action) -> Duty {
	let last = Some(Value::Number(10_000));
	Duty { feed: 4, version: 2, rules: rules(), round, last, action }
}

fn fetch() -> Effect {
	Effect::Fetch { feed: 4, version: 2 }
}

fn commit(round: u64, number: i128, salt: u8) -> Effect {
	let value = Value::Number(number);
	let commitment = commitment(GENESIS, 4, round, &feeder(), &value, &[salt; 32]);
	Effect::Say(FeedWord::Commit { feed: 4, round, commitment })
}

fn committed(effect: &Effect) -> H256 {
	match effect {
		Effect::Say(FeedWord::Commit { commitment, .. }) => *commitment,
		other => panic!("{other:?}"),
	}
}

fn reveal(number: i128, salt: u8) -> Effect {
	let value = Value::Number(number);
	Effect::Say(FeedWord::Reveal { feed: 4, round: 1, value, salt: [salt; 32] })
}

fn price(number: i128) -> Option<Value> {
	Some(Value::Number(number))
}

#[test]
fn feeder_should_fetch_keep_commit_and_reveal() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	assert_eq!(engine.on_block(1, vec![duty(1, Action::Commit)], now), [fetch()]);
	let effects = engine.on_value(4, 2, price(100), now);
	// On disk first.
	assert_eq!(effects, [Effect::Keep, commit(1, 100, 1)]);
	assert_eq!(engine.secrets().count(), 1);
	let commitment = committed(&effects[1]);
	let waiting = Action::Reveal { commitment, from: 5, before: 8 };
	assert_eq!(engine.on_block(3, vec![duty(1, waiting)], now), []);
	// A word that is handed in now is in the next block.
	for block in [4, 5, 6] {
		assert_eq!(engine.on_block(block, vec![duty(1, waiting)], now), [reveal(100, 1)]);
	}
	assert_eq!(engine.on_block(7, vec![duty(1, waiting)], now), []);
	assert_eq!(engine.on_block(8, vec![duty(1, Action::Done)], now), []);
}

#[test]
fn commitment_should_be_said_again_until_it_is_heard_and_made_anew_when_it_is_old() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	let at = |seconds| now + Duration::from_secs(seconds);
	let commits = || vec![duty(1, Action::Commit)];
	engine.on_block(1, commits(), now);
	engine.on_value(4, 2, price(100), now);
	engine.on_kept(true);
	assert_eq!(engine.on_block(2, commits(), at(6)), [commit(1, 100, 1)]);
	assert_eq!(engine.on_block(3, commits(), at(29)), [commit(1, 100, 1)]);
	assert_eq!(engine.on_block(4, commits(), at(30)), [fetch()]);
	let effects = engine.on_value(4, 2, price(200), at(31));
	assert_eq!(effects, [Effect::Keep, commit(1, 200, 2)]);
	// The chain may have heard the first one in the end.
	let first = committed(&commit(1, 100, 1));
	let waiting = Action::Reveal { commitment: first, from: 5, before: 8 };
	assert_eq!(engine.on_block(5, vec![duty(1, waiting)], at(36)), [reveal(100, 1)]);
}

#[test]
fn round_should_be_opened_early_only_when_the_value_has_changed() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	let watch = || vec![duty(1, Action::Watch)];
	assert_eq!(engine.on_block(1, watch(), now), [fetch()]);
	assert_eq!(engine.on_value(4, 2, price(10_100), now), [], "one percent is not more than that");
	// Sources are left in peace for the interval.
	let later = now + Duration::from_secs(59);
	assert_eq!(engine.on_block(2, watch(), later), []);
	let later = now + Duration::from_secs(60);
	assert_eq!(engine.on_block(3, watch(), later), [fetch()]);
	assert_eq!(engine.on_value(4, 2, price(10_101), later), [Effect::Keep, commit(1, 10_101, 1)]);
	engine.on_kept(true);
	// Until it is heard.
	assert_eq!(engine.on_block(4, watch(), later), [commit(1, 10_101, 1)]);
}

#[test]
fn feeder_should_join_a_round_at_once_though_it_has_just_looked() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	engine.on_block(1, vec![duty(1, Action::Watch)], now);
	engine.on_value(4, 2, price(10_000), now);
	let later = now + Duration::from_secs(6);
	assert_eq!(engine.on_block(2, vec![duty(1, Action::Commit)], later), [fetch()]);
}

#[test]
fn sources_should_be_asked_again_after_a_pause_when_they_did_not_agree() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	let commits = || vec![duty(1, Action::Commit)];
	let at = |seconds| now + Duration::from_secs(seconds);
	assert_eq!(engine.on_block(1, commits(), now), [fetch()]);
	// One question at a time.
	assert_eq!(engine.on_block(2, commits(), at(6)), []);
	assert_eq!(engine.on_value(4, 2, None, at(6)), []);
	assert_eq!(engine.on_block(3, commits(), at(7)), [fetch()]);
	assert_eq!(engine.on_value(4, 2, None, at(8)), []);
	assert_eq!(engine.on_block(4, commits(), at(9)), []);
	assert_eq!(engine.on_block(5, commits(), at(12)), [fetch()]);
}

#[test]
fn value_should_be_dropped_when_it_is_not_wanted_any_more() {
	let now = Instant::now();
	for (then, version) in [
		(vec![duty(1, Action::Done)], 2),
		(vec![duty(2, Action::Wait { until: 5 })], 2),
		(vec![], 2),
		(vec![duty(1, Action::Commit)], 1),
	] {
		let mut engine = engine(vec![]);
		engine.on_block(1, vec![duty(1, Action::Commit)], now);
		engine.on_block(2, then.clone(), now);
		assert_eq!(engine.on_value(4, version, price(100), now), [], "{then:?}");
	}
	let mut engine = engine(vec![]);
	engine.on_block(1, vec![duty(1, Action::Commit)], now);
	assert_eq!(engine.on_value(4, 2, price(0), now), [], "out of bounds");
	assert_eq!(engine.on_value(9, 2, price(100), now), [], "of a feed that was not asked for");
}

#[test]
fn value_should_be_for_the_round_that_is_there_when_it_comes() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	engine.on_block(1, vec![duty(1, Action::Commit)], now);
	engine.on_block(9, vec![duty(2, Action::Commit)], now);
	assert_eq!(engine.on_value(4, 2, price(100), now), [Effect::Keep, commit(2, 100, 1)]);
}

#[test]
fn commitment_should_be_revealed_after_a_restart_and_not_be_said_again() {
	let (mut before, now) = (engine(vec![]), Instant::now());
	before.on_block(1, vec![duty(1, Action::Commit)], now);
	let effects = before.on_value(4, 2, price(100), now);
	let secrets: Vec<_> = before.secrets().cloned().collect();
	let mut after = engine(secrets.clone());
	let waiting = Action::Reveal { commitment: committed(&effects[1]), from: 2, before: 8 };
	assert_eq!(after.on_block(4, vec![duty(1, waiting)], now), [reveal(100, 1)]);
	// If the chain has not heard it, it is too old by now.
	let mut after = engine(secrets.clone());
	assert_eq!(after.on_block(4, vec![duty(1, Action::Commit)], now), [fetch()]);
	// Another feeder's are not ours.
	let mut other = Engine::new(GENESIS, FeederId::from_raw([2; 32]), secrets, || [0; 32]);
	assert_eq!(other.secrets().count(), 0);
	let lost = Effect::Lost { feed: 4, round: 1 };
	assert_eq!(other.on_block(4, vec![duty(1, waiting)], now), [lost]);
	assert_eq!(other.on_block(5, vec![duty(1, waiting)], now), [], "once is enough");
}

#[test]
fn commitment_should_never_be_said_when_it_could_not_be_kept() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	let at = |seconds| now + Duration::from_secs(seconds);
	engine.on_block(1, vec![duty(1, Action::Commit)], now);
	assert_eq!(engine.on_value(4, 2, price(100), now), [Effect::Keep, commit(1, 100, 1)]);
	engine.on_kept(false);
	assert_eq!(engine.secrets().count(), 0);
	// It begins anew.
	assert_eq!(engine.on_block(2, vec![duty(1, Action::Commit)], at(6)), [fetch()]);
	assert_eq!(engine.on_value(4, 2, price(100), at(6)), [Effect::Keep, commit(1, 100, 2)]);
}

#[test]
fn commitments_should_be_forgotten_when_their_round_is_long_over() {
	let (mut engine, now) = (engine(vec![]), Instant::now());
	engine.on_block(1, vec![duty(1, Action::Commit)], now);
	engine.on_value(4, 2, price(100), now);
	assert_eq!(engine.on_block(50, vec![duty(9, Action::Done)], now), []);
	assert_eq!(engine.secrets().count(), 1);
	assert_eq!(engine.on_block(60, vec![duty(10, Action::Done)], now), [Effect::Keep]);
	assert_eq!(engine.secrets().count(), 0);
}

#[test]
fn commitments_of_a_round_should_be_bounded() {
	let (mut engine, mut now) = (engine(vec![]), Instant::now());
	let mut said = 0;
	for block in 0..20 {
		now += Duration::from_secs(40);
		engine.on_block(block, vec![duty(1, Action::Commit)], now);
		said += engine.on_value(4, 2, price(100), now).len();
	}
	assert_eq!((said, engine.secrets().count()), (8, 4));
}
