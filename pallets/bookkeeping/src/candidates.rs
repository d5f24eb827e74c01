//! Candidates: how they come, change and go.

use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get, Weight},
	traits::{fungible::MutateHold, ValidatorRegistration},
};
use sp_runtime::{Perbill, SaturatedConversion};

use crate::{
	pallet::*,
	stake::{displaces, weight},
	Balance, Candidate, Commission, MostCandidates, NodeState, SessionIndex, SlashLog, Stake,
	WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// The present block's number.
	pub(crate) fn now() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The weight of a node with this coin age.
	pub(crate) fn weight_of_coin_age(coin_age: u128) -> u64 {
		weight(coin_age, T::WeightUnit::get())
	}

	/// Registers an account that has keys. Returns how many candidates were looked at to find one to displace.
	pub(crate) fn do_register(
		who: T::AccountId,
		bond: Balance,
		commission: Perbill,
	) -> Result<u32, DispatchError> {
		ensure!(T::Registration::is_registered(&who), Error::<T>::KeysNotRegistered);
		Self::add_candidate(who, bond, commission)
	}

	/// What it takes to register when so many candidates were looked at to find one to displace.
	pub(crate) fn weight_to_register(looked_at: u32) -> Weight {
		let own = T::WeightInfo::register();
		if looked_at == 0 {
			return own;
		}
		own.saturating_add(T::WeightInfo::displace(looked_at))
	}

	/// Registers an account of which the keys need not be known yet. Returns as [`Self::do_register`].
	pub(crate) fn add_candidate(
		who: T::AccountId,
		bond: Balance,
		commission: Perbill,
	) -> Result<u32, DispatchError> {
		ensure!(!Candidates::<T>::contains_key(&who), Error::<T>::AlreadyCandidate);
		let SlashLog { count, chilled_until, .. } = Slashes::<T>::get(&who);
		ensure!(chilled_until <= CurrentSession::<T>::get(), Error::<T>::Chilled);
		ensure!(bond >= MinBond::<T>::get(), Error::<T>::BondTooSmall);
		ensure!(Commissions::<T>::get().contain(commission), Error::<T>::CommissionOutOfBounds);
		let looked_at = Self::make_place(&who, bond)?;
		T::Currency::hold(&HoldReason::Stake.into(), &who, bond)?;
		let candidate = Candidate {
			state: NodeState::Standing,
			own: Stake::new(bond, Self::now()),
			delegated: 0,
			commission: Commission::new(commission),
			reward_per_stake: 0,
			earned: 0,
			pool: 0,
			last_active: None,
			absent: 0,
			slashes_seen: count,
		};
		Candidates::<T>::insert(&who, candidate);
		StandingCount::<T>::mutate(|count| *count = count.saturating_add(1));
		Self::ensure_room(&who)?;
		Self::deposit_event(Event::Registered { node: who, bond, commission });
		Ok(looked_at)
	}

	/// How many candidates have a place: all but those that are dissolving.
	pub(crate) fn placed() -> u32 {
		let dissolving = DissolveQueue::<T>::decode_len().unwrap_or_default();
		Candidates::<T>::count().saturating_sub(dissolving.saturated_into())
	}

	/// Sees to it that there is a place for a candidate with this bond. Returns how many candidates were
	/// looked at to find one to displace.
	fn make_place(who: &T::AccountId, bond: Balance) -> Result<u32, DispatchError> {
		let most = MostCandidates::<T>::get();
		ensure!(Candidates::<T>::count() < most, Error::<T>::TooManyCandidates);
		if Self::placed() < T::MaxCandidates::get() {
			return Ok(0);
		}
		Self::displace_candidate(who, bond)
	}

	/// Puts out the candidate with the least stake that stands for election in vain, if it is less than the
	/// bond by a tenth. Returns how many candidates were looked at.
	pub(crate) fn displace_candidate(
		by: &T::AccountId,
		bond: Balance,
	) -> Result<u32, DispatchError> {
		let (present, (_, next)) = (Active::<T>::get(), Planned::<T>::get());
		let invulnerables = Invulnerables::<T>::get();
		let looked_at = Candidates::<T>::count();
		let (node, candidate) = Candidates::<T>::iter()
			.filter(|(_, candidate)| candidate.state == NodeState::Standing)
			.filter(|(node, _)| invulnerables.binary_search(node).is_err())
			.filter(|(node, _)| Self::weight_in(&present, node).is_none())
			.filter(|(node, _)| Self::weight_in(&next, node).is_none())
			// Of several equal ones the youngest.
			.min_by(|(a, first), (b, second)| {
				let by_stake = first.staked().cmp(&second.staked());
				let by_age = second.own.age_start.cmp(&first.own.age_start);
				by_stake.then(by_age).then(a.cmp(b))
			})
			.filter(|(_, candidate)| displaces(bond, candidate.staked()))
			.ok_or(Error::<T>::TooManyCandidates)?;
		Self::deposit_event(Event::Outbid { node: node.clone(), by: by.clone() });
		Self::end_candidacy(node, candidate)?;
		Ok(looked_at)
	}

	/// Changes where a candidate stands, and keeps the count.
	pub(crate) fn set_state(candidate: &mut Candidate, state: NodeState) {
		let standing = |state| u32::from(state == NodeState::Standing);
		StandingCount::<T>::mutate(|count| {
			*count =
				count.saturating_sub(standing(candidate.state)).saturating_add(standing(state));
		});
		candidate.state = state;
	}

	/// How many nodes could be elected, as far as that is up to this pallet.
	pub(crate) fn electable() -> u32 {
		let invulnerables = Invulnerables::<T>::get();
		// Those that stand for election as well are in the count already.
		let others = invulnerables.iter().filter(|node| !Self::is_standing(node)).count();
		StandingCount::<T>::get().saturating_add(others.saturated_into())
	}

	pub(crate) fn is_standing(node: &T::AccountId) -> bool {
		Candidates::<T>::get(node).is_some_and(|found| found.state == NodeState::Standing)
	}

	/// Whether the account is elected for the present session or for the next.
	pub(crate) fn is_elected(node: &T::AccountId) -> bool {
		Self::weight_in(&Active::<T>::get(), node).is_some()
			|| Self::weight_in(&Planned::<T>::get().1, node).is_some()
	}

	pub(crate) fn do_leave(who: T::AccountId) -> DispatchResult {
		let candidate = Candidates::<T>::get(&who).ok_or(Error::<T>::NotCandidate)?;
		let seated = Invulnerables::<T>::get().binary_search(&who).is_ok();
		match candidate.state {
			NodeState::Standing if !seated => {
				ensure!(Self::electable() > T::MinNodes::get(), Error::<T>::TooFewNodes);
			},
			NodeState::Standing | NodeState::Idle => (),
			NodeState::Leaving | NodeState::Dissolving => return Err(Error::<T>::IsLeaving.into()),
		}
		Self::end_candidacy(who, candidate)
	}

	pub(crate) fn do_evict(node: T::AccountId) -> DispatchResult {
		let candidate = Candidates::<T>::get(&node).ok_or(Error::<T>::NotCandidate)?;
		let full = Self::placed() >= T::MaxCandidates::get();
		let evictable = match candidate.state {
			NodeState::Idle => true,
			NodeState::Standing => candidate.own.amount < MinBond::<T>::get(),
			NodeState::Leaving | NodeState::Dissolving => false,
		};
		ensure!(full && evictable, Error::<T>::NotEvictable);
		Self::end_candidacy(node, candidate)
	}

	/// Lets a candidate leave: at once, or after the sessions that it is elected for. An invulnerable is
	/// elected as long as it has its seat, with or without stake: its stake goes at once.
	fn end_candidacy(node: T::AccountId, mut candidate: Candidate) -> DispatchResult {
		Self::set_state(&mut candidate, NodeState::Leaving);
		Self::deposit_event(Event::Leaving { node: node.clone() });
		if Self::is_elected(&node) && !Self::is_invulnerable(&node) {
			Candidates::<T>::insert(node, candidate);
		} else {
			Self::begin_dissolving(node, candidate);
		}
		Ok(())
	}

	/// Puts a candidate out: its bond begins to unbond, and its delegations are queued for that.
	pub(crate) fn begin_dissolving(node: T::AccountId, mut candidate: Candidate) {
		Self::set_state(&mut candidate, NodeState::Dissolving);
		let bond = candidate.own.amount;
		candidate.own.take(bond);
		let seen = candidate.slashes_seen;
		Candidates::<T>::insert(&node, candidate);
		if Self::add_chunk(&node, &node, bond, seen).is_err() {
			defensive!("an account has room for a chunk for everything that it has staked");
		}
		if DissolveQueue::<T>::try_append(node.clone()).is_err() {
			defensive!("every candidate dissolves once, and the queue has a place for each");
		}
		Self::deposit_event(Event::Dissolving { node });
	}

	/// Lets candidates go that have left and are not elected any more, or have a seat by now.
	pub(crate) fn dissolve_former() {
		let (present, (_, next)) = (Active::<T>::get(), Planned::<T>::get());
		let invulnerables = Invulnerables::<T>::get();
		let elected = |node: &T::AccountId| {
			Self::weight_in(&present, node).is_some() || Self::weight_in(&next, node).is_some()
		};
		let former: alloc::vec::Vec<_> = Candidates::<T>::iter()
			.filter(|(_, candidate)| candidate.state == NodeState::Leaving)
			.filter(|(node, _)| !elected(node) || invulnerables.binary_search(node).is_ok())
			.collect();
		for (node, candidate) in former {
			Self::begin_dissolving(node, candidate);
		}
	}

	pub(crate) fn do_rejoin(who: T::AccountId) -> DispatchResult {
		let mut candidate = Candidates::<T>::get(&who).ok_or(Error::<T>::NotCandidate)?;
		ensure!(candidate.state == NodeState::Idle, Error::<T>::NotIdle);
		ensure!(T::Registration::is_registered(&who), Error::<T>::KeysNotRegistered);
		ensure!(candidate.own.amount >= MinBond::<T>::get(), Error::<T>::BondTooSmall);
		candidate.absent = 0;
		Self::set_state(&mut candidate, NodeState::Standing);
		Candidates::<T>::insert(&who, candidate);
		Self::deposit_event(Event::Rejoined { node: who });
		Ok(())
	}

	pub(crate) fn do_bond_extra(who: T::AccountId, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingToDo);
		let mut candidate = Self::staying(&who)?;
		T::Currency::hold(&HoldReason::Stake.into(), &who, amount)?;
		candidate.own.add(amount, Self::now(), T::AgeCap::get());
		let bond = candidate.own.amount;
		Candidates::<T>::insert(&who, candidate);
		Self::deposit_event(Event::BondExtended { node: who, bond });
		Ok(())
	}

	pub(crate) fn do_set_commission(who: T::AccountId, commission: Perbill) -> DispatchResult {
		let mut candidate = Self::staying(&who)?;
		ensure!(Commissions::<T>::get().contain(commission), Error::<T>::CommissionOutOfBounds);
		let session = CurrentSession::<T>::get();
		candidate.commission.change(commission, session, T::UnbondingSessions::get());
		let from = candidate.commission.announced(session).map_or(session, |(from, _)| from);
		Candidates::<T>::insert(&who, candidate);
		Self::deposit_event(Event::CommissionSet { node: who, commission, from });
		Ok(())
	}

	/// The candidate, if it is not about to leave.
	pub(crate) fn staying(node: &T::AccountId) -> Result<Candidate, Error<T>> {
		let candidate = Candidates::<T>::get(node).ok_or(Error::<T>::NotCandidate)?;
		match candidate.state {
			NodeState::Standing | NodeState::Idle => Ok(candidate),
			NodeState::Leaving | NodeState::Dissolving => Err(Error::<T>::IsLeaving),
		}
	}

	/// The session from which on stake can be withdrawn that begins to unbond in session `since`.
	pub(crate) fn available(since: SessionIndex) -> SessionIndex {
		since.saturating_add(T::UnbondingSessions::get())
	}
}
