//! Calls of the precompiles through `pallet-revive`, one file for each of them.

mod asset_mapping;
mod bookkeeping;
mod calling_list;
mod conditions;
mod data_feed;
mod dcrm;
mod usufruct;
mod usufruct_attacks;
mod usufruct_cost;

use crate::mock::call;
use pallet_revive::{
	precompiles::{
		alloy::sol_types::{Revert, SolError},
		H160,
	},
	ExecReturnValue,
};
use std::collections::BTreeSet;

/// Calls a precompile as an account; it must not fail.
fn succeed(from: H160, to: H160, data: Vec<u8>) -> Vec<u8> {
	let result = call(from, to, data).expect("the call is executed");
	assert!(!result.did_revert(), "reverted: {:?}", reason(&result));
	result.data
}

/// The reason of a revert, if it has one.
fn reason(result: &ExecReturnValue) -> Option<String> {
	Revert::abi_decode(&result.data).ok().map(|revert| revert.reason)
}

/// The functions of a Solidity file: name and argument types, as selectors are made from. Structs are no
/// arguments of any.
fn signatures(source: &str) -> Vec<String> {
	let code: String = source
		.lines()
		.map(|line| line.split("//").next().unwrap_or_default())
		.collect::<Vec<_>>()
		.join(" ");
	code.split("function ")
		.skip(1)
		.map(|rest| {
			let (name, rest) = rest.split_once('(').expect("a function has arguments");
			let (arguments, _) = rest.split_once(')').expect("and they end");
			let types: Vec<_> = arguments
				.split(',')
				.filter_map(|argument| argument.split_whitespace().next())
				.collect();
			format!("{name}({})", types.join(","))
		})
		.collect()
}

/// The selectors of the functions of a Solidity file.
fn selectors(source: &str) -> BTreeSet<[u8; 4]> {
	signatures(source)
		.iter()
		.map(|signature| {
			let hash = sp_io::hashing::keccak_256(signature.as_bytes());
			[hash[0], hash[1], hash[2], hash[3]]
		})
		.collect()
}

/// The address that a Solidity file gives a name.
fn address_in(source: &str, name: &str) -> H160 {
	let (_, rest) = source.split_once(&format!("{name} = address(0x")).expect("it is there");
	let (number, _) = rest.split_once(')').expect("and ends");
	let number = u32::from_str_radix(number, 16).expect("it is a number of four bytes");
	let mut address = H160::zero();
	address.0[16..].copy_from_slice(&number.to_be_bytes());
	address
}
