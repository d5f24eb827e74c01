//! What a dealer publishes.

use alloc::vec::Vec;

use group::Group;

use crate::{
	curve::{decode_point, encode_point},
	Curve, Error, Params, SharePair, POINT_LENGTH,
};

/// Commitments `C_k = a_k·G + b_k·H` to the coefficients of both polynomials of a dealing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PedersenCommitments<C: Curve>(Commitments<C>);

impl<C: Curve> PedersenCommitments<C> {
	pub(crate) fn new(params: Params, points: Vec<C::Point>) -> Self {
		Self(Commitments { params, points })
	}

	/// The commitments in their published form, the constant coefficient's first.
	///
	/// Fails unless there are exactly as many as the threshold, and each is a compressed point other
	/// than the identity.
	pub fn from_bytes(params: Params, bytes: &[[u8; POINT_LENGTH]]) -> Result<Self, Error> {
		Commitments::from_bytes(params, bytes).map(Self)
	}

	/// What [`Self::from_bytes`] reads.
	pub fn to_bytes(&self) -> Vec<[u8; POINT_LENGTH]> {
		self.0.to_bytes()
	}

	/// `C_0`.
	pub(crate) fn constant(&self) -> C::Point {
		self.0.constant()
	}

	/// Whether this is the pair that the dealer committed to give to the member with this index:
	/// `s·G + s'·H = Σ_k index^k·C_k`.
	pub fn verify(&self, index: u16, pair: &SharePair<C>) -> Result<(), Error> {
		let expected = self.0.evaluate(index)?;
		let actual = C::Point::generator() * pair.share + C::second_generator() * pair.blinding;
		if actual == expected {
			Ok(())
		} else {
			Err(Error::ShareMismatch)
		}
	}
}

/// Commitments `A_k = a_k·G` to the coefficients of the polynomial that is a dealer's part of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeldmanCommitments<C: Curve>(Commitments<C>);

impl<C: Curve> FeldmanCommitments<C> {
	pub(crate) fn new(params: Params, points: Vec<C::Point>) -> Self {
		Self(Commitments { params, points })
	}

	/// The commitments in their published form, the constant coefficient's first.
	///
	/// Fails unless there are exactly as many as the threshold, and each is a compressed point other
	/// than the identity.
	pub fn from_bytes(params: Params, bytes: &[[u8; POINT_LENGTH]]) -> Result<Self, Error> {
		Commitments::from_bytes(params, bytes).map(Self)
	}

	/// What [`Self::from_bytes`] reads.
	pub fn to_bytes(&self) -> Vec<[u8; POINT_LENGTH]> {
		self.0.to_bytes()
	}

	/// Whether this is the pair that the dealer committed to give to the member with this index:
	/// `s·G = Σ_k index^k·A_k`. The blinding share plays no part.
	pub fn verify(&self, index: u16, pair: &SharePair<C>) -> Result<(), Error> {
		let expected = self.0.evaluate(index)?;
		if C::Point::generator() * pair.share == expected {
			Ok(())
		} else {
			Err(Error::ShareMismatch)
		}
	}

	/// Whether the pair of the member with this index proves that the dealer revealed another
	/// polynomial than the one that it had committed to: it fits `pedersen`, and it does not fit these.
	///
	/// An honest dealer cannot be convicted: who has a second pair that fits its Pedersen commitments
	/// knows how the two generators are related. Publishing the pair harms nobody, as the dealing does
	/// not count any more.
	pub fn contradicts(
		&self,
		pedersen: &PedersenCommitments<C>,
		index: u16,
		pair: &SharePair<C>,
	) -> bool {
		pedersen.verify(index, pair).is_ok()
			&& self.verify(index, pair) == Err(Error::ShareMismatch)
	}

	pub(crate) fn params(&self) -> Params {
		self.0.params
	}

	pub(crate) fn points(&self) -> &[C::Point] {
		&self.0.points
	}

	/// `A_0`: the dealer's part of the public key.
	pub fn constant(&self) -> C::Point {
		self.0.constant()
	}

	/// The commitments to the sum of dealings.
	pub(crate) fn sum(dealings: &[Self]) -> Result<Commitments<C>, Error> {
		let Some((first, rest)) = dealings.split_first() else {
			return Err(Error::NotEnough { needed: 1, got: 0 });
		};
		let mut sum = first.0.clone();
		let needed = sum.params.threshold();
		if dealings.len() < needed.into() {
			return Err(Error::NotEnough { needed, got: dealings.len() });
		}
		for (position, dealing) in (1..).zip(rest) {
			if dealing.0.params != sum.params {
				return Err(Error::MixedParams { position });
			}
			for (total, point) in sum.points.iter_mut().zip(&dealing.0.points) {
				*total += point;
			}
		}
		Ok(sum)
	}
}

/// One point a coefficient, the constant one first: a polynomial "in the exponent".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commitments<C: Curve> {
	pub(crate) params: Params,
	pub(crate) points: Vec<C::Point>,
}

impl<C: Curve> Commitments<C> {
	pub(crate) fn from_bytes(params: Params, bytes: &[[u8; POINT_LENGTH]]) -> Result<Self, Error> {
		// First, as everything below costs a square root a point.
		if bytes.len() != usize::from(params.threshold()) {
			return Err(Error::WrongLength { expected: params.threshold(), got: bytes.len() });
		}
		let points = bytes
			.iter()
			.enumerate()
			.map(|(position, bytes)| decode_point::<C>(bytes, position))
			.collect::<Result<_, _>>()?;
		Ok(Self { params, points })
	}

	pub(crate) fn to_bytes(&self) -> Vec<[u8; POINT_LENGTH]> {
		self.points.iter().map(encode_point::<C>).collect()
	}

	/// `P_0`.
	pub(crate) fn constant(&self) -> C::Point {
		// There is at least one point, as no threshold is 0.
		self.points.first().copied().unwrap_or_else(C::Point::identity)
	}

	/// `Σ_k index^k·P_k`, by Horner's rule.
	pub(crate) fn evaluate(&self, index: u16) -> Result<C::Point, Error> {
		self.params.check_index(index)?;
		Ok(self
			.points
			.iter()
			.rev()
			.fold(C::Point::identity(), |value, point| times::<C>(value, index) + point))
	}
}

/// `factor·point`, doubling and adding. An index has few bits (five for 31 members), which makes this
/// many times cheaper than a multiplication by a scalar. Takes a time that depends on `factor`, which
/// is public.
fn times<C: Curve>(point: C::Point, factor: u16) -> C::Point {
	let bits = u16::BITS.saturating_sub(factor.leading_zeros());
	(0..bits).rev().fold(C::Point::identity(), |product, bit| {
		let doubled = product.double();
		if (factor >> bit) & 1 == 1 {
			doubled + point
		} else {
			doubled
		}
	})
}
