//! A key moves to new shares.

mod blame;
mod committees;
mod properties;
mod secrecy;

use alloc::{collections::BTreeMap, vec::Vec};

use super::{honest_ceremony, rng, scalar};
use crate::{
	Curve, Dealing, Fault, FeldmanCommitments, KeyCommitments, KeyShare, Params,
	PedersenCommitments, Reshared, Resharing, SharePair,
};

/// A key as everybody knows it, and all shares of it.
pub(crate) struct Epoch<C: Curve> {
	pub(crate) commitments: KeyCommitments<C>,
	pub(crate) shares: Vec<KeyShare<C>>,
}

impl<C: Curve> Epoch<C> {
	/// A key that was just made.
	pub(crate) fn first(params: Params, seed: u64) -> Self {
		let (feldman, shares) = honest_ceremony::<C>(params, seed);
		Self { commitments: KeyCommitments::from_dealings(&feldman).unwrap(), shares }
	}

	/// The epoch after a resharing by these members, all of them honest.
	pub(crate) fn reshare(&self, dealers: &[u16], new: Params, seed: u64) -> Self {
		Ceremony::new(self, dealers, new, seed).finish()
	}

	/// The key that the tweak leads to, and all shares of it.
	pub(crate) fn derive(&self, tweak: &[u8; 32]) -> Self {
		Self {
			commitments: self.commitments.derive(tweak).unwrap(),
			shares: self.shares.iter().map(|share| share.derive(tweak).unwrap()).collect(),
		}
	}

	pub(crate) fn key(&self) -> [u8; 33] {
		self.commitments.key()
	}

	pub(crate) fn share(&self, index: u16) -> &KeyShare<C> {
		&self.shares[usize::from(index) - 1]
	}

	/// Index and secret of each of these members.
	pub(crate) fn points(&self, members: &[u16]) -> Vec<(u16, C::Scalar)> {
		members
			.iter()
			.map(|index| (*index, scalar::<C>(&self.share(*index).to_bytes()[..])))
			.collect()
	}
}

/// A resharing: what the dealers keep to themselves, and ways to what they publish.
pub(crate) struct Ceremony<C: Curve> {
	pub(crate) resharing: Resharing<C>,
	pub(crate) dealings: BTreeMap<u16, Dealing<C>>,
}

impl<C: Curve> Ceremony<C> {
	/// These members of an epoch have made their dealings.
	pub(crate) fn new(old: &Epoch<C>, dealers: &[u16], new: Params, seed: u64) -> Self {
		let resharing = Resharing::new(old.commitments.clone(), new);
		let mut rng = rng(seed);
		let dealings = dealers
			.iter()
			.map(|dealer| (*dealer, resharing.deal(old.share(*dealer), &mut rng).unwrap()))
			.collect();
		Self { resharing, dealings }
	}

	/// What everybody reads when the dealer publishes its Pedersen commitments.
	pub(crate) fn pedersen(&self, dealer: u16) -> Result<PedersenCommitments<C>, Fault> {
		self.resharing.pedersen(dealer, &self.dealings[&dealer].pedersen().to_bytes())
	}

	/// What everybody reads when the dealer publishes its Feldman commitments.
	pub(crate) fn feldman(&self, dealer: u16) -> Result<FeldmanCommitments<C>, Fault> {
		self.resharing.feldman(dealer, &self.dealings[&dealer].feldman().to_bytes())
	}

	/// What all dealers send to a new member.
	pub(crate) fn pairs_for(&self, member: u16) -> BTreeMap<u16, SharePair<C>> {
		self.dealings
			.iter()
			.map(|(dealer, dealing)| (*dealer, dealing.share_for(member).unwrap()))
			.collect()
	}

	/// What the dealings of these dealers make.
	pub(crate) fn settle(&self, dealers: &[u16]) -> Result<Reshared<C>, Fault> {
		let feldman = dealers
			.iter()
			.map(|dealer| Ok((*dealer, self.feldman(*dealer)?)))
			.collect::<Result<_, Fault>>()?;
		self.resharing.settle(feldman)
	}

	/// The shares of all new members, each of whom makes all checks.
	pub(crate) fn finish(&self) -> Epoch<C> {
		let dealers: Vec<u16> = self.dealings.keys().copied().collect();
		let pedersen: Vec<_> =
			dealers.iter().map(|dealer| self.pedersen(*dealer).unwrap()).collect();
		let reshared = self.settle(&dealers).unwrap();
		let shares = (1..=self.resharing.params().members())
			.map(|member| {
				let pairs = self.pairs_for(member);
				for (commitments, pair) in pedersen.iter().zip(pairs.values()) {
					commitments.verify(member, pair).unwrap();
				}
				reshared.share(member, &pairs).unwrap()
			})
			.collect();
		Epoch { commitments: reshared.commitments().clone(), shares }
	}
}
