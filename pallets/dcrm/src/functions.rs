//! Nodes and groups, and what others may ask about them.

use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get, Zero},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use fusion_dcrm_primitives::{
	derive_tweak, size::group_size, traits::KeyGroups, Algorithm, Attempt, ChallengeView, GroupId,
	GroupState, GroupView, HandoverView, KeyPath, MemberId, MemberIndex, PeerIdBytes, PerMember,
	Phase, PublicKey, Purpose, RequestId, SigningRequest, SizeAdvice, MAX_MEMBERS,
};
use sp_core::H256;
use sp_runtime::{AccountId32, SaturatedConversion, Saturating};

use crate::{
	account_of, member_of, pallet::*, threshold_of, Announcement, BalanceOf, Ceremony, Group,
	Handover, MemberSet, Running, MAX_CEREMONIES, MIN_MEMBERS,
};

impl<T: Config> Pallet<T> {
	/// The hash of this chain's first block: what members sign is for this chain alone.
	pub fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// The present block's number.
	pub(crate) fn now() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	pub(crate) fn do_create_group(
		members: PerMember<AccountId32>,
		algorithm: Algorithm,
	) -> Result<GroupId, DispatchError> {
		Self::ensure_not_paused()?;
		Self::check_members(&members)?;
		for member in &members {
			Self::join(member)?;
		}
		// At most `MAX_MEMBERS`.
		let count = members.len() as u32;

		let id = NextGroup::<T>::get();
		NextGroup::<T>::put(id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		let threshold = threshold_of(count);
		let members: Vec<MemberId> = members.iter().map(member_of).collect();
		let group = Group {
			members: BoundedVec::truncate_from(members),
			threshold,
			algorithm,
			state: GroupState::Generating(Phase::Dealing),
			attempt: 0,
			attempts: 0,
			epoch: 0,
			qualified: MemberSet::default(),
			key: None,
		};
		Self::deposit_event(Event::GroupCreated { group: id, members: count, threshold });
		let ceremony = Ceremony::new(group.size(), MemberSet::default());
		let mut running =
			Running { id, group, handover: None, ceremony, queued: None, ended: false };
		Self::begin_attempt(&mut running);
		Self::store(running);
		Ok(id)
	}

	/// Begins to hand a group's key over.
	pub(crate) fn do_reshare(id: GroupId, members: &[AccountId32]) -> DispatchResult {
		Self::ensure_not_paused()?;
		let mut group = Groups::<T>::get(id).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(group.state == GroupState::Active, Error::<T>::GroupNotActive);
		ensure!(!Handovers::<T>::contains_key(id), Error::<T>::HandoverUnderWay);
		Self::check_members(members)?;
		let points = Self::key_points(id, &group).ok_or(Error::<T>::NoCommitments)?;
		let members: Vec<MemberId> = members.iter().map(member_of).collect();
		for member in members.iter().filter(|member| group.index_of(member).is_none()) {
			Self::join(&account_of(member))?;
		}

		// What the dealings of the last ceremony make is known now. They make room for those of this one.
		Self::replace_dealings(id, &mut group, points);
		// At most `MAX_MEMBERS`.
		let count = members.len() as u32;
		let threshold = threshold_of(count);
		let handover = Handover {
			members: BoundedVec::truncate_from(members),
			threshold,
			phase: Phase::Dealing,
			attempt: group.attempts,
			tries: 0,
			qualified: MemberSet::default(),
		};
		Self::deposit_event(Event::HandoverStarted { group: id, members: count, threshold });
		let ceremony = Ceremony::new(group.size(), MemberSet::default());
		let handover = Some(handover);
		let mut running = Running { id, group, handover, ceremony, queued: None, ended: false };
		Self::begin_attempt(&mut running);
		Self::store(running);
		Ok(())
	}

	/// Gives up the handover that is under way.
	pub(crate) fn do_cancel_handover(id: GroupId) -> DispatchResult {
		let group = Groups::<T>::get(id).ok_or(Error::<T>::UnknownGroup)?;
		let mut running = Self::load(id, group)
			.filter(|running| running.handover.is_some())
			.ok_or(Error::<T>::NoHandover)?;
		Self::give_up(&mut running);
		Self::store(running);
		Ok(())
	}

	/// Whether these nodes can be made a group, or take one over.
	fn check_members(members: &[AccountId32]) -> DispatchResult {
		let sizes = MIN_MEMBERS as usize..=MAX_MEMBERS as usize;
		ensure!(sizes.contains(&members.len()), Error::<T>::WrongGroupSize);
		let queue = Deadlines::<T>::decode_len().unwrap_or_default();
		ensure!(queue < MAX_CEREMONIES as usize, Error::<T>::TooManyCeremonies);
		for (position, member) in members.iter().enumerate() {
			let twice = members.iter().take(position).any(|other| other == member);
			ensure!(!twice, Error::<T>::DuplicateMember);
			ensure!(Nodes::<T>::contains_key(member), Error::<T>::MemberNotRegistered);
		}
		Ok(())
	}

	/// A node is in one group more.
	fn join(member: &AccountId32) -> DispatchResult {
		Nodes::<T>::try_mutate(member, |node| {
			let node = node.as_mut().ok_or(Error::<T>::MemberNotRegistered)?;
			ensure!(node.bond >= T::NodeBond::get(), Error::<T>::BondTooLow);
			node.groups = node.groups.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;
			Ok(())
		})
	}

	pub(crate) fn do_set_active_group(id: GroupId) -> DispatchResult {
		let group = Groups::<T>::get(id).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(group.state == GroupState::Active, Error::<T>::GroupNotActive);
		ActiveGroup::<T>::put(id);
		Self::deposit_event(Event::ActiveGroupSet { group: id });
		Ok(())
	}

	/// What a node says about itself, once it was admitted.
	pub(crate) fn note_announcement(node: AccountId32, peer: PeerIdBytes, sequence: u64) {
		Peers::<T>::insert(&node, Announcement { peer, sequence, block: Self::now() });
		Self::deposit_event(Event::PeerAnnounced { node, sequence });
	}

	/// δ of a key of a group that has a key, whether or not it is in use yet.
	pub(crate) fn tweak_of(id: GroupId, group: &Group, path: &KeyPath) -> Option<[u8; 32]> {
		let key = group.key.as_ref()?;
		Some(derive_tweak(Self::genesis_hash(), id, group.algorithm, key, path))
	}

	/// The group, if its key is in use.
	fn active_group(id: GroupId) -> Option<Group> {
		Groups::<T>::get(id).filter(|group| group.state == GroupState::Active)
	}
}

/// For the runtime API: read by nodes, never while a block is executed.
impl<T: Config> Pallet<T> {
	/// All groups whose key the member shares, or did when they failed, or is to share by a handover that is
	/// under way; in ascending order.
	pub fn groups_of(member: &MemberId) -> Vec<GroupId> {
		let present = Groups::<T>::iter()
			.filter(|(_, group)| group.index_of(member).is_some())
			.map(|(id, _)| id);
		let next = Handovers::<T>::iter()
			.filter(|(_, handover)| handover.members.contains(member))
			.map(|(id, _)| id);
		let mut groups: Vec<GroupId> = present.chain(next).collect();
		groups.sort_unstable();
		groups.dedup();
		groups
	}

	/// The group that new work is given to.
	pub fn active() -> Option<GroupId> {
		ActiveGroup::<T>::get()
	}

	/// All that nodes need to know of a group.
	pub fn group_view(id: GroupId) -> Option<GroupView> {
		let group = Groups::<T>::get(id)?;
		let ceremony = Ceremonies::<T>::get(id);
		let (deadline, spoken) =
			ceremony.as_ref().map_or((0, MemberSet::default()), |c| (c.deadline, c.spoken));
		let spoken: Vec<MemberIndex> = spoken.iter().collect();
		let complaints: Vec<_> = ceremony
			.iter()
			.flat_map(|ceremony| {
				ceremony.accused().iter().flat_map(move |dealer| {
					ceremony.complaints_about(dealer).iter().map(move |accuser| (accuser, dealer))
				})
			})
			.collect();
		// After a handover, the dealers were members of another epoch.
		let dealers = group.everybody().union(group.qualified);
		let points = |get: fn(GroupId, MemberIndex) -> Option<PerMember<PublicKey>>| {
			dealers
				.iter()
				.filter_map(|dealer| get(id, dealer).map(|points| (dealer, points.into_inner())))
				.collect::<Vec<_>>()
		};
		let (pedersen, feldman) = (points(Pedersen::<T>::get), points(Feldman::<T>::get));
		let answers: Vec<_> = dealers
			.iter()
			.flat_map(|dealer| {
				Answers::<T>::get(id, dealer)
					.into_iter()
					.map(move |(accuser, share)| (accuser, dealer, share))
			})
			.collect();
		let view = GroupView {
			id,
			threshold: group.threshold,
			algorithm: group.algorithm,
			state: group.state,
			attempt: group.attempt,
			attempts: group.attempts,
			epoch: group.epoch,
			deadline: 0,
			key: group.key,
			pedersen: Vec::new(),
			feldman: Vec::new(),
			qualified: group.qualified.iter().collect(),
			complaints: Vec::new(),
			answers: Vec::new(),
			spoken: Vec::new(),
			challenge: Self::challenge_view(id, group.attempt),
			silent: Self::silence_view(id, &group),
			missed: {
				let conducts = Conducts::<T>::get(id);
				group.everybody().iter().map(|index| conducts.get(index).missed_in_a_row).collect()
			},
			members: group.members.into_inner(),
			handover: None,
		};
		// There is one ceremony at a time.
		let Some(handover) = Handovers::<T>::get(id) else {
			return Some(GroupView {
				deadline,
				pedersen,
				feldman,
				complaints,
				answers,
				spoken,
				..view
			});
		};
		let commitments = Commitments::<T>::get(id).map(|known| known.points.into_inner());
		let handover = HandoverView {
			threshold: handover.threshold,
			phase: handover.phase,
			attempt: handover.attempt,
			deadline,
			commitments: commitments.unwrap_or_default(),
			pedersen,
			feldman,
			qualified: handover.qualified.iter().collect(),
			complaints,
			answers,
			spoken,
			members: handover.members.into_inner(),
		};
		Some(GroupView { handover: Some(handover), ..view })
	}

	/// Who is said to be silent, and by whom.
	fn silence_view(id: GroupId, group: &Group) -> Vec<(MemberIndex, MemberIndex)> {
		let silences = Self::silences(id, group);
		let everybody = group.everybody().iter();
		everybody
			.flat_map(|member| Self::voters(&silences, member).iter().map(move |by| (member, by)))
			.collect()
	}

	/// The liveness challenge that members may answer with their shares of this attempt.
	fn challenge_view(id: GroupId, attempt: Attempt) -> Option<ChallengeView> {
		let watched = Watches::<T>::get(id);
		let open = watched.open.filter(|open| open.attempt == attempt)?;
		let spoken = open.spoken.iter().collect();
		Some(ChallengeView { number: watched.number, nonce: open.nonce, spoken })
	}

	/// How large a group should be, by what was measured.
	pub fn size_advice() -> SizeAdvice {
		let (measured, bound) = (Measured::<T>::get(), Params::<T>::get().outage);
		SizeAdvice { measured, bound, members: group_size(measured, bound) }
	}

	/// Where a registered node is reached, and the number of that announcement.
	pub fn peer(member: &MemberId) -> Option<(PeerIdBytes, u64)> {
		let account = account_of(member);
		if !Nodes::<T>::contains_key(&account) {
			return None;
		}
		let last = Peers::<T>::get(&account)?;
		// Empty since an earlier registration ended: nothing has been announced since.
		(!last.peer.is_empty()).then_some((last.peer, last.sequence))
	}

	/// Signatures that the group owes, oldest first, at most `limit`. None while everything stands still.
	pub fn open_requests(group: GroupId, limit: u32) -> Vec<(RequestId, SigningRequest)> {
		if Self::is_paused() {
			return Vec::new();
		}
		let mut ids: Vec<RequestId> = RequestsOf::<T>::iter_key_prefix(group).collect();
		ids.sort_unstable();
		ids.into_iter()
			.take(limit as usize)
			.filter_map(|id| Requests::<T>::get(id).map(|open| (id, open.request)))
			.collect()
	}

	/// δ of a key of the group, once it has a key, also while that is tested.
	pub fn tweak(group: GroupId, path: &KeyPath) -> Option<[u8; 32]> {
		Groups::<T>::get(group).and_then(|found| Self::tweak_of(group, &found, path))
	}
}

impl<T: Config> KeyGroups for Pallet<T> {
	fn active() -> Option<GroupId> {
		Self::active()
	}

	fn key(group: GroupId) -> Option<PublicKey> {
		Self::active_group(group)?.key
	}

	fn tweak(group: GroupId, path: &KeyPath) -> Option<[u8; 32]> {
		Self::active_group(group).and_then(|found| Self::tweak_of(group, &found, path))
	}

	fn threshold(group: GroupId) -> Option<u16> {
		Groups::<T>::get(group).map(|group| group.threshold)
	}

	fn is_member(group: GroupId, member: &MemberId) -> bool {
		Groups::<T>::get(group).is_some_and(|group| group.index_of(member).is_some())
	}

	fn members(group: GroupId) -> Vec<MemberId> {
		Groups::<T>::get(group).map(|group| group.members.into_inner()).unwrap_or_default()
	}

	fn capacity(group: GroupId) -> u128 {
		let Some(group) = Groups::<T>::get(group) else { return 0 };
		let bond = |member| {
			Nodes::<T>::get(account_of(member)).map_or_else(Zero::zero, |node| {
				// What a node loses for one group is not there for another one.
				let groups: BalanceOf<T> = node.groups.max(1).into();
				node.bond / groups
			})
		};
		let mut bonds: Vec<BalanceOf<T>> = group.members.iter().map(bond).collect();
		bonds.sort_unstable();
		let least = bonds
			.into_iter()
			.take(group.threshold.into())
			.fold(BalanceOf::<T>::zero(), |sum, bond| sum.saturating_add(bond));
		Params::<T>::get().reserves.mul_floor(least).saturated_into()
	}

	fn accepts_work(group: GroupId) -> bool {
		!Self::is_paused() && Self::active_group(group).is_some()
	}

	fn request_signature(
		group: GroupId,
		path: KeyPath,
		message: [u8; 32],
		purpose: Purpose,
	) -> Result<RequestId, DispatchError> {
		ensure!(matches!(purpose, Purpose::Batch { .. }), Error::<T>::ReservedPurpose);
		Self::ensure_not_paused()?;
		let found = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(found.state == GroupState::Active, Error::<T>::GroupNotActive);
		Self::open_request(group, found.attempt, path, message, purpose)
	}

	fn withdraw_request(request: RequestId) {
		Self::do_withdraw_request(request);
	}
}
