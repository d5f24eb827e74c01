//! What a dealer makes, and what it gives to each member.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;
use group::Group;
use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
	curve::{random_nonzero, read_scalar, write_scalar},
	Curve, Error, FeldmanCommitments, KeyShare, Params, PedersenCommitments, SCALAR_LENGTH,
};

/// A dealer's two secret polynomials, `f` and `f'`. Wiped when dropped.
///
/// Whoever has them has the dealer's part of the key. They must live until the ceremony has ended,
/// because the dealer may have to send a share again or to answer a complaint; if they are lost
/// before, a new dealing is *not* a substitute: the commitments to the old one are out.
pub struct Dealing<C: Curve> {
	params: Params,
	/// Coefficients of `f`, the constant one first.
	coefficients: Vec<C::Scalar>,
	/// Coefficients of `f'`, the constant one first.
	blinding: Vec<C::Scalar>,
}

impl<C: Curve> Dealing<C> {
	/// Two random polynomials.
	pub fn random(params: Params, rng: &mut (impl RngCore + CryptoRng)) -> Self {
		let constants = (random_nonzero::<C>(rng), random_nonzero::<C>(rng));
		Self::of_constants(params, constants, rng)
	}

	/// Two polynomials that share a share: `f(0)` is its secret, `f'(0)` is 0, and all else is random.
	pub(crate) fn of_share(
		params: Params,
		share: &KeyShare<C>,
		rng: &mut (impl RngCore + CryptoRng),
	) -> Self {
		Self::of_constants(params, (share.secret, C::Scalar::ZERO), rng)
	}

	/// Two polynomials with these values `f(0)` and `f'(0)`, and random otherwise.
	fn of_constants(
		params: Params,
		constants: (C::Scalar, C::Scalar),
		rng: &mut (impl RngCore + CryptoRng),
	) -> Self {
		let threshold = params.threshold().into();
		// The capacity is right from the start, so that no copy of a secret is left behind by growth.
		let mut coefficients = Vec::with_capacity(threshold);
		let mut blinding = Vec::with_capacity(threshold);
		coefficients.push(constants.0);
		blinding.push(constants.1);
		for _ in 1..threshold {
			coefficients.push(random_nonzero::<C>(rng));
			blinding.push(random_nonzero::<C>(rng));
		}
		Self { params, coefficients, blinding }
	}

	/// A dealing with given coefficients.
	#[cfg(test)]
	pub(crate) fn from_coefficients(
		params: Params,
		coefficients: Vec<C::Scalar>,
		blinding: Vec<C::Scalar>,
	) -> Self {
		assert_eq!(coefficients.len(), usize::from(params.threshold()));
		assert_eq!(blinding.len(), usize::from(params.threshold()));
		Self { params, coefficients, blinding }
	}

	/// What the dealer publishes first: commitments that bind it and hide everything.
	pub fn pedersen(&self) -> PedersenCommitments<C> {
		let second = C::second_generator();
		let points = self
			.coefficients
			.iter()
			.zip(&self.blinding)
			.map(|(a, b)| C::Point::generator() * *a + second * *b)
			.collect();
		PedersenCommitments::new(self.params, points)
	}

	/// What the dealer publishes once it is settled whose dealings count.
	pub fn feldman(&self) -> FeldmanCommitments<C> {
		let points = self.coefficients.iter().map(|a| C::Point::generator() * *a).collect();
		FeldmanCommitments::new(self.params, points)
	}

	/// What the dealer sends to the member with this index, and to nobody else.
	pub fn share_for(&self, index: u16) -> Result<SharePair<C>, Error> {
		self.params.check_index(index)?;
		Ok(SharePair {
			share: evaluate::<C>(&self.coefficients, index),
			blinding: evaluate::<C>(&self.blinding, index),
		})
	}
}

impl<C: Curve> Drop for Dealing<C> {
	fn drop(&mut self) {
		self.coefficients.iter_mut().chain(&mut self.blinding).for_each(Zeroize::zeroize);
	}
}

impl<C: Curve> ZeroizeOnDrop for Dealing<C> {}

/// Says how large it is, and nothing else.
impl<C: Curve> fmt::Debug for Dealing<C> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Dealing").field("params", &self.params).finish_non_exhaustive()
	}
}

/// A member's pair of shares of one dealing, `(f(j), f'(j))`. Wiped when dropped.
#[derive(Clone)]
pub struct SharePair<C: Curve> {
	pub(crate) share: C::Scalar,
	pub(crate) blinding: C::Scalar,
}

impl<C: Curve> SharePair<C> {
	/// The share and its blinding share, 32 big-endian bytes each.
	pub fn to_bytes(&self) -> Zeroizing<[u8; 64]> {
		let mut bytes = Zeroizing::new([0; 64]);
		let (share, blinding) = bytes.split_at_mut(SCALAR_LENGTH);
		write_scalar::<C>(&self.share, share);
		write_scalar::<C>(&self.blinding, blinding);
		bytes
	}

	/// The pair that [`Self::to_bytes`] wrote. Fails if one of the two is not below the order of the
	/// curve. Whether the pair is *right* is for the commitments to say.
	pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self, Error> {
		let (share, blinding) = bytes.split_at(SCALAR_LENGTH);
		Ok(Self { share: read_scalar::<C>(share)?, blinding: read_scalar::<C>(blinding)? })
	}
}

impl<C: Curve> Drop for SharePair<C> {
	fn drop(&mut self) {
		self.share.zeroize();
		self.blinding.zeroize();
	}
}

impl<C: Curve> ZeroizeOnDrop for SharePair<C> {}

/// Says nothing of what is in it.
impl<C: Curve> fmt::Debug for SharePair<C> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("SharePair").finish_non_exhaustive()
	}
}

/// The value at `index` of the polynomial with these coefficients, by Horner's rule.
fn evaluate<C: Curve>(coefficients: &[C::Scalar], index: u16) -> C::Scalar {
	let x = C::Scalar::from(u64::from(index));
	coefficients.iter().rev().fold(C::Scalar::ZERO, |value, a| value * x + *a)
}
