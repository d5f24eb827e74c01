//! Test vectors of the BIPs.

use fusion_asset_mapping_primitives::chain::{AddressError, ExternalChain};
use fusion_bitcoin_primitives::{Bitcoin, Network};

fn bytes(text: &str) -> Vec<u8> {
	hex::decode(text).unwrap()
}

/// Number, x-coordinate of the key, message, both halves of the signature, whether it is valid.
type Bip340Vector = (u8, &'static str, &'static str, &'static str, &'static str, bool);

// BIP-340, test-vectors.csv: all that have a message of 32 bytes.
#[rustfmt::skip]
const BIP340: &[Bip340Vector] = &[
	(0, "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
	 "0000000000000000000000000000000000000000000000000000000000000000",
	 "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215",
	 "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0", true),
	(1, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de3341",
	 "8906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a", true),
	(2, "dd308afec5777e13121fa72b9cc1b7cc0139715309b086c960e18fd969774eb8",
	 "7e2d58d8b3bcdf1abadec7829054f90dda9805aab56c77333024b9d0a508b75c",
	 "5831aaeed7b44bb74e5eab94ba9d4294c49bcf2a60728d8b4c200f50dd313c1b",
	 "ab745879a5ad954a72c45a91c3a51d3c7adea98d82f8481e0e1e03674a6f3fb7", true),
	(3, "25d1dff95105f5253c4022f628a996ad3a0d95fbf21d468a1b33f8c160d8f517",
	 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	 "7eb0509757e246f19449885651611cb965ecc1a187dd51b64fda1edc9637d5ec",
	 "97582b9cb13db3933705b32ba982af5af25fd78881ebb32771fc5922efc66ea3", true),
	(4, "d69c3509bb99e412e68b0fe8544e72837dfa30746d8be2aa65975f29d22dc7b9",
	 "4df3c3f68fcc83b27e9d42c90431a72499f17875c81a599b566c9889b9696703",
	 "00000000000000000000003b78ce563f89a0ed9414f5aa28ad0d96d6795f9c63",
	 "76afb1548af603b3eb45c9f8207dee1060cb71c04e80f593060b07d28308d7f4", true),
	(5, "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "6cff5c3ba86c69ea4b7376f31a9bcb4f74c1976089b2d9963da2e5543e177769",
	 "69e89b4c5564d00349106b8497785dd7d1d713a8ae82b32fa79d5f7fc407d39b", false),
	(6, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556",
	 "3cc27944640ac607cd107ae10923d9ef7a73c643e166be5ebeafa34b1ac553e2", false),
	(7, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "1fa62e331edbc21c394792d2ab1100a7b432b013df3f6ff4f99fcb33e0e1515f",
	 "28890b3edb6e7189b630448b515ce4f8622a954cfe545735aaea5134fccdb2bd", false),
	(8, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "6cff5c3ba86c69ea4b7376f31a9bcb4f74c1976089b2d9963da2e5543e177769",
	 "961764b3aa9b2ffcb6ef947b6887a226e8d7c93e00c5ed0c1834ff0d0c2e6da6", false),
	(9, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "0000000000000000000000000000000000000000000000000000000000000000",
	 "123dda8328af9c23a94c1feecfd123ba4fb73476f0d594dcb65c6425bd186051", false),
	(10, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "0000000000000000000000000000000000000000000000000000000000000001",
	 "7615fbaf5ae28864013c099742deadb4dba87f11ac6754f93780d5a1837cf197", false),
	(11, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "4a298dacae57395a15d0795ddbfd1dcb564da82b0f269bc70a74f8220429ba1d",
	 "69e89b4c5564d00349106b8497785dd7d1d713a8ae82b32fa79d5f7fc407d39b", false),
	(12, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
	 "69e89b4c5564d00349106b8497785dd7d1d713a8ae82b32fa79d5f7fc407d39b", false),
	(13, "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "6cff5c3ba86c69ea4b7376f31a9bcb4f74c1976089b2d9963da2e5543e177769",
	 "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", false),
	(14, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
	 "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
	 "6cff5c3ba86c69ea4b7376f31a9bcb4f74c1976089b2d9963da2e5543e177769",
	 "69e89b4c5564d00349106b8497785dd7d1d713a8ae82b32fa79d5f7fc407d39b", false),
];

#[test]
fn verify_should_agree_with_bip340_when_given_its_vectors() {
	assert_eq!(BIP340.len(), 15);
	for (index, key, message, r, s, valid) in BIP340 {
		let key: [u8; 32] = bytes(key).try_into().unwrap();
		let message: [u8; 32] = bytes(message).try_into().unwrap();
		let signature: [u8; 64] = [bytes(r), bytes(s)].concat().try_into().unwrap();
		assert_eq!(Bitcoin::verify(&key, &message, &signature), *valid, "vector {index}");
	}
}

// BIP-341, wallet-test-vectors.json, scriptPubKey[0].
#[test]
fn address_should_be_that_of_bip341_when_there_is_no_script() {
	let master = bytes("02d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d");
	let key = Bitcoin::output_key(&master.try_into().unwrap(), &[0; 32]).unwrap();
	let destination = Bitcoin::destination(&key);
	assert_eq!(
		destination.to_vec(),
		bytes("512053a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343")
	);
	assert_eq!(
		Bitcoin::address(&destination, Network::Main).as_deref(),
		Some("bc1p2wsldez5mud2yam29q22wgfh9439spgduvct83k3pm50fcxa5dps59h4z5")
	);
}

// BIP-350, "Test vectors for v0-v16 native segregated witness addresses", valid: those whose spending
// rules are known and whose key is a point.
const PAYABLE: &[(&str, Network, &str)] = &[
	(
		"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
		Network::Main,
		"0014751e76e8199196d454941c45d1b3a323f1433bd6",
	),
	(
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
		Network::Test,
		"00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
	),
	(
		"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
		Network::Signet,
		"0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
	),
	(
		"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
		Network::Test,
		"5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
	),
	(
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
		Network::Main,
		"512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
	),
];

// BIP-350, valid as well, but of versions and lengths without known spending rules.
const UNKNOWN_PROGRAMS: &[(&str, &str)] = &[
	(
		"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
		"5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
	),
	("BC1SW50QGDZ25J", "6002751e"),
	("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"),
];

// BIP-350, "invalid segwit addresses".
const INVALID: &[&str] = &[
	"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
	"tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
	"BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
	"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
	"tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
	"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
	"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
	"bc1pw5dgrnzv",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
	"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
	"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
	"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
	"bc1gmk9yu",
];

const NETWORKS: [Network; 4] = [Network::Main, Network::Test, Network::Signet, Network::Regtest];

#[test]
fn parse_address_should_agree_with_bip350_when_given_its_valid_vectors() {
	for (text, network, script) in PAYABLE {
		let destination = Bitcoin::parse_address(text, *network).unwrap();
		assert_eq!(destination.to_vec(), bytes(script), "{text}");
		assert_eq!(
			Bitcoin::address(&destination, *network).as_deref(),
			Some(text.to_lowercase().as_str())
		);
	}
}

#[test]
fn parse_address_should_call_it_unsupported_when_nobody_knows_how_to_spend_it() {
	for (text, script) in UNKNOWN_PROGRAMS {
		assert_eq!(
			Bitcoin::parse_address(text, Network::Main),
			Err(AddressError::Unsupported),
			"{text}"
		);
		// It has an address nevertheless.
		let destination = bytes(script).try_into().unwrap();
		assert_eq!(
			Bitcoin::address(&destination, Network::Main),
			Some(text.to_lowercase()),
			"{text}"
		);
	}
}

#[test]
fn parse_address_should_call_it_malformed_when_given_the_invalid_vectors_of_bip350() {
	for text in INVALID {
		for network in NETWORKS {
			assert_eq!(
				Bitcoin::parse_address(text, network),
				Err(AddressError::Malformed),
				"{text}"
			);
		}
	}
}

#[test]
fn parse_address_should_refuse_when_it_is_of_another_network() {
	use Network::{Main, Regtest, Signet, Test};
	// The key of BIP-86's first address, and a hash, on each network.
	let on: &[(&str, &[Network])] = &[
		("bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr", &[Main]),
		("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", &[Main]),
		("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", &[Main]),
		("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", &[Test, Signet]),
		("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", &[Test, Signet, Regtest]),
		("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", &[Test, Signet, Regtest]),
		("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", &[Regtest]),
	];
	for (text, networks) in on {
		for network in NETWORKS {
			let parsed = Bitcoin::parse_address(text, network);
			if networks.contains(&network) {
				let destination = parsed.unwrap_or_else(|e| panic!("{text} on {network:?}: {e:?}"));
				assert_eq!(Bitcoin::address(&destination, network).as_deref(), Some(*text));
			} else {
				assert_eq!(parsed, Err(AddressError::WrongNetwork), "{text} on {network:?}");
			}
		}
	}
}

#[test]
fn parse_address_should_call_it_malformed_when_base58_is_not_a_bitcoin_address() {
	let texts = [
		"",
		" ",
		"1",
		"11111111111111111111111111111111111",
		"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		// One character of a valid one changed, dropped, doubled, or not of the alphabet.
		"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
		"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN",
		"11BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
		"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN0",
		"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVNl",
		" 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
		"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 ",
		// Litecoin's version byte, and a private key.
		"LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1",
		"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
		"ä1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
	];
	for text in texts {
		for network in NETWORKS {
			assert_eq!(
				Bitcoin::parse_address(text, network),
				Err(AddressError::Malformed),
				"{text}"
			);
		}
	}
}
