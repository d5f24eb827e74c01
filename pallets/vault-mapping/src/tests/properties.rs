//! Whatever happens in whatever order, here and on the vault's chain, the invariants hold after each step.

use super::chain::{refuses, Chain};
use crate::{mock::*, Call, Event, PausedDirections};
use fusion_asset_mapping_primitives::{vault::VaultObservation, IntentId};
use fusion_dcrm_primitives::{traits::OnSignature, Purpose};
use proptest::prelude::*;
use sp_runtime::{traits::Dispatchable, AccountId32};
use std::collections::{BTreeMap, BTreeSet};

/// A step. Numbers choose among what is there, and now and then beside it.
#[derive(Clone, Debug)]
enum Step {
	RequestLockIn { who: u8 },
	Send { index: u8, asset: u32, amount: u128 },
	Sweep,
	RequestLockOut { who: u8, asset: u32, permille: u128, max_fee: u128 },
	Cancel { who: u8, back: u8 },
	Transfer { from: u8, to: u8, amount: u128 },
	Blocks { count: u32 },
	Sign { count: usize },
	Execute { choice: usize, with_fee: bool },
	Claim { choice: usize },
	Recall { who: u8, choice: usize },
	BringOrder,
	Witness { members: u8, choice: usize },
	WitnessAll,
	Expire { members: u8 },
	Lie { members: u8, batch: u8, unpaid: u64 },
	Reorganize { choice: usize },
	Resume,
	Cover { who: u8, asset: u32, amount: u128 },
	SetGasPrice { gas_price: u64 },
	Limit { asset: u32, most: Option<u128> },
	ClaimDeposit { choice: usize },
	Pause { lock_in: bool, lock_out: bool },
	LimitRequests { left: u32 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let who = 1..4u8;
	let asset = prop_oneof![2 => Just(ETH), 1 => Just(USD)];
	let amount = prop_oneof![1 => 1..2_000u128, 4 => 2_000..2_000_000u128];
	// Mostly enough members.
	let members = prop_oneof![3 => Just(0b0111u8), 3 => Just(0b1110u8), 1 => 0..=15u8];
	let step = prop_oneof![
		3 => who.clone().prop_map(|who| Step::RequestLockIn { who }),
		12 => (0..6u8, asset.clone(), amount.clone())
			.prop_map(|(index, asset, amount)| Step::Send { index, asset, amount }),
		8 => Just(Step::Sweep),
		16 => (who.clone(), asset.clone(), 0..700u128, 40_000..200_000u128).prop_map(
			|(who, asset, permille, max_fee)| Step::RequestLockOut { who, asset, permille, max_fee }
		),
		3 => (who.clone(), 0..6u8).prop_map(|(who, back)| Step::Cancel { who, back }),
		2 => (who.clone(), 1..5u8, 0..100_000u128)
			.prop_map(|(from, to, amount)| Step::Transfer { from, to, amount }),
		14 => (1..2 * INTERVAL).prop_map(|count| Step::Blocks { count }),
		// A batch or an order is not brought for long.
		2 => (100..130u32).prop_map(|count| Step::Blocks { count }),
		12 => (1..8usize).prop_map(|count| Step::Sign { count }),
		14 => (0..3usize, prop::bool::weighted(0.8))
			.prop_map(|(choice, with_fee)| Step::Execute { choice, with_fee }),
		4 => (0..3usize).prop_map(|choice| Step::Claim { choice }),
		6 => (who.clone(), 0..4usize).prop_map(|(who, choice)| Step::Recall { who, choice }),
		8 => Just(Step::BringOrder),
		14 => (members.clone(), 0..3usize)
			.prop_map(|(members, choice)| Step::Witness { members, choice }),
		8 => Just(Step::WitnessAll),
		6 => members.prop_map(|members| Step::Expire { members }),
		// Two of the four are dishonest: one fewer than it takes.
		3 => (1..4u8, 0..3u8, 0..4u64)
			.prop_map(|(members, batch, unpaid)| Step::Lie { members, batch, unpaid }),
		2 => (0..8usize).prop_map(|choice| Step::Reorganize { choice }),
		4 => Just(Step::Resume),
		2 => (who, asset.clone(), amount)
			.prop_map(|(who, asset, amount)| Step::Cover { who, asset, amount }),
		2 => (1..5u64).prop_map(|gas_price| Step::SetGasPrice { gas_price }),
		1 => (asset, prop_oneof![2 => Just(None), 1 => (0..1_000_000u128).prop_map(Some)])
			.prop_map(|(asset, most)| Step::Limit { asset, most }),
		3 => (0..8usize).prop_map(|choice| Step::ClaimDeposit { choice }),
		1 => (prop::bool::weighted(0.2), prop::bool::weighted(0.2))
			.prop_map(|(lock_in, lock_out)| Step::Pause { lock_in, lock_out }),
		1 => prop_oneof![3 => Just(u32::MAX), 1 => 0..3u32]
			.prop_map(|left| Step::LimitRequests { left }),
	];
	prop::collection::vec(step, 1..120)
}

/// What must stay true over the whole life of the chain, and so is not in storage.
#[derive(Default)]
struct History {
	/// Where each intent's coins go. All are different.
	payees: BTreeMap<IntentId, fusion_ethereum_primitives::Address>,
	/// Intents whose coins were burnt.
	settled: BTreeSet<IntentId>,
	/// Intents whose coins went back.
	returned: BTreeSet<IntentId>,
	credited: BTreeSet<fusion_asset_mapping_primitives::vault::EventId>,
	minted: BTreeMap<u32, u128>,
	executed: usize,
	failed: usize,
	claimed: usize,
	recalled: usize,
	expired: usize,
	gone: usize,
}

impl History {
	fn note(&mut self, event: Event<Test>) {
		match event {
			Event::DepositCredited { asset, amount, event, .. } => {
				assert!(self.credited.insert(event), "a deposit was credited twice");
				*self.minted.entry(asset).or_default() += amount;
			},
			Event::LockOutRequested { intent, to, .. } => {
				self.payees.insert(intent, to);
			},
			Event::LockOutSettled { intent, .. } => self.settle(intent),
			Event::PayoutClaimed { intent, .. } => {
				self.claimed += 1;
				self.settle(intent);
			},
			Event::LockOutCancelled { intent } => self.give_back(intent),
			Event::PayoutRecalled { intent, .. } => {
				self.recalled += 1;
				self.give_back(intent);
			},
			Event::BatchExecuted { .. } => self.executed += 1,
			Event::PayoutFailed { .. } => self.failed += 1,
			Event::BatchExpired { .. } => self.expired += 1,
			Event::DepositGone { .. } => self.gone += 1,
			Event::DecisionFailed { subject, error } => {
				panic!("{subject:?} could not be acted on: {error:?}");
			},
			_ => {},
		}
	}

	fn settle(&mut self, intent: IntentId) {
		assert!(self.settled.insert(intent), "an intent was settled twice");
		assert!(!self.returned.contains(&intent), "an intent was settled and given back");
	}

	fn give_back(&mut self, intent: IntentId) {
		assert!(self.returned.insert(intent), "an intent was given back twice");
		assert!(!self.settled.contains(&intent), "an intent was given back and settled");
	}

	/// Nobody was paid twice there, nor paid there and given back here.
	fn check(&self, chain: &Chain) {
		for (intent, to) in &self.payees {
			let paid = chain.paid.get(to).map_or(0, Vec::len);
			assert!(paid <= 1, "intent {intent} was paid {paid} times");
			assert!(paid == 0 || !self.returned.contains(intent), "{intent} is paid and back");
			assert!(paid == 1 || !self.settled.contains(intent), "{intent} is burnt and unpaid");
		}
	}
}

fn account(who: u8) -> AccountId32 {
	AccountId32::new([who; 32])
}

fn dispatch(call: Call<Test>, origin: RuntimeOrigin) {
	// Refused or not: what a refused call leaves behind is what is tested here.
	let _ = RuntimeCall::VaultMapping(call).dispatch(origin);
}

fn signed_by(who: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(who))
}

fn say(observation: &VaultObservation, members: u8) {
	for i in (0..4u8).filter(|i| members & (1 << i) != 0) {
		// `submit` panics if what the pool let in then fails.
		let _ = submit(signed(i, observation.clone()));
	}
}

/// Signatures arrive for the oldest requests. Now and then one is of something else, or comes twice.
fn sign(count: usize) {
	let mut requests = Requests::get();
	for (id, request) in requests.drain(..count.min(requests.len())) {
		let signature = Groups::sign(&request);
		VaultMapping::on_signature(Purpose::Test, id, signature);
		VaultMapping::on_signature(request.purpose, id, signature);
		VaultMapping::on_signature(request.purpose, id, [0; 64]);
	}
	Requests::set(&requests);
}

fn bring_order(chain: &mut Chain) {
	let signature = crate::TheOrder::<Test>::get().and_then(|open| open.signature);
	if let Some((view, signature)) = VaultMapping::order().zip(signature) {
		assert!(view.calldata.is_some());
		chain.order(&view, &signature);
	}
}

fn witness_all(chain: &mut Chain) {
	// Words on other things make room after a while.
	for log in chain.logs.clone() {
		say(&log.observation, 0b1111);
		chain.forget_decided();
	}
}

fn take(step: Step, chain: &mut Chain) {
	match step {
		Step::RequestLockIn { who } => dispatch(Call::request_lock_in {}, signed_by(who)),
		Step::Send { index, asset, amount } => {
			let index = u64::from(index) % crate::NextDeposit::<Test>::get().max(1);
			chain.send(index, asset, amount);
		},
		Step::Sweep => chain.sweep(),
		Step::RequestLockOut { who, asset, permille, max_fee } => {
			let amount = balance(asset, &account(who)) * permille / 1_000;
			let to = payee(crate::NextIntent::<Test>::get()).to_checksum();
			let destination = to.into_bytes().try_into().unwrap();
			let call = Call::request_lock_out { asset, amount, destination, max_fee };
			dispatch(call, signed_by(who));
		},
		Step::Cancel { who, back } => {
			let intent = crate::NextIntent::<Test>::get().saturating_sub(back.into());
			dispatch(Call::cancel_lock_out { intent }, signed_by(who));
		},
		Step::Transfer { from, to, amount } => {
			let target = if to == 4 { VaultMapping::account_id() } else { account(to) };
			let call = pallet_assets::Call::transfer { id: ETH, target, amount };
			let _ = RuntimeCall::Assets(call).dispatch(signed_by(from));
		},
		Step::Blocks { count } => run_to(System::block_number() + count),
		Step::Sign { count } => sign(count),
		Step::Execute { choice, with_fee } => {
			if let Some(view) = VaultMapping::open_batches().get(choice) {
				chain.execute(view, with_fee);
				assert!(!chain.execute(view, with_fee), "a number was used twice");
			}
		},
		Step::Claim { choice } => chain.claim(choice),
		Step::Recall { who, choice } => {
			if let Some((batch, index, _)) = crate::Unpaid::<Test>::iter().nth(choice) {
				dispatch(Call::recall { batch, index }, signed_by(who));
			}
		},
		Step::BringOrder => bring_order(chain),
		Step::Witness { members, choice } => {
			if let Some(log) = chain.logs.get(choice) {
				say(&log.observation, members);
			}
		},
		Step::WitnessAll => witness_all(chain),
		Step::Expire { members } => {
			let open = VaultMapping::open_batches();
			if let Some(expired) = open.iter().find_map(|view| chain.expired(view)) {
				say(&expired, members);
			}
		},
		Step::Lie { members, batch, unpaid } => {
			let batch = crate::NextBatch::<Test>::get().saturating_sub(batch.into());
			say(&executed(batch, 0, unpaid), members);
		},
		Step::Reorganize { choice } => chain.reorganize(choice),
		Step::Resume => dispatch(Call::resume {}, RuntimeOrigin::signed(GUARD)),
		Step::Cover { who, asset, amount } => {
			dispatch(Call::cover_deficit { asset, amount }, signed_by(who));
		},
		Step::SetGasPrice { gas_price } => {
			let parameters = crate::Parameters { gas_price, ..PARAMETERS };
			dispatch(Call::set_parameters { parameters }, RuntimeOrigin::root());
		},
		Step::Limit { asset, most } => {
			let limits = crate::Limits { maximum_issued: most, ..LIMITS };
			dispatch(Call::set_limits { asset, limits }, RuntimeOrigin::root());
		},
		Step::ClaimDeposit { choice } => {
			if let Some(deposit) = chain.collected.get(choice) {
				dispatch(Call::claim_deposit { event: deposit.event }, signed_by(1));
			}
		},
		Step::Pause { lock_in, lock_out } => dispatch(
			Call::set_paused { asset: None, paused: PausedDirections { lock_in, lock_out } },
			RuntimeOrigin::signed(GUARD),
		),
		Step::LimitRequests { left } => RequestsLeft::set(&left),
	}
}

fn check(history: &mut History, chain: &mut Chain, shown: &str) {
	for event in events() {
		history.note(event);
	}
	System::reset_events();
	chain.forget_decided();
	if let Err(error) = VaultMapping::do_try_state() {
		panic!("after {shown}: {error:?}");
	}
	history.check(chain);
	for asset in [ETH, USD] {
		let held = sums(asset).0 as i128;
		let there = chain.witnessed(asset);
		assert!(there >= held, "after {shown}: {there} of {asset} are there, not {held}");
		let all: u128 = (1..4)
			.map(account)
			.chain([VaultMapping::account_id()])
			.map(|a| balance(asset, &a))
			.sum();
		assert_eq!(all, issued(asset), "after {shown}");
	}
}

/// Runs the steps, with all checks after each, and then lets everything come to its end. Gives what happened.
fn run(steps: Vec<Step>) -> History {
	let mut history = History::default();
	new_test_ext().execute_with(|| {
		let mut chain = Chain::default();
		for who in 1..4 {
			let index = request_lock_in(&account(who));
			chain.send(index, ETH, 1_000_000);
			chain.send(index, USD, 100_000);
		}
		for step in steps {
			let shown = format!("{step:?}");
			take(step, &mut chain);
			check(&mut history, &mut chain, &shown);
		}
		finish(&mut history, &mut chain);
	});
	history
}

/// All work, nobody is paused, and every batch and order is brought: nothing stays open.
fn finish(history: &mut History, chain: &mut Chain) {
	RequestsLeft::set(&u32::MAX);
	let guard = || RuntimeOrigin::signed(GUARD);
	let paused = PausedDirections::default();
	for _ in 0..40 {
		dispatch(Call::set_paused { asset: None, paused }, guard());
		dispatch(Call::resume {}, guard());
		run_to_batch();
		sign(usize::MAX);
		// Votes on what is not so, and on other blocks, have to expire.
		run_to(System::block_number() + VOTE_LIFETIME);
		for view in VaultMapping::open_batches() {
			if !chain.execute(&view, true) {
				chain.execute(&view, false);
			}
			if let Some(expired) = chain.expired(&view) {
				say(&expired, 0b1111);
			}
		}
		bring_order(chain);
		witness_all(chain);
		check(history, chain, "the end");
	}
	assert!(chain.is_settled(), "nobody heard of {:?}", chain.logs);
	assert_eq!(VaultMapping::open_batches(), vec![], "a batch is open");
	assert_eq!(VaultMapping::order(), None, "an order is open");
	for (_, intent) in crate::Intents::<Test>::iter() {
		assert!(intent.skipped.is_some(), "{intent:?} waits without a reason");
	}
	for (_, _, unpaid) in crate::Unpaid::<Test>::iter() {
		let payout = unpaid.payout;
		assert!(!unpaid.recalling, "{unpaid:?} was not taken back");
		assert!(refuses(&payout.to) || history.gone > 0, "{unpaid:?} could have been paid");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn invariants_should_hold_after_each_step_when_steps_are_random(steps in steps()) {
		run(steps);
	}
}

#[test]
fn random_steps_should_reach_every_end_when_there_are_enough_of_them() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	// Otherwise the test above would prove little.
	let mut runner = TestRunner::deterministic();
	let strategy = prop::collection::vec(steps(), 60..61);
	let runs = strategy.new_tree(&mut runner).unwrap().current();
	let mut reached = [0; 8];
	for steps in runs {
		let history = run(steps);
		let counts = [
			history.credited.len(),
			history.settled.len(),
			history.executed,
			history.failed,
			history.claimed,
			history.recalled,
			history.expired,
			history.gone,
		];
		for (sum, count) in reached.iter_mut().zip(counts) {
			*sum += count;
		}
	}
	assert!(reached.iter().all(|count| *count >= 3), "{reached:?}");
}
