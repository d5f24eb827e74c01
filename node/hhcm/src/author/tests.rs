//! Tests of what can be told of a block without executing it.

use fusion_hhcm_primitives::GroupId;

use super::{build::in_order, *};
use crate::testing::{
	first_claim, packagers, sealed, signed_package, solve, unsealed, view, Header,
};

type Block = sp_runtime::generic::Block<Header, sp_runtime::OpaqueExtrinsic>;

#[test]
fn packages_should_be_in_the_order_of_the_election() {
	let view = view(20, 3);
	let context = view.context();
	let packages: Vec<_> = (0..3)
		.map(|group: GroupId| {
			let packager = packagers(&view, group)[0];
			// Group 1 has none.
			let transactions = if group == 1 { vec![] } else { vec![H256::repeat_byte(group)] };
			signed_package(&context, group, packager, transactions)
		})
		.collect();
	let order = view.election().order();
	let groups: Vec<_> = in_order(order, &packages).iter().map(|package| package.group).collect();
	let expected: Vec<_> = order.iter().copied().filter(|group| *group != 1).collect();
	assert_eq!(groups, expected);
	assert!(in_order(order, &[]).is_empty());
}

#[test]
fn finished_block_should_be_sealed() {
	let view = view(5, 1);
	let root = package::root(&[]);
	let (turn, claim) = first_claim(&view, root);
	let header = unsealed(&view, &claim, 7);
	let nonce = solve(&view, &claim, &turn.key);
	let expected = sealed(header.clone(), turn.index, nonce);
	let mut with_seal = expected.clone();
	let seal = Seal::take(with_seal.digest_mut()).unwrap();

	let built = Built {
		block: Block::new(header.clone(), vec![]),
		changes: Default::default(),
		proof: StorageProof::empty(),
	};
	let summary = Summary { claim: claim.clone(), transactions: 0, solved_in: Duration::ZERO };
	let authored = finish(built, seal, summary);
	assert_eq!(authored.block.header(), &expected);
	assert_eq!(authored.hash, expected.hash());
	assert_eq!(authored.params.header, header);
	assert_eq!(authored.params.post_header(), expected);
	assert_eq!(authored.params.post_hash(), expected.hash());
	assert!(authored.params.fork_choice.is_none());
	assert_eq!(authored.claim, claim);
}
