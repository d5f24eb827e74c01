//! What keys of accounts sign: see [`fusion_dcrm_primitives::account_key`].

use fusion_asset_mapping_primitives::{
	chain::{ExternalChain, Input, Output},
	Destination, OutPoint,
};
use fusion_dcrm_primitives::{
	account_key::{message_hash, AccountRequestView, Spend, Subject},
	derive_tweak, Algorithm, KeyPath, PublicKey, SigningRequest,
};
use sp_core::H256;

use crate::{address, Bitcoin, Template};

/// The transaction that spends a coin of the key with this output key.
///
/// `None` for one that Bitcoin's nodes would not relay, or by which coins would be lost: what [`Template::new`]
/// refuses, a payment that is dust, or one to a script that we could not pay to by its address either.
pub fn spend_template(spend: &Spend, output_key: &[u8; 32]) -> Option<Template> {
	let input = Input {
		outpoint: OutPoint { txid: spend.txid, vout: spend.vout },
		amount: spend.amount,
		output_key: *output_key,
	};
	let mut outputs = alloc::vec::Vec::with_capacity(spend.payments.len());
	for payment in &spend.payments {
		let destination = Destination::try_from(payment.script.to_vec()).ok()?;
		let sound = address::is_payable(&destination)
			&& payment.amount >= Bitcoin::dust_limit(&destination);
		if !sound {
			return None;
		}
		outputs.push(Output { amount: payment.amount, destination });
	}
	Template::new(&[input], &outputs)
}

/// The 32 bytes that the key with this output key signs for `account`, on the chain with this genesis hash. `None` if
/// the subject is a transaction for which there is no [`spend_template`].
pub fn account_message(
	genesis: H256,
	account: &[u8; 32],
	output_key: &[u8; 32],
	subject: &Subject,
) -> Option<[u8; 32]> {
	match subject {
		Subject::Message(payload) => Some(message_hash(genesis, account, payload)),
		Subject::Spend(spend) => {
			let template = spend_template(spend, output_key)?;
			Bitcoin::sighashes(&template).first().copied()
		},
	}
}

/// Whether a request for a signature with the key of an account is what the chain shows of it: of that account and
/// key, in the group whose master key this is, and over bytes that are made of the subject. Members sign nothing else.
///
/// The error says what is wrong.
pub fn check_account_request(
	genesis: H256,
	request: &SigningRequest,
	stated: &AccountRequestView,
	algorithm: Algorithm,
	master: &PublicKey,
) -> Result<(), &'static str> {
	let KeyPath::Account(account, key) = &request.path else {
		return Err("it is not for the key of an account");
	};
	if (account, key) != (&stated.account, &stated.key) {
		return Err("it is for the key of another account, or for another key, than who asked has");
	}
	let tweak = derive_tweak(genesis, request.group, algorithm, master, &request.path);
	let output_key =
		Bitcoin::output_key(master, &tweak).map_err(|_| "the key cannot be computed")?;
	let message = account_message(genesis, account, &output_key, &stated.subject)
		.ok_or("its transaction is none that Bitcoin would take")?;
	if message == request.message {
		Ok(())
	} else {
		Err("the message is not made of what it says to be signed")
	}
}

#[cfg(test)]
mod tests {
	use bitcoin::{
		hashes::Hash,
		sighash::{Prevouts, SighashCache, TapSighashType},
		Amount, OutPoint as TheirOutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid,
		Witness,
	};
	use fusion_asset_mapping_primitives::chain::ExternalChain;
	use fusion_dcrm_primitives::{
		account_key::{Payload, Payment, Script},
		Purpose,
	};
	use proptest::prelude::*;

	use super::*;

	const GENESIS: H256 = H256::repeat_byte(1);
	const ALICE: [u8; 32] = [0xa1; 32];
	const BOB: [u8; 32] = [0xb0; 32];
	/// The generator of secp256k1.
	const MASTER: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

	fn master() -> PublicKey {
		hex::decode(MASTER).unwrap().try_into().unwrap()
	}

	fn output_key_of(path: &KeyPath) -> [u8; 32] {
		let tweak = derive_tweak(GENESIS, 0, Algorithm::Secp256k1Taproot, &master(), path);
		Bitcoin::output_key(&master(), &tweak).unwrap()
	}

	fn script(destination: &Destination) -> Script {
		destination.to_vec().try_into().unwrap()
	}

	fn payment(amount: u64, byte: u8) -> Payment {
		Payment { amount, script: script(&crate::script::p2pkh(&[byte; 20])) }
	}

	fn spend(amount: u64, payments: Vec<Payment>) -> Spend {
		Spend { txid: [9; 32], vout: 3, amount, payments: payments.try_into().unwrap() }
	}

	fn message(subject: &Subject) -> Option<[u8; 32]> {
		account_message(GENESIS, &ALICE, &output_key_of(&KeyPath::Account(ALICE, 0)), subject)
	}

	/// A request that Alice makes for her key, as the chain makes it, and as it shows it.
	fn asked(subject: Subject) -> (SigningRequest, AccountRequestView) {
		let request = SigningRequest {
			group: 0,
			path: KeyPath::Account(ALICE, 0),
			message: message(&subject).unwrap(),
			purpose: Purpose::Account { request: 5 },
			created: 1,
		};
		let view =
			AccountRequestView { account: ALICE, key: 0, subject, signature: None, expires: 100 };
		(request, view)
	}

	fn check(request: &SigningRequest, view: &AccountRequestView) -> Result<(), &'static str> {
		check_account_request(GENESIS, request, view, Algorithm::Secp256k1Taproot, &master())
	}

	fn subjects() -> [Subject; 2] {
		let payload = Payload::try_from(b"hello".to_vec()).unwrap();
		[Subject::Message(payload), Subject::Spend(spend(50_000, vec![payment(40_000, 1)]))]
	}

	#[test]
	fn request_should_be_signed_when_it_is_what_the_chain_shows() {
		for subject in subjects() {
			let (request, view) = asked(subject);
			assert_eq!(check(&request, &view), Ok(()));
		}
	}

	#[test]
	fn request_should_not_be_signed_when_it_is_for_the_key_of_another() {
		for subject in subjects() {
			let (request, view) = asked(subject);
			// Bob's key, another key of Alice's, lock-in coins, the group's own coins.
			for path in [
				KeyPath::Account(BOB, 0),
				KeyPath::Account(ALICE, 1),
				KeyPath::Deposit(0, 0),
				KeyPath::Group,
			] {
				let other = SigningRequest { path, ..request.clone() };
				assert!(check(&other, &view).is_err(), "{path:?}");
			}
			let other = AccountRequestView { account: BOB, ..view.clone() };
			assert!(check(&request, &other).is_err());
			let other = SigningRequest { group: 1, ..request.clone() };
			// Of a message it does not matter which key signs; of a transaction it does.
			assert_eq!(check(&other, &view).is_err(), matches!(view.subject, Subject::Spend(_)));
		}
	}

	#[test]
	fn request_should_not_be_signed_when_its_message_is_a_bare_hash() {
		// The hash of a transaction that spends a lock-in coin, which the message says to be.
		let coin = output_key_of(&KeyPath::Deposit(0, 7));
		let theft = spend_template(&spend(50_000, vec![payment(49_000, 6)]), &coin).unwrap();
		let sighash = Bitcoin::sighashes(&theft)[0];
		for subject in subjects() {
			let (request, view) = asked(subject);
			let bare = SigningRequest { message: sighash, ..request };
			assert!(check(&bare, &view).is_err());
		}
		// Nor is it what is signed when it is a message.
		let as_message = Subject::Message(Payload::try_from(sighash.to_vec()).unwrap());
		assert_ne!(message(&as_message), Some(sighash));
		// Nor when the very same transaction is asked for: it is made of coins of Alice's key.
		let same = Subject::Spend(spend(50_000, vec![payment(49_000, 6)]));
		assert_ne!(message(&same), Some(sighash));
		let (request, view) = asked(same);
		assert_eq!(check(&request, &view), Ok(()));
	}

	#[test]
	fn transaction_should_be_refused_when_bitcoin_would_not_take_it_or_coins_would_be_lost() {
		let sound = |amount, payments| message(&Subject::Spend(spend(amount, payments))).is_some();
		assert!(sound(10_000, vec![payment(10_000, 1)]));
		assert!(!sound(10_000, vec![]), "no payment");
		assert!(!sound(10_000, vec![payment(10_001, 1)]), "more than there is");
		assert!(!sound(10_000, vec![payment(545, 1)]), "dust");
		assert!(sound(10_000, vec![payment(546, 1)]));
		assert!(!sound(u64::MAX, vec![payment(u64::MAX, 1)]), "more than there can be");
		let many: Vec<_> = (0..3).map(|_| payment(u64::MAX / 2, 1)).collect();
		assert!(!sound(10_000, many), "a sum that overflows");
		let to = |script: Vec<u8>| {
			let payment = Payment { amount: 5_000, script: script.try_into().unwrap() };
			sound(10_000, vec![payment])
		};
		assert!(!to(vec![]), "anybody could spend that");
		assert!(!to(vec![0x6a, 1, 1]), "nobody could spend that");
		assert!(!to([&[0x51, 32][..], &[0xff; 32]].concat()), "a taproot key that is none");
		assert!(!to([&[0x52, 32][..], &[1; 32]].concat()), "a version that is not known");
		assert!(!to([&[0x00, 21][..], &[1; 21]].concat()), "of a wrong length");
		assert!(to([&[0x00, 20][..], &[1; 20]].concat()));
		assert!(to([&[0x00, 32][..], &[1; 32]].concat()));
		assert!(to(crate::script::p2tr(&output_key_of(&KeyPath::Group)).to_vec()));
		assert!(to(crate::script::p2sh(&[1; 20]).to_vec()));
		let coinbase =
			Spend { txid: [0; 32], vout: u32::MAX, ..spend(9_000, vec![payment(1_000, 1)]) };
		assert_eq!(message(&Subject::Spend(coinbase)), None);
	}

	proptest! {
		/// What is signed is what rust-bitcoin says that the transaction's owner signs.
		#[test]
		fn sighash_should_be_rust_bitcoins_when_a_coin_is_spent(
			txid: [u8; 32],
			vout in 0..u32::MAX,
			amount in 100_000u64..crate::MAX_MONEY,
			parts in proptest::collection::vec((546u64..10_000, any::<u8>()), 1..=8),
		) {
			let payments: Vec<_> =
				parts.iter().map(|(amount, byte)| payment(*amount, *byte)).collect();
			let spend = Spend { txid, vout, ..spend(amount, payments) };
			let output_key = output_key_of(&KeyPath::Account(ALICE, 0));
			let coin = TxOut {
				value: Amount::from_sat(amount),
				script_pubkey: ScriptBuf::from(crate::script::p2tr(&output_key).to_vec()),
			};
			let theirs = Transaction {
				version: bitcoin::transaction::Version::TWO,
				lock_time: bitcoin::absolute::LockTime::ZERO,
				input: vec![TxIn {
					previous_output: TheirOutPoint { txid: Txid::from_byte_array(txid), vout },
					script_sig: ScriptBuf::new(),
					sequence: Sequence(crate::SEQUENCE),
					witness: Witness::new(),
				}],
				output: spend
					.payments
					.iter()
					.map(|payment| TxOut {
						value: Amount::from_sat(payment.amount),
						script_pubkey: ScriptBuf::from(payment.script.to_vec()),
					})
					.collect(),
			};
			let expected = SighashCache::new(&theirs)
				.taproot_key_spend_signature_hash(0, &Prevouts::All(&[coin]), TapSighashType::Default)
				.unwrap();
			prop_assert_eq!(
				message(&Subject::Spend(spend)),
				Some(expected.to_byte_array())
			);
		}
	}
}
