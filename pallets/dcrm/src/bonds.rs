//! Bonds, and members drawn by them.
//!
//! A node bonds at least [`Config::NodeBond`], and as much more as it likes: the more, the likelier it is drawn
//! into a group. It can take a part back while it is in no group, or all of it by leaving. What is taken back
//! stays on hold for [`Config::UnbondingPeriod`] blocks.

use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get, Zero},
	traits::{fungible::MutateHold, tokens::Precision},
	BoundedVec,
};
use fusion_dcrm_primitives::{draw::draw, tagged_hash, Algorithm, GroupId, MAX_MEMBERS};
use sp_core::H256;
use sp_runtime::{AccountId32, SaturatedConversion, Saturating};

use crate::{pallet::*, BalanceOf, Node, MIN_MEMBERS};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(who: AccountId32) -> DispatchResult {
		ensure!(!Nodes::<T>::contains_key(&who), Error::<T>::AlreadyRegistered);
		ensure!(Nodes::<T>::count() < T::MaxNodes::get(), Error::<T>::TooManyNodes);
		let bond = T::NodeBond::get();
		T::Currency::hold(&HoldReason::NodeBond.into(), &who, bond)?;
		Nodes::<T>::insert(&who, Node { bond, groups: 0, benched: false });
		Self::set_stake(&who, bond, false);
		Self::deposit_event(Event::NodeRegistered { node: who });
		Ok(())
	}

	pub(crate) fn do_deregister(who: AccountId32) -> DispatchResult {
		let node = Self::free_node(&who)?;
		Nodes::<T>::remove(&who);
		Self::set_stake(&who, Zero::zero(), false);
		Self::begin_unbonding(&who, node.bond);
		Peers::<T>::mutate_extant(&who, |last| last.peer = BoundedVec::new());
		Self::deposit_event(Event::NodeDeregistered { node: who });
		Ok(())
	}

	pub(crate) fn do_bond_extra(who: AccountId32, amount: BalanceOf<T>) -> DispatchResult {
		let mut node = Nodes::<T>::get(&who).ok_or(Error::<T>::NotRegistered)?;
		if !amount.is_zero() {
			T::Currency::hold(&HoldReason::NodeBond.into(), &who, amount)?;
		}
		node.bond = node.bond.saturating_add(amount);
		node.benched = false;
		Self::set_stake(&who, node.bond, false);
		Nodes::<T>::insert(&who, node);
		Self::deposit_event(Event::Bonded { node: who, amount });
		Ok(())
	}

	pub(crate) fn do_unbond(who: AccountId32, amount: BalanceOf<T>) -> DispatchResult {
		let mut node = Self::free_node(&who)?;
		node.bond = node.bond.saturating_sub(amount);
		ensure!(node.bond >= T::NodeBond::get(), Error::<T>::BondTooLow);
		Self::set_stake(&who, node.bond, node.benched);
		Nodes::<T>::insert(&who, node);
		Self::begin_unbonding(&who, amount);
		Ok(())
	}

	/// A node that is in no group, and is not to be fined.
	fn free_node(who: &AccountId32) -> Result<Node<BalanceOf<T>>, DispatchError> {
		let node = Nodes::<T>::get(who).ok_or(Error::<T>::NotRegistered)?;
		ensure!(node.groups == 0, Error::<T>::InGroup);
		ensure!(!Self::is_to_be_fined(who), Error::<T>::FinePending);
		Ok(node)
	}

	/// What is unbonded while something is unbonding waits together with it.
	fn begin_unbonding(who: &AccountId32, amount: BalanceOf<T>) {
		if amount.is_zero() {
			return;
		}
		let available = Self::now().saturating_add(T::UnbondingPeriod::get());
		Unbonding::<T>::mutate(who, |unbonding| {
			let before = unbonding.map_or(Zero::zero(), |(amount, _)| amount);
			*unbonding = Some((before.saturating_add(amount), available));
		});
		Self::deposit_event(Event::Unbonding { node: who.clone(), amount, available });
	}

	pub(crate) fn do_withdraw_unbonded(who: AccountId32) -> DispatchResult {
		let (amount, available) = Unbonding::<T>::get(&who).ok_or(Error::<T>::NothingUnbonded)?;
		ensure!(Self::now() >= available, Error::<T>::NothingUnbonded);
		Unbonding::<T>::remove(&who);
		T::Currency::release(&HoldReason::NodeBond.into(), &who, amount, Precision::Exact)?;
		Self::deposit_event(Event::Withdrawn { node: who, amount });
		Ok(())
	}

	/// Leaves a node out of draws until it says that it is there.
	pub(crate) fn bench(who: &AccountId32) {
		Nodes::<T>::mutate(who, |node| {
			if let Some(node) = node {
				node.benched = true;
			}
		});
		Self::set_stake(who, Zero::zero(), true);
		Self::deposit_event(Event::Benched { node: who.clone() });
	}

	/// Notes with what stake a node takes part in draws: with none, if it has bonded too little or is benched.
	pub(crate) fn set_stake(who: &AccountId32, bond: BalanceOf<T>, benched: bool) {
		let fit = bond >= T::NodeBond::get() && !bond.is_zero() && !benched;
		Stakes::<T>::mutate(|stakes| match stakes.binary_search_by(|(node, _)| node.cmp(who)) {
			Ok(place) if fit => {
				if let Some((_, stake)) = stakes.get_mut(place) {
					*stake = bond;
				}
			},
			Ok(place) => _ = stakes.remove(place),
			Err(place) if fit => {
				if stakes.try_insert(place, (who.clone(), bond)).is_err() {
					defensive!("more stakes than nodes may be registered");
				}
			},
			Err(_) => (),
		});
	}

	/// Draws so many nodes by their stakes, none of which is among `others`.
	///
	/// Nobody is drawn whose bond is too low because what nodes have to bond was raised.
	pub(crate) fn draw_nodes(
		seed: H256,
		count: usize,
		others: &[AccountId32],
	) -> Option<Vec<AccountId32>> {
		let stakes = Stakes::<T>::get();
		let least = T::NodeBond::get();
		let weights: Vec<u128> = stakes
			.iter()
			.map(|(node, stake)| {
				let fit = *stake >= least && !others.contains(node);
				if fit {
					(*stake).saturated_into()
				} else {
					0
				}
			})
			.collect();
		let drawn = draw(seed, &weights, count)?;
		drawn.into_iter().map(|place| stakes.get(place).map(|(node, _)| node.clone())).collect()
	}

	/// What is drawn for this purpose in this block.
	pub(crate) fn draw_seed(purpose: &[u8], group: GroupId) -> H256 {
		let subject = (T::Beacon::get(), Self::now(), group, purpose);
		tagged_hash(b"fusion/dcrm/members/1", &subject.encode()).into()
	}

	/// Creates a group of so many members, drawn by stake.
	pub(crate) fn do_draw_group(size: u32, algorithm: Algorithm) -> Result<GroupId, DispatchError> {
		ensure!((MIN_MEMBERS..=MAX_MEMBERS).contains(&size), Error::<T>::WrongGroupSize);
		let seed = Self::draw_seed(b"create", NextGroup::<T>::get());
		let members =
			Self::draw_nodes(seed, size as usize, &[]).ok_or(Error::<T>::TooFewCandidates)?;
		// Not more than were asked for.
		Self::do_create_group(BoundedVec::truncate_from(members), algorithm)
	}
}
