//! The Fusion parachain runtime.
//!
//! What is where:
//!
//! - [`constants`]: amounts, times, sizes;
//! - `configs`: one file for each group of pallets;
//! - [`governance`]: origins, tracks and the technical committee;
//! - `apis`: the runtime APIs;
//! - [`genesis`]: the presets `development`, `local_testnet` and `fusion-testnet`;
//! - [`networks`]: what tells these networks apart.
//!
//! Accounts are `AccountId32`; an Ethereum key owns the account of its 20-byte address followed by twelve
//! bytes `0xEE`, with no registration (`pallet-revive`'s `AccountId32Mapper`, auto-mapping).
#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
// The macros that build a runtime produce items without documentation.
#![allow(missing_docs, unused_qualifications)]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

// First, since `apis` uses its macros.
#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;
mod apis;
mod configs;
pub mod constants;
pub mod genesis;
pub mod governance;
pub mod networks;

use alloc::vec::Vec;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::{runtime_version, RuntimeVersion};

pub use apis::{api, RuntimeApi, RUNTIME_API_VERSIONS};
pub use configs::*;
pub use constants::*;

/// A signature of any kind of key that the chain knows.
pub type Signature = MultiSignature;
/// An account.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An amount of FSN (or of any asset) in its smallest unit.
pub type Balance = u128;
/// Number of transactions that an account has sent.
pub type Nonce = u32;
/// Hash of a block, a transaction, a trie node.
pub type Hash = sp_core::H256;
/// Number of a block.
pub type BlockNumber = u32;
/// Hash function of the chain.
pub type Hashing = BlakeTwo256;
/// How transactions name an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What every transaction goes through.
pub type TxExtension = cumulus_pallet_weight_reclaim::StorageWeightReclaim<
	Runtime,
	(
		frame_system::AuthorizeCall<Runtime>,
		frame_system::CheckNonZeroSender<Runtime>,
		frame_system::CheckSpecVersion<Runtime>,
		frame_system::CheckTxVersion<Runtime>,
		frame_system::CheckGenesis<Runtime>,
		frame_system::CheckEra<Runtime>,
		frame_system::CheckNonce<Runtime>,
		frame_system::CheckWeight<Runtime>,
		pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
		frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
		pallet_revive::evm::tx_extension::SetOrigin<Runtime>,
	),
>;

/// The extension of a transaction that no account signs: members' messages, which are authorized by what
/// they carry.
pub fn authorized_extension() -> TxExtension {
	cumulus_pallet_weight_reclaim::StorageWeightReclaim::new((
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(generic::Era::Immortal),
		frame_system::CheckNonce::from(0),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		pallet_revive::evm::tx_extension::SetOrigin::default(),
	))
}

/// A transaction of an account with a key of Substrate's kinds: valid for ever on the chain with this first block,
/// without a tip. `sign` makes the account's signature of these bytes.
pub fn signed_transaction(
	call: RuntimeCall,
	signer: AccountId,
	nonce: Nonce,
	genesis: Hash,
	sign: impl FnOnce(&[u8]) -> Signature,
) -> UncheckedExtrinsic {
	let mut extension = authorized_extension();
	extension.0 .6 = frame_system::CheckNonce::from(nonce);
	let (spec, version) = (VERSION.spec_version, VERSION.transaction_version);
	let implicit = ((), (), spec, version, genesis, genesis, (), (), (), None, ());
	let payload = generic::SignedPayload::<RuntimeCall, TxExtension>::from_raw(
		call.clone(),
		extension.clone(),
		implicit,
	);
	let signature = codec::Encode::using_encoded(&payload, sign);
	UncheckedExtrinsic::from(generic::UncheckedExtrinsic::new_signed(
		call,
		Address::Id(signer),
		signature,
		extension,
	))
}

/// How Ethereum transactions become transactions of this chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EthExtraImpl;

impl pallet_revive::evm::runtime::EthExtra for EthExtraImpl {
	type Config = Runtime;
	type ExtensionV0 = TxExtension;
	type ExtensionOtherVersions = sp_runtime::traits::InvalidVersion;

	fn get_eth_extension(nonce: u32, tip: Balance) -> Self::ExtensionV0 {
		cumulus_pallet_weight_reclaim::StorageWeightReclaim::new((
			frame_system::AuthorizeCall::new(),
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckEra::from(generic::Era::Immortal),
			frame_system::CheckNonce::from(nonce),
			frame_system::CheckWeight::new(),
			pallet_transaction_payment::ChargeTransactionPayment::from(tip),
			frame_metadata_hash_extension::CheckMetadataHash::new(false),
			pallet_revive::evm::tx_extension::SetOrigin::new_from_eth_transaction(),
		))
	}
}

/// A transaction as it travels: ours, or an Ethereum one in an envelope.
pub type UncheckedExtrinsic =
	pallet_revive::evm::runtime::UncheckedExtrinsic<Address, Signature, EthExtraImpl>;

/// Migrations that run in one block when the runtime is upgraded. Empty until there has been a release.
pub type Migrations = ();

/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
	Migrations,
>;

/// Types that a node can use without knowing the runtime's own.
pub mod opaque {
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	use sp_runtime::{generic, traits::BlakeTwo256};

	/// Header of a block.
	pub type Header = generic::Header<crate::BlockNumber, BlakeTwo256>;
	/// A block whose transactions are only bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
}

impl_opaque_keys! {
	/// Keys that a collator works with.
	pub struct SessionKeys {
		/// Authors blocks, packages transactions.
		pub hhcm: Hhcm,
	}
}

/// Declares the runtime's version. `runtime_version` reads it as it is written: no constant and no `cfg` may
/// stand for a number.
macro_rules! version {
	(spec_version: $spec_version:tt) => {
		/// Version of the runtime.
		#[runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: alloc::borrow::Cow::Borrowed("fusion"),
			impl_name: alloc::borrow::Cow::Borrowed("fusion"),
			authoring_version: 1,
			spec_version: $spec_version,
			impl_version: 0,
			apis: RUNTIME_API_VERSIONS,
			transaction_version: 1,
			system_version: 1,
		};
	};
}

#[cfg(not(feature = "next-version"))]
version!(spec_version: 1);
// One more, to test an upgrade with.
#[cfg(feature = "next-version")]
version!(spec_version: 2);

#[frame_support::runtime]
mod runtime {
	/// The Fusion runtime.
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	// System.
	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Runtime>;
	#[runtime::pallet_index(1)]
	pub type ParachainSystem = cumulus_pallet_parachain_system::Pallet<Runtime>;
	#[runtime::pallet_index(2)]
	pub type Timestamp = pallet_timestamp::Pallet<Runtime>;
	#[runtime::pallet_index(3)]
	pub type ParachainInfo = staging_parachain_info::Pallet<Runtime>;
	#[runtime::pallet_index(4)]
	pub type WeightReclaim = cumulus_pallet_weight_reclaim::Pallet<Runtime>;
	#[runtime::pallet_index(5)]
	pub type MultiBlockMigrations = pallet_migrations::Pallet<Runtime>;
	#[runtime::pallet_index(6)]
	pub type Parameters = pallet_parameters::Pallet<Runtime>;

	// Money.
	#[runtime::pallet_index(10)]
	pub type Balances = pallet_balances::Pallet<Runtime>;
	#[runtime::pallet_index(11)]
	pub type TransactionPayment = pallet_transaction_payment::Pallet<Runtime>;
	#[runtime::pallet_index(12)]
	pub type Assets = pallet_assets::Pallet<Runtime, Instance1>;
	#[runtime::pallet_index(13)]
	pub type MappedAssets = pallet_assets::Pallet<Runtime, Instance2>;
	#[runtime::pallet_index(14)]
	pub type ForeignAssets = pallet_assets::Pallet<Runtime, Instance3>;
	#[runtime::pallet_index(15)]
	pub type AssetsHolder = pallet_assets_holder::Pallet<Runtime, Instance1>;
	#[runtime::pallet_index(16)]
	pub type AssetsFreezer = pallet_assets_freezer::Pallet<Runtime, Instance1>;
	#[runtime::pallet_index(17)]
	pub type AssetsPermit = pallet_assets_precompiles::permit::Pallet<Runtime>;
	#[runtime::pallet_index(18)]
	pub type Usufruct = pallet_usufruct::Pallet<Runtime>;

	// Block authors.
	#[runtime::pallet_index(20)]
	pub type Authorship = pallet_authorship::Pallet<Runtime>;
	#[runtime::pallet_index(21)]
	pub type Bookkeeping = pallet_bookkeeping::Pallet<Runtime>;
	#[runtime::pallet_index(22)]
	pub type Session = pallet_session::Pallet<Runtime>;
	#[runtime::pallet_index(23)]
	pub type Hhcm = pallet_hhcm::Pallet<Runtime>;

	// XCM.
	#[runtime::pallet_index(30)]
	pub type XcmpQueue = cumulus_pallet_xcmp_queue::Pallet<Runtime>;
	#[runtime::pallet_index(31)]
	pub type PolkadotXcm = pallet_xcm::Pallet<Runtime>;
	#[runtime::pallet_index(32)]
	pub type CumulusXcm = cumulus_pallet_xcm::Pallet<Runtime>;
	#[runtime::pallet_index(33)]
	pub type MessageQueue = pallet_message_queue::Pallet<Runtime>;

	// Governance.
	#[runtime::pallet_index(40)]
	pub type Preimage = pallet_preimage::Pallet<Runtime>;
	#[runtime::pallet_index(41)]
	pub type Scheduler = pallet_scheduler::Pallet<Runtime>;
	#[runtime::pallet_index(42)]
	pub type ConvictionVoting = pallet_conviction_voting::Pallet<Runtime>;
	#[runtime::pallet_index(43)]
	pub type Referenda = pallet_referenda::Pallet<Runtime>;
	#[runtime::pallet_index(44)]
	pub type Origins = governance::origins::Pallet<Runtime>;
	#[runtime::pallet_index(45)]
	pub type TechnicalCommittee = pallet_collective::Pallet<Runtime, Instance1>;
	#[runtime::pallet_index(46)]
	pub type Whitelist = pallet_whitelist::Pallet<Runtime>;
	#[runtime::pallet_index(47)]
	pub type Treasury = pallet_treasury::Pallet<Runtime>;

	// For accounts.
	#[runtime::pallet_index(50)]
	pub type Utility = pallet_utility::Pallet<Runtime>;
	#[runtime::pallet_index(51)]
	pub type Proxy = pallet_proxy::Pallet<Runtime>;
	#[runtime::pallet_index(52)]
	pub type Multisig = pallet_multisig::Pallet<Runtime>;
	#[runtime::pallet_index(53)]
	pub type Identity = pallet_identity::Pallet<Runtime>;

	// Contracts.
	#[runtime::pallet_index(60)]
	pub type Revive = pallet_revive::Pallet<Runtime>;
	#[runtime::pallet_index(61)]
	pub type CallingList = pallet_calling_list::Pallet<Runtime>;

	// Other chains.
	#[runtime::pallet_index(70)]
	pub type Dcrm = pallet_dcrm::Pallet<Runtime>;
	#[runtime::pallet_index(71)]
	pub type BitcoinMapping = pallet_asset_mapping::Pallet<Runtime, Instance1>;
	#[runtime::pallet_index(72)]
	pub type EthereumMapping = pallet_vault_mapping::Pallet<Runtime, Instance1>;

	// Data from outside.
	#[runtime::pallet_index(75)]
	pub type DataFeed = pallet_data_feed::Pallet<Runtime>;

	// Which network this is. Its index is the highest: see `networks`.
	#[runtime::pallet_index(80)]
	pub type Networks = networks::Pallet<Runtime>;
}

cumulus_pallet_parachain_system::register_validate_block! {
	Runtime = Runtime,
	BlockExecutor = pallet_hhcm::BlockExecutor::<Runtime, Executive>,
}
