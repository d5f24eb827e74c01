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
//!   settled.
//! - *Deposit address*: an address of the external chain whose key is derived from the master key of
//!   the active key group and a number, so that nobody holds it. It stays good for ever, and every
//!   deposit to it is credited to who asked for it, after the *deadline* as well (in this version the
//!   deadline is only recorded; a later one refunds late deposits to the refund address).
//! - *Witness*: a member of the active group that says what it saw on the external chain, at the
//!   number of confirmations that governance set. It takes as many equal *votes* as signing does.
//! - *Ledger*: the coins that the group holds there, as witnessed. A coin is *available*, or
//!   *reserved* by the one batch that spends it.
//! - *Batch*: one external transaction that pays several intents. It is attempted once: there is no
//!   replacement by fee in this version.
//!
//! ## Goals
//!
//! - Every mapped coin is covered: coins in the ledger + deficit ≥ mapped coins issued, locked ones
//!   included. [`Pallet::reserves`] serves the figures, `try_state` checks them. This version knows
//!   no way to record a deficit: the figure is 0. Fees never break it: an intent pays its part of the
//!   fee out of its own amount, and a batch whose change would be too small for an output is not made.
//! - A deposit is credited once, an intent is paid at most once: an outpoint that was decided on is
//!   remembered for ever, and an intent belongs to at most one batch, ever.
//! - Only this pallet mints and burns the mapped coin. Locked coins sit in the account of the pallet,
//!   which nobody has a key to.
//! - What members say is free of fees, so it is bounded: see [`Call::observe`].
//!
//! ## How much a group may hold
//!
//! A group may hold as much as a governed part of its members' bonds is worth, by the price that governance has
//! set ([`Price`]). Once its coins are worth that, it is given no new deposit addresses. Deposits to addresses that
//! were given out are credited all the same: their owners have sent coins, and nobody could give these back. So
//! the cap is where a group stops taking on new depositors, not where the ledger ends. Without a price there is no
//! cap. Each instance compares what it has given a group with all that the group may hold, so there may be only one
//! instance on the same groups until the sum over instances is compared.
//!
//! ## When the groups stand still
//!
//! While the key groups take no work ([`KeyGroups::accepts_work`](fusion_dcrm_primitives::traits::KeyGroups::accepts_work)),
//! no batch is made and no address is given out. Members witness deposits and settlements all the same.
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
//! Replacement of a stuck transaction, consolidation of small coins, rotation (the coins of a group
//! that is not active any more stay in the ledger and are not spent), refunds, recording a deficit,
//! forgetting old deposits, and pay for members. A mint is an event of the assets pallet, not an EVM
//! log: it happens outside of an Ethereum transaction.
//!
//! ## Calls
//!
//! By anyone: [`Call::request_lock_in`], [`Call::request_lock_out`], [`Call::cancel_lock_out`].
//! By members of the witnessing group, free: [`Call::observe`].
//! By `AdminOrigin`: [`Call::set_parameters`], [`Call::set_price`]. By `PauseOrigin`: [`Call::set_paused`].
//!
//! ## Files
//!
//! `lock_in.rs`, `lock_out.rs`, `batches.rs` and `votes.rs` do the work; `ledger.rs` keeps the coins;
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
mod ledger;
mod lock_in;
mod lock_out;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
pub mod types;
mod views;
mod votes;
pub mod weights;

pub use pallet::*;
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
/// A batch of lock-outs.
pub type BatchOf<T, I = ()> =
	Batch<TemplateOf<T, I>, MaxInputs<<T as Config<I>>::Chain>, <T as Config<I>>::MaxBatchIntents>;
/// The votes on a subject.
pub type TallyOf<T> = Tally<BlockNumberFor<T>>;

// The lint takes FRAME's own attributes (`#[pallet::storage]`) for paths that are too long.
#[allow(unused_qualifications)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungibles, EnsureOrigin},
		PalletId,
	};
	use frame_system::{ensure_authorized, pallet_prelude::*};
	use fusion_asset_mapping_primitives::{
		AddressText, Amount, BatchId, DepositIndex, Destination, IntentId, Observation, OutPoint,
	};
	use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId, MemberSigned};
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

		/// Most lock-outs that are not settled.
		#[pallet::constant]
		type MaxOpenIntents: Get<u32>;

		/// Most batches that are not settled.
		#[pallet::constant]
		type MaxOpenBatches: Get<u32>;

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
	}

	/// What governance sets.
	#[pallet::storage]
	pub type Params<T: Config<I>, I: 'static = ()> = StorageValue<_, Parameters, ValueQuery>;

	/// Which directions are paused.
	#[pallet::storage]
	pub type Paused<T: Config<I>, I: 'static = ()> = StorageValue<_, PausedDirections, ValueQuery>;

	/// Number of the next deposit address.
	#[pallet::storage]
	pub type NextDeposit<T: Config<I>, I: 'static = ()> = StorageValue<_, DepositIndex, ValueQuery>;

	/// Number of the next intent.
	#[pallet::storage]
	pub type NextIntent<T: Config<I>, I: 'static = ()> = StorageValue<_, IntentId, ValueQuery>;

	/// Number of the next batch.
	#[pallet::storage]
	pub type NextBatch<T: Config<I>, I: 'static = ()> = StorageValue<_, BatchId, ValueQuery>;

	/// Deposit addresses.
	#[pallet::storage]
	pub type DepositAddresses<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, DepositIndex, DepositAddress<T::AccountId>, OptionQuery>;

	/// The number of a deposit address, by where coins have to go.
	#[pallet::storage]
	pub type DepositsByDestination<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, Destination, DepositIndex, OptionQuery>;

	/// Deposits that were decided on. Never removed in this version.
	#[pallet::storage]
	pub type Deposits<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, OutPoint, DepositRecord, OptionQuery>;

	/// The ledger: coins that groups hold on the external chain.
	#[pallet::storage]
	pub type Utxos<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, OutPoint, Utxo, OptionQuery>;

	/// Coins of the ledger that are not reserved, largest first. The hasher of the second key is
	/// `Identity` for the sake of that order. Outpoints are hashes of transactions that had to be
	/// confirmed and witnessed, and keys are 44 bytes: nobody can make the trie deep with that.
	#[pallet::storage]
	pub type Available<T: Config<I>, I: 'static = ()> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Identity, CoinKey, (), OptionQuery>;

	/// What a unit of the coin is worth, in the smallest unit of the native token, as governance says. Groups are
	/// given no new deposit addresses when they hold as much as they may. `None`: there is no such cap.
	#[pallet::storage]
	pub type Price<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, OptionQuery>;

	/// Sum of the ledger, by group.
	#[pallet::storage]
	pub type HeldBy<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, GroupId, u128, ValueQuery>;

	/// Sum of the ledger.
	#[pallet::storage]
	pub type Held<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, ValueQuery>;

	/// Lock-outs that are not settled.
	#[pallet::storage]
	pub type Intents<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, IntentId, Intent<T::AccountId>, OptionQuery>;

	/// Lock-outs that are in no batch, in the order in which they are taken.
	#[pallet::storage]
	pub type Queue<T: Config<I>, I: 'static = ()> =
		StorageValue<_, BoundedVec<IntentId, T::MaxOpenIntents>, ValueQuery>;

	/// Sum of the lock-outs that are not settled.
	#[pallet::storage]
	pub type Locked<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, ValueQuery>;

	/// Batches that are not settled.
	#[pallet::storage]
	pub type Batches<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, BatchId, BatchOf<T, I>, OptionQuery>;

	/// Votes on undecided subjects.
	#[pallet::storage]
	pub type Tallies<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, Subject, TallyOf<T>, OptionQuery>;

	/// The undecided subjects on which a member has a vote, oldest vote first.
	#[pallet::storage]
	pub type OpenVotes<T: Config<I>, I: 'static = ()> = StorageMap<
		_,
		Blake2_128Concat,
		MemberId,
		BoundedVec<(Subject, BlockNumberFor<T>), T::MaxOpenVotes>,
		ValueQuery,
	>;

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
			let batch = Self::max_batch_weight();
			let block = T::BlockWeights::get().max_block;
			assert!(
				batch.all_lte(block.saturating_div(4)),
				"making a batch takes {batch:?}, more than a quarter of a block of {block:?}: lower \
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
		/// - `refund_address`: where coins are to go back to that cannot be credited (recorded for the
		///   refund path of a later version).
		/// - `deadline`: last block in which the caller means to deposit; in the future.
		///
		/// Holds `AddressDeposit` of the native token: the address is watched for ever. The event has
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
		/// a part of the transaction's fee, which is at most `max_fee`.
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
	}
}
