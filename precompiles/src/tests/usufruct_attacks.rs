//! What contracts might try with slices, and what plain coins cannot be used for.

use super::{
	reason, succeed,
	usufruct::{
		deposit, holdings, lend, on_new_chain, reverts_with, shown, three, token, transfer, units,
		withdraw, BOB, CHARLIE, FOREVER, LATER, START,
	},
};
use crate::{
	mock::*,
	token_address,
	IAssetMapping::lockOutCall,
	IUsufruct::{approveCall, timeSliceTransferFromCall, transferTitleCall},
};
use pallet_revive::{
	precompiles::{alloy::sol_types::SolCall, H160},
	AccountId32Mapper, AddressMapper,
};

/// transfer(address,uint256) of an ERC-20.
pub(super) fn erc20_transfer(to: H160, amount: u128) -> Vec<u8> {
	let mut data = vec![0xa9, 0x05, 0x9c, 0xbb];
	data.extend([0; 12]);
	data.extend(to.0);
	data.extend(units(amount).to_be_bytes::<32>());
	data
}

fn lock_out(amount: u64) -> Vec<u8> {
	lockOutCall { amount, destination: ADDRESS.into(), maxFee: 10_000 }.abi_encode()
}

/// Takes bitcoin of Alice over an interval, as a contract that she has approved.
fn fetch(to: H160, amount: u128, start: u64, end: u64) -> Vec<u8> {
	let (token, from, to) = (token(), shown(ALICE), shown(to));
	timeSliceTransferFromCall { token, from, to, amount: units(amount), start, end }.abi_encode()
}

#[test]
fn plain_transfer_should_move_only_what_is_not_in_slices() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, lend(BOB, 20_000, LATER));
		// By the lender and by the borrower.
		let erc20 = token_address(BTC);
		for (who, amount) in [(ALICE, 30_001), (BOB, 1)] {
			let failed = call(who, erc20, erc20_transfer(CHARLIE, amount))
				.map_or(true, |result| result.did_revert());
			assert!(failed, "{who} has only what is plain");
		}
		succeed(ALICE, erc20, erc20_transfer(CHARLIE, 30_000));
		assert_eq!(balance(&account(CHARLIE)), 30_000);
	});
}

#[test]
fn lock_out_should_be_refused_when_title_and_use_are_not_in_one_hand() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, lend(BOB, 20_000, LATER));
		let refused = |who, amount| {
			let result = call(who, PRECOMPILE, lock_out(amount)).expect("the call is executed");
			assert_eq!(reason(&result).as_deref(), Some("AssetMapping: NotEnoughMappedCoins"));
		};
		// The lender has the title only, the borrower the use.
		refused(ALICE, 30_001);
		refused(BOB, 20_000);
		// Nor does selling the title, or lending on, help.
		let (token, amount) = (token(), units(20_000));
		let sell = transferTitleCall { token, to: shown(CHARLIE), amount }.abi_encode();
		succeed(ALICE, USUFRUCT, sell);
		refused(CHARLIE, 20_000);
		reverts_with(CHARLIE, withdraw(1), "Usufruct: NotEnough");
		succeed(ALICE, PRECOMPILE, lock_out(30_000));
		// When both meet, the coins are as any others.
		set_time(LATER);
		succeed(CHARLIE, USUFRUCT, withdraw(20_000));
		succeed(CHARLIE, PRECOMPILE, lock_out(20_000));
		assert_eq!(balance(&account(CHARLIE)), 0);
	});
}

#[test]
fn attack_overlapping_lends_by_two_contracts_in_one_block() {
	on_new_chain(|| {
		let contracts = [[21; 32], [22; 32]].map(|salt| {
			let contract = deploy_proxy_with(USUFRUCT, Passing::Call, salt);
			endow(&AccountId32Mapper::<Test>::to_account_id(&contract));
			contract
		});
		let [first, second] = contracts;
		assert_ne!(first, second);
		succeed(ALICE, USUFRUCT, deposit(10_000));
		for contract in contracts {
			let (token, spender, amount) = (token(), shown(contract), units(10_000));
			let approve = approveCall { token, spender, amount }.abi_encode();
			succeed(ALICE, USUFRUCT, approve);
		}
		let block = System::block_number();
		succeed(BOB, first, fetch(first, 7_000, 0, LATER));
		// Both were allowed, but it is there once.
		for (start, end) in [(0, LATER), (START + 50, LATER + 50), (0, FOREVER)] {
			let refused = call(CHARLIE, second, fetch(second, 7_000, start, end)).unwrap();
			assert_eq!(reason(&refused).as_deref(), Some("Usufruct: NotEnough"));
		}
		assert_eq!(holdings(second), three(0, 0, 0));
		succeed(CHARLIE, second, fetch(second, 3_000, START + 50, LATER + 50));
		succeed(CHARLIE, second, fetch(second, 7_000, LATER, LATER + 50));
		assert_eq!(System::block_number(), block);
		assert_eq!(holdings(ALICE), three(3_000, 10_000, 0));
	});
}

#[test]
fn attack_use_in_the_block_in_which_it_ends() {
	on_new_chain(|| {
		succeed(ALICE, USUFRUCT, lend(BOB, 20_000, LATER));
		set_time(LATER - 1);
		succeed(BOB, USUFRUCT, transfer(CHARLIE, 5_000, 0, LATER));
		// The clock stands within a block: what ends at its second has ended in all of it.
		set_time(LATER);
		for who in [BOB, CHARLIE] {
			reverts_with(who, transfer(ALICE, 1, 0, LATER + 1), "Usufruct: NotEnough");
			reverts_with(who, transfer(ALICE, 1, LATER - 1, LATER), "Usufruct: EndInPast");
			reverts_with(who, withdraw(1), "Usufruct: NotEnough");
		}
	});
}

#[test]
fn attack_fragment_a_contracts_list_should_cost_the_attacker() {
	on_new_chain(|| {
		let victim = deploy_proxy_with(USUFRUCT, Passing::Call, [23; 32]);
		endow(&AccountId32Mapper::<Test>::to_account_id(&victim));
		succeed(ALICE, USUFRUCT, deposit(10_000));
		let mut slices = 0;
		let refused = loop {
			let start = START + 10 + 20 * slices;
			let result = call(ALICE, USUFRUCT, transfer(victim, 1, start, start + 10)).unwrap();
			if result.did_revert() {
				break reason(&result);
			}
			slices += 1;
			assert!(slices < 1_000, "there is a bound");
		};
		// Two boundaries a slice, and half of the list is for its owner.
		assert_eq!(slices, u64::from(pallet_usufruct::MAX_PUSHED) / 2);
		assert_eq!(refused.as_deref(), Some("Usufruct: ReceiverFull"));
		// The contract works as before.
		lock_in(AccountId32Mapper::<Test>::to_account_id(&victim), 5_000);
		succeed(BOB, victim, lend(CHARLIE, 5_000, START + 5));
		set_time(START + 5);
		succeed(BOB, victim, withdraw(5_000));
	});
}
