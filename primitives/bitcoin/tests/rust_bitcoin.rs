//! Everything that this crate computes, compared with `rust-bitcoin` on random input.

use bitcoin::{
	absolute::LockTime,
	consensus::encode::{deserialize, serialize},
	hashes::Hash,
	key::TapTweak,
	secp256k1::{schnorr, Keypair, Message, PublicKey, Scalar, Secp256k1, SecretKey},
	sighash::{Prevouts, SighashCache, TapSighashType},
	transaction::Version,
	Address, Amount, OutPoint, PubkeyHash, ScriptBuf, ScriptHash, Sequence, Transaction, TxIn,
	TxOut, Txid, WPubkeyHash, WScriptHash, Witness, WitnessProgram, WitnessVersion, XOnlyPublicKey,
};
use fusion_asset_mapping_primitives::{
	chain::{AddressError, ExternalChain, Input, Output},
	Destination, OutPoint as OurOutPoint,
};
use fusion_bitcoin_primitives::{Bitcoin, Network, Template, MAX_INPUTS, MAX_MONEY, MAX_OUTPUTS};
use proptest::{collection::vec, prelude::*};

/// Destinations of every kind that we pay to.
fn script() -> impl Strategy<Value = ScriptBuf> {
	let hash20 = any::<[u8; 20]>();
	let hash32 = any::<[u8; 32]>();
	prop_oneof![
		hash20.prop_map(|h| ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(h))),
		hash20.prop_map(|h| ScriptBuf::new_p2sh(&ScriptHash::from_byte_array(h))),
		hash20.prop_map(|h| ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(h))),
		hash32.prop_map(|h| ScriptBuf::new_p2wsh(&WScriptHash::from_byte_array(h))),
		secret().prop_map(|k| {
			let (key, _) = k.x_only_public_key(&Secp256k1::new());
			ScriptBuf::new_p2tr_tweaked(key.dangerous_assume_tweaked())
		}),
	]
}

fn secret() -> impl Strategy<Value = SecretKey> {
	any::<[u8; 32]>().prop_filter_map("not a secret key", |b| SecretKey::from_slice(&b).ok())
}

fn destination(script: &ScriptBuf) -> Destination {
	script.to_bytes().try_into().unwrap()
}

fn theirs(network: Network) -> bitcoin::Network {
	match network {
		Network::Main => bitcoin::Network::Bitcoin,
		Network::Test => bitcoin::Network::Testnet,
		Network::Signet => bitcoin::Network::Signet,
		Network::Regtest => bitcoin::Network::Regtest,
	}
}

fn network() -> impl Strategy<Value = Network> {
	prop_oneof![
		Just(Network::Main),
		Just(Network::Test),
		Just(Network::Signet),
		Just(Network::Regtest)
	]
}

/// The secret that the group would have, were it ever in one place: here it is, in a test of
/// signatures that no node runs.
fn signer(master: &SecretKey, tweak: &[u8; 32]) -> Option<Keypair> {
	let secp = Secp256k1::new();
	let child = master.add_tweak(&Scalar::from_be_bytes(*tweak).ok()?).ok()?;
	Some(Keypair::from_secret_key(&secp, &child).tap_tweak(&secp, None).to_keypair())
}

type Case = (Vec<(SecretKey, [u8; 32], u32, u64)>, Vec<(ScriptBuf, u64)>);

fn case() -> impl Strategy<Value = Case> {
	(
		vec((secret(), any::<[u8; 32]>(), any::<u32>(), 0u64..1_000_000_000), 1..=20),
		vec((script(), 0u64..2_000_000_000), 1..=21),
	)
		.prop_map(|(inputs, mut outputs)| {
			// Halve until they add up.
			let sum: u64 = inputs.iter().map(|(_, _, _, amount)| *amount).sum();
			while outputs.iter().map(|(_, amount)| *amount).sum::<u64>() > sum {
				outputs.iter_mut().for_each(|(_, amount)| *amount /= 2);
			}
			(inputs, outputs)
		})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn transaction_should_be_that_of_rust_bitcoin_when_inputs_and_outputs_are_the_same(
		(inputs, outputs) in case()
	) {
		let secp = Secp256k1::new();
		let keys: Vec<XOnlyPublicKey> =
			inputs.iter().map(|(key, ..)| key.x_only_public_key(&secp).0).collect();

		let our_inputs: Vec<Input> = inputs
			.iter()
			.zip(&keys)
			.map(|((_, txid, vout, amount), key)| Input {
				outpoint: OurOutPoint { txid: *txid, vout: *vout },
				amount: *amount,
				output_key: key.serialize(),
			})
			.collect();
		let our_outputs: Vec<Output> = outputs
			.iter()
			.map(|(script, amount)| Output { amount: *amount, destination: destination(script) })
			.collect();
		let template = Bitcoin::template(&our_inputs, &our_outputs).unwrap();

		let mut their_transaction = Transaction {
			version: Version::TWO,
			lock_time: LockTime::ZERO,
			input: inputs
				.iter()
				.map(|(_, txid, vout, _)| TxIn {
					previous_output: OutPoint::new(Txid::from_byte_array(*txid), *vout),
					script_sig: ScriptBuf::new(),
					sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
					witness: Witness::new(),
				})
				.collect(),
			output: outputs
				.iter()
				.map(|(script, amount)| TxOut {
					value: Amount::from_sat(*amount),
					script_pubkey: script.clone(),
				})
				.collect(),
		};
		let spent: Vec<TxOut> = inputs
			.iter()
			.zip(&keys)
			.map(|((_, _, _, amount), key)| TxOut {
				value: Amount::from_sat(*amount),
				script_pubkey: ScriptBuf::new_p2tr_tweaked(key.dangerous_assume_tweaked()),
			})
			.collect();

		prop_assert_eq!(
			Bitcoin::txid(&template),
			their_transaction.compute_txid().to_byte_array()
		);

		let mut cache = SighashCache::new(&their_transaction);
		let their_sighashes: Vec<[u8; 32]> = (0..inputs.len())
			.map(|index| {
				cache
					.taproot_key_spend_signature_hash(
						index,
						&Prevouts::All(&spent),
						TapSighashType::Default,
					)
					.unwrap()
					.to_byte_array()
			})
			.collect();
		prop_assert_eq!(&Bitcoin::sighashes(&template), &their_sighashes);

		let signatures: Vec<[u8; 64]> = inputs
			.iter()
			.zip(&their_sighashes)
			.map(|((key, ..), sighash)| {
				let pair = Keypair::from_secret_key(&secp, key);
				secp.sign_schnorr_no_aux_rand(&Message::from_digest(*sighash), &pair).serialize()
			})
			.collect();
		for (signature, input) in signatures.iter().zip(their_transaction.input.iter_mut()) {
			input.witness.push(signature);
		}
		let ours = Bitcoin::assemble(&template, &signatures).unwrap();
		prop_assert_eq!(&ours, &serialize(&their_transaction));
		prop_assert_eq!(deserialize::<Transaction>(&ours).unwrap(), their_transaction.clone());

		let scripts: Vec<Destination> = outputs.iter().map(|(s, _)| destination(s)).collect();
		prop_assert_eq!(
			Bitcoin::size(inputs.len() as u32, &scripts),
			their_transaction.vsize() as u64
		);

		prop_assert_eq!(Bitcoin::assemble(&template, &signatures[1..]), None);
	}

	#[test]
	fn signature_should_be_valid_when_it_is_of_the_tweaked_child_key(
		master in secret(), tweak: [u8; 32], message: [u8; 32], flip in 0usize..512
	) {
		let secp = Secp256k1::new();
		let Some(pair) = signer(&master, &tweak) else { return Ok(()) };
		let key = Bitcoin::output_key(&PublicKey::from_secret_key(&secp, &master).serialize(), &tweak)
			.unwrap();
		prop_assert_eq!(key, pair.x_only_public_key().0.serialize());

		let mut signature =
			secp.sign_schnorr_no_aux_rand(&Message::from_digest(message), &pair).serialize();
		prop_assert!(Bitcoin::verify(&key, &message, &signature));

		let mut other = message;
		other[flip / 16] ^= 1 << (flip % 8);
		prop_assert!(!Bitcoin::verify(&key, &other, &signature));
		signature[flip / 8] ^= 1 << (flip % 8);
		prop_assert!(!Bitcoin::verify(&key, &message, &signature));
	}

	#[test]
	fn verify_should_agree_with_libsecp256k1_when_the_input_is_arbitrary(
		key: [u8; 32], message: [u8; 32], signature in vec(any::<u8>(), 64)
	) {
		let signature: [u8; 64] = signature.try_into().unwrap();
		let theirs = match (
			XOnlyPublicKey::from_slice(&key),
			schnorr::Signature::from_slice(&signature),
		) {
			(Ok(key), Ok(signature)) => Secp256k1::verification_only()
				.verify_schnorr(&signature, &Message::from_digest(message), &key)
				.is_ok(),
			_ => false,
		};
		prop_assert_eq!(Bitcoin::verify(&key, &message, &signature), theirs);
	}

	#[test]
	fn address_should_be_that_of_rust_bitcoin_when_it_is_written_and_read(
		script in script(), on in network(), other in network()
	) {
		let text = Address::from_script(&script, theirs(on)).unwrap().to_string();
		let ours = destination(&script);
		prop_assert_eq!(Bitcoin::address(&ours, on), Some(text.clone()));
		prop_assert_eq!(Bitcoin::parse_address(&text, on), Ok(ours.clone()));

		let belongs = text
			.parse::<Address<bitcoin::address::NetworkUnchecked>>()
			.unwrap()
			.is_valid_for_network(theirs(other));
		let expected = if belongs { Ok(ours) } else { Err(AddressError::WrongNetwork) };
		prop_assert_eq!(Bitcoin::parse_address(&text, other), expected);
	}

	#[test]
	fn address_should_be_that_of_rust_bitcoin_when_it_is_any_witness_program(
		version in 0u8..=16, program in vec(any::<u8>(), 0..=42), on in network()
	) {
		let mut script = vec![
			if version == 0 { 0 } else { 0x50 + version },
			program.len() as u8,
		];
		script.extend_from_slice(&program);
		let theirs = WitnessProgram::new(WitnessVersion::try_from(version).unwrap(), &program)
			.ok()
			.map(|p| Address::from_witness_program(p, theirs(on)).to_string());
		prop_assert_eq!(Bitcoin::address(&script.try_into().unwrap(), on), theirs);
	}

	#[test]
	fn dust_limit_should_be_that_of_rust_bitcoin_when_the_script_is_one_we_pay_to(
		script in script()
	) {
		prop_assert_eq!(
			Bitcoin::dust_limit(&destination(&script)),
			script.minimal_non_dust().to_sat()
		);
	}

	#[test]
	fn parse_address_should_agree_with_rust_bitcoin_when_the_text_is_arbitrary(
		text in prop_oneof![
			any::<String>(),
			"[13mn2][1-9A-HJ-NP-Za-km-z]{24,40}",
			"(bc|tb|bcrt|BC)1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,80}",
		],
		on in network()
	) {
		let theirs = text
			.parse::<Address<bitcoin::address::NetworkUnchecked>>()
			.ok()
			.filter(|a| a.is_valid_for_network(theirs(on)));
		let ours = Bitcoin::parse_address(&text, on);
		prop_assert_eq!(
			ours.is_ok() || ours == Err(AddressError::Unsupported),
			theirs.is_some(),
			"{}", text
		);
	}

	#[test]
	fn parse_address_should_refuse_when_one_character_is_wrong(
		script in script(), on in network(), at: prop::sample::Index, to in "[ -~]"
	) {
		let text = Bitcoin::address(&destination(&script), on).unwrap();
		let at = at.index(text.len());
		let mut changed = text.clone();
		changed.replace_range(at..=at, &to);
		prop_assume!(!changed.eq_ignore_ascii_case(&text));
		prop_assert!(Bitcoin::parse_address(&changed, on).is_err());
	}
}

fn input(number: u8, amount: u64) -> Input {
	Input {
		outpoint: OurOutPoint { txid: [number; 32], vout: 0 },
		amount,
		output_key: [number; 32],
	}
}

fn output(amount: u64) -> Output {
	Output { amount, destination: Bitcoin::destination(&[9; 32]) }
}

#[test]
fn template_should_be_refused_when_it_could_be_no_valid_transaction() {
	let ok = |inputs: &[Input], outputs: &[Output]| Bitcoin::template(inputs, outputs).is_some();

	assert!(ok(&[input(1, 1_000)], &[output(1_000)]), "no fee is the caller's business");
	assert!(ok(&[input(1, 1_000)], &[output(0)]), "so is dust");
	assert!(!ok(&[input(1, 1_000)], &[output(1_001)]), "more out than in");
	assert!(!ok(&[], &[output(0)]), "no input");
	assert!(!ok(&[input(1, 1_000)], &[]), "no output");
	assert!(!ok(&[input(1, 1_000), input(1, 1_000)], &[output(1)]), "one coin twice");

	let mut null = input(0, 1_000);
	null.outpoint.vout = u32::MAX;
	assert!(!ok(&[null], &[output(1)]), "outpoint of a block reward");

	assert!(ok(&[input(1, MAX_MONEY)], &[output(MAX_MONEY)]));
	assert!(!ok(&[input(1, MAX_MONEY + 1)], &[output(1)]), "too much in");
	assert!(!ok(&[input(1, MAX_MONEY), input(2, 1)], &[output(1)]), "too much in, in sum");
	assert!(!ok(&[input(1, u64::MAX), input(2, 2)], &[output(1)]), "an overflow in");
	assert!(!ok(&[input(1, 1)], &[output(u64::MAX), output(2)]), "an overflow out");

	let inputs: Vec<Input> = (1..=21).map(|n| input(n, 1_000)).collect();
	let outputs = vec![output(1); 22];
	assert!(ok(&inputs[..MAX_INPUTS as usize], &outputs[..MAX_OUTPUTS as usize]));
	assert!(!ok(&inputs, &outputs[..1]), "too many inputs");
	assert!(!ok(&inputs[..1], &outputs), "too many outputs");
}

#[test]
fn template_should_be_within_its_maximal_encoded_length_when_it_is_full() {
	use codec::{Decode, Encode, MaxEncodedLen};
	let inputs: Vec<Input> = (1..=20).map(|n| input(n, 1_000)).collect();
	let full = Output { amount: 1, destination: vec![1; 64].try_into().unwrap() };
	let template = Bitcoin::template(&inputs, &vec![full; 21]).unwrap();
	let encoded = template.encode();
	assert_eq!(encoded.len(), Template::max_encoded_len());
	assert_eq!(Template::decode(&mut encoded.as_slice()), Ok(template));
}

#[test]
fn size_should_be_known_when_it_is_that_of_a_common_transaction() {
	let p2tr = Bitcoin::destination(&[9; 32]);
	// One input to one output, and to two.
	assert_eq!(Bitcoin::size(1, std::slice::from_ref(&p2tr)), 111);
	assert_eq!(Bitcoin::size(1, &[p2tr.clone(), p2tr]), 154);
	// Absurd numbers do not overflow.
	assert!(Bitcoin::size(u32::MAX, &[]) > 57 * u64::from(u32::MAX));
}
