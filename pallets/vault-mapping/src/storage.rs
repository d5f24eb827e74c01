//! What the pallet keeps.

use frame_support::pallet_macros::pallet_section;

/// Storage, a part of the pallet's module.
#[pallet_section]
mod storage {
	/// What governance sets.
	#[pallet::storage]
	pub type Params<T: Config<I>, I: 'static = ()> = StorageValue<_, Parameters, ValueQuery>;

	/// Which directions are paused, for all assets.
	#[pallet::storage]
	pub type Paused<T: Config<I>, I: 'static = ()> = StorageValue<_, PausedDirections, ValueQuery>;

	/// Why the pallet has paused both directions by itself, if it has.
	#[pallet::storage]
	pub type Halted<T: Config<I>, I: 'static = ()> = StorageValue<_, HaltReason, OptionQuery>;

	/// The vault, once governance has registered it.
	#[pallet::storage]
	pub type TheVault<T: Config<I>, I: 'static = ()> =
		StorageValue<_, RegisteredVault, OptionQuery>;

	/// What is mapped, by the number of the mapped coin.
	#[pallet::storage]
	pub type Registry<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, u32, Asset, OptionQuery>;

	/// The number of the mapped coin of a token.
	#[pallet::storage]
	pub type AssetOf<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, Address, u32, OptionQuery>;

	/// The sums of an asset.
	#[pallet::storage]
	pub type Books<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, u32, Book, ValueQuery>;

	/// What has been credited of late, by asset.
	#[pallet::storage]
	pub type Inflow<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, u32, Flow, ValueQuery>;

	/// What batches have paid out of late, by asset.
	#[pallet::storage]
	pub type Outflow<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, u32, Flow, ValueQuery>;

	/// Number of the next deposit address.
	#[pallet::storage]
	pub type NextDeposit<T: Config<I>, I: 'static = ()> = StorageValue<_, DepositIndex, ValueQuery>;

	/// Number of the next intent.
	#[pallet::storage]
	pub type NextIntent<T: Config<I>, I: 'static = ()> = StorageValue<_, IntentId, ValueQuery>;

	/// Number of the next batch.
	#[pallet::storage]
	pub type NextBatch<T: Config<I>, I: 'static = ()> = StorageValue<_, BatchId, ValueQuery>;

	/// Number of the order that the vault executes next.
	#[pallet::storage]
	pub type NextOrder<T: Config<I>, I: 'static = ()> = StorageValue<_, u64, ValueQuery>;

	/// Deposit addresses. Never removed: coins may come at any time. Something is held for each.
	#[pallet::storage]
	pub type DepositAddresses<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, DepositIndex, DepositAddressOf<T, I>, OptionQuery>;

	/// Deposits that were decided on. Never removed: none may ever be credited twice.
	#[pallet::storage]
	pub type Deposits<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, EventId, DepositRecord, OptionQuery>;

	/// Lock-outs that are not settled.
	#[pallet::storage]
	pub type Intents<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, IntentId, Intent<T::AccountId>, OptionQuery>;

	/// Those of them that are in no batch, in the order in which they are taken.
	#[pallet::storage]
	pub type Queue<T: Config<I>, I: 'static = ()> =
		StorageValue<_, BoundedVec<IntentId, T::MaxOpenIntents>, ValueQuery>;

	/// Batches that are not settled.
	#[pallet::storage]
	pub type Batches<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, BatchId, OpenBatch, OptionQuery>;

	/// Payments that have failed, by batch and place, until they are claimed or recalled. Each of them has paid its
	/// fee, and has coins locked.
	#[pallet::storage]
	pub type Unpaid<T: Config<I>, I: 'static = ()> = StorageDoubleMap<
		_,
		Twox64Concat,
		BatchId,
		Twox64Concat,
		u32,
		UnpaidPayout<T::AccountId>,
		OptionQuery,
	>;

	/// The order that the vault has to execute next.
	#[pallet::storage]
	pub type TheOrder<T: Config<I>, I: 'static = ()> = StorageValue<_, OpenOrder, OptionQuery>;

	/// What the vault is told after that.
	#[pallet::storage]
	pub type Orders<T: Config<I>, I: 'static = ()> =
		StorageValue<_, BoundedVec<VaultCall, T::MaxOrders>, ValueQuery>;

	/// Number of the next attempt at an order: no two attempts share one, whatever order they are at.
	#[pallet::storage]
	pub type NextAttempt<T: Config<I>, I: 'static = ()> = StorageValue<_, u32, ValueQuery>;

	/// What members have reported of the gas price: the last word of each.
	#[pallet::storage]
	pub type GasReports<T: Config<I>, I: 'static = ()> =
		StorageValue<_, PerMember<GasReport>, ValueQuery>;

	/// Votes on undecided subjects.
	#[pallet::storage]
	pub type Tallies<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, Subject, Votes<BlockNumberFor<T>>, OptionQuery>;

	/// The undecided subjects on which a member has a vote, oldest vote first.
	#[pallet::storage]
	pub type OpenVotes<T: Config<I>, I: 'static = ()> = StorageMap<
		_,
		Blake2_128Concat,
		MemberId,
		BoundedVec<(Subject, BlockNumberFor<T>), T::MaxOpenVotes>,
		ValueQuery,
	>;
}
