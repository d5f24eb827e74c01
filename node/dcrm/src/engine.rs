//! Threshold signatures: FROST behind a narrow face, bytes in and bytes out.
//!
//! Two rounds (RFC 9591, with the BIP-340 and BIP-341 changes of `frost-secp256k1-tr`):
//!
//! ```text
//!  round 1   commit     each signer: fresh nonces, kept; their commitments, sent
//!            precommit  the same, before it is known what is signed with which key
//!  round 2   sign       each signer: nonces (gone afterwards), all commitments, message → a share
//!            aggregate  anybody: all commitments, all shares → the signature, or who spoilt it
//! ```
//!
//! # Which key signs
//!
//! The members share a *master* key `Y` ([`GroupKeys::key`]). What signs is never `Y`:
//!
//! 1. the *child* key `Y + δ·G`, where δ is the public tweak of one purpose
//!    ([`fusion_dcrm_primitives::derive_tweak`]); every share becomes `x_j + δ`, every verifying share
//!    `Y_j + δ·G`;
//! 2. of the child key the point with the same x-coordinate and an even y-coordinate (BIP-340);
//! 3. plus `H_TapTweak(x)·G`, which commits to "no scripts" (BIP-341): the *output* key, the one in
//!    the address.
//!
//! The library does 2 and 3 (`sign_with_tweak`, `Tweak`). Step 1 is here, and so is a second,
//! independent computation of all three ([`output_key`]): no signature leaves this module that does
//! not verify under it.
//!
//! # What of the library is not used
//!
//! Its key generation. Our members share their key by the protocol of `fusion-vss`, whose disputes the
//! chain settles; the library's `dkg` has no such thing, and its `post_dkg` adds a taproot tweak to
//! the key that it makes: the key would not be the sum of the dealings. Key packages are built here,
//! from our shares, each time that they are needed.
//!
//! # Nonces
//!
//! Two signatures with one nonce give away the share. So [`Nonces`] cannot be cloned or serialized,
//! [`sign`] takes them by value, and they are wiped whatever the outcome.

use std::{collections::BTreeMap, fmt};

use frost_core::CheaterDetection;
use frost_secp256k1_tr::{
	self as frost,
	keys::{KeyPackage, PublicKeyPackage, SigningShare, Tweak, VerifyingShare},
	rand_core::{CryptoRng, RngCore},
	round1::{self, NonceCommitment, SigningCommitments},
	round2::{self, SignatureShare},
	Identifier, SigningPackage, VerifyingKey,
};
use fusion_dcrm_primitives::tagged_hash;
use fusion_vss::{KeyShare, Secp256k1};
use k256::{
	elliptic_curve::{
		group::{Group, GroupEncoding},
		ops::Reduce,
		point::AffineCoordinates,
		PrimeField,
	},
	schnorr, ProjectivePoint, Scalar, U256,
};
use zeroize::{Zeroize, Zeroizing};

#[cfg(test)]
mod tests;

/// Length of a signer's commitments: two compressed points.
pub const COMMITMENTS_LENGTH: usize = 66;
/// Length of a signer's share of a signature: a scalar.
pub const SIGNATURE_SHARE_LENGTH: usize = 32;

/// What everybody knows of a group's master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKeys {
	/// How many members it takes to sign.
	pub threshold: u16,
	/// The master public key, compressed.
	pub key: [u8; 33],
	/// `x_j·G` of each member's share `x_j` of the master key, compressed, by index.
	pub verifying_shares: BTreeMap<u16, [u8; 33]>,
}

/// A signer's secret of round 1. For one signature; wiped when dropped.
pub struct Nonces(round1::SigningNonces);

/// Says nothing of what is in it.
impl fmt::Debug for Nonces {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Nonces").finish_non_exhaustive()
	}
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
	/// The group's key is not a point, or the tweak makes it none.
	#[error("the group's key cannot be used: {reason}")]
	BadKey {
		/// What is wrong with it.
		reason: &'static str,
	},
	/// A verifying share of the group is not a point, or the tweak makes it none.
	#[error("the verifying share of member {index} is not a point of the curve")]
	BadVerifyingShare {
		/// Whose.
		index: u16,
	},
	/// Our share is not of this group's key.
	#[error("the share of member {index} does not fit the group's key: it is of another key")]
	WrongShare {
		/// Ours.
		index: u16,
	},
	/// A signer is not a member.
	#[error("signer {index} is not a member of the group")]
	UnknownSigner {
		/// The signer.
		index: u16,
	},
	/// Too few signers.
	#[error("{got} signers, but it takes {needed}")]
	NotEnoughSigners {
		/// The threshold.
		needed: u16,
		/// How many there are.
		got: usize,
	},
	/// Commitments that are not two points of the curve.
	#[error("the nonce commitments of signers {culprits:?} are malformed")]
	BadCommitments {
		/// Whose. Empty if that is not known here.
		culprits: Vec<u16>,
	},
	/// Our nonces are not those that were committed to.
	#[error("the commitments listed for member {index} are not those of its nonces")]
	OwnCommitments {
		/// Ours.
		index: u16,
	},
	/// Signers whose shares are missing.
	#[error("the signature shares of signers {missing:?} are missing")]
	MissingShares {
		/// Whose.
		missing: Vec<u16>,
	},
	/// Shares that are wrong: these signers are at fault, all others are right (or, if a share is not
	/// even a number, not yet checked).
	#[error("the signature shares of signers {culprits:?} are wrong")]
	BadShares {
		/// Whose.
		culprits: Vec<u16>,
	},
	/// The bytes are no valid signature of the message under the output key.
	#[error("the signature does not verify under the output key {key}", key = hex::encode(.output_key))]
	BadSignature {
		/// The x-coordinate of the output key.
		output_key: [u8; 32],
	},
	/// Anything else that the library refuses.
	#[error("FROST: {0}")]
	Library(String),
}

impl From<frost::Error> for EngineError {
	fn from(error: frost::Error) -> Self {
		Self::Library(error.to_string())
	}
}

/// Round 1: fresh nonces for one signature with the key of `tweak`, and the commitments to them that
/// the other signers need ([`COMMITMENTS_LENGTH`] bytes).
///
/// The nonces are derived from fresh randomness and the share, so that a weak `rng` alone does not
/// give the share away.
pub fn commit(
	share: &KeyShare<Secp256k1>,
	group: &GroupKeys,
	tweak: &[u8; 32],
	rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Nonces, Vec<u8>), EngineError> {
	let package = key_package(share, group, tweak)?;
	let (nonces, commitments) = round1::commit(package.signing_share(), rng);
	let bytes = encode_commitments(&commitments)?;
	Ok((Nonces(nonces), bytes))
}

/// Round 1 before there is anything to sign: fresh nonces for one signature with whichever of the group's keys, and
/// the commitments to them.
///
/// That the key is not known yet takes nothing away: nonces are random numbers (the share only makes up for a weak
/// `rng`), and what binds them to one signature is the binding factor of round 2, a hash of the key that signs, the
/// message and the commitments of all signers (RFC 9591, section 4.4).
pub fn precommit(
	share: &KeyShare<Secp256k1>,
	rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Nonces, Vec<u8>), EngineError> {
	let mut secret = SigningShare::deserialize(&share.to_bytes()[..])?;
	let (nonces, commitments) = round1::commit(&secret, rng);
	secret.zeroize();
	let bytes = encode_commitments(&commitments)?;
	Ok((Nonces(nonces), bytes))
}

/// Whether these bytes can be a signer's commitments.
pub fn check_commitments(bytes: &[u8]) -> Result<(), EngineError> {
	match decode_commitments(bytes) {
		Some(_) => Ok(()),
		None => Err(EngineError::BadCommitments { culprits: Vec::new() }),
	}
}

/// Round 2: our share of the signature of `message` ([`SIGNATURE_SHARE_LENGTH`] bytes).
///
/// `commitments` are those of all signers, ours among them. The caller vouches for the message: it has
/// rebuilt it from finalized state.
pub fn sign(
	share: &KeyShare<Secp256k1>,
	group: &GroupKeys,
	tweak: &[u8; 32],
	nonces: Nonces,
	commitments: &BTreeMap<u16, Vec<u8>>,
	message: &[u8; 32],
) -> Result<Vec<u8>, EngineError> {
	let index = share.index();
	let own = encode_commitments(nonces.0.commitments())?;
	if commitments.get(&index) != Some(&own) {
		return Err(EngineError::OwnCommitments { index });
	}
	let package = signing_package(group, commitments, message)?;
	let key = key_package(share, group, tweak)?;
	let share = round2::sign_with_tweak(&package, &nonces.0, &key, None)?;
	Ok(share.serialize())
}

/// Puts the signature of `message` together from the shares of all who committed, and verifies it.
///
/// If shares are wrong, [`EngineError::BadShares`] names all who sent one.
pub fn aggregate(
	group: &GroupKeys,
	tweak: &[u8; 32],
	commitments: &BTreeMap<u16, Vec<u8>>,
	shares: &BTreeMap<u16, Vec<u8>>,
	message: &[u8; 32],
) -> Result<[u8; 64], EngineError> {
	let package = signing_package(group, commitments, message)?;
	if let Some(index) = shares.keys().find(|index| !commitments.contains_key(index)) {
		return Err(EngineError::UnknownSigner { index: *index });
	}
	let missing: Vec<_> =
		commitments.keys().filter(|index| !shares.contains_key(index)).copied().collect();
	if !missing.is_empty() {
		return Err(EngineError::MissingShares { missing });
	}

	let mut indices = BTreeMap::new();
	let mut decoded = BTreeMap::new();
	let mut culprits = Vec::new();
	for (index, bytes) in shares {
		let id = identifier(*index)?;
		indices.insert(id, *index);
		match SignatureShare::deserialize(bytes) {
			Ok(share) => {
				decoded.insert(id, share);
			},
			Err(_) => culprits.push(*index),
		}
	}
	if !culprits.is_empty() {
		return Err(EngineError::BadShares { culprits });
	}

	let keys = public_keys(group, tweak, shares.keys())?.tweak::<&[u8]>(None);
	let result =
		frost_core::aggregate_custom(&package, &decoded, &keys, CheaterDetection::AllCheaters);
	let signature = match result {
		Ok(signature) => signature.serialize()?,
		Err(frost::Error::InvalidSignatureShare { culprits }) => {
			let culprits = culprits.iter().filter_map(|id| indices.get(id)).copied().collect();
			return Err(EngineError::BadShares { culprits });
		},
		Err(error) => return Err(error.into()),
	};
	let signature: [u8; 64] = signature
		.try_into()
		.map_err(|_| EngineError::Library("a signature that is not 64 bytes long".into()))?;
	verify(&group.key, tweak, message, &signature)?;
	Ok(signature)
}

/// Whether `signature` is one of `message` under the output key of `tweak` (BIP-340).
pub fn verify(
	key: &[u8; 33],
	tweak: &[u8; 32],
	message: &[u8; 32],
	signature: &[u8; 64],
) -> Result<(), EngineError> {
	let output_key = output_key(key, tweak)?;
	let verified = schnorr::VerifyingKey::from_bytes(&output_key)
		.and_then(|key| Ok((key, schnorr::Signature::try_from(&signature[..])?)))
		.and_then(|(key, signature)| key.verify_raw(message, &signature));
	verified.map_err(|_| EngineError::BadSignature { output_key })
}

/// The x-coordinate of the output key of `tweak`: what the address holds, and what signatures verify
/// under. Computed without the signing library.
pub fn output_key(key: &[u8; 33], tweak: &[u8; 32]) -> Result<[u8; 32], EngineError> {
	taproot_output(&Child::new(key, tweak)?.key)
}

/// BIP-341's output key for an internal key without scripts: `lift_x(x) + H_TapTweak(x)·G`.
fn taproot_output(internal: &ProjectivePoint) -> Result<[u8; 32], EngineError> {
	let internal = internal.to_affine();
	let hash = tagged_hash(b"TapTweak", &internal.x());
	let tweak = Option::<Scalar>::from(Scalar::from_repr(hash.into()))
		.ok_or(EngineError::BadKey { reason: "its taproot tweak is not below the order" })?;
	let even = if bool::from(internal.y_is_odd()) { -internal } else { internal };
	let output = ProjectivePoint::from(even) + ProjectivePoint::GENERATOR * tweak;
	if bool::from(output.is_identity()) {
		return Err(EngineError::BadKey { reason: "its output key is the identity" });
	}
	Ok(output.to_affine().x().into())
}

/// The key of one purpose.
struct Child {
	/// δ.
	delta: Scalar,
	/// `δ·G`.
	point: ProjectivePoint,
	/// `Y + δ·G`.
	key: ProjectivePoint,
}

impl Child {
	fn new(key: &[u8; 33], tweak: &[u8; 32]) -> Result<Self, EngineError> {
		let master = decode_point(key)
			.ok_or(EngineError::BadKey { reason: "it is not a point of the curve" })?;
		let delta = <Scalar as Reduce<U256>>::reduce_bytes(tweak.into());
		let point = ProjectivePoint::GENERATOR * delta;
		let key = master + point;
		if bool::from(key.is_identity()) {
			return Err(EngineError::BadKey { reason: "the tweak makes it the identity" });
		}
		Ok(Self { delta, point, key })
	}

	fn verifying_key(&self) -> Result<VerifyingKey, EngineError> {
		Ok(VerifyingKey::deserialize(&self.key.to_bytes())?)
	}

	/// `Y_j + δ·G`.
	fn verifying_share(
		&self,
		group: &GroupKeys,
		index: u16,
	) -> Result<VerifyingShare, EngineError> {
		let bytes = verifying_share_of(group, index)?;
		let master = decode_point(bytes).ok_or(EngineError::BadVerifyingShare { index })?;
		VerifyingShare::deserialize(&(master + self.point).to_bytes())
			.map_err(|_| EngineError::BadVerifyingShare { index })
	}
}

/// What the library signs with: our share of the child key.
pub(crate) fn key_package(
	share: &KeyShare<Secp256k1>,
	group: &GroupKeys,
	tweak: &[u8; 32],
) -> Result<KeyPackage, EngineError> {
	let index = share.index();
	if *verifying_share_of(group, index)? != share.verifying_share() {
		return Err(EngineError::WrongShare { index });
	}
	let child = Child::new(&group.key, tweak)?;
	let mut repr = (*share.to_bytes()).into();
	let master = Option::<Scalar>::from(Scalar::from_repr(repr));
	repr.as_mut_slice().zeroize();
	// A share is always a scalar; if not, it is not of this key.
	let master = Zeroizing::new(master.ok_or(EngineError::WrongShare { index })?);
	let secret = Zeroizing::new(*master + child.delta);
	let bytes = Zeroizing::new(<[u8; 32]>::from(secret.to_bytes()));
	Ok(KeyPackage::new(
		identifier(index)?,
		SigningShare::deserialize(&bytes[..])?,
		child.verifying_share(group, index)?,
		child.verifying_key()?,
		group.threshold,
	))
}

/// What the library verifies the shares of these signers with, for the child key.
pub(crate) fn public_keys<'a>(
	group: &GroupKeys,
	tweak: &[u8; 32],
	signers: impl Iterator<Item = &'a u16>,
) -> Result<PublicKeyPackage, EngineError> {
	let child = Child::new(&group.key, tweak)?;
	let shares = signers
		.map(|index| Ok((identifier(*index)?, child.verifying_share(group, *index)?)))
		.collect::<Result<BTreeMap<_, _>, EngineError>>()?;
	Ok(PublicKeyPackage::new(shares, child.verifying_key()?, Some(group.threshold)))
}

/// The message and the commitments of all who sign it: enough of them, members all.
fn signing_package(
	group: &GroupKeys,
	commitments: &BTreeMap<u16, Vec<u8>>,
	message: &[u8; 32],
) -> Result<SigningPackage, EngineError> {
	if commitments.len() < usize::from(group.threshold) {
		return Err(EngineError::NotEnoughSigners {
			needed: group.threshold,
			got: commitments.len(),
		});
	}
	let mut decoded = BTreeMap::new();
	let mut culprits = Vec::new();
	for (index, bytes) in commitments {
		verifying_share_of(group, *index)?;
		match decode_commitments(bytes) {
			Some(commitments) => {
				decoded.insert(identifier(*index)?, commitments);
			},
			None => culprits.push(*index),
		}
	}
	if !culprits.is_empty() {
		return Err(EngineError::BadCommitments { culprits });
	}
	Ok(SigningPackage::new(decoded, message))
}

fn verifying_share_of(group: &GroupKeys, index: u16) -> Result<&[u8; 33], EngineError> {
	group.verifying_shares.get(&index).ok_or(EngineError::UnknownSigner { index })
}

fn identifier(index: u16) -> Result<Identifier, EngineError> {
	Identifier::try_from(index).map_err(|_| EngineError::UnknownSigner { index })
}

fn decode_point(bytes: &[u8; 33]) -> Option<ProjectivePoint> {
	k256::PublicKey::from_sec1_bytes(bytes).ok().map(|key| key.to_projective())
}

/// The commitments to the hiding and to the binding nonce, one after the other.
fn encode_commitments(commitments: &SigningCommitments) -> Result<Vec<u8>, EngineError> {
	let mut bytes = commitments.hiding().serialize()?;
	bytes.extend(commitments.binding().serialize()?);
	Ok(bytes)
}

fn decode_commitments(bytes: &[u8]) -> Option<SigningCommitments> {
	let (hiding, binding) = bytes.split_at_checked(COMMITMENTS_LENGTH / 2)?;
	// A tag other than these two would be a second encoding of the same point.
	if ![hiding, binding].iter().all(|point| matches!(point.first(), Some(2 | 3))) {
		return None;
	}
	Some(SigningCommitments::new(
		NonceCommitment::deserialize(hiding).ok()?,
		NonceCommitment::deserialize(binding).ok()?,
	))
}
