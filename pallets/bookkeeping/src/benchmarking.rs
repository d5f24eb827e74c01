//! Benchmarks: one for each function of [`WeightInfo`](crate::WeightInfo), at its worst.

use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::Get,
	traits::{fungible::Mutate, EnsureOrigin},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::{Perbill, SaturatedConversion};

use crate::{
	pallet::*, Backer, BenchmarkHelper, Chunk, Elected, MaxElected, NodeState, SlashEntry,
	SlashReason, Stake, Work, STEPS_PER_BLOCK,
};

const SEED: u32 = 0;

/// An account with money and keys.
fn funded<T: Config>(name: &'static str, number: u32) -> T::AccountId {
	let who: T::AccountId = account(name, number, SEED);
	let amount = MinBond::<T>::get().max(T::MinDelegation::get()).saturating_mul(100);
	T::Currency::set_balance(&who, amount);
	T::BenchmarkHelper::register_keys(&who);
	who
}

/// The limits as a genesis would have them.
fn limits<T: Config>() {
	MinBond::<T>::put(T::MinDelegation::get());
	MaxNodes::<T>::put(most_nodes::<T>());
}

/// As many nodes as there are seats for beside all invulnerables.
fn most_nodes<T: Config>() -> u32 {
	let left = T::MaxSeats::get().saturating_sub(T::MaxInvulnerables::get());
	T::MaxCandidates::get().min(left)
}

/// A candidate without delegations.
fn candidate<T: Config>(number: u32) -> Result<T::AccountId, BenchmarkError> {
	let node = funded::<T>("node", number);
	Pallet::<T>::do_register(node.clone(), MinBond::<T>::get(), Commissions::<T>::get().min)?;
	Ok(node)
}

/// A list of delegations that is full but for `free` places, without the accounts behind it knowing.
fn fill<T: Config>(node: &T::AccountId, free: u32) -> Result<(), BenchmarkError> {
	let count = T::MaxDelegations::get().saturating_sub(free);
	let amount = T::MinDelegation::get();
	let backers: Vec<_> = (0..count)
		.map(|number| {
			let who = account("backer", number, SEED);
			Backer { who, stake: Stake::new(amount, 0), paid_up_to: 0 }
		})
		.collect();
	Delegations::<T>::insert(node, BoundedVec::truncate_from(backers));
	Candidates::<T>::try_mutate(node, |found| {
		let found = found.as_mut().ok_or("it is a candidate")?;
		found.delegated = amount.saturating_mul(count.into());
		found.reward_per_stake = 1 << 100;
		found.pool = u128::MAX >> 32;
		Ok::<_, &str>(())
	})?;
	Outstanding::<T>::put(u128::MAX >> 2);
	Ok(())
}

/// Real delegations of `count` accounts, which have as many other chunks as may be.
fn delegations<T: Config>(node: &T::AccountId, count: u32) -> Result<(), BenchmarkError> {
	for number in 0..count {
		let who = funded::<T>("delegator", number);
		Pallet::<T>::do_delegate(who.clone(), node.clone(), T::MinDelegation::get())?;
		chunks::<T>(&who, T::MaxUnbonding::get().saturating_sub(1), 1);
	}
	Ok(())
}

/// `count` chunks of an account with nodes that were slashed, each with another.
fn chunks<T: Config>(who: &T::AccountId, count: u32, amount: u128) {
	let chunks: Vec<_> = (0..count)
		.map(|number| {
			let node: T::AccountId = account("offender", number, SEED);
			slashed::<T>(&node);
			Chunk { node, amount, since: 0, slashes_seen: 0 }
		})
		.collect();
	Unbonding::<T>::insert(who, BoundedVec::truncate_from(chunks));
}

/// Makes an account's log of slashes full.
fn slashed<T: Config>(node: &T::AccountId) {
	Slashes::<T>::mutate(node, |log| {
		for _ in 0..crate::SLASHES_KEPT {
			log.push(SlashEntry { session: 0, fraction: Perbill::from_percent(1) });
		}
	});
}

/// Full lists of elected nodes, the given one among them.
fn elected<T: Config>(node: &T::AccountId) {
	let mut nodes: Vec<_> =
		(1..MaxElected::<T>::get()).map(|number| (account("elected", number, SEED), 1)).collect();
	nodes.push((node.clone(), 1));
	nodes.sort_unstable();
	let nodes = Elected::<T>::truncate_from(nodes);
	Active::<T>::put(&nodes);
	Planned::<T>::put((0, nodes));
}

/// A full list of invulnerables, none of which is among the other accounts.
fn invulnerables<T: Config>() -> BoundedVec<T::AccountId, T::MaxInvulnerables> {
	let mut nodes: Vec<_> =
		(0..T::MaxInvulnerables::get()).map(|number| funded::<T>("seat", number)).collect();
	nodes.sort_unstable();
	let nodes = BoundedVec::truncate_from(nodes);
	Invulnerables::<T>::put(&nodes);
	nodes
}

fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register() -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = funded::<T>("node", 0);
		chunks::<T>(&node, T::MaxUnbonding::get().saturating_sub(1), 1);
		let bond = MinBond::<T>::get();
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()), bond, Commissions::<T>::get().min);
		assert!(Candidates::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn displace(c: Linear<1, { T::MaxCandidates::get() }>) -> Result<(), BenchmarkError> {
		limits::<T>();
		invulnerables::<T>();
		for number in 0..c {
			candidate::<T>(number)?;
		}
		elected::<T>(&account("elected", 0, SEED));
		let by = funded::<T>("new", 0);
		let bond = MinBond::<T>::get().saturating_mul(2);
		let looked_at;
		#[block]
		{
			looked_at = Pallet::<T>::displace_candidate(&by, bond)?;
		}
		assert_eq!(looked_at, c);
		assert_eq!(DissolveQueue::<T>::decode_len(), Some(1));
		Ok(())
	}

	#[benchmark]
	fn leave() -> Result<(), BenchmarkError> {
		limits::<T>();
		invulnerables::<T>();
		for number in 1..T::MinNodes::get().saturating_add(1) {
			candidate::<T>(number)?;
		}
		let node = candidate::<T>(0)?;
		elected::<T>(&account("elected", 0, SEED));
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()));
		assert_eq!(DissolveQueue::<T>::get().into_inner(), vec![node]);
		Ok(())
	}

	#[benchmark]
	fn rejoin() -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		Candidates::<T>::mutate(&node, |found| {
			if let Some(found) = found {
				Pallet::<T>::set_state(found, NodeState::Idle);
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()));
		assert!(Pallet::<T>::is_standing(&node));
		Ok(())
	}

	#[benchmark]
	fn bond_extra() -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		let bond = MinBond::<T>::get();
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()), bond);
		assert_eq!(Candidates::<T>::get(node).map(|found| found.own.amount), Some(2 * bond));
		Ok(())
	}

	#[benchmark]
	fn set_commission() -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(node), Commissions::<T>::get().max);
		Ok(())
	}

	#[benchmark]
	fn delegate() -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		fill::<T>(&node, 1)?;
		delegations::<T>(&node, 1)?;
		let who = funded::<T>("new", 0);
		chunks::<T>(&who, T::MaxUnbonding::get().saturating_sub(1), 1);
		let amount = T::MinDelegation::get().saturating_mul(2);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), node.clone(), amount);
		assert_eq!(DelegatedTo::<T>::get(who).into_inner(), vec![node]);
		Ok(())
	}

	#[benchmark]
	fn unbond() -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		fill::<T>(&node, 1)?;
		delegations::<T>(&node, 1)?;
		let who: T::AccountId = account("delegator", 0, SEED);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), node, T::MinDelegation::get());
		assert!(!DelegatedTo::<T>::contains_key(who));
		Ok(())
	}

	#[benchmark]
	fn withdraw(c: Linear<1, { T::MaxUnbonding::get() }>) -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		let amount = MinBond::<T>::get() / u128::from(T::MaxUnbonding::get());
		Candidates::<T>::remove(&node);
		chunks::<T>(&node, c, amount);
		CurrentSession::<T>::put(T::UnbondingSessions::get());
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()), node.clone());
		assert!(!Unbonding::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn claim(d: Linear<0, { T::MaxDelegationsPerAccount::get() }>) -> Result<(), BenchmarkError> {
		limits::<T>();
		let who = candidate::<T>(0)?;
		for number in 0..d {
			let node = candidate::<T>(number.saturating_add(1))?;
			fill::<T>(&node, 1)?;
			Pallet::<T>::do_delegate(who.clone(), node.clone(), T::MinDelegation::get())?;
			Candidates::<T>::mutate(&node, |found| {
				if let Some(found) = found {
					found.reward_per_stake = found.reward_per_stake.saturating_add(1 << 64);
				}
			});
		}
		T::Currency::set_balance(&Pallet::<T>::pot(), u128::MAX >> 3);
		Claimable::<T>::insert(&who, 1_000);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));
		assert!(!Claimable::<T>::contains_key(who));
		Ok(())
	}

	#[benchmark]
	fn evict() -> Result<(), BenchmarkError> {
		limits::<T>();
		invulnerables::<T>();
		for number in 0..T::MaxCandidates::get() {
			candidate::<T>(number)?;
		}
		MinBond::<T>::put(u128::MAX);
		elected::<T>(&account("elected", 0, SEED));
		let node: T::AccountId = account("node", 0, SEED);
		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), node.clone());
		assert_eq!(DissolveQueue::<T>::get().into_inner(), vec![node]);
		Ok(())
	}

	#[benchmark]
	fn set_invulnerables(
		n: Linear<1, { T::MaxInvulnerables::get() }>,
	) -> Result<(), BenchmarkError> {
		limits::<T>();
		let origin = admin::<T>()?;
		for former in invulnerables::<T>() {
			LastActive::<T>::insert(former, 1);
		}
		for number in 0..T::MinNodes::get() {
			candidate::<T>(number)?;
		}
		let nodes: Vec<_> = (0..n).map(|number| funded::<T>("next", number)).collect();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, BoundedVec::truncate_from(nodes));
		assert_eq!(Invulnerables::<T>::decode_len(), Some(n as usize));
		Ok(())
	}

	#[benchmark]
	fn set_max_nodes() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		invulnerables::<T>();
		let nodes = most_nodes::<T>();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, nodes);
		assert_eq!(MaxNodes::<T>::get(), nodes);
		Ok(())
	}

	#[benchmark]
	fn set_min_bond() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 7);
		assert_eq!(MinBond::<T>::get(), 7);
		Ok(())
	}

	#[benchmark]
	fn set_commission_bounds() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let bound = Perbill::from_percent(7);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, bound, bound);
		assert!(Commissions::<T>::get().contain(bound));
		Ok(())
	}

	#[benchmark]
	fn on_initialize(d: Linear<0, STEPS_PER_BLOCK>) -> Result<(), BenchmarkError> {
		limits::<T>();
		let node = candidate::<T>(0)?;
		if d > 0 {
			fill::<T>(&node, d)?;
			delegations::<T>(&node, d)?;
			if let Some(found) = Candidates::<T>::get(&node) {
				Pallet::<T>::begin_dissolving(node.clone(), found);
			}
			slashed::<T>(&node);
		}
		let steps;
		#[block]
		{
			steps = Pallet::<T>::dissolve(d);
		}
		assert_eq!(steps, (d > 0).then_some(d));
		Ok(())
	}

	#[benchmark]
	fn note_block(p: Linear<0, { T::MaxPackages::get() }>) -> Result<(), BenchmarkError> {
		limits::<T>();
		let assembler = candidate::<T>(0)?;
		let places = T::MaxCandidates::get().saturating_sub(1).min(p);
		let mut packages = Vec::new();
		for number in 0..p {
			let node = if number < places {
				let node = candidate::<T>(number.saturating_add(1))?;
				fill::<T>(&node, 0)?;
				node
			} else {
				funded::<T>("seat", number)
			};
			BlockFees::<T>::append((number, 1u128));
			let extrinsics = number..number.saturating_add(1);
			packages.push(Work { packager: node, weight: 1, extrinsics });
		}
		Outstanding::<T>::put(0);
		T::Currency::set_balance(&Pallet::<T>::pot(), MinBond::<T>::get());
		#[block]
		{
			Pallet::<T>::note_work(&assembler, &packages, 2, 1);
		}
		assert!(Outstanding::<T>::get() > 0);
		Ok(())
	}

	#[benchmark]
	fn end_session(n: Linear<1, { MaxElected::<T>::get() }>) -> Result<(), BenchmarkError> {
		limits::<T>();
		invulnerables::<T>();
		let mut nodes = Vec::new();
		for number in 0..n.min(T::MaxCandidates::get()) {
			nodes.push((candidate::<T>(number)?, u64::MAX));
		}
		nodes.sort_unstable();
		for (node, _) in &nodes {
			Candidates::<T>::mutate(node, |found| {
				if let Some(found) = found {
					found.absent = T::KickAfter::get();
				}
			});
		}
		Active::<T>::put(Elected::<T>::truncate_from(nodes));
		SessionProgress::<T>::mutate(|progress| progress.blocks = u32::MAX);
		#[block]
		{
			Pallet::<T>::judge_absence();
		}
		assert!(StandingCount::<T>::get() <= T::MinNodes::get());
		Ok(())
	}

	#[benchmark]
	fn new_session(c: Linear<1, { T::MaxCandidates::get() }>) -> Result<(), BenchmarkError> {
		limits::<T>();
		invulnerables::<T>();
		for number in 0..c {
			let node = candidate::<T>(number)?;
			fill::<T>(&node, 0)?;
		}
		let accounts;
		#[block]
		{
			accounts = Pallet::<T>::plan(1);
			Pallet::<T>::dissolve_former();
		}
		let seats = T::MaxInvulnerables::get().saturating_add(c.min(most_nodes::<T>()));
		assert_eq!(accounts.map(|nodes| nodes.len()), Some(seats.saturated_into()));
		Ok(())
	}

	#[benchmark]
	fn slash() -> Result<(), BenchmarkError> {
		limits::<T>();
		invulnerables::<T>();
		let node = candidate::<T>(0)?;
		let reporter = funded::<T>("reporter", 0);
		elected::<T>(&node);
		chunks::<T>(&node, T::MaxUnbonding::get().saturating_sub(1), 1);
		let fraction = Perbill::from_percent(10);
		#[block]
		{
			let reason = SlashReason::DoubleBlock;
			Pallet::<T>::slash(&node, 0, fraction, Some(&reporter), reason)?;
		}
		assert_eq!(Slashes::<T>::get(node).count, 1);
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::genesis(Vec::new(), Vec::new()),
		crate::mock::Test
	);
}
