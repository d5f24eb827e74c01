//! The calling list (whitepaper, "cryptofinancial smart contracts"): contracts that are triggered by time, by logs
//! and by what other contracts say.
//!
//! A *row* of the list says which contract is called with what, what makes it *due*, how much a run may take, and who
//! pays. This crate has what pallet, precompile and nodes share:
//!
//! - [`cron`]: cron expressions;
//! - [`schedule`]: when rows with a condition of time are due;
//! - [`traits`]: what the list needs of contracts, fees and nodes, and what runs rows;
//! - [`api`]: the runtime API;
//! - this module: rows as they are registered and shown.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;
pub mod cron;
pub mod schedule;
pub mod traits;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use schedule::Schedule;
use sp_core::{H160, H256};

/// Amounts of FSN, in its smallest unit.
pub type Balance = u128;
/// The number of a row, from 1 on. It is never given to another one.
pub type RowId = u64;
/// Most rows in a trigger transaction.
pub const MAX_TRIGGERED: u32 = 64;

/// What a time is told by.
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
pub enum Clock {
	/// Numbers of blocks.
	#[codec(index = 0)]
	Block,
	/// Seconds since 1970, in UTC.
	#[codec(index = 1)]
	Time,
}

/// A time.
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
pub struct At {
	/// What it is told by.
	pub clock: Clock,
	/// A block's number, or seconds since 1970.
	pub value: u64,
}

impl At {
	/// A block.
	pub const fn block(number: u32) -> Self {
		Self { clock: Clock::Block, value: number as u64 }
	}
}

/// What makes a row due.
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
pub enum Condition {
	/// Time.
	#[codec(index = 0)]
	Time(Schedule),
	/// A log of a contract. The row is due in the block after it.
	#[codec(index = 1)]
	Log {
		/// The contract.
		emitter: H160,
		/// The first topic of the log: for a Solidity event the hash of its signature.
		topic0: H256,
	},
	/// A contract's function `check(bytes) returns (bool, bytes)` gives `true`. What it gives beside that is what the
	/// target is called with.
	#[codec(index = 2)]
	Check {
		/// The contract.
		checker: H160,
		/// Blocks from one time at which the chain checks to the next. At least 1.
		every: u32,
	},
}

/// Who makes sure that a row runs.
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
pub enum Tier {
	/// Whoever sends its trigger.
	#[codec(index = 0)]
	BestEffort,
	/// The chain, if nobody does.
	#[codec(index = 1)]
	Guaranteed,
}

/// What becomes of times at which a row should have run and did not.
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
pub enum Missed {
	/// They are left out; the row runs at the next one.
	#[codec(index = 0)]
	Skip,
	/// The row runs once for all of them.
	#[codec(index = 1)]
	Once,
	/// The row runs for each.
	#[codec(index = 2)]
	All,
}

/// What becomes of a row whose run failed as often as it may.
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
pub enum AfterFailure {
	/// It waits for its owner.
	#[codec(index = 0)]
	Pause,
	/// It is removed, and its deposit goes back.
	#[codec(index = 1)]
	Remove,
	/// It goes on with the next time, log or check.
	#[codec(index = 2)]
	GoOn,
}

/// How a row runs, what that may cost, and what becomes of failures.
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
pub struct Terms {
	/// Most gas of a run, for the target alone.
	pub gas_limit: u64,
	/// Most FSN that a run may leave as deposit for storage.
	pub storage_limit: Balance,
	/// The gas price above which the row waits.
	pub max_gas_price: Balance,
	/// The block from which on the row is removed.
	pub expires_at: Option<u32>,
	/// After so many successful runs the row is removed. At least 1.
	pub max_runs: Option<u32>,
	/// Who makes sure that it runs.
	pub tier: Tier,
	/// What becomes of missed times.
	pub missed: Missed,
	/// How often a run that failed is tried again.
	pub retries: u8,
	/// Blocks until the first retry; twice as many until each further one.
	pub backoff: u16,
	/// What becomes of the row after the last retry.
	pub after_failure: AfterFailure,
}

/// Why a row did not run, or why its run was in vain.
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
pub enum Reason {
	/// It ran.
	#[codec(index = 0)]
	Ran,
	/// The target reverted.
	#[codec(index = 1)]
	Reverted,
	/// The target used up the row's gas or storage limit, or trapped.
	#[codec(index = 2)]
	Trapped,
	/// There is no contract at the target.
	#[codec(index = 3)]
	NoCode,
	/// Its check said no.
	#[codec(index = 4)]
	CheckFalse,
	/// Its check reverted, trapped, or gave something else than `(bool, bytes)`.
	#[codec(index = 5)]
	CheckFailed,
	/// It came too late, and skips what it missed.
	#[codec(index = 6)]
	Late,
	/// It ran once for several times.
	#[codec(index = 7)]
	Merged,
	/// Nobody sent its trigger.
	#[codec(index = 8)]
	NoTrigger,
	/// The gas price is above its ceiling.
	#[codec(index = 9)]
	PriceTooHigh,
	/// Its deposit does not pay for a run.
	#[codec(index = 10)]
	DepositTooLow,
	/// It has expired.
	#[codec(index = 11)]
	Expired,
	/// It is not due.
	#[codec(index = 12)]
	NotDue,
	/// There is no such row, or it is paused.
	#[codec(index = 13)]
	NotLive,
	/// The transaction has too little gas left for the row's limits.
	#[codec(index = 14)]
	NotEnoughGas,
	/// It failed behind another row of the same transaction, which may be why: it must be first in one.
	#[codec(index = 15)]
	NotAlone,
	/// Governance has paused the list.
	#[codec(index = 16)]
	ListPaused,
}

impl Reason {
	/// Whether the row was tried, so that its deposit has paid for it. Of a check that said no or failed that is
	/// true only if the sender was a bookkeeping node's trigger key, and for the first time since the row has run.
	pub fn was_tried(&self) -> bool {
		matches!(
			self,
			Self::Ran
				| Self::Reverted
				| Self::Trapped
				| Self::NoCode
				| Self::CheckFalse
				| Self::CheckFailed
		)
	}
}

/// What happened to a row.
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
pub struct Entry {
	/// In which block.
	pub block: u32,
	/// What.
	pub reason: Reason,
	/// How many times at which it was due this stands for.
	pub count: u32,
}

/// Where a row stands.
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
pub enum RowState {
	/// It waits for a block or a time: the next of its own, or that of a retry.
	#[codec(index = 0)]
	Waiting {
		/// Until when.
		at: At,
	},
	/// It waits for a log.
	#[codec(index = 1)]
	Listening,
	/// It is due.
	#[codec(index = 2)]
	Due {
		/// Since which block.
		since: u32,
		/// The block in which the chain does something about it, if nobody has. None for checks that nobody
		/// guarantees, unless gas was too dear when they became due.
		deadline: Option<u32>,
		/// How often the chain has looked and left it.
		waits: u8,
	},
	/// It waits for its owner.
	#[codec(index = 3)]
	Paused {
		/// Why. `NotLive` if its owner has paused it.
		reason: Reason,
	},
}

/// A row, for everybody to see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RowView<AccountId> {
	/// Its number.
	pub id: RowId,
	/// Whose it is.
	pub owner: AccountId,
	/// What it calls.
	pub target: H160,
	/// What it calls that with; for checks, what the checker is asked with.
	pub data: alloc::vec::Vec<u8>,
	/// What makes it due.
	pub condition: Condition,
	/// How it runs.
	pub terms: Terms,
	/// Where it stands.
	pub state: RowState,
	/// The time at which it is or was due last, or is due next.
	pub occurrence: At,
	/// What is left to pay for runs.
	pub deposit: Balance,
	/// Successful runs.
	pub runs: u32,
	/// Failures in a row.
	pub failures: u32,
}

/// A row that can be tried in the next block.
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
pub struct DueRow {
	/// Its number.
	pub id: RowId,
	/// Since which block it is due.
	pub since: u32,
	/// Gas of a trigger for this row, beside what every transaction takes: most that is used, storage included.
	pub gas: u64,
	/// Whether it has a check, so that it may turn out not to run.
	pub checked: bool,
}

/// A place among the rows that are due, after which a list of them goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DueCursor {
	/// Which of the orders that the list is made of.
	pub order: u8,
	/// The number by which the row stands in it.
	pub at: u64,
	/// The row.
	pub id: RowId,
}

/// Some of the rows that are due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DuePage {
	/// The rows.
	pub rows: alloc::vec::Vec<DueRow>,
	/// Where to go on. None: there are no more.
	pub next: Option<DueCursor>,
}

/// What would become of rows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Trial {
	/// What would become of each of them.
	pub reasons: alloc::vec::Vec<Reason>,
}

/// What a sender of triggers has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Sender {
	/// The next number of a transaction of its account.
	pub nonce: u32,
	/// What its account can spend.
	pub balance: Balance,
	/// What a unit of gas costs.
	pub gas_price: Balance,
	/// EIP-155 id of the chain.
	pub chain_id: u64,
}
