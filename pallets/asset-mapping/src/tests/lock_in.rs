//! Deposit addresses and deposits.

use crate::{
	mock::*, DepositAddresses, DepositOutcome, Deposits, DepositsByDestination, Error, Event,
	HoldReason, Utxos,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use fusion_asset_mapping_primitives::{chain::ExternalChain, AddressText, OutPoint, Reserves};
use fusion_bitcoin_primitives::{Bitcoin, Network};
use fusion_dcrm_primitives::{traits::KeyGroups, KeyPath};
use sp_runtime::transaction_validity::InvalidTransaction;

fn text(text: &str) -> AddressText {
	text.as_bytes().to_vec().try_into().unwrap()
}

fn request(who: u64, refund: &str, deadline: u32) -> sp_runtime::DispatchResult {
	AssetMapping::request_lock_in(RuntimeOrigin::signed(who), text(refund), deadline)
}

#[test]
fn address_should_be_derived_from_the_group_and_the_number_when_requested() {
	build_and_execute(|| {
		assert_ok!(request(ALICE, &address(9), 50));
		let key = Groups::key(0).unwrap();
		let tweak = Groups::tweak(0, &KeyPath::Deposit(INSTANCE, 0)).unwrap();
		let output_key = Bitcoin::output_key(&key, &tweak).unwrap();
		let destination = Bitcoin::destination(&output_key);
		let written = Bitcoin::address(&destination, Network::Regtest).unwrap();
		assert!(written.starts_with("bcrt1p"), "{written}");

		let stored = DepositAddresses::<Test>::get(0).unwrap();
		assert_eq!(stored.who, ALICE);
		assert_eq!(stored.destination, destination);
		assert_eq!(stored.refund, Bitcoin::parse_address(&address(9), Network::Regtest).unwrap());
		assert_eq!(stored.deadline, 50);
		assert_eq!(DepositsByDestination::<Test>::get(&destination), Some(0));
		let requested =
			Event::LockInRequested { index: 0, who: ALICE, address: text(&written), deadline: 50 };
		assert_eq!(events(), vec![requested]);
	});
}

#[test]
fn addresses_should_differ_when_requested_twice() {
	build_and_execute(|| {
		assert_eq!(request_lock_in(ALICE), 0);
		assert_eq!(request_lock_in(ALICE), 1);
		assert_ne!(AssetMapping::deposit_address(0), AssetMapping::deposit_address(1));
	});
}

#[test]
fn address_should_cost_a_deposit_when_requested() {
	build_and_execute(|| {
		request_lock_in(ALICE);
		request_lock_in(ALICE);
		let reason = RuntimeHoldReason::AssetMapping(HoldReason::DepositAddress);
		assert_eq!(Balances::balance_on_hold(&reason, &ALICE), 2 * ADDRESS_DEPOSIT);
		assert_noop!(request(PAUPER, &address(9), 50), Error::<Test>::AddressDepositUnpaid);
	});
}

#[test]
fn request_should_be_refused_when_the_refund_address_is_no_address_of_this_network() {
	build_and_execute(|| {
		for malformed in ["", "hello", "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "\u{20ac}"]
		{
			assert_noop!(request(ALICE, malformed, 50), Error::<Test>::AddressMalformed);
		}
		let not_text: AddressText = vec![0xff, 0xfe].try_into().unwrap();
		assert_noop!(
			AssetMapping::request_lock_in(RuntimeOrigin::signed(ALICE), not_text, 50),
			Error::<Test>::AddressMalformed
		);
		let mainnet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
		assert_noop!(request(ALICE, mainnet, 50), Error::<Test>::AddressOfOtherNetwork);
	});
}

#[test]
fn request_should_be_refused_when_the_deadline_is_not_in_the_future() {
	build_and_execute(|| {
		run_to(10);
		assert_noop!(request(ALICE, &address(9), now()), Error::<Test>::DeadlinePassed);
		assert_ok!(request(ALICE, &address(9), now() + 1));
	});
}

#[test]
fn request_should_be_refused_when_no_group_is_active() {
	build_and_execute(|| {
		ActiveGroup::set(&None);
		assert_noop!(request(ALICE, &address(9), 50), Error::<Test>::NoActiveGroup);
	});
}

#[test]
fn deposits_should_add_up_when_several_go_to_one_address() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		witness(&deposit(index, 5_000), 0..3);
		witness(&deposit(index, 7_000), 1..4);
		assert_eq!(balance(ALICE), 12_000);
		assert_eq!(Utxos::<Test>::iter().count(), 2);
	});
}

#[test]
fn deposits_should_each_be_credited_when_two_are_in_one_transaction() {
	build_and_execute(|| {
		let first = request_lock_in(ALICE);
		let second = request_lock_in(BOB);
		let outpoint = new_outpoint();
		witness(&deposit_at(outpoint, first, 5_000), 0..3);
		witness(&deposit_at(OutPoint { vout: 1, ..outpoint }, second, 7_000), 0..3);
		assert_eq!((balance(ALICE), balance(BOB)), (5_000, 7_000));
	});
}

#[test]
fn deposit_should_be_credited_when_the_owner_has_no_account_yet() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		DepositAddresses::<Test>::mutate(index, |address| {
			address.as_mut().unwrap().who = PAUPER;
		});
		witness(&deposit(index, 5_000), 0..3);
		assert_eq!(balance(PAUPER), 5_000);
	});
}

#[test]
fn coin_should_be_held_and_nothing_minted_when_a_deposit_is_below_the_minimum() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let outpoint = new_outpoint();
		witness(&deposit_at(outpoint, index, 999), 0..3);
		assert_eq!(issued(), 0);
		assert_eq!(AssetMapping::reserves(), Reserves { held: 999, ..Default::default() });
		let record = Deposits::<Test>::get(outpoint).unwrap();
		assert_eq!(record.outcome, DepositOutcome::BelowMinimum);
		let below = Event::DepositBelowMinimum { index, amount: 999, outpoint };
		assert!(events().contains(&below));

		witness(&deposit(index, 1_000), 0..3);
		assert_eq!(balance(ALICE), 1_000);
	});
}

#[test]
fn deposit_should_be_refused_when_it_was_decided_before() {
	build_and_execute(|| {
		let index = request_lock_in(ALICE);
		let observation = deposit(index, 5_000);
		witness(&observation, 0..3);
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(3, observation.clone())), stale);
		assert_eq!(submit(signed(0, observation)), stale);
		assert_eq!(issued(), 5_000);
	});
}

#[test]
fn deposit_should_be_refused_when_its_coin_was_spent_long_ago() {
	build_and_execute(|| {
		let outpoint = lock_in(ALICE, 50_000);
		lock_out(ALICE, 50_000, 5_000);
		run_to_batch();
		sign_all();
		witness(&settlement(0), 0..3);
		assert!(Utxos::<Test>::get(outpoint).is_none());
		run_to(1_000);
		let again = deposit_at(outpoint, 0, 50_000);
		assert_eq!(submit(signed(0, again)), Err(InvalidTransaction::Stale.into()));
	});
}

#[test]
fn deposit_should_be_refused_when_the_coin_is_change_of_a_batch() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		lock_out(ALICE, 20_000, 5_000);
		run_to_batch();
		sign_all();
		let txid = AssetMapping::batch(0, 0).unwrap().txid;
		witness(&settlement(0), 0..3);
		let change = deposit_at(OutPoint { txid, vout: 1 }, 0, 30_000);
		assert_eq!(submit(signed(0, change)), Err(InvalidTransaction::Stale.into()));
	});
}

#[test]
fn reserves_should_stay_exact_when_a_lock_out_pays_a_deposit_address() {
	build_and_execute(|| {
		lock_in(ALICE, 50_000);
		let index = request_lock_in(BOB);
		let own = AssetMapping::deposit_address(index).unwrap();
		AssetMapping::do_request_lock_out(ALICE, 20_000, &own, 5_000).unwrap();
		run_to_batch();
		sign_all();
		let batch = AssetMapping::batch(0, 0).unwrap();
		let paid = attempt_at(0, 0).template.outputs[0].amount;
		// The deposit is witnessed before the batch that made it.
		witness(&deposit_at(OutPoint { txid: batch.txid, vout: 0 }, index, paid), 0..3);
		AssetMapping::do_try_state().unwrap();
		witness(&settlement(0), 0..3);
		assert_eq!(balance(BOB), paid.into());
		let total = u128::from(30_000 + paid);
		assert_eq!(
			AssetMapping::reserves(),
			Reserves { held: total, issued: total, ..Default::default() }
		);
	});
}
