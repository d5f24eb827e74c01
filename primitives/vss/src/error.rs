//! What can be wrong with a dealing.

use core::fmt;

/// Why a value was refused. None of them holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
	/// There is no sharing with these parameters.
	InvalidParams {
		/// Number of members.
		members: u16,
		/// Number of members that it takes to use the key.
		threshold: u16,
	},
	/// There is no member with this index.
	InvalidIndex {
		/// The index.
		index: u16,
		/// The highest index that there is.
		members: u16,
	},
	/// The number of commitments is not the threshold. One more would raise the number of members
	/// that it takes to use the key, one less would lower it.
	WrongLength {
		/// The threshold.
		expected: u16,
		/// How many commitments there are.
		got: usize,
	},
	/// A commitment is not the compressed encoding of a point on the curve.
	BadPoint {
		/// Which commitment, counted from 0.
		position: usize,
	},
	/// A commitment is the identity, which commits to nothing.
	IdentityPoint {
		/// Which commitment, counted from 0.
		position: usize,
	},
	/// The sum of the dealings is the identity: no key.
	IdentityKey,
	/// Not the encoding of a scalar below the order of the curve, or zero where a secret is wanted.
	BadScalar,
	/// The share pair does not fit the commitments.
	ShareMismatch,
	/// A proof does not show that somebody has the share in question.
	ProofMismatch,
	/// There is no share pair of the dealer, though its dealing counts.
	MissingShare,
	/// A dealer of a resharing does not share what it has: the commitment to its constant coefficient
	/// is not its verifying share.
	WrongConstant,
	/// A share is not one of this key.
	ForeignShare {
		/// Whose it is said to be.
		index: u16,
	},
	/// An index that must be there once is there twice.
	RepeatedIndex {
		/// The index.
		index: u16,
	},
	/// Too few dealings.
	NotEnough {
		/// How many it takes.
		needed: u16,
		/// How many there are.
		got: usize,
	},
	/// A dealing was made for other parameters than the first one.
	MixedParams {
		/// Which dealing, counted from 0.
		position: usize,
	},
}

impl fmt::Display for Error {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::InvalidParams { members, threshold } => write!(
				f,
				"a threshold of {threshold} of {members} members is impossible: it must be from 1 to \
				 the number of members",
			),
			Self::InvalidIndex { index, members } => {
				write!(f, "there is no member {index}: indices are from 1 to {members}")
			},
			Self::WrongLength { expected, got } => {
				write!(f, "{got} commitments, but the threshold asks for exactly {expected}")
			},
			Self::BadPoint { position } => {
				write!(f, "commitment {position} is not a compressed point on the curve")
			},
			Self::IdentityPoint { position } => {
				write!(f, "commitment {position} is the identity, which commits to nothing")
			},
			Self::IdentityKey => write!(f, "the dealings sum up to the identity, which is no key"),
			Self::BadScalar => {
				write!(
					f,
					"not a scalar: zero where that is no secret, or not below the curve's order"
				)
			},
			Self::ShareMismatch => write!(f, "the share does not fit the dealer's commitments"),
			Self::ProofMismatch => {
				write!(f, "the proof is of another share, or was made for something else")
			},
			Self::MissingShare => write!(f, "there is no share of this dealing"),
			Self::WrongConstant => write!(
				f,
				"the commitment to the constant is not the dealer's verifying share: it shares \
				 something else than what it has",
			),
			Self::ForeignShare { index } => {
				write!(f, "the share of member {index} is not one of this key")
			},
			Self::RepeatedIndex { index } => write!(f, "index {index} is there more than once"),
			Self::NotEnough { needed, got } => {
				write!(f, "{got} dealings, but it takes at least {needed}")
			},
			Self::MixedParams { position } => {
				write!(f, "dealing {position} was made for another number of members or threshold")
			},
		}
	}
}

impl core::error::Error for Error {}
