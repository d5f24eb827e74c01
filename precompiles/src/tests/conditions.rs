//! Rows of the calling list that wait for what comes from outside.

use super::{
	calling_list::{
		alloy_bytes, next_block, recorder, register, setup, slot, terms, trigger, DEPOSIT, KEEPER,
		LIST,
	},
	data_feed::add_feeds,
	reason, succeed,
};
use crate::{mock::*, ICallingList};
use frame_support::{assert_ok, traits::Hooks};
use fusion_calling_list_primitives::{feed::FeedRule, Condition, Reason, RowState};
use fusion_data_feed_primitives::Value;
use pallet_calling_list::Rows;
use pallet_revive::precompiles::{
	alloy::{primitives::U256, sol_types::SolCall},
	H160,
};
use ICallingList::{
	onDepositCall, onFeedAnswerCall, onFeedAtLeastCall, onFeedAtMostCall, onLockOutCall, rowCall,
};

/// A row of Alice's that waits for feed 0 to be so low.
fn at_most(target: H160, threshold: i128) -> Vec<u8> {
	onFeedAtMostCall {
		target: target.0.into(),
		data: alloy_bytes(b"sell"),
		feed: 0,
		threshold,
		deposit: U256::from(DEPOSIT),
		terms: terms(),
	}
	.abi_encode()
}

#[test]
fn target_should_be_called_when_a_feed_crosses_the_threshold() {
	setup(|| {
		add_feeds();
		feed_says(0, &Value::Number(6_500));
		let target = recorder();
		let id = register(at_most(target, 6_000));
		let condition = Condition::Feed { feed: 0, rule: FeedRule::AtMost(6_000) };
		assert_eq!(Rows::<Test>::get(id).unwrap().condition, condition);
		set_time(1_000_100);
		feed_says(0, &Value::Number(6_001));
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::NotDue]);
		set_time(1_000_200);
		feed_says(0, &Value::Number(5_999));
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		assert_eq!(slot(target, 0), U256::from(1));
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::NotDue]);
		let answer = succeed(ALICE, LIST, rowCall { id }.abi_encode());
		let row = rowCall::abi_decode_returns(&answer).unwrap();
		assert_eq!(u8::from(row.kind), u8::from(ICallingList::ConditionKind::Feed));
		assert_eq!(u8::from(row.state), u8::from(ICallingList::State::Listening));
		assert_eq!(row.dueAt, 0);
	});
}

#[test]
fn rows_should_be_paused_when_their_feed_is_removed() {
	setup(|| {
		add_feeds();
		let id = register(at_most(recorder(), 6_000));
		assert_ok!(DataFeed::remove_feed(RuntimeOrigin::root(), 0));
		next_block();
		let paused = RowState::Paused { reason: Reason::ConditionGone };
		assert_eq!(Rows::<Test>::get(id).unwrap().state, paused);
		let result = call(ALICE, LIST, ICallingList::resumeCall { id }.abi_encode()).unwrap();
		assert_eq!(reason(&result).as_deref(), Some("CallingList: UnknownFeed"));
	});
}

#[test]
fn reason_should_be_given_when_a_feed_cannot_be_waited_for() {
	setup(|| {
		add_feeds();
		let (target, deposit) = (recorder().0.into(), U256::from(DEPOSIT));
		let data = alloy_bytes(b"x");
		let refused = |data: Vec<u8>, expected: &str| {
			let result = call(ALICE, LIST, data).expect("the call is executed");
			assert_eq!(reason(&result).as_deref(), Some(expected));
		};
		let text = onFeedAtLeastCall {
			target,
			data: data.clone(),
			feed: 1,
			threshold: 1,
			deposit,
			terms: terms(),
		};
		refused(text.abi_encode(), "CallingList: FeedHasNoNumbers");
		let always = onFeedAtLeastCall { feed: 0, threshold: i128::MIN, ..text };
		refused(always.abi_encode(), "CallingList: NeverDue");
		let unknown = onFeedAnswerCall { target, data, feed: 9, deposit, terms: terms() };
		refused(unknown.abi_encode(), "CallingList: UnknownFeed");
	});
}

fn kind(id: u64) -> u8 {
	let answer = succeed(ALICE, LIST, rowCall { id }.abi_encode());
	rowCall::abi_decode_returns(&answer).unwrap().kind.into()
}

fn on_deposit(target: H160, index: u64, least: u128) -> Vec<u8> {
	onDepositCall {
		target: target.0.into(),
		data: alloy_bytes(b"paid"),
		chain: 0,
		index,
		least,
		deposit: U256::from(DEPOSIT),
		terms: terms(),
	}
	.abi_encode()
}

fn on_lock_out(target: H160, chain: u8, intent: u64) -> Vec<u8> {
	onLockOutCall {
		target: target.0.into(),
		data: alloy_bytes(b"released"),
		chain,
		intent,
		deposit: U256::from(DEPOSIT),
		terms: terms(),
	}
	.abi_encode()
}

#[test]
fn target_should_be_called_when_a_deposit_is_credited() {
	setup(|| {
		lock_in(account(ALICE), 50_000);
		let target = recorder();
		let id = register(on_deposit(target, 0, 10_000));
		assert_eq!(kind(id), u8::from(ICallingList::ConditionKind::Deposit));
		deposit_to(0, 9_999, 1);
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::NotDue]);
		deposit_to(0, 10_000, 2);
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		assert_eq!(slot(target, 0), U256::from(1));
		assert_eq!(Rows::<Test>::get(id).unwrap().state, RowState::Listening);
	});
}

#[test]
fn target_should_be_called_when_a_lock_out_is_paid() {
	setup(|| {
		lock_in(account(ALICE), 50_000);
		let intent = lock_out(account(ALICE));
		let target = recorder();
		let id = register(on_lock_out(target, 0, intent));
		assert_eq!(kind(id), u8::from(ICallingList::ConditionKind::LockOut));
		while pallet_asset_mapping::Batches::<Test>::count() == 0 {
			next_block();
			Mapping::on_initialize(System::block_number());
		}
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::NotDue]);
		settle(0);
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		assert_eq!(slot(target, 0), U256::from(1));
		// It cannot happen again.
		assert_eq!(Rows::<Test>::get(id), None);
	});
}

#[test]
fn row_should_be_paused_when_its_lock_out_is_cancelled() {
	setup(|| {
		lock_in(account(ALICE), 50_000);
		let intent = lock_out(account(ALICE));
		let id = register(on_lock_out(recorder(), 0, intent));
		let cancel = crate::IAssetMapping::cancelLockOutCall { intent }.abi_encode();
		succeed(ALICE, PRECOMPILE, cancel);
		next_block();
		let paused = RowState::Paused { reason: Reason::ConditionGone };
		assert_eq!(Rows::<Test>::get(id).unwrap().state, paused);
	});
}

#[test]
fn reason_should_be_given_when_there_is_nothing_to_wait_for() {
	setup(|| {
		lock_in(account(ALICE), 50_000);
		let intent = lock_out(account(ALICE));
		let target = recorder();
		for data in [
			on_deposit(target, 1, 0),
			on_lock_out(target, 0, intent + 1),
			// There is no such chain.
			on_lock_out(target, 1, intent),
		] {
			let result = call(ALICE, LIST, data).expect("the call is executed");
			assert_eq!(reason(&result).as_deref(), Some("CallingList: NothingToWaitFor"));
		}
	});
}
