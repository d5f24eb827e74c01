//! What tests of several modules need: keys, rounds, headers and packages.

use std::sync::Arc;

use fusion_hhcm_primitives::{
	digest::{Claim, Seal},
	package::{self, Context},
	ticket::seal_payload,
	Authority, AuthorityId, AuthorityIndex, AuthorityPair, Election, GroupId, Package, Round, Slot,
	Ticket, KEY_TYPE,
};
use sp_core::{Pair, H256};
use sp_keystore::{testing::MemoryKeystore, Keystore};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Header as _},
	BoundedVec, Digest, OpaqueExtrinsic,
};
use sp_weights::Weight;

use crate::{
	claim::{assembly_turns, make_claim, AssemblyTurn},
	round::{Parent, SlotView},
	signing::our_keys,
};

pub(crate) type Header = generic::Header<u32, BlakeTwo256>;

/// The slot that everything is in.
pub(crate) const SLOT: u64 = 1_000;

/// The key pair of a node.
pub(crate) fn pair(index: usize) -> AuthorityPair {
	AuthorityPair::from_string(&seed_of(index), None).expect("this is a seed")
}

/// A secret key in hexadecimal: it need not be stretched, as a phrase would.
fn seed_of(index: usize) -> String {
	format!("0x{:064x}", index + 1)
}

/// A keystore with the keys of some nodes.
pub(crate) fn keystore(nodes: &[usize]) -> MemoryKeystore {
	let keystore = MemoryKeystore::new();
	for index in nodes {
		keystore
			.sr25519_generate_new(KEY_TYPE, Some(&seed_of(*index)))
			.expect("a keystore in memory does not fail");
	}
	keystore
}

pub(crate) fn authorities(nodes: usize) -> Arc<[Authority]> {
	(0..nodes).map(|index| Authority { id: pair(index).public(), weight: 100 }).collect()
}

/// The parent of everything.
pub(crate) fn parent(nodes: usize, groups: GroupId) -> Parent {
	Parent {
		genesis: H256::repeat_byte(1),
		hash: H256::repeat_byte(2),
		round: Round {
			seed: H256::repeat_byte(3),
			last_slot: Slot::from(SLOT - 1),
			groups,
			difficulty: 4,
		},
		authorities: authorities(nodes),
	}
}

pub(crate) fn view(nodes: usize, groups: GroupId) -> SlotView {
	parent(nodes, groups).at(Slot::from(SLOT))
}

/// A package that is signed by its packager.
pub(crate) fn signed_package(
	context: &Context,
	group: GroupId,
	packager: AuthorityIndex,
	transactions: Vec<H256>,
) -> Package {
	let measured = Weight::from_parts(1_000, 10);
	let payload = package::payload(context, group, packager, &transactions, measured);
	let signature = pair(packager.into()).sign(&payload);
	let transactions = BoundedVec::truncate_from(transactions);
	Package { group, packager, transactions, measured, signature }
}

/// The nodes that may package a group, those with the worthiest packages first.
pub(crate) fn packagers(view: &SlotView, group: GroupId) -> Vec<AuthorityIndex> {
	let election: &Election = view.election();
	let mut nodes: Vec<_> = (0..)
		.zip(view.parent().authorities.iter())
		.filter_map(|(index, _)| Some((election.package_weight(group, index)?, index)))
		.collect();
	nodes.sort_by_key(|(weight, index)| (u64::MAX - weight, *index));
	nodes.into_iter().map(|(_, index)| index).collect()
}

/// The first that may assemble, and its claim.
pub(crate) fn first_claim(view: &SlotView, root: H256) -> (AssemblyTurn, Claim) {
	let nodes: Vec<_> = (0..view.parent().authorities.len()).collect();
	let keystore = keystore(&nodes);
	let turn = assembly_turns(view, &our_keys(&keystore)).remove(0);
	let claim = make_claim(&keystore, view, &turn, root).expect("all keys are there");
	(turn, claim)
}

/// A header with this claim, without its seal.
pub(crate) fn unsealed(view: &SlotView, claim: &Claim, number: u32) -> Header {
	Header::new(
		number,
		H256::repeat_byte(4),
		H256::repeat_byte(5),
		view.parent().hash,
		Digest { logs: vec![claim.to_item()] },
	)
}

/// Solves the ticket of a header with this claim.
pub(crate) fn solve(view: &SlotView, claim: &Claim, key: &AuthorityId) -> u64 {
	let ticket = Ticket::new(view.parent().hash, claim.slot, key, claim.group, claim.packages_root);
	let place = fusion_hhcm_primitives::Place { group: claim.group, rank: claim.rank };
	let difficulty = view.parent().round.difficulty;
	ticket
		.mine(0, u64::MAX, difficulty, view.election().handicap(place))
		.expect("this ticket is no blank")
}

/// Seals a header as its claim's author.
pub(crate) fn sealed(mut header: Header, author: AuthorityIndex, nonce: u64) -> Header {
	let signature = pair(author.into()).sign(&seal_payload(&header.hash(), nonce));
	header.digest_mut().push(Seal::V1 { nonce, signature }.to_item());
	header
}

/// A block's inherent that says packages, as a runtime might encode it.
pub(crate) fn packages_inherent(packages: &[Package]) -> OpaqueExtrinsic {
	let mut bytes = vec![5, 25, 0];
	codec::Encode::encode_to(packages, &mut bytes);
	OpaqueExtrinsic::from_blob(bytes)
}
