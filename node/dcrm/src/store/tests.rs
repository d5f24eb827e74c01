use std::os::unix::fs::MetadataExt;

use tempfile::TempDir;

use super::*;

pub(super) const PASSWORD: &[u8] = b"correct horse battery staple";

fn open(dir: &Path) -> Result<KeyStore, StoreError> {
	KeyStore::open(dir, PASSWORD, Argon2Profile::Development)
}

pub(super) fn new_store() -> (TempDir, KeyStore) {
	let dir = tempfile::tempdir().unwrap();
	let store = open(dir.path()).unwrap();
	(dir, store)
}

fn verifying_share(index: u16, secret: &[u8; 32]) -> PublicKey {
	KeyShare::<Secp256k1>::from_bytes(index, secret).unwrap().verifying_share()
}

/// Share 2 of 4.
pub(super) fn record(group: GroupId, attempt: Attempt, secret: u8) -> ShareRecord {
	let secret = [secret; 32];
	ShareRecord {
		genesis: H256::repeat_byte(0xab),
		group,
		attempt,
		index: 2,
		threshold: 3,
		key: verifying_share(1, &[77; 32]),
		verifying_shares: (1..=4)
			.map(|index| (index, if index == 2 { secret } else { [index as u8; 32] }))
			.map(|(index, secret)| (index, verifying_share(index, &secret)))
			.collect(),
		secret: Zeroizing::new(secret),
	}
}

fn load(store: &KeyStore, record: &ShareRecord) -> Result<Option<ShareRecord>, StoreError> {
	store.load(record.genesis, record.group, record.attempt)
}

fn path(store: &KeyStore, record: &ShareRecord) -> PathBuf {
	store.path(record.genesis, record.group, record.attempt)
}

/// Damages a file as told.
fn damage(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
	let mut bytes = fs::read(path).unwrap();
	how(&mut bytes);
	fs::write(path, bytes).unwrap();
}

#[test]
fn share_should_be_there_when_the_store_is_opened_again() {
	let (dir, store) = new_store();
	let record = record(7, 1, 5);
	assert_eq!(load(&store, &record).unwrap(), None);
	store.save(&record).unwrap();
	assert_eq!(load(&store, &record).unwrap().as_ref(), Some(&record));
	drop(store);
	let store = open(dir.path()).unwrap();
	assert_eq!(load(&store, &record).unwrap(), Some(record));
}

#[test]
fn share_should_be_found_under_its_own_chain_group_and_attempt_only() {
	let (_dir, store) = new_store();
	let record = record(7, 1, 5);
	store.save(&record).unwrap();
	assert_eq!(store.load(record.genesis, 7, 2).unwrap(), None);
	assert_eq!(store.load(record.genesis, 8, 1).unwrap(), None);
	assert_eq!(store.load(H256::zero(), 7, 1).unwrap(), None);
}

#[test]
fn shares_should_be_listed_in_order() {
	let (_dir, store) = new_store();
	assert_eq!(store.list().unwrap(), vec![]);
	let other_chain = ShareRecord { genesis: H256::zero(), ..record(9, 9, 9) };
	let records = [record(10, 0, 1), record(2, 1, 2), record(2, 0, 3), other_chain];
	records.iter().for_each(|record| store.save(record).unwrap());
	let expected: Vec<_> =
		[3, 2, 1, 0].iter().map(|i| ShareRecordInfo::from(&records[*i])).collect();
	assert_eq!(store.list().unwrap(), expected);
	assert_eq!(expected[1].index, 2);
}

#[test]
fn opening_should_be_refused_when_the_password_is_wrong() {
	let (dir, store) = new_store();
	store.save(&record(7, 1, 5)).unwrap();
	for password in [&b"correct horse battery stable"[..], b"", b"correct horse battery staple\n"] {
		let error = KeyStore::open(dir.path(), password, Argon2Profile::Development).unwrap_err();
		assert!(matches!(error, StoreError::WrongPassword { .. }), "{error}");
		assert!(error.to_string().contains("wrong password"));
	}
}

#[test]
fn opening_should_be_refused_when_there_is_no_password() {
	let dir = tempfile::tempdir().unwrap();
	let error = KeyStore::open(dir.path(), b"", Argon2Profile::Standard).unwrap_err();
	assert!(matches!(error, StoreError::EmptyPassword { .. }), "{error}");
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
	KeyStore::open(dir.path(), b"", Argon2Profile::Development).unwrap();
}

#[test]
fn costs_should_be_those_that_the_store_was_made_with() {
	let costs = |dir: &TempDir| {
		let bytes = fs::read(dir.path().join(HEADER)).unwrap();
		let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
		(number(10), number(14), number(18))
	};
	let dir = tempfile::tempdir().unwrap();
	KeyStore::open(dir.path(), PASSWORD, Argon2Profile::Standard).unwrap();
	assert_eq!(costs(&dir), (64 * 1024, 3, 1));
	KeyStore::open(dir.path(), PASSWORD, Argon2Profile::Development).unwrap();
	assert_eq!(costs(&dir), (64 * 1024, 3, 1));
	let (dir, _store) = new_store();
	assert_eq!(costs(&dir), (1024, 1, 1));
}

#[test]
fn share_should_be_refused_when_any_byte_of_its_file_is_changed() {
	let (_dir, store) = new_store();
	let record = record(7, 1, 5);
	store.save(&record).unwrap();
	let path = path(&store, &record);
	let good = fs::read(&path).unwrap();
	for position in 0..good.len() {
		damage(&path, |bytes| bytes[position] ^= 0x10);
		let error = load(&store, &record).unwrap_err();
		// The version is in two bytes after the magic.
		if (8..10).contains(&position) {
			assert!(matches!(error, StoreError::NewerVersion { .. }), "{position}: {error}");
		} else {
			assert!(matches!(error, StoreError::Corrupted { .. }), "{position}: {error}");
		}
		assert!(store.list().is_err());
		fs::write(&path, &good).unwrap();
	}
	assert_eq!(load(&store, &record).unwrap(), Some(record));
}

#[test]
fn share_should_be_refused_when_its_file_has_another_length() {
	let (_dir, store) = new_store();
	let record = record(7, 1, 5);
	store.save(&record).unwrap();
	let path = path(&store, &record);
	let good = fs::read(&path).unwrap();
	for length in 0..good.len() {
		fs::write(&path, &good[..length]).unwrap();
		let error = load(&store, &record).unwrap_err();
		assert!(matches!(error, StoreError::Corrupted { .. }), "{length}: {error}");
	}
	fs::write(&path, [&good[..], &[0]].concat()).unwrap();
	assert!(matches!(load(&store, &record), Err(StoreError::Corrupted { .. })));
}

#[test]
fn opening_should_be_refused_when_the_header_is_changed() {
	let (dir, store) = new_store();
	store.save(&record(7, 1, 5)).unwrap();
	let path = dir.path().join(HEADER);
	let good = fs::read(&path).unwrap();
	assert_eq!(good.len(), 126);
	for position in 0..good.len() {
		damage(&path, |bytes| bytes[position] ^= 0x10);
		let error = open(dir.path()).unwrap_err();
		if (8..10).contains(&position) {
			assert!(matches!(error, StoreError::NewerVersion { .. }), "{position}: {error}");
		} else {
			assert!(matches!(error, StoreError::Corrupted { .. }), "{position}: {error}");
		}
		fs::write(&path, &good).unwrap();
	}
	for length in 0..good.len() {
		fs::write(&path, &good[..length]).unwrap();
		let error = open(dir.path()).unwrap_err();
		assert!(matches!(error, StoreError::Corrupted { .. }), "{length}: {error}");
	}
	fs::write(&path, &good).unwrap();
	open(dir.path()).unwrap();
}

/// Somebody who can write the file can make the checksum fit as well.
#[test]
fn opening_should_be_refused_when_the_header_is_forged() {
	let (dir, _store) = new_store();
	let path = dir.path().join(HEADER);
	let good = fs::read(&path).unwrap();
	let forge = |position: usize, value: &[u8]| {
		let mut bytes = good[..good.len() - 32].to_vec();
		bytes[position..position + value.len()].copy_from_slice(value);
		bytes.extend(format::checksum(&bytes));
		fs::write(&path, bytes).unwrap();
		open(dir.path()).unwrap_err()
	};
	// Cheaper costs, another salt: another key.
	assert!(matches!(forge(10, &64u32.to_le_bytes()), StoreError::WrongPassword { .. }));
	assert!(matches!(forge(22, &[0; 32]), StoreError::WrongPassword { .. }));
	// Costs that would take all memory, or forever, are not even tried; nor impossible ones.
	assert!(matches!(forge(10, &[0xff; 4]), StoreError::Corrupted { .. }));
	assert!(matches!(forge(14, &[0xff; 4]), StoreError::Corrupted { .. }));
	assert!(matches!(forge(18, &[0xff; 4]), StoreError::Corrupted { .. }));
	assert!(matches!(forge(10, &[0; 4]), StoreError::Crypto { .. }));
}

#[test]
fn file_should_be_refused_when_it_is_of_a_newer_version() {
	let (dir, store) = new_store();
	let record = record(7, 1, 5);
	store.save(&record).unwrap();
	damage(&path(&store, &record), |bytes| bytes[8] = 2);
	let error = load(&store, &record).unwrap_err();
	assert!(matches!(error, StoreError::NewerVersion { found: 2, supported: 1, .. }), "{error}");
	assert!(error
		.to_string()
		.ends_with("has format version 2, but this program knows none above 1: upgrade it"));
	// Although nothing else of a newer header need be as it is now.
	damage(&dir.path().join(HEADER), |bytes| {
		bytes[8] = 3;
		bytes.truncate(12);
	});
	let error = open(dir.path()).unwrap_err();
	assert!(matches!(error, StoreError::NewerVersion { found: 3, supported: 1, .. }), "{error}");
}

#[test]
fn share_should_be_refused_when_it_was_moved() {
	let (_dir, store) = new_store();
	let (one, other) = (record(7, 1, 5), record(8, 1, 6));
	store.save(&one).unwrap();
	fs::rename(path(&store, &one), path(&store, &other)).unwrap();
	assert_eq!(load(&store, &one).unwrap(), None);
	assert!(matches!(load(&store, &other), Err(StoreError::Corrupted { .. })));
	assert!(matches!(store.list(), Err(StoreError::Corrupted { .. })));
}

#[test]
fn share_should_be_refused_when_it_is_of_another_store() {
	let (_dir, store) = new_store();
	let (_other_dir, other) = new_store();
	let record = record(7, 1, 5);
	store.save(&record).unwrap();
	fs::copy(path(&store, &record), path(&other, &record)).unwrap();
	assert!(matches!(load(&other, &record), Err(StoreError::Corrupted { .. })));
	assert!(matches!(other.save(&record), Err(StoreError::Corrupted { .. })));
}

#[test]
fn saving_should_be_refused_when_there_is_another_share() {
	let (_dir, store) = new_store();
	let stored = record(7, 1, 5);
	store.save(&stored).unwrap();
	let file = fs::read(path(&store, &stored)).unwrap();
	store.save(&stored).unwrap();
	let secret = record(7, 1, 6);
	let other_key = ShareRecord { key: verifying_share(1, &[78; 32]), ..stored.clone() };
	for other in [secret, other_key] {
		let error = store.save(&other).unwrap_err();
		assert!(matches!(error, StoreError::Conflict { group: 7, attempt: 1 }), "{error}");
	}
	// What is there was not even written again.
	assert_eq!(fs::read(path(&store, &stored)).unwrap(), file);
	assert_eq!(load(&store, &stored).unwrap(), Some(stored));
	store.save(&record(7, 2, 6)).unwrap();
}

#[test]
fn saving_should_be_refused_when_the_share_does_not_fit() {
	let (_dir, store) = new_store();
	let good = record(7, 1, 5);
	for bad in [
		ShareRecord { secret: Zeroizing::new([6; 32]), ..good.clone() },
		ShareRecord { secret: Zeroizing::new([0; 32]), ..good.clone() },
		ShareRecord { secret: Zeroizing::new([0xff; 32]), ..good.clone() },
		ShareRecord { index: 3, ..good.clone() },
		ShareRecord { index: 0, ..good.clone() },
		ShareRecord { index: 5, ..good.clone() },
		ShareRecord { threshold: 0, ..good.clone() },
		ShareRecord { threshold: 5, ..good.clone() },
	] {
		let error = store.save(&bad).unwrap_err();
		assert!(matches!(error, StoreError::Inconsistent { group: 7, attempt: 1, .. }), "{error}");
	}
	assert_eq!(load(&store, &good).unwrap(), None);
	store.save(&good).unwrap();
}

#[test]
fn files_should_be_for_their_owner_only() {
	let outer = tempfile::tempdir().unwrap();
	let dir = outer.path().join("made/on/the/way");
	let store = open(&dir).unwrap();
	let record = record(7, 1, 5);
	store.save(&record).unwrap();
	let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
	assert_eq!(mode(&dir), 0o700);
	assert_eq!(mode(&dir.join(HEADER)), 0o600);
	assert_eq!(mode(&path(&store, &record)), 0o600);
	assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);
	// A folder that was open to others is closed.
	fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
	open(&dir).unwrap();
	assert_eq!(mode(&dir), 0o700);
}

#[test]
fn store_should_work_when_a_run_was_interrupted_while_writing() {
	let (dir, store) = new_store();
	let record = record(7, 1, 5);
	let temporary = path(&store, &record).with_extension(TEMPORARY);
	fs::write(&temporary, b"half of a sha").unwrap();
	assert_eq!(load(&store, &record).unwrap(), None);
	assert_eq!(store.list().unwrap(), vec![]);
	store.save(&record).unwrap();
	assert!(!temporary.exists());
	fs::write(&temporary, b"half of a sha").unwrap();
	let store = open(dir.path()).unwrap();
	assert!(!temporary.exists());
	assert_eq!(load(&store, &record).unwrap(), Some(record));
}

#[test]
fn opening_should_be_refused_when_the_header_is_gone_but_shares_are_there() {
	let (dir, store) = new_store();
	store.save(&record(7, 1, 5)).unwrap();
	fs::remove_file(dir.path().join(HEADER)).unwrap();
	let error = open(dir.path()).unwrap_err();
	assert!(matches!(error, StoreError::Corrupted { .. }), "{error}");
	assert!(!dir.path().join(HEADER).exists());
}

#[test]
fn opening_should_be_refused_when_the_folder_cannot_be_made() {
	let dir = tempfile::tempdir().unwrap();
	let file = dir.path().join("file");
	fs::write(&file, b"").unwrap();
	let error = open(&file.join("store")).unwrap_err();
	assert!(matches!(error, StoreError::Io { .. }), "{error}");
	assert!(error.to_string().contains("cannot make the folder"));
}

#[test]
fn store_should_be_one_when_several_threads_make_and_use_it() {
	let dir = tempfile::tempdir().unwrap();
	let store = open(dir.path()).unwrap();
	std::thread::scope(|scope| {
		for n in 0..8u8 {
			let store = &store;
			// Two threads each write one share: the one and the same, and two different ones.
			scope.spawn(move || store.save(&record((n / 2).into(), 0, 5)).unwrap());
			scope.spawn(move || store.save(&record(100, 0, n + 1)).is_ok());
		}
	});
	assert_eq!(store.list().unwrap().len(), 5);
	let winner = store.load(H256::repeat_byte(0xab), 100, 0).unwrap().unwrap();
	assert!((1..=8).contains(&winner.secret[0]));
}

#[test]
fn secrets_should_not_be_readable() {
	let (_dir, store) = new_store();
	let record = record(7, 1, 0x5a);
	store.save(&record).unwrap();
	let file = fs::read(path(&store, &record)).unwrap();
	assert!(!file.windows(4).any(|window| window == [0x5a; 4]));
	// The same share is written differently each time.
	let (_other_dir, other) = new_store();
	other.save(&record).unwrap();
	assert_ne!(fs::read(path(&other, &record)).unwrap()[52..], file[52..]);
	let shown = format!("{record:?} {store:?}");
	assert!(!shown.contains("5a5a") && !shown.contains("90, 90"), "{shown}");
	assert!(shown.contains("group: 7, attempt: 1, index: 2"), "{shown}");
}

/// A store that version 1 wrote. It must open for as long as version 1 is said to be readable.
#[test]
fn store_should_open_when_it_was_written_by_version_1() {
	let dir = tempfile::tempdir().unwrap();
	let header = hex::decode(include_str!("testdata/v1.header.hex").trim()).unwrap();
	let share = hex::decode(include_str!("testdata/v1.share.hex").trim()).unwrap();
	fs::write(dir.path().join(HEADER), header).unwrap();
	let record = record(7, 1, 5);
	let name = format!("{}-7-1.share", "ab".repeat(32));
	fs::write(dir.path().join(name), share).unwrap();
	let store = open(dir.path()).unwrap();
	assert_eq!(load(&store, &record).unwrap(), Some(record));
}

#[test]
fn groups_should_be_those_of_this_chain() {
	let (dir, store) = new_store();
	assert_eq!(store.groups(H256::repeat_byte(0xab)).unwrap(), BTreeSet::new());
	let other_chain = ShareRecord { genesis: H256::zero(), ..record(9, 0, 1) };
	let records = [record(10, 0, 1), record(2, 4, 2), record(2, 0, 3), other_chain];
	records.iter().for_each(|record| store.save(record).unwrap());
	foreign_files(dir.path());
	assert_eq!(store.groups(H256::repeat_byte(0xab)).unwrap(), BTreeSet::from([2, 10]));
	assert_eq!(store.groups(H256::zero()).unwrap(), BTreeSet::from([9]));
	assert_eq!(store.groups(H256::repeat_byte(1)).unwrap(), BTreeSet::new());
	// Files need not open for that.
	damage(&path(&store, &records[0]), |bytes| bytes.truncate(3));
	assert_eq!(store.groups(H256::repeat_byte(0xab)).unwrap(), BTreeSet::from([2, 10]));
}

/// Files that look a little like shares, but whose names the store does not give.
fn foreign_files(dir: &Path) -> Vec<PathBuf> {
	let genesis = "ab".repeat(32);
	let names = [
		String::from("notes.share"),
		format!("{genesis}.share"),
		format!("{genesis}-7.share"),
		format!("{genesis}-7-.share"),
		format!("{genesis}-7-0-0.share"),
		format!("{genesis}-7-00.share"),
		format!("{genesis}-+7-0.share"),
		format!("{genesis}-7--1.share"),
		format!("{genesis}-7-99999999999.share"),
		format!("{genesis}7-0.share"),
		format!("0x{genesis}-7-0.share"),
		format!("{}-7-0.share", genesis.to_uppercase()),
		format!("{genesis}-7-0.share.bak"),
		format!("{genesis}-7-0.backup"),
		format!("{genesis}-7-0"),
	];
	let paths: Vec<_> = names.iter().map(|name| dir.join(name)).collect();
	paths.iter().for_each(|path| fs::write(path, b"somebody else's").unwrap());
	paths
}

/// The names in the folder.
fn names(dir: &Path) -> BTreeSet<PathBuf> {
	fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn shares_should_be_erased_when_they_are_of_earlier_attempts_of_this_group_and_chain() {
	let (dir, store) = new_store();
	let other_chain = ShareRecord { genesis: H256::zero(), ..record(7, 0, 1) };
	let kept = [record(7, 3, 4), record(7, 10, 5), record(8, 0, 6), record(70, 0, 7), other_chain];
	kept.iter().for_each(|record| store.save(record).unwrap());
	let before = names(dir.path());
	let old = [record(7, 2, 3), record(7, 0, 1)];
	old.iter().for_each(|record| store.save(record).unwrap());

	let genesis = H256::repeat_byte(0xab);
	assert_eq!(store.erase_below(genesis, 7, 3, &[]).unwrap(), vec![0, 2]);
	assert_eq!(names(dir.path()), before);
	old.iter().for_each(|record| assert_eq!(load(&store, record).unwrap(), None));
	kept.iter().for_each(|record| assert_eq!(load(&store, record).unwrap().as_ref(), Some(record)));
	// There is nothing left to erase.
	assert_eq!(store.erase_below(genesis, 7, 3, &[]).unwrap(), Vec::<Attempt>::new());
	assert_eq!(store.erase_below(genesis, 7, 0, &[]).unwrap(), Vec::<Attempt>::new());
	assert_eq!(store.erase_below(genesis, 9, Attempt::MAX, &[]).unwrap(), Vec::<Attempt>::new());
	assert_eq!(
		store.erase_below(genesis, 7, Attempt::MAX, &[3, 10]).unwrap(),
		Vec::<Attempt>::new()
	);
	assert_eq!(names(dir.path()), before);
	// The store opens again, and has the others.
	drop(store);
	let store = open(dir.path()).unwrap();
	assert_eq!(store.list().unwrap().len(), kept.len());
	assert_eq!(store.erase_below(genesis, 7, Attempt::MAX, &[]).unwrap(), vec![3, 10]);
	assert_eq!(store.groups(genesis).unwrap(), BTreeSet::from([8, 70]));
}

#[test]
fn content_should_be_overwritten_when_a_share_is_erased() {
	let (dir, store) = new_store();
	let old = record(7, 0, 5);
	store.save(&old).unwrap();
	// Another name of the same file shows what becomes of its blocks.
	let outside = tempfile::tempdir_in(dir.path()).unwrap();
	let link = outside.path().join("link");
	fs::hard_link(path(&store, &old), &link).unwrap();
	let length = fs::read(&link).unwrap().len();
	assert_eq!(store.erase_below(old.genesis, 7, 1, &[]).unwrap(), vec![0]);
	assert!(!path(&store, &old).exists());
	assert_eq!(fs::read(&link).unwrap(), vec![0; length]);
}

#[test]
fn share_should_be_erased_when_its_file_is_damaged() {
	let (_dir, store) = new_store();
	let old = record(7, 0, 5);
	for length in [0, 1, 40] {
		store.save(&old).unwrap();
		damage(&path(&store, &old), |bytes| bytes.truncate(length));
		assert_eq!(store.erase_below(old.genesis, 7, 1, &[]).unwrap(), vec![0]);
		assert!(!path(&store, &old).exists());
	}
}

#[test]
fn foreign_files_should_stay_when_shares_are_erased() {
	let (dir, store) = new_store();
	let foreign = foreign_files(dir.path());
	let old = record(7, 0, 5);
	store.save(&old).unwrap();
	assert_eq!(store.erase_below(old.genesis, 7, Attempt::MAX, &[]).unwrap(), vec![0]);
	for path in foreign {
		assert_eq!(fs::read(&path).unwrap(), b"somebody else's", "{}", path.display());
	}
}

#[test]
fn erasing_should_fail_when_the_file_cannot_be_opened() {
	let (_dir, store) = new_store();
	let (old, older) = (record(7, 1, 5), record(7, 0, 5));
	store.save(&old).unwrap();
	// A folder cannot be opened for writing, whoever tries.
	fs::create_dir(path(&store, &older)).unwrap();
	let error = store.erase_below(old.genesis, 7, 2, &[]).unwrap_err();
	assert!(matches!(error, StoreError::Io { action: "open", .. }), "{error}");
	assert!(error.to_string().contains("cannot open"));
	// When the obstacle is gone, it works.
	fs::remove_dir(path(&store, &older)).unwrap();
	store.erase_below(old.genesis, 7, 2, &[]).unwrap();
	assert_eq!(load(&store, &old).unwrap(), None);
}

#[test]
fn erasing_should_fail_when_the_folder_is_gone() {
	let (dir, store) = new_store();
	store.save(&record(7, 0, 5)).unwrap();
	fs::remove_dir_all(dir.path()).unwrap();
	assert!(matches!(store.erase_below(H256::zero(), 7, 1, &[]), Err(StoreError::Io { .. })));
	assert!(matches!(store.groups(H256::zero()), Err(StoreError::Io { .. })));
}
