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
	/// Registering the vault.
	fn register_vault() -> Weight;
	/// Registering an asset.
	fn register_asset() -> Weight;
	/// Setting the limits or the price of an asset.
	fn set_limits() -> Weight;
	/// Setting the parameters.
	fn set_parameters() -> Weight;
	/// Pausing directions, or going on after the pallet has paused by itself.
	fn set_paused() -> Weight;
	/// Telling the vault something.
	fn send_order() -> Weight;
	/// Making a deposit address.
	fn request_lock_in() -> Weight;
	/// Crediting a deposit that waits.
	fn claim_deposit() -> Weight;
	/// Asking for a lock-out, with a full queue.
	fn request_lock_out() -> Weight;
	/// Cancelling a lock-out, with a full queue.
	fn cancel_lock_out() -> Weight;
	/// Asking for a payment that has failed to be taken back.
	fn recall() -> Weight;
	/// Burning coins for a deficit.
	fn cover_deficit() -> Weight;
	/// Counting a vote that decides nothing.
	fn observe() -> Weight;
	/// Checking an observation before it enters the pool or a block.
	fn authorize_observe() -> Weight;
	/// Noting a member's report of the gas price.
	fn report_gas_price() -> Weight;
	/// Acting on a witnessed deposit, on top of [`observe`](Self::observe).
	fn accept_deposit() -> Weight;
	/// Acting on an executed batch of `n` intents, on top of [`observe`](Self::observe).
	fn accept_executed(n: u32) -> Weight;
	/// Acting on an expired batch of `n` intents, on top of [`observe`](Self::observe).
	fn accept_expired(n: u32) -> Weight;
	/// Acting on a payment that was claimed, on top of [`observe`](Self::observe).
	fn accept_claimed() -> Weight;
	/// Acting on an executed order, on top of [`observe`](Self::observe).
	fn accept_ordered() -> Weight;
	/// Acting on a deposit that is gone or back, on top of [`observe`](Self::observe).
	fn accept_gone() -> Weight;
	/// Finding out that there is nothing to be made.
	fn idle() -> Weight;
	/// Making a batch of `n` intents.
	fn make_batch(n: u32) -> Weight;
	/// Making an order.
	fn make_order() -> Weight;
	/// Taking a signature. For the pallet that hands it over.
	fn on_signature() -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Proof of one item: eight levels of a trie of a large state, and a small value.
const PROOF: u64 = 4 * 1024;
/// Value of a list whose bound the configuration sets: the queue (2,000 intents fit), a batch, orders, a
/// member's open votes (300 fit).
const LIST: u64 = 16 * 1024;
/// Deriving and tweaking a key: two multiplications on the curve, in wasm.
const DERIVE: u64 = 4_000;
/// Checking an sr25519 signature by host function.
const VERIFY: u64 = 500;
/// Most mapped assets that a runtime has, all of which are compared with their reserves.
const ASSETS: u64 = 16;
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
	// The vault, and the key of the group.
	fn register_vault(&self) -> Weight {
		estimate(self.0, CALL + DERIVE, 6, 1, 0)
	}
	// The vault, the registry with its counter, the asset with its metadata, and the orders.
	fn register_asset(&self) -> Weight {
		estimate(self.0, 2 * CALL, 10, 7, 1)
	}
	fn set_limits(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	fn set_parameters(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 0)
	}
	// To go on, the reserves of all assets are looked at.
	fn set_paused(&self) -> Weight {
		estimate(self.0, CALL, 2 + 3 * ASSETS, 1, 0)
	}
	fn send_order(&self) -> Weight {
		estimate(self.0, CALL, 2, 1, 1)
	}
	// Pause, the vault, whether its group takes work, numbers, the address, and the hold on the account. For the cap all
	// assets twice and their sums, what the group holds by other pallets, the parameters, and the bonds of all members.
	fn request_lock_in(&self) -> Weight {
		estimate(self.0, 2 * CALL, 17 + 3 * ASSETS + MEMBERS, 5, 0)
	}
	// Pause, the deposit, its address, the asset, the sums, the throttle, and a mint (asset, account, system account).
	fn claim_deposit(&self) -> Weight {
		estimate(self.0, 2 * CALL, 15, 8, 0)
	}
	// Pause, the vault, parameters, asset, counters, the queue, the sums, and transfers of two assets: each the asset,
	// two accounts, and two in the system. For the gas price the members and their reports.
	fn request_lock_out(&self) -> Weight {
		estimate(self.0, 4 * CALL, 28, 18, 2)
	}
	fn cancel_lock_out(&self) -> Weight {
		estimate(self.0, 4 * CALL, 18, 16, 1)
	}
	fn recall(&self) -> Weight {
		estimate(self.0, CALL, 3, 2, 1)
	}
	fn cover_deficit(&self) -> Weight {
		estimate(self.0, 2 * CALL, 12, 8, 0)
	}
	// The vault, membership, threshold, what it is about, tally, open votes, and a vote that makes room.
	fn observe(&self) -> Weight {
		estimate(self.0, 2 * CALL, 14, 5, 3)
	}
	fn authorize_observe(&self) -> Weight {
		estimate(self.0, CALL + VERIFY, 12, 0, 3)
	}
	// The group, its members, their reports.
	fn report_gas_price(&self) -> Weight {
		estimate(self.0, CALL, 6, 1, 2)
	}
	// Address, asset, sums, throttle, record, a mint (asset, account, system account), the tally and the open votes
	// of all members.
	fn accept_deposit(&self) -> Weight {
		estimate(self.0, 2 * CALL, 16 + MEMBERS, 9 + MEMBERS, 1)
	}
	// The batch, the native asset, and the tally as above. For each intent itself with its counter, two burns and a
	// transfer of what is left (the asset, the accounts, also in the system), and the sums of two assets.
	fn accept_executed(&self, n: u32) -> Weight {
		estimate(self.0, 2 * CALL, 10 + MEMBERS, 10 + MEMBERS, 3)
			.saturating_add(estimate(self.0, 2 * CALL, 14, 12, 0).saturating_mul(n.into()))
	}
	fn accept_expired(&self, n: u32) -> Weight {
		estimate(self.0, 2 * CALL, 5 + MEMBERS, 4 + MEMBERS, 3)
			.saturating_add(estimate(self.0, 20, 1, 1, 0).saturating_mul(n.into()))
	}
	// The payment, a burn, the sums, the orders, the tally as above.
	fn accept_claimed(&self) -> Weight {
		estimate(self.0, 2 * CALL, 12 + MEMBERS, 10 + MEMBERS, 2)
	}
	// The order, the payment, a transfer, the sums, the tally as above.
	fn accept_ordered(&self) -> Weight {
		estimate(self.0, 2 * CALL, 12 + MEMBERS, 11 + MEMBERS, 1)
	}
	// The deposit, the sums, the pause, the tally as above.
	fn accept_gone(&self) -> Weight {
		estimate(self.0, 2 * CALL, 8 + MEMBERS, 6 + MEMBERS, 1)
	}
	// The reserves of all assets, the vault, its group, the orders, the queue, the open batches.
	fn idle(&self) -> Weight {
		estimate(self.0, CALL, 12 + 3 * ASSETS, 2, 2)
	}
	// The gas price, the request with its queue and counters; for each intent itself, its asset and the throttle. Every
	// intent may be left behind, so it may be written twice. The rounds of the planning are pure arithmetic.
	fn make_batch(&self, n: u32) -> Weight {
		estimate(self.0, 10 * CALL, 22, 9, 5)
			.saturating_add(estimate(self.0, 100, 5, 3, 0).saturating_mul(n.into()))
	}
	fn make_order(&self) -> Weight {
		estimate(self.0, 3 * CALL, 16, 9, 2)
	}
	fn on_signature(&self) -> Weight {
		estimate(self.0, CALL, 1, 1, 1)
	}
}

macro_rules! impl_weights {
	($db:expr) => {
		impl_weights!($db; register_vault, register_asset, set_limits, set_parameters, set_paused, send_order,
			request_lock_in, claim_deposit, request_lock_out, cancel_lock_out, recall, cover_deficit, observe,
			authorize_observe, report_gas_price, accept_deposit, accept_claimed, accept_ordered, accept_gone,
			idle, make_order, on_signature);

		fn accept_executed(n: u32) -> Weight {
			Estimates($db).accept_executed(n)
		}
		fn accept_expired(n: u32) -> Weight {
			Estimates($db).accept_expired(n)
		}
		fn make_batch(n: u32) -> Weight {
			Estimates($db).make_batch(n)
		}
	};
	($db:expr; $($name:ident),*) => {
		$(fn $name() -> Weight {
			Estimates($db).$name()
		})*
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
