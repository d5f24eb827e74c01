//! What the pallet needs of others: the native token, time, and who keeps the books.

use crate::{AccountIdOf, Config, Error, Fees, Pallet, TotalDeposits, LOG_TARGET};
use frame_support::traits::{
	fungible::{Inspect as _, Mutate as _},
	tokens::{Fortitude, Preservation},
	Get, UnixTime,
};
use fusion_calling_list_primitives::Balance;
use sp_runtime::{
	traits::{AccountIdConversion, SaturatedConversion},
	DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// The account in which deposits sit. It has no key, and nothing is ever called from it.
	pub fn pot() -> AccountIdOf<T> {
		T::PalletId::get().into_account_truncating()
	}

	/// The present block.
	pub(crate) fn block() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The present time, in seconds since 1970.
	pub(crate) fn seconds() -> u64 {
		T::Time::now().as_secs()
	}

	/// Moves FSN of an account into the pot. It counts as deposits.
	pub(crate) fn take(from: &AccountIdOf<T>, amount: Balance) -> DispatchResult {
		T::Currency::transfer(from, &Self::pot(), amount, Preservation::Preserve)
			.map_err(|_| Error::<T>::DepositUnpaid)?;
		TotalDeposits::<T>::mutate(|total| *total = total.saturating_add(amount));
		Ok(())
	}

	/// Pays out of deposits. What cannot be paid, which only an account that cannot hold it is a reason for, goes to
	/// the receiver of fees.
	pub(crate) fn give(to: &AccountIdOf<T>, amount: Balance) {
		if amount == 0 {
			return;
		}
		TotalDeposits::<T>::mutate(|total| *total = total.saturating_sub(amount));
		let paid = T::Currency::transfer(&Self::pot(), to, amount, Preservation::Expendable);
		if let Err(error) = paid {
			log::warn!(target: LOG_TARGET, "{amount} cannot be paid to {to:?}: {error:?}");
			Fees::<T>::mutate(|fees| *fees = fees.saturating_add(amount));
		}
	}

	/// What was a deposit becomes a fee.
	pub(crate) fn collect(amount: Balance) {
		TotalDeposits::<T>::mutate(|total| *total = total.saturating_sub(amount));
		Fees::<T>::mutate(|fees| *fees = fees.saturating_add(amount));
	}

	/// Pays the fees to whom they belong.
	pub(crate) fn pay_fees() {
		let fees = Fees::<T>::get();
		let paid = T::Currency::transfer(
			&Self::pot(),
			&T::FeeReceiver::get(),
			fees,
			Preservation::Expendable,
		);
		match paid {
			Ok(_) => Fees::<T>::kill(),
			Err(error) => log::warn!(target: LOG_TARGET, "fees cannot be paid: {error:?}"),
		}
	}

	/// Lends the account that triggers rows for the chain what a run may leave as storage deposits.
	pub(crate) fn lend(amount: Balance) -> DispatchResult {
		let account = T::TriggerAccount::get();
		T::Currency::transfer(&Self::pot(), &account, amount, Preservation::Expendable).map(|_| ())
	}

	/// Takes it back. What is left beyond that are storage deposits that were freed: they are fees.
	pub(crate) fn take_back(lent: Balance) {
		let account = T::TriggerAccount::get();
		let there =
			T::Currency::reducible_balance(&account, Preservation::Expendable, Fortitude::Polite);
		let paid = T::Currency::transfer(&account, &Self::pot(), there, Preservation::Expendable);
		if paid.is_err() || there < lent {
			// What the run has cost is more than the row has paid. Nothing but a mistake of what runs contracts is a
			// reason for it.
			log::error!(target: LOG_TARGET, "{lent} were lent and {there} came back: {paid:?}");
		}
		let back = if paid.is_ok() { there } else { 0 };
		Fees::<T>::mutate(|fees| {
			*fees = fees.saturating_add(back).saturating_sub(lent);
		});
	}
}
