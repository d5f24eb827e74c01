//! What anybody may read.

use frame_support::assert_ok;
use sp_runtime::Perbill;

use crate::{mock::*, DelegationView, EmissionView, NodeState, NodeView};

#[test]
fn nodes_should_be_shown_with_everything_that_matters() {
	build_and_execute(|| {
		register_with(5, 2 * BOND);
		delegate(20, 5, 1_000);
		go_to_session(2);
		Bookkeeping::note_block(&5, &[(5, 1)], 0);
		let expected = NodeView {
			account: 5,
			state: Some(NodeState::Standing),
			invulnerable: false,
			own_stake: 2 * BOND,
			delegated: 1_000 * FSN,
			delegations: 1,
			weight: 11_000 * 1_000 * 19,
			session_weight: Some(11_000 * 1_000 * 9),
			planned_weight: Some(11_000 * 1_000 * 19),
			commission: Perbill::from_percent(10),
			next_commission: None,
			last_active: Some(20),
			absent: 0,
			earned: claimable(5),
		};
		assert_eq!(Bookkeeping::node(&5), Some(expected.clone()));
		let one = Bookkeeping::node(&1).unwrap();
		assert_eq!((one.state, one.invulnerable, one.weight), (None, true, SEAT));
		assert_eq!(one.commission, Perbill::one());
		assert_eq!(Bookkeeping::node(&6), None);
		let all: Vec<_> = Bookkeeping::nodes().into_iter().map(|node| node.account).collect();
		assert_eq!(all, vec![1, 2, 5]);
		assert_eq!(Bookkeeping::nodes()[2], expected);
	});
}

#[test]
fn nodes_of_this_session_and_of_the_next_should_be_shown() {
	build_and_execute(|| {
		register(5);
		go_to_session(1);
		assert_eq!(Bookkeeping::session(), 1);
		let seats = vec![(1, SEAT), (2, SEAT)];
		assert_eq!(Bookkeeping::session_weights(), seats);
		let next = [seats, vec![(5, 5_000 * 1_000 * 9)]].concat();
		assert_eq!(Bookkeeping::next_session_weights(), next);
		go_to_session(2);
		assert_eq!(Bookkeeping::session_weights(), next);
	});
}

#[test]
fn delegations_should_be_shown_with_their_rewards() {
	build_and_execute(|| {
		register(5);
		register(6);
		delegate(20, 5, 5_000);
		delegate(20, 6, 1_000);
		go_to(11);
		Bookkeeping::note_block(&5, &[(5, 1)], 0);
		let delegations = Bookkeeping::delegations(&20);
		let first = DelegationView {
			node: 5,
			state: NodeState::Standing,
			amount: 5_000 * FSN,
			weight: 5_000 * 1_000 * 10,
			reward: claimable(20),
		};
		assert_eq!(delegations[0], first);
		assert!(first.reward > 0);
		assert_eq!((delegations[1].node, delegations[1].reward), (6, 0));
		assert_eq!(Bookkeeping::delegations(&21), vec![]);
		assert_ok!(Bookkeeping::leave(signed(6)));
		assert_eq!(Bookkeeping::delegations(&20)[1].state, NodeState::Leaving);
	});
}

#[test]
fn emission_should_be_shown() {
	build_and_execute(|| {
		go_to(150);
		pay_fees(100);
		assert_eq!(
			Bookkeeping::emission(),
			EmissionView {
				reward: REWARD / 2,
				next_halving: Some(200),
				issued: 0,
				ceiling: 1_000 * FSN,
				outstanding: 0,
				income: 99,
			}
		);
		Bookkeeping::note_block(&1, &[(1, 1)], 0);
		let shown = Bookkeeping::emission();
		assert_eq!((shown.issued, shown.outstanding), (REWARD / 2, REWARD / 2 + 99));
		assert_eq!(shown.income, 0);
	});
}
