//! Rows as they are stored, and what governance sets.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use fusion_calling_list_primitives::{
	AfterFailure, At, Balance, Clock, Condition, Missed, RowId, RowState, Terms, Tier,
	MAX_TRIGGERED,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{H160, H256};
use sp_runtime::Perbill;

/// Numbers of rows in a trigger.
pub type Triggered = BoundedVec<RowId, ConstU32<MAX_TRIGGERED>>;

/// Emitter and first topic of a log.
pub type LogKey = (H160, H256);

/// Rows that are told of a log before it is the turn of the next log.
pub const ROWS_OF_A_LOG: u32 = 4;

/// A log that not all rows that wait for it have been told of.
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
pub struct PendingLog {
	/// The log.
	pub key: LogKey,
	/// The last row that was told. Zero if none was.
	pub after: RowId,
}

/// Most topics of one emitter that are taken notice of in a block.
pub const MAX_TOPICS_PER_EMITTER: usize = 16;

/// How often the chain looks at a row that is due and does not run, twice as long after each time, before it pauses it.
pub const MAX_WAITS: u8 = 8;

/// How many bookkeeping nodes' triggers may find that a row's check says no, without a run between them, before the row is
/// paused.
pub const MAX_FALSE_CHECKS: u32 = 4;

/// The longest a retry waits, in blocks.
pub const MAX_BACKOFF: u32 = 14_400;

/// Gas by which a guaranteed row counts beside its limits.
pub const LOAD_OF_ROW: u64 = 100_000;

/// Blocks for which a guaranteed row pays in advance: a day of six seconds each.
pub const RENT_PERIOD: u32 = 14_400;

/// Guaranteed rows of which a block takes the rent. There are a few hundred in all.
pub const RENTS_PER_BLOCK: u32 = 2;

/// A row.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Row<AccountId> {
	/// Whose it is.
	pub owner: AccountId,
	/// What it calls.
	pub target: H160,
	/// What makes it due.
	pub condition: Condition,
	/// How it runs.
	pub terms: Terms,
	/// Where it stands.
	pub state: RowState,
	/// The time at which it is or was due last, or is due next. For logs and checks a block.
	pub occurrence: At,
	/// What is left to pay for runs.
	pub deposit: Balance,
	/// What is held for its storage, beside the deposit.
	pub stored: Balance,
	/// Successful runs.
	pub runs: u32,
	/// Failures in a row.
	pub failures: u32,
	/// Logs that came while it was due for an earlier one, and that it runs for too.
	pub pending: u32,
	/// Nodes to whose triggers its check has said no since the last run.
	pub naysayers: BoundedVec<AccountId, ConstU32<MAX_FALSE_CHECKS>>,
	/// The block from which on it owes rent for its guarantee.
	pub paid_until: u32,
}

impl<AccountId> Row<AccountId> {
	/// Whether it has a check.
	pub fn is_checked(&self) -> bool {
		matches!(self.condition, Condition::Check { .. })
	}

	/// Whether it can become due.
	pub fn is_live(&self) -> bool {
		!matches!(self.state, RowState::Paused { .. })
	}
}

/// What a row is registered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
	/// What it calls.
	pub target: H160,
	/// What it calls that with; for checks, what the checker is asked with.
	pub data: alloc::vec::Vec<u8>,
	/// What makes it due.
	pub condition: Condition,
	/// How it runs.
	pub terms: Terms,
	/// What its owner puts down to pay for runs.
	pub deposit: Balance,
}

/// Why a row was removed.
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
pub enum Removal {
	/// Its owner cancelled it.
	#[codec(index = 0)]
	Cancelled,
	/// It is never due again.
	#[codec(index = 1)]
	Finished,
	/// It ran as often as it may.
	#[codec(index = 2)]
	RunsUsed,
	/// Its last retry failed.
	#[codec(index = 3)]
	Failed,
	/// It expired.
	#[codec(index = 4)]
	Expired,
}

/// Rows in the order of a number: a block or a time.
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
pub enum Agenda {
	/// Rows that wait for a block.
	#[codec(index = 0)]
	Block,
	/// Rows that wait for a time.
	#[codec(index = 1)]
	Time,
	/// Rows that are due, by the block since which they are.
	#[codec(index = 2)]
	Due,
	/// Rows that are due, by the block in which the chain does something about it.
	#[codec(index = 3)]
	Deadline,
	/// Rows that expire, by the block from which on they are removed.
	#[codec(index = 4)]
	Expiry,
	/// Guaranteed rows that are not paused, by the block from which on they owe rent.
	#[codec(index = 5)]
	Rent,
	/// Guaranteed rows that wait for a block. They stand apart from others: however many of those there are, they do not
	/// hold them up.
	#[codec(index = 6)]
	GuaranteedBlock,
	/// Guaranteed rows that wait for a time.
	#[codec(index = 7)]
	GuaranteedTime,
	/// Guaranteed rows that are due, by the block in which the chain runs them.
	#[codec(index = 8)]
	GuaranteedDeadline,
}

impl Agenda {
	/// Where a row waits.
	pub fn waiting(clock: Clock, tier: Tier) -> Self {
		match (clock, tier) {
			(Clock::Block, Tier::BestEffort) => Self::Block,
			(Clock::Time, Tier::BestEffort) => Self::Time,
			(Clock::Block, Tier::Guaranteed) => Self::GuaranteedBlock,
			(Clock::Time, Tier::Guaranteed) => Self::GuaranteedTime,
		}
	}

	/// Where a row that is due stands until the chain does something about it.
	pub fn deadline(tier: Tier) -> Self {
		match tier {
			Tier::BestEffort => Self::Deadline,
			Tier::Guaranteed => Self::GuaranteedDeadline,
		}
	}
}

/// A place in an agenda. Bytes are in the order of numbers: first by the number, then by the row.
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
pub struct Place([u8; 8], [u8; 8]);

impl Place {
	/// Where a row stands that is due at a number.
	pub fn new(at: u64, id: RowId) -> Self {
		Self(at.to_be_bytes(), id.to_be_bytes())
	}

	/// The number.
	pub fn at(&self) -> u64 {
		u64::from_be_bytes(self.0)
	}

	/// The row.
	pub fn id(&self) -> RowId {
		u64::from_be_bytes(self.1)
	}
}

/// The first number of each agenda that the chain goes through. It may be too early, never too late.
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
pub struct AgendaHeads {
	/// Of [`Agenda::Block`].
	pub block: u64,
	/// Of [`Agenda::Time`].
	pub time: u64,
	/// Of [`Agenda::Deadline`].
	pub deadline: u64,
	/// Of [`Agenda::Expiry`].
	pub expiry: u64,
	/// Of [`Agenda::Rent`].
	pub rent: u64,
	/// Of [`Agenda::GuaranteedBlock`].
	pub guaranteed_block: u64,
	/// Of [`Agenda::GuaranteedTime`].
	pub guaranteed_time: u64,
	/// Of [`Agenda::GuaranteedDeadline`].
	pub guaranteed_deadline: u64,
}

impl Default for AgendaHeads {
	fn default() -> Self {
		Self {
			block: u64::MAX,
			time: u64::MAX,
			deadline: u64::MAX,
			expiry: u64::MAX,
			rent: u64::MAX,
			guaranteed_block: u64::MAX,
			guaranteed_time: u64::MAX,
			guaranteed_deadline: u64::MAX,
		}
	}
}

impl AgendaHeads {
	/// That of an agenda. Rows that are due have none.
	pub fn of(&mut self, agenda: Agenda) -> Option<&mut u64> {
		match agenda {
			Agenda::Block => Some(&mut self.block),
			Agenda::Time => Some(&mut self.time),
			Agenda::Deadline => Some(&mut self.deadline),
			Agenda::Expiry => Some(&mut self.expiry),
			Agenda::Rent => Some(&mut self.rent),
			Agenda::GuaranteedBlock => Some(&mut self.guaranteed_block),
			Agenda::GuaranteedTime => Some(&mut self.guaranteed_time),
			Agenda::GuaranteedDeadline => Some(&mut self.guaranteed_deadline),
			Agenda::Due => None,
		}
	}
}

/// What governance sets.
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
	Serialize,
	Deserialize,
)]
pub struct Parameters {
	/// What the sender of a trigger earns, as a part of what the run costs.
	pub reward: Perbill,
	/// What a guaranteed row pays beside that, as a part of what the run costs, as long as few rows are guaranteed. It
	/// grows with their number to four times as much.
	pub premium: Perbill,
	/// What a row pays each time that it becomes due.
	pub upkeep: Balance,
	/// Gas that a sender is paid for what a transaction takes beside its rows, for each of them.
	pub overhead_gas: u64,
	/// Gas that a row pays for loading the code of a contract. What takes more is not called.
	pub load_gas: u64,
	/// Most gas of a run, and of a check.
	pub max_gas: u64,
	/// What a guaranteed row pays in advance for each day and unit of gas that it counts, as long as few rows are
	/// guaranteed. It grows with their number to four times as much.
	pub rent: Balance,
	/// Most gas of all guaranteed rows together, 100,000 for each of them beside their limits. The chain runs them all, if they should all be due at once, within as
	/// many blocks as it takes at `GuaranteedWeight` a block.
	pub max_load: u64,
	/// Most rows of an account.
	pub max_rows_per_account: u32,
	/// Least seconds from one time of a row to the next.
	pub min_seconds: u32,
}

impl Parameters {
	/// Whether they can be set.
	pub fn is_valid(&self) -> bool {
		self.max_gas > 0
			&& self.load_gas > 0
			&& self.min_seconds > 0
			&& self.overhead_gas <= self.max_gas.saturating_mul(4)
	}
}

impl Default for Parameters {
	fn default() -> Self {
		Self {
			reward: Perbill::from_percent(20),
			premium: Perbill::from_percent(25),
			upkeep: 1_000_000_000_000,
			overhead_gas: 30_000,
			load_gas: 100_000,
			max_gas: 3_000_000,
			rent: 5_000_000_000,
			max_load: 100_000_000,
			max_rows_per_account: 1_000,
			min_seconds: 6,
		}
	}
}

/// Terms of which only what runs cost matters.
pub(crate) fn plain_terms(gas_limit: u64, storage_limit: Balance, tier: Tier) -> Terms {
	Terms {
		gas_limit,
		storage_limit,
		max_gas_price: Balance::MAX,
		expires_at: None,
		max_runs: None,
		tier,
		missed: Missed::Once,
		retries: 0,
		backoff: 1,
		after_failure: AfterFailure::Pause,
	}
}
