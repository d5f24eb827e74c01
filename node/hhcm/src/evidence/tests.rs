//! Tests of what is done with evidence.

use std::sync::LazyLock;

use fusion_hhcm_primitives::package;

use super::*;
use crate::{
	round::SlotView,
	testing::{
		first_claim, packagers, sealed, signed_package, solve, unsealed, view, Header, SLOT,
	},
};

fn slot(number: u64) -> Slot {
	Slot::from(number)
}

/// Two blocks of one author in that slot, in either order.
fn blocks(number: u64, reversed: bool) -> Proof<Header> {
	let view = view(5, 1);
	let (turn, claim) = first_claim(&view, package::root(&[]));
	let nonce = solve(&view, &claim, &turn.key);
	let claim = Claim { slot: slot(number), ..claim };
	let block = |state: u8| {
		let mut header = unsealed(&view, &claim, 7);
		header.state_root = H256::repeat_byte(state);
		sealed(header, claim.author, nonce)
	};
	let (one, other) = (block(1), block(2));
	if reversed {
		Proof::Blocks { first: other, second: one }
	} else {
		Proof::Blocks { first: one, second: other }
	}
}

/// Files two headers of one author in that slot. Nothing else of them is looked at by a docket.
fn file_of(docket: &mut Docket<Header>, number: u64) -> Option<Offence> {
	static CLAIM: LazyLock<(SlotView, Claim)> = LazyLock::new(|| {
		let view = view(5, 1);
		let (_, claim) = first_claim(&view, package::root(&[]));
		(view, claim)
	});
	let (view, claim) = &*CLAIM;
	let claim = Claim { slot: slot(number), ..claim.clone() };
	let (first, second) = (unsealed(view, &claim, 7), unsealed(view, &claim, 8));
	docket.file(Proof::Blocks { first, second })
}

#[test]
fn offence_should_be_filed_once() {
	let mut docket = Docket::default();
	let offence = file_of(&mut docket, SLOT).expect("it is a new one");
	assert_eq!(offence.slot, slot(SLOT));
	assert_eq!(file_of(&mut docket, SLOT), None);
	// Two packages of the same node in the same slot are the same offence for the chain.
	let view = view(5, 1);
	let context = view.context();
	let of = |transactions| signed_package(&context, 0, offence.offender, transactions);
	let packages = Proof::Packages { context, first: of(vec![]), second: of(vec![H256::zero()]) };
	assert_eq!(docket.file(packages.clone()), None);
	assert_eq!(docket.len(), 1);

	docket.note(&offence, true, slot(SLOT + 1));
	assert!(docket.is_empty());
	assert_eq!(file_of(&mut docket, SLOT), None);
	assert_eq!(docket.file(packages), None);
	assert!(file_of(&mut docket, SLOT + 1).is_some());
}

#[test]
fn offence_should_be_due_again_until_it_is_closed() {
	let mut docket = Docket::default();
	let offence = file_of(&mut docket, SLOT).expect("it is a new one");
	assert_eq!(docket.due(slot(SLOT)), [offence]);
	docket.note(&offence, false, slot(SLOT));
	assert!(docket.due(slot(SLOT)).is_empty());
	assert_eq!(docket.due(slot(SLOT + 1)), [offence]);
	docket.note(&offence, false, slot(SLOT + 1));
	assert!(docket.due(slot(SLOT + RETRY)).is_empty());
	assert_eq!(docket.due(slot(SLOT + 1 + RETRY)), [offence]);
	docket.note(&offence, true, slot(SLOT + 1 + RETRY));
	assert!(docket.due(slot(u64::MAX)).is_empty());
	// What is not there is not noted.
	docket.note(&offence, false, slot(SLOT));
	assert!(docket.is_empty());
}

#[test]
fn proof_should_be_the_same_whoever_has_seen_what_first() {
	// Signatures differ from one to the other, so the same blocks are turned around.
	let proof = blocks(SLOT, false);
	let Proof::Blocks { first, second } = proof.clone() else { panic!("these are blocks") };
	let turned = Proof::Blocks { first: second, second: first };
	let mut halves = vec![];
	for proof in [proof, turned] {
		let mut docket = Docket::default();
		let offence = docket.file(proof).expect("it is a new one");
		halves.push(docket.proof(&offence).cloned());
	}
	assert!(halves[0].is_some());
	assert_eq!(halves[0], halves[1]);
	assert!(Docket::default().file(blocks(SLOT, true)).is_some());

	let view = view(5, 1);
	let (context, packager) = (view.context(), packagers(&view, 0)[0]);
	let (one, other) = (
		signed_package(&context, 0, packager, vec![]),
		signed_package(&context, 0, packager, vec![H256::zero()]),
	);
	let mut proofs = vec![];
	for (first, second) in [(one.clone(), other.clone()), (other, one)] {
		let mut docket = Docket::<Header>::default();
		let offence = docket.file(Proof::Packages { context, first, second });
		proofs.push(docket.proof(&offence.expect("it is a new one")).cloned());
	}
	assert_eq!(proofs[0], proofs[1]);
	let key = view.authority(packager).expect("it is a packager");
	assert!(proofs[0].as_ref().is_some_and(|proof| proof.check(key).is_ok()));
}

#[test]
fn docket_should_be_bounded_when_there_are_many_offences() {
	let mut docket = Docket::default();
	let many = MAX_OPEN as u64 + 10;
	for number in 0..many {
		assert!(file_of(&mut docket, SLOT + number).is_some());
	}
	assert_eq!(docket.len(), MAX_OPEN);
	// Those of the earliest slots are gone, and do not come back.
	assert_eq!(file_of(&mut docket, SLOT), None);
	assert!(docket.due(slot(u64::MAX)).iter().all(|offence| offence.slot >= slot(SLOT + 10)));

	let mut docket = Docket::default();
	for number in 0..MAX_CLOSED as u64 + 10 {
		let offence = file_of(&mut docket, SLOT + number).expect("it is a new one");
		docket.note(&offence, true, slot(SLOT));
	}
	assert_eq!(file_of(&mut docket, SLOT + 10), None);
	assert!(file_of(&mut docket, SLOT).is_some());
}

#[test]
fn nothing_should_be_filed_when_a_header_has_no_claim() {
	use sp_runtime::traits::Header as _;
	let header = Header::new(1, H256::zero(), H256::zero(), H256::zero(), Default::default());
	let proof = Proof::Blocks { first: header.clone(), second: header };
	assert_eq!(Docket::default().file(proof), None);
}

#[test]
fn inbox_should_lose_evidence_when_nobody_looks_at_it() {
	let (reporter, Inbox(mut receiver)) = inbox::<Header>();
	let proof = blocks(SLOT, false);
	for _ in 0..3 * QUEUE {
		reporter(proof.clone());
	}
	let waiting = std::iter::from_fn(|| receiver.try_next().ok().flatten()).count();
	assert!((QUEUE..=QUEUE + 1).contains(&waiting), "{waiting} wait");
}
