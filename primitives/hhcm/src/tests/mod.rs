//! Tests of the rules, one file a behaviour.

mod adjust;
mod check;
mod election;
mod encoding;
mod equivocation;
mod seed;
mod sequence;
mod statistics;
mod ticket;
mod vectors;

use sp_core::{crypto::VrfSecret, sr25519::vrf::VrfSignature, Pair as _, H256};
use sp_runtime::{generic, traits::BlakeTwo256, BoundedVec};
use sp_weights::Weight;

use crate::{
	hash, package::Context, seed::sign_data, ticket::seal_payload, Authority, AuthorityId,
	AuthorityIndex, AuthorityPair, AuthorityWeight, GroupId, Package, Round, Seal, Slot,
};

/// A header as chains have it.
pub type Header = generic::Header<u32, BlakeTwo256>;

/// The key of the node with this number.
pub fn pair(number: AuthorityIndex) -> AuthorityPair {
	let mut seed = [7; 32];
	seed[..2].copy_from_slice(&number.to_le_bytes());
	AuthorityPair::from_seed(&seed)
}

/// Nodes with real keys, and these weights.
pub fn nodes(weights: &[AuthorityWeight]) -> Vec<Authority> {
	(0..).zip(weights).map(|(number, weight)| node(pair(number).public(), *weight)).collect()
}

/// Nodes whose keys nobody has, and these weights: enough for elections, and faster.
pub fn keyless(weights: &[AuthorityWeight]) -> Vec<Authority> {
	(0u32..)
		.zip(weights)
		.map(|(number, weight)| {
			let key = hash(b"tests/node/key//", &number).0;
			node(sp_core::sr25519::Public::from_raw(key).into(), *weight)
		})
		.collect()
}

fn node(id: AuthorityId, weight: AuthorityWeight) -> Authority {
	Authority { id, weight }
}

/// The round with this number, after slot 100.
pub fn round(number: u32, groups: GroupId) -> Round {
	Round {
		seed: hash(b"tests/round/seed", &number),
		last_slot: Slot::from(100),
		groups,
		difficulty: 8,
	}
}

/// Where packages of tests belong.
pub fn context() -> Context {
	Context { genesis: H256::repeat_byte(1), parent: H256::repeat_byte(2), slot: Slot::from(101) }
}

/// The VRF output of a node.
pub fn vrf(pair: &AuthorityPair, seed: H256, slot: Slot) -> VrfSignature {
	pair.clone().into_inner().vrf_sign(&sign_data(seed, slot))
}

/// A package with its packager's signature.
pub fn package(
	context: &Context,
	group: GroupId,
	packager: AuthorityIndex,
	transactions: &[H256],
) -> Package {
	let measured = Weight::from_parts(1_000, 10);
	let payload = crate::package::payload(context, group, packager, transactions, measured);
	Package {
		group,
		packager,
		transactions: BoundedVec::truncate_from(transactions.to_vec()),
		measured,
		signature: pair(packager).sign(&payload),
	}
}

/// A seal with this nonce and its author's signature.
pub fn seal(author: &AuthorityPair, pre_hash: H256, nonce: u64) -> Seal {
	Seal::V1 { nonce, signature: author.sign(&seal_payload(&pre_hash, nonce)) }
}
