//! Sealed messages: what is taken, and what is refused.

use codec::Encode;
use fusion_dcrm_primitives::MemberId;
use sp_core::H256;

use super::world::members;
use crate::{
	identity::{Identity, IdentityError},
	wire::{
		open, open_reply, printable, seal, Body, Envelope, Header, Kind, ReplayGuard, SecretPair,
		Session, WireError, MAX_MESSAGE, REPLAY_WINDOW, VERSION,
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
	Session::Signing { request: 5, attempt: 0 }
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
	other.header.session = Session::Signing { request: 6, attempt: 0 };
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
