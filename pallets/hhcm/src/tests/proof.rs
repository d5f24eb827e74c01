//! What the relay chain's validators have of the state: only what executing the block reads.

use codec::Encode;
use frame_support::traits::ExecuteBlock;
use sp_core::H256;
use sp_externalities::set_and_run_with_externalities;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{create_proof_check_backend, Ext, OverlayedChanges, StorageProof};

use super::driver::Chain;
use crate::mock::*;

/// The next block, its parent's state root, and what its execution reads.
fn proven(chain: &mut Chain, slot: u64) -> (Block, H256, StorageProof) {
	let draft = chain.draft(slot);
	let block = chain.build(&draft);
	// Nothing that is read may come from the overlay of the blocks before.
	let mut stored = sp_io::TestExternalities::new_empty();
	stored.backend = chain.ext.as_backend();
	let root = *stored.backend.root();
	let mut unsealed = block.clone();
	unsealed.header.digest.pop();
	let ((), proof) = stored.execute_and_prove(|| Executive::execute_block(unsealed.into()));
	(block, root, proof)
}

/// Executes a block as the relay chain does: with a proof in place of the state.
fn validate(block: Block, root: H256, proof: StorageProof) {
	let backend = create_proof_check_backend::<BlakeTwo256>(root, proof).expect("it is its root");
	let mut block = block.into();
	// Apart from the execution, and before it: whatever it reads is not recorded.
	let mut overlay = OverlayedChanges::default();
	let mut ext = Ext::new(&mut overlay, &backend, None);
	set_and_run_with_externalities(&mut ext, || {
		<BlockExecutor as ExecuteBlock<Block>>::verify_and_remove_seal(&mut block);
	});
	let mut overlay = OverlayedChanges::default();
	let mut ext = Ext::new(&mut overlay, &backend, None);
	set_and_run_with_externalities(&mut ext, || {
		<BlockExecutor as ExecuteBlock<Block>>::execute_verified_block(block);
	});
}

#[test]
fn block_should_be_validated_when_there_is_only_what_its_execution_reads() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let (block, root, proof) = proven(&mut chain, FIRST_SLOT + 1);
	validate(block, root, proof);
}

#[test]
fn block_should_be_validated_when_a_session_begins_in_it_and_in_the_next() {
	let mut chain = Chain::new();
	Rotating::set(Some((4..20).collect()));
	let (block, root, proof) = proven(&mut chain, FIRST_SLOT);
	validate(block.clone(), root, proof);
	chain.import(block);
	Rotating::set(None);
	let (block, root, proof) = proven(&mut chain, FIRST_SLOT + 1);
	validate(block, root, proof);
}

#[test]
fn proof_should_be_small_when_a_block_is_executed() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let (_, _, proof) = proven(&mut chain, FIRST_SLOT + 1);
	let size = proof.encoded_size();
	// The state of these tests is small, and the list of authorities the largest part of it.
	let authorities = chain.ext.execute_with(|| crate::Authorities::<Test>::get().encoded_size());
	assert!(size < authorities + 4_096, "{size} bytes, {authorities} of them for the authorities");
}
