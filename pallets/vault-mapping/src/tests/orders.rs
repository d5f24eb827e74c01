//! Orders: one after the other.

use crate::{mock::*, Error, Event, NextOrder, Orders, TheOrder};
use codec::Decode;
use frame_support::{assert_noop, assert_ok};
use fusion_asset_mapping_primitives::{account::AccountChain, vault::VaultObservation};
use fusion_dcrm_primitives::{KeyPath, Purpose};
use fusion_ethereum_primitives::{Address, Call as VaultCall, Ethereum, Order};
use sp_runtime::{transaction_validity::InvalidTransaction, DispatchError};

fn accept() -> VaultCall {
	VaultCall::AcceptToken { token: token(), accept: true }
}

fn ordered(nonce: u64) -> VaultObservation {
	VaultObservation::Ordered { nonce, block: [6; 32] }
}

#[test]
fn order_should_be_signed_by_the_vaults_key_when_it_is_made() {
	build_and_execute(|| {
		run_to_batch();
		let view = VaultMapping::order().unwrap();
		assert_eq!((view.nonce, view.attempt, view.group, view.calldata), (0, 0, 0, None));
		let (_, request) = Requests::get().pop().unwrap();
		assert_eq!(request.path, KeyPath::Vault(INSTANCE));
		let purpose = Purpose::VaultOrder { instance: INSTANCE, nonce: 0, attempt: 0 };
		assert_eq!((request.purpose, request.message), (purpose, view.digest));
		let order = Order::decode(&mut &view.order[..]).unwrap();
		let expected =
			Order { vault: the_vault(), nonce: 0, epoch: 0, deadline: now() + 600, call: accept() };
		assert_eq!((&order, order.digest()), (&expected, view.digest));
		sign_all();
		let signature = Groups::sign(&request);
		let key = VaultMapping::vault().unwrap().key;
		assert!(Ethereum::verify(&key, &view.digest, &signature));
		let calldata = VaultMapping::order().unwrap().calldata;
		assert_eq!(calldata, Some(order.calldata(&signature)));
		assert!(events().contains(&Event::OrderSigned { nonce: 0 }));
	});
}

#[test]
fn next_order_should_be_made_when_the_one_before_was_executed() {
	build_and_execute(|| {
		let pause = VaultCall::Pause(1);
		assert_ok!(VaultMapping::send_order(RuntimeOrigin::root(), pause));
		run_to_batch();
		run_to_batch();
		assert_eq!(TheOrder::<Test>::get().unwrap().order.call, accept());
		assert_eq!(Orders::<Test>::get().into_inner(), vec![pause]);
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, ordered(1))), stale);
		decide(&ordered(0));
		assert!(events().contains(&Event::OrderExecuted { nonce: 0, call: accept() }));
		assert_eq!(submit(signed(3, ordered(0))), stale);
		run_to_batch();
		let open = TheOrder::<Test>::get().unwrap();
		assert_eq!((open.order.nonce, open.order.call, open.attempt), (1, pause, 1));
		assert_eq!(NextOrder::<Test>::get(), 1);
	});
}

#[test]
fn order_should_get_another_deadline_when_nobody_brought_it() {
	build_and_execute(|| {
		run_to_batch();
		sign_all();
		let first = TheOrder::<Test>::get().unwrap();
		assert!(first.signature.is_some());
		run_to(System::block_number() + 600 / BLOCK_TIME);
		assert_eq!(TheOrder::<Test>::get(), Some(first.clone()), "its last second");
		run_to_batch();
		let second = TheOrder::<Test>::get().unwrap();
		assert_eq!((second.order.nonce, second.order.call), (0, accept()));
		assert_eq!((second.attempt, second.signature), (1, None));
		assert!(second.order.deadline > first.order.deadline);
	});
}

#[test]
fn order_should_be_refused_when_it_is_no_business_of_governance() {
	build_and_execute(|| {
		let send = |call| VaultMapping::send_order(RuntimeOrigin::root(), call);
		let alice = RuntimeOrigin::signed(ALICE);
		assert_noop!(
			VaultMapping::send_order(alice, VaultCall::Pause(0)),
			DispatchError::BadOrigin
		);
		let payout =
			fusion_ethereum_primitives::VaultPayout { asset: token(), to: payee(1), amount: 1 };
		for call in [
			VaultCall::Rotate { key: [1; 32], proof: [1; 64] },
			VaultCall::CancelRotation,
			VaultCall::Recall { batch: 0, index: 0, payout },
		] {
			assert_noop!(send(call), Error::<Test>::OrderNotSupported);
		}
		assert_noop!(send(VaultCall::Pause(4)), Error::<Test>::InvalidParameters);
		assert_ok!(send(VaultCall::Pause(3)));
		assert_ok!(send(VaultCall::AcceptToken { token: Address([1; 20]), accept: false }));
		assert_noop!(send(VaultCall::Pause(0)), Error::<Test>::TooManyOrders);
	});
	empty_test_ext().execute_with(|| {
		let send = VaultMapping::send_order(RuntimeOrigin::root(), VaultCall::Pause(0));
		assert_eq!(send, Err(Error::<Test>::NoVault.into()));
	});
}
