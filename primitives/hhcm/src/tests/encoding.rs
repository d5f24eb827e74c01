//! What is read from the network: whatever its bytes, it is decoded or refused.

use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use proptest::prelude::*;
use sp_core::{Pair as _, H256};
use sp_runtime::{traits::Header as _, Digest, DigestItem};

use super::{context, package, pair, round, seal, vrf, Header};
use crate::{
	digest::{Claim, DigestError},
	equivocation::Proof,
	Package, Packages, PreDigest, Seal, Slot, ENGINE_ID,
};

fn claim(number: u16) -> Claim {
	let slot = Slot::from(101);
	Claim {
		slot,
		author: number,
		group: 3,
		rank: 1,
		packages_root: H256::repeat_byte(5),
		vrf: vrf(&pair(number), round(0, 4).seed, slot),
	}
}

fn sealed_header(root: u8) -> Header {
	let digest = Digest { logs: vec![claim(0).to_item()] };
	let mut header = Header::new(7, H256::zero(), H256::repeat_byte(root), H256::zero(), digest);
	let seal = seal(&pair(0), header.hash(), 11);
	header.digest_mut().push(seal.to_item());
	header
}

fn proofs() -> [Proof<Header>; 2] {
	let one = package(&context(), 1, 2, &[H256::repeat_byte(1)]);
	let other = package(&context(), 1, 2, &[]);
	[
		Proof::Blocks { first: sealed_header(1), second: sealed_header(2) },
		Proof::Packages { context: context(), first: one, second: other },
	]
}

/// Decodes bytes as everything that comes from outside. None of it may panic.
fn decode_as_anything(bytes: &[u8]) {
	let _ = PreDigest::decode_all(&mut &*bytes);
	let _ = Seal::decode_all(&mut &*bytes);
	let _ = Package::decode_all(&mut &*bytes);
	let _ = Packages::decode_all(&mut &*bytes);
	if let Ok(proof) = Proof::<Header>::decode_all(&mut &*bytes) {
		let _ = proof.accused();
		let _ = proof.check(&pair(0).public());
	}
	let items = [
		DigestItem::PreRuntime(ENGINE_ID, bytes.to_vec()),
		DigestItem::Seal(ENGINE_ID, bytes.to_vec()),
	];
	let mut digest = Digest { logs: items.to_vec() };
	let _ = Claim::find(&digest);
	let _ = Seal::take(&mut digest);
}

fn round_trip<T: Encode + Decode + PartialEq + core::fmt::Debug>(value: &T) {
	let bytes = value.encode();
	assert_eq!(T::decode_all(&mut &bytes[..]).as_ref(), Ok(value));
	// Neither a prefix nor something behind it is the same.
	assert!(T::decode_all(&mut &bytes[..bytes.len() - 1]).is_err());
	let longer = [&bytes[..], &[0]].concat();
	assert!(T::decode_all(&mut &longer[..]).is_err());
}

/// Bytes of a valid value of each kind.
fn samples() -> Vec<Vec<u8>> {
	let packages: Packages =
		vec![package(&context(), 0, 1, &[H256::repeat_byte(9); 3])].try_into().unwrap();
	let mut samples = vec![
		PreDigest::V1(claim(0)).encode(),
		seal(&pair(0), H256::zero(), 7).encode(),
		packages[0].encode(),
		packages.encode(),
	];
	samples.extend(proofs().iter().map(Encode::encode));
	samples
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn decoders_should_not_panic_when_bytes_are_random(
		bytes in prop::collection::vec(any::<u8>(), 0..600),
	) {
		decode_as_anything(&bytes);
	}

	#[test]
	fn decoders_should_not_panic_when_bytes_are_mutated(
		which in 0..6usize,
		changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
		cut in any::<prop::sample::Index>(),
		cuts in any::<bool>(),
	) {
		let mut bytes = samples()[which].clone();
		for (at, value) in changes {
			let at = at.index(bytes.len());
			bytes[at] = value;
		}
		if cuts {
			bytes.truncate(cut.index(bytes.len()));
		}
		decode_as_anything(&bytes);
	}

	#[test]
	fn packages_should_round_trip_when_they_have_any_transactions(
		group in any::<u8>(),
		packager in 0..20u16,
		hashes in prop::collection::vec(any::<[u8; 32]>().prop_map(H256::from), 0..20),
	) {
		let package = package(&context(), group, packager, &hashes);
		prop_assert!(package.is_signed_by(&pair(packager).public(), &context()));
		round_trip(&package);
	}

	#[test]
	fn claims_should_round_trip_when_they_say_anything(
		slot in any::<u64>(),
		author in any::<u16>(),
		group in any::<u8>(),
		rank in any::<u16>(),
		root in any::<[u8; 32]>(),
	) {
		let claim = Claim {
			slot: slot.into(),
			author,
			group,
			rank,
			packages_root: root.into(),
			..claim(0)
		};
		round_trip(&PreDigest::V1(claim.clone()));
		let digest = Digest { logs: vec![claim.to_item()] };
		prop_assert_eq!(Claim::find(&digest), Ok(claim));
	}
}

#[test]
fn everything_should_round_trip_when_encoded() {
	round_trip(&seal(&pair(3), H256::repeat_byte(1), u64::MAX));
	round_trip(&PreDigest::V1(claim(1)));
	for proof in proofs() {
		round_trip(&proof);
	}
}

#[test]
fn lengths_should_be_as_documented_when_encoded() {
	assert_eq!(PreDigest::V1(claim(0)).encoded_size(), 142);
	assert_eq!(PreDigest::max_encoded_len(), 142);
	assert_eq!(seal(&pair(0), H256::zero(), 0).encoded_size(), Seal::max_encoded_len());
	assert_eq!(Seal::max_encoded_len(), 73);
}

#[test]
fn versions_should_be_refused_when_unknown() {
	for version in [0, 2, 255] {
		let mut bytes = PreDigest::V1(claim(0)).encode();
		bytes[0] = version;
		let digest = Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, bytes)] };
		assert_eq!(Claim::find(&digest), Err(DigestError::Malformed));
		let mut bytes = seal(&pair(0), H256::zero(), 0).encode();
		bytes[0] = version;
		let mut digest = Digest { logs: vec![DigestItem::Seal(ENGINE_ID, bytes)] };
		assert_eq!(Seal::take(&mut digest), Err(DigestError::Malformed));
	}
}

#[test]
fn lists_should_be_refused_when_longer_than_allowed() {
	let package = package(&context(), 0, 1, &[]);
	let many: Vec<Package> = vec![package; crate::MAX_GROUPS as usize + 1];
	assert!(Packages::decode_all(&mut &many.encode()[..]).is_err());
	assert!(Packages::decode_all(&mut &many[1..].encode()[..]).is_ok());
	// A list that claims to be longer than its bytes takes no memory for what is not there.
	let huge = codec::Compact(u32::MAX).encode();
	assert!(Packages::decode_all(&mut &huge[..]).is_err());
}

#[test]
fn claim_should_be_found_when_it_is_the_only_one() {
	let ours = claim(0).to_item();
	let foreign = DigestItem::PreRuntime(*b"aura", vec![1, 2, 3]);
	let other = DigestItem::Consensus(ENGINE_ID, vec![1]);
	let digest = |logs: &[&DigestItem]| Digest { logs: logs.iter().copied().cloned().collect() };
	assert_eq!(Claim::find(&digest(&[&foreign, &ours, &other])), Ok(claim(0)).map(keep_vrf(&ours)));
	assert_eq!(Claim::find(&digest(&[&foreign, &other])), Err(DigestError::Missing));
	assert_eq!(Claim::find(&digest(&[])), Err(DigestError::Missing));
	assert_eq!(Claim::find(&digest(&[&ours, &foreign, &ours])), Err(DigestError::Several));
	// A claim in an item of another kind is none.
	let consensus = DigestItem::Consensus(ENGINE_ID, PreDigest::V1(claim(0)).encode());
	assert_eq!(Claim::find(&digest(&[&consensus])), Err(DigestError::Missing));
}

/// VRF signatures are randomized: takes the one of this item.
fn keep_vrf(item: &DigestItem) -> impl FnOnce(Claim) -> Claim {
	let digest = Digest { logs: vec![item.clone()] };
	let vrf = Claim::find(&digest).unwrap().vrf;
	move |claim| Claim { vrf, ..claim }
}

#[test]
fn seal_should_be_taken_when_it_is_the_only_one_and_last() {
	let seal = seal(&pair(0), H256::zero(), 5);
	let ours = seal.to_item();
	let foreign = DigestItem::Seal(*b"aura", vec![1]);
	let other = DigestItem::Other(vec![1]);
	let take = |logs: &[&DigestItem]| {
		let mut digest = Digest { logs: logs.iter().copied().cloned().collect() };
		let taken = Seal::take(&mut digest);
		(taken, digest.logs.len())
	};
	assert_eq!(take(&[&other, &ours]), (Ok(seal), 1));
	assert_eq!(take(&[]), (Err(DigestError::Missing), 0));
	assert_eq!(take(&[&other]), (Err(DigestError::Missing), 1));
	assert_eq!(take(&[&ours, &other]), (Err(DigestError::Missing), 2));
	assert_eq!(take(&[&ours, &ours]), (Err(DigestError::Several), 2));
	assert_eq!(take(&[&foreign, &ours]), (Err(DigestError::Several), 2));
	assert_eq!(take(&[&foreign]), (Err(DigestError::Missing), 1));
}
