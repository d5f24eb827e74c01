//! Elections, and who was absent.

use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::{DispatchClass, Get, Weight},
	traits::ValidatorRegistration,
};
use pallet_session::SessionManager;
use sp_runtime::SaturatedConversion;

use crate::{pallet::*, Candidate, Elected, NodeState, Progress, SessionIndex, WeightInfo};

impl<T: Config> Pallet<T> {
	/// The weight that was fixed for an account for the present session. 0 if it is not elected, and for
	/// offenders.
	pub fn session_weight(account: &T::AccountId) -> u64 {
		Self::weight_in(&Active::<T>::get(), account).unwrap_or(0)
	}

	/// All nodes of the present session with their weights, in ascending order.
	pub fn session_weights() -> Vec<(T::AccountId, u64)> {
		Active::<T>::get().into_inner()
	}

	pub(crate) fn weight_in(nodes: &Elected<T>, account: &T::AccountId) -> Option<u64> {
		let at = nodes.binary_search_by(|(node, _)| node.cmp(account)).ok()?;
		nodes.get(at).map(|(_, weight)| *weight)
	}

	pub(crate) fn is_invulnerable(account: &T::AccountId) -> bool {
		Invulnerables::<T>::get().binary_search(account).is_ok()
	}

	/// The weight of all stake behind a candidate.
	pub(crate) fn weight_of(node: &T::AccountId, candidate: &Candidate, now: u32) -> u64 {
		let cap = T::AgeCap::get();
		let own = candidate.own.coin_age(now, cap);
		let all = Delegations::<T>::get(node)
			.iter()
			.fold(own, |sum, backer| sum.saturating_add(backer.stake.coin_age(now, cap)));
		Self::weight_of_coin_age(all)
	}

	/// The weight that a node has if it is elected now.
	pub(crate) fn weight_if_elected(
		node: &T::AccountId,
		candidate: Option<&Candidate>,
		now: u32,
	) -> u64 {
		let own = candidate.map_or(0, |candidate| Self::weight_of(node, candidate, now));
		let least = if Self::is_invulnerable(node) { T::InvulnerableWeight::get() } else { 1 };
		own.max(least)
	}

	/// Elects: the invulnerables, and the heaviest of the other candidates.
	pub(crate) fn elect() -> Elected<T> {
		let now = Self::now();
		let least = MinBond::<T>::get();
		let invulnerables = Invulnerables::<T>::get();
		let mut seated: Vec<(T::AccountId, u64)> = invulnerables
			.iter()
			.filter(|node| T::Registration::is_registered(node))
			.map(|node| {
				let candidate = Candidates::<T>::get(node)
					.filter(|candidate| candidate.state == NodeState::Standing);
				(node.clone(), Self::weight_if_elected(node, candidate.as_ref(), now))
			})
			.collect();

		let mut standing: Vec<_> = Candidates::<T>::iter()
			.filter(|(_, candidate)| candidate.state == NodeState::Standing)
			.filter(|(_, candidate)| candidate.own.amount >= least)
			.filter(|(node, _)| invulnerables.binary_search(node).is_err())
			.map(|(node, candidate)| {
				let weight = Self::weight_of(&node, &candidate, now).max(1);
				(weight, candidate.staked(), node)
			})
			.collect();
		standing.sort_unstable_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
		// Governance cannot set more nodes than there are seats; and if it could, the lightest would have none.
		let seats: usize = T::MaxSeats::get().saturated_into();
		let nodes: usize = MaxNodes::<T>::get().saturated_into();
		let left = seats.saturating_sub(seated.len()).min(nodes);
		seated.extend(
			standing
				.into_iter()
				.filter(|(_, _, node)| T::Registration::is_registered(node))
				.take(left)
				.map(|(weight, _, node)| (node, weight)),
		);
		seated.sort_unstable();
		// Invulnerables within their bound, and as many candidates as there are seats left.
		Elected::<T>::truncate_from(seated)
	}

	/// Fixes the nodes of a session with their weights. If nobody can be elected these are the present
	/// ones, and `None` is returned: the session pallet keeps those, too.
	pub(crate) fn plan(session: SessionIndex) -> Option<Vec<T::AccountId>> {
		let elected = Self::elect();
		if elected.is_empty() {
			Planned::<T>::put((session, Active::<T>::get()));
			Self::deposit_event(Event::NobodyElected { session });
			return None;
		}
		let accounts = elected.iter().map(|(node, _)| node.clone()).collect();
		let nodes = elected.len().saturated_into();
		Planned::<T>::put((session, elected));
		Self::deposit_event(Event::SessionPlanned { session, nodes });
		Some(accounts)
	}

	/// Counts who was absent in the session that ends, and kicks those who were too often.
	pub(crate) fn judge_absence() {
		let progress = SessionProgress::<T>::get();
		let nodes = Active::<T>::get();
		let all = nodes.iter().fold(0u128, |sum, (_, weight)| sum.saturating_add((*weight).into()));
		let likely = u128::from(T::LikelyBlocks::get()).saturating_mul(all);
		let mut electable = Self::electable();
		for (node, weight) in nodes {
			let Some(mut candidate) = Candidates::<T>::get(&node) else { continue };
			if candidate.state != NodeState::Standing || Self::is_invulnerable(&node) {
				continue;
			}
			let before = candidate.absent;
			if candidate.last_active.is_some_and(|block| block >= progress.first_block) {
				candidate.absent = 0;
			} else if u128::from(progress.blocks).saturating_mul(weight.into()) >= likely {
				candidate.absent = before.saturating_add(1);
			}
			if candidate.absent >= T::KickAfter::get() && electable > T::MinNodes::get() {
				electable = electable.saturating_sub(1);
				Self::set_state(&mut candidate, NodeState::Idle);
				Self::deposit_event(Event::Kicked { node: node.clone() });
			} else if candidate.absent == before {
				continue;
			}
			Candidates::<T>::insert(&node, candidate);
		}
	}

	/// Counts what a hook of another pallet has made this one do.
	pub(crate) fn register_weight(weight: Weight) {
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			weight,
			DispatchClass::Mandatory,
		);
	}
}

/// The session pallet asks one session ahead: the answer for session `i` is given when session `i - 1`
/// begins.
impl<T: Config> SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(session: SessionIndex) -> Option<Vec<T::AccountId>> {
		let accounts = Self::plan(session);
		Self::dissolve_former();
		Self::register_weight(T::WeightInfo::new_session(Candidates::<T>::count()));
		accounts
	}

	fn new_session_genesis(session: SessionIndex) -> Option<Vec<T::AccountId>> {
		let accounts = Self::plan(session);
		// Session handlers ask for weights before the first session is started.
		if session == 0 {
			Active::<T>::put(Planned::<T>::get().1);
		}
		accounts
	}

	fn end_session(_: SessionIndex) {
		Self::judge_absence();
		let nodes = Active::<T>::decode_len().unwrap_or_default().saturated_into();
		Self::register_weight(T::WeightInfo::end_session(nodes));
	}

	fn start_session(session: SessionIndex) {
		CurrentSession::<T>::put(session);
		let (planned, nodes) = Planned::<T>::get();
		if planned == session {
			Active::<T>::put(nodes);
		}
		SessionProgress::<T>::mutate(|progress| {
			*progress =
				Progress { first_block: Self::now(), blocks: 0, last_noted: progress.last_noted };
		});
	}
}
