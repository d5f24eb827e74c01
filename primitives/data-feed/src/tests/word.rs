use codec::{Decode, Encode};
use proptest::prelude::*;
use sp_core::{sr25519, Pair, H256};

use crate::{
	commitment,
	word::{signing_bytes, Salt},
	Answer, FeedWord, FeederId, Reading, SignedWord, Value,
};

const GENESIS: H256 = H256::repeat_byte(7);

fn pair(seed: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[seed; 32])
}

fn commit() -> FeedWord {
	FeedWord::Commit { feed: 1, round: 2, commitment: H256::repeat_byte(3) }
}

fn reveal() -> FeedWord {
	FeedWord::Reveal { feed: 1, round: 2, value: Value::Number(-5), salt: [9; 32] }
}

#[test]
fn signature_should_be_good_for_one_chain_and_one_word() {
	let pair = pair(1);
	let signature = pair.sign(&signing_bytes(GENESIS, &commit()));
	let signed = SignedWord { feeder: pair.public(), word: commit(), signature };
	assert!(signed.verify(GENESIS));
	assert!(!signed.verify(H256::zero()));
	assert!(!SignedWord { word: reveal(), ..signed }.verify(GENESIS));
	let other = FeedWord::Commit { feed: 1, round: 3, commitment: H256::repeat_byte(3) };
	assert!(!SignedWord { word: other, ..signed }.verify(GENESIS));
	assert!(!SignedWord { feeder: self::pair(2).public(), ..signed }.verify(GENESIS));
}

#[test]
fn commitment_should_differ_when_anything_differs() {
	let feeder = pair(1).public();
	let value = Value::Number(5);
	let of = |genesis, feed, round, feeder, value: &Value, salt: Salt| {
		commitment(genesis, feed, round, feeder, value, &salt)
	};
	let all = [
		of(GENESIS, 1, 2, &feeder, &value, [0; 32]),
		of(H256::zero(), 1, 2, &feeder, &value, [0; 32]),
		of(GENESIS, 2, 2, &feeder, &value, [0; 32]),
		of(GENESIS, 1, 3, &feeder, &value, [0; 32]),
		of(GENESIS, 1, 2, &pair(2).public(), &value, [0; 32]),
		of(GENESIS, 1, 2, &feeder, &Value::Number(6), [0; 32]),
		of(GENESIS, 1, 2, &feeder, &Value::Boolean(true), [0; 32]),
		of(GENESIS, 1, 2, &feeder, &value, [1; 32]),
	];
	let distinct: std::collections::BTreeSet<_> = all.iter().collect();
	assert_eq!(distinct.len(), all.len());
}

/// Node and chain have to agree on these, also over an upgrade. Computed apart from this code.
#[test]
fn encodings_should_stay_what_they_are() {
	let hash = sp_io::hashing::blake2_256(&signing_bytes(GENESIS, &reveal()));
	assert_eq!(sp_core::hexdisplay::HexDisplay::from(&hash).to_string(), WORD);
	let feeder = FeederId::from_raw([1; 32]);
	let hash = commitment(GENESIS, 1, 2, &feeder, &Value::Number(-5), &[9; 32]);
	assert_eq!(sp_core::hexdisplay::HexDisplay::from(&hash.0).to_string(), COMMITMENT);
}

const WORD: &str = "922ba36a59b5d6601e08135621cf5474921e1eb60eee56aed15b54ead73c394f";
const COMMITMENT: &str = "36bff0578f2b664ff90aa91fbb1ae6036bfd43ef5e8040e377e9c8db22717147";

#[test]
fn reading_should_be_stale_from_the_second_on_in_which_it_expires() {
	let answer = Answer {
		round: 1,
		value: Value::Number(1),
		reports: 3,
		started_at: 100,
		updated_at: 120,
		expires_at: 200,
	};
	let at = |now| Reading::of(Some(answer.clone()), false, now);
	assert_eq!(at(199), Reading::Fresh(answer.clone()));
	assert_eq!(at(200), Reading::Stale(answer.clone()));
	assert_eq!(at(199).fresh(), Some(answer.clone()));
	assert_eq!(at(200).fresh(), None);
	assert_eq!(Reading::of(Some(answer.clone()), true, 150), Reading::Paused);
	assert_eq!(Reading::of(None, false, 150), Reading::Empty);
}

proptest! {
	#[test]
	fn bytes_should_decode_to_a_word_or_not_at_all(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
		if let Ok(word) = SignedWord::decode(&mut bytes.as_slice()) {
			prop_assert_eq!(&word.encode()[..], &bytes[..word.encoded_size()]);
		}
	}
}
