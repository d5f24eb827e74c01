//! The signing guard: what this node has signed, on disk before it is signed.
//!
//! A node that seals two blocks for one parent and slot, or signs two packages for one parent, slot and
//! group, is punished. The guard sees to it that this never happens by accident: not when the node is killed
//! between signing and sending, not when a fork of the relay chain shows it the same slot again.
//!
//! The file is a log of records, each flushed to the disk before [`Guard::allow`] returns. A record that was
//! torn by a crash stood for nothing that was signed, and is dropped. Any other damage is not repaired: what
//! has been signed is not known then.

use std::{
	collections::HashMap,
	fs::{self, File, OpenOptions, TryLockError},
	io::{self, Read, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

use fusion_hhcm_primitives::{AuthorityId, GroupId, Slot};
use parking_lot::Mutex;
use sp_core::H256;

mod format;
#[cfg(test)]
mod tests;

use format::{Entry, HEADER};

/// Slots, back from the last, that are remembered when the file is made smaller. For those before them
/// nothing is signed any more.
pub const KEEP_SLOTS: u64 = 1_024;
/// Records from which the file is made smaller.
const MANY_RECORDS: usize = 8_192;

/// What is signed once only for an author, a parent and a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
	/// The seal of a block.
	Block,
	/// The package of a group.
	Package(GroupId),
}

impl std::fmt::Display for Subject {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match self {
			Self::Block => f.write_str("block"),
			Self::Package(group) => write!(f, "package of group {group}"),
		}
	}
}

/// What is about to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
	/// By whom.
	pub author: AuthorityId,
	/// On top of which block.
	pub parent: H256,
	/// For which slot.
	pub slot: Slot,
	/// As what.
	pub subject: Subject,
	/// Hash of the content.
	pub hash: H256,
}

/// Why something may not be signed.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
	/// Another one was signed already.
	#[error(
		"another {subject} was signed for slot {slot} on top of {parent}: signing a second one would be \
		 punished"
	)]
	Conflict {
		/// What was to be signed.
		subject: Subject,
		/// For which slot.
		slot: Slot,
		/// On top of which block.
		parent: H256,
	},
	/// What was signed for that slot is forgotten.
	#[error(
		"slot {slot} is too old to sign for: what was signed before slot {oldest} is not known any more \
		 (is the clock right?)"
	)]
	TooOld {
		/// The slot.
		slot: Slot,
		/// The first slot that can be signed for.
		oldest: Slot,
	},
	/// The system refused.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io {
		/// What was tried.
		action: &'static str,
		/// On which file or folder.
		path: PathBuf,
		/// What the system says.
		source: io::Error,
	},
	/// The file is damaged.
	#[error(
		"{} is damaged at byte {at}: what this node has signed is not known. Stop all nodes that have its \
		 keys, wait until the slots of its last hours are over, and move the file away",
		.path.display()
	)]
	Corrupted {
		/// The file.
		path: PathBuf,
		/// Where in it.
		at: usize,
	},
	/// The file is of a newer program.
	#[error("{} has a format that this program does not know: upgrade it", .path.display())]
	UnknownVersion {
		/// The file.
		path: PathBuf,
	},
	/// Another process has the file.
	#[error("{} is in use by another process: two nodes may not share it", .path.display())]
	InUse {
		/// The file.
		path: PathBuf,
	},
	/// An earlier record could not be written.
	#[error("the signing guard failed to write an earlier record: restart the node")]
	Broken,
}

impl GuardError {
	/// For `map_err` on what the system says.
	fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
		let path = path.to_owned();
		move |source| Self::Io { action, path, source }
	}
}

/// Everything of a statement but its content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
	slot: Slot,
	author: AuthorityId,
	parent: H256,
	subject: Subject,
}

impl From<&Statement> for Key {
	fn from(statement: &Statement) -> Self {
		Self {
			slot: statement.slot,
			author: statement.author.clone(),
			parent: statement.parent,
			subject: statement.subject,
		}
	}
}

/// Remembers what this node has signed.
#[derive(Debug)]
pub struct Guard {
	state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
	signed: HashMap<Key, H256>,
	/// Nothing before this slot is signed.
	oldest: Slot,
	log: Option<Log>,
	compact_at: usize,
}

impl Guard {
	/// Opens the guard of the chain with this first block in the folder `dir`, or makes one.
	pub fn open(dir: &Path, genesis: H256) -> Result<Self, GuardError> {
		fs::create_dir_all(dir).map_err(GuardError::io("make the folder", dir))?;
		let (log, entries) = Log::open(dir, genesis)?;
		let mut state = State { log: Some(log), compact_at: MANY_RECORDS, ..Default::default() };
		for entry in entries {
			match entry {
				Entry::Oldest(slot) => state.oldest = slot,
				Entry::Signed(key, hash) => {
					state.signed.insert(key, hash);
				},
			}
		}
		Ok(Self { state: Mutex::new(state) })
	}

	/// A guard that forgets everything when the node ends: for a chain that no other node has.
	pub fn volatile() -> Self {
		let state = State { compact_at: MANY_RECORDS, ..Default::default() };
		Self { state: Mutex::new(state) }
	}

	/// Remembers a statement, so that it may be signed. The same one is allowed again.
	///
	/// When this returns `Ok`, it is on the disk.
	pub fn allow(&self, statement: &Statement) -> Result<(), GuardError> {
		self.state.lock().allow(statement)
	}
}

impl State {
	fn allow(&mut self, statement: &Statement) -> Result<(), GuardError> {
		let Statement { parent, slot, subject, hash, .. } = *statement;
		let key = Key::from(statement);
		match self.signed.get(&key) {
			Some(signed) if *signed == hash => return Ok(()),
			Some(_) => return Err(GuardError::Conflict { subject, slot, parent }),
			None => (),
		}
		if slot < self.oldest {
			return Err(GuardError::TooOld { slot, oldest: self.oldest });
		}
		if let Some(log) = &mut self.log {
			log.append(&Entry::Signed(key.clone(), hash))?;
		}
		self.signed.insert(key, hash);
		if self.signed.len() > self.compact_at {
			self.compact();
		}
		Ok(())
	}

	/// Forgets old slots.
	fn compact(&mut self) {
		let last = self.signed.keys().map(|key| key.slot).max().unwrap_or_default();
		self.oldest = self.oldest.max(last.saturating_sub(KEEP_SLOTS));
		let oldest = self.oldest;
		self.signed.retain(|key, _| key.slot >= oldest);
		self.compact_at = self.signed.len().saturating_mul(2).max(MANY_RECORDS);
		let Some(log) = &mut self.log else { return };
		let signed = self.signed.iter().map(|(key, hash)| Entry::Signed(key.clone(), *hash));
		if let Err(error) = log.rewrite(std::iter::once(Entry::Oldest(oldest)).chain(signed)) {
			// The old file is still there, and says more.
			log::warn!(target: crate::LOG_TARGET, "the signing guard keeps its old file: {error}");
		}
	}
}

/// The file.
#[derive(Debug)]
struct Log {
	dir: PathBuf,
	path: PathBuf,
	file: File,
	/// Locked as long as this node runs.
	_lock: File,
	broken: bool,
}

impl Log {
	fn open(dir: &Path, genesis: H256) -> Result<(Self, Vec<Entry>), GuardError> {
		let path = dir.join(format!("{}.signed", hex::encode(genesis)));
		let lock = lock(&path.with_extension("lock"))?;
		let mut file = open_log(&path)?;
		let mut bytes = Vec::new();
		file.read_to_end(&mut bytes).map_err(GuardError::io("read", &path))?;
		let (entries, valid) = format::read(&bytes, &path)?;
		let mut log = Self { dir: dir.into(), path, file, _lock: lock, broken: false };
		log.file.set_len(valid as u64).map_err(GuardError::io("shorten", &log.path))?;
		if valid == 0 {
			log.file.write_all(&HEADER).map_err(GuardError::io("write", &log.path))?;
		}
		// Also what a run wrote that ended before it was flushed.
		log.file.sync_all().map_err(GuardError::io("flush", &log.path))?;
		log.sync_dir()?;
		Ok((log, entries))
	}

	fn append(&mut self, entry: &Entry) -> Result<(), GuardError> {
		if self.broken {
			return Err(GuardError::Broken);
		}
		let written =
			self.file.write_all(&format::encode(entry)).and_then(|()| self.file.sync_all());
		// Half a record may be there, and what the disk has is not known.
		self.broken = written.is_err();
		written.map_err(GuardError::io("write", &self.path))
	}

	/// Replaces the file, completely or not at all.
	fn rewrite(&mut self, entries: impl Iterator<Item = Entry>) -> Result<(), GuardError> {
		let mut bytes = HEADER.to_vec();
		for entry in entries {
			bytes.extend_from_slice(&format::encode(&entry));
		}
		let temporary = self.path.with_extension("new");
		if let Err(error) = fs::remove_file(&temporary) {
			if error.kind() != io::ErrorKind::NotFound {
				return Err(GuardError::io("remove", &temporary)(error));
			}
		}
		let mut file = open_log(&temporary)?;
		file.write_all(&bytes)
			.and_then(|()| file.sync_all())
			.map_err(GuardError::io("write", &temporary))?;
		fs::rename(&temporary, &self.path).map_err(GuardError::io("replace", &self.path))?;
		// From here on the new file counts, also if the folder's flush fails: the old one has no name.
		self.file = file;
		self.broken = true;
		self.sync_dir()?;
		self.broken = false;
		Ok(())
	}

	/// Makes names in the folder survive a power failure.
	fn sync_dir(&self) -> Result<(), GuardError> {
		File::open(&self.dir)
			.and_then(|dir| dir.sync_all())
			.map_err(GuardError::io("flush the folder", &self.dir))
	}
}

fn open_log(path: &Path) -> Result<File, GuardError> {
	OpenOptions::new()
		.read(true)
		.append(true)
		.create(true)
		.mode(0o600)
		.open(path)
		.map_err(GuardError::io("open", path))
}

/// Locks a file for this process.
fn lock(path: &Path) -> Result<File, GuardError> {
	let file = open_log(path)?;
	match file.try_lock() {
		Ok(()) => Ok(file),
		Err(TryLockError::WouldBlock) => Err(GuardError::InUse { path: path.into() }),
		Err(TryLockError::Error(error)) => Err(GuardError::io("lock", path)(error)),
	}
}
