//! The Ethereum transaction that a trigger is.

use fusion_calling_list_primitives::RowId;
use pallet_revive::evm::{Transaction1559Unsigned, TransactionUnsigned};
use sp_core::{H160, U256};
use sp_io::hashing::keccak_256;

use crate::key::TriggerKey;

/// Where the precompile of the calling list is: `contracts/interfaces/ICallingList.sol`.
pub const CALLING_LIST: H160 =
	H160([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF5, 0x04, 0, 0]);

/// What a trigger says, and what it may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
	/// The rows.
	pub ids: Vec<RowId>,
	/// Most gas.
	pub gas: u64,
	/// Most that a unit of gas may cost.
	pub max_gas_price: u128,
	/// Number of the transaction of its account.
	pub nonce: u32,
}

/// The signed transaction (EIP-1559), as `eth_sendRawTransaction` takes it.
pub fn signed(key: &TriggerKey, trigger: &Trigger, chain_id: u64) -> Vec<u8> {
	let transaction = TransactionUnsigned::from(Transaction1559Unsigned {
		chain_id: chain_id.into(),
		gas: trigger.gas.into(),
		gas_price: trigger.max_gas_price.into(),
		max_fee_per_gas: trigger.max_gas_price.into(),
		// There is no market for priority.
		max_priority_fee_per_gas: U256::zero(),
		input: input(&trigger.ids).into(),
		nonce: trigger.nonce.into(),
		to: Some(CALLING_LIST),
		value: U256::zero(),
		access_list: Default::default(),
		r#type: Default::default(),
	});
	let hash = keccak_256(&transaction.unsigned_payload());
	transaction.with_signature(key.sign(&hash)).signed_payload()
}

/// The call of `execute(uint64[])`, by the rules of Solidity's ABI.
fn input(ids: &[RowId]) -> Vec<u8> {
	let word = |number: u64| U256::from(number).to_big_endian();
	let mut input = keccak_256(b"execute(uint64[])")[..4].to_vec();
	// Where the list begins, how long it is, and what is in it.
	input.extend(word(32));
	input.extend(word(ids.len() as u64));
	for id in ids {
		input.extend(word(*id));
	}
	input
}

/// The address of the key that has made a signature (with a recovery id of 0 or 1) of a hash.
pub(crate) fn signer(signature: &[u8; 65], hash: &[u8; 32]) -> Option<H160> {
	let key = sp_io::crypto::secp256k1_ecdsa_recover(signature, hash).ok()?;
	Some(H160::from_slice(&keccak_256(&key)[12..]))
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_revive::evm::TransactionSigned;

	#[test]
	fn transaction_should_be_the_keys_own_and_say_what_it_was_told() {
		let key = TriggerKey::development("alice").unwrap();
		let trigger = Trigger { ids: vec![7, 300], gas: 500_000, max_gas_price: 2_000, nonce: 9 };
		let bytes = signed(&key, &trigger, 815_815);
		let decoded = TransactionSigned::decode(&bytes).expect("it is a transaction");
		assert_eq!(decoded.recover_eth_address(), Ok(key.address()));
		let TransactionSigned::Transaction1559Signed(inner) = decoded else {
			panic!("it is of another type")
		};
		let unsigned = inner.transaction_1559_unsigned;
		assert_eq!(unsigned.chain_id, 815_815.into());
		assert_eq!(unsigned.nonce, 9.into());
		assert_eq!(unsigned.gas, 500_000.into());
		assert_eq!(unsigned.to, Some(CALLING_LIST));
		assert_eq!(unsigned.input.0, input(&[7, 300]));
	}

	#[test]
	fn input_should_be_solidity() {
		// cast calldata "execute(uint64[])" "[7,300]"
		let expected = "c1848c0f\
			0000000000000000000000000000000000000000000000000000000000000020\
			0000000000000000000000000000000000000000000000000000000000000002\
			0000000000000000000000000000000000000000000000000000000000000007\
			000000000000000000000000000000000000000000000000000000000000012c";
		assert_eq!(hex::encode(input(&[7, 300])), expected);
	}
}
