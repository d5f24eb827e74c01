//! Deposit addresses, and what deposits do.

use crate::{
	mock::*, DepositAddresses, DepositOutcome, Deposits, Error, Event, HoldReason, NextDeposit,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{InspectHold, Mutate},
};
use fusion_ethereum_primitives::{deposit_salt, Address, Vault};
use hex_literal::hex;
use sp_core::H256;
use sp_runtime::{transaction_validity::InvalidTransaction, AccountId32};

/// The first deposit address of `contracts/test/vectors/vault.json`, which viem has computed, and with which the vault
/// itself is compared.
#[test]
fn address_should_be_that_of_the_vaults_vectors_when_requested() {
	empty_test_ext().execute_with(|| {
		let genesis = hex!("f343681465b9efe82c933c3e8748c70cb8aa06539c361de20f72eac04e766393");
		frame_system::BlockHash::<Test>::insert(0, H256(genesis));
		register_vault();
		let who = hex!("011b4d03dd8c01f1049143cf9c4c817e4b167f1d1b83e5c6f0f10d89ba1e7bce");
		let who = AccountId32::new(who);
		Balances::set_balance(&who, 1_000);
		let (index, address) = VaultMapping::do_request_lock_in(who.clone()).unwrap();
		assert_eq!(index, 0);
		assert_eq!(address.to_checksum(), "0xf90a6cBa0803b396A33EDB21DA6d08E6b43D9935");
		let salt = hex!("de995baf6dd06180b54214af719831608809c05061a5861df05b46650650e1f0");
		let requested = Event::LockInRequested { index, who, address, salt };
		assert_eq!(events().last(), Some(&requested));
		let view = VaultMapping::watched(0, 9).remove(0);
		assert_eq!((view.index, view.salt, view.address), (0, salt, address.0));
	});
}

#[test]
fn address_should_be_computed_without_asking_when_account_and_number_are_known() {
	build_and_execute(|| {
		let (first, second) = (request_lock_in(&ALICE), request_lock_in(&BOB));
		assert_eq!((first, second, NextDeposit::<Test>::get()), (0, 1, 2));
		let expected = |who: &AccountId32, index| -> Address {
			let account: &[u8; 32] = who.as_ref();
			the_vault().deposit_address(&deposit_salt(&genesis().0, account, index))
		};
		let found = |index| DepositAddresses::<Test>::get(index).unwrap().address;
		assert_eq!(found(first), expected(&ALICE, 0));
		assert_eq!(found(second), expected(&BOB, 1));
		assert_ne!(found(first), expected(&ALICE, 1));
	});
}

#[test]
fn deposit_should_be_held_when_an_address_is_requested() {
	build_and_execute(|| {
		request_lock_in(&ALICE);
		let reason: RuntimeHoldReason = HoldReason::<()>::DepositAddress.into();
		assert_eq!(Balances::balance_on_hold(&reason, &ALICE), ADDRESS_DEPOSIT);
		assert_noop!(
			VaultMapping::request_lock_in(RuntimeOrigin::signed(PAUPER)),
			Error::<Test>::AddressDepositUnpaid
		);
	});
}

#[test]
fn address_should_be_refused_when_there_is_nobody_to_hold_coins() {
	empty_test_ext().execute_with(|| {
		let alice = || RuntimeOrigin::signed(ALICE);
		assert_noop!(VaultMapping::request_lock_in(alice()), Error::<Test>::NoVault);
		register_vault();
		StandStill::set(&true);
		assert_noop!(VaultMapping::request_lock_in(alice()), Error::<Test>::GroupPaused);
		StandStill::set(&false);
		assert_ok!(VaultMapping::request_lock_in(alice()));
	});
}

#[test]
fn all_of_a_deposit_should_be_minted_when_enough_witnessed() {
	build_and_execute(|| {
		let index = request_lock_in(&ALICE);
		let event = new_event();
		let observation = deposit_at(event, index, ETH, 1_234_567);
		witness(&observation, 0..2);
		assert_eq!((issued(ETH), sums(ETH)), (0, (0, 0, 0, 0)));
		witness(&observation, 2..3);
		assert_eq!(balance(ETH, &ALICE), 1_234_567);
		assert_eq!(sums(ETH), (1_234_567, 0, 0, 0));
		let credited =
			Event::DepositCredited { index, who: ALICE, asset: ETH, amount: 1_234_567, event };
		assert!(events().contains(&credited));
	});
}

#[test]
fn address_should_take_every_asset_any_number_of_times_when_it_is_there() {
	build_and_execute(|| {
		let index = request_lock_in(&ALICE);
		decide(&deposit(index, ETH, 1_000));
		decide(&deposit(index, USD, 2_000));
		decide(&deposit(index, ETH, 3_000));
		assert_eq!((balance(ETH, &ALICE), balance(USD, &ALICE)), (4_000, 2_000));
		assert_eq!((sums(ETH).0, sums(USD).0), (4_000, 2_000));
	});
}

#[test]
fn two_logs_of_a_transaction_should_count_each_when_both_are_witnessed() {
	build_and_execute(|| {
		let (first, second) = (request_lock_in(&ALICE), request_lock_in(&BOB));
		let event = new_event();
		decide(&deposit_at(event, first, ETH, 1_000));
		let next = fusion_asset_mapping_primitives::vault::EventId { log: event.log + 1, ..event };
		decide(&deposit_at(next, second, ETH, 2_000));
		assert_eq!((balance(ETH, &ALICE), balance(ETH, &BOB)), (1_000, 2_000));
	});
}

#[test]
fn deposit_should_be_credited_once_when_it_is_witnessed_again() {
	build_and_execute(|| {
		let index = request_lock_in(&ALICE);
		let observation = deposit(index, ETH, 5_000);
		decide(&observation);
		// A member that was slow, and one that claims another amount.
		assert_eq!(submit(signed(3, observation.clone())), Err(InvalidTransaction::Stale.into()));
		let (event, _) = Deposits::<Test>::iter().next().unwrap();
		let other = deposit_at(event, index, ETH, 6_000);
		assert_eq!(submit(signed(0, other)), Err(InvalidTransaction::Stale.into()));
		assert_eq!(issued(ETH), 5_000);
	});
}

#[test]
fn coins_should_be_held_and_not_minted_when_they_are_too_few() {
	build_and_execute(|| {
		let index = request_lock_in(&ALICE);
		let event = new_event();
		decide(&deposit_at(event, index, ETH, 999));
		assert_eq!((issued(ETH), sums(ETH)), (0, (999, 0, 0, 0)));
		let kept = DepositOutcome::BelowMinimum;
		assert_eq!(Deposits::<Test>::get(event).unwrap().outcome, kept);
		assert_noop!(
			VaultMapping::claim_deposit(RuntimeOrigin::signed(ALICE), event),
			Error::<Test>::NothingToClaim
		);
		decide(&deposit(index, ETH, 1_000));
		assert_eq!((issued(ETH), sums(ETH)), (1_000, (1_999, 0, 0, 0)));
	});
}

#[test]
fn address_should_differ_when_fusion_is_another_chain() {
	build_and_execute(|| {
		request_lock_in(&ALICE);
		let Vault { chain_id, address } = the_vault();
		let here = DepositAddresses::<Test>::get(0).unwrap().address;
		let account: &[u8; 32] = ALICE.as_ref();
		let elsewhere = deposit_salt(&[1; 32], account, 0);
		assert_ne!(Vault { chain_id, address }.deposit_address(&elsewhere), here);
	});
}
