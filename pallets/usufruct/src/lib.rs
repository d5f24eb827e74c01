//! # Usufruct
//!
//! Title and use of a coin, separated: an account lends the use of its coins for a time and keeps the
//! title, and the use comes back by itself (whitepaper, "separation of ownership and usufruct"). For FSN and for
//! every mapped coin.
//!
//! ```text
//!   plain coins ──deposit──→ [now, forever) ──lend──→ [now, T)  of the borrower
//!               ←─withdraw──                          [T, forever)  of the lender
//! ```
//!
//! ## Terms
//!
//! - *Slice*: an amount of a coin over `[start, end)`, in seconds since 1970; see [`fusion_slices`].
//! - *List*: the slices that an account has of a coin, as one function of time.
//! - *Boundary*: an instant at which that function changes.
//! - *Use*: what an account has now. *Title*: what it has without end.
//! - *Plain*: a coin that is in no slice. *Vault*: the account of the pallet, in which all others sit.
//! - *Pledge*: FSN that is bonded to a bookkeeping node by whom it was lent to.
//!
//! ## Goals
//!
//! - At each instant from now on, the slices of a coin add up to what is [held](Held) for them, and the vault
//!   has that much. `try_state` checks it.
//! - Nothing needs a transaction to come back: a lent use ends because time passes. There is no record of a loan.
//! - Plain coins are coins whose title and use are in one hand, so nothing that works on plain balances
//!   (transfers, ERC-20, lock-out) has to know of slices.
//! - No storage without a deposit, and bounded lists. Whoever makes a list longer pays; when it becomes shorter
//!   the deposit goes to the list's owner. Others can fill only a part of a list ([`MAX_PUSHED`]).
//! - Who transfers the title of lent coins takes no slash with it to somebody else: what is bonded is in no list.
//!
//! ## Calls
//!
//! By anyone, for its own slices: [`Call::deposit`], [`Call::withdraw`], [`Call::lend`], [`Call::transfer`],
//! [`Call::transfer_title`], [`Call::give_back`], [`Call::approve`], [`Call::consent`]; for others' slices with an
//! allowance: [`Call::transfer_from`]; for anyone's: [`Call::poke`].
//! Pledges: [`Call::bond`] and [`Call::unbond`] by their user, [`Call::reward`] and [`Call::settle`] by anyone.
//!
//! ## Files
//!
//! `lists.rs` keeps the lists and their deposits; `moves.rs` moves slices; `allowances.rs`; `pledges.rs`, and
//! `agenda.rs`, which ends them in time; `ext.rs` is what the pallet needs of others; `views.rs` is what can be
//! asked.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod agenda;
mod allowances;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod events;
mod ext;
mod lists;
#[cfg(test)]
mod mock;
mod moves;
mod pledges;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use ext::*;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Where this pallet logs to.
pub(crate) const LOG_TARGET: &str = "fusion::usufruct";

/// The account type of a runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

#[import_section(events::events)]
#[frame_support::pallet]
#[allow(
	missing_docs,
	unused_qualifications,
	reason = "the macros generate items that nobody can document, with full paths"
)]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Mutate, MutateHold},
			fungibles, UnixTime,
		},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use fusion_slices::Seconds;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Reasons to hold FSN.
		type RuntimeHoldReason: From<HoldReason>;

		/// FSN: a coin of which there are slices, and what deposits are held of.
		type Currency: Mutate<Self::AccountId, Balance = Balance>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The mapped coins. Nobody freezes them, and none has accounts that are blocked.
		type Assets: fungibles::Mutate<Self::AccountId, AssetId = u32, Balance = Balance>;

		/// The clock.
		type Time: UnixTime;

		/// Stake with bookkeeping nodes.
		type Staking: Staking<Self::AccountId>;

		/// The vault and the accounts that stake for pledges are derived from this.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// What is held for a list with one boundary. To change a deposit takes a migration.
		#[pallet::constant]
		type ListDeposit: Get<Balance>;

		/// What is held for each other boundary.
		#[pallet::constant]
		type BoundaryDeposit: Get<Balance>;

		/// What is held for an allowance, and for a consent.
		#[pallet::constant]
		type AllowanceDeposit: Get<Balance>;

		/// What is held for a pledge: the chain looks after it.
		#[pallet::constant]
		type PledgeDeposit: Get<Balance>;

		/// How long before the end of the use the chain begins to unbond, in seconds. Longer than unbonding takes.
		#[pallet::constant]
		type UnbondingTerm: Get<Seconds>;

		/// Most pledges on the agenda of an hour.
		#[pallet::constant]
		type MaxDue: Get<u32>;

		/// Most pledges that a block unbonds or settles by itself. At least 1.
		#[pallet::constant]
		type DuePerBlock: Get<u32>;

		/// Weights.
		type WeightInfo: WeightInfo;

		/// What benchmarks need of the runtime.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Why FSN is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For lists of slices.
		#[codec(index = 0)]
		List,
		/// For allowances and consents.
		#[codec(index = 1)]
		Allowance,
		/// For pledges.
		#[codec(index = 2)]
		Pledge,
	}

	/// How much of each coin is in slices.
	#[pallet::storage]
	pub type Held<T: Config> = StorageMap<_, Blake2_128Concat, Coin, Balance, ValueQuery>;

	/// The lists. None of them is empty, though all of it may be in the past.
	#[pallet::storage]
	pub type Lists<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		Coin,
		Entry,
		OptionQuery,
	>;

	/// What spenders may move, by owner.
	#[pallet::storage]
	pub type Allowances<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		(Coin, T::AccountId),
		Allowance,
		OptionQuery,
	>;

	/// Consents, by the owner of the title and the user.
	#[pallet::storage]
	pub type Consents<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		T::AccountId,
		Consent,
		OptionQuery,
	>;

	/// Pledges that are not settled.
	#[pallet::storage]
	pub type Pledges<T: Config> =
		CountedStorageMap<_, Twox64Concat, PledgeId, Pledge<T::AccountId>, OptionQuery>;

	/// Number of the next pledge.
	#[pallet::storage]
	pub type NextPledge<T: Config> = StorageValue<_, PledgeId, ValueQuery>;

	/// Which pledges the chain looks at in which hour since 1970. One that is settled before is left here.
	#[pallet::storage]
	pub type Agenda<T: Config> =
		StorageMap<_, Twox64Concat, u64, BoundedVec<PledgeId, T::MaxDue>, ValueQuery>;

	/// The first hour whose agenda is not done. Only while there are pledges.
	#[pallet::storage]
	pub type NextHour<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// Nothing can be chosen.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Of which pallet.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// The vault's account is there for ever. Otherwise, whoever gives it a coin that needs the account would
			// keep the last of its FSN in.
			frame_system::Pallet::<T>::inc_providers(&Pallet::<T>::vault());
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Unbonds and settles pledges that are due.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::tick()
		}

		fn integrity_test() {
			assert!(T::DuePerBlock::get() > 0, "DuePerBlock must be at least 1");
			assert!(T::MaxDue::get() > 0, "MaxDue must be at least 1");
			let (first, second) = (Self::pledge_account(0), Self::pledge_account(1));
			assert!(
				first != second && first != Self::vault() && second != Self::vault(),
				"accounts are too short for every pledge to have its own"
			);
			let most = Self::tick_weight(T::DuePerBlock::get());
			let block = T::BlockWeights::get().max_block;
			assert!(
				most.all_lte(block.saturating_div(4)),
				"pledges that are due take {most:?}, more than a quarter of a block of {block:?}: lower \
				 DuePerBlock"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Make plain coins of the caller a slice without end, from now on.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::deposit(MAX_BOUNDARIES))]
		pub fn deposit(origin: OriginFor<T>, coin: Coin, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_deposit(&who, coin, amount)
		}

		/// Make a slice without end, from now on, plain coins of the caller. It needs title and use of them.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::withdraw(MAX_BOUNDARIES))]
		pub fn withdraw(origin: OriginFor<T>, coin: Coin, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw(&who, coin, amount)
		}

		/// Lend plain coins of the caller until `end`. The title stays with the caller, and so does the use from
		/// then on.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::lend(MAX_BOUNDARIES))]
		pub fn lend(
			origin: OriginFor<T>,
			coin: Coin,
			to: T::AccountId,
			amount: Balance,
			end: Seconds,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_lend(&who, coin, &to, amount, end)
		}

		/// Transfer a slice of the caller: `amount` over `[start, end)`. A start of 0 is now, an end of 2⁶⁴ − 1 is
		/// never.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::transfer(MAX_BOUNDARIES))]
		pub fn transfer(
			origin: OriginFor<T>,
			coin: Coin,
			to: T::AccountId,
			amount: Balance,
			start: Seconds,
			end: Seconds,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer(&who, &who, coin, &to, amount, start, end).map(|_| ())
		}

		/// The same with a slice of another account, out of the caller's allowance.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::transfer_from(MAX_BOUNDARIES))]
		pub fn transfer_from(
			origin: OriginFor<T>,
			coin: Coin,
			from: T::AccountId,
			to: T::AccountId,
			amount: Balance,
			start: Seconds,
			end: Seconds,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer(&who, &from, coin, &to, amount, start, end).map(|_| ())
		}

		/// Transfer the title of coins of the caller, from the first instant on from which the caller has so many
		/// without end. Who borrowed them keeps the use until then.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::transfer(MAX_BOUNDARIES))]
		pub fn transfer_title(
			origin: OriginFor<T>,
			coin: Coin,
			to: T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer_title(&who, coin, &to, amount).map(|_| ())
		}

		/// Give the use of coins back before `end`, to whom it will belong then.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::transfer(MAX_BOUNDARIES))]
		pub fn give_back(
			origin: OriginFor<T>,
			coin: Coin,
			to: T::AccountId,
			amount: Balance,
			end: Seconds,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_give_back(&who, coin, &to, amount, end)
		}

		/// Allow a spender to move slices of the caller: so much in all, over any interval. The largest amount
		/// there is never becomes less. 0 takes the allowance back.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::approve())]
		pub fn approve(
			origin: OriginFor<T>,
			coin: Coin,
			spender: T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_approve(&who, coin, &spender, amount)
		}

		/// Free an account's list of what has ended. The deposit for it is released to that account.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::poke(MAX_BOUNDARIES))]
		pub fn poke(origin: OriginFor<T>, coin: Coin, who: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_poke(coin, &who)
		}

		/// Consent that a user bonds FSN whose title the caller has: `amount` of it, to end by `until`. Slashes
		/// of it are the caller's loss. Replaces an earlier consent; 0 takes it back. What is bonded stays bonded.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::consent())]
		pub fn consent(
			origin: OriginFor<T>,
			user: T::AccountId,
			amount: Balance,
			until: Seconds,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_consent(&who, &user, amount, until)
		}

		/// Bond FSN to a bookkeeping node, of which the caller has the use until `end`, and `owner` the title from
		/// then on.
		#[pallet::call_index(10)]
		#[pallet::weight(Pallet::<T>::weight_of_bond())]
		pub fn bond(
			origin: OriginFor<T>,
			owner: T::AccountId,
			node: T::AccountId,
			amount: Balance,
			end: Seconds,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond(&who, &owner, &node, amount, end).map(|_| ())
		}

		/// Begin to unbond a pledge. Before the chain does, only its user may.
		#[pallet::call_index(11)]
		#[pallet::weight(Pallet::<T>::weight_of_unbond())]
		pub fn unbond(origin: OriginFor<T>, pledge: PledgeId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unbond(&who, pledge)
		}

		/// Pay what a pledge has earned to its user.
		#[pallet::call_index(12)]
		#[pallet::weight(Pallet::<T>::weight_of_reward())]
		pub fn reward(origin: OriginFor<T>, pledge: PledgeId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_reward(pledge).map(|_| ())
		}

		/// Give back what is left of a pledge that has unbonded. After its end the owner gets plain coins. Before,
		/// only the user may, and each gets its slice.
		#[pallet::call_index(13)]
		#[pallet::weight(Pallet::<T>::weight_of_settle())]
		pub fn settle(origin: OriginFor<T>, pledge: PledgeId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_settle(Some(&who), pledge)
		}
	}
}
