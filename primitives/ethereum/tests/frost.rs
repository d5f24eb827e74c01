//! What key groups sign: threshold signatures by `frost-secp256k1-tr`, with its conventions (the key and
//! the nonce have an even y, the key has BIP-341's tweak). The contract's tests read them from
//! `contracts/test/vectors/frost.json`.
//!
//! `FUSION_WRITE_VECTORS=1 cargo test -p fusion-ethereum-primitives` writes that file.

use std::collections::BTreeMap;

use frost_secp256k1_tr::{
	self as frost,
	keys::{IdentifierList, KeyPackage, Tweak},
	Identifier, SigningPackage,
};
use fusion_asset_mapping_primitives::account::AccountChain;
use fusion_ethereum_primitives::{Ethereum, Vault};
use rand::{rngs::StdRng, SeedableRng};
use serde_json::{json, Value};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors/frost.json");

/// Key and signature of a new group of five, of whom four sign.
fn sign(seed: u64, message: &[u8; 32]) -> ([u8; 32], [u8; 64]) {
	let mut rng = StdRng::seed_from_u64(seed);
	let (shares, public) =
		frost::keys::generate_with_dealer(5, 4, IdentifierList::Default, &mut rng).unwrap();
	let signers: BTreeMap<Identifier, KeyPackage> = shares
		.into_iter()
		.skip((seed % 2) as usize)
		.take(4)
		.map(|(id, share)| (id, KeyPackage::try_from(share).unwrap()))
		.collect();
	let (mut nonces, mut commitments) = (BTreeMap::new(), BTreeMap::new());
	for (id, key) in &signers {
		let (nonce, commitment) = frost::round1::commit(key.signing_share(), &mut rng);
		nonces.insert(*id, nonce);
		commitments.insert(*id, commitment);
	}
	let package = SigningPackage::new(commitments, message);
	let shares = signers
		.iter()
		.map(|(id, key)| {
			let share = frost::round2::sign_with_tweak(&package, &nonces[id], key, None).unwrap();
			(*id, share)
		})
		.collect();
	let signature = frost::aggregate_with_tweak(&package, &shares, &public, None).unwrap();

	// The key as the runtime computes it from the master key, and as the library does.
	let master: [u8; 33] = public.verifying_key().serialize().unwrap().try_into().unwrap();
	let key = Ethereum::signing_key(&master, &[0; 32]).unwrap();
	let tweaked = public.tweak::<&[u8]>(None);
	assert_eq!(tweaked.verifying_key().serialize().unwrap()[1..], key);
	(key, signature.serialize().unwrap().try_into().unwrap())
}

fn vectors() -> Value {
	let vault = Vault { chain_id: 1, address: Default::default() };
	let vectors: Vec<_> = (0..8u64)
		.map(|seed| {
			let message = vault.key_digest(seed, &[seed as u8; 32]);
			let (key, signature) = sign(seed, &message);
			assert!(Ethereum::verify(&key, &message, &signature));
			let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
			let (r, s) = signature.split_at(32);
			json!({ "key": hex(&key), "message": hex(&message), "r": hex(r), "s": hex(s) })
		})
		.collect();
	json!({
		"source": "primitives/ethereum/tests/frost.rs: four of five sign with frost-secp256k1-tr",
		"vectors": vectors,
	})
}

#[test]
fn vectors_should_be_what_frost_signs() {
	let vectors = vectors();
	if std::env::var_os("FUSION_WRITE_VECTORS").is_some() {
		let text = serde_json::to_string_pretty(&vectors).unwrap();
		std::fs::write(FILE, text + "\n").unwrap();
	}
	let kept: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
	assert_eq!(vectors, kept);
}
