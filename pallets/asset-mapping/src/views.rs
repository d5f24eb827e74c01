//! What nodes read: the functions of
//! [`BitcoinMappingApi`](fusion_asset_mapping_primitives::api::BitcoinMappingApi).

use crate::{
	ext, Attempts, Batches, Config, DepositAddresses, GoneCoins, NextDeposit, Pallet, Params, Utxo,
	Utxos,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::traits::UnixTime;
use fusion_asset_mapping_primitives::{
	chain::ExternalChain, Amount, AttemptIndex, BatchId, BatchState, BatchView, CoinView,
	DepositIndex, Destination, Observation, OutPoint, Wanted,
};
use fusion_dcrm_primitives::{GroupId, MemberId};

/// Most deposit addresses or coins in one answer.
pub const MAX_LISTED: u32 = 1_000;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// The group whose members witness.
	pub fn witnesses() -> Option<GroupId> {
		ext::keys::active::<T, I>()
	}

	/// The time of the block, in seconds since 1970: by it nodes know how old what they read is.
	pub fn time() -> u64 {
		T::Time::now().as_secs()
	}

	/// How many confirmations a transaction needs.
	pub fn confirmations() -> u32 {
		Params::<T, I>::get().confirmations
	}

	/// Deposits below this are not witnessed.
	pub fn minimum_deposit() -> Amount {
		Params::<T, I>::get().minimum_deposit
	}

	/// Deposit destinations from number `from` on, at most `limit`, and at most 1,000, of them. Empty only if there
	/// are none from `from` on.
	pub fn watched(from: DepositIndex, limit: u32) -> Vec<(DepositIndex, Destination)> {
		let limit = usize::try_from(limit.min(MAX_LISTED)).unwrap_or(usize::MAX);
		(from..NextDeposit::<T, I>::get())
			.filter_map(|index| {
				DepositAddresses::<T, I>::get(index).map(|address| (index, address.destination))
			})
			.take(limit)
			.collect()
	}

	/// Whether the chain waits for this observation of this member.
	pub fn wants(observation: &Observation, member: &MemberId) -> Wanted {
		if Self::check_observation(member, observation).is_ok() {
			Wanted::Now
		} else if Self::is_undecided(observation) {
			Wanted::Later
		} else {
			Wanted::Never
		}
	}

	/// Whether an observation can still decide something, whoever makes it and whenever it is heard. A report of the
	/// fee rate cannot: it is of one block.
	fn is_undecided(observation: &Observation) -> bool {
		match observation {
			Observation::Deposit { outpoint, index, amount, .. } => {
				*amount > 0
					&& DepositAddresses::<T, I>::contains_key(index)
					&& !Self::is_deposit_decided(outpoint)
			},
			Observation::Settled { batch, attempt, txid, .. } => {
				Attempts::<T, I>::get(batch, attempt).is_some_and(|made| made.txid == *txid)
			},
			Observation::FeeRate { .. } => false,
			Observation::Gone { outpoint, episode } => {
				Utxos::<T, I>::get(outpoint).is_some_and(|coin| coin.episode == *episode)
			},
			Observation::Back { outpoint, episode } => {
				GoneCoins::<T, I>::get(outpoint).is_some_and(|coin| coin.episode == *episode)
			},
		}
	}

	/// All attempts at batches that are not settled, oldest batch first, and in a batch oldest attempt first.
	pub fn open_batches() -> Vec<BatchView> {
		let mut numbers: Vec<_> =
			Batches::<T, I>::iter().map(|(id, batch)| (id, batch.attempts)).collect();
		numbers.sort_unstable();
		numbers
			.into_iter()
			.flat_map(|(id, attempts)| (0..attempts).filter_map(move |n| Self::batch(id, n)))
			.collect()
	}

	/// An attempt at a batch that is not settled.
	pub fn batch(id: BatchId, number: AttemptIndex) -> Option<BatchView> {
		let attempt = Attempts::<T, I>::get(id, number)?;
		let transaction = match attempt.state {
			BatchState::Signed => {
				let signatures: Vec<_> = attempt.signatures.iter().flatten().copied().collect();
				T::Chain::assemble(&attempt.template, &signatures)
			},
			BatchState::Signing | BatchState::Settled => None,
		};
		Some(BatchView {
			id,
			attempt: number,
			state: attempt.state,
			txid: attempt.txid,
			sighashes: T::Chain::sighashes(&attempt.template),
			template: attempt.template.encode(),
			transaction,
		})
	}

	/// Coins of the ledger, after the one given, at most `limit`, and at most 1,000, of them.
	pub fn coins(after: Option<OutPoint>, limit: u32) -> Vec<CoinView> {
		let all = match after {
			Some(outpoint) => Utxos::<T, I>::iter_from(Utxos::<T, I>::hashed_key_for(outpoint)),
			None => Utxos::<T, I>::iter(),
		};
		Self::list(all, limit)
	}

	/// Coins that are gone, after the one given, at most `limit`, and at most 1,000, of them.
	pub fn gone_coins(after: Option<OutPoint>, limit: u32) -> Vec<CoinView> {
		let all = match after {
			Some(outpoint) => {
				GoneCoins::<T, I>::iter_from(GoneCoins::<T, I>::hashed_key_for(outpoint))
			},
			None => GoneCoins::<T, I>::iter(),
		};
		Self::list(all, limit)
	}

	fn list(coins: impl Iterator<Item = (OutPoint, Utxo)>, limit: u32) -> Vec<CoinView> {
		let limit = usize::try_from(limit.min(MAX_LISTED)).unwrap_or(usize::MAX);
		coins
			.take(limit)
			.map(|(outpoint, coin)| CoinView {
				outpoint,
				amount: coin.amount,
				height: coin.height,
				episode: coin.episode,
				reserved: coin.reserved.is_some(),
			})
			.collect()
	}

	/// Address of a deposit, as people write it (UTF-8).
	pub fn deposit_address(index: DepositIndex) -> Option<Vec<u8>> {
		let address = DepositAddresses::<T, I>::get(index)?;
		Self::address_text(&address.destination).map(|text| text.into_inner())
	}
}
