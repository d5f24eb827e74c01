//! # HHCM on chain
//!
//! The state that elections are drawn from, and the checks of every block. The rules themselves are in
//! [`fusion_hhcm_primitives`], which the node shares; this pallet applies them to the block that is being
//! executed, so that neither an importer nor the relay chain accepts a block that breaks one.
//!
//! ## Terms
//!
//! - *Round*: what the elections of a block's children are drawn from: seed, last slot, number of groups,
//!   difficulty. A block leaves one to its children ([`CurrentRound`]).
//! - *Claim*: what a header says of its author: slot, place, VRF output, root of the packages.
//! - *Assembler*: the author. *Packager*: who signed the list of a group's transactions.
//! - *Seal*: the last item of a finished header: nonce and signature.
//!
//! ## How a block is checked
//!
//! ```text
//!  validate_block   BlockExecutor          the seal: work and signature           reads Authorities, Round
//!  ──────────────────────────────────────────────────────────────────────────────────────────────────────
//!  every            on_initialize          the claim: slot, group, rank, turn, VRF       ──▶ CurrentTurn
//!  execution        timestamp              lies in the slot
//!  (author,         set_validation_data    RelaySlotHook: the slot is the relay chain's
//!  importer,        note_packages          packagers, signatures, root                   ──▶ NotedPackages
//!  relay chain)     … transactions …
//!                   post_transactions      each is in its group's package, all in order  ──▶ Checked
//!                   on_finalize            offenders, seed, slot, at a session's end authorities and adjustment
//! ```
//!
//! All checks of a block use the authorities and the round that its *parent* left: both are replaced in
//! `on_finalize` alone. There, too, those lose their weight who were proven in this block to have signed two
//! things where they may sign one: from the next block on they are not drawn any more. What [`BlockExecutor`]
//! reads is read again in `on_initialize`: the relay chain's validators have of the state only what executing
//! the block reads.
//!
//! Whatever breaks a rule is refused by a panic with a message that begins with `hhcm:`, or, in
//! [`Call::note_packages`], by an error, which makes a block invalid since the call is mandatory.
//!
//! ## Calls
//!
//! - Inherent: [`Call::note_packages`], exactly once a block.
//! - Signed, or by nobody: [`Call::report_equivocation`], free if the report is sound and new. Nodes report
//!   what they have seen without an account; the assembler that includes such a report counts as the reporter.
//! - By [`Config::AdminOrigin`]: [`Call::set_limits`].
//!
//! ## Weight
//!
//! `on_initialize` also accounts for the end of the block, and for reading and hashing as many bytes of
//! extrinsics as a block may have. What the check of one transaction adds is accounted for by
//! [`Call::note_packages`], for each transaction that is listed: only those can be in the block. Packages
//! that list what is not there thus take weight from the block of the assembler that includes them.
//!
//! ## Wiring
//!
//! - `frame_system::Config::PostTransactions`: the pallet;
//! - `pallet_timestamp::Config::OnTimestampSet`: the pallet;
//! - `pallet_authorship::Config::FindAuthor`: the pallet;
//! - `cumulus_pallet_parachain_system::Config::ConsensusHook`: [`RelaySlotHook`];
//! - `register_validate_block!`: [`BlockExecutor`];
//! - session keys: the pallet, after the pallet that [`Config::Weights`] reads.
//!
//! A migration that writes [`Authorities`] or [`CurrentRound`] has to read them before: it runs earlier than
//! `on_initialize`.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod block;
mod consensus_hook;
mod executor;
mod ext;
mod inherent;
#[cfg(test)]
mod mock;
mod reports;
mod session;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

/// Where this pallet logs.
pub(crate) const LOG_TARGET: &str = "runtime::hhcm";

pub use consensus_hook::RelaySlotHook;
pub use executor::BlockExecutor;
pub use ext::*;
pub use inherent::InherentError;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
#[allow(
	missing_docs,
	unused_qualifications,
	reason = "the macros generate items that nobody can document, with full paths"
)]
pub mod pallet {
	use super::*;
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use fusion_hhcm_primitives::{
		equivocation::Proof,
		package::INHERENT_IDENTIFIER,
		ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
		GroupId, Packages, Round, Slot, MAX_AUTHORITIES, MAX_GROUPS,
	};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>> {
		/// Most bookkeeping nodes of a session, up to [`MAX_AUTHORITIES`]. Of more, the last are left out.
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;

		/// Milliseconds from slot to slot.
		#[pallet::constant]
		type SlotDuration: Get<u64>;

		/// What bookkeeping nodes weigh in draws.
		type Weights: AuthorityWeights<Self::AccountId>;

		/// How transactions are split over the groups.
		type GroupingKey: GroupingKey;

		/// Is told of every block: who assembled it, of whose packages.
		type OnBlockAuthored: OnBlockAuthored<Self::AccountId>;

		/// Is told of proven offences.
		type Offences: Offences<Self::AccountId>;

		/// For how many slots an offence can be reported, if its session is this one or the one before. At
		/// least as long has to be held what an offender, and who delegated to it, may lose.
		#[pallet::constant]
		type ReportWindow: Get<u64>;

		/// The smallest and the largest difficulty, until governance sets others.
		#[pallet::constant]
		type DifficultyBounds: Get<(u64, u64)>;

		/// Who may set the limits of difficulty and groups, and pause their adjustment.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Weights of this pallet.
		type WeightInfo: WeightInfo;
	}

	/// The bookkeeping nodes of the session. Within a block: of its parent's session.
	#[pallet::storage]
	pub type Authorities<T: Config> =
		StorageValue<_, BoundedVec<AuthorityInfo<T::AccountId>, T::MaxAuthorities>, ValueQuery>;

	/// The bookkeeping nodes of the session before: their offences can still be reported.
	#[pallet::storage]
	pub type PreviousAuthorities<T: Config> =
		StorageValue<_, BoundedVec<AuthorityInfo<T::AccountId>, T::MaxAuthorities>, ValueQuery>;

	/// The bookkeeping nodes of the session that begins, until the end of the block.
	#[pallet::storage]
	pub type NextAuthorities<T: Config> =
		StorageValue<_, BoundedVec<AuthorityInfo<T::AccountId>, T::MaxAuthorities>>;

	/// What the elections for the next block are drawn from. Within a block: for that block.
	#[pallet::storage]
	pub type CurrentRound<T: Config> = StorageValue<_, Round>;

	/// The last slots before the session before, and before this session.
	#[pallet::storage]
	pub type SessionSlots<T: Config> = StorageValue<_, (Slot, Slot), ValueQuery>;

	/// What has happened in the session so far.
	#[pallet::storage]
	pub type SessionTally<T: Config> = StorageValue<_, Tally, ValueQuery>;

	/// Within what groups and difficulty are adjusted.
	#[pallet::storage]
	pub type CurrentLimits<T: Config> = StorageValue<_, Limits, ValueQuery, DefaultLimits<T>>;

	/// Until governance sets others.
	#[pallet::type_value]
	pub fn DefaultLimits<T: Config>() -> Limits {
		let (lowest_difficulty, highest_difficulty) = T::DifficultyBounds::get();
		Limits { lowest_difficulty, highest_difficulty, most_groups: MAX_GROUPS, adjusting: true }
	}

	/// Slot and author of the last block: after the block has ended, its author cannot be looked up in
	/// [`Authorities`] any more.
	#[pallet::storage]
	pub type LastAuthor<T: Config> = StorageValue<_, (Slot, T::AccountId)>;

	/// The relay chain's slot of the last block, and how many blocks there were in it.
	#[pallet::storage]
	pub type RelaySlot<T: Config> = StorageValue<_, (Slot, u32)>;

	/// The offences that were punished lately.
	#[pallet::storage]
	pub type Reports<T: Config> = StorageValue<_, ReportLog<T::AccountId>, ValueQuery>;

	/// Those whose offences were proven in the block that is executed: authorities of this session or the
	/// last one, each once.
	#[pallet::storage]
	#[pallet::unbounded]
	#[pallet::whitelist_storage]
	pub type Offenders<T: Config> = StorageValue<_, Vec<T::AccountId>, ValueQuery>;

	/// The author's claim, while its block is executed. Its size is bounded by [`Authorities`].
	#[pallet::storage]
	#[pallet::unbounded]
	#[pallet::whitelist_storage]
	pub type CurrentTurn<T: Config> = StorageValue<_, Turn>;

	/// The packages of the block that is executed, from the inherent to the check of the transactions.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type NotedPackages<T: Config> = StorageValue<_, Packages>;

	/// Whether the transactions of the block that is executed were checked.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type Checked<T: Config> = StorageValue<_, bool, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A session has begun: so many bookkeeping nodes, so many transaction groups, this difficulty.
		SessionBegun { authorities: u32, groups: GroupId, difficulty: u64 },
		/// The limits of groups and difficulty were set. They hold from the next session on.
		LimitsSet { limits: Limits },
		/// A node was proven to have signed two things where it may sign one.
		EquivocationReported { offender: T::AccountId, slot: Slot, reporter: T::AccountId },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No block is being executed.
		NoBlock,
		/// The block has noted its packages already.
		AlreadyNoted,
		/// The packages are not those that the author claimed.
		WrongRoot,
		/// The packages are not in the order of their groups, or there are two of one group.
		GroupsOutOfOrder,
		/// A package is by a node that may not package its group.
		WrongPackager,
		/// A package is not signed by its packager for this slot and parent.
		WrongPackageSignature,
		/// A header of the report has no claim or no seal.
		NoHeader,
		/// The report has the same thing twice.
		SameTwice,
		/// The report has things that a node may sign both.
		Unrelated,
		/// Something in the report is not signed by a node that is or was in office.
		WrongSignature,
		/// The report is of another chain.
		OtherChain,
		/// The accused is in none of the last sessions.
		UnknownNode,
		/// The offence is too long ago.
		TooOld,
		/// The offence is of a slot that is yet to come.
		TooEarly,
		/// The offence has been punished.
		AlreadyReported,
		/// The limits leave nothing between them, or are beyond what the rules allow.
		UnsoundLimits,
	}

	/// The first round. Authorities are those of the genesis session.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The seed of the first block. Whoever chooses it knows who wins the first slots.
		pub seed: H256,
		/// Number of transaction groups, from 1 to [`MAX_GROUPS`].
		pub groups: GroupId,
		/// Hashes that it takes in the mean to solve a ticket without handicap.
		pub difficulty: u64,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self { seed: H256::zero(), groups: 1, difficulty: MIN_DIFFICULTY, _config: PhantomData }
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(
				(1..=MAX_GROUPS).contains(&self.groups),
				"genesis: there are 1 to {MAX_GROUPS} HHCM groups"
			);
			assert!(
				(MIN_DIFFICULTY..=MAX_DIFFICULTY).contains(&self.difficulty),
				"genesis: HHCM's difficulty is from {MIN_DIFFICULTY} to {MAX_DIFFICULTY}"
			);
			CurrentRound::<T>::put(Round {
				seed: self.seed,
				last_slot: Slot::default(),
				groups: self.groups,
				difficulty: self.difficulty,
			});
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			let nodes = Self::begin_block();
			Self::weight_of_block(nodes)
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Self::end_block();
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			let most = T::MaxAuthorities::get();
			assert!(
				(1..=MAX_AUTHORITIES).contains(&most),
				"MaxAuthorities is from 1 to {MAX_AUTHORITIES}"
			);
			assert!(
				T::SlotDuration::get() > 0,
				"SlotDuration: a slot lasts a millisecond at least"
			);
			assert!(
				T::ReportWindow::get() > 0,
				"ReportWindow: offences can be reported for a slot"
			);
			assert!(
				DefaultLimits::<T>::get().are_sound(),
				"DifficultyBounds: from {MIN_DIFFICULTY} to {MAX_DIFFICULTY}, the smaller one first"
			);
			let weight = Self::weight_of_block(most);
			let block = T::BlockWeights::get().max_block;
			assert!(
				weight.all_lte(block.div(4)),
				"checking a block may take {weight}, more than a quarter of a block ({block})"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// The packages that the block is made of: in a mandatory inherent, exactly once.
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::note_packages(packages.len() as u32, listed(packages))
				.saturating_add(T::OnBlockAuthored::weight(packages.len() as u32)),
			DispatchClass::Mandatory
		))]
		pub fn note_packages(origin: OriginFor<T>, packages: Packages) -> DispatchResult {
			ensure_none(origin)?;
			Self::do_note_packages(packages)
		}

		/// Prove that a bookkeeping node of this session or the last one has signed two blocks for one
		/// parent and slot, or two packages for one parent, slot and group. Free if it is proven, and for
		/// the first time. Needs no signature: it is authorized by what it proves. From the next block on
		/// the offender weighs nothing in draws.
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::WeightInfo::report_equivocation(proof.encoded_size() as u32)
				.saturating_add(T::Offences::weight())
		)]
		#[pallet::authorize(|_source, proof| Self::authorize_report(proof))]
		#[pallet::weight_of_authorize(
			T::WeightInfo::report_equivocation(proof.encoded_size() as u32)
		)]
		pub fn report_equivocation(
			origin: OriginFor<T>,
			proof: Box<Proof<HeaderFor<T>>>,
		) -> DispatchResultWithPostInfo {
			let reporter = match ensure_signed(origin.clone()) {
				Ok(reporter) => reporter,
				Err(_) => {
					ensure_authorized(origin)?;
					Self::assembler()?
				},
			};
			Self::do_report(reporter, &proof)?;
			Ok(Pays::No.into())
		}

		/// Set within what groups and difficulty are adjusted, from the next session on.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_limits())]
		pub fn set_limits(origin: OriginFor<T>, limits: Limits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(limits.are_sound(), Error::<T>::UnsoundLimits);
			CurrentLimits::<T>::put(limits);
			Self::deposit_event(Event::LimitsSet { limits });
			Ok(())
		}
	}

	/// How many transactions are listed.
	fn listed(packages: &Packages) -> u32 {
		// At most `MAX_GROUPS * MAX_TRANSACTIONS`.
		packages
			.iter()
			.fold(0, |sum: u32, package| sum.saturating_add(package.transactions.len() as u32))
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = InherentError;
		const INHERENT_IDENTIFIER: InherentIdentifier = INHERENT_IDENTIFIER;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			inherent::packages(data).map(|packages| Call::note_packages { packages })
		}

		fn is_inherent_required(_: &InherentData) -> Result<Option<Self::Error>, Self::Error> {
			Ok(Some(InherentError::Missing))
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::note_packages { .. })
		}
	}
}
