//! Genesis presets.
//!
//! - `development` (one process) and `local_testnet` (several, also on a local relay chain) are made of keys
//!   that everybody knows, and hold no real money.
//! - [`TESTNET_PRESET`] is what a public test network begins with, but for who is on it: no account and no
//!   key is part of the runtime. Who starts the network merges them in (`chain-specs/README.md`).

use alloc::{string::String, vec, vec::Vec};
use frame_support::build_struct_json_patch;
use fusion_hhcm_primitives::GroupId;
use hex_literal::hex;
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;
use staging_xcm::latest::Location;

use crate::{
	configs::{bitcoin_mapping_account, BITCOIN_ASSET},
	constants::*,
	governance::origins::GenesisConfig as OriginsConfig,
	AccountId, Balance, BalancesConfig, BitcoinMappingConfig, BookkeepingConfig, CallingListConfig,
	DcrmConfig, ForeignAssetsConfig, HhcmConfig, MappedAssetsConfig, NetworksConfig,
	ParachainInfoConfig, PolkadotXcmConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys,
	TechnicalCommitteeConfig,
};

/// The preset of the public test network: a production network in everything but the worth of its coins.
pub const TESTNET_PRESET: &str = "fusion-testnet";

/// Most nodes that are elected besides the invulnerables, of whom there are 20 at most: together they are as
/// many as HHCM takes.
const MAX_NODES: u32 = 80;

/// What a bookkeeping node of the test network bonds at least: as much as for a place in key groups. A
/// proven equivocation costs a tenth of it, 1,000 FSN, which is what one node of a hundred earns in eleven
/// days.
pub const TESTNET_MIN_BOND: Balance = 10_000 * FSN;

/// Transaction groups of the test network's first session. Groups are there to package in parallel; an empty
/// chain loses one in each session until there is one left, and a second one needs nine nodes.
const TESTNET_GROUPS: GroupId = 1;

/// Difficulty of the test network's first session: a sixty-fourth of the most that it adjusts itself to,
/// which is about a second of one core. So a ticket takes some 16 ms, and half a second with the largest
/// handicap. Too low costs nothing, since who may race is drawn by stake; too high would lose slots for days,
/// because the difficulty changes by an eighth in a session at most.
const TESTNET_DIFFICULTY: u64 = 1 << 16;

/// Ethereum accounts of development: the keys that Moonbeam made known under the names of Alith,
/// Baltathar, Charleth, Dorothy and Ethan.
pub const ETHEREUM_ACCOUNTS: [[u8; 20]; 5] = [
	hex!("f24ff3a9cf04c71dbc94d0b566f7a27b94566cac"),
	hex!("3cd0a705a2dc65e5b1e1205896baa2be8a07c6e0"),
	hex!("798d4ba9baf0064ec19eb4f0a1a45785ae9d6dfc"),
	hex!("773539d4ac0e786233d90a233654ccee26a613d9"),
	hex!("ff64d3f6efe2317ee2807d223a0bdc4c0c49dfdb"),
];

/// Ethereum accounts from which development nodes trigger rows of the calling list: those of Alice, Bob, Charlie and
/// Dave. Their keys are the Keccak hashes of "fusion trigger key of alice" and so on.
pub const TRIGGER_ACCOUNTS: [[u8; 20]; 4] = [
	hex!("643b9f9dbf69f2e71189d2798af536d826c70672"),
	hex!("dc3e2dbeb82fce727513aba9b7c70b1779c6d8ee"),
	hex!("a744bcb2fd0067d17c2cc38696c91086f6960603"),
	hex!("0ccfe6ea8d64d9d7b7bc85476a7aea6628b8eb12"),
];

/// The account of an Ethereum address.
pub fn ethereum_account(address: [u8; 20]) -> AccountId {
	let mut account = [0xEE; 32];
	account[..20].copy_from_slice(&address);
	account.into()
}

/// Substrate's development accounts that are funded.
fn substrate_accounts() -> Vec<AccountId> {
	[
		Sr25519Keyring::Alice,
		Sr25519Keyring::Bob,
		Sr25519Keyring::Charlie,
		Sr25519Keyring::Dave,
		Sr25519Keyring::Eve,
		Sr25519Keyring::Ferdie,
	]
	.into_iter()
	.map(|key| key.to_account_id())
	.collect()
}

/// The mapped coins that there are from the start, with their owners: the account of asset mapping, which
/// nobody has a key of.
fn mapped_assets() -> Vec<(u32, AccountId, bool, Balance)> {
	vec![(BITCOIN_ASSET, bitcoin_mapping_account(), true, 1)]
}

/// What they are called.
fn mapped_assets_metadata() -> Vec<(u32, Vec<u8>, Vec<u8>, u8)> {
	vec![(BITCOIN_ASSET, b"Bitcoin".to_vec(), b"BTC".to_vec(), 8)]
}

/// The token of the relay chain. Nobody holds the account that owns it.
fn foreign_assets() -> Vec<(Location, AccountId, bool, Balance)> {
	vec![(Location::parent(), crate::governance::TreasuryAccount::get(), true, 1_000_000)]
}

/// What it is called.
fn foreign_assets_metadata(
	name: &[u8],
	symbol: &[u8],
	decimals: u8,
) -> Vec<(Location, Vec<u8>, Vec<u8>, u8)> {
	vec![(Location::parent(), name.to_vec(), symbol.to_vec(), decimals)]
}

fn development(
	authors: Vec<Sr25519Keyring>,
	groups: GroupId,
	difficulty: u64,
	period_divisor: u32,
) -> serde_json::Value {
	let substrate = substrate_accounts();
	let endowed = substrate
		.iter()
		.cloned()
		.chain(ETHEREUM_ACCOUNTS.into_iter().map(ethereum_account))
		.chain(TRIGGER_ACCOUNTS.into_iter().map(ethereum_account))
		.map(|account| (account, 1_000_000 * FSN))
		.collect::<Vec<_>>();
	let committee = substrate.iter().take(3).cloned().collect::<Vec<_>>();

	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: endowed },
		parachain_info: ParachainInfoConfig { parachain_id: PARACHAIN_ID.into() },
		networks: NetworksConfig {
			evm_chain_id: DEVELOPMENT_EVM_CHAIN_ID,
			bitcoin: DEVELOPMENT_BITCOIN,
		},
		bookkeeping: BookkeepingConfig {
			invulnerables: authors.iter().map(|key| key.to_account_id()).collect::<Vec<_>>(),
			max_nodes: MAX_NODES,
			min_bond: 1_000 * FSN,
		},
		calling_list: CallingListConfig {
			trigger_keys: authors
				.iter()
				.zip(TRIGGER_ACCOUNTS)
				.map(|(key, trigger)| (key.to_account_id(), ethereum_account(trigger)))
				.collect::<Vec<_>>(),
		},
		hhcm: HhcmConfig { groups, difficulty },
		session: SessionConfig {
			keys: authors
				.iter()
				.map(|key| {
					let account = key.to_account_id();
					(account.clone(), account, SessionKeys { hhcm: key.public().into() })
				})
				.collect::<Vec<_>>(),
		},
		technical_committee: TechnicalCommitteeConfig { members: committee },
		origins: OriginsConfig { period_divisor },
		dcrm: DcrmConfig {
			nodes: substrate.iter().take(4).cloned().collect::<Vec<_>>(),
			groups: vec![substrate.iter().take(4).cloned().collect::<Vec<_>>()],
		},
		bitcoin_mapping: BitcoinMappingConfig {
			parameters: pallet_asset_mapping::types::Parameters {
				confirmations: 2,
				minimum_deposit: 10_000,
				fee_rate: 2,
			},
		},
		mapped_assets: MappedAssetsConfig {
			assets: mapped_assets(),
			metadata: mapped_assets_metadata(),
		},
		foreign_assets: ForeignAssetsConfig {
			assets: foreign_assets(),
			metadata: foreign_assets_metadata(b"Relay chain token", b"RELAY", 12),
		},
		polkadot_xcm: PolkadotXcmConfig {
			safe_xcm_version: Some(staging_xcm::prelude::XCM_VERSION)
		},
	})
}

/// The public test network, without accounts, keys and the first seed. The mapping of bitcoin is paused:
/// governance opens it when it has made a key group.
fn testnet() -> serde_json::Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		parachain_info: ParachainInfoConfig { parachain_id: PARACHAIN_ID.into() },
		networks: NetworksConfig { evm_chain_id: TESTNET_EVM_CHAIN_ID, bitcoin: TESTNET_BITCOIN },
		bookkeeping: BookkeepingConfig { max_nodes: MAX_NODES, min_bond: TESTNET_MIN_BOND },
		hhcm: HhcmConfig { groups: TESTNET_GROUPS, difficulty: TESTNET_DIFFICULTY },
		// Governance takes as long as it does where there is money.
		origins: OriginsConfig { period_divisor: 1 },
		bitcoin_mapping: BitcoinMappingConfig {
			parameters: pallet_asset_mapping::types::Parameters {
				confirmations: 6,
				minimum_deposit: 10_000,
				fee_rate: 10,
			},
			paused: pallet_asset_mapping::types::PausedDirections { lock_in: true, lock_out: true },
		},
		mapped_assets: MappedAssetsConfig {
			assets: mapped_assets(),
			metadata: mapped_assets_metadata(),
		},
		foreign_assets: ForeignAssetsConfig {
			assets: foreign_assets(),
			metadata: foreign_assets_metadata(b"Paseo", b"PAS", 10),
		},
		polkadot_xcm: PolkadotXcmConfig {
			safe_xcm_version: Some(staging_xcm::prelude::XCM_VERSION)
		},
	})
}

/// A preset by name.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let value = match id.as_ref() {
		// A referendum takes about twenty blocks.
		sp_genesis_builder::DEV_RUNTIME_PRESET => {
			development(vec![Sr25519Keyring::Alice], 1, 1, 20_160)
		},
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => development(
			vec![
				Sr25519Keyring::Alice,
				Sr25519Keyring::Bob,
				Sr25519Keyring::Charlie,
				Sr25519Keyring::Dave,
			],
			2,
			1 << 12,
			20_160,
		),
		TESTNET_PRESET => testnet(),
		_ => return None,
	};
	serde_json::to_string(&value).ok().map(String::into_bytes)
}

/// The names of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
		PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
		PresetId::from(TESTNET_PRESET),
	]
}
