//! What everybody knows of a shared key.

use alloc::vec::Vec;

use group::Group;

use crate::{
	commitments::Commitments,
	curve::{encode_point, reduce},
	key::encode_key,
	Curve, Error, FeldmanCommitments, Params, POINT_LENGTH, SCALAR_LENGTH,
};

/// Commitments `F_k·G` to the coefficients of the polynomial `F` that shares a key: `F(0)` is the
/// secret key, and `F(j)` the share of member `j`.
///
/// As many points as the threshold, from which anybody computes the public key and every member's
/// verifying share. They are all that a chain has to keep of a key, whether it was just made
/// ([`Self::from_dealings`]) or has been reshared ([`Reshared`](crate::Reshared)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCommitments<C: Curve>(Commitments<C>);

impl<C: Curve> KeyCommitments<C> {
	/// The commitments to the sum of the qualified dealers' polynomials: what a key generation ends in.
	///
	/// Fails as [`group_key`](crate::group_key) does, and if a sum is the identity.
	pub fn from_dealings(qualified: &[FeldmanCommitments<C>]) -> Result<Self, Error> {
		Self::new(FeldmanCommitments::sum(qualified)?)
	}

	pub(crate) fn new(commitments: Commitments<C>) -> Result<Self, Error> {
		match commitments.points.iter().position(|point| point.is_identity().into()) {
			None => Ok(Self(commitments)),
			Some(0) => Err(Error::IdentityKey),
			Some(position) => Err(Error::IdentityPoint { position }),
		}
	}

	/// The commitments that [`Self::to_bytes`] wrote.
	///
	/// Fails unless there are exactly as many as the threshold, and each is a compressed point other
	/// than the identity.
	pub fn from_bytes(params: Params, bytes: &[[u8; POINT_LENGTH]]) -> Result<Self, Error> {
		Commitments::from_bytes(params, bytes).map(Self)
	}

	/// The commitments, the constant coefficient's first.
	pub fn to_bytes(&self) -> Vec<[u8; POINT_LENGTH]> {
		self.0.to_bytes()
	}

	/// How many members share the key, and how many it takes to use it.
	pub fn params(&self) -> Params {
		self.0.params
	}

	/// The public key, `F(0)·G`.
	pub fn key(&self) -> [u8; POINT_LENGTH] {
		// Never the identity: every way to make these commitments refuses that.
		encode_point::<C>(&self.0.constant())
	}

	/// The verifying share of the member with this index, `F(j)·G`.
	///
	/// Fails if there is no such member, or if its share is zero.
	pub fn verifying_share(&self, index: u16) -> Result<[u8; POINT_LENGTH], Error> {
		encode_key::<C>(&self.evaluate(index)?)
	}

	pub(crate) fn evaluate(&self, index: u16) -> Result<C::Point, Error> {
		self.0.evaluate(index)
	}

	/// What everybody knows of the derived key `Y + δ·G`, where δ is the tweak, 32 big-endian bytes,
	/// modulo the order of the curve: its polynomial is `F + δ`. Each member's share of it is
	/// [`KeyShare::derive`](crate::KeyShare::derive). It commutes with resharing.
	///
	/// Derivation is not hardened (as BIP-32 calls it). The tweak is public, so one derived *secret* key
	/// would give away the key that it is derived from, and with it all others. The tweak has to be a
	/// hash of the key, among other things: who may choose it freely chooses the derived key.
	///
	/// Fails if the derived key is the identity.
	pub fn derive(&self, tweak: &[u8; SCALAR_LENGTH]) -> Result<Self, Error> {
		let mut derived = self.0.clone();
		if let Some(constant) = derived.points.first_mut() {
			*constant += C::Point::generator() * reduce::<C>(tweak);
		}
		Self::new(derived)
	}
}
