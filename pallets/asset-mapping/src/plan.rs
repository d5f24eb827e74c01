//! Which intents a batch pays with which coins, and what each of them pays for the fee.
//!
//! - *Coins* are the largest ones that are not reserved, until they cover the amounts and leave no
//!   change at all, or enough for an output. A change too small for an output is never given away as
//!   a fee: those coins would be missing from the reserves.
//! - *Intents* are the oldest ones that the coins and the throttle cover, in order. If they do not cover the
//!   oldest, all wait: for coins of open batches to come back, for deposits, or for the window to move on. A refund of
//!   a deposit that is gone is left behind.
//! - *Fee*: size × rate, split evenly over the intents and taken out of their amounts. An intent that
//!   would pay more than it allows, or than governance allows, is left behind, goes to the end of the queue, and
//!   says so once. So does one that would need too many coins, or cannot be paid without a change that is too
//!   small.
//!
//! All of this is decided by what is in storage, and nothing else.

use crate::{
	AccountIdOf, Config, Error, GoneCoins, Intent, Intents, Pallet, Params, Queue, SkipReason, Utxo,
};
use alloc::vec::Vec;
use frame_support::traits::Get;
use fusion_asset_mapping_primitives::{
	chain::ExternalChain, Amount, Destination, IntentId, OutPoint,
};
use fusion_dcrm_primitives::{GroupId, KeyPath};
use sp_runtime::DispatchError;

/// Intents with their numbers.
pub(crate) type Numbered<AccountId> = Vec<(IntentId, Intent<AccountId>)>;
/// Coins, and where they are.
pub(crate) type Coins = Vec<(OutPoint, Utxo)>;
/// An attempt, and the coins that it spends.
pub(crate) type Planned<AccountId> = (Plan<AccountId>, Coins);

/// What an attempt will be.
pub(crate) struct Plan<AccountId> {
	/// The intents that it pays.
	pub(crate) intents: Numbered<AccountId>,
	/// Sum of their amounts.
	pub(crate) total: Amount,
	/// What each of them pays for the fee.
	pub(crate) fee_each: Amount,
	/// What comes back to the group; 0 for no such output.
	pub(crate) change: Amount,
	/// Its size.
	pub(crate) size: u64,
	/// The fee rate that it is made for.
	pub(crate) rate: u64,
}

/// What planning a batch comes to.
pub(crate) struct Planning<AccountId> {
	/// Intents that are left behind.
	pub(crate) skipped: Vec<(IntentId, SkipReason)>,
	/// The oldest intent, if it waits for the throttle.
	pub(crate) throttled: Option<IntentId>,
	/// The batch, if there is something to pay that can be paid, and the coins that it spends.
	pub(crate) plan: Option<Planned<AccountId>>,
}

/// The group's own key on the external chain, to which change goes.
pub(crate) struct ChangeKey {
	pub(crate) output_key: [u8; 32],
	pub(crate) destination: Destination,
	/// The smallest change that gets an output.
	pub(crate) dust: Amount,
}

/// Coins for an amount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
	/// The first `count` coins do, and leave `change`.
	Covered {
		/// How many coins.
		count: usize,
		/// What they leave: 0, or enough for an output.
		change: Amount,
	},
	/// There are not enough coins at hand.
	Short,
	/// There are, but not so that a transaction can be made of them.
	Impossible(SkipReason),
}

/// How many of `coins` (largest first) it takes to cover `total` and leave no change, or at least
/// `dust`. `more`: there are further coins, but a transaction may not spend more than these.
pub(crate) fn select_coins(
	coins: impl Iterator<Item = Amount>,
	more: bool,
	total: Amount,
	dust: Amount,
) -> Selection {
	let mut sum: Amount = 0;
	let mut covered = false;
	for (before, amount) in coins.enumerate() {
		let Some(next) = sum.checked_add(amount) else { break };
		sum = next;
		let Some(change) = sum.checked_sub(total) else { continue };
		covered = true;
		if change == 0 || change >= dust {
			return Selection::Covered { count: before.saturating_add(1), change };
		}
	}
	if covered {
		Selection::Impossible(SkipReason::ChangeBelowDust)
	} else if more {
		Selection::Impossible(SkipReason::TooManyCoins)
	} else {
		Selection::Short
	}
}

/// Sum of the amounts of intents.
pub(crate) fn total_of<AccountId>(intents: &[(IntentId, Intent<AccountId>)]) -> Option<Amount> {
	intents.iter().try_fold(0, |sum: Amount, (_, intent)| sum.checked_add(intent.amount))
}

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Where change of a group goes.
	pub(crate) fn change_key(group: GroupId) -> Result<ChangeKey, DispatchError> {
		let output_key = crate::ext::keys::output_key::<T, I>(group, &KeyPath::Group)?;
		let destination = T::Chain::destination(&output_key);
		let dust = T::Chain::dust_limit(&destination);
		Ok(ChangeKey { output_key, destination, dust })
	}

	/// The oldest intents that wait, as many as a batch takes and the throttle lets through. What is not let through,
	/// and refunds of deposits that are gone, are noted.
	fn waiting_intents() -> (Numbered<AccountIdOf<T>>, Planning<AccountIdOf<T>>) {
		let most = usize::try_from(T::MaxBatchIntents::get()).unwrap_or(usize::MAX);
		let limit = Params::<T, I>::get().lock_outs_per_window.unwrap_or(Amount::MAX);
		let mut room = Self::outflow_room();
		let mut intents = Vec::new();
		let mut planning = Planning { skipped: Vec::new(), throttled: None, plan: None };
		for id in Queue::<T, I>::get().into_iter().take(most) {
			let Some(intent) = Intents::<T, I>::get(id) else { continue };
			if intent.deposit.is_some_and(GoneCoins::<T, I>::contains_key) {
				planning.skipped.push((id, SkipReason::DepositGone));
				continue;
			}
			// What is more than a window lets through goes when nothing else has gone of late, or it would wait for ever,
			// and all others behind it.
			match room.checked_sub(intent.amount.min(limit)) {
				Some(left) => room = left,
				None => {
					planning.throttled = intents.is_empty().then_some(id);
					return (intents, planning);
				},
			}
			intents.push((id, intent));
		}
		(intents, planning)
	}

	/// Picks intents and coins.
	pub(crate) fn plan_batch(
		group: GroupId,
		change_key: &ChangeKey,
	) -> Result<Planning<AccountIdOf<T>>, DispatchError> {
		let coins = Self::largest_coins(group);
		let more = Self::has_more_coins(group);
		let rate = Self::fee_rate();
		let ceiling = Params::<T, I>::get().maximum_batch_fee;
		let (mut intents, Planning { mut skipped, throttled, .. }) = Self::waiting_intents();

		// Each round takes one intent out, or ends it.
		while !intents.is_empty() {
			let total = total_of(&intents).ok_or(Error::<T, I>::Overflow)?;
			let amounts = coins.iter().map(|(_, coin)| coin.amount);
			let impossible = match select_coins(amounts, more, total, change_key.dust) {
				Selection::Covered { count, change } => {
					let size = Self::size_of(count, &intents, change, change_key)?;
					let fee = size.checked_mul(rate).ok_or(Error::<T, I>::Overflow)?;
					let fee_each = Self::split(fee, &intents);
					if fee > ceiling {
						SkipReason::FeeAboveCeiling
					} else if let Some(position) = Self::cheapest(&intents, fee_each) {
						let (id, _) = intents.remove(position);
						skipped.push((id, SkipReason::MaxFeeTooLow));
						continue;
					} else {
						let coins = coins.into_iter().take(count).collect();
						let plan = Plan { intents, total, fee_each, change, size, rate };
						return Ok(Planning { skipped, throttled, plan: Some((plan, coins)) });
					}
				},
				Selection::Impossible(reason) => reason,
				Selection::Short => {
					intents.pop();
					continue;
				},
			};
			// Fewer intents may do. One alone cannot be helped.
			let last = intents.pop();
			if intents.is_empty() {
				skipped.extend(last.map(|(id, _)| (id, impossible)));
			}
		}
		Ok(Planning { skipped, throttled, plan: None })
	}

	/// Size of a transaction with so many inputs that pays these intents.
	pub(crate) fn size_of(
		inputs: usize,
		intents: &[(IntentId, Intent<AccountIdOf<T>>)],
		change: Amount,
		change_key: &ChangeKey,
	) -> Result<u64, DispatchError> {
		let mut outputs: Vec<_> =
			intents.iter().map(|(_, intent)| intent.destination.clone()).collect();
		if change > 0 {
			outputs.push(change_key.destination.clone());
		}
		let inputs = u32::try_from(inputs).map_err(|_| Error::<T, I>::Overflow)?;
		Ok(T::Chain::size(inputs, &outputs))
	}

	/// What each intent pays of a fee: an even part, rounded up.
	pub(crate) fn split(fee: Amount, intents: &[(IntentId, Intent<AccountIdOf<T>>)]) -> Amount {
		let payers = Amount::try_from(intents.len()).unwrap_or(Amount::MAX);
		fee.div_ceil(payers.max(1))
	}

	/// The intent that allows the least, if that is less than `fee_each`. One at a time, because the
	/// others may need fewer coins without it.
	pub(crate) fn cheapest(
		intents: &[(IntentId, Intent<AccountIdOf<T>>)],
		fee_each: Amount,
	) -> Option<usize> {
		intents
			.iter()
			.enumerate()
			.map(|(position, (_, intent))| (position, Self::fee_cap(intent)))
			.min_by_key(|(_, cap)| *cap)
			.filter(|(_, cap)| *cap < fee_each)
			.map(|(position, _)| position)
	}
}
