//! A runtime with a vault, and key groups whose keys are whole (which no real group's ever is), so that signatures are
//! real.

use crate as pallet_vault_mapping;
use crate::{AssetText, Limits, Parameters};
use codec::Encode;
use frame_support::{
	derive_impl,
	dispatch::{DispatchInfo, GetDispatchInfo},
	parameter_types,
	traits::{
		fungibles::Inspect, AsEnsureOriginWithArg, ConstU128, ConstU32, ConstU8, Hooks, UnixTime,
	},
	PalletId,
};
use fusion_asset_mapping_primitives::{
	vault::{vault_observation_domain, EventId, VaultObservation},
	BatchId, DepositIndex, IntentId,
};
use fusion_dcrm_primitives::{
	app, derive_tweak, tagged_hash,
	traits::{Holdings, KeyGroups, OnSignature},
	Algorithm, GroupId, KeyPath, MemberId, MemberSigned, PublicKey, Purpose, RequestId,
	SchnorrSignature, SigningRequest,
};
use fusion_ethereum_primitives::{Address, Vault};
use k256::{
	elliptic_curve::{group::GroupEncoding, ops::Reduce, point::AffineCoordinates},
	schnorr::SigningKey,
	ProjectivePoint, Scalar, U256,
};
use sp_core::{Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
	generic,
	traits::{Applyable, BlakeTwo256, Checkable, IdentityLookup},
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
	AccountId32, BuildStorage, DispatchError, DispatchResult, MultiSignature,
};
use std::{sync::LazyLock, time::Duration};

pub type TransactionExtension = (frame_system::AuthorizeCall<Test>,);
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId32, RuntimeCall, MultiSignature, TransactionExtension>;
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
	pub type VaultMapping = pallet_vault_mapping::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
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
	type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId32>>;
	type ForceOrigin = frame_system::EnsureRoot<AccountId32>;
	type Currency = Balances;
	type MetadataDepositBase = ConstU128<0>;
	type MetadataDepositPerByte = ConstU128<0>;
}

/// The mapped native coin.
pub const ETH: u32 = 2;
/// A mapped token.
pub const USD: u32 = 3;
/// Number of the instance.
pub const INSTANCE: u8 = 5;
/// What is held for a deposit address.
pub const ADDRESS_DEPOSIT: u128 = 100;
/// A batch may be made every so many blocks.
pub const INTERVAL: u32 = 5;
/// Lock-outs in a batch.
pub const MAX_BATCH_INTENTS: u32 = 4;
/// Open lock-outs.
pub const MAX_OPEN_INTENTS: u32 = 12;
/// Open batches.
pub const MAX_OPEN_BATCHES: u32 = 2;
/// Mapped assets.
pub const MAX_ASSETS: u32 = 3;
/// Orders that wait.
pub const MAX_ORDERS: u32 = 3;
/// Blocks between reports of the gas price.
pub const REPORT_INTERVAL: u32 = 5;
/// Blocks for which they count.
pub const REPORT_LIFETIME: u32 = 30;
/// Blocks in a bucket of the throttle.
pub const BUCKET: u32 = 10;
/// Seconds from block to block.
pub const BLOCK_TIME: u32 = 6;
/// Votes of a member on undecided subjects.
pub const MAX_OPEN_VOTES: u32 = 6;
/// Blocks for which a vote stands.
pub const VOTE_LIFETIME: u32 = 10;
/// Members of a group.
pub const MEMBERS: u8 = 4;
/// How many of them it takes.
pub const THRESHOLD: u16 = 3;

parameter_types! {
	pub const MappingPalletId: PalletId = PalletId(*b"fsn/mapv");
	pub const BatchInterval: u32 = INTERVAL;
	pub const VoteLifetime: u32 = VOTE_LIFETIME;

	// In storage, so that what fails is rolled back with the rest.
	/// Members who are in no group any more: its key was handed over.
	pub storage Leavers: Vec<MemberId> = Vec::new();
	pub storage Requests: Vec<(RequestId, SigningRequest)> = Vec::new();
	pub storage NextRequest: RequestId = 0;
	pub storage RequestsLeft: u32 = u32::MAX;
	/// Whether the groups stand still.
	pub storage StandStill: bool = false;
	pub storage NextTransaction: u64 = 0;
	pub storage Capacity: u128 = 0;
	/// What other pallets have given the groups.
	pub storage Others: u128 = 0;
}

impl pallet_vault_mapping::Config for Test {
	type InstanceId = ConstU8<INSTANCE>;
	type Assets = Assets;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AddressDeposit = ConstU128<ADDRESS_DEPOSIT>;
	type Time = Clock;
	type KeyGroups = Groups;
	type OtherHoldings = Groups;
	type AdminOrigin = frame_system::EnsureRoot<AccountId32>;
	type PauseOrigin = frame_system::EnsureSignedBy<Guard, AccountId32>;
	type PalletId = MappingPalletId;
	type BatchInterval = BatchInterval;
	type MaxBatchIntents = ConstU32<MAX_BATCH_INTENTS>;
	type MaxOpenIntents = ConstU32<MAX_OPEN_INTENTS>;
	type MaxOpenBatches = ConstU32<MAX_OPEN_BATCHES>;
	type MaxAssets = ConstU32<MAX_ASSETS>;
	type MaxOrders = ConstU32<MAX_ORDERS>;
	type GasReportInterval = ConstU32<REPORT_INTERVAL>;
	type GasReportLifetime = ConstU32<REPORT_LIFETIME>;
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
		Duration::from_secs(now())
	}
}

/// The time, in seconds.
pub fn now() -> u64 {
	u64::from(System::block_number() * BLOCK_TIME)
}

/// An account that may pause.
pub const GUARD: AccountId32 = AccountId32::new([99; 32]);
frame_support::ord_parameter_types! {
	pub const Guard: AccountId32 = GUARD;
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
		Some(0)
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
		assert!(purpose.fits(&path), "{path:?} does not sign for {purpose:?}");
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
}

impl Holdings for Groups {
	fn worth(_: GroupId) -> u128 {
		Others::get()
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper for Groups {
	fn activate_group() -> GroupId {
		Capacity::set(&u128::MAX);
		0
	}

	fn member(index: u32) -> MemberId {
		member(index as u8)
	}

	fn sign(index: u32, message: &[u8]) -> fusion_dcrm_primitives::MemberSignature {
		pair(index as u8).sign(message)
	}

	fn set_time(seconds: u64) {
		let block = seconds.div_ceil(BLOCK_TIME.into()) as u32;
		System::set_block_number(block.max(System::block_number()));
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
pub fn payee(seed: u64) -> Address {
	let mut bytes = [0xee; 20];
	bytes[12..].copy_from_slice(&seed.to_be_bytes());
	Address(bytes)
}

/// The vault's token that is mapped as [`USD`].
pub fn token() -> Address {
	Address([0x70; 20])
}

/// The vault.
pub fn the_vault() -> Vault {
	Vault { chain_id: 31_337, address: Address([0x5f; 20]) }
}

/// A member's word, signed for the chain and instance given.
pub fn signed_for(
	i: u8,
	payload: VaultObservation,
	genesis: H256,
	instance: u8,
) -> MemberSigned<VaultObservation> {
	let domain = vault_observation_domain(instance);
	let bytes = fusion_dcrm_primitives::message::signing_bytes(genesis, &domain, &payload);
	MemberSigned { member: member(i), signature: pair(i).sign(&bytes), payload }
}

/// A member's word.
pub fn signed(i: u8, payload: VaultObservation) -> MemberSigned<VaultObservation> {
	signed_for(i, payload, genesis(), INSTANCE)
}

fn transaction(
	observation: MemberSigned<VaultObservation>,
) -> (
	<UncheckedExtrinsic as Checkable<frame_system::ChainContext<Test>>>::Checked,
	DispatchInfo,
	usize,
) {
	let call = RuntimeCall::VaultMapping(crate::Call::observe { observation });
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
	observation: MemberSigned<VaultObservation>,
) -> Result<ValidTransaction, TransactionValidityError> {
	let (checked, info, length) = transaction(observation);
	checked.validate::<Test>(TransactionSource::External, &info, length)
}

/// An observation goes through the pool into a block. What the pool lets pass must not fail in the
/// block: a free transaction that fails could be repeated for ever.
pub fn submit(observation: MemberSigned<VaultObservation>) -> Result<(), TransactionValidityError> {
	let (checked, info, length) = transaction(observation);
	let outcome = checked.apply::<Test>(&info, length)?;
	let post = outcome.expect("an observation that was let in must not fail");
	assert_eq!(post.pays_fee, frame_support::dispatch::Pays::No);
	let actual = post.actual_weight.expect("the weight is known afterwards");
	assert!(actual.all_lte(info.total_weight()), "{actual:?} is more than {info:?}");
	Ok(())
}

/// Those members say so. All of them must be heard.
pub fn witness(observation: &VaultObservation, members: impl IntoIterator<Item = u8>) {
	for i in members {
		assert_eq!(submit(signed(i, observation.clone())), Ok(()), "member {i}");
	}
}

/// Enough members say so.
pub fn decide(observation: &VaultObservation) {
	witness(observation, 0..3);
}

/// A log that nobody has seen yet.
pub fn new_event() -> EventId {
	let number = NextTransaction::get();
	NextTransaction::set(&(number + 1));
	EventId { transaction: blake2_256(&("transaction", number).encode()), log: 2 }
}

/// A deposit as all members see it.
pub fn deposit(index: DepositIndex, asset: u32, amount: u128) -> VaultObservation {
	deposit_at(new_event(), index, asset, amount)
}

/// A deposit in that log.
pub fn deposit_at(
	event: EventId,
	index: DepositIndex,
	asset: u32,
	amount: u128,
) -> VaultObservation {
	VaultObservation::Deposited { event, index, asset, amount, block: [2; 32] }
}

/// That the vault executed a batch.
pub fn executed(batch: BatchId, fee: u128, unpaid: u64) -> VaultObservation {
	VaultObservation::Executed { batch, fee, unpaid, transaction: [4; 32], block: [3; 32] }
}

/// The fee of an open batch.
pub fn fee_of(batch: BatchId) -> u128 {
	open_batch(batch).template.fee
}

/// An open batch.
pub fn open_batch(batch: BatchId) -> crate::OpenBatch {
	crate::Batches::<Test>::get(batch).expect("the batch is open")
}

/// Somebody gets a deposit address.
pub fn request_lock_in(who: &AccountId32) -> DepositIndex {
	VaultMapping::do_request_lock_in(who.clone()).unwrap().0
}

/// Somebody gets mapped coins, by a deposit of their own.
pub fn lock_in(who: &AccountId32, asset: u32, amount: u128) -> EventId {
	let event = new_event();
	let index = request_lock_in(who);
	decide(&deposit_at(event, index, asset, amount));
	event
}

/// Somebody asks for a lock-out to [`payee`] with this seed.
pub fn lock_out(who: &AccountId32, asset: u32, amount: u128, seed: u64) -> IntentId {
	try_lock_out(who, asset, amount, &payee(seed).to_checksum(), MAX_FEE).unwrap()
}

/// Somebody asks for a lock-out.
pub fn try_lock_out(
	who: &AccountId32,
	asset: u32,
	amount: u128,
	to: &str,
	max_fee: u128,
) -> Result<IntentId, DispatchError> {
	frame_support::storage::with_storage_layer(|| {
		VaultMapping::do_request_lock_out(who.clone(), asset, amount, to.as_bytes(), max_fee)
	})
}

/// Somebody cancels a lock-out.
pub fn cancel(who: &AccountId32, intent: IntentId) -> DispatchResult {
	VaultMapping::cancel_lock_out(RuntimeOrigin::signed(who.clone()), intent)
}

/// All signatures that were asked for are made.
pub fn sign_all() {
	for (id, request) in Requests::get() {
		VaultMapping::on_signature(request.purpose, id, Groups::sign(&request));
	}
	Requests::set(&Vec::new());
}

/// Blocks pass.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		let number = System::block_number() + 1;
		System::set_block_number(number);
		VaultMapping::on_initialize(number);
	}
}

/// Blocks pass until a batch may be made.
pub fn run_to_batch() {
	let now = System::block_number();
	run_to((now / INTERVAL + 1) * INTERVAL);
}

/// Mapped coins of an account.
pub fn balance(asset: u32, who: &AccountId32) -> u128 {
	Assets::balance(asset, who)
}

/// Mapped coins in existence.
pub fn issued(asset: u32) -> u128 {
	<Assets as Inspect<AccountId32>>::total_issuance(asset)
}

/// What the chain counts of an asset: held, deficit, locked, owed.
pub fn sums(asset: u32) -> (u128, u128, u128, u128) {
	let sums = VaultMapping::reserves(asset).expect("it is mapped");
	assert_eq!(sums.issued, issued(asset));
	(sums.held, sums.deficit, sums.locked, sums.owed)
}

/// The pallet's events so far.
pub fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::VaultMapping(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// Text of an asset.
pub fn text(text: &str) -> AssetText {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// Gas price of the tests: 1, so that fees are easy to read.
pub const PARAMETERS: Parameters = Parameters {
	confirmations: 2,
	batch_gas: 40_000,
	gas_price: 1,
	minimum_gas_price: 1,
	maximum_gas_price: 1_000,
	lifetime: 600,
};

/// Limits of the tests.
pub const LIMITS: Limits = Limits {
	minimum_deposit: 1_000,
	maximum_issued: None,
	deposits_per_window: None,
	minimum_lock_out: 10,
	maximum_lock_out: None,
	lock_outs_per_window: None,
	payout_gas: 10_000,
};

/// What a lock-out that is alone in its batch pays.
pub const LONE_FEE: u128 = 50_000;
/// The highest fee that lock-outs of the tests allow.
pub const MAX_FEE: u128 = 60_000;
/// The highest fee of the vault.
pub const VAULT_MAX_FEE: u128 = 1_000_000;

/// Accounts that have native tokens.
pub const ALICE: AccountId32 = AccountId32::new([1; 32]);
/// See [`ALICE`].
pub const BOB: AccountId32 = AccountId32::new([2; 32]);
/// See [`ALICE`].
pub const CHARLIE: AccountId32 = AccountId32::new([3; 32]);
/// An account without native tokens.
pub const PAUPER: AccountId32 = AccountId32::new([50; 32]);

/// The state of a new chain, without a vault.
pub fn empty_test_ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(ALICE, 1_000_000), (BOB, 1_000_000), (CHARLIE, 1_000_000)],
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		VaultMapping::set_parameters(RuntimeOrigin::root(), PARAMETERS).unwrap();
	});
	ext
}

/// Governance registers the vault.
pub fn register_vault() {
	VaultMapping::register_vault(RuntimeOrigin::root(), the_vault(), 0, VAULT_MAX_FEE).unwrap();
}

/// Governance registers an asset.
pub fn register_asset(asset: u32, token: Address, name: &str, symbol: &str, decimals: u8) {
	VaultMapping::register_asset(
		RuntimeOrigin::root(),
		asset,
		token,
		text(name),
		text(symbol),
		decimals,
		LIMITS,
	)
	.unwrap();
}

/// The state of a chain with a vault, native coin and a token.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext = empty_test_ext();
	ext.execute_with(|| {
		register_vault();
		register_asset(ETH, Address::ZERO, "Ether", "ETH", 18);
		register_asset(USD, token(), "Dollar", "USD", 6);
	});
	ext
}

/// Runs a test on a new chain with a vault, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		VaultMapping::do_try_state().expect("the invariants hold");
	});
}
