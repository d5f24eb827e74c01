//! A local network: several processes with real networking and no relay chain.
//!
//! Blocks are authored by HHCM on the wall's clock, with the same rules as on a relay chain; the relay chain
//! itself is made up from the same clock ([`mock_relay`](crate::mock_relay)). Finality is a stand-in for
//! development: every node takes a block for final that has [`FINALITY_DEPTH`] blocks on top of it. Only a
//! relay chain gives real finality.

use std::{sync::Arc, time::Duration};

use fusion_dcrm::conduct::Conduct;
use fusion_hhcm::worker::Worker;
use fusion_runtime::{opaque::Block, Hash};
use futures::StreamExt;
use sc_client_api::{BlockchainEvents, Finalizer, HeaderBackend};
use sc_network::NetworkBackend;
use sc_service::{error::Error, Configuration, TaskManager};
use sc_transaction_pool_api::TransactionPool;

use crate::{
	cli::FusionParams,
	service::{
		standalone::{self, LocalAuthor, Parts, Peers},
		FullClient, Pool,
	},
};

/// A block is taken for final when it has so many blocks on top of it.
pub const FINALITY_DEPTH: u32 = 3;

/// Starts it.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	config: Configuration,
	params: &FusionParams,
	author: LocalAuthor,
	member: Option<Arc<dyn Conduct>>,
) -> Result<TaskManager, Error> {
	standalone::start::<Net>(config, params, Peers::Others, member, |node| {
		finalize_at_depth(node.client, node.pool, node.task_manager, FINALITY_DEPTH);
		author(node);
	})
}

/// Starts making packages and blocks, if the node is to.
pub fn author(node: Parts<'_>) {
	let Some(worker) = node.worker.map(Worker::new) else { return };
	let is_syncing = node.is_syncing;
	node.task_manager.spawn_essential_handle().spawn_blocking(
		"hhcm",
		Some("block-authoring"),
		worker.run(move || is_syncing()),
	);
}

/// The transaction pool has so long to take in a new block before what lies below it is taken for final anyway.
const POOL_PATIENCE: Duration = Duration::from_secs(5);

/// Takes blocks for final that have `depth` blocks on top of them in the best chain, once the transaction pool has
/// taken these in.
///
/// The pool drops a transaction that waits for an earlier nonce with the last view that has it, and drops the views
/// below a final block. It hears of new blocks and of final ones by two streams, of which either may be ahead: told
/// at the same time, it might drop a view of which the new block's view has not yet been completed.
pub(super) fn finalize_at_depth(
	client: &Arc<FullClient>,
	pool: &Arc<Pool>,
	task_manager: &TaskManager,
	depth: u32,
) {
	let (client, pool) = (client.clone(), pool.clone());
	let mut imports = client.import_notification_stream();
	task_manager.spawn_handle().spawn("finality-at-depth", None, async move {
		while let Some(notification) = imports.next().await {
			if !notification.is_new_best {
				continue;
			}
			drop(pool.ready_at_with_timeout(notification.hash, POOL_PATIENCE).await);
			let info = client.info();
			let Some(number) = notification.header.number.checked_sub(depth) else { continue };
			if number <= info.finalized_number {
				continue;
			}
			match client.hash(number) {
				Ok(Some(hash)) => {
					if let Err(error) = client.finalize_block(hash, None, true) {
						log::warn!("block {number} ({hash}) could not be finalized: {error}");
					}
				},
				Ok(None) => log::warn!("block {number} is not in the best chain"),
				Err(error) => log::warn!("block {number} could not be looked up: {error}"),
			}
		}
	});
}
