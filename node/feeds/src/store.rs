//! Commitments on disk, so that a node that restarts in the middle of a round can reveal.
//!
//! One file, which is replaced as a whole: written beside, flushed, and renamed. It has a version, the chain that it is for
//! and a checksum. What cannot be read is put aside and said: a lost file costs no more than the reveals of the rounds that
//! are open.

use std::{
	fs::{self, File, OpenOptions},
	io::{self, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

use codec::{Decode, Encode};
use fusion_data_feed_primitives::{word::Salt, FeedId, FeederId, RoundId, Value};
use sp_core::H256;
use sp_crypto_hashing::blake2_256;
use zeroize::Zeroize;

/// What the file begins with: what it is, and its version.
const MAGIC: &[u8; 8] = b"FSNFEED1";
/// Its name.
const NAME: &str = "commitments";

/// What a commitment was made of.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Secret {
	/// Who has committed.
	pub feeder: FeederId,
	/// The feed.
	pub feed: FeedId,
	/// The round.
	pub round: RoundId,
	/// The commitment.
	pub commitment: H256,
	/// The value.
	pub value: Value,
	/// The salt.
	pub salt: Salt,
}

impl Drop for Secret {
	fn drop(&mut self) {
		self.salt.zeroize();
	}
}

impl std::fmt::Debug for Secret {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Secret")
			.field("feed", &self.feed)
			.field("round", &self.round)
			.finish_non_exhaustive()
	}
}

/// Why commitments cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("commitments of feeds cannot be kept in {}: {error}", .path.display())]
pub struct StoreError {
	/// The file.
	path: PathBuf,
	/// What is wrong.
	#[source]
	error: io::Error,
}

/// Where commitments are kept.
pub struct Store {
	path: PathBuf,
	genesis: H256,
}

impl Store {
	/// Opens the store in a folder, which is made if it is not there, for the chain with this first block. Gives what is in it.
	///
	/// # Errors
	///
	/// If the folder cannot be made, or a file in it cannot be read. A file that makes no sense is no error: it is put aside.
	pub fn open(folder: &Path, genesis: H256) -> Result<(Self, Vec<Secret>), StoreError> {
		let path = folder.join(NAME);
		let store = Self { path: path.clone(), genesis };
		let failed = |error| StoreError { path: path.clone(), error };
		fs::create_dir_all(folder).map_err(failed)?;
		let bytes = match fs::read(&path) {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == io::ErrorKind::NotFound => {
				return Ok((store, Vec::new()))
			},
			Err(error) => return Err(failed(error)),
		};
		if let Some(secrets) = store.decode(&bytes) {
			return Ok((store, secrets));
		}
		let aside = path.with_extension("unreadable");
		log::error!(
			target: crate::LOG_TARGET,
			"{} is damaged, or of another chain: it is kept as {}, and what was committed to in rounds that are open is not \
			 revealed",
			path.display(),
			aside.display(),
		);
		fs::rename(&path, &aside).map_err(failed)?;
		Ok((store, Vec::new()))
	}

	/// Keeps these, and only these. When this returns, they are on disk.
	///
	/// # Errors
	///
	/// If they cannot be written. What was kept before is there still.
	pub fn keep(&self, secrets: &[Secret]) -> Result<(), StoreError> {
		self.write(&self.encode(secrets))
			.map_err(|error| StoreError { path: self.path.clone(), error })
	}

	fn write(&self, bytes: &[u8]) -> io::Result<()> {
		let beside = self.path.with_extension("new");
		let mut file =
			OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
		file.write_all(bytes)?;
		file.sync_all()?;
		fs::rename(&beside, &self.path)?;
		match self.path.parent() {
			Some(folder) => File::open(folder)?.sync_all(),
			None => Ok(()),
		}
	}

	fn encode(&self, secrets: &[Secret]) -> Vec<u8> {
		let mut bytes = MAGIC.to_vec();
		(self.genesis, secrets).encode_to(&mut bytes);
		let checksum = blake2_256(&bytes);
		bytes.extend(checksum);
		bytes
	}

	fn decode(&self, bytes: &[u8]) -> Option<Vec<Secret>> {
		let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
		if blake2_256(content) != checksum {
			return None;
		}
		let mut rest = content.strip_prefix(MAGIC.as_slice())?;
		let (genesis, secrets) = <(H256, Vec<Secret>)>::decode(&mut rest).ok()?;
		(genesis == self.genesis && rest.is_empty()).then_some(secrets)
	}
}
