//! Weights.
//!
//! The numbers are *estimates until they are benchmarked*: an upper bound of what each call does,
//! counted in database accesses, in the bytes of the largest items, and in computation priced several
//! times above what it takes natively. `benchmarking.rs` measures the same calls; its output is to replace
//! [`SubstrateWeight`].

use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::{Get, Weight},
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight},
};

/// Most delegations to one node that the weights are for.
pub const MOST_DELEGATIONS: u32 = 128;

/// What the calls and hooks of the pallet weigh.
pub trait WeightInfo {
	/// [`Call::register`](crate::Call::register), when there is a place.
	fn register() -> Weight;
	/// What it takes to find among `c` candidates the one that makes room for another, and to put it out.
	fn displace(c: u32) -> Weight;
	/// [`Call::leave`](crate::Call::leave).
	fn leave() -> Weight;
	/// [`Call::rejoin`](crate::Call::rejoin).
	fn rejoin() -> Weight;
	/// [`Call::bond_extra`](crate::Call::bond_extra).
	fn bond_extra() -> Weight;
	/// [`Call::set_commission`](crate::Call::set_commission).
	fn set_commission() -> Weight;
	/// [`Call::delegate`](crate::Call::delegate), when it displaces another delegation.
	fn delegate() -> Weight;
	/// [`Call::unbond`](crate::Call::unbond), of the last delegation in the longest list.
	fn unbond() -> Weight;
	/// [`Call::withdraw`](crate::Call::withdraw) with `c` chunks, all of slashed nodes.
	fn withdraw(c: u32) -> Weight;
	/// [`Call::claim`](crate::Call::claim) of a candidate with `d` delegations.
	fn claim(d: u32) -> Weight;
	/// [`Call::evict`](crate::Call::evict).
	fn evict() -> Weight;
	/// [`Call::set_invulnerables`](crate::Call::set_invulnerables) with `n` nodes, in place of as many.
	fn set_invulnerables(n: u32) -> Weight;
	/// [`Call::set_max_nodes`](crate::Call::set_max_nodes).
	fn set_max_nodes() -> Weight;
	/// [`Call::set_min_bond`](crate::Call::set_min_bond).
	fn set_min_bond() -> Weight;
	/// [`Call::set_commission_bounds`](crate::Call::set_commission_bounds).
	fn set_commission_bounds() -> Weight;
	/// The start of a block in which `d` delegations are ended. 0 if nobody is dissolving, at least 1 if
	/// somebody is.
	fn on_initialize(d: u32) -> Weight;
	/// [`Pallet::note_work`](crate::Pallet::note_work) with `p` packages.
	fn note_block(p: u32) -> Weight;
	/// The end of a session with `n` nodes, all of which are kicked.
	fn end_session(n: u32) -> Weight;
	/// The election among `c` candidates with full lists of delegations.
	fn new_session(c: u32) -> Weight;
	/// [`Pallet::slash`](crate::Pallet::slash) of a candidate with a full list of chunks.
	fn slash() -> Weight;
}

/// The estimates, with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Microseconds for dispatch, decoding, events and small change.
const BASE: u64 = 60;
/// Microseconds to decode a delegation and to compute with it.
const DELEGATION: u64 = 2;
/// Bytes of proof for the path to one item in a large map: some trie nodes of up to 16 hashes each.
const PATH: u64 = 2_600;
/// Bytes of the longest list of delegations, 68 each.
const LIST: u64 = MOST_DELEGATIONS as u64 * 68;
/// Microseconds for a pass through the longest list of delegations.
const PASS: u64 = MOST_DELEGATIONS as u64 * DELEGATION;
/// Bytes of a candidate.
const CANDIDATE: u64 = 160;
/// Bytes of the chunks of an account, 56 each, for 40 of them.
const CHUNKS: u64 = 2_240;
/// Bytes of the queue of those who dissolve, 32 each, for 250 of them.
const QUEUE: u64 = 8_000;
/// Bytes of the slashes of an account.
const SLASHES: u64 = 210;
/// Bytes of both lists of elected nodes, 40 each, for 250 of them.
const ELECTED: u64 = 20_000;
/// Reads and writes to hold, release or slash: the account, and its holds.
const HOLD: u64 = 2;

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn db() -> RuntimeDbWeight {
		T::DbWeight::get()
	}

	/// `micros` of computation, items that are read (of `bytes` in total), and items that are written.
	/// Whatever is written is read as well.
	fn of(micros: u64, reads: u64, writes: u64, bytes: u64) -> Weight {
		let proof = reads.saturating_mul(PATH).saturating_add(bytes);
		Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), proof)
			.saturating_add(Self::db().reads(reads))
			.saturating_add(Self::db().writes(writes))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Keys, the candidate, the count, the queue, the slashes, the session, the least bond, the bounds, those
	/// who stand, chunks and delegations of the account; the hold.
	fn register() -> Weight {
		Self::of(BASE, 11 + HOLD, 3 + HOLD, QUEUE + CHUNKS + 1_000)
	}

	/// Each candidate; both lists of nodes, the invulnerables, those who stand, the session; chunks and
	/// candidacy of the one that goes, the queue.
	fn displace(c: u32) -> Weight {
		let c = u64::from(c);
		Self::of(
			BASE.saturating_add(c.saturating_mul(5)),
			c.saturating_add(8),
			4,
			c.saturating_mul(CANDIDATE).saturating_add(QUEUE + ELECTED + CHUNKS + 2_000),
		)
	}

	/// The candidate, invulnerables and each of them, those who stand, both lists of nodes, the session,
	/// the chunks, the queue.
	fn leave() -> Weight {
		Self::of(2 * BASE, 38, 5, QUEUE + ELECTED + CHUNKS + 10_000)
	}

	/// The candidate, keys, the least bond, those who stand.
	fn rejoin() -> Weight {
		Self::of(BASE, 4, 2, CANDIDATE)
	}

	/// The candidate; the hold.
	fn bond_extra() -> Weight {
		Self::of(BASE, 1 + HOLD, 1 + HOLD, CANDIDATE)
	}

	/// The candidate, the bounds, the session.
	fn set_commission() -> Weight {
		Self::of(BASE, 3, 1, CANDIDATE)
	}

	/// The candidate, its list; the hold; lists, chunks and candidacy of the account, the claim and lists
	/// of the one that is displaced, the session.
	fn delegate() -> Weight {
		Self::of(BASE + PASS, 9 + HOLD, 6 + HOLD, LIST + 2 * CHUNKS + CANDIDATE)
	}

	/// The candidate, its list; the claim, list, chunks and candidacy of the account, the session.
	fn unbond() -> Weight {
		Self::of(BASE + PASS, 7, 5, LIST + CHUNKS + CANDIDATE)
	}

	/// The session, the chunks; for each the slashes of its node, the hold and the treasury's account. The
	/// hold.
	fn withdraw(c: u32) -> Weight {
		let c = u64::from(c);
		Self::of(
			BASE.saturating_add(c.saturating_mul(BASE)),
			c.saturating_add(3 + HOLD),
			2 + HOLD,
			c.saturating_mul(SLASHES).saturating_add(CHUNKS),
		)
	}

	/// The claim, the candidate, what is owed, both accounts; for each delegation a candidate and its list.
	fn claim(d: u32) -> Weight {
		let d = u64::from(d);
		Self::of(
			BASE.saturating_add(d.saturating_mul(PASS)),
			d.saturating_mul(2).saturating_add(6),
			d.saturating_mul(2).saturating_add(5),
			d.saturating_mul(LIST + CANDIDATE).saturating_add(1_000),
		)
	}

	/// As leaving.
	fn evict() -> Weight {
		Self::leave()
	}

	/// The list; for each node its keys, its candidacy and the former one's activity; those who stand.
	fn set_invulnerables(n: u32) -> Weight {
		let n = u64::from(n);
		Self::of(
			BASE.saturating_add(n.saturating_mul(20)),
			n.saturating_mul(3).saturating_add(2),
			n.saturating_add(1),
			n.saturating_mul(400),
		)
	}

	/// The number, the invulnerables.
	fn set_max_nodes() -> Weight {
		Self::of(BASE, 2, 1, 2_000)
	}

	/// The bond.
	fn set_min_bond() -> Weight {
		Self::of(BASE, 1, 1, 0)
	}

	/// The bounds.
	fn set_commission_bounds() -> Weight {
		Self::of(BASE, 1, 1, 0)
	}

	/// The queue, the candidate, its slashes, its list, the session, the count, what is owed, the claim of
	/// the node, the treasury; for each delegation the claim, the list and the chunks of its owner, and the
	/// hold.
	fn on_initialize(d: u32) -> Weight {
		let steps = u64::from(d);
		if steps == 0 {
			return Self::of(5, 1, 0, 0);
		}
		Self::of(
			(BASE + PASS).saturating_add(steps.saturating_mul(BASE)),
			steps.saturating_mul(3 + HOLD).saturating_add(9),
			steps.saturating_mul(3 + HOLD).saturating_add(7),
			steps
				.saturating_mul(CHUNKS + 600)
				.saturating_add(LIST + CANDIDATE + SLASHES + QUEUE + 1_000),
		)
	}

	/// The pot, the supply, what was issued, what is owed, the session and its progress, the bounds, the
	/// treasury, the invulnerables, the fees of the block; for each node its candidacy, or its slashes, claim
	/// and activity.
	fn note_block(p: u32) -> Weight {
		let nodes = u64::from(p).saturating_add(1);
		Self::of(
			BASE.saturating_add(nodes.saturating_mul(40)),
			nodes.saturating_mul(3).saturating_add(10),
			nodes.saturating_mul(2).saturating_add(7),
			nodes.saturating_mul(400).saturating_add(2_000),
		)
	}

	/// The progress, the nodes, the invulnerables and each of them, those who stand; each node.
	fn end_session(n: u32) -> Weight {
		let n = u64::from(n);
		Self::of(
			(2 * BASE).saturating_add(n.saturating_mul(20)),
			n.saturating_add(36),
			n.saturating_add(2),
			n.saturating_mul(CANDIDATE).saturating_add(ELECTED + 10_000),
		)
	}

	/// Both lists of nodes, the invulnerables, the limits, the progress; each candidate with its list and
	/// its keys, and, should all of them begin to dissolve, its chunks.
	fn new_session(c: u32) -> Weight {
		let c = u64::from(c);
		Self::of(
			(2 * BASE).saturating_add(c.saturating_mul(PASS + 40)),
			c.saturating_mul(4).saturating_add(50),
			c.saturating_mul(2).saturating_add(8),
			c.saturating_mul(LIST + CHUNKS + CANDIDATE + 200)
				.saturating_add(QUEUE + ELECTED + 10_000),
		)
	}

	/// The session, the slashes, the candidate, the chunks, the queue, those who stand, the
	/// invulnerables, the activity, both lists of nodes; the hold, the reporter and the treasury.
	fn slash() -> Weight {
		Self::of(4 * BASE, 14 + HOLD, 12 + HOLD, QUEUE + ELECTED + CHUNKS + SLASHES + 10_000)
	}
}
