//! A runtime with one mapped coin: Bitcoin's regtest, with key groups whose keys are whole (which no
//! real group's ever is), so that signatures are real.

use crate as pallet_asset_mapping;
use crate::{Parameters, PausedDirections};
use codec::Encode;
use frame_support::{
	derive_impl,
	dispatch::{DispatchInfo, GetDispatchInfo},
	parameter_types,
	traits::{fungibles::Inspect, AsEnsureOriginWithArg, ConstU128, ConstU32, Hooks, UnixTime},
	PalletId,
};
use fusion_asset_mapping_primitives::{
	observation_domain, Amount, AttemptIndex, BatchId, DepositIndex, IntentId, Observation,
	OutPoint,
};
use fusion_bitcoin_primitives::{Bitcoin, Network};
use fusion_dcrm_primitives::{
	app, derive_tweak, tagged_hash,
	traits::{KeyGroups, OnSignature},
	Algorithm, GroupId, KeyPath, MemberId, MemberSigned, PublicKey, Purpose, RequestId,
	SchnorrSignature, SigningRequest,
};
use k256::{
	elliptic_curve::{group::GroupEncoding, ops::Reduce, point::AffineCoordinates},
	schnorr::SigningKey,
	ProjectivePoint, Scalar, U256,
};
use sp_core::{Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
	generic,
	testing::UintAuthorityId,
	traits::{Applyable, BlakeTwo256, Checkable},
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
	BuildStorage, DispatchError, DispatchResult, Perbill,
};
use std::{sync::LazyLock, time::Duration};

pub type AccountId = u64;
pub type TransactionExtension = (frame_system::AuthorizeCall<Test>,);
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId, RuntimeCall, UintAuthorityId, TransactionExtension>;
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
	pub type Assets = pallet_assets::Pallet<Test>;
	#[runtime::pallet_index(3)]
	pub type AssetMapping = pallet_asset_mapping::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
	type Balance = u128;
	type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId>>;
	type ForceOrigin = frame_system::EnsureRoot<AccountId>;
	type Currency = Balances;
}

/// The mapped bitcoin.
pub const BTC: u32 = 1;
/// Number of the instance.
pub const INSTANCE: u8 = 7;
/// What is held for a deposit address.
pub const ADDRESS_DEPOSIT: u128 = 100;
/// What is held for a lock-out while many are open.
pub const LOCK_OUT_DEPOSIT: u128 = 50;
/// A batch may be made every so many blocks.
pub const INTERVAL: u32 = 5;
/// Lock-outs in a batch.
pub const MAX_BATCH_INTENTS: u32 = 4;
/// Open lock-outs and refunds.
pub const MAX_OPEN_INTENTS: u32 = 12;
/// Open lock-outs among them.
pub const MAX_OPEN_LOCK_OUTS: u32 = 9;
/// Open refunds among them.
pub const MAX_OPEN_REFUNDS: u32 = 3;
/// Open batches.
pub const MAX_OPEN_BATCHES: u32 = 2;
/// Attempts at a batch.
pub const MAX_ATTEMPTS: u32 = 4;
/// Blocks between reports of the fee rate, and for which they count.
pub const REPORT_INTERVAL: u32 = 5;
/// See [`REPORT_INTERVAL`].
pub const REPORT_LIFETIME: u32 = 30;
/// Blocks in a bucket of the throttle.
pub const BUCKET: u32 = 10;
/// Seconds from block to block.
pub const BLOCK_TIME: u32 = 6;
/// Votes of a member on undecided subjects.
pub const MAX_OPEN_VOTES: u32 = 6;
/// Blocks for which a vote stands.
pub const VOTE_LIFETIME: u32 = 10;
/// Members of a group, and how many of them it takes.
pub const MEMBERS: u8 = 4;
/// How many of them it takes.
pub const THRESHOLD: u16 = 3;

parameter_types! {
	pub const MappingNetwork: Network = Network::Regtest;
	pub const MappingInstance: u8 = INSTANCE;
	pub const MappingPalletId: PalletId = PalletId(*b"fsn/mapb");
	pub const BatchInterval: u32 = INTERVAL;
	pub const VoteLifetime: u32 = VOTE_LIFETIME;

	// In storage, so that what fails is rolled back with the rest.
	pub storage ActiveGroup: Option<GroupId> = Some(0);
	/// Members who are in no group any more: its key was handed over.
	pub storage Leavers: Vec<MemberId> = Vec::new();
	pub storage Requests: Vec<(RequestId, SigningRequest)> = Vec::new();
	pub storage NextRequest: RequestId = 0;
	pub storage RequestsLeft: u32 = u32::MAX;
	pub storage Capacity: u128 = 0;
	/// Whether the groups stand still.
	pub storage StandStill: bool = false;
	pub storage NextTxid: u64 = 0;
}

impl pallet_asset_mapping::Config for Test {
	type Chain = Bitcoin;
	type ChainNetwork = MappingNetwork;
	type InstanceId = MappingInstance;
	type Assets = Assets;
	type AssetId = ConstU32<BTC>;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AddressDeposit = ConstU128<ADDRESS_DEPOSIT>;
	type LockOutDeposit = ConstU128<LOCK_OUT_DEPOSIT>;
	type Time = Clock;
	type KeyGroups = Groups;
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type PauseOrigin = frame_system::EnsureSignedBy<Guard, AccountId>;
	type PalletId = MappingPalletId;
	type BatchInterval = BatchInterval;
	type MaxBatchIntents = ConstU32<MAX_BATCH_INTENTS>;
	type MaxOpenIntents = ConstU32<MAX_OPEN_INTENTS>;
	type MaxOpenBatches = ConstU32<MAX_OPEN_BATCHES>;
	type MaxAttempts = ConstU32<MAX_ATTEMPTS>;
	type FeeReportInterval = ConstU32<REPORT_INTERVAL>;
	type FeeReportLifetime = ConstU32<REPORT_LIFETIME>;
	type FlowBucket = ConstU32<BUCKET>;
	type MaxOpenVotes = ConstU32<MAX_OPEN_VOTES>;
	type VoteLifetime = VoteLifetime;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Groups;
}

/// Time passes with blocks.
pub struct Clock;

impl UnixTime for Clock {
	fn now() -> Duration {
		Duration::from_secs(now().into())
	}
}

/// The time, in seconds.
pub fn now() -> u32 {
	System::block_number() * BLOCK_TIME
}

/// An account that may pause.
pub const GUARD: AccountId = 99;
frame_support::ord_parameter_types! {
	pub const Guard: AccountId = GUARD;
}

/// Key groups 0 and 1, of four members each, whose keys are whole.
pub struct Groups;

fn scalar(bytes: &[u8; 32]) -> Scalar {
	<Scalar as Reduce<U256>>::reduce_bytes(&(*bytes).into())
}

/// The secret with an even public key, and the x-coordinate of that.
fn even(secret: Scalar) -> (Scalar, [u8; 32]) {
	let point = (ProjectivePoint::GENERATOR * secret).to_affine();
	let secret = if bool::from(point.y_is_odd()) { -secret } else { secret };
	(secret, point.x().into())
}

impl Groups {
	fn master(group: GroupId) -> Scalar {
		scalar(&blake2_256(&("master", group).encode()))
	}

	/// What a group would sign.
	pub fn sign(request: &SigningRequest) -> SchnorrSignature {
		let tweak = Self::tweak(request.group, &request.path).unwrap();
		let (child, x) = even(Self::master(request.group) + scalar(&tweak));
		let output = child + scalar(&tagged_hash(b"TapTweak", &x));
		let key = SigningKey::from_bytes(&output.to_bytes()).unwrap();
		key.sign_raw(&request.message, &[0; 32]).unwrap().to_bytes()
	}
}

impl KeyGroups for Groups {
	fn active() -> Option<GroupId> {
		ActiveGroup::get()
	}

	fn key(group: GroupId) -> Option<PublicKey> {
		static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
			let point = |group| (ProjectivePoint::GENERATOR * Groups::master(group)).to_affine();
			(0..2).map(|group| point(group).to_bytes().into()).collect()
		});
		KEYS.get(group as usize).copied()
	}

	fn tweak(group: GroupId, path: &KeyPath) -> Option<[u8; 32]> {
		let master = Self::key(group)?;
		Some(derive_tweak(genesis(), group, Algorithm::Secp256k1Taproot, &master, path))
	}

	fn threshold(group: GroupId) -> Option<u16> {
		(group < 2).then_some(THRESHOLD)
	}

	fn is_member(group: GroupId, member: &MemberId) -> bool {
		Self::members(group).contains(member)
	}

	fn members(group: GroupId) -> Vec<MemberId> {
		let first = group as u8 * MEMBERS;
		let all = (first..first + MEMBERS).map(member);
		let stays = |member: &MemberId| group < 2 && !Leavers::get().contains(member);
		all.filter(stays).collect()
	}

	fn capacity(_: GroupId) -> u128 {
		Capacity::get()
	}

	fn accepts_work(group: GroupId) -> bool {
		group < 2 && !StandStill::get()
	}

	fn request_signature(
		group: GroupId,
		path: KeyPath,
		message: [u8; 32],
		purpose: Purpose,
	) -> Result<RequestId, DispatchError> {
		if StandStill::get() {
			return Err(DispatchError::Unavailable);
		}
		let left = RequestsLeft::get().checked_sub(1).ok_or(DispatchError::Exhausted)?;
		RequestsLeft::set(&left);
		let id = NextRequest::get();
		NextRequest::set(&(id + 1));
		let created = System::block_number();
		let mut requests = Requests::get();
		requests.push((id, SigningRequest { group, path, message, purpose, created }));
		Requests::set(&requests);
		Ok(id)
	}

	fn withdraw_request(request: RequestId) {
		let mut requests = Requests::get();
		requests.retain(|(id, _)| *id != request);
		Requests::set(&requests);
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper for Groups {
	fn activate_group() -> GroupId {
		ActiveGroup::set(&Some(0));
		Capacity::set(&u128::MAX);
		0
	}

	fn member(index: u32) -> MemberId {
		member(index as u8)
	}

	fn sign(index: u32, message: &[u8]) -> fusion_dcrm_primitives::MemberSignature {
		pair(index as u8).sign(message)
	}

	fn address(seed: u8) -> Vec<u8> {
		address(seed).into_bytes()
	}

	fn set_time(seconds: u32) {
		System::set_block_number(seconds.div_ceil(BLOCK_TIME).max(System::block_number()));
	}
}

/// Hash of the genesis block.
pub fn genesis() -> H256 {
	System::block_hash(0)
}

/// Keys of members. Making one takes longer than all the rest of a test.
static PAIRS: LazyLock<Vec<app::Pair>> =
	LazyLock::new(|| (1..=16).map(|i| app::Pair::from_seed_slice(&[i; 32]).unwrap()).collect());

fn pair(i: u8) -> app::Pair {
	PAIRS[usize::from(i)].clone()
}

/// Member 0 to 3 of group 0, 4 to 7 of group 1; from 8 on strangers.
pub fn member(i: u8) -> MemberId {
	static MEMBERS: LazyLock<Vec<MemberId>> =
		LazyLock::new(|| PAIRS.iter().map(|pair| pair.public()).collect());
	MEMBERS[usize::from(i)].clone()
}

/// An address to pay to: every seed gives another.
pub fn address(seed: u8) -> String {
	let hash = bitcoin::hashes::Hash::from_byte_array([seed; 20]);
	let script = bitcoin::ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_raw_hash(hash));
	bitcoin::Address::from_script(&script, bitcoin::Network::Regtest).unwrap().to_string()
}

/// A member's word, signed for the chain and instance given.
pub fn signed_for(
	i: u8,
	payload: Observation,
	genesis: H256,
	instance: u8,
) -> MemberSigned<Observation> {
	let bytes = fusion_dcrm_primitives::message::signing_bytes(
		genesis,
		&observation_domain(instance),
		&payload,
	);
	MemberSigned { member: member(i), signature: pair(i).sign(&bytes), payload }
}

/// A member's word.
pub fn signed(i: u8, payload: Observation) -> MemberSigned<Observation> {
	signed_for(i, payload, genesis(), INSTANCE)
}

fn transaction(
	observation: MemberSigned<Observation>,
) -> (
	<UncheckedExtrinsic as Checkable<frame_system::ChainContext<Test>>>::Checked,
	DispatchInfo,
	usize,
) {
	let call = RuntimeCall::AssetMapping(crate::Call::observe { observation });
	let extension = (frame_system::AuthorizeCall::<Test>::new(),);
	let extrinsic = UncheckedExtrinsic::new_transaction(call, extension);
	let info = extrinsic.get_dispatch_info();
	let length = extrinsic.encoded_size();
	let checked =
		Checkable::check(extrinsic, &frame_system::ChainContext::<Test>::default()).unwrap();
	(checked, info, length)
}

/// What the pool says to an observation.
pub fn validate(
	observation: MemberSigned<Observation>,
) -> Result<ValidTransaction, TransactionValidityError> {
	let (checked, info, length) = transaction(observation);
	checked.validate::<Test>(TransactionSource::External, &info, length)
}

/// An observation goes through the pool into a block. What the pool lets pass must not fail in the
/// block: a free transaction that fails could be repeated for ever.
pub fn submit(observation: MemberSigned<Observation>) -> Result<(), TransactionValidityError> {
	let (checked, info, length) = transaction(observation);
	let outcome = checked.apply::<Test>(&info, length)?;
	let post = outcome.expect("an observation that was let in must not fail");
	assert_eq!(post.pays_fee, frame_support::dispatch::Pays::No);
	let actual = post.actual_weight.expect("the weight is known afterwards");
	assert!(actual.all_lte(info.total_weight()), "{actual:?} is more than {info:?}");
	Ok(())
}

/// Those members say so. All of them must be heard.
pub fn witness(observation: &Observation, members: impl IntoIterator<Item = u8>) {
	for i in members {
		assert_eq!(submit(signed(i, observation.clone())), Ok(()), "member {i}");
	}
}

/// An output of a transaction that nobody has seen yet.
pub fn new_outpoint() -> OutPoint {
	let number = NextTxid::get();
	NextTxid::set(&(number + 1));
	OutPoint { txid: blake2_256(&("txid", number).encode()), vout: 0 }
}

/// A deposit as all members see it.
pub fn deposit(index: DepositIndex, amount: Amount) -> Observation {
	deposit_at(new_outpoint(), index, amount)
}

/// A deposit in that output.
pub fn deposit_at(outpoint: OutPoint, index: DepositIndex, amount: Amount) -> Observation {
	deposit_when(outpoint, index, amount, now())
}

/// A deposit in a block of that time.
pub fn deposit_when(
	outpoint: OutPoint,
	index: DepositIndex,
	amount: Amount,
	time: u32,
) -> Observation {
	Observation::Deposit { outpoint, index, amount, height: 200, time, block: [2; 32] }
}

/// The settlement of a batch by its last attempt as all members see it.
pub fn settlement(batch: BatchId) -> Observation {
	let attempts = crate::Batches::<Test>::get(batch).expect("batch is open").attempts;
	settlement_by(batch, attempts - 1)
}

/// The settlement of a batch by that attempt.
pub fn settlement_by(batch: BatchId, attempt: AttemptIndex) -> Observation {
	let txid = attempt_at(batch, attempt).txid;
	Observation::Settled { batch, attempt, txid, height: 300, block: [3; 32] }
}

/// An attempt at an open batch.
pub fn attempt_at(batch: BatchId, attempt: AttemptIndex) -> crate::AttemptOf<Test> {
	crate::Attempts::<Test>::get(batch, attempt).expect("there is such an attempt")
}

/// Somebody gets a deposit address.
pub fn request_lock_in(who: AccountId) -> DepositIndex {
	let deadline = now() + 100 * BLOCK_TIME;
	let (index, _) =
		AssetMapping::do_request_lock_in(who, address(200).as_bytes(), deadline).unwrap();
	index
}

/// Somebody gets mapped coins, by a deposit of their own.
pub fn lock_in(who: AccountId, amount: Amount) -> OutPoint {
	let index = request_lock_in(who);
	let outpoint = new_outpoint();
	witness(&deposit_at(outpoint, index, amount), 0..3);
	outpoint
}

/// Somebody asks for a lock-out.
pub fn lock_out(who: AccountId, amount: Amount, max_fee: Amount) -> IntentId {
	AssetMapping::do_request_lock_out(who, amount, address(who as u8).as_bytes(), max_fee).unwrap()
}

/// Somebody cancels a lock-out.
pub fn cancel(who: AccountId, intent: IntentId) -> DispatchResult {
	AssetMapping::cancel_lock_out(RuntimeOrigin::signed(who), intent)
}

/// All signatures that were asked for are made.
pub fn sign_all() {
	for (id, request) in Requests::get() {
		AssetMapping::on_signature(request.purpose, id, Groups::sign(&request));
	}
	Requests::set(&Vec::new());
}

/// Exactly the signatures are asked for that attempts at open batches lack.
pub fn check_requests() {
	let asked: Vec<_> = Requests::get()
		.into_iter()
		.map(|(id, request)| match request.purpose {
			Purpose::Batch { batch, attempt, input, .. } => (batch, attempt, input, id),
			purpose => panic!("nobody asks for this: {purpose:?}"),
		})
		.collect();
	let mut lacking = Vec::new();
	for (batch, number, attempt) in crate::Attempts::<Test>::iter() {
		let inputs = 0..attempt.signatures.len();
		let lacks = inputs.filter(|input| attempt.signatures[*input].is_none());
		lacking.extend(lacks.map(|i| (batch, number, i as u32, attempt.requests[i])));
	}
	lacking.sort_unstable();
	assert!(lacking.iter().eq(asked.iter().collect::<std::collections::BTreeSet<_>>()));
}

/// Blocks pass.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		next_block();
	}
}

/// A block passes.
pub fn next_block() {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	AssetMapping::on_initialize(number);
}

/// Blocks pass until a batch may be made.
pub fn run_to_batch() {
	let now = System::block_number();
	run_to((now / INTERVAL + 1) * INTERVAL);
}

/// Mapped coins of an account.
pub fn balance(who: AccountId) -> u128 {
	Assets::balance(BTC, who)
}

/// Mapped coins in existence.
pub fn issued() -> u128 {
	<Assets as Inspect<AccountId>>::total_issuance(BTC)
}

/// The pallet's events so far.
pub fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::AssetMapping(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// Parameters of the tests: small, so that amounts are easy to read.
pub const PARAMETERS: Parameters = Parameters {
	confirmations: 2,
	minimum_deposit: 1_000,
	maximum_deposit: None,
	deposits_per_window: None,
	minimum_lock_out: 0,
	maximum_lock_out: None,
	lock_outs_per_window: None,
	fee_rate: 10,
	minimum_fee_rate: 1,
	maximum_fee_rate: 1_000,
	maximum_batch_fee: 100_000,
	maximum_fee_part: Perbill::one(),
	replace_after: 10,
	grace: 600,
};

/// Accounts that have native tokens.
pub const ALICE: AccountId = 1;
/// See [`ALICE`].
pub const BOB: AccountId = 2;
/// See [`ALICE`].
pub const CHARLIE: AccountId = 3;
/// An account without native tokens.
pub const PAUPER: AccountId = 50;

/// The state of a new chain.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let vault = 0xfeed;
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(ALICE, 1_000_000), (BOB, 1_000_000), (CHARLIE, 1_000_000)],
			..Default::default()
		},
		assets: pallet_assets::GenesisConfig {
			assets: vec![(BTC, vault, true, 1)],
			..Default::default()
		},
		asset_mapping: crate::GenesisConfig {
			parameters: PARAMETERS,
			paused: PausedDirections::default(),
			_config: Default::default(),
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test on a new chain, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		AssetMapping::do_try_state().expect("the invariants hold");
	});
}
