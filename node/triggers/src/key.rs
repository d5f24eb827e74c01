//! The key that triggers are signed with.

use std::{fmt, path::Path};

use sp_core::{ecdsa, Pair, H160};
use sp_io::hashing::keccak_256;
use zeroize::Zeroizing;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The file cannot be read.
	#[error("the trigger key file {path} cannot be read: {error}")]
	Unreadable {
		/// Which file.
		path: String,
		/// Why.
		error: std::io::Error,
	},
	/// It holds something else.
	#[error(
		"the trigger key file {path} must hold one secp256k1 secret key: 64 hexadecimal digits, with or without 0x"
	)]
	Malformed {
		/// Which file.
		path: String,
	},
	/// Everybody can read it.
	#[error("the trigger key file {path} can be read by others: chmod 600 {path}")]
	Open {
		/// Which file.
		path: String,
	},
}

/// A secp256k1 key, as Ethereum accounts have.
pub struct TriggerKey {
	pair: ecdsa::Pair,
	address: H160,
}

// The secret is not shown.
impl fmt::Debug for TriggerKey {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.debug_tuple("TriggerKey").field(&self.address).finish()
	}
}

impl TriggerKey {
	/// Reads it from a file that only its owner can read.
	///
	/// # Errors
	///
	/// See [`KeyError`].
	pub fn read(path: &Path) -> Result<Self, KeyError> {
		let shown = path.display().to_string();
		let unreadable = |error| KeyError::Unreadable { path: shown.clone(), error };
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
			if mode & 0o077 != 0 {
				return Err(KeyError::Open { path: shown });
			}
		}
		let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
		Self::parse(&text).ok_or(KeyError::Malformed { path: shown })
	}

	/// The key of a development node, which everybody knows: its secret is the Keccak hash of "fusion trigger key of
	/// `name`".
	pub fn development(name: &str) -> Option<Self> {
		Self::from_secret(&keccak_256(format!("fusion trigger key of {name}").as_bytes()))
	}

	fn parse(text: &str) -> Option<Self> {
		let digits = text.trim();
		let digits = digits.strip_prefix("0x").unwrap_or(digits);
		let bytes = Zeroizing::new(hex::decode(digits).ok()?);
		let secret = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
		Self::from_secret(&secret)
	}

	fn from_secret(secret: &[u8; 32]) -> Option<Self> {
		let pair = ecdsa::Pair::from_seed_slice(secret).ok()?;
		let address = address_of(&pair)?;
		Some(Self { pair, address })
	}

	/// The Ethereum address.
	pub fn address(&self) -> H160 {
		self.address
	}

	/// Signs a hash. The last byte is the recovery id, 0 or 1.
	pub fn sign(&self, hash: &[u8; 32]) -> [u8; 65] {
		self.pair.sign_prehashed(hash).0
	}
}

/// The last twenty bytes of the hash of the uncompressed public key (Ethereum's yellow paper, appendix F), which is got
/// from a signature.
fn address_of(pair: &ecdsa::Pair) -> Option<H160> {
	let hash = keccak_256(b"fusion trigger key");
	crate::transaction::signer(&pair.sign_prehashed(&hash).0, &hash)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::io::Write;

	fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
		use std::os::unix::fs::PermissionsExt;
		let mut file = tempfile::NamedTempFile::new().unwrap();
		file.write_all(text.as_bytes()).unwrap();
		std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
		file
	}

	/// A key of everybody's (Alith's), and its address.
	const ALITH: &str = "5fb92d6e98884f76de468fa3f6278f8807c48bebc13595d45af5bdc4da702133";
	const ADDRESS: &str = "f24ff3a9cf04c71dbc94d0b566f7a27b94566cac";

	#[test]
	fn address_should_be_ethereums() {
		for text in [ALITH.to_string(), format!("0x{ALITH}\n")] {
			let key = TriggerKey::read(file(&text, 0o600).path()).unwrap();
			assert_eq!(hex::encode(key.address()), ADDRESS);
		}
	}

	#[test]
	fn development_keys_should_be_those_of_genesis() {
		let address = |name| hex::encode(TriggerKey::development(name).unwrap().address());
		assert_eq!(address("alice"), "643b9f9dbf69f2e71189d2798af536d826c70672");
		assert_eq!(address("dave"), "0ccfe6ea8d64d9d7b7bc85476a7aea6628b8eb12");
	}

	#[test]
	fn key_should_be_refused_when_the_file_is_no_key_or_open_to_others() {
		let error = |text: &str, mode| TriggerKey::read(file(text, mode).path()).unwrap_err();
		assert!(matches!(error("1234", 0o600), KeyError::Malformed { .. }));
		assert!(matches!(error(&"0".repeat(64), 0o600), KeyError::Malformed { .. }));
		assert!(matches!(error(ALITH, 0o640), KeyError::Open { .. }));
		let missing = TriggerKey::read(Path::new("/nowhere/at/all")).unwrap_err();
		assert!(matches!(missing, KeyError::Unreadable { .. }));
	}

	#[test]
	fn secret_should_not_be_shown() {
		let key = TriggerKey::parse(ALITH).unwrap();
		assert!(!format!("{key:?}").contains("5fb92d6e"));
	}
}
