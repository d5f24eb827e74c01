//! The runtime API that nodes read.

use alloc::vec::Vec;
use sp_core::H256;

use crate::{equivocation::Proof, Authority, Round};

sp_api::decl_runtime_apis! {
	/// What a node needs to author, package and check the children of a block.
	pub trait HhcmApi {
		/// The bookkeeping nodes that may author the next block.
		fn authorities() -> Vec<Authority>;

		/// What their election depends on.
		fn round() -> Round;

		/// For each transaction the key that its group is drawn from
		/// ([`transaction_group`](crate::election::transaction_group)): its signer's, or its own hash if it
		/// has none. `None` if it cannot be decoded.
		fn grouping_keys(transactions: Vec<Block::Extrinsic>) -> Vec<Option<H256>>;

		/// The transaction, encoded, that reports what a node signed twice. `None` if the chain would not
		/// take it in the next block: it proves nothing, or the offence has been punished, or is too old, or
		/// of a slot that is yet to come.
		fn equivocation_report(proof: Proof<Block::Header>) -> Option<Vec<u8>>;
	}
}
