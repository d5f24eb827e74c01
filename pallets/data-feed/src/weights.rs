//! Weights.
//!
//! These are **estimates**: they were reasoned, not measured. They count the storage that is touched (at the runtime's own
//! price for reads and writes), a signature at ten times what it takes on a slow machine, and for the proof a path through
//! a large trie for each item. `benchmarking.rs` measures them; generated weights replace this file once it has been run on
//! the reference machine.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

use crate::HISTORY;

/// Weights of the pallet.
pub trait WeightInfo {
	/// Adding a feed with the most sources.
	fn add_feed() -> Weight;
	/// Changing a feed, in whose open round `n` feeders have spoken.
	fn change_feed(n: u32) -> Weight;
	/// Removing such a feed.
	fn remove_feed(n: u32) -> Weight;
	/// Pausing such a feed.
	fn set_paused(n: u32) -> Weight;
	/// Checking a word before it enters the pool or a block.
	fn authorize_speak() -> Weight;
	/// Taking a word: the one that makes the most work.
	fn speak() -> Weight;
	/// Finding out that no round is to be closed.
	fn close_nothing() -> Weight;
	/// Closing a round in which `n` feeders have spoken, without who is told of the answer.
	fn close_round(n: u32) -> Weight;
	/// Paying a feeder.
	fn claim_pay() -> Weight;
	/// Taking out a record.
	fn forget_record() -> Weight;
	/// Reading what a feed says.
	fn read() -> Weight;
	/// Reading what a feed is called.
	fn describe() -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Proof of one item: eight levels of a trie of a large state, and a small value.
const PROOF: u64 = 4 * 1024;
/// Value of a list: the feeders of a session (100 of 80 bytes), the sources of a feed (16 of 640 bytes), the agenda.
const LIST: u64 = 12 * 1024;
/// Checking an sr25519 signature by host function.
const VERIFY: u64 = 500;
/// Hashing, encoding and events of a call.
const CALL: u64 = 100;

fn estimate(db: RuntimeDbWeight, micros: u64, reads: u64, writes: u64, lists: u64) -> Weight {
	let proof = reads.saturating_mul(PROOF).saturating_add(lists.saturating_mul(LIST));
	Weight::from_parts(micros.saturating_mul(MICROSECOND), proof)
		.saturating_add(db.reads_writes(reads, writes))
}

/// The estimates, with a price for storage.
struct Estimates(RuntimeDbWeight);

impl Estimates {
	// The feed and its counter, the next number, the sources.
	fn add_feed(&self) -> Weight {
		estimate(self.0, 5 * CALL, 4, 4, 1)
	}
	// Of each report the key and the value.
	fn give_up(&self, n: u32) -> Weight {
		estimate(self.0, CALL, 2, 2, 1)
			.saturating_add(estimate(self.0, 20, 2, 1, 0).saturating_mul(n.into()))
	}
	// The feed, the sources, the answer, and the history if values cannot be compared.
	fn change_feed(&self, n: u32) -> Weight {
		let history = u64::from(HISTORY);
		estimate(self.0, 5 * CALL, 3 + history, 3 + history, 1).saturating_add(self.give_up(n))
	}
	fn remove_feed(&self, n: u32) -> Weight {
		let history = u64::from(HISTORY);
		estimate(self.0, CALL, 4 + history, 4 + history, 1).saturating_add(self.give_up(n))
	}
	fn set_paused(&self, n: u32) -> Weight {
		estimate(self.0, CALL, 1, 1, 0).saturating_add(self.give_up(n))
	}
	// The feed, the round, the report, the answer, the record, the clock, the genesis hash, and the feeders of two sessions.
	fn authorize_speak(&self) -> Weight {
		estimate(self.0, CALL + VERIFY, 9, 0, 2)
	}
	// The same again, and the agenda.
	fn speak(&self) -> Weight {
		estimate(self.0, 2 * CALL, 10, 4, 3)
	}
	fn close_nothing(&self) -> Weight {
		estimate(self.0, 5, 1, 0, 0)
	}
	// A report, which is looked for and then taken, and a record.
	fn report(&self) -> Weight {
		estimate(self.0, 30, 2, 2, 0).saturating_add(self.0.reads(1))
	}
	// The agenda, the round, the feed, the answers, the clock, the pot; for each feeder its report and its record. Values are
	// sorted, and texts compared with one another.
	fn close_round(&self, n: u32) -> Weight {
		estimate(self.0, 2 * CALL, 8, 6, 1)
			.saturating_add(self.report().saturating_mul(n.into()))
			.saturating_add(
				Weight::from_parts(MICROSECOND / 10, 0)
					.saturating_mul(u64::from(n).saturating_mul(n.into())),
			)
	}
	fn claim_pay(&self) -> Weight {
		estimate(self.0, 2 * CALL, 4, 4, 0)
	}
	fn forget_record(&self) -> Weight {
		estimate(self.0, CALL, 2, 1, 1)
	}
	fn read(&self) -> Weight {
		estimate(self.0, 20, 3, 0, 0)
	}
	fn describe(&self) -> Weight {
		estimate(self.0, 50, 2, 0, 1)
	}
}

macro_rules! impl_weights {
	($db:expr) => {
		fn add_feed() -> Weight {
			Estimates($db).add_feed()
		}
		fn change_feed(n: u32) -> Weight {
			Estimates($db).change_feed(n)
		}
		fn remove_feed(n: u32) -> Weight {
			Estimates($db).remove_feed(n)
		}
		fn set_paused(n: u32) -> Weight {
			Estimates($db).set_paused(n)
		}
		fn authorize_speak() -> Weight {
			Estimates($db).authorize_speak()
		}
		fn speak() -> Weight {
			Estimates($db).speak()
		}
		fn close_nothing() -> Weight {
			Estimates($db).close_nothing()
		}
		fn close_round(n: u32) -> Weight {
			Estimates($db).close_round(n)
		}
		fn claim_pay() -> Weight {
			Estimates($db).claim_pay()
		}
		fn forget_record() -> Weight {
			Estimates($db).forget_record()
		}
		fn read() -> Weight {
			Estimates($db).read()
		}
		fn describe() -> Weight {
			Estimates($db).describe()
		}
	};
}

/// The estimates at the storage prices of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	impl_weights!(T::DbWeight::get());
}

/// The estimates at the storage prices of RocksDB.
impl WeightInfo for () {
	impl_weights!(RocksDbWeight::get());
}
