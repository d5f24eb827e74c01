//! Weights.
//!
//! These are **estimates**: they were reasoned, not measured. They count the storage that is touched (at the runtime's
//! own price for reads and writes), what is encoded and computed, and for the proof a path through a large trie for each
//! item that is read. `benchmarking.rs` measures them; generated weights replace this file once it has been run on the
//! reference machine.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet.
pub trait WeightInfo {
	/// Registering a row with `b` bytes of data.
	fn register(b: u32) -> Weight;
	/// Cancelling a row that listens.
	fn cancel() -> Weight;
	/// Adding to a deposit of a row that is paused for its want.
	fn top_up() -> Weight;
	/// Pausing a row.
	fn pause() -> Weight;
	/// Resuming a row.
	fn resume() -> Weight;
	/// Setting a node's trigger key.
	fn set_trigger_key() -> Weight;
	/// Setting the parameters.
	fn set_parameters() -> Weight;
	/// Pausing the list.
	fn set_list_paused() -> Weight;
	/// A block in which there is nothing to do.
	fn idle() -> Weight;
	/// Removing a row that has expired.
	fn expire() -> Weight;
	/// Making a row due.
	fn promote() -> Weight;
	/// Looking after a row that is due and that nobody runs, the run itself apart.
	fn meet_deadline() -> Weight;
	/// Looking up the listeners of `n` logs.
	fn match_logs(n: u32) -> Weight;
	/// Collecting the logs of a block, of which `n` emitters and topics are looked up.
	fn collect_logs(n: u32) -> Weight;
	/// Paying out fees.
	fn pay_fees() -> Weight;
	/// Running a row, without what its contracts take.
	fn execute_row() -> Weight;
	/// A trigger by the chain: a transaction with one row, without what its contracts take.
	fn trigger() -> Weight;
	/// Reading a row.
	fn row() -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Bytes of proof for the path to one item in a large map (some trie nodes of up to 16 hashes each) and a small value.
const PROOF: u64 = 2_600;
/// A list whose bound the configuration sets: data of a row (1,024 bytes), history.
const LIST: u64 = 1024;
/// Logs that wait to be matched: 2,000 of them.
const PENDING: u64 = 120 * 1024;
/// Encoding and events of a call.
const CALL: u64 = 60;

fn estimate(db: RuntimeDbWeight, micros: u64, reads: u64, writes: u64, lists: u64) -> Weight {
	let proof = reads.saturating_mul(PROOF).saturating_add(lists.saturating_mul(LIST));
	Weight::from_parts(micros.saturating_mul(MICROSECOND), proof)
		.saturating_add(db.reads_writes(reads, writes))
}

/// The estimates, with a price for storage.
struct Estimates(RuntimeDbWeight);

impl Estimates {
	// Running, pause, parameters, number, row, data, the owner's list and count, load, two accounts, total, fees, the
	// filter and its two counts, agenda three times, heads, time; the counter of rows.
	fn register(&self, b: u32) -> Weight {
		estimate(self.0, CALL, 22, 19, 2)
			.saturating_add(Weight::from_parts(2_000, 1).saturating_mul(b.into()))
	}
	// As for registering, and the history.
	fn cancel(&self) -> Weight {
		estimate(self.0, CALL, 20, 19, 3)
	}
	// As for resuming, two accounts and the total.
	fn top_up(&self) -> Weight {
		estimate(self.0, CALL, 18, 14, 1)
	}
	// Running, row, the filter with its counts, agenda twice, load.
	fn pause(&self) -> Weight {
		estimate(self.0, CALL, 10, 9, 1)
	}
	// Running, pause, row, time, parameters, the filter with its counts, agenda twice, heads, load, total, fees.
	fn resume(&self) -> Weight {
		estimate(self.0, CALL, 15, 12, 1)
	}
	fn set_trigger_key(&self) -> Weight {
		estimate(self.0, CALL, 5, 4, 1)
	}
	fn set_parameters(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	fn set_list_paused(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	// Heads, time, whether logs wait, fees, listeners, pause.
	fn idle(&self) -> Weight {
		estimate(self.0, 5, 6, 0, 0)
	}
	// The agenda's first place, its head; as for cancelling.
	fn expire(&self) -> Weight {
		estimate(self.0, CALL, 22, 20, 3)
	}
	// The agenda's first place, its head, row, parameters, gas price, load, fees, total, agenda four times; its history if
	// it cannot pay, and the filter with its counts. Taking a row's rent is no more.
	fn promote(&self) -> Weight {
		estimate(self.0, CALL, 16, 13, 2)
	}
	// The same, lending and taking back: three accounts.
	fn meet_deadline(&self) -> Weight {
		estimate(self.0, CALL, 19, 16, 2)
	}
	fn match_logs(&self, n: u32) -> Weight {
		estimate(self.0, 10, 1, 1, 0)
			.saturating_add(Weight::from_parts(0, PENDING))
			.saturating_add(estimate(self.0, 5, 1, 0, 1).saturating_mul(n.into()))
	}
	// All events of a block are decoded, which takes a few milliseconds if it is full of them.
	fn collect_logs(&self, n: u32) -> Weight {
		estimate(self.0, 5_000, 2, 1, 0)
			.saturating_add(Weight::from_parts(0, PENDING))
			.saturating_add(estimate(self.0, 5, 1, 0, 1).saturating_mul(n.into()))
	}
	fn pay_fees(&self) -> Weight {
		estimate(self.0, CALL, 3, 3, 0)
	}
	// Pause, row, data, time, gas price, parameters, load, trigger key and whether its node is elected, three accounts,
	// total, fees, history, running; agenda four times, heads, and as for cancelling if that was its last run.
	fn execute_row(&self) -> Weight {
		estimate(self.0, 2 * CALL, 29, 24, 4)
	}
	// The call of the precompile, which loads and stores accounts, and one row.
	fn trigger(&self) -> Weight {
		self.execute_row().saturating_mul(2).saturating_add(estimate(self.0, 400, 10, 6, 2))
	}
	fn row(&self) -> Weight {
		estimate(self.0, 20, 3, 0, 2)
	}
}

macro_rules! impl_weights {
	($db:expr) => {
		impl_weights!($db, [cancel, top_up, pause, resume, set_trigger_key, set_parameters, set_list_paused,
			idle, expire, promote, meet_deadline, pay_fees, execute_row, trigger, row]);
		fn register(b: u32) -> Weight {
			Estimates($db).register(b)
		}
		fn match_logs(n: u32) -> Weight {
			Estimates($db).match_logs(n)
		}
		fn collect_logs(n: u32) -> Weight {
			Estimates($db).collect_logs(n)
		}
	};
	($db:expr, [$($name:ident),*]) => {
		$(
			fn $name() -> Weight {
				Estimates($db).$name()
			}
		)*
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
