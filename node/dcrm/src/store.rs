//! Key shares at rest.
//!
//! A *store* is a folder of one node: a header that says how the password becomes a key, and one file
//! a share.
//!
//! ```text
//!  password ──Argon2id (header: cost, salt)──▶ key ──XChaCha20-Poly1305──▶ shares
//!
//!  <dir>/store.header                        written once, when the store is made
//!  <dir>/<genesis>-<group>-<attempt>.share   written once each, never changed; erased when its epoch is over
//! ```
//!
//! - The password is turned into a key once, when the store is opened (a second and 64 MiB, so that
//!   guessing is expensive). Each file is then encrypted under that key with a nonce of its own,
//!   which at 24 random bytes never repeats.
//! - Authenticated with each share, apart from itself: the store's header, the format version, and
//!   whose share it is (chain, group, attempt, index). A share that was moved, renamed or copied from
//!   another store does not open.
//! - A file is there completely or not at all: it is written under another name, flushed to the disk,
//!   linked to its own name, and the folder is flushed. Linking (unlike renaming) fails if the name is
//!   taken, so a share is never overwritten, whatever else writes into the folder.
//! - Files can be read by their owner only (0600, the folder 0700).
//! - Nothing else is ever stored: no nonces, no dealing, nothing of a ceremony under way.
//!
//! What an attacker with the disk but without the password can do is to delete or to bring back files.
//! Neither tells it anything; a missing or damaged share costs the member its part in that key.
//!
//! One process uses a store at a time.

use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
	fs::{self, DirBuilder, File, OpenOptions, Permissions},
	io::{self, Write},
	os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
};

use chacha20poly1305::XChaCha20Poly1305;
use fusion_dcrm_primitives::{Attempt, GroupId, MemberIndex, PublicKey};
use fusion_vss::{KeyShare, Secp256k1};
use parking_lot::Mutex;
use sp_core::H256;
use zeroize::Zeroizing;

mod backup;
mod error;
mod format;
#[cfg(test)]
mod tests;

pub use error::StoreError;
use format::Header;

/// Name of the file that says how the password becomes a key.
const HEADER: &str = "store.header";
/// How names of share files end.
const SHARE: &str = "share";
/// How names of files being written end.
const TEMPORARY: &str = "tmp";

/// What it costs to turn the password into a key. Decided when a store is made, and kept in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argon2Profile {
	/// 64 MiB, three passes: for every store that holds shares of real keys.
	Standard,
	/// 1 MiB, one pass: for tests and development networks. May have an empty password.
	Development,
}

/// A member's share of a group's key, and what it takes to use it.
#[derive(Clone, PartialEq, Eq)]
pub struct ShareRecord {
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The attempt, at key generation or at a handover, that the share is from.
	pub attempt: Attempt,
	/// The member's index.
	pub index: MemberIndex,
	/// How many members it takes to sign.
	pub threshold: u16,
	/// The group's master public key.
	pub key: PublicKey,
	/// `x_j·G` of each member's share, by index.
	pub verifying_shares: BTreeMap<MemberIndex, PublicKey>,
	/// The share, as [`KeyShare::to_bytes`] has it. Wiped when dropped.
	pub secret: Zeroizing<[u8; 32]>,
}

/// Says all but the secret.
impl fmt::Debug for ShareRecord {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("ShareRecord")
			.field("genesis", &self.genesis)
			.field("group", &self.group)
			.field("attempt", &self.attempt)
			.field("index", &self.index)
			.field("threshold", &self.threshold)
			.field("key", &hex::encode(self.key))
			.finish_non_exhaustive()
	}
}

impl ShareRecord {
	/// Why this cannot be a share of the key, if so.
	fn inconsistency(&self) -> Option<&'static str> {
		let Ok(share) = KeyShare::<Secp256k1>::from_bytes(self.index, &self.secret) else {
			return Some("its secret is not a scalar, or its index is 0");
		};
		match self.verifying_shares.get(&self.index) {
			None => return Some("there is no verifying share of its index"),
			Some(public) if *public != share.verifying_share() => {
				return Some("its secret does not fit its verifying share")
			},
			Some(_) => (),
		}
		if self.threshold == 0 || usize::from(self.threshold) > self.verifying_shares.len() {
			return Some("its threshold is not from 1 to the number of members");
		}
		None
	}
}

/// What is known of a stored share without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRecordInfo {
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The attempt, at key generation or at a handover, that the share is from.
	pub attempt: Attempt,
	/// The member's index.
	pub index: MemberIndex,
	/// How many members it takes to sign.
	pub threshold: u16,
	/// The group's master public key.
	pub key: PublicKey,
}

impl From<&ShareRecord> for ShareRecordInfo {
	fn from(record: &ShareRecord) -> Self {
		let ShareRecord { genesis, group, attempt, index, threshold, key, .. } = *record;
		Self { genesis, group, attempt, index, threshold, key }
	}
}

/// A folder of encrypted key shares, opened with its password.
pub struct KeyStore {
	dir: PathBuf,
	/// Everything is bound to it.
	header: Header,
	cipher: XChaCha20Poly1305,
	/// Held while a share is written.
	writing: Mutex<()>,
}

/// Says where it is, and nothing else.
impl fmt::Debug for KeyStore {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("KeyStore").field("dir", &self.dir).finish_non_exhaustive()
	}
}

impl KeyStore {
	/// Opens the store in `dir`. Fails if there is none.
	pub fn open_existing(dir: &Path, password: &[u8]) -> Result<Self, StoreError> {
		let path = dir.join(HEADER);
		let Some(bytes) = read(&path)? else {
			return Err(StoreError::NoStore { dir: dir.into() });
		};
		let (header, cipher) = Header::open(&bytes, password, &path)?;
		Ok(Self { dir: dir.into(), header, cipher, writing: Mutex::new(()) })
	}

	/// Opens the store in `dir`, or makes one, with the folder, if there is none.
	///
	/// `profile` counts when the store is made; an existing one says itself what its key costs.
	pub fn open(dir: &Path, password: &[u8], profile: Argon2Profile) -> Result<Self, StoreError> {
		if password.is_empty() && profile == Argon2Profile::Standard {
			return Err(StoreError::EmptyPassword { dir: dir.into() });
		}
		prepare_dir(dir)?;
		let path = dir.join(HEADER);
		let (header, cipher) = match read(&path)? {
			Some(bytes) => Header::open(&bytes, password, &path)?,
			None => {
				// A new salt would make the shares that are there unreadable for good.
				if !share_files(dir)?.is_empty() {
					let reason = "it is missing, though there are shares";
					return Err(StoreError::Corrupted { path, reason });
				}
				let (header, cipher) = Header::create(password, profile)?;
				if write_new(dir, &path, header.bytes())? {
					(header, cipher)
				} else {
					// Somebody else was a moment earlier: theirs counts.
					let bytes = read(&path)?.unwrap_or_default();
					Header::open(&bytes, password, &path)?
				}
			},
		};
		Ok(Self { dir: dir.into(), header, cipher, writing: Mutex::new(()) })
	}

	/// Stores a share. When this returns, the share is on the disk, and survives a power failure.
	///
	/// Storing a share twice is fine. A different share of the same chain, group and attempt is
	/// refused, and so is a record whose secret does not fit it.
	pub fn save(&self, record: &ShareRecord) -> Result<(), StoreError> {
		let (group, attempt) = (record.group, record.attempt);
		if let Some(reason) = record.inconsistency() {
			return Err(StoreError::Inconsistent { group, attempt, reason });
		}
		let bytes = format::seal(&self.cipher, &self.header, record)?;
		let path = self.path(record.genesis, group, attempt);
		let _writing = self.writing.lock();
		if write_new(&self.dir, &path, &bytes)? {
			return Ok(());
		}
		if self.load(record.genesis, group, attempt)?.as_ref() != Some(record) {
			return Err(StoreError::Conflict { group, attempt });
		}
		// It may have been written by a run that ended before the folder was flushed.
		sync_dir(&self.dir)
	}

	/// The share of this chain, group and attempt. `None` if there is none; an error if it is there
	/// and cannot be used.
	pub fn load(
		&self,
		genesis: H256,
		group: GroupId,
		attempt: Attempt,
	) -> Result<Option<ShareRecord>, StoreError> {
		let path = self.path(genesis, group, attempt);
		let Some(bytes) = read(&path)? else { return Ok(None) };
		let record = format::open(&self.cipher, &self.header, &bytes, &path)?;
		if (record.genesis, record.group, record.attempt) != (genesis, group, attempt) {
			return Err(StoreError::Corrupted {
				path,
				reason: "it holds the share that another file name stands for",
			});
		}
		if let Some(reason) = record.inconsistency() {
			return Err(StoreError::Corrupted { path, reason });
		}
		Ok(Some(record))
	}

	/// All shares, without their secrets, in order of chain, group and attempt. Each is opened, so
	/// that a damaged one is found.
	pub fn list(&self) -> Result<Vec<ShareRecordInfo>, StoreError> {
		let mut infos = Vec::new();
		for path in share_files(&self.dir)? {
			let Some(bytes) = read(&path)? else { continue };
			let record = format::open(&self.cipher, &self.header, &bytes, &path)?;
			if path != self.path(record.genesis, record.group, record.attempt) {
				return Err(StoreError::Corrupted {
					path,
					reason: "it holds the share that another file name stands for",
				});
			}
			infos.push(ShareRecordInfo::from(&record));
		}
		infos.sort_by_key(|info| (info.genesis, info.group, info.attempt));
		Ok(infos)
	}

	/// The groups of this chain of which there are shares.
	pub fn groups(&self, genesis: H256) -> Result<BTreeSet<GroupId>, StoreError> {
		let files = share_files(&self.dir)?;
		Ok(files.iter().filter_map(|path| named(path, genesis)).map(|(group, _)| group).collect())
	}

	/// Erases the shares of this chain and group that are of earlier attempts than this one, but for those of the
	/// attempts in `keep`. Returns which.
	///
	/// Each file is overwritten before it is removed. What a file system with copies or snapshots, or a disk
	/// that moves blocks around, keeps of it is encrypted as the file was.
	pub fn erase_below(
		&self,
		genesis: H256,
		group: GroupId,
		attempt: Attempt,
		keep: &[Attempt],
	) -> Result<Vec<Attempt>, StoreError> {
		let _writing = self.writing.lock();
		let mut erased = Vec::new();
		for path in share_files(&self.dir)? {
			let old = named(&path, genesis)
				.filter(|(of, old)| *of == group && *old < attempt && !keep.contains(old));
			let Some((_, old)) = old else { continue };
			erase(&path)?;
			erased.push(old);
		}
		if !erased.is_empty() {
			sync_dir(&self.dir)?;
		}
		erased.sort_unstable();
		Ok(erased)
	}

	fn path(&self, genesis: H256, group: GroupId, attempt: Attempt) -> PathBuf {
		self.dir.join(format!("{}-{group}-{attempt}.{SHARE}", hex::encode(genesis)))
	}
}

/// Makes the folder if need be, for its owner only, and clears away what an interrupted run left.
fn prepare_dir(dir: &Path) -> Result<(), StoreError> {
	DirBuilder::new()
		.recursive(true)
		.mode(0o700)
		.create(dir)
		.map_err(StoreError::io("make the folder", dir))?;
	let mode = fs::metadata(dir).map_err(StoreError::io("look at", dir))?.permissions().mode();
	if mode & 0o077 != 0 {
		fs::set_permissions(dir, Permissions::from_mode(0o700))
			.map_err(StoreError::io("restrict access to", dir))?;
	}
	for path in files(dir, TEMPORARY)? {
		fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
	}
	Ok(())
}

fn share_files(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
	files(dir, SHARE)
}

/// The group and the attempt that a file's name says, if it is of this chain.
fn named(path: &Path, genesis: H256) -> Option<(GroupId, Attempt)> {
	let name = path.file_stem()?.to_str()?;
	let numbers = name.strip_prefix(&hex::encode(genesis))?.strip_prefix('-')?;
	let (group, attempt) = numbers.split_once('-')?;
	let (group, attempt): (GroupId, Attempt) = (group.parse().ok()?, attempt.parse().ok()?);
	// Numbers can be written in other ways, but not by us.
	(numbers == format!("{group}-{attempt}")).then_some((group, attempt))
}

/// Overwrites a file, and removes it.
fn erase(path: &Path) -> Result<(), StoreError> {
	let mut file =
		OpenOptions::new().write(true).open(path).map_err(StoreError::io("open", path))?;
	let length = file.metadata().map_err(StoreError::io("look at", path))?.len();
	let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
	file.write_all(&zeros)
		.and_then(|()| file.sync_all())
		.map_err(StoreError::io("overwrite", path))?;
	fs::remove_file(path).map_err(StoreError::io("remove", path))
}

/// The files in the folder whose names end so.
fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>, StoreError> {
	let mut found = Vec::new();
	for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
		let path = entry.map_err(StoreError::io("list", dir))?.path();
		if path.extension().is_some_and(|found| found == extension) {
			found.push(path);
		}
	}
	Ok(found)
}

/// `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
	match fs::read(path) {
		Ok(bytes) => Ok(Some(bytes)),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
		Err(error) => Err(StoreError::io("read", path)(error)),
	}
}

/// Writes a file that is not there yet, completely or not at all. `false` if there is one already;
/// it is left alone.
fn write_new(dir: &Path, path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
	let temporary = path.with_extension(TEMPORARY);
	match fs::remove_file(&temporary) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => {
			return Err(StoreError::io("remove", &temporary)(error))
		},
		_ => (),
	}
	let mut file = OpenOptions::new()
		.write(true)
		.create_new(true)
		.mode(0o600)
		.open(&temporary)
		.map_err(StoreError::io("create", &temporary))?;
	file.write_all(bytes)
		.and_then(|()| file.sync_all())
		.map_err(StoreError::io("write", &temporary))?;
	let linked = fs::hard_link(&temporary, path);
	fs::remove_file(&temporary).map_err(StoreError::io("remove", &temporary))?;
	match linked {
		Ok(()) => {
			sync_dir(dir)?;
			Ok(true)
		},
		Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
		Err(error) => {
			Err(StoreError::io("link (does the file system have hard links?)", path)(error))
		},
	}
}

/// Makes names in the folder survive a power failure.
fn sync_dir(dir: &Path) -> Result<(), StoreError> {
	File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io("flush the folder", dir))
}
