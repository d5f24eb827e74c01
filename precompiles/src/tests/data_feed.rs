//! Data feeds.

use super::{address_in, reason, selectors, succeed};
use crate::{mock::*, DataFeed as Feeds, IDataFeed};
use frame_support::assert_ok;
use fusion_data_feed_primitives::{Definition, Kind, Margin, Rules, Source, Text, Value};
use pallet_revive::precompiles::{
	alloy::{
		primitives::I256,
		sol_types::{SolCall, SolInterface},
	},
	Precompile,
};
use std::collections::BTreeSet;
use IDataFeed::{
	answerOfCall, describeCall, latestCall, readBooleanCall, readNumberCall, readTextCall,
	IDataFeedCalls,
};

const SOURCE: &str = include_str!("../../../contracts/interfaces/IDataFeed.sol");
const START: u64 = 1_000_000;
/// The states of an answer, as the Solidity file numbers them.
const UNKNOWN: u8 = 0;
const EMPTY: u8 = 1;
const PAUSED: u8 = 2;
const STALE: u8 = 3;
const FRESH: u8 = 4;

/// Feed 0 has a price, feed 1 a text, feed 2 yes or no.
pub(super) fn add_feeds() {
	set_time(START);
	let source = |number: u8| Source {
		url: format!("https://{number}.example/").into_bytes().try_into().unwrap(),
		pointer: b"/price".to_vec().try_into().unwrap(),
	};
	let price = Kind::Decimal { scale: 8, min: i128::MIN, max: i128::MAX };
	for kind in [price, Kind::Text { longest: 64 }, Kind::Boolean] {
		let definition = Definition {
			description: b"BTC / USD".to_vec().try_into().unwrap(),
			sources: (0..3).map(source).collect::<Vec<_>>().try_into().unwrap(),
			rules: Rules {
				kind,
				interval: 1,
				heartbeat: 600,
				lifetime: 1_200,
				deviation: Margin::default(),
				tolerance: Margin { relative: 10_000, absolute: 0 },
				quorum: 67,
				min_reports: 1,
				reward: 0,
			},
		};
		assert_ok!(DataFeed::add_feed(RuntimeOrigin::root(), definition));
	}
}

fn text(text: &str) -> Value {
	Value::Text(Text::try_from(text.as_bytes().to_vec()).unwrap())
}

fn number(number: i64) -> I256 {
	I256::try_from(number).unwrap()
}

/// Asks the precompile as an account.
fn ask<C: SolCall>(call: C) -> C::Return {
	let answer = succeed(ALICE, DATA_FEED, call.abi_encode());
	C::abi_decode_returns(&answer).expect("the answer is of the function's type")
}

fn refuses<C: SolCall>(asked: C, expected: &str) {
	let result = call(ALICE, DATA_FEED, asked.abi_encode()).expect("the call is executed");
	assert!(result.did_revert());
	assert_eq!(reason(&result).as_deref(), Some(expected));
}

#[test]
fn every_function_of_the_solidity_file_should_be_answered() {
	build_and_execute(|| {
		add_feeds();
		feed_says(0, &Value::Number(5));
		feed_says(1, &text("home"));
		feed_says(2, &Value::Boolean(true));
		let calls = [
			readNumberCall { feed: 0 }.abi_encode(),
			readTextCall { feed: 1 }.abi_encode(),
			readBooleanCall { feed: 2 }.abi_encode(),
			latestCall { feed: 0 }.abi_encode(),
			answerOfCall { feed: 0, round: 1 }.abi_encode(),
			describeCall { feed: 0 }.abi_encode(),
		];
		let mut answered = BTreeSet::new();
		for data in calls {
			answered.insert([data[0], data[1], data[2], data[3]]);
			succeed(ALICE, DATA_FEED, data);
		}
		assert_eq!(answered, IDataFeedCalls::selectors().collect());
		assert_eq!(answered, selectors(SOURCE));
	});
}

#[test]
fn precompile_should_be_where_the_solidity_file_says() {
	assert_eq!(<Feeds<Test> as Precompile>::MATCHER.base_address(), DATA_FEED.0);
	assert_eq!(address_in(SOURCE, "DATA_FEED_ADDRESS"), DATA_FEED);
}

#[test]
fn value_should_be_read_while_it_is_fresh_and_refused_afterwards() {
	build_and_execute(|| {
		add_feeds();
		feed_says(0, &Value::Number(-6_412_345));
		assert_eq!(ask(readNumberCall { feed: 0 }), number(-6_412_345));
		set_time(START + 1_199);
		assert_eq!(ask(readNumberCall { feed: 0 }), number(-6_412_345));
		let latest = ask(latestCall { feed: 0 });
		assert_eq!(u8::from(latest.status), FRESH);
		set_time(START + 1_200);
		refuses(readNumberCall { feed: 0 }, "DataFeed: the answer is stale");
		let latest = ask(latestCall { feed: 0 });
		assert_eq!(u8::from(latest.status), STALE);
		assert_eq!(latest.answer.number, number(-6_412_345));
		assert_eq!(
			(latest.answer.startedAt, latest.answer.updatedAt, latest.answer.expiresAt),
			(START, START, START + 1_200)
		);
	});
}

#[test]
fn numbers_should_be_exact_at_both_ends() {
	build_and_execute(|| {
		add_feeds();
		feed_says(0, &Value::Number(i128::MIN));
		assert_eq!(ask(readNumberCall { feed: 0 }), I256::try_from(i128::MIN).unwrap());
		set_time(START + 600);
		feed_says(0, &Value::Number(i128::MAX));
		assert_eq!(ask(readNumberCall { feed: 0 }), I256::try_from(i128::MAX).unwrap());
	});
}

#[test]
fn texts_and_booleans_should_be_read_as_such() {
	build_and_execute(|| {
		add_feeds();
		feed_says(1, &text("home"));
		feed_says(2, &Value::Boolean(true));
		assert_eq!(ask(readTextCall { feed: 1 }), "home");
		assert!(ask(readBooleanCall { feed: 2 }));
		assert_eq!(ask(readNumberCall { feed: 2 }), number(1));
		assert_eq!(ask(latestCall { feed: 1 }).answer.text, "home");
		refuses(readNumberCall { feed: 1 }, "DataFeed: the feed has texts");
		refuses(readTextCall { feed: 2 }, "DataFeed: the feed has no texts");
		refuses(readBooleanCall { feed: 1 }, "DataFeed: the feed does not say yes or no");
	});
}

#[test]
fn reason_should_be_given_when_there_is_nothing_to_read() {
	build_and_execute(|| {
		add_feeds();
		refuses(readNumberCall { feed: 9 }, "DataFeed: there is no such feed");
		refuses(readNumberCall { feed: 0 }, "DataFeed: the feed has had no answer yet");
		refuses(describeCall { feed: 9 }, "DataFeed: there is no such feed");
		refuses(answerOfCall { feed: 0, round: 1 }, "DataFeed: no answer of this round is known");
		assert_eq!(u8::from(ask(latestCall { feed: 9 }).status), UNKNOWN);
		assert_eq!(u8::from(ask(latestCall { feed: 0 }).status), EMPTY);
		feed_says(0, &Value::Number(5));
		assert_ok!(DataFeed::set_paused(RuntimeOrigin::root(), 0, true));
		refuses(readNumberCall { feed: 0 }, "DataFeed: the feed is paused");
		let latest = ask(latestCall { feed: 0 });
		assert_eq!((u8::from(latest.status), latest.answer.round), (PAUSED, 0));
	});
}

#[test]
fn feed_should_be_described() {
	build_and_execute(|| {
		add_feeds();
		let price = ask(describeCall { feed: 0 });
		assert_eq!(price.description, "BTC / USD");
		assert_eq!((u8::from(price.kind), price.decimals, price.sources), (1, 8, 3));
		assert_eq!((price.heartbeat, price.lifetime, price.paused), (600, 1_200, false));
		assert_eq!(u8::from(ask(describeCall { feed: 1 }).kind), 2);
		assert_eq!(u8::from(ask(describeCall { feed: 2 }).kind), 3);
	});
}

#[test]
fn past_answer_should_be_looked_up() {
	build_and_execute(|| {
		add_feeds();
		feed_says(0, &Value::Number(5));
		set_time(START + 600);
		feed_says(0, &Value::Number(6));
		assert_eq!(ask(answerOfCall { feed: 0, round: 1 }).number, number(5));
		assert_eq!(ask(answerOfCall { feed: 0, round: 2 }).number, number(6));
	});
}

#[test]
fn feeds_should_be_read_statically_and_not_by_delegate_nor_with_value() {
	build_and_execute(|| {
		add_feeds();
		feed_says(0, &Value::Number(5));
		let data = readNumberCall { feed: 0 }.abi_encode();
		let reader = deploy_proxy_to(DATA_FEED, Passing::Static);
		let answer = succeed(ALICE, reader, data.clone());
		assert_eq!(readNumberCall::abi_decode_returns(&answer).unwrap(), number(5));
		let delegate = deploy_proxy_to(DATA_FEED, Passing::Delegate);
		assert!(call(ALICE, delegate, data.clone()).unwrap().did_revert());
		let paid = call_with_value(ALICE, DATA_FEED, 5_000_000, data).unwrap();
		assert_eq!(reason(&paid).as_deref(), Some("DataFeed: takes no value"));
	});
}
