//! A runtime with this pallet, and a chain whose blocks are really built, sealed and executed.

use codec::{Decode, Encode};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64},
	weights::{constants::RocksDbWeight, Weight},
};
use fusion_hhcm_primitives::{
	equivocation::Offence, AuthorityIndex, AuthorityPair, AuthorityWeight, GroupId,
};
use sp_core::{Pair as _, H256};
use sp_runtime::{
	generic,
	testing::TestSignature,
	traits::{BlakeTwo256, ExtrinsicLike, IdentityLookup},
	BuildStorage,
};

use crate as pallet_hhcm;
use crate::{
	weights::SubstrateWeight, AuthorityInfo, AuthorityWeights, Config, Delivered, Grouping,
	GroupingKey, OnBlockAuthored,
};

pub type AccountId = u64;
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type Extension = frame_system::CheckWeight<Test>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId, RuntimeCall, TestSignature, Extension>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
pub type Executive = frame_executive::Executive<
	Test,
	Block,
	frame_system::ChainContext<Test>,
	Test,
	AllPalletsWithSystem,
>;
/// What the relay chain's validators execute blocks with.
pub type BlockExecutor = crate::BlockExecutor<Test, Executive>;

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
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Rotation = crate::mock::rotation;
	#[runtime::pallet_index(3)]
	pub type Hhcm = pallet_hhcm;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type DbWeight = RocksDbWeight;
	type PostTransactions = Hhcm;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = Hhcm;
	type MinimumPeriod = ConstU64<1>;
}

/// Begins a session when it is told to, before this pallet's turn: as pallet-session does.
#[frame_support::pallet(dev_mode)]
pub mod rotation {
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			super::begin_session();
			Weight::zero()
		}
	}
}

impl rotation::Config for Test {}

/// Milliseconds from slot to slot in tests.
pub const SLOT_MILLIS: u64 = 6_000;
/// How many slots offences can be reported for in tests.
pub const WINDOW: u64 = 50;
/// The slot of the first block of tests.
pub const FIRST_SLOT: u64 = 1_000;
/// Bookkeeping nodes in tests.
pub const NODES: AuthorityIndex = 16;

parameter_types! {
	pub const DifficultyBounds: (u64, u64) = (2, 1_024);
	/// The validators of the session that is to begin in the next block.
	pub static Rotating: Option<Vec<AuthorityIndex>> = None;
	/// What validators weigh.
	pub static Weighing: AuthorityWeight = 10;
	/// What was handed to `OnBlockAuthored`.
	pub static Authored: Vec<(AccountId, Vec<Delivered<AccountId>>, GroupId)> = Vec::new();
	/// What was handed to `Offences`.
	pub static Punished: Vec<(AccountId, AccountId, Offence)> = Vec::new();
}

fn begin_session() {
	use frame_support::traits::OneSessionHandler;
	if let Some(numbers) = Rotating::get() {
		let keys: Vec<_> = numbers.iter().map(|number| pair(*number).public()).collect();
		let accounts: Vec<_> = numbers.iter().map(|number| account(*number)).collect();
		let validators: Vec<_> = accounts.iter().zip(keys).collect();
		Hhcm::on_new_session(true, validators.clone().into_iter(), validators.into_iter());
	}
}

/// Everybody weighs [`Weighing`].
pub struct Weights;

impl AuthorityWeights<AccountId> for Weights {
	fn weight(_: &AccountId) -> AuthorityWeight {
		Weighing::get()
	}
}

/// Groups by signer.
pub struct Keys;

impl GroupingKey for Keys {
	fn grouping(extrinsic: &[u8]) -> Option<Grouping> {
		let decoded = UncheckedExtrinsic::decode(&mut &*extrinsic).ok()?;
		if decoded.is_bare() {
			return Some(Grouping::Inherent);
		}
		match decoded.preamble.to_signed() {
			Some((signer, ..)) => Some(Grouping::Key(key_of(&signer))),
			None => Some(Grouping::Key(sp_io::hashing::blake2_256(extrinsic).into())),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_transaction(number: u32) -> Vec<u8> {
		transaction(number.into(), 0).encode()
	}
}

/// Remembers what it was told.
pub struct Recorder;

impl OnBlockAuthored<AccountId> for Recorder {
	fn on_block_authored(
		assembler: &AccountId,
		packages: &[Delivered<AccountId>],
		groups: GroupId,
	) {
		Authored::mutate(|all| all.push((*assembler, packages.to_vec(), groups)));
	}

	fn weight(packages: u32) -> Weight {
		Weight::from_parts(1_000, 0).saturating_mul(packages.into())
	}
}

impl crate::Offences<AccountId> for Recorder {
	fn on_offence(offender: &AccountId, reporter: &AccountId, offence: &Offence) {
		Punished::mutate(|all| all.push((*offender, *reporter, *offence)));
	}

	fn weight() -> Weight {
		Weight::from_parts(5_000, 0)
	}
}

impl Config for Test {
	type MaxAuthorities = ConstU32<20>;
	type SlotDuration = ConstU64<SLOT_MILLIS>;
	type Weights = Weights;
	type GroupingKey = Keys;
	type OnBlockAuthored = Recorder;
	type Offences = Recorder;
	type ReportWindow = ConstU64<WINDOW>;
	type DifficultyBounds = DifficultyBounds;
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type WeightInfo = SubstrateWeight<Test>;
}

/// The key of the node with this number.
pub fn pair(number: AuthorityIndex) -> AuthorityPair {
	let mut seed = [9; 32];
	seed[..2].copy_from_slice(&number.to_le_bytes());
	AuthorityPair::from_seed(&seed)
}

/// The account of the node with this number.
pub fn account(number: AuthorityIndex) -> AccountId {
	1_000 + u64::from(number)
}

/// The node with this number, as the pallet has it.
pub fn info(number: AuthorityIndex) -> AuthorityInfo<AccountId> {
	AuthorityInfo { account: account(number), id: pair(number).public(), weight: Weighing::get() }
}

/// The key that an account's transactions are grouped by.
pub fn key_of(signer: &AccountId) -> H256 {
	sp_io::hashing::blake2_256(&signer.encode()).into()
}

/// A transaction of an account. Another one for another number.
pub fn transaction(signer: AccountId, number: u8) -> UncheckedExtrinsic {
	let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![number] });
	signed(signer, call)
}

/// A call, signed by an account.
pub fn signed(signer: AccountId, call: RuntimeCall) -> UncheckedExtrinsic {
	let extension = frame_system::CheckWeight::<Test>::new();
	let payload = generic::SignedPayload::new(call.clone(), extension.clone())
		.expect("there is nothing implicit");
	let signature = payload.using_encoded(|bytes| TestSignature(signer, bytes.to_vec()));
	UncheckedExtrinsic::new_signed(call, signer, signature, extension)
}

/// Storage with the nodes 0 to 15 in office, three groups, and this seed.
pub fn genesis(seed: H256) -> sp_io::TestExternalities {
	genesis_with(seed, 3, 8)
}

/// Storage with the nodes 0 to 15 in office.
pub fn genesis_with(seed: H256, groups: GroupId, difficulty: u64) -> sp_io::TestExternalities {
	use frame_support::traits::OneSessionHandler;
	let storage = RuntimeGenesisConfig {
		system: Default::default(),
		hhcm: pallet_hhcm::GenesisConfig { seed, groups, difficulty, _config: Default::default() },
	}
	.build_storage()
	.expect("the genesis of tests is sound");
	let mut ext = sp_io::TestExternalities::from(storage);
	ext.execute_with(|| {
		Rotating::set(None);
		Weighing::set(10);
		Authored::set(Vec::new());
		Punished::set(Vec::new());
		let accounts: Vec<_> = (0..NODES).map(account).collect();
		let keys = (0..NODES).map(|number| pair(number).public());
		Hhcm::on_genesis_session(accounts.iter().zip(keys));
		check();
	});
	ext
}

/// Checks the state of the pallet.
pub fn check() {
	Hhcm::do_try_state().expect("the state is sound");
}

/// The same with a keystore, which benchmarks sign with.
#[cfg(feature = "runtime-benchmarks")]
pub fn with_keystore(mut ext: sp_io::TestExternalities) -> sp_io::TestExternalities {
	let keystore = sp_keystore::testing::MemoryKeystore::new();
	ext.register_extension(sp_keystore::KeystoreExt::new(keystore));
	ext
}
