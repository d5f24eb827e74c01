//! What a ceremony ends in: the public key, and each member's share of the secret one.

use core::fmt;

use ff::Field;
use group::Group;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
	curve::{encode_point, read_scalar, reduce, write_scalar},
	Curve, Error, FeldmanCommitments, SharePair, POINT_LENGTH, SCALAR_LENGTH,
};

/// The public key that the qualified dealers made: the sum of their `A_0`.
///
/// Fails if there are fewer dealers than the threshold, if their parameters differ, or if the sum is
/// the identity.
pub fn group_key<C: Curve>(
	qualified: &[FeldmanCommitments<C>],
) -> Result<[u8; POINT_LENGTH], Error> {
	let sum = FeldmanCommitments::sum(qualified)?;
	encode_key::<C>(&sum.constant())
}

/// `x_j·G` for the share `x_j` of the member with this index, which anybody can compute: what its
/// part of a signature is verified with.
///
/// Fails as [`group_key`] does, and if there is no member with this index.
pub fn verifying_share<C: Curve>(
	qualified: &[FeldmanCommitments<C>],
	index: u16,
) -> Result<[u8; POINT_LENGTH], Error> {
	let sum = FeldmanCommitments::sum(qualified)?;
	encode_key::<C>(&sum.evaluate(index)?)
}

pub(crate) fn encode_key<C: Curve>(point: &C::Point) -> Result<[u8; POINT_LENGTH], Error> {
	if bool::from(point.is_identity()) {
		return Err(Error::IdentityKey);
	}
	Ok(encode_point::<C>(point))
}

/// A member's share of the secret key, `x_j`: of a new key `Σ_i f_i(j)` over the qualified dealers `i`,
/// of a reshared one `Σ_i λ_i·f_i(j)` ([`Reshared::share`](crate::Reshared::share)). Wiped when dropped.
pub struct KeyShare<C: Curve> {
	index: u16,
	pub(crate) secret: C::Scalar,
}

impl<C: Curve> KeyShare<C> {
	/// The share of the member with this index, from its pairs of the qualified dealers' dealings.
	///
	/// The pairs must have been verified, and be one of each qualified dealer: compare
	/// [`Self::verifying_share`] with [`verifying_share`]. Fails if there is no pair, if the index is 0,
	/// or if the share is zero.
	pub fn combine(index: u16, pairs: &[SharePair<C>]) -> Result<Self, Error> {
		if pairs.is_empty() {
			return Err(Error::NotEnough { needed: 1, got: 0 });
		}
		Self::new(index, pairs.iter().fold(C::Scalar::ZERO, |sum, pair| sum + pair.share))
	}

	pub(crate) fn new(index: u16, secret: C::Scalar) -> Result<Self, Error> {
		let share = Self { index, secret };
		if index == 0 {
			return Err(Error::InvalidIndex { index, members: u16::MAX });
		}
		if bool::from(share.secret.is_zero()) {
			return Err(Error::BadScalar);
		}
		Ok(share)
	}

	/// Whose share it is.
	pub fn index(&self) -> u16 {
		self.index
	}

	/// The secret, as 32 big-endian bytes.
	pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_LENGTH]> {
		let mut bytes = Zeroizing::new([0; SCALAR_LENGTH]);
		write_scalar::<C>(&self.secret, bytes.as_mut());
		bytes
	}

	/// The share that [`Self::to_bytes`] wrote. Fails if the index or the secret is 0, or the secret is
	/// not below the order of the curve.
	pub fn from_bytes(index: u16, bytes: &[u8; SCALAR_LENGTH]) -> Result<Self, Error> {
		Self::new(index, read_scalar::<C>(bytes)?)
	}

	/// The same member's share of the derived key: `x_j + δ`, where δ is the tweak, 32 big-endian bytes,
	/// modulo the order of the curve. [`KeyCommitments::derive`](crate::KeyCommitments::derive) is what
	/// everybody does with the public half, and warns of what derivation is not.
	///
	/// Fails if the derived share is zero. Nobody who does not have the share can choose such a tweak.
	pub fn derive(&self, tweak: &[u8; SCALAR_LENGTH]) -> Result<Self, Error> {
		Self::new(self.index, self.secret + reduce::<C>(tweak))
	}

	/// `x_j·G`.
	pub fn verifying_share(&self) -> [u8; POINT_LENGTH] {
		// Never the identity, as the secret is not zero.
		encode_point::<C>(&(C::Point::generator() * self.secret))
	}
}

impl<C: Curve> Drop for KeyShare<C> {
	fn drop(&mut self) {
		self.secret.zeroize();
	}
}

impl<C: Curve> ZeroizeOnDrop for KeyShare<C> {}

/// Says whose it is, and nothing else.
impl<C: Curve> fmt::Debug for KeyShare<C> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("KeyShare").field("index", &self.index).finish_non_exhaustive()
	}
}
