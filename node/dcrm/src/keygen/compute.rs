//! From the shares to our share of the key.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{MemberIndex, PublicKey};
use fusion_vss::{group_key, verifying_share, FeldmanCommitments, KeyShare, Secp256k1, SharePair};
use log::Level;

use super::{points_of, text, KeyGeneration, Outcome};
use crate::{effect::Effect, store::ShareRecord};

/// What came of the shares.
enum Computed {
	Record(Box<ShareRecord>),
	Cheat(MemberIndex),
	Incomplete,
}

impl KeyGeneration {
	/// Check every qualified dealer's Feldman commitments, and add up the shares.
	pub(super) fn compute(&mut self) {
		let Some(key) = self.view.key else { return };
		match self.try_compute(key) {
			Ok(Computed::Record(record)) => {
				self.outcome = Outcome::Storing(key);
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

	fn try_compute(&self, key: PublicKey) -> Result<Computed, String> {
		let mut feldman = Vec::new();
		let mut pairs = Vec::new();
		for dealer in &self.view.qualified {
			let (Some(points), Some(pair)) =
				(points_of(&self.view.feldman, *dealer), self.shares.get(dealer))
			else {
				return Ok(Computed::Incomplete);
			};
			let commitments =
				FeldmanCommitments::<Secp256k1>::from_bytes(self.params, points).map_err(text)?;
			let pair = SharePair::<Secp256k1>::from_bytes(pair.bytes()).map_err(text)?;
			if commitments.verify(self.index, &pair).is_err() {
				return Ok(Computed::Cheat(*dealer));
			}
			feldman.push(commitments);
			pairs.push(pair);
		}
		let sum = group_key(&feldman).map_err(text)?;
		if sum != key {
			return Err(format!("it is {}, ours {}", hex::encode(key), hex::encode(sum)));
		}
		let share = KeyShare::<Secp256k1>::combine(self.index, &pairs).map_err(text)?;
		let mut verifying_shares = BTreeMap::new();
		for index in 1..=self.params.members() {
			verifying_shares.insert(index, verifying_share(&feldman, index).map_err(text)?);
		}
		if verifying_shares.get(&self.index) != Some(&share.verifying_share()) {
			return Err("our share does not fit it".into());
		}
		Ok(Computed::Record(Box::new(ShareRecord {
			genesis: self.genesis,
			group: self.view.id,
			attempt: self.view.attempt,
			index: self.index,
			threshold: self.params.threshold(),
			key,
			verifying_shares,
			secret: share.to_bytes(),
		})))
	}
}
