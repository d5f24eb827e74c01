//! What a header says about its author.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{sr25519::vrf::VrfSignature, H256};
use sp_runtime::{Digest, DigestItem};

use crate::{AuthorityIndex, AuthoritySignature, GroupId, Rank, Slot, ENGINE_ID};

/// Who the author claims to be, in the header from the start. The encoding begins with a version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum PreDigest {
	/// The first version.
	#[codec(index = 1)]
	V1(Claim),
}

/// An author's claim to a slot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Claim {
	/// The slot.
	pub slot: Slot,
	/// The author.
	pub author: AuthorityIndex,
	/// Its virtual group in this round.
	pub group: GroupId,
	/// Its rank there.
	pub rank: Rank,
	/// Hash of the packages that the block is made of ([`crate::package::root`]).
	pub packages_root: H256,
	/// The author's VRF output for the parent's seed, and its proof.
	pub vrf: VrfSignature,
}

/// The last item of a finished header's digest. The encoding begins with a version.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Seal {
	/// The first version.
	#[codec(index = 1)]
	V1 {
		/// Solves the author's ticket.
		nonce: u64,
		/// The author's signature of [`crate::ticket::seal_payload`].
		signature: AuthoritySignature,
	},
}

/// What is wrong with a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestError {
	/// No item of this engine where there should be one.
	Missing,
	/// More than one item of this engine where there should be one.
	Several,
	/// The item cannot be decoded, or is of an unknown version.
	Malformed,
}

impl core::fmt::Display for DigestError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::Missing => "there is no such item",
			Self::Several => "there is more than one such item",
			Self::Malformed => "the item cannot be decoded",
		})
	}
}

#[cfg(feature = "std")]
impl std::error::Error for DigestError {}

/// Decodes all of `bytes`.
fn decode<T: Decode>(mut bytes: &[u8]) -> Result<T, DigestError> {
	let value = T::decode(&mut bytes).map_err(|_| DigestError::Malformed)?;
	if bytes.is_empty() {
		Ok(value)
	} else {
		Err(DigestError::Malformed)
	}
}

/// The only one of some items.
fn only<'a>(mut items: impl Iterator<Item = &'a [u8]>) -> Result<&'a [u8], DigestError> {
	let item = items.next().ok_or(DigestError::Missing)?;
	match items.next() {
		None => Ok(item),
		Some(_) => Err(DigestError::Several),
	}
}

impl Claim {
	/// As an item of a digest.
	pub fn to_item(&self) -> DigestItem {
		DigestItem::PreRuntime(ENGINE_ID, PreDigest::V1(self.clone()).encode())
	}

	/// The claim in a digest. Items of other engines don't count.
	pub fn find(digest: &Digest) -> Result<Self, DigestError> {
		Self::find_in(digest.logs().iter().filter_map(DigestItem::as_pre_runtime))
	}

	/// The claim among pre-runtime items, each with its engine.
	pub fn find_in<'a>(
		items: impl Iterator<Item = (sp_runtime::ConsensusEngineId, &'a [u8])>,
	) -> Result<Self, DigestError> {
		let ours = items.filter_map(|(engine, data)| (engine == ENGINE_ID).then_some(data));
		let PreDigest::V1(claim) = decode(only(ours)?)?;
		Ok(claim)
	}
}

impl Seal {
	/// As an item of a digest.
	pub fn to_item(&self) -> DigestItem {
		DigestItem::Seal(ENGINE_ID, self.encode())
	}

	/// From an item of a digest. `None` if it is none of HHCM's seals.
	pub fn from_item(item: &DigestItem) -> Option<Result<Self, DigestError>> {
		match item {
			DigestItem::Seal(ENGINE_ID, data) => Some(decode(data)),
			_ => None,
		}
	}

	/// Takes the seal out of a digest: exactly one of HHCM's, and the last item.
	pub fn take(digest: &mut Digest) -> Result<Self, DigestError> {
		let seals = digest.logs().iter().filter(|item| item.as_seal().is_some()).count();
		if seals > 1 {
			return Err(DigestError::Several);
		}
		let item = digest.logs().last().ok_or(DigestError::Missing)?;
		let seal = Self::from_item(item).ok_or(DigestError::Missing)??;
		digest.pop();
		Ok(seal)
	}

	/// The nonce.
	pub fn nonce(&self) -> u64 {
		let Self::V1 { nonce, .. } = self;
		*nonce
	}

	/// The signature.
	pub fn signature(&self) -> &AuthoritySignature {
		let Self::V1 { signature, .. } = self;
		signature
	}
}
