//! What a runtime gives the pallet.

use frame_support::pallet_macros::pallet_section;

/// The configuration, a part of the pallet's module.
#[pallet_section]
mod config {
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId32, Hash = H256, RuntimeEvent: From<Event<Self>>>
	{
		/// The overarching reason for holds.
		type RuntimeHoldReason: From<HoldReason>;

		/// What nodes bond.
		type Currency: MutateHold<AccountId32, Reason = Self::RuntimeHoldReason>
			+ Mutate<AccountId32>
			+ Balanced<AccountId32>
			+ BalancedHold<AccountId32>;

		/// Where fines go.
		type Slashed: OnUnbalanced<CreditOf<Self>>;

		/// What nobody could know before the block before this one: what liveness challenges and draws are made
		/// of.
		type Beacon: Get<H256>;

		/// The account that members are paid from is derived from this.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// What holds until governance sets other parameters.
		type DefaultParameters: Get<ParametersOf<Self>>;

		/// What a node has to bond.
		#[pallet::constant]
		type NodeBond: Get<BalanceOf<Self>>;

		/// For how many blocks what a node has taken back of its bond stays on hold.
		#[pallet::constant]
		type UnbondingPeriod: Get<u32>;

		/// Who may create groups, and choose the one that is given new work.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may pause everything, and let it go on.
		type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// How many blocks a phase of a ceremony lasts at most.
		#[pallet::constant]
		type PhaseLength: Get<u32>;

		/// How many attempts a key generation has, and a handover.
		#[pallet::constant]
		type MaxAttempts: Get<u32>;

		/// How many nodes may be registered.
		#[pallet::constant]
		type MaxNodes: Get<u32>;

		/// How many signatures one group may owe, without the test of a ceremony.
		#[pallet::constant]
		type MaxOpenRequests: Get<u32>;

		/// How many signatures one group may owe accounts, beside [`Config::MaxOpenRequests`].
		#[pallet::constant]
		type MaxAccountRequests: Get<u32>;

		/// How many signatures one account may ask for and keep.
		#[pallet::constant]
		type MaxRequestsPerAccount: Get<u32>;

		/// For how many blocks a request of an account is kept, and its signature from when it is there.
		#[pallet::constant]
		type RequestLifetime: Get<u32>;

		/// What is held for a key of an account.
		#[pallet::constant]
		type KeyDeposit: Get<BalanceOf<Self>>;

		/// What is held for a request of an account, beside the price of the signature.
		#[pallet::constant]
		type RequestDeposit: Get<BalanceOf<Self>>;

		/// What keys of accounts look like on the other chain, and what they sign.
		type Accounts: AccountRules;

		/// Who is told of signatures.
		type OnSignature: OnSignature;

		/// The most weight that [`Config::OnSignature`] may use.
		#[pallet::constant]
		type OnSignatureWeight: Get<Weight>;

		/// The taproot rules that signatures are judged by.
		type Verifier: TaprootVerify;

		/// Weights of this pallet.
		type WeightInfo: WeightInfo;
	}

	/// Reasons for which this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A node's bond.
		NodeBond,
		/// Deposits for keys of accounts, and for what they have signed; and what signatures cost.
		AccountKeys,
	}
}
