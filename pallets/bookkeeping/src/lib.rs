#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod candidates;
mod delegations;
mod emission;
mod events;
mod ext;
mod governance;
#[cfg(test)]
mod mock;
mod rewards;
mod session;
mod slashing;
mod stake;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
mod unbonding;
mod views;
pub mod weights;

pub use emission::Schedule;
pub use ext::*;
pub use pallet::*;
pub use stake::Stake;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

#[import_section(events::events)]
#[frame_support::pallet]
#[allow(
	missing_docs,
	unused_qualifications,
	reason = "the macros generate items that nobody can document, with full paths"
)]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Balanced, BalancedHold, Mutate, MutateHold},
			OnUnbalanced, ValidatorRegistration,
		},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::Perbill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The overarching reason for holds.
		type RuntimeHoldReason: From<HoldReason>;

		/// What is staked and paid.
		type Currency: Mutate<Self::AccountId, Balance = Balance>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ Balanced<Self::AccountId>
			+ BalancedHold<Self::AccountId>;

		/// Who may choose invulnerables, and set limits.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who has session keys.
		type Registration: ValidatorRegistration<Self::AccountId>;

		/// Who gets the shares of absent groups, and the treasury's part of slashes.
		type Treasury: OnUnbalanced<CreditOf<Self>>;

		/// The account into which fees flow, and from which rewards are paid.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// The most that will ever exist of the currency.
		#[pallet::constant]
		type SupplyCeiling: Get<Balance>;

		/// The most that is ever issued to bookkeeping nodes.
		#[pallet::constant]
		type EmissionCeiling: Get<Balance>;

		/// What a block issues before the first halving.
		#[pallet::constant]
		type FirstReward: Get<Balance>;

		/// Blocks from halving to halving.
		#[pallet::constant]
		type HalvingPeriod: Get<u32>;

		/// The part of a block's reward that the assembler gets.
		#[pallet::constant]
		type AssemblerShare: Get<Perbill>;

		/// Most packages that a block pays for.
		#[pallet::constant]
		type MaxPackages: Get<u32>;

		/// Most candidates, whether they stand for election or not. Those that dissolve come on top.
		#[pallet::constant]
		type MaxCandidates: Get<u32>;

		/// Most invulnerables.
		#[pallet::constant]
		type MaxInvulnerables: Get<u32>;

		/// Most nodes of a session, invulnerables and others, as the consensus can take.
		#[pallet::constant]
		type MaxSeats: Get<u32>;

		/// Most delegations to one node.
		#[pallet::constant]
		type MaxDelegations: Get<u32>;

		/// Most nodes that one account may delegate to.
		#[pallet::constant]
		type MaxDelegationsPerAccount: Get<u32>;

		/// Most chunks of one account. An account needs one free for everything that it has staked.
		#[pallet::constant]
		type MaxUnbonding: Get<u32>;

		/// The smallest delegation.
		#[pallet::constant]
		type MinDelegation: Get<Balance>;

		/// Fewest nodes that leaving and kicking may leave to be elected.
		#[pallet::constant]
		type MinNodes: Get<u32>;

		/// The age in blocks from which on stake does not gain weight.
		#[pallet::constant]
		type AgeCap: Get<u32>;

		/// How much stake, held for one block, weighs 1.
		#[pallet::constant]
		type WeightUnit: Get<Balance>;

		/// The least weight of an invulnerable.
		#[pallet::constant]
		type InvulnerableWeight: Get<u64>;

		/// Sessions that it takes to get stake back. Longer than the two sessions that a node may
		/// still be elected for, and than the age up to which offences can be proven.
		#[pallet::constant]
		type UnbondingSessions: Get<u32>;

		/// Sessions in a row after which a node that does nothing is kicked.
		#[pallet::constant]
		type KickAfter: Get<u32>;

		/// Blocks that a node should have assembled in a session, by its share of the weights, for its
		/// silence to count as absence.
		#[pallet::constant]
		type LikelyBlocks: Get<u32>;

		/// The part of what is slashed that goes to the treasury.
		#[pallet::constant]
		type SlashToTreasury: Get<Perbill>;

		/// The part of what is slashed from the offender itself that goes to the reporter.
		#[pallet::constant]
		type SlashToReporter: Get<Perbill>;

		/// What benchmarks need.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;

		/// Weights of this pallet.
		type WeightInfo: WeightInfo;
	}

	/// Reasons for which this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Own bonds, delegations, and chunks of both.
		Stake,
	}

	/// The nodes with a seat from governance, in ascending order.
	#[pallet::storage]
	pub type Invulnerables<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxInvulnerables>, ValueQuery>;

	/// Nodes that are elected besides the invulnerables. Together they are at most [`Config::MaxSeats`].
	#[pallet::storage]
	pub type MaxNodes<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// The least own bond of a node that is elected.
	#[pallet::storage]
	pub type MinBond<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Between what commissions lie.
	#[pallet::storage]
	pub type Commissions<T: Config> = StorageValue<_, CommissionBounds, ValueQuery>;

	/// The candidates.
	#[pallet::storage]
	pub type Candidates<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, T::AccountId, Candidate>;

	/// How many candidates are [`NodeState::Standing`].
	#[pallet::storage]
	pub type StandingCount<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// The delegations to each candidate.
	#[pallet::storage]
	pub type Delegations<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Backers<T>, ValueQuery>;

	/// The nodes that each account delegates to.
	#[pallet::storage]
	pub type DelegatedTo<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<T::AccountId, T::MaxDelegationsPerAccount>,
		ValueQuery,
	>;

	/// The chunks of each account.
	#[pallet::storage]
	pub type Unbonding<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<Chunk<T::AccountId>, T::MaxUnbonding>,
		ValueQuery,
	>;

	/// Candidates that are dissolving, the next one first.
	#[pallet::storage]
	pub type DissolveQueue<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, MostCandidates<T>>, ValueQuery>;

	/// The slashes of each account that ever was slashed.
	#[pallet::storage]
	pub type Slashes<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, SlashLog, ValueQuery>;

	/// The number of the present session.
	#[pallet::storage]
	pub type CurrentSession<T: Config> = StorageValue<_, SessionIndex, ValueQuery>;

	/// The nodes of the present session, with the weights that were fixed for it.
	#[pallet::storage]
	pub type Active<T: Config> = StorageValue<_, Elected<T>, ValueQuery>;

	/// The session that was planned last, and its nodes with their weights.
	#[pallet::storage]
	pub type Planned<T: Config> = StorageValue<_, (SessionIndex, Elected<T>), ValueQuery>;

	/// What happened in the present session.
	#[pallet::storage]
	pub type SessionProgress<T: Config> = StorageValue<_, Progress, ValueQuery>;

	/// What has been issued, in all.
	#[pallet::storage]
	pub type Issued<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// What extrinsics of the block that is executed have paid into the pot, with their numbers.
	#[pallet::storage]
	#[pallet::unbounded]
	#[pallet::whitelist_storage]
	pub type BlockFees<T: Config> = StorageValue<_, Vec<(u32, Balance)>, ValueQuery>;

	/// What the pot owes: everything earned and not claimed.
	#[pallet::storage]
	pub type Outstanding<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// What accounts have earned with what is no longer staked, or without stake.
	#[pallet::storage]
	pub type Claimable<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// The last block that each invulnerable without a candidacy assembled or packaged for.
	#[pallet::storage]
	pub type LastActive<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32>;

	/// Nodes that are there from the start. The pallet's genesis has to be built after that of
	/// [`Config::Currency`], of which bonds are held, and before that of the session pallet, which asks
	/// for the first nodes.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Invulnerables. The session pallet's genesis has their keys.
		pub invulnerables: Vec<T::AccountId>,
		/// Candidates with their bonds and commissions.
		pub candidates: Vec<(T::AccountId, Balance, Perbill)>,
		/// See [`MaxNodes`].
		pub max_nodes: u32,
		/// See [`MinBond`].
		pub min_bond: Balance,
		/// The lowest commission.
		pub min_commission: Perbill,
		/// The highest commission.
		pub max_commission: Perbill,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			let CommissionBounds { min, max } = CommissionBounds::default();
			Self {
				invulnerables: Vec::new(),
				candidates: Vec::new(),
				max_nodes: T::MaxCandidates::get().min(T::MaxSeats::get()),
				min_bond: T::MinDelegation::get(),
				min_commission: min,
				max_commission: max,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::build_genesis(self);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Goes on with dissolving.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// To forget a candidate takes as much, if it has no delegation left.
			let steps = Self::dissolve(STEPS_PER_BLOCK).map_or(0, |steps| steps.max(1));
			T::WeightInfo::on_initialize(steps)
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			Self::check_config();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Become a candidate with a bond of at least [`MinBond`]. The caller needs session keys. If all
		/// places are taken, the candidate with the least stake that stands for election in vain makes room
		/// for a bond that is larger by a tenth.
		#[pallet::call_index(0)]
		#[pallet::weight(Pallet::<T>::weight_to_register(MostCandidates::<T>::get()))]
		pub fn register(
			origin: OriginFor<T>,
			bond: Balance,
			commission: Perbill,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let looked_at = Self::do_register(who, bond, commission)?;
			Ok(Some(Self::weight_to_register(looked_at)).into())
		}

		/// Stop standing for election. Stake begins to unbond when the sessions that the caller is
		/// elected for are over.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::leave())]
		pub fn leave(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_leave(who)
		}

		/// Stand for election again after having been kicked.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::rejoin())]
		pub fn rejoin(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_rejoin(who)
		}

		/// Add to the caller's own bond. The mean age of the bond falls.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::bond_extra())]
		pub fn bond_extra(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond_extra(who, amount)
		}

		/// Ask for another commission. It holds at once if it is lower, and after
		/// [`Config::UnbondingSessions`] if it is higher.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_commission())]
		pub fn set_commission(origin: OriginFor<T>, commission: Perbill) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_commission(who, commission)
		}

		/// Delegate to a candidate, or add to a delegation. The mean age of the delegation falls. If the
		/// candidate's list is full, a new delegation displaces the smallest if it is larger by a tenth.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::delegate())]
		pub fn delegate(
			origin: OriginFor<T>,
			node: T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_delegate(who, node, amount)
		}

		/// Take stake from a node: a delegation, or, if the node is the caller, of the own bond.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, node: T::AccountId, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unbond(who, node, amount)
		}

		/// Give stake that is due back to its owner. Anybody may, so that what was slashed does not
		/// wait for its owner.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::withdraw(T::MaxUnbonding::get()))]
		pub fn withdraw(origin: OriginFor<T>, who: T::AccountId) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let chunks = Self::do_withdraw(who)?;
			Ok(Some(T::WeightInfo::withdraw(chunks)).into())
		}

		/// Pay out everything that the caller has earned, as a node and as a delegator.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::claim(T::MaxDelegationsPerAccount::get()))]
		pub fn claim(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let delegations = Self::do_claim(who)?;
			Ok(Some(T::WeightInfo::claim(delegations)).into())
		}

		/// Make a candidate leave that was kicked, or whose bond is below the least bond. Only when
		/// there is no room for another candidate.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::evict())]
		pub fn evict(origin: OriginFor<T>, node: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_evict(node)
		}

		/// Choose the invulnerables. Each needs session keys.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_invulnerables(nodes.len() as u32))]
		pub fn set_invulnerables(
			origin: OriginFor<T>,
			nodes: BoundedVec<T::AccountId, T::MaxInvulnerables>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_invulnerables(nodes)
		}

		/// Set how many nodes are elected besides the invulnerables.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_max_nodes())]
		pub fn set_max_nodes(origin: OriginFor<T>, nodes: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_max_nodes(nodes)
		}

		/// Set the least own bond. Candidates below it are not elected until they have added to theirs.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::set_min_bond())]
		pub fn set_min_bond(origin: OriginFor<T>, bond: Balance) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_min_bond(bond)
		}

		/// Set between what commissions lie. Commissions out of bounds count as the nearest in bounds.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::set_commission_bounds())]
		pub fn set_commission_bounds(
			origin: OriginFor<T>,
			min: Perbill,
			max: Perbill,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_commission_bounds(min, max)
		}
	}
}
