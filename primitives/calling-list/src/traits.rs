//! What the calling list needs of contracts, fees and nodes, and what runs its rows.

use crate::{Balance, RowId};
use alloc::vec::Vec;
use sp_core::{H160, H256};
use sp_weights::Weight;

/// What execution costs.
pub trait GasPrice {
	/// What a unit of gas costs now.
	fn price() -> Balance;
	/// What so much gas pays for, in terms of execution.
	fn weight(gas: u64) -> Weight;
	/// What so much execution costs now.
	fn fee(weight: Weight) -> Balance;
}

/// Contracts, as the pallet needs them.
pub trait ContractEngine {
	/// Whether there is a precompile at the address.
	fn is_precompile(target: H160) -> bool;

	/// Sends the trigger of a row from the list's own account, as any account could by a transaction. The run takes no
	/// more than `weight` and leaves no more than `funds` as storage deposits. Gives what it took.
	fn trigger(row: RowId, weight: Weight, funds: Balance) -> Weight;
}

/// The logs that contracts leave.
pub trait LogSource {
	/// Emitter and first topic of the logs of the block so far, in their order. Logs of calls that reverted are not
	/// among them.
	fn logs() -> Vec<(H160, H256)>;
}

/// The bookkeeping nodes.
pub trait Nodes<AccountId> {
	/// Whether the account keeps the books in the present session.
	fn is_elected(account: &AccountId) -> bool;
}

/// How a call of a contract ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
	/// It returned.
	Returned,
	/// It reverted.
	Reverted,
	/// It used up a limit, or trapped.
	Trapped,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
	/// It gave `(true, data)`.
	True(Vec<u8>),
	/// It gave `false`.
	False,
	/// It gave something else, reverted, or used up its limit.
	Failed,
}

/// What a call has consumed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
	/// Execution.
	pub weight: Weight,
	/// Storage deposits, which the sender of the transaction pays.
	pub charged: Balance,
	/// Storage deposits that the sender gets back.
	pub refunded: Balance,
}

/// The transaction that runs rows.
pub trait RunEnv {
	/// Execution that is left to it.
	fn weight_left(&self) -> Weight;
	/// FSN that it may still spend on execution and storage together.
	fn funds_left(&self) -> Balance;
	/// What it has consumed.
	fn consumed(&self) -> Consumed;
	/// What it takes to load the code of a contract, which is not counted among what it may take. `None` if there is none.
	fn load_weight(&self, contract: H160) -> Option<Weight>;
	/// Calls `check(data)` of a contract, which can change nothing.
	fn check(&mut self, checker: H160, data: Vec<u8>, weight: Weight) -> CheckOutcome;
	/// Calls a contract.
	fn call(
		&mut self,
		target: H160,
		data: Vec<u8>,
		weight: Weight,
		storage: Balance,
	) -> CallOutcome;
}
