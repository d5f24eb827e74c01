//! What others are told of that the members of a key group have witnessed on an external chain.

use crate::{DepositIndex, IntentId};
use sp_runtime::Weight;

/// Something that has happened to a deposit address or to a lock-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witnessed {
	/// A deposit to this address was witnessed, and mapped coins were minted for it.
	Credited {
		/// The address.
		index: DepositIndex,
		/// How much, in the external chain's smallest unit.
		amount: u128,
	},
	/// The address was closed: nothing will be credited to it any more.
	Closed {
		/// The address.
		index: DepositIndex,
	},
	/// The payment of this lock-out was witnessed.
	Paid {
		/// The lock-out.
		intent: IntentId,
	},
	/// The lock-out was cancelled: it will not be paid.
	Cancelled {
		/// The lock-out.
		intent: IntentId,
	},
}

/// Is told what was witnessed.
pub trait OnWitnessed {
	/// That has happened. Must not fail.
	fn on_witnessed(what: Witnessed);

	/// The most weight that it takes.
	fn weight() -> Weight;
}

impl OnWitnessed for () {
	fn on_witnessed(_: Witnessed) {}

	fn weight() -> Weight {
		Weight::zero()
	}
}
