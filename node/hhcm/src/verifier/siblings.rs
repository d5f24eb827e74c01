//! How many blocks an author has sealed for one parent and slot. One is right, two are evidence, and many are
//! a flood.

use std::{
	collections::{HashMap, VecDeque},
	sync::Arc,
};

use fusion_hhcm_primitives::{digest::Claim, Authority, AuthorityIndex, Round, Slot};
use parking_lot::Mutex;
use sp_core::H256;
use sp_runtime::traits::Header as HeaderT;

/// Most blocks of one author for one parent and slot that are executed.
pub const MAX_SIBLINGS: usize = 4;
/// Most blocks of one author for one slot that are executed, on whatever parents. An honest one may make
/// several, when a late block becomes the best.
pub const MAX_OF_AUTHOR: usize = 8;
/// Most siblings beyond those that are let through because others have built on them.
const MAX_WANTED: usize = 8;
/// Most siblings that one author's blocks of one slot make wanted: it has built on one of them.
const WANTED_BY_AUTHOR: usize = 2;
/// So many slots after its own one that was too many may be asked for, by a node that was away.
const LATE: u64 = 1;
/// Most of these in a slot.
const MAX_LATE: u32 = 4;
/// Siblings that were refused, from which on those of an author are not even checked any more for evidence.
const MAX_CHECKED: u32 = 64;
/// Authors, parents and slots that are remembered.
const MAX_KEYS: usize = 512;
/// Most floods that a child's parent may be part of.
const MAX_FLOODS: usize = 8;

/// What siblings have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
	/// Their parent.
	pub parent: H256,
	/// Their slot.
	pub slot: Slot,
	/// Their author.
	pub author: AuthorityIndex,
}

/// What the children of all siblings are checked against: the author's VRF output is the same in each.
#[derive(Clone, Debug)]
pub(super) struct Children {
	/// What their election depends on.
	pub round: Round,
	/// Who may author them, if no session ends with their parent.
	pub authorities: Arc<[Authority]>,
}

/// Why one that is too many may be let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excuse {
	/// There is no reason.
	None,
	/// It was asked for, in this slot.
	Late(Slot),
	/// The relay chain wants it.
	Chosen,
}

/// Whether a block is asked for long after its slot.
fn is_late(key: &Key, excuse: Excuse) -> bool {
	matches!(excuse, Excuse::Late(now) if key.slot.saturating_add(LATE) < now)
}

/// What a block is among its siblings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Noted<Header> {
	/// The first one and this one, if this is the first of another content.
	pub evidence: Option<Box<(Header, Header)>>,
	/// Whether it is one too many.
	pub is_too_many: bool,
}

impl<Header> Noted<Header> {
	fn fine() -> Self {
		Self { evidence: None, is_too_many: false }
	}
}

#[derive(Debug)]
struct Seen<Header> {
	first: Header,
	/// Hash of the first one without its seal.
	first_content: H256,
	/// Those that were let through.
	hashes: Vec<H256>,
	reported: bool,
	/// How many were too many.
	refused: u32,
	/// Those that are let through all the same, and whose children say so.
	wanted: Vec<(H256, (Slot, AuthorityIndex))>,
	children: Children,
}

#[derive(Debug)]
struct State<Header> {
	seen: HashMap<Key, Seen<Header>>,
	/// The keys, the oldest first.
	order: VecDeque<Key>,
	/// How many late ones were let through in which slot.
	late: (Slot, u32),
}

/// Notes the blocks of the last authors, parents and slots.
#[derive(Debug)]
pub(super) struct Siblings<Header> {
	state: Mutex<State<Header>>,
}

impl<Header> Default for Siblings<Header> {
	fn default() -> Self {
		let state =
			State { seen: HashMap::new(), order: VecDeque::new(), late: (Slot::default(), 0) };
		Self { state: Mutex::new(state) }
	}
}

impl<Header> State<Header> {
	/// Whether one more of this author is too many.
	fn is_full(&self, key: &Key) -> bool {
		let of_author = self
			.seen
			.iter()
			.filter(|(other, _)| (other.slot, other.author) == (key.slot, key.author));
		let all: usize = of_author.map(|(_, seen)| seen.hashes.len()).sum();
		let own = self.seen.get(key).map_or(0, |seen| seen.hashes.len());
		own >= MAX_SIBLINGS || all >= MAX_OF_AUTHOR
	}

	/// Whether one that is too many is let through.
	fn excuses(&mut self, key: &Key, excuse: Excuse) -> bool {
		match excuse {
			Excuse::None => false,
			Excuse::Chosen => true,
			Excuse::Late(now) => {
				if self.late.0 != now {
					self.late = (now, 0);
				}
				let is_excused = is_late(key, excuse) && self.late.1 < MAX_LATE;
				self.late.1 = self.late.1.saturating_add(is_excused.into());
				is_excused
			},
		}
	}

	fn remember(&mut self, key: Key, seen: Seen<Header>) {
		if self.order.len() >= MAX_KEYS {
			if let Some(oldest) = self.order.pop_front() {
				self.seen.remove(&oldest);
			}
		}
		self.order.push_back(key);
		self.seen.insert(key, seen);
	}
}

impl<Header: HeaderT<Hash = H256>> Siblings<Header> {
	/// Notes a block with this claim, whose seal is right. `content` is its hash without the seal: the same
	/// content with another seal is no evidence.
	pub(super) fn note(
		&self,
		claim: &Claim,
		content: H256,
		sealed: &Header,
		children: Children,
		excuse: Excuse,
	) -> Noted<Header> {
		let key = Key { parent: *sealed.parent_hash(), slot: claim.slot, author: claim.author };
		let hash = sealed.hash();
		let mut state = self.state.lock();
		let is_full = state.is_full(&key);
		if !state.seen.contains_key(&key) {
			let seen = Seen {
				first: sealed.clone(),
				first_content: content,
				hashes: vec![],
				reported: false,
				refused: 0,
				wanted: vec![],
				children,
			};
			state.remember(key, seen);
		}
		let known = state.seen.get(&key).is_some_and(|seen| seen.hashes.contains(&hash));
		if known {
			return Noted::fine();
		}
		let is_wanted = state.seen.get(&key).is_some_and(|seen| seen.is_wanted(hash));
		let is_too_many = is_full && !is_wanted && !state.excuses(&key, excuse);
		let Some(seen) = state.seen.get_mut(&key) else { return Noted::fine() };
		if is_too_many {
			seen.refused = seen.refused.saturating_add(1);
		} else {
			seen.hashes.push(hash);
		}
		let is_evidence = !seen.reported && seen.first_content != content;
		seen.reported |= is_evidence;
		let evidence = is_evidence.then(|| Box::new((seen.first.clone(), sealed.clone())));
		Noted { evidence, is_too_many }
	}

	/// Whether a block need not be checked at all: it is one of too many, and says nothing new about its author.
	/// Nobody can fill an author's place with blocks that are not its own, as only checked ones count.
	pub(super) fn is_flooded(&self, key: &Key, hash: H256, excuse: Excuse) -> bool {
		let mut state = self.state.lock();
		if !state.is_full(key) || is_late(key, excuse) {
			return false;
		}
		let Some(seen) = state.seen.get_mut(key) else { return false };
		let is_known = seen.hashes.contains(&hash) || seen.is_wanted(hash);
		let is_clear = seen.refused >= MAX_CHECKED || seen.reported && seen.refused > 0;
		let is_flooded = is_clear && !is_known;
		seen.refused = seen.refused.saturating_add(is_flooded.into());
		is_flooded
	}

	/// Those of which one more would be too many, or was, before this slot, with what their children are checked
	/// against.
	pub(super) fn floods_before(&self, slot: Slot) -> Vec<(Key, Children)> {
		let state = self.state.lock();
		let floods = state.seen.iter().filter(|(key, seen)| {
			key.slot < slot && (seen.refused > 0 || seen.hashes.len() >= MAX_SIBLINGS)
		});
		floods.take(MAX_FLOODS).map(|(key, seen)| (*key, seen.children.clone())).collect()
	}

	/// From now on the sibling with this hash is let through: the block of another author, in that slot, is
	/// built on it.
	pub(super) fn want(&self, key: &Key, hash: H256, by: (Slot, AuthorityIndex)) {
		let mut state = self.state.lock();
		let Some(seen) = state.seen.get_mut(key) else { return };
		let of_author = seen.wanted.iter().filter(|(_, other)| *other == by).count();
		let has_room = seen.wanted.len() < MAX_WANTED && of_author < WANTED_BY_AUTHOR;
		if by.1 != key.author && has_room && !seen.is_wanted(hash) {
			seen.wanted.push((hash, by));
		}
	}
}

impl<Header> Seen<Header> {
	fn is_wanted(&self, hash: H256) -> bool {
		self.wanted.iter().any(|(wanted, _)| *wanted == hash)
	}
}
