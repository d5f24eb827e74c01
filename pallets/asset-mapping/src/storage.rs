//! What the pallet keeps.

use frame_support::pallet_macros::pallet_section;

/// Storage, a part of the pallet's module.
#[pallet_section]
mod storage {
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
		StorageMap<_, Twox64Concat, DepositIndex, DepositAddressOf<T, I>, OptionQuery>;

	/// The number of a deposit address, by where coins have to go.
	#[pallet::storage]
	pub type DepositsByDestination<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, Destination, DepositIndex, OptionQuery>;

	/// Deposits that were decided on. Never removed: none may ever be credited twice.
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

	/// Coins that were in the ledger and are gone.
	#[pallet::storage]
	pub type GoneCoins<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Blake2_128Concat, OutPoint, Utxo, OptionQuery>;

	/// Coins that are known to be missing: what is held and this cover all that was issued and is owed.
	#[pallet::storage]
	pub type Deficit<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, ValueQuery>;

	/// Coins that came in without a mapped coin being issued, and belong to somebody all the same: refunds, and
	/// deposits that wait to be credited.
	#[pallet::storage]
	pub type Owed<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, ValueQuery>;

	/// Why the pallet has paused both directions by itself, if it has.
	#[pallet::storage]
	pub type Halted<T: Config<I>, I: 'static = ()> = StorageValue<_, HaltReason, OptionQuery>;

	/// What has been credited of late.
	#[pallet::storage]
	pub type Inflow<T: Config<I>, I: 'static = ()> = StorageValue<_, Flow, ValueQuery>;

	/// What batches have paid out of late.
	#[pallet::storage]
	pub type Outflow<T: Config<I>, I: 'static = ()> = StorageValue<_, Flow, ValueQuery>;

	/// What members have reported of the fee rate: the last word of each.
	#[pallet::storage]
	pub type FeeReports<T: Config<I>, I: 'static = ()> =
		StorageValue<_, PerMember<FeeReport>, ValueQuery>;

	/// Sum of the ledger, by group.
	#[pallet::storage]
	pub type HeldBy<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, GroupId, u128, ValueQuery>;

	/// Sum of the ledger.
	#[pallet::storage]
	pub type Held<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, ValueQuery>;

	/// Lock-outs and refunds that are not settled.
	#[pallet::storage]
	pub type Intents<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, IntentId, Intent<T::AccountId>, OptionQuery>;

	/// Those of them that are in no batch, in the order in which they are taken.
	#[pallet::storage]
	pub type Queue<T: Config<I>, I: 'static = ()> =
		StorageValue<_, BoundedVec<IntentId, T::MaxOpenIntents>, ValueQuery>;

	/// Sum of the lock-outs that are not settled.
	#[pallet::storage]
	pub type Locked<T: Config<I>, I: 'static = ()> = StorageValue<_, u128, ValueQuery>;

	/// How many of the intents are refunds.
	#[pallet::storage]
	pub type OpenRefunds<T: Config<I>, I: 'static = ()> = StorageValue<_, u32, ValueQuery>;

	/// What is held for lock-outs, of those for which something is.
	#[pallet::storage]
	pub type LockOutDeposits<T: Config<I>, I: 'static = ()> =
		StorageMap<_, Twox64Concat, IntentId, NativeBalanceOf<T, I>, OptionQuery>;

	/// Batches that are not settled.
	#[pallet::storage]
	pub type Batches<T: Config<I>, I: 'static = ()> =
		CountedStorageMap<_, Twox64Concat, BatchId, BatchOf<T, I>, OptionQuery>;

	/// Attempts at batches that are not settled.
	#[pallet::storage]
	pub type Attempts<T: Config<I>, I: 'static = ()> = StorageDoubleMap<
		_,
		Twox64Concat,
		BatchId,
		Twox64Concat,
		AttemptIndex,
		AttemptOf<T, I>,
		OptionQuery,
	>;

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
}
