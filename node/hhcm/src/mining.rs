//! Mining a ticket, on a thread of its own, while the block is executed.

use std::{
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};

use fusion_hhcm_primitives::{ticket::nonce_limit, Ticket};
use tokio::task::{JoinError, JoinHandle};

/// Nonces between two looks at whether to stop: some milliseconds.
const CHUNK: u64 = 1 << 14;

/// Tells work to stop. Copies are told together.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
	/// From now on [`is_stopped`](Self::is_stopped), in all copies.
	pub fn stop(&self) {
		self.0.store(true, Ordering::Relaxed);
	}

	/// Whether to stop.
	pub fn is_stopped(&self) -> bool {
		self.0.load(Ordering::Relaxed)
	}
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
	/// The smallest nonce that solves the ticket, and how long it took.
	Solved {
		/// The nonce.
		nonce: u64,
		/// How long it took.
		took: Duration,
	},
	/// No nonce below the limit solves it: this ticket is a blank.
	Blank,
	/// It was told to stop.
	Stopped,
}

/// Tries a ticket's nonces one after the other, until one solves it or `is_stopped`.
pub fn search(
	ticket: &Ticket,
	difficulty: u64,
	handicap: u64,
	is_stopped: impl Fn() -> bool,
) -> Search {
	let start = Instant::now();
	let limit = nonce_limit(difficulty);
	let mut from = 0;
	while from < limit {
		if is_stopped() {
			return Search::Stopped;
		}
		if let Some(nonce) = ticket.mine(from, CHUNK, difficulty, handicap) {
			return Search::Solved { nonce, took: start.elapsed() };
		}
		from = from.saturating_add(CHUNK);
	}
	Search::Blank
}

/// A search that is going on. Dropping it stops it.
#[derive(Debug)]
pub struct Mining {
	stop: Stop,
	task: JoinHandle<Search>,
}

impl Mining {
	/// Starts a search, which also ends when `stop` says so. Within a tokio runtime.
	pub fn start(ticket: Ticket, difficulty: u64, handicap: u64, stop: Stop) -> Self {
		let ours = Stop::default();
		let dropped = ours.clone();
		let task = tokio::task::spawn_blocking(move || {
			search(&ticket, difficulty, handicap, || stop.is_stopped() || dropped.is_stopped())
		});
		Self { stop: ours, task }
	}

	/// Waits for the end. Only once.
	pub async fn result(&mut self) -> Result<Search, JoinError> {
		(&mut self.task).await
	}
}

impl Drop for Mining {
	fn drop(&mut self) {
		self.stop.stop();
	}
}

#[cfg(test)]
mod tests;
