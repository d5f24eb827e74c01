//! What it costs to lend, to transfer and to give back, against the number of slices that both accounts have, and
//! beside a plain ERC-20 transfer.

use super::{
	succeed,
	usufruct::{deposit, lend, on_new_chain, shown, token, transfer, units, BOB, CHARLIE, START},
	usufruct_attacks::erc20_transfer,
};
use crate::{mock::*, token_address, IUsufruct::giveBackCall};
use frame_support::storage::{with_transaction, TransactionOutcome};
use pallet_revive::precompiles::{alloy::sol_types::SolCall, H160};
use sp_runtime::{DispatchError, Weight};
use std::time::{Duration, Instant};

/// When what is moved ends. Before every other slice begins.
const END: u64 = START + 50;
/// As many as others can fill a list with, less the one that is moved.
const SLICES: [u64; 6] = [0, 1, 2, 4, 8, 15];

/// What is measured: who calls what with what, after what else was called.
type Case = (&'static str, Vec<(H160, Vec<u8>)>, H160, Vec<u8>);

fn cases() -> [Case; 3] {
	let back = giveBackCall { token: token(), to: shown(ALICE), amount: units(10), end: END };
	let transfer = transfer(BOB, 10, 0, END);
	[
		("lend", vec![], ALICE, lend(BOB, 10, END)),
		("transfer", vec![], ALICE, transfer.clone()),
		("give back", vec![(ALICE, transfer)], BOB, back.abi_encode()),
	]
}

/// Alice and Bob have lists with so many slices.
fn with_slices(count: u64) {
	succeed(ALICE, USUFRUCT, deposit(20_000));
	for number in 0..count {
		let start = START + 100 + 20 * number;
		succeed(ALICE, USUFRUCT, transfer(BOB, 1, start, start + 10));
	}
}

/// Calls on the present state, as if nothing had been called before; gives what `measure` does.
fn undone<R>(measure: impl FnOnce() -> R) -> R {
	with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(measure())))
		.expect("it is not nested too deeply")
}

/// The least of several times that a call takes, and its weight.
fn cost(before: &[(H160, Vec<u8>)], from: H160, to: H160, data: &[u8], runs: u32) -> (f64, Weight) {
	let mut least = Duration::MAX;
	let mut weight = Weight::zero();
	for _ in 0..runs {
		undone(|| {
			for (who, data) in before {
				succeed(*who, USUFRUCT, data.clone());
			}
			let begin = Instant::now();
			weight = weight_of_call(from, to, data.to_vec());
			least = least.min(begin.elapsed());
		});
	}
	(least.as_secs_f64() * 1e6, weight)
}

fn table(runs: u32) -> Vec<(&'static str, u64, Weight, Weight)> {
	println!("\n| call | slices of each | µs | of an ERC-20 transfer | weight, of an ERC-20 transfer | proof, likewise |");
	println!("|---|---|---|---|---|---|");
	let mut weights = Vec::new();
	for (name, before, from, data) in cases() {
		for count in SLICES {
			on_new_chain(|| {
				with_slices(count);
				// The receiver has some already, as most receivers have.
				let plain = erc20_transfer(CHARLIE, 10);
				succeed(ALICE, token_address(BTC), plain.clone());
				let (plain, plain_weight) = cost(&[], ALICE, token_address(BTC), &plain, runs);
				let (micros, weight) = cost(&before, from, USUFRUCT, &data, runs);
				println!(
					"| {name} | {count} | {micros:.0} | {:.2} | {:.2} | {:.2} |",
					micros / plain,
					weight.ref_time() as f64 / plain_weight.ref_time() as f64,
					weight.proof_size() as f64 / plain_weight.proof_size() as f64,
				);
				weights.push((name, count, weight, plain_weight));
			});
		}
	}
	weights
}

#[test]
#[ignore = "a benchmark: scripts/bench-usufruct runs it"]
fn cost_of_usufruct() {
	table(300);
}

#[test]
fn weight_should_not_depend_on_the_number_of_slices() {
	let weights = table(1);
	for (name, count, weight, plain) in &weights {
		let (_, _, first, _) = weights.iter().find(|(other, ..)| other == name).unwrap();
		assert_eq!(weight, first, "{name} with {count} slices");
		// It is more than a plain transfer, and of its kind.
		assert!(weight.all_gt(*plain), "{name}: {weight:?} and {plain:?}");
		assert!(weight.all_lt(plain.saturating_mul(20)), "{name}: {weight:?} and {plain:?}");
	}
}
