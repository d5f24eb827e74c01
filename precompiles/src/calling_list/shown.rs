//! Between Solidity's types and the chain's.

use alloc::vec::Vec;
use fusion_calling_list_primitives::{
	cron::{Cron, CronError},
	feed::{FeedId, FeedRule},
	foreign::ForeignEvent,
	schedule::Schedule,
	AfterFailure, Balance, Condition, Entry, Missed, Reason, RowState, RowView, Terms, Tier,
};
use pallet_calling_list::Registration;
use pallet_revive::precompiles::{
	alloy::primitives::{Address, U256},
	Error, H160, H256,
};

use super::{ICallingList, NAME};
use crate::env::revert;
use ICallingList::{ConditionKind, ICallingListCalls, Row};

/// What a function that registers a row is to register. `None` for others.
pub(super) fn registration(input: &ICallingListCalls) -> Option<Result<Registration, Error>> {
	let time = Condition::Time;
	let registration = match input {
		ICallingListCalls::atBlock(call) => {
			let condition = time(Schedule::AtBlock(call.blockNumber));
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::atTime(call) => {
			let condition = time(Schedule::AtTime(call.timestamp));
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::everyBlocks(call) => {
			let condition = time(Schedule::EveryBlocks { first: call.first, every: call.every });
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::everySeconds(call) => {
			let condition = time(Schedule::EverySeconds { first: call.first, every: call.every });
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::cron(call) => {
			cron(&call.expression).map(|cron| time(Schedule::Cron(cron))).and_then(|condition| {
				plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
			})
		},
		ICallingListCalls::onLog(call) => {
			let emitter = H160(call.emitter.0 .0);
			let condition = Condition::Log { emitter, topic0: H256(call.topic0.0) };
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onFeedAtLeast(call) => {
			let condition = on_feed(call.feed, FeedRule::AtLeast(call.threshold));
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onFeedAtMost(call) => {
			let condition = on_feed(call.feed, FeedRule::AtMost(call.threshold));
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onFeedMoved(call) => {
			let condition = on_feed(call.feed, FeedRule::Moved(call.by));
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onFeedAnswer(call) => {
			let condition = on_feed(call.feed, FeedRule::Each);
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onDeposit(call) => {
			let event = ForeignEvent::Deposit { index: call.index, least: call.least };
			let condition = Condition::Foreign { chain: call.chain, event };
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onLockOut(call) => {
			let event = ForeignEvent::LockOut { intent: call.intent };
			let condition = Condition::Foreign { chain: call.chain, event };
			plain(call.target, call.data.to_vec(), condition, call.deposit, &call.terms)
		},
		ICallingListCalls::onCheck(call) => {
			let checker = H160(call.checker.0 .0);
			let condition = Condition::Check { checker, every: call.every };
			plain(call.target, call.checkData.to_vec(), condition, call.deposit, &call.terms)
		},
		_ => return None,
	};
	Some(registration)
}

fn on_feed(feed: FeedId, rule: FeedRule) -> Condition {
	Condition::Feed { feed, rule }
}

fn plain(
	target: Address,
	data: Vec<u8>,
	condition: Condition,
	deposit: U256,
	terms: &ICallingList::Terms,
) -> Result<Registration, Error> {
	super::registration(target.0 .0, data, condition, deposit, terms)
}

fn cron(text: &str) -> Result<Cron, Error> {
	Cron::parse(text.as_bytes()).map_err(|error| {
		let reason = match error {
			CronError::TooLong => "the cron expression is too long",
			CronError::NotFiveFields => "a cron expression has five fields",
			CronError::Malformed => "a field of the cron expression is malformed",
			CronError::OutOfRange => "a number in the cron expression is out of range",
			CronError::BadStep => "a step in the cron expression is zero or has no range",
		};
		revert(NAME, reason)
	})
}

/// An amount of FSN.
pub(super) fn amount(amount: U256) -> Result<Balance, Error> {
	Balance::try_from(amount).map_err(|_| revert(NAME, "the amount is too large"))
}

/// Terms as the chain has them.
pub(super) fn terms_of(terms: &ICallingList::Terms) -> Result<Terms, Error> {
	Ok(Terms {
		gas_limit: terms.gasLimit,
		storage_limit: terms.storageLimit,
		max_gas_price: terms.maxGasPrice,
		expires_at: Some(terms.expiresAt).filter(|at| *at > 0),
		max_runs: Some(terms.maxRuns).filter(|runs| *runs > 0),
		tier: tier_of(terms.tier)?,
		missed: match terms.missed {
			ICallingList::Missed::Skip => Missed::Skip,
			ICallingList::Missed::Once => Missed::Once,
			ICallingList::Missed::All => Missed::All,
			_ => return Err(no_value()),
		},
		retries: terms.retries,
		backoff: terms.backoff,
		after_failure: match terms.afterFailure {
			ICallingList::AfterFailure::Pause => AfterFailure::Pause,
			ICallingList::AfterFailure::Remove => AfterFailure::Remove,
			ICallingList::AfterFailure::GoOn => AfterFailure::GoOn,
			_ => return Err(no_value()),
		},
	})
}

/// A tier as the chain has it.
pub(super) fn tier_of(tier: ICallingList::Tier) -> Result<Tier, Error> {
	match tier {
		ICallingList::Tier::BestEffort => Ok(Tier::BestEffort),
		ICallingList::Tier::Guaranteed => Ok(Tier::Guaranteed),
		_ => Err(no_value()),
	}
}

fn no_value() -> Error {
	revert(NAME, "an enum has no such value")
}

/// A reason as Solidity has it: their numbers are the same.
pub(super) fn reason(reason: Reason) -> Result<ICallingList::Reason, Error> {
	ICallingList::Reason::try_from(reason as u8).map_err(|_| no_value())
}

/// A reason as the chain has it.
pub(super) fn reason_of(reason: ICallingList::Reason) -> Option<Reason> {
	codec::Decode::decode(&mut &[u8::from(reason)][..]).ok()
}

/// What happened to a row.
pub(super) fn entry(entry: Entry) -> Result<ICallingList::Entry, Error> {
	Ok(ICallingList::Entry {
		blockNumber: entry.block,
		reason: reason(entry.reason)?,
		count: entry.count,
	})
}

fn terms(terms: &Terms) -> ICallingList::Terms {
	ICallingList::Terms {
		gasLimit: terms.gas_limit,
		storageLimit: terms.storage_limit,
		maxGasPrice: terms.max_gas_price,
		expiresAt: terms.expires_at.unwrap_or_default(),
		maxRuns: terms.max_runs.unwrap_or_default(),
		tier: match terms.tier {
			Tier::BestEffort => ICallingList::Tier::BestEffort,
			Tier::Guaranteed => ICallingList::Tier::Guaranteed,
		},
		missed: match terms.missed {
			Missed::Skip => ICallingList::Missed::Skip,
			Missed::Once => ICallingList::Missed::Once,
			Missed::All => ICallingList::Missed::All,
		},
		retries: terms.retries,
		backoff: terms.backoff,
		afterFailure: match terms.after_failure {
			AfterFailure::Pause => ICallingList::AfterFailure::Pause,
			AfterFailure::Remove => ICallingList::AfterFailure::Remove,
			AfterFailure::GoOn => ICallingList::AfterFailure::GoOn,
		},
	}
}

fn kind(condition: &Condition) -> ConditionKind {
	match condition {
		Condition::Time(Schedule::AtBlock(_)) => ConditionKind::AtBlock,
		Condition::Time(Schedule::AtTime(_)) => ConditionKind::AtTime,
		Condition::Time(Schedule::EveryBlocks { .. }) => ConditionKind::EveryBlocks,
		Condition::Time(Schedule::EverySeconds { .. }) => ConditionKind::EverySeconds,
		Condition::Time(Schedule::Cron(_)) => ConditionKind::Cron,
		Condition::Log { .. } => ConditionKind::Log,
		Condition::Check { .. } => ConditionKind::Check,
		Condition::Feed { .. } => ConditionKind::Feed,
		Condition::Foreign { event: ForeignEvent::Deposit { .. }, .. } => ConditionKind::Deposit,
		Condition::Foreign { event: ForeignEvent::LockOut { .. }, .. } => ConditionKind::LockOut,
	}
}

/// A row.
pub(super) fn row<AccountId>(row: &RowView<AccountId>, owner: H160) -> Row {
	let (state, due_since) = match row.state {
		RowState::Waiting { .. } => (ICallingList::State::Waiting, 0),
		RowState::Listening => (ICallingList::State::Listening, 0),
		RowState::Due { since, .. } => (ICallingList::State::Due, since),
		RowState::Paused { .. } => (ICallingList::State::Paused, 0),
	};
	// What a row listens to has no time of its own.
	let due_at = match row.condition {
		Condition::Log { .. } | Condition::Feed { .. } | Condition::Foreign { .. } => 0,
		Condition::Time(_) | Condition::Check { .. } => row.occurrence.value,
	};
	Row {
		state,
		owner: owner.0.into(),
		target: row.target.0.into(),
		kind: kind(&row.condition),
		dueAt: due_at,
		deposit: U256::from(row.deposit),
		dueSince: due_since,
		runs: row.runs,
		failures: row.failures,
		terms: terms(&row.terms),
	}
}

/// What is shown of a row that there is not.
pub(super) fn no_row() -> Row {
	Row {
		state: ICallingList::State::None,
		owner: Address::ZERO,
		target: Address::ZERO,
		kind: ConditionKind::AtBlock,
		dueAt: 0,
		deposit: U256::ZERO,
		dueSince: 0,
		runs: 0,
		failures: 0,
		terms: ICallingList::Terms {
			gasLimit: 0,
			storageLimit: 0,
			maxGasPrice: 0,
			expiresAt: 0,
			maxRuns: 0,
			tier: ICallingList::Tier::BestEffort,
			missed: ICallingList::Missed::Skip,
			retries: 0,
			backoff: 0,
			afterFailure: ICallingList::AfterFailure::Pause,
		},
	}
}
