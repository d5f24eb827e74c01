//! A runtime with this pallet, and members who hold real keys.

use codec::Encode;
use frame_support::{
	derive_impl,
	dispatch::{GetDispatchInfo, PostDispatchInfo},
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, Authorize, ConstU32, ConstU64, Hooks},
	weights::{constants::RocksDbWeight, Weight},
	PalletId,
};
use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::{Bitcoin, Network};
use fusion_dcrm_primitives::{
	account_key::{Script, Subject},
	app,
	message::{signing_bytes, DCRM_DOMAIN},
	traits::OnSignature,
	DcrmMessage, GroupId, GroupState, GroupView, MemberId, MemberSigned, Phase, Purpose, RequestId,
	SchnorrSignature,
};
use sp_core::{Pair as _, H256};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Dispatchable, IdentityLookup},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	AccountId32, BuildStorage, DispatchError, MultiSignature, Perbill,
};

use crate as pallet_dcrm;
use crate::{
	account_of, taproot::Taproot, weights::SubstrateWeight, AccountRules, Config, Error, Event,
	Groups, Nodes, Parameters,
};

pub type Header = generic::Header<u32, BlakeTwo256>;
pub type Extension = (frame_system::AuthorizeCall<Test>,);
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId32, RuntimeCall, MultiSignature, Extension>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

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
	pub type Dcrm = pallet_dcrm;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<u64>;
	type DbWeight = RocksDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

/// Who may pause everything in tests.
pub const GUARD: AccountId32 = AccountId32::new([201; 32]);
/// The account that fines go to.
pub const TREASURY: AccountId32 = AccountId32::new([200; 32]);
/// What a fraud costs in tests, of a full bond.
pub const FRAUD: u64 = BOND / 10;
/// What silence costs in tests, of a full bond.
pub const SILENCE: u64 = BOND / 100;
/// What a signature pays in tests, if the pot has as much.
pub const PRICE: u64 = 100;
/// What an account pays for a signature in tests.
pub const ACCOUNT_PRICE: u64 = 40;
/// What is held for a key of an account in tests.
pub const KEY_DEPOSIT: u64 = 10;
/// What is held for a request of an account in tests.
pub const REQUEST_DEPOSIT: u64 = 5;
/// How long requests of accounts are kept in tests.
pub const LIFETIME: u32 = 20;
/// How long a bond stays on hold in tests.
pub const UNBONDING: u32 = 7;
/// Every how many blocks members are challenged in tests.
pub const INTERVAL: u32 = 60;
/// What a passed challenge pays in tests.
pub const HOLDING: u64 = 3;
/// What nodes bond in tests.
pub const BOND: u64 = 1_000;
/// What accounts have in tests.
pub const ENDOWMENT: u64 = 5_000;
/// How long a phase lasts in tests.
pub const PHASE: u32 = 5;
/// How many attempts a group has in tests.
pub const ATTEMPTS: u32 = 4;
/// The hash of the first block in tests.
pub const GENESIS: H256 = H256::repeat_byte(7);

parameter_types! {
	pub const NodeBond: u64 = BOND;
	pub const FinesGoTo: AccountId32 = TREASURY;
	pub const PotId: PalletId = PalletId(*b"fsn/dcrm");
	pub const InitialParameters: Parameters<u64> = Parameters {
		fraud: Perbill::from_percent(10),
		silence: Perbill::from_percent(1),
		signature: PRICE,
		premium: Perbill::from_percent(20),
		account_signature: ACCOUNT_PRICE,
		challenge_interval: INTERVAL,
		holding: HOLDING,
		reserves: Perbill::from_percent(60),
		outage: 1_000_000,
	};
	/// What draws and challenges are made of.
	pub static Beacon: H256 = H256::repeat_byte(3);
	pub const OnSignatureWeight: Weight = Weight::from_parts(1_000_000, 0);
	/// What was handed to `OnSignature`.
	pub static Delivered: Vec<(Purpose, RequestId, SchnorrSignature)> = Vec::new();
}

frame_support::ord_parameter_types! {
	/// Who may pause everything in tests.
	pub const Guard: AccountId32 = GUARD;
}

/// Remembers what it was told.
pub struct Recorder;

impl OnSignature for Recorder {
	fn on_signature(purpose: Purpose, request: RequestId, signature: SchnorrSignature) {
		Delivered::mutate(|delivered| delivered.push((purpose, request, signature)));
	}
}

/// The rules of Bitcoin, as a runtime has them.
pub struct Rules;

impl AccountRules for Rules {
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

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Slashed = ResolveTo<FinesGoTo, Balances>;
	type Beacon = Beacon;
	type PotId = PotId;
	type DefaultParameters = InitialParameters;
	type NodeBond = NodeBond;
	type UnbondingPeriod = ConstU32<UNBONDING>;
	type AdminOrigin = frame_system::EnsureRoot<AccountId32>;
	type PauseOrigin = frame_system::EnsureSignedBy<Guard, AccountId32>;
	type PhaseLength = ConstU32<PHASE>;
	type MaxAttempts = ConstU32<ATTEMPTS>;
	type MaxNodes = ConstU32<40>;
	type MaxOpenRequests = ConstU32<3>;
	type MaxAccountRequests = ConstU32<4>;
	type MaxRequestsPerAccount = ConstU32<3>;
	type RequestLifetime = ConstU32<LIFETIME>;
	type KeyDeposit = ConstU64<KEY_DEPOSIT>;
	type RequestDeposit = ConstU64<REQUEST_DEPOSIT>;
	type Accounts = Rules;
	type OnSignature = Recorder;
	type OnSignatureWeight = OnSignatureWeight;
	type Verifier = Taproot;
	type WeightInfo = SubstrateWeight<Test>;
}

/// The key of the node with this number.
pub fn pair(number: u8) -> app::Pair {
	app::Pair::from_seed(&[number; 32])
}

/// The member id of the node with this number.
pub fn member(number: u8) -> MemberId {
	pair(number).public()
}

/// The account of the node with this number.
pub fn account(number: u8) -> AccountId32 {
	account_of(&member(number))
}

/// The nodes 1 to `count`.
pub fn accounts(count: u8) -> Vec<AccountId32> {
	(1..=count).map(account).collect()
}

/// Storage with 40 funded accounts, the given nodes and the given groups.
pub fn genesis(nodes: u8, groups: Vec<Vec<AccountId32>>) -> sp_io::TestExternalities {
	genesis_with(40, nodes, groups)
}

/// Storage with that many funded accounts, the given nodes and the given groups.
pub fn genesis_with(
	funded: u8,
	nodes: u8,
	groups: Vec<Vec<AccountId32>>,
) -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig {
		system: Default::default(),
		balances: pallet_balances::GenesisConfig {
			balances: accounts(funded).into_iter().map(|who| (who, ENDOWMENT)).collect(),
			..Default::default()
		},
		dcrm: pallet_dcrm::GenesisConfig { nodes: accounts(nodes), groups },
	}
	.build_storage()
	.expect("the genesis of tests is sound");
	let mut ext = sp_io::TestExternalities::from(storage);
	ext.execute_with(|| {
		frame_system::BlockHash::<Test>::insert(0, GENESIS);
		Delivered::set(Vec::new());
		// Events of the first block (number 0) are not recorded.
		go_to(1);
	});
	ext
}

/// Runs the test in block 1 of a chain with `nodes` nodes, and checks the state afterwards.
pub fn build_and_execute(nodes: u8, test: impl FnOnce()) {
	genesis(nodes, Vec::new()).execute_with(|| {
		test();
		check();
	});
}

/// Checks the state of all pallets.
pub fn check() {
	Dcrm::do_try_state().expect("the state is sound");
}

/// Goes on to a block, through all blocks up to it, and checks the state in each.
pub fn go_to(block: u32) {
	while System::block_number() < block {
		let next = System::block_number() + 1;
		System::set_block_number(next);
		Dcrm::on_initialize(next);
		check();
	}
}

/// Lets the chain do what it does in blocks that have room, so many times.
pub fn idle(blocks: u32) {
	for _ in 0..blocks {
		let most = Weight::from_parts(u64::MAX, u64::MAX);
		let used = Dcrm::on_idle(System::block_number(), most);
		assert!(used.any_gt(Weight::zero()));
		check();
		go_to(System::block_number() + 1);
	}
}

/// Goes on to the block in which the present phase of the group ends at the latest.
pub fn time_out(group: GroupId) {
	go_to(view(group).deadline);
}

/// The group as nodes see it.
pub fn view(group: GroupId) -> GroupView {
	Dcrm::group_view(group).expect("the group exists")
}

/// The phase that the group is in.
pub fn phase(group: GroupId) -> Phase {
	match view(group).state {
		GroupState::Generating(phase) => phase,
		other => panic!("the group makes no key any more: {other:?}"),
	}
}

/// Creates a group of the nodes 1 to `count`.
pub fn create_group(count: u8) -> GroupId {
	let members = accounts(count).try_into().expect("not too many members");
	let algorithm = fusion_dcrm_primitives::Algorithm::Secp256k1Taproot;
	Dcrm::create_group(RuntimeOrigin::root(), members, algorithm).expect("the group is sound");
	Groups::<Test>::iter_keys().max().expect("there is a group")
}

/// Why a message had no effect.
#[derive(Debug, PartialEq, Eq)]
pub enum Rejected {
	/// It did not get into the pool.
	ByPool(InvalidTransaction),
	/// It failed in the block.
	ByDispatch(DispatchError),
}

impl From<Error<Test>> for Rejected {
	fn from(error: Error<Test>) -> Self {
		Self::ByDispatch(error.into())
	}
}

/// A message with its speaker's signature.
pub fn signed(speaker: &app::Pair, payload: DcrmMessage) -> MemberSigned<DcrmMessage> {
	let signature = speaker.sign(&signing_bytes(GENESIS, DCRM_DOMAIN, &payload));
	MemberSigned { member: speaker.public(), payload, signature }
}

/// What the pool says of a message.
pub fn pool(message: MemberSigned<DcrmMessage>) -> Result<ValidTransaction, InvalidTransaction> {
	let call = RuntimeCall::Dcrm(pallet_dcrm::Call::speak { message });
	let verdict = call.authorize(TransactionSource::External).expect("`speak` is authorized");
	match verdict {
		Ok((valid, refund)) => {
			assert_eq!(refund, Weight::zero());
			Ok(valid)
		},
		Err(TransactionValidityError::Invalid(why)) => Err(why),
		Err(TransactionValidityError::Unknown(why)) => panic!("no such answer is given: {why:?}"),
	}
}

/// Sends a message through the pool into a block, as a transaction would go, and checks that it uses
/// no more weight than it declares.
pub fn send(message: MemberSigned<DcrmMessage>) -> Result<PostDispatchInfo, Rejected> {
	assert!(message.encoded_size() <= MAX_MESSAGE);
	pool(message.clone()).map_err(Rejected::ByPool)?;
	let call = RuntimeCall::Dcrm(pallet_dcrm::Call::speak { message });
	let declared = call.get_dispatch_info().call_weight;
	let outcome = call
		.dispatch(frame_system::RawOrigin::Authorized.into())
		.map_err(|failed| Rejected::ByDispatch(failed.error))?;
	let used = outcome.actual_weight.expect("the pallet says what it used");
	assert!(used.all_lte(declared), "{used} was used, but only {declared} declared");
	check();
	Ok(outcome)
}

/// Longest message there is: 32 points with the member, the signature and the rest.
const MAX_MESSAGE: usize = 32 * 33 + 2 + 32 + 64 + 16;

/// The node with this number speaks.
pub fn speak(number: u8, payload: DcrmMessage) -> Result<PostDispatchInfo, Rejected> {
	send(signed(&pair(number), payload))
}

/// What a node has bonded.
pub fn bond(number: u8) -> u64 {
	Nodes::<Test>::get(account(number)).map_or(0, |node| node.bond)
}

/// Goes on until all fines that are due are taken.
pub fn settle_fines() {
	while !crate::Fines::<Test>::get().is_empty() {
		go_to(System::block_number() + 1);
	}
}

/// The offences of which the nodes were convicted, by their numbers.
pub fn convicted() -> Vec<(u8, crate::Offence)> {
	let events = System::events().into_iter();
	let offences = events.filter_map(|record| match record.event {
		RuntimeEvent::Dcrm(Event::Convicted { node, offence, .. }) => Some((node, offence)),
		_ => None,
	});
	let number = |node| (1..=40).find(|number| account(*number) == node).expect("it is a node");
	offences.map(|(node, offence)| (number(node), offence)).collect()
}

/// Whether the pallet has emitted this event since the start of the test.
pub fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::Dcrm(event);
	System::events().iter().any(|record| record.event == event)
}

/// The same with a keystore, which benchmarks sign with.
#[cfg(feature = "runtime-benchmarks")]
pub fn with_keystore(mut ext: sp_io::TestExternalities) -> sp_io::TestExternalities {
	let keystore = sp_keystore::testing::MemoryKeystore::new();
	ext.register_extension(sp_keystore::KeystoreExt::new(keystore));
	ext
}
