//! Keys that are no secrets: those of development, which everybody has, and placeholders, which nobody has.

use std::{
	collections::{BTreeMap, BTreeSet},
	sync::LazyLock,
};

use fusion_runtime::{
	genesis::{ethereum_account, ETHEREUM_ACCOUNTS},
	AccountId,
};
use sp_core::{crypto::DEV_PHRASE, ecdsa, ed25519, sr25519, ByteArray, Pair};
use sp_runtime::{traits::IdentifyAccount, MultiSigner};

/// Names that development keys are derived from.
const DEVELOPMENT_NAMES: [&str; 11] = [
	"Alice",
	"Bob",
	"Charlie",
	"Dave",
	"Eve",
	"Ferdie",
	"One",
	"Two",
	"Sudo",
	"Collator",
	"Validator",
];

/// Addresses of development beside the runtime's: those of the mnemonic that Hardhat, anvil and others have in
/// common, and more of the phrase that the runtime's are of.
const ETHEREUM_ADDRESSES: [&str; 15] = [
	"f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
	"70997970c51812dc3a010c7d01b50e0d17dc79c8",
	"3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
	"90f79bf6eb2c4f870365e785982e1f101e93b906",
	"15d34aaf54267db7d7c367839aaf71a00a2c6a65",
	"9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
	"976ea74026e726554db657fa54763abd0c3a0aa9",
	"14dc79964da2c08b23698b3d3cc7ca32193d9955",
	"23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
	"a0ee7a142d267c1f36714e4a8f75612f20a79720",
	"c0f0f4ab324c46e55d02d0033343b4be8a55532d",
	"7bf369283338e12c90514468aa3868a551ab2929",
	"931f3600a299fd9b24cefb3bff79388d19804bea",
	"c41c5f1123eccd5ce233578b2e7ebd5693869d73",
	"2898fe7a42be376c8bc7af536a940f7fd5add423",
];

/// What placeholders stand for.
const PLACEHOLDER_ROLES: [&str; 6] =
	["seed", "invulnerable", "hhcm", "committee", "dcrm", "endowed"];
/// The highest number of a placeholder.
const MAX_PLACEHOLDER: usize = 32;

static WELL_KNOWN: LazyLock<BTreeMap<Vec<u8>, String>> = LazyLock::new(well_known);

static PLACEHOLDERS: LazyLock<BTreeSet<Vec<u8>>> = LazyLock::new(|| {
	PLACEHOLDER_ROLES
		.into_iter()
		.flat_map(|role| {
			(1..=MAX_PLACEHOLDER).map(move |number| placeholder(role, number).to_vec())
		})
		.collect()
});

/// What a key is called that everybody has. `None` if it is not known to be one.
pub fn name_of(key: &[u8]) -> Option<&'static str> {
	WELL_KNOWN.get(key).map(String::as_str)
}

/// The hash of a text, in place of a key.
pub fn placeholder(role: &str, number: usize) -> [u8; 32] {
	sp_crypto_hashing::blake2_256(format!("fusion-testnet placeholder: {role} {number}").as_bytes())
}

/// Whether a key is a placeholder.
pub fn is_placeholder(key: &[u8]) -> bool {
	PLACEHOLDERS.contains(key)
}

/// The account of an Ethereum address of 40 hexadecimal digits.
pub fn account_of_address(digits: &str) -> Option<AccountId> {
	let bytes: [u8; 20] = hex::decode(digits).ok()?.try_into().ok()?;
	Some(ethereum_account(bytes))
}

/// The account of a development key.
fn development_account<P: Pair>(path: &str) -> Option<AccountId>
where
	MultiSigner: From<P::Public>,
{
	let pair = P::from_string(&format!("{DEV_PHRASE}{path}"), None).ok()?;
	Some(MultiSigner::from(pair.public()).into_account())
}

fn well_known() -> BTreeMap<Vec<u8>, String> {
	let mut keys = BTreeMap::from([(vec![0; 32], "all zeros".to_string())]);
	let named = DEVELOPMENT_NAMES
		.into_iter()
		.flat_map(|name| [format!("//{name}"), format!("//{name}//stash")]);
	let numbered = (0..10).map(|number| format!("//{number}"));
	for path in std::iter::once(String::new()).chain(named).chain(numbered) {
		let accounts = [
			("sr25519", development_account::<sr25519::Pair>(&path)),
			("ed25519", development_account::<ed25519::Pair>(&path)),
			("ecdsa", development_account::<ecdsa::Pair>(&path)),
		];
		let path = if path.is_empty() { "without a path" } else { path.as_str() };
		for (scheme, account) in accounts {
			let account = account.expect("development keys are derived from sound texts; qed");
			keys.insert(account.to_raw_vec(), format!("the development key {path} ({scheme})"));
		}
	}
	let ours = ETHEREUM_ACCOUNTS.map(hex::encode);
	for digits in ours.into_iter().chain(ETHEREUM_ADDRESSES.map(String::from)) {
		let account = account_of_address(&digits).expect("an address has 40 digits; qed");
		keys.insert(account.to_raw_vec(), format!("the development address 0x{digits}"));
	}
	keys
}
