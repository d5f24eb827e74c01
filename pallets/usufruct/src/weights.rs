//! Weights.
//!
//! The numbers are *estimates until they are benchmarked*: an upper bound of what each call does, counted
//! in database accesses and in boundaries of lists that are read, merged and written, priced several
//! times above what they take natively, for they run in the wasm runtime. `benchmarking.rs` measures
//! the same calls; its output is to replace [`SubstrateWeight`].

use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::{Get, Weight},
	weights::{
		constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_MICROS, WEIGHT_REF_TIME_PER_NANOS},
		RuntimeDbWeight,
	},
};

/// What the calls and hooks of the pallet weigh. `n` is the boundaries of each list that they touch.
pub trait WeightInfo {
	/// [`Call::deposit`](crate::Call::deposit).
	fn deposit(n: u32) -> Weight;
	/// [`Call::withdraw`](crate::Call::withdraw).
	fn withdraw(n: u32) -> Weight;
	/// [`Call::lend`](crate::Call::lend).
	fn lend(n: u32) -> Weight;
	/// [`Call::transfer`](crate::Call::transfer), of a slice or of the title, or back.
	fn transfer(n: u32) -> Weight;
	/// [`Call::transfer_from`](crate::Call::transfer_from).
	fn transfer_from(n: u32) -> Weight;
	/// [`Call::approve`](crate::Call::approve).
	fn approve() -> Weight;
	/// [`Call::poke`](crate::Call::poke).
	fn poke(n: u32) -> Weight;
	/// [`Call::consent`](crate::Call::consent).
	fn consent() -> Weight;
	/// [`Call::bond`](crate::Call::bond), without what the stake takes.
	fn bond(n: u32) -> Weight;
	/// [`Call::unbond`](crate::Call::unbond), without what the stake takes.
	fn unbond() -> Weight;
	/// [`Call::reward`](crate::Call::reward), without what the stake takes.
	fn reward() -> Weight;
	/// [`Call::settle`](crate::Call::settle), without what the stake takes.
	fn settle(n: u32) -> Weight;
	/// The start of a block in which so many pledges are due, without what the stake takes.
	fn on_initialize(due: u32) -> Weight;
	/// The start of a block in which nothing is due.
	fn idle() -> Weight;
	/// To read a list of `n` boundaries and answer a question about it.
	fn read(n: u32) -> Weight;
	/// To read an allowance, or how much is held.
	fn read_number() -> Weight;
}

/// The estimates, with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Dispatch, decoding, events and small change.
const BASE: u64 = 60;
/// Nanoseconds to decode a boundary, to sort it in, to look for it, and to encode it, for as often as a call does.
const BOUNDARY: u64 = 2_000;

/// Bytes of proof for the path to one item in a large map: some trie nodes of up to 16 hashes each.
const PATH: u64 = 2_600;
/// Bytes of proof for an item that is written without being read.
const NEIGHBOUR: u64 = 900;
/// Bytes of a boundary.
const STEP: u64 = 24;
/// Bytes of an account, of its holds and of small items.
const SMALL: u64 = 300;

/// `lists` lists of `n` boundaries, and items that are read or written beside them.
fn of(db: RuntimeDbWeight, lists: u64, n: u32, reads: u64, writes: u64) -> Weight {
	let boundaries = lists.saturating_mul(n.into());
	let reads = reads.saturating_add(lists);
	let writes = if writes == 0 { 0 } else { writes.saturating_add(lists) };
	let proof = reads
		.saturating_mul(PATH.saturating_add(SMALL))
		.saturating_add(writes.saturating_sub(reads).saturating_mul(NEIGHBOUR))
		.saturating_add(boundaries.saturating_mul(STEP));
	let time = BASE.saturating_mul(WEIGHT_REF_TIME_PER_MICROS).saturating_add(
		boundaries.saturating_mul(BOUNDARY).saturating_mul(WEIGHT_REF_TIME_PER_NANOS),
	);
	Weight::from_parts(time, proof)
		.saturating_add(db.reads(reads))
		.saturating_add(db.writes(writes))
}

/// The estimates with a database.
fn estimate(db: RuntimeDbWeight, call: Estimated) -> Weight {
	use Estimated::*;
	// Of an account, its balance and its holds. Of a mapped coin, the asset and the account's balance. Everything
	// has the clock.
	match call {
		// The caller (2), the vault (1), the coin (3), what is held, the clock.
		Deposit(n) => of(db, 1, n, 8, 7),
		// The same, and the borrower (2).
		Lend(n) => of(db, 2, n, 10, 9),
		// Three accounts (6), the clock.
		Transfer(n) => of(db, 2, n, 7, 6),
		// And the allowance, and its owner's holds.
		TransferFrom(n) => of(db, 2, n, 9, 8),
		// An account (2), the allowance, the clock.
		Allow => of(db, 0, 0, 4, 3),
		// An account (2), the clock.
		Poke(n) => of(db, 1, n, 3, 2),
		// User, owner and the account of the pledge (6), the vault, the consent, what is held, the next number, the
		// count and the pledge, the agenda of a day and its beginning, the clock.
		Bond(n) => of(db, 2, n, 38, 14),
		// The pledge, the clock.
		Unbond => of(db, 0, 0, 2, 1),
		// The pledge, its account, the user.
		Reward => of(db, 0, 0, 5, 4),
		// As bonding, with one agenda.
		Settle(n) => of(db, 2, n, 15, 14),
		// Each is unbonded, settled without lists, and put on the agenda again. The count, the agenda, its
		// beginning, the clock.
		Due(pledges) => {
			let each = of(db, 0, 0, 44, 16);
			of(db, 0, 0, 4, 2).saturating_add(each.saturating_mul(pledges.into()))
		},
		// The count, the beginning of the agenda, the clock.
		Idle => db.reads(3),
		Read(n) => of(db, 1, n, 1, 0),
		ReadNumber => of(db, 0, 0, 1, 0),
	}
}

enum Estimated {
	Deposit(u32),
	Lend(u32),
	Transfer(u32),
	TransferFrom(u32),
	Allow,
	Poke(u32),
	Bond(u32),
	Unbond,
	Reward,
	Settle(u32),
	Due(u32),
	Idle,
	Read(u32),
	ReadNumber,
}

macro_rules! estimates {
	($db:expr) => {
		fn deposit(n: u32) -> Weight {
			estimate($db, Estimated::Deposit(n))
		}
		fn withdraw(n: u32) -> Weight {
			estimate($db, Estimated::Deposit(n))
		}
		fn lend(n: u32) -> Weight {
			estimate($db, Estimated::Lend(n))
		}
		fn transfer(n: u32) -> Weight {
			estimate($db, Estimated::Transfer(n))
		}
		fn transfer_from(n: u32) -> Weight {
			estimate($db, Estimated::TransferFrom(n))
		}
		fn approve() -> Weight {
			estimate($db, Estimated::Allow)
		}
		fn poke(n: u32) -> Weight {
			estimate($db, Estimated::Poke(n))
		}
		fn consent() -> Weight {
			estimate($db, Estimated::Allow)
		}
		fn bond(n: u32) -> Weight {
			estimate($db, Estimated::Bond(n))
		}
		fn unbond() -> Weight {
			estimate($db, Estimated::Unbond)
		}
		fn reward() -> Weight {
			estimate($db, Estimated::Reward)
		}
		fn settle(n: u32) -> Weight {
			estimate($db, Estimated::Settle(n))
		}
		fn on_initialize(due: u32) -> Weight {
			estimate($db, Estimated::Due(due))
		}
		fn idle() -> Weight {
			estimate($db, Estimated::Idle)
		}
		fn read(n: u32) -> Weight {
			estimate($db, Estimated::Read(n))
		}
		fn read_number() -> Weight {
			estimate($db, Estimated::ReadNumber)
		}
	};
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	estimates!(T::DbWeight::get());
}

impl WeightInfo for () {
	estimates!(RocksDbWeight::get());
}
