//! Whether the coins that Fusion counts on are there.
//!
//! After a reorg of blocks that had enough confirmations, and after every start, all coins of Fusion's ledger are
//! looked up once. One that is nowhere, neither in a block nor in Bitcoin Core's pool, is *gone*, and Fusion is told.
//! Nothing is said before the new chain has as many blocks on top as are waited for otherwise: what was in the
//! replaced blocks is mostly mined again. What is gone is looked up from time to time, and Fusion is told when it is
//! back.
//!
//! Coins that a batch spends are not looked up: the batch's transaction may have spent them.

use std::time::Instant;

use bitcoin::{hashes::Hash, OutPoint, Txid};
use fusion_asset_mapping_primitives::{CoinView, Observation, OutPoint as OurOutPoint};
use fusion_bitcoin_primitives::Network;
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
	/// When coins are looked up next.
	again: Option<Instant>,
}

impl Default for Audit {
	fn default() -> Self {
		Self { from: Some(0), after: None, clean: true, again: None }
	}
}

impl Audit {
	/// Blocks with enough confirmations were replaced.
	pub(crate) fn after_reorg(&mut self, tip: u32, confirmations: u32) {
		*self = Self { from: Some(tip.saturating_add(confirmations)), ..Self::default() };
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
		for coin in coins.into_iter().filter(|coin| !coin.reserved) {
			if coin.height.saturating_add(confirmations) > tip.saturating_add(1) {
				// This node does not reach as far.
				self.audit.clean = false;
				continue;
			}
			let found = self.call(move |bitcoin| bitcoin.unspent(outpoint(&coin), true)).await?;
			if found.is_none() {
				self.audit.clean = false;
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
}
