//! The secret that a command signs with: where it is read from, and that it goes nowhere else.

use std::{
	convert::Infallible,
	fmt,
	fs::File,
	io::Read,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	str::FromStr,
};

use fusion_runtime::{AccountId, Signature};
use sp_core::{crypto::Pair, ecdsa::KeccakPair, ed25519, sr25519};
use sp_runtime::{traits::IdentifyAccount, MultiSigner};
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// No secret is longer: 24 words, a password and a path.
const MAX_SECRET: usize = 1_024;

/// A secret on the command line. It is not shown.
#[derive(Clone)]
pub struct Suri(Zeroizing<String>);

impl FromStr for Suri {
	type Err = Infallible;

	fn from_str(text: &str) -> Result<Self, Infallible> {
		Ok(Self(Zeroizing::new(text.into())))
	}
}

impl fmt::Debug for Suri {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str("Suri(…)")
	}
}

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Scheme {
	/// Substrate's usual kind: what Polkadot.js makes.
	Sr25519,
	/// Substrate's other kind.
	Ed25519,
	/// An Ethereum account's key, in hexadecimal (0x…). The coins are at the same Ethereum address then.
	Ethereum,
}

/// Where the secret is. One of the three.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct SecretParams {
	/// For development: the secret itself (//Alice, a phrase, 0x and a seed). Other programs of this machine can read
	/// it, and the shell remembers it.
	#[arg(long, value_name = "SECRET")]
	pub suri: Option<Suri>,

	/// File with the secret, on one line. Nobody but its owner may be allowed to read it (chmod 600).
	#[arg(long, value_name = "PATH")]
	pub key_file: Option<PathBuf>,

	/// Read the secret from the standard input, as one line.
	#[arg(long)]
	pub key_stdin: bool,
}

/// Who signs.
#[derive(Debug, Clone, clap::Args)]
pub struct KeyParams {
	#[allow(missing_docs)]
	#[command(flatten)]
	pub secret: SecretParams,

	/// What kind of key it is.
	#[arg(long, value_enum, default_value_t = Scheme::Sr25519)]
	pub scheme: Scheme,
}

/// Why there is no key to sign with. Nothing of the secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The file cannot be read.
	#[error("the key cannot be read from {path}: {error}")]
	Unreadable {
		/// The file, or the standard input.
		path: String,
		/// Why.
		error: std::io::Error,
	},
	/// It is no file.
	#[error("{0} is not a file: give the path of a file with the key")]
	NotAFile(String),
	/// Others can read the file.
	#[error("{path} can be read by others (mode {mode:03o}): run `chmod 600 {path}`")]
	Open {
		/// The file.
		path: String,
		/// Its permissions.
		mode: u32,
	},
	/// There is nothing in it.
	#[error("{0} has no key in it: write the secret on one line")]
	Empty(String),
	/// There is more than a secret in it.
	#[error("{0} has more than a key in it: write the secret, and nothing else, on one line")]
	TooMuch(String),
	/// It is no secret.
	#[error(
		"{0} has no key that can be read: a key is a phrase of 12 to 24 words, or 0x and 64 hexadecimal digits, or \
		 a development name as //Alice"
	)]
	Malformed(String),
	/// It is no Ethereum key.
	#[error(
		"{0} has no Ethereum key: it is 0x and 64 hexadecimal digits. (A phrase is not taken: wallets do not derive \
		 the same account from it as this program would)"
	)]
	NotEthereum(String),
}

impl KeyParams {
	/// Reads the key.
	///
	/// # Errors
	///
	/// See [`KeyError`].
	pub fn signer(&self) -> Result<Signer, KeyError> {
		let SecretParams { suri, key_file, .. } = &self.secret;
		match (suri, key_file) {
			(Some(Suri(secret)), _) => Signer::new(secret, self.scheme, "`--suri`"),
			(None, Some(path)) => {
				Signer::new(&read_file(path)?, self.scheme, &path.display().to_string())
			},
			(None, None) => {
				let place = "the standard input";
				let secret = read_line(std::io::stdin().lock(), place)?;
				Signer::new(&secret, self.scheme, place)
			},
		}
	}

	/// Whether the secret is on the command line, where it is not kept.
	pub fn is_exposed(&self) -> bool {
		self.secret.suri.is_some()
	}
}

/// Reads the secret from a file that only its owner can read.
fn read_file(path: &Path) -> Result<Zeroizing<String>, KeyError> {
	let shown = path.display().to_string();
	let unreadable = |error| KeyError::Unreadable { path: shown.clone(), error };
	let file = File::open(path).map_err(unreadable)?;
	// Of what was opened: the name may stand for another file by now.
	let metadata = file.metadata().map_err(unreadable)?;
	if !metadata.is_file() {
		return Err(KeyError::NotAFile(shown));
	}
	let mode = metadata.permissions().mode() & 0o777;
	if mode & 0o077 != 0 {
		return Err(KeyError::Open { path: shown, mode });
	}
	read_line(file, &shown)
}

/// Reads one line, and no more than a secret may be long.
fn read_line(source: impl Read, place: &str) -> Result<Zeroizing<String>, KeyError> {
	// Large enough from the start: what grows leaves copies behind.
	let mut text = Zeroizing::new(String::with_capacity(MAX_SECRET + 1));
	source
		.take(MAX_SECRET as u64 + 1)
		.read_to_string(&mut text)
		.map_err(|error| KeyError::Unreadable { path: place.into(), error })?;
	if text.len() > MAX_SECRET {
		return Err(KeyError::TooMuch(place.into()));
	}
	let line = text.trim();
	if line.is_empty() {
		return Err(KeyError::Empty(place.into()));
	}
	if line.lines().count() > 1 {
		return Err(KeyError::TooMuch(place.into()));
	}
	Ok(Zeroizing::new(line.into()))
}

/// A key that signs. Its secret is erased with it, as far as its library does that.
pub enum Signer {
	/// sr25519.
	Sr25519(sr25519::Pair),
	/// ed25519.
	Ed25519(ed25519::Pair),
	/// Of an Ethereum account.
	Ethereum(KeccakPair),
}

impl Signer {
	/// The key of a secret.
	///
	/// # Errors
	///
	/// [`KeyError::Malformed`] and [`KeyError::NotEthereum`], with the `place` where the secret is.
	pub fn new(secret: &str, scheme: Scheme, place: &str) -> Result<Self, KeyError> {
		fn read<P: Pair>(secret: &str, place: &str) -> Result<P, KeyError> {
			P::from_string(secret, None).map_err(|_| KeyError::Malformed(place.into()))
		}
		// It would stand for the key that all development keys are derived from.
		if secret.is_empty() {
			return Err(KeyError::Empty(place.into()));
		}
		match scheme {
			Scheme::Sr25519 => read(secret, place).map(Self::Sr25519),
			Scheme::Ed25519 => read(secret, place).map(Self::Ed25519),
			Scheme::Ethereum => {
				let not_ethereum = || KeyError::NotEthereum(place.into());
				let digits = secret.strip_prefix("0x").ok_or_else(not_ethereum)?;
				let mut seed = Zeroizing::new([0u8; 32]);
				hex::decode_to_slice(digits, seed.as_mut_slice()).map_err(|_| not_ethereum())?;
				// It is refused if it is none of the curve's.
				<KeccakPair as Pair>::from_seed_slice(seed.as_slice())
					.map(Self::Ethereum)
					.map_err(|_| not_ethereum())
			},
		}
	}

	/// Its account.
	pub fn account(&self) -> AccountId {
		match self {
			Self::Sr25519(pair) => MultiSigner::Sr25519(pair.public()),
			Self::Ed25519(pair) => MultiSigner::Ed25519(pair.public()),
			Self::Ethereum(pair) => MultiSigner::Eth(pair.public()),
		}
		.into_account()
	}

	/// Its signature.
	pub fn sign(&self, message: &[u8]) -> Signature {
		match self {
			Self::Sr25519(pair) => Signature::Sr25519(Pair::sign(pair, message)),
			Self::Ed25519(pair) => Signature::Ed25519(Pair::sign(pair, message)),
			Self::Ethereum(pair) => Signature::Eth(Pair::sign(pair, message)),
		}
	}
}
