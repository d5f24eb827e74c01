//! Messages from and to the relay chain and sibling parachains.
//!
//! Deliberately little: the relay token and assets of siblings come and go by reserve transfer, FSN goes
//! out by reserve transfer and comes back. There are no teleports; nobody's message runs a call here
//! (`SafeCallFilter`), and nobody here runs a program of his own (`XcmExecuteFilter`). What would be lost
//! on its way is not sent ([`DenyLostTransfers`]). Mapped coins are not known to XCM at all, so that they
//! leave only by lock-out.

use alloc::vec::Vec;
use core::marker::PhantomData;

use cumulus_primitives_core::{AggregateMessageOrigin, ParaId};
use frame_support::{
	parameter_types,
	traits::{
		fungible::HoldConsideration, tokens::imbalance::ResolveTo, Contains, ContainsPair,
		Everything, Get, LinearStoragePrice, Nothing,
	},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_xcm::XcmPassthrough;
use parachains_common::xcm_config::ParentRelayOrSiblingParachains;
use polkadot_parachain_primitives::primitives::Sibling;
use polkadot_runtime_common::xcm_sender::ExponentialPrice;
use sp_runtime::traits::TryConvertInto as JustTry;
use staging_xcm::{latest::prelude::*, VersionedLocation, VersionedXcm};
use staging_xcm_builder::{
	AccountId32Aliases, AllowKnownQueryResponses, AllowSubscriptionsFrom,
	AllowTopLevelPaidExecutionFrom, DenyReserveTransferToRelayChain, DenyThenTry,
	DescribeAllTerminal, DescribeFamily, EnsureXcmOrigin, FixedRateOfFungible, FixedWeightBounds,
	FrameTransactionalProcessor, FungibleAdapter, FungiblesAdapter, HashedDescription,
	InspectMessageQueues, IsConcrete, MatchedConvertedConcreteId, NoChecking, ParentIsPreset,
	RelayChainAsNative, SendXcmFeeToAccount, SiblingParachainAsNative, SiblingParachainConvertsVia,
	SignedAccountId32AsNative, SignedToAccountId32, SovereignSignedViaLocation, TakeRevenue,
	TakeWeightCredit, TrailingSetTopicAsId, UsingComponents, WithComputedOrigin, WithUniqueTopic,
	XcmFeeManagerFromComponents,
};
use staging_xcm_executor::{traits::TransactAsset, AssetsInHolding, XcmExecutor};

use crate::{
	constants::*, dynamic_params, AccountId, AllPalletsWithSystem, Balance, Balances,
	ForeignAssets, ParachainInfo, ParachainSystem, PolkadotXcm, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeHoldReason, RuntimeOrigin, XcmpQueue,
};

parameter_types! {
	pub const RelayLocation: Location = Location::parent();
	pub const HereLocation: Location = Location::here();
	pub const RelayNetwork: Option<NetworkId> = None;
	pub RelayChainOrigin: RuntimeOrigin = cumulus_pallet_xcm::Origin::Relay.into();
	pub UniversalLocation: InteriorLocation = Parachain(ParachainInfo::parachain_id().into()).into();
	pub FsnAssetId: AssetId = AssetId(Location::here());
	/// FSN, as siblings call it.
	pub FsnForSiblings: AssetId = AssetId(Location::new(1, UniversalLocation::get()));
	pub CheckingAccount: AccountId = PolkadotXcm::check_account();
	pub TreasuryAccount: AccountId = crate::governance::TreasuryAccount::get();
	pub const UnitWeightCost: Weight = Weight::from_parts(1_000_000_000, 64 * 1024);
	pub const MaxInstructions: u32 = 100;
	pub const MaxAssetsIntoHolding: u32 = 64;
	pub const AuthorizeAliasBase: Balance = deposit(1, 64);
	pub const AuthorizeAliasByte: Balance = deposit(0, 1);
	pub const AuthorizeAliasHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::PolkadotXcm(pallet_xcm::HoldReason::AuthorizeAlias);
}

/// Accounts of places: the relay chain, siblings, our own accounts, and what lives on siblings.
pub type LocationToAccountId = (
	ParentIsPreset<AccountId>,
	SiblingParachainConvertsVia<Sibling, AccountId>,
	AccountId32Aliases<RelayNetwork, AccountId>,
	HashedDescription<AccountId, DescribeFamily<DescribeAllTerminal>>,
);

/// FSN.
pub type FsnTransactor =
	FungibleAdapter<Balances, IsConcrete<HereLocation>, LocationToAccountId, AccountId, ()>;

/// The relay token and assets of siblings.
pub type ForeignTransactor = FungiblesAdapter<
	ForeignAssets,
	MatchedConvertedConcreteId<Location, Balance, IsForeign, sp_runtime::traits::Identity, JustTry>,
	LocationToAccountId,
	AccountId,
	NoChecking,
	CheckingAccount,
>;

/// Assets whose home is the relay chain or a sibling.
pub struct IsForeign;

impl Contains<Location> for IsForeign {
	fn contains(id: &Location) -> bool {
		match id.unpack() {
			(1, []) => true,
			(1, [Parachain(para), ..]) => ParaId::from(*para) != ParachainInfo::parachain_id(),
			_ => false,
		}
	}
}

/// An asset may only come from its home: the relay token from the relay chain, an asset of a sibling
/// from that sibling.
pub struct FromItsHome;

impl ContainsPair<Asset, Location> for FromItsHome {
	fn contains(asset: &Asset, origin: &Location) -> bool {
		let home = match asset.id.0.unpack() {
			(1, []) => Location::parent(),
			(1, [Parachain(para), ..]) if IsForeign::contains(&asset.id.0) => {
				Location::new(1, [Parachain(*para)])
			},
			_ => return false,
		};
		&home == origin
	}
}

/// How the origin of a message is turned into one of ours.
pub type XcmOriginToTransactDispatchOrigin = (
	SovereignSignedViaLocation<LocationToAccountId, RuntimeOrigin>,
	RelayChainAsNative<RelayChainOrigin, RuntimeOrigin>,
	SiblingParachainAsNative<cumulus_pallet_xcm::Origin, RuntimeOrigin>,
	SignedAccountId32AsNative<RelayNetwork, RuntimeOrigin>,
	XcmPassthrough<RuntimeOrigin>,
);

/// What is let in: paid messages, answers that we wait for, subscriptions to our XCM version.
pub type Barrier = TrailingSetTopicAsId<
	DenyThenTry<
		DenyReserveTransferToRelayChain,
		(
			TakeWeightCredit,
			AllowKnownQueryResponses<PolkadotXcm>,
			WithComputedOrigin<
				(
					AllowTopLevelPaidExecutionFrom<Everything>,
					AllowSubscriptionsFrom<ParentRelayOrSiblingParachains>,
				),
				UniversalLocation,
				frame_support::traits::ConstU32<8>,
			>,
		),
	>,
>;

/// The price of execution in relay tokens, set by governance.
pub struct RelayTokenPrice;

impl Get<(AssetId, u128, u128)> for RelayTokenPrice {
	fn get() -> (AssetId, u128, u128) {
		(
			AssetId(Location::parent()),
			dynamic_params::xcm::RelayTokenPerSecond::get(),
			dynamic_params::xcm::RelayTokenPerMegabyte::get(),
		)
	}
}

/// Fees of execution that were paid in relay tokens go to the treasury.
pub type RelayTokenTrader = FixedRateOfFungible<RelayTokenPrice, ForeignRevenue>;

/// Deposits fees that were paid in foreign assets into the treasury.
pub struct ForeignRevenue;

impl TakeRevenue for ForeignRevenue {
	fn take_revenue(revenue: AssetsInHolding) {
		let treasury = Location::from(AccountId32 {
			network: RelayNetwork::get(),
			id: TreasuryAccount::get().into(),
		});
		if let Err((_, error)) = ForeignTransactor::deposit_asset(revenue, &treasury, None) {
			log::error!(target: "xcm", "fees could not be deposited into the treasury: {error:?}");
		}
	}
}

/// Configuration of the executor.
pub struct XcmConfig;

impl staging_xcm_executor::Config for XcmConfig {
	type RuntimeCall = RuntimeCall;
	type XcmSender = XcmRouter;
	type XcmEventEmitter = PolkadotXcm;
	type AssetTransactor = (FsnTransactor, ForeignTransactor);
	type OriginConverter = XcmOriginToTransactDispatchOrigin;
	type IsReserve = FromItsHome;
	type IsTeleporter = ();
	type Aliasers = Nothing;
	type UniversalLocation = UniversalLocation;
	type Barrier = Barrier;
	type Weigher = FixedWeightBounds<UnitWeightCost, RuntimeCall, MaxInstructions>;
	type Trader = (
		UsingComponents<
			<Runtime as pallet_transaction_payment::Config>::WeightToFee,
			HereLocation,
			AccountId,
			Balances,
			ResolveTo<TreasuryAccount, Balances>,
		>,
		RelayTokenTrader,
	);
	type ResponseHandler = PolkadotXcm;
	type AssetTrap = PolkadotXcm;
	type AssetLocker = ();
	type AssetExchanger = ();
	type SubscriptionService = PolkadotXcm;
	type PalletInstancesInfo = AllPalletsWithSystem;
	type MaxAssetsIntoHolding = MaxAssetsIntoHolding;
	type FeeManager = XcmFeeManagerFromComponents<
		Nothing,
		SendXcmFeeToAccount<Self::AssetTransactor, TreasuryAccount>,
	>;
	type MessageExporter = ();
	type UniversalAliases = Nothing;
	type CallDispatcher = RuntimeCall;
	type SafeCallFilter = Nothing;
	type TransactionalProcessor = FrameTransactionalProcessor;
	type HrmpNewChannelOpenRequestHandler = ();
	type HrmpChannelAcceptedHandler = ();
	type HrmpChannelClosingHandler = ();
	type XcmRecorder = PolkadotXcm;
}

/// Our accounts send messages as themselves.
pub type LocalOriginToLocation = SignedToAccountId32<RuntimeOrigin, AccountId, RelayNetwork>;

/// What is delivered through whom.
pub type XcmRouter = WithUniqueTopic<
	DenyLostTransfers<(
		cumulus_primitives_utility::ParentAsUmp<
			ParachainSystem,
			PolkadotXcm,
			PriceForParentDelivery,
		>,
		XcmpQueue,
	)>,
>;

/// Sends what `Inner` sends, but no message whose receiver would refuse the assets that it tells of.
///
/// They would be lost: `pallet_xcm` moves or burns them here first. `XcmReserveTransferFilter` does not see
/// where they go, and the barrier lets `TransferAsset` pass, which moves them. When a message is refused, the
/// call fails, and all of that is undone.
pub struct DenyLostTransfers<Inner>(PhantomData<Inner>);

impl<Inner> DenyLostTransfers<Inner> {
	/// Whether the receiver would refuse it. Only instructions at the top of a message count: the one that
	/// goes with a transfer is always there, and what a sender nests moves nothing here.
	fn is_refused(destination: &Location, instruction: &Instruction<()>) -> bool {
		match instruction {
			// The relay chain takes nobody as a reserve, and siblings take us as that of FSN only.
			ReserveAssetDeposited(assets) => {
				*destination == RelayLocation::get()
					|| assets.inner().iter().any(|asset| asset.id != FsnForSiblings::get())
			},
			// The same, by way of the sibling that is the assets' reserve.
			DepositReserveAsset { dest, .. } => *dest == RelayLocation::get(),
			// There are no teleports.
			ReceiveTeleportedAsset(_) => true,
			_ => false,
		}
	}
}

impl<Inner: SendXcm> SendXcm for DenyLostTransfers<Inner> {
	type Ticket = Inner::Ticket;

	fn validate(
		destination: &mut Option<Location>,
		message: &mut Option<Xcm<()>>,
	) -> SendResult<Self::Ticket> {
		let is_refused = match (&*destination, &*message) {
			(Some(destination), Some(message)) => {
				message.iter().any(|instruction| Self::is_refused(destination, instruction))
			},
			_ => false,
		};
		// `Inner` is asked first: what it does not deliver is left for other routers.
		let ticket = Inner::validate(destination, message)?;
		if is_refused {
			return Err(SendError::DestinationUnsupported);
		}
		Ok(ticket)
	}

	fn deliver(ticket: Self::Ticket) -> Result<XcmHash, SendError> {
		Inner::deliver(ticket)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn ensure_successful_delivery(location: Option<Location>) {
		Inner::ensure_successful_delivery(location);
	}
}

impl<Inner: InspectMessageQueues> InspectMessageQueues for DenyLostTransfers<Inner> {
	fn clear_messages() {
		Inner::clear_messages();
	}

	fn get_messages() -> Vec<(VersionedLocation, Vec<VersionedXcm<()>>)> {
		Inner::get_messages()
	}
}

/// The fixed part of the price of a delivery.
pub struct DeliveryBase;
impl Get<Balance> for DeliveryBase {
	fn get() -> Balance {
		dynamic_params::xcm::DeliveryBase::get()
	}
}

/// The price of a byte that is delivered.
pub struct DeliveryPerByte;
impl Get<Balance> for DeliveryPerByte {
	fn get() -> Balance {
		dynamic_params::xcm::DeliveryPerByte::get()
	}
}

/// Price of a message to a sibling: grows while its queue is full.
pub type PriceForSiblingDelivery =
	ExponentialPrice<FsnAssetId, DeliveryBase, DeliveryPerByte, XcmpQueue>;
/// Price of a message to the relay chain.
pub type PriceForParentDelivery =
	ExponentialPrice<FsnAssetId, DeliveryBase, DeliveryPerByte, ParachainSystem>;

/// Executes messages in the order of their queues.
pub type AggregateXcmProcessor = staging_xcm_builder::ProcessXcmMessage<
	AggregateMessageOrigin,
	XcmExecutor<XcmConfig>,
	RuntimeCall,
>;

impl pallet_xcm::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type CurrencyMatcher = ();
	type AuthorizedAliasConsideration = HoldConsideration<
		AccountId,
		Balances,
		AuthorizeAliasHoldReason,
		LinearStoragePrice<AuthorizeAliasBase, AuthorizeAliasByte, Balance>,
	>;
	type SendXcmOrigin = EnsureXcmOrigin<RuntimeOrigin, ()>;
	type XcmRouter = XcmRouter;
	type ExecuteXcmOrigin = EnsureXcmOrigin<RuntimeOrigin, LocalOriginToLocation>;
	type XcmExecuteFilter = Nothing;
	type XcmExecutor = XcmExecutor<XcmConfig>;
	type XcmTeleportFilter = Nothing;
	type XcmReserveTransferFilter = Everything;
	type Weigher = FixedWeightBounds<UnitWeightCost, RuntimeCall, MaxInstructions>;
	type UniversalLocation = UniversalLocation;
	type RuntimeOrigin = RuntimeOrigin;
	type RuntimeCall = RuntimeCall;
	const VERSION_DISCOVERY_QUEUE_SIZE: u32 = 100;
	type AdvertisedXcmVersion = pallet_xcm::CurrentXcmVersion;
	type AdminOrigin = EnsureRoot<AccountId>;
	type TrustedLockers = ();
	type SovereignAccountOf = LocationToAccountId;
	type MaxLockers = frame_support::traits::ConstU32<8>;
	type MaxRemoteLockConsumers = frame_support::traits::ConstU32<0>;
	type RemoteLockConsumerIdentifier = ();
	type WeightInfo = pallet_xcm::TestWeightInfo;
}

impl cumulus_pallet_xcm::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type XcmExecutor = XcmExecutor<XcmConfig>;
}
