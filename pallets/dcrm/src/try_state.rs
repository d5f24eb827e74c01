//! What must hold at every time.

use alloc::collections::BTreeMap;
use frame_support::{ensure, pallet_prelude::Get, traits::fungible::InspectHold};
use fusion_dcrm_primitives::{
	GroupId, GroupState, KeyPath, Phase, Purpose, RequestId, MAX_MEMBERS,
};
use sp_runtime::{AccountId32, TryRuntimeError};

use crate::{
	account_of, pallet::*, threshold_of, Ceremony, Group, MemberSet, MAX_CEREMONIES, MIN_MEMBERS,
};

impl<T: Config> Pallet<T> {
	/// Checks the whole state of the pallet. Names the first rule that is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut memberships = BTreeMap::<AccountId32, u32>::new();
		for (id, group) in Groups::<T>::iter() {
			ensure!(id < NextGroup::<T>::get(), "a group has a number that was not given out");
			Self::check_group(id, &group)?;
			if group.state != GroupState::Failed {
				for member in &group.members {
					let count = memberships.entry(account_of(member)).or_default();
					*count = count.saturating_add(1);
				}
			}
		}
		Self::check_nodes(&memberships)?;
		Self::check_queue()?;
		Self::check_requests()?;
		Self::check_left_overs()?;
		if let Some(active) = ActiveGroup::<T>::get() {
			let state = Groups::<T>::get(active).map(|group| group.state);
			ensure!(state == Some(GroupState::Active), "the active group is not active");
		}
		Ok(())
	}

	fn check_group(id: GroupId, group: &Group) -> Result<(), TryRuntimeError> {
		let members = group.members.len() as u32;
		ensure!((MIN_MEMBERS..=MAX_MEMBERS).contains(&members), "a group has a wrong size");
		ensure!(group.threshold == threshold_of(members), "a group has a wrong threshold");
		let twice = (1u16..)
			.zip(&group.members)
			.any(|(index, member)| group.index_of(member) != Some(index));
		ensure!(!twice, "a member stands twice in a group");
		ensure!(group.qualified.is_subset(group.everybody()), "a qualified dealer is no member");
		let tries = T::MaxAttempts::get();
		ensure!(group.attempt < tries, "a group had more attempts than there are");

		let ceremony = Ceremonies::<T>::get(id);
		match group.state {
			GroupState::Generating(phase) => {
				let ceremony = ceremony.ok_or("a group makes a key without a ceremony")?;
				Self::check_ceremony(id, group, phase, &ceremony)
			},
			GroupState::Active => {
				ensure!(ceremony.is_none(), "an active group still has a ceremony");
				ensure!(group.key.is_some(), "an active group has no key");
				ensure!(group.qualified.len() >= group.threshold, "a key has too few dealers");
				Self::check_feldman(id, group)
			},
			GroupState::Failed => {
				ensure!(ceremony.is_none(), "a failed group still has a ceremony");
				ensure!(group.key.is_none(), "a failed group has a key");
				ensure!(group.qualified.is_empty(), "a failed group has dealers");
				Ok(())
			},
		}
	}

	/// Every qualified dealer has Feldman commitments, one a coefficient, and nobody else has.
	fn check_feldman(id: GroupId, group: &Group) -> Result<(), TryRuntimeError> {
		for dealer in group.everybody().iter() {
			let points = Feldman::<T>::get(id, dealer).map(|points| points.len());
			let expected = group.qualified.contains(dealer).then_some(usize::from(group.threshold));
			ensure!(points == expected, "Feldman commitments are missing, too many or misplaced");
		}
		Ok(())
	}

	fn check_ceremony(
		id: GroupId,
		group: &Group,
		phase: Phase,
		ceremony: &Ceremony,
	) -> Result<(), TryRuntimeError> {
		let everybody = group.everybody();
		let sets = [ceremony.excluded, ceremony.spoken, ceremony.confirmed];
		ensure!(sets.iter().all(|set| set.is_subset(everybody)), "somebody is no member");
		ensure!(
			group.qualified.intersection(ceremony.excluded).is_empty(),
			"an excluded member deals"
		);
		let may_deal = everybody.without(ceremony.excluded);
		ensure!(may_deal.len() >= group.threshold, "too few members may deal");
		ensure!(
			ceremony.complaints.len() == group.members.len(),
			"complaints are not kept by member"
		);
		ensure!(
			ceremony.accused().is_subset(group.qualified),
			"a dealer is complained about that is not qualified"
		);
		for dealer in ceremony.accused().iter() {
			let accusers = ceremony.complaints_about(dealer);
			ensure!(accusers.is_subset(everybody), "a stranger complains");
			ensure!(accusers.len() <= group.tolerated(), "a dealer has too many complaints");
		}
		let open = !ceremony.accused().is_empty();
		let early = matches!(phase, Phase::Dealing | Phase::Revealing | Phase::Confirming);
		ensure!(!open || !early, "complaints are open in a phase without complaints");
		ensure!(phase != Phase::Answers || open, "answers are awaited, but there is no complaint");

		let dealt: MemberSet =
			everybody.iter().filter(|dealer| Pedersen::<T>::contains_key(id, dealer)).collect();
		if phase == Phase::Dealing {
			let expected = group.qualified.intersection(ceremony.spoken);
			ensure!(dealt == expected, "who has dealt and what was dealt differ");
		} else {
			ensure!(group.qualified.is_subset(dealt), "a qualified dealer has not dealt");
			ensure!(group.qualified.len() >= group.threshold, "too few dealers are qualified");
		}
		for dealer in everybody.iter() {
			let points = Pedersen::<T>::get(id, dealer).map(|points| points.len());
			ensure!(
				points.is_none_or(|points| points == usize::from(group.threshold)),
				"a dealing has a wrong number of commitments"
			);
			let answered = Answers::<T>::get(id, dealer);
			ensure!(
				answered.is_empty() || group.qualified.contains(dealer),
				"answers of a dealer that is out are kept"
			);
			ensure!(
				answered.len() <= usize::from(group.tolerated()),
				"a dealer has published too many shares"
			);
		}

		let late = matches!(phase, Phase::Confirming | Phase::Testing);
		ensure!(group.key.is_some() == late, "a key is known too early or too late");
		if late {
			Self::check_feldman(id, group)?;
		}
		ensure!(
			ceremony.test.is_some() == (phase == Phase::Testing),
			"a test is asked for too early or too late"
		);
		let test = ceremony.test.and_then(Requests::<T>::get).map(|open| open.request.purpose);
		ensure!(
			ceremony.test.is_none() || test == Some(Purpose::Test),
			"the request for the test signature is missing"
		);
		Ok(())
	}

	fn check_nodes(memberships: &BTreeMap<AccountId32, u32>) -> Result<(), TryRuntimeError> {
		ensure!(Nodes::<T>::count() <= T::MaxNodes::get(), "more nodes than may be");
		ensure!(
			memberships.keys().all(Nodes::<T>::contains_key),
			"a member of a group is no registered node"
		);
		for (account, node) in Nodes::<T>::iter() {
			let count = memberships.get(&account).copied().unwrap_or_default();
			ensure!(node.groups == count, "a node's count of groups is wrong");
			let held = T::Currency::balance_on_hold(&HoldReason::NodeBond.into(), &account);
			ensure!(held == node.bond, "a node's bond is not held");
		}
		for (account, last) in Peers::<T>::iter() {
			let registered = Nodes::<T>::contains_key(&account);
			ensure!(registered || last.peer.is_empty(), "a peer of no node is known");
		}
		Ok(())
	}

	fn check_queue() -> Result<(), TryRuntimeError> {
		let queue = Deadlines::<T>::get();
		ensure!(queue.len() <= MAX_CEREMONIES as usize, "too many ceremonies are under way");
		let sorted = queue.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
		ensure!(sorted, "the queue of deadlines is not in order");
		for (deadline, id) in queue.iter() {
			let ceremony = Ceremonies::<T>::get(id).ok_or("a deadline of no ceremony is queued")?;
			ensure!(ceremony.deadline == *deadline, "a deadline is queued wrongly");
			ensure!(Groups::<T>::contains_key(id), "a ceremony of no group is under way");
		}
		ensure!(
			Ceremonies::<T>::iter_keys().count() == queue.len(),
			"a ceremony's deadline is not queued"
		);
		Ok(())
	}

	fn check_requests() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<GroupId, u32>::new();
		for (id, open) in Requests::<T>::iter() {
			let of = open.request.group;
			ensure!(id < NextRequest::<T>::get(), "a request has a number that was not given out");
			ensure!(RequestsOf::<T>::contains_key(of, id), "a request is not listed");
			let group = Groups::<T>::get(of).ok_or("a request to no group")?;
			ensure!(open.spoken.is_subset(group.everybody()), "a stranger sent a signature");
			let test = open.request.purpose == Purpose::Test;
			let state = if test {
				ensure!(open.request.path == KeyPath::Group, "a test with a derived key");
				let ceremony = Ceremonies::<T>::get(of).ok_or("a test without a ceremony")?;
				ensure!(ceremony.test == Some(id), "a test that nobody waits for");
				GroupState::Generating(Phase::Testing)
			} else {
				GroupState::Active
			};
			ensure!(group.state == state, "a request to a group that cannot sign");
			let count = counts.entry(of).or_default();
			*count = count.saturating_add(1);
		}
		let listed = RequestsOf::<T>::iter_keys().all(|(of, id): (GroupId, RequestId)| {
			Requests::<T>::get(id).is_some_and(|open| open.request.group == of)
		});
		ensure!(listed, "a request is listed that is not open");
		let counted: BTreeMap<GroupId, u32> = RequestCount::<T>::iter().collect();
		ensure!(counted == counts, "the open requests are counted wrongly");
		ensure!(
			counts.values().all(|count| *count <= T::MaxOpenRequests::get()),
			"a group owes too many signatures"
		);
		Ok(())
	}

	/// Nothing is kept of ceremonies that are over, except Feldman commitments of active groups.
	fn check_left_overs() -> Result<(), TryRuntimeError> {
		let running = |id: GroupId| Ceremonies::<T>::contains_key(id);
		let pedersen = Pedersen::<T>::iter_keys().all(|(id, _)| running(id));
		let answers = Answers::<T>::iter_keys().all(|(id, _)| running(id));
		let feldman = Feldman::<T>::iter_keys().all(|(id, dealer)| {
			Groups::<T>::get(id).is_some_and(|group| group.qualified.contains(dealer))
		});
		ensure!(pedersen && answers && feldman, "a ceremony that is over has left something");
		Ok(())
	}
}
