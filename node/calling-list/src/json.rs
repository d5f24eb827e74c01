//! The list as JSON has it. Amounts are decimal strings in the smallest unit of FSN, as they may be beyond what JSON's
//! numbers hold; bytes are hexadecimal with `0x`; what there is not is `null`.

use std::fmt::Debug;

use fusion_calling_list_primitives::{
	self as list, feed::FeedRule, foreign::ForeignEvent, schedule::Schedule, shown::Upcoming, At,
	Clock, Condition, Reason, RowId, RowState, RowView,
};
use serde::{Deserialize, Serialize};
use sp_core::crypto::Ss58Codec;
use sp_runtime::AccountId32;

/// What the account of an Ethereum address ends with.
pub const ETHEREUM_SUFFIX: [u8; 12] = [0xee; 12];

/// Amounts as decimal strings.
pub mod amount {
	use serde::{de::Error, Deserialize, Deserializer, Serializer};

	/// Writes one.
	pub fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(amount)
	}

	/// Reads one.
	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
		let text = String::deserialize(deserializer)?;
		text.parse().map_err(|_| D::Error::custom(format!("'{text}' is no amount")))
	}
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
	/// The number of a block.
	Block(u64),
	/// Seconds since 1970.
	Time(u64),
}

impl From<At> for When {
	fn from(at: At) -> Self {
		match at.clock {
			Clock::Block => Self::Block(at.value),
			Clock::Time => Self::Time(at.value),
		}
	}
}

/// What makes a row due: see [`Kind`](fusion_calling_list_primitives::shown::Kind) for the names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ConditionView {
	/// At a block.
	AtBlock {
		/// The block.
		block: u32,
	},
	/// At a time.
	AtTime {
		/// Seconds since 1970.
		time: u64,
	},
	/// Every so many blocks.
	EveryBlocks {
		/// The first block.
		first: u32,
		/// Blocks from one to the next.
		every: u32,
	},
	/// Every so many seconds.
	EverySeconds {
		/// The first time.
		first: u64,
		/// Seconds from one to the next.
		every: u64,
	},
	/// By a cron expression.
	Cron {
		/// It, in UTC.
		expression: String,
	},
	/// A log of a contract.
	Log {
		/// The contract.
		emitter: String,
		/// The first topic.
		topic0: String,
	},
	/// What a contract says.
	Check {
		/// The contract.
		checker: String,
		/// Blocks from one check to the next.
		every: u32,
	},
	/// An answer of a data feed.
	Feed {
		/// The feed.
		feed: u32,
		/// Which answers: `atLeast`, `atMost`, `moved` or `each`.
		rule: String,
		/// The number that the rule is about, as a text. `null` if it is about none.
		value: Option<String>,
	},
	/// A deposit of another chain's coins.
	Deposit {
		/// The chain: 0 is Bitcoin.
		chain: u8,
		/// Number of the deposit address.
		index: u64,
		/// How much one deposit has to be at least, in that chain's smallest unit.
		#[serde(with = "amount")]
		least: u128,
	},
	/// The payment of a lock-out.
	LockOut {
		/// The chain: 0 is Bitcoin.
		chain: u8,
		/// Number of the lock-out.
		intent: u64,
	},
}

/// The name of a rule, and the number that it is about.
fn rule(rule: &FeedRule) -> (&'static str, Option<String>) {
	match rule {
		FeedRule::AtLeast(threshold) => ("atLeast", Some(threshold.to_string())),
		FeedRule::AtMost(threshold) => ("atMost", Some(threshold.to_string())),
		FeedRule::Moved(by) => ("moved", Some(by.to_string())),
		FeedRule::Each => ("each", None),
	}
}

impl From<&Condition> for ConditionView {
	fn from(condition: &Condition) -> Self {
		match condition {
			Condition::Time(Schedule::AtBlock(block)) => Self::AtBlock { block: *block },
			Condition::Time(Schedule::AtTime(time)) => Self::AtTime { time: *time },
			Condition::Time(Schedule::EveryBlocks { first, every }) => {
				Self::EveryBlocks { first: *first, every: *every }
			},
			Condition::Time(Schedule::EverySeconds { first, every }) => {
				Self::EverySeconds { first: *first, every: *every }
			},
			Condition::Time(Schedule::Cron(cron)) => Self::Cron { expression: cron.to_string() },
			Condition::Log { emitter, topic0 } => {
				Self::Log { emitter: hexadecimal(emitter), topic0: hexadecimal(topic0) }
			},
			Condition::Check { checker, every } => {
				Self::Check { checker: hexadecimal(checker), every: *every }
			},
			Condition::Feed { feed, rule: of_feed } => {
				let (rule, value) = rule(of_feed);
				Self::Feed { feed: *feed, rule: rule.into(), value }
			},
			Condition::Foreign { chain, event } => match *event {
				ForeignEvent::Deposit { index, least } => {
					Self::Deposit { chain: *chain, index, least }
				},
				ForeignEvent::LockOut { intent } => Self::LockOut { chain: *chain, intent },
			},
		}
	}
}

/// How a row runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
	/// Most gas of a run.
	pub gas_limit: u64,
	/// Most FSN that a run may leave as deposit for storage.
	#[serde(with = "amount")]
	pub storage_limit: u128,
	/// The gas price above which the row waits.
	#[serde(with = "amount")]
	pub max_gas_price: u128,
	/// The block from which on the row is removed.
	pub expires_at: Option<u32>,
	/// After so many successful runs the row is removed.
	pub max_runs: Option<u32>,
	/// `bestEffort` or `guaranteed`.
	pub tier: String,
	/// `skip`, `once` or `all`.
	pub missed: String,
	/// How often a run that failed is tried again.
	pub retries: u8,
	/// Blocks until the first retry.
	pub backoff: u16,
	/// `pause`, `remove` or `goOn`.
	pub after_failure: String,
}

impl From<&list::Terms> for Terms {
	fn from(terms: &list::Terms) -> Self {
		Self {
			gas_limit: terms.gas_limit,
			storage_limit: terms.storage_limit,
			max_gas_price: terms.max_gas_price,
			expires_at: terms.expires_at,
			max_runs: terms.max_runs,
			tier: name(terms.tier),
			missed: name(terms.missed),
			retries: terms.retries,
			backoff: terms.backoff,
			after_failure: name(terms.after_failure),
		}
	}
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
	/// Its number.
	pub id: RowId,
	/// Whose it is, as Substrate writes accounts.
	pub owner: String,
	/// The same as Ethereum does, if it is a contract or a wallet's account.
	pub owner_address: Option<String>,
	/// What it calls.
	pub target: String,
	/// What it calls that with; for checks, what the checker is asked with.
	pub data: String,
	/// What makes it due.
	pub condition: ConditionView,
	/// How it runs.
	pub terms: Terms,
	/// `waiting`, `listening`, `due` or `paused`.
	pub state: String,
	/// What it waits for, if it does: the next of its times, or that of a retry.
	pub waits_for: Option<When>,
	/// The block since which it is due, if it is.
	pub due_since: Option<u32>,
	/// The block in which the chain does something about it, if nobody has.
	pub deadline: Option<u32>,
	/// Why it is paused, if it is. `notLive`: its owner has paused it.
	pub paused_because: Option<String>,
	/// What is left to pay for runs.
	#[serde(with = "amount")]
	pub deposit: u128,
	/// Successful runs.
	pub runs: u32,
	/// Failures in a row.
	pub failures: u32,
}

impl From<&RowView<AccountId32>> for Row {
	fn from(row: &RowView<AccountId32>) -> Self {
		let (state, mut waits_for, mut due_since, mut deadline, mut paused_because) =
			(state_name(&row.state), None, None, None, None);
		match row.state {
			RowState::Waiting { at } => waits_for = Some(at.into()),
			RowState::Listening => {},
			RowState::Due { since, deadline: until, .. } => {
				(due_since, deadline) = (Some(since), until);
			},
			RowState::Paused { reason } => paused_because = Some(name(reason)),
		}
		Self {
			id: row.id,
			owner: row.owner.to_ss58check(),
			owner_address: ethereum_address(&row.owner),
			target: hexadecimal(row.target),
			data: hexadecimal(&row.data),
			condition: (&row.condition).into(),
			terms: (&row.terms).into(),
			state: state.into(),
			waits_for,
			due_since,
			deadline,
			paused_because,
			deposit: row.deposit,
			runs: row.runs,
			failures: row.failures,
		}
	}
}

/// A row, and whether it would run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
	/// The row.
	#[serde(flatten)]
	pub row: Row,
	/// Why a trigger would not try it now. `null`: it would.
	pub why_not: Option<String>,
}

/// Some of the rows that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
	/// They. There may be none although there are more pages.
	pub rows: Vec<Row>,
	/// What to ask after for the next page. `null`: this is the last one.
	pub next: Option<RowId>,
}

/// A row that is due or is coming up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Next {
	/// When it is due, in seconds since 1970. For rows that wait for a block this is a guess.
	pub expected: u64,
	/// The row.
	#[serde(flatten)]
	pub row: Row,
}

impl From<&Upcoming<AccountId32>> for Next {
	fn from(next: &Upcoming<AccountId32>) -> Self {
		Self { expected: next.expected, row: (&next.row).into() }
	}
}

/// What happened to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
	/// In which block.
	pub block: u32,
	/// What: a name of [`Reason`].
	pub reason: String,
	/// How many times at which it was due this stands for.
	pub count: u32,
}

impl From<&list::Entry> for Entry {
	fn from(entry: &list::Entry) -> Self {
		Self { block: entry.block, reason: name(entry.reason), count: entry.count }
	}
}

/// What a row costs at the present gas price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
	/// What a unit of gas costs.
	#[serde(with = "amount")]
	pub gas_price: u128,
	/// The most that a run pays for execution.
	#[serde(with = "amount")]
	pub execution: u128,
	/// And to the sender of the trigger.
	#[serde(with = "amount")]
	pub reward: u128,
	/// And for the guarantee.
	#[serde(with = "amount")]
	pub premium: u128,
	/// And as deposit for storage.
	#[serde(with = "amount")]
	pub storage_limit: u128,
	/// The sum of these.
	#[serde(with = "amount")]
	pub run_cost: u128,
	/// What a row pays beside that each time that it becomes due.
	#[serde(with = "amount")]
	pub upkeep: u128,
	/// How many runs were asked for.
	pub runs: u32,
	/// The deposit that pays for so many runs.
	#[serde(with = "amount")]
	pub deposit: u128,
	/// What is held for the row's storage beside it, and comes back.
	#[serde(with = "amount")]
	pub stored: u128,
	/// The sum of these two: what its owner needs.
	#[serde(with = "amount")]
	pub total: u128,
	/// Why no such row is taken. `null`: it is.
	pub refused_because: Option<String>,
}

/// How full the list is, and what governance and the runtime have set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
	/// Whether governance has paused the list.
	pub is_paused: bool,
	/// How many rows there are.
	pub rows: u32,
	/// The number of the last row.
	pub last_row: RowId,
	/// How many rows wait for logs.
	pub listeners: u32,
	/// What rows have put down.
	#[serde(with = "amount")]
	pub deposits: u128,
	/// Gas of all guaranteed rows.
	pub load: u64,
	/// The most that this may become.
	pub max_load: u64,
	/// What a unit of gas costs now.
	#[serde(with = "amount")]
	pub gas_price: u128,
	/// What senders of triggers earn, as a part of what runs cost.
	pub reward: f64,
	/// What guarantees cost at least, as a part of the same.
	pub premium: f64,
	/// What a row pays each time that it becomes due.
	#[serde(with = "amount")]
	pub upkeep: u128,
	/// Gas that a sender is paid for each row beside what it took.
	pub overhead_gas: u64,
	/// Most gas that it takes to load the code of a contract.
	pub load_gas: u64,
	/// Most gas of a run, and of a check.
	pub max_gas: u64,
	/// Most rows of an account.
	pub max_rows_per_account: u32,
	/// Least seconds from one time of a row to the next.
	pub min_seconds: u32,
	/// Most bytes of a row's data.
	pub max_data: u32,
	/// What a row remembers of what became of it.
	pub max_history: u32,
	/// What is held for a row.
	#[serde(with = "amount")]
	pub storage_base: u128,
	/// And for each byte of its data.
	#[serde(with = "amount")]
	pub storage_per_byte: u128,
	/// Blocks after which the chain runs guaranteed rows itself.
	pub trigger_delay: u32,
	/// Blocks after which other rows say that nobody has come.
	pub patience: u32,
}

/// The name of a state.
fn state_name(state: &RowState) -> &'static str {
	match state {
		RowState::Waiting { .. } => "waiting",
		RowState::Listening => "listening",
		RowState::Due { .. } => "due",
		RowState::Paused { .. } => "paused",
	}
}

/// Why a row would not be tried. `None` if it would.
pub fn why_not(reason: Reason) -> Option<String> {
	(reason != Reason::Ran).then(|| name(reason))
}

/// The name of a value of an enum, as JSON has names.
pub(crate) fn name(value: impl Debug) -> String {
	let mut name = format!("{value:?}");
	if let Some(first) = name.get_mut(..1) {
		first.make_ascii_lowercase();
	}
	name
}

/// Bytes.
pub(crate) fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// The Ethereum address of an account, if it is one of those.
fn ethereum_address(account: &AccountId32) -> Option<String> {
	let bytes: &[u8; 32] = account.as_ref();
	let (address, suffix) = bytes.split_at(20);
	(suffix == ETHEREUM_SUFFIX).then(|| hexadecimal(address))
}
