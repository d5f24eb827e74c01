//! The file that says which blocks were looked at.
//!
//! It is written as a whole: to a new file beside it, which is flushed to the disk and then takes its
//! place. So there is the old one or the new one, whatever happens. Nothing in it is secret, and a node
//! without it only has more blocks to look at.

use std::{
	fs::{self, File},
	io::{self, Read, Write},
	path::{Path, PathBuf},
	str::FromStr,
};

use bitcoin::BlockHash;
use fusion_bitcoin_primitives::Network;
use serde::{Deserialize, Serialize};

use crate::scanner::HASHES;

/// Version of the file's form.
const VERSION: u32 = 1;
/// No file of ours is longer.
const MAX_LENGTH: u64 = 1024 * 1024;

/// Where a scanner goes on after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavePoint {
	/// The first block that still matters: something in it or later may not have reached Fusion.
	pub from: u32,
	/// The block to look at next.
	pub next: u32,
	/// Hashes of the last blocks before `next`, oldest first. At least one, at most [`HASHES`].
	pub hashes: Vec<BlockHash>,
}

/// Why the file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
	/// The file system does not allow it.
	#[error("{path}: {source}")]
	Io {
		/// Path of the file.
		path: String,
		/// What it says.
		source: io::Error,
	},
	/// It is not what we wrote.
	#[error("{path} is damaged: {reason}")]
	Damaged {
		/// Path of the file.
		path: String,
		/// What is wrong with it.
		reason: String,
	},
	/// It belongs to another network.
	#[error("{path} is of Bitcoin network {found:?}, but this node is set to {expected:?}. Set the right \
	         network, or remove the file")]
	OtherNetwork {
		/// Path of the file.
		path: String,
		/// The network in it.
		found: Network,
		/// The network that was expected.
		expected: Network,
	},
}

#[derive(Serialize, Deserialize)]
struct Stored {
	version: u32,
	network: Network,
	from: u32,
	next: u32,
	hashes: Vec<String>,
}

/// The file.
#[derive(Clone, Debug)]
pub struct CursorFile {
	path: PathBuf,
	network: Network,
}

impl CursorFile {
	/// The file at that path, for that network. It need not exist yet, nor its folder.
	pub fn new(path: impl Into<PathBuf>, network: Network) -> Self {
		Self { path: path.into(), network }
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Reads it. `None` if there is none.
	pub fn load(&self) -> Result<Option<SavePoint>, CursorError> {
		let mut text = String::new();
		match File::open(&self.path) {
			Ok(file) => match file.take(MAX_LENGTH).read_to_string(&mut text) {
				Ok(_) => {},
				Err(error) if error.kind() == io::ErrorKind::InvalidData => {
					return Err(self.damaged(error.to_string()))
				},
				Err(error) => return Err(self.io(error)),
			},
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(error) => return Err(self.io(error)),
		}
		let stored: Stored =
			serde_json::from_str(&text).map_err(|error| self.damaged(error.to_string()))?;
		if stored.version != VERSION {
			return Err(self.damaged(format!("unknown version {}", stored.version)));
		}
		if stored.network != self.network {
			return Err(CursorError::OtherNetwork {
				path: self.path.display().to_string(),
				found: stored.network,
				expected: self.network,
			});
		}
		let count = stored.hashes.len();
		let fits = u32::try_from(count).is_ok_and(|count| count <= stored.next);
		if count == 0 || count > HASHES || !fits || stored.from > stored.next {
			let reason =
				format!("{count} hashes before block {}, from block {}", stored.next, stored.from);
			return Err(self.damaged(reason));
		}
		let hashes = stored
			.hashes
			.iter()
			.map(|text| BlockHash::from_str(text))
			.collect::<Result<_, _>>()
			.map_err(|error| self.damaged(error.to_string()))?;
		Ok(Some(SavePoint { from: stored.from, next: stored.next, hashes }))
	}

	/// Writes it.
	pub fn save(&self, point: &SavePoint) -> Result<(), CursorError> {
		let stored = Stored {
			version: VERSION,
			network: self.network,
			from: point.from,
			next: point.next,
			hashes: point.hashes.iter().map(ToString::to_string).collect(),
		};
		let text = serde_json::to_vec(&stored).map_err(|error| self.io(io::Error::other(error)))?;
		self.replace(&text).map_err(|error| self.io(error))
	}

	fn replace(&self, text: &[u8]) -> io::Result<()> {
		let folder = match self.path.parent() {
			Some(folder) if !folder.as_os_str().is_empty() => folder,
			_ => Path::new("."),
		};
		fs::create_dir_all(folder)?;
		let beside = self.path.with_extension("new");
		let mut file = File::create(&beside)?;
		file.write_all(text)?;
		file.sync_all()?;
		drop(file);
		fs::rename(&beside, &self.path)?;
		// The new name is on the disk only when the folder is.
		File::open(folder)?.sync_all()
	}

	fn io(&self, source: io::Error) -> CursorError {
		CursorError::Io { path: self.path.display().to_string(), source }
	}

	fn damaged(&self, reason: String) -> CursorError {
		CursorError::Damaged { path: self.path.display().to_string(), reason }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use bitcoin::hashes::Hash;

	fn point() -> SavePoint {
		let hashes = (0..5).map(|n| BlockHash::from_byte_array([n; 32])).collect();
		SavePoint { from: 7, next: 9, hashes }
	}

	fn file() -> (tempfile::TempDir, CursorFile) {
		let folder = tempfile::tempdir().unwrap();
		let file = CursorFile::new(folder.path().join("bitcoin/cursor.json"), Network::Regtest);
		(folder, file)
	}

	#[test]
	fn load_should_give_what_was_saved_when_the_folder_did_not_exist() {
		let (_folder, file) = file();
		assert_eq!(file.load().unwrap(), None);
		file.save(&point()).unwrap();
		assert_eq!(file.load().unwrap(), Some(point()));

		let later = SavePoint { from: 9, next: 11, ..point() };
		file.save(&later).unwrap();
		assert_eq!(file.load().unwrap(), Some(later));
	}

	#[test]
	fn load_should_give_the_old_state_when_a_write_was_interrupted() {
		let (_folder, file) = file();
		file.save(&point()).unwrap();
		fs::write(file.path().with_extension("new"), "{\"version\":1,").unwrap();
		assert_eq!(file.load().unwrap(), Some(point()));
		file.save(&point()).unwrap();
		assert_eq!(file.load().unwrap(), Some(point()));
	}

	#[test]
	fn load_should_refuse_when_the_file_is_of_another_network() {
		let (_folder, file) = file();
		file.save(&point()).unwrap();
		let other = CursorFile::new(file.path(), Network::Main);
		assert!(matches!(
			other.load(),
			Err(CursorError::OtherNetwork { found: Network::Regtest, expected: Network::Main, .. })
		));
	}

	#[test]
	fn load_should_call_it_damaged_when_it_is_not_what_was_written() {
		let (_folder, file) = file();
		file.save(&point()).unwrap();
		let good = fs::read_to_string(file.path()).unwrap();
		let bad = [
			String::new(),
			good[..good.len() - 1].to_string(),
			good.replace("\"version\":1", "\"version\":2"),
			good.replace("\"next\":9", "\"next\":4"),
			good.replace("\"from\":7", "\"from\":10"),
			good.replace("0404", "04"),
			r#"{"version":1,"network":"regtest","from":7,"next":9,"hashes":[]}"#.to_string(),
		];
		for text in bad {
			fs::write(file.path(), &text).unwrap();
			assert!(matches!(file.load(), Err(CursorError::Damaged { .. })), "{text}");
		}
		fs::write(file.path(), [0xff, 0xfe]).unwrap();
		assert!(matches!(file.load(), Err(CursorError::Damaged { .. })));
	}
}
