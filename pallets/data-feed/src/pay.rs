//! Pay: what feeders earn, and how it is paid out.
//!
//! An answer's reward is divided into as many parts as there are feeders. A feeder earns of its part what its score says
//! ([`score`](fusion_data_feed_primitives::score)): half for committing early, half for being close to the answer, nothing
//! for an outlier or without a reveal. What is not earned stays in the account, so that nobody gains by keeping another one
//! from being heard.
//!
//! All is paid from one account, the *pot*. Whoever wants to can fund it; governance does. Only as much is earned as the
//! pot can pay then: so it always has what it owes.

use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
		Get,
	},
};
use fusion_data_feed_primitives::{traits::Feeders, Balance, FULL_SCORE};
use sp_runtime::traits::AccountIdConversion;

use crate::{pallet::*, AccountIdOf};

impl<T: Config> Pallet<T> {
	/// The account that feeders are paid from.
	pub fn pot() -> AccountIdOf<T> {
		T::PotId::get().into_account_truncating()
	}

	/// What can be paid for an answer: the reward, or what the pot has and does not owe, beyond what keeps its account alive.
	pub(crate) fn budget(reward: Balance) -> Balance {
		T::Currency::balance(&Self::pot())
			.saturating_sub(T::Currency::minimum_balance())
			.saturating_sub(Owed::<T>::get())
			.min(reward)
	}

	/// What a score gives of a part, rounded down.
	pub(crate) fn share(part: Balance, score: u32) -> Balance {
		let (full, score) = (Balance::from(FULL_SCORE), Balance::from(score.min(FULL_SCORE)));
		let whole = part.checked_div(full).unwrap_or(0).saturating_mul(score);
		let rest = part.checked_rem(full).unwrap_or(0).saturating_mul(score);
		whole.saturating_add(rest.checked_div(full).unwrap_or(0))
	}

	/// Pays a feeder what it has earned.
	pub(crate) fn do_claim_pay(feeder: &AccountIdOf<T>) -> DispatchResult {
		let mut record = Records::<T>::get(feeder);
		let amount = core::mem::take(&mut record.owed);
		ensure!(amount > 0, Error::<T>::NothingEarned);
		Records::<T>::insert(feeder, record);
		Owed::<T>::mutate(|owed| *owed = owed.saturating_sub(amount));
		T::Currency::transfer(&Self::pot(), feeder, amount, Preservation::Preserve)?;
		Self::deposit_event(Event::Paid { feeder: feeder.clone(), amount });
		Ok(())
	}

	/// Takes the record of an account out that feeds no more.
	pub(crate) fn do_forget_record(feeder: &AccountIdOf<T>) -> DispatchResult {
		let record = Records::<T>::try_get(feeder).map_err(|()| Error::<T>::RecordInUse)?;
		ensure!(record.owed == 0 && !T::Feeders::is_feeder(feeder), Error::<T>::RecordInUse);
		Records::<T>::remove(feeder);
		Self::deposit_event(Event::RecordForgotten { feeder: feeder.clone() });
		Ok(())
	}
}
