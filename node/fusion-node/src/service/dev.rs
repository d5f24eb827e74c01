//! A development node: one process that makes all blocks by itself.

use std::time::Duration;

use fusion_runtime::{opaque::Block, Hash};
use futures::{channel::mpsc, StreamExt};
use sc_consensus_manual_seal::{consensus::aura::AuraConsensusDataProvider, EngineCommand};
use sc_network::NetworkBackend;
use sc_service::{error::Error, Configuration, TaskManager};
use sc_transaction_pool_api::TransactionPool;
use sp_consensus_aura::Slot;

use crate::{
	cli::{FusionParams, DEFAULT_BLOCK_TIME},
	mock_relay,
	service::{
		standalone::{self, InherentError, Parts, Peers},
		FullClient,
	},
};

/// Starts it.
pub fn start<Net: NetworkBackend<Block, Hash>>(
	config: Configuration,
	params: &FusionParams,
) -> Result<TaskManager, Error> {
	standalone::start::<Net>(config, params, Peers::Nobody, |node| author(node, params))
}

/// Starts making blocks: one for each transaction, or by the clock.
fn author(node: &Parts<'_>, params: &FusionParams) {
	let commands = if params.instant_seal {
		node.pool.import_notification_stream().map(|_| seal()).boxed()
	} else {
		block_clock(
			Duration::from_millis(params.block_time.unwrap_or(DEFAULT_BLOCK_TIME)),
			node.task_manager,
		)
		.boxed()
	};
	let digests =
		AuraConsensusDataProvider::<Block>::new_with_slot_duration(mock_relay::slot_duration());
	let client = node.client.clone();
	node.seal("manual-seal", commands, digests, move |parent| next_slot(&client, parent));
}

/// The slot of a child of `parent`: the wall clock's, or the next after its parent's where blocks are made
/// faster than slots pass. So a chain's time never goes back, also over a restart.
fn next_slot(client: &FullClient, parent: Hash) -> Result<Slot, InherentError> {
	let now = mock_relay::slot_now();
	Ok(match mock_relay::slot_of(client, parent)? {
		Some(last) if last >= now => Slot::from(*last + 1),
		_ => now,
	})
}

/// The command to make a block. It is final at once: its author is the only one.
fn seal() -> EngineCommand<Hash> {
	EngineCommand::SealNewBlock {
		create_empty: true,
		finalize: true,
		parent_hash: None,
		sender: None,
	}
}

/// A stream of commands, one every `block_time`.
fn block_clock(
	block_time: Duration,
	task_manager: &TaskManager,
) -> mpsc::Receiver<EngineCommand<Hash>> {
	let (mut commands, stream) = mpsc::channel(1);
	task_manager.spawn_essential_handle().spawn(
		"block-clock",
		Some("block-authoring"),
		async move {
			let mut clock = tokio::time::interval(block_time);
			clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
			loop {
				clock.tick().await;
				// A full channel means that the author is behind: the next tick will do.
				let _ = commands.try_send(seal());
			}
		},
	);
	stream
}
