//! JSON-RPC about the calling list, for dapp teams, explorers and wallets: `callingList_*`.
//!
//! | method | parameters | tells |
//! |---|---|---|
//! | `callingList_rows` | filter?, after?, limit? | rows in the order of their numbers, and where to go on |
//! | `callingList_row` | row | a row, and why it would not run now |
//! | `callingList_history` | row | what became of a row lately, oldest first |
//! | `callingList_nextDue` | limit? | rows that are due, and those that wait for a block or a time, the first first |
//! | `callingList_estimate` | terms | what a row costs at the present gas price, and why it would be refused |
//! | `callingList_parameters` | | how full the list is, and what is set |
//!
//! A filter has any of `owner` (as Substrate writes accounts, or an Ethereum address), `target`, `emitter`, `feed`,
//! `chain` and `kind`: rows that fit all of them. `limit` is 1 to 256, and 50 by default. A page may have fewer rows than that, or none: only if
//! `next` is `null` there are no more.
//!
//! All is read from the runtime's API at the best block. [`json`](crate::json) is what is answered.

use std::{marker::PhantomData, sync::Arc};

use fusion_calling_list_primitives::{
	self as list,
	api::{CallingListApi, Filter},
	shown::{self, Overview, Upcoming, MAX_LISTED},
	Balance, Reason, RowId, RowView, Tier,
};
use jsonrpsee::{
	core::RegisterMethodError,
	types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned, Params},
	RpcModule,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_runtime::{traits::Block as BlockT, AccountId32};

use crate::json;

mod asked;
use asked::{Asked, Given, Planned};

/// Rows that are listed if nobody says how many.
const LISTED: u32 = 50;
/// The code of errors of the runtime's API.
const RUNTIME_ERROR: i32 = 1;

/// What is read of the chain, at its best block.
pub trait State: Send + Sync + 'static {
	/// A page of rows.
	fn rows(
		&self,
		filter: Filter<AccountId32>,
		after: RowId,
		limit: u32,
	) -> Result<shown::Page<AccountId32>, ApiError>;
	/// A row.
	fn row(&self, id: RowId) -> Result<Option<RowView<AccountId32>>, ApiError>;
	/// Why it would not be tried now.
	fn readiness(&self, id: RowId) -> Result<Reason, ApiError>;
	/// What became of it.
	fn history(&self, id: RowId) -> Result<Vec<list::Entry>, ApiError>;
	/// What comes next.
	fn upcoming(&self, limit: u32) -> Result<Vec<Upcoming<AccountId32>>, ApiError>;
	/// What a row costs.
	fn estimate(
		&self,
		gas_limit: u64,
		storage_limit: Balance,
		tier: Tier,
		checked: bool,
		bytes: u32,
	) -> Result<shown::Estimate, ApiError>;
	/// How full the list is.
	fn overview(&self) -> Result<Overview, ApiError>;
}

/// [`State`] of a client.
pub struct ClientState<Block, Client> {
	client: Arc<Client>,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client> ClientState<Block, Client> {
	/// Of this client.
	pub fn new(client: Arc<Client>) -> Self {
		Self { client, _block: PhantomData }
	}
}

impl<Block, Client> State for ClientState<Block, Client>
where
	Block: BlockT,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: CallingListApi<Block, AccountId32>,
{
	fn rows(
		&self,
		filter: Filter<AccountId32>,
		after: RowId,
		limit: u32,
	) -> Result<shown::Page<AccountId32>, ApiError> {
		self.client.runtime_api().rows(self.client.info().best_hash, filter, after, limit)
	}

	fn row(&self, id: RowId) -> Result<Option<RowView<AccountId32>>, ApiError> {
		self.client.runtime_api().row(self.client.info().best_hash, id)
	}

	fn readiness(&self, id: RowId) -> Result<Reason, ApiError> {
		self.client.runtime_api().is_due(self.client.info().best_hash, id)
	}

	fn history(&self, id: RowId) -> Result<Vec<list::Entry>, ApiError> {
		self.client.runtime_api().history(self.client.info().best_hash, id)
	}

	fn upcoming(&self, limit: u32) -> Result<Vec<Upcoming<AccountId32>>, ApiError> {
		self.client.runtime_api().upcoming(self.client.info().best_hash, limit)
	}

	fn estimate(
		&self,
		gas_limit: u64,
		storage_limit: Balance,
		tier: Tier,
		checked: bool,
		bytes: u32,
	) -> Result<shown::Estimate, ApiError> {
		let best = self.client.info().best_hash;
		let api = self.client.runtime_api();
		api.estimate(best, gas_limit, storage_limit, tier, checked, bytes)
	}

	fn overview(&self) -> Result<Overview, ApiError> {
		self.client.runtime_api().overview(self.client.info().best_hash)
	}
}

/// The methods, over what is read by `state`.
pub fn module(state: impl State) -> Result<RpcModule<Arc<dyn State>>, RegisterMethodError> {
	let mut module = RpcModule::new(Arc::new(state) as Arc<dyn State>);
	module.register_method("callingList_rows", |params, state, _| rows(&**state, &params))?;
	module.register_method("callingList_row", |params, state, _| row(&**state, &params))?;
	module.register_method("callingList_history", |params, state, _| history(&**state, &params))?;
	module
		.register_method("callingList_nextDue", |params, state, _| next_due(&**state, &params))?;
	module
		.register_method("callingList_estimate", |params, state, _| estimate(&**state, &params))?;
	module.register_method("callingList_parameters", |params, state, _| {
		parameters(&**state, &params)
	})?;
	Ok(module)
}

type Answer<T> = Result<T, ErrorObjectOwned>;

fn failed(error: ApiError) -> ErrorObjectOwned {
	let text = format!("the runtime's calling list API failed: {error}");
	ErrorObjectOwned::owned(RUNTIME_ERROR, text, None::<()>)
}

fn invalid(text: impl Into<String>) -> ErrorObjectOwned {
	ErrorObjectOwned::owned(INVALID_PARAMS_CODE, text, None::<()>)
}

fn limit(given: Option<u32>) -> Answer<u32> {
	let limit = given.unwrap_or(LISTED);
	if limit == 0 || limit > MAX_LISTED {
		return Err(invalid(format!("limit is {limit}, and has to be from 1 to {MAX_LISTED}")));
	}
	Ok(limit)
}

fn rows(state: &dyn State, params: &Params<'_>) -> Answer<json::Page> {
	let mut given = Given::read(params)?;
	let wanted = given.optional::<Asked>("filter")?.unwrap_or_default().read()?;
	let after = given.optional("after")?.unwrap_or_default();
	let limit = limit(given.optional("limit")?)?;
	given.end()?;
	let page = state.rows(wanted.filter(), after, limit).map_err(failed)?;
	let rows = page.rows.iter().filter(|row| wanted.fits(row)).map(json::Row::from);
	Ok(json::Page { rows: rows.collect(), next: page.next })
}

fn row(state: &dyn State, params: &Params<'_>) -> Answer<Option<json::Details>> {
	let id = one(params)?;
	let Some(row) = state.row(id).map_err(failed)? else { return Ok(None) };
	let why_not = json::why_not(state.readiness(id).map_err(failed)?);
	Ok(Some(json::Details { row: (&row).into(), why_not }))
}

fn history(state: &dyn State, params: &Params<'_>) -> Answer<Option<Vec<json::Entry>>> {
	let id = one(params)?;
	if state.row(id).map_err(failed)?.is_none() {
		return Ok(None);
	}
	Ok(Some(state.history(id).map_err(failed)?.iter().map(json::Entry::from).collect()))
}

fn next_due(state: &dyn State, params: &Params<'_>) -> Answer<Vec<json::Next>> {
	let mut given = Given::read(params)?;
	let limit = limit(given.optional("limit")?)?;
	given.end()?;
	Ok(state.upcoming(limit).map_err(failed)?.iter().map(json::Next::from).collect())
}

fn one(params: &Params<'_>) -> Answer<RowId> {
	let mut given = Given::read(params)?;
	let id = given.required("row")?;
	given.end()?;
	Ok(id)
}

fn estimate(state: &dyn State, params: &Params<'_>) -> Answer<json::Estimate> {
	let mut given = Given::read(params)?;
	let planned: Planned = given.required("terms")?;
	given.end()?;
	let (tier, storage_limit) = (planned.tier()?, planned.storage_limit()?);
	let (gas_limit, bytes, runs) = (planned.gas_limit, planned.data_bytes, planned.runs);
	let told =
		state.estimate(gas_limit, storage_limit, tier, planned.check, bytes).map_err(failed)?;
	let overview = state.overview().map_err(failed)?;
	let deposit = told.run_cost.saturating_add(told.upkeep).saturating_mul(runs.into());
	Ok(json::Estimate {
		gas_price: told.gas_price,
		execution: told.execution,
		reward: told.reward,
		premium: told.premium,
		storage_limit: told.storage_limit,
		run_cost: told.run_cost,
		upkeep: told.upkeep,
		runs,
		deposit,
		stored: told.stored,
		total: deposit.saturating_add(told.stored),
		refused_because: refusal(&planned, tier, told.is_taken, &overview),
	})
}

/// Why the list would not take such a row.
fn refusal(planned: &Planned, tier: Tier, is_taken: bool, list: &Overview) -> Option<String> {
	let (gas, bytes) = (planned.gas_limit, planned.data_bytes);
	let gas_of_both = gas.saturating_mul(if planned.check { 2 } else { 1 });
	if list.is_paused {
		return Some("governance has paused the list".into());
	}
	if gas == 0 {
		return Some("a gas limit of 0 is too low for any call".into());
	}
	if gas > list.max_gas {
		return Some(format!("a gas limit of {gas} is above {}, the most of a run", list.max_gas));
	}
	if bytes > list.max_data {
		return Some(format!(
			"{bytes} bytes of data are more than {}, the most of a row",
			list.max_data
		));
	}
	if !is_taken {
		return Some(format!(
			"a gas limit of {gas} is more than the chain can guarantee: use less, or the tier bestEffort"
		));
	}
	if tier == Tier::Guaranteed && list.load.saturating_add(gas_of_both) > list.max_load {
		return Some(format!(
			"guaranteed rows have {} gas of {} at most: there is no room for {gas_of_both} more",
			list.load, list.max_load
		));
	}
	None
}

fn parameters(state: &dyn State, params: &Params<'_>) -> Answer<json::Parameters> {
	Given::read(params)?.end()?;
	let told = state.overview().map_err(failed)?;
	let part = |parts: u32| f64::from(parts) / 1e9;
	Ok(json::Parameters {
		is_paused: told.is_paused,
		rows: told.rows,
		last_row: told.last_row,
		listeners: told.listeners,
		deposits: told.deposits,
		load: told.load,
		max_load: told.max_load,
		gas_price: told.gas_price,
		reward: part(told.reward.deconstruct()),
		premium: part(told.premium.deconstruct()),
		upkeep: told.upkeep,
		overhead_gas: told.overhead_gas,
		load_gas: told.load_gas,
		max_gas: told.max_gas,
		max_rows_per_account: told.max_rows_per_account,
		min_seconds: told.min_seconds,
		max_data: told.max_data,
		max_history: told.max_history,
		storage_base: told.storage_base,
		storage_per_byte: told.storage_per_byte,
		trigger_delay: told.trigger_delay,
		patience: told.patience,
	})
}
