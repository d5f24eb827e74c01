//! What tests need: keys, and a slot.

use fusion_hhcm::round::{Parent, SlotView};
use fusion_hhcm_primitives::{Authority, AuthorityPair, GroupId, Round, Slot, KEY_TYPE};
use sp_core::{Pair, H256};
use sp_keystore::{testing::MemoryKeystore, Keystore};

/// The slot that everything is in.
pub const SLOT: u64 = 1_000;

fn seed_of(index: usize) -> String {
	format!("0x{:064x}", index + 1)
}

/// A keystore with the keys of some nodes.
pub fn keystore(nodes: &[usize]) -> MemoryKeystore {
	let keystore = MemoryKeystore::new();
	for index in nodes {
		keystore
			.sr25519_generate_new(KEY_TYPE, Some(&seed_of(*index)))
			.expect("a keystore in memory does not fail");
	}
	keystore
}

/// A slot with so many nodes and groups.
pub fn view(nodes: usize, groups: GroupId) -> SlotView {
	let authority = |index| {
		let pair = AuthorityPair::from_string(&seed_of(index), None).expect("this is a seed");
		Authority { id: pair.public(), weight: 100 }
	};
	let parent = Parent {
		genesis: H256::repeat_byte(1),
		hash: H256::repeat_byte(2),
		round: Round {
			seed: H256::repeat_byte(3),
			last_slot: Slot::from(SLOT - 1),
			groups,
			difficulty: 4,
		},
		authorities: (0..nodes).map(authority).collect(),
	};
	parent.at(Slot::from(SLOT))
}
