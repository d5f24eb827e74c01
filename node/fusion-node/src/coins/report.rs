//! What `fusion-node coins` shows.

use fusion_asset_mapping_primitives::{
	Amount, BatchId, BatchState, DepositIndex, Destination, IntentId, OutPoint, Reserves,
};
use fusion_bitcoin_primitives::Network;
use fusion_dcrm_primitives::{GroupId, GroupState, GroupView};
use fusion_runtime::{Balance, BlockNumber, Hash};
use pallet_asset_mapping::{AddressKind, DepositOutcome, DepositRecord, IntentKind, RefundReason};
use serde::Serialize;

use super::{
	address,
	checks::Rules,
	follow::skipped,
	state::{Attempt, LockIn, LockOut},
};

#[cfg(test)]
mod tests;
mod text;

/// All of it. Amounts of bitcoin are in satoshi, those of FSN in its smallest unit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
	/// Hash of the chain's first block.
	pub genesis: Hash,
	/// Which Bitcoin.
	pub network: String,
	/// The block that this is of: the newest one that is final.
	pub block: Hash,
	/// Its number.
	pub block_number: BlockNumber,
	/// The chain's time, in seconds since 1970.
	pub time: u64,
	/// What is held, and what for.
	pub reserves: ReservesLine,
	/// Whether and how coins come in.
	pub lock_in: LockInLine,
	/// Whether and how they go out.
	pub lock_out: LockOutLine,
	/// Who has the key.
	pub key_group: Option<GroupLine>,
	/// The account that was asked about.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub account: Option<AccountPart>,
	/// The lock-in that was asked about.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub asked_lock_in: Option<LockInView>,
	/// The lock-out that was asked about.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub asked_lock_out: Option<LockOutView>,
	/// The deposit that was asked about.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub asked_deposit: Option<DepositView>,
}

/// Proof of reserves: see [`Reserves`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservesLine {
	#[serde(flatten)]
	reserves: Reserves,
	fee_reserve: u128,
	is_covered: bool,
}

impl From<Reserves> for ReservesLine {
	fn from(reserves: Reserves) -> Self {
		let (fee_reserve, is_covered) = (reserves.surplus(), reserves.covered());
		Self { reserves, fee_reserve, is_covered }
	}
}

/// How coins come in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockInLine {
	closed: Option<String>,
	confirmations: u32,
	minimum: Amount,
	maximum: Option<Amount>,
	most_a_day: Option<Amount>,
}

/// How they go out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockOutLine {
	closed: Option<String>,
	minimum: Amount,
	maximum: Option<Amount>,
	most_a_day: Option<Amount>,
	/// In satoshi for a virtual byte.
	fee_rate: u64,
	/// What the fee of a transaction to a taproot address is, if it pays only that.
	fee: Amount,
	/// Most that the fee may be, as a part of the amount.
	maximum_fee_part: String,
}

impl LockInLine {
	/// By the rules.
	pub fn new(rules: &Rules) -> Self {
		let parameters = rules.parameters;
		Self {
			closed: rules.closed(rules.paused.lock_in).map(|why| why.to_string()),
			confirmations: parameters.confirmations,
			minimum: parameters.minimum_deposit,
			maximum: parameters.maximum_deposit,
			most_a_day: parameters.deposits_per_window,
		}
	}
}

impl LockOutLine {
	/// By the rules; `destination` is where the fee is counted for.
	pub fn new(rules: &Rules, destination: &Destination) -> Self {
		let parameters = rules.parameters;
		Self {
			closed: rules.closed(rules.paused.lock_out).map(|why| why.to_string()),
			minimum: parameters.minimum_lock_out,
			maximum: parameters.maximum_lock_out,
			most_a_day: parameters.lock_outs_per_window,
			fee_rate: rules.fee_rate,
			fee: rules.lone_fee(destination),
			maximum_fee_part: format!("{:?}", parameters.maximum_fee_part),
		}
	}
}

/// The key group that coins go to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupLine {
	id: GroupId,
	is_active: bool,
	members: usize,
	threshold: u16,
	/// How often its key was handed over.
	epoch: u32,
	/// Whether all groups stand still.
	is_paused: bool,
	/// The most that it may hold before no addresses are given out any more. `None`: no limit.
	capacity: Option<u128>,
}

impl GroupLine {
	/// `capacity` is in the smallest unit of FSN, `price` what a satoshi is worth in it.
	pub fn new(group: &GroupView, is_paused: bool, capacity: Balance, price: Option<u128>) -> Self {
		Self {
			id: group.id,
			is_active: matches!(group.state, GroupState::Active),
			members: group.members.len(),
			threshold: group.threshold,
			epoch: group.epoch,
			is_paused,
			capacity: price.and_then(|price| capacity.checked_div(price)),
		}
	}
}

/// What an account has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountPart {
	/// Which.
	pub account: String,
	/// Mapped bitcoin, in satoshi.
	pub mapped: u128,
	/// What it has to spend, in the smallest unit of FSN.
	pub spendable: String,
	/// The same, as people write it.
	#[serde(skip)]
	pub fsn: String,
	/// Its lock-ins.
	pub lock_ins: Vec<LockInView>,
	/// Whether there may be older ones, which were not looked through.
	pub is_partial: bool,
	/// Its lock-outs and refunds that are not settled.
	pub lock_outs: Vec<LockOutView>,
}

/// A lock-in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockInView {
	index: DepositIndex,
	deposit_address: String,
	account: String,
	is_reserve: bool,
	deadline: u32,
	is_over: bool,
	refund_address: String,
	deposits: u32,
	key_group: GroupId,
	held: String,
}

impl LockInView {
	/// At a time of the chain.
	pub fn new(index: DepositIndex, lock_in: &LockIn, network: Network, now: u64) -> Self {
		Self {
			index,
			deposit_address: address::bitcoin(&lock_in.destination, network),
			account: address::account(&lock_in.who),
			is_reserve: lock_in.kind == AddressKind::Reserve,
			deadline: lock_in.deadline,
			is_over: u64::from(lock_in.deadline) < now,
			refund_address: address::bitcoin(&lock_in.refund, network),
			deposits: lock_in.deposits,
			key_group: lock_in.group,
			held: lock_in.held.to_string(),
		}
	}
}

/// Where a lock-out stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Standing {
	/// It waits for a batch.
	Waiting {
		/// Why the last one was made without it.
		reason: Option<String>,
	},
	/// A batch takes it, and is being signed.
	Signing {
		/// The batch.
		batch: BatchId,
	},
	/// Transactions that pay it are signed, and are broadcast. At most one is ever confirmed.
	Broadcast {
		/// The batch.
		batch: BatchId,
		/// They.
		txids: Vec<String>,
	},
	/// It is over.
	Over,
}

/// Where a lock-out stands. `attempts` are those at its batch.
pub fn standing(id: IntentId, lock_out: &LockOut, attempts: &[Attempt]) -> Standing {
	let Some(batch) = lock_out.batch else {
		let reason = lock_out.skipped.map(|reason| skipped(reason).to_string());
		return Standing::Waiting { reason };
	};
	let txids: Vec<_> = attempts
		.iter()
		.filter(|attempt| attempt.state == BatchState::Signed && attempt.intents.contains(&id))
		.map(|attempt| address::txid(&attempt.txid))
		.collect();
	if txids.is_empty() {
		Standing::Signing { batch }
	} else {
		Standing::Broadcast { batch, txids }
	}
}

/// A lock-out, or a refund.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockOutView {
	lock_out: IntentId,
	#[serde(flatten)]
	standing: Standing,
	/// What it is, unless it is over.
	#[serde(flatten)]
	details: Option<Details>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
	account: String,
	is_refund: bool,
	amount: Amount,
	to: String,
	max_fee: Amount,
}

impl LockOutView {
	/// One that is not settled.
	pub fn open(id: IntentId, lock_out: &LockOut, standing: Standing, network: Network) -> Self {
		let details = Details {
			account: address::account(&lock_out.who),
			is_refund: lock_out.kind == IntentKind::Refund,
			amount: lock_out.amount,
			to: address::bitcoin(&lock_out.destination, network),
			max_fee: lock_out.max_fee,
		};
		Self { lock_out: id, standing, details: Some(details) }
	}

	/// One that is.
	pub fn over(id: IntentId) -> Self {
		Self { lock_out: id, standing: Standing::Over, details: None }
	}
}

/// A deposit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositView {
	outpoint: String,
	/// What has become of it.
	outcome: String,
	lock_in: Option<DepositIndex>,
	amount: Option<Amount>,
	height: Option<u32>,
}

impl DepositView {
	/// One that was decided on.
	pub fn decided(outpoint: OutPoint, record: &DepositRecord) -> Self {
		Self {
			outpoint: write(outpoint),
			outcome: outcome(record.outcome),
			lock_in: Some(record.index),
			amount: Some(record.amount),
			height: Some(record.height),
		}
	}

	/// One that so many members of the group have spoken of.
	pub fn undecided(outpoint: OutPoint, votes: usize, threshold: Option<u16>) -> Self {
		let needed = threshold.map_or_else(|| "some".into(), |threshold| threshold.to_string());
		let outcome = if votes == 0 {
			"not witnessed yet: it needs its confirmations, must go to a deposit address, and not be below the minimum"
				.into()
		} else {
			format!("being witnessed: {votes} of the {needed} members that it takes have seen it")
		};
		let (lock_in, amount, height) = (None, None, None);
		Self { outpoint: write(outpoint), outcome, lock_in, amount, height }
	}
}

fn write(OutPoint { txid, vout }: OutPoint) -> String {
	format!("{}:{vout}", address::txid(&txid))
}

fn outcome(outcome: DepositOutcome) -> String {
	let why = |reason| match reason {
		RefundReason::Late => "it came after the deadline",
		RefundReason::AboveMaximum => "it is above the maximum",
	};
	match outcome {
		DepositOutcome::Credited => "credited".into(),
		DepositOutcome::BelowMinimum => "kept: it is below the minimum, and nothing is credited".into(),
		DepositOutcome::Delayed => {
			"delayed: so much has come in of late. `claim_deposit` credits it later, by anyone".into()
		},
		DepositOutcome::Refunding(intent) => {
			format!("paid back, less the fee: look with `fusion-node coins --lock-out {intent}`")
		},
		DepositOutcome::RefundDelayed(reason) => format!(
			"to be paid back ({}), but too many lock-outs are open. `claim_deposit` does it later, by anyone",
			why(reason)
		),
		DepositOutcome::TooSmallToRefund => {
			"kept: it would have been paid back, but is too small for that".into()
		},
		DepositOutcome::Reserve => "in the reserves: nobody is credited".into(),
	}
}
