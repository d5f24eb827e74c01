//! Benchmarks. Their names are those of [`WeightInfo`](crate::WeightInfo), but for those of whole blocks, which are made of
//! them.

use crate::*;
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::{EnsureOrigin, Get},
	traits::fungible::Mutate as _,
	weights::Weight,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use fusion_calling_list_primitives::{
	schedule::Schedule,
	traits::{CallOutcome, CheckOutcome, Consumed, RunEnv},
	AfterFailure, Balance, Condition, Missed, Reason, RowId, RowState, Terms, Tier,
};
use sp_core::{H160, H256};

/// A contract, and what leaves logs. It is not called.
const CONTRACT: H160 = H160([0xc0; 20]);
/// The first topic of its logs.
const TOPIC: H256 = H256([7; 32]);

/// A transaction whose contracts do nothing.
struct Nothing;

impl RunEnv for Nothing {
	fn weight_left(&self) -> Weight {
		Weight::MAX
	}
	fn funds_left(&self) -> Balance {
		Balance::MAX
	}
	fn consumed(&self) -> Consumed {
		Consumed::default()
	}
	fn load_weight(&self, _: H160) -> Option<Weight> {
		Some(Weight::zero())
	}
	fn check(&mut self, _: H160, data: Vec<u8>, _: Weight) -> CheckOutcome {
		CheckOutcome::True(data)
	}
	fn call(&mut self, _: H160, _: Vec<u8>, _: Weight, _: Balance) -> CallOutcome {
		CallOutcome::Returned
	}
}

fn rich<T: Config>(name: &'static str) -> T::AccountId {
	let who = account(name, 0, 0);
	T::Currency::mint_into(&who, Balance::MAX / 1_000_000).expect("nothing overflows");
	who
}

fn terms(tier: Tier) -> Terms {
	Terms {
		gas_limit: 100_000,
		storage_limit: 0,
		max_gas_price: Balance::MAX,
		expires_at: Some(1_000_000),
		max_runs: None,
		tier,
		missed: Missed::Once,
		retries: 3,
		backoff: 10,
		after_failure: AfterFailure::Pause,
	}
}

fn on_log() -> Condition {
	Condition::Log { emitter: CONTRACT, topic0: TOPIC }
}

fn every_block<T: Config>() -> Condition {
	let first = Pallet::<T>::block().saturating_add(1);
	Condition::Time(Schedule::EveryBlocks { first, every: 1 })
}

/// A row with as much data as there may be.
fn add<T: Config>(owner: &T::AccountId, condition: Condition, tier: Tier) -> RowId {
	let deposit = Balance::MAX / 1_000_000_000;
	let data = vec![1; T::MaxData::get() as usize];
	let registration =
		Registration { target: CONTRACT, data, condition, terms: terms(tier), deposit };
	Pallet::<T>::do_register(owner.clone(), registration).expect("it can be registered")
}

/// A row that listens, and is not the only one.
fn add_listener<T: Config>(owner: &T::AccountId) -> RowId {
	add::<T>(owner, on_log(), Tier::BestEffort);
	add::<T>(owner, on_log(), Tier::BestEffort)
}

/// A row's history is as long as it may be.
fn fill_history<T: Config>(id: RowId) {
	for _ in 0..T::MaxHistory::get() {
		Pallet::<T>::note(id, Reason::Merged, 1);
	}
}

fn go_to<T: Config>(block: u32) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register(b: Linear<0, { T::MaxData::get() }>) {
		let owner = rich::<T>("owner");
		add_listener::<T>(&owner);
		let count = Rows::<T>::count();
		#[extrinsic_call]
		_(
			RawOrigin::Signed(owner),
			CONTRACT,
			vec![1; b as usize],
			on_log(),
			terms(Tier::Guaranteed),
			Balance::MAX / 1_000_000_000,
		);
		assert_eq!(Rows::<T>::count(), count + 1);
	}

	#[benchmark]
	fn cancel() {
		let owner = rich::<T>("owner");
		let id = add_listener::<T>(&owner);
		fill_history::<T>(id);
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);
		assert!(!Rows::<T>::contains_key(id));
	}

	#[benchmark]
	fn top_up() {
		let owner = rich::<T>("owner");
		let id = add_listener::<T>(&owner);
		let mut row = Rows::<T>::get(id).expect("it was registered");
		Pallet::<T>::halt(id, &mut row, Reason::DepositTooLow);
		Rows::<T>::insert(id, row);
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, 1);
		assert!(Rows::<T>::get(id).is_some_and(|row| row.is_live()));
	}

	#[benchmark]
	fn pause() {
		let owner = rich::<T>("owner");
		let id = add_listener::<T>(&owner);
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);
		assert!(Rows::<T>::get(id).is_some_and(|row| !row.is_live()));
	}

	#[benchmark]
	fn resume() {
		let owner = rich::<T>("owner");
		let id = add_listener::<T>(&owner);
		Pallet::<T>::do_pause(&owner, id).expect("it is live");
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);
		assert!(Rows::<T>::get(id).is_some_and(|row| row.is_live()));
	}

	#[benchmark]
	fn set_trigger_key() {
		// Taking a key back is as much as setting one, but for whether the node is elected.
		let (node, key) = (rich::<T>("node"), rich::<T>("key"));
		TriggerKeys::<T>::insert(&key, &node);
		KeyOfNode::<T>::insert(&node, &key);
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()), None);
		assert!(!KeyOfNode::<T>::contains_key(node));
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, Parameters::default());
		assert_eq!(Params::<T>::get(), Parameters::default());
		Ok(())
	}

	#[benchmark]
	fn set_list_paused() -> Result<(), BenchmarkError> {
		let origin =
			T::PauseOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, true);
		assert!(Paused::<T>::get());
		Ok(())
	}

	#[benchmark]
	fn idle() {
		let owner = rich::<T>("owner");
		add::<T>(&owner, Condition::Time(Schedule::AtBlock(1_000_000)), Tier::BestEffort);
		#[block]
		{
			Pallet::<T>::begin_block();
		}
	}

	#[benchmark]
	fn expire() {
		let owner = rich::<T>("owner");
		let id = add_listener::<T>(&owner);
		fill_history::<T>(id);
		#[block]
		{
			let row = Rows::<T>::get(id).expect("it was registered");
			Pallet::<T>::remove_row(id, row, Removal::Expired);
			Pallet::<T>::head(Agenda::Expiry, 0);
		}
		assert!(!Rows::<T>::contains_key(id));
	}

	#[benchmark]
	fn promote() {
		let owner = rich::<T>("owner");
		let id = add::<T>(&owner, every_block::<T>(), Tier::Guaranteed);
		go_to::<T>(Pallet::<T>::block() + 1);
		#[block]
		{
			Pallet::<T>::head(Agenda::GuaranteedBlock, u64::MAX);
			let row = Rows::<T>::get(id).expect("it was registered");
			let _ = Pallet::<T>::become_due(id, row);
		}
		assert!(matches!(Rows::<T>::get(id).map(|row| row.state), Some(RowState::Due { .. })));
	}

	#[benchmark]
	fn meet_deadline() {
		let owner = rich::<T>("owner");
		let id = add::<T>(&owner, every_block::<T>(), Tier::BestEffort);
		fill_history::<T>(id);
		go_to::<T>(Pallet::<T>::block() + 1);
		let row = Rows::<T>::get(id).expect("it was registered");
		let row = Pallet::<T>::become_due(id, row).expect("it can pay");
		#[block]
		{
			Pallet::<T>::head(Agenda::Deadline, u64::MAX);
			Pallet::<T>::left_alone(id, row, Reason::NoTrigger);
		}
		assert!(matches!(
			Rows::<T>::get(id).map(|row| row.state),
			Some(RowState::Due { waits: 1, .. })
		));
	}

	#[benchmark]
	fn match_logs(n: Linear<0, { T::LogsPerBlock::get() }>) {
		for number in 0..n {
			let key = (CONTRACT, H256::from_low_u64_be(number.into()));
			PendingLogs::<T>::mutate(|logs| {
				// Their bound is larger.
				let _ = logs.try_push(PendingLog { key, after: 0 });
			});
		}
		#[block]
		{
			Pallet::<T>::match_logs();
		}
		assert!(PendingLogs::<T>::get().is_empty());
	}

	#[benchmark]
	fn collect_logs(n: Linear<0, { T::LogsPerBlock::get() }>) {
		for number in 0..n {
			let emitter = H160::from_low_u64_be(number.into());
			RowsListening::<T>::insert(emitter, 1);
		}
		#[block]
		{
			for number in 0..n {
				RowsListening::<T>::contains_key(H160::from_low_u64_be(number.into()));
			}
			Listeners::<T>::put(1);
			Pallet::<T>::collect_logs();
		}
	}

	#[benchmark]
	fn pay_fees() {
		let amount = 1_000_000_000_000_u128;
		T::Currency::mint_into(&Pallet::<T>::pot(), amount.saturating_mul(2))
			.expect("nothing overflows");
		Fees::<T>::put(amount);
		#[block]
		{
			Pallet::<T>::pay_fees();
		}
		assert_eq!(Fees::<T>::get(), 0);
	}

	#[benchmark]
	fn execute_row() {
		let (owner, sender) = (rich::<T>("owner"), rich::<T>("sender"));
		let id = add::<T>(&owner, every_block::<T>(), Tier::Guaranteed);
		fill_history::<T>(id);
		go_to::<T>(Pallet::<T>::block() + 1);
		let tried;
		#[block]
		{
			tried = Pallet::<T>::execute_row(id, &sender, &mut Nothing, true);
		}
		assert_eq!(tried.reason, Reason::Ran);
	}

	#[benchmark]
	fn trigger() {
		// What the contracts' own machinery takes for the call is in the measure of a row twice over.
		let owner = rich::<T>("owner");
		let id = add::<T>(&owner, every_block::<T>(), Tier::Guaranteed);
		go_to::<T>(Pallet::<T>::block() + 1);
		let chain = T::TriggerAccount::get();
		let tried;
		#[block]
		{
			tried = Pallet::<T>::execute_row(id, &chain, &mut Nothing, true);
		}
		assert_eq!(tried.reason, Reason::Ran);
	}

	#[benchmark]
	fn row() {
		let owner = rich::<T>("owner");
		let id = add::<T>(&owner, every_block::<T>(), Tier::Guaranteed);
		fill_history::<T>(id);
		let shown;
		#[block]
		{
			shown = (Pallet::<T>::row(id), Pallet::<T>::history(id));
		}
		assert!(shown.0.is_some());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
