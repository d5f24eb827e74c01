//! Asset mapping.

use super::{address_in, reason, selectors, succeed};
use crate::{mock::*, token_address, AssetMapping, IAssetMapping, TOKEN_PREFIX};
use pallet_asset_mapping::{Batches, Intents, NextDeposit, Paused, PausedDirections};
use pallet_assets_precompiles::{AssetIdExtractor, AssetPrecompileConfig, InlineIdConfig};
use pallet_revive::{
	precompiles::{
		alloy::{
			primitives::{IntoLogData, U256},
			sol_types::{SolCall, SolInterface},
		},
		Precompile, H160, H256,
	},
	AccountId32Mapper, AddressMapper,
};
use std::collections::BTreeSet;
use IAssetMapping::{
	cancelLockOutCall, depositAddressCall, lockOutCall, pausedCall, requestLockInCall,
	reservesCall, tokenCall, IAssetMappingCalls, IAssetMappingEvents, LockInRequested,
	LockOutCancelled, LockOutRequested,
};

const SOURCE: &str = include_str!("../../../contracts/interfaces/IAssetMapping.sol");
const MAX_FEE: u64 = 5_000;

fn lock_out_data(amount: u64) -> Vec<u8> {
	lockOutCall { amount, destination: ADDRESS.into(), maxFee: MAX_FEE }.abi_encode()
}

fn lock_in_data(deadline: u32) -> Vec<u8> {
	requestLockInCall { refundAddress: ADDRESS.into(), deadline }.abi_encode()
}

/// Calls the precompile as an account; it must revert with this reason.
fn reverts_with(from: H160, data: Vec<u8>, expected: &str) {
	let result = call(from, PRECOMPILE, data).expect("the call is executed");
	assert!(result.did_revert(), "did not revert");
	assert_eq!(reason(&result).as_deref(), Some(expected));
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
			}) if contract == PRECOMPILE => Some((topics, data)),
			_ => None,
		})
		.collect()
}

fn log_of(event: IAssetMappingEvents) -> (Vec<H256>, Vec<u8>) {
	let (topics, data) = event.into_log_data().split();
	(topics.into_iter().map(|topic| H256(topic.0)).collect(), data.to_vec())
}

#[test]
fn interface_should_have_every_function_of_the_solidity_file() {
	let of_interface: BTreeSet<[u8; 4]> = IAssetMappingCalls::selectors().collect();
	assert_eq!(selectors(SOURCE), of_interface);
	assert_eq!(of_interface.len(), 7);
}

#[test]
fn every_selector_should_be_answered_when_called() {
	build_and_execute(|| {
		lock_in(account(ALICE), 50_000);
		let calls = [
			lock_in_data(100),
			lock_out_data(20_000),
			cancelLockOutCall { intent: 0 }.abi_encode(),
			depositAddressCall { index: 0 }.abi_encode(),
			reservesCall {}.abi_encode(),
			tokenCall {}.abi_encode(),
			pausedCall {}.abi_encode(),
		];
		let mut answered = BTreeSet::new();
		for data in calls {
			answered.insert([data[0], data[1], data[2], data[3]]);
			succeed(ALICE, PRECOMPILE, data);
		}
		assert_eq!(answered, IAssetMappingCalls::selectors().collect());
	});
}

#[test]
fn nothing_should_be_answered_when_the_selector_is_unknown() {
	build_and_execute(|| {
		let unknown = call(ALICE, PRECOMPILE, vec![1, 2, 3, 4]).unwrap();
		assert!(unknown.did_revert());
	});
}

#[test]
fn precompile_should_be_where_the_solidity_file_says() {
	assert_eq!(<AssetMapping<Test> as Precompile>::MATCHER.base_address(), PRECOMPILE.0);
	assert_eq!(address_in(SOURCE, "ASSET_MAPPING_ADDRESS"), PRECOMPILE);
}

#[test]
fn token_should_be_the_erc20_of_the_mapped_coin() {
	type Erc20 = InlineIdConfig<TOKEN_PREFIX>;
	for asset in [0, 1, BTC, u32::MAX] {
		let address = token_address(asset);
		assert!(<Erc20 as AssetPrecompileConfig>::MATCHER.matches(&address.0));
		let found =
			<Erc20 as AssetPrecompileConfig>::AssetIdExtractor::asset_id_from_address(&address.0);
		assert_eq!(found.ok(), Some(asset));
	}
	build_and_execute(|| {
		lock_in(account(ALICE), 50_000);
		let answer = succeed(ALICE, PRECOMPILE, tokenCall {}.abi_encode());
		let token = tokenCall::abi_decode_returns(&answer).unwrap();
		assert_eq!(token.0 .0, token_address(BTC).0);
		// balanceOf(ALICE), asked of that address.
		let mut data = vec![0x70, 0xa0, 0x82, 0x31];
		data.extend([0; 12]);
		data.extend(ALICE.0);
		let balance = succeed(ALICE, H160(token.0 .0), data);
		assert_eq!(U256::from_be_slice(&balance), U256::from(50_000));
	});
}

#[test]
fn deposit_address_should_be_made_when_a_lock_in_is_requested() {
	build_and_execute(|| {
		let answer = succeed(ALICE, PRECOMPILE, lock_in_data(100));
		let answer = requestLockInCall::abi_decode_returns(&answer).unwrap();
		assert_eq!(answer.index, 0);
		assert!(answer.depositAddress.starts_with("bcrt1p"), "{}", answer.depositAddress);
		let expected = log_of(IAssetMappingEvents::LockInRequested(LockInRequested {
			account: ALICE.0.into(),
			index: 0,
			depositAddress: answer.depositAddress.clone(),
			deadline: 100,
		}));
		assert_eq!(logs(), vec![expected]);

		let data = depositAddressCall { index: 0 }.abi_encode();
		let view = succeed(ALICE, PRECOMPILE, data);
		let view = depositAddressCall::abi_decode_returns(&view).unwrap();
		assert_eq!(view, answer.depositAddress);
		let owner = pallet_asset_mapping::DepositAddresses::<Test>::get(0).unwrap().who;
		assert_eq!(owner, account(ALICE));
	});
}

#[test]
fn coins_should_be_locked_when_a_contract_locks_out() {
	build_and_execute(|| {
		let contract = deploy_proxy(Passing::Call);
		let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
		lock_in(owner.clone(), 50_000);
		let answer = succeed(ALICE, contract, lock_out_data(20_000));
		assert_eq!(lockOutCall::abi_decode_returns(&answer).unwrap(), 0);
		assert_eq!(balance(&owner), 30_000);
		assert_eq!(balance(&Mapping::account_id()), 20_000);
		assert_eq!(Intents::<Test>::get(0).unwrap().who, owner);
		let expected = log_of(IAssetMappingEvents::LockOutRequested(LockOutRequested {
			account: contract.0.into(),
			intent: 0,
			amount: 20_000,
			destination: ADDRESS.into(),
			maxFee: MAX_FEE,
		}));
		assert_eq!(logs(), vec![expected]);

		let reserves = succeed(ALICE, PRECOMPILE, reservesCall {}.abi_encode());
		let reserves = reservesCall::abi_decode_returns(&reserves).unwrap();
		assert_eq!(reserves.held, U256::from(50_000));
		assert_eq!(reserves.deficit, U256::ZERO);
		assert_eq!(reserves.issued, U256::from(50_000));
		assert_eq!(reserves.locked, U256::from(20_000));

		// What it locked is paid by a batch.
		System::set_block_number(5);
		<Mapping as frame_support::traits::Hooks<u32>>::on_initialize(5);
		assert_eq!(Batches::<Test>::get(0).unwrap().intents.to_vec(), vec![0]);
	});
}

#[test]
fn coins_should_come_back_when_the_owner_cancels() {
	build_and_execute(|| {
		let contract = deploy_proxy(Passing::Call);
		let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
		lock_in(owner.clone(), 50_000);
		succeed(ALICE, contract, lock_out_data(20_000));
		let cancel = cancelLockOutCall { intent: 0 }.abi_encode();
		// The account that called the contract is not the contract.
		reverts_with(ALICE, cancel.clone(), "AssetMapping: NotOwner");
		assert_eq!(succeed(ALICE, contract, cancel), Vec::<u8>::new());
		assert_eq!(balance(&owner), 50_000);
		let expected = log_of(IAssetMappingEvents::LockOutCancelled(LockOutCancelled {
			account: contract.0.into(),
			intent: 0,
			amount: 20_000,
		}));
		assert_eq!(logs().last(), Some(&expected));
	});
}

#[test]
fn reason_should_be_given_when_the_pallet_refuses() {
	build_and_execute(|| {
		lock_in(account(ALICE), 50_000);
		let lock_out = |amount, destination: &str, max_fee| {
			lockOutCall { amount, destination: destination.into(), maxFee: max_fee }.abi_encode()
		};
		let mainnet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
		let long = "b".repeat(129);
		for (data, expected) in [
			(lock_out(0, ADDRESS, MAX_FEE), "AssetMapping: AmountTooSmall"),
			(lock_out(20_000, ADDRESS, 1), "AssetMapping: MaxFeeTooLow"),
			(lock_out(20_000, "nowhere", MAX_FEE), "AssetMapping: AddressMalformed"),
			(lock_out(20_000, mainnet, MAX_FEE), "AssetMapping: AddressOfOtherNetwork"),
			(lock_out(20_000, &long, MAX_FEE), "AssetMapping: the address is too long"),
			(lock_out(60_000, ADDRESS, MAX_FEE), "AssetMapping: NotEnoughMappedCoins"),
			(lock_in_data(0), "AssetMapping: DeadlinePassed"),
			(cancelLockOutCall { intent: 9 }.abi_encode(), "AssetMapping: UnknownIntent"),
			(
				depositAddressCall { index: 9 }.abi_encode(),
				"AssetMapping: no deposit address has this number",
			),
		] {
			reverts_with(ALICE, data, expected);
		}
		assert_eq!(balance(&account(ALICE)), 50_000);
		assert_eq!(Intents::<Test>::count(), 0);
		assert_eq!(logs(), vec![]);
	});
}

#[test]
fn nothing_should_stay_when_the_caller_cannot_pay_for_an_address() {
	build_and_execute(|| {
		reverts_with(PAUPER, lock_in_data(100), "AssetMapping: AddressDepositUnpaid");
		assert_eq!(NextDeposit::<Test>::get(), 0);
	});
}

#[test]
fn value_should_be_refused_by_every_function() {
	build_and_execute(|| {
		lock_in(account(ALICE), 50_000);
		for data in [lock_out_data(20_000), lock_in_data(100), reservesCall {}.abi_encode()] {
			let result = call_with_value(ALICE, PRECOMPILE, 5_000_000, data).unwrap();
			assert!(result.did_revert());
			assert_eq!(reason(&result).as_deref(), Some("AssetMapping: takes no value"));
		}
		assert_eq!(balance(&account(ALICE)), 50_000);
	});
}

#[test]
fn state_should_not_change_when_called_statically_or_by_delegate() {
	build_and_execute(|| {
		for passing in [Passing::Static, Passing::Delegate] {
			let contract = deploy_proxy(passing);
			let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
			lock_in(owner.clone(), 50_000);
			lock_in(account(ALICE), 50_000);
			let before = (balance(&owner), balance(&account(ALICE)), NextDeposit::<Test>::get());
			let cancel = cancelLockOutCall { intent: 0 }.abi_encode();
			for data in [lock_out_data(20_000), lock_in_data(100), cancel] {
				let result = call(ALICE, contract, data).expect("the proxy is executed");
				assert!(result.did_revert());
				assert_eq!(reason(&result), None, "it is a trap, not a refusal of the pallet");
			}
			let after = (balance(&owner), balance(&account(ALICE)), NextDeposit::<Test>::get());
			assert_eq!(before, after);
			assert_eq!(logs(), vec![]);
		}
	});
}

#[test]
fn views_should_be_answered_when_called_statically() {
	build_and_execute(|| {
		lock_in(account(ALICE), 50_000);
		Paused::<Test>::put(PausedDirections { lock_in: false, lock_out: true });
		let contract = deploy_proxy(Passing::Static);
		let reserves = succeed(ALICE, contract, reservesCall {}.abi_encode());
		let reserves = reservesCall::abi_decode_returns(&reserves).unwrap();
		assert_eq!(reserves.held, U256::from(50_000));
		let paused = succeed(ALICE, contract, pausedCall {}.abi_encode());
		let paused = pausedCall::abi_decode_returns(&paused).unwrap();
		assert_eq!((paused.lockInPaused, paused.lockOutPaused), (false, true));
		succeed(ALICE, contract, tokenCall {}.abi_encode());
		succeed(ALICE, contract, depositAddressCall { index: 0 }.abi_encode());
	});
}
