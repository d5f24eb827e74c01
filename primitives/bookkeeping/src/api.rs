//! The runtime API that wallets and explorers read.

use alloc::vec::Vec;
use codec::Codec;

use crate::{Balance, DelegationView, EmissionView, NodeView, SessionIndex, UnbondingView};

sp_api::decl_runtime_apis! {
	/// Who keeps the books, what is staked with whom, and what it earns.
	pub trait BookkeepingApi<AccountId>
	where
		AccountId: Codec,
	{
		/// The number of the present session.
		fn session() -> SessionIndex;
		/// The nodes of the present session with their weights, in ascending order of their accounts.
		fn session_nodes() -> Vec<(AccountId, u64)>;
		/// The nodes that are elected for the next session with their weights, in ascending order of their
		/// accounts.
		fn next_session_nodes() -> Vec<(AccountId, u64)>;
		/// All candidates, and all nodes with a seat from governance, the heaviest first.
		fn nodes() -> Vec<NodeView<AccountId>>;
		/// A candidate, or a node with a seat from governance.
		fn node(account: AccountId) -> Option<NodeView<AccountId>>;
		/// The delegations of an account.
		fn delegations(account: AccountId) -> Vec<DelegationView<AccountId>>;
		/// The stake of an account that is on its way back.
		fn unbonding(account: AccountId) -> Vec<UnbondingView<AccountId>>;
		/// Everything that an account could claim now, as a node and as a delegator.
		fn claimable(account: AccountId) -> Balance;
		/// What is issued to bookkeeping nodes.
		fn emission() -> EmissionView;
	}
}
