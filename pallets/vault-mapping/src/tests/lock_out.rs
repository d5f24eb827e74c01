//! Lock-outs until a batch takes them.

use crate::{mock::*, Error, Event, Intents, Queue};
use frame_support::assert_ok;
use fusion_ethereum_primitives::Address;

#[test]
fn coins_should_be_locked_when_a_lock_out_is_asked_for() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 100_000);
		lock_in(&ALICE, USD, 10_000);
		let intent = lock_out(&ALICE, USD, 4_000, 1);
		assert_eq!((balance(USD, &ALICE), balance(ETH, &ALICE)), (6_000, 40_000));
		assert_eq!((sums(USD).2, sums(ETH).2), (4_000, MAX_FEE));
		assert_eq!(balance(USD, &VaultMapping::account_id()), 4_000);
		let to = payee(1);
		let requested = Event::LockOutRequested {
			intent,
			who: ALICE,
			asset: USD,
			amount: 4_000,
			to,
			max_fee: MAX_FEE,
		};
		assert_eq!(events().last(), Some(&requested));
	});
}

#[test]
fn fee_should_be_locked_beside_the_amount_when_native_coin_is_locked_out() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 100_000);
		let to = payee(1).to_checksum();
		let too_much = try_lock_out(&ALICE, ETH, 40_001, &to, MAX_FEE);
		assert_eq!(too_much, Err(Error::<Test>::NotEnoughMappedCoins.into()));
		assert_ok!(try_lock_out(&ALICE, ETH, 40_000, &to, MAX_FEE));
		assert_eq!((balance(ETH, &ALICE), sums(ETH).2), (0, 100_000));
	});
}

#[test]
fn lock_out_should_be_refused_before_anything_is_locked_when_it_cannot_succeed() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 1_000_000);
		lock_in(&ALICE, USD, 1_000_000);
		lock_in(&BOB, USD, 1_000_000);
		let good = payee(1).to_checksum();
		let refused = |who, asset, to: &str, fee, error: Error<Test>| {
			assert_eq!(try_lock_out(who, asset, 5_000, to, fee), Err(error.into()), "{to}");
		};
		let fee = MAX_FEE;
		refused(&ALICE, 9, &good, fee, Error::UnknownAsset);
		refused(&ALICE, ETH, &good, LONE_FEE - 1, Error::MaxFeeTooLow);
		refused(&ALICE, ETH, "", fee, Error::AddressMalformed);
		refused(&ALICE, ETH, "0x12", fee, Error::AddressMalformed);
		refused(&ALICE, ETH, &good.replace("0x", ""), fee, Error::AddressMalformed);
		refused(
			&ALICE,
			ETH,
			"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
			fee,
			Error::AddressMalformed,
		);
		// EIP-55's own example, with one letter in the wrong case.
		let typo = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed";
		let right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
		refused(&ALICE, ETH, typo, fee, Error::AddressMalformed);
		refused(&ALICE, ETH, &Address::ZERO.to_checksum(), fee, Error::AddressUnsupported);
		let vault = the_vault().address.to_checksum();
		refused(&ALICE, ETH, &vault, fee, Error::AddressUnsupported);
		refused(&ALICE, USD, &token().to_checksum(), fee, Error::AddressUnsupported);
		// No mapped native coin for the fee.
		refused(&BOB, USD, &good, fee, Error::NotEnoughMappedCoins);
		refused(&BOB, ETH, &good, fee, Error::NotEnoughMappedCoins);
		assert_eq!((sums(ETH).2, sums(USD).2), (0, 0));
		assert_eq!(balance(USD, &BOB), 1_000_000);
		assert_ok!(try_lock_out(&ALICE, ETH, 5_000, right, LONE_FEE));
	});
}

#[test]
fn lock_out_should_be_refused_when_native_coin_is_not_mapped() {
	empty_test_ext().execute_with(|| {
		register_vault();
		register_asset(USD, token(), "Dollar", "USD", 6);
		lock_in(&ALICE, USD, 10_000);
		let to = payee(1).to_checksum();
		let refused = Err(Error::<Test>::NoNativeAsset.into());
		assert_eq!(try_lock_out(&ALICE, USD, 5_000, &to, MAX_FEE), refused);
		VaultMapping::do_try_state().unwrap();
	});
}

#[test]
fn lock_out_should_be_refused_when_too_many_are_open() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 10_000_000);
		for seed in 0..MAX_OPEN_INTENTS {
			lock_out(&ALICE, ETH, 100, seed.into());
		}
		let to = payee(1).to_checksum();
		let refused = Err(Error::<Test>::TooManyOpenIntents.into());
		assert_eq!(try_lock_out(&ALICE, ETH, 100, &to, MAX_FEE), refused);
	});
}

#[test]
fn coins_should_go_back_when_a_lock_out_is_cancelled() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 100_000);
		lock_in(&ALICE, USD, 10_000);
		let intent = lock_out(&ALICE, USD, 4_000, 1);
		assert_eq!(cancel(&BOB, intent), Err(Error::<Test>::NotOwner.into()));
		assert_eq!(cancel(&ALICE, intent + 1), Err(Error::<Test>::UnknownIntent.into()));
		assert_ok!(cancel(&ALICE, intent));
		assert_eq!((balance(USD, &ALICE), balance(ETH, &ALICE)), (10_000, 100_000));
		assert_eq!((sums(USD).2, sums(ETH).2), (0, 0));
		assert!(Intents::<Test>::get(intent).is_none() && Queue::<Test>::get().is_empty());
		assert_eq!(cancel(&ALICE, intent), Err(Error::<Test>::UnknownIntent.into()));
	});
}

#[test]
fn lock_out_should_not_be_cancelled_when_a_batch_has_it() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 100_000);
		let intent = lock_out(&ALICE, ETH, 4_000, 1);
		run_to_batch();
		assert_eq!(cancel(&ALICE, intent), Err(Error::<Test>::AlreadyBatched.into()));
	});
}
