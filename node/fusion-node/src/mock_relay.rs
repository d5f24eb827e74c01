//! Stands in for the relay chain where there is none: on development and local networks.
//!
//! A parachain block says which relay chain block it builds on and proves what that block's state says.
//! Here both are made up from the clock: one relay chain block every six seconds since 1970, whose slot is
//! its number, and whose state says that our parent has been included. What this leaves out is what a
//! relay chain is there for: that validators execute our blocks, finality, and messages.

use std::sync::Arc;

use codec::Encode;
use cumulus_client_parachain_inherent::MockValidationDataInherentDataProvider;
use cumulus_primitives_core::{
	relay_chain::{well_known_keys::ACTIVE_CONFIG, HeadData, MAX_CODE_SIZE},
	AbridgedHostConfiguration, CollectCollationInfo, ParaId,
};
use cumulus_test_relay_sproof_builder::RelayStateSproofBuilder;
use fusion_runtime::{Hash, SLOT_DURATION};
use polkadot_primitives::UpgradeGoAhead;
use sp_api::ProvideRuntimeApi;
use sp_consensus_slots::{Slot, SlotDuration};

use crate::service::FullClient;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The slot duration of the chain.
pub fn slot_duration() -> SlotDuration {
	SlotDuration::from_millis(SLOT_DURATION)
}

/// The relay chain's configuration, with the largest runtime that relay chains take (5 MiB): that of the
/// mock is 2 MiB.
fn host_configuration() -> Vec<u8> {
	AbridgedHostConfiguration {
		max_code_size: MAX_CODE_SIZE,
		..RelayStateSproofBuilder::default().host_config
	}
	.encode()
}

/// What the made-up relay chain says to a child of `parent` that is made in `slot`.
pub fn validation_data(
	client: &Arc<FullClient>,
	para_id: ParaId,
	parent: Hash,
	slot: Slot,
) -> Result<MockValidationDataInherentDataProvider<()>, Error> {
	let header = client.header(parent)?.ok_or_else(|| format!("block {parent} is not known"))?;
	// A runtime upgrade is let through as soon as it has been asked for.
	let upgrade = client
		.runtime_api()
		.collect_collation_info(parent, &header)
		.map(|info| info.new_validation_code.is_some())
		.unwrap_or(false);
	let relay_number =
		u32::try_from(*slot).map_err(|_| format!("slot {slot:?} is out of range"))?;

	Ok(MockValidationDataInherentDataProvider {
		current_para_block: header.number + 1,
		para_id,
		current_para_block_head: Some(HeadData(header.encode())),
		relay_offset: relay_number,
		relay_blocks_per_para_block: 0,
		para_blocks_per_relay_epoch: 10,
		upgrade_go_ahead: upgrade.then_some(UpgradeGoAhead::GoAhead),
		additional_key_values: Some(vec![(ACTIVE_CONFIG.to_vec(), host_configuration())]),
		..Default::default()
	})
}
