//! Votes: what members say they saw, and when it counts.
//!
//! What members say is free, so all of it is bounded. A member has one vote on a subject and at most
//! `MaxOpenVotes` votes on undecided subjects. For `VoteLifetime` blocks a vote stands; then the member
//! may vote again on the subject, and an expired vote makes room for one on another subject. So a
//! member can have at most `MaxOpenVotes` transactions accepted in `VoteLifetime` blocks, beyond those
//! on subjects that were decided, whatever it says.

use crate::{
	Asset, Batches, Config, DepositAddresses, Deposits, Error, Event, OpenVotes, Pallet, Registry,
	Subject, Tallies, TheOrder, TheVault, Unpaid, Vote, WeightInfo,
};
use frame_support::{
	ensure,
	pallet_prelude::{
		InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidityError,
		TransactionValidityWithRefund, ValidTransaction,
	},
	storage::with_storage_layer,
	traits::Get,
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_asset_mapping_primitives::{
	vault::{vault_observation_domain, EventId, VaultObservation},
	DepositIndex,
};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId, MemberSigned};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash, Zero},
	DispatchError, DispatchResult, Saturating,
};

/// Priority of observations in the pool. There are few of them, and deposits and lock-outs of users
/// wait for them: they go before what pays fees.
pub const OBSERVATION_PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// For how many blocks an observation stays in the pool. Members repeat what is still wanted.
pub const OBSERVATION_LONGEVITY: u64 = 64;

/// Codes of `InvalidTransaction::Custom` for refused observations.
pub mod refusal {
	/// There is no such deposit address.
	pub const UNKNOWN_DEPOSIT_ADDRESS: u8 = 1;
	/// The amount is zero.
	pub const ZERO_AMOUNT: u8 = 2;
	/// No batch can have ended like that.
	pub const WRONG_OUTCOME: u8 = 3;
	/// The member has votes on too many undecided subjects.
	pub const TOO_MANY_OPEN_VOTES: u8 = 4;
	/// There is no vault, or this direction is paused.
	pub const NOT_NOW: u8 = 5;
	/// The asset is not mapped.
	pub const UNKNOWN_ASSET: u8 = 6;
}

/// What an observation is about. `None` for what is not voted on.
pub(crate) fn subject_of(observation: &VaultObservation) -> Option<Subject> {
	match observation {
		VaultObservation::Deposited { event, .. } => Some(Subject::Deposit(*event)),
		VaultObservation::Executed { batch, .. } | VaultObservation::Expired { batch } => {
			Some(Subject::Batch(*batch))
		},
		VaultObservation::Claimed { batch, index, .. } => Some(Subject::Unpaid(*batch, *index)),
		VaultObservation::Ordered { nonce, .. } => Some(Subject::Order(*nonce)),
		VaultObservation::GasPrice { .. } => None,
		VaultObservation::Gone { event, .. } | VaultObservation::Back { event, .. } => {
			Some(Subject::Presence(*event))
		},
	}
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Whether the observation may enter the pool and a block. See
	/// [`Call::observe`](crate::Call::observe).
	pub(crate) fn authorize_observe(
		_: TransactionSource,
		observation: &MemberSigned<VaultObservation>,
	) -> TransactionValidityWithRefund {
		// The signature is what costs most, so it comes last.
		Self::check_observation(&observation.member, &observation.payload)
			.map_err(Self::refusal)?;
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let instance = T::InstanceId::get();
		if !observation.verify(genesis, &vault_observation_domain(instance)) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let validity = ValidTransaction::with_tag_prefix("FusionVaultMapping")
			.priority(OBSERVATION_PRIORITY)
			.and_provides((instance, &observation.member, subject_of(&observation.payload)))
			.longevity(OBSERVATION_LONGEVITY)
			.propagate(true)
			.build()?;
		Ok((validity, Weight::zero()))
	}

	/// What the pool is told.
	fn refusal(error: Error<T, I>) -> TransactionValidityError {
		let custom = match error {
			Error::NotAWitness => return InvalidTransaction::BadSigner.into(),
			Error::ObservationNotWanted | Error::UnknownBatch | Error::UnknownPayout => {
				return InvalidTransaction::Stale.into();
			},
			Error::NotExpired => return InvalidTransaction::Future.into(),
			Error::UnknownDepositAddress => refusal::UNKNOWN_DEPOSIT_ADDRESS,
			Error::UnknownAsset => refusal::UNKNOWN_ASSET,
			Error::ZeroAmount => refusal::ZERO_AMOUNT,
			Error::WrongOutcome => refusal::WRONG_OUTCOME,
			Error::TooManyOpenVotes => refusal::TOO_MANY_OPEN_VOTES,
			_ => refusal::NOT_NOW,
		};
		InvalidTransaction::Custom(custom).into()
	}

	/// Weight of an observation that turns out to be decisive.
	pub(crate) fn observe_weight(observation: &VaultObservation) -> Weight {
		let decisive = match observation {
			VaultObservation::GasPrice { .. } => return T::WeightInfo::report_gas_price(),
			VaultObservation::Deposited { .. } => T::WeightInfo::accept_deposit(),
			VaultObservation::Executed { .. } => {
				T::WeightInfo::accept_executed(T::MaxBatchIntents::get())
			},
			VaultObservation::Expired { .. } => {
				T::WeightInfo::accept_expired(T::MaxBatchIntents::get())
			},
			VaultObservation::Claimed { .. } => T::WeightInfo::accept_claimed(),
			VaultObservation::Ordered { .. } => T::WeightInfo::accept_ordered(),
			VaultObservation::Gone { .. } | VaultObservation::Back { .. } => {
				T::WeightInfo::accept_gone()
			},
		};
		T::WeightInfo::observe().saturating_add(decisive)
	}

	/// Whether the chain waits for this observation of this member. Gives the witnessing group.
	pub(crate) fn check_observation(
		member: &MemberId,
		observation: &VaultObservation,
	) -> Result<GroupId, Error<T, I>> {
		let group = TheVault::<T, I>::get().ok_or(Error::NoVault)?.group;
		ensure!(T::KeyGroups::is_member(group, member), Error::NotAWitness);
		match observation {
			VaultObservation::Deposited { event, index, asset, amount, .. } => {
				Self::check_deposit(event, *index, *asset, *amount)?;
			},
			VaultObservation::Executed { batch, fee, unpaid, .. } => {
				Self::check_outcome(*batch, *fee, *unpaid)?;
			},
			VaultObservation::Expired { batch } => {
				let batch = Batches::<T, I>::get(batch).ok_or(Error::UnknownBatch)?;
				ensure!(Self::is_over(batch.template.deadline), Error::NotExpired);
			},
			VaultObservation::Claimed { batch, index, .. } => {
				ensure!(Unpaid::<T, I>::contains_key(batch, index), Error::UnknownPayout);
			},
			VaultObservation::Ordered { nonce, .. } => ensure!(
				TheOrder::<T, I>::get().is_some_and(|open| open.order.nonce == *nonce),
				Error::ObservationNotWanted
			),
			VaultObservation::GasPrice { price, at } => {
				Self::check_gas_report(member, *price, *at)?;
			},
			VaultObservation::Gone { event, episode } => {
				Self::check_presence(event, *episode, false)?;
			},
			VaultObservation::Back { event, episode } => {
				Self::check_presence(event, *episode, true)?;
			},
		}
		if let Some(subject) = subject_of(observation) {
			Self::check_may_vote(member, &subject)?;
		}
		Ok(group)
	}

	/// Whether a deposit is undecided, and may be decided now.
	fn check_deposit(
		event: &EventId,
		index: DepositIndex,
		asset: u32,
		amount: u128,
	) -> Result<(), Error<T, I>> {
		ensure!(!Self::paused().lock_in, Error::DirectionPaused);
		ensure!(!Deposits::<T, I>::contains_key(event), Error::ObservationNotWanted);
		ensure!(amount > 0, Error::ZeroAmount);
		ensure!(DepositAddresses::<T, I>::contains_key(index), Error::UnknownDepositAddress);
		let Asset { paused, .. } = Registry::<T, I>::get(asset).ok_or(Error::UnknownAsset)?;
		ensure!(!paused.lock_in, Error::DirectionPaused);
		Ok(())
	}

	/// Whether a deposit is gone, or is not, for the time that is spoken of.
	fn check_presence(event: &EventId, episode: u32, gone: bool) -> Result<(), Error<T, I>> {
		let record = Deposits::<T, I>::get(event).ok_or(Error::ObservationNotWanted)?;
		ensure!(
			record.gone.is_some() == gone && record.episode == episode,
			Error::ObservationNotWanted
		);
		Ok(())
	}

	/// Whether a member has no standing vote on the subject, and room for one.
	pub(crate) fn check_may_vote(member: &MemberId, subject: &Subject) -> Result<(), Error<T, I>> {
		let voted = Tallies::<T, I>::get(subject)
			.and_then(|votes| votes.into_iter().find(|vote| vote.member == *member));
		if let Some(vote) = voted {
			ensure!(Self::is_expired(vote.cast), Error::ObservationNotWanted);
		}
		let open = OpenVotes::<T, I>::get(member);
		let full = open.len() >= Self::max_open_votes();
		let replaces = open.iter().any(|(other, _)| other == subject);
		let makes_room = open.first().is_some_and(|(_, cast)| Self::is_expired(*cast));
		ensure!(!full || replaces || makes_room, Error::TooManyOpenVotes);
		Ok(())
	}

	/// Counts a member's vote, and acts on the observation if that makes enough. Gives the weight.
	pub(crate) fn do_observe(
		member: MemberId,
		observation: VaultObservation,
	) -> Result<Weight, DispatchError> {
		let group = Self::check_observation(&member, &observation)?;
		let Some(subject) = subject_of(&observation) else {
			if let VaultObservation::GasPrice { price, at } = observation {
				Self::note_gas_report(group, member, price, at)?;
			}
			return Ok(T::WeightInfo::report_gas_price());
		};
		let content = BlakeTwo256::hash_of(&observation);
		let votes = Self::count_vote(group, &member, subject, content)?;
		Self::deposit_event(Event::Witnessed { member, subject, votes });

		let enough = T::KeyGroups::threshold(group).ok_or(Error::<T, I>::KeyUnavailable)?.max(1);
		if votes < u32::from(enough) {
			return Ok(T::WeightInfo::observe());
		}
		let weight = Self::observe_weight(&observation);
		match with_storage_layer(|| Self::act(observation)) {
			Ok(()) => Self::close_tally(&subject),
			// Returning the error would forget the vote, and let the member repeat it for nothing.
			Err(error) => {
				log::error!(
					target: crate::LOG_TARGET,
					"{subject:?} was witnessed but cannot be acted on: {error:?}",
				);
				Self::deposit_event(Event::DecisionFailed { subject, error });
			},
		}
		Ok(weight)
	}

	/// Does what was witnessed.
	fn act(observation: VaultObservation) -> DispatchResult {
		match observation {
			VaultObservation::Deposited { event, index, asset, amount, .. } => {
				Self::accept_deposit(event, index, asset, amount)
			},
			VaultObservation::Executed { batch, fee, unpaid, transaction, .. } => {
				Self::accept_executed(batch, fee, unpaid, transaction)
			},
			VaultObservation::Expired { batch } => Self::accept_expired(batch),
			VaultObservation::Claimed { batch, index, .. } => Self::accept_claimed(batch, index),
			VaultObservation::Ordered { nonce, .. } => Self::accept_ordered(nonce),
			// Nobody votes on it.
			VaultObservation::GasPrice { .. } => Ok(()),
			VaultObservation::Gone { event, episode } => Self::accept_gone(event, episode),
			VaultObservation::Back { event, episode } => Self::accept_back(event, episode),
		}
	}

	/// Notes a vote. Gives how many members say the same.
	fn count_vote(
		group: GroupId,
		member: &MemberId,
		subject: Subject,
		content: H256,
	) -> Result<u32, DispatchError> {
		let now = frame_system::Pallet::<T>::block_number();
		Self::note_open_vote(member, subject, now)?;
		let mut votes = Tallies::<T, I>::get(subject).unwrap_or_default();
		// Votes of those who have left the group do not count: each committee tolerates its own dishonest members,
		// and not those of others besides.
		let members = T::KeyGroups::members(group);
		votes.retain(|vote| vote.member != *member && members.contains(&vote.member));
		votes
			.try_push(Vote { member: member.clone(), content, cast: now })
			.map_err(|_| Error::<T, I>::TooManyOpenVotes)?;
		let same = votes.iter().filter(|vote| vote.content == content).count();
		Tallies::<T, I>::insert(subject, votes);
		Ok(u32::try_from(same).unwrap_or(u32::MAX))
	}

	/// Notes that the member has a vote on the subject. If it has no room, its oldest expired vote goes.
	fn note_open_vote(
		member: &MemberId,
		subject: Subject,
		now: BlockNumberFor<T>,
	) -> DispatchResult {
		let mut open = OpenVotes::<T, I>::get(member);
		open.retain(|(other, _)| *other != subject);
		if open.len() >= Self::max_open_votes() {
			let (oldest, cast) = open.first().copied().ok_or(Error::<T, I>::TooManyOpenVotes)?;
			ensure!(Self::is_expired(cast), Error::<T, I>::TooManyOpenVotes);
			open.retain(|(other, _)| *other != oldest);
			Self::withdraw_vote(member, &oldest);
		}
		open.try_push((subject, now)).map_err(|_| Error::<T, I>::TooManyOpenVotes)?;
		OpenVotes::<T, I>::insert(member, open);
		Ok(())
	}

	/// Takes a vote back.
	fn withdraw_vote(member: &MemberId, subject: &Subject) {
		Tallies::<T, I>::mutate_exists(subject, |slot| {
			if let Some(votes) = slot {
				votes.retain(|vote| vote.member != *member);
				if votes.is_empty() {
					*slot = None;
				}
			}
		});
	}

	/// The subject is decided: its votes are not open any more.
	fn close_tally(subject: &Subject) {
		let Some(votes) = Tallies::<T, I>::take(subject) else { return };
		for vote in votes {
			OpenVotes::<T, I>::mutate_exists(&vote.member, |slot| {
				if let Some(open) = slot {
					open.retain(|(other, _)| other != subject);
					if open.is_empty() {
						*slot = None;
					}
				}
			});
		}
	}

	/// Whether a vote of that block may be replaced.
	fn is_expired(cast: BlockNumberFor<T>) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		now.saturating_sub(cast) >= T::VoteLifetime::get()
	}

	fn max_open_votes() -> usize {
		usize::try_from(T::MaxOpenVotes::get()).unwrap_or(usize::MAX)
	}
}
