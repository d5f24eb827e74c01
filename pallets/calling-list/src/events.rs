//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A row was registered.
		Registered {
			/// Its number.
			id: RowId,
			/// Whose it is.
			owner: T::AccountId,
			/// What it calls.
			target: H160,
			/// What its owner has put down for runs.
			deposit: Balance,
		},
		/// Somebody added to the deposit of a row.
		ToppedUp {
			/// Its number.
			id: RowId,
			/// Who did.
			who: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A row was removed; what was left of its deposit went back to its owner.
		Removed {
			/// Its number.
			id: RowId,
			/// Why.
			why: Removal,
			/// How much was left.
			refund: Balance,
		},
		/// A row waits for its owner.
		Paused {
			/// Its number.
			id: RowId,
			/// Why. `NotLive` if its owner has paused it.
			reason: Reason,
		},
		/// A row goes on.
		Resumed {
			/// Its number.
			id: RowId,
		},
		/// A row is due.
		BecameDue {
			/// Its number.
			id: RowId,
		},
		/// A row was tried, and has paid for it.
		Tried {
			/// Its number.
			id: RowId,
			/// Whether it ran, and if not, why.
			reason: Reason,
			/// What the sender of the trigger was paid.
			cost: Balance,
			/// Who that is.
			sender: T::AccountId,
		},
		/// A row should have run, and did not.
		DidNotRun {
			/// Its number.
			id: RowId,
			/// Why.
			reason: Reason,
			/// How many times at which it was due this stands for.
			count: u32,
		},
		/// A log that rows wait for makes none of them due: too many wait to be matched.
		LogLost {
			/// The contract that left it.
			emitter: H160,
			/// Its first topic.
			topic0: H256,
		},
		/// A block left more logs than can be looked up. Rows may have waited for some of them.
		LogsDropped {
			/// How many were forgotten.
			count: u32,
		},
		/// A bookkeeping node has a key for triggers, or has none any more.
		TriggerKeySet {
			/// The node.
			node: T::AccountId,
			/// The account that sends its triggers.
			key: Option<T::AccountId>,
		},
		/// The parameters were set.
		ParametersSet {
			/// To what.
			parameters: Parameters,
		},
		/// The list was paused, or goes on.
		ListPausedSet {
			/// Whether no row runs and none is registered.
			paused: bool,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no row of this number.
		UnknownRow,
		/// The row belongs to another account.
		NotOwner,
		/// A row is running: it cannot reach into the list.
		RowIsRunning,
		/// Governance has paused the list.
		ListPaused,
		/// The target, or the checker, is a precompile: it would act for the list.
		TargetIsPrecompile,
		/// The data is too long.
		DataTooLong,
		/// The gas limit is zero, or higher than rows (of this tier) may have.
		GasLimitOutOfRange,
		/// A row that may run no times makes no sense: leave the limit out.
		NoRuns,
		/// The block of expiry is not in the future.
		ExpiryPassed,
		/// It is never due: its time has passed, or there is no such day.
		NeverDue,
		/// It would be due too often.
		TooOften,
		/// The account has as many rows as it may.
		TooManyRows,
		/// As much is guaranteed as the chain can keep; register the row as best effort.
		GuaranteesTaken,
		/// The deposit of a guaranteed row is less than a run, upkeep, and rent for a day.
		DepositTooLow,
		/// The account has too little to pay the deposit.
		DepositUnpaid,
		/// A number is too large.
		Overflow,
		/// The row is paused already.
		AlreadyPaused,
		/// The row is not paused.
		NotPaused,
		/// The account keeps no books in this session.
		NotElected,
		/// The key is that of another node.
		KeyTaken,
		/// A parameter is out of its range.
		InvalidParameters,
		/// The text is no cron expression of five fields.
		NoCron,
	}
}
