//! A key moves to new shares: of another committee, of another threshold, or fresh ones of the same.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use ff::Field;
use group::Group;
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::{
	commitments::Commitments, lagrange::weights, Curve, Dealing, Error, Fault, FeldmanCommitments,
	KeyCommitments, KeyShare, Params, PedersenCommitments, SharePair, POINT_LENGTH,
};

/// From which shares of a key, to how many new ones.
///
/// Dealers are members of the *old* committee, with their indices in it; receivers are members of the
/// *new* one, with theirs. A node that is in both has one index in each. Dealings are read with
/// [`Self::pedersen`] and [`Self::feldman`], which also check what a resharing asks for beyond a key
/// generation: that the dealer shares its own share, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resharing<C: Curve> {
	old: KeyCommitments<C>,
	new: Params,
}

impl<C: Curve> Resharing<C> {
	/// The key of these commitments gets `new.members()` new shares, of which `new.threshold()` are
	/// needed to use it.
	pub fn new(old: KeyCommitments<C>, new: Params) -> Self {
		Self { old, new }
	}

	/// The members and the threshold stay, and all shares change: a proactive refresh. Old shares that
	/// somebody has found out are then worth nothing, if they are fewer than the threshold.
	pub fn refresh(old: KeyCommitments<C>) -> Self {
		let new = old.params();
		Self::new(old, new)
	}

	/// What everybody knows of the key now.
	pub fn old(&self) -> &KeyCommitments<C> {
		&self.old
	}

	/// How many will share the key, and how many of them it will take.
	pub fn params(&self) -> Params {
		self.new
	}

	/// A dealing of a member's share: `f(0)` is the share, `f'(0)` is 0, all else is random. So both
	/// commitments to the constant are the member's verifying share, which everybody knows: nobody can
	/// deal what it does not have.
	///
	/// Fails if it is not a share of this key (of an earlier epoch, for instance): the chain would
	/// refuse the dealing. A member makes one dealing a ceremony; see [`Dealing`].
	pub fn deal(
		&self,
		share: &KeyShare<C>,
		rng: &mut (impl RngCore + CryptoRng),
	) -> Result<Dealing<C>, Error> {
		let index = share.index();
		if self.old.verifying_share(index)? != share.verifying_share() {
			return Err(Error::ForeignShare { index });
		}
		Ok(Dealing::of_share(self.new, share, rng))
	}

	/// The Pedersen commitments that the dealer with this index has published.
	///
	/// Fails, and names the dealer, unless there are exactly as many as the new threshold, each is a
	/// compressed point other than the identity, and `C_0` is the dealer's verifying share.
	pub fn pedersen(
		&self,
		dealer: u16,
		bytes: &[[u8; POINT_LENGTH]],
	) -> Result<PedersenCommitments<C>, Fault> {
		PedersenCommitments::<C>::from_bytes(self.new, bytes)
			.and_then(|commitments| {
				self.check_constant(dealer, &commitments.constant())?;
				Ok(commitments)
			})
			.map_err(Fault::by(dealer))
	}

	/// The Feldman commitments that the dealer with this index has published.
	///
	/// Fails, and names the dealer, unless there are exactly as many as the new threshold, each is a
	/// compressed point other than the identity, and `A_0` is the dealer's verifying share.
	pub fn feldman(
		&self,
		dealer: u16,
		bytes: &[[u8; POINT_LENGTH]],
	) -> Result<FeldmanCommitments<C>, Fault> {
		FeldmanCommitments::<C>::from_bytes(self.new, bytes)
			.and_then(|commitments| {
				self.check_constant(dealer, &commitments.constant())?;
				Ok(commitments)
			})
			.map_err(Fault::by(dealer))
	}

	/// What the dealings of these dealers make: the final set, which everybody has to agree on, because
	/// shares that were made from different sets do not fit each other.
	///
	/// Who was convicted is simply left out, if enough dealers remain: unlike a key generation, a
	/// resharing has the same outcome whoever dealt.
	///
	/// Fails if there are fewer dealers than the *old* threshold. Fails, and names the dealer, if one of
	/// them is no member, dealt for other parameters, or shares something else than its share. Fails if
	/// a sum is the identity, which does not happen once the dealers that revealed a false polynomial
	/// are left out.
	pub fn settle(
		&self,
		dealers: BTreeMap<u16, FeldmanCommitments<C>>,
	) -> Result<Reshared<C>, Fault> {
		let needed = self.old.params().threshold();
		if dealers.len() < usize::from(needed) {
			return Err(Error::NotEnough { needed, got: dealers.len() }.into());
		}
		for (position, (dealer, commitments)) in dealers.iter().enumerate() {
			if commitments.params() != self.new {
				return Err(Fault::by(*dealer)(Error::MixedParams { position }));
			}
			self.check_constant(*dealer, &commitments.constant()).map_err(Fault::by(*dealer))?;
		}

		let indices: Vec<u16> = dealers.keys().copied().collect();
		let weights = weights::<C>(&indices)?;
		let mut points = vec![C::Point::identity(); self.new.threshold().into()];
		for (weight, commitments) in weights.iter().zip(dealers.values()) {
			for (sum, point) in points.iter_mut().zip(commitments.points()) {
				*sum += *point * *weight;
			}
		}
		let commitments = KeyCommitments::new(Commitments { params: self.new, points })?;
		let dealers = dealers
			.into_iter()
			.zip(weights)
			.map(|((dealer, feldman), weight)| (dealer, Part { weight, feldman }))
			.collect();
		Ok(Reshared { dealers, commitments })
	}

	/// Fails unless this is the verifying share of the dealer.
	fn check_constant(&self, dealer: u16, constant: &C::Point) -> Result<(), Error> {
		if self.old.evaluate(dealer)? == *constant {
			Ok(())
		} else {
			Err(Error::WrongConstant)
		}
	}
}

/// One dealer's part in the new polynomial.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part<C: Curve> {
	/// λ.
	weight: C::Scalar,
	feldman: FeldmanCommitments<C>,
}

/// What a resharing ends in: the new polynomial is `Σ λ_i·f_i` over the final set of dealers `i`, with
/// the Lagrange weights λ of that set. Its value at 0 is the old one's, so the key is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reshared<C: Curve> {
	dealers: BTreeMap<u16, Part<C>>,
	commitments: KeyCommitments<C>,
}

impl<C: Curve> Reshared<C> {
	/// What everybody knows of the key from now on. Made of published commitments alone.
	pub fn commitments(&self) -> &KeyCommitments<C> {
		&self.commitments
	}

	/// Whose dealings count, in ascending order.
	pub fn dealers(&self) -> impl Iterator<Item = u16> + '_ {
		self.dealers.keys().copied()
	}

	/// The new share of the member with this index in the new committee, from its pairs, by dealer.
	/// Pairs of dealers who do not count are ignored.
	///
	/// Every pair is checked against the dealer's Feldman commitments. Fails, and names the dealer, if
	/// one is missing or does not fit: the latter, if it fits the Pedersen commitments, is evidence
	/// ([`FeldmanCommitments::contradicts`]). Fails if there is no member with this index.
	pub fn share(
		&self,
		index: u16,
		pairs: &BTreeMap<u16, SharePair<C>>,
	) -> Result<KeyShare<C>, Fault> {
		self.commitments.params().check_index(index)?;
		let mut secret = Zeroizing::new(C::Scalar::ZERO);
		for (dealer, part) in &self.dealers {
			let pair = pairs.get(dealer).ok_or(Error::MissingShare).map_err(Fault::by(*dealer))?;
			part.feldman.verify(index, pair).map_err(Fault::by(*dealer))?;
			*secret += pair.share * part.weight;
		}
		KeyShare::new(index, *secret).map_err(Fault::from)
	}
}
