//! What dealings make, summed up piece by piece.

use alloc::{vec, vec::Vec};

use group::Group;

use crate::{
	commitments::Commitments,
	curve::{decode_point, encode_point},
	lagrange::weight,
	Curve, Error, FeldmanCommitments, KeyCommitments, Params, POINT_LENGTH,
};

/// The commitments to the key that dealings make, while they are added up one dealing after the other: for who
/// cannot do all of it at once, as [`KeyCommitments::from_dealings`] and
/// [`Resharing::settle`](crate::Resharing::settle) do, and keeps what there is so far in between.
///
/// The caller sees to it that each dealing that counts is added once, and that these are enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling<C: Curve> {
	params: Params,
	points: Vec<C::Point>,
}

impl<C: Curve> Settling<C> {
	/// Nothing so far. The parameters are those of the secret sharing that is made.
	pub fn new(params: Params) -> Self {
		Self { params, points: vec![C::Point::identity(); params.threshold().into()] }
	}

	/// What [`Self::to_bytes`] wrote.
	///
	/// Fails unless there are exactly as many points as the threshold, and each is a compressed one, or the
	/// identity as that writes it.
	pub fn from_bytes(params: Params, bytes: &[[u8; POINT_LENGTH]]) -> Result<Self, Error> {
		if bytes.len() != usize::from(params.threshold()) {
			return Err(Error::WrongLength { expected: params.threshold(), got: bytes.len() });
		}
		let points = bytes
			.iter()
			.enumerate()
			.map(|(position, bytes)| match decode_point::<C>(bytes, position) {
				// Of some dealings, but not of all, that may be the sum.
				Err(Error::IdentityPoint { .. }) => Ok(C::Point::identity()),
				other => other,
			})
			.collect::<Result<_, _>>()?;
		Ok(Self { params, points })
	}

	/// What there is so far. The identity is all zeros.
	pub fn to_bytes(&self) -> Vec<[u8; POINT_LENGTH]> {
		self.points
			.iter()
			.map(|point| match bool::from(point.is_identity()) {
				true => [0; POINT_LENGTH],
				false => encode_point::<C>(point),
			})
			.collect()
	}

	/// Adds a dealing of a key generation.
	///
	/// Fails if it was made for other parameters.
	pub fn add(&mut self, dealing: &FeldmanCommitments<C>) -> Result<(), Error> {
		self.add_points(dealing, |point| point)
	}

	/// Adds a dealing of a resharing: that of `dealer`, if those of `dealers` count, in any order. Takes a
	/// multiplication a point.
	///
	/// Fails if it was made for other parameters, if `dealer` is none of the dealers, or if one of them is there
	/// twice.
	pub fn add_reshared(
		&mut self,
		dealer: u16,
		dealers: &[u16],
		dealing: &FeldmanCommitments<C>,
	) -> Result<(), Error> {
		let position = dealers
			.iter()
			.position(|other| *other == dealer)
			.ok_or(Error::InvalidIndex { index: dealer, members: u16::MAX })?;
		let weight = weight::<C>(position, dealers)?;
		self.add_points(dealing, |point| point * weight)
	}

	fn add_points(
		&mut self,
		dealing: &FeldmanCommitments<C>,
		weigh: impl Fn(C::Point) -> C::Point,
	) -> Result<(), Error> {
		if dealing.params() != self.params {
			return Err(Error::MixedParams { position: 0 });
		}
		for (sum, point) in self.points.iter_mut().zip(dealing.points()) {
			*sum += weigh(*point);
		}
		Ok(())
	}

	/// All dealings that count were added: the commitments to the key.
	///
	/// Fails if a sum is the identity.
	pub fn finish(self) -> Result<KeyCommitments<C>, Error> {
		KeyCommitments::new(Commitments { params: self.params, points: self.points })
	}
}
