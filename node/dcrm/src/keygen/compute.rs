//! From the shares to our share of the key.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::MemberIndex;
use fusion_vss::{FeldmanCommitments, KeyCommitments, KeyShare, Resharing, Secp256k1, SharePair};
use log::Level;

use super::{points_of, text, Aim, Ceremony, Outcome};
use crate::{effect::Effect, store::ShareRecord};

/// What came of the shares.
enum Computed {
	Record(Box<ShareRecord>),
	Cheat(MemberIndex),
	Incomplete,
}

impl Ceremony {
	/// Check every qualified dealer's Feldman commitments, and add up the shares.
	pub(super) fn compute(&mut self) {
		match self.try_compute() {
			Ok(Computed::Record(record)) => {
				self.outcome = Outcome::Storing(record.key);
				self.out.push(Effect::Store(record));
			},
			Ok(Computed::Cheat(dealer)) => self.outcome = Outcome::Accused(dealer),
			Ok(Computed::Incomplete) => {},
			Err(reason) => {
				self.outcome = Outcome::Broken;
				self.log(Level::Error, format!("the key on chain is refused: {reason}"));
			},
		}
	}

	fn try_compute(&self) -> Result<Computed, String> {
		let Some(index) = self.receiver_index else { return Ok(Computed::Incomplete) };
		let mut feldman = BTreeMap::new();
		let mut pairs = BTreeMap::new();
		for dealer in &self.view.qualified {
			let (Some(points), Some(pair)) =
				(points_of(&self.view.feldman, *dealer), self.shares.get(dealer))
			else {
				return Ok(Computed::Incomplete);
			};
			let commitments =
				FeldmanCommitments::<Secp256k1>::from_bytes(self.params, points).map_err(text)?;
			let pair = SharePair::<Secp256k1>::from_bytes(pair.bytes()).map_err(text)?;
			if commitments.verify(index, &pair).is_err() {
				return match self.aim {
					Aim::Generate => Ok(Computed::Cheat(*dealer)),
					// It is too late to accuse: the set is settled.
					Aim::HandOver { .. } => Err(format!("dealer {dealer} revealed a lie")),
				};
			}
			feldman.insert(*dealer, commitments);
			pairs.insert(*dealer, pair);
		}
		let key = self.view.key.ok_or("what was revealed makes no key, and nobody lied to us")?;
		let (commitments, share) = match &self.aim {
			Aim::Generate => generated(index, feldman, pairs)?,
			Aim::HandOver { resharing, .. } => handed_over(resharing, index, feldman, &pairs)?,
		};
		let made = commitments.key();
		if made != key {
			return Err(format!("it is {}, ours {}", hex::encode(key), hex::encode(made)));
		}
		let mut verifying_shares = BTreeMap::new();
		for other in 1..=self.params.members() {
			verifying_shares.insert(other, commitments.verifying_share(other).map_err(text)?);
		}
		if verifying_shares.get(&index) != Some(&share.verifying_share()) {
			return Err("our share does not fit it".into());
		}
		Ok(Computed::Record(Box::new(ShareRecord {
			genesis: self.genesis,
			group: self.view.group,
			attempt: self.view.attempt,
			index,
			threshold: self.params.threshold(),
			key,
			verifying_shares,
			secret: share.to_bytes(),
		})))
	}
}

type Dealings = BTreeMap<MemberIndex, FeldmanCommitments<Secp256k1>>;
type Pairs = BTreeMap<MemberIndex, SharePair<Secp256k1>>;
type Made = (KeyCommitments<Secp256k1>, KeyShare<Secp256k1>);

/// A key is the sum of the dealings.
fn generated(index: MemberIndex, feldman: Dealings, pairs: Pairs) -> Result<Made, String> {
	let feldman: Vec<_> = feldman.into_values().collect();
	let pairs: Vec<_> = pairs.into_values().collect();
	let commitments = KeyCommitments::from_dealings(&feldman).map_err(text)?;
	let share = KeyShare::combine(index, &pairs).map_err(text)?;
	Ok((commitments, share))
}

/// A key that is handed over is what the dealers' shares interpolate to.
fn handed_over(
	resharing: &Resharing<Secp256k1>,
	index: MemberIndex,
	feldman: Dealings,
	pairs: &Pairs,
) -> Result<Made, String> {
	let reshared = resharing.settle(feldman).map_err(text)?;
	let share = reshared.share(index, pairs).map_err(text)?;
	Ok((reshared.commitments().clone(), share))
}
