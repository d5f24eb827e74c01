//! A trigger: rows that are due are run, and their deposits pay for it.

use crate::{
	types::{Removal, Row, MAX_BACKOFF},
	AccountIdOf, Config, Event, Pallet, Params, Rows, Running, TriggerKeys, WeightInfo,
};
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::Get,
};
use fusion_calling_list_primitives::{
	traits::{CallOutcome, CheckOutcome, Consumed, GasPrice, Nodes, RunEnv},
	AfterFailure, At, Balance, Condition, Reason, RowId, RowState, Tier,
};
use sp_core::H160;
use sp_runtime::DispatchError;

/// What became of a row in a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
	/// Whether it ran, and why not.
	pub reason: Reason,
	/// What the row paid to the sender.
	pub cost: Balance,
	/// Whether its target was called, be it in vain.
	pub called: bool,
	/// Its target. Zero if it was not tried.
	pub target: H160,
}

impl Tried {
	fn not(reason: Reason) -> Self {
		Self { reason, cost: 0, called: false, target: H160::zero() }
	}

	/// Whether the row has paid for it.
	pub fn has_paid(&self) -> bool {
		self.target != H160::zero() && self.reason.was_tried()
	}
}

impl<T: Config> Pallet<T> {
	/// Runs a row, if it is due, in a transaction that `sender` pays for. `first`: no target of another row has been
	/// called in it yet.
	///
	/// If the row was tried, its deposit pays the sender back: what the contracts took, a lump sum for the transaction,
	/// storage deposits, and a reward. If not, nothing changes and the sender gets nothing. The caller has charged
	/// [`execute_row`](crate::WeightInfo::execute_row) for it.
	pub fn execute_row(
		id: RowId,
		sender: &AccountIdOf<T>,
		env: &mut impl RunEnv,
		first: bool,
	) -> Tried {
		let row = match Self::ready(id) {
			Ok(row) => row,
			Err(reason) => return Tried::not(reason),
		};
		let contracts = Self::contract_weight(&row.terms, row.is_checked());
		let funds = T::Gas::fee(contracts).saturating_add(row.terms.storage_limit);
		if contracts.any_gt(env.weight_left()) || funds > env.funds_left() {
			return Tried::not(Reason::NotEnoughGas);
		}
		let before = env.consumed();
		Running::<T>::put(id);
		let reason = Self::call(id, &row, env);
		Running::<T>::kill();
		let used = difference(before, env.consumed());
		Self::settle(id, sender, reason, used, first)
	}

	/// Whether a row would be tried in this block: `Ran` if so. Changes nothing.
	pub fn readiness(id: RowId) -> Reason {
		let found = with_transaction(|| {
			let reason = Self::ready(id).map_or_else(|reason| reason, |_| Reason::Ran);
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(reason))
		});
		// There is no error but that there are too many layers of transactions.
		found.unwrap_or(Reason::NotDue)
	}

	/// A row that can be tried. Rows whose time has come become due with that, if the chain has not come to it yet.
	fn ready(id: RowId) -> Result<Row<AccountIdOf<T>>, Reason> {
		if crate::Paused::<T>::get() {
			return Err(Reason::ListPaused);
		}
		let mut row = Rows::<T>::get(id).filter(Row::is_live).ok_or(Reason::NotLive)?;
		if Self::is_ripe(&row.state, Self::block().into(), Self::seconds()) {
			row = Self::become_due(id, row)?;
		}
		if !matches!(row.state, RowState::Due { .. }) {
			return Err(Reason::NotDue);
		}
		if T::Gas::price() > row.terms.max_gas_price {
			return Err(Reason::PriceTooHigh);
		}
		if row.deposit < Self::run_cost(&row.terms, row.is_checked()) {
			Self::note(id, Reason::DepositTooLow, 1);
			Self::halt(id, &mut row, Reason::DepositTooLow);
			Rows::<T>::insert(id, row);
			return Err(Reason::DepositTooLow);
		}
		Ok(row)
	}

	/// Calls the contracts of a row.
	fn call(id: RowId, row: &Row<AccountIdOf<T>>, env: &mut impl RunEnv) -> Reason {
		let limit = T::Gas::weight(row.terms.gas_limit);
		let mut data = Self::calldata(id);
		// The transaction pays for loading a contract, without limit: what is larger than the row pays for is not called.
		let most = T::Gas::weight(Params::<T>::get().load_gas);
		if let Condition::Check { checker, .. } = row.condition {
			if !env.load_weight(checker).is_some_and(|load| load.all_lte(most)) {
				return Reason::CheckFailed;
			}
			data = match env.check(checker, data, limit) {
				CheckOutcome::True(data) => data,
				CheckOutcome::False => return Reason::CheckFalse,
				CheckOutcome::Failed => return Reason::CheckFailed,
			};
		}
		match env.load_weight(row.target) {
			None => return Reason::NoCode,
			Some(load) if load.any_gt(most) => return Reason::Trapped,
			Some(_) => {},
		}
		match env.call(row.target, data, limit, row.terms.storage_limit) {
			CallOutcome::Returned => Reason::Ran,
			CallOutcome::Reverted => Reason::Reverted,
			CallOutcome::Trapped => Reason::Trapped,
		}
	}

	/// Pays for a run, and says what becomes of the row.
	fn settle(
		id: RowId,
		sender: &AccountIdOf<T>,
		reason: Reason,
		used: Consumed,
		first: bool,
	) -> Tried {
		// It may not have changed: nothing reaches into the list while a row runs.
		let Some(mut row) = Rows::<T>::get(id) else { return Tried::not(Reason::NotLive) };
		let called =
			matches!(reason, Reason::Ran | Reason::Reverted | Reason::Trapped | Reason::NoCode);
		let by_chain = *sender == T::TriggerAccount::get();
		if called && reason != Reason::Ran && !first {
			// What rows of one transaction share (transient storage) may be why.
			return Tried { called, ..Tried::not(Reason::NotAlone) };
		}
		if !called && !by_chain {
			// Anybody could make a row pay for checks that say no. An elected node is believed once: what it says cannot be
			// proven, and it takes several of them to pause a row.
			let node = Self::node_of(sender).filter(|node| !row.naysayers.contains(node));
			let Some(node) = node else { return Tried::not(reason) };
			// There is room: it is live.
			let _ = row.naysayers.try_push(node);
		}
		let target = row.target;
		let cost = Self::pay(&mut row, sender, used, called, by_chain);
		Self::note(id, reason, 1);
		Self::deposit_event(Event::Tried { id, reason, cost, sender: sender.clone() });
		let row = match reason {
			Reason::Ran => Self::ran(id, row),
			Reason::CheckFalse | Reason::CheckFailed => Self::said_no(id, row, reason, by_chain),
			_ => Self::failed(id, row, reason),
		};
		if let Some(row) = row {
			Rows::<T>::insert(id, row);
		}
		Tried { reason, cost, called, target }
	}

	/// Takes what a run costs from the deposit of a row, and pays the sender. Gives what that got.
	fn pay(
		row: &mut Row<AccountIdOf<T>>,
		sender: &AccountIdOf<T>,
		used: Consumed,
		called: bool,
		by_chain: bool,
	) -> Balance {
		let most = Self::most_fee(&row.terms, row.is_checked());
		// Nobody earns by checks that say no.
		let overhead = if called { Self::overhead() } else { T::WeightInfo::execute_row() };
		let fee = T::Gas::fee(used.weight.saturating_add(overhead)).min(most);
		let reward = if called && !by_chain { Self::reward(fee) } else { 0 };
		let premium = if called { Self::premium(row.terms.tier, fee) } else { 0 };
		let storage = used.charged.min(row.terms.storage_limit);
		let (to_sender, to_chain) = if by_chain {
			(storage, fee.saturating_add(premium))
		} else {
			// Storage that was freed is paid out to the sender by the transaction.
			let paid =
				fee.saturating_add(reward).saturating_add(storage).saturating_sub(used.refunded);
			(paid, premium)
		};
		// There is as much: see `run_cost`.
		let to_sender = to_sender.min(row.deposit);
		row.deposit = row.deposit.saturating_sub(to_sender);
		let to_chain = to_chain.min(row.deposit);
		row.deposit = row.deposit.saturating_sub(to_chain);
		Self::give(sender, to_sender);
		Self::collect(to_chain);
		to_sender
	}

	fn ran(id: RowId, mut row: Row<AccountIdOf<T>>) -> Option<Row<AccountIdOf<T>>> {
		row.runs = row.runs.saturating_add(1);
		row.naysayers.clear();
		if row.terms.max_runs.is_some_and(|most| row.runs >= most) {
			Self::remove_row(id, row, Removal::RunsUsed);
			return None;
		}
		Self::advance(id, row)
	}

	fn said_no(
		id: RowId,
		mut row: Row<AccountIdOf<T>>,
		reason: Reason,
		by_chain: bool,
	) -> Option<Row<AccountIdOf<T>>> {
		// The chain asks whether it is worth it or not; a node asks only if it has seen the check say yes.
		if row.naysayers.is_full() || (by_chain && reason == Reason::CheckFailed) {
			Self::halt(id, &mut row, reason);
			return Some(row);
		}
		Self::advance(id, row)
	}

	fn failed(
		id: RowId,
		mut row: Row<AccountIdOf<T>>,
		reason: Reason,
	) -> Option<Row<AccountIdOf<T>>> {
		row.failures = row.failures.saturating_add(1);
		if row.failures <= row.terms.retries.into() {
			let doublings = row.failures.saturating_sub(1);
			let wait = u32::from(row.terms.backoff)
				.max(1)
				.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
				.min(MAX_BACKOFF);
			let at = At::block(Self::block().saturating_add(wait));
			Self::change(id, &mut row, RowState::Waiting { at });
			return Some(row);
		}
		match row.terms.after_failure {
			AfterFailure::Pause => {
				Self::halt(id, &mut row, reason);
				Some(row)
			},
			AfterFailure::Remove => {
				Self::remove_row(id, row, Removal::Failed);
				None
			},
			AfterFailure::GoOn => Self::advance(id, row),
		}
	}

	/// Whether an account is the trigger key of a node that keeps the books.
	pub fn is_trigger_key(account: &AccountIdOf<T>) -> bool {
		Self::node_of(account).is_some()
	}

	/// The node that keeps the books and whose trigger key an account is.
	fn node_of(account: &AccountIdOf<T>) -> Option<AccountIdOf<T>> {
		TriggerKeys::<T>::get(account).filter(T::Nodes::is_elected)
	}

	/// The row that is running, and whose it is.
	pub fn current() -> Option<(RowId, AccountIdOf<T>)> {
		let id = Running::<T>::get()?;
		Rows::<T>::get(id).map(|row| (id, row.owner))
	}

	/// What the deposit of a row has to have to become due and run once, by the terms that matter for it.
	pub fn cost_of(gas_limit: u64, storage_limit: Balance, tier: Tier, checked: bool) -> Balance {
		let terms = crate::types::plain_terms(gas_limit, storage_limit, tier);
		Self::due_cost(&terms, checked)
	}
}

fn difference(before: Consumed, after: Consumed) -> Consumed {
	// What was charged and refunded is told as one signed number: there is never both.
	let gained = after.charged.saturating_add(before.refunded);
	let lost = before.charged.saturating_add(after.refunded);
	Consumed {
		weight: after.weight.saturating_sub(before.weight),
		charged: gained.saturating_sub(lost),
		refunded: lost.saturating_sub(gained),
	}
}
