//! A store in one file, to be kept elsewhere.
//!
//! ```text
//!  magic "FSN-BACK"  version u16  header of the store  files (count, then name and content each)
//!  checksum 32 (of all before it)
//! ```
//!
//! Shares are in it as they are on the disk, encrypted: it is as safe as the store is, and needs the same
//! password. A backup from before a handover is of no use after it: its shares are of an epoch that is over.

use std::{fs, path::Path};

use codec::{Decode, DecodeAll, Encode};

use super::{
	format::{self, checksum, Header, FORMAT_VERSION},
	prepare_dir, read, share_files, write_new, KeyStore, ShareRecord, ShareRecordInfo, StoreError,
	HEADER, SHARE,
};

const MAGIC: [u8; 8] = *b"FSN-BACK";
const CHECKSUM_LENGTH: usize = 32;
/// Most shares that a backup has. A node is in few groups.
const MAX_FILES: usize = 10_000;

/// What a backup holds.
#[derive(Encode, Decode)]
struct Backup {
	magic: [u8; 8],
	version: u16,
	header: Vec<u8>,
	files: Vec<(String, Vec<u8>)>,
}

impl KeyStore {
	/// All of the store in one piece. Each share is opened on the way: what cannot be used is not backed up.
	pub fn backup(&self) -> Result<Vec<u8>, StoreError> {
		self.list()?;
		let mut files = Vec::new();
		for path in share_files(&self.dir)? {
			let name = path.file_name().and_then(|name| name.to_str()).map(String::from);
			// All names are our own.
			let (Some(name), Some(bytes)) = (name, read(&path)?) else { continue };
			files.push((name, bytes));
		}
		files.sort();
		let header = self.header.bytes().to_vec();
		let mut bytes = Backup { magic: MAGIC, version: FORMAT_VERSION, header, files }.encode();
		bytes.extend(checksum(&bytes));
		Ok(bytes)
	}

	/// Writes the shares of the backup in `file` into the store in `dir`, which is empty, is not there, or is the
	/// one that was backed up. Returns what the backup holds.
	///
	/// Nothing is written unless the password opens all of it, and nothing is overwritten: a share that is there
	/// already has to be the same.
	pub fn restore(
		dir: &Path,
		file: &Path,
		password: &[u8],
	) -> Result<Vec<ShareRecordInfo>, StoreError> {
		let bytes = fs::read(file).map_err(StoreError::io("read", file))?;
		let Backup { header, files, .. } = parse(&bytes, file)?;
		let (opened, cipher) = Header::open(&header, password, file)?;
		let mut records: Vec<(ShareRecord, Vec<u8>)> = Vec::new();
		for (name, bytes) in files {
			let record = format::open(&cipher, &opened, &bytes, file)?;
			let expected = format!(
				"{}-{}-{}.{SHARE}",
				hex::encode(record.genesis),
				record.group,
				record.attempt
			);
			if name != expected {
				let reason = "it holds a share under the name of another one";
				return Err(StoreError::Corrupted { path: file.into(), reason });
			}
			records.push((record, bytes));
		}

		prepare_dir(dir)?;
		let path = dir.join(HEADER);
		match read(&path)? {
			Some(present) if present == header => (),
			Some(_) => return Err(StoreError::OtherStore { dir: dir.into() }),
			None if !share_files(dir)?.is_empty() => {
				return Err(StoreError::OtherStore { dir: dir.into() });
			},
			None => drop(write_new(dir, &path, &header)?),
		}
		let store = Self { dir: dir.into(), header: opened, cipher, writing: Default::default() };
		for (record, bytes) in &records {
			let path = store.path(record.genesis, record.group, record.attempt);
			let (group, attempt) = (record.group, record.attempt);
			if !write_new(dir, &path, bytes)?
				&& store.load(record.genesis, group, attempt)?.as_ref() != Some(record)
			{
				return Err(StoreError::Conflict { group, attempt });
			}
		}
		Ok(records.iter().map(|(record, _)| ShareRecordInfo::from(record)).collect())
	}
}

fn parse(bytes: &[u8], file: &Path) -> Result<Backup, StoreError> {
	let corrupted = |reason| StoreError::Corrupted { path: file.into(), reason };
	let mut start = bytes;
	let (magic, version) =
		<([u8; 8], u16)>::decode(&mut start).map_err(|_| corrupted("it is too short"))?;
	if magic != MAGIC {
		return Err(corrupted("it is not a backup of a key share store"));
	}
	if version > FORMAT_VERSION {
		return Err(StoreError::NewerVersion {
			path: file.into(),
			found: version,
			supported: FORMAT_VERSION,
		});
	}
	let (content, expected) =
		bytes.split_last_chunk::<CHECKSUM_LENGTH>().ok_or_else(|| corrupted("it is too short"))?;
	if checksum(content) != *expected {
		return Err(corrupted("its checksum is wrong"));
	}
	let backup = Backup::decode_all(&mut &*content)
		.map_err(|_| corrupted("its content is not that of a backup"))?;
	if backup.files.len() > MAX_FILES {
		return Err(corrupted("it has too many files"));
	}
	Ok(backup)
}

#[cfg(test)]
mod tests {
	use std::path::PathBuf;

	use proptest::prelude::*;
	use tempfile::TempDir;

	use super::*;
	use crate::store::{
		tests::{new_store, record, PASSWORD},
		Argon2Profile,
	};

	/// A store with two shares, and a backup of it.
	fn backed_up() -> (TempDir, KeyStore, PathBuf) {
		let (dir, store) = new_store();
		store.save(&record(7, 1, 5)).unwrap();
		store.save(&record(8, 0, 6)).unwrap();
		let file = dir.path().join("backup");
		fs::write(&file, store.backup().unwrap()).unwrap();
		(dir, store, file)
	}

	fn open(dir: &Path) -> KeyStore {
		KeyStore::open(dir, PASSWORD, Argon2Profile::Development).unwrap()
	}

	#[test]
	fn shares_should_be_there_when_a_backup_was_restored() {
		let (_dir, store, file) = backed_up();
		let other = tempfile::tempdir().unwrap();
		let folder = other.path().join("new");
		let restored = KeyStore::restore(&folder, &file, PASSWORD).unwrap();
		assert_eq!(restored.len(), 2);
		assert_eq!(open(&folder).list().unwrap(), store.list().unwrap());
		// Again, and after one was lost: nothing changes but that.
		fs::remove_file(open(&folder).path(restored[0].genesis, 7, 1)).unwrap();
		KeyStore::restore(&folder, &file, PASSWORD).unwrap();
		assert_eq!(open(&folder).list().unwrap(), store.list().unwrap());
	}

	#[test]
	fn backup_should_not_be_restored_over_another_store() {
		let (_dir, _store, file) = backed_up();
		let (other, own) = new_store();
		own.save(&record(9, 0, 3)).unwrap();
		let refused = KeyStore::restore(other.path(), &file, PASSWORD);
		assert!(matches!(refused, Err(StoreError::OtherStore { .. })), "{refused:?}");
		assert_eq!(own.list().unwrap().len(), 1);
	}

	#[test]
	fn nothing_should_be_written_when_the_password_is_wrong() {
		let (_dir, _store, file) = backed_up();
		let other = tempfile::tempdir().unwrap();
		let folder = other.path().join("new");
		let refused = KeyStore::restore(&folder, &file, b"guess");
		assert!(matches!(refused, Err(StoreError::WrongPassword { .. })), "{refused:?}");
		assert!(!folder.exists());
	}

	#[test]
	fn backup_should_not_show_a_share() {
		let (_dir, store, _file) = backed_up();
		let bytes = store.backup().unwrap();
		for secret in [[5; 32], [6; 32]] {
			assert!(!bytes.windows(32).any(|window| window == secret));
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(64))]

		#[test]
		fn backup_should_be_refused_when_it_was_changed(at in any::<prop::sample::Index>(), bit in 0..8u8) {
			let (dir, store, file) = backed_up();
			let mut bytes = store.backup().unwrap();
			let at = at.index(bytes.len());
			bytes[at] ^= 1 << bit;
			fs::write(&file, &bytes).unwrap();
			let folder = dir.path().join("new");
			prop_assert!(KeyStore::restore(&folder, &file, PASSWORD).is_err());
			prop_assert!(!folder.exists());
		}

		#[test]
		fn backup_should_be_refused_when_it_is_noise(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
			let dir = tempfile::tempdir().unwrap();
			let file = dir.path().join("backup");
			fs::write(&file, &bytes).unwrap();
			prop_assert!(KeyStore::restore(&dir.path().join("new"), &file, PASSWORD).is_err());
		}
	}
}
