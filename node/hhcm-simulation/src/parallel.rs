//! Several parts of an experiment at once, one a processor.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The answer to each job, in the order of the jobs. Whoever is free takes the next one.
pub fn map<Job: Sync, Answer: Send>(
	jobs: &[Job],
	work: impl Fn(&Job) -> Answer + Sync,
) -> Vec<Answer> {
	let processors = std::thread::available_parallelism().map_or(1, usize::from);
	let next = AtomicUsize::new(0);
	let take = || {
		let mut done = Vec::new();
		loop {
			let number = next.fetch_add(1, Ordering::Relaxed);
			let Some(job) = jobs.get(number) else { return done };
			done.push((number, work(job)));
		}
	};
	let mut answers = std::thread::scope(|scope| {
		let workers: Vec<_> = (0..processors).map(|_| scope.spawn(take)).collect();
		let mut answers = Vec::with_capacity(jobs.len());
		for worker in workers {
			match worker.join() {
				Ok(done) => answers.extend(done),
				Err(panic) => std::panic::resume_unwind(panic),
			}
		}
		answers
	});
	answers.sort_by_key(|(number, _)| *number);
	answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn answers_should_be_in_order_when_jobs_take_different_times() {
		let jobs: Vec<u64> = (0..40).collect();
		let answers = map(&jobs, |job| {
			std::thread::sleep(std::time::Duration::from_micros((40 - job) * 50));
			job * job
		});
		assert_eq!(answers, jobs.iter().map(|job| job * job).collect::<Vec<_>>());
		assert!(map(&[], |job: &u8| *job).is_empty());
	}

	#[test]
	#[should_panic(expected = "job 3")]
	fn panic_should_be_passed_on_when_a_job_fails() {
		map(&[1, 2, 3], |job| assert!(*job != 3, "job {job}"));
	}
}
