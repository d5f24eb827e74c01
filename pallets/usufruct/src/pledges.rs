//! FSN that is bonded by whom it was lent to.

use crate::{
	ext,
	lists::{from, interval, List},
	AccountIdOf, Agenda, Balance, Coin, Config, Error, Event, HoldReason, NextPledge, Pallet,
	Pledge, PledgeId, Pledges, Staking,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		Get,
	},
};
use fusion_slices::{Seconds, FOREVER};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Bonds FSN that `who` has the use of until `end`, and `owner` the title to; gives the number of the pledge.
	/// See [`Call::bond`](crate::Call::bond).
	///
	/// # Errors
	///
	/// [`Error::ZeroAmount`], [`Error::ToSelf`], [`Error::NeedsEnd`], [`Error::EndInPast`];
	/// [`Error::TermTooShort`] if unbonding could not be over at `end`; [`Error::NoConsent`];
	/// [`Error::NotEnough`] if the user or the owner does not have that much; [`Error::DepositUnpaid`],
	/// [`Error::AgendaFull`]; and why the node does not take it.
	pub fn do_bond(
		who: &AccountIdOf<T>,
		owner: &AccountIdOf<T>,
		node: &AccountIdOf<T>,
		amount: Balance,
		end: Seconds,
	) -> Result<PledgeId, DispatchError> {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		ensure!(who != owner, Error::<T>::ToSelf);
		ensure!(end < FOREVER, Error::<T>::NeedsEnd);
		let now = ext::now::<T>();
		let used = interval::<T>(now, now, end)?;
		let unbond_at = Self::unbond_at(end);
		ensure!(unbond_at > now, Error::<T>::TermTooShort);
		Self::spend_consent(owner, who, amount, end)?;

		let mut user = List::<T>::of(who, Coin::Fsn, now);
		user.sub(used, amount)?;
		user.put(who)?;
		let mut title = List::<T>::of(owner, Coin::Fsn, now);
		title.sub(from::<T>(end)?, amount)?;
		title.ensure_polite(who)?;
		title.put(who)?;
		Self::shrink(Coin::Fsn, amount)?;

		let pledge = NextPledge::<T>::get();
		NextPledge::<T>::put(pledge.checked_add(1).ok_or(Error::<T>::Overflow)?);
		let deposit = T::PledgeDeposit::get();
		ext::deposits::hold::<T>(HoldReason::Pledge, who, who, deposit)?;
		let account = ext::stake::account::<T>(pledge);
		ext::coins::give::<T>(Coin::Fsn, &account, amount)?;
		// All that is pledged is staked: what keeps the account alive comes on top.
		let least = T::Currency::minimum_balance();
		T::Currency::transfer(who, &account, least, Preservation::Preserve)
			.map_err(|_| Error::<T>::DepositUnpaid)?;
		T::Staking::bond(&account, node, amount)?;

		Self::open_agenda(now);
		let due = Some(Self::schedule(pledge, unbond_at).ok_or(Error::<T>::AgendaFull)?);
		let details = Pledge {
			user: who.clone(),
			owner: owner.clone(),
			node: node.clone(),
			amount,
			end,
			unbonding: false,
			due,
			deposit,
		};
		Pledges::<T>::insert(pledge, &details);
		Self::deposit_event(Event::Bonded { pledge, details });
		Ok(pledge)
	}

	/// When the chain begins to unbond what ends at `end`.
	pub(crate) fn unbond_at(end: Seconds) -> Seconds {
		end.saturating_sub(T::UnbondingTerm::get())
	}

	/// Begins to unbond a pledge. See [`Call::unbond`](crate::Call::unbond).
	///
	/// # Errors
	///
	/// [`Error::UnknownPledge`]; [`Error::NotUser`] if somebody else is too early.
	pub fn do_unbond(who: &AccountIdOf<T>, pledge: PledgeId) -> DispatchResult {
		let details = Pledges::<T>::get(pledge).ok_or(Error::<T>::UnknownPledge)?;
		let late = ext::now::<T>() >= Self::unbond_at(details.end);
		ensure!(late || *who == details.user, Error::<T>::NotUser);
		Self::begin_unbonding(pledge, details)
	}

	/// Begins to unbond what is not unbonding already.
	pub(crate) fn begin_unbonding(
		pledge: PledgeId,
		mut details: Pledge<AccountIdOf<T>>,
	) -> DispatchResult {
		T::Staking::unbond(&ext::stake::account::<T>(pledge))?;
		if !details.unbonding {
			details.unbonding = true;
			Pledges::<T>::insert(pledge, details);
			Self::deposit_event(Event::Unbonding { pledge });
		}
		Ok(())
	}

	/// Pays what a pledge has earned to its user; gives how much. See [`Call::reward`](crate::Call::reward).
	///
	/// # Errors
	///
	/// [`Error::UnknownPledge`].
	pub fn do_reward(pledge: PledgeId) -> Result<Balance, DispatchError> {
		let details = Pledges::<T>::get(pledge).ok_or(Error::<T>::UnknownPledge)?;
		let account = ext::stake::account::<T>(pledge);
		let before = T::Currency::balance(&account);
		T::Staking::claim(&account);
		let amount = T::Currency::balance(&account).saturating_sub(before);
		if amount > 0 {
			ext::coins::transfer::<T>(Coin::Fsn, &account, &details.user, amount)?;
			Self::deposit_event(Event::Rewarded { pledge, user: details.user, amount });
		}
		Ok(amount)
	}

	/// Gives back what is left of a pledge. `who` is `None` for the chain itself. See
	/// [`Call::settle`](crate::Call::settle).
	///
	/// # Errors
	///
	/// [`Error::UnknownPledge`]; [`Error::NotUser`] if somebody else is too early; [`Error::StillBonded`];
	/// before the end also [`Error::TooManyBoundaries`] and [`Error::DepositUnpaid`].
	pub fn do_settle(who: Option<&AccountIdOf<T>>, pledge: PledgeId) -> DispatchResult {
		let details = Pledges::<T>::get(pledge).ok_or(Error::<T>::UnknownPledge)?;
		let now = ext::now::<T>();
		let early = now < details.end;
		ensure!(!early || who == Some(&details.user), Error::<T>::NotUser);
		let account = ext::stake::account::<T>(pledge);
		T::Staking::withdraw(&account);
		ensure!(T::Staking::staked(&account) == 0, Error::<T>::StillBonded);
		Self::do_reward(pledge)?;

		let plain = T::Currency::balance(&account);
		let amount = plain.saturating_sub(T::Currency::minimum_balance()).min(details.amount);
		if amount > 0 {
			if early {
				Self::restore(&account, &details, amount, now)?;
			} else {
				ext::coins::transfer::<T>(Coin::Fsn, &account, &details.owner, amount)?;
			}
		}
		// What kept the account alive, and what others sent to it. Something that cannot be sent on may keep it alive
		// (slices, or a coin that a stranger made): then that little stays, and is no reason to keep the stake.
		let rest =
			T::Currency::reducible_balance(&account, Preservation::Expendable, Fortitude::Polite);
		if rest > 0 {
			ext::coins::transfer::<T>(Coin::Fsn, &account, &details.user, rest)?;
		}
		ext::deposits::release::<T>(HoldReason::Pledge, &details.user, details.deposit)?;
		if let Some(hour) = details.due {
			Agenda::<T>::mutate_exists(hour, |due| {
				if let Some(pledges) = due {
					pledges.retain(|other| *other != pledge);
					if pledges.is_empty() {
						*due = None;
					}
				}
			});
		}
		Pledges::<T>::remove(pledge);
		let missing = details.amount.saturating_sub(amount);
		Self::deposit_event(Event::Settled { pledge, amount, missing });
		Ok(())
	}

	/// Gives user and owner their parts as slices again. The user, who wants it so early, pays for both lists.
	fn restore(
		account: &AccountIdOf<T>,
		details: &Pledge<AccountIdOf<T>>,
		amount: Balance,
		now: Seconds,
	) -> DispatchResult {
		ext::coins::transfer::<T>(Coin::Fsn, account, &ext::coins::vault::<T>(), amount)?;
		Self::grow(Coin::Fsn, amount)?;
		let mut user = List::<T>::of(&details.user, Coin::Fsn, now);
		user.add(interval::<T>(now, now, details.end)?, amount)?;
		user.put(&details.user)?;
		let mut owner = List::<T>::of(&details.owner, Coin::Fsn, now);
		owner.add(from::<T>(details.end)?, amount)?;
		owner.ensure_polite(&details.user)?;
		owner.put(&details.user)
	}
}
