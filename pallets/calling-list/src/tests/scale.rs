//! What the list costs against the number of rows that wait. A benchmark, for `scripts/bench-calling-list`.

use crate::{mock::*, types::Registration, Params, Rows};
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::{fungible::Mutate, Hooks},
};
use fusion_calling_list_primitives::{schedule::Schedule, Condition, RowId};
use sp_core::{H160, H256};
use sp_runtime::DispatchError;
use std::time::{Duration, Instant};

/// Rows that wait, if the environment says nothing else.
const MOST: u32 = 1_000_000;
/// Rows that are written to the state at once.
const PORTION: u32 = 20_000;
/// How often each thing is measured.
const RUNS: u32 = 200;
/// A block in which no row is due, and one in which there are all.
const BLOCK: u32 = 1_000;
/// Logs of a block, for none of which a row waits.
const LOGS: u64 = 20;

/// A row that waits, for a block, a time or a log, each for another.
fn waiting(number: u32) -> Registration {
	let condition = match number % 4 {
		0 | 1 => Condition::Time(Schedule::AtBlock(1_000_000 + number)),
		2 => Condition::Time(Schedule::AtTime(10_000_000 + u64::from(number))),
		_ => Condition::Log {
			emitter: H160::from_low_u64_be(number.into()),
			topic0: H256::from_low_u64_be(number.into()),
		},
	};
	let mut registration = when(condition);
	registration.deposit = DEPOSIT / 10;
	registration
}

/// Least time of several that something takes on the present state, in microseconds. Nothing of it is kept.
fn time_of(mut measured: impl FnMut(u32)) -> f64 {
	let mut least = Duration::MAX;
	for run in 0..RUNS {
		with_transaction(|| {
			let begin = Instant::now();
			measured(run);
			least = least.min(begin.elapsed());
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(()))
		})
		.expect("it is not nested too deeply");
	}
	least.as_secs_f64() * 1e6
}

/// What things take with so many rows: a block with nothing to do, the same with logs, registering, cancelling.
fn measure(rows: u32) -> [f64; 4] {
	let idle = time_of(|_| {
		CallingList::begin_block();
		CallingList::on_finalize(BLOCK);
	});
	let logs: Vec<_> =
		(0..LOGS).map(|n| (H160::from_low_u64_be(u64::MAX - n), H256::zero())).collect();
	BlockLogs::set(&logs);
	let logged = time_of(|_| {
		CallingList::begin_block();
		CallingList::on_finalize(BLOCK);
	});
	BlockLogs::set(&Vec::new());
	let next = rows;
	let registering = time_of(|_| {
		CallingList::do_register(OWNER, waiting(next)).expect("it can be registered");
	});
	let own: RowId = CallingList::do_register(OTHER, waiting(next)).expect("it can be registered");
	let cancelling = time_of(|_| {
		CallingList::do_cancel(&OTHER, own).expect("it is theirs");
	});
	CallingList::do_cancel(&OTHER, own).expect("it is theirs");
	[idle, logged, registering, cancelling]
}

#[test]
#[ignore = "a benchmark: scripts/bench-calling-list runs it"]
fn cost_of_calling_list() {
	let most = std::env::var("CALLING_LIST_ROWS")
		.map(|text| text.parse().expect("CALLING_LIST_ROWS is a number of rows"))
		.unwrap_or(MOST);
	let mut ext = new_test_ext();
	ext.execute_with(|| {
		Params::<Test>::mutate(|params| params.max_rows_per_account = u32::MAX);
		Balances::mint_into(&OWNER, u128::MAX / 2).expect("nothing overflows");
	});
	println!("\n| rows that wait | idle block | with {LOGS} logs | register | cancel |");
	println!("|---|---|---|---|---|");
	let mut first = None;
	let mut registered = 0;
	for goal in [0, 1_000, 10_000, 100_000, 1_000_000].into_iter().filter(|goal| *goal <= most) {
		while registered < goal {
			let end = goal.min(registered + PORTION);
			ext.execute_with(|| {
				for number in registered..end {
					register(waiting(number));
				}
				System::reset_events();
			});
			// From here on it is read from a trie, as a node does.
			ext.commit_all().expect("it can be written");
			registered = end;
		}
		ext.execute_with(|| {
			assert_eq!(Rows::<Test>::count(), goal);
			System::set_block_number(BLOCK);
		});
		ext.commit_all().expect("it can be written");
		let taken = ext.execute_with(|| measure(goal));
		let first = *first.get_or_insert(taken);
		let cells: Vec<_> = taken
			.iter()
			.zip(first)
			.map(|(micros, least)| format!("{micros:.1} µs ({:.2})", micros / least))
			.collect();
		println!("| {goal} | {} |", cells.join(" | "));
	}
}
