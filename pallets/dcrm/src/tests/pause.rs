//! Safe mode: everything stands still, and goes on as it was.

use frame_support::{assert_noop, assert_ok};
use fusion_dcrm_primitives::{
	traits::KeyGroups, Algorithm::Secp256k1Taproot, DcrmMessage, GroupState, KeyPath, Phase,
	Purpose,
};
use sp_runtime::{transaction_validity::InvalidTransaction, DispatchError};

use super::{
	driver::{bounded, Table},
	moves::{ask, reshare, Committee, Move},
};
use crate::{mock::*, Commitments, Deadlines, Error, Event, Measured, Watches, CHALLENGE_WINDOW};

fn pause(paused: bool) {
	assert_ok!(Dcrm::set_paused(RuntimeOrigin::signed(GUARD), paused));
}

#[test]
fn pause_should_be_refused_when_the_origin_may_not() {
	build_and_execute(0, || {
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::signed(account(1))] {
			assert_noop!(Dcrm::set_paused(origin, true), DispatchError::BadOrigin);
		}
		pause(true);
		assert!(Dcrm::is_paused());
		assert!(has_event(Event::PausedSet { paused: true }));
		let events = System::event_count();
		pause(true);
		assert_eq!(System::event_count(), events, "it is paused already");
		pause(false);
		assert!(!Dcrm::is_paused());
		assert!(has_event(Event::PausedSet { paused: false }));
	});
}

#[test]
fn nothing_should_begin_when_everything_stands_still() {
	build_and_execute(5, || {
		let committee = Committee::new(4);
		let before = ask(committee.group, 1);
		pause(true);
		let paused = Error::<Test>::Paused;
		let root = RuntimeOrigin::root;
		let members = bounded(accounts(4));
		assert_noop!(Dcrm::create_group(root(), members, Secp256k1Taproot), paused);
		let paused = Error::<Test>::Paused;
		assert_noop!(Dcrm::draw_group(root(), 4, Secp256k1Taproot), paused);
		assert_eq!(reshare(0, &[1, 2, 3, 5]), Err(Error::<Test>::Paused.into()));
		let purpose = Purpose::Batch { instance: 0, batch: 2, attempt: 0, input: 0 };
		let paused = Error::<Test>::Paused;
		assert_noop!(
			<Dcrm as KeyGroups>::request_signature(0, KeyPath::Group, [1; 32], purpose),
			paused
		);
		assert!(!<Dcrm as KeyGroups>::accepts_work(0));
		// What is owed is not given out, and not taken.
		assert!(Dcrm::open_requests(0, 9).is_empty());
		let refused = Err(Rejected::ByPool(InvalidTransaction::Future));
		assert_eq!(committee.deliver(&[1, 2, 3], before), refused);
		// Where nodes are reached does not wait.
		let peer = b"peer".to_vec().try_into().unwrap();
		speak(1, DcrmMessage::Announce { peer, sequence: 1 }).unwrap();

		pause(false);
		assert!(<Dcrm as KeyGroups>::accepts_work(0));
		assert!(!<Dcrm as KeyGroups>::accepts_work(1));
		assert_eq!(Dcrm::open_requests(0, 9).len(), 1);
		committee.deliver(&[1, 2, 3], before).unwrap();
		assert_ok!(reshare(0, &[1, 2, 3, 5]));
	});
}

#[test]
fn ceremonies_should_have_the_time_left_that_they_had_when_it_is_over() {
	build_and_execute(6, || {
		let mut table = Table::in_phase(4, Phase::Verdicts);
		go_to(3);
		let second = create_group(4);
		go_to(5);
		let deadlines = Deadlines::<Test>::get();
		pause(true);
		let refused = Err(Rejected::ByPool(InvalidTransaction::Future));
		assert_eq!(table.say_verdict(1, vec![]), refused);
		go_to(50);
		assert_eq!(Deadlines::<Test>::get(), deadlines, "no deadline passes");
		assert_eq!((phase(table.group), phase(second)), (Phase::Verdicts, Phase::Dealing));
		pause(false);
		let later: Vec<_> = deadlines.iter().map(|(at, id)| (at + 45, *id)).collect();
		assert_eq!(Deadlines::<Test>::get().into_inner(), later);
		check();
		go_to(later[0].0 - 1);
		assert_eq!(phase(table.group), Phase::Verdicts);
		table.play_out(&[1, 2, 3, 4]);
		assert_eq!(view(table.group).state, GroupState::Active);
		go_to(later[1].0);
		assert_eq!(view(second).attempt, 1);
	});
}

#[test]
fn handover_should_go_on_when_it_is_over() {
	build_and_execute(6, || {
		let mut next = Move::new(Committee::new(4), &[1, 2, 5, 6]);
		next.play_until(Phase::Confirming);
		pause(true);
		go_to(System::block_number() + 100);
		pause(false);
		next.succeed();
		assert_eq!(view(0).epoch, 1);
	});
}

#[test]
fn challenge_should_be_void_when_members_could_not_answer() {
	build_and_execute(4, || {
		Committee::new(4);
		idle(6);
		assert!(Commitments::<Test>::contains_key(0));
		while view(0).challenge.is_none() {
			go_to(System::block_number() + 1);
		}
		pause(true);
		go_to(System::block_number() + CHALLENGE_WINDOW + 1);
		assert!(view(0).challenge.is_some());
		pause(false);
		go_to(System::block_number() + 1);
		assert!(view(0).challenge.is_none());
		assert_eq!((Measured::<Test>::get().missed, view(0).missed), (0, vec![0; 4]));
		// The next one comes in its time.
		go_to(Watches::<Test>::get(0).opened + INTERVAL);
		assert_eq!(view(0).challenge.unwrap().number, 2);
	});
}
