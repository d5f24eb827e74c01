//! # DCRM: key groups on chain
//!
//! *Distributed control rights management*: groups of nodes make, keep and use keys of other chains
//! that no node has. This pallet is the group's broadcast channel, its notary and its judge. It sees
//! commitments, complaints, answers and signatures, never a secret that matters: a share becomes
//! public only when its dealer is accused of not having delivered it, and at most `n - t` shares of a
//! dealer ever do.
//!
//! ## Terms
//!
//! - *Node*: an account that has bonded to serve in groups. The account is the sr25519 key that the
//!   node's messages are signed with, its *member id*.
//! - *Group*: 4 to 32 nodes with one key; `t = ⌊2n/3⌋ + 1` of them sign. Member `i` of the list has
//!   *index* `i + 1`, its x-coordinate in the secret sharing.
//! - *Ceremony*: the key generation of a group, or a *handover* of its key to other members or to fresh shares of
//!   the same ones; in *attempts*, each in *phases*.
//! - *Epoch*: how often the key has been handed over.
//! - *Request*: a signature that a group owes.
//!
//! ## Goals
//!
//! - A key that becomes active can be used by every `t` members that are honest: all complaints were
//!   answered in public, every share fits the key, and the key has signed a test message.
//! - No `n - t` members can stop a key generation for good: who makes an attempt fail does not deal in
//!   the next one.
//! - Members speak for free, and still cannot flood the chain: each message is accepted only while
//!   the chain waits for just this word of just this member, and a wrong word counts as said.
//! - Every signature is verified here before anybody is told of it.
//!
//! ## The ceremony
//!
//! The protocol of Gennaro, Jarecki, Krawczyk and Rabin, "Secure distributed key generation for
//! discrete-log based cryptosystems". Each phase ends when everybody has spoken, or at its deadline.
//!
//! ```text
//!            Deal          Verdict         Answer         Reveal        Confirm        Signature
//!  create ─▶ Dealing ────▶ Verdicts ────▶ Answers ─────▶ Revealing ──▶ Confirming ──▶ Testing ──▶ Active
//!              ▲              └── no complaints ────────────▲   │         │ Accuse        │
//!              │                                                ▼         ▼               ▼
//!              └───────── the next attempt, without who is at fault ◀─────┴───────────────┘
//!                                            └── after `MaxAttempts`: Failed
//! ```
//!
//! | phase | too little, or wrong | consequence |
//! |---|---|---|
//! | Dealing | no Pedersen commitments, or unsound ones | that dealer is out; fewer than `t` left: next attempt |
//! | Verdicts | silence | taken for "no complaint" |
//! | Verdicts | more than `n - t` complaints about one dealer | the dealer is out at once: answering would publish its polynomial |
//! | Answers | no answer, or one that does not fit the commitments | the dealer is out |
//! | Revealing | no Feldman commitments, or unsound ones | next attempt, in which the dealer may not deal |
//! | Confirming | commitments that do not fit a share (a proven `Accuse`) | next attempt, in which the dealer may not deal |
//! | Confirming | fewer than `t` confirmations | next attempt |
//! | Testing | no valid signature | next attempt |
//!
//! Should fewer than `t` members be left that may deal, all may deal again.
//!
//! ## Handover
//!
//! The key stays, its shares change ([`Call::reshare`]): each member deals its share to the receivers, who are the
//! members of the next epoch. Meanwhile the group is active, and its members sign as before. The receivers take
//! over when they have signed a test message with the new shares, at once and for all that the group owes.
//!
//! ```text
//!            Deal       Verdict      Answer       Reveal        Accept      Confirm       Signature
//!  reshare ─▶ Dealing ─▶ Verdicts ─▶ Answers ─▶ Revealing ─▶ Accusing ─▶ Confirming ─▶ Testing ─▶ next epoch
//! ```
//!
//! It differs from a key generation in this:
//!
//! - a dealing has to be one of the dealer's share: its constant is the verifying share that everybody knows;
//! - who is at fault, in whatever phase, is left out, and the attempt goes on as long as as many dealers are left
//!   as it takes to sign; for the key is the same whoever dealt;
//! - receivers accuse false reveals in a phase of their own, for it has to be settled whose dealings count before
//!   anybody confirms.
//!
//! If all attempts fail, the group stays as it is. `docs/dcrm/README.md` has the mathematics.
//!
//! ## Calls
//!
//! - Signed: [`Call::register_node`], [`Call::deregister_node`].
//! - [`Config::AdminOrigin`]: [`Call::create_group`], [`Call::set_active_group`], [`Call::reshare`],
//!   [`Call::cancel_handover`].
//! - Authorized (no account signature, no fee): [`Call::speak`], which carries a member's signed
//!   [`DcrmMessage`](fusion_dcrm_primitives::DcrmMessage).
//!
//! Other pallets use the groups through [`KeyGroups`](fusion_dcrm_primitives::traits::KeyGroups).
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod authorize;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod ceremony;
mod ext;
mod functions;
#[cfg(test)]
mod mock;
mod signing;
#[cfg(any(test, feature = "runtime-benchmarks"))]
mod taproot;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use ext::TaprootVerify;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// The balance of [`Config::Currency`].
pub type BalanceOf<T> = <<T as Config>::Currency as frame_support::traits::fungible::Inspect<
	sp_runtime::AccountId32,
>>::Balance;

#[frame_support::pallet]
#[allow(
	missing_docs,
	unused_qualifications,
	reason = "the macros generate items that nobody can document, with full paths"
)]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible::MutateHold};
	use frame_system::pallet_prelude::*;
	use fusion_dcrm_primitives::{
		traits::OnSignature, Algorithm, Attempt, DcrmMessage, Epoch, GroupId, MemberIndex,
		MemberSigned, PerMember, Phase, PublicKey, Purpose, RequestId,
	};
	use sp_core::H256;
	use sp_runtime::{AccountId32, SaturatedConversion};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId32, Hash = H256, RuntimeEvent: From<Event<Self>>>
	{
		/// The overarching reason for holds.
		type RuntimeHoldReason: From<HoldReason>;

		/// What nodes bond.
		type Currency: MutateHold<AccountId32, Reason = Self::RuntimeHoldReason>;

		/// What a node has to bond.
		#[pallet::constant]
		type NodeBond: Get<BalanceOf<Self>>;

		/// Who may create groups, and choose the one that is given new work.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

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
	}

	/// The registered nodes.
	#[pallet::storage]
	pub type Nodes<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, AccountId32, Node<BalanceOf<T>>>;

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

	/// How many signatures each node has delivered: the work of signing, to be paid.
	#[pallet::storage]
	pub type SigningWork<T: Config> = StorageMap<_, Blake2_128Concat, AccountId32, u64, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A node has bonded.
		NodeRegistered { node: AccountId32 },
		/// A node has left and has its bond back.
		NodeDeregistered { node: AccountId32 },
		/// A node has said where it is reached.
		PeerAnnounced { node: AccountId32, sequence: u64 },
		/// A group was created; its key generation has begun.
		GroupCreated { group: GroupId, members: u32, threshold: u16 },
		/// A phase of a ceremony has begun; it ends in block `deadline` at the latest.
		PhaseStarted { group: GroupId, attempt: Attempt, phase: Phase, deadline: u32 },
		/// A dealing does not count (any more).
		DealerDisqualified { group: GroupId, attempt: Attempt, dealer: MemberIndex },
		/// A member has proven that a dealer's Feldman commitments do not fit its dealing.
		AccusationProven {
			group: GroupId,
			attempt: Attempt,
			accuser: MemberIndex,
			dealer: MemberIndex,
		},
		/// A member has accused a dealer without proof.
		AccusationRefused {
			group: GroupId,
			attempt: Attempt,
			accuser: MemberIndex,
			dealer: MemberIndex,
		},
		/// An attempt has failed; the dealers in `blamed` are the reason.
		AttemptFailed { group: GroupId, attempt: Attempt, reason: Failure, blamed: MemberSet },
		/// A group has a key that works.
		GroupActivated { group: GroupId, key: PublicKey },
		/// A group could not make a key in all its attempts.
		GroupFailed { group: GroupId },
		/// A handover has begun, to so many members, of whom it will take `threshold` to sign.
		HandoverStarted { group: GroupId, members: u32, threshold: u16 },
		/// A key was handed over: the members of this epoch use it from now on.
		HandedOver { group: GroupId, epoch: Epoch, members: u32, threshold: u16 },
		/// A handover was given up: the members are the same as before.
		HandoverFailed { group: GroupId },
		/// New work is given to this group from now on.
		ActiveGroupSet { group: GroupId },
		/// A group was asked for a signature.
		SignatureRequested { request: RequestId, group: GroupId, purpose: Purpose },
		/// A signature has arrived and is valid.
		SignatureDelivered { request: RequestId, group: GroupId, by: MemberIndex },
		/// A member has sent a wrong signature.
		SignatureRefused { request: RequestId, group: GroupId, by: MemberIndex },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is a registered node already.
		AlreadyRegistered,
		/// The account is no registered node.
		NotRegistered,
		/// As many nodes are registered as may be.
		TooManyNodes,
		/// The node is in a group that has not failed.
		InGroup,
		/// A group has 4 to 32 members.
		WrongGroupSize,
		/// A member of the group is no registered node.
		MemberNotRegistered,
		/// A member stands twice in the group.
		DuplicateMember,
		/// As many ceremonies are under way as may be; wait until one is over.
		TooManyCeremonies,
		/// There is no group with this number.
		UnknownGroup,
		/// The group has no key in use.
		GroupNotActive,
		/// The group's key is being handed over already.
		HandoverUnderWay,
		/// The group's key is not being handed over.
		NoHandover,
		/// The commitments to the group's key are missing or damaged: it cannot be handed over.
		NoCommitments,
		/// The group owes as many signatures as it may.
		TooManyRequests,
		/// This purpose is used by the key generation alone.
		ReservedPurpose,
		/// There are no numbers left.
		NumbersExhausted,
		/// The speaker is no registered node, or no member of the group.
		Stranger,
		/// The message is malformed.
		Malformed,
		/// The phase or attempt that the message is for has not begun.
		TooEarly,
		/// The phase, attempt or request that the message is for is over.
		TooLate,
		/// The member has said it already, or is not asked it.
		NotAsked,
		/// The message is not signed by the member for this chain.
		BadSignature,
	}

	impl<T> From<Refusal> for Error<T> {
		fn from(refusal: Refusal) -> Self {
			match refusal {
				Refusal::Stranger => Self::Stranger,
				Refusal::UnknownGroup => Self::UnknownGroup,
				Refusal::Malformed => Self::Malformed,
				Refusal::TooEarly => Self::TooEarly,
				Refusal::TooLate => Self::TooLate,
				Refusal::NotAsked => Self::NotAsked,
				Refusal::BadSignature => Self::BadSignature,
			}
		}
	}

	/// Nodes and groups that are there from the start. The pallet's genesis has to be built after that
	/// of [`Config::Currency`], of which the bonds are held.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Nodes. Each needs the bond in its balance.
		pub nodes: Vec<T::AccountId>,
		/// Groups, by their members: key generation begins with the chain.
		pub groups: Vec<Vec<T::AccountId>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for node in &self.nodes {
				Pallet::<T>::do_register(node.clone())
					.expect("genesis: every DCRM node is listed once and has its bond in balances");
			}
			for members in &self.groups {
				let members = BoundedVec::try_from(members.clone())
					.expect("genesis: a DCRM group has at most 32 members");
				Pallet::<T>::do_create_group(members, Algorithm::Secp256k1Taproot)
					.expect("genesis: a DCRM group has at least 4 members, listed once, all nodes");
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::advance_due(now.saturated_into())
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::PhaseLength::get() > 0, "PhaseLength: a phase lasts at least one block");
			assert!(T::MaxAttempts::get() > 0, "MaxAttempts: a group has at least one attempt");
			assert!(T::MaxOpenRequests::get() > 0, "MaxOpenRequests: a test needs one request");
			assert!(T::MaxNodes::get() >= MIN_MEMBERS, "MaxNodes: a group needs 4 nodes");
			const {
				assert!(
					fusion_dcrm_primitives::MAX_MEMBERS <= u32::BITS,
					"MAX_MEMBERS: a MemberSet has 32 bits"
				);
			}
			let most = T::WeightInfo::on_initialize(MAX_DUE_PER_BLOCK);
			let block = T::BlockWeights::get().max_block;
			assert!(
				most.all_lte(block.div(10)),
				"on_initialize may take {most}, more than a tenth of a block ({block})"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Register the caller as a node. Holds [`Config::NodeBond`]. The caller's account is the
		/// sr25519 key that its messages have to be signed with.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_node())]
		pub fn register_node(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register(who)
		}

		/// Leave, and have the bond back. Refused while the caller is in a group that has not failed.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::deregister_node())]
		pub fn deregister_node(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_deregister(who)
		}

		/// Create a group of 4 to 32 registered nodes, and start its key generation.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::create_group(members.len() as u32))]
		pub fn create_group(
			origin: OriginFor<T>,
			members: PerMember<T::AccountId>,
			algorithm: Algorithm,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_create_group(members, algorithm).map(drop)
		}

		/// Give new work to this group, which has to be active. What other groups hold and owe stays
		/// with them.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_active_group())]
		pub fn set_active_group(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_active_group(group)
		}

		/// A member speaks. Needs no account and no fee: it is accepted only while the chain waits for
		/// this word of this member.
		///
		/// Succeeds also when the word turns out to be wrong (see the crate's documentation): it counts
		/// as said then, so that nobody can say wrong things for free again and again.
		#[pallet::call_index(4)]
		#[pallet::weight((
			Pallet::<T>::weight_to_speak(&message.payload),
			DispatchClass::Normal,
			Pays::No
		))]
		#[pallet::authorize(Self::authorize_speak)]
		#[pallet::weight_of_authorize(Pallet::<T>::weight_to_authorize(message))]
		pub fn speak(
			origin: OriginFor<T>,
			message: MemberSigned<DcrmMessage>,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let used = Self::do_speak(message)?;
			Ok((Some(used), Pays::No).into())
		}

		/// Hand the key of an active group over to these 4 to 32 registered nodes, or, if they are its members,
		/// to fresh shares of the same ones. Its key and its number stay, and it signs in the meantime.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::reshare(members.len() as u32))]
		pub fn reshare(
			origin: OriginFor<T>,
			group: GroupId,
			members: PerMember<T::AccountId>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_reshare(group, &members)
		}

		/// Give the handover of a group's key up, while it is under way. The members stay as they are.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::cancel_handover())]
		pub fn cancel_handover(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_cancel_handover(group)
		}
	}
}
