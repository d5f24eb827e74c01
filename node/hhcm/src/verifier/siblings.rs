//! How many blocks an author has sealed for one parent and slot. One is right, two are evidence, and many are
//! a flood.

use std::collections::{HashMap, VecDeque};

use fusion_hhcm_primitives::{digest::Claim, AuthorityIndex, Slot};
use parking_lot::Mutex;
use sp_core::H256;
use sp_runtime::traits::Header as HeaderT;

/// Most blocks of one author for one parent and slot that are executed.
pub const MAX_SIBLINGS: usize = 4;
/// Authors, parents and slots that are remembered.
const MAX_KEYS: usize = 512;

/// What a block is among its siblings.
#[derive(Debug, PartialEq, Eq)]
pub enum Sibling<Header> {
	/// The first one, or one that was noted before, or one that says nothing new about its author.
	Fine,
	/// The second one of another content.
	Evidence {
		/// The first one.
		first: Box<Header>,
		/// This one.
		second: Box<Header>,
	},
	/// One too many.
	TooMany,
}

type Key = (H256, Slot, AuthorityIndex);

#[derive(Debug)]
struct Seen<Header> {
	first: Header,
	/// Hash of the first one without its seal.
	first_content: H256,
	hashes: Vec<H256>,
	reported: bool,
}

#[derive(Debug)]
struct State<Header> {
	seen: HashMap<Key, Seen<Header>>,
	/// The keys, the oldest first.
	order: VecDeque<Key>,
}

/// Notes the blocks of the last authors, parents and slots.
#[derive(Debug)]
pub struct Siblings<Header> {
	state: Mutex<State<Header>>,
}

impl<Header> Default for Siblings<Header> {
	fn default() -> Self {
		Self { state: Mutex::new(State { seen: HashMap::new(), order: VecDeque::new() }) }
	}
}

impl<Header: HeaderT<Hash = H256>> Siblings<Header> {
	/// Notes a block with this claim, whose seal is right. `content` is its hash without the seal: the same
	/// content with another seal is no evidence.
	pub fn note(&self, claim: &Claim, content: H256, sealed: Header) -> Sibling<Header> {
		let key = (*sealed.parent_hash(), claim.slot, claim.author);
		let hash = sealed.hash();
		let mut state = self.state.lock();
		let State { seen, order } = &mut *state;
		let Some(known) = seen.get_mut(&key) else {
			if order.len() >= MAX_KEYS {
				if let Some(oldest) = order.pop_front() {
					seen.remove(&oldest);
				}
			}
			order.push_back(key);
			let first =
				Seen { first: sealed, first_content: content, hashes: vec![hash], reported: false };
			seen.insert(key, first);
			return Sibling::Fine;
		};
		if known.hashes.contains(&hash) {
			return Sibling::Fine;
		}
		if known.hashes.len() >= MAX_SIBLINGS {
			return Sibling::TooMany;
		}
		known.hashes.push(hash);
		if known.reported || known.first_content == content {
			return Sibling::Fine;
		}
		known.reported = true;
		Sibling::Evidence { first: Box::new(known.first.clone()), second: Box::new(sealed) }
	}
}
