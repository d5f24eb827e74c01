//! Proofs that a node signed two things where it may sign one.
//!
//! A node may seal one block for a parent and a slot, and sign one package for a parent, a slot and a group.
//! A solved ticket for which no block was ever seen is no fault.

use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{traits::Header as HeaderT, RuntimeAppPublic};

use crate::{
	digest::{Claim, Seal},
	package::Context,
	ticket::seal_payload,
	AuthorityId, AuthorityIndex, Package, Slot,
};

/// Evidence against one node.
#[allow(clippy::large_enum_variant, reason = "proofs are few, and boxed in calls")]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Proof<Header> {
	/// Two headers, with their seals.
	Blocks {
		/// One.
		first: Header,
		/// The other.
		second: Header,
	},
	/// Two packages.
	Packages {
		/// Where both belong.
		context: Context,
		/// One.
		first: Package,
		/// The other.
		second: Package,
	},
}

/// What a sound proof proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Offence {
	/// The offender's place in the list of its session.
	pub offender: AuthorityIndex,
	/// The parent of both.
	pub parent: H256,
	/// The slot of both.
	pub slot: Slot,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
	/// A header has no claim or no seal.
	Digest,
	/// Both are the same.
	Same,
	/// They are of different nodes, parents, slots or groups.
	Unrelated,
	/// A signature is not the offender's.
	Signature,
}

impl<Header: HeaderT<Hash = H256>> Proof<Header> {
	/// Who is accused, before anything is checked. `None` if it does not even say.
	pub fn accused(&self) -> Option<AuthorityIndex> {
		match self {
			Self::Blocks { first, .. } => Some(Claim::find(first.digest()).ok()?.author),
			Self::Packages { first, .. } => Some(first.packager),
		}
	}

	/// Checks the proof against the key of the accused.
	pub fn check(&self, key: &AuthorityId) -> Result<Offence, ProofError> {
		match self {
			Self::Blocks { first, second } => {
				let (one, other) = (sealed(first)?, sealed(second)?);
				if one.pre_hash == other.pre_hash {
					return Err(ProofError::Same);
				}
				let place = |header: &Header, claim: &Claim| {
					(*header.parent_hash(), claim.slot, claim.author)
				};
				if place(first, &one.claim) != place(second, &other.claim) {
					return Err(ProofError::Unrelated);
				}
				for block in [&one, &other] {
					let payload = seal_payload(&block.pre_hash, block.seal.nonce());
					if !key.verify(&payload, block.seal.signature()) {
						return Err(ProofError::Signature);
					}
				}
				Ok(Offence {
					offender: one.claim.author,
					parent: *first.parent_hash(),
					slot: one.claim.slot,
				})
			},
			Self::Packages { context, first, second } => {
				if first.payload(context) == second.payload(context) {
					return Err(ProofError::Same);
				}
				if (first.packager, first.group) != (second.packager, second.group) {
					return Err(ProofError::Unrelated);
				}
				if !first.is_signed_by(key, context) || !second.is_signed_by(key, context) {
					return Err(ProofError::Signature);
				}
				Ok(Offence { offender: first.packager, parent: context.parent, slot: context.slot })
			},
		}
	}
}

/// The parts of a finished header.
struct Sealed {
	claim: Claim,
	seal: Seal,
	pre_hash: H256,
}

fn sealed<Header: HeaderT<Hash = H256>>(header: &Header) -> Result<Sealed, ProofError> {
	let mut header = header.clone();
	let seal = Seal::take(header.digest_mut()).map_err(|_| ProofError::Digest)?;
	let claim = Claim::find(header.digest()).map_err(|_| ProofError::Digest)?;
	Ok(Sealed { claim, seal, pre_hash: header.hash() })
}
