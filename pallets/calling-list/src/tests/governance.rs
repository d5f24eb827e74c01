//! Parameters, the pause, and nodes' keys.

use crate::{mock::*, Error, KeyOfNode, Params, TriggerKeys};
use frame_support::{assert_noop, assert_ok};
use fusion_calling_list_primitives::Reason;
use sp_runtime::DispatchError;

#[test]
fn parameters_should_be_set_by_governance_only() {
	build_and_execute(|| {
		let mut parameters = parameters();
		parameters.max_gas = 777;
		let signed = RuntimeOrigin::signed(OWNER);
		assert_noop!(
			CallingList::set_parameters(signed.clone(), parameters),
			DispatchError::BadOrigin
		);
		assert_noop!(CallingList::set_list_paused(signed, true), DispatchError::BadOrigin);
		assert_ok!(CallingList::set_parameters(RuntimeOrigin::root(), parameters));
		assert_eq!(Params::<Test>::get(), parameters);
		parameters.max_gas = 0;
		assert_noop!(
			CallingList::set_parameters(RuntimeOrigin::root(), parameters),
			Error::<Test>::InvalidParameters
		);
	});
}

#[test]
fn nothing_but_leaving_should_be_possible_while_the_list_is_paused() {
	build_and_execute(|| {
		let id = register(at_block(3));
		let other = register(at_block(30));
		assert_ok!(CallingList::do_pause(&OWNER, other));
		assert_ok!(CallingList::set_list_paused(RuntimeOrigin::root(), true));
		run_to(3);
		assert_eq!(trigger(id), Reason::ListPaused);
		assert_eq!(CallingList::due(None, 10).rows, vec![]);
		assert_noop!(CallingList::do_register(OWNER, at_block(9)), Error::<Test>::ListPaused);
		assert_noop!(CallingList::do_resume(&OWNER, other), Error::<Test>::ListPaused);
		assert_ok!(CallingList::do_cancel(&OWNER, other));
		assert_ok!(CallingList::set_list_paused(RuntimeOrigin::root(), false));
		assert_eq!(trigger(id), Reason::Ran);
	});
}

#[test]
fn key_should_belong_to_one_elected_node() {
	build_and_execute(|| {
		assert!(CallingList::is_trigger_key(&KEY));
		let node = RuntimeOrigin::signed(NODE);
		let stranger = RuntimeOrigin::signed(OWNER);
		assert_noop!(
			CallingList::set_trigger_key(stranger.clone(), Some(SENDER)),
			Error::<Test>::NotElected
		);
		assert_ok!(CallingList::set_trigger_key(node.clone(), Some(SENDER)));
		assert!(!CallingList::is_trigger_key(&KEY));
		assert!(CallingList::is_trigger_key(&SENDER));
		Elected::set(&vec![NODE, OWNER]);
		assert_noop!(CallingList::set_trigger_key(stranger, Some(SENDER)), Error::<Test>::KeyTaken);
		// A node that is elected no more can still take its key back.
		Elected::set(&vec![]);
		assert!(!CallingList::is_trigger_key(&SENDER));
		assert_ok!(CallingList::set_trigger_key(node, None));
		let keys = TriggerKeys::<Test>::iter().count() + KeyOfNode::<Test>::iter().count();
		assert_eq!(keys, 2 * KEYS.len(), "those of other nodes");
	});
}
