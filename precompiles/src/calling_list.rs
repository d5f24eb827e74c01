//! The calling list for contracts: rows, and the triggers that run them.

use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{ensure, weights::Weight};
use fusion_calling_list_primitives::{Condition, Reason, RowId, MAX_TRIGGERED};
use pallet_calling_list::{Config, Pallet, Registration, WeightInfo};
use pallet_revive::precompiles::{
	alloy::{
		self,
		primitives::{IntoLogData, U256},
		sol_types::SolCall,
	},
	AddressMapper, AddressMatcher, Error, Ext, Precompile, H160,
};

use crate::env::{
	deposit_log, ensure_may_change, ensure_plain_call, nonzero, refused, revert, AccountIdOf,
	Caller,
};

mod run;
mod shown;

/// What the Solidity files are made into.
#[allow(missing_docs, reason = "the files say what their items are, but for what is made of them")]
mod interface {
	super::alloy::sol!("../contracts/interfaces/ICallingList.sol");
	super::alloy::sol!("../contracts/interfaces/IChecker.sol");
}

pub use interface::{ICallingList, IChecker};
use run::RowEnv;
use ICallingList::{
	cancelCall, currentRowCall, currentRowReturn, executeCall, historyCall, isDueCall, pauseCall,
	resumeCall, rowCall, runCostCall, storageCostCall, topUpCall, Cancelled, ICallingListCalls,
	ICallingListEvents, PausedByOwner, Registered, Terms, ToppedUp, Tried,
};

/// What reasons to revert start with.
const NAME: &str = "CallingList";
/// Bytes 16 and 17 of the address.
const ADDRESS: u16 = 0xF504;

/// Where the precompile of the calling list is: `msg.sender` of the contracts that rows call.
pub fn calling_list_address() -> H160 {
	H160(AddressMatcher::Fixed(nonzero(ADDRESS)).base_address())
}

/// The input of a trigger for rows.
pub fn trigger_input(ids: Vec<RowId>) -> Vec<u8> {
	executeCall { ids }.abi_encode()
}

/// What a trigger says became of its rows.
pub fn trigger_output(data: &[u8]) -> Option<Vec<Reason>> {
	let reasons = executeCall::abi_decode_returns_validate(data).ok()?;
	reasons.into_iter().map(shown::reason_of).collect()
}

/// The precompile of `pallet-calling-list`.
pub struct CallingList<Runtime>(PhantomData<Runtime>);

impl<Runtime> Precompile for CallingList<Runtime>
where
	Runtime: pallet_revive::Config<Balance = u128> + Config,
{
	type T = Runtime;
	type Interface = ICallingListCalls;
	const MATCHER: AddressMatcher = AddressMatcher::Fixed(nonzero(ADDRESS));
	const HAS_CONTRACT_INFO: bool = false;

	fn call(
		_: &[u8; 20],
		input: &Self::Interface,
		env: &mut impl Ext<T = Self::T>,
	) -> Result<Vec<u8>, Error> {
		ensure_plain_call(NAME, env)?;
		if let Some(registration) = shown::registration(input) {
			return Self::register(registration?, env);
		}
		match input {
			ICallingListCalls::cancel(call) => Self::cancel(call, env),
			ICallingListCalls::topUp(call) => Self::top_up(call, env),
			ICallingListCalls::pause(call) => Self::pause(call, env),
			ICallingListCalls::resume(call) => Self::resume(call, env),
			ICallingListCalls::execute(call) => Self::execute(call, env),
			ICallingListCalls::currentRow(_) => Self::current_row(env),
			ICallingListCalls::row(call) => Self::row(call, env),
			ICallingListCalls::history(call) => Self::history(call, env),
			ICallingListCalls::isDue(call) => Self::is_due(call, env),
			ICallingListCalls::runCost(call) => Self::run_cost(call, env),
			ICallingListCalls::storageCost(call) => Self::storage_cost(call, env),
			// Those that register were answered.
			_ => Err(revert(NAME, "there is no such function")),
		}
	}
}

impl<Runtime> CallingList<Runtime>
where
	Runtime: pallet_revive::Config<Balance = u128> + Config,
{
	fn register(
		registration: Registration,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let bytes = u32::try_from(registration.data.len()).unwrap_or(u32::MAX);
		env.charge(<Runtime as Config>::WeightInfo::register(bytes))?;
		let caller = ensure_may_change(NAME, env)?;
		let (target, deposit) = (registration.target, registration.deposit);
		let id = Pallet::<Runtime>::do_register(caller.account, registration)
			.map_err(|error| refused(NAME, error))?;
		let log = ICallingListEvents::Registered(Registered {
			id,
			owner: caller.address.0.into(),
			target: target.0.into(),
			deposit: U256::from(deposit),
		});
		deposit_log(env, log.into_log_data())?;
		// All functions that register give the same.
		Ok(ICallingList::atBlockCall::abi_encode_returns(&id))
	}

	fn cancel(call: &cancelCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::cancel())?;
		let caller = ensure_may_change(NAME, env)?;
		let refund = Pallet::<Runtime>::do_cancel(&caller.account, call.id)
			.map_err(|error| refused(NAME, error))?;
		let refund = U256::from(refund);
		let owner = caller.address.0.into();
		let log = ICallingListEvents::Cancelled(Cancelled { id: call.id, owner, refund });
		deposit_log(env, log.into_log_data())?;
		Ok(cancelCall::abi_encode_returns(&refund))
	}

	fn top_up(call: &topUpCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::top_up())?;
		let caller = ensure_may_change(NAME, env)?;
		let amount = shown::amount(call.amount)?;
		Pallet::<Runtime>::do_top_up(&caller.account, call.id, amount)
			.map_err(|error| refused(NAME, error))?;
		let from = caller.address.0.into();
		let log = ICallingListEvents::ToppedUp(ToppedUp { id: call.id, from, amount: call.amount });
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn pause(call: &pauseCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::pause())?;
		let caller = ensure_may_change(NAME, env)?;
		Pallet::<Runtime>::do_pause(&caller.account, call.id)
			.map_err(|error| refused(NAME, error))?;
		let log = ICallingListEvents::PausedByOwner(PausedByOwner { id: call.id, paused: true });
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn resume(call: &resumeCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::resume())?;
		let caller = ensure_may_change(NAME, env)?;
		Pallet::<Runtime>::do_resume(&caller.account, call.id)
			.map_err(|error| refused(NAME, error))?;
		let log = ICallingListEvents::PausedByOwner(PausedByOwner { id: call.id, paused: false });
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	/// Runs rows. Their targets are called from here, so that what they log is in the receipt of the transaction.
	fn execute(call: &executeCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::row())?;
		let caller = ensure_may_change(NAME, env)?;
		// A contract could call with a stack so deep, or with transient storage so full, that targets fail.
		ensure!(
			env.caller_is_origin(false),
			revert(NAME, "only the sender of a transaction can run rows, not a contract")
		);
		let most = usize::try_from(MAX_TRIGGERED).unwrap_or_default();
		ensure!(call.ids.len() <= most, revert(NAME, "too many rows"));
		let mut reasons = Vec::with_capacity(call.ids.len());
		let mut first = true;
		for id in &call.ids {
			let reason = Self::execute_row(*id, &caller, env, &mut first)?;
			reasons.push(shown::reason(reason)?);
		}
		Ok(executeCall::abi_encode_returns(&reasons))
	}

	fn execute_row(
		id: RowId,
		caller: &Caller<Runtime>,
		env: &mut impl Ext<T = Runtime>,
		first: &mut bool,
	) -> Result<Reason, Error> {
		// What earlier rows did must not be undone because there is no gas for a later one.
		let weight = <Runtime as Config>::WeightInfo::execute_row();
		let left = env.frame_meter().weight_left().unwrap_or(Weight::zero());
		if weight.saturating_mul(2).any_gt(left) {
			return Ok(Reason::NotEnoughGas);
		}
		env.charge(weight)?;
		let tried = Pallet::<Runtime>::execute_row(id, &caller.account, &mut RowEnv(env), *first);
		if tried.called {
			*first = false;
		}
		if tried.has_paid() {
			let log = ICallingListEvents::Tried(Tried {
				id,
				target: tried.target.0.into(),
				reason: shown::reason(tried.reason)?,
				cost: U256::from(tried.cost),
				sender: caller.address.0.into(),
			});
			deposit_log(env, log.into_log_data())?;
		}
		Ok(tried.reason)
	}

	fn current_row(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::row())?;
		let (id, owner) = match Pallet::<Runtime>::current() {
			Some((id, owner)) => (id, Self::address(&owner)),
			None => (0, H160::zero()),
		};
		Ok(currentRowCall::abi_encode_returns(&currentRowReturn { id, owner: owner.0.into() }))
	}

	fn row(call: &rowCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::row())?;
		let row = match Pallet::<Runtime>::row(call.id) {
			Some(row) => {
				let owner = Self::address(&row.owner);
				shown::row(&row, owner)
			},
			None => shown::no_row(),
		};
		Ok(rowCall::abi_encode_returns(&row))
	}

	fn history(call: &historyCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::row())?;
		let entries = Pallet::<Runtime>::history(call.id)
			.into_iter()
			.map(shown::entry)
			.collect::<Result<Vec<_>, _>>()?;
		Ok(historyCall::abi_encode_returns(&entries))
	}

	fn is_due(call: &isDueCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// What it finds out is what a trigger finds out.
		env.charge(<Runtime as Config>::WeightInfo::execute_row())?;
		let reason = shown::reason(Pallet::<Runtime>::readiness(call.id))?;
		Ok(isDueCall::abi_encode_returns(&reason))
	}

	fn run_cost(call: &runCostCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::row())?;
		let cost = Pallet::<Runtime>::cost_of(
			call.gasLimit,
			call.storageLimit,
			shown::tier_of(call.tier)?,
			call.withCheck,
		);
		Ok(runCostCall::abi_encode_returns(&U256::from(cost)))
	}

	fn storage_cost(
		call: &storageCostCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		// Reads no storage: one of the cheapest functions there is pays for it.
		env.charge(<Runtime as Config>::WeightInfo::row())?;
		let bytes = usize::try_from(call.bytes_).unwrap_or(usize::MAX);
		let cost = Pallet::<Runtime>::storage_cost(bytes);
		Ok(storageCostCall::abi_encode_returns(&U256::from(cost)))
	}

	fn address(account: &AccountIdOf<Runtime>) -> H160 {
		Runtime::AddressMapper::to_address(account)
	}
}

/// A registration that is made of what all functions that register have.
pub(crate) fn registration(
	target: [u8; 20],
	data: Vec<u8>,
	condition: Condition,
	deposit: U256,
	terms: &Terms,
) -> Result<Registration, Error> {
	Ok(Registration {
		target: H160(target),
		data,
		condition,
		terms: shown::terms_of(terms)?,
		deposit: shown::amount(deposit)?,
	})
}
