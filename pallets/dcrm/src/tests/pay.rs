//! What members earn for signatures, and how it is paid.

use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use fusion_dcrm_primitives::{DcrmMessage, Epoch};
use proptest::prelude::*;
use sp_runtime::Perbill;

use super::{
	driver::Table,
	moves::{ask, Committee, Move},
};
use crate::{mock::*, Earnings, Error, Event, Owed, Params};

fn fund(amount: u64) {
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), Dcrm::pot(), amount + 1));
}

fn pot() -> u64 {
	Balances::balance(&Dcrm::pot()).saturating_sub(1)
}

fn active(count: u8) -> Table {
	let mut table = Table::new(count);
	let everybody = table.everybody();
	table.play_out(&everybody);
	table
}

/// This member delivers a signature.
fn sign(table: &Table, by: u8) {
	let request = ask(table.group, 1);
	let signature = table.sign(&table.everybody(), request);
	speak(by, DcrmMessage::Signature { request, signature }).unwrap();
}

/// What each of these nodes has earned in an epoch of group 0.
fn earned(epoch: Epoch, nodes: &[u8]) -> Vec<u64> {
	let Some(earnings) = Earnings::<Test>::get(0, epoch) else { return vec![0; nodes.len()] };
	let amount = |node: &u8| {
		let position = earnings.members.iter().position(|other| *other == member(*node)).unwrap();
		earnings.amounts.get(position as u16 + 1)
	};
	nodes.iter().map(amount).collect()
}

fn claim(epoch: Epoch, node: u8) -> sp_runtime::DispatchResult {
	// Whoever wants to may ask for it.
	Dcrm::claim_pay(RuntimeOrigin::signed(account(40)), 0, epoch, account(node))
}

#[test]
fn members_should_earn_alike_when_one_delivers_a_signature() {
	build_and_execute(4, || {
		let table = active(4);
		fund(1_000);
		assert_eq!(earned(0, &[1, 2, 3, 4]), vec![0; 4], "a test earns nothing");
		sign(&table, 3);
		// A fifth for who delivers it, a fifth for each of the four.
		assert_eq!(earned(0, &[1, 2, 3, 4]), vec![20, 20, 40, 20]);
		sign(&table, 1);
		assert_eq!(earned(0, &[1, 2, 3, 4]), vec![60, 40, 60, 40]);
		assert_eq!((Owed::<Test>::get(), pot()), (200, 1_000));
		assert_eq!([1, 2, 9].map(|node| Dcrm::unpaid(&account(node))), [60, 40, 0]);
		assert_eq!(Dcrm::pot_balance(), 800);
	});
}

#[test]
fn batch_should_pay_once_when_it_has_many_inputs() {
	use fusion_dcrm_primitives::{traits::KeyGroups, KeyPath, Purpose};
	build_and_execute(4, || {
		let table = active(4);
		fund(1_000);
		let owed: Vec<u64> = (0..3)
			.map(|input| {
				let purpose = Purpose::Batch { instance: 0, batch: 1, attempt: 0, input };
				let path = KeyPath::Deposit(0, 1);
				let request =
					<Dcrm as KeyGroups>::request_signature(table.group, path, [1; 32], purpose)
						.unwrap();
				let signature = table.sign(&table.everybody(), request);
				speak(2, DcrmMessage::Signature { request, signature }).unwrap();
				Owed::<Test>::get()
			})
			.collect();
		assert_eq!(owed, vec![PRICE; 3]);
	});
}

#[test]
fn nobody_should_earn_when_a_signature_is_wrong() {
	build_and_execute(4, || {
		let table = active(4);
		fund(1_000);
		let request = ask(table.group, 1);
		speak(1, DcrmMessage::Signature { request, signature: [1; 64] }).unwrap();
		assert_eq!(Owed::<Test>::get(), 0);
	});
}

#[test]
fn price_should_be_reduced_when_the_pot_is_short_of_it() {
	build_and_execute(4, || {
		let table = active(4);
		sign(&table, 1);
		assert_eq!(Owed::<Test>::get(), 0, "nothing is owed by an empty pot");
		fund(130);
		sign(&table, 1);
		assert_eq!(earned(0, &[1, 2, 3, 4]), vec![40, 20, 20, 20]);
		// Thirty are left: six for who delivers, and six for each.
		sign(&table, 2);
		assert_eq!(earned(0, &[1, 2, 3, 4]), vec![46, 32, 26, 26]);
		sign(&table, 2);
		assert_eq!(Owed::<Test>::get(), 130);
		for node in 1..=4 {
			assert_ok!(claim(0, node));
		}
		assert_eq!((Owed::<Test>::get(), pot()), (0, 0));
		// What was not noted then is not owed when there is money again.
		fund(50);
		assert_noop!(claim(0, 1), Error::<Test>::NothingEarned);
	});
}

#[test]
fn node_should_be_paid_once_when_anybody_claims_for_it() {
	build_and_execute(4, || {
		let table = active(4);
		fund(1_000);
		sign(&table, 3);
		let before = Balances::balance(&account(3));
		assert_ok!(claim(0, 3));
		assert_eq!(Balances::balance(&account(3)), before + 40);
		assert!(has_event(Event::Paid { group: 0, epoch: 0, node: account(3), amount: 40 }));
		assert_noop!(claim(0, 3), Error::<Test>::NothingEarned);
		assert_noop!(claim(0, 5), Error::<Test>::NothingEarned);
		assert_noop!(claim(1, 1), Error::<Test>::NothingEarned);
		for node in [1, 2, 4] {
			assert_ok!(claim(0, node));
		}
		assert!(!Earnings::<Test>::contains_key(0, 0), "nothing is kept of what was paid");
		assert_eq!(pot(), 900);
	});
}

#[test]
fn members_should_keep_what_they_have_earned_when_the_key_is_handed_over() {
	build_and_execute(6, || {
		let table = active(4);
		fund(1_000);
		sign(&table, 2);
		let (_, next) = Move::new(Committee::of(&table), &[2, 3, 5, 6]).succeed();
		let request = ask(next.group, 2);
		next.deliver(&[5, 6, 3], request).unwrap();
		assert_eq!(earned(0, &[1, 2, 3, 4]), vec![20, 40, 20, 20]);
		assert_eq!(earned(1, &[2, 3, 5, 6]), vec![20, 20, 40, 20]);
		// Of both epochs together.
		assert_eq!([1, 2, 5].map(|node| Dcrm::unpaid(&account(node))), [20, 60, 40]);
		// Who has left, and has not even a node any more, is paid for its time.
		assert_ok!(Dcrm::deregister_node(RuntimeOrigin::signed(account(1))));
		assert_ok!(claim(0, 1));
		assert_noop!(claim(1, 1), Error::<Test>::NothingEarned);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]

	#[test]
	fn money_should_neither_appear_nor_vanish_when_members_sign_and_claim(
		funds in 0u64..600,
		price in 0u64..200,
		premium in 0u32..=100,
		steps in prop::collection::vec((any::<bool>(), 1u8..=5), 1..12),
	) {
		build_and_execute(5, || {
			let table = active(5);
			fund(funds);
			Params::<Test>::mutate(|parameters| {
				parameters.signature = price;
				parameters.premium = Perbill::from_percent(premium);
			});
			let issued = Balances::total_issuance();
			let mut paid = 0;
			for (signs, node) in steps {
				if signs {
					let before = Owed::<Test>::get();
					let left = Dcrm::pot_balance();
					sign(&table, node);
					let grown = Owed::<Test>::get() - before;
					assert!(grown <= price.min(left));
					// Only what does not divide by five stays.
					assert!(grown + 5 > price.min(left));
				} else {
					let before = Balances::balance(&account(node));
					let due = earned(0, &[node])[0];
					assert_eq!(claim(0, node).is_ok(), due > 0);
					assert_eq!(Balances::balance(&account(node)), before + due);
					paid += due;
				}
				check();
				assert_eq!(pot() + paid, funds);
			}
			assert_eq!(Balances::total_issuance(), issued);
		});
	}
}
