use super::*;
use sp_keyring::Sr25519Keyring;

/// BIP-173's example program on each network, and legacy addresses of the same hash.
const MAIN: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const TEST: &str = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx";
const REGTEST: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const MAIN_LEGACY: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";

#[test]
fn addresses_of_the_network_are_read_and_written() {
	for (text, network) in [
		(MAIN, Network::Main),
		(MAIN_LEGACY, Network::Main),
		(TEST, Network::Test),
		(TEST, Network::Signet),
		(REGTEST, Network::Regtest),
	] {
		let destination = parse_bitcoin(text, network).expect(text);
		assert_eq!(bitcoin(&destination, network), text);
	}
}

#[test]
fn an_address_of_another_network_is_refused_with_both_names() {
	let error = parse_bitcoin(MAIN, Network::Regtest).expect_err("it is of the main network");
	assert_eq!(
		error,
		TextError::OtherNetwork {
			text: MAIN.into(),
			found: "Bitcoin's main network",
			wanted: "a private Bitcoin test network (regtest)",
		}
	);
	assert!(error.to_string().contains("would not arrive"), "{error}");
	for (text, network, found) in [
		(MAIN_LEGACY, Network::Signet, Network::Main),
		(REGTEST, Network::Main, Network::Regtest),
		(TEST, Network::Regtest, Network::Test),
	] {
		let found = name(found);
		let error = parse_bitcoin(text, network).expect_err(text);
		assert!(matches!(error, TextError::OtherNetwork { found: f, .. } if f == found), "{error}");
	}
}

#[test]
fn what_is_no_address_is_refused() {
	// A wrong character, an Ethereum address, nothing, a space.
	for text in [
		"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081",
		"0xf24FF3a9CF04c71Dbc94D0b566f7A27B94566cac",
		"",
		" bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
	] {
		assert_eq!(parse_bitcoin(text, Network::Regtest), Err(TextError::Malformed(text.into())));
	}
	// BIP-350: a witness program of a version that nobody knows the rules of.
	let text = "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs";
	assert_eq!(parse_bitcoin(text, Network::Main), Err(TextError::Unsupported(text.into())));
	// The same, for who is on another network: the network is what matters first.
	let error = parse_bitcoin(text, Network::Regtest).expect_err("it is of the main network");
	assert!(
		matches!(error, TextError::OtherNetwork { found: "Bitcoin's main network", .. }),
		"{error}"
	);
}

#[test]
fn accounts_are_read_in_three_ways() {
	let alice = Sr25519Keyring::Alice.to_account_id();
	let ss58 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	let bytes = format!("0x{}", hex::encode::<&[u8; 32]>(alice.as_ref()));
	assert_eq!(parse_account(ss58), Ok(alice.clone()));
	assert_eq!(parse_account(&bytes), Ok(alice.clone()));
	assert_eq!(account(&alice), ss58);

	let ethereum = "0xf24ff3a9cf04c71dbc94d0b566f7a27b94566cac";
	let alith = parse_account(ethereum).expect("it is an Ethereum address");
	assert_eq!(
		hex::encode::<&[u8; 32]>(alith.as_ref()),
		format!("{}{}", &ethereum[2..], "ee".repeat(12))
	);
	assert_eq!(account(&alith), ethereum);

	for text in
		["", "0x", "//Alice", "0x1234", &ss58[1..], &ethereum[..40], &format!("{ethereum}0")]
	{
		assert_eq!(parse_account(text), Err(TextError::Account(text.into())));
	}
}

#[test]
fn outpoints_are_read_as_explorers_write_them() {
	let shown = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16";
	let outpoint = parse_outpoint(&format!("{shown}:1")).expect("it is an output");
	assert_eq!(outpoint.vout, 1);
	assert_eq!(outpoint.txid[0], 0x16);
	assert_eq!(txid(&outpoint.txid), shown);
	for text in
		["", shown, &format!("{shown}:"), &format!("{shown}:+1"), &format!("{shown}:-1"), "12:0"]
	{
		assert_eq!(parse_outpoint(text), Err(TextError::OutPoint(text.into())));
	}
}

#[test]
fn the_address_of_a_lock_in_depends_on_all_that_it_is_derived_from() {
	// The generator: its secret is 1.
	let master: PublicKey =
		hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
			.ok()
			.and_then(|bytes| bytes.try_into().ok())
			.expect("33 bytes");
	let of = |genesis: u8, group, index, network| {
		let genesis = Hash::repeat_byte(genesis);
		derived(genesis, group, Algorithm::Secp256k1Taproot, &master, index, network)
			.expect("it has an address")
	};
	let address = of(1, 0, 0, Network::Regtest);
	assert!(address.starts_with("bcrt1p"), "{address}");
	assert!(parse_bitcoin(&address, Network::Regtest).is_ok());
	for other in [
		of(2, 0, 0, Network::Regtest),
		of(1, 1, 0, Network::Regtest),
		of(1, 0, 1, Network::Regtest),
		of(1, 0, 0, Network::Main),
	] {
		assert_ne!(address, other);
	}
}
