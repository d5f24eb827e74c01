//! Proof of reserves: all that it takes to compute them anew from the external chain's own nodes.

use crate::{views::MAX_LISTED, Attempts, Batches, Config, Pallet, Upkeeps, Utxo, Utxos};
use alloc::vec::Vec;
use fusion_asset_mapping_primitives::{
	chain::ExternalChain,
	upkeep::{AttemptInFlight, BatchInFlight, ReserveCoin},
	BatchId, BatchState, OutPoint,
};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Coins of the ledger, after the one given, at most `limit`, and at most 1,000, of them.
	pub fn proof_coins(after: Option<OutPoint>, limit: u32) -> Vec<ReserveCoin> {
		let all = match after {
			Some(outpoint) => Utxos::<T, I>::iter_from(Utxos::<T, I>::hashed_key_for(outpoint)),
			None => Utxos::<T, I>::iter(),
		};
		let limit = usize::try_from(limit.min(MAX_LISTED)).unwrap_or(usize::MAX);
		all.take(limit).map(|(outpoint, coin)| Self::reserve_coin_view(outpoint, coin)).collect()
	}

	fn reserve_coin_view(outpoint: OutPoint, coin: Utxo) -> ReserveCoin {
		let destination = T::Chain::destination(&coin.output_key);
		ReserveCoin {
			outpoint,
			amount: coin.amount,
			height: coin.height,
			group: coin.group,
			address: Self::address_text(&destination)
				.map(|text| text.into_inner())
				.unwrap_or_default(),
			destination,
			batch: coin.reserved,
		}
	}

	/// All batches that are not settled, oldest first.
	pub fn batches_in_flight() -> Vec<BatchInFlight> {
		let mut batches: Vec<_> = Batches::<T, I>::iter()
			.map(|(id, batch)| BatchInFlight {
				id,
				group: batch.group,
				upkeep: Upkeeps::<T, I>::get(id).map(|upkeep| upkeep.kind),
				attempts: Self::attempts_in_flight(id, batch.attempts),
				inputs: batch.inputs.into_inner(),
			})
			.collect();
		batches.sort_unstable_by_key(|batch| batch.id);
		batches
	}

	fn attempts_in_flight(id: BatchId, attempts: u32) -> Vec<AttemptInFlight> {
		(0..attempts)
			.filter_map(|number| {
				let attempt = Attempts::<T, I>::get(id, number)?;
				let payments = u32::try_from(attempt.intents.len()).unwrap_or(u32::MAX);
				Some(AttemptInFlight {
					attempt: number,
					txid: attempt.txid,
					signed: attempt.state == BatchState::Signed,
					paid: attempt.total,
					fee: attempt.fee,
					outputs: payments.saturating_add(u32::from(attempt.change.is_some())),
					change: attempt.change.map_or(0, |change| change.amount),
				})
			})
			.collect()
	}
}
