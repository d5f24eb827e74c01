//! Title and use.

use super::{address_in, reason, selectors, succeed};
use crate::{mock::*, token_address, IUsufruct};
use frame_support::assert_ok;
use pallet_revive::{
	precompiles::{
		alloy::{
			primitives::{Address, IntoLogData, U256},
			sol_types::{SolCall, SolInterface},
		},
		Precompile, H160, H256,
	},
	AccountId32Mapper, AddressMapper,
};
use sp_runtime::Perbill;
use std::collections::BTreeSet;
use IUsufruct::{
	allowanceCall, approveCall, bondCall, consentCall, depositCall, giveBackCall, lendCall,
	pledgeOfCall, rewardCall, settleCall, sliceOfCall, timeBalanceOfCall, timeSliceTransferCall,
	timeSliceTransferFromCall, titleOfCall, totalHeldCall, transferTitleCall, unbondCall,
	useOfCall, wholeOfCall, withdrawCall, Approval, Bonded, Deposit, IUsufructCalls,
	IUsufructEvents, SliceTransfer, Withdrawal,
};

const SOURCE: &str = include_str!("../../../contracts/interfaces/IUsufruct.sol");
pub(super) const START: u64 = 1_700_000_000;
pub(super) const LATER: u64 = START + 100;
pub(super) const FOREVER: u64 = u64::MAX;
/// Another Ethereum key.
pub(super) const BOB: H160 = H160([0xb0; 20]);
/// And a third.
pub(super) const CHARLIE: H160 = H160([0xc0; 20]);

pub(super) fn shown(address: H160) -> Address {
	address.0.into()
}

pub(super) fn token() -> Address {
	shown(token_address(BTC))
}

pub(super) fn units(amount: u128) -> U256 {
	U256::from(amount)
}

/// A new chain on which everybody has FSN, and Alice has bitcoin.
pub(super) fn on_new_chain(test: impl FnOnce()) {
	build_and_execute(|| {
		set_time(START);
		endow(&account(BOB));
		endow(&account(CHARLIE));
		lock_in(account(ALICE), 50_000);
		test();
	});
}

pub(super) fn reverts_with(from: H160, data: Vec<u8>, expected: &str) {
	let result = call(from, USUFRUCT, data).expect("the call is executed");
	assert!(result.did_revert(), "did not revert");
	assert_eq!(reason(&result).as_deref(), Some(expected));
}

fn logs() -> Vec<(Vec<H256>, Vec<u8>)> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted {
				contract,
				data,
				topics,
			}) if contract == USUFRUCT => Some((topics, data)),
			_ => None,
		})
		.collect()
}

fn log_of(event: IUsufructEvents) -> (Vec<H256>, Vec<u8>) {
	let (topics, data) = event.into_log_data().split();
	(topics.into_iter().map(|topic| H256(topic.0)).collect(), data.to_vec())
}

fn transfer_log(from: H160, to: H160, amount: u128, start: u64, end: u64) -> IUsufructEvents {
	IUsufructEvents::SliceTransfer(SliceTransfer {
		token: token(),
		from: shown(from),
		to: shown(to),
		amount: units(amount),
		start,
		end,
	})
}

pub(super) fn lend(to: H160, amount: u128, end: u64) -> Vec<u8> {
	lendCall { token: token(), to: shown(to), amount: units(amount), end }.abi_encode()
}

pub(super) fn transfer(to: H160, amount: u128, start: u64, end: u64) -> Vec<u8> {
	let (token, to, amount) = (token(), shown(to), units(amount));
	timeSliceTransferCall { token, to, amount, start, end }.abi_encode()
}

pub(super) fn deposit(amount: u128) -> Vec<u8> {
	depositCall { token: token(), amount: units(amount) }.abi_encode()
}

pub(super) fn withdraw(amount: u128) -> Vec<u8> {
	withdrawCall { token: token(), amount: units(amount) }.abi_encode()
}

/// Use, title, and both, as the precompile says.
pub(super) fn holdings(who: H160) -> (U256, U256, U256) {
	let (token, account) = (token(), shown(who));
	let ask = |data| U256::from_be_slice(&succeed(PAUPER, USUFRUCT, data));
	(
		ask(useOfCall { token, account }.abi_encode()),
		ask(titleOfCall { token, account }.abi_encode()),
		ask(wholeOfCall { token, account }.abi_encode()),
	)
}

pub(super) fn three(a: u128, b: u128, c: u128) -> (U256, U256, U256) {
	(units(a), units(b), units(c))
}

#[test]
fn interface_should_have_every_function_of_the_solidity_file() {
	let of_interface: BTreeSet<[u8; 4]> = IUsufructCalls::selectors().collect();
	assert_eq!(selectors(SOURCE), of_interface);
	assert_eq!(of_interface.len(), 21);
}

#[test]
fn precompile_should_be_where_the_solidity_file_says() {
	assert_eq!(<crate::Usufruct<Test> as Precompile>::MATCHER.base_address(), USUFRUCT.0);
	assert_eq!(address_in(SOURCE, "USUFRUCT_ADDRESS"), USUFRUCT);
}

#[test]
fn use_should_come_back_by_itself_when_the_term_is_over() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, lend(BOB, 20_000, LATER));
		assert_eq!(balance(&account(ALICE)), 30_000);
		assert_eq!(holdings(ALICE), three(0, 20_000, 0));
		assert_eq!(holdings(BOB), three(20_000, 0, 0));
		let deposited = Deposit { token: token(), account: shown(ALICE), amount: units(20_000) };
		assert_eq!(
			logs(),
			[
				log_of(IUsufructEvents::Deposit(deposited)),
				log_of(transfer_log(ALICE, BOB, 20_000, START, LATER))
			]
		);
		reverts_with(ALICE, withdraw(1), "Usufruct: NotEnough");
		set_time(LATER);
		assert_eq!(holdings(ALICE), three(20_000, 20_000, 20_000));
		assert_eq!(holdings(BOB), three(0, 0, 0));
		succeed(ALICE, USUFRUCT, withdraw(20_000));
		assert_eq!(balance(&account(ALICE)), 50_000);
		let withdrawn = Withdrawal { token: token(), account: shown(ALICE), amount: units(20_000) };
		assert_eq!(logs().last(), Some(&log_of(IUsufructEvents::Withdrawal(withdrawn))));
	});
}

#[test]
fn slices_should_be_shown_as_they_are() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, deposit(10_000));
		let answer = succeed(ALICE, USUFRUCT, transfer(BOB, 4_000, START + 10, START + 20));
		assert!(timeSliceTransferCall::abi_decode_returns(&answer).unwrap());
		let ask = sliceOfCall { token: token(), account: shown(ALICE) };
		let slices = succeed(PAUPER, USUFRUCT, ask.abi_encode());
		let slices: Vec<_> = sliceOfCall::abi_decode_returns(&slices)
			.unwrap()
			.into_iter()
			.map(|slice| (slice.amount, slice.start, slice.end))
			.collect();
		assert_eq!(
			slices,
			[
				(units(10_000), START, START + 10),
				(units(6_000), START + 10, START + 20),
				(units(10_000), START + 20, FOREVER)
			]
		);
		let over = |start, end| {
			let (token, account) = (token(), shown(ALICE));
			let ask = timeBalanceOfCall { token, account, start, end }.abi_encode();
			U256::from_be_slice(&succeed(PAUPER, USUFRUCT, ask))
		};
		assert_eq!(over(0, START + 10), units(10_000));
		assert_eq!(over(START + 5, FOREVER), units(6_000));
		let held = succeed(PAUPER, USUFRUCT, totalHeldCall { token: token() }.abi_encode());
		assert_eq!(U256::from_be_slice(&held), units(10_000));
	});
}

#[test]
fn title_should_be_sold_and_use_given_back() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, lend(BOB, 20_000, LATER));
		let (token, amount) = (token(), units(20_000));
		let sell = transferTitleCall { token, to: shown(CHARLIE), amount }.abi_encode();
		let start = succeed(ALICE, USUFRUCT, sell);
		assert_eq!(transferTitleCall::abi_decode_returns(&start).unwrap(), LATER);
		assert_eq!(
			logs().last(),
			Some(&log_of(transfer_log(ALICE, CHARLIE, 20_000, LATER, FOREVER)))
		);
		let back = |to| giveBackCall { token, to: shown(to), amount, end: LATER }.abi_encode();
		reverts_with(BOB, back(ALICE), "Usufruct: NotNext");
		succeed(BOB, USUFRUCT, back(CHARLIE));
		assert_eq!(logs().last(), Some(&log_of(transfer_log(BOB, CHARLIE, 20_000, START, LATER))));
		assert_eq!(holdings(CHARLIE), three(20_000, 20_000, 20_000));
	});
}

#[test]
fn contract_should_move_slices_as_it_is_allowed() {
	on_new_chain(|| {
		let contract = deploy_proxy_to(USUFRUCT, Passing::Call);
		let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
		// It pays the deposits.
		endow(&owner);
		succeed(ALICE, USUFRUCT, deposit(10_000));
		let (token, from, to) = (token(), shown(ALICE), shown(contract));
		let fetch = |amount| {
			timeSliceTransferFromCall {
				token,
				from,
				to,
				amount: units(amount),
				start: 0,
				end: LATER,
			}
			.abi_encode()
		};
		let refused = call(BOB, contract, fetch(1)).unwrap();
		assert_eq!(reason(&refused).as_deref(), Some("Usufruct: NotAllowed"));
		let approve = |amount| approveCall { token, spender: to, amount }.abi_encode();
		succeed(ALICE, USUFRUCT, approve(units(6_000)));
		let expected = Approval { token, owner: from, spender: to, amount: units(6_000) };
		assert_eq!(logs().last(), Some(&log_of(IUsufructEvents::Approval(expected))));
		let left = || {
			let ask = allowanceCall { token, owner: from, spender: to }.abi_encode();
			U256::from_be_slice(&succeed(PAUPER, USUFRUCT, ask))
		};
		succeed(BOB, contract, fetch(4_000));
		assert_eq!(left(), units(2_000));
		assert_eq!(holdings(contract), three(4_000, 0, 0));
		assert_eq!(
			logs().last(),
			Some(&log_of(transfer_log(ALICE, contract, 4_000, START, LATER)))
		);
		// More than there can be is as much as there can be, and never less.
		succeed(ALICE, USUFRUCT, approve(U256::MAX));
		assert_eq!(left(), units(u128::MAX));
		succeed(BOB, contract, fetch(4_000));
		assert_eq!(left(), units(u128::MAX));
	});
}

#[test]
fn fsn_should_have_slices_at_address_zero() {
	on_new_chain(|| {
		let (token, amount) = (Address::ZERO, units(5_000));
		succeed(ALICE, USUFRUCT, depositCall { token, amount }.abi_encode());
		let held = succeed(PAUPER, USUFRUCT, totalHeldCall { token }.abi_encode());
		assert_eq!(U256::from_be_slice(&held), amount);
		assert_eq!(holdings(ALICE), three(0, 0, 0), "of bitcoin");
		succeed(ALICE, USUFRUCT, withdrawCall { token, amount }.abi_encode());
	});
}

#[test]
fn reason_should_be_given_when_it_is_refused() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, deposit(10_000));
		let (big, to) = (U256::from(u128::MAX) + U256::from(1), shown(BOB));
		let (token, amount) = (token(), units(1));
		let neither = "Usufruct: the token is neither a mapped coin nor address 0, which is FSN";
		let other = shown(H160([7; 20]));
		let unknown = shown(token_address(99));
		for (data, expected) in [
			(
				depositCall { token, amount: big }.abi_encode(),
				"Usufruct: the amount is above 2^128 - 1",
			),
			(depositCall { token: other, amount }.abi_encode(), neither),
			(totalHeldCall { token: other }.abi_encode(), neither),
			(depositCall { token: unknown, amount }.abi_encode(), "Usufruct: UnknownCoin"),
			(deposit(0), "Usufruct: ZeroAmount"),
			(deposit(40_001), "Usufruct: NotEnoughPlainCoins"),
			(withdraw(10_001), "Usufruct: NotEnough"),
			(transfer(BOB, 1, START - 1, LATER), "Usufruct: StartInPast"),
			(transfer(BOB, 1, 0, START), "Usufruct: EndInPast"),
			(transfer(BOB, 1, LATER, LATER), "Usufruct: EmptyInterval"),
			(transfer(BOB, 10_001, 0, LATER), "Usufruct: NotEnough"),
			(lendCall { token, to, amount, end: FOREVER }.abi_encode(), "Usufruct: NeedsEnd"),
			(settleCall { pledge: 9 }.abi_encode(), "Usufruct: UnknownPledge"),
		] {
			reverts_with(ALICE, data, expected);
		}
		assert_eq!(holdings(ALICE), three(10_000, 10_000, 10_000));
	});
}

#[test]
fn borrowed_fsn_should_be_bonded_by_a_contract() {
	on_new_chain(|| {
		let node = native(1);
		endow(&node);
		let commission = Perbill::from_percent(10);
		assert_ok!(Bookkeeping::register(RuntimeOrigin::signed(node.clone()), BOND, commission));
		let contract = deploy_proxy_to(USUFRUCT, Passing::Call);
		endow(&AccountId32Mapper::<Test>::to_account_id(&contract));
		let (user, owner, amount) = (shown(contract), shown(ALICE), units(MIN_DELEGATION));
		let end = START + 10_000;
		let token = Address::ZERO;
		let lend = lendCall { token, to: user, amount, end }.abi_encode();
		succeed(ALICE, USUFRUCT, lend);
		let node = <[u8; 32]>::from(node).into();
		let bond = bondCall { owner, node, amount, end }.abi_encode();
		let refused = call(BOB, contract, bond.clone()).unwrap();
		assert_eq!(reason(&refused).as_deref(), Some("Usufruct: NoConsent"));
		succeed(ALICE, USUFRUCT, consentCall { user, amount, until: end }.abi_encode());
		let answer = succeed(BOB, contract, bond);
		let pledge = bondCall::abi_decode_returns(&answer).unwrap();
		let expected = Bonded { pledge, user, owner, node, amount, end };
		assert_eq!(logs().last(), Some(&log_of(IUsufructEvents::Bonded(expected))));

		let ask = || {
			let answer = succeed(PAUPER, USUFRUCT, pledgeOfCall { pledge }.abi_encode());
			pledgeOfCall::abi_decode_returns(&answer).unwrap()
		};
		let found = ask();
		assert_eq!((found.user, found.owner, found.node), (user, owner, node));
		assert_eq!((found.amount, found.end, found.unbonding), (amount, end, false));
		assert_eq!(succeed(BOB, contract, rewardCall { pledge }.abi_encode()), [0; 32]);
		reverts_with(BOB, unbondCall { pledge }.abi_encode(), "Usufruct: NotUser");
		succeed(BOB, contract, unbondCall { pledge }.abi_encode());
		assert!(ask().unbonding);
		let settle = settleCall { pledge }.abi_encode();
		let refused = call(BOB, contract, settle.clone()).unwrap();
		assert_eq!(reason(&refused).as_deref(), Some("Usufruct: StillBonded"));
		pallet_bookkeeping::CurrentSession::<Test>::put(UNBONDING + 2);
		succeed(BOB, contract, settle);
		assert_eq!(ask().user, Address::ZERO);
		let ask = titleOfCall { token, account: owner }.abi_encode();
		assert_eq!(U256::from_be_slice(&succeed(PAUPER, USUFRUCT, ask)), amount);
	});
}

#[test]
fn state_should_not_change_when_called_statically_or_by_delegate() {
	on_new_chain(|| {
		for passing in [Passing::Static, Passing::Delegate] {
			let contract = deploy_proxy_to(USUFRUCT, passing);
			let owner = AccountId32Mapper::<Test>::to_account_id(&contract);
			endow(&owner);
			lock_in(owner.clone(), 50_000);
			let (token, amount, pledge) = (token(), units(1), 0);
			let (to, from) = (shown(BOB), shown(ALICE));
			let (start, end) = (0, LATER);
			let changing = [
				deposit(1),
				withdraw(1),
				lend(BOB, 1, LATER),
				transfer(BOB, 1, 0, LATER),
				timeSliceTransferFromCall { token, from, to, amount, start, end }.abi_encode(),
				transferTitleCall { token, to, amount }.abi_encode(),
				giveBackCall { token, to, amount, end }.abi_encode(),
				approveCall { token, spender: to, amount }.abi_encode(),
				consentCall { user: to, amount, until: end }.abi_encode(),
				bondCall { owner: to, node: [1; 32].into(), amount, end }.abi_encode(),
				unbondCall { pledge }.abi_encode(),
				rewardCall { pledge }.abi_encode(),
				settleCall { pledge }.abi_encode(),
			];
			for data in changing {
				let result = call(ALICE, contract, data).expect("the proxy is executed");
				assert!(result.did_revert());
				assert_eq!(reason(&result), None, "it is a trap, not a refusal of the pallet");
			}
			assert_eq!(balance(&owner), 50_000);
			assert_eq!(logs(), vec![]);
		}
	});
}

#[test]
fn value_should_be_refused() {
	on_new_chain(|| {
		let result = call_with_value(ALICE, USUFRUCT, 5_000_000, deposit(1)).unwrap();
		assert!(result.did_revert());
		assert_eq!(reason(&result).as_deref(), Some("Usufruct: takes no value"));
	});
}
