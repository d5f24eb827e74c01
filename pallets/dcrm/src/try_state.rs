//! What must hold at every time.

mod account_keys;

use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
	ensure,
	pallet_prelude::{Get, Zero},
	traits::fungible::{Inspect, InspectHold},
};
use fusion_dcrm_primitives::{
	GroupId, GroupState, KeyPath, MemberId, Phase, Purpose, RequestId, MAX_MEMBERS,
};
use sp_runtime::{AccountId32, Saturating, TryRuntimeError};

use crate::{
	account_of, index_in, pallet::*, threshold_of, BalanceOf, Group, Handover, KeyPoints,
	MemberSet, Running, Silence, MAX_CEREMONIES, MIN_MEMBERS,
};

impl<T: Config> Pallet<T> {
	/// Checks the whole state of the pallet. Names the first rule that is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut memberships = BTreeMap::<AccountId32, u32>::new();
		for (id, group) in Groups::<T>::iter() {
			ensure!(id < NextGroup::<T>::get(), "a group has a number that was not given out");
			Self::check_group(id, &group)?;
			if group.state == GroupState::Failed {
				continue;
			}
			// A member that stays is in one group, not in two.
			let next = Handovers::<T>::get(id).map(|next| next.members).unwrap_or_default();
			let joiners = next.iter().filter(|member| group.index_of(member).is_none());
			for member in group.members.iter().chain(joiners) {
				let count = memberships.entry(account_of(member)).or_default();
				*count = count.saturating_add(1);
			}
		}
		Self::check_nodes(&memberships)?;
		Self::check_queue()?;
		Self::check_requests()?;
		Self::check_account_keys()?;
		Self::check_left_overs()?;
		Self::check_conduct()?;
		Self::check_pay()?;
		Self::check_watches()?;
		if let Some(active) = ActiveGroup::<T>::get() {
			let state = Groups::<T>::get(active).map(|group| group.state);
			ensure!(state == Some(GroupState::Active), "the active group is not active");
		}
		Ok(())
	}

	fn check_group(id: GroupId, group: &Group) -> Result<(), TryRuntimeError> {
		Self::check_list(&group.members, group.threshold)?;
		ensure!(group.attempt < group.attempts, "an attempt has a number that was not given out");
		let handover = Handovers::<T>::get(id);
		let known = Commitments::<T>::get(id);
		if group.state == GroupState::Active {
			ensure!(group.key.is_some(), "an active group has no key");
			if let Some(known) = &known {
				Self::check_commitments(group, known)?;
			}
			return match handover {
				Some(handover) => Self::check_handover(id, group, handover, known),
				None => Self::check_active(id, group, known),
			};
		}

		ensure!(handover.is_none(), "a key is handed over that is not in use");
		ensure!(known.is_none(), "there are commitments to a key that is not in use");
		ensure!(group.epoch == 0, "a key was handed over that is not in use");
		ensure!(
			group.attempts == group.attempt.saturating_add(1),
			"the attempt at key generation is not the last one that began"
		);
		let running = Self::load(id, group.clone());
		if group.state == GroupState::Failed {
			ensure!(running.is_none(), "a failed group still has a ceremony");
			ensure!(group.key.is_none(), "a failed group has a key");
			ensure!(group.qualified.is_empty(), "a failed group has dealers");
			return Ok(());
		}
		ensure!(
			group.attempts <= T::MaxAttempts::get(),
			"a group had more attempts than there are"
		);
		let running = running.ok_or("a group makes a key without a ceremony")?;
		Self::check_ceremony(&running)
	}

	/// The members of a group, or who are to become that.
	fn check_list(members: &[MemberId], threshold: u16) -> Result<(), TryRuntimeError> {
		let count = members.len() as u32;
		ensure!((MIN_MEMBERS..=MAX_MEMBERS).contains(&count), "a group has a wrong size");
		ensure!(threshold == threshold_of(count), "a group has a wrong threshold");
		let once =
			(1u16..).zip(members).all(|(index, member)| index_in(members, member) == Some(index));
		ensure!(once, "a member stands twice in a group");
		Ok(())
	}

	/// What is known of the key's polynomial, now or in the epoch before.
	fn check_commitments(group: &Group, known: &KeyPoints) -> Result<(), TryRuntimeError> {
		let KeyPoints { attempt, members, points } = known;
		ensure!(*attempt <= group.attempt, "there are commitments of an epoch to come");
		ensure!(
			points.len() == usize::from(threshold_of((*members).into())),
			"there is not one commitment a coefficient"
		);
		ensure!(points.first() == group.key.as_ref(), "there are commitments to another key");
		let present = *attempt == group.attempt;
		ensure!(!present || *members == group.size(), "commitments are of another group's size");
		Ok(())
	}

	/// A group whose key stays where it is.
	fn check_active(
		id: GroupId,
		group: &Group,
		known: Option<KeyPoints>,
	) -> Result<(), TryRuntimeError> {
		ensure!(!Ceremonies::<T>::contains_key(id), "an active group still has a ceremony");
		let (dealers, needed) = match known {
			// Commitments to the sum took the place of the dealings.
			Some(known) if known.attempt == group.attempt => {
				ensure!(group.qualified.is_empty(), "dealings count twice");
				return Self::check_feldman(id, MemberSet::default(), group.threshold);
			},
			// The key was handed over: the dealers were members of the epoch before.
			Some(known) => {
				ensure!(group.epoch > 0, "there are commitments of an epoch that was not");
				(MemberSet::all(known.members), known.points.len())
			},
			None => {
				ensure!(group.epoch == 0, "the commitments of the epoch before are missing");
				(group.everybody(), usize::from(group.threshold))
			},
		};
		ensure!(group.qualified.is_subset(dealers), "a qualified dealer is no member");
		ensure!(usize::from(group.qualified.len()) >= needed, "a key has too few dealers");
		Self::check_feldman(id, group.qualified, group.threshold)
	}

	/// A group whose key is being handed over.
	fn check_handover(
		id: GroupId,
		group: &Group,
		handover: Handover,
		known: Option<KeyPoints>,
	) -> Result<(), TryRuntimeError> {
		Self::check_list(&handover.members, handover.threshold)?;
		ensure!(
			known.is_some_and(|known| known.attempt == group.attempt),
			"a key is handed over without commitments to it"
		);
		ensure!(group.qualified.is_empty(), "a dealing counts that made room for a handover");
		ensure!(
			group.attempts == handover.attempt.saturating_add(1),
			"the attempt at a handover is not the last one that began"
		);
		ensure!(
			group.attempt < handover.attempt,
			"a handover has the attempt of the present shares"
		);
		let tries = 1..=T::MaxAttempts::get();
		ensure!(tries.contains(&handover.tries), "a handover had more attempts than there are");
		let running =
			Self::load(id, group.clone()).ok_or("a key is handed over without a ceremony")?;
		ensure!(running.ceremony.excluded.is_empty(), "a member may not deal its share");
		Self::check_ceremony(&running)
	}

	/// These dealers have Feldman commitments, one a coefficient, and nobody else has.
	fn check_feldman(
		id: GroupId,
		dealers: MemberSet,
		threshold: u16,
	) -> Result<(), TryRuntimeError> {
		let mut revealed = MemberSet::default();
		for (dealer, points) in Feldman::<T>::iter_prefix(id) {
			ensure!(
				dealers.contains(dealer) && points.len() == usize::from(threshold),
				"Feldman commitments are missing, too many or misplaced"
			);
			revealed.insert(dealer);
		}
		ensure!(revealed == dealers, "Feldman commitments are missing, too many or misplaced");
		Ok(())
	}

	/// A ceremony that is under way: who has said what so far.
	fn check_ceremony(running: &Running) -> Result<(), TryRuntimeError> {
		let Running { id, group, handover, ceremony, .. } = running;
		let phase = running.phase().ok_or("a ceremony is in no phase")?;
		ensure!(
			phase != Phase::Accusing || handover.is_some(),
			"a key generation is in a phase that only handovers have"
		);
		let (dealers, receivers) = (group.everybody(), running.every_receiver());
		let qualified = running.qualified();
		let speakers = match phase {
			Phase::Dealing | Phase::Answers | Phase::Revealing => dealers,
			Phase::Verdicts | Phase::Accusing | Phase::Confirming | Phase::Testing => receivers,
		};
		let sets = [
			(ceremony.excluded, dealers),
			(ceremony.spoken, speakers),
			(ceremony.confirmed, receivers),
		];
		ensure!(sets.iter().all(|(set, all)| set.is_subset(*all)), "somebody is no member");
		ensure!(qualified.is_subset(dealers), "a qualified dealer is no member");
		ensure!(qualified.intersection(ceremony.excluded).is_empty(), "an excluded member deals");
		let may_deal = dealers.without(ceremony.excluded);
		ensure!(may_deal.len() >= group.threshold, "too few members may deal");
		ensure!(
			phase == Phase::Dealing || qualified.len() >= group.threshold,
			"too few dealers are qualified"
		);

		let late = matches!(phase, Phase::Confirming | Phase::Testing);
		ensure!(late || ceremony.confirmed.is_empty(), "somebody confirmed too early");
		// What was revealed need not make a key.
		let made = || phase == Phase::Testing || Self::sum_of_constants(running).is_some();
		let known = handover.is_some() || (late && made());
		ensure!(group.key.is_some() == known, "a key is known too early or too late");
		Self::check_complaints(running, phase)?;
		Self::check_dealings(running, phase)?;

		ensure!(
			ceremony.test.is_some() == (phase == Phase::Testing),
			"a test is asked for too early or too late"
		);
		let Some(test) = ceremony.test else { return Ok(()) };
		let test = Requests::<T>::get(test).map(|open| open.request);
		ensure!(
			test.is_some_and(|test| test.purpose == Purpose::Test && test.group == *id),
			"the request for the test signature is missing"
		);
		Ok(())
	}

	fn check_complaints(running: &Running, phase: Phase) -> Result<(), TryRuntimeError> {
		let Running { group, ceremony, .. } = running;
		ensure!(
			ceremony.complaints.len() == group.members.len(),
			"complaints are not kept by member"
		);
		ensure!(
			ceremony.accused().is_subset(running.qualified()),
			"a dealer is complained about that is not qualified"
		);
		for dealer in ceremony.accused().iter() {
			let accusers = ceremony.complaints_about(dealer);
			ensure!(accusers.is_subset(running.every_receiver()), "a stranger complains");
			ensure!(accusers.len() <= running.tolerated(), "a dealer has too many complaints");
		}
		let open = !ceremony.accused().is_empty();
		let may_be = matches!(phase, Phase::Verdicts | Phase::Answers);
		ensure!(!open || may_be, "complaints are open in a phase without complaints");
		ensure!(phase != Phase::Answers || open, "answers are awaited, but there is no complaint");
		Ok(())
	}

	/// What dealers have published.
	fn check_dealings(running: &Running, phase: Phase) -> Result<(), TryRuntimeError> {
		let Running { id, ceremony, .. } = running;
		let (qualified, threshold) = (running.qualified(), running.threshold());
		let mut dealt = MemberSet::default();
		for (dealer, points) in Pedersen::<T>::iter_prefix(id) {
			ensure!(
				points.len() == usize::from(threshold),
				"a dealing has a wrong number of commitments"
			);
			dealt.insert(dealer);
		}
		ensure!(dealt.is_subset(running.group.everybody()), "somebody dealt who is no member");
		if phase == Phase::Dealing {
			let expected = qualified.intersection(ceremony.spoken);
			ensure!(dealt == expected, "who has dealt and what was dealt differ");
		} else {
			ensure!(qualified.is_subset(dealt), "a qualified dealer has not dealt");
		}

		for (dealer, answered) in Answers::<T>::iter_prefix(id) {
			let early = matches!(phase, Phase::Dealing | Phase::Verdicts);
			ensure!(!early, "a dealer has answered before it was asked");
			ensure!(qualified.contains(dealer), "answers of a dealer that is out are kept");
			ensure!(
				answered.len() <= usize::from(running.tolerated()),
				"a dealer has published too many shares"
			);
			let receivers = running.every_receiver();
			ensure!(
				answered.iter().all(|(accuser, _)| receivers.contains(*accuser)),
				"a dealer has published the share of nobody"
			);
		}

		let revealed = match phase {
			Phase::Dealing | Phase::Verdicts | Phase::Answers => MemberSet::default(),
			Phase::Revealing => qualified.intersection(ceremony.spoken),
			Phase::Accusing | Phase::Confirming | Phase::Testing => qualified,
		};
		Self::check_feldman(*id, revealed, threshold)
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
			let unbonding = Unbonding::<T>::get(&account).map_or(Zero::zero(), |(some, _)| some);
			let held = T::Currency::balance_on_hold(&HoldReason::NodeBond.into(), &account);
			ensure!(held == node.bond.saturating_add(unbonding), "a node's bond is not held");
		}
		for (account, (amount, _)) in Unbonding::<T>::iter() {
			let held = T::Currency::balance_on_hold(&HoldReason::NodeBond.into(), &account);
			ensure!(!amount.is_zero() && held >= amount, "what is unbonding is not held");
		}
		Self::check_stakes()?;
		for (account, last) in Peers::<T>::iter() {
			let registered = Nodes::<T>::contains_key(&account);
			ensure!(registered || last.peer.is_empty(), "a peer of no node is known");
		}
		Ok(())
	}

	/// Stakes are the bonds of nodes. All who have bonded enough have one, unless they are benched.
	fn check_stakes() -> Result<(), TryRuntimeError> {
		let stakes = Stakes::<T>::get();
		let sorted = stakes.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
		ensure!(sorted, "the stakes are not in order");
		for (account, stake) in &stakes {
			let node = Nodes::<T>::get(account).ok_or("somebody has a stake who is no node")?;
			ensure!(node.bond == *stake, "a stake is not the bond");
			ensure!(!node.benched, "a node is drawn that is benched");
		}
		let fit = Nodes::<T>::iter()
			.filter(|(_, node)| node.bond >= T::NodeBond::get() && !node.bond.is_zero())
			.filter(|(_, node)| !node.benched);
		let staked =
			|account: &AccountId32| stakes.binary_search_by(|(node, _)| node.cmp(account)).is_ok();
		ensure!(
			fit.map(|(account, _)| account).all(|account| staked(&account)),
			"a node has no stake"
		);
		Ok(())
	}

	/// What is kept of members' behaviour is that of present members, and only nodes are fined.
	fn check_conduct() -> Result<(), TryRuntimeError> {
		ensure!(Params::<T>::get().is_valid(), "the parameters contradict each other");
		let fines = Fines::<T>::get();
		ensure!(
			fines.iter().all(|fine| Nodes::<T>::contains_key(&fine.node)),
			"somebody is to be fined who is no node"
		);
		for (id, conducts) in Conducts::<T>::iter() {
			let members = Groups::<T>::get(id)
				.filter(|group| group.state != GroupState::Failed)
				.map_or(0, |group| group.members.len());
			ensure!(
				conducts.0.len() <= members,
				"the conduct of somebody is kept who is no member"
			);
		}
		Ok(())
	}

	/// Who is asked for its share has one, and the chain can check it.
	fn check_watches() -> Result<(), TryRuntimeError> {
		for (id, watched) in Watches::<T>::iter() {
			let group = Groups::<T>::get(id).ok_or("nobody is challenged")?;
			ensure!(watched.opened <= Self::now(), "a challenge is from the future");
			ensure!(watched.number > 0, "a challenge that was not is kept");
			let Some(open) = watched.open else { continue };
			ensure!(open.passed.is_subset(open.spoken), "somebody has passed without a word");
			if open.attempt == group.attempt {
				ensure!(open.spoken.is_subset(group.everybody()), "a stranger has a share");
				let known = Commitments::<T>::get(id).map(|known| known.attempt);
				ensure!(known == Some(group.attempt), "a challenge without commitments");
			}
		}
		for (id, votes) in SilenceVotes::<T>::iter() {
			let group = Groups::<T>::get(id)
				.filter(|group| group.state == GroupState::Active)
				.ok_or("members are said to be silent of a group that is not active")?;
			ensure!(votes.attempt == group.attempt, "votes of another epoch are kept");
			for member in MemberSet::all(MAX_MEMBERS as u16).iter() {
				let Silence { since, voters } = votes.about.get(member);
				// As many as it takes are counted at once, and stay until they are void.
				let counted = voters.len() == group.threshold && votes.next_ejection > since;
				let sound = voters.is_subset(group.everybody())
					&& !voters.contains(member)
					&& (voters.len() < group.threshold || counted);
				ensure!(sound, "votes were not counted, or are of a stranger or about the voter");
				ensure!(since <= Self::now(), "a vote is from the future");
			}
		}
		let mut waiting = Vec::new();
		for ejection in Ejections::<T>::get() {
			ensure!(ejection.voted <= Self::now(), "a member was voted out in the future");
			ensure!(
				!waiting.contains(&ejection.group),
				"two members of a group wait to be replaced"
			);
			ensure!(Groups::<T>::contains_key(ejection.group), "a member of nothing was voted out");
			waiting.push(ejection.group);
		}
		if let Some(work) = Settlements::<T>::get() {
			let group = Groups::<T>::get(work.group).ok_or("dealings of nobody are added up")?;
			if group.attempt == work.attempt && !group.qualified.is_empty() {
				let length = usize::from(group.threshold);
				ensure!(work.points.len() == length, "a sum of dealings has a wrong length");
				let some = work.added.is_subset(group.qualified) && work.added != group.qualified;
				ensure!(some, "other dealings are added up than there are");
			}
		}
		let cursor = Cursor::<T>::get();
		let looked_at = cursor == 0 || cursor < NextGroup::<T>::get();
		ensure!(looked_at, "a group is looked at that is not");
		Ok(())
	}

	/// What was earned is there.
	fn check_pay() -> Result<(), TryRuntimeError> {
		let mut sum: BalanceOf<T> = Zero::zero();
		for (id, epoch, earnings) in Earnings::<T>::iter() {
			let reached = Groups::<T>::get(id).is_some_and(|group| group.epoch >= epoch);
			ensure!(reached, "somebody has earned in an epoch that was not");
			let amounts = &earnings.amounts.0;
			ensure!(amounts.len() <= earnings.members.len(), "somebody earns who is no member");
			ensure!(amounts.iter().any(|amount| !amount.is_zero()), "nothing earned is kept");
			sum = amounts.iter().fold(sum, |sum, amount| sum.saturating_add(*amount));
		}
		ensure!(Owed::<T>::get() == sum, "what is owed is summed up wrongly");
		let pot = T::Currency::balance(&Self::pot());
		let free = pot.saturating_sub(T::Currency::minimum_balance());
		ensure!(sum <= free, "more is owed than the pot has");
		Ok(())
	}

	fn check_queue() -> Result<(), TryRuntimeError> {
		let past = |block: u32| block <= Self::now();
		let paused = PausedSince::<T>::get().is_none_or(past);
		ensure!(paused && past(ResumedAt::<T>::get()), "a pause is from the future");
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
		let mut tests = BTreeMap::<GroupId, u32>::new();
		for (id, open) in Requests::<T>::iter() {
			let of = open.request.group;
			ensure!(id < NextRequest::<T>::get(), "a request has a number that was not given out");
			ensure!(RequestsOf::<T>::contains_key(of, id), "a request is not listed");
			let group = Groups::<T>::get(of).ok_or("a request to no group")?;
			let members = if open.request.purpose == Purpose::Test {
				ensure!(open.request.path == KeyPath::Group, "a test with a derived key");
				let running = Self::load(of, group).ok_or("a test without a ceremony")?;
				ensure!(running.ceremony.test == Some(id), "a test that nobody waits for");
				let testing = running.phase() == Some(Phase::Testing);
				ensure!(testing, "a request to a group that cannot sign");
				ensure!(open.attempt == running.attempt(), "a test of another attempt's shares");
				tests.insert(of, 1);
				running.every_receiver()
			} else {
				let active = group.state == GroupState::Active;
				ensure!(active, "a request to a group that cannot sign");
				ensure!(open.attempt <= group.attempt, "a request to members of an epoch to come");
				// Of an earlier epoch's members it is not known any more how many there were.
				let present = open.attempt == group.attempt;
				if present {
					group.everybody()
				} else {
					MemberSet::all(MAX_MEMBERS as u16)
				}
			};
			ensure!(open.spoken.is_subset(members), "a stranger sent a signature");
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
			counts.iter().all(|(of, count)| {
				let tests = tests.get(of).copied().unwrap_or_default();
				let others = tests.saturating_add(AccountRequestCount::<T>::get(of));
				count.saturating_sub(others) <= T::MaxOpenRequests::get()
			}),
			"a group owes too many signatures"
		);
		Ok(())
	}

	/// Nothing is kept of ceremonies that are over, except what the keys of active groups were made of.
	fn check_left_overs() -> Result<(), TryRuntimeError> {
		let running = |id: GroupId| Ceremonies::<T>::contains_key(id);
		let pedersen = Pedersen::<T>::iter_keys().all(|(id, _)| running(id));
		let answers = Answers::<T>::iter_keys().all(|(id, _)| running(id));
		let qualified = |id: GroupId| match Handovers::<T>::get(id) {
			Some(handover) => handover.qualified,
			None => Groups::<T>::get(id).map(|group| group.qualified).unwrap_or_default(),
		};
		let feldman = Feldman::<T>::iter_keys().all(|(id, dealer)| qualified(id).contains(dealer));
		ensure!(pedersen && answers && feldman, "a ceremony that is over has left something");
		let known = |id: GroupId| Groups::<T>::contains_key(id);
		ensure!(Handovers::<T>::iter_keys().all(known), "a key of no group is handed over");
		ensure!(
			Commitments::<T>::iter_keys().all(known),
			"there are commitments to no group's key"
		);
		Ok(())
	}
}
