//! Objective blame: what a dealer has done wrong for everybody to see, and what that costs.
//!
//! Only what the chain itself has seen is punished, and only what a node that follows the protocol cannot be made
//! to do: see [`Offence`]. Ceremonies note offences in a list of a bounded length ([`Fines`]); the fines are taken
//! at the start of the next blocks in which no deadline is due, a few in each, so that a block in which many are convicted has no more work
//! than others.

use alloc::vec::Vec;
use frame_support::{
	defensive,
	pallet_prelude::{Weight, Zero},
	traits::{fungible::BalancedHold, Imbalance, OnUnbalanced},
};
use fusion_dcrm_primitives::MemberIndex;
use sp_runtime::{AccountId32, Saturating};

use crate::{
	account_of, member_at, pallet::*, BalanceOf, Conduct, Fine, MemberSet, Offence, Running,
	WeightInfo, MAX_FINES_PER_BLOCK,
};

impl<T: Config> Pallet<T> {
	/// Notes that somebody in the ceremony is to be fined: a dealer, or for a false accusation a receiver.
	pub(crate) fn convict(running: &Running, by: MemberIndex, offence: Offence) {
		let members = match offence {
			Offence::FalseAccusation => running.receivers(),
			_ => &running.group.members,
		};
		let Some(member) = member_at(members, by) else {
			defensive!("an offence of nobody");
			return;
		};
		let node = account_of(member);
		Self::deposit_event(Event::Convicted {
			group: running.id,
			attempt: running.attempt(),
			by,
			node: node.clone(),
			offence,
		});
		Fines::<T>::mutate(|fines| {
			// If so many are waiting, the offender has more to fear than this fine.
			let _ = fines.try_push(Fine { node, offence });
		});
	}

	/// Notes that dealers have said nothing at all. It costs nothing: a node that was down is no offender.
	pub(crate) fn note_absent(running: &Running, absent: MemberSet) {
		if absent.is_empty() {
			return;
		}
		Conducts::<T>::mutate(running.id, |conducts| {
			for dealer in absent.iter() {
				conducts.with(dealer, |conduct: &mut Conduct| {
					conduct.absent = conduct.absent.saturating_add(1);
				});
			}
		});
	}

	/// Whether a node is to be fined for something.
	pub(crate) fn is_to_be_fined(node: &AccountId32) -> bool {
		Fines::<T>::get().iter().any(|fine| fine.node == *node)
	}

	/// Takes the fines that are due, a bounded number of them.
	pub(crate) fn take_fines() -> Weight {
		let waiting = Fines::<T>::decode_len().unwrap_or_default();
		if waiting > 0 {
			let mut fines = Fines::<T>::get();
			let now = waiting.min(MAX_FINES_PER_BLOCK as usize);
			let due: Vec<Fine> = fines.drain(..now).collect();
			if fines.is_empty() {
				Fines::<T>::kill();
			} else {
				Fines::<T>::put(fines);
			}
			due.into_iter().for_each(Self::take_fine);
			return T::WeightInfo::take_fines(now as u32);
		}
		T::WeightInfo::take_fines(0)
	}

	fn take_fine(Fine { node, offence }: Fine) {
		let parameters = Params::<T>::get();
		let fraction = if offence.is_fraud() { parameters.fraud } else { parameters.silence };
		let taken = Nodes::<T>::mutate(&node, |found| {
			let Some(found) = found else {
				defensive!("a node has left before it was fined");
				return Zero::zero();
			};
			let fine = fraction.mul_floor(found.bond);
			let (credit, missing) = T::Currency::slash(&HoldReason::NodeBond.into(), &node, fine);
			if !missing.is_zero() {
				defensive!("a bond is not held");
			}
			let taken: BalanceOf<T> = credit.peek();
			found.bond = found.bond.saturating_sub(taken);
			Self::set_stake(&node, found.bond, found.benched);
			T::Slashed::on_unbalanced(credit);
			taken
		});
		if !taken.is_zero() {
			Self::deposit_event(Event::NodeFined { node, offence, amount: taken });
		}
	}
}
