//! What members say on chain.
//!
//! Members speak by transactions that carry no account signature and pay no fee: each is a
//! [`MemberSigned`] payload, is checked cheaply before it enters the pool, and is only valid while the
//! chain waits for just this word of just this member. So it is bounded, cannot be repeated, and needs
//! no nonce: a node that restarts simply says again what the chain has not heard yet.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;

use crate::{
	Attempt, GroupId, MemberId, MemberIndex, MemberSignature, PeerIdBytes, PerMember, PublicKey,
	RequestId, SchnorrSignature,
};

/// A payload with the signature of the member who says it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct MemberSigned<P> {
	/// Who says it.
	pub member: MemberId,
	/// What is said.
	pub payload: P,
	/// The signature of `member` over [`signing_bytes`].
	pub signature: MemberSignature,
}

/// The bytes that a member signs: the chain, the kind of payload, and the payload.
pub fn signing_bytes<P: Encode>(genesis: H256, domain: &[u8], payload: &P) -> Vec<u8> {
	(b"fusion/member/1", genesis, domain, payload).encode()
}

impl<P: Encode> MemberSigned<P> {
	/// Whether the signature is the member's, for this chain and this kind of payload.
	pub fn verify(&self, genesis: H256, domain: &[u8]) -> bool {
		self.member.verify(&signing_bytes(genesis, domain, &self.payload), &self.signature)
	}
}

/// The kind of payload that [`DcrmMessage`]s are signed as.
pub const DCRM_DOMAIN: &[u8] = b"dcrm";

/// What a member says in a ceremony, or about itself.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum DcrmMessage {
	/// "I am reached at this peer id." A later one has a higher `sequence`.
	Announce {
		/// The libp2p peer id.
		peer: PeerIdBytes,
		/// Higher than in every earlier announcement.
		sequence: u64,
	},
	/// "These are my Pedersen commitments." ([`Phase::Dealing`](crate::Phase::Dealing))
	Deal {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// One point a coefficient: exactly as many as the threshold.
		commitments: PerMember<PublicKey>,
	},
	/// "The shares of these dealers are missing or wrong; all others are right."
	/// ([`Phase::Verdicts`](crate::Phase::Verdicts))
	Verdict {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// The dealers complained about, in ascending order.
		against: PerMember<MemberIndex>,
	},
	/// "This is the share that `accuser` says it did not get."
	/// ([`Phase::Answers`](crate::Phase::Answers))
	Answer {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// Who complained.
		accuser: MemberIndex,
		/// The share and its blinding share, 32 big-endian bytes each.
		share: [u8; 64],
	},
	/// "These are my Feldman commitments." ([`Phase::Revealing`](crate::Phase::Revealing))
	Reveal {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// One point a coefficient: exactly as many as the threshold.
		commitments: PerMember<PublicKey>,
	},
	/// "My share fits the key, and I have stored it."
	/// ([`Phase::Confirming`](crate::Phase::Confirming))
	Confirm {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// The key that the share fits.
		key: PublicKey,
	},
	/// "This dealer's Feldman commitments do not fit the share that it gave me": the share proves it.
	/// ([`Phase::Confirming`](crate::Phase::Confirming) of a key generation, and
	/// [`Phase::Accusing`](crate::Phase::Accusing) of a handover)
	Accuse {
		/// The group.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
		/// The dealer.
		dealer: MemberIndex,
		/// The share and its blinding share; they fit the dealer's Pedersen commitments.
		share: [u8; 64],
	},
	/// "This is the signature that was asked for."
	Signature {
		/// The request.
		request: RequestId,
		/// The signature.
		signature: SchnorrSignature,
	},
	/// "All Feldman commitments fit what I was dealt." ([`Phase::Accusing`](crate::Phase::Accusing))
	///
	/// A word of its own: were it an empty verdict, anybody could repeat that one in a later phase.
	Accept {
		/// The group whose key is handed over.
		group: GroupId,
		/// The attempt.
		attempt: Attempt,
	},
	/// "I have my share": an answer to a liveness challenge.
	Hold {
		/// The group.
		group: GroupId,
		/// The number of the challenge.
		number: u32,
		/// A proof (`fusion_vss::ShareProof`), with [`holding_hash`](crate::holding_hash) as its hash.
		proof: [u8; 65],
	},
	/// "I do not hear this member." As many of these words as it takes to sign replace it.
	///
	/// It is good for [`VOTE_WINDOW`](crate::VOTE_WINDOW) blocks: somebody else could repeat it later, when it is
	/// not true any more.
	Silent {
		/// The group.
		group: GroupId,
		/// The attempt that the members' shares are of.
		attempt: Attempt,
		/// The member.
		member: MemberIndex,
		/// The block that is finalized when this is said.
		since: u32,
	},
}
