//! What is asked of Fusion.

use async_trait::async_trait;
use fusion_asset_mapping_primitives::{
	Amount, BatchView, CoinView, DepositIndex, Destination, Observation, OutPoint, Wanted,
};
use fusion_bitcoin_primitives::Network;

/// Fusion could not be asked, or did not take what was submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChainError(pub String);

/// Fusion's asset mapping, as a member of its witnesses (or any other node) sees it.
///
/// All reads are of *finalized* state: a deposit address or a signed batch that could still vanish is
/// not acted upon. The reads correspond to the runtime API `BitcoinMappingApi`; where that asks for a
/// member, the implementor names the one whose key it holds.
#[async_trait]
pub trait MappingChain: Send + Sync + 'static {
	/// Which Bitcoin its coins come from (runtime API `NetworksApi`).
	async fn network(&self) -> Result<Network, ChainError>;

	/// Whether what the others of these functions say is of now. `false` while this node is catching up with Fusion, and
	/// if its last finalized block is old. Nothing may be done with Bitcoin then: who looks at blocks with an old list
	/// of addresses does not see what is paid to new ones, and who looks coins of an old ledger up takes those that
	/// were spent since for gone.
	async fn is_current(&self) -> Result<bool, ChainError>;

	/// How many confirmations a transaction needs.
	async fn confirmations(&self) -> Result<u32, ChainError>;

	/// Deposits below this are not witnessed.
	async fn minimum_deposit(&self) -> Result<Amount, ChainError>;

	/// Deposit destinations from number `from` on, in ascending order, at most `limit` of them. Empty
	/// only if there are none from `from` on.
	async fn watched(
		&self,
		from: DepositIndex,
		limit: u32,
	) -> Result<Vec<(DepositIndex, Destination)>, ChainError>;

	/// All attempts at batches that are not settled, oldest batch first, and in a batch oldest attempt first.
	async fn open_batches(&self) -> Result<Vec<BatchView>, ChainError>;

	/// Coins of the ledger, after the one given (`None`: from the first on), in no particular order, at most
	/// `limit` of them. Empty only if there are none after it.
	async fn coins(&self, after: Option<OutPoint>, limit: u32)
		-> Result<Vec<CoinView>, ChainError>;

	/// The same, of coins that are gone.
	async fn gone_coins(
		&self,
		after: Option<OutPoint>,
		limit: u32,
	) -> Result<Vec<CoinView>, ChainError>;

	/// Whether Fusion waits for this observation of ours. `Never` if this node witnesses nothing.
	async fn wants(&self, observation: &Observation) -> Result<Wanted, ChainError>;

	/// The number of the block that a report of ours of the fee rate has to name, if Fusion wants one. `None` if
	/// this node witnesses nothing.
	async fn wants_fee_rate(&self) -> Result<Option<u32>, ChainError>;

	/// Signs an observation and hands it to the transaction pool. It is submitted again after a while
	/// if Fusion still wants it then, so that it is no error if the pool has it already.
	async fn submit(&self, observation: Observation) -> Result<(), ChainError>;
}
