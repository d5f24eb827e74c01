//! What a proven offence costs.

use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, Get, Weight},
	traits::{fungible::Balanced, Imbalance, OnUnbalanced},
};
use sp_runtime::{Perbill, SaturatedConversion};

use crate::{
	pallet::*, Balance, CreditOf, Elected, NodeState, SessionIndex, SlashEntry, SlashReason,
	WeightInfo, OFFENCES_PER_SESSION,
};

impl<T: Config> Pallet<T> {
	/// Punishes a node for an offence in a session that has been proven.
	///
	/// Takes `fraction` of everything that counted for the node in that session or is staked with it now:
	/// of its own stake at once, of delegations when the node dissolves, in the next blocks, of chunks when
	/// they are withdrawn. The node is no candidate any more and not invulnerable, its
	/// [weight](Pallet::session_weight) is 0 in the sessions that it is elected for, and it may not register
	/// for [`Config::UnbondingSessions`]. Whoever has read the weight of the present session before has to
	/// forget it.
	///
	/// Each offence of a session costs `fraction` of what is left, up to [`OFFENCES_PER_SESSION`] of them. To
	/// tell one from the other, so that none is punished twice, is up to the caller.
	///
	/// Returns how much of the node's own stake was taken.
	///
	/// # Errors
	///
	/// [`Error::AlreadySlashed`] if the node was slashed for that session as often as may be;
	/// [`Error::FutureOffence`] if the session has not begun.
	pub fn slash(
		node: &T::AccountId,
		session: SessionIndex,
		fraction: Perbill,
		reporter: Option<&T::AccountId>,
		reason: SlashReason,
	) -> Result<Balance, DispatchError> {
		let present = CurrentSession::<T>::get();
		ensure!(session <= present, Error::<T>::FutureOffence);
		let mut log = Slashes::<T>::get(node);
		let before = log.recent.iter().filter(|entry| entry.session == session).count();
		let most: usize = OFFENCES_PER_SESSION.saturated_into();
		ensure!(before < most, Error::<T>::AlreadySlashed);

		if let Some(candidate) = Candidates::<T>::get(node) {
			if candidate.state != NodeState::Dissolving {
				// Before the slash is logged: the chunk that the bond becomes has not seen it.
				Self::begin_dissolving(node.clone(), candidate);
			}
		}
		log.push(SlashEntry { session, fraction });
		log.chilled_until = log.chilled_until.max(Self::available(present));
		Slashes::<T>::insert(node, &log);
		Self::disown(node);

		let taken = Self::slash_own_chunks(node);
		let amount = taken.peek();
		Self::share_slashed(taken, reporter);
		Self::deposit_event(Event::Slashed {
			node: node.clone(),
			session,
			fraction,
			reason,
			taken: amount,
		});
		Ok(amount)
	}

	/// What [`Pallet::slash`] takes at most.
	pub fn weight_to_slash() -> Weight {
		T::WeightInfo::slash()
	}

	/// Takes the offender's seat and weights away.
	fn disown(node: &T::AccountId) {
		Invulnerables::<T>::mutate(|nodes| nodes.retain(|other| other != node));
		LastActive::<T>::remove(node);
		let disarm = |nodes: &mut Elected<T>| {
			nodes
				.iter_mut()
				.filter(|(account, _)| account == node)
				.for_each(|(_, weight)| *weight = 0);
		};
		Active::<T>::mutate(disarm);
		Planned::<T>::mutate(|(_, nodes)| disarm(nodes));
	}

	/// Applies all slashes to what the offender has staked with itself.
	fn slash_own_chunks(node: &T::AccountId) -> CreditOf<T> {
		let log = Slashes::<T>::get(node);
		let mut lost: Balance = 0;
		Unbonding::<T>::mutate_exists(node, |list| {
			let Some(chunks) = list else { return };
			for chunk in chunks.iter_mut().filter(|chunk| chunk.node == *node) {
				let left = Self::chunk_remainder(chunk, &log);
				lost = lost.saturating_add(chunk.amount.saturating_sub(left));
				chunk.amount = left;
				chunk.slashes_seen = log.count;
			}
			chunks.retain(|chunk| chunk.amount > 0);
			if chunks.is_empty() {
				*list = None;
			}
		});
		Self::take_stake(node, node, lost)
	}

	/// Divides what was taken from somebody: to the treasury, to the reporter if there is one to be paid,
	/// and the rest is burnt.
	pub(crate) fn share_slashed(credit: CreditOf<T>, reporter: Option<&T::AccountId>) {
		let amount = credit.peek();
		let (mut treasury, rest) = credit.split(T::SlashToTreasury::get().mul_floor(amount));
		if let Some(reporter) = reporter {
			let (reward, burnt) = rest.split(T::SlashToReporter::get().mul_floor(amount));
			if let Err(unpaid) = T::Currency::resolve(reporter, reward) {
				treasury.subsume(unpaid);
			}
			drop(burnt);
		}
		T::Treasury::on_unbalanced(treasury);
	}
}
