//! Proofs that a member has its share.

use hex_literal::hex;
use sha2::{Digest, Sha256};

use super::{on_both_curves, params, resharing::Epoch, rng};
use crate::{Curve, Error, KeyCommitments, KeyShare, Secp256k1, ShareProof};

/// A hash that covers what it has to, and `subject`.
fn hash(subject: &[u8]) -> impl Fn(&[u8; 33], &[u8; 33]) -> [u8; 32] + '_ {
	move |public, commitment| {
		Sha256::new()
			.chain_update(subject)
			.chain_update(public)
			.chain_update(commitment)
			.finalize()
			.into()
	}
}

fn proof_should_be_accepted_when_the_member_has_its_share<C: Curve>() {
	let epoch = Epoch::<C>::first(params(5, 4), 1);
	for index in 1..=5 {
		let proof = epoch.share(index).prove(hash(b"a"), &mut rng(index.into()));
		assert_eq!(epoch.commitments.verify_proof(index, &proof, hash(b"a")), Ok(()));
		let read = ShareProof::from_bytes(&proof.to_bytes());
		assert_eq!(read, proof);
		assert_eq!(epoch.commitments.verify_proof(index, &read, hash(b"a")), Ok(()));
	}
}

fn proof_should_be_refused_when_it_is_of_something_else<C: Curve>() {
	let epoch = Epoch::<C>::first(params(5, 4), 1);
	let other = Epoch::<C>::first(params(5, 4), 2);
	let next = epoch.reshare(&[1, 2, 3, 4], params(5, 4), 3);
	let proof = epoch.share(2).prove(hash(b"a"), &mut rng(9));
	let wrong = Err(Error::ProofMismatch);
	// Another member's, another subject's, another key's, another epoch's.
	assert_eq!(epoch.commitments.verify_proof(3, &proof, hash(b"a")), wrong);
	assert_eq!(epoch.commitments.verify_proof(2, &proof, hash(b"b")), wrong);
	assert_eq!(other.commitments.verify_proof(2, &proof, hash(b"a")), wrong);
	assert_eq!(next.commitments.verify_proof(2, &proof, hash(b"a")), wrong);
	let nobody = Err(Error::InvalidIndex { index: 6, members: 5 });
	assert_eq!(epoch.commitments.verify_proof(6, &proof, hash(b"a")), nobody);
}

fn proof_should_be_refused_when_any_of_its_bytes_is_changed<C: Curve>() {
	let epoch = Epoch::<C>::first(params(4, 3), 1);
	let proof = epoch.share(1).prove(hash(b"a"), &mut rng(9)).to_bytes();
	for position in 0..proof.len() {
		let mut changed = proof;
		changed[position] ^= 1;
		let read = ShareProof::from_bytes(&changed);
		assert!(epoch.commitments.verify_proof(1, &read, hash(b"a")).is_err(), "{position}");
	}
	let zeros = ShareProof::from_bytes(&[0; 65]);
	let identity = Err(Error::IdentityPoint { position: 0 });
	assert_eq!(epoch.commitments.verify_proof(1, &zeros, hash(b"a")), identity);
	let mut large = proof;
	large[33..].fill(0xff);
	let large = ShareProof::from_bytes(&large);
	assert_eq!(epoch.commitments.verify_proof(1, &large, hash(b"a")), Err(Error::BadScalar));
}

fn proofs_should_differ_when_made_twice<C: Curve>() {
	let epoch = Epoch::<C>::first(params(4, 3), 1);
	let mut rng = rng(9);
	let first = epoch.share(1).prove(hash(b"a"), &mut rng);
	let second = epoch.share(1).prove(hash(b"a"), &mut rng);
	assert_ne!(first.to_bytes()[..33], second.to_bytes()[..33], "a nonce was used twice");
}

on_both_curves!(
	proof_should_be_accepted_when_the_member_has_its_share,
	proof_should_be_refused_when_it_is_of_something_else,
	proof_should_be_refused_when_any_of_its_bytes_is_changed,
	proofs_should_differ_when_made_twice,
);

/// Computed apart from this code: the key is shared by `11 + 22z`, member 2's share is 55, the nonce is 7, the
/// challenge is SHA-256 of the two points.
#[test]
fn proof_should_stay_what_it_is() {
	let known = KeyCommitments::<Secp256k1>::from_bytes(
		params(3, 2),
		&[
			hex!("03774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb"),
			hex!("03421f5fc9a21065445c96fdb91c0c1e2f2431741c72713b4b99ddcb316f31e9fc"),
		],
	)
	.unwrap();
	let proof = ShareProof::from_bytes(&hex!(
		"025cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc"
		"0600e35026222c2e33211862fa9dc17c443ee555e3e5ccf329bd9593262558b8"
	));
	assert_eq!(known.verify_proof(2, &proof, hash(b"")), Ok(()));
	assert_eq!(known.verify_proof(1, &proof, hash(b"")), Err(Error::ProofMismatch));
	let mut share = [0; 32];
	share[31] = 55;
	let share = KeyShare::<Secp256k1>::from_bytes(2, &share).unwrap();
	let made = share.prove(hash(b""), &mut rng(1));
	assert_eq!(known.verify_proof(2, &made, hash(b"")), Ok(()));
}
