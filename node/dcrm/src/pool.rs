//! Threads for the mathematics of members, apart from those of everything else that the node does.
//!
//! A step of a member (a dealing, a signature, the encryption of a share) computes for milliseconds, and must neither
//! hold up the tasks of the network nor take the processor from the making of blocks. So it runs here: a fixed number
//! of threads that give way to all others (on Linux, where a priority is a thread's own: `setpriority(2)`), and a
//! queue that is bounded. Whoever finds it full waits.

use std::{
	any::Any,
	panic::{catch_unwind, AssertUnwindSafe},
	thread,
};

use futures::channel::oneshot;

use crate::NETWORK;

/// How much less than other threads these get: the "niceness" that is added, of at most 19.
const NICENESS: i32 = 10;
/// Bytes of stack of a thread. The runtime is asked on it too, which takes more than the usual 2 MiB.
const STACK: usize = 8 * 1024 * 1024;
/// Jobs that may wait. A member has one at a time, and a node few members.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce() + Send>;

/// Why a job gave nothing back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
	/// It panicked.
	#[error("{0}")]
	Panicked(String),
	/// The threads are gone.
	#[error("the threads for DCRM have ended")]
	Ended,
}

/// The threads. They end when this is dropped and what was begun is done.
pub struct Pool {
	jobs: async_channel::Sender<Job>,
}

impl Pool {
	/// So many threads; at least one. Fails if the system has none to give.
	pub fn new(threads: usize) -> std::io::Result<Self> {
		let (jobs, queue) = async_channel::bounded::<Job>(QUEUE);
		for number in 0..threads.max(1) {
			let queue = queue.clone();
			thread::Builder::new().name(format!("dcrm-{number}")).stack_size(STACK).spawn(
				move || {
					give_way();
					while let Ok(job) = queue.recv_blocking() {
						job();
					}
				},
			)?;
		}
		Ok(Self { jobs })
	}

	/// Runs `work` on one of the threads, when its turn comes.
	pub async fn run<R: Send + 'static>(
		&self,
		work: impl FnOnce() -> R + Send + 'static,
	) -> Result<R, PoolError> {
		let (done, result) = oneshot::channel();
		let job = move || {
			// What `work` has touched is dropped, or is not used any more by who finds this out.
			let outcome = catch_unwind(AssertUnwindSafe(work))
				.map_err(|panic| PoolError::Panicked(words_of(&*panic)));
			// If nobody waits for it any more, it is not missed.
			drop(done.send(outcome));
		};
		self.jobs.send(Box::new(job)).await.map_err(|_| PoolError::Ended)?;
		result.await.unwrap_or(Err(PoolError::Ended))
	}
}

/// Lowers the priority of this thread. If that cannot be done, it works as well, only less considerately.
fn give_way() {
	// Elsewhere than on Linux this would be the priority of the whole node.
	if cfg!(target_os = "linux") {
		if let Err(error) = rustix::process::nice(NICENESS) {
			log::debug!(target: NETWORK, "the threads for DCRM have the usual priority: {error}");
		}
	}
}

fn words_of(panic: &(dyn Any + Send)) -> String {
	let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
	text.or_else(|| panic.downcast_ref::<String>().cloned())
		.unwrap_or_else(|| "it does not say why".into())
}

#[cfg(test)]
mod tests {
	use std::{
		sync::{
			atomic::{AtomicUsize, Ordering},
			Arc,
		},
		time::Duration,
	};

	use super::*;

	#[tokio::test]
	async fn work_should_be_done_by_the_threads_of_the_pool_when_it_is_given_to_them() {
		let pool = Pool::new(1).unwrap();
		let name = pool.run(|| thread::current().name().map(String::from)).await.unwrap();
		assert_eq!(name.as_deref(), Some("dcrm-0"));
	}

	#[cfg(target_os = "linux")]
	#[tokio::test]
	async fn threads_should_have_a_lower_priority_than_others_when_they_work() {
		let niceness = || rustix::process::getpriority_process(None).unwrap();
		let pool = Pool::new(1).unwrap();
		let ours = niceness();
		let theirs = pool.run(niceness).await.unwrap();
		assert_eq!(theirs, (ours + NICENESS).min(19));
		// And this thread still has its own.
		assert_eq!(niceness(), ours);
	}

	#[tokio::test]
	async fn pool_should_go_on_when_a_job_panics() {
		let pool = Pool::new(1).unwrap();
		let failed = pool.run(|| -> u8 { panic!("on purpose") }).await;
		assert_eq!(failed, Err(PoolError::Panicked("on purpose".into())));
		assert_eq!(pool.run(|| 7).await, Ok(7));
	}

	#[tokio::test]
	async fn jobs_should_be_done_one_after_the_other_when_there_is_one_thread() {
		let pool = Arc::new(Pool::new(1).unwrap());
		let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
		// More than fit into the queue.
		let jobs = (0..QUEUE * 2).map(|_| {
			let (pool, at_once, most) = (pool.clone(), at_once.clone(), most.clone());
			async move {
				pool.run(move || {
					let running = at_once.fetch_add(1, Ordering::SeqCst) + 1;
					most.fetch_max(running, Ordering::SeqCst);
					thread::sleep(Duration::from_micros(100));
					at_once.fetch_sub(1, Ordering::SeqCst);
				})
				.await
			}
		});
		let results = futures::future::join_all(jobs).await;
		assert!(results.iter().all(Result::is_ok));
		assert_eq!(most.load(Ordering::SeqCst), 1);
	}
}
