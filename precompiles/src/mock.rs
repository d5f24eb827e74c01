//! A runtime with contracts, one mapped coin, slices, bookkeeping nodes, a key group, and the precompiles.

use crate::{calling_list_address, AssetMapping, TOKEN_PREFIX};
use codec::Encode;
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{InspectHold, Mutate},
		AsEnsureOriginWithArg, ConstU128, ConstU32, ConstU64, ConstU8, Get, ValidatorRegistration,
		VariantCountOf,
	},
	PalletId,
};
use frame_system::{EnsureRoot, EnsureSigned, RawOrigin};
use fusion_asset_mapping_primitives::{chain::ExternalChain, Observation, OutPoint};
use fusion_bitcoin_primitives::{Bitcoin, Network};
use fusion_calling_list_primitives::{
	traits::{ContractEngine, GasPrice, LogSource, Nodes},
	RowId,
};
use fusion_data_feed_primitives::{
	commitment, traits::Feeders, FeedWord, FeederId, SignedWord, Value,
};
use fusion_dcrm_primitives::{
	account_key::{Script, Subject},
	derive_tweak,
	traits::KeyGroups,
	Algorithm, GroupId, KeyPath, MemberId, MemberSigned, PublicKey, Purpose, RequestId,
};
use hex_literal::hex;
use pallet_assets_precompiles::{InlineIdConfig, ERC20};
use pallet_revive::{
	precompiles::{TransactionLimits, H160, H256},
	AccountId32Mapper, Code, ExecConfig, ExecReturnValue, U256,
};
use sp_runtime::{
	traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult, Perbill,
	Weight,
};

pub type AccountId = AccountId32;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeTask,
		RuntimeHoldReason,
		RuntimeFreezeReason
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(3)]
	pub type Assets = pallet_assets;
	#[runtime::pallet_index(4)]
	pub type Revive = pallet_revive;
	#[runtime::pallet_index(5)]
	pub type Permit = pallet_assets_precompiles::permit;
	#[runtime::pallet_index(6)]
	pub type Mapping = pallet_asset_mapping;
	#[runtime::pallet_index(7)]
	pub type Bookkeeping = pallet_bookkeeping;
	#[runtime::pallet_index(8)]
	pub type CallingList = pallet_calling_list;
	#[runtime::pallet_index(9)]
	pub type Usufruct = pallet_usufruct;
	#[runtime::pallet_index(10)]
	pub type Dcrm = pallet_dcrm;
	#[runtime::pallet_index(11)]
	pub type DataFeed = pallet_data_feed;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
	// As in the runtime, reading and writing weighs something.
	type DbWeight = frame_support::weights::constants::RocksDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
	type Balance = u128;
	type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
	type ForceOrigin = EnsureRoot<AccountId>;
	type Currency = Balances;
}

parameter_types! {
	pub const ChainId: u64 = 4242;
	pub const MappingNetwork: Network = Network::Regtest;
	pub const MappingPalletId: PalletId = PalletId(*b"fsn/mapb");
	pub const BatchInterval: u32 = 5;
	pub const VoteLifetime: u32 = 10;
}

impl pallet_assets_precompiles::PermitConfig for Test {
	type ChainId = ChainId;
	type WeightInfo = ();
}

#[derive_impl(pallet_revive::config_preludes::TestDefaultConfig)]
impl pallet_revive::Config for Test {
	type AddressMapper = AccountId32Mapper<Self>;
	type Balance = u128;
	type Currency = Balances;
	type Time = Timestamp;
	type UploadOrigin = EnsureSigned<AccountId>;
	type InstantiateOrigin = EnsureSigned<AccountId>;
	type Precompiles = (
		ERC20<Self, InlineIdConfig<TOKEN_PREFIX>>,
		AssetMapping<Self>,
		crate::Bookkeeping<Self>,
		crate::CallingList<Self>,
		crate::Usufruct<Self>,
		crate::Dcrm<Self>,
		crate::DataFeed<Self>,
	);
}

/// The mapped bitcoin.
pub const BTC: u32 = 0x0102_0304;
/// What is held for a deposit address.
pub const ADDRESS_DEPOSIT: u128 = 100;

impl pallet_asset_mapping::Config for Test {
	type Chain = Bitcoin;
	type ChainNetwork = MappingNetwork;
	type InstanceId = ConstU8<0>;
	type Assets = Assets;
	type AssetId = ConstU32<BTC>;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AddressDeposit = ConstU128<ADDRESS_DEPOSIT>;
	type LockOutDeposit = ConstU128<ADDRESS_DEPOSIT>;
	type Time = Timestamp;
	type KeyGroups = Groups;
	type AdminOrigin = EnsureRoot<AccountId>;
	type PauseOrigin = EnsureRoot<AccountId>;
	type PalletId = MappingPalletId;
	type BatchInterval = BatchInterval;
	type MaxBatchIntents = ConstU32<4>;
	type MaxOpenIntents = ConstU32<8>;
	type MaxOpenBatches = ConstU32<2>;
	type MaxAttempts = ConstU32<3>;
	type FeeReportInterval = ConstU32<1>;
	type FeeReportLifetime = ConstU32<10>;
	type FlowBucket = ConstU32<10>;
	type MaxOpenVotes = ConstU32<8>;
	type VoteLifetime = VoteLifetime;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Groups;
}

/// The least bond of a bookkeeping node.
pub const BOND: u128 = 1_000_000_000_000;
/// The smallest delegation.
pub const MIN_DELEGATION: u128 = 10_000_000_000;
/// What a block issues to bookkeeping nodes in the beginning.
pub const REWARD: u128 = 1_000_000_000;
/// The most that is ever issued to them.
pub const EMISSION: u128 = 200 * REWARD;
/// Sessions of unbonding.
pub const UNBONDING: u32 = 4;

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"test/pot");
	pub const AssemblerShare: Perbill = Perbill::from_percent(30);
	pub const SlashToTreasury: Perbill = Perbill::from_percent(50);
	pub const SlashToReporter: Perbill = Perbill::from_percent(10);
}

impl pallet_bookkeeping::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Registration = Keys;
	type Treasury = ();
	type PotId = PotId;
	type SupplyCeiling = ConstU128<10_000_000_000_000_000_000>;
	type EmissionCeiling = ConstU128<EMISSION>;
	type FirstReward = ConstU128<REWARD>;
	type HalvingPeriod = ConstU32<100>;
	type AssemblerShare = AssemblerShare;
	type MaxPackages = ConstU32<16>;
	type MaxCandidates = ConstU32<8>;
	type MaxInvulnerables = ConstU32<4>;
	type MaxSeats = ConstU32<12>;
	type MaxDelegations = ConstU32<10>;
	type MaxDelegationsPerAccount = ConstU32<4>;
	type MaxUnbonding = ConstU32<8>;
	type MinDelegation = ConstU128<MIN_DELEGATION>;
	type MinNodes = ConstU32<1>;
	type AgeCap = ConstU32<100>;
	type WeightUnit = ConstU128<1_000_000_000>;
	type InvulnerableWeight = ConstU64<1_000_000>;
	type UnbondingSessions = ConstU32<UNBONDING>;
	type KickAfter = ConstU32<2>;
	type LikelyBlocks = ConstU32<3>;
	type SlashToTreasury = SlashToTreasury;
	type SlashToReporter = SlashToReporter;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Keys;
	type WeightInfo = pallet_bookkeeping::weights::SubstrateWeight<Test>;
}

parameter_types! {
	pub const ListId: PalletId = PalletId(*b"fsn/call");
	pub TriggerAccount: AccountId = account(TRIGGERS);
	pub TreasuryAccount: AccountId = native(77);
	pub const GuaranteedWeight: Weight = Weight::from_parts(300_000_000_000, 3 * 1024 * 1024);
}

/// From where the chain runs rows.
pub const TRIGGERS: H160 = H160(hex!("00000000000000000000000000000000f5040001"));

/// A unit of gas is 100 nanoseconds or ten bytes of proof, and costs 1,000 units of the native token.
pub struct Gas;

impl GasPrice for Gas {
	fn price() -> u128 {
		1_000
	}
	fn weight(gas: u64) -> Weight {
		Weight::from_parts(gas * 100_000, gas * 10)
	}
	fn fee(weight: Weight) -> u128 {
		u128::from((weight.ref_time() / 100_000).max(weight.proof_size() / 10)) * Self::price()
	}
}

/// Contracts of this runtime.
pub struct Contracts;

impl ContractEngine for Contracts {
	fn is_precompile(target: H160) -> bool {
		[PRECOMPILE, BOOKKEEPING, calling_list_address()].contains(&target)
	}
	fn trigger(row: RowId, weight: Weight, funds: u128) -> Weight {
		let result = Revive::bare_call(
			RuntimeOrigin::signed(TriggerAccount::get()),
			calling_list_address(),
			U256::zero(),
			TransactionLimits::WeightAndDeposit { weight_limit: weight, deposit_limit: funds },
			crate::trigger_input(vec![row]),
			&ExecConfig::new_substrate_tx_without_bump(),
		);
		result.weight_consumed
	}
}

impl LogSource for Contracts {
	fn logs() -> Vec<(H160, H256)> {
		System::events()
			.into_iter()
			.filter_map(|record| match record.event {
				RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted {
					contract,
					topics,
					..
				}) => topics.first().map(|topic| (contract, *topic)),
				_ => None,
			})
			.collect()
	}
}

impl Nodes<AccountId> for Contracts {
	fn is_elected(_: &AccountId) -> bool {
		true
	}
}

impl pallet_calling_list::Config for Test {
	type Currency = Balances;
	type Time = Timestamp;
	type Gas = Gas;
	type Engine = Contracts;
	type Logs = Contracts;
	type Nodes = Contracts;
	type AdminOrigin = EnsureRoot<AccountId>;
	type PauseOrigin = EnsureRoot<AccountId>;
	type PalletId = ListId;
	type TriggerAccount = TriggerAccount;
	type FeeReceiver = TreasuryAccount;
	type StorageBase = ConstU128<1_000>;
	type StoragePerByte = ConstU128<10>;
	type MaxData = ConstU32<1_024>;
	type MaxHistory = ConstU32<8>;
	type MaxPendingLogs = ConstU32<64>;
	type LogsPerBlock = ConstU32<8>;
	type DuePerBlock = ConstU32<8>;
	type GuaranteedPerBlock = ConstU32<4>;
	type GuaranteedWeight = GuaranteedWeight;
	type TriggerDelay = ConstU32<3>;
	type Patience = ConstU32<10>;
	type LateBlocks = ConstU32<10>;
	type LateSeconds = ConstU64<60>;
	type BlockSeconds = ConstU64<6>;
	type WeightInfo = ();
}

/// What a signature costs.
pub const PRICE: u128 = 1_000;
/// What is held for a key.
pub const KEY_DEPOSIT: u128 = 200;
/// What is held for a request.
pub const REQUEST_DEPOSIT: u128 = 30;

parameter_types! {
	pub const MembersPotId: PalletId = PalletId(*b"test/dcr");
	pub const NoSeed: H256 = H256::zero();
	pub const DcrmParameters: pallet_dcrm::Parameters<u128> = pallet_dcrm::Parameters {
		fraud: Perbill::from_percent(10),
		silence: Perbill::zero(),
		signature: 0,
		premium: Perbill::zero(),
		account_signature: PRICE,
		challenge_interval: 0,
		holding: 0,
		reserves: Perbill::from_percent(60),
		outage: 1_000_000,
	};
}

impl pallet_dcrm::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Slashed = ();
	type Beacon = NoSeed;
	type PotId = MembersPotId;
	type DefaultParameters = DcrmParameters;
	type NodeBond = ConstU128<BOND>;
	type UnbondingPeriod = ConstU32<10>;
	type AdminOrigin = EnsureRoot<AccountId>;
	type PauseOrigin = EnsureRoot<AccountId>;
	type PhaseLength = ConstU32<10>;
	type MaxAttempts = ConstU32<3>;
	type MaxNodes = ConstU32<10>;
	type MaxOpenRequests = ConstU32<8>;
	type MaxAccountRequests = ConstU32<4>;
	type MaxRequestsPerAccount = ConstU32<3>;
	type RequestLifetime = ConstU32<20>;
	type KeyDeposit = ConstU128<KEY_DEPOSIT>;
	type RequestDeposit = ConstU128<REQUEST_DEPOSIT>;
	type Accounts = Taproot;
	type OnSignature = ();
	type OnSignatureWeight = NoWeight;
	type Verifier = Taproot;
	type WeightInfo = pallet_dcrm::weights::SubstrateWeight<Test>;
}

/// Nobody is told of signatures.
pub struct NoWeight;

impl Get<Weight> for NoWeight {
	fn get() -> Weight {
		Weight::zero()
	}
}

/// The rules of Bitcoin.
pub struct Taproot;

impl pallet_dcrm::TaprootVerify for Taproot {
	fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Option<[u8; 32]> {
		Bitcoin::output_key(master, tweak).ok()
	}

	fn verify(output_key: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool {
		Bitcoin::verify(output_key, message, signature)
	}
}

impl pallet_dcrm::AccountRules for Taproot {
	fn address(output_key: &[u8; 32]) -> Option<Vec<u8>> {
		let destination = Bitcoin::destination(output_key);
		Bitcoin::address(&destination, Network::Regtest).map(String::into_bytes)
	}

	fn script(address: &[u8]) -> Option<Script> {
		let text = core::str::from_utf8(address).ok()?;
		let destination = Bitcoin::parse_address(text, Network::Regtest).ok()?;
		Script::try_from(destination.into_inner()).ok()
	}

	fn message(
		genesis: H256,
		account: &[u8; 32],
		output_key: &[u8; 32],
		subject: &Subject,
	) -> Option<[u8; 32]> {
		fusion_bitcoin_primitives::account_message(genesis, account, output_key, subject)
	}
}

/// The group of key groups' pallet: four members, and a key that everybody knows.
pub fn activate_group() {
	let members: Vec<MemberId> = (1..=4u8).map(|number| decoded_from(number, 32)).collect();
	let group = pallet_dcrm::Group {
		members: members.try_into().expect("four are not too many"),
		threshold: 3,
		algorithm: Algorithm::Secp256k1Taproot,
		state: fusion_dcrm_primitives::GroupState::Active,
		attempt: 0,
		attempts: 1,
		epoch: 0,
		qualified: pallet_dcrm::MemberSet::all(4),
		key: Some(KEY),
	};
	pallet_dcrm::Groups::<Test>::insert(0, group);
	pallet_dcrm::NextGroup::<Test>::put(1);
	pallet_dcrm::ActiveGroup::<Test>::put(0);
}

/// Everybody has session keys.
pub struct Keys;

impl ValidatorRegistration<AccountId> for Keys {
	fn is_registered(_: &AccountId) -> bool {
		true
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_bookkeeping::BenchmarkHelper<AccountId> for Keys {
	fn register_keys(_: &AccountId) {}
}

/// How long before its end a pledge unbonds, in seconds.
pub const TERM: u64 = 1_000;

parameter_types! {
	pub const UsufructPalletId: PalletId = PalletId(*b"fsn/usuf");
}

impl pallet_usufruct::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Assets = Assets;
	type Time = Timestamp;
	type Staking = Delegations;
	type PalletId = UsufructPalletId;
	type ListDeposit = ConstU128<1_000>;
	type BoundaryDeposit = ConstU128<100>;
	type AllowanceDeposit = ConstU128<10>;
	type PledgeDeposit = ConstU128<500>;
	type UnbondingTerm = ConstU64<TERM>;
	type MaxDue = ConstU32<8>;
	type DuePerBlock = ConstU32<2>;
	type WeightInfo = pallet_usufruct::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Delegations;
}

/// Pledges delegate.
pub struct Delegations;

impl pallet_usufruct::Staking<AccountId> for Delegations {
	fn bond(who: &AccountId, node: &AccountId, amount: u128) -> DispatchResult {
		Bookkeeping::delegate(RuntimeOrigin::signed(who.clone()), node.clone(), amount)
	}
	fn unbond(who: &AccountId) -> DispatchResult {
		for found in Bookkeeping::delegations(who) {
			let origin = RuntimeOrigin::signed(who.clone());
			Bookkeeping::unbond(origin, found.node, found.amount)?;
		}
		Ok(())
	}
	fn withdraw(who: &AccountId) {
		let _ = Bookkeeping::withdraw(RuntimeOrigin::signed(who.clone()), who.clone());
	}
	fn claim(who: &AccountId) {
		let _ = Bookkeeping::claim(RuntimeOrigin::signed(who.clone()));
	}
	fn staked(who: &AccountId) -> u128 {
		Balances::balance_on_hold(&pallet_bookkeeping::HoldReason::Stake.into(), who)
	}
	fn weight() -> Weight {
		Weight::from_parts(1_000_000, 1_000)
	}
}

impl pallet_data_feed::Config for Test {
	type AdminOrigin = EnsureRoot<AccountId>;
	type PauseOrigin = EnsureRoot<AccountId>;
	type Feeders = OneFeeder;
	type Clock = Timestamp;
	type Currency = Balances;
	type PotId = PotId;
	type OnAnswer = ();
	type MaxFeeds = ConstU32<8>;
	type MaxReports = ConstU32<4>;
	type MaxClosings = ConstU32<1>;
	type CommitPhase = ConstU32<2>;
	type RevealPhase = ConstU32<2>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = OneFeeder;
}

/// The only feeder, which needs no key.
pub struct OneFeeder;

/// Its key.
pub fn feeder() -> FeederId {
	FeederId::from_raw([5; 32])
}

impl Feeders<AccountId> for OneFeeder {
	fn account(feeder: &FeederId) -> Option<AccountId> {
		(*feeder == self::feeder()).then(|| native(5))
	}
	fn recent_account(feeder: &FeederId) -> Option<AccountId> {
		Self::account(feeder)
	}
	fn is_feeder(account: &AccountId) -> bool {
		*account == native(5)
	}
	fn count() -> u32 {
		1
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_usufruct::BenchmarkHelper<AccountId> for Delegations {
	fn set_time(now: u64) {
		set_time(now);
	}
	fn mapped_coins(who: &AccountId, amount: u128) -> pallet_usufruct::Coin {
		use frame_support::traits::fungibles::Mutate;
		Assets::mint_into(BTC, who, amount).expect("the asset exists");
		pallet_usufruct::Coin::Mapped(BTC)
	}
	fn node() -> AccountId {
		native(1)
	}
	fn make_due(_: &AccountId) {}
}

/// Sets the clock, in seconds.
pub fn set_time(now: u64) {
	Timestamp::set_timestamp(now * 1_000);
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_data_feed::benchmarking::BenchmarkHelper<AccountId> for OneFeeder {
	fn seat(_: u32) -> Vec<(FeederId, AccountId)> {
		vec![(feeder(), native(5))]
	}
	fn sign(_: &FeederId, _: &[u8]) -> fusion_data_feed_primitives::FeederSignature {
		Default::default()
	}
	fn set_time(now: u64) {
		set_time(now);
	}
}

/// A feed gets an answer: a round of the only feeder, in which it says that.
pub fn feed_says(feed: u32, value: &Value) {
	let round = pallet_data_feed::FeedOf::<Test>::get(feed).expect("there is one").next_round;
	let genesis = System::block_hash(0);
	let commitment = commitment(genesis, feed, round, &feeder(), value, &[0; 32]);
	let reveal = FeedWord::Reveal { feed, round, value: value.clone(), salt: [0; 32] };
	for word in [FeedWord::Commit { feed, round, commitment }, reveal] {
		let word = SignedWord { feeder: feeder(), word, signature: Default::default() };
		DataFeed::speak(RawOrigin::Authorized.into(), word).expect("it is wanted");
		let block = System::block_number() + 1;
		System::set_block_number(block);
		<DataFeed as frame_support::traits::OnTimestampSet<u64>>::on_timestamp_set(0);
	}
}

/// One group, for which a single member speaks, and which signs nothing.
pub struct Groups;

/// The generator of secp256k1: a point, whatever its secret.
const KEY: PublicKey = hex!("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");

impl KeyGroups for Groups {
	fn active() -> Option<GroupId> {
		Some(0)
	}
	fn key(_: GroupId) -> Option<PublicKey> {
		Some(KEY)
	}
	fn tweak(group: GroupId, path: &KeyPath) -> Option<[u8; 32]> {
		let genesis = System::block_hash(0);
		Some(derive_tweak(genesis, group, Algorithm::Secp256k1Taproot, &KEY, path))
	}
	fn threshold(_: GroupId) -> Option<u16> {
		Some(1)
	}
	fn is_member(_: GroupId, _: &MemberId) -> bool {
		true
	}
	fn members(_: GroupId) -> Vec<MemberId> {
		Vec::new()
	}
	fn capacity(_: GroupId) -> u128 {
		u128::MAX
	}
	fn accepts_work(_: GroupId) -> bool {
		true
	}
	fn request_signature(
		_: GroupId,
		_: KeyPath,
		_: [u8; 32],
		_: Purpose,
	) -> Result<RequestId, DispatchError> {
		Ok(0)
	}
	fn withdraw_request(_: RequestId) {}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_asset_mapping::benchmarking::BenchmarkHelper for Groups {
	fn activate_group() -> GroupId {
		0
	}
	fn member(_: u32) -> MemberId {
		member()
	}
	fn sign(_: u32, _: &[u8]) -> fusion_dcrm_primitives::MemberSignature {
		signature()
	}
	fn address(_: u8) -> Vec<u8> {
		ADDRESS.as_bytes().to_vec()
	}
	fn set_time(seconds: u32) {
		Timestamp::set_timestamp(u64::from(seconds) * 1_000);
	}
}

/// An address of Bitcoin's regtest (BIP-173's example program).
pub const ADDRESS: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

fn decoded<T: codec::Decode>(length: usize) -> T {
	decoded_from(7, length)
}

fn decoded_from<T: codec::Decode>(byte: u8, length: usize) -> T {
	T::decode(&mut vec![byte; length].as_slice()).expect("any bytes will do")
}

fn member() -> MemberId {
	decoded(32)
}

fn signature() -> fusion_dcrm_primitives::MemberSignature {
	decoded(64)
}

/// The account of an Ethereum key.
pub fn account(address: H160) -> AccountId {
	let mut bytes = [0xee; 32];
	bytes[..20].copy_from_slice(&address.0);
	bytes.into()
}

/// An Ethereum key with native tokens.
pub const ALICE: H160 = H160([0xa1; 20]);
/// An Ethereum key without any.
pub const PAUPER: H160 = H160([0xb2; 20]);

/// Where the precompile of asset mapping is.
pub const PRECOMPILE: H160 = H160(hex!("00000000000000000000000000000000f5030000"));
/// Where the precompile of title and use is.
pub const USUFRUCT: H160 = H160(hex!("00000000000000000000000000000000f5060000"));
/// Where the precompile of key groups is.
pub const DCRM: H160 = H160(hex!("00000000000000000000000000000000f5020000"));
/// Where the precompile of data feeds is.
pub const DATA_FEED: H160 = H160(hex!("00000000000000000000000000000000f5050000"));
/// Where the precompile of bookkeeping nodes is.
pub const BOOKKEEPING: H160 = H160(hex!("00000000000000000000000000000000f5010000"));

/// The state of a new chain.
pub fn build_and_execute(test: impl FnOnce()) {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(account(ALICE), 1_000_000_000_000_000_000)],
			..Default::default()
		},
		assets: pallet_assets::GenesisConfig {
			assets: vec![(BTC, [9; 32].into(), true, 1)],
			..Default::default()
		},
		mapping: pallet_asset_mapping::GenesisConfig {
			parameters: pallet_asset_mapping::Parameters {
				confirmations: 1,
				minimum_deposit: 1_000,
				maximum_fee_part: Perbill::one(),
				..Default::default()
			},
			..Default::default()
		},
		bookkeeping: pallet_bookkeeping::GenesisConfig { min_bond: BOND, ..Default::default() },
		..Default::default()
	}
	.build_storage()
	.expect("genesis is right")
	.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		test();
	});
}

/// An account without an Ethereum key.
pub fn native(number: u8) -> AccountId {
	[number; 32].into()
}

/// An account has enough to bond.
pub fn endow(who: &AccountId) {
	Balances::mint_into(who, 100 * BOND).expect("nothing overflows");
}

/// Mapped coins come in for an account.
pub fn lock_in(who: AccountId, amount: u64) {
	let deadline = u32::try_from(Timestamp::get() / 1_000 + 1_000).expect("it is before 2106");
	let (index, _) =
		Mapping::do_request_lock_in(account(ALICE), ADDRESS.as_bytes(), deadline).expect("it can");
	pallet_asset_mapping::DepositAddresses::<Test>::mutate(index, |address| {
		address.as_mut().expect("it was made").who = who;
	});
	let payload = Observation::Deposit {
		outpoint: OutPoint { txid: sp_io::hashing::blake2_256(&index.encode()), vout: 0 },
		index,
		amount,
		height: 1,
		time: 1,
		block: [1; 32],
	};
	let observation = MemberSigned { member: member(), payload, signature: signature() };
	Mapping::observe(RawOrigin::Authorized.into(), observation).expect("it is wanted");
}

/// Mapped coins of an account.
pub fn balance(who: &AccountId) -> u128 {
	Assets::balance(BTC, who)
}

fn limits() -> TransactionLimits<Test> {
	TransactionLimits::WeightAndDeposit { weight_limit: Weight::MAX, deposit_limit: u128::MAX }
}

/// An account calls an address, with value.
pub fn call_with_value(
	from: H160,
	to: H160,
	value: u128,
	data: Vec<u8>,
) -> Result<ExecReturnValue, DispatchError> {
	Revive::bare_call(
		RuntimeOrigin::signed(account(from)),
		to,
		U256::from(value),
		limits(),
		data,
		&ExecConfig::new_substrate_tx(),
	)
	.result
}

/// What a call of an address takes of a block.
pub fn weight_of_call(from: H160, to: H160, data: Vec<u8>) -> Weight {
	let result = Revive::bare_call(
		RuntimeOrigin::signed(account(from)),
		to,
		U256::zero(),
		limits(),
		data,
		&ExecConfig::new_substrate_tx(),
	);
	assert!(!result.result.expect("the call is executed").did_revert());
	result.weight_consumed
}

/// An account calls an address.
pub fn call(from: H160, to: H160, data: Vec<u8>) -> Result<ExecReturnValue, DispatchError> {
	call_with_value(from, to, 0, data)
}

/// How a contract passes a call on.
#[derive(Clone, Copy)]
pub enum Passing {
	/// `CALL`.
	Call,
	/// `DELEGATECALL`.
	Delegate,
	/// `STATICCALL`.
	Static,
}

/// Deploys a contract that passes whatever it is called with on to the precompile of asset mapping, and gives
/// back (or reverts with) what that gives.
pub fn deploy_proxy(passing: Passing) -> H160 {
	deploy_proxy_to(PRECOMPILE, passing)
}

/// The same for another precompile.
pub fn deploy_proxy_to(precompile: H160, passing: Passing) -> H160 {
	// Each has an address of its own.
	deploy_proxy_with(precompile, passing, [passing as u8; 32])
}

/// The same, at an address that depends on a salt.
pub fn deploy_proxy_with(precompile: H160, passing: Passing, salt: [u8; 32]) -> H160 {
	deploy(proxy_code(precompile, passing), salt)
}

/// The code of such a contract.
pub fn proxy_code(precompile: H160, passing: Passing) -> Vec<u8> {
	// calldatacopy(0, 0, calldatasize)
	let mut code = hex!("36 6000 6000 37").to_vec();
	// return size, return offset, argument size, argument offset
	code.extend(hex!("6000 6000 36 6000"));
	if matches!(passing, Passing::Call) {
		// value
		code.extend(hex!("6000"));
	}
	// address, gas
	code.push(0x63);
	code.extend(&precompile.0[16..]);
	code.push(0x5a);
	code.push(match passing {
		Passing::Call => 0xf1,
		Passing::Delegate => 0xf4,
		Passing::Static => 0xfa,
	});
	// returndatacopy(0, 0, returndatasize)
	code.extend(hex!("3d 6000 6000 3e"));
	// if it succeeded, jump behind the revert
	let behind = code.len() as u8 + 3 + 4;
	code.extend([0x60, behind, 0x57]);
	code.extend(hex!("3d 6000 fd"));
	code.extend(hex!("5b 3d 6000 f3"));
	code
}

/// Deploys a contract with this code, at an address that depends on it and on the salt.
pub fn deploy(code: Vec<u8>, salt: [u8; 32]) -> H160 {
	// Copies what follows these twelve bytes, and returns it as the contract's code.
	let length = code.len() as u8;
	let mut init = vec![0x60, length, 0x60, 0x0c, 0x60, 0x00, 0x39, 0x60, length, 0x60, 0x00, 0xf3];
	init.extend(code);
	Revive::bare_instantiate(
		RuntimeOrigin::signed(account(ALICE)),
		U256::zero(),
		limits(),
		Code::Upload(init),
		Vec::new(),
		Some(salt),
		&ExecConfig::new_substrate_tx(),
	)
	.result
	.expect("the contract can be deployed")
	.addr
}

/// Deploys a contract whose constructor, which has `value`, calls a precompile; it must succeed.
pub fn construct_with_call(precompile: H160, data: Vec<u8>, value: u128) -> H160 {
	let length = u16::try_from(data.len()).expect("it is short").to_be_bytes();
	// codecopy(0, <behind this code>, length)
	let mut init = vec![0x61, length[0], length[1], 0x60, 0x00, 0x60, 0x00, 0x39];
	// call(gas, precompile, 0, 0, length, 0, 0)
	init.extend(hex!("6000 6000 61"));
	init.extend(length);
	init.extend(hex!("6000 6000 63"));
	init.extend(&precompile.0[16..]);
	init.extend(hex!("5a f1"));
	// If it succeeded, jump behind the revert.
	let behind = init.len() as u8 + 3 + 10;
	init.extend([0x60, behind, 0x57]);
	init.extend(hex!("3d 6000 6000 3e 3d 6000 fd"));
	// The contract's code is one zero byte.
	init.extend(hex!("5b 6000 6000 52 6001 6000 f3"));
	init[4] = init.len() as u8;
	init.extend(data);
	Revive::bare_instantiate(
		RuntimeOrigin::signed(account(ALICE)),
		U256::from(value),
		limits(),
		Code::Upload(init),
		Vec::new(),
		Some([8; 32]),
		&ExecConfig::new_substrate_tx(),
	)
	.result
	.map(|result| {
		let data = String::from_utf8_lossy(&result.result.data);
		assert!(!result.result.did_revert(), "the constructor reverted: {data}");
		result.addr
	})
	.expect("the contract can be deployed")
}

/// An account calls an address with limits; it must not fail.
pub fn call_limited(from: H160, to: H160, data: Vec<u8>, weight: Weight, funds: u128) -> Vec<u8> {
	let result = Revive::bare_call(
		RuntimeOrigin::signed(account(from)),
		to,
		U256::zero(),
		TransactionLimits::WeightAndDeposit { weight_limit: weight, deposit_limit: funds },
		data,
		&ExecConfig::new_substrate_tx(),
	);
	let answer = result.result.expect("the call is executed");
	assert!(!answer.did_revert());
	answer.data
}

/// The native tokens that an address can spend.
pub fn free(who: H160) -> u128 {
	Balances::free_balance(account(who))
}

/// The native tokens of a contract that are held as deposits for its storage.
pub fn held(contract: H160) -> u128 {
	use frame_support::traits::fungible::InspectHold;
	Balances::total_balance_on_hold(&account(contract))
}
