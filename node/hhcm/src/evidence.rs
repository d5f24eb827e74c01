//! What is done with evidence that a node signed two things where it may sign one: it is reported to the
//! chain, which takes part of the offender's bond.
//!
//! ```text
//!  verifier (blocks) ──▶ Reporter ──┐
//!                                   ├──▶ Docket ──▶ due? ──▶ the chain's ruling ──▶ transaction pool
//!  Exchange (packages) ─────────────┘      ^                     |
//!                                          +── final: closed ────+
//! ```
//!
//! [`Docket`] is a state machine without I/O. Every node reports what it has seen: a report costs nothing, and
//! the pool keeps one for each offence. It is offered again until the chain's final state says that it is of no
//! use any more: the offence has been punished, or cannot be.

use std::{sync::Arc, time::Duration};

use fusion_hhcm_primitives::{
	api::HhcmApi, digest::Claim, equivocation::Proof, AuthorityIndex, Slot,
};
use futures::{channel::mpsc, StreamExt};
use parking_lot::Mutex;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	TransactionPool, TransactionSource,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};

use crate::{gossip::Exchange, metrics::Metrics, timing::Clock, BoxError, LOG_TARGET};

mod docket;
#[cfg(test)]
mod tests;

pub use docket::{Docket, Offence, MAX_CLOSED, MAX_OPEN, RETRY};

/// Is called with each piece of evidence, once. It must not block for long.
pub type Reporter<Header> = Arc<dyn Fn(Proof<Header>) + Send + Sync>;

/// Makes the transaction that reports evidence, in the state after a block. `None` if the chain would not take
/// it in the next block: the offence has been punished, or is too old, or is of a slot that is yet to come.
pub type MakeReport<Block> = Arc<
	dyn Fn(
			H256,
			Proof<<Block as BlockT>::Header>,
		) -> Result<Option<<Block as BlockT>::Extrinsic>, BoxError>
		+ Send
		+ Sync,
>;

/// Evidence that waits to be looked at.
const QUEUE: usize = 64;
/// How often it is looked for something to do.
const LOOK: Duration = Duration::from_secs(1);

/// Evidence on its way to [`report`].
pub struct Inbox<Header>(mpsc::Receiver<Proof<Header>>);

/// Hands evidence on to [`report`]. If too much of it waits, more is lost: others have seen it as well.
pub fn inbox<Header: HeaderT<Hash = H256>>() -> (Reporter<Header>, Inbox<Header>) {
	let (sender, receiver) = mpsc::channel(QUEUE);
	// Copies of the sender would each have a place in the queue of their own.
	let sender = Mutex::new(sender);
	let reporter = move |proof: Proof<Header>| {
		if sender.lock().try_send(proof).is_err() {
			log::warn!(target: LOG_TARGET, "equivocation, not reported: too much of it waits");
		}
	};
	(Arc::new(reporter), Inbox(receiver))
}

/// What evidence is reported with.
pub struct Params<Block: BlockT, Client, Pool> {
	/// The client.
	pub client: Arc<Client>,
	/// The pool that reports are given to.
	pub pool: Arc<Pool>,
	/// The slots.
	pub clock: Clock,
	/// Makes reports.
	pub make: MakeReport<Block>,
	/// Evidence against authors of blocks.
	pub inbox: Inbox<Block::Header>,
	/// Where evidence against packagers is found.
	pub exchange: Exchange,
	/// What operators see.
	pub metrics: Metrics,
}

/// Reports evidence to the chain, for ever.
pub async fn report<Block, Client, Pool>(params: Params<Block, Client, Pool>)
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: HhcmApi<Block>,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	let Params { client, pool, clock, make, inbox: Inbox(mut inbox), exchange, metrics } = params;
	let court = Court { client, pool, make, metrics: metrics.clone() };
	let mut docket = Docket::default();
	let mut looks = tokio::time::interval(LOOK);
	looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
	loop {
		tokio::select! {
			Some(proof) = inbox.next() => file(&mut docket, proof),
			_ = looks.tick() => (),
		}
		for evidence in exchange.take_evidence() {
			metrics.equivocation();
			file(&mut docket, evidence.into_proof());
		}
		for offence in docket.due(clock.now()) {
			let Some(proof) = docket.proof(&offence).cloned() else { continue };
			let is_closed = court.hear(&offence, proof).await.unwrap_or_else(|error| {
				log::debug!(target: LOG_TARGET, "{offence} is not reported yet: {error}");
				false
			});
			docket.note(&offence, is_closed, clock.now());
		}
	}
}

fn file<Header: HeaderT<Hash = H256>>(docket: &mut Docket<Header>, proof: Proof<Header>) {
	if let Some(offence) = docket.file(proof) {
		log::warn!(target: LOG_TARGET, "equivocation, {offence}: it is reported to the chain");
	}
}

/// The chain, as this node sees it.
struct Court<Block: BlockT, Client, Pool> {
	client: Arc<Client>,
	pool: Arc<Pool>,
	make: MakeReport<Block>,
	metrics: Metrics,
}

impl<Block, Client, Pool> Court<Block, Client, Pool>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	Client::Api: HhcmApi<Block>,
	Pool: TransactionPool<Block = Block, Hash = H256>,
{
	/// Reports an offence, if the chain takes a report of it now. Whether it is closed for good.
	async fn hear(&self, offence: &Offence, proof: Proof<Block::Header>) -> Result<bool, BoxError> {
		let info = self.client.info();
		let last_final = self.client.runtime_api().round(info.finalized_hash)?.last_slot;
		// Before that, it is only too early.
		let is_past = last_final >= offence.slot;
		if is_past && (self.make)(info.finalized_hash, proof.clone())?.is_none() {
			log::debug!(target: LOG_TARGET, "{offence} is closed");
			return Ok(true);
		}
		let Some(report) = (self.make)(info.best_hash, proof)? else { return Ok(false) };
		let source = TransactionSource::Local;
		match self.pool.submit_one(info.best_hash, source, report).await {
			Ok(_) => {
				self.metrics.report_submitted();
				log::info!(target: LOG_TARGET, "{offence} is reported");
				Ok(false)
			},
			Err(error) => match error.into_pool_error() {
				// There is a report of it in the pool.
				Ok(PoolError::AlreadyImported(_) | PoolError::TooLowPriority { .. }) => Ok(false),
				Ok(error) => Err(error.to_string().into()),
				Err(error) => Err(error.to_string().into()),
			},
		}
	}
}

/// In which slot, and by whom. `None` if the proof does not even say.
fn offence_of<Header: HeaderT<Hash = H256>>(
	proof: &Proof<Header>,
) -> Option<(Slot, AuthorityIndex)> {
	match proof {
		Proof::Blocks { first, .. } => {
			let claim = Claim::find(first.digest()).ok()?;
			Some((claim.slot, claim.author))
		},
		Proof::Packages { context, first, .. } => Some((context.slot, first.packager)),
	}
}
