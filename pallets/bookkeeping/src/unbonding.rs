//! Stake on its way back to its owner.

use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
	},
	BoundedVec,
};
use sp_runtime::SaturatedConversion;

use crate::{pallet::*, Balance, Chunk, CreditOf, NodeState, SlashLog};

impl<T: Config> Pallet<T> {
	/// Checks that the account has a free chunk for everything that it has staked, so that nothing that
	/// others do to its stake can fail for want of room.
	pub(crate) fn ensure_room(who: &T::AccountId) -> DispatchResult {
		let chunks = Unbonding::<T>::decode_len(who).unwrap_or_default();
		let delegations = DelegatedTo::<T>::decode_len(who).unwrap_or_default();
		let bonded = Candidates::<T>::get(who)
			.is_some_and(|candidate| candidate.state != NodeState::Dissolving);
		let needed = chunks.saturating_add(delegations).saturating_add(usize::from(bonded));
		let places: usize = T::MaxUnbonding::get().saturated_into();
		ensure!(needed <= places, Error::<T>::TooManyChunks);
		Ok(())
	}

	/// Begins to unbond stake with a node, on which `slashes_seen` slashes of the node have been applied.
	/// What began in the same session under the same conditions is one chunk.
	pub(crate) fn add_chunk(
		who: &T::AccountId,
		node: &T::AccountId,
		amount: Balance,
		slashes_seen: u32,
	) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		let since = CurrentSession::<T>::get();
		Unbonding::<T>::try_mutate(who, |chunks| {
			let same = chunks.iter_mut().find(|chunk| {
				chunk.node == *node && chunk.since == since && chunk.slashes_seen == slashes_seen
			});
			if let Some(chunk) = same {
				chunk.amount = chunk.amount.saturating_add(amount);
				return Ok(());
			}
			let chunk = Chunk { node: node.clone(), amount, since, slashes_seen };
			chunks.try_push(chunk).map_err(|_| Error::<T>::TooManyChunks)
		})?;
		Self::deposit_event(Event::Unbonding {
			who: who.clone(),
			node: node.clone(),
			amount,
			available: Self::available(since),
		});
		Ok(())
	}

	/// What is left of a chunk after the slashes of its node.
	pub(crate) fn chunk_remainder(chunk: &Chunk<T::AccountId>, log: &SlashLog) -> Balance {
		log.remainder(chunk.amount, chunk.since, chunk.slashes_seen)
	}

	/// Gives back what is due. Returns how many chunks were looked at.
	pub(crate) fn do_withdraw(who: T::AccountId) -> Result<u32, DispatchError> {
		let session = CurrentSession::<T>::get();
		let chunks = Unbonding::<T>::get(&who);
		let looked_at = chunks.len().saturated_into();
		let (due, rest): (alloc::vec::Vec<_>, alloc::vec::Vec<_>) =
			chunks.into_iter().partition(|chunk| Self::available(chunk.since) <= session);
		ensure!(!due.is_empty(), Error::<T>::NothingDue);
		let mut amount: Balance = 0;
		for chunk in due {
			let left = Self::chunk_remainder(&chunk, &Slashes::<T>::get(&chunk.node));
			let lost = chunk.amount.saturating_sub(left);
			let credit = Self::take_stake(&who, &chunk.node, lost);
			Self::share_slashed(credit, None);
			amount = amount.saturating_add(left);
		}
		if rest.is_empty() {
			Unbonding::<T>::remove(&who);
		} else {
			// Fewer than there were.
			Unbonding::<T>::insert(&who, BoundedVec::truncate_from(rest));
		}
		T::Currency::release(&HoldReason::Stake.into(), &who, amount, Precision::Exact)?;
		Self::deposit_event(Event::Withdrawn { who, amount });
		Ok(looked_at)
	}

	/// Takes held stake away from its owner for an offence of `node`.
	pub(crate) fn take_stake(
		who: &T::AccountId,
		node: &T::AccountId,
		amount: Balance,
	) -> CreditOf<T> {
		let (credit, missing) = T::Currency::slash(&HoldReason::Stake.into(), who, amount);
		if missing > 0 {
			defensive!("everything that is staked is held");
		}
		if amount > 0 {
			Self::deposit_event(Event::StakeLost { who: who.clone(), node: node.clone(), amount });
		}
		credit
	}
}
