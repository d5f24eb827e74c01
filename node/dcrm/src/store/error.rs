//! What can go wrong with stored shares.

use std::{
	io,
	path::{Path, PathBuf},
};

use fusion_dcrm_primitives::{Attempt, GroupId};

/// Why a share could not be stored or read. None of them holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
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
	/// The password is not the one that the store was made with.
	#[error(
		"wrong password for the key share store {}: use the one that it was made with",
		.dir.display()
	)]
	WrongPassword {
		/// The store.
		dir: PathBuf,
	},
	/// There is no store.
	#[error("there is no key share store in {}: check the folder (--base-path, --chain)", .dir.display())]
	NoStore {
		/// Where it should be.
		dir: PathBuf,
	},
	/// The store is not the one that was backed up.
	#[error(
		"there is another key share store in {}, and it is not overwritten: move it away first",
		.dir.display()
	)]
	OtherStore {
		/// The store.
		dir: PathBuf,
	},
	/// There is no password.
	#[error("no password for the key share store {}: it may be empty in development only", .dir.display())]
	EmptyPassword {
		/// The store.
		dir: PathBuf,
	},
	/// A file is damaged, or was changed, moved or renamed.
	#[error(
		"{} is damaged or was tampered with ({reason}): restore this file from a backup, or take this \
		 node out of the group",
		.path.display()
	)]
	Corrupted {
		/// The file.
		path: PathBuf,
		/// What is wrong with it.
		reason: &'static str,
	},
	/// A file was written by a newer program.
	#[error(
		"{} has format version {found}, but this program knows none above {supported}: upgrade it",
		.path.display()
	)]
	NewerVersion {
		/// The file.
		path: PathBuf,
		/// Its version.
		found: u16,
		/// The highest version that this program knows.
		supported: u16,
	},
	/// There is another share of the same key already.
	#[error(
		"another share of group {group}, attempt {attempt}, is stored already, and is not replaced: \
		 move the old store away if it is of another node"
	)]
	Conflict {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
	},
	/// The record cannot be a share of its key.
	#[error(
		"the share of group {group}, attempt {attempt}, was not stored, as it is wrong: {reason}"
	)]
	Inconsistent {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// What is wrong with it.
		reason: &'static str,
	},
	/// A cryptographic step failed.
	#[error("cannot {action}: {reason}")]
	Crypto {
		/// What was tried.
		action: &'static str,
		/// Why it failed.
		reason: String,
	},
}

impl StoreError {
	/// For `map_err` on what the system says.
	pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
		let path = path.to_owned();
		move |source| Self::Io { action, path, source }
	}
}
