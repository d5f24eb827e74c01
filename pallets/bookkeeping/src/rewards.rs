//! Emission and fees: what a block distributes, to whom, and how it is paid out.

use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get, Weight},
	traits::{
		fungible::{Balanced, Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
		OnUnbalanced,
	},
};
use sp_runtime::{traits::AccountIdConversion, SaturatedConversion};

use crate::{
	pallet::*, stake::mul_div, Balance, CommissionBounds, NodeState, Schedule, SessionIndex,
	WeightInfo,
};

/// Where the pallet logs.
const LOG: &str = "runtime::bookkeeping";

/// What all payments of one block have in common.
struct Payday {
	now: u32,
	session: SessionIndex,
	bounds: CommissionBounds,
	/// What nodes have been credited.
	credited: Balance,
	/// What nobody may have but the treasury.
	treasury: Balance,
}

impl<T: Config> Pallet<T> {
	/// The account into which fees flow, and from which rewards are paid.
	pub fn pot() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// How emission falls.
	pub fn schedule() -> Schedule {
		Schedule { first: T::FirstReward::get(), period: T::HalvingPeriod::get() }
	}

	/// Distributes the emission of the present block, and what has flowed into the pot since the last one.
	///
	/// - `packages`: who packaged, and the weight of that work, in any unit. At most
	///   [`Config::MaxPackages`] of them count.
	/// - `absent`: the weight of the work of groups that delivered no package, in the same unit; its share
	///   goes to the treasury. So does everything but the assembler's share if there is no work at all.
	///
	/// To be called once in each block, after its transactions, so that their fees are shared by those
	/// who made the block. A second call in the same block has no effect. It runs where no weight can be
	/// added any more, so whoever calls it has to have counted [`Pallet::weight_to_note_block`] before.
	pub fn note_block(assembler: &T::AccountId, packages: &[(T::AccountId, u64)], absent: u64) {
		let now = Self::now();
		let mut progress = SessionProgress::<T>::get();
		if progress.last_noted == Some(now) {
			log::error!(target: LOG, "block {now} was noted twice");
			return;
		}
		progress.last_noted = Some(now);
		progress.blocks = progress.blocks.saturating_add(1);
		SessionProgress::<T>::put(progress);

		Self::issue(now);
		let amount = Self::income();
		let most: usize = T::MaxPackages::get().saturated_into();
		let packages = packages.get(..most).unwrap_or(packages);
		let work = packages
			.iter()
			.fold(u128::from(absent), |sum, (_, weight)| sum.saturating_add((*weight).into()));
		let for_assembler = T::AssemblerShare::get().mul_floor(amount);
		let for_packagers = amount.saturating_sub(for_assembler);
		let share = |weight: u64| mul_div(for_packagers, weight.into(), work);

		let mut day = Payday {
			now,
			session: CurrentSession::<T>::get(),
			bounds: Commissions::<T>::get(),
			credited: 0,
			// Without any work there are no shares.
			treasury: share(absent).unwrap_or(for_packagers),
		};
		Self::reward(&mut day, assembler, for_assembler);
		for (packager, weight) in packages {
			Self::reward(&mut day, packager, share(*weight).unwrap_or(0));
		}
		Outstanding::<T>::mutate(|owed| *owed = owed.saturating_add(day.credited));
		Self::pay_treasury(day.treasury);
		Self::deposit_event(Event::BlockRewarded {
			assembler: assembler.clone(),
			amount,
			treasury: day.treasury,
		});
	}

	/// What [`Pallet::note_block`] takes at most with so many packages.
	pub fn weight_to_note_block(packages: u32) -> Weight {
		T::WeightInfo::note_block(packages.min(T::MaxPackages::get()))
	}

	/// Mints the emission of a block into the pot, as far as the ceilings allow.
	fn issue(now: u32) {
		let issued = Issued::<T>::get();
		let supply = T::Currency::total_issuance();
		let amount = Self::schedule()
			.reward(now)
			.min(T::EmissionCeiling::get().saturating_sub(issued))
			.min(T::SupplyCeiling::get().saturating_sub(supply));
		if amount == 0 {
			return;
		}
		match T::Currency::mint_into(&Self::pot(), amount) {
			Ok(minted) => Issued::<T>::put(issued.saturating_add(minted)),
			Err(why) => log::error!(target: LOG, "{amount} could not be issued: {why:?}"),
		}
	}

	/// What the pot has that it does not owe, beyond what keeps its account alive.
	pub(crate) fn income() -> Balance {
		T::Currency::balance(&Self::pot())
			.saturating_sub(T::Currency::minimum_balance())
			.saturating_sub(Outstanding::<T>::get())
	}

	/// Credits a node for its work. Offenders work for the treasury.
	fn reward(day: &mut Payday, node: &T::AccountId, amount: Balance) {
		match Candidates::<T>::get(node) {
			Some(mut candidate) if candidate.state != NodeState::Dissolving => {
				let commission = day.bounds.clamp(candidate.commission.at(day.session));
				candidate.credit(amount, commission);
				candidate.last_active = Some(day.now);
				Candidates::<T>::insert(node, candidate);
			},
			// Invulnerable, or elected for want of others.
			_ if Slashes::<T>::get(node).chilled_until <= day.session => {
				Self::add_claimable(node, amount);
				if Self::is_invulnerable(node) {
					LastActive::<T>::insert(node, day.now);
				}
			},
			_ => {
				day.treasury = day.treasury.saturating_add(amount);
				return;
			},
		}
		day.credited = day.credited.saturating_add(amount);
	}

	/// Notes that an account can claim so much, which the pot owes already.
	pub(crate) fn add_claimable(who: &T::AccountId, amount: Balance) {
		if amount > 0 {
			Claimable::<T>::mutate(who, |sum| *sum = sum.saturating_add(amount));
		}
	}

	/// Pays a debt of the pot.
	pub(crate) fn pay_out(who: T::AccountId, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingToClaim);
		Outstanding::<T>::mutate(|owed| *owed = owed.saturating_sub(amount));
		T::Currency::transfer(&Self::pot(), &who, amount, Preservation::Preserve)?;
		Self::deposit_event(Event::Claimed { who, amount });
		Ok(())
	}

	fn pay_treasury(amount: Balance) {
		if amount == 0 {
			return;
		}
		let taken = T::Currency::withdraw(
			&Self::pot(),
			amount,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Polite,
		);
		match taken {
			Ok(credit) => T::Treasury::on_unbalanced(credit),
			// It stays in the pot, and is shared by the next block.
			Err(why) => log::error!(target: LOG, "{amount} could not be paid: {why:?}"),
		}
	}
}
