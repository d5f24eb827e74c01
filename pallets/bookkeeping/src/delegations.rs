//! Delegations: how they come, change and go.

use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::fungible::MutateHold,
};
use sp_runtime::SaturatedConversion;

use crate::{pallet::*, stake::displaces, Backer, Backers, Balance, Candidate, NodeState, Stake};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_delegate(
		who: T::AccountId,
		node: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingToDo);
		ensure!(who != node, Error::<T>::SelfDelegation);
		let mut candidate = Candidates::<T>::get(&node).ok_or(Error::<T>::NotCandidate)?;
		ensure!(candidate.state == NodeState::Standing, Error::<T>::NotStanding);
		let mut backers = Delegations::<T>::get(&node);
		let now = Self::now();

		T::Currency::hold(&HoldReason::Stake.into(), &who, amount)?;
		match backers.iter_mut().find(|backer| backer.who == who) {
			Some(backer) => {
				Self::settle(&mut candidate, backer);
				backer.stake.add(amount, now, T::AgeCap::get());
			},
			None => {
				ensure!(amount >= T::MinDelegation::get(), Error::<T>::DelegationTooSmall);
				if backers.is_full() {
					Self::displace(&node, &mut candidate, &mut backers, amount)?;
				}
				let stake = Stake::new(amount, now);
				let paid_up_to = candidate.reward_per_stake;
				let backer = Backer { who: who.clone(), stake, paid_up_to };
				backers.try_push(backer).map_err(|_| Error::<T>::NodeIsFull)?;
				DelegatedTo::<T>::try_append(&who, node.clone())
					.map_err(|()| Error::<T>::TooManyDelegations)?;
				Self::ensure_room(&who)?;
			},
		}
		candidate.delegated = candidate.delegated.saturating_add(amount);
		Candidates::<T>::insert(&node, candidate);
		Delegations::<T>::insert(&node, backers);
		Self::deposit_event(Event::Delegated { who, node, amount });
		Ok(())
	}

	/// Ends the smallest delegation, if it is less than `amount` by a tenth.
	fn displace(
		node: &T::AccountId,
		candidate: &mut Candidate,
		backers: &mut Backers<T>,
		amount: Balance,
	) -> DispatchResult {
		// Of several equal ones the last.
		let smallest = backers
			.iter()
			.enumerate()
			.rev()
			.min_by_key(|(_, backer)| backer.stake.amount)
			.filter(|(_, backer)| displaces(amount, backer.stake.amount))
			.map(|(at, _)| at)
			.ok_or(Error::<T>::NodeIsFull)?;
		let backer = backers.remove(smallest);
		Self::detach(node, candidate, &backer);
		Self::add_chunk(&backer.who, node, backer.stake.amount, candidate.slashes_seen)?;
		Self::deposit_event(Event::Displaced { who: backer.who, node: node.clone() });
		Ok(())
	}

	/// Moves what a delegation has earned out of the node's pool, to where it can be claimed.
	pub(crate) fn settle(candidate: &mut Candidate, backer: &mut Backer<T::AccountId>) {
		let pending = Self::take_pending(candidate, backer);
		backer.paid_up_to = candidate.reward_per_stake;
		Self::add_claimable(&backer.who, pending);
	}

	/// Takes what a delegation has earned out of the node's pool.
	pub(crate) fn take_pending(
		candidate: &mut Candidate,
		backer: &Backer<T::AccountId>,
	) -> Balance {
		let pending = backer.pending(candidate);
		if pending > candidate.pool {
			defensive!("a pool has what its delegators have earned");
		}
		let pending = pending.min(candidate.pool);
		candidate.pool = candidate.pool.saturating_sub(pending);
		pending
	}

	/// Accounts for a delegation that is not in its node's list any more: its reward, the node's total and
	/// its owner's list. What becomes of the stake is up to the caller.
	pub(crate) fn detach(
		node: &T::AccountId,
		candidate: &mut Candidate,
		backer: &Backer<T::AccountId>,
	) {
		let pending = Self::take_pending(candidate, backer);
		Self::add_claimable(&backer.who, pending);
		candidate.delegated = candidate.delegated.saturating_sub(backer.stake.amount);
		DelegatedTo::<T>::mutate_exists(&backer.who, |list| {
			if let Some(nodes) = list {
				nodes.retain(|other| other != node);
				if nodes.is_empty() {
					*list = None;
				}
			}
		});
	}

	pub(crate) fn do_unbond(
		who: T::AccountId,
		node: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingToDo);
		if who == node {
			return Self::unbond_own(who, amount);
		}
		let mut candidate = Candidates::<T>::get(&node).ok_or(Error::<T>::NotCandidate)?;
		ensure!(candidate.state != NodeState::Dissolving, Error::<T>::IsLeaving);
		let mut backers = Delegations::<T>::get(&node);
		let at = backers.iter().position(|backer| backer.who == who).ok_or(Error::<T>::NoStake)?;
		let mut backer = backers.remove(at);
		ensure!(amount <= backer.stake.amount, Error::<T>::NotEnoughStake);
		if amount == backer.stake.amount {
			Self::detach(&node, &mut candidate, &backer);
		} else {
			Self::settle(&mut candidate, &mut backer);
			backer.stake.take(amount);
			candidate.delegated = candidate.delegated.saturating_sub(amount);
			let least = T::MinDelegation::get();
			ensure!(backer.stake.amount >= least, Error::<T>::DelegationTooSmall);
			// Its place is the one that has just become free.
			backers.try_insert(at, backer).map_err(|_| Error::<T>::NodeIsFull)?;
		}
		let seen = candidate.slashes_seen;
		Candidates::<T>::insert(&node, candidate);
		Self::put_backers(&node, backers);
		Self::add_chunk(&who, &node, amount, seen)?;
		Self::ensure_room(&who)
	}

	/// Takes from the own bond of a candidate, down to the least bond.
	fn unbond_own(who: T::AccountId, amount: Balance) -> DispatchResult {
		let mut candidate = Self::staying(&who)?;
		ensure!(amount <= candidate.own.amount, Error::<T>::NotEnoughStake);
		candidate.own.take(amount);
		ensure!(candidate.own.amount >= MinBond::<T>::get(), Error::<T>::BondTooSmall);
		let seen = candidate.slashes_seen;
		Candidates::<T>::insert(&who, candidate);
		Self::add_chunk(&who, &who, amount, seen)?;
		Self::ensure_room(&who)
	}

	fn put_backers(node: &T::AccountId, backers: Backers<T>) {
		if backers.is_empty() {
			Delegations::<T>::remove(node);
		} else {
			Delegations::<T>::insert(node, backers);
		}
	}

	/// Ends at most `limit` delegations to the first candidate in the queue. When none is left the
	/// candidate is forgotten. Returns how many were ended, and `None` if nobody is in the queue.
	pub(crate) fn dissolve(limit: u32) -> Option<u32> {
		let mut queue = DissolveQueue::<T>::get();
		let node = queue.first().cloned()?;
		let Some(mut candidate) = Candidates::<T>::get(&node) else {
			defensive!("only candidates are queued to dissolve");
			queue.remove(0);
			DissolveQueue::<T>::put(queue);
			return Some(0);
		};
		let log = Slashes::<T>::get(&node);
		let session = CurrentSession::<T>::get();
		let mut backers = Delegations::<T>::get(&node);
		let mut steps = 0;
		for _ in 0..limit {
			let Some(backer) = backers.pop() else { break };
			steps = 1u32.saturating_add(steps);
			Self::detach(&node, &mut candidate, &backer);
			let staked = backer.stake.amount;
			let left = log.remainder(staked, session, candidate.slashes_seen);
			let credit = Self::take_stake(&backer.who, &node, staked.saturating_sub(left));
			Self::share_slashed(credit, None);
			if Self::add_chunk(&backer.who, &node, left, log.count).is_err() {
				defensive!("an account has room for a chunk for everything that it has staked");
			}
		}
		if backers.is_empty() {
			queue.remove(0);
			DissolveQueue::<T>::put(queue);
			Self::forget(&node, candidate);
		} else {
			Candidates::<T>::insert(&node, candidate);
		}
		Self::put_backers(&node, backers);
		Some(steps)
	}

	/// Removes a candidate that nothing is staked with. Dust in its pool is nobody's any more.
	fn forget(node: &T::AccountId, candidate: Candidate) {
		Self::add_claimable(node, candidate.earned);
		Outstanding::<T>::mutate(|owed| *owed = owed.saturating_sub(candidate.pool));
		Candidates::<T>::remove(node);
		Self::deposit_event(Event::Left { node: node.clone() });
	}

	/// Pays out what an account has earned. Returns how many delegations were looked at.
	pub(crate) fn do_claim(who: T::AccountId) -> Result<u32, DispatchError> {
		let mut amount = Claimable::<T>::take(&who);
		if let Some(mut candidate) = Candidates::<T>::get(&who) {
			amount = amount.saturating_add(core::mem::take(&mut candidate.earned));
			Candidates::<T>::insert(&who, candidate);
		}
		let nodes = DelegatedTo::<T>::get(&who);
		for node in &nodes {
			let mut backers = Delegations::<T>::get(node);
			let found = backers.iter_mut().find(|backer| backer.who == who);
			let (Some(mut candidate), Some(backer)) = (Candidates::<T>::get(node), found) else {
				defensive!("an account's list has the nodes that it delegates to");
				continue;
			};
			amount = amount.saturating_add(Self::take_pending(&mut candidate, backer));
			backer.paid_up_to = candidate.reward_per_stake;
			Candidates::<T>::insert(node, candidate);
			Delegations::<T>::insert(node, backers);
		}
		Self::pay_out(who, amount)?;
		Ok(nodes.len().saturated_into())
	}
}
