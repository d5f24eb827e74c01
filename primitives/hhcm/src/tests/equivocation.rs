//! Proofs that a node signed two things where it may sign one.

use sp_core::{Pair as _, H256};
use sp_runtime::{traits::Header as _, BoundedVec, Digest, DigestItem};
use sp_weights::Weight;

use super::{context, package, pair, round, seal, vrf, Header};
use crate::{
	digest::Claim,
	equivocation::{Offence, Proof, ProofError},
	package::Context,
	AuthorityIndex, Package, Slot,
};

const OFFENDER: AuthorityIndex = 4;

/// What of a block a test may choose.
#[derive(Clone)]
struct Block {
	parent: H256,
	slot: u64,
	author: AuthorityIndex,
	root: u8,
	nonce: u64,
	signer: AuthorityIndex,
}

const BLOCK: Block = Block {
	parent: H256::zero(),
	slot: 101,
	author: OFFENDER,
	root: 1,
	nonce: 5,
	signer: OFFENDER,
};

impl Block {
	fn header(&self) -> Header {
		let slot = Slot::from(self.slot);
		let claim = Claim {
			slot,
			author: self.author,
			group: 0,
			rank: 0,
			packages_root: H256::repeat_byte(self.root),
			// Randomized: it makes any two headers differ. None of it is checked here.
			vrf: vrf(&pair(self.author), round(0, 1).seed, slot),
		};
		let digest = Digest { logs: vec![claim.to_item()] };
		let state = H256::repeat_byte(self.root);
		let mut header = Header::new(9, H256::zero(), state, self.parent, digest);
		let seal = seal(&pair(self.signer), header.hash(), self.nonce);
		header.digest_mut().push(seal.to_item());
		header
	}
}

fn check(first: &Header, second: &Header) -> Result<Offence, ProofError> {
	let proof = Proof::Blocks { first: first.clone(), second: second.clone() };
	assert_eq!(proof.accused(), Some(OFFENDER));
	proof.check(&pair(OFFENDER).public())
}

fn offence() -> Offence {
	Offence { offender: OFFENDER, parent: H256::zero(), slot: 101.into() }
}

#[test]
fn two_blocks_should_be_an_offence_when_for_one_parent_and_slot() {
	let first = BLOCK.header();
	assert_eq!(check(&first, &Block { root: 2, ..BLOCK }.header()), Ok(offence()));
	assert_eq!(check(&first, &Block { root: 2, nonce: 9, ..BLOCK }.header()), Ok(offence()));
}

#[test]
fn two_blocks_should_be_no_offence_when_they_are_one() {
	let first = BLOCK.header();
	assert_eq!(check(&first, &first), Err(ProofError::Same));
	// Signed a second time, or with another nonce, it is the same block still.
	let mut again = first.clone();
	let _ = again.digest_mut().pop();
	let pre_hash = again.hash();
	again.digest_mut().push(seal(&pair(OFFENDER), pre_hash, 77).to_item());
	assert_ne!(again, first);
	assert_eq!(check(&first, &again), Err(ProofError::Same));
}

#[test]
fn two_blocks_should_be_no_offence_when_for_different_places() {
	let first = BLOCK.header();
	for other in [
		Block { root: 2, slot: 102, ..BLOCK },
		Block { root: 2, parent: H256::repeat_byte(1), ..BLOCK },
		Block { root: 2, author: 5, signer: 5, ..BLOCK },
	] {
		assert_eq!(check(&first, &other.header()), Err(ProofError::Unrelated));
	}
}

#[test]
fn two_blocks_should_prove_nothing_when_one_is_not_signed_by_the_accused() {
	let first = BLOCK.header();
	let forged = Block { root: 2, signer: 5, ..BLOCK }.header();
	assert_eq!(check(&first, &forged), Err(ProofError::Signature));
	assert_eq!(check(&forged, &first), Err(ProofError::Signature));
	let second = Block { root: 2, ..BLOCK }.header();
	let proof = Proof::Blocks { first, second };
	assert_eq!(proof.check(&pair(5).public()), Err(ProofError::Signature));
}

#[test]
fn two_blocks_should_prove_nothing_when_a_header_was_changed_afterwards() {
	let first = BLOCK.header();
	let mut changed = first.clone();
	changed.state_root = H256::repeat_byte(9);
	assert_eq!(check(&first, &changed), Err(ProofError::Signature));
	let mut changed = first.clone();
	changed.digest_mut().logs.insert(1, DigestItem::Other(vec![1]));
	assert_eq!(check(&first, &changed), Err(ProofError::Signature));
}

#[test]
fn two_blocks_should_prove_nothing_when_a_claim_or_seal_is_missing() {
	let first = BLOCK.header();
	let mut unsealed = Block { root: 2, ..BLOCK }.header();
	let _ = unsealed.digest_mut().pop();
	assert_eq!(check(&first, &unsealed), Err(ProofError::Digest));
	let mut unclaimed = Block { root: 2, ..BLOCK }.header();
	unclaimed.digest_mut().logs.remove(0);
	assert_eq!(check(&first, &unclaimed), Err(ProofError::Digest));
	let proof = Proof::Blocks { first: unclaimed, second: first };
	assert_eq!(proof.accused(), None);
	assert_eq!(proof.check(&pair(OFFENDER).public()), Err(ProofError::Digest));
}

fn check_packages(first: &Package, second: &Package) -> Result<Offence, ProofError> {
	let (first, second) = (first.clone(), second.clone());
	let proof = Proof::<Header>::Packages { context: context(), first, second };
	assert_eq!(proof.accused(), Some(OFFENDER));
	proof.check(&pair(OFFENDER).public())
}

#[test]
fn two_packages_should_be_an_offence_when_for_one_place_and_group() {
	let first = package(&context(), 1, OFFENDER, &[H256::repeat_byte(1)]);
	let second = package(&context(), 1, OFFENDER, &[H256::repeat_byte(2)]);
	let offence = Offence { offender: OFFENDER, parent: context().parent, slot: context().slot };
	assert_eq!(check_packages(&first, &second), Ok(offence));

	// Other measurements of the same list are another package too.
	let measured = Weight::from_parts(5, 5);
	let payload = crate::package::payload(&context(), 1, OFFENDER, &first.transactions, measured);
	let signature = pair(OFFENDER).sign(&payload);
	let second = Package { measured, signature, ..first.clone() };
	assert_eq!(check_packages(&first, &second), Ok(offence));
}

#[test]
fn two_packages_should_be_no_offence_when_they_are_one_or_of_different_places() {
	let list = [H256::repeat_byte(1)];
	let first = package(&context(), 1, OFFENDER, &list);
	let again = package(&context(), 1, OFFENDER, &list);
	assert_ne!(first.signature, again.signature, "signatures are randomized");
	assert_eq!(check_packages(&first, &again), Err(ProofError::Same));

	let second = package(&context(), 2, OFFENDER, &[]);
	assert_eq!(check_packages(&first, &second), Err(ProofError::Unrelated));
	let second = package(&context(), 1, 5, &[]);
	assert_eq!(check_packages(&first, &second), Err(ProofError::Unrelated));
}

#[test]
fn two_packages_should_prove_nothing_when_one_is_for_another_place() {
	let first = package(&context(), 1, OFFENDER, &[H256::repeat_byte(1)]);
	for elsewhere in [
		Context { genesis: H256::zero(), ..context() },
		Context { parent: H256::zero(), ..context() },
		Context { slot: 7.into(), ..context() },
	] {
		let second = package(&elsewhere, 1, OFFENDER, &[]);
		assert_eq!(check_packages(&first, &second), Err(ProofError::Signature));
		assert_eq!(check_packages(&second, &first), Err(ProofError::Signature));
	}
	let mut changed = first.clone();
	changed.transactions = BoundedVec::new();
	assert_eq!(check_packages(&first, &changed), Err(ProofError::Signature));
}
