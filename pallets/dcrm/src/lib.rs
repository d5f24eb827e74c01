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
//! | Confirming | commitments that make no key, and no such proof | next attempt |
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
//! ## Blame
//!
//! | offence | costs |
//! |---|---|
//! | unsound commitments, Pedersen or Feldman | [`Parameters::fraud`] of the bond |
//! | an answer that does not fit the dealer's own commitments | as above |
//! | Feldman commitments that a published share contradicts | as above |
//! | an accusation that is false | as above |
//! | no answer, or no Feldman commitments, after Pedersen commitments, while the others spoke | [`Parameters::silence`] of the bond |
//! | no Pedersen commitments | nothing; it is counted ([`Conducts`]) |
//!
//! `docs/dcrm/README.md` says why.
//!
//! ## Pay
//!
//! Members are paid for batches that they sign ([`Parameters::signature`]) and for showing that they have their shares
//! ([`Parameters::holding`]), from an account that governance funds. `pay.rs` and `liveness.rs` say how.
//!
//! ## Keys of accounts
//!
//! An account, a contract above all, can have a key of the active group, and have it sign messages and payments of its
//! own: `account_keys.rs`.
//!
//! ## Calls
//!
//! - Signed: [`Call::register_node`], [`Call::deregister_node`], [`Call::bond_extra`], [`Call::unbond`],
//!   [`Call::withdraw_unbonded`], [`Call::claim_pay`], [`Call::request_key`], [`Call::request_signature`],
//!   [`Call::forget_request`].
//! - [`Config::AdminOrigin`]: [`Call::create_group`], [`Call::draw_group`], [`Call::set_active_group`],
//!   [`Call::reshare`], [`Call::cancel_handover`], [`Call::set_parameters`].
//! - By [`Config::PauseOrigin`]: [`Call::set_paused`].
//! - Authorized (no account signature, no fee): [`Call::speak`], which carries a member's signed
//!   [`DcrmMessage`](fusion_dcrm_primitives::DcrmMessage).
//!
//! Other pallets use the groups through [`KeyGroups`](fusion_dcrm_primitives::traits::KeyGroups).
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod account_keys;
mod authorize;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod blame;
mod bonds;
mod ceremony;
mod conduct;
mod config;
mod events;
mod ext;
mod functions;
mod liveness;
#[cfg(test)]
mod mock;
mod params;
mod pause;
mod pay;
mod signing;
mod silence;
mod storage;
#[cfg(any(test, feature = "runtime-benchmarks"))]
mod taproot;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use account_keys::{AccountKey, AccountRequest};
pub use conduct::*;
pub use ext::{AccountRules, TaprootVerify};
pub use pallet::*;
pub use params::{Parameters, MAX_RESERVES};
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// The balance of [`Config::Currency`].
pub type BalanceOf<T> = <<T as Config>::Currency as frame_support::traits::fungible::Inspect<
	sp_runtime::AccountId32,
>>::Balance;
/// What governance sets.
pub type ParametersOf<T> = Parameters<BalanceOf<T>>;
/// What the members of a group have earned in one epoch.
pub type EarningsOf<T> = EpochEarnings<BalanceOf<T>>;
/// What was taken from a node, and is not given to anybody yet.
pub type CreditOf<T> =
	frame_support::traits::fungible::Credit<sp_runtime::AccountId32, <T as Config>::Currency>;

#[import_section(config::config)]
#[import_section(storage::storage)]
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
			OnUnbalanced,
		},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use fusion_dcrm_primitives::{
		account_key::{AccountKeyId, Subject},
		traits::OnSignature,
		Algorithm, Attempt, Availability, DcrmMessage, Epoch, GroupId, MemberIndex, MemberSigned,
		PerMember, Phase, PublicKey, Purpose, RequestId,
	};
	use sp_core::H256;
	use sp_runtime::{AccountId32, SaturatedConversion};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

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
				Refusal::Paused => Self::Paused,
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
			let now = now.saturated_into();
			// A block does not begin with everything that there may be to do.
			let fines = if Self::is_deadline_due(now) {
				T::WeightInfo::take_fines(0)
			} else {
				Self::take_fines()
			};
			fines
				.saturating_add(Self::eject_due(now))
				.saturating_add(Self::advance_due(now))
				.saturating_add(Self::watch(now))
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::settle(remaining)
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::PhaseLength::get() > 0, "PhaseLength: a phase lasts at least one block");
			assert!(T::MaxAttempts::get() > 0, "MaxAttempts: a group has at least one attempt");
			assert!(
				T::RequestLifetime::get() > 0,
				"RequestLifetime: a signature takes some blocks"
			);
			assert!(T::MaxOpenRequests::get() > 0, "MaxOpenRequests: a test needs one request");
			assert!(T::MaxNodes::get() >= MIN_MEMBERS, "MaxNodes: a group needs 4 nodes");
			const {
				assert!(
					fusion_dcrm_primitives::MAX_MEMBERS <= u32::BITS,
					"MAX_MEMBERS: a MemberSet has 32 bits"
				);
			}
			assert!(
				T::DefaultParameters::get().is_valid(),
				"DefaultParameters: silence costs no more than fraud, a challenge has time, and a group holds less \
				 than is bonded for it"
			);
			// Either deadlines are due, or fines are taken and somebody is replaced.
			let deadlines = T::WeightInfo::on_initialize(MAX_DUE_PER_BLOCK)
				.saturating_add(T::WeightInfo::take_fines(0));
			let others = T::WeightInfo::on_initialize(0)
				.saturating_add(T::WeightInfo::take_fines(MAX_FINES_PER_BLOCK))
				.saturating_add(T::WeightInfo::eject(fusion_dcrm_primitives::MAX_MEMBERS));
			let most = deadlines
				.max(others)
				.saturating_add(T::WeightInfo::eject_nothing())
				.saturating_add(T::WeightInfo::watch())
				.saturating_add(T::WeightInfo::close_challenge());
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

		/// Leave. The bond can be withdrawn after [`Config::UnbondingPeriod`] blocks. Refused while the caller is in
		/// a group that has not failed.
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

		/// Set the parameters.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: ParametersOf<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(parameters.is_valid(), Error::<T>::InvalidParameters);
			Params::<T>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Pay a node what it has earned in one epoch of a group. Anybody may call this, for whoever has earned it.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::claim_pay())]
		pub fn claim_pay(
			origin: OriginFor<T>,
			group: GroupId,
			epoch: Epoch,
			node: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim_pay(group, epoch, node)
		}

		/// Bond more: for being drawn with a higher chance, or to make good for a fine. A node that was voted out of a
		/// group as silent is drawn again from then on; for that, it need not bond more than 0.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::bond_extra())]
		pub fn bond_extra(origin: OriginFor<T>, amount: BalanceOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond_extra(who, amount)
		}

		/// Take back what is bonded above [`Config::NodeBond`], or a part of it. It can be withdrawn after
		/// [`Config::UnbondingPeriod`] blocks. Refused while the caller is in a group that has not failed.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, amount: BalanceOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unbond(who, amount)
		}

		/// Have back what was unbonded long enough ago.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::withdraw_unbonded())]
		pub fn withdraw_unbonded(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_unbonded(who)
		}

		/// Have a key of the active group, derived for the caller and a number that is not used again. Holds
		/// [`Config::KeyDeposit`] for ever.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::request_key())]
		pub fn request_key(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_request_key(who).map(drop)
		}

		/// Have something signed with a key of the caller's. It is signed within some blocks, and stays to be read
		/// until it is [forgotten](Call::forget_request).
		///
		/// Holds [`Config::RequestDeposit`], and the price of a signature, which must not be above `max_price`.
		#[pallet::call_index(15)]
		#[pallet::weight(Pallet::<T>::request_weight(subject))]
		pub fn request_signature(
			origin: OriginFor<T>,
			key: AccountKeyId,
			subject: Subject,
			max_price: BalanceOf<T>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_request_signature(&who, key, subject, max_price).map(drop)
		}

		/// Have a request forgotten: by who made it, once it is signed, or by anybody, once it has expired. The deposit
		/// goes back to who made it, and so does the price, if it was not signed.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::forget_request())]
		pub fn forget_request(origin: OriginFor<T>, request: RequestId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_forget_request(&who, request)
		}

		/// Let everything stand still, or go on: see `pause.rs`.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn set_paused(origin: OriginFor<T>, paused: bool) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_set_paused(paused);
			Ok(())
		}

		/// Create a group of 4 to 32 nodes that are drawn by stake, and start its key generation.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::draw_group(*size))]
		pub fn draw_group(origin: OriginFor<T>, size: u32, algorithm: Algorithm) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_draw_group(size, algorithm).map(drop)
		}
	}
}
