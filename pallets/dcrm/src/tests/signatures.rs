//! Requests for signatures, and signatures.

use frame_support::{assert_noop, assert_ok};
use fusion_dcrm_primitives::{
	traits::KeyGroups, DcrmMessage, KeyPath, Phase, Purpose, RequestId, SchnorrSignature,
};
use sp_runtime::transaction_validity::InvalidTransaction;

use super::driver::{Outcome, Table};
use crate::{mock::*, Error, Event, RequestCount, Requests, SigningWork};

const ALL: [u8; 4] = [1, 2, 3, 4];
const STALE: Rejected = Rejected::ByPool(InvalidTransaction::Stale);

fn purpose(batch: u64) -> Purpose {
	Purpose::Batch { instance: 0, batch, attempt: 0, input: 0 }
}

fn active() -> Table {
	let mut table = Table::new(4);
	table.play_out(&ALL);
	table
}

fn ask(table: &Table, batch: u64) -> RequestId {
	let path = KeyPath::Deposit(0, batch);
	<Dcrm as KeyGroups>::request_signature(table.group, path, [batch as u8; 32], purpose(batch))
		.unwrap()
}

fn deliver(number: u8, request: RequestId, signature: SchnorrSignature) -> Outcome {
	speak(number, DcrmMessage::Signature { request, signature })
}

fn work(number: u8) -> u64 {
	SigningWork::<Test>::get(account(number))
}

#[test]
fn signature_should_be_accepted_once_when_it_is_valid() {
	build_and_execute(4, || {
		let table = active();
		let request = ask(&table, 1);
		assert!(has_event(Event::SignatureRequested { request, group: 0, purpose: purpose(1) }));
		// By each set of three members, under the key of the request's path.
		let signature = table.sign(&[2, 4, 1], request);
		deliver(3, request, signature).unwrap();
		assert_eq!(Delivered::get(), vec![(purpose(1), request, signature)]);
		assert!(has_event(Event::SignatureDelivered { request, group: 0, by: 3 }));
		assert!(Requests::<Test>::get(request).is_none());
		assert_eq!(RequestCount::<Test>::get(table.group), 0);
		assert_eq!(work(3), 1);

		assert_eq!(deliver(3, request, signature), Err(STALE));
		assert_eq!(deliver(1, request, signature), Err(STALE));
		assert_eq!(Delivered::get().len(), 1);
		// The first member delivered the test signature, earlier.
		assert_eq!((work(1), work(3)), (1, 1));
	});
}

#[test]
fn test_signature_should_count_as_work_and_be_handed_to_nobody_when_it_arrives() {
	build_and_execute(4, || {
		let _ = active();
		assert_eq!(work(1), 1);
		assert!(Delivered::get().is_empty());
	});
}

#[test]
fn signature_should_be_refused_when_it_is_wrong() {
	build_and_execute(4, || {
		let table = active();
		let request = ask(&table, 1);
		let other = ask(&table, 2);
		let right = table.sign(&ALL, request);
		let mut spoiled = right;
		spoiled[63] ^= 1;
		// Spoiled; of another message with another key; of too few members; nothing at all.
		let three = [spoiled, table.sign(&ALL, other), [0xff; 64]];
		for (number, wrong) in [1, 2, 3].into_iter().zip(three) {
			deliver(number, request, wrong).unwrap();
			let by = number.into();
			assert!(has_event(Event::SignatureRefused { request, group: 0, by }));
			// It is not listened to again, though others are.
			assert_eq!(deliver(number, request, right), Err(STALE));
		}
		assert!(Delivered::get().is_empty());
		assert!(Requests::<Test>::get(request).is_some());
		deliver(4, request, right).unwrap();
		// Whoever was wrong about one request may be right about the next.
		deliver(1, other, table.sign(&ALL, other)).unwrap();
		assert_eq!(Delivered::get().len(), 2);
		assert_eq!((work(2), work(4)), (0, 1));
	});
}

#[test]
fn signature_should_be_refused_when_too_few_members_made_it() {
	build_and_execute(4, || {
		let table = active();
		let request = ask(&table, 1);
		// Interpolated from two shares where it takes three.
		let secret = table.secret(&[1, 2]);
		let open = Requests::<Test>::get(request).unwrap().request;
		let tweak = Dcrm::tweak(table.group, &open.path).unwrap();
		let signature = crate::taproot::sign(&secret, &tweak, &open.message);
		deliver(1, request, signature).unwrap();
		assert!(has_event(Event::SignatureRefused { request, group: 0, by: 1 }));
	});
}

#[test]
fn signature_should_be_refused_when_a_stranger_sends_it() {
	build_and_execute(5, || {
		let table = active();
		let request = ask(&table, 1);
		let signature = table.sign(&ALL, request);
		let refused = Err(Rejected::ByPool(InvalidTransaction::BadSigner));
		assert_eq!(deliver(5, request, signature), refused);
		let unknown = Err(Rejected::ByPool(InvalidTransaction::Future));
		assert_eq!(deliver(1, request + 1, signature), unknown);
	});
}

#[test]
fn request_should_be_refused_when_the_group_is_not_active() {
	build_and_execute(4, || {
		let path = KeyPath::Group;
		assert_noop!(
			<Dcrm as KeyGroups>::request_signature(0, path, [1; 32], purpose(1)),
			Error::<Test>::UnknownGroup
		);
		let mut table = Table::in_phase(4, Phase::Testing);
		assert_noop!(
			<Dcrm as KeyGroups>::request_signature(0, path, [1; 32], purpose(1)),
			Error::<Test>::GroupNotActive
		);
		table.play_out(&ALL);
		assert_ok!(<Dcrm as KeyGroups>::request_signature(0, path, [1; 32], purpose(1)));
		assert_noop!(
			<Dcrm as KeyGroups>::request_signature(0, path, [1; 32], Purpose::Test),
			Error::<Test>::ReservedPurpose
		);
	});
}

#[test]
fn request_should_be_refused_when_the_group_owes_too_many() {
	build_and_execute(4, || {
		let table = active();
		let first = ask(&table, 1);
		let (_, third) = (ask(&table, 2), ask(&table, 3));
		assert_noop!(
			<Dcrm as KeyGroups>::request_signature(
				table.group,
				KeyPath::Group,
				[4; 32],
				purpose(4)
			),
			Error::<Test>::TooManyRequests
		);
		deliver(1, first, table.sign(&ALL, first)).unwrap();
		let fourth = ask(&table, 4);
		let open: Vec<RequestId> =
			Dcrm::open_requests(table.group, 9).into_iter().map(|(id, _)| id).collect();
		assert_eq!(open, vec![third - 1, third, fourth], "the oldest comes first");
		assert_eq!(Dcrm::open_requests(table.group, 2).len(), 2);
		assert!(Dcrm::open_requests(table.group + 1, 9).is_empty());
	});
}

#[test]
fn request_should_make_room_when_it_is_withdrawn() {
	build_and_execute(4, || {
		let table = active();
		let requests: Vec<RequestId> = (1..=3).map(|batch| ask(&table, batch)).collect();
		let signature = table.sign(&ALL, requests[1]);
		<Dcrm as KeyGroups>::withdraw_request(requests[1]);
		assert!(has_event(Event::SignatureWithdrawn { request: requests[1], group: table.group }));
		assert_eq!(RequestCount::<Test>::get(table.group), 2);
		let fourth = ask(&table, 4);
		let open = |group| Dcrm::open_requests(group, 9).into_iter().map(|(id, _)| id);
		assert!(open(table.group).eq([requests[0], requests[2], fourth]));
		// Who has made the signature meanwhile is told that it is too late, and once is enough.
		assert_eq!(deliver(1, requests[1], signature), Err(STALE));
		<Dcrm as KeyGroups>::withdraw_request(requests[1]);
		<Dcrm as KeyGroups>::withdraw_request(fourth + 1);
		assert_eq!(RequestCount::<Test>::get(table.group), 3);
	});
}

#[test]
fn request_should_stay_when_it_is_not_for_mapped_coins() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Testing);
		let (test, _) = Dcrm::open_requests(table.group, 1).remove(0);
		<Dcrm as KeyGroups>::withdraw_request(test);
		assert!(Requests::<Test>::get(test).is_some());
	});
}

#[test]
fn open_request_should_say_all_that_nodes_need_when_read() {
	build_and_execute(4, || {
		let table = active();
		go_to(9);
		let request = ask(&table, 3);
		let (id, open) = Dcrm::open_requests(table.group, 1).remove(0);
		assert_eq!(id, request);
		assert_eq!((open.group, open.path), (table.group, KeyPath::Deposit(0, 3)));
		assert_eq!((open.message, open.purpose), ([3; 32], purpose(3)));
		assert_eq!(open.created, 9);
	});
}
