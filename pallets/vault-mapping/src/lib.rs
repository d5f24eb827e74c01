//! # Vault mapping
//!
//! Maps the coins that a key group's *vault* holds on an account chain one to one onto Fusion: native coin and ERC-20s
//! that governance has registered. It is for Ethereum, and chains that do as it does, what `pallet-asset-mapping` is
//! for Bitcoin. The vault is a contract (`contracts/src/vault/Vault.sol`); see `docs/asset-mapping/ethereum.md`.
//!
//! ```text
//!  the vault's chain               members of the key group                 this pallet
//!  ─────────────────               ────────────────────────                 ───────────
//!                                                             request_lock_in → deposit address (CREATE2)
//!  coins to the address
//!  anybody: sweep → Deposited ──→  observe(Deposited) × t ──→ mint
//!
//!                                                             request_lock_out → mapped coins locked
//!                                                             every BatchInterval blocks: a batch
//!                                  sign its digest       ←──  one signature request
//!  anybody: execute            ←── calldata by the runtime API
//!  Paid, Unpaid, Executed     ──→  observe(Executed) × t ──→  burn what was paid, keep what failed
//!  deadline passed, final     ──→  observe(Expired) × t ───→  lock-outs wait again
//!  claim, retry → Claimed     ──→  observe(Claimed) × t ───→  burn
//!                                                             recall → an order
//!  anybody: order → Ordered   ──→  observe(Ordered) × t ───→  give the mapped coins back
//! ```
//!
//! ## Terms
//!
//! - *Lock-in*, *lock-out*, *witness*, *vote*, *deficit*: as in `pallet-asset-mapping`. An *intent* is a lock-out that is
//!   not settled.
//! - *Deposit address*: a contract that the vault deploys by CREATE2 when somebody collects (*sweeps*) what came to it.
//!   It takes every asset, at any time. Native coin leaves no log when it is paid there, so what counts is the
//!   vault's `Deposited`.
//! - *Batch*: payments that are signed together, with a number that the vault takes once.
//! - *Order*: what the group tells the vault itself.
//! - *Unpaid*: a payment that failed (its recipient reverts, a token is paused). It can be claimed by its payee and
//!   retried by anybody on the vault's chain, and recalled by the owner of the lock-out here; the vault lets one
//!   of the three happen.
//!
//! ## Goals
//!
//! - Every mapped coin is covered: for each asset, coins held + deficit ≥ mapped coins issued, locked ones included, +
//!   deposits that wait. [`Pallet::reserves`] serves the figures, `try_state` checks them.
//! - A deposit is credited once: its log is remembered for ever. What is credited is all of it.
//! - An intent is paid at most once: it leaves a batch only when the vault has executed that, or never can.
//! - A fee is paid in native coin by those whom it is for, never more than they allow, and only if it was paid.
//! - Only this pallet mints and burns the mapped coins. Locked coins sit in the account of the pallet, which nobody has
//!   a key to.
//! - Only this pallet can ask for signatures of the vault's key: its path and its purposes are its own.
//! - What members say is free of fees, so it is bounded: see [`Call::observe`].
//!
//! ## How much a group may hold
//!
//! As in `pallet-asset-mapping`: once all that the group holds is worth as much as its members' bonds allow, by the
//! prices that governance has set ([`Call::set_price`]), no new deposit addresses are given out. Deposits to addresses that
//! were given out are credited all the same, within the limits of their asset: `maximum_issued` bounds what one asset can
//! come to.
//!
//! ## What does not count
//!
//! - A deposit below the minimum: honest members never witness it. If it is witnessed nevertheless, the coins are held
//!   and nothing is minted. The vault sweeps all that an address has, so small deposits add up until they are swept.
//! - Coins that are sent to the vault itself, and tokens that are not mapped.
//!
//! ## Not in this version
//!
//! A second attempt at a batch before its deadline; another vault, or another key of the vault (a handover of the
//! group's key among members needs nothing here); refunds of deposits (those above a limit wait); closing a deposit
//! address.
//!
//! ## Calls
//!
//! By anyone: [`Call::request_lock_in`], [`Call::claim_deposit`], [`Call::request_lock_out`],
//! [`Call::cancel_lock_out`], [`Call::recall`], [`Call::cover_deficit`].
//! By members of the group, free: [`Call::observe`].
//! By `AdminOrigin`: [`Call::register_vault`], [`Call::register_asset`], [`Call::set_limits`], [`Call::set_price`],
//! [`Call::set_parameters`], [`Call::send_order`]. By `PauseOrigin`: [`Call::set_paused`], [`Call::resume`].
//!
//! ## Files
//!
//! `registry.rs`, `lock_in.rs`, `lock_out.rs`, `batches.rs`, `orders.rs` and `votes.rs` do the work; `fees.rs` and
//! `flows.rs` say how much; `halts.rs` is for when deposits are gone; `ledger.rs` keeps the sums; `storage.rs` is
//! what is kept, `params.rs` what governance sets; `events.rs` is what the pallet reports and why it refuses; `ext.rs`
//! is what the pallet needs of others; `views.rs` is what nodes read.
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
mod orders;
mod params;
mod registry;
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
pub use types::*;
pub use votes::refusal;
pub use weights::WeightInfo;

use frame_support::{pallet_macros::import_section, traits::fungible};

/// Where this pallet logs to.
pub(crate) const LOG_TARGET: &str = "fusion::vault-mapping";

/// The account type of a runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// An amount of the native token.
pub type NativeBalanceOf<T, I = ()> =
	<<T as Config<I>>::Currency as fungible::Inspect<AccountIdOf<T>>>::Balance;
/// A deposit address.
pub type DepositAddressOf<T, I = ()> = DepositAddress<AccountIdOf<T>, NativeBalanceOf<T, I>>;

// The lint takes FRAME's own attributes (`#[pallet::storage]`) for paths that are too long.
#[allow(unused_qualifications)]
#[import_section(events::events)]
#[import_section(storage::storage)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungibles, EnsureOrigin, UnixTime},
		PalletId,
	};
	use frame_system::{ensure_authorized, pallet_prelude::*};
	use fusion_asset_mapping_primitives::{
		vault::{EventId, VaultObservation},
		AddressText, BatchId, DepositIndex, IntentId,
	};
	use fusion_dcrm_primitives::{
		traits::{Holdings, KeyGroups},
		GroupId, MemberId, MemberSigned, PerMember,
	};
	use fusion_ethereum_primitives::{Address, Call as VaultCall, Vault, MAX_PAYOUTS};
	use sp_core::H256;
	use sp_runtime::{traits::Zero, AccountId32, DispatchError};

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T, I = ()>(_);

	#[pallet::config]
	pub trait Config<I: 'static = ()>:
		frame_system::Config<AccountId = AccountId32, Hash = H256>
	{
		/// Number of this instance: one for each chain with a vault. It is part of key derivation, of signing purposes
		/// and of what members sign, so no two instances of a runtime may share it, and it must never change.
		#[pallet::constant]
		type InstanceId: Get<u8>;

		/// The mapped coins. Nobody else may mint or burn what is mapped here, freeze it, or block accounts. To make
		/// one takes no deposit.
		type Assets: fungibles::Mutate<Self::AccountId, AssetId = u32, Balance = u128>
			+ fungibles::Create<Self::AccountId>
			+ fungibles::metadata::Mutate<Self::AccountId>;

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

		/// The time: deadlines of batches and orders are made from it.
		type Time: UnixTime;

		/// The key groups.
		type KeyGroups: KeyGroups;

		/// What other pallets have given the groups to hold.
		type OtherHoldings: Holdings;

		/// Who may register the vault and assets, and set limits and parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may pause a direction, and let it go on.
		type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The pallet's account is derived from this.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Every how many blocks a batch may be made. At least 1.
		#[pallet::constant]
		type BatchInterval: Get<BlockNumberFor<Self>>;

		/// Most lock-outs in a batch. At most [`MAX_PAYOUTS`].
		#[pallet::constant]
		type MaxBatchIntents: Get<u32>;

		/// Most lock-outs that are not settled.
		#[pallet::constant]
		type MaxOpenIntents: Get<u32>;

		/// Most batches that are not settled.
		#[pallet::constant]
		type MaxOpenBatches: Get<u32>;

		/// Most mapped assets. At most 16: their reserves are compared together.
		#[pallet::constant]
		type MaxAssets: Get<u32>;

		/// Most orders that wait.
		#[pallet::constant]
		type MaxOrders: Get<u32>;

		/// Every how many blocks a member may report a gas price.
		#[pallet::constant]
		type GasReportInterval: Get<BlockNumberFor<Self>>;

		/// For how many blocks such a report counts. More than `GasReportInterval`.
		#[pallet::constant]
		type GasReportLifetime: Get<BlockNumberFor<Self>>;

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
	}

	#[pallet::hooks]
	impl<T: Config<I>, I: 'static> Hooks<BlockNumberFor<T>> for Pallet<T, I> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::tick(now)
		}

		fn integrity_test() {
			assert!(!T::BatchInterval::get().is_zero(), "BatchInterval must be at least 1");
			assert!(!T::FlowBucket::get().is_zero(), "FlowBucket must be at least 1");
			assert!(
				T::GasReportLifetime::get() > T::GasReportInterval::get(),
				"reports of the gas price must count for longer than until the next one"
			);
			assert!(
				(1..=MAX_PAYOUTS).contains(&T::MaxBatchIntents::get()),
				"MaxBatchIntents must be from 1 to what the vault takes"
			);
			assert!(T::MaxOpenBatches::get() > 0, "MaxOpenBatches must be at least 1");
			assert!(T::MaxOpenVotes::get() > 0, "MaxOpenVotes must be at least 1");
			assert!((1..=16).contains(&T::MaxAssets::get()), "MaxAssets must be from 1 to 16");
			assert!(T::MaxOrders::get() > 0, "MaxOrders must be at least 1");
			assert!(
				T::MaxOpenIntents::get() >= T::MaxBatchIntents::get(),
				"a full batch must fit into the open intents"
			);
			let tick = Self::max_tick_weight();
			let block = T::BlockWeights::get().max_block;
			assert!(
				tick.all_lte(block.saturating_div(4)),
				"making a batch and an order takes {tick:?}, more than a quarter of a block of {block:?}: lower \
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
		/// Register the vault, once. It must be newly deployed, with the key that
		/// [`vault_key`](Pallet::vault_key) gives for the group and with this `maximum_fee`; a wrong vault pays nothing
		/// that is signed here. Look at it before: nobody on this chain can.
		///
		/// - `vault`: its chain id and address.
		/// - `group`: whose key it has, and whose members witness.
		/// - `maximum_fee`: the vault's `MAX_FEE`, in the smallest unit of native coin.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_vault())]
		pub fn register_vault(
			origin: OriginFor<T>,
			vault: Vault,
			group: GroupId,
			maximum_fee: u128,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_register_vault(vault, group, maximum_fee)
		}

		/// Map an asset: makes the mapped coin, and tells the vault to sweep the token. Native coin has to be mapped for
		/// lock-outs of any asset, as fees are paid in it.
		///
		/// - `asset`: number of the mapped coin, which must be new.
		/// - `token`: the ERC-20, or zero for native coin. Not one that keeps a fee on transfers, changes balances by
		///   itself, or answers anything but the truth.
		/// - `name`, `symbol`, `decimals`: those of the original.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::register_asset())]
		pub fn register_asset(
			origin: OriginFor<T>,
			asset: u32,
			token: Address,
			name: AssetText,
			symbol: AssetText,
			decimals: u8,
			limits: Limits,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_register_asset(asset, token, (name, symbol, decimals), limits)
		}

		/// Set the limits of an asset.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_limits())]
		pub fn set_limits(origin: OriginFor<T>, asset: u32, limits: Limits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_limits(asset, limits)
		}

		/// Set the parameters.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(parameters.is_valid(), Error::<T, I>::InvalidParameters);
			Params::<T, I>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Pause directions of an asset, or of all (`None`), or let them go on. It is about this chain: to pause the
		/// vault itself takes an order.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn set_paused(
			origin: OriginFor<T>,
			asset: Option<u32>,
			paused: PausedDirections,
		) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_set_paused(asset, paused)
		}

		/// Let things go on after the pallet has paused by itself. What governance has paused stays paused.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_resume()
		}

		/// Have the group tell the vault to pause directions, or to sweep a token or not to. Other orders cannot be
		/// given. It is signed when it is its turn, and anybody brings it to the vault.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::send_order())]
		pub fn send_order(origin: OriginFor<T>, call: VaultCall) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_send_order(call)
		}

		/// Ask for a deposit address: whatever mapped asset is sent there and swept by the vault is credited to the
		/// caller, at any time. Holds `AddressDeposit` of the native token for good. The event has the address.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::request_lock_in())]
		pub fn request_lock_in(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_request_lock_in(who)?;
			Ok(())
		}

		/// Credit a deposit that was more than the limits let through when it came. By anyone, for whoever it belongs
		/// to.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::claim_deposit())]
		pub fn claim_deposit(origin: OriginFor<T>, event: EventId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim_deposit(event)
		}

		/// Ask for a lock-out: `amount` of the asset is paid to `destination`, all of it. The mapped coins for it are
		/// locked, and `max_fee` of mapped native coin besides, of which the lock-out's part of the fee is taken and
		/// the rest is given back. Refused if `max_fee` would not pay for a batch of its own at the present gas
		/// price.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::request_lock_out())]
		pub fn request_lock_out(
			origin: OriginFor<T>,
			asset: u32,
			amount: u128,
			destination: AddressText,
			max_fee: u128,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_request_lock_out(who, asset, amount, &destination, max_fee)?;
			Ok(())
		}

		/// Cancel a lock-out that is in no batch. The mapped coins go back to its owner, who is the only one to cancel
		/// it.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::cancel_lock_out())]
		pub fn cancel_lock_out(origin: OriginFor<T>, intent: IntentId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel_lock_out(&who, intent)
		}

		/// Take back a payment of the caller's that has failed: the group signs an order for the vault, and when that
		/// has executed it, the mapped coins go back. If the payment is claimed or retried before, it is paid.
		///
		/// - `batch`, `index`: the payment, as the event `PayoutFailed` named it.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::recall())]
		pub fn recall(origin: OriginFor<T>, batch: BatchId, index: u32) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_recall(&who, batch, index)
		}

		/// Burn mapped coins of the caller to make up for a deficit: at most `amount`, and at most as many as are
		/// missing.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::cover_deficit())]
		pub fn cover_deficit(origin: OriginFor<T>, asset: u32, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cover_deficit(&who, asset, amount)?;
			Ok(())
		}

		/// What a member of the group saw on the vault's chain.
		///
		/// It carries the member's own signature, no account's, and is free. It is valid only while the
		/// chain waits for it: a member has one vote on a subject, at most `MaxOpenVotes` votes on
		/// undecided subjects, and cannot change a vote before `VoteLifetime` blocks. Anything else is
		/// refused in the pool. Once as many members as it takes to sign have said exactly the same, it
		/// is acted on, once.
		#[pallet::call_index(13)]
		#[pallet::weight(Pallet::<T, I>::observe_weight(&observation.payload))]
		#[pallet::authorize(Pallet::<T, I>::authorize_observe)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_observe())]
		pub fn observe(
			origin: OriginFor<T>,
			observation: MemberSigned<VaultObservation>,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let MemberSigned { member, payload, .. } = observation;
			let weight = Self::do_observe(member, payload)?;
			Ok((Some(weight), Pays::No).into())
		}

		/// Say what a whole coin of an asset is worth, in the smallest unit of the native token. `None`: what is held of it
		/// does not count for how much the group may hold.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::set_limits())]
		pub fn set_price(origin: OriginFor<T>, asset: u32, price: Option<u128>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_price(asset, price)
		}
	}
}
