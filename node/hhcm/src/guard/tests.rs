//! Tests of the signing guard.

use std::fs;

use super::{
	format::{HEADER_SIZE, RECORD_SIZE},
	*,
};
use crate::testing::pair;
use sp_core::Pair;

const GENESIS: H256 = H256::repeat_byte(7);

fn statement(slot: u64, subject: Subject, hash: u8) -> Statement {
	Statement {
		author: pair(0).public(),
		parent: H256::repeat_byte(1),
		slot: slot.into(),
		subject,
		hash: H256::repeat_byte(hash),
	}
}

fn file(dir: &Path) -> PathBuf {
	dir.join(format!("{}.signed", hex::encode(GENESIS)))
}

#[test]
fn guard_should_refuse_a_second_statement_when_it_is_another() {
	let guard = Guard::volatile();
	guard.allow(&statement(1, Subject::Block, 1)).unwrap();
	guard.allow(&statement(1, Subject::Block, 1)).unwrap();
	assert!(matches!(
		guard.allow(&statement(1, Subject::Block, 2)),
		Err(GuardError::Conflict { .. })
	));
	// Elsewhere it is another matter.
	guard.allow(&statement(2, Subject::Block, 2)).unwrap();
	guard.allow(&statement(1, Subject::Package(0), 2)).unwrap();
	guard.allow(&statement(1, Subject::Package(1), 3)).unwrap();
	guard.allow(&Statement { parent: H256::zero(), ..statement(1, Subject::Block, 2) }).unwrap();
	guard
		.allow(&Statement { author: pair(1).public(), ..statement(1, Subject::Block, 2) })
		.unwrap();
	assert!(guard.allow(&statement(1, Subject::Package(1), 4)).is_err());
}

#[test]
fn guard_should_remember_when_it_is_opened_again() {
	let dir = tempfile::tempdir().unwrap();
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	guard.allow(&statement(1, Subject::Block, 1)).unwrap();
	guard.allow(&statement(1, Subject::Package(3), 1)).unwrap();
	drop(guard);
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	guard.allow(&statement(1, Subject::Block, 1)).unwrap();
	assert!(guard.allow(&statement(1, Subject::Block, 2)).is_err());
	assert!(guard.allow(&statement(1, Subject::Package(3), 2)).is_err());
	guard.allow(&statement(2, Subject::Block, 2)).unwrap();
	// Another chain is another matter.
	let other = Guard::open(dir.path(), H256::zero()).unwrap();
	other.allow(&statement(1, Subject::Block, 2)).unwrap();
}

#[test]
fn guard_should_be_refused_when_another_has_it() {
	let dir = tempfile::tempdir().unwrap();
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	assert!(matches!(Guard::open(dir.path(), GENESIS), Err(GuardError::InUse { .. })));
	drop(guard);
	Guard::open(dir.path(), GENESIS).unwrap();
}

#[test]
fn guard_should_drop_the_last_record_when_it_was_torn() {
	let dir = tempfile::tempdir().unwrap();
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	for slot in 1..=3 {
		guard.allow(&statement(slot, Subject::Block, 1)).unwrap();
	}
	drop(guard);
	let whole = fs::read(file(dir.path())).unwrap();
	assert_eq!(whole.len(), HEADER_SIZE + 3 * RECORD_SIZE);

	for length in 0..whole.len() {
		fs::write(file(dir.path()), &whole[..length]).unwrap();
		let guard = Guard::open(dir.path(), GENESIS).unwrap();
		let records = length.saturating_sub(HEADER_SIZE) / RECORD_SIZE;
		for slot in 1..=3 {
			let known = slot as usize <= records;
			assert_eq!(
				guard.allow(&statement(slot, Subject::Block, 2)).is_err(),
				known,
				"{length} bytes, slot {slot}"
			);
		}
		// What is written after a torn record can be read.
		drop(guard);
		let guard = Guard::open(dir.path(), GENESIS).unwrap();
		assert!(guard.allow(&statement(3, Subject::Block, 3)).is_err());
	}
}

#[test]
fn guard_should_drop_the_last_record_when_it_is_zeros() {
	let dir = tempfile::tempdir().unwrap();
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	guard.allow(&statement(1, Subject::Block, 1)).unwrap();
	drop(guard);
	let mut bytes = fs::read(file(dir.path())).unwrap();
	bytes.resize(bytes.len() + RECORD_SIZE, 0);
	fs::write(file(dir.path()), &bytes).unwrap();
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	assert!(guard.allow(&statement(1, Subject::Block, 2)).is_err());
	guard.allow(&statement(2, Subject::Block, 2)).unwrap();
}

#[test]
fn guard_should_not_open_when_it_is_damaged_elsewhere() {
	let dir = tempfile::tempdir().unwrap();
	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	for slot in 1..=3 {
		guard.allow(&statement(slot, Subject::Block, 1)).unwrap();
	}
	drop(guard);
	let whole = fs::read(file(dir.path())).unwrap();
	for at in 0..HEADER_SIZE + 2 * RECORD_SIZE {
		let mut bytes = whole.clone();
		bytes[at] ^= 1;
		fs::write(file(dir.path()), &bytes).unwrap();
		let error = Guard::open(dir.path(), GENESIS).map(drop).unwrap_err();
		if at == HEADER_SIZE - 1 {
			assert!(matches!(error, GuardError::UnknownVersion { .. }), "byte {at}: {error}");
		} else {
			assert!(matches!(error, GuardError::Corrupted { .. }), "byte {at}: {error}");
		}
		// It is left as it was found.
		assert_eq!(fs::read(file(dir.path())).unwrap(), bytes);
	}
}

#[test]
fn guard_should_forget_old_slots_when_there_are_many() {
	let dir = tempfile::tempdir().unwrap();
	let (log, _) = Log::open(dir.path(), GENESIS).unwrap();
	let mut state = State { log: Some(log), compact_at: 20, ..Default::default() };
	for slot in (0..30).map(|count| count * 100) {
		state.allow(&statement(slot, Subject::Block, 1)).unwrap();
	}
	assert!(state.signed.len() <= 21);
	assert!(matches!(
		state.allow(&statement(0, Subject::Block, 2)),
		Err(GuardError::TooOld { .. })
	));
	let (oldest, signed) = (state.oldest, state.signed.clone());
	drop(state);

	let guard = Guard::open(dir.path(), GENESIS).unwrap();
	{
		let reopened = guard.state.lock();
		assert_eq!(reopened.oldest, oldest);
		assert_eq!(reopened.signed, signed);
	}
	assert!(guard.allow(&statement(2_900, Subject::Block, 2)).is_err());
	assert!(guard.allow(&statement(0, Subject::Block, 1)).is_err());
	guard.allow(&statement(3_000, Subject::Block, 2)).unwrap();
}

#[test]
fn guard_should_sign_nothing_more_when_a_record_was_not_written() {
	let dir = tempfile::tempdir().unwrap();
	let (mut log, _) = Log::open(dir.path(), GENESIS).unwrap();
	// It can be read only.
	log.file = File::open(file(dir.path())).unwrap();
	let mut state = State { log: Some(log), compact_at: 20, ..Default::default() };
	assert!(matches!(state.allow(&statement(1, Subject::Block, 1)), Err(GuardError::Io { .. })));
	assert!(matches!(state.allow(&statement(1, Subject::Block, 1)), Err(GuardError::Broken)));
	assert!(state.signed.is_empty());
}
