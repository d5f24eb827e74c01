//! Random schedules: every due run ran, or was refunded, retried or refused with a reason; deposits are conserved.

use crate::{mock::*, types::Removal, Event, Rows};
use fusion_calling_list_primitives::{
	schedule::Schedule, AfterFailure, Condition, Missed, Reason, RowId, RowState, Tier,
};
use proptest::prelude::*;
use sp_core::H256;
use std::collections::BTreeMap;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
	Register { kind: u8, number: u8, policy: u8, rich: bool },
	Cancel(u8),
	TopUp(u8),
	Pause(u8),
	Resume(u8),
	Trigger { row: u8, by_node: bool, first: bool, gas: bool },
	Behave(u8),
	Say(u8),
	Price(u8),
	Log(u8),
	Blocks(u8),
	Stop(u8),
	ListPaused(bool),
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		4 => (0..7_u8, 1..12_u8, any::<u8>(), prop::bool::weighted(0.8)).prop_map(
			|(kind, number, policy, rich)| Step::Register { kind, number, policy, rich }
		),
		1 => any::<u8>().prop_map(Step::Cancel),
		1 => any::<u8>().prop_map(Step::TopUp),
		1 => any::<u8>().prop_map(Step::Pause),
		1 => any::<u8>().prop_map(Step::Resume),
		8 => (
			any::<u8>(),
			any::<bool>(),
			prop::bool::weighted(0.7),
			prop::bool::weighted(0.9),
		)
			.prop_map(|(row, by_node, first, gas)| Step::Trigger { row, by_node, first, gas }),
		2 => (0..6_u8).prop_map(Step::Behave),
		1 => (0..3_u8).prop_map(Step::Say),
		1 => (1..120_u8).prop_map(Step::Price),
		2 => (0..2_u8).prop_map(Step::Log),
		6 => (1..6_u8).prop_map(Step::Blocks),
		1 => (1..200_u8).prop_map(Step::Stop),
		1 => prop::bool::weighted(0.2).prop_map(Step::ListPaused),
	]
}

fn registration(kind: u8, number: u8, policy: u8, rich: bool) -> crate::Registration {
	let (block, now) = (System::block_number(), Now::get());
	let every = u32::from(number);
	let condition = match kind {
		0 => Condition::Time(Schedule::AtBlock(block + every)),
		1 => Condition::Time(Schedule::EveryBlocks { first: block + every, every }),
		2 => Condition::Time(Schedule::AtTime(now + u64::from(number) * 7)),
		3 => Condition::Time(Schedule::EverySeconds { first: now, every: 5 + u64::from(number) }),
		4 => {
			Condition::Log { emitter: EMITTER, topic0: H256::from_low_u64_be((number % 2).into()) }
		},
		_ => Condition::Check { checker: CONTRACT, every },
	};
	let mut registration = with(when(condition), |terms| {
		terms.tier = if policy & 1 == 0 { Tier::BestEffort } else { Tier::Guaranteed };
		terms.missed = [Missed::Skip, Missed::Once, Missed::All][usize::from(policy >> 1) % 3];
		terms.after_failure = [AfterFailure::Pause, AfterFailure::Remove, AfterFailure::GoOn]
			[usize::from(policy >> 3) % 3];
		terms.retries = (policy >> 5) % 3;
		terms.expires_at = policy.is_multiple_of(11).then(|| block + 20);
		terms.max_runs = policy.is_multiple_of(5).then_some(3);
	});
	if !rich {
		registration.deposit = 3_000_000;
	}
	registration
}

/// What is known of rows from outside.
#[derive(Default)]
struct Watch {
	/// Runs and reasons that were told, by row.
	told: BTreeMap<RowId, u32>,
	/// How often a row became due.
	due: BTreeMap<RowId, u32>,
	/// Rows that were removed.
	removed: BTreeMap<RowId, Removal>,
	paid: u128,
}

impl Watch {
	fn look(&mut self) {
		for event in events() {
			match event {
				Event::BecameDue { id } => *self.due.entry(id).or_default() += 1,
				Event::Tried { id, cost, sender, .. } => {
					*self.told.entry(id).or_default() += 1;
					if sender != trigger_account() {
						self.paid += cost;
					}
				},
				Event::DidNotRun { id, .. } => *self.told.entry(id).or_default() += 1,
				Event::Paused { id, .. } => *self.told.entry(id).or_default() += 1,
				Event::Removed { id, why, .. } => {
					self.removed.insert(id, why);
				},
				_ => {},
			}
		}
		System::reset_events();
	}
}

fn act(step: &Step) {
	let count = crate::NextRow::<Test>::get().max(1);
	let pick = |number: &u8| u64::from(*number) % count + 1;
	match step {
		Step::Register { kind, number, policy, rich } => {
			let _ = CallingList::do_register(OWNER, registration(*kind, *number, *policy, *rich));
		},
		Step::Cancel(row) => {
			let _ = CallingList::do_cancel(&OWNER, pick(row));
		},
		Step::TopUp(row) => {
			let _ = CallingList::do_top_up(&OTHER, pick(row), 20_000_000);
		},
		Step::Pause(row) => {
			let _ = CallingList::do_pause(&OWNER, pick(row));
		},
		Step::Resume(row) => {
			let _ = CallingList::do_resume(&OWNER, pick(row));
		},
		Step::Trigger { row, by_node, first, gas } => {
			let sender = if *by_node { KEY } else { SENDER };
			let id = pick(row);
			let before = Rows::<Test>::get(id);
			let had = balance(sender);
			let mut env = Env::new(sender);
			if !gas {
				env.funds_limit = 1;
			}
			// A row that fails behind another one is rolled back by who runs it, contracts do so themselves.
			let tried = CallingList::execute_row(id, &sender, &mut env, *first);
			let due = |row: &Option<crate::Row<u64>>| {
				row.as_ref().is_some_and(|row| matches!(row.state, RowState::Due { .. }))
			};
			if !tried.reason.was_tried() && due(&before) && tried.reason != Reason::DepositTooLow {
				assert_eq!(Rows::<Test>::get(id), before, "{tried:?}");
			}
			// Nothing that a row does costs the sender: what it paid for storage comes back.
			let has = balance(sender) + env.consumed.charged - env.consumed.refunded;
			assert_eq!(has, had + tried.cost, "{tried:?}");
			if tried.reason == Reason::Ran {
				assert!(tried.cost + env.consumed.refunded >= env.consumed.charged);
			}
		},
		Step::Behave(number) => Target::set(&match number {
			0 => Behaviour::Reverts { gas: 5_000 },
			1 => Behaviour::Exhausts,
			2 => Behaviour::Gone,
			3 => Behaviour::Works { gas: 90_000, storage: 9_000 },
			4 if balance(STORED) > 5_000 => Behaviour::Frees { storage: 100 },
			_ => Behaviour::Works { gas: 20_000, storage: 0 },
		}),
		Step::Say(number) => Verdict::set(&[Some(true), Some(false), None][usize::from(*number)]),
		Step::Price(price) => Price::set(&u128::from(*price)),
		Step::Log(topic) => emit(EMITTER, H256::from_low_u64_be((*topic).into())),
		Step::Blocks(count) => run_to(System::block_number() + u32::from(*count)),
		// The chain stands still: time goes on, blocks do not.
		Step::Stop(minutes) => Now::set(&(Now::get() + 60 * u64::from(*minutes))),
		Step::ListPaused(paused) => crate::Paused::<Test>::put(paused),
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(160))]

	#[test]
	fn every_due_run_should_be_accounted_for(steps in prop::collection::vec(step(), 1..120)) {
		build_and_execute(|| {
			crate::Params::<Test>::mutate(|params| params.rent = 7);
			let mut watch = Watch::default();
			for step in &steps {
				// There is something to free for as long as somebody frees it.
				if balance(STORED) < 5_000 {
					if let Behaviour::Frees { .. } = Target::get() {
						Target::set(&Behaviour::Works { gas: 20_000, storage: 0 });
					}
				}
				act(step);
				CallingList::do_try_state().expect("the invariants hold");
				watch.look();
			}
			// Every time that a row became due, something was told of it, or it is due still, or its owner has ended it.
			for (id, due) in &watch.due {
				let told = watch.told.get(id).copied().unwrap_or_default();
				let open = Rows::<Test>::get(id)
					.is_some_and(|row| matches!(row.state, RowState::Due { .. }));
				let ended = matches!(
					watch.removed.get(id),
					Some(Removal::Cancelled | Removal::Expired)
				);
				assert!(
					told + u32::from(open) + u32::from(ended) >= *due,
					"row {id} became due {due} times, {told} told"
				);
			}
			// In the end everybody gets back what is left: nothing stays but fees.
			crate::Paused::<Test>::put(false);
			for id in Rows::<Test>::iter_keys().collect::<Vec<_>>() {
				CallingList::do_cancel(&OWNER, id).expect("it is the owner's");
			}
			assert_eq!(crate::TotalDeposits::<Test>::get(), 0);
			assert_eq!(balance(CallingList::pot()), crate::Fees::<Test>::get());
		});
	}
}
