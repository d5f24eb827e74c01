//! Pay for witnesses.
//!
//! The whitepaper pays three works ("implementation of distributed control rights management"). Here they are:
//!
//! - *Initiating*: being the first whose word starts something on this chain. Of the votes that decide on a deposit or
//!   on a confirmed transaction, the oldest is the initiator's. (Who has broadcast a transaction cannot be seen here;
//!   but that it was confirmed can, and who said so first.)
//! - *Confirming*: each vote that decided, the first one included. Who speaks up when it is decided is not heard, and
//!   earns nothing. A vote for something else than what was decided earns nothing either.
//! - *Signing*: the pallet of the key groups pays for that, because it hands the signatures over.
//!
//! Only deposits and confirmed transactions are paid. Deposits below the minimum are not: honest members do not witness
//! them. Nor is what is said of coins that are gone: nobody should wish for it.
//!
//! All is paid in the native token from the account of this pallet, which governance funds, and whoever else wants to.
//! What is earned is noted only as far as the account can pay it then: what was not noted is not owed. So it always has
//! what it owes. In each bucket of `FlowBucket` blocks so many decisions are paid and no more.

use crate::{
	ext, AccountIdOf, Config, DepositOutcome, Deposits, Error, Event, NativeBalanceOf, PaidOfLate,
	Pallet, PayOwed, PayParams, Subject, Tallies, Witnessings,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect as _, Mutate as _},
		tokens::Preservation,
	},
};
use fusion_asset_mapping_primitives::upkeep::{PayView, WorkPay};
use sp_core::H256;
use sp_runtime::{
	traits::{Convert, Zero},
	DispatchResult, SaturatedConversion, Saturating,
};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// What the account has for pay and does not owe, beyond what keeps it alive.
	pub fn pay_pot() -> NativeBalanceOf<T, I> {
		T::Currency::balance(&ext::assets::vault::<T, I>())
			.saturating_sub(T::Currency::minimum_balance())
			.saturating_sub(PayOwed::<T, I>::get())
	}

	/// The subject is decided by the votes for this content: who cast them has earned something. Call it when it has
	/// been acted on, and its votes are still there.
	pub(crate) fn pay_witnesses(subject: &Subject, content: H256) {
		let Some(tally) = Tallies::<T, I>::get(subject) else { return };
		if !Self::is_paid_for(subject) {
			return;
		}
		let terms = PayParams::<T, I>::get();
		let has_place = Self::take_paid_place(terms.most);
		let mut pot = if has_place { Self::pay_pot() } else { Zero::zero() };
		let mut sum = NativeBalanceOf::<T, I>::zero();
		let mut take = |price: NativeBalanceOf<T, I>| {
			let price = price.min(pot);
			pot = pot.saturating_sub(price);
			sum = sum.saturating_add(price);
			price
		};
		let decisive = tally.votes.iter().filter(|vote| vote.content == content);
		for (number, vote) in decisive.enumerate() {
			let account = T::MemberAccount::convert(vote.member.clone());
			Witnessings::<T, I>::mutate(account, |work| {
				if number == 0 {
					work.initiating.add(take(terms.initiating));
				}
				work.confirming.add(take(terms.confirming));
			});
		}
		if !sum.is_zero() {
			PayOwed::<T, I>::mutate(|owed| *owed = owed.saturating_add(sum));
			Self::deposit_event(Event::WitnessesEarned { subject: *subject, amount: sum });
		}
	}

	/// Whether witnessing it is paid.
	fn is_paid_for(subject: &Subject) -> bool {
		match subject {
			Subject::Deposit(outpoint) => Deposits::<T, I>::get(outpoint)
				.is_some_and(|deposit| deposit.outcome != DepositOutcome::BelowMinimum),
			Subject::Settled(_) => true,
			Subject::Gone(_) | Subject::Back(_) => false,
		}
	}

	/// Takes one of the places for paid decisions in the present bucket. `false` if there is none left.
	fn take_paid_place(most: u32) -> bool {
		let bucket = Self::bucket();
		let (of, taken) = PaidOfLate::<T, I>::get();
		let taken = if of == bucket { taken } else { 0 };
		if taken >= most {
			return false;
		}
		PaidOfLate::<T, I>::put((bucket, taken.saturating_add(1)));
		true
	}

	/// Pays an account what it has earned as a witness. See [`Call::claim_pay`](crate::Call::claim_pay).
	pub(crate) fn do_claim_pay(who: &AccountIdOf<T>) -> DispatchResult {
		let mut work = Witnessings::<T, I>::get(who);
		let (initiating, confirming) = (work.initiating.unpaid, work.confirming.unpaid);
		let amount = initiating.saturating_add(confirming);
		ensure!(!amount.is_zero(), Error::<T, I>::NothingEarned);
		work.initiating.unpaid = Zero::zero();
		work.confirming.unpaid = Zero::zero();
		Witnessings::<T, I>::insert(who, work);
		PayOwed::<T, I>::mutate(|owed| *owed = owed.saturating_sub(amount));
		T::Currency::transfer(&ext::assets::vault::<T, I>(), who, amount, Preservation::Preserve)?;
		Self::deposit_event(Event::WitnessPaid { who: who.clone(), initiating, confirming });
		Ok(())
	}

	/// What an account has earned as a witness. What it has earned by signing is the key groups' to say.
	pub fn pay_of(who: &AccountIdOf<T>) -> PayView {
		let work = Witnessings::<T, I>::get(who);
		PayView {
			initiating: WorkPay {
				works: work.initiating.works,
				unpaid: work.initiating.unpaid.saturated_into(),
			},
			confirming: WorkPay {
				works: work.confirming.works,
				unpaid: work.confirming.unpaid.saturated_into(),
			},
			signing: WorkPay::default(),
		}
	}

	/// What is owed is there, and is the sum of what accounts have earned.
	#[cfg(any(test, feature = "try-runtime"))]
	pub(crate) fn check_pay() -> Result<(), sp_runtime::TryRuntimeError> {
		let owed = Witnessings::<T, I>::iter_values().fold(
			NativeBalanceOf::<T, I>::zero(),
			|sum, work| {
				sum.saturating_add(work.initiating.unpaid).saturating_add(work.confirming.unpaid)
			},
		);
		ensure!(owed == PayOwed::<T, I>::get(), "the sum of what witnesses have earned is wrong");
		let pot = T::Currency::balance(&ext::assets::vault::<T, I>());
		ensure!(
			pot >= owed,
			"what witnesses have earned is missing from the account of the pallet"
		);
		Ok(())
	}
}
