//! # Asset mapping
//!
//! Maps the coins of another chain one to one onto Fusion (whitepaper, "asset mapping and DCRM"): a
//! coin goes under the control of a key group there, and an equal amount of the mapped coin is issued
//! here; the mapped coin is locked here, the coin is paid out there, and the mapped coin is burnt.
//!
//! ```text
//!  external chain                  members of the key group                 this pallet
//!  ──────────────                  ────────────────────────                 ───────────
//!                                                             request_lock_in → deposit address
//!  deposit, k confirmations  ───→  observe(Deposit) × t  ───→  mint, coin enters the ledger
//!
//!                                                             request_lock_out → mapped coins locked
//!                                                             every BatchInterval blocks: a batch,
//!                                                             one transaction for many lock-outs
//!                                  sign each input       ←──  signature requests
//!  transaction               ←───  broadcast             ←──  signed in full
//!  k confirmations           ───→  observe(Settled) × t  ───→  burn, change enters the ledger
//! ```
//!
//! ## Terms
//!
//! - *Lock-in*, *lock-out*: see above. A lock-out that was asked for is an *intent* until it is
//!   settled, and so is a *refund*: a deposit that goes back.
//! - *Deposit address*: an address of the external chain whose key is derived from the master key of
//!   the active key group and a number, so that nobody holds it. Every deposit to it up to its *deadline* is
//!   credited to who asked for it; later ones are refunded.
//! - *Witness*: a member of the active group that says what it saw on the external chain, at the
//!   number of confirmations that governance set. It takes as many equal *votes* as signing does.
//! - *Ledger*: the coins that the group holds there, as witnessed. A coin is *available*, or
//!   *reserved* by the one batch that spends it.
//! - *Batch*: intents that are paid together. Each *attempt* at it is one external transaction; attempts differ in
//!   their fees and all spend the same coins, so that at most one is ever confirmed.
//! - *Deficit*: coins that are known to be missing. *Fee reserve*: coins held that cover nothing.
//!
//! ## Goals
//!
//! - Every mapped coin is covered: coins in the ledger + deficit ≥ mapped coins issued, locked ones
//!   included, + what is owed otherwise. [`Pallet::reserves`] serves the figures, `try_state` checks them. Fees never
//!   break it: an intent pays its part of the fee out of its own amount, and a batch whose change would be too small
//!   for an output is not made.
//! - A deposit is credited or refunded once, an intent is paid at most once: an outpoint that was decided on is
//!   remembered for ever, and an intent leaves a batch only when an attempt that does not pay it is confirmed (or
//!   governance gives up a batch whose coin was double spent).
//! - Only this pallet mints and burns the mapped coin. Locked coins sit in the account of the pallet,
//!   which nobody has a key to.
//! - What members say is free of fees, so it is bounded: see [`Call::observe`].
//!
//! ## How much a group may hold
//!
//! A group may hold as much as a governed part of its members' bonds is worth, by the price that governance has
//! set ([`Price`]). Once its coins are worth that, it is given no new deposit addresses. Deposits to addresses that
//! were given out are credited all the same: their owners have sent coins. So
//! the cap is where a group stops taking on new depositors, not where the ledger ends. Without a price there is no
//! cap. Each instance compares what it has given a group with all that the group may hold, so there may be only one
//! instance on the same groups until the sum over instances is compared.
//!
//! ## When things stand still
//!
//! While the key groups take no work ([`KeyGroups::accepts_work`](fusion_dcrm_primitives::traits::KeyGroups::accepts_work)),
//! no batch is made and no address is given out. Members witness deposits and settlements all the same.
//! Governance can pause each direction, and the pallet pauses both by itself when a coin is gone (`halts.rs`).
//!
//! ## What does not count
//!
//! - A deposit below the minimum: honest members never witness it. If it is witnessed nevertheless,
//!   the coin enters the ledger and nothing is minted.
//! - A coin that goes to the group's own address without a batch having put it there: nobody asked
//!   for it, nobody is credited.
//! - Mapped coins that somebody transfers to the account of the pallet: they stay there, covered like
//!   all others. (So the account may hold more than what is locked, never less.)
//!
//! ## Not in this version
//!
//! Consolidation of small coins, rotation (the coins of a group that is not active any more stay in the ledger and
//! are not spent), forgetting old deposits, and pay for members. A mint is an event of the assets pallet, not an EVM
//! log: it happens outside of an Ethereum transaction.
//!
//! ## Calls
//!
//! By anyone: [`Call::request_lock_in`], [`Call::close_lock_in`], [`Call::request_lock_out`],
//! [`Call::cancel_lock_out`], [`Call::claim_deposit`], [`Call::cover_deficit`].
//! By members of the witnessing group, free: [`Call::observe`].
//! By `AdminOrigin`: [`Call::set_parameters`], [`Call::set_price`], [`Call::request_reserve_address`],
//! [`Call::give_up_batch`]. By `PauseOrigin`: [`Call::set_paused`], [`Call::resume`].
//!
//! ## Files
//!
//! `lock_in.rs`, `lock_out.rs`, `plan.rs`, `batches.rs`, `replace.rs` and `votes.rs` do the work; `fees.rs` and
//! `flows.rs` say how much; `halts.rs` is for when coins are gone; `ledger.rs` keeps the coins;
//! `storage.rs` is what is kept, `params.rs` what governance sets;
//! `events.rs` is what the pallet reports and why it refuses; `ext.rs` is what the pallet needs of others;
//! `views.rs` is what nodes read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod batches;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod events;
mod ext;
mod fees;
pub mod flows;
mod halts;
mod ledger;
mod lock_in;
mod lock_out;
#[cfg(test)]
mod mock;
mod params;
mod plan;
mod replace;
mod storage;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
pub mod types;
mod views;
mod votes;
pub mod weights;

pub use flows::Flow;
pub use pallet::*;
pub use replace::LEAST_RISE;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::{pallet_macros::import_section, traits::fungible};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::chain::ExternalChain;

/// Where this pallet logs to.
pub(crate) const LOG_TARGET: &str = "fusion::asset-mapping";

/// The account type of a runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// An amount of the native token.
pub type NativeBalanceOf<T, I = ()> =
	<<T as Config<I>>::Currency as fungible::Inspect<AccountIdOf<T>>>::Balance;
/// A transaction of the external chain, without signatures.
pub type TemplateOf<T, I = ()> = <<T as Config<I>>::Chain as ExternalChain>::Template;
/// A batch.
pub type BatchOf<T, I = ()> =
	Batch<MaxInputs<<T as Config<I>>::Chain>, <T as Config<I>>::MaxBatchIntents>;
/// An attempt at a batch.
pub type AttemptOf<T, I = ()> = Attempt<
	TemplateOf<T, I>,
	BlockNumberFor<T>,
	MaxInputs<<T as Config<I>>::Chain>,
	<T as Config<I>>::MaxBatchIntents,
>;
/// A deposit address.
pub type DepositAddressOf<T, I = ()> = DepositAddress<AccountIdOf<T>, NativeBalanceOf<T, I>>;
/// The votes on a subject.
pub type TallyOf<T> = Tally<BlockNumberFor<T>>;

// The lint takes FRAME's own attributes (`#[pallet::storage]`) for paths that are too long.
#[allow(unused_qualifications)]
#[import_section(events::events)]
#[import_section(storage::storage)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungibles, EnsureOrigin, UnixTime},
		PalletId,
	};
	use frame_system::{ensure_authorized, pallet_prelude::*};
	use fusion_asset_mapping_primitives::{
		AddressText, Amount, AttemptIndex, BatchId, DepositIndex, Destination, IntentId,
		Observation, OutPoint,
	};
	use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId, MemberSigned, PerMember};
	use sp_core::H256;
	use sp_runtime::{traits::Zero, DispatchError};

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T, I = ()>(_);

	#[pallet::config]
	pub trait Config<I: 'static = ()>: frame_system::Config<Hash = H256> {
		/// The external chain.
		type Chain: ExternalChain;

		/// Its network: a part of addresses.
		type ChainNetwork: Get<<Self::Chain as ExternalChain>::Network>;

		/// Number of this instance. It is part of key derivation, of signing purposes and of what
		/// members sign, so no two instances of a runtime may share it, and it must never change.
		#[pallet::constant]
		type InstanceId: Get<u8>;

		/// The mapped coins. Nobody else may mint or burn the asset, freeze it, or block accounts.
		type Assets: fungibles::Mutate<Self::AccountId, AssetId = u32, Balance = u128>;

		/// The mapped coin. It has a minimum balance of 1 and is sufficient for an account to exist,
		/// or else a deposit to a new account could not be minted.
		#[pallet::constant]
		type AssetId: Get<u32>;

		/// The native token, of which a deposit is held for each deposit address.
		type Currency: fungible::hold::Mutate<
			Self::AccountId,
			Reason = <Self as Config<I>>::RuntimeHoldReason,
		>;

		/// Reasons to hold native tokens.
		type RuntimeHoldReason: From<HoldReason<I>>;

		/// What is held for a deposit address: it takes storage, and nodes' attention, for ever.
		#[pallet::constant]
		type AddressDeposit: Get<NativeBalanceOf<Self, I>>;

		/// What is held for a lock-out that is asked for while half of the places for them are taken, until it is over:
		/// nobody takes all of them for nothing.
		#[pallet::constant]
		type LockOutDeposit: Get<NativeBalanceOf<Self, I>>;

		/// The time: deadlines are compared with it when they are given.
		type Time: UnixTime;

		/// The key groups.
		type KeyGroups: KeyGroups;

		/// Who may set the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may pause a direction, and let it go on.
		type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The pallet's account is derived from this.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Every how many blocks a batch may be made. At least 1.
		#[pallet::constant]
		type BatchInterval: Get<BlockNumberFor<Self>>;

		/// Most lock-outs in a batch.
		#[pallet::constant]
		type MaxBatchIntents: Get<u32>;

		/// Most lock-outs and refunds that are not settled. A quarter of the places are for refunds, the others for
		/// lock-outs: neither takes the other's. At least 4.
		#[pallet::constant]
		type MaxOpenIntents: Get<u32>;

		/// Most batches that are not settled.
		#[pallet::constant]
		type MaxOpenBatches: Get<u32>;

		/// Most attempts at a batch. At least 1.
		#[pallet::constant]
		type MaxAttempts: Get<u32>;

		/// Every how many blocks a member may report a fee rate.
		#[pallet::constant]
		type FeeReportInterval: Get<BlockNumberFor<Self>>;

		/// For how many blocks such a report counts. More than `FeeReportInterval`.
		#[pallet::constant]
		type FeeReportLifetime: Get<BlockNumberFor<Self>>;

		/// Blocks in a bucket of the throttle: a window has [`BUCKETS`](crate::flows::BUCKETS) of them. At least 1.
		#[pallet::constant]
		type FlowBucket: Get<BlockNumberFor<Self>>;

		/// Most undecided subjects on which a member has a vote.
		#[pallet::constant]
		type MaxOpenVotes: Get<u32>;

		/// For how many blocks a vote on an undecided subject is a member's last word. Afterwards the
		/// member may say it again, or say otherwise (members that saw a reorganization at different
		/// times must be able to agree in the end), and its vote may make room for another.
		#[pallet::constant]
		type VoteLifetime: Get<BlockNumberFor<Self>>;

		/// Weights.
		type WeightInfo: WeightInfo;

		/// What benchmarks need of the other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper;
	}

	/// Why native tokens are held.
	#[pallet::composite_enum]
	pub enum HoldReason<I: 'static = ()> {
		/// For a deposit address.
		#[codec(index = 0)]
		DepositAddress,
		/// For a lock-out.
		#[codec(index = 1)]
		LockOut,
	}

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config<I>, I: 'static = ()> {
		/// What governance can change later.
		pub parameters: Parameters,
		/// Which directions are paused from the start.
		pub paused: PausedDirections,
		/// Of which pallet.
		#[serde(skip)]
		pub _config: PhantomData<(T, I)>,
	}

	#[pallet::genesis_build]
	impl<T: Config<I>, I: 'static> BuildGenesisConfig for GenesisConfig<T, I> {
		fn build(&self) {
			assert!(
				self.parameters.is_valid(),
				"asset mapping: parameters out of range: {:?}",
				self.parameters
			);
			Params::<T, I>::put(self.parameters);
			Paused::<T, I>::put(self.paused);
		}
	}

	#[pallet::hooks]
	impl<T: Config<I>, I: 'static> Hooks<BlockNumberFor<T>> for Pallet<T, I> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::batch_tick(now)
		}

		fn integrity_test() {
			assert!(!T::BatchInterval::get().is_zero(), "BatchInterval must be at least 1");
			assert!(T::MaxAttempts::get() > 0, "MaxAttempts must be at least 1");
			assert!(!T::FlowBucket::get().is_zero(), "FlowBucket must be at least 1");
			assert!(
				T::FeeReportLifetime::get() > T::FeeReportInterval::get(),
				"reports of the fee rate must count for longer than until the next one"
			);
			assert!(T::MaxBatchIntents::get() > 0, "MaxBatchIntents must be at least 1");
			assert!(T::MaxOpenBatches::get() > 0, "MaxOpenBatches must be at least 1");
			assert!(T::MaxOpenVotes::get() > 0, "MaxOpenVotes must be at least 1");
			assert!(
				T::MaxBatchIntents::get() < T::Chain::MAX_OUTPUTS,
				"a batch has an output for each intent, and one for change"
			);
			assert!(
				T::MaxOpenIntents::get() >= T::MaxBatchIntents::get(),
				"a full batch must fit into the open intents"
			);
			assert!(T::MaxOpenIntents::get() >= 4, "there must be a place for refunds");
			let batch = Self::max_batch_weight();
			let block = T::BlockWeights::get().max_block;
			assert!(
				batch.all_lte(block.saturating_div(4)),
				"making and replacing a batch takes {batch:?}, more than a quarter of a block of {block:?}: lower \
				 MaxBatchIntents"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config<I>, I: 'static> Pallet<T, I> {
		/// Ask for a deposit address: whatever is deposited there is credited to the caller.
		///
		/// - `refund_address`: where coins go back to that cannot be credited: what comes after the deadline, and
		///   what is above the maximum. The fee is taken out of them.
		/// - `deadline`: until when deposits are credited, in seconds since 1970; in the future. The time of the
		///   external block that holds a deposit counts, and not that of the block of this chain in which it is
		///   witnessed.
		///
		/// Holds `AddressDeposit` of the native token: the address is watched until it is closed. The event has
		/// the address.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::request_lock_in())]
		pub fn request_lock_in(
			origin: OriginFor<T>,
			refund_address: AddressText,
			deadline: u32,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_request_lock_in(who, &refund_address, deadline)?;
			Ok(())
		}

		/// Ask for a lock-out: locks `amount` of the mapped coin, and pays it out to `destination` less
		/// a part of the transaction's fee, which is at most `max_fee`. Refused if that would not pay for a
		/// transaction of its own at the present fee rate. While many are open, holds `LockOutDeposit` of the native
		/// token until it is over.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::request_lock_out())]
		pub fn request_lock_out(
			origin: OriginFor<T>,
			amount: Amount,
			destination: AddressText,
			max_fee: Amount,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_request_lock_out(who, amount, &destination, max_fee)?;
			Ok(())
		}

		/// Cancel a lock-out that is in no batch yet. The mapped coins go back to its owner, who is the
		/// only one to cancel it.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::cancel_lock_out())]
		pub fn cancel_lock_out(origin: OriginFor<T>, intent: IntentId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel_lock_out(&who, intent)?;
			Ok(())
		}

		/// What a member of the witnessing group saw on the external chain.
		///
		/// It carries the member's own signature, no account's, and is free. It is valid only while the
		/// chain waits for it: a member has one vote on a subject, at most `MaxOpenVotes` votes on
		/// undecided subjects, and cannot change a vote before `VoteLifetime` blocks. Anything else is
		/// refused in the pool. Once as many members as it takes to sign have said exactly the same, it
		/// is acted on, once.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T, I>::observe_weight(&observation.payload))]
		#[pallet::authorize(Pallet::<T, I>::authorize_observe)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_observe())]
		pub fn observe(
			origin: OriginFor<T>,
			observation: MemberSigned<Observation>,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let MemberSigned { member, payload, .. } = observation;
			let weight = Self::do_observe(member, payload)?;
			Ok((Some(weight), Pays::No).into())
		}

		/// Set the parameters.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(parameters.is_valid(), Error::<T, I>::InvalidParameters);
			Params::<T, I>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Pause directions, or let them go on.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn set_paused(origin: OriginFor<T>, paused: PausedDirections) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Paused::<T, I>::put(paused);
			Self::deposit_event(Event::PausedSet { paused });
			Ok(())
		}

		/// Say what a unit of the coin (a satoshi) is worth, in the smallest unit of the native token. `None`: what
		/// groups hold is not capped.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_price())]
		pub fn set_price(origin: OriginFor<T>, price: Option<u128>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Price::<T, I>::set(price);
			Self::deposit_event(Event::PriceSet { price });
			Ok(())
		}

		/// Close a deposit address of the caller that nothing was deposited to, and get back what is held for it.
		/// It can be done when the deadline and the grace period after it are over. What is deposited there
		/// afterwards is lost.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::close_lock_in())]
		pub fn close_lock_in(origin: OriginFor<T>, index: DepositIndex) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_close_lock_in(&who, index)
		}

		/// Credit a deposit that was more than the throttle let through when it came, or begin to refund one for
		/// which there was no room. By anyone, for whoever it belongs to.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::claim_deposit())]
		pub fn claim_deposit(origin: OriginFor<T>, outpoint: OutPoint) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim_deposit(outpoint)
		}

		/// Burn mapped coins of the caller to make up for a deficit: at most `amount`, and at most as many as are
		/// missing.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::cover_deficit())]
		pub fn cover_deficit(origin: OriginFor<T>, amount: Amount) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cover_deficit(&who, amount)?;
			Ok(())
		}

		/// Make an address whose deposits go into the reserves: they make up for a deficit, and what is more goes
		/// into the fee reserve. Also while lock-in is paused. The event has the address.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::request_lock_in())]
		pub fn request_reserve_address(origin: OriginFor<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_request_reserve_address()?;
			Ok(())
		}

		/// Give up a batch that spends a coin which is gone, and so can never be confirmed: its other coins are
		/// free, its intents wait for another batch.
		///
		/// Call it only when it is certain that the coin does not come back: when another transaction spends what
		/// it was made of, and that one has so many confirmations that it stays. If the coin came back all the
		/// same, a signed attempt at the batch could be confirmed too, and its intents would be paid twice.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::settle(
			<T::Chain as ExternalChain>::MAX_INPUTS,
			T::MaxBatchIntents::get()
		))]
		pub fn give_up_batch(origin: OriginFor<T>, batch: BatchId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_give_up_batch(batch)
		}

		/// Let things go on after the pallet has paused by itself. What governance has paused stays paused.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_resume()
		}
	}
}
