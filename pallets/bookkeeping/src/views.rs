//! What anybody may read: for the runtime API, and for the precompile, which charges for what it reads. Lists of
//! all nodes are for the API alone.

use alloc::vec::Vec;
use frame_support::pallet_prelude::Get;
use sp_runtime::{Perbill, SaturatedConversion};

use crate::{
	pallet::*, Candidate, DelegationView, EmissionView, NodeView, SessionIndex, UnbondingView,
};

impl<T: Config> Pallet<T> {
	/// The number of the present session.
	pub fn session() -> SessionIndex {
		CurrentSession::<T>::get()
	}

	/// All nodes that are elected for the next session with their weights, in ascending order.
	pub fn next_session_weights() -> Vec<(T::AccountId, u64)> {
		Planned::<T>::get().1.into_inner()
	}

	/// All candidates and invulnerables, the heaviest first.
	pub fn nodes() -> Vec<NodeView<T::AccountId>> {
		let invulnerables = Invulnerables::<T>::get().into_iter();
		let seats = invulnerables.filter(|node| !Candidates::<T>::contains_key(node));
		let mut nodes: Vec<_> = Candidates::<T>::iter()
			.map(|(account, candidate)| Self::view(account, Some(candidate)))
			.chain(seats.map(|account| Self::view(account, None)))
			.collect();
		nodes.sort_unstable_by(|a, b| {
			b.weight.cmp(&a.weight).then_with(|| a.account.cmp(&b.account))
		});
		nodes
	}

	/// A candidate or an invulnerable.
	pub fn node(account: &T::AccountId) -> Option<NodeView<T::AccountId>> {
		let candidate = Candidates::<T>::get(account);
		let known = candidate.is_some() || Self::is_invulnerable(account);
		known.then(|| Self::view(account.clone(), candidate))
	}

	fn view(account: T::AccountId, candidate: Option<Candidate>) -> NodeView<T::AccountId> {
		let session = CurrentSession::<T>::get();
		let bounds = Commissions::<T>::get();
		// Invulnerables without a candidacy have no delegators to share with.
		let commission = candidate
			.as_ref()
			.map_or(Perbill::one(), |found| bounds.clamp(found.commission.at(session)));
		let found = candidate.as_ref();
		NodeView {
			invulnerable: Self::is_invulnerable(&account),
			state: found.map(|found| found.state),
			own_stake: found.map_or(0, |found| found.own.amount),
			delegated: found.map_or(0, |found| found.delegated),
			delegations: Delegations::<T>::decode_len(&account)
				.unwrap_or_default()
				.saturated_into(),
			weight: Self::weight_if_elected(&account, found, Self::now()),
			session_weight: Self::weight_in(&Active::<T>::get(), &account),
			planned_weight: Self::weight_in(&Planned::<T>::get().1, &account),
			commission,
			next_commission: found
				.and_then(|found| found.commission.announced(session))
				.map(|(from, rate)| (from, bounds.clamp(rate))),
			last_active: found
				.and_then(|found| found.last_active)
				.or_else(|| LastActive::<T>::get(&account)),
			absent: found.map_or(0, |found| found.absent),
			earned: found.map_or(0, |found| found.earned),
			account,
		}
	}

	/// The delegations of an account.
	pub fn delegations(account: &T::AccountId) -> Vec<DelegationView<T::AccountId>> {
		let (now, cap) = (Self::now(), T::AgeCap::get());
		DelegatedTo::<T>::get(account)
			.into_iter()
			.filter_map(|node| {
				let candidate = Candidates::<T>::get(&node)?;
				let backers = Delegations::<T>::get(&node);
				let backer = backers.iter().find(|backer| backer.who == *account)?;
				Some(DelegationView {
					state: candidate.state,
					amount: backer.stake.amount,
					weight: Self::weight_of_coin_age(backer.stake.coin_age(now, cap)),
					reward: backer.pending(&candidate),
					node,
				})
			})
			.collect()
	}

	/// The chunks of an account.
	pub fn unbonding(account: &T::AccountId) -> Vec<UnbondingView<T::AccountId>> {
		Unbonding::<T>::get(account)
			.into_iter()
			.map(|chunk| UnbondingView {
				amount: Self::chunk_remainder(&chunk, &Slashes::<T>::get(&chunk.node)),
				available: Self::available(chunk.since),
				node: chunk.node,
			})
			.collect()
	}

	/// Everything that an account could claim now.
	pub fn claimable(account: &T::AccountId) -> crate::Balance {
		let earned = Candidates::<T>::get(account).map_or(0, |candidate| candidate.earned);
		Self::delegations(account)
			.into_iter()
			.fold(Claimable::<T>::get(account).saturating_add(earned), |sum, delegation| {
				sum.saturating_add(delegation.reward)
			})
	}

	/// What is issued to bookkeeping nodes.
	pub fn emission() -> EmissionView {
		let schedule = Self::schedule();
		let issued = Issued::<T>::get();
		let ceiling = T::EmissionCeiling::get();
		EmissionView {
			reward: schedule.reward(Self::now()).min(ceiling.saturating_sub(issued)),
			next_halving: schedule.next_halving(Self::now()),
			issued,
			ceiling,
			outstanding: Outstanding::<T>::get(),
			income: Self::income(),
		}
	}
}
