//! Benchmarks. Their names are those of [`WeightInfo`](crate::WeightInfo).

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect as _, Mutate as _},
		Get,
	},
	BoundedVec,
};
use frame_system::RawOrigin;
use fusion_slices::{Seconds, FOREVER};

/// When the benchmarks are.
const START: Seconds = 1_700_000_000;
/// How much is moved.
const AMOUNT: Balance = 1_000;

/// An account with enough for all deposits, and the clock set.
fn rich<T: Config>(name: &'static str) -> T::AccountId {
	T::BenchmarkHelper::set_time(START);
	let who: T::AccountId = account(name, 0, 0);
	let deposits = T::ListDeposit::get()
		.saturating_add(T::BoundaryDeposit::get().saturating_mul(MAX_BOUNDARIES.into()))
		.saturating_add(T::AllowanceDeposit::get())
		.saturating_add(T::PledgeDeposit::get())
		.saturating_add(T::Currency::minimum_balance());
	T::Currency::mint_into(&who, deposits.saturating_mul(100)).expect("it can be minted");
	who
}

/// A list of `n` boundaries, over `n` intervals of two seconds, the last without end.
fn fill<T: Config>(coin: Coin, who: &T::AccountId, n: u32) {
	let now = ext::now::<T>();
	let mut list = lists::List::<T>::of(who, coin, now);
	let mut whole: Balance = 0;
	for number in 0..n {
		let amount = AMOUNT.saturating_mul(10);
		let start = now.saturating_add(u64::from(number).saturating_mul(2));
		list.add(lists::from::<T>(start).expect("it has no end"), amount).expect("there is room");
		whole = whole.saturating_add(amount);
	}
	list.put(who).expect("the account is rich");
	Pallet::<T>::grow(coin, whole).expect("it is little");
	let vault = Pallet::<T>::vault();
	match coin {
		Coin::Fsn => {
			T::Currency::mint_into(&vault, whole).expect("it can be minted");
		},
		Coin::Mapped(_) => {
			T::BenchmarkHelper::mapped_coins(&vault, whole);
		},
	}
}

/// An account with a list, and a coin of it.
fn holder<T: Config>(name: &'static str, n: u32) -> (T::AccountId, Coin) {
	let who = rich::<T>(name);
	let coin = T::BenchmarkHelper::mapped_coins(&who, AMOUNT);
	fill::<T>(coin, &who, n);
	(who, coin)
}

/// A pledge, with lists of `n` boundaries of both.
fn pledged<T: Config>(n: u32) -> (T::AccountId, PledgeId) {
	let (user, owner) = (rich::<T>("user"), rich::<T>("owner"));
	let amount = T::PledgeDeposit::get().max(AMOUNT).saturating_mul(1_000);
	let end = START.saturating_add(T::UnbondingTerm::get().saturating_mul(2));
	T::Currency::mint_into(&owner, amount).expect("it can be minted");
	fill::<T>(Coin::Fsn, &user, n);
	fill::<T>(Coin::Fsn, &owner, n);
	Pallet::<T>::do_lend(&owner, Coin::Fsn, &user, amount, end).expect("it has so much");
	Pallet::<T>::do_consent(&owner, &user, amount, end).expect("it can");
	let node = T::BenchmarkHelper::node();
	let pledge = Pallet::<T>::do_bond(&user, &owner, &node, amount, end).expect("it can");
	(user, pledge)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn deposit(n: Linear<1, { MAX_BOUNDARIES }>) {
		let (who, coin) = holder::<T>("caller", n);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), coin, AMOUNT);
		assert_eq!(Pallet::<T>::whole_of(coin, &who), AMOUNT.saturating_mul(11));
	}

	#[benchmark]
	fn withdraw(n: Linear<1, { MAX_BOUNDARIES }>) {
		let (who, coin) = holder::<T>("caller", n);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), coin, AMOUNT);
		assert_eq!(Pallet::<T>::whole_of(coin, &who), AMOUNT.saturating_mul(9));
	}

	#[benchmark]
	fn lend(n: Linear<1, { MAX_PUSHED - 2 }>) {
		let (who, coin) = holder::<T>("caller", n);
		let to = rich::<T>("borrower");
		fill::<T>(coin, &to, n);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), coin, to.clone(), AMOUNT, START.saturating_add(1));
		assert_eq!(Pallet::<T>::use_of(coin, &to), AMOUNT.saturating_mul(11));
	}

	#[benchmark]
	fn transfer(n: Linear<1, { MAX_PUSHED - 2 }>) {
		let (who, coin) = holder::<T>("caller", n);
		let to = rich::<T>("borrower");
		fill::<T>(coin, &to, n);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), coin, to.clone(), AMOUNT, 0, START.saturating_add(1));
		assert_eq!(Pallet::<T>::use_of(coin, &to), AMOUNT.saturating_mul(11));
	}

	#[benchmark]
	fn transfer_from(n: Linear<1, { MAX_PUSHED - 2 }>) {
		let (owner, coin) = holder::<T>("owner", n);
		let who = rich::<T>("caller");
		fill::<T>(coin, &who, n);
		Pallet::<T>::do_approve(&owner, coin, &who, AMOUNT).expect("it can");
		#[extrinsic_call]
		_(
			RawOrigin::Signed(who.clone()),
			coin,
			owner,
			who.clone(),
			AMOUNT,
			0,
			START.saturating_add(1),
		);
		assert_eq!(Pallet::<T>::use_of(coin, &who), AMOUNT.saturating_mul(11));
	}

	#[benchmark]
	fn approve() {
		let (who, spender) = (rich::<T>("caller"), rich::<T>("spender"));
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), Coin::Fsn, spender.clone(), AMOUNT);
		assert!(Allowances::<T>::contains_key(who, (Coin::Fsn, spender)));
	}

	#[benchmark]
	fn poke(n: Linear<2, { MAX_BOUNDARIES }>) {
		let (who, coin) = holder::<T>("caller", n);
		let end = START.saturating_add(u64::from(n).saturating_mul(2));
		T::BenchmarkHelper::set_time(end);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), coin, who.clone());
		assert_eq!(Lists::<T>::get(who, coin).map(|entry| entry.slices.len()), Some(1));
	}

	#[benchmark]
	fn consent() {
		let (who, user) = (rich::<T>("caller"), rich::<T>("user"));
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), user.clone(), AMOUNT, FOREVER);
		assert!(Consents::<T>::contains_key(who, user));
	}

	#[benchmark]
	fn bond(n: Linear<1, { MAX_PUSHED - 3 }>) {
		let (user, owner) = (rich::<T>("user"), rich::<T>("owner"));
		let amount = T::PledgeDeposit::get().max(AMOUNT).saturating_mul(1_000);
		let end = START.saturating_add(T::UnbondingTerm::get().saturating_mul(2));
		T::Currency::mint_into(&owner, amount).expect("it can be minted");
		fill::<T>(Coin::Fsn, &user, n);
		fill::<T>(Coin::Fsn, &owner, n);
		Pallet::<T>::do_lend(&owner, Coin::Fsn, &user, amount, end).expect("it has so much");
		Pallet::<T>::do_consent(&owner, &user, amount, end).expect("it can");
		let node = T::BenchmarkHelper::node();
		// The most that are tried before there is a place.
		Pallet::<T>::open_agenda(START);
		let first = Pallet::<T>::unbond_at(end).div_ceil(agenda::HOUR);
		let full: BoundedVec<PledgeId, T::MaxDue> =
			BoundedVec::truncate_from(alloc::vec![0; T::MaxDue::get() as usize]);
		for hour in first..first.saturating_add(agenda::TRIES).saturating_sub(1) {
			Agenda::<T>::insert(hour, &full);
		}
		#[extrinsic_call]
		_(RawOrigin::Signed(user), owner, node, amount, end);
		assert_eq!(Pledges::<T>::count(), 1);
	}

	#[benchmark]
	fn unbond() {
		let (user, pledge) = pledged::<T>(1);
		#[extrinsic_call]
		_(RawOrigin::Signed(user), pledge);
		assert!(Pledges::<T>::get(pledge).is_some_and(|found| found.unbonding));
	}

	#[benchmark]
	fn reward() {
		let (user, pledge) = pledged::<T>(1);
		#[extrinsic_call]
		_(RawOrigin::Signed(user), pledge);
		assert!(Pledges::<T>::contains_key(pledge));
	}

	#[benchmark]
	fn settle(n: Linear<1, { MAX_PUSHED - 3 }>) {
		let (user, pledge) = pledged::<T>(n);
		Pallet::<T>::do_unbond(&user, pledge).expect("it can");
		T::BenchmarkHelper::make_due(&Pallet::<T>::pledge_account(pledge));
		#[extrinsic_call]
		_(RawOrigin::Signed(user), pledge);
		assert!(!Pledges::<T>::contains_key(pledge));
	}

	/// With one pledge or none: more would need as many nodes.
	#[benchmark]
	fn on_initialize(d: Linear<0, 1>) {
		let mut hour = START.div_euclid(agenda::HOUR);
		if d > 0 {
			let (user, pledge) = pledged::<T>(1);
			Pallet::<T>::do_unbond(&user, pledge).expect("it can");
			let account = Pallet::<T>::pledge_account(pledge);
			T::BenchmarkHelper::make_due(&account);
			let found = Pledges::<T>::get(pledge).expect("it is there");
			T::BenchmarkHelper::set_time(found.end);
			hour = found.due.expect("it is on an agenda");
			NextHour::<T>::put(hour);
		}
		#[block]
		{
			Pallet::<T>::tick();
		}
		assert_eq!(Pledges::<T>::count(), 0);
		assert!(d == 0 || NextHour::<T>::get() == hour.saturating_add(1));
	}

	#[benchmark]
	fn idle() {
		pledged::<T>(1);
		NextHour::<T>::put(u64::MAX);
		#[block]
		{
			Pallet::<T>::tick();
		}
		assert_eq!(Pledges::<T>::count(), 1);
	}

	#[benchmark]
	fn read(n: Linear<1, { MAX_BOUNDARIES }>) {
		let (who, coin) = holder::<T>("caller", n);
		let slices;
		#[block]
		{
			slices = Pallet::<T>::slices_of(coin, &who);
		}
		assert_eq!(slices.len(), n as usize);
	}

	#[benchmark]
	fn read_number() {
		let (_, coin) = holder::<T>("caller", 1);
		let held;
		#[block]
		{
			held = Held::<T>::get(coin);
		}
		assert!(held > 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
