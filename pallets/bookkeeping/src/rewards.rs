//! Emission and fees: what a block distributes, to whom, and how it is paid out.

use alloc::vec::Vec;
use core::ops::Range;
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
	WeightInfo, Work,
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

/// What the packagers of one block share.
struct Shares {
	/// What is shared by the weight of their work.
	by_work: Balance,
	/// The weight of all work, with that of absent groups.
	work: u128,
	/// What is shared by the fees that their transactions have paid.
	by_fees: Balance,
	/// All of these fees.
	fees: Balance,
	/// The weight of a package that has its fees in full.
	full: u64,
}

impl Shares {
	/// The share of a packager, and what its package lacks for having its fees in full.
	fn of(&self, weight: u64, fees: Balance) -> (Balance, Balance) {
		let for_work = mul_div(self.by_work, weight.into(), self.work).unwrap_or(0);
		let in_full = mul_div(self.by_fees, fees, self.fees).unwrap_or(0);
		let weight = weight.min(self.full);
		let for_fees = mul_div(in_full, weight.into(), self.full.into()).unwrap_or(0);
		(for_work.saturating_add(for_fees), in_full.saturating_sub(for_fees))
	}

	/// The share of absent groups, of which this is the weight: of the work alone. Without any work all of it.
	fn of_absent(&self, weight: u64) -> Balance {
		mul_div(self.by_work, weight.into(), self.work).unwrap_or(self.by_work)
	}
}

/// What these extrinsics have paid, of what all extrinsics of the block have, in the order of their numbers.
fn paid_by(extrinsics: &Range<u32>, paid: &[(u32, Balance)]) -> Balance {
	let from = paid.partition_point(|(number, _)| *number < extrinsics.start);
	let to = paid.partition_point(|(number, _)| *number < extrinsics.end);
	let theirs = paid.get(from..to).unwrap_or_default();
	theirs.iter().fold(0, |sum: Balance, (_, fee)| sum.saturating_add(*fee))
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

	/// Notes that the extrinsic that is being executed has paid a fee into the pot, so that whoever packaged
	/// it is paid for it.
	pub fn note_fee(amount: Balance) {
		if let Some(number) = frame_system::Pallet::<T>::extrinsic_index() {
			BlockFees::<T>::append((number, amount));
		}
	}

	/// As [`Pallet::note_work`], where nobody knows who packaged which transactions: who packaged, and the
	/// weight of that work.
	pub fn note_block(assembler: &T::AccountId, packages: &[(T::AccountId, u64)], absent: u64) {
		let work: Vec<_> = packages
			.iter()
			.map(|(packager, weight)| Work {
				packager: packager.clone(),
				weight: *weight,
				extrinsics: 0..0,
			})
			.collect();
		// Without extrinsics nobody has fees, in full or not.
		Self::note_work(assembler, &work, 1, absent);
	}

	/// Distributes the emission of the present block, and what has flowed into the pot since the last one.
	///
	/// - `packages`: who packaged what, and the weight of that work, in any unit. At most
	///   [`Config::MaxPackages`] of them count.
	/// - `full`: the weight, in the same unit, of a package whose packager has its fees in full. Of the fees of a
	///   lighter one a part goes to the treasury.
	/// - `absent`: the weight of the work of groups that delivered no package, in the same unit; its share
	///   goes to the treasury. So does everything that is shared by weight if there is no work at all.
	///
	/// The assembler has its part of everything. The rest of what the transactions of packages have paid
	/// ([`Pallet::note_fee`]) goes to those who packaged them; the rest of the emission, and of whatever else
	/// has flowed into the pot, is shared by the weight of work.
	///
	/// To be called once in each block, after its transactions, so that their fees are shared by those
	/// who made the block. A second call in the same block has no effect. It runs where no weight can be
	/// added any more, so whoever calls it has to have counted [`Pallet::weight_to_note_block`] before.
	pub fn note_work(
		assembler: &T::AccountId,
		packages: &[Work<T::AccountId>],
		full: u64,
		absent: u64,
	) {
		let now = Self::now();
		let paid = BlockFees::<T>::take();
		let mut progress = SessionProgress::<T>::get();
		if progress.last_noted == Some(now) {
			log::error!(target: LOG, "block {now} was noted twice");
			return;
		}
		progress.last_noted = Some(now);
		progress.blocks = progress.blocks.saturating_add(1);
		SessionProgress::<T>::put(progress);

		let most: usize = T::MaxPackages::get().saturated_into();
		let packages = packages.get(..most).unwrap_or(packages);
		let fees: Vec<_> =
			packages.iter().map(|package| paid_by(&package.extrinsics, &paid)).collect();

		let flowed_in = Self::income();
		Self::issue(now);
		let amount = Self::income();
		let for_assembler = T::AssemblerShare::get().mul_floor(amount);
		let work = packages
			.iter()
			.fold(u128::from(absent), |sum, package| sum.saturating_add(package.weight.into()));
		let shares = Self::shares(amount, flowed_in, work, &fees, full);
		let mut day = Payday {
			now,
			session: CurrentSession::<T>::get(),
			bounds: Commissions::<T>::get(),
			credited: 0,
			treasury: shares.of_absent(absent),
		};
		Self::reward(&mut day, assembler, for_assembler);
		for (package, fees) in packages.iter().zip(fees) {
			let (share, rest) = shares.of(package.weight, fees);
			day.treasury = day.treasury.saturating_add(rest);
			Self::reward(&mut day, &package.packager, share);
		}
		Outstanding::<T>::mutate(|owed| *owed = owed.saturating_add(day.credited));
		Self::pay_treasury(day.treasury);
		Self::deposit_event(Event::BlockRewarded {
			assembler: assembler.clone(),
			amount,
			treasury: day.treasury,
		});
	}

	/// What packagers share of an amount, of which this much has flowed in, and the rest was issued.
	fn shares(
		amount: Balance,
		flowed_in: Balance,
		work: u128,
		fees: &[Balance],
		full: u64,
	) -> Shares {
		let share = T::AssemblerShare::get();
		let without_assembler = |all: Balance| all.saturating_sub(share.mul_floor(all));
		let fees = fees.iter().fold(0, |sum: Balance, fee| sum.saturating_add(*fee));
		let by_fees = without_assembler(fees.min(flowed_in));
		let by_work = without_assembler(amount).saturating_sub(by_fees);
		Shares { by_work, work, by_fees, fees, full }
	}

	/// What [`Pallet::note_work`] takes at most with so many packages.
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
