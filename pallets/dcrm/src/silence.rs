//! Subjective blame: members vote another one out that they do not hear.
//!
//! That somebody is silent is one member's word against another's: the chain does not see what is said between
//! them. So nobody is fined for it. But when as many members as it takes to sign say the same, within
//! [`VOTE_WINDOW`] blocks, the silent one is *ejected*: a handover begins by itself, to the others and to a node
//! that is drawn by stake in its place, [`EJECTION_DELAY`] blocks later. The ejected node is *benched*: it is not
//! drawn again before it says that it is there.
//!
//! A minority cannot vote an honest member out: fewer than `t` votes do nothing, and are forgotten. Nor can a
//! majority turn a group over at once: each ejection is a handover, so there is at most one in an epoch, and votes
//! are for one epoch only.
//!
//! # What votes can not be used for
//!
//! Votes are free, so what they bring about has to be rare, whether it succeeds or not. A vote names the block that
//! it was made in, and is good for [`VOTE_WINDOW`] blocks: nobody can repeat it later. After votes were counted,
//! and after a handover was given up, the group's votes are not taken for as many blocks
//! ([`Silences::next_ejection`]); by then all earlier ones are void. So a group is ejected from, or fails at it, at
//! most once in a window, by votes of that window.
//!
//! The last voter must not choose the replacement by choosing when it votes. So the draw is made of a seed that
//! neither it nor who puts its vote into a block can know.

use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Weight},
	storage::with_storage_layer,
};
use fusion_dcrm_primitives::{GroupId, MemberIndex};
use sp_runtime::AccountId32;

use crate::{
	account_of, member_at_mut, pallet::*, Ejection, Group, MemberSet, Running, Silence, Silences,
	WeightInfo, EJECTION_DELAY, VOTE_WINDOW,
};

impl<T: Config> Pallet<T> {
	/// The votes of the present members on each other.
	pub(crate) fn silences(id: GroupId, group: &Group) -> Silences {
		SilenceVotes::<T>::get(id).filter(|votes| votes.attempt == group.attempt).unwrap_or_else(
			|| Silences { attempt: group.attempt, next_ejection: 0, about: Default::default() },
		)
	}

	/// Who has said of a member that it is silent, and not too long ago, nor before everything stood still.
	pub(crate) fn voters(silences: &Silences, member: MemberIndex) -> MemberSet {
		let Silence { since, voters } = silences.about.get(member);
		let in_time = Self::now() < since.saturating_add(VOTE_WINDOW);
		if in_time && since >= ResumedAt::<T>::get() {
			voters
		} else {
			MemberSet::default()
		}
	}

	/// A member says that another one is silent.
	pub(crate) fn hear_silence(
		id: GroupId,
		group: &Group,
		by: MemberIndex,
		member: MemberIndex,
	) -> Weight {
		let mut silences = Self::silences(id, group);
		let mut voters = Self::voters(&silences, member);
		let first = voters.is_empty();
		voters.insert(by);
		let now = Self::now();
		silences.about.with(member, |silence: &mut Silence| {
			silence.voters = voters;
			if first {
				silence.since = now;
			}
		});
		let votes = voters.len();
		Self::deposit_event(Event::SilenceVoted { group: id, member, by, votes });
		if votes >= group.threshold {
			// Whatever comes of it, these votes have been counted. They stay, so that they are not taken again.
			silences.next_ejection = now.saturating_add(VOTE_WINDOW);
			let attempt = silences.attempt;
			let ejection = Ejection { group: id, attempt, member, voted: now };
			let noted = Ejections::<T>::mutate(|waiting| {
				// Should one wait still, it is of another epoch.
				waiting.retain(|other| other.group != id);
				waiting.try_push(ejection).is_ok()
			});
			if noted {
				Self::deposit_event(Event::VotedOut { group: id, member });
			} else {
				let error = Error::<T>::TooManyCeremonies.into();
				Self::deposit_event(Event::EjectionFailed { group: id, member, error });
			}
		}
		SilenceVotes::<T>::insert(id, silences);
		T::WeightInfo::speak_silent()
	}

	/// Votes on members are not taken for a while: nobody can begin a handover again and again that is given up.
	pub(crate) fn rest_votes(running: &Running) {
		let mut silences = Self::silences(running.id, &running.group);
		silences.next_ejection = Self::now().saturating_add(VOTE_WINDOW);
		SilenceVotes::<T>::insert(running.id, silences);
	}

	/// Replaces the member that was voted out first, if it is time and no deadline is due: a block does not begin with
	/// both.
	pub(crate) fn eject_due(now: u32) -> Weight {
		let look = T::WeightInfo::eject_nothing();
		if Self::is_paused() {
			return look;
		}
		let mut waiting = Ejections::<T>::get();
		let due = |ejection: &Ejection| ejection.voted.saturating_add(EJECTION_DELAY) <= now;
		if !waiting.first().is_some_and(due) {
			return look;
		}
		if Self::is_deadline_due(now) {
			return look;
		}
		let ejection = waiting.remove(0);
		if waiting.is_empty() {
			Ejections::<T>::kill();
		} else {
			Ejections::<T>::put(waiting);
		}
		let Ejection { group: id, member, .. } = ejection;
		let group = Groups::<T>::get(id).filter(|group| group.attempt == ejection.attempt);
		// Otherwise there are other members meanwhile.
		let Some(group) = group else { return look.saturating_add(T::WeightInfo::eject(0)) };
		if let Err(error) = with_storage_layer(|| Self::eject(&ejection, &group)) {
			Self::deposit_event(Event::EjectionFailed { group: id, member, error });
		}
		look.saturating_add(T::WeightInfo::eject(group.size().into()))
	}

	/// Begins to hand the key over to the other members and one that is drawn.
	fn eject(ejection: &Ejection, group: &Group) -> DispatchResult {
		let Ejection { group: id, member, voted, .. } = *ejection;
		ensure!(voted >= ResumedAt::<T>::get(), Error::<T>::TooLate);
		// Or to hand the key over would be too much work for the start of a block.
		let known = Commitments::<T>::get(id).map(|known| known.attempt);
		ensure!(known == Some(group.attempt), Error::<T>::NoCommitments);
		let mut members: Vec<AccountId32> = group.members.iter().map(account_of).collect();
		let seed = Self::draw_seed(b"replace", id);
		let replacement = Self::draw_nodes(seed, 1, &members)
			.and_then(|drawn| drawn.into_iter().next())
			.ok_or(Error::<T>::TooFewCandidates)?;
		let place = member_at_mut(&mut members, member).ok_or(Error::<T>::Malformed)?;
		let ejected = core::mem::replace(place, replacement.clone());
		Self::do_reshare(id, &members)?;
		Self::bench(&ejected);
		Self::deposit_event(Event::Ejecting { group: id, member: ejected, replacement });
		Ok(())
	}
}
