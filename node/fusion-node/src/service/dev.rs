//! A development node: one process that makes all blocks by itself.

use std::time::Duration;

use fusion_hhcm::worker::Worker;
use fusion_runtime::{opaque::Block, Hash};
use futures::{channel::mpsc, StreamExt};
use sc_network::NetworkBackend;
use sc_service::{error::Error, Configuration, TaskManager};
use sc_transaction_pool_api::TransactionPool;

use crate::{
	cli::{FusionParams, DEFAULT_BLOCK_TIME},
	service::{
		local::finalize_at_depth,
		standalone::{self, Parts, Peers},
	},
};

/// Starts it.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	config: Configuration,
	params: &FusionParams,
) -> Result<TaskManager, Error> {
	standalone::start::<Net>(config, params, Peers::Nobody, None, |node| author(node, params))
}

/// A block that is made by the clock is taken for final when it has so many blocks on top of it. With none, the
/// transaction pool would forget what arrives while it makes its view of a new block: that is in the view of the
/// parent alone, which goes when the new block is final.
const FINALITY_DEPTH: u32 = 1;

/// Starts making blocks: one for each transaction, each final at once, or by the clock. Its author is the only one.
fn author(node: Parts<'_>, params: &FusionParams) {
	let Some(worker) = node.worker.map(Worker::new) else { return };
	let finalize = params.instant_seal;
	let commands = if params.instant_seal {
		node.pool.import_notification_stream().map(|_| ()).boxed()
	} else {
		finalize_at_depth(node.client, node.pool, node.task_manager, FINALITY_DEPTH);
		block_clock(
			Duration::from_millis(params.block_time.unwrap_or(DEFAULT_BLOCK_TIME)),
			node.task_manager,
		)
		.boxed()
	};
	node.task_manager.spawn_essential_handle().spawn_blocking(
		"hhcm",
		Some("block-authoring"),
		worker.run_on(commands, finalize),
	);
}

/// A stream of commands to make a block, one every `block_time`.
fn block_clock(block_time: Duration, task_manager: &TaskManager) -> mpsc::Receiver<()> {
	let (mut commands, stream) = mpsc::channel(0);
	task_manager.spawn_essential_handle().spawn(
		"block-clock",
		Some("block-authoring"),
		async move {
			let mut clock = tokio::time::interval(block_time);
			clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
			loop {
				clock.tick().await;
				// A full channel means that the author is behind: the next tick will do.
				let _ = commands.try_send(());
			}
		},
	);
	stream
}
