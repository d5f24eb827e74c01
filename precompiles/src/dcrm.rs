//! Key groups for contracts: keys of their own, and what they have signed.

use alloc::{string::String, vec::Vec};
use core::marker::PhantomData;
use frame_support::{
	ensure,
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use fusion_dcrm_primitives::account_key::{
	message_hash, AccountKeyId, AccountKeyView, Payload, Payment, Spend, Subject, MAX_PAYLOAD,
	MAX_PAYMENTS,
};
use pallet_dcrm::{AccountRules, BalanceOf, Config, Pallet, WeightInfo};
use pallet_revive::{
	precompiles::{
		alloy::{
			self,
			primitives::{Bytes, FixedBytes, IntoLogData, U256},
			sol_types::SolCall,
		},
		AddressMapper, AddressMatcher, Error, Ext, Precompile, H160,
	},
	Config as ReviveConfig,
};
use sp_runtime::{AccountId32, SaturatedConversion};

use crate::env::{
	deposit_log, ensure_may_change, ensure_plain_call, nonzero, refused, revert, Caller,
};

/// What the Solidity file is made into.
#[allow(missing_docs, reason = "the file says what its items are, but for what is made of them")]
mod interface {
	super::alloy::sol!("../contracts/interfaces/IDcrm.sol");
}

pub use interface::IDcrm;
use IDcrm::{
	forgetCall, keyOfCall, messageDigestCall, pricesCall, pricesReturn, requestKeyCall,
	requestKeyReturn, requestPaymentCall, requestPaymentReturn, requestSignatureCall,
	requestSignatureReturn, signatureOfCall, signatureOfReturn, IDcrmCalls, IDcrmEvents, Key,
	KeyGiven, RequestForgotten, SignatureRequested, State,
};

/// What reasons to revert start with.
const NAME: &str = "Dcrm";

/// Microseconds to read an address: a checksum, and for taproot a square root.
const ADDRESS: u64 = 300;

/// The precompile of `pallet-dcrm`.
pub struct Dcrm<Runtime>(PhantomData<Runtime>);

impl<Runtime> Precompile for Dcrm<Runtime>
where
	Runtime: ReviveConfig + Config,
{
	type T = Runtime;
	type Interface = IDcrmCalls;
	const MATCHER: AddressMatcher = AddressMatcher::Fixed(nonzero(0xF502));
	const HAS_CONTRACT_INFO: bool = false;

	fn call(
		_: &[u8; 20],
		input: &Self::Interface,
		env: &mut impl Ext<T = Self::T>,
	) -> Result<Vec<u8>, Error> {
		ensure_plain_call(NAME, env)?;
		match input {
			IDcrmCalls::requestKey(_) => Self::request_key(env),
			IDcrmCalls::requestSignature(call) => Self::request_signature(call, env),
			IDcrmCalls::requestPayment(call) => Self::request_payment(call, env),
			IDcrmCalls::forget(call) => Self::forget(call, env),
			IDcrmCalls::keyOf(call) => Self::key_of(call, env),
			IDcrmCalls::signatureOf(call) => Self::signature_of(call, env),
			IDcrmCalls::messageDigest(call) => Self::message_digest(call, env),
			IDcrmCalls::prices(_) => Self::prices(env),
		}
	}
}

impl<Runtime> Dcrm<Runtime>
where
	Runtime: ReviveConfig + Config,
{
	fn request_key(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// It is shown as well.
		env.charge(
			<Runtime as Config>::WeightInfo::request_key()
				.saturating_add(<Runtime as Config>::WeightInfo::account_key()),
		)?;
		let caller = ensure_may_change(NAME, env)?;
		let key = Pallet::<Runtime>::do_request_key(caller.account)
			.map_err(|error| refused(NAME, error))?;
		let view = Pallet::<Runtime>::account_key(key)
			.ok_or_else(|| revert(NAME, "the key group has no key"))?;
		let Key { publicKey, bitcoinAddress, .. } = key_shown(view)?;
		let log = IDcrmEvents::KeyGiven(KeyGiven {
			account: caller.address.0.into(),
			key,
			publicKey,
			bitcoinAddress: bitcoinAddress.clone(),
		});
		deposit_log(env, log.into_log_data())?;
		Ok(requestKeyCall::abi_encode_returns(&requestKeyReturn { key, publicKey, bitcoinAddress }))
	}

	fn request_signature(
		call: &requestSignatureCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::request_signature(MAX_PAYLOAD))?;
		let caller = ensure_may_change(NAME, env)?;
		let payload = Payload::try_from(call.message.to_vec())
			.map_err(|_| revert(NAME, "the message is longer than 1024 bytes"))?;
		let (request, digest) =
			Self::request(&caller, call.key, Subject::Message(payload), call.maxPrice, env)?;
		let answer = requestSignatureReturn { request, digest };
		Ok(requestSignatureCall::abi_encode_returns(&answer))
	}

	fn request_payment(
		call: &requestPaymentCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let micros = u64::from(MAX_PAYMENTS).saturating_mul(ADDRESS);
		let addresses = Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0);
		env.charge(
			<Runtime as Config>::WeightInfo::request_spend(MAX_PAYMENTS).saturating_add(addresses),
		)?;
		let caller = ensure_may_change(NAME, env)?;
		let few = call.payments.len() <= MAX_PAYMENTS as usize;
		ensure!(few, revert(NAME, "there are more than 8 payments"));
		let payments = call
			.payments
			.iter()
			.map(|payment| {
				let script = <Runtime as Config>::Accounts::script(payment.destination.as_bytes())
					.ok_or_else(|| revert(NAME, "a payment is to no address of this Bitcoin"))?;
				Ok(Payment { amount: payment.amount, script })
			})
			.collect::<Result<Vec<_>, Error>>()?;
		let subject = Subject::Spend(Spend {
			txid: call.txid.0,
			vout: call.vout,
			amount: call.amount,
			payments: payments
				.try_into()
				.map_err(|_| revert(NAME, "there are more than 8 payments"))?,
		});
		let (request, digest) = Self::request(&caller, call.key, subject, call.maxPrice, env)?;
		Ok(requestPaymentCall::abi_encode_returns(&requestPaymentReturn { request, digest }))
	}

	/// Asks for a signature, once that was charged for.
	fn request(
		caller: &Caller<Runtime>,
		key: AccountKeyId,
		subject: Subject,
		max_price: U256,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<(u64, FixedBytes<32>), Error> {
		let price = Pallet::<Runtime>::signing_price();
		// Nobody has more.
		let most: BalanceOf<Runtime> = max_price.saturating_to::<u128>().saturated_into();
		let (request, digest) =
			Pallet::<Runtime>::do_request_signature(&caller.account, key, subject, most)
				.map_err(|error| refused(NAME, error))?;
		let digest = FixedBytes(digest);
		let log = IDcrmEvents::SignatureRequested(SignatureRequested {
			account: caller.address.0.into(),
			key,
			request,
			digest,
			price: amount::<Runtime>(price),
		});
		deposit_log(env, log.into_log_data())?;
		Ok((request, digest))
	}

	fn forget(call: &forgetCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::forget_request())?;
		let caller = ensure_may_change(NAME, env)?;
		Pallet::<Runtime>::do_forget_request(&caller.account, call.request)
			.map_err(|error| refused(NAME, error))?;
		let log = IDcrmEvents::RequestForgotten(RequestForgotten {
			account: caller.address.0.into(),
			request: call.request,
		});
		deposit_log(env, log.into_log_data())?;
		Ok(Vec::new())
	}

	fn key_of(call: &keyOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::account_key())?;
		let key = match Pallet::<Runtime>::account_key(call.key) {
			Some(view) => key_shown(view)?,
			None => Key {
				account: FixedBytes::ZERO,
				group: 0,
				publicKey: FixedBytes::ZERO,
				bitcoinAddress: String::new(),
			},
		};
		Ok(keyOfCall::abi_encode_returns(&key))
	}

	fn signature_of(
		call: &signatureOfCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		env.charge(<Runtime as Config>::WeightInfo::account_request())?;
		let (state, signature) = match Pallet::<Runtime>::account_request(call.request) {
			None => (State::None, Bytes::new()),
			Some(view) => match view.signature {
				None => (State::Open, Bytes::new()),
				Some(signature) => (State::Signed, signature.to_vec().into()),
			},
		};
		Ok(signatureOfCall::abi_encode_returns(&signatureOfReturn { state, signature }))
	}

	fn message_digest(
		call: &messageDigestCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		// The mapping of the address and the genesis hash are read, and what is said is hashed: a message that is too
		// long costs no more than to have been given.
		env.charge(<Runtime as Config>::WeightInfo::account_request())?;
		let payload = Payload::try_from(call.message.to_vec())
			.map_err(|_| revert(NAME, "the message is longer than 1024 bytes"))?;
		let account: AccountId32 =
			<Runtime as ReviveConfig>::AddressMapper::to_account_id(&H160(call.account.0 .0));
		let genesis = Pallet::<Runtime>::genesis_hash();
		let digest = FixedBytes(message_hash(genesis, account.as_ref(), &payload));
		Ok(messageDigestCall::abi_encode_returns(&digest))
	}

	fn prices(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// The parameters, which are smaller than a request.
		env.charge(<Runtime as Config>::WeightInfo::account_request())?;
		Ok(pricesCall::abi_encode_returns(&pricesReturn {
			signature: amount::<Runtime>(Pallet::<Runtime>::signing_price()),
			keyDeposit: amount::<Runtime>(<Runtime as Config>::KeyDeposit::get()),
			requestDeposit: amount::<Runtime>(<Runtime as Config>::RequestDeposit::get()),
		}))
	}
}

fn amount<Runtime: Config>(amount: BalanceOf<Runtime>) -> U256 {
	U256::from(amount.saturated_into::<u128>())
}

/// Addresses are text. That one is not would be a mistake of the pallet.
fn key_shown(view: AccountKeyView) -> Result<Key, Error> {
	let AccountKeyView { account, group, public_key, address } = view;
	Ok(Key {
		account: FixedBytes(account),
		group,
		publicKey: FixedBytes(public_key),
		bitcoinAddress: String::from_utf8(address)
			.map_err(|_| revert(NAME, "the address is no text"))?,
	})
}
