//! Vectors of the vault, made by viem and noble and read by the contract's own tests too.

use codec::{Decode, Encode};
use fusion_asset_mapping_primitives::account::{AccountChain, Payout, Terms};
use fusion_ethereum_primitives::{
	deposit_salt,
	log::{Event, PayoutAt, RawLog},
	Address, Batch, Call, Ethereum, Order, Vault, VaultPayout, DEPOSIT_CODE_HASH,
};
use serde_json::Value;

fn vectors() -> Value {
	let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors/vault.json");
	serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
	value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn bytes(value: &Value) -> Vec<u8> {
	hex::decode(text(value).strip_prefix("0x").unwrap()).unwrap()
}

fn word(value: &Value) -> [u8; 32] {
	bytes(value).try_into().unwrap()
}

fn number<N: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> N {
	text(value).parse().unwrap()
}

fn address(value: &Value) -> Address {
	Address::parse(text(value)).unwrap()
}

fn list(value: &Value) -> &[Value] {
	value.as_array().unwrap()
}

fn vault(all: &Value) -> Vault {
	Vault { chain_id: all["chainId"].as_u64().unwrap(), address: address(&all["address"]) }
}

fn signature(value: &Value) -> [u8; 64] {
	[word(&value["r"]), word(&value["s"])].concat().try_into().unwrap()
}

fn payout(value: &Value) -> VaultPayout {
	VaultPayout {
		asset: address(&value["asset"]),
		to: address(&value["to"]),
		amount: number(&value["amount"]),
	}
}

fn batch(vault: &Vault, value: &Value) -> Batch {
	let terms = Terms {
		id: number(&value["id"]),
		epoch: number(&value["epoch"]),
		deadline: number(&value["deadline"]),
		fee: number(&value["fee"]),
	};
	let payouts: Vec<_> = list(&value["payouts"])
		.iter()
		.map(payout)
		.map(|VaultPayout { asset, to, amount }| Payout {
			asset,
			destination: to.to_destination(),
			amount,
		})
		.collect();
	Ethereum::template(vault, &terms, &payouts).unwrap()
}

#[test]
fn domain_should_be_that_of_the_vectors() {
	let all = vectors();
	assert_eq!(vault(&all).domain(), word(&all["domain"]));
}

#[test]
fn deposit_addresses_should_be_those_of_the_vectors() {
	let all = vectors();
	assert_eq!(DEPOSIT_CODE_HASH, word(&all["depositCodeHash"]));
	assert_eq!(list(&all["deposits"]).len(), 3);
	for vector in list(&all["deposits"]) {
		let (genesis, account) = (word(&vector["genesis"]), word(&vector["account"]));
		let salt = deposit_salt(&genesis, &account, number(&vector["index"]));
		assert_eq!(salt, word(&vector["salt"]));
		let destination = Ethereum::deposit_address(&vault(&all), &salt);
		// Also the checksum of EIP-55, which viem writes.
		assert_eq!(Ethereum::address(&destination).unwrap(), text(&vector["address"]));
	}
}

#[test]
fn batches_should_be_signed_and_encoded_as_in_the_vectors() {
	let all = vectors();
	let (vault, key) = (vault(&all), word(&all["key"]));
	assert_eq!(list(&all["batches"]).len(), 4);
	for vector in list(&all["batches"]) {
		let batch = batch(&vault, vector);
		let message = Ethereum::message(&batch);
		assert_eq!(message, word(&vector["digest"]));
		let signature = signature(vector);
		assert!(Ethereum::verify(&key, &message, &signature));
		let fee_to = address(&vector["feeTo"]).to_destination();
		let calldata = Ethereum::assemble(&batch, &signature, &fee_to).unwrap();
		assert_eq!(hex::encode(calldata), hex::encode(bytes(&vector["calldata"])));
		assert_eq!(Batch::decode(&mut &batch.encode()[..]).as_ref(), Ok(&batch));
	}
}

#[test]
fn orders_should_be_signed_and_encoded_as_in_the_vectors() {
	let all = vectors();
	let (vault, key) = (vault(&all), word(&all["key"]));
	assert_eq!(list(&all["orders"]).len(), 5);
	for vector in list(&all["orders"]) {
		let proof = &all["keyProof"];
		let call = match text(&vector["kind"]) {
			"rotate" => Call::Rotate { key: word(&proof["key"]), proof: signature(proof) },
			"cancelRotation" => Call::CancelRotation,
			"pause" => Call::Pause(3),
			"acceptToken" => Call::AcceptToken {
				token: address(&all["batches"][2]["payouts"][0]["asset"]),
				accept: true,
			},
			"recall" => Call::Recall {
				batch: number(&vector["batch"]),
				index: number(&vector["index"]),
				payout: payout(&vector["payout"]),
			},
			other => panic!("unknown order: {other}"),
		};
		assert_eq!(hex::encode(call.calldata()), hex::encode(bytes(&vector["call"])));
		let order = Order {
			vault,
			nonce: number(&vector["nonce"]),
			epoch: number(&vector["epoch"]),
			deadline: number(&vector["deadline"]),
			call,
		};
		assert_eq!(order.digest(), word(&vector["digest"]));
		let signature = signature(vector);
		assert!(Ethereum::verify(&key, &order.digest(), &signature));
		assert_eq!(hex::encode(order.calldata(&signature)), text(&vector["calldata"])[2..]);
	}
}

#[test]
fn key_digest_should_be_that_of_the_vectors() {
	let all = vectors();
	let proof = &all["keyProof"];
	let key = word(&proof["key"]);
	let digest = vault(&all).key_digest(number(&proof["epoch"]), &key);
	assert_eq!(digest, word(&proof["digest"]));
	assert!(Ethereum::verify(&key, &digest, &signature(proof)));
}

#[test]
fn logs_should_be_read_as_in_the_vectors() {
	let all = vectors();
	let vault = vault(&all);
	assert_eq!(list(&all["logs"]).len(), 13);
	for vector in list(&all["logs"]) {
		let topics: Vec<[u8; 32]> = list(&vector["topics"]).iter().map(word).collect();
		let data = bytes(&vector["data"]);
		let log = RawLog { address: vault.address, topics: &topics, data: &data };
		let name = text(&vector["name"]);
		assert_eq!(Event::decode(&vault, &log), Ok(event(name, &vector["values"])), "{name}");
	}
}

/// The event that a vector's values make.
fn event(name: &str, values: &Value) -> Event {
	let key = || {
		let text = text(&values["key"]);
		let key: num::Decimal = text.parse().unwrap();
		key.0
	};
	let at = || PayoutAt {
		batch: number(&values["batch"]),
		index: number(&values["index"]),
		payout: payout(values),
	};
	match name {
		"Received" => {
			Event::Received { from: address(&values["from"]), amount: number(&values["amount"]) }
		},
		"Deposited" => Event::Deposited {
			salt: word(&values["salt"]),
			asset: address(&values["asset"]),
			amount: number(&values["amount"]),
		},
		"Paid" => Event::Paid(at()),
		"Unpaid" => Event::Unpaid(at()),
		"Claimed" => Event::Claimed {
			batch: number(&values["batch"]),
			index: number(&values["index"]),
			receiver: address(&values["receiver"]),
		},
		"Recalled" => {
			Event::Recalled { batch: number(&values["batch"]), index: number(&values["index"]) }
		},
		"Executed" => Event::Executed {
			batch: number(&values["batch"]),
			fee: number(&values["fee"]),
			fee_to: address(&values["feeTo"]),
		},
		"Ordered" => Event::Ordered { nonce: number(&values["nonce"]) },
		"RotationStarted" => Event::RotationStarted {
			key: key(),
			epoch: number(&values["epoch"]),
			active_from: number(&values["activeFrom"]),
		},
		"RotationCancelled" => Event::RotationCancelled { key: key() },
		"Rotated" => Event::Rotated { key: key(), epoch: number(&values["epoch"]) },
		"PauseChanged" => {
			Event::PauseChanged { directions: values["directions"].as_u64().unwrap() as u8 }
		},
		"TokenAccepted" => Event::TokenAccepted {
			token: address(&values["token"]),
			accepted: values["accepted"].as_bool().unwrap(),
		},
		other => panic!("unknown event: {other}"),
	}
}

mod num {
	/// 256 bits, read from decimal digits.
	pub struct Decimal(pub [u8; 32]);

	impl std::str::FromStr for Decimal {
		type Err = String;

		fn from_str(text: &str) -> Result<Self, String> {
			let mut number = [0u8; 32];
			for digit in text.chars() {
				let mut carry = digit.to_digit(10).ok_or("not a digit")?;
				for byte in number.iter_mut().rev() {
					let sum = u32::from(*byte) * 10 + carry;
					(*byte, carry) = (sum as u8, sum >> 8);
				}
				if carry != 0 {
					return Err("beyond 256 bits".into());
				}
			}
			Ok(Self(number))
		}
	}
}
