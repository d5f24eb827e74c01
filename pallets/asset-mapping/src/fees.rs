//! Fees: what members report of the external chain's fee rate, and how much may be taken.
//!
//! Each member of the active group may report every `FeeReportInterval` blocks what it would pay, free of fees,
//! and its last report counts for `FeeReportLifetime` blocks. When as many members as it takes to sign have a
//! report that counts, the fee rate is the median of them, or else the one that governance has set; in any case it
//! is within the bounds that governance has set. So fewer than half of those who report cannot move it further
//! than others report, and all of them together not beyond the bounds.

use crate::{ext, Config, Error, Event, FeeReport, FeeReports, Intent, IntentKind, Pallet, Params};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::{chain::ExternalChain, Amount, Destination};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId};
use sp_runtime::{DispatchError, DispatchResult, SaturatedConversion};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// What lock-outs pay for one virtual byte now, in the external chain's smallest unit.
	pub fn fee_rate() -> u64 {
		let parameters = Params::<T, I>::get();
		ext::keys::active::<T, I>()
			.and_then(|group| Self::reported_fee_rate(group))
			.unwrap_or(parameters.fee_rate)
			// `clamp` would panic if the bounds were in the wrong order.
			.min(parameters.maximum_fee_rate)
			.max(parameters.minimum_fee_rate)
	}

	/// The median of what members report. Of an even number it is the lower one of the two in the middle.
	pub(crate) fn reported_fee_rate(group: GroupId) -> Option<u64> {
		let quorum = T::KeyGroups::threshold(group)?.max(1);
		let members = T::KeyGroups::members(group);
		let mut rates: Vec<u64> = FeeReports::<T, I>::get()
			.into_iter()
			.filter(|report| Self::counts(report) && members.contains(&report.member))
			.map(|report| report.rate)
			.collect();
		if rates.len() < usize::from(quorum) {
			return None;
		}
		rates.sort_unstable();
		let middle = rates.len().saturating_sub(1) / 2;
		rates.get(middle).copied()
	}

	fn counts(report: &FeeReport) -> bool {
		Self::now().saturating_sub(report.at) < T::FeeReportLifetime::get().saturated_into::<u32>()
	}

	/// The number of the block that the member's report has to name, if one is wanted of it.
	pub fn wants_fee_rate(member: &MemberId) -> Option<u32> {
		let group = ext::keys::active::<T, I>()?;
		let now = Self::now();
		let wanted = T::KeyGroups::is_member(group, member)
			&& Self::check_fee_report(member, Params::<T, I>::get().fee_rate, now).is_ok();
		wanted.then_some(now)
	}

	/// Whether a member's report is wanted: it is of now, and the last one of the member is old enough. What was
	/// said before is older than what is noted of the member, or too old to count.
	pub(crate) fn check_fee_report(
		member: &MemberId,
		rate: u64,
		at: u32,
	) -> Result<(), Error<T, I>> {
		ensure!(rate > 0, Error::ZeroAmount);
		let report = FeeReport { member: member.clone(), rate, at };
		ensure!(at <= Self::now() && Self::counts(&report), Error::ObservationNotWanted);
		let last = FeeReports::<T, I>::get().into_iter().find(|last| last.member == *member);
		let interval = T::FeeReportInterval::get().saturated_into::<u32>().max(1);
		ensure!(
			last.is_none_or(|last| at >= last.at.saturating_add(interval)),
			Error::ObservationNotWanted
		);
		Ok(())
	}

	/// Notes a member's report. Those of others that do not count any more make room.
	pub(crate) fn note_fee_report(
		group: GroupId,
		member: MemberId,
		rate: u64,
		at: u32,
	) -> DispatchResult {
		let members = T::KeyGroups::members(group);
		FeeReports::<T, I>::try_mutate(|reports| {
			reports.retain(|report| {
				report.member != member && Self::counts(report) && members.contains(&report.member)
			});
			reports
				.try_push(FeeReport { member: member.clone(), rate, at })
				.map_err(|_| Error::<T, I>::NotAWitness)
		})?;
		Self::deposit_event(Event::FeeRateReported { member, rate });
		Ok(())
	}

	/// What a transaction with one input, this output and change costs now.
	pub fn lone_fee(destination: &Destination) -> Result<Amount, DispatchError> {
		// Only the size matters: every key of ours has a destination of the same kind.
		let change = T::Chain::destination(&[0; 32]);
		T::Chain::size(1, &[destination.clone(), change])
			.checked_mul(Self::fee_rate())
			.ok_or_else(|| Error::<T, I>::Overflow.into())
	}

	/// Most that may be taken of a lock-out of that amount, however much its owner allows.
	pub(crate) fn fee_ceiling(amount: Amount) -> Amount {
		let parameters = Params::<T, I>::get();
		parameters.maximum_fee_part.mul_floor(amount).min(parameters.maximum_batch_fee)
	}

	/// Most that may be taken of an intent. Refunds have no owner who could wait for a lower fee, so all of them
	/// but an output may be taken.
	pub(crate) fn fee_cap<AccountId>(intent: &Intent<AccountId>) -> Amount {
		match intent.kind {
			IntentKind::LockOut => intent.max_fee.min(Self::fee_ceiling(intent.amount)),
			IntentKind::Refund => intent.max_fee,
		}
	}
}
