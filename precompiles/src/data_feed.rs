//! Data feeds for contracts, read only: what feeds say, as long as it is fresh.

use alloc::{string::String, vec::Vec};
use core::marker::PhantomData;
use frame_support::ensure;
use fusion_data_feed_primitives::{
	self as feeds, api::FeedView, traits::Feeds, FeedId, Reading, Value,
};
use pallet_data_feed::{Config, Pallet, WeightInfo};
use pallet_revive::precompiles::{
	alloy::{
		self,
		primitives::{I256, U256},
		sol_types::SolCall,
	},
	AddressMatcher, Error, Ext, Precompile,
};

use crate::env::{ensure_plain_call, nonzero, revert};

/// What the Solidity file is made into.
#[allow(missing_docs, reason = "the file says what its items are, but for what is made of them")]
mod interface {
	super::alloy::sol!("../contracts/interfaces/IDataFeed.sol");
}

pub use interface::IDataFeed;
use IDataFeed::{
	answerOfCall, describeCall, latestCall, latestReturn, readBooleanCall, readNumberCall,
	readTextCall, Answer, Description, IDataFeedCalls, Kind, Status,
};

/// What reasons to revert start with.
const NAME: &str = "DataFeed";

/// The precompile of `pallet-data-feed`.
pub struct DataFeed<Runtime>(PhantomData<Runtime>);

impl<Runtime> Precompile for DataFeed<Runtime>
where
	Runtime: pallet_revive::Config + Config,
{
	type T = Runtime;
	type Interface = IDataFeedCalls;
	const MATCHER: AddressMatcher = AddressMatcher::Fixed(nonzero(0xF505));
	const HAS_CONTRACT_INFO: bool = false;

	fn call(
		_: &[u8; 20],
		input: &Self::Interface,
		env: &mut impl Ext<T = Self::T>,
	) -> Result<Vec<u8>, Error> {
		ensure_plain_call(NAME, env)?;
		match input {
			IDataFeedCalls::readNumber(call) => Self::read_number(call, env),
			IDataFeedCalls::readText(call) => Self::read_text(call, env),
			IDataFeedCalls::readBoolean(call) => Self::read_boolean(call, env),
			IDataFeedCalls::latest(call) => Self::latest(call, env),
			IDataFeedCalls::answerOf(call) => Self::answer_of(call, env),
			IDataFeedCalls::describe(call) => Self::describe(call, env),
		}
	}
}

impl<Runtime> DataFeed<Runtime>
where
	Runtime: pallet_revive::Config + Config,
{
	/// What a feed says, if it is fresh.
	fn fresh(feed: FeedId, env: &mut impl Ext<T = Runtime>) -> Result<Value, Error> {
		env.charge(<Runtime as Config>::WeightInfo::read())?;
		match Pallet::<Runtime>::read(feed) {
			Reading::Fresh(answer) => Ok(answer.value),
			Reading::Unknown => Err(revert(NAME, "there is no such feed")),
			Reading::Empty => Err(revert(NAME, "the feed has had no answer yet")),
			Reading::Paused => Err(revert(NAME, "the feed is paused")),
			Reading::Stale(_) => Err(revert(NAME, "the answer is stale")),
		}
	}

	fn read_number(
		call: &readNumberCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let value = Self::fresh(call.feed, env)?;
		ensure!(!matches!(value, Value::Text(_)), revert(NAME, "the feed has texts"));
		Ok(readNumberCall::abi_encode_returns(&number_of(&value)))
	}

	fn read_text(call: &readTextCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		match Self::fresh(call.feed, env)? {
			value @ Value::Text(_) => Ok(readTextCall::abi_encode_returns(&text_of(&value))),
			Value::Number(_) | Value::Boolean(_) => Err(revert(NAME, "the feed has no texts")),
		}
	}

	fn read_boolean(
		call: &readBooleanCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		match Self::fresh(call.feed, env)? {
			Value::Boolean(yes) => Ok(readBooleanCall::abi_encode_returns(&yes)),
			Value::Number(_) | Value::Text(_) => {
				Err(revert(NAME, "the feed does not say yes or no"))
			},
		}
	}

	fn latest(call: &latestCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::read())?;
		let (status, answer) = match Pallet::<Runtime>::read(call.feed) {
			Reading::Unknown => (Status::Unknown, None),
			Reading::Empty => (Status::Empty, None),
			Reading::Paused => (Status::Paused, None),
			Reading::Stale(answer) => (Status::Stale, Some(answer)),
			Reading::Fresh(answer) => (Status::Fresh, Some(answer)),
		};
		let answer = answer.map_or_else(nothing, |answer| shown(&answer));
		Ok(latestCall::abi_encode_returns(&latestReturn { status, answer }))
	}

	fn answer_of(call: &answerOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::read())?;
		let answer = Pallet::<Runtime>::answer_of(call.feed, call.round)
			.ok_or_else(|| revert(NAME, "no answer of this round is known"))?;
		Ok(answerOfCall::abi_encode_returns(&shown(&answer)))
	}

	fn describe(call: &describeCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::describe())?;
		let feed = Pallet::<Runtime>::feed(call.feed)
			.ok_or_else(|| revert(NAME, "there is no such feed"))?;
		Ok(describeCall::abi_encode_returns(&described(&feed)))
	}
}

/// The number that stands for a value: 0 for a text.
fn number_of(value: &Value) -> I256 {
	match value {
		Value::Number(number) => I256::try_from(*number).unwrap_or_default(),
		Value::Boolean(yes) => I256::from_raw(U256::from(u8::from(*yes))),
		Value::Text(_) => I256::ZERO,
	}
}

/// The text of a value: empty if it is none.
fn text_of(value: &Value) -> String {
	match value {
		Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
		Value::Number(_) | Value::Boolean(_) => String::new(),
	}
}

fn shown(answer: &feeds::Answer) -> Answer {
	Answer {
		round: answer.round,
		number: number_of(&answer.value),
		text: text_of(&answer.value),
		reports: answer.reports,
		startedAt: answer.started_at,
		updatedAt: answer.updated_at,
		expiresAt: answer.expires_at,
	}
}

fn nothing() -> Answer {
	Answer {
		round: 0,
		number: I256::ZERO,
		text: String::new(),
		reports: 0,
		startedAt: 0,
		updatedAt: 0,
		expiresAt: 0,
	}
}

fn described(feed: &FeedView) -> Description {
	let definition = &feed.definition;
	let kind = match definition.rules.kind {
		feeds::Kind::Integer { .. } => Kind::Integer,
		feeds::Kind::Decimal { .. } => Kind::Decimal,
		feeds::Kind::Text { .. } => Kind::Text,
		feeds::Kind::Boolean => Kind::Boolean,
	};
	Description {
		description: String::from_utf8_lossy(&definition.description).into_owned(),
		kind,
		decimals: definition.rules.kind.scale(),
		version: feed.version,
		paused: feed.paused,
		sources: u32::try_from(definition.sources.len()).unwrap_or(u32::MAX),
		heartbeat: definition.rules.heartbeat,
		lifetime: definition.rules.lifetime,
	}
}
