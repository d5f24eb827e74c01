//! The signing guard's file: a header, and records of one size.

use std::path::Path;

use fusion_hhcm_primitives::{AuthorityId, Slot};
use sp_core::{sr25519, H256};
use sp_crypto_hashing::blake2_256;

use super::{GuardError, Key, Subject};

/// What the file begins with. The last byte is the version of the format.
pub(super) const HEADER: [u8; HEADER_SIZE] = *b"fhhcmsg\x01";
/// Bytes of the header.
pub(super) const HEADER_SIZE: usize = 8;
/// Bytes of a record: slot, kind, group, author, parent, hash, check.
pub(super) const RECORD_SIZE: usize = CHECKED + 8;
/// Bytes of a record before its check.
const CHECKED: usize = 8 + 1 + 1 + 32 + 32 + 32;

const OLDEST: u8 = 0;
const BLOCK: u8 = 1;
const PACKAGE: u8 = 2;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
	/// Nothing before this slot is signed any more.
	Oldest(Slot),
	/// This was signed.
	Signed(Key, H256),
}

/// A record's bytes.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(RECORD_SIZE);
	match entry {
		Entry::Oldest(slot) => {
			bytes.extend_from_slice(&u64::from(*slot).to_le_bytes());
			bytes.push(OLDEST);
			bytes.resize(CHECKED, 0);
		},
		Entry::Signed(key, hash) => {
			bytes.extend_from_slice(&u64::from(key.slot).to_le_bytes());
			let (kind, group) = match key.subject {
				Subject::Block => (BLOCK, 0),
				Subject::Package(group) => (PACKAGE, group),
			};
			bytes.extend_from_slice(&[kind, group]);
			let author: &[u8] = key.author.as_ref();
			bytes.extend_from_slice(author);
			bytes.extend_from_slice(key.parent.as_bytes());
			bytes.extend_from_slice(hash.as_bytes());
		},
	}
	let check = check(&bytes);
	bytes.extend_from_slice(&check);
	bytes
}

fn check(bytes: &[u8]) -> [u8; 8] {
	let mut check = [0; 8];
	check.copy_from_slice(&blake2_256(bytes)[..8]);
	check
}

/// `None` if it is none.
fn decode(record: &[u8]) -> Option<Entry> {
	let (bytes, checked) = record.split_at_checked(CHECKED)?;
	if check(bytes) != checked {
		return None;
	}
	let (slot, rest) = bytes.split_first_chunk::<8>()?;
	let slot = Slot::from(u64::from_le_bytes(*slot));
	let ([kind, group], rest) = rest.split_first_chunk::<2>()?;
	let (author, rest) = rest.split_first_chunk::<32>()?;
	let (parent, rest) = rest.split_first_chunk::<32>()?;
	let (hash, _) = rest.split_first_chunk::<32>()?;
	let subject = match *kind {
		OLDEST => return Some(Entry::Oldest(slot)),
		BLOCK => Subject::Block,
		PACKAGE => Subject::Package(*group),
		_ => return None,
	};
	let author = AuthorityId::from(sr25519::Public::from_raw(*author));
	let key = Key { slot, author, parent: H256(*parent), subject };
	Some(Entry::Signed(key, H256(*hash)))
}

/// Reads a file: its records, and how many of its bytes are valid. `path` is for errors.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<(Vec<Entry>, usize), GuardError> {
	let corrupted = |at| GuardError::Corrupted { path: path.into(), at };
	let Some((header, records)) = bytes.split_at_checked(HEADER_SIZE) else {
		// Torn when the file was made.
		return if HEADER.starts_with(bytes) { Ok((vec![], 0)) } else { Err(corrupted(0)) };
	};
	if header != HEADER.as_slice() {
		let ours = header.split_last().map(|(_, name)| name);
		return Err(if ours == HEADER.split_last().map(|(_, name)| name) {
			GuardError::UnknownVersion { path: path.into() }
		} else {
			corrupted(0)
		});
	}
	let mut entries = Vec::with_capacity(records.len() / RECORD_SIZE);
	let mut valid = HEADER_SIZE;
	for record in records.chunks(RECORD_SIZE) {
		match decode(record) {
			Some(entry) => entries.push(entry),
			// Each record was flushed before the next one was begun, so only the last can be torn.
			None if valid.saturating_add(record.len()) == bytes.len() => break,
			None => return Err(corrupted(valid)),
		}
		valid = valid.saturating_add(RECORD_SIZE);
	}
	Ok((entries, valid))
}
