//! Fees: what members report of the gas price, and what a lock-out pays.
//!
//! Each member of the group may report every `GasReportInterval` blocks what it would pay, free of fees, and its
//! last report counts for `GasReportLifetime` blocks. When as many members as it takes to sign have a report that
//! counts, the gas price is the median of them, or else the one that governance has set; in any case it is within the
//! bounds that governance has set. So fewer than half of those who report cannot move it further than others report,
//! and all of them together not beyond the bounds.

use crate::{Config, Error, Event, GasReport, GasReports, Limits, Pallet, Params, TheVault};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId};
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// What lock-outs pay for a unit of gas now, in the smallest unit of native coin.
	pub fn gas_price() -> u64 {
		let parameters = Params::<T, I>::get();
		TheVault::<T, I>::get()
			.and_then(|vault| Self::reported_gas_price(vault.group))
			.unwrap_or(parameters.gas_price)
			// `clamp` would panic if the bounds were in the wrong order.
			.min(parameters.maximum_gas_price)
			.max(parameters.minimum_gas_price)
	}

	/// What a lock-out of an asset would pay if it were alone in its batch.
	pub fn lone_fee(limits: &Limits) -> u128 {
		Self::fee_in(1, limits.payout_gas, Self::gas_price())
	}

	/// What a payment of so much gas pays in a batch of so many, at that gas price. It is less, the more there are.
	pub(crate) fn fee_in(payments: u32, gas: u32, price: u64) -> u128 {
		let share = Params::<T, I>::get().batch_gas.div_ceil(payments.max(1));
		// Of two numbers of 33 and 64 bits.
		u128::from(share).saturating_add(gas.into()).saturating_mul(price.into())
	}

	/// The median of what members report. Of an even number it is the lower one of the two in the middle.
	fn reported_gas_price(group: GroupId) -> Option<u64> {
		let quorum = T::KeyGroups::threshold(group)?.max(1);
		let members = T::KeyGroups::members(group);
		let mut prices: Vec<u64> = GasReports::<T, I>::get()
			.into_iter()
			.filter(|report| Self::counts(report) && members.contains(&report.member))
			.map(|report| report.price)
			.collect();
		if prices.len() < usize::from(quorum) {
			return None;
		}
		prices.sort_unstable();
		let middle = prices.len().saturating_sub(1) / 2;
		prices.get(middle).copied()
	}

	fn counts(report: &GasReport) -> bool {
		Self::now().saturating_sub(report.at) < T::GasReportLifetime::get().saturated_into::<u32>()
	}

	/// The number of the block that the member's report has to name, if one is wanted of it.
	pub fn wants_gas_price(member: &MemberId) -> Option<u32> {
		let group = TheVault::<T, I>::get()?.group;
		let now = Self::now();
		let wanted = T::KeyGroups::is_member(group, member)
			&& Self::check_gas_report(member, Params::<T, I>::get().gas_price, now).is_ok();
		wanted.then_some(now)
	}

	/// Whether a member's report is wanted: it is of now, and the last one of the member is old enough. What was
	/// said before is older than what is noted of the member, or too old to count.
	pub(crate) fn check_gas_report(
		member: &MemberId,
		price: u64,
		at: u32,
	) -> Result<(), Error<T, I>> {
		ensure!(price > 0, Error::ZeroAmount);
		let report = GasReport { member: member.clone(), price, at };
		ensure!(at <= Self::now() && Self::counts(&report), Error::ObservationNotWanted);
		let last = GasReports::<T, I>::get().into_iter().find(|last| last.member == *member);
		let interval = T::GasReportInterval::get().saturated_into::<u32>().max(1);
		ensure!(
			last.is_none_or(|last| at >= last.at.saturating_add(interval)),
			Error::ObservationNotWanted
		);
		Ok(())
	}

	/// Notes a member's report.
	pub(crate) fn note_gas_report(
		group: GroupId,
		member: MemberId,
		price: u64,
		at: u32,
	) -> DispatchResult {
		// Reports of those who have left the group, or that do not count any more, make room.
		let members = T::KeyGroups::members(group);
		GasReports::<T, I>::try_mutate(|reports| {
			reports.retain(|report| {
				report.member != member && Self::counts(report) && members.contains(&report.member)
			});
			reports
				.try_push(GasReport { member: member.clone(), price, at })
				.map_err(|_| Error::<T, I>::NotAWitness)
		})?;
		Self::deposit_event(Event::GasPriceReported { member, price });
		Ok(())
	}
}
