//! Assets: those that people create, those that are mapped from other chains by key groups, and those
//! that come from the relay chain and sibling parachains.

use frame_support::{
	parameter_types,
	traits::{AsEnsureOriginWithArg, ConstU32, EitherOf, NeverEnsureOrigin},
};
use frame_system::{EnsureRoot, EnsureSigned};
use staging_xcm::latest::Location;

use crate::{
	constants::*, governance::origins::AssetAdmin, AccountId, AssetsFreezer, AssetsHolder, Balance,
	Balances, Runtime, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason,
};

/// Assets that anybody may create.
pub type AssetsInstance = pallet_assets::Instance1;
/// Coins of other chains, mapped one to one. Only asset mapping mints and burns them.
pub type MappedAssetsInstance = pallet_assets::Instance2;
/// Assets of the relay chain and of sibling parachains, held in reserve there.
pub type ForeignAssetsInstance = pallet_assets::Instance3;

parameter_types! {
	pub const AssetDeposit: Balance = 10 * FSN;
	pub const AssetAccountDeposit: Balance = deposit(1, 16);
	pub const MetadataDepositBase: Balance = deposit(1, 68);
	pub const MetadataDepositPerByte: Balance = deposit(0, 1);
	/// Contracts approve without holding FSN, as ERC-20 has it; the fee pays for the entry.
	pub const ApprovalDeposit: Balance = 0;
	pub const NoDeposit: Balance = 0;
}

impl pallet_assets::Config<AssetsInstance> for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Balance = Balance;
	type AssetId = u32;
	type AssetIdParameter = codec::Compact<u32>;
	type ReserveData = ();
	type Currency = Balances;
	type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
	type ForceOrigin = EitherOf<EnsureRoot<AccountId>, AssetAdmin>;
	type AssetDeposit = AssetDeposit;
	type AssetAccountDeposit = AssetAccountDeposit;
	type MetadataDepositBase = MetadataDepositBase;
	type MetadataDepositPerByte = MetadataDepositPerByte;
	type ApprovalDeposit = ApprovalDeposit;
	type StringLimit = ConstU32<50>;
	type Freezer = AssetsFreezer;
	type Holder = AssetsHolder;
	type Extra = ();
	type CallbackHandle = ();
	type AssetIdAllocator = ();
	type RemoveItemsLimit = ConstU32<1_000>;
	type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

impl pallet_assets_holder::Config<AssetsInstance> for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_assets_freezer::Config<AssetsInstance> for Runtime {
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_assets::Config<MappedAssetsInstance> for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Balance = Balance;
	type AssetId = u32;
	type AssetIdParameter = codec::Compact<u32>;
	type ReserveData = ();
	type Currency = Balances;
	// Nobody creates, mints, freezes or destroys a mapped coin: no origin may, no key can.
	type CreateOrigin = AsEnsureOriginWithArg<NeverEnsureOrigin<AccountId>>;
	type ForceOrigin = NeverEnsureOrigin<()>;
	type AssetDeposit = NoDeposit;
	type AssetAccountDeposit = AssetAccountDeposit;
	type MetadataDepositBase = NoDeposit;
	type MetadataDepositPerByte = NoDeposit;
	type ApprovalDeposit = ApprovalDeposit;
	type StringLimit = ConstU32<50>;
	type Freezer = ();
	type Holder = ();
	type Extra = ();
	type CallbackHandle = ();
	type AssetIdAllocator = ();
	type RemoveItemsLimit = ConstU32<1_000>;
	type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

impl pallet_assets::Config<ForeignAssetsInstance> for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Balance = Balance;
	type AssetId = Location;
	type AssetIdParameter = Location;
	type ReserveData = ();
	type Currency = Balances;
	// Registered by governance (`force_create`), after the other chain has been looked at.
	type CreateOrigin = AsEnsureOriginWithArg<NeverEnsureOrigin<AccountId>>;
	type ForceOrigin = EitherOf<EnsureRoot<AccountId>, AssetAdmin>;
	type AssetDeposit = AssetDeposit;
	type AssetAccountDeposit = AssetAccountDeposit;
	type MetadataDepositBase = MetadataDepositBase;
	type MetadataDepositPerByte = MetadataDepositPerByte;
	type ApprovalDeposit = ApprovalDeposit;
	type StringLimit = ConstU32<50>;
	type Freezer = ();
	type Holder = ();
	type Extra = ();
	type CallbackHandle = ();
	type AssetIdAllocator = ();
	type RemoveItemsLimit = ConstU32<1_000>;
	type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ForeignAssetNames;
}

/// Names assets in benchmarks: those of a sibling that does not exist.
#[cfg(feature = "runtime-benchmarks")]
pub struct ForeignAssetNames;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_assets::BenchmarkHelper<Location, ()> for ForeignAssetNames {
	fn create_asset_id_parameter(id: u32) -> Location {
		use staging_xcm::latest::Junction::{GeneralIndex, Parachain};
		Location::new(1, [Parachain(3_000), GeneralIndex(id.into())])
	}

	fn create_reserve_id_parameter(_: u32) {}
}
