//! Title and use of coins for contracts: slices that are lent, moved, and come back by themselves.

use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::weights::Weight;
use fusion_slices::Seconds;
use pallet_revive::precompiles::{
	alloy::{
		self,
		primitives::{Address, IntoLogData, U256},
		sol_types::SolCall,
	},
	AddressMapper, AddressMatcher, Error, Ext, Precompile, H160,
};
use pallet_usufruct::{
	Allowances, Balance, Coin, Config, Held, Pallet, Pledges, WeightInfo, MAX_BOUNDARIES,
};

use crate::{
	env::{
		deposit_log, ensure_may_change, ensure_plain_call, nonzero, refused, revert, AccountIdOf,
		Caller,
	},
	token_address,
};

/// What the Solidity file is made into.
#[allow(missing_docs, reason = "the file says what its items are, but for what is made of them")]
mod interface {
	super::alloy::sol!("../contracts/interfaces/IUsufruct.sol");
}

pub use interface::IUsufruct;
use IUsufruct::{
	allowanceCall, approveCall, bondCall, consentCall, depositCall, giveBackCall, lendCall,
	pledgeOfCall, rewardCall, settleCall, sliceOfCall, timeBalanceOfCall, timeSliceTransferCall,
	timeSliceTransferFromCall, titleOfCall, totalHeldCall, transferTitleCall, unbondCall,
	useOfCall, wholeOfCall, withdrawCall, Approval, Bonded, Consent, Deposit, IUsufructCalls,
	IUsufructEvents, Pledge, Rewarded, Settled, Slice, SliceTransfer, Unbonding, Withdrawal,
};

/// What reasons to revert start with.
const NAME: &str = "Usufruct";

/// The precompile of `pallet-usufruct`.
pub struct Usufruct<Runtime>(PhantomData<Runtime>);

impl<Runtime> Precompile for Usufruct<Runtime>
where
	Runtime: pallet_revive::Config + Config,
	AccountIdOf<Runtime>: From<[u8; 32]> + Into<[u8; 32]>,
{
	type T = Runtime;
	type Interface = IUsufructCalls;
	const MATCHER: AddressMatcher = AddressMatcher::Fixed(nonzero(0xF506));
	const HAS_CONTRACT_INFO: bool = false;

	fn call(
		_: &[u8; 20],
		input: &Self::Interface,
		env: &mut impl Ext<T = Self::T>,
	) -> Result<Vec<u8>, Error> {
		ensure_plain_call(NAME, env)?;
		match input {
			IUsufructCalls::deposit(call) => Self::deposit(call, env),
			IUsufructCalls::withdraw(call) => Self::withdraw(call, env),
			IUsufructCalls::lend(call) => Self::lend(call, env),
			IUsufructCalls::timeSliceTransfer(call) => Self::transfer(call, env),
			IUsufructCalls::timeSliceTransferFrom(call) => Self::transfer_from(call, env),
			IUsufructCalls::transferTitle(call) => Self::transfer_title(call, env),
			IUsufructCalls::giveBack(call) => Self::give_back(call, env),
			IUsufructCalls::approve(call) => Self::approve(call, env),
			IUsufructCalls::allowance(call) => Self::allowance(call, env),
			IUsufructCalls::useOf(call) => Self::use_of(call, env),
			IUsufructCalls::titleOf(call) => Self::title_of(call, env),
			IUsufructCalls::wholeOf(call) => Self::whole_of(call, env),
			IUsufructCalls::timeBalanceOf(call) => Self::time_balance_of(call, env),
			IUsufructCalls::sliceOf(call) => Self::slice_of(call, env),
			IUsufructCalls::totalHeld(call) => Self::total_held(call, env),
			IUsufructCalls::consent(call) => Self::consent(call, env),
			IUsufructCalls::bond(call) => Self::bond(call, env),
			IUsufructCalls::unbond(call) => Self::unbond(call, env),
			IUsufructCalls::reward(call) => Self::reward(call, env),
			IUsufructCalls::settle(call) => Self::settle(call, env),
			IUsufructCalls::pledgeOf(call) => Self::pledge_of(call, env),
		}
	}
}

/// The pallet's weights.
type Weights<Runtime> = <Runtime as Config>::WeightInfo;

impl<Runtime> Usufruct<Runtime>
where
	Runtime: pallet_revive::Config + Config,
	AccountIdOf<Runtime>: From<[u8; 32]> + Into<[u8; 32]>,
{
	fn deposit(call: &depositCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::deposit(MAX_BOUNDARIES), 0)?;
		let amount = amount(call.amount)?;
		Pallet::<Runtime>::do_deposit(&caller.account, coin(call.token)?, amount)
			.map_err(|error| refused(NAME, error))?;
		Self::log_deposit(call.token, &caller, call.amount, env)?;
		Ok(Vec::new())
	}

	fn withdraw(call: &withdrawCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::withdraw(MAX_BOUNDARIES), 0)?;
		let amount = amount(call.amount)?;
		Pallet::<Runtime>::do_withdraw(&caller.account, coin(call.token)?, amount)
			.map_err(|error| refused(NAME, error))?;
		let log = IUsufructEvents::Withdrawal(Withdrawal {
			token: call.token,
			account: shown(caller.address),
			amount: call.amount,
		});
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn lend(call: &lendCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::lend(MAX_BOUNDARIES), 1)?;
		let to = account::<Runtime>(call.to);
		let amount = amount(call.amount)?;
		Pallet::<Runtime>::do_lend(&caller.account, coin(call.token)?, &to, amount, call.end)
			.map_err(|error| refused(NAME, error))?;
		Self::log_deposit(call.token, &caller, call.amount, env)?;
		let when = (Pallet::<Runtime>::now(), call.end);
		let from = shown(caller.address);
		Self::log_transfer(call.token, from, call.to, call.amount, when, env)?;
		Ok(Vec::new())
	}

	fn transfer(
		call: &timeSliceTransferCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::transfer(MAX_BOUNDARIES), 1)?;
		let from = shown(caller.address);
		let owner = (from, &caller.account);
		let (to, amount, when) = (call.to, call.amount, (call.start, call.end));
		Self::move_slice(&caller, call.token, owner, to, amount, when, env)?;
		Ok(timeSliceTransferCall::abi_encode_returns(&true))
	}

	fn transfer_from(
		call: &timeSliceTransferFromCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::transfer_from(MAX_BOUNDARIES), 2)?;
		let who = account::<Runtime>(call.from);
		let (to, amount, when) = (call.to, call.amount, (call.start, call.end));
		Self::move_slice(&caller, call.token, (call.from, &who), to, amount, when, env)?;
		Ok(timeSliceTransferFromCall::abi_encode_returns(&true))
	}

	/// Moves a slice, and says so. What it takes has been charged.
	fn move_slice(
		caller: &Caller<Runtime>,
		token: Address,
		(from, who): (Address, &AccountIdOf<Runtime>),
		to: Address,
		value: U256,
		(start, end): (Seconds, Seconds),
		env: &mut impl Ext<T = Runtime>,
	) -> Result<(), Error> {
		let receiver = account::<Runtime>(to);
		let moved = Pallet::<Runtime>::do_transfer(
			&caller.account,
			who,
			coin(token)?,
			&receiver,
			amount(value)?,
			start,
			end,
		)
		.map_err(|error| refused(NAME, error))?;
		Self::log_transfer(token, from, to, value, (moved.start(), moved.end()), env)
	}

	fn transfer_title(
		call: &transferTitleCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::transfer(MAX_BOUNDARIES), 1)?;
		let to = account::<Runtime>(call.to);
		let amount = amount(call.amount)?;
		let start =
			Pallet::<Runtime>::do_transfer_title(&caller.account, coin(call.token)?, &to, amount)
				.map_err(|error| refused(NAME, error))?;
		let (from, when) = (shown(caller.address), (start, fusion_slices::FOREVER));
		Self::log_transfer(call.token, from, call.to, call.amount, when, env)?;
		Ok(transferTitleCall::abi_encode_returns(&start))
	}

	fn give_back(call: &giveBackCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::transfer(MAX_BOUNDARIES), 1)?;
		let to = account::<Runtime>(call.to);
		let amount = amount(call.amount)?;
		Pallet::<Runtime>::do_give_back(&caller.account, coin(call.token)?, &to, amount, call.end)
			.map_err(|error| refused(NAME, error))?;
		let (from, when) = (shown(caller.address), (Pallet::<Runtime>::now(), call.end));
		Self::log_transfer(call.token, from, call.to, call.amount, when, env)?;
		Ok(Vec::new())
	}

	fn approve(call: &approveCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::approve(), 1)?;
		let spender = account::<Runtime>(call.spender);
		// As much as there can be is as good as more.
		let amount = Balance::try_from(call.amount).unwrap_or(Balance::MAX);
		Pallet::<Runtime>::do_approve(&caller.account, coin(call.token)?, &spender, amount)
			.map_err(|error| refused(NAME, error))?;
		let log = IUsufructEvents::Approval(Approval {
			token: call.token,
			owner: shown(caller.address),
			spender: call.spender,
			amount: U256::from(amount),
		});
		deposit_log(env, log.into_log_data())?;
		Ok(approveCall::abi_encode_returns(&true))
	}

	fn allowance(call: &allowanceCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// The allowance, and who both are.
		env.charge(Weights::<Runtime>::read_number().saturating_mul(3))?;
		let owner = account::<Runtime>(call.owner);
		let key = (coin(call.token)?, account::<Runtime>(call.spender));
		let amount = Allowances::<Runtime>::get(owner, key).map_or(0, |found| found.amount);
		Ok(allowanceCall::abi_encode_returns(&U256::from(amount)))
	}

	fn use_of(call: &useOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		charge_read(env)?;
		let who = account::<Runtime>(call.account);
		let amount = Pallet::<Runtime>::use_of(coin(call.token)?, &who);
		Ok(useOfCall::abi_encode_returns(&U256::from(amount)))
	}

	fn title_of(call: &titleOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		charge_read(env)?;
		let who = account::<Runtime>(call.account);
		let amount = Pallet::<Runtime>::title_of(coin(call.token)?, &who);
		Ok(titleOfCall::abi_encode_returns(&U256::from(amount)))
	}

	fn whole_of(call: &wholeOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		charge_read(env)?;
		let who = account::<Runtime>(call.account);
		let amount = Pallet::<Runtime>::whole_of(coin(call.token)?, &who);
		Ok(wholeOfCall::abi_encode_returns(&U256::from(amount)))
	}

	fn time_balance_of(
		call: &timeBalanceOfCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		charge_read(env)?;
		let who = account::<Runtime>(call.account);
		let amount = Pallet::<Runtime>::balance_over(coin(call.token)?, &who, call.start, call.end)
			.map_err(|error| refused(NAME, error))?;
		Ok(timeBalanceOfCall::abi_encode_returns(&U256::from(amount)))
	}

	fn slice_of(call: &sliceOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		charge_read(env)?;
		let who = account::<Runtime>(call.account);
		let slices: Vec<_> = Pallet::<Runtime>::slices_of(coin(call.token)?, &who)
			.into_iter()
			.map(|(interval, amount)| Slice {
				amount: U256::from(amount),
				start: interval.start(),
				end: interval.end(),
			})
			.collect();
		Ok(sliceOfCall::abi_encode_returns(&slices))
	}

	fn total_held(call: &totalHeldCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Weights::<Runtime>::read_number())?;
		let amount = Held::<Runtime>::get(coin(call.token)?);
		Ok(totalHeldCall::abi_encode_returns(&U256::from(amount)))
	}

	fn consent(call: &consentCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Weights::<Runtime>::consent(), 1)?;
		let user = account::<Runtime>(call.user);
		let amount = amount(call.amount)?;
		Pallet::<Runtime>::do_consent(&caller.account, &user, amount, call.until)
			.map_err(|error| refused(NAME, error))?;
		let log = IUsufructEvents::Consent(Consent {
			owner: shown(caller.address),
			user: call.user,
			amount: call.amount,
			until: call.until,
		});
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn bond(call: &bondCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Pallet::<Runtime>::weight_of_bond(), 1)?;
		let owner = account::<Runtime>(call.owner);
		let node = AccountIdOf::<Runtime>::from(call.node.0);
		let amount = amount(call.amount)?;
		let pledge = Pallet::<Runtime>::do_bond(&caller.account, &owner, &node, amount, call.end)
			.map_err(|error| refused(NAME, error))?;
		let log = IUsufructEvents::Bonded(Bonded {
			pledge,
			user: shown(caller.address),
			owner: call.owner,
			node: call.node,
			amount: call.amount,
			end: call.end,
		});
		deposit_log(env, log.into_log_data())?;
		Ok(bondCall::abi_encode_returns(&pledge))
	}

	fn unbond(call: &unbondCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Pallet::<Runtime>::weight_of_unbond(), 0)?;
		Pallet::<Runtime>::do_unbond(&caller.account, call.pledge)
			.map_err(|error| refused(NAME, error))?;
		let log = IUsufructEvents::Unbonding(Unbonding { pledge: call.pledge });
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn reward(call: &rewardCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		begin(env, Pallet::<Runtime>::weight_of_reward(), 0)?;
		let user = Pledges::<Runtime>::get(call.pledge).map(|found| found.user);
		let amount =
			Pallet::<Runtime>::do_reward(call.pledge).map_err(|error| refused(NAME, error))?;
		let amount = U256::from(amount);
		if let Some(user) = user.filter(|_| !amount.is_zero()) {
			let log = IUsufructEvents::Rewarded(Rewarded {
				pledge: call.pledge,
				user: shown(Runtime::AddressMapper::to_address(&user)),
				amount,
			});
			deposit_log(env, log.into_log_data())?;
		}
		Ok(rewardCall::abi_encode_returns(&amount))
	}

	fn settle(call: &settleCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let caller = begin(env, Pallet::<Runtime>::weight_of_settle(), 0)?;
		Pallet::<Runtime>::do_settle(Some(&caller.account), call.pledge)
			.map_err(|error| refused(NAME, error))?;
		let log = IUsufructEvents::Settled(Settled { pledge: call.pledge });
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn pledge_of(call: &pledgeOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Weights::<Runtime>::read_number())?;
		let address = |who| shown(Runtime::AddressMapper::to_address(&who));
		let pledge = match Pledges::<Runtime>::get(call.pledge) {
			Some(found) => Pledge {
				user: address(found.user),
				owner: address(found.owner),
				node: Into::<[u8; 32]>::into(found.node).into(),
				amount: U256::from(found.amount),
				end: found.end,
				unbonding: found.unbonding,
			},
			None => Pledge {
				user: Address::ZERO,
				owner: Address::ZERO,
				node: [0; 32].into(),
				amount: U256::ZERO,
				end: 0,
				unbonding: false,
			},
		};
		Ok(pledgeOfCall::abi_encode_returns(&pledge))
	}

	fn log_deposit(
		token: Address,
		caller: &Caller<Runtime>,
		amount: U256,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<(), Error> {
		let account = shown(caller.address);
		let log = IUsufructEvents::Deposit(Deposit { token, account, amount });
		deposit_log(env, log.into_log_data())
	}

	fn log_transfer(
		token: Address,
		from: Address,
		to: Address,
		amount: U256,
		(start, end): (Seconds, Seconds),
		env: &mut impl Ext<T = Runtime>,
	) -> Result<(), Error> {
		let log = SliceTransfer { token, from, to, amount, start, end };
		deposit_log(env, IUsufructEvents::SliceTransfer(log).into_log_data())
	}
}

/// Charges for a function that changes state, which names so many accounts by their addresses, and says who calls.
fn begin<Runtime: pallet_revive::Config + Config>(
	env: &mut impl Ext<T = Runtime>,
	weight: Weight,
	addresses: u64,
) -> Result<Caller<Runtime>, Error> {
	let lookups = Weights::<Runtime>::read_number().saturating_mul(addresses);
	env.charge(weight.saturating_add(lookups))?;
	ensure_may_change(NAME, env)
}

/// Charges for reading a list, the clock, and whose address it is.
fn charge_read<Runtime: pallet_revive::Config + Config>(
	env: &mut impl Ext<T = Runtime>,
) -> Result<(), Error> {
	let lookup = Weights::<Runtime>::read_number();
	env.charge(Weights::<Runtime>::read(MAX_BOUNDARIES).saturating_add(lookup))?;
	Ok(())
}

/// The coin that an address stands for: none for FSN, or the ERC-20 of a mapped coin.
fn coin(token: Address) -> Result<Coin, Error> {
	let token = H160(token.0 .0);
	if token.is_zero() {
		return Ok(Coin::Fsn);
	}
	let [first, second, third, fourth, ..] = token.0;
	let asset = u32::from_be_bytes([first, second, third, fourth]);
	if token_address(asset) == token {
		return Ok(Coin::Mapped(asset));
	}
	Err(revert(NAME, "the token is neither a mapped coin nor address 0, which is FSN"))
}

fn amount(value: U256) -> Result<Balance, Error> {
	Balance::try_from(value).map_err(|_| revert(NAME, "the amount is above 2^128 - 1"))
}

fn account<Runtime: pallet_revive::Config>(address: Address) -> AccountIdOf<Runtime> {
	Runtime::AddressMapper::to_account_id(&H160(address.0 .0))
}

fn shown(address: H160) -> Address {
	address.0.into()
}
