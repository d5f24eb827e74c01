//! A runtime with the calling list, whose contracts do what tests have told them.

use crate as pallet_calling_list;
use crate::{
	types::{Parameters, Registration},
	Pallet, Row, Rows, Tried,
};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Hooks, OnTimestampSet, UnixTime},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
	PalletId,
};
use fusion_calling_list_primitives::{
	schedule::Schedule,
	traits::{
		CallOutcome, CheckOutcome, Consumed, ContractEngine, GasPrice, LogSource, Nodes, RunEnv,
	},
	AfterFailure, Balance, Condition, Entry, Missed, Reason, RowId, Terms, Tier,
};
use sp_core::{H160, H256};
use sp_runtime::{generic, testing::UintAuthorityId, traits::BlakeTwo256, BuildStorage};

pub type AccountId = u64;
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId, RuntimeCall, UintAuthorityId, ()>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

#[frame_support::runtime]
mod runtime {
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
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Test>;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances::Pallet<Test>;
	#[runtime::pallet_index(2)]
	pub type CallingList = pallet_calling_list::Pallet<Test>;
}

parameter_types! {
	pub BlockWeights: frame_system::limits::BlockWeights =
		frame_system::limits::BlockWeights::simple_max(Weight::from_parts(
			2 * WEIGHT_REF_TIME_PER_SECOND,
			10 * 1024 * 1024,
		));
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type AccountData = pallet_balances::AccountData<u128>;
	type BlockWeights = BlockWeights;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

/// What a gas unit weighs in picoseconds.
pub const WEIGHT_OF_GAS: u64 = 1_000;
/// Rows that a block does something about, of each kind.
pub const DUE_PER_BLOCK: u32 = 5;
/// Guaranteed rows that a block does something about, of each kind.
pub const GUARANTEED_PER_BLOCK: u32 = 5;
/// Blocks that guaranteed rows wait.
pub const DELAY: u32 = 3;
/// Blocks that others wait.
pub const PATIENCE: u32 = 6;
/// Blocks from which on a row is late.
pub const LATE_BLOCKS: u32 = 4;
/// What is held for a row.
pub const STORAGE_BASE: u128 = 1_000;
/// And for each byte.
pub const STORAGE_BYTE: u128 = 10;
/// What rows remember.
pub const HISTORY: u32 = 6;
/// Gas that the chain spends on guaranteed rows in a block.
pub const GUARANTEED: Weight = Weight::from_parts(150_000_000_000, 2 * 1024 * 1024);

/// What a contract does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Behaviour {
	/// It uses so much gas, and charges so much storage.
	Works { gas: u64, storage: u128 },
	/// It frees storage.
	Frees { storage: u128 },
	/// It uses gas and reverts.
	Reverts { gas: u64 },
	/// It uses all that it may.
	Exhausts,
	/// There is none.
	Gone,
	/// It tries to reach into the list.
	Meddles { id: RowId },
}

parameter_types! {
	pub const ListId: PalletId = PalletId(*b"fsn/call");
	pub const TriggerAccount: AccountId = 1_000;
	pub const Treasury: AccountId = 2_000;
	pub const GuaranteedWeight: Weight = GUARANTEED;

	// In storage, so that what fails is rolled back with the rest.
	pub storage Price: u128 = 10;
	pub storage Now: u64 = 1_000_000;
	pub storage BlockLogs: Vec<(H160, H256)> = Vec::new();
	pub storage Elected: Vec<AccountId> = Vec::new();
	pub storage Target: Behaviour = Behaviour::Works { gas: 50_000, storage: 0 };
	pub storage Verdict: Option<bool> = Some(true);
	/// Gas that it takes to load a contract.
	pub storage CodeGas: u64 = 2_000;
	/// Numbers of rows in the order in which their targets were called, with what and in which block.
	pub storage Calls: Vec<(RowId, Vec<u8>, u32)> = Vec::new();
	/// What time it was then.
	pub storage Times: Vec<u64> = Vec::new();
	/// Whether the chain's own triggers do nothing.
	pub storage EngineBroken: bool = false;
	/// What targets that meddle were answered.
	pub storage Answers: Vec<sp_runtime::DispatchResult> = Vec::new();
}

pub struct Clock;
impl UnixTime for Clock {
	fn now() -> core::time::Duration {
		core::time::Duration::from_secs(Now::get())
	}
}

pub struct Gas;
impl GasPrice for Gas {
	fn price() -> Balance {
		Price::get()
	}
	fn weight(gas: u64) -> Weight {
		Weight::from_parts(gas.saturating_mul(WEIGHT_OF_GAS), gas)
	}
	fn fee(weight: Weight) -> Balance {
		u128::from(weight.ref_time() / WEIGHT_OF_GAS) * Price::get()
	}
}

/// The transaction that a trigger is in. Deposits for storage are taken from its sender at once.
pub struct Env {
	pub sender: AccountId,
	pub weight_limit: Weight,
	pub funds_limit: Balance,
	pub consumed: Consumed,
}

impl Env {
	pub fn new(sender: AccountId) -> Self {
		Self {
			sender,
			weight_limit: Weight::from_parts(u64::MAX, u64::MAX),
			funds_limit: u128::MAX,
			consumed: Consumed::default(),
		}
	}
}

/// Where it is remembered what contracts got as deposits for storage.
pub const STORED: AccountId = 3_000;

impl RunEnv for Env {
	fn weight_left(&self) -> Weight {
		self.weight_limit.saturating_sub(self.consumed.weight)
	}
	fn funds_left(&self) -> Balance {
		self.funds_limit
	}
	fn consumed(&self) -> Consumed {
		self.consumed
	}
	fn load_weight(&self, _: H160) -> Option<Weight> {
		(Target::get() != Behaviour::Gone).then(|| Gas::weight(CodeGas::get()))
	}
	fn check(&mut self, _: H160, data: Vec<u8>, weight: Weight) -> CheckOutcome {
		self.consumed.weight += weight / 2;
		match Verdict::get() {
			Some(true) => CheckOutcome::True([b"checked ", &data[..]].concat()),
			Some(false) => CheckOutcome::False,
			None => CheckOutcome::Failed,
		}
	}
	fn call(&mut self, _: H160, data: Vec<u8>, weight: Weight, limit: Balance) -> CallOutcome {
		assert!(weight.all_lte(self.weight_left()), "the whole limit must be left");
		let (id, _) = CallingList::current().expect("a row is running");
		let mut used = |gas: u64| {
			self.consumed.weight += Gas::weight(gas).min(weight);
			Gas::weight(gas).all_lte(weight)
		};
		let ran = match Target::get() {
			Behaviour::Works { gas, storage } if used(gas) && storage <= limit => {
				self.consumed.charged += storage;
				transfer(self.sender, STORED, storage);
				true
			},
			Behaviour::Works { .. } | Behaviour::Exhausts => {
				self.consumed.weight += weight;
				return CallOutcome::Trapped;
			},
			Behaviour::Frees { storage } => {
				self.consumed.refunded += storage;
				transfer(STORED, self.sender, storage);
				true
			},
			Behaviour::Reverts { gas } => {
				used(gas);
				return CallOutcome::Reverted;
			},
			Behaviour::Meddles { id } => {
				let owner = Rows::<Test>::get(id).expect("there is such a row").owner;
				let mut answers = Answers::get();
				answers.push(CallingList::do_cancel(&owner, id).map(|_| ()));
				answers.push(CallingList::do_top_up(&owner, id, 1));
				answers.push(CallingList::do_pause(&owner, id));
				answers.push(CallingList::do_resume(&owner, id));
				answers.push(CallingList::do_register(owner, at_block(99)).map(|_| ()));
				Answers::set(&answers);
				true
			},
			Behaviour::Gone => unreachable!("the list must have looked"),
		};
		let mut calls = Calls::get();
		calls.push((id, data, System::block_number()));
		Calls::set(&calls);
		let mut times = Times::get();
		times.push(Now::get());
		Times::set(&times);
		assert!(ran);
		CallOutcome::Returned
	}
}

fn transfer(from: AccountId, to: AccountId, amount: u128) {
	use frame_support::traits::{fungible::Mutate, tokens::Preservation};
	if amount > 0 {
		<Balances as Mutate<_>>::transfer(&from, &to, amount, Preservation::Expendable)
			.expect("the sender has it");
	}
}

pub struct Engine;
impl ContractEngine for Engine {
	fn is_precompile(target: H160) -> bool {
		target == PRECOMPILE
	}
	fn trigger(row: RowId, weight: Weight, funds: Balance) -> Weight {
		if EngineBroken::get() {
			return Weight::zero();
		}
		let mut env = Env::new(TriggerAccount::get());
		env.weight_limit = weight;
		env.funds_limit = funds;
		CallingList::execute_row(row, &TriggerAccount::get(), &mut env, true);
		env.consumed.weight
	}
}

pub struct Emitted;
impl LogSource for Emitted {
	fn logs() -> Vec<(H160, H256)> {
		BlockLogs::get()
	}
}

pub struct Keepers;
impl Nodes<AccountId> for Keepers {
	fn is_elected(account: &AccountId) -> bool {
		Elected::get().contains(account)
	}
}

impl pallet_calling_list::Config for Test {
	type Currency = Balances;
	type Time = Clock;
	type Gas = Gas;
	type Engine = Engine;
	type Logs = Emitted;
	type Nodes = Keepers;
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type PauseOrigin = frame_system::EnsureRoot<AccountId>;
	type PalletId = ListId;
	type TriggerAccount = TriggerAccount;
	type FeeReceiver = Treasury;
	type StorageBase = ConstU128<STORAGE_BASE>;
	type StoragePerByte = ConstU128<STORAGE_BYTE>;
	type MaxData = ConstU32<64>;
	type MaxHistory = ConstU32<HISTORY>;
	type MaxPendingLogs = ConstU32<8>;
	type LogsPerBlock = ConstU32<3>;
	type DuePerBlock = ConstU32<DUE_PER_BLOCK>;
	type GuaranteedPerBlock = ConstU32<GUARANTEED_PER_BLOCK>;
	type GuaranteedWeight = GuaranteedWeight;
	type TriggerDelay = ConstU32<DELAY>;
	type Patience = ConstU32<PATIENCE>;
	type LateBlocks = ConstU32<LATE_BLOCKS>;
	type LateSeconds = ConstU64<24>;
	type BlockSeconds = ConstU64<6>;
	type WeightInfo = ();
}

/// A precompile.
pub const PRECOMPILE: H160 = H160([0xff; 20]);
/// A contract.
pub const CONTRACT: H160 = H160([0xc0; 20]);
/// A contract that leaves logs.
pub const EMITTER: H160 = H160([0xe0; 20]);
/// The first topic of its logs.
pub const TOPIC: H256 = H256([7; 32]);
/// An owner of rows.
pub const OWNER: AccountId = 1;
/// Another one.
pub const OTHER: AccountId = 2;
/// Somebody who sends triggers.
pub const SENDER: AccountId = 10;
/// The trigger key of a node that keeps the books.
pub const KEY: AccountId = 11;
/// That node.
pub const NODE: AccountId = 12;
/// Further nodes, and after them their keys.
pub const NODES: [AccountId; 3] = [20, 21, 22];
pub const KEYS: [AccountId; 3] = [30, 31, 32];
/// What owners and senders have.
pub const ENDOWMENT: u128 = 1_000_000_000_000;
/// Enough for some runs.
pub const DEPOSIT: u128 = 1_000_000_000;

/// What governance has set.
pub fn parameters() -> Parameters {
	Parameters {
		upkeep: 500,
		overhead_gas: 1_000,
		load_gas: 2_000,
		max_gas: 1_000_000,
		rent: 0,
		max_load: 22_000_000,
		max_rows_per_account: 50,
		..Parameters::default()
	}
}

/// Terms that most tests do with.
pub fn terms() -> Terms {
	Terms {
		gas_limit: 100_000,
		storage_limit: 10_000,
		max_gas_price: 100,
		expires_at: None,
		max_runs: None,
		tier: Tier::BestEffort,
		missed: Missed::Once,
		retries: 0,
		backoff: 1,
		after_failure: AfterFailure::Pause,
	}
}

/// A row with a condition.
pub fn when(condition: Condition) -> Registration {
	Registration {
		target: CONTRACT,
		data: b"data".to_vec(),
		condition,
		terms: terms(),
		deposit: DEPOSIT,
	}
}

/// A row that is due at a block.
pub fn at_block(block: u32) -> Registration {
	when(Condition::Time(Schedule::AtBlock(block)))
}

/// A row that is due every so many blocks.
pub fn every_blocks(first: u32, every: u32) -> Registration {
	when(Condition::Time(Schedule::EveryBlocks { first, every }))
}

/// A row that listens.
pub fn on_log() -> Registration {
	when(Condition::Log { emitter: EMITTER, topic0: TOPIC })
}

/// A row with a check.
pub fn on_check(every: u32) -> Registration {
	when(Condition::Check { checker: CONTRACT, every })
}

/// The same row on other terms.
pub fn with(mut registration: Registration, change: impl FnOnce(&mut Terms)) -> Registration {
	change(&mut registration.terms);
	registration
}

/// Registers a row.
pub fn register(registration: Registration) -> RowId {
	CallingList::do_register(OWNER, registration).expect("it can be registered")
}

/// The blocks up to this one, six seconds each.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		CallingList::on_finalize(System::block_number());
		CallingList::do_try_state().expect("the invariants hold");
		BlockLogs::set(&Vec::new());
		System::set_block_number(System::block_number() + 1);
		frame_system::BlockWeight::<Test>::kill();
		Now::set(&(Now::get() + 6));
		CallingList::on_timestamp_set(Now::get());
	}
}

/// A contract leaves a log in this block.
pub fn emit(emitter: H160, topic0: H256) {
	let mut logs = BlockLogs::get();
	logs.push((emitter, topic0));
	BlockLogs::set(&logs);
}

/// A trigger for one row.
pub fn trigger_as(sender: AccountId, id: RowId) -> Tried {
	CallingList::execute_row(id, &sender, &mut Env::new(sender), true)
}

/// A trigger for one row, from somebody.
pub fn trigger(id: RowId) -> Reason {
	trigger_as(SENDER, id).reason
}

/// A row.
pub fn row(id: RowId) -> Row<AccountId> {
	Rows::<Test>::get(id).expect("there is such a row")
}

/// The reasons in a row's history.
pub fn reasons(id: RowId) -> Vec<Reason> {
	Pallet::<Test>::history(id).into_iter().map(|Entry { reason, .. }| reason).collect()
}

/// The blocks in which a row's target was called.
pub fn called(id: RowId) -> Vec<u32> {
	Calls::get().into_iter().filter(|call| call.0 == id).map(|call| call.2).collect()
}

/// What an account has.
pub fn balance(who: AccountId) -> u128 {
	Balances::free_balance(who)
}

/// The events of the pallet so far.
pub fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::CallingList(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// What the chain's own account for runs is.
pub fn trigger_account() -> AccountId {
	<Test as crate::Config>::TriggerAccount::get()
}

/// The state of a new chain, in block 1.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let accounts = [&[OWNER, OTHER, SENDER, KEY, NODE][..], &KEYS[..]].concat();
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: accounts.iter().map(|who| (*who, ENDOWMENT)).collect(),
			..Default::default()
		},
		calling_list: pallet_calling_list::GenesisConfig {
			parameters: parameters(),
			trigger_keys: [(NODE, KEY)].into_iter().chain(NODES.into_iter().zip(KEYS)).collect(),
		},
		..Default::default()
	}
	.build_storage()
	.expect("genesis is right")
	.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		Elected::set(&[&[NODE][..], &NODES[..]].concat());
	});
	ext
}

/// Runs a test, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		test();
		CallingList::do_try_state().expect("the invariants hold");
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued, "FSN came or went");
	});
}
