//! Who does nothing is not elected any more.

use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Error, Event, NodeState};

/// Goes through one session of which every block is assembled and packaged by these.
fn session_by(workers: &[AccountId]) {
	let end = (session() + 1) * SESSION;
	let mut turn = 0;
	while System::block_number() < end {
		let worker = workers[turn % workers.len()];
		turn += 1;
		Bookkeeping::note_block(&worker, &[(worker, 1)], 0);
		next_block();
		check();
	}
}

/// Lets three nodes of about the same weight be elected.
fn three_nodes(test: impl FnOnce()) {
	genesis(vec![], vec![5, 6, 7]).execute_with(|| {
		go_to_session(2);
		assert_eq!(active(), vec![5, 6, 7]);
		test();
		check();
	});
}

#[test]
fn absent_node_should_be_kicked_when_it_was_absent_too_often() {
	three_nodes(|| {
		session_by(&[5, 6]);
		assert_eq!(candidate(7).absent, 1);
		assert_eq!((candidate(5).absent, state(7)), (0, Some(NodeState::Standing)));
		session_by(&[5, 6]);
		assert_eq!(state(7), Some(NodeState::Idle));
		assert!(has_event(Event::Kicked { node: 7 }));
		assert_eq!(held(7), BOND, "nothing is taken");
		// It is still in the session that was planned, and not in the next.
		assert_eq!(active(), vec![5, 6, 7]);
		session_by(&[5, 6]);
		assert_eq!(active(), vec![5, 6]);
		assert_noop!(Bookkeeping::delegate(signed(20), 7, BOND), Error::<Test>::NotStanding);
	});
}

#[test]
fn node_should_stay_when_it_works_now_and_then() {
	three_nodes(|| {
		session_by(&[5, 6]);
		// A package is work, too.
		Bookkeeping::note_block(&5, &[(6, 1), (7, 1)], 0);
		next_block();
		session_by(&[5, 6]);
		assert_eq!(candidate(7).absent, 0);
		session_by(&[5, 6]);
		assert_eq!(candidate(7).absent, 1);
		assert_eq!(state(7), Some(NodeState::Standing));
	});
}

#[test]
fn silence_should_not_count_when_work_was_not_likely() {
	three_nodes(|| {
		// A third of the weight, and eight blocks: fewer than three are its share.
		for _ in 0..3 {
			for _ in 0..8 {
				Bookkeeping::note_block(&5, &[(6, 1)], 0);
				next_block();
			}
			pass_sessions(1);
		}
		assert_eq!(candidate(7).absent, 0);
		// No blocks at all.
		pass_sessions(5);
		assert_eq!((candidate(5).absent, candidate(7).absent), (0, 0));
	});
}

#[test]
fn light_node_should_not_be_blamed_for_silence() {
	build_and_execute(|| {
		// Next to two invulnerables the node weighs nothing.
		register(5);
		go_to_session(2);
		for _ in 0..4 {
			session_by(&[1, 2]);
		}
		assert_eq!((candidate(5).absent, state(5)), (0, Some(NodeState::Standing)));
	});
}

#[test]
fn nobody_should_be_kicked_when_too_few_nodes_would_be_left() {
	genesis(vec![], vec![5, 6]).execute_with(|| {
		go_to_session(2);
		for _ in 0..4 {
			session_by(&[5]);
		}
		assert_eq!((candidate(6).absent, state(6)), (4, Some(NodeState::Standing)));
		register(7);
		session_by(&[5]);
		assert_eq!(state(6), Some(NodeState::Idle), "there are two others now");
		check();
	});
}

#[test]
fn invulnerable_should_not_be_kicked_when_it_is_absent() {
	genesis(vec![1, 2], vec![]).execute_with(|| {
		register_with(1, 10 * BOND);
		register(5);
		go_to_session(2);
		for _ in 0..4 {
			session_by(&[2]);
		}
		assert_eq!((candidate(1).absent, state(1)), (0, Some(NodeState::Standing)));
		assert!(active().contains(&1));
		check();
	});
}

#[test]
fn kicked_node_should_stand_again_when_it_rejoins() {
	three_nodes(|| {
		session_by(&[5, 6]);
		session_by(&[5, 6]);
		assert_noop!(Bookkeeping::rejoin(signed(5)), Error::<Test>::NotIdle);
		assert_noop!(Bookkeeping::rejoin(signed(8)), Error::<Test>::NotCandidate);
		pallet_session::NextKeys::<Test>::remove(7);
		assert_noop!(Bookkeeping::rejoin(signed(7)), Error::<Test>::KeysNotRegistered);
		set_keys(7);
		assert_ok!(Bookkeeping::set_min_bond(RuntimeOrigin::root(), BOND + 1));
		assert_noop!(Bookkeeping::rejoin(signed(7)), Error::<Test>::BondTooSmall);
		assert_ok!(Bookkeeping::bond_extra(signed(7), 1));
		assert_ok!(Bookkeeping::bond_extra(signed(6), 1));
		assert_ok!(Bookkeeping::bond_extra(signed(5), 1));
		assert_ok!(Bookkeeping::rejoin(signed(7)));
		assert!(has_event(Event::Rejoined { node: 7 }));
		assert_eq!(candidate(7).absent, 0);
		pass_sessions(2);
		assert_eq!(active(), vec![5, 6, 7]);
	});
}

#[test]
fn kicked_node_should_be_able_to_leave() {
	three_nodes(|| {
		session_by(&[5, 6]);
		session_by(&[5, 6]);
		assert_ok!(Bookkeeping::leave(signed(7)));
		assert_eq!(state(7), Some(NodeState::Leaving), "it is elected still");
		session_by(&[5, 6]);
		assert_eq!(state(7), None);
	});
}

#[test]
fn kicked_node_should_be_evicted_when_its_place_is_wanted() {
	three_nodes(|| {
		session_by(&[5, 6]);
		session_by(&[5, 6]);
		assert_noop!(Bookkeeping::evict(signed(50), 7), Error::<Test>::NotEvictable);
		(10..15).for_each(register);
		assert_ok!(Bookkeeping::evict(signed(50), 7));
		assert_eq!(state(7), Some(NodeState::Leaving));
	});
}
