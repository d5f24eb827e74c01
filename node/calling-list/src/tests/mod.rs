//! JSON-RPC and the command that reads it, over a list that is made up.

mod cli;
mod rpc;

use std::sync::{Arc, Mutex};

use fusion_calling_list_primitives::{
	api::Filter,
	cron::Cron,
	schedule::Schedule,
	shown::{Estimate, Kind, Overview, Page, Upcoming},
	AfterFailure, At, Balance, Condition, Entry, Missed, Reason, RowId, RowState, RowView, Terms,
	Tier,
};
use sp_api::ApiError;
use sp_core::{H160, H256};
use sp_runtime::{AccountId32, Perbill};

use crate::rpc::State;

/// One FSN.
pub(crate) const FSN: Balance = 1_000_000_000_000_000_000;
/// The contract that most rows belong to and call.
pub(crate) const CONTRACT: H160 = H160([0xc0; 20]);

/// Rows and what became of them.
#[derive(Default)]
pub(crate) struct Rows {
	pub(crate) rows: Vec<RowView<AccountId32>>,
	pub(crate) history: Vec<(RowId, Entry)>,
	/// Rows that a page has at most, as if others were not looked at.
	pub(crate) page: Option<usize>,
	/// How often a history was asked for.
	pub(crate) asked: u32,
	pub(crate) is_broken: bool,
}

/// The list that is made up.
#[derive(Clone, Default)]
pub(crate) struct Shown(pub(crate) Arc<Mutex<Rows>>);

impl Shown {
	pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Rows) -> T) -> T {
		change(&mut self.0.lock().unwrap())
	}

	fn read<T>(&self, read: impl FnOnce(&mut Rows) -> T) -> Result<T, ApiError> {
		self.change(|rows| match rows.is_broken {
			true => Err(ApiError::StateBackendIsNotTrie),
			false => Ok(read(rows)),
		})
	}
}

/// The account of a contract.
pub(crate) fn account_of(address: H160) -> AccountId32 {
	let mut bytes = [0xee; 32];
	bytes[..20].copy_from_slice(&address.0);
	bytes.into()
}

/// A row of the contract.
pub(crate) fn row(id: RowId, condition: Condition) -> RowView<AccountId32> {
	RowView {
		id,
		owner: account_of(CONTRACT),
		target: CONTRACT,
		data: vec![1, 2, 3, 4],
		condition,
		terms: Terms {
			gas_limit: 100_000,
			storage_limit: FSN / 100,
			max_gas_price: 1_000_000_000_000,
			expires_at: None,
			max_runs: Some(12),
			tier: Tier::BestEffort,
			missed: Missed::Once,
			retries: 3,
			backoff: 10,
			after_failure: AfterFailure::GoOn,
		},
		state: RowState::Waiting { at: At::block(20) },
		occurrence: At::block(20),
		deposit: FSN,
		runs: 0,
		failures: 0,
	}
}

/// A list with a row of each kind.
pub(crate) fn list() -> Shown {
	let cron = Cron::parse(b"30 9 1 * *").unwrap();
	let other = H160([0x0b; 20]);
	let time = |schedule| Condition::Time(schedule);
	let mut rows = vec![
		row(1, time(Schedule::AtBlock(20))),
		row(2, time(Schedule::Cron(cron))),
		row(4, Condition::Log { emitter: other, topic0: H256([7; 32]) }),
		row(5, Condition::Check { checker: other, every: 10 }),
		row(9, time(Schedule::EverySeconds { first: 1_795_741_014, every: 3_600 })),
	];
	rows[1].state = RowState::Due { since: 17, deadline: Some(67), waits: 0 };
	rows[2].state = RowState::Listening;
	rows[3].state = RowState::Paused { reason: Reason::DepositTooLow };
	rows[4].owner = [9; 32].into();
	let shown = Shown::default();
	shown.change(|list| {
		list.rows = rows;
		list.history = vec![(2, Entry { block: 11, reason: Reason::Ran, count: 1 })];
	});
	shown
}

impl State for Shown {
	fn rows(
		&self,
		filter: Filter<AccountId32>,
		after: RowId,
		limit: u32,
	) -> Result<Page<AccountId32>, ApiError> {
		self.read(|list| {
			let fits = |row: &RowView<AccountId32>| match &filter {
				Filter::All => true,
				Filter::Owner(owner) => row.owner == *owner,
				Filter::Target(target) => row.target == *target,
				Filter::Emitter(wanted) => {
					matches!(row.condition, Condition::Log { emitter, .. } if emitter == *wanted)
				},
				Filter::Feed(wanted) => {
					matches!(row.condition, Condition::Feed { feed, .. } if feed == *wanted)
				},
				Filter::Foreign(wanted) => {
					matches!(row.condition, Condition::Foreign { chain, .. } if chain == *wanted)
				},
				Filter::Kind(kind) => Kind::from(&row.condition) == *kind,
			};
			let left = list.rows.iter().filter(|row| row.id > after);
			let seen: Vec<_> = left.clone().take(list.page.unwrap_or(usize::MAX)).collect();
			let found: Vec<_> = seen.iter().filter(|row| fits(row)).collect();
			let rows: Vec<_> =
				found.iter().take(limit as usize).map(|row| (**row).clone()).collect();
			let last = if rows.len() < found.len() { rows.last() } else { seen.last().copied() };
			let next = last.map(|row| row.id);
			let more = next.is_some_and(|next| left.clone().any(|row| row.id > next));
			Page { rows, next: next.filter(|_| more) }
		})
	}

	fn row(&self, id: RowId) -> Result<Option<RowView<AccountId32>>, ApiError> {
		self.read(|list| list.rows.iter().find(|row| row.id == id).cloned())
	}

	fn readiness(&self, id: RowId) -> Result<Reason, ApiError> {
		Ok(if id == 2 { Reason::Ran } else { Reason::NotDue })
	}

	fn history(&self, id: RowId) -> Result<Vec<Entry>, ApiError> {
		self.read(|list| {
			list.asked += 1;
			let of_row = list.history.iter().filter(|(of, _)| *of == id);
			of_row.map(|(_, entry)| *entry).collect()
		})
	}

	fn upcoming(&self, limit: u32) -> Result<Vec<Upcoming<AccountId32>>, ApiError> {
		self.read(|list| {
			let waiting = list.rows.iter().filter(|row| row.id < 3).take(limit as usize);
			let upcoming =
				|row: &RowView<_>| Upcoming { expected: 1_795_741_014 + row.id, row: row.clone() };
			waiting.map(upcoming).collect()
		})
	}

	fn estimate(
		&self,
		gas_limit: u64,
		storage_limit: Balance,
		tier: Tier,
		checked: bool,
		bytes: u32,
	) -> Result<Estimate, ApiError> {
		let execution = Balance::from(gas_limit) * if checked { 2 } else { 1 };
		let premium = if tier == Tier::Guaranteed { 7 } else { 0 };
		self.read(|_| Estimate {
			gas_price: 1_000_000_000,
			execution,
			reward: 5,
			premium,
			storage_limit,
			run_cost: execution + 5 + premium + storage_limit,
			upkeep: 3,
			stored: 1_000 + Balance::from(bytes),
			is_taken: gas_limit > 0
				&& gas_limit <= 3_000_000
				&& bytes <= 1_024
				&& (tier == Tier::BestEffort || gas_limit <= 2_000_000),
		})
	}

	fn overview(&self) -> Result<Overview, ApiError> {
		self.read(|list| Overview {
			is_paused: false,
			rows: list.rows.len() as u32,
			last_row: 9,
			listeners: 1,
			deposits: 5 * FSN,
			load: 99_000_000,
			max_load: 100_000_000,
			gas_price: 1_000_000_000,
			reward: Perbill::from_percent(20),
			premium: Perbill::from_percent(25),
			upkeep: 3,
			overhead_gas: 30_000,
			load_gas: 100_000,
			max_gas: 3_000_000,
			max_rows_per_account: 1_000,
			min_seconds: 6,
			max_data: 1_024,
			max_history: 16,
			storage_base: FSN / 1_000,
			storage_per_byte: FSN / 1_000_000,
			trigger_delay: 5,
			patience: 50,
		})
	}
}
