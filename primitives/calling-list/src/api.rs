//! The runtime API that nodes, wallets and explorers read.

use crate::{
	At, Balance, Condition, DueCursor, DuePage, Entry, Reason, RowId, RowView, Sender, Tier, Trial,
};
use alloc::vec::Vec;
use codec::Codec;
use sp_core::H160;

/// What rows to list.
#[derive(Clone, Debug, PartialEq, Eq, codec::Encode, codec::Decode, scale_info::TypeInfo)]
pub enum Filter<AccountId> {
	/// All of them.
	All,
	/// Those of an account.
	Owner(AccountId),
	/// Those that call a contract.
	Target(H160),
	/// Those that wait for a log of a contract.
	Emitter(H160),
}

sp_api::decl_runtime_apis! {
	/// Rows of the calling list.
	pub trait CallingListApi<AccountId>
	where
		AccountId: Codec,
	{
		/// Rows that can be tried in the next block, in the order in which they became due: `limit` of them, and no
		/// more than 256, from the first one on or after a place that a page before has given. A page may have fewer,
		/// even none, and not be the last one: four times as many rows are looked at at most.
		fn due(after: Option<DueCursor>, limit: u32) -> DuePage;
		/// What would become of rows if `execute` were sent from `sender` for the next block. Changes nothing.
		fn trial(sender: H160, ids: Vec<RowId>) -> Trial;
		/// What a sender of triggers has to know for the next block.
		fn sender(address: H160) -> Sender;
		/// The transaction, encoded, that carries a signed Ethereum transaction.
		fn transaction(payload: Vec<u8>) -> Vec<u8>;
		/// A row.
		fn row(id: RowId) -> Option<RowView<AccountId>>;
		/// Rows with a number above `after`, in ascending order: `limit` of them, and no more than 256. A filter is
		/// applied to all rows, in time that grows with their number, except for rows of an account.
		fn rows(filter: Filter<AccountId>, after: RowId, limit: u32) -> Vec<RowView<AccountId>>;
		/// What became of a row lately, oldest first.
		fn history(id: RowId) -> Vec<Entry>;
		/// When a condition is next met, if that depends on nothing but time.
		fn next_due(condition: Condition) -> Option<At>;
		/// What a run costs at most at the present gas price.
		fn run_cost(gas_limit: u64, storage_limit: Balance, tier: Tier, checked: bool) -> Balance;
		/// Why a row would not be tried in the next block. `Ran` if it would.
		fn is_due(id: RowId) -> Reason;
	}
}
