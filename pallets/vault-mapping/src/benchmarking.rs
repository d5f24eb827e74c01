//! Benchmarks. Their names are those of [`WeightInfo`](crate::WeightInfo).

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::{Authorize, BoundedVec, EnsureOrigin, Get, TransactionSource},
	traits::{
		fungible::{Inspect as _, Mutate as _},
		Hooks,
	},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use fusion_asset_mapping_primitives::{
	vault::{vault_observation_domain, EventId, VaultObservation},
	AddressText, BatchId, DepositIndex,
};
use fusion_dcrm_primitives::{
	message::signing_bytes, traits::KeyGroups, GroupId, MemberId, MemberSignature, MemberSigned,
};
use fusion_ethereum_primitives::{Address, Call as VaultCall, Vault};
use sp_runtime::{
	traits::{One, Zero},
	AccountId32, Saturating,
};

/// What benchmarks need of the other pallets.
pub trait BenchmarkHelper {
	/// Makes a group with a key active, whose members are [`member`](Self::member) 0 to
	/// `threshold - 1` at least.
	fn activate_group() -> GroupId;
	/// A member.
	fn member(index: u32) -> MemberId;
	/// A member's signature.
	fn sign(index: u32, message: &[u8]) -> MemberSignature;
	/// The time is so many seconds since 1970.
	fn set_time(seconds: u64);
}

/// The mapped native coin.
const NATIVE: u32 = 1_000_000;
/// A mapped token.
const TOKEN: u32 = 1_000_001;
/// An amount that pays for many fees.
const UNIT: u128 = 1_000_000_000_000;
/// More than any fee at a gas price of 1.
const MAX_FEE: u128 = 10_000_000;

const LIMITS: Limits = Limits {
	minimum_deposit: 1,
	maximum_issued: None,
	deposits_per_window: None,
	minimum_lock_out: 1,
	maximum_lock_out: None,
	lock_outs_per_window: None,
	payout_gas: 1,
};

fn the_vault() -> Vault {
	Vault { chain_id: 1, address: Address([7; 20]) }
}

fn text(text: &str) -> AssetText {
	BoundedVec::truncate_from(text.as_bytes().to_vec())
}

/// A vault with native coin and a token, whose order is out of the way.
fn setup<T: Config<I>, I: 'static>() -> GroupId {
	let group = T::BenchmarkHelper::activate_group();
	Params::<T, I>::put(Parameters {
		confirmations: 1,
		gas_price: 1,
		minimum_gas_price: 1,
		..Parameters::default()
	});
	Pallet::<T, I>::do_register_vault(the_vault(), group, u128::MAX).expect("it is the first");
	for (asset, token) in [(NATIVE, Address::ZERO), (TOKEN, Address([8; 20]))] {
		let metadata = (text("Coin"), text("COIN"), 18);
		Pallet::<T, I>::do_register_asset(asset, token, metadata, LIMITS).expect("it is new");
	}
	Orders::<T, I>::kill();
	group
}

fn threshold<T: Config<I>, I: 'static>(group: GroupId) -> u32 {
	T::KeyGroups::threshold(group).expect("the group is active").into()
}

fn destination() -> AddressText {
	let address = Address([9; 20]).to_checksum();
	BoundedVec::truncate_from(address.into_bytes())
}

fn event(number: u32) -> EventId {
	EventId { transaction: [7; 32], log: number }
}

/// Coins of both assets.
fn fund<T: Config<I>, I: 'static>(who: &AccountId32) {
	for asset in [NATIVE, TOKEN] {
		ext::assets::mint::<T, I>(asset, who, UNIT).expect("the asset exists");
		Pallet::<T, I>::book(asset, |book| {
			book.held = book.held.checked_add(UNIT)?;
			Some(())
		})
		.expect("it is not too much");
	}
}

fn add_intents<T: Config<I>, I: 'static>(who: &AccountId32, count: u32) {
	for _ in 0..count {
		Pallet::<T, I>::do_request_lock_out(who.clone(), TOKEN, 1_000, &destination(), MAX_FEE)
			.expect("there is room");
	}
}

/// A batch of so many intents.
fn add_batch<T: Config<I>, I: 'static>(intents: u32) -> BatchId {
	let who: AccountId32 = whitelisted_caller();
	fund::<T, I>(&who);
	add_intents::<T, I>(&who, intents);
	let batch = NextBatch::<T, I>::get();
	let vault = Pallet::<T, I>::the_vault().expect("it is registered");
	Pallet::<T, I>::try_make_batch(&vault).expect("it can be made");
	assert!(Batches::<T, I>::contains_key(batch));
	batch
}

/// A payment that has failed, of the caller.
fn add_unpaid<T: Config<I>, I: 'static>() -> BatchId {
	let batch = add_batch::<T, I>(1);
	Pallet::<T, I>::accept_executed(batch, 0, 1, [1; 32]).expect("it is open");
	batch
}

fn fill_orders<T: Config<I>, I: 'static>(left: u32) {
	for _ in left..T::MaxOrders::get() {
		Pallet::<T, I>::queue_order(VaultCall::Pause(0)).expect("there is room");
	}
}

fn deposit(index: DepositIndex, number: u32) -> VaultObservation {
	VaultObservation::Deposited {
		event: event(number),
		index,
		asset: TOKEN,
		amount: UNIT,
		block: [1; 32],
	}
}

fn signed<T: Config<I>, I: 'static>(
	member: u32,
	payload: VaultObservation,
) -> MemberSigned<VaultObservation> {
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let bytes = signing_bytes(genesis, &vault_observation_domain(T::InstanceId::get()), &payload);
	MemberSigned {
		member: T::BenchmarkHelper::member(member),
		signature: T::BenchmarkHelper::sign(member, &bytes),
		payload,
	}
}

fn vote<T: Config<I>, I: 'static>(member: u32, observation: &VaultObservation) {
	Pallet::<T, I>::do_observe(T::BenchmarkHelper::member(member), observation.clone())
		.expect("it is wanted");
}

/// All votes but the decisive one. Gives the number of the member that has that.
fn prepare<T: Config<I>, I: 'static>(group: GroupId, observation: &VaultObservation) -> u32 {
	let last = threshold::<T, I>(group).saturating_sub(1);
	for member in 0..last {
		vote::<T, I>(member, observation);
	}
	last
}

/// Each member has reported.
fn report_prices<T: Config<I>, I: 'static>(group: GroupId) {
	let reports = T::KeyGroups::members(group)
		.into_iter()
		.map(|member| GasReport { member, price: 1, at: Pallet::<T, I>::now() })
		.collect::<Vec<_>>();
	GasReports::<T, I>::put(BoundedVec::truncate_from(reports));
}

#[instance_benchmarks(
	where
		T: Config<I>,
		I: 'static,
		T::Currency: fungible::Mutate<AccountId32>,
)]
mod benchmarks {
	use super::*;

	/// Somebody with enough of the native token for a hundred deposit addresses.
	fn rich<T: Config<I>, I: 'static>() -> AccountId32
	where
		T::Currency: fungible::Mutate<AccountId32>,
	{
		let who: AccountId32 = whitelisted_caller();
		let amount = T::AddressDeposit::get()
			.saturating_add(T::Currency::minimum_balance())
			.saturating_mul(100u32.into());
		T::Currency::set_balance(&who, amount);
		who
	}

	fn add_address<T: Config<I>, I: 'static>() -> DepositIndex
	where
		T::Currency: fungible::Mutate<AccountId32>,
	{
		let (index, _) =
			Pallet::<T, I>::do_request_lock_in(rich::<T, I>()).expect("there is a vault");
		index
	}

	#[benchmark]
	fn register_vault() -> Result<(), BenchmarkError> {
		let group = T::BenchmarkHelper::activate_group();
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, the_vault(), group, 1);

		assert!(TheVault::<T, I>::exists());
		Ok(())
	}

	#[benchmark]
	fn register_asset() -> Result<(), BenchmarkError> {
		setup::<T, I>();
		fill_orders::<T, I>(1);
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (asset, token) = (TOKEN + 1, Address([10; 20]));
		let name = text(core::str::from_utf8(&[b'a'; 50]).unwrap_or_default());

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, asset, token, name.clone(), name, 18, LIMITS);

		assert!(Registry::<T, I>::contains_key(asset));
		Ok(())
	}

	#[benchmark]
	fn set_limits() -> Result<(), BenchmarkError> {
		setup::<T, I>();
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let limits = Limits { payout_gas: 77, ..LIMITS };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, TOKEN, limits);

		assert_eq!(Registry::<T, I>::get(TOKEN).map(|asset| asset.limits), Some(limits));
		Ok(())
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let parameters = Parameters { confirmations: 77, ..Parameters::default() };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, parameters);

		assert_eq!(Params::<T, I>::get(), parameters);
		Ok(())
	}

	/// To go on, all reserves are looked at.
	#[benchmark]
	fn set_paused() -> Result<(), BenchmarkError> {
		setup::<T, I>();
		Pallet::<T, I>::halt(HaltReason::DepositGone);
		let origin =
			T::PauseOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		resume(origin as T::RuntimeOrigin);

		assert!(!Halted::<T, I>::exists());
		Ok(())
	}

	#[benchmark]
	fn send_order() -> Result<(), BenchmarkError> {
		setup::<T, I>();
		fill_orders::<T, I>(1);
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, VaultCall::Pause(3));

		assert_eq!(Orders::<T, I>::get().last(), Some(&VaultCall::Pause(3)));
		Ok(())
	}

	#[benchmark]
	fn request_lock_in() {
		setup::<T, I>();
		// So that it is looked up how much the group may hold.
		for asset in [NATIVE, TOKEN] {
			Pallet::<T, I>::do_set_price(asset, Some(1)).expect("it is mapped");
		}
		let who = rich::<T, I>();

		#[extrinsic_call]
		_(RawOrigin::Signed(who));

		assert_eq!(NextDeposit::<T, I>::get(), 1);
	}

	#[benchmark]
	fn claim_deposit() {
		setup::<T, I>();
		let index = add_address::<T, I>();
		let limit = |maximum_issued| {
			let limits = Limits { maximum_issued, ..LIMITS };
			Pallet::<T, I>::do_set_limits(TOKEN, limits).expect("it is mapped");
		};
		limit(Some(0));
		Pallet::<T, I>::accept_deposit(event(0), index, TOKEN, UNIT).expect("it is new");
		limit(None);
		let who: AccountId32 = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), event(0));

		assert_eq!(ext::assets::issued::<T, I>(TOKEN), UNIT);
	}

	#[benchmark]
	fn request_lock_out() {
		let group = setup::<T, I>();
		report_prices::<T, I>(group);
		let who: AccountId32 = whitelisted_caller();
		fund::<T, I>(&who);
		add_intents::<T, I>(&who, T::MaxOpenIntents::get().saturating_sub(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(who), TOKEN, 1_000, destination(), MAX_FEE);

		assert_eq!(Intents::<T, I>::count(), T::MaxOpenIntents::get());
	}

	#[benchmark]
	fn cancel_lock_out() {
		setup::<T, I>();
		let who: AccountId32 = whitelisted_caller();
		let count = T::MaxOpenIntents::get();
		fund::<T, I>(&who);
		add_intents::<T, I>(&who, count);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), 0);

		assert_eq!(Intents::<T, I>::count(), count.saturating_sub(1));
	}

	#[benchmark]
	fn recall() {
		setup::<T, I>();
		let batch = add_unpaid::<T, I>();
		fill_orders::<T, I>(1);
		let who: AccountId32 = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), batch, 0);

		assert!(Unpaid::<T, I>::get(batch, 0).is_some_and(|unpaid| unpaid.recalling));
	}

	#[benchmark]
	fn cover_deficit() {
		setup::<T, I>();
		let index = add_address::<T, I>();
		Pallet::<T, I>::accept_deposit(event(0), index, TOKEN, UNIT).expect("it is new");
		Pallet::<T, I>::accept_gone(event(0), 0).expect("it was there");
		let who: AccountId32 = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), TOKEN, UNIT / 2);

		assert_eq!(Books::<T, I>::get(TOKEN).deficit, UNIT / 2);
	}

	/// A member with as many votes as it may have makes room for another.
	#[benchmark]
	fn observe() {
		setup::<T, I>();
		let index = add_address::<T, I>();
		let full = T::MaxOpenVotes::get();
		for number in 0..full {
			vote::<T, I>(0, &deposit(index, number));
		}
		let later =
			frame_system::Pallet::<T>::block_number().saturating_add(T::VoteLifetime::get());
		frame_system::Pallet::<T>::set_block_number(later);
		let observation = signed::<T, I>(0, deposit(index, full));

		#[extrinsic_call]
		_(RawOrigin::Authorized, observation);

		assert!(Tallies::<T, I>::contains_key(Subject::Deposit(event(full))));
	}

	#[benchmark]
	fn authorize_observe() -> Result<(), BenchmarkError> {
		setup::<T, I>();
		let index = add_address::<T, I>();
		let call = Call::<T, I>::observe { observation: signed::<T, I>(0, deposit(index, 0)) };

		#[block]
		{
			call.authorize(TransactionSource::External)
				.ok_or("the call has to be authorized")?
				.map_err(|_| "the observation is refused")?;
		}

		Ok(())
	}

	#[benchmark]
	fn report_gas_price() {
		let group = setup::<T, I>();
		report_prices::<T, I>(group);
		let later = frame_system::Pallet::<T>::block_number()
			.saturating_add(T::GasReportInterval::get())
			.saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(later);
		let report = VaultObservation::GasPrice { price: 7, at: Pallet::<T, I>::now() };

		#[block]
		{
			vote::<T, I>(0, &report);
		}

		assert!(GasReports::<T, I>::get().iter().any(|report| report.price == 7));
	}

	/// The decisive vote. It measures what [`observe`] does once more, as those below do.
	#[benchmark]
	fn accept_deposit() {
		let group = setup::<T, I>();
		let index = add_address::<T, I>();
		let last = prepare::<T, I>(group, &deposit(index, 0));

		#[block]
		{
			vote::<T, I>(last, &deposit(index, 0));
		}

		assert!(Deposits::<T, I>::contains_key(event(0)));
	}

	#[benchmark]
	fn accept_executed(n: Linear<1, { T::MaxBatchIntents::get() }>) {
		let group = setup::<T, I>();
		let batch = add_batch::<T, I>(n);
		let fee = Batches::<T, I>::get(batch).expect("it is open").template.fee;
		let executed = VaultObservation::Executed {
			batch,
			fee,
			unpaid: 0,
			transaction: [1; 32],
			block: [1; 32],
		};
		let last = prepare::<T, I>(group, &executed);

		#[block]
		{
			vote::<T, I>(last, &executed);
		}

		assert_eq!(Intents::<T, I>::count(), 0);
	}

	#[benchmark]
	fn accept_expired(n: Linear<1, { T::MaxBatchIntents::get() }>) {
		let group = setup::<T, I>();
		let batch = add_batch::<T, I>(n);
		let deadline = Batches::<T, I>::get(batch).expect("it is open").template.deadline;
		T::BenchmarkHelper::set_time(deadline.saturating_add(1));
		let expired = VaultObservation::Expired { batch };
		let last = prepare::<T, I>(group, &expired);

		#[block]
		{
			vote::<T, I>(last, &expired);
		}

		assert_eq!(Queue::<T, I>::decode_len(), Some(n as usize));
	}

	#[benchmark]
	fn accept_claimed() {
		let group = setup::<T, I>();
		let batch = add_unpaid::<T, I>();
		Pallet::<T, I>::do_recall(&whitelisted_caller(), batch, 0).expect("it has failed");
		let claimed = VaultObservation::Claimed { batch, index: 0, block: [1; 32] };
		let last = prepare::<T, I>(group, &claimed);

		#[block]
		{
			vote::<T, I>(last, &claimed);
		}

		assert!(Unpaid::<T, I>::get(batch, 0).is_none());
	}

	#[benchmark]
	fn accept_ordered() {
		let group = setup::<T, I>();
		let batch = add_unpaid::<T, I>();
		Pallet::<T, I>::do_recall(&whitelisted_caller(), batch, 0).expect("it has failed");
		let vault = Pallet::<T, I>::the_vault().expect("it is registered");
		Pallet::<T, I>::make_order(&vault).expect("it can be made");
		let ordered = VaultObservation::Ordered { nonce: 0, block: [1; 32] };
		let last = prepare::<T, I>(group, &ordered);

		#[block]
		{
			vote::<T, I>(last, &ordered);
		}

		assert!(Unpaid::<T, I>::get(batch, 0).is_none());
	}

	#[benchmark]
	fn accept_gone() {
		let group = setup::<T, I>();
		let index = add_address::<T, I>();
		Pallet::<T, I>::accept_deposit(event(0), index, TOKEN, UNIT).expect("it is new");
		let gone = VaultObservation::Gone { event: event(0), episode: 0 };
		let last = prepare::<T, I>(group, &gone);

		#[block]
		{
			vote::<T, I>(last, &gone);
		}

		assert_eq!(Books::<T, I>::get(TOKEN).deficit, UNIT);
	}

	#[benchmark]
	fn idle() {
		setup::<T, I>();

		#[block]
		{
			Pallet::<T, I>::on_initialize(T::BatchInterval::get().max(One::one()));
		}
	}

	#[benchmark]
	fn make_batch(n: Linear<1, { T::MaxBatchIntents::get() }>) {
		let group = setup::<T, I>();
		report_prices::<T, I>(group);
		let who: AccountId32 = whitelisted_caller();
		fund::<T, I>(&who);
		add_intents::<T, I>(&who, n);

		#[block]
		{
			Pallet::<T, I>::on_initialize(T::BatchInterval::get().max(One::one()));
		}

		assert_eq!(Batches::<T, I>::count(), 1);
	}

	#[benchmark]
	fn make_order() {
		setup::<T, I>();
		fill_orders::<T, I>(0);

		#[block]
		{
			Pallet::<T, I>::on_initialize(T::BatchInterval::get().max(One::one()));
		}

		assert!(TheOrder::<T, I>::exists());
	}

	#[benchmark]
	fn on_signature() {
		setup::<T, I>();
		let batch = add_batch::<T, I>(T::MaxBatchIntents::get());

		#[block]
		{
			Pallet::<T, I>::note_batch_signature(batch, [1; 64]);
		}

		assert!(Batches::<T, I>::get(batch).is_some_and(|batch| batch.signature.is_some()));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty_test_ext(), crate::mock::Test);
}
