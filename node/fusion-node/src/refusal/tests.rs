//! Each reason, told of a transaction that was really signed.

use pallet_revive::evm::{
	Account, Bytes, Transaction1559Unsigned, Transaction2930Unsigned, Transaction4844Unsigned,
	Transaction7702Unsigned, TransactionLegacyUnsigned, TransactionUnsigned,
};

use super::*;

/// The chain's id.
const CHAIN_ID: u64 = 815_815;

/// Alith, as all tools write her address.
const SENDER: &str = "0xf24ff3a9cf04c71dbc94d0b566f7a27b94566cac";
const GWEI: u64 = 1_000_000_000;
const GAS: u64 = 21_000;
const NONCE: u32 = 5;
const VALUE: u64 = 1_000;

/// Enough for the gas and the value, and not a wei more.
const ENOUGH: u64 = GAS * GWEI + VALUE;

fn chain_id() -> U256 {
	CHAIN_ID.into()
}

/// A transaction that nothing is wrong with when the state is [`state`].
fn legacy() -> TransactionLegacyUnsigned {
	TransactionLegacyUnsigned {
		chain_id: Some(chain_id()),
		nonce: NONCE.into(),
		gas: GAS.into(),
		gas_price: GWEI.into(),
		to: Some(H160::repeat_byte(7)),
		value: VALUE.into(),
		..Default::default()
	}
}

/// The same with the price of EIP-1559.
fn eip1559() -> Transaction1559Unsigned {
	Transaction1559Unsigned {
		chain_id: chain_id(),
		nonce: NONCE.into(),
		gas: GAS.into(),
		max_fee_per_gas: (2 * GWEI).into(),
		max_priority_fee_per_gas: GWEI.into(),
		to: Some(H160::repeat_byte(7)),
		value: VALUE.into(),
		..Default::default()
	}
}

fn state() -> State {
	State { chain_id: CHAIN_ID, nonce: NONCE.into(), balance: ENOUGH.into(), base_fee: GWEI.into() }
}

fn payload(transaction: impl Into<TransactionUnsigned>) -> Vec<u8> {
	Account::default().sign_transaction(transaction.into()).signed_payload()
}

fn read(transaction: impl Into<TransactionUnsigned>) -> Transaction {
	Transaction::read(&payload(transaction)).unwrap()
}

fn explain(transaction: impl Into<TransactionUnsigned>, code: InvalidTransaction) -> String {
	read(transaction).explain(&state(), code)
}

#[test]
fn transaction_should_be_read_alike_in_all_types_that_the_chain_takes() {
	let eip2930 = Transaction2930Unsigned {
		chain_id: chain_id(),
		nonce: NONCE.into(),
		gas: GAS.into(),
		gas_price: GWEI.into(),
		to: Some(H160::repeat_byte(7)),
		value: VALUE.into(),
		..Default::default()
	};
	let expected = Transaction {
		sender: Account::default().address(),
		chain_id: Some(chain_id()),
		nonce: NONCE.into(),
		gas: GAS.into(),
		max_price: GWEI.into(),
		value: VALUE.into(),
		is_runtime_call: false,
		is_polkavm: false,
	};
	assert_eq!(read(legacy()), expected);
	assert_eq!(read(eip2930), expected);
	assert_eq!(read(eip1559()), Transaction { max_price: (2 * GWEI).into(), ..expected });
}

#[test]
fn sound_transaction_should_be_let_in() {
	for transaction in [read(legacy()), read(eip1559())] {
		let unasked = || -> Option<u64> { panic!("the chain's id is not needed") };
		assert_eq!(transaction.unprotected(unasked), None);
		assert_eq!(transaction.unaffordable(&state()), None);
		assert_eq!(transaction.fault(&state()), None);
	}
}

#[test]
fn payload_should_be_refused_when_it_cannot_be_decoded() {
	let mut cut = payload(legacy());
	cut.truncate(20);
	let payloads: [&[u8]; 4] = [&[], &[0xc0], &[0x02, 0xc0], &cut];
	for payload in payloads {
		let reason = Transaction::read(payload).unwrap_err();
		assert!(reason.starts_with("transaction cannot be decoded: "), "{reason}");
	}
}

#[test]
fn payload_should_be_refused_when_its_type_is_not_supported() {
	let blobs = Transaction4844Unsigned { chain_id: chain_id(), ..Default::default() };
	let set_code = Transaction7702Unsigned { chain_id: chain_id(), ..Default::default() };
	for (payload, kind) in [
		(payload(blobs), "3 (EIP-4844, blobs)"),
		(payload(set_code), "4 (EIP-7702, set code)"),
		(vec![0x05, 0xc0], "5"),
		(vec![0x7f], "127"),
	] {
		let reason = Transaction::read(&payload).unwrap_err();
		assert!(
			reason.starts_with(&format!("transaction type not supported: {kind};")),
			"{reason}"
		);
		// As viem looks for it.
		assert!(reason.contains("transaction type not valid"), "{reason}");
	}
}

#[test]
fn payload_should_be_refused_when_its_signature_is_nobodys() {
	let payload = TransactionUnsigned::from(legacy()).with_signature([0xff; 65]).signed_payload();
	assert_eq!(
		Transaction::read(&payload).unwrap_err(),
		"invalid sender: the signature does not recover to an address"
	);
}

#[test]
fn transaction_should_not_be_let_in_when_it_has_no_chain_id() {
	let transaction = read(TransactionLegacyUnsigned { chain_id: None, ..legacy() });
	for (ours, id) in [(Some(CHAIN_ID), "chain id 815815"), (None, "this chain's id")] {
		assert_eq!(
			transaction.unprotected(|| ours).unwrap(),
			format!(
				"only replay-protected (EIP-155) transactions allowed over RPC: sign it with {id}"
			)
		);
	}
}

#[test]
fn transaction_should_not_be_let_in_when_its_value_is_more_than_is_left_beside_the_gas() {
	// At the base fee, not at the price that the sender would pay at most.
	for transaction in [read(legacy()), read(eip1559())] {
		let state = State { balance: (ENOUGH - 1).into(), ..state() };
		assert_eq!(
			transaction.unaffordable(&state).unwrap(),
			format!(
				"insufficient funds for gas * price + value: address {SENDER} have {} want {ENOUGH}",
				ENOUGH - 1
			)
		);
	}
}

#[test]
fn value_should_not_be_judged_when_the_turn_has_not_come_or_the_chain_refuses_anyway() {
	let poor = State { balance: 0.into(), ..state() };
	let later = TransactionLegacyUnsigned { nonce: (NONCE + 1).into(), ..legacy() };
	let earlier = TransactionLegacyUnsigned { nonce: (NONCE - 1).into(), ..legacy() };
	let elsewhere = TransactionLegacyUnsigned { chain_id: Some(1.into()), ..legacy() };
	let cheap = TransactionLegacyUnsigned { gas_price: (GWEI - 1).into(), ..legacy() };
	for transaction in [later, earlier, elsewhere, cheap] {
		assert_eq!(read(transaction).unaffordable(&poor), None);
	}
}

#[test]
fn greatest_cost_should_be_at_the_highest_price_and_saturate() {
	assert_eq!(read(eip1559()).greatest_cost(), U256::from(2 * GAS * GWEI + VALUE));
	let greedy = TransactionLegacyUnsigned { gas: U256::MAX, gas_price: U256::MAX, ..legacy() };
	assert_eq!(read(greedy).greatest_cost(), U256::MAX);
}

#[test]
fn stale_should_be_explained_as_a_nonce_too_low() {
	let transaction = TransactionLegacyUnsigned { nonce: (NONCE - 1).into(), ..legacy() };
	assert_eq!(
		explain(transaction, InvalidTransaction::Stale),
		format!("nonce too low: address {SENDER}, tx: 4 state: 5")
	);
}

#[test]
fn call_should_be_explained_as_a_wrong_chain_id_when_it_is_another_chains() {
	let legacy = TransactionLegacyUnsigned { chain_id: Some(815_816.into()), ..legacy() };
	let eip1559 = Transaction1559Unsigned { chain_id: 815_816.into(), ..eip1559() };
	let expected = "invalid chain id: 815816, this chain's is 815815";
	assert_eq!(explain(legacy, InvalidTransaction::Call), expected);
	assert_eq!(explain(eip1559, InvalidTransaction::Call), expected);
}

#[test]
fn chain_id_should_be_the_states_and_not_that_of_one_network() {
	let test_network = State { chain_id: 815_816, ..state() };
	assert_eq!(
		read(legacy()).explain(&test_network, InvalidTransaction::Call),
		"invalid chain id: 815815, this chain's is 815816"
	);
	let signed_there = TransactionLegacyUnsigned { chain_id: Some(815_816.into()), ..legacy() };
	assert_eq!(read(signed_there).fault(&test_network), None);
}

#[test]
fn call_should_be_explained_as_a_nonce_that_is_too_large() {
	let nonce = U256::from(u64::from(u32::MAX) + 1);
	assert_eq!(
		explain(TransactionLegacyUnsigned { nonce, ..legacy() }, InvalidTransaction::Call),
		format!(
			"nonce has max value: address {SENDER}, nonce: 4294967296, highest here: 4294967295"
		)
	);
}

#[test]
fn call_should_be_explained_by_what_is_wrong_with_a_call_of_the_chain() {
	let call = TransactionLegacyUnsigned { to: Some(RUNTIME_PALLETS_ADDR), ..legacy() };
	let address = "0x6d6f646c70792f70616464720000000000000000";
	assert_eq!(
		explain(call.clone(), InvalidTransaction::Call),
		format!("a call of this chain, sent to {address}, takes no value")
	);
	assert_eq!(
		explain(TransactionLegacyUnsigned { value: 0.into(), ..call }, InvalidTransaction::Call),
		format!("the data sent to {address} is not an encoded call of this chain")
	);
}

#[test]
fn call_should_be_explained_by_what_is_wrong_with_polkavm_code() {
	let input = Bytes(b"PVM\0 and no more".to_vec());
	let deployment = TransactionLegacyUnsigned { to: None, input: input.clone(), ..legacy() };
	assert_eq!(
		explain(deployment, InvalidTransaction::Call),
		"the code to deploy begins as PolkaVM code does, but is no PolkaVM program"
	);
	// Sent to an address, it is data like any other.
	let message = TransactionLegacyUnsigned { input, ..legacy() };
	assert!(explain(message, InvalidTransaction::Call).starts_with("transaction refused: "));
}

#[test]
fn payment_should_be_explained_as_a_nonce_too_low_before_all_else() {
	let transaction = TransactionLegacyUnsigned {
		nonce: (NONCE - 1).into(),
		gas_price: (GWEI - 1).into(),
		..legacy()
	};
	let reason = explain(transaction, InvalidTransaction::Payment);
	assert!(reason.starts_with("nonce too low: "), "{reason}");
}

#[test]
fn payment_should_be_explained_as_a_price_below_the_base_fee() {
	let low = U256::from(GWEI - 1);
	let expected = format!(
		"max fee per gas less than block base fee: address {SENDER}, maxFeePerGas: 999999999, \
		 baseFee: 1000000000"
	);
	let legacy = TransactionLegacyUnsigned { gas_price: low, ..legacy() };
	let eip1559 = Transaction1559Unsigned { max_fee_per_gas: low, ..eip1559() };
	assert_eq!(explain(legacy, InvalidTransaction::Payment), expected);
	assert_eq!(explain(eip1559, InvalidTransaction::Payment), expected);
}

#[test]
fn payment_should_be_explained_as_insufficient_funds_when_the_gas_cannot_be_paid() {
	let state = State { balance: (GAS * GWEI - 1).into(), ..state() };
	assert_eq!(
		read(eip1559()).explain(&state, InvalidTransaction::Payment),
		format!(
			"insufficient funds for gas * price + value: address {SENDER} have 20999999999999 \
			 want 21000000001000"
		)
	);
}

#[test]
fn payment_should_be_explained_as_too_little_gas_when_nothing_else_is_wrong() {
	// The value does not matter to the runtime: it cannot be the reason.
	let state = State { balance: (GAS * GWEI).into(), ..state() };
	let reason = read(legacy()).explain(&state, InvalidTransaction::Payment);
	assert!(reason.starts_with("intrinsic gas too low: have 21000, "), "{reason}");
}

#[test]
fn other_codes_should_be_told_in_the_runtimes_words() {
	assert_eq!(
		explain(legacy(), InvalidTransaction::ExhaustsResources),
		"transaction refused: Transaction would exhaust the block limits"
	);
	assert_eq!(
		explain(legacy(), InvalidTransaction::Call),
		"transaction refused: Transaction call is not expected"
	);
}

#[test]
fn fault_should_be_told_when_the_pool_does_not_ask_again() {
	let fault = |transaction: TransactionLegacyUnsigned| read(transaction).fault(&state()).unwrap();
	let transaction = legacy();
	let included = TransactionLegacyUnsigned { nonce: 0.into(), ..transaction.clone() };
	assert!(fault(included).starts_with("nonce too low: "));
	let elsewhere = TransactionLegacyUnsigned { chain_id: Some(1.into()), ..transaction.clone() };
	assert!(fault(elsewhere).starts_with("invalid chain id: 1, "));
	let far = TransactionLegacyUnsigned { nonce: U256::MAX, ..transaction.clone() };
	assert!(fault(far).starts_with("nonce has max value: "));
	let cheap = TransactionLegacyUnsigned { gas_price: 1.into(), ..transaction.clone() };
	assert!(fault(cheap).starts_with("max fee per gas less than block base fee: "));
	let heavy = TransactionLegacyUnsigned { gas: (GAS * 2).into(), ..transaction };
	assert!(fault(heavy).starts_with("insufficient funds for gas * price + value: "));
}

#[test]
fn second_transaction_with_a_nonce_should_be_told_that_it_replaces_none() {
	assert_eq!(
		read(legacy()).not_replacing(),
		format!(
			"replacement transaction underpriced: address {SENDER} has a pending transaction with \
			 nonce 5, and no price replaces it here"
		)
	);
}
