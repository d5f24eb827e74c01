//! A runtime with this pallet and the session pallet, and some helpers.

use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{Inspect, InspectHold},
		tokens::imbalance::ResolveTo,
		ConstU32, ConstU64, Hooks,
	},
	weights::constants::RocksDbWeight,
	PalletId,
};
use pallet_session::{
	disabling::UpToLimitDisablingStrategy, PeriodicSessions, SessionHandler, SessionManager,
};
use sp_runtime::{
	impl_opaque_keys, key_types::DUMMY, testing::UintAuthorityId, traits::OpaqueKeys, BuildStorage,
	KeyTypeId, Perbill,
};

use crate as pallet_bookkeeping;
use crate::{weights::SubstrateWeight, Balance, Config, Event, HoldReason};

pub type AccountId = u64;
pub type Block = frame_system::mocking::MockBlockU32<Test>;

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
	pub type Bookkeeping = pallet_bookkeeping;
	#[runtime::pallet_index(3)]
	pub type Session = pallet_session;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
	type DbWeight = RocksDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
}

impl_opaque_keys! {
	pub struct Keys {
		pub dummy: UintAuthorityId,
	}
}

/// Remembers what a consensus pallet would be told: the nodes of each session, with the weights that it
/// would read then.
pub struct Consensus;

impl Consensus {
	fn tell<K>(validators: &[(AccountId, K)]) {
		let nodes = validators.iter().map(|(who, _)| (*who, Bookkeeping::session_weight(who)));
		Told::set(nodes.collect());
	}
}

impl SessionHandler<AccountId> for Consensus {
	const KEY_TYPE_IDS: &'static [KeyTypeId] = &[DUMMY];

	fn on_genesis_session<K: OpaqueKeys>(validators: &[(AccountId, K)]) {
		Self::tell(validators);
	}

	fn on_new_session<K: OpaqueKeys>(_: bool, validators: &[(AccountId, K)], _: &[(AccountId, K)]) {
		Self::tell(validators);
	}

	fn on_disabled(_: u32) {}
}

/// The session pallet's view of this pallet, with the blocks of sessions being watched.
pub struct Manager;

impl SessionManager<AccountId> for Manager {
	fn new_session(index: u32) -> Option<Vec<AccountId>> {
		let answer = Bookkeeping::new_session(index);
		assert_ne!(answer, Some(vec![]), "an empty set was elected");
		answer
	}
	fn new_session_genesis(index: u32) -> Option<Vec<AccountId>> {
		Bookkeeping::new_session_genesis(index)
	}
	fn end_session(index: u32) {
		Bookkeeping::end_session(index);
	}
	fn start_session(index: u32) {
		Bookkeeping::start_session(index);
	}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = sp_runtime::traits::ConvertInto;
	type ShouldEndSession = PeriodicSessions<ConstU32<SESSION>, ConstU32<0>>;
	type NextSessionRotation = PeriodicSessions<ConstU32<SESSION>, ConstU32<0>>;
	type SessionManager = Manager;
	type SessionHandler = Consensus;
	type Keys = Keys;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = KeyDeposit;
}

/// One whole coin.
pub const FSN: Balance = 1_000_000_000_000_000_000;
/// What each of the accounts 1 to [`ACCOUNTS`] has in the beginning.
pub const ENDOWMENT: Balance = 1_000_000 * FSN;
/// How many accounts there are.
pub const ACCOUNTS: AccountId = 60;
/// Blocks in a session.
pub const SESSION: u32 = 10;
/// The least bond in the beginning.
pub const BOND: Balance = 5_000 * FSN;
/// What a block issues in the beginning.
pub const REWARD: Balance = 5 * FSN;
/// Sessions of unbonding.
pub const UNBONDING: u32 = 4;
/// The treasury.
pub const TREASURY: AccountId = 1_000;
/// What an invulnerable weighs.
pub const SEAT: u64 = 1_000_000_000;

parameter_types! {
	pub const ExistentialDeposit: Balance = 1;
	pub const KeyDeposit: Balance = 0;
	pub const PotId: PalletId = PalletId(*b"test/pot");
	pub const SupplyCeiling: Balance = 81_920_000 * FSN;
	pub const EmissionCeiling: Balance = 1_000 * FSN;
	pub const FirstReward: Balance = REWARD;
	pub const AssemblerShare: Perbill = Perbill::from_percent(30);
	pub const MinDelegation: Balance = 100 * FSN;
	pub const WeightUnit: Balance = FSN / 1_000;
	pub const SlashToTreasury: Perbill = Perbill::from_percent(50);
	pub const SlashToReporter: Perbill = Perbill::from_percent(10);
	pub const TreasuryAccount: AccountId = TREASURY;
	/// What the consensus was told last.
	pub static Told: Vec<(AccountId, u64)> = Vec::new();
}

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type Registration = Session;
	type Treasury = ResolveTo<TreasuryAccount, Balances>;
	type PotId = PotId;
	type SupplyCeiling = SupplyCeiling;
	type EmissionCeiling = EmissionCeiling;
	type FirstReward = FirstReward;
	type HalvingPeriod = ConstU32<100>;
	type AssemblerShare = AssemblerShare;
	type MaxPackages = ConstU32<16>;
	type MaxCandidates = ConstU32<8>;
	type MaxInvulnerables = ConstU32<4>;
	type MaxSeats = ConstU32<10>;
	type MaxDelegations = ConstU32<10>;
	type MaxDelegationsPerAccount = ConstU32<4>;
	type MaxUnbonding = ConstU32<8>;
	type MinDelegation = MinDelegation;
	type MinNodes = ConstU32<2>;
	type AgeCap = ConstU32<100>;
	type WeightUnit = WeightUnit;
	type InvulnerableWeight = ConstU64<SEAT>;
	type UnbondingSessions = ConstU32<UNBONDING>;
	type KickAfter = ConstU32<2>;
	type LikelyBlocks = ConstU32<3>;
	type SlashToTreasury = SlashToTreasury;
	type SlashToReporter = SlashToReporter;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = KeyHelper;
	type WeightInfo = SubstrateWeight<Test>;
}

/// Registers keys for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub struct KeyHelper;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for KeyHelper {
	fn register_keys(who: &AccountId) {
		set_keys(*who);
	}
}

/// A genesis with four accounts up to 4 as invulnerables.
pub fn genesis_config(
	invulnerables: Vec<AccountId>,
	candidates: Vec<AccountId>,
) -> RuntimeGenesisConfig {
	let nodes = invulnerables.iter().chain(&candidates).copied();
	let mut nodes: Vec<AccountId> = nodes.collect();
	nodes.sort_unstable();
	nodes.dedup();
	RuntimeGenesisConfig {
		system: Default::default(),
		balances: pallet_balances::GenesisConfig {
			balances: (1..=ACCOUNTS).map(|who| (who, ENDOWMENT)).collect(),
			..Default::default()
		},
		bookkeeping: pallet_bookkeeping::GenesisConfig {
			invulnerables,
			candidates: candidates
				.into_iter()
				.map(|who| (who, BOND, Perbill::from_percent(10)))
				.collect(),
			max_nodes: 3,
			min_bond: BOND,
			min_commission: Perbill::from_percent(5),
			max_commission: Perbill::from_percent(50),
		},
		session: pallet_session::GenesisConfig {
			keys: nodes
				.into_iter()
				.map(|who| (who, who, Keys { dummy: UintAuthorityId(who) }))
				.collect(),
			..Default::default()
		},
	}
}

/// Storage in block 1.
pub fn genesis(
	invulnerables: Vec<AccountId>,
	candidates: Vec<AccountId>,
) -> sp_io::TestExternalities {
	let storage = genesis_config(invulnerables, candidates)
		.build_storage()
		.expect("the genesis of tests is sound");
	let mut ext = sp_io::TestExternalities::from(storage);
	ext.execute_with(|| {
		check();
		go_to(1);
	});
	ext
}

/// Runs a test with the invulnerables 1 and 2, and checks the state afterwards.
pub fn build_and_execute(test: impl FnOnce()) {
	genesis(vec![1, 2], vec![]).execute_with(|| {
		test();
		check();
	});
}

/// Checks the state of the pallet, and that nobody has holds who has no stake.
pub fn check() {
	Bookkeeping::do_try_state().expect("the state is sound");
	let all: Balance = (1..=ACCOUNTS).map(held).sum();
	assert_eq!(all, recorded(), "something is held that is not recorded");
}

/// Everything that the pallet has recorded as staked.
pub fn recorded() -> Balance {
	let own = crate::Candidates::<Test>::iter_values()
		.map(|candidate| candidate.own.amount + candidate.delegated)
		.sum::<Balance>();
	let chunks = crate::Unbonding::<Test>::iter_values()
		.flat_map(|chunks| chunks.into_inner())
		.map(|chunk| chunk.amount)
		.sum::<Balance>();
	own + chunks
}

/// Goes on to a block, through all blocks up to it, and checks the state in each.
pub fn go_to(block: u32) {
	while System::block_number() < block {
		next_block();
		check();
	}
}

/// Begins the next block.
pub fn next_block() {
	let next = System::block_number() + 1;
	System::set_block_number(next);
	Session::on_initialize(next);
	Bookkeeping::on_initialize(next);
}

/// The present session.
pub fn session() -> u32 {
	crate::CurrentSession::<Test>::get()
}

/// Goes on to the first block of a session.
pub fn go_to_session(index: u32) {
	go_to(index * SESSION);
	assert_eq!(session(), index);
	assert_eq!(Session::current_index(), index);
}

/// Goes on by some sessions.
pub fn pass_sessions(count: u32) {
	go_to_session(session() + count);
}

/// Gives an account session keys.
pub fn set_keys(who: AccountId) {
	pallet_session::NextKeys::<Test>::insert(who, Keys { dummy: UintAuthorityId(who) });
}

/// Makes an account a candidate with the least bond and a commission of ten per cent.
pub fn register(who: AccountId) {
	register_with(who, BOND);
}

/// Makes an account a candidate.
pub fn register_with(who: AccountId, bond: Balance) {
	set_keys(who);
	Bookkeeping::register(signed(who), bond, Perbill::from_percent(10)).expect("it may register");
}

/// Delegates whole coins.
pub fn delegate(who: AccountId, node: AccountId, coins: Balance) {
	Bookkeeping::delegate(signed(who), node, coins * FSN).expect("it may delegate");
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// What is held of an account.
pub fn held(who: AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::Stake.into(), &who)
}

/// What an account can spend.
pub fn free(who: AccountId) -> Balance {
	Balances::balance(&who)
}

/// Fees flow into the pot.
pub fn pay_fees(amount: Balance) {
	use frame_support::traits::fungible::Mutate;
	if amount > 0 {
		Balances::mint_into(&Bookkeeping::pot(), amount).expect("nothing overflows");
	}
}

/// Everything that an account can claim.
pub fn claimable(who: AccountId) -> Balance {
	Bookkeeping::claimable(&who)
}

/// The nodes that are elected for the present session.
pub fn active() -> Vec<AccountId> {
	Bookkeeping::session_weights().into_iter().map(|(who, _)| who).collect()
}

/// The candidate.
pub fn candidate(who: AccountId) -> crate::Candidate {
	crate::Candidates::<Test>::get(who).expect("it is a candidate")
}

/// Where a candidate stands.
pub fn state(who: AccountId) -> Option<crate::NodeState> {
	crate::Candidates::<Test>::get(who).map(|candidate| candidate.state)
}

/// Whether the pallet has emitted this event since the start of the test.
pub fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::Bookkeeping(event);
	System::events().iter().any(|record| record.event == event)
}
