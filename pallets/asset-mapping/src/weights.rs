//! Weights.
//!
//! These are **estimates**: they were reasoned, not measured. They count the storage that is touched
//! (at the runtime's own price for reads and writes), the elliptic-curve work at ten times what it
//! takes on a slow machine, and for the proof a kibibyte-rounded path through a large trie for each
//! item. `benchmarking.rs` measures them; generated weights replace this file once it has been run on
//! the reference machine.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet.
pub trait WeightInfo {
	/// Making a deposit address.
	fn request_lock_in() -> Weight;
	/// Asking for a lock-out, with a full queue.
	fn request_lock_out() -> Weight;
	/// Cancelling a lock-out, with a full queue.
	fn cancel_lock_out() -> Weight;
	/// Counting a vote that decides nothing.
	fn observe() -> Weight;
	/// Checking an observation before it enters the pool or a block.
	fn authorize_observe() -> Weight;
	/// Acting on a witnessed deposit, on top of [`observe`](Self::observe).
	fn accept_deposit() -> Weight;
	/// Acting on a witnessed batch of `i` inputs and `n` intents, on top of
	/// [`observe`](Self::observe).
	fn settle(i: u32, n: u32) -> Weight;
	/// Noting a member's report of the fee rate.
	fn report_fee_rate() -> Weight;
	/// Acting on a coin that is gone, on top of [`observe`](Self::observe).
	fn coin_gone() -> Weight;
	/// Acting on a coin that is back, on top of [`observe`](Self::observe).
	fn coin_back() -> Weight;
	/// Finding out that no batch is to be made or replaced.
	fn batch_idle() -> Weight;
	/// Making a batch of `i` inputs and `n` intents, its signature requests included.
	fn make_batch(i: u32, n: u32) -> Weight;
	/// Making another attempt at a batch of `i` inputs and `n` intents, its signature requests included.
	fn replace(i: u32, n: u32) -> Weight;
	/// Taking a signature of a batch of `i` inputs. For the pallet that hands it over.
	fn on_signature(i: u32) -> Weight;
	/// Setting the parameters.
	fn set_parameters() -> Weight;
	/// Pausing directions.
	fn set_paused() -> Weight;
	/// Closing a deposit address.
	fn close_lock_in() -> Weight;
	/// Crediting or refunding a deposit that waits.
	fn claim_deposit() -> Weight;
	/// Burning coins for a deficit.
	fn cover_deficit() -> Weight;
	/// Setting the price.
	fn set_price() -> Weight;
	/// Reading the reserves.
	fn reserves() -> Weight;
	/// Reading an address.
	fn deposit_address() -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Proof of one item: eight levels of a trie of a large state, and a small value.
const PROOF: u64 = 4 * 1024;
/// Value of a list whose bound the configuration sets: the queue (2,000 intents fit), a batch, a
/// member's open votes (300 fit).
const LIST: u64 = 16 * 1024;
/// Deriving and tweaking a key: two multiplications on the curve, in wasm.
const DERIVE: u64 = 4_000;
/// Checking an sr25519 signature by host function.
const VERIFY: u64 = 500;
/// Most open batches that a runtime has.
const BATCHES: u64 = 8;
/// Hashing, encoding and events of a call.
const CALL: u64 = 100;
/// Members whose open votes a decision touches.
const MEMBERS: u64 = fusion_dcrm_primitives::MAX_MEMBERS as u64;

fn estimate(db: RuntimeDbWeight, micros: u64, reads: u64, writes: u64, lists: u64) -> Weight {
	let proof = reads.saturating_mul(PROOF).saturating_add(lists.saturating_mul(LIST));
	Weight::from_parts(micros.saturating_mul(MICROSECOND), proof)
		.saturating_add(db.reads_writes(reads, writes))
}

/// The estimates, with a price for storage.
struct Estimates(RuntimeDbWeight);

impl Estimates {
	// Pause, block, group, whether it takes work, key, tweak (a master key, a genesis hash), numbers and maps, and
	// the hold on the account. For the cap the price, what the group holds, the parameters, and the bonds of all members.
	fn request_lock_in(&self) -> Weight {
		estimate(self.0, CALL + DERIVE, 19 + MEMBERS, 6, 0)
	}
	// Pause, parameters, counters, the queue, and a transfer of the asset: the asset and two accounts,
	// which it may create in the system.
	// For the fee rate the group, its members and their reports. For the deposit how many there are, the account, its
	// holds, and how much it is.
	fn request_lock_out(&self) -> Weight {
		estimate(self.0, 2 * CALL, 21, 14, 2)
	}
	fn cancel_lock_out(&self) -> Weight {
		estimate(self.0, 2 * CALL, 14, 13, 1)
	}
	// Group, membership, threshold, what it is about, tally, open votes, and a vote that makes room.
	fn observe(&self) -> Weight {
		estimate(self.0, 2 * CALL, 14, 5, 2)
	}
	fn authorize_observe(&self) -> Weight {
		estimate(self.0, CALL + VERIFY, 12, 0, 2)
	}
	// Address, parameters, coin, available, sums, record, a mint (asset, account, system account), the
	// tally and the open votes of all members.
	fn accept_deposit(&self) -> Weight {
		estimate(self.0, 2 * CALL, 26 + MEMBERS, 15 + MEMBERS, 3)
	}
	// The batch, an attempt, all attempts to be removed, a burn, the change, the deficit, and the tally as above; for
	// each input its coin, whether it is gone, and the sums, and a request that is withdrawn, its place and the count of
	// them; for each intent itself, the sum of locks, and what is held for it: how much, the account, its holds.
	fn settle(&self, i: u32, n: u32) -> Weight {
		estimate(self.0, 2 * CALL, 24 + MEMBERS, 26 + MEMBERS, 5)
			.saturating_add(estimate(self.0, 0, 1, 0, 1))
			.saturating_add(estimate(self.0, 20, 6, 8, 0).saturating_mul(i.into()))
			.saturating_add(estimate(self.0, 20, 6, 6, 0).saturating_mul(n.into()))
	}
	fn batch_idle(&self) -> Weight {
		// The reserves and what they lack, the fee rate, and the open batches with their last attempts.
		estimate(self.0, 50, 17 + 2 * BATCHES, 3, 2 * BATCHES)
	}
	// For each input: available, its coin, and a request with its queue and counters. Every intent may
	// be left behind, so it may be written twice, and may pay back a deposit that is gone, which is looked up. Each
	// round of the planning is pure arithmetic.
	fn make_batch(&self, i: u32, n: u32) -> Weight {
		estimate(self.0, 10 * CALL + DERIVE, 22, 9, 6)
			.saturating_add(estimate(self.0, 50, 6, 5, 0).saturating_mul(i.into()))
			.saturating_add(estimate(self.0, 50, 2, 2, 0).saturating_mul(n.into()))
	}
	fn replace(&self, i: u32, n: u32) -> Weight {
		estimate(self.0, 10 * CALL + DERIVE, 18, 4, 4)
			.saturating_add(estimate(self.0, 50, 5, 3, 0).saturating_mul(i.into()))
			.saturating_add(estimate(self.0, 50, 1, 0, 0).saturating_mul(n.into()))
	}
	// The group, its members, their reports.
	fn report_fee_rate(&self) -> Weight {
		estimate(self.0, CALL, 6, 1, 2)
	}
	// The coin, the sums, the reserves, the deficit, the pause, the tally and the open votes of all members.
	fn coin_gone(&self) -> Weight {
		estimate(self.0, CALL, 12 + MEMBERS, 9 + MEMBERS, 1)
	}
	fn coin_back(&self) -> Weight {
		estimate(self.0, CALL, 13 + MEMBERS, 8 + MEMBERS, 1)
	}
	fn close_lock_in(&self) -> Weight {
		estimate(self.0, 2 * CALL, 8, 4, 0)
	}
	// As for a deposit, without the coin, but for whether it is gone.
	fn claim_deposit(&self) -> Weight {
		estimate(self.0, 2 * CALL, 24, 10, 3)
	}
	fn cover_deficit(&self) -> Weight {
		estimate(self.0, 2 * CALL, 12, 8, 0)
	}
	fn on_signature(&self, i: u32) -> Weight {
		estimate(self.0, CALL, 1, 1, 2)
			.saturating_add(Weight::from_parts(MICROSECOND, 128).saturating_mul(i.into()))
	}
	fn set_parameters(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	fn set_paused(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	fn set_price(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	fn reserves(&self) -> Weight {
		estimate(self.0, 10, 5, 0, 0)
	}
	fn deposit_address(&self) -> Weight {
		estimate(self.0, 50, 1, 0, 0)
	}
}

macro_rules! impl_weights {
	($db:expr) => {
		fn request_lock_in() -> Weight {
			Estimates($db).request_lock_in()
		}
		fn request_lock_out() -> Weight {
			Estimates($db).request_lock_out()
		}
		fn cancel_lock_out() -> Weight {
			Estimates($db).cancel_lock_out()
		}
		fn observe() -> Weight {
			Estimates($db).observe()
		}
		fn authorize_observe() -> Weight {
			Estimates($db).authorize_observe()
		}
		fn accept_deposit() -> Weight {
			Estimates($db).accept_deposit()
		}
		fn settle(i: u32, n: u32) -> Weight {
			Estimates($db).settle(i, n)
		}
		fn batch_idle() -> Weight {
			Estimates($db).batch_idle()
		}
		fn make_batch(i: u32, n: u32) -> Weight {
			Estimates($db).make_batch(i, n)
		}
		fn replace(i: u32, n: u32) -> Weight {
			Estimates($db).replace(i, n)
		}
		fn report_fee_rate() -> Weight {
			Estimates($db).report_fee_rate()
		}
		fn coin_gone() -> Weight {
			Estimates($db).coin_gone()
		}
		fn coin_back() -> Weight {
			Estimates($db).coin_back()
		}
		fn close_lock_in() -> Weight {
			Estimates($db).close_lock_in()
		}
		fn claim_deposit() -> Weight {
			Estimates($db).claim_deposit()
		}
		fn cover_deficit() -> Weight {
			Estimates($db).cover_deficit()
		}
		fn on_signature(i: u32) -> Weight {
			Estimates($db).on_signature(i)
		}
		fn set_parameters() -> Weight {
			Estimates($db).set_parameters()
		}
		fn set_paused() -> Weight {
			Estimates($db).set_paused()
		}
		fn set_price() -> Weight {
			Estimates($db).set_price()
		}
		fn reserves() -> Weight {
			Estimates($db).reserves()
		}
		fn deposit_address() -> Weight {
			Estimates($db).deposit_address()
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
