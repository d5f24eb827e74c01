//! What the pallet keeps.

use frame_support::pallet_macros::pallet_section;

/// The storage, a part of the pallet's module.
#[pallet_section]
mod storage {
	/// The registered nodes.
	#[pallet::storage]
	pub type Nodes<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, AccountId32, Node<BalanceOf<T>>>;

	/// What governance has set.
	#[pallet::storage]
	pub type Params<T: Config> = StorageValue<_, ParametersOf<T>, ValueQuery, T::DefaultParameters>;

	/// The fines that are to be taken, the oldest first.
	#[pallet::storage]
	pub type Fines<T: Config> = StorageValue<_, BoundedVec<Fine, ConstU32<MAX_FINES>>, ValueQuery>;

	/// How the members of each group have behaved since they are its members.
	#[pallet::storage]
	pub type Conducts<T: Config> =
		StorageMap<_, Twox64Concat, GroupId, PerGroup<Conduct>, ValueQuery>;

	/// Where nodes are reached, as they last announced it.
	#[pallet::storage]
	pub type Peers<T: Config> = StorageMap<_, Blake2_128Concat, AccountId32, Announcement>;

	/// The number of the next group.
	#[pallet::storage]
	pub type NextGroup<T: Config> = StorageValue<_, GroupId, ValueQuery>;

	/// The groups, of all times.
	#[pallet::storage]
	pub type Groups<T: Config> = StorageMap<_, Twox64Concat, GroupId, Group>;

	/// The group that new work is given to.
	#[pallet::storage]
	pub type ActiveGroup<T: Config> = StorageValue<_, GroupId>;

	/// The handovers that are under way.
	#[pallet::storage]
	pub type Handovers<T: Config> = StorageMap<_, Twox64Concat, GroupId, Handover>;

	/// For groups whose key is being handed over, or was: commitments to the polynomial that shares it now, or
	/// that did so in the epoch before.
	#[pallet::storage]
	pub type Commitments<T: Config> = StorageMap<_, Twox64Concat, GroupId, KeyPoints>;

	/// The ceremonies that are under way.
	#[pallet::storage]
	pub type Ceremonies<T: Config> = StorageMap<_, Twox64Concat, GroupId, Ceremony>;

	/// The deadlines of the ceremonies that are under way, the next one first.
	#[pallet::storage]
	pub type Deadlines<T: Config> =
		StorageValue<_, BoundedVec<(u32, GroupId), ConstU32<MAX_CEREMONIES>>, ValueQuery>;

	/// Pedersen commitments of dealers, while a ceremony is under way.
	#[pallet::storage]
	pub type Pedersen<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, MemberIndex, PerMember<PublicKey>>;

	/// Feldman commitments of qualified dealers. They stay until the next handover, for which commitments to the
	/// sum are made of them.
	#[pallet::storage]
	pub type Feldman<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, MemberIndex, PerMember<PublicKey>>;

	/// Right answers of dealers to complaints, while a ceremony is under way.
	#[pallet::storage]
	pub type Answers<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		GroupId,
		Twox64Concat,
		MemberIndex,
		DealerAnswers,
		ValueQuery,
	>;

	/// The number of the next request for a signature.
	#[pallet::storage]
	pub type NextRequest<T: Config> = StorageValue<_, RequestId, ValueQuery>;

	/// The signatures that are asked for.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageMap<_, Twox64Concat, RequestId, OpenRequest>;

	/// The requests of each group.
	#[pallet::storage]
	pub type RequestsOf<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, RequestId, ()>;

	/// How many signatures each group owes.
	#[pallet::storage]
	pub type RequestCount<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// The number of the next key of an account.
	#[pallet::storage]
	pub type NextAccountKey<T: Config> = StorageValue<_, AccountKeyId, ValueQuery>;

	/// The keys of accounts.
	#[pallet::storage]
	pub type AccountKeys<T: Config> =
		StorageMap<_, Twox64Concat, AccountKeyId, AccountKey<BalanceOf<T>>>;

	/// The signatures that accounts have asked for, until they are forgotten.
	#[pallet::storage]
	pub type AccountRequests<T: Config> =
		StorageMap<_, Twox64Concat, RequestId, AccountRequest<BalanceOf<T>>>;

	/// How many of [`AccountRequests`] each account has.
	#[pallet::storage]
	pub type RequestsKept<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId32, u32, ValueQuery>;

	/// How many of the signatures that each group owes are for accounts.
	#[pallet::storage]
	pub type AccountRequestCount<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// How many signatures each node has delivered.
	#[pallet::storage]
	pub type SigningWork<T: Config> = StorageMap<_, Blake2_128Concat, AccountId32, u64, ValueQuery>;

	/// What the members of each group have earned in each epoch and was not paid out yet.
	#[pallet::storage]
	pub type Earnings<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, Epoch, EarningsOf<T>>;

	/// The sum of [`Earnings`].
	#[pallet::storage]
	pub type Owed<T: Config> = StorageValue<_, BalanceOf<T>, ValueQuery>;

	/// What the members of each group say about who is silent.
	#[pallet::storage]
	pub type SilenceVotes<T: Config> = StorageMap<_, Twox64Concat, GroupId, Silences>;

	/// The members that were voted out, and are to be replaced, the oldest vote first.
	#[pallet::storage]
	pub type Ejections<T: Config> =
		StorageValue<_, BoundedVec<Ejection, ConstU32<MAX_EJECTIONS>>, ValueQuery>;

	/// The stakes with which nodes take part in draws, in the order of their accounts: the bonds of those who have
	/// bonded enough and are not benched.
	#[pallet::storage]
	pub type Stakes<T: Config> =
		StorageValue<_, BoundedVec<(AccountId32, BalanceOf<T>), T::MaxNodes>, ValueQuery>;

	/// What nodes have taken back of their bonds, and from which block on they may have it.
	#[pallet::storage]
	pub type Unbonding<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId32, (BalanceOf<T>, u32)>;

	/// The block since which everything stands still, if it does.
	#[pallet::storage]
	pub type PausedSince<T: Config> = StorageValue<_, u32>;

	/// The block in which it went on after it last stood still.
	#[pallet::storage]
	pub type ResumedAt<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// The group that is looked at next: whether its members are to be challenged, or a challenge is over.
	#[pallet::storage]
	pub type Cursor<T: Config> = StorageValue<_, GroupId, ValueQuery>;

	/// The liveness challenges of each group.
	#[pallet::storage]
	pub type Watches<T: Config> = StorageMap<_, Twox64Concat, GroupId, Watched, ValueQuery>;

	/// How often members were found to be available.
	#[pallet::storage]
	pub type Measured<T: Config> = StorageValue<_, Availability, ValueQuery>;

	/// The commitments to a key that are being added up.
	#[pallet::storage]
	pub type Settlements<T: Config> = StorageValue<_, Settlement>;
}
