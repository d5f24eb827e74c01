//! Shares are what FROST's library and `k256` take them for.

use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};

use frost_secp256k1_tr::{
	self as frost,
	keys::{
		KeyPackage, PublicKeyPackage, SecretShare, SigningShare, VerifiableSecretSharingCommitment,
	},
};
use k256::{elliptic_curve::ops::Reduce, schnorr, ProjectivePoint};

use super::{params, resharing::Epoch, rng};
use crate::Secp256k1;

const MESSAGE: [u8; 32] = *b"a message of thirty-two bytes...";

fn identifier(index: u16) -> frost::Identifier {
	index.try_into().unwrap()
}

/// The library's packages: it checks each share against the commitments itself, and computes public
/// key and verifying shares from them.
fn packages(epoch: &Epoch<Secp256k1>) -> (Vec<KeyPackage>, PublicKeyPackage) {
	let points = epoch.commitments.to_bytes();
	let commitment = VerifiableSecretSharingCommitment::deserialize(points).unwrap();
	let members: BTreeSet<_> = epoch.shares.iter().map(|share| identifier(share.index())).collect();
	let public = PublicKeyPackage::from_commitment(&members, &commitment).unwrap();
	let keys = epoch
		.shares
		.iter()
		.map(|share| {
			let secret = SigningShare::deserialize(&share.to_bytes()[..]).unwrap();
			let share = SecretShare::new(identifier(share.index()), secret, commitment.clone());
			KeyPackage::try_from(share).unwrap()
		})
		.collect();
	(keys, public)
}

fn sign(signers: &[KeyPackage], public: &PublicKeyPackage) -> Result<Vec<u8>, frost::Error> {
	let mut rng = rng(600);
	let mut nonces = BTreeMap::new();
	let mut commitments = BTreeMap::new();
	for signer in signers {
		let (secret, published) = frost::round1::commit(signer.signing_share(), &mut rng);
		nonces.insert(*signer.identifier(), secret);
		commitments.insert(*signer.identifier(), published);
	}
	let package = frost::SigningPackage::new(commitments, &MESSAGE);
	let shares: BTreeMap<_, _> = signers
		.iter()
		.map(|signer| {
			let id = *signer.identifier();
			Ok((id, frost::round2::sign(&package, &nonces[&id], signer)?))
		})
		.collect::<Result<_, frost::Error>>()?;
	frost::aggregate(&package, &shares, public)?.serialize()
}

/// BIP-340, by `k256`.
fn verifies(key: &[u8; 33], signature: &[u8]) -> bool {
	let key = schnorr::VerifyingKey::from_bytes(&key[1..]).unwrap();
	let signature = schnorr::Signature::try_from(signature).unwrap();
	key.verify_raw(&MESSAGE, &signature).is_ok()
}

/// An epoch after a key generation, after a resharing to more members, and one to fewer.
fn epochs() -> [Epoch<Secp256k1>; 3] {
	let first = Epoch::<Secp256k1>::first(params(4, 3), 610);
	let second = first.reshare(&[1, 2, 4], params(6, 4), 611);
	let third = second.reshare(&[1, 2, 3, 5, 6], params(3, 2), 612);
	[first, second, third]
}

#[test]
fn frost_should_know_the_same_public_values() {
	for epoch in epochs() {
		let (keys, public) = packages(&epoch);
		let params = epoch.commitments.params();
		assert_eq!(public.verifying_key().serialize().unwrap(), epoch.key());
		assert_eq!(public.min_signers(), Some(params.threshold()));
		assert_eq!(public.max_signers(), params.members());
		for (index, package) in (1..).zip(&keys) {
			let expected = epoch.commitments.verifying_share(index).unwrap();
			let id = identifier(index);
			assert_eq!(public.verifying_shares()[&id].serialize().unwrap(), expected);
			assert_eq!(package.verifying_share().serialize().unwrap(), expected);
			assert_eq!(package.verifying_key(), public.verifying_key());
			assert_eq!(*package.min_signers(), params.threshold());
		}
	}
}

#[test]
fn frost_should_sign_with_the_same_key_in_every_epoch() {
	let epochs = epochs();
	let key = epochs[0].key();
	for epoch in &epochs {
		let (keys, public) = packages(epoch);
		let threshold = usize::from(epoch.commitments.params().threshold());
		for signers in [&keys[..threshold], &keys[keys.len() - threshold..], &keys[..]] {
			assert!(verifies(&key, &sign(signers, &public).unwrap()));
		}
		assert!(sign(&keys[..threshold - 1], &public).is_err());
	}
}

#[test]
fn frost_should_not_sign_when_shares_are_of_two_epochs() {
	let first = Epoch::<Secp256k1>::first(params(4, 3), 620);
	let second = first.reshare(&[1, 2, 3, 4], params(4, 3), 621);
	let (old, _) = packages(&first);
	let (new, public) = packages(&second);
	let mixed = [new[0].clone(), new[1].clone(), old[2].clone()];
	let Err(frost::Error::InvalidSignatureShare { culprits }) = sign(&mixed, &public) else {
		panic!("signed, or failed for another reason");
	};
	assert_eq!(culprits, [identifier(3)]);
}

#[test]
fn frost_should_sign_with_derived_keys() {
	let tweak = [0xd5; 32];
	let [first, second, _] = epochs();
	let delta = <k256::Scalar as Reduce<k256::U256>>::reduce_bytes(&tweak.into());
	let master = k256::PublicKey::from_sec1_bytes(&first.key()).unwrap().to_projective();
	let child = (master + ProjectivePoint::GENERATOR * delta).to_affine();
	for epoch in [first, second] {
		let derived = epoch.derive(&tweak);
		let key = k256::PublicKey::from_sec1_bytes(&derived.key()).unwrap();
		assert_eq!(*key.as_affine(), child);
		let (keys, public) = packages(&derived);
		assert!(verifies(&derived.key(), &sign(&keys, &public).unwrap()));
	}
}

#[test]
fn k256_should_know_the_same_public_key_of_a_share() {
	for epoch in epochs() {
		for share in &epoch.shares {
			let secret = k256::SecretKey::from_slice(&share.to_bytes()[..]).unwrap();
			let public = k256::PublicKey::from_sec1_bytes(&share.verifying_share()).unwrap();
			assert_eq!(secret.public_key(), public);
		}
	}
}
