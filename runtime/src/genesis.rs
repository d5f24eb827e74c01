//! Genesis presets: `development` (one process) and `local_testnet` (several). Both are made of keys that
//! everybody knows, and hold no real money.

use alloc::{string::String, vec, vec::Vec};
use frame_support::build_struct_json_patch;
use hex_literal::hex;
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;
use staging_xcm::latest::Location;

use crate::{
	configs::{bitcoin_mapping_account, BITCOIN_ASSET},
	constants::*,
	governance::origins::GenesisConfig as OriginsConfig,
	AccountId, BalancesConfig, BitcoinMappingConfig, CollatorSelectionConfig, DcrmConfig,
	ForeignAssetsConfig, MappedAssetsConfig, ParachainInfoConfig, PolkadotXcmConfig,
	RuntimeGenesisConfig, SessionConfig, SessionKeys, TechnicalCommitteeConfig,
};

/// Ethereum accounts of development: the keys that Moonbeam made known under the names of Alith,
/// Baltathar, Charleth, Dorothy and Ethan.
const ETHEREUM_ACCOUNTS: [[u8; 20]; 5] = [
	hex!("f24ff3a9cf04c71dbc94d0b566f7a27b94566cac"),
	hex!("3cd0a705a2dc65e5b1e1205896baa2be8a07c6e0"),
	hex!("798d4ba9baf0064ec19eb4f0a1a45785ae9d6dfc"),
	hex!("773539d4ac0e786233d90a233654ccee26a613d9"),
	hex!("ff64d3f6efe2317ee2807d223a0bdc4c0c49dfdb"),
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

fn preset(authors: Vec<Sr25519Keyring>, period_divisor: u32) -> serde_json::Value {
	let substrate = substrate_accounts();
	let endowed = substrate
		.iter()
		.cloned()
		.chain(ETHEREUM_ACCOUNTS.into_iter().map(ethereum_account))
		.map(|account| (account, 1_000_000 * FSN))
		.collect::<Vec<_>>();
	let committee = substrate.iter().take(3).cloned().collect::<Vec<_>>();

	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: endowed },
		parachain_info: ParachainInfoConfig { parachain_id: PARACHAIN_ID.into() },
		collator_selection: CollatorSelectionConfig {
			invulnerables: authors.iter().map(|key| key.to_account_id()).collect::<Vec<_>>(),
			candidacy_bond: 1_000 * FSN,
		},
		session: SessionConfig {
			keys: authors
				.iter()
				.map(|key| {
					let account = key.to_account_id();
					(account.clone(), account, SessionKeys { aura: key.public().into() })
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
			// Owned by the account of asset mapping, which nobody has a key of.
			assets: vec![(BITCOIN_ASSET, bitcoin_mapping_account(), true, 1u128)],
			metadata: vec![(BITCOIN_ASSET, b"Bitcoin".to_vec(), b"BTC".to_vec(), 8u8)],
		},
		foreign_assets: ForeignAssetsConfig {
			// The token of the relay chain. Nobody holds the account that owns it.
			assets: vec![(
				Location::parent(),
				crate::governance::TreasuryAccount::get(),
				true,
				1_000_000u128,
			)],
			metadata: vec![(
				Location::parent(),
				b"Relay chain token".to_vec(),
				b"RELAY".to_vec(),
				12u8,
			)],
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
		sp_genesis_builder::DEV_RUNTIME_PRESET => preset(vec![Sr25519Keyring::Alice], 20_160),
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => preset(
			vec![
				Sr25519Keyring::Alice,
				Sr25519Keyring::Bob,
				Sr25519Keyring::Charlie,
				Sr25519Keyring::Dave,
			],
			20_160,
		),
		_ => return None,
	};
	serde_json::to_string(&value).ok().map(String::into_bytes)
}

/// The names of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
		PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
	]
}
