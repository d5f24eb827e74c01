//! Messages that members send each other: protocol [`PROTOCOL`], version [`VERSION`].
//!
//! Every message is an [`Envelope`]: SCALE encoded, at most [`MAX_MESSAGE`] bytes, and signed by the
//! member's sr25519 key over *all* of it: version, chain (genesis hash), group, session, message id,
//! sender, receiver and body. So a message cannot be used in another chain, group, attempt or request,
//! nor be given to anybody else.
//!
//! Messages come in pairs, a request and its reply. A reply carries the id of its request and is only
//! taken from the member that was asked. A request is only taken once: see [`ReplayGuard`].
//!
//! The transport encrypts and authenticates the stream between two nodes; this layer is what ties it
//! to members.

use std::collections::{BTreeSet, HashMap, VecDeque};

use codec::{Decode, DecodeAll, Encode};
use fusion_dcrm_primitives::{
	Attempt, GroupId, MemberId, MemberIndex, MemberSignature, RequestId, SchnorrSignature,
	MAX_MEMBERS,
};
use rand::RngCore;
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::identity::{self, Identity, IdentityError};

/// Name of the request-response protocol.
pub const PROTOCOL: &str = "/fusion/dcrm/1";
/// Version of the messages.
pub const VERSION: u8 = 2;
/// Most bytes that an encoded message may have.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Most bytes of the nonce commitments of one signer.
pub const MAX_COMMITMENTS: u32 = 256;
/// Most bytes of one signature share.
pub const MAX_SIGNATURE_SHARE: u32 = 128;
/// Most bytes of the reason of a refusal.
pub const MAX_REASON: u32 = 200;
/// Most nonces that are committed to in advance by one message.
pub const MAX_PRECOMMITMENTS: u32 = 64;
/// How many ids of each sender's last requests are remembered.
pub const REPLAY_WINDOW: usize = 4096;

/// Nonce commitments of one signer, as the engine encodes them.
pub type Commitments = BoundedVec<u8, ConstU32<MAX_COMMITMENTS>>;
/// One signer's share of a signature, as the engine encodes it.
pub type SignatureShare = BoundedVec<u8, ConstU32<MAX_SIGNATURE_SHARE>>;
/// Names one run of a signer: from when its share was read until the node stops, or the shares are those of an epoch
/// that is over. Nonces live no longer than that.
pub type RunId = [u8; 16];
/// The commitments of all signers of an attempt.
pub type Package = BoundedVec<(MemberIndex, Commitments), ConstU32<MAX_MEMBERS>>;
/// Names one request, and its reply.
pub type MessageId = [u8; 16];

/// A share of a dealing and its blinding share, 32 big-endian bytes each. Secret: it is wiped from
/// memory when dropped, and never printed.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct SecretPair([u8; 64]);

impl SecretPair {
	/// Wrap the bytes.
	pub fn new(bytes: [u8; 64]) -> Self {
		Self(bytes)
	}

	/// The bytes.
	pub fn bytes(&self) -> &[u8; 64] {
		&self.0
	}
}

impl core::fmt::Debug for SecretPair {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("SecretPair(..)")
	}
}

/// What a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Session {
	/// An attempt at making the group's key, or at handing it over.
	#[codec(index = 0)]
	KeyGeneration {
		/// The attempt's number.
		attempt: Attempt,
	},
	/// An attempt at answering a signing request.
	#[codec(index = 1)]
	Signing {
		/// The request.
		request: RequestId,
		/// The attempt, at key generation or at a handover, that the leader's share is of. Around a handover some
		/// members have switched to the new shares and others have not: shares of two attempts make no signature, and
		/// whoever put them together would take an honest member for a liar.
		shares: Attempt,
		/// The leader's attempt at the request.
		attempt: u32,
	},
	/// Nonces that are committed to in advance, for whatever is signed with the shares of one epoch.
	#[codec(index = 2)]
	Precommitting {
		/// The attempt, at key generation or at a handover, that the shares are of.
		attempt: Attempt,
	},
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
	/// Request, dealer to receiver: "this is your share". Reply to [`Body::ShareRequest`].
	#[codec(index = 0)]
	Share(SecretPair),
	/// Request, receiver to dealer: "send me my share (again)".
	#[codec(index = 1)]
	ShareRequest,
	/// Reply: "I have it".
	#[codec(index = 2)]
	Received,
	/// Request, leader to member: "commit to nonces". Round 1.
	#[codec(index = 3)]
	SignCommit,
	/// Reply to [`Body::SignCommit`].
	#[codec(index = 4)]
	SignCommitted {
		/// Commitments to the nonces that were made for this session.
		commitments: Commitments,
	},
	/// Request, leader to signer: "sign with these signers". Round 2.
	#[codec(index = 5)]
	SignPackage {
		/// The commitments of all signers.
		commitments: Package,
	},
	/// Reply to [`Body::SignPackage`] or [`Body::SignAtOnce`].
	#[codec(index = 6)]
	SignShare {
		/// The signer's share of the signature.
		share: SignatureShare,
	},
	/// Request, leader to member, or reply to [`Body::SignCommit`] or [`Body::SignAtOnce`]: "here is the signature".
	#[codec(index = 7)]
	Signed {
		/// The signature. Anybody can check it.
		signature: SchnorrSignature,
	},
	/// Reply: "no".
	#[codec(index = 8)]
	Refused {
		/// Why, for people.
		reason: BoundedVec<u8, ConstU32<MAX_REASON>>,
	},
	/// Request, leader to member: "commit to nonces in advance, for signatures that I will lead".
	#[codec(index = 9)]
	Precommit {
		/// How many. Not more than [`MAX_PRECOMMITMENTS`] are given.
		count: u16,
	},
	/// Reply to [`Body::Precommit`].
	#[codec(index = 10)]
	Precommitted {
		/// The signer's run. Commitments of an earlier one are of no use any more.
		run: RunId,
		/// Commitments to nonces that were made for this leader, each for one attempt.
		commitments: BoundedVec<Commitments, ConstU32<MAX_PRECOMMITMENTS>>,
	},
	/// Request, leader to signer: "sign with these signers, and with nonces that you have committed to in advance".
	/// Round 1 was before.
	#[codec(index = 11)]
	SignAtOnce {
		/// The commitments of all signers. The receiver's are those of the nonces that are meant.
		commitments: Package,
	},
	/// Reply to [`Body::SignAtOnce`]: "there are no such nonces here (any more)". Nobody's fault: the signer may have
	/// been started again.
	#[codec(index = 12)]
	Stale {
		/// The signer's run.
		run: RunId,
	},
	/// Reply to [`Body::SignAtOnce`]: "the request is not in the finalized state that I see: ask again". The nonces
	/// wait.
	#[codec(index = 13)]
	NotYet,
}

impl Body {
	/// A refusal. A reason that is too long is cut.
	pub fn refused(reason: impl AsRef<str>) -> Self {
		let bytes: Vec<u8> =
			reason.as_ref().as_bytes().iter().copied().take(MAX_REASON as usize).collect();
		Self::Refused { reason: BoundedVec::truncate_from(bytes) }
	}

	/// The kind of request that this is, or `None` if it can only be a reply.
	pub fn request_kind(&self) -> Option<Kind> {
		match self {
			Self::Share(_) => Some(Kind::Share),
			Self::ShareRequest => Some(Kind::ShareRequest),
			Self::SignCommit => Some(Kind::SignCommit),
			Self::SignPackage { .. } => Some(Kind::SignPackage),
			Self::Signed { .. } => Some(Kind::Signed),
			Self::Precommit { .. } => Some(Kind::Precommit),
			Self::SignAtOnce { .. } => Some(Kind::SignAtOnce),
			Self::Received
			| Self::SignCommitted { .. }
			| Self::SignShare { .. }
			| Self::Precommitted { .. }
			| Self::Stale { .. }
			| Self::NotYet
			| Self::Refused { .. } => None,
		}
	}

	/// Name for errors and logs. Says nothing about the contents.
	pub fn name(&self) -> &'static str {
		match self {
			Self::Share(_) => "Share",
			Self::ShareRequest => "ShareRequest",
			Self::Received => "Received",
			Self::SignCommit => "SignCommit",
			Self::SignCommitted { .. } => "SignCommitted",
			Self::SignPackage { .. } => "SignPackage",
			Self::SignShare { .. } => "SignShare",
			Self::Signed { .. } => "Signed",
			Self::Refused { .. } => "Refused",
			Self::Precommit { .. } => "Precommit",
			Self::Precommitted { .. } => "Precommitted",
			Self::SignAtOnce { .. } => "SignAtOnce",
			Self::Stale { .. } => "Stale",
			Self::NotYet => "NotYet",
		}
	}
}

/// The reason of a refusal, fit for a log: printable ASCII only, since the peer wrote it.
pub fn printable(reason: &[u8]) -> String {
	reason
		.iter()
		.map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '?' })
		.collect()
}

/// The kinds of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
	/// [`Body::Share`]
	Share,
	/// [`Body::ShareRequest`]
	ShareRequest,
	/// [`Body::SignCommit`]
	SignCommit,
	/// [`Body::SignPackage`]
	SignPackage,
	/// [`Body::Signed`]
	Signed,
	/// [`Body::Precommit`]
	Precommit,
	/// [`Body::SignAtOnce`]
	SignAtOnce,
}

impl Kind {
	/// Whether `body` is a reply to this kind of request.
	pub fn is_answered_by(self, body: &Body) -> bool {
		matches!(
			(self, body),
			(_, Body::Refused { .. })
				| (Self::Share | Self::Signed, Body::Received)
				| (Self::ShareRequest, Body::Share(_))
				| (Self::SignCommit, Body::SignCommitted { .. } | Body::Signed { .. })
				| (Self::SignPackage, Body::SignShare { .. })
				| (Self::Precommit, Body::Precommitted { .. })
				| (
					Self::SignAtOnce,
					Body::SignShare { .. }
						| Body::Signed { .. }
						| Body::Stale { .. }
						| Body::NotYet,
				)
		)
	}
}

/// Everything about a message but what it says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
	/// [`VERSION`].
	pub version: u8,
	/// The chain.
	pub genesis: H256,
	/// The key group.
	pub group: GroupId,
	/// What it belongs to.
	pub session: Session,
	/// Names the request. The reply has the same.
	pub id: MessageId,
	/// Who says it.
	pub from: MemberId,
	/// To whom.
	pub to: MemberId,
}

impl Header {
	/// Header of a new request.
	pub fn request(
		genesis: H256,
		group: GroupId,
		session: Session,
		from: MemberId,
		to: MemberId,
	) -> Self {
		let mut id = MessageId::default();
		rand::rngs::OsRng.fill_bytes(&mut id);
		Self { version: VERSION, genesis, group, session, id, from, to }
	}

	/// Header of the reply to the request with this header.
	pub fn reply(&self) -> Self {
		Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
	}
}

/// A message with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Envelope {
	/// Who, to whom, about what.
	pub header: Header,
	/// What is said.
	pub body: Body,
	/// Of the sender, over [`PROTOCOL`], header and body.
	pub signature: MemberSignature,
}

/// Why a message was not sent or not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
	/// Too many bytes.
	#[error("message of {size} bytes, at most {max} are taken", max = MAX_MESSAGE)]
	Oversized {
		/// Its size.
		size: usize,
	},
	/// Of a version that is not spoken here.
	#[error("message of version {found:?}, only {ours} is spoken: update the older node", ours = VERSION)]
	Version {
		/// The version, or `None` if the message is empty.
		found: Option<u8>,
	},
	/// Not an envelope.
	#[error("message cannot be decoded: {0}")]
	Malformed(String),
	/// Of another chain.
	#[error("message of the chain with genesis {found:?}, this is {expected:?}")]
	Chain {
		/// Its chain.
		found: H256,
		/// Ours.
		expected: H256,
	},
	/// For somebody else.
	#[error("message for member {0}")]
	Receiver(MemberId),
	/// From a member that does not speak from this peer.
	#[error("message of member {0}, who is not registered at the peer that sent it")]
	Sender(MemberId),
	/// Not signed by its sender.
	#[error("message with a wrong signature of member {0}")]
	Signature(MemberId),
	/// Taken before.
	#[error("message of member {0} that was received before")]
	Replayed(MemberId),
	/// A reply where a request was expected.
	#[error("{0} is not a request")]
	NotARequest(&'static str),
	/// A reply to something else.
	#[error("{found} of member {from} is not a reply to what was asked")]
	NotTheReply {
		/// What it is.
		found: &'static str,
		/// Who sent it.
		from: MemberId,
	},
	/// It could not be signed.
	#[error(transparent)]
	Identity(#[from] IdentityError),
}

impl WireError {
	/// A word for it, as a label of metrics.
	pub fn reason(&self) -> &'static str {
		match self {
			Self::Oversized { .. } => "oversized",
			Self::Version { .. } => "version",
			Self::Malformed(_) => "malformed",
			Self::Chain { .. } => "chain",
			Self::Receiver(_) => "receiver",
			Self::Sender(_) => "sender",
			Self::Signature(_) => "signature",
			Self::Replayed(_) => "replayed",
			Self::NotARequest(_) => "not_a_request",
			Self::NotTheReply { .. } => "bad_reply",
			Self::Identity(_) => "identity",
		}
	}
}

fn signed_bytes(header: &Header, body: &Body) -> zeroize::Zeroizing<Vec<u8>> {
	zeroize::Zeroizing::new((PROTOCOL.as_bytes(), header, body).encode())
}

/// Sign and encode a message. `header.from` must be the identity's.
pub fn seal(identity: &Identity, header: Header, body: Body) -> Result<Vec<u8>, WireError> {
	if header.from != *identity.id() {
		return Err(WireError::Sender(header.from));
	}
	let signature = identity.sign(&signed_bytes(&header, &body))?;
	let bytes = Envelope { header, body, signature }.encode();
	check_size(&bytes)?;
	Ok(bytes)
}

fn check_size(bytes: &[u8]) -> Result<(), WireError> {
	if bytes.len() > MAX_MESSAGE {
		return Err(WireError::Oversized { size: bytes.len() });
	}
	Ok(())
}

/// Decode a message and check everything that can be checked without knowing the group: size, version,
/// chain, receiver, that `may_send` lets the sender through, and the signature, in this order.
pub fn open(
	bytes: &[u8],
	genesis: H256,
	me: &MemberId,
	may_send: impl FnOnce(&MemberId) -> bool,
) -> Result<Envelope, WireError> {
	check_size(bytes)?;
	let found = bytes.first().copied();
	if found != Some(VERSION) {
		return Err(WireError::Version { found });
	}
	let envelope =
		Envelope::decode_all(&mut &*bytes).map_err(|e| WireError::Malformed(e.to_string()))?;
	let header = &envelope.header;
	if header.genesis != genesis {
		return Err(WireError::Chain { found: header.genesis, expected: genesis });
	}
	if header.to != *me {
		return Err(WireError::Receiver(header.to.clone()));
	}
	if header.from == *me || !may_send(&header.from) {
		return Err(WireError::Sender(header.from.clone()));
	}
	let signed = signed_bytes(header, &envelope.body);
	if !identity::verify(&header.from, &signed, &envelope.signature) {
		return Err(WireError::Signature(header.from.clone()));
	}
	Ok(envelope)
}

/// Decode and check the reply to the request of kind `kind` that was sent with the header `sent`.
pub fn open_reply(bytes: &[u8], sent: &Header, kind: Kind) -> Result<Body, WireError> {
	let envelope = open(bytes, sent.genesis, &sent.from, |from| *from == sent.to)?;
	if envelope.header != sent.reply() || !kind.is_answered_by(&envelope.body) {
		return Err(WireError::NotTheReply {
			found: envelope.body.name(),
			from: envelope.header.from,
		});
	}
	Ok(envelope.body)
}

/// Remembers which requests were taken, so that each is taken once.
///
/// Bounded: the last [`REPLAY_WINDOW`] ids of each sender, and only members of our groups are let in
/// as senders. It is in memory only. A request that is older than that, or than our last start, is
/// harmless by what it says: a share is only good for its attempt, a request for commitments makes fresh
/// nonces, and a package finds the nonces that it wants used gone.
#[derive(Default)]
pub struct ReplayGuard {
	seen: HashMap<MemberId, Seen>,
}

#[derive(Default)]
struct Seen {
	ids: BTreeSet<MessageId>,
	order: VecDeque<MessageId>,
}

impl ReplayGuard {
	/// Take a request, which must have passed [`open`] and come from a member of one of our groups.
	pub fn admit(&mut self, envelope: &Envelope) -> Result<Kind, WireError> {
		let kind = envelope
			.body
			.request_kind()
			.ok_or_else(|| WireError::NotARequest(envelope.body.name()))?;
		let seen = self.seen.entry(envelope.header.from.clone()).or_default();
		if !seen.ids.insert(envelope.header.id) {
			return Err(WireError::Replayed(envelope.header.from.clone()));
		}
		seen.order.push_back(envelope.header.id);
		if seen.order.len() > REPLAY_WINDOW {
			if let Some(oldest) = seen.order.pop_front() {
				seen.ids.remove(&oldest);
			}
		}
		Ok(kind)
	}

	#[cfg(test)]
	pub(crate) fn remembered(&self, member: &MemberId) -> usize {
		self.seen.get(member).map_or(0, |seen| seen.ids.len())
	}
}
