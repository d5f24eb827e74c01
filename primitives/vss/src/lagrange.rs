//! From values of a polynomial to its value at 0.

use alloc::vec::Vec;

use ff::Field;

use crate::{Curve, Error};

/// The weights `λ_i = Π_{m ≠ i} m / (m - i)` over these indices: `Σ λ_i·f(i) = f(0)` for every
/// polynomial `f` that has at most as many coefficients as there are indices (Lagrange).
///
/// Fails if an index is there twice. Indices and weights are public, so the time that this takes may
/// depend on them.
pub(crate) fn weights<C: Curve>(indices: &[u16]) -> Result<Vec<C::Scalar>, Error> {
	(0..indices.len()).map(|position| weight::<C>(position, indices)).collect()
}

/// The weight of the index at this position. 0 if there is none.
pub(crate) fn weight<C: Curve>(position: usize, indices: &[u16]) -> Result<C::Scalar, Error> {
	let Some(index) = indices.get(position) else { return Ok(C::Scalar::ZERO) };
	let coordinate = |index: u16| C::Scalar::from(u64::from(index));
	let mut numerator = C::Scalar::ONE;
	let mut denominator = C::Scalar::ONE;
	let others = indices.iter().enumerate().filter(|(other, _)| *other != position);
	for (_, other) in others {
		numerator *= coordinate(*other);
		denominator *= coordinate(*other) - coordinate(*index);
	}
	// The order is a prime far above any index, so a difference is zero only of equal ones.
	Option::<C::Scalar>::from(denominator.invert())
		.map(|inverse| numerator * inverse)
		.ok_or(Error::RepeatedIndex { index: *index })
}
