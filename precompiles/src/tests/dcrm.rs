//! Key groups.

use super::{address_in, reason, signatures, succeed};
use crate::{mock::*, Dcrm as DcrmPrecompile, IDcrm};
use frame_support::traits::fungible::InspectHold;
use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::{spend_template, Bitcoin};
use fusion_dcrm_primitives::{
	account_key::{message_hash, Spend, Subject, MAX_PAYLOAD},
	KeyPath, Purpose,
};
use pallet_dcrm::{AccountKeys, AccountRequests, HoldReason, Requests};
use pallet_revive::{
	precompiles::{
		alloy::{
			primitives::{FixedBytes, IntoLogData, U256},
			sol_types::{SolCall, SolInterface},
		},
		Precompile, H160, H256,
	},
	AccountId32Mapper, AddressMapper,
};
use std::collections::BTreeSet;
use IDcrm::{
	forgetCall, keyOfCall, messageDigestCall, pricesCall, requestKeyCall, requestPaymentCall,
	requestSignatureCall, signatureOfCall, IDcrmCalls, IDcrmEvents, KeyGiven, Payment,
	RequestForgotten, SignatureRequested, State,
};

const SOURCE: &str = include_str!("../../../contracts/interfaces/IDcrm.sol");
const MOST: U256 = U256::MAX;

fn request_key(from: H160, to: H160) -> u64 {
	let answer = succeed(from, to, requestKeyCall {}.abi_encode());
	requestKeyCall::abi_decode_returns(&answer).unwrap().key
}

fn signature_data(key: u64, message: &[u8], most: U256) -> Vec<u8> {
	requestSignatureCall { key, message: message.to_vec().into(), maxPrice: most }.abi_encode()
}

fn payment_data(key: u64, amount: u64, to: &[&str]) -> Vec<u8> {
	let payments = to
		.iter()
		.map(|destination| Payment { amount: 10_000, destination: (*destination).into() })
		.collect();
	requestPaymentCall {
		key,
		txid: FixedBytes([7; 32]),
		vout: 1,
		amount,
		payments,
		maxPrice: U256::from(PRICE),
	}
	.abi_encode()
}

/// Calls the precompile; it must revert with this reason, and nothing must stay.
fn reverts_with(from: H160, data: Vec<u8>, expected: &str) {
	let before = AccountRequests::<Test>::iter().count();
	let result = call(from, DCRM, data).expect("the call is executed");
	assert!(result.did_revert(), "did not revert");
	assert_eq!(reason(&result).as_deref(), Some(expected));
	assert_eq!(AccountRequests::<Test>::iter().count(), before);
}

/// The logs of the precompile, as topics and data.
fn logs() -> Vec<(Vec<H256>, Vec<u8>)> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted {
				contract,
				data,
				topics,
			}) if contract == DCRM => Some((topics, data)),
			_ => None,
		})
		.collect()
}

fn log_of(event: IDcrmEvents) -> (Vec<H256>, Vec<u8>) {
	let (topics, data) = event.into_log_data().split();
	(topics.into_iter().map(|topic| H256(topic.0)).collect(), data.to_vec())
}

fn held(who: &AccountId) -> u128 {
	Balances::balance_on_hold(&HoldReason::AccountKeys.into(), who)
}

/// With a group, and keys for Alice and for a contract that passes calls on.
fn with_keys(test: impl FnOnce(u64, H160, u64)) {
	build_and_execute(|| {
		activate_group();
		let contract = deploy_proxy_to(DCRM, Passing::Call);
		endow(&AccountId32Mapper::<Test>::to_account_id(&contract));
		let alices = request_key(ALICE, DCRM);
		let contracts = request_key(ALICE, contract);
		test(alices, contract, contracts);
	});
}

#[test]
fn interface_should_have_every_function_of_the_solidity_file() {
	let in_file: BTreeSet<[u8; 4]> = signatures(SOURCE)
		.iter()
		.map(|signature| {
			let signature = signature.replace("Payment[]", "(uint64,string)[]");
			let hash = sp_io::hashing::keccak_256(signature.as_bytes());
			[hash[0], hash[1], hash[2], hash[3]]
		})
		.collect();
	let of_interface: BTreeSet<[u8; 4]> = IDcrmCalls::selectors().collect();
	assert_eq!(in_file, of_interface);
	assert_eq!(of_interface.len(), 8);
}

#[test]
fn precompile_should_be_where_the_solidity_file_says() {
	assert_eq!(<DcrmPrecompile<Test> as Precompile>::MATCHER.base_address(), DCRM.0);
	assert_eq!(address_in(SOURCE, "DCRM_ADDRESS"), DCRM);
}

#[test]
fn every_selector_should_be_answered_when_called() {
	with_keys(|key, _, _| {
		let calls = [
			requestKeyCall {}.abi_encode(),
			signature_data(key, b"hello", MOST),
			payment_data(key, 50_000, &[ADDRESS]),
			keyOfCall { key }.abi_encode(),
			signatureOfCall { request: 0 }.abi_encode(),
			messageDigestCall { account: ALICE.0.into(), message: vec![1].into() }.abi_encode(),
			pricesCall {}.abi_encode(),
		];
		let mut answered = BTreeSet::new();
		for data in calls {
			answered.insert([data[0], data[1], data[2], data[3]]);
			succeed(ALICE, DCRM, data);
		}
		System::set_block_number(21);
		let data = forgetCall { request: 0 }.abi_encode();
		answered.insert([data[0], data[1], data[2], data[3]]);
		succeed(ALICE, DCRM, data);
		assert_eq!(answered, IDcrmCalls::selectors().collect());
		assert!(call(ALICE, DCRM, vec![1, 2, 3, 4]).unwrap().did_revert());
	});
}

#[test]
fn key_should_be_the_callers_own_when_it_asks_for_one() {
	with_keys(|alices, contract, contracts| {
		let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
		assert_eq!(AccountKeys::<Test>::get(alices).unwrap().account, account(ALICE));
		assert_eq!(AccountKeys::<Test>::get(contracts).unwrap().account, owner);
		assert_eq!((held(&account(ALICE)), held(&owner)), (KEY_DEPOSIT, KEY_DEPOSIT));
		let key_of = |key| {
			let answer = succeed(ALICE, DCRM, keyOfCall { key }.abi_encode());
			keyOfCall::abi_decode_returns(&answer).unwrap()
		};
		let (mine, theirs) = (key_of(alices), key_of(contracts));
		assert_eq!(mine.account.0, <[u8; 32]>::from(account(ALICE)));
		assert_ne!(mine.publicKey, theirs.publicKey);
		assert!(mine.bitcoinAddress.starts_with("bcrt1p"), "{}", mine.bitcoinAddress);
		let destination = Bitcoin::parse_address(
			&mine.bitcoinAddress,
			fusion_bitcoin_primitives::Network::Regtest,
		);
		assert_eq!(destination.unwrap(), Bitcoin::destination(&mine.publicKey.0));
		let expected = log_of(IDcrmEvents::KeyGiven(KeyGiven {
			account: contract.0.into(),
			key: contracts,
			publicKey: theirs.publicKey,
			bitcoinAddress: theirs.bitcoinAddress,
		}));
		assert_eq!(logs().last(), Some(&expected));
		let none = key_of(9);
		assert_eq!((none.account, none.bitcoinAddress.as_str()), (FixedBytes::ZERO, ""));
	});
}

#[test]
fn message_should_be_signed_as_its_digest_says_when_a_contract_asks() {
	with_keys(|_, contract, key| {
		let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
		let data = signature_data(key, b"pay the bearer", U256::from(PRICE));
		let answer = succeed(ALICE, contract, data);
		let answer = requestSignatureCall::abi_decode_returns(&answer).unwrap();
		let request = answer.request;
		let open = Requests::<Test>::get(request).unwrap().request;
		let bytes: [u8; 32] = owner.clone().into();
		let genesis = System::block_hash(0);
		assert_eq!(open.message, answer.digest.0);
		assert_eq!(open.message, message_hash(genesis, &bytes, b"pay the bearer"));
		assert_eq!(open.path, KeyPath::Account(bytes, key));
		assert_eq!(open.purpose, Purpose::Account { request });
		let digest = messageDigestCall {
			account: contract.0.into(),
			message: b"pay the bearer".to_vec().into(),
		};
		let digest = succeed(ALICE, DCRM, digest.abi_encode());
		assert_eq!(digest, answer.digest.0);
		assert_eq!(held(&owner), KEY_DEPOSIT + REQUEST_DEPOSIT + PRICE);
		let expected = log_of(IDcrmEvents::SignatureRequested(SignatureRequested {
			account: contract.0.into(),
			key,
			request,
			digest: answer.digest,
			price: U256::from(PRICE),
		}));
		assert_eq!(logs().last(), Some(&expected));

		let state_of = |request| {
			let answer = succeed(ALICE, DCRM, signatureOfCall { request }.abi_encode());
			let answer = signatureOfCall::abi_decode_returns(&answer).unwrap();
			(answer.state, answer.signature.to_vec())
		};
		assert!(matches!(state_of(request), (State::Open, signature) if signature.is_empty()));
		AccountRequests::<Test>::mutate(request, |kept| {
			kept.as_mut().unwrap().signature = Some([5; 64]);
		});
		assert!(matches!(state_of(request), (State::Signed, signature) if signature == [5; 64]));
		// Who did not ask cannot have it forgotten yet.
		let forget = forgetCall { request }.abi_encode();
		reverts_with(ALICE, forget.clone(), "Dcrm: NotExpired");
		succeed(ALICE, contract, forget);
		assert!(matches!(state_of(request), (State::None, _)));
		let expected = log_of(IDcrmEvents::RequestForgotten(RequestForgotten {
			account: contract.0.into(),
			request,
		}));
		assert_eq!(logs().last(), Some(&expected));
	});
}

#[test]
fn payment_should_be_signed_as_bitcoin_wants_it_when_it_spends_a_coin_of_the_key() {
	with_keys(|_, contract, key| {
		let answer = succeed(ALICE, contract, payment_data(key, 50_000, &[ADDRESS, ADDRESS]));
		let answer = requestPaymentCall::abi_decode_returns(&answer).unwrap();
		let kept = AccountRequests::<Test>::get(answer.request).unwrap();
		let Subject::Spend(spend) = kept.subject else { panic!("not a payment") };
		let Spend { txid, vout, amount, payments } = &spend;
		assert_eq!((*txid, *vout, *amount, payments.len()), ([7; 32], 1, 50_000, 2));
		let public_key = Dcrm::account_key(key).unwrap().public_key;
		let template = spend_template(&spend, &public_key).unwrap();
		assert_eq!(answer.digest.0, Bitcoin::sighashes(&template)[0]);
		assert_eq!(Requests::<Test>::get(answer.request).unwrap().request.message, answer.digest.0);
	});
}

#[test]
fn reason_should_be_given_when_it_is_refused() {
	with_keys(|alices, _, contracts| {
		let long = vec![0; MAX_PAYLOAD as usize + 1];
		let mainnet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
		for (data, expected) in [
			(signature_data(contracts, b"x", MOST), "Dcrm: NotYourKey"),
			(payment_data(contracts, 50_000, &[ADDRESS]), "Dcrm: NotYourKey"),
			(signature_data(9, b"x", MOST), "Dcrm: UnknownKey"),
			(signature_data(alices, &long, MOST), "Dcrm: the message is longer than 1024 bytes"),
			(signature_data(alices, b"x", U256::from(PRICE - 1)), "Dcrm: PriceTooHigh"),
			(payment_data(alices, 50_000, &[ADDRESS; 9]), "Dcrm: there are more than 8 payments"),
			(
				payment_data(alices, 50_000, &[mainnet]),
				"Dcrm: a payment is to no address of this Bitcoin",
			),
			(payment_data(alices, 9_999, &[ADDRESS]), "Dcrm: UnsoundTransaction"),
			(payment_data(alices, 50_000, &[]), "Dcrm: UnsoundTransaction"),
			(forgetCall { request: 9 }.abi_encode(), "Dcrm: UnknownRequest"),
		] {
			reverts_with(ALICE, data, expected);
		}
		assert_eq!(held(&account(ALICE)), KEY_DEPOSIT);
		for _ in 0..3 {
			succeed(ALICE, DCRM, signature_data(alices, b"x", MOST));
		}
		reverts_with(ALICE, signature_data(alices, b"x", MOST), "Dcrm: TooManyRequests");
		reverts_with(
			ALICE,
			messageDigestCall { account: ALICE.0.into(), message: long.into() }.abi_encode(),
			"Dcrm: the message is longer than 1024 bytes",
		);
		// There is nobody to pay.
		let result = call(PAUPER, DCRM, requestKeyCall {}.abi_encode()).unwrap();
		assert!(result.did_revert());
		assert_eq!(AccountKeys::<Test>::iter().count(), 2);
	});
}

#[test]
fn value_should_be_refused_and_state_stay_when_called_otherwise_than_plainly() {
	with_keys(|key, _, _| {
		let changes = [
			requestKeyCall {}.abi_encode(),
			signature_data(key, b"x", MOST),
			payment_data(key, 50_000, &[ADDRESS]),
			forgetCall { request: 0 }.abi_encode(),
		];
		for data in &changes {
			let result = call_with_value(ALICE, DCRM, 5_000_000, data.clone()).unwrap();
			assert_eq!(reason(&result).as_deref(), Some("Dcrm: takes no value"));
		}
		let before = logs().len();
		for passing in [Passing::Static, Passing::Delegate] {
			let contract = deploy_proxy_to(DCRM, passing);
			for data in &changes {
				assert!(call(ALICE, contract, data.clone()).unwrap().did_revert());
			}
		}
		assert_eq!(logs().len(), before);
		assert_eq!(AccountRequests::<Test>::iter().count(), 0);
	});
}

#[test]
fn views_should_be_answered_when_called_statically() {
	with_keys(|key, _, _| {
		let contract = deploy_proxy_to(DCRM, Passing::Static);
		succeed(ALICE, contract, keyOfCall { key }.abi_encode());
		succeed(ALICE, contract, signatureOfCall { request: 0 }.abi_encode());
		let prices = succeed(ALICE, contract, pricesCall {}.abi_encode());
		let prices = pricesCall::abi_decode_returns(&prices).unwrap();
		assert_eq!(prices.signature, U256::from(PRICE));
		assert_eq!(prices.keyDeposit, U256::from(KEY_DEPOSIT));
		assert_eq!(prices.requestDeposit, U256::from(REQUEST_DEPOSIT));
	});
}

#[test]
fn work_should_be_charged_for_before_it_is_done() {
	use pallet_dcrm::WeightInfo;
	type Weights = <Test as pallet_dcrm::Config>::WeightInfo;
	with_keys(|key, _, _| {
		for (data, least) in [
			(requestKeyCall {}.abi_encode(), Weights::request_key()),
			(signature_data(key, b"x", MOST), Weights::request_signature(1)),
			(payment_data(key, 50_000, &[ADDRESS]), Weights::request_signature(1)),
			(keyOfCall { key }.abi_encode(), Weights::account_key()),
			(signatureOfCall { request: 0 }.abi_encode(), Weights::account_request()),
		] {
			assert!(weight_of_call(ALICE, DCRM, data).all_gte(least));
		}
	});
}
