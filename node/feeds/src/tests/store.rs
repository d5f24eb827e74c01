use fusion_data_feed_primitives::{FeederId, Value};
use sp_core::H256;

use crate::store::{Secret, Store};

const GENESIS: H256 = H256::repeat_byte(7);

fn secret(round: u64) -> Secret {
	Secret {
		feeder: FeederId::from_raw([1; 32]),
		feed: 2,
		round,
		commitment: H256::repeat_byte(3),
		value: Value::Number(-4),
		salt: [5; 32],
	}
}

#[test]
fn commitments_should_be_there_after_a_restart() {
	let folder = tempfile::tempdir().unwrap();
	let folder = folder.path().join("feeds");
	let (store, empty) = Store::open(&folder, GENESIS).unwrap();
	assert_eq!(empty, vec![]);
	store.keep(&[secret(1), secret(2)]).unwrap();
	assert_eq!(Store::open(&folder, GENESIS).unwrap().1, vec![secret(1), secret(2)]);
	store.keep(&[secret(3)]).unwrap();
	assert_eq!(Store::open(&folder, GENESIS).unwrap().1, vec![secret(3)]);
	let names: Vec<_> =
		std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
	assert_eq!(names, ["commitments"], "nothing else is left");
	use std::os::unix::fs::PermissionsExt;
	let mode = std::fs::metadata(folder.join("commitments")).unwrap().permissions().mode();
	assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn file_should_be_put_aside_when_it_is_damaged_or_of_another_chain() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("commitments");
	let (store, _) = Store::open(folder.path(), GENESIS).unwrap();
	store.keep(&[secret(1)]).unwrap();
	let good = std::fs::read(&path).unwrap();
	let mut flipped = good.clone();
	flipped[20] ^= 1;
	for bytes in [flipped, good[..good.len() - 1].to_vec(), Vec::new(), b"nonsense".to_vec()] {
		std::fs::write(&path, &bytes).unwrap();
		assert_eq!(Store::open(folder.path(), GENESIS).unwrap().1, vec![]);
		assert_eq!(std::fs::read(path.with_extension("unreadable")).unwrap(), bytes);
		assert!(!path.exists());
	}
	std::fs::write(&path, &good).unwrap();
	assert_eq!(Store::open(folder.path(), H256::zero()).unwrap().1, vec![]);
}

#[test]
fn failure_should_be_told_when_nothing_can_be_written() {
	let folder = tempfile::tempdir().unwrap();
	let (store, _) = Store::open(folder.path(), GENESIS).unwrap();
	std::fs::create_dir(folder.path().join("commitments.new")).unwrap();
	let error = store.keep(&[secret(1)]).unwrap_err().to_string();
	assert!(error.contains("commitments"), "{error}");
	assert!(Store::open("/proc/no/such/folder".as_ref(), GENESIS).is_err());
}

#[test]
fn salt_should_not_be_shown() {
	assert_eq!(format!("{:?}", secret(1)), "Secret { feed: 2, round: 1, .. }");
}
