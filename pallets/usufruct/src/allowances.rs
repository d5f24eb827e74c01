//! What spenders may move, and what users may bond.

use crate::{
	ext, AccountIdOf, Allowance, Allowances, Balance, Coin, Config, Consent, Consents, Error,
	Event, HoldReason, Pallet,
};
use frame_support::{ensure, traits::Get};
use fusion_slices::Seconds;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// See [`Call::approve`](crate::Call::approve).
	///
	/// # Errors
	///
	/// [`Error::ToSelf`], [`Error::DepositUnpaid`].
	pub fn do_approve(
		who: &AccountIdOf<T>,
		coin: Coin,
		spender: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		ensure!(who != spender, Error::<T>::ToSelf);
		let key = (coin, spender.clone());
		let before = Allowances::<T>::get(who, &key).map(|allowance| allowance.deposit);
		match Self::redeem_deposit(who, before, amount > 0)? {
			Some(deposit) => Allowances::<T>::insert(who, &key, Allowance { amount, deposit }),
			None => Allowances::<T>::remove(who, &key),
		}
		Self::deposit_event(Event::Approved {
			coin,
			owner: who.clone(),
			spender: spender.clone(),
			amount,
		});
		Ok(())
	}

	/// Takes an amount from an allowance.
	pub(crate) fn spend_allowance(
		owner: &AccountIdOf<T>,
		coin: Coin,
		spender: &AccountIdOf<T>,
		amount: Balance,
	) -> DispatchResult {
		let key = (coin, spender.clone());
		let allowance = Allowances::<T>::get(owner, &key).ok_or(Error::<T>::NotAllowed)?;
		if allowance.amount == Balance::MAX {
			return Ok(());
		}
		let left = allowance.amount.checked_sub(amount).ok_or(Error::<T>::NotAllowed)?;
		match Self::redeem_deposit(owner, Some(allowance.deposit), left > 0)? {
			Some(deposit) => {
				Allowances::<T>::insert(owner, &key, Allowance { amount: left, deposit });
			},
			None => Allowances::<T>::remove(owner, &key),
		}
		Ok(())
	}

	/// See [`Call::consent`](crate::Call::consent).
	///
	/// # Errors
	///
	/// [`Error::ToSelf`]; [`Error::EndInPast`] for a consent that is over already; [`Error::DepositUnpaid`].
	pub fn do_consent(
		who: &AccountIdOf<T>,
		user: &AccountIdOf<T>,
		amount: Balance,
		until: Seconds,
	) -> DispatchResult {
		ensure!(who != user, Error::<T>::ToSelf);
		ensure!(amount == 0 || until > ext::now::<T>(), Error::<T>::EndInPast);
		let before = Consents::<T>::get(who, user).map(|consent| consent.deposit);
		match Self::redeem_deposit(who, before, amount > 0)? {
			Some(deposit) => {
				Consents::<T>::insert(who, user, Consent { amount, until, deposit });
			},
			None => Consents::<T>::remove(who, user),
		}
		Self::deposit_event(Event::Consented {
			owner: who.clone(),
			user: user.clone(),
			amount,
			until,
		});
		Ok(())
	}

	/// Takes an amount from a consent that covers it.
	pub(crate) fn spend_consent(
		owner: &AccountIdOf<T>,
		user: &AccountIdOf<T>,
		amount: Balance,
		end: Seconds,
	) -> DispatchResult {
		let consent = Consents::<T>::get(owner, user).ok_or(Error::<T>::NoConsent)?;
		ensure!(end <= consent.until, Error::<T>::NoConsent);
		let left = consent.amount.checked_sub(amount).ok_or(Error::<T>::NoConsent)?;
		match Self::redeem_deposit(owner, Some(consent.deposit), left > 0)? {
			Some(deposit) => Consents::<T>::insert(
				owner,
				user,
				Consent { amount: left, until: consent.until, deposit },
			),
			None => Consents::<T>::remove(owner, user),
		}
		Ok(())
	}

	/// Holds the deposit for what is stored now and was not before, and releases that for what was stored and is
	/// not any more. Gives what is held for it now.
	fn redeem_deposit(
		who: &AccountIdOf<T>,
		before: Option<Balance>,
		stored: bool,
	) -> Result<Option<Balance>, DispatchError> {
		match (before, stored) {
			(None, true) => {
				let deposit = T::AllowanceDeposit::get();
				ext::deposits::hold::<T>(HoldReason::Allowance, who, who, deposit)?;
				Ok(Some(deposit))
			},
			(Some(deposit), false) => {
				ext::deposits::release::<T>(HoldReason::Allowance, who, deposit)?;
				Ok(None)
			},
			(before, _) => Ok(before),
		}
	}
}
