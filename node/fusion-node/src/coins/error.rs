//! Why a command did not do what it was asked to.

use fusion_runtime::{Hash, VERSION};

use super::{address::TextError, checks::Refusal, key::KeyError};

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
	/// The address is not one of a WebSocket.
	#[error("`{0}` is not the address of a node's RPC: give one that begins with ws:// or wss://")]
	NotWebSocket(String),
	/// Nobody answers.
	#[error(
		"no node answers at {url} ({why}): start one, or give the address of its RPC with `--url`"
	)]
	Unreachable {
		/// Where.
		url: String,
		/// Why.
		why: String,
	},
	/// The node refused a call, or the connection broke.
	#[error("the node did not answer {method}: {why}")]
	Rpc {
		/// The method.
		method: String,
		/// Why.
		why: String,
	},
	/// The node's answer is not what it should be.
	#[error("what the node says to {what} cannot be read ({why}): is it a node of Fusion, and of this release?")]
	Unreadable {
		/// What it answered.
		what: String,
		/// Why.
		why: String,
	},
	/// The chain's runtime is another one.
	#[error(
		"the chain runs {found}, but this program signs for {name} version {spec}, transaction version {transaction}: \
		 use the fusion-node of the chain's release",
		name = VERSION.spec_name, spec = VERSION.spec_version, transaction = VERSION.transaction_version
	)]
	OtherRuntime {
		/// What it runs.
		found: String,
	},
	/// It is another chain.
	#[error(
		"the node is on the chain {found:?}, not on {wanted:?}: give the address of another node"
	)]
	OtherChain {
		/// The chain's first block.
		found: Hash,
		/// The one that was asked for.
		wanted: Hash,
	},
	/// A text is not an address, or an account.
	#[error(transparent)]
	Text(#[from] TextError),
	/// There is no key to sign with.
	#[error(transparent)]
	Key(#[from] KeyError),
	/// The chain would refuse it.
	#[error(transparent)]
	Refused(#[from] Refusal),
	/// The transaction did not get into a block, and cannot any more.
	#[error("the transaction was not taken: {0}. Nothing has happened")]
	NotTaken(String),
	/// The call failed in a block.
	#[error("the transaction is in block {block:?}, but the chain refused what it asks for: {why}. Only its fee was taken")]
	Failed {
		/// The block.
		block: Hash,
		/// Why.
		why: String,
	},
	/// Whether the transaction is or gets into a block is not known.
	#[error(
		"it is not known what became of the transaction {transaction:?}: {why}. It may be in a block, or get into one \
		 until block {until}. Look with `fusion-node coins --account {account}` before you ask again"
	)]
	Unknown {
		/// Its hash.
		transaction: Hash,
		/// Why.
		why: String,
		/// The last block that can hold it.
		until: u64,
		/// Whose it is.
		account: String,
	},
	/// What the chain says cannot be true.
	#[error("{0}")]
	Distrusted(String),
	/// There is no such thing.
	#[error("{0}")]
	Nothing(String),
	/// The clock of this machine or of the chain is out of range.
	#[error("a deadline {0} hours from now cannot be written: check the clock of this machine")]
	Deadline(u64),
}
