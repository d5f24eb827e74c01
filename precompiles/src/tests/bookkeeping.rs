//! Bookkeeping nodes.

use super::{address_in, reason, selectors, succeed};
use crate::{mock::*, IBookkeeping};
use frame_support::assert_ok;
use pallet_bookkeeping::{
	Candidates, CommissionBounds, Commissions, CurrentSession, MaxNodes, NodeState, SlashReason,
};
use pallet_revive::{
	precompiles::{
		alloy::{
			primitives::{FixedBytes, U256},
			sol_types::{SolCall, SolInterface},
		},
		Precompile,
	},
	AccountId32Mapper, AddressMapper,
};
use pallet_session::SessionManager;
use sp_runtime::Perbill;
use std::collections::BTreeSet;
use IBookkeeping::{
	accountOfCall, claimableCall, delegationsCall, emissionCall, limitsCall, nextSessionNodesCall,
	nodeCall, sessionCall, sessionNodesCall, unbondingCall, IBookkeepingCalls,
};

const SOURCE: &str = include_str!("../../../contracts/interfaces/IBookkeeping.sol");
/// A tenth, in parts per billion.
const TENTH: u32 = 100_000_000;

fn bytes(who: &AccountId) -> FixedBytes<32> {
	FixedBytes(who.clone().into())
}

/// Asks the precompile as an account.
fn ask<C: SolCall>(call: C) -> C::Return {
	let answer = succeed(ALICE, BOOKKEEPING, call.abi_encode());
	C::abi_decode_returns(&answer).expect("the answer is of the function's type")
}

fn signed(who: &AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.clone())
}

/// An account becomes a candidate with the least bond and a commission of ten per cent.
fn register(who: &AccountId) {
	endow(who);
	assert_ok!(Bookkeeping::register(signed(who), BOND, Perbill::from_percent(10)));
}

fn delegate(who: &AccountId, node: &AccountId, amount: u128) {
	endow(who);
	assert_ok!(Bookkeeping::delegate(signed(who), node.clone(), amount));
}

/// Begins the next session, as the session pallet does.
fn rotate() {
	let next = CurrentSession::<Test>::get() + 1;
	<Bookkeeping as SessionManager<AccountId>>::end_session(next - 1);
	<Bookkeeping as SessionManager<AccountId>>::start_session(next);
	<Bookkeeping as SessionManager<AccountId>>::new_session(next + 1);
}

/// Two candidates, of which the second has a delegation, in their first session.
fn two_nodes() -> (AccountId, AccountId, AccountId) {
	let (first, second, owner) = (native(7), native(8), native(9));
	register(&first);
	register(&second);
	delegate(&owner, &second, 3 * MIN_DELEGATION);
	System::set_block_number(11);
	rotate();
	rotate();
	assert_eq!(CurrentSession::<Test>::get(), 2);
	(first, second, owner)
}

#[test]
fn interface_should_have_every_function_of_the_solidity_file() {
	let of_interface: BTreeSet<[u8; 4]> = IBookkeepingCalls::selectors().collect();
	assert_eq!(selectors(SOURCE), of_interface);
	assert_eq!(of_interface.len(), 10);
}

#[test]
fn precompile_should_be_where_the_solidity_file_says() {
	assert_eq!(<crate::Bookkeeping<Test> as Precompile>::MATCHER.base_address(), BOOKKEEPING.0);
	assert_eq!(address_in(SOURCE, "BOOKKEEPING_ADDRESS"), BOOKKEEPING);
}

/// A call of each function.
fn all_calls(who: &AccountId) -> Vec<Vec<u8>> {
	let account = bytes(who);
	vec![
		accountOfCall { owner: ALICE.0.into() }.abi_encode(),
		sessionCall {}.abi_encode(),
		sessionNodesCall {}.abi_encode(),
		nextSessionNodesCall {}.abi_encode(),
		nodeCall { account }.abi_encode(),
		delegationsCall { account }.abi_encode(),
		unbondingCall { account }.abi_encode(),
		claimableCall { account }.abi_encode(),
		emissionCall {}.abi_encode(),
		limitsCall {}.abi_encode(),
	]
}

#[test]
fn every_selector_should_be_answered_when_called_statically_or_not() {
	build_and_execute(|| {
		let (_, node, _) = two_nodes();
		let contract = deploy_proxy_to(BOOKKEEPING, Passing::Static);
		let mut answered = BTreeSet::new();
		for data in all_calls(&node) {
			answered.insert([data[0], data[1], data[2], data[3]]);
			let directly = succeed(ALICE, BOOKKEEPING, data.clone());
			assert!(!directly.is_empty());
			assert_eq!(succeed(ALICE, contract, data), directly);
		}
		assert_eq!(answered, IBookkeepingCalls::selectors().collect());
	});
}

#[test]
fn value_and_delegate_calls_should_be_refused_by_every_function() {
	build_and_execute(|| {
		let (_, node, _) = two_nodes();
		let contract = deploy_proxy_to(BOOKKEEPING, Passing::Delegate);
		for data in all_calls(&node) {
			let paid = call_with_value(ALICE, BOOKKEEPING, 5_000_000, data.clone()).unwrap();
			assert!(paid.did_revert());
			assert_eq!(reason(&paid).as_deref(), Some("Bookkeeping: takes no value"));
			let delegated = call(ALICE, contract, data).expect("the proxy is executed");
			assert!(delegated.did_revert());
			assert_eq!(reason(&delegated), None, "it is a trap");
		}
	});
}

#[test]
fn account_should_be_the_mapped_one_when_there_is_one() {
	build_and_execute(|| {
		let who = native(7);
		endow(&who);
		let address = AccountId32Mapper::<Test>::to_address(&who);
		let account_of = |address: [u8; 20]| ask(accountOfCall { owner: address.into() });
		assert_eq!(account_of(ALICE.0), bytes(&account(ALICE)));
		assert_eq!(account_of(address.0), bytes(&account(address)), "nobody has mapped it yet");
		assert_ok!(AccountId32Mapper::<Test>::map(&who));
		assert_eq!(account_of(address.0), bytes(&who));
	});
}

#[test]
fn nodes_of_sessions_should_be_shown_when_they_are_elected() {
	build_and_execute(|| {
		assert!(ask(sessionNodesCall {}).is_empty());
		let (first, second, _) = two_nodes();
		// From the next session on there is one more.
		let third = native(3);
		register(&third);
		System::set_block_number(21);
		rotate();

		assert_eq!(ask(sessionCall {}), 3);
		let now = ask(sessionNodesCall {});
		let now: Vec<_> = now.iter().map(|node| (node.account, node.weight)).collect();
		// Held for ten blocks, in units of a thousandth of the bond.
		assert_eq!(now, [(bytes(&first), 10_000), (bytes(&second), 10_300)]);
		let next = ask(nextSessionNodesCall {});
		let next: Vec<_> = next.iter().map(|node| (node.account, node.weight)).collect();
		let expected = [(bytes(&third), 10_000), (bytes(&first), 20_000), (bytes(&second), 20_600)];
		assert_eq!(next, expected);
	});
}

#[test]
fn node_should_be_shown_with_everything_when_it_is_a_candidate() {
	build_and_execute(|| {
		let (_, node, _) = two_nodes();
		System::set_block_number(12);
		Bookkeeping::note_block(&node, &[(node.clone(), 1)], 0);
		assert_ok!(Bookkeeping::set_commission(signed(&node), Perbill::from_percent(20)));
		let shown = ask(nodeCall { account: bytes(&node) });
		assert_eq!(u8::from(shown.state), 1);
		assert!(!shown.invulnerable);
		assert_eq!(shown.ownStake, U256::from(BOND));
		assert_eq!(shown.delegated, U256::from(3 * MIN_DELEGATION));
		assert_eq!(shown.delegations, 1);
		assert_eq!(shown.weight, 11_330);
		assert_eq!((shown.elected, shown.sessionWeight), (true, 10_300));
		assert_eq!((shown.electedNext, shown.nextSessionWeight), (true, 10_300));
		assert_eq!(shown.commission, TENTH);
		assert_eq!((shown.nextCommission, shown.nextCommissionFrom), (2 * TENTH, 2 + UNBONDING));
		assert_eq!((shown.lastActive, shown.absent), (12, 0));
		let earned = Candidates::<Test>::get(&node).unwrap().earned;
		assert!(earned > 0);
		assert_eq!(shown.earned, U256::from(earned));
	});
}

#[test]
fn node_should_be_shown_when_it_is_no_candidate_but_has_a_seat() {
	build_and_execute(|| {
		let node = native(7);
		let seats = vec![node.clone()].try_into().unwrap();
		assert_ok!(Bookkeeping::set_invulnerables(RuntimeOrigin::root(), seats));
		rotate();
		let shown = ask(nodeCall { account: bytes(&node) });
		assert_eq!((u8::from(shown.state), shown.invulnerable), (0, true));
		assert_eq!((shown.weight, shown.elected), (1_000_000, false));
		assert_eq!((shown.electedNext, shown.nextSessionWeight), (true, 1_000_000));
		assert_eq!((shown.commission, shown.nextCommission), (10 * TENTH, 10 * TENTH));
		assert_eq!((shown.nextCommissionFrom, shown.lastActive), (0, 0));
	});
}

#[test]
fn everything_should_be_zero_when_there_is_no_such_node() {
	build_and_execute(|| {
		let stranger = bytes(&native(7));
		let data = succeed(ALICE, BOOKKEEPING, nodeCall { account: stranger }.abi_encode());
		assert_eq!(data, vec![0; 16 * 32]);
		assert!(ask(delegationsCall { account: stranger }).is_empty());
		assert!(ask(unbondingCall { account: stranger }).is_empty());
		assert_eq!(ask(claimableCall { account: stranger }), U256::ZERO);
	});
}

#[test]
fn state_should_be_the_one_of_the_solidity_file_when_it_changes() {
	build_and_execute(|| {
		let (_, node, owner) = two_nodes();
		for (state, number) in [
			(NodeState::Standing, 1),
			(NodeState::Idle, 2),
			(NodeState::Leaving, 3),
			(NodeState::Dissolving, 4),
		] {
			Candidates::<Test>::mutate(&node, |candidate| {
				candidate.as_mut().expect("it has registered").state = state;
			});
			assert_eq!(u8::from(ask(nodeCall { account: bytes(&node) }).state), number);
			let delegations = ask(delegationsCall { account: bytes(&owner) });
			assert_eq!(u8::from(delegations[0].state), number);
		}
		let names = SOURCE.split_once("enum NodeState {").unwrap().1.split_once('}').unwrap().0;
		let names: Vec<_> = names
			.lines()
			.map(str::trim)
			.filter(|line| !line.is_empty() && !line.starts_with("//"))
			.map(|line| line.trim_end_matches(','))
			.collect();
		assert_eq!(names, ["None", "Standing", "Idle", "Leaving", "Dissolving"]);
	});
}

#[test]
fn delegations_should_be_shown_with_what_they_have_earned() {
	build_and_execute(|| {
		let (first, second, owner) = two_nodes();
		delegate(&owner, &first, MIN_DELEGATION);
		System::set_block_number(12);
		Bookkeeping::note_block(&second, &[(second.clone(), 1)], 0);
		let shown = ask(delegationsCall { account: bytes(&owner) });
		assert_eq!(shown.len(), 2);
		assert_eq!((shown[0].node, shown[1].node), (bytes(&second), bytes(&first)));
		assert_eq!(shown[0].amount, U256::from(3 * MIN_DELEGATION));
		assert_eq!(shown[1].amount, U256::from(MIN_DELEGATION));
		assert_eq!((shown[0].weight, shown[1].weight), (330, 10));
		assert!(shown[0].reward > U256::ZERO);
		assert_eq!(shown[1].reward, U256::ZERO);
		let claimable = ask(claimableCall { account: bytes(&owner) });
		assert_eq!(claimable, shown[0].reward);
		assert_eq!(claimable, U256::from(Bookkeeping::claimable(&owner)));
		// Of the node: what it has earned, as such.
		let earned = ask(nodeCall { account: bytes(&second) }).earned;
		assert_eq!(ask(claimableCall { account: bytes(&second) }), earned);
	});
}

#[test]
fn stake_on_its_way_back_should_be_shown_as_slashes_leave_it() {
	build_and_execute(|| {
		let (_, node, owner) = two_nodes();
		assert_ok!(Bookkeeping::unbond(signed(&owner), node.clone(), MIN_DELEGATION));
		let shown = || ask(unbondingCall { account: bytes(&owner) });
		assert_eq!(shown().len(), 1);
		assert_eq!(shown()[0].node, bytes(&node));
		assert_eq!(shown()[0].amount, U256::from(MIN_DELEGATION));
		assert_eq!(shown()[0].availableFrom, 2 + UNBONDING);
		let tenth = Perbill::from_percent(10);
		assert_ok!(Bookkeeping::slash(&node, 2, tenth, None, SlashReason::Equivocation));
		assert_eq!(shown()[0].amount, U256::from(MIN_DELEGATION / 10 * 9));
		// The offender's own bond is on its way as well.
		let own = ask(unbondingCall { account: bytes(&node) });
		assert_eq!(own.len(), 1);
		assert_eq!((own[0].node, own[0].amount), (bytes(&node), U256::from(BOND / 10 * 9)));
	});
}

#[test]
fn emission_should_be_shown_when_blocks_issue() {
	build_and_execute(|| {
		let (_, node, _) = two_nodes();
		let shown = ask(emissionCall {});
		assert_eq!((shown.reward, shown.nextHalving), (U256::from(REWARD), 100));
		assert_eq!((shown.issued, shown.ceiling), (U256::ZERO, U256::from(EMISSION)));
		System::set_block_number(150);
		Bookkeeping::note_block(&node, &[(node.clone(), 1)], 0);
		let shown = ask(emissionCall {});
		assert_eq!((shown.reward, shown.nextHalving), (U256::from(REWARD / 2), 200));
		assert_eq!(shown.issued, U256::from(REWARD / 2));
		// One unit keeps the pot's account alive.
		assert_eq!(shown.outstanding, U256::from(REWARD / 2 - 1));
		assert_eq!(shown.income, U256::ZERO);
	});
}

#[test]
fn limits_should_be_shown_as_governance_sets_them() {
	build_and_execute(|| {
		let bounds =
			CommissionBounds { min: Perbill::from_percent(10), max: Perbill::from_percent(30) };
		Commissions::<Test>::put(bounds);
		MaxNodes::<Test>::put(5);
		assert_ok!(Bookkeeping::set_min_bond(RuntimeOrigin::root(), 7 * BOND));
		let shown = ask(limitsCall {});
		assert_eq!(shown.maxNodes, 5);
		assert_eq!(shown.minBond, U256::from(7 * BOND));
		assert_eq!(shown.minDelegation, U256::from(MIN_DELEGATION));
		assert_eq!((shown.minCommission, shown.maxCommission), (TENTH, 3 * TENTH));
		assert_eq!((shown.unbondingSessions, shown.ageCap), (UNBONDING, 100));
	});
}

#[test]
fn more_should_be_charged_when_more_is_read() {
	build_and_execute(|| {
		let (first, _, owner) = two_nodes();
		let weight = |data| weight_of_call(ALICE, BOOKKEEPING, data);
		let of = |who: &AccountId| {
			let account = bytes(who);
			[
				weight(delegationsCall { account }.abi_encode()),
				weight(unbondingCall { account }.abi_encode()),
				weight(claimableCall { account }.abi_encode()),
			]
		};
		let none = of(&first);
		delegate(&owner, &first, 2 * MIN_DELEGATION);
		assert_ok!(Bookkeeping::unbond(signed(&owner), first, MIN_DELEGATION));
		for (some, none) in of(&owner).into_iter().zip(none) {
			assert!(some.all_gt(none), "{some} is not more than {none}");
			assert!(some.proof_size() >= none.proof_size() + 2_600);
		}
	});
}
