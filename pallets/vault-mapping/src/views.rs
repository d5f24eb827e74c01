//! What nodes and relayers read: the functions of
//! [`VaultMappingApi`](fusion_asset_mapping_primitives::api::VaultMappingApi).

use crate::{
	ext, Batches, Config, DepositAddresses, NextDeposit, Pallet, Params, TheOrder, TheVault,
};
use alloc::vec::Vec;
use codec::Encode;
use fusion_asset_mapping_primitives::{
	vault::{VaultBatchView, VaultDepositView, VaultObservation, VaultOrderView, VaultView},
	BatchId, DepositIndex,
};
use fusion_dcrm_primitives::{GroupId, MemberId};
use fusion_ethereum_primitives::Address;

/// Most deposit addresses in one answer.
pub const MAX_LISTED: u32 = 1_000;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// The vault.
	pub fn vault() -> Option<VaultView> {
		let found = TheVault::<T, I>::get()?;
		Some(VaultView {
			chain_id: found.vault.chain_id,
			address: found.vault.address.0,
			group: found.group,
			key: found.key,
			confirmations: Params::<T, I>::get().confirmations,
		})
	}

	/// The key that a vault of this group has to be deployed with.
	pub fn vault_key(group: GroupId) -> Option<[u8; 32]> {
		ext::keys::vault_key::<T, I>(group).ok()
	}

	/// Deposit addresses from number `from` on, at most `limit`, and at most 1,000, of them. Empty only if there are
	/// none from `from` on.
	pub fn watched(from: DepositIndex, limit: u32) -> Vec<VaultDepositView> {
		let limit = usize::try_from(limit.min(MAX_LISTED)).unwrap_or(usize::MAX);
		(from..NextDeposit::<T, I>::get())
			.filter_map(|index| {
				DepositAddresses::<T, I>::get(index).map(|found| VaultDepositView {
					index,
					salt: Self::salt(&found.who, index),
					address: found.address.0,
				})
			})
			.take(limit)
			.collect()
	}

	/// Whether the chain waits for this observation of this member.
	pub fn wants(observation: &VaultObservation, member: &MemberId) -> bool {
		Self::check_observation(member, observation).is_ok()
	}

	/// Batches that are not settled, oldest first.
	pub fn open_batches() -> Vec<VaultBatchView> {
		let mut numbers: Vec<_> = Batches::<T, I>::iter_keys().collect();
		numbers.sort_unstable();
		numbers.into_iter().filter_map(Self::batch).collect()
	}

	/// A batch that is not settled.
	pub fn batch(id: BatchId) -> Option<VaultBatchView> {
		let batch = Batches::<T, I>::get(id)?;
		Some(VaultBatchView {
			id,
			group: TheVault::<T, I>::get()?.group,
			digest: batch.template.digest(),
			template: batch.template.encode(),
			signature: batch.signature,
		})
	}

	/// Calldata with which anybody has the vault execute a batch.
	pub fn batch_calldata(id: BatchId, fee_to: Address) -> Option<Vec<u8>> {
		let batch = Batches::<T, I>::get(id)?;
		batch.signature.map(|signature| batch.template.calldata(&signature, &fee_to))
	}

	/// The order that the vault has to execute next.
	pub fn order() -> Option<VaultOrderView> {
		let open = TheOrder::<T, I>::get()?;
		Some(VaultOrderView {
			nonce: open.order.nonce,
			attempt: open.attempt,
			group: TheVault::<T, I>::get()?.group,
			digest: open.order.digest(),
			order: open.order.encode(),
			calldata: open.signature.map(|signature| open.order.calldata(&signature)),
		})
	}
}
