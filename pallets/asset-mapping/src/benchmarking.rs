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
use frame_system::RawOrigin;
use fusion_asset_mapping_primitives::{
	observation_domain, AddressText, Amount, AttemptIndex, BatchId, IntentId, Observation, OutPoint,
};
use fusion_dcrm_primitives::{
	message::signing_bytes, traits::KeyGroups, GroupId, KeyPath, MemberId, MemberSignature,
	MemberSigned,
};
use sp_runtime::{
	traits::{One, Zero},
	Saturating,
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
	/// An address of the external chain.
	fn address(seed: u8) -> Vec<u8>;
	/// The time is so many seconds since 1970.
	fn set_time(seconds: u32);
}

/// An amount that is more than dust and every fee.
const UNIT: Amount = 1_000_000;
/// A fee that pays for every transaction at the lowest rate.
const MAX_FEE: Amount = 100_000;

fn setup<T: Config<I>, I: 'static>() -> GroupId {
	Params::<T, I>::put(Parameters {
		confirmations: 1,
		minimum_deposit: 1,
		fee_rate: 1,
		maximum_fee_part: sp_runtime::Perbill::one(),
		replace_after: 0,
		grace: 0,
		..Parameters::default()
	});
	T::BenchmarkHelper::activate_group()
}

fn threshold<T: Config<I>, I: 'static>(group: GroupId) -> u32 {
	T::KeyGroups::threshold(group).expect("the group is active").into()
}

fn text<T: Config<I>, I: 'static>(seed: u8) -> AddressText {
	T::BenchmarkHelper::address(seed).try_into().expect("an address is short")
}

fn outpoint(number: u32) -> OutPoint {
	OutPoint { txid: [7; 32], vout: number }
}

/// Coins of one size, all of them issued to `who`.
fn add_coins<T: Config<I>, I: 'static>(
	group: GroupId,
	who: &T::AccountId,
	count: u32,
	amount: Amount,
) {
	let output_key = ext::keys::output_key::<T, I>(group, &KeyPath::Group).expect("it has a key");
	for number in 0..count {
		let coin = Utxo {
			amount,
			group,
			path: KeyPath::Group,
			output_key,
			height: 1,
			episode: 0,
			reserved: None,
		};
		Pallet::<T, I>::add_coin(outpoint(number), coin).expect("the coin is new");
		ext::assets::mint::<T, I>(who, amount).expect("the asset exists");
	}
}

fn add_intents<T: Config<I>, I: 'static>(
	who: &T::AccountId,
	count: u32,
	amount: Amount,
) -> Vec<IntentId> {
	(0..count)
		.map(|_| {
			Pallet::<T, I>::do_request_lock_out(who.clone(), amount, &text::<T, I>(1), MAX_FEE)
				.expect("there is room")
		})
		.collect()
}

/// A batch of so many inputs and intents.
fn add_batch<T: Config<I>, I: 'static>(group: GroupId, inputs: u32, intents: u32) -> BatchId {
	let who: T::AccountId = whitelisted_caller();
	let batch = NextBatch::<T, I>::get();
	add_coins::<T, I>(group, &who, inputs, UNIT.saturating_mul(intents.into()));
	add_intents::<T, I>(&who, intents, UNIT.saturating_mul(inputs.into()));
	Pallet::<T, I>::try_make_batch(group).expect("it can be made");
	assert!(Batches::<T, I>::contains_key(batch));
	batch
}

fn sign_batch<T: Config<I>, I: 'static>(batch: BatchId, attempt: AttemptIndex, inputs: u32) {
	for input in 0..inputs {
		Pallet::<T, I>::note_signature(batch, attempt, input, [1; 64]);
	}
}

/// The fee rate is the highest that members may report, and each of them has reported.
fn report_fees<T: Config<I>, I: 'static>(group: GroupId, rate: u64) {
	let reports = T::KeyGroups::members(group)
		.into_iter()
		.map(|member| FeeReport { member, rate, at: Pallet::<T, I>::now() })
		.collect::<Vec<_>>();
	FeeReports::<T, I>::put(BoundedVec::truncate_from(reports));
}

/// The least fee rate at which the last attempt is replaced.
fn next_rate<T: Config<I>, I: 'static>(batch: BatchId) -> u64 {
	let found = Batches::<T, I>::get(batch).expect("the batch is open");
	let last = Pallet::<T, I>::last_attempt(batch, &found).expect("it has attempts");
	crate::replace::next_rate(last.rate)
}

fn settlement<T: Config<I>, I: 'static>(batch: BatchId, attempt: AttemptIndex) -> Observation {
	let txid = Attempts::<T, I>::get(batch, attempt).expect("there is such an attempt").txid;
	Observation::Settled { batch, attempt, txid, height: 1, block: [1; 32] }
}

fn deposit(index: u64, number: u32) -> Observation {
	Observation::Deposit {
		outpoint: outpoint(number),
		index,
		amount: UNIT,
		height: 1,
		time: 1,
		block: [1; 32],
	}
}

fn signed<T: Config<I>, I: 'static>(
	member: u32,
	payload: Observation,
) -> MemberSigned<Observation> {
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let bytes = signing_bytes(genesis, &observation_domain(T::InstanceId::get()), &payload);
	MemberSigned {
		member: T::BenchmarkHelper::member(member),
		signature: T::BenchmarkHelper::sign(member, &bytes),
		payload,
	}
}

fn vote<T: Config<I>, I: 'static>(member: u32, observation: &Observation) {
	Pallet::<T, I>::do_observe(T::BenchmarkHelper::member(member), observation.clone())
		.expect("it is wanted");
}

#[instance_benchmarks(
	where
		T: Config<I>,
		I: 'static,
		T::Currency: fungible::Mutate<T::AccountId>,
)]
mod benchmarks {
	use super::*;

	/// Somebody with enough of the native token for a deposit address, and for as many lock-outs as there can be.
	fn rich<T: Config<I>, I: 'static>() -> T::AccountId
	where
		T::Currency: fungible::Mutate<T::AccountId>,
	{
		let who: T::AccountId = whitelisted_caller();
		let amount = T::AddressDeposit::get()
			.saturating_add(T::LockOutDeposit::get())
			.saturating_add(T::Currency::minimum_balance())
			.saturating_mul(T::MaxOpenIntents::get().into());
		T::Currency::set_balance(&who, amount);
		who
	}

	fn add_address<T: Config<I>, I: 'static>() -> u64
	where
		T::Currency: fungible::Mutate<T::AccountId>,
	{
		let (index, _) =
			Pallet::<T, I>::do_request_lock_in(rich::<T, I>(), &text::<T, I>(1), u32::MAX)
				.expect("a group is active");
		index
	}

	#[benchmark]
	fn request_lock_in() {
		setup::<T, I>();
		// So that it is looked up how much the group may hold.
		Price::<T, I>::put(1);
		let who = rich::<T, I>();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), text::<T, I>(1), u32::MAX);

		assert_eq!(NextDeposit::<T, I>::get(), 1);
	}

	#[benchmark]
	fn request_lock_out() {
		let group = setup::<T, I>();
		let who = rich::<T, I>();
		let places = Pallet::<T, I>::places(IntentKind::LockOut);
		let others = places.saturating_sub(1);
		add_coins::<T, I>(group, &who, 1, UNIT.saturating_mul(T::MaxOpenIntents::get().into()));
		add_intents::<T, I>(&who, others, UNIT);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), UNIT, text::<T, I>(1), MAX_FEE);

		assert_eq!(Intents::<T, I>::count(), places);
	}

	#[benchmark]
	fn cancel_lock_out() {
		let group = setup::<T, I>();
		let who = rich::<T, I>();
		let count = Pallet::<T, I>::places(IntentKind::LockOut);
		add_coins::<T, I>(group, &who, 1, UNIT.saturating_mul(count.into()));
		add_intents::<T, I>(&who, count, UNIT);

		#[extrinsic_call]
		// One for which something is held.
		_(RawOrigin::Signed(who), u64::from(count.saturating_sub(1)));

		assert_eq!(Intents::<T, I>::count(), count.saturating_sub(1));
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

		assert!(Tallies::<T, I>::contains_key(Subject::Deposit(outpoint(full))));
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

	/// The decisive vote on a deposit. It measures what [`observe`] does once more.
	#[benchmark]
	fn accept_deposit() {
		let group = setup::<T, I>();
		let index = add_address::<T, I>();
		let last = threshold::<T, I>(group).saturating_sub(1);
		for member in 0..last {
			vote::<T, I>(member, &deposit(index, 0));
		}

		#[block]
		{
			vote::<T, I>(last, &deposit(index, 0));
		}

		assert!(Deposits::<T, I>::contains_key(outpoint(0)));
	}

	/// The decisive vote on a settlement. It measures what [`observe`] does once more.
	#[benchmark]
	fn settle(
		i: Linear<1, { <T::Chain as ExternalChain>::MAX_INPUTS }>,
		n: Linear<1, { T::MaxBatchIntents::get() }>,
	) {
		let group = setup::<T, I>();
		let batch = add_batch::<T, I>(group, i, n);
		let (who, deposit) = (rich::<T, I>(), T::LockOutDeposit::get());
		for intent in Batches::<T, I>::get(batch).expect("it was made").intents {
			ext::native::hold_lock_out_deposit::<T, I>(&who, deposit).expect("it can be paid");
			LockOutDeposits::<T, I>::insert(intent, deposit);
		}
		// As many attempts as there may be: all of them have to be removed.
		for attempt in 0..T::MaxAttempts::get().saturating_sub(1) {
			sign_batch::<T, I>(batch, attempt, i);
			report_fees::<T, I>(group, next_rate::<T, I>(batch));
			Pallet::<T, I>::replace(batch).expect("it can be replaced");
		}
		assert_eq!(
			Batches::<T, I>::get(batch).map(|batch| batch.attempts),
			Some(T::MaxAttempts::get())
		);
		// One that was replaced is confirmed: the requests of the last one have to be withdrawn.
		let confirmed = T::MaxAttempts::get().saturating_sub(2);
		sign_batch::<T, I>(batch, confirmed, i);
		let observation = settlement::<T, I>(batch, confirmed);
		let last = threshold::<T, I>(group).saturating_sub(1);
		for member in 0..last {
			vote::<T, I>(member, &observation);
		}

		#[block]
		{
			vote::<T, I>(last, &observation);
		}

		assert_eq!(Batches::<T, I>::count(), 0);
	}

	#[benchmark]
	fn batch_idle() {
		setup::<T, I>();

		#[block]
		{
			Pallet::<T, I>::on_initialize(T::BatchInterval::get().max(One::one()));
		}
	}

	#[benchmark]
	fn make_batch(
		i: Linear<1, { <T::Chain as ExternalChain>::MAX_INPUTS }>,
		n: Linear<1, { T::MaxBatchIntents::get() }>,
	) {
		let group = setup::<T, I>();
		let who: T::AccountId = whitelisted_caller();
		add_coins::<T, I>(group, &who, i, UNIT.saturating_mul(n.into()));
		add_intents::<T, I>(&who, n, UNIT.saturating_mul(i.into()));

		#[block]
		{
			Pallet::<T, I>::on_initialize(T::BatchInterval::get().max(One::one()));
		}

		assert_eq!(Batches::<T, I>::count(), 1);
	}

	#[benchmark]
	fn replace(
		i: Linear<1, { <T::Chain as ExternalChain>::MAX_INPUTS }>,
		n: Linear<1, { T::MaxBatchIntents::get() }>,
	) {
		let group = setup::<T, I>();
		let batch = add_batch::<T, I>(group, i, n);
		sign_batch::<T, I>(batch, 0, i);
		report_fees::<T, I>(group, next_rate::<T, I>(batch));

		#[block]
		{
			Pallet::<T, I>::replace(batch).expect("it can be replaced");
		}

		assert_eq!(Batches::<T, I>::get(batch).map(|batch| batch.attempts), Some(2));
	}

	#[benchmark]
	fn report_fee_rate() {
		let group = setup::<T, I>();
		report_fees::<T, I>(group, 5);
		let later = frame_system::Pallet::<T>::block_number()
			.saturating_add(T::FeeReportInterval::get())
			.saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(later);
		let report = Observation::FeeRate { rate: 7, at: Pallet::<T, I>::now() };

		#[block]
		{
			vote::<T, I>(0, &report);
		}

		assert!(FeeReports::<T, I>::get().iter().any(|report| report.rate == 7));
	}

	/// The decisive vote. It measures what [`observe`] does once more.
	#[benchmark]
	fn coin_gone() {
		let group = setup::<T, I>();
		add_coins::<T, I>(group, &whitelisted_caller(), 1, UNIT);
		let gone = Observation::Gone { outpoint: outpoint(0), episode: 0 };
		let last = threshold::<T, I>(group).saturating_sub(1);
		for member in 0..last {
			vote::<T, I>(member, &gone);
		}

		#[block]
		{
			vote::<T, I>(last, &gone);
		}

		assert_eq!(Deficit::<T, I>::get(), u128::from(UNIT));
	}

	/// The decisive vote. It measures what [`observe`] does once more.
	#[benchmark]
	fn coin_back() {
		let group = setup::<T, I>();
		add_coins::<T, I>(group, &whitelisted_caller(), 1, UNIT);
		Pallet::<T, I>::accept_gone(outpoint(0), 0).expect("it was there");
		let back = Observation::Back { outpoint: outpoint(0), episode: 0 };
		let last = threshold::<T, I>(group).saturating_sub(1);
		for member in 0..last {
			vote::<T, I>(member, &back);
		}

		#[block]
		{
			vote::<T, I>(last, &back);
		}

		assert_eq!(Deficit::<T, I>::get(), 0);
	}

	/// A refund that there was no room for. It does more than crediting.
	#[benchmark]
	fn claim_deposit() {
		let group = setup::<T, I>();
		let index = add_address::<T, I>();
		report_fees::<T, I>(group, 1);
		Pallet::<T, I>::accept_deposit(outpoint(0), index, UNIT, 1, 1).expect("it is new");
		let mut record = Deposits::<T, I>::get(outpoint(0)).expect("it was accepted");
		record.outcome = DepositOutcome::RefundDelayed(RefundReason::Late);
		Deposits::<T, I>::insert(outpoint(0), record);
		Owed::<T, I>::put(u128::from(UNIT));
		let who: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), outpoint(0));

		assert_eq!(Intents::<T, I>::count(), 1);
	}

	#[benchmark]
	fn cover_deficit() {
		let group = setup::<T, I>();
		let who: T::AccountId = whitelisted_caller();
		add_coins::<T, I>(group, &who, 2, UNIT);
		Pallet::<T, I>::accept_gone(outpoint(0), 0).expect("it was there");

		#[extrinsic_call]
		_(RawOrigin::Signed(who), UNIT);

		assert_eq!(Deficit::<T, I>::get(), 0);
	}

	#[benchmark]
	fn close_lock_in() {
		setup::<T, I>();
		let index = add_address::<T, I>();
		// The time of a benchmark does not pass.
		DepositAddresses::<T, I>::mutate(index, |address| {
			if let Some(address) = address {
				address.deadline = 0;
			}
		});
		T::BenchmarkHelper::set_time(1);
		let who: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), index);

		assert!(DepositAddresses::<T, I>::get(index).is_none());
	}

	#[benchmark]
	fn on_signature(i: Linear<1, { <T::Chain as ExternalChain>::MAX_INPUTS }>) {
		let group = setup::<T, I>();
		let batch = add_batch::<T, I>(group, i, 1);
		let last = i.saturating_sub(1);
		sign_batch::<T, I>(batch, 0, last);

		#[block]
		{
			Pallet::<T, I>::note_signature(batch, 0, last, [1; 64]);
		}

		let state = Attempts::<T, I>::get(batch, 0).map(|attempt| attempt.state);
		assert_eq!(state, Some(fusion_asset_mapping_primitives::BatchState::Signed));
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let parameters = Parameters { fee_rate: 77, ..Parameters::default() };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, parameters);

		assert_eq!(Params::<T, I>::get(), parameters);
		Ok(())
	}

	#[benchmark]
	fn set_price() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, Some(1));

		assert_eq!(Price::<T, I>::get(), Some(1));
		Ok(())
	}

	#[benchmark]
	fn set_paused() -> Result<(), BenchmarkError> {
		let origin =
			T::PauseOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let paused = PausedDirections { lock_in: true, lock_out: true };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, paused);

		assert_eq!(Paused::<T, I>::get(), paused);
		Ok(())
	}

	#[benchmark]
	fn reserves() {
		setup::<T, I>();
		let found;

		#[block]
		{
			found = Pallet::<T, I>::reserves();
		}

		assert!(found.covered());
	}

	#[benchmark]
	fn deposit_address() {
		setup::<T, I>();
		let index = add_address::<T, I>();
		let address;

		#[block]
		{
			address = Pallet::<T, I>::deposit_address(index);
		}

		assert!(address.is_some());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
