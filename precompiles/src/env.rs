//! What every precompile does alike.

use alloc::{format, vec::Vec};
use core::num::NonZero;
use frame_support::ensure;
use pallet_revive::{
	precompiles::{
		alloy::primitives::LogData, AddressMapper, Error, Ext, RuntimeCosts, H160, H256,
	},
	Config,
};
use sp_runtime::DispatchError;

/// The account type of a runtime.
pub(crate) type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// A number that is known to be no zero when this is compiled.
pub(crate) const fn nonzero(number: u16) -> NonZero<u16> {
	match NonZero::new(number) {
		Some(number) => number,
		None => panic!("a matcher must not be zero"),
	}
}

/// Who calls, as an account and as an address.
pub(crate) struct Caller<T: Config> {
	/// The account.
	pub account: AccountIdOf<T>,
	/// Its address.
	pub address: H160,
}

/// A revert with a reason. `name` is that of the precompile.
pub(crate) fn revert(name: &str, reason: &str) -> Error {
	Error::Revert(format!("{name}: {reason}").into())
}

/// A revert with what a pallet gave as its reason.
pub(crate) fn refused(name: &str, error: DispatchError) -> Error {
	let reason: &'static str = error.into();
	revert(name, reason)
}

/// Refuses what no function of a precompile takes: a delegate call, and value.
pub(crate) fn ensure_plain_call<T: Config>(name: &str, env: &impl Ext<T = T>) -> Result<(), Error> {
	ensure!(!env.is_delegate_call(), pallet_revive::Error::<T>::PrecompileDelegateDenied);
	ensure!(env.value_transferred().is_zero(), revert(name, "takes no value"));
	Ok(())
}

/// For functions that change state: refuses a static call, and says who calls.
pub(crate) fn ensure_may_change<T: Config>(
	name: &str,
	env: &impl Ext<T = T>,
) -> Result<Caller<T>, Error> {
	ensure!(!env.is_read_only(), pallet_revive::Error::<T>::StateChangeDenied);
	let origin = env.caller();
	let account = origin
		.account_id()
		.map_err(|_| revert(name, "the caller has no account to act for"))?
		.clone();
	let address = T::AddressMapper::to_address(&account);
	Ok(Caller { account, address })
}

/// Leaves an EVM log of the precompile, and charges for it.
pub(crate) fn deposit_log<T: Config>(env: &mut impl Ext<T = T>, log: LogData) -> Result<(), Error> {
	let (topics, data) = log.split();
	let topics: Vec<H256> = topics.into_iter().map(|topic| H256(topic.0)).collect();
	env.frame_meter_mut().charge_weight_token(RuntimeCosts::DepositEvent {
		num_topic: u32::try_from(topics.len()).unwrap_or(u32::MAX),
		len: u32::try_from(data.len()).unwrap_or(u32::MAX),
	})?;
	env.deposit_event(topics, data.to_vec());
	Ok(())
}
