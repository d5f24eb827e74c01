//! What people are shown of the list beside single rows: pages of rows, what comes next, costs, and how full it is.

use crate::{foreign::ForeignEvent, schedule::Schedule, Balance, Condition, RowId, RowView};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Most rows in an answer.
pub const MAX_LISTED: u32 = 256;
/// Most numbers of rows that are looked at for an answer.
pub const MAX_LOOKED_AT: u32 = 2_000;

/// Kinds of conditions. Their numbers are those of `ICallingList.ConditionKind`.
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
pub enum Kind {
	/// [`Schedule::AtBlock`].
	#[codec(index = 0)]
	AtBlock,
	/// [`Schedule::AtTime`].
	#[codec(index = 1)]
	AtTime,
	/// [`Schedule::EveryBlocks`].
	#[codec(index = 2)]
	EveryBlocks,
	/// [`Schedule::EverySeconds`].
	#[codec(index = 3)]
	EverySeconds,
	/// [`Schedule::Cron`].
	#[codec(index = 4)]
	Cron,
	/// [`Condition::Log`].
	#[codec(index = 5)]
	Log,
	/// [`Condition::Check`].
	#[codec(index = 6)]
	Check,
	/// [`Condition::Feed`].
	#[codec(index = 7)]
	Feed,
	/// [`ForeignEvent::Deposit`].
	#[codec(index = 8)]
	Deposit,
	/// [`ForeignEvent::LockOut`].
	#[codec(index = 9)]
	LockOut,
}

impl Kind {
	/// All of them.
	pub const ALL: [Self; 10] = [
		Self::AtBlock,
		Self::AtTime,
		Self::EveryBlocks,
		Self::EverySeconds,
		Self::Cron,
		Self::Log,
		Self::Check,
		Self::Feed,
		Self::Deposit,
		Self::LockOut,
	];

	/// Its name in JSON and on the command line.
	pub fn name(self) -> &'static str {
		match self {
			Self::AtBlock => "atBlock",
			Self::AtTime => "atTime",
			Self::EveryBlocks => "everyBlocks",
			Self::EverySeconds => "everySeconds",
			Self::Cron => "cron",
			Self::Log => "log",
			Self::Check => "check",
			Self::Feed => "feed",
			Self::Deposit => "deposit",
			Self::LockOut => "lockOut",
		}
	}

	/// The kind with this name.
	pub fn named(name: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|kind| kind.name() == name)
	}
}

impl From<&Condition> for Kind {
	fn from(condition: &Condition) -> Self {
		match condition {
			Condition::Time(Schedule::AtBlock(_)) => Self::AtBlock,
			Condition::Time(Schedule::AtTime(_)) => Self::AtTime,
			Condition::Time(Schedule::EveryBlocks { .. }) => Self::EveryBlocks,
			Condition::Time(Schedule::EverySeconds { .. }) => Self::EverySeconds,
			Condition::Time(Schedule::Cron(_)) => Self::Cron,
			Condition::Log { .. } => Self::Log,
			Condition::Check { .. } => Self::Check,
			Condition::Feed { .. } => Self::Feed,
			Condition::Foreign { event: ForeignEvent::Deposit { .. }, .. } => Self::Deposit,
			Condition::Foreign { event: ForeignEvent::LockOut { .. }, .. } => Self::LockOut,
		}
	}
}

/// Some of the rows that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Page<AccountId> {
	/// They, in ascending order of their numbers. There may be none although there are more pages.
	pub rows: Vec<RowView<AccountId>>,
	/// What to ask after for the next page. `None`: this is the last one.
	pub next: Option<RowId>,
}

/// A row that is due, or that waits for a block or a time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Upcoming<AccountId> {
	/// When it is due, in seconds since 1970. For one that waits for a block this is a guess, from the time that a block
	/// stands for. For one that is due it is the present time.
	pub expected: u64,
	/// The row.
	pub row: RowView<AccountId>,
}

/// What a row costs at the present gas price. Amounts are in the smallest unit of FSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Estimate {
	/// What a unit of gas costs.
	pub gas_price: Balance,
	/// The most that a run pays for execution: the contracts, and a lump sum for the transaction.
	pub execution: Balance,
	/// What it pays the sender of the trigger beside that, at most.
	pub reward: Balance,
	/// What it pays for the guarantee, at most.
	pub premium: Balance,
	/// The most that it may leave as deposit for storage.
	pub storage_limit: Balance,
	/// The sum of these: what its deposit must have for the row to be tried.
	pub run_cost: Balance,
	/// What a row pays beside that each time that it becomes due.
	pub upkeep: Balance,
	/// What is held for the row's storage, beside its deposit, until it is removed.
	pub stored: Balance,
	/// Whether a row with this gas limit and tier is taken.
	pub is_taken: bool,
}

/// How full the list is, and what governance and the runtime have set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Overview {
	/// Whether governance has paused it.
	pub is_paused: bool,
	/// How many rows there are.
	pub rows: u32,
	/// The number of the last row that was registered. 0: there was none.
	pub last_row: RowId,
	/// How many rows wait for logs.
	pub listeners: u32,
	/// The sum of what rows have put down, for runs and for storage.
	pub deposits: Balance,
	/// Gas of all guaranteed rows.
	pub load: u64,
	/// The most that this may become.
	pub max_load: u64,
	/// What a unit of gas costs now.
	pub gas_price: Balance,
	/// What the sender of a trigger earns, as a part of what the run costs.
	pub reward: Perbill,
	/// What a guarantee costs at least, as a part of the same.
	pub premium: Perbill,
	/// What a row pays each time that it becomes due.
	pub upkeep: Balance,
	/// Gas that a sender is paid for what a transaction takes beside its rows, for each of them.
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
	pub storage_base: Balance,
	/// And for each byte of its data.
	pub storage_per_byte: Balance,
	/// Blocks that a guaranteed row waits for a trigger before the chain runs it.
	pub trigger_delay: u32,
	/// Blocks that other rows wait before they say that nobody has come.
	pub patience: u32,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn kind_should_be_found_by_its_name() {
		for (number, kind) in Kind::ALL.into_iter().enumerate() {
			assert_eq!(Kind::named(kind.name()), Some(kind));
			assert_eq!(kind.encode(), [number as u8], "{kind:?} has the number of Solidity's enum");
		}
		assert_eq!(Kind::named("Cron"), None);
	}
}
