use std::fs::Permissions;

use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::Verify;

use super::*;
use crate::coins::address;

/// Key and address of an Ethereum account for development, as Ethereum's tools have them.
const ALITH: &str = "0x5fb92d6e98884f76de468fa3f6278f8807c48bebc13595d45af5bdc4da702133";
const ALITH_ADDRESS: &str = "0xf24ff3a9cf04c71dbc94d0b566f7a27b94566cac";
/// The phrase that development keys are derived from, its seed and its account, as `subkey` has them.
const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const SEED: &str = "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e";
const PHRASE_ADDRESS: &str = "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV";

fn key(secret: &str, scheme: Scheme) -> Result<Signer, KeyError> {
	Signer::new(secret, scheme, "here")
}

fn file(folder: &Path, mode: u32, text: &[u8]) -> PathBuf {
	let path = folder.join(format!("key-{mode:o}"));
	std::fs::write(&path, text).expect("it can be written");
	// Whatever the process masks.
	std::fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
	path
}

#[test]
fn keys_sign_for_their_accounts() {
	let of = |text| address::parse_account(text).expect("an account");
	for (secret, scheme, account) in [
		("//Alice", Scheme::Sr25519, Sr25519Keyring::Alice.to_account_id()),
		(PHRASE, Scheme::Sr25519, of(PHRASE_ADDRESS)),
		(SEED, Scheme::Sr25519, of(PHRASE_ADDRESS)),
		(ALITH, Scheme::Ethereum, of(ALITH_ADDRESS)),
		("//Alice", Scheme::Ed25519, sp_keyring::Ed25519Keyring::Alice.to_account_id()),
	] {
		let signer = key(secret, scheme).expect("it is a key");
		assert_eq!(signer.account(), account);
		assert!(signer.sign(b"message").verify(&b"message"[..], &account));
		assert!(!signer.sign(b"message").verify(&b"another"[..], &account));
	}
}

#[test]
fn what_is_no_key_is_refused_without_being_shown() {
	let wrong = format!("{PHRASE} more");
	for (secret, scheme) in [
		(wrong.as_str(), Scheme::Sr25519),
		("0x1234", Scheme::Sr25519),
		("secret words", Scheme::Ed25519),
		// A wallet would derive another account from the phrase.
		(PHRASE, Scheme::Ethereum),
		("//Alice", Scheme::Ethereum),
		(&ALITH[2..], Scheme::Ethereum),
		(&ALITH[..65], Scheme::Ethereum),
		("0x0000000000000000000000000000000000000000000000000000000000000000", Scheme::Ethereum),
		("", Scheme::Sr25519),
	] {
		let Err(error) = key(secret, scheme) else { panic!("{secret} is taken") };
		let shown = format!("{error} {error:?}");
		assert!(secret.is_empty() || !shown.contains(secret), "{shown}");
		assert!(shown.contains("here"), "{shown}");
	}
}

#[test]
fn a_key_file_is_read_only_if_nobody_else_can() {
	let folder = tempfile::tempdir().expect("there is room");
	for mode in [0o600, 0o400] {
		let path = file(folder.path(), mode, b"  //Alice\n");
		assert_eq!(read_file(&path).expect("it is private").as_str(), "//Alice");
	}
	for mode in [0o640, 0o604, 0o620] {
		let path = file(folder.path(), mode, b"//Alice\n");
		let error = read_file(&path).expect_err("others can reach it");
		assert!(matches!(error, KeyError::Open { mode: found, .. } if found == mode), "{error}");
		assert!(error.to_string().contains("chmod 600"), "{error}");
	}
	assert!(matches!(
		read_file(folder.path()),
		Err(KeyError::NotAFile(_) | KeyError::Unreadable { .. })
	));
	let missing = folder.path().join("missing");
	assert!(matches!(read_file(&missing), Err(KeyError::Unreadable { .. })));
}

#[test]
fn a_key_is_one_line() {
	let of = |text: &[u8]| read_line(text, "here");
	assert_eq!(of(b"//Alice").expect("a line").as_str(), "//Alice");
	assert!(matches!(of(b""), Err(KeyError::Empty(_))));
	assert!(matches!(of(b" \n\n"), Err(KeyError::Empty(_))));
	assert!(matches!(of(b"//Alice\n//Bob\n"), Err(KeyError::TooMuch(_))));
	assert!(matches!(of(&[b'a'; MAX_SECRET + 1]), Err(KeyError::TooMuch(_))));
	assert!(of(&[b'a'; MAX_SECRET]).is_ok());
	assert!(matches!(of(&[0xff, 0xfe]), Err(KeyError::Unreadable { .. })));
}

#[test]
fn a_secret_on_the_command_line_is_not_shown() {
	let Ok(suri) = "//Alice".parse::<Suri>();
	assert_eq!(format!("{suri:?}"), "Suri(…)");
}
