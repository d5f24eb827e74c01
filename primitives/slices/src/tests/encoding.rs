//! Bytes: one form for each function, and no other is read.

use super::*;
use crate::{Seconds, Step, FOREVER};
use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};

fn bytes(steps: &[(Seconds, u128)]) -> Vec<u8> {
	let steps: Vec<_> = steps.iter().map(|&(at, amount)| Step { at, amount }).collect();
	steps.encode()
}

#[test]
fn encoding_should_stay_what_it_is() {
	let slices = Ample::of(interval(1, 258), 3).unwrap();
	let expected = [
		8, // two boundaries
		1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
		2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	];
	assert_eq!(slices.encode(), expected);
	assert_eq!(Ample::decode_all(&mut &expected[..]), Ok(slices));
	assert_eq!(Ample::new().encode(), [0]);
}

#[test]
fn bytes_should_be_refused_when_the_form_is_not_canonical() {
	for (steps, what) in [
		(vec![(1, 0)], "the first amount is 0"),
		(vec![(1, 5), (2, 5)], "nothing changes"),
		(vec![(2, 5), (1, 6)], "out of order"),
		(vec![(2, 5), (2, 6)], "twice at once"),
		(vec![(FOREVER, 5)], "begins at the end of time"),
		(vec![(1, 1), (2, 2), (3, 1), (4, 2), (5, 0)], "too many"),
	] {
		assert!(Slices::<4>::decode(&mut &bytes(&steps)[..]).is_err(), "{what}");
	}
	assert!(Slices::<4>::decode(&mut &bytes(&[(1, 1), (2, 2), (3, 1), (4, 0)])[..]).is_ok());
	// A length that nobody has memory for.
	assert!(Ample::decode(&mut &[0xfe, 0xff, 0xff, 0xff][..]).is_err());
	assert!(Ample::decode(&mut &[8, 1][..]).is_err());
}

#[test]
fn longest_encoding_should_be_as_long_as_is_said() {
	let mut slices = Slices::<64>::new();
	for number in 0..32 {
		slices.add(interval(10 * number, 10 * number + 5), u128::MAX).unwrap();
	}
	assert_eq!(slices.len(), 64);
	assert_eq!(slices.encoded_size(), Slices::<64>::max_encoded_len());
	assert_eq!(Slices::<63>::max_encoded_len(), 1 + 24 * 63);
}

#[test]
fn interval_should_be_refused_when_its_bytes_are_an_empty_one() {
	let good = interval(5, 6);
	assert_eq!(Interval::decode_all(&mut &good.encode()[..]), Ok(good));
	assert!(Interval::decode(&mut &(5u64, 5u64).encode()[..]).is_err());
	assert_eq!(good.encoded_size(), Interval::max_encoded_len());
}
