//! Whatever happens in whatever order, the invariants hold after each step.

use crate::{mock::*, Call, Event, Intents, Parameters, PausedDirections};
use fusion_asset_mapping_primitives::{BatchId, IntentId, Observation, OutPoint};
use fusion_dcrm_primitives::traits::OnSignature;
use proptest::prelude::*;
use sp_runtime::traits::Dispatchable;
use std::collections::BTreeSet;

/// A step. Numbers choose among what is there, and now and then beside it.
#[derive(Clone, Debug)]
enum Step {
	RequestLockIn { who: u64, lead: u32 },
	Deposit { outpoint: u8, index: u8, amount: u64, members: u8 },
	RequestLockOut { who: u64, permille: u64, max_fee: u64 },
	Cancel { who: u64, back: u8 },
	Transfer { from: u64, to: u64, amount: u128 },
	Blocks { count: u32 },
	Sign { count: usize, garbled: bool },
	Settle { back: u8, members: u8, wrong: bool },
	SetFeeRate { fee_rate: u64 },
	SetMinimum { minimum_deposit: u64 },
	Pause { lock_in: bool, lock_out: bool },
	Activate { group: Option<u32> },
	LimitRequests { left: u32 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let who = 1..4u64;
	let amount = prop_oneof![1 => 0..3_000u64, 4 => 3_000..200_000u64];
	// Mostly enough members.
	let members = prop_oneof![3 => Just(0b0111u8), 3 => Just(0b1110u8), 1 => 0..=255u8];
	let max_fee = prop_oneof![1 => 0..2_000u64, 4 => 2_000..20_000u64];
	let step = prop_oneof![
		4 => (who.clone(), 0..200u32).prop_map(|(who, lead)| Step::RequestLockIn { who, lead }),
		16 => (0..80u8, 0..8u8, amount, members.clone()).prop_map(
			|(outpoint, index, amount, members)| Step::Deposit { outpoint, index, amount, members }
		),
		16 => (who.clone(), 0..1_100u64, max_fee).prop_map(
			|(who, permille, max_fee)| Step::RequestLockOut { who, permille, max_fee }
		),
		10 => (who.clone(), 0..6u8).prop_map(|(who, back)| Step::Cancel { who, back }),
		2 => (who, 1..5u64, 0..100_000u128)
			.prop_map(|(from, to, amount)| Step::Transfer { from, to, amount }),
		16 => (1..2 * INTERVAL).prop_map(|count| Step::Blocks { count }),
		12 => (1..8usize, prop::bool::weighted(0.1))
			.prop_map(|(count, garbled)| Step::Sign { count, garbled }),
		16 => (0..4u8, members, prop::bool::weighted(0.1))
			.prop_map(|(back, members, wrong)| Step::Settle { back, members, wrong }),
		2 => (0..40u64).prop_map(|fee_rate| Step::SetFeeRate { fee_rate }),
		1 => (0..5_000u64).prop_map(|minimum_deposit| Step::SetMinimum { minimum_deposit }),
		1 => (prop::bool::weighted(0.2), prop::bool::weighted(0.2))
			.prop_map(|(lock_in, lock_out)| Step::Pause { lock_in, lock_out }),
		2 => prop_oneof![8 => Just(Some(0)), 1 => Just(Some(1)), 1 => Just(None)]
			.prop_map(|group| Step::Activate { group }),
		2 => prop_oneof![3 => Just(u32::MAX), 1 => 0..3u32]
			.prop_map(|left| Step::LimitRequests { left }),
	];
	prop::collection::vec(step, 1..100)
}

/// What must stay true over the whole life of the chain, and so is not in storage.
#[derive(Default)]
struct History {
	credited: BTreeSet<OutPoint>,
	paid: BTreeSet<IntentId>,
	cancelled: BTreeSet<IntentId>,
	batched: BTreeSet<IntentId>,
	minted: u128,
	burnt: u128,
}

impl History {
	fn note(&mut self, event: Event<Test>) {
		match event {
			Event::DepositCredited { amount, outpoint, .. } => {
				assert!(self.credited.insert(outpoint), "a deposit was credited twice");
				self.minted += u128::from(amount);
			},
			Event::LockOutSettled { intent, amount, .. } => {
				assert!(self.paid.insert(intent), "an intent was paid twice");
				assert!(!self.cancelled.contains(&intent), "a cancelled intent was paid");
				self.burnt += u128::from(amount);
			},
			Event::LockOutCancelled { intent, .. } => {
				assert!(self.cancelled.insert(intent), "an intent was cancelled twice");
				assert!(!self.batched.contains(&intent), "an intent in a batch was cancelled");
			},
			Event::BatchCreated { batch, intents, fee_each, .. } => {
				for intent in intents {
					assert!(self.batched.insert(intent), "an intent was in two batches");
					check_payment(batch, intent, fee_each);
				}
			},
			_ => {},
		}
	}
}

/// An intent never pays more than it allows, and gets the rest.
fn check_payment(batch: BatchId, intent: IntentId, fee_each: u64) {
	let batch = attempt_at(batch, 0);
	let position = batch.intents.iter().position(|id| *id == intent).unwrap();
	let intent = Intents::<Test>::get(intent).unwrap();
	assert!(fee_each <= intent.max_fee, "an intent pays more than it allows");
	let output = &batch.template.outputs[position];
	assert_eq!(output.amount, intent.amount - fee_each);
	assert_eq!(output.destination, intent.destination);
}

fn dispatch(call: Call<Test>, origin: RuntimeOrigin) {
	// Refused or not: what a refused call leaves behind is what is tested here.
	let _ = RuntimeCall::AssetMapping(call).dispatch(origin);
}

fn say(observation: &Observation, members: u8) {
	for i in (0..8u8).filter(|i| members & (1 << i) != 0) {
		// `submit` panics if what the pool let in then fails.
		let _ = submit(signed(i, observation.clone()));
	}
}

fn text(seed: u64) -> fusion_asset_mapping_primitives::AddressText {
	address(seed as u8).into_bytes().try_into().unwrap()
}

fn set(change: impl FnOnce(&mut Parameters)) {
	let mut parameters = crate::Params::<Test>::get();
	change(&mut parameters);
	dispatch(Call::set_parameters { parameters }, RuntimeOrigin::root());
}

fn take(step: Step) {
	match step {
		Step::RequestLockIn { who, lead } => {
			let deadline = System::block_number() + lead;
			let call = Call::request_lock_in { refund_address: text(who), deadline };
			dispatch(call, RuntimeOrigin::signed(who));
		},
		Step::Deposit { outpoint, index, amount, members } => {
			let outpoint = OutPoint { txid: [outpoint / 2; 32], vout: (outpoint % 2).into() };
			let index = u64::from(index) % (crate::NextDeposit::<Test>::get() + 1);
			say(&deposit_at(outpoint, index, amount), members);
		},
		Step::RequestLockOut { who, permille, max_fee } => {
			let amount = balance(who) as u64 * permille / 1_000;
			let call = Call::request_lock_out { amount, destination: text(who), max_fee };
			dispatch(call, RuntimeOrigin::signed(who));
		},
		Step::Cancel { who, back } => {
			let intent = crate::NextIntent::<Test>::get().saturating_sub(back.into());
			dispatch(Call::cancel_lock_out { intent }, RuntimeOrigin::signed(who));
		},
		Step::Transfer { from, to, amount } => {
			let to = if to == 4 { AssetMapping::account_id() } else { to };
			let call = pallet_assets::Call::transfer { id: BTC, target: to, amount };
			let _ = RuntimeCall::Assets(call).dispatch(RuntimeOrigin::signed(from));
		},
		Step::Blocks { count } => run_to(System::block_number() + count),
		Step::Sign { count, garbled } => {
			let mut requests = Requests::get();
			for (id, request) in requests.drain(..count.min(requests.len())) {
				if garbled {
					AssetMapping::on_signature(fusion_dcrm_primitives::Purpose::Test, id, [0; 64]);
				}
				AssetMapping::on_signature(request.purpose, id, Groups::sign(&request));
			}
			Requests::set(&requests);
		},
		Step::Settle { back, members, wrong } => {
			let batch = crate::NextBatch::<Test>::get().saturating_sub(back.into());
			let attempt = AssetMapping::open_batches()
				.into_iter()
				.filter(|view| view.id == batch)
				.map(|view| view.attempt)
				.max()
				.unwrap_or(0);
			let known = crate::Attempts::<Test>::get(batch, attempt).map(|attempt| attempt.txid);
			let txid = known.filter(|_| !wrong).unwrap_or([0xab; 32]);
			say(&Observation::Settled { batch, attempt, txid, height: 9, block: [9; 32] }, members);
		},
		Step::SetFeeRate { fee_rate } => set(|parameters| parameters.fee_rate = fee_rate),
		Step::SetMinimum { minimum_deposit } => {
			set(|parameters| parameters.minimum_deposit = minimum_deposit);
		},
		Step::Pause { lock_in, lock_out } => dispatch(
			Call::set_paused { paused: PausedDirections { lock_in, lock_out } },
			RuntimeOrigin::signed(GUARD),
		),
		Step::Activate { group } => ActiveGroup::set(&group),
		Step::LimitRequests { left } => RequestsLeft::set(&left),
	}
}

fn balances() -> u128 {
	(1..4).chain([AssetMapping::account_id()]).map(balance).sum()
}

/// Runs the steps, with all checks after each. Gives what happened.
fn run(steps: Vec<Step>) -> History {
	let mut history = History::default();
	new_test_ext().execute_with(|| {
		for who in [ALICE, BOB, CHARLIE] {
			request_lock_in(who);
		}
		for step in steps {
			System::reset_events();
			let shown = format!("{step:?}");
			take(step);
			for event in events() {
				history.note(event);
			}
			if let Err(error) = AssetMapping::do_try_state() {
				panic!("after {shown}: {error:?}");
			}
			assert_eq!(issued(), history.minted - history.burnt, "after {shown}");
			assert_eq!(balances(), issued(), "after {shown}");
		}
	});
	history
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn invariants_should_hold_after_each_step_when_steps_are_random(steps in steps()) {
		run(steps);
	}
}

#[test]
fn random_steps_should_reach_settlements_when_there_are_enough_of_them() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	// Otherwise the test above would prove little.
	let mut runner = TestRunner::deterministic();
	let strategy = prop::collection::vec(steps(), 40..41);
	let runs = strategy.new_tree(&mut runner).unwrap().current();
	let (mut credited, mut batched, mut paid, mut cancelled) = (0, 0, 0, 0);
	for steps in runs {
		let history = run(steps);
		credited += history.credited.len();
		batched += history.batched.len();
		paid += history.paid.len();
		cancelled += history.cancelled.len();
	}
	let reached = [credited, batched, paid, cancelled];
	assert!(reached.iter().all(|count| *count >= 5), "{reached:?}");
}
