//! Pay: who earns what for signatures and for holding shares, and how it is paid out.
//!
//! The chain cannot see who has made a signature. FROST's is one of the group's key and nothing else, and a list
//! of signers by whoever delivers it could not be checked: it would be a way to pay one's friends. So a
//! signature pays all members of the group alike, whether they were among the signers or not. Of an attempt
//! at a batch of the other chain one signature pays, that of its first input, however many inputs it has: so batches,
//! of which the chain makes one each so many blocks, and their attempts, of which there are few, bound what is paid. Governance can set a *premium* for the member that
//! delivers it; but as nobody can see who has made a signature, any member that sees it on its way can deliver it
//! first. Members that have missed their last liveness challenge are not paid; their part stays
//! in the pot, so that nobody gains by keeping another one from being heard.
//!
//! What accounts have signed with [their keys](crate::account_keys) they pay for themselves: the price goes to the pot
//! when the signature is there, and the members earn it.
//!
//! All is paid from one account, the *pot*. Whoever wants to can fund it; governance does. What is earned is
//! noted for each epoch of a group ([`Earnings`]), and only as much as the pot can pay then: when it is short of
//! a price, the price is reduced to what there is, and what was not noted is not owed. So the pot always has what
//! it owes.

use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get, Zero},
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
	},
};
use fusion_dcrm_primitives::{Epoch, GroupId, MemberIndex};
use sp_runtime::{traits::AccountIdConversion, AccountId32, Saturating};

use crate::{index_in, member_of, pallet::*, BalanceOf, EarningsOf, Group};

impl<T: Config> Pallet<T> {
	/// The account that members are paid from.
	pub fn pot() -> AccountId32 {
		T::PotId::get().into_account_truncating()
	}

	/// What the pot has and does not owe, beyond what keeps its account alive.
	pub fn pot_balance() -> BalanceOf<T> {
		T::Currency::balance(&Self::pot())
			.saturating_sub(T::Currency::minimum_balance())
			.saturating_sub(Owed::<T>::get())
	}

	/// The members of a group earn the price of a signature that one of them has delivered.
	pub(crate) fn pay_for_signature(
		id: GroupId,
		group: &Group,
		by: MemberIndex,
		price: BalanceOf<T>,
	) {
		let price = price.min(Self::pot_balance());
		let premium = Params::<T>::get().premium.mul_floor(price);
		let size: BalanceOf<T> = u32::from(group.size()).into();
		if price.is_zero() || size.is_zero() {
			return;
		}
		let each = price.saturating_sub(premium) / size;
		let paid = Self::live_members(id, group);
		Self::earn(id, group, |index| {
			let share = if paid.contains(index) { each } else { Zero::zero() };
			share.saturating_add(if index == by { premium } else { Zero::zero() })
		});
	}

	/// Notes what each member of a group has earned. Not more in all than [`Self::pot_balance`].
	pub(crate) fn earn(id: GroupId, group: &Group, amount: impl Fn(MemberIndex) -> BalanceOf<T>) {
		let mut sum: BalanceOf<T> = Zero::zero();
		let mut earnings = Earnings::<T>::get(id, group.epoch).unwrap_or_else(|| EarningsOf::<T> {
			members: group.members.clone(),
			amounts: Default::default(),
		});
		for index in group.everybody().iter() {
			let earned = amount(index);
			if earned.is_zero() {
				continue;
			}
			sum = sum.saturating_add(earned);
			earnings.amounts.with(index, |total: &mut BalanceOf<T>| {
				*total = total.saturating_add(earned);
			});
		}
		if !sum.is_zero() {
			Earnings::<T>::insert(id, group.epoch, earnings);
			Owed::<T>::mutate(|owed| *owed = owed.saturating_add(sum));
		}
	}

	/// What a node has earned in all epochs of all groups and was not paid yet.
	pub fn unpaid(node: &AccountId32) -> BalanceOf<T> {
		let member = member_of(node);
		Earnings::<T>::iter_values()
			.filter_map(|earnings| {
				index_in(&earnings.members, &member).map(|index| earnings.amounts.get(index))
			})
			.fold(Zero::zero(), |sum: BalanceOf<T>, amount| sum.saturating_add(amount))
	}

	/// Pays a node what it has earned in one epoch of a group.
	pub(crate) fn do_claim_pay(id: GroupId, epoch: Epoch, node: AccountId32) -> DispatchResult {
		let mut earnings = Earnings::<T>::get(id, epoch).ok_or(Error::<T>::NothingEarned)?;
		let index =
			index_in(&earnings.members, &member_of(&node)).ok_or(Error::<T>::NothingEarned)?;
		let amount = earnings.amounts.get(index);
		ensure!(!amount.is_zero(), Error::<T>::NothingEarned);
		earnings.amounts.with(index, |total: &mut BalanceOf<T>| *total = Zero::zero());
		if earnings.amounts.0.iter().all(Zero::is_zero) {
			Earnings::<T>::remove(id, epoch);
		} else {
			Earnings::<T>::insert(id, epoch, earnings);
		}
		Owed::<T>::mutate(|owed| *owed = owed.saturating_sub(amount));
		T::Currency::transfer(&Self::pot(), &node, amount, Preservation::Preserve)?;
		Self::deposit_event(Event::Paid { group: id, epoch, node, amount });
		Ok(())
	}
}
