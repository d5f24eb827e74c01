//! What a member does when another one leads.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{MemberId, MemberIndex, RequestId, SchnorrSignature};
use log::Level;

use super::{
	nonces::{NonceKey, Waiting, MAX_NONCES_PER_LEADER},
	Signer,
};
use crate::{
	effect::{millis, Millis},
	engine::{self, Nonces},
	keygen::index_of,
	wire::{Body, Commitments, Package, SignatureShare},
};

impl Signer {
	/// The member `leader` asks something about `attempt` of its at `request`. Returns the reply.
	pub fn on_request(
		&mut self,
		leader: &MemberId,
		request: RequestId,
		attempt: u32,
		body: Body,
		now: Millis,
	) -> Body {
		let leader = index_of(&self.members, leader).filter(|leader| *leader != self.index);
		let Some(leader) = leader else {
			return Body::refused("not another member of the group");
		};
		let key = NonceKey { leader, request, attempt };
		let result = match body {
			Body::SignCommit => self.commit(key, now),
			Body::SignPackage { commitments } => self.sign(key, &commitments, now),
			Body::SignAtOnce { commitments } => self.sign_at_once(key, &commitments),
			Body::Signed { signature } => self.hear(key, signature, now),
			_ => Err("not a message of a signing".into()),
		};
		result.unwrap_or_else(|reason| {
			self.log(
				Level::Debug,
				request,
				format!("member {leader} refused, attempt {attempt}: {reason}"),
			);
			Body::refused(reason)
		})
	}

	/// Round 1: make nonces, and commit to them.
	fn commit(&mut self, key: NonceKey, now: Millis) -> Result<Body, String> {
		let open = self
			.open
			.get(&key.request)
			.ok_or_else(|| format!("request {} is not open in finalized state", key.request))?;
		if let Some(signature) = open.signature {
			return Ok(Body::Signed { signature });
		}
		open.approval.clone()?;
		self.nonces.expire(now);
		if !self.nonces.has_room(&key) {
			return Err(format!("{MAX_NONCES_PER_LEADER} requests that you lead are under way"));
		}
		let (nonces, commitments) =
			engine::commit(&self.share, &self.keys, &open.tweak, &mut rand::rngs::OsRng)
				.map_err(|error| error.to_string())?;
		let bounded = Commitments::try_from(commitments.clone())
			.map_err(|_| "the commitments are too long".to_string())?;
		let expires = now.saturating_add(millis(self.timing.nonces));
		self.nonces.insert(key, Waiting { nonces, commitments, expires });
		Ok(Body::SignCommitted { commitments: bounded })
	}

	/// Round 2: sign, with nonces that are gone from the table before anything is computed.
	fn sign(&mut self, key: NonceKey, package: &Package, now: Millis) -> Result<Body, String> {
		let waiting =
			self.nonces.take(&key).ok_or("no nonces wait for this attempt (or they were used)")?;
		if now >= waiting.expires {
			return Err("the nonces of this attempt have expired".into());
		}
		self.compute(key, waiting.nonces, &waiting.commitments, package)
	}

	/// One round: sign, with nonces that we committed to in advance. Once the request is known here they are gone from
	/// the table before anything else is looked at, whatever comes of it.
	fn sign_at_once(&mut self, key: NonceKey, package: &Package) -> Result<Body, String> {
		if !self.open.contains_key(&key.request) {
			// Mostly the leader was faster to see a block. Nothing is computed, and nothing used.
			return Ok(Body::NotYet);
		}
		let own = package.iter().find(|(signer, _)| *signer == self.index);
		let own = own.map(|(_, commitments)| commitments.to_vec());
		let own = own.ok_or("the package does not have commitments of ours")?;
		let Some(nonces) = self.given.take(key.leader, &own) else {
			return Ok(Body::Stale { run: self.run });
		};
		if let Some(signature) = self.open.get(&key.request).and_then(|open| open.signature) {
			return Ok(Body::Signed { signature });
		}
		self.compute(key, nonces, &own, package)
	}

	/// Our share, with nonces that are in no table any more. They are wiped whatever the outcome.
	fn compute(
		&mut self,
		key: NonceKey,
		nonces: Nonces,
		own: &[u8],
		package: &Package,
	) -> Result<Body, String> {
		let open = self
			.open
			.get(&key.request)
			.ok_or_else(|| format!("request {} is not open in finalized state", key.request))?;
		open.approval.clone()?;
		let (message, tweak) = (open.request.message, open.tweak);
		let commitments = self.unpack(package)?;
		if commitments.get(&self.index).map(Vec::as_slice) != Some(own) {
			return Err("the package does not have the commitments that we sent".into());
		}
		#[cfg(test)]
		{
			*self.uses.entry(own.to_vec()).or_default() += 1;
		}
		let share = engine::sign(&self.share, &self.keys, &tweak, nonces, &commitments, &message)
			.map_err(|error| error.to_string())?;
		let share = SignatureShare::try_from(share)
			.map_err(|_| "the signature share is too long".to_string())?;
		self.log(
			Level::Debug,
			key.request,
			format!("share given to leader {}, attempt {}", key.leader, key.attempt),
		);
		Ok(Body::SignShare { share })
	}

	fn unpack(&self, package: &Package) -> Result<BTreeMap<MemberIndex, Vec<u8>>, String> {
		let mut commitments = BTreeMap::new();
		for (signer, bytes) in package {
			if !self.keys.verifying_shares.contains_key(signer) {
				return Err(format!("signer {signer} is not a member"));
			}
			if commitments.insert(*signer, bytes.to_vec()).is_some() {
				return Err(format!("signer {signer} is listed twice"));
			}
		}
		if commitments.len() != usize::from(self.keys.threshold) {
			return Err(format!("{} signers, it takes {}", commitments.len(), self.keys.threshold));
		}
		Ok(commitments)
	}

	/// A leader says that it is done.
	fn hear(
		&mut self,
		key: NonceKey,
		signature: SchnorrSignature,
		now: Millis,
	) -> Result<Body, String> {
		if !self.open.contains_key(&key.request) {
			return Err(format!("request {} is not open in finalized state", key.request));
		}
		if !self.is_valid(key.request, &signature) {
			return Err("the signature is not valid".into());
		}
		if self.open.get(&key.request).is_some_and(|open| open.signature.is_none()) {
			// The leader has just said it on chain: give it some time to be heard.
			self.adopt(key.request, signature, Some(now));
			self.log(Level::Debug, key.request, format!("signed by leader {}", key.leader));
		}
		Ok(Body::Received)
	}
}
