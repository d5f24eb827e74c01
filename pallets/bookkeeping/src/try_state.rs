//! What must hold at every time.

use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{
	ensure,
	pallet_prelude::Get,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::{SaturatedConversion, TryRuntimeError};

use crate::{pallet::*, Balance, MostCandidates, NodeState};

impl<T: Config> Pallet<T> {
	/// Checks the whole state of the pallet. Names the first rule that is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_candidates()?;
		Self::check_delegations()?;
		Self::check_holds()?;
		Self::check_room()?;
		Self::check_rewards()?;
		Self::check_sessions()?;
		Self::check_slashes()
	}

	fn check_candidates() -> Result<(), TryRuntimeError> {
		let count = Candidates::<T>::count();
		ensure!(count <= MostCandidates::<T>::get(), "more candidates than may be");
		ensure!(Self::placed() <= T::MaxCandidates::get(), "more candidates than there are places");
		ensure!(
			Candidates::<T>::iter_keys().count() == usize::try_from(count).unwrap_or(usize::MAX),
			"candidates are counted wrongly"
		);
		let mut standing = 0u32;
		let queue: BTreeSet<_> = DissolveQueue::<T>::get().into_iter().collect();
		ensure!(
			queue.len() == DissolveQueue::<T>::decode_len().unwrap_or_default(),
			"a candidate is queued twice"
		);
		ensure!(
			queue.iter().all(Candidates::<T>::contains_key),
			"somebody is queued who is no candidate"
		);
		for (node, candidate) in Candidates::<T>::iter() {
			standing = standing.saturating_add((candidate.state == NodeState::Standing).into());
			let dissolving = candidate.state == NodeState::Dissolving;
			ensure!(queue.contains(&node) == dissolving, "the queue of who dissolves is wrong");
			ensure!(
				(candidate.own.amount == 0) == dissolving,
				"a candidate has no bond, or one that dissolves has one"
			);
			ensure!(candidate.own.age_start <= Self::now(), "a bond is from the future");
			let log = Slashes::<T>::get(&node);
			ensure!(
				dissolving || candidate.slashes_seen == log.count,
				"a candidate was slashed and does not dissolve"
			);
		}
		ensure!(StandingCount::<T>::get() == standing, "those who stand are counted wrongly");
		Ok(())
	}

	fn check_delegations() -> Result<(), TryRuntimeError> {
		let mut listed = BTreeSet::new();
		for (node, backers) in Delegations::<T>::iter() {
			let candidate = Candidates::<T>::get(&node).ok_or("delegations to no candidate")?;
			ensure!(!backers.is_empty(), "an empty list of delegations is kept");
			let mut sum: Balance = 0;
			let mut pending: Balance = 0;
			for backer in &backers {
				ensure!(
					listed.insert((backer.who.clone(), node.clone())),
					"a delegation is doubled"
				);
				ensure!(backer.who != node, "a node delegates to itself");
				ensure!(backer.stake.amount > 0, "an empty delegation is kept");
				ensure!(backer.stake.age_start <= Self::now(), "a delegation is from the future");
				ensure!(
					backer.paid_up_to <= candidate.reward_per_stake,
					"a delegation was paid for what has not been earned"
				);
				sum = sum.saturating_add(backer.stake.amount);
				pending = pending.saturating_add(backer.pending(&candidate));
			}
			ensure!(sum == candidate.delegated, "the delegations to a node do not add up");
			ensure!(pending <= candidate.pool, "a pool has less than its delegators have earned");
		}
		for (node, candidate) in Candidates::<T>::iter() {
			ensure!(
				Delegations::<T>::contains_key(node) == (candidate.delegated > 0),
				"a sum of delegations without delegations"
			);
		}
		let mut counted = 0usize;
		for (who, nodes) in DelegatedTo::<T>::iter() {
			ensure!(!nodes.is_empty(), "an empty list of nodes is kept");
			counted = counted.saturating_add(nodes.len());
			ensure!(
				nodes.into_iter().all(|node| listed.contains(&(who.clone(), node))),
				"an account's list has a node that it does not delegate to"
			);
		}
		ensure!(counted == listed.len(), "a delegation is in no account's list");
		Ok(())
	}

	/// What is recorded for each account, by whichever storage, is held of it.
	fn check_holds() -> Result<(), TryRuntimeError> {
		let own = Candidates::<T>::iter().map(|(node, candidate)| (node, candidate.own.amount));
		let delegated = Delegations::<T>::iter_values()
			.flat_map(|backers| backers.into_inner())
			.map(|backer| (backer.who, backer.stake.amount));
		let unbonding = Unbonding::<T>::iter().flat_map(|(who, chunks)| {
			chunks.into_iter().map(move |chunk| (who.clone(), chunk.amount))
		});
		let mut stakes = BTreeMap::<T::AccountId, Balance>::new();
		for (who, amount) in own.chain(delegated).chain(unbonding) {
			let sum = stakes.entry(who).or_default();
			*sum = sum.saturating_add(amount);
		}
		for (who, amount) in stakes {
			let held = T::Currency::balance_on_hold(&HoldReason::Stake.into(), &who);
			ensure!(held == amount, "what is staked and what is held differ");
		}
		Ok(())
	}

	/// Everybody has room for a chunk for everything that is staked.
	fn check_room() -> Result<(), TryRuntimeError> {
		let accounts = Unbonding::<T>::iter_keys()
			.chain(DelegatedTo::<T>::iter_keys())
			.chain(Candidates::<T>::iter_keys());
		for who in accounts {
			ensure!(Self::ensure_room(&who).is_ok(), "an account has no room for its stake");
		}
		let session = CurrentSession::<T>::get();
		for (who, chunks) in Unbonding::<T>::iter() {
			ensure!(!chunks.is_empty(), "an empty list of chunks is kept");
			for chunk in chunks {
				ensure!(chunk.amount > 0, "an empty chunk is kept");
				ensure!(chunk.since <= session, "a chunk is from the future");
				let log = Slashes::<T>::get(&chunk.node);
				ensure!(chunk.slashes_seen <= log.count, "a chunk has seen too many slashes");
				ensure!(
					chunk.node != who || chunk.slashes_seen == log.count,
					"an offender's own chunk was not slashed"
				);
			}
		}
		Ok(())
	}

	fn check_rewards() -> Result<(), TryRuntimeError> {
		let issued = Issued::<T>::get();
		ensure!(issued <= T::EmissionCeiling::get(), "more was issued than may be");
		let scheduled = Self::schedule().before(Self::now().saturating_add(1));
		ensure!(
			scheduled.is_some_and(|scheduled| issued <= scheduled),
			"more was issued than all blocks so far were worth"
		);
		let nodes = Candidates::<T>::iter_values().fold(0, |sum: Balance, node| {
			sum.saturating_add(node.earned).saturating_add(node.pool)
		});
		let owed = Claimable::<T>::iter_values().fold(nodes, Balance::saturating_add);
		ensure!(owed == Outstanding::<T>::get(), "what is owed does not add up");
		ensure!(Claimable::<T>::iter_values().all(|amount| amount > 0), "an empty claim is kept");
		let pot = T::Currency::balance(&Self::pot());
		ensure!(owed <= pot, "the pot owes more than it has");
		ensure!(!BlockFees::<T>::exists(), "the fees of a block are left over");
		Ok(())
	}

	fn check_sessions() -> Result<(), TryRuntimeError> {
		let sorted = |accounts: Vec<T::AccountId>| {
			accounts.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
		};
		let accounts = |nodes: crate::Elected<T>| {
			nodes.into_iter().map(|(account, _)| account).collect::<Vec<_>>()
		};
		ensure!(sorted(accounts(Active::<T>::get())), "the present nodes are not in order");
		ensure!(sorted(accounts(Planned::<T>::get().1)), "the next nodes are not in order");
		let invulnerables = Invulnerables::<T>::get();
		ensure!(sorted(invulnerables.to_vec()), "the invulnerables are not in order");
		ensure!(
			LastActive::<T>::iter_keys().all(|who| invulnerables.binary_search(&who).is_ok()),
			"the activity of somebody is kept who is not invulnerable"
		);
		let nodes = MaxNodes::<T>::get();
		ensure!(nodes <= T::MaxCandidates::get(), "too many nodes are elected");
		let seats = nodes.saturating_add(invulnerables.len().saturated_into());
		ensure!(seats <= T::MaxSeats::get(), "more nodes are elected than there are seats");
		let progress = SessionProgress::<T>::get();
		ensure!(progress.first_block <= Self::now(), "the session began in the future");
		let bounds = Commissions::<T>::get();
		ensure!(bounds.min <= bounds.max, "the bounds of commissions are reversed");
		Ok(())
	}

	fn check_slashes() -> Result<(), TryRuntimeError> {
		for (node, log) in Slashes::<T>::iter() {
			let kept: u32 = log.recent.len().saturated_into();
			ensure!(kept > 0 && kept <= log.count, "a log of slashes is wrong");
			let chilled = log.chilled_until > CurrentSession::<T>::get();
			let stands = Candidates::<T>::get(&node)
				.is_some_and(|candidate| candidate.state != NodeState::Dissolving);
			ensure!(!(chilled && stands), "an offender is a candidate");
		}
		Ok(())
	}
}
