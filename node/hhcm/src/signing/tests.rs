//! Tests of what a node signs when it is shown a slot again: after it was killed, or on another fork of the relay
//! chain. It is not to be punished for either.

use fusion_hhcm_primitives::{
	digest::{Claim, Seal},
	equivocation::{Proof, ProofError},
	package,
	ticket::seal_payload,
	Package,
};
use sp_keystore::testing::MemoryKeystore;
use sp_runtime::{traits::Header as _, BoundedVec, DigestItem};
use sp_weights::Weight;

use super::*;
use crate::{
	claim::AssemblyTurn,
	guard::Subject,
	round::{Parent, SlotView},
	testing::{first_claim, keystore, packagers, parent, solve, unsealed, Header, SLOT},
};

/// The engine whose digest item says with which block of the relay chain a block was made.
const RELAY_PARENT: sp_runtime::ConsensusEngineId = *b"RPSR";

/// A node that seals blocks, with everything that it needs.
struct Node {
	keystore: MemoryKeystore,
	view: SlotView,
	turn: AssemblyTurn,
	claim: Claim,
	nonce: u64,
}

impl Node {
	/// The first that may assemble on top of a parent.
	fn on(parent: Parent) -> Self {
		let view = parent.at(Slot::from(SLOT));
		let (turn, claim) = first_claim(&view, package::root(&[]));
		let nonce = solve(&view, &claim, &turn.key);
		Self { keystore: keystore(&[0, 1, 2, 3, 4]), view, turn, claim, nonce }
	}

	/// Its block that is made with this block of the relay chain, unless the guard forbids it.
	fn seal(&self, guard: &Guard, relay_parent: u8) -> Result<Header, SigningError> {
		let mut header = unsealed(&self.view, &self.claim, 7);
		let relay_parent = DigestItem::Consensus(RELAY_PARENT, vec![relay_parent; 32]);
		header.digest_mut().push(relay_parent);
		let pre_hash = header.hash();
		let statement = Statement {
			author: self.turn.key.clone(),
			parent: self.view.parent().hash,
			slot: self.view.slot(),
			subject: Subject::Block,
			hash: pre_hash,
		};
		let payload = seal_payload(&pre_hash, self.nonce);
		let signature = sign(&self.keystore, guard, &statement, &payload)?;
		header.digest_mut().push(Seal::V1 { nonce: self.nonce, signature }.to_item());
		Ok(header)
	}

	/// Its package with these transactions, unless the guard forbids it.
	fn package(&self, guard: &Guard, transactions: Vec<H256>) -> Result<Package, SigningError> {
		let context = self.view.context();
		let packager = packagers(&self.view, 0)[0];
		let author = self.view.authority(packager).expect("it is a node").clone();
		let measured = Weight::zero();
		let payload = package::payload(&context, 0, packager, &transactions, measured);
		let statement = Statement {
			author,
			parent: context.parent,
			slot: context.slot,
			subject: Subject::Package(0),
			hash: payload.into(),
		};
		let signature = sign(&self.keystore, guard, &statement, &payload)?;
		let transactions = BoundedVec::truncate_from(transactions);
		Ok(Package { group: 0, packager, transactions, measured, signature })
	}
}

/// What two of a node's blocks prove.
fn judge(node: &Node, first: Header, second: Header) -> Result<(), ProofError> {
	Proof::Blocks { first, second }.check(&node.turn.key).map(drop)
}

fn is_conflict<T>(result: Result<T, SigningError>) -> bool {
	matches!(result, Err(SigningError::Guard(GuardError::Conflict { .. })))
}

#[test]
fn second_block_should_not_be_signed_when_the_relay_chain_forks_within_a_slot() {
	let node = Node::on(parent(5, 1));
	let guard = Guard::volatile();
	let first = node.seal(&guard, 1).expect("it is the first");
	assert!(is_conflict(node.seal(&guard, 2)));
	// The same one, made anew, may be signed again: it is no other block.
	let again = node.seal(&guard, 1).expect("it is the same");
	assert_eq!(judge(&node, first.clone(), again), Err(ProofError::Same));
	// Without the guard it would be punished, though all that differs is the relay chain's block.
	let second = node.seal(&Guard::volatile(), 2).expect("this guard knows nothing");
	assert_eq!(judge(&node, first, second), Ok(()));
}

#[test]
fn second_block_should_not_be_signed_when_the_node_was_killed_after_the_first() {
	let dir = tempfile::tempdir().expect("there is a folder for temporary files");
	let open = || Guard::open(dir.path(), H256::repeat_byte(1)).expect("nobody else has it");
	let node = Node::on(parent(5, 1));
	let guard = open();
	node.seal(&guard, 1).expect("it is the first");
	node.package(&guard, vec![]).expect("it is the first");
	// Nothing is written when it ends.
	drop(guard);
	let guard = open();
	assert!(is_conflict(node.seal(&guard, 2)));
	assert!(is_conflict(node.package(&guard, vec![H256::zero()])));
	node.seal(&guard, 1).expect("it is the same");
	node.package(&guard, vec![]).expect("it is the same");
}

#[test]
fn blocks_of_one_slot_should_be_no_offence_when_forks_have_given_them_other_parents() {
	let guard = Guard::volatile();
	let on = |hash| Parent { hash: H256::repeat_byte(hash), ..parent(5, 1) };
	// What is drawn depends on the seed, which is the same here, and not on the parent's hash.
	let (one, other) = (Node::on(on(8)), Node::on(on(9)));
	assert_eq!(one.turn, other.turn);
	let first = one.seal(&guard, 1).expect("it is the first");
	let second = other.seal(&guard, 2).expect("it is on another parent");
	assert_eq!(judge(&one, first, second), Err(ProofError::Unrelated));

	let first = one.package(&guard, vec![]).expect("it is the first");
	let second = other.package(&guard, vec![H256::zero()]).expect("it is on another parent");
	let key = one.view.authority(first.packager).expect("it is a node");
	for context in [one.view.context(), other.view.context()] {
		let (first, second) = (first.clone(), second.clone());
		let proof = Proof::<Header>::Packages { context, first, second };
		assert_eq!(proof.check(key), Err(ProofError::Signature));
	}
}
