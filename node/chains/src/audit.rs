//! Whether the coins that Fusion counts on are there.
//!
//! After a reorg of blocks that had enough confirmations, and after every start, all coins of Fusion's ledger are
//! looked up once. One that is nowhere, neither in a block nor in Bitcoin Core's pool, is *gone*, and Fusion is told.
//! Nothing is said before the new chain has as many blocks on top as are waited for otherwise: what was in the
//! replaced blocks is mostly mined again. What is gone is looked up from time to time, and Fusion is told when it is
//! back.
//!
//! A coin that a batch spends may be spent by any attempt at the batch. It is gone if it is nowhere, and none of the
//! attempts is: neither in the pool nor in a block. That is said only when it is so twice: an attempt that others have
//! broadcast may not be in our finalized state yet.

use std::{collections::BTreeSet, time::Instant};

use bitcoin::{hashes::Hash, OutPoint, Txid};
use codec::Decode;
use fusion_asset_mapping_primitives::{BatchView, CoinView, Observation, OutPoint as OurOutPoint};
use fusion_bitcoin_primitives::{Network, Template};
use log::{error, info, warn};

use crate::{
	mapping::{ChainError, MappingChain},
	rpc::{BitcoinRpc, ChainInfo, RpcError},
	worker::Worker,
	LOG_TARGET,
};

/// Most coins that are looked up in a round.
const COINS_PER_ROUND: u32 = 200;

/// What is to be looked up.
#[derive(Debug)]
pub(crate) struct Audit {
	/// The height of the tip from which on the ledger is looked up. `None`: it was.
	from: Option<u32>,
	/// The coin that was looked up last.
	after: Option<OurOutPoint>,
	/// Whether all coins so far were there.
	clean: bool,
	/// Coins that batches spend, and that were missing when they were last looked up.
	suspects: BTreeSet<OurOutPoint>,
	/// When coins are looked up next.
	again: Option<Instant>,
}

impl Default for Audit {
	fn default() -> Self {
		let suspects = BTreeSet::new();
		Self { from: Some(0), after: None, clean: true, suspects, again: None }
	}
}

impl Audit {
	/// Blocks with enough confirmations were replaced.
	pub(crate) fn after_reorg(&mut self, tip: u32, confirmations: u32) {
		*self = Self { from: Some(tip.saturating_add(confirmations)), ..Self::default() };
	}

	/// Coins that were missing once.
	#[cfg(test)]
	pub(crate) fn suspects(&self) -> Vec<OurOutPoint> {
		self.suspects.iter().copied().collect()
	}

	/// Whether the ledger is still to be looked up.
	#[cfg(test)]
	pub(crate) fn is_due(&self) -> bool {
		self.from.is_some()
	}
}

/// Why coins could not be looked up.
#[derive(Debug, thiserror::Error)]
enum AuditError {
	#[error(transparent)]
	Fusion(#[from] ChainError),
	#[error(transparent)]
	Bitcoin(#[from] RpcError),
}

fn outpoint(coin: &CoinView) -> OutPoint {
	OutPoint { txid: Txid::from_byte_array(coin.outpoint.txid), vout: coin.outpoint.vout }
}

/// An attempt at a batch that spends the coin: its id, and how many outputs it has.
fn spends(batch: &BatchView, coin: &CoinView) -> Option<(Txid, u32)> {
	let template = Template::decode(&mut batch.template.as_slice()).ok()?;
	let spends_it = template.inputs.iter().any(|input| input.outpoint == coin.outpoint);
	let outputs = u32::try_from(template.outputs.len()).ok()?;
	spends_it.then_some((Txid::from_byte_array(batch.txid), outputs))
}

/// Whether one of these transactions is in a block from that height on.
fn are_in_blocks(bitcoin: &impl BitcoinRpc, from: u32, txids: &[Txid]) -> Result<bool, RpcError> {
	for height in from..=bitcoin.chain_info()?.blocks {
		let Some(hash) = bitcoin.block_hash(height)? else { break };
		let block = bitcoin.block(hash)?;
		if block.txdata.iter().any(|t| txids.contains(&t.compute_txid())) {
			return Ok(true);
		}
	}
	Ok(false)
}

impl<C: MappingChain, R: BitcoinRpc> Worker<C, R> {
	/// Looks coins up, if it is time.
	pub(crate) async fn audit(&mut self, info: &ChainInfo, confirmations: u32, now: Instant) {
		// A node that is behind does not know the newest coins.
		let is_behind = (info.initial_block_download && self.config.network != Network::Regtest)
			|| self.scanner.lock().is_ahead();
		if is_behind || self.audit.again.is_some_and(|again| again > now) {
			return;
		}
		self.audit.again = now.checked_add(self.config.submit_again);
		let outcome = match self.look_for_gone(confirmations).await {
			Ok(()) => self.look_up_ledger(info.blocks, confirmations).await,
			error => error,
		};
		if let Err(error) = outcome {
			warn!(target: LOG_TARGET, "Coins cannot be looked up (trying again): {error}");
		}
	}

	/// Whether coins that are gone are back.
	async fn look_for_gone(&mut self, confirmations: u32) -> Result<(), AuditError> {
		for coin in self.fusion.gone_coins(None, COINS_PER_ROUND).await? {
			let found = self.call(move |bitcoin| bitcoin.unspent(outpoint(&coin), false)).await?;
			if found.is_some_and(|found| found.confirmations >= confirmations) {
				info!(target: LOG_TARGET, "Back: {} sat in {}", coin.amount, outpoint(&coin));
				let CoinView { outpoint, episode, .. } = coin;
				self.tell(Observation::Back { outpoint, episode }).await?;
			}
		}
		Ok(())
	}

	/// Whether the coins of the ledger are there.
	async fn look_up_ledger(&mut self, tip: u32, confirmations: u32) -> Result<(), AuditError> {
		if self.audit.from.is_none_or(|from| tip < from) {
			return Ok(());
		}
		let coins = self.fusion.coins(self.audit.after, COINS_PER_ROUND).await?;
		let Some(last) = coins.last().map(|coin| coin.outpoint) else {
			self.audit.after = None;
			// What is missing is looked up again, until Fusion has taken it out of the ledger or it is there.
			if std::mem::replace(&mut self.audit.clean, true) {
				self.audit.from = None;
			}
			return Ok(());
		};
		for coin in coins {
			if coin.height.saturating_add(confirmations) > tip.saturating_add(1) {
				// This node does not reach as far.
				self.audit.clean = false;
				continue;
			}
			let is_there = if coin.reserved {
				self.is_there_or_spent_by_us(coin).await?
			} else {
				self.is_there(coin, true).await?
			};
			if is_there {
				self.audit.suspects.remove(&coin.outpoint);
				continue;
			}
			self.audit.clean = false;
			if !coin.reserved || !self.audit.suspects.insert(coin.outpoint) {
				error!(
					target: LOG_TARGET,
					"Gone: {} sat in {}, witnessed in block {}",
					coin.amount,
					outpoint(&coin),
					coin.height,
				);
				let CoinView { outpoint, episode, .. } = coin;
				self.tell(Observation::Gone { outpoint, episode }).await?;
			}
		}
		self.audit.after = Some(last);
		Ok(())
	}

	/// Whether a coin is unspent, by the blocks or (`in_pool`) by what is in the pool as well.
	async fn is_there(&self, coin: CoinView, in_pool: bool) -> Result<bool, AuditError> {
		let found = self.call(move |bitcoin| bitcoin.unspent(outpoint(&coin), in_pool)).await?;
		Ok(found.is_some())
	}

	/// Whether a coin that a batch spends is there, or an attempt at the batch is that has spent it.
	async fn is_there_or_spent_by_us(&self, coin: CoinView) -> Result<bool, AuditError> {
		if self.is_there(coin, false).await? || self.is_there(coin, true).await? {
			return Ok(true);
		}
		let mut txids = Vec::new();
		for batch in self.fusion.open_batches().await? {
			let Some((txid, outputs)) = spends(&batch, &coin) else { continue };
			// It is in a block that was looked at, and waits for Fusion to hear of it.
			if self.has_seen(batch.id) {
				return Ok(true);
			}
			for vout in 0..outputs {
				let output = OutPoint { txid, vout };
				if self.call(move |bitcoin| bitcoin.unspent(output, true)).await?.is_some() {
					return Ok(true);
				}
			}
			txids.push(txid);
		}
		// Who was paid may have spent it all. Blocks that were looked at hold none of them.
		let from = self.scanner.lock().next().unwrap_or_default();
		Ok(self.call(move |bitcoin| are_in_blocks(bitcoin, from, &txids)).await?)
	}
}
