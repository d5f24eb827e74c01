//! Which pallets are measured (feature `runtime-benchmarks`).
//!
//! Not `pallet_timestamp`: its call needs a claim of HHCM, which is there within a block only.

pub use frame_benchmarking::{add_benchmark, baseline::Pallet as Baseline, list_benchmark};
pub use frame_system_benchmarking::Pallet as SystemBench;

use crate::*;

impl frame_system_benchmarking::Config for Runtime {
	fn setup_set_code_requirements(
		code: &alloc::vec::Vec<u8>,
	) -> Result<(), frame_benchmarking::BenchmarkError> {
		ParachainSystem::initialize_for_set_code_benchmark(code.len() as u32);
		Ok(())
	}

	fn verify_set_code() {
		System::assert_last_event(
			cumulus_pallet_parachain_system::Event::<Runtime>::ValidationFunctionStored.into(),
		);
	}
}

impl frame_benchmarking::baseline::Config for Runtime {}

frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, Baseline::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[cumulus_pallet_parachain_system, ParachainSystem]
	[cumulus_pallet_xcmp_queue, XcmpQueue]
	[pallet_asset_mapping, BitcoinMapping]
	[pallet_assets, Assets]
	[pallet_balances, Balances]
	[pallet_bookkeeping, Bookkeeping]
	[pallet_calling_list, CallingList]
	[pallet_collective, TechnicalCommittee]
	[pallet_data_feed, DataFeed]
	[pallet_dcrm, Dcrm]
	[pallet_hhcm, Hhcm]
	[pallet_message_queue, MessageQueue]
	[pallet_multisig, Multisig]
	[pallet_preimage, Preimage]
	[pallet_proxy, Proxy]
	[pallet_revive, Revive]
	[pallet_scheduler, Scheduler]
	[pallet_usufruct, Usufruct]
	[pallet_utility, Utility]
	[pallet_vault_mapping, EthereumMapping]
	[pallet_whitelist, Whitelist]
);
