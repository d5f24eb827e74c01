//! The chain of seeds: one value that only the author can compute, and nobody can choose.

use proptest::prelude::*;
use sp_core::{
	crypto::{Pair as _, VrfSecret},
	sr25519::vrf::{VrfSignData, VrfTranscript},
	H256,
};

use super::{pair, round, vrf};
use crate::{seed, Slot};

const SLOT: u64 = 101;

fn parent() -> H256 {
	round(0, 1).seed
}

#[test]
fn seed_should_be_the_same_when_the_author_signs_again() {
	let (author, slot) = (pair(1), Slot::from(SLOT));
	let (one, other) = (vrf(&author, parent(), slot), vrf(&author, parent(), slot));
	assert_ne!(one.proof, other.proof, "the signature is randomized");
	assert_eq!(one.pre_output, other.pre_output);
	let next = seed::next(parent(), slot, &author.public(), &one);
	assert!(next.is_some());
	assert_eq!(next, seed::next(parent(), slot, &author.public(), &other));
}

#[test]
fn seed_should_be_refused_when_author_slot_or_parent_are_others() {
	let (author, slot) = (pair(1), Slot::from(SLOT));
	let signature = vrf(&author, parent(), slot);
	assert_eq!(seed::next(parent(), slot, &pair(2).public(), &signature), None);
	assert_eq!(seed::next(parent(), (SLOT + 1).into(), &author.public(), &signature), None);
	assert_eq!(seed::next(round(1, 1).seed, slot, &author.public(), &signature), None);
	assert!(seed::next(parent(), slot, &author.public(), &signature).is_some());
}

#[test]
fn seed_should_be_refused_when_parts_of_signatures_are_swapped() {
	let slot = Slot::from(SLOT);
	let ours = vrf(&pair(1), parent(), slot);
	let theirs = vrf(&pair(2), parent(), slot);
	let earlier = vrf(&pair(1), parent(), (SLOT - 1).into());
	for (pre_output, proof) in [
		(&theirs.pre_output, &ours.proof),
		(&ours.pre_output, &theirs.proof),
		(&earlier.pre_output, &ours.proof),
		(&ours.pre_output, &earlier.proof),
	] {
		let mut mixed = ours.clone();
		mixed.pre_output = pre_output.clone();
		mixed.proof = proof.clone();
		assert_eq!(seed::next(parent(), slot, &pair(1).public(), &mixed), None);
	}
}

#[test]
fn seed_should_be_refused_when_signed_for_another_purpose() {
	let slot = Slot::from(SLOT);
	let author = pair(1);
	let secret = author.clone().into_inner();
	let slot_bytes = SLOT.to_le_bytes();
	let parent = parent();
	let foreign =
		VrfTranscript::new(b"BABE", &[(b"seed", parent.as_bytes()), (b"slot", &slot_bytes)]);
	let signature = secret.vrf_sign(&VrfSignData::new(foreign));
	assert_eq!(seed::next(parent, slot, &author.public(), &signature), None);
	let extra = seed::sign_data(parent, slot).with_extra(VrfTranscript::new(b"extra", &[]));
	let signature = secret.vrf_sign(&extra);
	assert_eq!(seed::next(parent, slot, &author.public(), &signature), None);
}

#[test]
fn seed_should_be_refused_when_the_key_is_no_point() {
	let slot = Slot::from(SLOT);
	let signature = vrf(&pair(1), parent(), slot);
	let nonsense = sp_core::sr25519::Public::from_raw([0xff; 32]).into();
	assert_eq!(seed::next(parent(), slot, &nonsense, &signature), None);
}

#[test]
fn seeds_should_all_differ_when_chained() {
	let mut seen = std::collections::BTreeSet::from([parent()]);
	let mut seed = parent();
	for number in 0..20u16 {
		let (author, slot) = (pair(number % 3), Slot::from(SLOT + u64::from(number)));
		let signature = vrf(&author, seed, slot);
		seed = seed::next(seed, slot, &author.public(), &signature).unwrap();
		assert!(seen.insert(seed));
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]

	#[test]
	fn author_should_have_no_choice_when_it_signs_anything(
		parent in any::<[u8; 32]>(),
		slot in any::<u64>(),
		number in any::<u16>(),
	) {
		let (parent, slot, author) = (H256::from(parent), Slot::from(slot), pair(number));
		let seeds: std::collections::BTreeSet<_> = (0..3)
			.map(|_| seed::next(parent, slot, &author.public(), &vrf(&author, parent, slot)))
			.collect();
		prop_assert_eq!(seeds.len(), 1);
		prop_assert!(!seeds.contains(&None));
	}
}
