//! What nodes read: the functions of
//! [`BitcoinMappingApi`](fusion_asset_mapping_primitives::api::BitcoinMappingApi).

use crate::{
	ext, BatchOf, Batches, Config, DepositAddresses, NextDeposit, Pallet, Params, Subject,
};
use alloc::vec::Vec;
use codec::Encode;
use fusion_asset_mapping_primitives::{
	chain::ExternalChain, Amount, BatchId, BatchState, BatchView, DepositIndex, Destination,
	OutPoint,
};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId, MemberId};

/// Most deposit addresses in one answer of [`Pallet::watched`].
pub const MAX_WATCHED: u32 = 1_000;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// The group whose members witness.
	pub fn witnesses() -> Option<GroupId> {
		ext::keys::active::<T, I>()
	}

	/// How many confirmations a transaction needs.
	pub fn confirmations() -> u32 {
		Params::<T, I>::get().confirmations
	}

	/// Deposits below this are not witnessed.
	pub fn minimum_deposit() -> Amount {
		Params::<T, I>::get().minimum_deposit
	}

	/// Deposit destinations from number `from` on, at most `limit`, and at most 1,000, of them.
	pub fn watched(from: DepositIndex, limit: u32) -> Vec<(DepositIndex, Destination)> {
		let end =
			from.saturating_add(limit.min(MAX_WATCHED).into()).min(NextDeposit::<T, I>::get());
		(from..end)
			.filter_map(|index| {
				DepositAddresses::<T, I>::get(index).map(|address| (index, address.destination))
			})
			.collect()
	}

	/// Whether the chain still wants to hear of this deposit from this member.
	pub fn wants_deposit(outpoint: OutPoint, member: &MemberId) -> bool {
		Self::check_deposit_wanted(&outpoint).is_ok()
			&& Self::wants_vote(member, &Subject::Deposit(outpoint))
	}

	/// Whether the chain still wants to hear from this member that the batch is settled.
	pub fn wants_settled(batch: BatchId, member: &MemberId) -> bool {
		Self::check_settled_wanted(batch, None).is_ok()
			&& Self::wants_vote(member, &Subject::Settled(batch))
	}

	fn wants_vote(member: &MemberId, subject: &Subject) -> bool {
		ext::keys::active::<T, I>().is_some_and(|group| {
			T::KeyGroups::is_member(group, member)
				&& Self::check_may_vote(group, member, subject).is_ok()
		})
	}

	/// Batches that are not settled, oldest first.
	pub fn open_batches() -> Vec<BatchView> {
		let mut batches: Vec<_> = Batches::<T, I>::iter().collect();
		batches.sort_unstable_by_key(|(id, _)| *id);
		batches.into_iter().map(|(id, batch)| Self::view(id, batch)).collect()
	}

	/// A batch that is not settled.
	pub fn batch(id: BatchId) -> Option<BatchView> {
		Batches::<T, I>::get(id).map(|batch| Self::view(id, batch))
	}

	/// Address of a deposit, as people write it (UTF-8).
	pub fn deposit_address(index: DepositIndex) -> Option<Vec<u8>> {
		let address = DepositAddresses::<T, I>::get(index)?;
		Self::address_text(&address.destination).map(|text| text.into_inner())
	}

	fn view(id: BatchId, batch: BatchOf<T, I>) -> BatchView {
		let transaction = match batch.state {
			BatchState::Signed => {
				let signatures: Vec<_> = batch.signatures.iter().flatten().copied().collect();
				T::Chain::assemble(&batch.template, &signatures)
			},
			BatchState::Signing | BatchState::Settled => None,
		};
		BatchView {
			id,
			state: batch.state,
			txid: batch.txid,
			sighashes: T::Chain::sighashes(&batch.template),
			template: batch.template.encode(),
			transaction,
		}
	}
}
