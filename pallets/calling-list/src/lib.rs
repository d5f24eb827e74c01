//! # Calling list
//!
//! Contracts that run by themselves (whitepaper, "cryptofinancial smart contracts"): a *row* of the list says which
//! contract is called with what, what makes it due, and who pays.
//!
//! ```text
//!  owner                     the chain                              anybody (bookkeeping nodes)
//!  ─────                     ─────────                              ───────────────────────────
//!  register, deposit   ───→  waits: block, time, log
//!                            its time comes: it is due        ───→  sees it, tries it off-chain
//!                            verifies, calls the contract,    ←───  trigger transaction
//!                            pays the sender                  ───→  costs and reward
//!                            the next time, retry, pause, end
//!                            nobody came: the chain runs it itself (guaranteed)
//!                            or says so (best effort)
//! ```
//!
//! ## Terms
//!
//! - *Row*: see above. Its *target* is the contract that it calls, its *deposit* what pays for that.
//! - *Due*: a row can be run. A block number, a time, or a log has made it so; a row with a *check* is due every so many
//!   blocks, and its checker says whether its target is called.
//! - *Occurrence*: one of the times at which a row is due.
//! - *Trigger*: a transaction that runs rows. Anybody may send it; a *trigger key* is what a bookkeeping node sends
//!   triggers with.
//! - *Guaranteed*, *best effort*: whether the chain itself runs a row that nobody has triggered.
//!
//! ## Goals
//!
//! - A million rows that wait cost an idle block one read: rows are in the order of their blocks and times, and the first
//!   of each order is remembered. Rows that listen to logs are found by the log.
//! - Nothing is unbounded: a block makes at most `DuePerBlock` rows of a kind due, and beside them `GuaranteedPerBlock`
//!   guaranteed ones, and leaves the rest, in order, to the next; what the chain runs itself fits into
//!   `GuaranteedWeight`.
//! - Every row that should have run and did not says why, in an event and in its history.
//! - Deposits are conserved exactly: see `try_state`.
//! - Nothing that a row does may cost the sender of its trigger: what it takes is limited and paid out of its deposit,
//!   storage deposits included. A trigger of a row that is not due changes nothing and its sender pays.
//!
//! ## What senders must not be able to do
//!
//! Whoever sends a trigger chooses when, in which order, and with how much gas. So a row is only called with all the gas
//! of its limits left over; only from the transaction itself, not from contracts within it; a failure behind another row
//! of the same transaction does not count; and a check that says no is paid by the row only to the trigger key of an
//! elected node, to each once until the row runs, and no more than it took. Four of them pause the row.
//!
//! ## When a row runs
//!
//! A row whose block is `n` can be triggered in block `n`; one whose time is `t` in the first block with that
//! timestamp or a later one; a log makes rows due in the next block. If nobody has come after `TriggerDelay` blocks, the
//! chain runs guaranteed rows itself, when the block has said its time and before its transactions: what has expired
//! while the chain stood still has expired for them too. Their logs are events of the chain, in no Ethereum receipt. If
//! all guaranteed rows were due at once, it would take the chain `max_load` over `GuaranteedWeight` blocks to run them, or
//! their number over `GuaranteedPerBlock` if that is more. Rows that are not guaranteed do not hold them up.
//!
//! What a row missed it skips (`Skip`: from one minute late on), runs once for, or catches up with: see
//! [`Missed`](fusion_calling_list_primitives::Missed).
//!
//! ## What rows pay
//!
//! For a guarantee: rent, a day in advance, for its part of all that can be guaranteed (`max_load`), as long as it is not
//! paused. A row that cannot pay it is.
//!
//! To the sender of a trigger: what the contracts took and a lump sum for the transaction at the present gas price, storage deposits, a
//! reward. To the chain (`FeeReceiver`): `upkeep` each time that it becomes due and that nobody has run it, a premium for a guarantee, and what
//! the sender would have got if the chain ran it, without a reward. Storage that a run frees is paid out to the sender by
//! the transaction, so it is taken off what the row pays, down to nothing.
//!
//! ## Not in this version
//!
//! Feeds and transactions of foreign chains as conditions; handing a log's data to the target.
//!
//! ## Calls
//!
//! By anyone: [`Call::register`], [`Call::top_up`]. By owners: [`Call::cancel`], [`Call::pause`], [`Call::resume`].
//! By elected nodes: [`Call::set_trigger_key`]. By `AdminOrigin`: [`Call::set_parameters`]. By `PauseOrigin`:
//! [`Call::set_list_paused`]. Rows are run by the precompile, through [`Pallet::execute_row`].
//!
//! ## Wiring
//!
//! `pallet_timestamp::Config::OnTimestampSet`: the pallet. That is when a block makes rows due and runs guaranteed ones.
//!
//! ## Files
//!
//! `register.rs` is what owners do, `guarantee.rs` what guaranteed rows pay for being so, `due.rs` and `logs.rs` make rows due, `run.rs` runs them, `cost.rs` says what
//! that costs, `queue.rs` keeps them in order; `ext.rs` is what the pallet needs of others; `views.rs` is what
//! nodes and wallets read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod cost;
mod due;
mod events;
mod ext;
mod guarantee;
mod logs;
#[cfg(test)]
mod mock;
mod queue;
mod register;
mod run;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
pub mod types;
mod views;
pub mod weights;

pub use pallet::*;
pub use run::Tried;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Where this pallet logs to.
pub(crate) const LOG_TARGET: &str = "fusion::calling-list";

/// The account type of a runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

// The lint takes FRAME's own attributes (`#[pallet::storage]`) for paths that are too long.
#[allow(unused_qualifications)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, EnsureOrigin, UnixTime},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use fusion_calling_list_primitives::{
		traits::{ContractEngine, GasPrice, LogSource, Nodes},
		Balance, Condition, Entry, Reason, RowId, Terms,
	};
	use sp_core::{H160, H256};

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The native token, in which everything is paid.
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>;

		/// The present time.
		type Time: UnixTime;

		/// What gas weighs and costs.
		type Gas: GasPrice;

		/// The contracts.
		type Engine: ContractEngine;

		/// What contracts log.
		type Logs: LogSource;

		/// Who keeps the books.
		type Nodes: Nodes<Self::AccountId>;

		/// Who may set the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may pause the list, and let it go on.
		type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The account in which deposits sit is derived from this.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// The account from which the chain runs rows. Nobody may have a key to it, and it holds nothing between runs.
		type TriggerAccount: Get<Self::AccountId>;

		/// Who gets the fees.
		type FeeReceiver: Get<Self::AccountId>;

		/// What is held for a row.
		#[pallet::constant]
		type StorageBase: Get<Balance>;

		/// And for each byte of its data.
		#[pallet::constant]
		type StoragePerByte: Get<Balance>;

		/// Most bytes of a row's data.
		#[pallet::constant]
		type MaxData: Get<u32>;

		/// What a row remembers of what became of it. At least 1.
		#[pallet::constant]
		type MaxHistory: Get<u32>;

		/// Most logs that wait to be matched. One of them may be twice among them: while some of its rows have been told.
		#[pallet::constant]
		type MaxPendingLogs: Get<u32>;

		/// Logs that are looked up in a block, at its beginning and at its end. At its end more are if there is room.
		#[pallet::constant]
		type LogsPerBlock: Get<u32>;

		/// Rows that a block does something about, of each kind: those that expire, whose block comes, whose time comes,
		/// whose log was there, whose deadline comes.
		#[pallet::constant]
		type DuePerBlock: Get<u32>;

		/// Guaranteed rows that a block does something about, of each kind: those whose block comes, whose time comes, whose
		/// deadline comes. They have their turn apart from others.
		#[pallet::constant]
		type GuaranteedPerBlock: Get<u32>;

		/// What a block may spend on running guaranteed rows.
		#[pallet::constant]
		type GuaranteedWeight: Get<Weight>;

		/// Blocks that a guaranteed row waits for a trigger before the chain runs it. At least 1.
		#[pallet::constant]
		type TriggerDelay: Get<u32>;

		/// Blocks that other rows wait for a trigger before they say so. At least 1.
		#[pallet::constant]
		type Patience: Get<u32>;

		/// Blocks from which on a row is late for a block.
		#[pallet::constant]
		type LateBlocks: Get<u32>;

		/// Seconds from which on a row is late for a time.
		#[pallet::constant]
		type LateSeconds: Get<u64>;

		/// Seconds from block to block, for looking ahead.
		#[pallet::constant]
		type BlockSeconds: Get<u64>;

		/// Weights.
		type WeightInfo: WeightInfo;
	}

	/// What governance sets.
	#[pallet::storage]
	pub type Params<T: Config> = StorageValue<_, Parameters, ValueQuery>;

	/// Whether governance has paused the list.
	#[pallet::storage]
	pub type Paused<T: Config> = StorageValue<_, bool, ValueQuery>;

	/// Number of the last row.
	#[pallet::storage]
	pub type NextRow<T: Config> = StorageValue<_, RowId, ValueQuery>;

	/// Rows.
	#[pallet::storage]
	pub type Rows<T: Config> =
		CountedStorageMap<_, Twox64Concat, RowId, Row<T::AccountId>, OptionQuery>;

	/// What rows call their targets with, or ask their checkers with.
	#[pallet::storage]
	pub type Calldata<T: Config> =
		StorageMap<_, Twox64Concat, RowId, BoundedVec<u8, T::MaxData>, ValueQuery>;

	/// What became of rows lately, oldest first.
	#[pallet::storage]
	pub type History<T: Config> =
		StorageMap<_, Twox64Concat, RowId, BoundedVec<Entry, T::MaxHistory>, ValueQuery>;

	/// The rows of an account.
	#[pallet::storage]
	pub type RowsOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, RowId, (), OptionQuery>;

	/// How many these are.
	#[pallet::storage]
	pub type RowCount<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// Rows in the order in which something is to be done about them. The hashers are `Identity` for the sake of that
	/// order. Keys have 17 bytes, and a deposit was paid for each: nobody can make the trie deep with them.
	#[pallet::storage]
	pub type Agendas<T: Config> =
		StorageDoubleMap<_, Identity, Agenda, Identity, Place, (), OptionQuery>;

	/// Where the agendas begin, so that a block in which nothing is due reads nothing else.
	#[pallet::storage]
	pub type Heads<T: Config> = StorageValue<_, AgendaHeads, ValueQuery>;

	/// Rows that wait for a log, by the bytes of their numbers. The hasher of those is `Identity`, so that they are in
	/// ascending order; nobody can choose them, and a deposit was paid for each.
	#[pallet::storage]
	pub type LogFilters<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, LogKey, Identity, [u8; 8], (), OptionQuery>;

	/// How many rows wait for logs of a contract.
	#[pallet::storage]
	pub type RowsListening<T: Config> = StorageMap<_, Blake2_128Concat, H160, u32, OptionQuery>;

	/// How many rows wait for logs.
	#[pallet::storage]
	pub type Listeners<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Logs of blocks before, whose rows are not all due yet.
	#[pallet::storage]
	pub type PendingLogs<T: Config> =
		StorageValue<_, BoundedVec<PendingLog, T::MaxPendingLogs>, ValueQuery>;

	/// The row that is running. There is none between transactions.
	#[pallet::storage]
	pub type Running<T: Config> = StorageValue<_, RowId, OptionQuery>;

	/// Gas of all guaranteed rows that are not paused.
	#[pallet::storage]
	pub type Load<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// Sum of what rows have put down, for runs and for storage. It is in the pot.
	#[pallet::storage]
	pub type TotalDeposits<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Fees that have not been paid out. They are in the pot too.
	#[pallet::storage]
	pub type Fees<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// The node whose triggers an account sends.
	#[pallet::storage]
	pub type TriggerKeys<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	/// The account that sends a node's triggers.
	#[pallet::storage]
	pub type KeyOfNode<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// What governance can change later.
		pub parameters: Parameters,
		/// Keys of nodes for triggers: node, account that sends them.
		pub trigger_keys: Vec<(T::AccountId, T::AccountId)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(
				self.parameters.is_valid(),
				"calling list: parameters out of range: {:?}",
				self.parameters
			);
			Params::<T>::put(self.parameters);
			for (node, key) in &self.trigger_keys {
				TriggerKeys::<T>::insert(key, node);
				KeyOfNode::<T>::insert(node, key);
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_finalize(_: BlockNumberFor<T>) {
			Self::collect_logs();
		}

		fn integrity_test() {
			assert!(T::MaxHistory::get() > 0, "MaxHistory must be at least 1");
			assert!(T::DuePerBlock::get() > 0, "DuePerBlock must be at least 1");
			assert!(T::GuaranteedPerBlock::get() > 0, "GuaranteedPerBlock must be at least 1");
			assert!(T::LogsPerBlock::get() > 0, "LogsPerBlock must be at least 1");
			assert!(T::TriggerDelay::get() > 0, "TriggerDelay must be at least 1");
			assert!(T::Patience::get() > 0, "Patience must be at least 1");
			let most = Self::most_per_block();
			let block = T::BlockWeights::get().max_block;
			assert!(
				most.all_lte(block.saturating_div(2)),
				"the calling list takes up to {most:?}, more than half of a block of {block:?}: lower \
				 DuePerBlock, GuaranteedPerBlock or GuaranteedWeight"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Register a row.
		///
		/// - `target`: the contract that it calls. Not a precompile.
		/// - `data`: what with; for a check, what the checker is asked with.
		/// - `condition`: what makes it due.
		/// - `terms`: how it runs.
		/// - `deposit`: what is taken from the caller to pay for runs. What the row's storage costs is taken beside it, and
		///   comes back when the row is removed.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(data.len() as u32))]
		pub fn register(
			origin: OriginFor<T>,
			target: H160,
			data: Vec<u8>,
			condition: Condition,
			terms: Terms,
			#[pallet::compact] deposit: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let registration = Registration { target, data, condition, terms, deposit };
			Self::do_register(who, registration)?;
			Ok(())
		}

		/// Cancel a row of the caller. What is left of its deposit goes back.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, id: RowId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel(&who, id)?;
			Ok(())
		}

		/// Add to the deposit of a row, be it the caller's or not.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::top_up())]
		pub fn top_up(
			origin: OriginFor<T>,
			id: RowId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_top_up(&who, id, amount)
		}

		/// Pause a row of the caller.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::pause())]
		pub fn pause(origin: OriginFor<T>, id: RowId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_pause(&who, id)
		}

		/// Let a paused row of the caller go on. Times that have passed meanwhile are left out.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>, id: RowId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_resume(&who, id)
		}

		/// Say which account sends the triggers of the caller, who keeps the books. `None`: none any more.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_trigger_key())]
		pub fn set_trigger_key(origin: OriginFor<T>, key: Option<T::AccountId>) -> DispatchResult {
			let node = ensure_signed(origin)?;
			if let Some(key) = &key {
				ensure!(T::Nodes::is_elected(&node), Error::<T>::NotElected);
				let taken = TriggerKeys::<T>::get(key).is_some_and(|other| other != node);
				ensure!(!taken, Error::<T>::KeyTaken);
			}
			if let Some(old) = KeyOfNode::<T>::take(&node) {
				TriggerKeys::<T>::remove(old);
			}
			if let Some(key) = &key {
				TriggerKeys::<T>::insert(key, &node);
				KeyOfNode::<T>::insert(&node, key);
			}
			Self::deposit_event(Event::TriggerKeySet { node, key });
			Ok(())
		}

		/// Set the parameters.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(parameters.is_valid(), Error::<T>::InvalidParameters);
			Params::<T>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Pause the list, or let it go on. While it is paused no row runs and none is registered or resumed; owners can
		/// cancel. Rows become due nevertheless.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_list_paused())]
		pub fn set_list_paused(origin: OriginFor<T>, paused: bool) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Paused::<T>::put(paused);
			Self::deposit_event(Event::ListPausedSet { paused });
			Ok(())
		}
	}
}
