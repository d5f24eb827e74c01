//! What the chain would refuse, known before anything is signed: said with the numbers that matter.
//!
//! The chain decides. What is not looked at here (a balance, a key group that stands still) is found by having the
//! node try the call: see [`explain`](super::explain).

use fusion_asset_mapping_primitives::{chain::ExternalChain, Amount, Destination};
use fusion_bitcoin_primitives::Bitcoin;
use pallet_asset_mapping::{HaltReason, Parameters, PausedDirections};

use super::{amount, time::utc};

#[cfg(test)]
mod tests;

/// What holds now.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
	/// What governance has set.
	pub parameters: Parameters,
	/// What governance has paused.
	pub paused: PausedDirections,
	/// Whether the chain has paused both directions by itself.
	pub halted: Option<HaltReason>,
	/// What lock-outs pay for one virtual byte.
	pub fee_rate: u64,
}

/// Why a direction is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
	/// Governance has paused it.
	#[error("governance has paused it")]
	Paused,
	/// A coin is gone.
	#[error("a coin of the reserves is gone, and governance has to look at it first")]
	CoinGone,
	/// The reserves are short.
	#[error("the reserves are short, and governance has to look at it first")]
	ReservesShort,
}

/// Why the chain would refuse a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
	/// The direction is closed.
	#[error("{direction} is closed: {why}. Try again when `fusion-node coins` shows it open; nothing was sent")]
	Closed {
		/// Which.
		direction: &'static str,
		/// Why.
		why: Closed,
	},
	/// Less than governance allows.
	#[error("{} is below the minimum of a lock-out, {}: lock out more", amount::bitcoin(*.amount), amount::bitcoin(*.least))]
	BelowMinimum {
		/// The amount, in satoshi.
		amount: Amount,
		/// The least.
		least: Amount,
	},
	/// More than governance allows.
	#[error(
		"{} is above the maximum of a lock-out, {}: ask for several smaller ones",
		amount::bitcoin(*.amount),
		amount::bitcoin(*.most)
	)]
	AboveMaximum {
		/// The amount, in satoshi.
		amount: Amount,
		/// The most.
		most: Amount,
	},
	/// After the highest fee too little would be left for an output.
	#[error(
		"of {}, less a fee of up to {max_fee} satoshi, there might be less than {dust} satoshi left, which Bitcoin's \
		 nodes do not pass on: lock out more, or allow a lower fee",
		amount::bitcoin(*.amount)
	)]
	AmountTooSmall {
		/// The amount, in satoshi.
		amount: Amount,
		/// The highest fee that was allowed.
		max_fee: Amount,
		/// The least output.
		dust: Amount,
	},
	/// The fee that was allowed does not pay for a transaction.
	#[error(
		"a fee of up to {max_fee} satoshi is too low: a transaction costs {fee} satoshi now. Allow more \
		 (`--max-fee {suggested}` would do if fees double), or wait until `fusion-node coins` shows a lower fee rate"
	)]
	MaxFeeTooLow {
		/// What was allowed.
		max_fee: Amount,
		/// What it takes now.
		fee: Amount,
		/// Twice that.
		suggested: Amount,
	},
	/// The fee is too large a part of the amount.
	#[error(
		"a transaction costs {fee} satoshi now, and of {} no more than {ceiling} satoshi may be taken for it: lock out \
		 more, or wait until fees are lower",
		amount::bitcoin(*.amount)
	)]
	FeeAboveCeiling {
		/// The amount, in satoshi.
		amount: Amount,
		/// What it takes now.
		fee: Amount,
		/// The most that may be taken.
		ceiling: Amount,
	},
	/// The mapped coins of the account do not suffice.
	#[error(
		"the account {account} has {}, and {} are to be locked out. (What is lent, pledged or in slices does not count: \
		 see docs/usufruct.md)",
		amount::bitcoin(*.balance),
		amount::bitcoin(*.amount)
	)]
	NotEnough {
		/// Whose.
		account: String,
		/// What it has, in satoshi.
		balance: u128,
		/// What it takes.
		amount: Amount,
	},
	/// The account cannot pay what is held for a deposit address.
	#[error(
		"the account {account} has {} to spend, and {} are held for a deposit address, besides the transaction's fee: \
		 send it some FSN first",
		amount::fsn(*.balance),
		amount::fsn(*.deposit)
	)]
	DepositUnpaid {
		/// Whose.
		account: String,
		/// What it has.
		balance: u128,
		/// What is held.
		deposit: u128,
	},
	/// The chain refuses it for a reason of its own.
	#[error("the chain refuses it: {0}. Nothing was sent")]
	ByChain(String),
}

impl Rules {
	/// Why a direction is closed, if it is.
	pub fn closed(&self, is_paused: bool) -> Option<Closed> {
		match self.halted {
			Some(HaltReason::CoinGone) => Some(Closed::CoinGone),
			Some(HaltReason::ReservesShort) => Some(Closed::ReservesShort),
			None => is_paused.then_some(Closed::Paused),
		}
	}

	/// Whether deposit addresses are given out.
	///
	/// # Errors
	///
	/// [`Refusal::Closed`].
	pub fn check_lock_in(&self) -> Result<(), Refusal> {
		match self.closed(self.paused.lock_in) {
			Some(why) => Err(Refusal::Closed { direction: "lock-in", why }),
			None => Ok(()),
		}
	}

	/// Whether a lock-out of so many satoshi to there is taken, at the present fee rate.
	///
	/// # Errors
	///
	/// See [`Refusal`].
	pub fn check_lock_out(
		&self,
		amount: Amount,
		destination: &Destination,
		max_fee: Amount,
	) -> Result<(), Refusal> {
		if let Some(why) = self.closed(self.paused.lock_out) {
			return Err(Refusal::Closed { direction: "lock-out", why });
		}
		let Parameters { minimum_lock_out: least, maximum_lock_out, .. } = self.parameters;
		if amount < least {
			return Err(Refusal::BelowMinimum { amount, least });
		}
		if let Some(most) = maximum_lock_out.filter(|most| amount > *most) {
			return Err(Refusal::AboveMaximum { amount, most });
		}
		let dust = Bitcoin::dust_limit(destination);
		if amount < dust.saturating_add(max_fee) {
			return Err(Refusal::AmountTooSmall { amount, max_fee, dust });
		}
		let fee = self.lone_fee(destination);
		if max_fee < fee {
			let suggested = fee.saturating_mul(2);
			return Err(Refusal::MaxFeeTooLow { max_fee, fee, suggested });
		}
		let ceiling = self.fee_ceiling(amount);
		if fee > ceiling {
			return Err(Refusal::FeeAboveCeiling { amount, fee, ceiling });
		}
		Ok(())
	}

	/// What a transaction that pays only this costs now, in satoshi.
	pub fn lone_fee(&self, destination: &Destination) -> Amount {
		// Only the size matters: every key has a destination of the same kind.
		let change = Bitcoin::destination(&[0; 32]);
		Bitcoin::size(1, &[destination.clone(), change]).saturating_mul(self.fee_rate)
	}

	/// The most that may be taken for the fee of a lock-out of that amount.
	fn fee_ceiling(&self, amount: Amount) -> Amount {
		let Parameters { maximum_fee_part, maximum_batch_fee, .. } = self.parameters;
		maximum_fee_part.mul_floor(amount).min(maximum_batch_fee)
	}
}

/// The deadline of a lock-in that is asked for now, in seconds since 1970: so many hours from now, by the clock that is
/// ahead. (A development chain counts six seconds a block, however fast they come; a deadline must be after its time,
/// while deposits are dated by Bitcoin's clock.) `None` if it cannot be written.
pub fn deadline(chain_now: u64, our_now: u64, hours: u64) -> Option<u32> {
	let seconds = hours.checked_mul(3_600)?;
	u32::try_from(chain_now.max(our_now).checked_add(seconds)?).ok()
}

/// What deposits to an address do from then on.
pub fn deadline_text(deadline: u32, chain_now: u64) -> String {
	let date = utc(deadline.into());
	if u64::from(deadline) < chain_now {
		format!("{date}: it is over, deposits are paid back")
	} else {
		date
	}
}
