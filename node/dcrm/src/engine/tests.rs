use std::{collections::BTreeSet, marker::PhantomData};

use fusion_vss::{group_key, verifying_share, Dealing, Params};
use k256::{
	elliptic_curve::point::DecompressPoint,
	sha2::{Digest, Sha256},
	AffinePoint,
};
use rand::{rngs::StdRng, SeedableRng};

use super::*;

const MESSAGE: [u8; 32] = *b"a message of thirty-two bytes...";

struct Group {
	keys: GroupKeys,
	shares: BTreeMap<u16, KeyShare<Secp256k1>>,
	rng: StdRng,
}

impl Group {
	/// A key that `members` members made together.
	fn new(members: u16, threshold: u16, seed: u64) -> Self {
		let mut rng = StdRng::seed_from_u64(seed);
		let params = Params::new(members, threshold).unwrap();
		let dealings: Vec<_> =
			(0..members).map(|_| Dealing::<Secp256k1>::random(params, &mut rng)).collect();
		let feldman: Vec<_> = dealings.iter().map(Dealing::feldman).collect();
		let share = |index| {
			let pairs: Vec<_> = dealings.iter().map(|d| d.share_for(index).unwrap()).collect();
			KeyShare::combine(index, &pairs).unwrap()
		};
		let public = |index| verifying_share(&feldman, index).unwrap();
		Self {
			keys: GroupKeys {
				threshold,
				key: group_key(&feldman).unwrap(),
				verifying_shares: (1..=members).map(|index| (index, public(index))).collect(),
			},
			shares: (1..=members).map(|index| (index, share(index))).collect(),
			rng,
		}
	}

	/// Round 1.
	fn commit(&mut self, signers: &[u16], tweak: &[u8; 32]) -> Round {
		let mut round = Round::default();
		for index in signers {
			let (nonces, commitments) =
				commit(&self.shares[index], &self.keys, tweak, &mut self.rng).unwrap();
			round.nonces.insert(*index, nonces);
			round.commitments.insert(*index, commitments);
		}
		round
	}

	/// Round 2 of one signer.
	fn sign(
		&self,
		index: u16,
		tweak: &[u8; 32],
		round: &mut Round,
		message: &[u8; 32],
	) -> Result<Vec<u8>, EngineError> {
		let nonces = round.nonces.remove(&index).unwrap();
		sign(&self.shares[&index], &self.keys, tweak, nonces, &round.commitments, message)
	}

	/// Both rounds: the commitments, and everybody's share.
	fn shares(&mut self, signers: &[u16], tweak: &[u8; 32]) -> (Round, BTreeMap<u16, Vec<u8>>) {
		let mut round = self.commit(signers, tweak);
		let shares = signers
			.iter()
			.map(|index| (*index, self.sign(*index, tweak, &mut round, &MESSAGE).unwrap()))
			.collect();
		(round, shares)
	}

	fn signature(&mut self, signers: &[u16], tweak: &[u8; 32]) -> Result<[u8; 64], EngineError> {
		let (round, shares) = self.shares(signers, tweak);
		aggregate(&self.keys, tweak, &round.commitments, &shares, &MESSAGE)
	}

	/// The child key, computed from scratch: is its y-coordinate odd, and the key.
	fn child(&self, tweak: &[u8; 32]) -> (bool, ProjectivePoint) {
		let key = k256::PublicKey::from_sec1_bytes(&self.keys.key).unwrap().to_projective();
		let child = key + ProjectivePoint::GENERATOR * Scalar::reduce(U256::from_be_slice(tweak));
		(child.to_affine().y_is_odd().into(), child)
	}

	fn master_is_odd(&self) -> bool {
		self.keys.key[0] == 3
	}
}

#[derive(Default)]
struct Round {
	nonces: BTreeMap<u16, Nonces>,
	commitments: BTreeMap<u16, Vec<u8>>,
}

/// BIP-341's output key of an internal key, and BIP-340's verification, from the text of the BIPs
/// with nothing but hashes, points and scalars.
mod reference {
	use super::*;

	fn hash(tag: &str, data: &[&[u8]]) -> Scalar {
		let tag = Sha256::digest(tag);
		let mut hasher = Sha256::new().chain_update(tag).chain_update(tag);
		data.iter().for_each(|data| hasher.update(data));
		Scalar::reduce(U256::from_be_slice(&hasher.finalize()))
	}

	fn lift_x(x: &[u8]) -> Option<ProjectivePoint> {
		let x = k256::FieldBytes::clone_from_slice(x);
		Option::<AffinePoint>::from(AffinePoint::decompress(&x, 0.into())).map(Into::into)
	}

	pub fn output_key(internal: &ProjectivePoint) -> [u8; 32] {
		let x = internal.to_affine().x();
		let tweak = ProjectivePoint::GENERATOR * hash("TapTweak", &[&x]);
		(lift_x(&x).unwrap() + tweak).to_affine().x().into()
	}

	pub fn verify(x: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool {
		let (r, s) = signature.split_at(32);
		let key = lift_x(x).unwrap();
		let s = Scalar::from_repr(k256::FieldBytes::clone_from_slice(s)).unwrap();
		let e = hash("BIP0340/challenge", &[r, x, message]);
		let point = ProjectivePoint::GENERATOR * s - key * e;
		Some(point) == lift_x(r)
	}
}

/// The library of Bitcoin Core.
mod libsecp256k1 {
	use secp256k1::{schnorr::Signature, Message, Secp256k1, XOnlyPublicKey};

	pub fn verify(x: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) -> bool {
		let key = XOnlyPublicKey::from_slice(x).unwrap();
		let signature = Signature::from_slice(signature).unwrap();
		let message = Message::from_digest(*message);
		Secp256k1::verification_only().verify_schnorr(&signature, &message, &key).is_ok()
	}
}

fn tweak(n: u8) -> [u8; 32] {
	tagged_hash(b"test/tweak", &[n])
}

/// A group and a tweak for each combination of odd and even master and child keys.
fn all_parities(members: u16, threshold: u16) -> Vec<(Group, [u8; 32])> {
	let mut found = BTreeSet::new();
	let mut cases = Vec::new();
	for seed in 0.. {
		let group = Group::new(members, threshold, seed);
		let tweak = tweak(seed as u8);
		if found.insert((group.master_is_odd(), group.child(&tweak).0)) {
			cases.push((group, tweak));
		}
		if cases.len() == 4 {
			return cases;
		}
	}
	unreachable!()
}

fn check_all_parities(members: u16, threshold: u16, signers: &[u16]) {
	for (mut group, tweak) in all_parities(members, threshold) {
		let signature = group.signature(signers, &tweak).unwrap();
		let output = reference::output_key(&group.child(&tweak).1);
		assert_eq!(output_key(&group.keys.key, &tweak), Ok(output));
		assert!(reference::verify(&output, &MESSAGE, &signature));
		assert!(libsecp256k1::verify(&output, &MESSAGE, &signature));
		let key = schnorr::VerifyingKey::from_bytes(&output).unwrap();
		let parsed = schnorr::Signature::try_from(&signature[..]).unwrap();
		key.verify_raw(&MESSAGE, &parsed).unwrap();
		assert_eq!(verify(&group.keys.key, &tweak, &MESSAGE, &signature), Ok(()));
	}
}

#[test]
fn signature_should_be_valid_when_three_of_four_sign_with_keys_of_any_parity() {
	for signers in [[1, 2, 3], [1, 2, 4], [1, 3, 4], [2, 3, 4]] {
		check_all_parities(4, 3, &signers);
	}
}

#[test]
fn signature_should_be_valid_when_fifteen_of_twenty_one_sign_with_keys_of_any_parity() {
	check_all_parities(21, 15, &(7..=21).collect::<Vec<_>>());
}

#[test]
fn signature_should_be_valid_when_more_sign_than_it_takes() {
	check_all_parities(4, 3, &[1, 2, 3, 4]);
}

#[test]
fn signature_should_be_valid_whatever_the_nonces_and_tweaks_are() {
	// Nonces, child keys and output keys are odd half of the time, each.
	let mut group = Group::new(4, 3, 100);
	for n in 0..32 {
		let tweak = tweak(n);
		let signature = group.signature(&[4, 1, 2], &tweak).unwrap();
		let output = reference::output_key(&group.child(&tweak).1);
		assert!(reference::verify(&output, &MESSAGE, &signature));
	}
}

#[test]
fn signature_should_be_valid_when_nonces_were_made_before_the_key_was_known() {
	let signers = [2, 3, 4];
	for (mut group, tweak) in all_parities(4, 3) {
		let mut round = Round::default();
		for index in signers {
			let (nonces, commitments) = precommit(&group.shares[&index], &mut group.rng).unwrap();
			assert_eq!(check_commitments(&commitments), Ok(()));
			round.nonces.insert(index, nonces);
			round.commitments.insert(index, commitments);
		}
		let shares = signers
			.iter()
			.map(|index| (*index, group.sign(*index, &tweak, &mut round, &MESSAGE).unwrap()))
			.collect();
		let signature =
			aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE).unwrap();
		let output = output_key(&group.keys.key, &tweak).unwrap();
		assert!(reference::verify(&output, &MESSAGE, &signature));
		assert!(libsecp256k1::verify(&output, &MESSAGE, &signature));
	}
}

#[test]
fn libsecp256k1_should_refuse_a_signature_when_it_is_of_another_message() {
	let mut group = Group::new(4, 3, 118);
	let signature = group.signature(&[1, 2, 3], &tweak(1)).unwrap();
	let output = output_key(&group.keys.key, &tweak(1)).unwrap();
	assert!(libsecp256k1::verify(&output, &MESSAGE, &signature));
	assert!(!libsecp256k1::verify(&output, &[0; 32], &signature));
}

/// BIP-341, wallet test vectors, `scriptPubKey`, first case: an internal key without scripts.
#[test]
fn output_key_should_be_that_of_the_bip() {
	let internal =
		hex::decode("02d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d");
	let internal: [u8; 33] = internal.unwrap().try_into().unwrap();
	let expected = "53a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343";
	assert_eq!(hex::encode(output_key(&internal, &[0; 32]).unwrap()), expected);
	// An internal key is known by its x-coordinate only.
	let mut odd = internal;
	odd[0] = 3;
	assert_eq!(output_key(&odd, &[0; 32]), output_key(&internal, &[0; 32]));
}

#[test]
fn output_key_should_be_refused_when_there_is_none() {
	let group = Group::new(4, 3, 101);
	assert!(matches!(output_key(&[7; 33], &[0; 32]), Err(EngineError::BadKey { .. })));
	// G with a tweak of -1.
	let generator = ProjectivePoint::GENERATOR.to_bytes().into();
	let minus_one = (-Scalar::ONE).to_bytes().into();
	assert!(matches!(output_key(&generator, &minus_one), Err(EngineError::BadKey { .. })));
	assert!(output_key(&group.keys.key, &minus_one).is_ok());
}

#[test]
fn tweak_should_be_reduced_when_it_is_not_below_the_order() {
	// The order plus five.
	let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
	let mut tweak: [u8; 32] = hex::decode(order).unwrap().try_into().unwrap();
	tweak[31] += 5;
	let mut five = [0; 32];
	five[31] = 5;
	let mut group = Group::new(4, 3, 102);
	assert_eq!(output_key(&group.keys.key, &tweak), output_key(&group.keys.key, &five));
	let signature = group.signature(&[1, 2, 3], &tweak).unwrap();
	assert_eq!(verify(&group.keys.key, &five, &MESSAGE, &signature), Ok(()));
}

#[test]
fn signers_should_be_named_when_their_shares_are_wrong() {
	let tweak = tweak(1);
	for (members, threshold, bad) in
		[(4, 3, vec![2]), (4, 3, vec![1, 3]), (21, 15, vec![1, 8, 15]), (4, 3, vec![1, 2, 3])]
	{
		let mut group = Group::new(members, threshold, 103);
		let signers: Vec<_> = (1..=threshold).collect();
		let (round, mut shares) = group.shares(&signers, &tweak);
		for index in &bad {
			shares.get_mut(index).unwrap()[31] ^= 1;
		}
		let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE);
		assert_eq!(result, Err(EngineError::BadShares { culprits: bad }));
	}
}

#[test]
fn signers_should_be_named_when_their_shares_are_no_numbers() {
	let mut group = Group::new(4, 3, 104);
	let tweak = tweak(1);
	for bad in [vec![], vec![1; 31], vec![1; 33], vec![0xff; 32]] {
		let (round, mut shares) = group.shares(&[1, 2, 4], &tweak);
		shares.insert(4, bad.clone());
		shares.insert(1, bad);
		let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE);
		assert_eq!(result, Err(EngineError::BadShares { culprits: vec![1, 4] }));
	}
}

#[test]
fn signers_should_be_named_when_they_sign_another_message() {
	let mut group = Group::new(4, 3, 105);
	let tweak = tweak(1);
	let mut round = group.commit(&[1, 2, 3], &tweak);
	let shares = BTreeMap::from([
		(1, group.sign(1, &tweak, &mut round, &MESSAGE).unwrap()),
		(2, group.sign(2, &tweak, &mut round, &[9; 32]).unwrap()),
		(3, group.sign(3, &tweak, &mut round, &MESSAGE).unwrap()),
	]);
	let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE);
	assert_eq!(result, Err(EngineError::BadShares { culprits: vec![2] }));
	// If the one who puts it together is the one who has another message, nobody's share fits it.
	let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &[9; 32]);
	assert_eq!(result, Err(EngineError::BadShares { culprits: vec![1, 3] }));
}

#[test]
fn signers_should_be_named_when_they_sign_with_another_key_of_the_group() {
	let mut group = Group::new(4, 3, 106);
	let (one, other) = (tweak(1), tweak(2));
	let mut round = group.commit(&[1, 2, 3], &one);
	let shares = BTreeMap::from([
		(1, group.sign(1, &one, &mut round, &MESSAGE).unwrap()),
		(2, group.sign(2, &one, &mut round, &MESSAGE).unwrap()),
		(3, group.sign(3, &other, &mut round, &MESSAGE).unwrap()),
	]);
	let result = aggregate(&group.keys, &one, &round.commitments, &shares, &MESSAGE);
	assert_eq!(result, Err(EngineError::BadShares { culprits: vec![3] }));
}

fn refused(key: &[u8; 33], tweak: &[u8; 32], message: &[u8; 32], signature: &[u8; 64]) {
	let output_key = output_key(key, tweak).unwrap();
	let error = EngineError::BadSignature { output_key };
	assert_eq!(verify(key, tweak, message, signature), Err(error));
}

#[test]
fn signature_should_be_refused_when_anything_about_it_is_different() {
	let mut group = Group::new(4, 3, 107);
	let (one, other) = (tweak(1), tweak(2));
	let signature = group.signature(&[1, 2, 3], &one).unwrap();
	let key = group.keys.key;
	assert_eq!(verify(&key, &one, &MESSAGE, &signature), Ok(()));
	refused(&key, &one, &[9; 32], &signature);
	refused(&key, &other, &MESSAGE, &signature);
	refused(&Group::new(4, 3, 108).keys.key, &one, &MESSAGE, &signature);
	refused(&key, &one, &MESSAGE, &[0; 64]);
	refused(&key, &one, &MESSAGE, &[0xff; 64]);
	for position in [0, 31, 32, 63] {
		let mut changed = signature;
		changed[position] ^= 1;
		refused(&key, &one, &MESSAGE, &changed);
	}
}

#[test]
fn signing_should_be_refused_when_the_nonces_are_not_those_committed_to() {
	let mut group = Group::new(4, 3, 109);
	let tweak = tweak(1);
	let mut round = group.commit(&[1, 2, 3], &tweak);
	// Nonces of another attempt.
	let mut again = group.commit(&[1], &tweak);
	let error = EngineError::OwnCommitments { index: 1 };
	round.nonces.insert(1, again.nonces.remove(&1).unwrap());
	assert_eq!(group.sign(1, &tweak, &mut round, &MESSAGE), Err(error.clone()));
	// Somebody else put other commitments in our place, or left us out.
	let mut round = group.commit(&[1, 2, 3], &tweak);
	round.commitments.insert(1, round.commitments[&2].clone());
	assert_eq!(group.sign(1, &tweak, &mut round, &MESSAGE), Err(error.clone()));
	let mut round = group.commit(&[1, 2, 3, 4], &tweak);
	round.commitments.remove(&1);
	assert_eq!(group.sign(1, &tweak, &mut round, &MESSAGE), Err(error));
}

#[test]
fn signing_should_be_refused_when_signers_are_too_few_or_strangers() {
	let mut group = Group::new(4, 3, 110);
	let tweak = tweak(1);
	let mut round = group.commit(&[1, 2], &tweak);
	let error = EngineError::NotEnoughSigners { needed: 3, got: 2 };
	assert_eq!(group.sign(1, &tweak, &mut round, &MESSAGE), Err(error));
	for stranger in [0, 5] {
		let mut round = group.commit(&[1, 2], &tweak);
		round.commitments.insert(stranger, round.commitments[&2].clone());
		let error = EngineError::UnknownSigner { index: stranger };
		assert_eq!(group.sign(1, &tweak, &mut round, &MESSAGE), Err(error));
	}
}

#[test]
fn signers_should_be_named_when_their_commitments_are_malformed() {
	let mut group = Group::new(4, 3, 111);
	let tweak = tweak(1);
	let good = group.commit(&[2], &tweak).commitments[&2].clone();
	assert_eq!(good.len(), COMMITMENTS_LENGTH);
	assert_eq!(check_commitments(&good), Ok(()));
	let mut compact = good.clone();
	compact[33] = 5;
	let mut not_a_point = good.clone();
	not_a_point[1..33].fill(0xff);
	for bad in [vec![], good[..65].to_vec(), [&good[..], &[0]].concat(), compact, not_a_point] {
		let error = EngineError::BadCommitments { culprits: vec![] };
		assert_eq!(check_commitments(&bad), Err(error));
		let mut round = group.commit(&[1, 2, 3], &tweak);
		round.commitments.insert(2, bad);
		let error = EngineError::BadCommitments { culprits: vec![2] };
		assert_eq!(group.sign(1, &tweak, &mut round, &MESSAGE), Err(error));
	}
}

#[test]
fn aggregation_should_be_refused_when_shares_and_commitments_are_not_of_the_same_signers() {
	let mut group = Group::new(4, 3, 112);
	let tweak = tweak(1);
	let (round, mut shares) = group.shares(&[1, 2, 3], &tweak);
	let second = shares.remove(&2).unwrap();
	let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE);
	assert_eq!(result, Err(EngineError::MissingShares { missing: vec![2] }));
	shares.insert(2, second.clone());
	shares.insert(4, second);
	let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE);
	assert_eq!(result, Err(EngineError::UnknownSigner { index: 4 }));
}

#[test]
fn share_should_be_refused_when_it_is_of_another_key() {
	let mut group = Group::new(4, 3, 113);
	let other = Group::new(4, 3, 114);
	let tweak = tweak(1);
	let result = commit(&other.shares[&1], &group.keys, &tweak, &mut group.rng);
	assert_eq!(result.unwrap_err(), EngineError::WrongShare { index: 1 });
	let mut round = group.commit(&[1, 2, 3], &tweak);
	let nonces = round.nonces.remove(&1).unwrap();
	let result = sign(&other.shares[&1], &group.keys, &tweak, nonces, &round.commitments, &MESSAGE);
	assert_eq!(result, Err(EngineError::WrongShare { index: 1 }));
	let stranger = KeyShare::from_bytes(9, &[1; 32]).unwrap();
	let result = commit(&stranger, &group.keys, &tweak, &mut group.rng);
	assert_eq!(result.unwrap_err(), EngineError::UnknownSigner { index: 9 });
}

#[test]
fn signature_should_not_leave_when_the_group_key_is_not_that_of_the_shares() {
	// Whatever is wrong with what we believe of the group, nothing but a valid signature comes out.
	let mut group = Group::new(4, 3, 115);
	let tweak = tweak(1);
	group.keys.key = Group::new(4, 3, 116).keys.key;
	let (round, shares) = group.shares(&[1, 2, 3], &tweak);
	let result = aggregate(&group.keys, &tweak, &round.commitments, &shares, &MESSAGE);
	assert!(result.is_err());
}

#[test]
fn nonces_should_differ_when_made_one_after_the_other() {
	let mut group = Group::new(4, 3, 117);
	let mut seen = BTreeSet::new();
	for _ in 0..8 {
		for commitments in group.commit(&[1, 2], &tweak(1)).commitments.into_values() {
			assert!(seen.insert(commitments[..33].to_vec()));
			assert!(seen.insert(commitments[33..].to_vec()));
		}
	}
	assert_eq!(format!("{:?}", group.commit(&[1], &tweak(1)).nonces[&1]), "Nonces { .. }");
}

/// Does not compile if `Nonces` can be cloned: then both implementations apply.
#[test]
fn nonces_should_not_be_clonable() {
	struct Not<A>(PhantomData<A>);
	trait AmbiguousIfClone<A> {
		fn is_not_clone(&self) -> bool {
			true
		}
	}
	impl<T> AmbiguousIfClone<()> for Not<T> {}
	impl<T: Clone> AmbiguousIfClone<u8> for Not<T> {}
	assert!(Not(PhantomData::<Nonces>).is_not_clone());
}

#[test]
fn errors_should_say_who_and_what() {
	for (error, text) in [
		(
			EngineError::BadShares { culprits: vec![2, 3] },
			"the signature shares of signers [2, 3] are wrong",
		),
		(EngineError::NotEnoughSigners { needed: 3, got: 2 }, "2 signers, but it takes 3"),
		(
			EngineError::BadSignature { output_key: [0xab; 32] },
			&format!("the signature does not verify under the output key {}", "ab".repeat(32)),
		),
	] {
		assert_eq!(error.to_string(), text);
	}
}
