//! Asset mapping for contracts: lock-in, lock-out, reserves.

use alloc::{string::String, vec::Vec};
use core::marker::PhantomData;
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::witness::OnWitnessed;
use pallet_asset_mapping::{Config, Pallet, WeightInfo};
use pallet_revive::precompiles::{
	alloy::{
		self,
		primitives::{IntoLogData, U256},
		sol_types::SolCall,
	},
	AddressMatcher, Error, Ext, Precompile, H160,
};

use crate::env::{deposit_log, ensure_may_change, ensure_plain_call, nonzero, refused, revert};

alloy::sol!("../contracts/interfaces/IAssetMapping.sol");

use IAssetMapping::{
	cancelLockOutCall, depositAddressCall, lockOutCall, pausedCall, pausedReturn,
	requestLockInCall, requestLockInReturn, reservesCall, reservesReturn, tokenCall,
	IAssetMappingCalls, IAssetMappingEvents, LockInRequested, LockOutCancelled, LockOutRequested,
};

/// What reasons to revert start with.
const NAME: &str = "AssetMapping";

/// Addresses of the ERC-20s of mapped coins end in this and two zero bytes, and start with the number
/// of the asset: the runtime binds `InlineIdConfig<TOKEN_PREFIX>` of `pallet-assets-precompiles` to the
/// mapped coins.
pub const TOKEN_PREFIX: u16 = 0x0120;

/// Most bytes of an address that is read: no address is longer.
const MAX_ADDRESS_TEXT: usize = 128;

/// The address of the ERC-20 of a mapped coin.
pub fn token_address(asset: u32) -> H160 {
	let mut address = AddressMatcher::Prefix(nonzero(TOKEN_PREFIX)).base_address();
	for (byte, of_asset) in address.iter_mut().zip(asset.to_be_bytes()) {
		*byte = of_asset;
	}
	H160(address)
}

/// The precompile of an instance of `pallet-asset-mapping`.
pub struct AssetMapping<Runtime, Instance = ()>(PhantomData<(Runtime, Instance)>);

impl<Runtime, Instance> Precompile for AssetMapping<Runtime, Instance>
where
	Runtime: pallet_revive::Config + Config<Instance>,
	Instance: 'static,
{
	type T = Runtime;
	type Interface = IAssetMappingCalls;
	const MATCHER: AddressMatcher = AddressMatcher::Fixed(nonzero(0xF503));
	const HAS_CONTRACT_INFO: bool = false;

	fn call(
		_: &[u8; 20],
		input: &Self::Interface,
		env: &mut impl Ext<T = Self::T>,
	) -> Result<Vec<u8>, Error> {
		ensure_plain_call(NAME, env)?;
		match input {
			IAssetMappingCalls::requestLockIn(call) => Self::request_lock_in(call, env),
			IAssetMappingCalls::lockOut(call) => Self::lock_out(call, env),
			IAssetMappingCalls::cancelLockOut(call) => Self::cancel_lock_out(call, env),
			IAssetMappingCalls::depositAddress(call) => Self::deposit_address(call, env),
			IAssetMappingCalls::reserves(_) => Self::reserves(env),
			IAssetMappingCalls::token(_) => Self::token(env),
			IAssetMappingCalls::paused(_) => Self::paused(env),
		}
	}
}

impl<Runtime, Instance> AssetMapping<Runtime, Instance>
where
	Runtime: pallet_revive::Config + Config<Instance>,
	Instance: 'static,
{
	fn request_lock_in(
		call: &requestLockInCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config<Instance>>::WeightInfo::request_lock_in())?;
		let caller = ensure_may_change(NAME, env)?;
		let refund = address_text(&call.refundAddress)?;
		let (index, text) =
			Pallet::<Runtime, Instance>::do_request_lock_in(caller.account, refund, call.deadline)
				.map_err(|error| refused(NAME, error))?;
		let text = into_string(text.into_inner())?;
		let log = IAssetMappingEvents::LockInRequested(LockInRequested {
			account: caller.address.0.into(),
			index,
			depositAddress: text.clone(),
			deadline: call.deadline,
		});
		deposit_log(env, log.into_log_data())?;
		let answer = requestLockInReturn { index, depositAddress: text };
		Ok(requestLockInCall::abi_encode_returns(&answer))
	}

	fn lock_out(call: &lockOutCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config<Instance>>::WeightInfo::request_lock_out())?;
		let caller = ensure_may_change(NAME, env)?;
		let destination = address_text(&call.destination)?;
		let intent = Pallet::<Runtime, Instance>::do_request_lock_out(
			caller.account,
			call.amount,
			destination,
			call.maxFee,
		)
		.map_err(|error| refused(NAME, error))?;
		let log = IAssetMappingEvents::LockOutRequested(LockOutRequested {
			account: caller.address.0.into(),
			intent,
			amount: call.amount,
			destination: call.destination.clone(),
			maxFee: call.maxFee,
		});
		deposit_log(env, log.into_log_data())?;
		Ok(lockOutCall::abi_encode_returns(&intent))
	}

	fn cancel_lock_out(
		call: &cancelLockOutCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let told = <Runtime as Config<Instance>>::OnWitnessed::weight();
		env.charge(
			<Runtime as Config<Instance>>::WeightInfo::cancel_lock_out().saturating_add(told),
		)?;
		let caller = ensure_may_change(NAME, env)?;
		let amount = Pallet::<Runtime, Instance>::do_cancel_lock_out(&caller.account, call.intent)
			.map_err(|error| refused(NAME, error))?;
		let log = IAssetMappingEvents::LockOutCancelled(LockOutCancelled {
			account: caller.address.0.into(),
			intent: call.intent,
			amount,
		});
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn deposit_address(
		call: &depositAddressCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config<Instance>>::WeightInfo::deposit_address())?;
		let text = Pallet::<Runtime, Instance>::deposit_address(call.index)
			.ok_or_else(|| revert(NAME, "no deposit address has this number"))?;
		Ok(depositAddressCall::abi_encode_returns(&into_string(text)?))
	}

	fn reserves(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config<Instance>>::WeightInfo::reserves())?;
		let reserves = Pallet::<Runtime, Instance>::reserves();
		Ok(reservesCall::abi_encode_returns(&reservesReturn {
			held: U256::from(reserves.held),
			deficit: U256::from(reserves.deficit),
			issued: U256::from(reserves.issued),
			locked: U256::from(reserves.locked),
		}))
	}

	fn token(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// Reads no storage: one of the cheapest functions there is pays for it.
		env.charge(<Runtime as Config<Instance>>::WeightInfo::deposit_address())?;
		let asset = <Runtime as Config<Instance>>::AssetId::get();
		Ok(tokenCall::abi_encode_returns(&token_address(asset).0.into()))
	}

	fn paused(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// Two small items of storage, which an address, that has a proof of the same size, pays for.
		env.charge(<Runtime as Config<Instance>>::WeightInfo::deposit_address())?;
		let paused = Pallet::<Runtime, Instance>::paused();
		let answer = pausedReturn { lockInPaused: paused.lock_in, lockOutPaused: paused.lock_out };
		Ok(pausedCall::abi_encode_returns(&answer))
	}
}

/// The bytes of an address, unless they are too many to be one.
fn address_text(text: &str) -> Result<&[u8], Error> {
	ensure!(text.len() <= MAX_ADDRESS_TEXT, revert(NAME, "the address is too long"));
	Ok(text.as_bytes())
}

/// Addresses are text. That one is not would be a mistake of the pallet.
fn into_string(text: Vec<u8>) -> Result<String, Error> {
	String::from_utf8(text).map_err(|_| revert(NAME, "the address is no text"))
}
