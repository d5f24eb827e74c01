//! Solidity: contracts, gas, precompiles.
//!
//! What a transaction costs is weight (execution and proof size), length, and deposits for what it
//! stores; what an Ethereum wallet sees is *gas* at a *gas price*, whose product is the same cost. The
//! price is one gwei at the lowest ([`GasScale`]), and the fraction that turns weight into a fee is set
//! so that a plain transfer needs no more than the 21,000 gas that wallets take for granted.

use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU32},
};
use frame_system::EnsureSigned;
use fusion_precompiles::{AssetMapping, Bookkeeping, CallingList, DataFeed, Dcrm, Usufruct};
use pallet_assets_precompiles::{InlineIdConfig, ERC20};
use pallet_revive::{evm::fees::Info as FeeInfo, AccountId32Mapper};
use pallet_xcm_precompiles::XcmPrecompile;
use sp_runtime::{FixedU128, Perbill};

use crate::{
	constants::*, Address, AssetsInstance, Balance, Balances, BitcoinInstance, EthExtraImpl,
	MappedAssetsInstance, Networks, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason,
	RuntimeOrigin, Signature, Timestamp,
};

/// Bytes 16 and 17 of the address of a mapped coin's ERC-20; bytes 0 to 3 are the asset's number.
pub const MAPPED_ASSETS_PREFIX: u16 = 0x0120;
/// The same for assets that people created.
pub const ASSETS_PREFIX: u16 = 0x0320;

parameter_types! {
	/// 200 gas a byte: deploying a contract costs what it does on Ethereum.
	pub const DepositPerByte: Balance = deposit(0, 1);
	pub const DepositPerItem: Balance = deposit(1, 0);
	/// Together with its 64 bytes, a new storage slot costs about 20,000 gas, as on Ethereum; freeing it
	/// gives the deposit back.
	pub const DepositPerChildTrieItem: Balance = 8_000 * GWEI;
	pub const CodeHashLockupDepositPercent: Perbill = Perbill::from_percent(10);
	pub const MaxEthExtrinsicWeight: FixedU128 = FixedU128::from_rational(9, 10);
}

impl pallet_revive::Config for Runtime {
	type Time = Timestamp;
	type Balance = Balance;
	type Currency = Balances;
	type OnBurn = crate::DealWithFees;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type RuntimeOrigin = RuntimeOrigin;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = pallet_revive::weights::SubstrateWeight<Self>;
	type Precompiles = (
		ERC20<Self, InlineIdConfig<MAPPED_ASSETS_PREFIX>, MappedAssetsInstance>,
		ERC20<Self, InlineIdConfig<ASSETS_PREFIX>, AssetsInstance>,
		XcmPrecompile<Self>,
		AssetMapping<Self, BitcoinInstance>,
		Bookkeeping<Self>,
		CallingList<Self>,
		Usufruct<Self>,
		Dcrm<Self>,
		DataFeed<Self>,
	);
	type FindAuthor = <Runtime as pallet_authorship::Config>::FindAuthor;
	type DepositPerByte = DepositPerByte;
	type DepositPerItem = DepositPerItem;
	type DepositPerChildTrieItem = DepositPerChildTrieItem;
	type CodeHashLockupDepositPercent = CodeHashLockupDepositPercent;
	type AddressMapper = AccountId32Mapper<Self>;
	type AllowEVMBytecode = ConstBool<true>;
	type UploadOrigin = EnsureSigned<Self::AccountId>;
	type InstantiateOrigin = EnsureSigned<Self::AccountId>;
	type RuntimeMemory = ConstU32<{ 128 * 1024 * 1024 }>;
	type PVFMemory = ConstU32<{ 512 * 1024 * 1024 }>;
	type ChainId = Networks;
	type NativeToEthRatio = ConstU32<1>;
	type FeeInfo = FeeInfo<Address, Signature, EthExtraImpl>;
	type Deposit = ();
	type MaxEthExtrinsicWeight = MaxEthExtrinsicWeight;
	type DebugEnabled = ConstBool<false>;
	type AutoMap = ConstBool<true>;
	type GasScale = ConstU32<{ GWEI as u32 }>;
}

impl pallet_assets_precompiles::PermitConfig for Runtime {
	type ChainId = Networks;
	type WeightInfo = pallet_assets_precompiles::weights::SubstrateWeight<Runtime>;
}
