//! A lock-out, followed from its request to its end.

use std::fmt;

use fusion_asset_mapping_primitives::{Amount, BatchId, IntentId};
use fusion_runtime::{BlockNumber, RuntimeEvent, VERSION};
use pallet_asset_mapping::{HaltReason, SkipReason, StuckReason};
use pallet_revive::frame_system;
use serde::Serialize;

use super::{
	address::txid,
	chain::{Chain, Events},
	error::Failure,
	transaction::MappingEvent,
};

#[cfg(test)]
mod tests;

/// What became of a lock-out. Transactions' ids are written as explorers write them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum News {
	/// A batch was made without it.
	Skipped {
		/// Why.
		reason: String,
	},
	/// A batch takes it: it cannot be cancelled any more.
	Signing {
		/// The batch.
		batch: BatchId,
		/// Its transaction.
		txid: String,
		/// What it pays for the fee, in satoshi.
		fee: Amount,
	},
	/// Another transaction, with a higher fee, is to take the place of the batch's.
	Replacing {
		/// The batch.
		batch: BatchId,
		/// The transaction.
		txid: String,
		/// What each of its lock-outs pays for the fee, in satoshi.
		fee: Amount,
	},
	/// The transaction is signed in full, and nodes broadcast it.
	Broadcast {
		/// The batch.
		batch: BatchId,
		/// The transaction.
		txid: String,
	},
	/// The newest transaction of the batch leaves it out, since it does not allow the fee.
	LeftOut {
		/// The batch.
		batch: BatchId,
	},
	/// The transaction waits, and cannot be replaced.
	Stuck {
		/// The batch.
		batch: BatchId,
		/// Why.
		reason: String,
	},
	/// Its batch was confirmed without it, or given up: it waits for another one.
	Returned,
	/// It is paid, and confirmed: the mapped coins are burnt. The end.
	Paid {
		/// The transaction.
		txid: String,
	},
	/// It was cancelled, and the mapped coins are back. The end.
	Cancelled,
	/// The chain has paused by itself: nothing goes on until governance has looked at it.
	Halted {
		/// Why.
		reason: String,
	},
	/// Governance lets things go on.
	Resumed,
}

impl News {
	/// Whether nothing follows.
	pub fn is_over(&self) -> bool {
		matches!(self, Self::Paid { .. } | Self::Cancelled)
	}
}

impl fmt::Display for News {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Skipped { reason } => write!(formatter, "waiting: {reason}"),
			Self::Signing { batch, txid, fee } => write!(
				formatter,
				"signing: batch {batch} pays it with transaction {txid}, less {fee} satoshi for the fee"
			),
			Self::Replacing { batch, txid, fee } => write!(
				formatter,
				"signing: batch {batch} is tried again with transaction {txid}, with {fee} satoshi for the fee"
			),
			Self::Broadcast { txid, .. } => write!(
				formatter,
				"broadcast: transaction {txid} is signed, and waits for its confirmations"
			),
			Self::LeftOut { batch } => write!(
				formatter,
				"left out: fees have risen above what it allows, and batch {batch} goes on without it. It is paid by an \
				 earlier transaction, or returned"
			),
			Self::Stuck { batch, reason } => {
				write!(formatter, "stuck: batch {batch} waits for lower fees: {reason}")
			},
			Self::Returned => formatter.write_str("waiting: it was not paid, and is in the next batch"),
			Self::Paid { txid } => {
				write!(formatter, "paid: transaction {txid} is confirmed, and the mapped coins are burnt")
			},
			Self::Cancelled => formatter.write_str("cancelled: the mapped coins are back"),
			Self::Halted { reason } => write!(
				formatter,
				"halted: {reason}. What is signed can still be confirmed; governance has to look at the rest"
			),
			Self::Resumed => formatter.write_str("resumed: governance lets things go on"),
		}
	}
}

/// Why a lock-out waits.
pub fn skipped(reason: SkipReason) -> &'static str {
	match reason {
		SkipReason::MaxFeeTooLow => {
			"fees have risen above what it allows (wait, or cancel it and ask again)"
		},
		SkipReason::TooManyCoins => {
			"it takes more coins than a transaction may spend (wait for larger deposits, or cancel it and ask for less)"
		},
		SkipReason::ChangeBelowDust => {
			"the coins at hand do not fit the amount (wait for deposits, or cancel it and ask for another amount)"
		},
		SkipReason::FeeAboveCeiling => "a transaction for it would cost more than is allowed (wait)",
		SkipReason::Throttled => "so much has gone out of late that it waits; it keeps its place",
	}
}

/// Why a transaction is not replaced.
pub fn stuck(reason: StuckReason) -> &'static str {
	match reason {
		StuckReason::NoAttemptsLeft => "it was replaced as often as it may be",
		StuckReason::MaxFeesTooLow => "none of its lock-outs allows a higher fee",
		StuckReason::FeeAboveCeiling => "a transaction may not cost more",
		StuckReason::ChangeBelowDust => "the coins that it spends leave no room for a higher fee",
		StuckReason::CoinGone => "a coin that it spends is gone",
	}
}

/// Why the chain has paused.
pub fn halted(reason: HaltReason) -> &'static str {
	match reason {
		HaltReason::CoinGone => "a coin of the reserves is gone",
		HaltReason::ReservesShort => "the reserves are short",
	}
}

/// Hears what concerns one lock-out.
pub struct Follower {
	intent: IntentId,
	/// The batch that it belongs to.
	batch: Option<BatchId>,
}

impl Follower {
	/// Of a lock-out that waits, or belongs to this batch.
	pub fn new(intent: IntentId, batch: Option<BatchId>) -> Self {
		Self { intent, batch }
	}

	/// What an event means for it, if anything.
	pub fn hear(&mut self, event: &MappingEvent) -> Option<News> {
		let ours = |intent: &IntentId| *intent == self.intent;
		let our_batch = |batch: &BatchId| self.batch == Some(*batch);
		Some(match event {
			MappingEvent::LockOutSkipped { intent, reason } if ours(intent) => {
				News::Skipped { reason: skipped(*reason).into() }
			},
			MappingEvent::BatchCreated { batch, txid: id, intents, fee_each }
				if intents.iter().any(ours) =>
			{
				self.batch = Some(*batch);
				News::Signing { batch: *batch, txid: txid(id), fee: *fee_each }
			},
			MappingEvent::BatchReplaced { batch, txid: id, fee_each, .. } if our_batch(batch) => {
				News::Replacing { batch: *batch, txid: txid(id), fee: *fee_each }
			},
			MappingEvent::BatchSigned { batch, txid: id, .. } if our_batch(batch) => {
				News::Broadcast { batch: *batch, txid: txid(id) }
			},
			MappingEvent::LockOutLeftOut { intent, batch, .. } if ours(intent) => {
				News::LeftOut { batch: *batch }
			},
			MappingEvent::BatchStuck { batch, reason } if our_batch(batch) => {
				News::Stuck { batch: *batch, reason: stuck(*reason).into() }
			},
			MappingEvent::LockOutReturned { intent } if ours(intent) => {
				self.batch = None;
				News::Returned
			},
			MappingEvent::LockOutSettled { intent, txid: id, .. } if ours(intent) => {
				News::Paid { txid: txid(id) }
			},
			MappingEvent::LockOutCancelled { intent, .. } if ours(intent) => News::Cancelled,
			MappingEvent::Halted { reason } => News::Halted { reason: halted(*reason).into() },
			MappingEvent::Resumed => News::Resumed,
			_ => return None,
		})
	}

	/// What the events of a block mean for it, in order, up to its end. Whether the runtime is another one from then on
	/// is said beside.
	fn hear_block(&mut self, events: Events) -> (Vec<News>, bool) {
		let mut news = Vec::new();
		let mut is_upgraded = false;
		for record in events {
			match record.event {
				RuntimeEvent::BitcoinMapping(event) => {
					if let Some(heard) = self.hear(&event) {
						let is_over = heard.is_over();
						news.push(heard);
						if is_over {
							return (news, is_upgraded);
						}
					}
				},
				RuntimeEvent::System(frame_system::Event::CodeUpdated { .. }) => is_upgraded = true,
				_ => {},
			}
		}
		(news, is_upgraded)
	}
}

/// Follows a lock-out from a block on, which is not looked at any more, until it is over. Tells all that becomes of it,
/// once that is final.
///
/// # Errors
///
/// What goes wrong with calls; the lock-out goes on all the same.
pub async fn follow(
	chain: &Chain,
	mut follower: Follower,
	from: BlockNumber,
	mut tell: impl FnMut(BlockNumber, &News),
) -> Result<(), Failure> {
	let intent = follower.intent;
	let goes_on = |why: String| {
		Failure::Nothing(format!(
			"lock-out {intent} goes on, but cannot be followed any more: {why}. Look with `fusion-node coins --lock-out \
			 {intent}`"
		))
	};
	let mut heads = chain.finality().await?;
	let mut last = from;
	while let Some(head) = heads.next().await {
		let head = head.map_err(|error| goes_on(error.to_string()))?;
		// Blocks may become final several at once.
		while last < head.number {
			last = last.saturating_add(1);
			let block = chain.block_hash(last).await.map_err(|error| goes_on(error.to_string()))?;
			let events = chain.events(block).await.map_err(|error| goes_on(error.to_string()))?;
			let (news, is_upgraded) = follower.hear_block(events);
			for heard in &news {
				tell(last, heard);
			}
			if news.last().is_some_and(News::is_over) {
				return Ok(());
			}
			if is_upgraded {
				return Err(goes_on(format!(
					"the chain has another runtime than {} version {} now, which the fusion-node of that release reads",
					VERSION.spec_name, VERSION.spec_version
				)));
			}
		}
	}
	Err(goes_on("the connection to the node broke".into()))
}
