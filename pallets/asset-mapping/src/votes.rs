//! Votes: what members say they saw, and when it counts.
//!
//! What members say is free, so all of it is bounded. A member has one vote on a subject and at most
//! `MaxOpenVotes` votes on undecided subjects. For `VoteLifetime` blocks a vote stands; then the member
//! may vote again on the subject, and an expired vote makes room for one on another subject. So a
//! member can have at most `MaxOpenVotes` transactions accepted in `VoteLifetime` blocks, beyond those
//! on subjects that were decided, whatever it says.

use crate::{
	ext, AddressKind, Attempts, Batches, Config, DepositAddresses, Deposits, Error, Event,
	GoneCoins, OpenVotes, Pallet, Subject, Tallies, Tally, TallyOf, Utxos, Vote, WeightInfo,
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
	chain::ExternalChain, observation_domain, AttemptIndex, BatchId, BatchState, DepositIndex,
	Observation, OutPoint,
};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId, MemberSigned, PerMember};
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
	/// The transaction is not that of the batch.
	pub const WRONG_TRANSACTION: u8 = 3;
	/// The member has votes on too many undecided subjects.
	pub const TOO_MANY_OPEN_VOTES: u8 = 4;
	/// No group is active, or this direction is paused.
	pub const NOT_NOW: u8 = 5;
}

/// What an observation is about. `None` for what is not voted on.
pub(crate) fn subject_of(observation: &Observation) -> Option<Subject> {
	match observation {
		Observation::Deposit { outpoint, .. } => Some(Subject::Deposit(*outpoint)),
		Observation::Settled { batch, .. } => Some(Subject::Settled(*batch)),
		Observation::FeeRate { .. } => None,
		Observation::Gone { outpoint, .. } => Some(Subject::Gone(*outpoint)),
		Observation::Back { outpoint, .. } => Some(Subject::Back(*outpoint)),
	}
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Whether the observation may enter the pool and a block. See
	/// [`Call::observe`](crate::Call::observe).
	pub(crate) fn authorize_observe(
		_: TransactionSource,
		observation: &MemberSigned<Observation>,
	) -> TransactionValidityWithRefund {
		// The signature is what costs most, so it comes last.
		Self::check_observation(&observation.member, &observation.payload)
			.map_err(Self::refusal)?;
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let instance = T::InstanceId::get();
		if !observation.verify(genesis, &observation_domain(instance)) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let validity = ValidTransaction::with_tag_prefix("FusionAssetMapping")
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
			Error::ObservationNotWanted | Error::UnknownBatch => {
				return InvalidTransaction::Stale.into();
			},
			Error::BatchNotSigned => return InvalidTransaction::Future.into(),
			Error::UnknownDepositAddress => refusal::UNKNOWN_DEPOSIT_ADDRESS,
			Error::ZeroAmount => refusal::ZERO_AMOUNT,
			Error::WrongTransaction => refusal::WRONG_TRANSACTION,
			Error::TooManyOpenVotes => refusal::TOO_MANY_OPEN_VOTES,
			_ => refusal::NOT_NOW,
		};
		InvalidTransaction::Custom(custom).into()
	}

	/// Weight of an observation that turns out to be decisive.
	pub(crate) fn observe_weight(observation: &Observation) -> Weight {
		let decisive = match observation {
			Observation::FeeRate { .. } => return T::WeightInfo::report_fee_rate(),
			Observation::Deposit { .. } => T::WeightInfo::accept_deposit(),
			Observation::Settled { .. } => {
				T::WeightInfo::settle(T::Chain::MAX_INPUTS, T::MaxBatchIntents::get())
			},
			Observation::Gone { .. } => T::WeightInfo::coin_gone(),
			Observation::Back { .. } => T::WeightInfo::coin_back(),
		};
		T::WeightInfo::observe().saturating_add(decisive)
	}

	/// Whether the chain waits for this observation of this member. Gives the witnessing group.
	pub(crate) fn check_observation(
		member: &MemberId,
		observation: &Observation,
	) -> Result<GroupId, Error<T, I>> {
		let group = ext::keys::active::<T, I>().ok_or(Error::NoActiveGroup)?;
		ensure!(T::KeyGroups::is_member(group, member), Error::NotAWitness);
		match observation {
			Observation::Deposit { outpoint, index, amount, .. } => {
				Self::check_deposit_wanted(outpoint, *index)?;
				ensure!(*amount > 0, Error::ZeroAmount);
			},
			Observation::Settled { batch, attempt, txid, .. } => {
				Self::check_settled_wanted(*batch, *attempt, txid)?;
			},
			Observation::FeeRate { rate, at } => Self::check_fee_report(member, *rate, *at)?,
			Observation::Gone { outpoint, episode } => ensure!(
				Utxos::<T, I>::get(outpoint).is_some_and(|coin| coin.episode == *episode),
				Error::ObservationNotWanted
			),
			Observation::Back { outpoint, episode } => ensure!(
				GoneCoins::<T, I>::get(outpoint).is_some_and(|coin| coin.episode == *episode),
				Error::ObservationNotWanted
			),
		}
		if let Some(subject) = subject_of(observation) {
			Self::check_may_vote(group, member, &subject)?;
		}
		Ok(group)
	}

	/// Whether a deposit is undecided, and may be decided now. One to the reserves may be at any time: it may be what
	/// ends a pause.
	pub(crate) fn check_deposit_wanted(
		outpoint: &OutPoint,
		index: DepositIndex,
	) -> Result<(), Error<T, I>> {
		ensure!(!Self::is_deposit_decided(outpoint), Error::ObservationNotWanted);
		let address = DepositAddresses::<T, I>::get(index).ok_or(Error::UnknownDepositAddress)?;
		ensure!(
			address.kind == AddressKind::Reserve || !Self::paused().lock_in,
			Error::DirectionPaused
		);
		Ok(())
	}

	/// Whether there is nothing to decide: it was decided, or it is an output of a batch that comes back to the group,
	/// which is no deposit.
	pub(crate) fn is_deposit_decided(outpoint: &OutPoint) -> bool {
		Deposits::<T, I>::contains_key(outpoint)
			|| Utxos::<T, I>::contains_key(outpoint)
			|| GoneCoins::<T, I>::contains_key(outpoint)
	}

	/// Whether a batch is unsettled, and the attempt at it is signed and has that transaction.
	pub(crate) fn check_settled_wanted(
		batch: BatchId,
		attempt: AttemptIndex,
		txid: &[u8; 32],
	) -> Result<(), Error<T, I>> {
		ensure!(Batches::<T, I>::contains_key(batch), Error::UnknownBatch);
		let attempt = Attempts::<T, I>::get(batch, attempt).ok_or(Error::UnknownBatch)?;
		ensure!(attempt.state == BatchState::Signed, Error::BatchNotSigned);
		ensure!(*txid == attempt.txid, Error::WrongTransaction);
		Ok(())
	}

	/// Whether a member has no standing vote on the subject, and room for one.
	pub(crate) fn check_may_vote(
		group: GroupId,
		member: &MemberId,
		subject: &Subject,
	) -> Result<(), Error<T, I>> {
		let voted = Tallies::<T, I>::get(subject)
			.filter(|tally| tally.group == group)
			.and_then(|tally| tally.votes.into_iter().find(|vote| vote.member == *member));
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
		observation: Observation,
	) -> Result<Weight, DispatchError> {
		let group = Self::check_observation(&member, &observation)?;
		let Some(subject) = subject_of(&observation) else {
			if let Observation::FeeRate { rate, at } = observation {
				Self::note_fee_report(group, member, rate, at)?;
			}
			return Ok(T::WeightInfo::report_fee_rate());
		};
		let content = BlakeTwo256::hash_of(&observation);
		let votes = Self::count_vote(group, &member, subject, content)?;
		Self::deposit_event(Event::Witnessed { member, subject, votes });

		let enough = T::KeyGroups::threshold(group).ok_or(Error::<T, I>::NoActiveGroup)?.max(1);
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
	fn act(observation: Observation) -> DispatchResult {
		match observation {
			Observation::Deposit { outpoint, index, amount, height, time, .. } => {
				Self::accept_deposit(outpoint, index, amount, height, time)
			},
			Observation::Settled { batch, attempt, txid, height, .. } => {
				Self::settle(batch, attempt, txid, height)
			},
			// Nobody votes on it.
			Observation::FeeRate { .. } => Ok(()),
			Observation::Gone { outpoint, episode } => Self::accept_gone(outpoint, episode),
			Observation::Back { outpoint, episode } => Self::accept_back(outpoint, episode),
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
		let mut tally: TallyOf<T> = Tallies::<T, I>::get(subject)
			.filter(|tally| tally.group == group)
			.unwrap_or(Tally { group, votes: PerMember::new() });
		// Votes of those who have left the group do not count: each committee tolerates its own dishonest members,
		// and not those of others besides.
		let members = T::KeyGroups::members(group);
		tally.votes.retain(|vote| vote.member != *member && members.contains(&vote.member));
		tally
			.votes
			.try_push(Vote { member: member.clone(), content, cast: now })
			.map_err(|_| Error::<T, I>::TooManyOpenVotes)?;
		let same = tally.votes.iter().filter(|vote| vote.content == content).count();
		Tallies::<T, I>::insert(subject, tally);
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
			if let Some(tally) = slot {
				tally.votes.retain(|vote| vote.member != *member);
				if tally.votes.is_empty() {
					*slot = None;
				}
			}
		});
	}

	/// The subject is decided: its votes are not open any more.
	fn close_tally(subject: &Subject) {
		let Some(tally) = Tallies::<T, I>::take(subject) else { return };
		for vote in tally.votes {
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
