//! Subjective blame: members vote another one out that they do not hear.
//!
//! That somebody is silent is one member's word against another's: the chain does not see what is said between
//! them. So nobody is fined for it. But when as many members as it takes to sign say the same, within
//! [`VOTE_WINDOW`] blocks, the silent one is *ejected*: a handover begins by itself, to the others and to a node
//! that is drawn by stake in its place.
//!
//! A minority cannot vote an honest member out: fewer than `t` votes do nothing, and are forgotten. Nor can a
//! majority turn a group over at once: each ejection is a handover, so there is at most one in an epoch, and votes
//! are for one epoch only.

use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::{DispatchResult, Weight},
	storage::with_storage_layer,
};
use fusion_dcrm_primitives::{GroupId, MemberIndex};
use sp_runtime::AccountId32;

use crate::{account_of, pallet::*, Group, MemberSet, Silence, Silences, WeightInfo, VOTE_WINDOW};

impl<T: Config> Pallet<T> {
	/// The votes of the present members on each other.
	pub(crate) fn silences(id: GroupId, group: &Group) -> Silences {
		SilenceVotes::<T>::get(id)
			.filter(|votes| votes.attempt == group.attempt)
			.unwrap_or_else(|| Silences { attempt: group.attempt, about: Default::default() })
	}

	/// Who has said of a member that it is silent, and not too long ago.
	pub(crate) fn voters(silences: &Silences, member: MemberIndex) -> MemberSet {
		let Silence { since, voters } = silences.about.get(member);
		if Self::now() < since.saturating_add(VOTE_WINDOW) {
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
		if votes < group.threshold {
			SilenceVotes::<T>::insert(id, silences);
			return T::WeightInfo::speak_silent();
		}
		// Whatever comes of it, these votes have been counted.
		silences.about.with(member, |silence: &mut Silence| *silence = Silence::default());
		SilenceVotes::<T>::insert(id, silences);
		if let Err(error) = with_storage_layer(|| Self::eject(id, group, member)) {
			Self::deposit_event(Event::EjectionFailed { group: id, member, error });
		}
		let weight = T::WeightInfo::speak_silent();
		weight.saturating_add(T::WeightInfo::eject(group.size().into()))
	}

	/// Begins to hand the key over to the other members and one that is drawn.
	fn eject(id: GroupId, group: &Group, member: MemberIndex) -> DispatchResult {
		let mut members: Vec<AccountId32> = group.members.iter().map(account_of).collect();
		let seed = Self::draw_seed(b"replace", id);
		let replacement = Self::draw_nodes(seed, 1, &members)
			.and_then(|drawn| drawn.into_iter().next())
			.ok_or(Error::<T>::TooFewCandidates)?;
		let place = usize::from(member).checked_sub(1).and_then(|at| members.get_mut(at));
		let ejected = core::mem::replace(place.ok_or(Error::<T>::Malformed)?, replacement.clone());
		Self::do_reshare(id, &members)?;
		Self::deposit_event(Event::Ejecting { group: id, member: ejected, replacement });
		Ok(())
	}
}
