//! Nodes: bonds, and where they are reached.

use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{Inspect, InspectHold},
};
use fusion_dcrm_primitives::DcrmMessage;
use sp_runtime::{transaction_validity::InvalidTransaction, TokenError};

use super::driver::{bounded, Table};
use crate::{mock::*, Error, Event, HoldReason, Nodes, ANNOUNCE_INTERVAL};

fn held(number: u8) -> u64 {
	Balances::balance_on_hold(&HoldReason::NodeBond.into(), &account(number))
}

fn origin(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

fn announce(number: u8, peer: &[u8], sequence: u64) -> Result<(), Rejected> {
	let peer = peer.to_vec().try_into().unwrap();
	speak(number, DcrmMessage::Announce { peer, sequence }).map(drop)
}

const TOO_LATE: Rejected = Rejected::ByPool(InvalidTransaction::Stale);
const TOO_EARLY: Rejected = Rejected::ByPool(InvalidTransaction::Future);
const STRANGER: Rejected = Rejected::ByPool(InvalidTransaction::BadSigner);
const MALFORMED: Rejected = Rejected::ByPool(InvalidTransaction::Call);

#[test]
fn bond_should_be_held_when_a_node_registers() {
	build_and_execute(0, || {
		assert_ok!(Dcrm::register_node(origin(1)));
		assert_eq!(held(1), BOND);
		assert_eq!(Balances::balance(&account(1)), ENDOWMENT - BOND);
		assert!(has_event(Event::NodeRegistered { node: account(1) }));
		assert_noop!(Dcrm::register_node(origin(1)), Error::<Test>::AlreadyRegistered);
	});
}

#[test]
fn registration_should_be_refused_when_the_bond_is_missing() {
	build_and_execute(0, || {
		// The bond would fit, but would leave nothing to keep the account alive with.
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(41), BOND));
		assert_noop!(Dcrm::register_node(origin(41)), TokenError::FundsUnavailable);
	});
}

#[test]
fn registration_should_be_refused_when_all_places_are_taken() {
	build_and_execute(40, || {
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(41), ENDOWMENT));
		assert_noop!(Dcrm::register_node(origin(41)), Error::<Test>::TooManyNodes);
		assert_ok!(Dcrm::deregister_node(origin(7)));
		assert_ok!(Dcrm::register_node(origin(41)));
	});
}

#[test]
fn bond_should_be_returned_when_a_node_leaves() {
	build_and_execute(1, || {
		assert_eq!(held(1), BOND);
		assert_ok!(Dcrm::deregister_node(origin(1)));
		assert!(has_event(Event::NodeDeregistered { node: account(1) }));
		assert_eq!(held(1), BOND);
		go_to(1 + UNBONDING);
		assert_ok!(Dcrm::withdraw_unbonded(origin(1)));
		assert_eq!(held(1), 0);
		assert_eq!(Balances::balance(&account(1)), ENDOWMENT);
		assert_noop!(Dcrm::deregister_node(origin(1)), Error::<Test>::NotRegistered);
	});
}

#[test]
fn leaving_should_be_refused_when_the_node_is_in_a_group_that_lives() {
	build_and_execute(5, || {
		let mut table = Table::new(4);
		assert_noop!(Dcrm::deregister_node(origin(1)), Error::<Test>::InGroup);
		assert_ok!(Dcrm::deregister_node(origin(5)));
		table.play_out(&[1, 2, 3, 4]);
		assert_noop!(Dcrm::deregister_node(origin(1)), Error::<Test>::InGroup);
	});
}

#[test]
fn leaving_should_be_possible_when_all_groups_of_the_node_have_failed() {
	build_and_execute(5, || {
		let first = create_group(4);
		go_to(3);
		let second = create_group(5);
		go_to(view(first).deadline + (ATTEMPTS - 1) * PHASE);
		assert_eq!(view(first).deadline, 0);
		assert_ne!(view(second).deadline, 0);
		assert_noop!(Dcrm::deregister_node(origin(1)), Error::<Test>::InGroup);
		go_to(System::block_number() + PHASE);
		assert_eq!(view(second).deadline, 0);
		for number in 1..=5 {
			assert_ok!(Dcrm::deregister_node(origin(number)));
		}
		assert_eq!(Nodes::<Test>::count(), 0);
	});
}

#[test]
fn peer_should_be_known_when_a_node_has_announced_it() {
	build_and_execute(1, || {
		assert_eq!(Dcrm::peer(&member(1)), None);
		announce(1, b"peer", 5).unwrap();
		assert_eq!(Dcrm::peer(&member(1)), Some((bounded_peer(b"peer"), 5)));
		assert!(has_event(Event::PeerAnnounced { node: account(1), sequence: 5 }));
	});
}

fn bounded_peer(peer: &[u8]) -> fusion_dcrm_primitives::PeerIdBytes {
	peer.to_vec().try_into().unwrap()
}

#[test]
fn announcement_should_be_refused_when_it_is_not_new() {
	build_and_execute(1, || {
		announce(1, b"peer", 5).unwrap();
		go_to(1 + ANNOUNCE_INTERVAL);
		assert_eq!(announce(1, b"peer", 5), Err(TOO_LATE));
		assert_eq!(announce(1, b"other", 5), Err(TOO_LATE));
		assert_eq!(announce(1, b"other", 4), Err(TOO_LATE));
		assert_eq!(announce(1, b"peer", 6), Err(TOO_LATE), "nothing has changed");
		announce(1, b"other", 6).unwrap();
		assert_eq!(Dcrm::peer(&member(1)), Some((bounded_peer(b"other"), 6)));
	});
}

#[test]
fn announcement_should_wait_when_the_last_one_is_recent() {
	build_and_execute(1, || {
		announce(1, b"peer", 1).unwrap();
		go_to(ANNOUNCE_INTERVAL);
		assert_eq!(announce(1, b"other", 2), Err(TOO_EARLY));
		go_to(1 + ANNOUNCE_INTERVAL);
		announce(1, b"other", 2).unwrap();
	});
}

#[test]
fn announcement_should_be_refused_when_it_is_empty_or_a_strangers() {
	build_and_execute(1, || {
		assert_eq!(announce(1, b"", 1), Err(MALFORMED));
		assert_eq!(announce(2, b"peer", 1), Err(STRANGER));
	});
}

#[test]
fn old_announcements_should_not_come_back_when_a_node_registers_again() {
	build_and_execute(1, || {
		let old = DcrmMessage::Announce { peer: bounded_peer(b"stolen"), sequence: 1 };
		speak(1, old.clone()).unwrap();
		go_to(20);
		announce(1, b"peer", 2).unwrap();
		assert_ok!(Dcrm::deregister_node(origin(1)));
		assert_eq!(Dcrm::peer(&member(1)), None);
		assert_ok!(Dcrm::register_node(origin(1)));
		assert_eq!(Dcrm::peer(&member(1)), None);
		go_to(40);
		assert_eq!(speak(1, old), Err(TOO_LATE));
		announce(1, b"peer", 3).unwrap();
		assert_eq!(Dcrm::peer(&member(1)), Some((bounded_peer(b"peer"), 3)));
	});
}

#[test]
fn deregistered_node_should_not_get_into_a_group_when_one_is_created() {
	build_and_execute(4, || {
		assert_ok!(Dcrm::deregister_node(origin(2)));
		assert_noop!(
			Dcrm::create_group(
				RuntimeOrigin::root(),
				bounded(accounts(4)),
				fusion_dcrm_primitives::Algorithm::Secp256k1Taproot
			),
			Error::<Test>::MemberNotRegistered
		);
	});
}
