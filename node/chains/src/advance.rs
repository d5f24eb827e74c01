//! Lets the scanner ask a Bitcoin node.

use crate::{
	rpc::{BitcoinRpc, RpcError},
	scanner::{Checked, Request, ScanError, Scanner, Sighting},
};

/// What happened while the scanner went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
	/// Something of ours was seen.
	Seen(Sighting),
	/// Blocks with enough confirmations were replaced: what was seen from that height on is void.
	Replaced {
		/// Height of the lowest of them that is known.
		from: u32,
		/// How many of them are forgotten by this event.
		blocks: u32,
	},
}

/// Why the scanner could not go on.
#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
	/// The node gave no good answer.
	#[error(transparent)]
	Rpc(#[from] RpcError),
	/// The node gave a block that does not fit.
	#[error("Bitcoin Core contradicts itself, or has just reorganized: {0}")]
	Scan(#[from] ScanError),
	/// The best chain became shorter meanwhile.
	#[error("Bitcoin's best chain ended below height {height} meanwhile")]
	Shorter {
		/// A height that it had before.
		height: u32,
	},
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
	/// Every block with enough confirmations was looked at.
	Done,
	/// As many blocks as were allowed were looked at.
	More,
}

/// Goes on to the last block with enough confirmations, or at most `limit` blocks. What happens is
/// added to `events`, also if it ends with an error.
pub fn advance(
	scanner: &mut Scanner,
	rpc: &impl BitcoinRpc,
	tip: u32,
	confirmations: u32,
	limit: u32,
	events: &mut Vec<Event>,
) -> Result<Progress, AdvanceError> {
	scanner.begin(tip, confirmations);
	let mut looked_at = 0u32;
	loop {
		match scanner.request() {
			Request::Nothing => return Ok(Progress::Done),
			Request::Hash { height } => {
				let hash = rpc.block_hash(height)?.ok_or(AdvanceError::Shorter { height })?;
				if let Checked::Replaced { from, blocks } = scanner.hash(height, hash) {
					events.push(Event::Replaced { from, blocks });
				}
			},
			Request::Block { .. } if looked_at >= limit => return Ok(Progress::More),
			Request::Block { height } => {
				let hash = rpc.block_hash(height)?.ok_or(AdvanceError::Shorter { height })?;
				let block = rpc.block(hash)?;
				// Asked last, so that it is as true as can be when the block is taken.
				let header = rpc.header(hash)?;
				if header.height != height {
					let reason =
						format!("block {hash} is at height {}, not {height}", header.height);
					return Err(RpcError::Unexpected { method: "getblockheader", reason }.into());
				}
				let seen = scanner.block(height, hash, &header, &block)?;
				events.extend(seen.into_iter().map(Event::Seen));
				looked_at = looked_at.saturating_add(1);
			},
		}
	}
}
