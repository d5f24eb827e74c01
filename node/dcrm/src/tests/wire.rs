//! Sealed messages: what is taken, and what is refused.

use codec::{Decode, Encode};
use fusion_dcrm_primitives::{MemberId, MAX_MEMBERS};
use proptest::prelude::*;
use sp_core::H256;

use super::world::members;
use crate::{
	identity::{Identity, IdentityError},
	wire::{
		open, open_reply, printable, seal, Body, Commitments, Envelope, Header, Kind, ReplayGuard,
		SecretPair, Session, WireError, MAX_COMMITMENTS, MAX_MESSAGE, MAX_PRECOMMITMENTS,
		MAX_REASON, MAX_SIGNATURE_SHARE, REPLAY_WINDOW, VERSION,
	},
};

const GENESIS: H256 = H256::repeat_byte(1);

struct Fixture {
	alice: Identity,
	bob: Identity,
	carol: MemberId,
}

fn fixture() -> Fixture {
	let (keystore, ids) = members(3);
	let identity = |index: usize| Identity::new(keystore.clone(), ids[index].clone()).unwrap();
	Fixture { alice: identity(0), bob: identity(1), carol: ids[2].clone() }
}

fn session() -> Session {
	Session::Signing { request: 5, shares: 0, attempt: 0 }
}

fn request(f: &Fixture) -> (Header, Vec<u8>) {
	let header = Header::request(GENESIS, 7, session(), f.alice.id().clone(), f.bob.id().clone());
	let bytes = seal(&f.alice, header.clone(), Body::SignCommit).unwrap();
	(header, bytes)
}

fn open_at_bob(f: &Fixture, bytes: &[u8]) -> Result<Envelope, WireError> {
	open(bytes, GENESIS, f.bob.id(), |_| true)
}

#[test]
fn envelope_should_be_taken_when_it_is_right() {
	let f = fixture();
	let (header, bytes) = request(&f);
	let envelope = open_at_bob(&f, &bytes).unwrap();
	assert_eq!((envelope.header, envelope.body), (header, Body::SignCommit));
}

#[test]
fn envelope_should_be_refused_when_any_bit_is_changed() {
	let f = fixture();
	let (_, bytes) = request(&f);
	for position in 0..bytes.len() {
		let mut forged = bytes.clone();
		forged[position] ^= 1;
		assert!(open_at_bob(&f, &forged).is_err(), "byte {position}");
	}
}

#[test]
fn envelope_should_be_refused_when_it_is_signed_by_somebody_else() {
	let f = fixture();
	let (header, bytes) = request(&f);
	let mut envelope = open_at_bob(&f, &bytes).unwrap();
	// Carol's header with Alice's signature.
	envelope.header.from = f.carol.clone();
	assert_eq!(open_at_bob(&f, &envelope.encode()), Err(WireError::Signature(f.carol.clone())));
	// And one does not sign as another in the first place.
	assert!(matches!(seal(&f.bob, header, Body::SignCommit), Err(WireError::Sender(_))));
}

#[test]
fn envelope_should_be_refused_when_it_is_of_another_group_chain_or_session() {
	let f = fixture();
	let (_, bytes) = request(&f);
	let envelope = open_at_bob(&f, &bytes).unwrap();

	let mut other = envelope.clone();
	other.header.group = 8;
	assert!(matches!(open_at_bob(&f, &other.encode()), Err(WireError::Signature(_))));

	let mut other = envelope;
	other.header.session = Session::Signing { request: 6, shares: 0, attempt: 0 };
	assert!(matches!(open_at_bob(&f, &other.encode()), Err(WireError::Signature(_))));

	assert!(matches!(
		open(&bytes, H256::repeat_byte(2), f.bob.id(), |_| true),
		Err(WireError::Chain { .. })
	));
}

#[test]
fn envelope_should_be_refused_when_it_is_for_somebody_else() {
	let f = fixture();
	let (_, bytes) = request(&f);
	assert!(matches!(
		open(&bytes, GENESIS, &f.carol, |_| true),
		Err(WireError::Receiver(to)) if to == *f.bob.id()
	));
}

#[test]
fn envelope_should_be_refused_when_the_peer_is_not_the_members() {
	let f = fixture();
	let (_, bytes) = request(&f);
	assert!(matches!(
		open(&bytes, GENESIS, f.bob.id(), |_| false),
		Err(WireError::Sender(from)) if from == *f.alice.id()
	));
}

#[test]
fn envelope_should_be_refused_when_it_is_oversized_empty_or_of_another_version() {
	let f = fixture();
	let (_, mut bytes) = request(&f);
	assert_eq!(
		open_at_bob(&f, &vec![VERSION; MAX_MESSAGE + 1]),
		Err(WireError::Oversized { size: MAX_MESSAGE + 1 })
	);
	assert!(matches!(open_at_bob(&f, &vec![VERSION; MAX_MESSAGE]), Err(WireError::Malformed(_))));
	assert_eq!(open_at_bob(&f, &[]), Err(WireError::Version { found: None }));
	bytes.push(0);
	assert!(matches!(open_at_bob(&f, &bytes), Err(WireError::Malformed(_))));
	bytes.pop();
	bytes[0] = VERSION + 1;
	assert_eq!(open_at_bob(&f, &bytes), Err(WireError::Version { found: Some(VERSION + 1) }));
}

#[test]
fn largest_message_should_fit_when_the_group_is_the_largest() {
	let f = fixture();
	let entry = |i: u16| (i, vec![0; crate::wire::MAX_COMMITMENTS as usize].try_into().unwrap());
	let commitments: Vec<_> = (1..=32).map(entry).collect();
	let body = Body::SignPackage { commitments: commitments.try_into().unwrap() };
	let header = Header::request(GENESIS, 7, session(), f.alice.id().clone(), f.bob.id().clone());
	let bytes = seal(&f.alice, header, body.clone()).unwrap();
	assert_eq!(open_at_bob(&f, &bytes).unwrap().body, body);
}

#[test]
fn request_should_be_refused_when_it_is_replayed() {
	let f = fixture();
	let mut guard = ReplayGuard::default();
	let (_, bytes) = request(&f);
	let envelope = open_at_bob(&f, &bytes).unwrap();
	assert_eq!(guard.admit(&envelope), Ok(Kind::SignCommit));
	assert_eq!(guard.admit(&envelope), Err(WireError::Replayed(f.alice.id().clone())));
	// The same words in a new message are another request.
	let (_, bytes) = request(&f);
	assert!(guard.admit(&open_at_bob(&f, &bytes).unwrap()).is_ok());
}

#[test]
fn replay_guard_should_stay_bounded_when_requests_keep_coming() {
	let f = fixture();
	let mut guard = ReplayGuard::default();
	let (_, bytes) = request(&f);
	let mut envelope = open_at_bob(&f, &bytes).unwrap();
	for i in 0..REPLAY_WINDOW + 10 {
		envelope.header.id = u128::try_from(i).unwrap().to_le_bytes();
		assert!(guard.admit(&envelope).is_ok());
	}
	// The newest are remembered.
	assert!(guard.admit(&envelope).is_err());
	assert_eq!(guard.remembered(f.alice.id()), REPLAY_WINDOW);
}

#[test]
fn reply_should_not_be_taken_when_it_comes_as_a_request() {
	let f = fixture();
	let header = Header::request(GENESIS, 7, session(), f.alice.id().clone(), f.bob.id().clone());
	let bytes = seal(&f.alice, header, Body::Received).unwrap();
	let envelope = open_at_bob(&f, &bytes).unwrap();
	assert_eq!(ReplayGuard::default().admit(&envelope), Err(WireError::NotARequest("Received")));
}

#[test]
fn reply_should_be_taken_only_when_it_is_to_this_request() {
	let f = fixture();
	let (sent, _) = request(&f);
	let body = || Body::SignCommitted { commitments: vec![1, 2].try_into().unwrap() };
	let good = seal(&f.bob, sent.reply(), body()).unwrap();
	assert_eq!(open_reply(&good, &sent, Kind::SignCommit), Ok(body()));
	// To another request of the same kind.
	let (another, _) = request(&f);
	assert!(matches!(
		open_reply(&good, &another, Kind::SignCommit),
		Err(WireError::NotTheReply { .. })
	));
	// Of the wrong kind.
	let odd = seal(&f.bob, sent.reply(), Body::Received).unwrap();
	assert!(matches!(
		open_reply(&odd, &sent, Kind::SignCommit),
		Err(WireError::NotTheReply { found: "Received", .. })
	));
	// Our own message, reflected.
	let (_, own) = request(&f);
	assert!(matches!(open_reply(&own, &sent, Kind::SignCommit), Err(WireError::Receiver(_))));
}

#[test]
fn secrets_should_not_be_printed_when_a_message_is() {
	let body = Body::Share(SecretPair::new([0xab; 64]));
	assert_eq!(format!("{body:?}"), "Share(SecretPair(..))");
}

#[test]
fn refusal_should_be_cut_and_printable_when_a_peer_wrote_it() {
	let Body::Refused { reason } = Body::refused("é\n".repeat(500)) else { panic!("not refused") };
	assert_eq!(reason.len(), 200);
	assert!(printable(&reason).bytes().all(|byte| (0x20..0x7f).contains(&byte)));
}

#[test]
fn identity_should_be_refused_when_the_keystore_does_not_have_its_key() {
	let f = fixture();
	let empty = std::sync::Arc::new(sp_keystore::testing::MemoryKeystore::new());
	assert!(matches!(
		Identity::new(empty, f.carol.clone()),
		Err(IdentityError::Missing(id)) if id == f.carol
	));
}

// --- All kinds of message, mutated ----------------------------------------------------------------

fn bytes(most: u32) -> impl Strategy<Value = Vec<u8>> {
	prop::collection::vec(any::<u8>(), 0..=usize::try_from(most).unwrap())
}

fn commitments() -> impl Strategy<Value = Commitments> {
	bytes(MAX_COMMITMENTS).prop_map(|bytes| bytes.try_into().unwrap())
}

/// Every kind of body, within its bounds.
pub fn bodies() -> impl Strategy<Value = Body> {
	let members = usize::try_from(MAX_MEMBERS).unwrap();
	let package = || prop::collection::vec((any::<u16>(), commitments()), 0..=members);
	let list =
		prop::collection::vec(commitments(), 0..=usize::try_from(MAX_PRECOMMITMENTS).unwrap());
	prop_oneof![
		prop::array::uniform32(any::<u8>()).prop_map(|half| {
			let mut pair = [0; 64];
			pair[..32].copy_from_slice(&half);
			Body::Share(SecretPair::new(pair))
		}),
		Just(Body::ShareRequest),
		Just(Body::Received),
		Just(Body::SignCommit),
		commitments().prop_map(|commitments| Body::SignCommitted { commitments }),
		package().prop_map(|list| Body::SignPackage { commitments: list.try_into().unwrap() }),
		package().prop_map(|list| Body::SignAtOnce { commitments: list.try_into().unwrap() }),
		bytes(MAX_SIGNATURE_SHARE)
			.prop_map(|share| Body::SignShare { share: share.try_into().unwrap() }),
		any::<u8>().prop_map(|byte| Body::Signed { signature: [byte; 64] }),
		bytes(MAX_REASON).prop_map(|reason| Body::Refused { reason: reason.try_into().unwrap() }),
		any::<u16>().prop_map(|count| Body::Precommit { count }),
		(any::<[u8; 16]>(), list).prop_map(|(run, list)| Body::Precommitted {
			run,
			commitments: list.try_into().unwrap(),
		}),
		any::<[u8; 16]>().prop_map(|run| Body::Stale { run }),
		Just(Body::NotYet),
	]
}

fn sessions() -> impl Strategy<Value = Session> {
	prop_oneof![
		any::<u32>().prop_map(|attempt| Session::KeyGeneration { attempt }),
		(any::<u64>(), any::<u32>(), any::<u32>())
			.prop_map(|(request, shares, attempt)| Session::Signing { request, shares, attempt }),
		any::<u32>().prop_map(|attempt| Session::Precommitting { attempt }),
	]
}

/// What may happen to the bytes of a message.
#[derive(Clone, Debug)]
enum Mutation {
	Flip(prop::sample::Index, u8),
	Cut(prop::sample::Index),
	Grow(Vec<u8>),
	Insert(prop::sample::Index, u8),
	Remove(prop::sample::Index),
	Repeat(prop::sample::Index),
}

impl Mutation {
	fn apply(&self, bytes: &mut Vec<u8>) {
		let length = bytes.len();
		match self {
			Self::Flip(at, mask) => bytes[at.index(length)] ^= mask,
			Self::Cut(at) => bytes.truncate(at.index(length)),
			Self::Grow(more) => bytes.extend(more),
			Self::Insert(at, byte) => bytes.insert(at.index(length), *byte),
			Self::Remove(at) => {
				bytes.remove(at.index(length));
			},
			Self::Repeat(at) => {
				let tail = bytes[at.index(length)..].to_vec();
				bytes.extend(tail);
			},
		}
	}
}

fn mutations() -> impl Strategy<Value = Mutation> {
	let at = || any::<prop::sample::Index>();
	prop_oneof![
		(at(), 1_u8..).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
		at().prop_map(Mutation::Cut),
		prop::collection::vec(any::<u8>(), 1..200).prop_map(Mutation::Grow),
		(at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
		at().prop_map(Mutation::Remove),
		at().prop_map(Mutation::Repeat),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn message_should_be_what_was_sent_when_it_is_not_changed(
		body in bodies(), session in sessions(), group in any::<u32>(),
	) {
		let f = fixture();
		let (from, to) = (f.alice.id().clone(), f.bob.id().clone());
		let header = Header::request(GENESIS, group, session, from, to);
		let bytes = seal(&f.alice, header.clone(), body.clone()).unwrap();
		prop_assert!(bytes.len() <= MAX_MESSAGE);
		let envelope = open_at_bob(&f, &bytes).unwrap();
		prop_assert_eq!(&envelope.header, &header);
		prop_assert_eq!(&envelope.body, &body);
		// It is a request or can be a reply, and its encoding is the only one.
		let kind = body.request_kind();
		prop_assert_eq!(ReplayGuard::default().admit(&envelope).ok(), kind);
		prop_assert_eq!(body.encode(), Body::decode(&mut &*body.encode()).unwrap().encode());
	}

	#[test]
	fn message_should_be_refused_when_it_is_mutated(
		body in bodies(), session in sessions(), mutations in prop::collection::vec(mutations(), 1..4),
	) {
		let f = fixture();
		let (from, to) = (f.alice.id().clone(), f.bob.id().clone());
		let header = Header::request(GENESIS, 7, session, from, to);
		let good = seal(&f.alice, header.clone(), body).unwrap();
		let mut bytes = good.clone();
		for mutation in &mutations {
			if bytes.is_empty() {
				break;
			}
			mutation.apply(&mut bytes);
		}
		// Two mutations may undo each other.
		prop_assume!(bytes != good);
		let error = open_at_bob(&f, &bytes).expect_err("a forged message is taken");
		prop_assert!(!error.reason().is_empty());
		// Nor is it a reply to anything.
		let kinds = [
			Kind::Share, Kind::ShareRequest, Kind::SignCommit, Kind::SignPackage, Kind::Signed,
			Kind::Precommit, Kind::SignAtOnce,
		];
		let sent = header.reply();
		for kind in kinds {
			prop_assert!(open_reply(&bytes, &sent, kind).is_err());
		}
	}

	#[test]
	fn bytes_should_never_be_taken_when_nobody_signed_them(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
		let f = fixture();
		prop_assert!(open_at_bob(&f, &bytes).is_err());
		let mut versioned = bytes.clone();
		versioned.insert(0, VERSION);
		prop_assert!(open_at_bob(&f, &versioned).is_err());
		// Decoding does not take more memory than there is in it, whatever lengths it says.
		let _ = Body::decode(&mut &*bytes);
		let _ = Envelope::decode(&mut &*versioned);
	}
}

#[test]
fn list_should_be_refused_when_it_is_longer_than_its_bound() {
	let f = fixture();
	let long = |count: u32| (0..count).map(|_| vec![2_u8; 66]).collect::<Vec<_>>();
	let header =
		|| Header::request(GENESIS, 7, session(), f.alice.id().clone(), f.bob.id().clone());
	// As an attacker would write it: with the types' bounds left out.
	let package: Vec<(u16, Vec<u8>)> = (1..).zip(long(MAX_MEMBERS + 1)).collect();
	let bodies = [
		(11_u8, package.encode()),
		(5, package.encode()),
		(10, ([0_u8; 16], long(MAX_PRECOMMITMENTS + 1)).encode()),
		(4, vec![1_u8; usize::try_from(MAX_COMMITMENTS).unwrap() + 1].encode()),
		(8, vec![1_u8; usize::try_from(MAX_REASON).unwrap() + 1].encode()),
	];
	for (index, rest) in bodies {
		let mut bytes = header().encode();
		bytes.push(index);
		bytes.extend(rest);
		bytes.extend([0; 64]);
		let refused = open_at_bob(&f, &bytes);
		assert!(matches!(refused, Err(WireError::Malformed(_))), "body {index}: {refused:?}");
	}
}
