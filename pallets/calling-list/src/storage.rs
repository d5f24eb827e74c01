//! What the pallet keeps.

use frame_support::pallet_macros::pallet_section;

/// Storage, a part of the pallet's module.
#[pallet_section]
mod storage {
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

	/// Rows that wait for a log, in ascending order.
	#[pallet::storage]
	pub type LogFilters<T: Config> =
		StorageMap<_, Blake2_128Concat, LogKey, BoundedVec<RowId, T::MaxListeners>, ValueQuery>;

	/// How many rows wait for logs of a contract.
	#[pallet::storage]
	pub type RowsListening<T: Config> = StorageMap<_, Blake2_128Concat, H160, u32, OptionQuery>;

	/// How many rows wait for logs.
	#[pallet::storage]
	pub type Listeners<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Logs of blocks before, whose rows are not due yet.
	#[pallet::storage]
	pub type PendingLogs<T: Config> =
		StorageValue<_, BoundedVec<LogKey, T::MaxPendingLogs>, ValueQuery>;

	/// The row that is running. There is none between transactions.
	#[pallet::storage]
	pub type Running<T: Config> = StorageValue<_, RowId, OptionQuery>;

	/// Gas of all guaranteed rows.
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

	/// Feeds that rows wait for, with answers that are not judged yet.
	#[pallet::storage]
	pub type WatchedFeeds<T: Config> =
		StorageMap<_, Twox64Concat, FeedId, WatchedFeed, OptionQuery>;

	/// How rows that wait for a feed stand to it, those that are paused too.
	#[pallet::storage]
	pub type Watches<T: Config> = StorageMap<_, Twox64Concat, RowId, Watch, OptionQuery>;

	/// Rows that wait for a feed, in the order in which answers reach them. The hasher of the second key is `Identity`
	/// for the sake of that order. Its keys have 24 bytes, and a deposit was paid for each.
	#[pallet::storage]
	pub type FeedOrders<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (FeedId, Side), Identity, FeedPlace, (), OptionQuery>;

	/// Items of other chains that rows wait for, with what has happened to them and rows were not told of yet.
	#[pallet::storage]
	pub type WatchedItems<T: Config> =
		StorageMap<_, Blake2_128Concat, ForeignKey, WatchedItem, OptionQuery>;

	/// The rows that wait for them, in ascending order. The hasher of the second key is `Identity` for the sake of that
	/// order. A deposit was paid for each.
	#[pallet::storage]
	pub type ItemRows<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, ForeignKey, Identity, Ordinal, (), OptionQuery>;

	/// How rows that wait for something on another chain stand to it, those that are paused too.
	#[pallet::storage]
	pub type ForeignRows<T: Config> = StorageMap<_, Twox64Concat, RowId, Standing, OptionQuery>;

	/// What something has happened to that rows wait for, by when it is their turn. The hasher is `Identity` for the sake
	/// of that order; nobody can choose the keys.
	#[pallet::storage]
	pub type News<T: Config> = StorageMap<_, Identity, Ordinal, Subject, OptionQuery>;

	/// How many these are, and the next turn.
	#[pallet::storage]
	pub type NewsOutline<T: Config> = StorageValue<_, Outline, ValueQuery>;
}
